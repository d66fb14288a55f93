/*
 * A few threads that do one thing together, again and again.
 *
 * Knows starting, waking and waiting. What they share, and how they divide it,
 * is the caller's question.
 */
#ifndef NOTARY_CREW_H
#define NOTARY_CREW_H

#include "verify/bytes.h"

struct nt_crew;

/* who is 0 in the calling thread. */
typedef void nt_crew_work(void *ctx, unsigned who);

/* As many threads as this process may use cores, at least 1 and at most max. */
unsigned nt_crew_cores(unsigned max);
/*
 * A crew of size threads, the caller among them; it is smaller when the system
 * gives fewer. NULL when there is no memory: a NULL crew is the caller alone.
 */
struct nt_crew *nt_crew_new(unsigned size);
struct nt_crew *nt_crew_free(struct nt_crew *c);
unsigned nt_crew_size(const struct nt_crew *c);
/* Runs work in every thread of the crew and returns when all have ended. */
void nt_crew_run(struct nt_crew *c, nt_crew_work *work, void *ctx);

#endif
