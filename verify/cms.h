/*
 * CMS SignedData (RFC 5652) with signed attributes: CAdES-BES signatures and
 * time-stamp tokens with one signer, signatures of other software with several.
 *
 * Reads strict DER and keeps every part as received. Knows whether the signature
 * is by the certificate that the signer named; what was signed, and who vouches
 * for the certificate, are others' questions.
 */
#ifndef VERIFY_CMS_H
#define VERIFY_CMS_H

#include "verify/der.h"
#include "verify/pki.h"

/* All ranges point into the octets that were parsed. */
struct vf_signed {
	struct vf_bytes content_type; /* contents octets of the OID */
	struct vf_bytes type;         /* eContentType: the OID as whole element */
	bool detached;                /* no embedded content */
	struct vf_bytes content;      /* octets of the embedded content */
	struct vf_bytes certificates; /* contents of [0]: elements in any order; empty when absent */
	struct vf_bytes crls;         /* contents of [1] */

	struct vf_bytes signer; /* contents of SignerInfo from version to signature, as encoded */
	bool by_key_id;
	struct vf_bytes issuer; /* whole Name */
	struct vf_bytes serial; /* contents octets */
	struct vf_bytes key_id;

	enum vf_alg digest;
	struct vf_sigalg sigalg;
	struct vf_bytes signed_attrs; /* whole element, as encoded: tag [0] */
	struct vf_bytes signature;
	struct vf_bytes unsigned_attrs; /* whole element; empty when absent */

	/* signed attributes */
	struct vf_bytes message_digest;
	struct vf_bytes ess_v1, ess_v2; /* first ESSCertID(v2), whole; empty when absent */
};

/*
 * Which codes a caller wants for its kind of signature: unbound when there is
 * no ESS attribute, binding when it names another certificate, unknown when
 * the certificate is not there.
 */
struct vf_cms_codes {
	enum vf_rc shape, signature, unbound, binding, unknown;
};
#define VF_CMS_SUBMITTER                                                                                   \
	((struct vf_cms_codes){                                                                            \
		VF_CMS_SHAPE, VF_SIGNATURE, VF_CMS_SHAPE, VF_SIGNER_MISMATCH, VF_UNKNOWN_SIGNER})
#define VF_CMS_TOKEN                                                                                       \
	((struct vf_cms_codes){VF_TS_SHAPE, VF_TS_SIGNATURE, VF_TS_ESS, VF_TS_ESS, VF_UNKNOWN_ROOT})

/*
 * Parses a ContentInfo that fills der. codes.shape for anything but strict DER
 * SignedData with one signer, signed attributes contentType and messageDigest
 * exactly once; UNKNOWN_ALGORITHM, WEAK_ALGORITHM (MD5) from its identifiers.
 *
 * SignedData.version is the one that RFC 5652 5.1 demands, or the one that it
 * would demand without the field crls: revocation data is often added after
 * signing by software that leaves the version as it was (OpenSSL's
 * CMS_add1_crl() does), and nothing is read by the version. So a time-stamp
 * token never has version 1.
 */
VF_RC vf_cms_parse(struct vf_bytes der, struct vf_cms_codes codes, struct vf_signed *ret, struct vf_err *reterr);

/*
 * The same for SignerInfo number which (0 is the first) of a signature that may
 * have several, for CAdES of other software. All of the others must be
 * SignerInfos by tag and version, but nothing more is asked of them, so that a
 * signer whose algorithm is unknown does not spoil another. *ret_count gets
 * their number; codes.shape when which is not below it, LIMIT beyond
 * VF_MAX_SIGNERS. ret_count is written when the number is known, even when
 * this signer is refused; start it with 0.
 */
VF_RC vf_cms_parse_signer(struct vf_bytes der, struct vf_cms_codes codes, size_t which, size_t *ret_count,
	struct vf_signed *ret, struct vf_err *reterr);

/* Takes the next certificate from the contents of [0]; other choices of CertificateChoices are passed over. */
bool vf_cms_take_cert(struct vf_bytes *in, struct vf_bytes *ret);
/* Takes the next element of [1]: a CRL, or an OCSP response (RFC 5940); other forms are passed over. */
bool vf_cms_take_revocation(struct vf_bytes *in, bool *ret_is_ocsp, struct vf_bytes *ret);

/*
 * Checks the message digest over content, finds the certificate that the signer
 * and its ESS attribute name (in the signature, extra, or the anchors), and
 * verifies the signature with it. A certificate of the same issuer and serial
 * with another hash is passed over (a forged twin may stand beside the true one).
 */
VF_RC vf_cms_check(struct vf_pki *p, const struct vf_signed *s, struct vf_bytes content,
	const struct vf_pki_extra *extra, struct vf_cms_codes codes, const struct vf_cert **ret,
	struct vf_err *reterr);

/* The same when the digest of the content by the signer's algorithm (s->digest) is known. */
VF_RC vf_cms_check_digest(struct vf_pki *p, const struct vf_signed *s, const struct vf_digest *digest,
	const struct vf_pki_extra *extra, struct vf_cms_codes codes, const struct vf_cert **ret,
	struct vf_err *reterr);

/* Judges the signer's hash, signature hash and ESS hash (ess.h) at a time: WEAK_ALGORITHM. */
VF_RC vf_cms_check_algorithms(const struct vf_signed *s, int64_t at, struct vf_err *reterr);

/*
 * A submitter's detached CAdES signature over content, by the certificate with
 * this SHA-256: CMS_SHAPE, SIGNATURE, SIGNER_MISMATCH, UNKNOWN_SIGNER (its
 * certificate is not there). The certificate's path and validity are for
 * vf_path_check_signer(); the algorithms are judged at the time at. ret (may be
 * NULL) gets the certificate's facts, ret_cert (may be NULL) its octets, which
 * live until the next vf_pki_tidy().
 */
VF_RC vf_cms_check_detached(struct vf_pki *p, struct vf_bytes der, struct vf_bytes content,
	const struct vf_hash *certificate, int64_t at, const struct vf_pki_extra *extra,
	struct vf_cert_facts *ret, struct vf_signed *ret_signed, struct vf_bytes *ret_cert,
	struct vf_err *reterr);

#endif
