/*
 * One RFC 3161 time-stamp token from its parts: TSTInfo, signed attributes, signature.
 *
 * Knows the token's form. Whether it may be made, now and by this key, is the caller's question.
 */
#ifndef NOTARY_TSA_TOKEN_H
#define NOTARY_TSA_TOKEN_H

#include "notary/cert.h"
#include "notary/signer.h"
#include "verify/hash.h"

struct nt_tsa_token {
	struct vf_bytes policy;     /* contents octets of the OID */
	uint32_t accuracy_ms;       /* 1 to 1000 */
	const struct nt_cert *cert;
	const struct nt_signer *key;
	const struct vf_digest *imprint;
	struct vf_bytes serial;     /* contents octets of the INTEGER; so nonce */
	struct vf_bytes nonce;      /* empty: none */
	struct vf_bytes crl;        /* to put in, or empty */
	bool no_certificate;
	bool unchecked;             /* the caller checks the token before it leaves */
	int64_t gen_ms;
};

/* Appends the ContentInfo. UNSUPPORTED for an imprint other than SHA-256, SHA-384, SHA-512; SIGNER_FAILED. */
VF_RC nt_tsa_token_put(const struct nt_tsa_token *t, struct nt_buf *ret, struct vf_err *reterr);

#endif
