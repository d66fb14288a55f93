/*
 * What issue_journal.c (writing) and issue_open.c (recovery, beginning and end) share; nobody else includes it.
 */
#ifndef NOTARY_ISSUE_INSIDE_H
#define NOTARY_ISSUE_INSIDE_H

#include <pthread.h>

#include "notary/issue_journal.h"

#define NT_ISSUE_DAY_MS INT64_C(86400000)

enum slot_state {
	SLOT_OPEN,
	SLOT_PUT,
	SLOT_DROPPED,
};

struct slot {
	enum slot_state state;
	struct nt_issue_item *item;
};

struct nt_issue_journal {
	int dir;
	nt_issue_synced *synced;
	void *ctx;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* of these */
	pthread_cond_t wake;
	struct slot slots[NT_ISSUE_MAX_OPEN]; /* of numbers written to next - 1, modulo their count */
	uint64_t written;    /* all numbers below are done with */
	uint64_t next;       /* to be given out */
	int64_t last_ms;     /* no genTime is before */
	int64_t end_before;  /* days before this one are over */
	bool ending;
	struct vf_err fault;
	struct nt_issue_ended *days; /* ended, not notarised; oldest first */
	size_t n_days, room_days;

	/* the thread's own, after the start */
	int fd; /* of the file that is written; -1: none */
	struct nt_issue_day file;
	struct vf_pair_hasher hasher;
	uint64_t size;
	struct nt_buf out;
	struct nt_issue_item *run[NT_ISSUE_MAX_OPEN];
};

/* The lock is held, or the thread does not run yet. */
VF_RC nt_issue_push_ended(
	struct nt_issue_journal *j, int64_t day, const struct vf_pair *digests, uint64_t size, struct vf_err *reterr);
/* "2026-03-01.record" */
void nt_issue_record_name(const char *day, char ret[24]);
/* The thread; arg is the journal. */
void *nt_issue_run(void *arg);

#endif
