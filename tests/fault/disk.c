/* Both names of each call are defined here; the header must not make one of the other. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include "tests/fault/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { OPEN, WRITE, SYNC, NAME, TRUNCATE, READ };

ssize_t write(int fd, const void *p, size_t n);
ssize_t pwrite(int fd, const void *p, size_t n, off_t o);
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o);
ssize_t read(int fd, void *p, size_t n);
ssize_t pread(int fd, void *p, size_t n, off_t o);
ssize_t pread64(int fd, void *p, size_t n, off64_t o);
int ftruncate64(int fd, off64_t n);

static const char *folder;
static size_t folder_n;
static dev_t device;
static struct disk_plan plan;
static long calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void disk_begin(const char *path, const struct disk_plan *p)
{
	struct stat st;

	folder = NULL;
	calls = 0;
	if (p == NULL)
		return;
	plan = *p;
	if (stat(path, &st) != 0)
		abort();
	device = st.st_dev;
	folder_n = strlen(path);
	folder = path;
}

void disk_arm(long m)
{
	plan.at = calls + m;
}

/* Pipes and files elsewhere are none of the disk. */
static bool below(int fd, struct stat *st)
{
	return folder != NULL && fstat(fd, st) == 0 && st->st_dev == device && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode));
}

static bool in_plan(void)
{
	return plan.at != 0 && calls >= plan.at && calls - plan.at < plan.calls;
}

/* Counts the call and takes the lock, which after() gives back; true when it must fail, with errno set and no lock held. */
static bool strikes(enum kind kind)
{
	int e = 0;

	pthread_mutex_lock(&lock);
	if ((plan.fault == DISK_EIO_READ) != (kind == READ))
		return false;
	calls++;
	if (!in_plan())
		return false;
	if (plan.fault == DISK_KILL_BEFORE)
		_exit(DISK_KILLED);
	if (plan.fault == DISK_EIO || plan.fault == DISK_EIO_READ)
		e = EIO;
	if (plan.fault == DISK_ENOSPC)
		e = kind == SYNC ? EIO : ENOSPC;
	if (plan.fault == DISK_EROFS)
		e = kind == SYNC ? EIO : EROFS;
	if (plan.fault == DISK_EMFILE && kind == OPEN)
		e = EMFILE;
	if (plan.fault == DISK_EINTR && kind == WRITE && calls == plan.at)
		e = EINTR;
	if (e == 0)
		return false;
	pthread_mutex_unlock(&lock);
	errno = e;
	return true;
}

static void after(void)
{
	if (plan.fault == DISK_KILL_AFTER && in_plan())
		_exit(DISK_KILLED);
	pthread_mutex_unlock(&lock);
}

/* Appends an op with its octets; the lock is held. */
static void note(struct disk_op op, const void *p, const char *second)
{
	struct disk_journal *j = plan.journal;
	size_t n2 = second ? strlen(second) + 1 : 0, whole;

	if (j == NULL)
		return;
	whole = (sizeof(op) + op.n + n2 + 7) / 8 * 8;
	if (j->full || whole > j->room - j->used) {
		j->full = 1;
		return;
	}
	op.names = second ? op.n : 0;
	if (op.n > 0)
		memcpy(j->bytes + j->used + sizeof(op), p, op.n);
	if (n2 > 0)
		memcpy(j->bytes + j->used + sizeof(op) + op.n, second, n2);
	op.n += (uint32_t)n2;
	memcpy(j->bytes + j->used, &op, sizeof(op));
	j->used += whole;
}

/* ---- contents ---- */

static ssize_t write_at(int fd, const void *p, size_t n, off64_t o)
{
	struct stat st;
	ssize_t got;

	if (!below(fd, &st))
		return o < 0 ? syscall(SYS_write, fd, p, n) : syscall(SYS_pwrite64, fd, p, n, o);
	if (strikes(WRITE))
		return -1;
	if (plan.fault == DISK_SHORT && in_plan() && n > 1)
		n /= 2;
	if (o < 0) {
		got = syscall(SYS_write, fd, p, n);
		o = got > 0 ? syscall(SYS_lseek, fd, 0, SEEK_CUR) - got : 0;
	} else {
		got = syscall(SYS_pwrite64, fd, p, n, o);
	}
	if (got > 0)
		note((struct disk_op){.kind = DISK_WRITE, .n = (uint32_t)got, .inode = st.st_ino, .at = (uint64_t)o}, p, NULL);
	after();
	return got;
}

ssize_t write(int fd, const void *p, size_t n)
{
	return write_at(fd, p, n, -1);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o)
{
	return write_at(fd, p, n, o);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t o)
{
	return write_at(fd, p, n, o);
}

static bool read_fails(int fd)
{
	struct stat st;

	if (folder == NULL || plan.fault != DISK_EIO_READ || !below(fd, &st))
		return false;
	if (strikes(READ))
		return true;
	after();
	return false;
}

ssize_t read(int fd, void *p, size_t n)
{
	return read_fails(fd) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t o)
{
	return read_fails(fd) ? -1 : syscall(SYS_pread64, fd, p, n, o);
}

ssize_t pread(int fd, void *p, size_t n, off_t o)
{
	return pread64(fd, p, n, o);
}

static int sync_call(int fd, long number, uint32_t kind)
{
	struct stat st;
	int got;

	if (!below(fd, &st))
		return (int)syscall(number, fd);
	if (strikes(SYNC))
		return -1;
	got = (int)syscall(number, fd);
	if (got == 0)
		note((struct disk_op){.kind = kind, .inode = st.st_ino}, NULL, NULL);
	after();
	return got;
}

int fsync(int fd)
{
	return sync_call(fd, SYS_fsync, DISK_SYNC);
}

int fdatasync(int fd)
{
	return sync_call(fd, SYS_fdatasync, DISK_SYNC);
}

int syncfs(int fd)
{
	/* The test's own disk is memory: what others wrote need not wait here. */
	return sync_call(fd, folder != NULL ? SYS_fsync : SYS_syncfs, DISK_SYNC_ALL);
}

int ftruncate64(int fd, off64_t n)
{
	struct stat st;
	int got;

	if (!below(fd, &st))
		return (int)syscall(SYS_ftruncate, fd, n);
	if (strikes(TRUNCATE))
		return -1;
	got = (int)syscall(SYS_ftruncate, fd, n);
	if (got == 0)
		note((struct disk_op){.kind = DISK_TRUNCATE, .inode = st.st_ino, .at = (uint64_t)n}, NULL, NULL);
	after();
	return got;
}

int ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

/* ---- names ---- */

/* The folder that holds path and the last part of it; 0 when it is not on the disk. */
static uint64_t folder_of(int dir, const char *path, char name[256])
{
	char above[4096];
	struct stat st;
	size_t n = strlen(path);
	const char *slash;

	if (folder == NULL || n >= sizeof(above))
		return 0;
	memcpy(above, path, n + 1);
	while (n > 1 && above[n - 1] == '/')
		above[--n] = '\0';
	slash = strrchr(above, '/');
	snprintf(name, 256, "%s", slash ? slash + 1 : above);
	if (slash == NULL)
		strcpy(above, ".");
	else
		above[slash == above ? 1 : slash - above] = '\0';
	if (fstatat(dir, above, &st, 0) != 0 || st.st_dev != device)
		return 0;
	return st.st_ino;
}

static uint64_t inode_of(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

static uint32_t length(const char *name)
{
	return (uint32_t)strlen(name) + 1;
}

static void after_name(void)
{
	if (plan.fault == DISK_KILL_NAMED && plan.at != 0 && calls >= plan.at)
		_exit(DISK_KILLED);
	after();
}

/* One call on one or two names. */
static int name_call(long number, uint32_t kind, int dir, const char *path, int to_dir, const char *to, unsigned more)
{
	char name[256] = "", second[256] = "";
	struct disk_op op = {.kind = kind, .folder = folder_of(dir, path, name), .at = more};
	int got;

	if (op.folder != 0 && to != NULL)
		op.to_folder = folder_of(to_dir, to, second);
	if (op.folder != 0 && strikes(NAME))
		return -1;
	if (op.folder != 0)
		op.inode = inode_of(dir, path);
	if (number == SYS_linkat)
		got = (int)syscall(number, dir, path, to_dir, to, 0);
	else if (to != NULL)
		got = (int)syscall(number, dir, path, to_dir, to);
	else
		got = (int)syscall(number, dir, path, more);
	if (op.folder == 0)
		return got;
	if (kind == DISK_MKDIR)
		op.inode = inode_of(dir, path);
	op.n = length(name);
	if (got == 0)
		note(op, name, to ? second : NULL);
	after_name();
	return got;
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return name_call(SYS_renameat, DISK_RENAME, from_at, from, to_at, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int link(const char *from, const char *to)
{
	return name_call(SYS_linkat, DISK_LINK, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* A name for a file without one, by its place in /proc. */
static int name_unnamed(const char *from, int to_at, const char *to)
{
	char name[256] = "";
	struct disk_op op = {.kind = DISK_LINK, .n = length("")};
	struct stat st;
	int got;

	op.folder = op.to_folder = folder_of(to_at, to, name);
	if (op.folder != 0 && strikes(NAME))
		return -1;
	if (op.folder != 0 && stat(from, &st) == 0)
		op.inode = st.st_ino;
	got = (int)syscall(SYS_linkat, AT_FDCWD, from, to_at, to, AT_SYMLINK_FOLLOW);
	if (op.folder == 0)
		return got;
	if (got == 0)
		note(op, "", name);
	after_name();
	return got;
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
	if (flags & AT_SYMLINK_FOLLOW)
		return name_unnamed(from, to_at, to);
	return name_call(SYS_linkat, DISK_LINK, from_at, from, to_at, to, 0);
}

int unlinkat(int dir, const char *path, int flags)
{
	return name_call(SYS_unlinkat, DISK_REMOVE, dir, path, -1, NULL, (unsigned)flags);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int dir, const char *path, mode_t m)
{
	return name_call(SYS_mkdirat, DISK_MKDIR, dir, path, -1, NULL, m);
}

int mkdir(const char *path, mode_t m)
{
	return mkdirat(AT_FDCWD, path, m);
}

/* The C library's own does not pass by here. */
char *mkdtemp(char *path)
{
	static unsigned next;
	size_t n = strlen(path);

	for (int i = 0; i < 1000000 && n > 6; i++) {
		snprintf(path + n - 6, 7, "%06x", ((unsigned)getpid() * 7919u + next++) & 0xffffffu);
		if (mkdir(path, 0700) == 0)
			return path;
		if (errno != EEXIST)
			break;
	}
	return NULL;
}

/* Only what is below the folder counts: an absolute path, or one relative to an open folder. */
static int open_call(int dir, const char *path, int flags, mode_t m)
{
	struct disk_op op = {.kind = DISK_CREATE, .at = m};
	char name[256] = "";
	struct stat st;
	bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
	bool counted = folder != NULL &&
		(path[0] == '/' ? strncmp(path, folder, folder_n) == 0 : dir != AT_FDCWD && below(dir, &st));
	bool there;
	int fd;

	if (!counted)
		return (int)syscall(SYS_openat, dir, path, flags, m);
	if (strikes(OPEN))
		return -1;
	there = !unnamed && inode_of(dir, path) != 0;
	fd = (int)syscall(SYS_openat, dir, path, flags, m);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		op.folder = unnamed ? 0 : folder_of(dir, path, name);
		op.inode = st.st_ino;
		op.n = length(name);
		if (!there)
			note(op, name, NULL);
		else if (flags & O_TRUNC)
			note((struct disk_op){.kind = DISK_TRUNCATE, .inode = st.st_ino}, NULL, NULL);
	}
	after();
	return fd;
}

#define MODE_OF(flags, m)                                                                                    \
	do {                                                                                                 \
		if ((flags) & (O_CREAT | O_TMPFILE)) {                                                       \
			va_list ap;                                                                          \
			va_start(ap, flags);                                                                 \
			(m) = va_arg(ap, mode_t);                                                            \
			va_end(ap);                                                                          \
		}                                                                                            \
	} while (0)

int open(const char *path, int flags, ...)
{
	mode_t m = 0;

	MODE_OF(flags, m);
	return open_call(AT_FDCWD, path, flags, m);
}

int open64(const char *path, int flags, ...)
{
	mode_t m = 0;

	MODE_OF(flags, m);
	return open_call(AT_FDCWD, path, flags, m);
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t m = 0;

	MODE_OF(flags, m);
	return open_call(dir, path, flags, m);
}

int openat64(int dir, const char *path, int flags, ...)
{
	mode_t m = 0;

	MODE_OF(flags, m);
	return open_call(dir, path, flags, m);
}
