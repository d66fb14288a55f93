#include "notary/rows_diff.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/rows_diff_inside.h"
#include "trial/read/rows_read.h"
#include "verify/text.h"

#define MAX_TEXT ((size_t)256 * 1024)

void nt_rows_diff_done(struct nt_rows_diff *d)
{
	nt_buf_done(&d->names);
	nt_buf_done(&d->text);
	free(d->columns);
	*d = (struct nt_rows_diff){0};
}

/* ---- the second file: compared with what comes out of the pipe ---- */

struct column {
	struct nt_column_diff diff;
	size_t other; /* the first file's column of this name; SIZE_MAX: it has none */
};

struct comparing {
	FILE *from;
	struct nt_rows_diff *d;
	bool has_other;         /* the first file has a data set beside this one */
	bool other_ended;
	/* of the first file */
	struct nt_buf names, cells;
	size_t *name_ends, *cell_ends;
	uint8_t *types;
	size_t n_others;
	/* of the second */
	struct column *columns;
	struct nt_buf column_names;
	size_t n_columns;
	struct nt_buf cell;
	uint64_t row;
};

static VF_RC receive(struct comparing *c, void *out, size_t n, struct vf_err *reterr)
{
	if (n && fread(out, 1, n, c->from) != n)
		return vf_fail(reterr, VF_INTERRUPTED, "the first file ends"); /* its own fault says why */
	return VF_OK;
}

static VF_RC receive_text(struct comparing *c, struct nt_buf *to, struct vf_err *reterr)
{
	uint64_t n;
	enum vf_rc rc = receive(c, &n, sizeof(n), reterr);

	if (rc != VF_OK)
		return rc;
	if (!nt_buf_reserve(to, (size_t)n))
		return nt_buf_check(to, reterr);
	if (n == 0) /* an empty buffer may have no address */
		return VF_OK;
	rc = receive(c, to->p + to->n, (size_t)n, reterr);
	if (rc == VF_OK)
		to->n += (size_t)n;
	return rc;
}

static VF_RC receive_table(struct comparing *c, struct nt_buf *name, struct vf_err *reterr)
{
	uint64_t n = 0;
	enum vf_rc rc = receive_text(c, name, reterr);

	if (rc == VF_OK)
		rc = receive(c, &n, sizeof(n), reterr);
	if (rc != VF_OK)
		return rc;
	free(c->name_ends);
	free(c->cell_ends);
	free(c->types);
	c->name_ends = calloc((size_t)n + 1, sizeof(*c->name_ends));
	c->cell_ends = calloc((size_t)n + 1, sizeof(*c->cell_ends));
	c->types = calloc((size_t)n + 1, 1);
	if (!c->name_ends || !c->cell_ends || !c->types)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	c->n_others = (size_t)n;
	nt_buf_reset(&c->names);
	for (size_t i = 0; i < c->n_others && rc == VF_OK; i++) {
		rc = receive(c, &c->types[i], 1, reterr);
		if (rc == VF_OK)
			rc = receive_text(c, &c->names, reterr);
		c->name_ends[i + 1] = c->names.n;
	}
	return rc;
}

static VF_RC receive_row(struct comparing *c, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	nt_buf_reset(&c->cells);
	for (size_t i = 0; i < c->n_others && rc == VF_OK; i++) {
		rc = receive_text(c, &c->cells, reterr);
		c->cell_ends[i + 1] = c->cells.n;
	}
	if (rc == VF_OK)
		c->d->rows[0]++;
	return rc;
}

/* 0 at the end of the first file. */
static char receive_event(struct comparing *c)
{
	int event = getc(c->from);

	return event == EOF ? 0 : (char)event;
}

static struct vf_bytes part(const struct nt_buf *b, const size_t *ends, size_t at)
{
	size_t n = ends[at + 1] - ends[at];

	return n ? vf_bytes(b->p + ends[at], n) : vf_bytes(NULL, 0); /* an empty buffer may have no address */
}

/* ---- columns ---- */

static void say(struct comparing *c, const char *before, struct vf_bytes what, const char *after)
{
	char shown[200];

	vf_text_escape(shown, sizeof(shown), what);
	if (c->d->text.n < MAX_TEXT / 2)
		nt_buf_putf(&c->d->text, "%s'%s'%s\n", before, shown, after);
}

static void find_other(struct comparing *c, size_t at, struct vf_bytes name)
{
	struct column *column = &c->columns[at];

	column->other = SIZE_MAX;
	if (at < c->n_others && vf_bytes_eq(part(&c->names, c->name_ends, at), name))
		column->other = at;
	for (size_t i = 0; i < c->n_others && column->other == SIZE_MAX; i++)
		if (vf_bytes_eq(part(&c->names, c->name_ends, i), name))
			column->other = i;
}

static void compare_columns(struct comparing *c, const struct tr_dataset *set)
{
	bool other_order = false;
	size_t both = 0;

	for (size_t i = 0; i < set->n_columns; i++) {
		struct column *column = &c->columns[i];

		find_other(c, i, set->columns[i].name);
		if (column->other == SIZE_MAX)
			say(c, "only the second file has the column ", set->columns[i].name, "");
		else if (c->types[column->other] != (uint8_t)set->columns[i].type)
			say(c, "the column ", set->columns[i].name, " has another type");
		other_order = other_order || (column->other != SIZE_MAX && column->other != i);
		both += column->other != SIZE_MAX;
	}
	for (size_t i = 0; i < c->n_others; i++) {
		struct vf_bytes name = part(&c->names, c->name_ends, i);
		bool found = false;

		for (size_t j = 0; j < set->n_columns && !found && (both < c->n_others || i < both); j++)
			found = vf_bytes_eq(set->columns[j].name, name);
		if (!found)
			say(c, "only the first file has the column ", name, "");
	}
	if (other_order)
		say(c, "the columns of ", set->name, " stand in another order");
}

static VF_RC begin_table(void *ctx, const struct tr_dataset *set, struct vf_err *reterr)
{
	struct comparing *c = ctx;
	VF_CLEANUP(nt_buf_done) struct nt_buf name = nt_buf(NT_ROWS_MAX_CELL);
	enum vf_rc rc = VF_OK;

	c->has_other = receive_event(c) == 'T';
	c->other_ended = !c->has_other;
	c->n_others = 0;
	c->row = 0;
	c->n_columns = set->n_columns;
	nt_buf_reset(&c->column_names);
	free(c->columns);
	c->columns = calloc(set->n_columns + 1, sizeof(*c->columns));
	if (!c->columns)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	if (!c->has_other) {
		say(c, "only the second file has the data set ", set->name, "");
		return VF_OK;
	}
	rc = receive_table(c, &name, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_eq(nt_buf_bytes(&name), set->name))
		say(c, "the data set has another name in the first file: ", nt_buf_bytes(&name), "");
	compare_columns(c, set);
	for (size_t i = 0; i < set->n_columns; i++) {
		c->columns[i].diff.name = vf_bytes(NULL, set->columns[i].name.n);
		nt_buf_put(&c->column_names, set->columns[i].name);
	}
	return nt_buf_check(&c->column_names, reterr);
}

/* ---- cells ---- */

static bool is_number(struct vf_bytes text)
{
	return text.n > 0 && text.n < 32 && (text.p[0] == '-' || (text.p[0] >= '0' && text.p[0] <= '9'));
}

static double number_of(struct vf_bytes text)
{
	char copy[32];

	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	return strtod(copy, NULL);
}

static void note_cell(struct comparing *c, struct nt_column_diff *d, struct vf_bytes a, struct vf_bytes b)
{
	if (d->cells++ == 0) {
		d->first_row = c->row;
		vf_text_escape(d->values[0], sizeof(d->values[0]), a);
		vf_text_escape(d->values[1], sizeof(d->values[1]), b);
	}
	if (is_number(a) && is_number(b)) {
		double x = number_of(a), y = number_of(b), ax = x < 0 ? -x : x, ay = y < 0 ? -y : y;
		double off = (x > y ? x - y : y - x) / (ax > ay ? ax : ay);

		if (off > d->most)
			d->most = off;
		return;
	}
	d->texts++;
}

static VF_RC compare_row(struct comparing *c, const struct tr_cell *cells, struct vf_err *reterr)
{
	struct tr_out out = {nt_rows_diff_put, &c->cell};
	bool differs = false;
	enum vf_rc rc = receive_row(c, reterr);

	for (size_t i = 0; i < c->n_columns && rc == VF_OK; i++) {
		struct vf_bytes a;

		if (c->columns[i].other == SIZE_MAX)
			continue;
		nt_buf_reset(&c->cell);
		rc = tr_cell_put(&out, &cells[i], reterr);
		a = part(&c->cells, c->cell_ends, c->columns[i].other);
		if (rc != VF_OK || vf_bytes_eq(a, nt_buf_bytes(&c->cell)))
			continue;
		differs = true;
		note_cell(c, &c->columns[i].diff, a, nt_buf_bytes(&c->cell));
	}
	c->d->rows_differ += differs;
	return rc;
}

static VF_RC take_row(void *ctx, const struct tr_cell *cells, struct vf_err *reterr)
{
	struct comparing *c = ctx;

	c->row++;
	c->d->rows[1]++;
	if (c->other_ended)
		return VF_OK;
	if (receive_event(c) == 'R')
		return compare_row(c, cells, reterr);
	c->other_ended = true;
	return VF_OK;
}

/* The columns that differ go into the report. */
static VF_RC keep_columns(struct comparing *c, struct vf_err *reterr)
{
	struct nt_rows_diff *d = c->d;
	struct vf_bytes left = nt_buf_bytes(&c->column_names), name;
	struct nt_column_diff *columns = realloc(d->columns, (d->n_columns + c->n_columns + 1) * sizeof(*columns));

	if (!columns)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	d->columns = columns;
	for (size_t i = 0; i < c->n_columns && c->has_other; i++) {
		if (!vf_take(&left, c->columns[i].diff.name.n, &name))
			return vf_fail(reterr, VF_INTERNAL, "a column without a name");
		if (c->columns[i].diff.cells == 0)
			continue;
		d->columns[d->n_columns++] = c->columns[i].diff;
		nt_buf_put(&d->names, name);
	}
	return nt_buf_check(&d->names, reterr);
}

static VF_RC end_table(void *ctx, uint64_t rows, struct vf_err *reterr)
{
	struct comparing *c = ctx;
	enum vf_rc rc = VF_OK;

	(void)rows;
	while (rc == VF_OK && !c->other_ended) {
		c->other_ended = receive_event(c) != 'R';
		if (!c->other_ended)
			rc = receive_row(c, reterr);
	}
	return rc == VF_OK ? keep_columns(c, reterr) : rc;
}

/* Data sets that the first file alone has. */
static VF_RC take_rest(struct comparing *c, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf name = nt_buf(NT_ROWS_MAX_CELL);
	enum vf_rc rc = VF_OK;
	char event;

	while (rc == VF_OK && (event = receive_event(c)) != 0) {
		nt_buf_reset(&name);
		if (event == 'T')
			rc = receive_table(c, &name, reterr);
		else if (event == 'R')
			rc = receive_row(c, reterr);
		if (rc == VF_OK && event == 'T')
			say(c, "only the first file has the data set ", nt_buf_bytes(&name), "");
	}
	return rc;
}

/* ---- both ---- */

static VF_RC begin_both(struct nt_rows_sender *s, struct comparing *c, pthread_t *thread, struct vf_err *reterr)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return vf_fail(reterr, VF_IO, "no pipe can be made");
	c->from = fdopen(ends[0], "rb");
	s->to = fdopen(ends[1], "wb");
	if (!c->from || !s->to) {
		if (s->to)
			fclose(s->to);
		else
			close(ends[1]);
		if (!c->from)
			close(ends[0]);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a pipe");
	}
	if (pthread_create(thread, NULL, nt_rows_send, s) != 0) {
		fclose(s->to);
		return vf_fail(reterr, VF_NO_MEMORY, "no thread can be made");
	}
	return VF_OK;
}

/* Ends the thread: whatever it still writes is read, so that it never waits for a reader. */
static void end_both(struct comparing *c, pthread_t thread)
{
	char piece[65536];

	while (fread(piece, 1, sizeof(piece), c->from) > 0)
		;
	pthread_join(thread, NULL);
}

static VF_RC run_both(struct nt_rows_sender *s, struct comparing *c, const struct tr_input *second, struct vf_err *reterr)
{
	struct tr_row_sink sink = {begin_table, take_row, end_table, c};
	struct vf_err err = {0};
	pthread_t thread;
	enum vf_rc rc = begin_both(s, c, &thread, reterr);

	if (rc != VF_OK)
		return rc;
	rc = tr_rows_read(second, &sink, &err);
	if (rc == VF_OK)
		rc = take_rest(c, &err);
	end_both(c, thread);
	if (s->rc != VF_OK)
		return vf_fail(reterr, s->rc, "first file: %s", s->err.text);
	return rc == VF_OK ? VF_OK : vf_fail(reterr, rc, "second file: %s", err.text);
}

/* Names lie one behind the other until no more come. */
static void place_names(struct nt_rows_diff *d)
{
	struct vf_bytes left = nt_buf_bytes(&d->names);

	for (size_t i = 0; i < d->n_columns; i++)
		vf_ignore(vf_take(&left, d->columns[i].name.n, &d->columns[i].name) ? VF_OK : VF_INTERNAL); /* keep_columns() put them */
}

VF_RC nt_rows_diff(const struct tr_input *first, const struct tr_input *second, struct nt_rows_diff *ret, struct vf_err *reterr)
{
	struct nt_rows_diff d = {.names = nt_buf(NT_ROWS_MAX_CELL), .text = nt_buf(MAX_TEXT)};
	struct nt_rows_sender s = {.in = first, .cell = nt_buf(NT_ROWS_MAX_CELL), .rc = VF_OK};
	struct comparing c = {.d = &d, .names = nt_buf(NT_ROWS_MAX_CELL), .cells = nt_buf(2 * NT_ROWS_MAX_CELL), .column_names = nt_buf(NT_ROWS_MAX_CELL), .cell = nt_buf(NT_ROWS_MAX_CELL)};
	enum vf_rc rc = run_both(&s, &c, second, reterr);

	if (c.from)
		fclose(c.from);
	nt_buf_done(&s.cell);
	nt_buf_done(&c.names);
	nt_buf_done(&c.cells);
	nt_buf_done(&c.column_names);
	nt_buf_done(&c.cell);
	free(c.name_ends);
	free(c.cell_ends);
	free(c.types);
	free(c.columns);
	if (rc != VF_OK) {
		nt_rows_diff_done(&d);
		return rc;
	}
	place_names(&d);
	*ret = d;
	return VF_OK;
}
