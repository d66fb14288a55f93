/* Which resources and elements of FHIR are looked at, and what is common to them. */
#include <stdio.h>

#include "trial/read/fhir_inside.h"

/* ---- which elements there are ---- */

enum {
	TR_EL_RESOURCE = TR_EL_FORMAT,
	TR_EL_ANY, /* what several resources call by one name: agent, source, ... */
	TR_EL_CONCEPT,
	TR_EL_REFERENCE,
	TR_EL_PERIOD,
	TR_EL_EXTENSION,
	TR_EL_PROVISION,
	TR_EL_SIGNATURE,
	TYPES,
};

#define F(name, type) TR_ELEMENT(name, TR_EL_##type)

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
	F("title", VALUE), F("type", CONCEPT), F("uri", VALUE), F("url", VALUE), F("value", VALUE),
	F("verificationDate", VALUE),
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
	F("data", HEAD), F("onBehalfOf", REFERENCE), F("sigFormat", VALUE), F("type", CONCEPT), F("when", VALUE),
	F("who", REFERENCE),
};

_Static_assert(sizeof(resource_fields) / sizeof(resource_fields[0]) <= TR_TREE_MAX_FIELDS, "fields of a resource");

#define L(fields) TR_ELEMENTS(fields)
static const struct tr_element_list lists[TYPES] = {
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

/* ---- what is in them ---- */

const struct tr_element *tr_element_words(const struct tr_element *concept)
{
	static const char *const paths[] = {"text", "coding/display", "display", "coding/code", "code"};
	const struct tr_element *el;

	if (!concept || concept->value.n)
		return concept;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if ((el = tr_element_path(concept, paths[i])) != NULL && el->value.n)
			return el;
	return NULL;
}

const struct tr_element *tr_element_code(const struct tr_element *concept)
{
	const struct tr_element *el = tr_element_path(concept, "coding/code");

	if (concept && concept->value.n)
		return concept;
	return el ? el : tr_element_get(concept, "code");
}

bool tr_element_has_code(const struct tr_element *concept, const char *code)
{
	if (!concept)
		return false;
	if (vf_bytes_is(concept->value, code) || vf_bytes_is(tr_element_value(concept, "code"), code))
		return true;
	for (const struct tr_element *c = tr_element_get(concept, "coding"); c; c = tr_element_next(c))
		if (vf_bytes_is(tr_element_value(c, "code"), code))
			return true;
	return false;
}

const struct tr_element *tr_element_target(const struct tr_element *reference)
{
	const struct tr_element *el = tr_element_get(reference, "reference");

	if (el && el->value.n)
		return el;
	return tr_element_path(reference, "identifier/value");
}

static bool is_extension(const struct tr_element *el, const char *url)
{
	struct vf_bytes is = tr_element_value(el, "url");
	size_t n = strlen(url);

	return vf_bytes_ends(is, url) && (is.n == n || is.p[is.n - n - 1] == '/');
}

const struct tr_element *tr_element_extension(const struct tr_element *of, const char *url)
{
	for (const struct tr_element *el = tr_element_get(of, "extension"); el; el = tr_element_next(el))
		if (is_extension(el, url))
			return el;
	return NULL;
}

const struct tr_element *tr_element_extension_next(const struct tr_element *el)
{
	struct vf_bytes url = tr_element_value(el, "url");

	while ((el = tr_element_next(el)) != NULL)
		if (vf_bytes_eq(tr_element_value(el, "url"), url))
			return el;
	return NULL;
}

const struct tr_element *tr_element_extension_value(const struct tr_element *extension)
{
	for (const struct tr_element *el = extension ? extension->first : NULL; el; el = el->next)
		if (strncmp(el->field->name, "value", 5) == 0)
			return el;
	return NULL;
}

struct vf_bytes tr_resource_reference(const struct tr_element *resource, char out[TR_RESOURCE_REFERENCE])
{
	struct vf_bytes id = tr_element_value(resource, "id");

	if (id.n == 0 || id.n > 64 || resource->resource.n > 64)
		return (struct vf_bytes){0};
	snprintf(out, TR_RESOURCE_REFERENCE, "%.*s/%.*s", VF_STR(resource->resource), VF_STR(id));
	return vf_bytes_str(out);
}

/* ---- resources ---- */

static const struct {
	const char *name;
	void (*say)(struct tr_saying *s, const struct tr_element *resource);
	bool is_personal; /* one for each person: its identifier is the person's, too */
} resources[] = {
	{"AuditEvent", tr_say_audit_event, false},
	{"Bundle", NULL, false},
	{"Consent", tr_say_consent, true},
	{"Provenance", tr_say_provenance, false},
	{"ResearchStudy", tr_say_research_study, false},
	{"ResearchSubject", tr_say_research_subject, true},
};
#define N_RESOURCES (sizeof(resources) / sizeof(resources[0]))

/* Once for each type; a contained one belongs to what holds it. */
static VF_RC warn_other(struct tr_resource_walk *w, const struct tr_element *el, struct vf_err *reterr)
{
	struct tr_place place = tr_element_place(&w->t, el);
	char name[sizeof(w->other[0])];

	if (el->field && strcmp(el->field->name, "contained") == 0)
		return VF_OK;
	snprintf(name, sizeof(name), "%.*s", (int)(el->resource.n < 39 ? el->resource.n : 39), (const char *)el->resource.p);
	for (size_t i = 0; i < w->n_other; i++)
		if (strcmp(w->other[i], name) == 0)
			return VF_OK;
	if (w->n_other < TR_FHIR_MAX_OTHER)
		memcpy(w->other[w->n_other++], name, sizeof(name));
	return tr_warn(w->t.r, TR_W_UNREAD, &place, reterr, "a resource of type '%s'", name);
}

/* A type is one word of letters: nothing else is quoted. */
static bool is_type(struct vf_bytes type)
{
	if (type.n == 0 || type.n > 64)
		return false;
	for (size_t i = 0; i < type.n; i++)
		if (!((type.p[i] >= 'A' && type.p[i] <= 'Z') || (type.p[i] >= 'a' && type.p[i] <= 'z')))
			return false;
	return true;
}

VF_RC tr_resource_type(struct tr_resource_walk *w, struct vf_bytes type, struct vf_err *reterr)
{
	struct tr_element *el = tr_tree_at(&w->t);
	enum vf_rc rc;

	if (!is_type(type))
		return vf_fail(reterr, VF_FILE_SHAPE, "a resource without a type");
	rc = tr_tree_copy(&w->t, type, &el->resource, reterr);
	if (rc != VF_OK)
		return rc;
	el->is_other = true;
	for (size_t i = 0; i < N_RESOURCES; i++)
		if (vf_bytes_is(type, resources[i].name))
			el->is_other = false;
	return el->is_other ? warn_other(w, el, reterr) : VF_OK;
}

static VF_RC say_resource(struct tr_resource_walk *w, const struct tr_element *el, struct vf_err *reterr)
{
	struct tr_saying s = {.t = &w->t, .ctx = w, .err = reterr, .rc = VF_OK};

	if (el->is_other || el->resource.n == 0)
		return VF_OK;
	for (size_t i = 0; i < N_RESOURCES; i++) {
		if (!resources[i].say || !vf_bytes_is(el->resource, resources[i].name))
			continue;
		/* a study alone in its file is the file's; all others are one of several, or could be */
		if (el->field || resources[i].say != tr_say_research_study)
			s.about.item = tr_item(w->t.r);
		resources[i].say(&s, el);
	}
	return s.rc;
}

VF_RC tr_resource_begin(struct tr_resource_walk *w, struct tr_reading *r, bool is_json, struct vf_err *reterr)
{
	*w = (struct tr_resource_walk){0};
	return tr_tree_begin(&w->t, r, is_json, lists, TR_EL_RESOURCE, reterr);
}

VF_RC tr_resource_ends(struct tr_resource_walk *w, struct vf_err *reterr)
{
	const struct tr_element *el = tr_tree_at(&w->t);

	if (!el->field || el->field->type == TR_EL_HOLDER)
		return say_resource(w, el, reterr);
	return VF_OK;
}

static bool is_personal(const struct tr_element *resource)
{
	for (size_t i = 0; i < N_RESOURCES; i++)
		if (vf_bytes_is(resource->resource, resources[i].name))
			return resources[i].is_personal;
	return true;
}

VF_RC tr_resource_end(struct tr_resource_walk *w, struct vf_err *reterr)
{
	const struct tr_element *root = w->t.open[0];
	struct tr_saying s = {.t = &w->t, .ctx = w, .err = reterr, .rc = VF_OK};
	bool is_bundle = vf_bytes_is(root->resource, "Bundle");

	if (root->resource.n == 0)
		return vf_fail(reterr, VF_FILE_SHAPE, "a resource without a type");
	if (w->versions == TR_FHIR_R4 || w->versions == TR_FHIR_R5)
		tr_saying_word(&s, TR_F_FILE_VERSION, NULL, w->versions == TR_FHIR_R4 ? "R4" : "R5 or later");
	if (s.rc == VF_OK)
		s.rc = tr_say(w->t.r, TR_F_FILE_TYPE, &s.about, root->resource, reterr);
	tr_saying_put(&s, TR_F_FILE_ID, is_personal(root) ? NULL : tr_element_get(root, "id"));
	tr_saying_put(&s, TR_F_FILE_CREATED, is_bundle ? tr_element_get(root, "timestamp") : NULL);
	tr_saying_put(&s, TR_F_FILE_SAVED, tr_element_path(root, "meta/lastUpdated"));
	tr_saying_put(&s, TR_F_FILE_LANGUAGE, tr_element_get(root, "language"));
	if (is_bundle)
		tr_saying_count(&s, TR_F_FILE_MEMBERS, w->t.entries);
	if (w->has_signatures)
		tr_saying_count(&s, TR_F_FILE_SIGNATURES, w->signatures);
	if (w->has_records)
		tr_saying_count(&s, TR_F_FILE_RECORDS, w->records);
	return s.rc;
}
