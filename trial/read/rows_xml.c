/*
 * Cells of Dataset-XML 1.0. Its rows name their cells and leave out empty ones, so the file is read twice: for the
 * columns, and for the rows. A data set is a run of ItemGroupData of one ItemGroupOID.
 */
#include <stdlib.h>

#include "trial/read/rows_inside.h"
#include "trial/read/xml.h"

#define MAX_SETS 1024

struct names {
	const char *group, *item, *group_oid, *item_oid, *value;
};

/* One data set: its name, and its columns in ascending order once all are known. */
struct set {
	size_t name;              /* in texts */
	size_t *columns;          /* in texts */
	size_t n, room;
	size_t at;                /* of the column that was met last: most rows have one order */
};

struct reading {
	struct tr_giving *g;
	struct tr_xml *x;
	struct names names;
	struct tr_texts texts; /* names of data sets and columns */
	struct set *sets;
	size_t n_sets, set; /* the one that is read */
	bool is_second, in_row, is_begun;
	bool *is_set;       /* cells of the row */
};

static VF_RC shape(const struct reading *r, const char *what, struct vf_err *reterr)
{
	unsigned line, column;

	tr_xml_where(r->x, &line, &column);
	return vf_fail(reterr, VF_FILE_SHAPE, "line %u, column %u: %s", line, column, what);
}

/* ---- columns ---- */

static bool is_at(const struct reading *r, const struct set *s, size_t at, struct vf_bytes oid)
{
	return at < s->n && vf_bytes_eq(tr_texts_at(&r->texts, s->columns[at]), oid);
}

/* The column's place; while columns are collected they stand in order too. *ret_found: it is there. */
static size_t find(const struct reading *r, struct set *s, struct vf_bytes oid, bool *ret_found)
{
	size_t from = 0, to = s->n;

	*ret_found = true;
	if (is_at(r, s, s->at + 1, oid))
		return ++s->at;
	if (is_at(r, s, 0, oid))
		return s->at = 0;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = vf_bytes_cmp(tr_texts_at(&r->texts, s->columns[middle]), oid);

		if (order == 0)
			return s->at = middle;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	*ret_found = false;
	return from;
}

static VF_RC add_column(struct reading *r, struct set *s, struct vf_bytes oid, struct vf_err *reterr)
{
	bool found;
	size_t at = find(r, s, oid, &found);

	if (found)
		return VF_OK;
	if (s->n == TR_ROWS_MAX_COLUMNS)
		return vf_fail(reterr, VF_LIMIT, "more than %d columns", TR_ROWS_MAX_COLUMNS);
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 32;
		size_t *columns = realloc(s->columns, room * sizeof(*columns));

		if (!columns)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
		s->columns = columns;
		s->room = room;
	}
	memmove(s->columns + at + 1, s->columns + at, (s->n - at) * sizeof(*s->columns));
	s->columns[at] = r->texts.count;
	s->n++;
	return tr_texts_add(&r->texts, oid, reterr);
}

/* ---- data sets ---- */

static VF_RC begin_set(struct reading *r, const struct set *s, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < s->n && rc == VF_OK; i++)
		rc = tr_giving_column(r->g, tr_texts_at(&r->texts, s->columns[i]), TR_COLUMN_TEXT, reterr);
	if (rc == VF_OK)
		rc = tr_giving_begin(r->g, tr_texts_at(&r->texts, s->name), reterr);
	free(r->is_set);
	r->is_set = calloc(s->n + 1, sizeof(*r->is_set));
	if (rc == VF_OK && !r->is_set)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	return rc;
}

/* The data set of a row, which is the last one's or a new one. */
static VF_RC find_set(struct reading *r, struct vf_bytes oid, struct vf_err *reterr)
{
	bool is_same = r->is_begun && vf_bytes_eq(tr_texts_at(&r->texts, r->sets[r->set].name), oid);
	enum vf_rc rc = VF_OK;

	if (is_same)
		return VF_OK;
	if (r->is_second && r->is_begun)
		rc = tr_giving_end(r->g, reterr);
	r->set = r->is_begun ? r->set + 1 : 0;
	r->is_begun = true;
	if (rc != VF_OK)
		return rc;
	if (r->is_second)
		return r->set < r->n_sets ? begin_set(r, &r->sets[r->set], reterr) : shape(r, "the file changed while it was read", reterr);
	if (r->n_sets == MAX_SETS)
		return vf_fail(reterr, VF_LIMIT, "more than %d data sets", MAX_SETS);
	r->sets[r->n_sets++].name = r->texts.count;
	return tr_texts_add(&r->texts, oid, reterr);
}

/* ---- rows ---- */

static VF_RC read_item(struct reading *r, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct set *s = &r->sets[r->set];
	struct tr_cell cell = {.type = TR_CELL_TEXT};
	struct vf_bytes oid;
	bool found;
	size_t at;

	if (!tr_xml_get(node, r->names.item_oid, NULL, &oid))
		return shape(r, "a cell without ItemOID", reterr);
	if (!r->is_second)
		return add_column(r, s, oid, reterr);
	at = find(r, s, oid, &found);
	if (!found)
		return shape(r, "the file changed while it was read", reterr);
	if (r->is_set[at])
		return shape(r, "a cell that stands twice in its row", reterr);
	r->is_set[at] = true;
	if (!tr_xml_get(node, r->names.value, NULL, &cell.text))
		cell.type = TR_CELL_EMPTY;
	return tr_giving_cell(r->g, at, cell, reterr);
}

static VF_RC read_open(struct reading *r, const struct tr_xml_node *node, struct vf_err *reterr)
{
	struct vf_bytes oid;

	if (node->name == r->names.item && r->in_row)
		return read_item(r, node, reterr);
	if (node->name != r->names.group)
		return VF_OK;
	if (r->in_row || !tr_xml_get(node, r->names.group_oid, NULL, &oid))
		return shape(r, "a row without ItemGroupOID, or within another", reterr);
	r->in_row = true;
	return find_set(r, oid, reterr);
}

static VF_RC read_close(struct reading *r, const struct tr_xml_node *node, struct vf_err *reterr)
{
	if (node->name != r->names.group)
		return VF_OK;
	r->in_row = false;
	if (!r->is_second)
		return VF_OK;
	memset(r->is_set, 0, (r->sets[r->set].n + 1) * sizeof(*r->is_set));
	return tr_giving_row(r->g, reterr);
}

static VF_RC read_nodes(struct reading *r, struct vf_err *reterr)
{
	const struct tr_xml_node *node = NULL;
	enum vf_rc rc;

	do {
		rc = tr_xml_next(r->x, &node, reterr);
		if (rc == VF_OK && node->event == TR_XML_OPEN)
			rc = read_open(r, node, reterr);
		else if (rc == VF_OK && node->event == TR_XML_CLOSE)
			rc = read_close(r, node, reterr);
	} while (rc == VF_OK && node->event != TR_XML_END);
	return rc;
}

static VF_RC read_once(struct reading *r, const struct tr_input *in, struct vf_err *reterr)
{
	struct tr_reading quiet = tr_rows_quiet(in);
	enum vf_rc rc = tr_xml_new(&quiet, &r->x, reterr);

	if (rc == VF_OK) {
		r->names = (struct names){tr_xml_name(r->x, "ItemGroupData"), tr_xml_name(r->x, "ItemData"), tr_xml_name(r->x, "ItemGroupOID"),
			tr_xml_name(r->x, "ItemOID"), tr_xml_name(r->x, "Value")};
		if (!r->names.group || !r->names.item || !r->names.group_oid || !r->names.item_oid || !r->names.value)
			rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for XML");
	}
	r->is_begun = r->in_row = false;
	if (rc == VF_OK)
		rc = read_nodes(r, reterr);
	r->x = tr_xml_free(r->x);
	tr_reading_done(&quiet);
	return rc;
}

VF_RC tr_rows_xml(const struct tr_input *in, struct tr_giving *g, struct vf_err *reterr)
{
	struct reading r = {.g = g, .sets = calloc(MAX_SETS, sizeof(struct set))};
	enum vf_rc rc = r.sets ? read_once(&r, in, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for data sets");

	if (rc == VF_OK) {
		r.is_second = true;
		rc = read_once(&r, in, reterr);
	}
	if (rc == VF_OK && r.is_begun)
		rc = tr_giving_end(g, reterr);
	for (size_t i = 0; i < r.n_sets; i++)
		free(r.sets[i].columns);
	free(r.sets);
	free(r.is_set);
	tr_texts_done(&r.texts);
	return rc;
}
