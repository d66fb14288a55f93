/*
 * Version, date and title that a document says of itself, for the statement of its record (docs/decisions/0026).
 *
 * Knows which facts (trial/read/fact.h) may become one of them, and the sidecar file in which whoever made the document
 * says them. Which records they are for, and that a personal kind takes none, is verbs_submit_facts.c's question.
 */
#ifndef NOTARY_SUBMIT_FACTS_H
#define NOTARY_SUBMIT_FACTS_H

#include "trial/kind.h"
#include "trial/read/fact.h"

enum nt_own_text {
	NT_OWN_VERSION,
	NT_OWN_DATE,
	NT_OWN_TITLE,
};
#define NT_OWN_TEXTS 3
/* "version", ... */
const char *nt_own_text_name(enum nt_own_text which);

/* The longest one that a statement takes. */
#define NT_OWN_TEXT_LEN 512

struct nt_own {
	/* Each is one that a statement may say, or empty. */
	struct nt_own_one {
		char text[NT_OWN_TEXT_LEN + 1];
		const char *from;  /* the fact: "study.title"; NULL: it is empty, or the sidecar file says it */
		const char *unfit; /* the fact that a statement cannot say, so that it was left out; or NULL */
	} texts[NT_OWN_TEXTS];
};

/*
 * What the document says of itself, for a record of this kind; a file of no known format says nothing. FILE_SHAPE and
 * the other refusals of a format, IO, NO_MEMORY, INTERRUPTED: with all but OK nothing is found.
 */
VF_RC nt_own_read(const struct tr_input *in, enum tr_kind kind, struct nt_own *ret, struct vf_err *reterr);

/* What follows a file's name in that of its sidecar file, and how large that may be. */
#define NT_SIDECAR ".trial.json"
#define NT_SIDECAR_MAX 65536

/* An object of JSON with version, date and title, none of which must be there: JSON_SHAPE, STATEMENT_SHAPE. */
VF_RC nt_sidecar_parse(struct vf_bytes text, struct nt_own *ret, struct vf_err *reterr);
/* Whether this is the path of a sidecar file, beside which its document lies. */
bool nt_is_sidecar(const char *path);

#endif
