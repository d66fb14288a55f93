/*
 * Writes evidence records (RFC 4998) in the one form of docs/formats/bundle.md:
 * binary reduced trees, digestAlgorithm always there with absent parameters, no
 * attributes, no cryptoInfos.
 *
 * Knows the bytes only. Whether token, tree and data belong together is decided
 * by verify/ers.h, which the caller runs over the finished record.
 */
#ifndef NOTARY_ERS_OUT_H
#define NOTARY_ERS_OUT_H

#include "notary/buf.h"
#include "verify/ers.h"

/*
 * One ArchiveTimeStamp to write. Values are whole digests of alg, one after
 * another; an array of struct vf_hash is such a range.
 */
struct nt_er_ats {
	enum vf_alg alg;
	struct vf_bytes first; /* the first list, in any order: written ascending */
	struct vf_bytes path;  /* the later lists, one value each, leaf to root; may be empty */
	struct vf_bytes last;  /* one more such list, for us H(seal head); may be empty */
	struct vf_bytes token; /* ContentInfo octets, definite lengths; written as they are */
};

/*
 * Appends a record of one time-stamp. Allocates nothing when out has room.
 * ER_SHAPE for values of another length, no first list, or a token that is not
 * one DER element; LIMIT, NO_MEMORY from the buffer. On failure out is as before.
 */
VF_RC nt_er_put(struct nt_buf *out, const struct nt_er_ats *ats, struct vf_err *reterr);

/*
 * Appends old with ats added to its last chain (time-stamp renewal, RFC 4998
 * 5.2). ats->first is what nt_er_stamp_values() gave. ER_ALGORITHM when the
 * algorithm is not the chain's (old must have its imprints set).
 */
VF_RC nt_er_put_stamp(struct nt_buf *out, const struct vf_er *old, const struct nt_er_ats *ats,
	struct vf_err *reterr);

/*
 * Appends old with a new chain that begins with ats (hash-tree renewal).
 * ats->first is what nt_er_tree_values() gave. ER_ENCRYPTED, as above.
 */
VF_RC nt_er_put_chain(struct nt_buf *out, const struct vf_er *old, const struct nt_er_ats *ats,
	struct vf_err *reterr);

/*
 * Appends the first list of the next time-stamp of old's last chain: the
 * digests of all its tokens (BouncyCastle wants all of them, RFC 4998 the last).
 */
VF_RC nt_er_stamp_values(struct nt_buf *out, const struct vf_er *old, struct vf_err *reterr);

/*
 * Appends h' = H(H(d) || H(older chains)) for each H(d) of digests, in their
 * order: the first list of a new chain under alg.
 */
VF_RC nt_er_tree_values(struct nt_buf *out, const struct vf_er *old, enum vf_alg alg, struct vf_bytes digests,
	struct vf_err *reterr);

/* The leaf of a group in a batch tree: the lone value, or H(values ascending). RFC 4998 4.2. */
VF_RC nt_er_leaf(enum vf_alg alg, struct vf_bytes values, struct vf_digest *ret, struct vf_err *reterr);

#endif
