#include "notary/named_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "verify/hash.h"
#include "verify/text.h"

#define PART_LEN sizeof(".trialnotary-0123456789abcdef-00.part")

bool nt_named_is(const char *path, size_t at, const char *text)
{
	char head[256];
	size_t n = strlen(text);
	struct stat st;
	ssize_t got;
	int fd;

	if (at + n > sizeof(head) || lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, head, at + n);
	close(fd);
	return got == 0 || (got == (ssize_t)(at + n) && memcmp(head + at, text, n) == 0);
}

/* ---- names ---- */

/* The folder of a path, with its slash; "." when it has none. */
static VF_RC folder_of(const char *path, char ret[PATH_MAX], struct vf_err *reterr)
{
	const char *slash = strrchr(path, '/');

	if (snprintf(ret, PATH_MAX, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".") >= PATH_MAX)
		return vf_fail(reterr, VF_USAGE, "the name of the file to write is too long");
	return VF_OK;
}

static VF_RC check_name(const char *path, struct vf_err *reterr)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (!base[0] || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return vf_fail(reterr, VF_USAGE, "'%s' names no file", shown);
	if (strlen(base) > NAME_MAX || strlen(path) >= PATH_MAX - PART_LEN)
		return vf_fail(reterr, VF_USAGE, "'%s' is too long for a name", shown);
	return VF_OK;
}

/* Why nothing can be written in the folder, by errno: what the user has to do. */
static VF_RC fail_folder(const char *folder, struct vf_err *reterr)
{
	int why = errno;
	char shown[160];
	struct stat st;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(folder));
	if (why == ENOENT && stat(folder, &st) == 0)
		why = EPERM; /* /proc says so */
	if (why == ENOENT)
		return vf_fail(reterr, VF_NO_INPUT, "there is no folder '%s' to write into: make it first, or choose another", shown);
	if (why == ENOTDIR)
		return vf_fail(reterr, VF_NO_INPUT, "'%s' is no folder to write into: choose another", shown);
	if (why == EACCES || why == EPERM || why == EROFS)
		return vf_fail(reterr, VF_PERMISSION, "nothing can be written into the folder '%s': %s", shown, strerror(why));
	return vf_fail(reterr, VF_IO, "cannot write into the folder '%s': %s", shown, strerror(why));
}

static VF_RC check_there(const char *path, const struct nt_named_kind *kind, bool force, struct vf_err *reterr)
{
	char shown[160];
	struct stat st;

	if (lstat(path, &st) != 0)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (S_ISDIR(st.st_mode))
		return vf_fail(reterr, VF_EXISTS, "'%s' is a folder: name a file", shown);
	if (!kind)
		return vf_fail(reterr, VF_EXISTS, "'%s' is already there, and nothing is replaced here", shown);
	if (!nt_named_is(path, kind->at, kind->text))
		return vf_fail(reterr, VF_EXISTS, "'%s' is there and is no %s: --force replaces %ss alone", shown, kind->what, kind->what);
	return force ? VF_OK : vf_fail(reterr, VF_EXISTS, "'%s' is already there: --force replaces it", shown);
}

VF_RC nt_named_check_folder(const char *path, struct vf_err *reterr)
{
	char folder[PATH_MAX];
	struct stat st;
	enum vf_rc rc = folder_of(path, folder, reterr);

	if (rc != VF_OK)
		return rc;
	if (stat(folder, &st) != 0 || faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		return fail_folder(folder, reterr);
	return VF_OK;
}

VF_RC nt_named_check(const char *path, const struct nt_named_kind *kind, bool force, struct vf_err *reterr)
{
	enum vf_rc rc = check_name(path, reterr);

	if (rc == VF_OK)
		rc = check_there(path, kind, force, reterr);
	return rc == VF_OK ? nt_named_check_folder(path, reterr) : rc;
}

/* ---- a file with a name for a while ---- */

VF_RC nt_named_part(const char *path, unsigned number, const char *suffix, char ret[PATH_MAX], struct vf_err *reterr)
{
	const char *slash = strrchr(path, '/');
	struct vf_hash h = vf_sha256(vf_bytes_str(slash ? slash + 1 : path));
	char hex[17];
	enum vf_rc rc = check_name(path, reterr);

	vf_hex_put(hex, vf_bytes(h.b, 8));
	if (rc == VF_OK)
		snprintf(ret, PATH_MAX, "%.*s.trialnotary-%s-%u%s", slash ? (int)(slash - path + 1) : 0, path, hex, number, suffix);
	return rc;
}

bool nt_named_is_left(const char *part, int *ret)
{
	VF_CLEANUP(nt_fd_closep) int fd = open(part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st, there;

	if (fd < 0 || fstat(fd, &st) != 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return false;
	/* only now nobody else removes it and makes another */
	if (lstat(part, &there) != 0 || there.st_ino != st.st_ino || there.st_dev != st.st_dev)
		return false;
	*ret = fd;
	fd = -1;
	return true;
}

bool nt_named_keep(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return false;
	return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static bool remove_left(const char *part)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	struct stat st;

	return nt_named_is_left(part, &fd) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && unlink(part) == 0;
}

/* *ret -1, with errno, when none can be made. */
static char *open_part(const char *path, mode_t mode, int *ret)
{
	char part[PATH_MAX];

	*ret = -1;
	for (unsigned i = 0, tries = 0; i < NT_NAMED_PARTS && tries < 4 * NT_NAMED_PARTS; tries++) {
		if (nt_named_part(path, i, ".part", part, NULL) != VF_OK)
			return NULL;
		*ret = open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (*ret >= 0 && nt_named_keep(*ret))
			return strdup(part);
		if (*ret < 0 && errno != EEXIST)
			return NULL;
		if (*ret >= 0) {
			close(*ret);
			*ret = -1;
		} else if (!remove_left(part)) {
			i++;
		}
		errno = EEXIST;
	}
	return NULL;
}

/* A file without a name that can get one: only by /proc, for who may not do everything. */
static int open_unnamed(const char *folder, mode_t mode, char proc[40])
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

	if (fd < 0)
		return -1;
	snprintf(proc, 40, "/proc/self/fd/%d", fd);
	if (access(proc, F_OK) == 0)
		return fd;
	close(fd);
	return -1;
}

VF_RC nt_named_begin(struct nt_named *f, const char *path, mode_t mode, struct vf_err *reterr)
{
	char folder[PATH_MAX], proc[40];
	enum vf_rc rc = check_name(path, reterr);

	if (rc == VF_OK)
		rc = folder_of(path, folder, reterr);
	if (rc != VF_OK)
		return rc;
	*f = (struct nt_named)NT_NAMED_NONE;
	f->fd = open_unnamed(folder, mode, proc);
	if (f->fd < 0) {
		f->part = open_part(path, mode, &f->fd);
		if (f->fd < 0)
			return fail_folder(folder, reterr);
	}
	f->path = strdup(path);
	if (f->path)
		return VF_OK;
	nt_named_done(f);
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for a path");
}

/* ---- its name ---- */

/* link() refuses an existing name, also one that came up meanwhile; some file systems have no second names. */
static bool name_new(const char *part, const char *path)
{
	if (link(part, path) == 0) {
		unlink(part);
		return true;
	}
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return false;
	return renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0;
}

/* A name for a file without one, to be renamed to that of what it replaces. */
static bool name_part(struct nt_named *f, const char *proc)
{
	char part[PATH_MAX];

	if (flock(f->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return false;
	for (unsigned i = 0; i < NT_NAMED_PARTS && nt_named_part(f->path, i, ".part", part, NULL) == VF_OK; i++) {
		if (linkat(AT_FDCWD, proc, AT_FDCWD, part, AT_SYMLINK_FOLLOW) == 0 ||
			(errno == EEXIST && remove_left(part) && linkat(AT_FDCWD, proc, AT_FDCWD, part, AT_SYMLINK_FOLLOW) == 0)) {
			f->part = strdup(part);
			if (!f->part)
				unlink(part);
			return f->part != NULL;
		}
		if (errno != EEXIST)
			return false;
	}
	return false;
}

static bool give(struct nt_named *f, bool force)
{
	char proc[40];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", f->fd);
	if (!f->part && linkat(AT_FDCWD, proc, AT_FDCWD, f->path, AT_SYMLINK_FOLLOW) == 0)
		return true;
	if (!f->part && (!force || errno != EEXIST || !name_part(f, proc)))
		return false;
	nt_failpoint("named-part");
	if (!(force ? rename(f->part, f->path) == 0 : name_new(f->part, f->path)))
		return false;
	free(f->part);
	f->part = NULL;
	return true;
}

VF_RC nt_named_give(struct nt_named *f, bool force, struct vf_err *reterr)
{
	char shown[160];
	int why;

	if (give(f, force))
		return VF_OK;
	why = errno;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(f->path));
	if (why == EEXIST)
		return vf_fail(reterr, VF_EXISTS, "'%s' came up meanwhile, and nothing is replaced", shown);
	return vf_fail(reterr, VF_IO, "cannot name '%s': %s", shown, strerror(why));
}

VF_RC nt_named_sync(const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int dir = -1;
	char folder[PATH_MAX];
	enum vf_rc rc = folder_of(path, folder, reterr);

	if (rc == VF_OK)
		rc = nt_dir_open(AT_FDCWD, folder, &dir, reterr);
	return rc == VF_OK ? nt_fd_sync(dir, path, reterr) : rc;
}

VF_RC nt_named_end(struct nt_named *f, bool force, struct vf_err *reterr)
{
	enum vf_rc rc = nt_fd_sync(f->fd, f->path, reterr);

	nt_failpoint("named-written");
	if (rc == VF_OK)
		rc = nt_named_give(f, force, reterr);
	return rc == VF_OK ? nt_named_sync(f->path, reterr) : rc;
}

void nt_named_done(struct nt_named *f)
{
	if (f->part)
		unlink(f->part);
	if (f->fd >= 0)
		close(f->fd);
	free(f->part);
	free(f->path);
	*f = (struct nt_named)NT_NAMED_NONE;
}

VF_RC nt_named_write(const char *path, const struct nt_named_kind *kind, bool force, mode_t mode, struct vf_bytes bytes,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_named_done) struct nt_named f = NT_NAMED_NONE;
	char shown[160];
	enum vf_rc rc = nt_named_check(path, kind, force, reterr);

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	if (rc == VF_OK)
		rc = nt_named_begin(&f, path, mode, reterr);
	if (rc == VF_OK)
		rc = nt_fd_write(f.fd, bytes, shown, reterr);
	return rc == VF_OK ? nt_named_end(&f, force, reterr) : rc;
}
