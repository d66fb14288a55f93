#include "notary/store_revocation.h"

#include <sqlite3.h>

#include "notary/findings.h"
#include "notary/store_sqlite.h"
#include "verify/text.h"

struct vf_hash nt_revocation_subject(const struct vf_cert *cert)
{
	return vf_sha256_2(cert->issuer, cert->serial);
}

static bool bind_subject(sqlite3_stmt *st, struct vf_bytes authority, enum nt_revocation_kind kind,
	const struct vf_hash *subject)
{
	return sqlite3_bind_text64(st, 1, (const char *)authority.p, authority.n, SQLITE_STATIC,
		SQLITE_UTF8) == SQLITE_OK &&
		sqlite3_bind_int(st, 2, (int)kind) == SQLITE_OK &&
		sqlite3_bind_blob(st, 3, subject->b, sizeof(subject->b), SQLITE_STATIC) == SQLITE_OK;
}

VF_RC nt_store_revocation_put(struct nt_store *s, const struct nt_revocation *r, bool *ret_new, struct vf_err *reterr)
{
	struct vf_hash sha256 = vf_sha256(r->der);
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, NT_SQL_REVOCATION_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->der.n == 0 || r->der.n > NT_MAX_REVOCATION)
		return vf_fail(reterr, VF_LIMIT, "a CRL or OCSP response of %zu octets", r->der.n);
	if (!bind_subject(st, r->authority, r->kind, &r->subject) ||
		sqlite3_bind_int64(st, 4, r->this_update) != SQLITE_OK ||
		(r->next_update != VF_TIME_NONE && sqlite3_bind_int64(st, 5, r->next_update) != SQLITE_OK) ||
		sqlite3_bind_blob(st, 6, sha256.b, sizeof(sha256.b), SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 7, r->der.p, r->der.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE) {
		rc = nt_sql_fail(s, "change", reterr);
		sqlite3_reset(st);
		return rc;
	}
	sqlite3_reset(st);
	*ret_new = sqlite3_changes(s->db) > 0;
	return VF_OK;
}

/* Columns: authority, kind, subject, this_update, next_update, sha256, der, number. */
static bool read_row(sqlite3_stmt *st, struct nt_revocation *ret)
{
	int kind = sqlite3_column_int(st, 1);
	struct vf_hash want, got;

	*ret = (struct nt_revocation){.this_update = sqlite3_column_int64(st, 3), .next_update = VF_TIME_NONE,
		.number = (uint64_t)sqlite3_column_int64(st, 7)};
	if ((kind != NT_REVOCATION_CRL && kind != NT_REVOCATION_OCSP) || !nt_sql_hash(st, 2, &ret->subject) ||
		!nt_sql_hash(st, 5, &want))
		return false;
	ret->kind = kind == NT_REVOCATION_CRL ? NT_REVOCATION_CRL : NT_REVOCATION_OCSP;
	if (sqlite3_column_type(st, 4) != SQLITE_NULL)
		ret->next_update = sqlite3_column_int64(st, 4);
	ret->authority = vf_bytes(sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	ret->der = vf_bytes(sqlite3_column_blob(st, 6), (size_t)sqlite3_column_bytes(st, 6));
	got = vf_sha256(ret->der);
	return vf_hash_eq(&want, &got);
}

static enum vf_rc corrupt(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_STORE_CORRUPT, "a CRL or OCSP response in 'notary.db' is not what was put there");
}

/* The first row of the statement, whose octets go to der. */
static enum vf_rc find(struct nt_store *s, sqlite3_stmt *st, struct nt_buf *der, struct nt_revocation *ret,
	bool *ret_found,
	struct vf_err *reterr)
{
	struct nt_revocation r;
	size_t start = der->n;
	enum vf_rc rc = VF_OK;
	int status = sqlite3_step(st);

	*ret_found = status == SQLITE_ROW;
	if (status != SQLITE_ROW && status != SQLITE_DONE)
		rc = nt_sql_fail(s, "read", reterr);
	else if (status == SQLITE_ROW && !read_row(st, &r))
		rc = corrupt(reterr);
	if (rc == VF_OK && *ret_found) {
		nt_buf_put(der, r.der);
		rc = nt_buf_check(der, reterr);
	}
	if (rc == VF_OK && *ret_found) {
		r.der = vf_bytes(der->p + start, der->n - start);
		*ret = r;
	}
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_store_revocation_find(struct nt_store *s, struct vf_bytes authority, enum nt_revocation_kind kind,
	const struct vf_hash *subject, int64_t after, struct nt_buf *der, struct nt_revocation *ret, bool *ret_found,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool found = false;
	enum vf_rc rc = nt_sql(s, NT_SQL_REVOCATION_AFTER, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (!bind_subject(st, authority, kind, subject) || sqlite3_bind_int64(st, 4, after) != SQLITE_OK)
		return nt_sql_fail(s, "read", reterr);
	rc = find(s, st, der, ret, &found, reterr);
	if (rc == VF_OK && !found) {
		rc = nt_sql(s, NT_SQL_REVOCATION_LAST, &st, reterr);
		if (rc == VF_OK && !bind_subject(st, authority, kind, subject))
			rc = nt_sql_fail(s, "read", reterr);
		if (rc == VF_OK)
			rc = find(s, st, der, ret, &found, reterr);
	}
	if (rc != VF_OK)
		return rc;
	if (found)
		ret->authority = authority;
	*ret_found = found;
	return VF_OK;
}

VF_RC nt_store_revocation_get(struct nt_store *s, uint64_t number, struct nt_buf *der, struct nt_revocation *ret,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool found = false;
	enum vf_rc rc = nt_sql(s, NT_SQL_REVOCATION_GET, &st, reterr);

	if (rc == VF_OK && sqlite3_bind_int64(st, 1, (sqlite3_int64)number) != SQLITE_OK)
		rc = nt_sql_fail(s, "read", reterr);
	if (rc == VF_OK)
		rc = find(s, st, der, ret, &found, reterr);
	if (rc == VF_OK && !found)
		rc = corrupt(reterr);
	if (rc == VF_OK)
		ret->authority = vf_bytes(NULL, 0);
	return rc;
}

VF_RC nt_store_revocation_each(struct nt_store *s, nt_each_revocation *each, void *ctx, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status = SQLITE_DONE;
	enum vf_rc rc = nt_sql(s, NT_SQL_REVOCATION_ALL, &st, reterr);

	if (rc != VF_OK)
		return rc;
	while (rc == VF_OK && (status = sqlite3_step(st)) == SQLITE_ROW) {
		struct nt_revocation r;

		rc = read_row(st, &r) ? each(ctx, &r, reterr) : corrupt(reterr);
	}
	if (rc == VF_OK && status != SQLITE_DONE)
		rc = nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	return rc;
}

static enum vf_rc number(struct nt_store *s, enum nt_sql which, uint64_t *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, which, NULL, 0, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	if (!row)
		return corrupt(reterr);
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return VF_OK;
}

VF_RC nt_store_revocation_count(struct nt_store *s, uint64_t *ret, struct vf_err *reterr)
{
	return number(s, NT_SQL_REVOCATION_COUNT, ret, reterr);
}

VF_RC nt_store_revocation_version(struct nt_store *s, uint64_t *ret, struct vf_err *reterr)
{
	return number(s, NT_SQL_REVOCATION_NEWEST, ret, reterr);
}

VF_RC nt_store_check_revocation(struct nt_store *s, struct nt_findings *f, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	enum vf_rc rc = nt_sql(s, NT_SQL_REVOCATION_ALL, &st, reterr);

	if (rc != VF_OK)
		return rc;
	while ((status = sqlite3_step(st)) == SQLITE_ROW) {
		struct nt_revocation r;
		char shown[80];

		if (read_row(st, &r))
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes(sqlite3_column_text(st, 0),
			(size_t)sqlite3_column_bytes(st, 0)));
		nt_found(f, VF_STORE_CORRUPT, "revocation data of authority '%s' are not what was put there", shown);
	}
	sqlite3_reset(st);
	return status == SQLITE_DONE ? VF_OK : nt_sql_fail(s, "read", reterr);
}
