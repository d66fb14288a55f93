/* log audit finds a forked stream, a stream with a gap, and a broken chain of seals. */
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
	return check_done();
}
