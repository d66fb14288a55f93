/*
 * What the parts of the access database share; not for others.
 *
 * Credentials are held in memory as well: a decision reads no disk. The lock is
 * held by every public call from its beginning to its end.
 */
#ifndef NOTARY_ACCESS_SQLITE_H
#define NOTARY_ACCESS_SQLITE_H

#include <pthread.h>

#include "notary/audit.h"
#include "notary/store_sqlite.h"

struct sqlite3;
struct sqlite3_stmt;

enum nt_asql {
#define NT_SQL(name, text) NT_ASQL_##name,
#include "notary/access_sqlite.def"
#undef NT_SQL
	NT_ASQL_COUNT
};

struct nt_party {
	uint64_t number;
	char name[NT_PARTY_LEN + 1];
	enum nt_role role;
	int64_t created_ms, revoked_ms;
};

struct nt_held {
	uint64_t number;
	size_t party; /* place in the parties */
	bool certificate;
	struct vf_hash hash;
	unsigned rights;
	char *studies, *kinds; /* lines; empty: any */
	int64_t created_ms, expires_ms, revoked_ms, used_day;
	bool used_dirty; /* used_day is not in the database yet */
};

/* Denied accesses of the current minute, of one party, right and outcome. */
#define NT_FLOODS 256
struct nt_flood {
	char party[NT_PARTY_LEN + 1];
	enum nt_right right;
	enum vf_rc outcome;
	uint64_t seen;
};

struct nt_access {
	struct sqlite3 *db;
	struct sqlite3_stmt *stmts[NT_ASQL_COUNT];
	pthread_mutex_t lock;
	struct vf_err broken; /* rc is VF_OK while all is well */
	/*
	 * The tables have a lock of their own, so that a decision never waits for a transaction. Who changes them, or
	 * broken, holds both; who reads them one of the two; used_day, used_dirty and n_dirty are this lock's alone.
	 */
	pthread_mutex_t table;
	struct nt_party *parties;
	size_t n_parties;
	struct nt_held *held;
	size_t n_held, n_dirty;
	struct nt_index by_hash;
	struct nt_random random;
	uint64_t next_event;
	int64_t last_day; /* of the last event: no later one has an earlier */
	int64_t minute;   /* of the floods in memory */
	struct nt_flood floods[NT_FLOODS];
	size_t n_floods;
};

/* The statement, reset and without values. */
VF_RC nt_asql(struct nt_access *a, enum nt_asql which, struct sqlite3_stmt **ret, struct vf_err *reterr);
enum vf_rc nt_asql_fail(struct nt_access *a, const char *what, struct vf_err *reterr);
VF_RC nt_asql_run(struct nt_access *a, const char *text, struct vf_err *reterr);
/* Steps to the end; a row is a fault. */
VF_RC nt_asql_done(struct nt_access *a, struct sqlite3_stmt *st, struct vf_err *reterr);
/* Steps; *ret_row is false at the end, where the statement is reset. */
VF_RC nt_asql_step(struct nt_access *a, struct sqlite3_stmt *st, bool *ret_row, struct vf_err *reterr);
/* COMMIT when rc is VF_OK, else ROLLBACK; returns the first fault. */
VF_RC nt_asql_end(struct nt_access *a, enum vf_rc rc, struct vf_err *reterr);
/* Takes the lock; a database that has failed refuses. Without VF_OK the lock is not held. */
VF_RC nt_access_enter(struct nt_access *a, struct vf_err *reterr);
/* Gives the lock back and remembers a failure that only opening again can cure; returns rc. */
enum vf_rc nt_access_leave(struct nt_access *a, enum vf_rc rc, const struct vf_err *err);

/* Reads parties and credentials into memory, anew after each change. */
VF_RC nt_access_load(struct nt_access *a, struct vf_err *reterr);
/* access_sqlite_events.c: the numbers of the trail, read once. */
VF_RC nt_access_load_trail(struct nt_access *a, struct vf_err *reterr);

#endif
