#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "notary/failpoint.h"
#include "notary/findings.h"
#include "notary/renewal_inside.h"
#include "notary/revocation_export.h"
#include "verify/text.h"

/* Renewals, or chains, that are looked at in one go. */
#define LOOK 256

/* Whether the token of a renewal is revoked; whose it is. */
static VF_RC judge(struct nt_notary *n, int64_t renewal, struct nt_chain_stamps *stamps,
	struct nt_renewal_revoked *ret, bool *ret_revoked, struct vf_err *reterr)
{
	struct vf_bytes authority;
	enum vf_rc rc = nt_store_chain_stamps(n->store, -renewal, false, stamps, reterr);

	if (rc == VF_OK)
		rc = nt_token_is_revoked(n, &stamps->of[0], ret_revoked, reterr);
	if (rc != VF_OK)
		return rc;
	authority = stamps->of[0].authority;
	if (authority.n >= sizeof(ret->authority))
		return vf_fail(reterr, VF_STORE_CORRUPT, "the name of an authority is too long");
	*ret = (struct nt_renewal_revoked){.renewal = (uint64_t)renewal};
	memcpy(ret->authority, authority.p, authority.n);
	return VF_OK;
}

VF_RC nt_renewal_find_revoked(struct nt_notary *n, size_t max, uint64_t *io_from, bool *ret_more,
	struct nt_renewal_revoked *ret, struct vf_err *reterr)
{
	struct nt_chain_stamps *stamps = malloc(sizeof(*stamps));
	struct nt_renewal_revoked r = {.renewal = 0};
	int64_t list[LOOK];
	size_t found = 0, at = 0, room = max < LOOK ? max : LOOK;
	bool is_revoked = false;
	enum vf_rc rc = stamps ? nt_notary_check_whole(n, reterr) : vf_fail(reterr, VF_NO_MEMORY,
		"no memory to look at renewals");

	if (rc == VF_OK) {
		nt_chain_stamps_init(stamps);
		rc = nt_store_renewals_in_force(n->store, *io_from, list, room, &found, reterr);
		for (; rc == VF_OK && at < found && !is_revoked; at++)
			rc = judge(n, list[at], stamps, &r, &is_revoked, reterr);
		nt_chain_stamps_done(stamps);
	}
	free(stamps);
	if (rc == VF_OK && is_revoked)
		rc = nt_store_renewal_rests_count(n->store, r.renewal, &r.chains, reterr);
	if (rc != VF_OK)
		return rc;
	if (at > 0)
		*io_from = (uint64_t)list[at - 1];
	*ret_more = at < found || found == room;
	*ret = is_revoked ? r : (struct nt_renewal_revoked){.renewal = 0};
	return VF_OK;
}

/* When the chain ends without the renewal and what is after it. What cannot be judged ends at VF_TIME_NONE. */
static VF_RC end_before(struct nt_notary *n, int64_t chain, uint64_t renewal, struct nt_chain_stamps *stamps,
	int64_t *ret, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_alg alg;
	size_t k = 0;
	enum vf_rc rc = nt_store_chain_stamps(n->store, chain, false, stamps, reterr);

	if (rc != VF_OK)
		return rc;
	while (k < stamps->n && stamps->of[k].renewal != renewal)
		k++;
	if (k == 0 || k == stamps->n)
		return vf_fail(reterr, VF_STORE_CORRUPT, "chain %" PRId64 " does not rest on renewal %" PRIu64, chain, renewal);
	rc = nt_renewal_end(n, stamps->of[k - 1].authority, stamps->of[k - 1].der, ret, &alg, &err);
	if (rc == VF_NO_MEMORY || rc == VF_STORE_CORRUPT)
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		*ret = VF_TIME_NONE;
	return VF_OK;
}

VF_RC nt_renewal_set_aside(struct nt_notary *n, uint64_t renewal, size_t max, bool *ret_more,
	struct vf_err *reterr)
{
	struct nt_chain_stamps *stamps = malloc(sizeof(*stamps));
	struct nt_chain chains[LOOK];
	int64_t list[LOOK];
	size_t found = 0, room = max < LOOK ? max : LOOK;
	enum vf_rc rc = stamps ? nt_notary_check_whole(n, reterr) : vf_fail(reterr, VF_NO_MEMORY,
		"no memory to look at renewals");

	if (rc == VF_OK) {
		nt_chain_stamps_init(stamps);
		rc = nt_store_renewal_rests(n->store, renewal, list, room, &found, reterr);
		for (size_t i = 0; rc == VF_OK && i < found; i++) {
			chains[i] = (struct nt_chain){.number = list[i]};
			rc = end_before(n, list[i], renewal, stamps, &chains[i].until, reterr);
		}
		nt_chain_stamps_done(stamps);
	}
	free(stamps);
	if (rc == VF_OK && found > 0) {
		nt_failpoint("aside-judged");
		rc = nt_store_renewal_set_aside(n->store, renewal, chains, found, reterr);
		if (rc != VF_OK)
			return nt_notary_stop(n, rc, reterr);
		nt_failpoint("aside-stored");
	}
	if (rc != VF_OK)
		return rc;
	*ret_more = found == room;
	return VF_OK;
}

/* ---- for fsck ---- */

VF_RC nt_renewal_check_aside(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr)
{
	struct nt_chain_stamps *stamps = malloc(sizeof(*stamps));
	int64_t list[LOOK];
	size_t found = LOOK;
	enum vf_rc rc = stamps ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory to look at renewals");

	if (stamps)
		nt_chain_stamps_init(stamps);
	for (uint64_t from = 0; rc == VF_OK && found == LOOK;) {
		rc = nt_store_renewals_aside(n->store, from, list, LOOK, &found, reterr);
		for (size_t i = 0; rc == VF_OK && i < found; i++) {
			struct nt_renewal_revoked r;
			struct vf_err err = {0};
			bool is_revoked = false;

			from = (uint64_t)list[i];
			rc = judge(n, list[i], stamps, &r, &is_revoked, &err);
			if (rc == VF_OK && !is_revoked)
				rc = vf_fail(&err, VF_STORE_CORRUPT, "renewal %" PRIu64 " was set aside, yet nothing revokes it", from);
			rc = nt_found_rc(f, rc, &err, reterr);
		}
	}
	if (stamps)
		nt_chain_stamps_done(stamps);
	free(stamps);
	return rc;
}
