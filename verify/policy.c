#include "verify/policy.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/json.h"
#include "verify/record.h"
#include "verify/text.h"

static enum vf_rc unfit(struct vf_err *reterr, const char *field)
{
	return vf_fail(reterr, VF_POLICY_SHAPE, "policy: '%s' is malformed", field);
}

/* A policy is the user's own file: whatever is wrong with it is POLICY_SHAPE. */
static enum vf_rc reshape(struct vf_err *reterr, enum vf_rc rc)
{
	if (rc != VF_JSON_SHAPE)
		return rc;
	if (reterr)
		reterr->rc = VF_POLICY_SHAPE;
	vf_err_prefix(reterr, "policy");
	return VF_POLICY_SHAPE;
}

static bool take_cstr(struct vf_bytes s, struct vf_arena *a, const char **ret)
{
	char *p = vf_arena_take(a, s.n + 1, 1);

	if (!p)
		return false;
	memcpy(p, s.p, s.n);
	*ret = p;
	return true;
}

static bool optional_tristate(const struct vf_json_value *v, enum vf_tristate *ret)
{
	bool b;

	if (!v)
		return true;
	if (!vf_json_bool(v, &b))
		return false;
	*ret = b ? VF_YES : VF_NO;
	return true;
}

static bool optional_time(const struct vf_json_value *v, int64_t *ret)
{
	struct vf_bytes s;

	*ret = VF_TIME_NONE;
	return !v || (vf_json_str(v, &s) && vf_time_read(s, ret));
}

static bool is_dotted(struct vf_bytes s)
{
	struct vf_bytes part;
	size_t parts = 1;
	uint64_t v;

	for (; vf_take_until(&s, '.', &part); parts++)
		if (!vf_decimal_read(part, INT64_MAX, &v))
			return false;
	return parts >= 2 && vf_decimal_read(s, INT64_MAX, &v);
}

static enum vf_rc parse_oids(const struct vf_json_value *v, struct vf_arena *a, struct vf_authority *auth,
	struct vf_err *reterr)
{
	struct vf_bytes s;

	if (!v)
		return VF_OK;
	auth->n_policies = vf_json_count(v);
	if (auth->n_policies == 0 || auth->n_policies > 32)
		return unfit(reterr, "policies");
	auth->policies = VF_NEW(a, auth->n_policies, struct vf_bytes);
	if (!auth->policies)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the policy");
	for (size_t i = 0; i < auth->n_policies; i++)
		if (!vf_json_str(vf_json_item(v, i), &s) || !is_dotted(s) ||
			!vf_arena_copy(a, s, &auth->policies[i]))
			return unfit(reterr, "policies");
	return VF_OK;
}

static enum vf_rc parse_authority(const struct vf_json_value *v, struct vf_arena *a,
	struct vf_authority *ret, struct vf_err *reterr)
{
	static const char *const names[] = {"name", "roots", "operator", "qualified", "?max_accuracy_ms",
		"?policies", "?from", "?to", NULL};
	const struct vf_json_value *accuracy = vf_json_get(v, "max_accuracy_ms");
	struct vf_bytes name, roots;
	enum vf_rc rc = vf_json_check_names(v, names, reterr);

	if (rc != VF_OK)
		return reshape(reterr, rc);
	if (!vf_json_str(vf_json_get(v, "name"), &name) || !vf_word_is(name) || !take_cstr(name, a, &ret->name))
		return unfit(reterr, "name");
	if (!vf_json_str(vf_json_get(v, "roots"), &roots) || vf_name_check(roots, NULL) != VF_OK ||
		!vf_bytes_starts(roots, "tsa/") || !vf_arena_copy(a, roots, &ret->roots))
		return unfit(reterr, "roots");
	if (!vf_json_bool(vf_json_get(v, "operator"), &ret->operator_) ||
		!vf_json_bool(vf_json_get(v, "qualified"), &ret->qualified))
		return unfit(reterr, "operator or qualified");
	ret->has_max_accuracy = accuracy != NULL;
	if (accuracy && !vf_json_uint(accuracy, &ret->max_accuracy_ms))
		return unfit(reterr, "max_accuracy_ms");
	if (!optional_time(vf_json_get(v, "from"), &ret->from) || !optional_time(vf_json_get(v, "to"), &ret->to))
		return unfit(reterr, "from or to");
	return parse_oids(vf_json_get(v, "policies"), a, ret, reterr);
}

static enum vf_rc parse_authorities(const struct vf_json_value *v, struct vf_arena *a,
	struct vf_policy *p, struct vf_err *reterr)
{
	p->n_authorities = vf_json_count(v);
	if (p->n_authorities == 0 || p->n_authorities > VF_MAX_AUTHORITIES)
		return unfit(reterr, "authorities");
	for (size_t i = 0; i < p->n_authorities; i++) {
		enum vf_rc rc = parse_authority(vf_json_item(v, i), a, &p->authorities[i], reterr);

		if (rc != VF_OK)
			return rc;
		for (size_t j = 0; j < i; j++)
			if (strcmp(p->authorities[i].name, p->authorities[j].name) == 0)
				return vf_fail(reterr, VF_POLICY_SHAPE, "policy: the authority '%s' is listed twice",
					p->authorities[i].name);
	}
	return VF_OK;
}

static enum vf_rc parse_of(const struct vf_json_value *v, const struct vf_policy *p, struct vf_rule *rule,
	struct vf_err *reterr)
{
	struct vf_bytes name;
	char shown[80];

	rule->has_of = v != NULL;
	if (v && vf_json_count(v) == 0)
		return unfit(reterr, "of");
	for (size_t i = 0; i < p->n_authorities; i++)
		rule->of[i] = v == NULL;
	for (size_t k = 0; k < vf_json_count(v); k++) {
		size_t i = 0;

		if (!vf_json_str(vf_json_item(v, k), &name))
			return unfit(reterr, "of");
		while (i < p->n_authorities && !vf_bytes_is(name, p->authorities[i].name))
			i++;
		vf_text_escape(shown, sizeof(shown), name);
		if (i == p->n_authorities || rule->of[i])
			return vf_fail(reterr, VF_POLICY_SHAPE, "policy: a rule names '%s', which is %s", shown,
				i == p->n_authorities ? "no authority" : "there already");
		rule->of[i] = true;
	}
	return VF_OK;
}

static enum vf_rc parse_rules(const struct vf_json_value *v, struct vf_policy *p, struct vf_err *reterr)
{
	static const char *const names[] = {"count", "?of", "?operator", "?qualified", NULL};

	p->n_rules = vf_json_count(v);
	if (p->n_rules == 0 || p->n_rules > VF_MAX_RULES)
		return unfit(reterr, "time");
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct vf_json_value *item = vf_json_item(v, i);
		struct vf_rule *rule = &p->rules[i];
		enum vf_rc rc = vf_json_check_names(item, names, reterr);

		if (rc != VF_OK)
			return reshape(reterr, rc);
		if (!vf_json_uint(vf_json_get(item, "count"), &rule->count) || rule->count == 0 ||
			rule->count > p->n_authorities)
			return unfit(reterr, "count");
		if (!optional_tristate(vf_json_get(item, "operator"), &rule->operator_) ||
			!optional_tristate(vf_json_get(item, "qualified"), &rule->qualified))
			return unfit(reterr, "operator or qualified");
		rc = parse_of(vf_json_get(item, "of"), p, rule, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* One of two words; false for anything else. */
static bool take_choice(const struct vf_json_value *v, const char *no, const char *yes, bool *ret)
{
	struct vf_bytes s;

	if (!vf_json_str(v, &s) || (!vf_bytes_is(s, no) && !vf_bytes_is(s, yes)))
		return false;
	*ret = vf_bytes_is(s, yes);
	return true;
}

static enum vf_rc parse_policy(const struct vf_json_value *root, struct vf_arena *a, struct vf_policy *p,
	struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "name", "authorities", "time", "revocation", "expired",
		"submitter", NULL};
	struct vf_bytes s;
	enum vf_rc rc = vf_json_check_names(root, names, reterr);

	if (rc != VF_OK)
		return reshape(reterr, rc);
	if (!vf_json_str(vf_json_get(root, "schema"), &s) || !vf_bytes_is(s, VF_SCHEMA_POLICY))
		return vf_fail(reterr, VF_POLICY_SHAPE, "policy: the schema is not '%s'", VF_SCHEMA_POLICY);
	if (!vf_json_str(vf_json_get(root, "name"), &s) || s.n == 0 || s.n > 300 || !vf_text_is_plain(s) ||
		!vf_arena_copy(a, s, &p->name))
		return unfit(reterr, "name");
	if (!take_choice(vf_json_get(root, "revocation"), "if-present", "required", &p->revocation_required))
		return unfit(reterr, "revocation");
	if (!take_choice(vf_json_get(root, "expired"), "refuse", "accept", &p->accept_expired))
		return unfit(reterr, "expired");
	if (!take_choice(vf_json_get(root, "submitter"), "optional", "required", &p->submitter_required))
		return unfit(reterr, "submitter");
	rc = parse_authorities(vf_json_get(root, "authorities"), a, p, reterr);
	return rc == VF_OK ? parse_rules(vf_json_get(root, "time"), p, reterr) : rc;
}

VF_RC vf_policy_parse(struct vf_bytes json, struct vf_arena *a, struct vf_policy *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_policy *p = VF_NEW(a, 1, struct vf_policy);
	enum vf_rc rc;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the policy");
	rc = vf_json_parse(json, &doc, reterr);
	if (rc != VF_OK)
		return reshape(reterr, rc);
	p->sha256 = vf_sha256(json);
	rc = parse_policy(vf_json_root(doc), a, p, reterr);
	if (rc != VF_OK && a->full)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the policy");
	if (rc == VF_OK)
		*ret = *p;
	return rc;
}

VF_RC vf_stream_pin_parse(struct vf_bytes json, struct vf_stream_pin *ret, struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "stream", "?key", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *root, *key;
	struct vf_stream_pin pin = {0};
	struct vf_bytes s;
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	if (rc != VF_OK)
		return reshape(reterr, rc);
	root = vf_json_root(doc);
	key = vf_json_get(root, "key");
	rc = vf_json_check_names(root, names, reterr);
	if (rc != VF_OK)
		return reshape(reterr, rc);
	pin.has_key = key != NULL;
	if (!vf_json_str(vf_json_get(root, "schema"), &s) || !vf_bytes_is(s, VF_SCHEMA_STREAM_PIN) ||
		!vf_json_hex(vf_json_get(root, "stream"), pin.stream.b, sizeof(pin.stream.b)) ||
		(key && !vf_json_hex(key, pin.key.b, sizeof(pin.key.b))))
		return vf_fail(reterr, VF_POLICY_SHAPE, "a stream pin is malformed");
	*ret = pin;
	return VF_OK;
}

enum vf_fit vf_rule_fit(const struct vf_policy *p, const struct vf_rule *rule, size_t i)
{
	const struct vf_authority *auth = &p->authorities[i];

	if (!rule->of[i])
		return VF_NOT_LISTED;
	if (rule->operator_ != VF_ANY && (rule->operator_ == VF_YES) != auth->operator_)
		return auth->operator_ ? VF_IS_OPERATOR : VF_NOT_OPERATOR;
	if (rule->qualified != VF_ANY && (rule->qualified == VF_YES) != auth->qualified)
		return auth->qualified ? VF_IS_QUALIFIED : VF_NOT_QUALIFIED;
	return VF_FITS;
}

void vf_policy_tally(const struct vf_policy *p, const struct vf_rule *rule, const struct vf_vote *votes, size_t n,
	int64_t until, struct vf_tally *ret)
{
	uint32_t fitting = 0;

	ret->count = 0;
	for (size_t i = 0; i < VF_MAX_AUTHORITIES; i++) {
		ret->times[i] = VF_TIME_NONE;
		fitting |= i < p->n_authorities && vf_rule_fit(p, rule, i) == VF_FITS ? UINT32_C(1) << i : 0;
	}
	for (size_t v = 0; v < n; v++) {
		int64_t *time = &ret->times[votes[v].authority];

		/* who first stamped and whoever renewed since */
		if (((UINT32_C(1) << votes[v].authority | votes[v].renewed_by) & ~fitting) != 0 || votes[v].time > until)
			continue;
		ret->count += *time == VF_TIME_NONE;
		if (*time == VF_TIME_NONE || votes[v].time < *time)
			*time = votes[v].time;
	}
	ret->met = ret->count >= rule->count;
}

VF_RC vf_policy_check(const struct vf_policy *p, const struct vf_vote *votes, size_t n, int64_t until,
	struct vf_err *reterr)
{
	for (size_t r = 0; r < p->n_rules; r++) {
		char missing[160] = "none that fits is pinned";
		struct vf_tally tally;
		size_t at = 0;

		vf_policy_tally(p, &p->rules[r], votes, n, until, &tally);
		for (size_t i = 0; i < p->n_authorities && at < sizeof(missing); i++)
			if (tally.times[i] == VF_TIME_NONE && vf_rule_fit(p, &p->rules[r], i) == VF_FITS)
				at += (size_t)snprintf(missing + at, sizeof(missing) - at, "%s%s", at ? ", " : "",
					p->authorities[i].name);
		if (!tally.met)
			return vf_fail(reterr, VF_POLICY_UNMET,
				"rule %zu needs %" PRIu64 " time-stamping authorities and has %" PRIu64 "; missing: %s",
				r + 1, p->rules[r].count, tally.count, missing);
	}
	return VF_OK;
}
