#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* The date from which an amendment is used: a site's, else the approval's; the study's enrolment for a protocol. */
static struct tr_dated in_use(const struct tr_case *c, const struct tr_case_record *r, const struct tr_enrolment *e)
{
	struct tr_dated from = tr_dated_none();

	if (r->kind == TR_PROTOCOL && r->n_links == 0)
		return e->when;
	for (size_t i = tr_case_linked(c, TR_APPROVES, &r->id, 0); i < c->n_records;
		i = tr_case_linked(c, TR_APPROVES, &r->id, i + 1)) {
		struct tr_dated d = c->records[i].details ? tr_dated_text(c->records[i].details->from) : tr_dated_none();

		from = *tr_dated_earlier(&from, &d);
	}
	return from;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r,
	const struct tr_enrolment *e, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_dated anchor = tr_case_anchor(r), own = tr_case_date(r), start = in_use(c, r, e);
	struct tr_finding_draft draft = {.records = {&r->id, e->record && e->record != r ? &e->record->id : NULL}};
	char name[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], s[TR_DATED_LEN + 1], o[TR_DATED_LEN + 1];
	const char *what = r->kind == TR_PROTOCOL && r->n_links == 0 ? "first enrolment" : "in use from";

	tr_study_name(name, r);
	tr_dated_put(a, &anchor);
	tr_dated_put(s, &start);
	tr_dated_put(o, &own);
	draft.about = vf_bytes_str(name);
	if (!tr_dated_is(&start)) {
		draft.word = start.is_bad ? TR_WORD_BAD_TIME : TR_WORD_MISSING_DATE;
		return tr_find(f, rule, &draft, reterr, "time-stamp: %s; %s: %s", a, what, s);
	}
	draft.word = tr_no_later(&anchor, &start, false);
	if (tr_word_verdict(draft.word) <= TR_PASS_NOTE)
		return tr_find(f, rule, &draft, reterr, "time-stamp: %s; %s: %s", a, what, s);
	/* an anchor is an upper bound: only the document's own date can show that it came too late */
	if (tr_dated_is(&own) && tr_no_later(&own, &start, false) == TR_WORD_ORDER) {
		draft.word = TR_WORD_ORDER;
		return tr_find(f, rule, &draft, reterr, "its own date, %s, is after %s: %s", o, what, s);
	}
	draft.word = TR_WORD_NOT_ANCHORED;
	return tr_find(f, rule, &draft, reterr, "time-stamp: %s; %s: %s; its own date, %s, proves nothing", a, what, s, o);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_enrolment e = tr_study_enrolment(c);
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		if (c->records[i].kind == TR_PROTOCOL || c->records[i].kind == TR_AMENDMENT)
			rc = judge(rule, c, &c->records[i], &e, f, reterr);
	return rc;
}

const struct tr_rule tr_rule_p2 = {
	.id = "P2",
	.title = "protocol notarised before the first enrolment",
	.text = "The time-stamp of the protocol has to be no later than the first consent. A later or missing time-stamp proves "
		"nothing; that the protocol itself is dated after the first consent is a failure. An amendment has to be "
		"notarised before it is used.",
	.inputs = "records of kind protocol and amendment, consents, approvals, the start of the study",
	.run = run,
};
