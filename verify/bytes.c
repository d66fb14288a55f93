#include "verify/bytes.h"

bool vf_bytes_eq(struct vf_bytes a, struct vf_bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool vf_bytes_is(struct vf_bytes a, const char *s)
{
	return vf_bytes_eq(a, vf_bytes_str(s));
}

bool vf_bytes_starts(struct vf_bytes a, const char *s)
{
	size_t n = strlen(s);

	return a.n >= n && memcmp(a.p, s, n) == 0;
}

bool vf_bytes_ends(struct vf_bytes a, const char *s)
{
	size_t n = strlen(s);

	return a.n >= n && memcmp(a.p + (a.n - n), s, n) == 0;
}

int vf_bytes_cmp(struct vf_bytes a, struct vf_bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c < 0 ? -1 : 1;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool vf_bytes_slice(struct vf_bytes b, uint64_t at, uint64_t n, struct vf_bytes *ret)
{
	if (at > b.n || n > b.n - at)
		return false;
	*ret = vf_bytes(b.p + at, (size_t)n);
	return true;
}

static bool take_be(struct vf_bytes *in, size_t n, uint64_t *ret)
{
	struct vf_bytes b;
	uint64_t v = 0;

	if (!vf_take(in, n, &b))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | b.p[i];
	*ret = v;
	return true;
}

static bool take_le(struct vf_bytes *in, size_t n, uint64_t *ret)
{
	struct vf_bytes b;
	uint64_t v = 0;

	if (!vf_take(in, n, &b))
		return false;
	for (size_t i = n; i > 0; i--)
		v = v << 8 | b.p[i - 1];
	*ret = v;
	return true;
}

bool vf_take_u16be(struct vf_bytes *in, uint16_t *ret)
{
	uint64_t v;

	if (!take_be(in, 2, &v))
		return false;
	*ret = (uint16_t)v;
	return true;
}

bool vf_take_u32be(struct vf_bytes *in, uint32_t *ret)
{
	uint64_t v;

	if (!take_be(in, 4, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

bool vf_take_u64be(struct vf_bytes *in, uint64_t *ret)
{
	return take_be(in, 8, ret);
}

bool vf_take_u16le(struct vf_bytes *in, uint16_t *ret)
{
	uint64_t v;

	if (!take_le(in, 2, &v))
		return false;
	*ret = (uint16_t)v;
	return true;
}

bool vf_take_u32le(struct vf_bytes *in, uint32_t *ret)
{
	uint64_t v;

	if (!take_le(in, 4, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

bool vf_take_str(struct vf_bytes *in, const char *s)
{
	struct vf_bytes skipped;

	return vf_bytes_starts(*in, s) && vf_take(in, strlen(s), &skipped);
}

bool vf_take_line(struct vf_bytes *in, struct vf_bytes *ret)
{
	return vf_take_until(in, '\n', ret);
}

bool vf_take_until(struct vf_bytes *in, uint8_t c, struct vf_bytes *ret)
{
	const uint8_t *at = in->n ? memchr(in->p, c, in->n) : NULL;
	struct vf_bytes taken;

	if (!at || !vf_take(in, (size_t)(at - in->p) + 1, &taken))
		return false;
	*ret = vf_bytes(taken.p, taken.n - 1);
	return true;
}

void vf_arena_init(struct vf_arena *a, void *block, size_t n)
{
	*a = (struct vf_arena){block, n, 0, false};
}

void *vf_arena_take(struct vf_arena *a, size_t count, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	uintptr_t at = (uintptr_t)(a->base + a->used);
	uint64_t pad = (align - at % align) % align;
	uint64_t n;
	void *p;

	if (!vf_mul(count, size, &n) || n > a->cap - a->used || pad > a->cap - a->used - n) {
		a->full = true;
		return NULL;
	}
	p = a->base + a->used + pad;
	a->used += (size_t)(pad + n);
	memset(p, 0, (size_t)n);
	return p;
}

bool vf_arena_copy(struct vf_arena *a, struct vf_bytes b, struct vf_bytes *ret)
{
	uint8_t *p = vf_arena_take(a, b.n, 1);

	if (!p)
		return false;
	if (b.n)
		memcpy(p, b.p, b.n);
	*ret = vf_bytes(p, b.n);
	return true;
}
