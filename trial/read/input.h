/*
 * Octets of a trial file, wherever they come from.
 *
 * Knows no format and opens nothing: who has a file gives tr_input, readers that go from front
 * to end take a tr_source over it. A reader holds a few buffers, never the file.
 */
#ifndef TRIAL_READ_INPUT_H
#define TRIAL_READ_INPUT_H

#include "verify/bytes.h"

struct tr_input {
	/*
	 * Reads up to cap octets that begin at 'at'; *ret_n is less than cap only at the end. IO, INTERRUPTED.
	 * The file must not change while it is read: who gives the input sees to that.
	 */
	VF_RC (*read_at)(void *ctx, uint64_t at, void *out, size_t cap, size_t *ret_n, struct vf_err *reterr);
	void *ctx;
	uint64_t size;
	struct vf_bytes name; /* the last part of its path: a hint, never a fact about what it holds */
};

/* An input over octets in memory; both stay the caller's and must live as long. */
struct tr_input tr_input_of(const struct vf_bytes *octets, const char *name);

/* A range of the input, whole or a fault: FILE_SHAPE when it ends before. */
VF_RC tr_input_take(const struct tr_input *in, uint64_t at, void *out, size_t n, struct vf_err *reterr);

/*
 * Octets in their order. next() gives what comes now, in pieces of any size that are good until the next call;
 * n == 0 is the end. Text formats, and what is compressed, are read through one.
 */
struct tr_source {
	VF_RC (*next)(void *ctx, struct vf_bytes *ret, struct vf_err *reterr);
	void *ctx;
};

/* Octets of buffer for an input's source: large enough that calls cost nothing. */
#define TR_SOURCE_BUFFER ((size_t)256 * 1024)

/* Reads an input from a place to its end. Owned by the caller, who gives the buffer; no done. */
struct tr_input_source {
	const struct tr_input *in;
	uint64_t at;
	uint8_t *buffer; /* TR_SOURCE_BUFFER octets */
	struct tr_source source;
};
void tr_input_source_init(struct tr_input_source *s, const struct tr_input *in, uint64_t at, uint8_t *buffer);

/*
 * Inflates what another source gives: a zlib stream (RFC 1950) or gzip members (RFC 1952), told apart by their
 * first octets. FILE_SHAPE for what is malformed, cut off or followed by something else; LIMIT when the whole
 * would be larger than max octets or TR_MAX_INFLATE_RATIO times what went in. Free with tr_inflate_free().
 */
#define TR_MAX_INFLATE_RATIO 1100
struct tr_inflate;
VF_RC tr_inflate_new(const struct tr_source *from, uint64_t max, struct tr_inflate **ret, struct vf_err *reterr);
const struct tr_source *tr_inflate_source(struct tr_inflate *s);
void *tr_inflate_free(struct tr_inflate *s);

#endif
