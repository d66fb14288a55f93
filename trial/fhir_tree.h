/*
 * A FHIR R4 Consent as a tree of elements, whichever syntax it had.
 *
 * Internal to fhir_*.c. Knows which elements R4 has and which are looked at; what they mean is
 * fhir_consent.h's question. Elements that are not looked at are in the tree without what they
 * hold. No message quotes a value: it may be personal.
 */
#ifndef TRIAL_FHIR_TREE_H
#define TRIAL_FHIR_TREE_H

#include "verify/bytes.h"

#define TR_FHIR_NS "http://hl7.org/fhir"
#define TR_XHTML_NS "http://www.w3.org/1999/xhtml"

/* Elements in each other in XML: extensions and narrative are deep, a Consent is not. */
#define TR_FHIR_MAX_DEPTH 32
/* Elements that are looked at: 256 permissions of some ten each. */
#define TR_FHIR_MAX_NODES 4096
/* Octets of a value that is looked at: no longer than a text of details. */
#define TR_FHIR_MAX_VALUE 4096

enum tr_fhir_type {
	TR_FHIR_ANY,     /* R4 has it; what it holds is not looked at */
	TR_FHIR_PRIM,    /* a text */
	TR_FHIR_BOOL,
	TR_FHIR_REFUSED, /* R4 has it, and forbids to go on without understanding it */
	TR_FHIR_NEWER,   /* R5 has it */
	/* from here on elements with elements */
	TR_FHIR_ROOT,
	TR_FHIR_CONCEPT,
	TR_FHIR_CODING,
	TR_FHIR_REFERENCE,
	TR_FHIR_IDENTIFIER,
	TR_FHIR_PERIOD,
	TR_FHIR_POLICY,
	TR_FHIR_VERIFICATION,
	TR_FHIR_PROVISION,
	TR_FHIR_ACTOR,
	TR_FHIR_CONTAINED, /* holds a resource */
	TR_FHIR_RELATED,   /* RelatedPerson: what is not named is not looked at */
};
#define TR_FHIR_TYPES 17

/* An element that an element of a type may hold. */
struct tr_fhir_field {
	enum tr_fhir_type in;
	const char *name;
	enum tr_fhir_type type;
	bool many;
};

struct tr_fhir_node {
	const struct tr_fhir_field *field; /* NULL: the root */
	struct tr_fhir_node *parent, *first, *last, *next;
	struct vf_bytes value; /* n == 0: none */
	size_t at;             /* among those of its name */
	unsigned line;         /* 0: not known */
};

struct tr_fhir_tree {
	struct vf_arena *a;
	struct tr_fhir_node root;
	size_t n;
};

/* The at-th element that the type may hold, or NULL. */
const struct tr_fhir_field *tr_fhir_field_at(enum tr_fhir_type in, size_t at);
/* By its name; NULL when R4 does not have it there. */
const struct tr_fhir_field *tr_fhir_field_find(enum tr_fhir_type in, struct vf_bytes name);
enum tr_fhir_type tr_fhir_type_of(const struct tr_fhir_node *node);

/*
 * Adds an element. FHIR_UNFIT for one that is of R5 or may not be passed over, FHIR_SHAPE for a second one
 * where one may stand, LIMIT, NO_MEMORY.
 */
VF_RC tr_fhir_add(struct tr_fhir_tree *t, struct tr_fhir_node *parent, const struct tr_fhir_field *field, unsigned line,
	struct tr_fhir_node **ret, struct vf_err *reterr);
/* Gives it a copy of the value: FHIR_SHAPE for an empty one, LIMIT, NO_MEMORY. */
VF_RC tr_fhir_set(struct tr_fhir_tree *t, struct tr_fhir_node *node, struct vf_bytes value, struct vf_err *reterr);

/* The first child of this name, or NULL; the next one of the same name. */
const struct tr_fhir_node *tr_fhir_get(const struct tr_fhir_node *of, const char *name);
const struct tr_fhir_node *tr_fhir_next(const struct tr_fhir_node *node);
/* The value of a child; empty when it is not there. of may be NULL. */
struct vf_bytes tr_fhir_value(const struct tr_fhir_node *of, const char *name);

/* A fault at an element: "line 3: '/provision/code/1': TEXT". text holds nothing from the file. */
enum vf_rc tr_fhir_fail(struct vf_err *reterr, enum vf_rc rc, const struct tr_fhir_node *at, const char *text);

/* Each reads a file into an empty tree; JSON_SHAPE, and what tr_fhir_add() and tr_fhir_set() refuse. */
VF_RC tr_fhir_json(struct vf_bytes file, struct tr_fhir_tree *t, struct vf_err *reterr);
VF_RC tr_fhir_xml(struct vf_bytes file, struct tr_fhir_tree *t, struct vf_err *reterr);

#endif
