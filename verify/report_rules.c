/* What came of the rules of the policy, in words that the screen, the page and the JSON share. */
#include <inttypes.h>

#include "verify/report.h"
#include "verify/text.h"

static void put_names(struct vf_sink *s, const struct vf_policy *p, const struct vf_rule *rule)
{
	bool any = false;

	for (size_t i = 0; i < p->n_authorities; i++) {
		if (!rule->of[i])
			continue;
		vf_sink_putf(s, "%s%s", any ? ", " : " of ", p->authorities[i].name);
		any = true;
	}
}

void vf_rule_words(struct vf_sink *s, const struct vf_policy *p, const struct vf_rule *rule)
{
	const char *kind = rule->qualified == VF_YES ? "qualified" : rule->qualified == VF_NO ? "not qualified" : "";

	vf_sink_putf(s, "at least %" PRIu64, rule->count);
	if (rule->has_of)
		put_names(s, p, rule);
	if (rule->has_of && kind[0])
		vf_sink_putf(s, ", %s", kind);
	if (!rule->has_of)
		vf_sink_putf(s, "%s%s %s", kind[0] ? " " : "", kind, rule->count == 1 ? "authority" : "authorities");
	if (rule->operator_ != VF_ANY)
		vf_sink_putf(s, ", %srun by the operator of the log", rule->operator_ == VF_NO ? "not " : "");
}

static const char *const fit_codes[] = {
	"COUNTS", "NOT_LISTED", "OPERATOR", "NOT_OPERATOR", "QUALIFIED", "NOT_QUALIFIED"};
static const char *const fit_words[] = {"it counts", "the rule does not name it", "the operator of the log runs it",
	"the operator of the log does not run it", "it is qualified", "it is not qualified"};

/* Its place in the policy; n_authorities when no pinned authority vouches for it. */
static size_t authority_of(const struct vf_policy *p, const struct vf_stamp *t)
{
	size_t i = 0;

	while (i < p->n_authorities && p->authorities[i].name != t->authority)
		i++;
	return i;
}

static bool is_renewed_by_unfit(const struct vf_policy *p, const struct vf_rule *rule, const struct vf_stamp *t)
{
	for (size_t i = 0; i < p->n_authorities; i++)
		if ((t->renewed_by >> i & 1) && vf_rule_fit(p, rule, i) != VF_FITS)
			return true;
	return false;
}

static bool is_first(const struct vf_stamp *t)
{
	return t->chain == 0 && t->index == 0;
}

/* The stamp whose time the tally names: the first such one. */
static bool is_counted(const struct vf_report *r, size_t rule, size_t at, size_t authority)
{
	const struct vf_stamp *t = &r->stamps[at];

	if (t->gen_time != r->rules[rule].times[authority])
		return false;
	for (size_t i = 0; i < at; i++)
		if (is_first(&r->stamps[i]) && r->stamps[i].counts && r->stamps[i].authority == t->authority &&
			r->stamps[i].gen_time == t->gen_time &&
			!is_renewed_by_unfit(r->policy, &r->policy->rules[rule], &r->stamps[i]))
			return false;
	return true;
}

/* False when it counts. */
static bool explain(const struct vf_report *r, size_t rule, size_t at, struct vf_uncounted *ret)
{
	const struct vf_stamp *t = &r->stamps[at];
	size_t i = authority_of(r->policy, t);
	enum vf_fit fit;

	*ret = (struct vf_uncounted){t, "DOES_NOT_HOLD", "it does not hold"};
	if (t->why) {
		ret->code = vf_rc_name(t->why->rc);
		ret->text = t->why->text;
	}
	if (!t->counts || i == r->policy->n_authorities)
		return true;
	fit = vf_rule_fit(r->policy, &r->policy->rules[rule], i);
	ret->code = fit_codes[fit];
	ret->text = fit_words[fit];
	if (fit != VF_FITS)
		return true;
	if (is_renewed_by_unfit(r->policy, &r->policy->rules[rule], t)) {
		ret->code = "RENEWED_BY_OTHER";
		ret->text = "it rests on a renewal by an authority that the rule does not accept";
		return true;
	}
	ret->code = "COUNTED_ONCE";
	ret->text = "each authority counts once";
	if (r->rules[rule].times[i] != VF_TIME_NONE)
		return !is_counted(r, rule, at, i);
	ret->code = "NOT_ALL_FILES";
	ret->text = "it does not cover every file";
	return true;
}

bool vf_report_uncounted(const struct vf_report *r, size_t rule, size_t *at, struct vf_uncounted *ret)
{
	while (*at < r->n_stamps) {
		size_t i = (*at)++;

		if (is_first(&r->stamps[i]) && explain(r, rule, i, ret))
			return true;
	}
	return false;
}

bool vf_report_is_missing(const struct vf_report *r, size_t rule, size_t authority)
{
	return r->rules[rule].times[authority] == VF_TIME_NONE &&
		vf_rule_fit(r->policy, &r->policy->rules[rule], authority) == VF_FITS;
}
