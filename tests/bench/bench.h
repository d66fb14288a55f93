/*
 * What the benchmarks share: clocks, fixed pseudo-random octets, and the one
 * form of a row.
 *
 * A row has wall time and the processor time of the whole process: the first
 * is what a user waits for, the second stays true on a machine that is not
 * idle. Nothing here judges a figure; scripts/bench does.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "verify/bytes.h"

struct bench_clock {
	uint64_t wall, cpu;
};

static inline uint64_t bench_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static inline struct bench_clock bench_begin(void)
{
	return (struct bench_clock){bench_ns(CLOCK_MONOTONIC), bench_ns(CLOCK_PROCESS_CPUTIME_ID)};
}

static inline void bench_head(void)
{
	printf("name\tn\tns/op\tMB/s\tcpu-ns/op\tB/op\n");
}

/* n operations since began; bytes: octets that all of them went through, 0 for none. */
static inline void bench_row(const char *name, size_t n, struct bench_clock began, uint64_t bytes)
{
	struct bench_clock now = bench_begin();
	double wall = (double)(now.wall - began.wall), cpu = (double)(now.cpu - began.cpu);

	printf("%s\t%zu\t%.0f\t", name, n, wall / (double)n);
	if (bytes)
		printf("%.1f", (double)bytes * 1e3 / wall);
	else
		printf("-");
	printf("\t%.0f\t-\n", cpu / (double)n);
	fflush(stdout);
}

/* A row about memory or storage: octets for each of n. */
static inline void bench_size(const char *name, size_t n, double bytes)
{
	printf("%s\t%zu\t-\t-\t-\t%.2f\n", name, n, bytes);
	fflush(stdout);
}

/* The same octets in every run (splitmix64). */
static inline void bench_fill(uint64_t seed, void *out, size_t n)
{
	uint8_t *p = out;

	for (size_t i = 0; i < n; i++) {
		uint64_t z = seed + (i / 8 + 1) * UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		z ^= z >> 31;
		p[i] = (uint8_t)(z >> (8 * (i % 8)));
	}
}

/* A benchmark that cannot do its work has no figure. */
static inline void bench_need(enum vf_rc rc, const struct vf_err *err, const char *what)
{
	if (rc == VF_OK)
		return;
	fprintf(stderr, "%s: %s: %s\n", what, vf_rc_name(rc), err->text);
	exit(1);
}

/* A count on the command line, or what is usual. */
static inline size_t bench_count(int argc, char **argv, int at, size_t usual)
{
	return argc > at ? (size_t)strtoull(argv[at], NULL, 10) : usual;
}

#endif
