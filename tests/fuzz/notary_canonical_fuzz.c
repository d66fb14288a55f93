/*
 * Both readers of a submission: whatever nt_intake_canonical() and tr_canonical_*() take, the general readers take
 * too, with the same values, and the writers write it again. An input is one of the texts, or "E" and an edit of
 * the document that is made around the texts after it: place (2 octets), octets cut, octets put in, those octets.
 */
#include "notary/intake_inside.h"
#include "notary/submission_json.h"
#include "tests/fuzz/must.h"
#include "trial/canonical.h"
#include "verify/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_PARTS 8
#define MAX_DOCUMENTS 64

static struct nt_intake *intake, *general;

static void *need(void *p)
{
	MUST(p);
	return p;
}

static bool same_hash(const struct vf_hash *a, const struct vf_hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* ---- the texts inside ---- */

static void same_statement(const struct vf_statement *a, const struct vf_statement *b)
{
	MUST(vf_bytes_eq(a->kind, b->kind) && vf_bytes_eq(a->study, b->study) && vf_bytes_eq(a->version, b->version));
	MUST(vf_bytes_eq(a->date, b->date) && vf_bytes_eq(a->title, b->title) && same_hash(&a->nonce, &b->nonce));
	MUST(a->has_signer == b->has_signer && same_hash(&a->signer, &b->signer));
	MUST(a->n_links == b->n_links && a->n_members == b->n_members);
	for (size_t i = 0; i < a->n_links; i++)
		MUST(vf_bytes_eq(a->links[i].type, b->links[i].type) && same_hash(&a->links[i].record, &b->links[i].record));
	for (size_t i = 0; i < a->n_members; i++) {
		MUST(vf_bytes_eq(a->members[i].name, b->members[i].name) && a->members[i].role == b->members[i].role);
		MUST(vf_pair_eq(&a->members[i].digests, &b->members[i].digests));
	}
}

/* Kinds and links that only verifiers know cannot be written. */
static void check_written(const struct vf_statement *s, struct vf_bytes json, struct vf_arena *a)
{
	struct tr_statement t = {.kind = tr_kind_of(s->kind), .own_kind = s->kind, .study = s->study, .version = s->version, .date = s->date,
		.title = s->title, .n_links = s->n_links, .nonce = s->nonce, .signer = s->has_signer ? &s->signer : NULL,
		.members = s->members, .n_members = s->n_members};
	struct tr_link *links = need(calloc(s->n_links + 1, sizeof(*links)));
	bool is_known = tr_statement_check_texts(&t, NULL) == VF_OK;
	struct vf_bytes text;

	for (size_t i = 0; i < s->n_links; i++) {
		links[i] = (struct tr_link){tr_link_find(s->links[i].type), s->links[i].record};
		is_known = is_known && links[i].type != TR_LINK_NONE;
	}
	t.links = links;
	if (is_known) {
		MUST(tr_statement_put(&t, a, &text, NULL) == VF_OK);
		MUST(vf_bytes_eq(text, json));
	}
	free(links);
}

static void try_statement(struct vf_bytes json)
{
	size_t n = nt_intake_room(json.n);
	void *fast_room = need(malloc(n)), *room = need(malloc(n));
	struct vf_statement fast, slow;
	struct vf_arena fast_arena, arena;

	vf_arena_init(&fast_arena, fast_room, n);
	vf_arena_init(&arena, room, n);
	if (tr_canonical_statement(json, &fast_arena, &fast)) {
		MUST(vf_statement_parse(json, &arena, &slow, NULL) == VF_OK);
		same_statement(&fast, &slow);
		check_written(&fast, json, &arena);
	} else {
		MUST(fast_arena.used == 0 && !fast_arena.full);
	}
	free(fast_room);
	free(room);
}

static void try_stream(struct vf_bytes json)
{
	static uint8_t block[4096];
	struct vf_stream_member fast, slow;
	struct vf_bytes text;
	struct vf_arena a;

	if (!tr_canonical_stream(json, &fast))
		return;
	MUST(vf_stream_parse(json, &slow, NULL) == VF_OK);
	MUST(fast.seq == slow.seq && same_hash(&fast.key, &slow.key) && same_hash(&fast.nonce, &slow.nonce));
	MUST(same_hash(&fast.stream, &slow.stream) && same_hash(&fast.prev, &slow.prev));
	vf_arena_init(&a, block, sizeof(block));
	MUST(tr_stream_put(&fast, &a, &text, NULL) == VF_OK && vf_bytes_eq(text, json));
}

static void try_commitment(struct vf_bytes json)
{
	static uint8_t block[8192];
	struct vf_commitment fast, slow;
	struct vf_bytes text;
	struct vf_arena a;

	if (!tr_canonical_commitment(json, &fast))
		return;
	vf_arena_init(&a, block, sizeof(block));
	MUST(vf_commitment_parse(json, &a, &slow, NULL) == VF_OK);
	MUST(vf_bytes_eq(fast.name, slow.name) && vf_pair_eq(&fast.digests, &slow.digests) && same_hash(&fast.salt, &slow.salt));
	MUST(tr_commitment_put(&fast, &a, &text, NULL) == VF_OK && vf_bytes_eq(text, json));
}

/* ---- the document ---- */

static void same_document(const struct nt_submission *a, const struct nt_submission *b)
{
	MUST(same_hash(&a->id, &b->id) && vf_hash512_eq(&a->id512, &b->id512) && same_hash(&a->slot, &b->slot));
	MUST(a->n_members == b->n_members && a->n_documents == b->n_documents);
	for (size_t i = 0; i < a->n_members; i++) {
		const struct nt_member *x = &a->members[i], *y = &b->members[i];

		MUST(vf_bytes_eq(x->name, y->name) && vf_pair_eq(&x->digests, &y->digests) && vf_bytes_eq(x->bytes, y->bytes));
	}
	for (size_t i = 0; i < a->n_documents; i++) {
		const struct nt_document *x = &a->documents[i], *y = &b->documents[i];

		MUST(vf_bytes_eq(x->name, y->name) && vf_pair_eq(&x->digests, &y->digests) && x->size == y->size);
		MUST(x->confidential == y->confidential && vf_bytes_eq(x->commitment, y->commitment) && x->keep == y->keep);
	}
}

static void same_submission(const struct nt_submission *a, const struct nt_submission *b)
{
	same_document(a, b);
	MUST(same_hash(&a->journal, &b->journal) && vf_bytes_eq(a->submitter, b->submitter) && vf_bytes_eq(a->study, b->study));
	MUST(vf_bytes_eq(a->kind, b->kind) && vf_bytes_eq(a->version, b->version) && vf_bytes_eq(a->date, b->date));
	MUST(vf_bytes_eq(a->title, b->title) && a->in_stream == b->in_stream && a->seq == b->seq && a->n_links == b->n_links);
	MUST(!a->in_stream || (same_hash(&a->stream, &b->stream) && same_hash(&a->prev, &b->prev)));
	MUST(!a->in_stream || a->seq > 0 || same_hash(&a->stream_key, &b->stream_key));
	for (size_t i = 0; i < a->n_links; i++)
		MUST(vf_bytes_eq(a->links[i].type, b->links[i].type) && same_hash(&a->links[i].record, &b->links[i].record));
}

/* One document while one of the readers has it; lives until attempt_done(). */
struct attempt {
	struct nt_intake_from from;
	struct nt_submission s;
	struct vf_arena arena;
	struct nt_reading r;
	char field[NT_FIELD_MAX];
	struct vf_err err;
};

static void attempt_init(struct attempt *t, struct nt_intake *x, size_t n)
{
	size_t room = nt_intake_room(n);

	memset(t, 0, sizeof(*t));
	t->from = (struct nt_intake_from){.submitter = vf_bytes_str("party"), .now_ms = INT64_C(1767139200000)};
	vf_arena_init(&t->arena, need(malloc(room)), room);
	t->r = (struct nt_reading){.x = x, .from = &t->from, .a = &t->arena, .field = t->field, .err = &t->err};
}

static void attempt_done(struct attempt *t)
{
	free(t->arena.base);
}

static void try_syntax(struct vf_bytes json)
{
	struct nt_buf again = nt_buf(2 * NT_INTAKE_MAX_JSON);
	struct attempt fast, slow;

	attempt_init(&fast, intake, json.n);
	attempt_init(&slow, intake, json.n);
	if (nt_intake_canonical(&fast.r, json)) {
		MUST(nt_intake_general(&slow.r, json) == VF_OK);
		same_document(&fast.r.s, &slow.r.s);
		MUST(nt_submission_json_put(&again, &fast.r.s, NULL) == VF_OK);
		MUST(again.n - json.n <= 1 && memcmp(again.p, json.p, json.n) == 0); /* perhaps without its LF */
	} else {
		MUST(fast.arena.used == 0 && !fast.r.members && !fast.r.documents && fast.r.s.n_members == 0);
	}
	nt_buf_done(&again);
	attempt_done(&fast);
	attempt_done(&slow);
}

static void try_whole(struct vf_bytes json)
{
	struct attempt a, b;
	enum vf_rc rc, rc_general;

	attempt_init(&a, NULL, json.n);
	attempt_init(&b, NULL, json.n);
	rc = nt_intake_read(intake, &a.from, json, &a.arena, &a.s, a.field, &a.err);
	rc_general = nt_intake_read(general, &b.from, json, &b.arena, &b.s, b.field, &b.err);
	MUST(rc == rc_general && rc != VF_NO_MEMORY && strcmp(a.field, b.field) == 0 && strcmp(a.err.text, b.err.text) == 0);
	if (rc == VF_OK)
		same_submission(&a.s, &b.s);
	attempt_done(&a);
	attempt_done(&b);
}

/* ---- documents that are made here ---- */

/* Appends the octets of the input as a member, named by what they say they are. */
static void add_part(struct nt_submission *s, struct nt_member *members, struct vf_bytes text, char *name, size_t cap)
{
	if (vf_bytes_starts(text, "{\"schema\":\"" VF_SCHEMA_COMMITMENT))
		snprintf(name, cap, "commitment-%03zu.json", s->n_members + 1);
	else
		snprintf(name, cap, "%s", vf_bytes_starts(text, "{\"schema\":\"" VF_SCHEMA_STREAM) ? VF_NAME_STREAM : VF_NAME_STATEMENT);
	members[s->n_members++] = (struct nt_member){vf_bytes_str(name), vf_pair_of(text), text};
}

static bool is_taken(const struct nt_submission *s, struct vf_bytes name)
{
	for (size_t i = 0; i < s->n_members; i++)
		if (vf_bytes_eq(s->members[i].name, name))
			return true;
	return false;
}

/* What the statement lists and nobody gave are documents; each commitment has one, too. */
static void add_documents(struct nt_submission *s, struct nt_member *members, struct nt_document *documents,
	struct vf_arena *a)
{
	size_t n_parts = s->n_members;

	for (size_t i = 0; i < n_parts && s->n_documents < MAX_DOCUMENTS; i++) {
		struct vf_statement st;
		struct vf_commitment c;

		if (vf_commitment_parse(members[i].bytes, a, &c, NULL) == VF_OK)
			documents[s->n_documents++] = (struct nt_document){.name = c.name, .digests = c.digests, .size = 7,
				.confidential = true, .commitment = members[i].name};
		if (vf_statement_parse(members[i].bytes, a, &st, NULL) != VF_OK)
			continue;
		for (size_t k = 0; k < st.n_members && s->n_documents < MAX_DOCUMENTS; k++) {
			if (st.members[k].role != VF_ROLE_DOCUMENT || is_taken(s, st.members[k].name))
				continue;
			members[s->n_members++] = (struct nt_member){.name = st.members[k].name, .digests = st.members[k].digests};
			documents[s->n_documents++] = (struct nt_document){.name = st.members[k].name,
				.digests = st.members[k].digests, .size = 9, .keep = k & 1};
		}
	}
}

static void make_document(struct vf_bytes texts, struct nt_buf *out)
{
	static uint8_t block[4 << 20];
	char names[MAX_PARTS][40];
	struct nt_member members[MAX_PARTS + MAX_DOCUMENTS];
	struct nt_document documents[MAX_DOCUMENTS];
	struct vf_pair pairs[MAX_PARTS + MAX_DOCUMENTS];
	struct nt_submission s = {.members = members, .documents = documents};
	struct vf_bytes line;
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	while (s.n_members < MAX_PARTS && vf_take_line(&texts, &line))
		add_part(&s, members, vf_bytes(line.p, line.n + 1), names[s.n_members], sizeof(names[0]));
	add_documents(&s, members, documents, &a);
	for (size_t i = 0; i < s.n_members; i++)
		pairs[i] = members[i].digests;
	vf_group(pairs, s.n_members, &s.id, &s.id512);
	MUST(nt_submission_json_put(out, &s, NULL) == VF_OK);
}

static void try_edited(struct vf_bytes in)
{
	struct nt_buf made = nt_buf(NT_INTAKE_MAX_JSON), edited = nt_buf(NT_INTAKE_MAX_JSON);
	struct vf_bytes added, whole, before, skipped;
	uint8_t cut, n_added;
	uint16_t at;

	if (!vf_take_u16le(&in, &at) || !vf_take_u8(&in, &cut) || !vf_take_u8(&in, &n_added) || !vf_take(&in, n_added, &added))
		return;
	make_document(in, &made);
	whole = nt_buf_bytes(&made);
	MUST(vf_take(&whole, at % (whole.n + 1), &before));
	if (!vf_take(&whole, cut, &skipped))
		whole.n = 0;
	nt_buf_put(&edited, before);
	nt_buf_put(&edited, added);
	nt_buf_put(&edited, whole);
	MUST(!edited.failed);
	try_syntax(nt_buf_bytes(&edited));
	try_whole(nt_buf_bytes(&edited));
	nt_buf_done(&made);
	nt_buf_done(&edited);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nt_intake_policy policy = NT_INTAKE_DEFAULT;
	struct vf_bytes in = vf_bytes(data, size);

	policy.outside_streams = true;
	if (!intake)
		MUST(nt_intake_new(&policy, &intake, NULL) == VF_OK);
	policy.general_only = true;
	if (!general)
		MUST(nt_intake_new(&policy, &general, NULL) == VF_OK);
	if (TR_TAKE(&in, "E")) {
		try_edited(in);
		return 0;
	}
	try_statement(in);
	try_stream(in);
	try_commitment(in);
	try_syntax(in);
	try_whole(in);
	return 0;
}
