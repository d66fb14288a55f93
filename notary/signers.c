#include "notary/signers.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "notary/notary_inside.h"
#include "notary/small_db.h"
#include "verify/text.h"

enum {
	FIND,
	ADD,
};

static const char *const statements[] = {
	[FIND] = "SELECT name FROM signer WHERE key = ?",
	[ADD] = "INSERT INTO signer (key, name, since) VALUES (?, ?, ?)",
};

static const char *const migrations[] = {
	"CREATE TABLE signer (key BLOB PRIMARY KEY, name TEXT NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
};

static const struct nt_small_shape shape = {
	"signers.db", migrations, 1, statements, sizeof(statements) / sizeof(statements[0])};

struct nt_signers {
	struct nt_small_db *db;
};

struct nt_signers *nt_signers_free(struct nt_signers *s)
{
	if (s)
		nt_small_free(s->db);
	free(s);
	return NULL;
}

/* Once a notary; n->signers stays NULL when there is no file and create is false. */
static VF_RC open_register(struct nt_notary *n, bool create, struct vf_err *reterr)
{
	VF_CLEANUP(nt_small_freep) struct nt_small_db *db = NULL;
	enum vf_rc rc;

	if (n->signers)
		return VF_OK;
	rc = nt_small_open(n->dir, &shape, create, &db, reterr);
	if (rc != VF_OK || !db)
		return rc;
	n->signers = calloc(1, sizeof(*n->signers));
	if (!n->signers)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", shape.name);
	n->signers->db = db;
	db = NULL;
	return VF_OK;
}

static bool bind_key(sqlite3_stmt *st, const struct vf_hash *key)
{
	return sqlite3_bind_blob64(st, 1, key->b, sizeof(key->b), SQLITE_STATIC) == SQLITE_OK;
}

static VF_RC add(struct nt_small_db *db, const struct nt_signed_by *by, int64_t now_ms, struct vf_err *reterr)
{
	sqlite3_stmt *st;
	enum vf_rc rc = nt_small_get(db, ADD, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (!bind_key(st, &by->key) ||
		sqlite3_bind_text64(st, 2, (const char *)by->name.p, by->name.n, SQLITE_STATIC, SQLITE_UTF8) !=
			SQLITE_OK ||
		sqlite3_bind_int64(st, 3, now_ms) != SQLITE_OK)
		return nt_small_fail(db, "cannot write", reterr);
	return nt_small_done(db, st, reterr);
}

static VF_RC refuse(struct vf_bytes known, struct vf_bytes wanted, struct vf_err *reterr)
{
	char a[200], b[200];

	vf_text_escape(a, sizeof(a), known);
	vf_text_escape(b, sizeof(b), wanted);
	return vf_fail(reterr, VF_SIGNER_NAME, "this key signs as '%s' in this notary, not as '%s'", a, b);
}

/* Finds the key, or enters it. */
static VF_RC claim(struct nt_small_db *db, const struct nt_signed_by *by, int64_t now_ms, struct vf_err *reterr)
{
	sqlite3_stmt *st;
	struct vf_bytes known;
	bool row = false;
	enum vf_rc rc = nt_small_get(db, FIND, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (!bind_key(st, &by->key))
		return nt_small_fail(db, "cannot read", reterr);
	rc = nt_small_step(db, st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (!row)
		return add(db, by, now_ms, reterr);
	known = vf_bytes(sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	if (!vf_bytes_eq(known, by->name))
		rc = refuse(known, by->name, reterr);
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_signers_claim(struct nt_notary *n, const struct nt_signed_by *by, struct vf_err *reterr)
{
	enum vf_rc rc = open_register(n, true, reterr);

	if (rc == VF_OK)
		rc = nt_small_begin(n->signers->db, reterr);
	if (rc != VF_OK)
		return rc;
	rc = claim(n->signers->db, by, nt_notary_now(n), reterr);
	return nt_small_end(n->signers->db, rc, reterr);
}

VF_RC nt_signers_backup(struct nt_notary *n, const char *to_dir, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	enum vf_rc rc = open_register(n, false, reterr);

	if (rc != VF_OK || !n->signers)
		return rc;
	nt_buf_putf(&path, "%s/%s", to_dir, shape.name);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	return rc == VF_OK ? nt_small_backup(n->signers->db, (const char *)path.p, reterr) : rc;
}
