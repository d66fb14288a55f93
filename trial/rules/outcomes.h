/*
 * Outcomes as they were laid down, and as they are told later, side by side.
 *
 * Knows which texts are the same but for case, blanks and punctuation; whether other words mean the same is for a reader.
 */
#ifndef TRIAL_RULES_OUTCOMES_H
#define TRIAL_RULES_OUTCOMES_H

#include "trial/rules/case.h"

enum tr_change {
	TR_SAME,
	TR_TIME_FRAME, /* the same measure at another time */
	TR_REWORDED,   /* one of each side has no twin: other words, or another outcome */
	TR_ADDED,
	TR_DROPPED,
	TR_PROMOTED, /* was secondary or other */
	TR_DEMOTED,  /* is secondary or other */
};
#define TR_CHANGE_COUNT 7
/* "same", "time frame changed", … */
const char *tr_change_name(enum tr_change change);

/* One outcome of a list. Texts are borrowed from the facts. */
struct tr_outcome {
	struct vf_bytes level, measure, time_frame;
	const struct tr_kept_fact *fact; /* of the measure */
};

/* What one file says in one place. */
struct tr_outcome_list {
	const struct tr_case_file *file;
	uint64_t record;      /* in a file of several records, the one that it stands in; 0: the file as a whole */
	struct vf_bytes from; /* protocol, registered, results, article */
	struct tr_outcome *p;
	size_t n;
};

struct tr_outcome_change {
	enum tr_change change;
	const struct tr_outcome *before, *after; /* NULL for added, for dropped */
};

/* The lists of a study; reference is the one that the others are held against, NULL when none was there before the
 * first enrolment. Free with tr_outcomes_done(). */
struct tr_outcomes {
	struct tr_outcome_list *lists;
	size_t n;
	const struct tr_outcome_list *reference;
	struct tr_dated laid_down, start; /* the date by which the reference was there, and that of the first enrolment */

	/* of tr_outcomes_declared(), which looks for them once */
	const struct tr_case_record **declaring;
	size_t n_declaring;
	bool has_declaring, is_opened;
};
VF_RC tr_outcomes_of(const struct tr_case *c, struct tr_outcomes *ret, struct vf_err *reterr);
void tr_outcomes_done(struct tr_outcomes *o);

/* Primary outcomes of the reference against those of a list: *ret_n changes, in ret, freed by the caller. */
VF_RC tr_outcomes_compare(const struct tr_outcome_list *reference, const struct tr_outcome_list *list, struct tr_outcome_change **ret,
	size_t *ret_n, struct vf_err *reterr);

/*
 * What may declare a change between the reference, which there must be, and a list, NULL when nothing does: an amendment that is in the
 * log before the list, or an update of the registry record before the unblinding (where no unblinding is recorded, an update may be
 * later). One that itself lists the outcomes of the reference declares nothing.
 */
const struct tr_case_record *tr_outcomes_declared(const struct tr_case *c, struct tr_outcomes *o, const struct tr_outcome_list *list);

/* A text as it is compared: lower case, one blank for all that is no letter or digit; and a NUL. out holds text.n + 1. */
size_t tr_outcome_fold(struct vf_bytes text, char *out);

#endif
