/*
 * Rows of data sets, as readers give them cell by cell, and the digest over them (docs/formats/canonical.md, R).
 *
 * Knows values and their one spelling, not where they stood: XPT, Dataset-JSON, Dataset-XML and CSV all end here.
 */
#ifndef TRIAL_READ_ROWS_H
#define TRIAL_READ_ROWS_H

#include "trial/read/jcs.h"

enum tr_cell_type {
	TR_CELL_EMPTY,   /* absent, null, the SAS missing value '.' */
	TR_CELL_TEXT,    /* trailing blanks are cut by who writes it */
	TR_CELL_NUMBER,  /* finite */
	TR_CELL_MISSING, /* SAS .A to .Z and ._ */
	TR_CELL_TRUE,
	TR_CELL_FALSE,
};

struct tr_cell {
	enum tr_cell_type type;
	struct vf_bytes text;
	double number;
	char missing; /* 'A' to 'Z', '_' */
};

enum tr_column_type {
	TR_COLUMN_TEXT,
	TR_COLUMN_NUMBER,
	TR_COLUMN_BOOLEAN,
};

struct tr_column {
	struct vf_bytes name;
	enum tr_column_type type;
};

#define TR_ROWS_MAX_COLUMNS 32768

/* One data set; what it holds is good until its end() returns. */
struct tr_dataset {
	struct vf_bytes name; /* empty: the format has none */
	const struct tr_column *columns;
	size_t n_columns;
};

/*
 * Where a reader puts data sets: table(), row() for each row with exactly n_columns cells that are good until it
 * returns, end(). Another outcome than OK ends the reading with it.
 */
struct tr_row_sink {
	VF_RC (*table)(void *ctx, const struct tr_dataset *table, struct vf_err *reterr);
	VF_RC (*row)(void *ctx, const struct tr_cell *cells, struct vf_err *reterr);
	VF_RC (*end)(void *ctx, uint64_t rows, struct vf_err *reterr);
	void *ctx;
};

#define TR_ROWS_ALGORITHM "trialnotary/rows/1"

/* Writes the text of R, from the first line on. Begun by tr_rows_init(); it holds nothing to free. */
struct tr_rows {
	struct tr_row_sink sink; /* for a reader */
	struct tr_out out;
	size_t n_columns;
	bool is_begun;
};

VF_RC tr_rows_init(struct tr_rows *r, struct tr_out out, struct vf_err *reterr);
/* Nothing may follow. FILE_SHAPE for a file without a data set: it has no R. */
VF_RC tr_rows_end(struct tr_rows *r, struct vf_err *reterr);

/* One cell as R writes it. */
VF_RC tr_cell_put(const struct tr_out *out, const struct tr_cell *cell, struct vf_err *reterr);
/* A text of digits, sign, point and exponent, as Dataset-JSON writes decimals and integers: a number when it has at most
 * 15 significant digits and is finite, else the text. */
struct tr_cell tr_cell_of_decimal(struct vf_bytes text);
/* A text in a column whose target is a SAS number: days, or seconds, when it is a complete date, date and time without offset, or
 * time; else the text. kind: 'd' date, 's' date and time, 't' time. */
struct tr_cell tr_cell_of_date(char kind, struct vf_bytes text);

#endif
