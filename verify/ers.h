/*
 * Evidence records (RFC 4998): strict reading, hash trees, renewals.
 *
 * Knows the record's own structure and hashes. What a token says (imprint,
 * time, signature) is tst.h's question: the caller gives each imprint to
 * vf_er_set_imprint(), and nothing is decided before all of them are there.
 * Times, certificates and the strength of algorithms are the caller's, too.
 *
 * The format does not separate leaves from nodes: whoever proves a data object
 * of exactly two digests' length must say so in the report.
 */
#ifndef VERIFY_ERS_H
#define VERIFY_ERS_H

#include "verify/hash.h"

/*
 * The values of one partial hash tree in ascending order: as they stand in the
 * record when they ascend there, else a sorted copy. Read with vf_ats_value().
 */
struct vf_er_list {
	struct vf_bytes octets;
	uint32_t n;
	bool copied;
};

/* One ArchiveTimeStamp. Ranges point into the record; chain and index count from 0. */
struct vf_ats {
	uint32_t chain, index;
	enum vf_alg alg;	/* VF_ALG_NONE: not written, and no imprint set yet */
	bool has_alg, has_tree; /* optional fields present */
	bool has_attributes;	/* nothing is read from them */
	bool has_imprint;	/* vf_er_set_imprint() has accepted */
	uint8_t size;		/* octets of a value; 0 without tree */
	uint32_t n_lists;
	const struct vf_er_list *lists;
	struct vf_bytes token; /* ContentInfo octets as stored: what renewals hash */
	struct vf_bytes whole;
	struct vf_digest imprint;
};

/* One ArchiveTimeStampChain: stamps [first, first + n). */
struct vf_er_chain {
	uint32_t first, n;
	struct vf_bytes whole;
	struct vf_bytes older; /* the octets of all chains before it */
};

struct vf_er {
	struct vf_bytes der;
	struct vf_ats *stamps; /* of all chains, in order */
	struct vf_er_chain *chains;
	size_t n_stamps, n_chains;
	struct vf_bytes algorithms;   /* contents of digestAlgorithms */
	struct vf_bytes crypto_infos; /* contents of cryptoInfos: hints, covered by no time-stamp */
	struct vf_bytes sequence;     /* contents of archiveTimeStampSequence */
	bool encrypted;		      /* encryptionInfo present: vf_er_cover() answers ER_ENCRYPTED */
};

/*
 * Reads a whole record; tables go to the arena, ranges point into der. Strict
 * DER, version 1, nothing empty, nothing left over, all values of one length
 * (RFC 4998 3.1, 4.1, 5.1). ER_SHAPE, LIMIT, UNKNOWN_ALGORITHM, NO_MEMORY.
 */
VF_RC vf_er_parse(struct vf_bytes der, struct vf_arena *arena, struct vf_er *ret, struct vf_err *reterr);

/*
 * Gives stamp i the imprint of its token and checks both against each other:
 * same algorithm (ER_ALGORITHM), tree leads to it (ER_ROOT). Sets alg when the
 * record leaves it out. RFC 4998 4.3 steps 3 to 5.
 */
VF_RC vf_er_set_imprint(struct vf_er *er, size_t i, const struct vf_digest *imprint, struct vf_err *reterr);

/* Value j of list i in ascending order; false when there is none or alg is not known yet. */
bool vf_ats_value(const struct vf_ats *ats, size_t list, size_t j, struct vf_digest *ret);

/*
 * Whether the first list holds the digest; without a tree, whether it is the
 * imprint. The only place where a data object may stand (RFC 4998 4.3 step 2).
 */
bool vf_ats_covers(const struct vf_ats *ats, const struct vf_digest *digest);
/* The same, and where the first value equal to it stands. */
bool vf_ats_find(const struct vf_ats *ats, const struct vf_digest *digest, size_t *ret);

/*
 * The value computed after the first n_lists lists (RFC 4998 4.3 step 3): a lone
 * value passes through, equal values count each. ER_SHAPE when there are
 * fewer lists or n_lists is 0; UNKNOWN_ALGORITHM before alg is known.
 */
VF_RC vf_ats_node(const struct vf_ats *ats, size_t n_lists, struct vf_digest *ret, struct vf_err *reterr);

/*
 * What the token must be over: the node after the last list; without a tree,
 * lone, the data's own digest (ER_NOT_COVERED when lone is NULL).
 */
VF_RC vf_ats_root(const struct vf_ats *ats, const struct vf_digest *lone, struct vf_digest *ret,
	struct vf_err *reterr);

/*
 * Within each chain: one algorithm (ER_ALGORITHM), and every time-stamp but the
 * first covers its predecessor's octets (ER_RENEWAL). RFC 4998 5.2, 5.3 step 2.
 * NOT_CHECKED while an imprint is missing.
 */
VF_RC vf_er_check_links(const struct vf_er *er, struct vf_err *reterr);

/*
 * The data objects to prove. digest() yields the digest of object i under alg;
 * when it does not know that one, it fails with a code of the caller's choice
 * (a missing file, an algorithm that was not recorded). It may allocate in the
 * arena that vf_er_cover() was given.
 */
typedef VF_RC vf_er_digest_fn(const void *ctx, size_t i, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr);

struct vf_er_objects {
	size_t n;
	vf_er_digest_fn *digest;
	const void *ctx;
};

/* What a record covers; tables live in the arena. */
struct vf_er_cover {
	size_t n_objects, n_chains;
	/* for each object, how many chains from the first on cover it without a gap; 0: none */
	const uint32_t *until;
	/* for each chain, the values of its first list that belong to no object */
	const uint32_t *others;
	/* some object was found only by the sorted form of hash-tree renewal (erratum 7411) */
	bool sorted;
};

/*
 * Finds every object in the first list of each chain: in the first chain H(d),
 * later H(H(d) || H(DER of all older chains)) (RFC 4998 5.2 step 4, 5.3 step
 * 1). allow_sorted also takes the two digests in ascending order. Decides
 * nothing; fails with NOT_CHECKED, ER_ENCRYPTED, NO_MEMORY or the callback's
 * outcome (so a chain under an algorithm that the callback does not know is
 * undecided, not rejected).
 */
VF_RC vf_er_cover(const struct vf_er *er, const struct vf_er_objects *objects, bool allow_sorted,
	struct vf_arena *arena, struct vf_er_cover *ret, struct vf_err *reterr);

/*
 * Accepts when every chain covers every object: ER_NOT_COVERED when the first
 * does not, ER_RENEWAL when a later one does not. With group, no chain's first
 * list may hold anything else: ER_GROUP. No objects: ER_NOT_COVERED.
 */
VF_RC vf_er_check_cover(const struct vf_er_cover *cover, bool group, struct vf_err *reterr);

/*
 * H(DER of all chains before chain), ha of RFC 4998 5.2 step 3, and h' =
 * H(digest || ha) of step 4. Writers use them, too. chain = n_chains gives the
 * value that binds a chain still to be written.
 */
VF_RC vf_er_older(const struct vf_er *er, size_t chain, enum vf_alg alg, struct vf_digest *ret,
	struct vf_err *reterr);
VF_RC vf_er_renewed(const struct vf_digest *digest, const struct vf_digest *older, struct vf_digest *ret,
	struct vf_err *reterr);

/* Whether digestAlgorithms lists exactly the algorithms in use (RFC 4998 3.1); reported, not refused. */
bool vf_er_algorithms_agree(const struct vf_er *er);

#endif
