#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notary/api_inside.h"
#include "notary/durable.h"
#include "notary/multipart.h"
#include "notary/submission_json.h"
#include "verify/text.h"

/* Lines of a bulk request that are offered together. */
#define PORTION 1000
#define NDJSON "application/x-ndjson"

/* Receipts of one commit group; lives until the last answer has its receipt. */
struct group {
	struct nt_receipts *receipts;
	atomic_uint users;
};

/* One submission and what became of it. */
struct line {
	struct nt_submission s;
	bool read;         /* s is valid */
	enum vf_rc rc;     /* its refusal */
	struct vf_err err;
	char field[NT_FIELD_MAX];
	enum nt_accepted how;
	enum nt_state state;
	size_t receipt;    /* in its group */
};

/* What is offered together: one submission, or a portion of a bulk request. */
struct batch {
	struct nt_offer offer;
	struct nt_job *job;
	struct bulk *bulk; /* NULL: a single one */
	struct batch *next;
	struct vf_arena arena;
	struct nt_blocks *blocks; /* where block came from */
	uint8_t *block;
	struct line *lines;
	size_t n;
	struct nt_submission *good; /* those of the lines that are offered now */
	size_t *which;              /* their lines */
	enum nt_accepted *results;
	struct group *group;
	int *kept;                  /* contents of the documents to keep, of the single submission; -1: none */
	size_t n_kept;
};

struct bulk {
	struct nt_job *job;
	struct batch *first, **end;
	atomic_uint left; /* portions not yet ended, and 1 while more are read */
	struct vf_hash study;
	bool one_study;
	size_t granted, denied;
	uint8_t *block;   /* of a body that was read back from a file */
	atomic_int fault; /* of the notary: an enum vf_rc */
	struct vf_err err;
};

/* ---- batches ---- */

static void group_leave(struct group *g)
{
	if (g && atomic_fetch_sub(&g->users, 1) == 1) {
		nt_receipts_free(g->receipts);
		free(g);
	}
}

static void batch_free(void *p)
{
	struct batch *b = p;

	if (!b)
		return;
	for (size_t i = 0; i < b->n_kept; i++)
		if (b->kept[i] >= 0)
			close(b->kept[i]);
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
static struct batch *batch_new(struct nt_job *j, size_t n, size_t size)
{
	struct batch *b = calloc(1, sizeof(*b));
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
		batch_free(b);
		return NULL;
	}
	return b;
}

/* ---- reading, in a worker ---- */

static struct nt_reader *take_reader(struct nt_api *a, struct vf_err *reterr)
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

static void give_reader(struct nt_api *a, struct nt_reader *r)
{
	pthread_mutex_lock(&a->lock);
	r->next = a->readers;
	a->readers = r;
	pthread_mutex_unlock(&a->lock);
}

/* The notary's own trail is written by the notary alone. */
static VF_RC check_reserved(const struct nt_submission *s, struct vf_err *reterr)
{
	if (vf_bytes_is(s->kind, "audit") || vf_bytes_is(s->study, NT_AUDIT_STUDY))
		return vf_fail(reterr, VF_FORBIDDEN, "the audit trail is written by the notary alone");
	return VF_OK;
}

static VF_RC check_line(struct nt_job *j, const struct line *l, bool alone, struct vf_err *reterr)
{
	enum vf_rc rc = check_reserved(&l->s, reterr);

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

static void read_line(struct batch *b, struct nt_intake *x, struct line *l, struct vf_bytes json)
{
	struct nt_job *j = b->job;
	struct nt_intake_from from = {
		.submitter = vf_bytes_str(j->who.party), .notary = j->api->n, .now_ms = nt_notary_now(j->api->n)};

	l->rc = nt_intake_read(x, &from, json, &b->arena, &l->s, l->field, &l->err);
	l->read = l->rc == VF_OK;
	if (l->read)
		l->rc = check_line(j, l, b->bulk == NULL, &l->err);
	if (b->bulk && l->rc == VF_FORBIDDEN)
		b->bulk->denied++;
	for (size_t i = 0; l->rc == VF_OK && b->bulk && i < l->s.n_documents; i++) {
		if (!l->s.documents[i].keep)
			continue;
		snprintf(l->field, NT_FIELD_MAX, "/documents/%zu/keep", i);
		l->rc = vf_fail(&l->err, VF_PERMISSION, "documents to keep are sent with their submission, one at a time");
	}
}

/* ---- the keeper's thread ---- */

static VF_RC keep_documents(struct batch *b, struct nt_notary *n, struct nt_submission *s, char *field,
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

/* Gives each line its place after all before it; those that have none are left out. May be called twice. */
static VF_RC prepare(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	struct batch *b = o->ctx;
	size_t good = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct line *l = &b->lines[i];
		struct nt_submission *s = &b->good[good];
		bool before = false;

		if (!l->read)
			continue;
		*s = l->s;
		l->rc = nt_ledger_settle(b->job->api->ledger, n, s, &before, l->field, &l->err);
		if (before)
			s->in_stream = false; /* it has its place: only a new record's slot is compared */
		if (l->rc == VF_OK && !before && b->n_kept)
			l->rc = keep_documents(b, n, s, l->field, &l->err);
		if (is_ours(l->rc))
			return vf_fail(reterr, l->rc, "%s", l->err.text);
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
	struct group *g = calloc(1, sizeof(*g));
	size_t all = 0;
	enum vf_rc rc;

	if (!g)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for receipts");
	atomic_init(&g->users, 1);
	rc = nt_receipts_new(&g->receipts, reterr);
	for (size_t i = 0; i < n && rc == VF_OK; i++) {
		struct batch *b = offers[i]->ctx;

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
static void note_outcomes(struct batch *b)
{
	for (size_t k = 0; k < b->offer.n; k++) {
		struct line *l = &b->lines[b->which[k]];
		struct nt_record *r = NULL;

		l->how = b->results[k];
		l->state = NT_PENDING;
		if (l->how == NT_ACCEPTED_BEFORE && nt_notary_get(b->job->api->n, &l->s.id, &r, NULL) == VF_OK)
			l->state = r->state;
		nt_record_free(r);
	}
}

static void count_line(struct nt_api *a, const struct line *l)
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
static VF_RC put_line(const struct batch *b, const struct line *l, struct nt_buf *out, struct vf_err *reterr)
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

static void finish_one(struct nt_job *j)
{
	struct batch *b = j->more;
	struct vf_err err;
	enum vf_rc rc = put_line(b, b->lines, &j->body, &err);

	if (rc != VF_OK)
		nt_job_refuse(j, rc, &err, NULL);
	nt_buf_put_u8(&j->body, '\n');
}

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
static bool take_key(struct nt_job *j, struct vf_bytes json)
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

static void end_key(struct nt_job *j)
{
	if (j->has_key)
		nt_keys_seen_end(j->api->keys, &j->id, j->rc == VF_OK);
	j->has_key = false;
}

/* ---- one submission ---- */

/* The keeper's thread, or a worker when it was not offered. */
static void end_one(struct nt_job *j)
{
	struct batch *b = j->more;
	struct line *l = b->lines;
	char id[65];

	if (l->rc != VF_OK) {
		nt_job_refuse(j, l->rc, &l->err, l->field);
	} else {
		vf_hex_put(id, vf_bytes(l->s.id.b, sizeof(l->s.id.b)));
		snprintf(j->location, sizeof(j->location), "/v1/records/%s", id);
		j->status = l->how == NT_ACCEPTED_NEW ? 201 : 200;
		j->finish = finish_one;
	}
	if (l->read && j->n_events == 0)
		nt_job_event(j, NT_RIGHT_SUBMIT, NT_ABOUT_RECORD, &l->s.id, l->rc, 1);
	count_line(j->api, l);
	end_key(j);
	nt_job_end(j);
}

static void done_one(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	struct batch *b = o->ctx;
	struct line *l = b->lines;

	if (rc != VF_OK) {
		l->rc = rc;
		l->err = *err;
	} else if (o->n) {
		note_outcomes(b);
	}
	end_one(b->job);
}

/* What prepare refused is not accepted: the keeper must not see an empty offer. */
static VF_RC prepare_one(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	struct batch *b = o->ctx;
	enum vf_rc rc = prepare(o, n, reterr);

	if (rc != VF_OK || o->n)
		return rc;
	return vf_fail(reterr, b->lines[0].rc, "%s", b->lines[0].err.text);
}

static void offer_batch(struct batch *b)
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
static void submit_one(struct nt_job *j, struct batch *b, struct vf_bytes json)
{
	struct nt_reader *r = take_reader(j->api, &b->lines[0].err);

	b->n = 1;
	if (r) {
		read_line(b, r->intake, b->lines, json);
		give_reader(j->api, r);
	} else {
		b->lines[0].rc = VF_NO_MEMORY;
	}
	for (size_t i = 0; b->lines[0].rc == VF_OK && i < b->lines[0].s.n_documents; i++) {
		if (!b->lines[0].s.documents[i].keep)
			continue;
		snprintf(b->lines[0].field, NT_FIELD_MAX, "/documents/%zu/keep", i);
		b->lines[0].rc = vf_fail(&b->lines[0].err, VF_DOCUMENT_MISSING,
			"a document to keep is sent with its submission, as multipart/form-data");
	}
	if (b->lines[0].rc != VF_OK) {
		end_one(j);
		return;
	}
	b->offer.prepare = prepare_one;
	b->offer.done = done_one;
	offer_batch(b);
}

/* ---- with documents ---- */

/* A file without a name that holds a part, with its digests. */
static VF_RC copy_part(struct nt_job *j, const struct nt_multipart_part *part, int *ret, struct vf_pair *ret_digests,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int out = -1;
	struct vf_bytes memory = nt_http_body(j->q), piece;
	int in = nt_http_body_fd(j->q);
	struct vf_pair_hasher h;
	uint8_t block[65536];
	char path[4200];
	uint64_t at = 0;

	snprintf(path, sizeof(path), "%s/staging", nt_notary_dir(j->api->n));
	out = open(path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (out < 0)
		return vf_fail(reterr, VF_IO, "no file for a document: %s", strerror(errno));
	vf_pair_init(&h);
	while (at < part->size) {
		size_t want = part->size - at < sizeof(block) ? (size_t)(part->size - at) : sizeof(block);
		enum vf_rc rc;

		if (in >= 0) {
			ssize_t got = pread(in, block, want, (off_t)(part->at + at));

			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				return vf_fail(reterr, VF_IO, "the body cannot be read back");
			piece = vf_bytes(block, (size_t)got);
		} else if (!vf_bytes_slice(memory, part->at + at, want, &piece)) {
			return vf_fail(reterr, VF_INTERNAL, "a part lies outside of its body");
		}
		vf_pair_put(&h, piece);
		rc = nt_fd_write(out, piece, "a document", reterr);
		if (rc != VF_OK)
			return rc;
		at += piece.n;
	}
	*ret_digests = vf_pair_done(&h);
	*ret = out;
	out = -1;
	return VF_OK;
}

static size_t find_document(const struct nt_submission *s, const char *name)
{
	for (size_t i = 0; i < s->n_documents; i++)
		if (vf_bytes_is(s->documents[i].name, name))
			return i;
	return SIZE_MAX;
}

static VF_RC take_document(struct batch *b, const struct nt_multipart_part *part, struct vf_err *reterr)
{
	const struct nt_submission *s = &b->lines[0].s;
	size_t i = part->is_file ? find_document(s, part->filename) : SIZE_MAX;
	struct vf_pair found;
	enum vf_rc rc;

	if (strcmp(part->name, "document") != 0 || i == SIZE_MAX || !s->documents[i].keep || b->kept[i] >= 0)
		return vf_fail(reterr, VF_HTTP_SHAPE, "a part that is no document to keep, or comes twice");
	snprintf(b->lines[0].field, NT_FIELD_MAX, "/documents/%zu", i);
	rc = copy_part(b->job, part, &b->kept[i], &found, reterr);
	if (rc == VF_OK && (part->size != s->documents[i].size || !vf_pair_eq(&found, &s->documents[i].digests)))
		return vf_fail(reterr, VF_DIGEST_MISMATCH, "the octets that were sent are not those of the submission");
	if (rc == VF_OK)
		b->lines[0].field[0] = '\0';
	return rc;
}

static VF_RC take_documents(struct batch *b, struct nt_multipart *m, struct vf_err *reterr)
{
	const struct nt_submission *s = &b->lines[0].s;
	struct nt_multipart_part part;
	bool more = true;
	enum vf_rc rc = VF_OK;

	b->kept = malloc((s->n_documents + 1) * sizeof(*b->kept));
	if (!b->kept)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for documents");
	b->n_kept = s->n_documents;
	for (size_t i = 0; i < b->n_kept; i++)
		b->kept[i] = -1;
	while (rc == VF_OK && more) {
		rc = nt_multipart_next(m, &more, &part, reterr);
		if (rc == VF_OK && more)
			rc = take_document(b, &part, reterr);
	}
	for (size_t i = 0; i < b->n_kept && rc == VF_OK; i++) {
		if (!s->documents[i].keep || b->kept[i] >= 0)
			continue;
		snprintf(b->lines[0].field, NT_FIELD_MAX, "/documents/%zu/keep", i);
		rc = vf_fail(reterr, VF_DOCUMENT_MISSING, "the part with this document did not come");
	}
	return rc;
}

/* The first part; its octets in json. */
static VF_RC read_first_part(struct nt_job *j, struct nt_multipart **ret, struct nt_buf *json, struct vf_err *reterr)
{
	struct nt_multipart_boundary boundary;
	struct nt_multipart_part part;
	struct vf_bytes type = {0};
	bool more = false;
	enum vf_rc rc;

	nt_http_header(j->q, "content-type", &type);
	rc = nt_multipart_boundary(type, &boundary, reterr);
	if (rc == VF_OK)
		rc = nt_multipart_new(&boundary, nt_http_body(j->q), nt_http_body_fd(j->q), nt_http_body_size(j->q), ret, reterr);
	if (rc == VF_OK)
		rc = nt_multipart_next(*ret, &more, &part, reterr);
	if (rc == VF_OK && (!more || strcmp(part.name, "submission") != 0 || strcmp(part.type, "application/json") != 0))
		rc = vf_fail(reterr, VF_HTTP_SHAPE, "the first part is not 'submission' with application/json");
	return rc == VF_OK ? nt_multipart_put(*ret, &part, NT_INTAKE_MAX_JSON, json, reterr) : rc;
}

static void submit_multipart(struct nt_job *j)
{
	VF_CLEANUP(nt_multipart_freep) struct nt_multipart *m = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf json = nt_buf(NT_INTAKE_MAX_JSON);
	struct nt_reader *r;
	struct batch *b;
	struct line *l;
	struct vf_err err;
	enum vf_rc rc = read_first_part(j, &m, &json, &err);

	if (rc != VF_OK) {
		nt_job_refuse(j, rc, &err, NULL);
		nt_job_end(j);
		return;
	}
	if (!take_key(j, nt_buf_bytes(&json)))
		return;
	j->more = b = batch_new(j, 1, json.n);
	j->free_more = batch_free;
	r = b ? take_reader(j->api, &err) : NULL;
	if (!r) {
		end_key(j);
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a submission");
		return;
	}
	b->n = 1;
	l = b->lines;
	read_line(b, r->intake, l, nt_buf_bytes(&json));
	give_reader(j->api, r);
	if (l->rc == VF_OK)
		l->rc = take_documents(b, m, &l->err);
	if (l->rc != VF_OK) {
		end_one(j);
		return;
	}
	b->offer.prepare = prepare_one;
	b->offer.done = done_one;
	offer_batch(b);
}

void nt_api_submit(struct nt_job *j)
{
	struct vf_bytes json;
	struct batch *b;
	uint8_t *block;

	if (nt_http_is_type(j->q, "multipart/form-data")) {
		submit_multipart(j);
		return;
	}
	if (!nt_http_is_type(j->q, "application/json")) {
		nt_job_fail(j, VF_HTTP_UNSUPPORTED, "Content-Type", "a submission is application/json or multipart/form-data");
		return;
	}
	if (nt_http_body_size(j->q) > NT_INTAKE_MAX_JSON) {
		nt_job_fail(j, VF_HTTP_LIMIT, NULL, "a submission is larger than 32 MiB");
		return;
	}
	if (!nt_job_read_body(j, &json, &block))
		return;
	if (!take_key(j, json)) {
		free(block);
		return;
	}
	j->more = b = batch_new(j, 1, json.n);
	j->free_more = batch_free;
	if (!b) {
		free(block);
		end_key(j);
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a submission");
		return;
	}
	submit_one(j, b, json);
	free(block); /* nothing borrows from the JSON */
}

/* ---- bulk ---- */

static void bulk_free(void *p)
{
	struct bulk *k = p;

	while (k->first) {
		struct batch *b = k->first;

		k->first = b->next;
		batch_free(b);
	}
	free(k->block);
	free(k);
}

/* On the trail's thread: all answers in the order of the lines. */
static void finish_bulk(struct nt_job *j)
{
	struct bulk *k = j->more;
	struct vf_err err;

	for (const struct batch *b = k->first; b; b = b->next)
		for (size_t i = 0; i < b->n; i++) {
			enum vf_rc rc = put_line(b, &b->lines[i], &j->body, &err);

			if (rc != VF_OK) {
				nt_job_refuse(j, rc, &err, NULL);
				return;
			}
			nt_buf_put_u8(&j->body, '\n');
		}
}

static void end_bulk(struct nt_job *j)
{
	struct bulk *k = j->more;
	uint64_t accepted = 0;

	for (const struct batch *b = k->first; b; b = b->next)
		for (size_t i = 0; i < b->n; i++)
			accepted += b->lines[i].rc == VF_OK;
	if (atomic_load(&k->fault) != VF_OK) {
		/* some portions may be stored: sent again, they get the same answers */
		nt_job_refuse(j, (enum vf_rc)atomic_load(&k->fault), &k->err, NULL);
	} else {
		j->type = NDJSON;
		j->finish = finish_bulk;
	}
	if (k->denied)
		nt_job_event(j, NT_RIGHT_SUBMIT, NT_ABOUT_NONE, NULL, VF_FORBIDDEN, k->denied);
	if (accepted)
		nt_job_event(j, NT_RIGHT_SUBMIT, k->one_study ? NT_ABOUT_STUDY : NT_ABOUT_NONE, &k->study, VF_OK, accepted);
	end_key(j);
	nt_job_end(j);
}

static void leave_bulk(struct bulk *k)
{
	if (atomic_fetch_sub(&k->left, 1) == 1)
		end_bulk(k->job);
}

/* From here on only IDs, refusals and receipts are needed: many portions wait for the last one. */
static void drop_texts(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		count_line(b->job->api, &b->lines[i]);
	nt_blocks_give(b->blocks, b->block, b->arena.cap);
	free(b->good);
	b->block = NULL;
	b->good = NULL;
}

static void done_portion(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	struct batch *b = o->ctx;
	int none = VF_OK;

	if (rc == VF_OK)
		note_outcomes(b);
	else if (rc == VF_NOT_CHECKED)
		b->offer.n = 0; /* no line was good: each has its refusal */
	else if (atomic_compare_exchange_strong(&b->bulk->fault, &none, (int)rc))
		b->bulk->err = *err;
	drop_texts(b);
	leave_bulk(b->bulk);
}

static VF_RC prepare_portion(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	enum vf_rc rc = prepare(o, n, reterr);

	return rc == VF_OK && o->n == 0 ? vf_fail(reterr, VF_NOT_CHECKED, "no line of this portion is good") : rc;
}

static void note_study(struct bulk *k, const struct line *l)
{
	struct vf_hash study;

	if (l->rc != VF_OK)
		return;
	study = nt_api_study_hash(l->s.study);
	k->one_study = k->granted++ == 0 || (k->one_study && vf_hash_eq(&study, &k->study));
	k->study = study;
}

static size_t count_lines(struct vf_bytes text, size_t max, size_t *ret_octets)
{
	size_t n = 0, at = 0;

	while (n < max && at < text.n) {
		const uint8_t *lf = memchr(text.p + at, '\n', text.n - at);

		at = lf ? (size_t)(lf - text.p) + 1 : text.n;
		n++;
	}
	*ret_octets = at;
	return n;
}

/* Reads the next portion and offers it; false without memory. */
static bool offer_portion(struct bulk *k, struct nt_intake *x, struct vf_bytes *text)
{
	size_t octets, n = count_lines(*text, PORTION, &octets), good = 0;
	struct batch *b = batch_new(k->job, n, octets);
	struct vf_bytes line;

	if (!b)
		return false;
	b->bulk = k;
	*k->end = b;
	k->end = &b->next;
	for (b->n = 0; b->n < n; b->n++) {
		if (!vf_take_line(text, &line)) {
			line = *text;
			*text = vf_bytes(NULL, 0);
		}
		read_line(b, x, &b->lines[b->n], line);
		note_study(k, &b->lines[b->n]);
		if (b->lines[b->n].rc == VF_OK)
			good++;
		else
			b->lines[b->n].read = false;
	}
	if (!good) {
		drop_texts(b);
		return true;
	}
	b->offer.prepare = prepare_portion;
	b->offer.done = done_portion;
	atomic_fetch_add(&k->left, 1);
	offer_batch(b);
	return true;
}

void nt_api_bulk(struct nt_job *j)
{
	struct bulk *k;
	struct nt_reader *r;
	struct vf_bytes text;
	uint8_t *block;
	struct vf_err err;

	if (!nt_http_is_type(j->q, NDJSON)) {
		nt_job_fail(j, VF_HTTP_UNSUPPORTED, "Content-Type", "a bulk submission is " NDJSON);
		return;
	}
	if (!nt_job_read_body(j, &text, &block))
		return;
	if (!take_key(j, text)) {
		free(block);
		return;
	}
	k = calloc(1, sizeof(*k));
	r = k ? take_reader(j->api, &err) : NULL;
	if (!r) {
		free(k);
		free(block);
		end_key(j);
		nt_job_fail(j, VF_NO_MEMORY, NULL, "no memory for a bulk submission");
		return;
	}
	k->job = j;
	k->block = block;
	k->end = &k->first;
	atomic_init(&k->left, 1);
	atomic_init(&k->fault, VF_OK);
	j->more = k;
	j->free_more = bulk_free;
	while (text.n && atomic_load(&k->fault) == VF_OK)
		if (!offer_portion(k, r->intake, &text)) {
			int none = VF_OK;

			if (atomic_compare_exchange_strong(&k->fault, &none, VF_NO_MEMORY))
				vf_ignore(vf_fail(&k->err, VF_NO_MEMORY, "no memory for a portion")); /* only for its text */
		}
	give_reader(j->api, r);
	leave_bulk(k);
}
