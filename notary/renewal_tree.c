#include "notary/renewal_inside.h"

VF_RC nt_renewal_gather_seal(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c, struct vf_err *reterr)
{
	(void)n, (void)p, (void)c;
	return vf_fail(reterr, VF_UNSUPPORTED, "hash-tree renewals are not made yet");
}

VF_RC nt_renewal_put_text(struct nt_notary *n, struct nt_renewal_plan *p, struct vf_err *reterr)
{
	(void)n, (void)p;
	return vf_fail(reterr, VF_UNSUPPORTED, "hash-tree renewals are not made yet");
}

VF_RC nt_renewal_check_seal(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_chain *c, struct vf_err *reterr)
{
	(void)n, (void)p, (void)c;
	return vf_fail(reterr, VF_UNSUPPORTED, "hash-tree renewals are not made yet");
}

VF_RC nt_renewal_check_text(struct nt_notary *n, struct vf_bytes text, uint64_t renewal, struct vf_err *reterr)
{
	(void)n, (void)text, (void)renewal;
	return vf_fail(reterr, VF_UNSUPPORTED, "hash-tree renewals are not made yet");
}
