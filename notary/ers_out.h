/*
 * Writes RFC 4998 evidence records in the native shape (docs/formats/bundle.md).
 *
 * Knows DER. Which path and which token is export.h's question.
 */
#ifndef NOTARY_ERS_OUT_H
#define NOTARY_ERS_OUT_H

#include "notary/buf.h"
#include "verify/hash.h"

/*
 * Appends the record of one group: version 1, SHA-256, one chain with one
 * time-stamp. First list: the members' hashes, which are sorted in place; then one list a
 * sibling of the path; last list: last, the digest of the seal head. LIMIT and
 * NO_MEMORY by the buffer.
 */
VF_RC nt_er_put(struct nt_buf *out, struct vf_hash *members, size_t n_members, const struct vf_hash *path,
	size_t n_path, const struct vf_hash *last, struct vf_bytes token, struct vf_err *reterr);

#endif
