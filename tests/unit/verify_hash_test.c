#include "verify/hash.h"

#include "tests/check.h"

static void is(struct vf_bytes got, const char *hex)
{
	char out[2 * VF_DIGEST_MAX + 1];

	vf_hex_put(out, got);
	CHECK_STR(out, hex);
}

static const struct {
	enum vf_alg alg;
	const char *abc; /* FIPS 180-4 and FIPS 202 examples for "abc" */
} known[] = {
	{VF_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{VF_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{VF_SHA384,
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
	{VF_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
		    "454d4423643ce80e2a9ac94fa54ca49f"},
	{VF_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
	{VF_SHA3_384,
		"ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"},
	{VF_SHA3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e39340"
		      "57340b4cf408d5a56592f8274eec53f0"},
};

static void test_algorithms(void)
{
	struct vf_digest d;
	struct vf_hasher h;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CHECK_RC(vf_digest(known[i].alg, vf_bytes_str("abc"), &d, NULL), VF_OK);
		is(vf_digest_bytes(&d), known[i].abc);
		CHECK_RC(vf_hasher_init(&h, known[i].alg, NULL), VF_OK);
		vf_hasher_put(&h, vf_bytes_str("a"));
		vf_hasher_put(&h, vf_bytes_str(""));
		vf_hasher_put(&h, vf_bytes_str("bc"));
		CHECK_RC(vf_hasher_done(&h, &d, NULL), VF_OK);
		is(vf_digest_bytes(&d), known[i].abc);
		CHECK(vf_alg_find(vf_bytes_str(vf_alg_name(known[i].alg))) == known[i].alg);
		CHECK(vf_alg_from_oid(vf_alg_oid(known[i].alg)) == known[i].alg);
	}
	CHECK_RC(vf_digest(VF_ALG_NONE, vf_bytes_str(""), &d, NULL), VF_UNKNOWN_ALGORITHM);
	CHECK(vf_alg_find(vf_bytes_str("md5")) == VF_ALG_NONE);
	CHECK(vf_alg_from_oid(vf_bytes("\x60", 1)) == VF_ALG_NONE);
}

/* RFC 4998 worked example: three document hashes in a list, sorted before hashing. */
static void test_sorted(void)
{
	struct vf_digest v[3], root;
	const char *docs[] = {"d2a\n", "d2b\n", "d2c\n"};

	for (size_t i = 0; i < 3; i++)
		CHECK_RC(vf_digest(VF_SHA256, vf_bytes_str(docs[i]), &v[i], NULL), VF_OK);
	CHECK_RC(vf_digest_sorted(VF_SHA256, v, 3, &root, NULL), VF_OK);
	is(vf_digest_bytes(&root), "accb63c4f5b520d984a97bb59539e133356741f0f79e00c1324505c4b0ba7e86");
	v[1] = v[0];
	CHECK_RC(vf_digest_sorted(VF_SHA256, v, 2, &root, NULL), VF_OK);
	struct vf_hash twice = vf_sha256_2(vf_digest_bytes(&v[0]), vf_digest_bytes(&v[0]));
	CHECK(memcmp(root.b, twice.b, 32) == 0);
}

static void test_pair(void)
{
	struct vf_pair p = vf_pair_of(vf_bytes_str("abc")), q;
	struct vf_pair_hasher h;

	is(vf_bytes(p.sha256.b, 32), known[1].abc);
	is(vf_bytes(p.sha512.b, 64), known[3].abc);
	vf_pair_init(&h);
	vf_pair_put(&h, vf_bytes_str("ab"));
	vf_pair_put(&h, vf_bytes_str("c"));
	q = vf_pair_done(&h);
	CHECK(vf_pair_eq(&p, &q));
	q.sha512.b[63] ^= 1;
	CHECK(!vf_pair_eq(&p, &q));
	q = p;
	q.sha256.b[0] ^= 1;
	CHECK(!vf_pair_eq(&p, &q));
}

int main(void)
{
	struct vf_hash mac;

	test_algorithms();
	test_sorted();
	test_pair();
	/* RFC 4231 test cases 1 and 2 */
	mac = vf_hmac_sha256(vf_bytes("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20),
		vf_bytes_str("Hi There"));
	is(vf_bytes(mac.b, 32), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	mac = vf_hmac_sha256(vf_bytes_str("Jefe"), vf_bytes_str("what do ya want for nothing?"));
	is(vf_bytes(mac.b, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	return check_done();
}
