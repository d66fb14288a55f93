/*
 * Judging a bundle: which checks are made, in which order, on what.
 *
 * Knows the order and how the parts bind each other (docs/formats/bundle.md);
 * each check itself is made by the module it belongs to.
 */
#ifndef VERIFY_BUNDLE_H
#define VERIFY_BUNDLE_H

#include "verify/verdict.h"
#include "verify/zip.h"

/* The parts of a bundle that are not members (docs/formats/bundle.md). */
#define VF_PART_FOLDER "META-INF/trialnotary/"
#define VF_PART_ENTRY "META-INF/trialnotary/entry"
#define VF_PART_PROOF "META-INF/trialnotary/log.tlog-proof"
#define VF_PART_HEAD "META-INF/trialnotary/seal-head"
#define VF_PART_PREVIOUS "META-INF/trialnotary/previous-seal-head"
/* OCSP responses about certificates in the tokens, from 001 on. */
#define VF_PART_OCSP "META-INF/trialnotary/ocsp%03zu.der"
/* The pair of one seal authority; N from 001. */
#define VF_PART_RECORD "META-INF/evidencerecord%03zu.ers"
#define VF_PART_RECORD_MANIFEST "META-INF/ASiCEvidenceRecordManifest%03zu.xml"

/* A file of the trust directory: its path inside, and its bytes. */
struct vf_trust_file {
	const char *name;
	struct vf_bytes bytes;
};

/* A document that the user holds beside the bundle. */
struct vf_detached {
	const char *name;
	const struct vf_source *source;
};

struct vf_pki_extra; /* pki.h */

/* Trust, time, and what was learnt from the inputs so far. */
struct vf_session;

struct vf_session_options {
	const struct vf_trust_file *files; /* ascending by name; n = 0: no trust directory */
	size_t n_files;
	int64_t at;          /* verification time */
	bool integrity_only; /* judge everything but trust */
	/* certificates, CRLs and OCSP responses that the user holds, none of it trusted; NULL: none */
	const struct vf_pki_extra *extra;
	size_t n_inputs; /* that will be compared with each other; 0: as many as fit into block */
};

/*
 * Makes a session whose tables live in block, which the caller frees after
 * vf_session_free(). What it borrows from options must live as long.
 * POLICY_SHAPE, CERT_SHAPE, KEY_SHAPE, NO_MEMORY.
 */
#define VF_SESSION_MEMORY (4u << 20)
VF_RC vf_session_new(const struct vf_session_options *options, void *block, size_t n,
	struct vf_session **ret, struct vf_err *reterr);
struct vf_session *vf_session_free(struct vf_session *s);
void vf_session_freep(struct vf_session **s);
/* The policy's name and digest; false when there is no trust directory. */
bool vf_session_policy(const struct vf_session *s, struct vf_bytes *ret_name, struct vf_hash *ret_sha256);

/*
 * Judges one container. ret lives in memory, which the caller may reuse when it
 * is done with ret. Contradictions with inputs that the session saw before are
 * faults of this one (EQUIVOCATION, STREAM_FORK, STREAM_GAP).
 *
 * Not VF_OK only when no verdict was possible: IO, NO_MEMORY, INTERNAL.
 */
#define VF_BUNDLE_MEMORY (64u << 20)
VF_RC vf_bundle_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *source, const struct vf_detached *detached, size_t n_detached,
	struct vf_report *ret, struct vf_err *reterr);

#endif
