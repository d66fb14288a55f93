/* What a record that somebody else made must be, before a notary takes it. */
#include <inttypes.h>
#include <stdio.h>

#include "notary/intake_inside.h"
#include "notary/record_signature.h"
#include "notary/signers.h"
#include "notary/submission.h"
#include "trial/canonical.h"
#include "verify/cms.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Values of a member and of a link in a statement, and around them. */
#define MEMBER_VALUES 5
#define LINK_VALUES 3
#define OTHER_VALUES 32
/* The longest journal text: 10,000 documents with the longest names. */
#define MAX_SAME ((size_t)8 * 1024 * 1024)

static enum vf_rc at_octets(struct nt_reading *r, enum vf_rc rc, size_t member)
{
	return nt_at_item(r, rc, "members", member, "base64");
}

/* ---- the statement ---- */

static VF_RC check_texts(struct nt_reading *r)
{
	const struct vf_statement *st = &r->statement;
	struct tr_statement texts = {.kind = r->kind,
		.own_kind = st->kind,
		.study = st->study,
		.version = st->version,
		.date = st->date,
		.title = st->title};

	if (r->kind == TR_KIND_NONE)
		return vf_fail(r->err, VF_UNKNOWN_KIND, "no kind '%.*s'", VF_STR(st->kind));
	return tr_statement_check_texts(&texts, r->err);
}

/* Types are known here; what they lead to only the notary knows (nt_intake_settle()). */
static VF_RC take_links(struct nt_reading *r)
{
	const struct vf_statement *st = &r->statement;

	r->links = VF_NEW(r->a, st->n_links + 1, struct nt_link);
	if (!r->links)
		return nt_intake_no_memory(r);
	for (size_t i = 0; i < st->n_links; i++) {
		if (tr_link_find(st->links[i].type) == TR_LINK_NONE)
			return vf_fail(r->err, VF_LINK_SHAPE, "no link '%.*s'", VF_STR(st->links[i].type));
		r->links[i] = (struct nt_link){st->links[i].type, st->links[i].record};
	}
	r->s.links = r->links;
	r->s.n_links = st->n_links;
	return VF_OK;
}

/* Whether what it uses registers this kind, only the notary knows (nt_intake_settle()). */
static VF_RC check_own_kind(struct nt_reading *r)
{
	for (size_t i = 0; i < r->s.n_links; i++)
		if (vf_bytes_is(r->links[i].type, tr_link_name(TR_USES)))
			return VF_OK;
	return vf_fail(r->err, VF_UNKNOWN_KIND, "no kind '%.*s', and no link 'uses' to a record of kind schema",
		VF_STR(r->statement.kind));
}

/* In our own spelling, or by the general reader, which alone refuses. */
static VF_RC parse_statement(struct nt_reading *r, struct vf_bytes text)
{
	size_t max = r->x->policy.max_members, values = OTHER_VALUES + LINK_VALUES * VF_MAX_LINKS + MEMBER_VALUES * max;
	struct vf_statement *st = &r->statement;
	struct vf_arena before = *r->a;
	enum vf_rc rc;

	if (!r->x->policy.general_only && tr_canonical_statement(text, r->a, st) && st->n_members <= max)
		return VF_OK;
	*r->a = before;
	if (nt_intake_count_values(text) > values)
		return vf_fail(r->err, VF_LIMIT, "more values than a statement can have");
	rc = vf_statement_parse(text, r->a, st, r->err);
	return rc != VF_OK || st->n_members <= max ? rc :
		vf_fail(r->err, VF_LIMIT, "%zu members, more than %zu", st->n_members, max);
}

static VF_RC parse_stream(struct nt_reading *r, struct vf_bytes text, struct vf_stream_member *ret)
{
	if (!r->x->policy.general_only && tr_canonical_stream(text, ret))
		return VF_OK;
	return vf_stream_parse(text, ret, r->err);
}

static VF_RC parse_commitment(struct nt_reading *r, struct vf_bytes text, struct vf_commitment *ret)
{
	if (!r->x->policy.general_only && tr_canonical_commitment(text, ret))
		return VF_OK;
	return vf_commitment_parse(text, r->a, ret, r->err);
}

static VF_RC read_statement(struct nt_reading *r)
{
	const struct vf_statement *st = &r->statement;
	enum vf_rc rc;

	r->at_statement = nt_intake_find(r, VF_NAME_STATEMENT);
	if (r->at_statement == NT_NOWHERE)
		return nt_at(r, vf_fail(r->err, VF_GROUP_MISMATCH, "'" VF_NAME_STATEMENT "' is missing"), "/members");
	rc = parse_statement(r, r->members[r->at_statement].bytes);
	r->kind = rc == VF_OK ? tr_kind_of(st->kind) : TR_KIND_NONE;
	if (rc == VF_OK)
		rc = check_texts(r);
	if (rc == VF_OK)
		rc = take_links(r);
	if (rc == VF_OK && r->kind == TR_OWN)
		rc = check_own_kind(r);
	if (rc != VF_OK)
		return at_octets(r, rc, r->at_statement);
	r->s.study = st->study;
	r->s.kind = st->kind;
	r->s.version = st->version;
	r->s.date = st->date;
	r->s.title = st->title;
	return VF_OK;
}

/* ---- the group ---- */

static enum vf_rc missing(struct nt_reading *r, struct vf_bytes name)
{
	char shown[120];

	vf_text_escape(shown, sizeof(shown), name);
	return nt_at(r, vf_fail(r->err, VF_GROUP_MISMATCH, "'%s' is listed by the statement and missing", shown), "/members");
}

static enum vf_rc differs(struct nt_reading *r, const char *list, size_t i, const struct vf_pair *a, const struct vf_pair *b)
{
	const char *leaf = vf_hash_eq(&a->sha256, &b->sha256) ? "sha512" : "sha256";

	return nt_at_item(r, vf_fail(r->err, VF_GROUP_MISMATCH, "not the %s that the record has", leaf), list, i, leaf);
}

static VF_RC check_listed(struct nt_reading *r, size_t i, const struct vf_member *listed)
{
	const struct nt_member *m = &r->members[i];

	if (!vf_pair_eq(&m->digests, &listed->digests))
		return differs(r, "members", i, &m->digests, &listed->digests);
	if (listed->role == VF_ROLE_DOCUMENT && tr_kind_is_personal(r->kind))
		return nt_at_item(r, vf_fail(r->err, VF_PERSONAL_FIELD, "the documents of a '%s' record must be confidential",
			tr_kind_name(r->kind)), "members", i, "name");
	return VF_OK;
}

/* Members and the statement's list, both ascending: each has what the other has. */
static VF_RC check_group(struct nt_reading *r)
{
	const struct vf_statement *st = &r->statement;
	size_t k = 0, signature_files = 0;

	for (size_t i = 0; i < r->s.n_members; i++) {
		struct vf_bytes name = r->members[i].name;
		int order;
		enum vf_rc rc;

		if (i == r->at_statement)
			continue;
		if (st->has_signer && (vf_bytes_is(name, VF_NAME_SIGNED_MANIFEST) || vf_bytes_is(name, VF_NAME_SIGNATURE))) {
			signature_files++;
			continue;
		}
		order = k < st->n_members ? vf_bytes_cmp(st->members[k].name, name) : 1;
		if (order < 0)
			return missing(r, st->members[k].name);
		if (order > 0)
			return nt_at_item(r, vf_fail(r->err, VF_GROUP_MISMATCH, "the statement does not list this member"),
				"members", i, "name");
		rc = check_listed(r, i, &st->members[k++]);
		if (rc != VF_OK)
			return rc;
	}
	if (k < st->n_members)
		return missing(r, st->members[k].name);
	if (st->has_signer && signature_files < 2)
		return nt_at(r, vf_fail(r->err, VF_SIGNATURE_MISSING, "the statement names a signer, but '%s' or '%s' is missing",
			VF_NAME_SIGNED_MANIFEST, VF_NAME_SIGNATURE), "/members");
	return VF_OK;
}

static VF_RC check_entry(struct nt_reading *r)
{
	struct vf_arena scratch = *r->a;
	struct vf_pair *pairs = VF_NEW(&scratch, r->s.n_members, struct vf_pair);
	struct vf_hash id;
	struct vf_hash512 id512;

	if (!pairs)
		return nt_intake_no_memory(r);
	for (size_t i = 0; i < r->s.n_members; i++)
		pairs[i] = r->members[i].digests;
	vf_group(pairs, r->s.n_members, &id, &id512);
	if (!vf_hash_eq(&id, &r->s.id))
		return nt_at(r, vf_fail(r->err, VF_ENTRY_MISMATCH, "the members give another record hash"), "/entry/sha256");
	if (!vf_hash512_eq(&id512, &r->s.id512))
		return nt_at(r, vf_fail(r->err, VF_ENTRY_MISMATCH, "the members give another second-generation hash"),
			"/entry/sha512");
	return VF_OK;
}

/* ---- the stream ---- */

static VF_RC read_stream(struct nt_reading *r)
{
	struct nt_submission *s = &r->s;
	size_t i = nt_intake_find(r, VF_NAME_STREAM);
	struct vf_stream_member place;
	struct vf_hash slot;
	enum vf_rc rc;

	if (i == NT_NOWHERE)
		return r->x->policy.outside_streams ? VF_OK : nt_at(r, vf_fail(r->err, VF_PERMISSION,
			"this service takes no records outside streams"), "/members");
	rc = parse_stream(r, r->members[i].bytes, &place);
	if (rc != VF_OK)
		return at_octets(r, rc, i);
	s->in_stream = true;
	s->seq = place.seq;
	s->stream = place.seq ? place.stream : s->id;
	s->prev = place.prev;
	if (place.seq > 0)
		return VF_OK;
	s->stream_key = place.key;
	slot = vf_slot(&place.key, 0);
	if (!vf_hash_eq(&slot, &s->slot))
		return nt_at(r, vf_fail(r->err, VF_SLOT_MISMATCH, "not the slot of record 0 of this stream"), "/entry/slot");
	return VF_OK;
}

/* ---- documents ---- */

static VF_RC check_plain(struct nt_reading *r, size_t i)
{
	const struct nt_document *d = &r->documents[i];
	const struct vf_member *listed = vf_statement_find(&r->statement, d->name);

	if (!listed)
		return nt_at_item(r, vf_fail(r->err, VF_GROUP_MISMATCH, "the statement lists no such document"), "documents", i,
			"name");
	if (!vf_pair_eq(&d->digests, &listed->digests))
		return differs(r, "documents", i, &d->digests, &listed->digests);
	return VF_OK;
}

static VF_RC check_hidden(struct nt_reading *r, size_t i)
{
	const struct nt_document *d = &r->documents[i];
	const struct vf_member *listed = vf_statement_find(&r->statement, d->commitment);
	char name[VF_MAX_NAME + 1];
	struct vf_commitment c;
	size_t at;
	enum vf_rc rc;

	if (!listed || listed->role != VF_ROLE_COMMITMENT)
		return nt_at_item(r, vf_fail(r->err, VF_GROUP_MISMATCH, "the statement lists no such commitment"), "documents",
			i, "commitment");
	snprintf(name, sizeof(name), "%.*s", VF_STR(d->commitment));
	at = nt_intake_find(r, name);
	if (at == NT_NOWHERE)
		return missing(r, d->commitment);
	rc = parse_commitment(r, r->members[at].bytes, &c);
	if (rc != VF_OK)
		return at_octets(r, rc, at);
	if (!vf_bytes_eq(c.name, d->name))
		return nt_at_item(r, vf_fail(r->err, VF_GROUP_MISMATCH, "the commitment is for another name"), "documents", i,
			"name");
	if (!vf_pair_eq(&c.digests, &d->digests))
		return differs(r, "documents", i, &d->digests, &c.digests);
	return VF_OK;
}

/* The verifier refuses a document whose name could be mistaken for another one's. */
static VF_RC check_names(struct nt_reading *r, size_t n_hidden)
{
	struct vf_arena scratch = *r->a;
	struct vf_bytes *names = VF_NEW(&scratch, r->s.n_members + n_hidden, struct vf_bytes);
	const char *fault;
	size_t n = 0;
	enum vf_rc rc;

	if (!names)
		return nt_intake_no_memory(r);
	for (size_t i = 0; i < r->s.n_members; i++)
		names[n++] = r->members[i].name;
	for (size_t i = 0; i < r->s.n_documents; i++)
		if (r->documents[i].confidential)
			names[n++] = r->documents[i].name;
	rc = vf_names_check(names, n, &scratch, &fault, r->err);
	if (rc == VF_OK && fault)
		rc = vf_fail(r->err, VF_COMMITMENT_SHAPE, "with the names of confidential documents %s", fault);
	return nt_at(r, rc, rc == VF_NO_MEMORY ? "" : "/documents");
}

/* Each listed document and each commitment has its document, and no other is there. */
static VF_RC check_documents(struct nt_reading *r)
{
	size_t expected = 0, n_hidden = 0;
	bool enough = r->s.n_documents > 0;

	for (size_t i = 0; i < r->statement.n_members; i++)
		expected += r->statement.members[i].role != VF_ROLE_STREAM;
	for (size_t i = 0; i < r->s.n_documents; i++) {
		bool hidden = r->documents[i].confidential;
		enum vf_rc rc = hidden ? check_hidden(r, i) : check_plain(r, i);

		if (rc != VF_OK)
			return rc;
		n_hidden += hidden;
	}
	/* names differ, and so do the commitments that name them: nothing is counted twice */
	if (r->s.n_documents != expected)
		return nt_at(r, vf_fail(r->err, VF_GROUP_MISMATCH, "%zu documents, but the statement has %zu", r->s.n_documents,
			expected), "/documents");
	for (size_t i = 0; i < r->s.n_links && !enough; i++)
		enough = tr_link_is_enough(tr_link_find(r->links[i].type), r->kind);
	if (!enough)
		return nt_at(r, vf_fail(r->err, VF_STATEMENT_SHAPE, "a '%.*s' record needs a document", VF_STR(r->s.kind)),
			"/documents");
	return n_hidden > 0 ? check_names(r, n_hidden) : VF_OK;
}

/* ---- the signature ---- */

/* The key and its name, for the register. */
static VF_RC keep_signer(struct nt_reading *r, const struct vf_cert_facts *facts)
{
	struct nt_signed_by *by = VF_NEW(r->a, 1, struct nt_signed_by);

	if (!by)
		return nt_intake_no_memory(r);
	*by = (struct nt_signed_by){facts->spki, r->said.name};
	if (!by->name.n && !vf_arena_copy(r->a, vf_bytes_str(facts->name), &by->name))
		return nt_intake_no_memory(r);
	r->s.signed_by = by;
	return VF_OK;
}

static VF_RC check_signature(struct nt_reading *r)
{
	size_t manifest, signature;
	struct vf_cert_facts facts;
	struct vf_signed sig;
	enum vf_rc rc;

	if (!r->statement.has_signer)
		return VF_OK;
	manifest = nt_intake_find(r, VF_NAME_SIGNED_MANIFEST); /* both were counted */
	signature = nt_intake_find(r, VF_NAME_SIGNATURE);
	rc = nt_signed_manifest_check(r->x->xml, r->members[manifest].bytes, &r->members[r->at_statement].digests.sha256, r->a, r->err);
	if (rc != VF_OK)
		return at_octets(r, rc, manifest);
	rc = vf_cms_check_detached(r->x->pki, r->members[signature].bytes, r->members[manifest].bytes, &r->statement.signer,
		r->from->now_ms, NULL, &facts, &sig, NULL, r->err);
	if (rc == VF_OK)
		rc = vf_meaning_read(&sig, &r->said, r->err);
	if (rc == VF_OK && (r->from->now_ms < facts.not_before || r->from->now_ms > facts.not_after))
		rc = vf_fail(r->err, VF_SIGNER_CERT_TIME, "the certificate of '%s' is not valid now", facts.name);
	return rc == VF_OK ? keep_signer(r, &facts) : at_octets(r, rc, signature);
}

/* ---- the journal ---- */

static VF_RC make_journal(struct nt_reading *r)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(MAX_SAME);
	struct nt_same same = {.submitter = r->s.submitter,
		.study = r->s.study,
		.kind = r->s.kind,
		.version = r->s.version,
		.date = r->s.date,
		.title = r->s.title,
		.signer = r->statement.has_signer ? &r->statement.signer : NULL,
		.meaning = r->said.meaning_oid,
		.printed_name = r->said.name,
		.links = r->links,
		.n_links = r->s.n_links};
	size_t n_hidden = 0;
	enum vf_rc rc;

	if (!r->from->notary)
		return VF_OK;
	for (size_t i = 0; i < r->s.n_documents; i++)
		n_hidden += r->documents[i].confidential;
	if (n_hidden > 0)
		same.hidden = n_hidden == r->s.n_documents ? NT_HIDDEN_ALL : NT_HIDDEN_SOME;
	nt_same_begin(&text, &same);
	for (size_t i = 0; i < r->s.n_documents; i++)
		nt_same_document(
			&text, &same, r->documents[i].name, &r->documents[i].digests, r->documents[i].confidential);
	rc = nt_buf_check(&text, r->err);
	if (rc == VF_OK)
		r->s.journal = nt_notary_blind(r->from->notary, nt_buf_bytes(&text));
	return nt_at(r, rc, "");
}

VF_RC nt_intake_judge(struct nt_reading *r)
{
	enum vf_rc rc = read_statement(r);

	if (rc == VF_OK)
		rc = check_group(r);
	if (rc == VF_OK)
		rc = check_entry(r);
	if (rc == VF_OK)
		rc = read_stream(r);
	if (rc == VF_OK)
		rc = check_documents(r);
	if (rc == VF_OK)
		rc = nt_intake_details(r);
	if (rc == VF_OK)
		rc = check_signature(r);
	return rc == VF_OK ? make_journal(r) : rc;
}

/* ---- where the notary is used ---- */

static enum vf_rc refuse(enum vf_rc rc, const struct nt_submission *s, const char *name, char *field)
{
	for (size_t i = 0; i < s->n_members; i++)
		if (vf_bytes_is(s->members[i].name, name))
			snprintf(field, NT_FIELD_MAX, "/members/%zu/base64", i);
	return rc;
}

static VF_RC check_place(const struct nt_submission *s, const struct nt_stream *now, struct vf_err *reterr)
{
	char hex[65];

	if (!now->exists)
		return s->seq == 0 ? VF_OK : vf_fail(reterr, VF_STREAM_CONFLICT,
			"there is no stream yet, so record %" PRIu64 " has no place", s->seq);
	if (s->seq == now->next && s->seq > 0 && vf_hash_eq(&s->stream, &now->id) && vf_hash_eq(&s->prev, &now->head))
		return VF_OK;
	vf_hex_put(hex, vf_bytes(now->head.b, sizeof(now->head.b)));
	return vf_fail(reterr, VF_STREAM_CONFLICT, "the stream's head is '%s' and its next record %" PRIu64, hex, now->next);
}

VF_RC nt_intake_place(struct nt_submission *s, struct nt_stream *stream, char field[NT_FIELD_MAX], struct vf_err *reterr)
{
	struct vf_hash key, slot;
	enum vf_rc rc;

	if (!s->in_stream)
		return VF_OK;
	rc = check_place(s, stream, reterr);
	if (rc != VF_OK)
		return refuse(rc, s, VF_NAME_STREAM, field);
	key = s->seq == 0 ? s->stream_key : stream->key;
	slot = vf_slot(&key, s->seq);
	if (!vf_hash_eq(&slot, &s->slot)) {
		snprintf(field, NT_FIELD_MAX, "/entry/slot");
		return vf_fail(reterr, VF_SLOT_MISMATCH, "not the slot of record %" PRIu64 " of this stream", s->seq);
	}
	s->stream_key = key;
	*stream = (struct nt_stream){.exists = true, .id = s->stream, .key = key, .head = s->id, .next = s->seq + 1};
	return VF_OK;
}

/* The same entry gets the same answer; half the same is a conflict. */
static VF_RC check_known(struct nt_notary *n, const struct nt_submission *s, bool *ret_before, char *field,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *there = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_get(n, &s->id, &there, &err);

	*ret_before = rc == VF_OK;
	if (rc == VF_UNKNOWN_RECORD)
		return VF_OK;
	if (rc != VF_OK)
		return vf_fail(reterr, rc, "%s", err.text);
	snprintf(field, NT_FIELD_MAX, "/entry/sha256");
	if (there->state == NT_ERASED)
		return vf_fail(reterr, VF_ERASED, "this record was erased");
	if (!vf_hash512_eq(&there->id512, &s->id512)) {
		snprintf(field, NT_FIELD_MAX, "/entry/sha512");
		return vf_fail(reterr, VF_ENTRY_CONFLICT, "this record is there with another SHA-512");
	}
	if (!vf_hash_eq(&there->slot, &s->slot)) {
		snprintf(field, NT_FIELD_MAX, "/entry/slot");
		return vf_fail(reterr, VF_ENTRY_CONFLICT, "this record is there with another slot");
	}
	return VF_OK;
}

VF_RC nt_intake_again(
	struct nt_submission *s, const struct nt_stream *stream, char field[NT_FIELD_MAX], struct vf_err *reterr)
{
	struct vf_hash slot;

	if (!s->in_stream)
		return VF_OK;
	slot = vf_slot(&stream->key, s->seq);
	if (!stream->exists || !vf_hash_eq(&slot, &s->slot)) {
		snprintf(field, NT_FIELD_MAX, "/entry/slot");
		return vf_fail(reterr, VF_SLOT_MISMATCH, "this record is there, and not in the stream of this submitter");
	}
	s->stream_key = stream->key;
	return VF_OK;
}

VF_RC nt_intake_settle(struct nt_notary *n, struct nt_details_served *served, struct nt_stream *stream,
	struct nt_submission *s, bool *ret_before, char field[NT_FIELD_MAX], struct vf_err *reterr)
{
	char where[NT_FIELD_MAX] = "";
	bool before = false;
	enum vf_rc rc = check_known(n, s, &before, where, reterr);

	if (rc == VF_OK && !before) {
		rc = nt_intake_beside(n, served, s, reterr);
		if (rc != VF_OK)
			refuse(rc, s, VF_NAME_STATEMENT, where);
	}
	if (rc == VF_OK && !before && s->signed_by) {
		rc = nt_signers_claim(n, s->signed_by, reterr);
		if (rc != VF_OK)
			refuse(rc, s, VF_NAME_SIGNATURE, where);
	}
	if (rc == VF_OK)
		rc = before ? nt_intake_again(s, stream, where, reterr) : nt_intake_place(s, stream, where, reterr);
	if (rc == VF_OK)
		*ret_before = before;
	else
		memcpy(field, where, sizeof(where));
	return rc;
}
