#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "notary/store_sqlite.h"
#include "verify/limits.h"
#include "verify/text.h"

/* Shortest prefix of an ID that may stand for it. */
#define PREFIX_MIN 8

static VF_RC name_of(const struct nt_store *s, uint64_t number, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct nt_name *n = nt_store_name_text(s, number);

	if (n == NULL)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"a record names text %" PRIu64 ", which is not there", number);
	*ret = vf_bytes(n->p, n->n);
	return VF_OK;
}

static VF_RC stream_of(
	struct nt_store *s, struct nt_record *r, struct nt_body_refs *refs, struct vf_err *reterr)
{
	struct nt_stream_row *row;
	uint64_t submitter, study;
	enum vf_rc rc = nt_store_stream_number(s, refs->stream, &submitter, &study, reterr);

	if (rc == VF_OK)
		rc = nt_store_stream_row(s, submitter, study, &row, reterr);
	if (rc != VF_OK)
		return rc;
	r->stream = row->now.id;
	/* An erased record keeps only its place, and the stream says whose it was. */
	refs->submitter = submitter;
	refs->study = study;
	return VF_OK;
}

static VF_RC seal_of(struct nt_store *s, uint64_t index, uint64_t *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_SEAL_OF, &index, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	if (!row)
		return vf_fail(reterr, VF_STORE_CORRUPT, "no seal covers entry %" PRIu64, index);
	*ret = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return VF_OK;
}

/* What does not stand in the record's own row. */
static VF_RC complete(struct nt_store *s, uint64_t number, struct nt_body_refs *refs, struct nt_record *r,
	struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	r->index = number;
	if (r->in_stream)
		rc = stream_of(s, r, refs, reterr);
	if (rc == VF_OK && refs->submitter > 0)
		rc = name_of(s, refs->submitter, &r->submitter, reterr);
	if (rc == VF_OK && refs->study > 0)
		rc = name_of(s, refs->study, &r->study, reterr);
	if (rc == VF_OK && refs->kind > 0)
		rc = name_of(s, refs->kind, &r->kind, reterr);
	if (rc == VF_OK && number < s->state.sealed)
		rc = seal_of(s, number, &r->seal, reterr);
	if (rc == VF_OK && r->state != NT_ERASED && number < s->state.size)
		r->state = number < s->state.sealed ? NT_SEALED : NT_SEQUENCED;
	return rc;
}

VF_RC nt_store_at(struct nt_store *s, uint64_t index, struct nt_record **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_record_freep) struct nt_record *r = NULL;
	struct nt_body_refs refs;
	enum vf_rc rc = nt_store_row(s, index, reterr);

	if (rc == VF_OK)
		rc = nt_body_read(nt_buf_bytes(&s->row), &refs, &r, reterr);
	if (rc == VF_OK)
		rc = complete(s, index, &refs, r, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = r;
	r = NULL;
	return VF_OK;
}

VF_RC nt_store_get(
	struct nt_store *s, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr)
{
	uint64_t number;
	bool found;
	enum vf_rc rc = nt_store_number(s, id, &found, &number, reterr);

	if (rc == VF_OK && !found)
		rc = nt_record_unknown(id, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_store_at(s, number, ret, reterr);
}

/* ---- finding ---- */

/* A hex prefix as the range of IDs that begin with it. */
struct prefix {
	const char *text;
	size_t n;
	struct vf_hash low, high;
};

static bool prefix_read(const char *text, struct prefix *ret)
{
	char low[65], high[65];
	size_t n = strlen(text);

	if (n < PREFIX_MIN || n > 64)
		return false;
	memset(low, '0', 64);
	memset(high, 'f', 64);
	memcpy(low, text, n);
	memcpy(high, text, n);
	*ret = (struct prefix){.text = text, .n = n};
	return vf_hex_read(vf_bytes(low, 64), ret->low.b, 32) &&
		vf_hex_read(vf_bytes(high, 64), ret->high.b, 32);
}

static bool prefix_has(const struct prefix *p, const struct vf_hash *id)
{
	return memcmp(id->b, p->low.b, 32) >= 0 && memcmp(id->b, p->high.b, 32) <= 0;
}

struct found {
	struct vf_hash id;
	size_t n;
};

static VF_RC try_prefix(
	struct nt_store *s, const struct prefix *p, uint64_t number, struct found *f, struct vf_err *reterr)
{
	struct nt_body_front front;
	enum vf_rc rc = nt_store_row(s, number, reterr);

	if (rc == VF_OK)
		rc = nt_body_front(nt_buf_bytes(&s->row), &front, reterr);
	if (rc != VF_OK)
		return rc;
	if (prefix_has(p, &front.id)) {
		f->id = front.id;
		f->n++;
	}
	return VF_OK;
}

/* Candidates of the table by their first 64 bits; more than 16 are ambiguous anyway. */
static VF_RC try_table(struct nt_store *s, const struct prefix *p, struct found *f, struct vf_err *reterr)
{
	uint64_t range[3] = {nt_index_key(&p->low), nt_index_key(&p->high), s->recent.from}, numbers[16];
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_ID_RANGE, range, 3, &st, &row, reterr);
	int status = row ? SQLITE_ROW : SQLITE_DONE;

	if (rc != VF_OK)
		return rc;
	for (; status == SQLITE_ROW && n < 16; status = sqlite3_step(st))
		numbers[n++] = (uint64_t)sqlite3_column_int64(st, 0);
	if (status != SQLITE_DONE && status != SQLITE_ROW)
		return nt_sql_fail(s, "read", reterr);
	sqlite3_reset(st);
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = try_prefix(s, p, numbers[i], f, reterr);
	return rc;
}

/* The same of what is in memory. */
static VF_RC try_recent(struct nt_store *s, const struct prefix *p, struct found *f, struct vf_err *reterr)
{
	uint64_t low = nt_index_key(&p->low), high = nt_index_key(&p->high);
	const struct nt_index *x = &s->recent.ids;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < x->n && rc == VF_OK; i++)
		if (x->nodes[i].h >= low && x->nodes[i].h <= high)
			rc = try_prefix(s, p, x->nodes[i].number, f, reterr);
	return rc;
}

VF_RC nt_store_find(struct nt_store *s, const char *prefix, struct vf_hash *ret, struct vf_err *reterr)
{
	char shown[96];
	struct prefix p;
	struct found f = {0};
	enum vf_rc rc;

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(prefix));
	if (!prefix_read(prefix, &p))
		return vf_fail(reterr, VF_USAGE,
			"'%s' is no ID and no beginning of one (%d to 64 lower-case hex digits)", shown,
			PREFIX_MIN);
	rc = try_table(s, &p, &f, reterr);
	if (rc == VF_OK)
		rc = try_recent(s, &p, &f, reterr);
	if (rc != VF_OK)
		return rc;
	if (f.n == 0)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "there is no record '%s'", shown);
	if (f.n > 1)
		return vf_fail(reterr, VF_USAGE, "'%s' begins the ID of several records", shown);
	*ret = f.id;
	return VF_OK;
}

/* Calls each when a document of the record has the digest. */
static VF_RC try_document(struct nt_store *s, uint64_t number, const void *what, nt_each_id *each, void *ctx,
	struct vf_err *reterr)
{
	const struct vf_hash *sha256 = what;
	struct vf_hash id;
	enum vf_rc rc = nt_store_scan(s, number, reterr);

	if (rc != VF_OK)
		return rc;
	id = s->scan.front.id;
	for (size_t i = 0; i < s->scan.n_documents; i++)
		if (vf_hash_eq(&s->scan.documents[i].sha256, sha256))
			return each(ctx, &id, reterr);
	return VF_OK;
}

VF_RC nt_store_find_digest(
	struct nt_store *s, const struct vf_hash *sha256, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	uint64_t key[3] = {nt_index_key(sha256), (uint64_t)-1, s->recent.from}, *numbers;
	size_t n;
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = VF_OK;

	for (;;) {
		rc = nt_sql_row(s, NT_SQL_DOCUMENT_NEXT, key, 3, &st, &row, reterr);
		if (rc != VF_OK)
			return rc;
		if (!row)
			break;
		key[1] = (uint64_t)sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		rc = try_document(s, key[1], sha256, each, ctx, reterr);
		if (rc != VF_OK)
			return rc;
	}
	rc = nt_recent_numbers(&s->recent.documents, key[0], key[2], &numbers, &n, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = try_document(s, numbers[i], sha256, each, ctx, reterr);
	free(numbers);
	return rc;
}

static VF_RC each_at(struct nt_store *s, uint64_t number, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	struct vf_hash id;
	enum vf_rc rc = nt_store_scan(s, number, reterr);

	if (rc != VF_OK)
		return rc;
	id = s->scan.front.id;
	return each(ctx, &id, reterr);
}

/* The next record of the study from number *at on that is in memory only. */
static bool next_recent(const struct nt_recent *x, uint64_t study, uint64_t *at)
{
	uint64_t i = *at > x->from ? *at - x->from : 0;

	while (i < x->n && x->studies[i] != study)
		i++;
	*at = x->from + i;
	return i < x->n;
}

static VF_RC each_of_study(
	struct nt_store *s, uint64_t study, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	uint64_t key[3] = {study, (uint64_t)-1, s->recent.from};
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc;

	for (;;) {
		rc = nt_sql_row(s, NT_SQL_STUDY_NEXT, key, 3, &st, &row, reterr);
		if (rc != VF_OK)
			return rc;
		if (!row)
			break;
		key[1] = (uint64_t)sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		rc = each_at(s, key[1], each, ctx, reterr);
		if (rc != VF_OK)
			return rc;
	}
	for (uint64_t i = key[2]; next_recent(&s->recent, study, &i); i++) {
		rc = each_at(s, i, each, ctx, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

VF_RC nt_store_each(
	struct nt_store *s, struct vf_bytes study, nt_each_id *each, void *ctx, struct vf_err *reterr)
{
	uint64_t number;
	bool found;
	enum vf_rc rc = VF_OK;

	if (study.n > 0) {
		rc = nt_store_name(s, study, false, &found, &number, reterr);
		if (rc != VF_OK || !found)
			return rc;
		return each_of_study(s, number, each, ctx, reterr);
	}
	for (uint64_t i = 0; i < s->state.records && rc == VF_OK; i++)
		rc = each_at(s, i, each, ctx, reterr);
	return rc;
}

/* ---- pages ---- */

struct page {
	struct nt_listed *at;
	size_t n, max;
	uint64_t number; /* of the record that is looked at */
};

static VF_RC put_listed(void *ctx, const struct vf_hash *id, struct vf_err *reterr)
{
	struct page *p = ctx;

	(void)reterr;
	p->at[p->n++] = (struct nt_listed){p->number, *id};
	return VF_OK;
}

/* Records that the table names, then those in memory. */
static VF_RC page_of_study(struct nt_store *s, uint64_t study, uint64_t first, struct page *p, struct vf_err *reterr)
{
	uint64_t key[3] = {study, first - 1, s->recent.from}; /* of first 0: -1, as the index's numbers are signed */
	sqlite3_stmt *st = NULL;
	bool row = first < s->recent.from;
	enum vf_rc rc = VF_OK;

	while (row && p->n < p->max && rc == VF_OK) {
		rc = nt_sql_row(s, NT_SQL_STUDY_NEXT, key, 3, &st, &row, reterr);
		if (rc != VF_OK || !row)
			break;
		key[1] = p->number = (uint64_t)sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		rc = each_at(s, p->number, put_listed, p, reterr);
	}
	p->number = first;
	for (; rc == VF_OK && p->n < p->max && next_recent(&s->recent, study, &p->number); p->number++)
		rc = each_at(s, p->number, put_listed, p, reterr);
	return rc;
}

VF_RC nt_store_page(struct nt_store *s, struct vf_bytes study, uint64_t first, size_t max, struct nt_listed *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	struct page p = {.at = ret, .max = max};
	uint64_t number = 0;
	bool found = true;
	enum vf_rc rc = VF_OK;

	*ret_n = 0;
	if (study.n > 0)
		rc = nt_store_name(s, study, false, &found, &number, reterr);
	if (rc != VF_OK || !found)
		return rc;
	if (study.n > 0)
		rc = page_of_study(s, number, first, &p, reterr);
	for (p.number = first; study.n == 0 && p.number < s->state.records && p.n < p.max && rc == VF_OK; p.number++)
		rc = each_at(s, p.number, put_listed, &p, reterr);
	*ret_n = p.n;
	return rc;
}

/* A candidate, shown when it is what was asked for. */
typedef VF_RC try_record(
	struct nt_store *s, uint64_t number, const void *what, nt_each_id *each, void *ctx, struct vf_err *reterr);

/* Records with this key from number first on: those that the table names, then those in memory. */
static VF_RC page_of_key(struct nt_store *s, enum nt_sql next, const struct nt_index *x, uint64_t h, uint64_t first,
	try_record *try, const void *what, struct page *p, struct vf_err *reterr)
{
	/* of first 0: -1, as the index's numbers are signed */
	uint64_t key[3] = {h, first - 1, s->recent.from}, *numbers = NULL;
	size_t n = 0;
	sqlite3_stmt *st = NULL;
	bool row = first < s->recent.from;
	enum vf_rc rc = VF_OK;

	while (row && p->n < p->max && rc == VF_OK) {
		rc = nt_sql_row(s, next, key, 3, &st, &row, reterr);
		if (rc != VF_OK || !row)
			break;
		key[1] = p->number = (uint64_t)sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		rc = try(s, p->number, what, put_listed, p, reterr);
	}
	if (rc == VF_OK && p->n < p->max)
		rc = nt_recent_numbers(x, h, first, &numbers, &n, reterr);
	for (size_t i = 0; i < n && p->n < p->max && rc == VF_OK; i++) {
		p->number = numbers[i];
		rc = try(s, p->number, what, put_listed, p, reterr);
	}
	free(numbers);
	return rc;
}

VF_RC nt_store_page_digest(struct nt_store *s, const struct vf_hash *sha256, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr)
{
	struct page p = {.at = ret, .max = max};
	enum vf_rc rc = page_of_key(s, NT_SQL_DOCUMENT_NEXT, &s->recent.documents, nt_index_key(sha256), first,
		try_document, sha256, &p, reterr);

	*ret_n = p.n;
	return rc;
}

static VF_RC try_link(struct nt_store *s, uint64_t number, const void *what, nt_each_id *each, void *ctx,
	struct vf_err *reterr)
{
	const struct nt_link *link = what;
	struct vf_hash id;
	enum vf_rc rc = nt_store_scan(s, number, reterr);

	if (rc != VF_OK)
		return rc;
	id = s->scan.front.id;
	for (size_t i = 0; i < s->scan.n_links; i++)
		if (vf_bytes_eq(s->scan.links[i].type, link->type) &&
			vf_hash_eq(&s->scan.links[i].record, &link->record))
			return each(ctx, &id, reterr);
	return VF_OK;
}

VF_RC nt_store_page_linked(struct nt_store *s, const struct nt_link *link, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr)
{
	struct page p = {.at = ret, .max = max};
	enum vf_rc rc = page_of_key(s, NT_SQL_LINK_NEXT, &s->recent.links, nt_index_link_key(link->type, &link->record),
		first, try_link, link, &p, reterr);

	*ret_n = p.n;
	return rc;
}
