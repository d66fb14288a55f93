#include "verify/der.h"

#include "tests/check.h"

#define B(s) vf_bytes(s, sizeof(s) - 1)

static void test_lengths(void)
{
	static uint8_t big[70000] = {0x04, 0x83, 0x01, 0x00, 0x00};
	struct vf_bytes in = B("\x04\x02""ab\x05\x00"), before;
	struct vf_der d;
	bool found;

	CHECK(vf_der_peek(in) == 4);
	CHECK(vf_der_take_tag(&in, VF_DER_OCTET_STRING, &d) && vf_bytes_is(d.body, "ab") && d.whole.n == 4);
	CHECK(vf_der_take_optional(&in, VF_DER_SET, &d, &found) && !found && in.n == 2);
	CHECK(vf_der_take_optional(&in, VF_DER_NULL, &d, &found) && found && in.n == 0);
	CHECK(vf_der_peek(in) == 0 && !vf_der_take(&in, &d));
	in = vf_bytes(big, 5 + 65536);
	CHECK(vf_der_only(in, VF_DER_OCTET_STRING, &d) && d.body.n == 65536);
	static const struct {
		const char *p;
		size_t n;
	} bad[] = {
		{"\x04", 1}, {"\x04\x02""a", 3}, {"\x04\x80""a\0\0", 5}, {"\x04\x81\x01""a", 4}, {"\x04\x82\x00\x81", 4},
		{"\x04\x81\x7f", 3}, {"\x04\x85\x01\0\0\0\0", 7}, {"\x1f\x81\x01\x00", 4}, {"\x00\x00", 2},
		{"\x04\xff", 2}, {"\x04\x84\xff\xff\xff\xff", 6},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		before = in = vf_bytes(bad[i].p, bad[i].n);
		if (vf_der_take(&in, &d) || !vf_bytes_eq(before, in))
			CHECK_FAIL("bad length %zu is taken", i);
	}
	CHECK(!vf_der_only(B("\x05\x00\x05\x00"), VF_DER_NULL, &d));
	/* 128 octets are there, and the length is written in more octets than it needs, or than a number has */
	static const struct {
		const char *p;
		size_t n;
	} longer[] = {{"\x04\x81\x80", 3}, {"\x04\x82\x00\x80", 4}, {"\x04\x89\x01\0\0\0\0\0\0\0\x80", 11}};
	for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
		uint8_t room[256] = {0};

		memcpy(room, longer[i].p, longer[i].n);
		in = vf_bytes(room, longer[i].n + 128);
		CHECK_INT(vf_der_take(&in, &d), i == 0);
	}
}

static void test_values(void)
{
	struct vf_bytes bits;
	uint64_t v;
	bool b;

	CHECK(!vf_der_is_integer(vf_bytes("\5\5", 0)));
	CHECK(vf_der_uint(B("\x00"), &v) && v == 0);
	CHECK(vf_der_uint(B("\x00\x80"), &v) && v == 128);
	CHECK(vf_der_uint(B("\x00\xff\xff\xff\xff\xff\xff\xff\xff"), &v) && v == UINT64_MAX);
	CHECK(!vf_der_uint(B("\x80"), &v) && !vf_der_uint(B("\x00\x7f"), &v) && !vf_der_uint(B(""), &v));
	CHECK(!vf_der_uint(B("\x01\x00\x00\x00\x00\x00\x00\x00\x00"), &v));
	CHECK(vf_der_is_integer(B("\xff")) && !vf_der_is_integer(B("\xff\x80")) && vf_der_is_integer(B("\xff\x7f")));
	CHECK(vf_der_bool(B("\xff"), &b) && b && vf_der_bool(B("\x00"), &b) && !b && !vf_der_bool(B("\x01"), &b));
	CHECK(vf_der_bits(B("\x00""ab"), &bits) && bits.n == 2 && !vf_der_bits(B("\x01""ab"), &bits) && !vf_der_bits(B(""), &bits));
	CHECK(vf_der_is_oid(B("\x2a\x86\x48")) && !vf_der_is_oid(B("\x2a\x86")) && !vf_der_is_oid(B("\x2a\x80\x01")));
}

static void test_times(void)
{
	static const char *const good[] = {"20260302140731Z", "20260302140731.1Z", "20260302140731.123456789Z"};
	static const char *const bad[] = {"20260302140731", "20260302140731.Z", "20260302140731.10Z", "202603021407Z",
		"20260302140760Z", "20261302140731Z", "20260302240731Z", "20260302140731+0000", "20260302140731,5Z", "20260302140731Zx",
		"20260230140731Z", "20260302140731.1234567891Z", "2026030214073aZ", "20260302140731.123x5Z"};
	int64_t ms;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(vf_der_generalized_time(vf_bytes_str(good[i]), &ms));
	CHECK_INT(ms, INT64_C(1772460451123));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (vf_der_generalized_time(vf_bytes_str(bad[i]), &ms))
			CHECK_FAIL("'%s' is accepted", bad[i]);
	CHECK(vf_der_utc_time(vf_bytes_str("490101000000Z"), &ms) && ms == INT64_C(2493072000000));
	CHECK(vf_der_utc_time(vf_bytes_str("500101000000Z"), &ms) && ms == INT64_C(-631152000000));
	CHECK(!vf_der_utc_time(vf_bytes_str("4901010000Z"), &ms));
}

static void test_strict(void)
{
	uint8_t deep[200];
	char text[80];

	CHECK(vf_der_is_strict(B("\x30\x06\x02\x01\x05\x01\x01\xff")));
	CHECK(!vf_der_is_strict(B("\x30\x06\x02\x01\x05\x01\x01\x01")));
	CHECK(!vf_der_is_strict(B("\x30\x04\x02\x02\x00\x05")));
	CHECK(!vf_der_is_strict(B("\x30\x80\x02\x01\x05\x00\x00")));
	CHECK(!vf_der_is_strict(B("")));
	CHECK(vf_der_is_strict(B("\x03\x01\x00")));
	CHECK(vf_der_is_strict(B("\x03\x02\x07\x80")));
	CHECK(!vf_der_is_strict(B("\x03\x00")));
	CHECK(!vf_der_is_strict(B("\x03\x01\x01")));
	CHECK(!vf_der_is_strict(B("\x03\x02\x07\x40")));
	CHECK(!vf_der_is_strict(B("\x03\x02\x08\x00")));
	for (size_t i = 0; i < 50; i++) {
		deep[2 * i] = 0x30;
		deep[2 * i + 1] = (uint8_t)(98 - 2 * i);
	}
	CHECK(vf_der_is_strict(vf_bytes(deep + 60, 40)));
	CHECK(!vf_der_is_strict(vf_bytes(deep, 100)));
	vf_der_oid_text(B("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), text, sizeof(text));
	CHECK_STR(text, "2.16.840.1.101.3.4.2.1");
	vf_der_oid_text(B("\x2a\x03"), text, sizeof(text));
	CHECK_STR(text, "1.2.3");
	/* arcs of 63, 64 and 65 bits; the last is 2 modulo 2^64 */
	vf_der_oid_text(B("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x03"), text, sizeof(text));
	CHECK_STR(text, "1.2.9223372036854775807.3");
	vf_der_oid_text(B("\x2a\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00\x03"), text, sizeof(text));
	CHECK_STR(text, "1.2.9223372036854775808.3");
	vf_der_oid_text(B("\x2a\x82\x80\x80\x80\x80\x80\x80\x80\x80\x02"), text, sizeof(text));
	CHECK_STR(text, "1.2.?");
	vf_der_oid_text(B("\x2a\x03\x04"), text, 28);
	CHECK_STR(text, "1.2.3...");
}

static void test_heads(void)
{
	static const uint64_t sizes[] = {0, 127, 128, 255, 256, 65535, 65536, 16777215, 16777216, 4294967295};
	static uint8_t block[1 << 17];
	uint8_t head[VF_DER_HEAD];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = vf_der_head(0x30, sizes[i], head);
		struct vf_bytes in = vf_bytes(block, sizes[i] < 65537 ? n + sizes[i] : n);
		struct vf_der d;

		memcpy(block, head, n);
		if (sizes[i] < 65537)
			CHECK(vf_der_take(&in, &d) && d.body.n == sizes[i] && in.n == 0);
		else
			CHECK(!vf_der_take(&in, &d));
	}
}

int main(void)
{
	test_lengths();
	test_values();
	test_times();
	test_strict();
	test_heads();
	return check_done();
}
