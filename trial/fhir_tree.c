#include "trial/fhir_tree.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/text.h"

#define IN(type, name, of, many) {TR_FHIR_##type, name, TR_FHIR_##of, many},
/* What every element may have. */
#define ELEMENT(type) IN(type, "id", ANY, false) IN(type, "extension", ANY, true)
#define BACKBONE(type) ELEMENT(type) IN(type, "modifierExtension", REFUSED, true)

/* FHIR 4.0.1, Consent, and the data types that it uses. */
static const struct tr_fhir_field fields[] = {
	BACKBONE(ROOT)
	IN(ROOT, "meta", ANY, false)
	IN(ROOT, "implicitRules", REFUSED, false)
	IN(ROOT, "language", ANY, false)
	IN(ROOT, "text", ANY, false)
	IN(ROOT, "contained", CONTAINED, true)
	IN(ROOT, "identifier", ANY, true)
	IN(ROOT, "status", PRIM, false)
	IN(ROOT, "scope", CONCEPT, false)
	IN(ROOT, "category", CONCEPT, true)
	IN(ROOT, "patient", REFERENCE, false)
	IN(ROOT, "dateTime", PRIM, false)
	IN(ROOT, "performer", REFERENCE, true)
	IN(ROOT, "organization", REFERENCE, true)
	IN(ROOT, "sourceAttachment", ANY, false)
	IN(ROOT, "sourceReference", ANY, false)
	IN(ROOT, "policy", POLICY, true)
	IN(ROOT, "policyRule", CONCEPT, false)
	IN(ROOT, "verification", VERIFICATION, true)
	IN(ROOT, "provision", PROVISION, false)
	/* R5 */
	IN(ROOT, "subject", NEWER, false)
	IN(ROOT, "date", NEWER, false)
	IN(ROOT, "period", NEWER, false)
	IN(ROOT, "grantor", NEWER, true)
	IN(ROOT, "grantee", NEWER, true)
	IN(ROOT, "manager", NEWER, true)
	IN(ROOT, "controller", NEWER, true)
	IN(ROOT, "regulatoryBasis", NEWER, true)
	IN(ROOT, "policyBasis", NEWER, false)
	IN(ROOT, "policyText", NEWER, true)
	IN(ROOT, "decision", NEWER, false)

	ELEMENT(CONCEPT)
	IN(CONCEPT, "coding", CODING, true)
	IN(CONCEPT, "text", ANY, false)

	ELEMENT(CODING)
	IN(CODING, "system", PRIM, false)
	IN(CODING, "version", ANY, false)
	IN(CODING, "code", PRIM, false)
	IN(CODING, "display", PRIM, false)
	IN(CODING, "userSelected", ANY, false)

	ELEMENT(REFERENCE)
	IN(REFERENCE, "reference", PRIM, false)
	IN(REFERENCE, "type", PRIM, false)
	IN(REFERENCE, "identifier", IDENTIFIER, false)
	IN(REFERENCE, "display", PRIM, false)

	ELEMENT(IDENTIFIER)
	IN(IDENTIFIER, "use", ANY, false)
	IN(IDENTIFIER, "type", ANY, false)
	IN(IDENTIFIER, "system", PRIM, false)
	IN(IDENTIFIER, "value", PRIM, false)
	IN(IDENTIFIER, "period", ANY, false)
	IN(IDENTIFIER, "assigner", ANY, false)

	ELEMENT(PERIOD)
	IN(PERIOD, "start", PRIM, false)
	IN(PERIOD, "end", PRIM, false)

	BACKBONE(POLICY)
	IN(POLICY, "authority", ANY, false)
	IN(POLICY, "uri", PRIM, false)

	BACKBONE(VERIFICATION)
	IN(VERIFICATION, "verified", BOOL, false)
	IN(VERIFICATION, "verifiedWith", ANY, false)
	IN(VERIFICATION, "verificationDate", ANY, false)

	BACKBONE(PROVISION)
	IN(PROVISION, "type", PRIM, false)
	IN(PROVISION, "period", PERIOD, false)
	IN(PROVISION, "actor", ACTOR, true)
	IN(PROVISION, "action", ANY, true)
	IN(PROVISION, "securityLabel", ANY, true)
	IN(PROVISION, "purpose", CODING, true)
	IN(PROVISION, "class", ANY, true)
	IN(PROVISION, "code", CONCEPT, true)
	IN(PROVISION, "dataPeriod", ANY, false)
	IN(PROVISION, "data", ANY, true)
	IN(PROVISION, "provision", PROVISION, true)

	BACKBONE(ACTOR)
	IN(ACTOR, "role", CONCEPT, false)
	IN(ACTOR, "reference", REFERENCE, false)

	IN(CONTAINED, "RelatedPerson", RELATED, false)

	IN(RELATED, "id", PRIM, false)
	IN(RELATED, "implicitRules", REFUSED, false)
	IN(RELATED, "modifierExtension", REFUSED, true)
	IN(RELATED, "relationship", CONCEPT, true)
};

const struct tr_fhir_field *tr_fhir_field_at(enum tr_fhir_type in, size_t at)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].in == in && at-- == 0)
			return &fields[i];
	return NULL;
}

const struct tr_fhir_field *tr_fhir_field_find(enum tr_fhir_type in, struct vf_bytes name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].in == in && vf_bytes_is(name, fields[i].name))
			return &fields[i];
	return NULL;
}

enum tr_fhir_type tr_fhir_type_of(const struct tr_fhir_node *node)
{
	return node->field ? node->field->type : TR_FHIR_ROOT;
}

/* ---- places ---- */

#define PLACE_ROOM 200

/* Writes the pointer from its end to its beginning; the names are those of the table. */
static const char *place_of(char room[PLACE_ROOM], const struct tr_fhir_node *node)
{
	size_t at = PLACE_ROOM - 1;

	room[at] = '\0';
	for (; node->field; node = node->parent) {
		char part[80];
		size_t n;

		if (node->field->many)
			snprintf(part, sizeof(part), "/%s/%zu", node->field->name, node->at);
		else
			snprintf(part, sizeof(part), "/%s", node->field->name);
		n = strlen(part);
		if (n > at)
			break;
		at -= n;
		memcpy(room + at, part, n);
	}
	return room + at;
}

enum vf_rc tr_fhir_fail(struct vf_err *reterr, enum vf_rc rc, const struct tr_fhir_node *at, const char *text)
{
	char room[PLACE_ROOM];

	if (at->line > 0)
		return vf_fail(reterr, rc, "line %u: '%s': %s", at->line, place_of(room, at), text);
	return vf_fail(reterr, rc, "at '%s': %s", place_of(room, at), text);
}

/* ---- building ---- */

VF_RC tr_fhir_add(struct tr_fhir_tree *t, struct tr_fhir_node *parent, const struct tr_fhir_field *field, unsigned line,
	struct tr_fhir_node **ret, struct vf_err *reterr)
{
	struct tr_fhir_node made = {.field = field, .parent = parent, .line = line}, *node;

	for (node = parent->first; node; node = node->next)
		made.at += node->field == field;
	if (field->type == TR_FHIR_NEWER)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, &made, "an element of FHIR R5: this reads R4");
	if (field->type == TR_FHIR_REFUSED)
		return tr_fhir_fail(reterr, VF_FHIR_UNFIT, &made, "it may change what the rest means");
	if (made.at > 0 && !field->many)
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, &made, "it stands there twice");
	if (t->n++ >= TR_FHIR_MAX_NODES)
		return tr_fhir_fail(reterr, VF_LIMIT, &made, "too many elements");
	node = VF_NEW(t->a, 1, struct tr_fhir_node);
	if (!node)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a resource");
	*node = made;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	*ret = node;
	return VF_OK;
}

VF_RC tr_fhir_set(struct tr_fhir_tree *t, struct tr_fhir_node *node, struct vf_bytes value, struct vf_err *reterr)
{
	if (value.n == 0)
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, node, "an empty value");
	if (value.n > TR_FHIR_MAX_VALUE)
		return tr_fhir_fail(reterr, VF_LIMIT, node, "a value that is too long");
	if (!vf_utf8_is(value) || memchr(value.p, 0, value.n))
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, node, "not UTF-8 text");
	if (!vf_arena_copy(t->a, value, &node->value))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a resource");
	return VF_OK;
}

/* ---- looking ---- */

const struct tr_fhir_node *tr_fhir_get(const struct tr_fhir_node *of, const char *name)
{
	const struct tr_fhir_node *node = of ? of->first : NULL;

	while (node && strcmp(node->field->name, name) != 0)
		node = node->next;
	return node;
}

const struct tr_fhir_node *tr_fhir_next(const struct tr_fhir_node *node)
{
	const struct tr_fhir_field *field = node->field;

	do {
		node = node->next;
	} while (node && node->field != field);
	return node;
}

struct vf_bytes tr_fhir_value(const struct tr_fhir_node *of, const char *name)
{
	const struct tr_fhir_node *node = tr_fhir_get(of, name);

	return node ? node->value : vf_bytes(NULL, 0);
}
