/* What does not belong together: records of two studies or two logs, bundles of other records, what is no record at all. */
#include "tests/outside_fixture.h"
#include "tests/study_maker.h"

/* Of two studies, in the file and beside it; one record's name with another's evidence. */
static void strangers(void)
{
	static struct vf_study_result r;
	struct vf_hash ids[3];
	struct nt_buf given;
	struct fixture f;
	struct sm_file m;

	fixture_begin(&f);
	ids[0] = sm_submit(&f, "A", "0.txt");
	ids[1] = sm_submit(&f, "B", "1.txt");
	ids[2] = sm_submit(&f, "A", "2.txt");
	m = sm_file_of(&f, ids, 2);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "of another study than those before it"));
	CHECK(r.n_faults == 1 && r.faults[0].has_record && r.faults[0].index == 1 && vf_hash_eq(&r.faults[0].id, &ids[1]));
	m = sm_file_of(&f, ids, 1);
	given = sm_bundle_of(&f, &ids[1]);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.given, 0);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "'given.asice' does not belong to the file: it is of another study"));
	nt_buf_done(&given);

	/* the bundle of record 2 in the place of record 0, and the other way round */
	m = sm_file_of(&f, ids, 1);
	m.pieces[m.n++] = (struct sm_piece){.f = &f, .id = ids[2], .program_of = &ids[0]};
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is that of another record"));
	m.pieces[1].program_of = NULL;
	m.pieces[0].program_of = &ids[2];
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is that of another record"));
	fixture_end(&f);
}

/* One trust directory for both: the logs of both, and the roots of both their own authorities under one name. */
static void trust_both(struct fixture *f, const struct fixture *other)
{
	for (size_t i = 0; i < f->trust.n; i++) {
		struct nt_buf *b = &f->trust.files[i];
		struct vf_bytes more = nt_buf_bytes(&other->trust.files[i]), log;

		CHECK_STR(f->trust.names[i], other->trust.names[i]);
		if (strcmp(f->trust.names[i], "tsa/embedded.pem") == 0)
			nt_buf_put(b, more);
		if (strcmp(f->trust.names[i], "tlog-policy") != 0)
			continue;
		CHECK(vf_take_line(&more, &log));
		b->n -= strlen("\nquorum none\n");
		nt_buf_putf(b, "\n%.*s\nquorum none\n", VF_STR(log));
	}
}

/* The same study in two logs, both trusted: each record is VERIFIED, and together they are no study. */
static void two_logs(const char *first, const char *second)
{
	static struct vf_study_result r;
	struct vf_hash here, there;
	struct nt_buf given;
	struct fixture f, other;
	struct sm_file m;

	fixture_begin_as(&f, first);
	fixture_begin_as(&other, second);
	trust_both(&f, &other);
	here = sm_submit(&f, "A", "0.txt");
	sm_submit(&other, "B", "0.txt");
	there = sm_submit(&other, "A", "1.txt");
	f.now = other.now > f.now ? other.now : f.now;
	m = sm_file_of(&other, &there, 1);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK(strncmp(r.origin, second, 200) == 0);
	m = sm_file_of(&f, &here, 1);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK(strncmp(r.origin, first, 200) == 0);
	/* beside the file, where its place in the log is nowhere among those of the file */
	given = sm_bundle_of(&other, &there);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.given, 0);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "'given.asice' does not belong to the file: its record has another place in the log"));
	nt_buf_done(&given);
	/* in one file */
	m.pieces[m.n++] = (struct sm_piece){.f = &other, .id = there};
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is of another log than those before it"));
	CHECK(strncmp(r.origin, first, 200) == 0);
	CHECK_INT(r.size, 1);
	fixture_end(&f);
	fixture_end(&other);
}

/* A file with a time-stamp beside a study is good, and no record. */
static void no_record(void)
{
	static const char text[] = "minutes";
	static struct vf_study_result r;
	struct vf_digest imprint;
	struct nt_buf token = nt_buf(1u << 16), zip = nt_buf(1u << 16), file;
	struct vf_detached given = {"given.asics", NULL};
	struct vf_source source;
	struct vf_hash id, h = vf_sha256(vf_bytes_str(text));
	struct vf_err err = {0};
	struct outside o;
	struct fixture f;
	struct sm_file m;

	fixture_begin(&f);
	outside_begin(&f, &o, "outside", VF_SHA256);
	id = sm_submit(&f, "A", "0.txt");
	imprint = vf_digest_from_hash(&h);
	fixture_need(nt_tsa_stamp(o.tsa, &imprint, f.now, &token, &err), &err, "stamp");
	{
		struct nt_zip_item items[] = {{vf_bytes_str("minutes.txt"), vf_bytes_str(text)}, {vf_bytes_str("META-INF/timestamp.tst"), nt_buf_bytes(&token)}};
		struct nt_zip z;

		fixture_need(nt_zip_begin_as(&z, "application/vnd.etsi.asic-s+zip", nt_zip_to_buf(&zip), &err), &err, "zip");
		for (size_t i = 0; i < 2; i++) {
			fixture_need(nt_zip_entry(&z, items[i].name, items[i].data.n, nt_zip_crc(0, items[i].data), &err), &err, "zip");
			fixture_need(nt_zip_data(&z, items[i].data, &err), &err, "zip");
		}
		fixture_need(nt_zip_end(&z, &err), &err, "zip");
		nt_zip_done(&z);
	}
	source = vf_source_of(nt_buf_bytes(&zip));
	given.source = &source;
	m = sm_file_of(&f, &id, 1);
	file = sm_make(&m);
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), &(struct study_beside){.integrity_only = true}, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INTACT);
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), &(struct study_beside){.bundles = &given, .n_bundles = 1, .integrity_only = true}, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "'given.asics' does not belong to the file: it is no bundle of a record"));
	nt_buf_done(&file);
	nt_buf_done(&zip);
	nt_buf_done(&token);
	outside_end(&o);
	fixture_end(&f);
}

/* What the packing says of a record that its bundle, which is VERIFIED, does not: each by itself. */
static void lies(void)
{
	static const struct {
		struct sm_seal seal;
		uint64_t moved;
		const char *text;
	} cases[] = {
		{{0}, UINT64_MAX, "the bundle is that of another record"}, /* one back: index 0 */
		{{.number = 1}, 0, "the bundle is under another seal"},
		{{.first = 1}, 0, "the bundle is under another seal"},
		{{.size = 1}, 0, "the bundle is under another seal"},
	};
	static struct vf_study_result r;
	struct fixture f, other;
	struct vf_hash id, there;
	struct sm_file m;

	fixture_begin(&f);
	fixture_begin_as(&other, "other.example/1");
	trust_both(&f, &other);
	study_submit(&f, "B", TR_CONSENT, "b.txt", "b");
	id = sm_submit(&f, "A", "0.txt");
	study_submit(&other, "B", TR_CONSENT, "b.txt", "b");
	there = sm_submit(&other, "A", "0.txt");
	m = sm_file_of(&f, &id, 1);
	m.pieces[0].program_of = &id;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		m.moved = cases[i].seal;
		m.pieces[0].moved = cases[i].moved;
		CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
		CHECK_INT(r.verdict, VF_REJECTED);
		CHECK_INT(r.counts[VF_VERIFIED], 1);
		CHECK_INT(r.n_faults, 1);
		CHECK(study_has_fault(&r, VF_STUDY_SHAPE, cases[i].text));
	}
	/* the record at the same place of another log */
	m = sm_file_of(&f, &id, 1);
	m.pieces[0].program_of = &there;
	m.pieces[0].program_f = &other;
	f.now = other.now > f.now ? other.now : f.now;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is that of another record"));
	fixture_end(&f);
	fixture_end(&other);
}

/* A document is missing, so that no bundle here is VERIFIED: what contradicts the packing is no less wrong for that. */
static void undecided(void)
{
	static struct vf_study_result r;
	struct vf_hash early, late;
	struct fixture f;
	struct sm_file m;

	fixture_begin(&f);
	study_submit(&f, "B", TR_CONSENT, "b.txt", "b");
	study_submit_many(&f, "A", 0, 1);
	early = f.last;
	fixture_seal(&f);
	late = sm_submit(&f, "A", "late.txt");
	m = sm_file_of(&f, &early, 1);
	m.pieces[0].program_of = &early;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "A-000000.csv"));
	/* its place in the log is not that of its bundle; nor is its seal */
	m.pieces[0].moved = UINT64_MAX;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is that of another record"));
	m.pieces[0].moved = 0;
	m.moved.number = 1;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is under another seal"));
	/* the evidence of an older record, and with it its time */
	m = sm_file_of(&f, &late, 1);
	m.pieces[0].program_of = &early;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is that of another record"));
	fixture_end(&f);
}

/* More faults than are told one by one are counted all the same. */
static void many_faults(void)
{
	static char names[VF_STUDY_FAULTS + 5][sizeof(VF_STUDY_DOCUMENTS) + 64];
	static struct vf_study_result r;
	struct fixture f;
	struct sm_file m;
	struct vf_hash id;

	fixture_begin(&f);
	id = sm_submit(&f, "A", "0.txt");
	m = sm_file_of(&f, &id, 1);
	for (m.n_documents = 0; m.n_documents < VF_STUDY_FAULTS + 5; m.n_documents++) {
		snprintf(names[m.n_documents], sizeof(names[0]), VF_STUDY_DOCUMENTS "%064zx", m.n_documents);
		m.documents[m.n_documents] = (struct sm_document){names[m.n_documents], "nobody's"};
	}
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.n_faults, VF_STUDY_FAULTS + 5);
	for (size_t i = 0; i < VF_STUDY_FAULTS; i++)
		CHECK(!r.faults[i].has_record && strstr(r.faults[i].err.text, "is a document of no record here"));
	CHECK_INT(r.n_streams, 1);
	fixture_end(&f);
}

/* Documents that no record has, or of another content than their name. */
static void documents(void)
{
	static struct vf_study_result r;
	struct vf_hash h = vf_sha256(vf_bytes_str("nobody's")), id;
	char name[sizeof(VF_STUDY_DOCUMENTS) + 64] = VF_STUDY_DOCUMENTS;
	struct fixture f;
	struct sm_file m;

	fixture_begin(&f);
	id = sm_submit(&f, "A", "0.txt");
	m = sm_file_of(&f, &id, 1);
	vf_hex_put(name + strlen(VF_STUDY_DOCUMENTS), vf_bytes(h.b, 32));
	m.documents[m.n_documents++] = (struct sm_document){name, "nobody's"};
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "is a document of no record here"));
	/* the record's own document, with octets of another */
	h = vf_sha256(vf_bytes_str("0.txt"));
	vf_hex_put(name + strlen(VF_STUDY_DOCUMENTS), vf_bytes(h.b, 32));
	m.documents[0].text = "0.txt";
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	m.documents[0].text = "another";
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK(r.verdict == VF_REJECTED || r.verdict == VF_INDETERMINATE);
	CHECK(r.n_faults > 0);
	fixture_end(&f);
}

int main(void)
{
	char name[246] = "", other[246] = "";

	study_begin();
	strangers();
	two_logs("test.example/1", "other.example/1");
	/* names that differ where they are cut off when they are shown */
	memset(name, 'a', sizeof(name) - 2);
	memset(other, 'a', sizeof(other) - 2);
	name[sizeof(name) - 2] = '1';
	other[sizeof(other) - 2] = '2';
	two_logs(name, other);
	lies();
	no_record();
	undecided();
	many_faults();
	documents();
	return check_done();
}
