#include "notary/tree.h"

#include <stdlib.h>

/*
 * nodes holds the sorted leaves, then each level above. While the leaves are
 * being sorted, the room of the inner nodes holds the sort keys.
 */
struct nt_tree {
	enum vf_alg alg;
	size_t size;  /* octets of a node */
	size_t n;     /* leaves */
	size_t nodes_n;
	uint8_t *nodes;
	uint32_t *position; /* of the leaf of each rank, as given */
	size_t levels;
	size_t level_at[NT_TREE_PATH + 1], level_n[NT_TREE_PATH + 1];
};

/* The first four octets of a leaf decide nearly always. */
struct key {
	uint32_t head, position;
};

static struct vf_bytes node(const struct nt_tree *t, size_t level, size_t i)
{
	return vf_bytes(t->nodes + (t->level_at[level] + i) * t->size, t->size);
}

/* Four passes over an octet each, least significant first; the result is in a again. */
static void sort_by_head(struct key *a, struct key *b, size_t n)
{
	for (unsigned shift = 0; shift < 32; shift += 8) {
		size_t at[257] = {0};
		struct key *t = a;

		for (size_t i = 0; i < n; i++)
			at[(a[i].head >> shift & 0xff) + 1]++;
		for (size_t c = 0; c < 256; c++)
			at[c + 1] += at[c];
		for (size_t i = 0; i < n; i++)
			b[at[a[i].head >> shift & 0xff]++] = a[i];
		a = b;
		b = t;
	}
}

struct leaves {
	const uint8_t *p;
	size_t size;
};

/* Equal values keep the order in which they were given, so that a batch has one tree. */
static int key_order(const void *a, const void *b, void *ctx)
{
	const struct key *x = a, *y = b;
	const struct leaves *v = ctx;
	int r = memcmp(v->p + x->position * v->size, v->p + y->position * v->size, v->size);

	return r ? r : (x->position > y->position) - (x->position < y->position);
}

/* Whole values decide among leaves with the same head: few, unless somebody made them so. */
static void sort_runs(struct key *keys, size_t n, struct leaves v)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && keys[end].head == keys[i].head;)
			end++;
		if (end - i > 1)
			qsort_r(keys + i, end - i, sizeof(*keys), key_order, &v);
	}
}

static uint32_t head_of(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Fills the leaves and their positions in ascending order. */
static void place_leaves(struct nt_tree *t, const uint8_t *values)
{
	struct key *keys = (struct key *)(void *)(t->nodes + t->n * t->size), *spare = keys + t->n;

	for (size_t i = 0; i < t->n; i++)
		keys[i] = (struct key){head_of(values + i * t->size), (uint32_t)i};
	sort_by_head(keys, spare, t->n);
	sort_runs(keys, t->n, (struct leaves){values, t->size});
	for (size_t i = 0; i < t->n; i++) {
		t->position[i] = keys[i].position;
		if (i + 8 < t->n)
			__builtin_prefetch(values + keys[i + 8].position * t->size);
		memcpy(t->nodes + i * t->size, values + keys[i].position * t->size, t->size);
	}
}

static enum vf_rc parent(const struct nt_tree *t, struct vf_bytes a, struct vf_bytes b, uint8_t *ret,
	struct vf_err *reterr)
{
	const bool ascend = memcmp(a.p, b.p, t->size) <= 0;
	const struct vf_bytes lo = ascend ? a : b, hi = ascend ? b : a;
	struct vf_digest d;
	enum vf_rc rc;

	if (t->alg == VF_SHA256) {
		struct vf_hash h = vf_sha256_2(lo, hi);

		memcpy(ret, h.b, sizeof(h.b));
		return VF_OK;
	}
	rc = vf_digest_2(t->alg, lo, hi, &d, reterr);
	if (rc == VF_OK)
		memcpy(ret, d.b, t->size);
	return rc;
}

static enum vf_rc build_levels(struct nt_tree *t, struct vf_err *reterr)
{
	for (size_t l = 1; l < t->levels; l++) {
		const size_t below = t->level_n[l - 1];

		for (size_t i = 0; i < t->level_n[l]; i++) {
			uint8_t *out = t->nodes + (t->level_at[l] + i) * t->size;
			struct vf_bytes left = node(t, l - 1, 2 * i);
			enum vf_rc rc = VF_OK;

			if (2 * i + 1 == below)
				memcpy(out, left.p, t->size);
			else
				rc = parent(t, left, node(t, l - 1, 2 * i + 1), out, reterr);
			if (rc != VF_OK)
				return rc;
		}
	}
	return VF_OK;
}

static void lay_out(struct nt_tree *t)
{
	size_t n = t->n;

	for (t->levels = 0;; n = (n + 1) / 2) {
		t->level_at[t->levels] = t->nodes_n;
		t->level_n[t->levels++] = n;
		t->nodes_n += n;
		if (n == 1)
			break;
	}
}

VF_RC nt_tree_new_alg(enum vf_alg alg, struct vf_bytes values, struct nt_tree **ret, struct vf_err *reterr)
{
	const size_t size = vf_alg_size(alg);
	VF_CLEANUP(nt_tree_freep) struct nt_tree *t = NULL;
	uint64_t octets;
	size_t room;
	enum vf_rc rc;

	/* the sort keys need 16 octets a leaf in the room of the inner nodes, which 32 octets a node give */
	if (size < sizeof(struct vf_hash))
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "no tree is built with %s", vf_alg_name(alg));
	if (values.n == 0 || values.n % size != 0 || values.n / size > UINT32_MAX)
		return vf_fail(reterr, VF_LIMIT, "a tree of %zu octets of %s", values.n, vf_alg_name(alg));
	t = calloc(1, sizeof(*t));
	if (!t)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a tree");
	t->alg = alg;
	t->size = size;
	t->n = values.n / size;
	lay_out(t);
	room = t->nodes_n > 1 ? t->nodes_n : 2;
	if (!vf_mul(room, size, &octets) || octets > SIZE_MAX)
		return vf_fail(reterr, VF_LIMIT, "a tree of %zu leaves", t->n);
	t->nodes = malloc((size_t)octets);
	t->position = malloc(t->n * sizeof(*t->position));
	if (!t->nodes || !t->position)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a tree of %zu leaves", t->n);
	place_leaves(t, values.p);
	rc = build_levels(t, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = t;
	t = NULL;
	return VF_OK;
}

VF_RC nt_tree_new(const struct vf_hash *ids, size_t n, struct nt_tree **ret, struct vf_err *reterr)
{
	uint64_t octets;

	if (!vf_mul(n, sizeof(*ids), &octets) || octets > SIZE_MAX)
		return vf_fail(reterr, VF_LIMIT, "a tree of %zu leaves", n);
	return nt_tree_new_alg(VF_SHA256, vf_bytes(ids, (size_t)octets), ret, reterr);
}

struct nt_tree *nt_tree_free(struct nt_tree *tree)
{
	if (!tree)
		return NULL;
	free(tree->nodes);
	free(tree->position);
	free(tree);
	return NULL;
}

size_t nt_tree_n(const struct nt_tree *tree)
{
	return tree->n;
}

size_t nt_tree_memory(const struct nt_tree *tree)
{
	return sizeof(*tree) + tree->nodes_n * tree->size + tree->n * sizeof(*tree->position);
}

struct vf_digest nt_tree_root(const struct nt_tree *tree)
{
	struct vf_digest d = {.alg = tree->alg};

	memcpy(d.b, node(tree, tree->levels - 1, 0).p, tree->size);
	return d;
}

struct vf_bytes nt_tree_leaf(const struct nt_tree *tree, size_t rank, size_t *ret_position)
{
	*ret_position = tree->position[rank];
	return node(tree, 0, rank);
}

struct vf_bytes nt_tree_path_at(const struct nt_tree *tree, size_t rank, uint8_t *ret)
{
	size_t n = 0;

	for (size_t l = 0; l < tree->levels; l++, rank /= 2) {
		const size_t sibling = rank ^ 1;

		if (sibling < tree->level_n[l])
			memcpy(ret + tree->size * n++, node(tree, l, sibling).p, tree->size);
	}
	return vf_bytes(ret, n * tree->size);
}

bool nt_tree_rank(const struct nt_tree *tree, struct vf_bytes value, size_t *ret)
{
	size_t lo = 0, hi = tree->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (vf_bytes_cmp(node(tree, 0, mid), value) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret = lo;
	return lo < tree->n && vf_bytes_eq(node(tree, 0, lo), value);
}

VF_RC nt_tree_path(const struct nt_tree *tree, const struct vf_hash *id, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr)
{
	size_t rank;

	if (tree->alg != VF_SHA256)
		return vf_fail(reterr, VF_ER_ALGORITHM, "the tree is of %s", vf_alg_name(tree->alg));
	if (!nt_tree_rank(tree, vf_bytes(id->b, sizeof(id->b)), &rank))
		return vf_fail(reterr, VF_ER_NOT_COVERED, "no leaf of the tree has this value");
	*ret_n = nt_tree_path_at(tree, rank, ret->b).n / sizeof(*ret);
	return VF_OK;
}
