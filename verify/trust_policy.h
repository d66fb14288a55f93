/*
 * policy.json, written: the other direction of policy.h; and authorities and rules as they are typed.
 *
 * Opens nothing. What is written is judged by policy.h before anybody relies on it.
 */
#ifndef VERIFY_TRUST_POLICY_H
#define VERIFY_TRUST_POLICY_H

#include "verify/options.h"
#include "verify/policy.h"
#include "verify/sink.h"

/* The text of policy.json; reads back as the same policy. */
void vf_policy_put(struct vf_sink *s, const struct vf_policy *p);
/* The authority of --authority and its conditions, without roots; borrows the command line. USAGE. */
VF_RC vf_authority_read(const struct vf_options *o, struct vf_authority *ret, struct vf_err *reterr);
/* "2 of alpha,beta", "1 not operator", "2 of alpha beta qualified" in the policy's terms. USAGE, also for what could
 * never be met. */
VF_RC vf_rule_read(const char *text, const struct vf_policy *p, struct vf_rule *ret, struct vf_err *reterr);
/* How many authorities could count in the rule; with operators_only, of those that the log's operator runs. */
size_t vf_rule_fitting(const struct vf_policy *p, const struct vf_rule *rule, bool operators_only);

#endif
