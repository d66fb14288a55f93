/* A Consent in XML (FHIR R4, xml.html) as a tree. */
#include <libxml/xmlreader.h>
#include <limits.h>

#include "trial/fhir_tree.h"
#include "verify/text.h"

#if LIBXML_VERSION >= 21200 /* errors became const */
#define xmlErrorPtr const xmlError *
#endif

struct reading {
	struct tr_fhir_tree *t;
	xmlTextReaderPtr x;
	struct tr_fhir_node *open[TR_FHIR_MAX_DEPTH]; /* NULL: inside what is not looked at */
	size_t depth;
	bool done; /* the root has ended */
};

/* ---- before libxml2 sees it ---- */

static bool take_pseudo(struct vf_bytes *in, const char *name, struct vf_bytes *ret)
{
	struct vf_bytes at = *in, before;
	uint8_t quote;

	while (vf_take_str(&at, " ") || vf_take_str(&at, "\t") || vf_take_str(&at, "\n") || vf_take_str(&at, "\r"))
		;
	if (!vf_take_str(&at, name) || !vf_take_str(&at, "=") || !vf_take_u8(&at, &quote) || (quote != '"' && quote != '\'') ||
		!vf_take_until(&at, quote, &before))
		return false;
	*ret = before;
	*in = at;
	return true;
}

/* libxml2 gets the text behind it, so that no declaration makes it read another encoding than the one that was checked. */
static VF_RC take_declaration(struct vf_bytes *in, struct vf_err *reterr)
{
	struct vf_bytes v;
	uint8_t c;

	vf_take_str(in, "\xef\xbb\xbf");
	if (!vf_take_str(in, "<?xml"))
		return VF_OK;
	if (!take_pseudo(in, "version", &v) || !vf_bytes_is(v, "1.0"))
		return vf_fail(reterr, VF_FHIR_SHAPE, "not XML 1.0");
	if (take_pseudo(in, "encoding", &v) && !vf_bytes_is(v, "UTF-8") && !vf_bytes_is(v, "utf-8"))
		return vf_fail(reterr, VF_FHIR_SHAPE, "another encoding than UTF-8");
	if (take_pseudo(in, "standalone", &v) && !vf_bytes_is(v, "yes") && !vf_bytes_is(v, "no"))
		return vf_fail(reterr, VF_FHIR_SHAPE, "a malformed XML declaration");
	while (!vf_take_str(in, "?>"))
		if (!vf_take_u8(in, &c) || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
			return vf_fail(reterr, VF_FHIR_SHAPE, "a malformed XML declaration");
	return VF_OK;
}

static VF_RC skip_comment(struct vf_bytes *in, struct vf_err *reterr)
{
	struct vf_bytes text;

	while (vf_take_until(in, '-', &text))
		if (vf_take_str(in, "->"))
			return VF_OK;
	return vf_fail(reterr, VF_FHIR_SHAPE, "a comment without an end");
}

/* In well-formed XML '<' stands nowhere but where markup begins; FHIR allows comments alone beside elements (xml.html). */
static VF_RC check_markup(struct vf_bytes in, struct vf_err *reterr)
{
	struct vf_bytes text;
	enum vf_rc rc = VF_OK;

	if (!vf_utf8_is(in) || (in.n && memchr(in.p, 0, in.n)))
		return vf_fail(reterr, VF_FHIR_SHAPE, "not UTF-8 text");
	while (rc == VF_OK && vf_take_until(&in, '<', &text)) {
		if (vf_take_str(&in, "!--"))
			rc = skip_comment(&in, reterr);
		else if (vf_bytes_starts(in, "!"))
			rc = vf_fail(reterr, VF_FHIR_SHAPE, "a DOCTYPE or a CDATA section");
		else if (vf_bytes_starts(in, "?"))
			rc = vf_fail(reterr, VF_FHIR_SHAPE, "a processing instruction");
	}
	return rc;
}

/* ---- elements ---- */

static bool is(const xmlChar *a, const char *b)
{
	return a && strcmp((const char *)a, b) == 0;
}

static struct vf_bytes bytes_of(const xmlChar *text)
{
	return vf_bytes_str(text ? (const char *)text : "");
}

static unsigned line_of(const struct reading *r)
{
	const xmlNode *node = xmlTextReaderCurrentNode(r->x);
	/* the parser has read on, the node knows better */
	long line = node ? xmlGetLineNo(node) : xmlTextReaderGetParserLineNumber(r->x);

	return line > 0 ? (unsigned)line : 1;
}

static enum vf_rc fail(const struct reading *r, struct vf_err *reterr, const char *text)
{
	return vf_fail(reterr, VF_FHIR_SHAPE, "line %u: %s", line_of(r), text);
}

/* 'value' of what has one, 'id' of any, what names a schema; nothing else. */
static VF_RC read_attributes(struct reading *r, struct tr_fhir_node *node, struct vf_err *reterr)
{
	enum tr_fhir_type type = tr_fhir_type_of(node);
	bool has_value = type == TR_FHIR_PRIM || type == TR_FHIR_BOOL;
	enum vf_rc rc = VF_OK;
	int got;

	while (rc == VF_OK && (got = xmlTextReaderMoveToNextAttribute(r->x)) == 1) {
		const xmlChar *ns = xmlTextReaderConstNamespaceUri(r->x), *name = xmlTextReaderConstLocalName(r->x);
		struct vf_bytes value = bytes_of(xmlTextReaderConstValue(r->x));

		if (xmlTextReaderIsNamespaceDecl(r->x) == 1 || is(ns, "http://www.w3.org/2001/XMLSchema-instance") ||
			(!ns && is(name, "id")))
			continue;
		if (ns || !is(name, "value") || !has_value)
			rc = tr_fhir_fail(reterr, VF_FHIR_SHAPE, node, "an attribute that FHIR does not have there");
		else if (type == TR_FHIR_BOOL && !vf_bytes_is(value, "true") && !vf_bytes_is(value, "false"))
			rc = tr_fhir_fail(reterr, VF_FHIR_SHAPE, node, "a value of another type");
		else
			rc = tr_fhir_set(r->t, node, value, reterr);
	}
	xmlTextReaderMoveToElement(r->x);
	return rc;
}

/* A child of what is looked at: *ret is NULL when it is not looked at itself. */
static VF_RC add_child(struct reading *r, struct tr_fhir_node *parent, struct tr_fhir_node **ret, struct vf_err *reterr)
{
	enum tr_fhir_type in = tr_fhir_type_of(parent);
	const struct tr_fhir_field *f = tr_fhir_field_find(in, bytes_of(xmlTextReaderConstLocalName(r->x)));
	enum vf_rc rc;

	*ret = NULL;
	if (in == TR_FHIR_PRIM || in == TR_FHIR_BOOL) { /* as the member "_name" in JSON */
		if (is(xmlTextReaderConstLocalName(r->x), "extension"))
			return VF_OK;
		return tr_fhir_fail(reterr, VF_FHIR_SHAPE, parent, "an element inside a value");
	}
	if (!f && (in == TR_FHIR_RELATED || in == TR_FHIR_CONTAINED))
		return VF_OK;
	if (!f)
		return vf_fail(reterr, VF_FHIR_SHAPE, "line %u: an element that FHIR R4 does not have there", line_of(r));
	if (f->in == TR_FHIR_ROOT && !f->many && f->type > TR_FHIR_ROOT && tr_fhir_get(parent, f->name))
		return vf_fail(reterr, VF_FHIR_UNFIT, "line %u: '/%s': a list, as in FHIR R5: this reads R4", line_of(r), f->name);
	rc = tr_fhir_add(r->t, parent, f, line_of(r), ret, reterr);
	if (rc == VF_OK && f->type == TR_FHIR_ANY)
		*ret = NULL;
	return rc;
}

static VF_RC check_namespace(const struct reading *r, bool is_inside, struct vf_err *reterr)
{
	const xmlChar *ns = xmlTextReaderConstNamespaceUri(r->x);

	if (is(ns, TR_FHIR_NS) || (is_inside && is(ns, TR_XHTML_NS)))
		return VF_OK;
	return fail(r, reterr, "an element of another namespace than FHIR's");
}

static VF_RC begin(struct reading *r, struct vf_err *reterr)
{
	bool is_empty = xmlTextReaderIsEmptyElement(r->x) == 1;
	bool is_inside = r->depth > 0 && !r->open[r->depth - 1];
	struct tr_fhir_node *node = NULL;
	enum vf_rc rc = check_namespace(r, is_inside, reterr);

	if (rc == VF_OK && r->depth == TR_FHIR_MAX_DEPTH)
		rc = vf_fail(reterr, VF_LIMIT, "line %u: more than %d elements in each other", line_of(r), TR_FHIR_MAX_DEPTH);
	if (rc != VF_OK)
		return rc;
	if (r->depth == 0 && !is(xmlTextReaderConstLocalName(r->x), "Consent"))
		return fail(r, reterr, "another resource than a Consent");
	if (r->depth == 0) {
		node = &r->t->root;
		node->line = line_of(r);
	} else if (!is_inside) {
		rc = add_child(r, r->open[r->depth - 1], &node, reterr);
	}
	if (rc == VF_OK && node)
		rc = read_attributes(r, node, reterr);
	if (rc != VF_OK)
		return rc;
	if (is_empty)
		r->done = r->depth == 0;
	else
		r->open[r->depth++] = node;
	return VF_OK;
}

static VF_RC step(struct reading *r, struct vf_err *reterr)
{
	switch (xmlTextReaderNodeType(r->x)) {
	case XML_READER_TYPE_ELEMENT:
		return begin(r, reterr);
	case XML_READER_TYPE_END_ELEMENT:
		r->depth--;
		r->done = r->depth == 0;
		return VF_OK;
	case XML_READER_TYPE_COMMENT:
	case XML_READER_TYPE_WHITESPACE:
	case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
		return VF_OK;
	case XML_READER_TYPE_TEXT: /* of the narrative */
		if (r->depth > 0 && !r->open[r->depth - 1])
			return VF_OK;
		return fail(r, reterr, "text between elements: FHIR has values in attributes");
	default:
		return fail(r, reterr, "markup that FHIR does not allow");
	}
}

/* libxml2 would print it. */
static void keep_quiet(void *ctx, xmlErrorPtr error)
{
	(void)ctx;
	(void)error;
}

VF_RC tr_fhir_xml(struct vf_bytes file, struct tr_fhir_tree *t, struct vf_err *reterr)
{
	struct reading r = {.t = t};
	enum vf_rc rc = take_declaration(&file, reterr);
	int got = 1;

	if (rc == VF_OK)
		rc = check_markup(file, reterr);
	if (rc != VF_OK)
		return rc;
	if (file.n > INT_MAX)
		return vf_fail(reterr, VF_LIMIT, "a file of %zu octets", file.n);
	r.x = xmlReaderForMemory((const char *)file.p, (int)file.n, NULL, "UTF-8",
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!r.x)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an XML parser");
	xmlTextReaderSetStructuredErrorHandler(r.x, keep_quiet, NULL);
	while (rc == VF_OK && (got = xmlTextReaderRead(r.x)) == 1)
		rc = step(&r, reterr);
	if (rc == VF_OK && (got != 0 || !r.done))
		rc = fail(&r, reterr, "not well-formed XML");
	xmlFreeTextReader(r.x);
	return rc;
}
