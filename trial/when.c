#include "trial/when.h"

#include <stdio.h>
#include <string.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
/* Offsets run from -12 to +14 hours; the longer one at both ends favours nobody. */
#define PLACE_MS (14 * HOUR_MS)

/* ---- reading ---- */

static bool take_digits(struct vf_bytes *in, size_t n, int *ret)
{
	struct vf_bytes digits;
	int value = 0;

	if (!vf_take(in, n, &digits))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		value = 10 * value + (digits.p[i] - '0');
	}
	*ret = value;
	return true;
}

/* The first millisecond of the unit after this one. */
static bool unit_end(const struct vf_time *t, int parts, int64_t lo, int64_t *ret)
{
	struct vf_time next = *t;

	if (parts == 3) {
		*ret = lo + DAY_MS;
		return true;
	}
	next.day = 1;
	if (parts == 2 && t->month < 12) {
		next.month = t->month + 1;
	} else {
		next.month = 1;
		next.year = t->year + 1;
	}
	if (next.year <= 9999)
		return vf_time_from(&next, ret);
	/* the last year ends with a day of its own */
	next = (struct vf_time){.year = 9999, .month = 12, .day = 31};
	if (!vf_time_from(&next, ret))
		return false;
	*ret += DAY_MS;
	return true;
}

/* The date; parts is how many of year, month and day there are. */
static bool take_date(struct vf_bytes *in, struct vf_time *t, int *parts)
{
	memset(t, 0, sizeof(*t));
	t->month = t->day = 1;
	if (!take_digits(in, 4, &t->year))
		return false;
	*parts = 1;
	if (in->n == 0)
		return true;
	if (!vf_take_str(in, "-") || !take_digits(in, 2, &t->month))
		return false;
	*parts = 2;
	if (in->n == 0)
		return true;
	if (!vf_take_str(in, "-") || !take_digits(in, 2, &t->day))
		return false;
	*parts = 3;
	return true;
}

/* ".5", ".50", ".500"; nothing is 0. */
static bool take_fraction(struct vf_bytes *in, int *ms)
{
	static const int scale[] = {0, 100, 10, 1};
	size_t n = 0;

	*ms = 0;
	if (!vf_take_str(in, "."))
		return true;
	while (n < in->n && in->p[n] >= '0' && in->p[n] <= '9')
		n++;
	if (n < 1 || n > 3 || !take_digits(in, n, ms))
		return false;
	*ms *= scale[n];
	return true;
}

static bool take_offset(struct vf_bytes *in, int64_t *ret)
{
	int hours, minutes;
	bool west;

	*ret = 0;
	if (vf_take_str(in, "Z"))
		return true;
	west = vf_take_str(in, "-");
	if (!west && !vf_take_str(in, "+"))
		return false;
	if (!take_digits(in, 2, &hours) || !vf_take_str(in, ":") || !take_digits(in, 2, &minutes) ||
		hours > 23 || minutes > 59)
		return false;
	*ret = hours * HOUR_MS + minutes * MINUTE_MS;
	if (west)
		*ret = -*ret;
	return true;
}

bool tr_when_read(struct vf_bytes text, struct tr_when *ret)
{
	struct vf_time t;
	int64_t lo, end, offset;
	int parts;

	if (!take_date(&text, &t, &parts))
		return false;
	if (text.n == 0) {
		if (!vf_time_from(&t, &lo) || !unit_end(&t, parts, lo, &end))
			return false;
		*ret = (struct tr_when){lo, end - 1, true};
		return true;
	}
	if (!vf_take_str(&text, "T") || !take_digits(&text, 2, &t.hour) || !vf_take_str(&text, ":") ||
		!take_digits(&text, 2, &t.minute) || !vf_take_str(&text, ":") ||
		!take_digits(&text, 2, &t.second) || !take_fraction(&text, &t.ms) ||
		!take_offset(&text, &offset) || text.n != 0 || !vf_time_from(&t, &lo))
		return false;
	*ret = tr_when_at(lo - offset);
	return true;
}

/* ---- comparing ---- */

/* Two dates are compared as they stand; beside an instant a date is wider. */
static void align(struct tr_when *a, struct tr_when *b)
{
	struct tr_when *wide = a->local ? a : b;

	if (a->local == b->local)
		return;
	wide->lo -= PLACE_MS;
	wide->hi += PLACE_MS;
	wide->local = false;
}

enum tr_sure tr_when_reached(const struct tr_when *event, const struct tr_when *at)
{
	struct tr_when e = *event, t = *at;

	align(&e, &t);
	if (e.hi <= t.lo)
		return TR_YES;
	return e.lo > t.hi ? TR_NO : TR_MAYBE;
}

enum tr_sure tr_when_passed(const struct tr_when *event, const struct tr_when *at)
{
	struct tr_when e = *event, t = *at;

	align(&e, &t);
	if (e.hi < t.lo)
		return TR_YES;
	return e.lo >= t.hi ? TR_NO : TR_MAYBE;
}

struct tr_when tr_when_first(const struct tr_when *a, const struct tr_when *b)
{
	struct tr_when x = *a, y = *b;

	align(&x, &y);
	if (y.lo < x.lo)
		x.lo = y.lo;
	if (y.hi < x.hi)
		x.hi = y.hi;
	return x;
}

struct tr_when tr_when_hull(const struct tr_when *a, const struct tr_when *b)
{
	struct tr_when x = *a, y = *b;

	align(&x, &y);
	if (y.lo < x.lo)
		x.lo = y.lo;
	if (y.hi > x.hi)
		x.hi = y.hi;
	return x;
}

/* ---- showing ---- */

static void put_end(char out[VF_TIME_LEN + 1], int64_t ms, bool date)
{
	struct vf_time first = {.year = 1, .month = 1, .day = 1}, last = {9999, 12, 31, 23, 59, 59, 999};
	int64_t low = 0, high = 0;

	/* a date of the first or last year, moved by an offset, is still shown */
	if (vf_time_from(&first, &low) && ms < low)
		ms = low;
	if (vf_time_from(&last, &high) && ms > high)
		ms = high;
	vf_time_put(out, ms);
	if (date)
		out[10] = '\0';
}

void tr_when_put(char out[TR_WHEN_LEN + 1], const struct tr_when *s)
{
	char lo[VF_TIME_LEN + 1], hi[VF_TIME_LEN + 1];

	put_end(lo, s->lo, s->local);
	put_end(hi, s->hi, s->local);
	if (strcmp(lo, hi) == 0)
		snprintf(out, TR_WHEN_LEN + 1, "%s", lo);
	else
		snprintf(out, TR_WHEN_LEN + 1, "%s to %s", lo, hi);
}
