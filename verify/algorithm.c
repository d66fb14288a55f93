#include "verify/algorithm.h"

#include <stdio.h>

#include "verify/der.h"
#include "verify/text.h"

#define START_OF_2011 INT64_C(1293840000000)
#define START_OF_2031 INT64_C(1924992000000)

/*
 * SP 800-57 part 1 rev. 5, table 4: 80 bits of security end with 2010, 112
 * bits with 2030. Signatures need collision resistance, so that SHA-1 has
 * less than 80 (SP 800-131A rev. 2, table 8).
 */
static const struct {
	const char *name;
	int64_t until;
} hashes[VF_ALG_COUNT] = {
	[VF_ALG_NONE] = {"no hash", VF_STRONG_NEVER},
	[VF_SHA1] = {"SHA-1", START_OF_2011},
	[VF_SHA256] = {"SHA-256", VF_STRONG_FOREVER},
	[VF_SHA384] = {"SHA-384", VF_STRONG_FOREVER},
	[VF_SHA512] = {"SHA-512", VF_STRONG_FOREVER},
	[VF_SHA3_256] = {"SHA3-256", VF_STRONG_FOREVER},
	[VF_SHA3_384] = {"SHA3-384", VF_STRONG_FOREVER},
	[VF_SHA3_512] = {"SHA3-512", VF_STRONG_FOREVER},
};

/* SP 800-57 part 1 rev. 5, table 2: bits of a key that has 80, 112, 128 bits of security or more. */
static const struct {
	enum vf_pubkey kind;
	unsigned bits;
	int64_t until;
} keys[] = {
	{VF_PUBKEY_RSA, 3072, VF_STRONG_FOREVER},
	{VF_PUBKEY_RSA, 2048, START_OF_2031},
	{VF_PUBKEY_RSA, 1024, START_OF_2011},
	{VF_PUBKEY_RSA_PSS, 3072, VF_STRONG_FOREVER},
	{VF_PUBKEY_RSA_PSS, 2048, START_OF_2031},
	{VF_PUBKEY_RSA_PSS, 1024, START_OF_2011},
	{VF_PUBKEY_P256, 256, VF_STRONG_FOREVER},
	{VF_PUBKEY_P384, 384, VF_STRONG_FOREVER},
	{VF_PUBKEY_P521, 521, VF_STRONG_FOREVER},
	{VF_PUBKEY_BP256, 256, VF_STRONG_FOREVER},
	{VF_PUBKEY_BP384, 384, VF_STRONG_FOREVER},
	{VF_PUBKEY_BP512, 512, VF_STRONG_FOREVER},
	{VF_PUBKEY_ED25519, 253, VF_STRONG_FOREVER},
};

/* Hashes that were broken, or never reviewed enough, before any evidence that we read. */
static const struct {
	const char *name;
	uint8_t n, oid[8];
} never[] = {
	{"MD2", 8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x02}},
	{"MD4", 8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x04}},
	{"MD5", 8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05}},
	{"RIPEMD-160", 5, {0x2b, 0x24, 0x03, 0x02, 0x01}},
};

int64_t vf_alg_until(enum vf_alg alg)
{
	return (unsigned)alg < VF_ALG_COUNT ? hashes[alg].until : VF_STRONG_NEVER;
}

int64_t vf_pubkey_until(enum vf_pubkey kind, unsigned bits)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].kind == kind && bits >= keys[i].bits)
			return keys[i].until;
	return VF_STRONG_NEVER;
}

const char *vf_pubkey_name(enum vf_pubkey kind)
{
	switch (kind) {
	case VF_PUBKEY_RSA:
		return "RSA";
	case VF_PUBKEY_RSA_PSS:
		return "RSA-PSS";
	case VF_PUBKEY_P256:
		return "ECDSA P-256";
	case VF_PUBKEY_P384:
		return "ECDSA P-384";
	case VF_PUBKEY_P521:
		return "ECDSA P-521";
	case VF_PUBKEY_BP256:
		return "ECDSA brainpoolP256r1";
	case VF_PUBKEY_BP384:
		return "ECDSA brainpoolP384r1";
	case VF_PUBKEY_BP512:
		return "ECDSA brainpoolP512r1";
	case VF_PUBKEY_ED25519:
		return "Ed25519";
	case VF_PUBKEY_UNKNOWN:
		break;
	}
	return "unknown";
}

/* Names the first instant that was too late. */
static enum vf_rc too_weak(int64_t until, const char *name, const char *what, struct vf_err *reterr)
{
	char text[VF_TIME_LEN + 1];

	if (until == VF_STRONG_NEVER)
		return vf_fail(reterr, VF_WEAK_ALGORITHM, "%s: '%s' never counts", what, name);
	vf_time_put(text, until);
	return vf_fail(reterr, VF_WEAK_ALGORITHM, "%s: '%s' no longer counts from %s on", what, name, text);
}

VF_RC vf_alg_check(enum vf_alg alg, int64_t at, const char *what, struct vf_err *reterr)
{
	if (alg == VF_ALG_NONE || (unsigned)alg >= VF_ALG_COUNT)
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "%s: unknown hash algorithm", what);
	if (at < hashes[alg].until)
		return VF_OK;
	return too_weak(hashes[alg].until, hashes[alg].name, what, reterr);
}

VF_RC vf_pubkey_check(enum vf_pubkey kind, unsigned bits, int64_t at, const char *what, struct vf_err *reterr)
{
	int64_t until = vf_pubkey_until(kind, bits);
	char name[40];

	if (kind == VF_PUBKEY_UNKNOWN)
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "%s: unknown kind of key", what);
	if (at < until)
		return VF_OK;
	snprintf(name, sizeof(name), "%s %u", vf_pubkey_name(kind), bits);
	return too_weak(until, name, what, reterr);
}

VF_RC vf_alg_of_oid(struct vf_bytes oid, const char *what, enum vf_alg *ret, struct vf_err *reterr)
{
	enum vf_alg alg = vf_alg_from_oid(oid);
	char text[80];

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (vf_bytes_eq(oid, vf_bytes(never[i].oid, never[i].n)))
			return too_weak(VF_STRONG_NEVER, never[i].name, what, reterr);
	if (alg == VF_ALG_NONE) {
		vf_der_oid_text(oid, text, sizeof(text));
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "%s: unknown hash algorithm '%s'", what, text);
	}
	*ret = alg;
	return VF_OK;
}
