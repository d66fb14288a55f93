/*
 * What a container seems to hold, and what a code means: the verbs that judge nothing.
 *
 * Everything here is a claim of the file. No digest, signature, time or trust is
 * checked, and each text says so.
 */
#ifndef VERIFY_INSPECT_H
#define VERIFY_INSPECT_H

#include "verify/report.h"

/* Meaning, class and next step of a code; all codes when code is NULL. USAGE when unknown. */
VF_RC vf_explain(struct vf_sink *s, const char *code, bool json, struct vf_err *reterr);

#endif
