/*
 * Which certificate signed: the ESS signing-certificate attributes (RFC 2634,
 * RFC 5035, RFC 5816).
 *
 * Part of cms.h, which verifies the signature with what is found here.
 */
#ifndef VERIFY_ESS_H
#define VERIFY_ESS_H

#include "verify/cms.h"

/*
 * Finds the certificate that has the signer's identifier and every ESS hash
 * (and issuer and serial, where given): in the signature, in extra, among the
 * anchors. Codes as in struct vf_cms_codes.
 */
VF_RC vf_ess_find(struct vf_pki *p, const struct vf_signed *s, const struct vf_pki_extra *extra,
	struct vf_cms_codes codes, const struct vf_cert **ret, struct vf_err *reterr);

/* Judges the hash of the strongest ESS attribute at a time: WEAK_ALGORITHM. */
VF_RC vf_ess_check_algorithm(const struct vf_signed *s, int64_t at, struct vf_err *reterr);

#endif
