/*
 * Text that is kept, in large blocks, as long as the list that names it.
 */
#ifndef TRIAL_TEXT_POOL_H
#define TRIAL_TEXT_POOL_H

#include "verify/bytes.h"

/* Begin with a cleared one. */
struct tr_text_pool {
	struct tr_text_pool_block *blocks;
};

/* A copy of the octets with a NUL after them, which stays where it is; NULL: no memory. */
char *tr_text_pool_put(struct tr_text_pool *t, struct vf_bytes text);
/* Wipes all of it: it may be about persons. */
void tr_text_pool_done(struct tr_text_pool *t);

#endif
