#include "verify/merkle.h"

#include <assert.h>
#include <inttypes.h>

#define MAX_SIZE ((uint64_t)VF_MAX_TREE_SIZE)

/* Bits up to the highest that is set; at most 63 for the sizes that are allowed. */
static unsigned bit_length(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static unsigned popcount(uint64_t v)
{
	return (unsigned)__builtin_popcountll(v);
}

static bool bit(uint64_t v, unsigned k)
{
	return (v >> k & 1) != 0;
}

struct vf_hash vf_merkle_leaf(struct vf_bytes entry)
{
	static const uint8_t prefix = 0x00;

	return vf_sha256_2(vf_bytes(&prefix, 1), entry);
}

struct vf_hash vf_merkle_node(const struct vf_hash *left, const struct vf_hash *right)
{
	uint8_t b[1 + 2 * sizeof(left->b)];

	b[0] = 0x01;
	memcpy(b + 1, left->b, sizeof(left->b));
	memcpy(b + 1 + sizeof(left->b), right->b, sizeof(right->b));
	return vf_sha256(vf_bytes(b, sizeof(b)));
}

struct vf_hash vf_merkle_empty(void)
{
	return vf_sha256(vf_bytes(NULL, 0));
}

/* ---- what is common to all proofs ---- */

static VF_RC check_length(size_t n, size_t want, struct vf_err *reterr)
{
	if (n == want)
		return VF_OK;
	return vf_fail(reterr, VF_PROOF_LENGTH, "the proof has %zu hashes, not %zu", n, want);
}

static VF_RC check_root(const struct vf_hash *got, const struct vf_hash *root, const char *name,
	struct vf_err *reterr)
{
	if (vf_hash_eq(got, root))
		return VF_OK;
	return vf_fail(reterr, VF_PROOF_ROOT, "the proof does not lead to the %s", name);
}

/* One step upward per bit of path: a set bit says that the proof's hash is on the left. */
static struct vf_hash climb(struct vf_hash r, uint64_t path, const struct vf_hash *proof, size_t n)
{
	for (unsigned k = 0; k < n; k++)
		r = bit(path, k) ? vf_merkle_node(&proof[k], &r) : vf_merkle_node(&r, &proof[k]);
	return r;
}

/* The steps along the right border of a tree: the hashes [from, to) of the proof are on the left. */
static struct vf_hash climb_border(struct vf_hash r, const struct vf_hash *proof, size_t from, size_t to)
{
	for (size_t k = from; k < to; k++)
		r = vf_merkle_node(&proof[k], &r);
	return r;
}

/* ---- inclusion ---- */

/* The part of an inclusion path that is the same in every larger tree; above it is the border. */
static unsigned inner_length(uint64_t index, uint64_t size)
{
	return bit_length(index ^ (size - 1));
}

bool vf_merkle_inclusion_length(uint64_t index, uint64_t size, size_t *ret)
{
	if (size > MAX_SIZE || index >= size)
		return false;
	*ret = inner_length(index, size) + popcount(index >> inner_length(index, size));
	return true;
}

VF_RC vf_merkle_check_inclusion(uint64_t index, uint64_t size, const struct vf_hash *leaf,
	const struct vf_hash *proof, size_t n, const struct vf_hash *root, struct vf_err *reterr)
{
	struct vf_hash r;
	size_t want, inner;
	enum vf_rc rc;

	if (!vf_merkle_inclusion_length(index, size, &want))
		return vf_fail(reterr, VF_PROOF_INDEX, "no entry %" PRIu64 " in a log of %" PRIu64, index,
			size);
	rc = check_length(n, want, reterr);
	if (rc != VF_OK)
		return rc;
	inner = inner_length(index, size);
	r = climb(*leaf, index, proof, inner);
	r = climb_border(r, proof, inner, n);
	return check_root(&r, root, "root", reterr);
}

VF_RC vf_merkle_check_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
	const struct vf_hash *leaf, const struct vf_hash *proof, size_t n, const struct vf_hash *root,
	struct vf_err *reterr)
{
	if (end > MAX_SIZE || !vf_merkle_subtree_is(start, end) || index < start || index >= end)
		return vf_fail(reterr, VF_PROOF_INDEX,
			"no entry %" PRIu64 " in a subtree [%" PRIu64 ", %" PRIu64 ")", index, start, end);
	return vf_merkle_check_inclusion(index - start, end - start, leaf, proof, n, root, reterr);
}

/* ---- consistency ---- */

bool vf_merkle_subtree_is(uint64_t start, uint64_t end)
{
	uint64_t n = end - start;

	if (start > end || n > (uint64_t)1 << 63)
		return start == 0;
	if (start == 0 || n <= 1)
		return true;
	/* the smallest power of two that is not below n divides start */
	return (start & (((uint64_t)1 << bit_length(n - 1)) - 1)) == 0;
}

/*
 * The shape of a consistency proof from the subtree [start, end) to a larger
 * tree. The path to the subtree's last leaf and the path to the tree's last leaf
 * part at height fork; the proof begins at height shift, the largest perfect
 * subtree at the end of [start, end).
 */
struct shape {
	bool seeded; /* the seed is the subroot itself and not in the proof */
	unsigned inner, border, shift, fork;
	uint64_t mask;
};

/* Needs start < end < size. */
static struct shape shape_of(uint64_t start, uint64_t end, uint64_t size)
{
	struct shape s = {.fork = bit_length((end - 1) ^ (size - 1))};

	assert(start < end && end < size);
	s.border = popcount((end - 1) >> s.fork);
	s.shift = (unsigned)__builtin_ctzll(end - start);
	s.seeded = end - start == (uint64_t)1 << s.shift;
	/* end - 1 ends in shift one bits and end <= size - 1, so they part above them */
	assert(s.shift < s.fork);
	s.inner = s.fork - s.shift;
	s.mask = (end - 1) >> s.shift;
	return s;
}

bool vf_merkle_consistency_length(uint64_t from, uint64_t to, size_t *ret)
{
	struct shape s;

	if (to > MAX_SIZE || from > to)
		return false;
	*ret = 0;
	if (from == 0 || from == to)
		return true;
	s = shape_of(0, from, to);
	*ret = s.inner + s.border + (s.seeded ? 0u : 1u);
	return true;
}

/* The hash of the subtree, from the same proof: only what lies inside it. */
static struct vf_hash subroot_of(const struct shape *s, uint64_t start, uint64_t end, struct vf_hash r,
	const struct vf_hash *proof)
{
	unsigned height = bit_length((end - 1) ^ start);
	unsigned inside = (height < s->fork ? height : s->fork) - s->shift;
	unsigned above = popcount((end - 1) >> height);

	for (unsigned k = 0; k < inside; k++)
		if (bit(s->mask, k))
			r = vf_merkle_node(&proof[k], &r);
	if (s->border > above)
		r = climb_border(r, proof, s->inner, s->inner + s->border - above);
	return r;
}

/* end = size: the subtree is the right border of the tree. */
static VF_RC check_border(uint64_t start, uint64_t end, const struct vf_hash *subroot,
	const struct vf_hash *root, const struct vf_hash *proof, size_t n, struct vf_err *reterr)
{
	unsigned height = bit_length((end - 1) ^ start);
	struct vf_hash r;
	enum vf_rc rc = check_length(n, popcount(start >> height), reterr);

	if (rc != VF_OK)
		return rc;
	r = climb_border(*subroot, proof, 0, n);
	return check_root(&r, root, "root", reterr);
}

static VF_RC check_inside(uint64_t start, uint64_t end, uint64_t size, const struct vf_hash *subroot,
	const struct vf_hash *root, const struct vf_hash *proof, size_t n, struct vf_err *reterr)
{
	struct shape s = shape_of(start, end, size);
	struct vf_hash seed, r;
	enum vf_rc rc = check_length(n, s.inner + s.border + (s.seeded ? 0u : 1u), reterr);

	if (rc != VF_OK)
		return rc;
	seed = s.seeded ? *subroot : proof[0];
	if (!s.seeded)
		proof = &proof[1];
	r = climb(seed, s.mask, proof, s.inner);
	r = climb_border(r, proof, s.inner, s.inner + s.border);
	rc = check_root(&r, root, "root of the larger tree", reterr);
	if (rc != VF_OK || s.seeded)
		return rc;
	r = subroot_of(&s, start, end, seed, proof);
	return check_root(&r, subroot, "root of the smaller tree", reterr);
}

VF_RC vf_merkle_check_subtree_consistency(uint64_t start, uint64_t end, uint64_t size,
	const struct vf_hash *subroot, const struct vf_hash *root, const struct vf_hash *proof, size_t n,
	struct vf_err *reterr)
{
	struct vf_hash empty = vf_merkle_empty();
	enum vf_rc rc;

	if (size > MAX_SIZE || end > size || !vf_merkle_subtree_is(start, end))
		return vf_fail(reterr, VF_PROOF_INDEX,
			"no subtree [%" PRIu64 ", %" PRIu64 ") in a log of %" PRIu64, start, end, size);
	if (start == end) {
		rc = check_length(n, 0, reterr);
		return rc != VF_OK ? rc : check_root(subroot, &empty, "root of the empty tree", reterr);
	}
	if (end == size)
		return check_border(start, end, subroot, root, proof, n, reterr);
	return check_inside(start, end, size, subroot, root, proof, n, reterr);
}

VF_RC vf_merkle_check_consistency(uint64_t from, uint64_t to, const struct vf_hash *root_from,
	const struct vf_hash *root_to, const struct vf_hash *proof, size_t n, struct vf_err *reterr)
{
	struct vf_hash empty = vf_merkle_empty();

	if (to > MAX_SIZE || from > to)
		return vf_fail(reterr, VF_PROOF_INDEX, "no tree of %" PRIu64 " in a log of %" PRIu64, from,
			to);
	/* the only root of size 0 that any reader may take */
	if (to == 0 && !vf_hash_eq(root_to, &empty))
		return vf_fail(reterr, VF_PROOF_ROOT, "the root of the empty tree is another");
	return vf_merkle_check_subtree_consistency(0, from, to, root_from, root_to, proof, n, reterr);
}

/* ---- frontier ---- */

void vf_frontier_append(struct vf_frontier *f, const struct vf_hash *leaf)
{
	unsigned top = popcount(f->size);
	struct vf_hash h = *leaf;

	assert(f->size < MAX_SIZE);
	/* each trailing one bit is a perfect subtree that the new one completes */
	for (uint64_t s = f->size; (s & 1) != 0; s >>= 1)
		h = vf_merkle_node(&f->stack[--top], &h);
	f->stack[top] = h;
	f->size++;
}

struct vf_hash vf_frontier_root(const struct vf_frontier *f)
{
	unsigned top = popcount(f->size);
	struct vf_hash r;

	if (top == 0)
		return vf_merkle_empty();
	r = f->stack[--top];
	while (top > 0)
		r = vf_merkle_node(&f->stack[--top], &r);
	return r;
}
