#include <stdlib.h>
#include <zlib.h>

#include "trial/read/input.h"

#define OUT ((size_t)256 * 1024)

struct tr_inflate {
	const struct tr_source *from;
	struct tr_source source;
	z_stream z;
	bool is_open;
	bool is_gzip;
	bool in_stream; /* a stream has begun and not ended */
	bool done;      /* the end was given, or a fault */
	uint64_t max, n_in, n_out;
	struct vf_err err;
	uint8_t out[OUT];
};

static VF_RC stop(struct tr_inflate *s, enum vf_rc rc, const char *what)
{
	s->done = true;
	return vf_fail(&s->err, rc, "compressed data: %s", what);
}

/* Input when there is none; avail_in == 0 after it is the end. */
static VF_RC fill(struct tr_inflate *s)
{
	struct vf_bytes b = {0};
	enum vf_rc rc;

	if (s->z.avail_in)
		return VF_OK;
	rc = s->from->next(s->from->ctx, &b, &s->err);
	if (rc != VF_OK || b.n > UINT32_MAX) {
		s->done = true;
		s->err.rc = rc != VF_OK ? rc : VF_INTERNAL;
		return s->err.rc;
	}
	s->z.next_in = (Bytef *)(uintptr_t)b.p;
	s->z.avail_in = (uInt)b.n;
	s->n_in += b.n;
	return VF_OK;
}

/* Between streams: gzip may go on with another member (RFC 1952 2.2), nothing else may follow. */
static VF_RC begin(struct tr_inflate *s)
{
	bool is_first = !s->is_open;

	if (fill(s) != VF_OK)
		return s->err.rc;
	if (!s->z.avail_in) {
		s->done = true;
		return is_first ? stop(s, VF_FILE_SHAPE, "nothing is there") : VF_OK;
	}
	if (is_first) {
		s->is_gzip = s->z.next_in[0] == 0x1f;
		if (inflateInit2(&s->z, s->is_gzip ? 15 + 16 : 15) != Z_OK)
			return stop(s, VF_NO_MEMORY, "no memory");
		s->is_open = true;
	} else if (!s->is_gzip || s->z.next_in[0] != 0x1f || inflateReset(&s->z) != Z_OK) {
		return stop(s, VF_FILE_SHAPE, "something stands behind the end");
	}
	s->in_stream = true;
	return VF_OK;
}

static VF_RC step(struct tr_inflate *s)
{
	int z;

	if (fill(s) != VF_OK)
		return s->err.rc;
	if (!s->z.avail_in)
		return stop(s, VF_FILE_SHAPE, "it ends before its end");
	z = inflate(&s->z, Z_NO_FLUSH);
	if (z == Z_STREAM_END)
		s->in_stream = false;
	else if (z == Z_MEM_ERROR)
		return stop(s, VF_NO_MEMORY, "no memory");
	else if (z != Z_OK)
		return stop(s, VF_FILE_SHAPE, s->z.msg ? s->z.msg : "malformed");
	return VF_OK;
}

static VF_RC next(void *ctx, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct tr_inflate *s = ctx;
	enum vf_rc rc = s->err.rc != VF_NOT_CHECKED ? s->err.rc : VF_OK;
	size_t n = 0;

	s->z.next_out = s->out;
	s->z.avail_out = OUT;
	while (rc == VF_OK && !s->done && s->z.avail_out)
		rc = s->in_stream ? step(s) : begin(s);
	n = OUT - s->z.avail_out;
	s->n_out += n;
	/* what was read of the source may not all be used: the ratio counts what was */
	if (n && (s->n_out > s->max || s->n_out / TR_MAX_INFLATE_RATIO > s->n_in - s->z.avail_in))
		rc = stop(s, VF_LIMIT, "too much comes out of it");
	/* what came before a fault is given first: the fault stays for the next call */
	if (rc != VF_OK && (n == 0 || rc == VF_LIMIT)) {
		if (reterr)
			*reterr = s->err;
		return rc;
	}
	*ret = vf_bytes(s->out, n);
	return VF_OK;
}

VF_RC tr_inflate_new(const struct tr_source *from, uint64_t max, struct tr_inflate **ret, struct vf_err *reterr)
{
	struct tr_inflate *s = calloc(1, sizeof(*s));

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for compressed data");
	s->from = from;
	s->max = max;
	s->source = (struct tr_source){next, s};
	*ret = s;
	return VF_OK;
}

const struct tr_source *tr_inflate_source(struct tr_inflate *s)
{
	return &s->source;
}

void *tr_inflate_free(struct tr_inflate *s)
{
	if (s && s->is_open)
		inflateEnd(&s->z);
	free(s);
	return NULL;
}
