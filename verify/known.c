#include "verify/known.h"

bool vf_known_find(const struct vf_known_token *known, struct vf_bytes octets, struct vf_tst *ret,
	struct vf_cert_facts *ret_facts)
{
	if (known->n == 0 || !vf_bytes_eq(octets, vf_bytes(known->octets, known->n)))
		return false;
	*ret = known->token;
	*ret_facts = known->facts;
	return true;
}

/* Parsed again from octets that stay, so that its ranges do. */
void vf_known_keep(struct vf_known_token *known, struct vf_bytes octets, const struct vf_cert_facts *facts)
{
	known->n = 0;
	known->is_judged = false;
	if (octets.n > sizeof(known->octets))
		return;
	memcpy(known->octets, octets.p, octets.n);
	if (vf_tst_parse(vf_bytes(known->octets, octets.n), &known->token, NULL) != VF_OK)
		return;
	known->facts = *facts;
	known->n = octets.n;
}

VF_RC vf_known_judge(struct vf_known_token *known, struct vf_pki *p, const struct vf_tst *t,
	const struct vf_pki_extra *extra, int64_t judged_at, bool allow_expired, struct vf_tst_trust *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (known && known->n && known->is_judged && known->judged_at == judged_at && known->allow_expired == allow_expired) {
		*ret = known->trust;
		return VF_OK;
	}
	rc = vf_tst_judge(p, t, extra, judged_at, allow_expired, ret, reterr);
	if (rc != VF_OK || !known)
		return rc;
	known->is_judged = true;
	known->judged_at = judged_at;
	known->allow_expired = allow_expired;
	known->trust = *ret;
	return VF_OK;
}
