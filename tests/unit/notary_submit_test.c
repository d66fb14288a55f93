/* Building submissions against a notary in memory: members, stream, journal, chunks, and what is refused. */
#include "notary/submit.h"

#include <stdlib.h>
#include <unistd.h>

#include "notary/crew.h"
#include "notary/random.h"
#include "tests/check.h"
#include "tests/fake_notary.h"

#define MAX_IDS 4096

static struct nt_notary notary;
static struct vf_hash ids[MAX_IDS];
static size_t n_ids, n_new;
static uint64_t next_seq;
static uint8_t block[64 * 1024 * 1024];
/* what the last submission looked like; see() checks it against the verifier's readers */
static struct {
	size_t members, documents, commitments, links;
	bool personal_texts, has_signer;
	char first_document[64], statement[8192];
} seen;

static void done(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)ctx;
	CHECK_INT(at, n_ids);
	if (n_ids < MAX_IDS)
		ids[n_ids] = *id;
	n_ids++;
	n_new += how == NT_ACCEPTED_NEW;
}

static const struct nt_member *find(const struct nt_submission *s, const char *name)
{
	for (size_t i = 0; i < s->n_members; i++) {
		if (vf_bytes_is(s->members[i].name, name))
			return &s->members[i];
	}
	return NULL;
}

static void see_group(const struct nt_submission *s)
{
	struct vf_pair *pairs = calloc(s->n_members, sizeof(*pairs));
	struct vf_hash id;
	struct vf_hash512 id512;

	for (size_t i = 0; i < s->n_members; i++) {
		pairs[i] = s->members[i].digests;
		if (s->members[i].bytes.n > 0) {
			struct vf_pair want = vf_pair_of(s->members[i].bytes);

			CHECK(vf_pair_eq(&want, &pairs[i]));
		}
	}
	vf_group(pairs, s->n_members, &id, &id512);
	CHECK(vf_hash_eq(&id, &s->id));
	CHECK(vf_hash512_eq(&id512, &s->id512));
	free(pairs);
}

static void see_stream(const struct nt_submission *s)
{
	const struct nt_member *m = find(s, "stream.json");
	struct vf_stream_member place;
	struct vf_hash slot = vf_slot(&s->stream_key, s->seq);
	struct vf_hash zero = {{0}};
	struct vf_err err = {0};

	CHECK(m != NULL && s->in_stream);
	if (!m)
		return;
	CHECK_RC(vf_stream_parse(m->bytes, &place, &err), VF_OK);
	CHECK(place.seq == s->seq && s->seq == next_seq);
	next_seq++;
	CHECK(vf_hash_eq(&slot, &s->slot));
	if (s->seq == 0) {
		CHECK(vf_hash_eq(&s->stream, &s->id));
		CHECK(vf_hash_eq(&place.key, &s->stream_key));
		CHECK(vf_hash_eq(&s->prev, &zero));
	} else {
		CHECK(vf_hash_eq(&place.stream, &s->stream));
		CHECK(vf_hash_eq(&place.prev, &s->prev));
	}
}

/* Every document is listed plainly or stands behind a commitment that names it. */
static void see_documents(const struct nt_submission *s, const struct vf_statement *st)
{
	size_t step = s->n_documents > 1000 ? 101 : 1; /* finding a member reads all before it */

	for (size_t i = 0; i < s->n_documents; i += step) {
		const struct nt_document *d = &s->documents[i];
		const struct vf_member *listed = vf_statement_find(st, d->name);
		const struct nt_member *m;
		struct vf_commitment c;
		struct vf_arena a;
		char name[32];

		if (!d->confidential) {
			CHECK(listed && vf_pair_eq(&listed->digests, &d->digests));
			CHECK_INT(d->commitment.n, 0);
			continue;
		}
		CHECK(listed == NULL);
		snprintf(name, sizeof(name), "%.*s", VF_STR(d->commitment));
		m = find(s, name);
		vf_arena_init(&a, block + sizeof(block) / 2, sizeof(block) / 2);
		CHECK(m && vf_commitment_parse(m->bytes, &a, &c, NULL) == VF_OK);
		CHECK(m && vf_bytes_eq(c.name, d->name) && vf_pair_eq(&c.digests, &d->digests));
		seen.commitments++;
	}
}

static void see(const struct nt_submission *s)
{
	const struct nt_member *m = find(s, "statement.json");
	struct vf_statement st = {0};
	struct vf_arena a;
	struct vf_err err = {0};

	CHECK(m != NULL);
	if (!m)
		return;
	vf_arena_init(&a, block, sizeof(block) / 2);
	CHECK_RC(vf_statement_parse(m->bytes, &a, &st, &err), VF_OK);
	CHECK_STR(err.text, "");
	CHECK_INT(st.n_members + 1 + (st.has_signer ? 2 : 0), s->n_members);
	CHECK_BYTES(st.kind, s->kind);
	CHECK_BYTES(st.study, s->study);
	CHECK_BYTES(st.title, s->title);
	CHECK_INT(st.n_links, s->n_links);
	see_group(s);
	see_stream(s);
	see_documents(s, &st);
	seen.members = s->n_members;
	seen.documents = s->n_documents;
	seen.links = s->n_links;
	seen.has_signer = st.has_signer;
	seen.personal_texts = s->version.n + s->date.n + s->title.n > 0;
	if (s->n_documents > 0)
		snprintf(seen.first_document, sizeof(seen.first_document), "%.*s",
			VF_STR(s->documents[0].name));
	snprintf(seen.statement, sizeof(seen.statement), "%.*s", VF_STR(m->bytes));
}

static struct nt_submit plain(void)
{
	return (struct nt_submit){
		.submitter = vf_bytes_str("local"), .study = vf_bytes_str("DEMO-1"), .kind = TR_DATASET};
}

static struct nt_submit_file file(const char *name, const char *content)
{
	return (struct nt_submit_file){.name = vf_bytes_str(name),
		.digests = vf_pair_of(vf_bytes_str(content)),
		.size = strlen(content)};
}

static enum vf_rc submit(
	const struct nt_submit *s, const struct nt_submit_record *records, size_t n, struct vf_err *err)
{
	n_ids = n_new = 0;
	memset(&seen, 0, sizeof(seen));
	*err = (struct vf_err){0};
	return nt_submit_records(&notary, s, records, n, done, NULL, err);
}

static enum vf_rc submit_files(
	const struct nt_submit *s, const struct nt_submit_file *files, size_t n, struct vf_err *err)
{
	struct nt_submit_record r = {files, n};

	return submit(s, &r, 1, err);
}

static void reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.see = see;
	next_seq = 0;
}

static void test_one_record(void)
{
	struct nt_submit_file files[] = {file("z/b.csv", "1"), file("a.csv", "2"), file("M.csv", "3")};
	struct nt_submit s = plain();
	struct vf_hash first;
	struct vf_err err;

	reset();
	s.version = vf_bytes_str("1.0");
	s.title = vf_bytes_str("Locked \"final\"");
	CHECK_RC(submit_files(&s, files, 3, &err), VF_OK);
	CHECK_INT(n_new, 1);
	CHECK_INT(seen.members, 5);
	CHECK_STR(seen.first_document, "M.csv");
	first = ids[0];
	/* the same again, in another order: nothing new, the same ID */
	struct nt_submit_file again[] = {files[2], files[0], files[1]};
	CHECK_RC(submit_files(&s, again, 3, &err), VF_OK);
	CHECK_INT(n_new, 0);
	CHECK(vf_hash_eq(&first, &ids[0]));
	CHECK_INT(fake.accepted, 1);
	/* anything else that the submitter says makes another record */
	s.title = vf_bytes_str("Locked");
	CHECK_RC(submit_files(&s, files, 3, &err), VF_OK);
	CHECK_INT(n_new, 1);
	files[0].digests.sha512.b[0] ^= 1;
	CHECK_RC(submit_files(&s, files, 3, &err), VF_OK);
	CHECK_INT(n_new, 1);
	s.confidential = true;
	CHECK_RC(submit_files(&s, files, 3, &err), VF_OK);
	CHECK_INT(n_new, 1);
	CHECK_INT(seen.commitments, 3);
	CHECK(strstr(seen.statement, "csv") == NULL);
	CHECK_INT(fake.stream.next, 4);
}

static void test_personal(void)
{
	struct nt_submit_file f = file("consent-017.pdf", "signed"), details = file("Details.JSON", "x");
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	s.kind = TR_CONSENT;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_PERSONAL_FIELD);
	s.confidential = true;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(seen.commitments, 1);
	CHECK_INT(fake.n_kept, 0);
	s.date = vf_bytes_str("2026-03-01");
	s.title = vf_bytes_str("Consent of 017");
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(seen.commitments, 2);
	CHECK_INT(fake.n_kept, 1);
	CHECK(!seen.personal_texts);
	CHECK(strstr(seen.statement, "-017") == NULL && strstr(seen.statement, "2026-") == NULL);
	CHECK(strstr(seen.statement, "details") == NULL);
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(n_new, 0);
	CHECK_RC(submit_files(&s, &details, 1, &err), VF_NAME_SHAPE);
	CHECK_INT(fake.n_kept, 1);
}

static void test_links(void)
{
	struct nt_submit_file f = file("a", "a");
	struct tr_link links[3] = {{TR_USES, {{9}}}, {TR_DERIVES_FROM, {{7}}}, {TR_DERIVES_FROM, {{2}}}};
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	s.links = links;
	s.n_links = 3;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_UNKNOWN_RECORD);
	fake.records[0].id = links[0].record;
	fake.records[0].kind = "protocol";
	fake.records[0].state = NT_SEALED;
	fake.records[1].id = links[1].record;
	fake.records[1].kind = "dataset";
	fake.records[2] = fake.records[1];
	fake.records[2].id = links[2].record;
	fake.n_records = 3;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(seen.links, 3); /* in order, or see() would have refused the statement */
	fake.records[1].state = NT_ERASED;
	s.title = vf_bytes_str("2");
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_UNKNOWN_RECORD);
	fake.records[1].state = NT_PENDING;
	fake.records[1].kind = "consent";
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_LINK_SHAPE);
	fake.records[1].kind = "No kind"; /* not even a study's own */
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_LINK_SHAPE);
	fake.records[1].kind = "dataset";
	links[2] = links[1];
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_USAGE);
	CHECK_INT(fake.accepted, 1);
}

static void test_without_documents(void)
{
	struct tr_link link = {TR_WITHDRAWS, {{5}}};
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	fake.records[0].id = link.record;
	fake.records[0].kind = "consent";
	fake.n_records = 1;
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_USAGE);
	s.kind = TR_WITHDRAWAL;
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_USAGE);
	s.links = &link;
	s.n_links = 1;
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_OK);
	CHECK_INT(seen.members, 2);
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_OK);
	CHECK_INT(n_new, 0);
	s.date = vf_bytes_str("2026-04-01");
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_OK);
	CHECK_INT(seen.commitments, 1);
	s.kind = TR_PROTOCOL;
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_USAGE);
}

/* Details are a document: plain in a plain kind, hidden in a personal one, and a part of what makes a submission the same. */
static void test_details(void)
{
	static const char rows1[] = "{\"schema\":\"trialnotary/details/dataset/1\",\"rows\":1}\n";
	static const char rows2[] = "{\"schema\":\"trialnotary/details/dataset/1\",\"rows\":2}\n";
	struct nt_submit_file f = file("a.txt", "a"), reserved = file("DETAILS.json", "a");
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	s.details = vf_bytes_str(rows1);
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(seen.documents, 2);
	CHECK_INT(seen.commitments, 0);
	CHECK(strstr(seen.statement, "\"name\":\"details.json\",\"role\":\"document\"") != NULL);
	CHECK_INT(fake.n_kept, 1);
	CHECK_INT(fake.kept[0].size, sizeof(rows1) - 1);
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(fake.accepted, 1);
	s.details = vf_bytes_str(rows2);
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(fake.accepted, 2);
	s.confidential = true;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(seen.commitments, 2);
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_OK); /* they are a document: no other is needed */
	CHECK_RC(submit_files(&s, &reserved, 1, &err), VF_NAME_SHAPE);
	s.details = vf_bytes_str("{\"schema\":\"trialnotary/details/dataset/1\",\"rows\":\"1\"}\n");
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_DETAILS_SHAPE);
	CHECK_STR(err.text, "details at '/rows': not of type integer");
	s.kind = TR_WITHDRAWAL;
	s.title = vf_bytes_str("T"); /* would stand twice in what is hidden */
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_INTERNAL);
	CHECK_INT(fake.accepted, 4);
}

/* What stands in form and consent are links, once, and their targets are looked at. */
static void test_details_links(void)
{
	static char text[512], hex[65];
	struct tr_link link = {TR_WITHDRAWS, {{7}}};
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	vf_hex_put(hex, vf_bytes(link.record.b, sizeof(link.record.b)));
	snprintf(text, sizeof(text), "{\"schema\":\"trialnotary/details/withdrawal/1\",\"participant\":\"%s\",\"consent\":\"%s\","
		"\"when\":\"2026\"}\n", hex, hex);
	s.kind = TR_WITHDRAWAL;
	s.details = vf_bytes_str(text);
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_NOTHING_TO_WITHDRAW);
	fake.records[0].id = link.record;
	fake.records[0].kind = "protocol";
	fake.records[0].state = NT_SEALED;
	fake.n_records = 1;
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_NOTHING_TO_WITHDRAW);
	fake.records[0].kind = "re-consent";
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_OK);
	CHECK_INT(seen.links, 1);
	CHECK_INT(seen.commitments, 1);
	s.links = &link;
	s.n_links = 1;
	CHECK_RC(submit_files(&s, NULL, 0, &err), VF_OK);
	CHECK_INT(n_new, 0); /* with the link given it is the same submission */
	CHECK_INT(fake.accepted, 1);
}

/* A name that is in no list needs the record that registers it. */
static void test_own_kind(void)
{
	struct nt_submit_file f = file("a.txt", "a");
	struct tr_link link = {TR_USES, {{7}}};
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	s.kind = TR_OWN;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_UNKNOWN_KIND);
	s.own_kind = vf_bytes_str("Visit");
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_UNKNOWN_KIND);
	s.own_kind = vf_bytes_str("protocol");
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_UNKNOWN_KIND);
	s.own_kind = vf_bytes_str("visit");
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_UNKNOWN_KIND);
	s.links = &link;
	s.n_links = 1;
	fake.records[0].id = link.record;
	fake.records[0].kind = "protocol";
	fake.records[0].state = NT_SEALED;
	fake.n_records = 1;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_UNKNOWN_KIND);
	fake.records[0].kind = "schema";
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_LINK_SHAPE); /* of no study here: of another one */
	CHECK_INT(fake.accepted, 0);
}

static size_t n_bad;

static void count_bad(void *ctx, struct vf_bytes name, const char *why)
{
	(void)ctx, (void)name;
	CHECK(why[0] != '\0');
	n_bad++;
}

static void test_names(void)
{
	static const char *const bad[] = {"", "/a", "../a", "a//b", "a\\b", "a:b", "a\nb", "a.", " a",
		"statement.json", "STREAM.JSON", "commitment-001.json", "Commitment-x", "META-INF/a",
		"meta-inf", "mimetype", "\xff", "e\xcc\x81", "a/./b"};
	enum { N = sizeof(bad) / sizeof(bad[0]) };
	struct nt_submit_file all[N + 4], f = file("fine", "x");
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	for (size_t i = 0; i < N; i++) {
		all[i] = file(bad[i], "x");
		CHECK_RC(submit_files(&s, &all[i], 1, &err), VF_NAME_SHAPE);
	}
	all[N] = file("Data.csv", "x");
	all[N + 1] = file("data.CSV", "x");
	all[N + 2] = f;
	all[N + 3] = f;
	n_bad = 0;
	CHECK_RC(nt_submit_check_names(all, N + 4, count_bad, NULL, &err), VF_NAME_SHAPE);
	CHECK_INT(n_bad, N + 5); /* twice: an empty name and one that is not UTF-8 fold to the same; two are folders of others */
	CHECK_RC(submit_files(&s, &all[N], 2, &err), VF_NAME_SHAPE);
	CHECK_RC(submit_files(&s, &all[N + 2], 2, &err), VF_NAME_SHAPE);
	CHECK_RC(nt_submit_check_names(&f, 1, count_bad, NULL, &err), VF_OK);
	CHECK_RC(nt_submit_check_names(NULL, 0, count_bad, NULL, &err), VF_OK);
	CHECK_INT(fake.accepted, 0);
}

static void test_texts_and_limits(void)
{
	static struct nt_submit_file files[10000];
	static char names[10000][16];
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	for (size_t i = 0; i < 10000; i++) {
		snprintf(names[i], sizeof(names[i]), "f/%05zu", (i * 7919) % 10000);
		files[i] = file(names[i], names[i]);
	}
	s.study = vf_bytes_str("");
	CHECK_RC(submit_files(&s, files, 1, &err), VF_STATEMENT_SHAPE);
	s.study = vf_bytes_str("a\tb");
	CHECK_RC(submit_files(&s, files, 1, &err), VF_STATEMENT_SHAPE);
	s = plain();
	s.kind = TR_KIND_NONE;
	CHECK_RC(submit_files(&s, files, 1, &err), VF_UNKNOWN_KIND);
	s = plain();
	CHECK_RC(submit_files(&s, files, 10000, &err), VF_LIMIT);
	CHECK_RC(submit_files(&s, files, 9999, &err), VF_OK);
	CHECK_INT(seen.members, 10001);
	s.confidential = true;
	CHECK_RC(submit_files(&s, files, 9999, &err), VF_OK);
	CHECK_INT(seen.commitments, 99);
	CHECK_INT(seen.documents, 9999);
	CHECK_INT(fake.accepted, 2);
}

static size_t n_signed;

static enum vf_rc sign(void *ctx, const struct vf_hash *statement, struct nt_buf *manifest,
	struct nt_buf *signature, struct vf_err *reterr)
{
	if (ctx)
		return vf_fail(reterr, VF_SIGNER_FAILED, "the key is gone");
	n_signed++;
	nt_buf_put_hex(manifest, vf_bytes(statement->b, 32));
	nt_buf_put_str(signature, "signature");
	return VF_OK;
}

static void test_signed(void)
{
	struct nt_submit_file f = file("a", "a");
	struct vf_hash certificate = {{3}};
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	s.signer = &certificate;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_INTERNAL);
	s.sign = sign;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK(seen.has_signer);
	CHECK_INT(seen.members, 5);
	CHECK_INT(n_signed, 1);
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(n_signed, 1);
	s.title = vf_bytes_str("other");
	s.sign_ctx = &certificate;
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_SIGNER_FAILED);
	CHECK_STR(err.text, "the key is gone");
	CHECK_INT(fake.accepted, 1);
	s = plain();
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK); /* unsigned is another record */
	CHECK_INT(n_new, 1);
}

static void test_keep(void)
{
	char path[] = "/tmp/notary_submit.XXXXXX";
	int fd = mkstemp(path);
	struct nt_submit_file f = file("a", "content");
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	CHECK(write(fd, "content", 7) == 7);
	s.keep = true;
	f.path = vf_bytes_str(path);
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_OK);
	CHECK_INT(fake.n_kept, 1);
	CHECK(write(fd, "more", 4) == 4);
	s.title = vf_bytes_str("2");
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_DOCUMENT_CHANGED);
	unlink(path);
	CHECK_RC(submit_files(&s, &f, 1, &err), VF_NO_INPUT);
	CHECK_INT(fake.accepted, 1);
	close(fd);
}

/* A rows member is made anew each time, and the record is the same: for the journal counts what it was made of. */
static void test_made(void)
{
	struct nt_submit s = plain();
	struct nt_submit_made made[] = {{.same = vf_pair_of(vf_bytes_str("csv of a.csv")), .text = vf_bytes_str("one")},
		{.same = vf_pair_of(vf_bytes_str("csv of a.csv")), .text = vf_bytes_str("two")},
		{.same = vf_pair_of(vf_bytes_str("line of a.csv")), .text = vf_bytes_str("three")},
		{.same = vf_pair_of(vf_bytes_str("line of a.csv"))}};
	struct vf_hash got[4];
	struct vf_err err;
	size_t made_new = 0;

	reset();
	for (size_t i = 0; i < 4; i++) {
		struct nt_submit_file files[2] = {file("a.csv", "1,2\n"), {.name = vf_bytes_str("rows-001.json"), .made = &made[i]}};

		files[1].digests = vf_pair_of(made[i].text);
		files[1].size = made[i].text.n;
		CHECK_RC(submit_files(&s, files, 2, &err), VF_OK);
		got[i] = ids[0];
		made_new += n_new;
	}
	CHECK(vf_hash_eq(&got[0], &got[1]) && !vf_hash_eq(&got[0], &got[2]) && vf_hash_eq(&got[2], &got[3]));
	CHECK_INT(made_new, 2);
	/* text and secret of the two that are new */
	CHECK_INT(fake.n_kept, 2);
	CHECK_INT(fake.n_secrets, 2);
	for (size_t i = 0; i < 2; i++) {
		struct vf_hash want = vf_sha256(made[2 * i].text);

		CHECK(vf_hash_eq(&fake.kept[i].sha256, &want) && vf_hash_eq(&fake.secrets[i], &want));
	}
}

/* Chunks, a fault in the middle, and the rest at the second try. */
static void test_chunks(void)
{
	enum { N = 2500 };
	static struct nt_submit_file files[N];
	static struct nt_submit_record records[N];
	static char names[N][16];
	static struct vf_hash before[MAX_IDS];
	struct nt_submit s = plain();
	struct vf_err err;

	reset();
	for (size_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "f%05zu", i);
		files[i] = file(names[i], names[i]);
		records[i] = (struct nt_submit_record){&files[i], 1};
	}
	records[1700] = records[1600]; /* twice in one chunk */
	records[2400] = records[3];    /* twice in two chunks */
	fake.fail_at_chunk = 2;
	CHECK_RC(submit(&s, records, N, &err), VF_IO);
	CHECK_STR(err.text, "the disk is full");
	CHECK_INT(n_ids, NT_SUBMIT_CHUNK);
	CHECK_INT(fake.accepted, NT_SUBMIT_CHUNK);
	memcpy(before, ids, sizeof(before));
	fake.fail_at_chunk = 0;
	CHECK_RC(submit(&s, records, N, &err), VF_OK);
	CHECK_INT(n_ids, N);
	CHECK_INT(n_new, N - NT_SUBMIT_CHUNK - 2);
	CHECK_INT(fake.accepted, N - 2);
	CHECK(vf_hash_eq(&ids[1700], &ids[1600]));
	CHECK(vf_hash_eq(&ids[2400], &ids[3]));
	CHECK(memcmp(before, ids, NT_SUBMIT_CHUNK * sizeof(ids[0])) == 0);
	memcpy(before, ids, sizeof(before));
	CHECK_RC(submit(&s, records, N, &err), VF_OK);
	CHECK_INT(n_new, 0);
	CHECK(memcmp(before, ids, N * sizeof(ids[0])) == 0);
	CHECK_RC(submit(&s, NULL, 0, &err), VF_OK);
	/* one bad name among many: the first in order is named, nothing is stored */
	files[2000].name = vf_bytes_str("a:b");
	files[1000].name = vf_bytes_str("mimetype");
	s.title = vf_bytes_str("again");
	fake.accepted = 0;
	CHECK_RC(submit(&s, records, N, &err), VF_NAME_SHAPE);
	CHECK_INT(fake.accepted, 0);
}

static void test_random(void)
{
	static struct nt_random r;
	static uint8_t a[10000], b[10000], zero[10000];
	struct vf_err err;

	CHECK_RC(nt_random(&r, a, sizeof(a), &err), VF_OK);
	CHECK_RC(nt_random(&r, b, sizeof(b), &err), VF_OK);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK(memcmp(a + 9000, zero, 1000) != 0 && memcmp(b, zero, 1000) != 0);
	CHECK(memcmp(r.block + r.left, zero, sizeof(r.block) - r.left) == 0); /* used octets are wiped */
	CHECK_RC(nt_random(&r, a, 0, &err), VF_OK);
}

static unsigned worked[64];

static void work(void *ctx, unsigned who)
{
	(void)ctx;
	worked[who]++;
}

static void test_crew(void)
{
	struct nt_crew *c = nt_crew_new(5);

	CHECK(nt_crew_size(c) >= 1 && nt_crew_size(c) <= 5);
	for (unsigned i = 0; i < 100; i++)
		nt_crew_run(c, work, NULL);
	for (unsigned i = 0; i < nt_crew_size(c); i++)
		CHECK_INT(worked[i], 100);
	CHECK(nt_crew_free(c) == NULL);
	nt_crew_run(NULL, work, NULL);
	CHECK_INT(worked[0], 101);
	CHECK(nt_crew_cores(1) == 1);
}

int main(void)
{
	test_one_record();
	test_personal();
	test_links();
	test_without_documents();
	test_details();
	test_details_links();
	test_own_kind();
	test_names();
	test_texts_and_limits();
	test_signed();
	test_keep();
	test_made();
	test_chunks();
	test_random();
	test_crew();
	return check_done();
}
