#include "trial/rules/order.h"

#include <stdio.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)
/* A date without an offset may be that much earlier or later than in UTC. */
#define PLACE_MS (INT64_C(14) * 3600 * 1000)

struct tr_dated tr_dated_none(void)
{
	return (struct tr_dated){.when = tr_when_none()};
}

struct tr_dated tr_dated_of_fact(const struct tr_kept_fact *fact)
{
	if (!fact)
		return tr_dated_none();
	return (struct tr_dated){.when = fact->when,
		.precision = fact->precision,
		.grade = fact->grade,
		.is_bad = fact->is_bad,
		.is_partial = !fact->is_bad && !tr_when_is(&fact->when)};
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
		.is_partial = text.n > 0 && !d.is_bad && !tr_when_is(&d.when)};
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

/* The calendar day or month, as it stands there. */
static bool is_same_unit(const struct tr_dated *a, const struct tr_dated *b, bool month)
{
	struct vf_time x, y;

	vf_time_to(a->when.lo, &x);
	vf_time_to(b->when.lo, &y);
	return x.year == y.year && x.month == y.month && (month || x.day == y.day);
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
	if (a->precision >= TR_DAY && b->precision >= TR_DAY && is_same_unit(a, b, false))
		return TR_WORD_SAME_DAY;
	if (month_note && (a->precision == TR_MONTH || b->precision == TR_MONTH) && a->precision >= TR_MONTH &&
		b->precision >= TR_MONTH && is_same_unit(a, b, true))
		return TR_WORD_SAME_MONTH;
	return TR_WORD_PARTIAL_DATE;
}

int tr_dated_cmp(const struct tr_dated *a, const struct tr_dated *b)
{
	struct tr_when x = a->when, y = b->when;

	align(&x, &y);
	if (x.hi < y.lo)
		return -1;
	return x.lo > y.hi ? 1 : 0;
}

const struct tr_dated *tr_dated_earlier(const struct tr_dated *a, const struct tr_dated *b)
{
	if (!tr_dated_is(a) || !tr_dated_is(b))
		return tr_dated_is(a) ? a : b;
	return b->when.hi < a->when.hi ? b : a;
}

const struct tr_dated *tr_dated_later(const struct tr_dated *a, const struct tr_dated *b)
{
	if (!tr_dated_is(a) || !tr_dated_is(b))
		return tr_dated_is(a) ? a : b;
	return b->when.lo > a->when.lo ? b : a;
}

void tr_dated_put(char out[TR_DATED_LEN + 1], const struct tr_dated *d)
{
	static const size_t shown[] = {0, 4, 7, 10, 13, 16, 20};
	char text[VF_TIME_LEN + 1];
	struct vf_time last;

	if (d->is_bad || !tr_dated_is(d)) {
		snprintf(out, TR_DATED_LEN + 1, "%s",
			d->is_bad ? "a date that is not in its form" : d->is_partial ? "a date without a year" : "no date");
		return;
	}
	vf_time_put(text, d->when.lo);
	if (d->when.local || d->precision < TR_DAY) /* as exact as it is, and in the time of its place */
		text[shown[d->precision] == 20 ? 19 : shown[d->precision]] = '\0';
	vf_time_to(d->when.hi, &last);
	if (d->precision == TR_DAY && d->when.hi - d->when.lo >= DAY_MS) /* an interval */
		snprintf(out, TR_DATED_LEN + 1, "%s to %04d-%02d-%02d (%s)", text, last.year, last.month, last.day,
			tr_grade_name(d->grade));
	else
		snprintf(out, TR_DATED_LEN + 1, "%s (%s)", text, tr_grade_name(d->grade));
}
