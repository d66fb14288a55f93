#include "notary/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "notary/authorities.h"
#include "verify/text.h"

#define SEAL_MS 1000
#define MAX_WAITING 100000
#define MAX_GROUP 10000
#define SEQUENCE_AT 1024
/* Calls may keep submissions and the seal waiting for this long, and for one call more. */
#define CALLS_MS 100

struct nt_keeper {
	struct nt_notary *n;
	struct nt_keeper_options options;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake; /* on the monotonic clock */

	/* under the lock */
	struct nt_offer *first, *last;
	struct nt_call *first_call, *last_call;
	size_t waiting; /* submissions in the queue */
	bool ending, seal_soon;
	struct nt_keeper_counts counts;

	/* the thread's own */
	struct nt_offer **group;
	struct nt_submission *together;
	enum nt_accepted *results;
	struct timespec last_seal;
	bool unsealed; /* entries may be in the log without a seal: from before the start, or after a fault of the authority */
	bool planned;  /* a seal waits for its first token outside */
	uint64_t pause_ms; /* no seal before so long after the last try */
	struct vf_err fault; /* rc is VF_OK as long as it works */
};

/* ---- faults ---- */

/* No token for now: what waits is kept, and sealed with what comes. */
static bool is_waiting(enum vf_rc rc)
{
	return rc == VF_TSA_FAILED || rc == VF_TSA_CA_ENDS || rc == VF_CLOCK_DOUBT || rc == VF_FETCH_FAILED;
}

/* What is said about the notary itself (notary.h), not about what was handed in. */
static bool is_fatal(enum vf_rc rc)
{
	return vf_rc_class(rc) == VF_CLASS_IO && rc != VF_STORE_BUSY && !is_waiting(rc);
}

/* The first fault stays. */
static void stop(struct nt_keeper *k, enum vf_rc rc, const struct vf_err *err)
{
	if (k->fault.rc != VF_OK)
		return;
	k->fault = *err;
	k->fault.rc = rc;
	pthread_mutex_lock(&k->lock);
	k->counts.failed = rc;
	snprintf(k->counts.why, sizeof(k->counts.why), "%s", err->text);
	pthread_mutex_unlock(&k->lock);
}

static int64_t ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- accepting ---- */

static void end_offer(struct nt_keeper *k, struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	pthread_mutex_lock(&k->lock);
	if (rc != VF_OK)
		k->counts.refused++;
	if (rc == VF_OK && k->counts.unsealed_since == 0)
		k->counts.unsealed_since = ticks();
	for (size_t i = 0; rc == VF_OK && i < o->n; i++) {
		k->counts.accepted += o->results[i] == NT_ACCEPTED_NEW;
		k->counts.accepted_before += o->results[i] == NT_ACCEPTED_BEFORE;
	}
	pthread_mutex_unlock(&k->lock);
	o->done(o, rc, err);
}

/* Everything of these offers in one commit. */
static enum vf_rc accept_together(struct nt_keeper *k, struct nt_offer *const *offers, size_t n, struct vf_err *reterr)
{
	size_t all = 0;
	enum vf_rc rc;

	for (size_t i = 0; i < n; i++) {
		memcpy(k->together + all, offers[i]->submissions, offers[i]->n * sizeof(*k->together));
		all += offers[i]->n;
	}
	rc = nt_notary_accept(k->n, k->together, all, k->results, reterr);
	if (is_fatal(rc))
		stop(k, rc, reterr);
	if (rc != VF_OK)
		return rc;
	all = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(offers[i]->results, k->results + all, offers[i]->n * sizeof(*k->results));
		all += offers[i]->n;
	}
	pthread_mutex_lock(&k->lock);
	k->counts.groups++;
	pthread_mutex_unlock(&k->lock);
	if (k->options.group)
		rc = k->options.group(k->options.ctx, offers, n, reterr);
	/* durable, but nobody can be told so: whatever it is, it is ours */
	if (rc != VF_OK)
		stop(k, rc, reterr);
	return rc;
}

static void begin(struct nt_keeper *k)
{
	if (k->options.begin)
		k->options.begin(k->options.ctx);
}

static enum vf_rc prepare(struct nt_keeper *k, struct nt_offer *o, struct vf_err *reterr)
{
	enum vf_rc rc = o->prepare ? o->prepare(o, k->n, reterr) : VF_OK;

	if (is_fatal(rc))
		stop(k, rc, reterr);
	return rc;
}

/* One that is refused must not take the others with it: then each gets a commit of its own. */
static void accept_apart(struct nt_keeper *k, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct nt_offer *o = k->group[i];
		struct vf_err err = k->fault;
		enum vf_rc rc = k->fault.rc;

		begin(k);
		if (rc == VF_OK)
			rc = prepare(k, o, &err);
		if (rc == VF_OK)
			rc = accept_together(k, &o, 1, &err);
		end_offer(k, o, rc, &err);
	}
}

/* Drops from the group what its own check refuses; returns how many are left. */
static size_t prepare_group(struct nt_keeper *k, size_t n)
{
	size_t kept = 0;

	begin(k);
	for (size_t i = 0; i < n; i++) {
		struct vf_err err = k->fault;
		enum vf_rc rc = k->fault.rc == VF_OK ? prepare(k, k->group[i], &err) : k->fault.rc;

		if (rc == VF_OK) {
			k->group[kept++] = k->group[i];
			continue;
		}
		end_offer(k, k->group[i], rc, &err);
	}
	return kept;
}

static void accept_group(struct nt_keeper *k, size_t n)
{
	struct vf_err err = {0};
	enum vf_rc rc;

	n = prepare_group(k, n);
	if (n == 0)
		return;
	rc = k->fault.rc == VF_OK ? accept_together(k, k->group, n, &err) : k->fault.rc;
	if (rc != VF_OK) {
		accept_apart(k, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		end_offer(k, k->group[i], rc, &err);
}

/* Takes what waits, as much as one commit may hold; the lock is held. An offer that is larger goes alone. */
static size_t take_group(struct nt_keeper *k)
{
	size_t n = 0, all = 0;

	while (k->first && (n == 0 || all + k->first->n <= k->options.max_group) && n < k->options.max_group) {
		struct nt_offer *o = k->first;

		k->first = o->next;
		k->waiting -= o->n;
		all += o->n;
		k->group[n++] = o;
	}
	if (!k->first)
		k->last = NULL;
	return n;
}

/* ---- calls ---- */

static uint64_t since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000);
}

static struct nt_call *take_call(struct nt_keeper *k)
{
	struct nt_call *c;

	pthread_mutex_lock(&k->lock);
	c = k->first_call;
	if (c)
		k->first_call = c->next;
	if (!k->first_call)
		k->last_call = NULL;
	pthread_mutex_unlock(&k->lock);
	return c;
}

/* As many as there is time for: who lists and exports much must not stop who submits. */
static void run_calls(struct nt_keeper *k)
{
	struct timespec began;
	struct nt_call *c;

	clock_gettime(CLOCK_MONOTONIC, &began);
	while ((c = take_call(k))) {
		if (k->fault.rc == VF_OK)
			c->run(c, k->n);
		else
			c->refused(c, k->fault.rc, &k->fault);
		if (since(&began) >= CALLS_MS)
			return;
	}
}

/* ---- sealing ---- */

static uint64_t count_pending(struct nt_keeper *k)
{
	uint64_t seals, size, pending = 0;
	struct vf_err err;

	if (k->fault.rc != VF_OK || nt_notary_counts(k->n, &seals, &size, &pending, &err) != VF_OK)
		return 0;
	pthread_mutex_lock(&k->lock);
	k->counts.pending = pending;
	pthread_mutex_unlock(&k->lock);
	return pending;
}

static bool is_all_sealed(struct nt_keeper *k)
{
	uint64_t seals, size, pending = 0;
	struct vf_err err;

	return nt_notary_counts(k->n, &seals, &size, &pending, &err) == VF_OK && pending == 0;
}

/* What a seal, or the attempt, changes. */
static void end_seal(struct nt_keeper *k, enum vf_rc rc, const struct nt_sealed *sealed)
{
	pthread_mutex_lock(&k->lock);
	k->counts.seal_faults += rc != VF_OK;
	if (rc == VF_OK)
		k->counts.unsealed_since = is_all_sealed(k) && !k->unsealed ? 0 : ticks();
	if (rc == VF_OK && sealed->sealed) {
		k->counts.seals++;
		k->counts.sealed_at = sealed->gen_time;
	}
	pthread_mutex_unlock(&k->lock);
	count_pending(k);
	if (rc == VF_OK && sealed->sealed && k->options.sealed)
		k->options.sealed(k->options.ctx, k->n);
}

static void begin_seal(struct nt_keeper *k)
{
	clock_gettime(CLOCK_MONOTONIC, &k->last_seal);
	k->pause_ms = 0;
	pthread_mutex_lock(&k->lock);
	k->seal_soon = false;
	pthread_mutex_unlock(&k->lock);
}

/* Nobody here stamps: the seal waits for an answer from outside, and nobody for the seal. */
static void plan_seal(struct nt_keeper *k)
{
	struct nt_plan *p = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_plan(k->n, &p, &err);

	begin_seal(k);
	k->unsealed = rc != VF_OK;
	if (rc != VF_OK)
		stop(k, rc, &err);
	if (!p) {
		end_seal(k, rc, &(struct nt_sealed){0});
		return;
	}
	k->planned = true;
	k->options.plan(k->options.ctx, p);
}

void nt_keeper_plan_end(struct nt_keeper *k, enum vf_rc rc, const struct nt_sealed *sealed, const struct vf_err *err,
	uint64_t again_ms)
{
	uint64_t seals, size, pending;
	struct vf_err none;

	k->planned = false;
	if (is_fatal(rc))
		stop(k, rc, err);
	/* what came into the log since the plan was made waits for the next one */
	k->unsealed = rc != VF_OK ||
		(nt_notary_counts(k->n, &seals, &size, &pending, &none) == VF_OK && size > sealed->size);
	k->pause_ms = rc == VF_OK ? 0 : again_ms;
	end_seal(k, rc, sealed);
}

static void seal(struct nt_keeper *k)
{
	struct nt_sealed sealed = {0};
	struct vf_err err = {0};
	enum vf_rc rc;

	if (k->options.plan && !nt_notary_authorities(k->n)->embedded) {
		plan_seal(k);
		return;
	}
	rc = nt_notary_seal(k->n, &sealed, &err);
	begin_seal(k);
	k->unsealed = rc != VF_OK;
	if (rc != VF_OK && !is_waiting(rc))
		stop(k, rc, &err); /* also what is no fault of the disk: an unsealed log must be seen */
	end_seal(k, rc, &sealed);
}

/* Much waits: into the log with it now, so that the seal, for which all wait, has less to do. */
static void sequence(struct nt_keeper *k)
{
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_sequence(k->n, &err);

	k->unsealed = true;
	if (rc != VF_OK)
		stop(k, rc, &err);
	count_pending(k);
}

/* A slice of what the indexes need; true when more is to be done. */
static bool index_slice(struct nt_keeper *k)
{
	struct vf_err err = {0};
	bool more = false;
	enum vf_rc rc = k->fault.rc == VF_OK ? nt_notary_index(k->n, &more, &err) : VF_OK;

	if (rc != VF_OK)
		stop(k, rc, &err);
	return rc == VF_OK && more;
}

/* Milliseconds until a seal is due, or is tried again; UINT64_MAX when nothing waits for one. */
static uint64_t seal_in(struct nt_keeper *k, bool soon)
{
	uint64_t passed, wait;

	if (k->fault.rc != VF_OK || k->planned || (count_pending(k) == 0 && !k->unsealed))
		return UINT64_MAX;
	passed = since(&k->last_seal);
	wait = k->options.seal_ms > k->pause_ms ? k->options.seal_ms : k->pause_ms;
	return (soon && passed >= k->pause_ms) || passed >= wait ? 0 : wait - passed;
}

/* ---- the thread ---- */

static void wait_for(struct nt_keeper *k, uint64_t ms)
{
	struct timespec until;

	if (ms == UINT64_MAX) {
		pthread_cond_wait(&k->wake, &k->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&k->wake, &k->lock, &until);
}

/* Offers first, as somebody waits for each; then calls, for a while; a slice for the indexes; a seal when it is due. */
static void *keep(void *ctx)
{
	struct nt_keeper *k = ctx;
	uint64_t due = seal_in(k, false);
	bool ending = false, more = false;

	while (!ending) {
		size_t n;
		bool soon;

		pthread_mutex_lock(&k->lock);
		if (!k->first && !k->first_call && !k->ending && !k->seal_soon && due > 0 && !more)
			wait_for(k, due);
		n = take_group(k);
		soon = k->seal_soon;
		ending = k->ending && !k->first && !k->first_call;
		pthread_mutex_unlock(&k->lock);
		if (n)
			accept_group(k, n);
		run_calls(k);
		if (count_pending(k) >= k->options.sequence_at)
			sequence(k);
		more = index_slice(k);
		due = seal_in(k, soon || ending);
		if (due == 0) {
			seal(k);
			due = seal_in(k, false);
		} else if (soon) {
			pthread_mutex_lock(&k->lock);
			k->seal_soon = false;
			pthread_mutex_unlock(&k->lock);
		}
	}
	return NULL;
}

/* ---- from outside ---- */

static bool init_lock(struct nt_keeper *k)
{
	pthread_condattr_t attr;
	bool good;

	if (pthread_mutex_init(&k->lock, NULL) != 0)
		return false;
	good = pthread_condattr_init(&attr) == 0 && pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		pthread_cond_init(&k->wake, &attr) == 0;
	pthread_condattr_destroy(&attr);
	if (!good)
		pthread_mutex_destroy(&k->lock);
	return good;
}

static void release(struct nt_keeper *k)
{
	free(k->group);
	free(k->together);
	free(k->results);
	free(k);
}

VF_RC nt_keeper_new(struct nt_notary *n, const struct nt_keeper_options *options, struct nt_keeper **ret,
	struct vf_err *reterr)
{
	struct nt_keeper *k = calloc(1, sizeof(*k));
	size_t most;
	int error;

	if (!k)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the keeper");
	k->n = n;
	k->options = *options;
	k->options.seal_ms = options->seal_ms ? options->seal_ms : SEAL_MS;
	k->options.max_waiting = options->max_waiting ? options->max_waiting : MAX_WAITING;
	k->options.max_group = options->max_group ? options->max_group : MAX_GROUP;
	k->options.sequence_at = options->sequence_at ? options->sequence_at : SEQUENCE_AT;
	k->fault.rc = k->counts.failed = VF_OK;
	k->unsealed = true;
	k->counts.sealed_at = VF_TIME_NONE;
	k->group = calloc(k->options.max_group, sizeof(struct nt_offer *));
	/* a single offer may be larger than a group, but not than the queue */
	most = k->options.max_group > k->options.max_waiting ? k->options.max_group : k->options.max_waiting;
	k->together = calloc(most, sizeof(*k->together));
	k->results = calloc(most, sizeof(*k->results));
	if (!k->group || !k->together || !k->results || !init_lock(k)) {
		release(k);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the keeper");
	}
	clock_gettime(CLOCK_MONOTONIC, &k->last_seal);
	error = pthread_create(&k->thread, NULL, keep, k);
	if (error != 0) {
		pthread_cond_destroy(&k->wake);
		pthread_mutex_destroy(&k->lock);
		release(k);
		return vf_fail(reterr, VF_IO, "no thread for the keeper: %s", strerror(error));
	}
	*ret = k;
	return VF_OK;
}

struct nt_keeper *nt_keeper_free(struct nt_keeper *k)
{
	if (!k)
		return NULL;
	pthread_mutex_lock(&k->lock);
	k->ending = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	release(k);
	return NULL;
}

/* The lock is held. */
static enum vf_rc check_open(const struct nt_keeper *k, struct vf_err *reterr)
{
	if (k->counts.failed != VF_OK)
		return vf_fail(reterr, k->counts.failed, "%s", k->counts.why);
	if (k->ending)
		return vf_fail(reterr, VF_STORE_BUSY, "the notary is being stopped");
	return VF_OK;
}

VF_RC nt_keeper_offer(struct nt_keeper *k, struct nt_offer *o, struct vf_err *reterr)
{
	enum vf_rc rc;

	pthread_mutex_lock(&k->lock);
	rc = check_open(k, reterr);
	if (rc == VF_OK && (o->n > k->options.max_waiting || k->waiting > k->options.max_waiting - o->n))
		rc = vf_fail(reterr, VF_STORE_BUSY, "%zu submissions wait already", k->waiting);
	if (rc == VF_OK) {
		o->next = NULL;
		if (k->last)
			k->last->next = o;
		else
			k->first = o;
		k->last = o;
		k->waiting += o->n;
		pthread_cond_signal(&k->wake);
	}
	pthread_mutex_unlock(&k->lock);
	return rc;
}

VF_RC nt_keeper_call(struct nt_keeper *k, struct nt_call *c, struct vf_err *reterr)
{
	enum vf_rc rc;

	pthread_mutex_lock(&k->lock);
	rc = check_open(k, reterr);
	if (rc == VF_OK) {
		c->next = NULL;
		if (k->last_call)
			k->last_call->next = c;
		else
			k->first_call = c;
		k->last_call = c;
		pthread_cond_signal(&k->wake);
	}
	pthread_mutex_unlock(&k->lock);
	return rc;
}

void nt_keeper_seal_soon(struct nt_keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->seal_soon = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

void nt_keeper_get_counts(struct nt_keeper *k, struct nt_keeper_counts *ret)
{
	pthread_mutex_lock(&k->lock);
	*ret = k->counts;
	ret->waiting = k->waiting;
	pthread_mutex_unlock(&k->lock);
}
