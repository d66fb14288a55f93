/* What rows_diff.c, which compares, and rows_diff_send.c, the thread that reads the first file, share. */
#ifndef NOTARY_ROWS_DIFF_INSIDE_H
#define NOTARY_ROWS_DIFF_INSIDE_H

#include <stdio.h>

#include "notary/rows_diff.h"

#define NT_ROWS_MAX_CELL ((size_t)64 * 1024 * 1024)

/* The first file: a thread writes what it reads into a pipe. */
/* Events: 'T' name, columns; 'R' a cell for each column; 'E'. Texts have their length before them. */
struct nt_rows_sender {
	const struct tr_input *in;
	FILE *to;
	struct nt_buf cell;
	size_t n_columns;
	enum vf_rc rc;
	struct vf_err err;
};

/* Reads all of it, closes to; the thread's function. */
void *nt_rows_send(void *ctx);
/* A tr_out that appends to a buffer. */
VF_RC nt_rows_diff_put(void *ctx, struct vf_bytes piece, struct vf_err *reterr);

#endif
