/*
 * The batch tree of docs/formats/seal.md: RFC 4998 nodes over sorted leaves,
 * paired from the left, the odd last one carried up.
 *
 * Knows tree arithmetic and memory only. What the leaves are and what becomes
 * of the root is the sealer's question. 68 octets a leaf for SHA-256 (leaf,
 * inner node, position), 132 for SHA-512; building needs no more than that.
 */
#ifndef NOTARY_TREE_H
#define NOTARY_TREE_H

#include "verify/hash.h"

/* Siblings of a leaf: a tree has at most UINT32_MAX leaves. */
#define NT_TREE_PATH 32

struct nt_tree;

/* The tree over n record hashes in any order; ids is not kept. LIMIT (n is 0 or too large), NO_MEMORY. */
VF_RC nt_tree_new(const struct vf_hash *ids, size_t n, struct nt_tree **ret, struct vf_err *reterr);
/* The same for any algorithm: values holds whole digests, one after another. */
VF_RC nt_tree_new_alg(enum vf_alg alg, struct vf_bytes values, struct nt_tree **ret, struct vf_err *reterr);
struct nt_tree *nt_tree_free(struct nt_tree *tree);
static inline void nt_tree_freep(struct nt_tree **tree)
{
	*tree = nt_tree_free(*tree);
}

size_t nt_tree_n(const struct nt_tree *tree);
/* Octets that the tree occupies. */
size_t nt_tree_memory(const struct nt_tree *tree);
struct vf_digest nt_tree_root(const struct nt_tree *tree);

/*
 * The siblings of the leaf with this value, leaf to root; levels where it is
 * carried up give none. ret has room for NT_TREE_PATH. ER_NOT_COVERED when no
 * leaf has the value, ER_ALGORITHM for a tree that is not SHA-256.
 */
VF_RC nt_tree_path(const struct nt_tree *tree, const struct vf_hash *id, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr);

/*
 * The leaf of this rank (0 is the smallest value), the position in which it was
 * given, and its siblings as octets, one digest after another; ret has room
 * for NT_TREE_PATH digests. rank must be below nt_tree_n().
 */
struct vf_bytes nt_tree_leaf(const struct nt_tree *tree, size_t rank, size_t *ret_position);
struct vf_bytes nt_tree_path_at(const struct nt_tree *tree, size_t rank, uint8_t *ret);
/* The rank of a value (of the first, when several leaves are equal); false when there is none. */
bool nt_tree_rank(const struct nt_tree *tree, struct vf_bytes value, size_t *ret);

#endif
