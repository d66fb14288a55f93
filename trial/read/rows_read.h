/*
 * Every cell of the data sets of a file, for canonical digests and comparisons: SAS XPT (versions 5 and 8), Dataset-JSON
 * 1.1 (also NDJSON and compressed), Dataset-XML, CSV.
 *
 * Knows which form a file has and how its cells are written. What a cell means, and facts, are the readers' part
 * (fact.h), which look at few columns and never hold a whole row.
 */
#ifndef TRIAL_READ_ROWS_READ_H
#define TRIAL_READ_ROWS_READ_H

#include "trial/read/fact.h"
#include "trial/read/rows.h"

/* Octets of one row. */
#define TR_ROWS_MAX_ROW ((size_t)16 * 1024 * 1024)

/* True when a file with this head has rows that can be read. */
bool tr_rows_is(const struct tr_peek *peek);

/*
 * Gives all data sets to the sink. UNSUPPORTED for a file of another form, and for Dataset-JSON 1.0; FILE_SHAPE with the
 * place, LIMIT, NO_MEMORY, what reading and the sink gave.
 */
VF_RC tr_rows_read(const struct tr_input *in, const struct tr_row_sink *sink, struct vf_err *reterr);

#endif
