#include "trial/rules/order.h"

#include <stdio.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)
/* A date without an offset may be that much earlier or later than in UTC. */
#define PLACE_MS (INT64_C(14) * 3600 * 1000)
#define HOUR_MS (INT64_C(3600) * 1000)

struct tr_dated tr_dated_none(void)
{
	return (struct tr_dated){.when = tr_when_none()};
}

/* "…T23:30:00-05:00": the offset, with which its day is another than in UTC. 0 for what has none. */
static int64_t offset_of(struct vf_bytes normal)
{
	struct vf_bytes tail;
	int64_t ms;

	if (normal.n < 16 || !vf_bytes_slice(normal, normal.n - 6, 6, &tail) || (tail.p[0] != '+' && tail.p[0] != '-') || tail.p[3] != ':')
		return 0;
	ms = ((tail.p[1] - '0') * 10 + tail.p[2] - '0') * HOUR_MS + ((tail.p[4] - '0') * 10 + tail.p[5] - '0') * (HOUR_MS / 60);
	return tail.p[0] == '-' ? -ms : ms;
}

struct tr_dated tr_dated_of_fact(const struct tr_kept_fact *fact)
{
	if (!fact)
		return tr_dated_none();
	return (struct tr_dated){.when = fact->when,
		.precision = fact->precision,
		.grade = fact->grade,
		.is_bad = fact->is_bad,
		.is_partial = !fact->is_bad && !tr_when_is(&fact->when),
		.offset = fact->has_offset ? offset_of(fact->normal) : 0};
}

struct tr_dated tr_dated_anchor(int64_t ms)
{
	if (ms == VF_TIME_NONE)
		return tr_dated_none();
	return (struct tr_dated){.when = tr_when_at(ms), .precision = TR_SECOND, .grade = TR_ANCHORED};
}

struct tr_dated tr_dated_text(struct vf_bytes text)
{
	struct tr_date d;

	tr_date_read(TR_DATE_ISO, text, &d);
	return (struct tr_dated){.when = d.when,
		.precision = d.precision,
		.is_bad = d.is_bad,
		.is_partial = text.n > 0 && !d.is_bad && !tr_when_is(&d.when),
		.offset = d.has_offset ? offset_of(vf_bytes_str(d.normal)) : 0};
}

bool tr_dated_is(const struct tr_dated *d)
{
	return tr_when_is(&d->when);
}

struct tr_dated tr_dated_plus_days(const struct tr_dated *d, int64_t days)
{
	struct tr_dated later = *d;

	if (tr_dated_is(d)) {
		later.when.lo += days * DAY_MS;
		later.when.hi += days * DAY_MS;
	}
	return later;
}

static bool is_open_before(const struct tr_dated *d)
{
	return d->when.lo <= -TR_WHEN_FAR / 2;
}

static bool is_open_behind(const struct tr_dated *d)
{
	return d->when.hi >= TR_WHEN_FAR / 2;
}

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

/* All that both may mean is within one calendar day or month, as it stands there. */
static bool is_same_unit(const struct tr_dated *a, const struct tr_dated *b, bool month)
{
	const int64_t ends[] = {a->when.lo + a->offset, a->when.hi + a->offset, b->when.lo + b->offset, b->when.hi + b->offset};
	struct vf_time x, y;

	if (is_open_before(a) || is_open_before(b) || is_open_behind(a) || is_open_behind(b))
		return false;
	vf_time_to(ends[0], &x);
	for (size_t i = 1; i < sizeof(ends) / sizeof(ends[0]); i++) {
		vf_time_to(ends[i], &y);
		if (x.year != y.year || x.month != y.month || (!month && x.day != y.day))
			return false;
	}
	return true;
}

enum tr_word tr_no_later(const struct tr_dated *a, const struct tr_dated *b, bool month_note)
{
	struct tr_when x = a->when, y = b->when;

	if (a->is_bad || b->is_bad)
		return TR_WORD_BAD_TIME;
	if (!tr_dated_is(a) || !tr_dated_is(b))
		return a->is_partial || b->is_partial ? TR_WORD_PARTIAL_DATE : TR_WORD_MISSING_DATE;
	align(&x, &y);
	if (x.hi < y.lo)
		return TR_WORD_NONE;
	if (x.lo > y.hi)
		return TR_WORD_ORDER;
	if (a->precision == TR_SECOND && b->precision == TR_SECOND && x.lo == x.hi && y.lo == y.hi)
		return x.lo == y.lo ? TR_WORD_NONE : TR_WORD_PARTIAL_DATE;
	if (is_same_unit(a, b, false))
		return TR_WORD_SAME_DAY;
	if (month_note && (a->precision == TR_MONTH || b->precision == TR_MONTH) && is_same_unit(a, b, true))
		return TR_WORD_SAME_MONTH;
	return a->open ? a->open : b->open ? b->open : TR_WORD_PARTIAL_DATE;
}

int tr_dated_cmp(const struct tr_dated *a, const struct tr_dated *b)
{
	struct tr_when x = a->when, y = b->when;

	align(&x, &y);
	if (x.hi < y.lo)
		return -1;
	return x.lo > y.hi ? 1 : 0;
}

/* Why a date that is there cannot be used; none for a good one and for one that is missing. */
static enum tr_word unusable(const struct tr_dated *d)
{
	return d->is_bad ? TR_WORD_BAD_TIME : d->is_partial ? TR_WORD_PARTIAL_DATE : TR_WORD_NONE;
}

static bool is_same_time(const struct tr_when *a, const struct tr_when *b)
{
	return a->lo == b->lo && a->hi == b->hi && a->local == b->local;
}

/* A time made of two: as one of them, or no surer than both. */
static struct tr_dated joined(const struct tr_dated *a, const struct tr_dated *b, const struct tr_when *when)
{
	struct tr_dated d = is_same_time(when, &b->when) ? *b : *a;

	if (!is_same_time(when, &d.when)) {
		d.precision = a->precision < b->precision ? a->precision : b->precision;
		d.grade = a->grade < b->grade ? a->grade : b->grade;
		d.offset = a->offset == b->offset ? a->offset : 0;
	}
	d.when = *when;
	d.open = a->open ? a->open : b->open;
	return d;
}

struct tr_dated tr_dated_or_before(const struct tr_dated *d, enum tr_word why)
{
	struct tr_dated ret = *d;

	if (!tr_dated_is(d))
		return ret;
	ret.when.lo = -TR_WHEN_FAR;
	ret.open = d->open ? d->open : why;
	return ret;
}

struct tr_dated tr_dated_first(const struct tr_dated *a, const struct tr_dated *b)
{
	struct tr_when first;

	if (!tr_dated_is(a) && !tr_dated_is(b))
		return unusable(a) ? *a : *b;
	if (!tr_dated_is(a))
		return unusable(a) ? tr_dated_or_before(b, unusable(a)) : *b;
	if (!tr_dated_is(b))
		return unusable(b) ? tr_dated_or_before(a, unusable(b)) : *a;
	first = tr_when_first(&a->when, &b->when);
	return joined(a, b, &first);
}

struct tr_dated tr_dated_last(const struct tr_dated *a, const struct tr_dated *b)
{
	struct tr_dated ret;
	struct tr_when x, y;

	if (!tr_dated_is(a) || !tr_dated_is(b)) {
		ret = tr_dated_is(a) || (unusable(a) && !tr_dated_is(b)) ? *a : *b;
		if (tr_dated_is(&ret) && (unusable(a) || unusable(b))) {
			ret.when.hi = TR_WHEN_FAR;
			ret.open = unusable(a) ? unusable(a) : unusable(b);
		}
		return ret;
	}
	x = a->when;
	y = b->when;
	align(&x, &y);
	x.lo = y.lo > x.lo ? y.lo : x.lo;
	x.hi = y.hi > x.hi ? y.hi : x.hi;
	return joined(a, b, &x);
}

/* It is one year, month, day, …: as exact as it says. */
static bool is_one_unit(const struct tr_dated *d)
{
	static const int64_t units[] = {0, 0, 0, DAY_MS - 1, HOUR_MS - 1, HOUR_MS / 60 - 1, 0};
	const int64_t length = d->when.hi - d->when.lo;

	if (d->precision == TR_YEAR)
		return length >= 364 * DAY_MS && length < 366 * DAY_MS;
	if (d->precision == TR_MONTH)
		return length >= 27 * DAY_MS && length < 31 * DAY_MS;
	return length == units[d->precision];
}

/* One end, as exact as the date is, and in the time of its place. */
static void put_end(char out[VF_TIME_LEN + 1], const struct tr_dated *d, int64_t ms)
{
	static const size_t shown[] = {0, 4, 7, 10, 13, 16, 19};

	vf_time_put(out, ms);
	if (d->when.local || d->precision <= TR_DAY)
		out[shown[d->precision]] = '\0';
}

void tr_dated_put(char out[TR_DATED_LEN + 1], const struct tr_dated *d)
{
	char lo[VF_TIME_LEN + 1], hi[VF_TIME_LEN + 1];
	const char *grade = tr_grade_name(d->grade);
	struct tr_dated day = *d;

	if (d->is_bad || !tr_dated_is(d)) {
		snprintf(out, TR_DATED_LEN + 1, "%s",
			d->is_bad ? "a date that is not in its form" : d->is_partial ? "a date without a year" : "no date");
		return;
	}
	if (!is_one_unit(d) && d->precision < TR_DAY)
		day.precision = TR_DAY; /* a part of a month, or more than one */
	if (!is_open_before(d))
		put_end(lo, &day, d->when.lo);
	if (!is_open_behind(d))
		put_end(hi, &day, d->when.hi);
	if (is_open_before(d) && is_open_behind(d))
		snprintf(out, TR_DATED_LEN + 1, "any time (%s)", grade);
	else if (is_open_before(d))
		snprintf(out, TR_DATED_LEN + 1, "%s or earlier (%s)", hi, grade);
	else if (is_open_behind(d))
		snprintf(out, TR_DATED_LEN + 1, "%s or later (%s)", lo, grade);
	else if (is_one_unit(d))
		snprintf(out, TR_DATED_LEN + 1, "%s (%s)", lo, grade);
	else
		snprintf(out, TR_DATED_LEN + 1, "%s to %s (%s)", lo, hi, grade);
}
