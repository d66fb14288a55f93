/* FHIR resources in JSON (json.html). */
#include "trial/read/fhir_inside.h"
#include "trial/read/json.h"
#include "trial/read/readers.h"

struct walk {
	struct tr_resource_walk w;
	struct tr_json *j;
	/* Names of the arrays that are open, as an array of elements is no element itself; copies, as tokens do not last. */
	struct {
		char name[40];
		size_t n;
	} lists[TR_JSON_MAX_DEPTH + 2];
	size_t depths[TR_RESOURCE_MAX_DEPTH]; /* of the elements that are open, in JSON */
};

static bool claims(const struct tr_peek *peek)
{
	for (size_t i = 0; i < peek->n_keys; i++)
		if (vf_bytes_is(peek->keys[i], "resourceType"))
			return peek->values[i].n > 0;
	return false;
}

static bool is_scalar(enum tr_json_event event)
{
	return event == TR_JSON_STRING || event == TR_JSON_NUMBER || event == TR_JSON_TRUE || event == TR_JSON_FALSE;
}

static struct vf_bytes value_of(const struct tr_json_token *t)
{
	if (t->event == TR_JSON_TRUE || t->event == TR_JSON_FALSE)
		return vf_bytes_str(t->event == TR_JSON_TRUE ? "true" : "false");
	return t->value;
}

static bool is_type(const struct walk *k, const struct tr_json_token *t)
{
	const struct tr_element *at = tr_resource_at(&k->w);

	return t->has_name && vf_bytes_is(t->name, "resourceType") && t->event == TR_JSON_STRING &&
		(!at->field || at->field->type == TR_EL_HOLDER);
}

static VF_RC read_list(struct walk *k, const struct tr_json_token *t, struct vf_err *reterr)
{
	size_t n = t->name.n;

	/* a list in a list, or of a name that no element has */
	if (!t->has_name || n >= sizeof(k->lists[0].name))
		return tr_json_skip(k->j, reterr);
	memcpy(k->lists[t->depth].name, t->name.p, n);
	k->lists[t->depth].n = n;
	return VF_OK;
}

static VF_RC read_token(struct walk *k, const struct tr_json_token *t, struct vf_err *reterr)
{
	struct vf_bytes name = t->name;
	bool taken, in_list = !t->has_name;
	size_t depth = t->depth;
	enum vf_rc rc;

	if (is_type(k, t))
		return tr_resource_type(&k->w, t->value, reterr);
	if (t->event == TR_JSON_ARRAY)
		return read_list(k, t, reterr);
	if (t->event == TR_JSON_NULL)
		return VF_OK;
	if (in_list)
		name = vf_bytes(k->lists[depth - 1].name, k->lists[depth - 1].n);
	rc = tr_resource_open(&k->w, name, in_list, in_list ? t->index : 0, &taken, reterr);
	if (rc != VF_OK)
		return rc;
	if (!taken)
		return t->event == TR_JSON_OBJECT ? tr_json_skip(k->j, reterr) : VF_OK;
	k->depths[k->w.n_open - 1] = depth;
	if (t->event == TR_JSON_OBJECT)
		return VF_OK;
	rc = is_scalar(t->event) ? tr_resource_value(&k->w, value_of(t), reterr) : VF_OK;
	return rc == VF_OK ? tr_resource_close(&k->w, reterr) : rc;
}

static VF_RC walk(struct walk *k, struct vf_err *reterr)
{
	const struct tr_json_token *t;
	enum vf_rc rc = tr_json_next(k->j, &t, reterr);

	if (rc == VF_OK && t->event != TR_JSON_OBJECT)
		return vf_fail(reterr, VF_FILE_SHAPE, "a FHIR resource is an object");
	while (rc == VF_OK) {
		rc = tr_json_next(k->j, &t, reterr);
		if (rc != VF_OK || t->event == TR_JSON_END)
			break;
		if (t->event != TR_JSON_CLOSE)
			rc = read_token(k, t, reterr);
		else if (t->depth == k->depths[k->w.n_open - 1])
			rc = tr_resource_close(&k->w, reterr);
	}
	return rc == VF_OK ? tr_resource_end(&k->w, reterr) : rc;
}

static VF_RC read(struct tr_reading *r, struct vf_err *reterr)
{
	struct walk k = {0};
	enum vf_rc rc = tr_json_new(r, &k.j, reterr);

	if (rc != VF_OK)
		return rc;
	rc = tr_resource_begin(&k.w, r, true, reterr);
	if (rc == VF_OK)
		rc = walk(&k, reterr);
	tr_resource_done(&k.w);
	tr_json_free(k.j);
	return rc;
}

const struct tr_reader tr_read_fhir_json = {"fhir-json", "HL7 FHIR (JSON)", claims, read};
