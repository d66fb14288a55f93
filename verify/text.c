#include "verify/text.h"

#include <stdio.h>

#include "verify/limits.h"

/* The value of each digit, plus one: 0 is no digit. */
static const uint8_t hex_digit[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['a'] = 11, 12, 13, 14, 15, 16,
};

static bool all_digits(const uint8_t *digit, struct vf_bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!digit[text.p[i]])
			return false;
	return true;
}

bool vf_hex_read(struct vf_bytes text, uint8_t *ret, size_t n)
{
	if (text.n != 2 * n || !all_digits(hex_digit, text))
		return false;
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint8_t)((hex_digit[text.p[2 * i]] - 1) << 4 | (hex_digit[text.p[2 * i + 1]] - 1));
	return true;
}

void vf_hex_put(char *out, struct vf_bytes b)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < b.n; i++) {
		*out++ = digit[b.p[i] >> 4];
		*out++ = digit[b.p[i] & 15];
	}
	*out = '\0';
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const uint8_t base64_digit[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['+'] = 63,
	['/'] = 64,
};

/* Octets that a text of this shape holds; false when no text has this shape. */
static bool base64_size(struct vf_bytes text, size_t *ret)
{
	size_t pad = 0;

	if (text.n % 4 != 0)
		return false;
	while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	*ret = text.n / 4 * 3 - pad;
	return true;
}

/* Up to three octets from four characters without padding; false when unused bits are set. */
static bool base64_last(struct vf_bytes text, uint8_t *ret, size_t n)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t used = 0;

	for (size_t i = 0; i < text.n; i++) {
		bits = bits << 6 | (uint32_t)(base64_digit[text.p[i]] - 1);
		have += 6;
		if (have < 8 || used == n)
			continue;
		have -= 8;
		ret[used++] = (uint8_t)(bits >> have);
		bits &= (1u << have) - 1;
	}
	return bits == 0;
}

bool vf_base64_read(struct vf_bytes text, uint8_t *ret, size_t n)
{
	struct vf_bytes four;
	size_t size;

	if (!base64_size(text, &size) || size != n)
		return false;
	text.n -= text.n / 4 * 3 - size;
	if (!all_digits(base64_digit, text))
		return false;
	for (; n >= 3 && vf_take(&text, 4, &four); n -= 3, ret += 3) {
		uint32_t v = (uint32_t)(base64_digit[four.p[0]] - 1) << 18 | (uint32_t)(base64_digit[four.p[1]] - 1) << 12 |
			(uint32_t)(base64_digit[four.p[2]] - 1) << 6 | (uint32_t)(base64_digit[four.p[3]] - 1);

		ret[0] = (uint8_t)(v >> 16);
		ret[1] = (uint8_t)(v >> 8);
		ret[2] = (uint8_t)v;
	}
	return base64_last(text, ret, n);
}

bool vf_base64_take(struct vf_bytes text, struct vf_arena *a, struct vf_bytes *ret)
{
	size_t size;
	uint8_t *p;

	if (!base64_size(text, &size))
		return false;
	p = vf_arena_take(a, size, 1);
	if (!p || !vf_base64_read(text, p, size))
		return false;
	*ret = vf_bytes(p, size);
	return true;
}

void vf_base64_put(char *out, struct vf_bytes b)
{
	for (size_t i = 0; i < b.n; i += 3) {
		size_t left = b.n - i;
		uint32_t v = (uint32_t)b.p[i] << 16;

		if (left > 1)
			v |= (uint32_t)b.p[i + 1] << 8;
		if (left > 2)
			v |= b.p[i + 2];
		*out++ = base64[v >> 18];
		*out++ = base64[v >> 12 & 63];
		*out++ = left > 1 ? base64[v >> 6 & 63] : '=';
		*out++ = left > 2 ? base64[v & 63] : '=';
	}
	*out = '\0';
}

bool vf_decimal_read(struct vf_bytes text, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (text.n == 0 || (text.p[0] == '0' && text.n > 1))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		if (!vf_mul(v, 10, &v) || !vf_add(v, (uint64_t)(text.p[i] - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

bool vf_take_utf8(struct vf_bytes *in, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	struct vf_bytes rest = *in;
	size_t n;
	uint32_t v;
	uint8_t c;

	if (!vf_take_u8(&rest, &c))
		return false;
	if (c < 0x80) {
		*in = rest;
		*ret = c;
		return true;
	}
	n = (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : (c & 0xf8) == 0xf0 ? 4 : 0;
	if (n == 0)
		return false;
	v = c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (!vf_take_u8(&rest, &c) || (c & 0xc0) != 0x80)
			return false;
		v = v << 6 | (c & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return false;
	*in = rest;
	*ret = v;
	return true;
}

bool vf_utf8_is(struct vf_bytes b)
{
	uint32_t c;

	while (b.n)
		if (!vf_take_utf8(&b, &c))
			return false;
	return true;
}

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t c, const struct range *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

/* Controls, invisible and direction-changing characters, and what has no meaning. */
static bool is_unshown(uint32_t c)
{
	static const struct range unshown[] = {
		{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c},
		{0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xe000, 0xf8ff},
		{0xfdd0, 0xfdef}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
		{0xfff0, 0xfffb}, {0xe0000, 0x10ffff},
	};

	if (c >= 0x20 && c < 0x7f)
		return false;
	return in_ranges(c, unshown, sizeof(unshown) / sizeof(unshown[0])) || (c & 0xfffe) == 0xfffe;
}

static bool is_combining(uint32_t c)
{
	static const struct range marks[] = {
		{0x300, 0x36f}, {0x483, 0x489}, {0x1100, 0x11ff}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
		{0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xa960, 0xa97f}, {0xd7b0, 0xd7ff}, {0xfe20, 0xfe2f},
	};

	return in_ranges(c, marks, sizeof(marks) / sizeof(marks[0]));
}

bool vf_text_is_plain(struct vf_bytes b)
{
	uint32_t c;

	while (b.n)
		if (!vf_take_utf8(&b, &c) || is_unshown(c))
			return false;
	return true;
}

void vf_text_escape(char *out, size_t cap, struct vf_bytes b)
{
	size_t at = 0;

	while (b.n) {
		struct vf_bytes before = b, one;
		uint32_t c;

		if (at + 16 > cap) {
			at += (size_t)snprintf(out + at, cap - at, "...");
			break;
		}
		if (vf_take_utf8(&b, &c) && !is_unshown(c)) {
			memcpy(out + at, before.p, before.n - b.n);
			at += before.n - b.n;
			continue;
		}
		b = before;
		if (vf_take(&b, 1, &one))
			at += (size_t)snprintf(out + at, cap - at, "\\x%02x", one.p[0]);
	}
	if (cap)
		out[at < cap ? at : cap - 1] = '\0';
}

static const char *part_fault(struct vf_bytes part)
{
	if (part.n == 0)
		return "has an empty part";
	if (vf_bytes_is(part, ".") || vf_bytes_is(part, ".."))
		return "has a part that is '.' or '..'";
	if (part.p[0] == ' ' || part.p[part.n - 1] == ' ' || part.p[part.n - 1] == '.')
		return "has a part that begins or ends in a space or ends in a dot";
	return NULL;
}

static const char *name_fault(struct vf_bytes name)
{
	struct vf_bytes rest = name, part;
	size_t depth = 1;
	uint32_t c;

	if (name.n == 0 || name.n > VF_MAX_NAME)
		return "is empty or too long";
	while (rest.n) {
		if (!vf_take_utf8(&rest, &c))
			return "is not valid UTF-8";
		if (is_unshown(c))
			return "holds a control or invisible character";
		if (is_combining(c))
			return "holds a combining mark: use the precomposed form (NFC)";
		if (c == '\\' || c == ':')
			return "holds a backslash or a colon";
	}
	for (rest = name; vf_take_until(&rest, '/', &part); depth++)
		if (part_fault(part))
			return part_fault(part);
	if (depth > VF_MAX_NAME_DEPTH)
		return "is nested too deep";
	return part_fault(rest);
}

/*
 * Names of letters, digits, '-' and '_', with single '.' or '/' between them: no
 * rule can refuse them but those about length and depth. Most names are like this.
 */
static bool is_simple_name(struct vf_bytes name)
{
	bool is_joint = true;
	size_t depth = 1;

	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		bool was_joint = is_joint;

		is_joint = c == '.' || c == '/';
		depth += c == '/';
		if (is_joint ? was_joint : !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return !is_joint && name.n <= VF_MAX_NAME && depth <= VF_MAX_NAME_DEPTH;
}

VF_RC vf_name_check(struct vf_bytes name, struct vf_err *reterr)
{
	const char *fault = is_simple_name(name) ? NULL : name_fault(name);
	char shown[120];

	if (!fault)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), name);
	return vf_fail(reterr, VF_NAME_SHAPE, "the name '%s' %s", shown, fault);
}

/* Simple case folding of the scripts that have case and occur in names. */
static uint32_t fold(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + 32;
	if (c < 0xc0)
		return c == 0xb5 ? 0x3bc : c;
	if ((c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if (c == 0x3c2)
		return 0x3c3;
	if (c == 0x178)
		return 0xff;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c & 1 ? c + 1 : c;
	if ((c >= 0x100 && c <= 0x177) || (c >= 0x1e00 && c <= 0x1eff) || (c >= 0x460 && c <= 0x52f) ||
		(c >= 0x3d8 && c <= 0x3ef))
		return c | 1;
	if (c >= 0xff21 && c <= 0xff3a)
		return c + 32;
	return c >= 0x531 && c <= 0x556 ? c + 48 : c;
}

static size_t put_utf8(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

size_t vf_name_fold(struct vf_bytes name, uint8_t *out)
{
	struct vf_bytes ascii;
	size_t n = 0;
	uint32_t c;

	while (n < name.n && name.p[n] < 0x80) {
		out[n] = (uint8_t)fold(name.p[n]);
		n++;
	}
	vf_take(&name, n, &ascii);
	while (vf_take_utf8(&name, &c))
		n += put_utf8(out + n, fold(c));
	return n;
}

static bool is_leap(int y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_from(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = y / 400, yoe = y % 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

bool vf_time_from(const struct vf_time *t, int64_t *ret)
{
	if (t->year < 1 || t->year > 9999 || t->month < 1 || t->month > 12 || t->day < 1 ||
		t->day > days_in(t->year, t->month) || t->hour < 0 || t->hour > 23 || t->minute < 0 ||
		t->minute > 59 || t->second < 0 || t->second > 59 || t->ms < 0 || t->ms > 999)
		return false;
	*ret = (((days_from(t->year, t->month, t->day) * 24 + t->hour) * 60 + t->minute) * 60 + t->second) *
		1000 + t->ms;
	return true;
}

void vf_time_to(int64_t ms, struct vf_time *ret)
{
	const int64_t day_ms = 86400000;
	int64_t day = ms / day_ms - (ms % day_ms < 0), rest = ms - day * day_ms;
	int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	ret->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	ret->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	ret->year = (int)(yoe + era * 400 + (ret->month <= 2));
	ret->hour = (int)(rest / 3600000);
	ret->minute = (int)(rest / 60000 % 60);
	ret->second = (int)(rest / 1000 % 60);
	ret->ms = (int)(rest % 1000);
}

static bool take_digits(struct vf_bytes *in, size_t n, int *ret)
{
	struct vf_bytes b;
	int v = 0;

	if (!vf_take(in, n, &b))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (b.p[i] < '0' || b.p[i] > '9')
			return false;
		v = v * 10 + (b.p[i] - '0');
	}
	*ret = v;
	return true;
}

bool vf_time_read(struct vf_bytes in, int64_t *ret)
{
	struct vf_time t = {0};

	if (!take_digits(&in, 4, &t.year) || !vf_take_str(&in, "-") || !take_digits(&in, 2, &t.month) ||
		!vf_take_str(&in, "-") || !take_digits(&in, 2, &t.day) || !vf_take_str(&in, "T") ||
		!take_digits(&in, 2, &t.hour) || !vf_take_str(&in, ":") || !take_digits(&in, 2, &t.minute) ||
		!vf_take_str(&in, ":") || !take_digits(&in, 2, &t.second))
		return false;
	if (vf_take_str(&in, ".") && !take_digits(&in, 3, &t.ms))
		return false;
	return vf_take_str(&in, "Z") && in.n == 0 && vf_time_from(&t, ret);
}

void vf_time_put(char *out, int64_t ms)
{
	struct vf_time t;

	vf_time_to(ms, &t);
	if (t.ms)
		snprintf(out, VF_TIME_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)t.year % 10000,
			(unsigned)t.month % 100, (unsigned)t.day % 100, (unsigned)t.hour % 100,
			(unsigned)t.minute % 100, (unsigned)t.second % 100, (unsigned)t.ms % 1000);
	else
		snprintf(out, VF_TIME_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)t.year % 10000,
			(unsigned)t.month % 100, (unsigned)t.day % 100, (unsigned)t.hour % 100,
			(unsigned)t.minute % 100, (unsigned)t.second % 100);
}
