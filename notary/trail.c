#include "notary/trail.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Events in one transaction. */
#define MAX_GROUP 4096

struct nt_trail {
	struct nt_access *access;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct nt_trail_item *first, *last; /* under the lock, as ending and fault */
	bool ending;
	struct vf_err fault;
	struct nt_event *events; /* the thread's own */
	size_t room;
};

/* What waits, as much as one transaction takes; an item that is larger goes alone. The lock is held. */
static struct nt_trail_item *take(struct nt_trail *t, size_t *ret_events)
{
	struct nt_trail_item *first = t->first, *last = NULL;
	size_t n = 0;

	while (t->first && (!last || n + t->first->n <= MAX_GROUP)) {
		last = t->first;
		n += last->n;
		t->first = last->next;
	}
	if (last)
		last->next = NULL;
	if (!t->first)
		t->last = NULL;
	*ret_events = n;
	return first;
}

static VF_RC store(struct nt_trail *t, const struct nt_trail_item *first, size_t n, struct vf_err *reterr)
{
	size_t at = 0;

	if (n > t->room) {
		struct nt_event *more = realloc(t->events, n * sizeof(*more));

		if (!more)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu audit events", n);
		t->events = more;
		t->room = n;
	}
	for (const struct nt_trail_item *x = first; x; x = x->next) {
		if (x->n)
			memcpy(t->events + at, x->events, x->n * sizeof(*t->events));
		at += x->n;
	}
	return n ? nt_audit_put(t->access, t->events, n, reterr) : VF_OK;
}

static void *run(void *arg)
{
	struct nt_trail *t = arg;

	for (;;) {
		struct nt_trail_item *first, *next;
		struct vf_err err;
		size_t n;

		pthread_mutex_lock(&t->lock);
		while (!t->first && !t->ending)
			pthread_cond_wait(&t->wake, &t->lock);
		first = take(t, &n);
		err = t->fault;
		pthread_mutex_unlock(&t->lock);
		if (!first)
			return NULL;
		if (err.rc == VF_OK) {
			err.rc = store(t, first, n, &err);
			if (err.rc != VF_OK) {
				pthread_mutex_lock(&t->lock);
				t->fault = err;
				pthread_mutex_unlock(&t->lock);
			}
		}
		for (struct nt_trail_item *x = first; x; x = next) {
			next = x->next;
			x->done(x, err.rc, &err);
		}
	}
}

VF_RC nt_trail_new(struct nt_access *a, struct nt_trail **ret, struct vf_err *reterr)
{
	struct nt_trail *t = calloc(1, sizeof(*t));

	if (!t)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the audit trail");
	t->access = a;
	t->fault.rc = VF_OK;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	t->room = MAX_GROUP;
	t->events = calloc(t->room, sizeof(*t->events));
	if (!t->events || pthread_create(&t->thread, NULL, run, t) != 0) {
		pthread_cond_destroy(&t->wake);
		pthread_mutex_destroy(&t->lock);
		free(t->events);
		free(t);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory or no thread for the audit trail");
	}
	*ret = t;
	return VF_OK;
}

struct nt_trail *nt_trail_free(struct nt_trail *t)
{
	if (!t)
		return NULL;
	pthread_mutex_lock(&t->lock);
	t->ending = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t->events);
	free(t);
	return NULL;
}

void nt_trail_put(struct nt_trail *t, struct nt_trail_item *x)
{
	x->next = NULL;
	pthread_mutex_lock(&t->lock);
	if (t->last)
		t->last->next = x;
	else
		t->first = x;
	t->last = x;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

enum vf_rc nt_trail_failed(struct nt_trail *t)
{
	enum vf_rc rc;

	pthread_mutex_lock(&t->lock);
	rc = t->fault.rc;
	pthread_mutex_unlock(&t->lock);
	return rc;
}
