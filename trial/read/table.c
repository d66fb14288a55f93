#include "trial/read/table.h"

#include <inttypes.h>
#include <stdlib.h>

#include "verify/text.h"

/* ---- octets that come and go ---- */

void tr_window_done(struct tr_window *w)
{
	free(w->p);
	*w = (struct tr_window){0};
}

static VF_RC make_room(struct tr_window *w, size_t n, struct vf_err *reterr)
{
	size_t cap = w->cap ? w->cap : TR_SOURCE_BUFFER;
	uint8_t *p;

	/* half of it is free when n octets are there, so that moving costs little for each octet */
	while (cap < 2 * n && cap < TR_MAX_ROW)
		cap *= 2;
	if (cap == w->cap) {
		if (w->b.n)
			memmove(w->p, w->b.p, w->b.n);
		w->b.p = w->p;
		return VF_OK;
	}
	p = malloc(cap);
	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a row");
	if (w->b.n)
		memcpy(p, w->b.p, w->b.n);
	free(w->p);
	w->p = p;
	w->cap = cap;
	w->b.p = p;
	return VF_OK;
}

VF_RC tr_window_more(struct tr_window *w, size_t n, struct vf_err *reterr)
{
	size_t got;
	enum vf_rc rc;

	if (n > TR_MAX_ROW)
		return vf_fail(reterr, VF_LIMIT, "a row of more than %zu octets", TR_MAX_ROW);
	if (w->b.n >= n || w->at_end)
		return VF_OK;
	rc = make_room(w, n, reterr);
	while (rc == VF_OK && w->b.n < n && !w->at_end) {
		rc = w->in->read_at(w->in->ctx, w->at, w->p + w->b.n, w->cap - w->b.n, &got, reterr);
		if (rc != VF_OK)
			break;
		w->at_end = got < w->cap - w->b.n;
		w->at += got;
		w->b.n += got;
	}
	return rc;
}

/* ---- the data set ---- */

void tr_table_done(struct tr_table *t)
{
	struct tr_reading *r = t->r;

	tr_sdtm_free(t->sdtm);
	free(t->columns);
	free(t->ends);
	free(t->names.p);
	for (size_t i = 0; i < TR_SDTM_SLOTS; i++)
		free(t->kept[i].p);
	*t = (struct tr_table){.r = r};
}

static VF_RC append(struct tr_table_buffer *b, struct vf_bytes text, struct vf_err *reterr)
{
	if (!b->p || text.n > b->cap - b->n) {
		size_t cap = b->cap ? b->cap : 256;
		uint8_t *p;

		while (text.n > cap - b->n)
			cap *= 2;
		p = realloc(b->p, cap);
		if (!p)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a table");
		b->p = p;
		b->cap = cap;
	}
	if (text.n)
		memcpy(b->p + b->n, text.p, text.n);
	b->n += text.n;
	return VF_OK;
}

static struct vf_bytes trim(struct vf_bytes b)
{
	struct vf_bytes blank;

	while (b.n && (b.p[b.n - 1] <= ' '))
		b.n--;
	while (b.n && b.p[0] <= ' ' && vf_take(&b, 1, &blank))
		;
	return b;
}

static struct vf_bytes cut(struct vf_bytes name)
{
	name = trim(name);
	return vf_bytes(name.p, name.n < TR_MAX_COLUMN_NAME ? name.n : TR_MAX_COLUMN_NAME);
}

VF_RC tr_to_utf8(struct tr_table_buffer *b, struct vf_bytes *text, bool *ret_changed, struct vf_err *reterr)
{
	struct vf_bytes left = *text, before, one;
	uint32_t c;
	enum vf_rc rc = VF_OK;

	*ret_changed = !vf_utf8_is(*text);
	if (!*ret_changed)
		return VF_OK;
	b->n = 0;
	while (rc == VF_OK && left.n) {
		before = left;
		if (vf_take_utf8(&left, &c)) {
			rc = append(b, vf_bytes(before.p, before.n - left.n), reterr);
		} else {
			rc = append(b, vf_bytes_str("\xef\xbf\xbd"), reterr);
			(void)vf_take(&left, 1, &one);
		}
	}
	*text = vf_bytes(b->p, b->n);
	return rc;
}

static VF_RC say_as_utf8(struct tr_table *t, enum tr_fact_name name, uint64_t item, struct vf_bytes value,
	struct vf_err *reterr)
{
	struct tr_table_buffer room = {0};
	struct tr_about about = {.item = item};
	bool changed;
	enum vf_rc rc;

	value = trim(value);
	rc = tr_to_utf8(&room, &value, &changed, reterr);
	if (rc == VF_OK && changed)
		rc = tr_warn(t->r, TR_W_ENCODING, NULL, reterr, "%s is not UTF-8", tr_fact_name(name));
	if (rc == VF_OK)
		rc = tr_say(t->r, name, &about, value, reterr);
	free(room.p);
	return rc;
}

VF_RC tr_table_say(struct tr_table *t, enum tr_fact_name name, struct vf_bytes value, struct vf_err *reterr)
{
	return say_as_utf8(t, name, t->item, value, reterr);
}

VF_RC tr_table_name(struct tr_table *t, struct vf_bytes name, struct vf_err *reterr)
{
	if (t->item == 0)
		t->item = tr_item(t->r);
	name = cut(name);
	if (t->name.n || !name.n)
		return VF_OK;
	memcpy(t->name_room, name.p, name.n);
	t->name = vf_bytes(t->name_room, name.n);
	return tr_table_say(t, TR_F_SET_NAME, t->name, reterr);
}

static VF_RC say_column(struct tr_table *t, struct vf_bytes name, struct vf_bytes label, struct vf_bytes type,
	struct vf_err *reterr)
{
	uint64_t item = tr_item(t->r);
	enum vf_rc rc = say_as_utf8(t, TR_F_COLUMN_NAME, item, name, reterr);

	if (rc == VF_OK)
		rc = say_as_utf8(t, TR_F_COLUMN_SET, item, t->name, reterr);
	if (rc == VF_OK)
		rc = say_as_utf8(t, TR_F_COLUMN_LABEL, item, label, reterr);
	return rc != VF_OK ? rc : say_as_utf8(t, TR_F_COLUMN_TYPE, item, type, reterr);
}

VF_RC tr_table_column(struct tr_table *t, struct vf_bytes name, struct vf_bytes label, struct vf_bytes type,
	struct vf_err *reterr)
{
	enum vf_rc rc;

	if (t->n_columns == TR_MAX_COLUMNS)
		return vf_fail(reterr, VF_LIMIT, "more than %u columns", TR_MAX_COLUMNS);
	if (t->n_columns == t->cap_columns) {
		size_t cap = t->cap_columns ? 2 * t->cap_columns : 64;
		size_t *ends = realloc(t->ends, cap * sizeof(*ends));

		if (!ends)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a table");
		t->ends = ends;
		t->cap_columns = cap;
	}
	rc = append(&t->names, cut(name), reterr);
	if (rc != VF_OK)
		return rc;
	t->ends[t->n_columns++] = t->names.n;
	return t->r->wants & TR_WANT_COLUMNS ? say_column(t, name, label, type, reterr) : VF_OK;
}

static VF_RC find_needed(struct tr_table *t, struct vf_err *reterr)
{
	bool taken[TR_SDTM_SLOTS] = {false};
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < t->n_columns; i++) {
		size_t slot = tr_sdtm_slot(t->sdtm, t->columns[i]);

		if (slot == TR_SDTM_SLOTS)
			continue;
		if (taken[slot]) {
			rc = tr_warn(t->r, TR_W_DUPLICATE, NULL, reterr, "column %zu has the name of one before it", i + 1);
			continue;
		}
		taken[slot] = true;
		t->needed[t->n_needed++] = (struct tr_table_need){i, slot};
	}
	return rc;
}

VF_RC tr_table_begin(struct tr_table *t, bool is_sdtm, struct vf_err *reterr)
{
	struct vf_bytes left = vf_bytes(t->names.p, t->names.n);
	enum vf_rc rc;

	if (t->item == 0)
		t->item = tr_item(t->r);
	if (t->n_columns == 0)
		return VF_OK;
	t->columns = calloc(t->n_columns, sizeof(*t->columns));
	if (!t->columns)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a table");
	for (size_t i = 0; i < t->n_columns; i++)
		if (!vf_take(&left, t->ends[i] - (i ? t->ends[i - 1] : 0), &t->columns[i]))
			return vf_fail(reterr, VF_INTERNAL, "names of columns that are not there");
	if (!is_sdtm)
		return VF_OK;
	rc = tr_sdtm_new(t->r, t->name.n ? t->name : tr_sdtm_guess(t->columns, t->n_columns), &t->sdtm, reterr);
	if (rc != VF_OK)
		return rc;
	t->is_same_again = tr_sdtm_is_same_again(t->sdtm);
	return find_needed(t, reterr);
}

/* ---- rows ---- */

VF_RC tr_table_keep(struct tr_table *t, size_t slot, struct vf_bytes text, struct vf_err *reterr)
{
	enum vf_rc rc;

	t->kept[slot].n = 0;
	rc = append(&t->kept[slot], text, reterr);
	if (rc == VF_OK)
		t->row.cells[slot].text = vf_bytes(t->kept[slot].p, text.n);
	return rc;
}

static bool is_ascii(struct vf_bytes b)
{
	uint8_t all = 0;

	for (size_t i = 0; i < b.n; i++)
		all |= b.p[i];
	return all < 0x80;
}

VF_RC tr_table_row(struct tr_table *t, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	bool changed;

	t->row.number = ++t->rows;
	if (!t->n_needed)
		return VF_OK;
	for (size_t i = 0; rc == VF_OK && i < t->n_needed; i++) {
		size_t slot = t->needed[i].slot;

		if (is_ascii(t->row.cells[slot].text))
			continue;
		rc = tr_to_utf8(&t->kept[slot], &t->row.cells[slot].text, &changed, reterr);
		if (rc == VF_OK && changed)
			rc = tr_warn(t->r, TR_W_ENCODING, NULL, reterr, "row %" PRIu64 ", column %zu is not UTF-8", t->rows,
				t->needed[i].column + 1);
	}
	return rc != VF_OK ? rc : tr_sdtm_say(t->sdtm, &t->row, reterr);
}

VF_RC tr_table_end(struct tr_table *t, const uint64_t *declared, struct vf_err *reterr)
{
	struct tr_about about = {.item = t->item};
	enum vf_rc rc = tr_say_count(t->r, TR_F_SET_ROWS, &about, t->rows, reterr);

	if (rc == VF_OK)
		rc = tr_say_count(t->r, TR_F_SET_COLUMNS, &about, t->n_columns, reterr);
	if (rc == VF_OK && declared && *declared != t->rows)
		rc = tr_warn(t->r, TR_W_COUNT, NULL, reterr, "%" PRIu64 " rows are declared, and %" PRIu64 " are there", *declared,
			t->rows);
	return rc;
}
