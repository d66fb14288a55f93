#include "notary/store.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/store_sqlite.h"
#include "verify/limits.h"
#include "verify/text.h"

#define SCHEMA_VERSION 7
/* Pages of the write-ahead log before it is copied into the database: 64 MiB. */
#define PAGE_SIZE "16384"
#define CHECKPOINT_PAGES "4096"

/*
 * The schema, as numbered steps: step i leads from version i to i + 1. Keys in by_journal, by_document and
 * by_link are 64 bits wide: they find candidates, the row decides.
 */
static const char *const migrations[SCHEMA_VERSION] = {
	"CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), origin TEXT NOT NULL,"
	" secret BLOB NOT NULL) STRICT;"
	"CREATE TABLE record (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
	"CREATE TABLE name (number INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE stream (number INTEGER PRIMARY KEY, submitter INTEGER NOT NULL, study INTEGER NOT NULL,"
	" id BLOB NOT NULL UNIQUE, key BLOB NOT NULL, head BLOB NOT NULL, next INTEGER NOT NULL,"
	" UNIQUE (submitter, study)) STRICT;"
	"CREATE TABLE place (stream INTEGER NOT NULL, seq INTEGER NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY (stream, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE by_id (h INTEGER NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY (h, number)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE by_journal (h INTEGER NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY (h, number)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE by_document (h INTEGER NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY (h, number)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE by_study (study INTEGER NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY (study, number)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note BLOB NOT NULL) STRICT;"
	"CREATE TABLE seal (number INTEGER PRIMARY KEY, first INTEGER NOT NULL, size INTEGER NOT NULL UNIQUE,"
	" head BLOB NOT NULL) STRICT;"
	"CREATE TABLE token (number INTEGER PRIMARY KEY, seal INTEGER NOT NULL, authority TEXT NOT NULL,"
	" id BLOB NOT NULL, gen_time INTEGER NOT NULL, named INTEGER, der BLOB NOT NULL) STRICT;"
	"CREATE INDEX token_seal ON token (seal);"
	"CREATE INDEX token_unnamed ON token (seal, id) WHERE named IS NULL;",
	/* how a token of an authority outside came; the response is head, then the token's octets */
	"CREATE TABLE exchange (token INTEGER PRIMARY KEY, sent INTEGER NOT NULL, received INTEGER NOT NULL,"
	" request BLOB NOT NULL, head BLOB NOT NULL) STRICT;",
	/* revocation data of authorities outside (store_revocation.h) */
	"CREATE TABLE revocation (number INTEGER PRIMARY KEY, authority TEXT NOT NULL, kind INTEGER NOT NULL,"
	" subject BLOB NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER, sha256 BLOB NOT NULL, der BLOB NOT NULL,"
	" UNIQUE (authority, kind, subject, this_update, sha256)) STRICT;",
	/* Records below it are in the by_ tables (docs/decisions/0018-index-in-slices.md): so far, the log's. */
	"ALTER TABLE state ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;"
	"UPDATE state SET indexed = (SELECT max(size) FROM checkpoint);",
	/* which records have a link to another one (docs/decisions/0022-details-at-the-server.md); fill_links() */
	"CREATE TABLE by_link (h INTEGER NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY (h, number)) STRICT, WITHOUT ROWID;",
	/* renewals of evidence (store_renewal.h); crls is NULL until something hashes the token */
	"CREATE TABLE chain (number INTEGER PRIMARY KEY, seal INTEGER NOT NULL, alg INTEGER NOT NULL, authority TEXT NOT NULL,"
	" until INTEGER, crls BLOB) STRICT;"
	"CREATE INDEX chain_until ON chain (until);"
	"CREATE TABLE renewal (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, alg INTEGER NOT NULL, authority TEXT NOT NULL,"
	" id BLOB NOT NULL, gen_time INTEGER NOT NULL, until INTEGER NOT NULL, chains INTEGER NOT NULL, sent INTEGER NOT NULL,"
	" received INTEGER NOT NULL, request BLOB NOT NULL, head BLOB NOT NULL, text BLOB NOT NULL, crls BLOB,"
	" der BLOB NOT NULL) STRICT;"
	"CREATE TABLE renewal_leaves (renewal INTEGER NOT NULL, part INTEGER NOT NULL, leaves BLOB NOT NULL,"
	" UNIQUE (renewal, part)) STRICT;"
	"CREATE TABLE renewed (chain INTEGER NOT NULL, renewal INTEGER NOT NULL,"
	" PRIMARY KEY (chain, renewal)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX renewed_by ON renewed (renewal, chain);",
	/* the revoked renewal for whose sake this one counts no more (store_renewal.h); NULL: it counts */
	"ALTER TABLE renewed ADD COLUMN aside INTEGER;",
};
/* The step after which fill_links() runs. */
#define LINKS_STEP 4

static const char *const sql_texts[NT_SQL_COUNT] = {
#define NT_SQL(name, text) text,
#include "notary/store_sqlite.def"
#undef NT_SQL
};

/* ---- statements ---- */

enum vf_rc nt_sql_fail(struct nt_store *s, const char *what, struct vf_err *reterr)
{
	int code = s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_NOMEM;
	const char *text = s->db ? sqlite3_errmsg(s->db) : "out of memory";

	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return vf_fail(reterr, VF_STORE_BUSY, "another process has 'notary.db' open");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return vf_fail(reterr, VF_STORE_CORRUPT, "'notary.db' is damaged (%s): %s", what, text);
	case SQLITE_NOMEM:
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to %s 'notary.db'", what);
	default:
		/* Nothing is written or synced again: the write-ahead log waits for the next opening. */
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return vf_fail(reterr, VF_IO, "cannot %s 'notary.db': %s", what, text);
	}
}

VF_RC nt_sql(struct nt_store *s, enum nt_sql which, struct sqlite3_stmt **ret, struct vf_err *reterr)
{
	sqlite3_stmt **at = &s->stmts[which];

	if (*at == NULL &&
		sqlite3_prepare_v3(s->db, sql_texts[which], -1, SQLITE_PREPARE_PERSISTENT, at, NULL) !=
			SQLITE_OK)
		return nt_sql_fail(s, "read", reterr);
	sqlite3_reset(*at);
	sqlite3_clear_bindings(*at);
	*ret = *at;
	return VF_OK;
}

VF_RC nt_sql_run(struct nt_store *s, const char *text, struct vf_err *reterr)
{
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return nt_sql_fail(s, "change", reterr);
	return VF_OK;
}

VF_RC nt_sql_row(struct nt_store *s, enum nt_sql which, const uint64_t *values, int n,
	struct sqlite3_stmt **ret, bool *ret_row, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	enum vf_rc rc = nt_sql(s, which, &st, reterr);

	if (rc != VF_OK)
		return rc;
	for (int i = 0; i < n; i++)
		if (sqlite3_bind_int64(st, i + 1, (sqlite3_int64)values[i]) != SQLITE_OK)
			return nt_sql_fail(s, "read", reterr);
	status = sqlite3_step(st);
	if (status != SQLITE_ROW && status != SQLITE_DONE) {
		rc = nt_sql_fail(s, "use", reterr);
		sqlite3_reset(st);
		return rc;
	}
	if (status == SQLITE_DONE)
		sqlite3_reset(st);
	*ret_row = status == SQLITE_ROW;
	*ret = st;
	return VF_OK;
}

void nt_sql_quiet(struct nt_store *s)
{
	for (size_t i = 0; i < NT_SQL_COUNT; i++)
		if (s->stmts[i] != NULL)
			sqlite3_reset(s->stmts[i]);
}

VF_RC nt_sql_end(struct nt_store *s, enum vf_rc rc, struct vf_err *reterr)
{
	if (rc == VF_OK)
		rc = nt_sql_run(s, "COMMIT", reterr);
	if (rc == VF_OK)
		return VF_OK;
	nt_sql_quiet(s);
	/* The first fault is told; when the rollback fails too, closing rolls back. */
	vf_ignore(nt_sql_run(s, "ROLLBACK", NULL));
	return rc;
}

/* ---- opening ---- */

static VF_RC open_db(struct nt_store *s, const char *path, int flags, struct vf_err *reterr)
{
	if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return nt_sql_fail(s, "open", reterr);
	sqlite3_extended_result_codes(s->db, 1);
	/* In memory: temporary files would leave personal data outside the folder. */
	return nt_sql_run(s,
		"PRAGMA page_size=" PAGE_SIZE "; PRAGMA locking_mode=EXCLUSIVE;"
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
		"PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cache_size=-65536;"
		"PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
		"PRAGMA wal_autocheckpoint=" CHECKPOINT_PAGES ";",
		reterr);
}

/* One row of the log: a damaged one is for fsck to tell, and keeps nobody from opening. */
static VF_RC fill_row(struct nt_store *s, uint64_t number, struct vf_bytes body, struct vf_err *reterr)
{
	struct nt_body_index *ix = &s->scan;
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_body_index(body, ix, NULL);

	if (rc != VF_OK)
		return VF_OK;
	for (size_t i = 0; i < ix->n_links && rc == VF_OK; i++)
		rc = nt_sql_row(s, NT_SQL_LINK_PUT,
			(uint64_t[]){nt_index_link_key(ix->links[i].type, &ix->links[i].record), number}, 2, &st, &row,
			reterr);
	return rc;
}

/* The links of all records that the other by_ tables hold, once. */
static VF_RC fill_links(struct nt_store *s, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status = SQLITE_DONE;
	enum vf_rc rc = VF_OK;

	if (sqlite3_prepare_v2(s->db,
		    "SELECT number, body FROM record WHERE number < (SELECT indexed FROM state) ORDER BY number", -1,
		    &st, NULL) != SQLITE_OK)
		return nt_sql_fail(s, "read", reterr);
	while (rc == VF_OK && (status = sqlite3_step(st)) == SQLITE_ROW)
		rc = fill_row(s, (uint64_t)sqlite3_column_int64(st, 0),
			vf_bytes(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)), reterr);
	if (rc == VF_OK && status != SQLITE_DONE)
		rc = nt_sql_fail(s, "read", reterr);
	sqlite3_finalize(st);
	return rc;
}

/* Brings the schema to this program's version, each step a transaction of its own. */
static VF_RC migrate(struct nt_store *s, bool fresh, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int version;
	char text[64];
	enum vf_rc rc;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_ROW) {
		rc = nt_sql_fail(s, "read", reterr);
		sqlite3_finalize(st);
		return rc;
	}
	version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	if (version > SCHEMA_VERSION)
		return vf_fail(reterr, VF_STORE_VERSION, "'notary.db' has version %d, this program knows %d",
			version, SCHEMA_VERSION);
	if (version < 1 && !fresh)
		return vf_fail(reterr, VF_STORE_CORRUPT, "'notary.db' was never finished");
	for (; version < SCHEMA_VERSION; version++) {
		sqlite3_snprintf(sizeof(text), text, "PRAGMA user_version=%d", version + 1);
		rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
		if (rc != VF_OK)
			return rc;
		rc = nt_sql_run(s, migrations[version], reterr);
		if (rc == VF_OK && version == LINKS_STEP)
			rc = fill_links(s, reterr);
		if (rc == VF_OK)
			rc = nt_sql_run(s, text, reterr);
		rc = nt_sql_end(s, rc, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC put_first_rows(struct nt_store *s, const char *origin, const struct vf_hash *secret,
	const struct vf_hash *empty_root, struct vf_bytes note, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, NT_SQL_CHECKPOINT_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, 0) != SQLITE_OK ||
		sqlite3_bind_blob(st, 2, empty_root->b, 32, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 3, note.p, note.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "create", reterr);
	sqlite3_reset(st);
	if (sqlite3_prepare_v2(s->db, "INSERT INTO state (one, origin, secret) VALUES (1, ?, ?)", -1, &st,
		    NULL) != SQLITE_OK)
		return nt_sql_fail(s, "create", reterr);
	if (sqlite3_bind_text(st, 1, origin, -1, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_blob(st, 2, secret->b, 32, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		rc = nt_sql_fail(s, "create", reterr);
	sqlite3_finalize(st);
	return rc;
}

VF_RC nt_store_create(const char *path, const char *origin, const struct vf_hash *secret,
	const struct vf_hash *empty_root, struct vf_bytes note, struct vf_err *reterr)
{
	VF_CLEANUP(nt_store_freep) struct nt_store *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (s == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the store");
	rc = nt_file_create(path, 0600, reterr);
	if (rc != VF_OK)
		return rc;
	rc = open_db(s, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, reterr);
	if (rc == VF_OK)
		rc = migrate(s, true, reterr);
	if (rc == VF_OK)
		rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
	if (rc != VF_OK)
		return rc;
	return nt_sql_end(s, put_first_rows(s, origin, secret, empty_root, note, reterr), reterr);
}

bool nt_sql_hash(struct sqlite3_stmt *st, int column, struct vf_hash *ret)
{
	if (sqlite3_column_bytes(st, column) != 32)
		return false;
	memcpy(ret->b, sqlite3_column_blob(st, column), 32);
	return true;
}

static VF_RC load_state(struct nt_store *s, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_STATE, NULL, 0, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	if (!row || !nt_sql_hash(st, 1, &s->secret) || sqlite3_column_bytes(st, 0) > VF_MAX_ORIGIN)
		return vf_fail(reterr, VF_STORE_CORRUPT, "'notary.db' does not say whose store it is");
	memcpy(s->origin, sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	s->recent.from = (uint64_t)sqlite3_column_int64(st, 2);
	rc = nt_sql_row(s, NT_SQL_LAST_RECORD, NULL, 0, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (row && sqlite3_column_type(st, 0) != SQLITE_NULL)
		s->state.records = (uint64_t)sqlite3_column_int64(st, 0) + 1;
	rc = nt_sql_row(s, NT_SQL_LAST_CHECKPOINT, NULL, 0, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (!row || !nt_sql_hash(st, 1, &s->state.root))
		return vf_fail(reterr, VF_STORE_CORRUPT, "'notary.db' holds no checkpoint");
	s->state.size = (uint64_t)sqlite3_column_int64(st, 0);
	/* A log that is longer than the records is told as such by who compares it with its head. */
	if (s->recent.from > s->state.records && s->state.size <= s->state.records)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"'notary.db' claims indexes of %" PRIu64 " records and has %" PRIu64, s->recent.from,
			s->state.records);
	rc = nt_sql_row(s, NT_SQL_LAST_SEAL, NULL, 0, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (row) {
		s->state.seals = (uint64_t)sqlite3_column_int64(st, 0);
		s->state.sealed = (uint64_t)sqlite3_column_int64(st, 1);
	}
	rc = nt_sql_row(s, NT_SQL_RENEWAL_LAST, NULL, 0, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	s->state.renewals = row ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	rc = nt_sql_row(s, NT_SQL_LAST_STREAM, NULL, 0, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	s->next_stream = row ? (uint64_t)sqlite3_column_int64(st, 0) + 1 : 1;
	return VF_OK;
}

static uint64_t text_key(struct vf_bytes b)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < b.n; i++)
		h = (h ^ b.p[i]) * 1099511628211u;
	return h ^ h >> 29;
}

static bool keep_name(struct nt_store *s, uint64_t number, struct vf_bytes text)
{
	struct nt_name *n;

	if (s->n_names == s->names_room) {
		size_t room = s->names_room ? 2 * s->names_room : 64;
		struct nt_name *p = realloc(s->names, room * sizeof(*p));

		if (p == NULL)
			return false;
		s->names = p;
		s->names_room = room;
	}
	n = &s->names[s->n_names];
	*n = (struct nt_name){number, malloc(text.n + 1), text.n};
	if (n->p == NULL || !nt_index_put(&s->by_name, text_key(text), s->n_names)) {
		free(n->p);
		return false;
	}
	if (text.n > 0)
		memcpy(n->p, text.p, text.n);
	s->n_names++;
	return true;
}

static VF_RC load_names(struct nt_store *s, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	enum vf_rc rc = nt_sql(s, NT_SQL_NAMES, &st, reterr);

	if (rc != VF_OK)
		return rc;
	s->next_name = 1;
	while ((status = sqlite3_step(st)) == SQLITE_ROW) {
		uint64_t number = (uint64_t)sqlite3_column_int64(st, 0);
		const void *p = sqlite3_column_blob(st, 1);

		if (!keep_name(s, number, vf_bytes(p, (size_t)sqlite3_column_bytes(st, 1))))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the names of the store");
		s->next_name = number + 1;
	}
	if (status != SQLITE_DONE)
		return nt_sql_fail(s, "read", reterr);
	return VF_OK;
}

/*
 * What the index needs of a row. Of one that is in the log and damaged or gone only what can be read: that
 * keeps nobody from opening, and fsck finds it (nt_store_check).
 */
static VF_RC scan_row(struct nt_store *s, uint64_t number, const struct vf_bytes *body, struct vf_err *reterr)
{
	struct nt_body_index *ix = &s->scan;
	uint64_t submitter;
	enum vf_rc rc;

	if (body == NULL)
		rc = vf_fail(reterr, VF_STORE_CORRUPT, "record number %" PRIu64 " is not in 'notary.db'", number);
	else
		rc = nt_body_index(*body, ix, reterr);
	if (rc == VF_OK && ix->front.erased && ix->front.in_stream)
		rc = nt_store_stream_number(s, ix->stream, &submitter, &ix->study, reterr);
	if (rc != VF_STORE_CORRUPT || number >= s->state.size)
		return rc;
	ix->study = ix->n_documents = ix->n_links = 0;
	if (body == NULL || nt_body_front(*body, &ix->front, NULL) != VF_OK)
		ix->front = (struct nt_body_front){0};
	return VF_OK;
}

static VF_RC load_row(struct nt_store *s, uint64_t number, const struct vf_bytes *body, struct vf_err *reterr)
{
	const struct nt_body_index *ix = &s->scan;
	enum vf_rc rc = scan_row(s, number, body, reterr);
	bool good;

	if (rc != VF_OK)
		return rc;
	if (number + 1 >= s->state.size && ix->front.accepted_ms > s->state.accepted_ms)
		s->state.accepted_ms = ix->front.accepted_ms;
	if (number < s->recent.from)
		return VF_OK;
	good = nt_recent_put(&s->recent, &ix->front.id, &ix->front.journal, ix->study);
	for (size_t i = 0; i < ix->n_documents && good; i++)
		good = nt_recent_put_document(&s->recent, &ix->documents[i].sha256);
	for (size_t i = 0; i < ix->n_links && good; i++)
		good = nt_recent_put_link(&s->recent, ix->links[i].type, &ix->links[i].record);
	return good ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for the newest records");
}

/* Into memory what the tables need not hold yet, and the newest time of acceptance. */
static VF_RC load_recent(struct nt_store *s, struct vf_err *reterr)
{
	uint64_t last = s->state.size > 0 ? s->state.size - 1 : 0, i = s->recent.from < last ? s->recent.from : last;
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_RECORDS_FROM, &i, 1, &st, &row, reterr);
	int status = SQLITE_ROW;

	for (; rc == VF_OK && i < s->state.records; i++) {
		struct vf_bytes body;

		if (!row || (uint64_t)sqlite3_column_int64(st, 0) != i) {
			rc = load_row(s, i, NULL, reterr);
			continue;
		}
		body = vf_bytes(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
		rc = load_row(s, i, &body, reterr);
		status = rc == VF_OK ? sqlite3_step(st) : SQLITE_ROW;
		row = status == SQLITE_ROW;
		if (status != SQLITE_ROW && status != SQLITE_DONE)
			return nt_sql_fail(s, "read", reterr);
	}
	return rc;
}

VF_RC nt_store_open(const char *path, struct nt_store **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_store_freep) struct nt_store *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (s == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the store");
	if (access(path, F_OK) != 0)
		return vf_fail(reterr, VF_NO_INPUT, "there is no file '%s'", path);
	s->row = nt_buf((size_t)VF_MAX_PART * 16);
	nt_store_index_init(s);
	nt_packer_init(&s->packer);
	rc = open_db(s, path, SQLITE_OPEN_READWRITE, reterr);
	if (rc == VF_OK)
		rc = nt_sql_run(s, "BEGIN IMMEDIATE; COMMIT", reterr);
	if (rc == VF_OK)
		rc = migrate(s, false, reterr);
	if (rc == VF_OK)
		rc = load_state(s, reterr);
	s->found = s->state.records;
	if (rc == VF_OK)
		rc = load_names(s, reterr);
	if (rc == VF_OK)
		rc = load_recent(s, reterr);
	nt_sql_quiet(s);
	/* A crash amid an erasure may have left the old content in the write-ahead log. */
	if (rc == VF_OK)
		rc = nt_sql_run(s, "PRAGMA wal_checkpoint(TRUNCATE)", reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	s = NULL;
	return VF_OK;
}

struct nt_store *nt_store_free(struct nt_store *s)
{
	if (s == NULL)
		return NULL;
	for (size_t i = 0; i < NT_SQL_COUNT; i++)
		sqlite3_finalize(s->stmts[i]);
	sqlite3_close(s->db);
	nt_store_index_done(s);
	nt_index_done(&s->by_name);
	nt_index_done(&s->by_stream);
	for (size_t i = 0; i < s->n_names; i++)
		free(s->names[i].p);
	free(s->names);
	free(s->streams);
	nt_buf_done(&s->row);
	nt_body_index_done(&s->scan);
	free(s);
	return NULL;
}

void nt_store_freep(struct nt_store **s)
{
	*s = nt_store_free(*s);
}

const struct nt_store_state *nt_store_state(const struct nt_store *s)
{
	return &s->state;
}

const struct vf_hash *nt_store_secret(const struct nt_store *s)
{
	return &s->secret;
}

const char *nt_store_origin(const struct nt_store *s)
{
	return s->origin;
}

/* ---- names and streams ---- */

VF_RC nt_store_name(struct nt_store *s, struct vf_bytes text, bool make, bool *ret_found, uint64_t *ret,
	struct vf_err *reterr)
{
	uint64_t h = text_key(text), i;
	uint32_t at = 0;
	sqlite3_stmt *st = NULL;
	enum vf_rc rc;

	while (nt_index_next(&s->by_name, h, &at, &i)) {
		if (!vf_bytes_eq(vf_bytes(s->names[i].p, s->names[i].n), text))
			continue;
		*ret_found = true;
		*ret = s->names[i].number;
		return VF_OK;
	}
	if (!make) {
		*ret_found = false;
		return VF_OK;
	}
	rc = nt_sql(s, NT_SQL_NAME_PUT, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)s->next_name) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 2, text.p ? (const void *)text.p : "", text.n, SQLITE_TRANSIENT) !=
			SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	if (!keep_name(s, s->next_name, text))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a name");
	*ret_found = true;
	*ret = s->next_name++;
	return VF_OK;
}

const struct nt_name *nt_store_name_text(const struct nt_store *s, uint64_t number)
{
	size_t low = 0, high = s->n_names;

	/* Names are kept in the order of their numbers. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->names[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n_names && s->names[low].number == number ? &s->names[low] : NULL;
}

static uint64_t stream_key(uint64_t submitter, uint64_t study)
{
	return submitter * 0x9e3779b97f4a7c15u ^ study;
}

static VF_RC keep_stream(struct nt_store *s, const struct nt_stream_row *row, struct nt_stream_row **ret,
	struct vf_err *reterr)
{
	if (s->n_streams == s->streams_room) {
		size_t room = s->streams_room ? 2 * s->streams_room : 64;
		struct nt_stream_row *p = realloc(s->streams, room * sizeof(*p));

		if (p == NULL)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a stream");
		s->streams = p;
		s->streams_room = room;
	}
	if (!nt_index_put(&s->by_stream, stream_key(row->submitter, row->study), s->n_streams))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a stream");
	s->streams[s->n_streams] = *row;
	*ret = &s->streams[s->n_streams++];
	return VF_OK;
}

/* A row that does not exist yet is kept too, so that the next question costs nothing. */
VF_RC nt_store_stream_row(struct nt_store *s, uint64_t submitter, uint64_t study, struct nt_stream_row **ret,
	struct vf_err *reterr)
{
	struct nt_stream_row row = {.submitter = submitter, .study = study};
	uint64_t i;
	uint32_t at = 0;
	sqlite3_stmt *st = NULL;
	bool found;
	enum vf_rc rc;

	while (nt_index_next(&s->by_stream, stream_key(submitter, study), &at, &i)) {
		if (s->streams[i].submitter != submitter || s->streams[i].study != study)
			continue;
		*ret = &s->streams[i];
		return VF_OK;
	}
	rc = nt_sql_row(s, NT_SQL_STREAM_GET, (uint64_t[]){submitter, study}, 2, &st, &found, reterr);
	if (rc != VF_OK)
		return rc;
	if (found) {
		row.number = (uint64_t)sqlite3_column_int64(st, 0);
		row.now.exists = true;
		row.now.next = (uint64_t)sqlite3_column_int64(st, 4);
		if (!nt_sql_hash(st, 1, &row.now.id) || !nt_sql_hash(st, 2, &row.now.key) ||
			!nt_sql_hash(st, 3, &row.now.head))
			return vf_fail(reterr, VF_STORE_CORRUPT, "a stream's row is not in its exact form");
		sqlite3_reset(st);
	}
	return keep_stream(s, &row, ret, reterr);
}

VF_RC nt_store_stream_number(struct nt_store *s, uint64_t number, uint64_t *ret_submitter,
	uint64_t *ret_study, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool found;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_STREAM_NAMES, &number, 1, &st, &found, reterr);

	if (rc != VF_OK)
		return rc;
	if (!found)
		return vf_fail(reterr, VF_STORE_CORRUPT, "a record names a stream that is not there");
	*ret_submitter = (uint64_t)sqlite3_column_int64(st, 0);
	*ret_study = (uint64_t)sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return VF_OK;
}

/* ---- rows ---- */

VF_RC nt_store_row(struct nt_store *s, uint64_t number, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool found;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_RECORD_GET, &number, 1, &st, &found, reterr);

	if (rc != VF_OK)
		return rc;
	if (!found)
		return vf_fail(
			reterr, VF_STORE_CORRUPT, "record number %" PRIu64 " is not in 'notary.db'", number);
	nt_buf_reset(&s->row);
	nt_buf_put(&s->row, vf_bytes(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)));
	sqlite3_reset(st);
	return nt_buf_check(&s->row, reterr);
}

VF_RC nt_store_scan(struct nt_store *s, uint64_t number, struct vf_err *reterr)
{
	uint64_t submitter;
	enum vf_rc rc = nt_store_row(s, number, reterr);

	if (rc == VF_OK)
		rc = nt_body_index(nt_buf_bytes(&s->row), &s->scan, reterr);
	if (rc == VF_OK && s->scan.front.erased && s->scan.front.in_stream)
		rc = nt_store_stream_number(s, s->scan.stream, &submitter, &s->scan.study, reterr);
	return rc;
}

/* True when the record at number has this id; its row is then in s->row. */
static VF_RC is_record(
	struct nt_store *s, uint64_t number, const struct vf_hash *id, bool *ret, struct vf_err *reterr)
{
	struct nt_body_front f;
	enum vf_rc rc = nt_store_row(s, number, reterr);

	if (rc == VF_OK)
		rc = nt_body_front(nt_buf_bytes(&s->row), &f, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = vf_hash_eq(&f.id, id);
	return VF_OK;
}

VF_RC nt_store_number(
	struct nt_store *s, const struct vf_hash *id, bool *ret_found, uint64_t *ret, struct vf_err *reterr)
{
	uint64_t h = nt_index_key(id), i;
	int64_t after = -1;
	uint32_t at = 0;
	sqlite3_stmt *st = NULL;
	bool found = false;
	enum vf_rc rc;

	while (!found && nt_index_next(&s->recent.ids, h, &at, &i)) {
		rc = is_record(s, i, id, &found, reterr);
		if (rc != VF_OK)
			return rc;
	}
	while (!found && s->recent.from > 0) {
		bool row;

		rc = nt_sql_row(s, NT_SQL_ID_NEXT, (uint64_t[]){h, (uint64_t)after, s->recent.from}, 3, &st, &row,
			reterr);
		if (rc != VF_OK)
			return rc;
		if (!row)
			break;
		after = sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		i = (uint64_t)after;
		rc = is_record(s, i, id, &found, reterr);
		if (rc != VF_OK)
			return rc;
	}
	*ret_found = found;
	if (found)
		*ret = i;
	return VF_OK;
}
