#include "trial/rules/rule.h"

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
