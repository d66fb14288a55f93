#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "notary/failpoint.h"
#include "notary/store_prepare.h"
#include "notary/store_sqlite.h"
#include "verify/text.h"

VF_RC nt_store_stream(struct nt_store *s, struct vf_bytes submitter, struct vf_bytes study,
	struct nt_stream *ret, struct vf_err *reterr)
{
	struct nt_stream_row *row;
	uint64_t submitter_number, study_number;
	bool found;
	enum vf_rc rc = nt_store_name(s, submitter, false, &found, &submitter_number, reterr);

	if (rc == VF_OK && found)
		rc = nt_store_name(s, study, false, &found, &study_number, reterr);
	if (rc != VF_OK)
		return rc;
	if (!found) {
		*ret = (struct nt_stream){0};
		return VF_OK;
	}
	rc = nt_store_stream_row(s, submitter_number, study_number, &row, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = row->now;
	return VF_OK;
}

VF_RC nt_store_stream_next(struct nt_store *s, struct vf_bytes of, uint64_t after, struct nt_stream_named *ret, bool *ret_found,
	struct vf_err *reterr)
{
	const struct nt_name *submitter, *study;
	struct nt_stream_row *row;
	sqlite3_stmt *st = NULL;
	uint64_t numbers[3] = {after, 0};
	enum vf_rc rc = VF_OK;

	*ret_found = true;
	if (of.n > 0)
		rc = nt_store_name(s, of, false, ret_found, &numbers[1], reterr);
	if (rc == VF_OK && *ret_found)
		rc = nt_sql_row(s, NT_SQL_STREAM_STUDY, numbers, 2, &st, ret_found, reterr);
	if (rc != VF_OK || !*ret_found)
		return rc;
	for (int i = 0; i < 3; i++)
		numbers[i] = (uint64_t)sqlite3_column_int64(st, i);
	sqlite3_reset(st);
	submitter = nt_store_name_text(s, numbers[1]);
	study = nt_store_name_text(s, numbers[2]);
	if (!submitter || !study)
		return vf_fail(reterr, VF_STORE_CORRUPT, "a stream has a name that is not there");
	rc = nt_store_stream_row(s, numbers[1], numbers[2], &row, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (struct nt_stream_named){.number = numbers[0], .submitter = vf_bytes(submitter->p, submitter->n),
		.study = vf_bytes(study->p, study->n), .now = row->now};
	return VF_OK;
}

/* True when the record at number has this journal key; writes its id. */
static VF_RC has_journal(struct nt_store *s, uint64_t number, const struct vf_hash *key, bool *ret,
	struct vf_hash *ret_id, struct vf_err *reterr)
{
	struct nt_body_front f;
	enum vf_rc rc = nt_store_row(s, number, reterr);

	if (rc == VF_OK)
		rc = nt_body_front(nt_buf_bytes(&s->row), &f, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = !f.erased && vf_hash_eq(&f.journal, key);
	*ret_id = f.id;
	return VF_OK;
}

VF_RC nt_store_journal(struct nt_store *s, const struct vf_hash *key, bool *ret_found, struct vf_hash *ret_id,
	struct vf_err *reterr)
{
	uint64_t h = nt_index_key(key), *numbers = NULL;
	size_t n = 0;
	int64_t after = -1;
	sqlite3_stmt *st = NULL;
	bool found = false, row;
	struct vf_hash id = {0};
	enum vf_rc rc = VF_OK;

	if (!nt_has_journal(key)) {
		*ret_found = false;
		return VF_OK;
	}
	while (!found && s->recent.from > 0) {
		rc = nt_sql_row(s, NT_SQL_JOURNAL_NEXT, (uint64_t[]){h, (uint64_t)after, s->recent.from}, 3, &st,
			&row, reterr);
		if (rc != VF_OK)
			return rc;
		if (!row)
			break;
		after = sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		rc = has_journal(s, (uint64_t)after, key, &found, &id, reterr);
		if (rc != VF_OK)
			return rc;
	}
	if (!found)
		rc = nt_recent_numbers(&s->recent.journals, h, s->recent.from, &numbers, &n, reterr);
	for (size_t i = 0; i < n && !found && rc == VF_OK; i++)
		rc = has_journal(s, numbers[i], key, &found, &id, reterr);
	free(numbers);
	if (rc != VF_OK)
		return rc;
	*ret_found = found;
	if (found)
		*ret_id = id;
	return VF_OK;
}

/* ---- accept ---- */

/* Where a refused transaction leads back to. */
struct mark {
	struct nt_recent_mark recent;
	size_t names;
	uint64_t next_name, next_stream, records;
};

static struct mark mark_of(const struct nt_store *s)
{
	return (struct mark){
		nt_recent_mark(&s->recent), s->n_names, s->next_name, s->next_stream, s->state.records};
}

/* Memory again says what the database does. */
static void go_back(struct nt_store *s, const struct mark *m)
{
	nt_recent_cut(&s->recent, &m->recent);
	nt_index_cut(&s->by_name, m->names);
	for (; s->n_names > m->names; s->n_names--)
		free(s->names[s->n_names - 1].p);
	s->next_name = m->next_name;
	s->next_stream = m->next_stream;
	s->state.records = m->records;
	/* Rows may hold the numbers of names that are gone now. */
	nt_index_cut(&s->by_stream, 0);
	s->n_streams = 0;
}

/* The same entry before? Then says so, or refuses what contradicts it. */
static VF_RC check_duplicate(
	struct nt_store *s, const struct nt_submission *sub, bool *ret_before, struct vf_err *reterr)
{
	struct nt_body_front f;
	char hex[65];
	uint64_t number;
	bool found;
	enum vf_rc rc = nt_store_number(s, &sub->id, &found, &number, reterr);

	if (rc != VF_OK)
		return rc;
	*ret_before = found;
	if (!found)
		return VF_OK;
	/* nt_store_number() left its row. */
	rc = nt_body_front(nt_buf_bytes(&s->row), &f, reterr);
	if (rc != VF_OK)
		return rc;
	vf_hex_put(hex, vf_bytes(sub->id.b, 32));
	if (!vf_hash512_eq(&f.id512, &sub->id512))
		return vf_fail(reterr, VF_ENTRY_CONFLICT, "record '%s' is there with another SHA-512", hex);
	if (!vf_hash_eq(&f.slot, &sub->slot))
		return vf_fail(reterr, VF_ENTRY_CONFLICT, "record '%s' is there with another slot", hex);
	if (f.erased)
		return vf_fail(reterr, VF_ERASED, "record '%s' was erased", hex);
	return VF_OK;
}

static VF_RC stream_conflict(
	const struct nt_stream *now, const struct nt_submission *sub, struct vf_err *reterr)
{
	char hex[65], name[160];

	vf_text_escape(name, sizeof(name), sub->study);
	if (!now->exists)
		return vf_fail(reterr, VF_STREAM_CONFLICT,
			"study '%s': there is no stream yet, so record %" PRIu64 " has no place", name,
			sub->seq);
	vf_hex_put(hex, vf_bytes(now->head.b, 32));
	return vf_fail(reterr, VF_STREAM_CONFLICT,
		"study '%s': the stream's head is '%s' and its next record %" PRIu64 ", not %" PRIu64, name,
		hex, now->next, sub->seq);
}

/* The record must be the next of its stream, in the slot of its number. */
static VF_RC take_place(
	struct nt_store *s, const struct nt_submission *sub, struct nt_body_refs *refs, struct vf_err *reterr)
{
	struct nt_stream_row *row;
	struct nt_stream *now;
	enum vf_rc rc = nt_store_stream_row(s, refs->submitter, refs->study, &row, reterr);

	if (rc != VF_OK)
		return rc;
	now = &row->now;
	if (!row->touched)
		row->saved = *now;
	if (sub->seq == 0 && !now->exists) {
		if (!vf_hash_eq(&sub->stream, &sub->id))
			return vf_fail(reterr, VF_INTERNAL, "record 0 of a stream does not name itself");
		*now = (struct nt_stream){.exists = true, .id = sub->id, .key = sub->stream_key};
		row->number = s->next_stream++;
	} else if (!now->exists || sub->seq != now->next || sub->seq == 0 ||
		!vf_hash_eq(&sub->stream, &now->id) || !vf_hash_eq(&sub->prev, &now->head)) {
		return stream_conflict(now, sub, reterr);
	}
	now->head = sub->id;
	now->next = sub->seq + 1;
	row->touched = true;
	refs->stream = row->number;
	return VF_OK;
}

static VF_RC keep_keys(
	struct nt_store *s, const struct nt_submission *sub, uint64_t study, struct vf_err *reterr)
{
	bool good = nt_recent_put(&s->recent, &sub->id, &sub->journal, study);

	for (size_t i = 0; i < sub->n_documents && good; i++)
		good = nt_recent_put_document(&s->recent, &sub->documents[i].digests.sha256);
	for (size_t i = 0; i < sub->n_links && good; i++)
		good = nt_recent_put_link(&s->recent, sub->links[i].type, &sub->links[i].record);
	return good ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for the newest records");
}

static VF_RC put_record(struct nt_store *s, const struct nt_submission *sub, struct vf_bytes content,
	const struct nt_body_refs *refs, int64_t now_ms, struct vf_err *reterr)
{
	sqlite3_stmt *st = s->stmts[NT_SQL_RECORD_PUT];
	uint64_t number = s->state.records;
	bool row;
	enum vf_rc rc;

	nt_buf_reset(&s->row);
	nt_body_put(&s->row, sub, content, refs, now_ms);
	rc = nt_buf_check(&s->row, reterr);
	if (rc != VF_OK)
		return rc;
	if (st == NULL) {
		rc = nt_sql(s, NT_SQL_RECORD_PUT, &st, reterr);
		if (rc != VF_OK)
			return rc;
	}
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)number) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 2, s->row.p, s->row.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	if (sub->in_stream) {
		/* Unique, whatever the memory says: two records in one place would be a fork. */
		rc = nt_sql_row(s, NT_SQL_PLACE_PUT, (uint64_t[]){refs->stream, sub->seq, number}, 3, &st,
			&row, reterr);
		if (rc != VF_OK)
			return rc;
	}
	s->state.records++;
	return keep_keys(s, sub, refs->study, reterr);
}

static VF_RC accept_one(struct nt_store *s, const struct nt_submission *sub, struct vf_bytes content, bool in_place,
	int64_t now_ms, enum nt_accepted *ret, struct vf_err *reterr)
{
	struct nt_body_refs refs = {0};
	bool before, found;
	enum vf_rc rc = check_duplicate(s, sub, &before, reterr);

	if (rc != VF_OK)
		return rc;
	if (before) {
		*ret = NT_ACCEPTED_BEFORE;
		return VF_OK;
	}
	if (!in_place)
		return vf_fail(reterr, VF_INTERNAL, "the slot of a record is not that of its place");
	rc = nt_store_name(s, sub->submitter, true, &found, &refs.submitter, reterr);
	if (rc == VF_OK)
		rc = nt_store_name(s, sub->study, true, &found, &refs.study, reterr);
	if (rc == VF_OK)
		rc = nt_store_name(s, sub->kind, true, &found, &refs.kind, reterr);
	if (rc == VF_OK && sub->in_stream)
		rc = take_place(s, sub, &refs, reterr);
	if (rc == VF_OK)
		rc = put_record(s, sub, content, &refs, now_ms, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = NT_ACCEPTED_NEW;
	return VF_OK;
}

static VF_RC put_stream(struct nt_store *s, const struct nt_stream_row *row, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool fresh = !row->saved.exists;
	enum vf_rc rc = nt_sql(s, fresh ? NT_SQL_STREAM_PUT : NT_SQL_STREAM_CHANGE, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (fresh &&
		(sqlite3_bind_int64(st, 1, (sqlite3_int64)row->number) != SQLITE_OK ||
			sqlite3_bind_int64(st, 2, (sqlite3_int64)row->submitter) != SQLITE_OK ||
			sqlite3_bind_int64(st, 3, (sqlite3_int64)row->study) != SQLITE_OK ||
			sqlite3_bind_blob(st, 4, row->now.id.b, 32, SQLITE_STATIC) != SQLITE_OK ||
			sqlite3_bind_blob(st, 5, row->now.key.b, 32, SQLITE_STATIC) != SQLITE_OK ||
			sqlite3_bind_blob(st, 6, row->now.head.b, 32, SQLITE_STATIC) != SQLITE_OK ||
			sqlite3_bind_int64(st, 7, (sqlite3_int64)row->now.next) != SQLITE_OK))
		return nt_sql_fail(s, "change", reterr);
	if (!fresh &&
		(sqlite3_bind_int64(st, 1, (sqlite3_int64)row->number) != SQLITE_OK ||
			sqlite3_bind_int64(st, 2, (sqlite3_int64)row->saved.next) != SQLITE_OK ||
			sqlite3_bind_int64(st, 3, (sqlite3_int64)row->now.next) != SQLITE_OK ||
			sqlite3_bind_blob(st, 4, row->now.head.b, 32, SQLITE_STATIC) != SQLITE_OK))
		return nt_sql_fail(s, "change", reterr);
	if (sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	/* The row must be as it was read: a compare-and-swap on the number of records. */
	if (sqlite3_changes(s->db) != 1)
		return vf_fail(reterr, VF_STORE_CORRUPT, "a stream's row has changed behind our back");
	return VF_OK;
}

static VF_RC accept_all(struct nt_store *s, const struct nt_submission *subs, size_t count, int64_t now_ms,
	enum nt_accepted *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_prepare_freep) struct nt_prepare *prepare = NULL;
	struct vf_bytes content;
	bool in_place;
	enum vf_rc rc = nt_prepare_new(&s->packer, subs, count, &prepare, reterr);

	for (size_t i = 0; i < count && rc == VF_OK; i++) {
		rc = nt_prepare_get(prepare, i, &content, &in_place, reterr);
		if (rc == VF_OK)
			rc = accept_one(s, &subs[i], content, in_place, now_ms, &ret[i], reterr);
	}
	for (size_t i = 0; i < s->n_streams && rc == VF_OK; i++)
		if (s->streams[i].touched)
			rc = put_stream(s, &s->streams[i], reterr);
	if (rc == VF_OK)
		nt_failpoint("accept-written");
	return rc;
}

/* From how many submissions a transaction counts as large, and how many small ones end a run of them. */
#define BULK_FROM 1000
#define SMALL_RUN 16

/*
 * A large transaction mostly appends pages. A rollback journal does not hold those, so each is
 * written once; the write-ahead log writes all of them twice. Small transactions are
 * faster with the log, which syncs once (docs/decisions/0003-commit-order.md).
 */
static VF_RC choose_journal(struct nt_store *s, size_t count, struct vf_err *reterr)
{
	bool bulk = count >= BULK_FROM;

	s->small_run = bulk ? 0 : s->small_run + 1;
	if (bulk == s->bulk || (!bulk && s->small_run < SMALL_RUN))
		return VF_OK;
	nt_sql_quiet(s);
	s->bulk = bulk;
	return nt_sql_run(s, bulk ? "PRAGMA journal_mode=TRUNCATE" : "PRAGMA journal_mode=WAL", reterr);
}

VF_RC nt_store_accept(struct nt_store *s, const struct nt_submission *submissions, size_t count,
	int64_t now_ms, enum nt_accepted *ret, struct vf_err *reterr)
{
	struct mark mark;
	enum vf_rc rc = nt_store_index_must(s, reterr);

	mark = mark_of(s);
	if (rc == VF_OK)
		rc = choose_journal(s, count, reterr);
	if (rc == VF_OK)
		rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_sql_end(s, accept_all(s, submissions, count, now_ms, ret, reterr), reterr);
	if (rc != VF_OK) {
		go_back(s, &mark);
		return rc;
	}
	for (size_t i = 0; i < s->n_streams; i++)
		s->streams[i].touched = false;
	if (s->state.records > mark.records && now_ms > s->state.accepted_ms)
		s->state.accepted_ms = now_ms;
	nt_failpoint("accept-committed");
	return VF_OK;
}
