#include <inttypes.h>
#include <stdlib.h>

#include "notary/failpoint.h"
#include "notary/notary_inside.h"
#include "notary/tree.h"
#include "verify/checkpoint.h"
#include "verify/seal.h"
#include "verify/tst.h"

struct ids {
	struct vf_hash *p;
	size_t n;
};

static void ids_done(struct ids *x)
{
	free(x->p);
}

static VF_RC collect_id(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	struct ids *x = ctx;

	(void)index;
	(void)reterr;
	x->p[x->n++] = e->id;
	return VF_OK;
}

VF_RC nt_seal_batch_root(
	struct nt_notary *n, uint64_t first, uint64_t size, struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(ids_done) struct ids ids = {0};
	VF_CLEANUP(nt_tree_freep) struct nt_tree *tree = NULL;
	struct vf_digest root;
	enum vf_rc rc;

	if (first >= size)
		return vf_fail(reterr, VF_INTERNAL, "a batch without entries");
	ids.p = calloc((size_t)(size - first), sizeof(*ids.p));
	if (ids.p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a batch of %" PRIu64, size - first);
	rc = nt_store_entries(n->store, first, size - first, collect_id, &ids, reterr);
	if (rc == VF_OK)
		rc = nt_tree_new(ids.p, ids.n, &tree, reterr);
	if (rc != VF_OK)
		return rc;
	root = nt_tree_root(tree);
	memcpy(ret->b, root.b, sizeof(ret->b));
	return VF_OK;
}

/* ---- the seal head ---- */

struct head {
	struct nt_buf text;
	uint64_t number, first, size;
	struct vf_hash batch;
	struct vf_digest root; /* what the token is over */
	struct nt_token_name *names;
	size_t n_names;
};

static void head_done(struct head *h)
{
	nt_buf_done(&h->text);
	free(h->names);
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

static void put_hex_line(struct nt_buf *out, const char *begin, const struct vf_hash *h)
{
	nt_buf_put_str(out, begin);
	nt_buf_put_hex(out, vf_bytes(h->b, 32));
	nt_buf_put_u8(out, '\n');
}

/* docs/formats/seal.md */
static VF_RC put_head(struct nt_notary *n, struct head *h, struct vf_err *reterr)
{
	const struct nt_head *last = nt_headlock_get(n->head);
	struct vf_hash checkpoint;
	struct nt_buf *out = &h->text;
	enum vf_rc rc = checkpoint_digest(n, h->size, &checkpoint, reterr);

	if (rc != VF_OK)
		return rc;
	nt_buf_putf(out, VF_SEAL_MAGIC "\nseal %" PRIu64 "\norigin %s\nfirst %" PRIu64 "\nsize %" PRIu64 "\n",
		h->number, n->config.origin, h->first, h->size);
	put_hex_line(out, "batch sha256 ", &h->batch);
	put_hex_line(out, "checkpoint ", &checkpoint);
	if (h->number == 1)
		nt_buf_put_str(out, "previous none\n");
	else
		put_hex_line(out, "previous ", &last->seal_head);
	for (size_t i = 0; i < h->n_names; i++) {
		nt_buf_putf(out, "token %" PRIu64 " ", h->names[i].seal);
		put_hex_line(out, "", &h->names[i].id);
	}
	return nt_buf_check(out, reterr);
}

/* The verifier's own reading of the head, joined to the one before; gives the seal root. */
static VF_RC read_back(struct nt_notary *n, struct head *h, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *before = NULL;
	struct vf_seal_head now, previous;
	struct vf_digest parts[2];
	enum vf_rc rc = vf_seal_head_parse(nt_buf_bytes(&h->text), &now, reterr);

	if (rc == VF_OK && h->number > 1)
		rc = nt_store_seal_get(n->store, h->number - 1, &before, reterr);
	if (rc == VF_OK && h->number > 1)
		rc = vf_seal_head_parse(before->head, &previous, reterr);
	if (rc == VF_OK && h->number > 1)
		rc = vf_seal_check_chain(&now, &previous, reterr);
	if (rc == VF_OK)
		rc = vf_seal_values(&now, VF_SHA256, &parts[0], &parts[1], reterr);
	if (rc == VF_OK)
		rc = vf_digest_sorted(VF_SHA256, parts, 2, &h->root, reterr);
	return rc;
}

static VF_RC make_head(struct nt_notary *n, struct head *h, struct vf_err *reterr)
{
	const struct nt_store_state *st = nt_store_state(n->store);
	enum vf_rc rc;

	h->number = st->seals + 1;
	h->first = st->sealed;
	h->size = st->size;
	h->text = nt_buf(VF_MAX_SEAL_HEAD);
	h->names = calloc(VF_MAX_SEAL_TOKENS, sizeof(*h->names));
	if (h->names == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a seal head");
	rc = nt_store_unnamed(n->store, h->names, VF_MAX_SEAL_TOKENS, &h->n_names, reterr);
	if (rc == VF_OK)
		rc = nt_seal_batch_root(n, h->first, h->size, &h->batch, reterr);
	if (rc == VF_OK)
		rc = put_head(n, h, reterr);
	if (rc == VF_OK)
		rc = read_back(n, h, reterr);
	return rc;
}

/* ---- the token ---- */

VF_RC nt_seal_check_token(
	struct nt_notary *n, const struct nt_token *t, const struct vf_digest *imprint, struct vf_err *reterr)
{
	struct vf_tst tst;
	struct vf_tst_trust trust;
	struct vf_hash id;
	enum vf_rc rc = vf_tst_parse(t->der, &tst, reterr);

	if (rc == VF_OK)
		rc = vf_tst_check(n->pki, &tst, imprint, NULL, NULL, reterr);
	if (rc == VF_OK)
		rc = vf_tst_judge(n->pki, &tst, NULL, tst.gen_time, false, &trust, reterr);
	if (rc != VF_OK)
		return rc;
	id = vf_tst_id(&tst);
	if (tst.gen_time != t->gen_time || !vf_hash_eq(&id, &t->id))
		return vf_fail(reterr, VF_STORE_CORRUPT, "a token is not the one that its row describes");
	return VF_OK;
}

/* genTime and name of a fresh token, which was verified before anything else sees it. */
static VF_RC describe_token(struct nt_notary *n, struct vf_bytes der, const struct head *h,
	struct nt_token *ret, struct vf_err *reterr)
{
	struct nt_token t = {.authority = vf_bytes_str("embedded"), .der = der};
	struct vf_err err = {0};
	struct vf_tst tst;
	enum vf_rc rc = vf_tst_parse(der, &tst, &err);

	if (rc == VF_OK) {
		t.gen_time = tst.gen_time;
		t.id = vf_tst_id(&tst);
		rc = nt_seal_check_token(n, &t, &h->root, &err);
	}
	if (rc == VF_NO_MEMORY)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		return vf_fail(reterr, VF_NOT_VERIFIED, "the token of the embedded authority: %s (%s)",
			err.text, vf_rc_name(rc));
	*ret = t;
	return VF_OK;
}

static VF_RC get_token(struct nt_notary *n, const struct head *h, struct nt_buf *der, struct nt_token *ret,
	struct vf_err *reterr)
{
	const struct nt_head *last = nt_headlock_get(n->head);
	struct nt_tsa_refreshed refreshed;
	int64_t now_ms = nt_notary_now(n);
	enum vf_rc rc;

	if (now_ms < last->time_ms)
		return vf_fail(reterr, VF_TIME_STOPPED, "the clock is before the last signed head");
	rc = nt_tsa_refresh(n->tsa, now_ms, &refreshed, reterr);
	if (rc == VF_OK)
		rc = nt_tsa_stamp(n->tsa, &h->root, now_ms, der, reterr);
	if (rc == VF_OK)
		nt_failpoint("token-got");
	if (rc == VF_OK)
		rc = describe_token(n, nt_buf_bytes(der), h, ret, reterr);
	if (rc != VF_OK)
		return rc;
	if (ret->gen_time < last->time_ms)
		return vf_fail(reterr, VF_TIME_STOPPED, "the token's time is before the last signed head");
	nt_failpoint("token-verified");
	return VF_OK;
}

/* ---- the seal ---- */

static VF_RC swap_seal(
	struct nt_notary *n, uint64_t number, struct vf_bytes text, int64_t gen_time, struct vf_err *reterr)
{
	const struct nt_head *last = nt_headlock_get(n->head);
	struct nt_head next = *last;
	enum vf_rc rc;

	next.seal = number;
	next.seal_head = vf_sha256(text);
	if (gen_time > next.time_ms)
		next.time_ms = gen_time;
	rc = nt_headlock_swap(n->head, last->version, &next, reterr);
	if (rc == VF_OK)
		nt_failpoint("seal-swapped");
	return rc;
}

static VF_RC store_seal(
	struct nt_notary *n, const struct head *h, struct nt_token *token, struct vf_err *reterr)
{
	struct nt_seal seal = {.number = h->number,
		.first = h->first,
		.size = h->size,
		.head = nt_buf_bytes(&h->text),
		.tokens = token,
		.n_tokens = 1};
	enum vf_rc rc = nt_store_seal(n->store, &seal, h->n_names, reterr);

	if (rc != VF_OK)
		return nt_notary_stop(n, rc, reterr);
	nt_failpoint("seal-stored");
	rc = swap_seal(n, h->number, nt_buf_bytes(&h->text), token->gen_time, reterr);
	return rc == VF_OK ? rc : nt_notary_stop(n, rc, reterr);
}

VF_RC nt_seal_batch(struct nt_notary *n, struct nt_sealed *ret, struct vf_err *reterr)
{
	VF_CLEANUP(head_done) struct head h = {0};
	VF_CLEANUP(nt_buf_done) struct nt_buf der = nt_buf(VF_MAX_TOKEN);
	const struct nt_store_state *st = nt_store_state(n->store);
	struct nt_token token;
	enum vf_rc rc;

	if (st->sealed == st->size) {
		*ret = (struct nt_sealed){0};
		return VF_OK;
	}
	rc = make_head(n, &h, reterr);
	if (rc != VF_OK)
		return rc == VF_NO_MEMORY ? rc : nt_notary_stop(n, rc, reterr);
	/* A token that does not come is no harm: the batch waits and grows. */
	rc = get_token(n, &h, &der, &token, reterr);
	if (rc == VF_TIME_STOPPED || rc == VF_SIGNER_FAILED || rc == VF_IO)
		return nt_notary_stop(n, rc, reterr);
	if (rc != VF_OK)
		return rc;
	rc = store_seal(n, &h, &token, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (struct nt_sealed){true, h.number, h.first, h.size, token.gen_time};
	return VF_OK;
}

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
	return swap_seal(n, seal->number, seal->head, seal->tokens[0].gen_time, reterr);
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
