/* What a study shows as a whole: forks, gaps, heads, and what is given beside the file. */
#include "tests/study_maker.h"

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
		ids[i] = sm_submit(&f, "A", name);
	}
	m = sm_file_of(&f, ids, 5);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.streams[0].missing, 0);
	/* one in the middle is left out */
	m = sm_file_of(&f, ids, 5);
	m.pieces[2] = m.pieces[3];
	m.pieces[3] = m.pieces[4];
	m.n = 4;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.streams[0].missing, 1);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "of its stream 1 records before the last one are not here"));
	/* its own bundle fills the gap */
	given = sm_bundle_of(&f, &ids[2]);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 1);
	CHECK_INT(r.shown, 5);
	CHECK_INT(r.records, 5);
	CHECK_INT(r.counts[VF_VERIFIED], 5);
	CHECK_INT(r.streams[0].missing, 0);
	CHECK_INT(r.withheld, 4);
	CHECK_INT(study_told, 5);
	nt_buf_reset(&given);
	fixture_export(&f, &ids[2], &(struct nt_export_options){.detached = true}, &given);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.withheld, 5);
	nt_buf_done(&given);
	/* one that is hidden is there, and its place is shown by nothing: the hashes around it are wrong */
	m = sm_file_of(&f, ids, 5);
	m.pieces[2].hidden = true;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.hidden, 1);
	CHECK_INT(r.streams[0].missing, 0);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "its place in the log is not shown"));
	/* the first ones are left out: nobody knows the key of the stream, so the slots stand there */
	m = sm_file_of(&f, ids + 2, 3);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.streams[0].missing, 2);
	/* the end may be missing: that is said as not checked */
	m = sm_file_of(&f, ids, 3);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	/* a bundle of a record that is there adds its document, and nothing when it has no more than the file */
	CHECK_INT(r.withheld, 3);
	given = sm_bundle_of(&f, &ids[1]);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 1);
	CHECK_INT(r.shown, 3);
	CHECK_INT(r.withheld, 2);
	nt_buf_reset(&given);
	fixture_export(&f, &ids[1], &(struct nt_export_options){.detached = true}, &given);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 0);
	CHECK_INT(r.withheld, 3);
	nt_buf_done(&given);
	fixture_end(&f);
}

/* What stays open is told once with how many records it concerns, and by when all of them existed. */
static void open_points(void)
{
	static const char *const codes[] = {"REVOCATION_LATER", "WITHHELD", "OPERATOR_ONLY", "UNSIGNED"};
	static struct vf_study_result r;
	struct vf_hash ids[2];
	struct fixture f;
	struct sm_file m;
	int64_t first;

	fixture_begin(&f);
	ids[0] = sm_submit(&f, "A", "0.txt");
	f.now += 86400000;
	ids[1] = sm_submit(&f, "A", "1.txt");
	m = sm_file_of(&f, ids, 1);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	first = r.existed_by;
	CHECK(first > f.now - 90000000 && first < f.now - 80000000);
	CHECK_INT(r.size, 1);
	m = sm_file_of(&f, ids, 2);
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK(r.existed_by > first + 80000000 && r.existed_by < f.now);
	CHECK_INT(r.size, 2);
	CHECK_INT(r.n_open, 4); /* nothing of streams and slots, which are judged here */
	for (size_t i = 0; i < 4 && i < r.n_open; i++) {
		CHECK_STR(r.open[i].code, codes[i]);
		CHECK_INT(r.open[i].records, 2);
		CHECK(r.open[i].text[0] != '\0');
	}
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
		ids[i] = sm_submit(&f, "A", name);
	}
	m = sm_file_of(&f, ids, 4);
	m.pieces[3].placeless = true;
	m.pieces[3].program_of = &ids[3];
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STUDY_SHAPE, "the bundle has another place in its stream"));
	m.pieces[2] = m.pieces[3];
	m.n = 3;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	/* neither shows it: what is before it may be missing */
	m.pieces[2].place_withheld = true;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "its place in its stream is not shown"));
	CHECK_INT(r.n_streams, 1);
	CHECK_INT(r.streams[0].records, 2);
	/* its bundle beside the file, with the place: the file says that it has none */
	given = sm_bundle_of(&f, &ids[3]);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
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
	ids[0] = sm_submit(&f, "A", "0.txt");
	copy_notary(&f, &copy);
	copy.now += 5000;
	ids[1] = sm_submit(&f, "A", "1.txt");
	sm_submit(&copy, "B", "b.txt");
	other = sm_submit(&copy, "A", "other.txt");
	follows = sm_submit(&copy, "A", "follows.txt");
	later = sm_submit(&f, "A", "2.txt");
	f.now = copy.now > f.now ? copy.now : f.now;
	/* two records with the place 1 */
	m = sm_file_of(&f, ids, 2);
	m.pieces[m.n++] = (struct sm_piece){.f = &copy, .id = other};
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	/* who judges it after the other one sees that by itself, too */
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK_INT(r.counts[VF_REJECTED], 1);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "another record has this place in the stream: 1"));
	/* place 2 follows another place 1 */
	m = sm_file_of(&f, ids, 2);
	m.pieces[m.n++] = (struct sm_piece){.f = &copy, .id = follows};
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "the record follows another predecessor"));
	/* the same when nobody can judge it by itself: it is hidden */
	m.pieces[m.n - 1].hidden = true;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "the record follows another predecessor"));
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "its place in the log is not shown"));
	m.pieces[m.n - 1].id = other;
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK_INT(r.counts[VF_VERIFIED], 2);
	CHECK(study_has_fault(&r, VF_STREAM_FORK, "another record has this place in the stream: 1"));
	/* a fork that shows beside the file alone */
	m = sm_file_of(&f, ids, 2);
	m.pieces[m.n++] = (struct sm_piece){.f = &f, .id = later};
	CHECK_RC(sm_judge(&f, &m, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	given = sm_bundle_of(&copy, &other);
	CHECK_RC(sm_judge_with(&f, &m, &given, &r), VF_OK);
	CHECK_INT(r.verdict, VF_REJECTED);
	CHECK(study_has_fault(&r, VF_EQUIVOCATION, "'given.asice' beside the file: the log of this size has another root"));
	nt_buf_done(&given);
	copy_end(&copy);
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

/* A head names any place of a stream, and of any of several. */
static void places_of_heads(void)
{
	static struct vf_study_result r;
	struct nt_study_made made;
	struct vf_hash ids[7];
	struct vf_bytes file;
	struct fixture f;
	char name[16];

	fixture_begin(&f);
	for (size_t i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "%zu.txt", i);
		study_submit(&f, "A", TR_CONSENT, name, name);
		ids[i] = f.last;
	}
	for (unsigned n = 1; n <= 7; n++) {
		put_head(&f, &ids[0], &ids[n - 1], n, "");
		file = study_put(&f, "A", NULL, &made);
		CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
		CHECK_INT(r.verdict, VF_VERIFIED);
		CHECK(r.has_head && vf_hash_eq(&r.head, &f.last));
		free((void *)(uintptr_t)file.p);
	}
	fixture_end(&f);
}

/* All that is in the file is hidden: the bundles beside it say of which study it is. */
static void all_given(void)
{
	static struct vf_study_result r;
	struct vf_detached given[2] = {{"0.asice", NULL}, {"1.asice", NULL}};
	struct vf_source sources[2];
	struct nt_buf bundles[2], file;
	struct vf_hash ids[2];
	struct fixture f;
	struct sm_file m;

	fixture_begin(&f);
	for (size_t i = 0; i < 2; i++) {
		ids[i] = sm_submit(&f, "A", i ? "1.txt" : "0.txt");
		bundles[i] = sm_bundle_of(&f, &ids[i]);
		sources[i] = vf_source_of(nt_buf_bytes(&bundles[i]));
		given[i].source = &sources[i];
	}
	m = sm_file_of(&f, ids, 2);
	m.pieces[0].hidden = m.pieces[1].hidden = true;
	file = sm_make(&m);
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.hidden, 2);
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), &(struct study_beside){.bundles = given, .n_bundles = 1}, &r), VF_OK);
	CHECK_INT(r.verdict, VF_INDETERMINATE);
	CHECK_INT(r.hidden, 1);
	CHECK_INT(r.n_faults, 1);
	CHECK(study_has_fault(&r, VF_MISSING_OBJECT, "its place in the log is not shown"));
	CHECK_RC(study_judge(&f, nt_buf_bytes(&file), &(struct study_beside){.bundles = given, .n_bundles = 2}, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.hidden, 0);
	CHECK_STR(r.study, "A");
	for (size_t i = 0; i < 2; i++)
		nt_buf_done(&bundles[i]);
	nt_buf_done(&file);
	fixture_end(&f);
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
	first = sm_submit(&f, "A", "0.txt");
	second = sm_submit(&f, "A", "1.txt");
	put_head(&f, &first, &second, 2, "");
	sm_submit(&f, "A", "2.txt");
	sm_submit(&f, "A", "3.txt");
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
	first = sm_submit(&f, "A", "0.txt");
	second = sm_submit(&f, "A", "1.txt");
	put_head(&f, &first, &second, 2, "");
	put_head(&f, &first, &second, 40, "");
	withhold[0].id = f.last;
	sm_submit(&f, "A", "2.txt");
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
		given = sm_bundle_of(&f, &withhold[0].id);
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
	sm_submit(&f, "A", "0.txt");
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
		bundles[i] = sm_bundle_of(&f, &ids[i]);
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
	study_begin();
	gaps();
	open_points();
	places();
	forks();
	heads();
	places_of_heads();
	all_given();
	newest_head();
	given_later();
	return check_done();
}
