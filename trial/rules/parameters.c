#include "trial/rules/parameters.h"

#include "trial/rules/rule.h"
#include "verify/json.h"
#include "verify/text.h"

/* Days, hours: a century, so that nothing overflows. */
#define MAX_DAYS 36525

#define NO_DELAYS_8 TR_DAYS_UNSET, TR_DAYS_UNSET, TR_DAYS_UNSET, TR_DAYS_UNSET, TR_DAYS_UNSET, TR_DAYS_UNSET, TR_DAYS_UNSET, TR_DAYS_UNSET

const struct tr_parameters tr_parameters_default = {
	.reconsent_days = TR_DAYS_UNSET,
	.posting_days = 60,
	.translation_share = 50,
	.delay_days = {NO_DELAYS_8, NO_DELAYS_8, NO_DELAYS_8, TR_DAYS_UNSET},
};
_Static_assert(TR_KIND_COUNT == 25, "a delay for each kind");

struct reading {
	const struct vf_json_value *root;
	struct vf_arena *a;
	struct tr_parameters *p;
	struct vf_err *err;
};

static VF_RC take_days(const struct reading *r, const char *name, int64_t *ret)
{
	const struct vf_json_value *v = vf_json_get(r->root, name);
	uint64_t days;

	if (!v)
		return VF_OK;
	if (!vf_json_uint(v, &days) || days > MAX_DAYS)
		return vf_fail(r->err, VF_JSON_SHAPE, "'%s' is not a number from 0 to %d", name, MAX_DAYS);
	*ret = (int64_t)days;
	return VF_OK;
}

static VF_RC take_list(const struct reading *r, const char *name, struct tr_words_list *ret)
{
	const struct vf_json_value *v = vf_json_get(r->root, name);

	if (!v)
		return VF_OK;
	if (!vf_json_is_array(v))
		return vf_fail(r->err, VF_JSON_SHAPE, "'%s' is not a list of texts", name);
	ret->p = VF_NEW(r->a, vf_json_count(v) + 1, struct vf_bytes);
	if (!ret->p)
		return vf_fail(r->err, VF_NO_MEMORY, "no memory for '%s'", name);
	for (size_t i = 0; i < vf_json_count(v); i++) {
		struct vf_bytes text;

		if (!vf_json_str(vf_json_item(v, i), &text) || text.n == 0)
			return vf_fail(r->err, VF_JSON_SHAPE, "'%s' is not a list of texts", name);
		if (!vf_arena_copy(r->a, text, &ret->p[ret->n++]))
			return vf_fail(r->err, VF_NO_MEMORY, "no memory for '%s'", name);
	}
	return VF_OK;
}

static bool take_member(const struct vf_json_value *v, const char *name, struct vf_bytes *ret)
{
	const struct vf_json_value *member = vf_json_get(v, name);

	*ret = vf_bytes("", 0);
	return !member || (vf_json_str(member, ret) && ret->n > 0);
}

/* {"domain":"LB","term":"SCREENING 1"} */
static VF_RC take_rows(const struct reading *r, const char *name, struct tr_row_list *ret)
{
	static const char *const names[] = {"?domain", "?term", NULL};
	const struct vf_json_value *list = vf_json_get(r->root, name);

	if (!list)
		return VF_OK;
	if (!vf_json_is_array(list))
		return vf_fail(r->err, VF_JSON_SHAPE, "'%s' is not a list", name);
	ret->p = VF_NEW(r->a, vf_json_count(list) + 1, struct tr_row_words);
	if (!ret->p)
		return vf_fail(r->err, VF_NO_MEMORY, "no memory for '%s'", name);
	for (size_t i = 0; i < vf_json_count(list); i++) {
		const struct vf_json_value *v = vf_json_item(list, i);
		struct tr_row_words w;
		enum vf_rc rc;

		if (!vf_json_is_object(v))
			return vf_fail(r->err, VF_JSON_SHAPE, "'%s' is not a list of objects", name);
		rc = vf_json_check_names(v, names, r->err);
		if (rc != VF_OK)
			return rc;
		/* an entry for all rows would switch a rule off without a word */
		if (!take_member(v, "domain", &w.domain) || !take_member(v, "term", &w.term) || w.domain.n + w.term.n == 0)
			return vf_fail(r->err, VF_JSON_SHAPE, "'%s' has an entry that names neither a domain nor a term", name);
		if (!vf_arena_copy(r->a, w.domain, &ret->p[i].domain) || !vf_arena_copy(r->a, w.term, &ret->p[i].term))
			return vf_fail(r->err, VF_NO_MEMORY, "no memory for '%s'", name);
		ret->n++;
	}
	return VF_OK;
}

static VF_RC take_clock(const struct reading *r)
{
	const struct vf_json_value *v = vf_json_get(r->root, "reconsent_clock");
	struct vf_bytes text;

	if (!v)
		return VF_OK;
	if (vf_json_str(v, &text) && vf_bytes_is(text, "calendar"))
		r->p->reconsent_clock = TR_CLOCK_CALENDAR;
	else if (vf_json_str(v, &text) && vf_bytes_is(text, "next-visit"))
		r->p->reconsent_clock = TR_CLOCK_NEXT_VISIT;
	else
		return vf_fail(r->err, VF_JSON_SHAPE, "'reconsent_clock' is neither 'calendar' nor 'next-visit'");
	return VF_OK;
}

/* {"kind":"protocol","days":30} */
static VF_RC take_delays(const struct reading *r)
{
	static const char *const names[] = {"kind", "days", NULL};
	const struct vf_json_value *list = vf_json_get(r->root, "notarised_within");

	if (list && !vf_json_is_array(list))
		return vf_fail(r->err, VF_JSON_SHAPE, "'notarised_within' is not a list");
	for (size_t i = 0; i < vf_json_count(list); i++) {
		const struct vf_json_value *v = vf_json_item(list, i);
		struct vf_bytes kind;
		enum tr_kind k;
		uint64_t days;
		enum vf_rc rc;

		if (!vf_json_is_object(v))
			return vf_fail(r->err, VF_JSON_SHAPE, "'notarised_within' is not a list of objects");
		rc = vf_json_check_names(v, names, r->err);
		if (rc != VF_OK)
			return rc;
		if (!vf_json_str(vf_json_get(v, "kind"), &kind) || (k = tr_kind_find(kind)) == TR_KIND_NONE)
			return vf_fail(r->err, VF_JSON_SHAPE, "'notarised_within' names a kind that there is not");
		if (!vf_json_uint(vf_json_get(v, "days"), &days) || days > MAX_DAYS)
			return vf_fail(r->err, VF_JSON_SHAPE, "'days' is not a number from 0 to %d", MAX_DAYS);
		r->p->delay_days[k] = (int64_t)days;
	}
	return VF_OK;
}

/* {"rule":"D1","how":"refuse"} */
static VF_RC take_enforced(const struct reading *r)
{
	static const char *const names[] = {"rule", "how", NULL};
	const struct vf_json_value *list = vf_json_get(r->root, "enforce");

	if (list && (!vf_json_is_array(list) || vf_json_count(list) > TR_MAX_ENFORCED))
		return vf_fail(r->err, VF_JSON_SHAPE, "'enforce' is not a list of at most %d", TR_MAX_ENFORCED);
	for (size_t i = 0; i < vf_json_count(list); i++) {
		const struct vf_json_value *v = vf_json_item(list, i);
		const struct tr_rule *rule;
		struct vf_bytes text;
		char shown[40];
		enum vf_rc rc;

		if (!vf_json_is_object(v))
			return vf_fail(r->err, VF_JSON_SHAPE, "'enforce' is not a list of objects");
		rc = vf_json_check_names(v, names, r->err);
		if (rc != VF_OK)
			return rc;
		if (!vf_json_str(vf_json_get(v, "rule"), &text))
			return vf_fail(r->err, VF_JSON_SHAPE, "'rule' in 'enforce' is missing or no text");
		rule = tr_rule_find(text);
		vf_text_escape(shown, sizeof(shown), text);
		if (!rule)
			return vf_fail(r->err, VF_JSON_SHAPE, "'enforce' names a rule '%s' that there is not: docs/rules.md lists them", shown);
		if (!vf_json_str(vf_json_get(v, "how"), &text) || (!vf_bytes_is(text, "refuse") && !vf_bytes_is(text, "attach")))
			return vf_fail(r->err, VF_JSON_SHAPE, "'how' is neither 'refuse' nor 'attach'");
		r->p->enforce[r->p->n_enforce].rule = rule->id;
		r->p->enforce[r->p->n_enforce++].how = vf_bytes_is(text, "refuse") ? TR_ENFORCE_REFUSE : TR_ENFORCE_ATTACH;
	}
	return VF_OK;
}

static VF_RC take_all(const struct reading *r)
{
	static const char *const names[] = {"schema", "?reconsent_days", "?reconsent_clock", "?grace_days", "?staff_before_hours",
		"?posting_days", "?federally_funded", "?translation_share", "?notarised_within", "?screening_permitted",
		"?permitted_visits", "?languages", "?enforce", NULL};
	const struct vf_json_value *funded = vf_json_get(r->root, "federally_funded");
	int64_t share = r->p->translation_share;
	struct vf_bytes schema;
	enum vf_rc rc = vf_json_check_names(r->root, names, r->err);

	if (rc == VF_OK && (!vf_json_str(vf_json_get(r->root, "schema"), &schema) || !vf_bytes_is(schema, TR_PARAMETERS_SCHEMA)))
		rc = vf_fail(r->err, VF_JSON_SHAPE, "'schema' is not '%s'", TR_PARAMETERS_SCHEMA);
	if (rc == VF_OK && funded && !vf_json_bool(funded, &r->p->federally_funded))
		rc = vf_fail(r->err, VF_JSON_SHAPE, "'federally_funded' is neither true nor false");
	r->p->federally_funded_set = funded != NULL;
	if (rc == VF_OK)
		rc = take_days(r, "reconsent_days", &r->p->reconsent_days);
	if (rc == VF_OK)
		rc = take_days(r, "grace_days", &r->p->grace_days);
	if (rc == VF_OK)
		rc = take_days(r, "staff_before_hours", &r->p->staff_before_hours);
	if (rc == VF_OK)
		rc = take_days(r, "posting_days", &r->p->posting_days);
	if (rc == VF_OK)
		rc = take_days(r, "translation_share", &share);
	if (rc == VF_OK && share > 100)
		rc = vf_fail(r->err, VF_JSON_SHAPE, "'translation_share' is not a percentage");
	r->p->translation_share = (unsigned)share;
	if (rc == VF_OK)
		rc = take_clock(r);
	if (rc == VF_OK)
		rc = take_delays(r);
	if (rc == VF_OK)
		rc = take_rows(r, "screening_permitted", &r->p->screening_permitted);
	if (rc == VF_OK)
		rc = take_rows(r, "permitted_visits", &r->p->permitted_visits);
	if (rc == VF_OK)
		rc = take_list(r, "languages", &r->p->languages);
	return rc == VF_OK ? take_enforced(r) : rc;
}

VF_RC tr_parameters_read(struct vf_bytes json, struct vf_arena *a, struct tr_parameters *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct tr_parameters p = tr_parameters_default;
	struct reading r = {.a = a, .p = &p, .err = reterr};
	enum vf_rc rc = vf_json_parse(json, &doc, reterr);

	if (rc != VF_OK)
		return rc;
	r.root = vf_json_root(doc);
	rc = take_all(&r);
	if (rc == VF_OK)
		*ret = p;
	return rc;
}

bool tr_row_list_has(const struct tr_row_list *list, struct vf_bytes domain, struct vf_bytes term)
{
	for (size_t i = 0; i < list->n; i++)
		if ((list->p[i].domain.n == 0 || vf_bytes_eq(list->p[i].domain, domain)) &&
			(list->p[i].term.n == 0 || vf_bytes_eq(list->p[i].term, term)))
			return true;
	return false;
}
