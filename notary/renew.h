/*
 * Looks for evidence that ends, asks authorities for the time-stamps that renew it, and goes on until nothing is due
 * (docs/decisions/0021-renewal.md).
 *
 * Knows whom to ask, and what to do when one does not help. What a renewal is, is renewal.h's question. Used by the
 * command line at once, and by a service whenever its time has come.
 */
#ifndef NOTARY_RENEW_H
#define NOTARY_RENEW_H

#include "notary/authorities.h"
#include "notary/renewal.h"

struct nt_stamp;

/* A step that touches the notary. */
typedef VF_RC nt_renew_step(void *arg, struct nt_notary *n, struct vf_err *reterr);

struct nt_renew_options {
	/* Runs a step where the notary may be touched, and waits for its end. */
	VF_RC (*turn)(void *ctx, nt_renew_step *step, void *arg, struct vf_err *reterr);
	const struct nt_authorities *authorities;
	int folder;             /* the notary's, for what the authorities' configuration names */
	const _Atomic bool *stop; /* ends after the step in hand; may be NULL */

	int64_t by;             /* chains that end by then */
	int64_t late_ms;        /* when fewer are left to the first end, other authorities than the chain's own are asked,
		too */
	bool all;               /* whatever their end, also by a token that ends when they do */
	bool tree;              /* hash-tree renewals to SHA-512 of chains that are SHA-256 */
	const char *authority;  /* ask this one alone; NULL: by the rule */

	/* NULL: nt_stamp_once(). For tests. */
	VF_RC (*ask)(void *ctx, const struct nt_authority *a, struct nt_stamp *s, struct vf_err *reterr);
	/* What was done, and what failed; may be NULL. On the calling thread. Ranges of r are valid during the call. */
	void (*made)(void *ctx, const char *authority, const struct nt_chain_group *g, const struct nt_renewed_now *r);
	void (*failed)(void *ctx, const char *authority, const struct nt_chain_group *g, enum vf_rc rc, const char *why);
	/* A renewal that is revoked, before it is set aside: an alarm, again when that was cut off. May be NULL. */
	void (*revoked)(void *ctx, const struct nt_renewal_revoked *r);
	void *ctx;
};

struct nt_renew_result {
	uint64_t renewals, chains;     /* done now */
	uint64_t revoked;              /* renewals that were set aside */
	uint64_t failed;               /* groups of which something is left */
	enum vf_rc rc;                 /* of the last failure; VF_OK: there was none */
	struct nt_renewal_due before, after;
};

/*
 * Looks at all seals that came since: nothing is due that was not looked at. again: also at those that could not be
 * judged.
 */
VF_RC nt_renew_look(const struct nt_renew_options *o, bool again, struct vf_err *reterr);
/*
 * Looks for renewals that are revoked, and sets them aside, or with only_tell tells of them alone. *ret: how many
 * there were.
 */
VF_RC nt_renew_revoked(const struct nt_renew_options *o, bool only_tell, uint64_t *ret, struct vf_err *reterr);
/*
 * Looks, sets aside what is revoked, and renews what is due. What an authority does not give is told to failed and is no failure of this; faults
 * of the notary are. INTERRUPTED when stop was set.
 */
VF_RC nt_renew(const struct nt_renew_options *o, struct nt_renew_result *ret, struct vf_err *reterr);

#endif
