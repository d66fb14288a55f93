#include <inttypes.h>
#include <stdlib.h>

#include "notary/ers_out.h"
#include "notary/findings.h"
#include "notary/renewal_inside.h"
#include "verify/seal.h"
#include "verify/tst.h"

/* ---- what the verifier's code says of a record ---- */

struct objects {
	const struct vf_pair *pairs;
};

static VF_RC yield(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr)
{
	const struct objects *x = ctx;

	if (alg != VF_SHA256 && alg != VF_SHA512)
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "there are no %s digests", vf_alg_name(alg));
	*ret = (struct vf_digest){.alg = alg};
	if (alg == VF_SHA512)
		memcpy(ret->b, x->pairs[i].sha512.b, sizeof(x->pairs[i].sha512.b));
	else
		memcpy(ret->b, x->pairs[i].sha256.b, sizeof(x->pairs[i].sha256.b));
	return VF_OK;
}

/* Each tree leads to its token, and times do not run backwards. */
static VF_RC set_imprints(struct vf_er *er, struct vf_err *reterr)
{
	int64_t last = INT64_MIN;
	struct vf_tst tst;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < er->n_stamps; i++) {
		rc = vf_tst_parse(er->stamps[i].token, &tst, reterr);
		if (rc == VF_OK)
			rc = vf_er_set_imprint(er, i, &tst.imprint, reterr);
		if (rc == VF_OK && tst.gen_time < last)
			rc = vf_fail(reterr, VF_TS_ORDER, "a renewal is earlier than what it renews");
		last = tst.gen_time;
	}
	return rc;
}

VF_RC nt_renewal_judge(struct vf_bytes der, const struct vf_pair *pairs, size_t n_pairs, struct vf_arena *a,
	struct vf_err *reterr)
{
	const struct objects all = {pairs};
	const struct vf_er_objects objects = {.n = n_pairs, .digest = yield, .ctx = &all};
	const size_t used = a->used;
	struct vf_er_cover cover;
	struct vf_er er;
	enum vf_rc rc = vf_er_parse(der, a, &er, reterr);

	if (rc == VF_OK)
		rc = set_imprints(&er, reterr);
	if (rc == VF_OK)
		rc = vf_er_check_links(&er, reterr);
	if (rc == VF_OK)
		rc = vf_er_cover(&er, &objects, false, a, &cover, reterr);
	if (rc == VF_OK)
		rc = vf_er_check_cover(&cover, true, reterr);
	a->used = used;
	return rc;
}

/* ---- the record of a seal head ---- */

static VF_RC put_first(const struct nt_seal *seal, struct vf_bytes token, struct nt_buf *out, struct vf_err *reterr)
{
	struct vf_seal_head h;
	struct vf_digest head, batch;
	struct vf_tst tst;
	enum vf_rc rc = vf_tst_parse(token, &tst, reterr);

	if (rc == VF_OK)
		rc = vf_seal_head_parse(seal->head, &h, reterr);
	if (rc == VF_OK)
		rc = vf_seal_values(&h, tst.imprint.alg, &head, &batch, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_er_put(out, &(struct nt_er_ats){.alg = tst.imprint.alg, .first = vf_digest_bytes(&head),
		.path = vf_digest_bytes(&batch), .token = token}, reterr);
}

VF_RC nt_renewal_put_head(struct nt_notary *n, struct nt_renewal_plan *p, uint64_t seal,
	const struct nt_chain_stamp *stamps,
	size_t n_stamps, const struct nt_tree *tree, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;
	struct vf_pair pair;
	enum vf_rc rc = nt_store_seal_get(n->store, seal, &s, reterr);

	if (rc == VF_OK)
		rc = put_first(s, stamps[0].der, out, reterr);
	if (rc != VF_OK)
		return rc;
	pair = vf_pair_of(s->head);
	rc = nt_renewed_extend(n, &p->renewed, stamps, n_stamps, tree, &pair, 1, &p->arena, out, reterr);
	return rc == VF_OK ? nt_renewal_judge(nt_buf_bytes(out), &pair, 1, &p->arena, reterr) : rc;
}

VF_RC nt_renewal_head_record(struct nt_notary *n, uint64_t seal, size_t token, struct nt_buf *out,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_renewal_plan_freep) struct nt_renewal_plan *p = NULL;
	VF_CLEANUP(nt_seal_freep) struct nt_seal *s = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf record = nt_buf(VF_MAX_PART);
	enum vf_rc rc = nt_renewal_room(&p, reterr);

	if (rc == VF_OK)
		rc = nt_store_seal_get(n->store, seal, &s, reterr);
	if (rc == VF_OK && token >= s->n_tokens)
		rc = vf_fail(reterr, VF_UNKNOWN_RECORD, "seal %" PRIu64 " has %zu tokens", seal, s->n_tokens);
	if (rc == VF_OK)
		rc = nt_renewal_load(n, p, (int64_t)s->tokens[token].number, true, false, reterr);
	if (rc == VF_OK)
		rc = nt_renewal_put_head(n, p, seal, p->stamps.of, p->stamps.n, NULL, &record, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(out, nt_buf_bytes(&record));
	return nt_buf_check(out, reterr);
}

/* ---- for fsck ---- */

/* The token is over the leaves, signed by its authority, and what its row says. */
static VF_RC check_token(struct nt_notary *n, const struct nt_renewal *r, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf leaves = nt_buf(SIZE_MAX / 2);
	VF_CLEANUP(nt_tree_freep) struct nt_tree *tree = NULL;
	struct vf_digest root;
	enum vf_rc rc = nt_store_renewal_leaves(n->store, r->number, &leaves, reterr);

	if (rc == VF_OK)
		rc = nt_tree_new_alg(r->alg, nt_buf_bytes(&leaves), &tree, reterr);
	if (rc != VF_OK)
		return rc;
	root = nt_tree_root(tree);
	rc = nt_seal_check_token(n, &r->token, &root, reterr);
	if (rc == VF_OK && r->kind == NT_RENEWAL_TREE)
		rc = nt_renewal_check_text(n, r->text, tree, reterr);
	return rc;
}

/* The evidence record of the head of each seal that it covers, with all that renewed it, is whole. */
static VF_RC check_chains(struct nt_notary *n, struct nt_renewal_plan *p, uint64_t renewal, struct nt_findings *f,
	struct vf_err *reterr)
{
	int64_t *chains = NULL;
	size_t count = 0;
	enum vf_rc rc = nt_store_renewal_chains(n->store, renewal, &chains, &count, reterr);

	for (size_t i = 0; rc == VF_OK && i < count; i++) {
		struct nt_buf out = nt_buf(VF_MAX_PART);
		struct vf_err err = {0};
		uint64_t seal = 0;

		if (chains[i] < 0)
			continue;
		rc = nt_store_chain_seal(n->store, chains[i], &seal, &err);
		if (rc == VF_OK)
			rc = nt_renewal_load(n, p, chains[i], true, false, &err);
		if (rc == VF_OK)
			rc = nt_renewal_put_head(n, p, seal, p->stamps.of, p->stamps.n, NULL, &out, &err);
		nt_buf_done(&out);
		if (rc != VF_OK)
			vf_err_prefix(&err, "renewal %" PRIu64 ", seal %" PRIu64, renewal, seal);
		rc = nt_found_rc(f, rc, &err, reterr);
	}
	free(chains);
	return rc;
}

VF_RC nt_renewal_check(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr)
{
	VF_CLEANUP(nt_renewal_plan_freep) struct nt_renewal_plan *p = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf memory = nt_buf((size_t)2 * VF_MAX_TOKEN);
	enum vf_rc rc = nt_renewal_room(&p, reterr);

	for (uint64_t i = 1; rc == VF_OK && i <= nt_store_state(n->store)->renewals; i++) {
		struct nt_renewal r;
		struct vf_err err = {0};

		rc = nt_store_renewal_get(n->store, i, &memory, &r, &err);
		if (rc == VF_OK)
			rc = check_token(n, &r, &err);
		if (rc != VF_OK)
			vf_err_prefix(&err, "renewal %" PRIu64, i);
		rc = nt_found_rc(f, rc, &err, reterr);
		if (rc == VF_OK)
			rc = check_chains(n, p, i, f, reterr);
	}
	return rc == VF_OK ? nt_renewal_check_aside(n, f, reterr) : rc;
}
