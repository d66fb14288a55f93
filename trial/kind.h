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

/* In the order of docs/formats/statements/README.md. */
enum tr_kind {
	TR_KIND_NONE,
	TR_REGISTRATION,
	TR_PROTOCOL,
	TR_AMENDMENT,
	TR_ETHICS_APPROVAL,
	TR_CONSENT_FORM,
	TR_CONSENT,
	TR_RE_CONSENT,
	TR_WITHDRAWAL,
	TR_ACCESS_GRANT,
	TR_ACCESS_EVENT,
	TR_DELEGATION,
	TR_ANALYSIS_PLAN,
	TR_DATABASE_LOCK,
	TR_UNBLINDING,
	TR_DATASET,
	TR_RESULTS,
	TR_PUBLICATION,
	TR_PRODUCT_CUSTODY,
	TR_ARCHIVE_CUSTODY,
	TR_ERASURE,
	TR_AUDIT,
	TR_STUDY_HEAD,
	TR_SCHEMA,
	TR_OTHER,
	/* A kind of a study's own, whose name is in no list here: who has one of these has its name beside it. */
	TR_OWN,
};
/* Kinds with a name in this list, and TR_KIND_NONE: below it tr_kind_name() has something to say. */
#define TR_KIND_COUNT TR_OWN

/* "ethics-approval", …; "" for TR_KIND_NONE and TR_OWN. */
const char *tr_kind_name(enum tr_kind kind);
/* What a record of this kind holds, in a few words for help texts. */
const char *tr_kind_text(enum tr_kind kind);
/* The kind with this name in the list; TR_KIND_NONE when there is none. */
enum tr_kind tr_kind_find(struct vf_bytes name);
/* The same, and TR_OWN for every other name that a kind may have (docs/formats/statement.md). */
enum tr_kind tr_kind_of(struct vf_bytes name);
/*
 * Personal kinds are about one participant: only hiding values in their statements. False for TR_OWN: whether such a
 * kind is personal stands in the record of kind schema that registers it.
 */
bool tr_kind_is_personal(enum tr_kind kind);

enum tr_link_type {
	TR_LINK_NONE,
	TR_ACCESSES,
	TR_AMENDS,
	TR_APPROVES,
	TR_COUNTERSIGNS,
	TR_DERIVES_FROM,
	TR_ERASES,
	TR_GRANTS,
	TR_LOCKS,
	TR_REPORTS,
	TR_SUPERSEDES,
	TR_TRANSFERS,
	TR_USES,
	TR_WITHDRAWS,
};
#define TR_LINK_COUNT 14

/* "derives-from", …; "" for TR_LINK_NONE. The enum is in ascending order of these names. */
const char *tr_link_name(enum tr_link_type type);
const char *tr_link_text(enum tr_link_type type);
/* TR_LINK_NONE when the name is unknown. */
enum tr_link_type tr_link_find(struct vf_bytes name);
/*
 * True when a record of kind from may have this link to one of kind to. One kind of a study's own supersedes only
 * records of the same name, which the caller compares.
 */
bool tr_link_is_sensible(enum tr_link_type type, enum tr_kind from, enum tr_kind to);
/* True when such a link says enough for a record of this kind to have no documents. */
bool tr_link_is_enough(enum tr_link_type type, enum tr_kind from);

#endif
