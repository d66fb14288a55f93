/*
 * A study bundle on the command line of trialverify.
 *
 * Knows memory and files. What is judged is study_judge.h's question, how it looks report_study.h's. Not part of the library.
 */
#ifndef VERIFY_STUDY_RUN_H
#define VERIFY_STUDY_RUN_H

#include "verify/run.h"

/* Whether the first input of the command line is a study bundle. */
bool vf_study_wanted(const struct vf_options *o);
/* Writes the page of --report, which put makes, and gives the exit status that follows from status. */
typedef int vf_page_writer(const struct vf_options *o, void (*put)(struct vf_sink *s, const void *ctx), const void *ctx, int status);
/*
 * Judges it with the bundles that follow it on the command line, shows the result, has the page written when it is asked for, and
 * gives the exit status. Not VF_OK when no verdict was possible; USAGE when another study bundle follows.
 */
VF_RC vf_study_run(const struct vf_options *o, const struct vf_runner *runner, struct vf_sink *out, vf_page_writer *write_page,
	int *ret_status, struct vf_err *reterr);

#endif
