/*
 * Rules that a study enforces when a record is submitted to a notary in a folder (docs/formats/rules.md, decision 0027).
 *
 * Knows when rules are asked, whose finding a new one is, and what becomes of it. What a rule finds is the rules' question;
 * making and storing records is submit.h's, which asks here.
 */
#ifndef NOTARY_ENFORCE_H
#define NOTARY_ENFORCE_H

#include "notary/submit.h"

/* The document of a record of findings, and what its details have as 'what'. */
#define NT_FINDINGS_NAME "findings.json"
#define NT_FINDINGS_WHAT "trialnotary findings"

/*
 * Records that lay parameters down: their document rules.json must be there and readable, and kept where it enforces
 * anything, or a slip would bind the study. n keeps documents without a path; NULL: the records go to a server. JSON_SHAPE,
 * LIMIT, USAGE, NO_INPUT. *ret is whether they are such records, *ret_rules, if not NULL, how many rules they enforce.
 */
VF_RC nt_enforce_check(struct nt_notary *n, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	bool *ret, size_t *ret_rules, struct vf_err *reterr);

struct nt_enforced;
/* What is enforced for one call of nt_submit_records(); *ret is NULL when nothing is. */
VF_RC nt_enforce_begin(struct nt_notary *n, const struct nt_submit *s, struct nt_enforced **ret, struct vf_err *reterr);
/*
 * Judges records that are about to be accepted: what FAILs with them and not without them is theirs. RULE_BROKEN when a
 * rule refuses; withdrawals are never refused. What is to be attached is remembered until nt_enforce_end().
 */
VF_RC nt_enforce_judge(
	struct nt_enforced *e, const struct nt_submission *submissions, size_t count, struct vf_err *reterr);
/* The records that were judged last were not accepted: nothing of them is attached. */
void nt_enforce_drop(struct nt_enforced *e);
/* Notarises what is attached, when all records are accepted. */
VF_RC nt_enforce_end(struct nt_enforced *e, struct vf_err *reterr);
struct nt_enforced *nt_enforced_free(struct nt_enforced *e);

#endif
