/*
 * Renewals in a notary whose clock the test moves: authorities outside answer from memory, bundles are judged at any time.
 */
#ifndef TESTS_RENEWAL_FIXTURE_H
#define TESTS_RENEWAL_FIXTURE_H

#include "notary/renew.h"
#include "notary/stamper.h"
#include "tests/outside_fixture.h"
#include "verify/text.h"

#define DAY INT64_C(86400000)

struct renewing {
	struct fixture *f;
	struct outside *of[4];  /* who answers */
	size_t n;
	unsigned asked;         /* exchanges */
	int64_t ahead;          /* of their clocks */
	uint64_t turns;
	/* what was told */
	char made[200], failed[400];
	enum vf_rc rc;
	struct nt_renew_result r;
};

static inline VF_RC renewing_turn(void *ctx, nt_renew_step *step, void *arg, struct vf_err *reterr)
{
	struct renewing *x = ctx;

	x->turns++;
	return step(arg, x->f->n, reterr);
}

static inline VF_RC renewing_ask(void *ctx, const struct nt_authority *a, struct nt_stamp *s, struct vf_err *reterr)
{
	struct renewing *x = ctx;

	x->asked++;
	for (size_t i = 0; i < x->n; i++) {
		struct nt_tsa_refreshed refreshed;
		struct reply r;

		if (strcmp(x->of[i]->as.name, a->name) != 0)
			continue;
		x->f->now += 100;
		fixture_need(nt_tsa_refresh(x->of[i]->tsa, x->f->now, &refreshed, reterr), reterr, "refresh");
		reply_make(x->f, x->of[i], &s->imprint, x->f->now + x->ahead, &r);
		nt_buf_put_str(&s->request, "the request");
		nt_buf_put(&s->response, nt_buf_bytes(&r.response));
		s->sent_ms = x->f->now;
		s->received_ms = x->f->now + 5;
		reply_done(&r);
		return VF_OK;
	}
	return vf_fail(reterr, VF_FETCH_FAILED, "nobody answers as '%s'", a->name);
}

static inline void renewing_made(void *ctx, const char *authority, const struct nt_chain_group *g,
	const struct nt_renewed_now *r)
{
	struct renewing *x = ctx;
	size_t n = strlen(x->made);

	snprintf(x->made + n, sizeof(x->made) - n, "%s>%s:%llu ", g->authority, authority, (unsigned long long)r->chains);
}

static inline void renewing_failed(void *ctx, const char *authority, const struct nt_chain_group *g, enum vf_rc rc,
	const char *why)
{
	struct renewing *x = ctx;
	size_t n = strlen(x->failed);

	(void)why;
	snprintf(x->failed + n, sizeof(x->failed) - n, "%s>%s:%s ", g->authority, authority, vf_rc_name(rc));
}

/* Renews what ends within so many days; negative: all of it. */
static inline struct nt_renew_options renewing_options(struct renewing *x, int64_t days)
{
	*x->made = *x->failed = '\0';
	return (struct nt_renew_options){.turn = renewing_turn, .authorities = nt_notary_authorities(x->f->n), .folder = -1,
		.by = days < 0 ? NT_CHAIN_CLOSED - 1 : x->f->now + days * DAY, .late_ms = days < 0 ? 0 : days * DAY / 2,
			.all = days < 0,
		.ask = renewing_ask, .made = renewing_made, .failed = renewing_failed, .ctx = x};
}

static inline enum vf_rc renewing_run(struct renewing *x, int64_t days)
{
	const struct nt_renew_options o = renewing_options(x, days);
	struct vf_err err = {0};

	x->rc = nt_renew(&o, &x->r, &err);
	if (x->rc != VF_OK)
		fprintf(stderr, "renew: %s: %s\n", vf_rc_name(x->rc), err.text);
	return x->rc;
}

/* The record's bundle as it is exported now. */
static inline struct nt_buf renewing_bundle(struct fixture *f, const struct vf_hash *id)
{
	struct nt_buf out = nt_buf(8 << 20);

	fixture_export(f, id, NULL, &out);
	return out;
}

static uint8_t renewing_block[VF_SESSION_MEMORY], renewing_memory[VF_BUNDLE_MEMORY];
static struct vf_report renewing_report;

/* The verdict over a bundle at a time, and the first reason in *ret_why. */
static inline enum vf_verdict renewing_judge(struct fixture *f, const struct nt_buf *bundle, int64_t at,
	enum vf_rc *ret_why)
{
	struct vf_trust_file files[NT_TRUST_MAX];
	struct vf_session_options options = {.files = files, .n_files = f->trust.n, .at = at};
	struct vf_source source = vf_source_of(nt_buf_bytes(bundle));
	struct vf_session *s = NULL;
	struct vf_arena a;
	struct vf_err err = {0};

	vf_arena_init(&a, renewing_memory, sizeof(renewing_memory));
	for (size_t i = 0; i < f->trust.n; i++)
		files[i] = (struct vf_trust_file){f->trust.names[i], nt_buf_bytes(&f->trust.files[i])};
	fixture_need(vf_session_new(&options, renewing_block, sizeof(renewing_block), &s, &err), &err, "session");
	fixture_need(vf_bundle_check(s, &a, "bundle", &source, NULL, 0, &renewing_report, &err), &err, "check");
	*ret_why = renewing_report.n_reasons ? renewing_report.reasons[0].rc : VF_OK;
	if (renewing_report.verdict == VF_REJECTED)
		fprintf(stderr, "rejected: %s\n", renewing_report.reasons[0].text);
	vf_session_free(s);
	return renewing_report.verdict;
}

static inline void renewing_tell(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx;
	fprintf(stderr, "fsck: %s: %s\n", vf_rc_name(rc), text);
}

static inline uint64_t renewing_faults(struct fixture *f)
{
	uint64_t a = 1, b = 1;
	struct vf_err err = {0};

	CHECK_RC(nt_notary_fsck(f->n, renewing_tell, NULL, &a, &err), VF_OK);
	CHECK_RC(nt_notary_audit(f->n, renewing_tell, NULL, &b, &err), VF_OK);
	return a + b;
}

#endif
