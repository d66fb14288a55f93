/* JSON in its one spelling: the numbers of RFC 8785, Appendix B, each power of two and ten, strings and what is no text. */
#include "tests/check.h"

#include <math.h>

#include "trial/read/jcs.h"

static char text[4096];
static size_t n_text;

static VF_RC collect(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)ctx;
	if (piece.n >= sizeof(text) - n_text)
		return vf_fail(reterr, VF_LIMIT, "too long");
	memcpy(text + n_text, piece.p, piece.n);
	n_text += piece.n;
	text[n_text] = '\0';
	return VF_OK;
}

static const struct tr_out out = {collect, NULL};

static const struct {
	uint64_t bits;
	const char *want;
} numbers[] = {
	{UINT64_C(0x0000000000000000), "0"},
	{UINT64_C(0x8000000000000000), "0"},
	{UINT64_C(0x0000000000000001), "5e-324"},
	{UINT64_C(0x8000000000000001), "-5e-324"},
	{UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308"},
	{UINT64_C(0xffefffffffffffff), "-1.7976931348623157e+308"},
	{UINT64_C(0x4340000000000000), "9007199254740992"},
	{UINT64_C(0xc340000000000000), "-9007199254740992"},
	{UINT64_C(0x4430000000000000), "295147905179352830000"},
	{UINT64_C(0x44b52d02c7e14af5), "9.999999999999997e+22"},
	{UINT64_C(0x44b52d02c7e14af6), "1e+23"},
	{UINT64_C(0x44b52d02c7e14af7), "1.0000000000000001e+23"},
	{UINT64_C(0x444b1ae4d6e2ef4e), "999999999999999700000"},
	{UINT64_C(0x444b1ae4d6e2ef4f), "999999999999999900000"},
	{UINT64_C(0x444b1ae4d6e2ef50), "1e+21"},
	{UINT64_C(0x3eb0c6f7a0b5ed8c), "9.999999999999997e-7"},
	{UINT64_C(0x3eb0c6f7a0b5ed8d), "0.000001"},
	{UINT64_C(0x41b3de4355555553), "333333333.3333332"},
	{UINT64_C(0x41b3de4355555554), "333333333.33333325"},
	{UINT64_C(0x41b3de4355555555), "333333333.3333333"},
	{UINT64_C(0x41b3de4355555556), "333333333.3333334"},
	{UINT64_C(0x41b3de4355555557), "333333333.33333343"},
	{UINT64_C(0xbecbf647612f3696), "-0.0000033333333333333333"},
	{UINT64_C(0x43143ff3c1cb0959), "1424953923781206.2"},
	/* at a power of two the nearest decimal of 16 digits does not come back, its neighbour does */
	{UINT64_C(0x3d30000000000000), "5.684341886080802e-14"},
};

static void check_number(double d, const char *want)
{
	char got[TR_JCS_NUMBER_LEN + 1];

	tr_jcs_number(got, d);
	CHECK_STR(got, want);
}

static void test_numbers(void)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		double d;

		memcpy(&d, &numbers[i].bits, sizeof(d));
		check_number(d, numbers[i].want);
	}
	check_number(8.55, "8.55");
	check_number(8.549999999999999, "8.549999999999999");
	check_number(19725, "19725");
	check_number(-0.5, "-0.5");
	check_number(100.25, "100.25");
	check_number(123456789012.5, "123456789012.5");
	check_number(1e-5, "0.00001");
}

/* No shorter text comes back: tried with each number of digits, as slowly as it goes. */
static void check_shortest(double d)
{
	char got[TR_JCS_NUMBER_LEN + 1], other[64];
	int digits = 0, significant = 0;

	tr_jcs_number(got, d);
	CHECK(strlen(got) <= TR_JCS_NUMBER_LEN);
	CHECK(strtod(got, NULL) == d);
	for (const char *p = got; *p && *p != 'e'; p++) {
		if (*p < '0' || *p > '9' || (digits == 0 && *p == '0'))
			continue;
		digits++;
		if (*p != '0')
			significant = digits;
	}
	for (int n = 1; n < significant; n++) {
		snprintf(other, sizeof(other), "%.*e", n - 1, d);
		CHECK(strtod(other, NULL) != d);
	}
}

/* The next double of the same sign. */
static double moved(double d, int64_t by)
{
	int64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	bits += by;
	memcpy(&d, &bits, sizeof(d));
	return d;
}

static void test_shortest(void)
{
	uint64_t seed = 1;

	for (double d = moved(0, 1); isfinite(d); d *= 2) {
		check_shortest(d);
		check_shortest(moved(d, 1));
		if (d > moved(0, 1))
			check_shortest(moved(d, -1));
	}
	for (int e = -320; e < 309; e++) {
		char ten[16];

		snprintf(ten, sizeof(ten), "1e%d", e);
		check_shortest(strtod(ten, NULL));
	}
	for (int i = 0; i < 20000; i++) {
		double d;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		memcpy(&d, &seed, sizeof(d));
		if (isfinite(d))
			check_shortest(fabs(d));
	}
}

static void check_text(const char *p, size_t n, const char *want)
{
	n_text = 0;
	CHECK_RC(tr_jcs_text(&out, vf_bytes(p, n), NULL), VF_OK);
	CHECK_STR(text, want);
}

static void test_text(void)
{
	check_text("", 0, "\"\"");
	check_text("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
	check_text("\b\t\n\v\f\r\x1f\x7f", 8, "\"\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\"");
	check_text("\0", 1, "\"\\u0000\"");
	check_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	check_text("a\xe9" "b", 3, "\"a\\udce9b\"");
	check_text("\xc3", 1, "\"\\udcc3\"");
	check_text("\xe2\x82", 2, "\"\\udce2\\udc82\"");
	check_text("\xed\xb3\xa9", 3, "\"\\udced\\udcb3\\udca9\""); /* a surrogate is no text, so no text gives \udce9 */
	check_text("\xc0\x80", 2, "\"\\udcc0\\udc80\"");
}

static VF_RC put_never(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	size_t *left = ctx;

	(void)piece;
	return (*left)-- > 0 ? VF_OK : vf_fail(reterr, VF_IO, "a full disk");
}

static void test_faults(void)
{
	for (size_t n = 0; n < 5; n++) {
		size_t left = n;
		struct tr_out never = {put_never, &left};

		CHECK_RC(tr_jcs_text(&never, vf_bytes_str("a\nb"), NULL), n < 5 ? VF_IO : VF_OK);
	}
}

int main(void)
{
	test_numbers();
	test_shortest();
	test_text();
	test_faults();
	return check_done();
}
