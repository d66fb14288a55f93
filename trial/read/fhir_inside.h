/*
 * What a FHIR resource says, whichever syntax it had.
 *
 * Internal to trial/read/fhir_*.c. The readers of XML and JSON drive one tree of elements (element.h). Those of one
 * resource are kept until it ends, as JSON has no order; then its facts are said and its memory is used again, so that a
 * Bundle of any size needs the room of its largest resource. One table of elements serves all resources: a name that
 * means different things in two of them has what both need below it.
 */
#ifndef TRIAL_READ_FHIR_INSIDE_H
#define TRIAL_READ_FHIR_INSIDE_H

#include "trial/read/element.h"

#define TR_FHIR_READ_NS "http://hl7.org/fhir"

#define TR_FHIR_R4 1u
#define TR_FHIR_R5 2u
#define TR_FHIR_MAX_OTHER 32

struct tr_resource_walk {
	struct tr_tree t;
	uint64_t signatures, records;
	unsigned versions;       /* TR_FHIR_R4, TR_FHIR_R5: what elements of these have been seen */
	uint32_t forms;          /* of fhir_consent.c: those that were said */
	bool has_records, has_signatures;
	char other[TR_FHIR_MAX_OTHER][40]; /* types that are not read, each once */
	size_t n_other;
};

/* ---- driven by the readers, with the tree ---- */

VF_RC tr_resource_begin(struct tr_resource_walk *w, struct tr_reading *r, bool is_json, struct vf_err *reterr);
/* The type of the innermost open resource. */
VF_RC tr_resource_type(struct tr_resource_walk *w, struct vf_bytes type, struct vf_err *reterr);
/* The element that is open ends: says a resource's facts. tr_tree_close() is the caller's. */
VF_RC tr_resource_ends(struct tr_resource_walk *w, struct vf_err *reterr);
/* After the file's resource has ended: what the file says as a whole. */
VF_RC tr_resource_end(struct tr_resource_walk *w, struct vf_err *reterr);

/* ---- what is in it; of may be NULL ---- */

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

static inline struct tr_resource_walk *tr_walk_of(const struct tr_saying *s)
{
	return s->ctx;
}

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
