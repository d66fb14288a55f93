#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/http_inside.h"

static void put(struct nt_http_queue *queue, struct nt_http_request *q)
{
	q->next = NULL;
	if (!queue->first)
		queue->end = &queue->first;
	*queue->end = q;
	queue->end = &q->next;
}

static struct nt_http_request *take(struct nt_http_queue *queue)
{
	struct nt_http_request *q = queue->first;

	if (q)
		queue->first = q->next;
	return q;
}

void nt_http_wake(struct nt_http *s)
{
	uint64_t one = 1;

	/* fails only when the counter is full: then the loop is awake */
	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/*
 * Calls one worker, unless one is on its way: it calls the next when it finds more than it takes. So a burst of
 * requests costs few calls, and none waits while a worker sleeps. The lock is held.
 */
static void call_worker(struct nt_http *s)
{
	if (!s->queue.first || s->sleeping == 0 || s->woken)
		return;
	s->woken = true;
	pthread_cond_signal(&s->work);
}

static void *work(void *arg)
{
	struct nt_http *s = arg;
	struct nt_http_request *q;

	for (;;) {
		pthread_mutex_lock(&s->lock);
		while (!s->queue.first && !s->quit) {
			s->sleeping++;
			pthread_cond_wait(&s->work, &s->lock);
			s->sleeping--;
			s->woken = false; /* also when nobody called: then one call too many is all that follows */
		}
		q = take(&s->queue);
		call_worker(s);
		pthread_mutex_unlock(&s->lock);
		if (!q)
			return NULL;
		s->config.handler(s->config.ctx, q);
	}
}

VF_RC nt_http_work_start(struct nt_http *s, struct vf_err *reterr)
{
	s->threads = calloc(s->config.limits.workers, sizeof(*s->threads));
	if (!s->threads)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the workers");
	for (; s->n_threads < s->config.limits.workers; s->n_threads++)
		if (pthread_create(&s->threads[s->n_threads], NULL, work, s) != 0)
			return vf_fail(reterr, VF_NO_MEMORY, "cannot start a worker");
	return VF_OK;
}

void nt_http_work_end(struct nt_http *s)
{
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_cond_broadcast(&s->work);
	pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < s->n_threads; i++)
		pthread_join(s->threads[i], NULL);
	free(s->threads);
}

bool nt_http_is_full(struct nt_http *s)
{
	bool full;

	pthread_mutex_lock(&s->lock);
	full = s->waiting >= s->config.limits.requests;
	pthread_mutex_unlock(&s->lock);
	return full;
}

bool nt_http_hand_out(struct nt_http *s, struct nt_http_request *q)
{
	bool room;

	pthread_mutex_lock(&s->lock);
	room = s->waiting < s->config.limits.requests;
	if (room) {
		q->in_loop = false;
		s->waiting++;
		s->stats.requests++;
		put(&s->queue, q);
		call_worker(s);
	}
	pthread_mutex_unlock(&s->lock);
	return room;
}

void nt_http_hand_back(struct nt_http_request *q)
{
	struct nt_http *s = q->server;
	bool wake;

	/* the loop frees what it finds, so that q and perhaps s are gone when the lock is */
	pthread_mutex_lock(&s->lock);
	wake = s->answers.first == NULL;
	put(&s->answers, q);
	if (wake)
		nt_http_wake(s);
	pthread_mutex_unlock(&s->lock);
}

struct nt_http_request *nt_http_answers(struct nt_http *s)
{
	struct nt_http_request *first;

	pthread_mutex_lock(&s->lock);
	first = s->answers.first;
	s->answers.first = NULL;
	for (struct nt_http_request *q = first; q; q = q->next) {
		assert(s->waiting > 0);
		s->waiting--;
	}
	pthread_mutex_unlock(&s->lock);
	return first;
}
