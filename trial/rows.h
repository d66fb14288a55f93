/*
 * Where a document is cut into rows (docs/formats/excerpt.md).
 *
 * Knows ends of rows by octets alone; nothing of a row is parsed, and wherever a cut falls the rows together are the
 * document. What a tree over them is, is rows_tree.h's question.
 */
#ifndef TRIAL_ROWS_H
#define TRIAL_ROWS_H

#include "verify/excerpt.h"

enum tr_unit_kind {
	TR_UNIT_LINE,
	TR_UNIT_CSV,
	TR_UNIT_RECORD,
	TR_UNIT_ELEMENT,
};

struct tr_unit {
	enum tr_unit_kind kind;
	uint64_t head, length; /* of RECORD */
	char element[64];      /* of ELEMENT: its name */
};

/* "line", "csv", "record 1600 34", "element ItemGroupData". USAGE. */
VF_RC tr_unit_read(struct vf_bytes text, struct tr_unit *ret, struct vf_err *reterr);
void tr_unit_put(char out[VF_MAX_UNIT + 1], const struct tr_unit *u);
/*
 * What is usual for a document with this name: csv, line (ndjson, jsonl, tsv, txt), element ItemGroupData (xml), record
 * (xpt, version 5, whose first TR_UNIT_HEAD octets say how long an observation is). USAGE when there is nothing usual.
 */
#define TR_UNIT_HEAD ((size_t)VF_MAX_ROW)
VF_RC tr_unit_guess(struct vf_bytes name, struct vf_bytes head, struct tr_unit *ret, struct vf_err *reterr);

/*
 * Takes the next field of a CSV row, without the quotes around it, into room, which holds the row's octets; false behind
 * the last one. The end of the row is none of a field.
 */
bool tr_take_field(struct vf_bytes *row, uint8_t *room, struct vf_bytes *ret);

/* Cuts one document from its beginning. Begin with unit alone set. */
struct tr_cutter {
	const struct tr_unit *unit;
	bool begun, quoted;
	size_t looked; /* octets of data in which no end was found */
};

/*
 * Octets of the row with which data begins; 0 when it takes more data to tell. is_last: there is no more. The caller
 * gives what follows the row next time, or more of the same.
 */
size_t tr_cut(struct tr_cutter *c, struct vf_bytes data, bool is_last);

#endif
