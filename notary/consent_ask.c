#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "notary/consent_index_inside.h"
#include "trial/consent_fact.h"

/* Of the arena: it grows by doubling, to as much as the facts of a very large study need. */
#define ROOM_FIRST ((size_t)1 << 18)
#define ROOM_MAX ((size_t)1 << 30)

/* ---- facts ---- */

/* The row that a statement of COLUMNS stands on. */
static VF_RC read_fact(
	sqlite3_stmt *st, struct vf_arena *a, struct tr_consent_fact *ret, struct vf_err *reterr)
{
	struct vf_bytes body = vf_bytes(sqlite3_column_blob(st, 3), (size_t)sqlite3_column_bytes(st, 3)),
			kept;
	struct tr_consent_fact f = {.index = UINT64_MAX, .sealed = VF_TIME_NONE};
	struct vf_hash participant;

	if (!nt_consent_column_hash(st, 0, &f.id) || !nt_consent_column_hash(st, 4, &participant))
		return nt_consent_bad_row(reterr);
	if (sqlite3_column_type(st, 1) != SQLITE_NULL)
		f.index = (uint64_t)sqlite3_column_int64(st, 1);
	if (sqlite3_column_type(st, 2) != SQLITE_NULL)
		f.sealed = sqlite3_column_int64(st, 2);
	if (!vf_arena_copy(a, body, &kept) || !tr_consent_fact_take(kept, a, &f))
		return a->full ? vf_fail(reterr, VF_NO_MEMORY, "no memory for a record")
			       : nt_consent_bad_row(reterr);
	/* a withdrawal without details is of the participant whose consent it names */
	f.participant = participant;
	*ret = f;
	return VF_OK;
}

/* Facts that grow: the list is the arena's, doubled when it is full. */
struct facts {
	struct tr_consent_fact *p;
	size_t n, room;
};

static VF_RC add_fact(
	struct facts *l, struct vf_arena *a, const struct tr_consent_fact *f, struct vf_err *reterr)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct tr_consent_fact *p = VF_NEW(a, room, struct tr_consent_fact);

		if (p == NULL)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for records");
		if (l->n > 0)
			memcpy(p, l->p, l->n * sizeof(*p));
		l->p = p;
		l->room = room;
	}
	l->p[l->n++] = *f;
	return VF_OK;
}

static VF_RC load(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant,
	struct vf_arena *a, struct facts *l, struct vf_err *reterr)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum vf_rc rc = nt_small_get(x->db, NT_CONSENT_OWN, &st, reterr);

	if (rc == VF_OK && (!nt_consent_bind_text(st, 1, study) || !nt_consent_bind_hash(st, 2, participant)))
		rc = nt_small_fail(x->db, "read", reterr);
	while (rc == VF_OK) {
		struct tr_consent_fact f;

		rc = nt_small_step(x->db, st, &row, reterr);
		if (rc != VF_OK || !row)
			break;
		rc = read_fact(st, a, &f, reterr);
		if (rc == VF_OK)
			rc = add_fact(l, a, &f, reterr);
	}
	sqlite3_reset(st);
	return rc;
}

/* Calls with an arena that is doubled while it is too small. */
typedef VF_RC in_room(struct nt_consent_index *x, struct vf_arena *a, void *ctx, struct vf_err *reterr);
static VF_RC with_room(struct nt_consent_index *x, in_room *call, void *ctx, struct vf_err *reterr)
{
	for (;;) {
		struct vf_arena a;
		enum vf_rc rc = VF_NO_MEMORY;

		if (x->room != NULL) {
			vf_arena_init(&a, x->room, x->n_room);
			rc = call(x, &a, ctx, reterr);
			if (rc != VF_NO_MEMORY || !a.full)
				return rc;
		}
		if (x->n_room >= ROOM_MAX)
			return rc;
		free(x->room);
		x->n_room = x->n_room ? 4 * x->n_room : ROOM_FIRST;
		x->room = malloc(x->n_room);
		if (x->room == NULL) {
			x->n_room = 0;
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for the records of a study");
		}
	}
}

struct asking {
	const struct nt_consent_question *q;
	struct tr_consent_answer *ret;
};

static VF_RC ask(struct nt_consent_index *x, struct vf_arena *a, void *ctx, struct vf_err *reterr)
{
	static const struct vf_hash none;
	struct asking *k = ctx;
	struct facts study = {0}, own = {0};
	struct tr_consent_view view = {.participant = k->q->participant, .at = k->q->at};
	enum vf_rc rc = load(x, k->q->study, &none, a, &study, reterr);

	if (rc == VF_OK)
		rc = load(x, k->q->study, &k->q->participant, a, &own, reterr);
	if (rc != VF_OK)
		return rc;
	view.study = (struct tr_consent_facts){study.p, study.n};
	view.own = (struct tr_consent_facts){own.p, own.n};
	return tr_consent_state(&view, k->q->purpose, k->q->who, a, k->ret, reterr);
}

VF_RC nt_consent_ask(struct nt_consent_index *x, const struct nt_consent_question *q,
	struct tr_consent_answer *ret, struct vf_err *reterr)
{
	struct asking k = {q, ret};

	return with_room(x, ask, &k, reterr);
}

/* ---- many ---- */

struct telling {
	struct vf_bytes study;
	const struct vf_hash *participant;
	const struct tr_when *at;
	nt_each_fact *each;
	nt_each_gap *each_gap;
	void *ctx;
	uint64_t done; /* facts or participants that were told before the arena grew */
};

static VF_RC open_all(
	struct nt_consent_index *x, const struct telling *t, sqlite3_stmt **ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_small_get(x->db, t->participant ? NT_CONSENT_OWN : NT_CONSENT_ALL, ret, reterr);

	if (rc == VF_OK &&
		(!nt_consent_bind_text(*ret, 1, t->study) ||
			(t->participant && !nt_consent_bind_hash(*ret, 2, t->participant))))
		rc = nt_small_fail(x->db, "read", reterr);
	return rc;
}

static VF_RC tell_facts(struct nt_consent_index *x, struct vf_arena *a, void *ctx, struct vf_err *reterr)
{
	struct telling *t = ctx;
	sqlite3_stmt *st = NULL;
	uint64_t at = 0;
	bool row = false;
	enum vf_rc rc = open_all(x, t, &st, reterr);

	while (rc == VF_OK) {
		struct tr_consent_fact f;

		rc = nt_small_step(x->db, st, &row, reterr);
		if (rc != VF_OK || !row)
			break;
		if (at++ < t->done)
			continue;
		a->used = 0;
		rc = read_fact(st, a, &f, reterr);
		if (rc != VF_OK)
			break;
		t->done++;
		rc = t->each(t->ctx, &f, reterr);
	}
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_consent_each(struct nt_consent_index *x, struct vf_bytes study, const struct vf_hash *participant,
	nt_each_fact *each, void *ctx, struct vf_err *reterr)
{
	struct telling t = {.study = study, .participant = participant, .each = each, .ctx = ctx};

	return with_room(x, tell_facts, &t, reterr);
}

/* The participant that was read to the end. */
static VF_RC tell_gap(struct telling *t, struct vf_arena *a, struct tr_consent_view *view,
	const struct facts *own, struct vf_err *reterr)
{
	struct tr_gap gaps[TR_MAX_GAPS];
	size_t n = 0;
	enum vf_rc rc;

	view->own = (struct tr_consent_facts){own->p, own->n};
	rc = tr_consent_gaps(view, a, gaps, &n, reterr);
	if (rc != VF_OK)
		return rc;
	t->done++;
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = t->each_gap(t->ctx, &view->participant, &gaps[i], reterr);
	return rc;
}

static VF_RC tell_gaps(struct nt_consent_index *x, struct vf_arena *a, void *ctx, struct vf_err *reterr)
{
	static const struct vf_hash none;
	struct telling *t = ctx;
	struct facts study = {0}, own = {0};
	struct tr_consent_view view = {.participant = none, .at = *t->at};
	sqlite3_stmt *st = NULL;
	uint64_t at = 0;
	size_t used;
	bool row = false;
	enum vf_rc rc = load(x, t->study, &none, a, &study, reterr);

	view.study = (struct tr_consent_facts){study.p, study.n};
	used = a->used;
	if (rc == VF_OK)
		rc = open_all(x, t, &st, reterr);
	while (rc == VF_OK) {
		struct tr_consent_fact f;
		size_t before = a->used;

		rc = nt_small_step(x->db, st, &row, reterr);
		if (rc == VF_OK && row)
			rc = read_fact(st, a, &f, reterr);
		if (rc != VF_OK)
			break;
		if (!row || !vf_hash_eq(&f.participant, &view.participant)) {
			if (own.n > 0 && at++ >= t->done)
				rc = tell_gap(t, a, &view, &own, reterr);
			if (rc != VF_OK || !row)
				break;
			/*
			 * what belongs to the participant before is not needed any more: the room is used again, and
			 * the first record of the next one is read again
			 */
			own = (struct facts){0};
			a->used = used;
			rc = read_fact(st, a, &f, reterr);
			view.participant = f.participant;
		}
		if (vf_hash_eq(&f.participant, &none))
			a->used = before < used ? used : before; /* the study's own are there already */
		else if (rc == VF_OK)
			rc = add_fact(&own, a, &f, reterr);
	}
	sqlite3_reset(st);
	return rc;
}

VF_RC nt_consent_gaps(struct nt_consent_index *x, struct vf_bytes study, const struct tr_when *at,
	nt_each_gap *each, void *ctx, struct vf_err *reterr)
{
	struct telling t = {.study = study, .at = at, .each_gap = each, .ctx = ctx};

	return with_room(x, tell_gaps, &t, reterr);
}
