/*
 * Rules for JSON documents: a small subset of JSON Schema 2020-12
 * (docs/formats/statements/README.md).
 *
 * Knows rules and values; what the fields of a kind mean is details.h's question.
 * A schema is refused when it holds anything that is not looked at here: what it
 * seems to say is what is checked. Messages never quote a value: it may be personal.
 */
#ifndef TRIAL_SCHEMA_H
#define TRIAL_SCHEMA_H

#include "verify/bytes.h"

/* Octets of a schema, and of a document that is checked. */
#define TR_MAX_SCHEMA ((size_t)64 * 1024)
#define TR_MAX_DETAILS ((size_t)64 * 1024)
/* Objects and arrays in each other, in a document; rules in each other, in a schema. */
#define TR_MAX_LEVELS 32
#define TR_MAX_RULES 2000
/* Values of an enum; items of an array whose items must differ. */
#define TR_MAX_CHOICES 1000
/* A JSON pointer (RFC 6901) and a NUL; a longer one is cut between two parts. */
#define TR_POINTER_MAX 256

struct tr_schema;

/*
 * Reads a schema. JSON_SHAPE, LIMIT; SCHEMA_SHAPE for whatever is not in the subset, with the place in the text.
 * Nothing is kept of json. Free with tr_schema_free().
 */
VF_RC tr_schema_parse(struct vf_bytes json, struct tr_schema **ret, struct vf_err *reterr);
struct tr_schema *tr_schema_free(struct tr_schema *s);
void tr_schema_freep(struct tr_schema **s);

/*
 * Checks a document. JSON_SHAPE, LIMIT (both with an empty pointer); DETAILS_SHAPE for what breaks a rule: pointer
 * is the place, or the object in which a field is missing or unknown. pointer is written on refusals only.
 */
VF_RC tr_schema_check(
	const struct tr_schema *s, struct vf_bytes json, char pointer[TR_POINTER_MAX], struct vf_err *reterr);

/*
 * The one spelling of a document that the schema takes: a line without spaces that ends in LF, fields in the order of
 * the schema, then those that it does not name, ascending. The same refusals; NO_MEMORY when the arena is full.
 */
VF_RC tr_schema_write(const struct tr_schema *s, struct vf_bytes json, struct vf_arena *a, struct vf_bytes *ret,
	char pointer[TR_POINTER_MAX], struct vf_err *reterr);

/* True when the rule at the top demands a field besides 'schema'. */
bool tr_schema_has_required(const struct tr_schema *s);

/* ---- for forms and help texts ---- */

/* One field of the rule at the top, or of what an item of it holds; texts live as long as the schema. */
struct tr_field {
	const char *name, *title, *description;
	const char *type;   /* "string", …; of a reference: what it leads to */
	const char *format; /* "" when there is none */
	char choices[160];  /* what an enum allows, with commas between; cut with "…"; "": anything of its type */
	bool is_required;
};

/* Fields of the rule at the top, in the order of the schema; false when there is no field at. */
bool tr_schema_field(const struct tr_schema *s, size_t at, struct tr_field *ret);

#endif
