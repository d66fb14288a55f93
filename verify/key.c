#include "verify/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "verify/text.h"

/* ---- names and ids ---- */

/* Unicode White_Space, as C2SP signed-note counts it. */
static bool is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
		(c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
		c == 0x3000;
}

bool vf_key_name_is(struct vf_bytes name)
{
	uint32_t c;

	if (name.n == 0 || name.n > VF_MAX_ORIGIN)
		return false;
	while (name.n)
		if (!vf_take_utf8(&name, &c) || c < 0x20 || c == '+' || is_space(c))
			return false;
	return true;
}

uint32_t vf_key_id(struct vf_bytes name, uint8_t type, struct vf_bytes key)
{
	uint8_t head[VF_MAX_ORIGIN + 2];
	size_t n = name.n < VF_MAX_ORIGIN ? name.n : VF_MAX_ORIGIN;
	struct vf_hash h;

	if (n)
		memcpy(head, name.p, n);
	head[n] = '\n';
	head[n + 1] = type;
	h = vf_sha256_2(vf_bytes(head, n + 2), key);
	return (uint32_t)h.b[0] << 24 | (uint32_t)h.b[1] << 16 | (uint32_t)h.b[2] << 8 | h.b[3];
}

const char *vf_key_type_name(uint8_t type)
{
	switch (type) {
	case VF_KEY_ED25519:
		return "Ed25519";
	case VF_KEY_COSIGNATURE:
		return "Ed25519 cosignature";
	case VF_KEY_MLDSA44:
		return "ML-DSA-44 cosignature";
	default:
		return "unknown";
	}
}

/* ---- verifier keys ---- */

/* The length and the value of the public key fit its type; fills ret->raw. */
static VF_RC check_key(struct vf_vkey *ret, const char *shown, struct vf_err *reterr)
{
	size_t want = ret->type == VF_KEY_MLDSA44 ? VF_MLDSA44_KEY : VF_ED25519_KEY;

	if (ret->type != VF_KEY_ED25519 && ret->type != VF_KEY_COSIGNATURE && ret->type != VF_KEY_MLDSA44)
		return vf_fail(reterr, VF_UNSUPPORTED, "the key of '%s' is of the unknown type 0x%02x", shown,
			ret->type);
	if (ret->key.n != want)
		return vf_fail(reterr, VF_KEY_SHAPE, "the key of '%s' has %zu octets, not %zu", shown,
			ret->key.n, want);
	if (ret->type == VF_KEY_MLDSA44)
		return VF_OK;
	memcpy(ret->raw, ret->key.p, sizeof(ret->raw));
	if (!vf_ed25519_key_is(ret->raw))
		return vf_fail(reterr, VF_KEY_SHAPE, "the key of '%s' is a point that no signer has", shown);
	return VF_OK;
}

/* base64(type || key): at most the largest key that is known. */
static VF_RC take_key(struct vf_bytes text, const char *shown, struct vf_arena *a, struct vf_vkey *ret,
	struct vf_err *reterr)
{
	uint8_t blob[VF_BASE64_LEN(1 + VF_MLDSA44_KEY) / 4 * 3];
	size_t pad = vf_bytes_ends(text, "==") ? 2 : vf_bytes_ends(text, "=") ? 1 : 0;
	struct vf_bytes in;

	if (text.n > VF_BASE64_LEN(1 + VF_MLDSA44_KEY))
		return vf_fail(reterr, VF_KEY_SHAPE, "the key of '%s' is too long", shown);
	if (text.n < 4 || !vf_base64_read(text, blob, text.n / 4 * 3 - pad))
		return vf_fail(reterr, VF_KEY_SHAPE, "the key of '%s' is not exact base64", shown);
	in = vf_bytes(blob, text.n / 4 * 3 - pad);
	if (!vf_take_u8(&in, &ret->type))
		return vf_fail(reterr, VF_KEY_SHAPE, "the key of '%s' is empty", shown);
	if (!vf_arena_copy(a, in, &ret->key))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the key of '%s'", shown);
	return VF_OK;
}

VF_RC vf_vkey_parse(struct vf_bytes text, struct vf_arena *a, struct vf_vkey *ret, struct vf_err *reterr)
{
	struct vf_bytes rest = text, name, hex;
	struct vf_vkey k = {.id = 0};
	uint8_t id[4];
	char shown[120];
	enum vf_rc rc;

	/* base64 holds "+" too: only the first two separate */
	if (!vf_take_until(&rest, '+', &name) || !vf_take_until(&rest, '+', &hex))
		return vf_fail(reterr, VF_KEY_SHAPE, "a key is not 'name+id+base64'");
	vf_text_escape(shown, sizeof(shown), name);
	if (!vf_key_name_is(name))
		return vf_fail(reterr, VF_KEY_SHAPE, "'%s' is no name of a key", shown);
	if (!vf_hex_read(hex, id, sizeof(id)))
		return vf_fail(reterr, VF_KEY_SHAPE, "the id of '%s' is not 8 lower-case hex digits", shown);
	rc = take_key(rest, shown, a, &k, reterr);
	if (rc != VF_OK)
		return rc;
	rc = check_key(&k, shown, reterr);
	if (rc != VF_OK)
		return rc;
	k.id = vf_key_id(name, k.type, k.key);
	if (k.id != ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]))
		return vf_fail(reterr, VF_KEY_SHAPE, "the id of '%s' is not that of its key", shown);
	if (!vf_arena_copy(a, name, &k.name))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the key of '%s'", shown);
	*ret = k;
	return VF_OK;
}

/* ---- Ed25519 ---- */

/* a < b, both little-endian of 32 octets. Public values: no need for constant time. */
static bool less_le(const uint8_t *a, const uint8_t *b)
{
	for (size_t i = 32; i > 0; i--)
		if (a[i - 1] != b[i - 1])
			return a[i - 1] < b[i - 1];
	return false;
}

bool vf_ed25519_key_is(const uint8_t key[VF_ED25519_KEY])
{
	/* p = 2^255 - 19 */
	static const uint8_t p[32] = {
		0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	};
	/* y of the points of order 1, 2, 4 and 8; those of order 8 have two */
	static const uint8_t small[5][32] = {
		{1},
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0x7f},
		{0},
		{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
			0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d,
			0x53, 0xfc, 0x05},
		{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
			0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92,
			0xac, 0x03, 0x7a},
	};
	uint8_t y[32];

	memcpy(y, key, sizeof(y));
	y[31] &= 0x7f; /* the sign of x */
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		if (memcmp(y, small[i], sizeof(y)) == 0)
			return false;
	return less_le(y, p);
}

/* S < L (RFC 8032 5.1.7), so that nobody can change a signature and keep it good. */
static bool is_canonical(const uint8_t s[32])
{
	static const uint8_t order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	};

	return less_le(s, order);
}

/* One verification by OpenSSL. False also when it had no memory: see vf_ed25519_check(). */
static bool evp_verifies(EVP_PKEY *key, struct vf_bytes message, struct vf_bytes sig)
{
	EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, sig.p, sig.n, message.p, message.n) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

static bool ed25519_verifies(const uint8_t *key, struct vf_bytes message, const uint8_t *sig)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, VF_ED25519_KEY);

	return evp_verifies(k, message, vf_bytes(sig, VF_ED25519_SIGNATURE));
}

/* RFC 8032 7.1, test 1: the empty message. */
static bool ed25519_works(void)
{
	static const uint8_t key[] = {
		0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
		0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
	};
	static const uint8_t sig[] = {
		0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a,
		0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55,
		0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
		0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b,
	};

	return ed25519_verifies(key, vf_bytes(key, 0), sig);
}

VF_RC vf_ed25519_check(const uint8_t key[VF_ED25519_KEY], struct vf_bytes message,
	const uint8_t sig[VF_ED25519_SIGNATURE], struct vf_err *reterr)
{
	if (!vf_ed25519_key_is(key))
		return vf_fail(reterr, VF_KEY_SHAPE, "the Ed25519 key is a point that no signer has");
	if (!is_canonical(sig + 32))
		return vf_fail(reterr, VF_NOTE_SIGNATURE, "the Ed25519 signature is not canonical");
	if (ed25519_verifies(key, message, sig))
		return VF_OK;
	/*
	 * OpenSSL answers alike when the signature is bad and when it had no memory
	 * or no SHA-512. Only the first may reject: see that a good one verifies,
	 * then ask again.
	 */
	if (!ed25519_works())
		return vf_fail(reterr, VF_NO_MEMORY, "Ed25519 cannot be computed");
	if (ed25519_verifies(key, message, sig))
		return VF_OK;
	return vf_fail(reterr, VF_NOTE_SIGNATURE, "the Ed25519 signature does not verify");
}

VF_RC vf_mldsa44_check(struct vf_bytes key, struct vf_bytes message, struct vf_bytes sig, struct vf_err *reterr)
{
	EVP_PKEY *k;

	if (key.n != VF_MLDSA44_KEY)
		return vf_fail(reterr, VF_KEY_SHAPE, "an ML-DSA-44 key has %zu octets", key.n);
	if (sig.n != VF_MLDSA44_SIGNATURE)
		return vf_fail(reterr, VF_NOTE_SIGNATURE, "an ML-DSA-44 signature has %zu octets", sig.n);
	k = EVP_PKEY_new_raw_public_key_ex(NULL, "ML-DSA-44", NULL, key.p, key.n);
	if (!k) {
		ERR_clear_error();
		return vf_fail(reterr, VF_UNSUPPORTED, "OpenSSL has no ML-DSA-44");
	}
	if (!evp_verifies(k, message, sig))
		return vf_fail(reterr, VF_NOTE_SIGNATURE, "the ML-DSA-44 signature does not verify");
	return VF_OK;
}
