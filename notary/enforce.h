/*
 * Rules that a study enforces when a record is submitted (docs/formats/rules.md, decision 0027).
 *
 * Knows when rules are asked, whose finding a new one is, and what becomes of it. What a rule finds is the rules' question;
 * where the study is looked at (a notary's folder, or what a server shows its client), struct nt_enforce_at says.
 */
#ifndef NOTARY_ENFORCE_H
#define NOTARY_ENFORCE_H

#include "notary/case.h"
#include "notary/document.h"
#include "notary/submit.h"

/* The document of a record of findings, and what its details have as 'what'. */
#define NT_FINDINGS_NAME "findings.json"
#define NT_FINDINGS_WHAT "trialnotary findings"

/* ---- parameters (enforce_parameters.c) ---- */

/*
 * Records that lay parameters down: their document rules.json must be there and readable, and kept where it enforces
 * anything, or a slip would bind the study. n keeps documents without a path; NULL: the records go to a server. JSON_SHAPE,
 * LIMIT, USAGE, NO_INPUT. *ret is whether they are such records, *ret_rules, if not NULL, how many rules they enforce.
 */
VF_RC nt_enforce_check(struct nt_notary *n, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	bool *ret, size_t *ret_rules, struct vf_err *reterr);
/* Reads an open rules.json and closes it; texts in ret live in *ret_block, which the caller frees. JSON_SHAPE, LIMIT, NO_MEMORY, IO. */
VF_RC nt_enforce_read(const struct nt_content *c, void **ret_block, struct tr_parameters *ret, struct vf_err *reterr);

/* ---- where ---- */

struct nt_enforce_at {
	void *ctx;
	/*
	 * Opens rules.json of the study's newest parameters. *ret_found false: nobody has laid any down, or they are not at
	 * hand, and then ret_why (cleared by the caller) says why. What fails, fails the submission.
	 */
	VF_RC (*parameters)(void *ctx, struct vf_bytes study, bool *ret_found, struct nt_content *ret, struct vf_err *ret_why,
		struct vf_err *reterr);
	/* The study of s, and behind all its records those that are about to be accepted. */
	VF_RC (*study)(void *ctx, const struct nt_submit *s, const struct nt_submission *more, size_t n, struct nt_case **ret,
		struct vf_err *reterr);
	/* Makes the record of findings, whose one document has no path but this text. */
	VF_RC (*attach)(void *ctx, const struct nt_submit *s, const struct nt_submit_record *record, struct vf_bytes text,
		struct vf_hash *ret, struct vf_err *reterr);
};
/* A notary in a folder (enforce_local.c). */
struct nt_enforce_at nt_enforce_at_notary(struct nt_notary *n);

/* ---- judging ---- */

/* False for what waits for no rule: what the notary says of itself, and what destroys. */
bool nt_enforce_is_asked(const struct nt_submit *s);

struct nt_enforced;
/* What is enforced for one call; *ret is NULL when nothing is. at and s must live as long. */
VF_RC nt_enforce_begin(const struct nt_enforce_at *at, const struct nt_submit *s, struct nt_enforced **ret, struct vf_err *reterr);
/*
 * Judges records that are about to be accepted: what FAILs with them and not without them is theirs. RULE_BROKEN when a
 * rule refuses; withdrawals are never refused. What is to be attached is remembered.
 */
VF_RC nt_enforce_judge(
	struct nt_enforced *e, const struct nt_submission *submissions, size_t count, struct vf_err *reterr);
/* The same for records that cannot be refused any more. */
VF_RC nt_enforce_judge_accepted(
	struct nt_enforced *e, const struct nt_submission *submissions, size_t count, struct vf_err *reterr);
/* The records that were judged last were not accepted: nothing of them is attached. */
void nt_enforce_drop(struct nt_enforced *e);
/* Whether anything is to be attached. */
bool nt_enforce_has(const struct nt_enforced *e);
/* Makes the records of what is attached; then says so, or why they are not there, and forgets them. why is NULL: they are. */
VF_RC nt_enforce_attach(struct nt_enforced *e, struct vf_err *reterr);
void nt_enforce_tell(struct nt_enforced *e, const char *why);
/* Both, when all records are accepted; e may be NULL. */
VF_RC nt_enforce_end(struct nt_enforced *e, struct vf_err *reterr);
/* The line that tells a user what struct nt_submit's enforced() was told. */
#define NT_ENFORCE_LINE 512
void nt_enforce_say(const struct vf_hash *findings, const char *text, char out[NT_ENFORCE_LINE]);
struct nt_enforced *nt_enforced_free(struct nt_enforced *e);

#endif
