#include "verify/text.h"

#include "tests/check.h"

static void test_hex(void)
{
	uint8_t b[4];
	char out[9];

	CHECK(vf_hex_read(vf_bytes_str("00ff10ab"), b, 4));
	CHECK_BYTES(vf_bytes(b, 4), vf_bytes("\x00\xff\x10\xab", 4));
	CHECK(!vf_hex_read(vf_bytes_str("00FF10ab"), b, 4));
	CHECK(!vf_hex_read(vf_bytes_str("00ff10a"), b, 4));
	CHECK(!vf_hex_read(vf_bytes_str("00ff10abc"), b, 4));
	CHECK(!vf_hex_read(vf_bytes_str("00ff10ag"), b, 4));
	vf_hex_put(out, vf_bytes("\x00\xff\x10\xab", 4));
	CHECK_STR(out, "00ff10ab");
}

static void test_base64(void)
{
	static const struct {
		const char *text;
		size_t n;
		bool ok;
	} rows[] = {
		{"", 0, true}, {"AA==", 1, true}, {"AAA=", 2, true}, {"AAAA", 3, true}, {"AB==", 1, false},
		{"AAB=", 2, false}, {"AA=", 1, false}, {"AA", 1, false}, {"A===", 0, false}, {"AAAA", 2, false},
		{"AA==\n", 1, false}, {"AA A", 3, false}, {"AAAA====", 3, false}, {"=AAA", 3, false},
		{"AA=A", 2, false}, {"-_AA", 3, false},
	};
	uint8_t b[8];
	char out[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (vf_base64_read(vf_bytes_str(rows[i].text), b, rows[i].n) != rows[i].ok)
			CHECK_FAIL("base64 row %zu '%s'", i, rows[i].text);
	for (size_t n = 0; n <= 6; n++) {
		vf_base64_put(out, vf_bytes("foobar", n));
		CHECK(vf_base64_read(vf_bytes_str(out), b, n));
		CHECK_BYTES(vf_bytes(b, n), vf_bytes("foobar", n));
	}
	vf_base64_put(out, vf_bytes("foob", 4));
	CHECK_STR(out, "Zm9vYg==");
}

static void test_decimal(void)
{
	uint64_t v = 7;

	CHECK(vf_decimal_read(vf_bytes_str("0"), 10, &v) && v == 0);
	CHECK(vf_decimal_read(vf_bytes_str("18446744073709551615"), UINT64_MAX, &v) && v == UINT64_MAX);
	CHECK(!vf_decimal_read(vf_bytes_str("18446744073709551616"), UINT64_MAX, &v));
	CHECK(!vf_decimal_read(vf_bytes_str("11"), 10, &v));
	CHECK(!vf_decimal_read(vf_bytes_str("01"), 10, &v));
	CHECK(!vf_decimal_read(vf_bytes_str("+1"), 10, &v));
	CHECK(!vf_decimal_read(vf_bytes_str(" 1"), 10, &v));
	CHECK(!vf_decimal_read(vf_bytes_str(""), 10, &v));
}

static void test_utf8(void)
{
	static const char *const good[] = {"", "a", "\xc3\xa9", "\xe5\x90\x8c", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xc3", "\xe5\x90", "\xff"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(vf_utf8_is(vf_bytes_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!vf_utf8_is(vf_bytes_str(bad[i])));
	CHECK(vf_text_is_plain(vf_bytes_str("consent v3 \xc3\xa9 \xe5\x90\x8c")));
	CHECK(!vf_text_is_plain(vf_bytes_str("a\nb")));
	CHECK(!vf_text_is_plain(vf_bytes_str("\xe2\x80\xae" "fdp.exe")));
	CHECK(!vf_text_is_plain(vf_bytes_str("a\xe2\x80\x8b" "b")));
	CHECK(!vf_text_is_plain(vf_bytes_str("\xef\xbb\xbf" "a")));
	CHECK(!vf_text_is_plain(vf_bytes("a\0b", 3)));
}

static void test_escape(void)
{
	char out[64], small[20];

	vf_text_escape(out, sizeof(out), vf_bytes_str("a\x1b[31m%n\xe2\x80\xae\xc3\xa9\xff"));
	CHECK_STR(out, "a\\x1b[31m%n\\xe2\\x80\\xae\xc3\xa9\\xff");
	vf_text_escape(small, sizeof(small), vf_bytes_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	CHECK_STR(small, "aaaaa...");
}

static void test_names(void)
{
	static const char *const good[] = {"a", "protocol.pdf", "sdtm/dm.xpt", "a b/c d.txt", "\xc3\x84nderung.pdf", "...a",
		"\xe6\x97\xa5\xe6\x9c\xac.pdf"};
	static const char *const bad[] = {"", "/a", "a/", "a//b", "./a", "../a", "a/..", "a\\b", "C:x", "a\n", " a", "a ", "a.", "a./b",
		"e\xcc\x81.pdf", "\x80", "a\xe2\x80\xae.b", "x/\x7f"};
	uint8_t f1[64], f2[64];
	char longest[VF_TIME_LEN + 600];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_RC(vf_name_check(vf_bytes_str(good[i]), NULL), VF_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (vf_name_check(vf_bytes_str(bad[i]), NULL) != VF_NAME_SHAPE)
			CHECK_FAIL("the name %zu '%s' is accepted", i, bad[i]);
	memset(longest, 'a', sizeof(longest));
	CHECK_RC(vf_name_check(vf_bytes(longest, 512), NULL), VF_OK);
	CHECK_RC(vf_name_check(vf_bytes(longest, 513), NULL), VF_NAME_SHAPE);
	for (size_t i = 1; i < 80; i += 2)
		longest[i] = '/';
	CHECK_RC(vf_name_check(vf_bytes(longest, 63), NULL), VF_OK);
	CHECK_RC(vf_name_check(vf_bytes(longest, 65), NULL), VF_NAME_SHAPE);
#define SAME(a, b)                                                                                         \
	vf_bytes_eq(vf_bytes(f1, vf_name_fold(vf_bytes_str(a), f1)), vf_bytes(f2, vf_name_fold(vf_bytes_str(b), f2)))
	CHECK(SAME("Results.CSV", "results.csv"));
	CHECK(SAME("\xc3\x84.pdf", "\xc3\xa4.pdf"));
	CHECK(SAME("\xce\xa9", "\xcf\x89"));
	CHECK(SAME("\xd0\x94", "\xd0\xb4"));
	CHECK(SAME("\xc5\xbb", "\xc5\xbc"));
	CHECK(!SAME("a", "b"));
	CHECK(!SAME("\xc3\x97", "\xc3\xb7"));
}

static void test_time(void)
{
	static const char *const bad[] = {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
		"2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "2026-01-01 00:00:00Z",
		"2026-01-01T00:00:00.1Z", "0000-01-01T00:00:00Z", "2026-01-01T00:00:00Zx", "2100-02-29T00:00:00Z"};
	char out[VF_TIME_LEN + 1];
	int64_t ms;

	CHECK(vf_time_read(vf_bytes_str("1970-01-01T00:00:00Z"), &ms) && ms == 0);
	CHECK(vf_time_read(vf_bytes_str("2000-02-29T12:34:56.789Z"), &ms) && ms == INT64_C(951827696789));
	CHECK(vf_time_read(vf_bytes_str("9999-12-31T23:59:59Z"), &ms) && ms == INT64_C(253402300799000));
	CHECK(vf_time_read(vf_bytes_str("0001-01-01T00:00:00Z"), &ms) && ms == INT64_C(-62135596800000));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (vf_time_read(vf_bytes_str(bad[i]), &ms))
			CHECK_FAIL("the time '%s' is accepted", bad[i]);
	/* every day of four centuries, and back */
	for (int64_t day = -200000; day < 200000; day += 7) {
		ms = day * 86400000 + 43200123;
		vf_time_put(out, ms);
		int64_t back = 0;
		if (!vf_time_read(vf_bytes_str(out), &back) || back != ms)
			CHECK_FAIL("day %" PRId64 " gives '%s'", day, out);
	}
}

/* The quick look at simple names agrees with the rules: every name of up to four of these characters. */
static void test_all_short_names(void)
{
	static const char set[] = "aZ9-_./ \\:\x01\x7f\xc3";
	char name[5], other[7];

	for (size_t i = 0; i < 13 * 13 * 13 * 13; i++) {
		size_t n = 0;

		for (size_t k = i; n < 4; k /= 13)
			name[n++] = set[k % 13];
		/* the same name behind a part that is never simple must be judged alike */
		snprintf(other, sizeof(other), " x/%.3s", name);
		memcpy(other, "\xc3\xa4", 2);
		name[3] = '\0';
		other[6] = '\0';
		if ((vf_name_check(vf_bytes_str(name), NULL) == VF_OK) != (vf_name_check(vf_bytes_str(other), NULL) == VF_OK))
			CHECK_FAIL("the name %zu is judged in two ways", i);
	}
}

int main(void)
{
	test_all_short_names();
	test_hex();
	test_base64();
	test_decimal();
	test_utf8();
	test_escape();
	test_names();
	test_time();
	return check_done();
}
