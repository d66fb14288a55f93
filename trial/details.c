#include "trial/details.h"

#include <stdio.h>

#include "trial/details_rules.h"
#include "trial/statement.h"
#include "verify/json.h"
#include "verify/text.h"

#define SCHEMA_END "/1"

struct vf_bytes tr_details_rules(enum tr_kind kind)
{
	for (size_t i = 0; i < tr_n_rules && kind != TR_KIND_NONE; i++)
		if (strcmp(tr_rules[i].kind, tr_kind_name(kind)) == 0)
			return tr_rules[i].text;
	return vf_bytes(NULL, 0);
}

VF_RC tr_rulebook_get(struct tr_rulebook *b, enum tr_kind kind, const struct tr_schema **ret, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (kind <= TR_KIND_NONE || kind >= TR_KIND_COUNT)
		return vf_fail(reterr, VF_INTERNAL, "a kind without rules in the program");
	if (!b->of[kind])
		rc = tr_schema_parse(tr_details_rules(kind), &b->of[kind], reterr);
	if (rc == VF_OK)
		*ret = b->of[kind];
	return rc;
}

void tr_rulebook_done(struct tr_rulebook *b)
{
	for (size_t i = 0; i < TR_KIND_COUNT; i++)
		b->of[i] = tr_schema_free(b->of[i]);
}

/* "trialnotary/details/NAME/1" and a NUL. */
static void put_schema_name(char out[sizeof(TR_DETAILS_PREFIX) + 64 + sizeof(SCHEMA_END)], struct vf_bytes name)
{
	sprintf(out, TR_DETAILS_PREFIX "%.*s" SCHEMA_END, (int)(name.n < 64 ? name.n : 64), (const char *)name.p);
}

VF_RC tr_own_rules(struct vf_bytes name, struct vf_bytes json, struct tr_schema **ret, struct vf_err *reterr)
{
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = NULL;
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	char wanted[sizeof(TR_DETAILS_PREFIX) + 64 + sizeof(SCHEMA_END)];
	const struct vf_json_value *rule;
	struct tr_field f;
	struct vf_bytes text;
	enum vf_rc rc = tr_schema_parse(json, &s, reterr);

	if (rc == VF_OK)
		rc = vf_json_parse(json, &doc, reterr);
	if (rc != VF_OK)
		return rc;
	put_schema_name(wanted, name);
	rule = vf_json_get(vf_json_get(vf_json_root(doc), "properties"), "schema");
	if (!vf_json_str(vf_json_get(rule, "const"), &text) || !vf_bytes_is(text, wanted))
		return vf_fail(reterr, VF_SCHEMA_SHAPE, "at '/properties/schema/const': not '%s'", wanted);
	for (size_t i = 0; tr_schema_field(s, i, &f); i++)
		if (strcmp(f.name, "schema") == 0 && !f.is_required)
			return vf_fail(reterr, VF_SCHEMA_SHAPE, "at '/required': 'schema' is missing");
	*ret = s;
	s = NULL;
	return VF_OK;
}

/* ---- writing ---- */

/* Room was taken for the longest text. */
struct out {
	uint8_t *p;
	size_t n;
};

static void put(struct out *o, const char *s)
{
	size_t n = strlen(s);

	memcpy(o->p + o->n, s, n);
	o->n += n;
}

static void put_bytes(struct out *o, struct vf_bytes b)
{
	if (b.n > 0)
		memcpy(o->p + o->n, b.p, b.n);
	o->n += b.n;
}

/* Between two fields. */
static void put_comma(struct out *o)
{
	if (o->p[o->n - 1] != '{')
		put(o, ",");
}

/* At most six octets for one. */
static void put_string(struct out *o, struct vf_bytes text)
{
	put(o, "\"");
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c < 0x20) {
			o->n += (size_t)sprintf((char *)o->p + o->n, "\\u%04x", (unsigned)c);
			continue;
		}
		if (c == '"' || c == '\\')
			o->p[o->n++] = '\\';
		o->p[o->n++] = c;
	}
	put(o, "\"");
}

static const char *type_of(const struct tr_schema *rules, const char *name)
{
	struct tr_field f;

	for (size_t i = 0; tr_schema_field(rules, i, &f); i++)
		if (strcmp(f.name, name) == 0)
			return f.type;
	return "string"; /* the rules will refuse it */
}

static bool is_bare(const char *type, struct vf_bytes value)
{
	uint64_t n;

	if (strcmp(type, "boolean") == 0)
		return vf_bytes_is(value, "true") || vf_bytes_is(value, "false");
	return strcmp(type, "integer") == 0 && vf_decimal_read(value, (UINT64_C(1) << 53) - 1, &n);
}

/* All values of one name, where it stands first. */
static void put_setting(struct out *o, const struct tr_details_draft *d, size_t at)
{
	const char *name = d->settings[at].name, *type = type_of(d->rules, name);
	bool is_list = strcmp(type, "array") == 0, first = true;

	for (size_t i = 0; i < at; i++)
		if (strcmp(d->settings[i].name, name) == 0)
			return;
	put_comma(o);
	put_string(o, vf_bytes_str(name));
	put(o, is_list ? ":[" : ":");
	for (size_t i = at; i < d->n_settings; i++) {
		struct vf_bytes value = d->settings[i].value;

		if (strcmp(d->settings[i].name, name) != 0)
			continue;
		if (!first && !is_list) { /* twice the same field: the reader of JSON refuses it */
			put(o, ",");
			put_string(o, vf_bytes_str(name));
			put(o, ":");
		} else if (!first) {
			put(o, ",");
		}
		first = false;
		if (is_bare(type, value))
			put_bytes(o, value);
		else
			put_string(o, value);
	}
	if (is_list)
		put(o, "]");
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What stands between the braces, and whether it names its schema. */
static VF_RC open_object(const struct tr_details_draft *d, struct vf_bytes *ret, bool *ret_has_schema, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_bytes json = d->json;
	char shown[80];
	enum vf_rc rc;

	if (json.n > TR_MAX_DETAILS)
		return vf_fail(reterr, VF_LIMIT, "%zu octets, more than %zu", json.n, TR_MAX_DETAILS);
	rc = vf_json_parse(json, &doc, NULL);
	if (rc != VF_OK) /* without a quotation: what stands there may be personal */
		return vf_fail(reterr, rc, "the details are not a JSON object, or a name stands in it twice");
	for (size_t i = 0; i < d->n_settings; i++) {
		if (!vf_json_get(vf_json_root(doc), d->settings[i].name))
			continue;
		vf_text_escape(shown, sizeof(shown), vf_bytes_str(d->settings[i].name));
		return vf_fail(reterr, VF_DETAILS_SHAPE, "the field '%s' is given twice: in the file and by an option", shown);
	}
	*ret_has_schema = vf_json_get(vf_json_root(doc), "schema") != NULL;
	while (json.p[0] != '{') /* only white space can stand before it, and after its end */
		json = vf_bytes(json.p + 1, json.n - 1);
	while (json.p[json.n - 1] != '}')
		json.n--;
	json = vf_bytes(json.p + 1, json.n - 2);
	while (json.n > 0 && is_space(json.p[0]))
		json = vf_bytes(json.p + 1, json.n - 1);
	*ret = json;
	return VF_OK;
}

static size_t room_for(const struct tr_details_draft *d)
{
	size_t n = 1024 + d->json.n + d->own_kind.n;

	for (size_t i = 0; i < d->n_settings; i++)
		n += 6 * (strlen(d->settings[i].name) * 2 + d->settings[i].value.n) + 16;
	return n;
}

VF_RC tr_details_make(const struct tr_details_draft *d, struct vf_arena *a, struct vf_bytes *ret,
	char pointer[TR_POINTER_MAX], struct vf_err *reterr)
{
	struct vf_bytes inside = vf_bytes(NULL, 0), name = d->own_kind;
	char schema[sizeof(TR_DETAILS_PREFIX) + 64 + sizeof(SCHEMA_END)];
	bool has_schema = false;
	struct tr_facts facts;
	struct out o = {0};
	enum vf_rc rc = VF_OK;

	pointer[0] = '\0';
	if (d->json.n > 0)
		rc = open_object(d, &inside, &has_schema, reterr);
	if (rc != VF_OK)
		return rc;
	o.p = VF_NEW(a, room_for(d), uint8_t);
	if (!o.p)
		return vf_fail(reterr, VF_NO_MEMORY, "no room for the details");
	put(&o, "{");
	if (!has_schema) {
		put_schema_name(schema, d->kind == TR_OWN ? name : vf_bytes_str(tr_kind_name(d->kind)));
		put(&o, "\"schema\":");
		put_string(&o, vf_bytes_str(schema));
	}
	for (size_t i = 0; i < d->n_settings; i++)
		put_setting(&o, d, i);
	if (inside.n > 0)
		put_comma(&o);
	put_bytes(&o, inside);
	put(&o, "}");
	rc = tr_schema_write(d->rules, vf_bytes(o.p, o.n), a, ret, pointer, reterr);
	return rc == VF_OK ? tr_details_read(d->kind, d->rules, *ret, a, &facts, pointer, reterr) : rc;
}
