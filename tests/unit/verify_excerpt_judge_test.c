/*
 * Excerpts judged with bundles of a real notary: plain and confidential, every bit and every field changed, rows members
 * that are wrong, missing or of something else, records that are not the one.
 */
#include "verify/excerpt_judge.h"

#include "notary/rows_tree.h"
#include "notary/zip_out.h"
#include "tests/notary_fixture.h"

#define TABLE "USUBJID,AETERM\nDEMO-1-001,Headache\nDEMO-1-002,Nausea\nDEMO-1-003,Rash\nDEMO-1-004,Fatigue\n"
#define OTHER "USUBJID,AETERM\nDEMO-1-001,Headache\nDEMO-1-002,Nausea\nDEMO-1-003,None\nDEMO-1-004,Fatigue\n"

static struct fixture f;
static uint8_t session_block[VF_SESSION_MEMORY];
static void *tables;
static struct vf_report report;
static struct vf_excerpt_facts facts;
static struct vf_hash secret = {{1, 2, 3}};

/* A record of TABLE, and of a rows member as it was made or as a case wants it. */
struct made {
	struct vf_rows rows;
	struct nt_buf json;
	struct vf_hash id;
	struct nt_buf bundle; /* without the table */
};

static int file_of(const char *text)
{
	char path[] = "/tmp/trialnotary-excerpt-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || unlink(path) != 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	return fd;
}

static struct vf_rows rows_of(const char *text, const char *document)
{
	struct tr_unit unit = {.kind = TR_UNIT_CSV};
	struct vf_rows rows = {.document = vf_bytes_str(document), .unit = vf_bytes_str("csv")};
	struct vf_hash sha256;
	struct vf_err err = {0};
	int fd = file_of(text);

	fixture_need(nt_rows_make(fd, &unit, &secret, &rows, &sha256, &err), &err, "rows");
	close(fd);
	return rows;
}

static void submit(struct made *m, enum tr_kind kind, struct vf_bytes json)
{
	char path[200];
	struct nt_submit_made made = {.same = vf_pair_of(json), .text = json, .secret = secret};
	struct nt_submit_file files[2] = {
		{.name = vf_bytes_str("ae.csv"), .digests = vf_pair_of(vf_bytes_str(TABLE)), .size = strlen(TABLE)},
		{.name = vf_bytes_str("rows-001.json"), .digests = vf_pair_of(json), .size = json.n, .made = &made}};
	struct nt_submit_record record = {.files = files, .n_files = 2};
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str("DEMO-1"), .kind = kind,
		.confidential = tr_kind_is_personal(kind)};
	const char *withhold = "ae.csv";
	struct nt_export_options options = {.withhold = &withhold, .n_withhold = 1};
	struct vf_err err = {0};
	FILE *out;

	snprintf(path, sizeof(path), "%s/ae.csv", f.dir);
	out = fopen(path, "wb");
	if (!out || fputs(TABLE, out) < 0 || fclose(out) != 0)
		exit(1);
	files[0].path = vf_bytes_str(path);
	fixture_need(nt_submit_records(f.n, &s, &record, 1, fixture_learn, &f, &err), &err, "submit");
	m->id = f.last;
	fixture_seal(&f);
	m->bundle = nt_buf(1 << 22);
	fixture_export(&f, &m->id, &options, &m->bundle);
}

static struct made make(enum tr_kind kind, struct vf_rows rows)
{
	struct made m = {.rows = rows, .json = nt_buf(4096)};
	struct vf_err err = {0};

	fixture_need(nt_rows_put(&rows, &m.json, &err), &err, "member");
	submit(&m, kind, nt_buf_bytes(&m.json));
	return m;
}

static void made_done(struct made *m)
{
	nt_buf_done(&m->json);
	nt_buf_done(&m->bundle);
}

/* An excerpt of the rows [first, last] of a text, under what the rows member of m says. */
static struct nt_buf excerpt_of(const struct made *m, const char *text, uint64_t first, uint64_t last, enum vf_alg alg)
{
	struct nt_row_range range = {first, last};
	struct nt_excerpt x = {.record = m->id, .secret = secret, .member = vf_bytes_str("rows-001.json"), .rows = &m->rows,
		.alg = alg, .ranges = &range, .n_ranges = 1};
	struct nt_buf out = nt_buf(1 << 16);
	struct vf_err err = {0};
	int fd = file_of(text);

	fixture_need(nt_excerpt_put(fd, &x, &out, &err), &err, "excerpt");
	close(fd);
	return out;
}

static enum vf_rc judge_at(struct vf_bytes excerpt, struct vf_bytes bundle, bool trust, bool integrity_only, int64_t at,
	struct vf_err *reterr)
{
	struct vf_session *s = fixture_session(&f, trust, integrity_only, at, session_block);
	struct vf_source sources[2] = {vf_source_of(excerpt), vf_source_of(bundle)};
	struct vf_detached given = {"record.asice", &sources[1]};
	struct vf_arena a;
	enum vf_rc rc;

	vf_arena_init(&a, tables, VF_BUNDLE_MEMORY);
	facts = (struct vf_excerpt_facts){0};
	rc = vf_excerpt_judge(s, &a, "a.excerpt", &sources[0], &given, &report, &facts, reterr);
	vf_session_free(s);
	return rc;
}

static enum vf_verdict judge(struct vf_bytes excerpt, struct vf_bytes bundle)
{
	struct vf_err err = {0};

	fixture_need(judge_at(excerpt, bundle, true, false, f.now + 3600000, &err), &err, "judge");
	CHECK(facts.is_judged && facts.is_proven == (report.verdict == VF_VERIFIED));
	return report.verdict;
}

#define EXPECT(excerpt, bundle, want_verdict, want_rc)                                                             \
	do {                                                                                                       \
		CHECK_STR(vf_verdict_name(judge(nt_buf_bytes(excerpt), nt_buf_bytes(bundle))), #want_verdict);     \
		if ((want_rc) == VF_OK)                                                                            \
			CHECK_INT(report.n_reasons, 0);                                                            \
		else                                                                                               \
			CHECK_RC(report.n_reasons ? report.reasons[0].rc : VF_NOT_CHECKED, (want_rc));             \
	} while (0)

static bool is_noted(const char *code)
{
	for (size_t i = 0; i < report.n_unchecked; i++)
		if (strcmp(report.unchecked[i].code, code) == 0)
			return true;
	return false;
}

static void test_good(const struct made *m, bool confidential)
{
	struct nt_buf one = excerpt_of(m, TABLE, 3, 3, VF_SHA256), all = excerpt_of(m, TABLE, 0, 4, VF_SHA512);
	struct vf_err err = {0};

	EXPECT(&one, &m->bundle, VERIFIED, VF_OK);
	CHECK(facts.shown == 1 && facts.rows.count == 5 && !facts.is_document);
	CHECK_BYTES(facts.rows.document, vf_bytes_str("ae.csv"));
	CHECK(is_noted("OTHER_ROWS") && is_noted("ROWS_OF_DOCUMENT"));
	EXPECT(&all, &m->bundle, VERIFIED, VF_OK);
	/* the document's digest stands in the statement, or behind a commitment that is withheld */
	CHECK(facts.shown == 5 && facts.is_document == !confidential);
	CHECK(!is_noted("OTHER_ROWS") && is_noted("ROWS_OF_DOCUMENT") == confidential);
	/* without trust nothing is proven, and rows are no exception */
	CHECK_RC(judge_at(nt_buf_bytes(&one), nt_buf_bytes(&m->bundle), false, false, f.now + 3600000, &err), VF_OK);
	CHECK(report.verdict == VF_INDETERMINATE && !facts.is_proven);
	CHECK_RC(judge_at(nt_buf_bytes(&one), nt_buf_bytes(&m->bundle), false, true, f.now + 3600000, &err), VF_OK);
	CHECK(report.verdict == VF_INTACT && facts.is_proven);
	nt_buf_done(&one);
	nt_buf_done(&all);
}

static void test_flips(const struct made *m)
{
	struct nt_buf x = excerpt_of(m, TABLE, 2, 3, VF_SHA256);
	const char *stride = getenv("TRIALNOTARY_FLIP_STRIDE"); /* a sample for the sanitizers, which are slow */
	size_t step = stride ? (size_t)atoi(stride) : 1;

	for (size_t i = 0; i < x.n * 8; i += step) {
		x.p[i / 8] ^= (uint8_t)(1u << i % 8);
		if (judge(nt_buf_bytes(&x), nt_buf_bytes(&m->bundle)) == VF_VERIFIED)
			CHECK_FAIL("bit %zu does not count", i);
		x.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	EXPECT(&x, &m->bundle, VERIFIED, VF_OK);
	nt_buf_done(&x);
}

/* An excerpt that agrees with itself, of a tree that the record does not hold. */
static void test_other_trees(const struct made *m)
{
	struct made lie = *m;
	struct nt_buf x;

	lie.rows = rows_of(OTHER, "ae.csv");
	x = excerpt_of(&lie, OTHER, 3, 3, VF_SHA256);
	EXPECT(&x, &m->bundle, REJECTED, VF_EXCERPT_MISMATCH);
	nt_buf_done(&x);
	/* fewer rows: the same ones, and none after them */
	lie.rows = rows_of("USUBJID,AETERM\nDEMO-1-001,Headache\n", "ae.csv");
	x = excerpt_of(&lie, "USUBJID,AETERM\nDEMO-1-001,Headache\n", 1, 1, VF_SHA256);
	EXPECT(&x, &m->bundle, REJECTED, VF_EXCERPT_MISMATCH);
	nt_buf_done(&x);
	/* another record's ID */
	lie = *m;
	lie.id.b[31] ^= 1;
	x = excerpt_of(&lie, TABLE, 3, 3, VF_SHA256);
	EXPECT(&x, &m->bundle, REJECTED, VF_EXCERPT_MISMATCH);
	nt_buf_done(&x);
}

/* The replaced text has the length of the one that it replaces. */
static void replace(struct nt_buf *b, const char *old, const char *new)
{
	uint8_t *at = memmem(b->p, b->n, old, strlen(old));

	if (!at || strlen(old) != strlen(new)) {
		CHECK_FAIL("the excerpt has no '%s'", old);
		return;
	}
	memcpy(at, new, strlen(new));
}

/*
 * The same root for a document of another length: the hash of the last row is said to be that of two rows. The excerpt
 * agrees with itself, so that only the rows member can tell.
 */
static void test_other_count(const struct made *m)
{
	struct nt_buf x = excerpt_of(m, TABLE, 0, 1, VF_SHA256);

	EXPECT(&x, &m->bundle, VERIFIED, VF_OK);
	replace(&x, "\ncount 5\n", "\ncount 6\n");
	replace(&x, "\nnode 4 5 ", "\nnode 4 6 ");
	EXPECT(&x, &m->bundle, REJECTED, VF_EXCERPT_MISMATCH);
	CHECK(strstr(report.reasons[0].text, "another number of rows"));
	nt_buf_done(&x);
}

/* A good container that is no bundle of ours has no verdict here. */
static void test_no_bundle(const struct made *m)
{
	struct nt_zip_item item = {vf_bytes_str("a.txt"), vf_bytes_str("a.txt")};
	struct nt_buf x = excerpt_of(m, TABLE, 0, 1, VF_SHA256), other = nt_buf(1 << 16);
	struct vf_err err = {0};

	fixture_need(nt_zip_put(&other, &item, 1, &err), &err, "container");
	CHECK_RC(judge_at(nt_buf_bytes(&x), nt_buf_bytes(&other), true, false, f.now + 3600000, &err), VF_USAGE);
	CHECK(!facts.is_judged);
	nt_buf_done(&x);
	nt_buf_done(&other);
}

/* Line by line: each in turn is left out, stands twice, or changes places with the next. */
static void test_lines(const struct made *m)
{
	struct nt_buf x = excerpt_of(m, TABLE, 1, 3, VF_SHA256), y = nt_buf(1 << 16);
	struct vf_bytes lines[32], rest = nt_buf_bytes(&x);
	size_t n = 0;

	while (n < 32 && vf_take_line(&rest, &lines[n]))
		n++;
	CHECK_INT(n, 11);
	for (size_t how = 0; how < 3; how++) {
		for (size_t at = 0; at < n; at++) {
			nt_buf_reset(&y);
			for (size_t i = 0; i < n; i++) {
				size_t from = how == 2 && i == at ? at + 1 : how == 2 && i == at + 1 ? at : i;

				if (from == n || (how == 0 && i == at))
					continue;
				for (size_t k = 0; k <= (how == 1 && i == at); k++) {
					nt_buf_put(&y, lines[from]);
					nt_buf_put_u8(&y, '\n');
				}
			}
			if (how == 2 && at + 1 == n)
				continue;
			EXPECT(&y, &m->bundle, REJECTED, VF_EXCERPT_SHAPE);
		}
	}
	nt_buf_done(&x);
	nt_buf_done(&y);
}

static void test_members(const struct made *m)
{
	struct nt_buf x = excerpt_of(m, TABLE, 3, 3, VF_SHA256), none = nt_buf(1 << 22), large = nt_buf(1 << 16);
	const char *withhold[] = {"ae.csv", "rows-001.json"};
	struct nt_export_options options = {.withhold = withhold, .n_withhold = 2};
	struct made odd = *m, lie;
	struct vf_err err = {0};

	fixture_export(&f, &m->id, &options, &none);
	EXPECT(&x, &none, INDETERMINATE, VF_MISSING_OBJECT);
	CHECK_RC(judge_at(nt_buf_bytes(&x), vf_bytes_str("PK"), true, false, f.now + 3600000, &err), VF_OK);
	CHECK(report.verdict == VF_REJECTED && !facts.is_proven);
	nt_buf_done(&x);
	/* a member that is no rows member */
	submit(&odd, TR_DATASET, vf_bytes_str("{\"schema\":\"trialnotary/rows/1\"}\n"));
	x = excerpt_of(&odd, TABLE, 3, 3, VF_SHA256);
	EXPECT(&x, &odd.bundle, REJECTED, VF_EXCERPT_SHAPE);
	nt_buf_done(&x);
	nt_buf_done(&odd.bundle);
	/* one octet too large for a rows member, whatever it says */
	nt_buf_reset(&large);
	nt_buf_put(&large, nt_buf_bytes(&m->json));
	while (large.n <= VF_MAX_SMALL_JSON)
		nt_buf_put_u8(&large, ' ');
	submit(&odd, TR_DATASET, nt_buf_bytes(&large));
	x = excerpt_of(&odd, TABLE, 3, 3, VF_SHA256);
	EXPECT(&x, &odd.bundle, REJECTED, VF_EXCERPT_SHAPE);
	CHECK(strstr(report.reasons[0].text, "too large for a rows member"));
	nt_buf_done(&x);
	nt_buf_done(&odd.bundle);
	nt_buf_done(&large);
	/* one over other rows than the document's: all of them show it */
	lie = make(TR_DATASET, rows_of(OTHER, "ae.csv"));
	x = excerpt_of(&lie, OTHER, 0, 4, VF_SHA256);
	EXPECT(&x, &lie.bundle, REJECTED, VF_EXCERPT_MISMATCH);
	nt_buf_done(&x);
	made_done(&lie);
	nt_buf_done(&none);
}

/* What is wrong with the bundle is wrong with its rows. */
static void test_bundle(const struct made *m)
{
	struct nt_buf x = excerpt_of(m, TABLE, 3, 3, VF_SHA256);
	size_t good = 0;

	for (size_t i = 0; i < m->bundle.n; i += 97) {
		m->bundle.p[i] ^= 0x10;
		good += judge(nt_buf_bytes(&x), nt_buf_bytes(&m->bundle)) == VF_VERIFIED;
		m->bundle.p[i] ^= 0x10;
	}
	CHECK_INT(good, 0);
	nt_buf_done(&x);
}

int main(void)
{
	struct made plain, hidden;

	tables = malloc(VF_BUNDLE_MEMORY);
	if (!tables)
		return 1;
	fixture_begin(&f);
	plain = make(TR_DATASET, rows_of(TABLE, "ae.csv"));
	hidden = make(TR_CONSENT, rows_of(TABLE, "ae.csv"));
	test_good(&plain, false);
	test_good(&hidden, true);
	test_flips(&plain);
	test_other_trees(&plain);
	test_other_count(&plain);
	test_no_bundle(&plain);
	test_lines(&plain);
	test_members(&plain);
	test_bundle(&plain);
	made_done(&plain);
	made_done(&hidden);
	fixture_end(&f);
	free(tables);
	return check_done();
}
