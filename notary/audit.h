/*
 * The audit trail: events, the documents that commit to them, and their notarisation.
 *
 * Knows the texts of docs/formats/audit.md and the order of steps that makes each
 * document notarised exactly once. Who is granted what is access.h's question.
 */
#ifndef NOTARY_AUDIT_H
#define NOTARY_AUDIT_H

#include "notary/access.h"

#define NT_AUDIT_STUDY "notary-audit"
#define NT_AUDIT_MAX_EVENTS 1000000
#define NT_AUDIT_MAX_EVENT 4096
#define NT_AUDIT_MAX_REQUEST 64
/* Denied accesses of one party, right and outcome that are events of their own, in a minute. */
#define NT_AUDIT_FLOOD 60
#define NT_AUDIT_HEAD_LINES 8

enum nt_about {
	NT_ABOUT_NONE,
	NT_ABOUT_RECORD, /* its ID */
	NT_ABOUT_STUDY,  /* SHA-256 of the study's ID */
};

struct nt_event {
	uint64_t number; /* set by the trail */
	int64_t time_ms;
	struct vf_bytes party;
	uint64_t credential;
	enum nt_right right;
	enum nt_about about;
	struct vf_hash object;
	enum vf_rc outcome;
	uint64_t count;
	struct vf_bytes request; /* empty: none */
};

/* ---- texts (audit.c) ---- */

/* The canonical text. AUDIT_SHAPE when a field is not in its form. */
VF_RC nt_event_put(const struct nt_event *e, struct nt_buf *out, struct vf_err *reterr);
/* Ranges of ret point into text. AUDIT_SHAPE for anything that nt_event_put() does not write. */
VF_RC nt_event_parse(struct vf_bytes text, struct nt_event *ret, struct vf_err *reterr);
struct vf_hash nt_event_commitment(const struct vf_hash *salt, struct vf_bytes text);

struct nt_audit_document {
	struct vf_bytes origin;
	uint64_t number;
	int64_t day; /* days since 1970-01-01 */
	uint64_t part, first, events;
	struct vf_hash previous; /* not looked at in document 1 */
	struct vf_bytes lines;   /* the commitments, 65 octets each; only parse fills it */
};

/* The lines before the commitments. */
void nt_audit_put_head(struct nt_buf *out, const struct nt_audit_document *d);
/* AUDIT_SHAPE for anything that is not in its exact form. Ranges point into text. */
VF_RC nt_audit_parse(struct vf_bytes text, struct nt_audit_document *ret, struct vf_err *reterr);
/* The at-th commitment, at < events. */
struct vf_hash nt_audit_line(const struct nt_audit_document *d, uint64_t at);
#define NT_AUDIT_NAME_LEN 48
/* "audit-2026-03-01.txt" or "audit-2026-03-01-2.txt". */
void nt_audit_name(char out[NT_AUDIT_NAME_LEN], int64_t day, uint64_t part);
/* "2026-03-01" and a NUL. */
void nt_day_put(char out[11], int64_t day);
bool nt_day_read(struct vf_bytes text, int64_t *ret);

/* ---- the trail (access_sqlite_events.c) ---- */

/*
 * Stores all of them in one transaction: durable on VF_OK. number is set by the
 * trail; denied ones above NT_AUDIT_FLOOD are counted instead.
 */
VF_RC nt_audit_put(struct nt_access *a, const struct nt_event *events, size_t n, struct vf_err *reterr);

/* An event as it is stored. The ranges live during the call. */
struct nt_event_row {
	uint64_t number;
	int64_t day;
	struct vf_hash salt;
	struct vf_bytes text;
};
typedef VF_RC nt_each_event(void *ctx, const struct nt_event_row *row, struct vf_err *reterr);
/* Events [first, first + count), those that are there, in order. */
VF_RC nt_audit_events(struct nt_access *a, uint64_t first, uint64_t count, nt_each_event *each, void *ctx,
	struct vf_err *reterr);

/* A document's row. */
struct nt_audit_row {
	uint64_t number, part, first, events;
	int64_t day;
	struct vf_hash sha256;
	bool notarised;
	struct vf_hash record; /* valid then */
};
/* The document that is numbered so, or the one that holds the event; *ret_found says whether there is one. */
VF_RC nt_audit_row(struct nt_access *a, uint64_t number, bool *ret_found, struct nt_audit_row *ret,
	struct vf_err *reterr);
VF_RC nt_audit_row_of(struct nt_access *a, uint64_t event, bool *ret_found, struct nt_audit_row *ret,
	struct vf_err *reterr);
/* Smallest and largest number of a stored event (0: none), how many are stored, the first that no document holds. */
struct nt_audit_counts {
	uint64_t least, last, stored, open, documents;
};
VF_RC nt_audit_counts(struct nt_access *a, struct nt_audit_counts *ret, struct vf_err *reterr);
/* Counted floods of minutes that are over become events. */
VF_RC nt_audit_settle(struct nt_access *a, int64_t now_ms, struct vf_err *reterr);
/* How many events from first on have its day, at most max. */
VF_RC nt_audit_run(struct nt_access *a, uint64_t first, uint64_t max, uint64_t *ret_n, int64_t *ret_day,
	struct vf_err *reterr);
VF_RC nt_audit_row_put(struct nt_access *a, const struct nt_audit_row *row, struct vf_err *reterr);
VF_RC nt_audit_row_notarised(
	struct nt_access *a, uint64_t number, const struct vf_hash *record, struct vf_err *reterr);

/* ---- notarisation (audit_seal.c) ---- */

/* The whole document of a row, made from its events; those that are gone are left out. */
VF_RC nt_audit_make(struct nt_access *a, const char *origin, const struct nt_audit_row *row,
	const struct vf_hash *previous, struct nt_buf *out, struct vf_err *reterr);

/* Called for each document that was notarised. */
typedef void nt_audit_done(void *ctx, const struct nt_audit_row *row);
/*
 * Notarises the events of all days before that of now, with today those of today
 * as well, and finishes what a crash left. The records then wait for the next
 * seal. Nothing to do is VF_OK.
 */
VF_RC nt_audit_seal(struct nt_notary *n, struct nt_access *a, int64_t now_ms, bool today, nt_audit_done *done,
	void *ctx, struct vf_err *reterr);

/* Compares every event with what was notarised. */
VF_RC nt_audit_check(struct nt_notary *n, struct nt_access *a, nt_finding *finding, void *ctx,
	uint64_t *ret_faults, struct vf_err *reterr);

#endif
