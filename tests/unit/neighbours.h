/*
 * The neighbours of a good example: every form that differs from it in one place.
 * A test counts which of them are accepted; a reader that asks one question less
 * accepts more.
 */
#ifndef TESTS_UNIT_NEIGHBOURS_H
#define TESTS_UNIT_NEIGHBOURS_H

#include "tests/unit/pki_maker.h"

/* ---- DER: one element is changed, and all lengths around it are right again ---- */

enum neighbour {
	DROP,
	DOUBLE,
	NULL_BEFORE,
	NULL_AFTER,
	NULL_WITHIN,
	EMPTY,
	OTHER_TAG,
	OTHER_FORM, /* primitive and constructed, the other way round */
	SHORTER,
	LONGER,
	FIRST_BIT,
	LAST_BIT,
	ZERO_BEFORE,
	ONE_MORE,
	NEIGHBOURS,
};

struct der_walk {
	size_t at, want; /* which element is next, which one is changed */
	enum neighbour how;
};

/* One element of definite length; the verifier's own reader is what is tested, so this is another. */
static inline bool neighbour_take(struct vf_bytes *in, uint8_t *tag, struct vf_bytes *body)
{
	size_t n, head = 2;

	if (in->n < 2)
		return false;
	n = in->p[1];
	if (n > 0x80) {
		size_t octets = n - 0x80;

		if (octets > 3 || in->n < 2 + octets)
			return false;
		n = 0;
		for (size_t i = 0; i < octets; i++)
			n = n << 8 | in->p[2 + i];
		head += octets;
	}
	if (n == 0x80 || n > in->n - head)
		return false;
	*tag = in->p[0];
	*body = vf_bytes(in->p + head, n);
	*in = vf_bytes(in->p + head + n, in->n - head - n);
	return true;
}

/* Is this one whole element? Never a digest, whose octets are chance. */
static inline bool neighbour_is_der(struct vf_bytes in)
{
	bool digest = in.n == 20 || in.n == 32 || in.n == 48 || in.n == 64;
	struct vf_bytes body;
	uint8_t tag;

	return !digest && neighbour_take(&in, &tag, &body) && in.n == 0;
}

static inline struct vf_bytes neighbour_flip(struct vf_bytes body, size_t at, uint8_t bit)
{
	struct vf_bytes copy = make_copy(body);

	if (copy.n)
		((uint8_t *)(uintptr_t)copy.p)[at] ^= bit;
	return copy;
}

static inline struct vf_bytes neighbour_change(enum neighbour how, uint8_t tag, struct vf_bytes body)
{
	static const uint8_t null[] = {5, 0}, zero[] = {0};
	struct vf_bytes whole = make_der(tag, body), extra = vf_bytes(null, 2), octet = vf_bytes(zero, 1);

	switch (how) {
	case DROP:
		return NOTHING;
	case DOUBLE:
		return JOIN(whole, whole);
	case NULL_BEFORE:
		return JOIN(extra, whole);
	case NULL_AFTER:
		return JOIN(whole, extra);
	case NULL_WITHIN:
		return make_der(tag, JOIN(body, extra));
	case EMPTY:
		return make_der(tag, NOTHING);
	case OTHER_TAG:
		return make_der(tag ^ 1, body);
	case OTHER_FORM:
		return make_der(tag ^ 0x20, body);
	case SHORTER:
		return make_der(tag, vf_bytes(body.p, body.n ? body.n - 1 : 0));
	case LONGER:
		return make_der(tag, JOIN(body, octet));
	case FIRST_BIT:
		return make_der(tag, neighbour_flip(body, 0, 0x80));
	case LAST_BIT:
		return make_der(tag, neighbour_flip(body, body.n - 1, 1));
	case ZERO_BEFORE:
		return make_der(tag, JOIN(octet, body));
	case ONE_MORE:
		return make_der(tag, neighbour_flip(body, body.n - 1, 2));
	case NEIGHBOURS:
		break;
	}
	return whole;
}

/* Writes the elements again, the wanted one changed; looks into OCTET STRINGs that hold DER. */
static inline struct vf_bytes neighbour_walk(struct vf_bytes in, struct der_walk *w)
{
	struct vf_bytes out = NOTHING, body;
	uint8_t tag;

	while (in.n && neighbour_take(&in, &tag, &body)) {
		bool within = (tag & 0x20) || (tag == VF_DER_OCTET_STRING && neighbour_is_der(body));

		if (w->at++ == w->want)
			out = JOIN(out, neighbour_change(w->how, tag, body));
		else
			out = JOIN(out, make_der(tag, within ? neighbour_walk(body, w) : body));
	}
	return out;
}

/* ---- text: one character is taken out, replaced or put in; one line is dropped, doubled or swapped ---- */

#define TEXT_MARKS " \n0aZ+/=-\"{},:\x01\xc3"

/* The n-th neighbour of a text in room, which holds twice the text; false after the last. */
static inline bool neighbour_text(struct vf_bytes text, size_t n, uint8_t *room, struct vf_bytes *ret)
{
	size_t marks = sizeof(TEXT_MARKS) - 1, each = 1 + 2 * marks, at = n / each, how = n % each;

	if (at > text.n)
		return false;
	if (at)
		memcpy(room, text.p, at);
	if (how == 0 || how > marks) { /* without it, or something instead of it */
		size_t rest = at < text.n ? text.n - at - 1 : 0, put = how ? 1 : 0;

		if (put)
			room[at] = (uint8_t)TEXT_MARKS[how - marks - 1];
		if (rest)
			memcpy(room + at + put, text.p + at + 1, rest);
		*ret = vf_bytes(room, at + put + rest);
		return true;
	}
	room[at] = (uint8_t)TEXT_MARKS[how - 1];
	if (at < text.n)
		memcpy(room + at + 1, text.p + at, text.n - at);
	*ret = vf_bytes(room, text.n + 1);
	return true;
}

/* The same for lines: how 0 drops line n, 1 doubles it, 2 swaps it with the next; false after the last. */
static inline bool neighbour_line(struct vf_bytes text, size_t n, unsigned how, uint8_t *room, struct vf_bytes *ret)
{
	size_t start = 0, end, next, used;
	const uint8_t *eol;

	for (;; n--) {
		eol = start < text.n ? memchr(text.p + start, '\n', text.n - start) : NULL;
		if (!eol)
			return false;
		end = (size_t)(eol - text.p) + 1;
		if (n == 0)
			break;
		start = end;
	}
	eol = end < text.n ? memchr(text.p + end, '\n', text.n - end) : NULL;
	next = eol ? (size_t)(eol - text.p) + 1 : text.n;
	memcpy(room, text.p, end);
	used = how == 0 || how == 2 ? start : end;
	if (how == 1) {
		memcpy(room + used, text.p + start, end - start);
		used += end - start;
	} else if (how == 2) {
		memcpy(room + used, text.p + end, next - end);
		memcpy(room + used + next - end, text.p + start, end - start);
		used += next - start;
		end = next;
	}
	memcpy(room + used, text.p + end, text.n - end);
	*ret = vf_bytes(room, used + text.n - end);
	return true;
}

/* Where the JSON value, key or whole structure that starts at 'at' ends; at itself where none starts. */
static inline size_t neighbour_value_end(struct vf_bytes text, size_t at)
{
	bool quoted = false;
	size_t depth = 0;

	if (!memchr("\"{[tfn0123456789", text.p[at], 16))
		return at;
	for (size_t i = at; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth-- == 0)
			return i;
		else if (!quoted && depth == 0 && (c == ',' || c == ':'))
			return i;
		if (!quoted && depth == 0 && (c == '"' || c == '}' || c == ']'))
			return i + 1;
	}
	return text.n;
}

/* The n-th neighbour with a value of another kind; false after the last. Its room holds 64 octets more than the text. */
static inline bool neighbour_value(struct vf_bytes text, size_t n, uint8_t *room, struct vf_bytes *ret)
{
	static const char *const others[] = {"null", "true", "1", "\"\"", "\"a\"", "[]", "{}", "[1]", "[\"a\",\"a\"]", "18446744073709551616"};
	size_t each = sizeof(others) / sizeof(others[0]), at = n / each, end, len = strlen(others[n % each]);

	if (at >= text.n)
		return false;
	end = neighbour_value_end(text, at);
	*ret = text;
	if (end == at || (at && memchr("abcdefghijklmnopqrstuvwxyz0123456789", text.p[at - 1], 36)))
		return true;
	memcpy(room, text.p, at);
	memcpy(room + at, others[n % each], len);
	memcpy(room + at + len, text.p + end, text.n - end);
	*ret = vf_bytes(room, at + len + text.n - end);
	return true;
}

#endif
