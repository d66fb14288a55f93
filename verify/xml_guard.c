#include "verify/xml_guard.h"

#include "verify/limits.h"
#include "verify/text.h"

bool vf_xml_take_blank(struct vf_bytes *in)
{
	return vf_take_str(in, " ") || vf_take_str(in, "\t") || vf_take_str(in, "\n") ||
		vf_take_str(in, "\r");
}

/* Takes white space, name="value" or name='value'. */
static bool take_pseudo(struct vf_bytes *in, const char *name, struct vf_bytes *ret)
{
	struct vf_bytes at = *in;
	uint8_t quote;

	if (!vf_xml_take_blank(&at))
		return false;
	while (vf_xml_take_blank(&at))
		;
	if (!vf_take_str(&at, name) || !vf_take_str(&at, "="))
		return false;
	quote = vf_take_str(&at, "\"") ? '"' : '\'';
	if ((quote == '\'' && !vf_take_str(&at, "'")) || !vf_take_until(&at, quote, ret))
		return false;
	*in = at;
	return true;
}

/*
 * Takes the XML declaration, if there is one: libxml2 never sees it, so that no
 * declaration can make it read another encoding than the UTF-8 that was checked.
 */
static VF_RC take_declaration(struct vf_bytes *in, struct vf_err *reterr)
{
	struct vf_bytes v;

	if (vf_bytes_starts(*in, "\xef\xbb\xbf"))
		return vf_fail(reterr, VF_XML_SHAPE, "a byte order mark");
	if (vf_take_str(in, "<?xml")) {
		if (!take_pseudo(in, "version", &v) || !vf_bytes_is(v, "1.0"))
			return vf_fail(reterr, VF_XML_SHAPE, "not XML 1.0");
		if (take_pseudo(in, "encoding", &v) && !vf_bytes_is(v, "UTF-8") && !vf_bytes_is(v, "utf-8"))
			return vf_fail(reterr, VF_XML_SHAPE, "another encoding than UTF-8");
		if (take_pseudo(in, "standalone", &v) && !vf_bytes_is(v, "yes") && !vf_bytes_is(v, "no"))
			return vf_fail(reterr, VF_XML_SHAPE, "a malformed XML declaration");
		while (vf_xml_take_blank(in))
			;
		if (!vf_take_str(in, "?>"))
			return vf_fail(reterr, VF_XML_SHAPE, "a malformed XML declaration");
	}
	while (vf_xml_take_blank(in))
		;
	return VF_OK;
}

/* Takes the rest of a tag up to its '>'; bounds its length and the number of its attributes. */
static bool take_tag(struct vf_bytes *in)
{
	size_t limit = in->n < VF_MAX_XML_TAG ? in->n : VF_MAX_XML_TAG, n = 0;
	unsigned attributes = 0;
	struct vf_bytes tag;
	uint8_t quote = 0;

	for (; n < limit && (quote || in->p[n] != '>'); n++) {
		uint8_t c = in->p[n];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '=' && ++attributes > VF_MAX_XML_ATTRIBUTES)
			return false;
	}
	return n < VF_MAX_XML_TAG && vf_take(in, n, &tag); /* a cut tag is refused by libxml2 */
}

/*
 * In well-formed XML "<!" and "<?" stand nowhere but where a DOCTYPE, comment,
 * CDATA section or processing instruction begins, since values and text cannot
 * hold '<'. So none of these reaches libxml2. *ret_tags counts start tags.
 */
static VF_RC check_markup(struct vf_bytes in, size_t *ret_tags, struct vf_err *reterr)
{
	struct vf_bytes text;

	while (vf_take_until(&in, '<', &text)) {
		if (vf_bytes_starts(in, "!DOCTYPE"))
			return vf_fail(reterr, VF_XML_DTD, "a DOCTYPE");
		if (vf_bytes_starts(in, "!") || vf_bytes_starts(in, "?"))
			return vf_fail(
				reterr, VF_XML_SHAPE, "a comment, CDATA section or processing instruction");
		*ret_tags += !vf_bytes_starts(in, "/");
		if (!take_tag(&in))
			return vf_fail(reterr, VF_LIMIT,
				"a tag is longer than %d bytes or has more than %d attributes",
				VF_MAX_XML_TAG, VF_MAX_XML_ATTRIBUTES);
	}
	return VF_OK;
}

/* UTF-8 without NUL (which would make libxml2 guess at UTF-16) and without character references. */
static VF_RC check_characters(struct vf_bytes in, struct vf_err *reterr)
{
	struct vf_bytes before;
	uint8_t all = 0;

	for (size_t i = 0; i < in.n; i++)
		all |= in.p[i];
	if ((all >= 0x80 && !vf_utf8_is(in)) || (in.n && memchr(in.p, 0, in.n)))
		return vf_fail(reterr, VF_XML_SHAPE, "not UTF-8 text");
	while (vf_take_until(&in, '&', &before))
		if (vf_bytes_starts(in, "#"))
			return vf_fail(reterr, VF_XML_SHAPE, "a character reference");
	return VF_OK;
}

VF_RC vf_xml_guard(struct vf_bytes *xml, size_t *ret_tags, struct vf_err *reterr)
{
	struct vf_bytes rest = *xml;
	size_t tags = 0;
	enum vf_rc rc;

	if (xml->n > VF_MAX_PART)
		return vf_fail(reterr, VF_LIMIT, "an XML file of %zu bytes", xml->n);
	rc = take_declaration(&rest, reterr);
	if (rc == VF_OK)
		rc = check_characters(rest, reterr);
	if (rc == VF_OK)
		rc = check_markup(rest, &tags, reterr);
	if (rc != VF_OK)
		return rc;
	*xml = rest;
	*ret_tags = tags;
	return VF_OK;
}
