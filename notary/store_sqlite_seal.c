#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "notary/failpoint.h"
#include "notary/store_sqlite.h"
#include "verify/limits.h"

VF_RC nt_store_entries(struct nt_store *s, uint64_t first, uint64_t count, nt_each_entry *each, void *ctx,
	struct vf_err *reterr)
{
	struct nt_store_entry e;
	struct nt_body_front f;
	enum vf_rc rc;

	for (uint64_t i = first; i < first + count; i++) {
		rc = nt_store_row(s, i, reterr);
		if (rc == VF_OK)
			rc = nt_body_front(nt_buf_bytes(&s->row), &f, reterr);
		if (rc != VF_OK)
			return rc;
		e = (struct nt_store_entry){f.id, f.id512, f.slot};
		rc = each(ctx, i, &e, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* ---- sequence ---- */

static VF_RC put_checkpoint(struct nt_store *s, uint64_t size, const struct vf_hash *root,
	struct vf_bytes note, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, NT_SQL_CHECKPOINT_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)size) != SQLITE_OK ||
		sqlite3_bind_blob(st, 2, root->b, 32, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 3, note.p, note.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	return VF_OK;
}

VF_RC nt_store_sequence(struct nt_store *s, uint64_t size, const struct vf_hash *root, struct vf_bytes note,
	struct vf_err *reterr)
{
	enum vf_rc rc;

	if (size <= s->state.size || size > s->state.records)
		return vf_fail(reterr, VF_INTERNAL,
			"the log cannot grow from %" PRIu64 " to %" PRIu64 " of %" PRIu64 " records",
			s->state.size, size, s->state.records);
	rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
	if (rc == VF_OK)
		rc = nt_sql_end(s, put_checkpoint(s, size, root, note, reterr), reterr);
	if (rc != VF_OK)
		return rc;
	s->state.size = size;
	s->state.root = *root;
	return VF_OK;
}

VF_RC nt_store_checkpoint(struct nt_store *s, uint64_t size, struct nt_buf *note, struct vf_hash *ret_root,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_CHECKPOINT_GET, &size, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	if (!row)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "no checkpoint has size %" PRIu64, size);
	if (!nt_sql_hash(st, 0, ret_root))
		return vf_fail(
			reterr, VF_STORE_CORRUPT, "the checkpoint of size %" PRIu64 " is damaged", size);
	nt_buf_put(note, vf_bytes(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)));
	sqlite3_reset(st);
	return nt_buf_check(note, reterr);
}

VF_RC nt_store_checkpoints(struct nt_store *s, nt_each_checkpoint *each, void *ctx, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	uint64_t size = (uint64_t)-1;
	struct vf_hash root;
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc;

	for (;;) {
		rc = nt_sql_row(s, NT_SQL_CHECKPOINT_NEXT, &size, 1, &st, &row, reterr);
		if (rc != VF_OK || !row)
			return rc;
		size = (uint64_t)sqlite3_column_int64(st, 0);
		if (!nt_sql_hash(st, 1, &root))
			return vf_fail(reterr, VF_STORE_CORRUPT,
				"the checkpoint of size %" PRIu64 " is damaged", size);
		nt_buf_reset(&note);
		nt_buf_put(&note, vf_bytes(sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2)));
		sqlite3_reset(st);
		rc = nt_buf_check(&note, reterr);
		if (rc == VF_OK)
			rc = each(ctx, size, &root, nt_buf_bytes(&note), reterr);
		if (rc != VF_OK)
			return rc;
	}
}

/* ---- seals ---- */

VF_RC nt_store_unnamed(
	struct nt_store *s, struct nt_token_name *ret, size_t room, size_t *ret_n, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	uint64_t limit = room;
	size_t n = 0;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_TOKENS_UNNAMED, &limit, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; status == SQLITE_ROW; status = sqlite3_step(st)) {
		ret[n].seal = (uint64_t)sqlite3_column_int64(st, 0);
		if (!nt_sql_hash(st, 1, &ret[n++].id))
			return vf_fail(reterr, VF_STORE_CORRUPT, "a token's row is not in its exact form");
	}
	if (status != SQLITE_DONE)
		return nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	*ret_n = n;
	return VF_OK;
}

static VF_RC put_seal_row(struct nt_store *s, const struct nt_seal *seal, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, NT_SQL_SEAL_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)seal->number) != SQLITE_OK ||
		sqlite3_bind_int64(st, 2, (sqlite3_int64)seal->first) != SQLITE_OK ||
		sqlite3_bind_int64(st, 3, (sqlite3_int64)seal->size) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 4, seal->head.p, seal->head.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	return VF_OK;
}

static VF_RC put_token(struct nt_store *s, uint64_t seal, const struct nt_token *t, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql(s, NT_SQL_TOKEN_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)seal) != SQLITE_OK ||
		sqlite3_bind_text64(st, 2, (const char *)t->authority.p, t->authority.n, SQLITE_STATIC,
			SQLITE_UTF8) != SQLITE_OK ||
		sqlite3_bind_blob(st, 3, t->id.b, 32, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_int64(st, 4, t->gen_time) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 5, t->der.p, t->der.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	return VF_OK;
}

static VF_RC put_exchange(struct nt_store *s, const struct nt_exchange *x, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = VF_OK;

	if (x->request.n == 0)
		return VF_OK;
	rc = nt_sql(s, NT_SQL_EXCHANGE_PUT, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, x->sent_ms) != SQLITE_OK || sqlite3_bind_int64(st, 2, x->received_ms) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 3, x->request.p, x->request.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 4, x->head.p, x->head.n, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	return VF_OK;
}

static VF_RC name_tokens(struct nt_store *s, uint64_t seal, const struct nt_token_name *names, size_t n,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;

	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc = nt_sql(s, NT_SQL_TOKEN_NAME, &st, reterr);

		if (rc != VF_OK)
			return rc;
		if (sqlite3_bind_int64(st, 1, (sqlite3_int64)seal) != SQLITE_OK ||
			sqlite3_bind_int64(st, 2, (sqlite3_int64)names[i].seal) != SQLITE_OK ||
			sqlite3_bind_blob(st, 3, names[i].id.b, 32, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(st) != SQLITE_DONE)
			return nt_sql_fail(s, "change", reterr);
		sqlite3_reset(st);
		if (sqlite3_changes(s->db) != 1)
			return vf_fail(reterr, VF_STORE_CORRUPT, "a token that a seal head names is not in the store");
	}
	return VF_OK;
}

/* A seal stands on a checkpoint of its size. The log may have grown since it was planned. */
static VF_RC check_place(struct nt_store *s, const struct nt_seal *seal, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_CHECKPOINT_GET, &seal->size, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	sqlite3_reset(st);
	if (!row || seal->number != s->state.seals + 1 || seal->first != s->state.sealed || seal->size > s->state.size ||
		seal->size <= seal->first || seal->n_tokens != 1)
		return vf_fail(
			reterr, VF_INTERNAL, "seal %" PRIu64 " does not follow the last one", seal->number);
	return VF_OK;
}

VF_RC nt_store_seal(struct nt_store *s, const struct nt_seal *seal, const struct nt_exchange *exchange,
	const struct nt_token_name *names, size_t n_names, struct vf_err *reterr)
{
	enum vf_rc rc = check_place(s, seal, reterr);

	if (rc == VF_OK)
		rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
	if (rc != VF_OK)
		return rc;
	rc = name_tokens(s, seal->number, names, n_names, reterr);
	if (rc == VF_OK)
		rc = put_seal_row(s, seal, reterr);
	if (rc == VF_OK)
		rc = put_token(s, seal->number, &seal->tokens[0], reterr);
	if (rc == VF_OK)
		rc = put_exchange(s, exchange, reterr);
	rc = nt_sql_end(s, rc, reterr);
	if (rc != VF_OK)
		return rc;
	s->state.seals = seal->number;
	s->state.sealed = seal->size;
	return VF_OK;
}

/* How many tokens a seal has, and how many of them are of this authority. */
static VF_RC count_tokens(struct nt_store *s, uint64_t seal, struct vf_bytes authority, uint64_t *ret, uint64_t *ret_its,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_TOKEN_COUNT, &seal, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	rc = nt_sql(s, NT_SQL_TOKEN_HAS, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)seal) != SQLITE_OK ||
		sqlite3_bind_text64(st, 2, (const char *)authority.p, authority.n, SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_ROW)
		return nt_sql_fail(s, "read", reterr);
	*ret_its = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return VF_OK;
}

VF_RC nt_store_token(struct nt_store *s, uint64_t seal, const struct nt_token *token, const struct nt_exchange *exchange,
	struct vf_err *reterr)
{
	uint64_t all, its;
	enum vf_rc rc = count_tokens(s, seal, token->authority, &all, &its, reterr);

	if (rc != VF_OK)
		return rc;
	if (seal == 0 || seal > s->state.seals)
		return vf_fail(reterr, VF_INTERNAL, "a token of seal %" PRIu64 ", which there is not", seal);
	if (its > 0)
		return vf_fail(reterr, VF_EXISTS, "seal %" PRIu64 " has a token of this authority", seal);
	if (all >= VF_MAX_EVIDENCE)
		return vf_fail(reterr, VF_LIMIT, "seal %" PRIu64 " has %" PRIu64 " tokens already", seal, all);
	rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
	if (rc != VF_OK)
		return rc;
	rc = put_token(s, seal, token, reterr);
	if (rc == VF_OK)
		rc = put_exchange(s, exchange, reterr);
	return nt_sql_end(s, rc, reterr);
}

VF_RC nt_store_last_token(struct nt_store *s, struct vf_bytes authority, struct nt_buf *der, bool *ret_found,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	enum vf_rc rc = nt_sql(s, NT_SQL_TOKEN_LAST, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_text64(st, 1, (const char *)authority.p, authority.n, SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
		return nt_sql_fail(s, "read", reterr);
	status = sqlite3_step(st);
	if (status != SQLITE_ROW && status != SQLITE_DONE)
		return nt_sql_fail(s, "read", reterr);
	*ret_found = status == SQLITE_ROW;
	if (*ret_found)
		nt_buf_put(der, vf_bytes(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)));
	sqlite3_reset(st);
	return nt_buf_check(der, reterr);
}

VF_RC nt_store_lacking(struct nt_store *s, uint64_t after, uint64_t last, uint64_t wanted, uint64_t *ret, size_t *ret_n,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_SEALS_LACKING, (uint64_t[]){after, last, wanted}, 3, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; status == SQLITE_ROW; status = sqlite3_step(st))
		ret[n++] = (uint64_t)sqlite3_column_int64(st, 0);
	if (status != SQLITE_DONE)
		return nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	*ret_n = n;
	return VF_OK;
}

/* Everything of a seal in one block, which grows while rows are read; ranges are set at the end. */
struct seal_memory {
	struct nt_buf bytes;
	struct nt_token tokens[VF_MAX_EVIDENCE];
	size_t authority[VF_MAX_EVIDENCE][2], der[VF_MAX_EVIDENCE][2];
};

struct nt_seal *nt_seal_free(struct nt_seal *seal)
{
	if (seal == NULL)
		return NULL;
	if (seal->memory != NULL)
		nt_buf_done(&((struct seal_memory *)seal->memory)->bytes);
	free(seal->memory);
	free(seal);
	return NULL;
}

void nt_seal_freep(struct nt_seal **s)
{
	*s = nt_seal_free(*s);
}

static void keep_column(struct nt_buf *b, sqlite3_stmt *st, int column, size_t place[2])
{
	const void *p = sqlite3_column_blob(st, column);

	place[0] = b->n;
	place[1] = (size_t)sqlite3_column_bytes(st, column);
	nt_buf_put(b, vf_bytes(p, place[1]));
}

static struct vf_bytes at(const struct seal_memory *m, const size_t place[2])
{
	return vf_bytes(m->bytes.p + place[0], place[1]);
}

static VF_RC read_tokens(
	struct nt_store *s, struct nt_seal *seal, struct seal_memory *m, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_TOKENS, &seal->number, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	for (status = row ? SQLITE_ROW : SQLITE_DONE; status == SQLITE_ROW; status = sqlite3_step(st)) {
		size_t i = seal->n_tokens++;

		if (i == VF_MAX_EVIDENCE || !nt_sql_hash(st, 2, &m->tokens[i].id))
			return vf_fail(reterr, VF_STORE_CORRUPT, "the tokens of seal %" PRIu64 " are damaged",
				seal->number);
		m->tokens[i].gen_time = sqlite3_column_int64(st, 3);
		m->tokens[i].number = (uint64_t)sqlite3_column_int64(st, 4);
		keep_column(&m->bytes, st, 0, m->authority[i]);
		keep_column(&m->bytes, st, 1, m->der[i]);
	}
	if (status != SQLITE_DONE)
		return nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	return VF_OK;
}

VF_RC nt_store_seal_get(struct nt_store *s, uint64_t number, struct nt_seal **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_seal_freep) struct nt_seal *seal = calloc(1, sizeof(*seal));
	struct seal_memory *m = calloc(1, sizeof(*m));
	size_t head[2], note[2], previous[2] = {0, 0};
	uint64_t before = number - 1;
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc;

	if (seal == NULL || m == NULL) {
		free(m);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a seal");
	}
	seal->memory = m;
	seal->number = number;
	m->bytes = nt_buf((size_t)VF_MAX_PART * 4);
	rc = nt_sql_row(s, NT_SQL_SEAL_GET, &number, 1, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (!row)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "there is no seal %" PRIu64, number);
	seal->first = (uint64_t)sqlite3_column_int64(st, 0);
	seal->size = (uint64_t)sqlite3_column_int64(st, 1);
	keep_column(&m->bytes, st, 2, head);
	keep_column(&m->bytes, st, 3, note);
	sqlite3_reset(st);
	rc = nt_sql_row(s, NT_SQL_SEAL_HEAD, &before, 1, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (row)
		keep_column(&m->bytes, st, 0, previous);
	sqlite3_reset(st);
	rc = read_tokens(s, seal, m, reterr);
	if (rc == VF_OK)
		rc = nt_buf_check(&m->bytes, reterr);
	if (rc != VF_OK)
		return rc;
	seal->head = at(m, head);
	seal->checkpoint = at(m, note);
	if (previous[1] > 0)
		seal->previous_head = at(m, previous);
	seal->tokens = m->tokens;
	for (size_t i = 0; i < seal->n_tokens; i++) {
		m->tokens[i].authority = at(m, m->authority[i]);
		m->tokens[i].der = at(m, m->der[i]);
	}
	*ret = seal;
	seal = NULL;
	return VF_OK;
}
