#include "verify/json.h"

#include "tests/check.h"

static enum vf_rc parse(const char *text)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;

	return vf_json_parse(vf_bytes_str(text), &doc, NULL);
}

int main(void)
{
	static const char *const bad[] = {"", "{", "{}x", "{}{}", "[]", "\"a\"", "1", "null", "{\"a\":1,\"a\":1}", "{\"a\":01}", "{'a':1}",
		"{\"a\":1,}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\\u0000\"}", "// c\n{}", "{\"a\":\"\t\"}", "\xef\xbb\xbf{}",
		"{\"a\":NaN}"};
	static const char *const names[] = {"a", "?b", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	const struct vf_json_value *root;
	struct vf_bytes s;
	uint64_t u;
	uint8_t hex[2];
	bool b;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(bad[i]) != VF_JSON_SHAPE)
			CHECK_FAIL("'%s' is accepted", bad[i]);
	CHECK_RC(vf_json_parse(vf_bytes("{\"a\":1\0}", 8), &doc, NULL), VF_JSON_SHAPE); /* a second spelling of 1 */
	CHECK_RC(vf_json_parse(vf_bytes("{\"a\":1}\0", 8), &doc, NULL), VF_JSON_SHAPE);
	CHECK_RC(vf_json_parse(vf_bytes_str("{\"a\":[1,-1,true,\"00ff\",\"00FF\",1.0,18446744073709551615]}"), &doc, NULL), VF_JSON_SHAPE);
	CHECK_RC(vf_json_parse(vf_bytes_str("{\"a\":[1,-1,true,\"00ff\",\"00FF\",1.0],\"b\":{}}"), &doc, NULL), VF_OK);
	root = vf_json_root(doc);
	CHECK_RC(vf_json_check_names(root, names, NULL), VF_OK);
	CHECK_RC(vf_json_check_names(root, names + 1, NULL), VF_JSON_SHAPE);
	CHECK_RC(vf_json_check_names(vf_json_get(root, "b"), names, NULL), VF_JSON_SHAPE);
	CHECK_RC(vf_json_check_names(vf_json_get(root, "b"), names + 1, NULL), VF_OK);
	CHECK_RC(vf_json_check_names(vf_json_get(root, "a"), names, NULL), VF_JSON_SHAPE);
	CHECK_RC(vf_json_check_names(NULL, names, NULL), VF_JSON_SHAPE);
	root = vf_json_get(root, "a");
	CHECK_INT(vf_json_count(root), 6);
	CHECK(vf_json_uint(vf_json_item(root, 0), &u) && u == 1);
	CHECK(!vf_json_uint(vf_json_item(root, 1), &u) && !vf_json_uint(vf_json_item(root, 5), &u) && !vf_json_uint(NULL, &u));
	CHECK(vf_json_bool(vf_json_item(root, 2), &b) && b && !vf_json_bool(vf_json_item(root, 0), &b));
	CHECK(vf_json_str(vf_json_item(root, 3), &s) && vf_bytes_is(s, "00ff") && !vf_json_str(vf_json_item(root, 0), &s));
	CHECK(vf_json_hex(vf_json_item(root, 3), hex, 2) && hex[1] == 0xff && !vf_json_hex(vf_json_item(root, 4), hex, 2));
	CHECK(vf_json_item(root, 6) == NULL && vf_json_get(root, "x") == NULL);
	return check_done();
}
