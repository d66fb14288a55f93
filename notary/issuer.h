/*
 * Answers requests for time-stamp tokens of anybody, from several threads at once, with the embedded authority's key.
 *
 * Knows the order: policy, clock, number, signature, the verifier's check, journal. How requests arrive and what they
 * look like as octets is api_tsa.c's and tsp.h's question. A queue with an end: who asks beyond it is told at once.
 */
#ifndef NOTARY_ISSUER_H
#define NOTARY_ISSUER_H

#include "notary/issue_journal.h"
#include "notary/tsa_snapshot.h"
#include "notary/tsp.h"

struct nt_issuer;
struct nt_clock_watch;

/* One request, and then its answer. The caller keeps it until done was called. */
struct nt_issue {
	struct nt_tsp_request request; /* its ranges live until done */
	struct nt_buf response; /* the caller's, made with nt_buf(), empty before: a TimeStampResp, also of a refusal */
	/* The end, exactly once, on a thread of the issuer or of the journal: the token is durable, or refused. */
	void (*done)(struct nt_issue *x);
	void *ctx;
	bool granted;
	enum nt_tsp_fail fail;         /* unless granted */
	struct vf_err err;             /* why; err.rc is VF_OK when granted */

	/* the issuer's */
	struct nt_issue_item item;
	struct nt_issue *next;
};

struct nt_issuer_options {
	struct nt_tsa_snapshot *snapshot; /* holds a reference of its own */
	struct nt_issue_journal *journal; /* freed after the issuer */
	struct nt_clock_watch *watch;     /* may be NULL */
	int64_t (*clock)(void *ctx);      /* milliseconds UTC */
	void *clock_ctx;
	unsigned threads;                 /* 0: as many as cores */
	size_t max_waiting;               /* 0: 2,048 */
};

VF_RC nt_issuer_new(const struct nt_issuer_options *o, struct nt_issuer **ret, struct vf_err *reterr);
/* Answers what is in the queue, then ends. Accepts NULL. */
struct nt_issuer *nt_issuer_free(struct nt_issuer *i);
void nt_issuer_freep(struct nt_issuer **i);

/* HTTP_BUSY when the queue is full; done is not called then. */
VF_RC nt_issuer_ask(struct nt_issuer *i, struct nt_issue *x, struct vf_err *reterr);

/* From now on with this key, certificate and CRL. */
void nt_issuer_set_snapshot(struct nt_issuer *i, struct nt_tsa_snapshot *s);
/* The current one; a reference for the caller. */
struct nt_tsa_snapshot *nt_issuer_snapshot(struct nt_issuer *i);

/* Whether a token could be issued now: CLOCK_DOUBT, TSA_FAILED, TIME_STOPPED, or the journal's fault. */
VF_RC nt_issuer_check(struct nt_issuer *i, struct vf_err *reterr);

#endif
