/*
 * Blocks of memory of one size, used again: most requests bring one small submission, and the pages that the last
 * one was read into are there already for the next.
 *
 * Knows sizes and how many blocks may lie idle. Any thread may call; larger blocks come from malloc() and go back.
 */
#ifndef NOTARY_BLOCKS_H
#define NOTARY_BLOCKS_H

#include <pthread.h>
#include <stddef.h>

struct nt_block;
struct nt_blocks {
	pthread_mutex_t lock;
	struct nt_block *idle; /* the one that came back last is the first */
	size_t n_idle, max_idle, size;
};

/* Blocks of size octets, at least a pointer's, of which max_idle are kept. */
void nt_blocks_init(struct nt_blocks *b, size_t size, size_t max_idle);
/* All blocks must have come back, or they are the caller's to free(). */
void nt_blocks_done(struct nt_blocks *b);

/* At least n octets, not cleared; NULL without memory. For nt_blocks_give() with the same n, or free(). */
void *nt_blocks_take(struct nt_blocks *b, size_t n);
/* block may be NULL. */
void nt_blocks_give(struct nt_blocks *b, void *block, size_t n);

#endif
