#include "notary/store_renewal.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "notary/failpoint.h"
#include "notary/store_sqlite.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Octets of what one renewal is read with, and of all stamps of a chain. */
#define MAX_STAMPS ((size_t)NT_MAX_RENEWALS * VF_MAX_TOKEN)

/* An algorithm is stored as the bits of its digest: our trees are SHA-256 or SHA-512. */
static int bits_of(enum vf_alg alg)
{
	return (int)vf_alg_size(alg) * 8;
}

static enum vf_alg alg_of(int bits)
{
	return bits == 256 ? VF_SHA256 : bits == 512 ? VF_SHA512 : VF_ALG_NONE;
}

static enum vf_rc damaged(struct vf_err *reterr)
{
	return vf_fail(reterr, VF_STORE_CORRUPT, "a renewal's row is not in its exact form");
}

static struct vf_bytes column(sqlite3_stmt *st, int i)
{
	return vf_bytes(sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i));
}

/* A bound range must not be a NULL pointer: that would be NULL in the row. */
static bool bind_blob(sqlite3_stmt *st, int i, struct vf_bytes b)
{
	return sqlite3_bind_blob64(st, i, b.n > 0 ? (const void *)b.p : "", b.n, SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_text(sqlite3_stmt *st, int i, struct vf_bytes b)
{
	return sqlite3_bind_text64(st, i, b.n > 0 ? (const char *)b.p : "", b.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

/* Steps a statement that gives no row. */
static VF_RC run(struct nt_store *s, sqlite3_stmt *st, bool bound, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (!bound || sqlite3_step(st) != SQLITE_DONE)
		rc = nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	return rc;
}

/* ---- the stamps of a chain ---- */

void nt_chain_stamps_init(struct nt_chain_stamps *c)
{
	*c = (struct nt_chain_stamps){.memory = nt_buf(MAX_STAMPS)};
}

void nt_chain_stamps_done(struct nt_chain_stamps *c)
{
	nt_buf_done(&c->memory);
}

static void keep(struct nt_chain_stamps *c, struct vf_bytes b, size_t place[2])
{
	place[0] = c->memory.n;
	place[1] = b.n;
	nt_buf_put(&c->memory, b);
}

/* Columns: number, kind, alg, gen_time, authority, der, crls. */
static VF_RC keep_stamp(struct nt_chain_stamps *c, sqlite3_stmt *st, struct vf_err *reterr)
{
	int kind = sqlite3_column_int(st, 1);
	struct nt_chain_stamp *stamp = &c->of[c->n];

	if (c->n > NT_MAX_RENEWALS || (kind != NT_RENEWAL_STAMP && kind != NT_RENEWAL_TREE) || sqlite3_column_bytes(st,
		6) % 8 != 0)
		return damaged(reterr);
	*stamp = (struct nt_chain_stamp){.renewal = (uint64_t)sqlite3_column_int64(st, 0),
		.kind = kind == NT_RENEWAL_STAMP ? NT_RENEWAL_STAMP : NT_RENEWAL_TREE, .alg = alg_of(sqlite3_column_int(st, 2)),
		.gen_time = sqlite3_column_int64(st, 3), .frozen = sqlite3_column_type(st, 6) != SQLITE_NULL};
	if (stamp->renewal > 0 && stamp->alg == VF_ALG_NONE)
		return damaged(reterr);
	for (int i = 0; i < 3; i++)
		keep(c, column(st, 4 + i), c->places[c->n][i]);
	c->n++;
	return VF_OK;
}

/* The first stamp of a chain, and those that were put behind it. */
static VF_RC read_stamps(struct nt_store *s, enum nt_sql which, uint64_t value, struct nt_chain_stamps *c,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, which, &value, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; rc == VF_OK && status == SQLITE_ROW; status = sqlite3_step(st))
		rc = keep_stamp(c, st, reterr);
	if (rc == VF_OK && status != SQLITE_DONE)
		rc = nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	return rc;
}

static struct vf_bytes at(const struct nt_chain_stamps *c, size_t stamp, size_t which)
{
	return vf_bytes(c->memory.p + c->places[stamp][which][0], c->places[stamp][which][1]);
}

VF_RC nt_store_chain_stamps(struct nt_store *s, int64_t chain, bool all, struct nt_chain_stamps *ret,
	struct vf_err *reterr)
{
	size_t before;
	enum vf_rc rc;

	nt_buf_reset(&ret->memory);
	ret->n = 0;
	rc = read_stamps(s, chain > 0 ? NT_SQL_CHAIN_FIRST : NT_SQL_CHAIN_BEGUN, (uint64_t)(chain > 0 ? chain : -chain),
		ret, reterr);
	if (rc == VF_OK && ret->n == 0)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "there is no chain %" PRId64, chain);
	do {
		before = ret->n;
		if (rc == VF_OK)
			rc = read_stamps(s, NT_SQL_CHAIN_LINKS, (uint64_t)chain, ret, reterr);
		/* a hash-tree renewal begins a chain that more may follow; it is the last of the old one */
		chain = -(int64_t)ret->of[ret->n - 1].renewal;
	} while (rc == VF_OK && all && ret->n > before && ret->of[ret->n - 1].kind == NT_RENEWAL_TREE);
	if (rc == VF_OK)
		rc = nt_buf_check(&ret->memory, reterr);
	for (size_t i = 0; rc == VF_OK && i < ret->n; i++) {
		ret->of[i].authority = at(ret, i, 0);
		ret->of[i].der = at(ret, i, 1);
		ret->of[i].crls = at(ret, i, 2);
	}
	return rc;
}

/* ---- when chains end ---- */

VF_RC nt_store_chains_new(struct nt_store *s, size_t max, nt_each_stamp *each, void *ctx, size_t *ret_n,
	struct vf_err *reterr)
{
	uint64_t limit = max;
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_CHAINS_NEW, &limit, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; rc == VF_OK && status == SQLITE_ROW; status = sqlite3_step(st), n++) {
		struct nt_token t = {.authority = column(st, 2), .der = column(st, 3), .gen_time = sqlite3_column_int64(st, 5),
			.number = (uint64_t)sqlite3_column_int64(st, 0)};

		rc = nt_sql_hash(st, 4, &t.id) ? each(ctx, t.number, (uint64_t)sqlite3_column_int64(st, 1), &t, reterr) :
			damaged(reterr);
	}
	if (rc == VF_OK && status != SQLITE_DONE)
		rc = nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	if (rc == VF_OK)
		*ret_n = n;
	return rc;
}

static VF_RC put_chain(struct nt_store *s, const struct nt_chain *c, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, NT_SQL_CHAIN_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	return run(s, st, sqlite3_bind_int64(st, 1, c->number) == SQLITE_OK &&
		sqlite3_bind_int64(st, 2, (sqlite3_int64)c->seal) == SQLITE_OK &&
		sqlite3_bind_int(st, 3, bits_of(c->alg)) == SQLITE_OK && bind_text(st, 4, c->authority) &&
		(c->until == VF_TIME_NONE || sqlite3_bind_int64(st, 5, c->until) == SQLITE_OK), reterr);
}

VF_RC nt_store_chains_put(struct nt_store *s, const struct nt_chain *list, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = n > 0 ? nt_sql_run(s, "BEGIN IMMEDIATE", reterr) : VF_OK;

	if (rc != VF_OK || n == 0)
		return rc;
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = put_chain(s, &list[i], reterr);
	return nt_sql_end(s, rc, reterr);
}

VF_RC nt_store_chain_groups(struct nt_store *s, int64_t after, int64_t by, struct nt_chain_group *ret, size_t room,
	size_t *ret_n, struct vf_err *reterr)
{
	const uint64_t values[3] = {(uint64_t)after, (uint64_t)by, room};
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_CHAIN_GROUPS, values, 3, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; rc == VF_OK && status == SQLITE_ROW; status = sqlite3_step(st)) {
		struct nt_chain_group *g = &ret[n++];

		*g = (struct nt_chain_group){.alg = alg_of(sqlite3_column_int(st, 0)),
			.chains = (uint64_t)sqlite3_column_int64(st, 2), .first = sqlite3_column_int64(st, 3),
			.last = sqlite3_column_int64(st, 4)};
		if (g->alg == VF_ALG_NONE || (size_t)snprintf(g->authority, sizeof(g->authority), "%s",
			(const char *)sqlite3_column_text(st, 1)) >= sizeof(g->authority))
			rc = damaged(reterr);
	}
	if (rc == VF_OK && status != SQLITE_DONE)
		rc = nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	if (rc == VF_OK)
		*ret_n = n;
	return rc;
}

VF_RC nt_sql_count(struct nt_store *s, enum nt_sql which, const uint64_t *values, int n, uint64_t *ret,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, which, values, n, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	*ret = row ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return VF_OK;
}

VF_RC nt_store_chain_count(struct nt_store *s, int64_t after, int64_t by, uint64_t *ret, struct vf_err *reterr)
{
	return nt_sql_count(s, NT_SQL_CHAIN_COUNT, (const uint64_t[]){(uint64_t)after, (uint64_t)by}, 2, ret, reterr);
}

VF_RC nt_store_chain_unjudged(struct nt_store *s, uint64_t *ret, struct vf_err *reterr)
{
	return nt_sql_count(s, NT_SQL_CHAIN_UNJUDGED, NULL, 0, ret, reterr);
}

VF_RC nt_store_chain_list(struct nt_store *s, const struct nt_chain_group *g, int64_t after, int64_t by, uint64_t since,
	const struct nt_chain *from, struct nt_chain *ret, size_t room, size_t *ret_n, struct vf_err *reterr)
{
	struct vf_bytes authority = vf_bytes_str(g->authority);
	sqlite3_stmt *st = NULL;
	int status = SQLITE_DONE;
	size_t n = 0;
	enum vf_rc rc = nt_sql(s, NT_SQL_CHAIN_LIST, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int(st, 1, bits_of(g->alg)) != SQLITE_OK || !bind_text(st, 2, authority) ||
		sqlite3_bind_int64(st, 3, after) != SQLITE_OK || sqlite3_bind_int64(st, 4, by) != SQLITE_OK ||
		sqlite3_bind_int64(st, 5, from != NULL ? from->until : INT64_MIN) != SQLITE_OK ||
		sqlite3_bind_int64(st, 6, from != NULL ? from->number : INT64_MIN) != SQLITE_OK ||
		sqlite3_bind_int64(st, 7, (sqlite3_int64)room) != SQLITE_OK ||
		sqlite3_bind_int64(st, 8, (sqlite3_int64)since) != SQLITE_OK)
		return nt_sql_fail(s, "read", reterr);
	while (n < room && (status = sqlite3_step(st)) == SQLITE_ROW)
		ret[n++] = (struct nt_chain){.number = sqlite3_column_int64(st, 0), .seal = (uint64_t)sqlite3_column_int64(st, 1),
			.alg = g->alg, .until = sqlite3_column_int64(st, 2)};
	if (status != SQLITE_DONE && status != SQLITE_ROW)
		rc = nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	if (rc == VF_OK)
		*ret_n = n;
	return rc;
}

VF_RC nt_store_chain_seal(struct nt_store *s, int64_t chain, uint64_t *ret, struct vf_err *reterr)
{
	const uint64_t number = (uint64_t)chain;
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_CHAIN_SEAL, &number, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	if (!row)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "there is no chain %" PRId64, chain);
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return VF_OK;
}

VF_RC nt_sql_numbers(struct nt_store *s, enum nt_sql which, const uint64_t *values, int n_values, int64_t *ret,
	size_t room, size_t *ret_n, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, which, values, n_values, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; status == SQLITE_ROW && n < room; status = sqlite3_step(st))
		ret[n++] = sqlite3_column_int64(st, 0);
	if (status != SQLITE_DONE && status != SQLITE_ROW)
		rc = nt_sql_fail(s, "read", reterr);
	else if (status == SQLITE_ROW && n_values < 2)
		rc = damaged(reterr);
	sqlite3_reset(st);
	if (rc == VF_OK)
		*ret_n = n;
	return rc;
}

VF_RC nt_store_chain_list_unjudged(struct nt_store *s, int64_t from, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr)
{
	return nt_sql_numbers(s, NT_SQL_CHAIN_LIST_UNJUDGED, (const uint64_t[]){(uint64_t)from, room}, 2, ret, room, ret_n, reterr);
}

/* ---- putting a renewal ---- */

static VF_RC put_row(struct nt_store *s, const struct nt_renewal *r, uint64_t number, size_t n_chains,
	const struct nt_exchange *x, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, NT_SQL_RENEWAL_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	return run(s, st, sqlite3_bind_int64(st, 1, (sqlite3_int64)number) == SQLITE_OK &&
		sqlite3_bind_int(st, 2, (int)r->kind) == SQLITE_OK && sqlite3_bind_int(st, 3, bits_of(r->alg)) == SQLITE_OK &&
		bind_text(st, 4, r->token.authority) &&
		sqlite3_bind_blob(st, 5, r->token.id.b, sizeof(r->token.id.b), SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_int64(st, 6, r->token.gen_time) == SQLITE_OK && sqlite3_bind_int64(st, 7, r->until) == SQLITE_OK &&
		sqlite3_bind_int64(st, 8, (sqlite3_int64)n_chains) == SQLITE_OK &&
		sqlite3_bind_int64(st, 9, x->sent_ms) == SQLITE_OK && sqlite3_bind_int64(st, 10, x->received_ms) == SQLITE_OK &&
		bind_blob(st, 11, x->request) && bind_blob(st, 12, x->head) && bind_blob(st, 13, r->text) &&
		bind_blob(st, 14, r->token.der), reterr);
}

static VF_RC put_leaves(struct nt_store *s, uint64_t number, struct vf_bytes leaves, struct vf_err *reterr)
{
	struct vf_bytes part;
	enum vf_rc rc = VF_OK;

	for (sqlite3_int64 i = 0; rc == VF_OK && leaves.n > 0; i++) {
		sqlite3_stmt *st = NULL;

		if (!vf_take(&leaves, leaves.n < NT_LEAVES_PART ? leaves.n : NT_LEAVES_PART, &part))
			return vf_fail(reterr, VF_INTERNAL, "the leaves of a renewal end");
		rc = nt_sql(s, NT_SQL_LEAVES_PUT, &st, reterr);
		if (rc == VF_OK)
			rc = run(s, st, sqlite3_bind_int64(st, 1, (sqlite3_int64)number) == SQLITE_OK &&
				sqlite3_bind_int64(st, 2, i) == SQLITE_OK && bind_blob(st, 3, part), reterr);
	}
	return rc;
}

/* A statement with two numbers. */
static VF_RC put_two(struct nt_store *s, enum nt_sql which, int64_t a, int64_t b, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, which, &st, reterr);

	if (rc != VF_OK)
		return rc;
	return run(s, st, sqlite3_bind_int64(st, 1, a) == SQLITE_OK && sqlite3_bind_int64(st, 2, b) == SQLITE_OK, reterr);
}

static VF_RC put_covered(struct nt_store *s, const struct nt_renewal *r, uint64_t number, const int64_t *chains,
	size_t n,
	struct vf_err *reterr)
{
	int64_t end = r->kind == NT_RENEWAL_TREE ? NT_CHAIN_CLOSED : r->until;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		rc = put_two(s, NT_SQL_RENEWED_PUT, chains[i], (int64_t)number, reterr);
		if (rc == VF_OK)
			rc = put_two(s, NT_SQL_CHAIN_MOVE, chains[i], end, reterr);
		if (rc == VF_OK && sqlite3_changes(s->db) != 1)
			rc = vf_fail(reterr, VF_INTERNAL, "a renewal of chain %" PRId64 ", which there is not", chains[i]);
	}
	return rc;
}

static VF_RC freeze(struct nt_store *s, const struct nt_frozen *f, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		sqlite3_stmt *st = NULL;

		rc = nt_sql(s, f[i].renewal > 0 ? NT_SQL_RENEWAL_FREEZE : NT_SQL_CHAIN_FREEZE, &st, reterr);
		if (rc == VF_OK)
			rc = run(s, st, sqlite3_bind_int64(st, 1, f[i].renewal > 0 ? (int64_t)f[i].renewal : f[i].chain) == SQLITE_OK &&
				bind_blob(st, 2, f[i].crls), reterr);
	}
	return rc;
}

static VF_RC put_parts(struct nt_store *s, const struct nt_renewal *r, uint64_t number,
	const struct nt_exchange *exchange,
	const int64_t *chains, size_t n_chains, struct vf_err *reterr)
{
	enum vf_rc rc = put_row(s, r, number, n_chains, exchange, reterr);

	if (rc == VF_OK)
		rc = put_leaves(s, number, r->leaves, reterr);
	if (rc == VF_OK)
		rc = put_covered(s, r, number, chains, n_chains, reterr);
	if (rc == VF_OK && r->kind == NT_RENEWAL_TREE)
		rc = put_chain(s, &(struct nt_chain){.number = -(int64_t)number, .alg = r->alg, .authority = r->token.authority,
			.until = r->until}, reterr);
	return rc;
}

VF_RC nt_store_renewal_put(struct nt_store *s, const struct nt_renewal *r, const struct nt_exchange *exchange,
	const int64_t *chains, size_t n_chains, const struct nt_frozen *frozen, size_t n_frozen, uint64_t *ret,
	struct vf_err *reterr)
{
	uint64_t number = s->state.renewals + 1;
	enum vf_rc rc;

	if (n_chains == 0 || r->leaves.n == 0 || alg_of(bits_of(r->alg)) == VF_ALG_NONE)
		return vf_fail(reterr, VF_INTERNAL, "a renewal of nothing");
	rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
	if (rc != VF_OK)
		return rc;
	rc = put_parts(s, r, number, exchange, chains, n_chains, reterr);
	nt_failpoint("renewal-half");
	if (rc == VF_OK)
		rc = freeze(s, frozen, n_frozen, reterr);
	rc = nt_sql_end(s, rc, reterr);
	if (rc != VF_OK)
		return rc;
	s->state.renewals = number;
	*ret = number;
	return VF_OK;
}

/* ---- reading renewals ---- */

VF_RC nt_store_renewal_get(struct nt_store *s, uint64_t number, struct nt_buf *memory, struct nt_renewal *ret,
	struct vf_err *reterr)
{
	struct nt_renewal r = {.number = number};
	struct vf_bytes parts[3];
	sqlite3_stmt *st = NULL;
	size_t at_part = 0;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_RENEWAL_GET, &number, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	if (!row)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "there is no renewal %" PRIu64, number);
	r.kind = sqlite3_column_int(st, 0) == NT_RENEWAL_TREE ? NT_RENEWAL_TREE : NT_RENEWAL_STAMP;
	r.alg = alg_of(sqlite3_column_int(st, 1));
	r.token.gen_time = sqlite3_column_int64(st, 4);
	r.until = sqlite3_column_int64(st, 5);
	r.chains = (uint64_t)sqlite3_column_int64(st, 6);
	if (r.alg == VF_ALG_NONE || !nt_sql_hash(st, 3, &r.token.id)) {
		sqlite3_reset(st);
		return damaged(reterr);
	}
	nt_buf_reset(memory);
	parts[0] = column(st, 2), parts[1] = column(st, 7), parts[2] = column(st, 8);
	for (int i = 0; i < 3; i++)
		nt_buf_put(memory, parts[i]);
	rc = nt_buf_check(memory, reterr);
	for (int i = 0; rc == VF_OK && i < 3; at_part += parts[i].n, i++)
		parts[i].p = memory->p + at_part;
	sqlite3_reset(st);
	if (rc != VF_OK)
		return rc;
	r.token.authority = parts[0], r.text = parts[1], r.token.der = parts[2];
	*ret = r;
	return VF_OK;
}

VF_RC nt_store_renewal_leaves(struct nt_store *s, uint64_t number, struct nt_buf *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_LEAVES_GET, &number, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; status == SQLITE_ROW; status = sqlite3_step(st))
		nt_buf_put(ret, column(st, 0));
	if (status != SQLITE_DONE)
		rc = nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	return rc == VF_OK ? nt_buf_check(ret, reterr) : rc;
}

VF_RC nt_store_renewal_chains(struct nt_store *s, uint64_t number, int64_t **ret, size_t *ret_n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf memory = nt_buf(MAX_STAMPS);
	struct nt_renewal r;
	int64_t *list;
	enum vf_rc rc = nt_store_renewal_get(s, number, &memory, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (r.chains == 0 || r.chains > INT32_MAX)
		return damaged(reterr);
	list = calloc((size_t)r.chains, sizeof(*list));
	if (list == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the chains of a renewal");
	rc = nt_sql_numbers(s, NT_SQL_RENEWED_BY, &number, 1, list, (size_t)r.chains, ret_n, reterr);
	if (rc == VF_OK && *ret_n != r.chains)
		rc = damaged(reterr);
	if (rc != VF_OK) {
		free(list);
		return rc;
	}
	*ret = list;
	return VF_OK;
}
