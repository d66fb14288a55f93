/*
 * Revocation of a certificate, judged for a signature made at a given time
 * after RFC 3161 section 4.
 *
 * Reads CRLs (RFC 5280) and OCSP responses (RFC 6960) and checks who signed
 * them. Fetches nothing. Whether missing data matters is policy's question.
 */
#ifndef VERIFY_REVOCATION_H
#define VERIFY_REVOCATION_H

#include "verify/path.h"
#include "verify/verdict.h"

/*
 * What is known about cert, issued by issuer, for a signature made no later
 * than at (genTime + accuracy). crls are the contents of a token's [1], certs
 * those of its [0] (for OCSP responders).
 *
 * A CRL counts when the issuer signed it, it is complete (no delta, no indirect,
 * no partial scope that leaves cert out) and holds no unknown critical extension.
 * An entry for cert counts from every such CRL: revocation is for ever, only
 * certificateHold may be lifted by a newer one. Not being listed says "good" only
 * in a CRL that was still current at the time at, or is newer (a later CRL knows
 * more; RFC 3161 4 wants it), and that was made before cert expired (expired
 * certificates are dropped) or keeps expired ones.
 *
 * A revocation after at leaves a time-stamp valid for some reasons only (RFC 3161 4),
 * a signature that is proven to have existed at the time at for any.
 *
 * OK with ret GOOD, LATER (revoked after at, for a reason that leaves earlier
 * signatures valid) or NONE. REVOKED; CRL_SHAPE when data by this issuer is
 * malformed or its signature is wrong.
 */
VF_RC vf_revocation_check(struct vf_pki *p, const struct vf_cert *cert, const struct vf_cert *issuer,
	enum vf_purpose purpose, int64_t at, struct vf_bytes crls, struct vf_bytes certs, const struct vf_pki_extra *extra,
	enum vf_revocation *ret, int64_t *ret_as_of, struct vf_err *reterr);

#endif
