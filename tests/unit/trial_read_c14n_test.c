/* Canonical XML: the examples of the standard, each rule, what is refused, and libxml2's own beside it. */
#include "tests/c14n_other.h"

struct example {
	const char *in, *want;
};

/* Canonical XML 1.1, 3.1 to 3.6, without their DOCTYPE where they have one. */
static const struct example of_standard[] = {
	{"<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n"
	 "<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n<!-- Comment 3 -->\n",
		"<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>"},
	{"<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      B\n"
	 "      <dirty>   A   B   </dirty>\n      C\n   </mixed>\n</doc>\n",
		"<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      <clean>   </clean>\n      B\n"
		"      <dirty>   A   B   </dirty>\n      C\n   </mixed>\n</doc>"},
	{"<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n"
	 "   <e4   name=\"elem4\"   id=\"elem4\"   ></e4>\n"
	 "   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n"
	 "      xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n"
	 "   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n"
	 "         <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n            <e9 xmlns=\"\" xmlns:a=\"http://www.ietf.org\"/>\n"
	 "         </e8>\n      </e7>\n   </e6>\n</doc>\n",
		"<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   <e4 id=\"elem4\" name=\"elem4\"></e4>\n"
		"   <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\""
		" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n"
		"   <e6 xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\">\n"
		"            <e9 xmlns:a=\"http://www.ietf.org\"></e9>\n         </e8>\n      </e7>\n   </e6>\n</doc>"},
	{"<doc>\n   <text>First line&#x0d;&#10;Second line</text>\n   <value>&#x32;</value>\n"
	 "   <compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\n"
	 "   <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\n"
	 "   <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>\n</doc>\n",
		"<doc>\n   <text>First line&#xD;\nSecond line</text>\n   <value>2</value>\n"
		"   <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\n"
		"   <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n"
		"   <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm>\n</doc>"},
	{"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<doc>&#169;</doc>\n", "<doc>\xc2\xa9</doc>"},
};

/* Each rule by itself. */
static const struct example rules[] = {
	{"<a/>", "<a></a>"},
	{"\xef\xbb\xbf<a/>", "<a></a>"},
	{"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8' standalone='yes'?><a/>", "<a></a>"},
	{"<a\r\n\tb='1'\r\n>x\r\ny\rz\n</a\r\n>\r\n", "<a b=\"1\">x\ny\nz\n</a>"},
	{"<a b='x\r\ny\tz\rw\n'/>", "<a b=\"x y z w \"></a>"},
	{"<a b='&#13;&#10;&#9;'>&#13;&#10;&#9;</a>", "<a b=\"&#xD;&#xA;&#x9;\">&#xD;\n\t</a>"},
	{"<a b='&amp;lt; &#38;#38; &amp;#38;'/>", "<a b=\"&amp;lt; &amp;#38; &amp;#38;\"></a>"},
	{"<a b='>'>]]&gt;</a>", "<a b=\">\">]]&gt;</a>"},
	{"<a><![CDATA[<&\r\n>]]><![CDATA[]]>b<!-- c -->d</a>", "<a>&lt;&amp;\n&gt;bd</a>"},
	{"<a><?p?><?q  x  ?></a>", "<a><?p?><?q x  ?></a>"},
	{"<?p a?><!-- c --><?q?>\n<a/><?r b?>\n<!-- c --><?s?>", "<?p a?>\n<?q?>\n<a></a>\n<?r b?>\n<?s?>"},
	{"<a b2='1' b10='2' B='3' _='4'/>", "<a B=\"3\" _=\"4\" b10=\"2\" b2=\"1\"></a>"},
	{"<a xmlns:z='urn:a' xmlns:y='urn:b' z:q='1' y:p='2' p='3' xml:lang='en'/>",
		"<a xmlns:y=\"urn:b\" xmlns:z=\"urn:a\" p=\"3\" xml:lang=\"en\" z:q=\"1\" y:p=\"2\"></a>"},
	{"<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:id=' x '/>", "<a xml:id=\" x \"></a>"},
	{"<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:1'/><p:b xmlns:p='urn:2'><p:c xmlns:p='urn:1'/></p:b><p:d/></p:a>",
		"<p:a xmlns:p=\"urn:1\"><p:b></p:b><p:b xmlns:p=\"urn:2\"><p:c xmlns:p=\"urn:1\"></p:c></p:b><p:d></p:d></p:a>"},
	{"<a xmlns=''><b xmlns='urn:1'><c xmlns=''><d xmlns=''/></c></b><b xmlns=''/></a>",
		"<a><b xmlns=\"urn:1\"><c xmlns=\"\"><d></d></c></b><b></b></a>"},
	{"<a xmlns:p='urn:1' xmlns:q='urn:1' q:x='1' p:y='2'/>", "<a xmlns:p=\"urn:1\" xmlns:q=\"urn:1\" q:x=\"1\" p:y=\"2\"></a>"},
	/* code points and octets have one order: U+FF5A, then U+10000 */
	{"<a xmlns:\xf0\x90\x80\x80='urn:1' xmlns:\xef\xbd\x9a='urn:2'/>",
		"<a xmlns:\xef\xbd\x9a=\"urn:2\" xmlns:\xf0\x90\x80\x80=\"urn:1\"></a>"},
	{"<a>e\xcc\x81\xc3\xa9</a>", "<a>e\xcc\x81\xc3\xa9</a>"}, /* no NFC */
	{"<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xe9'>\xfc</a>", "<a b=\"\xc3\xa9\">\xc3\xbc</a>"},
	{"<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>", "<a>\xe2\x82\xac</a>"},
	{"<?xml version='1.0' encoding='Shift_JIS'?><a>\x93\xfa</a>", "<a>\xe6\x97\xa5</a>"},
	{"<?xml version='1.0' encoding='us-ascii'?><a>x</a>", "<a>x</a>"},
};

static void check_canonical(const struct example *e)
{
	struct vf_err err = {0};
	struct c14n_text got, again;
	xmlChar *other;
	int n;

	CHECK_RC(c14n_ours(vf_bytes_str(e->in), &got, &err), VF_OK);
	CHECK_STR(got.p ? (const char *)got.p : err.text, e->want);
	/* canonical text is its own canonical text */
	CHECK_RC(c14n_ours(vf_bytes(got.p, got.n), &again, &err), VF_OK);
	CHECK_BYTES(vf_bytes(again.p, again.n), vf_bytes(got.p, got.n));
	CHECK(c14n_libxml(vf_bytes_str(e->in), &other, &n));
	CHECK_BYTES(vf_bytes(got.p, got.n), vf_bytes(other, (size_t)n));
	xmlFree(other);
	free(got.p);
	free(again.p);
}

/* Where libxml2 departs from the text of the standard: it writes an ampersand in the name of a namespace as it is. */
static void test_departure(void)
{
	static const char in[] = "<a xmlns='urn:a&amp;b' xmlns:p='urn:a&amp;a' xmlns:q='urn:a!' p:x='1' q:x='2'/>";
	struct c14n_text got;
	xmlChar *other;
	int n;

	CHECK_RC(c14n_ours(vf_bytes_str(in), &got, NULL), VF_OK);
	CHECK_STR((const char *)got.p,
		"<a xmlns=\"urn:a&amp;b\" xmlns:p=\"urn:a&amp;a\" xmlns:q=\"urn:a!\" q:x=\"2\" p:x=\"1\"></a>");
	CHECK(c14n_libxml(vf_bytes_str(in), &other, &n));
	CHECK(strcmp((const char *)got.p, (const char *)other) != 0);
	xmlFree(other);
	free(got.p);
}

static void put16(uint8_t *out, size_t *n, const char *text, bool big)
{
	for (; *text; text++) {
		out[(*n)++] = big ? 0 : (uint8_t)*text;
		out[(*n)++] = big ? (uint8_t)*text : 0;
	}
}

static void check_16(bool big, bool bom, const char *text, size_t cut, enum vf_rc want)
{
	uint8_t in[512];
	size_t n = 0;
	struct c14n_text got;

	if (bom) {
		in[n++] = big ? 0xfe : 0xff;
		in[n++] = big ? 0xff : 0xfe;
	}
	put16(in, &n, text, big);
	CHECK_RC(c14n_ours(vf_bytes(in, n - cut), &got, NULL), want);
	if (want == VF_OK && got.p)
		CHECK_STR((const char *)got.p, "<a>x</a>");
	free(got.p);
}

static void test_utf16(void)
{
	static const char declared[] = "<?xml version='1.0' encoding='UTF-16'?><a>x</a>\n";

	for (int big = 0; big < 2; big++) {
		check_16(big, true, declared, 0, VF_OK);
		check_16(big, true, "<a>x</a>", 0, VF_OK);
		check_16(big, false, declared, 0, VF_OK);
		check_16(big, true, declared, 1, VF_FILE_SHAPE); /* half a character at the end */
		check_16(big, true, "<?xml version='1.0' encoding='UTF-8'?><a>x</a>", 0, VF_FILE_SHAPE);
		check_16(big, true, "<?xml version='1.0' encoding='ISO-8859-1'?><a>x</a>", 0, VF_FILE_SHAPE);
	}
}

struct refusal {
	const char *in;
	size_t n; /* 0: to its NUL */
	enum vf_rc rc;
	const char *word;
};

static const struct refusal refusals[] = {
	{"<!DOCTYPE a><a/>", 0, VF_UNSUPPORTED, "doctype-no-c14n: "},
	{"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 0, VF_UNSUPPORTED, "doctype-no-c14n: "},
	{"<!DOCTYPE a SYSTEM 'a.dtd'><a/>", 0, VF_UNSUPPORTED, "doctype-no-c14n: "},
	{"<?xml version='1.1'?><a/>", 0, VF_UNSUPPORTED, "version-no-c14n: "},
	{"<?xml version='1.2'?><a/>", 0, VF_UNSUPPORTED, "version-no-c14n: "},
	{"<a xmlns='relative'/>", 0, VF_UNSUPPORTED, "namespace-no-c14n: "},
	{"<a xmlns:p='../x'/>", 0, VF_UNSUPPORTED, "namespace-no-c14n: "},
	{"<a xmlns='urn:a b'/>", 0, VF_UNSUPPORTED, "namespace-no-c14n: "},
	{"<a xmlns='urn:\xc3\xa9'/>", 0, VF_UNSUPPORTED, "namespace-no-c14n: "},
	{"", 0, VF_FILE_SHAPE, "parse-error: "},
	{"x", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a></b>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a/><b/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a/>x", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a/>\0", 5, VF_FILE_SHAPE, "parse-error: "},
	{"<a/>\0<b", 7, VF_FILE_SHAPE, "parse-error: "},
	{"<a>x\0y</a>", 10, VF_FILE_SHAPE, "parse-error: "},
	{"<a>\x01</a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a>&#1;</a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a>\xff</a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a>\xed\xa0\x80</a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a b='\xc3'/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a><!-- \xff --></a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a/><!-- \xff -->", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a/>\xc3", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<?xml version='1.0' encoding='us-ascii'?><a>\xc3\xa9</a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<?xml version='1.0' encoding='us-ascii'?><a/><!-- \xc3\xa9 -->", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<?xml version='1.0' encoding='Shift_JIS'?><a/>\x93", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<?xml version='1.0' encoding='UTF-16'?><a/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<?xml version='1.0' encoding='no-such-thing'?><a/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xa9</a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a>&b;</a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a b='&c;'/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a b='1' b='2'/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a xmlns:p='urn:1' xmlns:q='urn:1' p:b='1' q:b='2'/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<p:a/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a p:b='1'/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a xmlns:p=''/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a:b:c xmlns:a='urn:1'/>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a><?p:q?></a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<a>]]></a>", 0, VF_FILE_SHAPE, "parse-error: "},
	{"<<<<<<< HEAD\n<a/>", 0, VF_FILE_SHAPE, "parse-error: "},
};

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		struct vf_bytes in = vf_bytes(r->in, r->n ? r->n : strlen(r->in));
		struct vf_err err = {0};
		struct c14n_text got;

		if (c14n_ours(in, &got, &err) != r->rc || strncmp(err.text, r->word, strlen(r->word)) != 0)
			CHECK_FAIL("'%s': %s: %s", r->in, vf_rc_name(err.rc), err.text);
		check_count++;
		free(got.p);
	}
}

/* n times a, then end. */
static struct vf_bytes repeated(const char *begin, const char *a, size_t n, const char *end)
{
	size_t la = strlen(a), lb = strlen(begin), le = strlen(end);
	char *p = malloc(lb + la * n + le + 1);

	if (!p)
		exit(1);
	memcpy(p, begin, lb);
	for (size_t i = 0; i < n; i++)
		memcpy(p + lb + i * la, a, la);
	memcpy(p + lb + la * n, end, le + 1);
	return vf_bytes(p, lb + la * n + le);
}

static void check_size(struct vf_bytes in, enum vf_rc want)
{
	struct c14n_text got;
	struct vf_err err = {0};

	CHECK_RC(c14n_ours(in, &got, &err), want);
	if (want != VF_OK)
		CHECK(strncmp(err.text, want == VF_LIMIT ? "size-no-c14n: " : "parse-error: ", want == VF_LIMIT ? 14 : 13) == 0);
	free(got.p);
	free((void *)(uintptr_t)in.p);
}

static void check_attributes(unsigned n, enum vf_rc want)
{
	char *p = malloc(32 * (size_t)n + 64);
	size_t len = 2;

	if (!p)
		exit(1);
	memcpy(p, "<a", 2);
	for (unsigned i = 0; i < n; i++)
		len += (size_t)sprintf(p + len, i % 2 ? " x%u='1'" : " xmlns:x%u='urn:1'", (i * 7919) % n);
	len += (size_t)sprintf(p + len, "/>");
	check_size(vf_bytes(p, len), want);
}

static void test_limits(void)
{
	char deep[2 * 3 * 300 + 8] = "";
	size_t n = 0;

	for (size_t depth = 256; depth < 258; depth++) {
		n = 0;
		for (size_t i = 0; i < depth; i++)
			n += (size_t)sprintf(deep + n, "<a>");
		for (size_t i = 0; i < depth; i++)
			n += (size_t)sprintf(deep + n, "</a>");
		check_size(repeated(deep, "", 0, ""), depth == 256 ? VF_OK : VF_LIMIT);
	}
	check_attributes(512, VF_OK);
	check_attributes(513, VF_LIMIT);
	check_size(repeated("<a>", "0123456789abcdef", 655360, "</a>"), VF_OK);
	check_size(repeated("<a>", "0123456789abcdef", 655360, "x</a>"), VF_LIMIT);
	check_size(repeated("<a b='", "0123456789abcdef", 655360, "x'/>"), VF_LIMIT);
	check_size(repeated("<a><![CDATA[", "0123456789abcdef", 655360, "x]]></a>"), VF_LIMIT);
	check_size(repeated("<a><![CDATA[", "0123456789abcdef", 600000, "x]]></a>"), VF_OK);
	/* texts of more than the limit in all, none by itself */
	check_size(repeated("<a>", "<b>0123456789abcdef</b>", 700000, "</a>"), VF_OK);
}

/* A tag that never ends: it is stopped before libxml2 has compared its attributes with each other. */
static void test_crowds(void)
{
	char nested[128 * 1024];
	size_t n = 0;

	check_size(repeated("<a", " b=''", 4000, ""), VF_FILE_SHAPE);
	check_size(repeated("<a", " b=''", 200000, ""), VF_LIMIT);
	/* the same namespaces again and again are none that is new, and are gone through for each element all the same */
	for (size_t i = 0; i < 250; i++)
		n += (size_t)sprintf(nested + n, "<a xmlns:b='urn:b' xmlns:c='urn:c' xmlns:d='urn:d' xmlns:e='urn:e' xmlns:f='urn:f' xmlns:g='urn:g' "
			"xmlns:h='urn:h' xmlns:i='urn:i' xmlns:j='urn:j' xmlns:k='urn:k' xmlns:l='urn:l' xmlns:m='urn:m' xmlns:n='urn:n' "
			"xmlns:o='urn:o' xmlns:p='urn:p' xmlns:q='urn:q' xmlns:r='urn:r'>");
	check_size(repeated(nested, "<b:s/>", 100000, ""), VF_LIMIT);
}

static void test_many_bindings(void)
{
	char *p = malloc(1 << 20);
	size_t n = 0;
	unsigned next = 0;

	if (!p)
		exit(1);
	for (unsigned depth = 0; depth < 9; depth++) {
		n += (size_t)sprintf(p + n, "<a");
		for (unsigned i = 0; i < 500; i++)
			n += (size_t)sprintf(p + n, " xmlns:p%u='urn:1'", next++);
		n += (size_t)sprintf(p + n, ">");
	}
	for (unsigned depth = 0; depth < 9; depth++)
		n += (size_t)sprintf(p + n, "</a>");
	check_size(vf_bytes(p, n), VF_LIMIT);
}

/* ---- places ---- */

static void check_place(struct vf_bytes file, uint64_t at, unsigned line, const char *path)
{
	struct tr_input in = tr_input_of(&file, "x.xml");
	struct tr_c14n_place place = {0};
	struct vf_err err = {0};

	CHECK_RC(tr_c14n_find(&in, at, &place, &err), VF_OK);
	CHECK_INT(place.line, line);
	CHECK_STR(place.path, path);
}

static void test_places(void)
{
	struct vf_bytes file = vf_bytes_str("<?p?>\n<a>\n <b c='1'/>\n <d>x</d>\n</a>\n<?q?>\n<unread");
	struct tr_input in = tr_input_of(&file, "x.xml");
	struct tr_c14n_place place;

	check_place(file, 0, 1, "/");
	check_place(file, 6, 2, "/a"); /* <a> */
	check_place(file, 11, 3, "/a/b");
	check_place(file, 18, 3, "/a/b"); /* </b> */
	check_place(file, 29, 4, "/a/d");
	CHECK_RC(tr_c14n_find(&in, 1000, &place, NULL), VF_FILE_SHAPE);
	file = vf_bytes_str("<a/>");
	in = tr_input_of(&file, "x.xml");
	CHECK_RC(tr_c14n_find(&in, 7, &place, NULL), VF_USAGE);
}

static void test_long_path(void)
{
	char in[8192];
	size_t n = 0;
	struct vf_bytes file;
	struct tr_input input;
	struct tr_c14n_place place;

	for (int i = 0; i < 100; i++)
		n += (size_t)sprintf(in + n, "<element%d>", i);
	for (int i = 99; i >= 0; i--)
		n += (size_t)sprintf(in + n, "</element%d>", i);
	file = vf_bytes(in, n);
	input = tr_input_of(&file, "x.xml");
	CHECK_RC(tr_c14n_find(&input, n / 2 - 1, &place, NULL), VF_OK);
	CHECK(strlen(place.path) < sizeof(place.path) && strlen(place.path) > 200);
	CHECK(strncmp(place.path, ".../element", 11) == 0);
}

/* ---- reading and writing that fail ---- */

static VF_RC read_some(void *ctx, uint64_t at, void *out, size_t cap, size_t *ret_n, struct vf_err *reterr)
{
	uint64_t *from = ctx;

	if (at >= *from)
		return vf_fail(reterr, VF_IO, "a fault of the disk");
	memset(out, ' ', cap);
	if (at == 0)
		memcpy(out, "<a>", 3);
	*ret_n = cap;
	return VF_OK;
}

static VF_RC put_never(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)ctx;
	(void)piece;
	return vf_fail(reterr, VF_IO, "a full disk");
}

static void test_faults(void)
{
	uint64_t from = 0;
	struct tr_input in = {read_some, &from, 1 << 20, {0}};
	struct c14n_text got = {0};
	struct tr_out out = {c14n_put, &got}, never = {put_never, NULL};
	struct vf_err err = {0};

	CHECK_RC(tr_c14n(&in, &out, &err), VF_IO);
	CHECK_STR(err.text, "a fault of the disk");
	from = 200000;
	CHECK_RC(tr_c14n(&in, &out, &err), VF_IO);
	from = UINT64_MAX;
	CHECK_RC(tr_c14n(&in, &never, &err), VF_IO);
	CHECK_STR(err.text, "a full disk");
	free(got.p);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(of_standard) / sizeof(of_standard[0]); i++)
		check_canonical(&of_standard[i]);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		check_canonical(&rules[i]);
	test_departure();
	test_utf16();
	test_refusals();
	test_limits();
	test_crowds();
	test_many_bindings();
	test_places();
	test_long_path();
	test_faults();
	xmlCleanupParser();
	return check_done();
}
