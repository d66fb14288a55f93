/* What c14n.c, which runs the parser, and c14n_write.c, which writes what it finds, share. */
#ifndef TRIAL_READ_C14N_INSIDE_H
#define TRIAL_READ_C14N_INSIDE_H

#include "trial/read/c14n.h"
#include "trial/read/xml.h"

/* libxml2's texts and its parser, whose headers stay in the source files. */
typedef unsigned char tr_xml_char;
struct _xmlParserCtxt;

#define TR_C14N_BUFFER 32768

struct tr_c14n_writer {
	const struct tr_input *in;
	uint64_t at; /* read so far */
	uint8_t head[4];
	size_t n_head;
	struct _xmlParserCtxt *ctxt;
	enum vf_rc rc; /* OK, or the first fault */
	struct vf_err err;
	unsigned error_line, error_column;
	int error_code;
	bool is_limit;

	/* what is open: names lie in the parser's dictionary */
	struct {
		const tr_xml_char *local;
		size_t n_bindings; /* before it */
	} open[TR_XML_MAX_DEPTH];
	size_t depth;
	bool had_root;
	struct {
		const tr_xml_char *prefix, *uri; /* NULL: the default one; none */
	} bindings[TR_C14N_MAX_BINDINGS];
	size_t n_bindings;
	size_t text; /* octets of text since the last tag */
	/* of one tag */
	const tr_xml_char **sorted[TR_XML_MAX_ATTRIBUTES];

	const struct tr_out *out; /* NULL: a place is looked for */
	uint8_t buffer[TR_C14N_BUFFER];
	size_t n_buffer;
	uint64_t written;
	uint64_t wanted;
	struct tr_c14n_place *place;
	bool is_found;
};

/* Keeps the first fault. What the parser gave stays there until tr_c14n_leave(), which frees it: the last act of a
 * callback, and what ends the parsing after a fault. */
void tr_c14n_stop(struct tr_c14n_writer *w, enum vf_rc rc, const char *text);
void tr_c14n_leave(const struct tr_c14n_writer *w);
unsigned tr_c14n_line(const struct tr_c14n_writer *w);

/* Callbacks of libxml2's SAX2. */
void tr_c14n_start(void *ctx, const tr_xml_char *local, const tr_xml_char *prefix, const tr_xml_char *uri, int n_namespaces,
	const tr_xml_char **namespaces, int n_attributes, int n_defaulted, const tr_xml_char **attributes);
void tr_c14n_end(void *ctx, const tr_xml_char *local, const tr_xml_char *prefix, const tr_xml_char *uri);
void tr_c14n_text(void *ctx, const tr_xml_char *text, int n);
void tr_c14n_pi(void *ctx, const tr_xml_char *target, const tr_xml_char *data);

#endif
