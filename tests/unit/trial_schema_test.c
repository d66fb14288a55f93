/* Schemas and documents: what is in the subset is checked, and nothing else is taken. */
#include "trial/schema.h"

#include "check.h"
#include "trial/format.h"

static VF_RC check_text(const char *schema, const char *json, char pointer[TR_POINTER_MAX])
{
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = tr_schema_parse(vf_bytes_str(schema), &s, &err);

	if (rc != VF_OK) {
		CHECK_FAIL("%s is refused: %s", schema, err.text);
		return rc;
	}
	pointer[0] = '\0';
	return tr_schema_check(s, vf_bytes_str(json), pointer, &err);
}

/* A rule under the field "a". */
static void expect(const char *rule, const char *value, enum vf_rc want, const char *where)
{
	char schema[2048], json[2048], pointer[TR_POINTER_MAX];
	enum vf_rc rc;

	snprintf(schema, sizeof(schema), "{\"type\":\"object\",\"properties\":{\"a\":%s}}", rule);
	snprintf(json, sizeof(json), "{\"a\":%s}", value);
	rc = check_text(schema, json, pointer);
	if (rc != want || (want != VF_OK && strcmp(pointer, where) != 0))
		CHECK_FAIL("%s by %s: %s at '%s', not %s at '%s'", value, rule, vf_rc_name(rc), pointer, vf_rc_name(want), where);
	check_count++;
}

#define TAKES(rule, value) expect(rule, value, VF_OK, "")
#define REFUSES(rule, value, where) expect(rule, value, VF_DETAILS_SHAPE, where)

static void test_types(void)
{
	static const char *const values[] = {"{}", "[]", "\"x\"", "7", "true"};
	static const char *const types[] = {"object", "array", "string", "integer", "boolean"};

	for (size_t t = 0; t < 5; t++) {
		char rule[64];

		snprintf(rule, sizeof(rule), "{\"type\":\"%s\"}", types[t]);
		for (size_t v = 0; v < 5; v++)
			expect(rule, values[v], t == v ? VF_OK : VF_DETAILS_SHAPE, "/a");
		REFUSES(rule, "null", "/a");
		REFUSES(rule, "1.5", "/a");
		REFUSES(rule, "1.0", "/a");
	}
	REFUSES("{}", "1.0", ""); /* no rule looks, and yet no reader may see another number */
	REFUSES("{}", "{\"x\":[null]}", "");
	TAKES("{}", "9007199254740991");
	REFUSES("{}", "9007199254740992", "");
	TAKES("{}", "-9007199254740991");
	REFUSES("{}", "-9007199254740992", "");
}

static void test_strings(void)
{
	TAKES("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"ab\"");
	TAKES("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"\u00e4\u00f6\u00fc\"");
	TAKES("{\"type\":\"string\",\"maxLength\":1}", "\"\\ud83d\\ude00\"");
	REFUSES("{\"type\":\"string\",\"minLength\":2}", "\"a\"", "/a");
	REFUSES("{\"type\":\"string\",\"minLength\":2}", "\"\u00e4\"", "/a");
	REFUSES("{\"type\":\"string\",\"maxLength\":3}", "\"abcd\"", "/a");
	TAKES("{\"enum\":[\"a\",7,true]}", "7");
	TAKES("{\"enum\":[\"a\",7,true]}", "true");
	REFUSES("{\"enum\":[\"a\",7,true]}", "1", "/a");
	REFUSES("{\"enum\":[\"a\",7,true]}", "\"7\"", "/a");
	TAKES("{\"const\":\"a\"}", "\"a\"");
	REFUSES("{\"const\":\"a\"}", "\"A\"", "/a");
	REFUSES("{\"const\":true}", "1", "/a");
	TAKES("{\"type\":\"integer\",\"minimum\":-1,\"maximum\":1}", "-1");
	REFUSES("{\"type\":\"integer\",\"minimum\":-1}", "-2", "/a");
	REFUSES("{\"type\":\"integer\",\"maximum\":1}", "2", "/a");
}

static void test_containers(void)
{
	const char *fields = "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"integer\"},\"c\":{}},\"required\":[\"b\"],"
			     "\"additionalProperties\":false}";

	TAKES(fields, "{\"b\":1}");
	TAKES(fields, "{\"c\":\"x\",\"b\":1}");
	REFUSES(fields, "{\"c\":1}", "/a");
	REFUSES(fields, "{\"b\":\"1\"}", "/a/b");
	REFUSES(fields, "{\"b\":1,\"d\":1}", "/a");
	TAKES("{\"type\":\"object\",\"properties\":{\"b\":{}}}", "{\"d\":1}");
	REFUSES("{\"type\":\"object\",\"minProperties\":1}", "{}", "/a");
	TAKES("{\"type\":\"object\",\"minProperties\":1}", "{\"x\":1}");
	TAKES("{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":1,\"maxItems\":2}", "[1,1]");
	REFUSES("{\"type\":\"array\",\"minItems\":1}", "[]", "/a");
	REFUSES("{\"type\":\"array\",\"maxItems\":2}", "[1,2,3]", "/a");
	REFUSES("{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", "[1,2,\"3\"]", "/a/2");
	REFUSES("{\"type\":\"array\",\"maxItems\":9,\"uniqueItems\":true}", "[1,2,1]", "/a/2");
	REFUSES("{\"type\":\"array\",\"maxItems\":9,\"uniqueItems\":true}", "[{\"x\":1,\"y\":2},{\"y\":2,\"x\":1}]", "/a/1");
	TAKES("{\"type\":\"array\",\"maxItems\":9,\"uniqueItems\":true}", "[1,true,\"1\"]");
	TAKES("{\"type\":\"array\",\"maxItems\":9,\"uniqueItems\":false}", "[1,1]");
	REFUSES("{\"type\":\"object\",\"properties\":{\"~/\":{\"type\":\"string\"}}}", "{\"~/\":1}", "/a/~0~1");
}

static void test_refs(void)
{
	const char *schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/tree\"}},\"$defs\":{\"tree\":{"
			     "\"type\":\"object\",\"properties\":{\"l\":{\"$ref\":\"#/$defs/tree\"},\"n\":{\"type\":\"integer\"}},"
			     "\"additionalProperties\":false}}}";
	char pointer[TR_POINTER_MAX];

	CHECK_RC(check_text(schema, "{\"a\":{\"l\":{\"l\":{\"n\":1}}}}", pointer), VF_OK);
	CHECK_RC(check_text(schema, "{\"a\":{\"l\":{\"l\":{\"n\":\"1\"}}}}", pointer), VF_DETAILS_SHAPE);
	CHECK_STR(pointer, "/a/l/l/n");
}

/* Whatever is not in the subset, and whatever contradicts itself in it. */
static void test_schema_refusals(void)
{
	static const char *const rules[] = {
		"{\"pattern\":\"x\"}", "{\"anyOf\":[]}", "{\"not\":{}}", "{\"if\":{}}", "{\"oneOf\":[{}]}", "{\"type\":\"number\"}",
		"{\"type\":\"null\"}", "{\"type\":[\"string\"]}", "{\"type\":7}", "{\"minLength\":1}",
		"{\"type\":\"integer\",\"minLength\":1}", "{\"type\":\"string\",\"minLength\":-1}",
		"{\"type\":\"string\",\"minLength\":1.5}", "{\"type\":\"string\",\"minLength\":\"1\"}",
		"{\"type\":\"integer\",\"minimum\":0.5}", "{\"type\":\"integer\",\"maximum\":9007199254740992}",
		"{\"type\":\"integer\",\"multipleOf\":2}", "{\"type\":\"string\",\"format\":\"email\"}",
		"{\"type\":\"string\",\"format\":7}", "{\"format\":\"text\"}", "{\"enum\":[]}", "{\"enum\":\"a\"}",
		"{\"enum\":[null]}", "{\"enum\":[1.5]}", "{\"enum\":[{}]}", "{\"const\":null}", "{\"const\":[]}",
		"{\"type\":\"array\",\"items\":true}", "{\"type\":\"array\",\"items\":[{}]}", "{\"type\":\"array\",\"prefixItems\":[]}",
		"{\"type\":\"array\",\"uniqueItems\":1}", "{\"type\":\"array\",\"uniqueItems\":true}",
		"{\"type\":\"array\",\"uniqueItems\":true,\"maxItems\":1001}", "{\"type\":\"object\",\"additionalProperties\":true}",
		"{\"type\":\"object\",\"additionalProperties\":{}}", "{\"type\":\"object\",\"properties\":[]}",
		"{\"type\":\"object\",\"properties\":{\"b\":7}}", "{\"type\":\"object\",\"required\":\"b\"}",
		"{\"type\":\"object\",\"required\":[\"b\"]}", "{\"type\":\"object\",\"properties\":{\"b\":{}},\"required\":[\"b\",\"b\"]}",
		"{\"type\":\"object\",\"properties\":{\"b\":{}},\"required\":[7]}", "{\"type\":\"object\",\"patternProperties\":{}}",
		"{\"$ref\":\"#/$defs/x\"}", "{\"$ref\":\"#\"}", "{\"$ref\":\"other.json\"}", "{\"$ref\":7}",
		"{\"$ref\":\"#/$defs/d\",\"type\":\"string\"}", "{\"$ref\":\"#/$defs/r\"}", "{\"$defs\":{}}", "{\"$id\":\"x\"}",
		"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"}", "{\"title\":7}", "{\"description\":[]}",
		"{\"default\":1}", "{\"x-own\":1}", "true", "7",
	};
	struct tr_schema *s = NULL;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		char schema[1024];
		struct vf_err err = {0};
		enum vf_rc rc;

		snprintf(schema, sizeof(schema), "{\"type\":\"object\",\"properties\":{\"a\":%s},\"$defs\":{\"d\":{},\"r\":{\"$ref\":"
			"\"#/$defs/d\"}}}", rules[i]);
		rc = tr_schema_parse(vf_bytes_str(schema), &s, &err);
		if (rc != VF_SCHEMA_SHAPE || !strstr(err.text, "at '/properties/a"))
			CHECK_FAIL("%s gives %s: %s", rules[i], vf_rc_name(rc), err.text);
		check_count++;
	}
	CHECK_RC(tr_schema_parse(vf_bytes_str("{}"), &s, NULL), VF_SCHEMA_SHAPE);
	CHECK_RC(tr_schema_parse(vf_bytes_str("{\"type\":\"array\"}"), &s, NULL), VF_SCHEMA_SHAPE);
	CHECK_RC(tr_schema_parse(vf_bytes_str("{\"type\":\"object\",\"$defs\":[]}"), &s, NULL), VF_SCHEMA_SHAPE);
	CHECK_RC(tr_schema_parse(vf_bytes_str("{\"type\":\"object\",\"$schema\":\"x\"}"), &s, NULL), VF_SCHEMA_SHAPE);
	CHECK_RC(tr_schema_parse(vf_bytes_str("{\"type\":\"object\",\"$defs\":{\"a\":{\"type\":\"x\"}}}"), &s, NULL),
		VF_SCHEMA_SHAPE);
	CHECK_RC(tr_schema_parse(vf_bytes_str("[]"), &s, NULL), VF_JSON_SHAPE);
	CHECK_RC(tr_schema_parse(vf_bytes_str(""), &s, NULL), VF_JSON_SHAPE);
	CHECK_RC(tr_schema_parse(vf_bytes_str("{\"type\":\"object\",\"type\":\"object\"}"), &s, NULL), VF_JSON_SHAPE);
	CHECK(s == NULL);
}

/* head, n times part, tail; a NULL part stands for fields with names that differ. */
static void put_repeated(char *out, size_t cap, const char *head, const char *part, size_t n, const char *tail)
{
	size_t used = (size_t)snprintf(out, cap, "%s", head);

	for (size_t i = 0; i < n; i++)
		used += part ? (size_t)snprintf(out + used, cap - used, "%s", part)
			     : (size_t)snprintf(out + used, cap - used, "\"%zu\":{},", i);
	snprintf(out + used, cap - used, "%s", tail);
}

static void test_limits(void)
{
	static char text[200000];
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = NULL;
	struct tr_schema *none = NULL;
	char pointer[TR_POINTER_MAX];

	put_repeated(text, sizeof(text), "{\"type\":\"object\",\"properties\":{", NULL, TR_MAX_RULES - 2, "\"x\":{}}}");
	CHECK_RC(tr_schema_parse(vf_bytes_str(text), &s, NULL), VF_OK);
	put_repeated(text, sizeof(text), "{\"type\":\"object\",\"properties\":{", NULL, TR_MAX_RULES - 1, "\"x\":{}}}");
	CHECK_RC(tr_schema_parse(vf_bytes_str(text), &none, NULL), VF_LIMIT);
	put_repeated(text, sizeof(text), "{\"type\":\"object\",\"title\":\"", "aaaaaaaaaaaaaaaa", 4096, "\"}");
	CHECK_RC(tr_schema_parse(vf_bytes_str(text), &none, NULL), VF_LIMIT);
	put_repeated(text, sizeof(text), "{\"type\":\"object\",\"properties\":{\"a\":", "{\"type\":\"array\",\"items\":", 40, "");
	put_repeated(text + strlen(text), sizeof(text) - strlen(text), "{}", "}", 40, "}}");
	CHECK_RC(tr_schema_parse(vf_bytes_str(text), &none, NULL), VF_LIMIT);
	put_repeated(text, sizeof(text), "{\"y\":", "[", TR_MAX_LEVELS - 1, "");
	put_repeated(text + strlen(text), sizeof(text) - strlen(text), "", "]", TR_MAX_LEVELS - 1, "}");
	CHECK_RC(tr_schema_check(s, vf_bytes_str(text), pointer, NULL), VF_OK);
	put_repeated(text, sizeof(text), "{\"y\":", "[", TR_MAX_LEVELS, "");
	put_repeated(text + strlen(text), sizeof(text) - strlen(text), "", "]", TR_MAX_LEVELS, "}");
	CHECK_RC(tr_schema_check(s, vf_bytes_str(text), pointer, NULL), VF_LIMIT);
	put_repeated(text, sizeof(text), "{\"y\":\"", "aaaaaaaaaaaaaaaa", 4096, "\"}");
	CHECK_RC(tr_schema_check(s, vf_bytes_str(text), pointer, NULL), VF_LIMIT);
	CHECK_RC(tr_schema_check(s, vf_bytes_str("{\"y\":1,\"y\":2}"), pointer, NULL), VF_JSON_SHAPE);
	CHECK_RC(tr_schema_check(s, vf_bytes_str("{\"y\":\"\\u0000\"}"), pointer, NULL), VF_JSON_SHAPE);
	CHECK_RC(tr_schema_check(s, vf_bytes("{\"y\":1}\0", 8), pointer, NULL), VF_JSON_SHAPE);
	CHECK_RC(tr_schema_check(s, vf_bytes_str("{\"y\":1"), pointer, NULL), VF_JSON_SHAPE);
}

static void test_write(void)
{
	const char *schema = "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
			     "\"properties\":{\"z\":{},\"y\":{}}}},\"a\":{\"title\":\"A\",\"$ref\":\"#/$defs/t\"}},\"required\":[\"a\"],"
			     "\"$defs\":{\"t\":{\"type\":\"string\",\"format\":\"text\",\"description\":\"d\"}}}";
	static const char *const texts[] = {
		"{\"b\":[{\"z\":1,\"y\":\"\\\"\\\\\\n\"}],\"a\":\"\u00e4/\",\"c\":{\"k\":[],\"m\":{}},\"d\":-7}\n",
		" { \"d\" : -7 , \"c\" : {\"m\":{}, \"k\":[ ]}, \"a\" : \"\\u00e4\\/\", \"b\":[{\"y\":\"\\u0022\\u005c\\u000a\",\"z\":1}] } ",
	};
	static uint8_t room[4096];
	struct vf_arena a;
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = NULL;
	char pointer[TR_POINTER_MAX];
	struct vf_bytes text;
	struct tr_field f;

	CHECK_RC(tr_schema_parse(vf_bytes_str(schema), &s, NULL), VF_OK);
	for (size_t i = 0; i < 2; i++) {
		vf_arena_init(&a, room, sizeof(room));
		CHECK_RC(tr_schema_write(s, vf_bytes_str(texts[i]), &a, &text, pointer, NULL), VF_OK);
		CHECK_BYTES(text, vf_bytes_str(texts[0]));
		vf_arena_init(&a, room, 16);
		CHECK_RC(tr_schema_write(s, vf_bytes_str(texts[i]), &a, &text, pointer, NULL), VF_NO_MEMORY);
	}
	CHECK_RC(tr_schema_write(s, vf_bytes_str("{}"), &a, &text, pointer, NULL), VF_DETAILS_SHAPE);
	CHECK(tr_schema_has_required(s));
	CHECK(tr_schema_field(s, 1, &f));
	CHECK_STR(f.name, "a");
	CHECK_STR(f.title, "A");
	CHECK_STR(f.description, "d");
	CHECK_STR(f.type, "string");
	CHECK_STR(f.format, "text");
	CHECK(f.is_required);
	CHECK(tr_schema_field(s, 0, &f) && !f.is_required);
	CHECK(!tr_schema_field(s, 2, &f));
}

/* ---- forms of values ---- */

static void forms(enum tr_format format, bool want, const char *const *texts)
{
	for (; *texts; texts++) {
		check_count++;
		if (tr_format_has(format, vf_bytes_str(*texts)) != want)
			CHECK_FAIL("'%s' is %sof the form %s", *texts, want ? "not " : "", tr_format_name(format));
	}
}

#define GOOD(format, ...) forms(format, true, (const char *const[]){__VA_ARGS__, NULL})
#define BAD(format, ...) forms(format, false, (const char *const[]){__VA_ARGS__, NULL})
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_formats(void)
{
	GOOD(TR_FORMAT_COUNTRY, "DE", "AD", "ZW", "US", "GB", "FR");
	BAD(TR_FORMAT_COUNTRY, "", "D", "de", "De", "DEU", "XX", "ZZ", "UK", "EU", "A ", " A", "E ", "EZ");
	GOOD(TR_FORMAT_DATE, "2026", "2026-02", "2026-02-28", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "9999");
	BAD(TR_FORMAT_DATE, "", "26", "2026-", "2026-2", "2026-13", "2026-00", "2026-02-30", "2026-02-29", "1900-02-29", "2026-04-31",
		"2026-02-00", "2026-02-3", "2026-02-030", "0000", "2026-02-28 ", " 2026", "2026/02/28", "20260228", "2026-02-28T10:00:00Z",
		"+2026");
	GOOD(TR_FORMAT_TIME, "2026", "2026-03-04", "2026-03-04T10:12:00Z", "2026-03-04T10:12:00+01:00", "2026-03-04T10:12:00-11:30",
		"2026-03-04T10:12:00.1Z", "2026-03-04T10:12:00.123Z", "2026-03-04T23:59:59+14:00");
	BAD(TR_FORMAT_TIME, "", "2026-03-04T10:12:00", "2026-03-04T10:12Z", "2026-03-04T24:00:00Z", "2026-03-04T10:60:00Z",
		"2026-03-04T10:12:60Z", "2026-02-30T10:12:00Z", "2026-03-04t10:12:00Z", "2026-03-04T10:12:00z", "2026-03-04 10:12:00Z",
		"2026-03-04T10:12:00.Z", "2026-03-04T10:12:00.1234Z", "2026-03-04T10:12:00-00:00", "2026-03-04T10:12:00+24:00",
		"2026-03-04T10:12:00+01:60", "2026-03-04T10:12:00+0100", "2026-03-04T10:12:00+01", "2026-03T10:12:00Z",
		"2026-03-04T10:12:00Z ", "2026-03-04T10:12:00+01:00Z");
	GOOD(TR_FORMAT_LANGUAGE, "de", "nds", "pt-BR", "zh-Hant-TW", "de-1996");
	BAD(TR_FORMAT_LANGUAGE, "", "d", "DE", "german", "de-", "de--AT", "de-A", "de_AT", "de-123456789", "-de",
		"de-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa");
	GOOD(TR_FORMAT_RECORD, HEX64);
	BAD(TR_FORMAT_RECORD, "", "0123", HEX64 "0", "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef");
	GOOD(TR_FORMAT_TEXT, "a", "\u00e4 b", "a  b");
	BAD(TR_FORMAT_TEXT, "", "a\nb", "a\tb", "a\u200bb", "\u202e", "a\x7f");
	GOOD(TR_FORMAT_URL, "https://example.org/a?b=c#d", "http://x", "https://[2001:db8::1]/");
	BAD(TR_FORMAT_URL, "", "https://", "ftp://x", "HTTPS://x", "example.org", "https://a b", "https://\u00e4", "javascript:x",
		"https://a\"b", "https://a<b");
	GOOD(TR_FORMAT_WORD, "a", "future-research", "a1", "a2345678901234567890123456789012345678901234567890123456789012-4");
	BAD(TR_FORMAT_WORD, "", "A", "1a", "-a", "a_b", "a b", "a23456789012345678901234567890123456789012345678901234567890123-5");
	BAD(TR_FORMAT_NONE, "", "a");
	for (unsigned f = 1; f < TR_FORMAT_COUNT; f++) {
		CHECK_INT(tr_format_find(vf_bytes_str(tr_format_name((enum tr_format)f))), f);
		CHECK(tr_format_text((enum tr_format)f)[0] != '\0');
	}
	CHECK_INT(tr_format_find(vf_bytes_str("email")), TR_FORMAT_NONE);
}

static void before(const char *a, const char *b, bool want)
{
	struct tr_span x, y;

	CHECK(tr_span_read(vf_bytes_str(a), &x) && tr_span_read(vf_bytes_str(b), &y));
	if (tr_span_is_before(&x, &y) != want)
		CHECK_FAIL("%s before %s: not %d", a, b, want);
	check_count++;
}

static void test_spans(void)
{
	before("2026-03-04T10:12:00Z", "2026-03-04T10:12:01Z", true);
	before("2026-03-04T10:12:00+01:00", "2026-03-04T10:12:00Z", true);
	before("2026-03-04T10:12:00Z", "2026-03-04T10:12:00+01:00", false);
	before("2026-03-04T10:12:00Z", "2026-03-04T10:12:00Z", false);
	before("2026-03-04T10:12:00.499Z", "2026-03-04T10:12:00.5Z", true);
	before("2026-03-04T10:12:00.5Z", "2026-03-04T10:12:00Z", false); /* within that second */
	before("2025", "2026", false);                                    /* midnight is not everywhere at once */
	before("2025", "2026-01-03", true);
	before("2025-12", "2026-02", true);
	before("2026-02-28", "2026-03-02", false);
	before("2026-02-28", "2026-03-03", true);
	before("2026-03-04", "2026-03-04T23:59:59Z", false);
	before("9999", "2026", false);
	before("2026", "9999", true);
}

int main(void)
{
	test_types();
	test_strings();
	test_containers();
	test_refs();
	test_schema_refusals();
	test_limits();
	test_write();
	test_formats();
	test_spans();
	return check_done();
}
