/* A document by the rules of a schema. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "trial/format.h"
#include "trial/schema_inside.h"
#include "verify/text.h"

size_t tr_place_enter(struct tr_place *p, const char *name)
{
	size_t before = p->n, n = p->n;
	char part[TR_POINTER_MAX];
	size_t k = 0;

	part[k++] = '/';
	for (; *name && k + 2 < sizeof(part); name++) {
		if (*name == '~' || *name == '/') {
			part[k++] = '~';
			part[k++] = *name == '~' ? '0' : '1';
		} else {
			part[k++] = *name;
		}
	}
	if (*name || n + k >= sizeof(p->text))
		return before;
	memcpy(p->text + n, part, k);
	p->n += k;
	p->text[p->n] = '\0';
	return before;
}

static size_t enter_item(struct tr_place *p, size_t at)
{
	char number[24];

	snprintf(number, sizeof(number), "%zu", at);
	return tr_place_enter(p, number);
}

void tr_place_leave(struct tr_place *p, size_t before)
{
	p->n = before;
	p->text[before] = '\0';
}

/* ---- reading JSON ---- */

static VF_RC check_depth(const json_t *v, unsigned levels, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;
	const char *key;
	json_t *child;
	size_t i;

	if (!json_is_object(v) && !json_is_array(v))
		return VF_OK;
	if (levels == 0)
		return vf_fail(reterr, VF_LIMIT, "too many objects and arrays in each other");
	if (json_is_array(v)) {
		json_array_foreach(v, i, child) if (rc == VF_OK) rc = check_depth(child, levels - 1, reterr);
		return rc;
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, child) if (rc == VF_OK) rc =
		check_depth(child, levels - 1, reterr);
	return rc;
}

VF_RC tr_schema_json(struct vf_bytes text, size_t max, unsigned levels, json_t **ret, struct vf_err *reterr)
{
	char shown[120];
	json_error_t e;
	enum vf_rc rc;
	json_t *j;

	if (text.n > max)
		return vf_fail(reterr, VF_LIMIT, "%zu octets, more than %zu", text.n, max);
	if (text.n == 0 || memchr(text.p, 0, text.n))
		return vf_fail(reterr, VF_JSON_SHAPE, text.n ? "an octet 0" : "the document is empty");
	j = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &e);
	if (!j && json_error_code(&e) == json_error_out_of_memory)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a JSON document");
	if (!j) {
		/* jansson quotes what it stumbles on: nothing of that is shown, it may be personal */
		snprintf(shown, sizeof(shown), "line %d column %d", e.line, e.column);
		return vf_fail(reterr, VF_JSON_SHAPE, "not JSON, or a name stands twice in one object: %s", shown);
	}
	rc = json_is_object(j) ? check_depth(j, levels, reterr) : vf_fail(reterr, VF_JSON_SHAPE, "not an object");
	if (rc != VF_OK) {
		json_decref(j);
		return rc;
	}
	*ret = j;
	return VF_OK;
}

/* ---- a document by the rules ---- */

struct judging {
	const json_t *defs;
	struct tr_place place;
	struct vf_err *err;
};

#define BREAKS(j, ...) vf_fail((j)->err, VF_DETAILS_SHAPE, __VA_ARGS__)

static VF_RC judge_type(struct judging *j, const json_t *rule, const json_t *v)
{
	const char *type = tr_schema_text(rule, "type");
	bool is = !*type || (strcmp(type, "object") == 0 && json_is_object(v)) ||
		(strcmp(type, "array") == 0 && json_is_array(v)) ||
		(strcmp(type, "string") == 0 && json_is_string(v)) ||
		(strcmp(type, "integer") == 0 && json_is_integer(v)) ||
		(strcmp(type, "boolean") == 0 && json_is_boolean(v));

	return is ? VF_OK : BREAKS(j, "not of type %s", type);
}

void tr_schema_choices(const json_t *list, char *out, size_t cap)
{
	size_t i, n = 0;
	json_t *v;

	out[0] = '\0';
	json_array_foreach(list, i, v)
	{
		char one[80] = "";

		if (json_is_string(v))
			vf_text_escape(one, sizeof(one), vf_bytes_str(json_string_value(v)));
		else if (json_is_integer(v))
			snprintf(one, sizeof(one), "%" PRId64, (int64_t)json_integer_value(v));
		else
			snprintf(one, sizeof(one), "%s", json_is_true(v) ? "true" : "false");
		if (n + strlen(one) + 6 > cap) {
			memcpy(out + n, ", …", sizeof(", …"));
			return;
		}
		n += (size_t)snprintf(out + n, cap - n, "%s%s", i > 0 ? ", " : "", one);
	}
}

static VF_RC judge_choice(struct judging *j, const json_t *rule, const json_t *v)
{
	const json_t *list = json_object_get(rule, "enum"), *one = json_object_get(rule, "const"), *choice;
	char shown[160];
	size_t i;

	if (one && !json_equal(one, v)) {
		vf_text_escape(shown, sizeof(shown),
			vf_bytes_str(json_is_string(one) ? json_string_value(one) : "what it must be"));
		return BREAKS(j, "not '%s'", shown);
	}
	if (!list)
		return VF_OK;
	json_array_foreach(list, i, choice) if (json_equal(choice, v)) return VF_OK;
	tr_schema_choices(list, shown, sizeof(shown));
	return BREAKS(j, "not one of: %s", shown);
}

static bool limit_of(const json_t *rule, const char *name, int64_t *ret)
{
	const json_t *v = json_object_get(rule, name);

	if (v)
		*ret = (int64_t)json_integer_value(v);
	return v != NULL;
}

static VF_RC judge_string(struct judging *j, const json_t *rule, const json_t *v)
{
	struct vf_bytes text = vf_bytes(json_string_value(v), json_string_length(v));
	const json_t *name = json_object_get(rule, "format");
	enum tr_format format = name ? tr_format_find(vf_bytes_str(json_string_value(name))) : TR_FORMAT_NONE;
	int64_t limit, n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += (text.p[i] & 0xc0) != 0x80; /* as JSON Schema counts: characters, not octets */
	if (limit_of(rule, "minLength", &limit) && n < limit)
		return BREAKS(j, "fewer than %" PRId64 " characters", limit);
	if (limit_of(rule, "maxLength", &limit) && n > limit)
		return BREAKS(j, "more than %" PRId64 " characters", limit);
	if (format != TR_FORMAT_NONE && !tr_format_has(format, text))
		return BREAKS(j, "not %s", tr_format_text(format));
	return VF_OK;
}

static VF_RC judge_integer(struct judging *j, const json_t *rule, const json_t *v)
{
	int64_t n = (int64_t)json_integer_value(v), limit;

	if (limit_of(rule, "minimum", &limit) && n < limit)
		return BREAKS(j, "less than %" PRId64, limit);
	if (limit_of(rule, "maximum", &limit) && n > limit)
		return BREAKS(j, "more than %" PRId64, limit);
	return VF_OK;
}

static VF_RC judge(struct judging *j, const json_t *rule, const json_t *v);

static VF_RC judge_items(struct judging *j, const json_t *rule, const json_t *v)
{
	const json_t *items = json_object_get(rule, "items"), *item;
	int64_t n = (int64_t)json_array_size(v), limit;
	enum vf_rc rc = VF_OK;
	size_t i;

	if (limit_of(rule, "minItems", &limit) && n < limit)
		return BREAKS(j, "fewer than %" PRId64 " items", limit);
	if (limit_of(rule, "maxItems", &limit) && n > limit)
		return BREAKS(j, "more than %" PRId64 " items", limit);
	json_array_foreach(v, i, item)
	{
		size_t before = enter_item(&j->place, i);

		for (size_t k = 0; k < i && json_is_true(json_object_get(rule, "uniqueItems")); k++)
			if (json_equal(json_array_get(v, k), item))
				return BREAKS(j, "the same as item %zu", k);
		if (items)
			rc = judge(j, items, item);
		if (rc != VF_OK)
			return rc;
		tr_place_leave(&j->place, before);
	}
	return VF_OK;
}

static VF_RC judge_fields(struct judging *j, const json_t *rule, const json_t *v)
{
	const json_t *properties = json_object_get(rule, "properties"), *name;
	bool is_closed = json_object_get(rule, "additionalProperties") != NULL;
	const char *key;
	char shown[80];
	json_t *field;
	int64_t limit;
	size_t i;

	json_array_foreach(json_object_get(rule, "required"), i,
		name) if (!json_object_get(v, json_string_value(name))) return BREAKS(j, "the field '%s' is missing",
		json_string_value(name));
	if (limit_of(rule, "minProperties", &limit) && (int64_t)json_object_size(v) < limit)
		return BREAKS(j, "fewer than %" PRId64 " fields", limit);
	json_object_foreach((json_t *)(uintptr_t)v, key, field)
	{
		const json_t *of = json_object_get(properties, key);
		size_t before;
		enum vf_rc rc;

		if (!of && is_closed) {
			vf_text_escape(shown, sizeof(shown), vf_bytes_str(key));
			return BREAKS(j, "unknown field '%s'", shown);
		}
		if (!of)
			continue;
		before = tr_place_enter(&j->place, key);
		rc = judge(j, of, field);
		if (rc != VF_OK)
			return rc;
		tr_place_leave(&j->place, before);
	}
	return VF_OK;
}

static VF_RC judge(struct judging *j, const json_t *rule, const json_t *v)
{
	enum vf_rc rc;

	rule = tr_schema_follow(j->defs, rule);
	rc = judge_type(j, rule, v);
	if (rc == VF_OK)
		rc = judge_choice(j, rule, v);
	if (rc == VF_OK && json_is_string(v))
		rc = judge_string(j, rule, v);
	if (rc == VF_OK && json_is_integer(v))
		rc = judge_integer(j, rule, v);
	if (rc == VF_OK && json_is_array(v))
		rc = judge_items(j, rule, v);
	if (rc == VF_OK && json_is_object(v))
		rc = judge_fields(j, rule, v);
	return rc;
}

/* Also where no rule looks: every reader shall see the same numbers. */
static VF_RC judge_numbers(struct judging *j, const json_t *v)
{
	enum vf_rc rc = VF_OK;
	const char *key;
	json_t *child;
	size_t i;

	if (json_is_real(v) || json_is_null(v) ||
		(json_is_integer(v) &&
			(json_integer_value(v) > TR_MAX_INTEGER || json_integer_value(v) < -TR_MAX_INTEGER)))
		return BREAKS(j, "null, or a number that is no integer of at most 53 bits");
	json_array_foreach(v, i, child)
	{
		rc = judge_numbers(j, child);
		if (rc != VF_OK)
			return rc;
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, child)
	{
		rc = judge_numbers(j, child);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

VF_RC tr_schema_document(const struct tr_schema *s, struct vf_bytes json, json_t **ret, char pointer[TR_POINTER_MAX],
	struct vf_err *reterr)
{
	struct judging j = {.defs = json_object_get(s->root, "$defs"), .err = reterr};
	json_t *doc = NULL;
	enum vf_rc rc = tr_schema_json(json, TR_MAX_DETAILS, TR_MAX_LEVELS, &doc, reterr);

	if (rc == VF_OK)
		rc = judge(&j, s->root, doc);
	if (rc == VF_OK)
		rc = judge_numbers(&j, doc);
	if (rc != VF_OK) {
		memcpy(pointer, j.place.text, sizeof(j.place.text));
		json_decref(doc);
		return rc;
	}
	*ret = doc;
	return VF_OK;
}

VF_RC tr_schema_check(
	const struct tr_schema *s, struct vf_bytes json, char pointer[TR_POINTER_MAX], struct vf_err *reterr)
{
	json_t *doc = NULL;
	enum vf_rc rc = tr_schema_document(s, json, &doc, pointer, reterr);

	json_decref(doc);
	return rc;
}
