/*
 * The policy of a trust directory: which authorities are pinned, how many must agree.
 *
 * Knows policy.json and stream pins (docs/formats/trust.md) and how to count.
 * Certificates are path.h's question, log keys and witnesses quorum.h's.
 */
#ifndef VERIFY_POLICY_H
#define VERIFY_POLICY_H

#include "verify/hash.h"
#include "verify/limits.h"

#define VF_SCHEMA_POLICY "trialnotary/policy/1"
#define VF_SCHEMA_STREAM_PIN "trialnotary/stream-pin/1"

enum vf_tristate {
	VF_ANY,
	VF_NO,
	VF_YES,
};

struct vf_authority {
	const char *name;      /* a word */
	struct vf_bytes roots; /* path of its certificates in the trust directory */
	bool operator_, qualified;
	bool has_max_accuracy;
	uint64_t max_accuracy_ms;
	struct vf_bytes *policies; /* accepted TSA policies, dotted; n_policies = 0: any */
	size_t n_policies;
	int64_t from, to; /* genTime must lie in [from, to]; VF_TIME_NONE: open */
};

/* At least count different authorities that fit must have a good token. */
struct vf_rule {
	uint64_t count;
	bool has_of;
	bool of[VF_MAX_AUTHORITIES]; /* by position in authorities; all true when 'of' is absent */
	enum vf_tristate operator_, qualified;
};

struct vf_policy {
	struct vf_bytes name;
	struct vf_hash sha256; /* of policy.json */
	struct vf_authority authorities[VF_MAX_AUTHORITIES];
	size_t n_authorities;
	struct vf_rule rules[VF_MAX_RULES];
	size_t n_rules;
	bool revocation_required, accept_expired, submitter_required;
};

struct vf_stream_pin {
	struct vf_hash stream;
	bool has_key;
	struct vf_hash key;
};

/* POLICY_SHAPE for anything unknown or out of range: never ignored. Strings live in the arena. */
VF_RC vf_policy_parse(struct vf_bytes json, struct vf_arena *a, struct vf_policy *ret, struct vf_err *reterr);
VF_RC vf_stream_pin_parse(struct vf_bytes json, struct vf_stream_pin *ret, struct vf_err *reterr);

/*
 * An evidence record in which every token is good: the authority and the time of
 * its first token, and (bit i: authority i) whose renewals it rests on. An ended
 * key proves nothing by itself, so a rule counts the record only when all of
 * these authorities fit the rule.
 */
struct vf_vote {
	size_t authority;
	uint32_t renewed_by;
	int64_t time;
};

/* Why an authority can't count in a rule. */
enum vf_fit {
	VF_FITS,
	VF_NOT_LISTED,
	VF_IS_OPERATOR,
	VF_NOT_OPERATOR,
	VF_IS_QUALIFIED,
	VF_NOT_QUALIFIED,
};
/* Whether authority i of the policy can count in the rule. */
enum vf_fit vf_rule_fit(const struct vf_policy *p, const struct vf_rule *rule, size_t i);

/* How one rule stands: how many authorities count. */
struct vf_tally {
	bool met;
	uint64_t count;
	int64_t times[VF_MAX_AUTHORITIES]; /* of each authority its earliest vote; VF_TIME_NONE: it does not count */
};
/* Counts the authorities that have a vote not later than until, each once. */
void vf_policy_tally(const struct vf_policy *p, const struct vf_rule *rule, const struct vf_vote *votes, size_t n,
	int64_t until, struct vf_tally *ret);
/* Tallies all rules. POLICY_UNMET names the first that is not met and the authorities that are missing. */
VF_RC vf_policy_check(const struct vf_policy *p, const struct vf_vote *votes, size_t n, int64_t until,
	struct vf_err *reterr);

#endif
