/*
 * The command line of trialverify: one table of verbs and options, which parsing,
 * help, completion and suggestions read.
 *
 * Opens and prints nothing: text goes to a sink.
 */
#ifndef VERIFY_OPTIONS_H
#define VERIFY_OPTIONS_H

#include "verify/sink.h"

enum vf_verb {
	VF_VERB_VERIFY,
	VF_VERB_INSPECT,
	VF_VERB_EXTRACT,
	VF_VERB_EXPLAIN,
	VF_VERB_HELP,
	VF_VERB_VERSION,
	VF_VERB_COMPLETION,
};

#define VF_MAX_INPUTS 1024

struct vf_options {
	enum vf_verb verb;
	const char *trust, *report, *output, *completion;
	bool json, integrity_only, strict, quiet, no_color, force, even_if_unverified;
	bool has_at;
	int64_t at_ms;
	const char **detached; /* into memory of vf_options_done() */
	size_t n_detached;
	const char **operands; /* files, a code, a verb to explain */
	size_t n_operands;
	const char *meant; /* a verb that the first operand may have meant, or NULL */
};

/*
 * Reads the command line; ret borrows argv. USAGE with a suggestion for what is
 * mistyped, repeated, missing or makes no sense together. Free with vf_options_done().
 */
VF_RC vf_options_parse(int argc, char *const *argv, struct vf_options *ret, struct vf_err *reterr);
void vf_options_done(struct vf_options *o);

/* Help of the program (verb NULL) or of a verb; USAGE when there is no such verb. */
VF_RC vf_options_help(struct vf_sink *s, const char *verb, struct vf_err *reterr);
/* A completion script for "bash", "zsh" or "fish"; USAGE for another shell. */
VF_RC vf_options_completion(struct vf_sink *s, const char *shell, struct vf_err *reterr);

/* The word of the list (n entries) nearest to what was typed, or NULL when none is near. */
const char *vf_nearest(const char *typed, const char *const *words, size_t n);

#endif
