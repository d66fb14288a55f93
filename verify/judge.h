/*
 * One run of trialverify: trust directory, inputs and session, put together.
 *
 * Knows how files become arguments of the judge. The order of checks is
 * bundle.h's question, what is shown report.h's.
 */
#ifndef VERIFY_JUDGE_H
#define VERIFY_JUDGE_H

#include "verify/options.h"
#include "verify/report.h"
#include "verify/zip.h"

struct vf_judge;

/*
 * Reads the trust directory and the detached files. *ret_warning (into the judge)
 * says why others could change the trust directory, or is NULL; with --strict that
 * is TRUST_INSECURE. now is used unless --at was given. Free with vf_judge_free().
 */
VF_RC vf_judge_new(const struct vf_options *o, int64_t now, struct vf_judge **ret, const char **ret_warning,
	struct vf_err *reterr);
struct vf_judge *vf_judge_free(struct vf_judge *j);
void vf_judge_freep(struct vf_judge **j);

/* Judges the next input, with a name of the command line; what went wrong is part of its outcome. */
void vf_judge_next(struct vf_judge *j, const char *path);
/* Everything judged so far; lives as long as the judge. */
struct vf_run vf_judge_run(const struct vf_judge *j);
/* The input of the last outcome, or NULL when it could not be opened. */
const struct vf_source *vf_judge_source(const struct vf_judge *j);
/* IO when that input has changed since. */
VF_RC vf_judge_check_same(const struct vf_judge *j, struct vf_err *reterr);

#endif
