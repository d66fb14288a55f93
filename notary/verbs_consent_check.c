#include "notary/verbs_consent.h"

#include <string.h>

#include "notary/submit.h"
#include "trial/details.h"
#include "verify/text.h"

/* ---- options of all these verbs ---- */

#define STUDY_OPTION                                                                                         \
	{                                                                                                    \
		"study", 0, "ID", "the study", true, false                                                   \
	}
#define AT_OPTION                                                                                            \
	{                                                                                                    \
		"at", 0, "TIME", "the time that is asked about: a date or RFC 3339 (default: now)", false,   \
			false                                                                                \
	}
#define PARTICIPANT_OPTION                                                                                   \
	{                                                                                                    \
		"participant", 0, "NUMBER", "the participant's number at the site, or the value in records", \
			true, false                                                                          \
	}
#define PURPOSE_OPTION                                                                                       \
	{                                                                                                    \
		"purpose", 0, "NAME", "name of a permission, or the purpose that it is for", true, false     \
	}

const struct nt_option nt_participant_options[] = {STUDY_OPTION, {0}};
const struct nt_option nt_participant_list_options[] = {
	{"study", 0, "ID", "only those of this study", false, false},
	{0},
};
const struct nt_option nt_participant_forget_options[] = {
	STUDY_OPTION,
	{"yes", 0, NULL, "do it: it cannot be undone", false, false},
	{0},
};
const struct nt_option nt_consent_status_options[] = {
	STUDY_OPTION, PARTICIPANT_OPTION, PURPOSE_OPTION, AT_OPTION, NT_SERVER_OPTIONS, {0}};
const struct nt_option nt_consent_list_options[] = {
	STUDY_OPTION,
	{"participant", 0, "NUMBER", "only what this participant said: number or value", false, false},
	NT_SERVER_OPTIONS,
	{0},
};
const struct nt_option nt_consent_gaps_options[] = {STUDY_OPTION, AT_OPTION, NT_SERVER_OPTIONS, {0}};
const struct nt_option nt_consent_check_options[] = {
	STUDY_OPTION,
	PARTICIPANT_OPTION,
	PURPOSE_OPTION,
	{"who", 0, "NAME", "who wants to have the data", true, false},
	AT_OPTION,
	{"record", 0, NULL, "record the access, or that it was refused", false, false},
	NT_SERVER_OPTIONS,
	{0},
};

const char nt_consent_status_details[] = "GRANTED (exit status 0), REFUSED, WITHDRAWN, EXPIRED, NOT_YET (1), "
					 "UNKNOWN, INCONCLUSIVE (2), with the records\n"
					 "that say so. A date is the whole day, month or year: what it "
					 "leaves open is INCONCLUSIVE. The rules\n"
					 "are in docs/consent.md. With --server there is no DIR: forms and "
					 "approvals are the server's,\n"
					 "what participants said is in --state of whoever submitted it.";
const char nt_consent_gaps_details[] =
	"Participants whose last consent is on a form that was superseded by one that all must sign: "
	"NOT_DUE\n"
	"while that is not approved, DUE, OVERDUE (exit status 1), INCONCLUSIVE (2).";
const char nt_consent_check_details[] =
	"Permitted is what a permission for everybody, one with this delegate, or an access grant allows. "
	"Exit\n"
	"status as for 'consent status'. --record makes a confidential record of kind access-event.";

/* ---- an access, and the record of it ---- */

/* The record that permits it, or that last says otherwise. */
static const struct tr_consent_fact *relied_on(const struct tr_consent_answer *a)
{
	for (size_t i = a->n_said; i-- > 0;)
		if (a->said[i]->kind == TR_FACT_CONSENT || a->said[i]->kind == TR_FACT_GRANT)
			return a->said[i];
	return NULL;
}

static VF_RC make_details(struct nt_cli *cli, const struct nt_consent_question *q,
	const struct tr_consent_answer *a, struct vf_arena *arena, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf json = nt_buf(TR_MAX_DETAILS);
	struct tr_rulebook book = {{NULL}};
	struct tr_details_draft d = {.kind = TR_ACCESS_EVENT};
	const struct tr_consent_fact *f = relied_on(a);
	const char *at = nt_cli_get(cli, "at");
	char now[VF_TIME_LEN + 1], pointer[TR_POINTER_MAX];
	enum vf_rc rc;

	vf_time_put(now, nt_cli_now());
	nt_buf_put_str(&json, "{\"participant\":\"");
	nt_verb_put_id(&json, &q->participant);
	nt_buf_put_str(&json, "\",\"who\":");
	nt_buf_put_json(&json, q->who);
	nt_buf_put_str(&json, ",\"purpose\":");
	nt_buf_put_json(&json, q->purpose);
	nt_buf_put_str(&json, ",\"when\":");
	nt_buf_put_json(&json, vf_bytes_str(at ? at : now));
	if (f != NULL) {
		nt_buf_put_str(&json, f->kind == TR_FACT_GRANT ? ",\"grant\":\"" : ",\"consent\":\"");
		nt_verb_put_id(&json, &f->id);
		nt_buf_put_u8(&json, '"');
	}
	nt_buf_putf(&json, ",\"allowed\":%s}", a->state == TR_GRANTED ? "true" : "false");
	rc = nt_buf_check(&json, reterr);
	if (rc == VF_OK)
		rc = tr_rulebook_get(&book, TR_ACCESS_EVENT, &d.rules, reterr);
	d.json = nt_buf_bytes(&json);
	if (rc == VF_OK)
		rc = tr_details_make(&d, arena, ret, pointer, reterr);
	tr_rulebook_done(&book);
	if (json.p != NULL)
		explicit_bzero(json.p, json.n);
	return rc;
}

static void learn(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)at;
	(void)how;
	*(struct vf_hash *)ctx = *id;
}

/* Nobody may have the index open: submitting asks it, too. */
static VF_RC record(const struct nt_consent_place *p, struct vf_bytes study, struct vf_bytes details, struct vf_hash *ret,
	struct vf_err *reterr)
{
	/* the link to what was relied on comes from the details */
	struct nt_submit s = {.submitter = vf_bytes_str(p->n ? NT_SUBMITTER_LOCAL : ""),
		.study = study,
		.kind = TR_ACCESS_EVENT,
		.details = details,
		.confidential = true};
	struct nt_submit_record r = {NULL, 0};

	return p->n ? nt_submit_records(p->n, &s, &r, 1, learn, ret, reterr)
		    : nt_send_records(&p->remote.send, &s, &r, 1, learn, ret, reterr);
}

/* What is said, and what will be recorded of it; the answer is gone with the index. */
static VF_RC answer(struct nt_cli *cli, const struct nt_consent_place *p, const struct nt_consent_question *q,
	struct vf_arena *a, struct tr_consent_answer *ret, struct vf_bytes *ret_details, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct tr_consent_answer said;
	enum vf_rc rc = p->from.consents(p->from.ctx, q->study, &x, reterr);

	if (rc == VF_OK)
		rc = nt_consent_ask(x, q, &said, reterr);
	if (rc == VF_OK && nt_cli_has(cli, "record"))
		rc = make_details(cli, q, &said, a, ret_details, reterr);
	if (rc != VF_OK)
		return rc;
	nt_consent_verb_put(cli, q, &said);
	*ret = said;
	ret->said = NULL;
	ret->findings = NULL;
	ret->n_said = ret->n_findings = 0;
	return VF_OK;
}

static VF_RC check(struct nt_cli *cli, struct nt_consent_place *p, struct vf_arena *arena, struct vf_err *reterr)
{
	struct nt_consent_question q;
	struct tr_consent_answer a;
	struct vf_bytes details;
	struct vf_hash event;
	bool recorded = nt_cli_has(cli, "record");
	enum vf_rc rc = nt_consent_place_open(cli, p, reterr);

	if (rc == VF_OK)
		rc = nt_consent_verb_read(cli, p->participants, &q, reterr);
	if (rc == VF_OK)
		rc = answer(cli, p, &q, arena, &a, &details, reterr);
	if (rc == VF_OK && recorded)
		rc = record(p, q.study, details, &event, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_buf_putf(&cli->text, ",\"allowed\":%s", a.state == TR_GRANTED ? "true" : "false");
		if (recorded)
			nt_cli_hex_field(&cli->text, "event", vf_bytes(event.b, 32));
		nt_buf_put_str(&cli->text, recorded ? "}\n" : ",\"event\":null}\n");
	} else if (recorded) {
		nt_buf_put_str(&cli->text, "recorded as ");
		nt_verb_put_id(&cli->text, &event);
		nt_buf_put_u8(&cli->text, '\n');
	}
	return nt_consent_verb_end(cli, &a, reterr);
}

VF_RC nt_verb_consent_check(struct nt_cli *cli, struct vf_err *reterr)
{
	static uint8_t room[4 * TR_DETAILS_ROOM];
	struct nt_consent_place p = {0};
	struct vf_arena arena;
	enum vf_rc rc;

	vf_arena_init(&arena, room, sizeof(room));
	rc = nt_consent_place_done(&p, check(cli, &p, &arena, reterr), reterr);
	explicit_bzero(room, arena.used);
	return rc;
}
