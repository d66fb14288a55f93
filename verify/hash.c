/*
 * The SHA-2 contexts of OpenSSL's low-level interface need no allocation and no
 * algorithm look-up: a 64-byte node costs a third of what the one-shot EVP
 * calls cost (docs/decisions/0002-low-level-sha2.md). SHA-3 goes through EVP.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "verify/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct vf_pair_hasher *)0)->s256), "room");
_Static_assert(sizeof(SHA512_CTX) <= sizeof(((struct vf_pair_hasher *)0)->s512), "room");
_Static_assert(sizeof(SHA512_CTX) <= sizeof(((struct vf_hasher *)0)->state), "room");

static const struct {
	const char *name, *evp;
	uint8_t size, oid_n, oid[9];
} algs[VF_ALG_COUNT] = {
	[VF_ALG_NONE] = {"none", NULL, 0, 0, {0}},
	[VF_SHA1] = {"sha1", "SHA1", 20, 5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}},
#define NIST(last) {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last}
	[VF_SHA256] = {"sha256", "SHA256", 32, 9, NIST(1)},
	[VF_SHA384] = {"sha384", "SHA384", 48, 9, NIST(2)},
	[VF_SHA512] = {"sha512", "SHA512", 64, 9, NIST(3)},
	[VF_SHA3_256] = {"sha3-256", "SHA3-256", 32, 9, NIST(8)},
	[VF_SHA3_384] = {"sha3-384", "SHA3-384", 48, 9, NIST(9)},
	[VF_SHA3_512] = {"sha3-512", "SHA3-512", 64, 9, NIST(10)},
};

static size_t row(enum vf_alg alg)
{
	return (unsigned)alg < VF_ALG_COUNT ? (size_t)alg : 0;
}

size_t vf_alg_size(enum vf_alg alg)
{
	return algs[row(alg)].size;
}

const char *vf_alg_name(enum vf_alg alg)
{
	return algs[row(alg)].name;
}

enum vf_alg vf_alg_find(struct vf_bytes name)
{
	for (size_t i = 1; i < VF_ALG_COUNT; i++)
		if (vf_bytes_is(name, algs[i].name))
			return (enum vf_alg)i;
	return VF_ALG_NONE;
}

enum vf_alg vf_alg_from_oid(struct vf_bytes oid)
{
	for (size_t i = 1; i < VF_ALG_COUNT; i++)
		if (vf_bytes_eq(oid, vf_bytes(algs[i].oid, algs[i].oid_n)))
			return (enum vf_alg)i;
	return VF_ALG_NONE;
}

struct vf_bytes vf_alg_oid(enum vf_alg alg)
{
	return vf_bytes(algs[row(alg)].oid, algs[row(alg)].oid_n);
}

bool vf_digest_eq(const struct vf_digest *a, const struct vf_digest *b)
{
	return a->alg == b->alg && CRYPTO_memcmp(a->b, b->b, vf_alg_size(a->alg)) == 0;
}

bool vf_hash_eq(const struct vf_hash *a, const struct vf_hash *b)
{
	return CRYPTO_memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool vf_hash512_eq(const struct vf_hash512 *a, const struct vf_hash512 *b)
{
	return CRYPTO_memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

struct vf_bytes vf_digest_bytes(const struct vf_digest *d)
{
	return vf_bytes(d->b, vf_alg_size(d->alg));
}

struct vf_digest vf_digest_from_hash(const struct vf_hash *h)
{
	struct vf_digest d = {.alg = VF_SHA256};

	memcpy(d.b, h->b, sizeof(h->b));
	return d;
}

struct vf_hash vf_sha256_2(struct vf_bytes a, struct vf_bytes b)
{
	struct vf_hash r;
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, a.p, a.n);
	SHA256_Update(&c, b.p, b.n);
	SHA256_Final(r.b, &c);
	return r;
}

struct vf_hash vf_sha256(struct vf_bytes b)
{
	return vf_sha256_2(b, vf_bytes(NULL, 0));
}

struct vf_hash512 vf_sha512(struct vf_bytes b)
{
	struct vf_hash512 r;
	SHA512_CTX c;

	SHA512_Init(&c);
	SHA512_Update(&c, b.p, b.n);
	SHA512_Final(r.b, &c);
	return r;
}

VF_RC vf_digest_2(enum vf_alg alg, struct vf_bytes a, struct vf_bytes b, struct vf_digest *ret,
	struct vf_err *reterr)
{
	struct vf_hasher h;
	enum vf_rc rc = vf_hasher_init(&h, alg, reterr);

	if (rc != VF_OK)
		return rc;
	vf_hasher_put(&h, a);
	vf_hasher_put(&h, b);
	return vf_hasher_done(&h, ret, reterr);
}

VF_RC vf_digest(enum vf_alg alg, struct vf_bytes b, struct vf_digest *ret, struct vf_err *reterr)
{
	return vf_digest_2(alg, b, vf_bytes(NULL, 0), ret, reterr);
}

static int digest_order(const void *a, const void *b)
{
	const struct vf_digest *x = a, *y = b;

	return memcmp(x->b, y->b, vf_alg_size(x->alg));
}

void vf_digest_sort(struct vf_digest *values, size_t n)
{
	qsort(values, n, sizeof(*values), digest_order);
}

VF_RC vf_digest_sorted(enum vf_alg alg, struct vf_digest *values, size_t n, struct vf_digest *ret,
	struct vf_err *reterr)
{
	struct vf_hasher h;
	enum vf_rc rc = vf_hasher_init(&h, alg, reterr);

	if (rc != VF_OK)
		return rc;
	vf_digest_sort(values, n);
	for (size_t i = 0; i < n; i++)
		vf_hasher_put(&h, vf_digest_bytes(&values[i]));
	return vf_hasher_done(&h, ret, reterr);
}

VF_RC vf_hasher_init(struct vf_hasher *h, enum vf_alg alg, struct vf_err *reterr)
{
	*h = (struct vf_hasher){.alg = alg};
	switch (alg) {
	case VF_SHA256:
		SHA256_Init((SHA256_CTX *)h->state);
		return VF_OK;
	case VF_SHA384:
		SHA384_Init((SHA512_CTX *)h->state);
		return VF_OK;
	case VF_SHA512:
		SHA512_Init((SHA512_CTX *)h->state);
		return VF_OK;
	case VF_SHA1:
	case VF_SHA3_256:
	case VF_SHA3_384:
	case VF_SHA3_512:
		break;
	case VF_ALG_NONE:
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "unknown hash algorithm");
	}
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestInit_ex(ctx, EVP_get_digestbyname(algs[row(alg)].evp), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		return vf_fail(reterr, VF_NO_MEMORY, "cannot start %s", vf_alg_name(alg));
	}
	h->evp = ctx;
	return VF_OK;
}

void vf_hasher_put(struct vf_hasher *h, struct vf_bytes b)
{
	if (b.n == 0)
		return;
	if (h->evp && EVP_DigestUpdate(h->evp, b.p, b.n) != 1) {
		EVP_MD_CTX_free(h->evp);
		h->evp = NULL;
	} else if (h->alg == VF_SHA256) {
		SHA256_Update((SHA256_CTX *)h->state, b.p, b.n);
	} else if (h->alg == VF_SHA384 || h->alg == VF_SHA512) {
		SHA512_Update((SHA512_CTX *)h->state, b.p, b.n);
	}
}

VF_RC vf_hasher_done(struct vf_hasher *h, struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_digest d = {.alg = h->alg};
	EVP_MD_CTX *ctx = h->evp;

	h->evp = NULL;
	if (h->alg == VF_SHA256) {
		SHA256_Final(d.b, (SHA256_CTX *)h->state);
	} else if (h->alg == VF_SHA384) {
		SHA384_Final(d.b, (SHA512_CTX *)h->state);
	} else if (h->alg == VF_SHA512) {
		SHA512_Final(d.b, (SHA512_CTX *)h->state);
	} else if (!ctx || EVP_DigestFinal_ex(ctx, d.b, NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		return vf_fail(reterr, VF_NO_MEMORY, "cannot compute %s", vf_alg_name(h->alg));
	}
	EVP_MD_CTX_free(ctx);
	*ret = d;
	return VF_OK;
}

void vf_pair_init(struct vf_pair_hasher *h)
{
	SHA256_Init((SHA256_CTX *)h->s256);
	SHA512_Init((SHA512_CTX *)h->s512);
}

void vf_pair_put_sha256(struct vf_pair_hasher *h, struct vf_bytes b)
{
	SHA256_Update((SHA256_CTX *)h->s256, b.p, b.n);
}

void vf_pair_put_sha512(struct vf_pair_hasher *h, struct vf_bytes b)
{
	SHA512_Update((SHA512_CTX *)h->s512, b.p, b.n);
}

void vf_pair_put(struct vf_pair_hasher *h, struct vf_bytes b)
{
	vf_pair_put_sha256(h, b);
	vf_pair_put_sha512(h, b);
}

struct vf_pair vf_pair_done(struct vf_pair_hasher *h)
{
	struct vf_pair r;

	SHA256_Final(r.sha256.b, (SHA256_CTX *)h->s256);
	SHA512_Final(r.sha512.b, (SHA512_CTX *)h->s512);
	return r;
}

struct vf_pair vf_pair_of(struct vf_bytes b)
{
	return (struct vf_pair){vf_sha256(b), vf_sha512(b)};
}

bool vf_pair_eq(const struct vf_pair *a, const struct vf_pair *b)
{
	return vf_hash_eq(&a->sha256, &b->sha256) && vf_hash512_eq(&a->sha512, &b->sha512);
}

struct vf_hash vf_hmac_sha256(struct vf_bytes key, struct vf_bytes b)
{
	uint8_t inner[64] = {0}, outer[64];
	struct vf_hash h;

	memcpy(inner, key.p, key.n < sizeof(inner) ? key.n : sizeof(inner));
	for (size_t i = 0; i < sizeof(inner); i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	h = vf_sha256_2(vf_bytes(inner, sizeof(inner)), b);
	h = vf_sha256_2(vf_bytes(outer, sizeof(outer)), vf_bytes(h.b, sizeof(h.b)));
	OPENSSL_cleanse(inner, sizeof(inner));
	OPENSSL_cleanse(outer, sizeof(outer));
	return h;
}
