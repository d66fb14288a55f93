#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/authorities.h"
#include "notary/durable.h"
#include "notary/outside.h"
#include "notary/revocation_ask.h"
#include "notary/revocation_keeper.h"
#include "notary/stamper.h"
#include "notary/turn.h"
#include "verify/limits.h"

/* ---- what it tells ---- */

static void tell_token(struct nt_api *a, struct nt_notary *n, uint64_t seal, const char *authority);

/* The bundles of this seal have one evidence record more. On the keeper's thread. */
static void on_stored(void *ctx, struct nt_notary *n, uint64_t seal, const char *authority)
{
	struct nt_api *a = ctx;

	nt_exporter_forget(a->exporter, seal);
	tell_token(a, n, seal, authority);
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

/* ---- revocation data ---- */

struct answers {
	const struct nt_revocation_answer *list;
	size_t n;
};

static VF_RC store_answers(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	const struct answers *answers = arg;

	for (size_t i = 0; i < answers->n; i++) {
		bool is_new;
		enum vf_rc rc = nt_notary_revocation_put(n, &answers->list[i].revocation, &is_new, reterr);

		if (rc != VF_OK && rc != VF_LIMIT)
			return rc;
	}
	return VF_OK;
}

/* On the thread that asks: what is not stored is asked for again. */
static bool on_revocation(void *ctx, const struct nt_revocation_answer *list, size_t n)
{
	struct nt_api *a = ctx;
	struct answers answers = {list, n};
	struct vf_err err;

	for (size_t i = 0; i < n; i++) {
		struct nt_json_log_field fields[2] = {nt_log_text("authority", list[i].revocation.authority),
			nt_log_text("certificate", vf_bytes_str(list[i].name))};

		if (list[i].revoked)
			nt_json_log_put(a->log, &(struct nt_json_log_line){.level = NT_LOG_ERROR, .event = "authority_revoked",
				.code = VF_REVOKED, .fields = fields, .n_fields = 2});
	}
	return n == 0 || nt_turn(a->keeper, store_answers, &answers, &err) == VF_OK;
}

static VF_RC hold(void *ctx, const struct nt_revocation *r, struct vf_err *reterr)
{
	(void)reterr;
	nt_revocation_keeper_held(ctx, r);
	return VF_OK;
}

/* What the store holds already, and the latest token of each authority. */
static VF_RC load_revocation(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct nt_api *a = arg;
	const struct nt_authorities *list = nt_notary_authorities(n);
	enum vf_rc rc = nt_notary_revocation_each(n, hold, a->revocation, reterr);

	for (size_t i = 0; rc == VF_OK && i < list->n; i++) {
		VF_CLEANUP(nt_buf_done) struct nt_buf der = nt_buf(VF_MAX_TOKEN);
		bool found = false;

		rc = nt_notary_last_token(n, vf_bytes_str(list->list[i].name), &der, &found, reterr);
		if (rc == VF_OK && found)
			nt_revocation_keeper_token(a->revocation, vf_bytes_str(list->list[i].name), nt_buf_bytes(&der));
	}
	return rc;
}

/* Its certificates may be new, or have a new deadline. */
static void tell_token(struct nt_api *a, struct nt_notary *n, uint64_t seal, const char *authority)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;

	if (!a->revocation || nt_notary_seal_get(n, seal, &s, NULL) != VF_OK)
		return;
	for (size_t i = 0; i < s->n_tokens; i++)
		if (vf_bytes_is(s->tokens[i].authority, authority))
			nt_revocation_keeper_token(a->revocation, s->tokens[i].authority, s->tokens[i].der);
}

/* The token that made a seal, where nobody of our own stamps. */
static void tell_first_token(struct nt_api *a, struct nt_notary *n, uint64_t seal)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;

	if (!nt_notary_authorities(n)->embedded && nt_notary_seal_get(n, seal, &s, NULL) == VF_OK && s->n_tokens > 0)
		nt_revocation_keeper_token(a->revocation, s->tokens[0].authority, s->tokens[0].der);
}

/* ---- hooks of the keeper; the pointers change only between them ---- */

void nt_api_outside_sealed(struct nt_api *a, struct nt_notary *n)
{
	uint64_t seals = 0, size, pending;
	struct vf_err err;

	if (nt_notary_counts(n, &seals, &size, &pending, &err) != VF_OK)
		return;
	pthread_mutex_lock(&a->outside_lock);
	if (a->outside) {
		nt_outside_sealed(a->outside, n, seals);
		tell_first_token(a, n, seals);
	}
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

void nt_api_outside_count(struct nt_api *a)
{
	struct nt_outside_state s;
	struct nt_revocation_state r;

	pthread_mutex_lock(&a->outside_lock);
	if (a->outside) {
		nt_outside_get_state(a->outside, &s);
		nt_metric_set(a->metrics, NT_METRIC_SEALS_LACKING, NULL, (double)s.lacking);
		for (size_t i = 0; i < s.n; i++) {
			nt_metric_set(a->metrics, NT_METRIC_OUTSIDE_WORKS, s.of[i].name, s.of[i].now.works ? 1.0 : 0.0);
			if (nt_revocation_keeper_get_state(a->revocation, vf_bytes_str(s.of[i].name), &r))
				nt_metric_set(a->metrics, NT_METRIC_REVOCATION_MISSING, s.of[i].name, (double)r.unsettled);
		}
	}
	pthread_mutex_unlock(&a->outside_lock);
}

/* ---- beginning, end, and another list ---- */

static VF_RC start_revocation(struct nt_api *a, struct vf_err *reterr)
{
	const struct nt_revocation_keeper_options options = {.authorities = nt_notary_authorities(a->n), .folder = a->folder,
		.found = on_revocation, .ctx = a};
	enum vf_rc rc = nt_revocation_keeper_new(&options, &a->revocation, reterr);

	if (rc == VF_OK)
		rc = nt_turn(a->keeper, load_revocation, a, reterr);
	return rc == VF_OK ? nt_revocation_keeper_start(a->revocation, reterr) : rc;
}

/* The folder stays open: what the list names is read again with each reload. */
static VF_RC open_folder(struct nt_api *a, struct vf_err *reterr)
{
	return a->folder >= 0 ? VF_OK : nt_dir_open(AT_FDCWD, nt_notary_dir(a->n), &a->folder, reterr);
}

VF_RC nt_api_outside_start(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_outside *o = NULL;
	struct nt_outside_options options = {.keeper = a->keeper, .authorities = nt_notary_authorities(a->n), .watch = a->watch,
		.stored = on_stored, .failed = on_failed, .ctx = a};
	enum vf_rc rc;

	if (options.authorities->n == 0)
		return VF_OK;
	rc = open_folder(a, reterr);
	if (rc != VF_OK)
		return rc;
	options.folder = a->folder;
	rc = start_revocation(a, reterr);
	if (rc == VF_OK)
		rc = nt_outside_new(&options, &o, reterr);
	if (rc != VF_OK) {
		a->revocation = nt_revocation_keeper_free(a->revocation);
		return rc;
	}
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
	nt_outside_free(o); /* after it nobody tells of tokens */
	a->revocation = nt_revocation_keeper_free(a->revocation);
}

/* The exporter's trust names the authorities, too. */
static VF_RC read_again(void *arg, struct nt_notary *n, struct vf_err *reterr)
{
	struct nt_api *a = arg;
	struct nt_exporter *x = NULL;
	enum vf_rc rc = nt_notary_read_authorities(n, reterr);

	if (rc == VF_OK)
		rc = nt_exporter_new(n, &x, reterr);
	if (rc == VF_OK) {
		nt_exporter_free(a->exporter);
		a->exporter = x;
	}
	return rc;
}

/* All that the new list needs can be read: passwords, keys and roots beside it are looked at before anybody is stopped. */
static VF_RC check_list(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_authorities list;
	enum vf_rc rc = open_folder(a, reterr);

	if (rc == VF_OK)
		rc = nt_authorities_load(a->folder, &list, reterr);
	for (size_t i = 0; rc == VF_OK && i < list.n; i++)
		rc = nt_stamper_check(&list.list[i], a->folder, reterr);
	return rc;
}

VF_RC nt_api_read_authorities(struct nt_api *a, struct vf_err *reterr)
{
	struct vf_err err;
	enum vf_rc rc = check_list(a, reterr), started;

	if (rc != VF_OK)
		return rc;
	nt_api_renewal_stop(a);
	nt_api_outside_stop(a);
	rc = nt_turn(a->keeper, read_again, a, reterr);
	/* those that were there go on when the new list is refused */
	started = nt_api_outside_start(a, &err);
	if (started == VF_OK)
		started = nt_api_renewal_start(a, &err);
	if (rc == VF_OK && started != VF_OK)
		rc = vf_fail(reterr, started, "%s", err.text);
	return rc;
}
