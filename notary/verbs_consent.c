#include "notary/verbs_consent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "notary/consent_index.h"
#include "notary/participants.h"
#include "verify/text.h"

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

VF_RC nt_consent_verb_participant(
	const struct nt_cli *cli, const char *dir, struct vf_hash *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_participants_freep) struct nt_participants *p = NULL;
	struct vf_bytes text = vf_bytes_str(nt_cli_get(cli, "participant"));
	enum vf_rc rc;

	if (vf_hex_read(text, ret->b, sizeof(ret->b)))
		return VF_OK;
	rc = nt_participants_open(dir, false, &p, reterr);
	if (rc == VF_OK && p == NULL)
		rc = vf_fail(reterr, VF_UNKNOWN_PARTICIPANT,
			"no participant was added here yet: give the value in hex");
	return rc == VF_OK
		? nt_participants_find(p, vf_bytes_str(nt_cli_get(cli, "study")), text, ret, reterr)
		: rc;
}

VF_RC nt_consent_place_open(struct nt_cli *cli, struct nt_consent_place *p, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (!nt_remote_is_wanted(cli)) {
		rc = nt_remote_check_unused(cli, 1, reterr);
		if (rc == VF_OK)
			rc = nt_verb_open(cli, &p->n, reterr);
		p->local.n = p->n;
		p->from = nt_source_local(&p->local);
		p->participants = cli->args[0];
		return rc;
	}
	rc = nt_remote_check_args(cli, 0, reterr);
	if (rc == VF_OK)
		rc = nt_remote_connect(cli, &p->remote, reterr);
	if (rc != VF_OK)
		return rc;
	p->from = nt_source_remote(&p->remote.send);
	p->participants = nt_state_home(p->remote.state);
	return VF_OK;
}

enum vf_rc nt_consent_place_done(struct nt_consent_place *p, enum vf_rc rc, struct vf_err *reterr)
{
	struct vf_err err = {0};
	enum vf_rc forgotten = p->remote.state ? nt_source_remote_forget(&p->remote.send, &err) : VF_OK;

	p->n = nt_notary_free(p->n);
	nt_remote_done(&p->remote);
	if (rc != VF_OK || forgotten == VF_OK)
		return rc;
	return vf_fail(reterr, forgotten, "%s", err.text);
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
	case TR_FACT_EVENT:
		return tr_kind_name(TR_ACCESS_EVENT);
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

void nt_consent_verb_put(
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
VF_RC nt_consent_verb_end(struct nt_cli *cli, const struct tr_consent_answer *a, struct vf_err *reterr)
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

VF_RC nt_consent_verb_read(
	const struct nt_cli *cli, const char *dir, struct nt_consent_question *ret, struct vf_err *reterr)
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
	return rc == VF_OK ? nt_consent_verb_participant(cli, dir, &ret->participant, reterr) : rc;
}

static VF_RC ask_status(struct nt_cli *cli, struct nt_consent_place *p, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct nt_consent_question q;
	struct tr_consent_answer a;
	enum vf_rc rc = nt_consent_place_open(cli, p, reterr);

	if (rc == VF_OK)
		rc = nt_consent_verb_read(cli, p->participants, &q, reterr);
	if (rc == VF_OK)
		rc = p->from.consents(p->from.ctx, q.study, &x, reterr);
	if (rc == VF_OK)
		rc = nt_consent_ask(x, &q, &a, reterr);
	if (rc != VF_OK)
		return rc;
	nt_consent_verb_put(cli, &q, &a);
	if (cli->json)
		nt_buf_put_str(&cli->text, "}\n");
	return nt_consent_verb_end(cli, &a, reterr);
}

VF_RC nt_verb_consent_status(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_consent_place p = {0};

	return nt_consent_place_done(&p, ask_status(cli, &p, reterr), reterr);
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

static VF_RC list_all(struct nt_cli *cli, struct nt_consent_place *p, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct listing l = {.cli = cli};
	struct vf_bytes study = vf_bytes_str(nt_cli_get(cli, "study"));
	bool one = nt_cli_has(cli, "participant");
	struct vf_hash participant;
	enum vf_rc rc = nt_consent_place_open(cli, p, reterr);

	if (rc == VF_OK && one)
		rc = nt_consent_verb_participant(cli, p->participants, &participant, reterr);
	if (rc == VF_OK)
		rc = p->from.consents(p->from.ctx, study, &x, reterr);
	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"records\":[");
	}
	rc = nt_consent_each(x, study, one ? &participant : NULL, put_listed, &l, reterr);
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	return rc;
}

VF_RC nt_verb_consent_list(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_consent_place p = {0};

	return nt_consent_place_done(&p, list_all(cli, &p, reterr), reterr);
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

static VF_RC find_gaps(struct nt_cli *cli, struct nt_consent_place *p, struct vf_err *reterr)
{
	VF_CLEANUP(nt_consent_index_freep) struct nt_consent_index *x = NULL;
	struct gap_listing l = {.cli = cli};
	struct tr_when at;
	enum vf_rc rc = read_at(cli, &at, reterr);

	if (rc == VF_OK)
		rc = nt_consent_place_open(cli, p, reterr);
	if (rc == VF_OK)
		rc = p->from.consents(p->from.ctx, vf_bytes_str(nt_cli_get(cli, "study")), &x, reterr);
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
		return vf_fail(reterr, VF_RECONSENT_OVERDUE, "%" PRIu64 " consent%s overdue", l.n[TR_GAP_OVERDUE],
			l.n[TR_GAP_OVERDUE] == 1 ? " is" : "s are");
	if (l.n[TR_GAP_INCONCLUSIVE] > 0)
		return vf_fail(reterr, VF_CONSENT_UNCLEAR,
			"of %" PRIu64 " consents it is not known whether they are due",
			l.n[TR_GAP_INCONCLUSIVE]);
	return VF_OK;
}

VF_RC nt_verb_consent_gaps(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_consent_place p = {0};

	return nt_consent_place_done(&p, find_gaps(cli, &p, reterr), reterr);
}
