#include "notary/consent_index_inside.h"

#include <inttypes.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/small_db.h"
#include "trial/consent_fact.h"

#define COLUMNS "id, log_index, sealed, body, participant"

static const char *const statements[] = {
	[NT_CONSENT_PUT] =
		"INSERT OR REPLACE INTO record (study, participant, number, id, log_index, sealed, body)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)",
	[NT_CONSENT_SEALED] = "UPDATE record SET log_index = ?2, sealed = ?3 WHERE number = ?1",
	[NT_CONSENT_FIND] = "SELECT number, participant FROM record WHERE id = ?",
	[NT_CONSENT_DROP] = "DELETE FROM record WHERE id = ?",
	[NT_CONSENT_DOUBT] = ("INSERT OR IGNORE INTO doubt (number, id, study, participant)"
			      " SELECT number, id, study, participant FROM record WHERE id = ?"),
	[NT_CONSENT_NEXT_UNSEALED] =
		"SELECT number, id, study, participant FROM record WHERE sealed IS NULL AND number > ?"
		" ORDER BY number LIMIT 1",
	[NT_CONSENT_NEXT_DOUBT] =
		"SELECT number, id, study, participant FROM doubt WHERE number > ? ORDER BY number LIMIT 1",
	[NT_CONSENT_CLEAR_DOUBT] = "DELETE FROM doubt WHERE number = ?",
	[NT_CONSENT_HAS] = "SELECT 1 FROM record WHERE study = ? AND participant = ? LIMIT 1",
	[NT_CONSENT_ELSEWHERE] = "SELECT 1 FROM record WHERE participant = ? AND study <> ? LIMIT 1",
	[NT_CONSENT_PROGRESS] = "SELECT next, seals, size, last FROM progress",
	[NT_CONSENT_SET_PROGRESS] = "UPDATE progress SET next = ?, seals = ?, size = ?, last = ?",
	[NT_CONSENT_OWN] =
		"SELECT " COLUMNS " FROM record WHERE study = ? AND participant = ? ORDER BY number",
	[NT_CONSENT_ALL] = ("SELECT " COLUMNS " FROM record WHERE study = ? ORDER BY participant, number"),
};

/* Records of a study itself have the participant of 32 octets 0, which sorts first. */
static const char *const migrations[] = {
	"CREATE TABLE record (study TEXT NOT NULL, participant BLOB NOT NULL, number INTEGER NOT NULL UNIQUE,"
	" id BLOB NOT NULL UNIQUE, log_index INTEGER, sealed INTEGER, body BLOB NOT NULL,"
	" PRIMARY KEY (study, participant, number)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX unsealed ON record (number) WHERE sealed IS NULL;"
	"CREATE TABLE doubt (number INTEGER PRIMARY KEY, id BLOB NOT NULL, study TEXT NOT NULL,"
	" participant BLOB NOT NULL) STRICT;"
	"CREATE TABLE progress (next INTEGER NOT NULL, seals INTEGER NOT NULL, size INTEGER NOT NULL,"
	" last BLOB NOT NULL) STRICT;"
	"INSERT INTO progress VALUES (0, 0, 0, zeroblob(32));",
	"CREATE INDEX by_participant ON record (participant, study);",
};

static const struct nt_small_shape shape = {
	"consent.db", migrations, 2, statements, sizeof(statements) / sizeof(statements[0])};

/* ---- opening ---- */

/* What is in it is elsewhere, too. */
VF_RC nt_consent_index_destroy(const char *dir, struct vf_err *reterr)
{
	static const char *const names[] = {
		"consent.db", "consent.db-wal", "consent.db-shm", "consent.db-journal"};
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	enum vf_rc rc = nt_dir_open(AT_FDCWD, dir, &fd, reterr);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == VF_OK; i++)
		if (faccessat(fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			rc = nt_durable_destroy(fd, names[i], reterr);
	return rc;
}

VF_RC nt_consent_index_open(
	const char *dir, bool create, struct nt_consent_index **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_small_freep) struct nt_small_db *db = NULL;
	struct nt_consent_index *x;
	enum vf_rc rc = nt_small_open(dir, &shape, create, &db, reterr);

	if (rc == VF_STORE_CORRUPT || rc == VF_STORE_VERSION) {
		rc = nt_consent_index_destroy(dir, reterr);
		if (rc == VF_OK)
			rc = nt_small_open(dir, &shape, true, &db, reterr);
	}
	if (rc != VF_OK)
		return rc;
	if (db == NULL) {
		*ret = NULL;
		return VF_OK;
	}
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", shape.name);
	x->db = db;
	db = NULL;
	*ret = x;
	return VF_OK;
}

struct nt_consent_index *nt_consent_index_free(struct nt_consent_index *x)
{
	if (x == NULL)
		return NULL;
	nt_small_free(x->db);
	free(x->room);
	free(x);
	return NULL;
}

void nt_consent_index_freep(struct nt_consent_index **x)
{
	*x = nt_consent_index_free(*x);
}

VF_RC nt_consent_begin(struct nt_consent_index *x, struct vf_err *reterr)
{
	return nt_small_begin(x->db, reterr);
}

VF_RC nt_consent_end(struct nt_consent_index *x, enum vf_rc rc, struct vf_err *reterr)
{
	return nt_small_end(x->db, rc, reterr);
}

VF_RC nt_consent_wipe(struct nt_consent_index *x, struct vf_err *reterr)
{
	return nt_small_wipe(x->db, reterr);
}

/* ---- values ---- */

bool nt_consent_bind_text(sqlite3_stmt *st, int at, struct vf_bytes text)
{
	return sqlite3_bind_text64(st, at, text.n ? (const char *)text.p : "", text.n, SQLITE_STATIC,
		       SQLITE_UTF8) == SQLITE_OK;
}

bool nt_consent_bind_hash(sqlite3_stmt *st, int at, const struct vf_hash *h)
{
	return sqlite3_bind_blob64(st, at, h->b, sizeof(h->b), SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_number(sqlite3_stmt *st, int at, uint64_t v)
{
	return sqlite3_bind_int64(st, at, (sqlite3_int64)v) == SQLITE_OK;
}

/* NULL for what is not known yet. */
static bool bind_place(sqlite3_stmt *st, int at, uint64_t index, int64_t sealed)
{
	return (index == UINT64_MAX ? sqlite3_bind_null(st, at) == SQLITE_OK : bind_number(st, at, index)) &&
		(sealed == VF_TIME_NONE ? sqlite3_bind_null(st, at + 1)
					: sqlite3_bind_int64(st, at + 1, sealed)) == SQLITE_OK;
}

bool nt_consent_column_hash(sqlite3_stmt *st, int at, struct vf_hash *ret)
{
	const void *p = sqlite3_column_blob(st, at);

	if (p == NULL || sqlite3_column_bytes(st, at) != (int)sizeof(ret->b))
		return false;
	memcpy(ret->b, p, sizeof(ret->b));
	return true;
}

VF_RC nt_consent_bad_row(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_STORE_CORRUPT,
		"a row of '%s' is not in its exact form: delete the file, and it is made again", shape.name);
}

/* ---- rows ---- */

VF_RC nt_consent_put(struct nt_consent_index *x, const struct nt_consent_row *row, struct vf_err *reterr)
{
	const struct tr_consent_fact *f = &row->fact;
	struct vf_arena a;
	struct vf_bytes body;
	sqlite3_stmt *st = NULL;
	size_t room = 4096;
	void *block;
	bool bound;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < f->n_permissions; i++)
		room += 64 + f->permissions[i].name.n + f->permissions[i].purpose.n +
			f->permissions[i].delegate.n;
	room += f->n_links * 40 + f->party.n + f->purpose.n + f->delegate.n;
	block = malloc(room);
	if (block == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a row of '%s'", shape.name);
	vf_arena_init(&a, block, room);
	bound = tr_consent_fact_put(f, &a, &body) && nt_consent_bind_text(st, 1, row->study) &&
		nt_consent_bind_hash(st, 2, &f->participant) && bind_number(st, 3, row->number) &&
		nt_consent_bind_hash(st, 4, &f->id) && bind_place(st, 5, f->index, f->sealed) &&
		sqlite3_bind_blob64(st, 7, body.p, body.n, SQLITE_STATIC) == SQLITE_OK;
	rc = bound ? nt_small_done(x->db, st, reterr) : nt_small_fail(x->db, "change", reterr);
	sqlite3_clear_bindings(st);
	free(block);
	return rc;
}

VF_RC nt_consent_sealed(
	struct nt_consent_index *x, uint64_t number, uint64_t index, int64_t sealed, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_SEALED, &st, reterr);

	if (rc == VF_OK && (!bind_number(st, 1, number) || !bind_place(st, 2, index, sealed)))
		rc = nt_small_fail(x->db, "change", reterr);
	return rc == VF_OK ? nt_small_done(x->db, st, reterr) : rc;
}

/* Runs a statement whose only value is the record's ID. */
static VF_RC with_id(
	struct nt_consent_index *x, size_t which, const struct vf_hash *id, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, which, &st, reterr);

	if (rc == VF_OK && !nt_consent_bind_hash(st, 1, id))
		rc = nt_small_fail(x->db, "change", reterr);
	return rc == VF_OK ? nt_small_done(x->db, st, reterr) : rc;
}

VF_RC nt_consent_whose(struct nt_consent_index *x, const struct vf_hash *id, struct vf_hash *ret,
	bool *ret_found, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_FIND, &st, reterr);

	if (rc == VF_OK && !nt_consent_bind_hash(st, 1, id))
		rc = nt_small_fail(x->db, "read", reterr);
	if (rc == VF_OK)
		rc = nt_small_step(x->db, st, ret_found, reterr);
	if (rc == VF_OK && *ret_found && !nt_consent_column_hash(st, 1, ret))
		rc = nt_consent_bad_row(reterr);
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_consent_drop(struct nt_consent_index *x, const struct vf_hash *id, bool doubt, bool *ret_was,
	struct vf_err *reterr)
{
	struct vf_hash participant;
	enum vf_rc rc = nt_consent_whose(x, id, &participant, ret_was, reterr);

	if (rc != VF_OK || !*ret_was)
		return rc;
	if (doubt)
		rc = with_id(x, NT_CONSENT_DOUBT, id, reterr);
	if (rc == VF_OK)
		rc = with_id(x, NT_CONSENT_DROP, id, reterr);
	return rc == VF_OK ? nt_small_owe_wipe(x->db, reterr) : rc;
}

static VF_RC next_open(struct nt_consent_index *x, size_t which, int64_t after, struct nt_consent_open *ret,
	bool *ret_found, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, which, &st, reterr);

	if (rc == VF_OK && sqlite3_bind_int64(st, 1, after) != SQLITE_OK)
		rc = nt_small_fail(x->db, "read", reterr);
	if (rc == VF_OK)
		rc = nt_small_step(x->db, st, ret_found, reterr);
	if (rc == VF_OK && *ret_found) {
		const void *study = sqlite3_column_text(st, 2);
		size_t n = (size_t)sqlite3_column_bytes(st, 2);

		ret->number = (uint64_t)sqlite3_column_int64(st, 0);
		if (study == NULL || n >= sizeof(ret->study) || !nt_consent_column_hash(st, 1, &ret->id) ||
			!nt_consent_column_hash(st, 3, &ret->participant))
			rc = nt_consent_bad_row(reterr);
		else
			memcpy(ret->study, study, n + 1);
	}
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_consent_next_unsealed(struct nt_consent_index *x, int64_t after, struct nt_consent_open *ret,
	bool *ret_found, struct vf_err *reterr)
{
	return next_open(x, NT_CONSENT_NEXT_UNSEALED, after, ret, ret_found, reterr);
}

VF_RC nt_consent_next_doubt(struct nt_consent_index *x, int64_t after, struct nt_consent_open *ret,
	bool *ret_found, struct vf_err *reterr)
{
	return next_open(x, NT_CONSENT_NEXT_DOUBT, after, ret, ret_found, reterr);
}

VF_RC nt_consent_clear_doubt(struct nt_consent_index *x, uint64_t number, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_CLEAR_DOUBT, &st, reterr);

	if (rc == VF_OK && !bind_number(st, 1, number))
		rc = nt_small_fail(x->db, "change", reterr);
	if (rc == VF_OK)
		rc = nt_small_done(x->db, st, reterr);
	return rc == VF_OK ? nt_small_owe_wipe(x->db, reterr) : rc;
}

VF_RC nt_consent_has(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant,
	bool *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_HAS, &st, reterr);

	if (rc == VF_OK && (!nt_consent_bind_text(st, 1, study) || !nt_consent_bind_hash(st, 2, participant)))
		rc = nt_small_fail(x->db, "read", reterr);
	if (rc == VF_OK)
		rc = nt_small_step(x->db, st, ret, reterr);
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_consent_elsewhere(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant,
	bool *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_ELSEWHERE, &st, reterr);

	if (rc == VF_OK && (!nt_consent_bind_hash(st, 1, participant) || !nt_consent_bind_text(st, 2, study)))
		rc = nt_small_fail(x->db, "read", reterr);
	if (rc == VF_OK)
		rc = nt_small_step(x->db, st, ret, reterr);
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_consent_progress(struct nt_consent_index *x, struct nt_consent_progress *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_PROGRESS, &st, reterr);

	if (rc == VF_OK)
		rc = nt_small_step(x->db, st, &row, reterr);
	if (rc == VF_OK) {
		struct nt_consent_progress p = {0};

		if (!row || !nt_consent_column_hash(st, 3, &p.last))
			rc = nt_consent_bad_row(reterr);
		p.next = row ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
		p.seals = row ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
		p.size = row ? (uint64_t)sqlite3_column_int64(st, 2) : 0;
		if (rc == VF_OK)
			*ret = p;
	}
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_consent_set_progress(
	struct nt_consent_index *x, const struct nt_consent_progress *p, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_SET_PROGRESS, &st, reterr);

	if (rc == VF_OK &&
		(!bind_number(st, 1, p->next) || !bind_number(st, 2, p->seals) ||
			!bind_number(st, 3, p->size) || !nt_consent_bind_hash(st, 4, &p->last)))
		rc = nt_small_fail(x->db, "change", reterr);
	return rc == VF_OK ? nt_small_done(x->db, st, reterr) : rc;
}

VF_RC nt_consent_clear(struct nt_consent_index *x, struct vf_err *reterr)
{
	struct nt_consent_progress none = {0};
	enum vf_rc rc = nt_small_run(x->db, "DELETE FROM record; DELETE FROM doubt", reterr);

	return rc == VF_OK ? nt_consent_set_progress(x, &none, reterr) : rc;
}
