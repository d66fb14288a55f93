#include "verify/record.h"

#include "tests/check.h"
#include "verify/limits.h"

#define EXAMPLES "docs/formats/examples/"

static uint8_t block[1 << 20];

static struct vf_arena fresh(void)
{
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	return a;
}

static void is(const struct vf_hash *h, const char *hex)
{
	char out[65];

	vf_hex_put(out, vf_bytes(h->b, sizeof(h->b)));
	CHECK_STR(out, hex);
}

/* The example record, byte by byte: every value follows from the files. */
static void test_example_statement(struct vf_statement *s, struct vf_arena *a)
{
	struct vf_bytes text = check_example(EXAMPLES "statement.json"), doc = check_example(EXAMPLES "protocol.txt");
	struct vf_pair p = vf_pair_of(doc);
	struct vf_err e = {0};

	CHECK_RC(vf_statement_parse(text, a, s, &e), VF_OK);
	CHECK_STR(e.text, "");
	CHECK_BYTES(s->kind, vf_bytes_str("protocol"));
	CHECK_BYTES(s->study, vf_bytes_str("DEMO-1"));
	CHECK_BYTES(s->version, vf_bytes_str("1.0"));
	CHECK_BYTES(s->date, vf_bytes_str("2026-03-01"));
	CHECK_BYTES(s->title, vf_bytes_str("Protocol of the demonstration trial"));
	CHECK_INT(s->n_links, 0);
	CHECK(!s->has_signer);
	CHECK_INT(s->n_members, 2);
	CHECK(s->members[0].role == VF_ROLE_DOCUMENT && s->members[1].role == VF_ROLE_STREAM);
	CHECK(vf_pair_eq(&s->members[0].digests, &p));
	CHECK(vf_statement_find(s, vf_bytes_str("stream.json")) == &s->members[1]);
	CHECK(vf_statement_find(s, vf_bytes_str("protocol.txu")) == NULL);
	CHECK(vf_statement_find(s, vf_bytes_str("")) == NULL);
}

static void test_example_entry(const struct vf_statement *s)
{
	struct vf_bytes text = check_example(EXAMPLES "entry"), stream = check_example(EXAMPLES "stream-0.json");
	struct vf_pair group[3] = {s->members[0].digests, s->members[1].digests,
		vf_pair_of(check_example(EXAMPLES "statement.json"))};
	struct vf_stream_member m;
	struct vf_entry e, again;
	char out[VF_ENTRY_LEN + 1];

	CHECK_INT(text.n, VF_ENTRY_LEN);
	CHECK_RC(vf_entry_parse(text, &e, NULL), VF_OK);
	vf_group(group, 3, &again.id, &again.id512);
	CHECK(vf_hash_eq(&e.id, &again.id) && vf_hash512_eq(&e.id512, &again.id512));
	CHECK(memcmp(group[0].sha256.b, group[1].sha256.b, 32) < 0 && memcmp(group[1].sha256.b, group[2].sha256.b, 32) < 0);
	CHECK_RC(vf_stream_parse(stream, &m, NULL), VF_OK);
	CHECK_INT(m.seq, 0);
	again.slot = vf_slot(&m.key, m.seq);
	CHECK(vf_hash_eq(&e.slot, &again.slot));
	vf_entry_put(out, &e);
	CHECK_BYTES(vf_bytes_str(out), text);
}

static void test_example_consent(void)
{
	struct vf_arena a = fresh();
	struct vf_stream_member m0, m1;
	struct vf_commitment c;
	struct vf_statement s;
	struct vf_entry e;
	struct vf_hash slot;
	struct vf_pair doc = vf_pair_of(check_example(EXAMPLES "consent.txt"));

	CHECK_RC(vf_statement_parse(check_example(EXAMPLES "statement-consent.json"), &a, &s, NULL), VF_OK);
	CHECK_INT(s.n_links, 1);
	CHECK_BYTES(s.links[0].type, vf_bytes_str("uses"));
	CHECK(s.version.n == 0 && s.date.n == 0 && s.title.n == 0);
	CHECK_RC(vf_commitment_parse(check_example(EXAMPLES "commitment-001.json"), &a, &c, NULL), VF_OK);
	CHECK_BYTES(c.name, vf_bytes_str("consent.txt"));
	CHECK(vf_pair_eq(&c.digests, &doc));
	is(&c.salt, "e0fcab987236cb02bba4919f9ea8280d163a58209cd8960a5204d152dbdf4e2d");
	CHECK_RC(vf_stream_parse(check_example(EXAMPLES "stream-0.json"), &m0, NULL), VF_OK);
	CHECK_RC(vf_stream_parse(check_example(EXAMPLES "stream-1.json"), &m1, NULL), VF_OK);
	CHECK_INT(m1.seq, 1);
	CHECK(vf_hash_eq(&m1.prev, &s.links[0].record) && vf_hash_eq(&m1.stream, &m1.prev));
	CHECK_RC(vf_entry_parse(check_example(EXAMPLES "entry-consent"), &e, NULL), VF_OK);
	slot = vf_slot(&m0.key, 1);
	CHECK(vf_hash_eq(&e.slot, &slot));
}

#define H64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define H128 H64 H64
#define MEMBER(name, role) "{\"name\":\"" name "\",\"role\":\"" role "\",\"sha256\":\"" H64 "\",\"sha512\":\"" H128 "\"}"
#define STATEMENT(extra, members)                                                                          \
	"{\"schema\":\"trialnotary/statement/1\",\"kind\":\"protocol\",\"study\":\"S\",\"nonce\":\"" H64 "\"" extra \
	",\"members\":[" members "]}"
#define LINK(type) "{\"type\":\"" type "\",\"record\":\"" H64 "\"}"

static const struct {
	const char *text;
	enum vf_rc want;
} statements[] = {
	{STATEMENT("", MEMBER("a", "document")), VF_OK},
	{STATEMENT(",\"signer\":\"" H64 "\"", MEMBER("a", "document")), VF_OK},
	{STATEMENT(",\"links\":[" LINK("amends") "," LINK("uses") "]", MEMBER("a", "document")), VF_OK},
	{STATEMENT("", MEMBER("a", "document") "," MEMBER("commitment-001.json", "commitment") "," MEMBER("stream.json", "stream")),
		VF_OK},
	{"", VF_STATEMENT_SHAPE},
	{"[]", VF_STATEMENT_SHAPE},
	{"{}", VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("a", "document")) "x", VF_STATEMENT_SHAPE},
	{STATEMENT("", ""), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"verified\":true", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"kind\":\"consent\"", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"version\":\"\"", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"version\":1", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"title\":\"a\\nb\"", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"title\":\"\\u202e\"", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"title\":\"\\u0000\"", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"links\":[]", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"links\":[" LINK("uses") "," LINK("uses") "]", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"links\":[" LINK("uses") "," LINK("amends") "]", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"links\":[" LINK("Uses") "]", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"links\":[{}]", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"links\":[1]", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT(",\"signer\":\"00\"", MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("b", "document") "," MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("a", "document") "," MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("A", "document") "," MEMBER("a", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("a", "document") "," MEMBER("a.txt", "document") "," MEMBER("a/b", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("A/b/c", "document") "," MEMBER("a/B", "document")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("a/b", "document") "," MEMBER("a/c", "document") "," MEMBER("ab", "document")), VF_OK},
	{STATEMENT("", MEMBER("a", "other")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("a", "stream")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("stream.json", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("STREAM.json", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("statement.json", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("mimetype", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("Mimetype", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("META-INF/x", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("meta-inf/x", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("meta-inf", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("commitment-001.json", "document")), VF_NAME_SHAPE},
	{STATEMENT("", MEMBER("commitment-000.json", "commitment")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("commitment-01.json", "commitment")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("commitment-001.txt", "commitment")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("commitment-100000.json", "commitment")), VF_STATEMENT_SHAPE},
	{STATEMENT("", "{\"name\":1,\"role\":\"document\",\"sha256\":\"" H64 "\",\"sha512\":\"" H128 "\"}"), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("commitment-0a1.json", "commitment")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("commitment-1:0.json", "commitment")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("commitment-0001.json", "commitment")), VF_STATEMENT_SHAPE},
	{STATEMENT("", MEMBER("../a", "document")), VF_NAME_SHAPE},
	{STATEMENT("", "{\"name\":\"a\",\"role\":\"document\",\"sha256\":\"" H64 "\"}"), VF_STATEMENT_SHAPE},
	{STATEMENT("", "{\"name\":\"a\",\"role\":\"document\",\"sha256\":\"" H64 "\",\"sha512\":\"" H64 "\"}"), VF_STATEMENT_SHAPE},
	{STATEMENT("", "\"a\""), VF_STATEMENT_SHAPE},
};

static const struct {
	const char *text;
	enum vf_rc want;
} streams[] = {
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":0,\"key\":\"" H64 "\",\"nonce\":\"" H64 "\"}", VF_OK},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":2,\"stream\":\"" H64 "\",\"prev\":\"" H64 "\",\"nonce\":\"" H64 "\"}", VF_OK},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":0,\"stream\":\"" H64 "\",\"prev\":\"" H64 "\",\"nonce\":\"" H64 "\"}",
		VF_STREAM_SHAPE},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":1,\"key\":\"" H64 "\",\"nonce\":\"" H64 "\"}", VF_STREAM_SHAPE},
	{"{\"schema\":\"trialnotary/stream/2\",\"seq\":0,\"key\":\"" H64 "\",\"nonce\":\"" H64 "\"}", VF_STREAM_SHAPE},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":-1,\"key\":\"" H64 "\",\"nonce\":\"" H64 "\"}", VF_STREAM_SHAPE},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":0.0,\"key\":\"" H64 "\",\"nonce\":\"" H64 "\"}", VF_STREAM_SHAPE},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":9007199254740992,\"stream\":\"" H64 "\",\"prev\":\"" H64 "\",\"nonce\":\"" H64
	 "\"}",
		VF_STREAM_SHAPE},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":0,\"key\":\"" H64 "\"}", VF_STREAM_SHAPE},
	{"{\"schema\":\"trialnotary/stream/1\",\"seq\":0,\"seq\":0,\"key\":\"" H64 "\",\"nonce\":\"" H64 "\"}", VF_STREAM_SHAPE},
	{"null", VF_STREAM_SHAPE},
};

#define COMMITMENT(name) "{\"schema\":\"trialnotary/commitment/1\",\"name\":\"" name "\",\"sha256\":\"" H64 "\",\"sha512\":\"" H128 "\""

static const struct {
	const char *text;
	enum vf_rc want;
} commitments[] = {
	{COMMITMENT("a") ",\"salt\":\"" H64 "\"}", VF_OK},
	{COMMITMENT("a") "}", VF_COMMITMENT_SHAPE},
	{COMMITMENT("a") ",\"salt\":\"\"}", VF_COMMITMENT_SHAPE},
	{COMMITMENT("a") ",\"salt\":\"" H64 "\",\"x\":1}", VF_COMMITMENT_SHAPE},
	{COMMITMENT("../a") ",\"salt\":\"" H64 "\"}", VF_NAME_SHAPE},
	{COMMITMENT("commitment-1") ",\"salt\":\"" H64 "\"}", VF_NAME_SHAPE},
};

static void test_tables(void)
{
	struct vf_stream_member m;
	struct vf_commitment c;
	struct vf_statement s;

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		struct vf_arena a = fresh();
		struct vf_err e = {0};
		enum vf_rc rc = vf_statement_parse(vf_bytes_str(statements[i].text), &a, &s, &e);

		if (rc != statements[i].want || (rc != VF_OK && (e.rc != rc || !e.text[0])))
			CHECK_FAIL("statement %zu gives %s '%s'", i, vf_rc_name(rc), e.text);
	}
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		if (vf_stream_parse(vf_bytes_str(streams[i].text), &m, NULL) != streams[i].want)
			CHECK_FAIL("stream %zu", i);
	for (size_t i = 0; i < sizeof(commitments) / sizeof(commitments[0]); i++) {
		struct vf_arena a = fresh();

		if (vf_commitment_parse(vf_bytes_str(commitments[i].text), &a, &c, NULL) != commitments[i].want)
			CHECK_FAIL("commitment %zu", i);
	}
}

/* An arena of any size either is enough or gives NO_MEMORY, never another answer. */
static void test_memory(void)
{
	struct vf_bytes text = check_example(EXAMPLES "statement.json");
	struct vf_statement s;
	bool enough = false;

	for (size_t n = 0; n < 4096; n += 8) {
		struct vf_arena a;
		enum vf_rc rc;

		vf_arena_init(&a, block, n);
		rc = vf_statement_parse(text, &a, &s, NULL);
		if (rc != VF_OK && rc != VF_NO_MEMORY)
			CHECK_FAIL("%zu bytes give %s", n, vf_rc_name(rc));
		enough |= rc == VF_OK;
	}
	CHECK(enough);
}

/* Every byte of an entry counts. */
static void test_entry_flips(void)
{
	struct vf_bytes text = check_example(EXAMPLES "entry");
	uint8_t copy[VF_ENTRY_LEN];
	struct vf_entry good, e;

	CHECK_RC(vf_entry_parse(text, &good, NULL), VF_OK);
	for (size_t i = 0; i < VF_ENTRY_LEN * 8; i++) {
		memcpy(copy, text.p, VF_ENTRY_LEN);
		copy[i / 8] ^= (uint8_t)(1u << i % 8);
		if (vf_entry_parse(vf_bytes(copy, VF_ENTRY_LEN), &e, NULL) == VF_OK && memcmp(&e, &good, sizeof(e)) == 0)
			CHECK_FAIL("bit %zu does not count", i);
	}
	for (size_t n = 0; n < VF_ENTRY_LEN; n++)
		CHECK_RC(vf_entry_parse(vf_bytes(text.p, n), &e, NULL), VF_TEXT_SHAPE);
}

int main(void)
{
	struct vf_arena a = fresh();
	struct vf_statement s;

	test_example_statement(&s, &a);
	test_example_entry(&s);
	test_example_consent();
	test_tables();
	test_memory();
	test_entry_flips();
	/* a reserved name is compared with no octet behind the name's end */
	CHECK_RC(vf_document_name_check(vf_bytes("commitment-", 6), NULL), VF_OK);
	CHECK_RC(vf_document_name_check(vf_bytes("commitment-", 11), NULL), VF_NAME_SHAPE);
	return check_done();
}
