/*
 * Between the files of the schema checker: JSON values stay behind this header.
 */
#ifndef TRIAL_SCHEMA_INSIDE_H
#define TRIAL_SCHEMA_INSIDE_H

#include "trial/schema.h"

/* jansson's json_t, whose header only the source files include. */
struct json_t;

/* Every reader of JSON has these exactly: RFC 8259 section 6. */
#define TR_MAX_INTEGER ((INT64_C(1) << 53) - 1)

struct tr_schema {
	struct json_t *root; /* checked: every keyword has the form that the functions here expect */
};

/* A JSON pointer while it is walked; a part that does not fit is left out whole. */
struct tr_place {
	char text[TR_POINTER_MAX];
	size_t n;
};

/* Returns what tr_place_leave() takes. */
size_t tr_place_enter(struct tr_place *p, const char *name);
void tr_place_leave(struct tr_place *p, size_t before);

/* An object of at most max octets with so many levels. JSON_SHAPE, LIMIT. The caller has the reference. */
VF_RC tr_schema_json(struct vf_bytes text, size_t max, unsigned levels, struct json_t **ret, struct vf_err *reterr);

/* A member of a rule that is a text, "" when it is not there. */
const char *tr_schema_text(const struct json_t *rule, const char *name);
/* The rule itself, or what it refers to. */
const struct json_t *tr_schema_follow(const struct json_t *defs, const struct json_t *rule);

/* The values of an enum, so far as they fit: a reader sees what is expected. Empty without a list. */
void tr_schema_choices(const struct json_t *list, char *out, size_t cap);

/* A document that the schema takes; the refusals of tr_schema_check(). */
VF_RC tr_schema_document(const struct tr_schema *s, struct vf_bytes json, struct json_t **ret,
	char pointer[TR_POINTER_MAX], struct vf_err *reterr);

#endif
