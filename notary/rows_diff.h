/*
 * The rows of two files beside each other: in which columns they differ, how often, and by how much numbers do.
 *
 * Knows rows as trial/read/rows.h gives them, whatever the formats. Both files are read at once, in little memory: one in
 * a thread of its own. No value is kept but those of the first cell that differs.
 */
#ifndef NOTARY_ROWS_DIFF_H
#define NOTARY_ROWS_DIFF_H

#include "notary/buf.h"
#include "trial/read/input.h"
#include "trial/read/rows.h"

#define NT_ROWS_DIFF_SHOWN 200

/* A column of both data sets in which cells differ. */
struct nt_column_diff {
	struct vf_bytes name; /* in the report */
	uint64_t cells;       /* that differ */
	uint64_t texts;       /* of these, where not both are numbers */
	double most;          /* the largest relative difference of two numbers: |a - b| / max(|a|, |b|) */
	uint64_t first_row;   /* from 1 */
	char values[2][NT_ROWS_DIFF_SHOWN]; /* of that row, as R writes them, escaped and cut */
};

/* What there is to say; free with nt_rows_diff_done(). */
struct nt_rows_diff {
	struct nt_buf names;
	struct nt_column_diff *columns; /* those that differ, in the order of the second file */
	size_t n_columns;
	struct nt_buf text; /* lines about data sets and columns: "only the first file has the column 'X'", escaped */
	uint64_t rows[2];   /* of all data sets */
	uint64_t rows_differ; /* with a cell that differs */
};
void nt_rows_diff_done(struct nt_rows_diff *d);

/* Reads both. What reading gave: FILE_SHAPE, LIMIT, … of either, with "first file: " or "second file: " before. */
VF_RC nt_rows_diff(const struct tr_input *first, const struct tr_input *second, struct nt_rows_diff *ret, struct vf_err *reterr);

#endif
