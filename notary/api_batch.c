#include "notary/api_batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/rules_index.h"
#include "notary/sight.h"
#include "notary/submission_json.h"
#include "trial/read/mapping.h"
#include "trial/rules/parameters.h"
#include "trial/statement.h"
#include "verify/text.h"

/* Receipts of one commit group; lives until the last answer has its receipt. */
struct nt_api_group {
	struct nt_receipts *receipts;
	atomic_uint users;
};

/* ---- batches ---- */

static void group_leave(struct nt_api_group *g)
{
	if (g && atomic_fetch_sub(&g->users, 1) == 1) {
		nt_receipts_free(g->receipts);
		free(g);
	}
}

void nt_batch_free(void *p)
{
	struct nt_api_batch *b = p;

	if (!b)
		return;
	for (size_t i = 0; i < b->n_kept; i++)
		if (b->kept[i] >= 0)
			close(b->kept[i]);
	if (b->n_files)
		atomic_fetch_sub(&b->job->api->files, b->n_files);
	group_leave(b->group);
	free(b->kept);
	nt_blocks_give(b->blocks, b->block, b->arena.cap);
	free(b->lines);
	free(b->good);
	free(b->which);
	free(b->results);
	free(b);
}

/* Room for n submissions of together size octets of JSON. */
struct nt_api_batch *nt_batch_new(struct nt_job *j, size_t n, size_t size)
{
	struct nt_api_batch *b = calloc(1, sizeof(*b));
	size_t room = nt_intake_room(size);

	if (!b)
		return NULL;
	b->job = j;
	b->lines = calloc(n, sizeof(*b->lines));
	b->good = calloc(n, sizeof(*b->good));
	b->which = calloc(n, sizeof(*b->which));
	b->results = calloc(n, sizeof(*b->results));
	b->blocks = &j->api->blocks;
	b->block = nt_blocks_take(b->blocks, room);
	vf_arena_init(&b->arena, b->block, room);
	if (!b->lines || !b->good || !b->which || !b->results || !b->block) {
		nt_batch_free(b);
		return NULL;
	}
	return b;
}

/* ---- reading, in a worker ---- */

struct nt_reader *nt_reader_take(struct nt_api *a, struct vf_err *reterr)
{
	struct nt_reader *r;

	pthread_mutex_lock(&a->lock);
	r = a->readers;
	if (r)
		a->readers = r->next;
	pthread_mutex_unlock(&a->lock);
	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r || nt_intake_new(&a->policy, &r->intake, reterr) != VF_OK) {
		free(r);
		return NULL;
	}
	return r;
}

void nt_reader_give(struct nt_api *a, struct nt_reader *r)
{
	pthread_mutex_lock(&a->lock);
	r->next = a->readers;
	a->readers = r;
	pthread_mutex_unlock(&a->lock);
}

/* The newest parameters count for everybody in the study: a site must not switch off what its sponsor laid down. */
static bool lays_down(const struct nt_submission *s)
{
	bool has_file = false, has_details = false;

	if (tr_kind_of(s->kind) != TR_OTHER)
		return false;
	for (size_t i = 0; i < s->n_members; i++)
		if (vf_bytes_is(s->members[i].name, TR_DETAILS_NAME) && nt_rules_is_common(s->members[i].bytes))
			return true;
	/* nobody has read hidden details yet: kept here they would count later, and elsewhere hold up whoever cannot read them */
	for (size_t i = 0; i < s->n_documents; i++) {
		has_file |= vf_bytes_is(s->documents[i].name, TR_PARAMETERS_NAME) || vf_bytes_is(s->documents[i].name, TR_MAPPING_NAME);
		has_details |= vf_bytes_is(s->documents[i].name, TR_DETAILS_NAME);
	}
	return has_file && has_details;
}

/* The notary's own trail is written by the notary alone; so are study heads: a party could leave out others. */
static VF_RC check_reserved(const struct nt_submission *s, enum nt_role role, struct vf_err *reterr)
{
	if (lays_down(s) && role != NT_ROLE_SPONSOR && role != NT_ROLE_OPERATOR)
		return vf_fail(reterr, VF_FORBIDDEN, "the parameters and the mapping of a study's rules are laid down by its sponsor");
	if (vf_bytes_is(s->kind, "audit") || vf_bytes_is(s->study, NT_AUDIT_STUDY))
		return vf_fail(reterr, VF_FORBIDDEN, "the audit trail is written by the notary alone");
	if (vf_bytes_is(s->kind, "study-head"))
		return vf_fail(reterr, VF_FORBIDDEN, "study heads are written by the notary alone, once a day");
	return VF_OK;
}

static VF_RC check_line(struct nt_job *j, const struct nt_api_line *l, bool alone, struct vf_err *reterr)
{
	enum vf_rc rc = check_reserved(&l->s, j->who.role, reterr);

	if (rc != VF_OK) {
		if (alone)
			nt_job_event(j, NT_RIGHT_SUBMIT, NT_ABOUT_RECORD, &l->s.id, rc, 1);
		return rc;
	}
	if (alone)
		return nt_job_check(j, NT_RIGHT_SUBMIT, l->s.study, l->s.kind, NT_ABOUT_RECORD, &l->s.id, reterr);
	rc = nt_job_check(j, NT_RIGHT_SUBMIT, l->s.study, l->s.kind, NT_ABOUT_NONE, NULL, reterr);
	if (rc != VF_OK)
		j->n_events--; /* one event tells of all denied lines */
	return rc;
}

void nt_line_read(struct nt_api_batch *b, struct nt_intake *x, struct nt_api_line *l, struct vf_bytes json)
{
	struct nt_job *j = b->job;
	struct nt_intake_from from = {
		.submitter = vf_bytes_str(j->who.party), .notary = j->api->n, .now_ms = nt_notary_now(j->api->n)};

	l->rc = nt_intake_read(x, &from, json, &b->arena, &l->s, l->field, &l->err);
	l->read = l->rc == VF_OK;
	if (l->read)
		l->rc = check_line(j, l, b->bulk == NULL, &l->err);
	if (b->bulk && l->rc == VF_FORBIDDEN)
		b->denied++;
	for (size_t i = 0; l->rc == VF_OK && b->bulk && i < l->s.n_documents; i++) {
		if (!l->s.documents[i].keep)
			continue;
		snprintf(l->field, NT_FIELD_MAX, "/documents/%zu/keep", i);
		l->rc = vf_fail(&l->err, VF_PERMISSION, "documents to keep are sent with their submission, one at a time");
	}
}

/* ---- the keeper's thread ---- */

static VF_RC keep_documents(struct nt_api_batch *b, struct nt_notary *n, struct nt_submission *s, char *field,
	struct vf_err *reterr)
{
	for (size_t i = 0; i < s->n_documents; i++) {
		enum vf_rc rc;

		if (!s->documents[i].keep)
			continue;
		rc = lseek(b->kept[i], 0, SEEK_SET) == 0
			? nt_notary_keep(n, b->kept[i], &s->documents[i].digests, reterr)
			: vf_fail(reterr, VF_IO, "a document cannot be read back: %s", strerror(errno));
		if (rc != VF_OK) {
			snprintf(field, NT_FIELD_MAX, "/documents/%zu", i);
			vf_ignore(nt_notary_unkeep(n, s, NULL)); /* the first fault is told */
			return rc;
		}
	}
	return VF_OK;
}

static bool is_ours(enum vf_rc rc)
{
	return vf_rc_class(rc) == VF_CLASS_IO || rc == VF_NO_MEMORY || rc == VF_INTERNAL;
}

/* What the links of one line are asked of. Portions of one job may be read while this one is settled. */
struct line_sight {
	const struct nt_job *j;
	struct nt_api_line *l;
};

static bool line_may(void *ctx, enum nt_right right, struct vf_bytes study, struct vf_bytes kind)
{
	const struct line_sight *x = ctx;

	return nt_job_may(x->j, right, study, kind);
}

static void line_denied(void *ctx, const struct vf_hash *id)
{
	struct line_sight *x = ctx;

	x->l->is_denied = true;
	x->l->denied = *id;
}

static VF_RC settle_line(struct nt_api_batch *b, struct nt_notary *n, struct nt_api_line *l, struct nt_submission *s,
	bool *ret_before)
{
	struct line_sight x = {b->job, l};
	const struct nt_sight sight = {&x, line_may, line_denied};

	l->is_denied = false;
	return nt_ledger_settle(b->job->api->ledger, n, &sight, s, ret_before, l->field, &l->err);
}

/* Gives each line its place after all before it; those that have none are left out. May be called twice. */
VF_RC nt_batch_prepare(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	struct nt_api_batch *b = o->ctx;
	size_t good = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct nt_api_line *l = &b->lines[i];
		struct nt_submission *s = &b->good[good];
		bool before = false;

		if (!l->read)
			continue;
		*s = l->s;
		l->rc = settle_line(b, n, l, s, &before);
		if (l->rc == VF_OK && !before && b->n_kept)
			l->rc = keep_documents(b, n, s, l->field, &l->err);
		if (is_ours(l->rc)) {
			nt_ledger_spoil(b->job->api->ledger); /* lines before this one are not offered */
			return vf_fail(reterr, l->rc, "%s", l->err.text);
		}
		if (l->rc == VF_OK)
			b->which[good++] = i;
	}
	o->n = good;
	return VF_OK;
}

void nt_api_begin(void *ctx)
{
	struct nt_api *a = ctx;

	nt_ledger_begin(a->ledger);
}

VF_RC nt_api_group(void *ctx, struct nt_offer *const *offers, size_t n, struct vf_err *reterr)
{
	struct nt_api *a = ctx;
	struct nt_api_group *g = calloc(1, sizeof(*g));
	size_t all = 0;
	enum vf_rc rc;

	if (!g)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for receipts");
	atomic_init(&g->users, 1);
	rc = nt_receipts_new(&g->receipts, reterr);
	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		struct nt_api_batch *b = offers[i]->ctx;

		atomic_fetch_add(&g->users, 1);
		group_leave(b->group); /* of a commit that was refused and is tried again */
		b->group = g;
		for (size_t k = 0; k < offers[i]->n && rc == VF_OK; k++) {
			const struct nt_submission *s = &offers[i]->submissions[k];
			const struct vf_entry e = {s->id, s->id512, s->slot};

			b->lines[b->which[k]].receipt = all++;
			rc = nt_receipts_add(g->receipts, &e, reterr);
		}
	}
	if (rc == VF_OK && all)
		rc = nt_notary_sign_receipts(a->n, g->receipts, reterr);
	group_leave(g);
	return rc;
}

/* Records of before may be further than accepted by now. */
void nt_batch_note(struct nt_api_batch *b)
{
	for (size_t k = 0; k < b->offer.n; k++) {
		struct nt_api_line *l = &b->lines[b->which[k]];
		struct nt_record *r = NULL;

		l->how = b->results[k];
		l->state = NT_PENDING;
		if (l->how == NT_ACCEPTED_BEFORE && nt_notary_get(b->job->api->n, &l->s.id, &r, NULL) == VF_OK)
			l->state = r->state;
		nt_record_free(r);
	}
}

void nt_line_count(struct nt_api *a, const struct nt_api_line *l)
{
	const char *result = l->rc != VF_OK ? "refused" : l->how == NT_ACCEPTED_NEW ? "accepted" : "before";
	char kind[64] = "other";

	if (l->read && l->s.kind.n < sizeof(kind)) {
		memset(kind, 0, sizeof(kind));
		memcpy(kind, l->s.kind.p, l->s.kind.n);
	}
	nt_metric_add(a->metrics, NT_METRIC_SUBMISSIONS, kind, result, 1);
}

/* ---- answers ---- */

/* On the trail's thread: the object of one line, without LF. */
VF_RC nt_line_put(const struct nt_api_batch *b, const struct nt_api_line *l, struct nt_buf *out, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf receipt = nt_buf(8192);
	struct vf_err err = l->err;
	enum vf_rc rc;

	if (l->rc != VF_OK) {
		err.rc = l->rc;
		return nt_refusal_json_put(out, l->field, &err, reterr);
	}
	rc = nt_receipts_put(b->group->receipts, l->receipt, &receipt, reterr);
	if (rc != VF_OK)
		return rc;
	nt_buf_put_str(out, "{\"id\":\"");
	nt_buf_put_hex(out, vf_bytes(l->s.id.b, sizeof(l->s.id.b)));
	nt_buf_putf(out, "\",\"state\":\"%s\",\"receipt\":\"", nt_state_name(l->state));
	nt_buf_put_base64(out, nt_buf_bytes(&receipt));
	nt_buf_put_str(out, "\"}");
	return VF_OK;
}

void nt_batch_offer(struct nt_api_batch *b)
{
	struct vf_err err;
	enum vf_rc rc;

	b->offer.submissions = b->good;
	b->offer.results = b->results;
	b->offer.n = b->n;
	b->offer.ctx = b;
	rc = nt_keeper_offer(b->job->api->keeper, &b->offer, &err);
	if (rc != VF_OK)
		b->offer.done(&b->offer, rc, &err);
}

/* A worker: the submission is in memory, its documents in b->kept. */
/* ---- Idempotency-Key ---- */

static bool is_key(struct vf_bytes key)
{
	for (size_t i = 0; i < key.n; i++) {
		uint8_t c = key.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return key.n >= 1 && key.n <= 64;
}

/* False when the job was refused and ended. */
bool nt_key_take(struct nt_job *j, struct vf_bytes json)
{
	struct vf_hash name, body;
	enum nt_key_use use;
	struct vf_bytes key;
	struct vf_err err;
	enum vf_rc rc;

	if (!nt_http_header(j->q, "idempotency-key", &key))
		return true;
	if (!is_key(key)) {
		nt_job_fail(j, VF_HTTP_SHAPE, "Idempotency-Key", "an Idempotency-Key is 1 to 64 of A-Z a-z 0-9 . _ -");
		return false;
	}
	name = nt_keys_seen_name(vf_bytes_str(j->who.party), key);
	body = vf_sha256(json);
	rc = nt_keys_seen_begin(j->api->keys, &name, &body, nt_api_ticks(), &use, &err);
	if (rc == VF_OK && use == NT_KEY_FREE) {
		j->has_key = true;
		j->id = name;
		return true;
	}
	if (rc == VF_OK)
		rc = vf_fail(&err, VF_IDEMPOTENCY_KEY,
			use == NT_KEY_OTHER ? "this key was used with another body" : "a request with this key is in work");
	nt_job_refuse(j, rc, &err, "Idempotency-Key");
	if (use == NT_KEY_WORKING) {
		j->status = 409;
		j->retry_after = 1;
	}
	nt_job_end(j);
	return false;
}

void nt_key_end(struct nt_job *j)
{
	if (j->has_key)
		nt_keys_seen_end(j->api->keys, &j->id, j->rc == VF_OK);
	j->has_key = false;
}

void nt_batch_drop_texts(struct nt_api_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		nt_line_count(b->job->api, &b->lines[i]);
	nt_blocks_give(b->blocks, b->block, b->arena.cap);
	free(b->good);
	b->block = NULL;
	b->good = NULL;
}

