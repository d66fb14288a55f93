#include "trial/rules/outcomes.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

#define TEXT_LEN 160

static void put_outcome(char out[TEXT_LEN], const struct tr_outcome *o)
{
	if (!o)
		snprintf(out, TEXT_LEN, "nothing");
	else
		vf_text_escape(out, TEXT_LEN, o->measure);
}

/* Other words or another time are for a reader; what is added, dropped or moved is a fact. */
static VF_RC judge_change(const struct tr_rule *rule, const struct tr_case *c, struct tr_outcomes *o,
	const struct tr_outcome_list *list, const struct tr_outcome_change *x, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *declared = tr_outcomes_declared(c, o, list);
	char about[TR_NAMED_LEN + 1], before[TEXT_LEN], after[TEXT_LEN], from[40];
	struct tr_finding_draft d;

	tr_study_file(about, list->file);
	put_outcome(before, x->before);
	put_outcome(after, x->after);
	vf_text_escape(from, sizeof(from), list->from);
	d = tr_study_draft(TR_WORD_NEEDS_READER, about, o->reference->file->record, list->file->record);
	if (x->change != TR_REWORDED && x->change != TR_TIME_FRAME)
		d.word = declared ? TR_WORD_DECLARED_CHANGE : tr_case_absent(c, TR_WORD_UNDECLARED);
	if (declared)
		d.records[2] = &declared->id;
	return tr_find(f, rule, &d, reterr, "%s (%s): '%s', now '%s'%s", tr_change_name(x->change), from, before, after,
		d.word == TR_WORD_DECLARED_CHANGE ? "; an amendment or update before the unblinding may declare it" : "");
}

static VF_RC judge_list(const struct tr_rule *rule, const struct tr_case *c, struct tr_outcomes *o,
	const struct tr_outcome_list *list, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1], by[TR_DATED_LEN + 1], start[TR_DATED_LEN + 1];
	struct tr_outcome_change *x = NULL;
	struct tr_finding_draft d;
	size_t n = 0, same = 0;
	enum vf_rc rc = tr_outcomes_compare(o->reference, list, &x, &n, reterr);

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		if (x[i].change == TR_SAME)
			same++;
		else
			rc = judge_change(rule, c, o, list, &x[i], f, reterr);
	}
	free(x);
	if (rc != VF_OK || same == 0)
		return rc;
	tr_study_file(about, list->file);
	tr_dated_put(by, &o->laid_down);
	tr_dated_put(start, &o->start);
	d = tr_study_draft(TR_WORD_NONE, about, o->reference->file->record, list->file->record);
	return tr_find(f, rule, &d, reterr, "%zu primary %s as laid down: %s; first enrolment: %s", same, same == 1 ? "outcome" : "outcomes", by, start);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_outcomes o;
	struct tr_finding_draft d;
	enum vf_rc rc = tr_outcomes_of(c, &o, reterr);

	if (rc != VF_OK)
		return rc;
	if (o.n && !o.reference) {
		d = tr_study_draft(TR_WORD_MISSING_RECORD, "study", NULL, NULL);
		rc = tr_find(f, rule, &d, reterr, "outcomes in %zu %s, none of them from before the first enrolment", o.n, o.n == 1 ? "place" : "places");
	}
	for (size_t i = 0; rc == VF_OK && o.reference && i < o.n; i++)
		if (&o.lists[i] != o.reference)
			rc = judge_list(rule, c, &o, &o.lists[i], f, reterr);
	if (rc == VF_OK && o.reference && o.n == 1) {
		d = tr_study_draft(TR_WORD_MISSING_RECORD, "study", o.reference->file->record, NULL);
		rc = tr_find(f, rule, &d, reterr, "outcomes in one place: nothing to compare them with");
	}
	tr_outcomes_done(&o);
	return rc;
}

const struct tr_rule tr_rule_o1 = {
	.id = "O1",
	.title = "outcomes as laid down",
	.text = "The primary outcomes in the registry, in the results and in an article are those of the protocol, or else of the registry record, before the first "
		"enrolment. Other words or another time are never judged by likeness: a person has to read them.",
	.inputs = "outcomes in protocols (USDM, M11, ODM), registry records, results, lists of an article",
	.reads = TR_READS(TR_F_OUTCOME_MEASURE),
	.run = run,
};
