/*
 * What one CRL or one OCSP response says about one certificate.
 *
 * Part of revocation.h, which weighs these statements against a time.
 */
#ifndef VERIFY_STANDING_H
#define VERIFY_STANDING_H

#include "verify/path.h"

/* CRLReason (RFC 5280 5.3.1). */
#define VF_REASON_UNSPECIFIED 0
#define VF_REASON_AFFILIATION_CHANGED 3
#define VF_REASON_SUPERSEDED 4
#define VF_REASON_CESSATION 5
#define VF_REASON_HOLD 6
#define VF_REASON_REMOVE 8

struct vf_standing {
	bool counts; /* it is about this certificate and may be used */
	bool silent; /* it may not be used to say "good" */
	bool listed; /* revoked */
	int64_t this_update, next_update; /* next_update is VF_TIME_NONE when absent */
	int64_t revoked_at;               /* the earlier of revocation and invalidity date */
	bool has_reason;
	uint64_t reason;
};

/* Reads one CRL (RFC 5280). CRL_SHAPE when it is malformed, or by this issuer with a wrong signature. */
VF_RC vf_crl_read(struct vf_pki *p, struct vf_bytes der, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_standing *ret, struct vf_err *reterr);

/*
 * Reads one OCSPResponse (RFC 6960), by the issuer itself or by a responder that
 * it delegated to, whose certificate is in the response or in certs. CRL_SHAPE as above.
 */
VF_RC vf_ocsp_read(struct vf_pki *p, struct vf_bytes der, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_bytes certs, struct vf_standing *ret, struct vf_err *reterr);

/* Whom a response with one answer is about (CertID, RFC 6960 4.1.1). */
struct vf_ocsp_id {
	enum vf_alg alg;
	struct vf_bytes name, key, serial; /* hashes of the issuer's name and key */
};
/* CRL_SHAPE when der is no OCSPResponse with exactly one answer. Who signed it is not asked. */
VF_RC vf_ocsp_id(struct vf_bytes der, struct vf_ocsp_id *ret, struct vf_err *reterr);
/* By the issuer's name and the serial; the issuer's key is not asked. */
bool vf_ocsp_is_about(const struct vf_ocsp_id *id, const struct vf_cert *cert);

/* Extension ::= SEQUENCE { OID, BOOLEAN DEFAULT FALSE, OCTET STRING }; the next of a list. */
struct vf_extension {
	struct vf_bytes oid, value;
	bool critical;
};
bool vf_take_extension(struct vf_bytes *in, struct vf_extension *ret);
/* id-ce (2.5.29.n). */
bool vf_is_id_ce(struct vf_bytes oid, uint8_t n);

#endif
