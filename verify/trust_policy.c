/* policy.json, written: the other direction of policy.c; and rules as they are typed. */
#include <inttypes.h>
#include <stdio.h>

#include "verify/text.h"
#include "verify/trust_add.h"
#include "verify/trust_view.h"

static void put_time(struct vf_sink *s, const char *name, int64_t ms)
{
	char text[VF_TIME_LEN + 1];

	if (ms == VF_TIME_NONE)
		return;
	vf_time_put(text, ms);
	vf_sink_putf(s, ",\"%s\":\"%s\"", name, text);
}

static void put_tristate(struct vf_sink *s, const char *name, enum vf_tristate t)
{
	if (t != VF_ANY)
		vf_sink_putf(s, ",\"%s\":%s", name, t == VF_YES ? "true" : "false");
}

static void put_authority(struct vf_sink *s, const struct vf_authority *a)
{
	vf_sink_putf(s, "{\"name\":\"%s\",\"roots\":", a->name);
	vf_sink_json(s, a->roots);
	vf_sink_putf(s, ",\"operator\":%s,\"qualified\":%s", a->operator_ ? "true" : "false", a->qualified ? "true" : "false");
	if (a->has_max_accuracy)
		vf_sink_putf(s, ",\"max_accuracy_ms\":%" PRIu64, a->max_accuracy_ms);
	for (size_t i = 0; i < a->n_policies; i++) {
		vf_sink_str(s, i ? "," : ",\"policies\":[");
		vf_sink_json(s, a->policies[i]);
	}
	vf_sink_str(s, a->n_policies ? "]" : "");
	put_time(s, "from", a->from);
	put_time(s, "to", a->to);
	vf_sink_str(s, "}");
}

static void put_rule(struct vf_sink *s, const struct vf_policy *p, const struct vf_rule *rule)
{
	bool any = false;

	vf_sink_putf(s, "{\"count\":%" PRIu64, rule->count);
	for (size_t i = 0; rule->has_of && i < p->n_authorities; i++)
		if (rule->of[i]) {
			vf_sink_putf(s, "%s\"%s\"", any ? "," : ",\"of\":[", p->authorities[i].name);
			any = true;
		}
	vf_sink_str(s, any ? "]" : "");
	put_tristate(s, "operator", rule->operator_);
	put_tristate(s, "qualified", rule->qualified);
	vf_sink_str(s, "}");
}

void vf_policy_put(struct vf_sink *s, const struct vf_policy *p)
{
	vf_sink_str(s, "{\"schema\":\"" VF_SCHEMA_POLICY "\",\"name\":");
	vf_sink_json(s, p->name);
	for (size_t i = 0; i < p->n_authorities; i++) {
		vf_sink_str(s, i ? ",\n  " : ",\n \"authorities\":[");
		put_authority(s, &p->authorities[i]);
	}
	for (size_t i = 0; i < p->n_rules; i++) {
		vf_sink_str(s, i ? ",\n  " : "],\n \"time\":[");
		put_rule(s, p, &p->rules[i]);
	}
	vf_sink_putf(s, "],\n \"revocation\":\"%s\",\"expired\":\"%s\",\"submitter\":\"%s\"}\n",
		p->revocation_required ? "required" : "if-present", p->accept_expired ? "accept" : "refuse",
		p->submitter_required ? "required" : "optional");
}

/* ---- rules as they are typed ---- */

/* The next word between spaces and commas. */
static bool take_word(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_bytes part;
	size_t n = 0;

	while (in->n && (in->p[0] == ' ' || in->p[0] == ','))
		if (!vf_take(in, 1, &part))
			return false;
	while (n < in->n && in->p[n] != ' ' && in->p[n] != ',')
		n++;
	return n > 0 && vf_take(in, n, ret);
}

static bool is_set(enum vf_tristate *t, bool no)
{
	bool before = *t != VF_ANY;

	*t = no ? VF_NO : VF_YES;
	return before;
}

static bool take_name(struct vf_bytes word, const struct vf_policy *p, struct vf_rule *rule)
{
	size_t i = 0;

	while (i < p->n_authorities && !vf_bytes_is(word, p->authorities[i].name))
		i++;
	if (i == p->n_authorities || rule->of[i])
		return false;
	return rule->of[i] = true;
}

VF_RC vf_rule_read(const char *text, const struct vf_policy *p, struct vf_rule *ret, struct vf_err *reterr)
{
	struct vf_bytes in = vf_bytes_str(text), word;
	bool no = false, good, named = false, any = false;
	struct vf_rule rule = {0};
	char shown[80], odd[80];

	vf_text_escape(shown, sizeof(shown), in);
	good = take_word(&in, &word) && vf_decimal_read(word, VF_MAX_AUTHORITIES, &rule.count) && rule.count > 0;
	if (!good)
		return vf_fail(reterr, VF_USAGE, "'%s' is no rule like '2 of alpha,beta' or '1 not operator': it begins with a number", shown);
	while (good && take_word(&in, &word)) {
		bool negated = no;

		no = false;
		if (vf_bytes_is(word, "not")) {
			no = true;
			good = !negated;
		} else if (vf_bytes_is(word, "qualified")) {
			good = !is_set(&rule.qualified, negated);
			named = false;
		} else if (vf_bytes_is(word, "operator")) {
			good = !is_set(&rule.operator_, negated);
			named = false;
		} else if (vf_bytes_is(word, "of")) {
			good = !negated && !rule.has_of;
			rule.has_of = named = true;
		} else {
			good = !negated && named && take_name(word, p, &rule);
			any = any || good;
		}
	}
	vf_text_escape(odd, sizeof(odd), word);
	if (!good)
		return vf_fail(reterr, VF_USAGE, "the rule '%s' can't be read at '%s': 'not', 'qualified', 'operator', 'of' and pinned "
			"authorities, each once", shown, odd);
	if (no || rule.has_of != any)
		return vf_fail(reterr, VF_USAGE, "the rule '%s' is not complete", shown);
	for (size_t i = 0; !rule.has_of && i < p->n_authorities; i++)
		rule.of[i] = true;
	if (vf_rule_fitting(p, &rule, false) < rule.count)
		return vf_fail(reterr, VF_USAGE, "the rule '%s' could never be met: %zu pinned authorities fit it", shown,
			vf_rule_fitting(p, &rule, false));
	*ret = rule;
	return VF_OK;
}
