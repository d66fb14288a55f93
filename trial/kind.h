/*
 * Kinds of records and of links between them.
 *
 * Knows which kinds are personal, which may come without documents, and which
 * link makes sense between which kinds. A verifier accepts any kind
 * (docs/formats/statement.md); these lists bind who writes.
 */
#ifndef TRIAL_KIND_H
#define TRIAL_KIND_H

#include "verify/bytes.h"

enum tr_kind {
	TR_KIND_NONE,
	TR_REGISTRATION,
	TR_PROTOCOL,
	TR_AMENDMENT,
	TR_ETHICS_APPROVAL,
	TR_CONSENT_FORM,
	TR_CONSENT,
	TR_WITHDRAWAL,
	TR_ANALYSIS_PLAN,
	TR_DATASET,
	TR_RESULTS,
	TR_OTHER,
	TR_AUDIT,
};
#define TR_KIND_COUNT 13

/* "ethics-approval", …; "" for TR_KIND_NONE. */
const char *tr_kind_name(enum tr_kind kind);
/* What a record of this kind holds, in a few words for help texts. */
const char *tr_kind_text(enum tr_kind kind);
/* TR_KIND_NONE when the name is unknown. */
enum tr_kind tr_kind_find(struct vf_bytes name);
/* Personal kinds are about one participant: only hiding values in their statements. */
bool tr_kind_is_personal(enum tr_kind kind);

enum tr_link_type {
	TR_LINK_NONE,
	TR_AMENDS,
	TR_APPROVES,
	TR_COUNTERSIGNS,
	TR_DERIVES_FROM,
	TR_ERASES,
	TR_REPORTS,
	TR_SUPERSEDES,
	TR_USES,
	TR_WITHDRAWS,
};
#define TR_LINK_COUNT 10

/* "derives-from", …; "" for TR_LINK_NONE. The enum is in ascending order of these names. */
const char *tr_link_name(enum tr_link_type type);
const char *tr_link_text(enum tr_link_type type);
/* TR_LINK_NONE when the name is unknown. */
enum tr_link_type tr_link_find(struct vf_bytes name);
/* True when a record of kind from may have this link to one of kind to. */
bool tr_link_is_sensible(enum tr_link_type type, enum tr_kind from, enum tr_kind to);
/* True when such a link says enough for a record of this kind to have no documents. */
bool tr_link_is_enough(enum tr_link_type type, enum tr_kind from);

#endif
