#include "trial/read/json_inside.h"
#include "verify/text.h"

enum vf_rc tr_json_fault(struct tr_json *j, enum vf_rc rc, const char *what)
{
	j->want = WANT_NOTHING;
	mark(j);
	return vf_fail(&j->err, rc, "line %" PRIu64 ", column %" PRIu64 ": %s", j->token_line, j->token_column, what);
}

enum vf_rc tr_json_no_memory(struct tr_json *j)
{
	j->want = WANT_NOTHING;
	return vf_fail(&j->err, VF_NO_MEMORY, "no memory for JSON");
}

VF_RC tr_json_append(struct tr_json *j, struct tr_json_buffer *b, size_t max, const void *p, size_t n)
{
	if (n > max - b->n)
		return tr_json_fault(j, VF_LIMIT, "a text or the names of an object are too long");
	if (n > b->cap - b->n || !b->p) { /* an empty name has a place, too */
		size_t cap = b->cap ? b->cap : 256;
		uint8_t *grown;

		while (n > cap - b->n)
			cap *= 2;
		grown = realloc(b->p, cap);
		if (!grown)
			return tr_json_no_memory(j);
		b->p = grown;
		b->cap = cap;
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	return VF_OK;
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Octets before a quote, a backslash or a control; *high collects whether one of them is not ASCII. */
static size_t plain(struct vf_bytes b, uint64_t *high)
{
	size_t i = 0;

	for (; b.n - i >= 8; i += 8) {
		uint64_t w, quote, slash, found;

		memcpy(&w, b.p + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		w = __builtin_bswap64(w);
#endif
		quote = w ^ ONES * '"';
		slash = w ^ ONES * '\\';
		/* the high bit of the first octet that ends the run is set, and of none before it */
		found = (((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | ((w - ONES * 0x20) & ~w)) & HIGHS;
		if (found) {
			*high |= w & HIGHS & (found - 1) & ~found;
			return i + (size_t)__builtin_ctzll(found) / 8;
		}
		*high |= w & HIGHS;
	}
	for (; i < b.n && b.p[i] != '"' && b.p[i] != '\\' && b.p[i] >= 0x20; i++)
		*high |= b.p[i] & 0x80u;
	return i;
}

static VF_RC take_hex4(struct tr_json *j, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int c;
		enum vf_rc rc = take(j, &c);

		if (rc != VF_OK)
			return rc;
		if (c >= '0' && c <= '9')
			v = v * 16 + (uint32_t)(c - '0');
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			v = v * 16 + (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return tr_json_fault(j, VF_FILE_SHAPE, "\\u without four hexadecimal digits");
	}
	*ret = v;
	return VF_OK;
}

/* Behind "\u": a character, which may take a second escape (RFC 8259 section 7). */
static VF_RC take_unicode(struct tr_json *j, uint8_t out[4], size_t *ret_n)
{
	uint32_t c, low;
	int a, b;

	if (take_hex4(j, &c) != VF_OK)
		return j->err.rc;
	if (c >= 0xdc00 && c <= 0xdfff)
		return tr_json_fault(j, VF_FILE_SHAPE, "half of a surrogate pair");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (take(j, &a) != VF_OK || take(j, &b) != VF_OK)
			return j->err.rc;
		if (a != '\\' || b != 'u')
			return tr_json_fault(j, VF_FILE_SHAPE, "half of a surrogate pair");
		if (take_hex4(j, &low) != VF_OK)
			return j->err.rc;
		if (low < 0xdc00 || low > 0xdfff)
			return tr_json_fault(j, VF_FILE_SHAPE, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*ret_n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = *ret_n - 1; i > 0; i--, c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3f));
	out[0] = (uint8_t)(*ret_n == 1 ? c : (0xf00u >> *ret_n & 0xffu) | c);
	return VF_OK;
}

/* Behind a backslash. */
static VF_RC take_escape(struct tr_json *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	uint8_t out[4];
	size_t n = 1;
	int c;

	if (take(j, &c) != VF_OK)
		return j->err.rc;
	if (c == 'u') {
		if (take_unicode(j, out, &n) != VF_OK)
			return j->err.rc;
	} else {
		at = c > 0 ? strchr(from, c) : NULL;
		if (!at)
			return tr_json_fault(j, VF_FILE_SHAPE, "no such escape");
		out[0] = (uint8_t)to[at - from];
	}
	return tr_json_append(j, &j->value, TR_JSON_MAX_TEXT, out, n);
}

/* A string whose parts do not lie beside each other; what was seen of it is in value. */
static VF_RC take_parts(struct tr_json *j, uint64_t *high)
{
	for (;;) {
		size_t n = plain(j->in, high);

		if (tr_json_append(j, &j->value, TR_JSON_MAX_TEXT, j->in.p, n) != VF_OK)
			return j->err.rc;
		advance(j, n);
		if (fill(j) != VF_OK)
			return j->err.rc;
		if (!j->in.n)
			return tr_json_fault(j, VF_FILE_SHAPE, "the text ends in a string");
		if (j->in.p[0] == '"')
			break;
		if (j->in.p[0] < 0x20)
			return tr_json_fault(j, VF_FILE_SHAPE, "a control character in a string");
		if (j->in.p[0] != '\\')
			continue; /* a new piece */
		advance(j, 1);
		if (take_escape(j) != VF_OK)
			return j->err.rc;
	}
	advance(j, 1);
	return VF_OK;
}

VF_RC tr_json_take_string(struct tr_json *j, struct vf_bytes *ret)
{
	uint64_t high = 0;
	size_t n = plain(j->in, &high);

	if (n < j->in.n && j->in.p[n] == '"' && n <= TR_JSON_MAX_TEXT) {
		*ret = vf_bytes(j->in.p, n);
		advance(j, n + 1);
	} else {
		j->value.n = 0;
		if (take_parts(j, &high) != VF_OK)
			return j->err.rc;
		*ret = vf_bytes(j->value.p, j->value.n);
	}
	if (high && !vf_utf8_is(*ret))
		return tr_json_fault(j, VF_FILE_SHAPE, "a string that is not UTF-8");
	return VF_OK;
}

