/*
 * Forbidden zones between what is taken from an arena, for the address sanitizer.
 *
 * An arena is one block for the sanitizer, so that a write past one table into the next goes unseen. Fuzz programs are
 * linked with --wrap for both functions that take; the product knows nothing of it.
 */
#include <sanitizer/asan_interface.h>

#include "verify/bytes.h"

#define ZONE 32

void *__real_vf_arena_take(struct vf_arena *a, size_t count, size_t size);
void *__wrap_vf_arena_take(struct vf_arena *a, size_t count, size_t size);
bool __wrap_vf_arena_copy(struct vf_arena *a, struct vf_bytes b, struct vf_bytes *ret);

/* What lies behind may be forbidden from an earlier use of the same block. */
void *__wrap_vf_arena_take(struct vf_arena *a, size_t count, size_t size)
{
	uint64_t n, room = a->cap - a->used;
	bool was_full;
	uint8_t *zone;
	void *p;

	if (!vf_mul(count, size, &n))
		return __real_vf_arena_take(a, count, size);
	ASAN_UNPOISON_MEMORY_REGION(a->base + a->used, room < n + 3 * ZONE ? room : n + 3 * ZONE);
	p = __real_vf_arena_take(a, count, size);
	was_full = a->full;
	zone = p ? __real_vf_arena_take(a, 1, ZONE) : NULL;
	a->full = was_full;
	if (zone)
		ASAN_POISON_MEMORY_REGION((uint8_t *)p + n, (size_t)(zone + ZONE - ((uint8_t *)p + n)));
	return p;
}

bool __wrap_vf_arena_copy(struct vf_arena *a, struct vf_bytes b, struct vf_bytes *ret)
{
	uint8_t *p = __wrap_vf_arena_take(a, b.n, 1);

	if (!p)
		return false;
	if (b.n)
		memcpy(p, b.p, b.n);
	*ret = vf_bytes(p, b.n);
	return true;
}
