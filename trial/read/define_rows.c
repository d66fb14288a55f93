/* Define-XML: what is kept until the end of the file. */
#include <stdlib.h>

#include "trial/grow.h"
#include "trial/read/define_inside.h"

VF_RC tr_define_keep(struct tr_define_room *room, struct vf_bytes text, char **ret, struct vf_err *reterr)
{
	char *p;

	if (text.n >= TR_DEFINE_MAX_OCTETS - room->octets)
		return vf_fail(
			reterr, VF_LIMIT, "names in a define file of more than %zu octets", TR_DEFINE_MAX_OCTETS);
	p = malloc(text.n + 1);
	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read a define file");
	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	room->octets += text.n + 1;
	free(*ret);
	*ret = p;
	return VF_OK;
}

VF_RC tr_define_add(struct tr_define_room *room, struct tr_define_rows *list, struct vf_bytes id,
	struct tr_define_row **ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (room->rows >= TR_DEFINE_MAX_ROWS)
		return vf_fail(reterr, VF_LIMIT, "a define file with more than %d data sets, columns and documents",
			TR_DEFINE_MAX_ROWS);
	if (!TR_GROW(list->rows, list->cap, list->n + 1))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read a define file");
	list->rows[list->n] = (struct tr_define_row){0};
	rc = tr_define_keep(room, id, &list->rows[list->n].id, reterr);
	if (rc != VF_OK)
		return rc;
	list->sorted = false;
	room->rows++;
	*ret = &list->rows[list->n++];
	return VF_OK;
}

static int by_id(const void *a, const void *b)
{
	const struct tr_define_row *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	/* those of one id stay in the order of the file */
	return order ? order : (x->item > y->item) - (x->item < y->item);
}

struct tr_define_row *tr_define_find(struct tr_define_rows *list, struct vf_bytes id)
{
	size_t lo = 0, hi = list->n;

	if (!list->sorted && list->n)
		qsort(list->rows, list->n, sizeof(*list->rows), by_id);
	list->sorted = true;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (vf_bytes_cmp(vf_bytes_str(list->rows[mid].id), id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < list->n && vf_bytes_is(id, list->rows[lo].id) ? &list->rows[lo] : NULL;
}

void tr_define_rows_done(struct tr_define_rows *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct tr_define_row *row = &list->rows[i];

		free(row->id);
		free(row->a);
		free(row->b);
		free(row->c);
		free(row->place);
	}
	free(list->rows);
	*list = (struct tr_define_rows){0};
}

struct vf_bytes tr_define_get(const struct tr_xml_node *node, const char *name)
{
	for (size_t i = 0; i < node->n_attributes; i++)
		if ((!node->attributes[i].ns || tr_define_is_def(node->attributes[i].ns)) &&
			strcmp(node->attributes[i].name, name) == 0)
			return node->attributes[i].value;
	return vf_bytes(NULL, 0);
}

/* ---- columns ---- */

struct columns {
	struct tr_define_room *room;
	struct tr_define_rows *list;
	size_t item_depth, description_depth; /* of the ItemDef and the Description that are open; 0: none */
};

static VF_RC open_item(struct columns *c, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct tr_define_row *row;
	struct vf_bytes label = tr_define_get(node, "Label");
	enum vf_rc rc = tr_define_add(c->room, c->list, tr_define_get(node, "OID"), &row, reterr);

	c->item_depth = node->depth;
	if (rc != VF_OK)
		return rc;
	row->item = c->list->n;
	rc = tr_define_keep(c->room, tr_define_get(node, "Name"), &row->a, reterr);
	if (rc == VF_OK)
		rc = tr_define_keep(c->room, tr_define_get(node, "DataType"), &row->b, reterr);
	return rc == VF_OK && label.n ? tr_define_keep(c->room, label, &row->c, reterr) : rc;
}

static VF_RC open_node(struct columns *c, struct tr_xml *x, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes text;
	enum vf_rc rc;

	if (!tr_define_is_odm(node->ns))
		return VF_OK;
	if (strcmp(node->name, "ItemDef") == 0)
		return open_item(c, node, reterr);
	if (c->item_depth && node->depth == c->item_depth + 1 && strcmp(node->name, "Description") == 0)
		c->description_depth = node->depth;
	if (!c->description_depth || strcmp(node->name, "TranslatedText") != 0 || c->list->rows[c->list->n - 1].c)
		return VF_OK;
	rc = tr_xml_text(x, TR_XML_MAX_TEXT, &text, reterr);
	return rc == VF_OK ? tr_define_keep(c->room, text, &c->list->rows[c->list->n - 1].c, reterr) : rc;
}

static VF_RC read_columns(struct columns *c, struct tr_xml *x, struct vf_err *reterr)
{
	const struct tr_xml_node *node;
	enum vf_rc rc;

	for (;;) {
		rc = tr_xml_next(x, &node, reterr);
		if (rc != VF_OK || node->event == TR_XML_END)
			return rc;
		if (node->event == TR_XML_OPEN)
			rc = open_node(c, x, node, reterr);
		if (rc != VF_OK)
			return rc;
		if (node->event == TR_XML_CLOSE && node->depth <= c->description_depth)
			c->description_depth = 0;
		if (node->event == TR_XML_CLOSE && node->depth <= c->item_depth)
			c->item_depth = 0;
	}
}

VF_RC tr_define_columns(
	struct tr_reading *r, struct tr_define_room *room, struct tr_define_rows *ret, struct vf_err *reterr)
{
	/* warnings are those of the other reading */
	struct tr_reading quiet = {.in = r->in};
	struct columns c = {.room = room, .list = ret};
	struct tr_xml *x = NULL;
	enum vf_rc rc = tr_xml_new(&quiet, &x, reterr);

	if (rc == VF_OK)
		rc = read_columns(&c, x, reterr);
	tr_xml_free(x);
	return rc;
}
