#include "notary/document.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/zip_out.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Opens path when it is a regular file. */
static int open_regular(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Size, CRC-32 and digests of a file, from its start. */
static enum vf_rc measure(int fd, struct nt_content *c, struct vf_pair *ret, struct vf_err *reterr)
{
	static const size_t chunk = 1 << 18;
	struct vf_pair_hasher h;
	uint8_t *room = malloc(chunk);
	uint64_t at = 0;
	ssize_t got;

	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read a document");
	vf_pair_init(&h);
	c->crc = 0;
	while ((got = pread(fd, room, chunk, (off_t)at)) > 0 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		vf_pair_put(&h, vf_bytes(room, (size_t)got));
		c->crc = nt_zip_crc(c->crc, vf_bytes(room, (size_t)got));
		at += (uint64_t)got;
	}
	free(room);
	if (got < 0)
		return vf_fail(reterr, VF_IO, "cannot read a document: %s", strerror(errno));
	c->size = at;
	*ret = vf_pair_done(&h);
	return VF_OK;
}

/* True when the file holds the document; fd is closed otherwise. */
static bool is_document(int fd, const struct nt_document *d, struct nt_content *c, bool *changed)
{
	struct vf_pair found;

	if (fd < 0)
		return false;
	if (measure(fd, c, &found, NULL) == VF_OK && vf_pair_eq(&found, &d->digests)) {
		c->fd = fd;
		return true;
	}
	*changed = true;
	close(fd);
	return false;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* In a folder: under its name, its base name, or its SHA-256 as 'expand' names it. A file: itself, when the base names agree. */
static bool find_from(const char *from, const struct nt_document *d, struct nt_content *c, bool *changed)
{
	char path[PATH_MAX], name[VF_MAX_NAME + 1], hex[65];
	struct stat st;

	snprintf(name, sizeof(name), "%.*s", VF_STR(d->name));
	if (stat(from, &st) != 0)
		return false;
	if (!S_ISDIR(st.st_mode))
		return strcmp(base_of(from), base_of(name)) == 0 && is_document(open_regular(from), d, c, changed);
	snprintf(path, sizeof(path), "%.2000s/%s", from, name);
	if (is_document(open_regular(path), d, c, changed))
		return true;
	snprintf(path, sizeof(path), "%.2000s/%s", from, base_of(name));
	if (is_document(open_regular(path), d, c, changed))
		return true;
	vf_hex_put(hex, vf_bytes(d->digests.sha256.b, sizeof(d->digests.sha256.b)));
	snprintf(path, sizeof(path), "%.2000s/%s", from, hex);
	return is_document(open_regular(path), d, c, changed);
}

bool nt_document_octets(const struct nt_record *r, const struct nt_document *d, struct vf_bytes *ret)
{
	for (size_t i = 0; i < r->n_members && !d->confidential; i++) {
		if (r->members[i].bytes.n == 0 || !vf_bytes_eq(r->members[i].name, d->name))
			continue;
		*ret = r->members[i].bytes;
		return true;
	}
	return false;
}

VF_RC nt_document_open(struct nt_notary *n, const struct nt_export_options *options, const struct nt_document *d,
	struct nt_content *ret, struct vf_err *reterr)
{
	char path[PATH_MAX], shown[200];
	bool changed = false;
	int fd = -1;
	enum vf_rc rc = n ? nt_notary_open_kept(n, &d->digests.sha256, &fd, reterr) : VF_OK;

	if (rc != VF_OK)
		return rc;
	if (is_document(fd, d, ret, &changed))
		return VF_OK;
	for (size_t i = 0; i < options->n_from; i++)
		if (find_from(options->from[i], d, ret, &changed))
			return VF_OK;
	snprintf(path, sizeof(path), "%.*s", VF_STR(d->path));
	if (d->path.n && is_document(open_regular(path), d, ret, &changed))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), d->name);
	if (changed)
		return vf_fail(reterr, VF_DOCUMENT_CHANGED, "the document '%s' has changed since it was submitted", shown);
	return vf_fail(reterr, VF_DOCUMENT_MISSING, "the document '%s' is not where it was", shown);
}
