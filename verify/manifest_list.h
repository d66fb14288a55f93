/*
 * The list that an ASiC manifest makes: names, algorithms, no file twice.
 *
 * Knows the values, not the XML, which is manifest.h's question.
 */
#ifndef VERIFY_MANIFEST_LIST_H
#define VERIFY_MANIFEST_LIST_H

#include "verify/hash.h"

#define VF_MANIFEST_NS "http://uri.etsi.org/02918/v1.2.1#"
#define VF_MANIFEST_DS_NS "http://www.w3.org/2000/09/xmldsig#"
#define VF_MANIFEST_SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"
#define VF_MANIFEST_SHA512 "http://www.w3.org/2001/04/xmlenc#sha512"

/* One listed file. uri is the name after percent-decoding, once. */
struct vf_manifest_ref {
	struct vf_bytes uri;
	struct vf_bytes mime; /* empty when absent */
	bool rootfile;
	struct vf_digest digest;
};

struct vf_manifest {
	struct vf_bytes sig_uri;      /* the signature, token or evidence record, decoded */
	struct vf_bytes sig_mime;     /* empty when absent */
	struct vf_manifest_ref *refs; /* in the order of the file */
	size_t n_refs;
	const struct vf_manifest_ref **by_uri; /* n_refs of them, ascending */
};

/* The reference with exactly this name, or NULL. */
const struct vf_manifest_ref *vf_manifest_find(const struct vf_manifest *m, struct vf_bytes uri);

/* Refuses a manifest that lists or is signed by the file in which it stands: MANIFEST_SHAPE. */
VF_RC vf_manifest_check_own_name(const struct vf_manifest *m, struct vf_bytes own, struct vf_err *reterr);

/*
 * For manifest.c: the name behind a URI, percent-decoded once into the arena
 * (MANIFEST_URI for what no entry can be named); the algorithm behind an XMLDSig
 * identifier (WEAK_ALGORITHM, UNKNOWN_ALGORITHM).
 */
VF_RC vf_manifest_uri_read(
	struct vf_bytes text, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);
VF_RC vf_manifest_algorithm_read(struct vf_bytes uri, enum vf_alg *ret, struct vf_err *reterr);
/*
 * Fills by_uri. MANIFEST_SHAPE for a file that is listed twice, whatever its
 * digests, for a second root file, and when sig_uri itself is listed.
 */
VF_RC vf_manifest_index(struct vf_manifest *m, struct vf_arena *a, struct vf_err *reterr);

#endif
