#include "notary/submission.h"

#include <stdlib.h>
#include <string.h>

#include "verify/text.h"

/* More than tables and texts of a record, and of one document, take beside its name. */
#define RECORD_ROOM ((size_t)16 * 1024)
#define FILE_ROOM 2048
#define LINK_ROOM 128
#define MAX_SIGNATURE ((size_t)64 * 1024)

static VF_RC no_room(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for a record");
}

size_t nt_making_room(const struct nt_maker *maker, const struct nt_submit_record *r)
{
	size_t n = RECORD_ROOM + maker->n_links * LINK_ROOM + FILE_ROOM;

	if (maker->s->signer)
		n += 2 * MAX_SIGNATURE;
	for (size_t i = 0; i < r->n_files; i++)
		n += FILE_ROOM + 4 * r->files[i].name.n;
	return n;
}

static int by_file_name(const void *a, const void *b)
{
	const struct nt_submit_file *const *x = a, *const *y = b;

	return vf_bytes_cmp((*x)->name, (*y)->name);
}

VF_RC nt_making_init(
	struct nt_maker *maker, const struct nt_submit_record *r, struct nt_making *m, struct vf_err *reterr)
{
	struct nt_submit_texts all = nt_submit_texts_of(maker->s, r, true);
	struct nt_submit_texts said = nt_submit_texts_of(maker->s, r, false);

	*m = (struct nt_making){.record = r};
	m->has_found = all.version.n + all.date.n + all.title.n > said.version.n + said.date.n + said.title.n;
	m->docs = VF_NEW(&maker->arena, r->n_files + 1, const struct nt_submit_file *);
	if (!m->docs)
		return no_room(reterr);
	for (size_t i = 0; i < r->n_files; i++)
		m->docs[m->n_docs++] = &r->files[i];
	if (maker->details.name.n > 0)
		m->docs[m->n_docs++] = &maker->details;
	if (m->n_docs > 1)
		qsort(m->docs, m->n_docs, sizeof(const struct nt_submit_file *), by_file_name);
	return VF_OK;
}

static void put_sized(struct nt_buf *out, struct vf_bytes b)
{
	nt_buf_put_u64be(out, b.n);
	nt_buf_put(out, b);
}

/* Without meaning and printed name it is what earlier versions wrote. */
static void put_signer(struct nt_buf *out, const struct nt_same *s)
{
	size_t n = s->signer ? sizeof(s->signer->b) : 0;

	if (s->signer && (s->meaning.n || s->printed_name.n))
		n += 1 + s->meaning.n + s->printed_name.n;
	nt_buf_put_u64be(out, n);
	if (n == 0)
		return;
	nt_buf_put(out, vf_bytes(s->signer->b, sizeof(s->signer->b)));
	if (n == sizeof(s->signer->b))
		return;
	nt_buf_put_u8(out, (uint8_t)s->meaning.n); /* an OID: at most VF_MAX_OID */
	nt_buf_put(out, s->meaning);
	nt_buf_put(out, s->printed_name);
}

void nt_same_begin(struct nt_buf *out, const struct nt_same *s)
{
	nt_buf_put_str(out, "trialnotary/journal/1\n");
	put_sized(out, s->submitter);
	put_sized(out, s->study);
	put_sized(out, s->kind);
	put_sized(out, s->version);
	put_sized(out, s->date);
	put_sized(out, s->title);
	put_signer(out, s);
	nt_buf_put_u8(out, (uint8_t)s->hidden);
	nt_buf_put_u64be(out, s->n_links);
	for (size_t i = 0; i < s->n_links; i++) {
		put_sized(out, s->links[i].type);
		nt_buf_put(out, vf_bytes(s->links[i].record.b, sizeof(s->links[i].record.b)));
	}
}

void nt_same_document(struct nt_buf *out, const struct nt_same *s, struct vf_bytes name, const struct vf_pair *digests,
	bool is_hidden)
{
	put_sized(out, name);
	nt_buf_put(out, vf_bytes(digests->sha256.b, sizeof(digests->sha256.b)));
	nt_buf_put(out, vf_bytes(digests->sha512.b, sizeof(digests->sha512.b)));
	if (s->hidden == NT_HIDDEN_SOME)
		nt_buf_put_u8(out, is_hidden);
}

VF_RC nt_making_same(const struct nt_maker *maker, const struct nt_making *m, bool with_found, struct nt_buf *out,
	struct vf_err *reterr)
{
	const struct nt_submit *s = maker->s;
	struct nt_submit_texts texts = nt_submit_texts_of(s, m->record, with_found);
	bool hidden = m->n_docs > 0 && (s->confidential || nt_submit_is_personal(s));
	struct nt_same same = {.submitter = s->submitter,
		.study = s->study,
		.kind = nt_submit_kind(s),
		.version = texts.version,
		.date = texts.date,
		.title = texts.title,
		.signer = s->signer,
		.meaning = s->meaning,
		.printed_name = s->printed_name,
		.hidden = hidden ? NT_HIDDEN_ALL : NT_HIDDEN_NONE,
		.links = maker->nt_links,
		.n_links = maker->n_links};

	nt_same_begin(out, &same);
	for (size_t i = 0; i < m->n_docs; i++)
		nt_same_document(out, &same, m->docs[i]->name,
			m->docs[i]->made ? &m->docs[i]->made->same : &m->docs[i]->digests, hidden);
	return nt_buf_check(out, reterr);
}

static VF_RC check_target(const struct nt_sight_from *from, const struct tr_link *link, const struct nt_record *target,
	struct vf_err *reterr)
{
	enum tr_kind kind = tr_kind_of(from->kind), to = tr_kind_of(target->kind);
	char hex[65];

	vf_hex_put(hex, vf_bytes(link->record.b, 8));
	if (target->state == NT_ERASED)
		return vf_fail(
			reterr, VF_UNKNOWN_RECORD, "record '%s…' was erased and cannot be linked", hex);
	if (!tr_link_is_sensible(link->type, kind, to) ||
		(link->type == TR_SUPERSEDES && kind == TR_OWN && !vf_bytes_eq(from->kind, target->kind)))
		return vf_fail(reterr, VF_LINK_SHAPE,
			"a '%.*s' record cannot have a link '%s' to a '%.*s' record", VF_STR(from->kind),
			tr_link_name(link->type), VF_STR(target->kind));
	if (link->type == TR_USES && to == TR_SCHEMA && !vf_bytes_eq(from->study, target->study))
		return vf_fail(reterr, VF_LINK_SHAPE, "record '%s…' registers a kind of another study", hex);
	return VF_OK;
}

VF_RC nt_link_check(struct nt_notary *n, const struct nt_sight *sight, const struct nt_sight_from *from,
	const struct tr_link *link, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *target = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_get(n, &link->record, &target, reterr);

	if (rc != VF_OK)
		return rc;
	rc = check_target(from, link, target, &err);
	if (sight && (!nt_sight_reaches(sight, from, link->type, target) ||
			(rc != VF_OK && !nt_sight_tells(sight, from, target)))) {
		sight->denied(sight->ctx, &link->record);
		return nt_record_unknown(&link->record, reterr);
	}
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "%s", err.text);
}

VF_RC nt_own_kind_check(struct nt_notary *n, struct vf_bytes kind, struct vf_bytes study, const struct nt_link *links,
	size_t n_links, struct vf_err *reterr)
{
	if (tr_kind_of(kind) != TR_OWN)
		return VF_OK;
	for (size_t i = 0; i < n_links; i++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *target = NULL;

		if (!vf_bytes_is(links[i].type, tr_link_name(TR_USES)))
			continue;
		if (nt_notary_get(n, &links[i].record, &target, NULL) == VF_OK && target->state != NT_ERASED &&
			vf_bytes_is(target->kind, tr_kind_name(TR_SCHEMA)) && vf_bytes_eq(target->study, study))
			return VF_OK;
	}
	return vf_fail(reterr, VF_UNKNOWN_KIND,
		"no kind '%.*s': a kind of the study's own has a link 'uses' to the record of kind schema that registers it",
		VF_STR(kind));
}

static void list_member(struct nt_making *m, struct vf_bytes name, enum vf_role role,
	const struct vf_pair *digests, struct vf_bytes bytes)
{
	m->listed[m->n_listed++] = (struct vf_member){name, role, *digests};
	m->members[m->n_members++] = (struct nt_member){name, *digests, bytes};
}

/* Lists a confidential document's commitment file in its place. */
static VF_RC make_commitment(struct nt_maker *maker, struct nt_making *m, size_t at, struct vf_err *reterr)
{
	struct vf_commitment c = {.name = m->docs[at]->name, .digests = m->docs[at]->digests};
	char *name = VF_NEW(&maker->arena, TR_COMMITMENT_NAME_LEN + 1, char);
	struct vf_bytes text;
	struct vf_pair digests;
	enum vf_rc rc;

	if (!name)
		return no_room(reterr);
	tr_commitment_name(name, at + 1);
	rc = nt_random(&maker->random, c.salt.b, sizeof(c.salt.b), reterr);
	if (rc == VF_OK)
		rc = tr_commitment_put(&c, &maker->arena, &text, reterr);
	if (rc != VF_OK)
		return rc;
	digests = vf_pair_of(text);
	list_member(m, vf_bytes_str(name), VF_ROLE_COMMITMENT, &digests, text);
	m->documents[at].commitment = vf_bytes_str(name);
	return VF_OK;
}

static VF_RC make_documents(struct nt_maker *maker, struct nt_making *m, struct vf_err *reterr)
{
	const struct nt_submit *s = maker->s;

	for (size_t i = 0; i < m->n_docs; i++) {
		const struct nt_submit_file *f = m->docs[i];
		bool details = f == &maker->details;
		enum vf_rc rc;

		m->documents[i] = (struct nt_document){.name = f->name,
			.digests = f->digests,
			.size = f->size,
			.path = f->path,
			.confidential = s->confidential || nt_submit_is_personal(s),
			.keep = details || f->made ? maker->keeps_details : s->keep};
		if (!m->documents[i].confidential) {
			list_member(m, f->name, VF_ROLE_DOCUMENT, &f->digests,
				vf_bytes_is(f->name, TR_DETAILS_NAME) ? maker->details_text : vf_bytes(NULL, 0));
			continue;
		}
		rc = make_commitment(maker, m, i, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC make_stream(struct nt_maker *maker, struct nt_making *m, struct vf_err *reterr)
{
	struct nt_stream *stream = &maker->stream;
	struct vf_bytes text;
	struct vf_pair digests;
	enum vf_rc rc = VF_OK;

	if (!stream->exists) {
		stream->next = 0;
		rc = nt_random(&maker->random, stream->key.b, sizeof(stream->key.b), reterr);
	}
	if (rc == VF_OK)
		rc = nt_random(&maker->random, m->place.nonce.b, sizeof(m->place.nonce.b), reterr);
	if (rc != VF_OK)
		return rc;
	m->place.seq = stream->next;
	m->place.key = stream->key;
	if (stream->exists) {
		m->place.stream = stream->id;
		m->place.prev = stream->head;
	}
	rc = tr_stream_put(&m->place, &maker->arena, &text, reterr);
	if (rc != VF_OK)
		return rc;
	digests = vf_pair_of(text);
	list_member(m, vf_bytes_str(VF_NAME_STREAM), VF_ROLE_STREAM, &digests, text);
	return VF_OK;
}

static int by_member_name(const void *a, const void *b)
{
	const struct vf_member *x = a, *y = b;

	return vf_bytes_cmp(x->name, y->name);
}

static VF_RC make_statement(struct nt_maker *maker, struct nt_making *m, struct vf_err *reterr)
{
	const struct nt_submit *s = maker->s;
	struct nt_submit_texts texts = nt_submit_texts_of(s, m->record, true);
	struct tr_statement st = {.kind = s->kind,
		.own_kind = s->own_kind,
		.study = s->study,
		.version = texts.version,
		.date = texts.date,
		.title = texts.title,
		.links = maker->links,
		.n_links = maker->n_links,
		.signer = s->signer,
		.members = m->listed,
		.n_members = m->n_listed};
	struct nt_member *member = &m->members[m->n_members];
	struct vf_bytes text;
	enum vf_rc rc;

	if (m->n_listed > 1)
		qsort(m->listed, m->n_listed, sizeof(*m->listed), by_member_name);
	rc = nt_random(&maker->random, st.nonce.b, sizeof(st.nonce.b), reterr);
	if (rc == VF_OK)
		rc = tr_statement_put(&st, &maker->arena, &text, reterr);
	if (rc != VF_OK)
		return rc;
	*member = (struct nt_member){.name = vf_bytes_str(VF_NAME_STATEMENT), .bytes = text};
	member->digests.sha256 = vf_sha256(text);
	m->statement = m->n_members++;
	return VF_OK;
}

static VF_RC add_signature_file(struct nt_maker *maker, struct nt_making *m, const char *name,
	const struct nt_buf *text, struct vf_err *reterr)
{
	struct vf_bytes copy;
	enum vf_rc rc = nt_buf_check(text, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_arena_copy(&maker->arena, nt_buf_bytes(text), &copy))
		return no_room(reterr);
	m->members[m->n_members++] = (struct nt_member){vf_bytes_str(name), vf_pair_of(copy), copy};
	return VF_OK;
}

static VF_RC make_signature(struct nt_maker *maker, struct nt_making *m, struct vf_err *reterr)
{
	const struct nt_submit *s = maker->s;
	struct nt_buf manifest = nt_buf(MAX_SIGNATURE), signature = nt_buf(MAX_SIGNATURE);
	enum vf_rc rc;

	if (!s->signer)
		return VF_OK;
	rc = s->sign(s->sign_ctx, &m->members[m->statement].digests.sha256, &manifest, &signature, reterr);
	if (rc == VF_OK)
		rc = add_signature_file(maker, m, VF_NAME_SIGNED_MANIFEST, &manifest, reterr);
	if (rc == VF_OK)
		rc = add_signature_file(maker, m, VF_NAME_SIGNATURE, &signature, reterr);
	nt_buf_done(&manifest);
	nt_buf_done(&signature);
	return rc;
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

/* The group hash in SHA-256 alone: all that the next record waits for. */
static VF_RC make_id(struct nt_maker *maker, struct nt_making *m, struct vf_err *reterr)
{
	struct vf_hash *h = VF_NEW(&maker->arena, m->n_members, struct vf_hash);

	if (!h)
		return no_room(reterr);
	for (size_t i = 0; i < m->n_members; i++)
		h[i] = m->members[i].digests.sha256;
	qsort(h, m->n_members, sizeof(*h), by_hash);
	m->id = vf_sha256(vf_bytes(h, m->n_members * sizeof(*h)));
	return VF_OK;
}

VF_RC nt_making_chain(struct nt_maker *maker, struct nt_making *m, struct vf_err *reterr)
{
	struct nt_stream *stream = &maker->stream;
	enum vf_rc rc;

	m->listed = VF_NEW(&maker->arena, m->n_docs + 1, struct vf_member);
	m->members = VF_NEW(&maker->arena, m->n_docs + 4, struct nt_member);
	m->documents = VF_NEW(&maker->arena, m->n_docs, struct nt_document);
	if (!m->listed || !m->members || !m->documents)
		return no_room(reterr);
	rc = make_documents(maker, m, reterr);
	if (rc == VF_OK)
		rc = make_stream(maker, m, reterr);
	if (rc == VF_OK)
		rc = make_statement(maker, m, reterr);
	if (rc == VF_OK)
		rc = make_signature(maker, m, reterr);
	if (rc == VF_OK)
		rc = make_id(maker, m, reterr);
	if (rc != VF_OK)
		return rc;
	if (!stream->exists)
		stream->id = m->id;
	stream->exists = true;
	stream->head = m->id;
	stream->next++;
	m->stream = *stream;
	return VF_OK;
}

/* Both group hashes over all members; the ID must come out again. */
static VF_RC finish_group(struct nt_making *m, struct nt_submission *sub, struct vf_err *reterr)
{
	struct vf_pair few[8];
	struct vf_pair *pairs = m->n_members <= 8 ? few : calloc(m->n_members, sizeof(*pairs));

	if (!pairs)
		return no_room(reterr);
	for (size_t i = 0; i < m->n_members; i++)
		pairs[i] = m->members[i].digests;
	vf_group(pairs, m->n_members, &sub->id, &sub->id512);
	if (pairs != few)
		free(pairs);
	if (!vf_hash_eq(&sub->id, &m->id))
		return vf_fail(reterr, VF_INTERNAL, "a record's ID came out differently the second time");
	return VF_OK;
}

VF_RC nt_making_finish(
	const struct nt_maker *maker, struct nt_making *m, struct nt_submission *ret, struct vf_err *reterr)
{
	const struct nt_submit *s = maker->s;
	struct nt_member *statement = &m->members[m->statement];
	struct nt_submit_texts texts = nt_submit_texts_of(s, m->record, true);

	*ret = (struct nt_submission){.journal = m->key,
		.submitter = s->submitter,
		.study = s->study,
		.kind = nt_submit_kind(s),
		.version = texts.version,
		.date = texts.date,
		.title = texts.title,
		.in_stream = true,
		.stream = m->stream.id,
		.stream_key = m->stream.key,
		.prev = m->place.prev,
		.seq = m->place.seq,
		.members = m->members,
		.n_members = m->n_members,
		.documents = m->documents,
		.n_documents = m->n_docs,
		.links = maker->nt_links,
		.n_links = maker->n_links};
	statement->digests.sha512 = vf_sha512(statement->bytes);
	ret->slot = vf_slot(&m->stream.key, m->place.seq);
	return finish_group(m, ret, reterr);
}
