#include "notary/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/api_tsa.h"
#include "notary/outside.h"
#include "notary/random.h"
#include "notary/tsp.h"
#include "trial/kind.h"
#include "verify/checkpoint.h"
#include "verify/text.h"

#define KEEP_KEYS_MS INT64_C(86400000)
#define MAX_KEYS ((size_t)1 << 20)
#define MAX_GROUP 10000
#define DAY_MS INT64_C(86400000)
#define RETRY_MS INT64_C(60000)
/* A seal that is this late is a fault: a receipt promises the log within NT_RECEIPT_DELAY. */
#define LATE_MS INT64_C(30000)

const struct nt_api_route nt_api_routes[] = {
	{NT_HTTP_POST, "/v1/records", NT_RIGHT_SUBMIT, false, true, NT_API_MAX_MULTIPART, nt_api_submit, {NULL}},
	{NT_HTTP_GET, "/v1/records", NT_RIGHT_READ, false, false, 0, nt_api_list, {"study", "sha256", "link", "after", "limit"}},
	{NT_HTTP_POST, "/v1/records/bulk", NT_RIGHT_SUBMIT, false, true, NT_API_MAX_BULK, nt_api_bulk, {NULL}},
	{NT_HTTP_GET, "/v1/records/*", NT_RIGHT_READ, false, false, 0, nt_api_get, {"wait"}},
	{NT_HTTP_DELETE, "/v1/records/*", NT_RIGHT_ERASE, false, false, 0, nt_api_erase, {NULL}},
	{NT_HTTP_GET, "/v1/records/*/receipt", NT_RIGHT_READ, false, false, 0, nt_api_receipt, {NULL}},
	{NT_HTTP_GET, "/v1/records/*/bundle", NT_RIGHT_READ, false, false, 0, nt_api_bundle, {"wait"}},
	{NT_HTTP_GET, "/v1/stream", NT_RIGHT_SUBMIT, false, false, 0, nt_api_stream, {"study"}},
	{NT_HTTP_GET, "/v1/log", NT_RIGHT_NONE, false, false, 0, nt_api_log, {NULL}},
	{NT_HTTP_GET, "/v1/log/inclusion", NT_RIGHT_NONE, false, false, 0, nt_api_inclusion, {"index", "size"}},
	{NT_HTTP_GET, "/v1/log/consistency", NT_RIGHT_NONE, false, false, 0, nt_api_consistency, {"from", "to"}},
	{NT_HTTP_GET, "/v1/log/proof", NT_RIGHT_NONE, false, false, 0, nt_api_proof, {"id"}},
	{NT_HTTP_GET, "/v1/seals/*", NT_RIGHT_NONE, false, false, 0, nt_api_seal, {NULL}},
	{NT_HTTP_GET, "/checkpoint", NT_RIGHT_NONE, false, false, 0, nt_api_checkpoint, {NULL}},
	{NT_HTTP_GET, "/tile/**", NT_RIGHT_NONE, false, false, 0, nt_api_tile, {NULL}},
	{NT_HTTP_POST, "/v1/seal", NT_RIGHT_ADMIN, false, false, 0, nt_api_seal_now, {NULL}},
	{NT_HTTP_GET, "/v1/parties", NT_RIGHT_ADMIN, false, false, 0, nt_api_parties, {NULL}},
	{NT_HTTP_POST, "/v1/parties", NT_RIGHT_ADMIN, false, false, NT_API_MAX_SMALL, nt_api_party_add, {NULL}},
	{NT_HTTP_DELETE, "/v1/parties/*", NT_RIGHT_ADMIN, false, false, 0, nt_api_party_revoke, {NULL}},
	{NT_HTTP_GET, "/v1/tokens", NT_RIGHT_ADMIN, false, false, 0, nt_api_tokens, {NULL}},
	{NT_HTTP_POST, "/v1/tokens", NT_RIGHT_ADMIN, false, false, NT_API_MAX_SMALL, nt_api_token_new, {NULL}},
	{NT_HTTP_DELETE, "/v1/tokens/*", NT_RIGHT_ADMIN, false, false, 0, nt_api_token_revoke, {NULL}},
	{NT_HTTP_GET, "/v1/audit/events", NT_RIGHT_ADMIN, false, false, 0, nt_api_audit_events, {"after", "limit"}},
	{NT_HTTP_POST, "/v1/audit/seal", NT_RIGHT_ADMIN, false, false, 0, nt_api_audit_seal, {NULL}},
	{NT_HTTP_POST, "/tsa", NT_RIGHT_NONE, false, false, NT_TSP_MAX_REQUEST, nt_api_tsa_ask, {NULL}},
	{NT_HTTP_GET, "/tsa/certificates", NT_RIGHT_NONE, false, false, 0, nt_api_tsa_certificates, {NULL}},
	{NT_HTTP_GET, "/tsa/crl", NT_RIGHT_NONE, false, false, 0, nt_api_tsa_crl, {NULL}},
	{NT_HTTP_GET, "/livez", NT_RIGHT_NONE, false, false, 0, nt_api_livez, {NULL}},
	{NT_HTTP_GET, "/readyz", NT_RIGHT_NONE, false, false, 0, nt_api_readyz, {NULL}},
	{NT_HTTP_GET, "/metrics", NT_RIGHT_ADMIN, true, false, 0, nt_api_metrics, {NULL}},
};
const size_t nt_api_n_routes = sizeof(nt_api_routes) / sizeof(nt_api_routes[0]);

/* ---- finding a route ---- */

static bool matches(const char *pattern, struct vf_bytes path)
{
	size_t i = 0;

	for (; *pattern; pattern++) {
		if (*pattern == '*') {
			size_t begin = i;

			while (i < path.n && (pattern[1] == '*' || path.p[i] != '/'))
				i++;
			if (i == begin)
				return false;
			pattern += pattern[1] == '*';
			continue;
		}
		if (i == path.n || path.p[i] != (uint8_t)*pattern)
			return false;
		i++;
	}
	return i == path.n;
}

/* The route, and all methods of its path; NULL when the path has not this method. */
static const struct nt_api_route *find_route(const struct nt_api *a, struct vf_bytes path, enum nt_http_method method, unsigned *ret_methods)
{
	const struct nt_api_route *found = NULL;

	*ret_methods = 0;
	for (size_t i = 0; i < nt_api_n_routes; i++) {
		const struct nt_api_route *r = &nt_api_routes[i];
		bool fixed = !strchr(r->path, '*');

		/* "/v1/records/bulk" is no ID */
		if (!nt_api_tsa_serves(a, r) || !matches(r->path, path) || (!fixed && vf_bytes_is(path, "/v1/records/bulk")))
			continue;
		*ret_methods |= r->method;
		if (r->method == method)
			found = r;
	}
	return found;
}

static bool is_loopback(const char *peer)
{
	return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 || strncmp(peer, "::ffff:127.", 11) == 0;
}

/* From this machine itself: what a proxy on it hands on comes from anywhere, and says so when it is well set up. */
static bool is_local(const struct nt_http_request *q)
{
	static const char *const by_proxy[] = {"forwarded", "x-forwarded-for", "x-real-ip", "via"};
	struct vf_bytes value;

	for (size_t i = 0; i < sizeof(by_proxy) / sizeof(by_proxy[0]); i++)
		if (nt_http_header(q, by_proxy[i], &value))
			return false;
	return is_loopback(nt_http_peer(q));
}

/* Who it is, and whether the role has the right at all; a denial is an event of the job. */
static VF_RC check_head(struct nt_job *j, struct vf_err *reterr)
{
	enum nt_about about = nt_job_find_id(j) ? NT_ABOUT_RECORD : NT_ABOUT_NONE;
	enum vf_rc rc;

	if (j->route->right == NT_RIGHT_NONE || (j->route->loopback && is_local(j->q)))
		return VF_OK;
	if (j->route->right == NT_RIGHT_ADMIN) /* nothing of a study: the scope must be any */
		return nt_job_check(j, NT_RIGHT_ADMIN, vf_bytes(NULL, 0), vf_bytes(NULL, 0), NT_ABOUT_NONE, NULL, reterr);
	rc = nt_job_check(j, NT_RIGHT_NONE, vf_bytes(NULL, 0), vf_bytes(NULL, 0), about, &j->id, reterr);
	if (rc == VF_OK && !(j->who.rights & NT_RIGHT_BIT(j->route->right))) {
		rc = vf_fail(reterr, VF_FORBIDDEN, "credential %" PRIu64 " of '%s' (%s) may not %s", j->who.credential,
			j->who.party, nt_role_name(j->who.role), nt_right_name(j->route->right));
		nt_job_event(j, j->route->right, about, &j->id, rc, 1);
	}
	return rc;
}

void nt_api_route(void *ctx, struct nt_http_request *q, struct nt_http_route *ret)
{
	const struct nt_api *a = ctx;
	const struct nt_api_route *r = find_route(a, nt_http_path(q), nt_http_method(q), &ret->methods);
	struct nt_job probe = {.api = ctx, .q = q, .route = r};

	if (!r)
		return;
	ret->tag = (void *)(uintptr_t)r; /* only ever read as what it is */
	ret->max_body = r->max_body;
	ret->to_file = r->to_file;
	/* gigabytes are for documents that will be kept: all else would only fill the disk, and be refused then */
	if (r->max_body == NT_API_MAX_MULTIPART && (!a->policy.keep || !nt_http_is_type(q, "multipart/form-data")))
		ret->max_body = NT_INTAKE_MAX_JSON + NT_API_MAX_SMALL; /* with the lines around a part */
	/* the event of a denial takes time: the handler sees to it */
	ret->unread = check_head(&probe, NULL) != VF_OK;
}

void nt_api_handle(void *ctx, struct nt_http_request *q)
{
	struct nt_api *a = ctx;
	const struct nt_api_route *r = nt_http_tag(q);
	struct nt_job *j = nt_job_new(a, q, r);
	const struct nt_http_pair *unknown;
	struct vf_err err = {0};
	enum vf_rc rc;

	if (!j) {
		nt_http_problem(q, &(struct nt_http_problem){.status = 503, .rc = VF_NO_MEMORY, .retry_after = 1});
		return;
	}
	rc = check_head(j, &err);
	if (rc == VF_OK && nt_http_is_unread(q))
		rc = vf_fail(&err, VF_HTTP_BUSY, "the credential has changed meanwhile: try again");
	if (rc != VF_OK) {
		nt_metric_add(a->metrics, NT_METRIC_AUTH_FAILURES, vf_rc_name(rc), NULL, 1);
		nt_job_refuse(j, rc, &err, rc == VF_FORBIDDEN || rc == VF_HTTP_BUSY ? NULL : "Authorization");
		nt_job_end(j);
		return;
	}
	unknown = nt_http_param_unknown(q, r->params);
	if (unknown) {
		char name[NT_FIELD_MAX];

		vf_text_escape(name, sizeof(name), unknown->name);
		nt_job_fail(j, VF_HTTP_SHAPE, name, "this path has no such parameter");
		return;
	}
	r->start(j);
}

/* ---- health ---- */

void nt_api_livez(struct nt_job *j)
{
	nt_buf_put_str(&j->body, "{\"status\":\"alive\"}\n");
	nt_job_end(j);
}

static VF_RC check_sealing(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_keeper_counts c;

	nt_keeper_get_counts(a->keeper, &c);
	if (c.failed != VF_OK)
		return vf_fail(reterr, c.failed, "%s", c.why);
	if (nt_trail_failed(a->trail) != VF_OK)
		return vf_fail(reterr, nt_trail_failed(a->trail), "audit events cannot be stored");
	/* nobody of our own stamps: records are taken, and wait; that is said, and no fault of the service */
	if (!nt_notary_authorities(a->n)->embedded)
		return VF_OK;
	if (c.unsealed_since && nt_api_ticks() - c.unsealed_since > LATE_MS + (int64_t)a->config->seal_ms)
		return vf_fail(reterr, VF_TSA_FAILED, "records wait for a seal since %" PRId64 " s",
			(nt_api_ticks() - c.unsealed_since) / 1000);
	return VF_OK;
}

/* What the service is, and of the authorities outside who works and what is missing. */
static void put_ready(struct nt_job *j)
{
	struct nt_outside_state s;
	struct nt_keeper_counts c;

	nt_buf_put_str(&j->body, "{\"status\":\"ready\"");
	if (nt_api_outside_state(j->api, &s)) {
		nt_keeper_get_counts(j->api->keeper, &c);
		nt_buf_putf(&j->body, ",\"waiting_seconds\":%" PRId64 ",\"seals_lacking_tokens\":%" PRIu64 ",\"authorities\":[",
			c.unsealed_since ? (nt_api_ticks() - c.unsealed_since) / 1000 : 0, s.lacking);
		for (size_t i = 0; i < s.n; i++)
			nt_buf_putf(&j->body, "%s{\"name\":\"%s\",\"works\":%s}", i ? "," : "", s.of[i].name,
				s.of[i].now.works ? "true" : "false");
		nt_buf_put_str(&j->body, "]");
	}
	nt_api_renewal_ready(j->api, &j->body);
	nt_buf_put_str(&j->body, "}\n");
}

static VF_RC run_ready(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_head(n, reterr);

	if (rc == VF_OK)
		rc = check_sealing(j->api, reterr);
	if (rc == VF_OK)
		rc = nt_api_tsa_ready(j->api, reterr);
	if (rc != VF_OK)
		j->status = 503;
	else
		put_ready(j);
	return rc;
}

void nt_api_readyz(struct nt_job *j)
{
	nt_job_call(j, run_ready);
}

/* ---- metrics ---- */

static void count_keeper(struct nt_api *a)
{
	struct nt_keeper_counts c;

	nt_keeper_get_counts(a->keeper, &c);
	nt_metric_set(a->metrics, NT_METRIC_POOL_ENTRIES, NULL, (double)(c.waiting + c.pending));
	nt_metric_raise(a->metrics, NT_METRIC_SEQUENCING_ROUNDS, "none", NULL, c.seals);
	nt_metric_raise(a->metrics, NT_METRIC_SEQUENCING_ROUNDS, "failed", NULL, c.seal_faults);
	nt_api_outside_count(a);
	nt_api_renewal_count(a);
	nt_metric_set(a->metrics, NT_METRIC_OLDEST_UNSEALED, NULL,
		c.unsealed_since ? (double)(nt_api_ticks() - c.unsealed_since) / 1000.0 : 0.0);
	if (c.failed != VF_OK)
		nt_metric_raise(a->metrics, NT_METRIC_STORAGE_ERRORS, vf_rc_name(c.failed), NULL, 1);
	nt_metric_raise(a->metrics, NT_METRIC_LOG_LINES_DROPPED, NULL, NULL, a->log ? nt_json_log_dropped(a->log) : 0);
	nt_api_tsa_count(a);
	nt_api_clock_count(a);
	if (a->http)
		nt_metric_set(a->metrics, NT_METRIC_HTTP_IN_FLIGHT, NULL, (double)nt_http_stats(a->http).waiting);
}

static VF_RC run_metrics(struct nt_job *j, struct nt_notary *n, struct vf_err *reterr)
{
	uint64_t seals, size, pending;
	enum vf_rc rc = nt_notary_counts(n, &seals, &size, &pending, reterr);

	if (rc != VF_OK)
		return rc;
	count_keeper(j->api);
	nt_metric_set(j->api->metrics, NT_METRIC_TREE_SIZE, NULL, (double)size);
	nt_metric_set(j->api->metrics, NT_METRIC_TREE_TIMESTAMP, NULL, (double)nt_notary_head_time(n) / 1000.0);
	nt_metrics_put(j->api->metrics, &j->body);
	return VF_OK;
}

/* Also when the notary has stopped: that is when somebody looks. */
static void refused_metrics(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_job *j = c->ctx;

	(void)rc;
	(void)err;
	count_keeper(j->api);
	nt_metrics_put(j->api->metrics, &j->body);
	nt_job_end(j);
}

static void run_metrics_call(struct nt_call *c, struct nt_notary *n)
{
	struct nt_job *j = c->ctx;
	struct vf_err err;
	enum vf_rc rc = run_metrics(j, n, &err);

	if (rc != VF_OK)
		nt_job_refuse(j, rc, &err, NULL);
	nt_job_end(j);
}

void nt_api_metrics(struct nt_job *j)
{
	struct vf_err err;
	enum vf_rc rc;

	j->type = NT_METRICS_TYPE;
	j->call = (struct nt_call){.run = run_metrics_call, .refused = refused_metrics, .ctx = j};
	rc = nt_keeper_call(j->api->keeper, &j->call, &err);
	if (rc != VF_OK)
		refused_metrics(&j->call, rc, &err);
}

/* ---- what was answered ---- */

void nt_api_event(void *ctx, const struct nt_http_event *e)
{
	struct nt_api *a = ctx;
	const struct nt_api_route *r = e->tag;
	const char *route = r ? r->path : "other";
	struct nt_json_log_field fields[4];
	char code[8];

	snprintf(code, sizeof(code), "%u", e->status);
	nt_metric_add(a->metrics, NT_METRIC_HTTP_REQUESTS, route, code, 1);
	nt_metric_observe(a->metrics, NT_METRIC_HTTP_DURATION, route, (double)e->microseconds / 1e6);
	if (!a->log || (e->status < 400 && !a->config->log_requests))
		return;
	fields[0] = nt_log_text("route", vf_bytes_str(route));
	fields[1] = nt_log_number("status", e->status);
	fields[2] = nt_log_number("microseconds", e->microseconds);
	fields[3] = nt_log_text("start", vf_bytes_str(a->prefix));
	nt_json_log_put(a->log, &(struct nt_json_log_line){.level = e->status >= 500 ? NT_LOG_WARN : NT_LOG_INFO,
		.event = "request",
		.code = e->rc == VF_OK ? VF_NOT_CHECKED : e->rc,
		.request_id = e->id,
		.fields = fields,
		.n_fields = 4});
}

/* ---- waiting for a seal ---- */

/* Calls all that wait, or those that are late, again; now: on the keeper's thread. */
static void call_waiting(struct nt_api *a, bool only_late, struct nt_notary *now)
{
	struct nt_job *list, *next, **at;
	int64_t ticks = nt_api_ticks();

	pthread_mutex_lock(&a->lock);
	list = NULL;
	for (at = &a->waiting; *at;) {
		struct nt_job *j = *at;

		if (only_late && ticks < j->deadline && !a->stopping) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		j->next = list;
		list = j;
	}
	pthread_mutex_unlock(&a->lock);
	for (; list; list = next) {
		next = list->next;
		if (now)
			list->call.run(&list->call, now);
		else
			nt_job_call(list, list->run);
	}
}

static void on_sealed(void *ctx, struct nt_notary *n)
{
	nt_api_outside_sealed(ctx, n);
	call_waiting(ctx, false, n);
}

void nt_api_stop(struct nt_api *a)
{
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_mutex_unlock(&a->lock);
	call_waiting(a, true, NULL);
}

/* ---- the audit trail's day ---- */

struct audit_call {
	struct nt_call call;
	struct nt_api *api;
};

static void end_audit(struct audit_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_api *a = c->api;
	struct nt_json_log_field why = nt_log_text("why", vf_bytes_str(rc == VF_OK ? "" : err->text));

	if (rc == VF_OK)
		nt_metric_set(a->metrics, NT_METRIC_AUDIT_LAST_SUCCESS, NULL, (double)nt_notary_now(a->n) / 1000.0);
	else
		nt_json_log_put(a->log, &(struct nt_json_log_line){
			.level = NT_LOG_ERROR, .event = "audit_not_sealed", .code = rc, .fields = &why, .n_fields = 1});
	pthread_mutex_lock(&a->lock);
	a->audit_runs = false;
	if (rc != VF_OK) {
		a->audit_day = -1;
		a->audit_after = nt_api_ticks() + RETRY_MS;
	}
	pthread_mutex_unlock(&a->lock);
	free(c);
}

static void run_audit(struct nt_call *call, struct nt_notary *n)
{
	struct audit_call *c = call->ctx;
	struct vf_err err = {0};
	enum vf_rc rc = nt_audit_seal(n, c->api->access, nt_notary_now(n), false, NULL, NULL, &err);

	end_audit(c, rc, &err);
}

static void refused_audit(struct nt_call *call, enum vf_rc rc, const struct vf_err *err)
{
	end_audit(call->ctx, rc, err);
}

/* Once a day, and at the start for the days before. What fails is tried again after a minute. */
static void seal_audit(struct nt_api *a)
{
	int64_t day = nt_notary_now(a->n) / DAY_MS;
	struct audit_call *c;
	bool busy;

	pthread_mutex_lock(&a->lock);
	busy = a->audit_runs || a->audit_day == day || a->stopping || nt_api_ticks() < a->audit_after;
	if (!busy) {
		a->audit_runs = true;
		a->audit_day = day;
	}
	pthread_mutex_unlock(&a->lock);
	if (busy)
		return;
	c = calloc(1, sizeof(*c));
	if (c) {
		c->api = a;
		c->call = (struct nt_call){.run = run_audit, .refused = refused_audit, .ctx = c};
	}
	if (c && nt_keeper_call(a->keeper, &c->call, NULL) == VF_OK)
		return;
	free(c);
	pthread_mutex_lock(&a->lock);
	a->audit_runs = false;
	a->audit_day = -1;
	pthread_mutex_unlock(&a->lock);
}

VF_RC nt_api_tick(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_keeper_counts c;

	call_waiting(a, true, NULL);
	nt_api_tsa_tick(a);
	seal_audit(a);
	nt_api_outside_tick(a);
	nt_api_renewal_tick(a);
	nt_api_heads_tick(a);
	nt_keeper_get_counts(a->keeper, &c);
	if (c.failed != VF_OK)
		return vf_fail(reterr, c.failed, "%s", c.why);
	if (nt_trail_failed(a->trail) != VF_OK)
		return vf_fail(reterr, nt_trail_failed(a->trail), "audit events cannot be stored");
	return VF_OK;
}

void nt_api_set_server(struct nt_api *a, struct nt_http *http)
{
	a->http = http;
}

/* ---- beginning and end ---- */

static VF_RC make_metrics(struct nt_api *a, struct vf_err *reterr)
{
	static const char *const versions[] = {TRIALNOTARY_VERSION, NULL};
	static const char *const codes[] = {"200", "201", "202", "204", "304", "400", "401", "403", "404", "405", "408", "409",
		"410", "413", "414", "415", "417", "422", "431", "500", "501", "503", "505", NULL};
	static const char *const results[] = {"accepted", "before", "refused", "ok", "failed", "revoked", NULL};
	static const char *const errors[] = {"none", "failed", NULL};
	static const char *const reasons[] = {"UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED", "FORBIDDEN", NULL};
	static const char *const faults[] = {"IO", "STORE_CORRUPT", "STORE_ROLLED_BACK", "TIME_STOPPED", "SIGNER_FAILED", "INTERNAL", NULL};
	static const char *kinds[TR_KIND_COUNT + 1];
	static const char *routes[sizeof(nt_api_routes) / sizeof(nt_api_routes[0]) + 1];
	const struct nt_authorities *list = nt_notary_authorities(a->n);
	size_t n_kinds = 0, n_routes = 0;
	enum vf_rc rc;

	for (unsigned i = TR_KIND_NONE + 1; i < TR_KIND_COUNT; i++)
		if (strcmp(tr_kind_name((enum tr_kind)i), "other") != 0) /* the name of all that are not in a list */
			kinds[n_kinds++] = tr_kind_name((enum tr_kind)i);
	/* names that come with another list later are counted as "other" */
	for (size_t i = 0; i < list->n; i++) {
		memcpy(a->authority_names[i], list->list[i].name, sizeof(a->authority_names[i]));
		a->authorities[i] = a->authority_names[i];
	}
	for (size_t i = 0; i < nt_api_n_routes; i++) {
		bool before = false;

		for (size_t k = 0; k < n_routes; k++)
			before = before || strcmp(routes[k], nt_api_routes[i].path) == 0;
		if (!before)
			routes[n_routes++] = nt_api_routes[i].path;
	}
	rc = nt_metrics_new((const struct nt_metric_values[]){{"version", versions}, {"code", codes}, {"result", results},
		{"error", errors}, {"reason", reasons}, {"op", faults}, {"kind", kinds}, {"route", routes},
		{"fail", nt_api_tsa_failures}, {"tsa", a->authorities}, {"horizon", nt_api_horizons}}, 11, &a->metrics, reterr);
	if (rc == VF_OK)
		nt_metric_set(a->metrics, NT_METRIC_BUILD_INFO, TRIALNOTARY_VERSION, 1);
	return rc;
}

static VF_RC start_parts(struct nt_api *a, struct vf_err *reterr)
{
	const struct nt_keeper_options options = {.seal_ms = a->config->seal_ms,
		.max_group = MAX_GROUP,
		.begin = nt_api_begin,
		.group = nt_api_group,
		.sealed = on_sealed,
		.plan = nt_api_outside_plan,
		.ctx = a};
	struct nt_random random = {.left = 0};
	uint8_t start[4];
	enum vf_rc rc = nt_random(&random, start, sizeof(start), reterr);

	if (rc != VF_OK)
		return rc;
	vf_hex_put(a->prefix, vf_bytes(start, sizeof(start)));
	rc = make_metrics(a, reterr);
	if (rc == VF_OK)
		rc = nt_keys_seen_new(MAX_KEYS, KEEP_KEYS_MS, &a->keys, reterr);
	if (rc == VF_OK)
		rc = nt_ledger_new(MAX_GROUP, &a->ledger, reterr);
	if (rc == VF_OK)
		rc = nt_exporter_new(a->n, &a->exporter, reterr);
	if (rc == VF_OK)
		rc = nt_trail_new(a->access, &a->trail, reterr);
	if (rc == VF_OK)
		rc = nt_api_tsa_new(a, reterr);
	if (rc == VF_OK)
		rc = nt_keeper_new(a->n, &options, &a->keeper, reterr);
	if (rc == VF_OK)
		rc = nt_api_outside_start(a, reterr);
	return rc == VF_OK ? nt_api_renewal_start(a, reterr) : rc;
}

VF_RC nt_api_new(const struct nt_api_options *options, struct nt_api **ret, struct vf_err *reterr)
{
	struct nt_api *a = calloc(1, sizeof(*a));
	enum vf_rc rc;

	if (!a)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the service");
	a->n = options->notary;
	a->access = options->access;
	a->config = options->config;
	a->log = options->log;
	a->watch = options->watch;
	a->max_files = options->max_files ? options->max_files : 1000;
	a->audit_day = -1;
	a->heads.done_day = -1;
	a->policy = NT_INTAKE_DEFAULT;
	a->policy.keep = options->config->keep_documents != 0;
	a->folder = -1;
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->outside_lock, NULL);
	nt_blocks_init(&a->blocks, nt_intake_room(NT_API_BLOCK_JSON), NT_API_IDLE_BLOCKS);
	nt_notary_check_clock(a->n, nt_api_clock_check, a);
	rc = start_parts(a, reterr);
	if (rc != VF_OK) {
		nt_api_free(a);
		return rc;
	}
	*ret = a;
	return VF_OK;
}

struct nt_api *nt_api_free(struct nt_api *a)
{
	if (!a)
		return NULL;
	nt_api_renewal_stop(a);
	nt_api_outside_stop(a);
	a->keeper = nt_keeper_free(a->keeper);
	nt_api_heads_done(a);
	nt_notary_check_clock(a->n, NULL, NULL);
	if (a->folder >= 0)
		close(a->folder);
	a->tsa = nt_api_tsa_free(a->tsa);
	nt_trail_free(a->trail);
	nt_exporter_free(a->exporter);
	nt_ledger_free(a->ledger);
	nt_keys_seen_free(a->keys);
	nt_metrics_free(a->metrics);
	while (a->readers) {
		struct nt_reader *r = a->readers;

		a->readers = r->next;
		nt_intake_free(r->intake);
		free(r);
	}
	nt_blocks_done(&a->blocks);
	pthread_mutex_destroy(&a->lock);
	pthread_mutex_destroy(&a->outside_lock);
	free(a);
	return NULL;
}
