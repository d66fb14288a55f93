/*
 * What columns of SDTM and ADaM data sets mean, in whichever format they come (XPT, Dataset-JSON, Dataset-XML, CSV).
 *
 * Knows names of data sets and columns, and which facts their cells are. Reading cells is the readers' part: they ask
 * once for each column whether anybody looks at it, and give no others.
 */
#ifndef TRIAL_READ_SDTM_H
#define TRIAL_READ_SDTM_H

#include "trial/read/fact.h"

/* Columns of one data set that can be looked at. */
#define TR_SDTM_SLOTS 16

struct tr_sdtm_cell {
	struct vf_bytes text; /* empty: missing. Blanks at its ends are no part of it */
	bool is_number;       /* a number of SAS, which for a date counts days or seconds since 1960; text shows it */
	double number;
};

/* One data set; give zeroed cells for what a row does not have. Each cell is in its column's slot. */
struct tr_sdtm;
struct tr_sdtm_row {
	struct tr_sdtm_cell cells[TR_SDTM_SLOTS];
	uint64_t number;              /* of the row, from 1 */
	const struct tr_place *place; /* NULL: "row 12, column AESTDTC" */
};

/*
 * Begins a data set by its name ("DM", "ADSL", in any case; split ones as "LBCH" are of the domain of their first two
 * letters). Nothing is said before the first row. Free with tr_sdtm_free().
 */
VF_RC tr_sdtm_new(struct tr_reading *r, struct vf_bytes name, struct tr_sdtm **ret, struct vf_err *reterr);
void *tr_sdtm_free(struct tr_sdtm *s);
/* The slot of a column ("USUBJID", in any case), TR_SDTM_SLOTS when what it says was not asked for. */
size_t tr_sdtm_slot(const struct tr_sdtm *s, struct vf_bytes column);
/* True when it is a column by which a table is known to be one of SDTM or ADaM: STUDYID, USUBJID, TSPARMCD. */
bool tr_sdtm_is_key(struct vf_bytes column);
/* For tables that have no name of their own: the data set that has such columns; empty when none is known. */
struct vf_bytes tr_sdtm_guess(const struct vf_bytes *columns, size_t n);

/*
 * Says what a row says: identifiers of the study, each once; persons are counted (tr_subjects()) and, with
 * TR_WANT_SUBJECTS, said with DM's and ADSL's dates, consents and withdrawals (DM, DS); the trial summary (TS),
 * versions of the protocol (TI); with TR_WANT_ROWS and TR_WANT_SUBJECTS, dates of findings, SV, EX and AE. Keeps
 * nothing of the row.
 */
VF_RC tr_sdtm_say(struct tr_sdtm *s, const struct tr_sdtm_row *row, struct vf_err *reterr);
/* True when a row whose cells are those of the row before says nothing: readers need not give it. */
bool tr_sdtm_is_same_again(const struct tr_sdtm *s);

#endif
