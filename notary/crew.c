#include "notary/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MAX_THREADS 64
/* Some tens of microseconds on an idle core. */
#define SPINS 200

struct nt_crew {
	pthread_mutex_t lock;
	pthread_cond_t begin, end;
	pthread_t threads[MAX_THREADS];
	unsigned n; /* without the caller */
	unsigned running, named;
	atomic_uint_fast64_t round;
	atomic_bool quit;
	nt_crew_work *work;
	void *ctx;
};

unsigned nt_crew_cores(unsigned max)
{
	cpu_set_t cpus;
	unsigned n = 1;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		n = (unsigned)CPU_COUNT(&cpus);
	return n == 0 ? 1 : n > max ? max : n;
}

/*
 * Looks for work a while before it sleeps: a thread that never sleeps between
 * two rounds keeps its core, and needs no waking.
 */
static void wait_for_round(struct nt_crew *c, uint64_t seen)
{
	for (unsigned i = 0; i < SPINS && atomic_load(&c->round) == seen && !atomic_load(&c->quit); i++)
		sched_yield();
	pthread_mutex_lock(&c->lock);
	while (atomic_load(&c->round) == seen && !atomic_load(&c->quit))
		pthread_cond_wait(&c->begin, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

static void *run(void *arg)
{
	struct nt_crew *c = arg;
	uint64_t seen = 0;
	unsigned who;

	pthread_mutex_lock(&c->lock);
	who = ++c->named;
	pthread_mutex_unlock(&c->lock);
	for (;;) {
		wait_for_round(c, seen);
		if (atomic_load(&c->quit))
			return NULL;
		seen++;
		c->work(c->ctx, who);
		pthread_mutex_lock(&c->lock);
		if (--c->running == 0)
			pthread_cond_signal(&c->end);
		pthread_mutex_unlock(&c->lock);
	}
}

struct nt_crew *nt_crew_new(unsigned size)
{
	struct nt_crew *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->begin, NULL);
	pthread_cond_init(&c->end, NULL);
	while (c->n + 1 < size && c->n < MAX_THREADS && pthread_create(&c->threads[c->n], NULL, run, c) == 0)
		c->n++;
	return c;
}

struct nt_crew *nt_crew_free(struct nt_crew *c)
{
	if (!c)
		return NULL;
	pthread_mutex_lock(&c->lock);
	atomic_store(&c->quit, true);
	pthread_cond_broadcast(&c->begin);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->n; i++)
		pthread_join(c->threads[i], NULL);
	pthread_cond_destroy(&c->begin);
	pthread_cond_destroy(&c->end);
	pthread_mutex_destroy(&c->lock);
	free(c);
	return NULL;
}

unsigned nt_crew_size(const struct nt_crew *c)
{
	return c ? c->n + 1 : 1;
}

void nt_crew_run(struct nt_crew *c, nt_crew_work *work, void *ctx)
{
	if (!c || c->n == 0) {
		work(ctx, 0);
		return;
	}
	pthread_mutex_lock(&c->lock);
	c->work = work;
	c->ctx = ctx;
	c->running = c->n;
	atomic_fetch_add(&c->round, 1);
	pthread_cond_broadcast(&c->begin);
	pthread_mutex_unlock(&c->lock);
	work(ctx, 0);
	pthread_mutex_lock(&c->lock);
	while (c->running > 0)
		pthread_cond_wait(&c->end, &c->lock);
	pthread_mutex_unlock(&c->lock);
}
