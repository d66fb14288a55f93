#include "notary/revocation_ask.h"

#include <stdlib.h>

#include "notary/durable.h"
#include "notary/notary_inside.h"
#include "notary/revocation_fetch.h"

VF_RC nt_notary_revocation_put(struct nt_notary *n, const struct nt_revocation *r, bool *ret_new, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_store_revocation_put(n->store, r, ret_new, reterr);
	return rc == VF_OK || rc == VF_LIMIT ? rc : nt_notary_stop(n, rc, reterr);
}

VF_RC nt_notary_revocation_each(struct nt_notary *n, nt_each_revocation *each, void *ctx, struct vf_err *reterr)
{
	return nt_store_revocation_each(n->store, each, ctx, reterr);
}

VF_RC nt_notary_last_token(
	struct nt_notary *n, struct vf_bytes authority, struct nt_buf *der, bool *ret_found, struct vf_err *reterr)
{
	return nt_store_last_token(n->store, authority, der, ret_found, reterr);
}

/* ---- asking ---- */

struct held {
	struct nt_revocation *list;
	size_t n, room;
	struct vf_bytes authority;
};

static void held_done(struct held *h)
{
	free(h->list);
}

/* Without their octets: only their times are looked at. */
static VF_RC hold(void *ctx, const struct nt_revocation *r, struct vf_err *reterr)
{
	struct held *h = ctx;

	if (!vf_bytes_eq(r->authority, h->authority))
		return VF_OK;
	if (h->n == h->room) {
		size_t room = h->room ? 2 * h->room : 16;
		struct nt_revocation *list = realloc(h->list, room * sizeof(*list));

		if (!list)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for revocation data");
		h->list = list;
		h->room = room;
	}
	h->list[h->n] = *r;
	h->list[h->n].authority = h->authority;
	h->list[h->n++].der = vf_bytes(NULL, 0);
	return VF_OK;
}

static VF_RC pin(struct nt_notary *n, const struct nt_authority *a, struct vf_pki **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(VF_MAX_TRUST_FILE);
	enum vf_rc rc = nt_durable_read(n->fd, a->roots, &pem, reterr);

	if (rc != VF_OK)
		return rc;
	*ret = vf_pki_new();
	if (!*ret)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for certificates");
	return vf_pki_add_anchors(*ret, 0, nt_buf_bytes(&pem), reterr);
}

static VF_RC keep(struct nt_notary *n, const struct nt_revocation_answers *answers, size_t *io_new, struct vf_err *reterr)
{
	for (size_t i = 0; i < answers->n; i++) {
		bool is_new = false;
		enum vf_rc rc = nt_notary_revocation_put(n, &answers->list[i].revocation, &is_new, reterr);

		if (rc != VF_OK && rc != VF_LIMIT)
			return rc;
		*io_new += is_new;
	}
	return VF_OK;
}

static VF_RC ask_about(struct nt_notary *n, const struct nt_authority *a, struct vf_bytes token,
	struct nt_revocation_answers *answers, struct vf_err *reterr)
{
	VF_CLEANUP(vf_pki_freep) struct vf_pki *pki = NULL;
	VF_CLEANUP(held_done) struct held held = {.authority = vf_bytes_str(a->name)};
	struct nt_revocation_wish wish = {.authority = a, .token = token, .now = nt_notary_now(n)};
	enum vf_rc rc = pin(n, a, &pki, reterr);

	if (rc == VF_OK)
		rc = nt_store_revocation_each(n->store, hold, &held, reterr);
	if (rc != VF_OK)
		return rc;
	wish.pki = pki;
	wish.held = held.list;
	wish.n_held = held.n;
	return nt_revocation_fetch(&wish, answers, reterr);
}

static VF_RC ask(struct nt_notary *n, const struct nt_authority *a, nt_each_failure *each, void *ctx, size_t *io_new,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf token = nt_buf(VF_MAX_TOKEN);
	VF_CLEANUP(nt_revocation_answers_done) struct nt_revocation_answers answers;
	struct vf_err err = {0};
	bool found = false;
	enum vf_rc rc;

	nt_revocation_answers_init(&answers);
	rc = nt_notary_last_token(n, vf_bytes_str(a->name), &token, &found, reterr);
	if (rc != VF_OK || !found)
		return rc;
	rc = ask_about(n, a, nt_buf_bytes(&token), &answers, &err);
	if (rc == VF_NO_MEMORY || rc == VF_IO)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc == VF_OK && answers.n_failed > 0) {
		rc = answers.err.rc;
		err = answers.err;
	}
	if (rc != VF_OK && each)
		each(ctx, 0, a->name, rc, err.text);
	return keep(n, &answers, io_new, reterr);
}

VF_RC nt_notary_ask_revocation(
	struct nt_notary *n, nt_each_failure *each, void *ctx, size_t *ret_new, struct vf_err *reterr)
{
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	*ret_new = 0;
	for (size_t i = 0; rc == VF_OK && i < n->authorities.n; i++)
		rc = ask(n, &n->authorities.list[i], each, ctx, ret_new, reterr);
	return rc;
}
