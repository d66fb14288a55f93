/* The quick reader of submissions: each that our own writers make is taken, or left to the general one on purpose. */
#include "notary/intake_inside.h"
#include "tests/submission_maker.h"
#include "trial/canonical.h"

#define MANY 3000

static struct fixture f;
static struct signer signer;
static struct nt_intake *intake;
static uint8_t draft_block[32 << 20];
static struct vf_arena drafts;
static char field[NT_FIELD_MAX];
static struct vf_err err;

/* Which are read quickly: the document; statement, stream member and all commitments. */
struct taken {
	bool document, all_within;
};

static void check_same(const struct nt_submission *a, const struct nt_submission *b)
{
	CHECK(vf_hash_eq(&a->id, &b->id) && vf_hash512_eq(&a->id512, &b->id512) && vf_hash_eq(&a->slot, &b->slot));
	CHECK_INT(a->n_members, b->n_members);
	CHECK_INT(a->n_documents, b->n_documents);
	for (size_t i = 0; i < a->n_members && i < b->n_members; i++) {
		CHECK_BYTES(a->members[i].name, b->members[i].name);
		CHECK_BYTES(a->members[i].bytes, b->members[i].bytes);
		CHECK(vf_pair_eq(&a->members[i].digests, &b->members[i].digests));
	}
	for (size_t i = 0; i < a->n_documents && i < b->n_documents; i++) {
		const struct nt_document *x = &a->documents[i], *y = &b->documents[i];

		CHECK_BYTES(x->name, y->name);
		CHECK_BYTES(x->commitment, y->commitment);
		CHECK(vf_pair_eq(&x->digests, &y->digests) && x->size == y->size && x->keep == y->keep);
		CHECK(x->confidential == y->confidential);
	}
}

static bool within(const struct nt_submission *s, struct vf_arena *a)
{
	for (size_t i = 0; i < s->n_members; i++) {
		struct vf_bytes name = s->members[i].name, text = s->members[i].bytes;
		struct vf_stream_member place;
		struct vf_statement st;
		struct vf_commitment c;

		if (vf_bytes_is(name, VF_NAME_STATEMENT) && !tr_canonical_statement(text, a, &st))
			return false;
		if (vf_bytes_is(name, VF_NAME_STREAM) && !tr_canonical_stream(text, &place))
			return false;
		if (vf_bytes_starts(name, VF_NAME_COMMITMENT) && !tr_canonical_commitment(text, &c))
			return false;
	}
	return true;
}

static struct taken take(struct vf_bytes json)
{
	struct nt_intake_from from = {.submitter = vf_bytes_str("party"), .notary = f.n, .now_ms = f.now};
	struct vf_arena a[3];
	struct nt_reading quick = {.x = intake, .from = &from, .a = &a[0], .field = field, .err = &err}, general = quick;
	struct taken t;
	struct nt_submission whole = {0};
	size_t n = nt_intake_room(json.n);

	general.a = &a[1];
	for (size_t i = 0; i < 3; i++) {
		vf_arena_init(&a[i], malloc(n), n);
		if (!a[i].base)
			exit(1);
	}
	t.document = nt_intake_canonical(&quick, json);
	CHECK_RC(nt_intake_general(&general, json), VF_OK);
	if (t.document)
		check_same(&quick.s, &general.s);
	else
		CHECK(a[0].used == 0 && quick.s.n_members == 0 && !quick.members);
	t.all_within = within(&general.s, &a[1]);
	CHECK_RC(nt_intake_read(intake, &from, json, &a[2], &whole, field, &err), VF_OK);
	check_same(&whole, &general.s);
	for (size_t i = 0; i < 3; i++)
		free(a[i].base);
	return t;
}

static void expect(struct vf_bytes json, bool document, bool all_within, const char *what)
{
	struct taken t = take(json);

	if (t.document != document || t.all_within != all_within)
		CHECK_FAIL("%s: the document is %s, what is in it %s", what, t.document ? "taken" : "left",
			t.all_within ? "taken" : "left");
	/* a line of many has no LF of its own */
	t = take(vf_bytes(json.p, json.n - 1));
	CHECK(t.document == document);
}

static struct nt_submit submit_of(enum tr_kind kind)
{
	return (struct nt_submit){.submitter = vf_bytes_str("party"), .study = vf_bytes_str("DEMO-1"), .kind = kind};
}

static void expect_made(const struct nt_submit *s, const struct nt_submit_file *files, size_t n,
	const struct tr_details *details, bool document, bool all_within, const char *what)
{
	static struct draft d;

	draft_make(&d, f.n, NULL, s, files, n, details, &drafts);
	draft_finish(&d);
	expect(draft_json(&d), document, all_within, what);
}

/* ---- what our writers make ---- */

static void test_kinds(void)
{
	const struct nt_submit_file files[] = {draft_file("a.txt", "first\n"), draft_file("b/c.txt", "second\n")};
	struct tr_details details = {.date = vf_bytes_str("2026-03-02")};

	for (enum tr_kind kind = TR_REGISTRATION; kind < TR_KIND_COUNT; kind++)
		for (int hidden = tr_kind_is_personal(kind); hidden < 2; hidden++)
			for (int is_signed = 0; is_signed < 2; is_signed++) {
				struct nt_submit s = submit_of(kind);

				s.confidential = hidden;
				if (is_signed)
					s.signer = &signer.sha256, s.sign = signer_sign, s.sign_ctx = &signer;
				expect_made(&s, files, 2, tr_kind_is_personal(kind) ? &details : NULL, true, true, tr_kind_name(kind));
			}
}

static void test_texts(void)
{
	const struct nt_submit_file plain[] = {draft_file("a.txt", "first\n")};
	const struct nt_submit_file unicode[] = {draft_file("Anh\xc3\xa4nge/\xc3\x9c""bersicht.txt", "x"),
		draft_file("\xe6\x97\xa5\xe6\x9c\xac.txt", "y")};
	const struct nt_submit_file quoted[] = {draft_file("the \"first\".txt", "first\n")};
	struct nt_submit s = submit_of(TR_RESULTS);

	s.version = vf_bytes_str("1.0"), s.date = vf_bytes_str("2026"), s.title = vf_bytes_str("Gr\xc3\xb6\xc3\x9f""e, {[:,]}");
	expect_made(&s, plain, 1, NULL, true, true, "texts");
	expect_made(&s, unicode, 2, NULL, true, true, "names beyond ASCII");
	s.confidential = true;
	expect_made(&s, unicode, 2, NULL, true, true, "confidential names beyond ASCII");
	/* escapes: the general reader's */
	expect_made(&s, quoted, 1, NULL, false, false, "a quote in a confidential name");
	s.confidential = false;
	expect_made(&s, quoted, 1, NULL, false, false, "a quote in a name");
	s.title = vf_bytes_str("the \"first\"");
	expect_made(&s, plain, 1, NULL, true, false, "a quote in the title");
	s.title = vf_bytes_str("a\\b");
	expect_made(&s, plain, 1, NULL, true, false, "a backslash in the title");
}

static void test_links_and_places(void)
{
	const struct nt_submit_file files[] = {draft_file("a.txt", "first\n")};
	struct tr_link links[] = {{TR_DERIVES_FROM, {{1}}}, {TR_REPORTS, {{2}}}, {TR_USES, {{1}}}, {TR_USES, {{2}}}};
	struct nt_submit s = submit_of(TR_RESULTS);
	struct nt_stream stream = {0};
	static struct draft d;

	for (size_t i = 0; i < 4; i++) { /* the first record of a stream, and later ones */
		draft_make(&d, f.n, &stream, &s, files, 1, NULL, &drafts);
		draft_finish(&d);
		expect(draft_json(&d), true, true, "a place");
	}
	s.links = links, s.n_links = 4;
	expect_made(&s, files, 1, NULL, true, true, "links");
	/* with a document to keep */
	draft_make(&d, f.n, NULL, &s, files, 1, NULL, &drafts);
	draft_finish(&d);
	d.documents[0].keep = true;
	expect(draft_json(&d), true, true, "a document to keep");
}

/* No stream member, and more documents than a draft holds. */
static void test_many(void)
{
	static struct nt_member members[MANY + 1];
	static struct nt_document documents[MANY];
	static struct vf_member listed[MANY];
	static struct vf_pair pairs[MANY + 1];
	static char names[MANY][16];
	struct nt_submission s = {.members = members, .documents = documents};
	struct tr_statement t = {.kind = TR_DATASET, .study = vf_bytes_str("DEMO-1"), .members = listed, .n_members = MANY};
	struct nt_buf json = nt_buf(NT_INTAKE_MAX_JSON);
	struct vf_bytes text;

	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "%05zu.csv", i);
		listed[i] = (struct vf_member){vf_bytes_str(names[i]), VF_ROLE_DOCUMENT, vf_pair_of(vf_bytes_str(names[i]))};
		members[i] = (struct nt_member){.name = listed[i].name, .digests = listed[i].digests};
		documents[i] = (struct nt_document){.name = listed[i].name, .digests = listed[i].digests, .size = i};
	}
	fixture_need(tr_statement_put(&t, &drafts, &text, &err), &err, "statement");
	members[MANY] = (struct nt_member){vf_bytes_str(VF_NAME_STATEMENT), vf_pair_of(text), text};
	s.n_members = MANY + 1, s.n_documents = MANY;
	for (size_t i = 0; i < s.n_members; i++)
		pairs[i] = members[i].digests;
	vf_group(pairs, s.n_members, &s.id, &s.id512);
	fixture_need(nt_submission_json_put(&json, &s, &err), &err, "write");
	expect(nt_buf_bytes(&json), true, true, "many documents outside streams");
	nt_buf_done(&json);
}

/* ---- other spellings of the same: the general reader's ---- */

static void test_other_spellings(void)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{"{\"schema\"", " {\"schema\""},
		{"\"schema\":", "\"schema\": "},
		{"\"schema\"", "\"sch\\u0065ma\""},
		{"\"name\":\"a.txt\"", "\"name\":\"\\u0061.txt\""},
		{"]}\n", "]}\n\n"},
		{"]}\n", "]}\r\n"},
		{"},{", "},\n{"},
		{"\"size\":6", "\"size\":6 "},
		{"\"size\":6,\"keep\":true", "\"keep\":true,\"size\":6"},
	};
	const struct nt_submit_file files[] = {draft_file("a.txt", "first\n")};
	struct nt_submit s = submit_of(TR_RESULTS);
	struct vf_bytes json;
	static struct draft d;

	draft_make(&d, f.n, NULL, &s, files, 1, NULL, &drafts);
	draft_finish(&d);
	d.documents[0].keep = true;
	json = draft_json(&d);
	CHECK(take(json).document);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (take(text_replace(json, table[i].from, table[i].to)).document)
			CHECK_FAIL("taken with '%s'", table[i].to);
	/* base64 with an escaped '/', which JSON allows: the same octets */
	draft_edit(&d, VF_NAME_STATEMENT, "DEMO-1", "\xc3\xbf\xc3\xbf\xc3\xbf\xc3\xbf");
	json = draft_json(&d);
	CHECK(take(json).document);
	CHECK(!take(text_replace(json, "/D", "\\/D")).document);
}

int main(void)
{
	struct nt_intake_policy policy = NT_INTAKE_DEFAULT;

	policy.outside_streams = true;
	fixture_begin(&f);
	vf_arena_init(&drafts, draft_block, sizeof(draft_block));
	signer_begin(&signer, NULL, NULL);
	fixture_need(nt_intake_new(&policy, &intake, &err), &err, "intake");
	test_kinds();
	test_texts();
	test_links_and_places();
	test_many();
	test_other_spellings();
	nt_intake_free(intake);
	signer_end(&signer);
	fixture_end(&f);
	return check_done();
}
