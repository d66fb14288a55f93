/* Cells of SAS transport files, versions 5 and 8: records of 80 octets, rows without a count, numbers of IBM's base 16. */
#include <stdlib.h>

#include "trial/read/rows_inside.h"
#include "trial/read/xpt_inside.h"

#define RECORD TR_XPT_RECORD
#define PIECE ((size_t)256 * RECORD)

struct member {
	const struct tr_input *in;
	struct tr_giving *g;
	struct tr_xpt_member head;
	uint64_t at; /* of what is read next */
	uint8_t name[32];
	size_t n_name;
	uint64_t end; /* of its rows */
};

static VF_RC take(struct member *m, void *out, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = tr_input_take(m->in, m->at, out, n, reterr);

	if (rc == VF_OK)
		m->at += n;
	return rc;
}

/* ---- head of a member ---- */

static VF_RC begin(void *ctx, struct vf_bytes name, struct vf_bytes label, struct vf_err *reterr)
{
	struct member *m = ctx;

	(void)label;
	(void)reterr;
	m->n_name = name.n;
	if (name.n)
		memcpy(m->name, name.p, name.n);
	return VF_OK;
}

static VF_RC column(void *ctx, struct vf_bytes name, struct vf_bytes label, bool is_number, struct vf_err *reterr)
{
	const struct member *m = ctx;

	(void)label;
	return tr_giving_column(m->g, name, is_number ? TR_COLUMN_NUMBER : TR_COLUMN_TEXT, reterr);
}

/* Rows end where the next member begins, or the file ends. */
static VF_RC find_end(struct member *m, struct vf_err *reterr)
{
	uint8_t *piece = malloc(PIECE);
	uint64_t at = m->at;
	enum vf_rc rc = piece ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for rows");

	m->end = m->in->size;
	while (rc == VF_OK && at < m->end) {
		size_t n = 0;

		rc = m->in->read_at(m->in->ctx, at, piece, PIECE, &n, reterr);
		for (size_t i = 0; rc == VF_OK && i + RECORD <= n; i += RECORD)
			if (tr_xpt_is_header(vf_bytes(piece + i, RECORD), "MEMBER  ", "MEMBV8  ")) {
				m->end = at + i;
				break;
			}
		at += n;
		if (n < PIECE)
			break;
	}
	free(piece);
	return rc;
}

static VF_RC read_head(struct member *m, struct vf_err *reterr)
{
	struct tr_window w = {.in = m->in, .at = m->at};
	struct vf_bytes header;
	enum vf_rc rc = tr_xpt_take_header(&w, "MEMBER  ", "MEMBV8  ", &header, reterr);

	m->head = (struct tr_xpt_member){.max_row = TR_ROWS_MAX_ROW, .begin = begin, .column = column, .ctx = m};
	if (rc == VF_OK)
		rc = tr_xpt_member_read(&m->head, &w, header, reterr);
	if (rc == VF_OK && m->head.n_columns == 0)
		rc = vf_fail(reterr, VF_FILE_SHAPE, "a data set without columns");
	m->at = w.at - w.b.n;
	tr_window_done(&w);
	return rc == VF_OK ? find_end(m, reterr) : rc;
}

/* ---- rows ---- */

static bool is_blank(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ')
			return false;
	return true;
}

static struct tr_cell number_of(const uint8_t *p, size_t n)
{
	struct tr_cell cell = {.type = TR_CELL_NUMBER};
	char missing;

	if (tr_xpt_number(vf_bytes(p, n), &cell.number, &missing))
		return cell;
	return missing == '.' ? (struct tr_cell){.type = TR_CELL_EMPTY} : (struct tr_cell){.type = TR_CELL_MISSING, .missing = missing};
}

static VF_RC give_row(const struct member *m, const uint8_t *row, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < m->head.n_columns && rc == VF_OK; i++) {
		const struct tr_xpt_column *f = &m->head.columns[i];
		struct tr_cell cell = {.type = TR_CELL_TEXT, .text = vf_bytes(row + f->at, f->n)};

		rc = tr_giving_cell(m->g, i, f->is_number ? number_of(row + f->at, f->n) : cell, reterr);
	}
	return rc == VF_OK ? tr_giving_row(m->g, reterr) : rc;
}

/* How many rows there are; blank ones at the end that may fill the last record are none. */
static VF_RC count_rows(struct member *m, uint8_t *row, uint64_t *ret, struct vf_err *reterr)
{
	uint64_t n = (m->end - m->at) / m->head.row, most = (RECORD - 1) / m->head.row;
	enum vf_rc rc = VF_OK;

	if (m->head.has_count && m->head.count <= n) {
		*ret = m->head.count;
		return VF_OK;
	}
	if (m->head.has_count)
		return vf_fail(reterr, VF_FILE_SHAPE, "the file ends before the rows that it says it has");
	for (; n > 0 && most > 0; n--, most--) {
		rc = tr_input_take(m->in, m->at + (n - 1) * m->head.row, row, m->head.row, reterr);
		if (rc != VF_OK || !is_blank(row, m->head.row))
			break;
	}
	*ret = n;
	return rc;
}

static VF_RC give_rows(struct member *m, struct vf_err *reterr)
{
	size_t at_once = m->head.row < PIECE ? PIECE / m->head.row : 1;
	uint8_t *rows = malloc(at_once * m->head.row);
	uint64_t n = 0;
	enum vf_rc rc = rows ? count_rows(m, rows, &n, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for rows");

	while (rc == VF_OK && n > 0) {
		size_t now = n < at_once ? (size_t)n : at_once;

		rc = take(m, rows, now * m->head.row, reterr);
		for (size_t i = 0; i < now && rc == VF_OK; i++)
			rc = give_row(m, rows + i * m->head.row, reterr);
		n -= now;
	}
	free(rows);
	return rc;
}

static VF_RC read_member(struct member *m, struct vf_err *reterr)
{
	enum vf_rc rc = read_head(m, reterr);

	if (rc == VF_OK)
		rc = tr_giving_begin(m->g, vf_bytes(m->name, m->n_name), reterr);
	if (rc == VF_OK)
		rc = give_rows(m, reterr);
	if (rc == VF_OK)
		rc = tr_giving_end(m->g, reterr);
	tr_xpt_member_done(&m->head);
	return rc;
}

VF_RC tr_rows_xpt(const struct tr_input *in, struct tr_giving *g, struct vf_err *reterr)
{
	uint64_t at = (uint64_t)3 * RECORD; /* of the library, with its times */
	enum vf_rc rc = VF_OK;

	do {
		struct member m = {.in = in, .g = g, .at = at};

		rc = read_member(&m, reterr);
		at = m.end;
	} while (rc == VF_OK && at + RECORD <= in->size);
	return rc;
}
