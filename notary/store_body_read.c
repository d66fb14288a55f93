#include "notary/store_body_inside.h"

#include <stdlib.h>
#include <string.h>

#include "verify/limits.h"
#include "verify/text.h"

/* A member as the row has it, before its bytes are unpacked. */
struct packed {
	uint8_t flags;
	uint64_t n;
	struct vf_bytes content;
};

static bool take_member(struct vf_bytes *in, struct nt_member *ret, struct packed *ret_packed)
{
	if (!vf_take_u8(in, &ret_packed->flags) || !nt_body_take_string(in, &ret->name))
		return false;
	if (ret_packed->flags == 0)
		return nt_body_take_pair(in, &ret->digests);
	return (ret_packed->flags & ~NT_BODY_MEMBER_PACKED) == NT_BODY_MEMBER_BYTES && nt_body_take_number(in, &ret_packed->n) &&
		ret_packed->n > 0 && nt_body_take_string(in, &ret_packed->content);
}

static bool unpack_member(
	const struct packed *p, const struct nt_known *known, struct nt_buf *area, struct nt_member *m)
{
	size_t at = area->n;

	if (p->n > area->cap - area->n)
		return false;
	if ((p->flags & NT_BODY_MEMBER_PACKED) == 0)
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
	struct nt_body_known k = {.prev.sha256 = r->prev, .members = r->members};

	for (int statement = 0; statement < 2; statement++) {
		for (size_t i = 0; i < n; i++) {
			struct nt_known known = nt_body_known_of(&k, r->members[i].name, n);

			if (packed[i].flags == 0 || nt_body_is_statement(r->members[i].name) != (statement == 1))
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
	ret->confidential = (flags & NT_BODY_DOC_CONFIDENTIAL) != 0;
	ret->keep = (flags & NT_BODY_DOC_KEEP) != 0;
	if ((flags & NT_BODY_DOC_IS_MEMBER) != 0) {
		if (!nt_body_take_number(in, &member) || member >= r->n_members)
			return false;
		ret->name = r->members[member].name;
		ret->digests = r->members[member].digests;
	} else if (!nt_body_take_string(in, &ret->name) || !nt_body_take_pair(in, &ret->digests)) {
		return false;
	}
	return nt_body_take_number(in, &ret->size) && nt_body_take_string(in, &ret->path) &&
		nt_body_take_string(in, &ret->commitment);
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

	if (!nt_body_take_number(in, &room) || room > (uint64_t)VF_MAX_PART * 4 || !nt_body_take_number(in, &n) ||
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

	if (!nt_body_take_number(in, &refs->submitter) || !nt_body_take_number(in, &refs->study) ||
		!nt_body_take_number(in, &refs->kind) || !nt_body_take_string(in, &r->version) ||
		!nt_body_take_string(in, &r->date) || !nt_body_take_string(in, &r->title) || !take_members(in, m, r) ||
		!nt_body_take_number(in, &n) || !table(in, n, sizeof(*r->documents), &m->documents))
		return false;
	r->documents = m->documents;
	for (size_t i = 0; i < n; i++, r->n_documents = i)
		if (!take_document(in, r, &r->documents[i]))
			return false;
	if (!nt_body_take_number(in, &n) || !table(in, n, sizeof(*r->links), &m->links))
		return false;
	r->links = m->links;
	for (size_t i = 0; i < n; i++, r->n_links = i)
		if (!nt_body_take_string(in, &r->links[i].type) || !nt_body_take_hash(in, &r->links[i].record))
			return false;
	return true;
}

/* Of an erased record: member digests without names, stream.json as the only member with bytes. */
static bool take_erased(struct vf_bytes *in, struct memory *m, struct nt_record *r)
{
	struct vf_bytes stream;
	uint64_t n;

	if (!nt_body_take_number(in, &n) || !table(in, n + 1, sizeof(*r->members), &m->members))
		return false;
	r->members = m->members;
	for (size_t i = 0; i < n; i++)
		if (!nt_body_take_hash(in, &r->members[i].digests.sha256))
			return false;
	r->n_members = (size_t)n;
	if (!nt_body_take_string(in, &stream))
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
	size_t least = nt_body_least_size(r->members, r->n_members);

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
	if (!nt_body_take_front(&in, &f))
		return NT_BODY_FAIL(reterr);
	r->state = f.erased ? NT_ERASED : NT_PENDING;
	r->id = f.id;
	r->id512 = f.id512;
	r->slot = f.slot;
	r->accepted_ms = f.accepted_ms;
	r->in_stream = f.in_stream;
	if (f.in_stream && !nt_body_take_place(&in, refs, r))
		return NT_BODY_FAIL(reterr);
	if (!(f.erased ? take_erased(&in, m, r) : take_rest(&in, m, refs, r)) || !nt_body_is_zero(in) ||
		!is_padded(body, in.n, r))
		return NT_BODY_FAIL(reterr);
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
