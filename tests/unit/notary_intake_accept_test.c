/* From the document to the bundle: places, what is there already, the same record by both ways, and that what is taken verifies. */
#include <fcntl.h>
#include <sys/mman.h>

#include "notary/document.h"
#include "notary/intake_inside.h"
#include "tests/folder.h"
#include "tests/submission_maker.h"
#include "verify/container.h"

static struct signer signer;
static struct nt_intake *intake;
static uint8_t draft_block[64 << 20], session_memory[VF_SESSION_MEMORY];
static uint8_t *memory;
static struct vf_arena drafts;
static uint8_t *room;
static char field[NT_FIELD_MAX];
static struct vf_err err;
static const char *const texts[][2] = {{"a.txt", "first document\n"}, {"b.txt", "second document\n"}, {"c/d.txt", "third\n"},
	{"z.txt", ""}};

/* ---- steps of a service ---- */

/* The submission lives until the next call. */
static enum vf_rc take(struct fixture *f, struct vf_bytes json, struct nt_submission *ret)
{
	struct nt_intake_from from = {.submitter = vf_bytes_str("party"), .notary = f->n, .now_ms = f->now};
	struct vf_arena a;
	size_t n = nt_intake_room(json.n);

	free(room);
	room = malloc(n);
	if (!room)
		exit(1);
	vf_arena_init(&a, room, n);
	err = (struct vf_err){0};
	memset(field, 0, sizeof(field));
	return nt_intake_read(intake, &from, json, &a, ret, field, &err);
}

static enum vf_rc settle(struct fixture *f, struct nt_submission *s, bool *before)
{
	struct nt_stream stream;

	fixture_need(nt_notary_stream(f->n, s->submitter, s->study, &stream, &err), &err, "stream");
	err = (struct vf_err){0};
	memset(field, 0, sizeof(field));
	return nt_intake_settle(f->n, NULL, NULL, &stream, s, before, field, &err);
}

static void keep_text(struct fixture *f, const struct nt_document *d, struct vf_bytes text)
{
	int fd = memfd_create("document", MFD_CLOEXEC);

	MUST(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && lseek(fd, 0, SEEK_SET) == 0);
	fixture_need(nt_notary_keep(f->n, fd, &d->digests, &err), &err, "keep");
	close(fd);
}

/* What a service does with a document; what read and settle take, accept takes. */
static enum vf_rc serve(struct fixture *f, const struct draft *d, struct vf_bytes json, bool *before)
{
	struct nt_submission s;
	enum nt_accepted how;
	enum vf_rc rc = take(f, json, &s);

	*before = false;
	if (rc == VF_OK)
		rc = settle(f, &s, before);
	if (rc != VF_OK || *before)
		return rc;
	for (size_t i = 0; i < s.n_documents; i++)
		for (size_t k = 0; s.documents[i].keep && k < 4; k++)
			if (vf_bytes_is(s.documents[i].name, texts[k][0]))
				keep_text(f, &s.documents[i], vf_bytes_str(texts[k][1]));
			else if (k == 0 && vf_bytes_is(s.documents[i].name, TR_DETAILS_NAME))
				keep_text(f, &s.documents[i], d->details);
	rc = nt_notary_accept(f->n, &s, 1, &how, &err);
	fixture_need(rc, &err, "accept");
	CHECK(how == NT_ACCEPTED_NEW);
	f->last = s.id;
	return rc;
}

/* ---- drafts ---- */

static struct nt_submit submit_of(enum tr_kind kind)
{
	return (struct nt_submit){.submitter = vf_bytes_str("party"), .study = vf_bytes_str("DEMO-1"), .kind = kind};
}

static const struct nt_submit_file *files(void)
{
	static struct nt_submit_file all[4];

	for (size_t i = 0; i < 4; i++)
		all[i] = draft_file(texts[i][0], texts[i][1]);
	return all;
}

static void put_files(const struct fixture *f)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/c", f->dir);
	MUST(mkdir(path, 0700) == 0);
	for (size_t i = 0; i < 4; i++) {
		FILE *out;

		snprintf(path, sizeof(path), "%s/%s", f->dir, texts[i][0]);
		out = fopen(path, "wb");
		MUST(out && fputs(texts[i][1], out) >= 0 && fclose(out) == 0);
	}
}

static void plain_draft(struct fixture *f, struct nt_stream *stream, const char *title, struct draft *d)
{
	struct nt_submit s = submit_of(TR_DATASET);

	s.title = vf_bytes_str(title);
	draft_make(d, f->n, stream, &s, files(), 2, NULL, &drafts);
}

/* ---- verdicts ---- */

static struct vf_session *trusting(struct fixture *f)
{
	struct vf_trust_file all[NT_TRUST_FILES + 1];
	struct vf_session_options o = {.files = all, .n_files = NT_TRUST_FILES + 1, .at = f->now};
	struct vf_session *s = NULL;
	size_t n = 0;

	for (size_t i = 0; i < NT_TRUST_FILES; i++) {
		if (strcmp(f->trust.names[i], "tlog-policy") == 0)
			all[n++] = (struct vf_trust_file){"submitters/all.pem", make_pem(signer.root)};
		all[n++] = (struct vf_trust_file){f->trust.names[i], nt_buf_bytes(&f->trust.files[i])};
	}
	fixture_need(vf_session_new(&o, session_memory, VF_SESSION_MEMORY, &s, &err), &err, "session");
	return s;
}

static void bundle_of(struct fixture *f, const struct vf_hash *id, struct nt_buf *out)
{
	const char *folder = f->dir;
	struct nt_export_options options = {.from = &folder, .n_from = 1};

	nt_buf_reset(out);
	fixture_export(f, id, &options, out);
}

static bool verifies(struct vf_session *s, struct vf_bytes bundle)
{
	static struct vf_report report;
	struct vf_source source = vf_source_of(bundle);
	struct vf_arena a;

	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	fixture_need(vf_bundle_check(s, &a, "bundle", &source, NULL, 0, &report, &err), &err, "check");
	for (size_t i = 0; i < report.n_reasons; i++)
		fprintf(stderr, "%s: %s\n", vf_rc_name(report.reasons[i].rc), report.reasons[i].text);
	return report.verdict == VF_VERIFIED;
}

/* ---- places ---- */

static void test_settle(void)
{
	static struct draft one, two, other;
	struct fixture f;
	struct nt_submission s;
	bool before;
	char hex[65];

	fixture_begin(&f);
	plain_draft(&f, NULL, "1", &one);
	plain_draft(&f, NULL, "other 1", &other);
	CHECK_RC(serve(&f, &one, draft_json(&one), &before), VF_OK);
	/* the same again gets the same answer, half the same is a conflict */
	CHECK_RC(serve(&f, &one, draft_json(&one), &before), VF_OK);
	CHECK(before);
	CHECK_RC(take(&f, draft_json(&one), &s), VF_OK);
	s.slot.b[0] ^= 1;
	CHECK_RC(settle(&f, &s, &before), VF_ENTRY_CONFLICT);
	CHECK_STR(field, "/entry/slot");
	s.id512.b[0] ^= 1;
	CHECK_RC(settle(&f, &s, &before), VF_ENTRY_CONFLICT);
	CHECK_STR(field, "/entry/sha512");
	/* another first record */
	CHECK_RC(serve(&f, &other, draft_json(&other), &before), VF_STREAM_CONFLICT);
	CHECK_STR(field, "/members/3/base64");
	vf_hex_put(hex, vf_bytes(one.s.id.b, 32));
	CHECK(strstr(err.text, hex) != NULL);
	/* the next, with faults in its place */
	plain_draft(&f, NULL, "2", &two);
	other = two, other.s.slot.b[9] ^= 1;
	CHECK_RC(serve(&f, &other, draft_json(&other), &before), VF_SLOT_MISMATCH);
	CHECK_STR(field, "/entry/slot");
	other = two, draft_edit(&other, VF_NAME_STREAM, "\"seq\":1", "\"seq\":2");
	CHECK_RC(serve(&f, &other, draft_json(&other), &before), VF_STREAM_CONFLICT);
	CHECK_STR(field, "/members/3/base64");
	other = two, draft_edit(&other, VF_NAME_STREAM, hex, "00");
	CHECK_RC(serve(&f, &other, draft_json(&other), &before), VF_STREAM_SHAPE);
	CHECK_RC(serve(&f, &two, draft_json(&two), &before), VF_OK);
	/* no stream of this study, and a first record where there is none */
	other = two, draft_edit(&other, VF_NAME_STATEMENT, "DEMO-1", "DEMO-2");
	CHECK_RC(serve(&f, &other, draft_json(&other), &before), VF_STREAM_CONFLICT);
	other = one, draft_edit(&other, VF_NAME_STATEMENT, "DEMO-1", "DEMO-2");
	CHECK_RC(serve(&f, &other, draft_json(&other), &before), VF_OK);
	fixture_need(nt_notary_erase(f.n, &one.s.id, &err), &err, "erase");
	CHECK_RC(serve(&f, &one, draft_json(&one), &before), VF_ERASED);
	CHECK_STR(field, "/entry/sha256");
	fixture_end(&f);
}

/* Several of one stream in one commit group: each place moves the stream on. */
static void test_group(void)
{
	static struct draft d;
	struct fixture f;
	struct nt_stream made = {0}, stream = {0};
	struct nt_submission subs[3];
	uint8_t *rooms[3] = {0};
	enum nt_accepted how[3];

	fixture_begin(&f);
	for (size_t i = 0; i < 3; i++) {
		char title[8] = {(char)('a' + i), 0};

		plain_draft(&f, &made, title, &d);
		CHECK_RC(take(&f, draft_json(&d), &subs[i]), VF_OK);
		rooms[i] = room, room = NULL;
		bool before = true;
		CHECK_RC(nt_intake_settle(f.n, NULL, NULL, &stream, &subs[i], &before, field, &err), VF_OK);
		CHECK(!before);
	}
	CHECK_INT(stream.next, 3);
	CHECK_RC(nt_intake_place(&subs[1], &stream, field, &err), VF_STREAM_CONFLICT);
	CHECK_RC(nt_notary_accept(f.n, subs, 3, how, &err), VF_OK);
	for (size_t i = 0; i < 3; i++)
		free(rooms[i]);
	fixture_end(&f);
}

static void test_links(void)
{
	static struct draft target, d;
	struct fixture f;
	struct tr_link link = {.type = TR_USES};
	struct nt_submit s = submit_of(TR_RESULTS);
	bool before;

	fixture_begin(&f);
	s.links = &link;
	s.n_links = 1;
	plain_draft(&f, NULL, "target", &target);
	CHECK_RC(serve(&f, &target, draft_json(&target), &before), VF_OK);
	draft_make(&d, f.n, NULL, &s, files(), 1, NULL, &drafts);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_UNKNOWN_RECORD);
	CHECK_STR(field, "/members/1/base64");
	link = (struct tr_link){TR_SUPERSEDES, target.s.id};
	draft_make(&d, f.n, NULL, &s, files(), 1, NULL, &drafts);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_LINK_SHAPE);
	link.type = TR_USES;
	draft_make(&d, f.n, NULL, &s, files(), 1, NULL, &drafts);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_OK);
	fixture_need(nt_notary_erase(f.n, &target.s.id, &err), &err, "erase");
	draft_make(&d, f.n, NULL, &s, files(), 1, NULL, &drafts);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_UNKNOWN_RECORD);
	fixture_end(&f);
}

/* What came through a service is found by a local submit of the same files. */
static void test_journal(void)
{
	static struct draft d;
	static const struct {
		enum tr_kind kind;
		bool hidden;
		const char *date;
	} cases[] = {{TR_PROTOCOL, false, "2026-03-01"}, {TR_PROTOCOL, true, ""}, {TR_CONSENT, true, ""}, {TR_CONSENT, true, "2026"}};
	struct fixture f;
	bool before;

	fixture_begin(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_submit s = submit_of(cases[i].kind);
		struct nt_submit_record record = {.files = files(), .n_files = 3};
		struct tr_details details = {.date = vf_bytes_str(cases[i].date)};
		bool personal = tr_kind_is_personal(cases[i].kind);
		struct vf_hash id;

		s.confidential = cases[i].hidden;
		s.date = vf_bytes_str(cases[i].date);
		draft_make(&d, f.n, NULL, &s, record.files, record.n_files, personal && s.date.n ? &details : NULL, &drafts);
		CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_OK);
		id = f.last;
		fixture_need(nt_submit_records(f.n, &s, &record, 1, fixture_learn, &f, &err), &err, "submit");
		CHECK(vf_hash_eq(&id, &f.last));
		s.date = vf_bytes_str("2027");
		fixture_need(nt_submit_records(f.n, &s, &record, 1, fixture_learn, &f, &err), &err, "submit");
		CHECK(!vf_hash_eq(&id, &f.last));
	}
	fixture_end(&f);
}

/* The largest record is read in the room that is promised, plain and confidential. */
static void test_largest(bool hidden)
{
	enum { N = 9999 };
	static struct nt_submit_file all[N];
	static char names[N][16];
	struct nt_submit_record record = {.files = all, .n_files = N};
	struct nt_submit s = submit_of(TR_DATASET);
	struct nt_maker maker = {.s = &s};
	struct nt_making m = {0};
	struct nt_submission made, read;
	struct nt_buf json = nt_buf((size_t)32 * 1024 * 1024);
	struct fixture f;

	fixture_begin(&f);
	vf_arena_init(&maker.arena, draft_block, sizeof(draft_block));
	s.confidential = hidden;
	for (size_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "%05zu", i);
		all[i] = draft_file(names[i], "x");
	}
	fixture_need(nt_making_init(&maker, &record, &m, &err), &err, "init");
	fixture_need(nt_making_chain(&maker, &m, &err), &err, "chain");
	fixture_need(nt_making_finish(&maker, &m, &made, &err), &err, "finish");
	fixture_need(nt_submission_json_put(&json, &made, &err), &err, "write");
	CHECK_RC(take(&f, nt_buf_bytes(&json), &read), VF_OK);
	CHECK_STR(err.text, "");
	CHECK(vf_hash_eq(&read.id, &made.id));
	CHECK_INT(read.n_documents, N);
	nt_buf_done(&json);
	fixture_end(&f);
}

/* ---- the same record by both ways ---- */

static bool is_evidence(struct vf_bytes name)
{
	return vf_bytes_starts(name, "META-INF/evidencerecord") || vf_bytes_is(name, VF_PART_PROOF) ||
		vf_bytes_is(name, VF_PART_HEAD) || vf_bytes_is(name, VF_PART_PREVIOUS);
}

/* Tokens and checkpoints are another notary's; every other octet is the same. */
static void compare_bundles(struct vf_bytes a, struct vf_bytes b)
{
	struct vf_source from[2] = {vf_source_of(a), vf_source_of(b)};
	struct vf_container box[2];
	struct vf_arena arena;
	size_t compared = 0;

	vf_arena_init(&arena, memory, VF_BUNDLE_MEMORY);
	for (size_t i = 0; i < 2; i++)
		fixture_need(vf_container_open(&from[i], false, &arena, &box[i], &err), &err, "open");
	CHECK_INT(box[0].zip.n, box[1].zip.n);
	for (size_t i = 0; i < box[0].zip.n && i < box[1].zip.n; i++) {
		struct vf_bytes part[2];

		CHECK_BYTES(box[0].zip.entries[i].name, box[1].zip.entries[i].name);
		if (is_evidence(box[0].zip.entries[i].name))
			continue;
		for (size_t k = 0; k < 2; k++)
			fixture_need(vf_container_read(&box[k], &box[k].zip.entries[i], &arena, &part[k], &err), &err, "read");
		CHECK_BYTES(part[0], part[1]);
		compared++;
	}
	CHECK(compared >= 5);
}

static void test_round_trip(void)
{
	static struct draft d[4];
	struct fixture f[2];
	struct nt_buf bundle[2] = {nt_buf(1 << 20), nt_buf(1 << 20)};
	struct tr_details details = {.version = vf_bytes_str("7")};
	struct tr_link link;
	struct nt_submit s;

	fixture_begin(&f[0]);
	fixture_begin(&f[1]);
	put_files(&f[0]);
	put_files(&f[1]);
	for (size_t i = 0; i < 4; i++) {
		enum nt_accepted how;
		bool before;

		s = submit_of(i == 1 ? TR_CONSENT : i == 2 ? TR_RESULTS : i ? TR_OTHER : TR_PROTOCOL);
		s.confidential = i == 1;
		s.keep = i == 3;
		s.title = i == 1 ? vf_bytes(NULL, 0) : vf_bytes_str("A \"title\" \\ \xc3\xa9");
		if (i == 2)
			s.signer = &signer.sha256, s.sign = signer_sign, s.sign_ctx = &signer;
		if (i > 0) {
			link = (struct tr_link){TR_USES, d[0].s.id};
			s.links = &link, s.n_links = 1;
		}
		draft_make(&d[i], f[0].n, NULL, &s, files(), 4, i == 1 ? &details : NULL, &drafts);
		CHECK_RC(serve(&f[1], &d[i], draft_json(&d[i]), &before), VF_OK);
		for (size_t k = 0; k < d[i].s.n_documents; k++)
			if (d[i].documents[k].keep)
				keep_text(&f[0], &d[i].documents[k], vf_bytes_is(d[i].documents[k].name, TR_DETAILS_NAME)
						? d[i].details : vf_bytes_str(texts[k][1]));
		CHECK_RC(nt_notary_accept(f[0].n, &d[i].s, 1, &how, &err), VF_OK);
		CHECK(vf_hash_eq(&f[1].last, &d[i].s.id));
	}
	fixture_seal(&f[0]);
	fixture_seal(&f[1]);
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 2; k++)
			bundle_of(&f[k], &d[i].s.id, &bundle[k]);
		compare_bundles(nt_buf_bytes(&bundle[0]), nt_buf_bytes(&bundle[1]));
	}
	nt_buf_done(&bundle[0]);
	nt_buf_done(&bundle[1]);
	fixture_end(&f[0]);
	fixture_end(&f[1]);
}

/* ---- details of plain kinds ---- */

static void details_draft(struct fixture *f, enum tr_kind kind, const char *text, const struct tr_link *link, struct draft *d)
{
	struct nt_submit s = submit_of(kind);
	struct nt_submit_file file = draft_file(TR_DETAILS_NAME, text);

	s.details_file = vf_bytes_str(text);
	s.links = link;
	s.n_links = link != NULL;
	draft_make(d, f->n, NULL, &s, &file, 1, NULL, &drafts);
}

/* They stand in the record: shown in its bundle, without a file of their own, and gone with it. */
static void test_details(void)
{
	static const char text[] = "{\"schema\":\"trialnotary/details/protocol/1\",\"sponsor\":\"Unmistakable Sponsor\"}\n";
	static struct draft d;
	struct nt_buf bundle = nt_buf(16 << 20);
	struct vf_bytes octets = vf_bytes_str(text), shown;
	struct vf_pair digests = vf_pair_of(octets);
	struct nt_record *r = NULL;
	struct fixture f;
	bool before;

	fixture_begin(&f);
	details_draft(&f, TR_PROTOCOL, text, NULL, &d);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_OK);
	CHECK_RC(nt_notary_get(f.n, &d.s.id, &r, &err), VF_OK);
	CHECK(r && r->n_documents == 1 && !r->documents[0].keep);
	CHECK(r && nt_document_octets(r, &r->documents[0], &shown) && vf_bytes_eq(shown, octets));
	nt_record_free(r);
	fixture_seal(&f);
	bundle_of(&f, &d.s.id, &bundle);
	CHECK(bundle.n > 0 && memmem(bundle.p, bundle.n, text, strlen(text)) != NULL);
	CHECK(folder_search(f.notary, vf_bytes(digests.sha512.b, 64)) > 0);
	fixture_need(nt_notary_erase(f.n, &d.s.id, &err), &err, "erase");
	CHECK_INT(folder_search(f.notary, vf_bytes_str("Unmistakable")), 0);
	CHECK_INT(folder_search(f.notary, vf_bytes(digests.sha256.b, 32)), 0); /* what a document was could be guessed by it */
	nt_buf_done(&bundle);
	fixture_end(&f);
}

static void refused_details(struct fixture *f, enum tr_kind kind, const char *text, const struct tr_link *link, enum vf_rc want)
{
	static struct draft d;
	bool before;

	details_draft(f, kind, text, link, &d);
	CHECK_RC(serve(f, &d, draft_json(&d), &before), want);
	CHECK(strncmp(field, "/members/", 9) == 0);
	CHECK(strstr(err.text, "Secret") == NULL);
}

static void test_details_refused(void)
{
	static const char *const scopes[] = {"{\"schema\":\"trialnotary/details/protocol/1\",\"scope\":{\"countries\":[\"DE\"]}}",
		"{\"schema\":\"trialnotary/details/protocol/1\",\"scope\":{\"countries\":[\"FR\"]}}"};
	static struct draft first, d;
	struct tr_link link = {.type = TR_SUPERSEDES};
	struct fixture f;
	bool before;

	fixture_begin(&f);
	refused_details(&f, TR_PROTOCOL, "{}", NULL, VF_DETAILS_SHAPE);
	refused_details(&f, TR_PROTOCOL, "Secret", NULL, VF_JSON_SHAPE);
	refused_details(&f, TR_PROTOCOL, "{\"schema\":\"trialnotary/details/dataset/1\"}", NULL, VF_DETAILS_SHAPE);
	refused_details(&f, TR_ETHICS_APPROVAL, "{\"schema\":\"trialnotary/details/ethics-approval/1\",\"committee\":\"Secret\"}", NULL,
		VF_DETAILS_SHAPE);
	details_draft(&f, TR_PROTOCOL, "{\"schema\":\"trialnotary/details/protocol/1\"}", NULL, &first);
	CHECK_RC(serve(&f, &first, draft_json(&first), &before), VF_OK);
	link.record = first.s.id;
	details_draft(&f, TR_PROTOCOL, scopes[0], &link, &d);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_OK);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_OK);
	CHECK(before); /* and is not judged again */
	refused_details(&f, TR_PROTOCOL, scopes[0], &link, VF_VERSION_ORDER);
	details_draft(&f, TR_PROTOCOL, scopes[1], &link, &d);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_OK);
	/* a newer version is erased: what it stood for is open again */
	fixture_need(nt_notary_erase(f.n, &d.s.id, &err), &err, "erase");
	details_draft(&f, TR_PROTOCOL, "{\"schema\":\"trialnotary/details/protocol/1\",\"scope\":{\"countries\":[\"FR\",\"IT\"]}}", &link, &d);
	CHECK_RC(serve(&f, &d, draft_json(&d), &before), VF_OK);
	fixture_end(&f);
}

/* ---- one name for each key ---- */

static enum vf_rc serve_signed(struct fixture *f, struct vf_bytes cert)
{
	static struct draft d;
	struct signer by = signer;
	struct nt_submit s = submit_of(TR_OTHER);
	enum vf_rc rc;
	bool before;

	by.cert = cert;
	by.sha256 = vf_sha256(cert);
	s.signer = &by.sha256, s.sign = signer_sign, s.sign_ctx = &by;
	draft_make(&d, f->n, NULL, &s, files(), 1, NULL, &drafts);
	rc = serve(f, &d, draft_json(&d), &before);
	if (rc == VF_OK)
		CHECK_RC(serve(f, &d, draft_json(&d), &before), VF_OK);
	return rc;
}

/* The key of a submitter in a certificate with another name: the notary knows it by the first. */
static void test_signer_names(void)
{
	struct vf_bytes other = make_cert(&(struct cert_spec){.name = "B Submitter", .issuer = "Submitter Root", .key = signer.key,
		.issuer_key = signer.root_key, .serial = 8, .ext = {{"keyUsage", "critical,digitalSignature"}}});
	struct vf_bytes again = make_cert(&(struct cert_spec){.name = "A Submitter", .issuer = "Submitter Root", .key = signer.key,
		.issuer_key = signer.root_key, .serial = 9, .ext = {{"keyUsage", "critical,digitalSignature"}}});
	struct fixture f;

	fixture_begin(&f);
	put_files(&f);
	CHECK_RC(serve_signed(&f, signer.cert), VF_OK);
	CHECK_RC(serve_signed(&f, other), VF_SIGNER_NAME);
	CHECK(strncmp(field, "/members/", 9) == 0);
	CHECK_STR(err.text, "this key signs as 'A Submitter' in this notary, not as 'B Submitter'");
	CHECK_RC(serve_signed(&f, again), VF_OK);
	fixture_end(&f);
}

/* ---- whatever is taken verifies ---- */

static uint64_t state = 1;

static size_t pick(size_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(state >> 33) % n;
}

static void random_draft(struct fixture *f, const struct vf_hash *ids, size_t n_ids, struct draft *d)
{
	struct nt_submit s = submit_of((enum tr_kind)(1 + pick(TR_KIND_COUNT - 1)));
	struct tr_link links[2];
	struct tr_details details = {.title = vf_bytes_str("t")};
	bool personal = tr_kind_is_personal(s.kind);

	if (pick(4) == 0)
		s.study = vf_bytes_str("DEMO-2");
	if (!personal && pick(2))
		s.version = vf_bytes_str("1.0");
	s.confidential = personal ? pick(8) > 0 : pick(2);
	s.keep = pick(2);
	if (pick(3) == 0)
		s.signer = &signer.sha256, s.sign = signer_sign, s.sign_ctx = &signer;
	if (n_ids > 0 && pick(2)) {
		s.n_links = 1 + pick(2);
		links[0] = (struct tr_link){(enum tr_link_type)(1 + pick(6)), ids[pick(n_ids)]};
		links[1] = (struct tr_link){(enum tr_link_type)(7 + pick(7)), ids[pick(n_ids)]};
		s.links = links + (s.n_links == 1 && pick(2));
	}
	/* details.json is kept, or there would be nobody to have it */
	draft_make(d, f->n, NULL, &s, files(), pick(5), personal && pick(2) ? &details : NULL, &drafts);
}

/* A fault, made consistent with what stands above it, or not. */
static void spoil(struct draft *d)
{
	struct nt_member *m = &d->members[pick(d->s.n_members)];
	struct nt_document *doc = &d->documents[pick(d->s.n_documents ? d->s.n_documents : 1)];
	size_t at = m->bytes.n ? pick(m->bytes.n) : 0;
	char was[2] = {m->bytes.n ? (char)m->bytes.p[at] : 0, 0};
	uint8_t *copy;

	switch (pick(8)) {
	case 0: /* the members' own octets; the statement lists them as they were */
	case 1:
	case 2:
		if (m->bytes.n == 0)
			break;
		copy = make_room(m->bytes.n);
		memcpy(copy, m->bytes.p, m->bytes.n);
		copy[at] = (uint8_t)(pick(2) ? was[0] ^ 1 : "0a9f\"{ "[pick(7)]);
		m->bytes = vf_bytes(copy, m->bytes.n);
		break;
	case 3: /* white space: only a signature minds it */
		draft_edit(d, pick(2) ? VF_NAME_STATEMENT : VF_NAME_STREAM, "\"nonce\":\"", "\"nonce\": \"");
		break;
	case 4:
		m->digests.sha256.b[pick(32)] ^= (uint8_t)(1 + pick(255));
		break;
	case 5:
		doc->digests.sha512.b[pick(64)] ^= (uint8_t)(1 + pick(255));
		break;
	case 6:
		doc->confidential = !doc->confidential;
		break;
	case 7:
		d->s.slot.b[pick(32)] ^= (uint8_t)(1 + pick(255));
		break;
	}
	draft_finish(d);
}

static void test_taken_verifies(void)
{
	enum { TRIES = 400 };
	static struct draft d;
	static struct vf_hash ids[TRIES];
	struct nt_buf bundle = nt_buf(1 << 20);
	struct vf_session *session;
	struct fixture f;
	size_t n = 0, refused = 0, spoiled = 0, mark = maker_used;

	fixture_begin(&f);
	put_files(&f);
	for (size_t i = 0; i < TRIES; i++) {
		bool bad = pick(3) == 0, before;

		drafts.used = 0;
		maker_used = mark;
		random_draft(&f, ids, n, &d);
		if (bad)
			spoil(&d);
		if (serve(&f, &d, draft_json(&d), &before) != VF_OK) {
			CHECK(field[0] == '\0' || field[0] == '/');
			refused++;
			continue;
		}
		spoiled += bad;
		ids[n++] = f.last;
		if (pick(50) == 0)
			fixture_seal(&f);
	}
	fixture_seal(&f);
	f.now += 1000;
	session = trusting(&f);
	for (size_t i = 0; i < n; i++) {
		bundle_of(&f, &ids[i], &bundle);
		CHECK(verifies(session, nt_buf_bytes(&bundle)));
	}
	fprintf(stderr, "%zu taken (%zu of them spoilt in vain), %zu refused\n", n, spoiled, refused);
	CHECK(n > 100 && refused > 100);
	vf_session_free(session);
	nt_buf_done(&bundle);
	fixture_end(&f);
}

int main(void)
{
	struct nt_intake_policy policy = NT_INTAKE_DEFAULT;

	vf_arena_init(&drafts, draft_block, sizeof(draft_block));
	memory = malloc(VF_BUNDLE_MEMORY);
	if (!memory)
		return 1;
	signer_begin(&signer, NULL, NULL);
	fixture_need(nt_intake_new(&policy, &intake, &err), &err, "intake");
	for (int way = 0; way < 2; way++) { /* by both readers */
		intake->policy.general_only = way == 1;
		drafts.used = 0;
		test_settle();
		test_group();
		test_links();
		test_journal();
		test_largest(false);
		test_largest(true);
		drafts.used = 0;
		test_round_trip();
		test_details();
		test_details_refused();
	test_signer_names();
		test_taken_verifies();
	}
	nt_intake_free(intake);
	free(room);
	free(memory);
	signer_end(&signer);
	return check_done();
}
