/*
 * A consent as a FHIR R4 Consent, in JSON and XML (docs/formats/fhir-consent.md).
 *
 * Knows what of a Consent becomes details, what is refused, and how details are written as one.
 * Participant and form are never taken from a file. No message quotes a value: it may be personal.
 */
#ifndef TRIAL_FHIR_CONSENT_H
#define TRIAL_FHIR_CONSENT_H

#include "trial/details.h"
#include "verify/sink.h"

/* Systems of our own. A record's ID follows the first one where a URI stands. */
#define TR_FHIR_RECORD "urn:trialnotary:record"
#define TR_FHIR_PARTICIPANT "urn:trialnotary:participant"
#define TR_FHIR_PERMISSION "urn:trialnotary:permission"
#define TR_FHIR_PURPOSE "urn:trialnotary:purpose"
#define TR_FHIR_ROLE "urn:trialnotary:role"

/* Octets of a file: it may hold a scan. */
#define TR_FHIR_MAX ((size_t)8 * 1024 * 1024)
#define TR_FHIR_MAX_PERMISSIONS 256
/* Provisions in each other. */
#define TR_FHIR_MAX_PROVISIONS 8
/* Octets of arena with which no Consent is refused for want of memory. */
#define TR_FHIR_ROOM ((size_t)24 * 1024 * 1024)

/* ---- reading ---- */

/* What a permission of the form is called elsewhere. Without a system the code counts in any. */
struct tr_fhir_name {
	struct vf_bytes system, code, name;
};

struct tr_fhir_ask {
	const struct tr_fhir_name *names;
	size_t n_names;
	enum tr_role role; /* TR_ROLE_NONE: as the file says */
};

#define TR_FHIR_MAX_NOTES 16

/*
 * What was understood. facts: role, when (given), site, permissions; participant and form only when the file has
 * those of this program. All texts lie in the arena.
 */
struct tr_fhir_consent {
	struct tr_facts facts;
	bool is_xml;
	struct tr_fhir_code {
		struct vf_bytes system, code;
	} *codes;                  /* of each permission; n == 0: it was said of the whole */
	struct tr_texts policies;  /* URIs that may name the form */
	const char *notes[TR_FHIR_MAX_NOTES]; /* what a person should know: sentences without a full stop */
	size_t n_notes;
};

/* JSON_SHAPE, FHIR_SHAPE, FHIR_UNFIT, LIMIT, NO_MEMORY: with the place. */
VF_RC tr_fhir_read(struct vf_bytes file, const struct tr_fhir_ask *ask, struct vf_arena *a, struct tr_fhir_consent *ret,
	struct vf_err *reterr);

/*
 * The details as JSON for tr_details_make(), which adds 'schema' and checks them. FHIR_UNFIT when the file names
 * another participant or form.
 */
VF_RC tr_fhir_details(const struct tr_fhir_consent *c, const struct vf_hash *participant, const struct vf_hash *form,
	struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);

/* ---- writing ---- */

struct tr_fhir_out {
	const struct tr_facts *facts; /* of a consent or re-consent; as tr_details_read() gave them */
	struct vf_hash id;            /* the record */
	bool is_withdrawn;            /* as a whole */
};

/* The same octets for the same facts. What s takes is its business. */
void tr_fhir_put_json(struct vf_sink *s, const struct tr_fhir_out *o);
void tr_fhir_put_xml(struct vf_sink *s, const struct tr_fhir_out *o);

/* "participant", …; "" for TR_ROLE_NONE; and back. */
const char *tr_role_name(enum tr_role role);
enum tr_role tr_role_find(struct vf_bytes name);

#endif
