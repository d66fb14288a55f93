/*
 * Temporary folders for tests, and a search through every byte that a folder holds.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/check.h"

static inline int folder_remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static inline void folder_remove(const char *path)
{
	nftw(path, folder_remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

/* A new empty folder; the caller removes it with folder_remove(). */
static inline const char *folder_make(char out[256])
{
	const char *base = getenv("TMPDIR");

	snprintf(out, 256, "%s/trialnotary-test-XXXXXX", base ? base : "/tmp");
	if (mkdtemp(out) == NULL) {
		perror("mkdtemp");
		exit(1);
	}
	return out;
}

/* "folder/name" in one of a few static places. */
static inline const char *folder_path(const char *folder, const char *name)
{
	static char out[8][1024];
	static unsigned next;
	char *p = out[next++ % 8];

	snprintf(p, sizeof(out[0]), "%s/%s", folder, name);
	return p;
}

/* Runs a shell command; the test fails when it does. */
static inline void folder_run(const char *fmt, ...) VF_PRINTF(1, 2);
static inline void folder_run(const char *fmt, ...)
{
	char command[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	CHECK_INT(system(command), 0);
}

static struct vf_bytes folder_needle;
static int folder_hits;

static inline int folder_search_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	struct vf_bytes b;

	(void)f;
	if (flag != FTW_F || !S_ISREG(st->st_mode) || st->st_size == 0)
		return 0;
	b = check_read(path);
	if (memmem(b.p, b.n, folder_needle.p, folder_needle.n) != NULL) {
		folder_hits++;
		if (getenv("FOLDER_DEBUG"))
			fprintf(stderr, "found in %s\n", path);
	}
	free((void *)(uintptr_t)b.p);
	return 0;
}

/* How many files below folder hold these bytes. */
static inline int folder_search(const char *folder, struct vf_bytes needle)
{
	folder_needle = needle;
	folder_hits = 0;
	nftw(folder, folder_search_one, 32, FTW_PHYS);
	return folder_hits;
}

/* Changes one byte of a file, whatever its mode. */
static inline void folder_flip(const char *path, long at)
{
	FILE *f;
	int c;

	chmod(path, 0644);
	f = fopen(path, "r+b");
	if (f == NULL) {
		CHECK_FAIL("cannot open %s", path);
		return;
	}
	fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
	at = ftell(f);
	c = fgetc(f);
	fseek(f, at, SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
}

#endif
