#include "notary/headlock.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/durable.h"
#include "verify/limits.h"

#define HEAD_VERSION 1

struct nt_headlock {
	sqlite3 *db;
	struct nt_head head;
	uint8_t *note;
};

static enum vf_rc db_fail(sqlite3 *db, const char *what, struct vf_err *reterr)
{
	int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
	const char *text = db ? sqlite3_errmsg(db) : "out of memory";

	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return vf_fail(reterr, VF_STORE_BUSY, "another process has 'head.db' open");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return vf_fail(reterr, VF_STORE_CORRUPT, "'head.db' is damaged (%s): %s", what, text);
	case SQLITE_NOMEM:
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to %s 'head.db'", what);
	default:
		return vf_fail(reterr, VF_IO, "cannot %s 'head.db': %s", what, text);
	}
}

static void stmt_finishp(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}

static void db_closep(sqlite3 **db)
{
	sqlite3_close(*db);
}

static VF_RC run(sqlite3 *db, const char *sql, struct vf_err *reterr)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, "change", reterr);
	return VF_OK;
}

static VF_RC open_db(const char *path, int flags, sqlite3 **ret, struct vf_err *reterr)
{
	VF_CLEANUP(db_closep) sqlite3 *db = NULL;
	enum vf_rc rc;

	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return db_fail(db, "open", reterr);
	sqlite3_extended_result_codes(db, 1);
	rc = run(db,
		"PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=EXTRA; PRAGMA trusted_schema=OFF;"
		"PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;",
		reterr);
	if (rc != VF_OK)
		return rc;
	*ret = db;
	db = NULL;
	return VF_OK;
}

static bool bind(sqlite3_stmt *s, const struct nt_head *h, uint64_t version)
{
	return sqlite3_bind_int64(s, 1, (sqlite3_int64)version) == SQLITE_OK &&
		sqlite3_bind_int64(s, 2, (sqlite3_int64)h->size) == SQLITE_OK &&
		sqlite3_bind_blob(s, 3, h->root.b, 32, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_blob64(s, 4, h->note.p, h->note.n, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int64(s, 5, (sqlite3_int64)h->seal) == SQLITE_OK &&
		sqlite3_bind_blob(s, 6, h->seal_head.b, 32, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int64(s, 7, h->time_ms) == SQLITE_OK;
}

VF_RC nt_headlock_create(const char *path, const struct nt_head *first, struct vf_err *reterr)
{
	VF_CLEANUP(db_closep) sqlite3 *db = NULL;
	VF_CLEANUP(stmt_finishp) sqlite3_stmt *s = NULL;
	enum vf_rc rc = nt_file_create(path, 0600, reterr);

	if (rc == VF_OK)
		rc = open_db(path, SQLITE_OPEN_READWRITE, &db, reterr);
	if (rc != VF_OK)
		return rc;
	rc = run(db,
		"BEGIN EXCLUSIVE; PRAGMA user_version=1;"
		"CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL,"
		" size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, seal INTEGER NOT NULL,"
		" seal_head BLOB NOT NULL, time_ms INTEGER NOT NULL) STRICT;",
		reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_prepare_v2(db, "INSERT INTO head VALUES (1,?,?,?,?,?,?,?)", -1, &s, NULL) != SQLITE_OK ||
		!bind(s, first, 1) || sqlite3_step(s) != SQLITE_DONE)
		return db_fail(db, "create", reterr);
	return run(db, "COMMIT", reterr);
}

static bool take_hash(sqlite3_stmt *s, int column, struct vf_hash *ret)
{
	if (sqlite3_column_bytes(s, column) != 32)
		return false;
	memcpy(ret->b, sqlite3_column_blob(s, column), 32);
	return true;
}

/* Copies the note so that it outlives the statement. */
static VF_RC set_note(struct nt_headlock *l, struct vf_bytes note, struct vf_err *reterr)
{
	uint8_t *p;

	if (note.n > VF_MAX_NOTE)
		return vf_fail(reterr, VF_STORE_CORRUPT, "the note in 'head.db' is too long");
	p = malloc(note.n + 1);
	if (p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the note in 'head.db'");
	if (note.n > 0)
		memcpy(p, note.p, note.n);
	free(l->note);
	l->note = p;
	l->head.note = vf_bytes(p, note.n);
	return VF_OK;
}

static VF_RC read_head(struct nt_headlock *l, struct vf_err *reterr)
{
	VF_CLEANUP(stmt_finishp) sqlite3_stmt *s = NULL;
	struct nt_head h = {0};
	enum vf_rc rc;

	if (sqlite3_prepare_v2(l->db, "SELECT version,size,root,note,seal,seal_head,time_ms FROM head", -1,
		    &s, NULL) != SQLITE_OK ||
		sqlite3_step(s) != SQLITE_ROW)
		return db_fail(l->db, "read", reterr);
	h.version = (uint64_t)sqlite3_column_int64(s, 0);
	h.size = (uint64_t)sqlite3_column_int64(s, 1);
	h.seal = (uint64_t)sqlite3_column_int64(s, 4);
	h.time_ms = sqlite3_column_int64(s, 6);
	if (!take_hash(s, 2, &h.root) || !take_hash(s, 5, &h.seal_head) || h.size > VF_MAX_TREE_SIZE)
		return vf_fail(reterr, VF_STORE_CORRUPT, "the head in 'head.db' is not in its exact form");
	l->head = h;
	rc = set_note(l, vf_bytes(sqlite3_column_blob(s, 3), (size_t)sqlite3_column_bytes(s, 3)), reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_step(s) != SQLITE_DONE)
		return db_fail(l->db, "read", reterr);
	return VF_OK;
}

static VF_RC check_version(sqlite3 *db, struct vf_err *reterr)
{
	VF_CLEANUP(stmt_finishp) sqlite3_stmt *s = NULL;
	int version;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL) != SQLITE_OK ||
		sqlite3_step(s) != SQLITE_ROW)
		return db_fail(db, "read", reterr);
	version = sqlite3_column_int(s, 0);
	if (version > HEAD_VERSION)
		return vf_fail(reterr, VF_STORE_VERSION, "'head.db' has version %d, this program knows %d",
			version, HEAD_VERSION);
	if (version < HEAD_VERSION)
		return vf_fail(reterr, VF_STORE_CORRUPT, "'head.db' was never finished");
	return VF_OK;
}

VF_RC nt_headlock_open(const char *path, struct nt_headlock **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_headlock_freep) struct nt_headlock *l = calloc(1, sizeof(*l));
	enum vf_rc rc;

	if (l == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for 'head.db'");
	if (access(path, F_OK) != 0)
		return vf_fail(reterr, VF_NO_INPUT, "there is no file '%s'", path);
	rc = open_db(path, SQLITE_OPEN_READWRITE, &l->db, reterr);
	if (rc != VF_OK)
		return rc;
	/* Held from here to the end; a journal that a crash left is rolled back. */
	rc = run(l->db, "BEGIN EXCLUSIVE; COMMIT", reterr);
	if (rc != VF_OK)
		return rc;
	rc = check_version(l->db, reterr);
	if (rc != VF_OK)
		return rc;
	rc = read_head(l, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = l;
	l = NULL;
	return VF_OK;
}

struct nt_headlock *nt_headlock_free(struct nt_headlock *l)
{
	if (l == NULL)
		return NULL;
	sqlite3_close(l->db);
	free(l->note);
	free(l);
	return NULL;
}

void nt_headlock_freep(struct nt_headlock **l)
{
	*l = nt_headlock_free(*l);
}

const struct nt_head *nt_headlock_get(const struct nt_headlock *l)
{
	return &l->head;
}

VF_RC nt_headlock_swap(
	struct nt_headlock *l, uint64_t version, const struct nt_head *next, struct vf_err *reterr)
{
	VF_CLEANUP(stmt_finishp) sqlite3_stmt *s = NULL;
	struct nt_head h = *next;
	enum vf_rc rc;

	if (sqlite3_prepare_v2(l->db,
		    "UPDATE head SET version=?1, size=?2, root=?3, note=?4, seal=?5, seal_head=?6,"
		    " time_ms=?7 WHERE one=1 AND version=?8",
		    -1, &s, NULL) != SQLITE_OK ||
		!bind(s, next, version + 1) ||
		sqlite3_bind_int64(s, 8, (sqlite3_int64)version) != SQLITE_OK ||
		sqlite3_step(s) != SQLITE_DONE)
		return db_fail(l->db, "change", reterr);
	if (sqlite3_changes(l->db) != 1)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"'head.db' does not hold version %" PRIu64 " of the head", version);
	rc = set_note(l, next->note, reterr);
	if (rc != VF_OK)
		return rc;
	h.version = version + 1;
	h.note = l->head.note;
	l->head = h;
	return VF_OK;
}

VF_RC nt_headlock_backup(struct nt_headlock *l, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(db_closep) sqlite3 *to = NULL;
	sqlite3_backup *b;
	enum vf_rc rc = nt_file_create(path, 0600, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return db_fail(to, "back up", reterr);
	b = sqlite3_backup_init(to, "main", l->db, "main");
	if (b == NULL)
		return db_fail(to, "back up", reterr);
	sqlite3_backup_step(b, -1);
	if (sqlite3_backup_finish(b) != SQLITE_OK)
		return db_fail(to, "back up", reterr);
	return VF_OK;
}
