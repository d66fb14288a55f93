#include "verify/ber.h"

#include "verify/der.h"
#include "verify/limits.h"

/* A primitive OCTET STRING has tag 0x04, one in pieces this. */
#define OCTETS_IN_PIECES 0x24
#define IS_CONSTRUCTED(tag) (((tag) & 0x20) != 0)

struct head {
	uint8_t tag;
	bool indefinite;
	bool minimal;
	size_t n; /* of the contents, when definite */
};

/* The octets after the first one of a long length; any number of zeros may come first. */
static bool take_long(struct vf_bytes *in, unsigned octets, struct head *h)
{
	uint64_t v = 0;
	uint8_t c;

	for (unsigned i = 0; i < octets; i++) {
		if (!vf_take_u8(in, &c) || v > UINT32_MAX >> 8)
			return false;
		if (i == 0 && c == 0)
			h->minimal = false;
		v = v << 8 | c;
	}
	if (v < 0x80)
		h->minimal = false;
	h->n = (size_t)v;
	return true;
}

/* Tag and length. The contents are in the range when the length is definite. */
static bool take_head(struct vf_bytes *in, struct head *ret)
{
	struct vf_bytes rest = *in;
	struct head h = {.minimal = true};
	uint8_t first;

	if (!vf_take_u8(&rest, &h.tag) || (h.tag & 0x1f) == 0x1f || h.tag == 0 || !vf_take_u8(&rest, &first))
		return false;
	if (first == 0x80) {
		h.indefinite = true;
		if (!IS_CONSTRUCTED(h.tag))
			return false;
	} else if (first < 0x80) {
		h.n = first;
	} else if (first == 0xff || !take_long(&rest, first & 0x7fu, &h)) {
		return false; /* 0xff is reserved (X.690 8.1.3.5) */
	}
	if (h.n > rest.n)
		return false;
	*in = rest;
	*ret = h;
	return true;
}

/* The two zeros that end an indefinite length. */
static bool take_end(struct vf_bytes *in)
{
	static const uint8_t zeros[2];
	struct vf_bytes end;

	if (in->n < 2 || !vf_bytes_slice(*in, 0, 2, &end) || !vf_bytes_eq(end, vf_bytes(zeros, 2)))
		return false;
	return vf_take(in, 2, &end);
}

/* Passes over what an indefinite length holds, and the zeros at its end; definite elements are not opened. */
static bool skip_open(struct vf_bytes *in)
{
	struct vf_bytes body;
	size_t open = 1;
	struct head h;

	while (open > 0) {
		if (take_end(in))
			open--;
		else if (!take_head(in, &h) || !vf_take(in, h.n, &body))
			return false;
		else if (h.indefinite)
			open++;
	}
	return true;
}

bool vf_ber_take(struct vf_bytes *in, struct vf_ber *ret)
{
	struct vf_bytes rest = *in, contents;
	struct vf_ber b = {0};
	struct head h;

	if (!take_head(&rest, &h))
		return false;
	contents = rest;
	if (h.indefinite ? !skip_open(&rest) : !vf_take(&rest, h.n, &b.body))
		return false;
	if (h.indefinite && !vf_bytes_slice(contents, 0, contents.n - rest.n - 2, &b.body))
		return false;
	if (!vf_bytes_slice(*in, 0, in->n - rest.n, &b.whole))
		return false;
	b.tag = h.tag;
	b.indefinite = h.indefinite;
	*in = rest;
	*ret = b;
	return true;
}

/*
 * One conversion. The walk runs three times over the input, each time the same
 * way, depth first: it counts the constructed elements, then it notes the
 * length in DER of each of them, then it writes. lengths[i] is that of the
 * i-th constructed element whose head was met.
 */
enum pass { COUNT, MEASURE, WRITE };

struct work {
	enum pass pass;
	bool changes; /* something is not as in DER */
	bool deep;    /* refused for its depth */
	size_t n;     /* constructed elements met so far in this pass */
	uint32_t *lengths;
	uint8_t *out; /* where the next octet goes */
};

static void put(struct work *w, struct vf_bytes b)
{
	if (w->pass != WRITE)
		return;
	if (b.n)
		memcpy(w->out, b.p, b.n);
	w->out += b.n;
}

static size_t put_head(struct work *w, uint8_t tag, size_t n)
{
	uint8_t head[VF_DER_HEAD];
	size_t size = vf_der_head(tag, n, head);

	put(w, vf_bytes(head, size));
	return size;
}

static bool walk(struct work *w, struct vf_bytes *in, bool open, bool pieces, unsigned depth, size_t *ret);

/* Universal types that DER may show as constructed: SEQUENCE, SET, EXTERNAL, EMBEDDED PDV. */
static bool may_be_constructed(uint8_t tag)
{
	return (tag & 0xc0) != 0 || tag == VF_DER_SEQUENCE || tag == VF_DER_SET || tag == 0x28 || tag == 0x2b;
}

/* One constructed element after its head; *ret is its whole length in DER, or its contents' as a piece. */
static bool walk_constructed(struct work *w, struct vf_bytes *in, const struct head *h, bool pieces, unsigned depth,
	size_t *ret)
{
	bool octets = h->tag == OCTETS_IN_PIECES;
	struct vf_bytes body = *in;
	size_t at = w->n++, n, head = 0;

	if (depth == 0) {
		w->deep = true;
		return false;
	}
	if (!octets && !may_be_constructed(h->tag))
		return false;
	w->changes |= h->indefinite || octets;
	if (w->pass == WRITE && !pieces)
		head = put_head(w, octets ? VF_DER_OCTET_STRING : h->tag, w->lengths[at]);
	if (!h->indefinite && !vf_take(in, h->n, &body))
		return false;
	if (!walk(w, h->indefinite ? in : &body, h->indefinite, octets, depth - 1, &n))
		return false;
	if (w->pass == MEASURE)
		w->lengths[at] = (uint32_t)n;
	if (w->pass != WRITE && !pieces)
		head = put_head(w, h->tag, n);
	*ret = head + n;
	return true;
}

/*
 * The elements up to the end of in or, when open, up to and with its two zeros.
 * As pieces they are OCTET STRINGs, of which the contents alone count. *ret is
 * their length in DER. Recursion ends with depth.
 */
static bool walk(struct work *w, struct vf_bytes *in, bool open, bool pieces, unsigned depth, size_t *ret)
{
	struct vf_bytes body;
	size_t sum = 0, n;
	struct head h;

	while (open ? !take_end(in) : in->n > 0) {
		if (!take_head(in, &h) || (pieces && h.tag != OCTETS_IN_PIECES && h.tag != VF_DER_OCTET_STRING))
			return false;
		w->changes |= !h.minimal;
		if (IS_CONSTRUCTED(h.tag)) {
			if (!walk_constructed(w, in, &h, pieces, depth, &n))
				return false;
			sum += n;
			continue;
		}
		if (!vf_take(in, h.n, &body))
			return false;
		if (!pieces)
			sum += put_head(w, h.tag, body.n);
		put(w, body);
		sum += body.n;
	}
	*ret = sum;
	return true;
}

static bool run(struct work *w, enum pass pass, struct vf_bytes in, size_t *ret)
{
	w->pass = pass;
	w->n = 0;
	return walk(w, &in, false, false, VF_MAX_DER_DEPTH, ret);
}

/* Writes what the first pass found to need changes. */
static enum vf_rc write_der(struct work *w, struct vf_bytes ber, struct vf_arena *a, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	uint8_t *p;
	size_t n;

	w->lengths = VF_NEW(a, w->n, uint32_t);
	if (!w->lengths)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu lengths", w->n);
	if (!run(w, MEASURE, ber, &n))
		return vf_fail(reterr, VF_INTERNAL, "BER that was readable is not any more");
	p = VF_NEW(a, n, uint8_t);
	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu octets of DER", n);
	w->out = p;
	if (!run(w, WRITE, ber, &n) || n != (size_t)(w->out - p))
		return vf_fail(reterr, VF_INTERNAL, "DER is not as long as was measured");
	*ret = vf_bytes(p, n);
	return VF_OK;
}

VF_RC vf_ber_to_der(struct vf_bytes ber, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes in = ber, out = ber;
	enum vf_rc rc = VF_OK;
	struct work w = {0};
	struct vf_ber all;
	size_t n;

	if (ber.n > VF_MAX_PART)
		return vf_fail(reterr, VF_LIMIT, "an element of %zu octets", ber.n);
	if (!vf_ber_take(&in, &all) || in.n != 0)
		return vf_fail(reterr, VF_CMS_SHAPE, "not one element of BER");
	if (!run(&w, COUNT, ber, &n))
		return w.deep ? vf_fail(reterr, VF_LIMIT, "elements nested deeper than %d", VF_MAX_DER_DEPTH) :
				vf_fail(reterr, VF_CMS_SHAPE, "malformed BER");
	if (w.changes)
		rc = write_der(&w, ber, a, &out, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_der_is_strict(out))
		return vf_fail(reterr, VF_CMS_SHAPE, "a value that is not DER");
	*ret = out;
	return VF_OK;
}
