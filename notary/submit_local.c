/* Records for a notary in a folder: its stream, journal, kept documents and store. */
#include "notary/submit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notary/details_check.h"
#include "notary/enforce.h"
#include "notary/hashing.h"
#include "notary/rules_index.h"
#include "notary/submission.h"

/* One call: where to, and what is asked before. */
struct local {
	struct nt_notary *n;
	struct nt_enforced *enforced; /* NULL: nothing */
};

static VF_RC find_stream(void *ctx, struct vf_bytes submitter, struct vf_bytes study, struct nt_stream *ret,
	struct vf_err *reterr)
{
	struct local *l = ctx;

	return nt_notary_stream(l->n, submitter, study, ret, reterr);
}

static VF_RC check_link(void *ctx, const struct nt_submit *s, const struct tr_link *link, struct vf_err *reterr)
{
	struct local *l = ctx;
	const struct nt_sight_from from = {s->submitter, s->study, nt_submit_kind(s)};

	/* who uses a folder reads all of it */
	return nt_link_check(l->n, NULL, &from, link, reterr);
}

static VF_RC check_details(void *ctx, const struct nt_submit *s, const struct tr_facts *facts, const struct tr_link *links,
	size_t n_links, struct vf_err *reterr)
{
	struct local *l = ctx;
	enum vf_rc rc = nt_details_check_local(l->n, s, facts, links, n_links, reterr);

	/* before anything is kept: a refusal leaves nothing behind */
	return rc == VF_OK && s->signed_by ? nt_signers_claim(l->n, s->signed_by, reterr) : rc;
}

static struct vf_hash blind(void *ctx, struct vf_bytes text)
{
	struct local *l = ctx;

	return nt_notary_blind(l->n, text);
}

static VF_RC find_key(
	void *ctx, const struct vf_hash *key, bool *ret_found, struct vf_hash *ret_id, struct vf_err *reterr)
{
	struct local *l = ctx;

	return nt_notary_journal(l->n, key, ret_found, ret_id, reterr);
}

/* Keeps a text through a file in memory: nt_notary_keep() reads a descriptor. */
VF_RC nt_submit_keep_text(struct nt_notary *n, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr)
{
	int fd = memfd_create(TR_DETAILS_NAME, MFD_CLOEXEC);
	size_t at = 0;
	enum vf_rc rc;

	if (fd < 0)
		return vf_fail(reterr, VF_IO, "no file in memory can be made");
	while (at < text.n) {
		ssize_t put = write(fd, text.p + at, text.n - at);

		if (put <= 0) {
			close(fd);
			return vf_fail(reterr, VF_IO, "no file in memory can be written");
		}
		at += (size_t)put;
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		rc = vf_fail(reterr, VF_IO, "no file in memory can be read");
	else
		rc = nt_notary_keep(n, fd, digests, reterr);
	close(fd);
	return rc;
}

static VF_RC keep_details(void *ctx, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr)
{
	struct local *l = ctx;

	return nt_submit_keep_text(l->n, text, digests, reterr);
}

static VF_RC keep_secret(void *ctx, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr)
{
	struct local *l = ctx;

	return nt_notary_keep_secret(l->n, sha256, secret, reterr);
}

static VF_RC keep_file(void *ctx, const struct nt_submit_file *f, struct vf_err *reterr)
{
	struct local *l = ctx;
	char path[4097];
	uint64_t size;
	enum vf_rc rc;
	int fd;

	/* Without a path its content was put into the notary before. */
	if (f->path.n == 0) {
		rc = nt_notary_open_kept(l->n, &f->digests.sha256, &fd, reterr);
		if (rc == VF_OK && fd < 0)
			rc = vf_fail(reterr, VF_INTERNAL, "a document to keep has no path");
		else if (rc == VF_OK)
			close(fd);
		return rc;
	}
	if (f->path.n >= sizeof(path))
		return vf_fail(reterr, VF_INTERNAL, "the path of a document to keep is too long");
	memcpy(path, f->path.p, f->path.n);
	path[f->path.n] = '\0';
	rc = nt_open_document(path, &fd, &size, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_notary_keep(l->n, fd, &f->digests, reterr);
	close(fd);
	return rc;
}

/* What was kept for records that a rule refuses does not stay. */
static VF_RC unkeep(struct local *l, const struct nt_submission *submissions, size_t count, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < count && rc == VF_OK; i++)
		rc = nt_notary_unkeep(l->n, &submissions[i], reterr);
	return rc;
}

static VF_RC accept(void *ctx, const struct nt_submission *submissions, size_t count, enum nt_accepted *ret,
	struct vf_err *reterr)
{
	struct local *l = ctx;
	struct vf_err err = {0};
	enum vf_rc rc = l->enforced ? nt_enforce_judge(l->enforced, submissions, count, &err) : VF_OK;

	if (rc != VF_OK) {
		enum vf_rc kept = unkeep(l, submissions, count, reterr);

		return kept != VF_OK ? kept : vf_fail(reterr, rc, "%s", err.text);
	}
	rc = nt_notary_accept(l->n, submissions, count, ret, reterr);
	if (rc != VF_OK && l->enforced)
		nt_enforce_drop(l->enforced);
	return rc;
}

static VF_RC submit(struct local *l, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	const struct nt_submit_to to = {.ctx = l,
		.stream = find_stream,
		.link = check_link,
		.details = check_details,
		.blind = blind,
		.journal = find_key,
		.keep_details = keep_details,
		.keep_secret = keep_secret,
		.keep_file = keep_file,
		.keeps_details = true,
		.accept = accept};

	return nt_submit_records_to(&to, s, records, count, done, done_ctx, reterr);
}

VF_RC nt_submit_unjudged(struct nt_notary *n, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	struct local l = {.n = n};

	return submit(&l, s, records, count, done, done_ctx, reterr);
}

VF_RC nt_submit_records(struct nt_notary *n, const struct nt_submit *s,
	const struct nt_submit_record *records, size_t count, nt_submitted *done, void *done_ctx,
	struct vf_err *reterr)
{
	const struct nt_enforce_at at = nt_enforce_at_notary(n);
	struct local l = {.n = n};
	struct vf_err err = {0};
	uint64_t before = 0;
	bool lays_down = false;
	enum vf_rc rc, end;

	if (!nt_enforce_is_asked(s))
		return nt_submit_unjudged(n, s, records, count, done, done_ctx, reterr);
	rc = nt_enforce_check(n, s, records, count, &lays_down, NULL, reterr);
	if (rc == VF_OK && !lays_down)
		rc = nt_enforce_begin(&at, s, &l.enforced, reterr);
	if (rc == VF_OK)
		rc = nt_rules_count(n, &before, reterr);
	if (rc != VF_OK)
		return rc;
	rc = submit(&l, s, records, count, done, done_ctx, &err);
	/* records that are accepted have their findings, whatever came after */
	end = nt_enforce_end(l.enforced, reterr);
	nt_enforced_free(l.enforced);
	if (rc != VF_OK)
		return vf_fail(reterr, rc, "%s", err.text);
	return end == VF_OK && !lays_down ? nt_rules_pass(n, before, reterr) : end;
}
