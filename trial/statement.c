#include "trial/statement.h"

#include <string.h>

#include "verify/limits.h"
#include "verify/text.h"

#define MAX_STUDY 128
#define MAX_SHORT 64
#define MAX_TITLE 512
/* Braces, names and digests of one member or link: more than they need. */
#define MEMBER_ROOM 320
#define LINK_ROOM 128
#define FIXED_ROOM 704

/* Room was taken for the longest text, so that appending need not test. */
struct out {
	uint8_t *p;
	size_t n;
};

static void put(struct out *o, const void *p, size_t n)
{
	if (n > 0)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

#define PUT(o, literal) put((o), (literal), sizeof(literal) - 1)

static void put_hex(struct out *o, const uint8_t *b, size_t n)
{
	static const uint8_t digits[] = "0123456789abcdef";
	uint8_t *to = o->p + o->n;

	for (size_t i = 0; i < n; i++) {
		to[2 * i] = digits[b[i] >> 4];
		to[2 * i + 1] = digits[b[i] & 15];
	}
	o->n += 2 * n;
}

/* A JSON string; plain text holds no controls, so two characters are escaped. */
static void put_text(struct out *o, struct vf_bytes text)
{
	o->p[o->n++] = '"';
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			o->p[o->n++] = '\\';
		o->p[o->n++] = text.p[i];
	}
	o->p[o->n++] = '"';
}

static void put_field(struct out *o, const char *name, struct vf_bytes text)
{
	if (text.n == 0)
		return;
	PUT(o, ",\"");
	put(o, name, strlen(name));
	PUT(o, "\":");
	put_text(o, text);
}

static void put_pair(struct out *o, const struct vf_pair *pair)
{
	PUT(o, ",\"sha256\":\"");
	put_hex(o, pair->sha256.b, sizeof(pair->sha256.b));
	PUT(o, "\",\"sha512\":\"");
	put_hex(o, pair->sha512.b, sizeof(pair->sha512.b));
	PUT(o, "\"");
}

static void put_hash_field(struct out *o, const char *name, const struct vf_hash *h)
{
	PUT(o, ",\"");
	put(o, name, strlen(name));
	PUT(o, "\":\"");
	put_hex(o, h->b, sizeof(h->b));
	PUT(o, "\"");
}

static void put_decimal(struct out *o, uint64_t v)
{
	uint8_t digits[20];
	size_t n = 0;

	do {
		digits[sizeof(digits) - ++n] = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	put(o, digits + sizeof(digits) - n, n);
}

static VF_RC begin(struct out *o, struct vf_arena *a, size_t room, struct vf_err *reterr)
{
	o->n = 0;
	o->p = VF_NEW(a, room, uint8_t);
	if (!o->p)
		return vf_fail(reterr, VF_NO_MEMORY, "no room for a text of %zu bytes", room);
	return VF_OK;
}

/* Gives back what was taken too much. */
static void finish(const struct out *o, struct vf_arena *a, size_t room, struct vf_bytes *ret)
{
	a->used -= room - o->n;
	*ret = vf_bytes(o->p, o->n);
}

/* Most texts are: this spares them the tables of vf_text_is_plain(). */
static bool is_printable_ascii(struct vf_bytes text)
{
	size_t plain = 0;

	for (size_t i = 0; i < text.n; i++)
		plain += text.p[i] >= 0x20 && text.p[i] < 0x7f;
	return plain == text.n;
}

static VF_RC check_text(const char *field, struct vf_bytes text, size_t max, struct vf_err *reterr)
{
	if (text.n > max)
		return vf_fail(
			reterr, VF_STATEMENT_SHAPE, "'%s' has %zu octets, more than %zu", field, text.n, max);
	if (!is_printable_ascii(text) && !vf_text_is_plain(text))
		return vf_fail(
			reterr, VF_STATEMENT_SHAPE, "'%s' holds a character that cannot be shown", field);
	return VF_OK;
}

static VF_RC check_details(
	struct vf_bytes version, struct vf_bytes date, struct vf_bytes title, struct vf_err *reterr)
{
	enum vf_rc rc = check_text("version", version, MAX_SHORT, reterr);

	if (rc == VF_OK)
		rc = check_text("date", date, MAX_SHORT, reterr);
	if (rc == VF_OK)
		rc = check_text("title", title, MAX_TITLE, reterr);
	return rc;
}

VF_RC tr_statement_check_texts(const struct tr_statement *s, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (s->kind == TR_KIND_NONE || tr_kind_of(tr_statement_kind(s)) != s->kind)
		return vf_fail(reterr, VF_UNKNOWN_KIND, "the statement has no kind");
	if (s->study.n == 0)
		return vf_fail(reterr, VF_STATEMENT_SHAPE, "'study' is empty");
	rc = check_text("study", s->study, MAX_STUDY, reterr);
	if (rc != VF_OK)
		return rc;
	if (tr_kind_is_personal(s->kind) && s->version.n + s->date.n + s->title.n > 0)
		return vf_fail(reterr, VF_PERSONAL_FIELD,
			"a '%s' record may not show a version, date or title", tr_kind_name(s->kind));
	return check_details(s->version, s->date, s->title, reterr);
}

static VF_RC check_lists(const struct tr_statement *s, struct vf_err *reterr)
{
	if (s->n_links > VF_MAX_LINKS)
		return vf_fail(reterr, VF_LIMIT, "%zu links, more than %d", s->n_links, VF_MAX_LINKS);
	if (s->n_members > VF_MAX_MEMBERS)
		return vf_fail(reterr, VF_LIMIT, "%zu members, more than %d", s->n_members, VF_MAX_MEMBERS);
	if (s->n_members == 0)
		return vf_fail(reterr, VF_INTERNAL, "a statement lists no member");
	for (size_t i = 1; i < s->n_links; i++) {
		const struct tr_link *a = &s->links[i - 1], *b = &s->links[i];
		int order = a->type < b->type ? -1 : a->type > b->type;

		if (order == 0)
			order = vf_bytes_cmp(vf_bytes(a->record.b, 32), vf_bytes(b->record.b, 32));
		if (order >= 0)
			return vf_fail(reterr, VF_INTERNAL, "links %zu and %zu are not in order", i - 1, i);
	}
	for (size_t i = 1; i < s->n_members; i++) {
		if (vf_bytes_cmp(s->members[i - 1].name, s->members[i].name) >= 0)
			return vf_fail(reterr, VF_INTERNAL, "members %zu and %zu are not in order", i - 1, i);
	}
	return VF_OK;
}

struct vf_bytes tr_statement_kind(const struct tr_statement *s)
{
	return s->kind == TR_OWN ? s->own_kind : vf_bytes_str(tr_kind_name(s->kind));
}

size_t tr_statement_room(const struct tr_statement *s)
{
	size_t n = FIXED_ROOM + s->n_links * LINK_ROOM + s->n_members * MEMBER_ROOM;

	n += 2 * (s->study.n + s->version.n + s->date.n + s->title.n);
	for (size_t i = 0; i < s->n_members; i++)
		n += 2 * s->members[i].name.n;
	return n;
}

static void put_links(struct out *o, const struct tr_statement *s)
{
	if (s->n_links == 0)
		return;
	PUT(o, ",\"links\":[");
	for (size_t i = 0; i < s->n_links; i++) {
		const char *type = tr_link_name(s->links[i].type);

		if (i > 0)
			PUT(o, ",");
		PUT(o, "{\"type\":\"");
		put(o, type, strlen(type));
		PUT(o, "\"");
		put_hash_field(o, "record", &s->links[i].record);
		PUT(o, "}");
	}
	PUT(o, "]");
}

static void put_members(struct out *o, const struct tr_statement *s)
{
	static const char *const roles[] = {
		[VF_ROLE_DOCUMENT] = "document",
		[VF_ROLE_COMMITMENT] = "commitment",
		[VF_ROLE_STREAM] = "stream",
	};

	PUT(o, ",\"members\":[");
	for (size_t i = 0; i < s->n_members; i++) {
		const struct vf_member *m = &s->members[i];

		if (i > 0)
			PUT(o, ",");
		PUT(o, "{\"name\":");
		put_text(o, m->name);
		PUT(o, ",\"role\":\"");
		put(o, roles[m->role], strlen(roles[m->role]));
		PUT(o, "\"");
		put_pair(o, &m->digests);
		PUT(o, "}");
	}
	PUT(o, "]");
}

VF_RC tr_statement_put(
	const struct tr_statement *s, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc = tr_statement_check_texts(s, reterr);
	struct out o;
	size_t room;

	if (rc == VF_OK)
		rc = check_lists(s, reterr);
	if (rc != VF_OK)
		return rc;
	room = tr_statement_room(s);
	rc = begin(&o, a, room, reterr);
	if (rc != VF_OK)
		return rc;
	PUT(&o, "{\"schema\":\"" VF_SCHEMA_STATEMENT "\",\"kind\":\"");
	put(&o, tr_statement_kind(s).p, tr_statement_kind(s).n);
	PUT(&o, "\"");
	put_field(&o, "study", s->study);
	put_field(&o, "version", s->version);
	put_field(&o, "date", s->date);
	put_field(&o, "title", s->title);
	put_links(&o, s);
	put_hash_field(&o, "nonce", &s->nonce);
	if (s->signer)
		put_hash_field(&o, "signer", s->signer);
	put_members(&o, s);
	PUT(&o, "}\n");
	if (o.n > VF_MAX_STATEMENT) {
		a->used -= room;
		return vf_fail(reterr, VF_LIMIT, "the statement would have %zu bytes, more than %d", o.n,
			VF_MAX_STATEMENT);
	}
	finish(&o, a, room, ret);
	return VF_OK;
}

VF_RC tr_stream_put(
	const struct vf_stream_member *s, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc;
	struct out o;

	if (s->seq > VF_MAX_SEQ)
		return vf_fail(reterr, VF_LIMIT, "the stream is full");
	rc = begin(&o, a, FIXED_ROOM, reterr);
	if (rc != VF_OK)
		return rc;
	PUT(&o, "{\"schema\":\"" VF_SCHEMA_STREAM "\",\"seq\":");
	put_decimal(&o, s->seq);
	if (s->seq == 0) {
		put_hash_field(&o, "key", &s->key);
	} else {
		put_hash_field(&o, "stream", &s->stream);
		put_hash_field(&o, "prev", &s->prev);
	}
	put_hash_field(&o, "nonce", &s->nonce);
	PUT(&o, "}\n");
	finish(&o, a, FIXED_ROOM, ret);
	return VF_OK;
}

VF_RC tr_commitment_put(
	const struct vf_commitment *c, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	size_t room = FIXED_ROOM + 2 * c->name.n;
	struct out o;
	enum vf_rc rc = begin(&o, a, room, reterr);

	if (rc != VF_OK)
		return rc;
	PUT(&o, "{\"schema\":\"" VF_SCHEMA_COMMITMENT "\"");
	put_field(&o, "name", c->name);
	put_pair(&o, &c->digests);
	put_hash_field(&o, "salt", &c->salt);
	PUT(&o, "}\n");
	finish(&o, a, room, ret);
	return VF_OK;
}

VF_RC tr_details_put(
	const struct tr_details *d, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	size_t room = FIXED_ROOM + 2 * (d->version.n + d->date.n + d->title.n);
	enum vf_rc rc = check_details(d->version, d->date, d->title, reterr);
	struct out o;

	if (rc == VF_OK)
		rc = begin(&o, a, room, reterr);
	if (rc != VF_OK)
		return rc;
	PUT(&o, "{\"schema\":\"" TR_SCHEMA_DETAILS "\"");
	put_field(&o, "version", d->version);
	put_field(&o, "date", d->date);
	put_field(&o, "title", d->title);
	PUT(&o, "}\n");
	finish(&o, a, room, ret);
	return VF_OK;
}

void tr_commitment_name(char out[TR_COMMITMENT_NAME_LEN + 1], size_t number)
{
	size_t n = sizeof(VF_NAME_COMMITMENT) - 1;

	memcpy(out, VF_NAME_COMMITMENT, n);
	if (number > 999)
		out[n++] = (char)('0' + number / 1000 % 10);
	out[n++] = (char)('0' + number / 100 % 10);
	out[n++] = (char)('0' + number / 10 % 10);
	out[n++] = (char)('0' + number % 10);
	memcpy(out + n, ".json", sizeof(".json"));
}
