/* The provisions of a Consent as permissions (docs/formats/fhir-consent.md, "Permissions"). */
#include "trial/fhir_inside.h"
#include "trial/format.h"

#define MAX_WORD 64

/* What a provision gets from those around it. */
struct around {
	const struct tr_fhir_node *period;
	struct vf_bytes purpose;
	size_t depth;
};

static VF_RC make_word(struct tr_fhir_reading *r, struct vf_bytes code, const struct tr_fhir_node *at, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	char word[MAX_WORD + 3] = "";
	size_t n = 0;

	if (code.n > MAX_WORD)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, at, "a code too long for a name: give one (--map)");
	for (size_t i = 0; i < code.n; i++) {
		uint8_t c = code.p[i];
		bool is_upper = c >= 'A' && c <= 'Z', is_lower = c >= 'a' && c <= 'z', is_digit = c >= '0' && c <= '9';

		if (n == 0 && !is_upper && !is_lower) {
			word[n++] = 'c';
			word[n++] = '-';
		}
		word[n++] = is_upper ? (char)(c - 'A' + 'a') : is_lower || is_digit ? (char)c : '-';
	}
	if (!tr_format_has(TR_FORMAT_WORD, vf_bytes(word, n)))
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, at, "a code that makes no name: give one (--map)");
	return vf_arena_copy(r->a, vf_bytes(word, n), ret) ? VF_OK : tr_fhir_no_memory(reterr);
}

static const struct tr_fhir_name *find_name(const struct tr_fhir_reading *r, const struct tr_fhir_node *coding)
{
	for (size_t i = 0; i < r->ask->n_names; i++) {
		const struct tr_fhir_name *m = &r->ask->names[i];

		if (vf_bytes_eq(m->code, tr_fhir_value(coding, "code")) &&
			(m->system.n == 0 || vf_bytes_eq(m->system, tr_fhir_value(coding, "system"))))
			return m;
	}
	return NULL;
}

/* Codings of one concept are synonyms: one that was named, else one of ours, else the first. */
static VF_RC read_name(struct tr_fhir_reading *r, const struct tr_fhir_node *concept, struct vf_bytes *ret,
	struct tr_fhir_code *ret_code, struct vf_err *reterr)
{
	const struct tr_fhir_node *chosen = tr_fhir_coding(concept, TR_FHIR_PERMISSION, NULL), *coding;
	const struct tr_fhir_name *name = NULL;

	for (coding = tr_fhir_get(concept, "coding"); coding; coding = tr_fhir_next(coding)) {
		const struct tr_fhir_name *m = find_name(r, coding);

		if (m && name && !vf_bytes_eq(m->name, name->name))
			return tr_fhir_fail(reterr, VF_FHIR_UNFIT, coding, "two names were given for one code");
		if (m)
			chosen = coding;
		if (m)
			name = m;
	}
	if (!chosen)
		chosen = tr_fhir_get(concept, "coding");
	if (!chosen || tr_fhir_value(chosen, "code").n == 0)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, concept, "a permission without a code");
	*ret_code = (struct tr_fhir_code){tr_fhir_value(chosen, "system"), tr_fhir_value(chosen, "code")};
	*ret = name ? name->name : ret_code->code;
	if (name || (tr_fhir_is_coding(chosen, TR_FHIR_PERMISSION, NULL) && tr_format_has(TR_FORMAT_WORD, ret_code->code)))
		return VF_OK;
	return make_word(r, ret_code->code, chosen, ret, reterr);
}

static bool is_same(const struct tr_permission *a, const struct tr_permission *b)
{
	return a->is_granted == b->is_granted && vf_bytes_eq(a->purpose, b->purpose) &&
		vf_bytes_eq(a->delegate, b->delegate) && vf_bytes_eq(a->from, b->from) && vf_bytes_eq(a->until, b->until);
}

static VF_RC add_permission(struct tr_fhir_reading *r, const struct tr_permission *p, struct tr_fhir_code code,
	const struct tr_fhir_node *at, struct vf_err *reterr)
{
	struct tr_facts *f = &r->c.facts;
	const struct tr_permission *before = tr_permission_find(f, p->name);

	if (r->is_rejected && p->is_granted)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, at, "it permits, but its status is 'rejected'");
	if (before && is_same(before, p))
		return VF_OK;
	if (before)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, at, "the same permission twice, and not the same answer");
	if (f->n_permissions == TR_FHIR_MAX_PERMISSIONS)
		return tr_fhir_fail(reterr, VF_LIMIT, at, "too many permissions");
	r->c.codes[f->n_permissions] = code;
	f->permissions[f->n_permissions++] = *p;
	return VF_OK;
}

/* What narrows a provision and has no place in a permission. */
static VF_RC check_narrow(const struct tr_fhir_node *p, struct vf_err *reterr)
{
	static const char *const narrow[] = {"action", "securityLabel", "class", "dataPeriod", "data"};

	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		if (tr_fhir_get(p, narrow[i]))
			return tr_fhir_fail(reterr, VF_FHIR_UNFIT, tr_fhir_get(p, narrow[i]),
				"it narrows what was said, and a permission has no place for it");
	return VF_OK;
}

static VF_RC read_delegate(const struct tr_fhir_node *p, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct tr_fhir_node *actor = tr_fhir_get(p, "actor"), *role = tr_fhir_get(actor, "role"),
				  *who = tr_fhir_get(actor, "reference");

	if (!actor)
		return VF_OK;
	if (tr_fhir_next(actor) ||
		(!tr_fhir_coding(role, TR_FHIR_PERFORMERS, "delegatee") && !tr_fhir_coding(role, TR_FHIR_RELATIONS, "DELEGATEE")))
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, actor, "it narrows what was said, and is no single delegate");
	*ret = tr_fhir_value(who, "display");
	if (ret->n == 0)
		*ret = tr_fhir_value(who, "reference");
	return tr_fhir_is_text(*ret) ? VF_OK : tr_fhir_fail(reterr, VF_FHIR_SHAPE, actor, "a delegate without a name in plain text");
}

static VF_RC read_purpose(struct tr_fhir_reading *r, const struct tr_fhir_node *p, struct vf_bytes *ret, struct vf_err *reterr)
{
	const struct tr_fhir_node *purpose = tr_fhir_get(p, "purpose");
	char text[TR_FHIR_MAX_TEXT];
	size_t n = 0;

	if (!purpose)
		return VF_OK;
	for (; purpose; purpose = tr_fhir_next(purpose)) {
		struct vf_bytes one = tr_fhir_value(purpose, "display");

		if (one.n == 0)
			one = tr_fhir_value(purpose, "code");
		if (!tr_fhir_is_text(one) || n + one.n + 2 > sizeof(text))
			return tr_fhir_fail(reterr, VF_FHIR_SHAPE, purpose, "a purpose without plain text, or with too much of it");
		if (n > 0) {
			memcpy(text + n, ", ", 2);
			n += 2;
		}
		memcpy(text + n, one.p, one.n);
		n += one.n;
	}
	return vf_arena_copy(r->a, vf_bytes(text, n), ret) ? VF_OK : tr_fhir_no_memory(reterr);
}

static VF_RC read_period(struct tr_fhir_reading *r, const struct tr_fhir_node *period, struct tr_permission *ret,
	struct vf_err *reterr)
{
	const struct tr_fhir_node *start = tr_fhir_get(period, "start"), *end = tr_fhir_get(period, "end");
	enum vf_rc rc = VF_OK;

	if (start && start->value.n > 0)
		rc = tr_fhir_time(r, start, &ret->from, reterr);
	if (rc == VF_OK && end && end->value.n > 0)
		rc = tr_fhir_time(r, end, &ret->until, reterr);
	return rc;
}

/* Of a provision, or of the root when it has none: OPTIN and OPTOUT with what follows them. */
static bool said_answer(const struct tr_fhir_reading *r, const struct tr_fhir_node *p, bool *ret)
{
	struct vf_bytes type = tr_fhir_value(p, "type");
	const struct tr_fhir_node *rule = tr_fhir_coding(tr_fhir_get(r->root, "policyRule"), TR_FHIR_ACTS, NULL);
	struct vf_bytes code = tr_fhir_value(rule, "code");

	*ret = type.n > 0 ? vf_bytes_is(type, "permit") : vf_bytes_starts(code, "OPTIN");
	if (type.n > 0)
		return vf_bytes_is(type, "permit") || vf_bytes_is(type, "deny");
	return (!p || p->parent == r->root) && (*ret || vf_bytes_starts(code, "OPTOUT"));
}

static VF_RC add_whole(struct tr_fhir_reading *r, const struct tr_fhir_node *p, struct tr_permission *one, struct vf_err *reterr)
{
	if (!said_answer(r, p, &one->is_granted))
		return VF_OK; /* an empty list of permissions is refused at the end */
	one->name = vf_bytes_str(TR_PARTICIPATION);
	return add_permission(r, one, (struct tr_fhir_code){{NULL, 0}, {NULL, 0}}, p ? p : r->root, reterr);
}

static VF_RC add_codes(struct tr_fhir_reading *r, const struct tr_fhir_node *p, struct tr_permission *one, struct vf_err *reterr)
{
	const struct tr_fhir_node *code = tr_fhir_get(p, "code");
	struct tr_fhir_code said;
	enum vf_rc rc = VF_OK;

	if (!said_answer(r, p, &one->is_granted))
		return tr_fhir_fail(reterr, tr_fhir_value(p, "type").n ? VF_FHIR_SHAPE : VF_FHIR_UNFIT, p,
			"it does not say 'permit' or 'deny'");
	for (; rc == VF_OK && code; code = tr_fhir_next(code)) {
		rc = read_name(r, code, &one->name, &said, reterr);
		if (rc == VF_OK)
			rc = add_permission(r, one, said, code, reterr);
	}
	return rc;
}

static VF_RC read_provision(struct tr_fhir_reading *r, const struct tr_fhir_node *p, struct around up, struct vf_err *reterr)
{
	const struct tr_fhir_node *code = tr_fhir_get(p, "code"), *inner = tr_fhir_get(p, "provision");
	struct tr_permission one = {0};
	enum vf_rc rc = check_narrow(p, reterr);

	if (rc == VF_OK && up.depth++ == TR_FHIR_MAX_PROVISIONS)
		rc = tr_fhir_fail(reterr, VF_LIMIT, p, "too many provisions in each other");
	if (tr_fhir_get(p, "period"))
		up.period = tr_fhir_get(p, "period");
	if (rc == VF_OK)
		rc = read_period(r, up.period, &one, reterr);
	if (rc == VF_OK)
		rc = read_purpose(r, p, &up.purpose, reterr);
	one.purpose = up.purpose;
	if (rc == VF_OK)
		rc = read_delegate(p, &one.delegate, reterr);
	if (rc == VF_OK && (!code && inner) && one.delegate.n > 0)
		rc = tr_fhir_fail(reterr, VF_FHIR_UNFIT, p, "a delegate for more than one permission");
	if (rc == VF_OK && code)
		rc = add_codes(r, p, &one, reterr);
	else if (rc == VF_OK && !inner && up.depth == 1)
		rc = add_whole(r, p, &one, reterr);
	else if (rc == VF_OK && up.depth > 1 && !inner)
		rc = tr_fhir_fail(reterr, VF_FHIR_UNFIT, p, "a provision that names no permission");
	else if (rc == VF_OK && up.depth > 1 && !said_answer(r, p, &one.is_granted))
		rc = tr_fhir_fail(reterr, VF_FHIR_UNFIT, p, "it does not say 'permit' or 'deny'");
	for (; rc == VF_OK && inner; inner = tr_fhir_next(inner))
		rc = read_provision(r, inner, up, reterr);
	return rc;
}

VF_RC tr_fhir_permissions(struct tr_fhir_reading *r, struct vf_err *reterr)
{
	const struct tr_fhir_node *p = tr_fhir_get(r->root, "provision");
	struct tr_permission refused = {.name = vf_bytes_str(TR_PARTICIPATION)}, whole = {0};
	struct tr_facts *f = &r->c.facts;
	enum vf_rc rc;

	f->permissions = VF_NEW(r->a, TR_FHIR_MAX_PERMISSIONS, struct tr_permission);
	r->c.codes = VF_NEW(r->a, TR_FHIR_MAX_PERMISSIONS, struct tr_fhir_code);
	if (!f->permissions || !r->c.codes)
		return tr_fhir_no_memory(reterr);
	rc = p ? read_provision(r, p, (struct around){.depth = 0}, reterr)
	       : r->is_rejected ? VF_OK : add_whole(r, NULL, &whole, reterr);
	if (rc == VF_OK && r->is_rejected && !tr_permission_find(f, refused.name))
		rc = add_permission(r, &refused, (struct tr_fhir_code){{NULL, 0}, {NULL, 0}}, r->root, reterr);
	if (rc == VF_OK && f->n_permissions == 0)
		rc = tr_fhir_fail(reterr, VF_FHIR_UNFIT, p ? p : r->root, "nothing is permitted or refused");
	if (rc == VF_OK && !tr_permission_find(f, refused.name))
		tr_fhir_note(r, "nothing says whether the participant takes part: --map CODE=participation names the code that does");
	f->has_permissions = true;
	return rc;
}
