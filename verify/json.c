#include "verify/json.h"

#include <jansson.h>

#include "verify/text.h"

/* jansson's own types stay in this file: both structs are json_t by another name. */
static const json_t *as_json(const struct vf_json_value *v)
{
	return (const json_t *)(const void *)v;
}

static const struct vf_json_value *as_value(const json_t *j)
{
	return (const struct vf_json_value *)(const void *)j;
}

VF_RC vf_json_parse(struct vf_bytes text, struct vf_json_doc **ret, struct vf_err *reterr)
{
	char shown[120];
	json_error_t e;
	json_t *j;

	/* jansson takes an octet 0 after a number: a second spelling of one value */
	if (!text.n || memchr(text.p, 0, text.n))
		return vf_fail(reterr, VF_JSON_SHAPE, text.n ? "an octet 0" : "the document is empty");
	j = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &e);

	if (!j) {
		if (json_error_code(&e) == json_error_out_of_memory)
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for a JSON document");
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(e.text));
		return vf_fail(reterr, VF_JSON_SHAPE, "line %d column %d: %s", e.line, e.column, shown);
	}
	if (!json_is_object(j)) {
		json_decref(j);
		return vf_fail(reterr, VF_JSON_SHAPE, "the document is not an object");
	}
	*ret = (struct vf_json_doc *)(void *)j;
	return VF_OK;
}

void vf_json_free(struct vf_json_doc *doc)
{
	json_decref((json_t *)(void *)doc);
}

void vf_json_freep(struct vf_json_doc **doc)
{
	vf_json_free(*doc);
}

const struct vf_json_value *vf_json_root(const struct vf_json_doc *doc)
{
	return (const struct vf_json_value *)(const void *)doc;
}

static bool is_listed(const char *key, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(key, *names + (**names == '?')) == 0)
			return true;
	return false;
}

VF_RC vf_json_check_names(const struct vf_json_value *object, const char *const *names,
	struct vf_err *reterr)
{
	json_t *j = (json_t *)(uintptr_t)object;
	char shown[80];

	if (!json_is_object(j))
		return vf_fail(reterr, VF_JSON_SHAPE, "a value is not an object");
	for (void *it = json_object_iter(j); it; it = json_object_iter_next(j, it)) {
		if (is_listed(json_object_iter_key(it), names))
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(json_object_iter_key(it)));
		return vf_fail(reterr, VF_JSON_SHAPE, "unknown field '%s'", shown);
	}
	for (; *names; names++)
		if (**names != '?' && !json_object_get(j, *names))
			return vf_fail(reterr, VF_JSON_SHAPE, "the field '%s' is missing", *names);
	return VF_OK;
}

const struct vf_json_value *vf_json_get(const struct vf_json_value *object, const char *name)
{
	return object ? as_value(json_object_get(as_json(object), name)) : NULL;
}

size_t vf_json_count(const struct vf_json_value *array)
{
	return array ? json_array_size(as_json(array)) : 0;
}

const struct vf_json_value *vf_json_item(const struct vf_json_value *array, size_t at)
{
	return array ? as_value(json_array_get(as_json(array), at)) : NULL;
}

bool vf_json_is_object(const struct vf_json_value *v)
{
	return v && json_is_object(as_json(v));
}

bool vf_json_is_array(const struct vf_json_value *v)
{
	return v && json_is_array(as_json(v));
}

bool vf_json_str(const struct vf_json_value *v, struct vf_bytes *ret)
{
	if (!v || !json_is_string(as_json(v)))
		return false;
	*ret = vf_bytes(json_string_value(as_json(v)), json_string_length(as_json(v)));
	return true;
}

bool vf_json_uint(const struct vf_json_value *v, uint64_t *ret)
{
	if (!v || !json_is_integer(as_json(v)) || json_integer_value(as_json(v)) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(as_json(v));
	return true;
}

bool vf_json_bool(const struct vf_json_value *v, bool *ret)
{
	if (!v || !json_is_boolean(as_json(v)))
		return false;
	*ret = json_is_true(as_json(v));
	return true;
}

bool vf_json_hex(const struct vf_json_value *v, uint8_t *ret, size_t n)
{
	struct vf_bytes s;

	return vf_json_str(v, &s) && vf_hex_read(s, ret, n);
}
