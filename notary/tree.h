/*
 * The batch tree of a seal: RFC 4998 over record hashes (docs/formats/seal.md).
 *
 * Knows sorting, pairing and paths. What the root is paired with is seal.h's question.
 */
#ifndef NOTARY_TREE_H
#define NOTARY_TREE_H

#include "verify/hash.h"

/* 64 octets a leaf: the sorted leaves and the nodes above them. */
struct nt_tree;

/* Sorts ids in place. n is at least 1. */
VF_RC nt_tree_new(struct vf_hash *ids, size_t n, struct nt_tree **ret, struct vf_err *reterr);
struct nt_tree *nt_tree_free(struct nt_tree *t);
struct vf_hash nt_tree_root(const struct nt_tree *t);
/* The siblings from leaf to root, at most 64; a level that carries the node up gives none. UNKNOWN_RECORD. */
VF_RC nt_tree_path(const struct nt_tree *t, const struct vf_hash *id, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr);

#endif
