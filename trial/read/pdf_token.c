/* Values of a PDF file as text: numbers, names, strings, arrays, dictionaries (ISO 32000-1, 7.3). */
#include "trial/read/pdf_inside.h"
#include "verify/text.h"

static bool is_blank(uint8_t c)
{
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool is_delimiter(uint8_t c)
{
	return c == '(' || c == ')' || c == '<' || c == '>' || c == '[' || c == ']' || c == '{' || c == '}' || c == '/' ||
		c == '%';
}

void tr_pdf_skip_blanks(struct vf_bytes *in)
{
	uint8_t c;

	while (in->n && (is_blank(in->p[0]) || in->p[0] == '%')) {
		bool is_comment = in->p[0] == '%';

		vf_take_u8(in, &c);
		while (is_comment && in->n && in->p[0] != '\n' && in->p[0] != '\r')
			vf_take_u8(in, &c);
	}
}

bool tr_pdf_take_number(struct vf_bytes *in, uint64_t *ret)
{
	struct vf_bytes at = *in;
	uint64_t n = 0;
	uint8_t c;

	tr_pdf_skip_blanks(&at);
	if (at.n == 0 || at.p[0] < '0' || at.p[0] > '9')
		return false;
	while (at.n && at.p[0] >= '0' && at.p[0] <= '9') {
		vf_take_u8(&at, &c);
		if (!vf_mul(n, 10, &n) || !vf_add(n, (uint64_t)(c - '0'), &n))
			return false;
	}
	*ret = n;
	*in = at;
	return true;
}

bool tr_pdf_take_reference(struct vf_bytes *in, uint64_t *ret_number)
{
	struct vf_bytes at = *in;
	uint64_t number, generation;

	if (!tr_pdf_take_number(&at, &number) || !tr_pdf_take_number(&at, &generation))
		return false;
	tr_pdf_skip_blanks(&at);
	if (!vf_take_str(&at, "R") || (at.n && !is_blank(at.p[0]) && !is_delimiter(at.p[0])))
		return false;
	*ret_number = number;
	*in = at;
	return true;
}

/* Behind "(": parentheses in pairs, and what a backslash stands before. */
static bool skip_literal(struct vf_bytes *in)
{
	size_t depth = 1;
	uint8_t c;

	while (depth && vf_take_u8(in, &c)) {
		if (c == '\\') {
			if (!vf_take_u8(in, &c))
				return false;
		} else if (c == '(')
			depth++;
		else if (c == ')')
			depth--;
	}
	return depth == 0;
}

/* A name, a number, a word; false for nothing at all, and at the end, where more may belong to it. */
static bool skip_word(struct vf_bytes *in)
{
	size_t n = 0;
	uint8_t c;

	vf_take_str(in, "/");
	for (; in->n && !is_blank(in->p[0]) && !is_delimiter(in->p[0]); n++)
		vf_take_u8(in, &c);
	return n > 0;
}

/* One token, with what brackets it opens and closes. */
static bool skip_token(struct vf_bytes *in, size_t *depth)
{
	struct vf_bytes hex;
	uint64_t number;

	if (vf_take_str(in, "<<") || vf_take_str(in, "["))
		return ++*depth <= TR_PDF_MAX_DEPTH;
	if (vf_take_str(in, ">>") || vf_take_str(in, "]"))
		return (*depth)-- > 0;
	if (vf_take_str(in, "("))
		return skip_literal(in);
	if (vf_take_str(in, "<"))
		return vf_take_until(in, '>', &hex);
	if (in->n && in->p[0] == '/') {
		uint8_t slash;

		vf_take_u8(in, &slash);
		skip_word(in); /* "/" alone is the empty name */
		return true;
	}
	return tr_pdf_take_reference(in, &number) || skip_word(in);
}

bool tr_pdf_take_value(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_bytes at = *in, start;
	size_t depth = 0;

	tr_pdf_skip_blanks(&at);
	start = at;
	do {
		tr_pdf_skip_blanks(&at);
		if (at.n == 0 || (depth == 0 && (vf_bytes_starts(at, ">>") || vf_bytes_starts(at, "]"))) || !skip_token(&at, &depth))
			return false;
	} while (depth);
	*ret = vf_bytes(start.p, start.n - at.n);
	*in = at;
	return true;
}

static bool take_hex(struct vf_bytes *in, uint8_t *ret)
{
	uint8_t c;

	if (!vf_take_u8(in, &c))
		return false;
	if (c >= '0' && c <= '9')
		*ret = (uint8_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*ret = (uint8_t)((c | 0x20) - 'a' + 10);
	else
		return false;
	return true;
}

/* "#" and two digits stand for an octet. */
bool tr_pdf_name_is(struct vf_bytes value, const char *name)
{
	uint8_t c, high, low;

	if (!vf_take_str(&value, "/"))
		return false;
	for (; *name; name++) {
		if (!vf_take_u8(&value, &c))
			return false;
		if (c == '#' && take_hex(&value, &high) && take_hex(&value, &low))
			c = (uint8_t)(high << 4 | low);
		if (c != (uint8_t)*name)
			return false;
	}
	return value.n == 0;
}

bool tr_pdf_get(struct vf_bytes dictionary, const char *key, struct vf_bytes *ret)
{
	struct vf_bytes name, value;

	if (!vf_take_str(&dictionary, "<<"))
		return false;
	while (tr_pdf_take_value(&dictionary, &name) && tr_pdf_take_value(&dictionary, &value))
		if (tr_pdf_name_is(name, key)) {
			*ret = value;
			return true;
		}
	return false;
}

/* ---- strings ---- */

/* Three octal digits at most; one that is no digit ends it. */
static uint8_t octal(struct vf_bytes *in, uint8_t first)
{
	unsigned n = (unsigned)(first - '0');
	uint8_t c;

	for (int i = 0; i < 2 && in->n && in->p[0] >= '0' && in->p[0] <= '7'; i++)
		if (vf_take_u8(in, &c))
			n = n * 8 + (unsigned)(c - '0');
	return (uint8_t)n;
}

static size_t unescape(struct vf_bytes in, uint8_t *out)
{
	static const char marks[] = "n\nr\rt\tb\bf\f";
	size_t n = 0;
	uint8_t c;

	while (vf_take_u8(&in, &c)) {
		const char *mark;

		if (c != '\\' || !vf_take_u8(&in, &c)) {
			if (c == '\r' && in.n && in.p[0] == '\n')
				continue; /* an end of a line is one LF (7.3.4.2) */
			out[n++] = c == '\r' ? '\n' : c;
			continue;
		}
		mark = c ? strchr(marks, c) : NULL;
		if (c >= '0' && c <= '7')
			out[n++] = octal(&in, c);
		else if (c == '\r')
			(void)vf_take_str(&in, "\n");
		else if (c != '\n')
			out[n++] = mark && (mark - marks) % 2 == 0 ? (uint8_t)mark[1] : c;
	}
	return n;
}

static size_t of_hex(struct vf_bytes in, uint8_t *out)
{
	size_t n = 0, digits = 0;
	uint8_t d, octet = 0;

	while (in.n) {
		if (!take_hex(&in, &d))
			continue;
		octet = (uint8_t)(octet << 4 | d);
		if (++digits % 2 == 0)
			out[n++] = octet;
	}
	if (digits % 2)
		out[n++] = (uint8_t)(octet << 4);
	return n;
}

static void put_utf8(uint8_t *out, size_t *n, uint32_t c)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		out[(*n)++] = (uint8_t)c;
	} else if (c < 0x800) {
		out[(*n)++] = (uint8_t)(0xc0 | c >> 6);
		out[(*n)++] = (uint8_t)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		out[(*n)++] = (uint8_t)(0xe0 | c >> 12);
		out[(*n)++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[(*n)++] = (uint8_t)(0x80 | (c & 0x3f));
	} else {
		out[(*n)++] = (uint8_t)(0xf0 | c >> 18);
		out[(*n)++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		out[(*n)++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[(*n)++] = (uint8_t)(0x80 | (c & 0x3f));
	}
}

/* ISO 32000-1, D.2: where PDFDocEncoding is not Latin 1. */
static uint32_t of_pdfdoc(uint8_t c)
{
	static const uint16_t low[] = {0x2d8, 0x2c7, 0x2c6, 0x2d9, 0x2dd, 0x2db, 0x2da, 0x2dc};
	static const uint16_t high[] = {0x2022, 0x2020, 0x2021, 0x2026, 0x2014, 0x2013, 0x192, 0x2044, 0x2039, 0x203a, 0x2212,
		0x2030, 0x201e, 0x201c, 0x201d, 0x2018, 0x2019, 0x201a, 0x2122, 0xfb01, 0xfb02, 0x141, 0x152, 0x160, 0x178,
		0x17d, 0x131, 0x142, 0x153, 0x161, 0x17e, 0xfffd, 0x20ac};

	if (c >= 0x18 && c < 0x20)
		return low[c - 0x18];
	if (c >= 0x80 && c <= 0xa0)
		return high[c - 0x80];
	return c;
}

/* An escape marks a language up to the next one (7.9.2.2): no text. */
static void of_utf16(struct vf_bytes in, uint8_t *out, size_t *n)
{
	uint16_t unit, second;
	bool in_language = false;

	while (vf_take_u16be(&in, &unit)) {
		struct vf_bytes after = in;

		if (unit == 0x1b)
			in_language = !in_language;
		if (unit == 0x1b || in_language)
			continue;
		if (unit >= 0xd800 && unit < 0xdc00 && vf_take_u16be(&after, &second) && second >= 0xdc00 && second < 0xe000) {
			put_utf8(out, n, 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(second - 0xdc00));
			in = after;
		} else {
			put_utf8(out, n, unit);
		}
	}
}

bool tr_pdf_text(struct vf_bytes value, uint8_t *out, struct vf_bytes *ret)
{
	struct vf_bytes inside, octets;
	uint8_t *raw;
	size_t n = 0;
	uint8_t c;
	uint32_t character;

	if (value.n < 2 || (value.p[0] != '(' && value.p[0] != '<') || !vf_bytes_slice(value, 1, value.n - 2, &inside))
		return false;
	/* the octets stand at the end of the room while the text grows from its beginning: each becomes four at most */
	raw = out + 3 * value.n;
	octets = vf_bytes(raw, value.p[0] == '(' ? unescape(inside, raw) : of_hex(inside, raw));
	if (vf_take_str(&octets, "\xfe\xff"))
		of_utf16(octets, out, &n);
	else if (vf_take_str(&octets, "\xef\xbb\xbf"))
		while (octets.n)
			put_utf8(out, &n, vf_take_utf8(&octets, &character) ? character : (vf_take_u8(&octets, &c), 0xfffdu));
	else
		while (vf_take_u8(&octets, &c))
			put_utf8(out, &n, of_pdfdoc(c));
	*ret = vf_bytes(out, n);
	return true;
}
