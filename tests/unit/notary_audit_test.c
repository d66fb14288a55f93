/* log audit and fsck find a forked stream, a gap, a foreign slot, a broken chain of seals, and rows that changed. */
#include <sqlite3.h>

#include "notary/notary.h"
#include "trial/statement.h"
/* after the headers that list checks */
#include "tests/check.h"
#include "tests/notary_fixture.h"

struct seen {
	size_t n[VF_RC_COUNT];
};

static void see(void *ctx, enum vf_rc rc, const char *text)
{
	struct seen *s = ctx;

	(void)text;
	s->n[rc]++;
}

static struct seen audit(struct fixture *f)
{
	struct seen s = {{0}};
	struct vf_err err = {0};
	uint64_t faults = 0;

	fixture_need(nt_notary_audit(f->n, see, &s, &faults, &err), &err, "audit");
	return s;
}

static size_t all(const struct seen *s)
{
	size_t n = 0;

	for (size_t i = 0; i < VF_RC_COUNT; i++)
		n += s->n[i];
	return n;
}

static void edit(struct fixture *f, const char *sql)
{
	char path[120];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/notary.db", f->notary);
	f->n = nt_notary_free(f->n);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
		exit(1);
	}
	CHECK(sqlite3_changes(db) > 0);
	sqlite3_close(db);
}

static void reopen(struct fixture *f)
{
	struct vf_err err = {0};

	fixture_need(nt_notary_open(f->notary, fixture_clock, f, &f->n, &err), &err, "open");
}

/* A record outside streams that claims the slot of record 1: two entries of one slot are public proof of a fork. */
static void submit_fork(struct fixture *f, const struct vf_hash *id)
{
	static uint8_t block[65536];
	struct vf_pair group[2] = {{{{0}}, {{0}}}, vf_pair_of(vf_bytes_str("forked\n"))};
	struct vf_member member = {.name = vf_bytes_str("fork.txt"), .digests = group[1]};
	struct tr_statement st = {.kind = TR_OTHER, .study = vf_bytes_str("DEMO-1"), .members = &member, .n_members = 1};
	struct nt_member members[2] = {{.name = vf_bytes_str("fork.txt"), .digests = group[1]}, {.name = vf_bytes_str("statement.json")}};
	struct nt_document doc = {.name = vf_bytes_str("fork.txt"), .digests = group[1], .size = 7};
	struct nt_submission s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str("DEMO-1"), .kind = vf_bytes_str("other"),
		.members = members, .n_members = 2, .documents = &doc, .n_documents = 1};
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum nt_accepted how;
	struct vf_arena a;
	struct vf_err err = {0};

	vf_arena_init(&a, block, sizeof(block));
	fixture_need(nt_notary_get(f->n, id, &r, &err), &err, "get");
	fixture_need(tr_statement_put(&st, &a, &members[1].bytes, &err), &err, "statement");
	members[1].digests = vf_pair_of(members[1].bytes);
	group[0] = members[1].digests;
	vf_group(group, 2, &s.id, &s.id512);
	s.slot = r->slot;
	s.journal = s.id;
	fixture_need(nt_notary_accept(f->n, &s, 1, &how, &err), &err, "accept");
}

/* Flips the last bit of the octet that begins text in the row of a record, in a database that nobody has open. */
static void flip(struct fixture *f, int number, struct vf_bytes text)
{
	char path[120];
	sqlite3 *db = NULL;
	sqlite3_stmt *get = NULL, *put = NULL;
	uint8_t body[8192];
	size_t n, at = 0;

	snprintf(path, sizeof(path), "%s/notary.db", f->notary);
	f->n = nt_notary_free(f->n);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
		sqlite3_prepare_v2(db, "SELECT body FROM record WHERE number = ?", -1, &get, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(db, "UPDATE record SET body = ?2 WHERE number = ?1", -1, &put, NULL) != SQLITE_OK ||
		sqlite3_bind_int(get, 1, number) != SQLITE_OK || sqlite3_step(get) != SQLITE_ROW)
		exit(1);
	n = (size_t)sqlite3_column_bytes(get, 0);
	if (n > sizeof(body))
		exit(1);
	memcpy(body, sqlite3_column_blob(get, 0), n);
	sqlite3_finalize(get);
	while (at + text.n <= n && memcmp(body + at, text.p, text.n) != 0)
		at++;
	CHECK(at + text.n <= n);
	body[at] ^= 1;
	if (sqlite3_bind_int(put, 1, number) != SQLITE_OK ||
		sqlite3_bind_blob(put, 2, body, (int)n, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(put) != SQLITE_DONE)
		exit(1);
	sqlite3_finalize(put);
	sqlite3_close(db);
}

static struct seen fsck(struct fixture *f)
{
	struct seen s = {{0}};
	struct vf_err err = {0};
	uint64_t faults = 0;

	fixture_need(nt_notary_fsck(f->n, see, &s, &faults, &err), &err, "fsck");
	return s;
}

/* What the row repeats of a statement, and the slot, which no hash of the record covers. */
static void test_rows(void)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_hash digest = vf_sha256(vf_bytes_str("second\n"));
	uint8_t named[5 + 32] = "b.txt"; /* a document's name and digest, as only the row has them */
	struct fixture f;
	struct vf_err err = {0};
	struct seen s;

	memcpy(named + 5, digest.b, 32);
	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "first\n");
	fixture_submit(&f, TR_CONSENT, "b.txt", "second\n");
	fixture_need(nt_notary_get(f.n, &f.last, &r, &err), &err, "get");
	fixture_seal(&f);
	s = fsck(&f);
	CHECK_INT(all(&s), 0);
	flip(&f, 1, vf_bytes(named, sizeof(named)));
	reopen(&f);
	s = fsck(&f);
	CHECK_INT(s.n[VF_STORE_CORRUPT], 1);
	CHECK_INT(all(&s), 1);
	named[0] ^= 1;
	flip(&f, 1, vf_bytes(named, sizeof(named)));
	flip(&f, 1, vf_bytes(r->slot.b, 32));
	reopen(&f);
	s = audit(&f);
	CHECK(s.n[VF_SLOT_MISMATCH] > 0);
	fixture_end(&f);
}

/* What changed while it waited is not signed; what was accepted stays for a repair. */
static void test_waiting(void)
{
	struct fixture f;
	struct nt_sealed sealed;
	struct vf_err err = {0};
	struct nt_stream stream;
	uint64_t seals, size, pending;

	for (int what = 0; what < 2; what++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;

		fixture_begin(&f);
		fixture_submit(&f, TR_PROTOCOL, "a.txt", "first\n");
		fixture_seal(&f);
		fixture_submit(&f, TR_OTHER, "b.txt", "second\n");
		fixture_need(nt_notary_get(f.n, &f.last, &r, &err), &err, "get");
		flip(&f, 1, what == 0 ? vf_bytes(r->id.b, 32) : vf_bytes(r->slot.b, 32));
		reopen(&f);
		CHECK_RC(nt_notary_seal(f.n, &sealed, &err), VF_STORE_CORRUPT);
		CHECK_RC(nt_notary_counts(f.n, &seals, &size, &pending, &err), VF_OK);
		CHECK_INT(seals, 1);
		CHECK_INT(size, 1);
		CHECK_INT(pending, 1);
		CHECK_RC(nt_notary_stream(f.n, vf_bytes_str("local"), vf_bytes_str("DEMO-1"), &stream, &err), VF_OK);
		CHECK_INT(stream.next, 2);
		fixture_end(&f);
	}
}

int main(void)
{
	struct fixture f;
	struct vf_hash middle;
	struct seen s;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "first\n");
	fixture_seal(&f);
	fixture_submit(&f, TR_OTHER, "b.txt", "second\n");
	middle = f.last;
	fixture_submit(&f, TR_OTHER, "c.txt", "third\n");
	fixture_seal(&f);
	s = audit(&f);
	CHECK_INT(all(&s), 0);
	submit_fork(&f, &middle);
	fixture_seal(&f);
	s = audit(&f);
	CHECK(s.n[VF_STREAM_FORK] > 0);
	fixture_end(&f);

	fixture_begin(&f);
	for (int i = 0; i < 4; i++) {
		char name[8] = {'0' + (char)i, 0};

		fixture_submit(&f, TR_OTHER, name, "text\n");
	}
	fixture_seal(&f);
	s = audit(&f);
	CHECK_INT(all(&s), 0);
	edit(&f, "DELETE FROM place WHERE seq = 2");
	reopen(&f);
	s = audit(&f);
	CHECK(s.n[VF_STREAM_GAP] > 0);
	fixture_end(&f);

	fixture_begin(&f);
	for (int i = 0; i < 3; i++) {
		char name[8] = {'0' + (char)i, 0};

		fixture_submit(&f, TR_OTHER, name, "text\n");
		fixture_seal(&f);
	}
	edit(&f, "UPDATE token SET id = zeroblob(32) WHERE seal = 2");
	reopen(&f);
	s = audit(&f);
	CHECK(s.n[VF_SEAL_CHAIN] > 0);
	fixture_end(&f);
	test_rows();
	test_waiting();
	return check_done();
}
