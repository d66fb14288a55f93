/*
 * The verb 'trust': showing what a trust directory pins, and adding to it (docs/decisions/0017-trust-verbs.md).
 *
 * What is written was read first as the verifier reads it, so no directory is left that the verifier
 * would refuse. Files appear whole or not at all; a new directory does so as well. Nothing is ever removed
 * or replaced by something else: what is there must be the same.
 */
#ifndef VERIFY_TRUST_ADD_H
#define VERIFY_TRUST_ADD_H

#include <signal.h>

#include "verify/options.h"
#include "verify/sink.h"

/*
 * Does what the words and options ask, and puts what there is to see. *hold is 1 while files are
 * written. USAGE, EXISTS, POLICY_SHAPE, or what reading and writing files gives.
 */
VF_RC vf_trust_run(const struct vf_options *o, struct vf_sink *out, bool unicode, volatile sig_atomic_t *hold,
	struct vf_err *reterr);

/* 'trust add', its words being checked. */
VF_RC vf_trust_add(const struct vf_options *o, struct vf_sink *out, bool unicode, volatile sig_atomic_t *hold,
	struct vf_err *reterr);

#endif
