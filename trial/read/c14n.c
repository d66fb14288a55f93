#include "trial/read/c14n.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trial/read/c14n_inside.h"
#include "verify/text.h"

#if LIBXML_VERSION >= 21200 /* errors became const */
#define xmlErrorPtr const xmlError *
#endif

/* ---- faults inside callbacks ---- */

void tr_c14n_stop(struct tr_c14n_writer *w, enum vf_rc rc, const char *text)
{
	if (w->rc != VF_OK)
		return;
	w->rc = vf_fail(&w->err, rc, "%s, line %u", text, tr_c14n_line(w));
}

void tr_c14n_leave(const struct tr_c14n_writer *w)
{
	if (w->rc != VF_OK)
		xmlStopParser(w->ctxt);
}

unsigned tr_c14n_line(const struct tr_c14n_writer *w)
{
	int line = w->ctxt->input ? w->ctxt->input->line : 0;

	return line > 0 ? (unsigned)line : 1;
}

/* ---- the document ---- */

static bool is_utf16(struct vf_bytes head)
{
	return vf_bytes_starts(head, "\xff\xfe") || vf_bytes_starts(head, "\xfe\xff") ||
		(head.n >= 2 && ((head.p[0] == '<' && head.p[1] == 0) || (head.p[0] == 0 && head.p[1] == '<')));
}

/* libxml2 takes the declaration's word, or ignores it: what the octets say themselves must agree (XML 1.0, 4.3.3). */
static bool is_encoding_true(const struct tr_c14n_writer *w)
{
	struct vf_bytes head = vf_bytes(w->head, w->n_head);
	const xmlChar *encoding = w->ctxt->encoding; /* of UTF-8 and UTF-16; the others are kept at the input */
	const char *declared;

	if (!encoding && w->ctxt->input)
		encoding = w->ctxt->input->encoding;
	if (!encoding)
		return true;
	declared = (const char *)encoding;
	if (is_utf16(head))
		return strncasecmp(declared, "UTF-16", 6) == 0 || strcasecmp(declared, "ISO-10646-UCS-2") == 0;
	if (vf_bytes_starts(head, "\xef\xbb\xbf"))
		return strcasecmp(declared, "UTF-8") == 0;
	return true;
}

static void start_document(void *ctx)
{
	struct tr_c14n_writer *w = ctx;

	if (w->ctxt->version && strcmp((const char *)w->ctxt->version, "1.0") != 0)
		tr_c14n_stop(w, VF_UNSUPPORTED, "version-no-c14n: not XML 1.0");
	else if (!is_encoding_true(w))
		tr_c14n_stop(w, VF_FILE_SHAPE, "parse-error: the declared encoding is not that of the file");
	tr_c14n_leave(w);
}

static void internal_subset(void *ctx, const xmlChar *name, const xmlChar *public, const xmlChar *system)
{
	(void)name;
	(void)public;
	(void)system;
	tr_c14n_stop(ctx, VF_UNSUPPORTED, "doctype-no-c14n: a document with a DOCTYPE");
	tr_c14n_leave(ctx);
}

static void reference(void *ctx, const xmlChar *name)
{
	(void)name;
	tr_c14n_stop(ctx, VF_FILE_SHAPE, "parse-error: a reference to an entity");
	tr_c14n_leave(ctx);
}

/* The first error says where; its text may quote values, so only its number and place are told. */
static void note_error(void *ctx, xmlErrorPtr error)
{
	struct tr_c14n_writer *w = ctx;
	const char *text = error->message ? error->message : "";

	if (error->level < XML_ERR_ERROR || w->error_line != 0)
		return;
	w->error_line = error->line > 0 ? (unsigned)error->line : 1;
	w->error_column = error->int2 > 0 ? (unsigned)error->int2 : 1;
	w->error_code = error->code;
	w->is_limit = strstr(text, "too long") || strstr(text, "too big") || strstr(text, "Huge input") ||
		strstr(text, "Excessive depth");
}

static void keep_quiet(void *ctx, xmlErrorPtr error)
{
	(void)ctx;
	(void)error;
}

static int read_more(void *ctx, char *out, int cap)
{
	struct tr_c14n_writer *w = ctx;
	struct vf_err err = {0};
	size_t n = 0;
	enum vf_rc rc;

	if (cap <= 0 || w->rc != VF_OK)
		return 0;
	/* of the tag that is being read: libxml2 compares each with all others before it gives them */
	if (w->ctxt && (w->ctxt->maxatts > 5 * TR_XML_MAX_CROWD || w->ctxt->nsNr > 2 * TR_C14N_MAX_BINDINGS)) {
		w->rc = vf_fail(&w->err, VF_LIMIT, "size-no-c14n: too many attributes or namespaces, line %u", tr_c14n_line(w));
		return -1;
	}
	rc = w->in->read_at(w->in->ctx, w->at, out, (size_t)cap, &n, &err);
	if (rc != VF_OK) {
		w->rc = rc;
		w->err = err;
		return -1;
	}
	for (size_t i = 0; i < n && w->n_head < sizeof(w->head); i++)
		w->head[w->n_head++] = (uint8_t)out[i];
	w->at += n;
	return (int)n;
}

static int close_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startDocument = start_document,
	.internalSubset = internal_subset,
	.reference = reference,
	.startElementNs = tr_c14n_start,
	.endElementNs = tr_c14n_end,
	.characters = tr_c14n_text,
	.ignorableWhitespace = tr_c14n_text,
	.cdataBlock = tr_c14n_text,
	.processingInstruction = tr_c14n_pi,
	.serror = note_error,
};

/* Whether every octet of the file was decoded and read: libxml2 takes a NUL, or what cannot be decoded, for the end. */
static bool is_all_read(const struct tr_c14n_writer *w)
{
	const xmlParserInput *input = w->ctxt->input;

	if (!input || input->cur != input->end || w->at != w->in->size)
		return false;
	return !input->buf || (input->buf->error == 0 && (!input->buf->raw || xmlBufUse(input->buf->raw) == 0));
}

static VF_RC judge(const struct tr_c14n_writer *w, int parsed, struct vf_err *reterr)
{
	if (w->rc != VF_OK) {
		if (reterr)
			*reterr = w->err;
		return w->rc;
	}
	if (w->ctxt->errNo == XML_ERR_NO_MEMORY)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for XML");
	if (w->is_limit)
		return vf_fail(reterr, VF_LIMIT, "size-no-c14n: line %u, column %u: a name, value or section that is too large",
			w->error_line, w->error_column);
	/* what is no URI breaks no rule of XML, but has no canonical form */
	if (w->error_code == XML_WAR_NS_URI)
		return vf_fail(reterr, VF_UNSUPPORTED, "namespace-no-c14n: the name of a namespace is no absolute URI, line %u",
			w->error_line);
	if (w->error_line != 0 || parsed != 0 || !w->ctxt->wellFormed || !w->ctxt->nsWellFormed)
		return vf_fail(reterr, VF_FILE_SHAPE, "parse-error: line %u, column %u: not well-formed XML (libxml2 error %d)",
			w->error_line ? w->error_line : tr_c14n_line(w), w->error_column, w->error_code);
	if (w->depth != 0 || !w->had_root || !is_all_read(w))
		return vf_fail(reterr, VF_FILE_SHAPE, "parse-error: octets that are no text at the end");
	return VF_OK;
}

static VF_RC parse(struct tr_c14n_writer *w, struct vf_err *reterr)
{
	xmlStructuredErrorFunc errors = xmlStructuredError;
	void *errors_ctx = xmlStructuredErrorContext;
	xmlSAXHandler sax = handler; /* libxml2 takes what it may change */
	int parsed;
	enum vf_rc rc;

	xmlSetStructuredErrorFunc(NULL, keep_quiet); /* what comes without a parser, as from a decoder */
	w->ctxt = xmlCreateIOParserCtxt(&sax, w, read_more, close_nothing, w, XML_CHAR_ENCODING_NONE);
	if (!w->ctxt) {
		xmlSetStructuredErrorFunc(errors_ctx, errors);
		if (w->rc != VF_OK && reterr)
			*reterr = w->err;
		return w->rc != VF_OK ? w->rc : vf_fail(reterr, VF_NO_MEMORY, "no memory for an XML parser");
	}
	xmlCtxtUseOptions(w->ctxt, XML_PARSE_NONET);
	parsed = xmlParseDocument(w->ctxt);
	rc = judge(w, parsed, reterr);
	xmlFreeParserCtxt(w->ctxt);
	xmlSetStructuredErrorFunc(errors_ctx, errors);
	return rc;
}

static struct tr_c14n_writer *writer_new(const struct tr_input *in, struct vf_err *reterr)
{
	struct tr_c14n_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		vf_ignore(vf_fail(reterr, VF_NO_MEMORY, "no memory for canonical XML")); /* the caller returns it */
		return NULL;
	}
	w->in = in;
	w->rc = VF_OK;
	return w;
}

VF_RC tr_c14n(const struct tr_input *in, const struct tr_out *out, struct vf_err *reterr)
{
	struct tr_c14n_writer *w = writer_new(in, reterr);
	enum vf_rc rc;

	if (!w)
		return VF_NO_MEMORY;
	w->out = out;
	rc = parse(w, reterr);
	if (rc == VF_OK)
		rc = out->put(out->ctx, vf_bytes(w->buffer, w->n_buffer), reterr);
	free(w);
	return rc;
}

VF_RC tr_c14n_find(const struct tr_input *in, uint64_t at, struct tr_c14n_place *ret, struct vf_err *reterr)
{
	struct tr_c14n_writer *w = writer_new(in, reterr);
	enum vf_rc rc;

	if (!w)
		return VF_NO_MEMORY;
	w->wanted = at;
	w->place = ret;
	rc = parse(w, reterr);
	if (rc == VF_OK && !w->is_found)
		rc = vf_fail(reterr, VF_USAGE, "the canonical form has no octet %" PRIu64, at);
	else if (w->is_found)
		rc = VF_OK; /* what comes behind it was not read */
	free(w);
	return rc;
}
