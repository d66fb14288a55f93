/* Rules that a study enforces, asked by a client before it sends: over what its server shows and what it has itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notary/client_send_inside.h"
#include "notary/failpoint.h"

#define MAX_FINDINGS_JSON ((size_t)16 * 1024 * 1024)

/* ---- where the study is looked at ---- */

static VF_RC find_parameters(void *ctx, struct vf_bytes study, bool *ret_found, struct nt_content *ret, struct vf_err *ret_why,
	struct vf_err *reterr)
{
	const struct nt_sending *u = ctx;

	return nt_client_parameters(u->x, study, ret_found, ret, ret_why, reterr);
}

static VF_RC make_case(void *ctx, const struct nt_submit *s, const struct nt_submission *more, size_t n, struct nt_case **ret,
	struct vf_err *reterr)
{
	struct nt_sending *u = ctx;
	enum vf_rc rc = u->rules.shown ? VF_OK : nt_shown_get(u->x, s->study, &u->rules.shown, reterr);

	return rc == VF_OK ? nt_case_of_client(u->rules.shown, u->x->now ? u->x->now() : 0, s, more, n, ret, reterr) : rc;
}

/* Behind the records, which the server does not have yet; or wherever the stream is now. */
static VF_RC next_place(void *ctx, struct vf_bytes submitter, struct vf_bytes study, struct nt_stream *ret, struct vf_err *reterr)
{
	struct nt_sending *u = ctx;
	const struct nt_submission *last = u->rules.after;

	if (!last)
		return nt_send_target(u).stream(u, submitter, study, ret, reterr);
	*ret = (struct nt_stream){.exists = true, .id = last->stream, .key = last->stream_key, .head = last->id, .next = last->seq + 1};
	return VF_OK;
}

static VF_RC put_findings(void *ctx, const struct nt_submission *submissions, size_t count, enum nt_accepted *ret, struct vf_err *reterr)
{
	struct nt_sending *u = ctx;

	*ret = NT_ACCEPTED_NEW;
	nt_failpoint("client-findings");
	return nt_send_put(u, submissions, u->rules.line, count, &u->rules.json, reterr);
}

static void take_id(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	struct vf_hash *ret = ctx;

	(void)how;
	ret[at] = *id;
}

static VF_RC attach(void *ctx, const struct nt_submit *s, const struct nt_submit_record *record, struct vf_bytes text,
	struct vf_hash *ret, struct vf_err *reterr)
{
	struct nt_sending *u = ctx;
	struct nt_submit_to to = nt_send_target(u);
	enum vf_rc rc = nt_state_keep(u->x->state, &record->files[0].digests.sha256, text, reterr);

	to.stream = next_place;
	to.details = NULL;
	to.accept = put_findings;
	return rc == VF_OK ? nt_submit_records_to(&to, s, record, 1, take_id, ret, reterr) : rc;
}

/* ---- one call ---- */

static void tell(void *ctx, const struct vf_hash *findings, const char *text)
{
	const struct nt_sending *u = ctx;
	char line[NT_ENFORCE_LINE];

	nt_enforce_say(findings, text, line);
	if (u->x->note)
		u->x->note(u->x->note_ctx, line);
}

VF_RC nt_send_rules_check(struct nt_sending *u, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	bool *ret, struct vf_err *reterr)
{
	size_t rules = 0;
	enum vf_rc rc = nt_enforce_check(NULL, s, records, count, ret, &rules, reterr);

	if (rc == VF_OK && rules && u->x->note)
		u->x->note(u->x->note_ctx, "a server asks no rule: each client does before it sends, so give rules.json to all of them "
			"(--from); 'trialnotary check' in the server's folder finds what is broken");
	return rc;
}

VF_RC nt_send_rules_begin(struct nt_sending *u, const struct nt_submit *s, struct vf_err *reterr)
{
	struct nt_send_rules *r = &u->rules;

	r->at = (struct nt_enforce_at){.ctx = u, .parameters = find_parameters, .study = make_case, .attach = attach};
	r->s = *s;
	r->json = nt_buf(MAX_FINDINGS_JSON);
	if (!r->s.enforced) {
		r->s.enforced = tell;
		r->s.enforced_ctx = u;
	}
	return nt_enforce_begin(&r->at, &r->s, &r->enforced, reterr);
}

void nt_send_rules_done(struct nt_sending *u)
{
	struct nt_send_rules *r = &u->rules;

	nt_enforced_free(r->enforced);
	nt_shown_free(r->shown);
	nt_buf_done(&r->json);
	free(r->kept);
	*r = (struct nt_send_rules){0};
}

VF_RC nt_send_rules_kept(struct nt_sending *u, const struct vf_hash *sha256, struct vf_err *reterr)
{
	struct nt_send_rules *r = &u->rules;

	if (!r->enforced || nt_state_is_kept(u->x->state, sha256))
		return VF_OK;
	if (r->n_kept == r->room_kept) {
		size_t room = r->room_kept ? 2 * r->room_kept : 64;
		struct vf_hash *more = reallocarray(r->kept, room, sizeof(*more));

		if (!more)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu documents", room);
		r->kept = more;
		r->room_kept = room;
	}
	r->kept[r->n_kept++] = *sha256;
	return VF_OK;
}

VF_RC nt_send_rules_judge(struct nt_sending *u, const struct nt_submission *submissions, size_t count, struct vf_err *reterr)
{
	struct nt_send_rules *r = &u->rules;
	struct vf_err err = {0};
	enum vf_rc rc = VF_OK, gone = VF_OK;

	if (!r->enforced)
		return VF_OK;
	if (r->has_followed)
		rc = vf_fail(&err, VF_STREAM_CONFLICT, "findings stand where these records were to go");
	if (rc == VF_OK)
		rc = nt_enforce_judge(r->enforced, submissions, count, &err);
	for (size_t i = 0; rc != VF_OK && gone == VF_OK && i < r->n_kept; i++)
		gone = nt_state_unkeep(u->x->state, &r->kept[i], reterr);
	r->n_kept = 0;
	if (rc == VF_OK && u->prepared)
		nt_enforce_tell(r->enforced, "nobody has accepted what is only prepared");
	return rc == VF_OK || gone != VF_OK ? gone : vf_fail(reterr, rc, "%s", err.text);
}

VF_RC nt_send_rules_attach(
	struct nt_sending *u, const struct nt_submission *last, struct nt_line *line, size_t *ret_n, struct vf_err *reterr)
{
	struct nt_send_rules *r = &u->rules;
	enum vf_rc rc;

	*ret_n = 0;
	if (!r->enforced || !nt_enforce_has(r->enforced))
		return VF_OK;
	r->after = last;
	r->line = line;
	nt_buf_reset(&r->json);
	rc = nt_enforce_attach(r->enforced, reterr);
	*ret_n = rc == VF_OK;
	r->has_followed = rc == VF_OK;
	line->is_later = true;
	return rc;
}

/* A record of findings that the server does not take is no fault of the records: they are told, and 'check' finds them. */
static VF_RC settle_findings(struct nt_sending *u, const struct nt_line *line, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (line->state == LINE_REFUSED)
		rc = nt_state_drop(u->x->state, &line->id, reterr);
	if (line->state == LINE_REFUSED || line->state == LINE_ACCEPTED)
		nt_enforce_tell(u->rules.enforced, line->state == LINE_REFUSED ? line->refusal.text : NULL);
	return rc;
}

/* Where the stream is now; who loses the race leaves the findings pending. */
static VF_RC judge_accepted(struct nt_sending *u, const struct nt_submission *submissions, size_t n, struct vf_err *reterr)
{
	struct nt_line line = {0};
	size_t made = 0;
	enum vf_rc rc = nt_enforce_judge_accepted(u->rules.enforced, submissions, n, reterr);

	if (rc == VF_OK)
		rc = nt_send_rules_attach(u, NULL, &line, &made, reterr);
	if (rc == VF_OK && made)
		rc = nt_lines_send(u->x, &line, 1, reterr);
	return rc == VF_OK && made ? settle_findings(u, &line, reterr) : rc;
}

static VF_RC end(struct nt_sending *u, const struct nt_submission *submissions, const struct nt_line *lines, size_t count,
	const struct nt_line *findings, struct vf_err *reterr)
{
	size_t accepted = 0;
	enum vf_rc rc;

	while (accepted < count && lines[accepted].state == LINE_ACCEPTED)
		accepted++;
	if (findings->state == LINE_OPEN)
		return VF_OK; /* pending, with the records that are */
	if (accepted == count && findings->state != LINE_CONFLICT)
		return settle_findings(u, findings, reterr);
	nt_enforce_drop(u->rules.enforced);
	rc = nt_state_drop(u->x->state, &findings->id, reterr);
	return rc == VF_OK && accepted > 0 ? judge_accepted(u, submissions, accepted, reterr) : rc;
}

VF_RC nt_send_rules_end(struct nt_sending *u, const struct nt_submission *submissions, const struct nt_line *lines, size_t count,
	const struct nt_line *findings, struct vf_err *reterr)
{
	struct nt_send_rules *r = &u->rules;
	enum vf_rc rc = findings ? end(u, submissions, lines, count, findings, reterr) : VF_OK;

	if (r->enforced)
		nt_enforce_drop(r->enforced);
	r->shown = nt_shown_free(r->shown); /* there are more now */
	return rc;
}
