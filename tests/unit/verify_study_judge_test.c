/* What a study shows as a whole: forks, gaps, heads, what belongs to another study, and what is given beside the file. */
#include "tests/outside_fixture.h"
#include "tests/study_maker.h"

static enum vf_rc judge_made(struct fixture *f, const struct sm_file *m, const struct study_beside *beside, struct vf_study_result *ret)
{
	struct nt_buf file = sm_make(m);
	enum vf_rc rc = study_judge(f, nt_buf_bytes(&file), beside, ret);

	if (rc != VF_OK)
		fprintf(stderr, "%s: %s\n", vf_rc_name(rc), study_said.text);
	nt_buf_done(&file);
	return rc;
}

/* A bundle with its documents; the caller frees it. */
static struct nt_buf bundle_of(struct fixture *f, const struct vf_hash *id)
{
	struct nt_buf out = nt_buf(1u << 24);

	fixture_export(f, id, NULL, &out);
	return out;
}

static enum vf_rc judge_with(struct fixture *f, const struct sm_file *m, const struct nt_buf *bundle, struct vf_study_result *ret)
{
	struct vf_source source = vf_source_of(nt_buf_bytes(bundle));
	struct vf_detached given = {"given.asice", &source};

	return judge_made(f, m, &(struct study_beside){.bundles = &given, .n_bundles = 1}, ret);
}

/* A record without documents of its own to find: consents show a commitment, whose document nobody has. */
static struct vf_hash submit_sealed(struct fixture *f, const char *study, const char *name)
{
	study_submit(f, study, TR_CONSENT, name, name);
	fixture_seal(f);
	return f->last;
}

static struct sm_file file_of(struct fixture *f, const struct vf_hash *ids, size_t n)
{
	struct sm_file m = {.n = n};

	for (size_t i = 0; i < n; i++)
		m.pieces[i] = (struct sm_piece){.f = f, .id = ids[i]};
	return m;
}

static void gaps(void)
{
	static struct vf_study_result r;
	struct vf_hash ids[5];
	struct sm_file m;
	struct nt_buf given;
	struct fixture f;
	char name[16];

	fixture_begin(&f);
	for (size_t i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "%zu.txt", i);
		ids[i] = submit_sealed(&f, "A", name);
	}
	m = file_of(&f, ids, 5);
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.streams[0].missing, 0);
	/* one in the middle is left out */
	m = file_of(&f, ids, 5);
	m.pieces[2] = m.pieces[3];
	m.pieces[3] = m.pieces[4];
	m.n = 4;
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.streams[0].missing, 1);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "of its stream 1 records before the last one are not here"));
	/* its own bundle fills the gap */
	given = bundle_of(&f, &ids[2]);
	CHECK_RC(judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 1);
	CHECK_INT(r.shown, 5);
	CHECK_INT(r.records, 5);
	CHECK_INT(r.counts[VF_VERIFIED], 5);
	CHECK_INT(r.streams[0].missing, 0);
	nt_buf_done(&given);
	/* the first ones are left out: nobody knows the key of the stream, so the slots stand there */
	m = file_of(&f, ids + 2, 3);
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.streams[0].missing, 2);
	/* the end may be missing: that is said as not checked */
	m = file_of(&f, ids, 3);
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	/* a bundle of a record that is there adds its document, and nothing when it has no more than the file */
	CHECK_INT(r.withheld, 3);
	given = bundle_of(&f, &ids[1]);
	CHECK_RC(judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 1);
	CHECK_INT(r.shown, 3);
	CHECK_INT(r.withheld, 2);
	nt_buf_reset(&given);
	fixture_export(&f, &ids[1], &(struct nt_export_options){.detached = true}, &given);
	CHECK_RC(judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 0);
	CHECK_INT(r.withheld, 3);
	nt_buf_done(&given);
	fixture_end(&f);
}

/* A record that is packed without its place, which its bundle shows, hides a gap. */
static void places(void)
{
	static struct vf_study_result r;
	struct vf_hash ids[4];
	struct nt_buf given;
	struct fixture f;
	struct sm_file m;
	char name[16];

	fixture_begin(&f);
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%zu.txt", i);
		ids[i] = submit_sealed(&f, "A", name);
	}
	m = file_of(&f, ids, 4);
	m.pieces[3].placeless = true;
	m.pieces[3].program_of = &ids[3];
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle has another place in its stream"));
	m.pieces[2] = m.pieces[3];
	m.n = 3;
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	/* neither shows it: what is before it may be missing */
	m.pieces[2].place_withheld = true;
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "its place in its stream is not shown"));
	/* its bundle beside the file, with the place: the file says that it has none */
	given = bundle_of(&f, &ids[3]);
	CHECK_RC(judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.given, 0);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "does not belong to the file: its record has another place in its stream"));
	nt_buf_done(&given);
	fixture_end(&f);
}

/* The same notary twice, as who restores a backup has it. */
static void copy_notary(struct fixture *f, struct fixture *copy)
{
	char command[400];
	struct vf_err err = {0};

	f->n = nt_notary_free(f->n);
	*copy = *f;
	snprintf(copy->notary, sizeof(copy->notary), "%s/copy", f->dir);
	snprintf(command, sizeof(command), "cp -a %s %s", f->notary, copy->notary);
	if (system(command) != 0)
		exit(1);
	fixture_need(nt_notary_open(f->notary, fixture_clock, f, &f->n, &err), &err, "open");
	fixture_need(nt_notary_open(copy->notary, fixture_clock, copy, &copy->n, &err), &err, "open");
	f->e = nt_exporter_free(f->e);
	copy->e = NULL;
	memset(&copy->trust, 0, sizeof(copy->trust));
	fixture_need(nt_trust_make(copy->n, &copy->trust, &err), &err, "trust");
}

static void copy_end(struct fixture *copy)
{
	nt_exporter_free(copy->e);
	nt_trust_done(&copy->trust);
	nt_notary_free(copy->n);
}

static void forks(void)
{
	static struct vf_study_result r;
	struct vf_hash ids[2], later, other, follows;
	struct nt_buf given;
	struct fixture f, copy;
	struct sm_file m;

	fixture_begin(&f);
	ids[0] = submit_sealed(&f, "A", "0.txt");
	copy_notary(&f, &copy);
	copy.now += 5000;
	ids[1] = submit_sealed(&f, "A", "1.txt");
	submit_sealed(&copy, "B", "b.txt");
	other = submit_sealed(&copy, "A", "other.txt");
	follows = submit_sealed(&copy, "A", "follows.txt");
	later = submit_sealed(&f, "A", "2.txt");
	f.now = copy.now > f.now ? copy.now : f.now;
	/* two records with the place 1 */
	m = file_of(&f, ids, 2);
	m.pieces[m.n++] = (struct sm_piece){.f = &copy, .id = other};
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	/* who judges it after the other one sees that by itself, too */
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK_INT(r.counts[VF_REJECTED], 1);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "another record has this place in the stream: 1"));
	/* place 2 follows another place 1 */
	m = file_of(&f, ids, 2);
	m.pieces[m.n++] = (struct sm_piece){.f = &copy, .id = follows};
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "the record follows another predecessor"));
	/* the same when nobody can judge it by itself: it is hidden */
	m.pieces[m.n - 1].hidden = true;
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "the record follows another predecessor"));
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "its place in the log is not shown"));
	m.pieces[m.n - 1].id = other;
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "another record has this place in the stream: 1"));
	/* a fork that shows beside the file alone */
	m = file_of(&f, ids, 2);
	m.pieces[m.n++] = (struct sm_piece){.f = &f, .id = later};
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	given = bundle_of(&copy, &other);
	CHECK_RC(judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_EQUIVOCATION, "'given.asice' beside the file: the log of this size has another root"));
	nt_buf_done(&given);
	copy_end(&copy);
	fixture_end(&f);
}

/* Of two studies, in the file and beside it; one record's name with another's evidence. */
static void strangers(void)
{
	static struct vf_study_result r;
	struct vf_hash ids[3];
	struct nt_buf given;
	struct fixture f;
	struct sm_file m;

	fixture_begin(&f);
	ids[0] = submit_sealed(&f, "A", "0.txt");
	ids[1] = submit_sealed(&f, "B", "1.txt");
	ids[2] = submit_sealed(&f, "A", "2.txt");
	m = file_of(&f, ids, 2);
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "of another study than those before it"));
	m = file_of(&f, ids, 1);
	given = bundle_of(&f, &ids[1]);
	CHECK_RC(judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.given, 0);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "'given.asice' does not belong to the file: it is of another study"));
	nt_buf_done(&given);

	/* the bundle of record 2 in the place of record 0, and the other way round */
	m = file_of(&f, ids, 1);
	m.pieces[m.n++] = (struct sm_piece){.f = &f, .id = ids[2], .program_of = &ids[0]};
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle is that of another record"));
	m.pieces[1].program_of = NULL;
	m.pieces[0].program_of = &ids[2];
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
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
	here = submit_sealed(&f, "A", "0.txt");
	submit_sealed(&other, "B", "0.txt");
	there = submit_sealed(&other, "A", "1.txt");
	f.now = other.now > f.now ? other.now : f.now;
	m = file_of(&other, &there, 1);
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK(strncmp(r.origin, second, 200) == 0);
	m = file_of(&f, &here, 1);
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK(strncmp(r.origin, first, 200) == 0);
	/* beside the file, where its place in the log is nowhere among those of the file */
	given = bundle_of(&other, &there);
	CHECK_RC(judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.given, 0);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "'given.asice' does not belong to the file: its record has another place in the log"));
	nt_buf_done(&given);
	/* in one file */
	m.pieces[m.n++] = (struct sm_piece){.f = &other, .id = there};
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
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
	id = submit_sealed(&f, "A", "0.txt");
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
	m = file_of(&f, &id, 1);
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

/* Documents that no record has, or of another content than their name. */
static void documents(void)
{
	static struct vf_study_result r;
	struct vf_hash h = vf_sha256(vf_bytes_str("nobody's")), id;
	char name[sizeof(VF_STUDY_DOCUMENTS) + 64] = VF_STUDY_DOCUMENTS;
	struct fixture f;
	struct sm_file m;

	fixture_begin(&f);
	id = submit_sealed(&f, "A", "0.txt");
	m = file_of(&f, &id, 1);
	vf_hex_put(name + strlen(VF_STUDY_DOCUMENTS), vf_bytes(h.b, 32));
	m.documents[m.n_documents++] = (struct sm_document){name, "nobody's"};
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "is a document of no record here"));
	/* the record's own document, with octets of another */
	h = vf_sha256(vf_bytes_str("0.txt"));
	vf_hex_put(name + strlen(VF_STUDY_DOCUMENTS), vf_bytes(h.b, 32));
	m.documents[0].text = "0.txt";
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	m.documents[0].text = "another";
	CHECK_RC(judge_made(&f, &m, NULL, &r), VF_OK);
	CHECK(r.verdict == VF_REJECTED || r.verdict == VF_INDETERMINATE);
	CHECK(r.n_faults > 0);
	fixture_end(&f);
}

static void put_head(struct fixture *f, const struct vf_hash *stream, const struct vf_hash *head, unsigned records, const char *more)
{
	char text[500], a[65], b[65];

	vf_hex_put(a, vf_bytes(stream->b, 32));
	vf_hex_put(b, vf_bytes(head->b, 32));
	snprintf(text, sizeof(text), "{\"schema\":\"trialnotary/details/study-head/1\",\"streams\":[{\"head\":\"%s\",\"records\":%u,\"stream\":\"%s\"}%s]}", b,
		records, a, more);
	study_submit(f, "A", TR_STUDY_HEAD, "details.json", text);
	fixture_seal(f);
}

/* Heads older than the streams, of more than is here, and none at all. */
static void heads(void)
{
	static struct vf_study_result r;
	static const struct nt_withhold no_heads[] = {{.kind = "study-head"}};
	struct nt_study_options o = {.choice = {.withhold = no_heads, .n_withhold = 1}};
	struct nt_study_made made;
	struct vf_hash first, second;
	struct vf_bytes file;
	struct fixture f;

	fixture_begin(&f);
	first = submit_sealed(&f, "A", "0.txt");
	second = submit_sealed(&f, "A", "1.txt");
	put_head(&f, &first, &second, 2, "");
	submit_sealed(&f, "A", "2.txt");
	submit_sealed(&f, "A", "3.txt");
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK(r.has_head);
	CHECK_INT(r.streams[0].next, 5);
	free((void *)(uintptr_t)file.p);
	/* withheld: streams without any head */
	file = study_put(&f, "A", &o, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK(!r.has_head);
	CHECK_INT(r.hidden, 1);
	free((void *)(uintptr_t)file.p);
	/* it says more records than there are */
	put_head(&f, &first, &second, 40, "");
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "the study head names a stream, or a head of it, that is not here"));
	free((void *)(uintptr_t)file.p);
	/* nobody can read what it says */
	put_head(&f, &first, &second, 2, ",{\"stream\":1}");
	file = study_put(&f, "A", NULL, &made);
	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK(!r.has_head);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "the details of the study head are not in their form"));
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

/* An older study head is not read in the place of the newest one, be that withheld or without its details. */
static void newest_head(void)
{
	static struct vf_study_result r;
	struct nt_withhold withhold[] = {{.kind = NULL}};
	struct nt_study_options o = {.choice = {.withhold = withhold, .n_withhold = 1}};
	struct nt_study_made made;
	struct vf_hash first, second;
	struct vf_bytes file;
	struct nt_buf given;
	struct fixture f;

	fixture_begin(&f);
	first = submit_sealed(&f, "A", "0.txt");
	second = submit_sealed(&f, "A", "1.txt");
	put_head(&f, &first, &second, 2, "");
	put_head(&f, &first, &second, 40, "");
	withhold[0].id = f.last;
	submit_sealed(&f, "A", "2.txt");
	for (int documents = 0; documents < 2; documents++) {
		struct vf_source source;
		struct vf_detached beside = {"given.asice", &source};

		withhold[0].documents = documents;
		file = study_put(&f, "A", &o, &made);
		CHECK_INT(made.hidden, documents ? 0 : 1);
		CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
		CHECK_INT(r.verdict, VF_VERIFIED);
		CHECK(!r.has_head);
		/* given beside the file it is not read, and the older one is not the newest */
		given = bundle_of(&f, &withhold[0].id);
		source = vf_source_of(nt_buf_bytes(&given));
		CHECK_RC(study_judge(&f, file, &(struct study_beside){.bundles = &beside, .n_bundles = 1}, &r), VF_OK);
		CHECK(!r.has_head);
		nt_buf_done(&given);
		free((void *)(uintptr_t)file.p);
	}
	fixture_end(&f);
}

/* What was withheld is given beside the file; what is no good there is said. */
static void given_later(void)
{
	static struct vf_study_result r;
	struct nt_withhold withhold[] = {{.kind = NULL}, {.kind = "dataset", .documents = true}};
	struct nt_study_options o = {.choice = {.withhold = withhold, .n_withhold = 2}};
	struct vf_detached given[3] = {{"consent.asice", NULL}, {"dataset.asice", NULL}, {"bad.asice", NULL}};
	struct study_beside beside = {.bundles = given};
	struct vf_source sources[3];
	struct nt_buf bundles[2];
	struct nt_study_made made;
	struct vf_bytes file;
	struct vf_hash ids[2];
	struct fixture f;
	uint8_t *changed;

	fixture_begin(&f);
	submit_sealed(&f, "A", "0.txt");
	study_submit(&f, "A", TR_CONSENT, "secret.txt", "secret");
	ids[0] = withhold[0].id = f.last;
	study_submit_many(&f, "A", 0, 1);
	ids[1] = f.last;
	fixture_seal(&f);
	file = study_put(&f, "A", &o, &made);
	CHECK_INT(made.shown, 2);
	CHECK_INT(made.hidden, 1);
	CHECK_INT(made.withheld_documents, 1);
	for (size_t i = 0; i < 2; i++) {
		bundles[i] = bundle_of(&f, &ids[i]);
		sources[i] = vf_source_of(nt_buf_bytes(&bundles[i]));
		given[i].source = &sources[i];
	}
	CHECK_RC(study_judge(&f, file, &beside, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.hidden, 1);
	CHECK_INT(r.withheld, 1);
	CHECK_INT(r.streams[0].hidden, 1);
	beside.n_bundles = 1;
	CHECK_RC(study_judge(&f, file, &beside, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.hidden, 0);
	CHECK_INT(r.given, 1);
	CHECK_INT(r.shown, 3);
	CHECK_INT(r.withheld, 1);
	CHECK_INT(r.streams[0].hidden, 0);
	beside.n_bundles = 2;
	CHECK_RC(study_judge(&f, file, &beside, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.withheld, 0);
	CHECK_INT(r.given, 2);
	CHECK_INT(r.shown, 3);
	CHECK_INT(r.counts[VF_VERIFIED], 3);
	/* one octet of it is another */
	changed = malloc(bundles[0].n);
	memcpy(changed, bundles[0].p, bundles[0].n);
	changed[bundles[0].n / 2] ^= 1;
	sources[2] = vf_source_of(vf_bytes(changed, bundles[0].n));
	given[2].source = &sources[2];
	beside.bundles = given + 2;
	beside.n_bundles = 1;
	CHECK_RC(study_judge(&f, file, &beside, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.given, 0);
	CHECK_INT(r.hidden, 1);
	CHECK_INT(r.n_faults, 1);
	CHECK(strstr(r.faults[0].err.text, "'bad.asice' beside the file"));
	free(changed);
	nt_buf_done(&bundles[0]);
	nt_buf_done(&bundles[1]);
	free((void *)(uintptr_t)file.p);
	fixture_end(&f);
}

int main(void)
{
	char name[246] = "", other[246] = "";

	study_begin();
	gaps();
	places();
	forks();
	strangers();
	two_logs("test.example/1", "other.example/1");
	/* names that differ where they are cut off when they are shown */
	memset(name, 'a', sizeof(name) - 2);
	memset(other, 'a', sizeof(other) - 2);
	name[sizeof(name) - 2] = '1';
	other[sizeof(other) - 2] = '2';
	two_logs(name, other);
	no_record();
	documents();
	heads();
	newest_head();
	given_later();
	return check_done();
}
