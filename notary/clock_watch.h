/*
 * Whether the system's clock may be trusted to date tokens.
 *
 * Knows jumps (wall clock against monotonic clock) and what time-stamping authorities said; it asks nobody itself.
 * Every time is an argument. Any thread. CLOCK_BOOTTIME runs while the machine sleeps, so that waking up is no jump.
 */
#ifndef NOTARY_CLOCK_WATCH_H
#define NOTARY_CLOCK_WATCH_H

#include "verify/bytes.h"

struct nt_clock_watch;

/* bound_ms: what the clock may be off before it is in doubt. NULL: no memory. */
struct nt_clock_watch *nt_clock_watch_new(int64_t bound_ms);
struct nt_clock_watch *nt_clock_watch_free(struct nt_clock_watch *w);

/*
 * The wall clock shows wall_ms at boot_ms of CLOCK_BOOTTIME; to be called about once a second. A wall clock that moved
 * by more than the bound against the other since the last call has jumped (what slewing and smearing explain is allowed
 * for): it is in doubt until a sample that began afterwards includes an offset within the bound, or
 * nt_clock_watch_trust(). Samples from before are dropped.
 */
void nt_clock_watch_tick(struct nt_clock_watch *w, int64_t wall_ms, int64_t boot_ms);
/*
 * An authority's token, verified: its time gen_ms +- accuracy_ms lay between sent_ms and received_ms of the own clock;
 * boot_ms is that of receiving it. It counts for one hour of boot_ms, the newest of each authority. More than half of
 * them, and at least one, that exclude every offset within the bound put the clock in doubt. Ignored when the clock was
 * set back between sent and received.
 */
void nt_clock_watch_sample(struct nt_clock_watch *w, const char *authority, int64_t gen_ms, int64_t accuracy_ms,
	int64_t sent_ms, int64_t received_ms, int64_t boot_ms);
/* The operator says that the clock is right: what was noticed and said until now is forgotten. */
void nt_clock_watch_trust(struct nt_clock_watch *w);

/* VF_OK, or CLOCK_DOUBT with the reason. Cheap. */
VF_RC nt_clock_watch_check(struct nt_clock_watch *w, struct vf_err *reterr);

/*
 * Of one authority: the least offset (own clock minus its time) that explains its last answer; 0 when there is no
 * contradiction.
 */
struct nt_clock_offset {
	char authority[65];
	int64_t offset_ms, uncertainty_ms, boot_ms;
};
/*
 * Whether two authorities that answered within the last hour cannot both be right, however far off the own clock is. Who and by
 * how much is written to why (at most n octets with the final 0), which may be NULL.
 */
bool nt_clock_watch_disagree(struct nt_clock_watch *w, char *why, size_t n);

/* Those that answered within the last hour; at most room of them. */
size_t nt_clock_watch_offsets(struct nt_clock_watch *w, struct nt_clock_offset *ret, size_t room);

#endif
