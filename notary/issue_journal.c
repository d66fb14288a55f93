#include "notary/issue_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notary/audit.h"
#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/issue_inside.h"
#include "verify/text.h"

/* ---- files; on the journal's thread, or before it runs ---- */

VF_RC nt_issue_push_ended(
	struct nt_issue_journal *j, int64_t day, const struct vf_pair *digests, uint64_t size, struct vf_err *reterr)
{
	struct nt_issue_ended *e;

	if (j->n_days == j->room_days) {
		size_t room = j->room_days ? 2 * j->room_days : 8;

		e = realloc(j->days, room * sizeof(*e));
		if (!e)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the days of the issue journal");
		j->days = e;
		j->room_days = room;
	}
	e = &j->days[j->n_days++];
	*e = (struct nt_issue_ended){.day = day, .digests = *digests, .size = size};
	nt_day_put(e->name, day);
	return VF_OK;
}

static double seconds_since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

/* Appends what is in out, and syncs. */
static VF_RC flush(struct nt_issue_journal *j, size_t lines, struct vf_err *reterr)
{
	struct timespec from;
	enum vf_rc rc = nt_buf_check(&j->out, reterr);

	if (rc == VF_OK)
		rc = nt_fd_write(j->fd, nt_buf_bytes(&j->out), "the issue journal", reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("issue-written");
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (fdatasync(j->fd) != 0)
		return vf_fail(reterr, VF_IO, "cannot sync the issue journal: %s", strerror(errno));
	nt_failpoint("issue-synced");
	if (j->synced)
		j->synced(j->ctx, seconds_since(&from), lines);
	vf_pair_put(&j->hasher, nt_buf_bytes(&j->out));
	j->size += j->out.n;
	nt_buf_reset(&j->out);
	return VF_OK;
}

static VF_RC end_file(struct nt_issue_journal *j, struct vf_err *reterr)
{
	struct vf_pair digests;
	enum vf_rc rc;

	nt_issue_end_put(&j->file, &j->out);
	rc = flush(j, 0, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("issue-ended");
	nt_fd_closep(&j->fd);
	j->fd = -1;
	digests = vf_pair_done(&j->hasher);
	pthread_mutex_lock(&j->lock);
	rc = nt_issue_push_ended(j, j->file.day, &digests, j->size, reterr);
	pthread_mutex_unlock(&j->lock);
	return rc;
}

/* The file of this day, with its head; the one before has ended. */
static VF_RC begin_file(struct nt_issue_journal *j, int64_t day, uint64_t first, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf head = nt_buf(1024);
	char name[11];
	enum vf_rc rc;

	j->file.previous = j->file.chain;
	j->file.has_previous = j->file.ended;
	j->file.day = day;
	j->file.first = first;
	nt_issue_head_put(&j->file, &head);
	nt_day_put(name, day);
	rc = nt_buf_check(&head, reterr);
	if (rc == VF_OK)
		rc = nt_durable_write(j->dir, name, nt_buf_bytes(&head), 0600, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("issue-begun");
	j->fd = openat(j->dir, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (j->fd < 0)
		return vf_fail(reterr, VF_IO, "cannot open the issue journal '%s': %s", name, strerror(errno));
	vf_pair_init(&j->hasher);
	vf_pair_put(&j->hasher, nt_buf_bytes(&head));
	j->size = head.n;
	return VF_OK;
}

static VF_RC write_run(struct nt_issue_journal *j, size_t n, struct vf_err *reterr)
{
	size_t lines = 0;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		const struct nt_issued *t = &j->run[i]->token;
		int64_t day = t->gen_ms / NT_ISSUE_DAY_MS;

		if (j->fd >= 0 && j->file.day != day) {
			rc = end_file(j, reterr); /* with the lines before */
			lines = 0;
		}
		if (rc == VF_OK && j->fd < 0)
			rc = begin_file(j, day, nt_issued_number(t->serial), reterr);
		if (rc == VF_OK)
			nt_issue_line_put(&j->file, t, &j->out);
		lines++;
	}
	return rc == VF_OK ? flush(j, lines, reterr) : rc;
}

/* ---- the thread ---- */

static bool is_ready(const struct nt_issue_journal *j)
{
	return j->written < j->next && j->slots[j->written % NT_ISSUE_MAX_OPEN].state != SLOT_OPEN;
}

/* The day of the open file is over, and nothing of it is under way. */
static bool is_end_due(const struct nt_issue_journal *j)
{
	return j->fault.rc == VF_OK && j->fd >= 0 && j->file.day < j->end_before && j->written == j->next;
}

/* What is done with, in order of numbers; the lock is held. */
static size_t take_run(struct nt_issue_journal *j)
{
	size_t n = 0;

	for (; is_ready(j); j->written++) {
		struct slot *s = &j->slots[j->written % NT_ISSUE_MAX_OPEN];

		if (s->state == SLOT_PUT)
			j->run[n++] = s->item;
	}
	return n;
}

void *nt_issue_run(void *arg)
{
	struct nt_issue_journal *j = arg;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		struct vf_err err;
		bool end;
		size_t n;

		while (!is_ready(j) && !is_end_due(j) && !j->ending)
			pthread_cond_wait(&j->wake, &j->lock);
		if (j->ending && !is_ready(j))
			break;
		n = take_run(j);
		end = n == 0 && is_end_due(j);
		if (n == 0 && !end)
			continue;
		err = j->fault;
		pthread_mutex_unlock(&j->lock);
		if (err.rc == VF_OK)
			err.rc = end ? end_file(j, &err) : write_run(j, n, &err);
		if (err.rc != VF_OK) {
			pthread_mutex_lock(&j->lock);
			j->fault = err;
			pthread_mutex_unlock(&j->lock);
		}
		for (size_t i = 0; i < n; i++)
			j->run[i]->done(j->run[i], err.rc, &err);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

/* ---- numbers ---- */

VF_RC nt_issue_journal_begin(struct nt_issue_journal *j, int64_t now_ms, int64_t patience_ms, uint64_t *ret_number,
	int64_t *ret_gen_ms, struct vf_err *reterr)
{
	char last[VF_TIME_LEN + 1];
	enum vf_rc rc = VF_OK;

	pthread_mutex_lock(&j->lock);
	if (j->fault.rc != VF_OK) {
		rc = vf_fail(reterr, j->fault.rc, "%s", j->fault.text);
	} else if (j->last_ms != VF_TIME_NONE && now_ms < j->last_ms - patience_ms) {
		vf_time_put(last, j->last_ms);
		rc = vf_fail(reterr, VF_TIME_STOPPED, "the clock is before '%s', which was issued already", last);
	} else if (j->next - j->written >= NT_ISSUE_MAX_OPEN) {
		rc = vf_fail(reterr, VF_HTTP_BUSY, "%d tokens wait for the issue journal", NT_ISSUE_MAX_OPEN);
	} else if (j->next > NT_ISSUE_MAX_NUMBER) {
		rc = vf_fail(reterr, VF_LIMIT, "the serial numbers are used up");
	} else {
		if (j->last_ms == VF_TIME_NONE || now_ms > j->last_ms)
			j->last_ms = now_ms;
		*ret_gen_ms = j->last_ms;
		*ret_number = j->next++;
		j->slots[*ret_number % NT_ISSUE_MAX_OPEN] = (struct slot){.state = SLOT_OPEN};
	}
	pthread_mutex_unlock(&j->lock);
	return rc;
}

static void settle(struct nt_issue_journal *j, uint64_t number, enum slot_state state, struct nt_issue_item *x)
{
	pthread_mutex_lock(&j->lock);
	j->slots[number % NT_ISSUE_MAX_OPEN] = (struct slot){state, x};
	if (number == j->written)
		pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
}

void nt_issue_journal_put(struct nt_issue_journal *j, struct nt_issue_item *x)
{
	settle(j, nt_issued_number(x->token.serial), SLOT_PUT, x);
}

void nt_issue_journal_drop(struct nt_issue_journal *j, uint64_t number)
{
	settle(j, number, SLOT_DROPPED, NULL);
}

VF_RC nt_issue_journal_check(struct nt_issue_journal *j, struct vf_err *reterr)
{
	enum vf_rc rc;

	pthread_mutex_lock(&j->lock);
	rc = j->fault.rc;
	if (rc != VF_OK)
		rc = vf_fail(reterr, rc, "%s", j->fault.text);
	pthread_mutex_unlock(&j->lock);
	return rc;
}

/* ---- days ---- */

void nt_issue_journal_end_before(struct nt_issue_journal *j, int64_t day)
{
	pthread_mutex_lock(&j->lock);
	if (day > j->end_before) {
		j->end_before = day;
		if (j->last_ms < day * NT_ISSUE_DAY_MS)
			j->last_ms = day * NT_ISSUE_DAY_MS;
		pthread_cond_signal(&j->wake);
	}
	pthread_mutex_unlock(&j->lock);
}

bool nt_issue_journal_ended(struct nt_issue_journal *j, struct nt_issue_ended *ret)
{
	bool some;

	pthread_mutex_lock(&j->lock);
	some = j->n_days > 0;
	if (some)
		*ret = j->days[0];
	pthread_mutex_unlock(&j->lock);
	return some;
}

void nt_issue_record_name(const char *day, char ret[24])
{
	snprintf(ret, 24, "%s.record", day);
}

VF_RC nt_issue_journal_notarised(
	struct nt_issue_journal *j, int64_t day, const struct vf_hash *record, struct vf_err *reterr)
{
	char text[66], name[24], shown[11];
	enum vf_rc rc;

	nt_day_put(shown, day);
	nt_issue_record_name(shown, name);
	vf_hex_put(text, vf_bytes(record->b, sizeof(record->b)));
	text[64] = '\n';
	rc = nt_durable_write(j->dir, name, vf_bytes(text, 65), 0600, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("issue-notarised");
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < j->n_days; i++)
		if (j->days[i].day == day) {
			memmove(&j->days[i], &j->days[i + 1], (j->n_days - i - 1) * sizeof(j->days[0]));
			j->n_days--;
			break;
		}
	pthread_mutex_unlock(&j->lock);
	return VF_OK;
}

