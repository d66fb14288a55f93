/* FHIR resources in JSON (json.html). */
#include "trial/read/fhir_inside.h"
#include "trial/read/readers.h"

static bool claims(const struct tr_peek *peek)
{
	for (size_t i = 0; i < peek->n_keys; i++)
		if (vf_bytes_is(peek->keys[i], "resourceType"))
			return peek->values[i].n > 0;
	return false;
}

/* Of a resource the type is a member. */
static VF_RC read_type(void *ctx, struct vf_bytes name, struct vf_bytes value, bool *ret_taken, struct vf_err *reterr)
{
	struct tr_resource_walk *w = ctx;
	const struct tr_element *at = tr_tree_at(&w->t);

	*ret_taken = vf_bytes_is(name, "resourceType") && (!at->field || at->field->type == TR_EL_HOLDER);
	return *ret_taken ? tr_resource_type(w, value, reterr) : VF_OK;
}

static VF_RC end_element(void *ctx, struct vf_err *reterr)
{
	return tr_resource_ends(ctx, reterr);
}

static VF_RC read(struct tr_reading *r, struct vf_err *reterr)
{
	struct tr_resource_walk w;
	struct tr_tree_json json = {&w.t, read_type, end_element, &w};
	enum vf_rc rc = tr_resource_begin(&w, r, true, reterr);

	if (rc == VF_OK)
		rc = tr_tree_read_json(&json, reterr);
	if (rc == VF_OK)
		rc = tr_resource_end(&w, reterr);
	tr_tree_done(&w.t);
	return rc;
}

const struct tr_reader tr_read_fhir_json = {"fhir-json", "HL7 FHIR (JSON)", claims, read};
