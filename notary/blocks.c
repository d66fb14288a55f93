#include "notary/blocks.h"

#include <stdbool.h>
#include <stdlib.h>

/* At the beginning of an idle block. */
struct nt_block {
	struct nt_block *next;
};

/* The address sanitizer is to see whoever uses a block that was given back: there none lies idle. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEPS_BLOCKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEPS_BLOCKS 0
#endif
#endif
#ifndef KEEPS_BLOCKS
#define KEEPS_BLOCKS 1
#endif

void nt_blocks_init(struct nt_blocks *b, size_t size, size_t max_idle)
{
	*b = (struct nt_blocks){.size = size, .max_idle = KEEPS_BLOCKS ? max_idle : 0};
	pthread_mutex_init(&b->lock, NULL);
}

void nt_blocks_done(struct nt_blocks *b)
{
	while (b->idle) {
		struct nt_block *block = b->idle;

		b->idle = block->next;
		free(block);
	}
	pthread_mutex_destroy(&b->lock);
}

void *nt_blocks_take(struct nt_blocks *b, size_t n)
{
	struct nt_block *block;

	if (n > b->size)
		return malloc(n);
	pthread_mutex_lock(&b->lock);
	block = b->idle;
	if (block) {
		b->idle = block->next;
		b->n_idle--;
	}
	pthread_mutex_unlock(&b->lock);
	return block ? block : malloc(b->size);
}

void nt_blocks_give(struct nt_blocks *b, void *p, size_t n)
{
	struct nt_block *block = p;
	bool is_kept = false;

	if (block && n <= b->size) {
		pthread_mutex_lock(&b->lock);
		is_kept = b->n_idle < b->max_idle;
		if (is_kept) {
			block->next = b->idle;
			b->idle = block;
			b->n_idle++;
		}
		pthread_mutex_unlock(&b->lock);
	}
	if (!is_kept)
		free(p);
}
