#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "notary/failpoint.h"
#include "notary/store_sqlite.h"

/*
 * A merge is due at so many keys (a usual record has four). The more of them at once, the fewer pages of the tables
 * are written for each; the fewer, the less memory and the shorter the opening after a crash.
 */
#define MERGE_AT 524288
/* Keys of one slice: some milliseconds, for which who submits must wait. */
#define SLICE 4096
/* Who never calls nt_store_index() merges within nt_store_accept() at so many keys. */
#define MERGE_MUST (4 * MERGE_AT)
/* Fewer keys than these are left to the next opening, which reads them in a few milliseconds. */
#define SETTLE_AT 8192

/* ---- hash tables ---- */

uint64_t nt_index_key(const struct vf_hash *h)
{
	struct vf_bytes in = vf_bytes(h->b, 32);
	uint64_t v = 0;

	(void)vf_take_u64be(&in, &v);
	return v;
}

uint64_t nt_index_link_key(struct vf_bytes type, const struct vf_hash *record)
{
	uint64_t h = 14695981039346656037u;

	/* FNV-1a; spread, so that types of one record are far from each other's targets */
	for (size_t i = 0; i < type.n; i++)
		h = (h ^ type.p[i]) * 1099511628211u;
	return nt_index_key(record) ^ h * 0x9e3779b97f4a7c15u;
}

static bool is_none(const struct vf_hash *h)
{
	static const struct vf_hash none;

	return vf_hash_eq(h, &none);
}

bool nt_has_journal(const struct vf_hash *key)
{
	return !is_none(key);
}

void nt_index_done(struct nt_index *x)
{
	free(x->first);
	free(x->nodes);
	*x = (struct nt_index){0};
}

static size_t slot_of(const struct nt_index *x, uint64_t h)
{
	return (size_t)((h * 0x9e3779b97f4a7c15u) >> 32) & x->mask;
}

/* Links all nodes again in their order; first is cleared. */
static void link_all(struct nt_index *x)
{
	for (size_t i = 0; i < x->n; i++) {
		size_t b = slot_of(x, x->nodes[i].h);

		x->nodes[i].next = x->first[b];
		x->first[b] = (uint32_t)i + 1;
	}
}

/* Doubles nodes and table. */
static bool index_grow(struct nt_index *x)
{
	size_t room = x->room ? 2 * x->room : 1024;
	struct nt_index_node *nodes;
	uint32_t *first;

	if (room > UINT32_MAX / 2)
		return false;
	nodes = realloc(x->nodes, room * sizeof(*nodes));
	if (nodes == NULL)
		return false;
	x->nodes = nodes;
	first = calloc(2 * room, sizeof(*first));
	if (first == NULL)
		return false;
	free(x->first);
	x->first = first;
	x->room = room;
	x->mask = 2 * room - 1;
	link_all(x);
	return true;
}

bool nt_index_put(struct nt_index *x, uint64_t h, uint64_t number)
{
	size_t b;

	if (x->n == x->room && !index_grow(x))
		return false;
	b = slot_of(x, h);
	x->nodes[x->n] = (struct nt_index_node){h, number, x->first[b]};
	x->first[b] = (uint32_t)++x->n;
	return true;
}

void nt_index_cut(struct nt_index *x, size_t n)
{
	if (n == 0 && x->first != NULL) {
		memset(x->first, 0, (x->mask + 1) * sizeof(*x->first));
		x->n = 0;
	}
	/* The newest node is always first in its chain. */
	for (; x->n > n; x->n--)
		x->first[slot_of(x, x->nodes[x->n - 1].h)] = x->nodes[x->n - 1].next;
}

bool nt_index_next(const struct nt_index *x, uint64_t h, uint32_t *at, uint64_t *ret)
{
	uint32_t i = *at;

	if (x->first == NULL)
		return false;
	i = i == 0 ? x->first[slot_of(x, h)] : x->nodes[i - 1].next;
	for (; i != 0; i = x->nodes[i - 1].next) {
		if (x->nodes[i - 1].h != h)
			continue;
		*at = i;
		*ret = x->nodes[i - 1].number;
		return true;
	}
	return false;
}

/* Drops the nodes of numbers below from, and of one number; nothing stays behind the end. */
static void index_drop(struct nt_index *x, uint64_t from, uint64_t number)
{
	size_t n = 0;

	if (x->first == NULL)
		return;
	for (size_t i = 0; i < x->n; i++)
		if (x->nodes[i].number >= from && x->nodes[i].number != number)
			x->nodes[n++] = x->nodes[i];
	if (n == x->n)
		return;
	memset(x->nodes + n, 0, (x->n - n) * sizeof(*x->nodes));
	memset(x->first, 0, (x->mask + 1) * sizeof(*x->first));
	x->n = n;
	link_all(x);
}

/* ---- what is not in the tables ---- */

bool nt_recent_put(struct nt_recent *x, const struct vf_hash *id, const struct vf_hash *journal, uint64_t study)
{
	uint64_t number = x->from + x->n;

	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : 1024;
		uint64_t *p = realloc(x->studies, room * sizeof(*p));

		if (p == NULL)
			return false;
		x->studies = p;
		x->room = room;
	}
	if ((!is_none(id) && !nt_index_put(&x->ids, nt_index_key(id), number)) ||
		(nt_has_journal(journal) && !nt_index_put(&x->journals, nt_index_key(journal), number)))
		return false;
	x->studies[x->n++] = study;
	return true;
}

bool nt_recent_put_document(struct nt_recent *x, const struct vf_hash *sha256)
{
	return nt_index_put(&x->documents, nt_index_key(sha256), x->from + x->n - 1);
}

bool nt_recent_put_link(struct nt_recent *x, struct vf_bytes type, const struct vf_hash *record)
{
	return nt_index_put(&x->links, nt_index_link_key(type, record), x->from + x->n - 1);
}

struct nt_recent_mark nt_recent_mark(const struct nt_recent *x)
{
	return (struct nt_recent_mark){x->ids.n, x->journals.n, x->documents.n, x->links.n, x->n};
}

void nt_recent_cut(struct nt_recent *x, const struct nt_recent_mark *m)
{
	nt_index_cut(&x->ids, m->ids);
	nt_index_cut(&x->journals, m->journals);
	nt_index_cut(&x->documents, m->documents);
	nt_index_cut(&x->links, m->links);
	x->n = m->n;
}

void nt_recent_done(struct nt_recent *x)
{
	nt_index_done(&x->ids);
	nt_index_done(&x->journals);
	nt_index_done(&x->documents);
	nt_index_done(&x->links);
	free(x->studies);
	*x = (struct nt_recent){0};
}

static size_t keys_of(const struct nt_recent *x)
{
	return x->ids.n + x->journals.n + x->documents.n + x->links.n + x->n;
}

VF_RC nt_recent_numbers(const struct nt_index *x, uint64_t h, uint64_t first, uint64_t **ret, size_t *ret_n,
	struct vf_err *reterr)
{
	uint64_t *p, number, before = UINT64_MAX;
	uint32_t at = 0;
	size_t n = 0, left;

	while (nt_index_next(x, h, &at, &number) && number >= first)
		n++;
	*ret = NULL;
	*ret_n = 0;
	if (n == 0)
		return VF_OK;
	p = malloc(n * sizeof(*p));
	if (p == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to look records up");
	/* Chains go from the newest to the oldest, and a record that lists one content twice is there twice. */
	at = 0;
	left = n;
	while (nt_index_next(x, h, &at, &number) && number >= first) {
		if (number != before)
			p[--left] = number;
		before = number;
	}
	memmove(p, p + left, (n - left) * sizeof(*p));
	*ret = p;
	*ret_n = n - left;
	return VF_OK;
}

/* ---- merge ---- */

static const enum nt_sql table_puts[] = {
	NT_SQL_ID_PUT, NT_SQL_JOURNAL_PUT, NT_SQL_DOCUMENT_PUT, NT_SQL_LINK_PUT, NT_SQL_STUDY_PUT};
enum { IDS, JOURNALS, DOCUMENTS, LINKS, STUDIES, TABLES };

/* As SQLite orders its signed keys. */
static int compare_pairs(const void *a, const void *b)
{
	const struct nt_pair *x = a, *y = b;
	int64_t xh = (int64_t)x->h, yh = (int64_t)y->h;

	if (xh != yh)
		return xh < yh ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void put_pairs(struct nt_merge *m, const struct nt_index *x)
{
	for (size_t i = 0; i < x->n && x->nodes[i].number < m->end; i++)
		m->pairs[m->n++] = (struct nt_pair){x->nodes[i].h, x->nodes[i].number};
}

/* The keys of the next table, sorted, each once. */
static VF_RC take_table(struct nt_store *s, struct vf_err *reterr)
{
	const struct nt_recent *x = &s->recent;
	const struct nt_index *all[] = {&x->ids, &x->journals, &x->documents, &x->links};
	struct nt_merge *m = &s->merge;
	size_t room = m->table == STUDIES ? x->n : all[m->table]->n, n = 0;

	m->n = m->at = 0;
	m->pairs = malloc((room + 1) * sizeof(*m->pairs));
	if (m->pairs == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the indexes");
	if (m->table < STUDIES)
		put_pairs(m, all[m->table]);
	for (size_t i = 0; m->table == STUDIES && x->from + i < m->end; i++)
		if (x->studies[i] > 0)
			m->pairs[m->n++] = (struct nt_pair){x->studies[i], x->from + i};
	if (m->n > 0)
		qsort(m->pairs, m->n, sizeof(*m->pairs), compare_pairs);
	for (size_t i = 0; i < m->n; i++)
		if (n == 0 || compare_pairs(&m->pairs[n - 1], &m->pairs[i]) != 0)
			m->pairs[n++] = m->pairs[i];
	m->n = n;
	return VF_OK;
}

static void merge_done(struct nt_merge *m)
{
	free(m->pairs);
	*m = (struct nt_merge){0};
}

static VF_RC put_slice(struct nt_store *s, size_t end, struct vf_err *reterr)
{
	const struct nt_merge *m = &s->merge;
	sqlite3_stmt *st = NULL;
	bool row;
	enum vf_rc rc = VF_OK;

	for (size_t i = m->at; i < end && rc == VF_OK; i++)
		rc = nt_sql_row(s, table_puts[m->table], (uint64_t[]){m->pairs[i].h, m->pairs[i].number}, 2, &st, &row,
			reterr);
	return rc;
}

/* All tables hold what lies below the end: says so, and then forgets it. */
static VF_RC move_mark(struct nt_store *s, struct vf_err *reterr)
{
	struct nt_recent *x = &s->recent;
	uint64_t end = s->merge.end;
	sqlite3_stmt *st = NULL;
	size_t gone = (size_t)(end - x->from);
	bool row;
	enum vf_rc rc = nt_sql_row(s, NT_SQL_INDEXED_SET, &end, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	index_drop(&x->ids, end, UINT64_MAX);
	index_drop(&x->journals, end, UINT64_MAX);
	index_drop(&x->documents, end, UINT64_MAX);
	index_drop(&x->links, end, UINT64_MAX);
	memmove(x->studies, x->studies + gone, (x->n - gone) * sizeof(*x->studies));
	x->n -= gone;
	x->from = end;
	merge_done(&s->merge);
	nt_failpoint("index-marked");
	return VF_OK;
}

/* Sorts a table's keys, puts at most so many of them in a transaction, or ends the merge. */
static VF_RC merge_step(struct nt_store *s, size_t most, struct vf_err *reterr)
{
	struct nt_merge *m = &s->merge;
	size_t end;
	enum vf_rc rc = VF_OK;

	if (m->table == TABLES)
		return move_mark(s, reterr);
	if (m->pairs == NULL)
		return take_table(s, reterr); /* sorting takes as long as some slices */
	if (m->n > 0)
		rc = nt_sql_run(s, "BEGIN IMMEDIATE", reterr);
	if (rc != VF_OK)
		return rc;
	end = m->n - m->at > most ? m->at + most : m->n;
	if (m->n > 0)
		rc = nt_sql_end(s, put_slice(s, end, reterr), reterr);
	if (rc != VF_OK)
		return rc;
	m->at = end;
	if (m->at == m->n) {
		free(m->pairs);
		m->pairs = NULL;
		m->table++;
	}
	nt_failpoint("index-slice");
	return VF_OK;
}

static void merge_begin(struct nt_store *s)
{
	s->merge = (struct nt_merge){.runs = true, .end = s->state.records, .seen = keys_of(&s->recent)};
}

VF_RC nt_store_index(struct nt_store *s, bool *ret_more, struct vf_err *reterr)
{
	size_t keys = keys_of(&s->recent), came, most;
	enum vf_rc rc;

	if (!s->merge.runs && keys < s->merge_at) {
		*ret_more = false;
		return VF_OK;
	}
	if (!s->merge.runs)
		merge_begin(s);
	/* Faster than what comes, or it would never end. */
	came = keys > s->merge.seen ? keys - s->merge.seen : 0;
	most = 2 * came > s->slice ? 2 * came : s->slice;
	s->merge.seen = keys;
	rc = merge_step(s, most, reterr);
	if (rc != VF_OK)
		return rc;
	*ret_more = s->merge.runs || keys_of(&s->recent) >= s->merge_at;
	return VF_OK;
}

/* Merges until fewer keys than these are left. */
static VF_RC merge_until(struct nt_store *s, size_t keys, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && keys_of(&s->recent) >= keys && s->recent.n > 0) {
		if (!s->merge.runs)
			merge_begin(s);
		while (rc == VF_OK && s->merge.runs)
			rc = merge_step(s, SIZE_MAX, reterr);
	}
	return rc;
}

VF_RC nt_store_index_must(struct nt_store *s, struct vf_err *reterr)
{
	return merge_until(s, s->merge_must, reterr);
}

VF_RC nt_store_settle(struct nt_store *s, struct vf_err *reterr)
{
	return s->state.records > s->found ? merge_until(s, s->settle_at, reterr) : VF_OK;
}

void nt_store_index_init(struct nt_store *s)
{
	s->merge_at = MERGE_AT;
	s->slice = SLICE;
	s->merge_must = MERGE_MUST;
	s->settle_at = SETTLE_AT;
}

void nt_store_index_small(struct nt_store *s, size_t merge_at, size_t slice)
{
	s->merge_at = s->settle_at = merge_at;
	s->merge_must = 4 * merge_at;
	s->slice = slice;
}

void nt_store_index_done(struct nt_store *s)
{
	merge_done(&s->merge);
	nt_recent_done(&s->recent);
}

void nt_store_index_erase(struct nt_store *s, uint64_t number, bool in_stream)
{
	struct nt_recent *x = &s->recent;
	struct nt_merge *m = &s->merge;
	size_t n = 0, at = m->at;

	if (number < x->from || number - x->from >= x->n)
		return;
	index_drop(&x->journals, 0, number);
	index_drop(&x->documents, 0, number);
	index_drop(&x->links, 0, number);
	if (!in_stream)
		x->studies[number - x->from] = 0;
	/* What the running merge holds of it too. Its ID stays, and a stream's study. */
	if (m->pairs == NULL || m->table == IDS || (m->table == STUDIES && in_stream))
		return;
	for (size_t i = 0; i < m->n; i++) {
		if (m->pairs[i].number != number)
			m->pairs[n++] = m->pairs[i];
		else if (i < at)
			m->at--;
	}
	memset(m->pairs + n, 0, (m->n - n) * sizeof(*m->pairs));
	m->n = n;
}
