/*
 * Where a certificate says that its revocation data are.
 *
 * Reads cRLDistributionPoints (RFC 5280 4.2.1.13) and authorityInfoAccess (4.2.2.1). Fetches nothing and trusts
 * nothing: a URL counts only after the certificate was found to lead to a root that is configured.
 */
#ifndef NOTARY_REVOCATION_URLS_H
#define NOTARY_REVOCATION_URLS_H

#include "verify/bytes.h"

#define NT_MAX_CRL_URLS 4 /* as in authorities.json */
#define NT_MAX_URL 511

struct nt_revocation_urls {
	char crl[NT_MAX_CRL_URLS][NT_MAX_URL + 1];
	size_t n_crl;
	char ocsp[NT_MAX_URL + 1]; /* empty: none */
};

/*
 * Reads a certificate in DER; CERT_SHAPE when it or one of these two extensions is malformed. What is of no use is
 * passed over: other schemes than http and https, URLs that are too long or hold anything but printable ASCII, user
 * names in URLs, points for some reasons or by another issuer (verify/crl.c does not use such lists), names relative
 * to the issuer, repetitions, what is beyond NT_MAX_CRL_URLS, OCSP responders after the first.
 */
VF_RC nt_revocation_urls_read(struct vf_bytes cert, struct nt_revocation_urls *ret, struct vf_err *reterr);

/* Whether it is a URL as above. */
bool nt_url_is_plain(struct vf_bytes url);

#endif
