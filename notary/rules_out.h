/*
 * Findings as text and as JSON: the same octets for the same case, whichever way it came.
 */
#ifndef NOTARY_RULES_OUT_H
#define NOTARY_RULES_OUT_H

#include "notary/buf.h"
#include "notary/case.h"

struct nt_rules_shown {
	bool json;
	bool subjects; /* persons by their keys; else they are counted */
	bool all;      /* in text: each finding that is in order, too */
};

/* All findings, then the parameters and the summary. */
void nt_rules_put(struct nt_buf *out, const struct nt_case *c, const struct tr_findings *f, const struct nt_rules_shown *how);
/* The outcome for an exit status: OK, RULE_BROKEN when something fails, RULE_UNCLEAR when something is not decided. */
VF_RC nt_rules_end(const struct tr_findings *f, struct vf_err *reterr);

#endif
