#include "notary/client_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "notary/client_answer.h"
#include "notary/client_pending.h"
#include "notary/failpoint.h"
#include "notary/intake.h"
#include "notary/submission.h"
#include "notary/submission_json.h"
#include "verify/limits.h"
#include "verify/text.h"

/* One bulk request: half of what a service takes, and few enough that a retry is cheap. */
#define MAX_BODY ((size_t)32 * 1024 * 1024)
#define MAX_LINES 500
#define MAX_CHUNK ((size_t)512 * 1024 * 1024)
/* An answer to a line is a receipt in base64 and little more, a refusal shorter. */
#define MAX_LINE ((size_t)16 * 1024)
#define MAX_TRIES 16

/* One call while it runs. */
struct sending {
	const struct nt_send *x;
	struct nt_buf *prepared;    /* not NULL: nothing is stored or sent */
	const struct vf_hash *replaced; /* made again: the journal may know it */
	struct vf_hash *fresh;      /* accepted as new in this call */
	size_t n_fresh, room_fresh;
};

static void note(const struct nt_send *x, const char *what, const struct vf_hash *id, const struct vf_err *err)
{
	char hex[65], line[600];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	snprintf(line, sizeof(line), "record %.16s %s: %s: %s", hex, what, vf_rc_name(err->rc), err->text);
	if (x->note)
		x->note(x->note_ctx, line);
}

/* ---- one request ---- */

struct line {
	struct vf_hash id;
	struct vf_bytes json;
	enum { LINE_OPEN, LINE_ACCEPTED, LINE_REFUSED, LINE_CONFLICT } state;
	bool is_new;
	struct vf_err refusal;
};

/*
 * Whether a refusal is about the record, so that the same octets will never be taken. Not so when it is about the
 * connection, the credential or the server's own state.
 */
static bool is_final(enum vf_rc rc)
{
	switch (vf_rc_class(rc)) {
	case VF_CLASS_REJECTED:
		return true;
	case VF_CLASS_USAGE:
		return rc != VF_HTTP_SHAPE && rc != VF_HTTP_UNSUPPORTED && rc != VF_HTTP_METHOD && rc != VF_CONFIG_SHAPE;
	case VF_CLASS_NO_INPUT:
		return rc == VF_UNKNOWN_RECORD;
	case VF_CLASS_PERMISSION:
		return rc == VF_FORBIDDEN || rc == VF_PERMISSION;
	case VF_CLASS_UNDECIDED:
		return rc == VF_UNSUPPORTED || rc == VF_UNKNOWN_ALGORITHM;
	case VF_CLASS_ACCEPTED:
	case VF_CLASS_INTERNAL:
	case VF_CLASS_IO:
	case VF_CLASS_INTERRUPTED:
		return rc == VF_SERVER_REFUSED;
	}
	return false;
}

static void take_refusal(struct line *l, const struct vf_err *refusal)
{
	l->refusal = *refusal;
	if (refusal->rc == VF_STREAM_CONFLICT)
		l->state = LINE_CONFLICT;
	else
		l->state = is_final(refusal->rc) ? LINE_REFUSED : LINE_OPEN;
}

static VF_RC take_answer(const struct nt_send *x, struct line *l, const struct nt_remote_accepted *a, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (!a->is_accepted) {
		take_refusal(l, &a->refusal);
		return VF_OK;
	}
	if (!vf_hash_eq(&a->id, &l->id))
		return vf_fail(reterr, VF_SERVER_ANSWER, "the answer is about another record");
	nt_failpoint("client-answered");
	rc = nt_state_accepted(x->state, &l->id, a->receipt, reterr);
	if (rc == VF_OK)
		l->state = LINE_ACCEPTED;
	return rc;
}

static VF_RC read_answers(const struct nt_send *x, struct line *lines, size_t n, const struct nt_buf *body, bool is_bulk,
	struct vf_err *reterr)
{
	struct nt_remote_accepted *answers = calloc(n, sizeof(*answers));
	size_t room = 2 * body->n + 4096;
	void *block = malloc(room);
	struct vf_arena a;
	enum vf_rc rc;

	if (!answers || !block) {
		free(answers);
		free(block);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an answer");
	}
	vf_arena_init(&a, block, room);
	rc = is_bulk ? nt_answer_bulk(nt_buf_bytes(body), &a, answers, n, reterr)
		     : nt_answer_accepted(nt_buf_bytes(body), &a, answers, reterr);
	if (rc == VF_JSON_SHAPE && reterr) {
		struct vf_err err = *reterr;

		rc = vf_fail(reterr, VF_SERVER_ANSWER, "%s", err.text);
	}
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = take_answer(x, &lines[i], &answers[i], reterr);
	free(answers);
	free(block);
	return rc;
}

/* Sends lines that fit into one request. A refusal stands in the line; failure is of the request as a whole. */
static VF_RC send_lines(const struct nt_send *x, struct line *lines, size_t n, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf body = nt_buf(MAX_BODY + NT_INTAKE_MAX_JSON);
	VF_CLEANUP(nt_buf_done) struct nt_buf answer = nt_buf(0);
	struct nt_client_request q = {.post = true,
		.path = n == 1 ? "/v1/records" : "/v1/records/bulk",
		.type = n == 1 ? "application/json" : "application/x-ndjson",
		.accept = n == 1 ? "application/json" : "application/x-ndjson",
		.max = n * MAX_LINE};
	struct nt_client_answer how;
	struct vf_err err = {0};
	enum vf_rc rc;

	for (size_t i = 0; i < n; i++)
		nt_buf_put(&body, lines[i].json);
	rc = nt_buf_check(&body, reterr);
	if (rc != VF_OK)
		return rc;
	q.body = nt_buf_bytes(&body);
	rc = nt_client_call(x->client, &q, &answer, &how, &err);
	nt_failpoint("client-sent");
	if (rc == VF_OK)
		return read_answers(x, lines, n, &answer, n > 1, reterr);
	if (n == 1 && how.status >= 400 && how.status < 500 && (how.is_refusal || rc == VF_SERVER_REFUSED)) {
		take_refusal(lines, &err);
		if (lines->state != LINE_OPEN)
			return VF_OK;
	}
	return vf_fail(reterr, rc, "%s", err.text);
}

/* All lines in portions; stops at a failure of a request. */
static VF_RC send_all(const struct nt_send *x, struct line *lines, size_t n, struct vf_err *reterr)
{
	size_t at = 0;

	while (at < n) {
		size_t count = 0, octets = 0;
		enum vf_rc rc;

		while (at + count < n && count < MAX_LINES && (count == 0 || octets + lines[at + count].json.n <= MAX_BODY))
			octets += lines[at + count++].json.n;
		rc = send_lines(x, &lines[at], count, reterr);
		if (rc != VF_OK)
			return rc;
		at += count;
	}
	return VF_OK;
}

/* ---- whom the maker of records talks to ---- */

static VF_RC get_stream(void *ctx, struct vf_bytes submitter, struct vf_bytes study, struct nt_stream *ret,
	struct vf_err *reterr)
{
	const struct sending *u = ctx;
	VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192), answer = nt_buf(0);
	struct nt_client_request q = {.accept = "application/json", .max = 8192};
	struct vf_err err = {0};
	enum vf_rc rc;

	(void)submitter; /* the token says it */
	nt_buf_put_str(&path, "/v1/stream?study=");
	nt_client_put_parameter(&path, study);
	nt_buf_put_u8(&path, 0);
	rc = nt_buf_check(&path, reterr);
	if (rc != VF_OK)
		return rc;
	q.path = (const char *)path.p;
	rc = nt_client_call(u->x->client, &q, &answer, NULL, reterr);
	if (rc != VF_OK)
		return rc;
	rc = nt_answer_stream(nt_buf_bytes(&answer), ret, &err);
	explicit_bzero(answer.p, answer.n); /* the stream's key */
	if (rc != VF_OK)
		return vf_fail(reterr, rc == VF_JSON_SHAPE ? VF_SERVER_ANSWER : rc, "%s", err.text);
	return nt_state_stream(u->x->state, study, ret, reterr);
}

static struct vf_hash blind(void *ctx, struct vf_bytes text)
{
	(void)ctx; /* the folder holds the texts themselves: nothing is to be hidden in it */
	return vf_sha256(text);
}

static VF_RC find_key(
	void *ctx, const struct vf_hash *key, bool *ret_found, struct vf_hash *ret_id, struct vf_err *reterr)
{
	const struct sending *u = ctx;
	enum vf_rc rc;

	*ret_found = false;
	if (u->prepared)
		return VF_OK;
	rc = nt_state_journal(u->x->state, key, ret_found, ret_id, reterr);
	/* Another one is what an earlier call, which did not come to its end, has made in its place. */
	if (rc == VF_OK && *ret_found && u->replaced && vf_hash_eq(ret_id, u->replaced))
		*ret_found = false;
	return rc;
}

static VF_RC keep_details(void *ctx, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr)
{
	const struct sending *u = ctx;

	return nt_state_keep(u->x->state, &digests->sha256, text, reterr);
}

static VF_RC note_fresh(struct sending *u, const struct vf_hash *id, struct vf_err *reterr)
{
	if (u->n_fresh == u->room_fresh) {
		size_t room = u->room_fresh ? 2 * u->room_fresh : 64;
		struct vf_hash *more = reallocarray(u->fresh, room, sizeof(*more));

		if (!more)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", room);
		u->fresh = more;
		u->room_fresh = room;
	}
	u->fresh[u->n_fresh++] = *id;
	return VF_OK;
}

/* The first refusal in order; what follows one in a stream is refused with it. */
static VF_RC settle(struct sending *u, const struct line *lines, size_t n, struct vf_err *reterr)
{
	const struct line *refused = NULL;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		if (lines[i].state == LINE_ACCEPTED)
			rc = note_fresh(u, &lines[i].id, reterr);
		else if (!refused)
			refused = &lines[i];
		if (lines[i].state == LINE_REFUSED && rc == VF_OK)
			rc = nt_state_drop(u->x->state, &lines[i].id, reterr);
	}
	if (rc != VF_OK || !refused)
		return rc;
	return vf_fail(reterr, refused->refusal.rc, "%s", refused->refusal.text);
}

static VF_RC put_lines(struct sending *u, const struct nt_submission *submissions, struct line *lines, size_t n,
	struct nt_buf *all, struct vf_err *reterr)
{
	struct nt_state_item *items = calloc(n, sizeof(*items));
	size_t *ends = calloc(n, sizeof(*ends));
	size_t start = all->n;
	enum vf_rc rc = items && ends ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", n);

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		rc = nt_submission_json_put(all, &submissions[i], reterr);
		ends[i] = all->n;
	}
	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		size_t from = i ? ends[i - 1] : start;

		lines[i].id = submissions[i].id;
		lines[i].json = vf_bytes(all->p + from, ends[i] - from);
		if (lines[i].json.n > NT_INTAKE_MAX_JSON)
			rc = vf_fail(reterr, VF_LIMIT, "a submission of more than %zu octets: make several records of it",
				NT_INTAKE_MAX_JSON);
		items[i] = (struct nt_state_item){submissions[i].id, submissions[i].journal, lines[i].json,
			submissions[i].documents, submissions[i].n_documents};
	}
	if (rc == VF_OK && !u->prepared)
		rc = nt_state_put(u->x->state, items, n, reterr);
	free(items);
	free(ends);
	return rc;
}

static VF_RC accept_records(void *ctx, const struct nt_submission *submissions, size_t count, enum nt_accepted *ret,
	struct vf_err *reterr)
{
	struct sending *u = ctx;
	VF_CLEANUP(nt_buf_done) struct nt_buf all = nt_buf(MAX_CHUNK);
	struct line *lines = calloc(count, sizeof(*lines));
	enum vf_rc rc, settled;

	if (!lines)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", count);
	rc = put_lines(u, submissions, lines, count, u->prepared ? u->prepared : &all, reterr);
	if (rc == VF_OK && !u->prepared) {
		struct vf_err err = {0};

		rc = send_all(u->x, lines, count, reterr);
		settled = settle(u, lines, count, rc == VF_OK ? reterr : &err);
		rc = rc == VF_OK ? settled : rc;
	}
	for (size_t i = 0; rc == VF_OK && i < count; i++)
		ret[i] = NT_ACCEPTED_NEW;
	free(lines);
	return rc;
}

static struct nt_submit_to target(struct sending *u)
{
	return (struct nt_submit_to){.ctx = u,
		.stream = get_stream,
		.blind = blind,
		.journal = find_key,
		.keep_details = keep_details,
		.accept = accept_records};
}

/* ---- what is pending ---- */

struct waiting {
	struct line *lines;
	struct nt_pending *read;
	struct nt_buf *jsons;
	void **blocks;
	size_t n;
};

static void waiting_done(struct waiting *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->jsons)
			nt_buf_done(&w->jsons[i]);
		if (w->blocks)
			free(w->blocks[i]);
	}
	free(w->lines);
	free(w->read);
	free(w->jsons);
	free(w->blocks);
}

static VF_RC load_one(const struct nt_send *x, struct waiting *w, size_t at, const struct vf_hash *id, struct vf_err *reterr)
{
	struct vf_arena a;
	enum vf_rc rc;

	w->jsons[at] = nt_buf(NT_INTAKE_MAX_JSON);
	rc = nt_state_submission(x->state, id, &w->jsons[at], reterr);
	if (rc != VF_OK)
		return rc;
	w->blocks[at] = malloc(nt_pending_room(w->jsons[at].n));
	if (!w->blocks[at])
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");
	vf_arena_init(&a, w->blocks[at], nt_pending_room(w->jsons[at].n));
	rc = nt_pending_read(nt_buf_bytes(&w->jsons[at]), &a, &w->read[at], reterr);
	if (rc == VF_OK && !vf_hash_eq(&w->read[at].id, id))
		rc = vf_fail(reterr, VF_CLIENT_STATE, "a submission in the state folder has the name of another");
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct nt_pending *x = a, *y = b;
	int order = vf_bytes_cmp(x->submit.study, y->submit.study);

	if (order != 0)
		return order;
	return x->place.seq < y->place.seq ? -1 : x->place.seq > y->place.seq;
}

/* Reads them in the order of their streams. */
static VF_RC load_waiting(
	const struct nt_send *x, const struct vf_hash *ids, size_t n, struct waiting *w, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	w->lines = calloc(n, sizeof(*w->lines));
	w->read = calloc(n, sizeof(*w->read));
	w->jsons = calloc(n, sizeof(*w->jsons));
	w->blocks = calloc(n, sizeof(*w->blocks));
	if (!w->lines || !w->read || !w->jsons || !w->blocks)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", n);
	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		w->n++;
		rc = load_one(x, w, i, &ids[i], reterr);
	}
	if (rc != VF_OK)
		return rc;
	qsort(w->read, n, sizeof(*w->read), by_place);
	for (size_t i = 0; i < n; i++) {
		w->lines[i].id = w->read[i].id;
		for (size_t k = 0; k < n; k++)
			if (vf_hash_eq(&ids[k], &w->read[i].id))
				w->lines[i].json = nt_buf_bytes(&w->jsons[k]);
	}
	return VF_OK;
}

/* The paths of the documents of one that is made again; empty for what the folder itself holds. */
static VF_RC find_paths(
	const struct nt_send *x, struct nt_pending *p, struct nt_submit_file *files, struct nt_buf *texts, struct vf_err *reterr)
{
	for (size_t i = 0; i < p->record.n_files; i++) {
		VF_CLEANUP(nt_buf_done) struct nt_buf path = nt_buf(8192);
		enum vf_rc rc;

		files[i] = p->record.files[i];
		if (vf_bytes_is(files[i].name, TR_DETAILS_NAME) && tr_kind_is_personal(p->submit.kind))
			continue;
		rc = nt_state_path(x->state, &p->id, &files[i].digests.sha256, &path, reterr);
		if (rc != VF_OK)
			return rc;
		if (path.n > 0 && nt_buf_reserve(&texts[i], path.n)) {
			nt_buf_put(&texts[i], vf_bytes(path.p, path.n - 1));
			files[i].path = nt_buf_bytes(&texts[i]);
		}
	}
	return VF_OK;
}

/* Makes one again at the head of its stream. The new one is durable before the old one goes. */
static VF_RC make_again(const struct nt_send *x, struct nt_pending *p, struct vf_err *reterr)
{
	struct sending u = {.x = x, .replaced = &p->id};
	struct nt_submit_to to = target(&u);
	size_t n = p->record.n_files;
	struct nt_submit_file *files = calloc(n + 1, sizeof(*files));
	struct nt_buf *texts = calloc(n + 1, sizeof(*texts));
	struct nt_submit_record record = {files, n};
	enum vf_rc rc = files && texts ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for a submission");

	for (size_t i = 0; texts && i < n; i++)
		texts[i] = nt_buf(8192);
	if (rc == VF_OK)
		rc = find_paths(x, p, files, texts, reterr);
	if (rc == VF_OK)
		rc = nt_submit_records_to(&to, &p->submit, &record, 1, NULL, NULL, reterr);
	for (size_t i = 0; texts && i < n; i++)
		nt_buf_done(&texts[i]);
	free(files);
	free(texts);
	free(u.fresh);
	return rc;
}

static VF_RC settle_conflict(const struct nt_send *x, struct nt_pending *p, const struct line *l, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK;

	if (p->submit.signer)
		note(x, "was signed and has lost its place: submit it again", &p->id, &l->refusal);
	else
		rc = make_again(x, p, &err);
	/* Still pending, or lost against others once more: the old one waits for the next time. */
	if (rc != VF_OK && (!is_final(rc) || rc == VF_STREAM_CONFLICT))
		return vf_fail(reterr, rc, "%s", err.text);
	if (rc != VF_OK)
		note(x, "was refused and is given up", &p->id, &err);
	return nt_state_drop(x->state, &p->id, reterr);
}

static VF_RC settle_waiting(const struct nt_send *x, struct waiting *w, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < w->n; i++) {
		struct line *l = &w->lines[i];

		switch (l->state) {
		case LINE_ACCEPTED:
			break;
		case LINE_REFUSED:
			note(x, "was refused and is given up", &l->id, &l->refusal);
			rc = nt_state_drop(x->state, &l->id, reterr);
			break;
		case LINE_CONFLICT:
			rc = settle_conflict(x, &w->read[i], l, reterr);
			break;
		case LINE_OPEN:
			rc = vf_fail(reterr, l->refusal.rc, "%s", l->refusal.text);
			break;
		}
	}
	return rc;
}

static VF_RC send_waiting(const struct nt_send *x, struct vf_err *reterr)
{
	struct waiting w = {0};
	struct vf_hash *ids = NULL;
	size_t n = 0;
	enum vf_rc rc = nt_state_pending(x->state, &ids, &n, reterr);

	if (rc != VF_OK || n == 0) {
		free(ids);
		return rc;
	}
	rc = load_waiting(x, ids, n, &w, reterr);
	if (rc == VF_OK)
		rc = send_all(x, w.lines, w.n, reterr);
	if (rc == VF_OK)
		rc = settle_waiting(x, &w, reterr);
	waiting_done(&w);
	free(ids);
	return rc;
}

/* The pause after a lost race: somebody else is faster, so leave him the way for a moment. */
static void give_way(unsigned tries)
{
	const struct timespec t = {.tv_nsec = 10000000L * (long)(tries < 16 ? tries : 16)};

	nanosleep(&t, NULL);
}

static VF_RC send_waiting_often(const struct nt_send *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_STREAM_CONFLICT;

	for (unsigned tries = 0; rc == VF_STREAM_CONFLICT && tries < MAX_TRIES; tries++) {
		if (tries > 0)
			give_way(tries);
		rc = send_waiting(x, reterr);
	}
	return rc;
}

VF_RC nt_send_pending(const struct nt_send *x, struct vf_err *reterr)
{
	enum vf_rc rc = nt_state_lock(x->state, NT_SEND_PATIENCE, reterr);

	if (rc != VF_OK)
		return rc;
	rc = send_waiting_often(x, reterr);
	nt_state_unlock(x->state);
	return rc;
}

/* ---- records ---- */

struct result {
	bool is_there;
	struct vf_hash id;
	enum nt_accepted how;
};

static void take_result(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	struct result *results = ctx;

	results[at] = (struct result){true, *id, how};
}

static bool is_fresh(const struct sending *u, const struct vf_hash *id)
{
	for (size_t i = 0; i < u->n_fresh; i++)
		if (vf_hash_eq(&u->fresh[i], id))
			return true;
	return false;
}

static void report(const struct sending *u, const struct result *results, size_t count, nt_submitted *done, void *ctx)
{
	for (size_t i = 0; done && i < count; i++) {
		enum nt_accepted how = results[i].how;

		if (!results[i].is_there)
			continue;
		if (how == NT_ACCEPTED_BEFORE && is_fresh(u, &results[i].id))
			how = NT_ACCEPTED_NEW; /* in an earlier round of this call */
		done(ctx, i, &results[i].id, how);
	}
}

/* Rounds, until nobody else was faster. */
static VF_RC run_rounds(struct sending *u, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	struct result *results, struct vf_err *reterr)
{
	struct nt_submit_to to = target(u);
	enum vf_rc rc = VF_STREAM_CONFLICT;

	for (unsigned tries = 0; rc == VF_STREAM_CONFLICT && tries < MAX_TRIES; tries++) {
		if (tries > 0)
			give_way(tries);
		rc = u->prepared ? VF_OK : send_waiting_often(u->x, reterr);
		if (rc == VF_OK)
			rc = nt_submit_records_to(&to, s, records, count, take_result, results, reterr);
	}
	/* What stood behind a refused one in the stream is not lost with it. */
	if (rc != VF_OK && is_final(rc) && !u->prepared)
		vf_ignore(send_waiting_often(u->x, NULL)); /* it stays pending, and the refusal is what must be said */
	return rc;
}

static VF_RC run(struct sending *u, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	struct result *results = calloc(count + 1, sizeof(*results));
	enum vf_rc rc;

	if (s->keep) {
		free(results);
		return vf_fail(reterr, VF_USAGE, "documents are not sent to a server: leave --keep out");
	}
	if (!results)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", count);
	rc = nt_state_lock(u->x->state, NT_SEND_PATIENCE, reterr);
	if (rc == VF_OK) {
		rc = run_rounds(u, s, records, count, results, reterr);
		nt_state_unlock(u->x->state);
		report(u, results, count, done, done_ctx);
	}
	free(u->fresh);
	free(results);
	return rc;
}

VF_RC nt_send_records(const struct nt_send *x, const struct nt_submit *s, const struct nt_submit_record *records,
	size_t count, nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	struct sending u = {.x = x};

	return run(&u, s, records, count, done, done_ctx, reterr);
}

VF_RC nt_send_prepare(const struct nt_send *x, const struct nt_submit *s, const struct nt_submit_record *records,
	size_t count, struct nt_buf *out, nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	struct sending u = {.x = x, .prepared = out};

	return run(&u, s, records, count, done, done_ctx, reterr);
}
