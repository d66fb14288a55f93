#include "verify/trust_policy.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/record.h"
#include "verify/text.h"

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
	vf_sink_putf(s, ",\"operator\":%s,\"qualified\":%s", a->operator_ ? "true" : "false",
		a->qualified ? "true" : "false");
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

/* ---- authorities and rules as they are typed ---- */

/* A time, or a day: its first moment, or its last. */
static VF_RC read_date(const char *text, bool is_end, int64_t *ret, struct vf_err *reterr)
{
	char whole[40], shown[80];

	*ret = VF_TIME_NONE;
	if (!text)
		return VF_OK;
	snprintf(whole, sizeof(whole), "%.12s%s", text, is_end ? "T23:59:59.999Z" : "T00:00:00Z");
	if (vf_time_read(vf_bytes_str(text), ret) || vf_time_read(vf_bytes_str(whole), ret))
		return VF_OK;
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text));
	return vf_fail(reterr, VF_USAGE, "'%s' is no day like 2026-03-02 and no time like 2026-03-02T14:07:31Z", shown);
}

VF_RC vf_authority_read(const struct vf_options *o, struct vf_authority *ret, struct vf_err *reterr)
{
	const char *accuracy = o->add[VF_ADD_ACCURACY];
	enum vf_rc rc;
	char shown[80];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(o->add[VF_ADD_AUTHORITY]));
	if (!vf_word_is(vf_bytes_str(o->add[VF_ADD_AUTHORITY])))
		return vf_fail(reterr, VF_USAGE,
			"'%s' is no name of an authority: lower-case letters, digits and '-', at most 32", shown);
	*ret = (struct vf_authority){.name = o->add[VF_ADD_AUTHORITY],
		.operator_ = o->operator_,
		.qualified = o->qualified,
		.has_max_accuracy = accuracy != NULL};
	if (accuracy && !vf_decimal_read(vf_bytes_str(accuracy), INT64_MAX, &ret->max_accuracy_ms))
		return vf_fail(reterr, VF_USAGE, "--max-accuracy-ms is a number of milliseconds");
	rc = read_date(o->add[VF_ADD_FROM], false, &ret->from, reterr);
	if (rc == VF_OK)
		rc = read_date(o->add[VF_ADD_TO], true, &ret->to, reterr);
	if (rc == VF_OK && ret->from != VF_TIME_NONE && ret->to != VF_TIME_NONE && ret->from > ret->to)
		return vf_fail(reterr, VF_USAGE, "--from is later than --to");
	return rc;
}

size_t vf_rule_fitting(const struct vf_policy *p, const struct vf_rule *rule, bool operators_only)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_authorities; i++)
		n += vf_rule_fit(p, rule, i) == VF_FITS && (!operators_only || p->authorities[i].operator_);
	return n;
}

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
		return vf_fail(reterr, VF_USAGE,
			"'%s' is no rule like '2 of alpha,beta' or '1 not operator': it begins with a number", shown);
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
		return vf_fail(reterr, VF_USAGE,
			"the rule '%s' can't be read at '%s': 'not', 'qualified', 'operator', 'of' and pinned "
			"authorities, each once",
			shown, odd);
	if (no || rule.has_of != any)
		return vf_fail(reterr, VF_USAGE, "the rule '%s' is not complete", shown);
	for (size_t i = 0; !rule.has_of && i < p->n_authorities; i++)
		rule.of[i] = true;
	if (vf_rule_fitting(p, &rule, false) < rule.count)
		return vf_fail(reterr, VF_USAGE, "the rule '%s' could never be met: %zu pinned authorities fit it",
			shown, vf_rule_fitting(p, &rule, false));
	*ret = rule;
	return VF_OK;
}
