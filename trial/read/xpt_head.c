#include "trial/read/xpt_inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define HEADER "HEADER RECORD*******"
/* Records of long labels behind the columns of version 8: as many as there may be columns. */
#define MAX_LABEL_RECORDS TR_MAX_COLUMNS

/* ---- records ---- */

VF_RC tr_xpt_take(struct tr_window *w, size_t n, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc = tr_window_more(w, n, reterr);

	if (rc == VF_OK && !vf_take(&w->b, n, ret))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "the file ends in its headers, at octet %" PRIu64, w->at);
	return rc;
}

struct vf_bytes tr_xpt_part(struct vf_bytes b, size_t at, size_t n)
{
	struct vf_bytes ret = {0};

	(void)vf_bytes_slice(b, at, n, &ret); /* records are whole */
	return ret;
}

bool tr_xpt_is_header(struct vf_bytes record, const char *v5, const char *v8)
{
	return vf_bytes_starts(record, HEADER) &&
		(vf_bytes_is(tr_xpt_part(record, 20, 8), v5) || (v8 && vf_bytes_is(tr_xpt_part(record, 20, 8), v8))) &&
		vf_bytes_is(tr_xpt_part(record, 28, 20), "HEADER RECORD!!!!!!!");
}

VF_RC tr_xpt_take_header(struct tr_window *w, const char *v5, const char *v8, struct vf_bytes *ret, struct vf_err *reterr)
{
	enum vf_rc rc = tr_xpt_take(w, TR_XPT_RECORD, ret, reterr);

	if (rc == VF_OK && !tr_xpt_is_header(*ret, v5, v8))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "no header '%.7s' where one must stand, before octet %" PRIu64, v5, w->at - w->b.n);
	return rc;
}

struct vf_bytes tr_xpt_trim(struct vf_bytes b)
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
			return any && tr_xpt_trim(tr_xpt_part(b, i, b.n - i)).n == 0 ? (*ret = v, true) : false;
		any = true;
		v = 10 * v + (uint64_t)(b.p[i] - '0');
	}
	*ret = v;
	return any;
}

static uint32_t be(struct vf_bytes b)
{
	uint32_t v = 0;

	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

/* ---- columns ---- */

static VF_RC read_column(struct tr_xpt_member *m, struct tr_window *w, size_t namestr, size_t number, struct vf_err *reterr)
{
	struct tr_xpt_column *c = &m->columns[number];
	struct vf_bytes d, name;
	uint32_t type;
	enum vf_rc rc = tr_xpt_take(w, namestr, &d, reterr);

	if (rc != VF_OK)
		return rc;
	type = be(tr_xpt_part(d, 0, 2));
	*c = (struct tr_xpt_column){be(tr_xpt_part(d, 84, 4)), be(tr_xpt_part(d, 4, 2)), type == 1};
	if ((type != 1 && type != 2) || c->n == 0 || c->n > INT16_MAX || c->at > m->max_row ||
		(type == 1 && (c->n < 2 || c->n > 8)))
		return vf_fail(reterr, VF_FILE_SHAPE, "column %zu is described in no way that a row has", number + 1);
	if (c->at + c->n > m->row)
		m->row = c->at + c->n;
	name = tr_xpt_trim(tr_xpt_part(d, 8, 8));
	if (m->is_v8 && tr_xpt_trim(tr_xpt_part(d, 88, 32)).n)
		name = tr_xpt_trim(tr_xpt_part(d, 88, 32));
	return m->column(m->ctx, name, tr_xpt_trim(tr_xpt_part(d, 16, 40)), c->is_number, reterr);
}

/* namestr: octets of a column's description. */
static VF_RC read_columns(struct tr_xpt_member *m, struct tr_window *w, size_t namestr, struct vf_err *reterr)
{
	struct vf_bytes record;
	uint64_t n;
	enum vf_rc rc = tr_xpt_take_header(w, "NAMESTR ", "NAMSTV8 ", &record, reterr);

	if (rc != VF_OK)
		return rc;
	if (!read_digits(tr_xpt_part(record, 54, 4), &n)) /* four digits are less than TR_MAX_COLUMNS */
		return vf_fail(reterr, VF_FILE_SHAPE, "the number of columns is none");
	m->n_columns = (size_t)n;
	m->columns = calloc(m->n_columns ? m->n_columns : 1, sizeof(*m->columns));
	if (!m->columns)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a table");
	for (size_t i = 0; rc == VF_OK && i < m->n_columns; i++)
		rc = read_column(m, w, namestr, i, reterr);
	if (rc == VF_OK && m->row > m->max_row)
		rc = vf_fail(reterr, VF_LIMIT, "rows of more than %zu octets", m->max_row);
	if (rc == VF_OK && m->n_columns * namestr % TR_XPT_RECORD)
		rc = tr_xpt_take(w, TR_XPT_RECORD - m->n_columns * namestr % TR_XPT_RECORD, &record, reterr);
	return rc;
}

/* Columns are known: the header of the rows comes, in version 8 perhaps behind long labels. */
static VF_RC find_rows(struct tr_xpt_member *m, struct tr_window *w, struct vf_err *reterr)
{
	struct vf_bytes record;
	enum vf_rc rc = tr_xpt_take(w, TR_XPT_RECORD, &record, reterr);

	m->has_long_labels = rc == VF_OK && m->is_v8 && tr_xpt_is_header(record, "LABELV8 ", "LABELV9 ");
	for (uint32_t i = 0; rc == VF_OK && m->has_long_labels && i < MAX_LABEL_RECORDS; i++) {
		if (tr_xpt_is_header(record, "OBS     ", "OBSV8   "))
			break;
		rc = tr_xpt_take(w, TR_XPT_RECORD, &record, reterr);
	}
	if (rc == VF_OK && !tr_xpt_is_header(record, "OBS     ", "OBSV8   "))
		rc = vf_fail(reterr, VF_FILE_SHAPE, "no header of rows behind the columns");
	if (rc == VF_OK && vf_bytes_is(tr_xpt_part(record, 20, 8), "OBSV8   "))
		m->has_count = read_digits(tr_xpt_part(record, 48, 15), &m->count);
	return rc;
}

VF_RC tr_xpt_member_read(struct tr_xpt_member *m, struct tr_window *w, struct vf_bytes header, struct vf_err *reterr)
{
	struct vf_bytes record, own;
	uint64_t namestr;
	uint8_t name[32];
	enum vf_rc rc;

	m->is_v8 = vf_bytes_is(tr_xpt_part(header, 20, 8), "MEMBV8  ");
	if (!read_digits(tr_xpt_part(header, 74, 4), &namestr) || (namestr != 140 && namestr != 136)) /* 136: on VAX */
		return vf_fail(reterr, VF_FILE_SHAPE, "columns are described by neither 140 nor 136 octets");
	rc = tr_xpt_take_header(w, "DSCRPTR ", "DSCPTV8 ", &record, reterr);
	if (rc == VF_OK)
		rc = tr_xpt_take(w, TR_XPT_RECORD, &record, reterr);
	if (rc != VF_OK)
		return rc;
	own = tr_xpt_trim(tr_xpt_part(record, 8, m->is_v8 ? 32 : 8));
	if (own.n)
		memcpy(name, own.p, own.n); /* the window moves */
	rc = tr_xpt_take(w, TR_XPT_RECORD, &record, reterr);
	if (rc == VF_OK)
		rc = m->begin(m->ctx, vf_bytes(name, own.n), tr_xpt_trim(tr_xpt_part(record, 32, 40)), reterr);
	if (rc == VF_OK)
		rc = read_columns(m, w, (size_t)namestr, reterr);
	return rc == VF_OK ? find_rows(m, w, reterr) : rc;
}

void tr_xpt_member_done(struct tr_xpt_member *m)
{
	free(m->columns);
	m->columns = NULL;
}

/* ---- numbers ---- */

bool tr_xpt_number(struct vf_bytes b, double *ret, char *ret_missing)
{
	uint64_t fraction = 0;

	for (size_t i = 1; i < 8; i++)
		fraction = fraction << 8 | (i < b.n ? b.p[i] : 0);
	*ret_missing = (char)b.p[0];
	if (fraction == 0 && (b.p[0] == '.' || b.p[0] == '_' || (b.p[0] >= 'A' && b.p[0] <= 'Z')))
		return false;
	*ret = ldexp((double)fraction, 4 * ((b.p[0] & 0x7f) - 64) - 56) * (b.p[0] & 0x80 ? -1 : 1);
	return true;
}
