/* Renewals and coverage: how the time-stamps of a record hang together (RFC 4998 5). */
#include <inttypes.h>

#include "verify/der.h"
#include "verify/ers.h"

static enum vf_rc check_imprints(const struct vf_er *er, struct vf_err *reterr)
{
	for (size_t i = 0; i < er->n_stamps; i++)
		if (!er->stamps[i].has_imprint)
			return vf_fail(reterr, VF_NOT_CHECKED, "time-stamp %" PRIu32 " of chain %" PRIu32
				" was not compared with its token", er->stamps[i].index + 1,
				er->stamps[i].chain + 1);
	return VF_OK;
}

/* Time-stamp renewal (RFC 4998 5.2): the digest of the token as stored, in the first list of the next. */
static enum vf_rc check_link(const struct vf_ats *before, const struct vf_ats *ats, struct vf_err *reterr)
{
	struct vf_digest x;
	enum vf_rc rc;

	if (ats->alg != before->alg)
		return vf_fail(reterr, VF_ER_ALGORITHM, "chain %" PRIu32 " changes from %s to %s at time-stamp %" PRIu32,
			ats->chain + 1, vf_alg_name(before->alg), vf_alg_name(ats->alg), ats->index + 1);
	rc = vf_digest(ats->alg, before->token, &x, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_ats_covers(ats, &x))
		return vf_fail(reterr, VF_ER_RENEWAL, "time-stamp %" PRIu32 " of chain %" PRIu32
			" does not cover its predecessor", ats->index + 1, ats->chain + 1);
	return VF_OK;
}

VF_RC vf_er_check_links(const struct vf_er *er, struct vf_err *reterr)
{
	enum vf_rc rc = check_imprints(er, reterr);

	for (size_t i = 1; rc == VF_OK && i < er->n_stamps; i++)
		if (er->stamps[i].index > 0)
			rc = check_link(&er->stamps[i - 1], &er->stamps[i], reterr);
	return rc;
}

VF_RC vf_er_older(const struct vf_er *er, size_t chain, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr)
{
	struct vf_bytes older = er->sequence;
	uint8_t head[VF_DER_HEAD];

	if (chain == 0 || chain > er->n_chains)
		return vf_fail(reterr, VF_INTERNAL, "nothing is older than chain %zu", chain + 1);
	if (chain < er->n_chains)
		older = er->chains[chain].older;
	return vf_digest_2(alg, vf_bytes(head, vf_der_head(VF_DER_SEQUENCE, older.n, head)), older, ret, reterr);
}

VF_RC vf_er_renewed(const struct vf_digest *digest, const struct vf_digest *older, struct vf_digest *ret,
	struct vf_err *reterr)
{
	if (digest->alg != older->alg)
		return vf_fail(reterr, VF_INTERNAL, "digests of two algorithms");
	return vf_digest_2(digest->alg, vf_digest_bytes(digest), vf_digest_bytes(older), ret, reterr);
}

/* The form of erratum 7411: the smaller of both digests first. */
static enum vf_rc renewed_sorted(const struct vf_digest *digest, const struct vf_digest *older,
	struct vf_digest *ret, struct vf_err *reterr)
{
	if (vf_bytes_cmp(vf_digest_bytes(digest), vf_digest_bytes(older)) <= 0)
		return vf_er_renewed(digest, older, ret, reterr);
	return vf_er_renewed(older, digest, ret, reterr);
}

/* One chain under examination. */
struct search {
	const struct vf_ats *ats;
	uint32_t chain;
	bool allow_sorted, sorted;
	struct vf_digest older;
	uint8_t *seen; /* for each value of the first list: first of its equals, and some object's */
};

/* Looks for one object, whose digest under the chain's algorithm is given. */
static enum vf_rc find_object(struct search *s, const struct vf_digest *digest, bool *found, struct vf_err *reterr)
{
	struct vf_digest want = *digest;
	enum vf_rc rc = VF_OK;
	size_t at = 0;

	if (s->chain > 0)
		rc = vf_er_renewed(digest, &s->older, &want, reterr);
	if (rc != VF_OK)
		return rc;
	*found = vf_ats_find(s->ats, &want, &at);
	if (!*found && s->chain > 0 && s->allow_sorted) {
		rc = renewed_sorted(digest, &s->older, &want, reterr);
		if (rc != VF_OK)
			return rc;
		*found = vf_ats_find(s->ats, &want, &at);
		s->sorted = s->sorted || *found;
	}
	if (*found)
		s->seen[at] = 1;
	return VF_OK;
}

/* How many values of the first list belong to no object; equal values share the mark of the first. */
static uint32_t count_others(const struct search *s)
{
	const uint32_t n = s->ats->has_tree ? s->ats->lists[0].n : 1;
	struct vf_digest before = {0}, v;
	bool known = false;
	uint32_t others = 0;

	if (!s->ats->has_tree)
		return s->seen[0] ? 0 : 1;
	for (uint32_t j = 0; j < n && vf_ats_value(s->ats, 0, j, &v); j++, before = v) {
		if (!vf_digest_eq(&before, &v))
			known = s->seen[j];
		others += known ? 0 : 1;
	}
	return others;
}

/* Objects that an older chain does not cover are not looked for: nothing could join them to it. */
static enum vf_rc search_chain(struct search *s, const struct vf_er_objects *objects, uint32_t *until,
	struct vf_err *reterr)
{
	for (size_t i = 0; i < objects->n; i++) {
		struct vf_digest d;
		bool found = false;
		enum vf_rc rc;

		if (until[i] != s->chain)
			continue;
		rc = objects->digest(objects->ctx, i, s->ats->alg, &d, reterr);
		if (rc != VF_OK)
			return rc;
		if (d.alg != s->ats->alg)
			return vf_fail(reterr, VF_INTERNAL, "object %zu was not digested with %s", i + 1,
				vf_alg_name(s->ats->alg));
		rc = find_object(s, &d, &found, reterr);
		if (rc != VF_OK)
			return rc;
		if (found)
			until[i] = s->chain + 1;
	}
	return VF_OK;
}

/* Values that a chain's first list holds. */
static size_t count_values(const struct vf_ats *ats)
{
	return ats->has_tree ? ats->lists[0].n : 1;
}

static enum vf_rc cover_chain(const struct vf_er *er, struct search *s, const struct vf_er_objects *objects,
	uint32_t *until, uint32_t *others, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	s->ats = &er->stamps[er->chains[s->chain].first];
	memset(s->seen, 0, count_values(s->ats));
	if (s->chain > 0)
		rc = vf_er_older(er, s->chain, s->ats->alg, &s->older, reterr);
	if (rc == VF_OK)
		rc = search_chain(s, objects, until, reterr);
	if (rc == VF_OK)
		others[s->chain] = count_others(s);
	return rc;
}

VF_RC vf_er_cover(const struct vf_er *er, const struct vf_er_objects *objects, bool allow_sorted,
	struct vf_arena *arena, struct vf_er_cover *ret, struct vf_err *reterr)
{
	struct search s = {.allow_sorted = allow_sorted};
	uint32_t *until, *others;
	size_t longest = 1;
	enum vf_rc rc;

	if (er->encrypted)
		return vf_fail(reterr, VF_ER_ENCRYPTED, "the record is over encrypted data");
	rc = check_imprints(er, reterr);
	if (rc != VF_OK)
		return rc;
	until = VF_NEW(arena, objects->n, uint32_t);
	others = VF_NEW(arena, er->n_chains, uint32_t);
	for (size_t c = 0; c < er->n_chains; c++) {
		size_t n = count_values(&er->stamps[er->chains[c].first]);

		longest = n > longest ? n : longest;
	}
	/* one for all chains, and never given back: digest() may keep what it finds in the same arena */
	s.seen = VF_NEW(arena, longest, uint8_t);
	if (!until || !others || !s.seen)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu objects", objects->n);
	for (; rc == VF_OK && s.chain < er->n_chains; s.chain++)
		rc = cover_chain(er, &s, objects, until, others, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (struct vf_er_cover){objects->n, er->n_chains, until, others, s.sorted};
	return VF_OK;
}

VF_RC vf_er_check_cover(const struct vf_er_cover *cover, bool group, struct vf_err *reterr)
{
	if (cover->n_objects == 0 || cover->n_chains == 0)
		return vf_fail(reterr, VF_ER_NOT_COVERED, "there is no object to prove");
	for (size_t i = 0; i < cover->n_objects; i++) {
		if (cover->until[i] == 0)
			return vf_fail(reterr, VF_ER_NOT_COVERED, "object %zu is not in the first list", i + 1);
		if (cover->until[i] < cover->n_chains)
			return vf_fail(reterr, VF_ER_RENEWAL, "object %zu is provable only up to chain %" PRIu32, i + 1,
				cover->until[i]);
	}
	for (size_t c = 0; group && c < cover->n_chains; c++)
		if (cover->others[c] > 0)
			return vf_fail(reterr, VF_ER_GROUP, "chain %zu covers %" PRIu32 " other objects", c + 1,
				cover->others[c]);
	return VF_OK;
}

/* 1 << alg for each algorithm listed; false when one is unknown. */
static bool listed_algorithms(struct vf_bytes body, uint32_t *ret)
{
	struct vf_der d, oid;

	while (vf_der_take_tag(&body, VF_DER_SEQUENCE, &d) && vf_der_take_tag(&d.body, VF_DER_OID, &oid)) {
		enum vf_alg alg = vf_alg_from_oid(oid.body);

		if (alg == VF_ALG_NONE)
			return false;
		*ret |= 1u << alg;
	}
	return body.n == 0;
}

bool vf_er_algorithms_agree(const struct vf_er *er)
{
	uint32_t listed = 0, used = 0;

	for (size_t i = 0; i < er->n_stamps; i++)
		used |= 1u << er->stamps[i].alg;
	return listed_algorithms(er->algorithms, &listed) && listed == used;
}
