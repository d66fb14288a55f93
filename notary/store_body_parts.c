#include "notary/store_body_inside.h"

#include <string.h>

#define FORM 1
#define FLAG_STREAM 1
#define FLAG_ERASED 2

void nt_body_put_number(struct nt_buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		nt_buf_put_u8(out, (uint8_t)(v | 0x80));
	nt_buf_put_u8(out, (uint8_t)v);
}

bool nt_body_take_number(struct vf_bytes *in, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t b;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		/* One encoding of a number: no octets that add nothing. */
		if (!vf_take_u8(in, &b) || (shift == 63 && b > 1) || (shift > 0 && b == 0))
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*ret = v;
			return true;
		}
	}
	return false;
}

void nt_body_put_string(struct nt_buf *out, struct vf_bytes b)
{
	nt_body_put_number(out, b.n);
	nt_buf_put(out, b);
}

bool nt_body_take_string(struct vf_bytes *in, struct vf_bytes *ret)
{
	uint64_t n;

	return nt_body_take_number(in, &n) && n <= in->n && vf_take(in, (size_t)n, ret);
}

bool nt_body_take_hash(struct vf_bytes *in, struct vf_hash *ret)
{
	struct vf_bytes b;

	if (!vf_take(in, 32, &b))
		return false;
	memcpy(ret->b, b.p, 32);
	return true;
}

static bool take_hash512(struct vf_bytes *in, struct vf_hash512 *ret)
{
	struct vf_bytes b;

	if (!vf_take(in, 64, &b))
		return false;
	memcpy(ret->b, b.p, 64);
	return true;
}

void nt_body_put_hash(struct nt_buf *out, const struct vf_hash *h)
{
	nt_buf_put(out, vf_bytes(h->b, 32));
}

void nt_body_put_pair(struct nt_buf *out, const struct vf_pair *p)
{
	nt_body_put_hash(out, &p->sha256);
	nt_buf_put(out, vf_bytes(p->sha512.b, 64));
}

bool nt_body_take_pair(struct vf_bytes *in, struct vf_pair *ret)
{
	struct vf_pair p;

	if (!nt_body_take_hash(in, &p.sha256) || !take_hash512(in, &p.sha512))
		return false;
	*ret = p;
	return true;
}

void nt_body_put_front(struct nt_buf *out, const struct nt_body_front *f)
{
	nt_buf_put_u8(out, FORM);
	nt_buf_put_u8(out, (uint8_t)((f->in_stream ? FLAG_STREAM : 0) | (f->erased ? FLAG_ERASED : 0)));
	nt_body_put_hash(out, &f->id);
	nt_buf_put(out, vf_bytes(f->id512.b, 64));
	nt_body_put_hash(out, &f->slot);
	nt_buf_put_u64be(out, (uint64_t)f->accepted_ms);
	nt_body_put_hash(out, &f->journal);
}

bool nt_body_is_zero(struct vf_bytes b)
{
	uint8_t any = 0;

	for (size_t i = 0; i < b.n; i++)
		any |= b.p[i];
	return any == 0;
}

bool nt_body_take_front(struct vf_bytes *in, struct nt_body_front *ret)
{
	struct nt_body_front f = {0};
	uint8_t form, flags;
	uint64_t ms;

	if (!vf_take_u8(in, &form) || form != FORM || !vf_take_u8(in, &flags) ||
		(flags & ~(FLAG_STREAM | FLAG_ERASED)) != 0 || !nt_body_take_hash(in, &f.id) ||
		!take_hash512(in, &f.id512) || !nt_body_take_hash(in, &f.slot) || !vf_take_u64be(in, &ms) ||
		ms > INT64_MAX || !nt_body_take_hash(in, &f.journal))
		return false;
	f.in_stream = (flags & FLAG_STREAM) != 0;
	f.erased = (flags & FLAG_ERASED) != 0;
	/* An erasure leaves no trace of what was erased. */
	if (f.erased && !nt_body_is_zero(vf_bytes(f.journal.b, 32)))
		return false;
	f.accepted_ms = (int64_t)ms;
	*ret = f;
	return true;
}

VF_RC nt_body_front(struct vf_bytes body, struct nt_body_front *ret, struct vf_err *reterr)
{
	if (!nt_body_take_front(&body, ret))
		return NT_BODY_FAIL(reterr);
	return VF_OK;
}

void nt_body_put_place(struct nt_buf *out, uint64_t stream, uint64_t seq, const struct vf_hash *prev)
{
	nt_body_put_number(out, stream);
	nt_body_put_number(out, seq);
	if (seq > 0)
		nt_body_put_hash(out, prev);
}

bool nt_body_take_place(struct vf_bytes *in, struct nt_body_refs *refs, struct nt_record *r)
{
	return nt_body_take_number(in, &refs->stream) && nt_body_take_number(in, &r->seq) && r->seq < INT64_MAX &&
		(r->seq == 0 || nt_body_take_hash(in, &r->prev));
}

static const struct vf_pair *known_at(const void *ctx, size_t i)
{
	const struct nt_body_known *k = ctx;

	return i == 0 ? &k->prev : &k->members[i - 1].digests;
}

bool nt_body_is_statement(struct vf_bytes name)
{
	return vf_bytes_is(name, "statement.json");
}

struct nt_known nt_body_known_of(const struct nt_body_known *k, struct vf_bytes name, size_t n_members)
{
	return (struct nt_known){known_at, k, nt_body_is_statement(name) ? n_members + 1 : 1};
}
