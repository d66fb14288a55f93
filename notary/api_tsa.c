#include "notary/api_tsa.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "notary/audit.h"
#include "notary/clock_watch.h"
#include "notary/durable.h"
#include "notary/issue_check.h"
#include "notary/issuer.h"
#include "notary/submit.h"
#include "verify/text.h"

#define DAY_MS INT64_C(86400000)
#define RETRY_MS INT64_C(60000)
#define REFRESH_MS INT64_C(60000)

void nt_api_tsa_log(struct nt_api *a, enum nt_json_log_level level, const char *event, enum vf_rc rc, const char *why)
{
	struct nt_json_log_field field = nt_log_text("why", vf_bytes_str(why));

	if (a->log)
		nt_json_log_put(a->log,
			&(struct nt_json_log_line){.level = level,
				.event = event,
				.code = rc,
				.fields = &field,
				.n_fields = why[0] ? 1 : 0});
}

VF_RC nt_api_tsa_ready(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_api_tsa *t = a->tsa;
	enum vf_rc rc = nt_api_clock_check(a, reterr);

	if (rc != VF_OK || !t || !a->config->tsa_endpoint)
		return rc;
	if (!t->issuer)
		return vf_fail(reterr, t->fault.rc, "%s", t->fault.text);
	return nt_issuer_check(t->issuer, reterr);
}

void nt_api_tsa_count(struct nt_api *a)
{
	struct nt_tsa_snapshot *s;

	if (a->tsa && a->tsa->issuer) {
		s = nt_issuer_snapshot(a->tsa->issuer);
		nt_metric_set(a->metrics, NT_METRIC_TSA_CERT_EXPIRY, NULL, (double)nt_tsa_snapshot_end(s) / 1000.0);
		nt_tsa_snapshot_free(s);
	}
}

/* ---- errands to the keeper ---- */

static void end_errand(struct nt_api_tsa *t, struct nt_api_errand *e, const char *event, enum vf_rc rc,
	const struct vf_err *err, int64_t wait_ms)
{
	if (rc != VF_OK)
		nt_api_tsa_log(t->api, NT_LOG_ERROR, event, rc, err->text);
	pthread_mutex_lock(&t->lock);
	e->runs = false;
	e->after = nt_api_ticks() + wait_ms;
	pthread_mutex_unlock(&t->lock);
}

/* Starts it unless it runs, or is not due. */
static void start_errand(struct nt_api_tsa *t, struct nt_api_errand *e, bool at_once)
{
	bool start;

	pthread_mutex_lock(&t->lock);
	start = !e->runs && (at_once || nt_api_ticks() >= e->after);
	if (start)
		e->runs = true;
	pthread_mutex_unlock(&t->lock);
	if (!start || nt_keeper_call(t->api->keeper, &e->call, NULL) == VF_OK)
		return;
	pthread_mutex_lock(&t->lock);
	e->runs = false;
	e->after = nt_api_ticks() + RETRY_MS;
	pthread_mutex_unlock(&t->lock);
}

/* A newer certificate or CRL, when there is one or it is due. */
static void run_refresh(struct nt_call *c, struct nt_notary *n)
{
	struct nt_api_tsa *t = c->ctx;
	struct nt_tsa_snapshot *now = nt_issuer_snapshot(t->issuer), *next = NULL;
	struct vf_err err = {0};
	enum vf_rc rc =
		nt_notary_tsa_snapshot(n, nt_tsa_snapshot_certificate(now), nt_tsa_snapshot_crl(now), &next, &err);

	if (rc == VF_OK && next)
		nt_issuer_set_snapshot(t->issuer, next);
	nt_tsa_snapshot_free(next);
	nt_tsa_snapshot_free(now);
	end_errand(t, &t->refresh, "authority_not_refreshed", rc, &err, REFRESH_MS);
}

static void refused_refresh(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_api_tsa *t = c->ctx;

	end_errand(t, &t->refresh, "authority_not_refreshed", rc, err, REFRESH_MS);
}

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)at;
	(void)how;
	*(struct vf_hash *)ctx = *id;
}

/* The file's record; the same file again finds the same record. */
static VF_RC notarise_day(struct nt_api_tsa *t, struct nt_notary *n, struct vf_hash *ret, struct vf_err *reterr)
{
	const struct nt_issue_ended *e = &t->ended;
	char name[40], path[PATH_MAX + 16];
	struct nt_submit_file file = {.digests = e->digests, .size = e->size};
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_submit s = {.submitter = vf_bytes_str(NT_PARTY_NOTARY),
		.study = vf_bytes_str(NT_ISSUE_STUDY),
		.kind = TR_AUDIT,
		.title = vf_bytes_str("Time-stamp tokens issued by this notary"),
		.date = vf_bytes_str(e->name)};

	snprintf(name, sizeof(name), "issue-journal-%s.txt", e->name);
	snprintf(path, sizeof(path), "%s/%s", t->folder, e->name);
	file.name = vf_bytes_str(name);
	file.path = vf_bytes_str(path);
	return nt_submit_records(n, &s, &record, 1, take_id, ret, reterr);
}

static void run_day(struct nt_call *c, struct nt_notary *n)
{
	struct nt_api_tsa *t = c->ctx;
	struct vf_hash record = {.b = {0}};
	struct vf_err err = {0};
	enum vf_rc rc = notarise_day(t, n, &record, &err);

	if (rc == VF_OK)
		rc = nt_issue_journal_notarised(t->journal, t->ended.day, &record, &err);
	end_errand(t, &t->day, "issue_journal_not_notarised", rc, &err, rc == VF_OK ? 0 : RETRY_MS);
}

static void refused_day(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_api_tsa *t = c->ctx;

	end_errand(t, &t->day, "issue_journal_not_notarised", rc, err, RETRY_MS);
}

void nt_api_tsa_tick(struct nt_api *a)
{
	struct nt_api_tsa *t = a->tsa;
	struct nt_issue_ended ended;
	struct nt_tsa_snapshot *s;
	int64_t now;
	bool doubt, over;

	now = nt_api_clock_tick(a, &doubt);
	if (!t || !t->issuer)
		return;
	/* a clock that ran ahead must not end the day, and so stop all tokens until the next */
	if (!doubt)
		nt_issue_journal_end_before(t->journal, now / DAY_MS);
	s = nt_issuer_snapshot(t->issuer);
	over = nt_tsa_snapshot_check(s, now, NULL) == VF_TSA_FAILED && !doubt;
	nt_tsa_snapshot_free(s);
	start_errand(t, &t->refresh, over);
	if (!nt_issue_journal_ended(t->journal, &ended))
		return;
	pthread_mutex_lock(&t->lock);
	if (!t->day.runs)
		t->ended = ended;
	pthread_mutex_unlock(&t->lock);
	start_errand(t, &t->day, false);
}

/* ---- beginning and end ---- */

bool nt_api_tsa_serves(const struct nt_api *a, const struct nt_api_route *r)
{
	return strncmp(r->path, "/tsa", 4) != 0 || a->config->tsa_endpoint;
}

static void on_synced(void *ctx, double seconds, size_t lines)
{
	struct nt_api *a = ctx;

	(void)lines;
	nt_metric_observe(a->metrics, NT_METRIC_TSA_JOURNAL_SYNC, NULL, seconds);
}

static VF_RC open_journal(struct nt_api_tsa *t, int folder, struct vf_err *reterr)
{
	struct nt_issue_journal_options o = {
		.folder = folder, .origin = t->api->config->origin, .synced = on_synced, .ctx = t->api};
	uint64_t cut = 0;
	char text[80];
	enum vf_rc rc = nt_issue_journal_open(&o, &t->journal, &cut, reterr);

	if (rc == VF_OK && cut) {
		snprintf(text, sizeof(text), "%" PRIu64 " octets of a line that was never answered", cut);
		nt_api_tsa_log(t->api, NT_LOG_WARN, "issue_journal_cut", VF_NOT_CHECKED, text);
	}
	return rc;
}

static VF_RC open_parts(struct nt_api_tsa *t, int folder, struct vf_err *reterr)
{
	struct nt_tsa_snapshot *s = NULL;
	enum vf_rc rc = nt_notary_tsa_snapshot(t->api->n, vf_bytes(NULL, 0), vf_bytes(NULL, 0), &s, reterr);

	if (rc == VF_OK)
		rc = open_journal(t, folder, reterr);
	if (rc == VF_OK)
		rc = nt_issuer_new(&(struct nt_issuer_options){.snapshot = s,
					   .journal = t->journal,
					   .watch = t->api->watch,
					   .clock = nt_api_watched_now,
					   .clock_ctx = t->api,
					   .threads = t->api->config->hash_threads},
			&t->issuer, reterr);
	nt_tsa_snapshot_free(s);
	return rc;
}

VF_RC nt_api_tsa_new(struct nt_api *a, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int folder = -1;
	struct nt_api_tsa *t;
	char path[PATH_MAX];
	enum vf_rc rc;

	if (snprintf(path, sizeof(path), "%s/tsa", nt_notary_dir(a->n)) >= (int)sizeof(path))
		return vf_fail(reterr, VF_LIMIT, "the path of the notary is too long");
	rc = nt_dir_open(AT_FDCWD, path, &folder, reterr);
	if (rc != VF_OK)
		return rc;
	if (!a->config->tsa_endpoint && faccessat(folder, NT_ISSUE_FOLDER, F_OK, 0) != 0)
		return VF_OK;
	t = calloc(1, sizeof(*t));
	if (!t)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the service");
	t->api = a;
	t->logged_at = nt_api_ticks() - DAY_MS;
	t->refresh.call = (struct nt_call){.run = run_refresh, .refused = refused_refresh, .ctx = t};
	t->refresh.after = nt_api_ticks() + REFRESH_MS;
	t->day.call = (struct nt_call){.run = run_day, .refused = refused_day, .ctx = t};
	pthread_mutex_init(&t->lock, NULL);
	a->tsa = t;
	rc = open_parts(t, folder, &t->fault);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", t->fault.text);
	if (rc != VF_OK)
		nt_api_tsa_log(a, NT_LOG_ERROR, "tokens_not_issued", rc, t->fault.text);
	if (!realpath(path, t->folder))
		return vf_fail(reterr, VF_IO, "cannot find '%s'", path);
	if (strlen(t->folder) + sizeof("/" NT_ISSUE_FOLDER) > sizeof(t->folder))
		return vf_fail(reterr, VF_LIMIT, "the path of the notary is too long");
	strcat(t->folder, "/" NT_ISSUE_FOLDER);
	return VF_OK;
}

struct nt_api_tsa *nt_api_tsa_free(struct nt_api_tsa *t)
{
	if (!t)
		return NULL;
	nt_issuer_free(t->issuer);
	nt_issue_journal_free(t->journal);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}
