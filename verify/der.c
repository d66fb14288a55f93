#include "verify/der.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/limits.h"
#include "verify/text.h"

static bool take_length(struct vf_bytes *in, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t c, first;

	if (!vf_take_u8(in, &first))
		return false;
	if (first < 0x80) {
		*ret = first;
		return true;
	}
	/* 0x80 is the indefinite form; four octets reach 4 GiB, more than any part */
	if (first == 0x80 || first > 0x84)
		return false;
	for (unsigned i = 0; i < (first & 0x7fu); i++) {
		if (!vf_take_u8(in, &c) || (i == 0 && c == 0))
			return false;
		v = v << 8 | c;
	}
	if (v < 0x80)
		return false;
	*ret = v;
	return true;
}

bool vf_der_take(struct vf_bytes *in, struct vf_der *ret)
{
	struct vf_bytes rest = *in;
	struct vf_der d;
	uint64_t n;

	if (!vf_take_u8(&rest, &d.tag) || (d.tag & 0x1f) == 0x1f || d.tag == 0 || !take_length(&rest, &n))
		return false;
	if (n > rest.n || !vf_take(&rest, (size_t)n, &d.body))
		return false;
	d.whole = vf_bytes(in->p, in->n - rest.n);
	*in = rest;
	*ret = d;
	return true;
}

bool vf_der_take_tag(struct vf_bytes *in, uint8_t tag, struct vf_der *ret)
{
	return vf_der_peek(*in) == tag && vf_der_take(in, ret);
}

uint8_t vf_der_peek(struct vf_bytes in)
{
	uint8_t tag;

	return vf_take_u8(&in, &tag) ? tag : 0;
}

bool vf_der_take_optional(struct vf_bytes *in, uint8_t tag, struct vf_der *ret, bool *found)
{
	*found = vf_der_peek(*in) == tag;
	return !*found || vf_der_take(in, ret);
}

bool vf_der_only(struct vf_bytes b, uint8_t tag, struct vf_der *ret)
{
	return vf_der_take_tag(&b, tag, ret) && b.n == 0;
}

bool vf_der_is_integer(struct vf_bytes body)
{
	if (body.n == 0)
		return false;
	if (body.n == 1)
		return true;
	/* minimal: the first nine bits are neither all zero nor all one */
	return !(body.p[0] == 0 && body.p[1] < 0x80) && !(body.p[0] == 0xff && body.p[1] >= 0x80);
}

bool vf_der_uint(struct vf_bytes body, uint64_t *ret)
{
	uint64_t v = 0;

	if (!vf_der_is_integer(body) || body.p[0] >= 0x80 || body.n > 9 || (body.n == 9 && body.p[0] != 0))
		return false;
	for (size_t i = 0; i < body.n; i++)
		v = v << 8 | body.p[i];
	*ret = v;
	return true;
}

bool vf_der_bool(struct vf_bytes body, bool *ret)
{
	if (body.n != 1 || (body.p[0] != 0 && body.p[0] != 0xff))
		return false;
	*ret = body.p[0] != 0;
	return true;
}

bool vf_der_is_oid(struct vf_bytes body)
{
	bool start = true;

	if (body.n == 0 || body.n > VF_MAX_OID || body.p[body.n - 1] >= 0x80)
		return false;
	for (size_t i = 0; i < body.n; i++) {
		if (start && body.p[i] == 0x80)
			return false;
		start = body.p[i] < 0x80;
	}
	return true;
}

bool vf_der_bits(struct vf_bytes body, struct vf_bytes *ret)
{
	uint8_t unused;

	if (!vf_take_u8(&body, &unused) || unused != 0)
		return false;
	*ret = body;
	return true;
}

static bool take_two(struct vf_bytes *in, int *ret)
{
	struct vf_bytes b;

	if (!vf_take(in, 2, &b) || b.p[0] < '0' || b.p[0] > '9' || b.p[1] < '0' || b.p[1] > '9')
		return false;
	*ret = (b.p[0] - '0') * 10 + (b.p[1] - '0');
	return true;
}

static bool take_month_to_second(struct vf_bytes *in, struct vf_time *t)
{
	return take_two(in, &t->month) && take_two(in, &t->day) && take_two(in, &t->hour) &&
		take_two(in, &t->minute) && take_two(in, &t->second);
}

/* ".f…" without a trailing zero (X.690 11.7.3), cut to milliseconds. */
static bool take_fraction(struct vf_bytes *in, int *ret_ms)
{
	static const int weight[] = {100, 10, 1};
	uint8_t c = 0, last = 0;
	size_t n = 0;

	*ret_ms = 0;
	if (!vf_take_str(in, "."))
		return true;
	while (in->n && in->p[0] != 'Z' && vf_take_u8(in, &c)) {
		if (c < '0' || c > '9')
			return false;
		if (n < 3)
			*ret_ms += (c - '0') * weight[n];
		last = c;
		n++;
	}
	return n > 0 && n <= 9 && last != '0';
}

bool vf_der_generalized_time(struct vf_bytes in, int64_t *ret_ms)
{
	struct vf_time t = {0};
	int hi, lo;

	if (!take_two(&in, &hi) || !take_two(&in, &lo) || !take_month_to_second(&in, &t) ||
		!take_fraction(&in, &t.ms) || !vf_take_str(&in, "Z") || in.n != 0)
		return false;
	t.year = hi * 100 + lo;
	return vf_time_from(&t, ret_ms);
}

bool vf_der_utc_time(struct vf_bytes in, int64_t *ret_ms)
{
	struct vf_time t = {0};
	int yy;

	if (!take_two(&in, &yy) || !take_month_to_second(&in, &t) || !vf_take_str(&in, "Z") || in.n != 0)
		return false;
	t.year = yy < 50 ? 2000 + yy : 1900 + yy;
	return vf_time_from(&t, ret_ms);
}

/* At most seven unused bits, and those are zero (X.690 11.2.1). */
static bool is_bit_string(struct vf_bytes body)
{
	uint8_t unused;

	if (!vf_take_u8(&body, &unused) || unused > 7)
		return false;
	return unused == 0 || (body.n > 0 && (body.p[body.n - 1] & ((1u << unused) - 1)) == 0);
}

static bool is_strict(struct vf_bytes b, unsigned depth)
{
	struct vf_der d;

	while (b.n) {
		if (!vf_der_take(&b, &d))
			return false;
		if ((d.tag & 0x20) && (depth == 0 || !is_strict(d.body, depth - 1)))
			return false;
		if (d.tag == VF_DER_INTEGER && !vf_der_is_integer(d.body))
			return false;
		if (d.tag == VF_DER_NULL && d.body.n != 0)
			return false;
		if (d.tag == VF_DER_BOOLEAN && (d.body.n != 1 || (d.body.p[0] != 0 && d.body.p[0] != 0xff)))
			return false;
		if (d.tag == VF_DER_OID && !vf_der_is_oid(d.body))
			return false;
		if (d.tag == VF_DER_BIT_STRING && !is_bit_string(d.body))
			return false;
	}
	return true;
}

bool vf_der_is_strict(struct vf_bytes b)
{
	return b.n > 0 && is_strict(b, VF_MAX_DER_DEPTH);
}

void vf_der_oid_text(struct vf_bytes oid, char *out, size_t cap)
{
	uint64_t v = 0;
	size_t at = 0, i = 0;
	bool first = true, wide = false;

	out[0] = '\0';
	for (; i < oid.n && at + 24 < cap; i++) {
		wide = wide || v >> 57 != 0;
		v = v << 7 | (oid.p[i] & 0x7f);
		if (oid.p[i] >= 0x80)
			continue;
		if (wide) {
			at += (size_t)snprintf(out + at, cap - at, "%s?", first ? "" : ".");
		} else if (first) {
			uint64_t top = v < 80 ? v / 40 : 2;

			at += (size_t)snprintf(out + at, cap - at, "%" PRIu64 ".%" PRIu64, top, v - top * 40);
		} else {
			at += (size_t)snprintf(out + at, cap - at, ".%" PRIu64, v);
		}
		first = wide = false;
		v = 0;
	}
	if (i < oid.n && cap)
		snprintf(out + at, cap - at, "...");
}

size_t vf_der_head(uint8_t tag, uint64_t n, uint8_t *out)
{
	size_t octets = 0;

	out[0] = tag;
	if (n < 0x80) {
		out[1] = (uint8_t)n;
		return 2;
	}
	for (uint64_t v = n; v; v >>= 8)
		octets++;
	out[1] = (uint8_t)(0x80 | octets);
	for (size_t i = 0; i < octets; i++)
		out[2 + i] = (uint8_t)(n >> (8 * (octets - 1 - i)));
	return 2 + octets;
}
