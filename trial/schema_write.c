/* The one spelling of a document, and what a schema says of its fields. */
#include <jansson.h>
#include <stdlib.h>

#include "trial/schema_inside.h"

/* ---- writing ---- */

struct writing {
	const json_t *defs;
	uint8_t *p;
	size_t n, cap;
	bool is_full;
};

static void put(struct writing *w, const void *p, size_t n)
{
	if (n > w->cap - w->n) {
		w->is_full = true;
		return;
	}
	memcpy(w->p + w->n, p, n);
	w->n += n;
}

static void put_scalar(struct writing *w, const json_t *v)
{
	size_t n = json_dumpb(v, (char *)w->p + w->n, w->cap - w->n, JSON_ENCODE_ANY | JSON_COMPACT);

	if (n == 0 || n > w->cap - w->n)
		w->is_full = true;
	else
		w->n += n;
}

static void put_value(struct writing *w, const json_t *rule, const json_t *v);

static void put_field(struct writing *w, const json_t *rule, const char *key, const json_t *v, bool *first)
{
	json_t *name = json_string(key);

	if (!*first)
		put(w, ",", 1);
	*first = false;
	if (name)
		put_scalar(w, name);
	else
		w->is_full = true;
	json_decref(name);
	put(w, ":", 1);
	put_value(w, rule, v);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Fields that the rule does not name, ascending. */
static void put_others(struct writing *w, const json_t *properties, const json_t *v, bool *first)
{
	const char **names = calloc(json_object_size(v) + 1, sizeof(*names));
	const char *key;
	json_t *field;
	size_t n = 0;

	if (!names) {
		w->is_full = true;
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, field)
		if (!json_object_get(properties, key))
			names[n++] = key;
	qsort(names, n, sizeof(*names), by_text);
	for (size_t i = 0; i < n; i++)
		put_field(w, NULL, names[i], json_object_get(v, names[i]), first);
	free(names);
}

static void put_object(struct writing *w, const json_t *rule, const json_t *v)
{
	const json_t *properties = json_object_get(rule, "properties");
	bool first = true;
	const char *key;
	json_t *of;

	put(w, "{", 1);
	json_object_foreach((json_t *)(uintptr_t)properties, key, of)
		if (json_object_get(v, key))
			put_field(w, of, key, json_object_get(v, key), &first);
	put_others(w, properties, v, &first);
	put(w, "}", 1);
}

static void put_value(struct writing *w, const json_t *rule, const json_t *v)
{
	const json_t *item;
	size_t i;

	rule = rule ? tr_schema_follow(w->defs, rule) : NULL;
	if (json_is_object(v)) {
		put_object(w, rule, v);
		return;
	}
	if (!json_is_array(v)) {
		put_scalar(w, v);
		return;
	}
	put(w, "[", 1);
	json_array_foreach(v, i, item) {
		if (i > 0)
			put(w, ",", 1);
		put_value(w, json_object_get(rule, "items"), item);
	}
	put(w, "]", 1);
}

VF_RC tr_schema_write(const struct tr_schema *s, struct vf_bytes json, struct vf_arena *a, struct vf_bytes *ret,
	char pointer[TR_POINTER_MAX], struct vf_err *reterr)
{
	/* No spelling of a value is shorter than the one that is written; LF stands at the end. */
	struct writing w = {.defs = json_object_get(s->root, "$defs"), .cap = json.n + 1};
	json_t *doc = NULL;
	enum vf_rc rc = tr_schema_document(s, json, &doc, pointer, reterr);

	if (rc != VF_OK)
		return rc;
	w.p = VF_NEW(a, w.cap, uint8_t);
	if (w.p) {
		put_value(&w, s->root, doc);
		put(&w, "\n", 1);
	}
	json_decref(doc);
	if (!w.p || w.is_full)
		return vf_fail(reterr, VF_NO_MEMORY, "no room for a text of %zu octets", w.cap);
	*ret = vf_bytes(w.p, w.n);
	return VF_OK;
}

/* ---- for forms and help texts ---- */

static bool is_required(const json_t *rule, const char *name)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(rule, "required"), i, v)
		if (strcmp(json_string_value(v), name) == 0)
			return true;
	return false;
}

bool tr_schema_has_required(const struct tr_schema *s)
{
	const json_t *names = json_object_get(s->root, "required");

	return json_array_size(names) > (is_required(s->root, "schema") ? 1U : 0U);
}

bool tr_schema_field(const struct tr_schema *s, size_t at, struct tr_field *ret)
{
	json_t *properties = json_object_get(s->root, "properties"), *of;
	const char *name;

	json_object_foreach(properties, name, of) {
		const json_t *rule = tr_schema_follow(json_object_get(s->root, "$defs"), of);

		if (at-- > 0)
			continue;
		*ret = (struct tr_field){.name = name,
			.title = tr_schema_text(json_object_get(of, "title") ? of : rule, "title"),
			.description = tr_schema_text(json_object_get(of, "description") ? of : rule, "description"),
			.type = tr_schema_text(rule, "type"),
			.format = tr_schema_text(rule, "format"),
			.is_required = is_required(s->root, name)};
		tr_schema_choices(json_object_get(rule, "enum"), ret->choices, sizeof(ret->choices));
		return true;
	}
	return false;
}
