/*
 * What a container or another file of evidence seems to hold, and what a code means: the verbs that judge nothing.
 *
 * Everything shown is a claim of the file. No digest, signature,
 * time or trust is checked, and the text says so.
 */
#ifndef VERIFY_INSPECT_H
#define VERIFY_INSPECT_H

#include "verify/report.h"
#include "verify/zip.h"

/*
 * Shows entries, statement, stream place and seal head. A container that the strict
 * scan refuses is not shown at all: its tools would not agree about what it holds. A file that begins like DER is inspect_der.h's.
 */
VF_RC vf_inspect(struct vf_sink *s, const char *input, const struct vf_source *source, bool json,
	const struct vf_look *look, struct vf_err *reterr);

/* Meaning, class and next step of a code; all codes when code is NULL. USAGE when unknown. */
VF_RC vf_explain(struct vf_sink *s, const char *code, bool json, struct vf_err *reterr);

#endif
