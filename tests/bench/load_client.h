/*
 * An HTTP/1.1 client of many connections in one thread: epoll, keep-alive, one
 * request in flight on each connection, and how long each took.
 *
 * Knows connections, times and answers as octets. What is asked and what an answer is
 * worth are load.c's questions.
 */
#ifndef TESTS_BENCH_LOAD_CLIENT_H
#define TESTS_BENCH_LOAD_CLIENT_H

#include <stdio.h>

#include "verify/bytes.h"

/* One request: its head, ended by the empty line, and a body that lives until the answer. */
struct load_request {
	char head[1024];
	size_t head_n;
	struct vf_bytes body;
};

struct load_answer {
	unsigned status;      /* 0: the connection broke before an answer */
	struct vf_bytes body; /* good during the call */
	uint64_t intended;    /* when it should have begun: with a rate by the plan, otherwise when it did */
	uint64_t sent;        /* the last octet of the request was handed to the kernel */
	uint64_t done;        /* the last octet of the answer was here */
};

struct load_options {
	uint16_t port;
	unsigned connections;
	double rate;      /* requests a second, planned from the beginning; 0: each connection asks again at once */
	uint64_t ns;      /* no request begins later than this after the start; 0: until next says no */
	/* The next request of a connection; false: it has no more. */
	bool (*next)(void *ctx, unsigned at, struct load_request *ret);
	/* True when the connection must go on at once with what belongs to this request, whatever the rate. */
	bool (*done)(void *ctx, unsigned at, const struct load_answer *a);
	void *ctx;
};

/* Runs until there is nothing to do and every answer has come. Returns how long that was, in nanoseconds. */
uint64_t load_run(const struct load_options *o);
uint64_t load_now(void);

/* Times in microseconds in buckets of at most 1/128 of their value, as HdrHistogram does. */
#define LOAD_SUB 128
struct load_times {
	uint64_t count[LOAD_SUB * 36];
	uint64_t n, max;
};

void load_times_add(struct load_times *t, uint64_t ns);
/* The upper end of the bucket in which that part of all (0 .. 1) lies, in milliseconds. */
double load_times_at(const struct load_times *t, double part);

#endif
