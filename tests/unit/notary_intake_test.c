/* What a service takes from outside: the documents' examples, every refusal with its field, and that whatever is taken verifies. */
#include "notary/intake.h"

#include "notary/intake_inside.h"
#include "tests/submission_maker.h"
#include "verify/limits.h"

static struct fixture f;
static struct signer signer;
static struct nt_intake *intake;
static struct nt_intake_from from;
static uint8_t draft_block[32 << 20];
static struct vf_arena drafts;
static uint8_t *room;
static char field[NT_FIELD_MAX];
static struct vf_err err;

/* The submission lives until the next call. */
static enum vf_rc take_one_way(struct vf_bytes json, bool general_only, struct nt_submission *ret)
{
	struct vf_arena a;
	size_t n = nt_intake_room(json.n);

	free(room);
	room = malloc(n);
	if (!room)
		exit(1);
	vf_arena_init(&a, room, n);
	err = (struct vf_err){0};
	memset(field, 0, sizeof(field));
	intake->policy.general_only = general_only;
	return nt_intake_read(intake, &from, json, &a, ret, field, &err);
}

/* By both readers, which must give the same answer. */
static enum vf_rc take(struct vf_bytes json, struct nt_submission *ret)
{
	struct nt_submission s = {0};
	enum vf_rc rc = take_one_way(json, true, &s), quick;
	char text[sizeof(err.text)], where[NT_FIELD_MAX];

	memcpy(text, err.text, sizeof(text));
	memcpy(where, field, sizeof(where));
	quick = take_one_way(json, false, ret);
	if (quick != rc || strcmp(text, err.text) != 0 || strcmp(where, field) != 0)
		CHECK_FAIL("in general %s at '%s' (%s), quickly %s at '%s' (%s)", vf_rc_name(rc), where, text, vf_rc_name(quick),
			field, err.text);
	if (rc == VF_OK && quick == VF_OK && (!vf_hash_eq(&s.id, &ret->id) || !vf_hash_eq(&s.journal, &ret->journal) ||
		s.n_members != ret->n_members || s.n_documents != ret->n_documents || s.n_links != ret->n_links || s.seq != ret->seq))
		CHECK_FAIL("%s", "the readers give different submissions");
	return quick;
}

static void refused(struct vf_bytes json, enum vf_rc want, const char *where, const char *what)
{
	struct nt_submission s = {0};
	enum vf_rc rc = take(json, &s);

	check_count++;
	if (rc != want || (want != VF_OK && (strcmp(field, where) != 0 || err.rc != want || err.text[0] == '\0' || s.n_members)))
		CHECK_FAIL("%s: %s at '%s' (%s), not %s at '%s'", what, vf_rc_name(rc), field, err.text, vf_rc_name(want), where);
}

static void refused_draft(struct draft *d, enum vf_rc want, const char *where, const char *what)
{
	refused(draft_json(d), want, where, what);
}

/* Each of the few examples is read once. */
static struct vf_bytes example(const char *name)
{
	static struct {
		const char *name;
		struct vf_bytes bytes;
	} kept[8];
	char path[200];
	size_t i = 0;

	while (kept[i].name && strcmp(kept[i].name, name) != 0)
		i++;
	snprintf(path, sizeof(path), "docs/formats/examples/%s", name);
	if (!kept[i].name)
		kept[i].name = name, kept[i].bytes = check_example(path);
	return kept[i].bytes;
}

static struct nt_submit submit_of(enum tr_kind kind)
{
	return (struct nt_submit){.submitter = vf_bytes_str("party"), .study = vf_bytes_str("DEMO-1"), .kind = kind};
}

/* ---- drafts ---- */

static const struct nt_submit_file *two_files(void)
{
	static struct nt_submit_file files[2];

	files[0] = draft_file("a.txt", "first document\n");
	files[1] = draft_file("b.txt", "second document\n");
	return files;
}

static void plain_draft(struct draft *d)
{
	struct nt_submit s = submit_of(TR_DATASET);

	s.title = vf_bytes_str("Locked");
	draft_make(d, f.n, NULL, &s, two_files(), 2, NULL, &drafts);
	draft_finish(d);
}

static void hidden_draft(struct draft *d)
{
	struct nt_submit s = submit_of(TR_CONSENT);
	struct tr_details details = {.date = vf_bytes_str("2026-03-02")};

	s.confidential = true;
	draft_make(d, f.n, NULL, &s, two_files(), 1, &details, &drafts);
	draft_finish(d);
}

static void signed_draft(struct draft *d)
{
	struct nt_submit s = submit_of(TR_RESULTS);

	s.signer = &signer.sha256;
	s.sign = signer_sign;
	s.sign_ctx = &signer;
	draft_make(d, f.n, NULL, &s, two_files(), 1, NULL, &drafts);
	draft_finish(d);
}

/* ---- examples ---- */

static void check_example_pair(const char *name, const char *entry_name, struct nt_stream *stream)
{
	struct vf_bytes json = example(name);
	struct nt_buf again = nt_buf(1 << 20);
	struct nt_submission s = {0};
	struct vf_entry e;

	CHECK_RC(take(json, &s), VF_OK);
	CHECK_STR(err.text, "");
	CHECK_BYTES(s.submitter, vf_bytes_str("party"));
	CHECK_RC(vf_entry_parse(example(entry_name), &e, &err), VF_OK);
	CHECK(vf_hash_eq(&e.id, &s.id) && vf_hash512_eq(&e.id512, &s.id512) && vf_hash_eq(&e.slot, &s.slot));
	CHECK_RC(nt_intake_place(&s, stream, field, &err), VF_OK);
	CHECK(vf_hash_eq(&stream->head, &s.id));
	CHECK_RC(nt_submission_json_put(&again, &s, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&again), json);
	nt_buf_done(&again);
}

static void test_examples(void)
{
	struct nt_stream stream = {0};

	check_example_pair("submission.json", "entry", &stream);
	CHECK_INT(stream.next, 1);
	check_example_pair("submission-consent.json", "entry-consent", &stream);
	CHECK_INT(stream.next, 2);
}

/* ---- the JSON ---- */

static void test_refused_json(void)
{
	static const struct {
		bool consent;
		const char *from, *to;
		enum vf_rc rc;
		const char *field;
	} table[] = {
		{false, "{\"schema\"", "\"schema\"", VF_JSON_SHAPE, ""},
		{false, "]}\n", "]", VF_JSON_SHAPE, ""},
		{false, "]}\n", "]}\n1", VF_JSON_SHAPE, ""},
		{false, "]}\n", "],\"path\":\"/home\"}\n", VF_JSON_SHAPE, ""},
		{false, "]}\n", "],\"submitter\":\"another\"}\n", VF_JSON_SHAPE, ""},
		{false, "\"documents\"", "\"entry\"", VF_JSON_SHAPE, ""},
		{false, "submission/1", "submission/2", VF_JSON_SHAPE, "/schema"},
		{false, "\"schema\":\"trialnotary/submission/1\"", "\"schema\":1", VF_JSON_SHAPE, "/schema"},
		{false, "\"entry\":{", "\"entry\":{\"size\":1,", VF_JSON_SHAPE, "/entry"},
		{false, "\"entry\":{\"sha256\":\"", "\"entry\":{\"sha256\":\"0", VF_JSON_SHAPE, "/entry/sha256"},
		{false, "\"slot\":\"", "\"slot\":\"g", VF_JSON_SHAPE, "/entry/slot"},
		{false, "\"members\":[", "\"members\":[1,", VF_JSON_SHAPE, "/members/0"},
		{false, "\"members\":[{", "\"members\":[{\"role\":\"document\",", VF_JSON_SHAPE, "/members/0"},
		{false, "\"members\":[{\"name\":\"protocol.txt\"", "\"members\":[{\"name\":7", VF_JSON_SHAPE, "/members/0/name"},
		{false, "\"name\":\"protocol.txt\"", "\"name\":\"../protocol.txt\"", VF_NAME_SHAPE, "/members/0/name"},
		{false, "\"name\":\"protocol.txt\"", "\"name\":\"mimetype\"", VF_NAME_SHAPE, "/members/0/name"},
		{false, "\"name\":\"protocol.txt\"", "\"name\":\"Stream.JSON\"", VF_NAME_SHAPE, "/members/0/name"},
		{false, "\"name\":\"protocol.txt\"", "\"name\":\"protocol.txs\"", VF_GROUP_MISMATCH, "/members/0/name"},
		{false, "\"name\":\"protocol.txt\"", "\"name\":\"z.txt\"", VF_JSON_SHAPE, "/members/1/name"},
		{false, "\"name\":\"statement.json\"", "\"name\":\"stream.json\"", VF_JSON_SHAPE, "/members/2/name"},
		{false, "\"name\":\"stream.json\"", "\"name\":\"statement.json\"", VF_JSON_SHAPE, "/members/2/name"},
		{false, "\"base64\":\"", "\"base64\":\" ", VF_JSON_SHAPE, "/members/1/base64"},
		{false, "\"base64\":\"", "\"base65\":\"", VF_JSON_SHAPE, "/members/1"},
		{false, "},{\"name\":\"statement", ",\"base64\":\"AA==\"},{\"name\":\"statement", VF_JSON_SHAPE, "/members/0/base64"},
		{false, "\"documents\":[", "\"documents\":7,\"x\":[", VF_JSON_SHAPE, ""},
		{false, "\"documents\":[{", "\"documents\":[{\"path\":\"/home/a\",", VF_JSON_SHAPE, "/documents/0"},
		{false, ",\"size\":29", "", VF_JSON_SHAPE, "/documents/0"},
		{false, "\"size\":29", "\"size\":-1", VF_JSON_SHAPE, "/documents/0/size"},
		{false, "\"size\":29", "\"size\":29.0", VF_JSON_SHAPE, "/documents/0/size"},
		{false, "\"size\":29", "\"size\":\"29\"", VF_JSON_SHAPE, "/documents/0/size"},
		{false, "\"size\":29", "\"size\":9007199254740992", VF_JSON_SHAPE, "/documents/0/size"},
		{false, "\"size\":29", "\"size\":9007199254740991", VF_OK, ""},
		{false, "\"size\":29", "\"size\":29,\"keep\":true", VF_OK, ""},
		{false, "\"size\":29", "\"size\":29,\"keep\":false", VF_JSON_SHAPE, "/documents/0/keep"},
		{false, "\"size\":29", "\"size\":29,\"keep\":1", VF_JSON_SHAPE, "/documents/0/keep"},
		{false, "\"size\":29", "\"size\":29,\"confidential\":true", VF_JSON_SHAPE, "/documents/0"},
		{false, "\"size\":29", "\"size\":29,\"confidential\":false", VF_JSON_SHAPE, "/documents/0/confidential"},
		{false, "\"size\":29", "\"size\":29,\"commitment\":\"x\"", VF_JSON_SHAPE, "/documents/0/commitment"},
		{false, "\"size\":29", "\"size\":29,\"confidential\":true,\"commitment\":\"commitment-001.json\"", VF_GROUP_MISMATCH,
			"/documents/0/commitment"},
		{false, "\"size\":29", "\"size\":29,\"confidential\":true,\"commitment\":\"stream.json\"", VF_GROUP_MISMATCH,
			"/documents/0/commitment"},
		{false, "\"size\":29", "\"size\":29,\"confidential\":true,\"commitment\":1", VF_JSON_SHAPE, "/documents/0/commitment"},
		{false, "\"documents\":[{\"name\":\"protocol.txt\"", "\"documents\":[{\"name\":\"protocol.tx\"", VF_GROUP_MISMATCH,
			"/documents/0/name"},
		{false, "\"documents\":[{\"name\":\"protocol.txt\"", "\"documents\":[{\"name\":\"commitment-001.json\"", VF_NAME_SHAPE,
			"/documents/0/name"},
		{true, "\"documents\":[{\"name\":\"consent.txt\"", "\"documents\":[{\"name\":\"consent.tx\"", VF_GROUP_MISMATCH,
			"/documents/0/name"},
		{true, ",\"confidential\":true", "", VF_JSON_SHAPE, "/documents/0/commitment"},
		{true, ",\"confidential\":true,\"commitment\":\"commitment-001.json\"", "", VF_GROUP_MISMATCH, "/documents/0/name"},
		{true, "\"commitment\":\"commitment-001.json\"", "\"commitment\":\"commitment-002.json\"", VF_GROUP_MISMATCH,
			"/documents/0/commitment"},
		{true, "\"name\":\"commitment-001.json\"", "\"name\":\"commitment-002.json\"", VF_GROUP_MISMATCH, "/members"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct vf_bytes json = example(table[i].consent ? "submission-consent.json" : "submission.json");

		refused(text_replace(json, table[i].from, table[i].to), table[i].rc, table[i].field, table[i].to);
	}
	refused(vf_bytes_str(""), VF_JSON_SHAPE, "", "nothing");
	refused(vf_bytes_str("[]"), VF_JSON_SHAPE, "", "an array");
}

/* Every octet of both examples, changed: refused, or the declared size alone is another. */
static void test_every_octet(void)
{
	static const char *const names[] = {"submission.json", "submission-consent.json"};
	static const uint8_t with[] = {1, 2, 0x20, 0x80};
	size_t taken = 0, tried = 0;

	for (size_t e = 0; e < 2; e++) {
		struct vf_bytes json = example(names[e]);
		const uint8_t *size = memmem(json.p, json.n, "\"size\":", 7);
		uint8_t *copy = make_room(json.n);

		for (size_t i = 0; i < 4 * json.n; i++) {
			size_t at = i / 4, digits = (size_t)(size - json.p) + 7;
			struct nt_stream stream = {.exists = true, .next = 1};
			struct nt_submission s;

			memcpy(copy, json.p, json.n);
			copy[at] ^= with[i % 4];
			tried++;
			if (take(vf_bytes(copy, json.n), &s) != VF_OK)
				continue;
			/* the slot of a later record is compared where the stream's key is known */
			stream.id = stream.head = s.prev;
			if (s.seq > 0 && nt_intake_place(&s, &stream, field, &err) != VF_OK)
				continue;
			taken++;
			/* the last octet is white space after the object */
			if (!(at >= digits && at < digits + 2) && at + 1 != json.n)
				CHECK_FAIL("%s: octet %zu ^ %u is accepted", names[e], at, with[i % 4]);
		}
	}
	CHECK(taken > 0 && taken < 20 && tried > 10000);
}

/* ---- records ---- */

static void test_refused_records(void)
{
	static struct draft good, d;

	plain_draft(&good);
	refused_draft(&good, VF_OK, "", "plain draft");
	d = good, draft_edit(&d, VF_NAME_STATEMENT, "statement/1", "statement/2");
	refused_draft(&d, VF_STATEMENT_SHAPE, "/members/2/base64", "schema of the statement");
	d = good, draft_edit(&d, VF_NAME_STATEMENT, "dataset", "datasets");
	refused_draft(&d, VF_UNKNOWN_KIND, "/members/2/base64", "unknown kind");
	d = good, draft_edit(&d, VF_NAME_STATEMENT, "\"kind\":\"dataset\"", "\"kind\":\"consent\"");
	refused_draft(&d, VF_PERSONAL_FIELD, "/members/2/base64", "title of a consent");
	draft_edit(&d, VF_NAME_STATEMENT, ",\"title\":\"Locked\"", "");
	refused_draft(&d, VF_PERSONAL_FIELD, "/members/0/name", "plain document of a consent");
	d = good, draft_edit(&d, VF_NAME_STATEMENT, "\"nonce\":",
		"\"links\":[{\"type\":\"likes\",\"record\":\"0000000000000000000000000000000000000000000000000000000000000000\"}],\"nonce\":");
	refused_draft(&d, VF_LINK_SHAPE, "/members/2/base64", "unknown link");
	d = good, d.s.n_members--; /* the statement is the last one that a draft makes */
	draft_finish(&d);
	refused_draft(&d, VF_GROUP_MISMATCH, "/members", "no statement");
	d = good, d.members[0] = d.members[--d.s.n_members];
	draft_finish(&d);
	refused_draft(&d, VF_GROUP_MISMATCH, "/members", "a listed member is missing");
	d = good, d.members[d.s.n_members++] = (struct nt_member){vf_bytes_str("c.txt"), d.members[0].digests, NOTHING};
	draft_finish(&d);
	refused_draft(&d, VF_GROUP_MISMATCH, "/members/2/name", "a member that is not listed");
	d = good, d.members[d.s.n_members++] = (struct nt_member){vf_bytes_str(VF_NAME_SIGNATURE), {{{0}}, {{0}}}, vf_bytes_str("x")};
	draft_finish(&d);
	refused_draft(&d, VF_GROUP_MISMATCH, "/members/0/name", "a signature that nobody names");
	d = good, d.members[0].digests.sha256.b[0] ^= 1, draft_finish(&d);
	refused_draft(&d, VF_GROUP_MISMATCH, "/members/0/sha256", "another SHA-256 than listed");
	d = good, d.members[0].digests.sha512.b[0] ^= 1, draft_finish(&d);
	refused_draft(&d, VF_GROUP_MISMATCH, "/members/0/sha512", "another SHA-512 than listed");
	d = good, d.documents[1].digests.sha256.b[0] ^= 1, draft_finish(&d);
	refused_draft(&d, VF_GROUP_MISMATCH, "/documents/1/sha256", "another document than the member");
	d = good, d.s.n_documents--;
	refused_draft(&d, VF_GROUP_MISMATCH, "/documents", "a document is missing");
	d = good, d.documents[d.s.n_documents] = d.documents[1];
	d.documents[d.s.n_documents++].name = vf_bytes_str("a.txt");
	refused_draft(&d, VF_JSON_SHAPE, "/documents/1/name", "a document twice");
	d = good, draft_finish(&d), draft_member(&d, VF_NAME_STREAM)->digests.sha512.b[63] ^= 1;
	refused_draft(&d, VF_DIGEST_MISMATCH, "/members/3/sha512", "SHA-512 of given octets");
	d = good, draft_finish(&d), draft_member(&d, VF_NAME_STREAM)->digests.sha256.b[0] ^= 1;
	refused_draft(&d, VF_DIGEST_MISMATCH, "/members/3/sha256", "SHA-256 of given octets");
	d = good, draft_finish(&d), d.s.id.b[31] ^= 1;
	refused_draft(&d, VF_ENTRY_MISMATCH, "/entry/sha256", "record hash");
	d = good, draft_finish(&d), d.s.id512.b[0] ^= 1;
	refused_draft(&d, VF_ENTRY_MISMATCH, "/entry/sha512", "second-generation hash");
	d = good, draft_finish(&d), d.s.slot.b[0] ^= 1;
	refused_draft(&d, VF_SLOT_MISMATCH, "/entry/slot", "slot of record 0");
	d = good, draft_member(&d, VF_NAME_STREAM)->bytes = vf_bytes_str("x"), draft_finish(&d);
	draft_member(&d, VF_NAME_STREAM)->digests = vf_pair_of(NOTHING);
	refused(text_replace(draft_json(&d), "\"eA==\"", "\"\""), VF_JSON_SHAPE, "/members/3/base64", "octets that are none");
	d = good, draft_edit(&d, VF_NAME_STREAM, "stream/1", "stream/2");
	refused_draft(&d, VF_STREAM_SHAPE, "/members/3/base64", "schema of the stream member");
	d = good, draft_edit(&d, VF_NAME_STREAM, "\"nonce\":\"", "\"nonce\":\"0");
	refused_draft(&d, VF_STREAM_SHAPE, "/members/3/base64", "nonce of the stream member");
}

static void test_refused_hidden(void)
{
	static struct draft good, d;
	const struct nt_submit_file *files = two_files();
	struct nt_submit s = submit_of(TR_PROTOCOL);

	hidden_draft(&good);
	refused_draft(&good, VF_OK, "", "hidden draft");
	d = good, draft_edit(&d, "commitment-001.json", "commitment/1", "commitment/2");
	refused_draft(&d, VF_COMMITMENT_SHAPE, "/members/0/base64", "schema of a commitment");
	d = good, draft_edit(&d, "commitment-002.json", TR_DETAILS_NAME, "other.json");
	refused_draft(&d, VF_GROUP_MISMATCH, "/documents/1/name", "commitment for another name");
	d = good, draft_edit(&d, "commitment-001.json", "a.txt", "b/");
	refused_draft(&d, VF_NAME_SHAPE, "/members/0/base64", "commitment for no name");
	d = good, d.documents[0].digests.sha512.b[5] ^= 1;
	refused_draft(&d, VF_GROUP_MISMATCH, "/documents/0/sha512", "commitment for other digests");
	d = good, d.s.n_documents--;
	refused_draft(&d, VF_GROUP_MISMATCH, "/documents", "no document for a commitment");
	d = good, draft_edit(&d, "commitment-001.json", "a.txt", "DETAILS.json");
	d.documents[0].name = vf_bytes_str("DETAILS.json");
	refused_draft(&d, VF_COMMITMENT_SHAPE, "/documents", "names that differ only in case");
	d = good, draft_edit(&d, "commitment-001.json", "a.txt", "details.json/a");
	d.documents[0].name = vf_bytes_str("details.json/a");
	refused_draft(&d, VF_COMMITMENT_SHAPE, "/documents", "a file and a folder");
	s.confidential = true;
	draft_make(&d, f.n, NULL, &s, files, 0, NULL, &drafts);
	draft_finish(&d);
	refused_draft(&d, VF_STATEMENT_SHAPE, "/documents", "a protocol without documents");
}

static void test_refused_signatures(void)
{
	static struct draft good, d;
	struct nt_intake_from now = from;

	signed_draft(&good);
	refused_draft(&good, VF_OK, "", "signed draft");
	d = good, d.members[4] = d.members[--d.s.n_members], draft_finish(&d);
	refused_draft(&d, VF_SIGNATURE_MISSING, "/members", "no signature");
	d = good, draft_edit(&d, VF_NAME_STATEMENT, "\"study\":\"DEMO-1\"", "\"study\":\"DEMO-2\"");
	refused_draft(&d, VF_MANIFEST_DIGEST, "/members/0/base64", "over another statement");
	d = good, draft_member(&d, VF_NAME_SIGNED_MANIFEST)->bytes = vf_bytes_str("<a/>"), draft_finish(&d);
	refused_draft(&d, VF_XML_SHAPE, "/members/0/base64", "no manifest");
	d = good, draft_member(&d, VF_NAME_SIGNED_MANIFEST)->bytes = text_replace(
		draft_member(&good, VF_NAME_SIGNED_MANIFEST)->bytes, "URI=\"statement.json\"", "URI=\"statement.jsom\""), draft_finish(&d);
	refused_draft(&d, VF_MANIFEST_SHAPE, "/members/0/base64", "a manifest of another file");
	d = good, draft_member(&d, VF_NAME_SIGNED_MANIFEST)->bytes = text_replace(
		draft_member(&good, VF_NAME_SIGNED_MANIFEST)->bytes, "application/pkcs7-signature", "application/pkcs7"), draft_finish(&d);
	refused_draft(&d, VF_SIGNATURE, "/members/1/base64", "another manifest was signed");
	d = good, draft_member(&d, VF_NAME_SIGNATURE)->bytes = vf_bytes_str("x"), draft_finish(&d);
	refused_draft(&d, VF_CMS_SHAPE, "/members/1/base64", "no CMS");
	from.now_ms = make_time("2030-01-01T00:00:00Z");
	refused_draft(&good, VF_SIGNER_CERT_TIME, "/members/1/base64", "certificate has ended");
	from.now_ms = make_time("2023-12-31T23:59:59Z");
	refused_draft(&good, VF_SIGNER_CERT_TIME, "/members/1/base64", "certificate has not begun");
	from = now;
	signer.sha256.b[0] ^= 1;
	signed_draft(&d);
	signer.sha256.b[0] ^= 1;
	refused_draft(&d, VF_SIGNER_MISMATCH, "/members/1/base64", "another certificate is named");
}

/* ---- limits and policy ---- */

static void test_policy(void)
{
	static struct draft d;
	struct nt_intake_policy small = {.max_json = 1500, .max_members = 3}, open = NT_INTAKE_DEFAULT;
	struct nt_intake *usual = intake;
	struct vf_bytes json, zeros = make_copy(example("submission.json"));
	char *many = (char *)make_room(2 << 20);

	CHECK_INT(nt_intake_count_values(vf_bytes_str("{\"a\":\"\\\",,,[{\",\"b\":[1,2]}")), 5);
	plain_draft(&d);
	json = draft_json(&d);
	refused(text_replace(json, "\"schema\":", "\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]],\"schema\":"), VF_JSON_SHAPE,
		"", "nested");
	memset(many, ',', 2 << 20);
	refused(vf_bytes(many, 2 << 20), VF_LIMIT, "", "too many values");
	draft_member(&d, VF_NAME_STREAM)->bytes = vf_bytes(many, VF_MAX_SMALL_JSON + 3);
	draft_finish(&d);
	refused_draft(&d, VF_LIMIT, "/members/3/base64", "a large stream member");
	plain_draft(&d);
	draft_member(&d, VF_NAME_STATEMENT)->bytes = vf_bytes(many, 60000);
	draft_finish(&d);
	refused_draft(&d, VF_LIMIT, "/members/2/base64", "a statement of too many values");
	CHECK_RC(nt_intake_new(&small, &intake, &err), VF_OK);
	refused(json, VF_LIMIT, "", "too large");
	small.max_json = 1 << 20;
	intake = nt_intake_free(intake);
	small.max_members = 5;
	CHECK_RC(nt_intake_new(&small, &intake, &err), VF_OK);
	refused(text_replace(json, "\"members\":[", "\"members\":[1,1,1,1,1,"), VF_LIMIT, "/members", "too many members");
	refused(text_replace(json, "\"documents\":[", "\"documents\":[1,1,1,1,"), VF_LIMIT, "/documents", "too many documents");
	intake = nt_intake_free(intake);
	small.max_members = 2;
	CHECK_RC(nt_intake_new(&small, &intake, &err), VF_OK);
	refused(json, VF_LIMIT, "/members/2/base64", "too many listed members");
	refused(text_replace(zeros, "\"size\":29", "\"size\":29,\"keep\":true"), VF_PERMISSION, "/documents/0/keep", "nothing is kept");
	refused(zeros, VF_OK, "", "small enough");
	intake = nt_intake_free(intake);
	small.max_members = 1;
	CHECK_RC(nt_intake_new(&small, &intake, &err), VF_OK);
	refused(json, VF_LIMIT, "/documents", "too many documents as we write them");
	plain_draft(&d);
	d.members[d.s.n_members++] = (struct nt_member){vf_bytes_str("c.txt"), d.members[0].digests, NOTHING};
	d.s.n_documents = 1;
	refused_draft(&d, VF_LIMIT, "/members", "too many members as we write them");
	intake = nt_intake_free(intake);
	small.max_members = 0;
	CHECK_RC(nt_intake_new(&small, &intake, &err), VF_OK);
	refused(json, VF_LIMIT, "", "none may be there");
	intake = nt_intake_free(intake);
	/* outside streams */
	plain_draft(&d);
	d.members[2] = d.members[--d.s.n_members];
	struct vf_bytes statement = d.members[2].bytes;
	const uint8_t *cut = memmem(statement.p, statement.n, ",{\"name\":\"stream.json\"", 22);
	d.members[2].bytes = JOIN(vf_bytes(statement.p, (size_t)(cut - statement.p)), vf_bytes_str("]}\n"));
	draft_finish(&d);
	intake = usual;
	refused_draft(&d, VF_PERMISSION, "/members", "outside streams");
	open.outside_streams = true;
	CHECK_RC(nt_intake_new(&open, &intake, &err), VF_OK);
	refused_draft(&d, VF_OK, "", "outside streams, allowed");
	intake = nt_intake_free(intake);
	intake = usual;
}

static void test_refusal_json(void)
{
	struct vf_err e = {0};
	struct nt_buf b = nt_buf(4096);

	vf_ignore(vf_fail(&e, VF_DIGEST_MISMATCH, "the octets of \"a\" \xc3 differ")); /* it is the text that counts */
	CHECK_RC(nt_refusal_json_put(&b, "/members/1/sha256", &e, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&b), vf_bytes_str("{\"code\":\"DIGEST_MISMATCH\",\"field\":\"/members/1/sha256\","
		"\"detail\":\"the octets of \\\"a\\\" \\\\xc3 differ\",\"next\":\"ask the sender for the original file\"}"));
	nt_buf_done(&b);
}

int main(void)
{
	struct nt_intake_policy policy = NT_INTAKE_DEFAULT;

	fixture_begin(&f);
	vf_arena_init(&drafts, draft_block, sizeof(draft_block));
	signer_begin(&signer, NULL, NULL);
	fixture_need(nt_intake_new(&policy, &intake, &err), &err, "intake");
	from = (struct nt_intake_from){.submitter = vf_bytes_str("party"), .notary = f.n, .now_ms = f.now};
	test_examples();
	test_refused_json();
	test_every_octet();
	test_refused_records();
	test_refused_hidden();
	test_refused_signatures();
	test_policy();
	test_refusal_json();
	nt_intake_free(intake);
	free(room);
	signer_end(&signer);
	fixture_end(&f);
	return check_done();
}
