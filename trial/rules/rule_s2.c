#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* Why it was made: what a record of its kind can say; details of data sets and plans have no reason, so their title counts. */
static bool has_reason(const struct tr_case_record *r)
{
	return r->title.n || tr_case_detail(r, "summary").n || tr_case_detail(r, "reason").n || tr_case_detail(r, "what").n;
}

/* In the log, or by its own date: an unblinding may have been notarised late. */
static bool is_after(const struct tr_case_record *r, const struct tr_case_record *open)
{
	struct tr_dated own = tr_case_date(r), when = open->details ? tr_dated_text(open->details->when) : tr_dated_none();

	return tr_case_is_before(open, r) || (tr_dated_is(&own) && tr_dated_is(&when) && tr_dated_cmp(&own, &when) > 0);
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r, const struct tr_case_record *open,
	struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1];
	bool reason = has_reason(r), signer = r->signer.n > 0;
	struct tr_finding_draft d;

	tr_study_name(about, r);
	/* that nobody signed it everybody sees; the reason may stand in details that are not disclosed */
	d = tr_study_draft(reason && signer ? TR_WORD_NONE : signer && !r->details ? tr_case_absent(c, TR_WORD_MISSING) : TR_WORD_MISSING, about, r, open);
	return tr_find(f, rule, &d, reterr, "changed after the unblinding: %s, %s", reason ? "it says why" : "it does not say why",
		signer ? "signed" : "not signed");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *open = tr_study_unblinding(c);
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; open && rc == VF_OK && i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];
		bool later = false;

		if (r->kind != TR_DATASET && r->kind != TR_ANALYSIS_PLAN)
			continue;
		for (size_t j = 0; j < r->n_links; j++)
			later |= r->links[j].type == TR_SUPERSEDES;
		/* there is one plan: another one is a version of it, whether it says so or not */
		later |= r->kind == TR_ANALYSIS_PLAN && tr_case_next(c, TR_ANALYSIS_PLAN, 0) < i;
		if (later && is_after(r, open))
			rc = judge(rule, c, r, open, f, reterr);
	}
	return rc;
}

const struct tr_rule tr_rule_s2 = {
	.id = "S2",
	.title = "changes after unblinding say why",
	.text = "A version of a data set that replaces an earlier one, and any version of the analysis plan but "
		"the first, that comes after the unblinding in the log, or by its own date, says why it was made, "
		"in its title at least, and is signed.",
	.inputs = "records of kind unblinding, dataset, analysis-plan; their links and signatures",
	.run = run,
};
