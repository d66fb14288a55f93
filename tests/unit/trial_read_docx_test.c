/* DOCX: properties, the container they stand in, and what is wrong with either. */
#include <zlib.h>

#include "tests/unit/facts_text.h"
#include "verify/hash.h"
#include "verify/text.h"

static struct facts_text f;

#define WANT(part)                                                                                         \
	do {                                                                                               \
		check_count++;                                                                             \
		if (!facts_has(&f, part))                                                                  \
			CHECK_FAIL("no '%s' in:\n%s", part, f.text);                                       \
	} while (0)
#define NEVER(part)                                                                                        \
	do {                                                                                               \
		check_count++;                                                                             \
		if (facts_has(&f, part))                                                                   \
			CHECK_FAIL("'%s' in:\n%s", part, f.text);                                          \
	} while (0)

/* ---- a small writer ---- */

struct zip {
	uint8_t p[1 << 16], central[1 << 12];
	size_t n, n_central, parts;
};
static struct zip zip;

static void put(uint8_t *to, size_t *n, const void *p, size_t size)
{
	memcpy(to + *n, p, size);
	*n += size;
}

static void put_le(uint8_t *to, size_t *n, uint32_t v, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[(*n)++] = (uint8_t)((uint64_t)v >> (8 * i));
}

static size_t pack(const char *text, size_t n, uint8_t *out, size_t cap)
{
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		exit(1);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)cap;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END || deflateEnd(&z) != Z_OK)
		exit(1);
	return cap - z.avail_out;
}

static void part_as(const char *name, const char *text, unsigned method, unsigned flags, uint32_t crc_turn)
{
	static uint8_t packed[1 << 15];
	size_t n = strlen(text), n_packed = n, at = zip.n, n_name = strlen(name);
	uint32_t crc = (uint32_t)crc32(0, (const Bytef *)text, (uInt)n) ^ crc_turn;

	memcpy(packed, text, n);
	if (method == 8)
		n_packed = pack(text, n, packed, sizeof(packed));
	for (int is_central = 0; is_central < 2; is_central++) {
		uint8_t *to = is_central ? zip.central : zip.p;
		size_t *to_n = is_central ? &zip.n_central : &zip.n;

		put(to, to_n, is_central ? "PK\1\2\24\0" : "PK\3\4", is_central ? 6 : 4);
		put_le(to, to_n, 20, 2);
		put_le(to, to_n, flags, 2);
		put_le(to, to_n, method, 2);
		put_le(to, to_n, 0, 4);
		put_le(to, to_n, is_central || !(flags & 8) ? crc : 0, 4);
		put_le(to, to_n, is_central || !(flags & 8) ? (uint32_t)n_packed : 0, 4);
		put_le(to, to_n, is_central || !(flags & 8) ? (uint32_t)n : 0, 4);
		put_le(to, to_n, (uint32_t)n_name, 2);
		put_le(to, to_n, is_central ? 0 : 4, 2); /* the extra fields of the two differ, as they do in Word's files */
		if (is_central) {
			put_le(to, to_n, 0, 2 + 2 + 2);
			put_le(to, to_n, 0, 4);
			put_le(to, to_n, (uint32_t)at, 4);
		}
		put(to, to_n, name, n_name);
		if (!is_central) {
			put(to, to_n, "XX\0\0", 4);
			put(to, to_n, packed, n_packed);
		}
	}
	zip.parts++;
}

static void part(const char *name, const char *text)
{
	part_as(name, text, 8, 0, 0);
}

static void end(const char *comment)
{
	size_t at = zip.n;

	put(zip.p, &zip.n, zip.central, zip.n_central);
	put(zip.p, &zip.n, "PK\5\6\0\0\0\0", 8);
	put_le(zip.p, &zip.n, (uint32_t)zip.parts, 2);
	put_le(zip.p, &zip.n, (uint32_t)zip.parts, 2);
	put_le(zip.p, &zip.n, (uint32_t)zip.n_central, 4);
	put_le(zip.p, &zip.n, (uint32_t)at, 4);
	put_le(zip.p, &zip.n, (uint32_t)strlen(comment), 2);
	put(zip.p, &zip.n, comment, strlen(comment));
}

static void look(void)
{
	facts_read(&f, &tr_read_docx, vf_bytes(zip.p, zip.n), "x.docx", 0);
}

static void begin_with(const char *document)
{
	memset(&zip, 0, sizeof(zip));
	part("[Content_Types].xml", "<Types/>");
	part("word/document.xml", document);
}

static void begin(void)
{
	begin_with("<document/>");
}

#define CORE(middle)                                                                                       \
	"<?xml version=\"1.0\"?><cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" " \
	"xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\">" middle "</cp:coreProperties>"
#define STYLES(lang)                                                                                       \
	"<w:styles xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:docDefaults><w:rPrDefault><w:rPr>" lang \
	"</w:rPr></w:rPrDefault></w:docDefaults><w:style><w:rPr><w:lang w:val=\"xx\"/></w:rPr></w:style></w:styles>"

static const char core[] = CORE("<dc:title>A form</dc:title><dc:creator>A. Name</dc:creator><cp:lastModifiedBy>B. Name</cp:lastModifiedBy>"
				"<cp:revision>12</cp:revision><dcterms:created>2016-02-16T13:40:00Z</dcterms:created>"
				"<dcterms:modified>2016-02-16</dcterms:modified><cp:version>3.1</cp:version><cp:contentStatus>Final</cp:contentStatus>");
static const char app[] = "<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Pages>4</Pages>"
			  "<Application>Word</Application><AppVersion>14.0</AppVersion><Manager>C. Name</Manager></Properties>";

static void test_properties(void)
{
	for (unsigned i = 0; i < 3; i++) {
		begin();
		part_as("docProps/core.xml", core, i == 0 ? 0 : 8, i == 2 ? 8 : 0, 0);
		part("docProps/app.xml", app);
		part("word/styles.xml", STYLES("<w:lang w:val=\"en-GB\" w:eastAsia=\"zh\"/>"));
		end(i ? "a comment" : "");
		look();
		CHECK_RC(f.rc, VF_OK);
		WANT("0 file.title=A form (declared) docProps/core.xml dc:title\n");
		WANT("0 file.created=2016-02-16T13:40:00Z ");
		WANT("0 file.saved=2016-02-16 ");
		WANT("0 file.revision=12 ");
		WANT("1 version.number=3.1 ");
		WANT("1 version.status=Final ");
		WANT("0 file.pages=4 ");
		WANT("0 file.system=Word ");
		WANT("0 file.system-version=14.0 ");
		WANT("0 file.language=en-GB ");
		NEVER("Name");
		NEVER("!");
		NEVER("xx");
	}
	/* the language that the properties say comes first */
	begin();
	part("docProps/core.xml", CORE("<dc:language>de-DE</dc:language>"));
	part("word/styles.xml", STYLES("<w:lang w:val=\"en-GB\"/>"));
	end("");
	look();
	WANT("0 file.language=de-DE ");
	NEVER("en-GB");
	/* a language of one style alone is none of the file */
	begin();
	part("word/styles.xml", STYLES(""));
	end("");
	look();
	CHECK_RC(f.rc, VF_OK);
	NEVER("language");
	/* signatures are counted, not verified */
	begin();
	part("_xmlsignatures/sig1.xml", "<x/>");
	part("_xmlsignatures/sig2.xml", "<x/>");
	part("_xmlsignatures/origin.sigs", "");
	end("");
	look();
	WANT("0 file.signatures=2 ");
	/* properties of the same name elsewhere are none */
	begin();
	part("docProps/core.xml", CORE("<x><dc:title>inner</dc:title></x><title>other</title>"));
	end("");
	look();
	NEVER("title");
}

static void test_parts(void)
{
	/* stands twice: two readers could see two files */
	begin();
	part("docProps/core.xml", core);
	part("docProps/core.xml", CORE("<dc:title>Other</dc:title>"));
	part("docProps/app.xml", app);
	end("");
	look();
	CHECK_RC(f.rc, VF_OK);
	WANT("! duplicate docProps/core.xml");
	NEVER("file.title");
	WANT("0 file.pages=4 ");
	/* the checksum of the directory is that of what comes out */
	begin();
	part_as("docProps/core.xml", core, 8, 0, 1);
	part("docProps/app.xml", app);
	end("");
	look();
	WANT("! unread docProps/core.xml");
	WANT("0 file.pages=4 ");
	/* encrypted, packed in another way, malformed */
	for (unsigned i = 0; i < 3; i++) {
		begin();
		part_as("docProps/core.xml", i == 2 ? "<a><b></a>" : core, i == 1 ? 12 : 8, i == 0 ? 1 : 0, 0);
		end("");
		look();
		CHECK_RC(f.rc, VF_OK);
		WANT("! unread docProps/core.xml");
	}
	/* a bad date */
	begin();
	part("docProps/core.xml", CORE("<dcterms:created>16.02.2016</dcterms:created>"));
	end("");
	look();
	WANT("0 file.created=? ");
	WANT("! bad-time file.created");
}

static void test_container(void)
{
	static uint8_t kept[sizeof(zip.p)];
	struct zip *z = &zip;
	size_t n;

	/* no document */
	memset(z, 0, sizeof(*z));
	part("docProps/core.xml", core);
	end("");
	look();
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	/* cut off anywhere, and every octet turned, is read to an end */
	begin();
	part("docProps/core.xml", core);
	part("docProps/app.xml", app);
	end("");
	n = zip.n;
	memcpy(kept, zip.p, n);
	for (size_t i = 0; i < n; i++) {
		zip.n = i;
		look();
		CHECK_RC(f.rc, VF_FILE_SHAPE);
		zip.n = n;
		zip.p[i] ^= 0x55;
		look();
		CHECK(f.rc == VF_OK || f.rc == VF_FILE_SHAPE || f.rc == VF_LIMIT);
		zip.p[i] ^= 0x55;
		CHECK(memcmp(zip.p, kept, n) == 0);
	}
	/* more than 4 GiB in form, and a directory that is too large */
	memset(zip.p + n - 10, 0xff, 4);
	look();
	CHECK_RC(f.rc, VF_LIMIT);
	memcpy(zip.p + n - 10, "\xff\xff\xff\x7f", 4);
	look();
	CHECK_RC(f.rc, VF_LIMIT);
}

static void test_claims(void)
{
	begin();
	end("");
	facts_read(&f, NULL, vf_bytes(zip.p, zip.n), "whatever", 0);
	CHECK_STR(f.reader, "docx");
	WANT("0 file.format=DOCX ");
	memset(&zip, 0, sizeof(zip));
	part("xl/workbook.xml", "<x/>");
	end("");
	facts_read(&f, NULL, vf_bytes(zip.p, zip.n), "x.xlsx", 0);
	CHECK_STR(f.reader, "");
}

/* ---- paragraphs ---- */

#define WORD "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define STRICT "http://purl.oclc.org/ooxml/wordprocessingml/main"
#define COMPATIBLE "http://schemas.openxmlformats.org/markup-compatibility/2006"
#define DOCUMENT(ns, body) "<w:document xmlns:w=\"" ns "\" xmlns:mc=\"" COMPATIBLE "\" xmlns:o=\"urn:o\"><w:body>" body "</w:body></w:document>"
#define RUN(text) "<w:r><w:t xml:space=\"preserve\">" text "</w:t></w:r>"
#define STOP "You can stop taking part at any time."
#define WHY "Nobody will ask you for your reasons."

static void look_for_text(const char *document)
{
	begin_with(document);
	end("");
	facts_read(&f, &tr_read_docx, vf_bytes(zip.p, zip.n), "x.docx", TR_WANT_TEXT);
	CHECK_RC(f.rc, VF_OK);
}

/* The paragraphs that count are these, in their order. */
static void has_text(const char *document, const char *a, const char *b)
{
	const char *of[] = {a, b};
	char want[400], hex[65];
	size_t n = b ? 2 : a ? 1 : 0;

	look_for_text(document);
	for (size_t i = 0; i < n; i++) {
		struct vf_hash h = vf_sha256(vf_bytes_str(of[i]));

		vf_hex_put(hex, vf_bytes(h.b, sizeof(h.b)));
		snprintf(want, sizeof(want), "%zu text.paragraph=%s ", i + 1, hex);
		WANT(want);
	}
	snprintf(want, sizeof(want), "0 text.paragraphs=%zu ", n);
	WANT(want);
}

static void test_text(void)
{
	has_text(DOCUMENT(WORD, "<w:p>" RUN(STOP) "</w:p><w:p/><w:p>" RUN(WHY) "</w:p><w:p>" RUN("Heading") "</w:p>"), STOP, WHY);
	has_text(DOCUMENT(STRICT, "<w:p>" RUN(STOP) "</w:p>"), STOP, NULL);
	/* runs, lines and tabs; words that a page break or a field parts */
	has_text(DOCUMENT(WORD, "<w:p>" RUN("You can st") RUN("op taking") "<w:r><w:br/><w:t>part</w:t><w:tab/><w:t>at any time.</w:t></w:r></w:p>"), STOP, NULL);
	has_text(DOCUMENT(WORD, "<w:p><w:hyperlink>" RUN(STOP) "</w:hyperlink><w:r><w:instrText>PAGE of a very long instruction</w:instrText></w:r></w:p>"),
		STOP, NULL);
	has_text(DOCUMENT(WORD, "<w:p><w:r><w:t>Nobody will ask non</w:t><w:noBreakHyphen/><w:t>members</w:t></w:r></w:p>"), "Nobody will ask non-members", NULL);
	/* white space between elements is none of the text */
	has_text(DOCUMENT(WORD, "<w:p>\n  <w:r>\n <w:t>" STOP "</w:t>\n</w:r>\n</w:p>"), STOP, NULL);
	/* tables, and a text box within a paragraph with its copy for old software */
	has_text(DOCUMENT(WORD, "<w:tbl><w:tr><w:tc><w:p>" RUN(STOP) "</w:p></w:tc><w:tc><w:p>" RUN(WHY) "</w:p></w:tc></w:tr></w:tbl>"), STOP, WHY);
	has_text(DOCUMENT(WORD, "<w:p>" RUN("A box:") "<w:r><mc:AlternateContent><mc:Choice><w:p>" RUN(STOP) "</w:p></mc:Choice><mc:Fallback><w:p>" RUN(STOP)
		"</w:p></mc:Fallback></mc:AlternateContent></w:r>" RUN(WHY) "</w:p>"), STOP, WHY);
	/* all changes accepted */
	has_text(DOCUMENT(WORD, "<w:p><w:ins>" RUN("You can ") "</w:ins><w:del>" RUN("never ") "</w:del><w:moveFrom>" RUN("not ") "</w:moveFrom><w:moveTo>"
		RUN("stop taking part at any time.") "</w:moveTo></w:p>"), STOP, NULL);
	/* of other namespaces nothing */
	has_text(DOCUMENT(WORD, "<o:p><o:t>" STOP "</o:t></o:p>"), NULL, NULL);
	has_text("<document/>", NULL, NULL);
	/* a text that ends too early has no number of paragraphs */
	look_for_text("<w:document xmlns:w=\"" WORD "\"><w:body><w:p>" RUN(STOP) "</w:p>");
	WANT("! unread word/document.xml");
	WANT("text.paragraph=");
	NEVER("text.paragraphs=");
	/* and nobody pays who did not ask */
	begin_with(DOCUMENT(WORD, "<w:p>" RUN(STOP) "</w:p>"));
	end("");
	look();
	NEVER("text.");
}

static void test_files(void)
{
	const char *data = getenv("TRIALNOTARY_DATA");
	char name[4096];
	struct vf_bytes octets;
	FILE *file;

	snprintf(name, sizeof(name), "%s/irreproducible-timestamps/dataset-1.docx", data ? data : "../shared/data");
	file = fopen(name, "rb");
	if (!file) {
		printf("skipped: no dataset-1.docx\n");
		return;
	}
	fclose(file);
	octets = check_read(name);
	facts_read(&f, NULL, octets, "dataset-1.docx", 0);
	free((void *)(uintptr_t)octets.p);
	CHECK_RC(f.rc, VF_OK);
	WANT("0 file.created=2016-02-16T13:40:00Z ");
	WANT("0 file.saved=2016-02-16T13:42:00Z ");
	WANT("0 file.revision=1 ");
	WANT("0 file.language=en-GB ");
	NEVER("Irving");
}

int main(void)
{
	test_properties();
	test_parts();
	test_container();
	test_claims();
	test_text();
	test_files();
	return check_done();
}
