/*
 * What the files that read a Consent share.
 *
 * Internal to fhir_consent.c and fhir_provision.c.
 */
#ifndef TRIAL_FHIR_INSIDE_H
#define TRIAL_FHIR_INSIDE_H

#include "trial/fhir_consent.h"
#include "trial/fhir_tree.h"

#define TR_FHIR_SCOPES "http://terminology.hl7.org/CodeSystem/consentscope"
#define TR_FHIR_PERFORMERS "http://terminology.hl7.org/CodeSystem/consentperformer"
#define TR_FHIR_ACTS "http://terminology.hl7.org/CodeSystem/v3-ActCode"
#define TR_FHIR_RELATIONS "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
/* Octets of a text that becomes a purpose, a delegate or a site. */
#define TR_FHIR_MAX_TEXT 512

struct tr_fhir_reading {
	const struct tr_fhir_ask *ask;
	const struct tr_fhir_node *root;
	struct vf_arena *a;
	struct tr_fhir_consent c;
	bool is_rejected;
};

enum vf_rc tr_fhir_no_memory(struct vf_err *reterr);
/* Keeps a sentence for a person, once. */
void tr_fhir_note(struct tr_fhir_reading *r, const char *text);
/* True when the coding has this system and, unless it is NULL, this code. */
bool tr_fhir_is_coding(const struct tr_fhir_node *coding, const char *system, const char *code);
/* The first such coding of a CodeableConcept, which may be NULL; or NULL. */
const struct tr_fhir_node *tr_fhir_coding(const struct tr_fhir_node *concept, const char *system, const char *code);
bool tr_fhir_is_text(struct vf_bytes text);
/* FHIR's dateTime as a time of details: the same but for digits after milliseconds and "-00:00". FHIR_SHAPE. */
VF_RC tr_fhir_time(struct tr_fhir_reading *r, const struct tr_fhir_node *node, struct vf_bytes *ret, struct vf_err *reterr);
/* Permissions of the whole tree. */
VF_RC tr_fhir_permissions(struct tr_fhir_reading *r, struct vf_err *reterr);

#endif
