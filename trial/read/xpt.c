/*
 * SAS transport files (XPT), version 5 and version 8: records of 80 octets, without a number of rows.
 *
 * A member's rows go on to the end of the file or to the header of the next member, which begins a record; blanks fill
 * the last record, so that rows of less than 80 octets that are all blank may be rows or nothing.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/read/readers.h"
#include "trial/read/table.h"
#include "verify/text.h"

#define RECORD 80u
#define HEADER "HEADER RECORD*******"
#define HEADER_N 48u
/* More than 9,999 columns of 200 octets have; a row must fit into memory. */
#define MAX_XPT_ROW (TR_MAX_ROW / 4)
/* Records of long labels behind the columns of version 8: as many as there may be columns. */
#define MAX_LABEL_RECORDS TR_MAX_COLUMNS

/* A column that is looked at. */
struct xpt_column {
	size_t at, n;
	bool is_number;
};

struct xpt {
	struct tr_reading *r;
	struct tr_window w;
	struct tr_table table;
	bool is_v8;
	uint64_t namestr; /* octets of a column's description: 140, on VAX 136 */
	struct xpt_column *columns;
	size_t row;       /* octets of a row */
	struct xpt_column needed[TR_SDTM_SLOTS];
	const uint8_t *before; /* the row before this one, while it is there */
	uint64_t blank;   /* rows that are blank and not yet followed by one that is not */
	bool has_declared;
	uint64_t declared; /* version 8 */
};

/* ---- records ---- */

static VF_RC take(struct xpt *x, size_t n, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc = tr_window_more(&x->w, n, reterr);

	if (rc == VF_OK && !vf_take(&x->w.b, n, ret))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "the file ends in its headers, at octet %" PRIu64, x->w.at);
	return rc;
}

static struct vf_bytes part(struct vf_bytes b, size_t at, size_t n)
{
	struct vf_bytes ret = {0};

	(void)vf_bytes_slice(b, at, n, &ret); /* records are whole */
	return ret;
}

/* "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"; version 8 has other names. */
static bool is_header(struct vf_bytes record, const char *v5, const char *v8)
{
	return vf_bytes_starts(record, HEADER) &&
		(vf_bytes_is(part(record, 20, 8), v5) || (v8 && vf_bytes_is(part(record, 20, 8), v8))) &&
		vf_bytes_is(part(record, 28, 20), "HEADER RECORD!!!!!!!");
}

static VF_RC take_header(struct xpt *x, const char *v5, const char *v8, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc = take(x, RECORD, ret, reterr);

	if (rc == VF_OK && !is_header(*ret, v5, v8))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "no header '%.7s' where one must stand, before octet %" PRIu64, v5,
			x->w.at - x->w.b.n);
	return rc;
}

static struct vf_bytes trim(struct vf_bytes b)
{
	while (b.n && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == 0))
		b.n--;
	return b;
}

/* A number in a header, with blanks or zeros before it. */
static bool read_digits(struct vf_bytes b, uint64_t *ret)
{
	uint64_t v = 0;
	bool any = false;

	for (size_t i = 0; i < b.n; i++) {
		if (b.p[i] == ' ' && !any)
			continue;
		if (b.p[i] < '0' || b.p[i] > '9')
			return any && trim(part(b, i, b.n - i)).n == 0 ? (*ret = v, true) : false;
		any = true;
		v = 10 * v + (uint64_t)(b.p[i] - '0');
	}
	*ret = v;
	return any;
}

/* Of the library: who made it, and when. */
static VF_RC read_library(struct xpt *x, struct vf_err *reterr)
{
	struct tr_about whole = {0};
	struct vf_bytes record;
	enum vf_rc rc = take_header(x, "LIBRARY ", "LIBV8   ", &record, reterr);

	if (rc != VF_OK)
		return rc;
	x->is_v8 = vf_bytes_is(part(record, 20, 8), "LIBV8   ");
	rc = tr_say(x->r, TR_F_FILE_VERSION, &whole, vf_bytes_str(x->is_v8 ? "8" : "5"), reterr);
	if (rc == VF_OK)
		rc = take(x, RECORD, &record, reterr);
	if (rc == VF_OK)
		rc = tr_table_say(&x->table, TR_F_FILE_SYSTEM, trim(part(record, 0, 8)), reterr);
	if (rc == VF_OK)
		rc = tr_table_say(&x->table, TR_F_FILE_SYSTEM_VERSION, trim(part(record, 24, 8)), reterr);
	if (rc == VF_OK)
		rc = tr_say_date(x->r, TR_F_FILE_CREATED, &whole, TR_DATE_SAS, trim(part(record, 64, 16)), reterr);
	if (rc == VF_OK)
		rc = take(x, RECORD, &record, reterr);
	if (rc == VF_OK)
		rc = tr_say_date(x->r, TR_F_FILE_SAVED, &whole, TR_DATE_SAS, trim(part(record, 0, 16)), reterr);
	return rc;
}

/* ---- columns ---- */

static uint32_t be(struct vf_bytes b)
{
	uint32_t v = 0;

	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

static VF_RC read_namestr(struct xpt *x, struct xpt_column *c, struct vf_err *reterr)
{
	struct vf_bytes d, name;
	uint32_t type, at;
	enum vf_rc rc = take(x, (size_t)x->namestr, &d, reterr);

	if (rc != VF_OK)
		return rc;
	type = be(part(d, 0, 2));
	c->n = be(part(d, 4, 2));
	at = be(part(d, 84, 4));
	if ((type != 1 && type != 2) || c->n == 0 || c->n > INT16_MAX || at > MAX_XPT_ROW ||
		(type == 1 && (c->n < 2 || c->n > 8)))
		return vf_fail(reterr, VF_FILE_SHAPE, "column %zu is described in no way that a row has", x->table.n_columns + 1);
	c->at = at;
	c->is_number = type == 1;
	if (c->at + c->n > x->row)
		x->row = c->at + c->n;
	name = trim(part(d, 8, 8));
	if (x->is_v8 && x->namestr >= 120 && trim(part(d, 88, 32)).n)
		name = trim(part(d, 88, 32));
	return tr_table_column(&x->table, name, trim(part(d, 16, 40)),
		vf_bytes_str(type == 1 ? "numeric" : "character"), reterr);
}

static VF_RC read_columns(struct xpt *x, struct vf_err *reterr)
{
	struct vf_bytes record;
	uint64_t n;
	enum vf_rc rc = take_header(x, "NAMESTR ", "NAMSTV8 ", &record, reterr);

	if (rc != VF_OK)
		return rc;
	if (!read_digits(part(record, 54, 4), &n) || n > TR_MAX_COLUMNS)
		return vf_fail(reterr, VF_FILE_SHAPE, "the number of columns is none");
	x->columns = calloc(n ? n : 1, sizeof(*x->columns));
	if (!x->columns)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a table");
	for (uint64_t i = 0; rc == VF_OK && i < n; i++)
		rc = read_namestr(x, &x->columns[i], reterr);
	if (rc == VF_OK && x->row > MAX_XPT_ROW)
		rc = vf_fail(reterr, VF_LIMIT, "rows of more than %zu octets", MAX_XPT_ROW);
	if (rc == VF_OK && n * x->namestr % RECORD)
		rc = take(x, (size_t)(RECORD - n * x->namestr % RECORD), &record, reterr);
	return rc;
}

/* Columns are known: the header of the rows comes, in version 8 perhaps behind long labels. */
static VF_RC find_rows(struct xpt *x, struct vf_err *reterr)
{
	struct vf_bytes record;
	enum vf_rc rc = take(x, RECORD, &record, reterr);

	if (rc == VF_OK && x->is_v8 && is_header(record, "LABELV8 ", "LABELV9 ")) {
		rc = tr_warn(x->r, TR_W_UNREAD, NULL, reterr, "labels of more than 40 characters are not read");
		for (uint32_t i = 0; rc == VF_OK && !is_header(record, "OBS     ", "OBSV8   ") && i < MAX_LABEL_RECORDS; i++)
			rc = take(x, RECORD, &record, reterr);
	}
	if (rc == VF_OK && !is_header(record, "OBS     ", "OBSV8   "))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "no header of rows behind the columns");
	if (rc == VF_OK && vf_bytes_is(part(record, 20, 8), "OBSV8   "))
		x->has_declared = read_digits(part(record, 48, 15), &x->declared);
	return rc;
}

/* The member header was taken. */
static VF_RC read_member_head(struct xpt *x, struct vf_bytes header, struct vf_err *reterr)
{
	struct vf_bytes record;
	enum vf_rc rc = VF_OK;

	if (!read_digits(part(header, 74, 4), &x->namestr) || (x->namestr != 140 && x->namestr != 136))
		return vf_fail(reterr, VF_FILE_SHAPE, "columns are described by neither 140 nor 136 octets");
	x->row = 0;
	x->has_declared = false;
	x->before = NULL;
	x->blank = 0;
	rc = take_header(x, "DSCRPTR ", "DSCPTV8 ", &record, reterr);
	if (rc == VF_OK)
		rc = take(x, RECORD, &record, reterr);
	if (rc == VF_OK)
		rc = tr_table_name(&x->table, trim(part(record, 8, x->is_v8 ? 32 : 8)), reterr);
	if (rc == VF_OK)
		rc = take(x, RECORD, &record, reterr);
	if (rc == VF_OK)
		rc = tr_table_say(&x->table, TR_F_SET_LABEL, trim(part(record, 32, 40)), reterr);
	if (rc == VF_OK)
		rc = read_columns(x, reterr);
	if (rc == VF_OK)
		rc = tr_table_begin(&x->table, true, reterr);
	for (size_t i = 0; rc == VF_OK && i < x->table.n_needed; i++)
		x->needed[i] = x->columns[x->table.needed[i].column];
	return rc != VF_OK ? rc : find_rows(x, reterr);
}

/* ---- rows ---- */

/* A number of IBM's base 16: sign, exponent of 16 and 64, 56 bits of fraction. False: missing. */
static bool read_ibm(struct vf_bytes b, double *ret)
{
	uint64_t fraction = 0;
	bool zero = true;

	for (size_t i = 1; i < 8; i++) {
		uint8_t c = i < b.n ? b.p[i] : 0;

		fraction = fraction << 8 | c;
		zero = zero && c == 0;
	}
	/* '.', '._', '.A' to '.Z' */
	if (zero && (b.p[0] == '.' || b.p[0] == '_' || (b.p[0] >= 'A' && b.p[0] <= 'Z')))
		return false;
	*ret = ldexp((double)fraction, 4 * ((b.p[0] & 0x7f) - 64) - 56);
	if (b.p[0] & 0x80)
		*ret = -*ret;
	return true;
}

static VF_RC fill_cells(struct xpt *x, struct vf_bytes row, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	char text[40];

	for (size_t i = 0; rc == VF_OK && i < x->table.n_needed; i++) {
		size_t slot = x->table.needed[i].slot;
		struct tr_sdtm_cell *cell = &x->table.row.cells[slot];

		*cell = (struct tr_sdtm_cell){.text = part(row, x->needed[i].at, x->needed[i].n)};
		if (!x->needed[i].is_number) {
			cell->text = trim(cell->text);
			continue;
		}
		cell->is_number = read_ibm(cell->text, &cell->number);
		snprintf(text, sizeof(text), "%.15g", cell->number);
		rc = tr_table_keep(&x->table, slot, vf_bytes_str(cell->is_number ? text : ""), reterr);
	}
	return rc;
}

static bool is_blank(struct vf_bytes b)
{
	if (b.n == 0 || b.p[0] != ' ')
		return b.n == 0;
	/* each octet is the one before it */
	return memcmp(b.p, b.p + 1, b.n - 1) == 0;
}

static bool is_same(const struct xpt *x, const uint8_t *a, const uint8_t *b)
{
	for (size_t i = 0; i < x->table.n_needed; i++)
		if (memcmp(a + x->needed[i].at, b + x->needed[i].at, x->needed[i].n) != 0)
			return false;
	return true;
}

/* The rows that begin in the first n octets of the window and are whole; *n is what is left of it. */
static VF_RC read_rows(struct xpt *x, size_t *n, struct vf_err *reterr)
{
	bool same_again = x->table.is_same_again || x->table.n_needed == 0;
	struct vf_bytes row;
	enum vf_rc rc = VF_OK;

	while (rc == VF_OK && *n >= x->row && vf_take(&x->w.b, x->row, &row)) {
		*n -= x->row;
		if (x->row < RECORD && is_blank(row)) {
			x->blank++;
			continue;
		}
		x->table.rows += x->blank;
		x->blank = 0;
		if (same_again && x->before && is_same(x, row.p, x->before)) {
			x->table.rows++;
		} else {
			rc = fill_cells(x, row, reterr);
			if (rc == VF_OK)
				rc = tr_table_row(&x->table, reterr);
		}
		x->before = row.p;
	}
	return rc;
}

/* Octets from the window's n-th on that are no header of a next member; *ret_end when there is one, or nothing. */
static size_t scan(const struct xpt *x, size_t n, bool *ret_end)
{
	while (x->w.b.n - n >= 2 * RECORD) {
		if (is_header(part(x->w.b, n, RECORD), "MEMBER  ", "MEMBV8  ") &&
			is_header(part(x->w.b, n + RECORD, RECORD), "DSCRPTR ", "DSCPTV8 ")) {
			*ret_end = true;
			return n;
		}
		n += RECORD;
	}
	*ret_end = x->w.at_end;
	return x->w.at_end ? x->w.b.n : n;
}

/* What blank rows at the end are; left: octets behind the last whole row. */
static VF_RC end_rows(struct xpt *x, size_t left, struct vf_err *reterr)
{
	uint64_t padding = left < RECORD && x->row && x->row < RECORD ? (RECORD - 1 - left) / x->row : 0;
	struct tr_about about = {.item = x->table.item};
	struct vf_bytes rest;
	enum vf_rc rc = VF_OK;

	if (padding > x->blank)
		padding = x->blank;
	if (x->has_declared && x->declared >= x->table.rows && x->declared - x->table.rows <= x->blank) {
		x->table.rows = x->declared;
		padding = 0;
	} else {
		x->table.rows += x->blank - padding;
	}
	if (padding)
		rc = tr_warn(x->r, TR_W_AMBIGUOUS, NULL, reterr, "%" PRIu64 " blank rows at the end: taken as what fills the record",
			padding);
	if (rc == VF_OK && vf_take(&x->w.b, left, &rest) && x->row && (left >= RECORD || !is_blank(rest)))
		rc = tr_warn(x->r, TR_W_CUT, NULL, reterr, "the rows end in the middle of one");
	if (rc == VF_OK && x->has_declared)
		rc = tr_say_count(x->r, TR_F_SET_RECORDS, &about, x->declared, reterr);
	return rc != VF_OK ? rc : tr_table_end(&x->table, x->has_declared ? &x->declared : NULL, reterr);
}

static VF_RC read_member(struct xpt *x, struct vf_bytes header, struct vf_err *reterr)
{
	size_t n = 0; /* octets of rows in the window, a whole number of records behind the first row's begin */
	bool end = false;
	enum vf_rc rc = read_member_head(x, header, reterr);

	while (rc == VF_OK && !end) {
		x->before = NULL;
		rc = tr_window_more(&x->w, n + 2 * RECORD, reterr);
		if (rc != VF_OK)
			break;
		n = scan(x, n, &end);
		if (x->row) {
			rc = read_rows(x, &n, reterr);
		} else { /* no columns: no rows, whatever stands there */
			(void)vf_take(&x->w.b, n, &header);
			n = 0;
		}
	}
	if (rc == VF_OK)
		rc = end_rows(x, n, reterr);
	free(x->columns);
	x->columns = NULL;
	tr_table_done(&x->table);
	return rc;
}

static VF_RC read_members(struct xpt *x, struct vf_err *reterr)
{
	struct vf_bytes header;
	enum vf_rc rc = tr_window_more(&x->w, 1, reterr);

	while (rc == VF_OK && x->w.b.n) {
		rc = take_header(x, "MEMBER  ", "MEMBV8  ", &header, reterr);
		if (rc == VF_OK)
			rc = read_member(x, header, reterr);
		if (rc == VF_OK)
			rc = tr_window_more(&x->w, 1, reterr);
	}
	return rc;
}

static VF_RC read_xpt(struct tr_reading *r, struct vf_err *reterr)
{
	struct xpt x = {.r = r, .w = {.in = r->in}, .table = {.r = r}};
	enum vf_rc rc;

	if (r->in->size == 0)
		return tr_warn(r, TR_W_CUT, NULL, reterr, "the file is empty");
	rc = read_library(&x, reterr);
	if (rc == VF_OK)
		rc = read_members(&x, reterr);
	if (rc == VF_OK && r->in->size % RECORD)
		rc = tr_warn(r, TR_W_CUT, NULL, reterr, "the size is no whole number of records");
	free(x.columns);
	tr_table_done(&x.table);
	tr_window_done(&x.w);
	return rc;
}

static bool claims(const struct tr_peek *p)
{
	struct vf_bytes record;

	if (p->size == 0)
		return vf_bytes_ends(p->name, ".xpt") || vf_bytes_ends(p->name, ".XPT");
	return vf_bytes_slice(p->head, 0, HEADER_N, &record) && is_header(record, "LIBRARY ", "LIBV8   ");
}

const struct tr_reader tr_read_xpt = {"xpt", "SAS transport file", claims, read_xpt};
