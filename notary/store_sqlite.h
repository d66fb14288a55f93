/*
 * What the parts of the SQLite store share; not for others.
 *
 * Statements are prepared once and named by their text's place in a list; memory
 * holds what the database alone would answer too slowly: the keys of the newest
 * records, names, and the streams that were used.
 */
#ifndef NOTARY_STORE_SQLITE_H
#define NOTARY_STORE_SQLITE_H

#include "notary/store.h"
#include "notary/store_body.h"

struct sqlite3;
struct sqlite3_stmt;

enum nt_sql {
#define NT_SQL(name, text) NT_SQL_##name,
#include "notary/store_sqlite.def"
#undef NT_SQL
	NT_SQL_COUNT
};

/* Chained hash table from 64 bits to a number; the newest entries can be taken back. */
struct nt_index {
	uint32_t *first;
	struct nt_index_node {
		uint64_t h, number;
		uint32_t next;
	} * nodes;
	size_t n, room, mask;
};

void nt_index_done(struct nt_index *x);
bool nt_index_put(struct nt_index *x, uint64_t h, uint64_t number);
void nt_index_cut(struct nt_index *x, size_t n);
/* The next node with h after *at (begin with 0); false when there is none. */
bool nt_index_next(const struct nt_index *x, uint64_t h, uint32_t *at, uint64_t *ret);
/* The first 64 bits of a hash, big-endian: the key of all indexes. */
uint64_t nt_index_key(const struct vf_hash *h);
/* The key of a link: that of the record to which it leads, and its type. Part of the store's form. */
uint64_t nt_index_link_key(struct vf_bytes type, const struct vf_hash *record);
/* A key of zeros means that the record has none. */
bool nt_has_journal(const struct vf_hash *key);

/*
 * The keys of records that the by_ tables need not hold yet: those from the mark on. Rows of them that a merge
 * which was cut short left in the tables count for nothing.
 * A record costs 8 octets here, and 32 to 64 for each of its ID, journal key, documents and links.
 */
struct nt_recent {
	uint64_t from; /* the mark */
	struct nt_index ids, journals, documents, links;
	uint64_t *studies; /* of record from + i; 0: none */
	size_t n, room;    /* records */
};

struct nt_recent_mark {
	size_t ids, journals, documents, links, n;
};

/*
 * The next record, then its documents and links; an ID of zeros is none (of a damaged row). False without memory: then the
 * caller cuts back.
 */
bool nt_recent_put(struct nt_recent *x, const struct vf_hash *id, const struct vf_hash *journal, uint64_t study);
bool nt_recent_put_document(struct nt_recent *x, const struct vf_hash *sha256);
bool nt_recent_put_link(struct nt_recent *x, struct vf_bytes type, const struct vf_hash *record);
struct nt_recent_mark nt_recent_mark(const struct nt_recent *x);
void nt_recent_cut(struct nt_recent *x, const struct nt_recent_mark *m);
void nt_recent_done(struct nt_recent *x);
/* The numbers from first on that x has for h, ascending, each once; the caller frees. NO_MEMORY. */
VF_RC nt_recent_numbers(const struct nt_index *x, uint64_t h, uint64_t first, uint64_t **ret, size_t *ret_n,
	struct vf_err *reterr);

struct nt_pair {
	uint64_t h, number;
};

/*
 * Records [from, end) on their way into the tables, one table after the other:
 *
 *   idle --begin--> table 0 --slices--> ... table 4 --slices--> all durable --mark moves--> idle
 *
 * A crash anywhere leads back to idle with the old mark, and slices may be put again.
 */
struct nt_merge {
	bool runs;
	uint64_t end;
	unsigned table;
	struct nt_pair *pairs; /* of the table; NULL before its first slice */
	size_t n, at;
	size_t seen; /* keys in memory at the last slice */
};

struct nt_name {
	uint64_t number;
	uint8_t *p;
	size_t n;
};

struct nt_stream_row {
	uint64_t number, submitter, study;
	struct nt_stream now, saved; /* saved: as the database has it, while a transaction runs */
	bool touched;
};

struct nt_store {
	struct sqlite3 *db;
	struct sqlite3_stmt *stmts[NT_SQL_COUNT];
	struct nt_store_state state;
	uint64_t found; /* records that were there at the opening: their rows were not written by this process */
	char origin[256];
	struct vf_hash secret;
	struct nt_packer packer;
	struct nt_recent recent;
	struct nt_merge merge;
	size_t merge_at, slice, merge_must, settle_at; /* keys: store_sqlite_index.c */
	struct nt_index by_name, by_stream;
	struct nt_name *names;
	size_t n_names, names_room;
	struct nt_stream_row *streams;
	size_t n_streams, streams_room;
	uint64_t next_name, next_stream;
	struct nt_buf row;
	struct nt_body_index scan;
	bool bulk; /* in a rollback journal instead of the write-ahead log */
	unsigned small_run;
};

/* The statement, reset and without values. */
VF_RC nt_sql(struct nt_store *s, enum nt_sql which, struct sqlite3_stmt **ret, struct vf_err *reterr);
/* Describes the last error of the connection. */
enum vf_rc nt_sql_fail(struct nt_store *s, const char *what, struct vf_err *reterr);
VF_RC nt_sql_run(struct nt_store *s, const char *text, struct vf_err *reterr);
/* Binds the numbers in order, steps; true when there is a row, false at the end. */
VF_RC nt_sql_row(struct nt_store *s, enum nt_sql which, const uint64_t *values, int n,
	struct sqlite3_stmt **ret, bool *ret_row, struct vf_err *reterr);
/* The number that a statement gives; 0 when there is no row. */
VF_RC nt_sql_count(struct nt_store *s, enum nt_sql which, const uint64_t *values, int n, uint64_t *ret,
	struct vf_err *reterr);
/* The numbers in the first column of what it gives, at most room; of all of which there must not be more, n is 1. */
VF_RC nt_sql_numbers(struct nt_store *s, enum nt_sql which, const uint64_t *values, int n, int64_t *ret, size_t room,
	size_t *ret_n, struct vf_err *reterr);
/* No statement stays open: a forgotten one would keep the log of the database from being emptied. */
void nt_sql_quiet(struct nt_store *s);
/* Ends a transaction: COMMIT when rc is VF_OK, else ROLLBACK; returns the first fault. */
VF_RC nt_sql_end(struct nt_store *s, enum vf_rc rc, struct vf_err *reterr);

/* Reads a column of exactly 32 octets. */
bool nt_sql_hash(struct sqlite3_stmt *st, int column, struct vf_hash *ret);

/* The row of a record into s->row. */
VF_RC nt_store_row(struct nt_store *s, uint64_t number, struct vf_err *reterr);
/* What the indexes need of a record into s->scan; the study of an erased one is that of its stream. */
VF_RC nt_store_scan(struct nt_store *s, uint64_t number, struct vf_err *reterr);
/* Number of the record with this id; *ret_found says whether there is one. */
VF_RC nt_store_number(
	struct nt_store *s, const struct vf_hash *id, bool *ret_found, uint64_t *ret, struct vf_err *reterr);
/* Number of a name; with make it is put into the database, inside the caller's transaction. */
VF_RC nt_store_name(struct nt_store *s, struct vf_bytes text, bool make, bool *ret_found, uint64_t *ret,
	struct vf_err *reterr);
/* NULL when there is none. */
const struct nt_name *nt_store_name_text(const struct nt_store *s, uint64_t number);
/* The stream's row, from the database when it was not used before; NULL when there is none. */
VF_RC nt_store_stream_row(struct nt_store *s, uint64_t submitter, uint64_t study, struct nt_stream_row **ret,
	struct vf_err *reterr);
VF_RC nt_store_stream_number(struct nt_store *s, uint64_t number, uint64_t *ret_submitter,
	uint64_t *ret_study, struct vf_err *reterr);

/* ---- store_sqlite_index.c ---- */

void nt_store_index_init(struct nt_store *s);
void nt_store_index_done(struct nt_store *s);
/* Tests: merges are due at so many keys, and are made in such slices. */
void nt_store_index_small(struct nt_store *s, size_t merge_at, size_t slice);
/* Merges everything when there is more in memory than it may hold. */
VF_RC nt_store_index_must(struct nt_store *s, struct vf_err *reterr);
/* After the erasure of a record is durable: memory and the running merge forget what had to go. */
void nt_store_index_erase(struct nt_store *s, uint64_t number, bool in_stream);

#endif
