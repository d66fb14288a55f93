/* Cells of comma-separated values (RFC 4180), all of them text: the first record names the columns. */
#include <stdlib.h>

#include "trial/read/rows_inside.h"

struct reading {
	struct tr_input_source source;
	struct tr_giving *g;
	struct vf_bytes left;
	uint8_t delimiter;
	uint64_t record, line;
	/* the record that is read */
	struct tr_texts cells;
	uint8_t *cell;
	size_t n, room;
	bool has_cell; /* it is not a line without anything */
};

/* -1: the end. */
static VF_RC next(struct reading *r, int *ret, struct vf_err *reterr)
{
	uint8_t c = 0;

	if (r->left.n == 0) {
		enum vf_rc rc = r->source.source.next(r->source.source.ctx, &r->left, reterr);

		if (rc != VF_OK)
			return rc;
	}
	*ret = vf_take_u8(&r->left, &c) ? c : -1;
	r->line += *ret == '\n';
	return VF_OK;
}

static VF_RC put(struct reading *r, int c, struct vf_err *reterr)
{
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 4096;
		uint8_t *cell;

		if (room > 2 * TR_ROWS_MAX_ROW)
			return vf_fail(reterr, VF_LIMIT, "a row of more than %zu octets", TR_ROWS_MAX_ROW);
		cell = realloc(r->cell, room);
		if (!cell)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a row");
		r->cell = cell;
		r->room = room;
	}
	r->cell[r->n++] = (uint8_t)c;
	return VF_OK;
}

static VF_RC end_cell(struct reading *r, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (r->cells.count == TR_ROWS_MAX_COLUMNS)
		return vf_fail(reterr, VF_LIMIT, "more than %d columns", TR_ROWS_MAX_COLUMNS);
	rc = tr_texts_add(&r->cells, vf_bytes(r->cell, r->n), reterr);
	r->n = 0;
	return rc;
}

static VF_RC shape(const struct reading *r, const char *what, struct vf_err *reterr)
{
	return vf_fail(reterr, VF_FILE_SHAPE, "line %llu: %s", (unsigned long long)r->line + 1, what);
}

/* What follows a quote, up to the one that ends it; *ret is what stands behind that. */
static VF_RC read_quoted(struct reading *r, int *ret, struct vf_err *reterr)
{
	for (;;) {
		int c = 0;
		enum vf_rc rc = next(r, &c, reterr);

		if (rc == VF_OK && c == '"') {
			rc = next(r, &c, reterr);
			if (rc == VF_OK && c != '"') {
				*ret = c;
				return VF_OK;
			}
		}
		if (rc == VF_OK && c < 0)
			return shape(r, "the file ends within quotes", reterr);
		if (rc == VF_OK)
			rc = put(r, c, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

static bool ends_cell(const struct reading *r, int c)
{
	return c < 0 || c == '\n' || c == r->delimiter;
}

/* A cell, from its first octet c; *ret_end is what ended it. CR before LF is a part of the line's end. */
static VF_RC read_cell(struct reading *r, int c, int *ret_end, struct vf_err *reterr)
{
	bool quoted = c == '"';
	enum vf_rc rc = VF_OK;

	if (quoted)
		rc = read_quoted(r, &c, reterr);
	if (rc == VF_OK && quoted && c == '\r')
		rc = next(r, &c, reterr);
	if (rc == VF_OK && quoted && !ends_cell(r, c))
		return shape(r, "text behind quotes", reterr);
	while (rc == VF_OK && !ends_cell(r, c)) {
		rc = put(r, c, reterr);
		if (rc == VF_OK)
			rc = next(r, &c, reterr);
	}
	if (!quoted && c != r->delimiter && r->n > 0 && r->cell[r->n - 1] == '\r')
		r->n--;
	if (rc == VF_OK && !quoted && r->n > 0 && memchr(r->cell, '\r', r->n))
		return vf_fail(reterr, VF_UNSUPPORTED, "line %llu: rows that end in CR alone are not read", (unsigned long long)r->line);
	r->has_cell = r->has_cell || quoted || r->n > 0 || c == r->delimiter;
	*ret_end = c;
	return rc == VF_OK ? end_cell(r, reterr) : rc;
}

/* *ret_more is false at the end of the file; a line without anything is no record. */
static VF_RC read_record(struct reading *r, bool *ret_more, struct vf_err *reterr)
{
	int c = 0, end = -1;

	do {
		enum vf_rc rc;

		tr_texts_reset(&r->cells);
		r->has_cell = false;
		do {
			rc = next(r, &c, reterr);
			if (rc == VF_OK)
				rc = read_cell(r, c, &end, reterr);
			if (rc != VF_OK)
				return rc;
		} while (end == r->delimiter);
	} while (!r->has_cell && end >= 0);
	*ret_more = r->has_cell;
	r->record++;
	return VF_OK;
}

/* Of , ; TAB and | the one that stands most often outside quotes in the first line with any of them; the first of equals. */
static uint8_t find_delimiter(struct vf_bytes head)
{
	static const uint8_t delimiters[] = {',', ';', '\t', '|'};
	size_t count[4] = {0}, most = 0;
	bool quoted = false;
	uint8_t c;

	while (vf_take_u8(&head, &c) && (quoted || c != '\n')) {
		quoted = quoted != (c == '"');
		for (size_t i = 0; i < 4 && !quoted; i++)
			count[i] += c == delimiters[i];
	}
	for (size_t i = 1; i < 4; i++)
		if (count[i] > count[most])
			most = i;
	return delimiters[most];
}

static VF_RC give_head(struct reading *r, struct vf_err *reterr)
{
	bool more = false;
	enum vf_rc rc = read_record(r, &more, reterr);

	if (rc == VF_OK && !more)
		rc = shape(r, "a file without columns", reterr);
	for (size_t i = 0; rc == VF_OK && i < r->cells.count; i++)
		rc = tr_giving_column(r->g, tr_texts_at(&r->cells, i), TR_COLUMN_TEXT, reterr);
	return rc == VF_OK ? tr_giving_begin(r->g, vf_bytes(NULL, 0), reterr) : rc;
}

static VF_RC give_record(struct reading *r, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (r->cells.count > r->g->names.count)
		return shape(r, "a row with more cells than columns", reterr);
	for (size_t i = 0; rc == VF_OK && i < r->cells.count; i++)
		rc = tr_giving_cell(r->g, i, (struct tr_cell){.type = TR_CELL_TEXT, .text = tr_texts_at(&r->cells, i)}, reterr);
	return rc == VF_OK ? tr_giving_row(r->g, reterr) : rc;
}

static VF_RC read_all(struct reading *r, struct vf_err *reterr)
{
	bool more = true;
	enum vf_rc rc = r->source.source.next(r->source.source.ctx, &r->left, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_take_str(&r->left, "\xef\xbb\xbf") && (vf_bytes_starts(r->left, "\xff\xfe") || vf_bytes_starts(r->left, "\xfe\xff")))
		return vf_fail(reterr, VF_UNSUPPORTED, "rows in UTF-16 are not read");
	r->delimiter = find_delimiter(r->left);
	rc = give_head(r, reterr);
	while (rc == VF_OK && (rc = read_record(r, &more, reterr)) == VF_OK && more)
		rc = give_record(r, reterr);
	return rc == VF_OK ? tr_giving_end(r->g, reterr) : rc;
}

VF_RC tr_rows_csv(const struct tr_input *in, struct tr_giving *g, struct vf_err *reterr)
{
	struct reading r = {.g = g};
	uint8_t *buffer = malloc(TR_SOURCE_BUFFER);
	enum vf_rc rc;

	if (!buffer)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a file");
	tr_input_source_init(&r.source, in, 0, buffer);
	rc = read_all(&r, reterr);
	tr_texts_done(&r.cells);
	free(r.cell);
	free(buffer);
	return rc;
}
