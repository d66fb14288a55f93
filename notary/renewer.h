/*
 * Renews evidence in time, in a thread of its own, while the notary goes on (docs/decisions/0021-renewal.md).
 *
 * Knows when to look. What is due and whom to ask is renew.h's question; the notary is touched on the keeper's thread
 * alone, a few milliseconds at a time.
 */
#ifndef NOTARY_RENEWER_H
#define NOTARY_RENEWER_H

#include <stdatomic.h>

#include "notary/keeper.h"
#include "notary/renew.h"

struct nt_renewer;
struct nt_clock_watch;

/* Days; the first is what has ended. */
#define NT_RENEWER_HORIZONS 4
extern const int nt_renewer_days[NT_RENEWER_HORIZONS]; /* 0, 7, 30, 180 */

struct nt_renewer_options {
	struct nt_keeper *keeper;
	const struct nt_authorities *authorities; /* copied */
	int folder;                               /* the notary's; must stay open */
	uint32_t renew_days;
	int64_t look_ms;                          /* between two looks; 0: an hour */
	struct nt_clock_watch *watch;             /* hears of the time of each token from outside; may be NULL */
	/* As in renew.h; on the thread of the renewer; may be NULL. is_late: less than half of renew_days is left. */
	void (*made)(void *ctx, const char *authority, const struct nt_chain_group *g, const struct nt_renewed_now *r);
	void (*failed)(void *ctx, const char *authority, const struct nt_chain_group *g, bool is_late, enum vf_rc rc,
		const char *why);
	/* An alarm: see renew.h. */
	void (*revoked)(void *ctx, const struct nt_renewal_revoked *r);
	/* After each look: what is still due, and whether the look came to its end. */
	void (*looked)(void *ctx, const struct nt_renewal_due *due, enum vf_rc rc, const char *why);
	void *ctx;
};

/* Starts the thread, which looks at once. NO_MEMORY. */
VF_RC nt_renewer_new(const struct nt_renewer_options *options, struct nt_renewer **ret, struct vf_err *reterr);
/* Ends what it does, within a second; nothing of it is half done. The keeper must still run. Accepts NULL. */
struct nt_renewer *nt_renewer_free(struct nt_renewer *r);

/* To be called a few times a second with a monotonic clock: wakes it when it is time to look again. */
void nt_renewer_tick(struct nt_renewer *r, int64_t ticks_ms);

struct nt_renewer_state {
	bool looked;                             /* a look came to its end; else the rest says nothing */
	uint64_t ending[NT_RENEWER_HORIZONS];    /* time-stamps that end within so many days */
	uint64_t due;                            /* within renew_days, after what could be renewed was */
	int64_t first;                           /* the first end; VF_TIME_NONE */
	uint64_t renewals, failures;             /* since the start */
};
void nt_renewer_get_state(struct nt_renewer *r, struct nt_renewer_state *ret);

#endif
