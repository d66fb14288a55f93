/*
 * Preloaded into a test's child: makes the k-th system call that changes files fail.
 *
 * FAULT_DIR: calls on open files count only below this folder. FAULT_AT: k, from 1; 0 counts
 * only. FAULT_MODE: eio, enospc, emfile, short, eintr, exit-before, exit-after; with a
 * "+" at the end every later call fails too. FAULT_COUNT: file that gets the number of
 * calls when the child ends.
 */
/* Both names of each call are defined here; the header must not make one of the other. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { OPEN, WRITE, SYNC, NAME, TRUNCATE };

static long calls, at;
static const char *mode, *folder;
static size_t folder_n;
static int forever, ready;

ssize_t write(int fd, const void *p, size_t n);
ssize_t pwrite(int fd, const void *p, size_t n, off_t o);
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o);
int ftruncate64(int fd, off64_t n);

#define NEXT(type, name) ((type)(uintptr_t)dlsym(RTLD_NEXT, name))

static void set_up(void)
{
	const char *k = getenv("FAULT_AT"), *m = getenv("FAULT_MODE");
	static char kept[32];

	ready = 1;
	folder = getenv("FAULT_DIR");
	folder_n = folder ? strlen(folder) : 0;
	at = k ? atol(k) : 0;
	snprintf(kept, sizeof(kept), "%s", m ? m : "");
	mode = kept;
	if (kept[0] && kept[strlen(kept) - 1] == '+') {
		kept[strlen(kept) - 1] = '\0';
		forever = 1;
	}
}

static void __attribute__((destructor)) tell(void)
{
	const char *path = getenv("FAULT_COUNT");
	FILE *f;

	at = 0;
	if (path == NULL || (f = fopen(path, "w")) == NULL)
		return;
	fprintf(f, "%ld\n", calls);
	fclose(f);
}

static int below(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n > 0 && (size_t)n >= folder_n && strncmp(path, folder, folder_n) == 0;
}

/* Counts the call; true when it must fail, with errno set. */
static int strikes(enum kind kind)
{
	calls++;
	if (at == 0 || calls < at || (calls > at && !forever))
		return 0;
	if (strcmp(mode, "exit-before") == 0)
		_exit(43);
	if (strcmp(mode, "enospc") == 0)
		errno = kind == SYNC ? EIO : ENOSPC;
	else if (strcmp(mode, "emfile") == 0 && kind == OPEN)
		errno = EMFILE;
	else if (strcmp(mode, "eio") == 0)
		errno = EIO;
	else
		return 0;
	return 1;
}

static void after(void)
{
	if (at != 0 && calls == at && strcmp(mode, "exit-after") == 0)
		_exit(43);
}

/* A write of half the bytes, or one that is interrupted before it begins. */
static int bends(size_t *n)
{
	if (at == 0 || calls < at || (calls > at && !forever))
		return 0;
	if (strcmp(mode, "eintr") == 0 && !forever) {
		errno = EINTR;
		return -1;
	}
	if (strcmp(mode, "short") == 0 && *n > 1)
		*n /= 2;
	return 0;
}

ssize_t write(int fd, const void *p, size_t n)
{
	ssize_t got;

	if (!ready)
		set_up();
	if (folder == NULL || !below(fd))
		return NEXT(ssize_t(*)(int, const void *, size_t), "write")(fd, p, n);
	if (strikes(WRITE) || bends(&n) < 0)
		return -1;
	got = NEXT(ssize_t(*)(int, const void *, size_t), "write")(fd, p, n);
	after();
	return got;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o)
{
	ssize_t got;

	if (!ready)
		set_up();
	if (folder == NULL || !below(fd))
		return NEXT(ssize_t(*)(int, const void *, size_t, off64_t), "pwrite64")(fd, p, n, o);
	if (strikes(WRITE) || bends(&n) < 0)
		return -1;
	got = NEXT(ssize_t(*)(int, const void *, size_t, off64_t), "pwrite64")(fd, p, n, o);
	after();
	return got;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t o)
{
	return pwrite64(fd, p, n, o);
}

static int sync_call(int fd, const char *name)
{
	int got;

	if (!ready)
		set_up();
	if (folder == NULL || !below(fd))
		return NEXT(int (*)(int), name)(fd);
	if (strikes(SYNC))
		return -1;
	got = NEXT(int (*)(int), name)(fd);
	after();
	return got;
}

int fsync(int fd)
{
	return sync_call(fd, "fsync");
}

int fdatasync(int fd)
{
	return sync_call(fd, "fdatasync");
}

int syncfs(int fd)
{
	return sync_call(fd, "syncfs");
}

int ftruncate64(int fd, off64_t n)
{
	int got;

	if (!ready)
		set_up();
	if (folder == NULL || !below(fd))
		return NEXT(int (*)(int, off64_t), "ftruncate64")(fd, n);
	if (strikes(TRUNCATE))
		return -1;
	got = NEXT(int (*)(int, off64_t), "ftruncate64")(fd, n);
	after();
	return got;
}

int ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	int got;

	if (!ready)
		set_up();
	if (folder != NULL && strikes(NAME))
		return -1;
	got = NEXT(int (*)(int, const char *, int, const char *), "renameat")(from_at, from, to_at, to);
	if (folder != NULL)
		after();
	return got;
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
	int got;

	if (!ready)
		set_up();
	if (folder != NULL && strikes(NAME))
		return -1;
	got = NEXT(int (*)(int, const char *, int, const char *, int), "linkat")(from_at, from, to_at, to, flags);
	if (folder != NULL)
		after();
	return got;
}

int link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int dir, const char *path, int flags)
{
	int got;

	if (!ready)
		set_up();
	if (folder != NULL && strikes(NAME))
		return -1;
	got = NEXT(int (*)(int, const char *, int), "unlinkat")(dir, path, flags);
	if (folder != NULL)
		after();
	return got;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int dir, const char *path, mode_t m)
{
	int got;

	if (!ready)
		set_up();
	if (folder != NULL && strikes(NAME))
		return -1;
	got = NEXT(int (*)(int, const char *, mode_t), "mkdirat")(dir, path, m);
	if (folder != NULL)
		after();
	return got;
}

/* Only what is below the folder counts: an absolute path, or one relative to an open folder. */
static int open_call(int dir, const char *path, int flags, mode_t m)
{
	int got, counted;

	if (!ready)
		set_up();
	counted = folder != NULL &&
		(path[0] == '/' ? strncmp(path, folder, folder_n) == 0 : dir != AT_FDCWD && below(dir));
	if (counted && strikes(OPEN))
		return -1;
	got = NEXT(int (*)(int, const char *, int, mode_t), "openat64")(dir, path, flags, m);
	if (counted)
		after();
	return got;
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
