#include "notary/rows_choice.h"

#include <stdlib.h>

#include "verify/text.h"

/* Ranges, after joining neighbours: more make an excerpt that is larger than the document. */
#define MAX_RANGES ((size_t)1 << 20)

static VF_RC add_range(struct nt_row_choice *c, uint64_t first, uint64_t last, struct vf_err *reterr)
{
	struct nt_row_range *end = c->n ? &c->ranges[c->n - 1] : NULL;

	if (end && end->last != UINT64_MAX && first == end->last + 1 && last >= first) {
		end->last = last;
		return VF_OK;
	}
	if (c->n == MAX_RANGES)
		return vf_fail(reterr, VF_LIMIT, "more than %zu ranges of rows", MAX_RANGES);
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		struct nt_row_range *more = reallocarray(c->ranges, room, sizeof(*more));

		if (!more)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu ranges of rows", room);
		c->ranges = more;
		c->room = room;
	}
	c->ranges[c->n++] = (struct nt_row_range){first, last};
	return VF_OK;
}

VF_RC nt_choose_list(struct nt_row_choice *c, const char *list, struct vf_err *reterr)
{
	struct vf_bytes rest = vf_bytes_str(list), part, first;
	char shown[80];
	bool more = true;
	enum vf_rc rc = VF_OK;

	vf_text_escape(shown, sizeof(shown), rest);
	while (more && rc == VF_OK) {
		struct nt_row_range r;
		bool good;

		more = vf_take_until(&rest, ',', &part);
		if (!more)
			part = rest;
		if (vf_take_until(&part, '-', &first))
			good = vf_decimal_read(first, VF_MAX_ROWS, &r.first) && vf_decimal_read(part, VF_MAX_ROWS, &r.last) &&
				r.first <= r.last;
		else
			good = vf_decimal_read(part, VF_MAX_ROWS, &r.first) && vf_decimal_read(part, VF_MAX_ROWS, &r.last);
		if (!good)
			return vf_fail(reterr, VF_USAGE, "'%s' is no list of rows like 5,10-20", shown);
		rc = add_range(c, r.first, r.last, reterr);
	}
	return rc;
}

struct where {
	struct nt_row_choice *c;
	struct vf_bytes column, value;
	size_t at; /* of the column */
	uint8_t *room;
};

static VF_RC find_column(struct where *w, struct vf_bytes row, struct vf_err *reterr)
{
	struct vf_bytes field;
	char shown[80];

	for (w->at = 0; tr_take_field(&row, w->room, &field); w->at++)
		if (vf_bytes_eq(field, w->column))
			return add_range(w->c, 0, 0, reterr);
	vf_text_escape(shown, sizeof(shown), w->column);
	return vf_fail(reterr, VF_USAGE, "row 0 names no column '%s'", shown);
}

static VF_RC match_row(void *ctx, uint64_t number, struct vf_bytes row, struct vf_err *reterr)
{
	struct where *w = ctx;
	struct vf_bytes field = {0};

	if (number == 0)
		return find_column(w, row, reterr);
	for (size_t i = 0; i <= w->at; i++)
		if (!tr_take_field(&row, w->room, &field))
			return VF_OK;
	return vf_bytes_eq(field, w->value) ? add_range(w->c, number, number, reterr) : VF_OK;
}

VF_RC nt_choose_where(
	struct nt_row_choice *c, int fd, const struct vf_rows *rows, const char *text, struct vf_err *reterr)
{
	struct where w = {.c = c, .value = vf_bytes_str(text)};
	struct tr_unit unit;
	uint64_t before = c->n;
	enum vf_rc rc;

	if (!vf_take_until(&w.value, '=', &w.column))
		return vf_fail(reterr, VF_USAGE, "--where wants COLUMN=VALUE, like USUBJID=DEMO-1-003");
	if (!vf_bytes_is(rows->unit, "csv"))
		return vf_fail(reterr, VF_USAGE, "--where needs rows that were cut as csv: give them with --rows");
	rc = tr_unit_read(rows->unit, &unit, reterr);
	if (rc != VF_OK)
		return rc;
	w.room = malloc(VF_MAX_ROW);
	if (!w.room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a row");
	rc = nt_rows_each(fd, &unit, match_row, &w, reterr);
	free(w.room);
	/* row 0 alone: a range that did not grow */
	if (rc == VF_OK && c->n == before + 1 && c->ranges[before].last == 0)
		return vf_fail(reterr, VF_USAGE, "no row has this value");
	return rc;
}
