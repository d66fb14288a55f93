#include "notary/export_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/named_file.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/zip.h"

/* Temporary names that are tried. */
#define MAX_TAKEN 1000

static enum vf_rc write_fd(void *ctx, struct vf_bytes b, struct vf_err *reterr)
{
	return nt_fd_write(*(const int *)ctx, b, "a bundle", reterr);
}

static enum vf_rc read_fd(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(*(const int *)ctx, out + done, n - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return vf_fail(reterr, VF_IO, "cannot read a bundle back: %s", got ? strerror(errno) : "it became shorter");
		done += (size_t)got;
	}
	return VF_OK;
}

/* The same release's verifier must accept the bundle; a detached one may only lack its documents. */

void nt_export_drop(struct nt_exporter *e)
{
	for (size_t i = 0; e->pending && i < e->n_pending; i++) {
		if (e->pending[i].temp)
			unlink(e->pending[i].temp);
		free(e->pending[i].temp);
		free(e->pending[i].path);
	}
	e->n_pending = 0;
}

static enum vf_rc write_bundle(struct nt_export_plan *p, int fd, struct vf_err *reterr)
{
	struct stat st;
	struct vf_source source = {.ctx = &fd, .read = read_fd};
	enum vf_rc rc;

	if (p->document_bytes <= NT_EXPORT_SMALL) {
		rc = nt_export_in_memory(p, reterr);
		return rc == VF_OK ? write_fd(&fd, nt_buf_bytes(&p->e->bundle), reterr) : rc;
	}
	rc = nt_export_write(p, (struct nt_zip_sink){.ctx = &fd, .write = write_fd}, reterr);
	if (rc != VF_OK)
		return rc;
	if (fstat(fd, &st) != 0)
		return vf_fail(reterr, VF_IO, "cannot read a bundle back: %s", strerror(errno));
	source.size = (uint64_t)st.st_size;
	return nt_export_check(p, &source, reterr);
}

static enum vf_rc put_file(struct nt_exporter *e, struct nt_export_plan *p, const char *path, struct vf_err *reterr)
{
	struct nt_export_pending *slot = &e->pending[e->n_pending];
	char temp[PATH_MAX];
	int fd, n;
	unsigned tries = 0;
	enum vf_rc rc;

	/* A name may be taken by another exporter, or left by a killed process of the same number (in containers: often). */
	do {
		n = snprintf(temp, sizeof(temp), "%s.part-%ld-%llu", path, (long)getpid(), (unsigned long long)e->temp_number++);
		if (n < 0 || (size_t)n >= sizeof(temp))
			return vf_fail(reterr, VF_USAGE, "the path of the bundle is too long");
		fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	} while (fd < 0 && errno == EEXIST && ++tries < MAX_TAKEN);
	if (fd < 0)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "cannot write '%.200s': %s", temp, strerror(errno));
	slot->temp = strdup(temp);
	slot->path = strdup(path);
	slot->force = p->options->force;
	e->n_pending++;
	rc = slot->temp && slot->path ? write_bundle(p, fd, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for a path");
	if (close(fd) != 0 && rc == VF_OK)
		rc = vf_fail(reterr, VF_IO, "cannot write '%.200s': %s", temp, strerror(errno));
	if (rc == VF_OK)
		return VF_OK;
	e->n_pending--;
	unlink(temp);
	free(slot->temp);
	free(slot->path);
	return rc;
}

bool nt_export_may_replace(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	return nt_named_is(path, VF_ZIP_LOCAL_SIZE, VF_NAME_MIMETYPE VF_ZIP_ASICE);
}

VF_RC nt_exporter_put(struct nt_exporter *e, const struct vf_hash *id, const struct nt_export_options *options,
	const char *path, struct vf_err *reterr)
{
	struct nt_export_plan p = {.e = e, .options = options};
	struct stat st;
	enum vf_rc rc;

	if (lstat(path, &st) == 0 && !options->force)
		return vf_fail(reterr, VF_EXISTS, "'%.200s' is already there", path);
	if (options->force && !nt_export_may_replace(path))
		return vf_fail(reterr, VF_EXISTS, "'%.200s' is there and is no bundle: --force replaces bundles alone", path);
	rc = e->n_pending == NT_EXPORT_BATCH ? nt_exporter_flush(e, reterr) : VF_OK;
	if (rc == VF_OK)
		rc = nt_export_plan_make(&p, id, reterr);
	if (rc == VF_OK)
		rc = put_file(e, &p, path, reterr);
	nt_export_plan_done(&p);
	return rc;
}

/* All that was written to its file system. */
static enum vf_rc sync_all(const char *path, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) != 0)
		rc = vf_fail(reterr, VF_IO, "cannot sync the folder of '%.200s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

static enum vf_rc sync_files(const struct nt_exporter *e, struct vf_err *reterr)
{
	int fd;
	enum vf_rc rc = VF_OK;

	if (e->n_pending > 1)
		return sync_all(e->pending[0].temp, reterr);
	fd = open(e->pending[0].temp, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		rc = vf_fail(reterr, VF_IO, "cannot sync '%.200s': %s", e->pending[0].temp, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

VF_RC nt_exporter_flush(struct nt_exporter *e, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (e->n_pending == 0)
		return VF_OK;
	rc = sync_files(e, reterr);
	for (size_t i = 0; rc == VF_OK && i < e->n_pending; i++) {
		rc = nt_named_commit(e->pending[i].temp, e->pending[i].path, e->pending[i].force, reterr);
		if (rc == VF_OK) {
			free(e->pending[i].temp);
			e->pending[i].temp = NULL;
		}
	}
	if (rc == VF_OK)
		rc = nt_named_sync(e->pending[0].path, reterr);
	nt_export_drop(e);
	return rc;
}
