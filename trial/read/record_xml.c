/* Records of registries in XML. */
#include "trial/read/record_walk.h"

static VF_RC xml_attributes(
	struct tr_record *rec, struct tr_xml *x, const struct tr_xml_node *node, struct vf_err *reterr)
{
	size_t before = rec->n_path;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < node->n_attributes; i++) {
		const struct tr_part *part;

		if (node->attributes[i].ns || !tr_record_enter(rec, "@", vf_bytes_str(node->attributes[i].name)))
			continue;
		part = tr_record_part(rec, false);
		rec->n_path = before;
		if (!part)
			continue;
		tr_record_keep_place(rec, tr_xml_place_of(x, node->attributes[i].name));
		rc = tr_record_say_part(rec, part, node->attributes[i].value, reterr);
	}
	return rc;
}

/* *ret_descend: what is in the element is still to be read. */
static VF_RC xml_element(struct tr_record *rec, struct tr_xml *x, const struct tr_xml_node *node, bool *ret_descend,
	struct vf_err *reterr)
{
	const struct tr_part *item = tr_record_part(rec, true), *value = tr_record_part(rec, false);
	struct vf_bytes text;
	enum vf_rc rc;

	*ret_descend = !value;
	tr_record_keep_place(rec, tr_xml_place(x));
	if (item)
		tr_record_open(rec, item);
	rc = xml_attributes(rec, x, node, reterr);
	if (rc != VF_OK || !value)
		return rc;
	tr_record_keep_place(rec, tr_xml_place(x));
	rc = tr_xml_text(x, TR_XML_MAX_TEXT, &text, reterr);
	return rc == VF_OK ? tr_record_say_part(rec, value, text, reterr) : rc;
}

VF_RC tr_record_xml(struct tr_record *rec, struct tr_xml *x, const struct tr_xml_node *open, const char *ns,
	struct vf_err *reterr)
{
	size_t lengths[TR_XML_MAX_DEPTH + 1] = {0}, depth;
	const size_t base = open->depth;
	const struct tr_xml_node *node;
	bool descend;
	enum vf_rc rc;

	tr_record_keep_place(rec, tr_xml_place(x));
	rc = xml_attributes(rec, x, open, reterr);
	while (rc == VF_OK) {
		rc = tr_xml_next(x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_TEXT)
			continue;
		depth = node->depth;
		if (node->event != TR_XML_OPEN) {
			if (node->event == TR_XML_END || depth <= base)
				return VF_OK;
			tr_record_leave(rec, lengths[depth - 1]);
		} else if (node->ns != ns || !tr_record_enter(rec, "", vf_bytes_str(node->name))) {
			rc = tr_xml_skip(x, reterr);
		} else {
			lengths[depth] = rec->n_path;
			rc = xml_element(rec, x, node, &descend, reterr);
			if (rc == VF_OK && !descend)
				tr_record_leave(rec, lengths[depth - 1]);
		}
	}
	return rc;
}
