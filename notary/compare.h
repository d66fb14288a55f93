/*
 * Whether two files say the same: by their octets, by a canonical form, by what is in them, or not.
 *
 * Knows the order of levels and tries one after the other (docs/formats/canonical.md); says what differs first. Files
 * may be folders, archives and listings too.
 */
#ifndef NOTARY_COMPARE_H
#define NOTARY_COMPARE_H

#include "notary/forms.h"
#include "notary/rows_diff.h"

enum nt_level {
	NT_LEVEL_DIFFERENT,
	NT_LEVEL_BYTES,
	NT_LEVEL_XML,
	NT_LEVEL_ROWS,
	NT_LEVEL_LISTING,
};
/* "different", "bytes", "xml", "rows", "listing". */
const char *nt_level_word(enum nt_level level);

/* A form that was tried: both digests, or why there is none. */
struct nt_form_tried {
	enum nt_form_state {
		NT_FORM_NOT_TRIED,
		NT_FORM_SAME,
		NT_FORM_DIFFERS,
		NT_FORM_REFUSED, /* reason says by which file */
	} state;
	struct nt_form_digest digests[2];
	char reason[320];
};

/* Free with nt_comparison_done(). */
struct nt_comparison {
	enum nt_level level;
	bool has_digests; /* both are files */
	uint64_t size[2];
	struct vf_pair digests[2];
	struct nt_form_tried forms[NT_FORM_COUNT];
	bool has_xml;
	struct nt_xml_difference xml;
	bool has_rows;
	struct nt_rows_diff rows;
	/* of folders, archives and listings */
	bool has_listing;
	struct vf_pair listings[2];
	size_t members[2];
	uint64_t listing_differs; /* names */
	struct nt_buf text;       /* the first of them, a line each: "only in the first: NAME" */
};
void nt_comparison_done(struct nt_comparison *c);

/* Compares; faults of reading a form are in forms[], what a file itself refuses is returned (NO_INPUT, IO, …). */
VF_RC nt_compare(const char *first, const char *second, struct nt_comparison *ret, struct vf_err *reterr);

/* Compares a file with what a record says of a document: digests of its octets, and what canonical.json declares of it
 * (NULL: nothing). Details of a difference are not known then. */
VF_RC nt_compare_declared(const struct vf_pair *digests, uint64_t size, const struct nt_declared *declared, const char *path,
	struct nt_comparison *ret, struct vf_err *reterr);

#endif
