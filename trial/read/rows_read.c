#include "trial/read/rows_read.h"

#include <stdlib.h>
#include <strings.h>

#include "trial/read/rows_inside.h"

/* ---- texts ---- */

void tr_texts_done(struct tr_texts *t)
{
	free(t->p);
	free(t->begin);
	*t = (struct tr_texts){0};
}

VF_RC tr_texts_add(struct tr_texts *t, struct vf_bytes text, struct vf_err *reterr)
{
	if (text.n > TR_ROWS_MAX_ROW - t->n)
		return vf_fail(reterr, VF_LIMIT, "a row of more than %zu octets", TR_ROWS_MAX_ROW);
	if (!t->p || t->n + text.n > t->room) {
		size_t room = 2 * (t->n + text.n) + 4096;
		uint8_t *p = realloc(t->p, room);

		if (!p)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a row");
		t->p = p;
		t->room = room;
	}
	if (t->count + 2 > t->begin_room) {
		size_t room = 2 * t->begin_room + 64;
		size_t *begin = realloc(t->begin, room * sizeof(*begin));

		if (!begin)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a row");
		t->begin = begin;
		t->begin_room = room;
	}
	if (text.n)
		memcpy(t->p + t->n, text.p, text.n);
	t->begin[t->count++] = t->n;
	t->n += text.n;
	t->begin[t->count] = t->n;
	return VF_OK;
}

struct vf_bytes tr_texts_at(const struct tr_texts *t, size_t at)
{
	return vf_bytes(t->p + t->begin[at], t->begin[at + 1] - t->begin[at]);
}

/* ---- giving ---- */

void tr_giving_done(struct tr_giving *g)
{
	tr_texts_done(&g->names);
	tr_texts_done(&g->texts);
	free(g->types);
	free(g->cells);
	free(g->columns);
	*g = (struct tr_giving){.sink = g->sink};
}

VF_RC tr_giving_column(struct tr_giving *g, struct vf_bytes name, enum tr_column_type type, struct vf_err *reterr)
{
	if (g->names.count == TR_ROWS_MAX_COLUMNS)
		return vf_fail(reterr, VF_LIMIT, "more than %d columns", TR_ROWS_MAX_COLUMNS);
	if (!g->types)
		g->types = calloc(TR_ROWS_MAX_COLUMNS, sizeof(*g->types));
	if (!g->types)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	while (name.n > 0 && name.p[name.n - 1] == ' ')
		name.n--;
	g->types[g->names.count] = type;
	return tr_texts_add(&g->names, name, reterr);
}

VF_RC tr_giving_begin(struct tr_giving *g, struct vf_bytes name, struct vf_err *reterr)
{
	size_t n = g->names.count;
	struct tr_dataset set = {.name = name, .n_columns = n};

	free(g->cells);
	free(g->columns);
	g->cells = calloc(n + 1, sizeof(*g->cells));
	g->columns = calloc(n + 1, sizeof(*g->columns));
	if (!g->cells || !g->columns)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	for (size_t i = 0; i < n; i++)
		g->columns[i] = (struct tr_column){tr_texts_at(&g->names, i), g->types[i]};
	set.columns = g->columns;
	g->rows = 0;
	g->is_begun = true;
	return g->sink->table(g->sink->ctx, &set, reterr);
}

VF_RC tr_giving_cell(struct tr_giving *g, size_t column, struct tr_cell cell, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (cell.type == TR_CELL_TEXT) {
		cell.number = (double)g->texts.count;
		rc = tr_texts_add(&g->texts, cell.text, reterr);
	}
	g->cells[column] = cell;
	return rc;
}

VF_RC tr_giving_row(struct tr_giving *g, struct vf_err *reterr)
{
	size_t n = g->names.count;
	enum vf_rc rc;

	for (size_t i = 0; i < n; i++)
		if (g->cells[i].type == TR_CELL_TEXT)
			g->cells[i].text = tr_texts_at(&g->texts, (size_t)g->cells[i].number);
	rc = g->sink->row(g->sink->ctx, g->cells, reterr);
	g->rows++;
	memset(g->cells, 0, (n + 1) * sizeof(*g->cells));
	tr_texts_reset(&g->texts);
	return rc;
}

VF_RC tr_giving_end(struct tr_giving *g, struct vf_err *reterr)
{
	enum vf_rc rc = g->is_begun ? g->sink->end(g->sink->ctx, g->rows, reterr) : VF_OK;

	g->is_begun = false;
	tr_texts_reset(&g->names);
	return rc;
}

/* ---- which form ---- */

static bool ends(struct vf_bytes name, const char *end)
{
	size_t n = strlen(end);

	return name.n >= n && strncasecmp((const char *)name.p + name.n - n, end, n) == 0;
}

static bool is_compressed(struct vf_bytes head)
{
	return vf_bytes_starts(head, "\x1f\x8b") || (head.n > 1 && head.p[0] == 0x78 && (head.p[0] * 256 + head.p[1]) % 31 == 0);
}

static bool is_xpt(const struct tr_peek *p)
{
	return vf_bytes_starts(p->head, "HEADER RECORD*******LIB");
}

static bool is_json(const struct tr_peek *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (vf_bytes_is(p->keys[i], "datasetJSONVersion") || vf_bytes_is(p->keys[i], "datasetJSONCreationDateTime"))
			return true;
	return is_compressed(p->head) && ends(p->name, ".dsjc");
}

static bool is_xml(const struct tr_peek *p)
{
	static const char ns[] = "http://www.cdisc.org/ns/Dataset-XML/v1.0";

	return vf_bytes_is(p->root, "ODM") && memmem(p->head.p, p->head.n, ns, sizeof(ns) - 1);
}

static bool is_csv(const struct tr_peek *p)
{
	return ends(p->name, ".csv") || ends(p->name, ".tsv");
}

bool tr_rows_is(const struct tr_peek *p)
{
	return is_xpt(p) || is_json(p) || is_xml(p) || is_csv(p);
}

static VF_RC hear_fact(void *ctx, const struct tr_fact *fact, struct vf_err *reterr)
{
	(void)ctx;
	(void)fact;
	(void)reterr;
	return VF_OK;
}

static VF_RC hear_warning(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place, struct vf_err *reterr)
{
	(void)ctx;
	(void)warning;
	(void)text;
	(void)place;
	(void)reterr;
	return VF_OK;
}

struct tr_reading tr_rows_quiet(const struct tr_input *in)
{
	return (struct tr_reading){.in = in, .fact = hear_fact, .warning = hear_warning};
}

VF_RC tr_rows_read(const struct tr_input *in, const struct tr_row_sink *sink, struct vf_err *reterr)
{
	struct tr_giving g = {.sink = sink};
	uint8_t *head = malloc(TR_PEEK_LEN);
	struct tr_peek p;
	enum vf_rc rc;

	if (!head)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to look at a file");
	rc = tr_peek(in, head, &p, reterr);
	if (rc != VF_OK)
		;
	else if (is_xpt(&p))
		rc = tr_rows_xpt(in, &g, reterr);
	else if (is_json(&p))
		rc = tr_rows_json(in, &p, &g, reterr);
	else if (is_xml(&p))
		rc = tr_rows_xml(in, &g, reterr);
	else if (is_csv(&p))
		rc = tr_rows_csv(in, &g, reterr);
	else
		rc = vf_fail(reterr, VF_UNSUPPORTED, "a file without rows that can be read");
	tr_giving_done(&g);
	free(head);
	return rc;
}
