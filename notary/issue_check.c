#include "notary/issue_check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/access.h"
#include "notary/audit.h"
#include "notary/durable.h"
#include "notary/findings.h"
#include "notary/issue_journal.h"
#include "trial/kind.h"
#include "verify/text.h"

/* A file of a day. */
struct day {
	int64_t day;
	char name[11];
	bool good;      /* it was read to its end */
	bool named;     /* its ".record" is there */
	bool notarised; /* a record has exactly this file */
	bool ended, has_previous;
	uint64_t first, next;
	struct vf_hash previous, chain, sha256;
};

struct checking {
	struct nt_notary *n;
	struct nt_findings f;
	struct nt_issue_counts counts;
	int folder; /* of the journal */
	struct day *days;
	size_t n_days, room;
};

static VF_RC note_name(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct checking *c = ctx;
	struct day *d;
	int64_t day;

	if (is_dir || !nt_day_read(vf_bytes_str(name), &day))
		return VF_OK;
	if (c->n_days == c->room) {
		size_t room = c->room ? 2 * c->room : 64;

		d = realloc(c->days, room * sizeof(*d));
		if (!d)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the days of the issue journal");
		c->days = d;
		c->room = room;
	}
	d = &c->days[c->n_days++];
	*d = (struct day){.day = day};
	nt_day_put(d->name, day);
	return VF_OK;
}

static VF_RC read_day(struct checking *c, struct day *d, bool newest, struct vf_err *reterr)
{
	struct vf_pair_hasher hasher;
	struct nt_issue_day read;
	char mark[24];
	uint64_t size, rest;
	enum vf_rc rc = nt_issue_file_read(c->folder, d->name, NULL, NULL, &read, &hasher, &size, &rest, reterr);

	if (rc == VF_OK && (read.day != d->day || strcmp(read.origin, nt_notary_config(c->n)->origin) != 0))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s' is of another notary or day", d->name);
	/* half a line at the end of the newest file is what a crash leaves, and the next start cuts it */
	if (rc == VF_OK && ((rest > 0 && (!newest || read.ended)) || (!read.ended && !newest)))
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "issue journal '%s' does not end with its end line", d->name);
	if (rc != VF_OK)
		return rc;
	snprintf(mark, sizeof(mark), "%s.record", d->name);
	d->good = true;
	d->named = faccessat(c->folder, mark, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	d->ended = read.ended;
	d->first = read.first;
	d->next = read.next;
	d->has_previous = read.has_previous;
	d->previous = read.previous;
	d->chain = read.chain;
	d->sha256 = vf_pair_done(&hasher).sha256;
	c->counts.tokens += read.tokens;
	return VF_OK;
}

static VF_RC read_days(struct checking *c, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	c->counts.days = c->n_days;
	for (size_t i = 0; i < c->n_days && rc == VF_OK; i++) {
		struct day *d = &c->days[i], *before = i ? &c->days[i - 1] : NULL;
		struct vf_err err = {0};

		rc = nt_found_rc(&c->f, read_day(c, d, i + 1 == c->n_days, &err), &err, reterr);
		if (!d->good || !before || !before->good)
			continue;
		/*
		 * a day between the two may have been moved away, but no file before another that says it is the first
		 */
		if (!d->has_previous || d->first < before->next)
			nt_found(&c->f, VF_STORE_CORRUPT, "issue journal '%s' does not follow '%s'", d->name,
				before->name);
		else if (!vf_hash_eq(&d->previous, &before->chain))
			nt_found(&c->f, VF_STORE_CORRUPT,
				"issue journal '%s' follows another file than '%s': one is missing, or was replaced",
				d->name, before->name);
	}
	return rc;
}

/* "issue-journal-2026-03-01.txt" */
static bool read_document_name(struct vf_bytes name, int64_t *ret)
{
	struct vf_bytes day;

	return vf_take_str(&name, "issue-journal-") && vf_take(&name, 10, &day) && vf_bytes_is(name, ".txt") &&
		nt_day_read(day, ret);
}

static VF_RC check_record(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	struct checking *c = ctx;
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	int64_t day;
	enum vf_rc rc = nt_notary_get(c->n, id, &r, reterr);

	if (rc != VF_OK || r->state == NT_ERASED || !vf_bytes_is(r->submitter, NT_PARTY_NOTARY) ||
		r->n_documents != 1 || !vf_bytes_is(r->kind, tr_kind_name(TR_AUDIT)) ||
		!read_document_name(r->documents[0].name, &day))
		return rc;
	for (size_t i = 0; i < c->n_days; i++) {
		struct day *d = &c->days[i];

		if (d->day != day)
			continue;
		if (!d->good)
			return VF_OK;
		if (!vf_hash_eq(&d->sha256, &r->documents[0].digests.sha256))
			nt_found(&c->f, VF_AUDIT_MISMATCH, "issue journal '%s' is not what was notarised", d->name);
		else if (!d->notarised)
			c->counts.notarised++;
		d->notarised = true;
		return VF_OK;
	}
	c->counts.away++;
	return VF_OK;
}

VF_RC nt_issue_check(struct nt_notary *n, nt_finding *finding, void *ctx, struct nt_issue_counts *ret,
	uint64_t *ret_faults, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct checking c = {.n = n, .f = {finding, ctx, 0}};
	char path[PATH_MAX];
	enum vf_rc rc;

	if (snprintf(path, sizeof(path), "%s/tsa/" NT_ISSUE_FOLDER, nt_notary_dir(n)) >= (int)sizeof(path))
		return vf_fail(reterr, VF_LIMIT, "the path of the notary is too long");
	if (access(path, F_OK) == 0) {
		rc = nt_dir_open(AT_FDCWD, path, &folder, reterr);
		c.folder = folder;
		if (rc == VF_OK)
			rc = nt_dir_each(AT_FDCWD, path, note_name, &c, reterr);
		if (rc == VF_OK)
			rc = read_days(&c, reterr);
	} else {
		rc = VF_OK;
	}
	if (rc == VF_OK)
		rc = nt_notary_each(n, vf_bytes_str(NT_ISSUE_STUDY), check_record, &c, reterr);
	for (size_t i = 0; i < c.n_days && rc == VF_OK; i++)
		if (c.days[i].good && c.days[i].named && !c.days[i].notarised)
			nt_found(&c.f, VF_AUDIT_MISMATCH, "issue journal '%s' has a '.record', but no record has it",
				c.days[i].name);
	free(c.days);
	if (rc != VF_OK)
		return rc;
	*ret = c.counts;
	*ret_faults = c.f.n;
	return VF_OK;
}
