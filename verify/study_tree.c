#include "verify/study_tree.h"

#include "verify/merkle.h"

static VF_RC node_of(const struct vf_study_tree *t, const struct vf_study_node *left, const struct vf_study_node *right, uint8_t *ret,
	struct vf_err *reterr)
{
	size_t n = vf_alg_size(t->alg);
	struct vf_bytes a = vf_bytes(left->b, n), b = vf_bytes(right->b, n);
	struct vf_hash l, r;
	struct vf_digest d;
	enum vf_rc rc;

	if (t->is_log) {
		memcpy(l.b, left->b, sizeof(l.b));
		memcpy(r.b, right->b, sizeof(r.b));
		l = vf_merkle_node(&l, &r);
		memcpy(ret, l.b, sizeof(l.b));
		return VF_OK;
	}
	rc = vf_bytes_cmp(a, b) > 0 ? vf_digest_2(t->alg, b, a, &d, reterr) : vf_digest_2(t->alg, a, b, &d, reterr);
	if (rc == VF_OK)
		memcpy(ret, d.b, n);
	return rc;
}

/*
 * Puts the hashes of absent siblings between the n nodes of a level that are known, from behind, so that each is moved once.
 * Invariant: nodes[0..i) are not moved yet, nodes[to..) are in place.
 */
static VF_RC fill_level(const struct vf_study_tree *t, struct vf_study_node *nodes, size_t n, size_t *ret_n, struct vf_bytes *absent,
	uint64_t width, struct vf_err *reterr)
{
	size_t lack = 0, size = vf_alg_size(t->alg), to, given;
	struct vf_bytes all, one;

	for (size_t i = 0; i < n; i++) {
		bool has_left = i > 0 && nodes[i - 1].at == (nodes[i].at ^ 1), has_right = i + 1 < n && nodes[i + 1].at == (nodes[i].at ^ 1);

		lack += !has_left && !has_right && (nodes[i].at ^ 1) < width;
	}
	if (!vf_take(absent, lack * size, &all))
		return vf_fail(reterr, VF_STUDY_SHAPE, "a tree lacks hashes of what is absent");
	to = n + lack;
	given = lack;
	*ret_n = to;
	for (size_t i = n; i > 0;) {
		struct vf_study_node last = nodes[--i];
		uint64_t twin = last.at ^ 1;

		if (i > 0 && nodes[i - 1].at == twin) {
			nodes[--to] = last;
			nodes[--to] = nodes[--i];
			continue;
		}
		if (twin >= width) { /* carried up */
			nodes[--to] = last;
			continue;
		}
		if (!vf_bytes_slice(all, --given * size, size, &one))
			return vf_fail(reterr, VF_INTERNAL, "hashes of a level were miscounted");
		to -= 2;
		nodes[to + (last.at & 1)] = last;
		nodes[to + (twin & 1)].at = twin;
		memcpy(nodes[to + (twin & 1)].b, one.p, size);
	}
	return VF_OK;
}

/* The parents of a level that is filled: known ones alone. */
static VF_RC lift_level(const struct vf_study_tree *t, const struct vf_study_node *nodes, size_t n, struct vf_study_node *up, size_t *ret_n,
	struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	size_t k = 0;

	for (size_t i = 0; rc == VF_OK && i < n; k++) {
		up[k].at = nodes[i].at / 2;
		if (i + 1 < n && nodes[i + 1].at == (nodes[i].at ^ 1)) {
			rc = node_of(t, &nodes[i], &nodes[i + 1], up[k].b, reterr);
			i += 2;
		} else {
			memcpy(up[k].b, nodes[i].b, sizeof(up[k].b));
			i++;
		}
	}
	*ret_n = k;
	return rc;
}

VF_RC vf_study_tree_make(struct vf_study_tree *t, struct vf_study_node *leaves, size_t n, struct vf_bytes *absent, struct vf_arena *a,
	struct vf_err *reterr)
{
	uint64_t width = t->size;
	size_t level = 0;

	if (n == 0 || n > t->size)
		return vf_fail(reterr, VF_STUDY_SHAPE, "a tree has %zu of %llu leaves", n, (unsigned long long)t->size);
	for (struct vf_study_node *nodes = leaves;; level++) {
		enum vf_rc rc;

		if (level == VF_STUDY_LEVELS)
			return vf_fail(reterr, VF_STUDY_SHAPE, "a tree is too high");
		rc = fill_level(t, nodes, n, &t->n[level], absent, width, reterr);
		if (rc != VF_OK)
			return rc;
		t->levels[level] = nodes;
		t->width[level] = width;
		if (width == 1)
			break;
		nodes = VF_NEW(a, t->n[level] + 2, struct vf_study_node);
		if (!nodes)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a tree");
		rc = lift_level(t, t->levels[level], t->n[level], nodes, &n, reterr);
		if (rc != VF_OK)
			return rc;
		width = width / 2 + width % 2;
	}
	t->n_levels = level + 1;
	return VF_OK;
}

struct vf_digest vf_study_tree_root(const struct vf_study_tree *t)
{
	struct vf_digest d = {.alg = t->alg};

	memcpy(d.b, t->levels[t->n_levels - 1][0].b, vf_alg_size(t->alg));
	return d;
}

static const struct vf_study_node *find_node(const struct vf_study_tree *t, size_t level, uint64_t at)
{
	size_t low = 0, high = t->n[level];

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->levels[level][mid].at == at)
			return &t->levels[level][mid];
		if (t->levels[level][mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool vf_study_tree_sibling(const struct vf_study_tree *t, uint64_t at, size_t k, struct vf_bytes *ret)
{
	for (size_t level = 0; level < t->n_levels; level++, at /= 2) {
		const struct vf_study_node *twin;

		if ((at ^ 1) >= t->width[level]) /* carried up: no sibling here */
			continue;
		if (k-- > 0)
			continue;
		twin = find_node(t, level, at ^ 1);
		if (twin)
			*ret = vf_bytes(twin->b, vf_alg_size(t->alg));
		return twin != NULL;
	}
	return false;
}

bool vf_study_tree_find(const struct vf_study_tree *t, struct vf_bytes value, uint64_t *ret)
{
	size_t low = 0, high = t->n_levels ? t->n[0] : 0;

	while (low < high) { /* the positions of a batch tree ascend by value */
		size_t mid = low + (high - low) / 2;
		int c = vf_bytes_cmp(vf_bytes(t->levels[0][mid].b, vf_alg_size(t->alg)), value);

		if (c == 0)
			*ret = t->levels[0][mid].at;
		if (c == 0)
			return true;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
