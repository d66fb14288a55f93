#include "notary/renewed.h"

#include <inttypes.h>
#include <stdlib.h>

#include "notary/ers_out.h"
#include "notary/notary_inside.h"
#include "verify/text.h"
#include "verify/tst.h"

void nt_renewed_init(struct nt_renewed *r)
{
	*r = (struct nt_renewed){.later = VF_TIME_NONE};
}

static void drop_lists(struct nt_renewed *r)
{
	for (size_t i = 0; i < VF_MAX_EVIDENCE; i++) {
		if (!r->of[i])
			continue;
		nt_chain_stamps_done(r->of[i]);
		free(r->of[i]);
		r->of[i] = NULL;
	}
	r->n = 0;
}

void nt_renewed_done(struct nt_renewed *r)
{
	drop_lists(r);
	for (size_t i = 0; i < NT_RENEWED_TREES; i++)
		nt_tree_free(r->trees[i].tree);
	nt_renewed_init(r);
}

bool nt_renewed_is_current(struct nt_notary *n, const struct nt_renewed *r)
{
	return nt_store_state(n->store)->renewals == r->version && (r->later == VF_TIME_NONE || nt_notary_now(n) < r->later);
}

/* When everybody takes the token: not before its time, less its accuracy. */
static int64_t counts_from(const struct nt_chain_stamp *stamp)
{
	struct vf_tst tst;
	struct vf_err ignored;

	if (vf_tst_parse(stamp->der, &tst, &ignored) != VF_OK)
		return stamp->gen_time;
	return tst.gen_time - (int64_t)tst.accuracy_ms;
}

/*
 * A renewal that is ahead of the own clock would have everybody refuse the record until then: it waits, with what is
 * behind it.
 */
static void leave_out_future(struct nt_notary *n, struct nt_chain_stamps *list, struct nt_renewed *r)
{
	int64_t now = nt_notary_now(n);

	for (size_t k = 1; k < list->n; k++) {
		int64_t from = counts_from(&list->of[k]);

		if (from <= now)
			continue;
		list->n = k;
		if (r->later == VF_TIME_NONE || from < r->later)
			r->later = from;
	}
}

static VF_RC load_one(struct nt_notary *n, uint64_t token, struct nt_chain_stamps **ret, struct vf_err *reterr)
{
	struct nt_chain_stamps *list = malloc(sizeof(*list));
	enum vf_rc rc;

	if (!list)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for renewals");
	nt_chain_stamps_init(list);
	rc = nt_store_chain_stamps(n->store, (int64_t)token, true, list, reterr);
	if (rc == VF_OK && list->n > 1) {
		*ret = list;
		return VF_OK;
	}
	nt_chain_stamps_done(list);
	free(list);
	return rc;
}

VF_RC nt_renewed_load(struct nt_notary *n, const struct nt_seal *seal, struct nt_renewed *ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	drop_lists(ret);
	ret->version = nt_store_state(n->store)->renewals;
	ret->later = VF_TIME_NONE;
	ret->n = seal->n_tokens;
	if (ret->version == 0)
		return VF_OK;
	for (size_t i = 0; rc == VF_OK && i < seal->n_tokens; i++) {
		rc = load_one(n, seal->tokens[i].number, &ret->of[i], reterr);
		if (rc == VF_OK && ret->of[i])
			leave_out_future(n, ret->of[i], ret);
	}
	return rc;
}

/* ---- into the record ---- */

/* The tree of a renewal, made from its leaves; it stays until others take its place. */
static VF_RC find_tree(struct nt_notary *n, struct nt_renewed *r, const struct nt_chain_stamp *stamp,
	const struct nt_tree **ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf leaves = nt_buf(SIZE_MAX / 2);
	VF_CLEANUP(nt_tree_freep) struct nt_tree *tree = NULL;
	size_t at = r->next_tree;
	enum vf_rc rc;

	for (size_t i = 0; i < NT_RENEWED_TREES; i++)
		if (r->trees[i].tree && r->trees[i].renewal == stamp->renewal) {
			*ret = r->trees[i].tree;
			return VF_OK;
		}
	rc = nt_store_renewal_leaves(n->store, stamp->renewal, &leaves, reterr);
	if (rc == VF_OK)
		rc = nt_tree_new_alg(stamp->alg, nt_buf_bytes(&leaves), &tree, reterr);
	if (rc != VF_OK)
		return rc;
	nt_tree_free(r->trees[at].tree);
	r->trees[at].tree = tree;
	r->trees[at].renewal = stamp->renewal;
	r->next_tree = (at + 1) % NT_RENEWED_TREES;
	*ret = tree;
	tree = NULL;
	return VF_OK;
}

/* The first list of the next time-stamp. */
static VF_RC put_values(const struct vf_er *old, const struct nt_chain_stamp *stamp, const struct vf_pair *pairs,
	size_t n_pairs,
	struct nt_buf *values, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf digests = nt_buf((size_t)VF_MAX_MEMBERS * VF_DIGEST_MAX);

	if (stamp->kind == NT_RENEWAL_STAMP)
		return nt_er_stamp_values(values, old, reterr);
	for (size_t i = 0; i < n_pairs; i++)
		nt_buf_put(&digests, stamp->alg == VF_SHA512 ? vf_bytes(pairs[i].sha512.b, sizeof(pairs[i].sha512.b)) :
			vf_bytes(pairs[i].sha256.b, sizeof(pairs[i].sha256.b)));
	if (digests.failed)
		return nt_buf_check(&digests, reterr);
	return nt_er_tree_values(values, old, stamp->alg, nt_buf_bytes(&digests), reterr);
}

/* One more time-stamp behind old, into out. */
static VF_RC put_one(const struct vf_er *old, const struct nt_chain_stamp *stamp, const struct nt_tree *tree,
	struct vf_bytes values, struct nt_buf *out, struct vf_err *reterr)
{
	uint8_t path[NT_TREE_PATH * VF_DIGEST_MAX];
	struct nt_er_ats ats = {.alg = stamp->alg, .first = values, .token = stamp->der};
	struct vf_digest leaf;
	size_t rank;
	enum vf_rc rc = nt_er_leaf(stamp->alg, values, &leaf, reterr);

	if (rc != VF_OK)
		return rc;
	if (!nt_tree_rank(tree, vf_digest_bytes(&leaf), &rank))
		return vf_fail(reterr, VF_ER_NOT_COVERED, "renewal %" PRIu64 " does not cover what it should", stamp->renewal);
	ats.path = nt_tree_path_at(tree, rank, path);
	return stamp->kind == NT_RENEWAL_TREE ? nt_er_put_chain(out, old, &ats, reterr) : nt_er_put_stamp(out, old, &ats,
		reterr);
}

static VF_RC extend_once(struct nt_notary *n, struct nt_renewed *r, const struct nt_chain_stamp *stamp,
	const struct nt_tree *extra, const struct vf_pair *pairs, size_t n_pairs, struct vf_arena *a, struct nt_buf *io,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf((size_t)(VF_MAX_MEMBERS + NT_MAX_RENEWALS) * VF_DIGEST_MAX);
	struct nt_buf out = nt_buf(VF_MAX_PART);
	const struct nt_tree *tree = extra;
	const size_t used = a->used;
	struct vf_er old;
	enum vf_rc rc = vf_er_parse(nt_buf_bytes(io), a, &old, reterr);

	if (rc == VF_OK)
		rc = put_values(&old, stamp, pairs, n_pairs, &values, reterr);
	if (rc == VF_OK && stamp->renewal > 0)
		rc = find_tree(n, r, stamp, &tree, reterr);
	if (rc == VF_OK)
		rc = put_one(&old, stamp, tree, nt_buf_bytes(&values), &out, reterr);
	a->used = used;
	if (rc == VF_OK) {
		nt_buf_reset(io);
		nt_buf_put(io, nt_buf_bytes(&out));
		rc = nt_buf_check(io, reterr);
	}
	nt_buf_done(&out);
	return rc;
}

VF_RC nt_renewed_extend(struct nt_notary *n, struct nt_renewed *r, const struct nt_chain_stamp *stamps, size_t n_stamps,
	const struct nt_tree *extra, const struct vf_pair *pairs, size_t n_pairs, struct vf_arena *a, struct nt_buf *io,
	struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t k = 1; rc == VF_OK && k < n_stamps; k++)
		rc = extend_once(n, r, &stamps[k], extra, pairs, n_pairs, a, io, reterr);
	return rc;
}

VF_RC nt_renewed_put(struct nt_notary *n, struct nt_renewed *r, size_t i, const struct vf_pair *pairs, size_t n_pairs,
	struct vf_arena *a, struct nt_buf *io, struct vf_err *reterr)
{
	if (i >= r->n || !r->of[i])
		return VF_OK;
	return nt_renewed_extend(n, r, r->of[i]->of, r->of[i]->n, NULL, pairs, n_pairs, a, io, reterr);
}
