#include <inttypes.h>
#include <stdlib.h>

#include "notary/ers_out.h"
#include "notary/renewal_inside.h"
#include "verify/record.h"
#include "verify/seal.h"
#include "verify/text.h"

/* ---- the records of a seal, each as an evidence record with the stamps of one of its tokens ---- */

/* What is done with one evidence record: its leaf is taken, or it is judged. */
typedef VF_RC each_record(struct nt_renewal_plan *p, struct vf_bytes der, const struct vf_pair *pairs, size_t n_pairs,
	struct vf_err *reterr);

/* A seal under way. */
struct batch {
	struct nt_notary *n;
	struct nt_renewal_plan *p;
	struct nt_seal *seal;
	struct nt_tree *tree;
	struct vf_digest head;
	each_record *each;
};

static void batch_done(struct batch *b)
{
	nt_seal_free(b->seal);
	nt_tree_free(b->tree);
}

static VF_RC open_batch(struct batch *b, uint64_t seal, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf(SIZE_MAX / 2);
	enum vf_rc rc = nt_store_seal_get(b->n->store, seal, &b->seal, reterr);

	if (rc == VF_OK)
		rc = nt_notary_batch(b->n, VF_SHA256, b->seal->first, b->seal->size, &values, reterr);
	if (rc == VF_OK)
		rc = nt_tree_new_alg(VF_SHA256, nt_buf_bytes(&values), &b->tree, reterr);
	if (rc == VF_OK)
		rc = vf_digest(VF_SHA256, b->seal->head, &b->head, reterr);
	return rc;
}

static VF_RC put_record(const struct batch *b, const struct nt_record *r, struct vf_pair *pairs, struct nt_buf *out,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf first = nt_buf((size_t)VF_MAX_MEMBERS * sizeof(struct vf_hash));
	uint8_t path[NT_TREE_PATH * sizeof(struct vf_hash)];
	size_t rank;
	enum vf_rc rc;

	for (size_t i = 0; i < r->n_members; i++) {
		pairs[i] = r->members[i].digests;
		nt_buf_put(&first, vf_bytes(pairs[i].sha256.b, sizeof(pairs[i].sha256.b)));
	}
	rc = nt_buf_check(&first, reterr);
	if (rc == VF_OK && !nt_tree_rank(b->tree, vf_bytes(r->id.b, sizeof(r->id.b)), &rank))
		rc = vf_fail(reterr, VF_ER_NOT_COVERED, "a record is not in the batch of its seal");
	if (rc != VF_OK)
		return rc;
	return nt_er_put(out, &(struct nt_er_ats){.alg = VF_SHA256, .first = nt_buf_bytes(&first),
		.path = nt_tree_path_at(b->tree, rank, path), .last = vf_digest_bytes(&b->head), .token = b->p->stamps.of[0].der},
			reterr);
}

/* Of an erased record there is nothing to prove any more. */
static VF_RC do_record(const struct batch *b, uint64_t index, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_buf out = nt_buf(VF_MAX_PART);
	struct nt_renewal_plan *p = b->p;
	struct vf_pair *pairs = NULL;
	enum vf_rc rc = nt_store_at(b->n->store, index, &r, reterr);

	if (rc != VF_OK || r->state == NT_ERASED)
		return rc;
	pairs = calloc(r->n_members ? r->n_members : 1, sizeof(*pairs));
	if (!pairs)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
	rc = put_record(b, r, pairs, &out, reterr);
	if (rc == VF_OK)
		rc = nt_renewed_extend(b->n, &p->renewed, p->stamps.of, p->stamps.n, p->tree, pairs, r->n_members, &p->arena, &out,
			reterr);
	if (rc == VF_OK)
		rc = b->each(p, nt_buf_bytes(&out), pairs, r->n_members, reterr);
	if (rc != VF_OK)
		vf_err_prefix(reterr, "entry %" PRIu64, index);
	nt_buf_done(&out);
	free(pairs);
	return rc;
}

static VF_RC do_seal(struct nt_notary *n, struct nt_renewal_plan *p, uint64_t seal, each_record *each,
	struct vf_err *reterr)
{
	VF_CLEANUP(batch_done) struct batch b = {.n = n, .p = p, .each = each};
	enum vf_rc rc = open_batch(&b, seal, reterr);

	for (uint64_t i = b.seal ? b.seal->first : 0; rc == VF_OK && i < b.seal->size; i++)
		rc = do_record(&b, i, reterr);
	return rc;
}

/* ---- leaves ---- */

/* H over the members' H(H(d) || H(older chains)). */
static VF_RC put_leaf(struct nt_renewal_plan *p, struct vf_bytes der, const struct vf_pair *pairs, size_t n_pairs,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf digests = nt_buf((size_t)VF_MAX_MEMBERS * VF_DIGEST_MAX);
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf((size_t)VF_MAX_MEMBERS * VF_DIGEST_MAX);
	const size_t used = p->arena.used;
	struct vf_digest leaf;
	struct vf_er old;
	enum vf_rc rc = vf_er_parse(der, &p->arena, &old, reterr);

	for (size_t i = 0; i < n_pairs; i++)
		nt_buf_put(&digests, vf_bytes(pairs[i].sha512.b, sizeof(pairs[i].sha512.b)));
	if (rc == VF_OK)
		rc = nt_buf_check(&digests, reterr);
	if (rc == VF_OK)
		rc = nt_er_tree_values(&values, &old, p->alg, nt_buf_bytes(&digests), reterr);
	if (rc == VF_OK)
		rc = nt_er_leaf(p->alg, nt_buf_bytes(&values), &leaf, reterr);
	p->arena.used = used;
	if (rc != VF_OK)
		return rc;
	nt_buf_put(&p->leaves, vf_digest_bytes(&leaf));
	return nt_buf_check(&p->leaves, reterr);
}

VF_RC nt_renewal_gather_seal(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;
	struct nt_buf out = nt_buf(VF_MAX_PART);
	struct vf_pair pair;
	enum vf_rc rc = nt_store_seal_get(n->store, c->seal, &s, reterr);

	if (rc == VF_OK)
		rc = nt_renewal_put_head(n, p, c->seal, p->stamps.of, p->stamps.n, NULL, &out, reterr);
	if (rc == VF_OK) {
		pair = vf_pair_of(s->head);
		rc = put_leaf(p, nt_buf_bytes(&out), &pair, 1, reterr);
	}
	nt_buf_done(&out);
	return rc == VF_OK ? do_seal(n, p, c->seal, put_leaf, reterr) : rc;
}

static VF_RC judge(struct nt_renewal_plan *p, struct vf_bytes der, const struct vf_pair *pairs, size_t n_pairs,
	struct vf_err *reterr)
{
	return nt_renewal_judge(der, pairs, n_pairs, &p->arena, reterr);
}

VF_RC nt_renewal_check_seal(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c,
	struct vf_err *reterr)
{
	return do_seal(n, p, c->seal, judge, reterr);
}

/* ---- the renewal head: log and seal heads under the new algorithm ---- */

/* RFC 9162 2.1.1 with SHA-512, leaf by leaf: roots of the full subtrees so far, the largest first. */
struct tree512 {
	struct vf_hash512 roots[64];
	uint64_t n;
};

static struct vf_hash512 hash512(uint8_t tag, struct vf_bytes a, struct vf_bytes b)
{
	struct vf_pair_hasher h;

	vf_pair_init(&h);
	vf_pair_put_sha512(&h, vf_bytes(&tag, 1));
	vf_pair_put_sha512(&h, a);
	vf_pair_put_sha512(&h, b);
	return vf_pair_done(&h).sha512;
}

static struct vf_hash512 join(const struct vf_hash512 *left, const struct vf_hash512 *right)
{
	return hash512(1, vf_bytes(left->b, sizeof(left->b)), vf_bytes(right->b, sizeof(right->b)));
}

static void add_leaf(struct tree512 *t, struct vf_bytes leaf)
{
	struct vf_hash512 h = hash512(0, leaf, vf_bytes(NULL, 0));
	size_t at = (size_t)__builtin_popcountll(t->n);

	/* as many subtrees are full now as n has ones at its end */
	for (uint64_t n = t->n++; n & 1; n >>= 1) {
		at--;
		h = join(&t->roots[at], &h);
	}
	t->roots[at] = h;
}

static struct vf_hash512 root_of(const struct tree512 *t)
{
	size_t at = (size_t)__builtin_popcountll(t->n);
	struct vf_hash512 h;

	if (at == 0)
		return vf_sha512(vf_bytes(NULL, 0));
	h = t->roots[--at];
	while (at > 0) {
		at--;
		h = join(&t->roots[at], &h);
	}
	return h;
}

static VF_RC add_entry(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	const struct vf_entry entry = {e->id, e->id512, e->slot};
	char text[VF_ENTRY_LEN + 1];

	(void)index;
	(void)reterr;
	vf_entry_put(text, &entry);
	add_leaf(ctx, vf_bytes_str(text));
	return VF_OK;
}

static void put_line(struct nt_buf *out, const char *name, const struct vf_hash512 *h)
{
	nt_buf_put_str(out, name);
	nt_buf_put_hex(out, vf_bytes(h->b, sizeof(h->b)));
	nt_buf_put_u8(out, '\n');
}

/* docs/formats/renewal-head.md */
static VF_RC put_head(struct nt_notary *n, uint64_t size, uint64_t seals, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	struct tree512 log = {.n = 0}, heads = {.n = 0};
	struct vf_hash512 h;
	struct vf_hash ignored;
	enum vf_rc rc = nt_store_entries(n->store, 0, size, add_entry, &log, reterr);

	for (uint64_t i = 1; rc == VF_OK && i <= seals; i++) {
		VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;

		rc = nt_store_seal_get(n->store, i, &s, reterr);
		if (rc == VF_OK)
			add_leaf(&heads, s->head);
	}
	if (rc == VF_OK)
		rc = nt_store_checkpoint(n->store, size, &note, &ignored, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_putf(out, "trialnotary/renewal-head/1\norigin %s\nsize %" PRIu64 "\n", n->config.origin, size);
	h = root_of(&log);
	put_line(out, "log sha512 ", &h);
	nt_buf_putf(out, "seals %" PRIu64 "\n", seals);
	h = root_of(&heads);
	put_line(out, "heads sha512 ", &h);
	h = vf_sha512(nt_buf_bytes(&note));
	put_line(out, "checkpoint sha512 ", &h);
	return nt_buf_check(out, reterr);
}

VF_RC nt_renewal_put_text(struct nt_notary *n, struct nt_renewal_plan *p, struct vf_err *reterr)
{
	const struct nt_store_state *st = nt_store_state(n->store);
	struct vf_digest leaf;
	enum vf_rc rc = put_head(n, st->size, st->seals, &p->text, reterr);

	if (rc == VF_OK)
		rc = vf_digest(p->alg, nt_buf_bytes(&p->text), &leaf, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(&p->leaves, vf_digest_bytes(&leaf));
	return nt_buf_check(&p->leaves, reterr);
}

/* The number of a line "name number". */
static bool take_number(struct vf_bytes *in, const char *name, uint64_t *ret)
{
	struct vf_bytes line;

	return vf_take_line(in, &line) && vf_take_str(&line, name) && vf_decimal_read(line, INT64_MAX, ret);
}

VF_RC nt_renewal_check_text(struct nt_notary *n, struct vf_bytes text, const struct nt_tree *tree,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf want = nt_buf(VF_MAX_SMALL_JSON);
	const struct nt_store_state *st = nt_store_state(n->store);
	struct vf_bytes in = text, line;
	uint64_t size, seals;
	struct vf_hash512 leaf = vf_sha512(text);
	size_t rank;
	enum vf_rc rc;

	if (!vf_take_line(&in, &line) || !vf_take_line(&in, &line) || !take_number(&in, "size ", &size) ||
		!vf_take_line(&in, &line) ||
		!take_number(&in, "seals ", &seals) || size > st->size || seals > st->seals)
		return vf_fail(reterr, VF_STORE_CORRUPT, "the renewal head is not in its exact form");
	rc = put_head(n, size, seals, &want, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_eq(nt_buf_bytes(&want), text))
		return vf_fail(reterr, VF_STORE_CORRUPT, "the renewal head is not that of the log");
	if (!nt_tree_rank(tree, vf_bytes(leaf.b, sizeof(leaf.b)), &rank))
		return vf_fail(reterr, VF_ER_NOT_COVERED, "the renewal does not cover its renewal head");
	return VF_OK;
}
