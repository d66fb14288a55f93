#include <inttypes.h>

#include "notary/notary_inside.h"
#include "notary/stamper.h"

/* Octets of a request and of a response. */
#define MAX_REQUEST 4096

struct asked {
	struct nt_stamp stamp;
	struct vf_err err;
};

static void asked_done(struct asked *x)
{
	nt_buf_done(&x->stamp.request);
	nt_buf_done(&x->stamp.response);
}

/* One exchange with one authority, here and now. */
static VF_RC ask(struct nt_notary *n, const struct nt_authority *a, uint64_t seal, const struct vf_digest *imprint,
	struct asked *x, struct vf_err *reterr)
{
	int64_t later;

	x->stamp = (struct nt_stamp){.seal = seal, .imprint = *imprint, .request = nt_buf(MAX_REQUEST),
		.response = nt_buf(VF_MAX_TOKEN + MAX_REQUEST)};
	return nt_stamp_once(a, n->fd, &x->stamp, &later, reterr);
}

static struct nt_outside_token reply_of(const struct nt_authority *a, const struct nt_stamp *s)
{
	return (struct nt_outside_token){.authority = vf_bytes_str(a->name), .request = nt_buf_bytes(&s->request),
		.response = nt_buf_bytes(&s->response), .sent_ms = s->sent_ms, .received_ms = s->received_ms};
}

/* Nobody answered: that is no fault of the notary, and each has said why. */
static VF_RC nobody(const struct nt_notary *n, const struct vf_err *last, struct vf_err *reterr)
{
	return vf_fail(reterr, VF_TSA_FAILED, "none of %zu authorities gave a token; the last: %s", n->authorities.n, last->text);
}

VF_RC nt_seal_outside(struct nt_notary *n, struct nt_plan *plan, struct nt_sealed *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_plan_freep) struct nt_plan *p = plan;
	struct vf_err err = {0};

	for (size_t i = 0; i < n->authorities.n; i++) {
		VF_CLEANUP(asked_done) struct asked x = {.err = {0}};
		const struct nt_authority *a = &n->authorities.list[i];
		struct nt_outside_token t;
		struct vf_digest imprint;
		enum vf_rc rc = nt_plan_imprint(p, a->algorithm, &imprint, &err);

		if (rc == VF_OK)
			rc = ask(n, a, nt_plan_seal(p), &imprint, &x, &err);
		if (rc == VF_NO_MEMORY)
			return vf_fail(reterr, rc, "%s", err.text);
		if (rc != VF_OK)
			continue;
		t = reply_of(a, &x.stamp);
		plan = p;
		p = NULL;
		return nt_notary_seal_plan(n, plan, &t, ret, reterr);
	}
	return nobody(n, &err, reterr);
}

/* ---- tokens that seals lack ---- */

static bool has_token(const struct nt_seal *s, const char *authority)
{
	for (size_t i = 0; i < s->n_tokens; i++)
		if (vf_bytes_is(s->tokens[i].authority, authority))
			return true;
	return false;
}

static size_t count_outside(const struct nt_seal *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_tokens; i++)
		n += !vf_bytes_is(s->tokens[i].authority, NT_EMBEDDED);
	return n;
}

static VF_RC ask_one(struct nt_notary *n, const struct nt_seal *s, const struct nt_authority *a, struct vf_err *reterr)
{
	VF_CLEANUP(asked_done) struct asked x = {.err = {0}};
	struct nt_outside_token t;
	struct vf_digest imprint;
	enum vf_rc rc = nt_seal_root(s->head, a->algorithm, &imprint, reterr);

	if (rc == VF_OK)
		rc = ask(n, a, s->number, &imprint, &x, reterr);
	if (rc != VF_OK)
		return rc;
	t = reply_of(a, &x.stamp);
	return nt_notary_add_token(n, s->number, &t, reterr);
}

/* In the authorities' order, until the seal has as many as are wanted. */
static VF_RC complete(struct nt_notary *n, const struct nt_seal *s, nt_each_failure *each, void *ctx, size_t *io_tokens,
	struct vf_err *reterr)
{
	size_t have = count_outside(s);

	for (size_t i = 0; i < n->authorities.n && have < n->authorities.wanted; i++) {
		const struct nt_authority *a = &n->authorities.list[i];
		struct vf_err err = {0};
		enum vf_rc rc;

		if (has_token(s, a->name))
			continue;
		rc = ask_one(n, s, a, &err);
		if (n->broken.rc != VF_OK || rc == VF_NO_MEMORY) /* not the authority's fault */
			return vf_fail(reterr, rc, "%s", err.text);
		have += rc == VF_OK;
		*io_tokens += rc == VF_OK;
		if (rc != VF_OK && each != NULL)
			each(ctx, s->number, a->name, rc, err.text);
	}
	return VF_OK;
}

VF_RC nt_notary_ask_outside(struct nt_notary *n, size_t seals, nt_each_failure *each, void *ctx, size_t *ret_tokens,
	struct vf_err *reterr)
{
	uint64_t last = nt_store_state(n->store)->seals, first = last > seals ? last - seals : 0;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	*ret_tokens = 0;
	for (uint64_t i = first + 1; rc == VF_OK && i <= last && n->authorities.n > 0; i++) {
		VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;

		rc = nt_store_seal_get(n->store, i, &s, reterr);
		if (rc == VF_OK)
			rc = complete(n, s, each, ctx, ret_tokens, reterr);
	}
	return rc;
}
