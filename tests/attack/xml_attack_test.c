/* Group X of the attack catalogue: what XML readers may see in a manifest. */
#include "tests/attack/attack.h"

#define MANIFEST "META-INF/ASiCEvidenceRecordManifest001.xml"
#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define REF "<asic:DataObjectReference URI=\"a.txt\">"
#define END "</asic:ASiCManifest>"
#define OTHER "<asic:ASiCManifestExtensions><asic:Extension Critical=\"false\">"
#define OTHER_END "</asic:Extension></asic:ASiCManifestExtensions>"

/* One replacement in the manifest. */
#define XML(id, what, rc, old_, with_)                                                                      \
	ATTACK(id, what, VF_REJECTED, rc, .forge = forge_edit, .part = MANIFEST, .old = (old_), .with = (with_))

/* Elements within elements, in the place where a manifest may hold anything. */
HOOK(x06)
{
	size_t n = 100000;
	char *text;

	if (stage != DONE)
		return;
	text = (char *)make_room(3 * n + 1);
	for (size_t i = 0; i < n; i++)
		memcpy(text + 3 * i, "<x>", 4);
	bundle_edit(x, MANIFEST, END, (const char *)JOIN(vf_bytes_str(OTHER), vf_bytes_str(text),
		vf_bytes_str(OTHER_END END), vf_bytes("", 1)).p);
}

/* The whole manifest in UTF-16, which its declaration admits. */
HOOK(x07_utf16)
{
	struct vf_bytes *data, text;
	uint8_t *out;

	if (stage != DONE)
		return;
	bundle_edit(x, MANIFEST, "UTF-8", "UTF-16");
	data = bundle_part(x, MANIFEST);
	text = *data;
	out = make_room(2 * text.n + 2);
	out[0] = 0xff;
	out[1] = 0xfe;
	for (size_t i = 0; i < text.n; i++) {
		out[2 + 2 * i] = text.p[i];
		out[3 + 2 * i] = 0;
	}
	*data = vf_bytes(out, 2 * text.n + 2);
}

/* The good reference inside another element, a second one in its place: whoever asks for '//' finds both. */
HOOK(x08)
{
	struct vf_bytes good, evil;

	if (stage != DONE)
		return;
	good = make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[0].data));
	evil = make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, vf_bytes_str("evil\n")));
	bundle_edit(x, MANIFEST, (const char *)JOIN(good, vf_bytes("", 1)).p,
		(const char *)JOIN(evil, vf_bytes_str("<asic:Wrapper>"), good, vf_bytes_str("</asic:Wrapper>"),
		vf_bytes("", 1)).p);
}

/* A reference inside an extension is content of the extension, and covers nothing. */
HOOK(x08_extension)
{
	if (stage != DONE)
		return;
	bundle_add(x, "c.txt", vf_bytes_str("evil\n"));
	bundle_edit(x, MANIFEST, END, (const char *)JOIN(vf_bytes_str(OTHER),
		make_ref("c.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, vf_bytes_str("evil\n"))),
		vf_bytes_str(OTHER_END END),
		vf_bytes("", 1)).p);
}

static const struct attack cases[] = {
	XML("X01", "entities that grow without end", VF_XML_DTD, DECLARATION,
		DECLARATION "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
		"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>"),
	XML("X02a", "an entity that is a file of the machine", VF_XML_DTD, DECLARATION,
		DECLARATION "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>"),
	XML("X02b", "a DTD on the network", VF_XML_DTD, DECLARATION,
		DECLARATION "<!DOCTYPE r SYSTEM \"http://192.0.2.1/x.dtd\">"),
	XML("X02c", "an entity that nobody declared", VF_XML_SHAPE, "URI=\"a.txt\"", "URI=\"&x;\""),
	XML("X03", "an attribute that a DTD brings in", VF_XML_DTD, DECLARATION,
		DECLARATION "<!DOCTYPE asic:ASiCManifest [<!ATTLIST asic:DataObjectReference URI CDATA \"injected.txt\">]>"),
	XML("X04a", "a DOCTYPE before a manifest that is good", VF_XML_DTD, DECLARATION,
		DECLARATION "<!DOCTYPE asic:ASiCManifest>"),
	XML("X04b", "a DOCTYPE behind the manifest", VF_XML_DTD, END, END "<!DOCTYPE r>"),
	XML("X05a", "a style sheet", VF_XML_SHAPE, DECLARATION,
		DECLARATION "<?xml-stylesheet href=\"http://192.0.2.1/x.xsl\"?>"),
	XML("X05b", "an inclusion", VF_XML_SHAPE, REF,
		"<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"c.xml\"/>" REF),
	XML("X05c", "a base for references", VF_XML_SHAPE, REF,
		"<asic:DataObjectReference URI=\"a.txt\" xml:base=\"http://192.0.2.1/\">"),
	XML("X05d", "a schema elsewhere", VF_XML_SHAPE, REF,
		"<asic:DataObjectReference URI=\"a.txt\" xsi:schemaLocation=\"x y\" "
		"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"),
	ATTACK("X06", "100,000 elements within each other", VF_REJECTED, VF_LIMIT, .forge = x06),
	XML("X07a", "UTF-8 that calls itself UTF-16", VF_XML_SHAPE, "encoding=\"UTF-8\"", "encoding=\"UTF-16\""),
	ATTACK("X07b", "true UTF-16", VF_REJECTED, VF_XML_SHAPE, .forge = x07_utf16),
	XML("X07c", "another encoding", VF_XML_SHAPE, "encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\""),
	XML("X07d", "a byte order mark", VF_XML_SHAPE, DECLARATION, "\xef\xbb\xbf" DECLARATION),
	ATTACK("X08a", "the good reference wrapped, another in its place", VF_REJECTED, VF_XML_SHAPE, .forge = x08),
	ATTACK("X08b", "a reference inside an extension", VF_REJECTED, VF_UNCOVERED, .forge = x08_extension),
	XML("X09a", "a comment that splits a digest", VF_XML_SHAPE, "<ds:DigestValue>", "<ds:DigestValue><!-- x -->"),
	XML("X09b", "a comment between elements", VF_XML_SHAPE, REF, "<!-- x -->" REF),
	XML("X09c", "a processing instruction between elements", VF_XML_SHAPE, REF, "<?x y?>" REF),
	XML("X09d", "CDATA in a digest", VF_XML_SHAPE, "<ds:DigestValue>", "<ds:DigestValue><![CDATA[A]]>"),
	XML("X10", "a transformation of what is referred to", VF_XML_SHAPE, REF,
		REF "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/></ds:Transforms>"),
	XML("X11a", "the right names in another namespace", VF_XML_SHAPE, "xmlns:asic=\"" VF_MANIFEST_NS "\"",
		"xmlns:asic=\"urn:example\""),
	XML("X11b", "an older namespace", VF_XML_SHAPE, "xmlns:asic=\"" VF_MANIFEST_NS "\"",
		"xmlns:asic=\"http://uri.etsi.org/2918/v1.1.1#\""),
	XML("X11c", "a prefix bound again", VF_XML_SHAPE, REF,
		"<asic:DataObjectReference URI=\"a.txt\" xmlns:ds=\"" VF_MANIFEST_NS "\">"),
	XML("X11d", "an element of the wrong one of two namespaces", VF_XML_SHAPE, "<ds:DigestMethod",
		"<asic:DigestMethod"),
	XML("X12a", "a second URI with a namespace", VF_XML_SHAPE, REF,
		"<asic:DataObjectReference URI=\"a.txt\" asic:URI=\"b.txt\">"),
	XML("X12b", "only a URI with a namespace", VF_XML_SHAPE, REF, "<asic:DataObjectReference asic:URI=\"a.txt\">"),
	XML("X12c", "the URI twice", VF_XML_SHAPE, REF, "<asic:DataObjectReference URI=\"a.txt\" URI=\"b.txt\">"),
	XML("X13a", "a character reference to a control", VF_XML_SHAPE, "URI=\"a.txt\"", "URI=\"a.txt&#1;\""),
	XML("X13b", "a character reference to U+FEFF", VF_XML_SHAPE, "URI=\"a.txt\"", "URI=\"a.txt&#xFEFF;\""),
	XML("X13c", "U+FEFF in a name", VF_MANIFEST_URI, "URI=\"a.txt\"", "URI=\"a.txt\xef\xbb\xbf\""),
	XML("X13d", "a letter that looks like another", VF_MANIFEST_SHAPE, "URI=\"a.txt\"", "URI=\"\xd0\xb0.txt\""),
	XML("X13e", "a character reference to the right letter", VF_XML_SHAPE, "URI=\"a.txt\"", "URI=\"&#97;.txt\""),
};

ATTACK_MAIN(cases)
