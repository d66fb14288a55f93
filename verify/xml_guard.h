/*
 * What is refused in an XML file before a parser sees it.
 *
 * Knows lexical XML 1.0 only: that the bytes are UTF-8, that there is no
 * DOCTYPE, comment, CDATA section, processing instruction or character
 * reference, that no tag is large. What the elements mean is manifest.h's question.
 */
#ifndef VERIFY_XML_GUARD_H
#define VERIFY_XML_GUARD_H

#include "verify/bytes.h"

/*
 * Checks *xml, moves it behind the XML declaration (whose encoding must be
 * UTF-8) and counts start tags. Refuses XML_DTD, XML_SHAPE and LIMIT.
 */
VF_RC vf_xml_guard(struct vf_bytes *xml, size_t *ret_tags, struct vf_err *reterr);

/* Takes one character of white space. */
bool vf_xml_take_blank(struct vf_bytes *in);

#endif
