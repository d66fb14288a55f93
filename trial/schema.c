#include "trial/schema.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial/format.h"
#include "trial/schema_inside.h"
#include "verify/text.h"

/* JSON of a rule in a rule: "properties", a name, and "items" stand between. */
#define SCHEMA_JSON_LEVELS (3 * TR_MAX_LEVELS)
#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define REF "#/$defs/"

/* ---- the schema itself ---- */

struct checking {
	json_t *defs;
	struct tr_place place;
	size_t rules;
	struct vf_err *err;
};

__attribute__((format(printf, 2, 3))) static enum vf_rc bad(struct checking *c, const char *format, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return vf_fail(c->err, VF_SCHEMA_SHAPE, "at '%s': %s", c->place.text, text);
}

enum place_of { ANYWHERE, AT_TOP };

/* Each keyword with the type to which it belongs; NULL: any. */
static const struct keyword {
	const char *name, *type;
	enum place_of where;
} keywords[] = {
	{"$defs", NULL, AT_TOP},
	{"$ref", NULL, ANYWHERE},
	{"$schema", NULL, AT_TOP},
	{"additionalProperties", "object", ANYWHERE},
	{"const", NULL, ANYWHERE},
	{"description", NULL, ANYWHERE},
	{"enum", NULL, ANYWHERE},
	{"format", "string", ANYWHERE},
	{"items", "array", ANYWHERE},
	{"maxItems", "array", ANYWHERE},
	{"maxLength", "string", ANYWHERE},
	{"maximum", "integer", ANYWHERE},
	{"minItems", "array", ANYWHERE},
	{"minLength", "string", ANYWHERE},
	{"minProperties", "object", ANYWHERE},
	{"minimum", "integer", ANYWHERE},
	{"properties", "object", ANYWHERE},
	{"required", "object", ANYWHERE},
	{"title", NULL, ANYWHERE},
	{"type", NULL, ANYWHERE},
	{"uniqueItems", "array", ANYWHERE},
};

const char *tr_schema_text(const json_t *rule, const char *name)
{
	const char *s = json_string_value(json_object_get(rule, name));

	return s ? s : "";
}

static VF_RC check_keyword(struct checking *c, const json_t *rule, const char *name, bool is_top)
{
	const char *type = tr_schema_text(rule, "type");
	char shown[80];

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const struct keyword *k = &keywords[i];

		if (strcmp(k->name, name) != 0)
			continue;
		if (k->where == AT_TOP && !is_top)
			return bad(c, "'%s' stands only at the top", name);
		if (k->type && strcmp(k->type, type) != 0)
			return bad(c, "'%s' needs \"type\":\"%s\" beside it", name, k->type);
		return VF_OK;
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(name));
	return bad(c, "'%s' is not in the subset that is checked", shown);
}

static bool is_count(const json_t *v)
{
	return !v || (json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= TR_MAX_INTEGER);
}

static bool is_scalar(const json_t *v)
{
	return json_is_string(v) || json_is_boolean(v) ||
		(json_is_integer(v) && json_integer_value(v) >= -TR_MAX_INTEGER &&
			json_integer_value(v) <= TR_MAX_INTEGER);
}

static bool is_type(const json_t *v)
{
	static const char *const types[] = {"array", "boolean", "integer", "object", "string"};
	const char *s = json_string_value(v);

	for (size_t i = 0; s && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], s) == 0)
			return true;
	return false;
}

static VF_RC check_numbers(struct checking *c, const json_t *rule)
{
	static const char *const counts[] = {"maxItems", "maxLength", "minItems", "minLength", "minProperties"};
	const json_t *low = json_object_get(rule, "minimum"), *high = json_object_get(rule, "maximum");

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (!is_count(json_object_get(rule, counts[i])))
			return bad(c, "'%s' is not a number from 0 on", counts[i]);
	if ((low && !(json_is_integer(low) && is_scalar(low))) ||
		(high && !(json_is_integer(high) && is_scalar(high))))
		return bad(c, "'minimum' and 'maximum' are integers of at most 53 bits");
	return VF_OK;
}

static VF_RC check_choices(struct checking *c, const json_t *rule)
{
	const json_t *list = json_object_get(rule, "enum"), *one = json_object_get(rule, "const"), *v;
	size_t i;

	if (one && !is_scalar(one))
		return bad(c, "'const' is not a string, an integer or a boolean");
	if (!list)
		return VF_OK;
	if (json_array_size(list) == 0 || json_array_size(list) > TR_MAX_CHOICES)
		return bad(c, "'enum' is not a list of 1 to %d values", TR_MAX_CHOICES);
	json_array_foreach(list, i, v) if (!is_scalar(v)) return bad(
		c, "'enum' holds what is not a string, an integer or a boolean");
	return VF_OK;
}

static VF_RC check_unique(struct checking *c, const json_t *rule)
{
	const json_t *unique = json_object_get(rule, "uniqueItems"), *max = json_object_get(rule, "maxItems");

	if (unique && !json_is_boolean(unique))
		return bad(c, "'uniqueItems' is not a boolean");
	/* each item is compared with each */
	if (json_is_true(unique) && (!max || json_integer_value(max) > TR_MAX_CHOICES))
		return bad(c, "'uniqueItems' needs a 'maxItems' of at most %d beside it", TR_MAX_CHOICES);
	return VF_OK;
}

static VF_RC check_required(struct checking *c, const json_t *rule)
{
	const json_t *names = json_object_get(rule, "required"), *properties = json_object_get(rule, "properties");
	const json_t *more = json_object_get(rule, "additionalProperties"), *v;
	size_t i;

	if (more && !json_is_false(more))
		return bad(c, "'additionalProperties' can only be false");
	if (properties && !json_is_object(properties))
		return bad(c, "'properties' is not an object");
	if (!names)
		return VF_OK;
	if (!json_is_array(names))
		return bad(c, "'required' is not a list");
	json_array_foreach(names, i, v)
	{
		if (!json_is_string(v) || !json_object_get(properties, json_string_value(v)))
			return bad(c, "'required' names a field that 'properties' does not have");
		for (size_t k = 0; k < i; k++)
			if (json_equal(json_array_get(names, k), v))
				return bad(c, "'required' names a field twice");
	}
	return VF_OK;
}

/* What a reference leads to, or NULL. */
static const json_t *target_of(const json_t *defs, const char *ref)
{
	return strncmp(ref, REF, sizeof(REF) - 1) == 0 ? json_object_get(defs, ref + sizeof(REF) - 1) : NULL;
}

const json_t *tr_schema_follow(const json_t *defs, const json_t *rule)
{
	const char *ref = json_string_value(json_object_get(rule, "$ref"));

	return ref ? target_of(defs, ref) : rule;
}

/* A reference stands alone and leads to a rule that is none: so following one always ends. */
static VF_RC check_ref(struct checking *c, const json_t *rule)
{
	const json_t *target = target_of(c->defs, tr_schema_text(rule, "$ref"));
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)rule, name, v) if (strcmp(name, "$ref") != 0 &&
		strcmp(name, "title") != 0 &&
		strcmp(name, "description") != 0) return bad(c, "beside '$ref' stands another rule");
	if (!target)
		return bad(c, "'$ref' leads to nothing in '$defs' of this file");
	if (json_object_get(target, "$ref"))
		return bad(c, "'$ref' leads to another '$ref'");
	return VF_OK;
}

static VF_RC check_words(struct checking *c, const json_t *rule, bool is_top)
{
	static const char *const texts[] = {"description", "format", "title"};
	const json_t *type = json_object_get(rule, "type"), *dialect = json_object_get(rule, "$schema");
	const char *name;
	json_t *v;

	if (type && !is_type(type))
		return bad(c, "'type' is not one of array, boolean, integer, object, string");
	json_object_foreach((json_t *)(uintptr_t)rule, name, v)
	{
		enum vf_rc rc = check_keyword(c, rule, name, is_top);

		if (rc != VF_OK)
			return rc;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (json_object_get(rule, texts[i]) && !json_is_string(json_object_get(rule, texts[i])))
			return bad(c, "'%s' is not a string", texts[i]);
	if (dialect && strcmp(tr_schema_text(rule, "$schema"), DIALECT) != 0)
		return bad(c, "'$schema' is not '" DIALECT "'");
	if (json_object_get(rule, "format") &&
		tr_format_find(vf_bytes_str(tr_schema_text(rule, "format"))) == TR_FORMAT_NONE)
		return bad(c, "'format' is none that is checked");
	return VF_OK;
}

static VF_RC check_rule(struct checking *c, const json_t *rule, unsigned level);

static VF_RC check_each(struct checking *c, const json_t *rules, const char *list, unsigned level)
{
	size_t before = tr_place_enter(&c->place, list);
	enum vf_rc rc = VF_OK;
	const char *name;
	json_t *rule;

	json_object_foreach((json_t *)(uintptr_t)rules, name, rule)
	{
		size_t here = tr_place_enter(&c->place, name);

		rc = check_rule(c, rule, level + 1);
		if (rc != VF_OK)
			return rc;
		tr_place_leave(&c->place, here);
	}
	tr_place_leave(&c->place, before);
	return rc;
}

static VF_RC check_rule(struct checking *c, const json_t *rule, unsigned level)
{
	enum vf_rc rc;

	if (!json_is_object(rule))
		return bad(c, "a rule is an object");
	if (++c->rules > TR_MAX_RULES)
		return vf_fail(c->err, VF_LIMIT, "more than %d rules", TR_MAX_RULES);
	if (level > TR_MAX_LEVELS)
		return vf_fail(c->err, VF_LIMIT, "more than %d rules in each other", TR_MAX_LEVELS);
	rc = check_words(c, rule, level == 0);
	if (rc == VF_OK && json_object_get(rule, "$ref"))
		return check_ref(c, rule);
	if (rc == VF_OK)
		rc = check_numbers(c, rule);
	if (rc == VF_OK)
		rc = check_choices(c, rule);
	if (rc == VF_OK)
		rc = check_unique(c, rule);
	if (rc == VF_OK)
		rc = check_required(c, rule);
	if (rc == VF_OK)
		rc = check_each(c, json_object_get(rule, "properties"), "properties", level);
	if (rc == VF_OK && json_object_get(rule, "items")) {
		size_t before = tr_place_enter(&c->place, "items");

		rc = check_rule(c, json_object_get(rule, "items"), level + 1);
		if (rc == VF_OK)
			tr_place_leave(&c->place, before);
	}
	return rc;
}

static VF_RC check_schema(json_t *root, struct vf_err *reterr)
{
	struct checking c = {.defs = json_object_get(root, "$defs"), .err = reterr};
	enum vf_rc rc;

	if (c.defs && !json_is_object(c.defs))
		return bad(&c, "'$defs' is not an object");
	if (strcmp(tr_schema_text(root, "type"), "object") != 0)
		return bad(&c, "the rule at the top needs \"type\":\"object\"");
	rc = check_rule(&c, root, 0);
	return rc == VF_OK ? check_each(&c, c.defs, "$defs", 0) : rc;
}

VF_RC tr_schema_parse(struct vf_bytes json, struct tr_schema **ret, struct vf_err *reterr)
{
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a schema");
	rc = tr_schema_json(json, TR_MAX_SCHEMA, SCHEMA_JSON_LEVELS, &s->root, reterr);
	if (rc == VF_OK)
		rc = check_schema(s->root, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = s;
	s = NULL;
	return VF_OK;
}

struct tr_schema *tr_schema_free(struct tr_schema *s)
{
	if (s)
		json_decref(s->root);
	free(s);
	return NULL;
}

void tr_schema_freep(struct tr_schema **s)
{
	*s = tr_schema_free(*s);
}
