/* ASiC containers of other software: what is accepted, what is refused, and attacks on which file is covered
 * by what. */
#include "verify/graph.h"

#include "tests/unit/foreign_maker.h"
#include "verify/report.h"

#define ASICE VF_ZIP_ASICE
#define ASICS VF_ZIP_ASICS
#define T1 "20240601120000Z"
#define T2 "20240701120000Z"
#define LIST1 "META-INF/ASiCManifest001.xml"
#define LIST2 "META-INF/ASiCManifest002.xml"
#define STAMP1 "META-INF/timestamp001.tst"
#define STAMP2 "META-INF/timestamp002.tst"
#define SIGN1 "META-INF/signature001.p7s"
#define SIGN2 "META-INF/signature002.p7s"
#define RECORD1 "META-INF/evidencerecord001.ers"
#define RECORD_LIST1 "META-INF/ASiCEvidenceRecordManifest001.xml"

static struct vf_bytes data, note, other;

/* An ASiC-E with two files, a manifest and a time-stamp over it. */
static struct box time_stamped(void)
{
	struct vf_bytes list = MANIFEST(STAMP1, {"data.csv", data}, {"note.txt", note});
	struct box b = new_box(ASICE);

	box_put(&b, "data.csv", data);
	box_put(&b, "note.txt", note);
	box_put(&b, LIST1, list);
	box_put(&b, STAMP1, stamp(&alpha, list, T1));
	return b;
}

static void replace(struct box *b, const char *name, struct vf_bytes content)
{
	for (size_t i = 0; i < b->n; i++)
		if (vf_bytes_is(b->entries[i].local.name, name))
			b->entries[i] = zm_entry_raw(vf_bytes_str(name), content);
}

static void take_out(struct box *b, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++)
		if (!vf_bytes_is(b->entries[i].local.name, name))
			b->entries[kept++] = b->entries[i];
	b->n = kept;
}

static const struct vf_file *file_named(const char *name)
{
	for (size_t i = 0; i < report.n_files; i++)
		if (vf_bytes_is(report.files[i].name, name))
			return &report.files[i];
	return NULL;
}

/* ---- time-stamps ---- */

/* How the first two rules stand: 'met' or '-', then each authority that counts. A rule holds as for the worst file. */
static void expect_rules_at(int line, const char *want)
{
	char text[400] = "";

	for (size_t r = 0; report.policy && r < report.policy->n_rules; r++) {
		struct vf_uncounted u;
		size_t at = 0;

		strcat(text, report.rules[r].met ? "met" : "-");
		for (size_t i = 0; i < report.policy->n_authorities; i++)
			if (report.rules[r].times[i] != VF_TIME_NONE)
				strcat(strcat(text, " "), report.policy->authorities[i].name);
		while (vf_report_uncounted(&report, r, &at, &u))
			strcat(strcat(text, " "), u.code);
		strcat(text, ";");
	}
	if (strcmp(text, want) != 0)
		CHECK_FAIL("line %d: '%s' is not '%s'", line, text, want);
}

#define EXPECT_RULES(want) expect_rules_at(__LINE__, (want))

static void test_ordinary(void)
{
	struct box b = time_stamped(), c;
	struct input in = box_input(&b);

	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-06-01T12:00:00Z"));
	CHECK_INT(report.n_files, 2);
	CHECK(file_named("data.csv") && file_named("data.csv")->status == VF_FILE_COVERED);
	/* changed, added, removed, given beside */
	c = b;
	replace(&c, "note.txt", other);
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DIGEST_MISMATCH);
	CHECK(file_named("note.txt")->status == VF_FILE_ALTERED);
	c = b;
	box_put(&c, "extra.txt", other);
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNPROTECTED);
	CHECK(file_named("extra.txt")->status == VF_FILE_UNCOVERED);
	c = b;
	take_out(&c, "note.txt");
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_MISSING_OBJECT);
	give_detached(&in, "note.txt", note);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(file_named("note.txt")->status == VF_FILE_DETACHED);
	give_detached(&in, "other.txt", other);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DETACHED_UNMATCHED);
	/* a file that the container holds is not one that is to be given */
	in = box_input(&b);
	give_detached(&in, "note.txt", note);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DETACHED_UNMATCHED);
	/* the same file twice, when one is missing */
	in = box_input(&c);
	give_detached(&in, "note.txt", note);
	give_detached(&in, "copy.txt", note);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DETACHED_UNMATCHED);
}

static void test_evidence(void)
{
	struct box b = time_stamped(), c;
	struct input in;

	c = b;
	replace(&c, STAMP1, stamp(&alpha, other, T1));
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_IMPRINT);
	c = b;
	replace(&c, STAMP1, NOTHING);
	in = box_input(&c);
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT && has_reason(VF_EMPTY_EVIDENCE));
	c = b;
	take_out(&c, STAMP1);
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MANIFEST_SHAPE);
	c = b;
	take_out(&c, LIST1);
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MISSING_PART);
	/* a second time-stamp that is over something else spoils the first */
	c = b;
	box_put(&c, LIST2, MANIFEST(STAMP2, {"data.csv", data}));
	box_put(&c, STAMP2, stamp(&alpha, other, T1));
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_IMPRINT);
	/* one by somebody unknown does not count and does not harm */
	c = b;
	box_put(&c, LIST2, MANIFEST(STAMP2, {"data.csv", data}));
	box_put(&c, STAMP2, stamp(&stranger, MANIFEST(STAMP2, {"data.csv", data}), "20200101000000Z"));
	in = box_input(&c);
	judge(&in);
	CHECK(report.existed_by == VF_TIME_NONE || report.existed_by == make_time("2024-06-01T12:00:00Z"));
	/* every file needs its own time: the latest of them is what is proven of all */
	c = new_box(ASICE);
	box_put(&c, "data.csv", data);
	box_put(&c, "note.txt", note);
	box_put(&c, LIST1, MANIFEST(STAMP1, {"data.csv", data}));
	box_put(&c, STAMP1, stamp(&alpha, MANIFEST(STAMP1, {"data.csv", data}), T1));
	box_put(&c, LIST2, MANIFEST(STAMP2, {"note.txt", note}));
	box_put(&c, STAMP2, stamp(&alpha, MANIFEST(STAMP2, {"note.txt", note}), T2));
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-07-01T12:00:00Z"));
	CHECK_INT(report.rules[0].times[0], make_time("2024-07-01T12:00:00Z"));
	replace(&c, STAMP2, stamp(&stranger, MANIFEST(STAMP2, {"note.txt", note}), T2));
	in = box_input(&c);
	EXPECT(&in, VF_INDETERMINATE, VF_UNKNOWN_ROOT);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
	/* several rules: both authorities must be over every file */
	owner.rules = "[{\"count\":1,\"of\":[\"alpha\"]},{\"count\":1,\"of\":[\"beta\"]}]";
	replace(&c, STAMP2, stamp(&beta, MANIFEST(STAMP2, {"note.txt", note}), T2));
	in = box_input(&c);
	EXPECT(&in, VF_INDETERMINATE, VF_POLICY_UNMET);
	EXPECT_RULES("- NOT_ALL_FILES NOT_LISTED;- NOT_LISTED NOT_ALL_FILES;");
	owner_begin();
}

/* A token over nothing that matters: it must not lend its authority or its time to the files. */
static void test_unrelated(void)
{
	struct vf_bytes list = MANIFEST(STAMP1, {"data.csv", data}),
			nothing = MANIFEST(STAMP2, {"mimetype", vf_bytes_str(ASICE)});
	struct box b = new_box(ASICE);
	struct input in;

	box_put(&b, "data.csv", data);
	box_put(&b, LIST1, list);
	box_put(&b, STAMP1, stamp(&beta, list, T2));
	in = box_input(&b);
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("OPERATOR_ONLY") && !has_note("UNRELATED"));
	box_put(&b, LIST2, nothing);
	box_put(&b, STAMP2, stamp(&alpha, nothing, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_INT(report.existed_by, make_time("2024-07-01T12:00:00Z"));
	CHECK(has_note("OPERATOR_ONLY") && has_note("UNRELATED"));
	EXPECT_RULES("met beta NOT_ALL_FILES;");
	owner.rules = "[{\"count\":1,\"of\":[\"alpha\"]}]";
	EXPECT(&in, VF_INDETERMINATE, VF_POLICY_UNMET);
	owner_begin();
	/* a vote by another on one of two files */
	box_put(&b, "note.txt", note);
	nothing = MANIFEST(STAMP2, {"note.txt", note});
	replace(&b, LIST2, nothing);
	replace(&b, STAMP2, stamp(&alpha, nothing, T1));
	in = box_input(&b);
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("OPERATOR_ONLY") && !has_note("UNRELATED"));
	EXPECT_RULES("met NOT_ALL_FILES NOT_ALL_FILES;");
}

/* ---- which entry is what ---- */

static void test_names(void)
{
	static const char *const no_evidence[] = {
		"META-INF/Timestamp001.tst", "META-INF/timestamp001.TST", "META-INF/x.tst"};
	struct vf_bytes list;
	struct box b;
	struct input in;

	for (size_t i = 0; i < 3; i++) {
		list = MANIFEST(no_evidence[i], {"data.csv", data});
		b = new_box(ASICE);
		box_put(&b, "data.csv", data);
		box_put(&b, LIST1, list);
		box_put(&b, no_evidence[i], stamp(&alpha, list, T1));
		in = box_input(&b);
		judge(&in);
		CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT);
	}
	/* a manifest whose evidence nobody would judge, beside good evidence */
	b = time_stamped();
	box_put(&b, LIST2, MANIFEST("META-INF/x.tst", {"data.csv", data}));
	box_put(&b, "META-INF/x.tst", other);
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNSUPPORTED);
	b = time_stamped();
	box_put(&b, LIST2, MANIFEST("note.txt", {"data.csv", data}));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MANIFEST_SHAPE);
	b = time_stamped();
	box_put(&b, LIST2, MANIFEST(LIST1, {"data.csv", data}));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MANIFEST_SHAPE);
	/* forms that are not judged */
	b = time_stamped();
	box_put(&b, "META-INF/signatures.xml", vf_bytes_str("<x/>"));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNSUPPORTED);
	b = time_stamped();
	box_put(&b, "META-INF/evidencerecord.xml", vf_bytes_str("<x/>"));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNSUPPORTED);
	b = time_stamped();
	box_put(&b, "META-INF/evidencerecord001.xml", vf_bytes_str("<x/>"));
	box_put(&b, RECORD_LIST1, MANIFEST("META-INF/evidencerecord001.xml", {"data.csv", data}));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNSUPPORTED);
	/* other entries are named */
	b = time_stamped();
	box_put(&b, "META-INF/hidden.pdf", other);
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("OTHER_FILES"));
	/* a file that only looks like a place of evidence is one to be covered */
	b = time_stamped();
	box_put(&b, "META-INF2/timestamp003.tst", other);
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNPROTECTED);
}

static void test_manifests(void)
{
	struct vf_bytes list = MANIFEST(STAMP1, {"data.csv", data});
	struct box b;
	struct input in;

	/* two for one time-stamp */
	b = time_stamped();
	box_put(&b, LIST2, MANIFEST(STAMP1, {"data.csv", data}));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MANIFEST_SHAPE);
	/* names in percent-encoding, and one that stands twice under two of them */
	b = new_box(ASICE);
	box_put(&b, "da ta.csv", data);
	list = MANIFEST(STAMP1, {"da%20ta.csv", data});
	box_put(&b, LIST1, list);
	box_put(&b, STAMP1, stamp(&alpha, list, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	list = MANIFEST(STAMP1, {"da%20ta.csv", data}, {"%64a%20ta.csv", data});
	replace(&b, LIST1, list);
	replace(&b, STAMP1, stamp(&alpha, list, T1));
	in = box_input(&b);
	judge(&in);
	CHECK(report.verdict == VF_REJECTED);
	/* it can't list itself, nor its own time-stamp */
	b = new_box(ASICE);
	box_put(&b, "data.csv", data);
	list = MANIFEST(STAMP1, {"data.csv", data}, {LIST1, data});
	box_put(&b, LIST1, list);
	box_put(&b, STAMP1, stamp(&alpha, list, T1));
	in = box_input(&b);
	judge(&in);
	CHECK(report.verdict == VF_REJECTED);
	/* lists that contradict each other about a file that is not there */
	b = new_box(ASICE);
	box_put(&b, "data.csv", data);
	list = MANIFEST(STAMP1, {"data.csv", data}, {"gone.txt", note});
	box_put(&b, LIST1, list);
	box_put(&b, STAMP1, stamp(&alpha, list, T1));
	list = MANIFEST(STAMP2, {"gone.txt", other});
	box_put(&b, LIST2, list);
	box_put(&b, STAMP2, stamp(&alpha, list, T1));
	in = box_input(&b);
	give_detached(&in, "gone.txt", note);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DIGEST_MISMATCH);
	/* by two algorithms: what is given must have both */
	list = make_manifest(STAMP2, VF_SHA512, &(const struct ref){"gone.txt", other}, 1);
	replace(&b, LIST2, list);
	replace(&b, STAMP2, stamp(&alpha, list, T1));
	in = box_input(&b);
	give_detached(&in, "gone.txt", note);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DETACHED_UNMATCHED);
	/* no file at all */
	b = new_box(ASICE);
	list = MANIFEST(STAMP1, {SIGN1, other});
	box_put(&b, SIGN1, other);
	box_put(&b, LIST1, list);
	box_put(&b, STAMP1, stamp(&alpha, list, T1));
	in = box_input(&b);
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT && has_reason(VF_NO_EVIDENCE));
	b = new_box(ASICE);
	in = box_input(&b);
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT);
	b = new_box(ASICE);
	box_put(&b, "data.csv", data);
	in = box_input(&b);
	judge(&in);
	CHECK(report.verdict != VF_VERIFIED && report.verdict != VF_INTACT && has_reason(VF_NO_EVIDENCE));
}

/* ---- ASiC-S ---- */

static void test_simple(void)
{
	struct box b = new_box(ASICS);
	struct vf_bytes list;
	struct input in;

	box_put(&b, "data.csv", data);
	box_put(&b, "META-INF/timestamp.tst", stamp(&alpha, data, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	replace(&b, "META-INF/timestamp.tst", stamp(&alpha, other, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_TS_IMPRINT);
	replace(&b, "META-INF/timestamp.tst", stamp(&alpha, data, T1));
	box_put(&b, "note.txt", note);
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MANIFEST_SHAPE);
	b = new_box(ASICS);
	box_put(&b, "data.csv", data);
	box_put(&b, "META-INF/signature.p7s", make_cades(&signer, data, &alpha, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(report.submitter_trusted);
	/* with a manifest for more time-stamps */
	list = MANIFEST(STAMP1, {"data.csv", data}, {"META-INF/signature.p7s", b.entries[2].data});
	box_put(&b, "META-INF/ASiCArchiveManifest.xml", list);
	box_put(&b, STAMP1, stamp(&beta, list, T2));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	/* nothing says that an ASiC-E is about its only file */
	b = new_box(ASICE);
	box_put(&b, "data.csv", data);
	box_put(&b, "META-INF/timestamp.tst", stamp(&alpha, data, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MISSING_PART);
	/* a signature with a content of its own, which is another one */
	b = new_box(ASICS);
	box_put(&b, "data.csv", data);
	box_put(&b, "META-INF/signature.p7s", make_p7s(other, signer.cert, sign(&signer, VF_SHA256, other)));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_DIGEST_MISMATCH);
}

/* ---- signatures ---- */

static void test_signatures(void)
{
	struct vf_bytes list = MANIFEST(SIGN1, {"data.csv", data}),
			list2 = MANIFEST(SIGN2, {"data.csv", data});
	struct vf_bytes times = MANIFEST(STAMP1, {"data.csv", data}, {"note.txt", note});
	struct box b = new_box(ASICE);
	struct input in;

	box_put(&b, "data.csv", data);
	box_put(&b, LIST1, list);
	box_put(&b, SIGN1, make_cades(&signer, list, &alpha, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK_STR(report.submitter, "Good Signer");
	replace(&b, SIGN1, NOTHING);
	in = box_input(&b);
	judge(&in);
	CHECK(report.verdict == VF_REJECTED && has_reason(VF_EMPTY_EVIDENCE));
	replace(&b, SIGN1, make_cades(&signer, list, &alpha, T1));
	/* a second signature that nothing dates: its signer must not be named as trusted */
	box_put(&b, LIST2, list2);
	box_put(&b, SIGN2, make_cades(&unknown, list2, NULL, NULL));
	in = box_input(&b);
	EXPECT(&in, VF_INDETERMINATE, VF_NO_TIME);
	CHECK(!report.submitter_trusted);
	/* one that fails */
	replace(&b, SIGN2, make_cades(&second, other, &alpha, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_SIGNATURE);
	/* what is signed and what is dated are two things */
	b = new_box(ASICE);
	box_put(&b, "data.csv", data);
	box_put(&b, "note.txt", note);
	box_put(&b, LIST1, list);
	box_put(&b, SIGN1, make_cades(&signer, list, &alpha, T1));
	box_put(&b, "META-INF/ASiCManifest003.xml", times);
	box_put(&b, STAMP1, stamp(&alpha, times, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("UNSIGNED"));
	owner.submitter = "required";
	EXPECT(&in, VF_INDETERMINATE, VF_POLICY_UNMET);
	owner_begin();
	/* signed and not dated, beside one that is dated */
	times = MANIFEST(STAMP1, {"note.txt", note});
	replace(&b, SIGN1, make_cades(&signer, list, NULL, NULL));
	replace(&b, "META-INF/ASiCManifest003.xml", times);
	replace(&b, STAMP1, stamp(&alpha, times, T1));
	in = box_input(&b);
	owner.integrity_only = true;
	EXPECT(&in, VF_INTACT, VF_OK);
	CHECK(has_note("TIME"));
	owner_begin();
	judge(&in);
	CHECK_INT(report.verdict, VF_INDETERMINATE);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
}

/* As many signatures as there may be, and one more: none is written where others are. */
static void test_many_signatures(void)
{
	struct box b = new_box(ASICE);
	struct input in;

	box_put(&b, "data.csv", data);
	for (size_t i = 0; i < VF_MAX_SIGNATURES + 1; i++) {
		const char *target = make_text("META-INF/signature%03zu.p7s", i);
		struct vf_bytes list = MANIFEST(target, {"data.csv", data});

		if (i == VF_MAX_SIGNATURES) {
			in = box_input(&b);
			EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
		}
		box_put(&b, make_text("META-INF/ASiCManifest%03zu.xml", i), list);
		box_put(&b, target, make_cades(&signer, list, &alpha, T1));
	}
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_REJECTED, VF_LIMIT);
}

/* ---- evidence records ---- */

static struct vf_bytes record_over(
	enum vf_alg alg, const struct vf_bytes *values, size_t n, const struct person *by, const char *at)
{
	struct vf_bytes root = n == 1 ? values[0] : mk_node(alg, values, n);

	return mk_record(
		MK_SEQ(mk_ats(alg, n == 1 ? NOTHING : mk_list(values, n), make_tst(by, alg, root, at))));
}

static void test_records(void)
{
	struct vf_bytes values[] = {make_digest(VF_SHA256, data), make_digest(VF_SHA256, note)};
	struct vf_bytes list = MANIFEST(RECORD1, {"data.csv", data}, {"note.txt", note});
	struct box b = new_box(ASICE), c;
	struct input in;

	box_put(&b, "data.csv", data);
	box_put(&b, "note.txt", note);
	box_put(&b, RECORD_LIST1, list);
	box_put(&b, RECORD1, record_over(VF_SHA256, values, 2, &alpha, T1));
	in = box_input(&b);
	EXPECT_BOTH(&in, VF_VERIFIED, VF_OK);
	CHECK(!has_note("TREE_NODE"));
	c = b;
	replace(&c, RECORD1, record_over(VF_SHA256, values, 1, &alpha, T1));
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_ER_NOT_COVERED);
	/* its manifest by another name is one of signatures */
	c = b;
	take_out(&c, RECORD_LIST1);
	box_put(&c, LIST1, list);
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MANIFEST_SHAPE);
	/* its manifest uses another algorithm than its first time-stamp (EN 319 162-1 4.4.3.2) */
	c = b;
	replace(&c, RECORD_LIST1, make_manifest(RECORD1, VF_SHA512, (const struct ref[]){{"data.csv", data}, {"note.txt", note}}, 2));
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_REJECTED, VF_MANIFEST_DIGEST);
	/* over one of two files, the other is listed by nobody */
	c = b;
	replace(&c, RECORD_LIST1, MANIFEST(RECORD1, {"data.csv", data}));
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_UNPROTECTED);
	CHECK_INT(report.n_others, 1);
	CHECK(has_note("OTHER_OBJECTS"));
	/* a listed file that is not there is not proven by its digest */
	c = b;
	take_out(&c, "note.txt");
	in = box_input(&c);
	EXPECT_BOTH(&in, VF_INDETERMINATE, VF_MISSING_OBJECT);
}

/* ---- notes ---- */

/* Token in BER: the outer length is indefinite. */
static struct vf_bytes make_ber(struct vf_bytes der)
{
	struct vf_der d;

	MUST(vf_der_only(der, VF_DER_SEQUENCE, &d));
	return JOIN(vf_bytes("\x30\x80", 2), d.body, vf_bytes("\0\0", 2));
}

/* However many notes of one kind the maker of the evidence causes, none of another kind is lost. */
static void test_notes(void)
{
	struct box b = new_box(ASICE);
	struct vf_bytes list;
	struct input in;

	box_put(&b, "data.csv", data);
	for (size_t i = 0; i < 50; i++) {
		const char *target = make_text("META-INF/timestamp%03zu.tst", i);

		list = MANIFEST(target, {"data.csv", data});
		box_put(&b, make_text("META-INF/ASiCManifest%03zu.xml", i), list);
		box_put(&b, target, make_ber(stamp(&alpha, list, T1)));
	}
	list = MANIFEST(SIGN1, {"data.csv", data});
	box_put(&b, "META-INF/ASiCManifest099.xml", list);
	box_put(&b, SIGN1, make_cades(&unknown, list, &alpha, T1));
	box_put(&b, "META-INF/hidden.pdf", other);
	in = box_input(&b);
	EXPECT(&in, VF_VERIFIED, VF_OK);
	CHECK(has_note("BER") && has_note("SUBMITTER_ROOT") && has_note("OTHER_FILES") &&
		has_note("REVOCATION"));
	owner.integrity_only = true;
	EXPECT(&in, VF_INTACT, VF_OK);
	CHECK(has_note("BER") && has_note("TRUST"));
	owner_begin();
}

/* ---- time ---- */

struct counted {
	struct vf_bytes bytes;
	uint64_t n_read;
};

static VF_RC count_read(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct counted *c = ctx;
	struct vf_bytes b;

	c->n_read += n;
	if (!vf_bytes_slice(c->bytes, (size_t)at, n, &b))
		return vf_fail(reterr, VF_IO, "beyond the end");
	memcpy(out, b.p, n);
	return VF_OK;
}

/* A file beside the container is read once for each algorithm, however many files are not there. */
static void test_many_absent(void)
{
	struct counted c = {.bytes = data};
	struct vf_source source = {.ctx = &c, .size = data.n, .read = count_read};
	struct vf_detached given = {"data.csv", &source};
	VF_CLEANUP(vf_session_freep) struct vf_session *s = new_session();
	struct vf_source box;
	struct ref refs[200];
	struct vf_bytes list;
	struct box b = new_box(ASICE);
	struct vf_err err = {0};
	struct vf_arena a;

	for (size_t i = 0; i < 200; i++)
		refs[i] = (struct ref){
			make_text("gone%03zu", i), make_digest(VF_SHA256, vf_bytes_str(make_text("%zu", i)))};
	refs[199].data = data;
	list = make_manifest(STAMP1, VF_SHA256, refs, 200);
	box_put(&b, "note.txt", note);
	box_put(&b, LIST1, list);
	box_put(&b, STAMP1, stamp(&alpha, list, T1));
	box = vf_source_of(box_bytes(&b));
	vf_arena_init(&a, tables, VF_BUNDLE_MEMORY);
	CHECK_RC(vf_bundle_check(s, &a, "input", &box, &given, 1, &report, &err), VF_OK);
	CHECK(file_named("gone199") && file_named("gone199")->status == VF_FILE_DETACHED);
	CHECK(c.n_read <= 3 * data.n);
}

/* ---- native and foreign ---- */

/*
 * A container becomes one of ours by any such part; it must then be a whole one. Otherwise who takes
 * statement and seal head out of a bundle would have it judged without its log and the witnesses that the
 * owner asks for.
 */
static void test_native(void)
{
	static const char *const parts[] = {
		VF_NAME_STATEMENT, VF_PART_HEAD, VF_PART_ENTRY, VF_PART_PROOF, VF_PART_PREVIOUS};

	for (size_t i = 0; i < 5; i++) {
		struct box b = time_stamped();
		struct input in;

		box_put(&b, parts[i], vf_bytes_str("{}"));
		in = box_input(&b);
		judge(&in);
		CHECK_INT(report.form, VF_FORM_BUNDLE);
		CHECK_INT(report.verdict, VF_REJECTED);
	}
}

/* ---- every bit ---- */

static void test_bits(void)
{
	const char *stride = getenv("TRIALNOTARY_FLIP_STRIDE");
	size_t step = stride ? (size_t)atoi(stride) : 1, same = 0;
	struct box b = new_box(ASICS);
	struct input in;
	struct vf_bytes copy;
	uint8_t *p;

	box_put(&b, "data.csv", data);
	box_put(&b, "META-INF/timestamp.tst", stamp(&alpha, data, T1));
	in = box_input(&b);
	copy = in.octets;
	p = (uint8_t *)(uintptr_t)copy.p;
	for (int integrity = 0; integrity < 2; integrity++) {
		owner.integrity_only = integrity;
		VF_CLEANUP(vf_session_freep) struct vf_session *s = new_session();
		struct vf_hash want = vf_sha256(data);

		for (size_t bit = 0; bit < 8 * copy.n; bit += step) {
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			judge_in(s, &in);
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (report.verdict != VF_VERIFIED && report.verdict != VF_INTACT)
				continue;
			same++;
			if (report.n_files != 1 || !vf_hash_eq(&report.files[0].sha256, &want) ||
				report.n_stamps != 1 ||
				report.stamps[0].gen_time != make_time("2024-06-01T12:00:00Z") ||
				(!integrity && report.existed_by != make_time("2024-06-01T12:00:00Z")))
				CHECK_FAIL("bit %zu of octet %zu changes the claims", bit % 8, bit / 8);
		}
	}
	check_count++;
	fprintf(stderr, "%zu octets, %zu flips leave the verdict\n", copy.n, same);
	owner_begin();
}

int main(void)
{
	data = vf_bytes_str("subject,arm,result\n001,A,12\n");
	note = vf_bytes_str("a note\n");
	other = vf_bytes_str("something else\n");
	foreign_begin();
	test_ordinary();
	test_evidence();
	test_unrelated();
	test_names();
	test_manifests();
	test_simple();
	test_signatures();
	test_many_signatures();
	test_records();
	test_notes();
	test_many_absent();
	test_native();
	test_bits();
	return foreign_end();
}
