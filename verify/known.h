/*
 * A token that was good a moment ago.
 *
 * Most bundles of a run are of one seal and hold the same token. What is found
 * about a token without data from elsewhere follows from its octets, the
 * session's trust and the time at which it is judged; for equal octets it is
 * found again without asking twice. Only good tokens are kept.
 */
#ifndef VERIFY_KNOWN_H
#define VERIFY_KNOWN_H

#include "verify/tst.h"

#define VF_KNOWN_TOKEN 8192
struct vf_known_token {
	size_t n; /* of octets; 0: none */
	uint8_t octets[VF_KNOWN_TOKEN];
	struct vf_tst token; /* ranges point into octets */
	struct vf_cert_facts facts;
	bool is_judged, allow_expired;
	int64_t judged_at;
	struct vf_tst_trust trust;
};

/*
 * Whether these octets are the known token, and then what vf_tst_parse() and
 * vf_tst_check() gave; ret is good until another token is kept in this place.
 */
bool vf_known_find(const struct vf_known_token *known, struct vf_bytes octets, struct vf_tst *ret,
	struct vf_cert_facts *ret_facts);
/* Keeps a token that vf_tst_check() accepted; one that is too long is not kept. */
void vf_known_keep(struct vf_known_token *known, struct vf_bytes octets, const struct vf_cert_facts *facts);
/*
 * vf_tst_judge() of the token that was found or kept last; of any token when
 * known is NULL. extra must be the same for the life of known.
 */
VF_RC vf_known_judge(struct vf_known_token *known, struct vf_pki *p, const struct vf_tst *t,
	const struct vf_pki_extra *extra, int64_t judged_at, bool allow_expired, struct vf_tst_trust *ret, struct vf_err *reterr);

#endif
