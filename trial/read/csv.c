/*
 * Tables as text (RFC 4180 and what software makes of it): one row a line, fields between delimiters, quotes around
 * fields that hold a delimiter, a quote or a line end.
 *
 * A file says nothing about its form: delimiter, line ends and header are found by looking at its head.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "trial/read/csv_inside.h"
#include "trial/read/readers.h"
#include "trial/read/table.h"

struct csv {
	struct tr_reading *r;
	struct tr_window w;
	struct tr_table table;
	struct tr_csv_form form;
	uint64_t lf, crlf; /* rows that ended so */
	uint64_t loose;    /* fields with a quote where none may stand */
	struct tr_table_buffer text; /* a field without the quotes that were doubled in it */
};

/* ---- fields of a row without quotes ---- */

#define ONES UINT64_C(0x0101010101010101)
#define LOWS UINT64_C(0x7f7f7f7f7f7f7f7f)

/* How often c stands in b: eight octets at once, in sums of eight that hold 255 steps. */
static size_t count(struct vf_bytes b, uint8_t c)
{
	const uint64_t pattern = ONES * c;
	size_t n = 0, i = 0;

	while (b.n - i >= 8) {
		size_t steps = (b.n - i) / 8 < 255 ? (b.n - i) / 8 : 255;
		uint64_t sums = 0;

		for (; steps > 0; steps--, i += 8) {
			uint64_t w;

			memcpy(&w, b.p + i, 8);
			w ^= pattern;
			/* the high bit of each octet that is not zero, and of no other */
			w = (((w & LOWS) + LOWS) | w) & ~LOWS;
			sums += ONES - (w >> 7);
		}
		for (int k = 0; k < 64; k += 8)
			n += sums >> k & 0xff;
	}
	for (; i < b.n; i++)
		n += b.p[i] == c;
	return n;
}

/* The needed fields, in the order of their columns; those that are not there are empty. */
static size_t split_plain(struct csv *c, struct vf_bytes line)
{
	size_t column = 0;
	struct vf_bytes field, left = line;
	bool more = true;

	for (size_t i = 0; i < c->table.n_needed; i++) {
		struct tr_sdtm_cell *cell = &c->table.row.cells[c->table.needed[i].slot];

		for (; more && column < c->table.needed[i].column; column++)
			more = vf_take_until(&left, c->form.delimiter, &field);
		cell->text = vf_bytes(NULL, 0);
		if (!more)
			continue;
		field = left;
		column++;
		if (!vf_take_until(&left, c->form.delimiter, &field))
			more = false;
		cell->text = field;
	}
	return column + (more ? count(left, c->form.delimiter) + 1 : 0);
}

/* ---- fields of any row ---- */

/* Where a field's text is in the window. */
struct field {
	size_t at, n;
	bool has_quotes; /* doubled, in it */
};

/* The octet at i, -1 at the end. */
static VF_RC octet(struct csv *c, size_t i, int *ret, struct vf_err *reterr)
{
	enum vf_rc rc = i < c->w.b.n ? VF_OK : tr_window_more(&c->w, i + 1, reterr);

	*ret = rc == VF_OK && i < c->w.b.n ? c->w.b.p[i] : -1;
	return rc;
}

/* Behind the opening quote; *i is behind the other one. A quote that stands twice is one of the text. */
static VF_RC find_quote(struct csv *c, size_t *i, struct field *f, struct vf_err *reterr)
{
	const uint8_t *quote;
	int next;
	enum vf_rc rc;

	f->at = *i;
	for (;;) {
		rc = octet(c, *i, &next, reterr);
		if (rc != VF_OK)
			return rc;
		f->n = *i - f->at;
		if (next < 0)
			return tr_warn(c->r, TR_W_CUT, NULL, reterr, "the file ends in a quoted field");
		quote = memchr(&c->w.b.p[*i], '"', c->w.b.n - *i);
		if (!quote) {
			*i = c->w.b.n;
			continue;
		}
		*i = (size_t)(quote - c->w.b.p) + 1;
		f->n = *i - 1 - f->at;
		rc = octet(c, *i, &next, reterr);
		if (rc != VF_OK || next != '"')
			return rc;
		f->has_quotes = true;
		++*i;
	}
}

/* One field from *i on, up to the delimiter, the line's end or -1, which is *ret_end. */
static VF_RC take_field(struct csv *c, size_t *i, struct field *f, int *ret_end, struct vf_err *reterr)
{
	bool is_quoted, is_loose = false;
	enum vf_rc rc = octet(c, *i, ret_end, reterr);

	*f = (struct field){.at = *i};
	is_quoted = *ret_end == '"';
	if (is_quoted) {
		++*i;
		rc = find_quote(c, i, f, reterr);
	}
	for (; rc == VF_OK; ++*i) {
		rc = octet(c, *i, ret_end, reterr);
		if (*ret_end < 0 || *ret_end == c->form.delimiter || *ret_end == c->form.line_end)
			break;
		is_loose = is_loose || *ret_end == '"' || (is_quoted && *ret_end != '\r' && *ret_end != ' ');
	}
	if (!is_quoted)
		f->n = *i - f->at;
	c->loose += is_loose;
	return rc;
}

/* A field's text, good until the window moves or the next one is asked for. */
static VF_RC field_text(struct csv *c, const struct field *f, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes b = {0};
	size_t n = 0;

	(void)vf_bytes_slice(c->w.b, f->at, f->n, &b); /* was seen there */
	*ret = b;
	if (!f->has_quotes)
		return VF_OK;
	if (b.n > c->text.cap) {
		uint8_t *p = realloc(c->text.p, b.n);

		if (!p)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a field");
		c->text.p = p;
		c->text.cap = b.n;
	}
	for (size_t i = 0; i < b.n; i++) {
		c->text.p[n++] = b.p[i];
		i += b.p[i] == '"';
	}
	*ret = vf_bytes(c->text.p, n);
	return VF_OK;
}

/* Fields of a row, one by one; those of the header become columns, or as many columns without names. */
static VF_RC split_quoted(struct csv *c, bool is_first, size_t *ret_fields, size_t *ret_n, struct vf_err *reterr)
{
	struct field f, found[TR_SDTM_SLOTS] = {0};
	struct vf_bytes text, none = {0};
	size_t i = 0, n = 0, need = 0;
	int end;
	enum vf_rc rc;

	for (;; i++) {
		rc = take_field(c, &i, &f, &end, reterr);
		if (rc == VF_OK && is_first) {
			rc = field_text(c, &f, &text, reterr);
			if (rc == VF_OK)
				rc = tr_table_column(&c->table, c->form.has_header ? text : none, none, none, reterr);
		} else if (need < c->table.n_needed && c->table.needed[need].column == n) {
			found[need++] = f;
		}
		if (rc != VF_OK)
			return rc;
		n++;
		if (end != c->form.delimiter)
			break;
	}
	for (size_t k = 0; rc == VF_OK && !is_first && k < c->table.n_needed; k++) {
		rc = field_text(c, &found[k], &text, reterr);
		if (rc == VF_OK && found[k].has_quotes)
			rc = tr_table_keep(&c->table, c->table.needed[k].slot, text, reterr);
		else if (rc == VF_OK)
			c->table.row.cells[c->table.needed[k].slot].text = text;
	}
	*ret_fields = n;
	*ret_n = i + (end >= 0);
	return rc;
}

/* ---- rows ---- */

/* How the line that is n octets long ends; n becomes its length without it. */
static void note_end(struct csv *c, struct vf_bytes *line)
{
	bool has_end = line->n && line->p[line->n - 1] == c->form.line_end;

	if (has_end)
		line->n--;
	if (!has_end || c->form.line_end != '\n')
		return;
	if (line->n && line->p[line->n - 1] == '\r') {
		line->n--;
		c->crlf++;
	} else {
		c->lf++;
	}
}

/* The next line of the window, with its end; what is behind the last one is one, too. */
static VF_RC find_line(struct csv *c, struct vf_bytes *ret, struct vf_err *reterr)
{
	size_t seen = 0;

	for (;;) {
		const uint8_t *end = seen < c->w.b.n ? memchr(&c->w.b.p[seen], c->form.line_end, c->w.b.n - seen) : NULL;
		enum vf_rc rc;

		*ret = vf_bytes(c->w.b.p, end ? (size_t)(end - c->w.b.p) + 1 : c->w.b.n);
		if (end || c->w.at_end)
			return VF_OK;
		seen = c->w.b.n;
		rc = tr_window_more(&c->w, seen + 1, reterr);
		if (rc != VF_OK)
			return rc;
	}
}

static VF_RC read_row(struct csv *c, bool is_first, struct vf_err *reterr)
{
	struct vf_bytes line, used;
	size_t n, fields = 0;
	enum vf_rc rc = find_line(c, &line, reterr);

	if (rc != VF_OK)
		return rc;
	n = line.n;
	if (is_first || (n && memchr(line.p, '"', n))) {
		rc = split_quoted(c, is_first, &fields, &n, reterr);
		line = vf_bytes(c->w.b.p, n);
		note_end(c, &line);
	} else {
		note_end(c, &line);
		if (line.n == 0) /* a line without anything is no row */
			return vf_take(&c->w.b, n, &used) ? VF_OK : VF_INTERNAL;
		fields = split_plain(c, line);
	}
	if (rc == VF_OK && !is_first && fields != c->table.n_columns)
		rc = tr_warn(c->r, TR_W_COUNT, NULL, reterr, "row %" PRIu64 " has %zu fields for %zu columns",
			c->table.rows + 1, fields, c->table.n_columns);
	if (rc == VF_OK && !is_first)
		rc = tr_table_row(&c->table, reterr);
	(void)vf_take(&c->w.b, n, &used);
	return rc;
}

/* ---- the file ---- */

static VF_RC say_form(struct csv *c, bool has_bom, struct vf_err *reterr)
{
	const char delimiter[2] = {(char)c->form.delimiter, 0};
	struct tr_about about = {.item = c->table.item};
	enum vf_rc rc = tr_say(c->r, TR_F_TABLE_DELIMITER, &about,
		vf_bytes_str(c->form.delimiter == '\t' ? "tab" : delimiter), reterr);

	if (rc == VF_OK)
		rc = tr_say_flag(c->r, TR_F_TABLE_HEADER, &about, c->form.has_header, reterr);
	if (rc == VF_OK)
		rc = tr_say_flag(c->r, TR_F_TABLE_BOM, &about, has_bom, reterr);
	if (rc == VF_OK && c->form.is_ambiguous)
		rc = tr_warn(c->r, TR_W_AMBIGUOUS, NULL, reterr, "another delimiter would do as well");
	return rc;
}

static VF_RC begin(struct csv *c, struct vf_err *reterr)
{
	bool is_sdtm = false, has_bom;
	size_t last = 0;
	struct vf_bytes head, left, name;
	enum vf_rc rc = tr_window_more(&c->w, TR_PEEK_LEN, reterr);

	if (rc != VF_OK)
		return rc;
	has_bom = vf_take_str(&c->w.b, "\xef\xbb\xbf");
	head = c->w.b;
	if (head.n > TR_PEEK_LEN)
		head.n = TR_PEEK_LEN;
	if (!tr_csv_sniff(head, c->w.at_end && head.n == c->w.b.n, &c->form))
		return vf_fail(reterr, VF_FILE_SHAPE, "line 1, column 1: no table");
	while (vf_take_str(&c->w.b, "\n") || vf_take_str(&c->w.b, "\r"))
		; /* lines without anything */
	c->table.item = tr_item(c->r);
	rc = say_form(c, has_bom, reterr);
	if (rc == VF_OK)
		rc = read_row(c, true, reterr);
	c->table.rows = c->form.has_header ? 0 : 1;
	left = vf_bytes(c->table.names.p, c->table.names.n);
	for (size_t i = 0; rc == VF_OK && i < c->table.n_columns; i++) {
		if (vf_take(&left, c->table.ends[i] - last, &name))
			is_sdtm = is_sdtm || tr_sdtm_is_key(name);
		last = c->table.ends[i];
	}
	return rc != VF_OK ? rc : tr_table_begin(&c->table, is_sdtm, reterr);
}

static VF_RC end(struct csv *c, struct vf_err *reterr)
{
	struct tr_about about = {.item = c->table.item};
	const char *line_end = c->form.line_end == '\r' ? "CR" : !c->crlf ? "LF" : !c->lf ? "CRLF" : "mixed";
	enum vf_rc rc = VF_OK;

	if (c->form.line_end == '\r' || c->lf || c->crlf)
		rc = tr_say(c->r, TR_F_TABLE_LINE_END, &about, vf_bytes_str(line_end), reterr);
	if (rc == VF_OK && c->loose)
		rc = tr_warn(c->r, TR_W_AMBIGUOUS, NULL, reterr, "%" PRIu64 " fields have a quote where none may stand", c->loose);
	return rc != VF_OK ? rc : tr_table_end(&c->table, NULL, reterr);
}

static VF_RC read_rows(struct csv *c, struct vf_err *reterr)
{
	enum vf_rc rc = begin(c, reterr);

	while (rc == VF_OK) {
		rc = tr_window_more(&c->w, 1, reterr);
		if (rc != VF_OK || c->w.b.n == 0)
			break;
		rc = read_row(c, false, reterr);
	}
	return rc != VF_OK ? rc : end(c, reterr);
}

static VF_RC read_csv(struct tr_reading *r, struct vf_err *reterr)
{
	struct csv c = {.r = r, .w = {.in = r->in}, .table = {.r = r}};
	struct tr_about whole = {0};
	uint8_t head[2] = {0};
	size_t n;
	enum vf_rc rc = r->in->read_at(r->in->ctx, 0, head, sizeof(head), &n, reterr);

	if (rc == VF_OK && ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff))) {
		rc = tr_say(r, TR_F_FILE_ENCODING, &whole, vf_bytes_str("UTF-16"), reterr);
		return rc != VF_OK ? rc : tr_warn(r, TR_W_UNREAD, NULL, reterr, "tables in UTF-16 are not read");
	}
	if (rc == VF_OK)
		rc = read_rows(&c, reterr);
	free(c.text.p);
	tr_table_done(&c.table);
	tr_window_done(&c.w);
	return rc;
}

static bool ends_in(struct vf_bytes name, const char *end)
{
	size_t n = strlen(end);
	struct vf_bytes tail;

	if (name.n < n || !vf_bytes_slice(name, name.n - n, n, &tail))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((tail.p[i] >= 'A' && tail.p[i] <= 'Z' ? tail.p[i] | 0x20 : tail.p[i]) != (uint8_t)end[i])
			return false;
	return true;
}

/* Prose has lines with as many commas, too: of a text, more is asked than of what calls itself a table. */
static bool claims(const struct tr_peek *p)
{
	struct vf_bytes head = p->head;
	struct tr_csv_form form;
	bool is_table = ends_in(p->name, ".csv") || ends_in(p->name, ".tsv") || ends_in(p->name, ".tab");

	if (!is_table && !ends_in(p->name, ".txt"))
		return false;
	(void)vf_take_str(&head, "\xef\xbb\xbf");
	if (!head.n || !tr_csv_sniff(head, p->size <= p->head.n, &form))
		return false;
	return is_table || (form.is_even && form.n_rows >= 3 && (form.n_columns > 2 || form.delimiter == '\t'));
}

const struct tr_reader tr_read_csv = {"csv", "delimited text", claims, read_csv};
