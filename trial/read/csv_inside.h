/* Inside of the CSV reader: csv.c reads rows, csv_sniff.c finds out how a file writes them. */
#ifndef TRIAL_READ_CSV_INSIDE_H
#define TRIAL_READ_CSV_INSIDE_H

#include "trial/read/fact.h"

struct tr_csv_form {
	uint8_t delimiter;
	uint8_t line_end;   /* the last octet of a line: LF, or CR where there is no LF */
	bool has_header;
	bool is_ambiguous;  /* another delimiter would do as well */
	size_t n_columns;   /* of the first row */
	size_t n_rows;      /* in the head, those that are whole */
	bool is_even;       /* all of them have as many fields as the first */
};

/*
 * Looks at a head without BOM; is_whole: nothing comes behind it. False for what does not look like a table: no
 * delimiter gives nine of ten rows the two or more fields of the first one, or there are octets that no text has.
 */
bool tr_csv_sniff(struct vf_bytes head, bool is_whole, struct tr_csv_form *ret);

#endif
