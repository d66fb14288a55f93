/*
 * Signature AlgorithmIdentifiers (RFC 5912, RFC 4055, RFC 8410, RFC 8419).
 *
 * Knows which scheme, hash and parameters an identifier names. Whether a key
 * fits, and whether a signature verifies, is cert.h's question.
 */
#ifndef VERIFY_SIGALG_H
#define VERIFY_SIGALG_H

#include "verify/hash.h"

enum vf_scheme {
	VF_SCHEME_NONE,
	VF_SCHEME_RSA_PKCS1,
	VF_SCHEME_RSA_PSS,
	VF_SCHEME_ECDSA,
	VF_SCHEME_ED25519,
};

struct vf_sigalg {
	enum vf_scheme scheme;
	enum vf_alg digest; /* VF_ALG_NONE: the identifier leaves it open (rsaEncryption) or has none (Ed25519) */
	enum vf_alg mgf;    /* RSA-PSS */
	uint8_t salt;       /* RSA-PSS */
};

/*
 * Reads one AlgorithmIdentifier (its whole element) of a signature. shape is
 * the code for a malformed one; UNKNOWN_ALGORITHM for one that is not known,
 * WEAK_ALGORITHM for MD5 and its like.
 */
VF_RC vf_sigalg_read(struct vf_bytes der, enum vf_rc shape, struct vf_sigalg *ret, struct vf_err *reterr);

/* Reads the AlgorithmIdentifier of a hash: parameters absent or NULL. Codes as above. */
VF_RC vf_hashalg_read(struct vf_bytes der, enum vf_rc shape, enum vf_alg *ret, struct vf_err *reterr);

bool vf_sigalg_eq(const struct vf_sigalg *a, const struct vf_sigalg *b);

#endif
