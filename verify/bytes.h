/*
 * Borrowed ranges of bytes and bounded reads, and the arena that holds tables.
 *
 * All input is read through the take functions: each either succeeds and
 * advances, or returns false and changes nothing. No other file does pointer
 * arithmetic on input.
 */
#ifndef VERIFY_BYTES_H
#define VERIFY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "verify/rc.h"

/* A borrowed range; it never frees. */
struct vf_bytes {
	const uint8_t *p;
	size_t n;
};

static inline struct vf_bytes vf_bytes(const void *p, size_t n)
{
	return (struct vf_bytes){p, n};
}

static inline struct vf_bytes vf_bytes_str(const char *s)
{
	return (struct vf_bytes){(const uint8_t *)s, strlen(s)};
}

/* Printf arguments for "%.*s"; only for ranges that were checked to be text. */
#define VF_STR(b) (int)((b).n > 4096 ? 4096 : (b).n), (const char *)(b).p

bool vf_bytes_eq(struct vf_bytes a, struct vf_bytes b);
bool vf_bytes_is(struct vf_bytes a, const char *s);
bool vf_bytes_starts(struct vf_bytes a, const char *s);
bool vf_bytes_ends(struct vf_bytes a, const char *s);
/* Unsigned octet order, a prefix before what it begins: -1, 0, 1. */
int vf_bytes_cmp(struct vf_bytes a, struct vf_bytes b);

/* The part [at, at+n) of b; false when it is not wholly inside. */
bool vf_bytes_slice(struct vf_bytes b, uint64_t at, uint64_t n, struct vf_bytes *ret);

/* Inline, as every octet of every input goes through one of them. */
static inline bool vf_take(struct vf_bytes *in, size_t n, struct vf_bytes *ret)
{
	if (n > in->n)
		return false;
	*ret = vf_bytes(in->p, n);
	if (n) /* an empty range may have no address */
		in->p += n;
	in->n -= n;
	return true;
}

static inline bool vf_take_u8(struct vf_bytes *in, uint8_t *ret)
{
	struct vf_bytes b;

	if (!vf_take(in, 1, &b))
		return false;
	*ret = b.p[0];
	return true;
}

bool vf_take_u16be(struct vf_bytes *in, uint16_t *ret);
bool vf_take_u32be(struct vf_bytes *in, uint32_t *ret);
bool vf_take_u64be(struct vf_bytes *in, uint64_t *ret);
bool vf_take_u16le(struct vf_bytes *in, uint16_t *ret);
bool vf_take_u32le(struct vf_bytes *in, uint32_t *ret);
/* Takes the given text. */
bool vf_take_str(struct vf_bytes *in, const char *s);
/* Takes up to and including the next LF; ret is the line without it. */
bool vf_take_line(struct vf_bytes *in, struct vf_bytes *ret);
/* Takes up to the next byte c, which is taken too; ret is what came before. */
bool vf_take_until(struct vf_bytes *in, uint8_t c, struct vf_bytes *ret);

/*
 * Memory for parsed tables: a bump allocator over a block that the caller
 * gives and frees. It grows no further than the block, which bounds what any
 * input can make the verifier use.
 */
struct vf_arena {
	uint8_t *base;
	size_t cap, used;
	bool full; /* an allocation was refused: a failure may be for want of memory */
};

void vf_arena_init(struct vf_arena *a, void *block, size_t n);
/* Cleared, aligned memory for count objects of size bytes; NULL when full. */
void *vf_arena_take(struct vf_arena *a, size_t count, size_t size);
/* A copy that lives as long as the arena; false when it is full. */
bool vf_arena_copy(struct vf_arena *a, struct vf_bytes b, struct vf_bytes *ret);

#define VF_NEW(arena, count, type) ((type *)vf_arena_take((arena), (count), sizeof(type)))

/* Checked arithmetic: false on overflow, ret unchanged. */
static inline bool vf_add(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t r;

	if (__builtin_add_overflow(a, b, &r))
		return false;
	*ret = r;
	return true;
}

static inline bool vf_mul(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t r;

	if (__builtin_mul_overflow(a, b, &r))
		return false;
	*ret = r;
	return true;
}

#endif
