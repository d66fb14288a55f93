#include "notary/notary_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/rows_secret.h"
#include "verify/text.h"

void nt_notary_kept_path(const struct vf_hash *sha256, char *out)
{
	strcpy(out, "documents/");
	vf_hex_put(out + strlen(out), vf_bytes(sha256->b, 32));
}

VF_RC nt_notary_destroy_kept(void *ctx, const struct vf_hash *sha256, struct vf_err *reterr)
{
	struct nt_notary *n = ctx;
	char path[96];
	enum vf_rc rc;

	nt_notary_secret_path(sha256, path);
	rc = nt_durable_destroy(n->fd, path, reterr);
	nt_notary_kept_path(sha256, path);
	return rc == VF_OK ? nt_durable_destroy(n->fd, path, reterr) : rc;
}

/* Content that was kept for a submission that is refused, or was there without it, does not stay. */
VF_RC nt_notary_unkeep(struct nt_notary *n, const struct nt_submission *s, struct vf_err *reterr)
{
	bool kept;
	enum vf_rc rc;

	for (size_t i = 0; i < s->n_documents; i++) {
		if (!s->documents[i].keep)
			continue;
		rc = nt_store_is_kept(n->store, &s->documents[i].digests.sha256, &kept, reterr);
		if (rc == VF_OK && !kept)
			rc = nt_notary_destroy_kept(n, &s->documents[i].digests.sha256, reterr);
		if (rc != VF_OK)
			return nt_notary_stop(n, rc, reterr);
	}
	return VF_OK;
}

/* Copies and hashes in one pass. */
static VF_RC copy_hashed(int in, int out, struct vf_pair *ret, struct vf_err *reterr)
{
	struct vf_pair_hasher h;
	uint8_t block[65536];
	ssize_t got;
	enum vf_rc rc;

	vf_pair_init(&h);
	for (;;) {
		got = read(in, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vf_fail(reterr, VF_IO, "cannot read a document: %s", strerror(errno));
		if (got == 0)
			break;
		vf_pair_put(&h, vf_bytes(block, (size_t)got));
		rc = nt_fd_write(out, vf_bytes(block, (size_t)got), "a kept document", reterr);
		if (rc != VF_OK)
			return rc;
	}
	*ret = vf_pair_done(&h);
	return nt_fd_sync(out, "a kept document", reterr);
}

static VF_RC keep_as(struct nt_notary *n, int fd, const char *temporary, const char *path,
	const struct vf_pair *digests, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep)
	int out = openat(n->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct vf_pair got;
	enum vf_rc rc;

	if (out < 0)
		return vf_fail(reterr, VF_IO, "cannot create '%s': %s", temporary, strerror(errno));
	rc = copy_hashed(fd, out, &got, reterr);
	if (rc == VF_OK && !vf_pair_eq(&got, digests))
		rc = vf_fail(reterr, VF_DOCUMENT_CHANGED, "a document changed while it was kept");
	if (rc == VF_OK)
		rc = nt_dir_open(n->fd, "documents", &folder, reterr);
	if (rc != VF_OK)
		return rc;
	if (renameat(n->fd, temporary, n->fd, path) != 0)
		return vf_fail(reterr, VF_IO, "cannot rename '%s': %s", temporary, strerror(errno));
	return nt_fd_sync(folder, "documents", reterr);
}

VF_RC nt_notary_keep(struct nt_notary *n, int fd, const struct vf_pair *digests, struct vf_err *reterr)
{
	char path[80], temporary[96];
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	nt_notary_kept_path(&digests->sha256, path);
	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	rc = keep_as(n, fd, temporary, path, digests, reterr);
	if (rc == VF_OK) {
		nt_failpoint("kept");
		return VF_OK;
	}
	/* What was written may be personal: it does not stay, and the first fault is told. */
	vf_ignore(nt_durable_destroy(n->fd, temporary, NULL));
	return rc == VF_IO ? nt_notary_stop(n, rc, reterr) : rc;
}

VF_RC nt_notary_open_kept(
	struct nt_notary *n, const struct vf_hash *sha256, int *ret_fd, struct vf_err *reterr)
{
	char path[80];
	int fd;

	nt_notary_kept_path(sha256, path);
	fd = openat(n->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT)
		return vf_fail(reterr, VF_IO, "cannot open '%s': %s", path, strerror(errno));
	*ret_fd = fd;
	return VF_OK;
}

/* A kept document that no record names: its submission or its erasure was cut short. */
static VF_RC sweep_document(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct nt_notary *n = ctx;
	struct vf_hash h;
	char path[320];
	bool kept = false;
	enum vf_rc rc = VF_OK;

	if (is_dir)
		return VF_OK;
	if (vf_hex_read(vf_bytes_str(name), h.b, 32) || nt_secret_name_is(name, &h))
		rc = nt_store_is_kept(n->store, &h, &kept, reterr);
	if (rc != VF_OK || kept)
		return rc;
	snprintf(path, sizeof(path), "documents/%s", name);
	return nt_durable_destroy(n->fd, path, reterr);
}

VF_RC nt_notary_sweep_kept(struct nt_notary *n, struct vf_err *reterr)
{
	return nt_dir_each(n->fd, "documents", sweep_document, n, reterr);
}
