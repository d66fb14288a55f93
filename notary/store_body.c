#include "notary/store_body.h"

#include <stdlib.h>

#include "verify/limits.h"
#include "verify/text.h"

/*
 * Row: front | rest | zeros. The front is
 *   form (1), flags, id 32, id512 64, slot 32, accepted_ms 8, journal 32.
 * Numbers in the rest are LEB128, strings a length and octets.
 */
#define FORM 1
#define FLAG_STREAM 1
#define FLAG_ERASED 2
#define MEMBER_BYTES 1
#define MEMBER_PACKED 2
#define DOC_CONFIDENTIAL 1
#define DOC_KEEP 2
#define DOC_IS_MEMBER 4
#define BODY_FAIL(reterr) vf_fail((reterr), VF_STORE_CORRUPT, "a record's row is not in its exact form")

static void put_number(struct nt_buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		nt_buf_put_u8(out, (uint8_t)(v | 0x80));
	nt_buf_put_u8(out, (uint8_t)v);
}

static bool take_number(struct vf_bytes *in, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t b;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		/* One encoding of a number: no octets that add nothing. */
		if (!vf_take_u8(in, &b) || (shift == 63 && b > 1) || (shift > 0 && b == 0))
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static void put_string(struct nt_buf *out, struct vf_bytes b)
{
	put_number(out, b.n);
	nt_buf_put(out, b);
}

static bool take_string(struct vf_bytes *in, struct vf_bytes *ret)
{
	uint64_t n;

	return take_number(in, &n) && n <= in->n && vf_take(in, (size_t)n, ret);
}

static bool take_hash(struct vf_bytes *in, struct vf_hash *ret)
{
	struct vf_bytes b;

	if (!vf_take(in, 32, &b))
		return false;
	memcpy(ret->b, b.p, 32);
	return true;
}

static bool take_hash512(struct vf_bytes *in, struct vf_hash512 *ret)
{
	struct vf_bytes b;

	if (!vf_take(in, 64, &b))
		return false;
	memcpy(ret->b, b.p, 64);
	return true;
}

static void put_hash(struct nt_buf *out, const struct vf_hash *h)
{
	nt_buf_put(out, vf_bytes(h->b, 32));
}

static void put_pair(struct nt_buf *out, const struct vf_pair *p)
{
	put_hash(out, &p->sha256);
	nt_buf_put(out, vf_bytes(p->sha512.b, 64));
}

static bool take_pair(struct vf_bytes *in, struct vf_pair *ret)
{
	struct vf_pair p;

	if (!take_hash(in, &p.sha256) || !take_hash512(in, &p.sha512))
		return false;
	*ret = p;
	return true;
}

static int compare_256(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static int compare_512(const void *a, const void *b)
{
	return memcmp(a, b, 64);
}

VF_RC nt_body_group(const struct nt_member *members, size_t n, struct vf_hash *ret, struct vf_hash512 *ret512,
	struct vf_err *reterr)
{
	uint8_t few[8 * 96];
	uint8_t *p = few;

	if (n > VF_MAX_MEMBERS + 3)
		return vf_fail(reterr, VF_LIMIT, "a record of %zu members", n);
	if (n > 8)
		p = malloc(n * 96);
	if (p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu members", n);
	for (size_t i = 0; i < n; i++) {
		memcpy(p + 32 * i, members[i].digests.sha256.b, 32);
		memcpy(p + 32 * n + 64 * i, members[i].digests.sha512.b, 64);
	}
	qsort(p, n, 32, compare_256);
	qsort(p + 32 * n, n, 64, compare_512);
	*ret = vf_sha256(vf_bytes(p, 32 * n));
	*ret512 = vf_sha512(vf_bytes(p + 32 * n, 64 * n));
	if (p != few)
		free(p);
	return VF_OK;
}

static void put_front(struct nt_buf *out, const struct nt_body_front *f)
{
	nt_buf_put_u8(out, FORM);
	nt_buf_put_u8(out, (uint8_t)((f->in_stream ? FLAG_STREAM : 0) | (f->erased ? FLAG_ERASED : 0)));
	put_hash(out, &f->id);
	nt_buf_put(out, vf_bytes(f->id512.b, 64));
	put_hash(out, &f->slot);
	nt_buf_put_u64be(out, (uint64_t)f->accepted_ms);
	put_hash(out, &f->journal);
}

static bool all_zero(struct vf_bytes b)
{
	uint8_t any = 0;

	for (size_t i = 0; i < b.n; i++)
		any |= b.p[i];
	return any == 0;
}

static bool take_front(struct vf_bytes *in, struct nt_body_front *ret)
{
	struct nt_body_front f = {0};
	uint8_t form, flags;
	uint64_t ms;

	if (!vf_take_u8(in, &form) || form != FORM || !vf_take_u8(in, &flags) ||
		(flags & ~(FLAG_STREAM | FLAG_ERASED)) != 0 || !take_hash(in, &f.id) ||
		!take_hash512(in, &f.id512) || !take_hash(in, &f.slot) || !vf_take_u64be(in, &ms) ||
		ms > INT64_MAX || !take_hash(in, &f.journal))
		return false;
	f.in_stream = (flags & FLAG_STREAM) != 0;
	f.erased = (flags & FLAG_ERASED) != 0;
	/* An erasure leaves no trace of what was erased. */
	if (f.erased && !all_zero(vf_bytes(f.journal.b, 32)))
		return false;
	f.accepted_ms = (int64_t)ms;
	*ret = f;
	return true;
}

VF_RC nt_body_front(struct vf_bytes body, struct nt_body_front *ret, struct vf_err *reterr)
{
	if (!take_front(&body, ret))
		return BODY_FAIL(reterr);
	return VF_OK;
}

static void put_place(struct nt_buf *out, uint64_t stream, uint64_t seq, const struct vf_hash *prev)
{
	put_number(out, stream);
	put_number(out, seq);
	if (seq > 0)
		put_hash(out, prev);
}

/*
 * What the digests in a member's JSON may be known by: number 0 is the record before in the stream;
 * for the statement, which names the others, i + 1 is member i.
 */
struct known {
	struct vf_pair prev;
	const struct nt_member *members;
};

static const struct vf_pair *known_at(const void *ctx, size_t i)
{
	const struct known *k = ctx;

	return i == 0 ? &k->prev : &k->members[i - 1].digests;
}

static bool is_statement(struct vf_bytes name)
{
	return vf_bytes_is(name, "statement.json");
}

static struct nt_known known_of(const struct known *k, struct vf_bytes name, size_t n_members)
{
	return (struct nt_known){known_at, k, is_statement(name) ? n_members + 1 : 1};
}

/* Packed when that is shorter. */
static void put_content(const struct nt_packer *p, const struct nt_known *known, struct nt_buf *out,
	struct vf_bytes name, struct vf_bytes bytes)
{
	uint8_t fixed[2048];
	struct nt_buf scratch = {.p = fixed, .room = sizeof(fixed), .cap = sizeof(fixed)};
	struct nt_buf large = nt_buf(2 * bytes.n + 256);
	struct nt_buf *b = bytes.n <= 900 ? &scratch : &large;

	nt_pack(p, known, b, bytes);
	if (!b->failed && b->n < bytes.n) {
		nt_buf_put_u8(out, MEMBER_BYTES | MEMBER_PACKED);
		put_string(out, name);
		put_number(out, bytes.n);
		put_string(out, nt_buf_bytes(b));
	} else {
		nt_buf_put_u8(out, MEMBER_BYTES);
		put_string(out, name);
		put_number(out, bytes.n);
		put_string(out, bytes);
	}
	nt_buf_done(&large);
}

/* Begins at *hint, so that documents in the order of their members are found at once. */
static size_t find_member(const struct nt_submission *s, const struct nt_document *d, size_t *hint)
{
	for (size_t k = 0; k < s->n_members; k++) {
		size_t i = (*hint + k) % s->n_members;

		if (s->members[i].bytes.n == 0 && vf_bytes_eq(s->members[i].name, d->name) &&
			vf_pair_eq(&s->members[i].digests, &d->digests)) {
			*hint = i + 1;
			return i;
		}
	}
	return s->n_members;
}

/* Where the document is a member, its name and digests are not stored twice. */
static void put_document(
	struct nt_buf *out, const struct nt_submission *s, const struct nt_document *d, size_t *hint)
{
	size_t member = d->confidential ? s->n_members : find_member(s, d, hint);
	bool is_member = member < s->n_members;

	nt_buf_put_u8(out,
		(uint8_t)((d->confidential ? DOC_CONFIDENTIAL : 0) | (d->keep ? DOC_KEEP : 0) |
			(is_member ? DOC_IS_MEMBER : 0)));
	if (is_member) {
		put_number(out, member);
	} else {
		put_string(out, d->name);
		put_pair(out, &d->digests);
	}
	put_number(out, d->size);
	put_string(out, d->path);
	put_string(out, d->commitment);
}

void nt_body_put_content(const struct nt_packer *p, struct nt_buf *out, const struct nt_submission *s)
{
	struct known known = {.prev.sha256 = s->prev, .members = s->members};
	size_t room = 0, hint = 0;

	put_string(out, s->version);
	put_string(out, s->date);
	put_string(out, s->title);
	for (size_t i = 0; i < s->n_members; i++)
		room += s->members[i].bytes.n;
	put_number(out, room);
	put_number(out, s->n_members);
	for (size_t i = 0; i < s->n_members; i++) {
		const struct nt_member *m = &s->members[i];

		if (m->bytes.n > 0) {
			struct nt_known k = known_of(&known, m->name, s->n_members);

			put_content(p, &k, out, m->name, m->bytes);
			continue;
		}
		nt_buf_put_u8(out, 0);
		put_string(out, m->name);
		put_pair(out, &m->digests);
	}
	put_number(out, s->n_documents);
	for (size_t i = 0; i < s->n_documents; i++)
		put_document(out, s, &s->documents[i], &hint);
	put_number(out, s->n_links);
	for (size_t i = 0; i < s->n_links; i++) {
		put_string(out, s->links[i].type);
		put_hash(out, &s->links[i].record);
	}
}

/* Octets of a row at least: what stays after an erasure must fit in its place. */
static size_t least_size(const struct nt_member *members, size_t n)
{
	size_t least = NT_BODY_FRONT + 64 + 32 * n;

	for (size_t i = 0; i < n; i++)
		if (vf_bytes_is(members[i].name, "stream.json"))
			least += members[i].bytes.n;
	return least;
}

void nt_body_put(struct nt_buf *out, const struct nt_submission *s, struct vf_bytes content,
	const struct nt_body_refs *refs, int64_t accepted_ms)
{
	struct nt_body_front f = {.in_stream = s->in_stream,
		.id = s->id,
		.id512 = s->id512,
		.slot = s->slot,
		.accepted_ms = accepted_ms,
		.journal = s->journal};
	size_t begin = out->n, least = least_size(s->members, s->n_members);

	put_front(out, &f);
	if (s->in_stream)
		put_place(out, refs->stream, s->seq, &s->prev);
	put_number(out, refs->submitter);
	put_number(out, refs->study);
	put_number(out, refs->kind);
	nt_buf_put(out, content);
	while (!out->failed && out->n - begin < least)
		nt_buf_put_u8(out, 0);
}

/* ---- reading ---- */

static bool take_place(struct vf_bytes *in, struct nt_body_refs *refs, struct nt_record *r)
{
	return take_number(in, &refs->stream) && take_number(in, &r->seq) && r->seq < INT64_MAX &&
		(r->seq == 0 || take_hash(in, &r->prev));
}

/* A member as the row has it, before its bytes are unpacked. */
struct packed {
	uint8_t flags;
	uint64_t n;
	struct vf_bytes content;
};

static bool take_member(struct vf_bytes *in, struct nt_member *ret, struct packed *ret_packed)
{
	if (!vf_take_u8(in, &ret_packed->flags) || !take_string(in, &ret->name))
		return false;
	if (ret_packed->flags == 0)
		return take_pair(in, &ret->digests);
	return (ret_packed->flags & ~MEMBER_PACKED) == MEMBER_BYTES && take_number(in, &ret_packed->n) &&
		ret_packed->n > 0 && take_string(in, &ret_packed->content);
}

static bool unpack_member(
	const struct packed *p, const struct nt_known *known, struct nt_buf *area, struct nt_member *m)
{
	size_t at = area->n;

	if (p->n > area->cap - area->n)
		return false;
	if ((p->flags & MEMBER_PACKED) == 0)
		nt_buf_put(area, p->content);
	else if (nt_unpack(area, known, p->content, NULL) != VF_OK)
		return false;
	if (area->failed || area->n - at != p->n)
		return false;
	m->bytes = vf_bytes(area->p + at, (size_t)p->n);
	m->digests = vf_pair_of(m->bytes);
	return true;
}

/* The statement comes last: it may refer to the digests of all others. */
static bool unpack_members(struct nt_record *r, size_t n, const struct packed *packed, struct nt_buf *area)
{
	struct known k = {.prev.sha256 = r->prev, .members = r->members};

	for (int statement = 0; statement < 2; statement++) {
		for (size_t i = 0; i < n; i++) {
			struct nt_known known = known_of(&k, r->members[i].name, n);

			if (packed[i].flags == 0 || is_statement(r->members[i].name) != (statement == 1))
				continue;
			if (!unpack_member(&packed[i], &known, area, &r->members[i]))
				return false;
		}
	}
	return true;
}

static bool take_document(struct vf_bytes *in, const struct nt_record *r, struct nt_document *ret)
{
	uint8_t flags;
	uint64_t member;

	if (!vf_take_u8(in, &flags) || flags > 7)
		return false;
	ret->confidential = (flags & DOC_CONFIDENTIAL) != 0;
	ret->keep = (flags & DOC_KEEP) != 0;
	if ((flags & DOC_IS_MEMBER) != 0) {
		if (!take_number(in, &member) || member >= r->n_members)
			return false;
		ret->name = r->members[member].name;
		ret->digests = r->members[member].digests;
	} else if (!take_string(in, &ret->name) || !take_pair(in, &ret->digests)) {
		return false;
	}
	return take_number(in, &ret->size) && take_string(in, &ret->path) &&
		take_string(in, &ret->commitment);
}

/* Memory for count objects behind the row's copy, and at least one octet a piece left in the row. */
static bool table(const struct vf_bytes *in, uint64_t count, size_t size, void **ret)
{
	if (count > in->n)
		return false;
	*ret = calloc((size_t)count + 1, size);
	return *ret != NULL;
}

/* Everything that a record owns. */
struct memory {
	uint8_t *row, *area;
	void *members, *documents, *links;
};

static void memory_free(struct memory *m)
{
	if (m == NULL)
		return;
	free(m->row);
	free(m->area);
	free(m->members);
	free(m->documents);
	free(m->links);
	free(m);
}

struct nt_record *nt_record_free(struct nt_record *r)
{
	if (r != NULL)
		memory_free(r->memory);
	free(r);
	return NULL;
}

void nt_record_freep(struct nt_record **r)
{
	*r = nt_record_free(*r);
}

VF_RC nt_record_unknown(const struct vf_hash *id, struct vf_err *reterr)
{
	char hex[65];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	return vf_fail(reterr, VF_UNKNOWN_RECORD, "there is no record '%s'", hex);
}

VF_RC nt_record_new(size_t members, size_t documents, size_t links, size_t octets, struct nt_record **ret,
	uint8_t **ret_octets, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = calloc(1, sizeof(*r));
	struct memory *m = calloc(1, sizeof(*m));

	if (r == NULL || m == NULL) {
		free(m);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
	}
	r->memory = m;
	m->row = malloc(octets + 1);
	m->members = calloc(members + 1, sizeof(*r->members));
	m->documents = calloc(documents + 1, sizeof(*r->documents));
	m->links = calloc(links + 1, sizeof(*r->links));
	if (m->row == NULL || m->members == NULL || m->documents == NULL || m->links == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
	r->members = m->members;
	r->documents = m->documents;
	r->links = m->links;
	*ret_octets = m->row;
	*ret = r;
	r = NULL;
	return VF_OK;
}

static bool take_packed(struct vf_bytes *in, struct nt_record *r, size_t n, struct nt_buf *area)
{
	void *table_memory = NULL;
	struct packed *packed;
	bool ok = table(in, n, sizeof(*packed), &table_memory);

	packed = table_memory;
	for (size_t i = 0; i < n && ok; i++)
		ok = take_member(in, &r->members[i], &packed[i]);
	ok = ok && unpack_members(r, n, packed, area);
	free(table_memory);
	return ok;
}

static bool take_members(struct vf_bytes *in, struct memory *m, struct nt_record *r)
{
	struct nt_buf area = {0};
	uint64_t room, n;

	if (!take_number(in, &room) || room > (uint64_t)VF_MAX_PART * 4 || !take_number(in, &n) ||
		!table(in, n, sizeof(*r->members), &m->members))
		return false;
	m->area = malloc((size_t)room + 256);
	if (m->area == NULL)
		return false;
	area = (struct nt_buf){.p = m->area, .room = (size_t)room + 256, .cap = (size_t)room + 256};
	r->members = m->members;
	if (!take_packed(in, r, (size_t)n, &area))
		return false;
	r->n_members = (size_t)n;
	return area.n == room;
}

static bool take_rest(struct vf_bytes *in, struct memory *m, struct nt_body_refs *refs, struct nt_record *r)
{
	uint64_t n;

	if (!take_number(in, &refs->submitter) || !take_number(in, &refs->study) ||
		!take_number(in, &refs->kind) || !take_string(in, &r->version) ||
		!take_string(in, &r->date) || !take_string(in, &r->title) || !take_members(in, m, r) ||
		!take_number(in, &n) || !table(in, n, sizeof(*r->documents), &m->documents))
		return false;
	r->documents = m->documents;
	for (size_t i = 0; i < n; i++, r->n_documents = i)
		if (!take_document(in, r, &r->documents[i]))
			return false;
	if (!take_number(in, &n) || !table(in, n, sizeof(*r->links), &m->links))
		return false;
	r->links = m->links;
	for (size_t i = 0; i < n; i++, r->n_links = i)
		if (!take_string(in, &r->links[i].type) || !take_hash(in, &r->links[i].record))
			return false;
	return true;
}

/* Of an erased record: member digests without names, stream.json as the only member with bytes. */
static bool take_erased(struct vf_bytes *in, struct memory *m, struct nt_record *r)
{
	struct vf_bytes stream;
	uint64_t n;

	if (!take_number(in, &n) || !table(in, n + 1, sizeof(*r->members), &m->members))
		return false;
	r->members = m->members;
	for (size_t i = 0; i < n; i++)
		if (!take_hash(in, &r->members[i].digests.sha256))
			return false;
	r->n_members = (size_t)n;
	if (!take_string(in, &stream))
		return false;
	if (stream.n == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct vf_pair pair = vf_pair_of(stream);

		if (!vf_hash_eq(&r->members[i].digests.sha256, &pair.sha256))
			continue;
		r->members[i] = (struct nt_member){vf_bytes_str("stream.json"), pair, stream};
		return true;
	}
	r->members[r->n_members++] =
		(struct nt_member){vf_bytes_str("stream.json"), vf_pair_of(stream), stream};
	return n == 0;
}

/* Zeros follow only where the writer puts them: up to the least size, or in place of what was erased. */
static bool is_padded(struct vf_bytes body, size_t zeros, const struct nt_record *r)
{
	size_t least = least_size(r->members, r->n_members);

	return body.n == least || (body.n > least && (zeros == 0 || r->state == NT_ERASED));
}

/* A record proves itself: its members give its ID. */
static VF_RC check_group(const struct nt_record *r, struct vf_err *reterr)
{
	struct vf_hash id;
	struct vf_hash512 id512;
	enum vf_rc rc;

	if (r->state == NT_ERASED && r->n_members < 2)
		return VF_OK;
	rc = nt_body_group(r->members, r->n_members, &id, &id512, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_hash_eq(&id, &r->id) || (r->state != NT_ERASED && !vf_hash512_eq(&id512, &r->id512)))
		return vf_fail(reterr, VF_STORE_CORRUPT, "the members of a record do not give its ID");
	return VF_OK;
}

static VF_RC read_into(struct vf_bytes body, struct nt_body_refs *refs, struct nt_record *r, struct memory *m,
	struct vf_err *reterr)
{
	struct nt_body_front f;
	struct vf_bytes in;

	m->row = malloc(body.n + 1);
	if (m->row == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
	memcpy(m->row, body.p, body.n);
	in = vf_bytes(m->row, body.n);
	if (!take_front(&in, &f))
		return BODY_FAIL(reterr);
	r->state = f.erased ? NT_ERASED : NT_PENDING;
	r->id = f.id;
	r->id512 = f.id512;
	r->slot = f.slot;
	r->accepted_ms = f.accepted_ms;
	r->in_stream = f.in_stream;
	if (f.in_stream && !take_place(&in, refs, r))
		return BODY_FAIL(reterr);
	if (!(f.erased ? take_erased(&in, m, r) : take_rest(&in, m, refs, r)) || !all_zero(in) ||
		!is_padded(body, in.n, r))
		return BODY_FAIL(reterr);
	return check_group(r, reterr);
}

VF_RC nt_body_read(
	struct vf_bytes body, struct nt_body_refs *ret_refs, struct nt_record **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = calloc(1, sizeof(*r));
	struct memory *m = calloc(1, sizeof(*m));
	struct nt_body_refs refs = {0};
	enum vf_rc rc;

	if (r == NULL || m == NULL) {
		free(m);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
	}
	r->memory = m;
	rc = read_into(body, &refs, r, m, reterr);
	if (rc != VF_OK)
		return rc;
	*ret_refs = refs;
	*ret = r;
	r = NULL;
	return VF_OK;
}

/* Passes over the members; remembers where the digests of those without bytes are. */
static bool skip_members(struct vf_bytes *in, struct vf_hash *digests, uint64_t n)
{
	struct vf_bytes b;
	struct vf_pair pair;
	uint64_t skip;
	uint8_t flags;

	for (uint64_t i = 0; i < n; i++) {
		if (!vf_take_u8(in, &flags) || !take_string(in, &b))
			return false;
		if (flags == 0 && !take_pair(in, &pair))
			return false;
		if (flags != 0 && (!take_number(in, &skip) || !take_string(in, &b)))
			return false;
		if (flags == 0)
			digests[i] = pair.sha256;
	}
	return true;
}

static bool index_document(
	struct vf_bytes *in, const struct vf_hash *digests, uint64_t n_digests, struct nt_body_document *ret)
{
	uint8_t flags;
	uint64_t member;
	struct vf_bytes b;
	struct vf_pair pair;

	if (!vf_take_u8(in, &flags))
		return false;
	if ((flags & DOC_IS_MEMBER) != 0) {
		if (!take_number(in, &member) || member >= n_digests)
			return false;
		ret->sha256 = digests[member];
	} else {
		if (!take_string(in, &b) || !take_pair(in, &pair))
			return false;
		ret->sha256 = pair.sha256;
	}
	ret->keep = (flags & DOC_KEEP) != 0;
	return take_number(in, &member) && take_string(in, &b) && take_string(in, &b);
}

/* Space for n more objects of a growing table; the old place when it fits. */
static bool grow(void **p, size_t *room, uint64_t n, size_t size)
{
	void *more;

	if (n <= *room)
		return true;
	if (n > VF_MAX_MEMBERS * 4)
		return false;
	more = realloc(*p, (size_t)n * size);
	if (more == NULL)
		return false;
	*p = more;
	*room = (size_t)n;
	return true;
}

static bool take_index(struct vf_bytes in, struct nt_body_index *ix)
{
	struct nt_body_refs refs = {0};
	struct nt_record r = {0};
	struct vf_bytes b;
	uint64_t skip, n;

	ix->n_documents = ix->n_links = 0;
	ix->study = 0;
	if (!take_front(&in, &ix->front) || (ix->front.in_stream && !take_place(&in, &refs, &r)))
		return false;
	ix->stream = refs.stream;
	ix->seq = r.seq;
	ix->prev = r.prev;
	if (ix->front.erased)
		return true;
	if (!take_number(&in, &skip) || !take_number(&in, &ix->study) || !take_number(&in, &skip) ||
		!take_string(&in, &b) || !take_string(&in, &b) || !take_string(&in, &b) ||
		!take_number(&in, &skip) || !take_number(&in, &n) || n > in.n ||
		!grow((void **)&ix->digests, &ix->digests_room, n, 32) ||
		!skip_members(&in, ix->digests, n) || !take_number(&in, &skip) || skip > in.n ||
		!grow((void **)&ix->documents, &ix->documents_room, skip, sizeof(*ix->documents)))
		return false;
	for (; ix->n_documents < skip; ix->n_documents++)
		if (!index_document(&in, ix->digests, n, &ix->documents[ix->n_documents]))
			return false;
	if (!take_number(&in, &n) || n > in.n ||
		!grow((void **)&ix->links, &ix->links_room, n, sizeof(*ix->links)))
		return false;
	for (; ix->n_links < n; ix->n_links++)
		if (!take_string(&in, &ix->links[ix->n_links].type) ||
			!take_hash(&in, &ix->links[ix->n_links].record))
			return false;
	return true;
}

VF_RC nt_body_index(struct vf_bytes body, struct nt_body_index *ix, struct vf_err *reterr)
{
	if (!take_index(body, ix))
		return BODY_FAIL(reterr);
	return VF_OK;
}

void nt_body_index_done(struct nt_body_index *ix)
{
	free(ix->digests);
	free(ix->documents);
	free(ix->links);
	*ix = (struct nt_body_index){0};
}

VF_RC nt_body_erase(struct vf_bytes body, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_body_front f;
	struct nt_body_refs refs;
	struct vf_bytes stream = {0};
	bool hiding = true;
	size_t begin = out->n;
	enum vf_rc rc = nt_body_front(body, &f, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_body_read(body, &refs, &r, reterr);
	if (rc != VF_OK)
		return rc;
	if (f.erased) { /* nothing is left to go, and fewer digests must not become more */
		nt_buf_put(out, body);
		return nt_buf_check(out, reterr);
	}
	for (size_t i = 0; i < r->n_members; i++) {
		/* details of a plain kind are a document with octets here: their digest would tell what they were */
		if (r->members[i].bytes.n == 0 || vf_bytes_is(r->members[i].name, "details.json"))
			hiding = false;
		if (vf_bytes_is(r->members[i].name, "stream.json"))
			stream = r->members[i].bytes;
	}
	f.erased = true;
	f.journal = (struct vf_hash){0};
	put_front(out, &f);
	if (f.in_stream)
		put_place(out, refs.stream, r->seq, &r->prev);
	put_number(out, hiding ? r->n_members : 0);
	for (size_t i = 0; hiding && i < r->n_members; i++)
		put_hash(out, &r->members[i].digests.sha256);
	put_string(out, stream);
	while (!out->failed && out->n - begin < body.n)
		nt_buf_put_u8(out, 0);
	return nt_buf_check(out, reterr);
}
