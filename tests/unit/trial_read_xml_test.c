#include "trial/read/xml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"

/* What was read, as one line a node. */
struct log {
	char text[65536];
	size_t n, warnings[TR_WARNING_COUNT];
};

static VF_RC note_warning(void *ctx, enum tr_warning warning, const char *text, const struct tr_place *place,
	struct vf_err *reterr)
{
	struct log *l = ctx;

	(void)text;
	(void)place;
	(void)reterr;
	l->warnings[warning]++;
	return VF_OK;
}

static void add(struct log *l, const char *text, size_t n)
{
	if (l->n + n + 1 >= sizeof(l->text))
		return;
	if (n)
		memcpy(l->text + l->n, text, n);
	l->n += n;
	l->text[l->n] = '\0';
}

static void log_node(struct log *l, const struct tr_xml_node *node, struct tr_xml *x)
{
	struct tr_place place = tr_xml_place(x);
	char text[TR_PLACE_LEN + 1];

	switch (node->event) {
	case TR_XML_END:
		add(l, "END", 3);
		return;
	case TR_XML_OPEN:
		place.put(place.ctx, text, sizeof(text));
		add(l, text, strlen(text));
		for (size_t i = 0; i < node->n_attributes; i++) {
			add(l, " ", 1);
			add(l, node->attributes[i].name, strlen(node->attributes[i].name));
			add(l, "=", 1);
			add(l, (const char *)node->attributes[i].value.p, node->attributes[i].value.n);
		}
		add(l, "\n", 1);
		return;
	case TR_XML_CLOSE:
		add(l, "/\n", 2);
		return;
	case TR_XML_TEXT:
		add(l, "'", 1);
		add(l, (const char *)node->text.p, node->text.n);
		add(l, "'\n", 2);
		return;
	}
}

static enum vf_rc read_all(struct vf_bytes xml, struct log *l, struct vf_err *err)
{
	struct tr_input in = tr_input_of(&xml, "x.xml");
	struct tr_reading r = {.in = &in, .wants = TR_WANT_PLACES, .warning = note_warning, .ctx = l};
	const struct tr_xml_node *node = NULL;
	struct tr_xml *x = NULL;
	enum vf_rc rc, again;

	memset(l, 0, sizeof(*l));
	rc = tr_xml_new(&r, &x, err);
	while (rc == VF_OK && !(node && node->event == TR_XML_END)) {
		rc = tr_xml_next(x, &node, err);
		if (rc == VF_OK)
			log_node(l, node, x);
	}
	again = tr_xml_next(x, &node, err);
	if (again != rc)
		CHECK_FAIL("%s, and then %s", vf_rc_name(rc), vf_rc_name(again));
	tr_xml_free(x);
	tr_reading_done(&r);
	return rc;
}

static enum vf_rc read_text(const char *xml, struct log *l, struct vf_err *err)
{
	return read_all(vf_bytes_str(xml), l, err);
}

static struct log l;
static struct vf_err err;

static void test_nodes(void)
{
	CHECK_RC(read_text("<?xml version='1.0'?><!-- c --><a x='1 &amp; &#38; &lt;2&#10;'><b/><b>t<![CDATA[<u>]]>&gt;</b>"
			   "<c:b xmlns:c='urn:c' c:y=\"z\"/><?pi?></a>\n",
			 &l, &err), VF_OK);
	CHECK_STR(l.text,
		"/a x=1 & & <2\n\n/a/b[1]\n/\n/a/b[2]\n't<u>>'\n/\n/a/b[3] y=z\n/\n/\nEND");
}

static void test_encodings(void)
{
	static const char utf16le[] = "\xff\xfe<\0a\0>\0\xe4\0<\0/\0a\0>\0", utf16be[] = "\xfe\xff\0<\0a\0>\0\xe4\0<\0/\0a\0>";

	CHECK_RC(read_text("\xef\xbb\xbf<a>\xc3\xa4</a>", &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n'\xc3\xa4'\n/\nEND");
	CHECK_RC(read_text("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>", &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n'\xc3\xa4'\n/\nEND");
	CHECK_RC(read_text("<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>", &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n'\xe2\x82\xac'\n/\nEND");
	CHECK_RC(read_all(vf_bytes(utf16le, sizeof(utf16le) - 1), &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n'\xc3\xa4'\n/\nEND");
	CHECK_RC(read_all(vf_bytes(utf16be, sizeof(utf16be) - 1), &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n'\xc3\xa4'\n/\nEND");
	/* not what it says */
	CHECK_RC(read_text("<a>\xe4</a>", &l, &err), VF_FILE_SHAPE);
	CHECK_RC(read_text("<?xml version='1.0' encoding='UTF-8'?><a>\xe4</a>", &l, &err), VF_FILE_SHAPE);
	CHECK_RC(read_text("<?xml version='1.0' encoding='nothing'?><a/>", &l, &err), VF_FILE_SHAPE);
	/* where the converter stops, what was read is not the whole: libxml2 tells nobody but its caller */
	CHECK_RC(read_text("<?xml version='1.0' encoding='UTF-7'?><a>b</a><!--\xe9-->", &l, &err), VF_FILE_SHAPE);
	CHECK_RC(read_text("<?xml version='1.0' encoding='UTF-7'?><a><b>c</b>\xe9</a>", &l, &err), VF_FILE_SHAPE);
	CHECK_RC(read_text("<?xml version='1.0' encoding='Shift_JIS'?><a><b>c</b>\x80\x80\xff</a>", &l, &err), VF_FILE_SHAPE);
}

static void test_doctype(void)
{
	CHECK_RC(read_text("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>&x;y</a>", &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n'y'\n/\nEND");
	CHECK_INT(l.warnings[TR_W_DOCTYPE], 1);
	CHECK_INT(l.warnings[TR_W_ENTITY], 1);
	/* declared inside: not resolved either, and no default attribute is taken */
	CHECK_RC(read_text("<!DOCTYPE a [<!ENTITY x 'SECRET'><!ATTLIST a d CDATA 'DEFAULT'>]><a b='&x;c'>&x;y</a>", &l, &err),
		VF_OK);
	CHECK_STR(l.text, "/a b=c\n'y'\n/\nEND");
	CHECK(l.warnings[TR_W_ENTITY] > 0);
	CHECK_RC(read_text("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n/\nEND");
	/* a bomb costs nothing */
	CHECK_RC(read_text("<!DOCTYPE a [<!ENTITY a0 'aaaaaaaaaa'><!ENTITY a1 '&a0;&a0;&a0;&a0;'><!ENTITY a2 '&a1;&a1;&a1;'>"
			   "<!ENTITY a3 '&a3;'>]><a>&a2;&a3;</a>",
			 &l, &err), VF_OK);
	CHECK_STR(l.text, "/a\n/\nEND");
	CHECK_RC(read_text("<a>&x;</a>", &l, &err), VF_FILE_SHAPE);
}

static void test_faults(void)
{
	static const struct {
		const char *xml, *where;
	} rows[] = {
		{"", "line 1"},
		{"<a>\n <b></a>", "line 2"},
		{"<a>", "line 1"},
		{"<a/><b/>", "line 1"},
		{"<a/>trailing", "line 1"},
		{"<a x='1' x='2'/>", "line 1"},
		{"<a>\x01</a>", "line 1"},
		{"<a>&#0;</a>", "line 1"},
		{"<a b=1/>", "line 1"},
		{"<<<<<<< HEAD\n<a/>", "line 1"},
		{"<a>]]></a>", "line 1"},
		{"{\"a\": 1}", "line 1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err.text[0] = '\0';
		if (read_text(rows[i].xml, &l, &err) != VF_FILE_SHAPE || !strstr(err.text, rows[i].where))
			CHECK_FAIL("'%s': '%s'", rows[i].xml, err.text);
	}
	/* a NUL */
	CHECK_RC(read_all(vf_bytes("<a>\0</a>", 8), &l, &err), VF_FILE_SHAPE);
	CHECK_RC(read_all(vf_bytes("<a/>\0", 5), &l, &err), VF_FILE_SHAPE);
	/* what came before is said */
	CHECK_RC(read_text("<a><b/><c>text</c><d", &l, &err), VF_FILE_SHAPE);
	CHECK(strstr(l.text, "/a/c[1]\n'text'") != NULL);
}

static void test_namespaces(void)
{
	CHECK_RC(read_text("<p:a/>", &l, &err), VF_OK);
	CHECK_INT(l.warnings[TR_W_NAMESPACE], 1);
}

/* n times before, then middle, then n times after. */
static struct vf_bytes nested(size_t n, const char *before, const char *middle, const char *after)
{
	size_t b = strlen(before), m = strlen(middle), a = strlen(after), at = 0;
	char *p = malloc(n * (a + b) + m + 1);

	for (size_t i = 0; i < n; i++, at += b)
		memcpy(p + at, before, b);
	memcpy(p + at, middle, m);
	at += m;
	for (size_t i = 0; i < n; i++, at += a)
		memcpy(p + at, after, a);
	return vf_bytes(p, at);
}

static enum vf_rc read_nested(size_t n, const char *before, const char *middle, const char *after)
{
	struct vf_bytes xml = nested(n, before, middle, after);
	enum vf_rc rc = read_all(xml, &l, &err);

	free((void *)(uintptr_t)xml.p);
	return rc;
}

/* A document of n elements, each with a name of its own. */
static enum vf_rc read_names(size_t n)
{
	size_t cap = n * 12 + 16, at = 0;
	char *xml = malloc(cap);
	enum vf_rc rc;

	at += (size_t)snprintf(xml + at, cap - at, "<r>");
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(xml + at, cap - at, "<e%zu/>", i);
	snprintf(xml + at, cap - at, "</r>");
	rc = read_text(xml, &l, &err);
	free(xml);
	return rc;
}

/* Names are looked up in a table that stops growing: millions of them would take hours. */
static void test_names(void)
{
	CHECK_RC(read_names(TR_XML_MAX_NAMES - 1000), VF_OK);
	CHECK_RC(read_names(TR_XML_MAX_NAMES + 1), VF_LIMIT);
}

static void test_limits(void)
{
	char *attributes = malloc(16 * 1024), *p = attributes;

	CHECK_RC(read_nested(TR_XML_MAX_DEPTH, "<a>", "", "</a>"), VF_OK);
	CHECK_RC(read_nested(TR_XML_MAX_DEPTH + 1, "<a>", "", "</a>"), VF_LIMIT);
	p += sprintf(p, "<a");
	for (int i = 0; i < TR_XML_MAX_ATTRIBUTES; i++)
		p += sprintf(p, " a%d=''", i);
	strcpy(p, "/>");
	CHECK_RC(read_text(attributes, &l, &err), VF_OK);
	strcpy(p, " b=''/>");
	CHECK_RC(read_text(attributes, &l, &err), VF_LIMIT);
	free(attributes);
	/* an attribute of more than ten million octets */
	CHECK(read_nested(2600000, "<a b='", "'/>", "aaaa") != VF_OK);
}

/*
 * libxml2 compares the attributes of a tag with each other, and goes through the namespaces in force for each element: both
 * are stopped before that takes minutes. A tag that never ends shows it, as it would be no XML otherwise.
 */
static void test_crowds(void)
{
	CHECK_RC(read_nested(30000, " a=''", "", ""), VF_FILE_SHAPE); /* no tag at all */
	CHECK_RC(read_nested(TR_XML_MAX_CROWD / 4, "", "<a", " abcdefghijklmnopqrstuvwxyz=''"), VF_FILE_SHAPE);
	CHECK_RC(read_nested(20 * TR_XML_MAX_CROWD, "", "<a", " b=''"), VF_LIMIT);
	CHECK_RC(read_nested(20 * TR_XML_MAX_CROWD, "", "<a", " b\n=\n\"\""), VF_LIMIT);
	CHECK(strstr(err.text, "512 attributes") != NULL);
	/* in a text they mean nothing, nor do signs of another kind in a comment */
	CHECK_RC(read_nested(20 * TR_XML_MAX_CROWD, "", "<a>", " b=''"), VF_FILE_SHAPE);
	CHECK_RC(read_nested(20 * TR_XML_MAX_CROWD, "", "<!--", "="), VF_FILE_SHAPE);
	CHECK_RC(read_nested(200, "<a xmlns:b='urn:b' xmlns:c='urn:c' xmlns:d='urn:d'>", "<b:e/>", "</a>"), VF_OK);
	CHECK_RC(read_nested(200, "<a xmlns:b='urn:b' xmlns:c='urn:c' xmlns:d='urn:d' xmlns:e='urn:e' xmlns:f='urn:f' xmlns:g='urn:g'>", "", "</a>"),
		VF_LIMIT);
	CHECK(strstr(err.text, "namespaces") != NULL);
}

/* Texts that lie across pieces of the file are whole for who asks for the whole. */
static void test_text(void)
{
	const size_t n = 300000;
	struct vf_bytes xml = nested(n, "", "<a><b>", "0123456789"), whole;
	char *copy = malloc(xml.n + 32);
	struct tr_reading r = {0};
	const struct tr_xml_node *node;
	struct tr_input in;
	struct tr_xml *x;
	struct vf_bytes text;

	memcpy(copy, xml.p, xml.n);
	memcpy(copy + xml.n, "</b><c d='e'><f/></c><g/></a>", 29);
	whole = vf_bytes(copy, xml.n + 29);
	in = tr_input_of(&whole, "x.xml");
	r.in = &in;
	CHECK_RC(tr_xml_new(&r, &x, &err), VF_OK);
	CHECK_RC(tr_xml_next(x, &node, &err), VF_OK);
	CHECK_RC(tr_xml_next(x, &node, &err), VF_OK);
	CHECK(node->name == tr_xml_name(x, "b") && node->depth == 2);
	CHECK_RC(tr_xml_text(x, 10 * n, &text, &err), VF_OK);
	CHECK_INT(text.n, 10 * n);
	CHECK(text.n && text.p[text.n - 1] == '9');
	CHECK_RC(tr_xml_next(x, &node, &err), VF_OK);
	CHECK(node->name == tr_xml_name(x, "c"));
	CHECK(tr_xml_get(node, tr_xml_name(x, "d"), NULL, &text) && vf_bytes_is(text, "e"));
	CHECK(!tr_xml_get(node, tr_xml_name(x, "x"), NULL, &text));
	CHECK_RC(tr_xml_skip(x, &err), VF_OK);
	CHECK_RC(tr_xml_next(x, &node, &err), VF_OK);
	CHECK(node->event == TR_XML_OPEN && node->name == tr_xml_name(x, "g") && node->depth == 2);
	CHECK_RC(tr_xml_text(x, 0, &text, &err), VF_OK);
	CHECK_INT(text.n, 0);
	tr_xml_free(x);
	in = tr_input_of(&whole, "x.xml");
	CHECK_RC(tr_xml_new(&r, &x, &err), VF_OK);
	CHECK_RC(tr_xml_next(x, &node, &err), VF_OK);
	CHECK_RC(tr_xml_next(x, &node, &err), VF_OK);
	CHECK_RC(tr_xml_text(x, 10 * n - 1, &text, &err), VF_LIMIT);
	tr_xml_free(x);
	free(copy);
	free((void *)(uintptr_t)xml.p);
}

/* What a file holds is nothing for a terminal. */
static void test_silence(void)
{
	FILE *t = tmpfile();
	int saved = dup(2);

	CHECK(t && saved >= 0);
	fflush(stderr);
	dup2(fileno(t), 2);
	vf_ignore(read_text("<?xml version='1.0' encoding='UTF-7'?><a><b>c</b>\xe9</a>", &l, &err)); /* what it says counts */
	vf_ignore(read_text("<?xml version='1.0' encoding='ISO-2022-JP'?><a>\x1b\x1b\xff</a>", &l, &err));
	fflush(stderr);
	CHECK_INT(lseek(2, 0, SEEK_END), 0);
	dup2(saved, 2);
	close(saved);
	fclose(t);
}

int main(void)
{
	test_nodes();
	test_encodings();
	test_silence();
	test_doctype();
	test_faults();
	test_namespaces();
	test_limits();
	test_crowds();
	test_names();
	test_text();
	return check_done();
}
