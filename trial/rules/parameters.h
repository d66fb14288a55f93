/*
 * What a study has laid down for its rules: docs/formats/rules.md, "trialnotary/rules/1".
 *
 * A document of a record of its own, notarised like any other, so that nobody can move the goalposts afterwards.
 */
#ifndef TRIAL_RULES_PARAMETERS_H
#define TRIAL_RULES_PARAMETERS_H

#include "trial/kind.h"

/* The file's name in its record, and what the details of that record (kind other) have as 'what'. */
#define TR_PARAMETERS_NAME "rules.json"
#define TR_PARAMETERS_WHAT "trialnotary rules"
#define TR_PARAMETERS_SCHEMA "trialnotary/rules/1"
/* Days that are not laid down. */
#define TR_DAYS_UNSET (-1)

enum tr_clock_of_days {
	TR_CLOCK_UNSET,
	TR_CLOCK_CALENDAR,
	TR_CLOCK_NEXT_VISIT,
};

/* What happens to a record that breaks a rule when it is submitted. */
enum tr_enforcement {
	TR_ENFORCE_NOT,
	TR_ENFORCE_REFUSE, /* refused, with the finding */
	TR_ENFORCE_ATTACH, /* accepted, and the finding notarised beside it */
};
#define TR_MAX_ENFORCED 32

struct tr_words_list {
	struct vf_bytes *p;
	size_t n;
};

/* Rows of data: those of a domain, those with a term (a visit, a test), or both. One of the two at least. */
struct tr_row_words {
	struct vf_bytes domain, term;
};

struct tr_row_list {
	struct tr_row_words *p;
	size_t n;
};

struct tr_parameters {
	int64_t reconsent_days; /* C5: N; TR_DAYS_UNSET */
	enum tr_clock_of_days reconsent_clock;
	int64_t grace_days;       /* C4: G, 0 when not laid down */
	int64_t staff_before_hours; /* C6: x, 0 when not laid down */
	int64_t posting_days;     /* P3: 60 when not laid down */
	bool federally_funded, federally_funded_set;
	unsigned translation_share; /* C7: percent of equal paragraphs that is too much; 50 when not laid down */
	/* T1: days that a record of a kind may be notarised after its date; TR_DAYS_UNSET: no limit */
	int64_t delay_days[TR_KIND_COUNT];
	struct tr_row_list screening_permitted; /* C3: rows that need no consent */
	struct tr_row_list permitted_visits;    /* D1: rows that are allowed after a withdrawal */
	struct tr_words_list languages;         /* C7: languages in use */
	struct {
		const char *rule; /* "D1" */
		enum tr_enforcement how;
	} enforce[TR_MAX_ENFORCED];
	size_t n_enforce;
};

extern const struct tr_parameters tr_parameters_default;

/* Reads the file; texts lie in the arena. JSON_SHAPE, LIMIT, NO_MEMORY; an unknown field or rule is refused. */
VF_RC tr_parameters_read(struct vf_bytes json, struct vf_arena *a, struct tr_parameters *ret, struct vf_err *reterr);

/* Whether an entry holds for a row of this domain about this term; either may be empty. Texts are compared octet by octet. */
bool tr_row_list_has(const struct tr_row_list *list, struct vf_bytes domain, struct vf_bytes term);

#endif
