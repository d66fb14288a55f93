#include "notary/renew.h"

#include <stdio.h>
#include <string.h>

#include "notary/notary_inside.h"
#include "notary/stamper.h"
#include "notary/tsp.h"
#include "verify/limits.h"

/* Chains that are worked on in one turn: a service answers others in between. */
#define TURN 32
/* Plans that are made anew for one authority because its time-stamps end too early for some chains. */
#define NARROW 3

static bool is_stopped(const struct nt_renew_options *o)
{
	return o->stop && *o->stop;
}

/* ---- looking ---- */

struct look {
	bool more, again;
	int64_t from;
};

static VF_RC look_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct look *x = arg;

	return x->again ? nt_renewal_look_again(n, TURN, &x->from, &x->more, reterr) : nt_renewal_look(n, TURN, &x->more,
		reterr);
}

static VF_RC look_all(const struct nt_renew_options *o, bool again, struct vf_err *reterr)
{
	struct look x = {.more = true, .again = again, .from = INT64_MIN};
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && x.more && !is_stopped(o))
		rc = o->turn(o->ctx, look_step, &x, reterr);
	return rc;
}

VF_RC nt_renew_look(const struct nt_renew_options *o, bool again, struct vf_err *reterr)
{
	enum vf_rc rc = look_all(o, false, reterr);

	if (rc == VF_OK && again)
		rc = look_all(o, true, reterr);
	return rc == VF_OK && is_stopped(o) ? vf_fail(reterr, VF_INTERRUPTED, "stopped") : rc;
}

/* ---- what is revoked ---- */

struct aside {
	uint64_t from;
	struct nt_renewal_revoked found;
	bool more;
};

static VF_RC find_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct aside *x = arg;

	return nt_renewal_find_revoked(n, TURN, &x->from, &x->more, &x->found, reterr);
}

static VF_RC aside_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct aside *x = arg;

	return nt_renewal_set_aside(n, x->found.renewal, TURN, &x->more, reterr);
}

VF_RC nt_renew_revoked(const struct nt_renew_options *o, bool only_tell, uint64_t *ret, struct vf_err *reterr)
{
	struct aside x = {.from = 0, .more = true};
	enum vf_rc rc = VF_OK;

	*ret = 0;
	while (rc == VF_OK && x.more && !is_stopped(o)) {
		bool more;

		rc = o->turn(o->ctx, find_step, &x, reterr);
		more = x.more;
		if (rc != VF_OK || x.found.renewal == 0)
			continue;
		if (o->revoked)
			o->revoked(o->ctx, &x.found);
		for (x.more = !only_tell; rc == VF_OK && x.more && !is_stopped(o);)
			rc = o->turn(o->ctx, aside_step, &x, reterr);
		x.more = more;
		++*ret;
	}
	return rc == VF_OK && is_stopped(o) ? vf_fail(reterr, VF_INTERRUPTED, "stopped") : rc;
}

/* ---- what is due ---- */

struct due {
	int64_t by;
	struct nt_renewal_due *ret;
};

static VF_RC due_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct due *x = arg;

	return nt_renewal_due(n, x->by, x->ret, reterr);
}

static VF_RC due(const struct nt_renew_options *o, struct nt_renewal_due *ret, struct vf_err *reterr)
{
	return o->turn(o->ctx, due_step, &(struct due){o->by, ret}, reterr);
}

/* ---- one plan ---- */

struct work {
	const struct nt_renew_options *o;
	struct nt_renewal_plan *plan;
	const struct nt_outside_token *reply; /* NULL: the embedded authority stamps */
	bool more;
	struct nt_renewed_now now;
};

static VF_RC gather_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct work *x = arg;

	return nt_renewal_plan_gather(n, x->plan, TURN, &x->more, reterr);
}

static VF_RC stamp_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct work *x = arg;

	return x->reply ? nt_renewal_plan_reply(n, x->plan, x->reply, reterr) : nt_renewal_plan_stamp(n, x->plan, reterr);
}

static VF_RC check_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct work *x = arg;

	return nt_renewal_plan_check(n, x->plan, TURN, &x->more, reterr);
}

static VF_RC store_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct work *x = arg;

	return nt_renewal_plan_store(n, x->plan, &x->now, reterr);
}

static VF_RC whole_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	(void)arg;
	return nt_notary_check_whole(n, reterr);
}

/* A step again and again, until there is no more. */
static VF_RC repeat(struct work *x, nt_renew_step *step, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (x->more = true; rc == VF_OK && x->more;) {
		if (is_stopped(x->o))
			return vf_fail(reterr, VF_INTERRUPTED, "stopped");
		rc = x->o->turn(x->o->ctx, step, x, reterr);
	}
	return rc;
}

static VF_RC ask_outside(struct work *x, const struct nt_authority *a, struct vf_err *reterr)
{
	const struct nt_renew_options *o = x->o;
	struct nt_stamp s = {.imprint = *nt_renewal_plan_imprint(x->plan), .request = nt_buf(NT_TSP_MAX_REQUEST),
		.response = nt_buf(VF_MAX_TOKEN + NT_TSP_MAX_REQUEST)};
	struct nt_outside_token t;
	int64_t later;
	enum vf_rc rc = o->ask ? o->ask(o->ctx, a, &s, reterr) : nt_stamp_once(a, o->folder, &s, &later, reterr);

	if (rc == VF_OK) {
		t = (struct nt_outside_token){.authority = vf_bytes_str(a->name), .request = nt_buf_bytes(&s.request),
			.response = nt_buf_bytes(&s.response), .sent_ms = s.sent_ms, .received_ms = s.received_ms};
		x->reply = &t;
		rc = o->turn(o->ctx, stamp_step, x, reterr);
		x->reply = NULL;
	}
	nt_buf_done(&s.request);
	nt_buf_done(&s.response);
	return rc;
}

/* One renewal by one authority; a is NULL for the embedded one. *ret_chains is 0 when nothing of this is due. */
static VF_RC renew_once(const struct nt_renew_options *o, const struct nt_renewal_wish *w, const struct nt_authority *a,
	uint64_t *ret_chains, int64_t *ret_until, struct vf_err *reterr)
{
	struct work x = {.o = o};
	enum vf_rc rc = nt_renewal_plan_new(w, &x.plan, reterr);

	if (rc == VF_OK)
		rc = repeat(&x, gather_step, reterr);
	if (rc == VF_OK && nt_renewal_plan_chains(x.plan) > 0) {
		rc = a ? ask_outside(&x, a, reterr) : o->turn(o->ctx, stamp_step, &x, reterr);
		*ret_until = nt_renewal_plan_until(x.plan);
		if (rc == VF_OK)
			rc = repeat(&x, check_step, reterr);
		if (rc == VF_OK)
			rc = o->turn(o->ctx, store_step, &x, reterr);
	}
	if (rc == VF_OK && x.now.chains > 0 && o->made)
		o->made(o->ctx, a ? a->name : NT_EMBEDDED, &w->group, &x.now);
	nt_renewal_plan_free(x.plan);
	if (rc == VF_OK)
		*ret_chains = x.now.chains;
	return rc;
}

/* ---- one group ---- */

/* A fault of the notary, or of this machine: nobody else is asked. */
static bool is_own_fault(const struct nt_renew_options *o, enum vf_rc rc)
{
	return rc == VF_NO_MEMORY || rc == VF_INTERRUPTED || rc == VF_NOT_VERIFIED || o->turn(o->ctx, whole_step, NULL,
		NULL) != VF_OK;
}

/*
 * All that this authority can renew of the group. *ret_done: nothing of it is left. When its time-stamps end before
 * some chains do, those that end earlier still gain.
 */
static VF_RC by_one(const struct nt_renew_options *o, const struct nt_chain_group *g, uint64_t since,
	const struct nt_authority *a,
	struct nt_renew_result *r, bool *ret_done, struct vf_err *reterr)
{
	struct nt_renewal_wish w = {.group = *g, .by = o->by, .since = since, .same_end = o->all,
		.kind = o->tree ? NT_RENEWAL_TREE : NT_RENEWAL_STAMP};
	uint64_t chains = 0;
	int narrowed = 0;

	*ret_done = false;
	for (;;) {
		int64_t until = INT64_MIN;
		enum vf_rc rc = renew_once(o, &w, a, &chains, &until, reterr);

		if (rc == VF_RENEW_NO_GAIN && narrowed++ < NARROW && until > g->first) {
			w.by = o->all ? until : until - 1;
			continue;
		}
		if (rc != VF_OK)
			return rc;
		if (chains == 0) {
			*ret_done = narrowed == 0;
			return narrowed == 0 ? VF_OK : vf_fail(reterr, VF_RENEW_NO_GAIN, "the rest ends later than its time-stamps");
		}
		r->renewals++;
		r->chains += chains;
	}
}

/* NULL for the embedded authority, too. */
static bool find_authority(const struct nt_renew_options *o, const char *name, const struct nt_authority **ret)
{
	*ret = nt_authorities_find(o->authorities, vf_bytes_str(name));
	return *ret || strcmp(name, NT_EMBEDDED) == 0;
}

struct candidates {
	const struct nt_authority *of[NT_MAX_AUTHORITIES + 1];
	size_t n;
};

/* Whom to ask, in order; none twice. everybody: however much time there is. */
static void list_candidates(const struct nt_renew_options *o, const struct nt_chain_group *g, int64_t now,
	bool everybody, struct candidates *c)
{
	const char *own = o->authority ? o->authority : g->authority;
	const struct nt_authority *first;
	bool has_own = find_authority(o, own, &first);
	bool others = !o->authority && (!has_own || everybody || g->first - now < o->late_ms);

	c->n = 0;
	if (has_own)
		c->of[c->n++] = first;
	for (size_t i = 0; others && i < o->authorities->n; i++)
		if (!has_own || &o->authorities->list[i] != first)
			c->of[c->n++] = &o->authorities->list[i];
	if (others && o->authorities->embedded && (!has_own || first))
		c->of[c->n++] = NULL;
}

struct time {
	int64_t now;
};

static VF_RC time_step(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct time *x = arg;

	(void)reterr;
	x->now = nt_notary_now(n);
	return VF_OK;
}

static VF_RC renew_group(const struct nt_renew_options *o, const struct nt_chain_group *g, uint64_t since,
	struct nt_renew_result *r, struct vf_err *reterr)
{
	struct candidates c;
	struct time t = {0};
	bool done = false;
	enum vf_rc rc = o->turn(o->ctx, time_step, &t, reterr);

	if (rc != VF_OK)
		return rc;
	list_candidates(o, g, t.now, false, &c);
	for (size_t i = 0; i < c.n && !done; i++) {
		struct vf_err err = {0};

		rc = by_one(o, g, since, c.of[i], r, &done, &err);
		if (rc == VF_OK)
			continue;
		r->rc = rc;
		/* time does not make it good again */
		if (rc == VF_REVOKED)
			list_candidates(o, g, t.now, true, &c);
		if (o->failed)
			o->failed(o->ctx, c.of[i] ? c.of[i]->name : NT_EMBEDDED, g, rc, err.text);
		if (is_own_fault(o, rc))
			return vf_fail(reterr, rc, "%s", err.text);
	}
	r->failed += !done;
	return VF_OK;
}

VF_RC nt_renew(const struct nt_renew_options *o, struct nt_renew_result *ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_renew_look(o, true, reterr);

	*ret = (struct nt_renew_result){.rc = VF_OK};
	if (rc == VF_OK)
		rc = nt_renew_revoked(o, false, &ret->revoked, reterr);
	if (rc == VF_OK)
		rc = due(o, &ret->before, reterr);
	for (size_t i = 0; rc == VF_OK && i < ret->before.n_groups; i++) {
		if (o->tree && ret->before.groups[i].alg != VF_SHA256)
			continue;
		rc = renew_group(o, &ret->before.groups[i], ret->before.renewals, ret, reterr);
	}
	return rc == VF_OK ? due(o, &ret->after, reterr) : rc;
}
