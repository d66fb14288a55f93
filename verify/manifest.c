#include "verify/manifest.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>

#include "verify/limits.h"
#include "verify/text.h"
#include "verify/xml_guard.h"

#if LIBXML_VERSION >= 21200 /* errors became const */
#define xmlErrorPtr const xmlError *
#endif

/* Longest base64 of a digest: 88 characters for 64 octets. */
#define VALUE_ROOM 96
/* Two namespaces, each with and without a prefix, and some room. */
#define PREFIX_ROOM 4

/* Where the parser stands. NODE_ANY is the content of an extension. */
enum node {
	NODE_DOCUMENT,
	NODE_ROOT,
	NODE_SIG,
	NODE_REF,
	NODE_METHOD,
	NODE_VALUE,
	NODE_EXTENSIONS,
	NODE_EXTENSION,
	NODE_ANY,
};

/*
 * The schema as transitions: in parent, when its step lies in [min, max], the
 * element may follow and moves the step to next. Attributes: read_attribute().
 */
static const struct rule {
	enum node parent;
	unsigned min, max, next;
	enum node node;
	const char *ns, *name;
} rules[] = {
	{NODE_DOCUMENT, 0, 0, 1, NODE_ROOT, VF_MANIFEST_NS, "ASiCManifest"},
	{NODE_ROOT, 0, 0, 1, NODE_SIG, VF_MANIFEST_NS, "SigReference"},
	{NODE_ROOT, 1, 2, 2, NODE_REF, VF_MANIFEST_NS, "DataObjectReference"},
	{NODE_ROOT, 2, 2, 3, NODE_EXTENSIONS, VF_MANIFEST_NS, "ASiCManifestExtensions"},
	{NODE_REF, 0, 0, 1, NODE_METHOD, VF_MANIFEST_DS_NS, "DigestMethod"},
	{NODE_REF, 1, 1, 2, NODE_VALUE, VF_MANIFEST_DS_NS, "DigestValue"},
	{NODE_REF, 2, 2, 3, NODE_EXTENSIONS, VF_MANIFEST_NS, "DataObjectReferenceExtensions"},
	{NODE_EXTENSIONS, 0, 1, 1, NODE_EXTENSION, VF_MANIFEST_NS, "Extension"},
};

/* The step that each element must have reached when it ends. */
static const unsigned complete[] = {
	[NODE_DOCUMENT] = 1,
	[NODE_ROOT] = 2,
	[NODE_REF] = 2,
	[NODE_EXTENSIONS] = 1,
	[NODE_ANY] = 0,
};

/* One parse. err is our own flag: libxml2 returns a document even after xmlStopParser(). */
struct state {
	xmlParserCtxtPtr ctxt;
	struct vf_arena *arena;
	struct vf_manifest manifest;
	size_t room;              /* places in manifest.refs */
	struct vf_err err, doubt; /* the first fault; the first thing that cannot be judged */
	struct {
		enum node node;
		unsigned step;
	} stack[VF_MAX_XML_DEPTH + 1];
	size_t depth;
	char value[VALUE_ROOM];
	size_t value_n;
	struct {
		const xmlChar *prefix, *uri;
	} prefixes[PREFIX_ROOM];
	size_t n_prefixes;
	bool is_dirty; /* the dictionary holds names that are not ours */
};

struct vf_manifest_parser {
	xmlParserCtxtPtr ctxt;
};

/* ---- faults inside callbacks ---- */

static bool is(const xmlChar *a, const char *b)
{
	return a && strcmp((const char *)a, b) == 0;
}

/* Keeps the first fault; run() returns it. */
static void stop_with(struct state *s, const struct vf_err *e)
{
	if (s->err.rc != VF_OK)
		return;
	s->err = *e;
	xmlStopParser(s->ctxt);
}

static void stop(struct state *s, enum vf_rc rc, const char *text, struct vf_bytes shown)
{
	char escaped[120];
	struct vf_err e;

	vf_text_escape(escaped, sizeof(escaped), shown);
	vf_ignore(vf_fail(&e, rc, "%s '%s'", text, escaped)); /* run() returns it */
	stop_with(s, &e);
}

static void stop_str(struct state *s, enum vf_rc rc, const char *text, const xmlChar *shown)
{
	stop(s, rc, text, vf_bytes_str(shown ? (const char *)shown : ""));
}

/* Keeps the first thing that this version cannot judge; faults that reject come first. */
static void doubt(struct state *s, const struct vf_err *e)
{
	if (s->doubt.rc == VF_OK)
		s->doubt = *e;
}

/* Copies an attribute's value. libxml2 hands "&amp;" on as "&#38;", and nothing else in that form. */
static bool copy_value(struct state *s, struct vf_bytes value, struct vf_bytes *ret)
{
	uint8_t *p = vf_arena_take(s->arena, value.n, 1);
	struct vf_bytes run;
	size_t n = 0;

	if (!p) {
		stop(s, VF_NO_MEMORY, "no memory for", value);
		return false;
	}
	while (vf_take_until(&value, '&', &run)) {
		memcpy(p + n, run.p, run.n);
		n += run.n;
		p[n++] = '&';
		vf_take_str(&value, "#38;");
	}
	memcpy(p + n, value.p, value.n);
	*ret = vf_bytes(p, n + value.n);
	return true;
}

/* ---- values ---- */

static void read_uri(struct state *s, struct vf_bytes value, struct vf_bytes *ret)
{
	struct vf_bytes text;
	struct vf_err e;

	if (copy_value(s, value, &text) && vf_manifest_uri_read(text, s->arena, ret, &e) != VF_OK)
		stop_with(s, &e);
}

static void read_mime(struct state *s, struct vf_bytes value, struct vf_bytes *ret)
{
	if (!copy_value(s, value, ret))
		return;
	if (ret->n == 0 || ret->n > VF_MAX_NAME || !vf_text_is_plain(*ret))
		stop(s, VF_XML_SHAPE, "MimeType is", value);
}

/* xs:boolean. */
static bool read_bool(struct state *s, struct vf_bytes value)
{
	if (vf_bytes_is(value, "true") || vf_bytes_is(value, "1"))
		return true;
	if (!vf_bytes_is(value, "false") && !vf_bytes_is(value, "0"))
		stop(s, VF_XML_SHAPE, "neither true nor false:", value);
	return false;
}

static void read_critical(struct state *s, struct vf_bytes value)
{
	static const struct vf_err e = {VF_CRITICAL_EXTENSION, "an unknown critical extension"};

	if (read_bool(s, value))
		doubt(s, &e);
}

static struct vf_manifest_ref *last_ref(struct state *s)
{
	return &s->manifest.refs[s->manifest.n_refs - 1];
}

static void read_algorithm(struct state *s, struct vf_bytes value)
{
	struct vf_err e;
	enum vf_rc rc = vf_manifest_algorithm_read(value, &last_ref(s)->digest.alg, &e);

	if (rc == VF_UNKNOWN_ALGORITHM)
		doubt(s, &e);
	else if (rc != VF_OK)
		stop_with(s, &e);
}

/* A08: base64 without white space, of exactly the algorithm's length. */
static void read_digest(struct state *s)
{
	struct vf_digest *d = &last_ref(s)->digest;
	struct vf_bytes text = vf_bytes(s->value, s->value_n);

	if (d->alg != VF_ALG_NONE && !vf_base64_read(text, d->b, vf_alg_size(d->alg)))
		stop(s, VF_XML_SHAPE, "no base64 of a digest of its algorithm:", text);
}

/* ---- elements ---- */

static void begin_ref(struct state *s)
{
	if (s->manifest.n_refs == s->room || s->manifest.n_refs == VF_MAX_ZIP_ENTRIES)
		stop(s, VF_LIMIT, "too many references", vf_bytes(NULL, 0));
	else
		s->manifest.n_refs++;
}

/* One attribute of an element of the schema; false when the schema has none of this name. */
static bool read_attribute(struct state *s, enum node node, const xmlChar *name, struct vf_bytes value)
{
	bool is_uri = is(name, "URI"), is_mime = is(name, "MimeType");
	struct vf_manifest *m = &s->manifest;

	if (node == NODE_SIG && is_uri)
		read_uri(s, value, &m->sig_uri);
	else if (node == NODE_SIG && is_mime)
		read_mime(s, value, &m->sig_mime);
	else if (node == NODE_REF && is_uri)
		read_uri(s, value, &last_ref(s)->uri);
	else if (node == NODE_REF && is_mime)
		read_mime(s, value, &last_ref(s)->mime);
	else if (node == NODE_REF && is(name, "Rootfile"))
		last_ref(s)->rootfile = read_bool(s, value);
	else if (node == NODE_METHOD && is(name, "Algorithm"))
		read_algorithm(s, value);
	else if (node == NODE_EXTENSION && is(name, "Critical"))
		read_critical(s, value);
	else
		return false;
	return true;
}

/* The attribute that an element must have, or NULL. */
static const char *mandatory(enum node node)
{
	if (node == NODE_SIG || node == NODE_REF)
		return "URI";
	if (node == NODE_METHOD)
		return "Algorithm";
	return node == NODE_EXTENSION ? "Critical" : NULL;
}

/* attributes holds five pointers each: name, prefix, namespace, value, its end (SAX2). */
static void read_attributes(struct state *s, enum node node, int n, const xmlChar **attributes)
{
	const char *need = mandatory(node);

	for (int i = 0; i < n && s->err.rc == VF_OK; i++) {
		const xmlChar **a = attributes + (ptrdiff_t)5 * i;
		struct vf_bytes value = vf_bytes(a[3], (size_t)(a[4] - a[3]));

		if (a[1] || a[2] || !read_attribute(s, node, a[0], value))
			stop_str(s, VF_XML_SHAPE, "an unexpected attribute", a[0]);
		else if (need && is(a[0], need))
			need = NULL;
	}
	if (need)
		stop(s, VF_XML_SHAPE, "an attribute is missing:", vf_bytes_str(need));
}

/* Only the two namespaces, and each prefix with one meaning (X11). */
static void check_namespaces(struct state *s, int n, const xmlChar **namespaces)
{
	for (int i = 0; i < n; i++) {
		const xmlChar *prefix = namespaces[2 * i], *uri = namespaces[2 * i + 1];
		size_t at = 0;

		if (!is(uri, VF_MANIFEST_NS) && !is(uri, VF_MANIFEST_DS_NS))
			stop_str(s, VF_XML_SHAPE, "an unknown namespace", uri);
		while (at < s->n_prefixes && !xmlStrEqual(s->prefixes[at].prefix, prefix))
			at++;
		if (at == PREFIX_ROOM || (at < s->n_prefixes && !xmlStrEqual(s->prefixes[at].uri, uri))) {
			stop_str(s, VF_XML_SHAPE, "a prefix with several meanings:", prefix);
			return;
		}
		s->is_dirty |= prefix && !is(prefix, "asic") && !is(prefix, "ds");
		s->prefixes[at].prefix = prefix;
		s->prefixes[at].uri = uri;
		s->n_prefixes += at == s->n_prefixes;
	}
}

static const struct rule *find_rule(enum node parent, unsigned step, const xmlChar *ns, const xmlChar *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].parent == parent && step >= rules[i].min && step <= rules[i].max &&
			is(name, rules[i].name) && is(ns, rules[i].ns))
			return &rules[i];
	return NULL;
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns,
	int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
	const xmlChar **attributes)
{
	struct state *s = ctx;
	enum node parent = s->stack[s->depth].node, node = NODE_ANY;
	const struct rule *rule;

	(void)prefix;
	if (s->err.rc != VF_OK)
		return;
	if (s->depth == VF_MAX_XML_DEPTH) {
		stop_str(s, VF_LIMIT, "nested too deep:", name);
		return;
	}
	if (n_defaulted != 0)
		stop_str(s, VF_XML_DTD, "a default attribute of", name);
	if (parent != NODE_EXTENSION && parent != NODE_ANY) {
		rule = find_rule(parent, s->stack[s->depth].step, ns, name);
		if (!rule) {
			stop_str(s, VF_XML_SHAPE, "an unexpected element", name);
			return;
		}
		s->stack[s->depth].step = rule->next;
		node = rule->node;
	}
	s->stack[++s->depth].node = node;
	s->stack[s->depth].step = 0;
	s->value_n = 0;
	if (node == NODE_REF)
		begin_ref(s);
	if (node == NODE_EXTENSION)
		s->is_dirty = true;
	else if (node != NODE_ANY)
		check_namespaces(s, n_namespaces, namespaces);
	if (node != NODE_ANY && s->err.rc == VF_OK)
		read_attributes(s, node, n_attributes, attributes);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct state *s = ctx;

	(void)prefix;
	(void)ns;
	if (s->err.rc != VF_OK)
		return;
	if (s->stack[s->depth].step < complete[s->stack[s->depth].node])
		stop_str(s, VF_XML_SHAPE, "an element lacks its children:", name);
	else if (s->stack[s->depth].node == NODE_VALUE)
		read_digest(s);
	s->depth--;
}

static void on_text(void *ctx, const xmlChar *p, int n)
{
	struct state *s = ctx;
	struct vf_bytes text = vf_bytes(p, n > 0 ? (size_t)n : 0), rest = text;
	enum node node = s->stack[s->depth].node;

	if (s->err.rc != VF_OK || node == NODE_EXTENSION || node == NODE_ANY)
		return;
	if (node == NODE_VALUE) {
		if (text.n > VALUE_ROOM - s->value_n) {
			stop(s, VF_XML_SHAPE, "too long for a digest:", text);
			return;
		}
		memcpy(s->value + s->value_n, text.p, text.n);
		s->value_n += text.n;
		return;
	}
	while (vf_xml_take_blank(&rest))
		;
	if (rest.n)
		stop(s, VF_XML_SHAPE, "text between elements:", text);
}

/* A second guard: vf_xml_guard() lets no DOCTYPE through. */
static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)external;
	(void)system;
	stop_str(ctx, VF_XML_DTD, "a DOCTYPE", name);
}

/* Every message is a refusal, warnings too; nothing is printed. */
static void on_error(void *ctx, xmlErrorPtr e)
{
	struct state *s = ctx;
	struct vf_bytes text = vf_bytes_str(e && e->message ? e->message : "no reason given");

	if (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	stop(s, e && e->code == XML_ERR_NO_MEMORY ? VF_NO_MEMORY : VF_XML_SHAPE, "not well-formed:", text);
}

/* ---- parser ---- */

static xmlParserCtxtPtr context_new(void)
{
	xmlParserCtxtPtr c = xmlNewParserCtxt();

	if (c)
		*c->sax = (xmlSAXHandler){
			.initialized = XML_SAX2_MAGIC,
			.startElementNs = on_start,
			.endElementNs = on_end,
			.characters = on_text,
			.ignorableWhitespace = on_text,
			.internalSubset = on_doctype,
			.serror = on_error,
		};
	return c;
}

VF_RC vf_manifest_parser_new(struct vf_manifest_parser **ret, struct vf_err *reterr)
{
	struct vf_manifest_parser *p = calloc(1, sizeof(*p));

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an XML parser");
	*ret = p;
	return VF_OK;
}

struct vf_manifest_parser *vf_manifest_parser_free(struct vf_manifest_parser *p)
{
	if (p)
		xmlFreeParserCtxt(p->ctxt);
	free(p);
	return NULL;
}

void vf_manifest_parser_freep(struct vf_manifest_parser **p)
{
	*p = vf_manifest_parser_free(*p);
}

/* Runs libxml2. Afterwards the context is kept only when it holds no names but those of the schema. */
static VF_RC run(struct vf_manifest_parser *p, struct state *s, struct vf_bytes xml, struct vf_err *reterr)
{
	bool is_good;

	if (!p->ctxt)
		p->ctxt = context_new();
	if (!p->ctxt)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an XML parser");
	s->ctxt = p->ctxt;
	p->ctxt->userData = s;
	xmlFreeDoc(xmlCtxtReadMemory(p->ctxt, (const char *)xml.p, (int)xml.n, NULL, NULL, XML_PARSE_NONET));
	is_good = s->err.rc == VF_OK && p->ctxt->wellFormed == 1 && p->ctxt->nsWellFormed == 1 &&
		s->depth == 0 && s->stack[0].step == complete[NODE_DOCUMENT];
	p->ctxt->userData = NULL;
	if (!is_good || s->is_dirty) {
		xmlFreeParserCtxt(p->ctxt);
		p->ctxt = NULL;
		xmlResetLastError();
	}
	if (s->err.rc != VF_OK)
		return vf_fail(reterr, s->err.rc, "%s", s->err.text);
	return is_good ? VF_OK : vf_fail(reterr, VF_XML_SHAPE, "not well-formed");
}

VF_RC vf_manifest_parse_with(struct vf_manifest_parser *p, struct vf_bytes xml, struct vf_arena *a,
	struct vf_manifest *ret, struct vf_err *reterr)
{
	struct state s = {.arena = a, .err = {.rc = VF_OK}, .doubt = {.rc = VF_OK}};
	size_t tags = 0;
	enum vf_rc rc;

	rc = vf_xml_guard(&xml, &tags, reterr);
	if (rc != VF_OK)
		return rc;
	s.room = tags / 3 < VF_MAX_ZIP_ENTRIES ? tags / 3 + 1
					       : VF_MAX_ZIP_ENTRIES; /* three tags a reference */
	s.manifest.refs = VF_NEW(a, s.room, struct vf_manifest_ref);
	if (!s.manifest.refs)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu references", s.room);
	rc = run(p, &s, xml, reterr);
	if (rc == VF_OK)
		rc = vf_manifest_index(&s.manifest, a, reterr);
	if (rc != VF_OK)
		return rc;
	if (s.doubt.rc != VF_OK)
		return vf_fail(reterr, s.doubt.rc, "%s", s.doubt.text);
	*ret = s.manifest;
	return VF_OK;
}

VF_RC vf_manifest_parse(
	struct vf_bytes xml, struct vf_arena *a, struct vf_manifest *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_manifest_parser_freep) struct vf_manifest_parser *p = NULL;
	enum vf_rc rc = vf_manifest_parser_new(&p, reterr);

	return rc == VF_OK ? vf_manifest_parse_with(p, xml, a, ret, reterr) : rc;
}
