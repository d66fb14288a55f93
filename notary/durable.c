#include "notary/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "notary/failpoint.h"
#include "verify/text.h"

/* Above this one syncfs() is cheaper than an fsync() for each file. */
#define SYNC_TOGETHER 64
#define PATH_ROOM 512

static enum vf_rc io_fail(struct vf_err *reterr, const char *what, const char *name)
{
	int e = errno;
	enum vf_rc rc = e == EACCES || e == EPERM ? VF_PERMISSION : e == ENAMETOOLONG ? VF_NO_INPUT : VF_IO;
	char shown[200]; /* the reason stands behind it */

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	return vf_fail(reterr, rc, "cannot %s '%s': %s", what, shown, strerror(e));
}

void nt_fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void dir_closep(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

/* Splits "a/b/c" into the folder "a/b" ("." when there is none) and the name "c". */
static VF_RC split(const char *path, char folder[PATH_ROOM], const char **ret_name, struct vf_err *reterr)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n >= PATH_ROOM)
		return vf_fail(reterr, VF_INTERNAL, "path '%s' is too long", path);
	if (slash == NULL) {
		strcpy(folder, ".");
		*ret_name = path;
		return VF_OK;
	}
	memcpy(folder, path, n);
	folder[n] = '\0';
	*ret_name = slash + 1;
	return VF_OK;
}

VF_RC nt_dir_open(int at, const char *path, int *ret_fd, struct vf_err *reterr)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char shown[200];

	if (fd >= 0) {
		*ret_fd = fd;
		return VF_OK;
	}
	if (errno != ENOENT && errno != ENOTDIR)
		return io_fail(reterr, "open folder", path);
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_NO_INPUT, faccessat(at, path, F_OK, 0) == 0 ? "'%s' is no folder" : "there is no folder '%s'", shown);
}

VF_RC nt_file_create(const char *path, mode_t mode, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0 && errno == EEXIST)
		return vf_fail(reterr, VF_EXISTS, "'%s' is there already", path);
	if (fd < 0)
		return io_fail(reterr, "create", path);
	return VF_OK;
}

VF_RC nt_fd_sync(int fd, const char *name, struct vf_err *reterr)
{
	/* No second try: after an error the kernel may call lost pages clean. */
	if (fsync(fd) != 0)
		return io_fail(reterr, "sync", name);
	return VF_OK;
}

VF_RC nt_dir_make(int at, const char *name, mode_t mode, struct vf_err *reterr)
{
	if (mkdirat(at, name, mode) != 0 && errno != EEXIST)
		return io_fail(reterr, "make folder", name);
	return VF_OK;
}

/* Syncs the folder that holds path. */
static VF_RC sync_above(int at, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	char folder[PATH_ROOM];
	const char *name;
	enum vf_rc rc = split(path, folder, &name, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_dir_open(at, folder, &fd, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_fd_sync(fd, folder, reterr);
}

VF_RC nt_dir_make_above(int at, const char *path, mode_t mode, struct vf_err *reterr)
{
	char part[PATH_ROOM];
	enum vf_rc rc;

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - path);

		if (n >= sizeof(part))
			return vf_fail(reterr, VF_INTERNAL, "path '%s' is too long", path);
		memcpy(part, path, n);
		part[n] = '\0';
		if (faccessat(at, part, F_OK, 0) == 0)
			continue;
		rc = nt_dir_make(at, part, mode, reterr);
		if (rc != VF_OK)
			return rc;
		rc = sync_above(at, part, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

bool nt_fd_has_room(int fd, uint64_t octets)
{
	struct statvfs v;

	return fstatvfs(fd, &v) != 0 || v.f_frsize == 0 || octets / v.f_frsize < v.f_bavail;
}

VF_RC nt_fd_write(int fd, struct vf_bytes bytes, const char *name, struct vf_err *reterr)
{
	size_t done = 0;

	while (done < bytes.n) {
		ssize_t got = write(fd, bytes.p + done, bytes.n - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return io_fail(reterr, "write", name);
		if (got == 0)
			return vf_fail(reterr, VF_IO, "cannot write '%s': no progress", name);
		done += (size_t)got;
	}
	return VF_OK;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **p;
	size_t n, room;
};

static void names_done(struct names *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->p[i]);
	free(s->p);
}

static bool names_put(struct names *s, const char *name, bool is_dir)
{
	size_t n = strlen(name);
	char *copy;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		char **p = realloc(s->p, room * sizeof(*p));

		if (p == NULL)
			return false;
		s->p = p;
		s->room = room;
	}
	copy = malloc(n + 2);
	if (copy == NULL)
		return false;
	memcpy(copy, name, n + 1);
	copy[n + 1] = is_dir; /* behind the NUL */
	s->p[s->n++] = copy;
	return true;
}

VF_RC nt_dir_each(int at, const char *path, nt_each_name *each, void *ctx, struct vf_err *reterr)
{
	VF_CLEANUP(names_done) struct names names = {0};
	VF_CLEANUP(dir_closep) DIR *d = NULL;
	struct dirent *e;
	struct stat st;
	int fd = -1;
	enum vf_rc rc = nt_dir_open(at, path, &fd, reterr);

	if (rc != VF_OK)
		return rc;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return io_fail(reterr, "read folder", path);
	}
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return io_fail(reterr, "look at", e->d_name);
		if (!names_put(&names, e->d_name, S_ISDIR(st.st_mode)))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the names in '%s'", path);
	}
	if (errno != 0)
		return io_fail(reterr, "read folder", path);
	if (names.n > 0)
		qsort(names.p, names.n, sizeof(*names.p), compare_names);
	for (size_t i = 0; i < names.n; i++) {
		rc = each(ctx, names.p[i], names.p[i][strlen(names.p[i]) + 1], reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* Writes name.tmp in the folder; a leftover of a crash is removed first. */
static VF_RC write_temporary(int folder, const char *name, struct vf_bytes bytes, mode_t mode, bool sync,
	char tmp[PATH_ROOM], struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	enum vf_rc rc;

	if (snprintf(tmp, PATH_ROOM, "%s.tmp", name) >= PATH_ROOM)
		return vf_fail(reterr, VF_INTERNAL, "path '%s' is too long", name);
	fd = openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0 && errno == EEXIST && unlinkat(folder, tmp, 0) == 0)
		fd = openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return io_fail(reterr, "create", tmp);
	rc = nt_fd_write(fd, bytes, tmp, reterr);
	if (rc == VF_OK && sync)
		rc = nt_fd_sync(fd, tmp, reterr);
	if (rc != VF_OK)
		unlinkat(folder, tmp, 0);
	return rc;
}

VF_RC nt_durable_write(int at, const char *path, struct vf_bytes bytes, mode_t mode, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	char above[PATH_ROOM], tmp[PATH_ROOM];
	const char *name;
	enum vf_rc rc = split(path, above, &name, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_dir_open(at, above, &folder, reterr);
	if (rc != VF_OK)
		return rc;
	rc = write_temporary(folder, name, bytes, mode, true, tmp, reterr);
	if (rc != VF_OK)
		return rc;
	if (renameat(folder, tmp, folder, name) != 0) {
		rc = io_fail(reterr, "rename", tmp);
		unlinkat(folder, tmp, 0);
		return rc;
	}
	return nt_fd_sync(folder, above, reterr);
}

VF_RC nt_durable_read(int at, const char *path, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	uint64_t left;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return vf_fail(reterr, VF_NO_INPUT, "there is no file '%s'", path);
	if (fd < 0)
		return io_fail(reterr, "open", path);
	if (fstat(fd, &st) != 0)
		return io_fail(reterr, "look at", path);
	if (!S_ISREG(st.st_mode))
		return vf_fail(reterr, VF_NO_INPUT, "'%s' is not a regular file", path);
	left = (uint64_t)st.st_size;
	if (left > out->cap - out->n)
		return vf_fail(reterr, VF_LIMIT, "file '%s' is too large", path);
	if (!nt_buf_reserve(out, (size_t)left))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", path);
	while (left > 0) {
		ssize_t got = read(fd, out->p + out->n, (size_t)left);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return io_fail(reterr, "read", path);
		if (got == 0)
			return vf_fail(reterr, VF_IO, "file '%s' became shorter while it was read", path);
		out->n += (size_t)got;
		left -= (uint64_t)got;
	}
	return VF_OK;
}

/* Says whether the file is there; when it is, it must hold these bytes. */
static VF_RC compare_existing(int at, const struct nt_file *f, bool *ret_there, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(f->bytes.n + 1);
	struct stat st;
	enum vf_rc rc;

	if (fstatat(at, f->path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			return io_fail(reterr, "look at", f->path);
		*ret_there = false;
		return VF_OK;
	}
	rc = nt_durable_read(at, f->path, &b, reterr);
	if (rc != VF_OK && rc != VF_LIMIT)
		return rc;
	if (rc == VF_LIMIT || !vf_bytes_eq(nt_buf_bytes(&b), f->bytes))
		return vf_fail(reterr, VF_STORE_CORRUPT, "file '%s' is there with other content", f->path);
	*ret_there = true;
	return VF_OK;
}

/* Writes the temporary files of those that are not there yet, and syncs them all. */
static VF_RC put_temporaries(
	int at, const struct nt_file *files, size_t n, bool *there, struct vf_err *reterr)
{
	char tmp[PATH_ROOM];
	bool together = n > SYNC_TOGETHER;
	enum vf_rc rc;

	for (size_t i = 0; i < n; i++) {
		rc = nt_dir_make_above(at, files[i].path, 0755, reterr);
		if (rc != VF_OK)
			return rc;
		rc = compare_existing(at, &files[i], &there[i], reterr);
		if (rc != VF_OK)
			return rc;
		if (there[i])
			continue;
		rc = write_temporary(at, files[i].path, files[i].bytes, 0444, !together, tmp, reterr);
		if (rc != VF_OK)
			return rc;
	}
	if (together && syncfs(at) != 0)
		return io_fail(reterr, "sync", "the folder's file system");
	return VF_OK;
}

VF_RC nt_durable_put(int at, const struct nt_file *files, size_t n, struct vf_err *reterr)
{
	char tmp[PATH_ROOM], above[PATH_ROOM], last[PATH_ROOM] = "";
	const char *name;
	bool *there = calloc(n + 1, sizeof(*there));
	enum vf_rc rc;

	if (there == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu files", n);
	rc = put_temporaries(at, files, n, there, reterr);
	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		if (there[i] || snprintf(tmp, sizeof(tmp), "%s.tmp", files[i].path) >= PATH_ROOM)
			continue;
		if (renameat(at, tmp, at, files[i].path) != 0)
			rc = io_fail(reterr, "rename", tmp);
	}
	free(there);
	nt_failpoint("files-renamed");
	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		rc = split(files[i].path, above, &name, reterr);
		if (rc != VF_OK || strcmp(above, last) == 0)
			continue;
		strcpy(last, above);
		rc = sync_above(at, files[i].path, reterr);
	}
	return rc;
}

VF_RC nt_durable_remove(int at, const char *path, struct vf_err *reterr)
{
	if (unlinkat(at, path, 0) != 0) {
		if (errno == ENOENT)
			return VF_OK;
		return io_fail(reterr, "remove", path);
	}
	return sync_above(at, path, reterr);
}

static VF_RC unlink_name(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	const int *folder = ctx;

	(void)is_dir;
	if (unlinkat(*folder, name, 0) != 0 && errno != ENOENT)
		return io_fail(reterr, "remove", name);
	return VF_OK;
}

VF_RC nt_durable_remove_folder(int at, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	enum vf_rc rc = nt_dir_open(at, path, &folder, NULL);

	if (rc == VF_NO_INPUT)
		return VF_OK;
	if (rc != VF_OK)
		return vf_fail(reterr, rc, "cannot open folder '%s'", path);
	rc = nt_dir_each(folder, ".", unlink_name, &folder, reterr);
	if (rc != VF_OK)
		return rc;
	if (unlinkat(at, path, AT_REMOVEDIR) != 0 && errno != ENOENT)
		return io_fail(reterr, "remove", path);
	return VF_OK;
}

VF_RC nt_durable_destroy(int at, const char *path, struct vf_err *reterr)
{
	static const uint8_t zeros[65536];
	VF_CLEANUP(nt_fd_closep) int fd = openat(at, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	uint64_t left;
	enum vf_rc rc;

	if (fd < 0 && errno == ENOENT)
		return VF_OK;
	if (fd < 0)
		return io_fail(reterr, "open", path);
	if (fstat(fd, &st) != 0)
		return io_fail(reterr, "look at", path);
	for (left = (uint64_t)st.st_size; left > 0;) {
		size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

		rc = nt_fd_write(fd, vf_bytes(zeros, n), path, reterr);
		if (rc != VF_OK)
			return rc;
		left -= n;
	}
	rc = nt_fd_sync(fd, path, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_durable_remove(at, path, reterr);
}

/* Copies all bytes. */
static VF_RC copy_bytes(int in, int out, const char *name, struct vf_err *reterr)
{
	uint8_t block[65536];
	ssize_t got;
	enum vf_rc rc;

	for (;;) {
		got = read(in, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return io_fail(reterr, "read", name);
		if (got == 0)
			return VF_OK;
		rc = nt_fd_write(out, vf_bytes(block, (size_t)got), name, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

VF_RC nt_durable_copy(
	int from_at, const char *from, int to_at, const char *to, mode_t mode, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int in = openat(from_at, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	VF_CLEANUP(nt_fd_closep) int out = -1;

	if (in < 0)
		return io_fail(reterr, "open", from);
	out = openat(to_at, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (out < 0)
		return io_fail(reterr, "create", to);
	return copy_bytes(in, out, from, reterr);
}

/* ---- whole folders ---- */

static VF_RC remove_any(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	const int *at = ctx;
	enum vf_rc rc = VF_OK;

	if (is_dir) {
		rc = nt_dir_open(*at, name, &fd, reterr);
		if (rc == VF_OK)
			rc = nt_dir_each(fd, ".", remove_any, &fd, reterr);
	}
	if (rc == VF_OK && unlinkat(*at, name, is_dir ? AT_REMOVEDIR : 0) != 0)
		rc = io_fail(reterr, "remove", name);
	return rc;
}

VF_RC nt_dir_remove(const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, path, &fd, reterr);

	if (rc == VF_OK)
		rc = nt_dir_each(fd, ".", remove_any, &fd, reterr);
	if (rc == VF_OK && rmdir(path) != 0)
		rc = io_fail(reterr, "remove", path);
	return rc;
}

struct copy {
	int from, to;
};

static VF_RC copy_any(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	const struct copy *c = ctx;
	struct stat st;

	if (is_dir)
		return nt_dir_copy(c->from, name, c->to, name, reterr);
	if (fstatat(c->from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return io_fail(reterr, "look at", name);
	if (!S_ISREG(st.st_mode))
		return vf_fail(reterr, VF_IO, "'%s' is not a regular file", name);
	return nt_durable_copy(c->from, name, c->to, name, st.st_mode & 0777, reterr);
}

VF_RC nt_dir_copy(int from_at, const char *from, int to_at, const char *to, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int in = -1, out = -1;
	struct copy c;
	struct stat st;
	enum vf_rc rc = nt_dir_open(from_at, from, &in, reterr);

	if (rc != VF_OK)
		return rc;
	if (fstat(in, &st) != 0)
		return io_fail(reterr, "look at", from);
	if (mkdirat(to_at, to, (st.st_mode & 0777) | 0700) != 0)
		return io_fail(reterr, "make folder", to);
	rc = nt_dir_open(to_at, to, &out, reterr);
	if (rc != VF_OK)
		return rc;
	c = (struct copy){in, out};
	return nt_dir_each(in, ".", copy_any, &c, reterr);
}
