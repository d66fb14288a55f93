#include "tests/check.h"
#include "tests/read_pieces.h"
#include "trial/read/json.h"

static struct pieces pieces;
static struct tr_source source;
static struct tr_reading reading;

static struct tr_json *open_json(struct vf_bytes text, size_t size, bool lines)
{
	struct tr_json *j = NULL;

	source = pieces_source(&pieces, text, size);
	CHECK_RC(tr_json_new_from(&reading, &source, lines, &j, NULL), VF_OK);
	return j;
}

static char shown[4096];

static void show(const char *p, size_t n)
{
	size_t have = strlen(shown);

	if (n < sizeof(shown) - have) {
		memcpy(shown + have, p, n);
		shown[have + n] = 0;
	}
}

static void show_token(const struct tr_json_token *t)
{
	static const char *const events[] = {"END", "{", "[", "^", "\"", "#", "true", "false", "null"};
	char text[64];

	snprintf(text, sizeof(text), "%s%zu", shown[0] ? " " : "", t->depth);
	show(text, strlen(text));
	if (t->has_name) {
		show(".", 1);
		show((const char *)t->name.p, t->name.n);
	} else if (t->depth) {
		snprintf(text, sizeof(text), ".%" PRIu64, t->index);
		show(text, strlen(text));
	}
	show(events[t->event], strlen(events[t->event]));
	show((const char *)t->value.p, t->value.n);
}

/* Reads to the end; what came, or the fault's code and message, is in shown. */
static enum vf_rc run(struct vf_bytes text, size_t size, bool lines)
{
	struct tr_json *j = open_json(text, size, lines);
	const struct tr_json_token *t = NULL;
	struct vf_err err = {0}, again = {0};
	bool more = true;
	enum vf_rc rc = VF_OK;

	shown[0] = 0;
	while (rc == VF_OK && more) {
		rc = tr_json_next(j, &t, &err);
		if (rc == VF_OK) {
			show_token(t);
			if (t->event == TR_JSON_END)
				rc = tr_json_line(j, &more, &err);
		}
	}
	if (rc != VF_OK) {
		snprintf(shown, sizeof(shown), "%s", err.text);
		CHECK_RC(tr_json_next(j, &t, &again), rc);
		CHECK_STR(again.text, err.text);
	} else {
		CHECK_RC(tr_json_next(j, &t, NULL), VF_OK);
		CHECK_INT(t->event, TR_JSON_END);
	}
	tr_json_free(j);
	return rc;
}

/* The same in pieces of every size. */
static void gives(struct vf_bytes text, bool lines, enum vf_rc rc, const char *what)
{
	for (size_t size = 1; size <= text.n + 1; size += size < 20 ? 1 : 97) {
		CHECK_RC(run(text, size, lines), rc);
		if (strcmp(shown, what) != 0)
			CHECK_FAIL("pieces of %zu: '%s', not '%s'", size, shown, what);
	}
}

static void good(const char *text, const char *what)
{
	gives(vf_bytes_str(text), false, VF_OK, what);
}

static void bad(const char *text, const char *what)
{
	gives(vf_bytes_str(text), false, VF_FILE_SHAPE, what);
}

static void test_values(void)
{
	good("{}", "0{ 0^ 0END");
	good(" [ ] ", "0[ 0^ 0END");
	good("\xef\xbb\xbf\"x\"\n", "0\"x 0END");
	good("{\"a\":1,\"b\":[true,false,null,-0.5e+10],\"c\":{\"a\":\"\"}}",
		"0{ 1.a#1 1.b[ 2.0true 2.1false 2.2null 2.3#-0.5e+10 1.b^ 1.c{ 2.a\" 1.c^ 0^ 0END");
	good("[[],[[1]],{\"\":0}]", "0[ 1.0[ 1.0^ 1.1[ 2.0[ 3.0#1 2.0^ 1.1^ 1.2{ 2.#0 1.2^ 0^ 0END");
	good("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"",
		"0\"\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 0END");
	good("\"0123456789 \xe2\x82\xac 0123456789 \\u0041\"", "0\"0123456789 \xe2\x82\xac 0123456789 A 0END");
	good("0", "0#0 0END");
	good("[0,-0,10,0.0,1E5,1e-5,123456789012345678901234567890,1e999]",
		"0[ 1.0#0 1.1#-0 1.2#10 1.3#0.0 1.4#1E5 1.5#1e-5 1.6#123456789012345678901234567890 1.7#1e999 0^ 0END");
	/* one name in objects beside each other and within each other is no duplicate */
	good("{\"a\":{\"a\":{\"a\":0},\"b\":0},\"b\":[{\"a\":0},{\"a\":0}]}",
		"0{ 1.a{ 2.a{ 3.a#0 2.a^ 2.b#0 1.a^ 1.b[ 2.0{ 3.a#0 2.0^ 2.1{ 3.a#0 2.1^ 1.b^ 0^ 0END");
}

static void test_refused(void)
{
	bad("", "line 1, column 1: the text ends where a value must stand");
	bad("  \n ", "line 2, column 2: the text ends where a value must stand");
	bad("// x\n{}", "line 1, column 1: no value where one must stand");
	bad("{} {}", "line 1, column 4: something stands behind the value");
	bad("[1,]", "line 1, column 4: no value where one must stand");
	bad("[,1]", "line 1, column 2: no value where one must stand");
	bad("[1 2]", "line 1, column 4: neither a comma nor the end of the array");
	bad("[1}", "line 1, column 3: neither a comma nor the end of the array");
	bad("{\"a\":1]", "line 1, column 7: neither a comma nor the end of the object");
	bad("{\"a\":1,}", "line 1, column 8: no name where one must stand");
	bad("{a:1}", "line 1, column 2: no name where one must stand");
	bad("{\"a\" 1}", "line 1, column 6: no colon behind a name");
	bad("{\"a\":}", "line 1, column 6: no value where one must stand");
	bad("{\n\"a\":1,\r\n \"\\u0061\":2}", "line 3, column 10: a name stands twice in an object");
	bad("[\"a\nb\"]", "line 1, column 4: a control character in a string");
	bad("[\"a", "line 1, column 4: the text ends in a string");
	bad("[1", "line 1, column 3: the text ends in a value");
	bad("{\"a\":1", "line 1, column 7: the text ends in a value");
	bad("{", "line 1, column 2: the text ends in an object");
	bad("[\"\\x\"]", "line 1, column 5: no such escape");
	bad("[\"\\u12g4\"]", "line 1, column 8: \\u without four hexadecimal digits");
	bad("[\"\\ud800\"]", "line 1, column 11: half of a surrogate pair");
	bad("[\"\\ud800\\u0041\"]", "line 1, column 15: half of a surrogate pair");
	bad("[\"\\udc00\"]", "line 1, column 9: half of a surrogate pair");
	bad("[tru]", "line 1, column 6: no value where one must stand");
	bad("[nul", "line 1, column 5: no value where one must stand");
	bad("'a'", "line 1, column 1: no value where one must stand");
	bad("NaN", "line 1, column 1: no value where one must stand");
	bad("\xef\xbb" "{}", "line 1, column 1: no value where one must stand");
	gives(vf_bytes("[1\0]", 4), false, VF_FILE_SHAPE, "line 1, column 3: neither a comma nor the end of the array");
	gives(vf_bytes("\"a\0b\"", 5), false, VF_FILE_SHAPE, "line 1, column 3: a control character in a string");
}

static void test_refused_numbers(void)
{
	static const char *const numbers[] = {"01", "-", "-01", "1.", ".5", "1.e5", "1e", "1e+", "+1", "1-2", "--1", "0x10", "1.2.3", "1e5e5"};
	static const char *const strings[] = {"\"\x80\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
		"\"\xc3\\u0041\"", "\"abcdefghijk\xff\"", "\"\xe2\x82\""};
	char text[64];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(text, sizeof(text), "[%s]", numbers[i]);
		if (run(vf_bytes_str(text), 1, false) != VF_FILE_SHAPE || run(vf_bytes_str(text), 64, false) != VF_FILE_SHAPE)
			CHECK_FAIL("'%s' was read", text);
		if (run(vf_bytes_str(numbers[i]), 64, false) != VF_FILE_SHAPE)
			CHECK_FAIL("'%s' was read", numbers[i]);
	}
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		for (size_t size = 1; size < 20; size++)
			if (run(vf_bytes_str(strings[i]), size, false) != VF_FILE_SHAPE ||
				!strstr(shown, "a string that is not UTF-8"))
				CHECK_FAIL("string %zu in pieces of %zu: %s", i, size, shown);
}

static void test_limits(void)
{
	static char deep[2 * TR_JSON_MAX_DEPTH + 8];
	static const size_t most = TR_JSON_MAX_TEXT;
	char *large = malloc(most + 16);
	struct vf_bytes text;

	memset(deep, '[', TR_JSON_MAX_DEPTH);
	memset(deep + TR_JSON_MAX_DEPTH, ']', TR_JSON_MAX_DEPTH);
	CHECK_RC(run(vf_bytes_str(deep), 64, false), VF_OK);
	deep[TR_JSON_MAX_DEPTH] = '[';
	CHECK_RC(run(vf_bytes_str(deep), 64, false), VF_LIMIT);

	if (!large)
		exit(1);
	memset(large, 'x', most + 16);
	large[0] = large[most + 1] = '"';
	text = vf_bytes(large, most + 2);
	for (size_t size = 4096; size < 2 * most; size *= 64) { /* in pieces and at once */
		CHECK_RC(run(text, size, false), VF_OK);
		large[most + 1] = 'x';
		large[most + 2] = '"';
		text.n = most + 3;
		CHECK_RC(run(text, size, false), VF_LIMIT);
		large[most + 1] = '"';
		text.n = most + 2;
	}
	free(large);
}

/* Names of one object are all kept; those of objects that are closed are not. */
static void test_many_names(void)
{
	size_t n = 0, cap = (size_t)32 * 1024 * 1024;
	char *text = malloc(cap);

	if (!text)
		exit(1);
	text[n++] = '{';
	for (unsigned i = 0; i < 100000; i++)
		n += (size_t)snprintf(text + n, cap - n, "\"%u\":{\"%u\":0},", i, i);
	n += (size_t)snprintf(text + n, cap - n, "\"x\":0}");
	CHECK_RC(run(vf_bytes(text, n), 4096, false), VF_OK);
	n -= 6;
	n += (size_t)snprintf(text + n, cap - n, "\"77777\":0}");
	CHECK_RC(run(vf_bytes(text, n), 4096, false), VF_FILE_SHAPE);
	CHECK(strstr(shown, "twice") != NULL);
	n = 0;
	text[n++] = '{';
	for (unsigned i = 0; i <= 1100000; i++)
		n += (size_t)snprintf(text + n, cap - n, "\"%u\":0,", i);
	CHECK_RC(run(vf_bytes(text, n), 4096, false), VF_LIMIT);
	free(text);
}

static void test_lines(void)
{
	gives(vf_bytes_str("{\"a\":1}\n[1]\r\n\n  \n\"x\""), true, VF_OK, "0{ 1.a#1 0^ 0END 0[ 1.0#1 0^ 0END 0\"x 0END");
	gives(vf_bytes_str("\n1\n"), true, VF_OK, "0#1 0END");
	gives(vf_bytes_str("{\"a\":\n1}"), true, VF_FILE_SHAPE, "line 1, column 6: no value where one must stand");
	gives(vf_bytes_str("1\n[1\n]"), true, VF_FILE_SHAPE, "line 2, column 3: the line ends in a value");
	gives(vf_bytes_str("1 2\n"), true, VF_FILE_SHAPE, "line 1, column 3: something stands behind the value");
	gives(vf_bytes_str(""), true, VF_FILE_SHAPE, "line 1, column 1: the text ends where a value must stand");
}

static void at(const struct tr_json *j, const char *path, bool want)
{
	if (tr_json_at(j, path) != want)
		CHECK_FAIL("'%s' is %s", path, want ? "not the path" : "the path");
	check_count++;
}

static const struct tr_json_token *next(struct tr_json *j)
{
	const struct tr_json_token *t = NULL;

	CHECK_RC(tr_json_next(j, &t, NULL), VF_OK);
	return t;
}

static void place(const struct tr_json *j, const char *want)
{
	char text[TR_PLACE_LEN];
	struct tr_place p = tr_json_place(j);

	p.put(p.ctx, text, sizeof(text));
	CHECK_STR(text, want);
	p.put(p.ctx, text, 3);
	CHECK_INT(strncmp(text, want, 2), 0);
	CHECK(strlen(text) <= 2);
}

static void test_paths(void)
{
	struct tr_json *j = open_json(vf_bytes_str("{\"a\":[{\"b/c~\":{\"\":1}},2],\n \"d\":3}"), 5, false);
	unsigned line, column;

	next(j);
	at(j, "", true);
	at(j, "a", false);
	place(j, "");
	next(j); /* a */
	at(j, "a", true);
	at(j, "", false);
	at(j, "a/", false);
	at(j, "a/+", false);
	next(j); /* a/0 */
	at(j, "a/+", true);
	at(j, "a/0", false);
	at(j, "+/+", false);
	at(j, "a", false);
	next(j);
	place(j, "/a/0/b~1c~0");
	CHECK(tr_json_below(j, 2, "b/c~") == false); /* a path has no name with '/' */
	next(j);
	place(j, "/a/0/b~1c~0/");
	next(j); /* the end of b/c~ */
	place(j, "/a/0/b~1c~0");
	next(j); /* the end of a/0 */
	at(j, "a/+", true);
	next(j);
	place(j, "/a/1");
	at(j, "a/+", true);
	CHECK(tr_json_below(j, 1, "+"));
	CHECK(tr_json_below(j, 0, "a/+"));
	CHECK(tr_json_below(j, 2, ""));
	CHECK(!tr_json_below(j, 3, ""));
	CHECK(!tr_json_below(j, 1, "a/+"));
	next(j);
	next(j);
	at(j, "d", true);
	tr_json_where(j, &line, &column);
	CHECK_INT(line, 2);
	CHECK_INT(column, 6);
	next(j);
	next(j);
	at(j, "", false); /* the end of the text is no value */
	tr_json_free(j);
}

static void test_skip(void)
{
	struct tr_json *j = open_json(vf_bytes_str("{\"a\":{\"b\":[1,{\"a\":2}]},\"c\":[],\"d\":4}"), 3, false);
	struct vf_err err;

	next(j);
	next(j);
	CHECK_RC(tr_json_skip(j, NULL), VF_OK);
	next(j);
	at(j, "c", true);
	CHECK_RC(tr_json_skip(j, NULL), VF_OK);
	CHECK_INT(next(j)->event, TR_JSON_NUMBER);
	CHECK_RC(tr_json_skip(j, NULL), VF_OK); /* nothing to skip */
	CHECK_INT(next(j)->event, TR_JSON_CLOSE);
	tr_json_free(j);
	j = open_json(vf_bytes_str("[[1,2"), 3, false);
	next(j);
	CHECK_RC(tr_json_skip(j, &err), VF_FILE_SHAPE);
	tr_json_free(j);
	tr_json_free(NULL);
}

/* What the source says is said. */
static void test_source_fault(void)
{
	struct tr_json *j = open_json(vf_bytes_str("[1"), 1, false);
	const struct tr_json_token *t;
	struct vf_err err = {0};

	pieces.end = VF_IO;
	next(j);
	CHECK_RC(tr_json_next(j, &t, &err), VF_IO);
	CHECK_STR(err.text, "a fault that was asked for");
	CHECK_RC(tr_json_next(j, &t, NULL), VF_IO);
	tr_json_free(j);
}

int main(void)
{
	test_values();
	test_refused();
	test_refused_numbers();
	test_limits();
	test_many_names();
	test_lines();
	test_paths();
	test_skip();
	test_source_fault();
	return check_done();
}
