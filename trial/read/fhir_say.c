/* Facts of a resource's elements, and which resources there are. */
#include <inttypes.h>
#include <stdio.h>

#include "trial/read/fhir_inside.h"

/* ---- what is in it ---- */

static bool is_named(const struct tr_element *el, const char *name, size_t n)
{
	return el->field && el->field->n == n && memcmp(el->field->name, name, n) == 0;
}

static const struct tr_element *get_n(const struct tr_element *of, const char *name, size_t n)
{
	for (const struct tr_element *el = of ? of->first : NULL; el; el = el->next)
		if (is_named(el, name, n))
			return el;
	return NULL;
}

const struct tr_element *tr_element_get(const struct tr_element *of, const char *name)
{
	return get_n(of, name, strlen(name));
}

const struct tr_element *tr_element_next(const struct tr_element *el)
{
	for (const struct tr_element *next = el->next; next; next = next->next)
		if (next->field == el->field)
			return next;
	return NULL;
}

struct vf_bytes tr_element_value(const struct tr_element *of, const char *name)
{
	const struct tr_element *el = tr_element_get(of, name);

	return el ? el->value : (struct vf_bytes){0};
}

const struct tr_element *tr_element_path(const struct tr_element *of, const char *path)
{
	const char *end = path;

	for (; of; path = end + 1) {
		end = strchr(path, '/');
		if (!end)
			return tr_element_get(of, path);
		of = get_n(of, path, (size_t)(end - path));
	}
	return NULL;
}

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

/* ---- places ---- */

struct text {
	char *out;
	size_t cap, n;
};

static void add(struct text *t, const char *s, size_t n)
{
	if (n > t->cap - 1 - t->n)
		n = t->cap - 1 - t->n;
	memcpy(t->out + t->n, s, n);
	t->n += n;
	t->out[t->n] = '\0';
}

static void add_number(struct text *t, uint64_t n)
{
	char number[32];

	snprintf(number, sizeof(number), "%" PRIu64, n);
	add(t, number, strlen(number));
}

/* Elements of the file's resource are few levels deep (TR_RESOURCE_MAX_DEPTH). */
static void put_path(struct text *t, const struct tr_element *el, bool is_json)
{
	if (el->parent)
		put_path(t, el->parent, is_json);
	if (el->field) {
		add(t, "/", 1);
		add(t, el->field->name, el->field->n);
	}
	if (is_json && el->in_list) {
		add(t, "/", 1);
		add_number(t, el->at);
	} else if (!is_json && el->at > 0) {
		add(t, "[", 1);
		add_number(t, el->at + 1);
		add(t, "]", 1);
	}
	if (!is_json && el->resource.n) {
		add(t, "/", 1);
		add(t, (const char *)el->resource.p, el->resource.n);
	}
}

static void put_xpath(const void *ctx, char *out, size_t cap)
{
	const struct tr_element *el = ctx;
	struct text t = {out, cap, 0};

	out[0] = '\0';
	put_path(&t, el, false);
	if (el->value.n)
		add(&t, "/@value", 7);
}

static void put_pointer(const void *ctx, char *out, size_t cap)
{
	struct text t = {out, cap, 0};

	out[0] = '\0';
	put_path(&t, ctx, true);
}

struct tr_place tr_element_place(const struct tr_resource_walk *w, const struct tr_element *el)
{
	return (struct tr_place){.put = w->is_json ? put_pointer : put_xpath, .ctx = el};
}

/* ---- saying ---- */

static bool begin(struct tr_saying *s, const struct tr_element *el)
{
	if (s->rc != VF_OK)
		return false;
	s->about.place = (struct tr_place){0};
	if (el)
		s->about.place = tr_element_place(s->w, el);
	return true;
}

void tr_saying_put(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el)
{
	if (!el || !begin(s, el))
		return;
	if (tr_fact_type(fact) == TR_DATE)
		s->rc = tr_say_date(s->w->r, fact, &s->about, TR_DATE_ISO, el->value, s->err);
	else
		s->rc = tr_say(s->w->r, fact, &s->about, el->value, s->err);
}

void tr_saying_word(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, const char *word)
{
	if (begin(s, el))
		s->rc = tr_say(s->w->r, fact, &s->about, vf_bytes_str(word), s->err);
}

void tr_saying_flag(struct tr_saying *s, enum tr_fact_name fact, const struct tr_element *el, bool yes)
{
	if (begin(s, el))
		s->rc = tr_say_flag(s->w->r, fact, &s->about, yes, s->err);
}

void tr_saying_count(struct tr_saying *s, enum tr_fact_name fact, uint64_t count)
{
	if (begin(s, NULL))
		s->rc = tr_say_count(s->w->r, fact, &s->about, count, s->err);
}

void tr_saying_warn(struct tr_saying *s, enum tr_warning warning, const struct tr_element *el, const char *text)
{
	if (begin(s, el))
		s->rc = tr_warn(s->w->r, warning, &s->about.place, s->err, "%s", text);
}

void tr_saying_subject(struct tr_saying *s, struct vf_bytes key)
{
	bool is_new;

	s->about.subject = key;
	if (s->rc == VF_OK && key.n)
		s->rc = tr_note_subject(s->w->r, key, &is_new, s->err);
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
	struct tr_place place = tr_element_place(w, el);
	char name[sizeof(w->other[0])];

	if (el->field && strcmp(el->field->name, "contained") == 0)
		return VF_OK;
	snprintf(name, sizeof(name), "%.*s", (int)(el->resource.n < 39 ? el->resource.n : 39), (const char *)el->resource.p);
	for (size_t i = 0; i < w->n_other; i++)
		if (strcmp(w->other[i], name) == 0)
			return VF_OK;
	if (w->n_other < TR_FHIR_MAX_OTHER)
		memcpy(w->other[w->n_other++], name, sizeof(name));
	return tr_warn(w->r, TR_W_UNREAD, &place, reterr, "a resource of type '%s'", name);
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
	struct tr_element *el = tr_resource_at(w);
	enum vf_rc rc;

	if (!is_type(type))
		return vf_fail(reterr, VF_FILE_SHAPE, "a resource without a type");
	rc = tr_resource_copy(w, type, &el->resource, reterr);
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
	struct tr_saying s = {.w = w, .err = reterr, .rc = VF_OK};

	if (el->is_other || el->resource.n == 0)
		return VF_OK;
	for (size_t i = 0; i < N_RESOURCES; i++) {
		if (!resources[i].say || !vf_bytes_is(el->resource, resources[i].name))
			continue;
		s.about.item = tr_item(w->r);
		resources[i].say(&s, el);
	}
	return s.rc;
}

VF_RC tr_resource_close(struct tr_resource_walk *w, struct vf_err *reterr)
{
	struct tr_element *el = tr_resource_at(w);
	enum vf_rc rc = VF_OK;

	if (!el->field || el->field->type == TR_EL_HOLDER)
		rc = say_resource(w, el, reterr);
	if (el->field)
		w->n_open--;
	if (el->field && el->field->type == TR_EL_ENTRY && !el->parent->field) {
		w->entries++;
		tr_resource_drop(w, el);
	}
	return rc;
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
	const struct tr_element *root = w->open[0];
	struct tr_saying s = {.w = w, .err = reterr, .rc = VF_OK};
	bool is_bundle = vf_bytes_is(root->resource, "Bundle");

	if (root->resource.n == 0)
		return vf_fail(reterr, VF_FILE_SHAPE, "a resource without a type");
	if (w->versions == TR_FHIR_R4 || w->versions == TR_FHIR_R5)
		tr_saying_word(&s, TR_F_FILE_VERSION, NULL, w->versions == TR_FHIR_R4 ? "R4" : "R5 or later");
	if (s.rc == VF_OK)
		s.rc = tr_say(w->r, TR_F_FILE_TYPE, &s.about, root->resource, reterr);
	tr_saying_put(&s, TR_F_FILE_ID, is_personal(root) ? NULL : tr_element_get(root, "id"));
	tr_saying_put(&s, TR_F_FILE_CREATED, is_bundle ? tr_element_get(root, "timestamp") : NULL);
	tr_saying_put(&s, TR_F_FILE_MODIFIED, tr_element_path(root, "meta/lastUpdated"));
	tr_saying_put(&s, TR_F_FILE_LANGUAGE, tr_element_get(root, "language"));
	if (is_bundle)
		tr_saying_count(&s, TR_F_FILE_MEMBERS, w->entries);
	if (w->has_signatures)
		tr_saying_count(&s, TR_F_FILE_SIGNATURES, w->signatures);
	if (w->has_records)
		tr_saying_count(&s, TR_F_FILE_RECORDS, w->records);
	return s.rc;
}
