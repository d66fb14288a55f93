/* Cutting documents into rows: tr_unit_read(), tr_unit_guess(), tr_cut() in two ways of giving octets, tr_take_field(). */
#include <stdlib.h>

#include "trial/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next row when so many octets more are given at a time; seen is what was given. */
static size_t next_row(struct tr_cutter *c, struct vf_bytes rest, size_t *seen, size_t step)
{
	size_t n;

	while ((n = tr_cut(c, vf_bytes(rest.p, *seen), *seen == rest.n)) == 0 && *seen < rest.n)
		*seen = *seen + step < rest.n ? *seen + step : rest.n;
	*seen -= n;
	return n;
}

static void cut_both_ways(const struct tr_unit *unit, struct vf_bytes text)
{
	struct tr_cutter a = {.unit = unit}, b = {.unit = unit};
	size_t seen_a = 0, seen_b = text.n;

	while (text.n > 0) {
		struct vf_bytes row;
		size_t n = next_row(&a, text, &seen_a, 7);

		if (n == 0 || n > text.n || n != next_row(&b, text, &seen_b, 1) || !vf_take(&text, n, &row))
			abort();
	}
}

static void take_fields(struct vf_bytes row)
{
	uint8_t *room = malloc(row.n + 1);
	struct vf_bytes field;
	size_t all = 0, whole = row.n;

	if (!room)
		return;
	while (tr_take_field(&row, room, &field))
		all += field.n;
	if (all > whole)
		abort();
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes text = vf_bytes(data, size), line;
	char again[VF_MAX_UNIT + 1];
	struct tr_unit unit;

	if (size > 1 << 16 || !vf_take_line(&text, &line))
		return 0;
	take_fields(text);
	if (tr_unit_read(line, &unit, NULL) == VF_OK) {
		tr_unit_put(again, &unit);
		if (!vf_bytes_is(line, again))
			abort();
	} else if (tr_unit_guess(line, text, &unit, NULL) != VF_OK) {
		return 0;
	}
	cut_both_ways(&unit, text);
	return 0;
}
