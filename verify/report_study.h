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

/* Hidden records of streams of which nothing is shown and that the study head does not name: they may be of any study of the log. */
size_t vf_study_unattributed(const struct vf_study_result *r);

/* What is not checked, of the whole and then of records; false behind the last. ret points into r. */
struct vf_study_unchecked {
	const char *code, *text;
	size_t records; /* shown ones; 0: the whole */
};
bool vf_study_unchecked_at(const struct vf_study_result *r, size_t i, struct vf_study_unchecked *ret);

#endif
