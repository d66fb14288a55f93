/*
 * Heads and numbers of SAS transport files, for xpt.c (facts) and rows_xpt.c (cells).
 *
 * Knows records of 80 octets, both versions, and numbers of IBM's base 16; rows and what is in them are the readers' part.
 */
#ifndef TRIAL_READ_XPT_INSIDE_H
#define TRIAL_READ_XPT_INSIDE_H

#include "trial/read/table.h"

#define TR_XPT_RECORD 80u

/* "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!", whatever stands behind it; version 8 has other names. */
bool tr_xpt_is_header(struct vf_bytes record, const char *v5, const char *v8);
/* Takes octets of the head; they are good until the next take. FILE_SHAPE when the file ends before. */
VF_RC tr_xpt_take(struct tr_window *w, size_t n, struct vf_bytes *ret, struct vf_err *reterr);
VF_RC tr_xpt_take_header(struct tr_window *w, const char *v5, const char *v8, struct vf_bytes *ret, struct vf_err *reterr);

/* A part of a record, which is whole; text without blanks and zeros at its end. */
struct vf_bytes tr_xpt_part(struct vf_bytes record, size_t at, size_t n);
struct vf_bytes tr_xpt_trim(struct vf_bytes b);

struct tr_xpt_column {
	size_t at, n; /* in a row */
	bool is_number;
};

/* The head of a data set. Zero it, set the first part; free with tr_xpt_member_done(). */
struct tr_xpt_member {
	size_t max_row;
	VF_RC (*begin)(void *ctx, struct vf_bytes name, struct vf_bytes label, struct vf_err *reterr);
	VF_RC (*column)(void *ctx, struct vf_bytes name, struct vf_bytes label, bool is_number, struct vf_err *reterr);
	void *ctx;

	bool is_v8;
	struct tr_xpt_column *columns;
	size_t n_columns, row; /* octets of a row */
	bool has_long_labels;  /* passed over */
	bool has_count;        /* version 8 says how many rows there are */
	uint64_t count;
};
/* From the header MEMBER, which was taken, to behind the header of its rows. FILE_SHAPE, LIMIT, NO_MEMORY. */
VF_RC tr_xpt_member_read(struct tr_xpt_member *m, struct tr_window *w, struct vf_bytes header, struct vf_err *reterr);
void tr_xpt_member_done(struct tr_xpt_member *m);

/* Sign, exponent of 16 and 64, up to 56 bits of fraction. False for a missing value: '.', '_', 'A' to 'Z'. */
bool tr_xpt_number(struct vf_bytes b, double *ret, char *ret_missing);

#endif
