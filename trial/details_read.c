/* Details of a record, read and judged by themselves. */
#include <stdio.h>

#include "trial/details.h"
#include "trial/format.h"
#include "trial/statement.h"
#include "verify/json.h"
#include "verify/record.h"
#include "verify/text.h"

struct reading {
	const struct vf_json_value *root;
	struct vf_arena *a;
	struct tr_facts f;
	char *pointer;
	struct vf_err *err;
};

/* ---- values; the rules were checked, so what is there has its type ---- */

static bool take_text(struct reading *r, const struct vf_json_value *of, const char *name, struct vf_bytes *ret)
{
	struct vf_bytes text;

	if (!vf_json_str(vf_json_get(of, name), &text))
		return true;
	return vf_arena_copy(r->a, text, ret);
}

static void take_hash(const struct reading *r, const char *name, bool *ret_has, struct vf_hash *ret)
{
	*ret_has = vf_json_hex(vf_json_get(r->root, name), ret->b, sizeof(ret->b));
}

static void take_bool(const struct vf_json_value *of, const char *name, bool *ret)
{
	bool is;

	if (vf_json_bool(vf_json_get(of, name), &is))
		*ret = is;
}

/* The place of a field's text in a list that ends with NULL, from 1; 0 when it is not there. */
static unsigned take_choice(const struct vf_json_value *of, const char *name, const char *const *choices)
{
	struct vf_bytes text;

	if (!vf_json_str(vf_json_get(of, name), &text))
		return 0;
	for (unsigned i = 0; choices[i]; i++)
		if (vf_bytes_is(text, choices[i]))
			return i + 1;
	return 0;
}

static bool take_texts(struct reading *r, const struct vf_json_value *list, struct tr_texts *ret)
{
	size_t n = vf_json_count(list);

	ret->of = VF_NEW(r->a, n + 1, struct vf_bytes);
	if (!ret->of)
		return false;
	for (ret->n = 0; ret->n < n; ret->n++) {
		struct vf_bytes text;

		if (vf_json_str(vf_json_item(list, ret->n), &text) && !vf_arena_copy(r->a, text, &ret->of[ret->n]))
			return false;
	}
	return true;
}

static bool take_scope(struct reading *r)
{
	const struct vf_json_value *scope = vf_json_get(r->root, "scope");

	if (vf_json_is_array(scope))
		return take_texts(r, scope, &r->f.ends);
	if (!vf_json_is_object(scope))
		return true; /* of an unblinding: a word */
	take_bool(scope, "global", &r->f.scope.is_global);
	return take_texts(r, vf_json_get(scope, "countries"), &r->f.scope.countries) &&
		take_texts(r, vf_json_get(scope, "regions"), &r->f.scope.regions) &&
		take_texts(r, vf_json_get(scope, "sites"), &r->f.scope.sites);
}

static bool take_permission(struct reading *r, const struct vf_json_value *v, struct tr_permission *p)
{
	struct vf_bytes name;

	if (vf_json_str(v, &name)) /* of a withdrawal */
		return vf_arena_copy(r->a, name, &p->name);
	take_bool(v, "granted", &p->is_granted);
	take_bool(v, "required", &p->is_required);
	return take_text(r, v, "name", &p->name) && take_text(r, v, "purpose", &p->purpose) &&
		take_text(r, v, "text", &p->text) && take_text(r, v, "delegate", &p->delegate) &&
		take_text(r, v, "from", &p->from) && take_text(r, v, "until", &p->until);
}

static bool take_permissions(struct reading *r)
{
	const struct vf_json_value *list = vf_json_get(r->root, "permissions");
	size_t n = vf_json_count(list);

	r->f.has_permissions = list != NULL;
	r->f.permissions = VF_NEW(r->a, n + 1, struct tr_permission);
	if (!r->f.permissions)
		return false;
	for (; r->f.n_permissions < n; r->f.n_permissions++)
		if (!take_permission(
			    r, vf_json_item(list, r->f.n_permissions), &r->f.permissions[r->f.n_permissions]))
			return false;
	return true;
}

static bool take_reconsent(struct reading *r)
{
	static const char *const choices[] = {"none", "new", "all", NULL};
	const struct vf_json_value *v = vf_json_get(r->root, "reconsent");

	r->f.reconsent.required = (enum tr_reconsent)take_choice(v, "required", choices);
	r->f.reconsent.has_days = vf_json_uint(vf_json_get(v, "days"), &r->f.reconsent.days);
	return take_text(r, v, "by", &r->f.reconsent.by);
}

static void take_choices(struct reading *r)
{
	static const char *const roles[] = {"participant", "parent", "assent", "representative", NULL};
	static const char *const populations[] = {"adult", "parent", "assent", "representative", NULL};
	static const char *const decisions[] = {"approved", "conditional", "rejected", "withdrawn", NULL};
	struct tr_facts *f = &r->f;

	f->decision = (enum tr_decision)take_choice(r->root, "decision", decisions);
	if (f->kind == TR_CONSENT || f->kind == TR_RE_CONSENT)
		f->role = (enum tr_role)take_choice(r->root, "role", roles);
	if (f->kind == TR_CONSENT_FORM)
		f->population = (enum tr_population)take_choice(r->root, "population", populations);
}

static VF_RC take_facts(struct reading *r)
{
	struct tr_facts *f = &r->f;
	bool is_consent = f->kind == TR_CONSENT || f->kind == TR_RE_CONSENT, is_schema = f->kind == TR_SCHEMA;

	take_hash(r, "participant", &f->has_participant, &f->participant);
	take_hash(r, "form", &f->has_form, &f->form);
	take_hash(r, "consent", &f->has_consent, &f->consent);
	take_hash(r, "grant", &f->has_grant, &f->grant);
	take_choices(r);
	take_bool(r->root, "personal", &f->is_personal);
	if (take_text(r, r->root, "version", &f->version) && take_text(r, r->root, "date", &f->date) &&
		take_text(r, r->root, "title", &f->title) && take_text(r, r->root, "language", &f->language) &&
		take_text(r, r->root, is_consent ? "given" : "when", &f->when) &&
		take_text(r, r->root, "from", &f->from) && take_text(r, r->root, "until", &f->until) &&
		take_text(r, r->root, "site", &f->site) && take_text(r, r->root, "data", &f->data) &&
		(!is_schema || take_text(r, r->root, "kind", &f->own_kind)) &&
		(!is_schema || take_text(r, r->root, "rules", &f->rules)) && take_permissions(r) && take_scope(r) &&
		take_reconsent(r))
		return VF_OK;
	return vf_fail(r->err, VF_NO_MEMORY, "no memory for details");
}

/* ---- what is decidable here ---- */

static VF_RC at(struct reading *r, enum vf_rc rc, const char *pointer)
{
	snprintf(r->pointer, TR_POINTER_MAX, "%s", pointer);
	return rc;
}

static VF_RC at_item(struct reading *r, enum vf_rc rc, const char *list, size_t i, const char *leaf)
{
	snprintf(r->pointer, TR_POINTER_MAX, "/%s/%zu%s%s", list, i, leaf ? "/" : "", leaf ? leaf : "");
	return rc;
}

static bool is_reversed(struct vf_bytes from, struct vf_bytes until)
{
	struct tr_span first, last;

	return tr_span_read(from, &first) && tr_span_read(until, &last) && tr_span_is_before(&last, &first);
}

static VF_RC check_permissions(struct reading *r)
{
	const struct tr_facts *f = &r->f;
	bool is_refused = false;

	for (size_t i = 0; i < f->n_permissions; i++) {
		const struct tr_permission *p = &f->permissions[i];

		if (is_reversed(p->from, p->until))
			return at_item(r, vf_fail(r->err, VF_PERMISSION_CONTRADICTION, "'until' is before 'from'"),
				"permissions", i, "until");
		for (size_t k = 0; k < i; k++)
			if (vf_bytes_eq(f->permissions[k].name, p->name) &&
				f->permissions[k].is_granted != p->is_granted)
				return at_item(r,
					vf_fail(r->err, VF_PERMISSION_CONTRADICTION,
						"given here and refused elsewhere, or the reverse: see item %zu", k),
					"permissions", i, "granted");
		is_refused = is_refused || (vf_bytes_is(p->name, TR_PARTICIPATION) && !p->is_granted);
	}
	for (size_t i = 0; is_refused && i < f->n_permissions; i++)
		if (f->permissions[i].is_granted)
			return at_item(r,
				vf_fail(r->err, VF_PERMISSION_CONTRADICTION,
					"granted, though '" TR_PARTICIPATION "' is refused"),
				"permissions", i, "granted");
	return VF_OK;
}

/* Each permission once, and participation among them. */
static VF_RC check_form(struct reading *r)
{
	const struct tr_facts *f = &r->f;
	bool is_offered = false;

	for (size_t i = 0; i < f->n_permissions; i++) {
		const struct tr_permission *p = &f->permissions[i];

		for (size_t k = 0; k < i; k++)
			if (vf_bytes_eq(f->permissions[k].name, p->name))
				return at_item(r, vf_fail(r->err, VF_DETAILS_SHAPE, "offered as item %zu already", k),
					"permissions", i, "name");
		is_offered = is_offered || (vf_bytes_is(p->name, TR_PARTICIPATION) && p->is_required);
	}
	if (!is_offered)
		return at(r,
			vf_fail(r->err, VF_DETAILS_SHAPE,
				"'" TR_PARTICIPATION
				"' with \"required\":true is missing: it is what the form is about"),
			"/permissions");
	return VF_OK;
}

static VF_RC check_scope(struct reading *r)
{
	const struct tr_scope *s = &r->f.scope;

	if (s->is_global && s->countries.n + s->regions.n + s->sites.n > 0)
		return at(r, vf_fail(r->err, VF_DETAILS_SHAPE, "everywhere, and yet places are listed"), "/scope");
	return VF_OK;
}

static VF_RC check_registration(struct reading *r)
{
	struct vf_bytes sent = vf_bytes(NULL, 0), read = vf_bytes(NULL, 0);

	vf_json_str(vf_json_get(r->root, "first_submitted"), &sent);
	vf_json_str(vf_json_get(r->root, "retrieved"), &read);
	if (is_reversed(sent, read))
		return at(r, vf_fail(r->err, VF_DETAILS_SHAPE, "after the entry was retrieved"), "/first_submitted");
	return VF_OK;
}

/* In order, so that nobody can hide that one is left out by listing another twice. */
static VF_RC check_streams(struct reading *r)
{
	const struct vf_json_value *list = vf_json_get(r->root, "streams");
	struct vf_hash before = {0}, id;

	for (size_t i = 0; i < vf_json_count(list); i++) {
		if (vf_json_hex(vf_json_get(vf_json_item(list, i), "stream"), id.b, sizeof(id.b)) && i > 0 &&
			memcmp(before.b, id.b, sizeof(id.b)) >= 0)
			return at_item(r, vf_fail(r->err, VF_DETAILS_SHAPE, "streams are not ascending by ID"),
				"streams", i, "stream");
		before = id;
	}
	return VF_OK;
}

static VF_RC check_own_kind(struct reading *r)
{
	if (tr_kind_of(r->f.own_kind) != TR_OWN)
		return at(r, vf_fail(r->err, VF_DETAILS_SHAPE, "a kind that is known already, or no name of a kind"),
			"/kind");
	return VF_OK;
}

static VF_RC check_facts(struct reading *r)
{
	enum vf_rc rc = check_scope(r);

	if (rc == VF_OK && is_reversed(r->f.from, r->f.until))
		rc = at(r, vf_fail(r->err, VF_DETAILS_SHAPE, "'until' is before 'from'"), "/until");
	if (rc != VF_OK)
		return rc;
	if (r->f.kind == TR_CONSENT || r->f.kind == TR_RE_CONSENT)
		return check_permissions(r);
	if (r->f.kind == TR_CONSENT_FORM)
		return check_form(r);
	if (r->f.kind == TR_REGISTRATION)
		return check_registration(r);
	if (r->f.kind == TR_STUDY_HEAD)
		return check_streams(r);
	return r->f.kind == TR_SCHEMA ? check_own_kind(r) : VF_OK;
}

/* ---- trialnotary/details/1 ---- */

static VF_RC read_old(struct reading *r)
{
	static const char *const names[] = {"schema", "?version", "?date", "?title", NULL};
	static const char *const fields[] = {"version", "date", "title"};
	struct tr_statement texts = {.kind = TR_OTHER, .study = vf_bytes_str("-")};
	struct vf_bytes *to[] = {&texts.version, &texts.date, &texts.title};
	enum vf_rc rc = vf_json_check_names(r->root, names, r->err);

	if (rc != VF_OK)
		return vf_fail(r->err, VF_DETAILS_SHAPE, "'" TR_SCHEMA_DETAILS "' has version, date and title alone");
	r->f.is_old = true;
	for (size_t i = 0; i < 3; i++) {
		const struct vf_json_value *v = vf_json_get(r->root, fields[i]);

		if (v && (!vf_json_str(v, to[i]) || to[i]->n == 0))
			return vf_fail(r->err, VF_DETAILS_SHAPE, "'%s' is not a text", fields[i]);
	}
	rc = tr_statement_check_texts(&texts, r->err);
	if (rc == VF_STATEMENT_SHAPE)
		return vf_fail(r->err, VF_DETAILS_SHAPE, "version, date or title is too long or cannot be shown");
	if (rc != VF_OK)
		return rc;
	if (!vf_arena_copy(r->a, texts.version, &r->f.version) || !vf_arena_copy(r->a, texts.date, &r->f.date) ||
		!vf_arena_copy(r->a, texts.title, &r->f.title))
		return vf_fail(r->err, VF_NO_MEMORY, "no memory for details");
	return VF_OK;
}

VF_RC tr_details_read(enum tr_kind kind, const struct tr_schema *rules, struct vf_bytes json, struct vf_arena *a,
	struct tr_facts *ret, char pointer[TR_POINTER_MAX], struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct reading r = {.a = a, .f.kind = kind, .pointer = pointer, .err = reterr};
	struct vf_bytes schema;
	enum vf_rc rc = VF_OK;

	pointer[0] = '\0';
	if (json.n > TR_MAX_DETAILS)
		return vf_fail(reterr, VF_LIMIT, "%zu octets, more than %zu", json.n, TR_MAX_DETAILS);
	if (vf_json_parse(json, &doc, NULL) == VF_OK)
		r.root = vf_json_root(doc);
	if (tr_kind_is_personal(kind) && vf_json_str(vf_json_get(r.root, "schema"), &schema) &&
		vf_bytes_is(schema, TR_SCHEMA_DETAILS)) {
		rc = read_old(&r);
	} else {
		rc = tr_schema_check(rules, json, pointer, reterr); /* what is not JSON is refused here */
		if (rc == VF_OK && !r.root)
			rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for details");
		if (rc == VF_OK)
			rc = take_facts(&r);
		if (rc == VF_OK && kind != TR_OWN)
			rc = check_facts(&r);
	}
	if (rc == VF_OK)
		*ret = r.f;
	return rc;
}

/* ---- questions ---- */

const struct tr_permission *tr_permission_find(const struct tr_facts *f, struct vf_bytes name)
{
	for (size_t i = f->n_permissions; i > 0; i--)
		if (vf_bytes_eq(f->permissions[i - 1].name, name))
			return &f->permissions[i - 1];
	return NULL;
}

/* Both list some, and none is in both. */
static bool is_disjoint(const struct tr_texts *a, const struct tr_texts *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (vf_bytes_eq(a->of[i], b->of[k]))
				return false;
	return a->n > 0 && b->n > 0;
}

bool tr_scope_is_apart(const struct tr_scope *a, const struct tr_scope *b)
{
	if (a->is_global || b->is_global)
		return false;
	return is_disjoint(&a->countries, &b->countries) || is_disjoint(&a->regions, &b->regions) ||
		is_disjoint(&a->sites, &b->sites);
}
