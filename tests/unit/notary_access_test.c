/*
 * Parties, tokens, decisions and the audit trail: notary/access.h, notary/audit.h.
 *
 * "kill": a child is stopped at every failpoint of the audit trail's notarisation, and again
 * while it recovers; then every event is notarised exactly once.
 */
#include <sqlite3.h>
#include <sys/wait.h>

#include "notary/audit.h"
#include "notary/failpoint.h"
#include "tests/notary_fixture.h"
#include "tests/folder.h"

#define DAY INT64_C(86400000)
#define NOW INT64_C(1767139201000)
#define S(text) vf_bytes_str(text)

static struct fixture f;
static struct nt_access *a;

static void begin(void)
{
	struct vf_err err = {0};

	fixture_begin(&f);
	CHECK_RC(nt_notary_access(f.n, false, &a, &err), VF_OK);
	CHECK(a == NULL);
	fixture_need(nt_notary_access(f.n, true, &a, &err), &err, "access");
}

static void reopen(void)
{
	struct vf_err err = {0};

	nt_notary_free(f.n);
	f.n = NULL;
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	fixture_need(nt_notary_access(f.n, false, &a, &err), &err, "access");
}

/* Puts the notary's folder aside, or back as it was. */
static void save(void)
{
	nt_notary_free(f.n);
	f.n = NULL;
	folder_run("cp -a '%s' '%s.saved'", f.notary, f.notary);
}

static void put_back(void)
{
	nt_notary_free(f.n);
	f.n = NULL;
	folder_run("rm -rf '%s' && cp -a '%s.saved' '%s'", f.notary, f.notary, f.notary);
}

/* Changes the database behind the program's back. */
static void change(const char *sql)
{
	char path[200];
	sqlite3 *db = NULL;

	nt_notary_free(f.n);
	f.n = NULL;
	snprintf(path, sizeof(path), "%s/access.db", f.notary);
	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void tamper(const char *sql)
{
	change(sql);
	reopen();
}

/* ---- tokens ---- */

static void test_token_text(void)
{
	/* The example of docs/formats/audit.md: octets 00 to 1f. */
	static const char example[] = "tn1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8QTpIaA";
	struct nt_random r = {.left = 0};
	struct vf_hash hash, want, other;
	uint8_t secret[32];
	char text[NT_TOKEN_LEN + 1], again[NT_TOKEN_LEN + 1], changed[NT_TOKEN_LEN + 2];

	for (size_t i = 0; i < 32; i++)
		secret[i] = (uint8_t)i;
	want = vf_sha256(vf_bytes(secret, 32));
	CHECK_RC(nt_token_read(S(example), &hash, NULL), VF_OK);
	CHECK(vf_hash_eq(&hash, &want));
	CHECK_RC(nt_token_make(&r, text, &want, NULL), VF_OK);
	CHECK_RC(nt_token_make(&r, again, &other, NULL), VF_OK);
	CHECK_INT(strlen(text), NT_TOKEN_LEN);
	CHECK(strcmp(text, again) != 0 && !vf_hash_eq(&want, &other));
	CHECK_RC(nt_token_read(S(text), &hash, NULL), VF_OK);
	CHECK(vf_hash_eq(&hash, &want));
	/* No other character in any place, and no other length, is a token. */
	for (size_t i = 0; i < NT_TOKEN_LEN; i++) {
		for (int c = 0; c < 256; c++) {
			memcpy(changed, example, sizeof(example));
			if ((char)c == example[i])
				continue;
			changed[i] = (char)c;
			if (nt_token_read(vf_bytes(changed, NT_TOKEN_LEN), &hash, NULL) != VF_UNAUTHENTICATED)
				CHECK_FAIL("a token with octet %d at %zu is accepted", c, i);
		}
		CHECK_RC(nt_token_read(vf_bytes(example, i), &hash, NULL), VF_UNAUTHENTICATED);
	}
	snprintf(changed, sizeof(changed), "%s=", example);
	CHECK_RC(nt_token_read(S(changed), &hash, NULL), VF_UNAUTHENTICATED);
}

static void test_words(void)
{
	for (unsigned i = 1; i < NT_ROLE_COUNT; i++) {
		unsigned rights = nt_role_rights((enum nt_role)i);

		CHECK_INT(nt_role_find(S(nt_role_name((enum nt_role)i))), i);
		CHECK((rights & NT_RIGHT_BIT(NT_RIGHT_NONE)) == 0);
		/* Who runs the notary reads no record; nobody else runs it. */
		CHECK(((rights & NT_RIGHT_BIT(NT_RIGHT_ADMIN)) != 0) == (i == NT_ROLE_OPERATOR));
		CHECK(((rights & NT_RIGHT_BIT(NT_RIGHT_READ)) == 0) == (i == NT_ROLE_OPERATOR));
	}
	for (unsigned i = 1; i < NT_RIGHT_COUNT; i++)
		CHECK_INT(nt_right_find(S(nt_right_name((enum nt_right)i))), i);
	CHECK_INT(nt_role_find(S("")), NT_ROLE_NONE);
	CHECK_INT(nt_right_find(S("")), NT_RIGHT_NONE);
	CHECK_INT(nt_role_rights(NT_ROLE_NONE), 0);
	CHECK(nt_party_name_is(S("site-berlin.2_x")) && nt_party_name_is(S("0")));
	CHECK(!nt_party_name_is(S("")) && !nt_party_name_is(S("-x")) && !nt_party_name_is(S("Site")));
	CHECK(!nt_party_name_is(S("a b")) && !nt_party_name_is(S("a\n")) && !nt_party_name_is(S("unknown")));
	CHECK(!nt_party_name_is(S("local")) && !nt_party_name_is(S("notary")));
	CHECK(nt_party_name_is(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
	CHECK(!nt_party_name_is(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}

/* ---- decisions ---- */

static uint64_t granted(const char *party, unsigned rights, const char *studies, const char *kinds, int64_t expires,
	char token[NT_TOKEN_LEN + 1])
{
	struct nt_random r = {.left = 0};
	struct nt_grant g = {
		.party = party, .rights = rights, .studies = S(studies), .kinds = S(kinds), .expires_ms = expires};
	uint64_t number = 0;
	struct vf_err err = {0};

	CHECK_RC(nt_token_make(&r, token, &g.hash, NULL), VF_OK);
	fixture_need(nt_access_grant(a, &g, NOW, &number, &err), &err, "grant");
	return number;
}

static enum vf_rc ask(const char *token, enum nt_right right, const char *study, const char *kind, int64_t now)
{
	struct nt_credential c = {.token = S(token)};
	struct nt_decision d;
	enum vf_rc rc = nt_access_check(a, &c, right, S(study), S(kind), now, &d, NULL);

	CHECK_INT(d.rc, rc);
	CHECK((rc == VF_UNAUTHENTICATED) == (strcmp(d.party, NT_PARTY_UNKNOWN) == 0));
	CHECK((rc == VF_UNAUTHENTICATED) == (d.credential == 0) && (d.role == NT_ROLE_NONE) == (d.credential == 0));
	return rc;
}

static enum vf_rc refuse(const char *party, unsigned rights, const char *studies, const char *kinds, int64_t expires)
{
	struct nt_grant g = {.party = party,
		.rights = rights,
		.studies = S(studies),
		.kinds = S(kinds),
		.expires_ms = expires,
		.hash = vf_sha256(S("fresh"))};
	uint64_t number = 0;
	enum vf_rc rc = nt_access_grant(a, &g, NOW, &number, NULL);

	CHECK_INT(number, 0);
	return rc;
}

static VF_RC count_row(void *ctx, const struct nt_credential_row *row, struct vf_err *reterr)
{
	(void)row, (void)reterr;
	++*(size_t *)ctx;
	return VF_OK;
}

static void test_decisions(void)
{
	char any[NT_TOKEN_LEN + 1], narrow[NT_TOKEN_LEN + 1], unknown[NT_TOKEN_LEN + 1];
	struct vf_hash spki = vf_sha256(S("a key")), other = vf_sha256(S("another"));
	struct nt_grant pin = {.party = "sponsor-x", .certificate = true, .hash = spki, .expires_ms = NOW + DAY};
	struct nt_credential c = {.spki = &spki};
	struct nt_decision d;
	struct nt_random r = {.left = 0};
	uint64_t number, pinned;
	size_t rows = 0;
	bool before;

	begin();
	CHECK_RC(nt_access_party_add(a, "site-1", NT_ROLE_SITE, NOW, NULL), VF_OK);
	CHECK_RC(nt_access_party_add(a, "sponsor-x", NT_ROLE_SPONSOR, NOW, NULL), VF_OK);
	CHECK_RC(nt_access_party_add(a, "reader-1", NT_ROLE_READER, NOW, NULL), VF_OK);
	CHECK_RC(nt_access_party_add(a, "site-1", NT_ROLE_READER, NOW, NULL), VF_EXISTS);
	CHECK_RC(nt_access_party_add(a, "Site", NT_ROLE_SITE, NOW, NULL), VF_USAGE);
	number = granted("site-1", 0, "", "", NOW + DAY, any);
	granted("site-1", NT_RIGHT_BIT(NT_RIGHT_SUBMIT), "DEMO-1\nDEMO-2\n", "consent\nwithdrawal\n", NOW + 2 * DAY,
		narrow);
	CHECK_RC(nt_token_make(&r, unknown, &other, NULL), VF_OK);

	CHECK_RC(ask(any, NT_RIGHT_SUBMIT, "DEMO-1", "protocol", NOW), VF_OK);
	CHECK_RC(ask(any, NT_RIGHT_ERASE, "", "", NOW), VF_OK);
	CHECK_RC(ask(any, NT_RIGHT_ADMIN, "DEMO-1", "protocol", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(any, NT_RIGHT_READ, "DEMO-1", "protocol", NOW + DAY - 1), VF_OK);
	CHECK_RC(ask(any, NT_RIGHT_READ, "DEMO-1", "protocol", NOW + DAY), VF_TOKEN_EXPIRED);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-2", "withdrawal", NOW), VF_OK);
	CHECK_RC(ask(narrow, NT_RIGHT_READ, "DEMO-1", "consent", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-3", "consent", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-", "consent", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-1\nDEMO-2", "consent", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-1", "protocol", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "", "consent", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-1", "", NOW), VF_FORBIDDEN);
	CHECK_RC(ask(narrow, NT_RIGHT_NONE, "", "", NOW), VF_OK);
	CHECK_RC(ask(unknown, NT_RIGHT_READ, "DEMO-1", "protocol", NOW), VF_UNAUTHENTICATED);
	CHECK_RC(ask("tn1_", NT_RIGHT_READ, "DEMO-1", "protocol", NOW), VF_UNAUTHENTICATED);
	CHECK_RC(ask("", NT_RIGHT_READ, "DEMO-1", "protocol", NOW), VF_UNAUTHENTICATED);

	/* A pinned key, which is no token, and a token's hash, which is no key. */
	CHECK_RC(nt_access_check(a, &c, NT_RIGHT_READ, S("D"), S("other"), NOW, &d, NULL), VF_UNAUTHENTICATED);
	CHECK_RC(nt_access_grant(a, &pin, NOW, &pinned, NULL), VF_OK);
	CHECK_RC(nt_access_check(a, &c, NT_RIGHT_READ, S("D"), S("other"), NOW, &d, NULL), VF_OK);
	CHECK_STR(d.party, "sponsor-x");
	CHECK_INT(d.credential, pinned);
	CHECK_RC(nt_access_grant(a, &pin, NOW, &pinned, NULL), VF_EXISTS);
	CHECK_RC(nt_token_read(S(any), &other, NULL), VF_OK);
	c.spki = &other;
	CHECK_RC(nt_access_check(a, &c, NT_RIGHT_READ, S("D"), S("other"), NOW, &d, NULL), VF_UNAUTHENTICATED);

	CHECK_RC(refuse("nobody", 0, "", "", NOW + DAY), VF_UNKNOWN_PARTY);
	CHECK_RC(refuse("reader-1", NT_RIGHT_BIT(NT_RIGHT_SUBMIT), "", "", NOW + DAY), VF_FORBIDDEN);
	CHECK_RC(refuse("reader-1", 0, "", "", NOW), VF_USAGE);
	CHECK_RC(refuse("reader-1", 0, "", "", NOW + NT_TOKEN_MAX_DAYS * DAY + 1), VF_USAGE);
	CHECK_RC(refuse("reader-1", 0, "", "konsent\n", NOW + DAY), VF_UNKNOWN_KIND);
	CHECK_RC(refuse("reader-1", 0, "a\n\n", "", NOW + DAY), VF_USAGE);
	CHECK_RC(refuse("reader-1", 0, "a\x01\n", "", NOW + DAY), VF_USAGE);

	/* What was decided holds over an opening; the database has no secret. */
	reopen();
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-2", "withdrawal", NOW), VF_OK);
	CHECK_INT(folder_search(f.notary, S(any)), 0);
	CHECK_RC(nt_access_revoke(a, number, NOW, &before, NULL), VF_OK);
	CHECK(!before);
	CHECK_RC(ask(any, NT_RIGHT_READ, "DEMO-1", "protocol", NOW), VF_TOKEN_REVOKED);
	CHECK_RC(nt_access_revoke(a, number, NOW, &before, NULL), VF_OK);
	CHECK(before);
	CHECK_RC(nt_access_revoke(a, 99, NOW, &before, NULL), VF_UNKNOWN_TOKEN);
	CHECK_RC(nt_access_party_revoke(a, "site-1", NOW, &before, NULL), VF_OK);
	CHECK_RC(nt_access_party_revoke(a, "site-2", NOW, &before, NULL), VF_UNKNOWN_PARTY);
	CHECK_RC(ask(narrow, NT_RIGHT_SUBMIT, "DEMO-2", "withdrawal", NOW), VF_TOKEN_REVOKED);
	CHECK_RC(refuse("site-1", 0, "", "", NOW + DAY), VF_TOKEN_REVOKED);
	CHECK_RC(nt_access_party_add(a, "site-1", NT_ROLE_SITE, NOW, NULL), VF_EXISTS);
	CHECK_RC(nt_access_credentials(a, count_row, &rows, NULL), VF_OK);
	CHECK_INT(rows, 3);
	/* A right that no role of the party gives does not come from the database either. */
	change("UPDATE credential SET rights = 31");
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, NULL), &(struct vf_err){0}, "open");
	CHECK_RC(nt_notary_access(f.n, false, &a, NULL), VF_STORE_CORRUPT);
	fixture_end(&f);
}

/* ---- texts ---- */

static void test_event_text(void)
{
	struct nt_event e = {.number = 17,
		.time_ms = NOW,
		.party = S("site-1"),
		.credential = 4,
		.right = NT_RIGHT_READ,
		.about = NT_ABOUT_RECORD,
		.object = vf_sha256(S("x")),
		.outcome = VF_OK,
		.count = 1,
		.request = S("01HQ7Z")};
	struct nt_buf text = nt_buf(NT_AUDIT_MAX_EVENT);
	struct nt_event got;

	CHECK_RC(nt_event_put(&e, &text, NULL), VF_OK);
	CHECK_RC(nt_event_parse(nt_buf_bytes(&text), &got, NULL), VF_OK);
	CHECK(got.number == 17 && got.time_ms == NOW && got.right == NT_RIGHT_READ && got.count == 1);
	CHECK_BYTES(got.request, S("01HQ7Z"));
	CHECK(vf_hash_eq(&got.object, &e.object));
	/* Cut anywhere, or with any bit changed, it is no event or another one. */
	for (size_t i = 0; i < text.n; i++) {
		struct nt_buf again = nt_buf(NT_AUDIT_MAX_EVENT);

		CHECK_RC(nt_event_parse(vf_bytes(text.p, i), &got, NULL), VF_AUDIT_SHAPE);
		text.p[i] ^= 1;
		if (nt_event_parse(nt_buf_bytes(&text), &got, NULL) == VF_OK) {
			CHECK_RC(nt_event_put(&got, &again, NULL), VF_OK);
			CHECK_BYTES(nt_buf_bytes(&again), nt_buf_bytes(&text));
		}
		text.p[i] ^= 1;
		nt_buf_done(&again);
	}
	e.request = S("a b");
	CHECK_RC(nt_event_put(&e, &text, NULL), VF_AUDIT_SHAPE);
	e.request = S("");
	e.party = S("Dr. Person");
	CHECK_RC(nt_event_put(&e, &text, NULL), VF_AUDIT_SHAPE);
	e.party = S("unknown");
	e.outcome = VF_NOT_CHECKED;
	CHECK_RC(nt_event_put(&e, &text, NULL), VF_AUDIT_SHAPE);
	nt_buf_done(&text);
}

static void test_document_text(void)
{
	struct nt_audit_document d = {
		.origin = S("test.example/1"), .number = 1, .day = 20000, .part = 1, .first = 1, .events = 2};
	struct nt_audit_document got;
	struct nt_buf text = nt_buf(4096);
	struct vf_hash h = vf_sha256(S("one")), line;
	char name[NT_AUDIT_NAME_LEN];

	nt_audit_put_head(&text, &d);
	for (int i = 0; i < 2; i++) {
		nt_buf_put_hex(&text, vf_bytes(h.b, 32));
		nt_buf_put_u8(&text, '\n');
	}
	CHECK_RC(nt_audit_parse(nt_buf_bytes(&text), &got, NULL), VF_OK);
	line = nt_audit_line(&got, 1);
	CHECK(vf_hash_eq(&line, &h));
	CHECK_INT(got.day, 20000);
	for (size_t i = 0; i < text.n; i++)
		CHECK_RC(nt_audit_parse(vf_bytes(text.p, i), &got, NULL), VF_AUDIT_SHAPE);
	nt_audit_name(name, 20000, 1);
	CHECK_STR(name, "audit-2024-10-04.txt");
	nt_audit_name(name, 20000, 12);
	CHECK_STR(name, "audit-2024-10-04-12.txt");
	nt_buf_done(&text);
}

/* ---- the trail ---- */

static struct nt_event event_at(int64_t ms, enum vf_rc outcome)
{
	return (struct nt_event){.time_ms = ms,
		.party = outcome == VF_UNAUTHENTICATED ? S("unknown") : S("site-1"),
		.credential = outcome == VF_UNAUTHENTICATED ? 0 : 1,
		.right = NT_RIGHT_READ,
		.about = NT_ABOUT_STUDY,
		.object = vf_sha256(S("DEMO-1")),
		.outcome = outcome,
		.count = 1,
		.request = S("r-1")};
}

struct sums {
	uint64_t events, denied, granted;
};

static VF_RC sum_event(void *ctx, const struct nt_event_row *row, struct vf_err *reterr)
{
	struct sums *s = ctx;
	struct nt_event e;
	enum vf_rc rc = nt_event_parse(row->text, &e, reterr);

	if (rc != VF_OK)
		return rc;
	CHECK_INT(e.number, row->number);
	s->events++;
	*(e.outcome == VF_OK ? &s->granted : &s->denied) += e.count;
	return VF_OK;
}

static void test_floods(void)
{
	enum { REFUSED = 5000 };
	static struct nt_event events[REFUSED + 3];
	struct sums s = {0};
	struct nt_event bad[2] = {event_at(NOW, VF_OK), event_at(NOW, VF_OK)};

	begin();
	for (size_t i = 0; i < REFUSED; i++)
		events[i] = event_at(NOW, VF_UNAUTHENTICATED);
	events[REFUSED] = event_at(NOW, VF_OK);
	events[REFUSED + 1] = event_at(NOW, VF_FORBIDDEN);
	events[REFUSED + 2] = event_at(NOW, VF_OK);
	CHECK_RC(nt_audit_put(a, events, REFUSED + 3, NULL), VF_OK);
	CHECK_RC(nt_audit_events(a, 1, INT64_MAX, sum_event, &s, NULL), VF_OK);
	CHECK_INT(s.events, NT_AUDIT_FLOOD + 3);
	/* The count outlives the process, and becomes an event with the next minute. */
	reopen();
	CHECK_RC(nt_audit_put(a, &(struct nt_event[]){event_at(NOW + 60000, VF_OK)}[0], 1, NULL), VF_OK);
	s = (struct sums){0};
	CHECK_RC(nt_audit_events(a, 1, INT64_MAX, sum_event, &s, NULL), VF_OK);
	CHECK_INT(s.denied, REFUSED + 1);
	CHECK_INT(s.granted, 3);
	CHECK_INT(s.events, NT_AUDIT_FLOOD + 5);
	/* One bad event: none is stored. */
	bad[1].count = 0;
	CHECK_RC(nt_audit_put(a, bad, 2, NULL), VF_AUDIT_SHAPE);
	s = (struct sums){0};
	CHECK_RC(nt_audit_events(a, 1, INT64_MAX, sum_event, &s, NULL), VF_OK);
	CHECK_INT(s.events, NT_AUDIT_FLOOD + 5);
	fixture_end(&f);
}

static void put_days(void)
{
	struct nt_event events[9];

	for (int i = 0; i < 9; i++)
		events[i] = event_at(NOW + i / 3 * DAY, i % 3 == 1 ? VF_FORBIDDEN : VF_OK);
	events[2].time_ms = NOW - 5 * DAY; /* the clock was set back: still the first day's */
	CHECK_RC(nt_audit_put(a, events, 9, NULL), VF_OK);
}

static uint64_t documents;

static void count_document(void *ctx, const struct nt_audit_row *row)
{
	(void)ctx, (void)row;
	documents++;
}

static char first_finding[400];

static void keep_finding(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx;
	if (first_finding[0] == '\0')
		snprintf(first_finding, sizeof(first_finding), "%s %s", vf_rc_name(rc), text);
}

static uint64_t faults(void)
{
	struct vf_err err = {0};
	uint64_t n = 99;

	first_finding[0] = '\0';
	fixture_need(nt_audit_check(f.n, a, keep_finding, NULL, &n, &err), &err, "check");
	return n;
}

static void seal_days(void)
{
	struct vf_err err = {0};

	documents = 0;
	f.now += 3 * DAY; /* four days after the first events began */
	fixture_need(nt_audit_seal(f.n, a, NOW + 2 * DAY, false, count_document, NULL, &err), &err, "audit seal");
}

static void test_seal(void)
{
	struct nt_audit_row row = {0};
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	bool found = false;
	struct nt_event late = event_at(NOW, VF_OK);

	begin();
	put_days();
	seal_days();
	CHECK_INT(documents, 2);
	CHECK_INT(faults(), 0);
	CHECK_RC(nt_audit_row_of(a, 4, &found, &row, NULL), VF_OK);
	CHECK(found && row.number == 2 && row.first == 4 && row.events == 3 && row.part == 1 && row.notarised);
	CHECK_RC(nt_notary_get(f.n, &row.record, &r, NULL), VF_OK);
	CHECK_BYTES(r->kind, S("audit"));
	CHECK_BYTES(r->submitter, S("notary"));
	CHECK(r->in_stream && r->seq == 1 && r->documents[0].keep);
	/* Again: nothing. Today: the third day, then its second part with what came late. */
	seal_days();
	CHECK_INT(documents, 0);
	CHECK_RC(nt_audit_seal(f.n, a, NOW + 2 * DAY, true, count_document, NULL, NULL), VF_OK);
	CHECK_INT(documents, 1);
	CHECK_RC(nt_audit_put(a, &late, 1, NULL), VF_OK);
	CHECK_RC(nt_audit_seal(f.n, a, NOW + 3 * DAY, false, count_document, NULL, NULL), VF_OK);
	CHECK_INT(documents, 2);
	CHECK_RC(nt_audit_row_of(a, 10, &found, &row, NULL), VF_OK);
	CHECK(found && row.number == 4 && row.part == 2);
	reopen();
	CHECK_INT(faults(), 0);
	fixture_end(&f);
}

/* Each of these is found by check, with the words that say what happened. */
static void test_tampering(void)
{
	static const struct {
		const char *sql, *finding;
	} cases[] = {
		{"UPDATE event SET text = CAST(replace(CAST(text AS TEXT), 'FORBIDDEN', 'OK') AS BLOB)"
		 " WHERE number = 2",
			"AUDIT_MISMATCH event 2 was changed"},
		{"UPDATE event SET salt = zeroblob(32) WHERE number = 5", "AUDIT_MISMATCH event 5 was changed"},
		{"DELETE FROM event WHERE number = 4", "AUDIT_MISMATCH event 4 was removed"},
		{"DELETE FROM event WHERE number = 6", "AUDIT_MISMATCH event 6 was removed"},
		{"INSERT INTO event SELECT 0, day, salt, text FROM event WHERE number = 1",
			"AUDIT_MISMATCH an event was inserted"},
		{"INSERT INTO event SELECT -1, day, salt, text FROM event WHERE number = 1",
			"AUDIT_MISMATCH an event was inserted"},
		{"DELETE FROM event WHERE number = 8", "AUDIT_MISMATCH event 8 was removed before"},
		{"UPDATE event SET number = -number - 1 WHERE number >= 3;"
		 "UPDATE event SET number = -number WHERE number < 0;"
		 "INSERT INTO event SELECT 3, day, salt, text FROM event WHERE number = 1",
			"AUDIT_MISMATCH event 3 was changed, or another"},
		{"DELETE FROM event", "AUDIT_MISMATCH event 1 was removed"},
		{"DELETE FROM document", "AUDIT_MISMATCH events 1 to 3 were notarised"},
		{"DELETE FROM document WHERE number = 2", "AUDIT_MISMATCH events 4 to 6 were notarised"},
		{"DELETE FROM document WHERE number = 1", "AUDIT_MISMATCH document 1 of the audit trail was removed"},
		{"UPDATE document SET events = 2 WHERE number = 2", "AUDIT_MISMATCH the row of document 2"},
		{"UPDATE document SET sha256 = zeroblob(32) WHERE number = 2", "AUDIT_MISMATCH the row of document 2"},
		{"UPDATE document SET record = zeroblob(32) WHERE number = 2", "UNKNOWN_RECORD document 2"},
		{"UPDATE document SET record = (SELECT record FROM document WHERE number = 1) WHERE number = 2",
			"AUDIT_MISMATCH the row of document 2"},
		{"UPDATE document SET part = 0 WHERE number = 1", "STORE_CORRUPT"},
	};

	begin();
	put_days();
	seal_days();
	CHECK_INT(faults(), 0);
	save();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_back();
		tamper(cases[i].sql);
		if (strcmp(cases[i].finding, "STORE_CORRUPT") == 0) {
			uint64_t n = 0;
			enum vf_rc rc = nt_audit_check(f.n, a, keep_finding, NULL, &n, NULL);

			CHECK(rc == VF_STORE_CORRUPT || (rc == VF_OK && n > 0));
		} else {
			CHECK(faults() > 0);
			if (strncmp(first_finding, cases[i].finding, strlen(cases[i].finding)) != 0)
				CHECK_FAIL("%s: %s", cases[i].sql, first_finding);
		}
	}
	fixture_end(&f);
}

/* The database is gone with all that was in it: the notary's records know. */
static void test_lost(void)
{
	char path[200];

	begin();
	put_days();
	seal_days();
	nt_notary_free(f.n);
	f.n = NULL;
	snprintf(path, sizeof(path), "%s/access.db", f.notary);
	CHECK_INT(remove(path), 0);
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, NULL), &(struct vf_err){0}, "open");
	CHECK_RC(nt_notary_access(f.n, true, &a, NULL), VF_OK);
	CHECK_INT(faults(), 2);
	fixture_end(&f);
}

/* ---- care ---- */

static void test_care(void)
{
	char backup[200], again[200], token[NT_TOKEN_LEN + 1], path[220];
	struct stat st;
	uint64_t n = 0;

	begin();
	snprintf(path, sizeof(path), "%s/access.db", f.notary);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_RC(nt_access_party_add(a, "site-1", NT_ROLE_SITE, NOW, NULL), VF_OK);
	granted("site-1", 0, "", "", NOW + DAY, token);
	put_days();
	seal_days();
	snprintf(backup, sizeof(backup), "%s/backup", f.dir);
	snprintf(again, sizeof(again), "%s/again", f.dir);
	CHECK_RC(nt_notary_fsck(f.n, keep_finding, NULL, &n, NULL), VF_OK);
	CHECK_INT(n, 0);
	CHECK_RC(nt_notary_backup(f.n, backup, NULL), VF_OK);
	CHECK_RC(nt_notary_restore(backup, again, vf_bytes(NULL, 0), NULL), VF_OK);
	nt_notary_free(f.n);
	f.n = NULL;
	strcpy(f.notary, again);
	reopen();
	CHECK_RC(ask(token, NT_RIGHT_READ, "DEMO-1", "protocol", NOW), VF_OK);
	CHECK_INT(faults(), 0);
	nt_notary_free(f.n);
	f.n = NULL;
	snprintf(path, sizeof(path), "%s/access.db", again);
	for (long at = 0; at < 16; at++)
		folder_flip(path, 4096 + at); /* a page of the schema's first table */
	first_finding[0] = '\0';
	n = 0;
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, NULL), &(struct vf_err){0}, "open");
	CHECK_RC(nt_notary_fsck(f.n, keep_finding, NULL, &n, NULL), VF_OK);
	CHECK(n > 0 && strstr(first_finding, "access.db") != NULL);
	fixture_end(&f);
}

/* ---- kill ---- */

struct killing {
	int left;
	bool ours; /* only the failpoints of the trail count */
};

static void kill_at(void *ctx, const char *name)
{
	struct killing *k = ctx;

	if ((!k->ours || strncmp(name, "audit-", 6) == 0) && k->left-- == 0)
		_exit(42);
}

/* True when the child came to its end. */
static bool child_ends(int kill_after)
{
	struct killing k = {.left = kill_after};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct vf_err err = {0};

		nt_failpoint_set(kill_at, &k);
		f.now += 4 * DAY;
		if (nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err) != VF_OK ||
			nt_notary_access(f.n, false, &a, &err) != VF_OK ||
			nt_audit_seal(f.n, a, NOW + 5 * DAY, false, NULL, NULL, &err) != VF_OK)
			_exit(1);
		nt_notary_free(f.n);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 42 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 0;
}

static void test_kill(void)
{
	bool ended = false;
	int kills = 0;

	begin();
	put_days();
	save();
	for (int at = 0; !ended && at < 200; at++) {
		uint64_t seals, size, pending;

		put_back();
		ended = child_ends(at);
		kills += !ended;
		if (!ended)
			child_ends(at / 2); /* and once more while it goes on */
		f.now += 5 * DAY;
		reopen();
		seal_days();
		CHECK_RC(nt_audit_seal(f.n, a, NOW + 5 * DAY, false, NULL, NULL, NULL), VF_OK);
		CHECK_INT(faults(), 0);
		CHECK_RC(nt_notary_counts(f.n, &seals, &size, &pending, NULL), VF_OK);
		CHECK_INT(size + pending, 3); /* exactly one record a day */
	}
	fixture_end(&f);
	CHECK(ended);
	CHECK(kills >= 12); /* four steps for each of three documents */
}

int main(void)
{
	test_token_text();
	test_words();
	test_decisions();
	test_event_text();
	test_document_text();
	test_floods();
	test_seal();
	test_tampering();
	test_lost();
	test_care();
	test_kill();
	return check_done();
}
