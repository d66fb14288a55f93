/*
 * One X.509 certificate: its facts, its profile, and signatures by its key.
 *
 * The adapter to OpenSSL's X509 and EVP_PKEY. What is cached belongs to pki.h,
 * who vouches for a certificate is path.h's question.
 */
#ifndef VERIFY_CERT_H
#define VERIFY_CERT_H

#include "verify/algorithm.h"
#include "verify/sigalg.h"

/* What others may know about a certificate. Times are milliseconds, inclusive at both ends. */
struct vf_cert_facts {
	struct vf_hash sha256; /* of its DER octets */
	struct vf_hash spki;   /* of its SubjectPublicKeyInfo */
	int64_t not_before, not_after;
	enum vf_pubkey pubkey;
	unsigned bits;
	bool has_key_usage;
	char name[160]; /* escaped common name; the organisation or "unnamed" when there is none */
};

/* Uses that an extension may allow. */
#define VF_USE_SIGN 1u        /* digitalSignature or nonRepudiation */
#define VF_USE_SIGN_CRL 2u    /* cRLSign */
#define VF_USE_OTHER 4u       /* any other key usage */
#define VF_USE_STAMP 8u       /* extended: timeStamping, or any */
#define VF_USE_SIGN_OCSP 16u  /* extended: OCSPSigning */
#define VF_USE_ONLY_STAMP 32u /* extended: timeStamping alone, critical */

/* A parsed certificate; lives in a struct vf_pki. The ranges point into its octets. */
struct vf_cert {
	struct vf_cert_facts facts;
	struct vf_bytes der, tbs, issuer, subject, serial, spki, key_id, signature;
	struct vf_bytes crl_points; /* value of cRLDistributionPoints; empty when absent */
	bool has_extended, ca;
	uint32_t uses;
	/* how the issuer signed; sigalg_rc says why when it is not known or too weak */
	struct vf_sigalg sigalg;
	enum vf_rc sigalg_rc;
	void *x509, *pkey; /* OpenSSL objects; pkey is NULL for a key that cannot be used */
};

/*
 * Parses one certificate that fills der; the caller keeps der as long as ret,
 * and ends with vf_cert_done(). CERT_SHAPE when it cannot be read.
 */
VF_RC vf_cert_open(struct vf_bytes der, struct vf_cert *ret, struct vf_err *reterr);
void vf_cert_done(struct vf_cert *c);

/*
 * LIMIT for RSA keys above VF_MAX_RSA_BITS, KEY_SHAPE for Ed25519 keys of small
 * order, UNKNOWN_ALGORITHM for other keys that cannot be used.
 */
VF_RC vf_cert_check_key(const struct vf_cert *c, struct vf_err *reterr);

/* True when at lies in the validity, both ends included. */
bool vf_cert_is_valid_at(const struct vf_cert *c, int64_t at);

/* True when name (a whole GeneralName) is the subject or an alternative name. */
bool vf_cert_has_name(const struct vf_cert *c, struct vf_bytes name);

/* True when name (a whole Name) is the issuer's, however its strings are encoded (RFC 5280 7.1). */
bool vf_cert_is_issued_by(const struct vf_cert *c, struct vf_bytes name);

/*
 * Verifies a signature by the certificate's key over head || data. alg must
 * fit the key; digest is the hash to use when alg leaves it open. Any fault of
 * the signature is bad, an unusable key as vf_cert_check_key().
 */
VF_RC vf_cert_verify(const struct vf_cert *c, const struct vf_sigalg *alg, enum vf_alg digest, struct vf_bytes head,
	struct vf_bytes data, struct vf_bytes signature, enum vf_rc bad, struct vf_err *reterr);

#endif
