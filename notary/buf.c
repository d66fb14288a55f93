#include "notary/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

void nt_buf_done(struct nt_buf *b)
{
	free(b->p);
	*b = nt_buf(b->cap);
}

void nt_buf_reset(struct nt_buf *b)
{
	b->n = 0;
	b->failed = false;
	b->full = false;
}

bool nt_buf_reserve(struct nt_buf *b, size_t n)
{
	size_t room = b->room ? b->room : 256;
	uint8_t *p;

	if (b->failed || n > b->cap - b->n) {
		b->full |= n > b->cap - b->n;
		b->failed = true;
		return false;
	}
	if (n <= b->room - b->n)
		return true;
	while (room - b->n < n)
		room = room > b->cap / 2 ? b->cap : 2 * room;
	if (room > b->cap)
		room = b->cap;
	p = realloc(b->p, room);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->room = room;
	return true;
}

void nt_buf_put(struct nt_buf *b, struct vf_bytes bytes)
{
	if (bytes.n == 0 || !nt_buf_reserve(b, bytes.n))
		return;
	memcpy(b->p + b->n, bytes.p, bytes.n);
	b->n += bytes.n;
}

static void put_int(struct nt_buf *b, uint64_t v, size_t n, bool big)
{
	uint8_t out[8];

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> 8 * (big ? n - 1 - i : i));
	nt_buf_put(b, vf_bytes(out, n));
}

void nt_buf_put_u8(struct nt_buf *b, uint8_t v)
{
	put_int(b, v, 1, true);
}

void nt_buf_put_u16le(struct nt_buf *b, uint16_t v)
{
	put_int(b, v, 2, false);
}

void nt_buf_put_u32le(struct nt_buf *b, uint32_t v)
{
	put_int(b, v, 4, false);
}

void nt_buf_put_u16be(struct nt_buf *b, uint16_t v)
{
	put_int(b, v, 2, true);
}

void nt_buf_put_u64be(struct nt_buf *b, uint64_t v)
{
	put_int(b, v, 8, true);
}

void nt_buf_put_str(struct nt_buf *b, const char *s)
{
	nt_buf_put(b, vf_bytes_str(s));
}

void nt_buf_putf(struct nt_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !nt_buf_reserve(b, (size_t)n + 1)) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void nt_buf_put_hex(struct nt_buf *b, struct vf_bytes bytes)
{
	if (!nt_buf_reserve(b, 2 * bytes.n + 1))
		return;
	vf_hex_put((char *)b->p + b->n, bytes);
	b->n += 2 * bytes.n;
}

void nt_buf_put_base64(struct nt_buf *b, struct vf_bytes bytes)
{
	if (!nt_buf_reserve(b, VF_BASE64_LEN(bytes.n) + 1))
		return;
	vf_base64_put((char *)b->p + b->n, bytes);
	b->n += VF_BASE64_LEN(bytes.n);
}

void nt_buf_put_json(struct nt_buf *b, struct vf_bytes text)
{
	nt_buf_put_u8(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '"' || c == '\\')
			nt_buf_put_u8(b, '\\');
		if (c < 0x20)
			nt_buf_putf(b, "\\u%04x", c);
		else
			nt_buf_put_u8(b, c);
	}
	nt_buf_put_u8(b, '"');
}

VF_RC nt_buf_check(const struct nt_buf *b, struct vf_err *reterr)
{
	if (!b->failed)
		return VF_OK;
	if (b->full)
		return vf_fail(reterr, VF_LIMIT, "the output would be larger than %zu bytes", b->cap);
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for the output");
}
