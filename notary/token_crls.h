/*
 * CRLs put into a time-stamp token that is there already.
 *
 * Knows where RevocationInfoChoices stand in a SignedData (RFC 5652 5.1, 10.2.1). They are neither signed nor part of
 * the token's name, so a token may get them after it was made; once something hashes the token it may not. Which CRLs
 * are of use is revocation_fetch.h's question.
 */
#ifndef NOTARY_TOKEN_CRLS_H
#define NOTARY_TOKEN_CRLS_H

#include "notary/buf.h"

/*
 * Appends token with crls (each a whole CertificateList) in its field crls [1], which is made when the token has
 * none. Octets are spliced: the lengths of what encloses the field are written anew, all else stays octet for octet,
 * and so do the signature and vf_tst_id(). What stands in the field stays; no element stands twice; the elements have
 * the order of a SET OF (X.690 11.6), so that the result does not depend on the order of crls. With nothing new the
 * token is appended as it is.
 *
 * What vf_tst_parse() refuses is refused with its code (TS_SHAPE for indefinite lengths); CRL_SHAPE for what is no
 * CertificateList in DER; LIMIT beyond VF_MAX_CRLS or VF_MAX_TOKEN; NO_MEMORY. On failure out is as before.
 */
VF_RC nt_token_put_crls(struct nt_buf *out, struct vf_bytes token, const struct vf_bytes *crls, size_t n,
	struct vf_err *reterr);

#endif
