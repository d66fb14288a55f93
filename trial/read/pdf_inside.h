/*
 * Objects of a PDF file (ISO 32000-1, 7.3 and 7.5), as far as its own metadata needs them.
 *
 * Internal to trial/read/pdf*.c. Finds an object through the cross-reference tables and streams, newest first, each time
 * anew: nothing of the size of the file is kept. Runs nothing, follows nothing out of the file. What is not in order is
 * "not found", and the caller says so: viewers repair such files in ways of their own.
 */
#ifndef TRIAL_READ_PDF_INSIDE_H
#define TRIAL_READ_PDF_INSIDE_H

#include "trial/read/fact.h"

/* Revisions of one file; each look-up may go through all. */
#define TR_PDF_MAX_SECTIONS 1024
/* Octets of one object that is read: a catalog, a dictionary of metadata. */
#define TR_PDF_MAX_OBJECT ((size_t)1024 * 1024)
/* Octets of an object stream, or of XMP, when inflated. */
#define TR_PDF_MAX_STREAM ((size_t)16 * 1024 * 1024)
/* Arrays and dictionaries in each other. */
#define TR_PDF_MAX_DEPTH 64

struct tr_pdf_section {
	uint64_t at;
	bool is_stream;
};

struct tr_pdf {
	struct tr_reading *r;
	struct tr_pdf_section sections[TR_PDF_MAX_SECTIONS]; /* newest first */
	size_t n_sections;
	uint64_t reads;  /* look-ups, against files that make each need many */
	size_t depth;    /* of tr_pdf_resolve() */
	uint8_t *buffer; /* TR_SOURCE_BUFFER octets */
	uint64_t at_source, left_source;
	struct tr_source source; /* the octets of a stream */
};

struct tr_pdf_object {
	uint8_t *room;
	struct vf_bytes value; /* its first token to its last: "<<...>>", "(...)", "12" */
	bool has_stream;
	uint64_t stream; /* where its octets begin */
};

/* Finds the tables of the file. *ret_found is false when they are not in order. */
VF_RC tr_pdf_open(struct tr_pdf *p, bool *ret_found, struct vf_err *reterr);
/* The object that a reference "12 0 R" names, or the value itself; free with tr_pdf_object_done(). */
VF_RC tr_pdf_resolve(struct tr_pdf *p, struct vf_bytes value, struct tr_pdf_object *ret, bool *ret_found,
	struct vf_err *reterr);
void tr_pdf_object_done(struct tr_pdf_object *o);
/* A value of the newest trailer that has it. */
VF_RC tr_pdf_trailer(struct tr_pdf *p, const char *key, struct tr_pdf_object *ret, bool *ret_found,
	struct vf_err *reterr);
/*
 * The octets of a stream, inflated if need be, up to max of them; *ret_room is malloc'd. Not found: a filter other than
 * FlateDecode, or malformed.
 */
VF_RC tr_pdf_stream(struct tr_pdf *p, const struct tr_pdf_object *o, size_t max, uint8_t **ret_room,
	struct vf_bytes *ret, bool *ret_found, struct vf_err *reterr);

/* ---- places (pdf_table.c, pdf_object.c) ---- */

/* An entry of a cross-reference table or stream. */
struct tr_pdf_entry {
	uint64_t type;  /* 0: free, 1: at an octet, 2: in an object stream */
	uint64_t at;    /* the octet, or the number of the object stream */
	uint64_t index; /* in it */
};

/* The newest revision that speaks of an object decides, also when it has freed it. */
VF_RC tr_pdf_locate(struct tr_pdf *p, uint64_t number, struct tr_pdf_entry *ret, bool *ret_found,
	struct vf_err *reterr);
/* The value at an octet, behind what before() takes. */
VF_RC tr_pdf_read(struct tr_pdf *p, uint64_t at, bool (*before)(struct vf_bytes *in, uint64_t number), uint64_t number,
	struct tr_pdf_object *ret, bool *ret_found, struct vf_err *reterr);
/* LIMIT when the file makes reading it too much work. */
VF_RC tr_pdf_count(struct tr_pdf *p, struct vf_err *reterr);

/* Octets one after the other, of a stream that is inflated or not; one at a time of a file. Free inflate at the end. */
struct tr_pdf_octets {
	struct tr_pdf *p;
	struct tr_inflate *inflate;
	struct vf_bytes left;
	bool is_bad; /* malformed, which is no fault of the reading */
};
VF_RC tr_pdf_octets_open(struct tr_pdf_octets *o, struct tr_pdf *p, const struct tr_pdf_object *stream, size_t max,
	bool *ret_found, struct vf_err *reterr);
/* n octets; fewer at the end. */
VF_RC tr_pdf_octets_take(struct tr_pdf_octets *o, uint8_t *out, size_t n, size_t *ret_n, struct vf_err *reterr);

/* ---- text of values (pdf_token.c) ---- */

void tr_pdf_skip_blanks(struct vf_bytes *in);
bool tr_pdf_take_number(struct vf_bytes *in, uint64_t *ret);
/* "12 0 R" */
bool tr_pdf_take_reference(struct vf_bytes *in, uint64_t *ret_number);
/* Takes one value with what is in it; false when it is malformed or does not end here. */
bool tr_pdf_take_value(struct vf_bytes *in, struct vf_bytes *ret);
/* The value of a key of a dictionary, direct as it stands. */
bool tr_pdf_get(struct vf_bytes dictionary, const char *key, struct vf_bytes *ret);
bool tr_pdf_name_is(struct vf_bytes value, const char *name);
/*
 * A string, literal or hexadecimal, as UTF-8: of PDFDocEncoding, UTF-16 or UTF-8 (7.9.2.2). out has 4 octets for each
 * of the value; what is no character becomes U+FFFD. False when it is no string.
 */
bool tr_pdf_text(struct vf_bytes value, uint8_t *out, struct vf_bytes *ret);

#endif
