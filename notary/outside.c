#include "notary/outside.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "notary/roots.h"
#include "verify/limits.h"

#define MAX_AGE_MS (INT64_C(7) * 86400000)
/* Seals that are remembered as lacking tokens: more are found again in the store when these are done. */
#define MAX_DEBTS 4096
/* Of an authority that works this many are asked at once; of one that failed, one. */
#define AT_ONCE 4
/* Seals that are looked at in one call of the keeper. */
#define LOOK_AT 1024
#define MAX_REQUEST 4096
/* A new plan for the seal is not made more often than this after all have failed. */
#define PLAN_AGAIN_MS 2000

struct debt {
	uint64_t seal;
	struct vf_digest imprint, imprint512;
	bool has_512;
	int64_t time_ms;     /* of its first token */
	unsigned got, asked; /* bit i: authority i */
};

struct nt_outside {
	struct nt_outside_options options;
	struct nt_authorities list;
	struct nt_stamper *stampers[NT_MAX_AUTHORITIES];

	pthread_mutex_t lock;
	pthread_cond_t idle;
	/* under the lock */
	struct debt debts[MAX_DEBTS];
	size_t n_debts;
	struct nt_plan *plan;
	struct debt planned; /* of the plan; seal is 0 when there is none */
	size_t in_work;      /* stamps and calls that will come back */
	bool ending, looking;
	uint64_t looked;     /* seals up to this one are known, or were looked at */
	bool looked_at_all;  /* nothing older lacks anything, as far as is known */
};

/* A token that is asked for, and then handed to the keeper. */
struct wish {
	struct nt_stamp stamp;
	struct nt_call call;
	struct nt_outside *o;
	size_t who;
	bool is_plan;
};

static void wish_free(struct wish *w)
{
	nt_buf_done(&w->stamp.request);
	nt_buf_done(&w->stamp.response);
	free(w);
}

/* ---- what is known; the lock is held ---- */

static struct debt *find(struct nt_outside *o, uint64_t seal)
{
	for (size_t i = 0; i < o->n_debts; i++)
		if (o->debts[i].seal == seal)
			return &o->debts[i];
	return NULL;
}

static unsigned count(unsigned bits)
{
	return (unsigned)__builtin_popcount(bits);
}

/* Seals from before somebody stamped with SHA-512 have no such root. */
static bool is_possible(const struct nt_outside *o, const struct debt *d, size_t who)
{
	return o->list.list[who].algorithm != VF_SHA512 || d->has_512;
}

/* Has it all the tokens that it can and shall have? */
static bool is_done(const struct nt_outside *o, const struct debt *d)
{
	unsigned can = d->got;

	for (size_t i = 0; i < o->list.n; i++)
		can |= is_possible(o, d, i) ? 1u << i : 0;
	return count(d->got) >= o->list.wanted || can == d->got;
}

static void drop(struct nt_outside *o, struct debt *d)
{
	size_t at = (size_t)(d - o->debts);

	memmove(d, d + 1, (o->n_debts - at - 1) * sizeof(*d));
	o->n_debts--;
}

/* Ascending by seal: the oldest is asked for first. False when there is no room. */
static bool add(struct nt_outside *o, const struct debt *d)
{
	size_t at = o->n_debts;

	if (is_done(o, d) || find(o, d->seal))
		return true;
	if (o->n_debts == MAX_DEBTS)
		return false;
	while (at > 0 && o->debts[at - 1].seal > d->seal)
		at--;
	memmove(&o->debts[at + 1], &o->debts[at], (o->n_debts - at) * sizeof(*d));
	o->debts[at] = *d;
	o->n_debts++;
	return true;
}

static void came_back(struct nt_outside *o)
{
	o->in_work--;
	pthread_cond_broadcast(&o->idle);
}

/* ---- asking ---- */

static void on_stamp(struct nt_stamp *s, enum vf_rc rc, const struct vf_err *err);

/* Hands a wish to authority who; the lock is held. */
static bool ask(struct nt_outside *o, struct debt *d, size_t who, bool is_plan)
{
	bool is_512 = o->list.list[who].algorithm == VF_SHA512;
	struct wish *w = calloc(1, sizeof(*w));

	if (!w)
		return false; /* asked again with the next tick */
	w->o = o;
	w->who = who;
	w->is_plan = is_plan;
	w->stamp = (struct nt_stamp){.seal = d->seal, .imprint = is_512 ? d->imprint512 : d->imprint, .done = on_stamp, .ctx = w,
		.request = nt_buf(MAX_REQUEST), .response = nt_buf(VF_MAX_TOKEN + MAX_REQUEST)};
	d->asked |= 1u << who;
	o->in_work++;
	nt_stamper_ask(o->stampers[who], &w->stamp);
	return true;
}

/* How many more this authority may be asked for now. */
static size_t room_of(struct nt_outside *o, size_t who)
{
	struct nt_stamper_state s;
	size_t most;

	nt_stamper_get_state(o->stampers[who], &s);
	most = s.retry_in_ms > 0 ? 0 : s.works ? AT_ONCE : 1;
	return s.waiting < most ? (size_t)(most - s.waiting) : 0;
}

/* In their order, those that may be asked, until enough are on the way; wanted is 1 for a plan. */
static void ask_for(struct nt_outside *o, struct debt *d, size_t wanted, size_t *room, bool is_plan)
{
	for (size_t i = 0; i < o->list.n && count(d->got | d->asked) < wanted; i++) {
		if (is_possible(o, d, i) && room[i] > 0 && !((d->got | d->asked) >> i & 1) && ask(o, d, i, is_plan))
			room[i]--;
	}
}

static bool has_room(const struct nt_outside *o, const size_t *room)
{
	for (size_t i = 0; i < o->list.n; i++)
		if (room[i] > 0)
			return true;
	return false;
}

/* Asks for whatever can be asked for now; the lock is held. A seal without any token comes first. */
static void go_on(struct nt_outside *o)
{
	size_t room[NT_MAX_AUTHORITIES];

	if (o->ending)
		return;
	for (size_t i = 0; i < o->list.n; i++)
		room[i] = room_of(o, i);
	if (o->planned.seal > 0)
		ask_for(o, &o->planned, 1, room, true);
	for (size_t i = 0; i < o->n_debts && has_room(o, room); i++)
		ask_for(o, &o->debts[i], o->list.wanted, room, false);
}

/* ---- a seal's first token ---- */

/* On the keeper's thread: nobody answered, so that the next plan covers what has come since, too. */
static void end_plan(struct nt_call *c, struct nt_notary *n)
{
	struct wish *w = c->ctx;
	struct nt_outside *o = w->o;
	struct vf_err err;
	enum vf_rc rc = vf_fail(&err, VF_TSA_FAILED, "no authority outside gives a token");

	(void)n;
	nt_keeper_plan_end(o->options.keeper, rc, NULL, &err, PLAN_AGAIN_MS);
	pthread_mutex_lock(&o->lock);
	came_back(o);
	pthread_mutex_unlock(&o->lock);
	wish_free(w);
}

static void refuse(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct wish *w = c->ctx;
	struct nt_outside *o = w->o;

	(void)rc, (void)err;
	pthread_mutex_lock(&o->lock);
	came_back(o);
	pthread_mutex_unlock(&o->lock);
	wish_free(w);
}

/* The lock is held. The keeper refuses calls when it ends or failed: then there is nothing to tell it. */
static void call_keeper(struct nt_outside *o, struct wish *w, void (*run)(struct nt_call *c, struct nt_notary *n))
{
	struct vf_err err;

	w->o = o;
	w->call = (struct nt_call){.run = run, .refused = refuse, .ctx = w};
	o->in_work++;
	if (nt_keeper_call(o->options.keeper, &w->call, &err) == VF_OK)
		return;
	came_back(o);
	wish_free(w);
}

/* The plan is given up: all whom it could ask have failed, or this ends. The lock is held. */
static void give_up(struct nt_outside *o)
{
	struct wish *w;

	if (o->planned.seal == 0 || o->planned.asked != 0)
		return;
	w = calloc(1, sizeof(*w));
	if (!w)
		return; /* once more with the next tick */
	o->plan = nt_plan_free(o->plan);
	o->planned = (struct debt){0};
	call_keeper(o, w, end_plan);
}

void nt_outside_plan(struct nt_outside *o, struct nt_plan *p)
{
	struct debt d = {.seal = nt_plan_seal(p)};
	struct vf_err err;
	enum vf_rc rc = nt_plan_imprint(p, VF_SHA256, &d.imprint, &err);

	d.has_512 = nt_plan_imprint(p, VF_SHA512, &d.imprint512, &err) == VF_OK;
	pthread_mutex_lock(&o->lock);
	if (rc == VF_OK && !o->ending && o->planned.seal == 0) {
		o->plan = p;
		o->planned = d;
		go_on(o);
		/* everybody is left alone for now: the next tick gives up */
		pthread_mutex_unlock(&o->lock);
		return;
	}
	pthread_mutex_unlock(&o->lock);
	nt_plan_free(p);
	rc = vf_fail(&err, VF_TSA_FAILED, "the authorities outside are not asked now");
	nt_keeper_plan_end(o->options.keeper, rc, NULL, &err, PLAN_AGAIN_MS);
}

/* ---- on the keeper's thread ---- */

static VF_RC look_up(struct nt_notary *n, uint64_t seal, const struct nt_outside *o, struct debt *ret, bool *ret_old,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;
	struct vf_err err;
	enum vf_rc rc = nt_notary_seal_get(n, seal, &s, reterr);

	*ret = (struct debt){.seal = seal};
	if (rc == VF_OK)
		rc = nt_notary_imprint(n, seal, VF_SHA256, &ret->imprint, reterr);
	if (rc != VF_OK)
		return rc;
	ret->has_512 = nt_notary_imprint(n, seal, VF_SHA512, &ret->imprint512, &err) == VF_OK;
	for (size_t i = 0; i < s->n_tokens; i++)
		for (size_t k = 0; k < o->list.n; k++)
			if (vf_bytes_is(s->tokens[i].authority, o->list.list[k].name))
				ret->got |= 1u << k;
	ret->time_ms = s->n_tokens > 0 ? s->tokens[0].gen_time : 0;
	*ret_old = s->n_tokens == 0 || s->n_tokens >= VF_MAX_EVIDENCE ||
		nt_notary_now(n) - s->tokens[0].gen_time > o->options.max_age_ms;
	return VF_OK;
}

void nt_outside_sealed(struct nt_outside *o, struct nt_notary *n, uint64_t seal)
{
	struct debt d;
	struct vf_err err;
	bool old, known = look_up(n, seal, o, &d, &old, &err) == VF_OK;

	pthread_mutex_lock(&o->lock);
	/* what cannot be read now, or is too much, is found by a later look */
	if (known && o->looked + 1 == seal && (old || add(o, &d)))
		o->looked = seal;
	else
		o->looked_at_all = false;
	go_on(o);
	pthread_mutex_unlock(&o->lock);
}

static struct nt_outside_token reply_of(const struct wish *w)
{
	return (struct nt_outside_token){.authority = vf_bytes_str(w->o->list.list[w->who].name),
		.request = nt_buf_bytes(&w->stamp.request), .response = nt_buf_bytes(&w->stamp.response), .sent_ms = w->stamp.sent_ms,
		.received_ms = w->stamp.received_ms};
}

static void tell(const struct nt_outside *o, size_t who, enum vf_rc rc, const struct vf_err *err)
{
	if (o->options.failed)
		o->options.failed(o->options.ctx, o->list.list[who].name, rc, err->text);
}

/* A token of a seal that is there. */
static void store(struct nt_call *c, struct nt_notary *n)
{
	struct wish *w = c->ctx;
	struct nt_outside *o = w->o;
	struct nt_outside_token t = reply_of(w);
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_add_token(n, w->stamp.seal, &t, &err);
	bool is_there = rc == VF_OK || rc == VF_EXISTS;
	struct debt *d;

	if (rc == VF_OK && o->options.stored)
		o->options.stored(o->options.ctx, n, w->stamp.seal, o->list.list[w->who].name);
	if (!is_there)
		tell(o, w->who, rc, &err);
	pthread_mutex_lock(&o->lock);
	d = find(o, w->stamp.seal);
	if (d) {
		d->asked &= ~(1u << w->who);
		if (is_there)
			d->got |= 1u << w->who;
		if (rc == VF_LIMIT || is_done(o, d))
			drop(o, d);
	}
	go_on(o);
	came_back(o);
	pthread_mutex_unlock(&o->lock);
	wish_free(w);
}

/* The first token of the plan. */
static void seal(struct nt_call *c, struct nt_notary *n)
{
	struct wish *w = c->ctx;
	struct nt_outside *o = w->o;
	struct nt_outside_token t = reply_of(w);
	struct nt_sealed sealed = {0};
	struct vf_err err = {0};
	struct nt_plan *p;
	enum vf_rc rc;

	pthread_mutex_lock(&o->lock);
	p = o->plan;
	o->plan = NULL;
	o->planned = (struct debt){0};
	pthread_mutex_unlock(&o->lock);
	if (p) {
		rc = nt_notary_seal_plan(n, p, &t, &sealed, &err);
		if (rc != VF_OK)
			tell(o, w->who, rc, &err);
		/* calls nt_outside_sealed() by the keeper's hook */
		nt_keeper_plan_end(o->options.keeper, rc, &sealed, &err, PLAN_AGAIN_MS);
	}
	pthread_mutex_lock(&o->lock);
	came_back(o);
	pthread_mutex_unlock(&o->lock);
	wish_free(w);
}

/* ---- on a stamper's thread ---- */

static void on_stamp(struct nt_stamp *s, enum vf_rc rc, const struct vf_err *err)
{
	struct wish *w = s->ctx;
	struct nt_outside *o = w->o;
	struct debt *d;

	pthread_mutex_lock(&o->lock);
	if (rc != VF_OK && !s->unasked && !o->ending)
		tell(o, w->who, rc, err);
	if (rc == VF_OK && !o->ending) {
		call_keeper(o, w, w->is_plan ? seal : store);
	} else {
		d = w->is_plan ? &o->planned : find(o, s->seal);
		if (d)
			d->asked &= ~(1u << w->who);
		wish_free(w);
		go_on(o);
	}
	came_back(o);
	pthread_mutex_unlock(&o->lock);
}

/* ---- older seals ---- */

/* The first seal that is not too old, by halving: their times ascend but for what outside clocks differ. */
static VF_RC first_young(struct nt_outside *o, struct nt_notary *n, uint64_t seals, uint64_t *ret, struct vf_err *reterr)
{
	uint64_t low = 1, high = seals + 1;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		struct debt d;
		bool old = false;
		enum vf_rc rc = look_up(n, mid, o, &d, &old, reterr);

		if (rc != VF_OK)
			return rc;
		if (old)
			low = mid + 1;
		else
			high = mid;
	}
	*ret = low;
	return VF_OK;
}

/* Takes some of the next seals that lack something into the list. */
static VF_RC look(struct nt_outside *o, struct nt_notary *n, uint64_t *io_after, bool *ret_all, struct vf_err *reterr)
{
	uint64_t found[LOOK_AT], seals, size, pending, last;
	size_t n_found = 0;
	enum vf_rc rc = nt_notary_counts(n, &seals, &size, &pending, reterr);

	if (rc == VF_OK && *io_after == 0 && seals > 0) {
		rc = first_young(o, n, seals, io_after, reterr);
		*io_after -= rc == VF_OK;
	}
	if (rc != VF_OK)
		return rc;
	last = seals - *io_after > LOOK_AT ? *io_after + LOOK_AT : seals;
	rc = last > *io_after ? nt_notary_lacking(n, *io_after, last, o->list.wanted, found, &n_found, reterr) : VF_OK;
	for (size_t i = 0; rc == VF_OK && i < n_found; i++) {
		struct debt d;
		bool old, full;

		rc = look_up(n, found[i], o, &d, &old, reterr);
		if (rc != VF_OK || old)
			continue;
		pthread_mutex_lock(&o->lock);
		add(o, &d);
		full = o->n_debts == MAX_DEBTS;
		pthread_mutex_unlock(&o->lock);
		if (full) {
			*io_after = found[i];
			return VF_OK;
		}
	}
	if (rc == VF_OK)
		*io_after = last;
	*ret_all = rc == VF_OK && last == seals;
	return rc;
}

static void run_look(struct nt_call *c, struct nt_notary *n)
{
	struct wish *w = c->ctx;
	struct nt_outside *o = w->o;
	uint64_t after;
	struct vf_err err;
	bool all = false;
	enum vf_rc rc;

	pthread_mutex_lock(&o->lock);
	after = o->looked;
	pthread_mutex_unlock(&o->lock);
	rc = look(o, n, &after, &all, &err);
	pthread_mutex_lock(&o->lock);
	o->looking = false;
	if (rc == VF_OK) {
		o->looked = after;
		o->looked_at_all = all;
	}
	go_on(o);
	came_back(o);
	pthread_mutex_unlock(&o->lock);
	wish_free(w);
}

static void refuse_look(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct wish *w = c->ctx;

	pthread_mutex_lock(&w->o->lock);
	w->o->looking = false;
	pthread_mutex_unlock(&w->o->lock);
	refuse(c, rc, err);
}

/* What has become too old while nobody answered. The lock is held. */
static void forget_old(struct nt_outside *o)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	while (o->n_debts > 0 && o->debts[0].asked == 0 &&
		(int64_t)now.tv_sec * 1000 - o->debts[0].time_ms > o->options.max_age_ms)
		drop(o, &o->debts[0]);
}

void nt_outside_tick(struct nt_outside *o)
{
	struct wish *w = NULL;

	pthread_mutex_lock(&o->lock);
	forget_old(o);
	go_on(o);
	give_up(o);
	if (!o->ending && !o->looking && !o->looked_at_all && o->n_debts < MAX_DEBTS / 2)
		w = calloc(1, sizeof(*w));
	if (w) {
		struct vf_err err;

		o->looking = true;
		w->o = o;
		w->call = (struct nt_call){.run = run_look, .refused = refuse_look, .ctx = w};
		o->in_work++;
		if (nt_keeper_call(o->options.keeper, &w->call, &err) != VF_OK) {
			o->looking = false;
			came_back(o);
			wish_free(w);
		}
	}
	pthread_mutex_unlock(&o->lock);
}

/* ---- beginning and end ---- */

static VF_RC start(struct nt_outside *o, struct vf_err *reterr)
{
	for (size_t i = 0; i < o->list.n; i++) {
		enum vf_rc rc = nt_stamper_new(&o->list.list[i], o->options.folder, o->options.watch, &o->stampers[i], reterr);

		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

VF_RC nt_outside_new(const struct nt_outside_options *options, struct nt_outside **ret, struct vf_err *reterr)
{
	struct nt_outside *o = calloc(1, sizeof(*o));
	enum vf_rc rc;

	if (!o || pthread_mutex_init(&o->lock, NULL) != 0 || pthread_cond_init(&o->idle, NULL) != 0) {
		free(o);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the authorities outside");
	}
	o->options = *options;
	o->list = *options->authorities;
	o->options.max_age_ms = options->max_age_ms ? options->max_age_ms : MAX_AGE_MS;
	o->looked_at_all = o->list.n == 0;
	rc = start(o, reterr);
	if (rc == VF_OK)
		*ret = o;
	else
		nt_outside_free(o);
	return rc;
}

struct nt_outside *nt_outside_free(struct nt_outside *o)
{
	if (!o)
		return NULL;
	pthread_mutex_lock(&o->lock);
	o->ending = true;
	pthread_mutex_unlock(&o->lock);
	for (size_t i = 0; i < NT_MAX_AUTHORITIES; i++)
		nt_stamper_stop(o->stampers[i]); /* all of them at once: each may take a second */
	for (size_t i = 0; i < NT_MAX_AUTHORITIES; i++)
		o->stampers[i] = nt_stamper_free(o->stampers[i]);
	pthread_mutex_lock(&o->lock);
	give_up(o); /* nothing is asked any more */
	while (o->in_work > 0)
		pthread_cond_wait(&o->idle, &o->lock);
	pthread_mutex_unlock(&o->lock);
	nt_plan_free(o->plan);
	pthread_cond_destroy(&o->idle);
	pthread_mutex_destroy(&o->lock);
	free(o);
	return NULL;
}

void nt_outside_get_state(struct nt_outside *o, struct nt_outside_state *ret)
{
	*ret = (struct nt_outside_state){.n = o->list.n};
	for (size_t i = 0; i < o->list.n; i++) {
		snprintf(ret->of[i].name, sizeof(ret->of[i].name), "%s", o->list.list[i].name);
		nt_stamper_get_state(o->stampers[i], &ret->of[i].now);
	}
	pthread_mutex_lock(&o->lock);
	ret->lacking = o->n_debts;
	ret->planned = o->planned.seal > 0;
	pthread_mutex_unlock(&o->lock);
}
