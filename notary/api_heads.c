/* Once a day: study heads of studies that went on, so that each day's records are told by one the day after at the latest. */
#include <stdlib.h>

#include "notary/api_inside.h"
#include "notary/heads.h"
#include "verify/text.h"

#define DAY_MS INT64_C(86400000)
#define RETRY_MS INT64_C(60000)
/* Others wait while these are written. */
#define STUDIES_AT_ONCE 4

static void tell(struct nt_api *a, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_json_log_field why = nt_log_text("why", vf_bytes_str(err->text));

	if (a->log)
		nt_json_log_put(a->log, &(struct nt_json_log_line){
			.level = NT_LOG_ERROR, .event = "study_heads_not_made", .code = rc, .fields = &why, .n_fields = 1});
}

static void end_call(struct nt_api *a, enum vf_rc rc, const struct vf_err *err)
{
	struct nt_api_heads *h = &a->heads;

	if (rc != VF_OK)
		tell(a, rc, err);
	pthread_mutex_lock(&a->lock);
	h->runs = false;
	if (rc != VF_OK || h->at == h->n) {
		free(h->studies);
		h->studies = NULL;
		h->at = h->n = 0;
		h->is_listed = false;
		if (rc == VF_OK)
			h->done_day = h->day;
		else
			h->after = nt_api_ticks() + RETRY_MS;
	}
	pthread_mutex_unlock(&a->lock);
}

static void run(struct nt_call *call, struct nt_notary *n)
{
	struct nt_api *a = call->ctx;
	struct nt_api_heads *h = &a->heads;
	struct nt_heads_made made;
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK;

	if (!h->is_listed) {
		rc = nt_heads_studies(n, h->day * DAY_MS, &h->studies, &h->n, &err);
		h->is_listed = rc == VF_OK;
	}
	for (size_t i = 0; rc == VF_OK && h->at < h->n && i < STUDIES_AT_ONCE; i++) {
		rc = nt_heads_put(n, h->studies[h->at], &made, &err);
		h->at++;
		/* the other studies get theirs, whatever is wrong with this one */
		if (rc != VF_OK && vf_rc_class(rc) != VF_CLASS_IO && rc != VF_NO_MEMORY) {
			tell(a, rc, &err);
			rc = VF_OK;
		}
	}
	end_call(a, rc, &err);
}

static void refused(struct nt_call *call, enum vf_rc rc, const struct vf_err *err)
{
	end_call(call->ctx, rc, err);
}

void nt_api_heads_tick(struct nt_api *a)
{
	struct nt_api_heads *h = &a->heads;
	int64_t day = nt_notary_now(a->n) / DAY_MS;
	bool busy;

	pthread_mutex_lock(&a->lock);
	busy = h->runs || a->stopping || (h->done_day == day && !h->is_listed) || nt_api_ticks() < h->after;
	if (!busy) {
		h->runs = true;
		if (!h->is_listed)
			h->day = day;
	}
	pthread_mutex_unlock(&a->lock);
	if (busy)
		return;
	h->call = (struct nt_call){.run = run, .refused = refused, .ctx = a};
	if (nt_keeper_call(a->keeper, &h->call, NULL) == VF_OK)
		return;
	pthread_mutex_lock(&a->lock);
	h->runs = false;
	h->after = nt_api_ticks() + RETRY_MS;
	pthread_mutex_unlock(&a->lock);
}

void nt_api_heads_done(struct nt_api *a)
{
	free(a->heads.studies);
}
