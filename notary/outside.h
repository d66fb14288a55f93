/*
 * Gets the tokens that seals lack from the authorities outside, while the notary goes on (docs/decisions/0015).
 *
 * Knows which seal lacks what, whom to ask next, and that the first answer makes a seal when there is no embedded authority.
 * How one authority is asked is stamper.h's question; the notary is touched on the keeper's thread alone.
 */
#ifndef NOTARY_OUTSIDE_H
#define NOTARY_OUTSIDE_H

#include "notary/keeper.h"
#include "notary/stamper.h"

struct nt_outside;

struct nt_outside_options {
	struct nt_keeper *keeper;
	const struct nt_authorities *authorities; /* copied */
	int folder;                               /* the notary's; must stay open */
	struct nt_clock_watch *watch;             /* may be NULL */
	int64_t max_age_ms;                       /* seals that are older are not completed any more; 0: seven days */
	/* After a token was stored, on the keeper's thread; may be NULL. */
	void (*stored)(void *ctx, struct nt_notary *n, uint64_t seal, const char *authority);
	/* What an authority refused or failed; any thread; must not call this module; may be NULL. */
	void (*failed)(void *ctx, const char *authority, enum vf_rc rc, const char *why);
	void *ctx;
};

/* Starts a thread for each authority. NO_MEMORY, and what nt_stamper_new() says. */
VF_RC nt_outside_new(const struct nt_outside_options *options, struct nt_outside **ret, struct vf_err *reterr);
/* Ends the threads, and what is in work: nothing of it is lost. The keeper must still run. Accepts NULL. */
struct nt_outside *nt_outside_free(struct nt_outside *o);

/* A seal was made; on the keeper's thread. */
void nt_outside_sealed(struct nt_outside *o, struct nt_notary *n, uint64_t seal);
/* A seal is planned and has no token: takes p, ends with nt_keeper_plan_end(). On the keeper's thread. */
void nt_outside_plan(struct nt_outside *o, struct nt_plan *p);
/* To be called a few times a second: asks those whose back-off is over, and looks for older seals that lack tokens. */
void nt_outside_tick(struct nt_outside *o);

struct nt_outside_state {
	size_t n; /* authorities */
	struct {
		char name[65];
		struct nt_stamper_state now;
	} of[NT_MAX_AUTHORITIES];
	uint64_t lacking; /* seals that are known to have fewer tokens than wanted */
	bool planned;     /* a seal waits for its first token */
};
void nt_outside_get_state(struct nt_outside *o, struct nt_outside_state *ret);

#endif
