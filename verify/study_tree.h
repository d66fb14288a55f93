/*
 * Merkle trees of which only some leaves are known, and the hashes of what is not.
 *
 * Knows arithmetic alone. A hash that is wrong gives a wrong root, and whoever knows the root notices.
 */
#ifndef VERIFY_STUDY_TREE_H
#define VERIFY_STUDY_TREE_H

#include "verify/hash.h"

/* Levels of a tree with 2^63 leaves. */
#define VF_STUDY_LEVELS 65

struct vf_study_node {
	uint64_t at; /* position in its level */
	uint8_t b[VF_DIGEST_MAX];
};

struct vf_study_tree {
	enum vf_alg alg;
	bool is_log;   /* RFC 9162; else the batch tree of seal.md */
	uint64_t size; /* leaves */
	size_t n_levels;
	struct vf_study_node *levels[VF_STUDY_LEVELS]; /* what is known of each, ascending */
	size_t n[VF_STUDY_LEVELS];
	uint64_t width[VF_STUDY_LEVELS];
};

/*
 * Makes a tree of size leaves, of which n are given in leaves, ascending by position; it takes the hashes of the rest from
 * *absent, level by level. STUDY_SHAPE when there are too few, NO_MEMORY. leaves has room for 2 * n and is kept.
 */
VF_RC vf_study_tree_make(struct vf_study_tree *t, struct vf_study_node *leaves, size_t n, struct vf_bytes *absent,
	struct vf_arena *a, struct vf_err *reterr);
/* The root; of a tree that was made. */
struct vf_digest vf_study_tree_root(const struct vf_study_tree *t);
/* The k-th sibling on the way from the leaf at a position to the root; false when there is none. */
bool vf_study_tree_sibling(const struct vf_study_tree *t, uint64_t at, size_t k, struct vf_bytes *ret);
/* The position of the leaf with this value; false when it is not present. */
bool vf_study_tree_find(const struct vf_study_tree *t, struct vf_bytes value, uint64_t *ret);

#endif
