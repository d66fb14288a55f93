#include "notary/verbs_consent.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notary/consent_index.h"
#include "notary/durable.h"
#include "notary/participants.h"
#include "notary/submit.h"
#include "trial/details.h"
#include "verify/text.h"

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
	STUDY_OPTION, PARTICIPANT_OPTION, PURPOSE_OPTION, AT_OPTION, {0}};
const struct nt_option nt_consent_list_options[] = {
	STUDY_OPTION,
	{"participant", 0, "NUMBER", "only what this participant said: number or value", false, false},
	{0},
};
const struct nt_option nt_consent_gaps_options[] = {STUDY_OPTION, AT_OPTION, {0}};
const struct nt_option nt_consent_check_options[] = {
	STUDY_OPTION,
	PARTICIPANT_OPTION,
	PURPOSE_OPTION,
	{"who", 0, "NAME", "who wants to have the data", true, false},
	AT_OPTION,
	{"record", 0, NULL, "record the access, or that it was refused", false, false},
	{0},
};

const char nt_consent_status_details[] = "GRANTED (exit status 0), REFUSED, WITHDRAWN, EXPIRED, NOT_YET (1), "
					 "UNKNOWN, INCONCLUSIVE (2), with the records\n"
					 "that say so. A date is the whole day, month or year: what it "
					 "leaves open is INCONCLUSIVE. The rules\n"
					 "are in docs/consent.md.";
const char nt_consent_gaps_details[] =
	"Participants whose last consent is on a form that was superseded by one that all must sign: "
	"NOT_DUE\n"
	"while that is not approved, DUE, OVERDUE (exit status 1), INCONCLUSIVE (2).";
const char nt_consent_check_details[] =
	"Permitted is what a permission for everybody, one with this delegate, or an access grant allows. "
	"Exit\n"
	"status as for 'consent status'. --record makes a confidential record of kind access-event.";

/* ---- what is asked ---- */

static VF_RC read_at(const struct nt_cli *cli, struct tr_when *ret, struct vf_err *reterr)
{
	const char *text = nt_cli_get(cli, "at");

	*ret = tr_when_at(nt_cli_now());
	if (text && !tr_when_read(vf_bytes_str(text), ret))
		return vf_fail(reterr, VF_USAGE,
			"--at wants a date or a time, like 2026-03-04 or 2026-03-04T10:12:00+01:00");
	return VF_OK;
}

/* The value itself, or that of a number in the notary's folder. */
static VF_RC read_participant(const struct nt_cli *cli, struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	struct vf_bytes text = vf_bytes_str(nt_cli_get(cli, "participant"));
	enum vf_rc rc;

	if (vf_hex_read(text, ret->b, sizeof(ret->b)))
		return VF_OK;
	rc = nt_participants_open(cli->args[0], false, &p, reterr);
	if (rc == VF_OK && p == NULL)
		rc = vf_fail(reterr, VF_UNKNOWN_PARTICIPANT,
			"no participant was added here yet: give the value in hex");
	return rc == VF_OK
		? nt_participants_find(p, vf_bytes_str(nt_cli_get(cli, "study")), text, ret, reterr)
		: rc;
}

static VF_RC open_index(
	struct nt_cli *cli, struct nt_notary **ret_n, struct nt_consent_index **ret, struct vf_err *reterr)
{
	enum vf_rc rc = nt_verb_open(cli, ret_n, reterr);

	return rc == VF_OK ? nt_consent_follow(*ret_n, ret, reterr) : rc;
}

/* ---- what is shown ---- */

static const char *fact_name(const struct tr_consent_fact *f)
{
	switch (f->kind) {
	case TR_FACT_NONE:
		return "";
	case TR_FACT_PROTOCOL:
		return "protocol";
	case TR_FACT_FORM:
		return tr_kind_name(TR_CONSENT_FORM);
	case TR_FACT_APPROVAL:
		return tr_kind_name(TR_ETHICS_APPROVAL);
	case TR_FACT_CONSENT:
		return tr_kind_name(TR_CONSENT);
	case TR_FACT_WITHDRAWAL:
		return tr_kind_name(TR_WITHDRAWAL);
	case TR_FACT_GRANT:
		return tr_kind_name(TR_ACCESS_GRANT);
	}
	return "";
}

static void put_when_field(struct nt_buf *out, const char *name, const struct tr_when *w)
{
	char text[TR_WHEN_LEN + 1] = "";

	if (tr_when_is(w))
		tr_when_put(text, w);
	nt_cli_field(out, name, vf_bytes_str(text));
}

static void put_time_field(struct nt_buf *out, const char *name, int64_t ms)
{
	char text[VF_TIME_LEN + 1] = "";

	if (ms != VF_TIME_NONE)
		vf_time_put(text, ms);
	nt_cli_field(out, name, vf_bytes_str(text));
}

static void put_fact(struct nt_cli *cli, const struct tr_consent_fact *f, bool first)
{
	struct nt_buf *out = &cli->text;
	char when[TR_WHEN_LEN + 1] = "no time said";

	if (cli->json) {
		nt_buf_put_str(out, first ? "{\"id\":\"" : ",{\"id\":\"");
		nt_verb_put_id(out, &f->id);
		nt_buf_putf(out, "\",\"kind\":\"%s\"", fact_name(f));
		put_when_field(out, "when", &f->when);
		if (f->index == UINT64_MAX)
			nt_buf_put_str(out, ",\"index\":null");
		else
			nt_buf_putf(out, ",\"index\":%" PRIu64, f->index);
		put_time_field(out, "sealed", f->sealed);
		nt_buf_put_u8(out, '}');
		return;
	}
	if (tr_when_is(&f->when))
		tr_when_put(when, &f->when);
	nt_buf_put_str(out, "  ");
	nt_verb_put_id(out, &f->id);
	nt_buf_putf(out, "  %-15s  %s  ", fact_name(f), when);
	if (f->sealed == VF_TIME_NONE) {
		nt_buf_put_str(out, "not sealed yet\n");
		return;
	}
	nt_buf_put_str(out, "sealed ");
	nt_verb_put_time(out, f->sealed);
	nt_buf_put_u8(out, '\n');
}

static void put_finding(struct nt_cli *cli, const struct tr_consent_finding *f, bool first)
{
	struct nt_buf *out = &cli->text;

	if (cli->json) {
		nt_buf_putf(out, "%s{\"code\":\"%s\",\"sure\":%s,\"record\":\"", first ? "" : ",",
			tr_remark_name(f->remark), f->sure ? "true" : "false");
		nt_verb_put_id(out, &f->fact->id);
		nt_buf_putf(out, "\",\"text\":\"%s\"}", tr_remark_text(f->remark));
		return;
	}
	nt_buf_putf(out, "  %s: record ", tr_remark_name(f->remark));
	nt_buf_put_hex(out, vf_bytes(f->fact->id.b, 4));
	nt_buf_putf(out, ": %s%s\n", tr_remark_text(f->remark),
		f->sure ? "" : ", as far as the declared times say");
}

static void put_answer(
	struct nt_cli *cli, const struct nt_consent_question *q, const struct tr_consent_answer *a)
{
	struct nt_buf *out = &cli->text;

	if (!cli->json) {
		nt_buf_putf(out, "%s: ", tr_consent_state_name(a->state));
		nt_cli_put_text(out, vf_bytes_str(a->reason));
		nt_buf_put_u8(out, '\n');
		for (size_t i = 0; i < a->n_said; i++)
			put_fact(cli, a->said[i], i == 0);
		for (size_t i = 0; i < a->n_findings; i++)
			put_finding(cli, &a->findings[i], i == 0);
		return;
	}
	nt_cli_begin(cli);
	nt_cli_field(out, "study", q->study);
	nt_cli_hex_field(out, "participant", vf_bytes(q->participant.b, 32));
	nt_cli_field(out, "purpose", q->purpose);
	nt_cli_field(out, "who", q->who);
	put_when_field(out, "at", &q->at);
	nt_cli_field(out, "state", vf_bytes_str(tr_consent_state_name(a->state)));
	nt_cli_field(out, "reason", vf_bytes_str(a->reason));
	nt_buf_put_str(out, ",\"records\":[");
	for (size_t i = 0; i < a->n_said; i++)
		put_fact(cli, a->said[i], i == 0);
	nt_buf_put_str(out, "],\"findings\":[");
	for (size_t i = 0; i < a->n_findings; i++)
		put_finding(cli, &a->findings[i], i == 0);
	nt_buf_put_u8(out, ']');
}

/* What was put stays; the status says whether it is permitted. */
static VF_RC end_answer(struct nt_cli *cli, const struct tr_consent_answer *a, struct vf_err *reterr)
{
	switch (a->state) {
	case TR_GRANTED:
		return VF_OK;
	case TR_UNKNOWN:
	case TR_INCONCLUSIVE:
		cli->keep_text = true;
		return vf_fail(reterr, VF_CONSENT_UNCLEAR, "%s", a->reason);
	case TR_REFUSED:
	case TR_WITHDRAWN:
	case TR_EXPIRED:
	case TR_NOT_YET:
		break;
	}
	cli->keep_text = true;
	return vf_fail(reterr, VF_CONSENT_NOT_GIVEN, "%s", a->reason);
}

static VF_RC read_question(const struct nt_cli *cli, struct nt_consent_question *ret, struct vf_err *reterr)
{
	const char *who = nt_cli_get(cli, "who");
	enum vf_rc rc;

	ret->study = vf_bytes_str(nt_cli_get(cli, "study"));
	ret->purpose = vf_bytes_str(nt_cli_get(cli, "purpose"));
	ret->who = vf_bytes_str(who ? who : "");
	if (ret->purpose.n == 0 || !vf_text_is_plain(ret->purpose) || !vf_text_is_plain(ret->who) ||
		(who && !*who))
		return vf_fail(reterr, VF_USAGE, "--purpose and --who want plain text");
	rc = read_at(cli, &ret->at, reterr);
	return rc == VF_OK ? read_participant(cli, &ret->participant, reterr) : rc;
}

VF_RC nt_verb_consent_status(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct nt_consent_question q;
	struct tr_consent_answer a;
	enum vf_rc rc = read_question(cli, &q, reterr);

	if (rc == VF_OK)
		rc = open_index(cli, &n, &x, reterr);
	if (rc == VF_OK)
		rc = nt_consent_ask(x, &q, &a, reterr);
	if (rc != VF_OK)
		return rc;
	put_answer(cli, &q, &a);
	if (cli->json)
		nt_buf_put_str(&cli->text, "}\n");
	return end_answer(cli, &a, reterr);
}

/* ---- list ---- */

struct listing {
	struct nt_cli *cli;
	uint64_t n;
};

static VF_RC put_listed(void *ctx, const struct tr_consent_fact *f, struct vf_err *reterr)
{
	static const struct vf_hash none;
	struct listing *x = ctx;
	struct nt_buf *out = &x->cli->text;

	(void)reterr;
	put_fact(x->cli, f, x->n++ == 0);
	if (vf_hash_eq(&f->participant, &none))
		return VF_OK;
	if (x->cli->json) {
		out->n--; /* the brace */
		nt_cli_hex_field(out, "participant", vf_bytes(f->participant.b, 32));
		nt_buf_put_u8(out, '}');
	} else {
		nt_buf_put_str(out, "    participant ");
		nt_verb_put_id(out, &f->participant);
		nt_buf_put_u8(out, '\n');
	}
	return VF_OK;
}

VF_RC nt_verb_consent_list(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct listing l = {.cli = cli};
	bool one = nt_cli_has(cli, "participant");
	struct vf_hash participant;
	enum vf_rc rc = one ? read_participant(cli, &participant, reterr) : VF_OK;

	if (rc == VF_OK)
		rc = open_index(cli, &n, &x, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"records\":[");
	}
	rc = nt_consent_each(
		x, vf_bytes_str(nt_cli_get(cli, "study")), one ? &participant : NULL, put_listed, &l, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	return rc;
}

/* ---- gaps ---- */

struct gap_listing {
	struct nt_cli *cli;
	uint64_t n[TR_GAP_STATE_COUNT], all;
};

static VF_RC put_gap(
	void *ctx, const struct vf_hash *participant, const struct tr_gap *g, struct vf_err *reterr)
{
	struct gap_listing *x = ctx;
	struct nt_buf *out = &x->cli->text;

	(void)reterr;
	x->n[g->state]++;
	if (x->cli->json) {
		nt_buf_putf(out, "%s{\"state\":\"%s\"", x->all++ > 0 ? "," : "", tr_gap_state_name(g->state));
		nt_cli_hex_field(out, "participant", vf_bytes(participant->b, 32));
		nt_cli_hex_field(out, "consent", vf_bytes(g->consent->id.b, 32));
		nt_cli_hex_field(out, "form", vf_bytes(g->form->id.b, 32));
		put_when_field(out, "due", &g->due);
		nt_cli_field(out, "reason", vf_bytes_str(g->reason));
		put_time_field(out, "consent_sealed", g->consent->sealed);
		put_time_field(out, "form_sealed", g->form->sealed);
		nt_buf_put_u8(out, '}');
		return VF_OK;
	}
	nt_buf_putf(out, "%-12s  participant ", tr_gap_state_name(g->state));
	nt_verb_put_id(out, participant);
	nt_buf_putf(out, "\n  %s\n", g->reason);
	put_fact(x->cli, g->consent, true);
	put_fact(x->cli, g->form, false);
	return VF_OK;
}

VF_RC nt_verb_consent_gaps(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct gap_listing l = {.cli = cli};
	struct tr_when at;
	enum vf_rc rc = read_at(cli, &at, reterr);

	if (rc == VF_OK)
		rc = open_index(cli, &n, &x, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		put_when_field(&cli->text, "at", &at);
		nt_buf_put_str(&cli->text, ",\"gaps\":[");
	}
	rc = nt_consent_gaps(x, vf_bytes_str(nt_cli_get(cli, "study")), &at, put_gap, &l, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	cli->keep_text = true;
	if (l.n[TR_GAP_OVERDUE] > 0)
		return vf_fail(reterr, VF_RECONSENT_OVERDUE, "%" PRIu64 " consents are overdue",
			l.n[TR_GAP_OVERDUE]);
	if (l.n[TR_GAP_INCONCLUSIVE] > 0)
		return vf_fail(reterr, VF_CONSENT_UNCLEAR,
			"of %" PRIu64 " consents it is not known whether they are due",
			l.n[TR_GAP_INCONCLUSIVE]);
	return VF_OK;
}

/* ---- check ---- */

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

static VF_RC keep(
	struct nt_notary *n, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr)
{
	VF_CLEANUP(nt_fd_closep) int fd = memfd_create(TR_DETAILS_NAME, MFD_CLOEXEC);
	enum vf_rc rc;

	if (fd < 0)
		return vf_fail(reterr, VF_IO, "no file in memory can be made");
	rc = nt_fd_write(fd, text, TR_DETAILS_NAME, reterr);
	if (rc == VF_OK && lseek(fd, 0, SEEK_SET) != 0)
		rc = vf_fail(reterr, VF_IO, "no file in memory can be read");
	return rc == VF_OK ? nt_notary_keep(n, fd, digests, reterr) : rc;
}

static VF_RC record(struct nt_cli *cli, struct nt_notary *n, const struct nt_consent_question *q,
	const struct tr_consent_answer *a, struct vf_hash *ret, struct vf_err *reterr)
{
	static uint8_t room[4 * TR_DETAILS_ROOM];
	const struct tr_consent_fact *f = relied_on(a);
	struct tr_link link = {.type = TR_ACCESSES};
	struct nt_submit s = {.submitter = vf_bytes_str(NT_SUBMITTER_LOCAL),
		.study = q->study,
		.kind = TR_ACCESS_EVENT,
		.confidential = true,
		.keep = true};
	struct nt_submit_file file = {.name = vf_bytes_str(TR_DETAILS_NAME)};
	struct nt_submit_record r = {.files = &file, .n_files = 1};
	struct vf_arena arena;
	struct vf_bytes text;
	enum vf_rc rc;

	vf_arena_init(&arena, room, sizeof(room));
	rc = make_details(cli, q, a, &arena, &text, reterr);
	if (rc != VF_OK)
		return rc;
	file.digests = vf_pair_of(text);
	file.size = text.n;
	if (f != NULL) {
		link.record = f->id;
		s.links = &link;
		s.n_links = 1;
	}
	rc = keep(n, text, &file.digests, reterr);
	if (rc == VF_OK)
		rc = nt_submit_records(n, &s, &r, 1, learn, ret, reterr);
	explicit_bzero(room, sizeof(room));
	return rc;
}

VF_RC nt_verb_consent_check(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct nt_consent_question q;
	struct tr_consent_answer a;
	struct vf_hash event;
	bool recorded = nt_cli_has(cli, "record");
	enum vf_rc rc = read_question(cli, &q, reterr);

	if (rc == VF_OK)
		rc = open_index(cli, &n, &x, reterr);
	if (rc == VF_OK)
		rc = nt_consent_ask(x, &q, &a, reterr);
	if (rc == VF_OK && recorded)
		rc = record(cli, n, &q, &a, &event, reterr);
	if (rc != VF_OK)
		return rc;
	put_answer(cli, &q, &a);
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
	return end_answer(cli, &a, reterr);
}
