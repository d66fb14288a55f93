#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/authorities.h"
#include "notary/durable.h"
#include "notary/outside.h"

/* ---- what it tells ---- */

/* The bundles of this seal have one evidence record more. On the keeper's thread. */
static void on_stored(void *ctx, struct nt_notary *n, uint64_t seal, const char *authority)
{
	struct nt_api *a = ctx;

	(void)n;
	nt_exporter_forget(a->exporter, seal);
	nt_metric_add(a->metrics, NT_METRIC_OUTSIDE_TOKENS, authority, "ok", 1);
}

/* Of an authority that stays away there is one line for each try, and the tries become rare. */
static void on_failed(void *ctx, const char *authority, enum vf_rc rc, const char *why)
{
	struct nt_api *a = ctx;
	struct nt_json_log_field fields[2] = {nt_log_text("authority", vf_bytes_str(authority)), nt_log_text("why", vf_bytes_str(why))};

	nt_metric_add(a->metrics, NT_METRIC_OUTSIDE_TOKENS, authority, "failed", 1);
	nt_json_log_put(a->log, &(struct nt_json_log_line){
		.level = NT_LOG_WARN, .event = "authority_failed", .code = rc, .fields = fields, .n_fields = 2});
}

/* ---- hooks of the keeper; the pointer changes only between them ---- */

void nt_api_outside_sealed(struct nt_api *a, struct nt_notary *n)
{
	uint64_t seals = 0, size, pending;
	struct vf_err err;

	if (nt_notary_counts(n, &seals, &size, &pending, &err) != VF_OK)
		return;
	pthread_mutex_lock(&a->outside_lock);
	if (a->outside)
		nt_outside_sealed(a->outside, n, seals);
	pthread_mutex_unlock(&a->outside_lock);
}

void nt_api_outside_plan(void *ctx, struct nt_plan *p)
{
	struct nt_api *a = ctx;
	struct vf_err err;
	enum vf_rc rc;

	pthread_mutex_lock(&a->outside_lock);
	if (a->outside) {
		nt_outside_plan(a->outside, p);
		pthread_mutex_unlock(&a->outside_lock);
		return;
	}
	pthread_mutex_unlock(&a->outside_lock);
	nt_plan_free(p);
	rc = vf_fail(&err, VF_TSA_FAILED, "the authorities outside are not asked now");
	nt_keeper_plan_end(a->keeper, rc, NULL, &err, 1000);
}

void nt_api_outside_tick(struct nt_api *a)
{
	pthread_mutex_lock(&a->outside_lock);
	if (a->outside)
		nt_outside_tick(a->outside);
	pthread_mutex_unlock(&a->outside_lock);
}

bool nt_api_outside_state(struct nt_api *a, struct nt_outside_state *ret)
{
	bool there;

	pthread_mutex_lock(&a->outside_lock);
	there = a->outside != NULL;
	if (there)
		nt_outside_get_state(a->outside, ret);
	pthread_mutex_unlock(&a->outside_lock);
	return there;
}

/* ---- beginning, end, and another list ---- */

VF_RC nt_api_outside_start(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_outside *o = NULL;
	struct nt_outside_options options = {.keeper = a->keeper, .authorities = nt_notary_authorities(a->n), .watch = a->watch,
		.stored = on_stored, .failed = on_failed, .ctx = a};
	enum vf_rc rc;

	if (options.authorities->n == 0)
		return VF_OK;
	if (a->folder < 0) {
		rc = nt_dir_open(AT_FDCWD, nt_notary_dir(a->n), &a->folder, reterr);
		if (rc != VF_OK)
			return rc;
	}
	options.folder = a->folder;
	rc = nt_outside_new(&options, &o, reterr);
	if (rc != VF_OK)
		return rc;
	pthread_mutex_lock(&a->outside_lock);
	a->outside = o;
	pthread_mutex_unlock(&a->outside_lock);
	return VF_OK;
}

void nt_api_outside_stop(struct nt_api *a)
{
	struct nt_outside *o;

	pthread_mutex_lock(&a->outside_lock);
	o = a->outside;
	a->outside = NULL;
	pthread_mutex_unlock(&a->outside_lock);
	nt_outside_free(o);
}

/* What is done on the keeper's thread, and waited for. */
struct read_again {
	struct nt_call call;
	struct nt_api *api;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
	enum vf_rc rc;
	struct vf_err err;
};

static void end_read(struct read_again *r, enum vf_rc rc, const struct vf_err *err)
{
	pthread_mutex_lock(&r->lock);
	r->rc = rc;
	if (rc != VF_OK)
		r->err = *err;
	r->is_done = true;
	pthread_cond_signal(&r->done);
	pthread_mutex_unlock(&r->lock);
}

/* The exporter's trust names the authorities, too. */
static void read_again(struct nt_call *c, struct nt_notary *n)
{
	struct read_again *r = c->ctx;
	struct nt_exporter *e = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_read_authorities(n, &err);

	if (rc == VF_OK)
		rc = nt_exporter_new(n, &e, &err);
	if (rc == VF_OK) {
		nt_exporter_free(r->api->exporter);
		r->api->exporter = e;
	}
	end_read(r, rc, &err);
}

static void refused_read(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	end_read(c->ctx, rc, err);
}

VF_RC nt_api_read_authorities(struct nt_api *a, struct vf_err *reterr)
{
	struct read_again r = {.call = {.run = read_again, .refused = refused_read}, .api = a,
		.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
	struct vf_err err;
	enum vf_rc rc;

	r.call.ctx = &r;
	nt_api_outside_stop(a);
	rc = nt_keeper_call(a->keeper, &r.call, reterr);
	if (rc != VF_OK)
		return rc;
	pthread_mutex_lock(&r.lock);
	while (!r.is_done)
		pthread_cond_wait(&r.done, &r.lock);
	pthread_mutex_unlock(&r.lock);
	/* those that were there go on when the new list is refused */
	rc = nt_api_outside_start(a, &err);
	if (r.rc != VF_OK)
		return vf_fail(reterr, r.rc, "%s", r.err.text);
	return rc == VF_OK ? rc : vf_fail(reterr, rc, "%s", err.text);
}
