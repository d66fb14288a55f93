#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "notary/record_check.h"
#include "notary/store_revocation.h"
#include "notary/store_sqlite.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"

/* The parts of the largest statement; only what is used becomes resident. */
#define CHECK_MEMORY ((size_t)VF_MAX_PART)

/* ---- erase ---- */

/* Sets *ret when the record keeps this content. */
static VF_RC keeps(
	struct nt_store *s, const struct vf_hash *sha256, uint64_t number, bool *ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_store_scan(s, number, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < s->scan.n_documents; i++)
		if (s->scan.documents[i].keep && vf_hash_eq(&s->scan.documents[i].sha256, sha256))
			*ret = true;
	return VF_OK;
}

VF_RC nt_store_is_kept(struct nt_store *s, const struct vf_hash *sha256, bool *ret, struct vf_err *reterr)
{
	uint64_t key[3] = {nt_index_key(sha256), (uint64_t)-1, s->recent.from}, number;
	uint32_t at = 0;
	sqlite3_stmt *st = NULL;
	bool row = s->recent.from > 0, kept = false;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && !kept && nt_index_next(&s->recent.documents, key[0], &at, &number))
		rc = keeps(s, sha256, number, &kept, reterr);
	while (row && rc == VF_OK && !kept) {
		rc = nt_sql_row(s, NT_SQL_DOCUMENT_NEXT, key, 3, &st, &row, reterr);
		if (rc != VF_OK || !row)
			break;
		key[1] = (uint64_t)sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		rc = keeps(s, sha256, key[1], &kept, reterr);
	}
	if (rc == VF_OK)
		*ret = kept;
	return rc;
}

/*
 * Copies an index without one record and drops the old one. Deleting the rows
 * alone would not do: pages that were split or joined may hold stale copies of cells,
 * dropped pages are zeroed (secure_delete).
 */
static VF_RC rebuild(struct nt_store *s, const char *table, uint64_t number, struct vf_err *reterr)
{
	char text[512];

	sqlite3_snprintf(sizeof(text), text,
		"CREATE TABLE fresh (h INTEGER NOT NULL, number INTEGER NOT NULL,"
		" PRIMARY KEY (h, number)) STRICT, WITHOUT ROWID;"
		"INSERT INTO fresh SELECT h, number FROM %s WHERE number <> %lld ORDER BY h, number;"
		"DROP TABLE %s; ALTER TABLE fresh RENAME TO %s;",
		table, (sqlite3_int64)number, table, table);
	return nt_sql_run(s, text, reterr);
}

/* A merge that was cut short may have put the record there, so the mark alone does not say it. */
static VF_RC in_table(
	struct nt_store *s, enum nt_sql which, uint64_t h, uint64_t number, bool *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_sql_row(s, which, (uint64_t[]){h, number}, 2, &st, ret, reterr);

	if (rc == VF_OK)
		sqlite3_reset(st);
	return rc;
}

static VF_RC overwrite_row(struct nt_store *s, uint64_t number, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf body = nt_buf(s->row.cap);
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_store_row(s, number, reterr);

	if (rc == VF_OK)
		rc = nt_body_erase(nt_buf_bytes(&s->row), &body, reterr);
	if (rc == VF_OK)
		rc = nt_sql(s, NT_SQL_RECORD_CHANGE, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)number) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 2, body.p, body.n, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_DONE)
		return nt_sql_fail(s, "change", reterr);
	sqlite3_reset(st);
	return VF_OK;
}

static VF_RC erase_rows(struct nt_store *s, const struct nt_record *r, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	uint64_t study;
	bool row, journal = false, documents = false, links = false;
	enum vf_rc rc = nt_store_scan(s, r->index, reterr);

	if (rc != VF_OK)
		return rc;
	study = s->scan.study;
	if (nt_has_journal(&s->scan.front.journal))
		rc = in_table(s, NT_SQL_JOURNAL_HAS, nt_index_key(&s->scan.front.journal), r->index, &journal, reterr);
	for (size_t i = 0; i < s->scan.n_documents && !documents && rc == VF_OK; i++)
		rc = in_table(s, NT_SQL_DOCUMENT_HAS, nt_index_key(&s->scan.documents[i].sha256), r->index, &documents,
			reterr);
	for (size_t i = 0; i < r->n_links && !links && rc == VF_OK; i++)
		rc = in_table(s, NT_SQL_LINK_HAS, nt_index_link_key(r->links[i].type, &r->links[i].record), r->index,
			&links, reterr);
	if (rc == VF_OK)
		rc = overwrite_row(s, r->index, reterr);
	if (rc == VF_OK && !r->in_stream)
		rc = nt_sql_row(s, NT_SQL_STUDY_DROP, (uint64_t[]){study, r->index}, 2, &st, &row, reterr);
	nt_sql_quiet(s);
	if (rc == VF_OK && journal)
		rc = rebuild(s, "by_journal", r->index, reterr);
	if (rc == VF_OK && documents)
		rc = rebuild(s, "by_document", r->index, reterr);
	if (rc == VF_OK && links)
		rc = rebuild(s, "by_link", r->index, reterr);
	if (rc == VF_OK)
		nt_failpoint("erase-written");
	return rc;
}

/* Copies the write-ahead log into the database and cuts it to nothing. */
static VF_RC empty_wal(struct nt_store *s, struct vf_err *reterr)
{
	nt_sql_quiet(s);
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		return nt_sql_fail(s, "checkpoint", reterr);
	return VF_OK;
}

/* After the row is gone: destroys what only it kept. A crash before the end is made good at the next opening.
 */
static VF_RC destroy_documents(struct nt_store *s, const struct nt_record *r, nt_each_kept *destroy,
	void *ctx, struct vf_err *reterr)
{
	bool kept;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < r->n_documents && rc == VF_OK; i++) {
		if (!r->documents[i].keep)
			continue;
		rc = nt_store_is_kept(s, &r->documents[i].digests.sha256, &kept, reterr);
		if (rc == VF_OK && !kept)
			rc = destroy(ctx, &r->documents[i].digests.sha256, reterr);
	}
	return rc;
}

VF_RC nt_store_erase(
	struct nt_store *s, const struct vf_hash *id, nt_each_kept *destroy, void *ctx, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	enum vf_rc rc = nt_store_get(s, id, &r, reterr);

	if (rc != VF_OK)
		return rc;
	if (r->state != NT_ERASED) {
		rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
		if (rc != VF_OK)
			return rc;
		rc = nt_sql_end(s, erase_rows(s, r, reterr), reterr);
		if (rc != VF_OK)
			return rc;
		nt_failpoint("erase-committed");
		nt_store_index_erase(s, r->index, r->in_stream);
		rc = destroy_documents(s, r, destroy, ctx, reterr);
		if (rc != VF_OK)
			return rc;
		nt_failpoint("erase-destroyed");
	}
	/* The scratch row held what was erased. */
	memset(s->row.p, 0, s->row.room);
	return empty_wal(s, reterr);
}

VF_RC nt_store_each_kept(struct nt_store *s, nt_each_kept *each, void *ctx, struct vf_err *reterr)
{
	struct vf_hash h;
	enum vf_rc rc;

	for (uint64_t i = 0; i < s->state.records; i++) {
		rc = nt_store_scan(s, i, reterr);
		for (size_t k = 0; rc == VF_OK && k < s->scan.n_documents; k++) {
			h = s->scan.documents[k].sha256;
			if (s->scan.documents[k].keep)
				rc = each(ctx, &h, reterr);
		}
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* ---- check ---- */

static VF_RC check_slot(struct nt_store *s, const struct nt_record *r, struct vf_err *reterr)
{
	struct nt_stream_row *row = NULL;
	struct vf_hash slot;
	enum vf_rc rc = nt_store_scan(s, r->index, reterr);
	uint64_t submitter, study;

	if (rc == VF_OK)
		rc = nt_store_stream_number(s, s->scan.stream, &submitter, &study, reterr);
	if (rc == VF_OK)
		rc = nt_store_stream_row(s, submitter, study, &row, reterr);
	if (rc != VF_OK)
		return rc;
	slot = vf_slot(&row->now.key, r->seq);
	if (!vf_hash_eq(&slot, &r->slot))
		return vf_fail(reterr, VF_STORE_CORRUPT, "its slot is not that of its place in the stream");
	return VF_OK;
}

VF_RC nt_store_check_waiting(struct nt_store *s, uint64_t size, struct vf_err *reterr)
{
	for (uint64_t i = s->state.size; i < size && i < s->found; i++) {
		VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
		enum vf_rc rc = nt_store_at(s, i, &r, reterr);

		if (rc == VF_OK && r->in_stream)
			rc = check_slot(s, r, reterr);
		if (rc != VF_OK) {
			vf_err_prefix(reterr, "record number %" PRIu64 " waits and is damaged", i);
			return rc;
		}
	}
	return VF_OK;
}

static VF_RC check_database(struct nt_store *s, struct nt_findings *f, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	int status;
	enum vf_rc rc = VF_OK;

	if (sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(20)", -1, &st, NULL) != SQLITE_OK)
		return nt_sql_fail(s, "check", reterr);
	while ((status = sqlite3_step(st)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (text != NULL && strcmp(text, "ok") != 0)
			nt_found(f, VF_STORE_CORRUPT, "'notary.db': %s", text);
	}
	if (status != SQLITE_DONE) {
		struct vf_err err = {0};
		enum vf_rc fault = nt_sql_fail(s, "check", &err);

		rc = nt_found_rc(f, fault, &err, reterr);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Counts the row in n. From the mark on it may be there, from a merge that was cut short, or not. */
static VF_RC want_row(struct nt_store *s, enum nt_sql which, uint64_t h, uint64_t number, const char *index,
	uint64_t *n, struct nt_findings *f, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, which, (uint64_t[]){h, number}, 2, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	sqlite3_reset(st);
	*n += row || number < s->recent.from;
	if (!row && number < s->recent.from)
		nt_found(f, VF_STORE_CORRUPT, "record number %" PRIu64 " is missing in index '%s'", number,
			index);
	return VF_OK;
}

/* What each index must hold in all. */
struct counts {
	uint64_t ids, journals, documents, links, studies, places;
};

static int compare_links(const void *a, const void *b)
{
	const struct nt_body_link *x = a, *y = b;
	uint64_t xh = nt_index_link_key(x->type, &x->record), yh = nt_index_link_key(y->type, &y->record);

	return xh < yh ? -1 : xh > yh;
}

/* Two links with one key are one row. */
static VF_RC check_links(
	struct nt_store *s, uint64_t number, struct counts *c, struct nt_findings *f, struct vf_err *reterr)
{
	struct nt_body_index *ix = &s->scan;
	enum vf_rc rc = VF_OK;

	if (ix->n_links > 0)
		qsort(ix->links, ix->n_links, sizeof(*ix->links), compare_links);
	for (size_t i = 0; i < ix->n_links && rc == VF_OK; i++)
		if (i == 0 || compare_links(&ix->links[i - 1], &ix->links[i]) != 0)
			rc = want_row(s, NT_SQL_LINK_HAS, nt_index_link_key(ix->links[i].type, &ix->links[i].record),
				number, "by_link", &c->links, f, reterr);
	return rc;
}

static int compare_documents(const void *a, const void *b)
{
	const struct nt_body_document *x = a, *y = b;

	return memcmp(x->sha256.b, y->sha256.b, 32);
}

static VF_RC check_indexes(
	struct nt_store *s, uint64_t number, struct counts *c, struct nt_findings *f, struct vf_err *reterr)
{
	struct nt_body_index *ix = &s->scan;
	enum vf_rc rc = nt_store_scan(s, number, reterr);

	if (rc != VF_OK)
		return rc;
	c->places += ix->front.in_stream;
	rc = want_row(s, NT_SQL_ID_HAS, nt_index_key(&ix->front.id), number, "by_id", &c->ids, f, reterr);
	if (rc == VF_OK && nt_has_journal(&ix->front.journal))
		rc = want_row(s, NT_SQL_JOURNAL_HAS, nt_index_key(&ix->front.journal), number, "by_journal",
			&c->journals, f, reterr);
	if (rc == VF_OK && ix->study > 0)
		rc = want_row(s, NT_SQL_STUDY_HAS, ix->study, number, "by_study", &c->studies, f, reterr);
	if (ix->n_documents > 0)
		qsort(ix->documents, ix->n_documents, sizeof(*ix->documents), compare_documents);
	for (size_t i = 0; i < ix->n_documents && rc == VF_OK; i++) {
		uint64_t h = nt_index_key(&ix->documents[i].sha256);

		if (i > 0 && h == nt_index_key(&ix->documents[i - 1].sha256))
			continue;
		rc = want_row(s, NT_SQL_DOCUMENT_HAS, h, number, "by_document", &c->documents, f, reterr);
	}
	return rc == VF_OK ? check_links(s, number, c, f, reterr) : rc;
}

static VF_RC check_record(struct nt_store *s, uint64_t number, struct vf_arena *a, struct counts *c,
	struct nt_findings *f, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_store_at(s, number, &r, &err);

	if (rc == VF_OK)
		rc = check_indexes(s, number, c, f, &err);
	a->used = 0;
	if (rc == VF_OK)
		rc = nt_record_check(r, a, &err);
	if (rc != VF_OK)
		vf_err_prefix(&err, "record number %" PRIu64, number);
	return nt_found_rc(f, rc, &err, reterr);
}

static VF_RC check_count(struct nt_store *s, enum nt_sql which, uint64_t want, const char *table,
	struct nt_findings *f, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	uint64_t got;
	bool row;
	enum vf_rc rc = nt_sql_row(s, which, NULL, 0, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	got = row ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	if (got != want)
		nt_found(f, VF_STORE_CORRUPT, "table '%s' has %" PRIu64 " rows, not %" PRIu64, table, got,
			want);
	return VF_OK;
}

static void freep(void **p)
{
	free(*p);
}

VF_RC nt_store_check(struct nt_store *s, struct nt_findings *f, struct vf_err *reterr)
{
	VF_CLEANUP(freep) void *memory = malloc(CHECK_MEMORY);
	struct counts c = {0};
	struct vf_arena a;
	enum vf_rc rc;

	if (memory == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to check records");
	vf_arena_init(&a, memory, CHECK_MEMORY);
	rc = check_database(s, f, reterr);

	for (uint64_t i = 0; i < s->state.records && rc == VF_OK; i++)
		rc = check_record(s, i, &a, &c, f, reterr);
	if (rc == VF_OK)
		rc = check_count(s, NT_SQL_RECORD_COUNT, s->state.records, "record", f, reterr);
	if (rc == VF_OK)
		rc = check_count(s, NT_SQL_IDS_COUNT, c.ids, "by_id", f, reterr);
	if (rc == VF_OK)
		rc = check_count(s, NT_SQL_JOURNALS_COUNT, c.journals, "by_journal", f, reterr);
	if (rc == VF_OK)
		rc = check_count(s, NT_SQL_DOCUMENTS_COUNT, c.documents, "by_document", f, reterr);
	if (rc == VF_OK)
		rc = check_count(s, NT_SQL_LINKS_COUNT, c.links, "by_link", f, reterr);
	if (rc == VF_OK)
		rc = check_count(s, NT_SQL_STUDIES_COUNT, c.studies, "by_study", f, reterr);
	if (rc == VF_OK)
		rc = check_count(s, NT_SQL_PLACES_COUNT, c.places, "place", f, reterr);
	if (rc == VF_OK)
		rc = nt_store_check_revocation(s, f, reterr);
	return rc;
}

/* ---- streams ---- */

struct stream_check {
	uint64_t number, next;
	struct vf_hash id, key, head, last;
};

static VF_RC check_place(struct nt_store *s, struct stream_check *c, uint64_t seq, struct nt_findings *f,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	uint8_t number[8];
	struct vf_hash slot;
	const struct nt_body_index *ix = &s->scan;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_PLACE_GET, (uint64_t[]){c->number, seq}, 2, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	if (!row) {
		nt_found(f, VF_STREAM_GAP, "stream %" PRIu64 " has no record %" PRIu64, c->number, seq);
		return VF_OK;
	}
	rc = nt_store_scan(s, (uint64_t)sqlite3_column_int64(st, 0), reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < 8; i++)
		number[i] = (uint8_t)(seq >> 8 * (7 - i));
	slot = vf_hmac_sha256(vf_bytes(c->key.b, 32), vf_bytes(number, 8));
	if (!ix->front.in_stream || ix->stream != c->number || ix->seq != seq)
		nt_found(f, VF_STREAM_GAP, "stream %" PRIu64 ": record %" PRIu64 " says that it is another",
			c->number, seq);
	if (!vf_hash_eq(&slot, &ix->front.slot))
		nt_found(f, VF_SLOT_MISMATCH,
			"stream %" PRIu64 ": the slot of record %" PRIu64 " is not that of its place",
			c->number, seq);
	if (seq == 0 ? !vf_hash_eq(&ix->front.id, &c->id) : !vf_hash_eq(&ix->prev, &c->last))
		nt_found(f, VF_STREAM_GAP,
			"stream %" PRIu64 ": record %" PRIu64 " does not follow the one before", c->number,
			seq);
	c->last = ix->front.id;
	return VF_OK;
}

VF_RC nt_store_check_streams(struct nt_store *s, struct nt_findings *f, struct vf_err *reterr)
{
	struct stream_check c = {0};
	struct vf_err err = {0};
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc;

	for (;;) {
		rc = nt_sql_row(s, NT_SQL_STREAM_NEXT, &c.number, 1, &st, &row, reterr);
		if (rc != VF_OK || !row)
			return rc;
		c.number = (uint64_t)sqlite3_column_int64(st, 0);
		c.next = (uint64_t)sqlite3_column_int64(st, 6);
		if (c.next > s->state.records)
			return vf_fail(reterr, VF_STORE_CORRUPT,
				"stream %" PRIu64 " claims %" PRIu64 " records", c.number, c.next);
		if (!nt_sql_hash(st, 3, &c.id) || !nt_sql_hash(st, 4, &c.key) || !nt_sql_hash(st, 5, &c.head))
			nt_found(
				f, VF_STORE_CORRUPT, "stream %" PRIu64 " is not in its exact form", c.number);
		sqlite3_reset(st);
		for (uint64_t i = 0; i < c.next && rc == VF_OK; i++)
			rc = nt_found_rc(f, check_place(s, &c, i, f, &err), &err, reterr);
		if (rc != VF_OK)
			return rc;
		if (c.next == 0 || !vf_hash_eq(&c.last, &c.head))
			nt_found(f, VF_STREAM_GAP, "stream %" PRIu64 ": its head is not its last record",
				c.number);
	}
}

/* ---- backup ---- */

VF_RC nt_store_backup(struct nt_store *s, const char *path, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = -1;
	sqlite3 *to = NULL;
	sqlite3_backup *b;
	int status;
	enum vf_rc rc = nt_file_create(path, 0600, reterr);

	if (rc != VF_OK)
		return rc;
	status = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);
	if (status == SQLITE_OK) {
		b = sqlite3_backup_init(to, "main", s->db, "main");
		if (b != NULL)
			sqlite3_backup_step(b, -1);
		status = b != NULL ? sqlite3_backup_finish(b) : SQLITE_ERROR;
	}
	sqlite3_close(to);
	if (status != SQLITE_OK)
		return vf_fail(
			reterr, VF_IO, "cannot copy 'notary.db' to '%s': %s", path, sqlite3_errstr(status));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vf_fail(reterr, VF_IO, "cannot open the copy '%s'", path);
	return nt_fd_sync(fd, path, reterr);
}
