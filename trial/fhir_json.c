/* A Consent in JSON (FHIR R4, json.html) as a tree. */
#include <stdio.h>

#include "trial/fhir_tree.h"
#include "verify/json.h"

/* Names of one type, and of its extensions, and a few more. */
#define MAX_NAMES 72
#define NAME_ROOM 24

struct reading {
	struct tr_fhir_tree *t;
	const char *names[TR_FHIR_TYPES][MAX_NAMES + 1]; /* for vf_json_check_names(), made when first needed */
};

static VF_RC add_object(struct reading *r, const struct vf_json_value *object, struct tr_fhir_node *to,
	struct vf_err *reterr);

static bool put_name(struct reading *r, enum tr_fhir_type in, size_t *n, const char *mark, const char *name)
{
	char *text = VF_NEW(r->t->a, NAME_ROOM, char);

	if (!text || *n == MAX_NAMES)
		return false;
	snprintf(text, NAME_ROOM, "%s%s", mark, name);
	r->names[in][(*n)++] = text;
	return true;
}

/* "_status" holds the extensions of "status". */
static bool make_names(struct reading *r, enum tr_fhir_type in)
{
	const struct tr_fhir_field *f;
	size_t n = 0;

	if (r->names[in][0])
		return true;
	for (size_t i = 0; (f = tr_fhir_field_at(in, i)) != NULL; i++)
		if (!put_name(r, in, &n, "?", f->name) || (f->type <= TR_FHIR_BOOL && !put_name(r, in, &n, "?_", f->name)))
			return false;
	return in != TR_FHIR_ROOT || put_name(r, in, &n, "", "resourceType");
}

static VF_RC check_names(struct reading *r, const struct vf_json_value *object, const struct tr_fhir_node *at,
	struct vf_err *reterr)
{
	enum tr_fhir_type in = tr_fhir_type_of(at);
	struct vf_err err = {0};

	if (!vf_json_is_object(object))
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, at, "not an object");
	if (in == TR_FHIR_RELATED)
		return VF_OK;
	if (!make_names(r, in))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a resource");
	if (vf_json_check_names(object, r->names[in], &err) == VF_OK)
		return VF_OK;
	return tr_fhir_fail(reterr, VF_FHIR_SHAPE, at, err.text); /* a name, never a value */
}

static VF_RC read_value(struct reading *r, const struct vf_json_value *v, struct tr_fhir_node *node, struct vf_err *reterr)
{
	struct vf_bytes text;
	bool is;

	if (node->field->type == TR_FHIR_BOOL && vf_json_bool(v, &is))
		return tr_fhir_set(r->t, node, vf_bytes_str(is ? "true" : "false"), reterr);
	if (node->field->type == TR_FHIR_PRIM && vf_json_str(v, &text))
		return tr_fhir_set(r->t, node, text, reterr);
	return tr_fhir_fail(reterr, VF_FHIR_SHAPE, node, "a value of another type");
}

/* A resource in another one: only a related person is looked at. */
static VF_RC read_contained(struct reading *r, const struct vf_json_value *v, struct tr_fhir_node *node,
	struct vf_err *reterr)
{
	struct tr_fhir_node *person;
	struct vf_bytes type;
	enum vf_rc rc;

	if (!vf_json_str(vf_json_get(v, "resourceType"), &type))
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, node, "not a resource");
	if (!vf_bytes_is(type, "RelatedPerson"))
		return VF_OK;
	rc = tr_fhir_add(r->t, node, tr_fhir_field_at(TR_FHIR_CONTAINED, 0), 0, &person, reterr);
	return rc == VF_OK ? add_object(r, v, person, reterr) : rc;
}

static VF_RC add_one(struct reading *r, const struct vf_json_value *v, const struct tr_fhir_field *f,
	struct tr_fhir_node *to, struct vf_err *reterr)
{
	struct tr_fhir_node *node;
	enum vf_rc rc = tr_fhir_add(r->t, to, f, 0, &node, reterr);

	if (rc != VF_OK || f->type == TR_FHIR_ANY)
		return rc;
	if (f->type < TR_FHIR_ROOT)
		return read_value(r, v, node, reterr);
	return f->type == TR_FHIR_CONTAINED ? read_contained(r, v, node, reterr) : add_object(r, v, node, reterr);
}

static VF_RC add_field(struct reading *r, const struct vf_json_value *v, const struct tr_fhir_field *f,
	struct tr_fhir_node *to, struct vf_err *reterr)
{
	struct tr_fhir_node place = {.field = f, .parent = to};
	enum vf_rc rc = VF_OK;

	if (!f->many && vf_json_is_array(v) && f->in == TR_FHIR_ROOT && f->type > TR_FHIR_ROOT)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, &place, "a list, as in FHIR R5: this reads R4");
	if (!f->many || f->type == TR_FHIR_REFUSED || f->type == TR_FHIR_NEWER)
		return add_one(r, v, f, to, reterr);
	if (!vf_json_is_array(v) || vf_json_count(v) == 0)
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, &place, "not a list with items");
	for (size_t i = 0; rc == VF_OK && i < vf_json_count(v); i++)
		rc = add_one(r, vf_json_item(v, i), f, to, reterr);
	return rc;
}

/* No deeper than the limit of provisions in each other, which are all that is recursive. */
static VF_RC add_object(struct reading *r, const struct vf_json_value *object, struct tr_fhir_node *to,
	struct vf_err *reterr)
{
	const struct tr_fhir_field *f;
	size_t depth = 0;
	enum vf_rc rc = check_names(r, object, to, reterr);

	for (const struct tr_fhir_node *n = to; n->field; n = n->parent)
		depth++;
	if (rc == VF_OK && depth > TR_FHIR_MAX_DEPTH)
		rc = tr_fhir_fail(reterr, VF_LIMIT, to, "too many elements in each other");
	for (size_t i = 0; rc == VF_OK && (f = tr_fhir_field_at(tr_fhir_type_of(to), i)) != NULL; i++) {
		const struct vf_json_value *v = vf_json_get(object, f->name);

		if (v)
			rc = add_field(r, v, f, to, reterr);
	}
	return rc;
}

/* Where it is, without the text that stands there. */
static enum vf_rc fail_json(enum vf_rc rc, const struct vf_err *err, struct vf_err *reterr)
{
	struct vf_bytes text = vf_bytes_str(err->text), place;

	if (!vf_bytes_starts(text, "line ") || !vf_take_until(&text, ':', &place))
		return vf_fail(reterr, rc, "%s", err->text);
	return vf_fail(reterr, rc, "%.*s: %s", VF_STR(place),
		strstr(err->text, "duplicate") ? "a name that stands there twice"
					       : "not JSON: RFC 8259 has no comments, and nothing after the end");
}

VF_RC tr_fhir_json(struct vf_bytes file, struct tr_fhir_tree *t, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct reading r = {.t = t};
	struct vf_err err = {0};
	struct vf_bytes type;
	enum vf_rc rc = vf_json_parse(file, &doc, &err);

	if (rc != VF_OK)
		return fail_json(rc, &err, reterr);
	if (!vf_json_str(vf_json_get(vf_json_root(doc), "resourceType"), &type))
		return vf_fail(reterr, VF_FHIR_SHAPE, "not a FHIR resource: it has no 'resourceType'");
	if (!vf_bytes_is(type, "Consent"))
		return vf_fail(reterr, VF_FHIR_SHAPE, "another resource than a Consent");
	return add_object(&r, vf_json_root(doc), &t->root, reterr);
}
