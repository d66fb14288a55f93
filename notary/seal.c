#include <inttypes.h>
#include <stdlib.h>

#include "notary/failpoint.h"
#include "notary/notary_inside.h"
#include "notary/tsp.h"
#include "notary/tree.h"
#include "verify/checkpoint.h"
#include "verify/seal.h"
#include "verify/tst.h"

struct values {
	enum vf_alg alg;
	struct nt_buf *out;
};

static VF_RC collect(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	struct values *x = ctx;

	(void)index;
	nt_buf_put(x->out, x->alg == VF_SHA512 ? vf_bytes(e->id512.b, sizeof(e->id512.b)) : vf_bytes(e->id.b, sizeof(e->id.b)));
	return nt_buf_check(x->out, reterr);
}

VF_RC nt_notary_batch(struct nt_notary *n, enum vf_alg alg, uint64_t first, uint64_t size, struct nt_buf *ret,
	struct vf_err *reterr)
{
	struct values x = {alg, ret};

	if (first >= size || size > nt_store_state(n->store)->size)
		return vf_fail(reterr, VF_PROOF_INDEX, "the log has no entries %" PRIu64 " to %" PRIu64, first, size);
	if (!nt_buf_reserve(ret, (size_t)(size - first) * vf_alg_size(alg)))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a batch of %" PRIu64, size - first);
	return nt_store_entries(n->store, first, size - first, collect, &x, reterr);
}

VF_RC nt_seal_batch_root(struct nt_notary *n, enum vf_alg alg, uint64_t first, uint64_t size, struct vf_digest *ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf(SIZE_MAX / 2);
	VF_CLEANUP(nt_tree_freep) struct nt_tree *tree = NULL;
	enum vf_rc rc = nt_notary_batch(n, alg, first, size, &values, reterr);

	if (rc == VF_OK)
		rc = nt_tree_new_alg(alg, nt_buf_bytes(&values), &tree, reterr);
	if (rc == VF_OK)
		*ret = nt_tree_root(tree);
	return rc;
}

VF_RC nt_seal_root(struct vf_bytes head, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_seal_head h;
	struct vf_digest parts[2];
	enum vf_rc rc = vf_seal_head_parse(head, &h, reterr);

	if (rc == VF_OK)
		rc = vf_seal_values(&h, alg, &parts[0], &parts[1], reterr);
	if (rc == VF_OK)
		rc = vf_digest_sorted(alg, parts, 2, ret, reterr);
	return rc;
}

/* ---- the seal head ---- */

struct nt_plan {
	struct nt_buf text;
	uint64_t number, first, size;
	struct vf_digest batch, batch512; /* the second when an authority wants it */
	bool has_512;
	struct nt_token_name *names;
	size_t n_names;
};

struct nt_plan *nt_plan_free(struct nt_plan *p)
{
	if (p == NULL)
		return NULL;
	nt_buf_done(&p->text);
	free(p->names);
	free(p);
	return NULL;
}

void nt_plan_freep(struct nt_plan **p)
{
	*p = nt_plan_free(*p);
}

uint64_t nt_plan_seal(const struct nt_plan *p)
{
	return p->number;
}

VF_RC nt_plan_imprint(const struct nt_plan *p, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	return nt_seal_root(nt_buf_bytes(&p->text), alg, ret, reterr);
}

static VF_RC checkpoint_digest(struct nt_notary *n, uint64_t size, struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct vf_checkpoint c;
	struct vf_hash root;
	enum vf_rc rc = nt_store_checkpoint(n->store, size, &note, &root, reterr);

	if (rc == VF_OK)
		rc = vf_checkpoint_parse(nt_buf_bytes(&note), &c, reterr);
	if (rc == VF_OK)
		*ret = vf_checkpoint_digest(&c);
	return rc;
}

static void put_hex_line(struct nt_buf *out, const char *begin, struct vf_bytes b)
{
	nt_buf_put_str(out, begin);
	nt_buf_put_hex(out, b);
	nt_buf_put_u8(out, '\n');
}

/* docs/formats/seal.md */
static VF_RC put_head(struct nt_notary *n, struct nt_plan *h, struct vf_err *reterr)
{
	const struct nt_head *last = nt_headlock_get(n->head);
	struct vf_hash checkpoint;
	struct nt_buf *out = &h->text;
	enum vf_rc rc = checkpoint_digest(n, h->size, &checkpoint, reterr);

	if (rc != VF_OK)
		return rc;
	nt_buf_putf(out, VF_SEAL_MAGIC "\nseal %" PRIu64 "\norigin %s\nfirst %" PRIu64 "\nsize %" PRIu64 "\n",
		h->number, n->config.origin, h->first, h->size);
	put_hex_line(out, "batch sha256 ", vf_digest_bytes(&h->batch));
	if (h->has_512)
		put_hex_line(out, "batch sha512 ", vf_digest_bytes(&h->batch512));
	put_hex_line(out, "checkpoint ", vf_bytes(checkpoint.b, sizeof(checkpoint.b)));
	if (h->number == 1)
		nt_buf_put_str(out, "previous none\n");
	else
		put_hex_line(out, "previous ", vf_bytes(last->seal_head.b, sizeof(last->seal_head.b)));
	for (size_t i = 0; i < h->n_names; i++) {
		nt_buf_putf(out, "token %" PRIu64 " ", h->names[i].seal);
		put_hex_line(out, "", vf_bytes(h->names[i].id.b, sizeof(h->names[i].id.b)));
	}
	return nt_buf_check(out, reterr);
}

/* The verifier's own reading of the head, joined to the one before. */
static VF_RC read_back(struct nt_notary *n, struct nt_plan *h, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *before = NULL;
	struct vf_seal_head now, previous;
	enum vf_rc rc = vf_seal_head_parse(nt_buf_bytes(&h->text), &now, reterr);

	if (rc == VF_OK && h->number > 1)
		rc = nt_store_seal_get(n->store, h->number - 1, &before, reterr);
	if (rc == VF_OK && h->number > 1)
		rc = vf_seal_head_parse(before->head, &previous, reterr);
	if (rc == VF_OK && h->number > 1)
		rc = vf_seal_check_chain(&now, &previous, reterr);
	return rc;
}

static bool wants_512(const struct nt_notary *n)
{
	for (size_t i = 0; i < n->authorities.n; i++)
		if (n->authorities.list[i].algorithm == VF_SHA512)
			return true;
	return false;
}

static VF_RC make_plan(struct nt_notary *n, struct nt_plan *h, struct vf_err *reterr)
{
	const struct nt_store_state *st = nt_store_state(n->store);
	enum vf_rc rc;

	h->number = st->seals + 1;
	h->first = st->sealed;
	h->size = st->size;
	h->has_512 = wants_512(n);
	h->text = nt_buf(VF_MAX_SEAL_HEAD);
	h->names = calloc(VF_MAX_SEAL_TOKENS, sizeof(*h->names));
	if (h->names == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a seal head");
	rc = nt_store_unnamed(n->store, h->names, VF_MAX_SEAL_TOKENS, &h->n_names, reterr);
	if (rc == VF_OK)
		rc = nt_seal_batch_root(n, VF_SHA256, h->first, h->size, &h->batch, reterr);
	if (rc == VF_OK && h->has_512)
		rc = nt_seal_batch_root(n, VF_SHA512, h->first, h->size, &h->batch512, reterr);
	if (rc == VF_OK)
		rc = put_head(n, h, reterr);
	if (rc == VF_OK)
		rc = read_back(n, h, reterr);
	return rc;
}

VF_RC nt_notary_plan(struct nt_notary *n, struct nt_plan **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_plan_freep) struct nt_plan *p = NULL;
	const struct nt_store_state *st = nt_store_state(n->store);
	enum vf_rc rc = nt_notary_sequence(n, reterr);

	if (rc != VF_OK)
		return rc;
	*ret = NULL;
	if (st->sealed == st->size)
		return VF_OK;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a seal");
	rc = make_plan(n, p, reterr);
	if (rc != VF_OK)
		return rc == VF_NO_MEMORY ? rc : nt_notary_stop(n, rc, reterr);
	*ret = p;
	p = NULL;
	return VF_OK;
}

/* ---- the token ---- */

VF_RC nt_seal_check_token(
	struct nt_notary *n, const struct nt_token *t, const struct vf_digest *imprint, struct vf_err *reterr)
{
	struct vf_pki *pki = nt_roots_pki(n->roots);
	struct vf_tst tst;
	struct vf_tst_trust trust;
	struct vf_hash id;
	size_t who = 0;
	enum vf_rc rc = nt_roots_find(n->roots, t->authority, &who, reterr);

	if (rc == VF_OK)
		rc = vf_tst_parse(t->der, &tst, reterr);
	if (rc == VF_OK)
		rc = vf_tst_check(pki, &tst, imprint, NULL, NULL, reterr);
	if (rc == VF_OK)
		rc = vf_tst_judge(pki, &tst, NULL, tst.gen_time, false, &trust, reterr);
	if (rc != VF_OK)
		return rc;
	if (!(trust.authorities >> who & 1))
		return vf_fail(reterr, VF_UNKNOWN_ROOT, "a token leads to no root of its authority");
	id = vf_tst_id(&tst);
	if (tst.gen_time != t->gen_time || !vf_hash_eq(&id, &t->id))
		return vf_fail(reterr, VF_STORE_CORRUPT, "a token is not the one that its row describes");
	return VF_OK;
}

/* genTime and name of a fresh token, which was verified before anything else sees it. */
static VF_RC describe_token(struct nt_notary *n, struct vf_bytes authority, struct vf_bytes der,
	const struct vf_digest *imprint, struct nt_token *ret, struct vf_err *reterr)
{
	struct nt_token t = {.authority = authority, .der = der};
	struct vf_tst tst;
	enum vf_rc rc = vf_tst_parse(der, &tst, reterr);

	if (rc != VF_OK)
		return rc;
	t.gen_time = tst.gen_time;
	t.id = vf_tst_id(&tst);
	rc = nt_seal_check_token(n, &t, imprint, reterr);
	if (rc == VF_OK)
		*ret = t;
	return rc;
}

/* The own clock may never go back behind a head. */
static VF_RC check_clock(const struct nt_notary *n, int64_t now_ms, struct vf_err *reterr)
{
	if (now_ms < nt_headlock_get(n->head)->time_ms)
		return vf_fail(reterr, VF_TIME_STOPPED, "the clock is before the last signed head");
	return VF_OK;
}

VF_RC nt_seal_stamp(struct nt_notary *n, const struct vf_digest *imprint, int64_t now_ms, struct nt_buf *der,
	struct nt_token *ret, struct vf_err *reterr)
{
	struct nt_tsa_refreshed refreshed;
	struct vf_err err = {0};
	enum vf_rc rc = check_clock(n, now_ms, reterr);

	if (rc == VF_OK && n->clock_check)
		rc = n->clock_check(n->clock_check_ctx, reterr);
	if (rc == VF_OK)
		rc = nt_tsa_refresh(n->tsa, now_ms, &refreshed, reterr);
	if (rc == VF_OK)
		rc = nt_tsa_stamp(n->tsa, imprint, now_ms, der, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("token-got");
	rc = describe_token(n, vf_bytes_str(NT_EMBEDDED), nt_buf_bytes(der), imprint, ret, &err);
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		return vf_fail(reterr, VF_NOT_VERIFIED, "the token of the embedded authority: %s (%s)",
			err.text, vf_rc_name(rc));
	if (ret->gen_time < nt_headlock_get(n->head)->time_ms)
		return vf_fail(reterr, VF_TIME_STOPPED, "the token's time is before the last signed head");
	nt_failpoint("token-verified");
	return VF_OK;
}

static VF_RC get_embedded(struct nt_notary *n, const struct nt_plan *h, int64_t now_ms, struct nt_buf *der,
	struct nt_token *ret, struct vf_err *reterr)
{
	struct vf_digest imprint;
	enum vf_rc rc = nt_plan_imprint(h, VF_SHA256, &imprint, reterr);

	return rc == VF_OK ? nt_seal_stamp(n, &imprint, now_ms, der, ret, reterr) : rc;
}

/* ---- the seal ---- */

static VF_RC swap_seal(
	struct nt_notary *n, uint64_t number, struct vf_bytes text, int64_t time_ms, struct vf_err *reterr)
{
	const struct nt_head *last = nt_headlock_get(n->head);
	struct nt_head next = *last;
	enum vf_rc rc;

	next.seal = number;
	next.seal_head = vf_sha256(text);
	if (time_ms > next.time_ms)
		next.time_ms = time_ms;
	rc = nt_headlock_swap(n->head, last->version, &next, reterr);
	if (rc == VF_OK)
		nt_failpoint("seal-swapped");
	return rc;
}

/* now_ms is the own clock's: an authority outside whose clock is ahead must not stop this one. */
static VF_RC store_seal(struct nt_notary *n, const struct nt_plan *h, struct nt_token *token,
	const struct nt_exchange *exchange, int64_t now_ms, struct nt_sealed *ret, struct vf_err *reterr)
{
	struct nt_seal seal = {.number = h->number,
		.first = h->first,
		.size = h->size,
		.head = nt_buf_bytes(&h->text),
		.tokens = token,
		.n_tokens = 1};
	enum vf_rc rc = nt_store_seal(n->store, &seal, exchange, h->names, h->n_names, reterr);

	if (rc != VF_OK)
		return nt_notary_stop(n, rc, reterr);
	nt_failpoint("seal-stored");
	rc = swap_seal(n, h->number, nt_buf_bytes(&h->text), now_ms, reterr);
	if (rc != VF_OK)
		return nt_notary_stop(n, rc, reterr);
	*ret = (struct nt_sealed){true, h->number, h->first, h->size, token->gen_time};
	return VF_OK;
}

VF_RC nt_seal_embedded(struct nt_notary *n, struct nt_plan *p, struct nt_sealed *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf der = nt_buf(VF_MAX_TOKEN);
	const struct nt_exchange none = {.sent_ms = 0};
	int64_t now_ms = nt_notary_now(n);
	struct nt_token token;
	/* A token that does not come is no harm: the batch waits and grows. */
	enum vf_rc rc = get_embedded(n, p, now_ms, &der, &token, reterr);

	if (rc == VF_TIME_STOPPED || rc == VF_SIGNER_FAILED || rc == VF_IO)
		return nt_notary_stop(n, rc, reterr);
	if (rc != VF_OK)
		return rc;
	return store_seal(n, p, &token, &none, now_ms, ret, reterr);
}

/* ---- tokens from outside ---- */

VF_RC nt_seal_open_reply(struct nt_notary *n, const struct nt_outside_token *t, const struct vf_digest *imprint,
	struct nt_token *ret, struct nt_exchange *ret_exchange, struct vf_err *reterr)
{
	struct vf_bytes der;
	enum vf_rc rc = nt_tsp_response_token(t->response, &der, reterr);

	if (rc == VF_OK)
		rc = describe_token(n, t->authority, der, imprint, ret, reterr);
	if (rc != VF_OK)
		return rc;
	/* the token is the last part of a response: before it is the head, after it nothing */
	*ret_exchange = (struct nt_exchange){t->request, vf_bytes(t->response.p, (size_t)(der.p - t->response.p)),
		t->sent_ms, t->received_ms};
	return VF_OK;
}

/* What this authority stamps: by the configuration, or what is known of it no more, SHA-256. */
static enum vf_alg algorithm_of(const struct nt_notary *n, struct vf_bytes authority)
{
	const struct nt_authority *a = nt_authorities_find(&n->authorities, authority);

	return a == NULL ? VF_SHA256 : a->algorithm;
}

VF_RC nt_notary_seal_plan(struct nt_notary *n, struct nt_plan *plan, const struct nt_outside_token *t,
	struct nt_sealed *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_plan_freep) struct nt_plan *p = plan;
	int64_t now_ms = nt_notary_now(n);
	struct vf_digest imprint;
	struct nt_token token;
	struct nt_exchange exchange;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_plan_imprint(p, algorithm_of(n, t->authority), &imprint, reterr);
	if (rc == VF_OK)
		rc = nt_seal_open_reply(n, t, &imprint, &token, &exchange, reterr);
	if (rc != VF_OK)
		return rc;
	rc = check_clock(n, now_ms, reterr);
	if (rc != VF_OK)
		return nt_notary_stop(n, rc, reterr);
	nt_failpoint("outside-verified");
	return store_seal(n, p, &token, &exchange, now_ms, ret, reterr);
}

VF_RC nt_notary_imprint(struct nt_notary *n, uint64_t seal, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;
	enum vf_rc rc = nt_store_seal_get(n->store, seal, &s, reterr);

	return rc == VF_OK ? nt_seal_root(s->head, alg, ret, reterr) : rc;
}

VF_RC nt_notary_add_token(struct nt_notary *n, uint64_t seal, const struct nt_outside_token *t, struct vf_err *reterr)
{
	struct vf_digest imprint;
	struct nt_token token;
	struct nt_exchange exchange;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_notary_imprint(n, seal, algorithm_of(n, t->authority), &imprint, reterr);
	if (rc == VF_OK)
		rc = nt_seal_open_reply(n, t, &imprint, &token, &exchange, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("late-verified");
	rc = nt_store_token(n->store, seal, &token, &exchange, reterr);
	if (rc != VF_OK && rc != VF_EXISTS && rc != VF_LIMIT)
		return nt_notary_stop(n, rc, reterr);
	if (rc == VF_OK)
		nt_failpoint("late-stored");
	return rc;
}

VF_RC nt_notary_lacking(struct nt_notary *n, uint64_t after, uint64_t last, uint64_t wanted, uint64_t *ret, size_t *ret_n,
	struct vf_err *reterr)
{
	return nt_store_lacking(n->store, after, last, wanted, ret, ret_n, reterr);
}

/* ---- recovery ---- */

/* The crash came between the store's transaction and the head's: the stored seal becomes the last one. */
static VF_RC catch_up(struct nt_notary *n, const struct nt_seal *seal, struct vf_err *reterr)
{
	const struct nt_head *last = nt_headlock_get(n->head);
	struct vf_seal_head h;
	enum vf_rc rc = vf_seal_head_parse(seal->head, &h, reterr);

	if (rc != VF_OK)
		return rc;
	if (h.number != seal->number || seal->size > last->size || h.has_previous != (seal->number > 1) ||
		(h.has_previous && !vf_hash_eq(&h.previous, &last->seal_head)) || seal->n_tokens == 0)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"seal %" PRIu64 " does not follow the last one in 'head.db'", seal->number);
	/* the time of an authority outside may be ahead of the own clock, which did not go back behind the log's head */
	return swap_seal(n, seal->number, seal->head,
		vf_bytes_is(seal->tokens[0].authority, NT_EMBEDDED) ? seal->tokens[0].gen_time : last->time_ms, reterr);
}

VF_RC nt_seal_recover(struct nt_notary *n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *seal = NULL;
	const struct nt_head *last = nt_headlock_get(n->head);
	uint64_t stored = nt_store_state(n->store)->seals;
	struct vf_hash digest;
	enum vf_rc rc;

	if (stored < last->seal)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"'notary.db' has %" PRIu64 " seals, but %" PRIu64 " were made", stored, last->seal);
	if (stored > last->seal + 1)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"'notary.db' has %" PRIu64 " seals, 'head.db' only %" PRIu64, stored, last->seal);
	if (stored == 0)
		return VF_OK;
	rc = nt_store_seal_get(n->store, stored, &seal, reterr);
	if (rc != VF_OK)
		return rc;
	if (stored > last->seal)
		return catch_up(n, seal, reterr);
	digest = vf_sha256(seal->head);
	if (!vf_hash_eq(&digest, &last->seal_head))
		return vf_fail(
			reterr, VF_STORE_CORRUPT, "seal %" PRIu64 " is not the one in 'head.db'", stored);
	return VF_OK;
}
