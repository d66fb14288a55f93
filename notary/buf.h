/*
 * A growable byte buffer with a cap: what writers append to.
 *
 * A failed append sets failed and keeps the buffer as it was, so that a writer
 * tests once at its end.
 */
#ifndef NOTARY_BUF_H
#define NOTARY_BUF_H

#include "verify/bytes.h"

struct nt_buf {
	uint8_t *p;
	size_t n, room, cap;
	bool failed, full; /* full: refused at the cap */
};

/* An empty buffer that never holds more than cap bytes. */
static inline struct nt_buf nt_buf(size_t cap)
{
	return (struct nt_buf){.cap = cap};
}

void nt_buf_done(struct nt_buf *b);
/* Empties it and keeps the memory. */
void nt_buf_reset(struct nt_buf *b);
/* Makes sure that n more bytes fit without moving; false (and failed) otherwise. */
bool nt_buf_reserve(struct nt_buf *b, size_t n);
void nt_buf_put(struct nt_buf *b, struct vf_bytes bytes);
void nt_buf_put_u8(struct nt_buf *b, uint8_t v);
void nt_buf_put_u16le(struct nt_buf *b, uint16_t v);
void nt_buf_put_u32le(struct nt_buf *b, uint32_t v);
void nt_buf_put_u16be(struct nt_buf *b, uint16_t v);
void nt_buf_put_u64be(struct nt_buf *b, uint64_t v);
void nt_buf_put_str(struct nt_buf *b, const char *s);
void nt_buf_putf(struct nt_buf *b, const char *fmt, ...) VF_PRINTF(2, 3);
void nt_buf_put_hex(struct nt_buf *b, struct vf_bytes bytes);
void nt_buf_put_base64(struct nt_buf *b, struct vf_bytes bytes);
/* A JSON string with its quotes; the text must be valid UTF-8. */
void nt_buf_put_json(struct nt_buf *b, struct vf_bytes text);
static inline struct vf_bytes nt_buf_bytes(const struct nt_buf *b)
{
	return vf_bytes(b->p, b->n);
}
/* NO_MEMORY or LIMIT when any append failed. */
VF_RC nt_buf_check(const struct nt_buf *b, struct vf_err *reterr);

#endif
