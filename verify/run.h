/*
 * One run of trialverify: trust directory, inputs and session, put together.
 *
 * Knows how files become arguments of the judge. The order of checks is
 * bundle.h's and foreign.h's question, what is shown report.h's.
 */
#ifndef VERIFY_RUN_H
#define VERIFY_RUN_H

#include "verify/bundle.h"
#include "verify/options.h"
#include "verify/report.h"
#include "verify/zip.h"

struct vf_runner;

/* How many of the operands are judged, each by itself; what follows them is what they are to be about. */
size_t vf_runner_inputs(const struct vf_options *o);

/*
 * Reads the trust directory, opens the files beside the evidence, and reads the
 * certificates and revocation data that the user holds. *ret_warning (into the runner)
 * says why others could change the trust directory, or is NULL; with --strict that
 * is TRUST_INSECURE. now is used unless --at was given. Free with vf_runner_free().
 */
VF_RC vf_runner_new(const struct vf_options *o, int64_t now, struct vf_runner **ret, const char **ret_warning,
	struct vf_err *reterr);
struct vf_runner *vf_runner_free(struct vf_runner *r);
void vf_runner_freep(struct vf_runner **r);

/* Judges the next input, with a name of the command line; what went wrong is part of its outcome. */
void vf_runner_next(struct vf_runner *r, const char *path);
/* Everything judged so far; lives as long as the runner. */
struct vf_run vf_runner_run(const struct vf_runner *r);
/* What its session was made with, and the files beside the evidence: for a session of another size. Lives as long as the runner. */
struct vf_session_options vf_runner_options(const struct vf_runner *r, const struct vf_detached **ret_detached, size_t *ret_n);
/* The input of the last outcome, or NULL when it could not be opened. */
const struct vf_source *vf_runner_source(const struct vf_runner *r);

#endif
