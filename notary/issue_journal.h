/*
 * Which tokens were issued: numbers, times, and a durable line for each before it leaves
 * (docs/formats/issue-journal.md).
 *
 * Knows files, days, group commit and recovery. The text is issue_lines.h's question, who makes tokens issuer.h's.
 * A thread of its own writes: all lines that wait share one sync. Any thread may call.
 *
 * Fail-stop: after a fault of the disk nothing is begun any more, until the journal was opened again.
 *
 *	begin (number, genTime) -> the token is made -> put -> written in order of numbers -> synced -> done
 *	                                             -> drop: the number is left out
 */
#ifndef NOTARY_ISSUE_JOURNAL_H
#define NOTARY_ISSUE_JOURNAL_H

#include "notary/issue_lines.h"

struct nt_issue_journal;

/* From begin to put or drop; more at once are refused. */
#define NT_ISSUE_MAX_OPEN 16384

/* What is told of a sync: how long it took and how many lines it covered. On the journal's thread. */
typedef void nt_issue_synced(void *ctx, double seconds, size_t lines);

struct nt_issue_journal_options {
	int folder;             /* of the authority; the journal's is made in it */
	const char *origin;
	nt_issue_synced *synced; /* may be NULL */
	void *ctx;
};

/*
 * Opens or begins it: reads the newest file and all that are not notarised. *ret_cut is how many octets of a half line
 * were cut. STORE_CORRUPT: what cannot be read, with file and line; another journal's origin. Else as durable.h.
 */
VF_RC nt_issue_journal_open(const struct nt_issue_journal_options *o, struct nt_issue_journal **ret, uint64_t *ret_cut,
	struct vf_err *reterr);
/* What was begun must have been put or dropped, and is written first. Accepts NULL. */
struct nt_issue_journal *nt_issue_journal_free(struct nt_issue_journal *j);
void nt_issue_journal_freep(struct nt_issue_journal **j);

/*
 * Gives out the next number, and a genTime: now_ms, or that of the last token when it is later by patience_ms at most.
 * Each number that was begun ends with one put or drop. TIME_STOPPED: now_ms is too far before the last token;
 * HTTP_BUSY: too many are open; the fault that stopped it.
 */
VF_RC nt_issue_journal_begin(struct nt_issue_journal *j, int64_t now_ms, int64_t patience_ms, uint64_t *ret_number,
	int64_t *ret_gen_ms, struct vf_err *reterr);

/*
 * A token that was made. The caller keeps it until done, which is called once, on the journal's thread: VF_OK when the
 * line is durable.
 */
struct nt_issue_item {
	struct nt_issued token;
	void (*done)(struct nt_issue_item *x, enum vf_rc rc, const struct vf_err *err);
	void *ctx;
};
void nt_issue_journal_put(struct nt_issue_journal *j, struct nt_issue_item *x);
void nt_issue_journal_drop(struct nt_issue_journal *j, uint64_t number);

/* VF_OK, or the fault that stopped it. */
VF_RC nt_issue_journal_check(struct nt_issue_journal *j, struct vf_err *reterr);

/* ---- days ---- */

/*
 * Ends the file of a day before this one as soon as nothing of it is under way; nothing earlier is begun from now on.
 */
void nt_issue_journal_end_before(struct nt_issue_journal *j, int64_t day);

/* A file that ended and whose record is not known yet. */
struct nt_issue_ended {
	int64_t day;
	struct vf_pair digests;
	uint64_t size;
	char name[11]; /* "2026-03-01" */
};
/* The oldest one; false: there is none. */
bool nt_issue_journal_ended(struct nt_issue_journal *j, struct nt_issue_ended *ret);
/* Its record is durable: writes its ID beside the file. */
VF_RC nt_issue_journal_notarised(
	struct nt_issue_journal *j, int64_t day, const struct vf_hash *record, struct vf_err *reterr);

/* ---- reading ---- */

/*
 * A whole file, line by line. each may be NULL. d shows what was read; octets after the last LF are *ret_rest and are
 * not digested.
 */
typedef VF_RC nt_issue_each(void *ctx, const struct nt_issued *t, struct vf_err *reterr);
VF_RC nt_issue_file_read(int folder, const char *name, nt_issue_each *each, void *ctx, struct nt_issue_day *d,
	struct vf_pair_hasher *hasher, uint64_t *ret_size, uint64_t *ret_rest, struct vf_err *reterr);

#define NT_ISSUE_FOLDER "journal"

#endif
