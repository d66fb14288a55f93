/* libxml2's SAX2 parser, piece by piece, as events. */
#include "trial/read/xml_inside.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>

#if LIBXML_VERSION >= 21200 /* errors became const */
#define xmlErrorPtr const xmlError *
#endif

/* Octets given to libxml2 at a time: what stands between two calls of it is kept, so few and not too few. */
#define CHUNK ((size_t)32 * 1024)

struct tr_xml_parser {
	xmlParserCtxtPtr ctxt;
	xmlSAXHandler sax;
};

/* Ends the parsing at once: what is in the events already is still given. */
static void stop(struct tr_xml *x, enum vf_rc rc, const char *text)
{
	if (x->rc == VF_NOT_CHECKED) {
		x->rc = rc;
		vf_ignore(vf_fail(&x->err, rc, "line %d, column %d: %s", x->parser->ctxt->input ? x->parser->ctxt->input->line : 1,
			x->parser->ctxt->input ? x->parser->ctxt->input->col : 1, text)); /* kept beside it */
	}
	xmlStopParser(x->parser->ctxt);
}

static bool keep_text(struct tr_xml *x, const xmlChar *p, size_t n, size_t *ret_at)
{
	if (!TR_XML_GROW(x, text, x->n_text + n + 1)) {
		stop(x, VF_NO_MEMORY, "no memory to read XML");
		return false;
	}
	if (n)
		memcpy(x->text + x->n_text, p, n);
	*ret_at = x->n_text;
	x->n_text += n;
	return true;
}

static struct tr_xml_event_kept *add_event(struct tr_xml *x, enum tr_xml_event kind)
{
	struct tr_xml_event_kept *e;

	if (x->rc != VF_NOT_CHECKED)
		return NULL;
	if (!TR_XML_GROW(x, events, x->n_events + 1)) {
		stop(x, VF_NO_MEMORY, "no memory to read XML");
		return NULL;
	}
	e = &x->events[x->n_events++];
	*e = (struct tr_xml_event_kept){.kind = kind};
	if (x->parser->ctxt->input) {
		e->line = (unsigned)x->parser->ctxt->input->line;
		e->column = (unsigned)x->parser->ctxt->input->col;
	}
	return e;
}

/* ---- what libxml2 calls ---- */

/* In attributes libxml2 leaves "&#38;" for the one who builds a tree: nothing else may hold '&' here. */
static size_t decode_ampersands(uint8_t *p, size_t n)
{
	static const char escaped[] = "&#38;";
	uint8_t *end = p + n, *out = memchr(p, '&', n), *in = out;

	if (!out)
		return n;
	while (in < end) {
		if ((size_t)(end - in) >= sizeof(escaped) - 1 && memcmp(in, escaped, sizeof(escaped) - 1) == 0) {
			*out++ = '&';
			in += sizeof(escaped) - 1;
		} else {
			*out++ = *in++;
		}
	}
	return (size_t)(out - p);
}

/* One text goes into the buffer; libxml2's limit of a text is about the same, but not kept in all its ways. */
static bool add_attribute(struct tr_xml *x, const xmlChar **a)
{
	struct tr_xml_attribute_kept *to;
	size_t at, n = (size_t)(a[4] - a[3]);

	if (n > TR_XML_MAX_TEXT) {
		stop(x, VF_LIMIT, "an attribute of more than 10 MiB");
		return false;
	}
	if (!TR_XML_GROW(x, attributes, x->n_attributes + 1)) {
		stop(x, VF_NO_MEMORY, "no memory to read XML");
		return false;
	}
	if (!keep_text(x, a[3], n, &at))
		return false;
	n = decode_ampersands(x->text + at, n);
	x->n_text = at + n;
	to = &x->attributes[x->n_attributes++];
	*to = (struct tr_xml_attribute_kept){(const char *)a[0], (const char *)a[2], at, n};
	return true;
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns, int n_namespaces,
	const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct tr_xml *x = ctx;
	struct tr_xml_event_kept *e = add_event(x, TR_XML_OPEN);
	/* defaults come last: they are the DTD's, which nothing is taken from */
	const int n = n_attributes - n_defaulted;

	(void)namespaces;
	(void)n_namespaces;
	if (!e)
		return;
	e->name = (const char *)name;
	e->ns = (const char *)ns;
	e->attributes = x->n_attributes;
	x->has_prefix |= prefix && !ns;
	if (x->parser->ctxt->nameNr >= TR_XML_MAX_DEPTH || n > TR_XML_MAX_ATTRIBUTES) {
		x->n_events--;
		stop(x, VF_LIMIT, n > TR_XML_MAX_ATTRIBUTES ? "an element with more than 512 attributes"
							    : "more than 256 elements within each other");
		return;
	}
	if (x->parser->ctxt->nsNr > 2 * TR_XML_MAX_NAMESPACES) {
		x->n_events--;
		stop(x, VF_LIMIT, "more than 1,024 declarations of namespaces in force");
		return;
	}
	if (xmlDictSize(x->parser->ctxt->dict) > TR_XML_MAX_NAMES) {
		x->n_events--;
		stop(x, VF_LIMIT, "more than 100,000 different names");
		return;
	}
	for (int i = 0; i < n; i++)
		if (!add_attribute(x, attributes + (size_t)i * 5)) {
			x->n_events--;
			return;
		}
	e->n_attributes = (size_t)n;
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct tr_xml_event_kept *e = add_event(ctx, TR_XML_CLOSE);

	(void)prefix;
	if (!e)
		return;
	e->name = (const char *)name;
	e->ns = (const char *)ns;
}

static void on_text(void *ctx, const xmlChar *p, int n)
{
	struct tr_xml *x = ctx;
	struct tr_xml_event_kept *last = x->n_events ? &x->events[x->n_events - 1] : NULL, *e;
	size_t at;

	if (n <= 0 || x->rc != VF_NOT_CHECKED)
		return;
	/* what follows a text directly is the same text */
	if (last && last->kind == TR_XML_TEXT && last->text + last->n_text == x->n_text) {
		if (keep_text(x, p, (size_t)n, &at))
			x->events[x->n_events - 1].n_text += (size_t)n;
		return;
	}
	e = add_event(x, TR_XML_TEXT);
	if (!e || !keep_text(x, p, (size_t)n, &at))
		return;
	e->text = at;
	e->n_text = (size_t)n;
}

static void on_reference(void *ctx, const xmlChar *name)
{
	struct tr_xml *x = ctx;

	(void)name;
	x->has_entity = true;
}

/* No entity is known but those of XML, which libxml2 does not ask for. */
static xmlEntityPtr no_entity(void *ctx, const xmlChar *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

/* As if there were declarations that nobody has read, so a reference to an entity is not resolved and no fault. */
static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	struct tr_xml *x = ctx;

	(void)name;
	(void)external;
	(void)system;
	x->has_doctype = true;
	x->parser->ctxt->hasExternalSubset = 1;
}

/* Our own words: libxml2's may quote the file, and with it a person. */
static const char *sentence(int code)
{
	static const struct {
		int code;
		const char *text;
	} sentences[] = {
		{XML_ERR_DOCUMENT_START, "no XML document begins here"},
		{XML_ERR_DOCUMENT_EMPTY, "no XML document begins here"},
		{XML_ERR_DOCUMENT_END, "the document ends too early, or something stands behind its end"},
		{XML_ERR_INVALID_CHARREF, "a reference to a character that XML does not allow"},
		{XML_ERR_INVALID_CHAR, "a character that XML does not allow, or octets that are not in the encoding"},
		{XML_ERR_UNDECLARED_ENTITY, "a reference to an entity that nothing declares"},
		{XML_ERR_ENTITYREF_SEMICOL_MISSING, "'&' without the name of an entity and ';'"},
		{XML_ERR_ENTITYREF_NO_NAME, "'&' without the name of an entity and ';'"},
		{XML_ERR_NAME_REQUIRED, "markup without a name"},
		{XML_ERR_UNKNOWN_ENCODING, "an encoding that is not known"},
		{XML_ERR_UNSUPPORTED_ENCODING, "an encoding that is not known"},
		{XML_ERR_INVALID_ENCODING, "octets that are not in the encoding"},
		{XML_ERR_LT_IN_ATTRIBUTE, "'<' in an attribute"},
		{XML_ERR_ATTRIBUTE_NOT_STARTED, "an attribute without quotes"},
		{XML_ERR_ATTRIBUTE_NOT_FINISHED, "an attribute that does not end, or is too long"},
		{XML_ERR_ATTRIBUTE_WITHOUT_VALUE, "an attribute without a value"},
		{XML_ERR_ATTRIBUTE_REDEFINED, "an attribute that stands twice"},
		{XML_ERR_COMMENT_NOT_FINISHED, "a comment that does not end"},
		{XML_ERR_PI_NOT_FINISHED, "a processing instruction that does not end"},
		{XML_ERR_CDATA_NOT_FINISHED, "a CDATA section that does not end"},
		{XML_ERR_MISPLACED_CDATA_END, "']]>' in a text"},
		{XML_ERR_SPACE_REQUIRED, "a blank is missing"},
		{XML_ERR_GT_REQUIRED, "'>' is missing"},
		{XML_ERR_TAG_NAME_MISMATCH, "an element that is closed under another name"},
		{XML_ERR_TAG_NOT_FINISHED, "an element that does not end"},
		{XML_ERR_UNKNOWN_VERSION, "another version than XML 1.0"},
	};

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (sentences[i].code == code)
			return sentences[i].text;
	return "not well-formed XML";
}

static void on_error(void *ctx, xmlErrorPtr error)
{
	struct tr_xml *x = ctx;

	if (error->code == XML_WAR_UNDECLARED_ENTITY) {
		x->has_entity = true;
		return;
	}
	if (error->code == XML_ERR_NO_MEMORY) {
		stop(x, VF_NO_MEMORY, "no memory to read XML");
		return;
	}
	if (error->level == XML_ERR_FATAL && x->rc == VF_NOT_CHECKED)
		stop(x, VF_FILE_SHAPE, sentence(error->code));
}

/* ---- reading on ---- */

/* libxml2 writes faults of a converter, with octets of the file, to the terminal: it knows no document for them. */
static void quiet(void *ctx, const char *text, ...)
{
	(void)ctx;
	(void)text;
}

static int parse(struct tr_xml *x, struct vf_bytes part)
{
	xmlGenericErrorFunc before = xmlGenericError;
	void *ctx = xmlGenericErrorContext; /* of this thread */
	int rc;

	xmlSetGenericErrorFunc(NULL, quiet);
	rc = xmlParseChunk(x->parser->ctxt, (const char *)part.p, (int)part.n, x->ended);
	xmlSetGenericErrorFunc(ctx, before);
	return rc;
}

/* Whether what waits for the end of a tag has more attributes than any may have. What doubles is counted again. */
static bool is_crowded(struct tr_xml *x)
{
	const xmlParserInput *in = x->parser->ctxt->input;
	struct vf_bytes left = in ? vf_bytes(in->cur, (size_t)(in->end - in->cur)) : vf_bytes(NULL, 0), before;
	size_t n = 0;

	if (left.n < CHUNK)
		x->looked = CHUNK;
	if (left.n < 2 * x->looked)
		return false;
	x->looked = left.n;
	while (n <= TR_XML_MAX_CROWD && vf_take_until(&left, '=', &before))
		n += left.n && strchr("\"' \t\r\n", left.p[0]) != NULL;
	return n > TR_XML_MAX_CROWD;
}

/* Gives libxml2 the next octets; at the end of the source, the end. */
static enum vf_rc feed(struct tr_xml *x, struct vf_err *reterr)
{
	/* the encoding is found in the first octets, before what stands in another one is looked at */
	size_t n = x->started ? CHUNK : 4;
	struct vf_bytes part;
	enum vf_rc rc = VF_OK;

	if (x->chunk.n == 0 && !x->ended) {
		rc = x->from->next(x->from->ctx, &x->chunk, reterr);
		if (rc != VF_OK)
			return rc;
		x->ended = x->chunk.n == 0;
	}
	if (n > x->chunk.n)
		n = x->chunk.n;
	if (!vf_take(&x->chunk, n, &part))
		return vf_fail(reterr, VF_INTERNAL, "a piece that is not there");
	x->started = true;
	/* a converter that stops ends the parsing, is no fault to on_error(), and leaves what was read well-formed */
	if (parse(x, part) == XML_ERR_INVALID_ENCODING && x->rc == VF_NOT_CHECKED)
		stop(x, VF_FILE_SHAPE, sentence(XML_ERR_INVALID_ENCODING));
	if (x->rc == VF_NOT_CHECKED && is_crowded(x))
		stop(x, VF_LIMIT, "an element with more than 512 attributes");
	if (x->ended && x->rc == VF_NOT_CHECKED) {
		x->rc = x->parser->ctxt->wellFormed && x->parser->ctxt->nameNr == 0 ? VF_OK : VF_FILE_SHAPE;
		if (x->rc != VF_OK)
			vf_ignore(vf_fail(&x->err, x->rc, "not well-formed XML")); /* kept beside it */
	}
	return VF_OK;
}

static enum vf_rc warn(struct tr_xml *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (x->has_doctype && !x->said_doctype) {
		x->said_doctype = true;
		rc = tr_warn(x->r, TR_W_DOCTYPE, NULL, reterr, "a DOCTYPE: nothing of it is fetched or used");
	}
	if (rc == VF_OK && x->has_entity)
		rc = tr_warn(x->r, TR_W_ENTITY, NULL, reterr,
			"before line %d: a reference to an entity that is not resolved", x->parser->ctxt->input ? x->parser->ctxt->input->line : 1);
	if (rc == VF_OK && x->has_prefix)
		rc = tr_warn(x->r, TR_W_NAMESPACE, NULL, reterr,
			"before line %d: an element whose prefix names no namespace", x->parser->ctxt->input ? x->parser->ctxt->input->line : 1);
	x->has_entity = x->has_prefix = false;
	return rc;
}

VF_RC tr_xml_fill(struct tr_xml *x, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	x->at = x->n_events = x->n_attributes = x->n_text = 0;
	while (rc == VF_OK && x->n_events == 0 && x->rc == VF_NOT_CHECKED) {
		rc = feed(x, reterr);
		if (rc == VF_OK)
			rc = warn(x, reterr);
	}
	return rc;
}

/* ---- names, encoding ---- */

const char *tr_xml_name(struct tr_xml *x, const char *name)
{
	return (const char *)xmlDictLookup(x->parser->ctxt->dict, (const xmlChar *)name, -1);
}

struct vf_bytes tr_xml_encoding(const struct tr_xml *x)
{
	return vf_bytes_str(x->parser->ctxt->encoding ? (const char *)x->parser->ctxt->encoding : "");
}

/* ---- life ---- */

/* For the whole program and not for one document: libxml2 wants it before the first thread uses it. */
bool tr_xml_parser_open(struct tr_xml *x)
{
	x->parser = calloc(1, sizeof(*x->parser));
	if (!x->parser)
		return false;
	xmlInitParser();
	x->parser->sax = (xmlSAXHandler){
		.initialized = XML_SAX2_MAGIC,
		.internalSubset = on_doctype,
		.getEntity = no_entity,
		.reference = on_reference,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.serror = on_error,
	};
	x->parser->ctxt = xmlCreatePushParserCtxt(&x->parser->sax, x, NULL, 0, NULL);
	return x->parser->ctxt && xmlCtxtUseOptions(x->parser->ctxt, XML_PARSE_NONET) == 0;
}

void tr_xml_parser_close(struct tr_xml *x)
{
	if (!x->parser)
		return;
	if (x->parser->ctxt) {
		/* libxml2 makes a document of its own for declarations of entities, and leaves it */
		xmlFreeDoc(x->parser->ctxt->myDoc);
		x->parser->ctxt->myDoc = NULL;
		xmlFreeParserCtxt(x->parser->ctxt);
	}
	free(x->parser);
}
