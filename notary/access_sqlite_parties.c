#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "notary/access_sqlite.h"
#include "notary/durable.h"
#include "trial/kind.h"
#include "verify/text.h"

#define DAY_MS INT64_C(86400000)

/* ---- the decision ---- */

/* Empty lines: any. */
static bool in_scope(const char *lines, struct vf_bytes name)
{
	struct vf_bytes in = vf_bytes_str(lines), line;

	if (in.n == 0)
		return true;
	while (name.n > 0 && vf_take_line(&in, &line))
		if (vf_bytes_eq(line, name))
			return true;
	return false;
}

static struct nt_held *find_held(struct nt_access *a, const struct vf_hash *hash, bool certificate)
{
	uint64_t i;
	uint32_t at = 0;

	/* The values are hashes of secrets: where they differ tells nothing about a secret. */
	while (nt_index_next(&a->by_hash, nt_index_key(hash), &at, &i))
		if (vf_hash_eq(&a->held[i].hash, hash) && a->held[i].certificate == certificate)
			return &a->held[i];
	return NULL;
}

static VF_RC decide(struct nt_access *a, const struct nt_held *h, enum nt_right right, struct vf_bytes study,
	struct vf_bytes kind, int64_t now_ms, struct vf_err *reterr)
{
	const struct nt_party *p = &a->parties[h->party];
	const char *what = h->certificate ? "certificate" : "token";

	if (p->revoked_ms != VF_TIME_NONE)
		return vf_fail(reterr, VF_TOKEN_REVOKED, "party '%s' was revoked", p->name);
	if (h->revoked_ms != VF_TIME_NONE)
		return vf_fail(reterr, VF_TOKEN_REVOKED, "%s %" PRIu64 " was revoked", what, h->number);
	if (now_ms >= h->expires_ms)
		return vf_fail(reterr, VF_TOKEN_EXPIRED, "%s %" PRIu64 " has expired", what, h->number);
	if (right == NT_RIGHT_NONE)
		return VF_OK;
	if ((h->rights & NT_RIGHT_BIT(right)) == 0)
		return vf_fail(reterr, VF_FORBIDDEN, "%s %" PRIu64 " of '%s' may not %s", what, h->number, p->name,
			nt_right_name(right));
	if (!in_scope(h->studies, study))
		return vf_fail(reterr, VF_FORBIDDEN, "%s %" PRIu64 " of '%s' is not for this study", what, h->number,
			p->name);
	if (!in_scope(h->kinds, kind))
		return vf_fail(reterr, VF_FORBIDDEN, "%s %" PRIu64 " of '%s' is not for this kind of record", what,
			h->number, p->name);
	return VF_OK;
}

static void note_use(struct nt_access *a, struct nt_held *h, int64_t now_ms)
{
	int64_t day = now_ms / DAY_MS;

	if (h->used_day == day)
		return;
	h->used_day = day;
	a->n_dirty += !h->used_dirty;
	h->used_dirty = true;
}

/* The hash of what was sent. */
static VF_RC read_credential(const struct nt_credential *c, struct vf_hash *ret, struct vf_err *reterr)
{
	if (c->token.n > 0)
		return nt_token_read(c->token, ret, reterr);
	if (c->spki == NULL)
		return vf_fail(reterr, VF_UNAUTHENTICATED, "the request has neither a token nor a certificate");
	*ret = *c->spki;
	return VF_OK;
}

VF_RC nt_access_check(struct nt_access *a, const struct nt_credential *c, enum nt_right right,
	struct vf_bytes study, struct vf_bytes kind, int64_t now_ms, struct nt_decision *ret,
	struct vf_err *reterr)
{
	struct nt_held *h = NULL;
	struct vf_hash hash;
	enum vf_rc rc;

	*ret = (struct nt_decision){.party = NT_PARTY_UNKNOWN};
	rc = read_credential(c, &hash, reterr);
	ret->rc = rc;
	if (rc != VF_OK)
		return rc;
	pthread_mutex_lock(&a->table);
	if (a->broken.rc != VF_OK) {
		ret->rc = rc = vf_fail(reterr, a->broken.rc, "'access.db' has failed and must be opened again: %s", a->broken.text);
		pthread_mutex_unlock(&a->table);
		return rc;
	}
	h = find_held(a, &hash, c->token.n == 0);
	if (h == NULL) {
		rc = vf_fail(reterr, VF_UNAUTHENTICATED, "the %s is not known here",
			c->token.n > 0 ? "token" : "certificate's key");
	} else {
		const struct nt_party *p = &a->parties[h->party];

		memcpy(ret->party, p->name, sizeof(ret->party));
		ret->role = p->role;
		ret->credential = h->number;
		ret->rights = h->rights;
		rc = decide(a, h, right, study, kind, now_ms, reterr);
		if (rc == VF_OK)
			note_use(a, h, now_ms);
	}
	pthread_mutex_unlock(&a->table);
	ret->rc = rc;
	return rc;
}

/* ---- parties ---- */

static const struct nt_party *find_party(const struct nt_access *a, const char *name)
{
	for (size_t i = 0; i < a->n_parties; i++)
		if (strcmp(a->parties[i].name, name) == 0)
			return &a->parties[i];
	return NULL;
}

static VF_RC want_party(
	const struct nt_access *a, const char *name, const struct nt_party **ret, struct vf_err *reterr)
{
	char shown[120];

	*ret = find_party(a, name);
	if (*ret != NULL)
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	return vf_fail(reterr, VF_UNKNOWN_PARTY, "no party '%s'", shown);
}

static VF_RC party_add(
	struct nt_access *a, const char *name, enum nt_role role, int64_t now_ms, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	const struct nt_party *p = find_party(a, name);
	enum vf_rc rc;

	if (p != NULL)
		return vf_fail(reterr, VF_EXISTS,
			"there is a party '%s' already%s; a name is never given to another", name,
			p->revoked_ms != VF_TIME_NONE ? " (revoked)" : "");
	rc = nt_asql(a, NT_ASQL_PARTY_PUT, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_text(st, 2, nt_role_name(role), -1, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_int64(st, 3, now_ms) != SQLITE_OK)
		return nt_asql_fail(a, "change", reterr);
	rc = nt_asql_done(a, st, reterr);
	return rc == VF_OK ? nt_access_load(a, reterr) : rc;
}

VF_RC nt_access_party_add(
	struct nt_access *a, const char *name, enum nt_role role, int64_t now_ms, struct vf_err *reterr)
{
	char shown[120];
	enum vf_rc rc;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	if (!nt_party_name_is(vf_bytes_str(name)))
		return vf_fail(reterr, VF_USAGE,
			"'%s' cannot be the name of a party: 1 to %d of a-z, 0-9, '.', '_', '-', and not "
			"'unknown', 'local' or 'notary'",
			shown, NT_PARTY_LEN);
	if (role == NT_ROLE_NONE)
		return vf_fail(reterr, VF_USAGE, "a party needs a role");
	rc = nt_access_enter(a, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_access_leave(a, party_add(a, name, role, now_ms, reterr), reterr);
}

static VF_RC revoke_row(
	struct nt_access *a, enum nt_asql which, uint64_t number, int64_t now_ms, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_asql(a, which, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)number) != SQLITE_OK ||
		sqlite3_bind_int64(st, 2, now_ms) != SQLITE_OK)
		return nt_asql_fail(a, "change", reterr);
	rc = nt_asql_done(a, st, reterr);
	return rc == VF_OK ? nt_access_load(a, reterr) : rc;
}

VF_RC nt_access_party_revoke(
	struct nt_access *a, const char *name, int64_t now_ms, bool *ret_before, struct vf_err *reterr)
{
	const struct nt_party *p = NULL;
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	rc = want_party(a, name, &p, reterr);
	if (rc == VF_OK) {
		*ret_before = p->revoked_ms != VF_TIME_NONE;
		rc = revoke_row(a, NT_ASQL_PARTY_REVOKE, p->number, now_ms, reterr);
	}
	return nt_access_leave(a, rc, reterr);
}

/* ---- credentials ---- */

static VF_RC check_lines(const struct nt_grant *g, struct vf_err *reterr)
{
	struct vf_bytes in = g->studies, line;
	char shown[160];
	size_t n = 0;

	while (in.n > 0) {
		if (!vf_take_line(&in, &line) || line.n < 1 || line.n > 128 || !vf_text_is_plain(line))
			return vf_fail(reterr, VF_USAGE, "a study wants 1 to 128 octets of plain text");
		if (++n > NT_MAX_SCOPE_STUDIES)
			return vf_fail(reterr, VF_LIMIT, "a token is for at most %d studies, or for any",
				NT_MAX_SCOPE_STUDIES);
	}
	for (in = g->kinds; in.n > 0;) {
		if (!vf_take_line(&in, &line))
			return vf_fail(reterr, VF_INTERNAL, "kinds are lines");
		vf_text_escape(shown, sizeof(shown), line);
		if (tr_kind_find(line) == TR_KIND_NONE)
			return vf_fail(reterr, VF_UNKNOWN_KIND, "no kind '%s'", shown);
	}
	return VF_OK;
}

static VF_RC check_grant(struct nt_access *a, const struct nt_grant *g, int64_t now_ms,
	const struct nt_party **ret, struct vf_err *reterr)
{
	enum vf_rc rc = want_party(a, g->party, ret, reterr);
	unsigned more;

	if (rc != VF_OK)
		return rc;
	if ((*ret)->revoked_ms != VF_TIME_NONE)
		return vf_fail(reterr, VF_TOKEN_REVOKED, "party '%s' was revoked", (*ret)->name);
	more = g->rights & ~nt_role_rights((*ret)->role);
	for (unsigned i = NT_RIGHT_NONE + 1; i < NT_RIGHT_COUNT; i++)
		if ((more & NT_RIGHT_BIT(i)) != 0)
			return vf_fail(reterr, VF_FORBIDDEN,
				"'%s' is %s %s, which may not %s: rights are narrowed, never widened",
				(*ret)->name, strchr("aeo", nt_role_name((*ret)->role)[0]) ? "an" : "a",
				nt_role_name((*ret)->role), nt_right_name((enum nt_right)i));
	if (g->expires_ms <= now_ms || g->expires_ms - now_ms > NT_TOKEN_MAX_DAYS * DAY_MS)
		return vf_fail(reterr, VF_USAGE, "a token expires after now, and within %d days", NT_TOKEN_MAX_DAYS);
	if (a->n_held == NT_MAX_CREDENTIALS)
		return vf_fail(reterr, VF_LIMIT, "there are %d tokens already", NT_MAX_CREDENTIALS);
	for (size_t i = 0; i < a->n_held; i++)
		if (vf_hash_eq(&a->held[i].hash, &g->hash))
			return vf_fail(reterr, VF_EXISTS,
				"this key is pinned already, as number %" PRIu64
				" of '%s': a key names one party, once",
				a->held[i].number, a->parties[a->held[i].party].name);
	return check_lines(g, reterr);
}

static bool bind_grant(sqlite3_stmt *st, const struct nt_grant *g, const struct nt_party *p, uint64_t number,
	int64_t now_ms)
{
	unsigned rights = g->rights != 0 ? g->rights : nt_role_rights(p->role);

	return sqlite3_bind_int64(st, 1, (sqlite3_int64)number) == SQLITE_OK &&
		sqlite3_bind_int64(st, 2, (sqlite3_int64)p->number) == SQLITE_OK &&
		sqlite3_bind_int(st, 3, g->certificate) == SQLITE_OK &&
		sqlite3_bind_blob(st, 4, g->hash.b, 32, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int64(st, 5, (sqlite3_int64)rights) == SQLITE_OK &&
		sqlite3_bind_text64(st, 6, g->studies.n > 0 ? (const char *)g->studies.p : "", g->studies.n,
			SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK &&
		sqlite3_bind_text64(st, 7, g->kinds.n > 0 ? (const char *)g->kinds.p : "", g->kinds.n, SQLITE_STATIC,
			SQLITE_UTF8) == SQLITE_OK &&
		sqlite3_bind_int64(st, 8, now_ms) == SQLITE_OK &&
		sqlite3_bind_int64(st, 9, g->expires_ms) == SQLITE_OK;
}

static VF_RC grant(struct nt_access *a, const struct nt_grant *g, int64_t now_ms, uint64_t *ret_number,
	struct vf_err *reterr)
{
	const struct nt_party *p = NULL;
	sqlite3_stmt *st = NULL;
	uint64_t number = a->n_held > 0 ? a->held[a->n_held - 1].number + 1 : 1;
	enum vf_rc rc = check_grant(a, g, now_ms, &p, reterr);

	if (rc == VF_OK)
		rc = nt_asql(a, NT_ASQL_CREDENTIAL_PUT, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (!bind_grant(st, g, p, number, now_ms))
		return nt_asql_fail(a, "change", reterr);
	rc = nt_asql_done(a, st, reterr);
	if (rc == VF_OK)
		rc = nt_access_load(a, reterr);
	if (rc == VF_OK)
		*ret_number = number;
	return rc;
}

VF_RC nt_access_grant(struct nt_access *a, const struct nt_grant *g, int64_t now_ms, uint64_t *ret_number,
	struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_access_leave(a, grant(a, g, now_ms, ret_number, reterr), reterr);
}

VF_RC nt_access_revoke(
	struct nt_access *a, uint64_t number, int64_t now_ms, bool *ret_before, struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);
	size_t i = 0;

	if (rc != VF_OK)
		return rc;
	while (i < a->n_held && a->held[i].number != number)
		i++;
	if (i == a->n_held) {
		rc = vf_fail(reterr, VF_UNKNOWN_TOKEN, "no token has the number %" PRIu64, number);
	} else {
		*ret_before = a->held[i].revoked_ms != VF_TIME_NONE;
		rc = revoke_row(a, NT_ASQL_CREDENTIAL_REVOKE, number, now_ms, reterr);
	}
	return nt_access_leave(a, rc, reterr);
}

/* ---- lists ---- */

VF_RC nt_access_parties(struct nt_access *a, nt_each_party *each, void *ctx, struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < a->n_parties && rc == VF_OK; i++) {
		const struct nt_party *p = &a->parties[i];
		struct nt_party_row row = {p->number, vf_bytes_str(p->name), p->role, p->created_ms, p->revoked_ms};

		rc = each(ctx, &row, reterr);
	}
	return nt_access_leave(a, rc, reterr);
}

VF_RC nt_access_credentials(struct nt_access *a, nt_each_credential *each, void *ctx, struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	pthread_mutex_lock(&a->table);
	for (size_t i = 0; i < a->n_held && rc == VF_OK; i++) {
		const struct nt_held *h = &a->held[i];
		const struct nt_party *p = &a->parties[h->party];
		struct nt_credential_row row = {.number = h->number,
			.party = vf_bytes_str(p->name),
			.certificate = h->certificate,
			.hash = h->hash,
			.rights = h->rights,
			.studies = vf_bytes_str(h->studies),
			.kinds = vf_bytes_str(h->kinds),
			.created_ms = h->created_ms,
			.expires_ms = h->expires_ms,
			.revoked_ms = h->revoked_ms != VF_TIME_NONE ? h->revoked_ms : p->revoked_ms,
			.used_ms = h->used_day != VF_TIME_NONE ? h->used_day * DAY_MS : VF_TIME_NONE};

		rc = each(ctx, &row, reterr);
	}
	pthread_mutex_unlock(&a->table);
	return nt_access_leave(a, rc, reterr);
}

/* ---- care ---- */

static void db_closep(sqlite3 **db)
{
	sqlite3_close(*db);
}

static VF_RC backup(struct nt_access *a, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(db_closep) sqlite3 *to = NULL;
	sqlite3_backup *b;
	enum vf_rc rc = nt_file_create(path, 0600, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return vf_fail(reterr, VF_IO, "cannot back up 'access.db': %s", sqlite3_errmsg(to));
	b = sqlite3_backup_init(to, "main", a->db, "main");
	if (b != NULL)
		sqlite3_backup_step(b, -1);
	if (b == NULL || sqlite3_backup_finish(b) != SQLITE_OK)
		return vf_fail(reterr, VF_IO, "cannot back up 'access.db': %s", sqlite3_errmsg(to));
	return VF_OK;
}

VF_RC nt_access_backup(struct nt_access *a, const char *path, struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	/* A fault of the copy is none of the database. */
	rc = backup(a, path, reterr);
	pthread_mutex_unlock(&a->lock);
	return rc;
}

static VF_RC check_structure(struct nt_access *a, struct nt_findings *f, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = VF_OK;
	int status;

	if (sqlite3_prepare_v2(a->db, "PRAGMA integrity_check(20)", -1, &st, NULL) != SQLITE_OK)
		return nt_asql_fail(a, "read", reterr);
	while ((status = sqlite3_step(st)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (text == NULL || strcmp(text, "ok") != 0)
			nt_found(f, VF_STORE_CORRUPT, "'access.db': %s", text ? text : "unknown fault");
	}
	if (status != SQLITE_DONE)
		rc = nt_asql_fail(a, "read", reterr);
	sqlite3_finalize(st);
	return rc;
}

VF_RC nt_access_fsck(struct nt_access *a, struct nt_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	rc = check_structure(a, f, reterr);
	if (rc == VF_OK)
		rc = nt_access_load(a, reterr); /* looks at the form of each row */
	return nt_access_leave(a, rc, reterr);
}
