/*
 * Canonical XML 1.1 without comments, of whole documents, in little memory (docs/formats/canonical.md, X).
 *
 * Knows how a document is written in its canonical form and which documents have none. What the form is for, and
 * digests over it, are canonical.h's question.
 */
#ifndef TRIAL_READ_C14N_H
#define TRIAL_READ_C14N_H

#include "trial/read/input.h"
#include "trial/read/jcs.h"

#define TR_C14N_ALGORITHM "http://www.w3.org/2006/12/xml-c14n11"

/* Namespaces in force at one place. */
#define TR_C14N_MAX_BINDINGS 4096

/*
 * Writes the canonical form to out. Refuses with a message that begins with the word of the format document: UNSUPPORTED
 * (doctype-no-c14n, version-no-c14n, namespace-no-c14n), FILE_SHAPE (parse-error, "line L, column C"), LIMIT (size-no-c14n);
 * what was written before then counts for nothing. NO_MEMORY, and what reading and out gave.
 */
VF_RC tr_c14n(const struct tr_input *in, const struct tr_out *out, struct vf_err *reterr);

/* Where in the file something of the canonical form comes from. */
struct tr_c14n_place {
	unsigned line; /* where the parser was: the end of the tag or text */
	char path[256]; /* "/ODM/Study/MetaDataVersion", escaped, its begin left out when it is long; "/" outside the root */
};

/* The place of octet at of the canonical form. The same refusals, for what is read until then; USAGE behind its end. */
VF_RC tr_c14n_find(const struct tr_input *in, uint64_t at, struct tr_c14n_place *ret, struct vf_err *reterr);

#endif
