#include "verify/seal.h"

#include "tests/check.h"

#define EXAMPLES "docs/formats/examples/"
#define H64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define G64 "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD(number, first, size, rest)                                                                    \
	"trialnotary/seal-head/1\nseal " number "\norigin demo.example/1\nfirst " first "\nsize " size                   \
	"\nbatch sha256 " H64 "\n" rest
#define TAIL "checkpoint " H64 "\nprevious " H64 "\n"

static const struct {
	const char *text;
	enum vf_rc want;
} rows[] = {
	{HEAD("1", "0", "1", "checkpoint " H64 "\nprevious none\n"), VF_OK},
	{HEAD("2", "1", "3", TAIL), VF_OK},
	{HEAD("2", "1", "3", "batch sha512 " H64 H64 "\n" TAIL), VF_OK},
	{HEAD("3", "1", "3", TAIL "token 1 " H64 "\ntoken 2 " H64 "\ntoken 2 " G64 "\n"), VF_OK},
	{HEAD("1", "0", "1", TAIL), VF_SEAL_SHAPE},
	{HEAD("2", "1", "3", "checkpoint " H64 "\nprevious none\n"), VF_SEAL_SHAPE},
	{HEAD("0", "0", "1", "checkpoint " H64 "\nprevious none\n"), VF_SEAL_SHAPE},
	{HEAD("2", "0", "3", TAIL), VF_SEAL_SHAPE},
	{HEAD("1", "1", "3", "checkpoint " H64 "\nprevious none\n"), VF_SEAL_SHAPE},
	{HEAD("2", "3", "3", TAIL), VF_SEAL_SHAPE},
	{HEAD("02", "1", "3", TAIL), VF_SEAL_SHAPE},
	{HEAD("2", "1", "9223372036854775808", TAIL), VF_SEAL_SHAPE},
	{HEAD("2", "1", "3", TAIL "token 2 " H64 "\n"), VF_SEAL_SHAPE},
	{HEAD("2", "1", "3", TAIL "token 0 " H64 "\n"), VF_SEAL_SHAPE},
	{HEAD("3", "1", "3", TAIL "token 2 " H64 "\ntoken 1 " H64 "\n"), VF_SEAL_SHAPE},
	{HEAD("3", "1", "3", TAIL "token 2 " H64 "\ntoken 2 " H64 "\n"), VF_SEAL_SHAPE},
	{HEAD("2", "1", "3", TAIL "token 1 " H64), VF_SEAL_SHAPE},
	{HEAD("2", "1", "3", TAIL "\n"), VF_SEAL_SHAPE},
	{HEAD("2", "1", "3", TAIL "x"), VF_SEAL_SHAPE},
	{HEAD("2", "1", "3", "batch sha512 " H64 "\n" TAIL), VF_SEAL_SHAPE},
	{"", VF_SEAL_SHAPE},
};

static void test_shapes(void)
{
	struct vf_seal_head h;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (vf_seal_head_parse(vf_bytes_str(rows[i].text), &h, NULL) != rows[i].want)
			CHECK_FAIL("row %zu", i);
}

static void test_examples(void)
{
	struct vf_bytes t1 = check_example(EXAMPLES "seal-head-1"), t2 = check_example(EXAMPLES "seal-head-2"), tokens;
	struct vf_seal_head h1, h2, other;
	struct vf_seal_token t;
	struct vf_digest d, batch;
	uint8_t copy[1024];

	CHECK_RC(vf_seal_head_parse(t1, &h1, NULL), VF_OK);
	CHECK_RC(vf_seal_head_parse(t2, &h2, NULL), VF_OK);
	CHECK_INT(h2.number, 2);
	CHECK_INT(h2.first, 1);
	CHECK_INT(h2.size, 2);
	CHECK(!h1.has_previous && h2.has_previous);
	CHECK_BYTES(h2.origin, vf_bytes_str("demo.example/1"));
	tokens = h2.tokens;
	CHECK(vf_seal_take_token(&tokens, &t) && t.seal == 1);
	CHECK(!vf_seal_take_token(&tokens, &t));
	CHECK_RC(vf_seal_check_chain(&h2, &h1, NULL), VF_OK);
	CHECK_RC(vf_seal_check_chain(&h1, &h2, NULL), VF_SEAL_CHAIN);
	CHECK_RC(vf_seal_check_chain(&h2, &h2, NULL), VF_SEAL_CHAIN);
	CHECK_RC(vf_seal_values(&h2, VF_SHA256, &d, &batch, NULL), VF_OK);
	CHECK(memcmp(batch.b, h2.batch.b, 32) == 0);
	CHECK_RC(vf_seal_values(&h2, VF_SHA512, &d, &batch, NULL), VF_SEAL_BINDING);
	/* any other predecessor, even one that differs in a bit of its checkpoint line */
	for (size_t i = 0; i < t1.n * 8; i++) {
		memcpy(copy, t1.p, t1.n);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		if (vf_seal_head_parse(vf_bytes(copy, t1.n), &other, NULL) == VF_OK &&
			vf_seal_check_chain(&h2, &other, NULL) != VF_SEAL_CHAIN)
			CHECK_FAIL("bit %zu does not count", i);
	}
}

int main(void)
{
	test_shapes();
	test_examples();
	return check_done();
}
