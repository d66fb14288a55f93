/* What rows_read.c and the files of each format share: one row while it is collected, and the columns. */
#ifndef TRIAL_READ_ROWS_INSIDE_H
#define TRIAL_READ_ROWS_INSIDE_H

#include "trial/read/rows_read.h"

/* Texts one behind the other. Zero it; free with tr_texts_done(). */
struct tr_texts {
	uint8_t *p;
	size_t n, room;
	size_t *begin; /* of each, and the end of the last */
	size_t count, begin_room;
};
void tr_texts_done(struct tr_texts *t);
VF_RC tr_texts_add(struct tr_texts *t, struct vf_bytes text, struct vf_err *reterr);
struct vf_bytes tr_texts_at(const struct tr_texts *t, size_t at);
static inline void tr_texts_reset(struct tr_texts *t)
{
	t->n = t->count = 0;
}

/* A data set that is being given to a sink. Zero it, set sink; free with tr_giving_done(). */
struct tr_giving {
	const struct tr_row_sink *sink;
	struct tr_texts names;         /* of columns */
	enum tr_column_type *types;    /* room for TR_ROWS_MAX_COLUMNS after the first column */
	struct tr_cell *cells;
	struct tr_texts texts;         /* of cells: cells[i].number is the place of a text until the row is given */
	struct tr_column *columns;
	uint64_t rows;
	bool is_begun;
};
void tr_giving_done(struct tr_giving *g);
VF_RC tr_giving_column(struct tr_giving *g, struct vf_bytes name, enum tr_column_type type, struct vf_err *reterr);
VF_RC tr_giving_begin(struct tr_giving *g, struct vf_bytes name, struct vf_err *reterr);
/* The cell of a column in the row that comes; texts are copied. Cells that are not set are empty. */
VF_RC tr_giving_cell(struct tr_giving *g, size_t column, struct tr_cell cell, struct vf_err *reterr);
VF_RC tr_giving_row(struct tr_giving *g, struct vf_err *reterr);
/* Ends the data set; columns are forgotten. */
VF_RC tr_giving_end(struct tr_giving *g, struct vf_err *reterr);

VF_RC tr_rows_xpt(const struct tr_input *in, struct tr_giving *g, struct vf_err *reterr);
VF_RC tr_rows_json(const struct tr_input *in, const struct tr_peek *peek, struct tr_giving *g, struct vf_err *reterr);
VF_RC tr_rows_xml(const struct tr_input *in, struct tr_giving *g, struct vf_err *reterr);
VF_RC tr_rows_csv(const struct tr_input *in, struct tr_giving *g, struct vf_err *reterr);

/* A reading that says nothing to anybody, for readers of XML and JSON. */
struct tr_reading tr_rows_quiet(const struct tr_input *in);

#endif
