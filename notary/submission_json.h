/*
 * Writes a submission as a client keeps and sends it (docs/formats/submission.md).
 *
 * Knows the bytes. What a record consists of is submission.h's question, reading
 * and judging one intake.h's.
 */
#ifndef NOTARY_SUBMISSION_JSON_H
#define NOTARY_SUBMISSION_JSON_H

#include "notary/notary.h"

#define NT_SCHEMA_SUBMISSION "trialnotary/submission/1"

/*
 * Appends the document: one line and LF, the same for the same record. Paths and
 * submitter are left out. NO_MEMORY, LIMIT by the buffer.
 */
VF_RC nt_submission_json_put(struct nt_buf *to, const struct nt_submission *s, struct vf_err *reterr);

/* Appends a refusal as an object without LF: code, field, detail, next step. */
VF_RC nt_refusal_json_put(struct nt_buf *to, const char *field, const struct vf_err *refusal, struct vf_err *reterr);

#endif
