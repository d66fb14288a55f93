#include "notary/tree.h"

#include <stdlib.h>

struct nt_tree {
	size_t n;
	struct vf_hash *nodes; /* level after level: n leaves, then (n + 1) / 2 nodes, … */
};

static int hash_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct vf_hash));
}

static size_t all_nodes(size_t n)
{
	size_t all = n;

	for (; n > 1; all += n)
		n = n / 2 + n % 2;
	return all;
}

static struct vf_hash parent(const struct vf_hash *a, const struct vf_hash *b)
{
	bool ascending = memcmp(a->b, b->b, sizeof(a->b)) <= 0;
	struct vf_bytes x = vf_bytes(a->b, sizeof(a->b)), y = vf_bytes(b->b, sizeof(b->b));

	return ascending ? vf_sha256_2(x, y) : vf_sha256_2(y, x);
}

VF_RC nt_tree_new(struct vf_hash *ids, size_t n, struct nt_tree **ret, struct vf_err *reterr)
{
	struct nt_tree *t = malloc(sizeof(*t));
	struct vf_hash *level, *above;

	if (!t || !(t->nodes = calloc(all_nodes(n), sizeof(*t->nodes)))) {
		free(t);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a tree of %zu leaves", n);
	}
	t->n = n;
	qsort(ids, n, sizeof(*ids), hash_order);
	memcpy(t->nodes, ids, n * sizeof(*ids));
	for (level = t->nodes; n > 1; level = above, n = n / 2 + n % 2) {
		above = level + n;
		for (size_t i = 0; i + 1 < n; i += 2)
			above[i / 2] = parent(&level[i], &level[i + 1]);
		if (n % 2)
			above[n / 2] = level[n - 1];
	}
	*ret = t;
	return VF_OK;
}

struct nt_tree *nt_tree_free(struct nt_tree *t)
{
	if (t)
		free(t->nodes);
	free(t);
	return NULL;
}

struct vf_hash nt_tree_root(const struct nt_tree *t)
{
	return t->nodes[all_nodes(t->n) - 1];
}

VF_RC nt_tree_path(const struct nt_tree *t, const struct vf_hash *id, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr)
{
	const struct vf_hash *level = t->nodes, *leaf = bsearch(id, t->nodes, t->n, sizeof(*id), hash_order);
	size_t at, n = 0;

	if (!leaf)
		return vf_fail(reterr, VF_UNKNOWN_RECORD, "the record is not in this batch");
	at = (size_t)(leaf - t->nodes);
	for (size_t width = t->n; width > 1; width = width / 2 + width % 2) {
		if ((at ^ 1) < width)
			ret[n++] = level[at ^ 1];
		level += width;
		at /= 2;
	}
	*ret_n = n;
	return VF_OK;
}
