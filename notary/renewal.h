/*
 * Renews the evidence of many seals with one token (docs/decisions/0021-renewal.md).
 *
 * Knows when chains of time-stamps end, what a renewal hashes, and that nothing of it is stored before the verifier's
 * code accepts the renewed evidence. Whom to ask, and when to look, is renew.h's question. Every call touches the
 * notary: in a service on the keeper's thread.
 */
#ifndef NOTARY_RENEWAL_H
#define NOTARY_RENEWAL_H

#include "notary/store_renewal.h"

/* Chains that one time-stamp renews; leaves of a hash-tree renewal, beyond which it takes no further seal. */
#define NT_RENEWAL_CHAINS 16384
#define NT_RENEWAL_LEAVES 65536
/* Groups of chains that are told apart: authorities that ever stamped, with two algorithms each. */
#define NT_RENEWAL_GROUPS 64

/*
 * Judges tokens of seals that came since the last look, at most max of them, and stores when their chains end;
 * *ret_more: there are more. What cannot be judged (its roots are not there) is stored as such.
 */
VF_RC nt_renewal_look(struct nt_notary *n, size_t max, bool *ret_more, struct vf_err *reterr);
/* Once more those that could not be judged, from *io_from on (begin with INT64_MIN), at most max. */
VF_RC nt_renewal_look_again(struct nt_notary *n, size_t max, int64_t *io_from, bool *ret_more, struct vf_err *reterr);

/* What ends and when, as far as was looked. */
struct nt_renewal_due {
	struct nt_chain_group groups[NT_RENEWAL_GROUPS]; /* that end after now and by the time asked for */
	size_t n_groups;
	uint64_t chains;    /* in them */
	uint64_t ended;     /* before they were renewed */
	uint64_t unjudged;
	uint64_t renewals;  /* made so far */
	int64_t first;      /* the first end after now, whenever it is; VF_TIME_NONE: there is none */
};
VF_RC nt_renewal_due(struct nt_notary *n, int64_t by, struct nt_renewal_due *ret, struct vf_err *reterr);

/* What ends first of a group: a certificate by its name, or an algorithm. Empty when it cannot be judged. */
struct nt_renewal_why {
	char subject[200];  /* whose time-stamp it is */
	bool is_algorithm;  /* of it, or of a certificate behind it */
	bool is_issuer;     /* a certificate behind that of the subject */
};
VF_RC nt_renewal_why(struct nt_notary *n, const struct nt_chain_group *g, struct nt_renewal_why *ret,
	struct vf_err *reterr);

/* ---- one renewal ---- */

struct nt_renewal_wish {
	struct nt_chain_group group; /* algorithm and first authority */
	int64_t by;                  /* chains that end after now and by then */
	uint64_t since;              /* and that no renewal after this one covers */
	enum nt_renewal_kind kind;   /* TREE: to SHA-512, of a group of SHA-256 */
	bool same_end;               /* a token that ends when they do is enough */
};

/* A renewal without a token yet, in memory alone. Dropping it loses nothing. */
struct nt_renewal_plan;
VF_RC nt_renewal_plan_new(const struct nt_renewal_wish *w, struct nt_renewal_plan **ret, struct vf_err *reterr);
struct nt_renewal_plan *nt_renewal_plan_free(struct nt_renewal_plan *p);
void nt_renewal_plan_freep(struct nt_renewal_plan **p);
/*
 * Gathers up to max chains (of a hash-tree renewal: one seal) more. *ret_more: there may be more to gather; else the
 * plan is whole, and what an authority stamps is known.
 */
VF_RC nt_renewal_plan_gather(struct nt_notary *n, struct nt_renewal_plan *p, size_t max, bool *ret_more,
	struct vf_err *reterr);
uint64_t nt_renewal_plan_chains(const struct nt_renewal_plan *p);
const struct vf_digest *nt_renewal_plan_imprint(const struct nt_renewal_plan *p);

/*
 * Its token: of the embedded authority, or from outside; verified, and the octets are copied. RENEW_NO_GAIN when it
 * ends no later than a chain does (nt_renewal_plan_until() is then its end), RENEW_TOO_LATE when a chain has ended,
 * TS_ORDER when its time is before that of what it renews, REVOKED when what is held
 * says so of its authority already. The plan may be given another token then.
 */
VF_RC nt_renewal_plan_stamp(struct nt_notary *n, struct nt_renewal_plan *p, struct vf_err *reterr);
VF_RC nt_renewal_plan_reply(struct nt_notary *n, struct nt_renewal_plan *p, const struct nt_outside_token *t,
	struct vf_err *reterr);
int64_t nt_renewal_plan_until(const struct nt_renewal_plan *p);
/*
 * Builds the renewed evidence of up to max chains (of a hash-tree renewal: of one seal) more, and has the verifier's
 * code judge it: NOT_VERIFIED when it does not hold. *ret_more as above.
 */
VF_RC nt_renewal_plan_check(struct nt_notary *n, struct nt_renewal_plan *p, size_t max, bool *ret_more,
	struct vf_err *reterr);

/* What became of it. */
struct nt_renewed_now {
	uint64_t renewal; /* its number */
	uint64_t chains, leaves;
	int64_t gen_time, until;
	struct vf_bytes by, token; /* its authority, and the octets; the plan's */
};
/* Stores all of it in one transaction. After a failure the notary must be closed. */
VF_RC nt_renewal_plan_store(struct nt_notary *n, struct nt_renewal_plan *p, struct nt_renewed_now *ret,
	struct vf_err *reterr);

/* ---- renewals that are revoked ---- */

/*
 * A renewal whose time-stamp is revoked afterwards: exports leave it out, with all after it. It is set aside, so that
 * its chains end when what was before it does, and are due again like any other.
 */
struct nt_renewal_revoked {
	uint64_t renewal; /* 0: none */
	char authority[65];
	uint64_t chains;  /* that rest on it */
};
/*
 * Looks at renewals behind *io_from (begin with 0) on which something rests, at most max of them, up to the first that
 * is revoked. *ret_more: there may be more to look at.
 */
VF_RC nt_renewal_find_revoked(struct nt_notary *n, size_t max, uint64_t *io_from, bool *ret_more,
	struct nt_renewal_revoked *ret, struct vf_err *reterr);
/* Sets it aside in up to max more of its chains, in one transaction; what is exported stays the same. */
VF_RC nt_renewal_set_aside(struct nt_notary *n, uint64_t renewal, size_t max, bool *ret_more, struct vf_err *reterr);

/* ---- care ---- */

struct nt_findings;
/* For fsck: every renewal against its token, its leaves, and the evidence record of each seal head that it covers. */
VF_RC nt_renewal_check(struct nt_notary *n, struct nt_findings *f, struct vf_err *reterr);
/*
 * Appends the evidence record of a seal head under one of its tokens (0 is the first), with all its renewals: first
 * list H(head), second the batch root.
 */
VF_RC nt_renewal_head_record(struct nt_notary *n, uint64_t seal, size_t token, struct nt_buf *out,
	struct vf_err *reterr);

#endif
