#include "verify/key.h"

#include <openssl/evp.h>

#include "tests/check.h"

static uint8_t block[65536];

static enum vf_rc parse(struct vf_bytes text, struct vf_vkey *ret, struct vf_err *e)
{
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	return vf_vkey_parse(text, &a, ret, e);
}

static enum vf_rc parse_str(const char *text)
{
	struct vf_vkey k;

	return parse(vf_bytes_str(text), &k, NULL);
}

/* ---- names ---- */

static void test_names(void)
{
	static const char *good[] = {"a", "example.com/log", "Bj\xc3\xb6rk", "a\x7f", "x=y,z", "\xe2\x80\x8b"};
	static const char *bad[] = {"", "a b", "a+b", "a\tb", "a\nb", "a\x01", "a\xc2\x85", "a\xc2\xa0", "a\xe1\x9a\x80",
		"a\xe2\x80\x80", "a\xe2\x80\x8a", "a\xe2\x80\xa8", "a\xe2\x80\xa9", "a\xe2\x80\xaf", "a\xe2\x81\x9f",
		"a\xe3\x80\x80", "a\xff", "a\xed\xa0\x80", "a\xc0\xaf"};
	char longest[257];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(vf_key_name_is(vf_bytes_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!vf_key_name_is(vf_bytes_str(bad[i])));
	memset(longest, 'n', sizeof(longest));
	CHECK(vf_key_name_is(vf_bytes(longest, 255)));
	CHECK(!vf_key_name_is(vf_bytes(longest, 256)));
}

/* ---- verifier keys ---- */

#define LOG "example.com/log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS"
#define WITNESS "witness.example/w1+7ac52afb+BLx8vLVjY3X6HYJDTUZnJNkjd/U7mAaV3UnSbQzhIgWl"
#define EXAMPLE "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define TESSERA "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

static void test_good_keys(void)
{
	struct vf_vkey k;

	CHECK_RC(parse(vf_bytes_str(LOG), &k, NULL), VF_OK);
	CHECK_BYTES(k.name, vf_bytes_str("example.com/log"));
	CHECK_INT(k.id, 0xd5ca9a19);
	CHECK_INT(k.type, VF_KEY_ED25519);
	CHECK_INT(k.key.n, 32);
	CHECK_BYTES(k.key, vf_bytes(k.raw, 32));
	CHECK_RC(parse(vf_bytes_str(WITNESS), &k, NULL), VF_OK);
	CHECK_INT(k.type, VF_KEY_COSIGNATURE);
	CHECK_INT(k.id, 0x7ac52afb);
	CHECK_RC(parse_str(EXAMPLE), VF_OK);
	CHECK_RC(parse_str(TESSERA), VF_OK);
	CHECK_STR(vf_key_type_name(VF_KEY_MLDSA44), "ML-DSA-44 cosignature");
	CHECK_STR(vf_key_type_name(0x02), "unknown");
}

static void test_bad_keys(void)
{
	static const struct {
		const char *text;
		enum vf_rc rc;
	} bad[] = {
		{"", VF_KEY_SHAPE},
		{"example.com/log", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+", VF_KEY_SHAPE},
		{"+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		{"example.com/ log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		/* id: of another key, upper case (x/mod takes it: divergence 5), too short, too long */
		{"example.com/log+d5ca9a18+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		{"example.com/log+D5CA9A19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a1+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a190+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		/* the name is part of the id */
		{"example.com/lag+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		/* base64: cut, white space, other alphabet, octet too few */
		{"example.com/log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsT", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgds", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS\n", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+ASFS-NGbeR0kRTJC4V8uq2y3z_p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+ASFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgds=", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+====", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+AQ==", VF_KEY_SHAPE},
		{"example.com/log+d5ca9a19+AR==", VF_KEY_SHAPE},
		/* another type */
		{"example.com/log+d5ca9a19+AiFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_UNSUPPORTED},
		{"example.com/log+d5ca9a19+/yFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_UNSUPPORTED},
		{"example.com/log+d5ca9a19+BiFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS", VF_KEY_SHAPE},
	};
	struct vf_vkey k = {.id = 7};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vf_err e = {.rc = VF_OK};
		enum vf_rc rc = parse(vf_bytes_str(bad[i].text), &k, &e);

		check_count++;
		if (rc != bad[i].rc || e.rc != rc || e.text[0] == '\0')
			CHECK_FAIL("'%s' gives %s, not %s", bad[i].text, vf_rc_name(rc), vf_rc_name(bad[i].rc));
	}
	CHECK_INT(k.id, 7); /* nothing was written */
}

/* Builds the text of a key whose id is right, whatever the octets are. */
static struct vf_bytes vkey_text(char *out, size_t cap, const char *name, uint8_t type, const uint8_t *key, size_t n)
{
	uint8_t blob[1 + VF_MLDSA44_KEY + 8];
	char base64[VF_BASE64_LEN(sizeof(blob)) + 1];

	blob[0] = type;
	memcpy(blob + 1, key, n);
	vf_base64_put(base64, vf_bytes(blob, n + 1));
	snprintf(out, cap, "%s+%08" PRIx32 "+%s", name, vf_key_id(vf_bytes_str(name), type, vf_bytes(key, n)), base64);
	return vf_bytes_str(out);
}

static void test_lengths(void)
{
	static uint8_t key[VF_MLDSA44_KEY + 4];
	static char text[4096];
	struct vf_vkey k;
	struct vf_arena a;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + 1);
	CHECK_RC(parse(vkey_text(text, sizeof(text), "w", VF_KEY_MLDSA44, key, VF_MLDSA44_KEY), &k, NULL), VF_OK);
	CHECK_INT(k.key.n, VF_MLDSA44_KEY);
	CHECK_BYTES(k.key, vf_bytes(key, VF_MLDSA44_KEY));
	for (size_t n = 1; n <= 3; n++) {
		CHECK_RC(parse(vkey_text(text, sizeof(text), "w", VF_KEY_MLDSA44, key, VF_MLDSA44_KEY + n), &k, NULL),
			VF_KEY_SHAPE);
		CHECK_RC(parse(vkey_text(text, sizeof(text), "w", VF_KEY_MLDSA44, key, VF_MLDSA44_KEY - n), &k, NULL),
			VF_KEY_SHAPE);
		CHECK_RC(parse(vkey_text(text, sizeof(text), "w", VF_KEY_ED25519, key, 32 + n), &k, NULL), VF_KEY_SHAPE);
		CHECK_RC(parse(vkey_text(text, sizeof(text), "w", VF_KEY_COSIGNATURE, key, 32 - n), &k, NULL),
			VF_KEY_SHAPE);
	}
	/* memory is undecided, never a fault of the key */
	vf_arena_init(&a, block, 16);
	CHECK_RC(vf_vkey_parse(vf_bytes_str(LOG), &a, &k, NULL), VF_NO_MEMORY);
	vf_arena_init(&a, block, 40);
	CHECK_RC(vf_vkey_parse(vf_bytes_str(LOG), &a, &k, NULL), VF_NO_MEMORY);
}

/* ---- Ed25519 ---- */

struct triple {
	const char *key, *message, *sig;
};

/* RFC 8032 7.1, tests 1 to 3. */
static const struct triple rfc8032[] = {
	{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
		"d25bf5f0595bbe24655141438e7a100b"},
	{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
		"387b2eaeb4302aeeb00d291612bb0c00"},
	{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
		"4a7c15e9716ed28dc027beceea1ec40a"},
};

static void load(const struct triple *t, uint8_t *key, uint8_t *message, size_t *n, uint8_t *sig)
{
	*n = strlen(t->message) / 2;
	CHECK(vf_hex_read(vf_bytes_str(t->key), key, 32));
	CHECK(vf_hex_read(vf_bytes_str(t->message), message, *n));
	CHECK(vf_hex_read(vf_bytes_str(t->sig), sig, 64));
}

static void test_signatures(void)
{
	uint8_t key[32], message[8], sig[64];
	size_t n;

	for (size_t i = 0; i < 3; i++) {
		load(&rfc8032[i], key, message, &n, sig);
		CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, NULL), VF_OK);
		CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n + 1), sig, NULL), VF_NOTE_SIGNATURE);
	}
	for (size_t i = 0; i < 64; i++) {
		sig[i] ^= (uint8_t)(1u << i % 8);
		CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, NULL), VF_NOTE_SIGNATURE);
		sig[i] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t i = 0; i < 32; i++) {
		key[i] ^= (uint8_t)(1u << i % 8);
		CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, NULL), VF_NOTE_SIGNATURE);
		key[i] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t i = 0; i < 8 * n; i++) {
		message[i / 8] ^= (uint8_t)(1u << i % 8);
		CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, NULL), VF_NOTE_SIGNATURE);
		message[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	memset(sig, 0, sizeof(sig));
	CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, NULL), VF_NOTE_SIGNATURE);
	memset(sig, 0xff, sizeof(sig));
	CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, NULL), VF_NOTE_SIGNATURE);
}

/* S + L satisfies the same equation: only the range check tells it from S. */
static void test_malleated(void)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde,
		0xf9, 0xde, 0x14, [31] = 0x10};
	uint8_t key[32], message[8], sig[64];
	struct vf_err e = {.rc = VF_OK};
	unsigned carry = 0;
	size_t n;

	load(&rfc8032[1], key, message, &n, sig);
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	CHECK_INT(carry, 0);
	CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, &e), VF_NOTE_SIGNATURE);
	CHECK_STR(e.text, "the Ed25519 signature is not canonical");
	memcpy(sig + 32, order, 32);
	CHECK_RC(vf_ed25519_check(key, vf_bytes(message, n), sig, &e), VF_NOTE_SIGNATURE);
	CHECK_STR(e.text, "the Ed25519 signature is not canonical");
}

/* Keys of small order verify anything with R = 0, S = 0 and the like. */
static void test_small_order(void)
{
	static const char *bad[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		/* y >= p: other encodings of the same, and of points that have a proper one */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t key[32], sig[64] = {1};
	char text[200];
	struct vf_vkey k;

	for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(vf_hex_read(vf_bytes_str(bad[i / 2]), key, 32));
		key[31] |= (uint8_t)(i % 2 << 7);
		CHECK(!vf_ed25519_key_is(key));
		CHECK_RC(vf_ed25519_check(key, vf_bytes_str("anything"), sig, NULL), VF_KEY_SHAPE);
		CHECK_RC(parse(vkey_text(text, sizeof(text), "w", VF_KEY_COSIGNATURE, key, 32), &k, NULL), VF_KEY_SHAPE);
	}
	/* not on the curve: no signature verifies */
	memset(key, 0, sizeof(key));
	key[0] = 2;
	CHECK(vf_ed25519_key_is(key));
	CHECK_RC(vf_ed25519_check(key, vf_bytes_str("anything"), sig, NULL), VF_NOTE_SIGNATURE);
}

/* A key whose id is right, under a name that no key may have; and one that is longer than any. */
static void test_wrong_names(void)
{
	static const char *const names[] = {"a b", "", "a\tb", "a\x01z", "\xff"};
	static char longest[16384];
	uint8_t typed[33] = {VF_KEY_ED25519, 9};
	char text[200], base64[64];
	uint8_t room[4096];
	struct vf_arena a;
	struct vf_vkey k;

	vf_base64_put(base64, vf_bytes(typed, sizeof(typed)));
	base64[VF_BASE64_LEN(sizeof(typed))] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		vf_arena_init(&a, room, sizeof(room));
		snprintf(text, sizeof(text), "%s+%08" PRIx32 "+%s", names[i],
			vf_key_id(vf_bytes_str(names[i]), VF_KEY_ED25519, vf_bytes(typed + 1, 32)), base64);
		CHECK_RC(vf_vkey_parse(vf_bytes_str(text), &a, &k, NULL), VF_KEY_SHAPE);
	}
	snprintf(text, sizeof(text), "ab+%08" PRIx32 "+%s",
		vf_key_id(vf_bytes_str("ab"), VF_KEY_ED25519, vf_bytes(typed + 1, 32)), base64);
	CHECK_RC(vf_vkey_parse(vf_bytes_str(text), &a, &k, NULL), VF_OK);
	memset(longest, 'A', sizeof(longest) - 1);
	memcpy(longest, "ab+00000000+", 12);
	CHECK_RC(vf_vkey_parse(vf_bytes(longest, 12 + 8192), &a, &k, NULL), VF_KEY_SHAPE);
}

static void test_mldsa(void)
{
	static uint8_t key[VF_MLDSA44_KEY], sig[VF_MLDSA44_SIGNATURE];
	EVP_KEYMGMT *known = EVP_KEYMGMT_fetch(NULL, "ML-DSA-44", NULL);

	memset(key, 1, sizeof(key));
	/* undecided where OpenSSL has no ML-DSA, never accepted */
	CHECK_RC(vf_mldsa44_check(vf_bytes(key, sizeof(key)), vf_bytes_str("m"), vf_bytes(sig, sizeof(sig)), NULL),
		known ? VF_NOTE_SIGNATURE : VF_UNSUPPORTED);
	EVP_KEYMGMT_free(known);
	CHECK_RC(vf_mldsa44_check(vf_bytes(key, 32), vf_bytes_str("m"), vf_bytes(sig, sizeof(sig)), NULL), VF_KEY_SHAPE);
	CHECK_RC(vf_mldsa44_check(vf_bytes(key, sizeof(key)), vf_bytes_str("m"), vf_bytes(sig, 64), NULL),
		VF_NOTE_SIGNATURE);
}

int main(void)
{
	test_names();
	test_good_keys();
	test_bad_keys();
	test_lengths();
	test_signatures();
	test_malleated();
	test_small_order();
	test_wrong_names();
	test_mldsa();
	return check_done();
}
