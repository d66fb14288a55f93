#include <stdio.h>
#include <time.h>

#include "notary/api_inside.h"
#include "notary/clock_watch.h"

/* The two clocks are read at one time when no more passes between. */
#define APART_MS 20

static void log_why(struct nt_api *a, enum nt_json_log_level level, const char *event, enum vf_rc rc, const char *why)
{
	struct nt_json_log_field field = nt_log_text("why", vf_bytes_str(why));

	if (a->log)
		nt_json_log_put(a->log, &(struct nt_json_log_line){
			.level = level, .event = event, .code = rc, .fields = &field, .n_fields = why[0] ? 1 : 0});
}

int64_t nt_api_watched_now(void *ctx)
{
	struct nt_api *a = ctx;
	struct timespec before, after;
	int64_t wall;

	clock_gettime(CLOCK_BOOTTIME, &before);
	wall = nt_notary_now(a->n);
	clock_gettime(CLOCK_BOOTTIME, &after);
	if (a->watch && (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 <= APART_MS)
		nt_clock_watch_tick(a->watch, wall, (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000);
	return wall;
}

/* Only what changes is logged. */
static void log_doubt(struct nt_api *a, bool doubt, const char *why)
{
	if (doubt == a->clock_doubted)
		return;
	a->clock_doubted = doubt;
	log_why(a, doubt ? NT_LOG_ERROR : NT_LOG_INFO, doubt ? "clock_in_doubt" : "clock_trusted", doubt ? VF_CLOCK_DOUBT : VF_NOT_CHECKED,
		why);
}

/* Both tokens are kept, and the policy of who verifies decides; but somebody should look. */
static void log_disagreement(struct nt_api *a)
{
	char why[240] = "";
	bool now = nt_clock_watch_disagree(a->watch, why, sizeof(why));

	if (now == a->authorities_disagree)
		return;
	a->authorities_disagree = now;
	log_why(a, now ? NT_LOG_WARN : NT_LOG_INFO, now ? "authorities_disagree" : "authorities_agree", VF_NOT_CHECKED, why);
}

int64_t nt_api_clock_tick(struct nt_api *a, bool *ret_doubt)
{
	struct vf_err err = {0};
	int64_t now = nt_api_watched_now(a);

	*ret_doubt = a->watch && nt_clock_watch_check(a->watch, &err) != VF_OK;
	log_doubt(a, *ret_doubt, err.text);
	if (a->watch)
		log_disagreement(a);
	return now;
}

VF_RC nt_api_clock_check(void *ctx, struct vf_err *reterr)
{
	struct nt_api *a = ctx;

	/* a jump is noticed before a token could carry it */
	(void)nt_api_watched_now(a);
	return a->watch ? nt_clock_watch_check(a->watch, reterr) : VF_OK;
}

void nt_api_clock_count(struct nt_api *a)
{
	struct nt_clock_offset offsets[NT_MAX_AUTHORITIES];
	size_t n;

	if (!a->watch)
		return;
	n = nt_clock_watch_offsets(a->watch, offsets, NT_MAX_AUTHORITIES);
	for (size_t i = 0; i < n; i++)
		nt_metric_set(a->metrics, NT_METRIC_CLOCK_OFFSET, offsets[i].authority, (double)offsets[i].offset_ms / 1000.0);
	nt_metric_set(a->metrics, NT_METRIC_CLOCK_DOUBT, NULL, nt_clock_watch_check(a->watch, NULL) == VF_OK ? 0 : 1);
	nt_metric_set(a->metrics, NT_METRIC_TSA_DISAGREE, NULL, nt_clock_watch_disagree(a->watch, NULL, 0) ? 1 : 0);
}
