#include "notary/small_db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"

/* Another command of the same user is done by then. */
#define WAIT_MS 5000

enum vf_rc nt_small_fail(struct nt_small_db *d, const char *what, struct vf_err *reterr)
{
	const char *name = d->shape->name, *text = d->db ? sqlite3_errmsg(d->db) : "out of memory";

	switch (d->db ? sqlite3_errcode(d->db) & 0xff : SQLITE_NOMEM) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return vf_fail(reterr, VF_STORE_BUSY, "another process has '%s' open", name);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return vf_fail(reterr, VF_STORE_CORRUPT, "'%s' is damaged (%s): %s", name, what, text);
	case SQLITE_NOMEM:
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to %s '%s'", what, name);
	default:
		/* Nothing is written or synced again: the write-ahead log waits for the next opening. */
		sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return vf_fail(reterr, VF_IO, "cannot %s '%s': %s", what, name, text);
	}
}

VF_RC nt_small_get(struct nt_small_db *d, size_t which, struct sqlite3_stmt **ret, struct vf_err *reterr)
{
	sqlite3_stmt **at = &d->statements[which];

	if (*at == NULL &&
		sqlite3_prepare_v3(d->db, d->shape->statements[which], -1, SQLITE_PREPARE_PERSISTENT, at,
			NULL) != SQLITE_OK)
		return nt_small_fail(d, "read", reterr);
	sqlite3_reset(*at);
	sqlite3_clear_bindings(*at);
	*ret = *at;
	return VF_OK;
}

VF_RC nt_small_run(struct nt_small_db *d, const char *text, struct vf_err *reterr)
{
	if (sqlite3_exec(d->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return nt_small_fail(d, "change", reterr);
	return VF_OK;
}

VF_RC nt_small_step(struct nt_small_db *d, struct sqlite3_stmt *st, bool *ret_row, struct vf_err *reterr)
{
	int status = sqlite3_step(st);
	enum vf_rc rc = VF_OK;

	if (status != SQLITE_ROW && status != SQLITE_DONE)
		rc = nt_small_fail(d, "use", reterr);
	if (status != SQLITE_ROW)
		sqlite3_reset(st);
	if (rc == VF_OK)
		*ret_row = status == SQLITE_ROW;
	return rc;
}

VF_RC nt_small_done(struct nt_small_db *d, struct sqlite3_stmt *st, struct vf_err *reterr)
{
	bool row = false;
	enum vf_rc rc = nt_small_step(d, st, &row, reterr);

	if (rc == VF_OK && row)
		sqlite3_reset(st);
	return rc;
}

static void quiet(struct nt_small_db *d)
{
	for (size_t i = 0; i < NT_SMALL_STATEMENTS; i++)
		if (d->statements[i] != NULL)
			sqlite3_reset(d->statements[i]);
}

VF_RC nt_small_begin(struct nt_small_db *d, struct vf_err *reterr)
{
	quiet(d);
	return nt_small_run(d, "BEGIN IMMEDIATE", reterr);
}

VF_RC nt_small_end(struct nt_small_db *d, enum vf_rc rc, struct vf_err *reterr)
{
	quiet(d);
	if (rc == VF_OK)
		rc = nt_small_run(d, "COMMIT", reterr);
	if (rc != VF_OK)
		/* The first fault is told; when the rollback fails too, closing rolls back. */
		vf_ignore(nt_small_run(d, "ROLLBACK", NULL));
	return rc;
}

/* ---- leaving nothing ---- */

VF_RC nt_small_owe_wipe(struct nt_small_db *d, struct vf_err *reterr)
{
	return nt_small_run(d, "INSERT INTO wipe (owed) VALUES (1)", reterr);
}

/*
 * secure_delete zeroes what is deleted, but pages that were split or joined may hold stale copies of it: only
 * a file that is written anew does not.
 */
VF_RC nt_small_wipe(struct nt_small_db *d, struct vf_err *reterr)
{
	enum vf_rc rc;

	quiet(d);
	rc = nt_small_run(d, "VACUUM", reterr);
	if (rc == VF_OK)
		nt_failpoint("wipe-written");
	if (rc == VF_OK &&
		sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		rc = nt_small_fail(d, "empty the log of", reterr);
	if (rc == VF_OK)
		nt_failpoint("wipe-emptied");
	return rc == VF_OK ? nt_small_run(d, "DELETE FROM wipe", reterr) : rc;
}

static VF_RC read_number(struct nt_small_db *d, const char *text, int *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = VF_OK;

	if (sqlite3_prepare_v2(d->db, text, -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW)
		rc = nt_small_fail(d, "read", reterr);
	else
		*ret = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return rc;
}

/* ---- opening ---- */

/* An empty file is one whose making a crash cut short: nothing was in it yet. */
static VF_RC migrate(struct nt_small_db *d, struct vf_err *reterr)
{
	int version = 0, owed = 0;
	char text[64];
	enum vf_rc rc = read_number(d, "PRAGMA user_version", &version, reterr);

	if (rc == VF_OK && version > d->shape->version)
		rc = vf_fail(reterr, VF_STORE_VERSION, "'%s' has version %d, this program knows %d",
			d->shape->name, version, d->shape->version);
	for (; rc == VF_OK && version < d->shape->version; version++) {
		sqlite3_snprintf(sizeof(text), text, "PRAGMA user_version=%d", version + 1);
		rc = nt_small_begin(d, reterr);
		if (rc != VF_OK)
			return rc;
		if (version == 0)
			rc = nt_small_run(d, "CREATE TABLE wipe (owed INTEGER NOT NULL) STRICT", reterr);
		if (rc == VF_OK)
			rc = nt_small_run(d, d->shape->migrations[version], reterr);
		if (rc == VF_OK)
			rc = nt_small_run(d, text, reterr);
		rc = nt_small_end(d, rc, reterr);
	}
	if (rc == VF_OK)
		rc = read_number(d, "SELECT count(*) FROM wipe", &owed, reterr);
	return rc == VF_OK && owed > 0 ? nt_small_wipe(d, reterr) : rc;
}

static VF_RC open_db(struct nt_small_db *d, const char *path, struct vf_err *reterr)
{
	if (sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return nt_small_fail(d, "open", reterr);
	sqlite3_extended_result_codes(d->db, 1);
	sqlite3_busy_timeout(d->db, WAIT_MS);
	return nt_small_run(d,
		"PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
		"PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; BEGIN IMMEDIATE; COMMIT",
		reterr);
}

static VF_RC check_folder(const char *dir, struct vf_err *reterr)
{
	struct stat st;

	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return vf_fail(reterr, VF_NO_INPUT, "there is no folder '%s'", dir);
	if ((st.st_mode & 077) != 0)
		return vf_fail(reterr, VF_PERMISSION,
			"others may look into '%s': it must be its owner's alone (0700)", dir);
	return VF_OK;
}

/* Makes the file when it may; *ret_there says whether it is there then. */
static VF_RC find_file(const char *path, bool create, bool *ret_there, struct vf_err *reterr)
{
	enum vf_rc rc;

	*ret_there = true;
	if (access(path, F_OK) == 0)
		return VF_OK;
	if (errno != ENOENT)
		return vf_fail(reterr, errno == EACCES ? VF_PERMISSION : VF_IO, "cannot open '%s'", path);
	*ret_there = create;
	rc = create ? nt_file_create(path, 0600, reterr) : VF_OK;
	return rc == VF_EXISTS ? VF_OK : rc; /* another process has just made it */
}

VF_RC nt_small_open(const char *dir, const struct nt_small_shape *shape, bool create,
	struct nt_small_db **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_small_freep) struct nt_small_db *d = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	bool there = false;
	enum vf_rc rc = check_folder(dir, reterr);

	nt_buf_putf(&path, "%s/%s", dir, shape->name);
	nt_buf_put_u8(&path, 0);
	if (rc == VF_OK)
		rc = nt_buf_check(&path, reterr);
	if (rc == VF_OK)
		rc = find_file((const char *)path.p, create, &there, reterr);
	if (rc != VF_OK)
		return rc;
	if (!there) {
		*ret = NULL;
		return VF_OK;
	}
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", shape->name);
	d->shape = shape;
	rc = open_db(d, (const char *)path.p, reterr);
	if (rc == VF_OK)
		rc = migrate(d, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = d;
	d = NULL;
	return VF_OK;
}

struct nt_small_db *nt_small_free(struct nt_small_db *d)
{
	if (d == NULL)
		return NULL;
	for (size_t i = 0; i < NT_SMALL_STATEMENTS; i++)
		sqlite3_finalize(d->statements[i]);
	sqlite3_close(d->db);
	free(d);
	return NULL;
}

void nt_small_freep(struct nt_small_db **d)
{
	*d = nt_small_free(*d);
}

/* ---- backup ---- */

VF_RC nt_small_backup(struct nt_small_db *d, const char *to, struct vf_err *reterr)
{
	sqlite3 *copy = NULL;
	sqlite3_backup *b;
	enum vf_rc rc = nt_file_create(to, 0600, reterr);

	if (rc != VF_OK)
		return rc;
	quiet(d);
	if (sqlite3_open_v2(to, &copy, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		(b = sqlite3_backup_init(copy, "main", d->db, "main")) == NULL) {
		sqlite3_close(copy);
		return vf_fail(reterr, VF_IO, "cannot copy '%s'", d->shape->name);
	}
	if (sqlite3_backup_step(b, -1) != SQLITE_DONE)
		rc = vf_fail(reterr, VF_IO, "cannot copy '%s': %s", d->shape->name, sqlite3_errmsg(copy));
	if (sqlite3_backup_finish(b) != SQLITE_OK && rc == VF_OK)
		rc = vf_fail(reterr, VF_IO, "cannot copy '%s'", d->shape->name);
	if (sqlite3_close(copy) != SQLITE_OK && rc == VF_OK)
		rc = vf_fail(reterr, VF_IO, "cannot copy '%s'", d->shape->name);
	return rc;
}
