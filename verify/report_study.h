/*
 * How the result of a study bundle looks, for people and as JSON.
 */
#ifndef VERIFY_REPORT_STUDY_H
#define VERIFY_REPORT_STUDY_H

#include "verify/sink.h"
#include "verify/study_judge.h"

void vf_study_text(struct vf_sink *s, const char *input, const struct vf_study_result *r);
/* One JSON object and a LF. */
void vf_study_json(struct vf_sink *s, const char *input, const struct vf_study_result *r);

#endif
