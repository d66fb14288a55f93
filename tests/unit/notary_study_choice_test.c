/* What is withheld from a study bundle stands in no octet of it, and can be added later. */
#include "tests/study_judging.h"

static struct fixture f;

/* A record of two documents, hidden ones when it is asked for. */
static struct vf_hash submit(const char *study, enum tr_kind kind, const char *title, bool hidden, const char *first, const char *second)
{
	static unsigned number;
	const char *const texts[] = {first, second};
	struct nt_submit_file files[2];
	struct nt_submit_record record = {.files = files, .n_files = second ? 2 : 1};
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str(study), .kind = kind, .title = vf_bytes_str(title),
		.confidential = hidden || tr_kind_is_personal(kind)};
	char names[2][40], paths[2][160];
	struct vf_err err = {0};

	for (size_t i = 0; i < record.n_files; i++) {
		FILE *out;

		snprintf(names[i], sizeof(names[i]), "name-%u.txt", number++);
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", f.dir, names[i]);
		out = fopen(paths[i], "wb");
		if (!out || fputs(texts[i], out) < 0 || fclose(out) != 0)
			exit(1);
		files[i] = (struct nt_submit_file){.name = vf_bytes_str(names[i]), .path = vf_bytes_str(paths[i]),
			.digests = vf_pair_of(vf_bytes_str(texts[i])), .size = strlen(texts[i])};
	}
	fixture_need(nt_submit_records(f.n, &s, &record, 1, fixture_learn, &f, &err), &err, "submit");
	return f.last;
}

/* All octets of a study bundle: what its entries hold, and what it expands to. */
static struct nt_buf all_octets(struct vf_bytes file)
{
	struct nt_buf all = nt_buf(1u << 28);
	struct vf_source source = vf_source_of(file);
	struct vf_study_unpacked u;
	struct vf_container box;
	struct vf_arena a;
	struct vf_study s;
	struct vf_bytes b;
	struct vf_err err = {0};

	nt_buf_put(&all, file);
	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_container_open(&source, true, &a, &box, &err), &err, "container");
	for (size_t i = 0; i < box.zip.n; i++) {
		fixture_need(vf_container_read(&box, &box.zip.entries[i], &a, &b, &err), &err, "read");
		nt_buf_put(&all, b);
	}
	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_study_open(&source, &a, &s, &err), &err, "open");
	for (size_t i = 0; i < s.n_records; i++) {
		fixture_need(vf_study_unpack(&s, i, &u, &err), &err, "unpack");
		if (!s.records[i].is_shown)
			continue;
		fixture_need(vf_study_expand(&s, i, &u, &b, &err), &err, "expand");
		nt_buf_put(&all, b);
	}
	return all;
}

static bool holds(const struct nt_buf *all, const char *text)
{
	return memmem(all->p, all->n, text, strlen(text)) != NULL;
}

/* The digest of a text, raw, in hex of both cases or in base64. */
static bool holds_digest(const struct nt_buf *all, const char *text)
{
	struct vf_pair d = vf_pair_of(vf_bytes_str(text));
	struct vf_bytes both[] = {vf_bytes(d.sha256.b, sizeof(d.sha256.b)), vf_bytes(d.sha512.b, sizeof(d.sha512.b))};
	char shown[200];
	bool found = false;

	for (size_t i = 0; i < 2; i++) {
		found |= memmem(all->p, all->n, both[i].p, both[i].n) != NULL;
		vf_hex_put(shown, both[i]);
		found |= holds(all, shown);
		vf_base64_put(shown, both[i]);
		found |= holds(all, shown);
	}
	return found;
}

static struct nt_buf put(const struct nt_study_choice *choice, struct nt_study_made *made)
{
	struct nt_study_options o = {.choice = *choice};
	static struct vf_study_result r;
	struct vf_bytes file = study_put(&f, "A", &o, made);
	struct nt_buf all;

	CHECK_RC(study_judge(&f, file, NULL, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.shown, made->shown);
	CHECK_INT(r.hidden, made->hidden);
	CHECK_INT(r.withheld, made->withheld_documents);
	all = all_octets(file);
	free((void *)(uintptr_t)file.p);
	return all;
}

static void by_kind_and_record(const struct vf_hash *results, const struct vf_hash *secret)
{
	struct nt_withhold w[2] = {{.kind = "consent"}};
	struct nt_study_choice c = {.withhold = w, .n_withhold = 1};
	struct nt_study_made made;
	struct nt_buf all = put(&c, &made);

	CHECK_INT(made.shown, 4);
	CHECK_INT(made.hidden, 1);
	CHECK(!holds(&all, "SUBJECT-SECRET") && !holds(&all, "consent") && !holds_digest(&all, "SUBJECT-SECRET"));
	CHECK(holds(&all, "RESULTS-42") && holds(&all, "The results"));
	nt_buf_done(&all);

	/* one record: its statement, with the title, is away as well */
	w[0] = (struct nt_withhold){.id = *results};
	w[1] = (struct nt_withhold){.id = *secret};
	c.n_withhold = 2;
	all = put(&c, &made);
	CHECK_INT(made.shown, 3);
	CHECK(!holds(&all, "RESULTS-42") && !holds(&all, "The results") && !holds(&all, "HIDDEN-7") && !holds_digest(&all, "HIDDEN-7"));
	CHECK(!holds(&all, "Hidden rows"));
	CHECK(holds(&all, "SUBJECT-SECRET") && holds(&all, "PROTOCOL-1"));
	/* a limit that the manual says: a document that was not submitted as hidden can be guessed, as its digest is a member's */
	CHECK(holds_digest(&all, "RESULTS-42"));
	nt_buf_done(&all);
}

/* The record is shown, and says that it has documents; what they say is away. */
static void embargo(const struct vf_hash *results)
{
	struct nt_withhold w[2] = {{.kind = "results", .documents = true}, {.kind = "dataset", .documents = true}};
	struct nt_study_choice c = {.withhold = w, .n_withhold = 2};
	struct nt_study_options o = {.choice = c};
	struct nt_study_made made;
	struct nt_buf all = put(&c, &made), bundle = nt_buf(1u << 24);
	struct vf_detached given;
	struct vf_source source;
	static struct vf_study_result r;
	struct vf_bytes file;

	CHECK_INT(made.shown, 5);
	CHECK_INT(made.hidden, 0);
	/* two of the results; two hidden ones of the data set; the note that stands in results and protocol */
	CHECK_INT(made.withheld_documents, 5);
	CHECK(holds(&all, "The results") && holds(&all, "Hidden rows"));
	CHECK(!holds(&all, "RESULTS-42") && !holds(&all, "HIDDEN-7") && !holds(&all, "HIDDEN-8") && !holds(&all, "SHARED-NOTE"));
	CHECK(!holds_digest(&all, "HIDDEN-7") && !holds_digest(&all, "HIDDEN-8"));
	CHECK(holds(&all, "PROTOCOL-1"));
	nt_buf_done(&all);

	/* later: its own bundle beside the file, or another study bundle */
	file = study_put(&f, "A", &o, &made);
	fixture_export(&f, results, NULL, &bundle);
	source = vf_source_of(nt_buf_bytes(&bundle));
	given = (struct vf_detached){"results.asice", &source};
	CHECK_RC(study_judge(&f, file, &(struct study_beside){.bundles = &given, .n_bundles = 1}, &r), VF_OK);
	CHECK_INT(r.verdict, VF_VERIFIED);
	CHECK_INT(r.given, 1);
	CHECK_INT(r.shown, 5);
	CHECK_INT(r.withheld, 3);
	free((void *)(uintptr_t)file.p);
	nt_buf_done(&bundle);
	all = put(&(struct nt_study_choice){0}, &made);
	CHECK_INT(made.withheld_documents, 0);
	CHECK(holds(&all, "RESULTS-42") && holds(&all, "HIDDEN-8") && holds(&all, "SHARED-NOTE"));
	nt_buf_done(&all);
}

/* The bundle of an embargoed record is what export gives for it. */
static void same_as_export(const struct vf_hash *one)
{
	struct nt_withhold w[] = {{.id = *one, .documents = true}};
	struct nt_study_options o = {.choice = {.withhold = w, .n_withhold = 1}};
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_export_options export = {.detached = true};
	const char *names[2];
	char text[2][60];
	struct nt_buf want = nt_buf(1u << 24);
	struct nt_study_made made;
	struct vf_study_unpacked u;
	struct vf_bytes file = study_put(&f, "A", &o, &made), b;
	struct vf_source source = vf_source_of(file);
	struct vf_err err = {0};
	struct vf_arena a;
	struct vf_study s;
	size_t found = 0;

	fixture_need(nt_notary_get(f.n, one, &r, &err), &err, "record");
	for (size_t i = 0; i < 2; i++) {
		snprintf(text[i], sizeof(text[i]), "%.*s", VF_STR(r->documents[i].name));
		names[i] = text[i];
	}
	export.withhold = names;
	export.n_withhold = 2;
	fixture_export(&f, one, &export, &want);
	vf_arena_init(&a, study_room, VF_STUDY_MEMORY);
	fixture_need(vf_study_open(&source, &a, &s, &err), &err, "open");
	for (size_t i = 0; i < s.n_records; i++) {
		if (!vf_hash_eq(&s.records[i].id, one))
			continue;
		fixture_need(vf_study_unpack(&s, i, &u, &err), &err, "unpack");
		fixture_need(vf_study_expand(&s, i, &u, &b, &err), &err, "expand");
		CHECK_BYTES(b, nt_buf_bytes(&want));
		found++;
	}
	CHECK_INT(found, 1);
	free((void *)(uintptr_t)file.p);
	nt_buf_done(&want);
}

static void anonymous(void)
{
	struct nt_study_choice c = {.anonymous = true};
	struct nt_study_made made;
	struct nt_buf all;

	submit("A", TR_DELEGATION, "Dr DELEGATED", false, "DELEGATED-TO", NULL);
	submit("A", TR_WITHDRAWAL, "", false, "WITHDRAWN-BY", NULL);
	study_submit(&f, "A", TR_ETHICS_APPROVAL, "details.json", "{\"board\":\"BOARD-OF-SITE-3\"}");
	fixture_seal(&f);
	all = put(&c, &made);
	CHECK_INT(made.shown, 5);
	CHECK_INT(made.hidden, 3);
	CHECK(!holds(&all, "SUBJECT-SECRET") && !holds_digest(&all, "SUBJECT-SECRET") && !holds(&all, "WITHDRAWN-BY"));
	CHECK(!holds(&all, "DELEGATED"));
	CHECK(!holds(&all, "BOARD-OF-SITE-3"));
	/* hidden documents of records that are shown: with their commitments */
	CHECK(!holds(&all, "HIDDEN-7") && !holds_digest(&all, "HIDDEN-8") && holds(&all, "Hidden rows"));
	CHECK(holds(&all, "PROTOCOL-1") && holds(&all, "RESULTS-42"));
	nt_buf_done(&all);
}

/* A mistyped word must not show what was to be withheld. */
static void refusals(const struct vf_hash *of_b)
{
	struct nt_withhold w[1] = {{.kind = "result"}};
	struct nt_study_options o = {.choice = {.withhold = w, .n_withhold = 1}};
	struct nt_study_made made;
	struct vf_err err = {0};
	char path[160];

	snprintf(path, sizeof(path), "%s/refused.tnstudy", f.dir);
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &o, path, &made, &err), VF_UNKNOWN_RECORD);
	CHECK(strstr(err.text, "'result'"));
	w[0].documents = true;
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &o, path, &made, &err), VF_UNKNOWN_RECORD);
	w[0] = (struct nt_withhold){.id = *of_b};
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &o, path, &made, &err), VF_UNKNOWN_RECORD);
	CHECK(strstr(err.text, "is not of this study"));
	/* a kind of the list that the study does not have */
	w[0] = (struct nt_withhold){.kind = "unblinding"};
	CHECK_RC(nt_study_put(f.n, vf_bytes_str("A"), &o, path, &made, &err), VF_OK);
}

int main(void)
{
	struct vf_hash results, secret, of_b;

	study_begin();
	fixture_begin(&f);
	submit("A", TR_PROTOCOL, "The protocol", false, "PROTOCOL-1", "SHARED-NOTE");
	of_b = submit("B", TR_PROTOCOL, "Another", false, "OTHER-STUDY", NULL);
	submit("A", TR_CONSENT, "", false, "SUBJECT-SECRET", NULL);
	fixture_seal(&f);
	results = submit("A", TR_RESULTS, "The results", false, "RESULTS-42", "SHARED-NOTE");
	secret = submit("A", TR_DATASET, "Hidden rows", true, "HIDDEN-7", "HIDDEN-8");
	submit("A", TR_PROTOCOL, "Later", false, "PROTOCOL-2", NULL);
	fixture_seal(&f);
	by_kind_and_record(&results, &secret);
	embargo(&results);
	same_as_export(&results);
	same_as_export(&secret);
	refusals(&of_b);
	anonymous();
	fixture_end(&f);
	return check_done();
}
