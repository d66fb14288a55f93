/* ASiC manifests: cases A03, A05 to A09, X01 to X13 and D07 of the attack catalogue, and the writer's round trip. */
#include "verify/manifest.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include "notary/manifest_out.h"
#include "tests/check.h"
#include "verify/limits.h"

static uint8_t block[32 * 1024 * 1024];
static struct vf_err err;
static struct vf_manifest_parser *parser;

#define NS "xmlns:asic=\"" VF_MANIFEST_NS "\" xmlns:ds=\"" VF_MANIFEST_DS_NS "\""
#define OPEN "<asic:ASiCManifest " NS ">"
#define SIG "<asic:SigReference URI=\"META-INF/evidencerecord001.ers\"/>"
#define METHOD(a) "<ds:DigestMethod Algorithm=\"" a "\"/>"
#define SHA256 METHOD(VF_MANIFEST_SHA256)
#define V32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define W32 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define VALUE(v) "<ds:DigestValue>" v "</ds:DigestValue>"
#define REF_OPEN(uri) "<asic:DataObjectReference URI=\"" uri "\">"
#define REF_CLOSE "</asic:DataObjectReference>"
#define REF(uri) REF_OPEN(uri) SHA256 VALUE(V32) REF_CLOSE
#define CLOSE "</asic:ASiCManifest>"
#define DOC(refs) OPEN SIG refs CLOSE
#define EXT(critical, any)                                                                                  \
	"<asic:ASiCManifestExtensions><asic:Extension Critical=\"" critical "\">" any                       \
	"</asic:Extension></asic:ASiCManifestExtensions>"

/* Reads with a new parser and with one that is used again: both must say the same. */
static enum vf_rc parse(struct vf_bytes xml, struct vf_manifest *ret)
{
	struct vf_arena a;
	enum vf_rc rc;

	vf_arena_init(&a, block, sizeof(block));
	rc = vf_manifest_parse(xml, &a, ret, &err);
	vf_arena_init(&a, block, sizeof(block));
	CHECK_RC(vf_manifest_parse_with(parser, xml, &a, ret, &err), rc);
	return rc;
}

static void expect(int line, enum vf_rc want, const char *xml)
{
	struct vf_manifest m;
	enum vf_rc rc = parse(vf_bytes_str(xml), &m);

	if (rc != want)
		CHECK_FAIL("line %d: %s (%s), not %s", line, vf_rc_name(rc), rc == VF_OK ? "" : err.text,
			vf_rc_name(want));
	else
		CHECK(rc == VF_OK || err.rc == rc);
}

#define EXPECT(want, xml) expect(__LINE__, want, xml)

static void test_accepts(void)
{
	static const char xml[] = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n" OPEN
		"\n  <asic:SigReference URI=\"META-INF/signature001.p7s\" MimeType=\"application/pkcs7-signature\"/>\n"
		"<asic:DataObjectReference URI=\"b%20c/Pr%C3%BCfplan%25.txt\" MimeType=\"text/plain\" Rootfile=\"true\">"
		SHA256 VALUE(W32) REF_CLOSE
		REF_OPEN("a+b&amp;c") METHOD("http://www.w3.org/2001/04/xmlenc#sha512")
		VALUE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==") REF_CLOSE
		"\n" CLOSE "\n";
	struct vf_manifest m;

	CHECK_RC(parse(vf_bytes_str(xml), &m), VF_OK);
	CHECK_BYTES(m.sig_uri, vf_bytes_str("META-INF/signature001.p7s"));
	CHECK_BYTES(m.sig_mime, vf_bytes_str(NT_MANIFEST_CMS));
	CHECK_INT(m.n_refs, 2);
	CHECK_BYTES(m.refs[0].uri, vf_bytes_str("b c/Pr\xc3\xbc" "fplan%.txt"));
	CHECK_BYTES(m.refs[0].mime, vf_bytes_str("text/plain"));
	CHECK(m.refs[0].rootfile && !m.refs[1].rootfile);
	CHECK_INT(m.refs[0].digest.alg, VF_SHA256);
	CHECK_INT(m.refs[0].digest.b[0], 1);
	CHECK_BYTES(m.refs[1].uri, vf_bytes_str("a+b&c"));
	CHECK_INT(m.refs[1].digest.alg, VF_SHA512);
	CHECK_INT(m.refs[1].mime.n, 0);
	CHECK(vf_manifest_find(&m, vf_bytes_str("a+b&c")) == &m.refs[1]);
	CHECK(vf_manifest_find(&m, vf_bytes_str("b c/Pr\xc3\xbc" "fplan%.txt")) == &m.refs[0]);
	CHECK(vf_manifest_find(&m, vf_bytes_str("a+b")) == NULL);
	EXPECT(VF_OK, DOC(REF("a")));
	EXPECT(VF_OK, "<?xml version='1.0'?>" DOC(REF("a")));
	EXPECT(VF_OK, "<?xml version=\"1.0\" encoding='utf-8' ?>\r\n\t" DOC(REF("a")));
	EXPECT(VF_OK, "<ASiCManifest xmlns=\"" VF_MANIFEST_NS "\"><SigReference URI=\"s\"/><DataObjectReference URI=\"a\">"
		"<x:DigestMethod xmlns:x=\"" VF_MANIFEST_DS_NS "\" Algorithm=\"" VF_MANIFEST_SHA256 "\"/>"
		"<x:DigestValue xmlns:x=\"" VF_MANIFEST_DS_NS "\">" V32 "</x:DigestValue></DataObjectReference></ASiCManifest>");
	EXPECT(VF_OK, DOC(REF("a b") REF("\xc3\xbc")));
	EXPECT(VF_OK, DOC(REF("a") REF("A"))); /* exact octets: the container refuses such a pair */
}

static void test_list(void) /* A03, A05, A06, A09 */
{
	struct vf_manifest m;

	EXPECT(VF_MANIFEST_SHAPE, DOC(REF("a") REF("b") REF("a")));
	EXPECT(VF_MANIFEST_SHAPE, DOC(REF("a") REF_OPEN("a") SHA256 VALUE(W32) REF_CLOSE));
	EXPECT(VF_MANIFEST_SHAPE, DOC(REF("a/b") REF("%61/b")));
	EXPECT(VF_MANIFEST_SHAPE, DOC(REF("META-INF/evidencerecord001.ers")));
	EXPECT(VF_OK, DOC(REF("a") REF("mimetype")));
	EXPECT(VF_MANIFEST_SHAPE, DOC("<asic:DataObjectReference URI=\"a\" Rootfile=\"1\">" SHA256 VALUE(V32) REF_CLOSE
		"<asic:DataObjectReference URI=\"b\" Rootfile=\"true\">" SHA256 VALUE(V32) REF_CLOSE));
	CHECK_RC(parse(vf_bytes_str(DOC(REF("a") REF("META-INF/m.xml"))), &m), VF_OK);
	CHECK_RC(vf_manifest_check_own_name(&m, vf_bytes_str("META-INF/m.xml"), &err), VF_MANIFEST_SHAPE);
	CHECK_RC(vf_manifest_check_own_name(&m, vf_bytes_str("META-INF/evidencerecord001.ers"), &err), VF_MANIFEST_SHAPE);
	CHECK_RC(vf_manifest_check_own_name(&m, vf_bytes_str("META-INF/n.xml"), &err), VF_OK);
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%2Fb")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%2fb")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("%2e%2e/a")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("../a")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("./a")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%00")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%5Cb")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%2")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%zz")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%C3")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("http://example.org/a")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("file:///etc/passwd")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("/etc/passwd")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("#frag")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a?b")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("")));
	EXPECT(VF_OK, DOC(REF("a%23b%3Fc%2541"))); /* decoded once: "a#b?c%41" */
	EXPECT(VF_MANIFEST_URI, OPEN "<asic:SigReference URI=\"../s\"/>" REF("a") CLOSE);
}

static void test_digests(void) /* A07, A08 */
{
#define ALG(want, uri, value) EXPECT(want, DOC(REF_OPEN("a") METHOD(uri) VALUE(value) REF_CLOSE))
#define V48 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	ALG(VF_OK, "http://www.w3.org/2001/04/xmldsig-more#sha384", V48);
	ALG(VF_OK, "http://www.w3.org/2007/05/xmldsig-more#sha3-256", V32);
	ALG(VF_OK, "http://www.w3.org/2007/05/xmldsig-more#sha3-384", V48);
	ALG(VF_XML_SHAPE, "http://www.w3.org/2007/05/xmldsig-more#sha3-512", V48);
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, V48);
	ALG(VF_WEAK_ALGORITHM, "http://www.w3.org/2000/09/xmldsig#sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	ALG(VF_WEAK_ALGORITHM, "http://www.w3.org/2001/04/xmldsig-more#md5", "AAAAAAAAAAAAAAAAAAAAAA==");
	ALG(VF_UNKNOWN_ALGORITHM, "http://www.w3.org/2001/04/xmlenc#sha257", V32);
	ALG(VF_UNKNOWN_ALGORITHM, "", V32);
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") "<ds:DigestMethod/>" VALUE(V32) REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") VALUE(V32) REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") SHA256 REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") VALUE(V32) SHA256 REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") SHA256 VALUE(V32) VALUE(V32) REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") SHA256 SHA256 VALUE(V32) REF_CLOSE));
	/* what cannot be judged gives way to what is wrong */
	EXPECT(VF_MANIFEST_SHAPE, DOC(REF("b") REF_OPEN("a") METHOD("urn:x") VALUE(V32) REF_CLOSE REF("b")));
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, "");
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, " " V32);
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, V32 "\n");
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, "AAAAAAAAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAA=");
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=");
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_=");
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, "AAAAAAAAAAAAAAAAAAAAAA<x/>AAAAAAAAAAAAAAAAAAAAA=");
	ALG(VF_XML_SHAPE, VF_MANIFEST_SHA256, V48 V48 V48 V48);
}

static void test_dtd(void) /* X01 to X04, X07 */
{
	static const uint8_t utf16[] = {0xff, 0xfe, '<', 0, 'a', 0, '/', 0, '>', 0};
	struct vf_manifest m;

	EXPECT(VF_XML_DTD, "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" DOC(REF("&b;")));
	EXPECT(VF_XML_DTD, "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>" DOC(REF("&x;")));
	EXPECT(VF_XML_DTD, "<?xml version=\"1.0\"?><!DOCTYPE r SYSTEM \"http://example.org/x.dtd\">" DOC(REF("a")));
	EXPECT(VF_XML_DTD, "<!DOCTYPE r [<!ATTLIST asic:DataObjectReference URI CDATA \"injected.txt\">]>"
		OPEN SIG "<asic:DataObjectReference>" SHA256 VALUE(V32) REF_CLOSE CLOSE);
	EXPECT(VF_XML_DTD, "<!DOCTYPE asic:ASiCManifest>" DOC(REF("a")));
	EXPECT(VF_XML_DTD, "\n<!DOCTYPE r []>" DOC(REF("a")));
	EXPECT(VF_XML_DTD, DOC(REF("a")) "<!DOCTYPE r>");
	EXPECT(VF_XML_DTD, DOC(REF("a") EXT("false", "<!DOCTYPE r>")));
	EXPECT(VF_XML_SHAPE, "<!doctype r>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, DOC(REF("&x;")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a") EXT("false", "&x;")));
	EXPECT(VF_XML_SHAPE, "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, "<?xml version=\"1.1\"?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, "<?xml version=\"1.0\" standalone=\"maybe\"?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, "<?xml version=\"1.0\" encoding=\"UTF-8\" x=\"y\"?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, "<?xml?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, " <?xml version=\"1.0\"?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, "\xef\xbb\xbf" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, DOC(REF("\xff")));
	EXPECT(VF_XML_SHAPE, DOC(REF("\xed\xa0\x80")));
	CHECK_RC(parse(vf_bytes(utf16, sizeof(utf16)), &m), VF_XML_SHAPE);
	CHECK_RC(parse(vf_bytes(utf16 + 2, sizeof(utf16) - 2), &m), VF_XML_SHAPE);
	CHECK_RC(parse(vf_bytes(NULL, 0), &m), VF_XML_SHAPE);
}

static void test_markup(void) /* X05, X08 to X13 */
{
	EXPECT(VF_XML_SHAPE, "<?xml-stylesheet href=\"x\"?>" DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a")) "<?x?>");
	EXPECT(VF_XML_SHAPE, DOC("<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"a\"/>" REF("a")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a\" xml:base=\"http://example.org/")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a\" xsi:schemaLocation=\"x y\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a") "<asic:Other>" REF("b") "</asic:Other>")); /* X08 */
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") SHA256 VALUE(V32) REF("b") REF_CLOSE));
	EXPECT(VF_OK, DOC(REF("a") EXT("false", REF("b")))); /* not a reference: content of an extension */
	EXPECT(VF_XML_SHAPE, "<r>" DOC(REF("a")) "</r>");
	EXPECT(VF_XML_SHAPE, DOC(REF("a") "<!-- c -->")); /* X09 */
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") SHA256 "<ds:DigestValue>AAAA<!--x-->" V32 "</ds:DigestValue>" REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") SHA256 VALUE("<![CDATA[" V32 "]]>") REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") "<ds:Transforms/>" SHA256 VALUE(V32) REF_CLOSE)); /* X10 */
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") SHA256 VALUE(V32) "<ds:Transforms><ds:Transform/></ds:Transforms>" REF_CLOSE));
	EXPECT(VF_XML_SHAPE, "<ASiCManifest>" SIG REF("a") "</ASiCManifest>"); /* X11 */
	EXPECT(VF_XML_SHAPE, "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/2918/v1.1.1#\" xmlns:ds=\"" VF_MANIFEST_DS_NS
		"\">" SIG REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, "<asic:ASiCManifest " NS " xmlns:x=\"urn:x\">" SIG REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, DOC("<asic:DataObjectReference URI=\"a\" xmlns:ds=\"" VF_MANIFEST_NS "\">"
		"<asic:DigestMethod xmlns:asic=\"" VF_MANIFEST_DS_NS "\" Algorithm=\"" VF_MANIFEST_SHA256 "\"/>"
		"<asic:DigestValue xmlns:asic=\"" VF_MANIFEST_DS_NS "\">" V32 "</asic:DigestValue>" REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") "<asic:DigestMethod Algorithm=\"" VF_MANIFEST_SHA256 "\"/>" VALUE(V32) REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF_OPEN("a") "<DigestMethod xmlns=\"\" Algorithm=\"x\"/>" VALUE(V32) REF_CLOSE));
	EXPECT(VF_XML_SHAPE, DOC(REF("a\" asic:URI=\"b"))); /* X12 */
	EXPECT(VF_XML_SHAPE, OPEN SIG "<asic:DataObjectReference asic:URI=\"b\">" SHA256 VALUE(V32) REF_CLOSE CLOSE);
	EXPECT(VF_XML_SHAPE, DOC(REF("a\" URI=\"b")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a\" Id=\"b")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a&#1;"))); /* X13 */
	EXPECT(VF_XML_SHAPE, DOC(REF("a&#65;")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a&#xFEFF;")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a") EXT("false", "&#65;")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a\xef\xbb\xbf")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%EF%BB%BF")));
	EXPECT(VF_MANIFEST_URI, DOC(REF("a%E2%80%AEtxt")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a\x01")));
}

static void test_schema(void)
{
	EXPECT(VF_XML_SHAPE, "");
	EXPECT(VF_XML_SHAPE, "   ");
	EXPECT(VF_XML_SHAPE, "text");
	EXPECT(VF_XML_SHAPE, OPEN CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN SIG CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN REF("a") SIG CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN SIG SIG REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN SIG REF("a") SIG CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN "<asic:SigReference/>" REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN "<asic:SigReference URI=\"s\" MimeType=\"\"/>" REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN "<asic:SigReference URI=\"s\" Rootfile=\"true\"/>" REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, OPEN "<asic:SigReference URI=\"s\">x</asic:SigReference>" REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, DOC("text" REF("a")));
	EXPECT(VF_XML_SHAPE, DOC("]]&gt;" REF("a")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a\" Rootfile=\"yes")));
	EXPECT(VF_XML_SHAPE, "<asic:ASiCManifest " NS " Id=\"x\">" SIG REF("a") CLOSE);
	EXPECT(VF_XML_SHAPE, DOC(REF("a")) DOC(REF("a")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a")) "text");
	EXPECT(VF_XML_SHAPE, "<asic:DataObjectReference " NS " URI=\"a\">" SHA256 VALUE(V32) REF_CLOSE);
	EXPECT(VF_OK, DOC(REF("a") EXT("false", "any <x:y xmlns:x=\"urn:x\" z=\"1\">text</x:y>")));
	EXPECT(VF_OK, DOC(REF("a") EXT("0", "")));
	EXPECT(VF_CRITICAL_EXTENSION, DOC(REF("a") EXT("true", "")));
	EXPECT(VF_CRITICAL_EXTENSION, DOC(REF("a") EXT("1", "x")));
	EXPECT(VF_MANIFEST_SHAPE, DOC(REF("a") REF("a") EXT("1", "x")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a") EXT("perhaps", "")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a") "<asic:ASiCManifestExtensions><asic:Extension/></asic:ASiCManifestExtensions>"));
	EXPECT(VF_XML_SHAPE, DOC(REF("a") "<asic:ASiCManifestExtensions/>"));
	EXPECT(VF_XML_SHAPE, DOC(EXT("false", "") REF("a")));
	EXPECT(VF_XML_SHAPE, DOC(REF("a") EXT("false", "") EXT("false", "")));
	EXPECT(VF_CRITICAL_EXTENSION, DOC(REF_OPEN("a") SHA256 VALUE(V32) "<asic:DataObjectReferenceExtensions>"
		"<asic:Extension Critical=\"true\"/></asic:DataObjectReferenceExtensions>" REF_CLOSE));
	EXPECT(VF_OK, DOC(REF_OPEN("a") SHA256 VALUE(V32) "<asic:DataObjectReferenceExtensions>"
		"<asic:Extension Critical=\"false\"/></asic:DataObjectReferenceExtensions>" REF_CLOSE REF("b")));
}

/* prefix, then n times unit (where the first '~' is the number), then suffix. */
static enum vf_rc repeat(const char *prefix, const char *unit, size_t n, const char *suffix)
{
	struct nt_buf b = nt_buf((size_t)256 * 1024 * 1024);
	const char *at = strchr(unit, '~');
	struct vf_manifest m;
	enum vf_rc rc;

	nt_buf_put_str(&b, prefix);
	for (size_t i = 0; i < n; i++) {
		nt_buf_put(&b, vf_bytes(unit, at ? (size_t)(at - unit) : strlen(unit)));
		if (at) {
			nt_buf_putf(&b, "%zu", i);
			nt_buf_put_str(&b, at + 1);
		}
	}
	nt_buf_put_str(&b, suffix);
	rc = parse(nt_buf_bytes(&b), &m);
	if (rc == VF_OK)
		CHECK(m.n_refs == n || m.n_refs == 1);
	nt_buf_done(&b);
	return rc;
}

static void test_limits(void) /* X06, D07 */
{
	static const char ext[] = OPEN SIG REF("a") "<asic:ASiCManifestExtensions><asic:Extension Critical=\"false\">";
	static const char ext_end[] = "</asic:Extension></asic:ASiCManifestExtensions>" CLOSE;

	CHECK_RC(repeat(ext, "<x>", 200000, ext_end), VF_LIMIT);
	CHECK_RC(repeat("", "<x>", 200000, ""), VF_XML_SHAPE);
	CHECK_RC(repeat(ext, "<x></x>", 100000, ext_end), VF_OK);
	CHECK_RC(repeat(OPEN SIG REF("a") "<asic:x", " a~=\"\"", 1000000, "/>" CLOSE), VF_LIMIT);
	CHECK_RC(repeat(ext, "<x a1=\"\" a2=\"\" a3=\"\" a4=\"\" a5=\"\" a6=\"\" a7=\"\" a8=\"\"/>", 1000, ext_end), VF_OK);
	CHECK_RC(repeat(ext, "0123456789", 10000000, ext_end), VF_LIMIT);
	CHECK_RC(repeat(ext, "0123456789", 1000000, ext_end), VF_OK);
	CHECK_RC(repeat(OPEN SIG REF_OPEN("a") SHA256 "<ds:DigestValue>", "AAAA", 1000000, "</ds:DigestValue>" REF_CLOSE CLOSE),
		VF_XML_SHAPE);
	CHECK_RC(repeat(OPEN SIG "<asic:DataObjectReference URI=\"", "aaaa", 3000, "\">" SHA256 VALUE(V32) REF_CLOSE CLOSE),
		VF_LIMIT);
	CHECK_RC(repeat(OPEN SIG "<asic:DataObjectReference URI=\"", "a", VF_MAX_NAME + 1,
			 "\">" SHA256 VALUE(V32) REF_CLOSE CLOSE), VF_MANIFEST_URI);
	CHECK_RC(repeat(OPEN SIG, "<asic:DataObjectReference URI=\"~.txt\">" METHOD("&lt;") "" VALUE(V32)
			 REF_CLOSE, 100, CLOSE), VF_UNKNOWN_ALGORITHM);
	CHECK_RC(repeat(OPEN SIG, REF("d/~.txt"), VF_MAX_ZIP_ENTRIES, CLOSE), VF_OK);
	CHECK_RC(repeat(OPEN SIG, REF("d/~.txt"), VF_MAX_ZIP_ENTRIES + 1, CLOSE), VF_LIMIT);
}

/* Every arena that is too small gives NO_MEMORY; every cut text is refused. */
static void test_faults(void)
{
	static const char xml[] = "<?xml version=\"1.0\"?>" DOC(REF("a") REF("b") EXT("false", "<x/>"));
	struct vf_manifest m;
	struct vf_arena a;
	enum vf_rc rc = VF_NO_MEMORY;

	for (size_t n = 0; rc == VF_NO_MEMORY && n < 8192; n += 16) {
		vf_arena_init(&a, block, n);
		rc = vf_manifest_parse(vf_bytes_str(xml), &a, &m, &err);
	}
	CHECK_RC(rc, VF_OK);
	for (size_t n = 0; n < sizeof(xml) - 1; n++)
		CHECK_RC(parse(vf_bytes(xml, n), &m), VF_XML_SHAPE);
	CHECK(vf_manifest_parser_free(NULL) == NULL);
}

static bool same(const struct vf_manifest *a, const struct vf_manifest *b)
{
	bool is_same = a->n_refs == b->n_refs && vf_bytes_eq(a->sig_uri, b->sig_uri);

	for (size_t i = 0; is_same && i < a->n_refs; i++)
		is_same = vf_bytes_eq(a->refs[i].uri, b->refs[i].uri) &&
			vf_digest_eq(&a->refs[i].digest, &b->refs[i].digest);
	return is_same;
}

/* One bit anywhere: refused, another list, or white space alone. */
static void test_bit_flips(void)
{
	static const char xml[] = DOC("\n" REF("a") "\n" REF("b"));
	char copy[sizeof(xml)];
	struct vf_manifest good, m;
	struct vf_arena a;
	size_t unchanged = 0;

	vf_arena_init(&a, block + sizeof(block) / 2, sizeof(block) / 2);
	CHECK_RC(vf_manifest_parse(vf_bytes_str(xml), &a, &good, &err), VF_OK);
	for (size_t bit = 0; bit < 8 * (sizeof(xml) - 1); bit++) {
		struct vf_arena room;

		memcpy(copy, xml, sizeof(xml));
		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
		vf_arena_init(&room, block, sizeof(block) / 2);
		if (vf_manifest_parse_with(parser, vf_bytes(copy, sizeof(xml) - 1), &room, &m, &err) == VF_OK)
			unchanged += same(&m, &good);
	}
	CHECK(unchanged < 16);
}

/* A reader that is used again sees nothing of what came before, good or bad. */
static void test_reuse(void)
{
	struct vf_manifest m;

	for (int i = 0; i < 3; i++) {
		CHECK_RC(parse(vf_bytes_str(DOC(REF("a") REF("b"))), &m), VF_OK);
		CHECK_INT(m.n_refs, 2);
		CHECK_RC(parse(vf_bytes_str("<!DOCTYPE r>" DOC(REF("a"))), &m), VF_XML_DTD);
		CHECK_RC(parse(vf_bytes_str(DOC(REF("a") EXT("false", "<x/>"))), &m), VF_OK);
		CHECK_RC(parse(vf_bytes_str(DOC(REF("a") EXT("true", "<x/>"))), &m), VF_CRITICAL_EXTENSION);
		CHECK_RC(parse(vf_bytes_str("<a"), &m), VF_XML_SHAPE);
		CHECK_RC(parse(vf_bytes_str(DOC(REF("c"))), &m), VF_OK);
		CHECK_INT(m.n_refs, 1);
	}
}

static void test_round_trip(void)
{
	static const char *const names[] = {"statement.json", "a b%20c&d'e\"f<g>#?+~.txt", "Pr\xc3\xbc\x66plan/v1.pdf"};
	static const char want[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<asic:ASiCManifest " NS ">\n<asic:SigReference URI=\"META-INF/signature001.p7s\" "
		"MimeType=\"application/pkcs7-signature\"/>\n" REF("statement.json") "\n"
		REF("a%20b%2520c%26d%27e%22f%3Cg%3E%23%3F%2B~.txt") "\n" REF("Pr%C3%BCfplan/v1.pdf") "\n" CLOSE "\n";
	struct nt_manifest_ref refs[3] = {{.digest = {.alg = VF_SHA256}}, {.digest = {.alg = VF_SHA256}}, {.digest = {.alg = VF_SHA256}}};
	struct nt_buf b = nt_buf(1 << 20);
	struct vf_manifest m;

	for (size_t i = 0; i < 3; i++)
		refs[i].name = vf_bytes_str(names[i]);
	CHECK_RC(nt_manifest_put(&b, "META-INF/signature001.p7s", NT_MANIFEST_CMS, refs, 3, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&b), vf_bytes_str(want));
	CHECK_RC(parse(nt_buf_bytes(&b), &m), VF_OK);
	CHECK_INT(m.n_refs, 3);
	for (size_t i = 0; i < m.n_refs; i++)
		CHECK_BYTES(m.refs[i].uri, vf_bytes_str(names[i]));
	nt_buf_reset(&b);
	CHECK_RC(nt_manifest_put(&b, "META-INF/evidencerecord001.ers", NULL, refs, 1, &err), VF_OK);
	CHECK_RC(parse(nt_buf_bytes(&b), &m), VF_OK);
	CHECK_INT(m.sig_mime.n, 0);
	refs[0].digest.alg = VF_SHA512;
	nt_buf_reset(&b);
	CHECK_RC(nt_manifest_put(&b, "META-INF/evidencerecord002.ers", NULL, refs, 1, &err), VF_OK);
	CHECK_RC(parse(nt_buf_bytes(&b), &m), VF_OK);
	CHECK_INT(m.refs[0].digest.alg, VF_SHA512);
	refs[0].name = vf_bytes_str("../x");
	CHECK_RC(nt_manifest_put(&b, "s", NULL, refs, 1, &err), VF_NAME_SHAPE);
	CHECK_RC(nt_manifest_put(&b, "", NULL, refs + 1, 1, &err), VF_NAME_SHAPE);
	nt_buf_done(&b);
	b = nt_buf(256);
	CHECK_RC(nt_manifest_put(&b, "s", NULL, refs + 1, 1, &err), VF_LIMIT);
	nt_buf_done(&b);
}

static void must_not_print(void *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void must_not_print(void *ctx, const char *fmt, ...)
{
	(void)ctx;
	CHECK_FAIL("libxml2 prints '%s'", fmt);
}

int main(void)
{
	xmlSetGenericErrorFunc(NULL, must_not_print);
	CHECK_RC(vf_manifest_parser_new(&parser, &err), VF_OK);
	test_accepts();
	test_list();
	test_digests();
	test_dtd();
	test_markup();
	test_schema();
	test_limits();
	test_faults();
	test_bit_flips();
	test_reuse();
	test_round_trip();
	parser = vf_manifest_parser_free(parser);
	xmlCleanupParser();
	return check_done();
}
