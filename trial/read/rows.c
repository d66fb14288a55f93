#include "trial/read/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

static VF_RC put(const struct tr_out *out, const char *text, struct vf_err *reterr)
{
	return out->put(out->ctx, vf_bytes_str(text), reterr);
}

static VF_RC put_text_cell(const struct tr_out *out, struct vf_bytes text, struct vf_err *reterr)
{
	while (text.n > 0 && text.p[text.n - 1] == ' ')
		text.n--;
	return text.n ? tr_jcs_text(out, text, reterr) : put(out, "null", reterr);
}

VF_RC tr_cell_put(const struct tr_out *out, const struct tr_cell *cell, struct vf_err *reterr)
{
	char text[TR_JCS_NUMBER_LEN + 1];

	switch (cell->type) {
	case TR_CELL_EMPTY:
		return put(out, "null", reterr);
	case TR_CELL_TEXT:
		return put_text_cell(out, cell->text, reterr);
	case TR_CELL_NUMBER:
		if (!isfinite(cell->number))
			return vf_fail(reterr, VF_INTERNAL, "a number that is none");
		tr_jcs_number(text, cell->number);
		return put(out, text, reterr);
	case TR_CELL_MISSING:
		snprintf(text, sizeof(text), "{\"missing\":\"%c\"}", cell->missing);
		return put(out, text, reterr);
	case TR_CELL_TRUE:
		return put(out, "true", reterr);
	case TR_CELL_FALSE:
		return put(out, "false", reterr);
	}
	return vf_fail(reterr, VF_INTERNAL, "a cell without a type");
}

/* ---- the text of R ---- */

static const char *type_name(enum tr_column_type type)
{
	switch (type) {
	case TR_COLUMN_TEXT:
		return ",\"text\"]";
	case TR_COLUMN_NUMBER:
		return ",\"number\"]";
	case TR_COLUMN_BOOLEAN:
		return ",\"boolean\"]";
	}
	return "";
}

static VF_RC put_table(void *ctx, const struct tr_dataset *table, struct vf_err *reterr)
{
	struct tr_rows *r = ctx;
	enum vf_rc rc = put(&r->out, "{\"table\":", reterr);

	r->is_begun = true;
	r->n_columns = table->n_columns;
	if (rc == VF_OK)
		rc = put_text_cell(&r->out, table->name, reterr);
	if (rc == VF_OK)
		rc = put(&r->out, ",\"columns\":[", reterr);
	for (size_t i = 0; rc == VF_OK && i < table->n_columns; i++) {
		rc = put(&r->out, i ? ",[" : "[", reterr);
		if (rc == VF_OK)
			rc = tr_jcs_text(&r->out, table->columns[i].name, reterr);
		if (rc == VF_OK)
			rc = put(&r->out, type_name(table->columns[i].type), reterr);
	}
	return rc == VF_OK ? put(&r->out, "]}\n", reterr) : rc;
}

static VF_RC put_row(void *ctx, const struct tr_cell *cells, struct vf_err *reterr)
{
	struct tr_rows *r = ctx;
	enum vf_rc rc = put(&r->out, "[", reterr);

	for (size_t i = 0; rc == VF_OK && i < r->n_columns; i++) {
		if (i > 0)
			rc = put(&r->out, ",", reterr);
		if (rc == VF_OK)
			rc = tr_cell_put(&r->out, &cells[i], reterr);
	}
	return rc == VF_OK ? put(&r->out, "]\n", reterr) : rc;
}

static VF_RC put_end(void *ctx, uint64_t rows, struct vf_err *reterr)
{
	struct tr_rows *r = ctx;
	char text[40];

	snprintf(text, sizeof(text), "{\"rows\":%" PRIu64 "}\n", rows);
	return put(&r->out, text, reterr);
}

VF_RC tr_rows_init(struct tr_rows *r, struct tr_out out, struct vf_err *reterr)
{
	*r = (struct tr_rows){.out = out, .sink = {put_table, put_row, put_end, r}};
	return put(&r->out, "{\"schema\":\"" TR_ROWS_ALGORITHM "\"}\n", reterr);
}

VF_RC tr_rows_end(struct tr_rows *r, struct vf_err *reterr)
{
	return r->is_begun ? VF_OK : vf_fail(reterr, VF_FILE_SHAPE, "a file without a data set");
}

/* ---- cells of Dataset-JSON ---- */

static bool take_digits(struct vf_bytes *in, size_t *ret_n, size_t *ret_zeros, bool *ret_begun)
{
	size_t n = 0;

	for (; in->n > 0 && in->p[0] >= '0' && in->p[0] <= '9'; n++) {
		uint8_t c = in->p[0];

		vf_ignore(vf_take_u8(in, &c) ? VF_OK : VF_INTERNAL); /* there is one */
		*ret_begun = *ret_begun || c != '0';
		if (*ret_begun) {
			++*ret_n;
			*ret_zeros = c == '0' ? *ret_zeros + 1 : 0;
		}
	}
	return n > 0;
}

/* Significant digits of a JSON number, or one with leading zeros or '+'; false when it is none. */
static bool count_digits(struct vf_bytes in, size_t *ret)
{
	size_t n = 0, zeros = 0, exponent = 0, more = 0;
	bool begun = false, begun_exponent = false;

	if (!vf_take_str(&in, "-"))
		vf_ignore(vf_take_str(&in, "+") ? VF_OK : VF_NOT_CHECKED); /* it may have one */
	if (!take_digits(&in, &n, &zeros, &begun))
		return false;
	if (vf_take_str(&in, ".") && !take_digits(&in, &n, &zeros, &begun))
		return false;
	if (vf_take_str(&in, "e") || vf_take_str(&in, "E")) {
		if (!vf_take_str(&in, "-"))
			vf_ignore(vf_take_str(&in, "+") ? VF_OK : VF_NOT_CHECKED); /* it may have one */
		if (!take_digits(&in, &exponent, &more, &begun_exponent) || exponent > 4)
			return false;
	}
	*ret = n - zeros;
	return in.n == 0;
}

struct tr_cell tr_cell_of_decimal(struct vf_bytes text)
{
	struct tr_cell cell = {.type = TR_CELL_TEXT, .text = text};
	char copy[64];
	size_t n;

	if (text.n == 0)
		cell.type = TR_CELL_EMPTY;
	if (text.n == 0 || text.n >= sizeof(copy) || !count_digits(text, &n) || n > 15)
		return cell;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	cell.number = strtod(copy, NULL);
	/* what is too small for its digits, or too large, would be another number */
	if (isfinite(cell.number) && (n == 0 || fabs(cell.number) >= 2.2250738585072014e-308))
		cell.type = TR_CELL_NUMBER;
	return cell;
}

/* "YYYY-MM-DD" and "HH:MM:SS", nothing else. */
static bool take_number(struct vf_bytes *in, size_t digits, int *ret)
{
	struct vf_bytes part;
	int n = 0;

	if (!vf_take(in, digits, &part))
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (part.p[i] < '0' || part.p[i] > '9')
			return false;
		n = n * 10 + (part.p[i] - '0');
	}
	*ret = n;
	return true;
}

static bool take_date(struct vf_bytes *in, struct vf_time *t)
{
	return take_number(in, 4, &t->year) && vf_take_str(in, "-") && take_number(in, 2, &t->month) && vf_take_str(in, "-") &&
		take_number(in, 2, &t->day);
}

static bool take_time(struct vf_bytes *in, struct vf_time *t)
{
	return take_number(in, 2, &t->hour) && vf_take_str(in, ":") && take_number(in, 2, &t->minute) && vf_take_str(in, ":") &&
		take_number(in, 2, &t->second);
}

#define SAS_EPOCH INT64_C(-315619200) /* 1960-01-01 in seconds since 1970 */

struct tr_cell tr_cell_of_date(char kind, struct vf_bytes text)
{
	struct tr_cell cell = {.type = text.n ? TR_CELL_TEXT : TR_CELL_EMPTY, .text = text};
	struct vf_time t = {.year = 1970, .month = 1, .day = 1};
	struct vf_bytes in = text;
	int64_t ms, seconds;
	bool ok = kind == 't' || take_date(&in, &t);

	if (ok && kind == 's')
		ok = vf_take_str(&in, "T");
	if (ok && kind != 'd')
		ok = take_time(&in, &t);
	if (!ok || in.n != 0 || !vf_time_from(&t, &ms))
		return cell;
	seconds = ms / 1000;
	if (kind != 't')
		seconds -= SAS_EPOCH;
	cell.type = TR_CELL_NUMBER;
	cell.number = (double)(kind == 'd' ? seconds / 86400 : seconds);
	return cell;
}
