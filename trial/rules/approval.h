/*
 * Approvals of a study by ethics boards, for the rules that ask what was approved when.
 */
#ifndef TRIAL_RULES_APPROVAL_H
#define TRIAL_RULES_APPROVAL_H

#include "trial/rules/rule.h"

/* Which approval is of what, at which sites: made and freed by tr_case_index(). NULL: no memory. */
struct tr_approvals *tr_approvals_new(const struct tr_case *c);
void *tr_approvals_free(struct tr_approvals *t);

/* The approval of a record that counts from the earliest date; record is NULL when there is none. */
struct tr_approval {
	const struct tr_case_record *record;
	struct tr_dated from;   /* the day from which it holds, else the date of the letter; may be none */
	struct tr_dated anchor; /* it was there by then */
	struct tr_dated until;  /* its last day, or when a board took it back; none while it holds */
};
/* Of decisions that approve, whose scope can meet the record's. */
struct tr_approval tr_approval_of(const struct tr_case *c, const struct tr_case_record *r);
/* Of those that hold at a site: a scope that lists sites has to list it. Empty: whichever site. What was asked is remembered, so
 * one thread at a time asks a case. */
struct tr_approval tr_approval_at(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site);

/*
 * The approval that speaks best for a use of what it approves, at a site, and what it says of it: given no later, by its own date or
 * by its time-stamp, and not ended (until) or taken back by then. A conditional one is for a reader (NEEDS_READER), one
 * that does not say what was decided APPROVAL_UNSPECIFIC. MISSING_RECORD when there is none.
 */
enum tr_word tr_approval_for(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site, const struct tr_dated *use,
	struct tr_approval *ret);
/* "2024-01-16 (declared)", with ", until 2024-12-31 (declared)" where it has ended; and a NUL. */
#define TR_APPROVAL_LEN (2 * TR_DATED_LEN + 16)
void tr_approval_put(char out[TR_APPROVAL_LEN + 1], const struct tr_approval *a);

/*
 * Where nothing else was found: when a board decided, as a registry tells it, which does not say on what; what is "form" or
 * "version".
 */
VF_RC tr_approval_told(const struct tr_rule *rule, const struct tr_case *c, const char *what, struct tr_findings *f, struct vf_err *reterr);

/* What a consent is on: the form of its details, or of its link 'uses'; NULL when neither is there or at hand. */
const struct tr_case_record *tr_consent_form_of(const struct tr_case *c, const struct tr_case_record *consent);
/* The date of a consent, re-consent or withdrawal; none when its details are not disclosed. */
struct tr_dated tr_consent_date_of(const struct tr_case_record *r);
/* The same, but no later than the record's own time-stamp: a date behind it cannot be, and the consent was there by then. */
struct tr_dated tr_consent_given(const struct tr_case_record *r);
bool tr_is_consent(const struct tr_case_record *r);

#endif
