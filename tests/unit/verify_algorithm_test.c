#include "verify/algorithm.h"

#include "tests/check.h"
#include "verify/sigalg.h"

#define END_2010 INT64_C(1293839999999)
#define END_2030 INT64_C(1924991999999)

static void test_hash_dates(void)
{
	struct vf_err err;

	CHECK_RC(vf_alg_check(VF_SHA1, END_2010, "x", &err), VF_OK);
	CHECK_RC(vf_alg_check(VF_SHA1, END_2010 + 1, "x", &err), VF_WEAK_ALGORITHM);
	CHECK_STR(err.text, "x: 'SHA-1' no longer counts from 2011-01-01T00:00:00Z on");
	CHECK_RC(vf_alg_check(VF_SHA1, INT64_MIN, "x", &err), VF_OK);
	for (int a = VF_SHA256; a <= VF_SHA3_512; a++)
		CHECK_RC(vf_alg_check((enum vf_alg)a, END_2030 + 1, "x", &err), VF_OK);
	CHECK_RC(vf_alg_check(VF_ALG_NONE, 0, "x", &err), VF_UNKNOWN_ALGORITHM);
	CHECK_RC(vf_alg_check((enum vf_alg)99, 0, "x", &err), VF_UNKNOWN_ALGORITHM);
	CHECK(vf_alg_until(VF_SHA256) == VF_STRONG_FOREVER);
	CHECK(vf_alg_until(VF_ALG_NONE) == VF_STRONG_NEVER);
}

static void test_key_dates(void)
{
	static const struct {
		enum vf_pubkey kind;
		unsigned bits;
		int64_t until;
	} rows[] = {
		{VF_PUBKEY_RSA, 1023, VF_STRONG_NEVER},
		{VF_PUBKEY_RSA, 1024, END_2010 + 1},
		{VF_PUBKEY_RSA, 2047, END_2010 + 1},
		{VF_PUBKEY_RSA, 2048, END_2030 + 1},
		{VF_PUBKEY_RSA, 3071, END_2030 + 1},
		{VF_PUBKEY_RSA, 3072, VF_STRONG_FOREVER},
		{VF_PUBKEY_RSA_PSS, 2048, END_2030 + 1},
		{VF_PUBKEY_RSA_PSS, 4096, VF_STRONG_FOREVER},
		{VF_PUBKEY_P256, 256, VF_STRONG_FOREVER},
		{VF_PUBKEY_P384, 384, VF_STRONG_FOREVER},
		{VF_PUBKEY_P521, 521, VF_STRONG_FOREVER},
		{VF_PUBKEY_ED25519, 253, VF_STRONG_FOREVER},
		{VF_PUBKEY_UNKNOWN, 4096, VF_STRONG_NEVER},
	};
	struct vf_err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_INT(vf_pubkey_until(rows[i].kind, rows[i].bits), rows[i].until);
	CHECK_RC(vf_pubkey_check(VF_PUBKEY_RSA, 1024, END_2010, "k", &err), VF_OK);
	CHECK_RC(vf_pubkey_check(VF_PUBKEY_RSA, 1024, END_2010 + 1, "k", &err), VF_WEAK_ALGORITHM);
	CHECK_RC(vf_pubkey_check(VF_PUBKEY_RSA, 2048, END_2030, "k", &err), VF_OK);
	CHECK_RC(vf_pubkey_check(VF_PUBKEY_RSA, 2048, END_2030 + 1, "k", &err), VF_WEAK_ALGORITHM);
	CHECK_RC(vf_pubkey_check(VF_PUBKEY_RSA, 512, 0, "k", &err), VF_WEAK_ALGORITHM);
	CHECK_STR(err.text, "k: 'RSA 512' never counts");
	CHECK_RC(vf_pubkey_check(VF_PUBKEY_UNKNOWN, 512, 0, "k", &err), VF_UNKNOWN_ALGORITHM);
}

static void test_oids(void)
{
	static const uint8_t md5[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05};
	static const uint8_t other[] = {0x2a, 0x03};
	enum vf_alg alg = VF_ALG_NONE;
	struct vf_err err;

	CHECK_RC(vf_alg_of_oid(vf_alg_oid(VF_SHA512), "x", &alg, &err), VF_OK);
	CHECK_INT(alg, VF_SHA512);
	CHECK_RC(vf_alg_of_oid(vf_bytes(md5, sizeof(md5)), "x", &alg, &err), VF_WEAK_ALGORITHM);
	CHECK_RC(vf_alg_of_oid(vf_bytes(other, sizeof(other)), "x", &alg, &err), VF_UNKNOWN_ALGORITHM);
	CHECK_STR(err.text, "x: unknown hash algorithm '1.2.3'");
	CHECK_INT(alg, VF_SHA512);
}

static enum vf_rc read_sigalg(const char *hex, struct vf_sigalg *ret)
{
	uint8_t b[128];
	size_t n = strlen(hex) / 2;
	struct vf_err err;

	CHECK(vf_hex_read(vf_bytes_str(hex), b, n));
	return vf_sigalg_read(vf_bytes(b, n), VF_CMS_SHAPE, ret, &err);
}

static void test_signature_identifiers(void)
{
	struct vf_sigalg a = {0};

	CHECK_RC(read_sigalg("300d06092a864886f70d01010b0500", &a), VF_OK);
	CHECK_INT(a.scheme, VF_SCHEME_RSA_PKCS1);
	CHECK_INT(a.digest, VF_SHA256);
	CHECK_RC(read_sigalg("300b06092a864886f70d01010b", &a), VF_OK);
	CHECK_RC(read_sigalg("300a06082a8648ce3d040303", &a), VF_OK);
	CHECK_INT(a.scheme, VF_SCHEME_ECDSA);
	CHECK_INT(a.digest, VF_SHA384);
	CHECK_RC(read_sigalg("300506032b6570", &a), VF_OK);
	CHECK_INT(a.scheme, VF_SCHEME_ED25519);
	/* RSA-PSS: SHA-256, MGF1 with SHA-256, 32 octets of salt */
	CHECK_RC(read_sigalg("304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108"
			     "300d06096086480165030402010500a203020120",
			 &a),
		VF_OK);
	CHECK_INT(a.scheme, VF_SCHEME_RSA_PSS);
	CHECK_INT(a.digest, VF_SHA256);
	CHECK_INT(a.mgf, VF_SHA256);
	CHECK_INT(a.salt, 32);
	/* its defaults are those of RFC 4055 */
	CHECK_RC(read_sigalg("300d06092a864886f70d01010a3000", &a), VF_OK);
	CHECK_INT(a.digest, VF_SHA1);
	CHECK_INT(a.mgf, VF_SHA1);
	CHECK_INT(a.salt, 20);
	/* refusals: MD5, unknown, surplus parameters, no parameters, trailer 2, other mask, not a sequence */
	CHECK_RC(read_sigalg("300d06092a864886f70d0101040500", &a), VF_WEAK_ALGORITHM);
	CHECK_RC(read_sigalg("300406022a03", &a), VF_UNKNOWN_ALGORITHM);
	CHECK_RC(read_sigalg("300c06082a8648ce3d0403020500", &a), VF_CMS_SHAPE);
	CHECK_RC(read_sigalg("300b06092a864886f70d01010a", &a), VF_CMS_SHAPE);
	CHECK_RC(read_sigalg("301206092a864886f70d01010a3005a303020102", &a), VF_CMS_SHAPE);
	CHECK_RC(read_sigalg("0500", &a), VF_CMS_SHAPE);
	CHECK_RC(read_sigalg("300e06092a864886f70d01010b050000", &a), VF_CMS_SHAPE);
}

int main(void)
{
	test_hash_dates();
	test_key_dates();
	test_oids();
	test_signature_identifiers();
	return check_done();
}
