#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

static bool is_first(const struct tr_case_record *r)
{
	return r->kind == TR_PROTOCOL && !tr_study_is_later(r);
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r,
	const struct tr_enrolment *e, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_dated anchor = tr_case_anchor(r), own = tr_case_date(r), start = is_first(r) ? e->when : tr_approval_of(c, r).from;
	struct tr_finding_draft draft = {.records = {&r->id, e->record && e->record != r ? &e->record->id : NULL}};
	char name[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], s[TR_DATED_LEN + 1], o[TR_DATED_LEN + 1];
	const char *what = is_first(r) ? "first enrolment" : "in use from";

	tr_study_name(name, r);
	tr_dated_put(a, &anchor);
	tr_dated_put(s, &start);
	tr_dated_put(o, &own);
	draft.about = vf_bytes_str(name);
	if (!tr_dated_is(&start)) {
		draft.word = start.is_bad ? TR_WORD_BAD_TIME : start.is_partial ? TR_WORD_PARTIAL_DATE : TR_WORD_MISSING_DATE;
		return tr_find(f, rule, &draft, reterr, "time-stamp: %s; %s: %s", a, what, s);
	}
	draft.word = tr_no_later(&anchor, &start, false);
	if (is_first(r) && e->anticipated) {
		draft.word = TR_WORD_PROXY_ONLY; /* who was enrolled before the plan would not be seen */
		return tr_find(f, rule, &draft, reterr, "time-stamp: %s; the start that is planned: %s", a, s);
	}
	if (tr_word_verdict(draft.word) <= TR_PASS_NOTE)
		return tr_find(f, rule, &draft, reterr, "time-stamp: %s; %s: %s", a, what, s);
	/* an anchor is an upper bound: only the document's own date can show that it came too late */
	if (tr_dated_is(&own) && tr_no_later(&own, &start, false) == TR_WORD_ORDER) {
		draft.word = TR_WORD_ORDER;
		return tr_find(f, rule, &draft, reterr, "its own date, %s, is after %s: %s", o, what, s);
	}
	if (draft.word == TR_WORD_ORDER || !tr_dated_is(&anchor))
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
		"nothing; that the protocol itself is dated after the first consent is a failure. A later version and an "
		"amendment have to be notarised before they are approved and so used.",
	.inputs = "records of kind protocol and amendment, consents, approvals, the start of the study",
	.reads = TR_READS(TR_F_CONSENT_DATE),
	.run = run,
};
