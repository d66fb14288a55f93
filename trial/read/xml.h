/*
 * XML of outsiders, element by element, in little memory.
 *
 * Knows well-formedness and the policy of docs/formats/facts.md ("XML"): nothing is fetched, no DTD is loaded, no
 * entity is resolved, depth and sizes are capped, encodings are those that libxml2 knows. Names are compared by
 * address: tr_xml_name() gives the one of a name.
 */
#ifndef TRIAL_READ_XML_H
#define TRIAL_READ_XML_H

#include "trial/read/fact.h"

#define TR_XML_MAX_DEPTH 256
#define TR_XML_MAX_ATTRIBUTES 512
/* Declarations of namespaces in force: libxml2 goes through them for each element. */
#define TR_XML_MAX_NAMESPACES 1024
/* Attributes of a tag that libxml2 sees at all: it compares each with all others before it says how many there are. */
#define TR_XML_MAX_CROWD 10000
/* Different names, prefixes and namespaces of one document: libxml2's table of them slows down with each. */
#define TR_XML_MAX_NAMES 100000
/* Octets of one text or attribute. */
#define TR_XML_MAX_TEXT ((size_t)10 * 1024 * 1024)

enum tr_xml_event {
	TR_XML_END,   /* of the document */
	TR_XML_OPEN,  /* an element begins: name, ns, attributes */
	TR_XML_CLOSE, /* it ends; an empty element gives both */
	TR_XML_TEXT,  /* text or CDATA, whole or in parts; references to entities that are not resolved give nothing */
};

struct tr_xml_attribute {
	const char *name, *ns; /* local name; ns is NULL for none. Addresses of tr_xml_name() */
	struct vf_bytes value;
};

/* What tr_xml_next() gives, good until it is called again. */
struct tr_xml_node {
	enum tr_xml_event event;
	size_t depth;          /* of the element: the root has 1 */
	const char *name, *ns; /* of OPEN and CLOSE */
	struct vf_bytes text;  /* of TEXT */
	const struct tr_xml_attribute *attributes; /* of OPEN; declarations of namespaces are none */
	size_t n_attributes;
};

struct tr_xml;

/* Reads r->in, or from a source. Warns (TR_W_DOCTYPE, TR_W_ENTITY) through r. Free with tr_xml_free(). */
VF_RC tr_xml_new(struct tr_reading *r, struct tr_xml **ret, struct vf_err *reterr);
VF_RC tr_xml_new_from(struct tr_reading *r, const struct tr_source *from, struct tr_xml **ret, struct vf_err *reterr);
void *tr_xml_free(struct tr_xml *x);

/* The address that stands for a name or a namespace in this document. NULL: no memory. */
const char *tr_xml_name(struct tr_xml *x, const char *name);

/* The next node, in *ret. FILE_SHAPE "line L, column C: what" for XML that is not well-formed, LIMIT. After an end or
 * a fault it gives the same again. */
VF_RC tr_xml_next(struct tr_xml *x, const struct tr_xml_node **ret, struct vf_err *reterr);
/* After OPEN: goes on to behind the element's CLOSE, which is not given. */
VF_RC tr_xml_skip(struct tr_xml *x, struct vf_err *reterr);
/*
 * After OPEN: collects the text of the element and of all in it, up to and with its CLOSE. White space is kept as it is.
 * LIMIT beyond cap octets. ret is good until the next call of this one.
 */
VF_RC tr_xml_text(struct tr_xml *x, size_t cap, struct vf_bytes *ret, struct vf_err *reterr);

/* The value of an attribute of the node by its name's address and namespace (NULL: none); empty and false when absent. */
bool tr_xml_get(const struct tr_xml_node *node, const char *name, const char *ns, struct vf_bytes *ret);

/* Where the reader is: an XPath of local names with positions, "/ODM/Study/MetaDataVersion[2]/@OID"; positions only
 * with TR_WANT_PLACES. The second is of an attribute of the element; name must live as long as the place. */
struct tr_place tr_xml_place(struct tr_xml *x);
struct tr_place tr_xml_place_of(struct tr_xml *x, const char *attribute);
/* Line and column, from 1, of what was given last, for messages. */
void tr_xml_where(const struct tr_xml *x, unsigned *ret_line, unsigned *ret_column);

/* What the document says about itself in its head: known after the first node. */
struct vf_bytes tr_xml_encoding(const struct tr_xml *x); /* as declared; empty: none */

#endif
