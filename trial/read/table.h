/*
 * Tables of rows and columns, whatever format they stand in: what XPT, Dataset-JSON and CSV have in common.
 *
 * Knows one data set at a time: its columns, which of them anybody looks at (sdtm.h), how many rows it has, and a
 * window over an input that rows are read from. Splitting rows into cells is the readers' part.
 */
#ifndef TRIAL_READ_TABLE_H
#define TRIAL_READ_TABLE_H

#include "trial/read/sdtm.h"

/* More columns, and longer names, than any table of a trial has; octets of one row. */
#define TR_MAX_COLUMNS 32768u
#define TR_MAX_COLUMN_NAME 256u
#define TR_MAX_ROW ((size_t)16 * 1024 * 1024)

/* Part of an input that moves on. Zero it and set in and at; free with tr_window_done(). */
struct tr_window {
	const struct tr_input *in;
	uint64_t at;        /* of what is read next */
	struct vf_bytes b;  /* what was read and not yet taken */
	bool at_end;        /* nothing comes behind b */
	uint8_t *p;
	size_t cap;
};
void tr_window_done(struct tr_window *w);
/* Makes b longer, until it has n octets or the input ends; b moves. LIMIT beyond TR_MAX_ROW. */
VF_RC tr_window_more(struct tr_window *w, size_t n, struct vf_err *reterr);

struct tr_table_buffer {
	uint8_t *p;
	size_t n, cap;
};

/* Text with U+FFFD for each octet that is not of UTF-8, in b when there is one; free b->p. */
VF_RC tr_to_utf8(struct tr_table_buffer *b, struct vf_bytes *text, bool *ret_changed, struct vf_err *reterr);

/* One data set. Zero it and set r; free with tr_table_done(), which also makes it ready for the next one. */
struct tr_table {
	struct tr_reading *r;
	uint64_t item;          /* of its facts; 0 until tr_table_name() */
	struct vf_bytes name;   /* in name_room */
	uint8_t name_room[TR_MAX_COLUMN_NAME];
	size_t n_columns;
	struct vf_bytes *columns; /* in names, after tr_table_begin() */
	uint64_t rows;
	/* columns that somebody looks at, in their order, after tr_table_begin() */
	size_t n_needed;
	struct tr_table_need {
		size_t column, slot;
	} needed[TR_SDTM_SLOTS];
	bool is_same_again; /* a row whose needed cells are those before it need not be given */
	struct tr_sdtm_row row; /* the reader fills the needed cells */

	size_t *ends; /* of the columns' names, in names */
	size_t cap_columns;
	struct tr_table_buffer names, kept[TR_SDTM_SLOTS];
	struct tr_sdtm *sdtm;
};
void tr_table_done(struct tr_table *t);

/* Names the data set, once; it has an item from then on. */
VF_RC tr_table_name(struct tr_table *t, struct vf_bytes name, struct vf_err *reterr);
/* Adds a column, and says it with TR_WANT_COLUMNS; label and type may be empty. LIMIT. */
VF_RC tr_table_column(struct tr_table *t, struct vf_bytes name, struct vf_bytes label, struct vf_bytes type,
	struct vf_err *reterr);
/* All columns are known: finds those that are needed. is_sdtm: the table is one of SDTM or ADaM, or may be. */
VF_RC tr_table_begin(struct tr_table *t, bool is_sdtm, struct vf_err *reterr);
/* Keeps a cell's text until the next one of its slot: for readers whose octets go away. */
VF_RC tr_table_keep(struct tr_table *t, size_t slot, struct vf_bytes text, struct vf_err *reterr);
/* A row, the cells of which are in row: counts it and says what it says. Text that is not UTF-8 gets U+FFFD. */
VF_RC tr_table_row(struct tr_table *t, struct vf_err *reterr);
/* After the last row: says the numbers of rows and columns; warns when another number of rows was declared. */
VF_RC tr_table_end(struct tr_table *t, const uint64_t *declared, struct vf_err *reterr);

/* Says a text of the head of a file, trimmed, with U+FFFD for what is not UTF-8; about the table's item. */
VF_RC tr_table_say(struct tr_table *t, enum tr_fact_name name, struct vf_bytes value, struct vf_err *reterr);

#endif
