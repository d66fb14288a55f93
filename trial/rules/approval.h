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
};
/* Of decisions that approve, whose scope can meet the record's. */
struct tr_approval tr_approval_of(const struct tr_case *c, const struct tr_case_record *r);
/* Of those that hold at a site: a scope that lists sites has to list it. Empty: whichever site. What was asked is remembered, so
 * one thread at a time asks a case. */
struct tr_approval tr_approval_at(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site);

/* The approval no later than a use of what it approves: by its own date, or by its time-stamp. */
enum tr_word tr_approval_no_later(const struct tr_approval *a, const struct tr_dated *use);

/*
 * Where nothing else was found: when a board decided, as a registry tells it, which does not say on what; what is "form" or
 * "version".
 */
VF_RC tr_approval_told(const struct tr_rule *rule, const struct tr_case *c, const char *what, struct tr_findings *f, struct vf_err *reterr);

/* What a consent is on: the form of its details, or of its link 'uses'; NULL when neither is there or at hand. */
const struct tr_case_record *tr_consent_form_of(const struct tr_case *c, const struct tr_case_record *consent);
/* The date of a consent, re-consent or withdrawal; none when its details are not disclosed. */
struct tr_dated tr_consent_date_of(const struct tr_case_record *r);
bool tr_is_consent(const struct tr_case_record *r);

#endif
