#include "notary/der_out.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "verify/limits.h"
#include "verify/text.h"

void nt_der_end(struct nt_buf *b, size_t begin, uint8_t tag)
{
	uint8_t head[VF_DER_HEAD];
	size_t n = vf_der_head(tag, b->n - begin, head);

	if (!nt_buf_reserve(b, n))
		return;
	memmove(b->p + begin + n, b->p + begin, b->n - begin);
	memcpy(b->p + begin, head, n);
	b->n += n;
}

void nt_der_put(struct nt_buf *b, uint8_t tag, struct vf_bytes contents)
{
	uint8_t head[VF_DER_HEAD];

	nt_buf_put(b, vf_bytes(head, vf_der_head(tag, contents.n, head)));
	nt_buf_put(b, contents);
}

void nt_der_put_uint(struct nt_buf *b, uint8_t tag, uint64_t v)
{
	uint8_t octets[9] = {0};
	size_t skip = 0;

	for (unsigned i = 0; i < 8; i++)
		octets[1 + i] = (uint8_t)(v >> 8 * (7 - i));
	/* minimal, and the first bit is the sign */
	while (skip < 8 && octets[skip] == 0 && octets[skip + 1] < 0x80)
		skip++;
	nt_der_put(b, tag, vf_bytes(octets + skip, sizeof(octets) - skip));
}

void nt_der_put_bool(struct nt_buf *b, bool v)
{
	nt_der_put(b, VF_DER_BOOLEAN, vf_bytes(v ? "\xff" : "\0", 1));
}

void nt_der_put_bits(struct nt_buf *b, struct vf_bytes octets)
{
	size_t at = nt_der_begin(b);

	nt_buf_put_u8(b, 0);
	nt_buf_put(b, octets);
	nt_der_end(b, at, VF_DER_BIT_STRING);
}

void nt_der_put_generalized_time(struct nt_buf *b, uint8_t tag, int64_t ms)
{
	size_t at = nt_der_begin(b);
	char fraction[16];
	struct vf_time t;
	int n;

	vf_time_to(ms, &t);
	nt_buf_putf(b, "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute, t.second);
	n = snprintf(fraction, sizeof(fraction), ".%03d", t.ms);
	while (n > 1 && fraction[n - 1] == '0')
		n--;
	if (n > 1)
		nt_buf_put(b, vf_bytes(fraction, (size_t)n));
	nt_buf_put_u8(b, 'Z');
	nt_der_end(b, at, tag);
}

void nt_der_put_time(struct nt_buf *b, int64_t ms)
{
	size_t at = nt_der_begin(b);
	struct vf_time t;

	vf_time_to(ms, &t);
	t.ms = 0;
	if (t.year < 1950 || t.year > 2049) {
		if (!vf_time_from(&t, &ms))
			b->failed = true;
		nt_der_put_generalized_time(b, VF_DER_GENERALIZED_TIME, ms);
		return;
	}
	nt_buf_putf(b, "%02d%02d%02d%02d%02d%02dZ", t.year % 100, t.month, t.day, t.hour, t.minute, t.second);
	nt_der_end(b, at, VF_DER_UTC_TIME);
}

void nt_der_put_algorithm(struct nt_buf *b, struct vf_bytes oid)
{
	size_t at = nt_der_begin(b);

	nt_der_put(b, VF_DER_OID, oid);
	nt_der_end(b, at, VF_DER_SEQUENCE);
}

void nt_der_put_set_of(struct nt_buf *b, struct vf_bytes *elements, size_t n)
{
	size_t at = nt_der_begin(b);

	for (size_t i = 1; i < n; i++) {
		struct vf_bytes e = elements[i];
		size_t j = i;

		for (; j > 0 && vf_bytes_cmp(e, elements[j - 1]) < 0; j--)
			elements[j] = elements[j - 1];
		elements[j] = e;
	}
	for (size_t i = 0; i < n; i++)
		nt_buf_put(b, elements[i]);
	nt_der_end(b, at, VF_DER_SET);
}

static void put_base128(struct nt_buf *b, uint64_t v)
{
	unsigned shift = 0;

	while (shift < 63 && v >> (shift + 7))
		shift += 7;
	for (;; shift -= 7) {
		nt_buf_put_u8(b, (uint8_t)((v >> shift & 0x7f) | (shift ? 0x80 : 0)));
		if (shift == 0)
			return;
	}
}

/* Arcs are read as decimals of at most 2^56, which no OID in use exceeds. */
static bool put_oid(const char *dotted, struct nt_buf *ret)
{
	struct vf_bytes in = vf_bytes_str(dotted), part;
	uint64_t first, v, n = 0;

	if (!vf_take_until(&in, '.', &part) || !vf_decimal_read(part, 2, &first))
		return false;
	while (in.n || n == 0) {
		if (!vf_take_until(&in, '.', &part)) {
			part = in;
			in = vf_bytes(NULL, 0);
		} else if (in.n == 0) {
			return false;
		}
		if (!vf_decimal_read(part, UINT64_C(1) << 56, &v) || (n == 0 && first < 2 && v > 39))
			return false;
		put_base128(ret, n == 0 ? 40 * first + v : v);
		n++;
	}
	return true;
}

VF_RC nt_der_oid(const char *dotted, struct nt_buf *ret, struct vf_err *reterr)
{
	size_t start = ret->n;
	char shown[100];

	if (!put_oid(dotted, ret) || ret->n - start > VF_MAX_OID) {
		ret->n = start;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(dotted));
		return vf_fail(reterr, VF_TEXT_SHAPE, "'%s' is not a dotted object identifier", shown);
	}
	return nt_buf_check(ret, reterr);
}

VF_RC nt_der_serial(uint8_t *ret, size_t n, int64_t now_ms, struct vf_err *reterr)
{
	size_t at = 7;

	ret[0] = 1;
	for (unsigned i = 0; i < 6; i++)
		ret[1 + i] = (uint8_t)((uint64_t)now_ms >> 8 * (5 - i));
	while (at < n) {
		ssize_t got = getrandom(ret + at, n - at, 0);

		if (got < 0 && errno != EINTR)
			return vf_fail(reterr, VF_INTERNAL, "no random bytes: %s", strerror(errno));
		at += got > 0 ? (size_t)got : 0;
	}
	return VF_OK;
}
