/*
 * The canonical forms that a file has, and their digests (docs/formats/canonical.md).
 *
 * Knows which forms there are and computes them in little memory; where two XML files differ. Rows beside each other are
 * rows_diff.h's question, listings listing.h's.
 */
#ifndef NOTARY_FORMS_H
#define NOTARY_FORMS_H

#include "notary/buf.h"
#include "trial/read/c14n.h"
#include "verify/hash.h"

enum nt_form {
	NT_FORM_XML,
	NT_FORM_ROWS,
};
#define NT_FORM_COUNT 2
/* "xml", "rows"; the identifier that stands beside digests. */
const char *nt_form_word(enum nt_form form);
const char *nt_form_algorithm(enum nt_form form);

struct nt_form_digest {
	uint64_t size; /* of the form */
	struct vf_pair digests;
};

/* Which forms a file may have, by its head. */
VF_RC nt_forms_of(const struct tr_input *in, bool ret[NT_FORM_COUNT], struct vf_err *reterr);
/* Computes one. What it refuses: trial/read/c14n.h, trial/read/rows_read.h. */
VF_RC nt_form_digest(const struct tr_input *in, enum nt_form form, struct nt_form_digest *ret, struct vf_err *reterr);

/* Where two XML files that have different canonical forms differ first. */
struct nt_xml_difference {
	struct tr_c14n_place first, second;
	bool is_cut[2]; /* the first (second) form ends there */
};
VF_RC nt_xml_differ(const struct tr_input *first, const struct tr_input *second, struct nt_xml_difference *ret,
	struct vf_err *reterr);

/* ---- canonical.json ---- */

#define NT_DECLARED_NAME "canonical.json"
#define NT_DECLARED_MAX ((size_t)16 * 1024 * 1024)

/* A document and the forms that were computed of it. */
struct nt_declared {
	struct vf_bytes name;
	bool has[NT_FORM_COUNT];
	struct nt_form_digest digests[NT_FORM_COUNT];
};

/* Writes canonical.json for documents ascending by name; those without a form are left out. *ret_n: how many are in it;
 * nothing is written when there are none. */
VF_RC nt_declared_write(const struct nt_declared *d, size_t n, struct nt_buf *out, size_t *ret_n, struct vf_err *reterr);
/* Writes it into a new file (mode 0600). A file that is there must hold the same octets: EXISTS. */
VF_RC nt_declared_save(const char *path, struct vf_bytes text, struct vf_err *reterr);
/*
 * Reads it, and finds the document of this name; *ret_found. Algorithms that this version does not know are passed
 * over. JSON_SHAPE, NAME_SHAPE, LIMIT. ret->name is the caller's name.
 */
VF_RC nt_declared_find(struct vf_bytes text, struct vf_bytes name, struct nt_declared *ret, bool *ret_found, struct vf_err *reterr);

#endif
