#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "notary/access_sqlite.h"
#include "notary/failpoint.h"
#include "verify/text.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)

static uint64_t column_number(sqlite3_stmt *st, int column)
{
	return (uint64_t)sqlite3_column_int64(st, column);
}

static VF_RC bind_numbers(
	struct nt_access *a, sqlite3_stmt *st, const uint64_t *values, int n, struct vf_err *reterr)
{
	for (int i = 0; i < n; i++)
		if (sqlite3_bind_int64(st, i + 1, (sqlite3_int64)values[i]) != SQLITE_OK)
			return nt_asql_fail(a, "use", reterr);
	return VF_OK;
}

/* Binds the numbers and steps once. */
static VF_RC query(struct nt_access *a, enum nt_asql which, const uint64_t *values, int n, sqlite3_stmt **ret,
	bool *ret_row, struct vf_err *reterr)
{
	enum vf_rc rc = nt_asql(a, which, ret, reterr);

	if (rc == VF_OK)
		rc = bind_numbers(a, *ret, values, n, reterr);
	if (rc == VF_OK)
		rc = nt_asql_step(a, *ret, ret_row, reterr);
	return rc;
}

/* ---- rows ---- */

static VF_RC row_fail(const char *what, struct vf_err *reterr)
{
	return vf_fail(reterr, VF_STORE_CORRUPT, "%s in 'access.db' is not in its exact form", what);
}

static VF_RC read_document(sqlite3_stmt *st, struct nt_audit_row *ret, struct vf_err *reterr)
{
	struct nt_audit_row row = {.number = column_number(st, 0),
		.day = sqlite3_column_int64(st, 1),
		.part = column_number(st, 2),
		.first = column_number(st, 3),
		.events = column_number(st, 4),
		.notarised = sqlite3_column_type(st, 6) != SQLITE_NULL};
	bool whole = nt_sql_hash(st, 5, &row.sha256) && (!row.notarised || nt_sql_hash(st, 6, &row.record));

	sqlite3_reset(st);
	if (!whole || row.number < 1 || row.first < 1 || row.first > INT64_MAX / 2 || row.events < 1 ||
		row.events > NT_AUDIT_MAX_EVENTS || row.part < 1 || row.day < 0 || row.day > INT64_C(2932896))
		return row_fail("a document's row", reterr);
	*ret = row;
	return VF_OK;
}

static VF_RC document(struct nt_access *a, enum nt_asql which, uint64_t key, bool *ret_found,
	struct nt_audit_row *ret, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = query(a, which, &key, which == NT_ASQL_DOCUMENT_LAST ? 0 : 1, &st, ret_found, reterr);

	return rc == VF_OK && *ret_found ? read_document(st, ret, reterr) : rc;
}

static VF_RC entered_document(struct nt_access *a, enum nt_asql which, uint64_t key, bool *ret_found,
	struct nt_audit_row *ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_access_leave(a, document(a, which, key, ret_found, ret, reterr), reterr);
}

VF_RC nt_audit_row(struct nt_access *a, uint64_t number, bool *ret_found, struct nt_audit_row *ret,
	struct vf_err *reterr)
{
	return entered_document(a, NT_ASQL_DOCUMENT_GET, number, ret_found, ret, reterr);
}

VF_RC nt_audit_row_of(struct nt_access *a, uint64_t event, bool *ret_found, struct nt_audit_row *ret,
	struct vf_err *reterr)
{
	return entered_document(a, NT_ASQL_DOCUMENT_OF, event, ret_found, ret, reterr);
}

static VF_RC counts(struct nt_access *a, struct nt_audit_counts *ret, int64_t *ret_day, struct vf_err *reterr)
{
	struct nt_audit_counts c = {.open = 1};
	struct nt_audit_row last = {0};
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum vf_rc rc = query(a, NT_ASQL_EVENT_LEAST, NULL, 0, &st, &row, reterr);

	if (rc == VF_OK && row)
		c.least = column_number(st, 0);
	if (rc == VF_OK)
		rc = query(a, NT_ASQL_EVENT_LAST, NULL, 0, &st, &row, reterr);
	if (rc == VF_OK && row) {
		c.last = column_number(st, 0);
		*ret_day = sqlite3_column_int64(st, 1);
	}
	if (rc == VF_OK)
		rc = query(a, NT_ASQL_EVENT_COUNT, NULL, 0, &st, &row, reterr);
	if (rc == VF_OK && row)
		c.stored = column_number(st, 0);
	if (rc == VF_OK)
		rc = document(a, NT_ASQL_DOCUMENT_LAST, 0, &row, &last, reterr);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < NT_ASQL_COUNT; i++)
		if (a->stmts[i] != NULL)
			sqlite3_reset(a->stmts[i]);
	if (row) {
		c.open = last.first + last.events;
		c.documents = last.number;
		if (last.day > *ret_day)
			*ret_day = last.day;
	}
	*ret = c;
	return VF_OK;
}

VF_RC nt_access_load_trail(struct nt_access *a, struct vf_err *reterr)
{
	struct nt_audit_counts c;
	int64_t day = 0;
	enum vf_rc rc = counts(a, &c, &day, reterr);

	if (rc != VF_OK)
		return rc;
	/* Numbers that were notarised are never given again, even when their events are gone. */
	a->next_event = c.last + 1 > c.open ? c.last + 1 : c.open;
	if (c.last >= INT64_MAX / 2)
		return row_fail("the number of an event", reterr);
	a->last_day = day;
	return VF_OK;
}

VF_RC nt_audit_counts(struct nt_access *a, struct nt_audit_counts *ret, struct vf_err *reterr)
{
	int64_t day = 0;
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_access_leave(a, counts(a, ret, &day, reterr), reterr);
}

/* ---- storing events ---- */

static VF_RC put_event(struct nt_access *a, const struct nt_event *event, struct vf_err *reterr)
{
	uint8_t room[NT_AUDIT_MAX_EVENT];
	struct nt_buf text = {.p = room, .room = sizeof(room), .cap = sizeof(room)};
	struct nt_event e = *event;
	struct vf_hash salt;
	sqlite3_stmt *st = NULL;
	int64_t day = e.time_ms / DAY_MS;
	enum vf_rc rc;

	e.number = a->next_event;
	if (day < a->last_day)
		day = a->last_day;
	rc = nt_event_put(&e, &text, reterr);
	if (rc == VF_OK)
		rc = nt_random(&a->random, salt.b, sizeof(salt.b), reterr);
	if (rc == VF_OK)
		rc = nt_asql(a, NT_ASQL_EVENT_PUT, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)e.number) != SQLITE_OK ||
		sqlite3_bind_int64(st, 2, day) != SQLITE_OK ||
		sqlite3_bind_blob(st, 3, salt.b, sizeof(salt.b), SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_blob64(st, 4, text.p, text.n, SQLITE_STATIC) != SQLITE_OK)
		return nt_asql_fail(a, "change", reterr);
	rc = nt_asql_done(a, st, reterr);
	if (rc != VF_OK)
		return rc;
	a->next_event++;
	a->last_day = day;
	return VF_OK;
}

static bool bind_flood(
	sqlite3_stmt *st, int64_t minute, struct vf_bytes party, const char *right, const char *outcome)
{
	return sqlite3_bind_int64(st, 1, minute) == SQLITE_OK &&
		sqlite3_bind_text64(st, 2, (const char *)party.p, party.n, SQLITE_TRANSIENT, SQLITE_UTF8) ==
			SQLITE_OK &&
		sqlite3_bind_text(st, 3, right, -1, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_text(st, 4, outcome, -1, SQLITE_STATIC) == SQLITE_OK;
}

static VF_RC count_flood(struct nt_access *a, const struct nt_event *e, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_asql(a, NT_ASQL_FLOOD_PUT, &st, reterr);

	if (rc != VF_OK)
		return rc;
	if (!bind_flood(st, e->time_ms / MINUTE_MS, e->party, nt_right_name(e->right), vf_rc_name(e->outcome)) ||
		sqlite3_bind_int64(st, 5, (sqlite3_int64)e->count) != SQLITE_OK)
		return nt_asql_fail(a, "change", reterr);
	return nt_asql_done(a, st, reterr);
}

/* One row of counted refusals becomes an event, dated when its minute began. */
static VF_RC settle_one(struct nt_access *a, sqlite3_stmt *over, struct vf_err *reterr)
{
	const char *right = (const char *)sqlite3_column_text(over, 2);
	const char *outcome = (const char *)sqlite3_column_text(over, 3);
	const char *party = (const char *)sqlite3_column_text(over, 1);
	int64_t minute = sqlite3_column_int64(over, 0);
	sqlite3_stmt *st = NULL;
	struct nt_event e;
	enum vf_rc rc;

	if (right == NULL || outcome == NULL || party == NULL || minute < 0 || minute > INT64_MAX / MINUTE_MS)
		return row_fail("a count of refusals", reterr);
	e = (struct nt_event){.time_ms = minute * MINUTE_MS,
		.party = vf_bytes_str(party),
		.right = nt_right_find(vf_bytes_str(right)),
		.outcome = vf_rc_find(outcome),
		.count = column_number(over, 4)};
	rc = put_event(a, &e, reterr);
	if (rc == VF_OK)
		rc = nt_asql(a, NT_ASQL_FLOOD_DROP, &st, reterr);
	if (rc != VF_OK)
		return rc;
	if (!bind_flood(st, minute, e.party, nt_right_name(e.right), vf_rc_name(e.outcome)))
		return nt_asql_fail(a, "change", reterr);
	return nt_asql_done(a, st, reterr);
}

/* Inside a transaction: all counts of minutes before this one. */
static VF_RC settle(struct nt_access *a, int64_t minute, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && row) {
		rc = query(a, NT_ASQL_FLOOD_OVER, (uint64_t[]){(uint64_t)minute}, 1, &st, &row, reterr);
		if (rc == VF_OK && row)
			rc = settle_one(a, st, reterr);
	}
	return rc;
}

/* True when this refusal is one of the first of its minute, or cannot be told. */
static bool is_first(struct nt_access *a, const struct nt_event *e)
{
	struct nt_flood *f;

	for (size_t i = 0; i < a->n_floods; i++) {
		f = &a->floods[i];
		if (f->right == e->right && f->outcome == e->outcome && vf_bytes_is(e->party, f->party))
			return ++f->seen <= NT_AUDIT_FLOOD;
	}
	if (a->n_floods == NT_FLOODS)
		return false;
	f = &a->floods[a->n_floods++];
	*f = (struct nt_flood){.right = e->right, .outcome = e->outcome, .seen = 1};
	memcpy(f->party, e->party.p, e->party.n);
	return true;
}

static VF_RC put_used(struct nt_access *a, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	pthread_mutex_lock(&a->table);
	for (size_t i = 0; i < a->n_held && a->n_dirty > 0 && rc == VF_OK; i++) {
		struct nt_held *h = &a->held[i];
		sqlite3_stmt *st = NULL;

		if (!h->used_dirty)
			continue;
		rc = nt_asql(a, NT_ASQL_CREDENTIAL_USED, &st, reterr);
		if (rc == VF_OK)
			rc = bind_numbers(a, st, (uint64_t[]){h->number, (uint64_t)h->used_day}, 2, reterr);
		if (rc == VF_OK)
			rc = nt_asql_done(a, st, reterr);
		/* Should the transaction fail, only the day of last use is late: it is a hint. */
		h->used_dirty = false;
		a->n_dirty--;
	}
	pthread_mutex_unlock(&a->table);
	return rc;
}

static VF_RC put_one(struct nt_access *a, const struct nt_event *e, struct vf_err *reterr)
{
	int64_t minute = e->time_ms / MINUTE_MS;
	enum vf_rc rc = VF_OK;

	if (minute > a->minute) {
		rc = settle(a, minute, reterr);
		a->minute = minute;
		a->n_floods = 0;
	}
	if (rc != VF_OK)
		return rc;
	if (e->outcome == VF_OK || is_first(a, e))
		return put_event(a, e, reterr);
	return count_flood(a, e, reterr);
}

static VF_RC put_all(struct nt_access *a, const struct nt_event *events, size_t n, struct vf_err *reterr)
{
	uint64_t next = a->next_event;
	int64_t day = a->last_day;
	enum vf_rc rc = nt_asql_run(a, "BEGIN IMMEDIATE", reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = put_one(a, &events[i], reterr);
	if (rc == VF_OK)
		rc = put_used(a, reterr);
	rc = nt_asql_end(a, rc, reterr);
	if (rc != VF_OK) {
		a->next_event = next;
		a->last_day = day;
		a->minute = INT64_MIN; /* what was settled was rolled back */
	}
	return rc;
}

VF_RC nt_audit_put(struct nt_access *a, const struct nt_event *events, size_t n, struct vf_err *reterr)
{
	uint8_t room[NT_AUDIT_MAX_EVENT];
	enum vf_rc rc = VF_OK;

	/* All are looked at before any is stored. */
	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		struct nt_buf text = {.p = room, .room = sizeof(room), .cap = sizeof(room)};
		struct nt_event e = events[i];

		e.number = INT64_MAX; /* the longest */
		rc = nt_event_put(&e, &text, reterr);
	}
	if (rc != VF_OK || n == 0)
		return rc;
	rc = nt_access_enter(a, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_access_leave(a, put_all(a, events, n, reterr), reterr);
	if (rc == VF_OK)
		nt_failpoint("audit-put");
	return rc;
}

VF_RC nt_audit_settle(struct nt_access *a, int64_t now_ms, struct vf_err *reterr)
{
	uint64_t next;
	int64_t day;
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	next = a->next_event;
	day = a->last_day;
	rc = nt_asql_run(a, "BEGIN IMMEDIATE", reterr);
	if (rc == VF_OK)
		rc = nt_asql_end(a, settle(a, now_ms / MINUTE_MS, reterr), reterr);
	if (rc != VF_OK) {
		a->next_event = next;
		a->last_day = day;
	}
	return nt_access_leave(a, rc, reterr);
}

/* ---- reading events ---- */

static VF_RC each_row(struct nt_access *a, sqlite3_stmt *st, nt_each_event *each, void *ctx, struct vf_err *reterr)
{
	struct nt_event_row row = {.number = column_number(st, 0), .day = sqlite3_column_int64(st, 1)};

	(void)a;
	/* A row that was changed by hand may hold anything: an empty text is no event. */
	if (!nt_sql_hash(st, 2, &row.salt))
		row.salt = (struct vf_hash){{0}};
	row.text = vf_bytes(sqlite3_column_blob(st, 3), (size_t)sqlite3_column_bytes(st, 3));
	return each(ctx, &row, reterr);
}

VF_RC nt_audit_events(struct nt_access *a, uint64_t first, uint64_t count, nt_each_event *each, void *ctx,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	uint64_t end = first > INT64_MAX - 1 || count > INT64_MAX - first ? INT64_MAX : first + count;
	bool row = false;
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	rc = query(a, NT_ASQL_EVENT_RANGE, (uint64_t[]){first, end}, 2, &st, &row, reterr);
	while (rc == VF_OK && row) {
		rc = each_row(a, st, each, ctx, reterr);
		if (rc == VF_OK)
			rc = nt_asql_step(a, st, &row, reterr);
	}
	if (st != NULL)
		sqlite3_reset(st);
	return nt_access_leave(a, rc, reterr);
}

static VF_RC run_of(struct nt_access *a, uint64_t first, uint64_t max, uint64_t *ret_n, int64_t *ret_day,
	struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	int64_t day;
	uint64_t end = first + max;
	enum vf_rc rc = query(a, NT_ASQL_EVENT_DAY, &first, 1, &st, &row, reterr);

	if (rc != VF_OK)
		return rc;
	*ret_n = 0;
	if (!row)
		return VF_OK;
	day = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (end > a->next_event)
		end = a->next_event;
	rc = query(a, NT_ASQL_EVENT_OTHER_DAY, (uint64_t[]){first, end, (uint64_t)day}, 3, &st, &row, reterr);
	if (rc != VF_OK)
		return rc;
	if (row)
		end = column_number(st, 0);
	sqlite3_reset(st);
	*ret_n = end - first;
	*ret_day = day;
	return VF_OK;
}

VF_RC nt_audit_run(struct nt_access *a, uint64_t first, uint64_t max, uint64_t *ret_n, int64_t *ret_day,
	struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_access_leave(a, run_of(a, first, max, ret_n, ret_day, reterr), reterr);
}

/* ---- rows of documents ---- */

static VF_RC put_document(struct nt_access *a, const struct nt_audit_row *row, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	const uint64_t values[] = {row->number, (uint64_t)row->day, row->part, row->first, row->events};
	enum vf_rc rc = nt_asql(a, NT_ASQL_DOCUMENT_PUT, &st, reterr);

	if (rc == VF_OK)
		rc = bind_numbers(a, st, values, 5, reterr);
	if (rc != VF_OK)
		return rc;
	if (sqlite3_bind_blob(st, 6, row->sha256.b, 32, SQLITE_STATIC) != SQLITE_OK)
		return nt_asql_fail(a, "change", reterr);
	return nt_asql_done(a, st, reterr);
}

VF_RC nt_audit_row_put(struct nt_access *a, const struct nt_audit_row *row, struct vf_err *reterr)
{
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	return nt_access_leave(a, put_document(a, row, reterr), reterr);
}

VF_RC nt_audit_row_notarised(
	struct nt_access *a, uint64_t number, const struct vf_hash *record, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	enum vf_rc rc = nt_access_enter(a, reterr);

	if (rc != VF_OK)
		return rc;
	rc = nt_asql(a, NT_ASQL_DOCUMENT_NOTARISED, &st, reterr);
	if (rc == VF_OK && (sqlite3_bind_int64(st, 1, (sqlite3_int64)number) != SQLITE_OK ||
				   sqlite3_bind_blob(st, 2, record->b, 32, SQLITE_STATIC) != SQLITE_OK))
		rc = nt_asql_fail(a, "change", reterr);
	if (rc == VF_OK)
		rc = nt_asql_done(a, st, reterr);
	return nt_access_leave(a, rc, reterr);
}
