/* Cells of Dataset-JSON 1.1: one JSON value, NDJSON, and NDJSON in zlib or gzip. */
#include <math.h>
#include <stdlib.h>

#include "trial/read/json.h"
#include "trial/read/rows_inside.h"

#define MAX_INFLATED (UINT64_C(64) * 1024 * 1024 * 1024)

/* How a column's values are written, as its type says. */
enum form {
	FORM_TEXT,
	FORM_EXACT, /* integer, decimal */
	FORM_FLOAT,
	FORM_BOOLEAN,
	FORM_DAYS,
	FORM_SECONDS,
	FORM_TIME,
};

struct reading {
	struct tr_giving *g;
	struct tr_json *j;
	const struct tr_json_token *t;
	struct tr_texts name; /* at most one: of the data set */
	uint8_t *forms;
	bool has_columns, is_second, is_lines;
	bool saw_rows; /* as a member: there are no rows behind the object */
	bool had_rows; /* and gave them */
};

static VF_RC next(struct reading *r, struct vf_err *reterr)
{
	return tr_json_next(r->j, &r->t, reterr);
}

static VF_RC shape(const struct reading *r, const char *what, struct vf_err *reterr)
{
	unsigned line, column;

	tr_json_where(r->j, &line, &column);
	return vf_fail(reterr, VF_FILE_SHAPE, "line %u, column %u: %s", line, column, what);
}

/* ---- columns ---- */

static enum form form_of(struct vf_bytes type, struct vf_bytes target)
{
	bool counts = vf_bytes_is(target, "integer");

	if (vf_bytes_is(type, "integer") || vf_bytes_is(type, "decimal"))
		return FORM_EXACT;
	if (vf_bytes_is(type, "float") || vf_bytes_is(type, "double"))
		return FORM_FLOAT;
	if (vf_bytes_is(type, "boolean"))
		return FORM_BOOLEAN;
	if (counts && vf_bytes_is(type, "date"))
		return FORM_DAYS;
	if (counts && vf_bytes_is(type, "datetime"))
		return FORM_SECONDS;
	return counts && vf_bytes_is(type, "time") ? FORM_TIME : FORM_TEXT;
}

/* A column's object, the beginning of which was read. */
static VF_RC read_column(struct reading *r, struct vf_err *reterr)
{
	static const char *const names[] = {"name", "dataType", "targetDataType"};
	struct tr_texts texts = {0};
	struct vf_bytes parts[3] = {{0}};
	size_t at[3] = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, depth = r->t->depth;
	enum form form;
	enum vf_rc rc;

	while ((rc = next(r, reterr)) == VF_OK && (r->t->event != TR_JSON_CLOSE || r->t->depth != depth)) {
		for (size_t i = 0; i < 3 && rc == VF_OK && r->t->event == TR_JSON_STRING; i++) {
			if (!vf_bytes_is(r->t->name, names[i]))
				continue;
			at[i] = texts.count;
			rc = tr_texts_add(&texts, r->t->value, reterr);
		}
		if (rc == VF_OK)
			rc = tr_json_skip(r->j, reterr);
		if (rc != VF_OK)
			break;
	}
	for (size_t i = 0; i < 3; i++)
		if (at[i] != SIZE_MAX)
			parts[i] = tr_texts_at(&texts, at[i]);
	form = form_of(parts[1], parts[2]);
	if (rc == VF_OK && at[0] == SIZE_MAX)
		rc = shape(r, "a column without a name", reterr);
	if (rc == VF_OK)
		rc = tr_giving_column(r->g, parts[0],
			form == FORM_TEXT ? TR_COLUMN_TEXT : form == FORM_BOOLEAN ? TR_COLUMN_BOOLEAN : TR_COLUMN_NUMBER, reterr);
	if (rc == VF_OK)
		r->forms[r->g->names.count - 1] = (uint8_t)form;
	tr_texts_done(&texts);
	return rc;
}

static VF_RC read_columns(struct reading *r, struct vf_err *reterr)
{
	size_t depth = r->t->depth;
	enum vf_rc rc;

	if (r->t->event != TR_JSON_ARRAY)
		return shape(r, "columns that are no array", reterr);
	r->has_columns = true;
	while ((rc = next(r, reterr)) == VF_OK && (r->t->event != TR_JSON_CLOSE || r->t->depth != depth)) {
		rc = r->t->event == TR_JSON_OBJECT ? read_column(r, reterr) : shape(r, "a column that is no object", reterr);
		if (rc != VF_OK)
			return rc;
	}
	return rc;
}

/* ---- rows ---- */

static struct tr_cell float_of(struct vf_bytes text)
{
	struct tr_cell cell = {.type = TR_CELL_TEXT, .text = text};
	char copy[512];

	if (text.n >= sizeof(copy))
		return cell;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	cell.number = strtod(copy, NULL);
	if (isfinite(cell.number))
		cell.type = TR_CELL_NUMBER;
	return cell;
}

static struct tr_cell string_of(enum form form, struct vf_bytes text)
{
	switch (form) {
	case FORM_EXACT:
		return tr_cell_of_decimal(text);
	case FORM_DAYS:
		return tr_cell_of_date('d', text);
	case FORM_SECONDS:
		return tr_cell_of_date('s', text);
	case FORM_TIME:
		return tr_cell_of_date('t', text);
	case FORM_TEXT:
	case FORM_FLOAT:
	case FORM_BOOLEAN:
		break;
	}
	return (struct tr_cell){.type = TR_CELL_TEXT, .text = text};
}

static VF_RC read_cell(struct reading *r, struct vf_err *reterr)
{
	enum form form;
	struct tr_cell cell = {0};

	if (r->t->index >= r->g->names.count)
		return shape(r, "a row with more cells than columns", reterr);
	form = (enum form)r->forms[r->t->index];
	if (r->t->event == TR_JSON_STRING)
		cell = string_of(form, r->t->value);
	else if (r->t->event == TR_JSON_NUMBER)
		cell = form == FORM_FLOAT ? float_of(r->t->value) : tr_cell_of_decimal(r->t->value);
	else if (r->t->event == TR_JSON_TRUE || r->t->event == TR_JSON_FALSE)
		cell.type = r->t->event == TR_JSON_TRUE ? TR_CELL_TRUE : TR_CELL_FALSE;
	else if (r->t->event != TR_JSON_NULL)
		return shape(r, "a cell that is no value", reterr);
	return tr_giving_cell(r->g, (size_t)r->t->index, cell, reterr);
}

/* A row, the beginning of which was read. */
static VF_RC read_row(struct reading *r, struct vf_err *reterr)
{
	size_t depth = r->t->depth;
	enum vf_rc rc;

	if (r->t->event != TR_JSON_ARRAY)
		return shape(r, "a row that is no array", reterr);
	while ((rc = next(r, reterr)) == VF_OK && (r->t->event != TR_JSON_CLOSE || r->t->depth != depth)) {
		rc = read_cell(r, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return rc == VF_OK ? tr_giving_row(r->g, reterr) : rc;
}

static VF_RC begin(struct reading *r, struct vf_err *reterr)
{
	struct vf_bytes name = r->name.count ? tr_texts_at(&r->name, 0) : vf_bytes(NULL, 0);

	if (!r->has_columns)
		return shape(r, "rows without columns", reterr);
	return tr_giving_begin(r->g, name, reterr);
}

/* The array of rows; when the name or the columns come behind it, the file is read a second time. */
static VF_RC read_rows(struct reading *r, struct vf_err *reterr)
{
	size_t depth = r->t->depth;
	enum vf_rc rc;

	if (r->t->event != TR_JSON_ARRAY)
		return shape(r, "rows that are no array", reterr);
	r->saw_rows = true;
	if (!r->is_second && (!r->has_columns || r->name.count == 0))
		return tr_json_skip(r->j, reterr);
	r->had_rows = true;
	rc = begin(r, reterr);
	while (rc == VF_OK && (rc = next(r, reterr)) == VF_OK && (r->t->event != TR_JSON_CLOSE || r->t->depth != depth))
		rc = read_row(r, reterr);
	return rc;
}

/* ---- members ---- */

static VF_RC read_top_member(struct reading *r, struct vf_err *reterr)
{
	if (vf_bytes_is(r->t->name, "rows"))
		return read_rows(r, reterr);
	if (!r->is_second && vf_bytes_is(r->t->name, "columns"))
		return read_columns(r, reterr);
	if (!r->is_second && vf_bytes_is(r->t->name, "name") && r->t->event == TR_JSON_STRING)
		return tr_texts_add(&r->name, r->t->value, reterr);
	return tr_json_skip(r->j, reterr);
}

/* The object that says what the data set is; in one JSON value with its rows. */
static VF_RC read_object(struct reading *r, struct vf_err *reterr)
{
	enum vf_rc rc = next(r, reterr);

	if (rc == VF_OK && r->t->event != TR_JSON_OBJECT)
		return shape(r, "no object", reterr);
	while (rc == VF_OK && (rc = next(r, reterr)) == VF_OK && (r->t->event != TR_JSON_CLOSE || r->t->depth != 0))
		rc = read_top_member(r, reterr);
	if (rc == VF_OK)
		rc = next(r, reterr); /* the end */
	return rc;
}

/* A row a line, behind the line of the object. */
static VF_RC read_lines(struct reading *r, struct vf_err *reterr)
{
	bool more = false;
	enum vf_rc rc = begin(r, reterr);

	while (rc == VF_OK && (rc = tr_json_line(r->j, &more, reterr)) == VF_OK && more) {
		rc = next(r, reterr);
		if (rc == VF_OK)
			rc = read_row(r, reterr);
		if (rc == VF_OK)
			rc = next(r, reterr);
		if (rc == VF_OK && r->t->event != TR_JSON_END)
			rc = shape(r, "something behind a row", reterr);
	}
	r->had_rows = true;
	return rc;
}

/* ---- the file ---- */

static VF_RC read_all(struct reading *r, struct vf_err *reterr)
{
	enum vf_rc rc = read_object(r, reterr);

	if (rc == VF_OK && r->is_lines && !r->saw_rows)
		rc = read_lines(r, reterr);
	return rc;
}

static VF_RC read_from(struct reading *r, const struct tr_input *in, const struct tr_source *source, struct vf_err *reterr)
{
	struct tr_reading quiet = tr_rows_quiet(in);
	enum vf_rc rc = tr_json_new_from(&quiet, source, r->is_lines, &r->j, reterr);

	if (rc == VF_OK)
		rc = read_all(r, reterr);
	r->j = tr_json_free(r->j);
	tr_reading_done(&quiet);
	return rc;
}

static VF_RC read_once(struct reading *r, const struct tr_input *in, bool is_compressed, struct vf_err *reterr)
{
	struct tr_input_source raw;
	struct tr_inflate *inflate = NULL;
	uint8_t *buffer = malloc(TR_SOURCE_BUFFER);
	enum vf_rc rc;

	if (!buffer)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a file");
	tr_input_source_init(&raw, in, 0, buffer);
	rc = is_compressed ? tr_inflate_new(&raw.source, MAX_INFLATED, &inflate, reterr) : VF_OK;
	if (rc == VF_OK)
		rc = read_from(r, in, inflate ? tr_inflate_source(inflate) : &raw.source, reterr);
	inflate = tr_inflate_free(inflate);
	free(buffer);
	return rc;
}

static bool has_key(const struct tr_peek *p, const char *name)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (vf_bytes_is(p->keys[i], name))
			return true;
	return false;
}

/* True when the first line may be a whole value: then lines are read, which a single value on one line is too. */
static bool begins_with_line(struct vf_bytes head)
{
	struct vf_bytes line;

	if (!vf_take_line(&head, &line))
		return true;
	while (line.n > 0 && line.p[line.n - 1] <= ' ')
		line.n--;
	return vf_bytes_ends(line, "}");
}

VF_RC tr_rows_json(const struct tr_input *in, const struct tr_peek *peek, struct tr_giving *g, struct vf_err *reterr)
{
	bool is_compressed = peek->n_keys == 0;
	struct reading r = {.g = g, .is_lines = is_compressed || begins_with_line(peek->head)};
	enum vf_rc rc;

	if (has_key(peek, "clinicalData") || has_key(peek, "referenceData"))
		return vf_fail(reterr, VF_UNSUPPORTED, "Dataset-JSON 1.0 has no rows that this version reads");
	r.forms = calloc(TR_ROWS_MAX_COLUMNS, 1);
	if (!r.forms)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	rc = read_once(&r, in, is_compressed, reterr);
	if (rc == VF_OK && !r.had_rows) {
		r.is_second = true;
		rc = read_once(&r, in, is_compressed, reterr);
	}
	if (rc == VF_OK)
		rc = tr_giving_end(g, reterr);
	tr_texts_done(&r.name);
	free(r.forms);
	return rc;
}
