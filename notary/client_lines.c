/* Submissions in requests, and what the server says of each. */
#include "notary/client_send_inside.h"

#include <stdlib.h>

#include "notary/client_answer.h"
#include "notary/failpoint.h"
#include "notary/intake.h"

/* One bulk request: half of what a service takes, and few enough that a retry is cheap. */
#define MAX_BODY ((size_t)32 * 1024 * 1024)
#define MAX_LINES 500
/* An answer to a line is a receipt in base64 and little more, a refusal shorter. */
#define MAX_LINE ((size_t)16 * 1024)

bool nt_refusal_is_final(enum vf_rc rc)
{
	switch (vf_rc_class(rc)) {
	case VF_CLASS_REJECTED:
		return true;
	case VF_CLASS_USAGE:
		return rc != VF_HTTP_SHAPE && rc != VF_HTTP_UNSUPPORTED && rc != VF_HTTP_METHOD &&
			rc != VF_CONFIG_SHAPE;
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

static void take_refusal(struct nt_line *l, const struct vf_err *refusal)
{
	l->refusal = *refusal;
	if (refusal->rc == VF_STREAM_CONFLICT)
		l->state = LINE_CONFLICT;
	else
		l->state = nt_refusal_is_final(refusal->rc) ? LINE_REFUSED : LINE_OPEN;
}

/* Takes all answers: first the receipts onto the disk, then what they say counts. */
static VF_RC take_answers(const struct nt_send *x, struct nt_line *lines, const struct nt_remote_accepted *answers,
	size_t n, struct vf_err *reterr)
{
	struct nt_state_receipt *receipts = calloc(n + 1, sizeof(*receipts));
	size_t count = 0;
	enum vf_rc rc = receipts ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu receipts", n);

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		if (!answers[i].is_accepted)
			take_refusal(&lines[i], &answers[i].refusal);
		else if (vf_hash_eq(&answers[i].id, &lines[i].id))
			receipts[count++] = (struct nt_state_receipt){lines[i].id, answers[i].receipt};
		else
			rc = vf_fail(reterr, VF_SERVER_ANSWER, "the answer is about another record");
	}
	nt_failpoint("client-answered");
	if (rc == VF_OK)
		rc = nt_state_accepted(x->state, receipts, count, reterr);
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		if (answers[i].is_accepted)
			lines[i].state = LINE_ACCEPTED;
	free(receipts);
	return rc;
}

static VF_RC read_answers(const struct nt_send *x, struct nt_line *lines, size_t n, const struct nt_buf *body,
	bool is_bulk, struct vf_err *reterr)
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
	if (rc == VF_OK)
		rc = take_answers(x, lines, answers, n, reterr);
	free(answers);
	free(block);
	return rc;
}

/* Sends lines that fit into one request. A refusal stands in the line; failure is of the request as a whole. */
static VF_RC send_lines(const struct nt_send *x, struct nt_line *lines, size_t n, struct vf_err *reterr)
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

VF_RC nt_lines_send(const struct nt_send *x, struct nt_line *lines, size_t n, struct vf_err *reterr)
{
	size_t at = 0;

	while (at < n) {
		size_t count = 0, octets = 0;
		enum vf_rc rc;

		while (at + count < n && count < MAX_LINES &&
			(count == 0 || (!lines[at + count].is_later && octets + lines[at + count].json.n <= MAX_BODY)))
			octets += lines[at + count++].json.n;
		rc = send_lines(x, &lines[at], count, reterr);
		if (rc != VF_OK)
			return rc;
		at += count;
	}
	return VF_OK;
}
