/* FHIR resources in XML (xml.html). */
#include "trial/read/fhir_inside.h"
#include "trial/read/readers.h"
#include "trial/read/xml.h"

struct walk {
	struct tr_resource_walk w;
	struct tr_xml *x;
	const char *ns, *value, *url;
	size_t depths[TR_TREE_MAX_DEPTH]; /* of the elements that are open, in XML */
};

static bool claims(const struct tr_peek *peek)
{
	return vf_bytes_is(peek->ns, TR_FHIR_READ_NS) && peek->root.n > 0;
}

/* Values are attributes; of an extension the URL is one, too. */
static VF_RC read_attributes(struct walk *k, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes v;
	bool taken;
	enum vf_rc rc = VF_OK;

	if (tr_xml_get(node, k->value, NULL, &v))
		return tr_tree_value(&k->w.t, v, reterr);
	if (!tr_xml_get(node, k->url, NULL, &v))
		return VF_OK;
	rc = tr_tree_open(&k->w.t, vf_bytes_str("url"), false, 0, &taken, reterr);
	if (rc != VF_OK || !taken)
		return rc;
	rc = tr_tree_value(&k->w.t, v, reterr);
	tr_tree_close(&k->w.t);
	return rc;
}

static VF_RC open_element(struct walk *k, const struct tr_xml_node *node, struct vf_err *reterr)
{
	const struct tr_element *at = tr_tree_at(&k->w.t);
	struct vf_bytes name = vf_bytes_str(node->name);
	bool taken;
	enum vf_rc rc;

	if (node->ns != k->ns)
		return tr_xml_skip(k->x, reterr);
	/* what holds a resource has one element, which says of what type it is */
	if ((!at->field || at->field->type == TR_EL_HOLDER) && node->depth == k->depths[k->w.t.n_open - 1] + 1 &&
		at->resource.n == 0)
		return tr_resource_type(&k->w, name, reterr);
	rc = tr_tree_open(&k->w.t, name, false, 0, &taken, reterr);
	if (rc != VF_OK)
		return rc;
	if (!taken)
		return tr_xml_skip(k->x, reterr);
	k->depths[k->w.t.n_open - 1] = node->depth;
	return read_attributes(k, node, reterr);
}

static VF_RC close_element(struct walk *k, struct vf_err *reterr)
{
	enum vf_rc rc = tr_resource_ends(&k->w, reterr);

	tr_tree_close(&k->w.t);
	return rc;
}

static VF_RC walk(struct walk *k, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	enum vf_rc rc = tr_xml_next(k->x, &node, reterr);

	while (rc == VF_OK && node->event != TR_XML_END) {
		if (node->event == TR_XML_OPEN)
			rc = open_element(k, node, reterr);
		else if (node->event == TR_XML_CLOSE && node->depth == k->depths[k->w.t.n_open - 1])
			rc = close_element(k, reterr);
		if (rc == VF_OK)
			rc = tr_xml_next(k->x, &node, reterr);
	}
	if (rc == VF_OK) /* the file's resource is open until now: its element holds it */
		rc = close_element(k, reterr);
	return rc == VF_OK ? tr_resource_end(&k->w, reterr) : rc;
}

static VF_RC read(struct tr_reading *r, struct vf_err *reterr)
{
	struct walk k = {0};
	enum vf_rc rc = tr_xml_new(r, &k.x, reterr);

	if (rc != VF_OK)
		return rc;
	k.ns = tr_xml_name(k.x, TR_FHIR_READ_NS);
	k.value = tr_xml_name(k.x, "value");
	k.url = tr_xml_name(k.x, "url");
	if (!k.ns || !k.value || !k.url)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory to read XML");
	if (rc == VF_OK)
		rc = tr_resource_begin(&k.w, r, false, reterr);
	if (rc == VF_OK)
		rc = walk(&k, reterr);
	tr_tree_done(&k.w.t);
	tr_xml_free(k.x);
	return rc;
}

const struct tr_reader tr_read_fhir_xml = {"fhir-xml", "HL7 FHIR (XML)", claims, read};
