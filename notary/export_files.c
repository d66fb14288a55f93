#include "notary/export_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/named_file.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"
#include "verify/zip.h"

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

void nt_export_drop(struct nt_exporter *e)
{
	for (size_t i = 0; e->pending && i < e->n_pending; i++)
		nt_named_done(&e->pending[i].file);
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
	enum vf_rc rc = nt_named_begin(&slot->file, path, 0644, reterr);

	if (rc != VF_OK)
		return rc;
	slot->force = p->options->force;
	rc = write_bundle(p, slot->file.fd, reterr);
	if (rc == VF_OK)
		e->n_pending++;
	else
		nt_named_done(&slot->file);
	return rc;
}

VF_RC nt_export_check_place(const char *path, bool force, struct vf_err *reterr)
{
	static const struct nt_named_kind kind = {"bundle", VF_ZIP_LOCAL_SIZE, VF_NAME_MIMETYPE VF_ZIP_ASICE};

	return nt_named_check(path, &kind, force, reterr);
}

VF_RC nt_exporter_put(struct nt_exporter *e, const struct vf_hash *id, const struct nt_export_options *options,
	const char *path, struct vf_err *reterr)
{
	struct nt_export_plan p = {.e = e, .options = options};
	enum vf_rc rc = nt_export_check_place(path, options->force, reterr);

	if (rc == VF_OK && e->n_pending == e->batch)
		rc = nt_exporter_flush(e, reterr);
	if (rc == VF_OK)
		rc = nt_export_plan_make(&p, id, reterr);
	if (rc == VF_OK)
		rc = put_file(e, &p, path, reterr);
	nt_export_plan_done(&p);
	return rc;
}

/* One file, or all that was written to its file system. */
static enum vf_rc sync_files(const struct nt_exporter *e, struct vf_err *reterr)
{
	const struct nt_named *f = &e->pending[0].file;
	char shown[160];

	if ((e->n_pending > 1 ? syncfs(f->fd) : fsync(f->fd)) == 0)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(f->path));
	return vf_fail(reterr, VF_IO, "cannot sync '%s': %s", shown, strerror(errno));
}

VF_RC nt_exporter_flush(struct nt_exporter *e, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (e->n_pending == 0)
		return VF_OK;
	rc = sync_files(e, reterr);
	for (size_t i = 0; rc == VF_OK && i < e->n_pending; i++)
		rc = nt_named_give(&e->pending[i].file, e->pending[i].force, reterr);
	if (rc == VF_OK)
		rc = nt_named_sync(e->pending[0].file.path, reterr);
	nt_export_drop(e);
	return rc;
}
