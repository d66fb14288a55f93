#include "trial/rules/rule.h"
#include "trial/rules/study.h"

static const struct tr_rule *const rules[] = {
#define TR_RULE(id) &tr_rule_##id,
#include "trial/rules/rules.def"
#undef TR_RULE
};

const struct tr_rule *tr_rule_at(size_t at)
{
	return at < sizeof(rules) / sizeof(rules[0]) ? rules[at] : NULL;
}

const struct tr_rule *tr_rule_find(struct vf_bytes id)
{
	const struct tr_rule *r;

	for (size_t i = 0; (r = tr_rule_at(i)) != NULL; i++)
		if (vf_bytes_is(id, r->id))
			return r;
	return NULL;
}

const char *tr_rule_of_persons(const struct tr_rule *rule, enum tr_word word)
{
	return rule->broken && tr_word_verdict(word) == TR_FAIL ? rule->broken : tr_word_about(word);
}

static bool concerns(const struct tr_rule *rule, const struct tr_case_file *file)
{
	const enum tr_fact_name *name = rule->reads;
	size_t at = 0;
	bool any = name && *name == TR_FACT_COUNT;

	for (; name && *name != TR_FACT_COUNT && !any; name++, at = 0)
		any = tr_case_in_file(file, *name, &at) != NULL;
	return any;
}

/* What was read counts; what follows is not known, so nothing is said of a file as a whole. */
static VF_RC tell_broken(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++) {
			const struct tr_case_file *file = &c->records[i].files[j];
			char about[TR_NAMED_LEN + 1];
			struct tr_finding_draft d;

			if (!file->at_hand || file->facts.rc == VF_OK || file->facts.rc == VF_NOT_CHECKED || !concerns(rule, file))
				continue;
			tr_study_file(about, file);
			d = tr_study_draft(TR_WORD_PARSE_ERROR, about, file->record, NULL);
			d.warning = rule->warning;
			rc = tr_find(f, rule, &d, reterr, "it cannot be read to its end (%s): what follows is not known", vf_rc_name(file->facts.rc));
		}
	return rc;
}

static VF_RC run_one(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	static const struct tr_finding_draft none = {.none = true}, missing = {.word = TR_WORD_MISSING_RECORD};
	size_t before = f->n;
	enum vf_rc rc;

	if (rule->whole && !c->is_whole)
		return tr_find(f, rule, &missing, reterr, "not all records of the study are at hand");
	/* what counts without it may be more lenient, or stricter, than what the study says */
	if (rule->laid_down & c->not_at_hand)
		return tr_find(f, rule, &missing, reterr, "what the study lays down for this rule is not at hand");
	rc = rule->run(rule, c, f, reterr);
	if (rc == VF_OK && rule->reads)
		rc = tell_broken(rule, c, f, reterr);
	if (rc == VF_OK && f->n == before)
		rc = tr_find(f, rule, &none, reterr, "nothing that this rule is about");
	return rc;
}

VF_RC tr_rules_run(const struct tr_case *c, const struct tr_rule *one, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_rule *r;
	enum vf_rc rc = VF_OK;

	if (one)
		return run_one(one, c, f, reterr);
	for (size_t i = 0; rc == VF_OK && (r = tr_rule_at(i)) != NULL; i++)
		rc = run_one(r, c, f, reterr);
	return rc;
}
