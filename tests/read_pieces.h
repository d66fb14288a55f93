/* A source that gives octets in pieces of one size: readers must not care how large they are. */
#ifndef TESTS_READ_PIECES_H
#define TESTS_READ_PIECES_H

#include "trial/read/input.h"

struct pieces {
	struct vf_bytes left;
	size_t size;
	enum vf_rc end; /* what comes behind the last: VF_OK for the end */
	uint8_t room[4096]; /* each piece is gone when the next one comes */
};

static inline VF_RC pieces_next(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct pieces *p = ctx;
	size_t n = p->left.n < p->size ? p->left.n : p->size;

	if (!n && p->end != VF_OK)
		return vf_fail(reterr, p->end, "a fault that was asked for");
	memset(p->room, 0xff, sizeof(p->room));
	if (n > sizeof(p->room)) {
		(void)vf_take(&p->left, n, ret);
		return VF_OK;
	}
	/* at the end of the room, so that a read past a piece is one past the room */
	if (n)
		memcpy(p->room + sizeof(p->room) - n, p->left.p, n);
	*ret = vf_bytes(p->room + sizeof(p->room) - n, n);
	p->left.p += n;
	p->left.n -= n;
	return VF_OK;
}

static inline struct tr_source pieces_source(struct pieces *p, struct vf_bytes b, size_t size)
{
	p->left = b;
	p->size = size;
	p->end = VF_OK;
	return (struct tr_source){pieces_next, p};
}

#endif
