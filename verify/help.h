/*
 * Help, completion scripts and suggestions, made from the table in options.def.
 */
#ifndef VERIFY_HELP_H
#define VERIFY_HELP_H

#include "verify/sink.h"

/* Help of the program (verb NULL) or of a verb; USAGE when there is no such verb. */
VF_RC vf_help_put(struct vf_sink *s, const char *verb, struct vf_err *reterr);
/* A completion script for "bash", "zsh" or "fish"; USAGE for another shell. */
VF_RC vf_completion_put(struct vf_sink *s, const char *shell, struct vf_err *reterr);

/* The word of the list (n entries) nearest to what was typed, or NULL when none is near. */
const char *vf_nearest(const char *typed, const char *const *words, size_t n);

#endif
