/*
 * Which algorithm counts until when.
 *
 * One table of dates for hash algorithms and one for public keys, after NIST
 * SP 800-57 part 1 rev. 5 (tables 2 and 4) and SP 800-131A rev. 2. Evidence is
 * judged at the time when it had to hold, never "now": the caller says which.
 */
#ifndef VERIFY_ALGORITHM_H
#define VERIFY_ALGORITHM_H

#include "verify/hash.h"

enum vf_pubkey {
	VF_PUBKEY_UNKNOWN,
	VF_PUBKEY_RSA,
	VF_PUBKEY_RSA_PSS, /* an RSA key that may sign with PSS only */
	VF_PUBKEY_P256,
	VF_PUBKEY_P384,
	VF_PUBKEY_P521,
	VF_PUBKEY_BP256, /* brainpoolP256r1, ..: RFC 5639 */
	VF_PUBKEY_BP384,
	VF_PUBKEY_BP512,
	VF_PUBKEY_ED25519,
};

/* An algorithm without a foreseen end, and one that was never good enough. */
#define VF_STRONG_FOREVER INT64_MAX
#define VF_STRONG_NEVER INT64_MIN

/* The first millisecond at which the algorithm no longer counts. */
int64_t vf_alg_until(enum vf_alg alg);
int64_t vf_pubkey_until(enum vf_pubkey kind, unsigned bits);

/* "RSA", "ECDSA P-256", ...: for messages. */
const char *vf_pubkey_name(enum vf_pubkey kind);

/*
 * WEAK_ALGORITHM when it no longer counted at the time at, UNKNOWN_ALGORITHM
 * when the table does not know it. what names the use in the message.
 */
VF_RC vf_alg_check(enum vf_alg alg, int64_t at, const char *what, struct vf_err *reterr);
VF_RC vf_pubkey_check(enum vf_pubkey kind, unsigned bits, int64_t at, const char *what,
	struct vf_err *reterr);

/*
 * The hash algorithm of an OBJECT IDENTIFIER (contents octets). MD2, MD4, MD5
 * and RIPEMD-160 are WEAK_ALGORITHM at every time, others UNKNOWN_ALGORITHM.
 */
VF_RC vf_alg_of_oid(struct vf_bytes oid, const char *what, enum vf_alg *ret, struct vf_err *reterr);

#endif
