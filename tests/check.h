/*
 * The whole test framework: a test is a program that ends with 0 (passed),
 * 1 (failed) or 77 (skipped). A failed CHECK prints both values and the run
 * goes on, so that one run shows every fault.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/bytes.h"
#include "verify/rc.h"
#include "verify/text.h"

static int check_failures;
static int check_count;

#define CHECK_FAIL(...)                                                                                    \
	do {                                                                                               \
		check_failures++;                                                                          \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                            \
		fprintf(stderr, __VA_ARGS__);                                                              \
		fputc('\n', stderr);                                                                       \
	} while (0)

#define CHECK(cond)                                                                                        \
	do {                                                                                               \
		check_count++;                                                                             \
		if (!(cond))                                                                               \
			CHECK_FAIL("not true: %s", #cond);                                                 \
	} while (0)

#define CHECK_INT(got, want)                                                                               \
	do {                                                                                               \
		int64_t got_ = (int64_t)(got), want_ = (int64_t)(want);                                    \
		check_count++;                                                                             \
		if (got_ != want_)                                                                         \
			CHECK_FAIL("%s is %" PRId64 ", not %" PRId64, #got, got_, want_);                  \
	} while (0)

#define CHECK_RC(got, want)                                                                                \
	do {                                                                                               \
		enum vf_rc got_ = (got), want_ = (want);                                                   \
		check_count++;                                                                             \
		if (got_ != want_)                                                                         \
			CHECK_FAIL("%s gives %s, not %s", #got, vf_rc_name(got_), vf_rc_name(want_));      \
	} while (0)

#define CHECK_STR(got, want)                                                                               \
	do {                                                                                               \
		const char *got_ = (got), *want_ = (want);                                                 \
		check_count++;                                                                             \
		if (strcmp(got_, want_) != 0)                                                              \
			CHECK_FAIL("%s is '%s', not '%s'", #got, got_, want_);                             \
	} while (0)

#define CHECK_BYTES(got, want)                                                                             \
	do {                                                                                               \
		struct vf_bytes got_ = (got), want_ = (want);                                              \
		check_count++;                                                                             \
		if (!vf_bytes_eq(got_, want_))                                                             \
			CHECK_FAIL("%s: %zu bytes differ from %zu expected", #got, got_.n, want_.n);       \
	} while (0)

static inline int check_done(void)
{
	fprintf(stderr, "%d checks, %d failed\n", check_count, check_failures);
	return check_failures ? 1 : 0;
}

static inline int check_skip(const char *why)
{
	printf("skipped: %s\n", why);
	return 77;
}

/* Reads a whole file; exits when it cannot. The caller frees p. */
static inline struct vf_bytes check_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t n = 0, cap = 0, got;

	if (!f) {
		fprintf(stderr, "cannot open %s\n", path);
		exit(1);
	}
	do {
		if (n == cap) {
			cap = cap ? 2 * cap : 65536;
			p = realloc(p, cap);
			if (!p)
				exit(1);
		}
		got = fread(p + n, 1, cap - n, f);
		n += got;
	} while (got > 0);
	fclose(f);
	return vf_bytes(p, n);
}

/* The same for small examples that stay until the end of the program. */
static inline struct vf_bytes check_example(const char *path)
{
	static uint8_t room[1 << 16];
	static size_t used;
	struct vf_bytes b = check_read(path), kept = vf_bytes(room + used, b.n);

	if (b.n > sizeof(room) - used)
		exit(1);
	if (b.n)
		memcpy(room + used, b.p, b.n);
	used += b.n;
	free((void *)(uintptr_t)b.p);
	return kept;
}

#endif
