#include "notary/notary.h"

#include <stdio.h>
#include <time.h>

#include "notary/access.h"
#include "notary/consent_index.h"
#include "notary/notary_inside.h"

/* How far the system's clock may be behind by its own coarseness before it counts as stopped. */
#define CLOCK_GRAIN_MS 3

int64_t nt_notary_system_clock(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const struct nt_config *nt_notary_config(const struct nt_notary *n)
{
	return &n->config;
}

const char *nt_notary_dir(const struct nt_notary *n)
{
	return n->dir;
}

int64_t nt_notary_now(const struct nt_notary *n)
{
	return n->clock(n->clock_ctx);
}

VF_RC nt_notary_check_whole(const struct nt_notary *n, struct vf_err *reterr)
{
	if (n->broken.rc == VF_OK)
		return VF_OK;
	return vf_fail(
		reterr, n->broken.rc, "the notary has stopped and must be opened again: %s", n->broken.text);
}

enum vf_rc nt_notary_stop(struct nt_notary *n, enum vf_rc rc, struct vf_err *reterr)
{
	if (n->broken.rc == VF_OK) {
		n->broken.rc = rc;
		snprintf(n->broken.text, sizeof(n->broken.text), "%s",
			reterr != NULL ? reterr->text : vf_rc_text(rc));
	}
	return rc;
}

VF_RC nt_notary_access(struct nt_notary *n, bool create, struct nt_access **ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (n->access == NULL)
		rc = nt_access_open(n->dir, create, &n->access, reterr);
	if (rc == VF_OK)
		*ret = n->access;
	return rc;
}

void nt_notary_check_clock(struct nt_notary *n, nt_clock_check *check, void *ctx)
{
	n->clock_check = check;
	n->clock_check_ctx = ctx;
}

const struct nt_authorities *nt_notary_authorities(const struct nt_notary *n)
{
	return &n->authorities;
}

/* ---- accept ---- */

struct vf_hash nt_notary_blind(const struct nt_notary *n, struct vf_bytes b)
{
	return vf_hmac_sha256(vf_bytes(nt_store_secret(n->store)->b, 32), b);
}

/* What is no fault of the store: the submission was refused, and nothing changed. */
static bool is_refusal(enum vf_rc rc)
{
	return rc == VF_STREAM_CONFLICT || rc == VF_ENTRY_CONFLICT || rc == VF_ERASED || rc == VF_INTERNAL ||
		rc == VF_LIMIT;
}

VF_RC nt_notary_accept(struct nt_notary *n, const struct nt_submission *submissions, size_t count,
	enum nt_accepted *ret, struct vf_err *reterr)
{
	int64_t now_ms = nt_notary_now(n);
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	/* No leaf may be dated before a head that was signed earlier. */
	if (now_ms < nt_headlock_get(n->head)->time_ms)
		return nt_notary_stop(n,
			vf_fail(reterr, VF_TIME_STOPPED, "the clock is before the last signed head"), reterr);
	rc = nt_store_accept(n->store, submissions, count, now_ms, ret, reterr);
	if (rc != VF_OK && !is_refusal(rc))
		return nt_notary_stop(n, rc, reterr);
	for (size_t i = 0; i < count; i++) {
		/* The refusal is what the caller is told; a failure here stops the notary. */
		if (rc != VF_OK)
			vf_ignore(nt_notary_unkeep(n, &submissions[i], NULL));
		else if (ret[i] == NT_ACCEPTED_BEFORE && nt_notary_unkeep(n, &submissions[i], reterr) != VF_OK)
			return n->broken.rc;
	}
	return rc;
}

/* ---- seal ---- */

/* The system's clock may show the millisecond of the last head still: gives it time to move. */
static void await_clock(const struct nt_notary *n)
{
	const struct timespec grain = {.tv_nsec = 1000000};
	int64_t last = nt_headlock_get(n->head)->time_ms;

	if (n->clock != nt_notary_system_clock)
		return;
	for (int i = 0; i < CLOCK_GRAIN_MS; i++) {
		int64_t now_ms = nt_notary_now(n);

		if (now_ms > last || last - now_ms > CLOCK_GRAIN_MS)
			return;
		nanosleep(&grain, NULL);
	}
}

VF_RC nt_notary_sequence(struct nt_notary *n, struct vf_err *reterr)
{
	const struct nt_store_state *st = nt_store_state(n->store);
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	while (rc == VF_OK && st->records > st->size) {
		await_clock(n);
		rc = nt_log_sequence(&n->log, nt_notary_now(n), reterr);
		if (rc != VF_OK)
			return nt_notary_stop(n, rc, reterr);
	}
	return rc;
}

VF_RC nt_notary_index(struct nt_notary *n, bool *ret_more, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_store_index(n->store, ret_more, reterr);
	return rc != VF_OK ? nt_notary_stop(n, rc, reterr) : rc;
}

/* The embedded authority answers at once; those outside are waited for when there is none. */
static VF_RC seal_planned(struct nt_notary *n, struct nt_plan *plan, struct nt_sealed *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (!n->authorities.embedded)
		return nt_seal_outside(n, plan, ret, reterr);
	rc = nt_seal_embedded(n, plan, ret, reterr);
	nt_plan_free(plan);
	return rc;
}

VF_RC nt_notary_seal(struct nt_notary *n, struct nt_sealed *ret, struct vf_err *reterr)
{
	struct nt_plan *p = NULL;
	enum vf_rc rc = nt_notary_plan(n, &p, reterr);

	if (rc != VF_OK)
		return rc;
	*ret = (struct nt_sealed){0};
	return p != NULL ? seal_planned(n, p, ret, reterr) : VF_OK;
}

/* ---- erase ---- */

VF_RC nt_notary_erase(struct nt_notary *n, const struct vf_hash *id, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_consent_erase_begin(n, id, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_store_erase(n->store, id, nt_notary_destroy_kept, n, reterr);
	if (rc != VF_OK && rc != VF_UNKNOWN_RECORD)
		return nt_notary_stop(n, rc, reterr);
	return rc == VF_OK ? nt_consent_erase_end(n, reterr) : rc;
}
