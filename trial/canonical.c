#include "trial/canonical.h"

#include <assert.h>

#include "verify/limits.h"
#include "verify/text.h"

#define MAX_STUDY 128
#define MAX_SHORT 64
#define MAX_TITLE 512
/* No member and no link is written with fewer octets: bounds the tables by the text. */
#define MIN_MEMBER 240
#define MIN_LINK 80
/* VF_MAX_SEQ and every size that a record may name have no more. */
#define MAX_DIGITS 16

/* ---- parts ---- */

/* One octet of each in all eight. */
#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Eight digits at once, the first in the lowest octet; false when one is none. */
static inline bool read_digits(const uint8_t *p, uint8_t *ret)
{
	uint64_t c = (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
		(uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
	/* letters, and only they, have bit 6 set: 'a' is 0x61. No sum reaches 128, so none carries. */
	uint64_t v = (c & EACH(0x0f)) + 9 * (c >> 6 & EACH(1));
	uint64_t is_letter = (v + EACH(0x76)) >> 7 & EACH(1);

	/* what is a digit gives itself back; 'g' and what follows have values from 16 on */
	if ((v & EACH(0xf0)) != 0 || v + EACH('0') + ('a' - '0' - 10) * is_letter != c)
		return false;
	v = (v << 4 | v >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	v = (v | v >> 8) & UINT64_C(0x0000ffff0000ffff);
	v |= v >> 16;
	ret[0] = (uint8_t)v;
	ret[1] = (uint8_t)(v >> 8);
	ret[2] = (uint8_t)(v >> 16);
	ret[3] = (uint8_t)(v >> 24);
	return true;
}

bool tr_take_hex(struct vf_bytes *in, uint8_t *ret, size_t n)
{
	struct vf_bytes rest = *in, digits;

	assert(n % 4 == 0);
	if (!vf_take(&rest, 2 * n, &digits))
		return false;
	for (size_t i = 0; i < n; i += 4)
		if (!read_digits(&digits.p[2 * i], ret + i))
			return false;
	*in = rest;
	return true;
}

bool tr_take_string(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_bytes quote;
	size_t n = 0;

	while (n < in->n && in->p[n] != '"' && in->p[n] != '\\' && in->p[n] >= 0x20)
		n++;
	if (n == in->n || in->p[n] != '"')
		return false;
	return vf_take(in, n, ret) && vf_take(in, 1, &quote);
}

bool tr_take_decimal(struct vf_bytes *in, uint64_t max, uint64_t *ret)
{
	struct vf_bytes rest = *in, digits;
	size_t n = 0;

	while (n < in->n && n <= MAX_DIGITS && in->p[n] >= '0' && in->p[n] <= '9')
		n++;
	if (n > MAX_DIGITS || !vf_take(&rest, n, &digits) || !vf_decimal_read(digits, max, ret))
		return false;
	*in = rest;
	return true;
}

bool tr_take_pair(struct vf_bytes *in, struct vf_pair *ret)
{
	struct vf_bytes rest = *in;

	if (!TR_TAKE(&rest, ",\"sha256\":\"") || !tr_take_hex(&rest, ret->sha256.b, sizeof(ret->sha256.b)) ||
		!TR_TAKE(&rest, "\",\"sha512\":\"") || !tr_take_hex(&rest, ret->sha512.b, sizeof(ret->sha512.b)) ||
		!TR_TAKE(&rest, "\""))
		return false;
	*in = rest;
	return true;
}

/* After the opening quote. */
static bool take_hash(struct vf_bytes *in, struct vf_hash *ret)
{
	return tr_take_hex(in, ret->b, sizeof(ret->b)) && TR_TAKE(in, "\"");
}

static bool take_word(struct vf_bytes *in, struct vf_bytes *ret)
{
	return tr_take_string(in, ret) && vf_word_is(*ret);
}

/* Most texts are: this spares them the tables of vf_text_is_plain(). */
static bool is_printable_ascii(struct vf_bytes text)
{
	size_t plain = 0;

	for (size_t i = 0; i < text.n; i++)
		plain += text.p[i] >= 0x20 && text.p[i] < 0x7f;
	return plain == text.n;
}

static bool take_text(struct vf_bytes *in, size_t max, struct vf_bytes *ret)
{
	return tr_take_string(in, ret) && ret->n > 0 && ret->n <= max &&
		(is_printable_ascii(*ret) || vf_text_is_plain(*ret));
}

/* ---- the statement ---- */

static bool take_texts(struct vf_bytes *in, struct vf_statement *s)
{
	return TR_TAKE(in, "{\"schema\":\"" VF_SCHEMA_STATEMENT "\",\"kind\":\"") && take_word(in, &s->kind) &&
		TR_TAKE(in, ",\"study\":\"") && take_text(in, MAX_STUDY, &s->study) &&
		(!TR_TAKE(in, ",\"version\":\"") || take_text(in, MAX_SHORT, &s->version)) &&
		(!TR_TAKE(in, ",\"date\":\"") || take_text(in, MAX_SHORT, &s->date)) &&
		(!TR_TAKE(in, ",\"title\":\"") || take_text(in, MAX_TITLE, &s->title));
}

static bool is_after(const struct vf_link *before, const struct vf_link *l)
{
	int order = vf_bytes_cmp(before->type, l->type);

	return order < 0 || (order == 0 && memcmp(before->record.b, l->record.b, sizeof(l->record.b)) < 0);
}

static bool take_links(struct vf_bytes *in, struct vf_arena *a, struct vf_statement *s)
{
	size_t room = in->n / MIN_LINK < VF_MAX_LINKS ? in->n / MIN_LINK : VF_MAX_LINKS;

	if (!TR_TAKE(in, ",\"links\":["))
		return true;
	s->links = VF_NEW(a, room, struct vf_link);
	if (!s->links)
		return false;
	do {
		struct vf_link *l = &s->links[s->n_links];

		if (s->n_links == room || !TR_TAKE(in, "{\"type\":\"") || !take_word(in, &l->type) ||
			!TR_TAKE(in, ",\"record\":\"") || !take_hash(in, &l->record) || !TR_TAKE(in, "}"))
			return false;
		if (s->n_links > 0 && !is_after(l - 1, l))
			return false;
		s->n_links++;
	} while (TR_TAKE(in, ","));
	return TR_TAKE(in, "]");
}

/* As tr_commitment_name() writes it: from 001, a fourth digit only when needed. */
static bool is_commitment(struct vf_bytes name)
{
	struct vf_bytes digits;
	uint64_t v = 0;

	if (!TR_TAKE(&name, VF_NAME_COMMITMENT) || !vf_take_until(&name, '.', &digits) || !vf_bytes_is(name, "json") ||
		digits.n < 3 || digits.n > 4 || (digits.n == 4 && digits.p[0] == '0'))
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return v > 0;
}

/* The role must be the one that the name has. */
static bool take_role(struct vf_bytes *in, struct vf_bytes name, enum vf_role *ret)
{
	if (TR_TAKE(in, "document\"")) {
		*ret = VF_ROLE_DOCUMENT;
		return vf_document_name_check(name, NULL) == VF_OK;
	}
	if (TR_TAKE(in, "commitment\"")) {
		*ret = VF_ROLE_COMMITMENT;
		return is_commitment(name);
	}
	*ret = VF_ROLE_STREAM;
	return TR_TAKE(in, "stream\"") && vf_bytes_is(name, VF_NAME_STREAM);
}

static bool take_members(struct vf_bytes *in, struct vf_arena *a, struct vf_statement *s)
{
	size_t room = in->n / MIN_MEMBER < VF_MAX_MEMBERS ? in->n / MIN_MEMBER : VF_MAX_MEMBERS;

	s->members = VF_NEW(a, room, struct vf_member);
	if (!s->members)
		return false;
	do {
		struct vf_member *m = &s->members[s->n_members];

		if (s->n_members == room || !TR_TAKE(in, "{\"name\":\"") || !tr_take_string(in, &m->name) ||
			!TR_TAKE(in, ",\"role\":\"") || !take_role(in, m->name, &m->role) ||
			!tr_take_pair(in, &m->digests) || !TR_TAKE(in, "}"))
			return false;
		if (s->n_members > 0 && vf_bytes_cmp(m[-1].name, m->name) >= 0)
			return false;
		s->n_members++;
	} while (TR_TAKE(in, ","));
	return true;
}

/* As the general reader asks it, after the list was found to be ascending. */
static bool has_distinct_names(const struct vf_statement *s, const struct vf_arena *a)
{
	struct vf_arena scratch = *a;
	struct vf_bytes *names = VF_NEW(&scratch, s->n_members, struct vf_bytes);
	const char *fault = NULL;

	if (!names)
		return false;
	for (size_t i = 0; i < s->n_members; i++)
		names[i] = s->members[i].name;
	return vf_names_check(names, s->n_members, &scratch, &fault, NULL) == VF_OK && !fault;
}

static bool take_statement(struct vf_bytes in, struct vf_arena *a, struct vf_statement *s)
{
	if (in.n > VF_MAX_STATEMENT || !take_texts(&in, s) || !take_links(&in, a, s) ||
		!TR_TAKE(&in, ",\"nonce\":\"") || !take_hash(&in, &s->nonce))
		return false;
	s->has_signer = TR_TAKE(&in, ",\"signer\":\"");
	if (s->has_signer && !take_hash(&in, &s->signer))
		return false;
	return TR_TAKE(&in, ",\"members\":[") && take_members(&in, a, s) && TR_TAKE(&in, "]}\n") && in.n == 0 &&
		has_distinct_names(s, a);
}

bool tr_canonical_statement(struct vf_bytes json, struct vf_arena *a, struct vf_statement *ret)
{
	struct vf_arena before = *a;
	struct vf_statement s = {0};

	if (!take_statement(json, a, &s)) {
		*a = before;
		return false;
	}
	*ret = s;
	return true;
}

/* ---- the stream member ---- */

bool tr_canonical_stream(struct vf_bytes in, struct vf_stream_member *ret)
{
	struct vf_stream_member m = {0};

	if (!TR_TAKE(&in, "{\"schema\":\"" VF_SCHEMA_STREAM "\",\"seq\":") || !tr_take_decimal(&in, VF_MAX_SEQ, &m.seq))
		return false;
	if (m.seq == 0 && (!TR_TAKE(&in, ",\"key\":\"") || !take_hash(&in, &m.key)))
		return false;
	if (m.seq > 0 && (!TR_TAKE(&in, ",\"stream\":\"") || !take_hash(&in, &m.stream) ||
				 !TR_TAKE(&in, ",\"prev\":\"") || !take_hash(&in, &m.prev)))
		return false;
	if (m.seq == 1 && !vf_hash_eq(&m.stream, &m.prev))
		return false;
	if (!TR_TAKE(&in, ",\"nonce\":\"") || !take_hash(&in, &m.nonce) || !TR_TAKE(&in, "}\n") || in.n != 0)
		return false;
	*ret = m;
	return true;
}

/* ---- the commitment ---- */

bool tr_canonical_commitment(struct vf_bytes in, struct vf_commitment *ret)
{
	struct vf_commitment c = {0};

	if (!TR_TAKE(&in, "{\"schema\":\"" VF_SCHEMA_COMMITMENT "\",\"name\":\"") || !tr_take_string(&in, &c.name) ||
		vf_document_name_check(c.name, NULL) != VF_OK || !tr_take_pair(&in, &c.digests) ||
		!TR_TAKE(&in, ",\"salt\":\"") || !take_hash(&in, &c.salt) || !TR_TAKE(&in, "}\n") || in.n != 0)
		return false;
	*ret = c;
	return true;
}
