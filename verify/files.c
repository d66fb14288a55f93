#include "verify/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/limits.h"
#include "verify/text.h"

/* No container is larger (ZIP without ZIP64), so no more is taken from standard input. */
#define MAX_SPOOL (UINT64_C(4) * 1024 * 1024 * 1024)

struct vf_input {
	int fd;
	uint8_t *whole; /* NULL for what is read where it lies */
	struct stat then;
	char name[120]; /* escaped, for messages */
	struct vf_source source;
};

/* Why a name could not be opened: the path, the rights, or the disk. */
static VF_RC fail_open(const char *name, int error, struct vf_err *reterr)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENXIO:
	case ENODEV:
	case EISDIR:
		return vf_fail(reterr, VF_NO_INPUT, "'%s': %s", name, strerror(error));
	case EACCES:
	case EPERM:
		return vf_fail(reterr, VF_PERMISSION, "'%s': %s", name, strerror(error));
	case ENOMEM:
		return vf_fail(reterr, VF_NO_MEMORY, "'%s': %s", name, strerror(error));
	default:
		return vf_fail(reterr, VF_IO, "'%s': %s", name, strerror(error));
	}
}

static const char *kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a folder";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

/* Reads exactly n octets; *ret_error 0 means that the file ended before. */
static bool read_at(int fd, uint64_t at, uint8_t *out, size_t n, int *ret_error)
{
	while (n > 0) {
		ssize_t got = pread(fd, out, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		*ret_error = got < 0 ? errno : 0;
		if (got <= 0)
			return false;
		out += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

static VF_RC read_input(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	const struct vf_input *in = ctx;
	int error = 0;

	if (at > in->source.size || n > in->source.size - at)
		return vf_fail(reterr, VF_IO, "'%s': read beyond its end", in->name);
	if (in->whole) {
		memcpy(out, in->whole + at, n);
		return VF_OK;
	}
	if (read_at(in->fd, at, out, n, &error))
		return VF_OK;
	if (error)
		return vf_fail(reterr, VF_IO, "'%s': %s", in->name, strerror(error));
	return vf_fail(reterr, VF_IO, "'%s' has become shorter while it was read", in->name);
}

struct vf_input *vf_input_free(struct vf_input *in)
{
	if (!in)
		return NULL;
	if (in->fd >= 0)
		close(in->fd);
	free(in->whole);
	free(in);
	return NULL;
}

void vf_input_close(struct vf_input *in)
{
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}

void vf_input_freep(struct vf_input **in)
{
	*in = vf_input_free(*in);
}

const struct vf_source *vf_input_source(const struct vf_input *in)
{
	return &in->source;
}

VF_RC vf_input_check_same(const struct vf_input *in, struct vf_err *reterr)
{
	struct stat now;

	if (in->whole)
		return VF_OK;
	if (fstat(in->fd, &now) != 0)
		return vf_fail(reterr, VF_IO, "'%s': %s", in->name, strerror(errno));
	if (now.st_size != in->then.st_size || now.st_mtim.tv_sec != in->then.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != in->then.st_mtim.tv_nsec || now.st_ctim.tv_sec != in->then.st_ctim.tv_sec ||
		now.st_ctim.tv_nsec != in->then.st_ctim.tv_nsec)
		return vf_fail(reterr, VF_IO, "'%s' was changed while it was read", in->name);
	return VF_OK;
}

/* Small inputs go into memory; one octet more would mean that the file grows. */
static VF_RC load(struct vf_input *in, struct vf_err *reterr)
{
	size_t n = (size_t)in->source.size;
	uint8_t more;
	int error = 0;

	in->whole = malloc(n + 1);
	if (!in->whole)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", in->name);
	if (!read_at(in->fd, 0, in->whole, n, &error)) {
		if (error)
			return vf_fail(reterr, VF_IO, "'%s': %s", in->name, strerror(error));
		return vf_fail(reterr, VF_IO, "'%s' has become shorter while it was read", in->name);
	}
	if (read_at(in->fd, n, &more, 1, &error))
		return vf_fail(reterr, VF_IO, "'%s' has grown while it was read", in->name);
	in->source.memory = vf_bytes(in->whole, n);
	return VF_OK;
}

/* Copies standard input into a file without a name. */
static VF_RC spool(int *ret_fd, struct vf_err *reterr)
{
	static uint8_t piece[65536];
	char name[] = P_tmpdir "/trialverify-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);
	uint64_t all = 0;
	enum vf_rc rc = VF_OK;

	if (fd < 0)
		return vf_fail(reterr, VF_IO, "a temporary file for standard input: %s", strerror(errno));
	unlink(name);
	while (rc == VF_OK) {
		ssize_t got = read(STDIN_FILENO, piece, sizeof(piece)), put = 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			break;
		if (got > 0)
			all += (uint64_t)got;
		if (got < 0)
			rc = vf_fail(reterr, errno == EISDIR ? VF_NO_INPUT : VF_IO, "standard input: %s", strerror(errno));
		else if (all > MAX_SPOOL)
			rc = vf_fail(reterr, VF_LIMIT, "standard input holds more than 4 GiB");
		while (rc == VF_OK && put < got) {
			ssize_t n = write(fd, piece + put, (size_t)(got - put));

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				rc = vf_fail(reterr, VF_IO, "a temporary file for standard input: %s", strerror(errno));
			else
				put += n;
		}
	}
	if (rc != VF_OK)
		close(fd);
	else
		*ret_fd = fd;
	return rc;
}

static VF_RC open_file(const char *path, struct vf_input *in, struct vf_err *reterr)
{
	/* Looked at before it is opened: opening a device may do something. */
	if (stat(path, &in->then) != 0)
		return fail_open(in->name, errno, reterr);
	if (!S_ISREG(in->then.st_mode))
		return vf_fail(reterr, VF_NO_INPUT, "'%s' is %s, not a regular file", in->name, kind_of(in->then.st_mode));
	in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (in->fd < 0)
		return fail_open(in->name, errno, reterr);
	return VF_OK;
}

VF_RC vf_input_open(const char *path, uint64_t whole, struct vf_input **ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_input_freep) struct vf_input *in = calloc(1, sizeof(*in));
	bool is_stdin = strcmp(path, "-") == 0;
	enum vf_rc rc;

	if (!in)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to open a file");
	in->fd = -1;
	vf_text_escape(in->name, sizeof(in->name), vf_bytes_str(is_stdin ? "standard input" : path));
	rc = is_stdin ? spool(&in->fd, reterr) : open_file(path, in, reterr);
	if (rc != VF_OK)
		return rc;
	if (fstat(in->fd, &in->then) != 0)
		return fail_open(in->name, errno, reterr);
	if (!S_ISREG(in->then.st_mode))
		return vf_fail(reterr, VF_NO_INPUT, "'%s' is %s, not a regular file", in->name, kind_of(in->then.st_mode));
	in->source = (struct vf_source){.ctx = in, .size = (uint64_t)in->then.st_size, .read = read_input};
	if (in->source.size <= whole) {
		rc = load(in, reterr);
		if (rc != VF_OK)
			return rc;
	}
	*ret = in;
	in = NULL;
	return VF_OK;
}

/* ---- trust directory ---- */

struct reading {
	const char *dir; /* escaped, for messages */
	struct vf_trust *trust;
};

static void note_insecure(struct reading *r, const char *name, const char *why)
{
	if (!r->trust->insecure[0])
		snprintf(r->trust->insecure, sizeof(r->trust->insecure), "'%.100s/%.100s' %s", r->dir, name, why);
}

/* Who else could change what we trust: the group, all, or another owner. */
static void look_at(struct reading *r, const char *name, const struct stat *st)
{
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		note_insecure(r, name, "can be written by others than its owner");
	else if (st->st_uid != 0 && st->st_uid != geteuid())
		note_insecure(r, name, "belongs to another user");
}

/* Opens without following a link; a link is followed all the same, but said. */
static int open_trust(struct reading *r, int dir, const char *base, const char *name, int flags)
{
	int fd = openat(dir, base, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | flags);

	if (fd >= 0 || (errno != ELOOP && errno != ENOTDIR))
		return fd;
	fd = openat(dir, base, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	if (fd >= 0)
		note_insecure(r, name, "is a symbolic link");
	return fd;
}

static VF_RC keep(struct reading *r, const char *name, int fd, size_t n, struct vf_err *reterr)
{
	struct vf_trust_file *files;
	uint8_t *p = malloc(n + 1);
	char *copy = strdup(name);
	int error = 0;

	files = realloc(r->trust->files, (r->trust->n + 1) * sizeof(*files));
	if (files)
		r->trust->files = files;
	if (!p || !copy || !files || !read_at(fd, 0, p, n, &error)) {
		free(p);
		free(copy);
		if (!p || !copy || !files)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the trust directory");
		return vf_fail(reterr, VF_IO, "'%s/%s': %s", r->dir, name, error ? strerror(error) : "it changes");
	}
	r->trust->files[r->trust->n++] = (struct vf_trust_file){copy, vf_bytes(p, n)};
	return VF_OK;
}

static VF_RC check_file(struct reading *r, const char *name, int fd, struct stat *st, struct vf_err *reterr)
{
	if (fstat(fd, st) != 0)
		return vf_fail(reterr, VF_IO, "'%s/%s': %s", r->dir, name, strerror(errno));
	if (!S_ISREG(st->st_mode))
		return vf_fail(reterr, VF_POLICY_SHAPE, "'%s/%s' is %s, not a regular file", r->dir, name,
			kind_of(st->st_mode));
	if (st->st_size > VF_MAX_TRUST_FILE)
		return vf_fail(reterr, VF_POLICY_SHAPE, "'%s/%s' is larger than 1 MiB", r->dir, name);
	if (r->trust->n == VF_MAX_TRUST_FILES)
		return vf_fail(reterr, VF_POLICY_SHAPE, "'%s' holds more than %d files", r->dir, VF_MAX_TRUST_FILES);
	look_at(r, name, st);
	return VF_OK;
}

/* Reads one file when it is there. name is the path below the trust directory. */
static VF_RC read_trust(struct reading *r, int dir, const char *base, const char *name, struct vf_err *reterr)
{
	int fd = open_trust(r, dir, base, name, 0), error = errno;
	char where[256];
	struct stat st;
	enum vf_rc rc;

	if (fd < 0 && error == ENOENT)
		return VF_OK;
	if (fd < 0) {
		snprintf(where, sizeof(where), "%.120s/%.120s", r->dir, name);
		return fail_open(where, error, reterr);
	}
	rc = check_file(r, name, fd, &st, reterr);
	if (rc == VF_OK)
		rc = keep(r, name, fd, (size_t)st.st_size, reterr);
	close(fd);
	return rc;
}

static bool has_suffix(const char *name, const char *suffix)
{
	return name[0] != '.' && vf_bytes_ends(vf_bytes_str(name), suffix) && strlen(name) > strlen(suffix);
}

/* Reads the files with this suffix of one folder, when there is one. */
static VF_RC read_folder(struct reading *r, int dir, const char *folder, const char *suffix, struct vf_err *reterr)
{
	int fd = open_trust(r, dir, folder, folder, O_DIRECTORY), error = errno;
	enum vf_rc rc = VF_OK;
	struct dirent *entry;
	struct stat st;
	char name[512], shown[120];
	DIR *list;

	if (fd < 0 && error == ENOENT)
		return VF_OK;
	if (fd < 0)
		return vf_fail(reterr, error == EACCES ? VF_PERMISSION : VF_POLICY_SHAPE, "'%s/%s': %s", r->dir, folder,
			strerror(error));
	if (fstat(fd, &st) == 0)
		look_at(r, folder, &st);
	list = fdopendir(fd);
	if (!list) {
		close(fd);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to list '%s/%s'", r->dir, folder);
	}
	while (rc == VF_OK && (entry = readdir(list)) != NULL) {
		if (!has_suffix(entry->d_name, suffix))
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(entry->d_name));
		if (strcmp(shown, entry->d_name) != 0)
			rc = vf_fail(reterr, VF_POLICY_SHAPE, "'%s/%s': the name '%s' is too long or not plain", r->dir,
				folder, shown);
		snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
		if (rc == VF_OK)
			rc = read_trust(r, dirfd(list), entry->d_name, name, reterr);
	}
	closedir(list);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct vf_trust_file *x = a, *y = b;

	return vf_bytes_cmp(vf_bytes_str(x->name), vf_bytes_str(y->name));
}

static VF_RC read_all(struct reading *r, int dir, struct vf_err *reterr)
{
	static const char *const files[] = {"policy.json", "receipts", "tlog-policy"};
	static const char *const folders[][2] = {{"streams", ".json"}, {"submitters", ".pem"}, {"tsa", ".pem"}};
	enum vf_rc rc;

	for (size_t i = 0; i < 3; i++) {
		rc = read_trust(r, dir, files[i], files[i], reterr);
		if (rc != VF_OK)
			return rc;
		if (i == 0 && r->trust->n == 0)
			return vf_fail(reterr, VF_POLICY_SHAPE, "'%s' holds no policy.json", r->dir);
	}
	for (size_t i = 0; i < 3; i++) {
		rc = read_folder(r, dir, folders[i][0], folders[i][1], reterr);
		if (rc != VF_OK)
			return rc;
	}
	qsort(r->trust->files, r->trust->n, sizeof(*r->trust->files), by_name);
	return VF_OK;
}

VF_RC vf_trust_read(const char *dir, struct vf_trust *ret, struct vf_err *reterr)
{
	struct vf_trust trust = {0};
	struct reading r = {.trust = &trust};
	char shown[120];
	struct stat st;
	enum vf_rc rc;
	int fd;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(dir));
	r.dir = shown;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_open(shown, errno, reterr);
	if (fstat(fd, &st) == 0)
		look_at(&r, "", &st);
	rc = read_all(&r, fd, reterr);
	close(fd);
	if (rc != VF_OK) {
		vf_trust_done(&trust);
		return rc;
	}
	*ret = trust;
	return VF_OK;
}

void vf_trust_done(struct vf_trust *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free((void *)(uintptr_t)t->files[i].name);
		free((void *)(uintptr_t)t->files[i].bytes.p);
	}
	free(t->files);
	memset(t, 0, sizeof(*t));
}
