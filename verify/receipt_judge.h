/*
 * Judging a receipt, and whether its promise was kept (docs/formats/receipt.md).
 *
 * Knows the order of checks and what a log proof or a bundle adds. The bytes are receipt.h's question.
 */
#ifndef VERIFY_RECEIPT_JUDGE_H
#define VERIFY_RECEIPT_JUDGE_H

#include "verify/bundle.h"

/* What shows the log; either or both may be absent (source NULL). */
struct vf_receipt_given {
	struct vf_detached proof;  /* a C2SP log proof */
	struct vf_detached bundle; /* of the record */
};

/*
 * As vf_bundle_check(): ret lives in memory. Not VF_OK only when no verdict was
 * possible; USAGE when the bundle is a container of other software.
 */
VF_RC vf_receipt_check(struct vf_session *s, struct vf_arena *memory, const char *input,
	const struct vf_source *receipt, const struct vf_receipt_given *given, struct vf_report *ret, struct vf_err *reterr);

#endif
