/*
 * Exercises trial/read/xml.c: whatever the octets and wherever the pieces end, the reader comes to an end or a fault, and
 * says the same for pieces of one octet as for the whole.
 */
#include <stdlib.h>

#include "trial/read/xml.h"
#include "verify/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
	struct vf_bytes rest;
	size_t n;
};

static VF_RC next_piece(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct pieces *p = ctx;

	(void)reterr;
	if (!vf_take(&p->rest, p->n < p->rest.n ? p->n : p->rest.n, ret))
		abort();
	return VF_OK;
}

/* Texts may come in any pieces, so only their octets count. */
static void hash_node(struct vf_pair_hasher *h, const struct tr_xml_node *node)
{
	uint8_t event = (uint8_t)node->event;

	if (node->event == TR_XML_TEXT) {
		vf_pair_put(h, node->text);
		return;
	}
	vf_pair_put(h, vf_bytes(&event, 1));
	if (node->name)
		vf_pair_put(h, vf_bytes_str(node->name));
	for (size_t i = 0; i < node->n_attributes; i++) {
		vf_pair_put(h, vf_bytes_str(node->attributes[i].name));
		vf_pair_put(h, node->attributes[i].value);
	}
}

static enum vf_rc read_all(struct vf_bytes octets, size_t n, struct vf_pair *ret)
{
	struct tr_reading r = {.wants = TR_WANT_PLACES};
	struct pieces p = {octets, n};
	struct tr_source from = {next_piece, &p};
	const struct tr_xml_node *node;
	struct vf_pair_hasher h;
	struct vf_err err = {0};
	struct tr_xml *x = NULL;
	char place[TR_PLACE_LEN + 1];
	enum vf_rc rc = tr_xml_new_from(&r, &from, &x, &err);

	vf_pair_init(&h);
	while (rc == VF_OK) {
		struct tr_place at;

		rc = tr_xml_next(x, &node, &err);
		if (rc != VF_OK || node->event == TR_XML_END)
			break;
		hash_node(&h, node);
		at = tr_xml_place(x);
		at.put(at.ctx, place, sizeof(place));
	}
	if (rc != VF_OK && !err.text[0])
		abort();
	tr_xml_free(x);
	tr_reading_done(&r);
	*ret = vf_pair_done(&h);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_pair whole, pieces;
	enum vf_rc rc;

	rc = read_all(vf_bytes(data, size), size ? size : 1, &whole);
	if (rc == VF_OK && (read_all(vf_bytes(data, size), 7, &pieces) != VF_OK || !vf_pair_eq(&whole, &pieces)))
		abort();
	return 0;
}
