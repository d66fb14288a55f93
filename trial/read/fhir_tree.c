/* The elements of a resource that are looked at, and where they are kept. */
#include <stdlib.h>

#include "trial/read/fhir_inside.h"

/* ---- which elements there are ---- */

#define F(name, type) {name, sizeof(name) - 1, TR_EL_##type}

static const struct tr_element_field resource_fields[] = {
	F("action", VALUE), F("agent", ANY), F("assignedArm", VALUE), F("assignedComparisonGroup", VALUE),
	F("associatedParty", ANY), F("category", CONCEPT), F("consent", REFERENCE), F("contained", HOLDER), F("date", VALUE),
	F("dateTime", VALUE), F("decision", VALUE), F("entity", ANY), F("entry", ENTRY), F("extension", EXTENSION),
	F("id", VALUE), F("identifier", ANY), F("individual", REFERENCE), F("label", ANY), F("language", VALUE),
	F("meta", ANY), F("name", VALUE), F("objective", ANY), F("outcomeMeasure", ANY), F("patient", REFERENCE),
	F("period", PERIOD), F("phase", CONCEPT), F("policy", ANY), F("policyBasis", ANY), F("policyRule", CONCEPT),
	F("progress", ANY), F("progressStatus", ANY), F("protocol", REFERENCE), F("provision", PROVISION),
	F("purposeOfEvent", CONCEPT), F("recorded", VALUE), F("recruitment", ANY), F("relatedArtifact", ANY),
	F("relatesTo", ANY), F("scope", CONCEPT), F("signature", SIGNATURE), F("site", REFERENCE), F("source", ANY),
	F("sourceAttachment", ANY), F("sourceReference", REFERENCE), F("sponsor", REFERENCE), F("status", VALUE),
	F("study", REFERENCE), F("subject", REFERENCE), F("target", REFERENCE), F("timestamp", VALUE), F("title", VALUE),
	F("type", CONCEPT), F("url", VALUE), F("verification", ANY), F("version", VALUE), F("activity", CONCEPT),
	F("authorization", CONCEPT),
};
static const struct tr_element_field entry_fields[] = {F("resource", HOLDER)};
static const struct tr_element_field any_fields[] = {
	F("activity", CONCEPT), F("actual", VALUE), F("actualNumber", VALUE), F("creation", VALUE), F("contentType", VALUE),
	F("description", VALUE), F("display", VALUE), F("document", ANY), F("identifier", ANY), F("label", VALUE),
	F("lastUpdated", VALUE), F("milestone", CONCEPT), F("name", VALUE), F("party", REFERENCE), F("period", PERIOD),
	F("reason", CONCEPT), F("reference", REFERENCE), F("requestor", VALUE), F("resource", VALUE),
	F("resourceReference", REFERENCE), F("role", CONCEPT), F("site", REFERENCE), F("startDate", VALUE),
	F("state", CONCEPT), F("subjectState", CONCEPT), F("system", VALUE), F("target", ANY), F("targetCanonical", VALUE),
	F("targetIdentifier", ANY), F("targetNumber", VALUE), F("targetReference", REFERENCE), F("targetUri", VALUE),
	F("title", VALUE), F("type", CONCEPT), F("uri", VALUE), F("url", VALUE), F("value", VALUE), F("verificationDate", VALUE),
	F("verified", VALUE), F("what", REFERENCE), F("who", REFERENCE),
};
static const struct tr_element_field concept_fields[] = {
	F("code", VALUE), F("coding", CONCEPT), F("display", VALUE), F("system", VALUE), F("text", VALUE),
};
static const struct tr_element_field reference_fields[] = {
	F("display", VALUE), F("identifier", ANY), F("reference", VALUE), F("type", VALUE),
};
static const struct tr_element_field period_fields[] = {F("end", VALUE), F("start", VALUE)};
static const struct tr_element_field extension_fields[] = {
	F("extension", EXTENSION), F("url", VALUE), F("valueBoolean", VALUE), F("valueCode", VALUE),
	F("valueCodeableConcept", CONCEPT), F("valueCoding", CONCEPT), F("valueDate", VALUE), F("valueDateTime", VALUE),
	F("valueIdentifier", ANY), F("valueInteger", VALUE), F("valueMarkdown", VALUE), F("valuePeriod", PERIOD),
	F("valueReference", REFERENCE), F("valueSignature", SIGNATURE), F("valueString", VALUE), F("valueUri", VALUE),
	F("valueUrl", VALUE),
};
static const struct tr_element_field provision_fields[] = {
	F("period", PERIOD), F("provision", PROVISION), F("type", VALUE),
};
static const struct tr_element_field signature_fields[] = {
	F("data", DATA), F("onBehalfOf", REFERENCE), F("sigFormat", VALUE), F("type", CONCEPT), F("when", VALUE),
	F("who", REFERENCE),
};

#define L(fields) {fields, sizeof(fields) / sizeof(fields[0])}
static const struct {
	const struct tr_element_field *at;
	size_t n;
} fields_of[TR_ELEMENT_TYPES] = {
	[TR_EL_RESOURCE] = L(resource_fields),
	[TR_EL_ENTRY] = L(entry_fields),
	[TR_EL_ANY] = L(any_fields),
	[TR_EL_CONCEPT] = L(concept_fields),
	[TR_EL_REFERENCE] = L(reference_fields),
	[TR_EL_PERIOD] = L(period_fields),
	[TR_EL_EXTENSION] = L(extension_fields),
	[TR_EL_PROVISION] = L(provision_fields),
	[TR_EL_SIGNATURE] = L(signature_fields),
};

/* A holder is the resource that it holds. */
static enum tr_element_type type_of(const struct tr_element *el)
{
	if (!el->field || el->field->type == TR_EL_HOLDER)
		return TR_EL_RESOURCE;
	return el->field->type;
}

static const struct tr_element_field *find(enum tr_element_type in, struct vf_bytes name)
{
	for (size_t i = 0; i < fields_of[in].n; i++) {
		const struct tr_element_field *f = &fields_of[in].at[i];

		if (f->n == name.n && memcmp(f->name, name.p, name.n) == 0)
			return f;
	}
	return NULL;
}

/* ---- memory ---- */

#define BLOCK ((size_t)64 * 1024)

struct tr_pool_block {
	struct tr_pool_block *next;
	size_t used, cap;
	uint64_t data[];
};

static VF_RC pool_grow(struct tr_pool *p, size_t n, struct vf_err *reterr)
{
	size_t cap = n > BLOCK ? n : BLOCK;
	struct tr_pool_block *b;

	if (p->now && p->now->next && p->now->next->cap >= n) {
		p->now = p->now->next;
		p->now->used = 0;
		return VF_OK;
	}
	if (cap > TR_RESOURCE_ROOM || p->total > TR_RESOURCE_ROOM - cap)
		return vf_fail(reterr, VF_LIMIT, "a resource with more than %zu octets of elements", TR_RESOURCE_ROOM);
	b = malloc(sizeof(*b) + cap);
	if (!b)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a resource");
	b->used = 0;
	b->cap = cap;
	b->next = p->now ? p->now->next : NULL;
	if (p->now)
		p->now->next = b;
	else
		p->first = b;
	p->now = b;
	p->total += cap;
	return VF_OK;
}

static VF_RC pool_take(struct tr_pool *p, size_t n, void **ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (n > TR_RESOURCE_ROOM)
		return vf_fail(reterr, VF_LIMIT, "a resource with more than %zu octets of elements", TR_RESOURCE_ROOM);
	n = (n + 7) & ~(size_t)7;
	if (!p->now || n > p->now->cap - p->now->used)
		rc = pool_grow(p, n, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (uint8_t *)p->now->data + p->now->used;
	p->now->used += n;
	return VF_OK;
}

static VF_RC pool_copy(struct tr_pool *p, struct vf_bytes from, struct vf_bytes *ret, struct vf_err *reterr)
{
	void *to;
	enum vf_rc rc = VF_OK;

	*ret = (struct vf_bytes){0};
	if (from.n)
		rc = pool_take(p, from.n, &to, reterr);
	if (rc != VF_OK || !from.n)
		return rc;
	memcpy(to, from.p, from.n);
	*ret = vf_bytes(to, from.n);
	return VF_OK;
}

static struct tr_pool_mark pool_mark(const struct tr_pool *p)
{
	return (struct tr_pool_mark){p->now, p->now ? p->now->used : 0};
}

static void pool_reset(struct tr_pool *p, struct tr_pool_mark mark)
{
	if (!mark.block)
		return;
	p->now = mark.block;
	p->now->used = mark.used;
}

/* ---- building ---- */

static VF_RC add(struct tr_resource_walk *w, const struct tr_element_field *field, struct vf_err *reterr)
{
	struct tr_element *parent = tr_resource_at(w), *el;
	void *room;
	enum vf_rc rc = pool_take(&w->pool, sizeof(*el), &room, reterr);

	if (rc != VF_OK)
		return rc;
	el = room;
	*el = (struct tr_element){.field = field, .parent = parent};
	if (parent && parent->last)
		parent->last->next = el;
	else if (parent)
		parent->first = el;
	if (parent)
		parent->last = el;
	w->open[w->n_open++] = el;
	return VF_OK;
}

VF_RC tr_resource_begin(struct tr_resource_walk *w, struct tr_reading *r, bool is_json, struct vf_err *reterr)
{
	*w = (struct tr_resource_walk){.r = r, .is_json = is_json};
	return add(w, NULL, reterr);
}

struct tr_element *tr_resource_at(const struct tr_resource_walk *w)
{
	return w->n_open ? w->open[w->n_open - 1] : NULL;
}

/* Elements of one name stand together in XML, but need not. */
static uint64_t count(const struct tr_element *parent, const struct tr_element_field *field)
{
	uint64_t n = 0;

	if (parent->last && parent->last->field == field)
		return parent->last->at + 1;
	for (const struct tr_element *el = parent->first; el; el = el->next)
		n += el->field == field;
	return n;
}

VF_RC tr_resource_open(struct tr_resource_walk *w, struct vf_bytes name, bool in_list, uint64_t at, bool *ret_taken,
	struct vf_err *reterr)
{
	struct tr_element *parent = tr_resource_at(w);
	const struct tr_element_field *field = find(type_of(parent), name);
	enum vf_rc rc;

	*ret_taken = false;
	if (!field || w->n_open == TR_RESOURCE_MAX_DEPTH)
		return VF_OK;
	if (parent->is_other && !vf_bytes_is(name, "id") && !vf_bytes_is(name, "meta") && !vf_bytes_is(name, "language"))
		return VF_OK;
	if (field->type == TR_EL_ENTRY && !parent->field)
		w->entry = pool_mark(&w->pool);
	if (!w->is_json)
		at = field->type == TR_EL_ENTRY && !parent->field ? w->entries : count(parent, field);
	rc = add(w, field, reterr);
	if (rc != VF_OK)
		return rc;
	tr_resource_at(w)->at = at;
	tr_resource_at(w)->in_list = in_list;
	*ret_taken = true;
	return VF_OK;
}

VF_RC tr_resource_value(struct tr_resource_walk *w, struct vf_bytes value, struct vf_err *reterr)
{
	struct tr_element *el = tr_resource_at(w);

	if (el->field && el->field->type == TR_EL_DATA && value.n > TR_RESOURCE_DATA)
		value.n = TR_RESOURCE_DATA;
	return pool_copy(&w->pool, value, &el->value, reterr);
}

VF_RC tr_resource_copy(struct tr_resource_walk *w, struct vf_bytes from, struct vf_bytes *ret, struct vf_err *reterr)
{
	return pool_copy(&w->pool, from, ret, reterr);
}

void tr_resource_drop(struct tr_resource_walk *w, struct tr_element *entry)
{
	struct tr_element *parent = entry->parent, *before = NULL;

	for (struct tr_element *el = parent->first; el && el != entry; el = el->next)
		before = el;
	parent->last = before;
	if (before)
		before->next = NULL;
	else
		parent->first = NULL;
	pool_reset(&w->pool, w->entry);
}

void tr_resource_done(struct tr_resource_walk *w)
{
	struct tr_pool_block *b = w->pool.first, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	w->pool = (struct tr_pool){0};
}
