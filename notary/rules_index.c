#include "notary/rules_index.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/details_check.h"
#include "notary/durable.h"
#include "notary/small_db.h"
#include "trial/read/mapping.h"
#include "trial/rules/case.h"

/* Records that are looked at again each time rather than noted: noting costs a write to the disk. */
#define TAIL 64
/* Records that are noted with one commit. */
#define PAGE 512
#define ROOM (TR_MAX_DETAILS + 64)

enum { PUT, NEXT, PROGRESS, SET_PROGRESS, CLEAR };

static const char *const statements[] = {
	[PUT] = "INSERT OR REPLACE INTO record (study, number, id) VALUES (?, ?, ?)",
	[NEXT] = "SELECT number, id FROM record WHERE study = ? AND number < ? ORDER BY number DESC LIMIT 1",
	[PROGRESS] = "SELECT next, last FROM progress",
	[SET_PROGRESS] = "UPDATE progress SET next = ?, last = ?",
	[CLEAR] = "DELETE FROM record",
};

static const char *const migrations[] = {
	"CREATE TABLE record (study BLOB NOT NULL, number INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (study, number)) STRICT,"
	" WITHOUT ROWID;"
	"CREATE TABLE progress (next INTEGER NOT NULL, last BLOB NOT NULL) STRICT;"
	"INSERT INTO progress VALUES (0, zeroblob(32));",
};

static const struct nt_small_shape shape = {"rules.db", migrations, 1, statements, sizeof(statements) / sizeof(statements[0])};

struct looking {
	struct nt_notary *n;
	struct nt_small_db *db; /* NULL: nothing was noted yet */
	uint64_t next, count;   /* records below next are noted; there are count */
	uint8_t *room;          /* of one record's details */
};

bool nt_rules_is_parameters(struct vf_bytes details)
{
	const struct tr_case_record r = {.details_json = details};

	return vf_bytes_is(tr_case_detail(&r, "what"), TR_PARAMETERS_WHAT);
}

bool nt_rules_is_common(struct vf_bytes details)
{
	const struct tr_case_record r = {.details_json = details};

	return nt_rules_is_parameters(details) || vf_bytes_is(tr_case_detail(&r, "what"), TR_MAPPING_WHAT);
}

VF_RC nt_rules_count(struct nt_notary *n, uint64_t *ret, struct vf_err *reterr)
{
	uint64_t seals, size = 0, pending = 0;
	enum vf_rc rc = nt_notary_counts(n, &seals, &size, &pending, reterr);

	if (rc == VF_OK)
		*ret = size + pending;
	return rc;
}

/* ---- the file ---- */

/* What is in it is elsewhere, too. */
static VF_RC destroy(const char *dir, struct vf_err *reterr)
{
	static const char *const names[] = {"rules.db", "rules.db-wal", "rules.db-shm", "rules.db-journal"};
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, dir, &fd, reterr);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == VF_OK; i++)
		if (faccessat(fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			rc = nt_durable_destroy(fd, names[i], reterr);
	return rc;
}

static VF_RC open_file(struct looking *l, bool create, struct vf_err *reterr)
{
	const char *dir = nt_notary_dir(l->n);
	enum vf_rc rc = nt_small_open(dir, &shape, create, &l->db, reterr);

	if (rc != VF_STORE_CORRUPT && rc != VF_STORE_VERSION)
		return rc;
	rc = destroy(dir, reterr);
	return rc == VF_OK ? nt_small_open(dir, &shape, create, &l->db, reterr) : rc;
}

static VF_RC bad_row(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_STORE_CORRUPT, "'rules.db' is damaged: delete it, it is made again");
}

static bool column_hash(struct sqlite3_stmt *st, int at, struct vf_hash *ret)
{
	const void *p = sqlite3_column_blob(st, at);

	if (!p || sqlite3_column_bytes(st, at) != (int)sizeof(ret->b))
		return false;
	memcpy(ret->b, p, sizeof(ret->b));
	return true;
}

static bool bind_hash(struct sqlite3_stmt *st, int at, const struct vf_hash *h)
{
	return sqlite3_bind_blob64(st, at, h->b, sizeof(h->b), SQLITE_STATIC) == SQLITE_OK;
}

static VF_RC set_progress(struct looking *l, uint64_t next, const struct vf_hash *last, struct vf_err *reterr)
{
	struct sqlite3_stmt *st;
	enum vf_rc rc = nt_small_get(l->db, SET_PROGRESS, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (int64_t)next) != SQLITE_OK || !bind_hash(st, 2, last))
		return nt_small_fail(l->db, "note", reterr);
	return nt_small_done(l->db, st, reterr);
}

static VF_RC get_progress(struct looking *l, struct vf_hash *ret_last, struct vf_err *reterr)
{
	struct sqlite3_stmt *st;
	bool row = false;
	enum vf_rc rc = nt_small_get(l->db, PROGRESS, &st, reterr);

	if (rc == VF_OK)
		rc = nt_small_step(l->db, st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (!row || sqlite3_column_int64(st, 0) < 0 || !column_hash(st, 1, ret_last))
		return bad_row(reterr);
	l->next = (uint64_t)sqlite3_column_int64(st, 0);
	return VF_OK;
}

/* A file that has seen what this notary has not is another notary's, or a restored one's: it is made again. */
static VF_RC check_same(struct looking *l, const struct vf_hash *last, struct vf_err *reterr)
{
	static const struct vf_hash none;
	struct nt_listed listed;
	struct sqlite3_stmt *st;
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	if (l->next > 0 && l->next <= l->count)
		rc = nt_notary_page(l->n, vf_bytes(NULL, 0), l->next - 1, 1, &listed, &n, reterr);
	if (rc != VF_OK || l->next == 0 || (n == 1 && listed.number == l->next - 1 && vf_hash_eq(&listed.id, last)))
		return rc;
	l->next = 0;
	rc = nt_small_begin(l->db, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_small_get(l->db, CLEAR, &st, reterr);
	if (rc == VF_OK)
		rc = nt_small_done(l->db, st, reterr);
	if (rc == VF_OK)
		rc = set_progress(l, 0, &none, reterr);
	return nt_small_end(l->db, rc, reterr);
}

static VF_RC begin(struct looking *l, struct nt_notary *n, struct vf_err *reterr)
{
	struct vf_hash last;
	enum vf_rc rc;

	*l = (struct looking){.n = n, .room = malloc(ROOM)};
	if (!l->room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
	rc = nt_rules_count(n, &l->count, reterr);
	if (rc == VF_OK)
		rc = open_file(l, false, reterr);
	if (rc == VF_OK && l->db)
		rc = get_progress(l, &last, reterr);
	return rc == VF_OK && l->db ? check_same(l, &last, reterr) : rc;
}

static void done(struct looking *l)
{
	nt_small_free(l->db);
	free(l->room);
}

/* ---- records ---- */

static bool has_file(const struct nt_record *r)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (vf_bytes_is(r->documents[i].name, TR_PARAMETERS_NAME))
			return true;
	return false;
}

/* Reads the record, if it may lay parameters down: of the study, when one is asked for. */
static VF_RC look(struct looking *l, const struct vf_hash *id, struct vf_bytes study, struct nt_record **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_bytes details;
	struct vf_arena a;
	enum vf_rc rc = nt_notary_get(l->n, id, &r, reterr);

	*ret = NULL;
	if (rc != VF_OK || r->state == NT_ERASED || tr_kind_of(r->kind) != TR_OTHER || !has_file(r) ||
		(study.n && !vf_bytes_eq(r->study, study)))
		return rc;
	vf_arena_init(&a, l->room, ROOM);
	rc = nt_details_text(l->n, r, &a, &details, reterr);
	if (rc == VF_OK && nt_rules_is_parameters(details)) {
		*ret = r;
		r = NULL;
	}
	return rc;
}

static VF_RC note(struct looking *l, const struct nt_listed *at, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct sqlite3_stmt *st;
	struct vf_hash study;
	enum vf_rc rc = look(l, &at->id, vf_bytes(NULL, 0), &r, reterr);

	if (rc != VF_OK || !r)
		return rc;
	study = nt_notary_blind(l->n, r->study);
	rc = nt_small_get(l->db, PUT, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (!bind_hash(st, 1, &study) || sqlite3_bind_int64(st, 2, (int64_t)at->number) != SQLITE_OK || !bind_hash(st, 3, &at->id))
		return nt_small_fail(l->db, "note", reterr);
	return nt_small_done(l->db, st, reterr);
}

static VF_RC note_page(struct looking *l, const struct nt_listed *page, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = nt_small_begin(l->db, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = note(l, &page[i], reterr);
	if (rc == VF_OK)
		rc = set_progress(l, page[n - 1].number + 1, &page[n - 1].id, reterr);
	rc = nt_small_end(l->db, rc, reterr);
	if (rc == VF_OK)
		l->next = page[n - 1].number + 1;
	return rc;
}

/* Notes what lies below end, when that is worth a write. */
static VF_RC note_new(struct looking *l, uint64_t end, struct vf_err *reterr)
{
	struct nt_listed *page;
	size_t n = 1;
	enum vf_rc rc = VF_OK;

	if (end - l->next < TAIL)
		return VF_OK;
	page = calloc(PAGE, sizeof(*page));
	if (!page)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a page of records");
	if (!l->db)
		rc = open_file(l, true, reterr);
	while (rc == VF_OK && l->next < end && n > 0) {
		size_t most = end - l->next < PAGE ? (size_t)(end - l->next) : PAGE;

		rc = nt_notary_page(l->n, vf_bytes(NULL, 0), l->next, most, page, &n, reterr);
		if (rc == VF_OK && n > 0)
			rc = note_page(l, page, n, reterr);
	}
	free(page);
	return rc;
}

/* ---- questions ---- */

/* In what is not noted yet; the newest is the last. */
static VF_RC find_in_tail(struct looking *l, struct vf_bytes study, struct nt_record **ret, struct vf_err *reterr)
{
	struct nt_listed tail[TAIL];
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	*ret = NULL;
	if (l->next < l->count)
		rc = nt_notary_page(l->n, vf_bytes(NULL, 0), l->next, TAIL, tail, &n, reterr);
	while (rc == VF_OK && n-- > 0 && !*ret)
		rc = look(l, &tail[n].id, study, ret, reterr);
	return rc;
}

static VF_RC find_noted(struct looking *l, struct vf_bytes study, struct nt_record **ret, struct vf_err *reterr)
{
	const struct vf_hash blind = nt_notary_blind(l->n, study);
	int64_t before = INT64_MAX;
	bool row = l->db != NULL;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && row && !*ret) {
		struct sqlite3_stmt *st;
		struct vf_hash id;

		rc = nt_small_get(l->db, NEXT, &st, reterr);
		if (rc == VF_OK && (!bind_hash(st, 1, &blind) || sqlite3_bind_int64(st, 2, before) != SQLITE_OK))
			rc = nt_small_fail(l->db, "read", reterr);
		if (rc == VF_OK)
			rc = nt_small_step(l->db, st, &row, reterr);
		if (rc != VF_OK || !row)
			return rc;
		before = sqlite3_column_int64(st, 0);
		rc = column_hash(st, 1, &id) ? look(l, &id, study, ret, reterr) : bad_row(reterr);
	}
	return rc;
}

VF_RC nt_rules_newest(struct nt_notary *n, struct vf_bytes study, struct nt_record **ret, struct vf_err *reterr)
{
	struct nt_record *found = NULL;
	struct looking l;
	enum vf_rc rc = begin(&l, n, reterr);

	if (rc == VF_OK)
		rc = note_new(&l, l.count, reterr);
	if (rc == VF_OK)
		rc = find_in_tail(&l, study, &found, reterr);
	if (rc == VF_OK && !found)
		rc = find_noted(&l, study, &found, reterr);
	done(&l);
	if (rc == VF_OK)
		*ret = found;
	else
		nt_record_free(found);
	return rc;
}

VF_RC nt_rules_pass(struct nt_notary *n, uint64_t first, struct vf_err *reterr)
{
	struct nt_listed last;
	struct looking l;
	uint64_t count = 0;
	size_t got = 0;
	enum vf_rc rc = nt_rules_count(n, &count, reterr);

	if (rc != VF_OK || count < TAIL || count - TAIL < first)
		return rc; /* so few are looked at as quickly */
	rc = begin(&l, n, reterr);
	if (rc != VF_OK || first < l.next) {
		done(&l);
		return rc;
	}
	if (!l.db)
		rc = open_file(&l, true, reterr);
	while (rc == VF_OK && l.next < first) {
		struct nt_listed page[TAIL];
		size_t most = first - l.next < TAIL ? (size_t)(first - l.next) : TAIL;

		rc = nt_notary_page(n, vf_bytes(NULL, 0), l.next, most, page, &got, reterr);
		if (rc == VF_OK)
			rc = got ? note_page(&l, page, got, reterr) : bad_row(reterr);
	}
	if (rc == VF_OK)
		rc = nt_notary_page(n, vf_bytes(NULL, 0), l.count - 1, 1, &last, &got, reterr);
	if (rc == VF_OK && got == 1)
		rc = set_progress(&l, l.count, &last.id, reterr);
	done(&l);
	return rc;
}
