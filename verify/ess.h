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

/*
 * Does an ESSCertID with SHA-1 (RFC 2634) alone name the certificate? Reports
 * name this as weak: docs/decisions/0009-esscertid-v1.md.
 */
bool vf_ess_is_sha1_only(const struct vf_signed *s);

/*
 * Judges the hash of the strongest ESS attribute at a time: WEAK_ALGORITHM. An
 * ESSCertID with SHA-1 alone counts until 2031, an ESSCertIDv2 as long as its
 * hash algorithm does.
 */
VF_RC vf_ess_check_algorithm(const struct vf_signed *s, int64_t at, struct vf_err *reterr);
/* The first millisecond at which it no longer accepts. */
int64_t vf_ess_until(const struct vf_signed *s);

#endif
