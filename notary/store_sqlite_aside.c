#include <sqlite3.h>

#include "notary/failpoint.h"
#include "notary/store_renewal.h"
#include "notary/store_sqlite.h"
#include "verify/text.h"

VF_RC nt_store_renewals_in_force(struct nt_store *s, uint64_t from, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr)
{
	return nt_sql_numbers(s, NT_SQL_RENEWED_IN_FORCE, (const uint64_t[]){from, room}, 2, ret, room, ret_n, reterr);
}

VF_RC nt_store_renewal_rests_count(struct nt_store *s, uint64_t number, uint64_t *ret, struct vf_err *reterr)
{
	return nt_sql_count(s, NT_SQL_RENEWED_RESTS_COUNT, &number, 1, ret, reterr);
}

VF_RC nt_store_renewal_rests(struct nt_store *s, uint64_t number, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr)
{
	return nt_sql_numbers(s, NT_SQL_RENEWED_RESTS, (const uint64_t[]){number, room}, 2, ret, room, ret_n, reterr);
}

VF_RC nt_store_renewals_aside(struct nt_store *s, uint64_t from, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr)
{
	return nt_sql_numbers(s, NT_SQL_RENEWED_REASONS, (const uint64_t[]){from, room}, 2, ret, room, ret_n, reterr);
}

/* A statement about a chain; end may be VF_TIME_NONE, which is NULL in the row. */
static VF_RC change(struct nt_store *s, enum nt_sql which, int64_t chain, int64_t value, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, which, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, chain) != SQLITE_OK ||
		(value != VF_TIME_NONE && sqlite3_bind_int64(st, 2, value) != SQLITE_OK) || sqlite3_step(st) != SQLITE_DONE)
		rc = nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	return rc;
}

static VF_RC put_one(struct nt_store *s, uint64_t number, int64_t chain, int64_t until, struct vf_err *reterr)
{
	enum vf_rc rc = change(s, NT_SQL_RENEWED_ASIDE, chain, (int64_t)number, reterr);

	return rc == VF_OK ? change(s, NT_SQL_CHAIN_MOVE, chain, until, reterr) : rc;
}

VF_RC nt_store_renewal_set_aside(struct nt_store *s, uint64_t number, const struct nt_chain *chains, size_t n,
	struct vf_err *reterr)
{
	enum vf_rc rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = put_one(s, number, chains[i].number, chains[i].until, reterr);
	nt_failpoint("aside-half");
	/* nothing is changed where there is no such chain */
	if (rc == VF_OK)
		rc = put_one(s, number, -(int64_t)number, NT_CHAIN_CLOSED, reterr);
	return nt_sql_end(s, rc, reterr);
}
