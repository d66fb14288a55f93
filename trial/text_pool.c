#include "trial/text_pool.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)64 * 1024)

struct tr_text_pool_block {
	struct tr_text_pool_block *next;
	size_t n, cap;
	char text[];
};

char *tr_text_pool_put(struct tr_text_pool *t, struct vf_bytes text)
{
	struct tr_text_pool_block *b = t->blocks;
	size_t cap = text.n + 1 > BLOCK ? text.n + 1 : BLOCK;
	char *p;

	if (!b || b->cap - b->n < text.n + 1) {
		b = malloc(sizeof(*b) + cap);
		if (!b)
			return NULL;
		*b = (struct tr_text_pool_block){.next = t->blocks, .cap = cap};
		t->blocks = b;
	}
	p = b->text + b->n;
	if (text.n)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	b->n += text.n + 1;
	return p;
}

void tr_text_pool_done(struct tr_text_pool *t)
{
	struct tr_text_pool_block *b = t->blocks, *next;

	for (; b; b = next) {
		next = b->next;
		explicit_bzero(b->text, b->n);
		free(b);
	}
	t->blocks = NULL;
}
