/*
 * Judging evidence by itself, whoever made it: an evidence record, a time-stamp
 * token, a CMS signature, together with the files or digests that the user gives.
 *
 * Knows which checks are made and in which order (docs/formats/foreign.md).
 * Containers are bundle.h's question.
 */
#ifndef VERIFY_FOREIGN_H
#define VERIFY_FOREIGN_H

#include "verify/bundle.h"

/* What the evidence is to be about: a file, or only its digests. */
#define VF_MAX_GIVEN_DIGESTS 8
struct vf_given {
	const char *name;		 /* as the user named it; of digests, how he wrote them */
	const struct vf_source *source;	 /* NULL when only digests are given */
	struct vf_digest digests[VF_MAX_GIVEN_DIGESTS]; /* of different algorithms */
	size_t n_digests;
};

struct vf_record_options {
	bool exact;	     /* the objects must be the whole group: ER_GROUP */
	bool sorted_renewal; /* also accept hash-tree renewals in sorted order (erratum 7411); reported */
};

/*
 * Judges an RFC 4998 evidence record over objects: each must be covered from
 * the first chain to the last. n is at least 1. As vf_bundle_check(): ret lives
 * in memory; not VF_OK only when no verdict was possible.
 */
VF_RC vf_record_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *record, const struct vf_record_options *options, const struct vf_given *objects,
	size_t n, struct vf_report *ret, struct vf_err *reterr);

/*
 * Judges a TimeStampResp, a TimeStampToken, or a CMS signature with its
 * signature time-stamps and embedded evidence records, over object; object may
 * be NULL only for a signature that holds its content. A signature without any
 * proven time is NO_TIME at best.
 */
VF_RC vf_token_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *token, const struct vf_given *object, struct vf_report *ret, struct vf_err *reterr);

#endif
