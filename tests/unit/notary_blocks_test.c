/* Blocks that are used again: which are kept, how many, and by many threads at once. */
#include "notary/blocks.h"

#include <stdlib.h>

#include "tests/check.h"

#define SIZE 4096
#define THREADS 4

static void test_kept(void)
{
	struct nt_blocks b;
	void *p[3], *large;

	nt_blocks_init(&b, SIZE, 2);
	for (size_t i = 0; i < 3; i++) {
		p[i] = nt_blocks_take(&b, i ? SIZE : 1);
		CHECK(p[i]);
		if (!p[i])
			return;
		memset(p[i], (int)i, SIZE); /* whole, whatever was asked for */
	}
	large = nt_blocks_take(&b, SIZE + 1);
	CHECK(large);
	nt_blocks_give(&b, large, SIZE + 1);
	nt_blocks_give(&b, NULL, 1);
	CHECK_INT(b.n_idle, 0);
	for (size_t i = 0; i < 3; i++)
		nt_blocks_give(&b, p[i], i ? SIZE : 1);
	CHECK_INT(b.n_idle, b.max_idle);
	if (b.max_idle > 0) { /* the sanitizer's build keeps none */
		CHECK(nt_blocks_take(&b, SIZE) == p[1] && nt_blocks_take(&b, 1) == p[0] && b.n_idle == 0);
		nt_blocks_give(&b, p[0], 1);
		nt_blocks_give(&b, p[1], SIZE);
	}
	nt_blocks_done(&b);
}

static void *use(void *arg)
{
	struct nt_blocks *b = arg;
	size_t wrong = 0;

	for (unsigned i = 0; i < 20000; i++) {
		uint8_t *p = nt_blocks_take(b, SIZE), *q = nt_blocks_take(b, SIZE);

		if (!p || !q || p == q)
			exit(1);
		memset(p, (int)(i & 255), 64);
		memset(q, 1, 64);
		for (size_t k = 0; k < 64; k++)
			wrong += p[k] != (i & 255);
		nt_blocks_give(b, p, SIZE);
		nt_blocks_give(b, q, SIZE);
	}
	return wrong ? b : NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	struct nt_blocks b;
	void *wrong;

	nt_blocks_init(&b, SIZE, 3);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, use, &b) != 0)
			exit(1);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		CHECK(!wrong);
	}
	CHECK(b.n_idle <= b.max_idle); /* how many depends on how the threads met */
	nt_blocks_done(&b);
}

int main(void)
{
	test_kept();
	test_threads();
	return check_done();
}
