/*
 * Audit records of a file in their order, for the rules that look at them.
 */
#ifndef TRIAL_RULES_AUDIT_H
#define TRIAL_RULES_AUDIT_H

#include "trial/rules/case.h"

struct tr_audit_entry {
	uint64_t item;
	size_t at; /* among the entries of the file */
	struct tr_dated time;
	struct vf_bytes key, action, user, reason, subject; /* empty: not said */
};

struct tr_audit {
	const struct tr_case_file *file;
	struct tr_audit_entry *p; /* in the order of the file; freed with tr_audit_done() */
	size_t n;
	bool is_transactional; /* the file says what was inserted and changed, not only what is */
};

/* Calls each for every file that has audit records. NO_MEMORY. */
typedef VF_RC tr_each_audit(void *ctx, const struct tr_audit *a, struct vf_err *reterr);
VF_RC tr_audit_each(const struct tr_case *c, tr_each_audit *each, void *ctx, struct vf_err *reterr);

/* By key, then in their order: to find what was said about one thing. Freed by the caller; NULL: no memory. */
const struct tr_audit_entry **tr_audit_by_key(const struct tr_audit *a);

#endif
