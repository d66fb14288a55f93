/*
 * Hash algorithms and digests.
 *
 * Knows how to compute them. Which algorithm is strong enough at which date is
 * algorithm.h's question.
 */
#ifndef VERIFY_HASH_H
#define VERIFY_HASH_H

#include "verify/bytes.h"

enum vf_alg {
	VF_ALG_NONE,
	VF_SHA1, /* only to recognise old evidence */
	VF_SHA256,
	VF_SHA384,
	VF_SHA512,
	VF_SHA3_256,
	VF_SHA3_384,
	VF_SHA3_512,
};
#define VF_ALG_COUNT 8
#define VF_DIGEST_MAX 64

/* A SHA-256 value. */
struct vf_hash {
	uint8_t b[32];
};

/* A SHA-512 value. */
struct vf_hash512 {
	uint8_t b[64];
};

/* A value of any algorithm; its length follows from alg. */
struct vf_digest {
	enum vf_alg alg;
	uint8_t b[VF_DIGEST_MAX];
};

/* Both digests of a data object (docs/formats/statement.md). */
struct vf_pair {
	struct vf_hash sha256;
	struct vf_hash512 sha512;
};

/* Octets of a digest; 0 for VF_ALG_NONE. */
size_t vf_alg_size(enum vf_alg alg);
/* "sha256", "sha3-256", ...: the names used in our texts and reports. */
const char *vf_alg_name(enum vf_alg alg);
/* VF_ALG_NONE when the name is unknown. */
enum vf_alg vf_alg_find(struct vf_bytes name);
/* By the contents octets of an OBJECT IDENTIFIER; VF_ALG_NONE when unknown. */
enum vf_alg vf_alg_from_oid(struct vf_bytes oid);
/* The contents octets of the algorithm's OBJECT IDENTIFIER. */
struct vf_bytes vf_alg_oid(enum vf_alg alg);

/* Equal algorithm and value; constant time in the value. */
bool vf_digest_eq(const struct vf_digest *a, const struct vf_digest *b);
bool vf_hash_eq(const struct vf_hash *a, const struct vf_hash *b);
bool vf_hash512_eq(const struct vf_hash512 *a, const struct vf_hash512 *b);
struct vf_bytes vf_digest_bytes(const struct vf_digest *d);
struct vf_digest vf_digest_from_hash(const struct vf_hash *h);

/* One-shot digests. These cannot fail for SHA-2. */
struct vf_hash vf_sha256(struct vf_bytes b);
struct vf_hash512 vf_sha512(struct vf_bytes b);
/* SHA-256 over a || b: the node of two parts. */
struct vf_hash vf_sha256_2(struct vf_bytes a, struct vf_bytes b);
VF_RC vf_digest(enum vf_alg alg, struct vf_bytes b, struct vf_digest *ret, struct vf_err *reterr);
/* The digest over a || b. */
VF_RC vf_digest_2(enum vf_alg alg, struct vf_bytes a, struct vf_bytes b, struct vf_digest *ret,
	struct vf_err *reterr);
/* Ascending unsigned octet order, in place. All values must be of one algorithm. */
void vf_digest_sort(struct vf_digest *values, size_t n);
/*
 * The digest over the values in ascending unsigned octet order, concatenated
 * (RFC 4998 4.2): a list, not a set, so equal values count twice. The array is
 * sorted in place. All values must be of algorithm alg.
 */
VF_RC vf_digest_sorted(enum vf_alg alg, struct vf_digest *values, size_t n, struct vf_digest *ret,
	struct vf_err *reterr);

/* Incremental digest of one algorithm. done() may be called without put(). */
struct vf_hasher {
	enum vf_alg alg;
	void *evp;
	uint64_t state[32];
};

VF_RC vf_hasher_init(struct vf_hasher *h, enum vf_alg alg, struct vf_err *reterr);
void vf_hasher_put(struct vf_hasher *h, struct vf_bytes b);
/* Writes the digest and releases what init took; h must be initialised again. */
VF_RC vf_hasher_done(struct vf_hasher *h, struct vf_digest *ret, struct vf_err *reterr);

/* SHA-256 and SHA-512 in one pass. Cannot fail and holds no resources. */
struct vf_pair_hasher {
	uint64_t s256[16], s512[32];
};

void vf_pair_init(struct vf_pair_hasher *h);
void vf_pair_put(struct vf_pair_hasher *h, struct vf_bytes b);
/* One half alone, for the two group hashes of a record. */
void vf_pair_put_sha256(struct vf_pair_hasher *h, struct vf_bytes b);
void vf_pair_put_sha512(struct vf_pair_hasher *h, struct vf_bytes b);
struct vf_pair vf_pair_done(struct vf_pair_hasher *h);
struct vf_pair vf_pair_of(struct vf_bytes b);
bool vf_pair_eq(const struct vf_pair *a, const struct vf_pair *b);

/* HMAC-SHA-256 (RFC 2104) with a key of at most 64 octets. */
struct vf_hash vf_hmac_sha256(struct vf_bytes key, struct vf_bytes b);

#endif
