/*
 * Revocation data that leave with the tokens of a seal (docs/formats/bundle.md,
 * docs/decisions/0015-several-authorities.md).
 *
 * Knows which of the stored CRLs and OCSP responses belong to a token: for each certificate in it, of each kind, the
 * first whose thisUpdate is after the token's time, else the last one. What they say is the verifier's question.
 */
#ifndef NOTARY_REVOCATION_EXPORT_H
#define NOTARY_REVOCATION_EXPORT_H

#include "notary/renewed.h"
#include "verify/limits.h"

/* What one seal is exported with; begins empty. */
struct nt_revocation_export {
	struct nt_buf tokens, bytes;
	struct vf_bytes ocsp[VF_MAX_OCSP_PARTS]; /* ascending by SHA-256, none twice */
	size_t n_ocsp;
	bool has_outside;   /* a token of an authority outside */
	size_t n_revoked;   /* tokens that stay out */
	uint64_t version;   /* of the store */
};

void nt_revocation_export_init(struct nt_revocation_export *x);
void nt_revocation_export_done(struct nt_revocation_export *x);

/*
 * Puts CRLs into the tokens of authorities outside, whose ranges in the seal then point into ret, and finds their
 * OCSP responses. The same store gives the same octets. A CRL that makes a token larger than a token may be stays
 * out; so do OCSP responses beyond VF_MAX_OCSP_PARTS. Tokens of the embedded authority stay as they are.
 * STORE_CORRUPT, TS_SHAPE, NO_MEMORY, IO.
 *
 * A token that the verifier finds REVOKED with these data and the notary's roots is taken out of the seal while another
 * is left: it proves nothing, and everybody who pins its authority would refuse the whole bundle. A renewal that is
 * REVOKED stays out with all after it.
 *
 * renewed (may be NULL) has what renewed the tokens: their octets are set likewise, and what is left out of the seal is
 * left out there. A token that something hashes leaves with the CRLs that it was frozen with.
 */
VF_RC nt_revocation_export(struct nt_notary *n, struct nt_seal *seal, struct nt_renewed *renewed,
	struct nt_revocation_export *ret, struct vf_err *reterr);

/*
 * Appends a token with its CRLs: those that it was frozen with, else those that there are now. Their numbers, 8 octets
 * each, are appended to numbers. A token of the embedded authority stays as it is.
 */
VF_RC nt_token_dress(struct nt_notary *n, const struct nt_chain_stamp *stamp, struct nt_buf *out,
	struct nt_buf *numbers, struct vf_err *reterr);

/*
 * Whether the verifier would refuse a token as REVOKED, with all revocation data that are there now and the notary's
 * roots. Never so for one of the embedded authority. Like nt_token_dress().
 */
VF_RC nt_token_is_revoked(struct nt_notary *n, const struct nt_chain_stamp *stamp, bool *ret, struct vf_err *reterr);

/* Whether nothing came since that could make it another. */
bool nt_revocation_export_is_current(struct nt_notary *n, const struct nt_revocation_export *x);

#endif
