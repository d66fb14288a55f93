/*
 * The quick readers of statements and their companions: what the writers write is taken, and nothing that
 * verify/record.h does not take alike.
 */
#include "trial/canonical.h"

#include "tests/unit/pki_maker.h"
#include "trial/statement.h"
#include "verify/limits.h"

static uint8_t block[16 << 20], other_block[16 << 20], text_block[16 << 20];
static struct vf_arena texts;

static struct vf_hash some_hash(unsigned n)
{
	uint8_t b[4] = {(uint8_t)n, (uint8_t)(n >> 8), 7, 7};

	return vf_sha256(vf_bytes(b, sizeof(b)));
}

static struct vf_pair some_pair(unsigned n)
{
	struct vf_hash h = some_hash(n);

	return vf_pair_of(vf_bytes(h.b, sizeof(h.b)));
}

/* ---- both readers ---- */

static bool same_statement(const struct vf_statement *a, const struct vf_statement *b)
{
	bool same = vf_bytes_eq(a->kind, b->kind) && vf_bytes_eq(a->study, b->study) && vf_bytes_eq(a->version, b->version) &&
		vf_bytes_eq(a->date, b->date) && vf_bytes_eq(a->title, b->title) && a->n_links == b->n_links &&
		a->n_members == b->n_members && vf_hash_eq(&a->nonce, &b->nonce) && a->has_signer == b->has_signer &&
		vf_hash_eq(&a->signer, &b->signer);

	for (size_t i = 0; same && i < a->n_links; i++)
		same = vf_bytes_eq(a->links[i].type, b->links[i].type) && vf_hash_eq(&a->links[i].record, &b->links[i].record);
	for (size_t i = 0; same && i < a->n_members; i++)
		same = vf_bytes_eq(a->members[i].name, b->members[i].name) && a->members[i].role == b->members[i].role &&
			vf_pair_eq(&a->members[i].digests, &b->members[i].digests);
	return same;
}

/* Whether it is taken quickly; then the general reader must give the same. */
static bool takes_statement(struct vf_bytes json)
{
	struct vf_statement quick, general;
	struct vf_arena a, b;

	vf_arena_init(&a, block, sizeof(block));
	vf_arena_init(&b, other_block, sizeof(other_block));
	if (!tr_canonical_statement(json, &a, &quick)) {
		CHECK(a.used == 0 && !a.full);
		return false;
	}
	CHECK_RC(vf_statement_parse(json, &b, &general, NULL), VF_OK);
	CHECK(same_statement(&quick, &general));
	return true;
}

static bool takes_stream(struct vf_bytes json)
{
	struct vf_stream_member quick, general;

	if (!tr_canonical_stream(json, &quick))
		return false;
	CHECK_RC(vf_stream_parse(json, &general, NULL), VF_OK);
	CHECK(quick.seq == general.seq && vf_hash_eq(&quick.key, &general.key) && vf_hash_eq(&quick.stream, &general.stream));
	CHECK(vf_hash_eq(&quick.prev, &general.prev) && vf_hash_eq(&quick.nonce, &general.nonce));
	return true;
}

static bool takes_commitment(struct vf_bytes json)
{
	struct vf_commitment quick, general;
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	if (!tr_canonical_commitment(json, &quick))
		return false;
	CHECK_RC(vf_commitment_parse(json, &a, &general, NULL), VF_OK);
	CHECK(vf_bytes_eq(quick.name, general.name) && vf_pair_eq(&quick.digests, &general.digests));
	CHECK(vf_hash_eq(&quick.salt, &general.salt));
	return true;
}

/* Every octet of a text, changed in four ways: the readers never differ. */
static size_t flip_all(struct vf_bytes json, bool (*takes)(struct vf_bytes))
{
	static const uint8_t with[] = {1, 2, 0x20, 0x80};
	uint8_t *copy = make_room(json.n);
	size_t taken = 0;
	void *cut;

	for (size_t i = 0; i < 4 * json.n; i++) {
		memcpy(copy, json.p, json.n);
		copy[i / 4] ^= with[i % 4];
		taken += takes(vf_bytes(copy, json.n));
	}
	for (size_t n = 1; n < json.n; n++) { /* cut off; a copy, so that sanitizers see a read beyond it */
		cut = malloc(n);
		if (!cut)
			exit(1);
		memcpy(cut, json.p, n);
		CHECK(!takes(vf_bytes(cut, n)));
		free(cut);
	}
	return taken;
}

/* ---- statements ---- */

static struct vf_bytes edit(struct vf_bytes in, const char *from, const char *to)
{
	const uint8_t *at = memmem(in.p, in.n, from, strlen(from));
	size_t before = at ? (size_t)(at - in.p) : 0;

	CHECK(at);
	if (!at)
		return in;
	return JOIN(vf_bytes(in.p, before), vf_bytes_str(to), vf_bytes(at + strlen(from), in.n - before - strlen(from)));
}

#define MANY 10000

static struct vf_member members[MANY];
static struct tr_link links[VF_MAX_LINKS];

static struct vf_bytes put(const struct tr_statement *s)
{
	struct vf_err err = {0};
	struct vf_bytes text = NOTHING;

	CHECK_RC(tr_statement_put(s, &texts, &text, &err), VF_OK);
	return text;
}

static struct tr_statement some_statement(size_t n_members)
{
	static char names[MANY][24];

	for (size_t i = 0; i < n_members; i++) {
		snprintf(names[i], sizeof(names[i]), "d/%05zu.csv", i);
		members[i] = (struct vf_member){vf_bytes_str(names[i]), VF_ROLE_DOCUMENT, some_pair((unsigned)i)};
	}
	return (struct tr_statement){.kind = TR_DATASET, .study = vf_bytes_str("DEMO-1"), .nonce = some_hash(1),
		.members = members, .n_members = n_members};
}

static void test_written_statements(void)
{
	static const size_t sizes[] = {1, 2, 7, 300, MANY};
	struct vf_hash signer = some_hash(9);
	struct tr_statement s;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		s = some_statement(sizes[i]);
		CHECK(takes_statement(put(&s)));
	}
	for (enum tr_kind kind = TR_REGISTRATION; kind < TR_KIND_COUNT; kind++) {
		s = some_statement(1);
		s.kind = kind;
		CHECK(takes_statement(put(&s)));
	}
	s = some_statement(2);
	s.version = vf_bytes_str("1.0"), s.date = vf_bytes_str("2026-03-02");
	s.title = vf_bytes_str("A title, with {[:,]} and 'quotes'");
	CHECK(takes_statement(put(&s)));
	s.title = vf_bytes_str("Gr\xc3\xb6\xc3\x9f""e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x99\x82 \x7e");
	CHECK(takes_statement(put(&s)));
	s.signer = &signer;
	CHECK(takes_statement(put(&s)));
	for (size_t i = 0; i < VF_MAX_LINKS; i++) {
		struct vf_hash h = some_hash(3);

		h.b[0] = (uint8_t)i;
		links[i] = (struct tr_link){TR_DERIVES_FROM, h};
	}
	links[VF_MAX_LINKS - 1] = (struct tr_link){TR_USES, some_hash(2)};
	s.links = links, s.n_links = VF_MAX_LINKS;
	CHECK(takes_statement(put(&s)));
	CHECK(!takes_statement(edit(put(&s), "],\"nonce\":", ",{\"type\":\"withdraws\",\"record\":\""
		"0000000000000000000000000000000000000000000000000000000000000000\"}],\"nonce\":")));
	s.links = links + VF_MAX_LINKS - 1, s.n_links = 1;
	CHECK(takes_statement(put(&s)));
	/* roles, in the order of their names, and a name beyond ASCII */
	s = some_statement(5);
	members[0] = (struct vf_member){vf_bytes_str("Anh\xc3\xa4nge/\xc3\x9c""bersicht.txt"), VF_ROLE_DOCUMENT, some_pair(1)};
	members[1] = (struct vf_member){vf_bytes_str("commitment-001.json"), VF_ROLE_COMMITMENT, some_pair(2)};
	members[2] = (struct vf_member){vf_bytes_str("commitment-1000.json"), VF_ROLE_COMMITMENT, some_pair(3)};
	members[3] = (struct vf_member){vf_bytes_str("stream.json"), VF_ROLE_STREAM, some_pair(4)};
	members[4] = (struct vf_member){vf_bytes_str("zo\xc3\xab [1] (2).txt"), VF_ROLE_DOCUMENT, some_pair(5)};
	CHECK(takes_statement(put(&s)));
}

/* Left to the general reader on purpose: it takes them. */
static void test_escapes(void)
{
	struct tr_statement s = some_statement(1);
	struct vf_statement general;
	struct vf_arena a;

	s.title = vf_bytes_str("the \"first\"");
	CHECK(!takes_statement(put(&s)));
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_statement_parse(put(&s), &a, &general, NULL), VF_OK);
	s = some_statement(1);
	members[0].name = vf_bytes_str("a\"b.txt");
	CHECK(!takes_statement(put(&s)));
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_statement_parse(put(&s), &a, &general, NULL), VF_OK);
}

/* n letters between two texts. */
static const char *long_text(const char *before, size_t n, const char *after)
{
	static char text[2048];

	snprintf(text, sizeof(text), "%s%.*s%s", before, (int)n,
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", after);
	return text;
}

static void test_edited_statements(void)
{
	static const struct {
		const char *from, *to;
		bool taken;
	} table[] = {
		{"{\"schema\"", " {\"schema\"", false},
		{"}]}\n", "}]}", false},
		{"}]}\n", "}]}\n\n", false},
		{"}]}\n", "}] }\n", false},
		{"}]}\n", "},]}\n", false},
		{"\"members\":[{", "\"members\":[", false},
		{"statement/1", "statement/2", false},
		{"\"kind\":\"dataset\"", "\"kind\":\"of-tomorrow\"", true}, /* a verifier takes any kind */
		{"\"kind\":\"dataset\"", "\"kind\":\"\"", false},
		{"\"kind\":\"dataset\"", "\"kind\":\"Dataset\"", false},
		{"\"kind\":\"dataset\"", "\"kind\":\"data set\"", false},
		{"\"kind\":\"dataset\"", "\"kind\": \"dataset\"", false},
		{"\"kind\":\"dataset\"", "\"kind\":\"d\\u0061taset\"", false},
		{"\"study\":\"DEMO-1\"", "\"study\":\"\"", false},
		{"\"study\":\"DEMO-1\"", "\"study\":1", false},
		{"\"study\":\"DEMO-1\"", "\"study\":\"DEMO\t1\"", false},
		{"\"study\":\"DEMO-1\"", "\"study\":\"DEMO\x7f""1\"", false},
		{"\"study\":\"DEMO-1\"", "\"study\":\"DEMO\xe2\x80\x8b""1\"", false}, /* zero width */
		{"\"study\":\"DEMO-1\"", "\"study\":\"DEMO\xc3""1\"", false},
		{"\"study\":\"DEMO-1\"", "\"study\":\"DEMO\xed\xa0\x80""1\"", false},
		{"\"study\":\"DEMO-1\"", "\"study\":\"DEMO\xc0\xaf""1\"", false},
		{"\"study\":\"DEMO-1\"", "\"study\":\"DEMO-1\",\"study\":\"DEMO-1\"", false},
		{"\"title\":\"T\"", "\"title\":\"\"", false},
		{"\"version\":\"1\",\"date\":\"D\"", "\"date\":\"D\",\"version\":\"1\"", false},
		{"\"version\":\"1\",", "", true},
		{"\"date\":\"D\",", "", true},
		{"\"title\":\"T\",", "", true},
		{"\"type\":\"uses\"", "\"type\":\"may-use\"", true}, /* as kinds are */
		{"\"type\":\"uses\"", "\"type\":\"Uses\"", false},
		{"\"type\":\"uses\"", "\"type\":\"amends\"", false}, /* not ascending */
		{"\"links\":[{", "\"links\":[],\"x\":[{", false},
		{"\"nonce\":\"", "\"nonce\":\"0", false},
		{"\"nonce\":\"", "\"nonce\":\"A", false},
		{"\"signer\":\"", "\"signer\":null,\"x\":\"", false},
		{"d/00000.csv", "d/00001.csv", false}, /* the name of the next */
		{"d/00000.csv", "d/00002.csv", false},
		{"d/00000.csv", "D/00001.csv", false}, /* differs in case only */
		{"d/00000.csv", "d", false},           /* a file and a folder */
		{"d/00000.csv", "c", true},
		{"d/00000.csv", "../d", false},
		{"d/00000.csv", "c\\\\d", false},
		{"d/00000.csv", "Stream.json", false},
		{"d/00000.csv", "META-INF/x", false},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-001.json\",\"role\":\"commitment\"", true},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-999.json\",\"role\":\"commitment\"", true},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-1000.json\",\"role\":\"commitment\"", true},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-000.json\",\"role\":\"commitment\"", false},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-0001.json\",\"role\":\"commitment\"", false},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-01.json\",\"role\":\"commitment\"", false},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-01a.json\",\"role\":\"commitment\"", false},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-001.jsox\",\"role\":\"commitment\"", false},
		{"d/00000.csv\",\"role\":\"document\"", "commitment-10000.json\",\"role\":\"commitment\"", false}, /* taken in general */
		{"d/00000.csv\",\"role\":\"document\"", "commitment-001.json\",\"role\":\"document\"", false},
		{"d/00000.csv\",\"role\":\"document\"", "c\",\"role\":\"stream\"", false},
		{"\"role\":\"document\"", "\"role\":\"documents\"", false},
		{"\"role\":\"document\"", "\"role\":\"\"", false},
		{"\"role\":\"document\",\"sha256\"", "\"role\":\"document\",\"sha512\"", false},
	};
	struct vf_hash signer = some_hash(9);
	struct tr_statement s = some_statement(2);
	struct vf_bytes json;

	links[0] = (struct tr_link){TR_DERIVES_FROM, some_hash(1)}, links[1] = (struct tr_link){TR_USES, some_hash(2)};
	s.links = links, s.n_links = 2, s.signer = &signer;
	s.version = vf_bytes_str("1"), s.date = vf_bytes_str("D"), s.title = vf_bytes_str("T");
	json = put(&s);
	CHECK(takes_statement(json));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (takes_statement(edit(json, table[i].from, table[i].to)) != table[i].taken)
			CHECK_FAIL("'%s' is %s", table[i].to, table[i].taken ? "not taken" : "taken");
	CHECK(takes_statement(edit(json, "\"DEMO-1\"", long_text("\"", 128, "\""))));
	CHECK(!takes_statement(edit(json, "\"DEMO-1\"", long_text("\"", 129, "\""))));
	CHECK(takes_statement(edit(json, "\"version\":\"1\"", long_text("\"version\":\"", 64, "\""))));
	CHECK(!takes_statement(edit(json, "\"version\":\"1\"", long_text("\"version\":\"", 65, "\""))));
	CHECK(!takes_statement(edit(json, "\"date\":\"D\"", long_text("\"date\":\"", 65, "\""))));
	CHECK(flip_all(json, takes_statement) > 100);
}

/* One too many, in our spelling: not taken, and nothing is written beyond the tables. */
static void test_too_many(void)
{
	struct tr_statement s = some_statement(1);
	struct {
		char *p;
		size_t n;
	} t = {malloc(2 * VF_MAX_STATEMENT), 0};
	struct vf_arena a;
	struct vf_statement st;
	struct vf_bytes one = put(&s), full;
	const uint8_t *at = memmem(one.p, one.n, "[{", 2);
	size_t before = (size_t)(at - one.p) + 1;

	if (!t.p)
		exit(1);
	memcpy(t.p, one.p, before);
	t.n = before;
	for (size_t i = 0; i < VF_MAX_MEMBERS + 1; i++) {
		int n = snprintf(t.p + t.n, 4096, "%s{\"name\":\"%05zu\",\"role\":\"document\",\"sha256\":\"%064d\",\"sha512\":\"%0128d\"}",
			i ? "," : "", i, 0, 0);

		t.n += (size_t)n;
		if (i + 1 == VF_MAX_MEMBERS) {
			memcpy(t.p + t.n, "]}\n", 3);
			CHECK(takes_statement(vf_bytes(t.p, t.n + 3)));
		}
	}
	memcpy(t.p + t.n, "]}\n", 3);
	CHECK(!takes_statement(vf_bytes(t.p, t.n + 3)));
	/* 6,000 members with long names: more octets than a statement may have */
	for (size_t i = t.n = before, k = 0; k < 6000; k++, i = t.n)
		t.n += (size_t)snprintf(t.p + i, 4096, "%s{\"name\":\"%05zu%0500d\",\"role\":\"document\",\"sha256\":\"%064d\",\"sha512\":\"%0128d\"}",
			k ? "," : "", k, 0, 0, 0);
	memcpy(t.p + t.n, "]}\n", 3);
	CHECK(t.n > VF_MAX_STATEMENT && !takes_statement(vf_bytes(t.p, t.n + 3)));
	/* every room of the arena up to enough: false until then, and as before */
	s = some_statement(3);
	full = put(&s);
	for (size_t n = 0;; n += 8) {
		vf_arena_init(&a, block, n);
		if (tr_canonical_statement(full, &a, &st))
			break;
		CHECK(a.used == 0 && !a.full);
		if (n > 4096) {
			CHECK_FAIL("%s", "not even with 4 kB");
			break;
		}
	}
	free(t.p);
}

/* ---- stream members and commitments ---- */

static struct vf_bytes put_stream(uint64_t seq)
{
	struct vf_stream_member m = {.seq = seq, .key = some_hash(1), .stream = some_hash(2), .prev = some_hash(seq == 1 ? 2 : 3),
		.nonce = some_hash(4)};
	struct vf_bytes text = NOTHING;

	CHECK_RC(tr_stream_put(&m, &texts, &text, NULL), VF_OK);
	return text;
}

static void test_streams(void)
{
	static const uint64_t all[] = {0, 1, 2, 9, 10, 4294967296, VF_MAX_SEQ};
	static const char *const bad[] = {"02", "-2", "2.0", "2e0", "", " 2", "+2", "\"2\"", "9007199254740992", "18446744073709551618",
		"99999999999999999999999", "0", "1"};
	char to[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK(takes_stream(put_stream(all[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(to, sizeof(to), "\"seq\":%s", bad[i]);
		if (takes_stream(edit(put_stream(2), "\"seq\":2", to)))
			CHECK_FAIL("taken: %s", to);
	}
	CHECK(!takes_stream(edit(put_stream(0), "\"seq\":0", "\"seq\":2")));
	CHECK(!takes_stream(edit(put_stream(0), "}\n", "}\n ")));
	CHECK(flip_all(put_stream(0), takes_stream) > 50);
	CHECK(flip_all(put_stream(1), takes_stream) > 50);
	CHECK(flip_all(put_stream(40), takes_stream) > 50);
}

static void test_commitments(void)
{
	struct vf_commitment c = {.digests = some_pair(1), .salt = some_hash(2)};
	static const struct {
		const char *name;
		bool taken;
	} names[] = {
		{"a.txt", true}, {"d/e/f.csv", true}, {"\xc3\x9c.txt", true}, {"x y.txt", true}, {"a\"b", false}, {"a\\b", false},
		{"../a", false}, {"statement.json", false}, {"commitment-001.json", false}, {"u\xcc\x88", false}, {"a\n", false},
		{"a ", false}, {"\xff", false}, {"", false},
	};
	struct vf_bytes text = NOTHING;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		c.name = vf_bytes_str(names[i].name);
		CHECK_RC(tr_commitment_put(&c, &texts, &text, NULL), VF_OK);
		if (takes_commitment(text) != names[i].taken)
			CHECK_FAIL("'%s' is %s", names[i].name, names[i].taken ? "not taken" : "taken");
	}
	c.name = vf_bytes_str("a.txt");
	CHECK_RC(tr_commitment_put(&c, &texts, &text, NULL), VF_OK);
	CHECK(!takes_commitment(edit(text, "commitment/1", "commitment/2")));
	CHECK(!takes_commitment(edit(text, "\"salt\"", "\"name\":\"b\",\"salt\"")));
	CHECK(flip_all(text, takes_commitment) > 50);
}

/* ---- parts ---- */

static void test_parts(void)
{
	struct vf_bytes in, s;
	uint8_t octets[4], want[4];
	uint64_t v;

	/* every octet at every place of eight digits, against the reader of verify/text.h */
	for (unsigned i = 0; i < 8 * 256; i++) {
		char digits[] = "09afA1e8";

		memcpy(digits, "09afb1e8", 8);
		digits[i / 256] = (char)(i % 256);
		in = vf_bytes(digits, 8);
		bool is = vf_hex_read(in, want, 4);

		if (tr_take_hex(&in, octets, 4) != is || (is && (memcmp(octets, want, 4) != 0 || in.n != 0)) || (!is && in.n != 8))
			CHECK_FAIL("octet %u at %u", i % 256, i / 256);
	}
	in = vf_bytes_str("0123456");
	CHECK(!tr_take_hex(&in, octets, 4) && in.n == 7);
	in = vf_bytes_str("a\"b");
	CHECK(tr_take_string(&in, &s) && s.n == 1 && in.n == 1);
	in = vf_bytes_str("ab");
	CHECK(!tr_take_string(&in, &s) && in.n == 2);
	in = vf_bytes_str("9007199254740991,");
	CHECK(tr_take_decimal(&in, VF_MAX_SEQ, &v) && v == VF_MAX_SEQ && in.n == 1);
	in = vf_bytes_str("12345678901234567");
	CHECK(!tr_take_decimal(&in, UINT64_MAX, &v) && in.n == 17);
	in = vf_bytes_str("x");
	CHECK(!tr_take_decimal(&in, UINT64_MAX, &v) && !TR_TAKE(&in, "xy") && in.n == 1 && TR_TAKE(&in, "x") && in.n == 0);
}

int main(void)
{
	vf_arena_init(&texts, text_block, sizeof(text_block));
	test_parts();
	test_written_statements();
	test_escapes();
	test_edited_statements();
	test_too_many();
	test_streams();
	test_commitments();
	return check_done();
}
