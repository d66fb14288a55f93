#include "notary/renewal_inside.h"

#include <inttypes.h>
#include <stdlib.h>

#include "notary/ers_out.h"
#include "notary/failpoint.h"
#include "notary/revocation_export.h"
#include "notary/tsp.h"
#include "trial/grow.h"
#include "verify/text.h"
#include "verify/tst.h"

/* Chains that are gathered in one go. */
#define LOOK 256

/* ---- gathering ---- */

struct nt_renewal_plan *nt_renewal_plan_free(struct nt_renewal_plan *p)
{
	if (!p)
		return NULL;
	free(p->chains);
	free(p->frozen);
	nt_buf_done(&p->leaves);
	nt_buf_done(&p->crls);
	nt_buf_done(&p->text);
	nt_buf_done(&p->der);
	nt_buf_done(&p->request);
	nt_buf_done(&p->head);
	nt_buf_done(&p->octets);
	nt_tree_free(p->tree);
	nt_chain_stamps_done(&p->stamps);
	nt_renewed_done(&p->renewed);
	free(p->arena.base);
	free(p);
	return NULL;
}

void nt_renewal_plan_freep(struct nt_renewal_plan **p)
{
	*p = nt_renewal_plan_free(*p);
}

VF_RC nt_renewal_room(struct nt_renewal_plan **ret, struct vf_err *reterr)
{
	struct nt_renewal_plan *p = calloc(1, sizeof(*p));
	void *block = malloc(NT_RENEWAL_MEMORY);

	if (!p || !block) {
		free(p);
		free(block);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a renewal");
	}
	p->first_end = NT_CHAIN_CLOSED;
	p->end = p->newest = INT64_MIN;
	p->leaves = nt_buf(SIZE_MAX / 2);
	p->crls = nt_buf((size_t)NT_RENEWAL_CHAINS * VF_MAX_CRLS * 8);
	p->text = nt_buf(VF_MAX_SMALL_JSON);
	p->der = nt_buf(VF_MAX_TOKEN);
	p->request = nt_buf(NT_TSP_MAX_REQUEST);
	p->head = nt_buf(NT_TSP_MAX_REQUEST);
	p->octets = nt_buf((size_t)NT_MAX_RENEWALS * VF_MAX_TOKEN);
	nt_chain_stamps_init(&p->stamps);
	nt_renewed_init(&p->renewed);
	vf_arena_init(&p->arena, block, NT_RENEWAL_MEMORY);
	*ret = p;
	return VF_OK;
}

VF_RC nt_renewal_plan_new(const struct nt_renewal_wish *w, struct nt_renewal_plan **ret, struct vf_err *reterr)
{
	struct nt_renewal_plan *p = NULL;
	enum vf_rc rc;

	if (w->kind == NT_RENEWAL_TREE && w->group.alg != VF_SHA256)
		return vf_fail(reterr, VF_UNSUPPORTED, "a hash-tree renewal leads from SHA-256 to SHA-512");
	rc = nt_renewal_room(&p, reterr);
	if (rc != VF_OK)
		return rc;
	p->wish = *w;
	p->alg = w->kind == NT_RENEWAL_TREE ? VF_SHA512 : w->group.alg;
	*ret = p;
	return VF_OK;
}

uint64_t nt_renewal_plan_chains(const struct nt_renewal_plan *p)
{
	return p->n;
}

const struct vf_digest *nt_renewal_plan_imprint(const struct nt_renewal_plan *p)
{
	return &p->imprint;
}

int64_t nt_renewal_plan_until(const struct nt_renewal_plan *p)
{
	return p->until;
}

/* A token that this renewal hashes for the first time. One renewal is the last of many chains. */
static VF_RC note_frozen(struct nt_renewal_plan *p, int64_t chain, uint64_t renewal, size_t n_crls,
	struct vf_err *reterr)
{
	for (size_t i = p->n_frozen; renewal > 0 && i > 0 && i + 16 > p->n_frozen; i--)
		if (p->frozen[i - 1].renewal == renewal) {
			p->crls.n -= n_crls;
			return VF_OK;
		}
	if (p->n_frozen == p->room_frozen) {
		size_t room = p->room_frozen ? 2 * p->room_frozen : 256;
		struct nt_frozen *more = realloc(p->frozen, room * sizeof(*more));

		if (!more)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a renewal");
		p->frozen = more;
		p->room_frozen = room;
	}
	p->frozen[p->n_frozen++] = (struct nt_frozen){.chain = renewal > 0 ? 0 : chain, .renewal = renewal,
		.crls = {NULL, n_crls}};
	return VF_OK;
}

/*
 * When the plan is whole: what it was gathered with, whatever came since. Chains are looked at in their order, so that
 * the next is where the last one was found.
 */
static void freeze_as_planned(struct nt_renewal_plan *p, int64_t chain, struct nt_chain_stamp *stamp)
{
	for (size_t k = 0; p->tree && !stamp->frozen && k < p->n_frozen; k++) {
		size_t i = (p->at_frozen + k) % p->n_frozen;

		if (stamp->renewal > 0 ? p->frozen[i].renewal != stamp->renewal : p->frozen[i].chain != chain)
			continue;
		p->at_frozen = i;
		stamp->frozen = true;
		stamp->crls = p->frozen[i].crls;
	}
}

VF_RC nt_renewal_load(struct nt_notary *n, struct nt_renewal_plan *p, int64_t chain, bool all, bool note,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf other = nt_buf((size_t)VF_MAX_CRLS * 8);
	struct nt_chain_stamps *s = &p->stamps;
	size_t ends[NT_MAX_RENEWALS + 1], at = 0;
	enum vf_rc rc = nt_store_chain_stamps(n->store, chain, all, s, reterr);

	nt_buf_reset(&p->octets);
	for (size_t i = 0; rc == VF_OK && i < s->n; i++) {
		size_t before = p->crls.n;
		bool notes = note && !s->of[i].frozen;

		if (!note)
			freeze_as_planned(p, chain, &s->of[i]);
		rc = nt_token_dress(n, &s->of[i], &p->octets, notes ? &p->crls : &other, reterr);
		ends[i] = p->octets.n;
		nt_buf_reset(&other);
		if (rc == VF_OK && notes)
			rc = note_frozen(p, chain, s->of[i].renewal, p->crls.n - before, reterr);
	}
	for (size_t i = 0; rc == VF_OK && i < s->n; at = ends[i], i++)
		s->of[i].der = vf_bytes(p->octets.p + at, ends[i] - at);
	return rc;
}

/* H over the digests of all tokens of the chain. */
static VF_RC put_leaf(struct nt_renewal_plan *p, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf values = nt_buf((size_t)(NT_MAX_RENEWALS + 1) * VF_DIGEST_MAX);
	struct vf_digest x;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < p->stamps.n; i++) {
		rc = vf_digest(p->alg, p->stamps.of[i].der, &x, reterr);
		nt_buf_put(&values, vf_digest_bytes(&x));
	}
	if (rc == VF_OK)
		rc = nt_buf_check(&values, reterr);
	if (rc == VF_OK)
		rc = nt_er_leaf(p->alg, nt_buf_bytes(&values), &x, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put(&p->leaves, vf_digest_bytes(&x));
	return nt_buf_check(&p->leaves, reterr);
}

static VF_RC take_chain(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c, struct vf_err *reterr)
{
	enum vf_rc rc = nt_renewal_load(n, p, c->number, false, true, reterr);

	/* a record holds no more */
	if (rc == VF_OK && p->stamps.n >= NT_MAX_RENEWALS)
		return vf_fail(reterr, VF_LIMIT, "chain %" PRId64 " was renewed %zu times", c->number, p->stamps.n - 1);
	if (rc == VF_OK)
		rc = p->wish.kind == NT_RENEWAL_TREE ? nt_renewal_gather_seal(n, p, c, reterr) : put_leaf(p, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < p->stamps.n; i++)
		if (p->stamps.of[i].gen_time > p->newest)
			p->newest = p->stamps.of[i].gen_time;
	p->first_end = c->until < p->first_end ? c->until : p->first_end;
	p->end = c->until > p->end ? c->until : p->end;
	p->chains[p->n++] = *c;
	return VF_OK;
}

/* All that there is, or that one token takes, is gathered. */
static VF_RC finish(struct nt_notary *n, struct nt_renewal_plan *p, struct vf_err *reterr)
{
	size_t at = 0;
	enum vf_rc rc = VF_OK;

	if (p->n == 0)
		return VF_OK;
	for (size_t i = 0; i < p->n_frozen; at += p->frozen[i].crls.n, i++)
		if (p->frozen[i].crls.n > 0)
			p->frozen[i].crls.p = p->crls.p + at;
	if (p->wish.kind == NT_RENEWAL_TREE)
		rc = nt_renewal_put_text(n, p, reterr);
	if (rc == VF_OK)
		rc = nt_tree_new_alg(p->alg, nt_buf_bytes(&p->leaves), &p->tree, reterr);
	if (rc == VF_OK)
		p->imprint = nt_tree_root(p->tree);
	return rc;
}

static bool is_full(const struct nt_renewal_plan *p)
{
	return p->wish.kind == NT_RENEWAL_TREE ? p->leaves.n / vf_alg_size(p->alg) >= NT_RENEWAL_LEAVES :
		p->n >= NT_RENEWAL_CHAINS;
}

VF_RC nt_renewal_plan_gather(struct nt_notary *n, struct nt_renewal_plan *p, size_t max, bool *ret_more,
	struct vf_err *reterr)
{
	const struct nt_renewal_wish *w = &p->wish;
	size_t found = 0, room = w->kind == NT_RENEWAL_TREE ? 1 : max < LOOK ? max : LOOK;
	struct nt_chain list[LOOK];
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK && !TR_GROW(p->chains, p->room, p->n + room))
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for a renewal");
	if (rc == VF_OK)
		rc = nt_store_chain_list(n->store, &w->group, nt_notary_now(n), w->by, w->since, p->n > 0 ? &p->last : NULL, list,
			room, &found, reterr);
	for (size_t i = 0; rc == VF_OK && i < found && !is_full(p); i++) {
		rc = take_chain(n, p, &list[i], reterr);
		p->last = list[i];
	}
	*ret_more = rc == VF_OK && found == room && !is_full(p);
	if (rc == VF_OK && !*ret_more)
		rc = finish(n, p, reterr);
	return rc;
}

/* ---- the token ---- */

/* The token of the plan as one more stamp of what it renews. */
static struct nt_chain_stamp stamp_of(const struct nt_renewal_plan *p)
{
	return (struct nt_chain_stamp){.kind = p->wish.kind, .alg = p->alg, .gen_time = p->token.gen_time,
		.authority = p->token.authority, .der = p->token.der};
}

/* Whether the verified token is worth it. */
static VF_RC check_worth(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_token *t,
	struct vf_err *reterr)
{
	char end[VF_TIME_LEN + 1], own[VF_TIME_LEN + 1];
	bool is_revoked, same_end = p->wish.same_end || p->wish.kind == NT_RENEWAL_TREE;
	enum vf_alg alg;
	enum vf_rc rc = nt_renewal_end(n, t->authority, t->der, &p->until, &alg, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_token_is_revoked(n, &(struct nt_chain_stamp){.authority = t->authority, .der = t->der}, &is_revoked, reterr);
	if (rc == VF_OK && is_revoked)
		return vf_fail(reterr, VF_REVOKED, "the certificate behind the new time-stamp is revoked");
	if (rc != VF_OK)
		return rc;
	vf_time_put(end, p->end);
	vf_time_put(own, p->until);
	if (p->until < p->end || (p->until == p->end && !same_end))
		return vf_fail(reterr, VF_RENEW_NO_GAIN, "the new time-stamp ends at %s, what it would renew at %s", own, end);
	if (t->gen_time < p->newest)
		return vf_fail(reterr, VF_TS_ORDER, "the new time-stamp is earlier than what it would renew");
	vf_time_put(end, p->first_end);
	if (t->gen_time > p->first_end)
		return vf_fail(reterr, VF_RENEW_TOO_LATE, "evidence ended at %s", end);
	return VF_OK;
}

static VF_RC keep_token(struct nt_renewal_plan *p, const struct nt_token *t, const struct nt_exchange *x,
	struct vf_err *reterr)
{
	size_t authority = t->authority.n;
	enum vf_rc rc;

	nt_buf_reset(&p->head);
	nt_buf_put(&p->head, t->authority);
	nt_buf_put(&p->head, x->head);
	nt_buf_reset(&p->request);
	nt_buf_put(&p->request, x->request);
	rc = nt_buf_check(&p->head, reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&p->request, reterr);
	if (rc != VF_OK)
		return rc;
	p->token = *t;
	p->token.authority = vf_bytes(p->head.p, authority);
	p->token.der = nt_buf_bytes(&p->der);
	p->exchange = *x;
	p->exchange.request = nt_buf_bytes(&p->request);
	p->exchange.head = vf_bytes(p->head.p + authority, p->head.n - authority);
	p->checked = 0;
	nt_failpoint("renewal-got");
	return VF_OK;
}

VF_RC nt_renewal_plan_stamp(struct nt_notary *n, struct nt_renewal_plan *p, struct vf_err *reterr)
{
	const struct nt_exchange none = {.sent_ms = 0};
	struct nt_token t;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	nt_buf_reset(&p->der);
	if (rc == VF_OK)
		rc = nt_seal_stamp(n, &p->imprint, nt_notary_now(n), &p->der, &t, reterr);
	if (rc == VF_TIME_STOPPED || rc == VF_SIGNER_FAILED || rc == VF_IO)
		return nt_notary_stop(n, rc, reterr);
	if (rc == VF_OK)
		rc = check_worth(n, p, &t, reterr);
	return rc == VF_OK ? keep_token(p, &t, &none, reterr) : rc;
}

VF_RC nt_renewal_plan_reply(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_outside_token *t,
	struct vf_err *reterr)
{
	struct nt_exchange x;
	struct nt_token token;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc == VF_OK)
		rc = nt_seal_open_reply(n, t, &p->imprint, &token, &x, reterr);
	if (rc == VF_OK)
		rc = check_worth(n, p, &token, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_reset(&p->der);
	nt_buf_put(&p->der, token.der);
	rc = nt_buf_check(&p->der, reterr);
	return rc == VF_OK ? keep_token(p, &token, &x, reterr) : rc;
}

/* ---- what was made is judged ---- */

/* A chain that a hash-tree renewal began has no seal of its own: its tokens must lead to the tree. */
static VF_RC check_leaf(struct nt_renewal_plan *p, struct vf_err *reterr)
{
	size_t before = p->leaves.n, rank;
	enum vf_rc rc = put_leaf(p, reterr);

	if (rc == VF_OK && !nt_tree_rank(p->tree, vf_bytes(p->leaves.p + before, p->leaves.n - before), &rank))
		rc = vf_fail(reterr, VF_ER_NOT_COVERED, "the renewal does not cover a chain");
	p->leaves.n = before;
	return rc;
}

static VF_RC check_chain(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c,
	struct vf_err *reterr)
{
	struct nt_buf out = nt_buf(VF_MAX_PART);
	enum vf_rc rc = nt_renewal_load(n, p, c->number, false, false, reterr);

	if (rc == VF_OK && c->number < 0)
		return check_leaf(p, reterr);
	if (rc == VF_OK) {
		p->stamps.of[p->stamps.n++] = stamp_of(p);
		rc = nt_renewal_put_head(n, p, c->seal, p->stamps.of, p->stamps.n, p->tree, &out, reterr);
	}
	nt_buf_done(&out);
	if (rc == VF_OK && p->wish.kind == NT_RENEWAL_TREE)
		rc = nt_renewal_check_seal(n, p, c, reterr);
	return rc;
}

VF_RC nt_renewal_plan_check(struct nt_notary *n, struct nt_renewal_plan *p, size_t max, bool *ret_more,
	struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	if (p->wish.kind == NT_RENEWAL_TREE)
		max = 1;
	for (size_t i = 0; i < max && p->checked < p->n; i++, p->checked++) {
		rc = check_chain(n, p, &p->chains[p->checked], &err);
		if (rc == VF_NO_MEMORY || rc == VF_IO)
			return vf_fail(reterr, rc, "%s", err.text);
		if (rc != VF_OK)
			return vf_fail(reterr, VF_NOT_VERIFIED, "the renewal of chain %" PRId64 ": %s (%s)",
				p->chains[p->checked].number, err.text, vf_rc_name(rc));
	}
	*ret_more = p->checked < p->n;
	if (!*ret_more)
		nt_failpoint("renewal-verified");
	return VF_OK;
}

VF_RC nt_renewal_plan_store(struct nt_notary *n, struct nt_renewal_plan *p, struct nt_renewed_now *ret,
	struct vf_err *reterr)
{
	struct nt_renewal r = {.kind = p->wish.kind, .alg = p->alg, .token = p->token, .until = p->until,
		.text = nt_buf_bytes(&p->text),
		.leaves = nt_buf_bytes(&p->leaves)};
	int64_t *numbers;
	uint64_t number = 0;
	enum vf_rc rc = nt_notary_check_whole(n, reterr);

	if (rc != VF_OK)
		return rc;
	if (p->n == 0 || p->checked < p->n || !p->token.der.n)
		return vf_fail(reterr, VF_INTERNAL, "a renewal that was not checked");
	numbers = calloc(p->n, sizeof(*numbers));
	if (!numbers)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a renewal");
	for (size_t i = 0; i < p->n; i++)
		numbers[i] = p->chains[i].number;
	rc = nt_store_renewal_put(n->store, &r, &p->exchange, numbers, p->n, p->frozen, p->n_frozen, &number, reterr);
	free(numbers);
	if (rc != VF_OK)
		return nt_notary_stop(n, rc, reterr);
	nt_failpoint("renewal-stored");
	*ret = (struct nt_renewed_now){.renewal = number, .chains = p->n, .leaves = p->leaves.n / vf_alg_size(p->alg),
		.gen_time = p->token.gen_time, .until = p->until, .by = p->token.authority, .token = p->token.der};
	return VF_OK;
}
