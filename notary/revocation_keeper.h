/*
 * Asks for revocation data of the authorities outside, when it is due, in a thread of its own.
 *
 * Knows which certificates stamp, what is there about them and when to ask again (revocation_due.h). Stores nothing:
 * what came is handed to a callback. That an authority gives no revocation data is no fault of a seal, but is told
 * (state).
 */
#ifndef NOTARY_REVOCATION_KEEPER_H
#define NOTARY_REVOCATION_KEEPER_H

#include "notary/notary.h"
#include "notary/revocation_fetch.h"

struct nt_revocation_keeper;

struct nt_revocation_keeper_options {
	const struct nt_authorities *authorities; /* copied */
	int folder;                               /* the notary's: the roots are read at once */
	nt_clock *clock;                          /* from any thread; NULL: the system's */
	void *clock_ctx;
	nt_fetch_call *fetch; /* NULL: nt_fetch() */
	void *fetch_ctx;
	/*
	 * What came for one token, on the keeper's thread; n may be 0 when answers only failed. What it does not
	 * accept (by returning false) is asked for again as if it had not come. The octets live until it returns.
	 * Must not wait for the keeper.
	 */
	bool (*found)(void *ctx, const struct nt_revocation_answer *list, size_t n);
	void *ctx;
};

/* CONFIG_SHAPE, NO_INPUT for the roots; NO_MEMORY. Nothing is asked before start or step. */
VF_RC nt_revocation_keeper_new(const struct nt_revocation_keeper_options *o, struct nt_revocation_keeper **ret,
	struct vf_err *reterr);
/* Starts the thread. */
VF_RC nt_revocation_keeper_start(struct nt_revocation_keeper *k, struct vf_err *reterr);
/* Ends what it does at once. Accepts NULL. */
struct nt_revocation_keeper *nt_revocation_keeper_free(struct nt_revocation_keeper *k);
void nt_revocation_keeper_freep(struct nt_revocation_keeper **k);

/*
 * A token of this authority was stored; from any thread, returns at once. At the start: the latest one of each
 * authority, oldest first, that the store holds. An authority that is not configured is passed over.
 */
void nt_revocation_keeper_token(struct nt_revocation_keeper *k, struct vf_bytes authority, struct vf_bytes token);
/* What the store holds already, before the tokens and in any order; der is not looked at. */
void nt_revocation_keeper_held(struct nt_revocation_keeper *k, const struct nt_revocation *r);

/*
 * Without a thread: asks about one certificate when one is due. Returns false, and when the next will be due, when
 * none is.
 */
bool nt_revocation_keeper_step(struct nt_revocation_keeper *k, int64_t *ret_next);

struct nt_revocation_state {
	uint64_t asked, good, failed; /* questions about a certificate's path; answers; failed ones */
	size_t certificates;          /* that stamp */
	size_t unsettled;             /* of these: no data yet that are younger than their latest token */
	size_t failing;               /* of these: the last question failed */
	size_t revoked;               /* of these: revoked, as their authority says itself */
	int64_t good_at;              /* the last time that all was well; VF_TIME_NONE */
	char why[320];                /* of the last failure; empty when none fails */
};
/* Of one authority of the list; false when there is none of this name. */
bool nt_revocation_keeper_get_state(struct nt_revocation_keeper *k, struct vf_bytes authority,
	struct nt_revocation_state *ret);

#endif
