/*
 * Making the certificates and CRLs of the embedded TSA.
 *
 * Knows their profile (RFC 5280, RFC 3161 2.3, EN 319 422) and writes their DER. All
 * times are arguments. Where they are kept and when a new one is due is tsa.h's question.
 */
#ifndef NOTARY_CA_H
#define NOTARY_CA_H

#include "notary/cert.h"
#include "notary/signer.h"

/* Appends the self-signed CA certificate: critical keyCertSign, cRLSign, pathLen 0. */
VF_RC nt_ca_root(const struct nt_signer *key, const char *origin, int64_t from, int64_t end,
	struct nt_buf *ret, struct vf_err *reterr);

/* A TSA certificate to make. key_end: end of the private key usage period. */
struct nt_ca_tsu {
	const char *origin;
	unsigned number;
	int64_t from, end, key_end;
};

/* Appends a certificate for tsu's key whose only, critical purpose is time-stamping. */
VF_RC nt_ca_issue(const struct nt_signer *key, const struct nt_cert *ca, const struct nt_signer *tsu,
	const struct nt_ca_tsu *want, struct nt_buf *ret, struct vf_err *reterr);

/* Appends an empty CRL. */
VF_RC nt_ca_crl(const struct nt_signer *key, const struct nt_cert *ca, uint64_t number, int64_t from,
	int64_t end, struct nt_buf *ret, struct vf_err *reterr);

#endif
