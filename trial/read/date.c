#include "trial/read/date.h"

#include <math.h>
#include <stdio.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
/* Offsets in use run from -12:00 to +14:00; XML Schema takes 14 hours to both sides. */
#define MAX_OFFSET_MS (14 * HOUR_MS)

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };

/* A date as written: which of its parts stand there, and which of those are known. */
struct parts {
	int v[PARTS];
	bool known[PARTS];
	int n;                    /* parts that stand there */
	struct vf_bytes fraction; /* digits of a second */
	bool has_offset;
	int64_t offset;
};

const char *tr_precision_name(enum tr_precision precision)
{
	static const char *const names[] = {"", "year", "month", "day", "hour", "minute", "second"};

	return names[precision];
}

/* ---- parts of texts ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* min to max digits, as many as there are. */
static bool take_number(struct vf_bytes *in, size_t min, size_t max, int *ret)
{
	struct vf_bytes digits;
	size_t n = 0;
	int value = 0;

	while (n < in->n && n < max && is_digit(in->p[n]))
		n++;
	if (n < min || !vf_take(in, n, &digits))
		return false;
	for (size_t i = 0; i < n; i++)
		value = 10 * value + (digits.p[i] - '0');
	*ret = value;
	return true;
}

static void set(struct parts *d, int part, int value)
{
	d->v[part] = value;
	d->known[part] = true;
	if (d->n <= part)
		d->n = part + 1;
}

static bool take_part(struct parts *d, int part, struct vf_bytes *in, size_t min, size_t max)
{
	int value;

	if (!take_number(in, min, max, &value))
		return false;
	set(d, part, value);
	return true;
}

static void skip_blanks(struct vf_bytes *in)
{
	while (vf_take_str(in, " ") || vf_take_str(in, "\t"))
		;
}

static const char *const months[] = {"january", "february", "march", "april", "may", "june", "july", "august",
	"september", "october", "november", "december"};

/* A month's name, or its first three letters ("Sept" too). */
static bool take_month(struct parts *d, struct vf_bytes *in)
{
	struct vf_bytes name;
	size_t n = 0;

	while (n < in->n && ((in->p[n] | 0x20) >= 'a' && (in->p[n] | 0x20) <= 'z'))
		n++;
	if (n < 3 || !vf_take(in, n, &name))
		return false;
	for (int m = 0; m < 12; m++) {
		size_t same = 0;

		while (same < n && months[m][same] && (name.p[same] | 0x20) == months[m][same])
			same++;
		if (same == n && (n == 3 || months[m][n] == '\0' || (m == 8 && n == 4))) {
			set(d, MONTH, m + 1);
			return true;
		}
	}
	return false;
}

/* "+02:00"; the separator is what stands between hours and minutes. */
static bool take_offset(struct parts *d, struct vf_bytes *in, const char *separator)
{
	bool west;
	int hours, minutes = 0;

	if (vf_take_str(in, "Z")) {
		d->has_offset = true;
		return true;
	}
	west = vf_take_str(in, "-");
	if ((!west && !vf_take_str(in, "+")) || !take_number(in, 2, 2, &hours) || !vf_take_str(in, separator) ||
		!take_number(in, 2, 2, &minutes) || minutes > 59)
		return false;
	d->offset = hours * HOUR_MS + minutes * MINUTE_MS;
	if (d->offset > MAX_OFFSET_MS)
		return false;
	if (west)
		d->offset = -d->offset;
	d->has_offset = true;
	return true;
}

static bool take_fraction(struct parts *d, struct vf_bytes *in)
{
	size_t n = 0;

	if (!vf_take_str(in, "."))
		return true;
	while (n < in->n && is_digit(in->p[n]))
		n++;
	return n >= 1 && n <= 9 && vf_take(in, n, &d->fraction);
}

/* ---- what the parts mean ---- */

/* Each part may stand there at all, and the date exists as far as it is known. */
static bool is_possible(const struct parts *d)
{
	static const int low[] = {1, 1, 1, 0, 0, 0}, high[] = {9999, 12, 31, 23, 59, 59};
	struct vf_time t = {.year = 2000, .month = 1, .day = 1}; /* a leap year: 29 February of an unknown year */
	int64_t ms;

	for (int i = 0; i < d->n; i++)
		if (d->known[i] && (d->v[i] < low[i] || d->v[i] > high[i]))
			return false;
	if (d->known[YEAR])
		t.year = d->v[YEAR];
	if (d->known[MONTH] && d->known[DAY]) {
		t.month = d->v[MONTH];
		t.day = d->v[DAY];
	}
	return vf_time_from(&t, &ms);
}

static int known_prefix(const struct parts *d)
{
	int k = 0;

	while (k < d->n && d->known[k])
		k++;
	return k;
}

static int milliseconds(struct vf_bytes fraction)
{
	int ms = 0;

	for (size_t i = 0; i < 3; i++)
		ms = 10 * ms + (i < fraction.n ? fraction.p[i] - '0' : 0);
	return ms;
}

/* The last millisecond of the year, month or day that begins at lo. */
static int64_t last_of(const struct vf_time *t, int k, int64_t lo)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool leap = (t->year % 4 == 0 && t->year % 100 != 0) || t->year % 400 == 0;

	switch (k) {
	case 1:
		return lo + (leap ? 366 : 365) * DAY_MS - 1;
	case 2:
		return lo + (days[t->month - 1] + (leap && t->month == 2)) * DAY_MS - 1;
	case 3:
		return lo + DAY_MS - 1;
	case 4:
		return lo + HOUR_MS - 1;
	case 5:
		return lo + MINUTE_MS - 1;
	}
	return lo;
}

static void put_normal(const struct parts *d, int k, char *out, size_t cap)
{
	static const char *const before[] = {"", "-", "-", "T", ":", ":"};
	int64_t minutes = (d->offset < 0 ? -d->offset : d->offset) / MINUTE_MS;
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < k && n < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, i == YEAR ? "%s%04d" : "%s%02d", before[i], d->v[i]);
	if (k == PARTS && d->fraction.n && n < cap)
		n += (size_t)snprintf(out + n, cap - n, ".%.*s", VF_STR(d->fraction));
	if (k > 3 && d->has_offset && n < cap) {
		if (d->offset == 0)
			snprintf(out + n, cap - n, "Z");
		else
			snprintf(out + n, cap - n, "%c%02d:%02d", d->offset < 0 ? '-' : '+', (int)(minutes / 60),
				(int)(minutes % 60));
	}
}

/* False for a date that does not exist. */
static bool finish(const struct parts *d, struct tr_date *ret)
{
	int k = known_prefix(d);
	struct vf_time t = {.month = 1, .day = 1};
	int *const fields[] = {&t.year, &t.month, &t.day, &t.hour, &t.minute, &t.second};
	int64_t lo;

	if (!is_possible(d))
		return false;
	if (k == 0 || (k == 3 && d->v[YEAR] == 1900 && d->v[MONTH] == 1 && d->v[DAY] == 1) ||
		(k > 3 && d->v[YEAR] == 1900 && d->v[MONTH] == 1 && d->v[DAY] == 1 && d->v[HOUR] == 0 && d->v[MINUTE] == 0))
		return true; /* nothing is known, or a sign for that */
	for (int i = 0; i < k; i++)
		*fields[i] = d->v[i];
	if (k == PARTS)
		t.ms = milliseconds(d->fraction);
	if (!vf_time_from(&t, &lo))
		return false;
	ret->precision = (enum tr_precision)k;
	ret->has_offset = d->has_offset && k > 3;
	ret->when = (struct tr_when){lo, last_of(&t, k, lo), true};
	if (ret->has_offset) {
		ret->when.lo -= d->offset;
		ret->when.hi -= d->offset;
		ret->when.local = false;
	}
	put_normal(d, k, ret->normal, TR_DATE_LEN / 2 + 1);
	return true;
}

/* ---- ISO 8601 ---- */

/* "-" stands for a part that is not known. */
static bool take_iso_part(struct parts *d, int part, struct vf_bytes *in)
{
	if (vf_take_str(in, "-")) {
		d->n = part + 1;
		return true;
	}
	return take_part(d, part, in, part == YEAR ? 4 : 2, part == YEAR ? 4 : 2);
}

static bool take_iso_time(struct parts *d, struct vf_bytes *in)
{
	if (!take_iso_part(d, HOUR, in))
		return false;
	if (vf_take_str(in, ":")) {
		if (!take_iso_part(d, MINUTE, in))
			return false;
		if (vf_take_str(in, ":") && (!take_iso_part(d, SECOND, in) || (d->known[SECOND] && !take_fraction(d, in))))
			return false;
	}
	return in->n == 0 || take_offset(d, in, ":");
}

static bool read_iso(struct vf_bytes in, struct tr_date *ret)
{
	struct parts d = {0};

	if (!take_iso_part(&d, YEAR, &in))
		return false;
	for (int part = MONTH; part <= DAY && vf_take_str(&in, "-"); part++)
		if (!take_iso_part(&d, part, &in))
			return false;
	if (d.n == 3 && vf_take_str(&in, "T") && !take_iso_time(&d, &in))
		return false;
	return in.n == 0 && finish(&d, ret);
}

/* Years, months, … of a duration; weeks are days. */
struct duration {
	int v[PARTS];
};

static bool take_duration(struct vf_bytes in, struct duration *ret)
{
	static const char *const units[] = {"Y", "M", "D", "H", "M", "S"};
	int part = YEAR, value, n = 0;

	memset(ret, 0, sizeof(*ret));
	if (!vf_take_str(&in, "P"))
		return false;
	while (in.n) {
		if (part < HOUR && vf_take_str(&in, "T"))
			part = HOUR;
		if (!take_number(&in, 1, 6, &value))
			return false;
		if (n == 0 && vf_take_str(&in, "W")) {
			ret->v[DAY] = 7 * value;
			return in.n == 0;
		}
		while (part < PARTS && !vf_bytes_starts(in, units[part]))
			if (++part == HOUR)
				return false;
		if (part == PARTS || !vf_take_str(&in, units[part]))
			return false;
		ret->v[part++] = value;
		n++;
	}
	return n > 0;
}

/* ms moved by the duration, forward or back; months that are too short end on their last day. */
static int64_t move(int64_t ms, const struct duration *d, int sign)
{
	struct vf_time t;
	int64_t moved;
	int month;

	vf_time_to(ms, &t);
	month = t.year * 12 + t.month - 1 + sign * (d->v[YEAR] * 12 + d->v[MONTH]);
	t.year = month / 12;
	t.month = month % 12 + 1;
	while (!vf_time_from(&t, &moved) && t.day > 28)
		t.day--;
	if (!vf_time_from(&t, &moved))
		return VF_TIME_NONE;
	return moved + sign * (d->v[DAY] * DAY_MS + d->v[HOUR] * HOUR_MS + d->v[MINUTE] * MINUTE_MS + d->v[SECOND] * 1000);
}

/* From the beginning of a to the end of b. */
static bool join(const struct tr_date *a, const struct tr_date *b, struct tr_date *ret)
{
	*ret = *a;
	if (b->precision < a->precision)
		ret->precision = b->precision;
	if (ret->precision == TR_PRECISION_NONE) {
		*ret = (struct tr_date){.when = tr_when_none()};
		return true;
	}
	ret->has_offset = a->has_offset && b->has_offset;
	ret->when = tr_when_hull(&a->when, &b->when);
	snprintf(ret->normal, sizeof(ret->normal), "%.35s/%.35s", a->normal, b->normal);
	return true;
}

static bool read_iso_interval(struct vf_bytes text, struct tr_date *ret)
{
	struct tr_date a = {.when = tr_when_none()}, b = {.when = tr_when_none()};
	struct vf_bytes rest = text, first;
	struct duration d;
	int64_t end;

	if (!vf_take_until(&rest, '/', &first))
		return read_iso(text, ret);
	if (take_duration(first, &d)) {
		if (!read_iso(rest, ret))
			return false;
		if (ret->precision == TR_PRECISION_NONE)
			return true;
		end = move(ret->when.lo, &d, -1);
		ret->when.lo = end;
	} else if (take_duration(rest, &d)) {
		if (!read_iso(first, ret))
			return false;
		if (ret->precision == TR_PRECISION_NONE)
			return true;
		end = move(ret->when.hi, &d, 1);
		ret->when.hi = end;
	} else {
		return read_iso(first, &a) && read_iso(rest, &b) && join(&a, &b, ret);
	}
	snprintf(ret->normal, sizeof(ret->normal), "%.*s", text.n > TR_DATE_LEN ? TR_DATE_LEN : (int)text.n,
		(const char *)text.p);
	return end != VF_TIME_NONE;
}

/* ---- others ---- */

/* "12:00AM", "23:59", "23:59:59", and what is nothing. */
static bool take_clock(struct parts *d, struct vf_bytes *in)
{
	bool pm;

	skip_blanks(in);
	if (in->n == 0)
		return true;
	if (!take_part(d, HOUR, in, 1, 2) || !vf_take_str(in, ":") || !take_part(d, MINUTE, in, 2, 2) ||
		(vf_take_str(in, ":") && (!take_part(d, SECOND, in, 2, 2) || !take_fraction(d, in))))
		return false;
	skip_blanks(in);
	pm = vf_bytes_is(*in, "PM");
	if (!pm && !vf_bytes_is(*in, "AM"))
		return in->n == 0;
	if (d->v[HOUR] < 1 || d->v[HOUR] > 12)
		return false;
	d->v[HOUR] = d->v[HOUR] % 12 + (pm ? 12 : 0);
	*in = vf_bytes(NULL, 0);
	return true;
}

static bool read_english(struct vf_bytes in, struct tr_date *ret)
{
	struct parts d = {0};

	if (take_part(&d, DAY, &in, 1, 2)) { /* 12 MAR 2024, 12-MAR-2024 */
		if (!vf_take_str(&in, "-"))
			skip_blanks(&in);
		if (!take_month(&d, &in))
			return false;
		if (!vf_take_str(&in, "-"))
			skip_blanks(&in);
		return take_part(&d, YEAR, &in, 4, 4) && take_clock(&d, &in) && finish(&d, ret);
	}
	if (!take_month(&d, &in))
		return false;
	skip_blanks(&in);
	if (take_part(&d, YEAR, &in, 4, 4))
		return in.n == 0 && finish(&d, ret);
	if (!take_part(&d, DAY, &in, 1, 2))
		return false;
	vf_take_str(&in, ",");
	skip_blanks(&in);
	return take_part(&d, YEAR, &in, 4, 4) && take_clock(&d, &in) && finish(&d, ret);
}

static bool read_basic(struct vf_bytes in, struct tr_date *ret)
{
	struct parts d = {0};

	return take_part(&d, YEAR, &in, 4, 4) && take_part(&d, MONTH, &in, 2, 2) && take_part(&d, DAY, &in, 2, 2) &&
		in.n == 0 && finish(&d, ret);
}

static bool take_separator(struct vf_bytes *in)
{
	return vf_take_str(in, "/") || vf_take_str(in, "-") || vf_take_str(in, ".");
}

static bool read_dmy(struct vf_bytes in, struct tr_date *ret)
{
	struct parts d = {0};

	return take_part(&d, DAY, &in, 1, 2) && take_separator(&in) && take_part(&d, MONTH, &in, 1, 2) &&
		take_separator(&in) && take_part(&d, YEAR, &in, 4, 4) && take_clock(&d, &in) && finish(&d, ret);
}

static bool read_ymd(struct vf_bytes in, struct tr_date *ret)
{
	struct parts d = {0};

	return take_part(&d, YEAR, &in, 4, 4) && take_separator(&in) && take_part(&d, MONTH, &in, 1, 2) &&
		take_separator(&in) && take_part(&d, DAY, &in, 1, 2) && take_clock(&d, &in) && finish(&d, ret);
}

static bool read_sas(struct vf_bytes in, struct tr_date *ret)
{
	struct parts d = {0};
	struct vf_bytes month;
	int year;

	if (!take_part(&d, DAY, &in, 2, 2) || !vf_take(&in, 3, &month) || !take_month(&d, &month) ||
		!take_number(&in, 2, 2, &year))
		return false;
	set(&d, YEAR, year >= 60 ? 1900 + year : 2000 + year);
	if (in.n && (!vf_take_str(&in, ":") || !take_part(&d, HOUR, &in, 2, 2) || !vf_take_str(&in, ":") ||
			!take_part(&d, MINUTE, &in, 2, 2) || !vf_take_str(&in, ":") || !take_part(&d, SECOND, &in, 2, 2)))
		return false;
	return in.n == 0 && finish(&d, ret);
}

/* ISO 32000-1 7.9.4; the last apostrophe is not always there, and UTC may be "Z", "Z00'00'" or "+00'00'". */
static bool read_pdf(struct vf_bytes in, struct tr_date *ret)
{
	struct parts d = {0};
	int zero;

	vf_take_str(&in, "D:");
	if (!take_part(&d, YEAR, &in, 4, 4))
		return false;
	for (int part = MONTH; part <= SECOND && in.n && is_digit(in.p[0]); part++)
		if (!take_part(&d, part, &in, 2, 2))
			return false;
	if (vf_take_str(&in, "Z")) {
		d.has_offset = true;
		if (take_number(&in, 2, 2, &zero) && vf_take_str(&in, "'") && take_number(&in, 2, 2, &zero))
			vf_take_str(&in, "'");
	} else if (in.n) {
		if (!take_offset(&d, &in, "'"))
			return false;
		vf_take_str(&in, "'");
	}
	return in.n == 0 && finish(&d, ret);
}

static bool read_form(enum tr_date_form form, struct vf_bytes text, struct tr_date *ret)
{
	switch (form) {
	case TR_DATE_ISO:
		return read_iso_interval(text, ret);
	case TR_DATE_ENGLISH:
		return read_english(text, ret);
	case TR_DATE_BASIC:
		return read_basic(text, ret);
	case TR_DATE_DMY:
		return read_dmy(text, ret);
	case TR_DATE_YMD:
		return read_ymd(text, ret);
	case TR_DATE_SAS:
		return read_sas(text, ret);
	case TR_DATE_PDF:
		return read_pdf(text, ret);
	}
	return false;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void tr_date_read(enum tr_date_form form, struct vf_bytes text, struct tr_date *ret)
{
	struct tr_date d = {.when = tr_when_none()};
	struct vf_bytes blank;

	while (text.n && is_blank(text.p[text.n - 1]))
		text.n--;
	while (text.n && is_blank(text.p[0]))
		if (!vf_take(&text, 1, &blank))
			break;
	*ret = (struct tr_date){.when = tr_when_none()};
	if (text.n == 0)
		return;
	if (read_form(form, text, &d))
		*ret = d;
	else
		ret->is_bad = true;
}

/* ---- SAS numbers ---- */

/* 1960-01-01 in milliseconds */
#define SAS_EPOCH_MS (-3653 * DAY_MS)

static void of_ms(double since, bool whole_days, struct tr_date *ret)
{
	struct parts d = {0};
	struct vf_time t;

	*ret = (struct tr_date){.when = tr_when_none()};
	/* 1582 to 9999 in days or seconds: far inside what a double holds exactly */
	if (!isfinite(since) || floor(since) != since || since < -131e3 * DAY_MS || since > 2937e3 * DAY_MS) {
		ret->is_bad = true;
		return;
	}
	vf_time_to(SAS_EPOCH_MS + (int64_t)since, &t);
	set(&d, YEAR, t.year);
	set(&d, MONTH, t.month);
	set(&d, DAY, t.day);
	if (!whole_days) {
		set(&d, HOUR, t.hour);
		set(&d, MINUTE, t.minute);
		set(&d, SECOND, t.second);
	}
	if (t.year < 1600 || !finish(&d, ret)) {
		*ret = (struct tr_date){.when = tr_when_none(), .is_bad = true};
	}
}

void tr_date_of_sas_days(double days, struct tr_date *ret)
{
	/* a part of a day is not a date */
	of_ms(floor(days) == days ? days * (double)DAY_MS : (double)NAN, true, ret);
}

void tr_date_of_sas_seconds(double seconds, struct tr_date *ret)
{
	of_ms(floor(seconds) * 1000, false, ret);
}
