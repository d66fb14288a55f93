/*
 * Which rows an excerpt shows, as users say it.
 *
 * Knows lists of numbers, and columns of CSV. Whether there are such rows is rows_tree.h's question.
 */
#ifndef NOTARY_ROWS_CHOICE_H
#define NOTARY_ROWS_CHOICE_H

#include "notary/rows_tree.h"

/* Zero is empty; the caller frees ranges. */
struct nt_row_choice {
	struct nt_row_range *ranges;
	size_t n, room;
};

/* "5,10-20". USAGE. */
VF_RC nt_choose_list(struct nt_row_choice *c, const char *list, struct vf_err *reterr);
/* "COLUMN=VALUE" of a document that was cut as csv: the rows with this value, and row 0. USAGE when there is none. */
VF_RC nt_choose_where(
	struct nt_row_choice *c, int fd, const struct vf_rows *rows, const char *text, struct vf_err *reterr);

#endif
