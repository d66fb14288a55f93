#include "trial/format.h"

#include "verify/text.h"

#define MAX_TEXT 4096
#define MAX_URL 2048
#define MAX_LANGUAGE 35
#define MAX_WORD 64
#define RECORD_DIGITS 64
#define HOUR_MS INT64_C(3600000)
/* The first and the last place on earth to have a date. */
#define EARLIEST_MS (14 * HOUR_MS)
#define LATEST_MS (12 * HOUR_MS)

static const struct {
	const char *name, *text;
} formats[TR_FORMAT_COUNT] = {
	[TR_FORMAT_NONE] = {"", ""},
	[TR_FORMAT_COUNTRY] = {"country", "a country of ISO 3166-1 in two capital letters"},
	[TR_FORMAT_DATE] = {"date", "a date that exists: YYYY, YYYY-MM or YYYY-MM-DD"},
	[TR_FORMAT_LANGUAGE] = {"language", "a language like 'de' or 'pt-BR'"},
	[TR_FORMAT_RECORD] = {"record", "64 digits of lower-case hex"},
	[TR_FORMAT_TEXT] = {"text", "1 to 4,096 octets of text without controls and invisible characters"},
	[TR_FORMAT_TIME] = {"time", "a time that exists, like 2026-03-04T10:12:00+01:00, or a date"},
	[TR_FORMAT_URL] = {"url", "an address that begins with http:// or https://, without spaces"},
	[TR_FORMAT_WORD] = {"word", "lower-case letters, digits and '-', beginning with a letter, at most 64"},
};

/* ISO 3166-1, officially assigned; each is followed by a space. */
static const char countries[] =
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
	"FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
	"JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
	"MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
	"PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
	"TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ";

const char *tr_format_name(enum tr_format format)
{
	return formats[format].name;
}

const char *tr_format_text(enum tr_format format)
{
	return formats[format].text;
}

enum tr_format tr_format_find(struct vf_bytes name)
{
	for (unsigned f = TR_FORMAT_NONE + 1; f < TR_FORMAT_COUNT; f++) {
		if (vf_bytes_is(name, formats[f].name))
			return (enum tr_format)f;
	}
	return TR_FORMAT_NONE;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_country(struct vf_bytes t)
{
	if (t.n != 2 || !is_upper(t.p[0]) || !is_upper(t.p[1]))
		return false;
	for (const char *c = countries; *c; c += 3)
		if (memcmp(c, t.p, 2) == 0)
			return true;
	return false;
}

static bool is_language(struct vf_bytes t)
{
	size_t n = 0;

	if (t.n > MAX_LANGUAGE)
		return false;
	while (n < t.n && is_lower(t.p[n]))
		n++;
	if (n < 2 || n > 3)
		return false;
	while (n < t.n) {
		size_t start = n + 1;

		if (t.p[n++] != '-')
			return false;
		while (n < t.n && (is_lower(t.p[n]) || is_upper(t.p[n]) || is_digit(t.p[n])))
			n++;
		if (n - start < 2 || n - start > 8)
			return false;
	}
	return true;
}

static bool is_record(struct vf_bytes t)
{
	uint8_t id[RECORD_DIGITS / 2];

	return vf_hex_read(t, id, sizeof(id));
}

static bool is_url(struct vf_bytes t)
{
	if (t.n > MAX_URL || !(vf_bytes_starts(t, "http://") || vf_bytes_starts(t, "https://")) || vf_bytes_ends(t, "://"))
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] <= 0x20 || t.p[i] >= 0x7f || memchr("\"<>\\^`{|}", t.p[i], 9))
			return false;
	return true;
}

static bool is_word(struct vf_bytes t)
{
	if (t.n == 0 || t.n > MAX_WORD || !is_lower(t.p[0]))
		return false;
	for (size_t i = 1; i < t.n; i++)
		if (!is_lower(t.p[i]) && !is_digit(t.p[i]) && t.p[i] != '-')
			return false;
	return true;
}

/* ---- dates and times ---- */

static bool take_digits(struct vf_bytes *in, size_t n, int *ret)
{
	struct vf_bytes digits;
	int v = 0;

	if (!vf_take(in, n, &digits))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(digits.p[i]))
			return false;
		v = 10 * v + (digits.p[i] - '0');
	}
	*ret = v;
	return true;
}

/* What is left out of a date is 0. */
static bool take_date(struct vf_bytes *in, struct vf_time *t)
{
	*t = (struct vf_time){0};
	if (!take_digits(in, 4, &t->year))
		return false;
	if (!vf_take_str(in, "-"))
		return true;
	if (!take_digits(in, 2, &t->month) || t->month < 1)
		return false;
	return !vf_take_str(in, "-") || (take_digits(in, 2, &t->day) && t->day >= 1);
}

/* The first moment of what comes after: the next year, month or day. */
static bool after_date(const struct vf_time *t, int64_t start, int64_t *ret)
{
	struct vf_time next = {.year = t->year, .month = t->month, .day = 1};

	if (t->day > 0) {
		*ret = start + 24 * HOUR_MS;
		return true;
	}
	next.month = t->month == 0 || t->month == 12 ? 1 : t->month + 1;
	next.year += next.month == 1;
	if (next.year > 9999) {
		*ret = start + 366 * 24 * HOUR_MS;
		return true;
	}
	return vf_time_from(&next, ret);
}

static bool read_date(struct vf_bytes text, struct tr_span *ret)
{
	struct vf_time t, start;
	int64_t first, next;

	if (!take_date(&text, &t) || text.n != 0)
		return false;
	start = t;
	start.month += t.month == 0;
	start.day += t.day == 0;
	if (!vf_time_from(&start, &first) || !after_date(&t, first, &next))
		return false;
	*ret = (struct tr_span){first - EARLIEST_MS, next - 1 + LATEST_MS};
	return true;
}

/* Z or an offset; "-00:00" would be a second spelling of Z. */
static bool take_offset(struct vf_bytes *in, int64_t *ret_ms)
{
	bool is_west;
	int hours, minutes;

	*ret_ms = 0;
	if (vf_take_str(in, "Z"))
		return true;
	is_west = vf_take_str(in, "-");
	if (!is_west && !vf_take_str(in, "+"))
		return false;
	if (!take_digits(in, 2, &hours) || !vf_take_str(in, ":") || !take_digits(in, 2, &minutes) || hours > 23 ||
		minutes > 59 || (is_west && hours + minutes == 0))
		return false;
	*ret_ms = (hours * 60 + minutes) * INT64_C(60000) * (is_west ? -1 : 1);
	return true;
}

/* One to three digits; without any the whole second is meant. */
static bool take_fraction(struct vf_bytes *in, int64_t *ret_ms, int64_t *ret_length)
{
	int64_t unit = 1000;
	int digit;

	*ret_ms = 0;
	*ret_length = unit;
	if (!vf_take_str(in, "."))
		return true;
	while (unit > 1 && in->n > 0 && is_digit(in->p[0]) && take_digits(in, 1, &digit)) {
		unit /= 10;
		*ret_ms += digit * unit;
	}
	*ret_length = unit;
	return unit < 1000;
}

static bool read_time(struct vf_bytes text, struct tr_span *ret)
{
	int64_t at, fraction, length, offset;
	struct vf_time t;

	if (!take_date(&text, &t) || t.day == 0 || !vf_take_str(&text, "T") || !take_digits(&text, 2, &t.hour) ||
		!vf_take_str(&text, ":") || !take_digits(&text, 2, &t.minute) || !vf_take_str(&text, ":") ||
		!take_digits(&text, 2, &t.second) || !take_fraction(&text, &fraction, &length) ||
		!take_offset(&text, &offset) || text.n != 0 || !vf_time_from(&t, &at))
		return false;
	at += fraction - offset;
	*ret = (struct tr_span){at, at + length - 1};
	return true;
}

bool tr_span_read(struct vf_bytes text, struct tr_span *ret)
{
	return read_date(text, ret) || read_time(text, ret);
}

bool tr_span_is_before(const struct tr_span *a, const struct tr_span *b)
{
	return a->last < b->first;
}

bool tr_format_has(enum tr_format format, struct vf_bytes text)
{
	struct tr_span span;

	switch (format) {
	case TR_FORMAT_NONE:
		return false;
	case TR_FORMAT_COUNTRY:
		return is_country(text);
	case TR_FORMAT_DATE:
		return read_date(text, &span);
	case TR_FORMAT_LANGUAGE:
		return is_language(text);
	case TR_FORMAT_RECORD:
		return is_record(text);
	case TR_FORMAT_TEXT:
		return text.n > 0 && text.n <= MAX_TEXT && vf_text_is_plain(text);
	case TR_FORMAT_TIME:
		return tr_span_read(text, &span);
	case TR_FORMAT_URL:
		return is_url(text);
	case TR_FORMAT_WORD:
		return is_word(text);
	}
	return false;
}
