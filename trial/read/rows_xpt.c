/* Cells of SAS transport files, versions 5 and 8: records of 80 octets, rows without a count, numbers of IBM's base 16. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "trial/read/rows_inside.h"

#define RECORD 80u
#define NAMESTR 140u
#define PIECE ((size_t)256 * RECORD)

struct field {
	size_t at, n;
	bool is_number;
};

struct member {
	const struct tr_input *in;
	struct tr_giving *g;
	uint64_t at; /* of what is read next */
	bool is_v8;
	uint64_t namestr;
	uint8_t name[32];
	size_t n_name;
	struct field *fields;
	size_t n_fields, row; /* octets of a row */
	uint64_t end;         /* of its rows */
	bool has_count;
	uint64_t count; /* of version 8 */
};

static VF_RC take(struct member *m, void *out, size_t n, struct vf_err *reterr)
{
	enum vf_rc rc = tr_input_take(m->in, m->at, out, n, reterr);

	if (rc == VF_OK)
		m->at += n;
	return rc;
}

static bool is_header(const uint8_t *record, const char *v5, const char *v8)
{
	return memcmp(record, "HEADER RECORD*******", 20) == 0 && (memcmp(record + 20, v5, 8) == 0 || memcmp(record + 20, v8, 8) == 0) &&
		memcmp(record + 28, "HEADER RECORD!!!!!!!", 20) == 0;
}

static VF_RC take_header(struct member *m, const char *v5, const char *v8, uint8_t record[RECORD], struct vf_err *reterr)
{
	enum vf_rc rc = take(m, record, RECORD, reterr);

	if (rc == VF_OK && !is_header(record, v5, v8))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "no header '%s' at octet %" PRIu64, v5, m->at - RECORD);
	return rc;
}

static uint32_t be(const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Digits, with blanks or zeros before them. */
static bool read_count(const uint8_t *p, size_t n, uint64_t *ret)
{
	uint64_t v = 0;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ' && !any)
			continue;
		if (p[i] < '0' || p[i] > '9')
			return any && p[i] == ' ' ? (*ret = v, true) : false;
		any = true;
		v = v * 10 + (uint64_t)(p[i] - '0');
	}
	*ret = v;
	return any;
}

/* ---- head of a member ---- */

static size_t trimmed(const uint8_t *p, size_t n)
{
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == 0))
		n--;
	return n;
}

static VF_RC read_field(struct member *m, struct field *f, struct vf_err *reterr)
{
	uint8_t d[NAMESTR];
	uint32_t type;
	size_t n;
	enum vf_rc rc = take(m, d, (size_t)m->namestr, reterr);

	if (rc != VF_OK)
		return rc;
	type = be(d, 2);
	*f = (struct field){be(d + 84, 4), be(d + 4, 2), type == 1};
	if ((type != 1 && type != 2) || f->n == 0 || f->at > TR_ROWS_MAX_ROW || (type == 1 && (f->n < 2 || f->n > 8)))
		return vf_fail(reterr, VF_FILE_SHAPE, "column %zu is described in no way that a row has", m->g->names.count + 1);
	if (f->at + f->n > m->row)
		m->row = f->at + f->n;
	n = m->is_v8 && m->namestr == NAMESTR ? trimmed(d + 88, 32) : 0;
	return n ? tr_giving_column(m->g, vf_bytes(d + 88, n), f->is_number ? TR_COLUMN_NUMBER : TR_COLUMN_TEXT, reterr)
		 : tr_giving_column(m->g, vf_bytes(d + 8, trimmed(d + 8, 8)), f->is_number ? TR_COLUMN_NUMBER : TR_COLUMN_TEXT, reterr);
}

static VF_RC read_fields(struct member *m, struct vf_err *reterr)
{
	uint8_t record[RECORD];
	uint64_t n;
	enum vf_rc rc = take_header(m, "NAMESTR ", "NAMSTV8 ", record, reterr);

	if (rc != VF_OK)
		return rc;
	if (!read_count(record + 54, 4, &n) || n == 0)
		return vf_fail(reterr, VF_FILE_SHAPE, "a data set without columns");
	m->fields = calloc(n, sizeof(*m->fields));
	if (!m->fields)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for columns");
	m->n_fields = n;
	for (size_t i = 0; i < n && rc == VF_OK; i++)
		rc = read_field(m, &m->fields[i], reterr);
	m->at += (RECORD - n * m->namestr % RECORD) % RECORD;
	if (rc == VF_OK && m->row > TR_ROWS_MAX_ROW)
		rc = vf_fail(reterr, VF_LIMIT, "a row of more than %zu octets", TR_ROWS_MAX_ROW);
	return rc;
}

/* The header of the rows; in version 8 long labels may stand before it. */
static VF_RC find_rows(struct member *m, struct vf_err *reterr)
{
	uint8_t record[RECORD];
	enum vf_rc rc = take(m, record, RECORD, reterr);
	bool is_label = rc == VF_OK && (is_header(record, "LABELV8 ", "LABELV9 "));

	for (size_t i = 0; rc == VF_OK && is_label && i < TR_ROWS_MAX_COLUMNS && !is_header(record, "OBS     ", "OBSV8   "); i++)
		rc = take(m, record, RECORD, reterr);
	if (rc == VF_OK && !is_header(record, "OBS     ", "OBSV8   "))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "no header 'OBS' at octet %" PRIu64, m->at - RECORD);
	m->has_count = rc == VF_OK && memcmp(record + 20, "OBSV8", 5) == 0 && read_count(record + 48, 15, &m->count);
	return rc;
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
			if (is_header(piece + i, "MEMBER  ", "MEMBV8  ")) {
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
	uint8_t record[RECORD];
	enum vf_rc rc = take_header(m, "MEMBER  ", "MEMBV8  ", record, reterr);

	if (rc != VF_OK)
		return rc;
	m->is_v8 = memcmp(record + 20, "MEMBV8", 6) == 0;
	if (!read_count(record + 74, 4, &m->namestr) || (m->namestr != 140 && m->namestr != 136))
		return vf_fail(reterr, VF_FILE_SHAPE, "columns are described by neither 140 nor 136 octets");
	rc = take_header(m, "DSCRPTR ", "DSCPTV8 ", record, reterr);
	if (rc == VF_OK)
		rc = take(m, record, RECORD, reterr);
	if (rc != VF_OK)
		return rc;
	m->n_name = trimmed(record + 8, m->is_v8 ? 32 : 8);
	memcpy(m->name, record + 8, m->n_name);
	rc = take(m, record, RECORD, reterr);
	if (rc == VF_OK)
		rc = read_fields(m, reterr);
	if (rc == VF_OK)
		rc = find_rows(m, reterr);
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

/* Sign, exponent of 16 and 64, up to 56 bits of fraction; a first octet alone is a missing value. */
static struct tr_cell number_of(const uint8_t *p, size_t n)
{
	struct tr_cell cell = {.type = TR_CELL_NUMBER};
	uint64_t fraction = 0;

	for (size_t i = 1; i < 8; i++)
		fraction = fraction << 8 | (i < n ? p[i] : 0);
	if (fraction == 0 && p[0] == '.')
		cell.type = TR_CELL_EMPTY;
	else if (fraction == 0 && (p[0] == '_' || (p[0] >= 'A' && p[0] <= 'Z')))
		cell = (struct tr_cell){.type = TR_CELL_MISSING, .missing = (char)p[0]};
	else
		cell.number = ldexp((double)fraction, 4 * ((p[0] & 0x7f) - 64) - 56) * (p[0] & 0x80 ? -1 : 1);
	return cell;
}

static VF_RC give_row(const struct member *m, const uint8_t *row, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < m->n_fields && rc == VF_OK; i++) {
		const struct field *f = &m->fields[i];
		struct tr_cell cell = {.type = TR_CELL_TEXT, .text = vf_bytes(row + f->at, f->n)};

		rc = tr_giving_cell(m->g, i, f->is_number ? number_of(row + f->at, f->n) : cell, reterr);
	}
	return rc == VF_OK ? tr_giving_row(m->g, reterr) : rc;
}

/* How many rows there are; blank ones at the end that may fill the last record are none. */
static VF_RC count_rows(struct member *m, uint8_t *row, uint64_t *ret, struct vf_err *reterr)
{
	uint64_t n = (m->end - m->at) / m->row, most = (RECORD - 1) / m->row;
	enum vf_rc rc = VF_OK;

	if (m->has_count && m->count <= n) {
		*ret = m->count;
		return VF_OK;
	}
	if (m->has_count)
		return vf_fail(reterr, VF_FILE_SHAPE, "the file ends before the rows that it says it has");
	for (; n > 0 && most > 0; n--, most--) {
		rc = tr_input_take(m->in, m->at + (n - 1) * m->row, row, m->row, reterr);
		if (rc != VF_OK || !is_blank(row, m->row))
			break;
	}
	*ret = n;
	return rc;
}

static VF_RC give_rows(struct member *m, struct vf_err *reterr)
{
	size_t at_once = m->row < PIECE ? PIECE / m->row : 1;
	uint8_t *rows = malloc(at_once * m->row);
	uint64_t n = 0;
	enum vf_rc rc = rows ? count_rows(m, rows, &n, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for rows");

	while (rc == VF_OK && n > 0) {
		size_t now = n < at_once ? (size_t)n : at_once;

		rc = take(m, rows, now * m->row, reterr);
		for (size_t i = 0; i < now && rc == VF_OK; i++)
			rc = give_row(m, rows + i * m->row, reterr);
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
	free(m->fields);
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
