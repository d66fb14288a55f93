/*
 * RFC 9162 Merkle trees over SHA-256: hashes, proofs, subtrees, and the frontier
 * that a growing tree needs.
 *
 * Knows tree arithmetic only: who signed a root is checkpoint.h's question.
 * Every check returns PROOF_INDEX when a number is out of range, PROOF_LENGTH
 * (before anything is hashed) when the proof does not hold exactly the hashes
 * that the numbers demand, and PROOF_ROOT when it leads elsewhere.
 */
#ifndef VERIFY_MERKLE_H
#define VERIFY_MERKLE_H

#include "verify/hash.h"
#include "verify/limits.h"

/* SHA-256(00 || entry), SHA-256(01 || left || right), SHA-256() (RFC 9162 2.1.1). */
struct vf_hash vf_merkle_leaf(struct vf_bytes entry);
struct vf_hash vf_merkle_node(const struct vf_hash *left, const struct vf_hash *right);
struct vf_hash vf_merkle_empty(void);

/* The number of hashes in a proof; false when the numbers are out of range. */
bool vf_merkle_inclusion_length(uint64_t index, uint64_t size, size_t *ret);
bool vf_merkle_consistency_length(uint64_t from, uint64_t to, size_t *ret);

/* Accepts when proof, leaf's sibling first, leads from leaf at index to the root over size leaves. */
VF_RC vf_merkle_check_inclusion(uint64_t index, uint64_t size, const struct vf_hash *leaf,
	const struct vf_hash *proof, size_t n, const struct vf_hash *root, struct vf_err *reterr);
/*
 * Accepts when the tree of to leaves begins with the tree of from leaves
 * (RFC 9162 2.1.4.2). from = to wants an empty proof and equal roots, from = 0
 * an empty proof and the root of the empty tree.
 */
VF_RC vf_merkle_check_consistency(uint64_t from, uint64_t to, const struct vf_hash *root_from,
	const struct vf_hash *root_to, const struct vf_hash *proof, size_t n, struct vf_err *reterr);

/*
 * Subtrees [start, end) of draft-ietf-plants-merkle-tree-certs: valid when start
 * is a multiple of the smallest power of two that is not below end - start.
 */
bool vf_merkle_subtree_is(uint64_t start, uint64_t end);
/* Inclusion of leaf index, start <= index < end, in the subtree with the given root. */
VF_RC vf_merkle_check_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
	const struct vf_hash *leaf, const struct vf_hash *proof, size_t n, const struct vf_hash *root,
	struct vf_err *reterr);
/* Accepts when subroot is the root of leaves [start, end) of the tree of size leaves. */
VF_RC vf_merkle_check_subtree_consistency(uint64_t start, uint64_t end, uint64_t size,
	const struct vf_hash *subroot, const struct vf_hash *root, const struct vf_hash *proof, size_t n,
	struct vf_err *reterr);

/*
 * The roots of the perfect subtrees of size leaves, largest first: all that is
 * needed to append and to compute the root. stack holds popcount(size) hashes.
 * A cleared frontier is the empty tree.
 */
struct vf_frontier {
	uint64_t size;
	struct vf_hash stack[64];
};

/* Appends one leaf hash. size must be below VF_MAX_TREE_SIZE. */
void vf_frontier_append(struct vf_frontier *f, const struct vf_hash *leaf);
struct vf_hash vf_frontier_root(const struct vf_frontier *f);

#endif
