#include "trial/read/xml_inside.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- places ---- */

static bool count_sibling(struct tr_xml *x, const char *name, uint64_t *ret)
{
	struct tr_xml_level *in = &x->levels[x->depth - 1];

	for (size_t i = 0; i < in->n; i++)
		if (in->siblings[i].name == name) {
			*ret = ++in->siblings[i].count;
			return true;
		}
	if (!TR_XML_GROW(in, siblings, in->n + 1))
		return false;
	in->siblings[in->n++] = (struct tr_xml_sibling){name, 1};
	*ret = 1;
	return true;
}

static bool enter(struct tr_xml *x, const char *name)
{
	struct tr_xml_level *l;

	x->depth++;
	l = &x->levels[x->depth];
	l->name = name;
	l->position = 0;
	l->n = 0;
	return !(x->r->wants & TR_WANT_PLACES) || count_sibling(x, name, &l->position);
}

static void put_place(const void *ctx, char *out, size_t cap)
{
	const struct tr_xml_attribute_place *at = ctx;
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 1; i <= at->x->depth && n < cap; i++) {
		const struct tr_xml_level *l = &at->x->levels[i];

		if (l->position > 1 || (l->position == 1 && i > 1))
			n += (size_t)snprintf(out + n, cap - n, "/%s[%llu]", l->name, (unsigned long long)l->position);
		else
			n += (size_t)snprintf(out + n, cap - n, "/%s", l->name);
	}
	if (at->attribute && n < cap)
		snprintf(out + n, cap - n, "/@%s", at->attribute);
}

struct tr_place tr_xml_place_of(struct tr_xml *x, const char *attribute)
{
	struct tr_xml_attribute_place *p = &x->places[x->n_places++ % TR_XML_PLACES];

	*p = (struct tr_xml_attribute_place){x, attribute};
	return (struct tr_place){put_place, p};
}

struct tr_place tr_xml_place(struct tr_xml *x)
{
	return tr_xml_place_of(x, NULL);
}

void tr_xml_where(const struct tr_xml *x, unsigned *ret_line, unsigned *ret_column)
{
	*ret_line = x->line;
	*ret_column = x->column;
}

/* ---- nodes ---- */

static enum vf_rc show(struct tr_xml *x, const struct tr_xml_event_kept *e, struct vf_err *reterr)
{
	if (!TR_XML_GROW(x, shown, e->n_attributes + 1))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read XML");
	for (size_t i = 0; i < e->n_attributes; i++) {
		const struct tr_xml_attribute_kept *a = &x->attributes[e->attributes + i];

		x->shown[i] = (struct tr_xml_attribute){
			a->name, a->ns, a->n_value ? vf_bytes(x->text + a->value, a->n_value) : vf_bytes(NULL, 0)};
	}
	x->node = (struct tr_xml_node){.event = e->kind,
		.name = e->name,
		.ns = e->ns,
		.text = e->n_text ? vf_bytes(x->text + e->text, e->n_text) : vf_bytes(NULL, 0), /* no text, no address */
		.attributes = x->shown,
		.n_attributes = e->n_attributes};
	x->line = e->line;
	x->column = e->column;
	return VF_OK;
}

VF_RC tr_xml_next(struct tr_xml *x, const struct tr_xml_node **ret, struct vf_err *reterr)
{
	const struct tr_xml_event_kept *e;
	enum vf_rc rc;

	if (x->node.event == TR_XML_CLOSE)
		x->depth--; /* its place was that of the element until now */
	x->node.event = TR_XML_TEXT;
	if (x->at == x->n_events) {
		rc = tr_xml_fill(x, reterr);
		if (rc != VF_OK)
			return rc;
	}
	if (x->at == x->n_events) {
		if (x->rc != VF_OK) {
			if (reterr)
				*reterr = x->err;
			return x->rc;
		}
		x->node = (struct tr_xml_node){.event = TR_XML_END};
		*ret = &x->node;
		return VF_OK;
	}
	e = &x->events[x->at++];
	rc = show(x, e, reterr);
	if (rc != VF_OK)
		return rc;
	if (e->kind == TR_XML_OPEN && !enter(x, e->name))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read XML");
	x->node.depth = x->depth;
	*ret = &x->node;
	return VF_OK;
}

VF_RC tr_xml_skip(struct tr_xml *x, struct vf_err *reterr)
{
	const size_t depth = x->depth;
	const struct tr_xml_node *node;
	enum vf_rc rc = VF_OK;

	if (x->node.event != TR_XML_OPEN)
		return vf_fail(reterr, VF_INTERNAL, "no element begins here");
	do
		rc = tr_xml_next(x, &node, reterr);
	while (rc == VF_OK && !(node->event == TR_XML_CLOSE && node->depth == depth));
	return rc;
}

VF_RC tr_xml_text(struct tr_xml *x, size_t cap, struct vf_bytes *ret, struct vf_err *reterr)
{
	const size_t depth = x->depth;
	const struct tr_xml_node *node;
	enum vf_rc rc;

	if (x->node.event != TR_XML_OPEN)
		return vf_fail(reterr, VF_INTERNAL, "no element begins here");
	x->n_collected = 0;
	while ((rc = tr_xml_next(x, &node, reterr)) == VF_OK && !(node->event == TR_XML_CLOSE && node->depth == depth)) {
		if (node->event != TR_XML_TEXT)
			continue;
		if (node->text.n > cap - x->n_collected)
			return vf_fail(reterr, VF_LIMIT, "line %u, column %u: a text of more than %zu octets", x->line, x->column,
				cap);
		if (!TR_XML_GROW(x, collected, x->n_collected + node->text.n + 1))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory to read XML");
		memcpy(x->collected + x->n_collected, node->text.p, node->text.n);
		x->n_collected += node->text.n;
	}
	if (rc == VF_OK)
		*ret = vf_bytes(x->collected, x->n_collected);
	return rc;
}

bool tr_xml_get(const struct tr_xml_node *node, const char *name, const char *ns, struct vf_bytes *ret)
{
	for (size_t i = 0; i < node->n_attributes; i++)
		if (node->attributes[i].name == name && node->attributes[i].ns == ns) {
			*ret = node->attributes[i].value;
			return true;
		}
	*ret = vf_bytes(NULL, 0);
	return false;
}

/* ---- life ---- */

VF_RC tr_xml_new_from(struct tr_reading *r, const struct tr_source *from, struct tr_xml **ret, struct vf_err *reterr)
{
	struct tr_xml *x = calloc(1, sizeof(*x));

	/* room for texts from the start: one of no octets has an address too */
	if (!x || !TR_XML_GROW(x, text, 1) || !tr_xml_parser_open(x)) {
		tr_xml_free(x);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read XML");
	}
	x->r = r;
	x->from = from;
	*ret = x;
	return VF_OK;
}

VF_RC tr_xml_new(struct tr_reading *r, struct tr_xml **ret, struct vf_err *reterr)
{
	uint8_t *buffer = malloc(TR_SOURCE_BUFFER);
	enum vf_rc rc;

	if (!buffer)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read XML");
	rc = tr_xml_new_from(r, NULL, ret, reterr);
	if (rc != VF_OK) {
		free(buffer);
		return rc;
	}
	(*ret)->buffer = buffer;
	tr_input_source_init(&(*ret)->from_input, r->in, 0, buffer);
	(*ret)->from = &(*ret)->from_input.source;
	return VF_OK;
}

void *tr_xml_free(struct tr_xml *x)
{
	if (!x)
		return NULL;
	for (size_t i = 0; i <= TR_XML_MAX_DEPTH; i++)
		free(x->levels[i].siblings);
	tr_xml_parser_close(x);
	free(x->buffer);
	free(x->events);
	free(x->attributes);
	free(x->text);
	free(x->shown);
	free(x->collected);
	free(x);
	return NULL;
}
