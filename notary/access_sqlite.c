#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/access_sqlite.h"
#include "notary/durable.h"
#include "verify/text.h"

#define SCHEMA_VERSION 1

/* The schema, as numbered steps: step i leads from version i to i + 1. */
static const char *const migrations[SCHEMA_VERSION] = {
	"CREATE TABLE party (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,"
	" created INTEGER NOT NULL, revoked INTEGER) STRICT;"
	"CREATE TABLE credential (number INTEGER PRIMARY KEY, party INTEGER NOT NULL, certificate INTEGER NOT NULL,"
	" hash BLOB NOT NULL UNIQUE, rights INTEGER NOT NULL, studies TEXT NOT NULL, kinds TEXT NOT NULL,"
	" created INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER, used_day INTEGER) STRICT;"
	"CREATE TABLE event (number INTEGER PRIMARY KEY, day INTEGER NOT NULL, salt BLOB NOT NULL,"
	" text BLOB NOT NULL) STRICT;"
	"CREATE TABLE flood (minute INTEGER NOT NULL, party TEXT NOT NULL, right TEXT NOT NULL,"
	" outcome TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (minute, party, right, outcome))"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE document (number INTEGER PRIMARY KEY, day INTEGER NOT NULL, part INTEGER NOT NULL,"
	" first INTEGER NOT NULL UNIQUE, events INTEGER NOT NULL, sha256 BLOB NOT NULL, record BLOB) STRICT;",
};

static const char *const sql_texts[NT_ASQL_COUNT] = {
#define NT_SQL(name, text) text,
#include "notary/access_sqlite.def"
#undef NT_SQL
};

/* ---- statements ---- */

enum vf_rc nt_asql_fail(struct nt_access *a, const char *what, struct vf_err *reterr)
{
	int code = a->db ? sqlite3_errcode(a->db) & 0xff : SQLITE_NOMEM;
	const char *text = a->db ? sqlite3_errmsg(a->db) : "out of memory";

	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return vf_fail(reterr, VF_STORE_BUSY, "another process has 'access.db' open");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return vf_fail(reterr, VF_STORE_CORRUPT, "'access.db' is damaged (%s): %s", what, text);
	case SQLITE_NOMEM:
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to %s 'access.db'", what);
	default:
		/* Nothing is written or synced again: the write-ahead log waits for the next opening. */
		sqlite3_db_config(a->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return vf_fail(reterr, VF_IO, "cannot %s 'access.db': %s", what, text);
	}
}

VF_RC nt_asql(struct nt_access *a, enum nt_asql which, struct sqlite3_stmt **ret, struct vf_err *reterr)
{
	sqlite3_stmt **at = &a->stmts[which];

	if (*at == NULL &&
		sqlite3_prepare_v3(a->db, sql_texts[which], -1, SQLITE_PREPARE_PERSISTENT, at, NULL) != SQLITE_OK)
		return nt_asql_fail(a, "read", reterr);
	sqlite3_reset(*at);
	sqlite3_clear_bindings(*at);
	*ret = *at;
	return VF_OK;
}

VF_RC nt_asql_run(struct nt_access *a, const char *text, struct vf_err *reterr)
{
	if (sqlite3_exec(a->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return nt_asql_fail(a, "change", reterr);
	return VF_OK;
}

VF_RC nt_asql_step(struct nt_access *a, struct sqlite3_stmt *st, bool *ret_row, struct vf_err *reterr)
{
	int status = sqlite3_step(st);
	enum vf_rc rc = VF_OK;

	if (status != SQLITE_ROW && status != SQLITE_DONE)
		rc = nt_asql_fail(a, "use", reterr);
	if (status != SQLITE_ROW)
		sqlite3_reset(st);
	if (rc == VF_OK)
		*ret_row = status == SQLITE_ROW;
	return rc;
}

VF_RC nt_asql_done(struct nt_access *a, struct sqlite3_stmt *st, struct vf_err *reterr)
{
	bool row = false;
	enum vf_rc rc = nt_asql_step(a, st, &row, reterr);

	if (rc == VF_OK && row)
		sqlite3_reset(st);
	return rc;
}

VF_RC nt_asql_end(struct nt_access *a, enum vf_rc rc, struct vf_err *reterr)
{
	if (rc == VF_OK)
		rc = nt_asql_run(a, "COMMIT", reterr);
	if (rc == VF_OK)
		return VF_OK;
	for (size_t i = 0; i < NT_ASQL_COUNT; i++)
		if (a->stmts[i] != NULL)
			sqlite3_reset(a->stmts[i]);
	/* The first fault is told; when the rollback fails too, closing rolls back. */
	vf_ignore(nt_asql_run(a, "ROLLBACK", NULL));
	return rc;
}

VF_RC nt_access_enter(struct nt_access *a, struct vf_err *reterr)
{
	enum vf_rc rc;

	pthread_mutex_lock(&a->lock);
	if (a->broken.rc == VF_OK)
		return VF_OK;
	rc = vf_fail(reterr, a->broken.rc, "'access.db' has failed and must be opened again: %s", a->broken.text);
	pthread_mutex_unlock(&a->lock);
	return rc;
}

enum vf_rc nt_access_leave(struct nt_access *a, enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_IO || rc == VF_STORE_CORRUPT) {
		pthread_mutex_lock(&a->table);
		if (a->broken.rc == VF_OK && err != NULL)
			a->broken = *err;
		a->broken.rc = rc;
		pthread_mutex_unlock(&a->table);
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

/* ---- opening ---- */

static VF_RC open_db(struct nt_access *a, const char *path, struct vf_err *reterr)
{
	if (sqlite3_open_v2(path, &a->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return nt_asql_fail(a, "open", reterr);
	sqlite3_extended_result_codes(a->db, 1);
	return nt_asql_run(a,
		"PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
		"PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; BEGIN IMMEDIATE; COMMIT",
		reterr);
}

static VF_RC read_version(struct nt_access *a, int *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = VF_OK;

	if (sqlite3_prepare_v2(a->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_ROW)
		rc = nt_asql_fail(a, "read", reterr);
	else
		*ret = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return rc;
}

/* An empty file is one whose making a crash cut short: nothing was in it yet. */
static VF_RC migrate(struct nt_access *a, struct vf_err *reterr)
{
	int version = 0;
	char text[64];
	enum vf_rc rc = read_version(a, &version, reterr);

	if (rc == VF_OK && version > SCHEMA_VERSION)
		rc = vf_fail(reterr, VF_STORE_VERSION, "'access.db' has version %d, this program knows %d",
			version, SCHEMA_VERSION);
	for (; rc == VF_OK && version < SCHEMA_VERSION; version++) {
		sqlite3_snprintf(sizeof(text), text, "PRAGMA user_version=%d", version + 1);
		rc = nt_asql_run(a, "BEGIN IMMEDIATE", reterr);
		if (rc != VF_OK)
			return rc;
		rc = nt_asql_run(a, migrations[version], reterr);
		if (rc == VF_OK)
			rc = nt_asql_run(a, text, reterr);
		rc = nt_asql_end(a, rc, reterr);
	}
	return rc;
}

/* ---- memory ---- */

static void forget(struct nt_access *a)
{
	for (size_t i = 0; i < a->n_held; i++) {
		free(a->held[i].studies);
		free(a->held[i].kinds);
	}
	free(a->held);
	free(a->parties);
	a->held = NULL;
	a->parties = NULL;
	a->n_held = a->n_parties = a->n_dirty = 0;
	nt_index_done(&a->by_hash);
}

static int64_t column_time(sqlite3_stmt *st, int column)
{
	return sqlite3_column_type(st, column) == SQLITE_NULL ? VF_TIME_NONE : sqlite3_column_int64(st, column);
}

static struct vf_bytes column_bytes(sqlite3_stmt *st, int column)
{
	const void *p = sqlite3_column_blob(st, column);

	return vf_bytes(p, (size_t)sqlite3_column_bytes(st, column));
}

static VF_RC row_fail(const char *what, struct vf_err *reterr)
{
	return vf_fail(reterr, VF_STORE_CORRUPT, "a %s in 'access.db' is not in its exact form", what);
}

static VF_RC load_party(struct nt_access *a, sqlite3_stmt *st, struct vf_err *reterr)
{
	struct nt_party *more = realloc(a->parties, (a->n_parties + 1) * sizeof(*more)), *p;
	struct vf_bytes name = column_bytes(st, 1);

	if (more == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the parties");
	a->parties = more;
	p = &more[a->n_parties];
	memset(p, 0, sizeof(*p));
	p->number = (uint64_t)sqlite3_column_int64(st, 0);
	p->role = nt_role_find(column_bytes(st, 2));
	if (!nt_party_name_is(name) || p->role == NT_ROLE_NONE)
		return row_fail("party", reterr);
	memcpy(p->name, name.p, name.n);
	p->created_ms = sqlite3_column_int64(st, 3);
	p->revoked_ms = column_time(st, 4);
	a->n_parties++;
	return VF_OK;
}

/* Lines of plain text, each ended by LF. */
static bool is_lines(struct vf_bytes text)
{
	struct vf_bytes line;

	while (text.n > 0)
		if (!vf_take_line(&text, &line) || line.n == 0 || !vf_text_is_plain(line))
			return false;
	return true;
}

static char *copy_text(struct vf_bytes text)
{
	char *p = malloc(text.n + 1);

	if (p == NULL)
		return NULL;
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	return p;
}

static size_t find_number(const struct nt_access *a, uint64_t number)
{
	for (size_t i = 0; i < a->n_parties; i++)
		if (a->parties[i].number == number)
			return i;
	return a->n_parties;
}

static VF_RC load_credential(struct nt_access *a, sqlite3_stmt *st, size_t room, struct vf_err *reterr)
{
	struct nt_held *h = &a->held[a->n_held];
	struct vf_bytes studies = column_bytes(st, 5), kinds = column_bytes(st, 6);
	unsigned rights = (unsigned)sqlite3_column_int(st, 4);

	memset(h, 0, sizeof(*h));
	h->number = (uint64_t)sqlite3_column_int64(st, 0);
	h->party = find_number(a, (uint64_t)sqlite3_column_int64(st, 1));
	h->certificate = sqlite3_column_int(st, 2) != 0;
	if (a->n_held == room || h->party == a->n_parties || !nt_sql_hash(st, 3, &h->hash) || !is_lines(studies) ||
		!is_lines(kinds) || (rights & ~nt_role_rights(a->parties[h->party].role)) != 0)
		return row_fail("token", reterr);
	h->rights = rights;
	h->created_ms = sqlite3_column_int64(st, 7);
	h->expires_ms = sqlite3_column_int64(st, 8);
	h->revoked_ms = column_time(st, 9);
	h->used_day = column_time(st, 10);
	h->studies = copy_text(studies);
	h->kinds = copy_text(kinds);
	a->n_held++;
	if (h->studies == NULL || h->kinds == NULL ||
		!nt_index_put(&a->by_hash, nt_index_key(&h->hash), a->n_held - 1))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the tokens");
	return VF_OK;
}

static VF_RC load_all(struct nt_access *a, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum vf_rc rc = nt_asql(a, NT_ASQL_PARTIES, &st, reterr);

	if (rc == VF_OK)
		rc = nt_asql_step(a, st, &row, reterr);
	while (rc == VF_OK && row) {
		rc = load_party(a, st, reterr);
		if (rc == VF_OK)
			rc = nt_asql_step(a, st, &row, reterr);
	}
	if (rc == VF_OK)
		rc = nt_asql(a, NT_ASQL_CREDENTIALS, &st, reterr);
	if (rc != VF_OK)
		return rc;
	a->held = calloc(NT_MAX_CREDENTIALS + 1, sizeof(*a->held));
	if (a->held == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the tokens");
	rc = nt_asql_step(a, st, &row, reterr);
	while (rc == VF_OK && row) {
		rc = load_credential(a, st, NT_MAX_CREDENTIALS, reterr);
		if (rc == VF_OK)
			rc = nt_asql_step(a, st, &row, reterr);
	}
	return rc;
}

VF_RC nt_access_load(struct nt_access *a, struct vf_err *reterr)
{
	enum vf_rc rc;

	pthread_mutex_lock(&a->table);
	forget(a);
	rc = load_all(a, reterr);
	pthread_mutex_unlock(&a->table);
	for (size_t i = 0; i < NT_ASQL_COUNT; i++)
		if (a->stmts[i] != NULL)
			sqlite3_reset(a->stmts[i]);
	return rc;
}

VF_RC nt_access_open(const char *dir, bool create, struct nt_access **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_access_freep) struct nt_access *a = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	enum vf_rc rc;

	nt_buf_putf(&path, "%s/access.db", dir);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	if (rc != VF_OK)
		return rc;
	if (access((const char *)path.p, F_OK) != 0) {
		if (errno != ENOENT)
			return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "cannot open '%s'",
				(const char *)path.p);
		*ret = NULL;
		if (!create)
			return VF_OK;
		rc = nt_file_create((const char *)path.p, 0600, reterr);
		if (rc != VF_OK)
			return rc;
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for 'access.db'");
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->table, NULL);
	a->broken.rc = VF_OK;
	a->minute = INT64_MIN;
	rc = open_db(a, (const char *)path.p, reterr);
	if (rc == VF_OK)
		rc = migrate(a, reterr);
	if (rc == VF_OK)
		rc = nt_access_load(a, reterr);
	if (rc == VF_OK)
		rc = nt_access_load_trail(a, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = a;
	a = NULL;
	return VF_OK;
}

struct nt_access *nt_access_free(struct nt_access *a)
{
	if (a == NULL)
		return NULL;
	for (size_t i = 0; i < NT_ASQL_COUNT; i++)
		sqlite3_finalize(a->stmts[i]);
	sqlite3_close(a->db);
	forget(a);
	pthread_mutex_destroy(&a->table);
	pthread_mutex_destroy(&a->lock);
	explicit_bzero(&a->random, sizeof(a->random));
	free(a);
	return NULL;
}

void nt_access_freep(struct nt_access **a)
{
	*a = nt_access_free(*a);
}
