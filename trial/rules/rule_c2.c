#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include "verify/text.h"

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *protocol,
	const struct tr_enrolment *e, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_approval a;
	enum tr_word word = tr_approval_for(c, protocol, vf_bytes("", 0), &e->when, &a);
	char about[TR_NAMED_LEN + 1], from[TR_APPROVAL_LEN + 1], when[TR_DATED_LEN + 1], who[64] = "";
	struct tr_finding_draft d;

	tr_study_name(about, protocol);
	tr_approval_put(from, &a);
	tr_dated_put(when, &e->when);
	d = tr_study_draft(TR_WORD_MISSING_RECORD, about, protocol, e->record);
	if (!a.record)
		return tr_find(f, rule, &d, reterr, "no approval names it; first enrolment: %s", when);
	vf_text_escape(who, sizeof(who), tr_case_detail(a.record, "committee"));
	d.records[2] = &a.record->id;
	d.word = word;
	if (e->anticipated && tr_word_verdict(d.word) != TR_UNDECIDED)
		d.word = TR_WORD_PROXY_ONLY;
	return tr_find(f, rule, &d, reterr, "approved from: %s%s%s; first enrolment: %s%s", from, who[0] ? " by " : "", who, when,
		word == TR_WORD_NEEDS_READER ? "; on conditions: whether they were met is for a reader" :
		word == TR_WORD_APPROVAL_UNSPECIFIC ? "; what was decided is not disclosed" : "; a later date may be that of a second review");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_enrolment e = tr_study_enrolment(c);
	size_t before = f->n;
	enum vf_rc rc = VF_OK;

	/* later versions are approved in their own time */
	for (size_t i = tr_case_next(c, TR_PROTOCOL, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_PROTOCOL, i + 1))
		if (!tr_study_is_later(&c->records[i]))
			rc = judge(rule, c, &c->records[i], &e, f, reterr);
	return rc == VF_OK && f->n == before ? tr_approval_told(rule, c, "version", f, reterr) : rc;
}

const struct tr_rule tr_rule_c2 = {
	.id = "C2",
	.title = "protocol approved before enrolment",
	.text = "An ethics board has approved the protocol, by its record, before the first enrolment.",
	.inputs = "records of kind protocol and ethics-approval, consents, the start of the study; decisions in registry records",
	.reads = TR_READS(TR_F_CONSENT_DATE),
	.run = run,
};
