#include "tests/check.h"
#include "trial/when.h"

#define DAY INT64_C(86400000)
#define HOUR INT64_C(3600000)

static struct tr_when span(const char *text)
{
	struct tr_when s = tr_when_none();

	CHECK(tr_when_read(vf_bytes_str(text), &s));
	return s;
}

static void test_read(void)
{
	static const char *const bad[] = {"", "1", "202", "20260", "2026-", "2026-0", "2026-00", "2026-13", "2026-3-4", "2026-02-29",
		"2026-03-32", "2026-03-04 ", " 2026", "2026-03-04T", "2026-03-04T10:12Z", "2026-03-04T10:12:00", "2026-03-04t10:12:00Z",
		"2026-03-04T10:12:00z", "2026-03-04T24:00:00Z", "2026-03-04T10:60:00Z", "2026-03-04T10:12:60Z", "2026-03-04T10:12:00.Z",
		"2026-03-04T10:12:00.1234Z", "2026-03-04T10:12:00+1:00", "2026-03-04T10:12:00+24:00", "2026-03-04T10:12:00+01:60",
		"2026-03-04T10:12:00+01:00Z", "2026-03-04T10:12:00 +01:00", "2026-03-04T10:12:00+0100", "+026-03-04", "0000", "2026-03-",
		"2026--03", "20260304", "2026-03-04-05", "2026-063"};
	struct tr_when s;
	int64_t ms;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = tr_when_at(7);
		if (tr_when_read(vf_bytes_str(bad[i]), &s))
			CHECK_FAIL("'%s' was read", bad[i]);
		CHECK_INT(s.lo, 7);
	}
	CHECK(vf_time_read(vf_bytes_str("2026-03-04T00:00:00Z"), &ms));
	s = span("2026-03-04");
	CHECK(s.lo == ms && s.hi == ms + DAY - 1 && s.local);
	s = span("2026-03");
	CHECK(s.lo == ms - 3 * DAY && s.hi == ms + 28 * DAY - 1 && s.local);
	s = span("2026");
	CHECK(s.lo == ms - 62 * DAY && s.hi == s.lo + 365 * DAY - 1);
	s = span("2024-02");
	CHECK_INT(s.hi - s.lo + 1, 29 * DAY);
	s = span("2026-12");
	CHECK_INT(s.hi - s.lo + 1, 31 * DAY);
	s = span("9999-12");
	CHECK_INT(s.hi - s.lo + 1, 31 * DAY);
	s = span("9999");
	CHECK_INT(s.hi - s.lo + 1, 365 * DAY);
	s = span("9999-12-31");
	CHECK_INT(s.hi - s.lo + 1, DAY);
	s = span("2026-03-04T01:02:03.5-02:30");
	CHECK(s.lo == ms + HOUR + 123500 + 2 * HOUR + HOUR / 2 && s.lo == s.hi && !s.local);
	CHECK_INT(span("2026-03-04T01:00:00+14:00").lo, ms - 13 * HOUR);
	CHECK_INT(span("2026-03-04T00:00:00.050Z").lo, ms + 50);
	CHECK_INT(span("2026-03-04T00:00:00.05Z").lo, ms + 50);
}

static void order(const char *a, const char *b, enum tr_sure reached, enum tr_sure passed)
{
	struct tr_when x = span(a), y = span(b);

	if (tr_when_reached(&x, &y) != reached || tr_when_passed(&x, &y) != passed)
		CHECK_FAIL("%s and %s: %d %d", a, b, tr_when_reached(&x, &y), tr_when_passed(&x, &y));
}

static void test_order(void)
{
	order("2026-03-04T00:00:00Z", "2026-03-04T00:00:00Z", TR_YES, TR_NO);
	order("2026-03-04T00:00:00Z", "2026-03-04T01:00:00+01:00", TR_YES, TR_NO);
	order("2026-03-04T00:00:00Z", "2026-03-04T00:00:00.001Z", TR_YES, TR_YES);
	order("2026-03-04T00:00:00.001Z", "2026-03-04T00:00:00Z", TR_NO, TR_NO);
	order("2026-03-04", "2026-03-04", TR_MAYBE, TR_MAYBE);
	order("2026-03-04", "2026-03-05", TR_YES, TR_YES);
	order("2026-03-05", "2026-03-04", TR_NO, TR_NO);
	order("2026-03", "2026-03-31", TR_MAYBE, TR_MAYBE);
	order("2026-03", "2026-04-01", TR_YES, TR_YES);
	order("2026-03-04", "2026-03-05T13:59:59.999Z", TR_YES, TR_MAYBE);
	order("2026-03-04", "2026-03-05T14:00:00Z", TR_YES, TR_YES);
	order("2026-03-04", "2026-03-03T10:00:00Z", TR_MAYBE, TR_NO);
	order("2026-03-04", "2026-03-03T09:59:59Z", TR_NO, TR_NO);
	order("2026-03-05T14:00:00Z", "2026-03-04", TR_NO, TR_NO);
	order("2026-03-03T09:00:00Z", "2026-03-04", TR_YES, TR_YES);
}

static void test_two(void)
{
	struct tr_when a = span("2026-03-04"), b = span("2026-03-05"), c = tr_when_at(a.lo), r;

	r = tr_when_first(&a, &b);
	CHECK(r.lo == a.lo && r.hi == a.hi && r.local);
	r = tr_when_hull(&a, &b);
	CHECK(r.lo == a.lo && r.hi == b.hi && r.local);
	r = tr_when_first(&a, &c);
	CHECK(r.lo == a.lo - 14 * HOUR && r.hi == c.lo && !r.local);
	r = tr_when_hull(&c, &b);
	CHECK(r.lo == c.lo && r.hi == b.hi + 14 * HOUR && !r.local);
}

static void shows(const char *text, const char *want)
{
	struct tr_when s = span(text);
	char out[TR_WHEN_LEN + 1];

	tr_when_put(out, &s);
	CHECK_STR(out, want);
}

static void test_show(void)
{
	struct tr_when far = {INT64_MIN / 4, INT64_MAX / 4, true};
	char out[TR_WHEN_LEN + 1];

	shows("2026-03-04", "2026-03-04");
	shows("2026-03", "2026-03-01 to 2026-03-31");
	shows("2026-03-04T10:12:00+01:00", "2026-03-04T09:12:00Z");
	tr_when_put(out, &far);
	CHECK_STR(out, "0001-01-01 to 9999-12-31");
}

int main(void)
{
	test_read();
	test_order();
	test_two();
	test_show();
	return check_done();
}
