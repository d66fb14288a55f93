/*
 * A FHIR resource, as far as facts are taken from it, whichever syntax it had.
 *
 * Internal to trial/read/fhir_*.c. The readers of XML and JSON drive it: open, value, close. The elements of one resource
 * are kept until it ends, as JSON has no order; then its facts are said and its memory is used again, so that a Bundle
 * of any size needs the room of its largest resource. One table of elements serves all resources: a name that means
 * different things in two of them has what both need below it.
 */
#ifndef TRIAL_READ_FHIR_INSIDE_H
#define TRIAL_READ_FHIR_INSIDE_H

#include "trial/read/fact.h"

#define TR_FHIR_READ_NS "http://hl7.org/fhir"

/* Elements in each other that are kept; deeper ones are of provisions and extensions, and are not looked at. */
#define TR_RESOURCE_MAX_DEPTH 64
/* Octets of one resource, without what is not looked at (narrative, attachments, signatures' data). */
#define TR_RESOURCE_ROOM ((size_t)16 * 1024 * 1024)
/* Octets that are kept of a signature's data: enough to tell what it is. */
#define TR_RESOURCE_DATA 96

enum tr_element_type {
	TR_EL_VALUE,
	TR_EL_DATA,     /* a value of which the beginning is kept */
	TR_EL_HOLDER,   /* holds a resource: in XML within an element of its name */
	TR_EL_RESOURCE,
	TR_EL_ENTRY,
	TR_EL_ANY,      /* what several resources call by one name: agent, source, ... */
	TR_EL_CONCEPT,
	TR_EL_REFERENCE,
	TR_EL_PERIOD,
	TR_EL_EXTENSION,
	TR_EL_PROVISION,
	TR_EL_SIGNATURE,
};
#define TR_ELEMENT_TYPES 12

struct tr_element_field {
	const char *name;
	size_t n;
	enum tr_element_type type;
};

struct tr_element {
	const struct tr_element_field *field; /* NULL: the file's resource */
	struct tr_element *parent, *first, *last, *next;
	struct vf_bytes value;
	struct vf_bytes resource; /* the type of a resource; of a HOLDER: of the one in it */
	uint64_t at;              /* among those of its name */
	bool in_list;             /* JSON: of an array */
	bool is_other;            /* a resource of a type that is not read */
};

/* Where the memory of elements stands. */
struct tr_pool_block;
struct tr_pool {
	struct tr_pool_block *first, *now;
	size_t total;
};
struct tr_pool_mark {
	struct tr_pool_block *block;
	size_t used;
};

#define TR_FHIR_R4 1u
#define TR_FHIR_R5 2u
#define TR_FHIR_MAX_OTHER 32

struct tr_resource_walk {
	struct tr_reading *r;
	bool is_json;
	struct tr_pool pool;
	struct tr_element *open[TR_RESOURCE_MAX_DEPTH];
	struct tr_pool_mark entry; /* before the entry that is open */
	size_t n_open;
	uint64_t entries, signatures, records;
	unsigned versions;       /* TR_FHIR_R4, TR_FHIR_R5: what elements of these have been seen */
	uint32_t forms;          /* of fhir_consent.c: those that were said */
	bool has_records, has_signatures;
	char other[TR_FHIR_MAX_OTHER][40]; /* types that are not read, each once */
	size_t n_other;
};

/* ---- driven by the readers ---- */

VF_RC tr_resource_begin(struct tr_resource_walk *w, struct tr_reading *r, bool is_json, struct vf_err *reterr);
/* The type of the innermost open resource. */
VF_RC tr_resource_type(struct tr_resource_walk *w, struct vf_bytes type, struct vf_err *reterr);
/*
 * A child of the element that is open: *ret_taken is false when nothing of it is looked at, and it is not open then.
 * at: its place in an array, for JSON; XML is counted. NO_MEMORY, LIMIT.
 */
VF_RC tr_resource_open(struct tr_resource_walk *w, struct vf_bytes name, bool in_list, uint64_t at, bool *ret_taken,
	struct vf_err *reterr);
VF_RC tr_resource_value(struct tr_resource_walk *w, struct vf_bytes value, struct vf_err *reterr);
/* Ends the element that was opened last; a resource's facts are said here. */
VF_RC tr_resource_close(struct tr_resource_walk *w, struct vf_err *reterr);
/* The element that is open; NULL before the first. */
struct tr_element *tr_resource_at(const struct tr_resource_walk *w);
/* A copy that lives as long as the element that is open. */
VF_RC tr_resource_copy(struct tr_resource_walk *w, struct vf_bytes from, struct vf_bytes *ret, struct vf_err *reterr);
/* Forgets an entry of the file's Bundle, which has been said and is the last element there is. */
void tr_resource_drop(struct tr_resource_walk *w, struct tr_element *entry);
/* After the file's resource was closed: what the file says as a whole. */
VF_RC tr_resource_end(struct tr_resource_walk *w, struct vf_err *reterr);
void tr_resource_done(struct tr_resource_walk *w);

/* ---- what is in it; of may be NULL ---- */

const struct tr_element *tr_element_get(const struct tr_element *of, const char *name);
/* The next one of the same name. */
const struct tr_element *tr_element_next(const struct tr_element *el);
struct vf_bytes tr_element_value(const struct tr_element *of, const char *name);
/* The first of 'a/b/c', from the first of each. */
const struct tr_element *tr_element_path(const struct tr_element *of, const char *path);
/* Of a CodeableConcept or a Coding: the element that names it best: text, display, code; or its own value. */
const struct tr_element *tr_element_words(const struct tr_element *concept);
/* The element of its code. */
const struct tr_element *tr_element_code(const struct tr_element *concept);
bool tr_element_has_code(const struct tr_element *concept, const char *code);
/* Of a Reference: 'reference', or the value of its identifier; never its display, which is a name. */
const struct tr_element *tr_element_target(const struct tr_element *reference);
/* An extension by the last part of its URL. */
const struct tr_element *tr_element_extension(const struct tr_element *of, const char *url);
const struct tr_element *tr_element_extension_next(const struct tr_element *el);
/* The value[x] of an extension; NULL when it has none. */
const struct tr_element *tr_element_extension_value(const struct tr_element *extension);

/* "Consent/ID", as references to a resource are written; empty without an id. */
#define TR_RESOURCE_REFERENCE 136
struct vf_bytes tr_resource_reference(const struct tr_element *resource, char out[TR_RESOURCE_REFERENCE]);

/* ---- saying ---- */

/* Facts of one thing; the first fault stays, and nothing is said after it. */
struct tr_saying {
	struct tr_resource_walk *w;
	struct tr_about about;
	struct vf_err *err;
	enum vf_rc rc;
};

struct tr_place tr_element_place(const struct tr_resource_walk *w, const struct tr_element *el);
/* Says the element's value as the type of the fact asks; nothing for NULL. */
void tr_saying_put(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el);
/* Says a text of this program that stands for the element. */
void tr_saying_word(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, const char *word);
void tr_saying_flag(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, bool yes);
void tr_saying_count(struct tr_saying *s, enum tr_fact_name fact, uint64_t count);
void tr_saying_warn(struct tr_saying *s, enum tr_warning warning, const struct tr_element *el, const char *text);
/* The person whom the facts that follow are about; counted. */
void tr_saying_subject(struct tr_saying *s, struct vf_bytes key);
/* One item for a signature, of grade signed unless it is a scan or a placeholder; key: what is signed, or NULL.
 * True when it is neither. */
bool tr_saying_signature(struct tr_saying *s, const struct tr_element *signature, const struct tr_element *target);

/* ---- resources, each when it has ended; about.item is that of the resource ---- */

void tr_say_consent(struct tr_saying *s, const struct tr_element *resource);
void tr_say_research_subject(struct tr_saying *s, const struct tr_element *resource);
void tr_say_research_study(struct tr_saying *s, const struct tr_element *resource);
void tr_say_provenance(struct tr_saying *s, const struct tr_element *resource);
void tr_say_audit_event(struct tr_saying *s, const struct tr_element *resource);

#endif
