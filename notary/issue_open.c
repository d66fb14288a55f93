/* Opening the issue journal: what is there, what a crash left, where numbers go on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/audit.h"
#include "notary/durable.h"
#include "notary/issue_inside.h"
#include "verify/text.h"

/* All lines that can wait at once, and some. */
#define WRITE_CAP ((size_t)NT_ISSUE_MAX_OPEN * NT_ISSUE_MAX_LINE + 4096)

/* What is found in the folder, in order of days. */
struct found {
	struct nt_issue_journal *j;
	const char *origin;
	int64_t *days;
	size_t n, room;
	struct nt_issue_day before; /* the last file that was read; head 0: none */
	bool follows;               /* before is of the day before in the list */
};

static VF_RC note_name(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct found *f = ctx;
	int64_t day;

	if (is_dir || !nt_day_read(vf_bytes_str(name), &day))
		return VF_OK; /* a record's name, or a temporary file */
	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 64;
		int64_t *more = realloc(f->days, room * sizeof(*more));

		if (!more)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the days of the issue journal");
		f->days = more;
		f->room = room;
	}
	f->days[f->n++] = day;
	return VF_OK;
}

static bool is_notarised(const struct nt_issue_journal *j, const char *day)
{
	char name[24];

	nt_issue_record_name(day, name);
	return faccessat(j->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What one file cannot show alone. */
static VF_RC check_file(
	const struct found *f, const struct nt_issue_day *d, int64_t day, const char *name, struct vf_err *reterr)
{
	const struct nt_issue_day *b = &f->before;

	if (strcmp(d->origin, f->origin) != 0 || d->day != day)
		return vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s' is of another notary or day", name);
	if (f->follows && (d->first < b->next || !d->has_previous || !vf_hash_eq(&d->previous, &b->chain)))
		return vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s' does not follow the file before", name);
	return VF_OK;
}

/* Goes on where the newest file ends; what a crash left of a line is cut. */
static VF_RC go_on(struct nt_issue_journal *j, const char *name, uint64_t rest, struct vf_err *reterr)
{
	j->fd = openat(j->dir, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (j->fd < 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO,
			"cannot open the issue journal '%s': %s", name, strerror(errno));
	if (rest && ftruncate(j->fd, (off_t)j->size) != 0)
		return vf_fail(reterr, VF_IO, "cannot cut the issue journal '%s': %s", name, strerror(errno));
	/* also without a rest: lines that were written, and not synced, are there now and must stay */
	return nt_fd_sync(j->fd, name, reterr);
}

static VF_RC open_day(struct found *f, size_t i, uint64_t *ret_cut, struct vf_err *reterr)
{
	struct nt_issue_journal *j = f->j;
	bool newest = i + 1 == f->n, notarised;
	struct nt_issue_day d;
	struct vf_pair digests;
	uint64_t size, rest;
	char name[11];
	enum vf_rc rc;

	nt_day_put(name, f->days[i]);
	notarised = is_notarised(j, name);
	if (notarised && !newest) {
		f->follows = false;
		return VF_OK;
	}
	rc = nt_issue_file_read(j->dir, name, NULL, NULL, &d, &j->hasher, &size, &rest, reterr);
	if (rc == VF_OK)
		rc = check_file(f, &d, f->days[i], name, reterr);
	if (rc == VF_OK && ((d.ended || !newest) && (rest > 0 || !d.ended)))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s' does not end with its end line", name);
	if (rc != VF_OK)
		return rc;
	f->before = d;
	f->follows = true;
	if (newest && !d.ended) {
		j->size = size;
		*ret_cut = rest;
		return go_on(j, name, rest, reterr);
	}
	if (notarised)
		return VF_OK;
	digests = vf_pair_done(&j->hasher);
	return nt_issue_push_ended(j, f->days[i], &digests, size, reterr);
}

/* Where numbers and times go on. */
static void start_from(struct nt_issue_journal *j, const struct nt_issue_day *newest, const char *origin)
{
	j->file = *newest;
	snprintf(j->file.origin, sizeof(j->file.origin), "%s", origin);
	j->next = newest->head ? newest->next : 1;
	j->written = j->next;
	j->last_ms = newest->gen_ms;
	if (newest->head && newest->ended)
		j->last_ms = (newest->day + 1) * NT_ISSUE_DAY_MS;
	else if (newest->head && newest->gen_ms == VF_TIME_NONE)
		j->last_ms = newest->day * NT_ISSUE_DAY_MS;
}

static VF_RC open_files(
	struct nt_issue_journal *j, const struct nt_issue_journal_options *o, uint64_t *ret_cut, struct vf_err *reterr)
{
	struct found f = {.j = j, .origin = o->origin, .before = {.gen_ms = VF_TIME_NONE}};
	enum vf_rc rc = nt_dir_make(o->folder, NT_ISSUE_FOLDER, 0700, reterr);

	*ret_cut = 0;
	/* also when it was there: who made it may have been killed before this */
	if (rc == VF_OK)
		rc = nt_fd_sync(o->folder, "the authority's folder", reterr);
	if (rc == VF_OK)
		rc = nt_dir_open(o->folder, NT_ISSUE_FOLDER, &j->dir, reterr);
	if (rc == VF_OK)
		rc = nt_dir_each(o->folder, NT_ISSUE_FOLDER, note_name, &f, reterr);
	for (size_t i = 0; i < f.n && rc == VF_OK; i++)
		rc = open_day(&f, i, ret_cut, reterr);
	free(f.days);
	if (rc == VF_OK)
		start_from(j, &f.before, o->origin);
	return rc;
}

VF_RC nt_issue_journal_open(const struct nt_issue_journal_options *o, struct nt_issue_journal **ret, uint64_t *ret_cut,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_issue_journal_freep) struct nt_issue_journal *j = calloc(1, sizeof(*j));
	uint64_t cut = 0;
	enum vf_rc rc;

	if (!j)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the issue journal");
	j->dir = j->fd = -1;
	j->fault.rc = VF_OK;
	j->end_before = INT64_MIN;
	j->synced = o->synced;
	j->ctx = o->ctx;
	j->out = nt_buf(WRITE_CAP);
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->wake, NULL);
	rc = open_files(j, o, &cut, reterr);
	if (rc != VF_OK)
		return rc;
	if (pthread_create(&j->thread, NULL, nt_issue_run, j) != 0)
		return vf_fail(reterr, VF_NO_MEMORY, "no thread for the issue journal");
	j->started = true;
	*ret_cut = cut;
	*ret = j;
	j = NULL;
	return VF_OK;
}

struct nt_issue_journal *nt_issue_journal_free(struct nt_issue_journal *j)
{
	if (!j)
		return NULL;
	if (j->started) {
		pthread_mutex_lock(&j->lock);
		j->ending = true;
		pthread_cond_signal(&j->wake);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->thread, NULL);
	}
	pthread_cond_destroy(&j->wake);
	pthread_mutex_destroy(&j->lock);
	nt_fd_closep(&j->fd);
	nt_fd_closep(&j->dir);
	nt_buf_done(&j->out);
	free(j->days);
	free(j);
	return NULL;
}

void nt_issue_journal_freep(struct nt_issue_journal **j)
{
	*j = nt_issue_journal_free(*j);
}
