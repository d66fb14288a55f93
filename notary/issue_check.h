/*
 * Holds the issue journal against itself and against what was notarised of it.
 */
#ifndef NOTARY_ISSUE_CHECK_H
#define NOTARY_ISSUE_CHECK_H

#include "notary/notary.h"

#define NT_ISSUE_STUDY "notary-tsa"

struct nt_issue_counts {
	uint64_t days, tokens; /* files that are here, and the tokens in them */
	uint64_t notarised;    /* of the days that are here */
	uint64_t away;         /* notarised days whose file is not here any more */
};

/*
 * Reads every file, its lines and chain, and that it follows the one before where that is here; compares each with its
 * record. What is wrong is a finding: STORE_CORRUPT, AUDIT_MISMATCH. A file that was moved away after it was notarised
 * is none. No journal: all counts are 0.
 */
VF_RC nt_issue_check(struct nt_notary *n, nt_finding *finding, void *ctx, struct nt_issue_counts *ret,
	uint64_t *ret_faults, struct vf_err *reterr);

#endif
