/*
 * A consent and what became of it, in the shape of ISO/IEC TS 27560 (docs/formats/ts27560.md).
 *
 * Knows fields and states. Which records belong to the consent is the caller's question.
 */
#ifndef TRIAL_TS27560_H
#define TRIAL_TS27560_H

#include "trial/details.h"
#include "trial/when.h"
#include "verify/sink.h"

#define TR_TS27560_SCHEMA "trialnotary/ts27560/1"

/* A record of kind withdrawal. */
struct tr_ts27560_withdrawal {
	struct vf_hash id;
	const struct tr_facts *facts;
};

/* Absent texts have n == 0, absent facts are NULL. All of it is borrowed. */
struct tr_ts27560 {
	struct vf_hash id;
	struct vf_bytes kind, study;
	const struct tr_facts *consent; /* of a consent or re-consent */
	const struct tr_facts *form;
	const struct tr_facts *before; /* of the consent that it supersedes */
	struct vf_bytes withdrawal_method, contact_name, contact_phone, contact_email, contact_address; /* of the form */
	const struct tr_ts27560_withdrawal *withdrawals; /* in the order of the log */
	size_t n_withdrawals;
	const struct vf_hash *superseded_by;
	size_t n_superseded_by;
	int64_t at_ms;
	/* the proof */
	struct vf_bytes origin, receipt;
	bool is_sequenced;
	uint64_t index;
	int64_t sealed_ms; /* VF_TIME_NONE: not yet */
};

/* One JSON object in one line. What s takes is its business. */
void tr_ts27560_put(struct vf_sink *s, const struct tr_ts27560 *t);

#endif
