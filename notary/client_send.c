#include "notary/client_send.h"

#include <stdlib.h>
#include <time.h>

#include "notary/client_answer.h"
#include "notary/client_details.h"
#include "notary/client_send_inside.h"
#include "notary/failpoint.h"
#include "notary/intake.h"
#include "notary/submission_json.h"

#define MAX_CHUNK ((size_t)512 * 1024 * 1024)

/* ---- whom the maker of records talks to ---- */

static VF_RC get_stream(
	void *ctx, struct vf_bytes submitter, struct vf_bytes study, struct nt_stream *ret, struct vf_err *reterr)
{
	const struct nt_sending *u = ctx;
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
	const struct nt_sending *u = ctx;
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
	struct nt_sending *u = ctx;
	enum vf_rc rc = nt_send_rules_kept(u, &digests->sha256, reterr);

	return rc == VF_OK ? nt_state_keep(u->x->state, &digests->sha256, text, reterr) : rc;
}

static VF_RC keep_secret(void *ctx, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr)
{
	const struct nt_sending *u = ctx;

	return nt_state_keep_secret(u->x->state, sha256, secret, reterr);
}

VF_RC nt_send_note_fresh(struct nt_sending *u, const struct vf_hash *id, struct vf_err *reterr)
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

/*
 * What only this side can see, as the details are hidden from the server (client_details.h). Of plain kinds the server
 * sees everything.
 */
static VF_RC check_details(void *ctx, const struct nt_submit *s, const struct tr_facts *facts, const struct tr_link *links,
	size_t n_links, struct vf_err *reterr)
{
	struct nt_sending *u = ctx;

	if (!facts || !nt_submit_is_personal(s))
		return VF_OK;
	u->has_value = facts->has_participant;
	u->value = facts->participant;
	u->study = s->study;
	return nt_client_details_check(u->x, s, facts, links, n_links, reterr);
}

/* The first refusal in order; what follows one in a stream is refused with it. */
static VF_RC settle(struct nt_sending *u, const struct nt_line *lines, size_t n, struct vf_err *reterr)
{
	const struct nt_line *refused = NULL;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		if (lines[i].state == LINE_ACCEPTED)
			rc = nt_send_note_fresh(u, &lines[i].id, reterr);
		else if (!refused)
			refused = &lines[i];
		/* what was judged is judged again, so it is made again by the call itself, not by what sends the pending */
		if (rc == VF_OK && (lines[i].state == LINE_REFUSED || (lines[i].state == LINE_CONFLICT && u->rules.enforced)))
			rc = nt_state_drop(u->x->state, &lines[i].id, reterr);
	}
	if (rc != VF_OK || !refused)
		return rc;
	return vf_fail(reterr, refused->refusal.rc, "%s", refused->refusal.text);
}

VF_RC nt_send_put(struct nt_sending *u, const struct nt_submission *submissions, struct nt_line *lines, size_t n, struct nt_buf *all,
	struct vf_err *reterr)
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
			rc = vf_fail(reterr, VF_LIMIT,
				"a submission of more than %zu octets: make several records of it",
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

/* Findings go with the records, as the last line. */
static VF_RC send_pending(struct nt_sending *u, const struct nt_submission *submissions, struct nt_line *lines, size_t count,
	struct vf_err *reterr)
{
	struct vf_err err = {0};
	size_t findings = 0;
	enum vf_rc rc = nt_send_rules_attach(u, &submissions[count - 1], &lines[count], &findings, reterr), settled;

	if (rc != VF_OK)
		return rc;
	rc = nt_lines_send(u->x, lines, count + findings, reterr);
	settled = settle(u, lines, count, rc == VF_OK ? reterr : &err);
	rc = rc == VF_OK ? settled : rc;
	if (rc == VF_OK && u->has_value)
		rc = nt_state_put_value(u->x->state, &u->value, u->study, reterr);
	settled = nt_send_rules_end(u, submissions, lines, count, findings ? &lines[count] : NULL, rc == VF_OK ? reterr : NULL);
	return rc == VF_OK ? settled : rc;
}

static VF_RC accept_records(void *ctx, const struct nt_submission *submissions, size_t count, enum nt_accepted *ret,
	struct vf_err *reterr)
{
	struct nt_sending *u = ctx;
	VF_CLEANUP(nt_buf_done) struct nt_buf all = nt_buf(MAX_CHUNK);
	struct nt_line *lines = calloc(count + 1, sizeof(*lines));
	enum vf_rc rc;

	if (!lines)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", count);
	rc = nt_send_rules_judge(u, submissions, count, reterr);
	if (rc == VF_OK)
		rc = nt_send_put(u, submissions, lines, count, u->prepared ? u->prepared : &all, reterr);
	if (rc == VF_OK && !u->prepared)
		rc = send_pending(u, submissions, lines, count, reterr);
	for (size_t i = 0; rc == VF_OK && i < count; i++)
		ret[i] = NT_ACCEPTED_NEW;
	free(lines);
	return rc;
}

struct nt_submit_to nt_send_target(struct nt_sending *u)
{
	return (struct nt_submit_to){.ctx = u,
		.stream = get_stream,
		.details = check_details,
		.blind = blind,
		.journal = find_key,
		.keep_details = keep_details,
		.sends_details = true,
		.keep_secret = keep_secret,
		.accept = accept_records};
}

void nt_send_give_way(unsigned tries)
{
	const struct timespec t = {.tv_nsec = 10000000L * (long)(tries < 16 ? tries : 16)};

	nanosleep(&t, NULL);
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

static bool is_fresh(const struct nt_sending *u, const struct vf_hash *id)
{
	for (size_t i = 0; i < u->n_fresh; i++)
		if (vf_hash_eq(&u->fresh[i], id))
			return true;
	return false;
}

static void report(
	const struct nt_sending *u, const struct result *results, size_t count, nt_submitted *done, void *ctx)
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
static VF_RC run_rounds(struct nt_sending *u, const struct nt_submit *s, const struct nt_submit_record *records,
	size_t count, bool is_judged, struct result *results, struct vf_err *reterr)
{
	struct nt_submit_to to = nt_send_target(u);
	struct nt_send quiet = *u->x; /* what lost its place in this call is made again in it: nothing to tell */
	enum vf_rc rc = VF_STREAM_CONFLICT;

	quiet.note = NULL;
	for (unsigned tries = 0; rc == VF_STREAM_CONFLICT && tries < NT_SEND_MAX_TRIES; tries++) {
		size_t fresh = u->n_fresh;

		if (tries > 0)
			nt_send_give_way(tries);
		u->rules.has_followed = false;
		rc = u->prepared ? VF_OK : nt_send_waiting(tries > 0 ? &quiet : u->x, tries > 0 ? u : NULL, reterr);
		if (rc == VF_OK && tries == 0 && is_judged)
			rc = nt_send_rules_begin(u, s, reterr);
		if (rc == VF_OK)
			rc = nt_submit_records_to(&to, s, records, count, take_result, results, reterr);
		if (u->rules.has_followed && u->n_fresh > fresh)
			tries = 0; /* nobody was faster: findings stand where the next records were to go */
	}
	/* What stood behind a refused one in the stream is not lost with it. */
	if (rc != VF_OK && nt_refusal_is_final(rc) && !u->prepared)
		vf_ignore(nt_send_waiting(
			u->x, NULL, NULL)); /* it stays pending, and the refusal is what must be said */
	return rc;
}

/* Its octets would have to travel, and say what no rule was asked about. */
static VF_RC check_files(const struct nt_submit *s, const struct nt_submit_record *records, size_t count, struct vf_err *reterr)
{
	for (size_t i = 0; !s->confidential && i < count; i++)
		for (size_t k = 0; k < records[i].n_files; k++)
			if (vf_bytes_is(records[i].files[k].name, TR_DETAILS_NAME))
				return vf_fail(reterr, VF_NAME_SHAPE,
					"'" TR_DETAILS_NAME "' is what a record says of its kind: give it with --details");
	return VF_OK;
}

static VF_RC run(struct nt_sending *u, const struct nt_submit *s, const struct nt_submit_record *records,
	size_t count, nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	struct result *results = calloc(count + 1, sizeof(*results));
	bool lays_down = false;
	enum vf_rc rc = check_files(s, records, count, reterr);

	if (rc == VF_OK)
		rc = nt_send_rules_check(u, s, records, count, &lays_down, reterr);
	if (rc != VF_OK) {
		free(results);
		return rc;
	}
	if (s->keep) {
		free(results);
		return vf_fail(reterr, VF_USAGE, "documents are not sent to a server: leave --keep out");
	}
	if (!results)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu records", count);
	rc = nt_state_lock(u->x->state, NT_SEND_PATIENCE, reterr);
	if (rc == VF_OK) {
		rc = run_rounds(u, s, records, count, !lays_down && nt_enforce_is_asked(s), results, reterr);
		nt_send_rules_done(u);
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
	struct nt_sending u = {.x = x};

	return run(&u, s, records, count, done, done_ctx, reterr);
}

VF_RC nt_send_prepare(const struct nt_send *x, const struct nt_submit *s, const struct nt_submit_record *records,
	size_t count, struct nt_buf *out, nt_submitted *done, void *done_ctx, struct vf_err *reterr)
{
	struct nt_sending u = {.x = x, .prepared = out};

	return run(&u, s, records, count, done, done_ctx, reterr);
}
