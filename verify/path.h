/*
 * Certificate paths from a leaf to a pinned anchor at a given time.
 *
 * OpenSSL builds the path and checks signatures, CA rules, path lengths, name
 * constraints and critical extensions; validity is compared here in 64-bit
 * milliseconds, algorithms are judged by algorithm.h. Revocation is
 * revocation.h's question.
 */
#ifndef VERIFY_PATH_H
#define VERIFY_PATH_H

#include "verify/pki.h"

enum vf_purpose {
	VF_PURPOSE_TIME_STAMPING,
	VF_PURPOSE_SIGNING, /* of documents, by a submitter */
};

/* Leaf first, anchor last; the certificates live until vf_pki_tidy(). */
struct vf_path {
	struct vf_pki_chain chain;
	int64_t earliest_end; /* of all certificates of the path */
	int64_t strong_until; /* first millisecond at which an algorithm of the path no longer counts */
};

/*
 * The profile of a time-stamping certificate (RFC 3161 2.3): exactly one
 * extended key usage, id-kp-timeStamping, critical; no CA; key usage, if there
 * is any, of digitalSignature and nonRepudiation only. TS_CERT_PROFILE else.
 */
VF_RC vf_path_check_tsa(const struct vf_cert *leaf, struct vf_err *reterr);

/*
 * Builds a path from leaf to an anchor of one authority (or VF_PKI_SUBMITTERS),
 * all valid at the time at, over certs (bodies of a SET of certificates) and
 * extra. UNKNOWN_ROOT (UNKNOWN_SIGNER for signing) when none leads to an anchor,
 * TS_CERT_TIME (SIGNER_CERT_TIME) when only expired ones do, CERT_PATH when a
 * rule is broken, TS_CERT_PROFILE, WEAK_ALGORITHM and UNKNOWN_ALGORITHM judged
 * at the time at.
 */
VF_RC vf_path_build(struct vf_pki *p, const struct vf_cert *leaf, enum vf_purpose purpose, size_t authority,
	int64_t at, struct vf_bytes certs, const struct vf_pki_extra *extra, struct vf_path *ret,
	struct vf_err *reterr);

/* Judges every key and every hash of a path, the anchor's own signature left out, at another time. */
VF_RC vf_path_check_algorithms(const struct vf_path *path, int64_t at, struct vf_err *reterr);
/*
 * Judges a submitter's certificate found by vf_cms_check_detached() at the time
 * at. ret may be NULL. Never
 * calls vf_pki_tidy(), as cert may be among the parsed ones.
 */
VF_RC vf_path_check_signer(struct vf_pki *p, struct vf_bytes cert, int64_t at, struct vf_bytes certs,
	const struct vf_pki_extra *extra, struct vf_path *ret, struct vf_err *reterr);

#endif
