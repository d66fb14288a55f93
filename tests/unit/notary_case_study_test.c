/* A study as a study bundle shows it: the same as in the notary's folder, and less where something is hidden, never other. */
#include "notary/case.h"

#include <errno.h>

#include "tests/study_maker.h"
#include "tests/submission_maker.h"

static char trust[128], bundle[128];

/* As study_submit(), signed when g is not NULL, and with one link when to is not NULL. */
static struct vf_hash submit(struct fixture *f, enum tr_kind kind, const char *name, struct signer *g, enum tr_link_type type,
	const struct vf_hash *to)
{
	char path[200];
	struct tr_link link = {.type = type};
	struct nt_submit_file file = draft_file(name, name);
	struct nt_submit_record record = {.files = &file, .n_files = 1};
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str("A"), .kind = kind,
		.confidential = tr_kind_is_personal(kind), .links = &link, .n_links = to ? 1 : 0};
	struct vf_err err = {0};
	FILE *out;

	if (to)
		link.record = *to;
	if (g) {
		s.signer = &g->sha256;
		s.sign = signer_sign;
		s.sign_ctx = g;
	}
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	out = fopen(path, "wb");
	if (!out || fputs(name, out) < 0 || fclose(out) != 0)
		exit(1);
	file.path = vf_bytes_str(path);
	fixture_need(nt_submit_records(f->n, &s, &record, 1, fixture_learn, f, &err), &err, "submit");
	return f->last;
}

/* The trust directory, and with g the root of submitters. */
static void put_trust(struct fixture *f, const struct signer *g)
{
	struct vf_err err = {0};
	char path[200];
	struct vf_bytes pem;
	FILE *out;

	snprintf(trust, sizeof(trust), "%s/trust", f->dir);
	snprintf(bundle, sizeof(bundle), "%s/a.tnstudy", f->dir);
	fixture_need(nt_trust_export(f->n, trust, &err), &err, "trust");
	if (!g)
		return;
	pem = make_pem(g->root);
	snprintf(path, sizeof(path), "%s/submitters", trust);
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		exit(1);
	snprintf(path, sizeof(path), "%s/submitters/all.pem", trust);
	out = fopen(path, "wb");
	if (!out || fwrite(pem.p, 1, pem.n, out) != pem.n || fclose(out) != 0)
		exit(1);
}

static void put_file(struct vf_bytes b)
{
	FILE *out = fopen(bundle, "wb");

	if (!out || fwrite(b.p, 1, b.n, out) != b.n || fclose(out) != 0)
		exit(1);
}

static void pack(struct fixture *f, const struct nt_study_options *o)
{
	struct nt_study_made made;
	struct vf_bytes b = study_put(f, "A", o, &made);

	put_file(b);
	free((void *)(uintptr_t)b.p);
}

static enum vf_rc open_case(struct fixture *f, const char *from, struct nt_case **ret, struct vf_err *reterr)
{
	struct nt_case_study how = {.trust = trust, .now = f->now + 1000, .from = &from, .n_from = from ? 1 : 0};

	*ret = NULL;
	return nt_case_of_study(bundle, &how, f->now, ret, reterr);
}

static struct nt_case *need_case(struct fixture *f, const char *from)
{
	struct nt_case *c = NULL;
	struct vf_err err = {0};

	fixture_need(open_case(f, from, &c, &err), &err, "case");
	return c;
}

static struct nt_case *folder_case(struct fixture *f)
{
	struct nt_case *c = NULL;
	struct vf_err err = {0};

	fixture_need(nt_case_of_notary(f->n, vf_bytes_str("A"), f->now, NULL, 0, &c, &err), &err, "case");
	return c;
}

/* All that rules see of a record, but its index. */
static void check_same(const struct tr_case_record *a, const struct tr_case_record *b)
{
	CHECK(vf_hash_eq(&a->id, &b->id) && vf_hash_eq(&a->stream, &b->stream));
	CHECK_INT(a->kind, b->kind);
	CHECK_INT(a->anchored, b->anchored);
	CHECK_INT(a->seq, b->seq);
	CHECK(a->in_stream == b->in_stream && a->is_erased == b->is_erased && a->is_withheld == b->is_withheld);
	CHECK_BYTES(a->version, b->version);
	CHECK_BYTES(a->details_json, b->details_json);
	CHECK_BYTES(a->signer, b->signer);
	CHECK_BYTES(a->meaning, b->meaning);
	CHECK_INT(a->n_links, b->n_links);
	for (size_t i = 0; i < a->n_links && i < b->n_links; i++)
		CHECK(a->links[i].type == b->links[i].type && vf_hash_eq(&a->links[i].record, &b->links[i].record));
	CHECK_INT(a->n_files, b->n_files);
	for (size_t i = 0; i < a->n_files && i < b->n_files; i++) {
		CHECK_BYTES(a->files[i].name, b->files[i].name);
		CHECK(vf_hash_eq(&a->files[i].sha256, &b->files[i].sha256) && a->files[i].at_hand == b->files[i].at_hand);
		CHECK_INT(a->files[i].size, b->files[i].size);
		CHECK_INT(a->files[i].facts.n, b->files[i].facts.n);
	}
}

static void check_absent(const struct nt_case *c, size_t withheld, uint64_t missing, size_t unverified)
{
	struct nt_case_absent a = nt_case_absent(c);

	CHECK_INT(a.withheld, withheld);
	CHECK_INT(a.missing, missing);
	CHECK_INT(a.unverified, unverified);
	CHECK(nt_case_get(c)->is_whole == (withheld == 0 && missing == 0));
}

/* A record with details. */
static void put_head(struct fixture *f, const struct vf_hash *of)
{
	char text[400], hex[65];

	vf_hex_put(hex, vf_bytes(of->b, 32));
	snprintf(text, sizeof(text), "{\"schema\":\"trialnotary/details/study-head/1\",\"streams\":[{\"head\":\"%s\",\"records\":2,\"stream\":\"%s\"}]}", hex, hex);
	study_submit(f, "A", TR_STUDY_HEAD, "details.json", text);
}

/* Six records of four seals, others between them; whole, and with the consents withheld, of which one is the first record. */
static void same(void)
{
	static const struct nt_withhold consent[] = {{.kind = "consent"}};
	struct nt_withhold one[] = {{.kind = NULL}};
	struct nt_study_options o = {.choice = {.withhold = consent, .n_withhold = 1}};
	struct nt_case *shown, *known;
	struct vf_hash first;
	struct fixture f;
	struct signer g;

	fixture_begin(&f);
	signer_begin(&g, NULL, NULL);
	put_trust(&f, &g);
	submit(&f, TR_CONSENT, "early.txt", NULL, TR_USES, NULL);
	first = submit(&f, TR_DATASET, "one.csv", NULL, TR_USES, NULL);
	fixture_seal(&f);
	study_submit_many(&f, "B", 0, 2);
	submit(&f, TR_CONSENT, "consent.txt", NULL, TR_USES, NULL);
	put_head(&f, &first);
	fixture_seal(&f);
	f.now += 3600000;
	submit(&f, TR_DATASET, "two.csv", &g, TR_SUPERSEDES, &first);
	study_submit_many(&f, "B", 2, 1);
	fixture_seal(&f);
	submit(&f, TR_PROTOCOL, "protocol.txt", &g, TR_USES, NULL);
	fixture_seal(&f);
	known = folder_case(&f);
	pack(&f, NULL);
	shown = need_case(&f, NULL);
	check_absent(shown, 0, 0, 0);
	CHECK_INT(nt_case_get(shown)->n_records, 6);
	CHECK_INT(nt_case_get(known)->n_records, 6);
	CHECK_BYTES(nt_case_get(shown)->study, vf_bytes_str("A"));
	for (size_t i = 0; i < 6; i++) {
		const struct tr_case_record *a = &nt_case_get(shown)->records[i], *b = &nt_case_get(known)->records[i];
		size_t n = i == 3 ? 0 : 1;

		check_same(a, b);
		CHECK_INT(a->index, b->index);
		CHECK(i == 0 || a->anchored >= a[-1].anchored);
		CHECK_INT(a->n_files, n);
		CHECK(n == 0 || a->files[0].at_hand);
		CHECK((a->details != NULL) == (i == 3) && (a->details_json.n > 0) == (i == 3));
		CHECK_BYTES(a->signer, vf_bytes_str(i >= 4 ? "A Submitter" : ""));
	}
	CHECK(nt_case_get(shown)->records[4].anchored >= nt_case_get(shown)->records[3].anchored + 3600000);
	nt_case_free(shown);
	pack(&f, &o);
	shown = need_case(&f, NULL);
	check_absent(shown, 2, 0, 0);
	CHECK_INT(nt_case_get(shown)->n_records, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct tr_case_record *a = &nt_case_get(shown)->records[i], *b = &nt_case_get(known)->records[i];
		bool is_withheld = i == 0 || i == 2;

		CHECK_INT(a->index, b->index);
		CHECK(vf_hash_eq(&a->id, &b->id) && a->seq == b->seq && a->is_withheld == is_withheld && !a->is_erased);
		if (!is_withheld) {
			check_same(a, b);
			continue;
		}
		CHECK_INT(a->kind, TR_KIND_NONE);
		CHECK_INT(a->anchored, VF_TIME_NONE);
		CHECK_INT(a->n_files, 0);
	}
	nt_case_free(shown);
	/* a link of another type to what is withheld does not say that it was erased */
	one[0].id = first;
	o.choice.withhold = one;
	pack(&f, &o);
	shown = need_case(&f, NULL);
	check_absent(shown, 1, 0, 0);
	CHECK(vf_hash_eq(&nt_case_get(shown)->records[1].id, &first));
	CHECK(nt_case_get(shown)->records[1].is_withheld && !nt_case_get(shown)->records[1].is_erased);
	nt_case_free(shown);
	nt_case_free(known);
	signer_end(&g);
	fixture_end(&f);
}

#define ERASED 6

/*
 * What was erased: when a shown record says so it is that, else it may be withheld, or is a gap. Every second record: of
 * consents a place stays in the file, of datasets the next record knows the ID alone.
 */
static void erased(void)
{
	static const struct nt_withhold none[] = {{.kind = "erasure"}};
	struct nt_study_options o = {.choice = {.withhold = none, .n_withhold = 1}};
	struct vf_hash gone[ERASED];
	const struct tr_case *c;
	struct nt_case *shown;
	struct vf_err err = {0};
	struct fixture f;
	char name[16];

	fixture_begin(&f);
	put_trust(&f, NULL);
	for (size_t i = 0; i < 2 * ERASED; i++) {
		snprintf(name, sizeof(name), "%zu.txt", i);
		submit(&f, i % 4 == 1 ? TR_CONSENT : TR_DATASET, name, NULL, TR_USES, NULL);
		if (i % 2)
			gone[i / 2] = f.last;
	}
	for (size_t i = 0; i < ERASED; i++) {
		snprintf(name, sizeof(name), "why-%zu.txt", i);
		submit(&f, TR_ERASURE, name, NULL, TR_ERASES, &gone[i]);
	}
	fixture_seal(&f);
	for (size_t i = 0; i < ERASED; i++)
		fixture_need(nt_notary_erase(f.n, &gone[i], &err), &err, "erase");
	pack(&f, NULL);
	shown = need_case(&f, NULL);
	c = nt_case_get(shown);
	check_absent(shown, 0, 0, 0);
	CHECK_INT(c->n_records, 3 * ERASED);
	for (size_t i = 0; i < c->n_records; i++) {
		CHECK_INT(c->records[i].seq, i);
		CHECK(c->records[i].is_erased == (i < 2 * ERASED && i % 2) && !c->records[i].is_withheld);
		CHECK(vf_hash_eq(&c->records[i].stream, &c->records[0].id) || i == 0);
		if (c->records[i].is_erased)
			CHECK(vf_hash_eq(&c->records[i].id, &gone[i / 2]));
	}
	nt_case_free(shown);
	/* without those who say so: nothing of them counts as erased, and their own places are known */
	pack(&f, &o);
	shown = need_case(&f, NULL);
	c = nt_case_get(shown);
	for (size_t i = 0; i < c->n_records; i++)
		CHECK(!c->records[i].is_erased);
	CHECK_INT(nt_case_absent(shown).withheld + nt_case_absent(shown).missing, 2 * ERASED);
	CHECK(!c->is_whole);
	nt_case_free(shown);
	fixture_end(&f);
}

/* A record that is left out is counted, whatever comes after it; records of others make no case. */
static void gaps(void)
{
	struct vf_hash ids[4], strange;
	struct nt_case *c = NULL;
	struct vf_err err = {0};
	struct sm_file m;
	struct fixture f;
	struct nt_buf b;
	char name[16];

	fixture_begin(&f);
	put_trust(&f, NULL);
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%zu.txt", i);
		ids[i] = sm_submit(&f, "A", name);
	}
	strange = sm_submit(&f, "B", "b.txt");
	m = sm_file_of(&f, ids, 4);
	m.pieces[1] = m.pieces[2];
	m.pieces[2] = m.pieces[3];
	m.n = 3;
	b = sm_make(&m);
	put_file(nt_buf_bytes(&b));
	nt_buf_done(&b);
	c = need_case(&f, NULL);
	check_absent(c, 0, 1, 0);
	CHECK_INT(nt_case_get(c)->n_records, 3);
	nt_case_free(c);
	m = sm_file_of(&f, ids, 3);
	m.pieces[m.n++] = (struct sm_piece){.f = &f, .id = strange};
	b = sm_make(&m);
	put_file(nt_buf_bytes(&b));
	nt_buf_done(&b);
	CHECK_RC(open_case(&f, NULL, &c, &err), VF_STUDY_SHAPE);
	CHECK(c == NULL && strstr(err.text, "the study bundle is REJECTED: the bundle is of another study"));
	/* nothing is shown, so nobody knows of which study it is */
	m = sm_file_of(&f, ids, 2);
	m.pieces[0].hidden = m.pieces[1].hidden = true;
	b = sm_make(&m);
	put_file(nt_buf_bytes(&b));
	nt_buf_done(&b);
	CHECK_RC(open_case(&f, NULL, &c, &err), VF_UNKNOWN_RECORD);
	CHECK(c == NULL);
	put_file(vf_bytes_str("no study bundle"));
	CHECK_RC(open_case(&f, NULL, &c, &err), VF_STUDY_SHAPE);
	put_file(vf_bytes_str(""));
	CHECK_RC(open_case(&f, NULL, &c, &err), VF_NO_INPUT);
	fixture_end(&f);
}

/* Documents that are elsewhere: the record is not VERIFIED without them, and its files say nothing; found beside, all is as it was. */
static void beside(void)
{
	struct nt_study_options o = {.no_documents = true};
	struct nt_case *c;
	struct fixture f;
	char path[400];

	fixture_begin(&f);
	put_trust(&f, NULL);
	submit(&f, TR_DATASET, "one.csv", NULL, TR_USES, NULL);
	submit(&f, TR_DATASET, "two.csv", NULL, TR_USES, NULL);
	fixture_seal(&f);
	pack(&f, &o);
	c = need_case(&f, NULL);
	check_absent(c, 0, 0, 2);
	for (size_t i = 0; i < 2; i++)
		CHECK(nt_case_get(c)->records[i].n_files == 1 && !nt_case_get(c)->records[i].files[0].at_hand);
	nt_case_free(c);
	c = need_case(&f, f.dir);
	check_absent(c, 0, 0, 0);
	for (size_t i = 0; i < 2; i++)
		CHECK(nt_case_get(c)->records[i].n_files == 1 && nt_case_get(c)->records[i].files[0].at_hand);
	nt_case_free(c);
	/* another content under the name is none */
	snprintf(path, sizeof(path), "cp %s/one.csv %s/two.csv", f.dir, f.dir);
	if (system(path) != 0)
		exit(1);
	c = need_case(&f, f.dir);
	check_absent(c, 0, 0, 1);
	CHECK(nt_case_get(c)->records[0].files[0].at_hand && !nt_case_get(c)->records[1].files[0].at_hand);
	nt_case_free(c);
	fixture_end(&f);
}

/* A document of the file with octets of another one makes no case; nor does a trust directory that is not there. */
static void changed_document(void)
{
	struct vf_hash h = vf_sha256(vf_bytes_str("one.csv")), id;
	char name[sizeof(VF_STUDY_DOCUMENTS) + 64] = VF_STUDY_DOCUMENTS;
	struct nt_case *c = NULL;
	struct vf_err err = {0};
	struct fixture f;
	struct sm_file m;
	struct nt_buf b;

	fixture_begin(&f);
	put_trust(&f, NULL);
	id = submit(&f, TR_DATASET, "one.csv", NULL, TR_USES, NULL);
	fixture_seal(&f);
	m = sm_file_of(&f, &id, 1);
	vf_hex_put(name + strlen(VF_STUDY_DOCUMENTS), vf_bytes(h.b, 32));
	m.n_documents = 1;
	for (int changed = 0; changed < 2; changed++) {
		m.documents[0] = (struct sm_document){name, changed ? "two.csv" : "one.csv"};
		b = sm_make(&m);
		put_file(nt_buf_bytes(&b));
		nt_buf_done(&b);
		CHECK_RC(open_case(&f, NULL, &c, &err), changed ? VF_DETACHED_UNMATCHED : VF_OK);
		if (!changed && c)
			check_absent(c, 0, 0, 0);
		CHECK(changed ? c == NULL : c && nt_case_get(c)->records[0].files[0].at_hand);
		nt_case_free(c);
	}
	strcat(trust, "-not-there");
	CHECK_RC(open_case(&f, NULL, &c, &err), VF_NO_INPUT);
	CHECK(c == NULL);
	fixture_end(&f);
}

int main(void)
{
	study_begin();
	same();
	erased();
	gaps();
	beside();
	changed_document();
	return check_done();
}
