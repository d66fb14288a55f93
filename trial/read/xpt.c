/*
 * SAS transport files (XPT), version 5 and version 8: records of 80 octets, without a number of rows.
 *
 * A member's rows go on to the end of the file or to the header of the next member, which begins a record; blanks fill
 * the last record, so that rows of less than 80 octets that are all blank may be rows or nothing.
 */
#include <inttypes.h>
#include <stdio.h>

#include "trial/read/readers.h"
#include "trial/read/xpt_inside.h"

#define RECORD TR_XPT_RECORD
#define HEADER_N 48u
/* More than 9,999 columns of 200 octets have; a row must fit into memory. */
#define MAX_XPT_ROW (TR_MAX_ROW / 4)

struct xpt {
	struct tr_reading *r;
	struct tr_window w;
	struct tr_table table;
	struct tr_xpt_member m;
	struct tr_xpt_column needed[TR_SDTM_SLOTS];
	const uint8_t *before; /* the row before this one, while it is there */
	uint64_t blank;   /* rows that are blank and not yet followed by one that is not */
};

/* ---- the library ---- */

/* Of the library: who made it, and when. */
static VF_RC read_library(struct xpt *x, struct vf_err *reterr)
{
	struct tr_about whole = {0};
	struct vf_bytes record;
	bool is_v8;
	enum vf_rc rc = tr_xpt_take_header(&x->w, "LIBRARY ", "LIBV8   ", &record, reterr);

	if (rc != VF_OK)
		return rc;
	is_v8 = vf_bytes_is(tr_xpt_part(record, 20, 8), "LIBV8   ");
	rc = tr_say(x->r, TR_F_FILE_VERSION, &whole, vf_bytes_str(is_v8 ? "8" : "5"), reterr);
	if (rc == VF_OK)
		rc = tr_xpt_take(&x->w, RECORD, &record, reterr);
	if (rc == VF_OK)
		rc = tr_table_say(&x->table, TR_F_FILE_SYSTEM, tr_xpt_trim(tr_xpt_part(record, 0, 8)), reterr);
	if (rc == VF_OK)
		rc = tr_table_say(&x->table, TR_F_FILE_SYSTEM_VERSION, tr_xpt_trim(tr_xpt_part(record, 24, 8)), reterr);
	if (rc == VF_OK)
		rc = tr_say_date(x->r, TR_F_FILE_CREATED, &whole, TR_DATE_SAS, tr_xpt_trim(tr_xpt_part(record, 64, 16)), reterr);
	if (rc == VF_OK)
		rc = tr_xpt_take(&x->w, RECORD, &record, reterr);
	if (rc == VF_OK)
		rc = tr_say_date(x->r, TR_F_FILE_SAVED, &whole, TR_DATE_SAS, tr_xpt_trim(tr_xpt_part(record, 0, 16)), reterr);
	return rc;
}

/* ---- head of a data set ---- */

static VF_RC begin(void *ctx, struct vf_bytes name, struct vf_bytes label, struct vf_err *reterr)
{
	struct xpt *x = ctx;
	enum vf_rc rc = tr_table_name(&x->table, name, reterr);

	return rc == VF_OK ? tr_table_say(&x->table, TR_F_SET_LABEL, label, reterr) : rc;
}

static VF_RC column(void *ctx, struct vf_bytes name, struct vf_bytes label, bool is_number, struct vf_err *reterr)
{
	struct xpt *x = ctx;

	return tr_table_column(&x->table, name, label, vf_bytes_str(is_number ? "numeric" : "character"), reterr);
}

/* The member header was taken. */
static VF_RC read_member_head(struct xpt *x, struct vf_bytes header, struct vf_err *reterr)
{
	enum vf_rc rc;

	x->m = (struct tr_xpt_member){.max_row = MAX_XPT_ROW, .begin = begin, .column = column, .ctx = x};
	x->before = NULL;
	x->blank = 0;
	rc = tr_xpt_member_read(&x->m, &x->w, header, reterr);
	if (rc == VF_OK)
		rc = tr_table_begin(&x->table, true, reterr);
	for (size_t i = 0; rc == VF_OK && i < x->table.n_needed; i++)
		x->needed[i] = x->m.columns[x->table.needed[i].column];
	if (rc == VF_OK && x->m.has_long_labels)
		rc = tr_warn(x->r, TR_W_UNREAD, NULL, reterr, "labels of more than 40 characters are not read");
	return rc;
}

/* ---- rows ---- */

static VF_RC fill_cells(struct xpt *x, struct vf_bytes row, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	char text[40], missing;

	for (size_t i = 0; rc == VF_OK && i < x->table.n_needed; i++) {
		size_t slot = x->table.needed[i].slot;
		struct tr_sdtm_cell *cell = &x->table.row.cells[slot];

		*cell = (struct tr_sdtm_cell){.text = tr_xpt_part(row, x->needed[i].at, x->needed[i].n)};
		if (!x->needed[i].is_number) {
			cell->text = tr_xpt_trim(cell->text);
			continue;
		}
		cell->is_number = tr_xpt_number(cell->text, &cell->number, &missing);
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

	while (rc == VF_OK && *n >= x->m.row && vf_take(&x->w.b, x->m.row, &row)) {
		*n -= x->m.row;
		if (x->m.row < RECORD && is_blank(row)) {
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
		if (tr_xpt_is_header(tr_xpt_part(x->w.b, n, RECORD), "MEMBER  ", "MEMBV8  ") &&
			tr_xpt_is_header(tr_xpt_part(x->w.b, n + RECORD, RECORD), "DSCRPTR ", "DSCPTV8 ")) {
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
	uint64_t padding = left < RECORD && x->m.row && x->m.row < RECORD ? (RECORD - 1 - left) / x->m.row : 0;
	struct tr_about about = {.item = x->table.item};
	struct vf_bytes rest;
	enum vf_rc rc = VF_OK;

	if (padding > x->blank)
		padding = x->blank;
	if (x->m.has_count && x->m.count >= x->table.rows && x->m.count - x->table.rows <= x->blank) {
		x->table.rows = x->m.count;
		padding = 0;
	} else {
		x->table.rows += x->blank - padding;
	}
	if (padding)
		rc = tr_warn(x->r, TR_W_AMBIGUOUS, NULL, reterr, "%" PRIu64 " blank rows at the end: taken as what fills the record",
			padding);
	if (rc == VF_OK && vf_take(&x->w.b, left, &rest) && x->m.row && (left >= RECORD || !is_blank(rest)))
		rc = tr_warn(x->r, TR_W_CUT, NULL, reterr, "the rows end in the middle of one");
	if (rc == VF_OK && x->m.has_count)
		rc = tr_say_count(x->r, TR_F_SET_RECORDS, &about, x->m.count, reterr);
	return rc != VF_OK ? rc : tr_table_end(&x->table, x->m.has_count ? &x->m.count : NULL, reterr);
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
		if (x->m.row) {
			rc = read_rows(x, &n, reterr);
		} else { /* no columns: no rows, whatever stands there */
			(void)vf_take(&x->w.b, n, &header);
			n = 0;
		}
	}
	if (rc == VF_OK)
		rc = end_rows(x, n, reterr);
	tr_xpt_member_done(&x->m);
	tr_table_done(&x->table);
	return rc;
}

static VF_RC read_members(struct xpt *x, struct vf_err *reterr)
{
	struct vf_bytes header;
	enum vf_rc rc = tr_window_more(&x->w, 1, reterr);

	while (rc == VF_OK && x->w.b.n) {
		rc = tr_xpt_take_header(&x->w, "MEMBER  ", "MEMBV8  ", &header, reterr);
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
	tr_table_done(&x.table);
	tr_window_done(&x.w);
	return rc;
}

static bool claims(const struct tr_peek *p)
{
	struct vf_bytes record;

	if (p->size == 0)
		return vf_bytes_ends(p->name, ".xpt") || vf_bytes_ends(p->name, ".XPT");
	return vf_bytes_slice(p->head, 0, HEADER_N, &record) && tr_xpt_is_header(record, "LIBRARY ", "LIBV8   ");
}

const struct tr_reader tr_read_xpt = {"xpt", "SAS transport file", claims, read_xpt};
