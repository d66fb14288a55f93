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

/* What is not checked: how many, and each of them. */
size_t vf_study_unchecked(const struct vf_study_result *r);
const char *vf_study_unchecked_code(size_t i);
const char *vf_study_unchecked_text(size_t i);

#endif
