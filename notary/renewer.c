#include "notary/renewer.h"

#include <pthread.h>
#include <stdlib.h>

#include "notary/stamper.h"
#include "notary/turn.h"
#include "verify/limits.h"
#include "verify/text.h"

#define DAY_MS INT64_C(86400000)
#define LOOK_MS INT64_C(3600000)
/* A look after which nothing was left but what nobody's time-stamps outlast: these change their certificates rarely. */
#define NO_GAIN_LOOKS 24

const int nt_renewer_days[NT_RENEWER_HORIZONS] = {0, 7, 30, 180};

struct nt_renewer {
	struct nt_renewer_options options;
	struct nt_authorities list;
	pthread_t thread;
	_Atomic bool stop;
	pthread_mutex_t lock; /* of the rest */
	pthread_cond_t wake;
	struct nt_stamper *stamper; /* that is asked now */
	int64_t pause, until;       /* between looks; 0: it looks. Until when, once a tick was in it */
	bool begun, is_due;
	struct nt_renewer_state state;
};

/* ---- asking outside ---- */

static void on_stamp(struct nt_stamp *s, enum vf_rc rc, const struct vf_err *err)
{
	nt_wait_end(s->ctx, rc, err);
}

/* By a stamper of its own, which nt_renewer_free() ends at any time, and which tells the clock watch. */
static VF_RC ask(void *ctx, const struct nt_authority *a, struct nt_stamp *s, struct vf_err *reterr)
{
	struct nt_renewer *r = ctx;
	struct nt_wait w;
	struct nt_stamper *stamper = NULL;
	enum vf_rc rc = nt_stamper_new(a, r->options.folder, r->options.watch, &stamper, reterr);

	if (rc != VF_OK)
		return rc;
	nt_wait_init(&w);
	s->done = on_stamp;
	s->ctx = &w;
	nt_stamper_ask(stamper, s);
	pthread_mutex_lock(&r->lock);
	r->stamper = stamper;
	if (r->stop)
		nt_stamper_stop(stamper);
	pthread_mutex_unlock(&r->lock);
	rc = nt_wait_for(&w, reterr);
	pthread_mutex_lock(&r->lock);
	r->stamper = NULL;
	pthread_mutex_unlock(&r->lock);
	nt_stamper_free(stamper);
	nt_wait_done(&w);
	return r->stop && rc != VF_OK ? vf_fail(reterr, VF_INTERRUPTED, "stopped") : rc;
}

/* ---- one look ---- */

struct look {
	struct nt_renewer *r;
	struct nt_renew_options o;
	int64_t now;
	bool other_failure; /* than RENEW_NO_GAIN */
};

static VF_RC call_turn(void *ctx, nt_renew_step *step, void *arg, struct vf_err *reterr)
{
	struct look *x = ctx;

	return nt_turn(x->r->options.keeper, step, arg, reterr);
}

static VF_RC call_ask(void *ctx, const struct nt_authority *a, struct nt_stamp *s, struct vf_err *reterr)
{
	struct look *x = ctx;

	return ask(x->r, a, s, reterr);
}

static void call_made(void *ctx, const char *authority, const struct nt_chain_group *g,
	const struct nt_renewed_now *now)
{
	struct look *x = ctx;
	struct nt_renewer *r = x->r;

	pthread_mutex_lock(&r->lock);
	r->state.renewals++;
	pthread_mutex_unlock(&r->lock);
	if (r->options.made)
		r->options.made(r->options.ctx, authority, g, now);
}

static void call_failed(void *ctx, const char *authority, const struct nt_chain_group *g, enum vf_rc rc,
	const char *why)
{
	struct look *x = ctx;
	struct nt_renewer *r = x->r;

	if (rc == VF_INTERRUPTED)
		return;
	x->other_failure |= rc != VF_RENEW_NO_GAIN;
	pthread_mutex_lock(&r->lock);
	r->state.failures++;
	pthread_mutex_unlock(&r->lock);
	if (r->options.failed)
		r->options.failed(r->options.ctx, authority, g, g->first - x->now < x->o.late_ms, rc, why);
}

static void call_revoked(void *ctx, const struct nt_renewal_revoked *revoked)
{
	struct look *x = ctx;

	if (x->r->options.revoked)
		x->r->options.revoked(x->r->options.ctx, revoked);
}

struct counts {
	struct nt_renewer_state *state;
	int64_t now;
};

static VF_RC count_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct counts *x = arg;
	struct nt_renewal_due *d = calloc(1, sizeof(*d));
	enum vf_rc rc = d ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory to look at seals");

	for (size_t i = 0; rc == VF_OK && i < NT_RENEWER_HORIZONS; i++) {
		rc = nt_renewal_due(n, x->now + nt_renewer_days[i] * DAY_MS, d, reterr);
		x->state->ending[i] = i == 0 ? d->ended : d->chains;
	}
	free(d);
	return rc;
}

static VF_RC time_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	int64_t *now = arg;

	(void)reterr;
	*now = nt_notary_now(n);
	return VF_OK;
}

/* Renews what is due. False when nothing is to be expected for a while: nobody's time-stamps outlast what is left. */
static bool look(struct nt_renewer *r)
{
	struct nt_renew_result *result = calloc(1, sizeof(*result));
	struct look x = {.r = r};
	struct nt_renewer_state s;
	struct vf_err err = {0};
	enum vf_rc rc = result ? nt_turn(r->options.keeper, time_step, &x.now, &err) : vf_fail(&err, VF_NO_MEMORY, "no memory to renew");
	bool go_on = true;

	x.o = (struct nt_renew_options){.turn = call_turn, .authorities = &r->list, .folder = r->options.folder,
		.stop = &r->stop,
		.by = x.now + r->options.renew_days * DAY_MS, .late_ms = r->options.renew_days * DAY_MS / 2, .ask = call_ask,
		.made = call_made, .failed = call_failed, .revoked = call_revoked, .ctx = &x};
	if (rc == VF_OK)
		rc = nt_renew(&x.o, result, &err);
	pthread_mutex_lock(&r->lock);
	s = r->state;
	pthread_mutex_unlock(&r->lock);
	if (rc == VF_OK)
		rc = nt_turn(r->options.keeper, count_step, &(struct counts){&s, x.now}, &err);
	if (rc == VF_OK) {
		s.looked = true;
		s.due = result->after.chains;
		s.first = result->after.first;
		go_on = result->failed == 0 || x.other_failure;
		pthread_mutex_lock(&r->lock);
		s.renewals = r->state.renewals;
		s.failures = r->state.failures;
		r->state = s;
		pthread_mutex_unlock(&r->lock);
	}
	if (r->options.looked && rc != VF_INTERRUPTED)
		r->options.looked(r->options.ctx, rc == VF_OK ? &result->after : NULL, rc, err.text);
	free(result);
	return go_on;
}

static void *work(void *arg)
{
	struct nt_renewer *r = arg;

	while (!r->stop) {
		bool go_on = look(r);

		pthread_mutex_lock(&r->lock);
		r->pause = (r->options.look_ms > 0 ? r->options.look_ms : LOOK_MS) * (go_on ? 1 : NO_GAIN_LOOKS);
		r->begun = r->is_due = false;
		while (!r->stop && !r->is_due)
			pthread_cond_wait(&r->wake, &r->lock);
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

void nt_renewer_tick(struct nt_renewer *r, int64_t ticks_ms)
{
	pthread_mutex_lock(&r->lock);
	/* the pause begins with the first tick in it */
	if (r->pause > 0 && !r->begun) {
		r->begun = true;
		r->until = ticks_ms + r->pause;
	} else if (r->pause > 0 && ticks_ms >= r->until) {
		r->pause = 0;
		r->is_due = true;
		pthread_cond_signal(&r->wake);
	}
	pthread_mutex_unlock(&r->lock);
}

/* ---- beginning and end ---- */

VF_RC nt_renewer_new(const struct nt_renewer_options *options, struct nt_renewer **ret, struct vf_err *reterr)
{
	struct nt_renewer *r = calloc(1, sizeof(*r));

	if (!r)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the renewal of evidence");
	r->options = *options;
	r->list = *options->authorities;
	r->options.authorities = &r->list;
	r->state.first = VF_TIME_NONE;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	if (pthread_create(&r->thread, NULL, work, r) != 0) {
		pthread_cond_destroy(&r->wake);
		pthread_mutex_destroy(&r->lock);
		free(r);
		return vf_fail(reterr, VF_NO_MEMORY, "no thread for the renewal of evidence");
	}
	*ret = r;
	return VF_OK;
}

struct nt_renewer *nt_renewer_free(struct nt_renewer *r)
{
	if (!r)
		return NULL;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	nt_stamper_stop(r->stamper);
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
	return NULL;
}

void nt_renewer_get_state(struct nt_renewer *r, struct nt_renewer_state *ret)
{
	pthread_mutex_lock(&r->lock);
	*ret = r->state;
	pthread_mutex_unlock(&r->lock);
}
