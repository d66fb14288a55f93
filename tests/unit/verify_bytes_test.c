#include "verify/bytes.h"

#include "tests/check.h"

static void test_takes(void)
{
	struct vf_bytes in = vf_bytes("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 15), before, got;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	CHECK(vf_take_u8(&in, &u8) && u8 == 1);
	CHECK(vf_take_u16be(&in, &u16) && u16 == 0x0203);
	CHECK(vf_take_u32le(&in, &u32) && u32 == 0x07060504);
	CHECK(vf_take_u16le(&in, &u16) && u16 == 0x0908);
	before = in;
	CHECK(!vf_take_u64be(&in, &u64));
	CHECK(vf_bytes_eq(in, before));
	CHECK(vf_take_u32be(&in, &u32) && u32 == 0x0a0b0c0d);
	CHECK(!vf_take(&in, 3, &got) && in.n == 2);
	CHECK(vf_take(&in, 2, &got) && in.n == 0 && got.n == 2);
	CHECK(!vf_take_u8(&in, &u8));
}

static void test_text_takes(void)
{
	struct vf_bytes in = vf_bytes_str("one\ntwo\n\nrest"), line;

	CHECK(!vf_take_str(&in, "two"));
	CHECK(vf_take_line(&in, &line) && vf_bytes_is(line, "one"));
	CHECK(vf_take_str(&in, "tw"));
	CHECK(vf_take_line(&in, &line) && vf_bytes_is(line, "o"));
	CHECK(vf_take_line(&in, &line) && line.n == 0);
	CHECK(!vf_take_line(&in, &line) && vf_bytes_is(in, "rest"));
	CHECK(vf_bytes_ends(in, "st") && vf_bytes_starts(in, "re") && !vf_bytes_ends(in, "unrest"));
}

static void test_slice_and_order(void)
{
	struct vf_bytes b = vf_bytes_str("abcdef"), s;

	CHECK(vf_bytes_slice(b, 6, 0, &s) && s.n == 0);
	CHECK(vf_bytes_slice(b, 2, 4, &s) && vf_bytes_is(s, "cdef"));
	CHECK(!vf_bytes_slice(b, 2, 5, &s));
	CHECK(!vf_bytes_slice(b, 7, 0, &s));
	CHECK(!vf_bytes_slice(b, UINT64_MAX, 2, &s));
	CHECK(!vf_bytes_slice(b, 2, UINT64_MAX, &s));
	CHECK_INT(vf_bytes_cmp(vf_bytes_str("a"), vf_bytes_str("ab")), -1);
	CHECK_INT(vf_bytes_cmp(vf_bytes("\x80", 1), vf_bytes("\x7f", 1)), 1);
	CHECK_INT(vf_bytes_cmp(vf_bytes_str(""), vf_bytes_str("")), 0);
}

static void test_arena(void)
{
	static uint8_t block[256];
	struct vf_arena a;
	uint64_t *p;

	vf_arena_init(&a, block, sizeof(block));
	p = VF_NEW(&a, 4, uint64_t);
	CHECK(p && (uintptr_t)p % 16 == 0 && p[3] == 0);
	CHECK(!vf_arena_take(&a, SIZE_MAX, 2));
	CHECK(!vf_arena_take(&a, SIZE_MAX / 2, 1));
	CHECK(!vf_arena_take(&a, 1, 300));
	while (vf_arena_take(&a, 1, 1))
		;
	CHECK(a.used <= a.cap);
}

int main(void)
{
	uint64_t v = 3;

	test_takes();
	test_text_takes();
	test_slice_and_order();
	test_arena();
	CHECK(!vf_add(UINT64_MAX, 1, &v) && v == 3);
	CHECK(!vf_mul(UINT64_MAX / 2, 3, &v) && v == 3);
	return check_done();
}
