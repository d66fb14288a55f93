#include "notary/store_body_inside.h"

#include <stdlib.h>
#include <string.h>

#include "verify/limits.h"

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
		nt_buf_put_u8(out, NT_BODY_MEMBER_BYTES | NT_BODY_MEMBER_PACKED);
		nt_body_put_string(out, name);
		nt_body_put_number(out, bytes.n);
		nt_body_put_string(out, nt_buf_bytes(b));
	} else {
		nt_buf_put_u8(out, NT_BODY_MEMBER_BYTES);
		nt_body_put_string(out, name);
		nt_body_put_number(out, bytes.n);
		nt_body_put_string(out, bytes);
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
		(uint8_t)((d->confidential ? NT_BODY_DOC_CONFIDENTIAL : 0) | (d->keep ? NT_BODY_DOC_KEEP : 0) |
			(is_member ? NT_BODY_DOC_IS_MEMBER : 0)));
	if (is_member) {
		nt_body_put_number(out, member);
	} else {
		nt_body_put_string(out, d->name);
		nt_body_put_pair(out, &d->digests);
	}
	nt_body_put_number(out, d->size);
	nt_body_put_string(out, d->path);
	nt_body_put_string(out, d->commitment);
}

void nt_body_put_content(const struct nt_packer *p, struct nt_buf *out, const struct nt_submission *s)
{
	struct nt_body_known known = {.prev.sha256 = s->prev, .members = s->members};
	size_t room = 0, hint = 0;

	nt_body_put_string(out, s->version);
	nt_body_put_string(out, s->date);
	nt_body_put_string(out, s->title);
	for (size_t i = 0; i < s->n_members; i++)
		room += s->members[i].bytes.n;
	nt_body_put_number(out, room);
	nt_body_put_number(out, s->n_members);
	for (size_t i = 0; i < s->n_members; i++) {
		const struct nt_member *m = &s->members[i];

		if (m->bytes.n > 0) {
			struct nt_known k = nt_body_known_of(&known, m->name, s->n_members);

			put_content(p, &k, out, m->name, m->bytes);
			continue;
		}
		nt_buf_put_u8(out, 0);
		nt_body_put_string(out, m->name);
		nt_body_put_pair(out, &m->digests);
	}
	nt_body_put_number(out, s->n_documents);
	for (size_t i = 0; i < s->n_documents; i++)
		put_document(out, s, &s->documents[i], &hint);
	nt_body_put_number(out, s->n_links);
	for (size_t i = 0; i < s->n_links; i++) {
		nt_body_put_string(out, s->links[i].type);
		nt_body_put_hash(out, &s->links[i].record);
	}
}

size_t nt_body_least_size(const struct nt_member *members, size_t n)
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
	size_t begin = out->n, least = nt_body_least_size(s->members, s->n_members);

	nt_body_put_front(out, &f);
	if (s->in_stream)
		nt_body_put_place(out, refs->stream, s->seq, &s->prev);
	nt_body_put_number(out, refs->submitter);
	nt_body_put_number(out, refs->study);
	nt_body_put_number(out, refs->kind);
	nt_buf_put(out, content);
	while (!out->failed && out->n - begin < least)
		nt_buf_put_u8(out, 0);
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
	nt_body_put_front(out, &f);
	if (f.in_stream)
		nt_body_put_place(out, refs.stream, r->seq, &r->prev);
	nt_body_put_number(out, hiding ? r->n_members : 0);
	for (size_t i = 0; hiding && i < r->n_members; i++)
		nt_body_put_hash(out, &r->members[i].digests.sha256);
	nt_body_put_string(out, stream);
	while (!out->failed && out->n - begin < body.n)
		nt_buf_put_u8(out, 0);
	return nt_buf_check(out, reterr);
}
