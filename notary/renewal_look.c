#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "notary/renewal_inside.h"
#include "verify/text.h"
#include "verify/tst.h"

/* Chains that are looked at in one go. */
#define LOOK 256

/* ---- when chains end ---- */

VF_RC nt_renewal_end(struct nt_notary *n, struct vf_bytes authority, struct vf_bytes der, int64_t *ret_until,
	enum vf_alg *ret_alg, struct vf_err *reterr)
{
	struct vf_tst_trust trust;
	struct vf_tst tst;
	size_t who = 0;
	enum vf_rc rc;

	if (vf_tst_parse(der, &tst, NULL) != VF_OK)
		return vf_fail(reterr, VF_STORE_CORRUPT, "a token in 'notary.db' cannot be read");
	*ret_alg = tst.imprint.alg;
	rc = nt_roots_find(n->roots, authority, &who, reterr);
	if (rc == VF_OK)
		rc = vf_tst_judge(nt_roots_pki(n->roots), &tst, NULL, tst.gen_time, false, &trust, reterr);
	if (rc == VF_OK && !(trust.authorities >> who & 1))
		rc = vf_fail(reterr, VF_UNKNOWN_ROOT, "a token leads to no root of its authority");
	if (rc == VF_OK)
		*ret_until = trust.earliest_end < trust.strong_until ? trust.earliest_end : trust.strong_until;
	return rc;
}

struct look {
	struct nt_notary *n;
	struct nt_chain list[LOOK];
	char names[LOOK][65];
	size_t n_list;
};

static VF_RC look_at(void *ctx, uint64_t token, uint64_t seal, const struct nt_token *t, struct vf_err *reterr)
{
	struct look *x = ctx;
	struct nt_chain *c = &x->list[x->n_list];
	struct vf_err err = {0};
	int64_t until = VF_TIME_NONE;
	enum vf_alg alg = VF_SHA256;
	enum vf_rc rc = nt_renewal_end(x->n, t->authority, t->der, &until, &alg, &err);

	if (rc == VF_NO_MEMORY || rc == VF_STORE_CORRUPT)
		return vf_fail(reterr, rc, "%s", err.text);
	if (t->authority.n >= sizeof(x->names[0]))
		return vf_fail(reterr, VF_STORE_CORRUPT, "the name of an authority is too long");
	memcpy(x->names[x->n_list], t->authority.p, t->authority.n);
	*c = (struct nt_chain){.number = (int64_t)token, .seal = seal, .alg = alg,
		.authority = vf_bytes((const uint8_t *)x->names[x->n_list], t->authority.n),
		.until = rc == VF_OK ? until : VF_TIME_NONE};
	x->n_list++;
	return VF_OK;
}

VF_RC nt_renewal_look(struct nt_notary *n, size_t max, bool *ret_more, struct vf_err *reterr)
{
	struct look *x = calloc(1, sizeof(*x));
	size_t found = 0, room = max < LOOK ? max : LOOK;
	enum vf_rc rc = x ? nt_notary_check_whole(n, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory to look at seals");

	if (rc == VF_OK) {
		x->n = n;
		rc = nt_store_chains_new(n->store, room, look_at, x, &found, reterr);
	}
	if (rc == VF_OK) {
		rc = nt_store_chains_put(n->store, x->list, x->n_list, reterr);
		if (rc != VF_OK)
			rc = nt_notary_stop(n, rc, reterr);
	}
	free(x);
	*ret_more = rc == VF_OK && found == room;
	return rc;
}

/* The end of the last stamp, if it can be judged now. */
static VF_RC judge_again(struct nt_notary *n, int64_t chain, struct nt_chain_stamps *stamps, struct vf_err *reterr)
{
	struct nt_chain c = {.number = chain};
	struct vf_err err = {0};
	int64_t until;
	enum vf_rc rc = nt_store_chain_stamps(n->store, chain, false, stamps, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_renewal_end(n, stamps->of[stamps->n - 1].authority, stamps->of[stamps->n - 1].der, &until, &c.alg, &err);
	if (rc == VF_NO_MEMORY || rc == VF_STORE_CORRUPT)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		return VF_OK;
	c.until = until;
	c.authority = stamps->of[0].authority;
	return nt_store_chains_put(n->store, &c, 1, reterr);
}

VF_RC nt_renewal_look_again(struct nt_notary *n, size_t max, int64_t *io_from, bool *ret_more, struct vf_err *reterr)
{
	struct nt_chain_stamps *stamps = malloc(sizeof(*stamps));
	int64_t list[LOOK];
	size_t found = 0, room = max < LOOK ? max : LOOK;
	enum vf_rc rc = stamps ? nt_notary_check_whole(n, reterr) : vf_fail(reterr, VF_NO_MEMORY,
		"no memory to look at seals");

	if (rc == VF_OK) {
		nt_chain_stamps_init(stamps);
		rc = nt_store_chain_list_unjudged(n->store, *io_from, list, room, &found, reterr);
		for (size_t i = 0; rc == VF_OK && i < found; i++)
			rc = judge_again(n, list[i], stamps, reterr);
		nt_chain_stamps_done(stamps);
	}
	free(stamps);
	*ret_more = rc == VF_OK && found == room;
	if (rc == VF_OK && found > 0)
		*io_from = list[found - 1] + 1;
	return rc;
}

VF_RC nt_renewal_due(struct nt_notary *n, int64_t by, struct nt_renewal_due *ret, struct vf_err *reterr)
{
	int64_t now = nt_notary_now(n);
	struct nt_chain_group first;
	size_t n_first = 0;
	enum vf_rc rc;

	*ret = (struct nt_renewal_due){.first = VF_TIME_NONE, .renewals = nt_store_state(n->store)->renewals};
	rc = nt_store_chain_groups(n->store, now, by, ret->groups, NT_RENEWAL_GROUPS, &ret->n_groups, reterr);
	if (rc == VF_OK)
		rc = nt_store_chain_groups(n->store, now, NT_CHAIN_CLOSED - 1, &first, 1, &n_first, reterr);
	if (rc == VF_OK)
		rc = nt_store_chain_count(n->store, INT64_MIN, now, &ret->ended, reterr);
	if (rc == VF_OK)
		rc = nt_store_chain_unjudged(n->store, &ret->unjudged, reterr);
	for (size_t i = 0; i < ret->n_groups; i++)
		ret->chains += ret->groups[i].chains;
	if (n_first > 0)
		ret->first = first.first;
	return rc;
}

VF_RC nt_renewal_why(struct nt_notary *n, const struct nt_chain_group *g, struct nt_renewal_why *ret,
	struct vf_err *reterr)
{
	struct nt_chain_stamps *stamps = malloc(sizeof(*stamps));
	struct vf_tst_trust trust;
	struct vf_tst tst;
	struct nt_chain c;
	size_t found = 0;
	enum vf_rc rc;

	*ret = (struct nt_renewal_why){.is_algorithm = false};
	if (!stamps)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to look at seals");
	nt_chain_stamps_init(stamps);
	rc = nt_store_chain_list(n->store, g, g->first - 1, g->first, INT64_MAX, NULL, &c, 1, &found, reterr);
	if (rc == VF_OK && found > 0)
		rc = nt_store_chain_stamps(n->store, c.number, false, stamps, reterr);
	if (rc == VF_OK && found > 0 && vf_tst_parse(stamps->of[stamps->n - 1].der, &tst, NULL) == VF_OK &&
		vf_tst_judge(nt_roots_pki(n->roots), &tst, NULL, tst.gen_time, false, &trust, NULL) == VF_OK) {
		snprintf(ret->subject, sizeof(ret->subject), "%s", trust.leaf.name);
		ret->is_algorithm = trust.strong_until < trust.earliest_end;
		ret->is_issuer = !ret->is_algorithm && trust.earliest_end < trust.leaf.not_after;
	}
	nt_chain_stamps_done(stamps);
	free(stamps);
	return rc;
}
