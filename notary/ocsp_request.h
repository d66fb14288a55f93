/*
 * OCSP requests (RFC 6960 4.1) as octets.
 *
 * Knows the one form that every responder answers, also one that answers from a cache (RFC 5019): one certificate,
 * unsigned, no extension. There is no nonce, as the answer is kept and shown to others, who never asked.
 */
#ifndef NOTARY_OCSP_REQUEST_H
#define NOTARY_OCSP_REQUEST_H

#include "notary/buf.h"
#include "verify/cert.h"

#define NT_MAX_OCSP_REQUEST 256

/*
 * Appends the request about cert, which issuer has issued; the issuer's key is hashed, so it must be the right one.
 * CERT_SHAPE when the key's octets cannot be found. On failure out is as before.
 */
VF_RC nt_ocsp_request_put(struct nt_buf *out, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_err *reterr);

#endif
