/* Excerpts and rows members: vf_excerpt_parse(), vf_excerpt_check(), vf_excerpt_next(), vf_rows_parse(). */
#include <stdlib.h>

#include "verify/excerpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted shows ascending rows, each with one or more octets, as many as were counted. */
static void look_through(const struct vf_excerpt *e, const struct vf_shown *shown)
{
	struct vf_bytes lines = e->lines;
	struct vf_excerpt_row row;
	uint64_t n = 0, next = 0;
	uint8_t octet;

	for (; vf_excerpt_next(&lines, &row); n++) {
		size_t octets = 0;

		while (vf_take_row_octet(&row.text, &octet))
			octets++;
		if (row.row < next || row.row >= e->count || octets == 0 || octets > VF_MAX_ROW || row.text.n != 0)
			abort();
		next = row.row + 1;
	}
	if (n != shown->rows || n == 0 || n > e->count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[65536];
	struct vf_excerpt e;
	struct vf_shown shown;
	struct vf_rows rows;
	struct vf_arena a;
	enum vf_rc rc;

	vf_arena_init(&a, block, sizeof(block));
	if (vf_rows_parse(vf_bytes(data, size), &a, &rows, NULL) == VF_OK && (rows.count == 0 || rows.document.n == 0))
		abort();
	if (vf_excerpt_parse(vf_bytes(data, size), &e, NULL) != VF_OK)
		return 0;
	rc = vf_excerpt_check(&e, &shown, NULL);
	if (rc == VF_OK)
		look_through(&e, &shown);
	else if (rc != VF_PROOF_ROOT && rc != VF_EXCERPT_SHAPE && rc != VF_LIMIT)
		abort();
	return 0;
}
