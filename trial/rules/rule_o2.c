#include "trial/rules/outcomes.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

static VF_RC judge_list(const struct tr_rule *rule, const struct tr_case *c, struct tr_outcomes *o,
	const struct tr_outcome_list *list, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *declared;
	char about[TR_NAMED_LEN + 1], name[TR_NAMED_LEN + 1] = "";
	struct tr_outcome_change *x = NULL;
	struct tr_finding_draft d;
	size_t n = 0, changed = 0, reworded = 0;
	enum vf_rc rc = tr_outcomes_compare(o->reference, list, &x, &n, reterr);

	for (size_t i = 0; rc == VF_OK && i < n; i++) {
		changed += x[i].change == TR_SAME ? 0 : 1;
		reworded += x[i].change == TR_REWORDED || x[i].change == TR_TIME_FRAME ? 1 : 0;
	}
	free(x);
	if (rc != VF_OK || changed == 0)
		return rc;
	declared = tr_outcomes_declared(c, o, list);
	if (declared)
		tr_study_name(name, declared);
	tr_study_file(about, list->file);
	d = tr_study_draft(declared ? TR_WORD_NONE : changed == reworded ? TR_WORD_NEEDS_READER : tr_case_absent(c, TR_WORD_UNDECLARED), about, list->file->record, declared);
	return tr_find(f, rule, &d, reterr, "primary outcomes that differ: %zu; %s%s", changed,
		declared ? "before the unblinding there is " : "no amendment and no update of the registry before the unblinding", name);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_outcomes o;
	enum vf_rc rc = tr_outcomes_of(c, &o, reterr);

	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; rc == VF_OK && o.reference && i < o.n; i++)
		if (&o.lists[i] != o.reference)
			rc = judge_list(rule, c, &o, &o.lists[i], f, reterr);
	tr_outcomes_done(&o);
	return rc;
}

const struct tr_rule tr_rule_o2 = {
	.id = "O2",
	.title = "changes of outcomes declared",
	.text = "Where primary outcomes differ from those laid down, an amendment or an update of the registry "
		"record between that and the unblinding declares it (CONSORT item 6b). That there is one, and "
		"that it does not itself list the outcomes as they were, is all that is checked: whether it is "
		"about the change is for a reader, and so is whether other words are a change at all.",
	.inputs = "as for O1; records of kind amendment, registration, unblinding",
	.run = run,
};
