#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/durable.h"
#include "notary/renewer.h"
#include "notary/revocation_keeper.h"
#include "verify/text.h"

const char *const nt_api_horizons[NT_RENEWER_HORIZONS + 1] = {"ended", "7d", "30d", "180d", NULL};

/* ---- what it tells, on the renewer's thread ---- */

static void on_made(void *ctx, const char *authority, const struct nt_chain_group *g, const struct nt_renewed_now *r)
{
	struct nt_api *a = ctx;
	struct nt_json_log_field fields[4] = {nt_log_text("authority", vf_bytes_str(g->authority)),
		nt_log_text("by", vf_bytes_str(authority)), nt_log_number("time_stamps", (int64_t)r->chains), {0}};
	char until[VF_TIME_LEN + 1];

	vf_time_put(until, r->until);
	fields[3] = nt_log_text("until", vf_bytes_str(until));
	nt_metric_add(a->metrics, NT_METRIC_RENEWALS, "ok", NULL, 1);
	/* its certificate is watched like that of any other token */
	if (a->revocation)
		nt_revocation_keeper_token(a->revocation, r->by, r->token);
	if (a->log)
		nt_json_log_put(a->log, &(struct nt_json_log_line){
			.level = NT_LOG_INFO, .event = "evidence_renewed", .code = VF_NOT_CHECKED, .fields = fields, .n_fields = 4});
}

static void on_revoked(void *ctx, const struct nt_renewal_revoked *r)
{
	struct nt_api *a = ctx;
	const struct nt_json_log_field fields[3] = {nt_log_text("authority", vf_bytes_str(r->authority)),
		nt_log_number("renewal", (int64_t)r->renewal), nt_log_number("time_stamps", (int64_t)r->chains)};

	nt_metric_add(a->metrics, NT_METRIC_RENEWALS, "revoked", NULL, 1);
	if (a->log)
		nt_json_log_put(a->log, &(struct nt_json_log_line){
			.level = NT_LOG_ERROR, .event = "renewal_revoked", .code = VF_REVOKED, .fields = fields, .n_fields = 3});
}

/* A warning while there is time, an alarm when less than half of it is left. */
static void on_failed(void *ctx, const char *authority, const struct nt_chain_group *g, bool is_late, enum vf_rc rc,
	const char *why)
{
	struct nt_api *a = ctx;
	struct nt_json_log_field fields[5] = {nt_log_text("authority", vf_bytes_str(g->authority)),
		nt_log_text("by", vf_bytes_str(authority)), nt_log_number("time_stamps", (int64_t)g->chains), {0},
		nt_log_text("why", vf_bytes_str(why))};
	char first[VF_TIME_LEN + 1];

	vf_time_put(first, g->first);
	fields[3] = nt_log_text("end", vf_bytes_str(first));
	nt_metric_add(a->metrics, NT_METRIC_RENEWALS, "failed", NULL, 1);
	if (a->log)
		nt_json_log_put(a->log, &(struct nt_json_log_line){.level = is_late ? NT_LOG_ERROR : NT_LOG_WARN,
			.event = "renewal_failed", .code = rc, .fields = fields, .n_fields = 5});
}

static void on_looked(void *ctx, const struct nt_renewal_due *due, enum vf_rc rc, const char *why)
{
	struct nt_api *a = ctx;
	struct nt_json_log_field field = rc == VF_OK ? nt_log_number("time_stamps", (int64_t)due->ended) :
		nt_log_text("why", vf_bytes_str(why));

	if (!a->log || (rc == VF_OK && due->ended == a->ended_told))
		return;
	if (rc == VF_OK)
		a->ended_told = due->ended;
	nt_json_log_put(a->log, &(struct nt_json_log_line){.level = NT_LOG_ERROR,
		.event = rc == VF_OK ? "evidence_ended" : "renewal_failed", .code = rc == VF_OK ? VF_RENEW_TOO_LATE : rc,
			.fields = &field,
		.n_fields = 1});
}

/* ---- what others ask ---- */

static bool state_of(struct nt_api *a, struct nt_renewer_state *ret)
{
	bool there;

	pthread_mutex_lock(&a->outside_lock);
	there = a->renewer != NULL;
	if (there)
		nt_renewer_get_state(a->renewer, ret);
	pthread_mutex_unlock(&a->outside_lock);
	return there && ret->looked;
}

void nt_api_renewal_count(struct nt_api *a)
{
	struct nt_renewer_state s;

	if (!state_of(a, &s))
		return;
	for (size_t i = 0; i < NT_RENEWER_HORIZONS; i++)
		nt_metric_set(a->metrics, NT_METRIC_RENEWAL_DUE, nt_api_horizons[i], (double)s.ending[i]);
}

void nt_api_renewal_ready(struct nt_api *a, struct nt_buf *out)
{
	struct nt_renewer_state s;

	if (!state_of(a, &s) || (s.due == 0 && s.ending[0] == 0))
		return;
	nt_buf_putf(out, ",\"renewal\":{\"due\":%" PRIu64 ",\"ended\":%" PRIu64, s.due, s.ending[0]);
	if (s.first != VF_TIME_NONE)
		nt_put_time(out, "first", s.first);
	nt_buf_put_u8(out, '}');
}

void nt_api_renewal_tick(struct nt_api *a)
{
	pthread_mutex_lock(&a->outside_lock);
	if (a->renewer)
		nt_renewer_tick(a->renewer, nt_api_ticks());
	pthread_mutex_unlock(&a->outside_lock);
}

/* ---- beginning and end ---- */

VF_RC nt_api_renewal_start(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_renewer_options options = {.keeper = a->keeper, .authorities = nt_notary_authorities(a->n),
		.renew_days = a->config->renew_days, .watch = a->watch, .made = on_made, .failed = on_failed, .revoked = on_revoked,
		.looked = on_looked, .ctx = a};
	struct nt_renewer *r = NULL;
	enum vf_rc rc = a->folder >= 0 ? VF_OK : nt_dir_open(AT_FDCWD, nt_notary_dir(a->n), &a->folder, reterr);

	options.folder = a->folder;
	if (rc == VF_OK)
		rc = nt_renewer_new(&options, &r, reterr);
	if (rc != VF_OK)
		return rc;
	pthread_mutex_lock(&a->outside_lock);
	a->renewer = r;
	pthread_mutex_unlock(&a->outside_lock);
	return VF_OK;
}

void nt_api_renewal_stop(struct nt_api *a)
{
	struct nt_renewer *r;

	pthread_mutex_lock(&a->outside_lock);
	r = a->renewer;
	a->renewer = NULL;
	pthread_mutex_unlock(&a->outside_lock);
	nt_renewer_free(r);
}
