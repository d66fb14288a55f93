#include "trial/rules/rule.h"
#include "trial/rules/study.h"

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_enrolment e = tr_study_enrolment(c);
	struct tr_finding_draft d;
	size_t n = 0;

	for (size_t i = tr_case_next(c, TR_PROTOCOL, 0); i < c->n_records; i = tr_case_next(c, TR_PROTOCOL, i + 1)) {
		struct tr_dated a = tr_case_anchor(&c->records[i]);

		if (tr_dated_is(&e.when) && tr_dated_is(&a) && tr_dated_cmp(&a, &e.when) > 0)
			continue;
		n++;
		for (size_t j = tr_case_next(c, TR_PROTOCOL, i + 1); j < c->n_records; j = tr_case_next(c, TR_PROTOCOL, j + 1)) {
			char one[TR_NAMED_LEN + 1], two[TR_NAMED_LEN + 1];

			a = tr_case_anchor(&c->records[j]);
			if ((tr_dated_is(&e.when) && tr_dated_is(&a) && tr_dated_cmp(&a, &e.when) > 0) ||
				tr_study_comes_after(c, &c->records[j], &c->records[i], true))
				continue;
			tr_study_name(one, &c->records[i]);
			tr_study_name(two, &c->records[j]);
			d = tr_study_draft(TR_WORD_NEEDS_READER, one, &c->records[i], &c->records[j]);
			d.warning = true;
			return tr_find(f, rule, &d, reterr, "%s does not supersede it: more than one protocol before the first enrolment", two);
		}
	}
	if (n == 0)
		return VF_OK;
	d = tr_study_draft(TR_WORD_NONE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "%zu protocol %s before the first enrolment, one after the other", n,
		n == 1 ? "version" : "versions");
}

const struct tr_rule tr_rule_t2 = {
	.id = "T2",
	.title = "one protocol",
	.text = "Who notarises several protocols could choose afterwards which one it was. Before the first enrolment each version has to "
		"supersede the one before. A warning: a person has to look at it.",
	.inputs = "all records of kind protocol",
	.warning = true,
	.whole = true,
	.run = run,
};
