/*
 * A small SQLite file of its own in a private folder, for one process at a time.
 *
 * Knows opening, statements, transactions, and how to leave nothing of what was
 * deleted in the file. What the tables mean is the question of who opens it.
 */
#ifndef NOTARY_SMALL_DB_H
#define NOTARY_SMALL_DB_H

#include "notary/buf.h"

struct sqlite3;
struct sqlite3_stmt;

#define NT_SMALL_STATEMENTS 24

struct nt_small_shape {
	const char *name;              /* of the file, for messages too */
	const char *const *migrations; /* step i leads from version i to i + 1 */
	int version;
	const char *const *statements;
	size_t n_statements; /* at most NT_SMALL_STATEMENTS */
};

struct nt_small_db {
	const struct nt_small_shape *shape;
	struct sqlite3 *db;
	struct sqlite3_stmt *statements[NT_SMALL_STATEMENTS];
};

/*
 * Opens it, or makes it with mode 0600; finishes a wipe that a crash cut short. *ret is NULL when there is
 * none and create is false. NO_INPUT when the folder is not there, PERMISSION when others may read it,
 * STORE_BUSY when another process keeps the file longer than five seconds, STORE_CORRUPT, STORE_VERSION.
 */
VF_RC nt_small_open(const char *dir, const struct nt_small_shape *shape, bool create,
	struct nt_small_db **ret, struct vf_err *reterr);
struct nt_small_db *nt_small_free(struct nt_small_db *d);
void nt_small_freep(struct nt_small_db **d);

/* The message for what SQLite has just refused. */
enum vf_rc nt_small_fail(struct nt_small_db *d, const char *what, struct vf_err *reterr);
/* The statement, reset and without values. */
VF_RC nt_small_get(struct nt_small_db *d, size_t which, struct sqlite3_stmt **ret, struct vf_err *reterr);
VF_RC nt_small_run(struct nt_small_db *d, const char *text, struct vf_err *reterr);
/* Steps; *ret_row is false at the end, where the statement is reset. */
VF_RC nt_small_step(struct nt_small_db *d, struct sqlite3_stmt *st, bool *ret_row, struct vf_err *reterr);
/* Steps once and resets: whether there was a row does not matter. */
VF_RC nt_small_done(struct nt_small_db *d, struct sqlite3_stmt *st, struct vf_err *reterr);
VF_RC nt_small_begin(struct nt_small_db *d, struct vf_err *reterr);
/* COMMIT when rc is VF_OK, else ROLLBACK; returns the first fault. */
VF_RC nt_small_end(struct nt_small_db *d, enum vf_rc rc, struct vf_err *reterr);

/*
 * Inside the transaction that deletes: the wipe is owed from now on. After it: every page is written anew
 * without what was deleted, and the write-ahead log is cut to nothing.
 */
VF_RC nt_small_owe_wipe(struct nt_small_db *d, struct vf_err *reterr);
VF_RC nt_small_wipe(struct nt_small_db *d, struct vf_err *reterr);

/* A copy that holds what is committed, in a file that is not there yet (0600). */
VF_RC nt_small_backup(struct nt_small_db *d, const char *to, struct vf_err *reterr);

#endif
