/* XML in pieces: what libxml2 has said of one piece of a file and nobody has asked for yet. Internal to xml*.c. */
#ifndef TRIAL_READ_XML_INSIDE_H
#define TRIAL_READ_XML_INSIDE_H

#include "trial/grow.h"
#include "trial/read/xml.h"

/* Attributes whose places may be looked at together. */
#define TR_XML_PLACES 16

struct tr_xml_parser;

struct tr_xml_event_kept {
	enum tr_xml_event kind;
	unsigned line, column;
	const char *name, *ns;
	size_t text, n_text;         /* in x->text */
	size_t attributes, n_attributes; /* in x->attributes */
};

/* Of a piece of the file: the texts move while it grows, so offsets are kept. */
struct tr_xml_attribute_kept {
	const char *name, *ns;
	size_t value, n_value;
};

struct tr_xml_sibling {
	const char *name;
	uint64_t count;
};

/* An element that is open, and how many of each name are in it. */
struct tr_xml_level {
	const char *name;
	uint64_t position;
	struct tr_xml_sibling *siblings;
	size_t n, cap_siblings;
};

struct tr_xml_attribute_place {
	const struct tr_xml *x;
	const char *attribute;
};

struct tr_xml {
	struct tr_reading *r;
	struct tr_xml_parser *parser;
	struct tr_input_source from_input;
	uint8_t *buffer;
	const struct tr_source *from;
	struct vf_bytes chunk; /* of the source, not yet given to the parser */
	size_t looked;	       /* octets that waited in the parser when their attributes were counted last */
	bool started, ended;

	struct tr_xml_event_kept *events;
	size_t n_events, cap_events, at;
	struct tr_xml_attribute_kept *attributes;
	size_t n_attributes, cap_attributes;
	uint8_t *text;
	size_t n_text, cap_text;

	struct tr_xml_attribute *shown; /* attributes of the node that was given last */
	size_t cap_shown;
	struct tr_xml_node node;
	unsigned line, column;
	size_t depth;
	struct tr_xml_level levels[TR_XML_MAX_DEPTH + 1]; /* levels[0] holds the root */
	struct tr_xml_attribute_place places[TR_XML_PLACES];
	size_t n_places;

	uint8_t *collected;
	size_t n_collected, cap_collected;

	bool has_doctype, said_doctype, has_entity, has_prefix;
	enum vf_rc rc; /* of the end: OK, or what it ended with */
	struct vf_err err;
};


#define TR_XML_GROW(x, list, need) TR_GROW((x)->list, (x)->cap_##list, (need))

/* ---- xml_parse.c ---- */

bool tr_xml_parser_open(struct tr_xml *x);
void tr_xml_parser_close(struct tr_xml *x);
/* Empties the events and fills them with the next piece; none after the end, which x->rc tells. */
VF_RC tr_xml_fill(struct tr_xml *x, struct vf_err *reterr);

#endif
