/* Writers of statements and their companions: against the examples, the verifier's reader, and refusals. */
#include "trial/statement.h"

#include "tests/check.h"

static uint8_t block[8 * 1024 * 1024], reader_block[16 * 1024 * 1024];

static struct vf_arena fresh(void)
{
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	return a;
}

static struct vf_bytes example(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "docs/formats/examples/%s", name);
	return check_read(path);
}

static void free_bytes(struct vf_bytes b)
{
	void *p;

	memcpy(&p, &b.p, sizeof(p));
	free(p);
}

/* What the reader takes from an example is written back to the same bytes. */
static void test_statement_example(const char *name)
{
	struct vf_arena a = fresh(), ra;
	struct vf_bytes want = example(name), got = {0};
	struct vf_statement read;
	struct tr_link links[8];
	struct vf_err err = {0};

	vf_arena_init(&ra, reader_block, sizeof(reader_block));
	CHECK_RC(vf_statement_parse(want, &ra, &read, &err), VF_OK);
	for (size_t i = 0; i < read.n_links && i < 8; i++)
		links[i] = (struct tr_link){tr_link_find(read.links[i].type), read.links[i].record};
	struct tr_statement s = {.kind = tr_kind_find(read.kind),
		.study = read.study,
		.version = read.version,
		.date = read.date,
		.title = read.title,
		.links = links,
		.n_links = read.n_links,
		.nonce = read.nonce,
		.signer = read.has_signer ? &read.signer : NULL,
		.members = read.members,
		.n_members = read.n_members};
	CHECK_RC(tr_statement_put(&s, &a, &got, &err), VF_OK);
	CHECK_BYTES(got, want);
	CHECK(got.n <= tr_statement_room(&s));
	free_bytes(want);
}

static void test_stream_examples(void)
{
	static const char *const names[] = {"stream-0.json", "stream-1.json"};

	for (size_t i = 0; i < 2; i++) {
		struct vf_arena a = fresh();
		struct vf_bytes want = example(names[i]), got = {0};
		struct vf_stream_member s;
		struct vf_err err = {0};

		CHECK_RC(vf_stream_parse(want, &s, &err), VF_OK);
		CHECK_RC(tr_stream_put(&s, &a, &got, &err), VF_OK);
		CHECK_BYTES(got, want);
		free_bytes(want);
	}
}

static void test_commitment_example(void)
{
	struct vf_arena a = fresh(), ra;
	struct vf_bytes want = example("commitment-001.json"), got = {0};
	struct vf_commitment c;
	struct vf_err err = {0};

	vf_arena_init(&ra, reader_block, sizeof(reader_block));
	CHECK_RC(vf_commitment_parse(want, &ra, &c, &err), VF_OK);
	CHECK_RC(tr_commitment_put(&c, &a, &got, &err), VF_OK);
	CHECK_BYTES(got, want);
	free_bytes(want);
}

static struct tr_statement small(const struct vf_member *members, size_t n)
{
	return (struct tr_statement){
		.kind = TR_PROTOCOL, .study = vf_bytes_str("S"), .members = members, .n_members = n};
}

/* Everything at its largest, with characters that are escaped, is read back as it was. */
static void test_largest(void)
{
	static struct vf_member members[10000];
	static char names[10000][24], title[513], study[129];
	struct tr_link links[256];
	struct vf_hash signer = {{7}};
	struct vf_arena a = fresh(), ra;
	struct vf_bytes text = {0};
	struct vf_statement read;
	struct vf_err err = {0};

	memset(title, '"', 512);
	memset(study, '\\', 128);
	for (size_t i = 0; i < 10000; i++) {
		snprintf(names[i], sizeof(names[i]), "d/%05zu", i);
		members[i] = (struct vf_member){vf_bytes_str(names[i]), VF_ROLE_DOCUMENT, {{{1}}, {{2}}}};
	}
	for (size_t i = 0; i < 256; i++) {
		links[i] = (struct tr_link){TR_USES, {{0}}};
		links[i].record.b[0] = (uint8_t)i;
	}
	struct tr_statement s = {.kind = TR_ETHICS_APPROVAL,
		.study = vf_bytes_str(study),
		.version = vf_bytes_str("\xc3\xa9\xe5\x90\x8c"),
		.date = vf_bytes_str("2026"),
		.title = vf_bytes_str(title),
		.links = links,
		.n_links = 256,
		.signer = &signer,
		.members = members,
		.n_members = 10000};
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_OK);
	vf_arena_init(&ra, reader_block, sizeof(reader_block));
	CHECK_RC(vf_statement_parse(text, &ra, &read, &err), VF_OK);
	CHECK_STR(err.text, "");
	CHECK_BYTES(read.study, s.study);
	CHECK_BYTES(read.title, s.title);
	CHECK_BYTES(read.version, s.version);
	CHECK_INT(read.n_members, 10000);
	CHECK_INT(read.n_links, 256);
	CHECK(read.has_signer && vf_hash_eq(&read.signer, &signer));

	s.n_links = 257;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_LIMIT);
	s.n_links = 0;
	s.n_members = 10001;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_LIMIT);
}

static void check_text_refused(
	const char *study, const char *version, const char *date, const char *title, enum vf_rc want)
{
	struct vf_member m = {vf_bytes_str("a"), VF_ROLE_DOCUMENT, {{{0}}, {{0}}}};
	struct tr_statement s = small(&m, 1);
	struct vf_arena a = fresh();
	struct vf_bytes text = {0};
	struct vf_err err = {0};

	s.study = vf_bytes_str(study);
	s.version = vf_bytes_str(version);
	s.date = vf_bytes_str(date);
	s.title = vf_bytes_str(title);
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), want);
	CHECK_INT(a.used, 0);
	CHECK_INT(text.n, 0);
	CHECK_INT(err.rc, want);
}

static void test_refused_texts(void)
{
	char x65[66] = {0}, x129[130] = {0}, x513[514] = {0};

	memset(x65, 'x', 65);
	memset(x129, 'x', 129);
	memset(x513, 'x', 513);
	check_text_refused("", "", "", "", VF_STATEMENT_SHAPE);
	check_text_refused(x129, "", "", "", VF_STATEMENT_SHAPE);
	check_text_refused("S", x65, "", "", VF_STATEMENT_SHAPE);
	check_text_refused("S", "", x65, "", VF_STATEMENT_SHAPE);
	check_text_refused("S", "", "", x513, VF_STATEMENT_SHAPE);
	check_text_refused("S\n", "", "", "", VF_STATEMENT_SHAPE);
	check_text_refused("S", "\x7f", "", "", VF_STATEMENT_SHAPE);
	check_text_refused("S", "", "", "\xe2\x80\xae", VF_STATEMENT_SHAPE); /* right-to-left override */
	check_text_refused("S", "", "", "\xff", VF_STATEMENT_SHAPE);
	check_text_refused("S", "", "\xe2\x80\x8b", "", VF_STATEMENT_SHAPE); /* zero-width space */
}

static void test_refused_shapes(void)
{
	struct vf_member two[2] = {{vf_bytes_str("b"), VF_ROLE_DOCUMENT, {{{0}}, {{0}}}},
		{vf_bytes_str("a"), VF_ROLE_DOCUMENT, {{{0}}, {{0}}}}};
	struct tr_link links[2] = {{TR_USES, {{1}}}, {TR_APPROVES, {{1}}}};
	struct tr_statement s = small(two, 2);
	struct vf_arena a = fresh();
	struct vf_bytes text = {0};
	struct vf_err err = {0};
	uint8_t tiny[64];

	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_INTERNAL); /* not ascending */
	two[1].name = vf_bytes_str("b");
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_INTERNAL); /* equal */
	s.n_members = 0;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_INTERNAL);
	s.n_members = 1;
	s.links = links;
	s.n_links = 2;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_INTERNAL);
	links[1] = links[0];
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_INTERNAL);
	s.n_links = 1;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_OK);
	s.kind = TR_KIND_NONE;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_UNKNOWN_KIND);
	s.kind = TR_CONSENT;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_OK);
	s.title = vf_bytes_str("T");
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_PERSONAL_FIELD);
	s.kind = TR_WITHDRAWAL;
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_PERSONAL_FIELD);
	s.kind = TR_OTHER;
	vf_arena_init(&a, tiny, sizeof(tiny));
	CHECK_RC(tr_statement_put(&s, &a, &text, &err), VF_NO_MEMORY);
}

static void test_stream_limits(void)
{
	struct vf_stream_member s = {.seq = VF_MAX_SEQ}, back;
	struct vf_arena a = fresh();
	struct vf_bytes text = {0};
	struct vf_err err = {0};

	CHECK_RC(tr_stream_put(&s, &a, &text, &err), VF_OK);
	CHECK_RC(vf_stream_parse(text, &back, &err), VF_OK);
	CHECK(back.seq == VF_MAX_SEQ);
	s.seq++;
	CHECK_RC(tr_stream_put(&s, &a, &text, &err), VF_LIMIT);
}

static void test_details(void)
{
	struct tr_details d = {.title = vf_bytes_str("a \"quoted\" title"), .version = vf_bytes_str("3")};
	struct vf_arena a = fresh();
	struct vf_bytes text = {0};
	struct vf_err err = {0};

	CHECK_RC(tr_details_put(&d, &a, &text, &err), VF_OK);
	CHECK(vf_bytes_is(text,
		"{\"schema\":\"trialnotary/details/1\",\"version\":\"3\",\"title\":\"a \\\"quoted\\\" "
		"title\"}\n"));
	d.date = vf_bytes_str("\x01");
	CHECK_RC(tr_details_put(&d, &a, &text, &err), VF_STATEMENT_SHAPE);
}

static void test_commitment_names(void)
{
	char name[TR_COMMITMENT_NAME_LEN + 1];

	tr_commitment_name(name, 1);
	CHECK_STR(name, "commitment-001.json");
	tr_commitment_name(name, 999);
	CHECK_STR(name, "commitment-999.json");
	tr_commitment_name(name, 1000);
	CHECK_STR(name, "commitment-1000.json");
	tr_commitment_name(name, TR_MAX_COMMITMENTS);
	CHECK_STR(name, "commitment-9999.json");
}

static void test_kinds(void)
{
	unsigned personal = 0;

	for (unsigned k = 1; k < TR_KIND_COUNT; k++) {
		struct vf_bytes name = vf_bytes_str(tr_kind_name((enum tr_kind)k));

		CHECK(vf_word_is(name));
		CHECK_INT(tr_kind_find(name), k);
		CHECK(tr_kind_text((enum tr_kind)k)[0] != '\0');
		personal += tr_kind_is_personal((enum tr_kind)k);
	}
	CHECK_INT(personal, 5); /* consent, re-consent, withdrawal, access-grant, access-event */
	CHECK_INT(tr_kind_find(vf_bytes_str("")), TR_KIND_NONE);
	CHECK_INT(tr_kind_find(vf_bytes_str("Protocol")), TR_KIND_NONE);
	CHECK_INT(tr_kind_find(vf_bytes_str("protocols")), TR_KIND_NONE);
	CHECK_INT(tr_kind_of(vf_bytes_str("protocol")), TR_PROTOCOL);
	CHECK_INT(tr_kind_of(vf_bytes_str("protocols")), TR_OWN);
	CHECK_INT(tr_kind_of(vf_bytes_str("Protocol")), TR_KIND_NONE);
	CHECK_INT(tr_kind_of(vf_bytes_str("")), TR_KIND_NONE);
	CHECK_INT(tr_kind_of(vf_bytes_str("a23456789-123456789-123456789-12")), TR_OWN);
	CHECK_INT(tr_kind_of(vf_bytes_str("a23456789-123456789-123456789-123")), TR_KIND_NONE);
	CHECK_STR(tr_kind_name(TR_OWN), "");
	CHECK(!tr_kind_is_personal(TR_OWN));
}

static void test_links(void)
{
	for (unsigned t = 1; t < TR_LINK_COUNT; t++) {
		struct vf_bytes name = vf_bytes_str(tr_link_name((enum tr_link_type)t));
		unsigned uses = 0;

		CHECK(vf_word_is(name));
		CHECK_INT(tr_link_find(name), t);
		if (t > 1) /* the order of the enum is that of the statement */
			CHECK(strcmp(tr_link_name((enum tr_link_type)(t - 1)),
				      tr_link_name((enum tr_link_type)t)) < 0);
		for (unsigned from = 0; from < TR_KIND_COUNT; from++) {
			for (unsigned to = 0; to < TR_KIND_COUNT; to++)
				uses += tr_link_is_sensible(
					(enum tr_link_type)t, (enum tr_kind)from, (enum tr_kind)to);
			CHECK(!tr_link_is_sensible((enum tr_link_type)t, (enum tr_kind)from, TR_KIND_NONE));
			CHECK(!tr_link_is_sensible((enum tr_link_type)t, TR_KIND_NONE, (enum tr_kind)from));
		}
		CHECK(uses > 0);
	}
	CHECK_INT(tr_link_find(vf_bytes_str("")), TR_LINK_NONE);
}

/* Each line is a case that somebody would ask about; the second half must never be taken. */
static void test_sensible(void)
{
	static const struct {
		enum tr_link_type type;
		enum tr_kind from, to;
		bool is_sensible;
	} cases[] = {
		{TR_WITHDRAWS, TR_WITHDRAWAL, TR_CONSENT, true},
		{TR_WITHDRAWS, TR_WITHDRAWAL, TR_RE_CONSENT, true},
		{TR_WITHDRAWS, TR_WITHDRAWAL, TR_ACCESS_GRANT, true},
		{TR_APPROVES, TR_ETHICS_APPROVAL, TR_CONSENT_FORM, true},
		{TR_SUPERSEDES, TR_CONSENT_FORM, TR_CONSENT_FORM, true},
		{TR_SUPERSEDES, TR_RE_CONSENT, TR_CONSENT, true},
		{TR_SUPERSEDES, TR_RE_CONSENT, TR_RE_CONSENT, true},
		{TR_SUPERSEDES, TR_OWN, TR_OWN, true},
		{TR_USES, TR_RE_CONSENT, TR_CONSENT_FORM, true},
		{TR_USES, TR_OWN, TR_SCHEMA, true},
		{TR_LOCKS, TR_DATABASE_LOCK, TR_DATASET, true},
		{TR_GRANTS, TR_ACCESS_GRANT, TR_CONSENT, true},
		{TR_ACCESSES, TR_ACCESS_EVENT, TR_ACCESS_GRANT, true},
		{TR_ACCESSES, TR_ACCESS_EVENT, TR_RE_CONSENT, true},
		{TR_TRANSFERS, TR_PRODUCT_CUSTODY, TR_PROTOCOL, true},
		{TR_TRANSFERS, TR_ARCHIVE_CUSTODY, TR_CONSENT, true},
		{TR_REPORTS, TR_PUBLICATION, TR_RESULTS, true},
		{TR_ERASES, TR_ERASURE, TR_CONSENT, true},
		{TR_USES, TR_UNBLINDING, TR_DATABASE_LOCK, true},
		{TR_WITHDRAWS, TR_WITHDRAWAL, TR_PROTOCOL, false},
		{TR_WITHDRAWS, TR_CONSENT, TR_CONSENT, false},
		{TR_APPROVES, TR_PROTOCOL, TR_PROTOCOL, false},
		{TR_APPROVES, TR_ETHICS_APPROVAL, TR_CONSENT, false},
		{TR_SUPERSEDES, TR_CONSENT_FORM, TR_PROTOCOL, false},
		{TR_SUPERSEDES, TR_CONSENT, TR_RE_CONSENT, false},
		{TR_SUPERSEDES, TR_WITHDRAWAL, TR_WITHDRAWAL, false},
		{TR_SUPERSEDES, TR_UNBLINDING, TR_UNBLINDING, false},
		{TR_SUPERSEDES, TR_ACCESS_EVENT, TR_ACCESS_EVENT, false},
		{TR_LOCKS, TR_DATABASE_LOCK, TR_CONSENT, false},
		{TR_LOCKS, TR_DATASET, TR_DATASET, false},
		{TR_GRANTS, TR_ACCESS_GRANT, TR_DATASET, false},
		{TR_GRANTS, TR_CONSENT, TR_CONSENT, false},
		{TR_ACCESSES, TR_ACCESS_EVENT, TR_DATASET, false},
		{TR_DERIVES_FROM, TR_OTHER, TR_ACCESS_GRANT, false},
		{TR_DERIVES_FROM, TR_OWN, TR_CONSENT, false},
		{TR_TRANSFERS, TR_OTHER, TR_PROTOCOL, false},
		{TR_ERASES, TR_PROTOCOL, TR_PROTOCOL, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (tr_link_is_sensible(cases[i].type, cases[i].from, cases[i].to) != cases[i].is_sensible)
			CHECK_FAIL("%s from %s to %s", tr_link_name(cases[i].type), tr_kind_name(cases[i].from),
				tr_kind_name(cases[i].to));
	CHECK(tr_link_is_enough(TR_WITHDRAWS, TR_WITHDRAWAL));
	CHECK(tr_link_is_enough(TR_LOCKS, TR_DATABASE_LOCK));
	CHECK(tr_link_is_enough(TR_ERASES, TR_ERASURE));
	CHECK(!tr_link_is_enough(TR_WITHDRAWS, TR_PROTOCOL));
	CHECK(!tr_link_is_enough(TR_SUPERSEDES, TR_PROTOCOL));
}

int main(void)
{
	test_statement_example("statement.json");
	test_statement_example("statement-consent.json");
	test_stream_examples();
	test_commitment_example();
	test_largest();
	test_refused_texts();
	test_refused_shapes();
	test_stream_limits();
	test_details();
	test_commitment_names();
	test_kinds();
	test_links();
	test_sensible();
	return check_done();
}
