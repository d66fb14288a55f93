/*
 * The facts of one file, kept: what describes a file, fills a statement, or is looked at by rules.
 *
 * Knows how to keep them and to find them by name; what they mean is asked elsewhere. Persons' keys are kept once.
 */
#ifndef TRIAL_READ_FACT_LIST_H
#define TRIAL_READ_FACT_LIST_H

#include "trial/read/fact.h"
#include "trial/text_pool.h"

/* A fact that stays. Texts end in NUL and live as long as the list. */
struct tr_kept_fact {
	enum tr_fact_name name;
	enum tr_grade grade;
	enum tr_precision precision; /* of a date that can be used */
	bool is_bad, has_offset;     /* of a date */
	uint64_t item;
	struct vf_bytes subject, value, normal;
	struct tr_when when; /* none for what is no date */
	const char *place;   /* "": the file, or places were not asked for */
};

struct tr_kept_warning {
	enum tr_warning warning;
	const char *text, *place;
};

/* Zero it; free with tr_fact_list_done(). */
struct tr_fact_list {
	struct tr_kept_fact *facts; /* in the order of the file */
	size_t n, cap;
	struct tr_kept_warning *warnings;
	size_t n_warnings, cap_warnings;
	uint64_t counted[TR_WARNING_COUNT]; /* of each, those that were not kept among them */
	const struct tr_reader *reader;     /* NULL: no format that is known */
	uint64_t subjects;
	enum vf_rc rc; /* of the reading */
	struct vf_err err;
	struct tr_text_pool texts;
	struct tr_fact_subject *subject_table;
	size_t n_subjects, cap_subjects;
};

/* Facts that one list may hold: beyond it LIMIT. */
#define TR_MAX_FACTS ((size_t)64 * 1024 * 1024)

/*
 * Reads a file and keeps what it says. Outcomes of the format (FILE_SHAPE, LIMIT) are in list->rc, with what was read
 * before; NO_MEMORY, IO and INTERRUPTED are returned. A file of no known format is an empty list with OK.
 */
VF_RC tr_fact_list_read(struct tr_fact_list *list, const struct tr_input *in, unsigned wants,
	const struct tr_mapping *mapping, struct vf_err *reterr);
/*
 * The same, but each fact goes to the sink and none is kept: memory does not grow with the file. list->reader is known
 * before the first fact. Another outcome than OK of the sink ends the reading; it must be one that is returned.
 */
VF_RC tr_fact_list_pass(struct tr_fact_list *list, const struct tr_input *in, unsigned wants,
	const struct tr_mapping *mapping,
	VF_RC (*sink)(void *ctx, const struct tr_fact *fact, struct vf_err *reterr), void *ctx, struct vf_err *reterr);
/* Adds one fact that somebody else has read. LIMIT, NO_MEMORY. */
VF_RC tr_fact_list_put(struct tr_fact_list *list, const struct tr_fact *fact, bool places, struct vf_err *reterr);
void tr_fact_list_done(struct tr_fact_list *list);

/* The first fact of the name from a place on, or list->n. */
size_t tr_fact_list_find(const struct tr_fact_list *list, enum tr_fact_name name, size_t from);
/* What it says normalised, or as written when that is all there is. */
struct vf_bytes tr_kept_text(const struct tr_kept_fact *f);

#endif
