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
	enum vf_alg signed_with; /* hash of the issuer's signature; VF_ALG_NONE when it has none or is not known */
	char name[160];          /* escaped common name; the organisation or "unnamed" when there is none */
};

/* A parsed certificate; lives in a struct vf_pki. The ranges point into der. */
struct vf_cert {
	struct vf_cert_facts facts;
	struct vf_bytes der, issuer, subject, serial, spki, key_id;
	uint32_t key_usage; /* KU_* bits of OpenSSL; UINT32_MAX when the extension is absent */
	bool ca, self_issued, unreadable;
	bool weak_issuer_hash, unknown_issuer_hash;
	enum vf_rc tsa_profile; /* VF_OK or TS_CERT_PROFILE */
	const char *tsa_fault;
	void *x509, *pkey; /* OpenSSL objects; pkey is NULL for a key that is not supported */
};

/*
 * Parses one certificate that fills der; the caller keeps der as long as ret.
 * CERT_SHAPE when OpenSSL or the strict reader cannot read it.
 */
VF_RC vf_cert_open(struct vf_bytes der, struct vf_cert *ret, struct vf_err *reterr);
void vf_cert_done(struct vf_cert *c);

/* LIMIT for RSA keys above VF_MAX_RSA_BITS, UNKNOWN_ALGORITHM for other keys that cannot be used. */
VF_RC vf_cert_key_usable(const struct vf_cert *c, struct vf_err *reterr);

/* True when name (a whole GeneralName) is the subject or an alternative name. */
bool vf_cert_has_name(const struct vf_cert *c, struct vf_bytes name);

/*
 * Verifies a signature by the certificate's key over data. alg must fit the
 * key; digest is the hash to use when alg leaves it open. Any fault of the
 * signature is bad, an unusable key as vf_cert_key_usable().
 */
VF_RC vf_cert_verify(const struct vf_cert *c, const struct vf_sigalg *alg, enum vf_alg digest,
	struct vf_bytes data, struct vf_bytes signature, enum vf_rc bad, struct vf_err *reterr);

#endif
