/*
 * The data of a container's entries, checked against its headers.
 *
 * Knows how to get and check bytes: stored entries come straight from the
 * source, deflated ones through libarchive, which must agree with the strict
 * scan in name, size and data. CRC-32 is always checked. What an entry means is
 * bundle.h's question.
 */
#ifndef VERIFY_CONTAINER_H
#define VERIFY_CONTAINER_H

#include "verify/hash.h"
#include "verify/zip.h"

struct vf_container {
	struct vf_source source;
	struct vf_zip zip;
};

/*
 * Scans strictly, or tolerantly for containers of other software (zip.h). The
 * tables live in the arena; what the source borrows must stay as long as the
 * container is used. It holds no resources to free.
 */
VF_RC vf_container_open(const struct vf_source *s, bool tolerant, struct vf_arena *a, struct vf_container *ret,
	struct vf_err *reterr);

/*
 * The whole data of one entry, at most VF_MAX_PART octets (LIMIT). A stored
 * entry of a source in memory is returned in place, anything else is put into
 * the arena. Refuses data that contradict the headers: ZIP_DATA.
 */
VF_RC vf_container_read(const struct vf_container *c, const struct vf_zip_entry *e, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr);

/*
 * Hands the data of an entry of any size to each, piece by piece, in constant
 * memory. Stops at the first failure of each and returns it. Pieces were NOT
 * checked when each gets them: only VF_OK at the end says that all were right.
 */
typedef VF_RC vf_container_each(void *ctx, struct vf_bytes piece, struct vf_err *reterr);
VF_RC vf_container_stream(const struct vf_container *c, const struct vf_zip_entry *e, vf_container_each *each,
	void *ctx, struct vf_err *reterr);

/* SHA-256 and SHA-512 of an entry of any size, in one pass. */
VF_RC vf_container_hash(const struct vf_container *c, const struct vf_zip_entry *e, struct vf_pair *ret,
	struct vf_err *reterr);
/* The digest by one algorithm, for manifests that use another than SHA-256. */
VF_RC vf_container_digest(const struct vf_container *c, const struct vf_zip_entry *e, enum vf_alg alg,
	struct vf_digest *ret, struct vf_err *reterr);

#endif
