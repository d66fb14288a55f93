/*
 * A study bundle on the command line of trialverify.
 *
 * Knows memory and files. What is judged is study_judge.h's question, how it looks report_study.h's. Not part of the library.
 */
#ifndef VERIFY_STUDY_RUN_H
#define VERIFY_STUDY_RUN_H

#include "verify/run.h"

/* Whether the one input of the command line is a study bundle. */
bool vf_study_wanted(const struct vf_options *o);
/* Judges it, shows the result, and gives the exit status. Not VF_OK when no verdict was possible. */
VF_RC vf_study_run(const struct vf_options *o, const struct vf_runner *runner, struct vf_sink *out, int *ret_status, struct vf_err *reterr);

#endif
