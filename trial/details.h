/*
 * What a record of its kind says: details.json (docs/formats/statements/README.md).
 *
 * Knows the rules of each kind, the one spelling of details, and what can be decided
 * inside one record. What needs other records is notary/details_check.h's question;
 * where details stand is notary/submit.h's. No message quotes a value: it may be personal.
 */
#ifndef TRIAL_DETAILS_H
#define TRIAL_DETAILS_H

#include "trial/kind.h"
#include "trial/schema.h"
#include "verify/hash.h"

/* What the schemas of the details begin with; a kind and "/1" follow. */
#define TR_DETAILS_PREFIX "trialnotary/details/"
/* The permission without which no other makes sense. */
#define TR_PARTICIPATION "participation"

/* Octets of arena with which no details are refused for want of memory. */
#define TR_DETAILS_ROOM ((size_t)1024 * 1024)

/* ---- rules ---- */

/* The text of KIND.schema.json; empty for TR_KIND_NONE and TR_OWN. */
struct vf_bytes tr_details_rules(enum tr_kind kind);

/* The rules of kinds, each read when it is first asked for. Zero it; free with tr_rulebook_done(). One thread at a
 * time. */
struct tr_rulebook {
	struct tr_schema *of[TR_KIND_COUNT];
};

VF_RC tr_rulebook_get(struct tr_rulebook *b, enum tr_kind kind, const struct tr_schema **ret, struct vf_err *reterr);
void tr_rulebook_done(struct tr_rulebook *b);

/*
 * Rules of a study's own kind: a schema in the subset whose top has a field 'schema' with the value
 * "trialnotary/details/NAME/1", so that what they take cannot be taken for another kind. SCHEMA_SHAPE, JSON_SHAPE,
 * LIMIT.
 */
VF_RC tr_own_rules(struct vf_bytes name, struct vf_bytes json, struct tr_schema **ret, struct vf_err *reterr);

/* ---- writing ---- */

/* A simple field given as text: a word on a command line. Given more than once it is a list. */
struct tr_setting {
	const char *name;
	struct vf_bytes value;
};

struct tr_details_draft {
	enum tr_kind kind;
	struct vf_bytes own_kind;      /* its name when kind is TR_OWN */
	const struct tr_schema *rules; /* of the kind */
	struct vf_bytes json;          /* as written by anybody, with or without 'schema'; empty: settings alone */
	const struct tr_setting *settings;
	size_t n_settings;
};

/*
 * Writes details in their one spelling (tr_schema_write()) after they were checked as tr_details_read() checks. The
 * text lies in the arena. A field that is in json and among the settings is DETAILS_SHAPE, one that is twice in
 * either JSON_SHAPE.
 */
VF_RC tr_details_make(const struct tr_details_draft *d, struct vf_arena *a, struct vf_bytes *ret,
	char pointer[TR_POINTER_MAX], struct vf_err *reterr);

/* ---- reading ---- */

enum tr_role { TR_ROLE_NONE, TR_ROLE_PARTICIPANT, TR_ROLE_PARENT, TR_ROLE_ASSENT, TR_ROLE_REPRESENTATIVE };
enum tr_population {
	TR_POPULATION_NONE,
	TR_POPULATION_ADULT,
	TR_POPULATION_PARENT,
	TR_POPULATION_ASSENT,
	TR_POPULATION_REPRESENTATIVE
};
enum tr_decision {
	TR_DECISION_NONE,
	TR_DECISION_APPROVED,
	TR_DECISION_CONDITIONAL,
	TR_DECISION_REJECTED,
	TR_DECISION_WITHDRAWN
};
enum tr_reconsent { TR_RECONSENT_UNSAID, TR_RECONSENT_NONE, TR_RECONSENT_NEW, TR_RECONSENT_ALL };

/* A list of texts. */
struct tr_texts {
	struct vf_bytes *of;
	size_t n;
};

/* Where something holds. Without any of it nothing was said: everywhere. */
struct tr_scope {
	bool is_global;
	struct tr_texts countries, regions, sites;
};

/* One that a form offers (purpose, is_required, text), or the answer to it; of a withdrawal the name alone. */
struct tr_permission {
	struct vf_bytes name;
	bool is_granted;  /* consent, re-consent */
	bool is_required; /* consent-form */
	struct vf_bytes purpose, text, delegate;
	struct vf_bytes from, until; /* of the form time (format.h) */
};

/*
 * What more than one place asks of details. What a kind does not have, or a record does not say, is zero; all
 * texts lie in the arena. The rest of a record's fields is for its reader: trial/schema.h shows them.
 */
struct tr_facts {
	enum tr_kind kind;
	bool is_old;                          /* trialnotary/details/1: version, date and title alone */
	struct vf_bytes version, date, title; /* personal kinds */
	bool has_participant, has_form, has_consent, has_grant;
	struct vf_hash participant, form, consent, grant;
	enum tr_role role;
	enum tr_population population;
	enum tr_decision decision;
	struct vf_bytes language;
	struct vf_bytes when;        /* 'when'; 'given' of a consent */
	struct vf_bytes from, until; /* of the whole record */
	struct tr_permission *permissions;
	size_t n_permissions;
	bool has_permissions; /* a withdrawal without any withdraws the whole */
	struct tr_scope scope;
	struct tr_texts ends; /* 'scope' of a withdrawal: what ends */
	struct vf_bytes data; /* 'data' of a withdrawal: "retained", … */
	struct tr_reconsent_rule {
		enum tr_reconsent required;
		bool has_days;
		uint64_t days;
		struct vf_bytes by;
	} reconsent;
	struct vf_bytes site;
	struct vf_bytes own_kind, rules; /* of a schema: the kind that it registers, the document with its rules */
	bool is_personal;                /* of a schema: 'personal' */
};

/*
 * Checks details by the rules of their kind, or reads trialnotary/details/1 where the kind is personal, and then what
 * is decidable here: DETAILS_SHAPE for what a rule forbids, for a form that does not offer participation, an 'until'
 * before its 'from', a scope that is global and not; PERMISSION_CONTRADICTION. JSON_SHAPE, LIMIT, NO_MEMORY.
 */
VF_RC tr_details_read(enum tr_kind kind, const struct tr_schema *rules, struct vf_bytes json, struct vf_arena *a,
	struct tr_facts *ret, char pointer[TR_POINTER_MAX], struct vf_err *reterr);

/* The answer with this name that stands last, or NULL; what a form offers by this name. */
const struct tr_permission *tr_permission_find(const struct tr_facts *f, struct vf_bytes name);
/* True when no place can be in both: what says nothing is everywhere. */
bool tr_scope_is_apart(const struct tr_scope *a, const struct tr_scope *b);

#endif
