/* Records for a notary in a folder: its stream, journal, kept documents and store. */
#include "notary/submit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notary/details_check.h"
#include "notary/hashing.h"
#include "notary/submission.h"

static VF_RC find_stream(void *ctx, struct vf_bytes submitter, struct vf_bytes study, struct nt_stream *ret,
	struct vf_err *reterr)
{
	return nt_notary_stream(ctx, submitter, study, ret, reterr);
}

static VF_RC check_link(void *ctx, const struct nt_submit *s, const struct tr_link *link, struct vf_err *reterr)
{
	return nt_link_check(ctx, nt_submit_kind(s), s->study, link, reterr);
}

static VF_RC check_details(void *ctx, const struct nt_submit *s, const struct tr_facts *facts, const struct tr_link *links,
	size_t n_links, struct vf_err *reterr)
{
	enum vf_rc rc = nt_details_check_local(ctx, s, facts, links, n_links, reterr);

	/* before anything is kept: a refusal leaves nothing behind */
	return rc == VF_OK && s->signed_by ? nt_signers_claim(ctx, s->signed_by, reterr) : rc;
}

static struct vf_hash blind(void *ctx, struct vf_bytes text)
{
	return nt_notary_blind(ctx, text);
}

static VF_RC find_key(
	void *ctx, const struct vf_hash *key, bool *ret_found, struct vf_hash *ret_id, struct vf_err *reterr)
{
	return nt_notary_journal(ctx, key, ret_found, ret_id, reterr);
}

/* Keeps a text through a file in memory: nt_notary_keep() reads a descriptor. */
static VF_RC keep_details(void *ctx, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr)
{
	int fd = memfd_create(TR_DETAILS_NAME, MFD_CLOEXEC);
	size_t n = 0;
	enum vf_rc rc;

	if (fd < 0)
		return vf_fail(reterr, VF_IO, "no file in memory can be made");
	while (n < text.n) {
		ssize_t put = write(fd, text.p + n, text.n - n);

		if (put <= 0) {
			close(fd);
			return vf_fail(reterr, VF_IO, "no file in memory can be written");
		}
		n += (size_t)put;
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		rc = vf_fail(reterr, VF_IO, "no file in memory can be read");
	else
		rc = nt_notary_keep(ctx, fd, digests, reterr);
	close(fd);
	return rc;
}

static VF_RC keep_secret(void *ctx, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr)
{
	return nt_notary_keep_secret(ctx, sha256, secret, reterr);
}

static VF_RC keep_file(void *ctx, const struct nt_submit_file *f, struct vf_err *reterr)
{
	char path[4097];
	uint64_t size;
	enum vf_rc rc;
	int fd;

	/* Without a path its content was put into the notary before. */
	if (f->path.n == 0) {
		rc = nt_notary_open_kept(ctx, &f->digests.sha256, &fd, reterr);
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
	rc = nt_notary_keep(ctx, fd, &f->digests, reterr);
	close(fd);
	return rc;
}

static VF_RC accept(void *ctx, const struct nt_submission *submissions, size_t count, enum nt_accepted *ret,
	struct vf_err *reterr)
{
	return nt_notary_accept(ctx, submissions, count, ret, reterr);
}

VF_RC nt_submit_records(struct nt_notary *n, const struct nt_submit *s,
	const struct nt_submit_record *records, size_t count, nt_submitted *done, void *done_ctx,
	struct vf_err *reterr)
{
	const struct nt_submit_to to = {.ctx = n,
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
