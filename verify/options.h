/*
 * The command line of trialverify, read from the table in options.def.
 *
 * Knows what may stand together. What an option does is main.c's question, how
 * it is explained help.h's. Opens and prints nothing.
 */
#ifndef VERIFY_OPTIONS_H
#define VERIFY_OPTIONS_H

#include "verify/foreign.h"

enum vf_verb {
#define VERB(id, name, typed, usage, text, examples) VF_VERB_##id,
#include "verify/options.def"
#undef VERB
};

#define VF_MAX_INPUTS 1024
/* Certificates, CRLs and OCSP responses from files: of each, in all files together. */
#define VF_MAX_HELD 64

/* The values of an option that may be repeated, or the operands. */
struct vf_words {
	const char **at;
	size_t n;
};

/* What 'trust add' may be given a value for, in the order of options.def. */
enum vf_addition {
	VF_ADD_AUTHORITY,
	VF_ADD_ROOTS,
	VF_ADD_ACCURACY,
	VF_ADD_FROM,
	VF_ADD_TO,
	VF_ADD_LOG,
	VF_ADD_RECEIPTS,
	VF_ADD_SUBMITTER,
	VF_ADD_STREAM,
	VF_ADD_KEY,
	VF_ADDITIONS
};

struct vf_options {
	enum vf_verb verb;
	const char *trust, *report, *output, *completion, *proof, *page;
	const char *add[VF_ADDITIONS]; /* NULL: not given */
	bool operator_, qualified;     /* of the authority that is added */
	bool json, integrity_only, strict, quiet, no_color, force, even_if_unverified;
	struct vf_record_options record;
	bool has_at;
	int64_t at_ms;
	/* into memory of vf_options_done(), like given */
	struct vf_words detached, crls, ocsp, certs, digests, rules;
	struct vf_words operands; /* files, a code, a verb to explain */
	struct vf_given *given;	  /* one for each of digests */
	const char *meant; /* a verb that the first operand may have meant, or NULL */
};

/*
 * Reads the command line; ret borrows argv. USAGE with a suggestion for what is
 * mistyped, repeated, missing or makes no sense together. Free with vf_options_done().
 */
VF_RC vf_options_parse(int argc, char *const *argv, struct vf_options *ret, struct vf_err *reterr);
void vf_options_done(struct vf_options *o);

#endif
