#include "notary/participants.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "notary/failpoint.h"
#include "notary/random.h"
#include "notary/small_db.h"
#include "verify/text.h"

#define STUDY_LEN 128

enum {
	FIND,
	FIND_VALUE,
	ELSEWHERE,
	ADD,
	EACH,
	DROP,
};

static const char *const statements[] = {
	[FIND] = "SELECT key, value FROM participant WHERE study = ? AND number = ?",
	[FIND_VALUE] = "SELECT number FROM participant WHERE value = ? AND study = ?",
	[ELSEWHERE] = "SELECT 1 FROM participant WHERE value = ? AND study <> ?",
	[ADD] = "INSERT INTO participant (study, number, key, value, created) VALUES (?, ?, ?, ?, ?)",
	[EACH] = ("SELECT study, number, key, value, created FROM participant WHERE ?1 = '' OR study = ?1"
		  " ORDER BY study, number"),
	[DROP] = "DELETE FROM participant WHERE study = ? AND number = ?",
};

static const char *const migrations[] = {
	"CREATE TABLE participant (study TEXT NOT NULL, number TEXT NOT NULL, key BLOB NOT NULL,"
	" value BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, PRIMARY KEY (study, number)) STRICT, WITHOUT "
	"ROWID;",
};

static const struct nt_small_shape shape = {
	"participants.db", migrations, 1, statements, sizeof(statements) / sizeof(statements[0])};

struct nt_participants {
	struct nt_small_db *db;
	struct nt_random random;
};

struct vf_hash nt_participant_hmac(const struct vf_hash *key, struct vf_bytes study, struct vf_bytes number)
{
	uint8_t text[sizeof(NT_PARTICIPANT_DOMAIN) + STUDY_LEN + 1 + NT_PARTICIPANT_NUMBER];
	size_t n = sizeof(NT_PARTICIPANT_DOMAIN); /* with its 0x00 */
	struct vf_hash value;

	memcpy(text, NT_PARTICIPANT_DOMAIN, n);
	memcpy(text + n, study.p, study.n);
	n += study.n;
	text[n++] = 0;
	memcpy(text + n, number.p, number.n);
	n += number.n;
	value = vf_hmac_sha256(vf_bytes(key->b, sizeof(key->b)), vf_bytes(text, n));
	explicit_bzero(text, sizeof(text));
	return value;
}

/* ---- opening ---- */

VF_RC nt_participants_open(const char *dir, bool create, struct nt_participants **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_small_freep) struct nt_small_db *db = NULL;
	struct nt_participants *p;
	enum vf_rc rc = nt_small_open(dir, &shape, create, &db, reterr);

	if (rc != VF_OK)
		return rc;
	if (db == NULL) {
		*ret = NULL;
		return VF_OK;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%s'", shape.name);
	p->db = db;
	db = NULL;
	*ret = p;
	return VF_OK;
}

struct nt_participants *nt_participants_free(struct nt_participants *p)
{
	if (p == NULL)
		return NULL;
	nt_small_free(p->db);
	explicit_bzero(&p->random, sizeof(p->random));
	free(p);
	return NULL;
}

void nt_participants_freep(struct nt_participants **p)
{
	*p = nt_participants_free(*p);
}

/* ---- finding ---- */

VF_RC nt_participants_check(struct vf_bytes study, struct vf_bytes number, struct vf_err *reterr)
{
	if (study.n == 0 || study.n > STUDY_LEN || !vf_text_is_plain(study))
		return vf_fail(reterr, VF_USAGE, "a study is 1 to %d octets of plain text", STUDY_LEN);
	if (number.n == 0 || number.n > NT_PARTICIPANT_NUMBER || !vf_text_is_plain(number))
		return vf_fail(reterr, VF_USAGE, "a participant's number is 1 to %d octets of plain text",
			NT_PARTICIPANT_NUMBER);
	return VF_OK;
}

static bool bind_text(sqlite3_stmt *st, int at, struct vf_bytes text)
{
	return sqlite3_bind_text64(st, at, text.n ? (const char *)text.p : "", text.n, SQLITE_STATIC,
		       SQLITE_UTF8) == SQLITE_OK;
}

static bool bind_hash(sqlite3_stmt *st, int at, const struct vf_hash *h)
{
	return sqlite3_bind_blob64(st, at, h->b, sizeof(h->b), SQLITE_STATIC) == SQLITE_OK;
}

static bool column_hash(sqlite3_stmt *st, int at, struct vf_hash *ret)
{
	const void *p = sqlite3_column_blob(st, at);

	if (p == NULL || sqlite3_column_bytes(st, at) != (int)sizeof(ret->b))
		return false;
	memcpy(ret->b, p, sizeof(ret->b));
	return true;
}

static struct vf_bytes column_text(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_text(st, at);

	return vf_bytes(p, (size_t)sqlite3_column_bytes(st, at));
}

/* The value of a row, which its key must give. */
static VF_RC read_value(sqlite3_stmt *st, int key_at, struct vf_bytes study, struct vf_bytes number,
	struct vf_hash *ret, struct vf_err *reterr)
{
	struct vf_hash key, value, want;
	bool right = study.n <= STUDY_LEN && number.n <= NT_PARTICIPANT_NUMBER &&
		column_hash(st, key_at, &key) && column_hash(st, key_at + 1, &value);

	if (right) {
		want = nt_participant_hmac(&key, study, number);
		explicit_bzero(&key, sizeof(key));
		right = vf_hash_eq(&want, &value);
	}
	if (!right)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"a participant in '%s' has another value than its key gives", shape.name);
	*ret = value;
	return VF_OK;
}

static VF_RC find(struct nt_participants *p, struct vf_bytes study, struct vf_bytes number, bool *ret_found,
	struct vf_hash *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(p->db, FIND, &st, reterr);

	if (rc == VF_OK && (!bind_text(st, 1, study) || !bind_text(st, 2, number)))
		rc = nt_small_fail(p->db, "read", reterr);
	if (rc == VF_OK)
		rc = nt_small_step(p->db, st, ret_found, reterr);
	if (rc == VF_OK && *ret_found)
		rc = read_value(st, 0, study, number, ret, reterr);
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_participants_find(struct nt_participants *p, struct vf_bytes study, struct vf_bytes number,
	struct vf_hash *ret_value, struct vf_err *reterr)
{
	bool found = false;
	enum vf_rc rc = nt_participants_check(study, number, reterr);

	if (rc == VF_OK)
		rc = find(p, study, number, &found, ret_value, reterr);
	/* the number is the participant's: no message quotes it */
	return rc == VF_OK && !found
		? vf_fail(reterr, VF_UNKNOWN_PARTICIPANT, "no participant of this study has this number here")
		: rc;
}

VF_RC nt_participants_elsewhere(struct nt_participants *p, struct vf_bytes study, const struct vf_hash *value,
	bool *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_small_get(p->db, ELSEWHERE, &st, reterr);

	if (rc == VF_OK && (!bind_hash(st, 1, value) || !bind_text(st, 2, study)))
		rc = nt_small_fail(p->db, "read", reterr);
	if (rc == VF_OK)
		rc = nt_small_step(p->db, st, ret, reterr);
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_participants_each(struct nt_participants *p, struct vf_bytes study, nt_each_participant *each,
	void *ctx, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum vf_rc rc = nt_small_get(p->db, EACH, &st, reterr);

	if (rc == VF_OK && !bind_text(st, 1, study))
		rc = nt_small_fail(p->db, "read", reterr);
	while (rc == VF_OK) {
		struct nt_participant_row r;

		rc = nt_small_step(p->db, st, &row, reterr);
		if (rc != VF_OK || !row)
			break;
		r.study = column_text(st, 0);
		r.number = column_text(st, 1);
		r.created_ms = sqlite3_column_int64(st, 4);
		rc = read_value(st, 2, r.study, r.number, &r.value, reterr);
		if (rc == VF_OK)
			rc = each(ctx, &r, reterr);
	}
	sqlite3_reset(st);
	return rc;
}

/* ---- making ---- */

static VF_RC put_row(struct nt_participants *p, struct vf_bytes study, struct vf_bytes number, int64_t now_ms,
	struct vf_hash *ret_value, struct vf_err *reterr)
{
	struct vf_hash key, value;
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_random(&p->random, key.b, sizeof(key.b), reterr);

	if (rc != VF_OK)
		return rc;
	value = nt_participant_hmac(&key, study, number);
	rc = nt_small_get(p->db, ADD, &st, reterr);
	if (rc == VF_OK &&
		(!bind_text(st, 1, study) || !bind_text(st, 2, number) || !bind_hash(st, 3, &key) ||
			!bind_hash(st, 4, &value) || sqlite3_bind_int64(st, 5, now_ms) != SQLITE_OK))
		rc = nt_small_fail(p->db, "change", reterr);
	if (rc == VF_OK)
		rc = nt_small_done(p->db, st, reterr);
	if (st != NULL)
		sqlite3_clear_bindings(st);
	explicit_bzero(&key, sizeof(key));
	if (rc == VF_OK)
		*ret_value = value;
	return rc;
}

VF_RC nt_participants_add(struct nt_participants *p, struct vf_bytes study, struct vf_bytes number,
	int64_t now_ms, struct vf_hash *ret_value, bool *ret_new, struct vf_err *reterr)
{
	bool found = false;
	enum vf_rc rc = nt_participants_check(study, number, reterr);

	if (rc == VF_OK)
		rc = nt_small_begin(p->db, reterr);
	if (rc != VF_OK)
		return rc;
	rc = find(p, study, number, &found, ret_value, reterr);
	if (rc == VF_OK && !found)
		rc = put_row(p, study, number, now_ms, ret_value, reterr);
	rc = nt_small_end(p->db, rc, reterr);
	if (rc == VF_OK)
		*ret_new = !found;
	return rc;
}

VF_RC nt_participant_value(const char *dir, struct vf_bytes study, struct vf_bytes number, int64_t now_ms,
	struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	bool made;
	enum vf_rc rc = nt_participants_check(study, number, reterr);

	if (rc == VF_OK)
		rc = nt_participants_open(dir, true, &p, reterr);
	return rc == VF_OK ? nt_participants_add(p, study, number, now_ms, ret, &made, reterr) : rc;
}

/* ---- destroying ---- */

VF_RC nt_participants_destroy(
	struct nt_participants *p, struct vf_bytes study, struct vf_bytes number, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	struct vf_hash value;
	enum vf_rc rc = nt_participants_find(p, study, number, &value, reterr);

	if (rc == VF_OK)
		rc = nt_small_begin(p->db, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_small_get(p->db, DROP, &st, reterr);
	if (rc == VF_OK && (!bind_text(st, 1, study) || !bind_text(st, 2, number)))
		rc = nt_small_fail(p->db, "change", reterr);
	if (rc == VF_OK)
		rc = nt_small_done(p->db, st, reterr);
	if (st != NULL)
		sqlite3_clear_bindings(st);
	if (rc == VF_OK)
		rc = nt_small_owe_wipe(p->db, reterr);
	rc = nt_small_end(p->db, rc, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("participant-dropped");
	return nt_small_wipe(p->db, reterr);
}

VF_RC nt_participants_destroy_value(struct nt_participants *p, struct vf_bytes study,
	const struct vf_hash *value, bool *ret_was, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf number = nt_buf(NT_PARTICIPANT_NUMBER);
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum vf_rc rc = nt_small_get(p->db, FIND_VALUE, &st, reterr);

	if (rc == VF_OK && (!bind_hash(st, 1, value) || !bind_text(st, 2, study)))
		rc = nt_small_fail(p->db, "read", reterr);
	if (rc == VF_OK)
		rc = nt_small_step(p->db, st, &row, reterr);
	if (rc == VF_OK && row)
		nt_buf_put(&number, column_text(st, 0));
	sqlite3_reset(st);
	if (rc == VF_OK)
		rc = nt_buf_check(&number, reterr);
	if (rc == VF_OK && row)
		rc = nt_participants_destroy(p, study, nt_buf_bytes(&number), reterr);
	if (number.p != NULL)
		explicit_bzero(number.p, number.n);
	if (rc == VF_OK)
		*ret_was = row;
	return rc;
}

VF_RC nt_participants_backup(const char *dir, const char *to_dir, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
	enum vf_rc rc = nt_participants_open(dir, false, &p, reterr);

	if (rc != VF_OK || p == NULL)
		return rc;
	nt_buf_putf(&path, "%s/%s", to_dir, shape.name);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	return rc == VF_OK ? nt_small_backup(p->db, (const char *)path.p, reterr) : rc;
}
