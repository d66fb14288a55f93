/*
 * RFC 4998 evidence records.
 *
 * Knows the ASN.1 module, the walk through hash trees and what a renewal must
 * cover (section 5.3, strictly). Tokens are tst.h's question; which objects
 * must be covered is the caller's.
 */
#ifndef VERIFY_ERS_H
#define VERIFY_ERS_H

#include "verify/hash.h"

/* One PartialHashtree: n OCTET STRINGs of equal length, in wire order. */
struct vf_er_list {
	struct vf_bytes elements;
	size_t n;
	bool is_ascending;
};

struct vf_ats {
	uint32_t chain, index; /* index within the chain */
	enum vf_alg alg;       /* from digestAlgorithm, or the token's imprint when that is absent */
	bool has_alg, has_tree;
	const struct vf_er_list *lists;
	size_t n_lists;
	struct vf_bytes token; /* ContentInfo octets as stored */
	struct vf_digest *scratch; /* room for the largest list and one more */
};

struct vf_er {
	struct vf_bytes der;
	struct vf_ats *stamps; /* of all chains, in order */
	size_t n_stamps;
	struct vf_bytes *chains; /* whole octets of each ArchiveTimeStampChain */
	size_t n_chains;
	bool is_encrypted;
};

/*
 * Parses a record that fills der. ER_SHAPE for anything but strict DER of
 * version 1 with non-empty sequences and values of the right length,
 * UNKNOWN_ALGORITHM, WEAK_ALGORITHM for what its first token would need,
 * ER_ENCRYPTED, LIMIT, NO_MEMORY.
 */
VF_RC vf_er_parse(struct vf_bytes der, struct vf_arena *a, struct vf_er *ret, struct vf_err *reterr);

/* Values of a list, in wire order. */
size_t vf_ats_list_size(const struct vf_ats *s, size_t list);
struct vf_digest vf_ats_value(const struct vf_ats *s, size_t list, size_t at);
bool vf_ats_has(const struct vf_ats *s, size_t list, const struct vf_digest *value);

/*
 * The walk of RFC 4998 4.3 over the first n lists: a lone value passes through,
 * the value so far is put into the next list before that is sorted. n is at
 * least 1 and at most n_lists.
 */
VF_RC vf_ats_walk(const struct vf_ats *s, size_t n, struct vf_digest *ret, struct vf_err *reterr);

/* The data objects that a record is to prove; digest gives H_alg(object). */
struct vf_er_objects {
	void *ctx;
	size_t n;
	VF_RC (*digest)(void *ctx, size_t object, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr);
	bool is_exact;          /* the first list may hold nothing else (ER_GROUP) */
	bool is_sorted_renewal; /* accept H(sorted(h, ha)) in hash-tree renewals: a compatibility switch */
};

/*
 * The strict 5.3 walk without tokens: every object in the first list of every
 * chain's first stamp (ER_NOT_COVERED, in later chains ER_RENEWAL), every
 * predecessor in the first list of its renewal (ER_RENEWAL), one algorithm a
 * chain (ER_ALGORITHM).
 */
VF_RC vf_er_check(const struct vf_er *er, const struct vf_er_objects *objects, struct vf_err *reterr);

/*
 * What the token of stamp i must be over: the root of its tree, or, without a
 * tree, the one value that it renews or the digest of the only object.
 */
VF_RC vf_er_root(const struct vf_er *er, size_t i, const struct vf_er_objects *objects, struct vf_digest *ret,
	struct vf_err *reterr);

#endif
