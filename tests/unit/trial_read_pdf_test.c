/* PDF: tables and streams of cross-references, object streams, revisions, strings, XMP, encryption, damage. */
#include <zlib.h>

#include "tests/unit/facts_text.h"

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

#define OBJECTS 16

struct pdf {
	uint8_t p[1 << 17];
	size_t n, at[OBJECTS]; /* where each object of this revision is; 0: not in it */
	size_t startxref;
};
static struct pdf pdf;

static void put_n(const void *p, size_t n)
{
	if (n > sizeof(pdf.p) - pdf.n)
		exit(1);
	memcpy(pdf.p + pdf.n, p, n);
	pdf.n += n;
}

static void put(const char *text)
{
	put_n(text, strlen(text));
}

static void begin(const char *version)
{
	memset(&pdf, 0, sizeof(pdf));
	put("%PDF-");
	put(version);
	put("\n%\xe2\xe3\xcf\xd3\n");
}

static void object(int number, const char *value)
{
	char head[32];

	pdf.at[number] = pdf.n;
	snprintf(head, sizeof(head), "%d 0 obj\n", number);
	put(head);
	put(value);
	put("\nendobj\n");
}

/* A stream with a dictionary's beginning, deflated or not. */
static void stream(int number, const char *dictionary, const void *data, size_t n, bool deflate)
{
	static uint8_t packed[1 << 16];
	uLongf n_packed = sizeof(packed);
	char head[256];

	if (deflate && compress(packed, &n_packed, data, n) != Z_OK)
		exit(1);
	pdf.at[number] = pdf.n;
	snprintf(head, sizeof(head), "%d 0 obj\n<<%s/Length %lu%s>>stream\r\n", number, dictionary,
		deflate ? n_packed : (unsigned long)n, deflate ? "/Filter/FlateDecode" : "");
	put(head);
	put_n(deflate ? packed : data, deflate ? n_packed : n);
	put("\nendstream\nendobj\n");
}

static void end(const char *trailer)
{
	char text[512];

	snprintf(text, sizeof(text), "%s\nstartxref\n%zu\n%%%%EOF\n", trailer, pdf.startxref);
	put(text);
}

/* The table of this revision, each object as a part of its own. */
static void table(const char *trailer)
{
	char line[64];

	pdf.startxref = pdf.n;
	put("xref\n0 1\n0000000000 65535 f \n");
	for (int i = 1; i < OBJECTS; i++)
		if (pdf.at[i]) {
			snprintf(line, sizeof(line), "%d 1\n%010zu 00000 n \n", i, pdf.at[i]);
			put(line);
			pdf.at[i] = 0;
		}
	put("trailer\n");
	end(trailer);
}

static void read_as(unsigned wants, const char *name)
{
	facts_read(&f, NULL, vf_bytes(pdf.p, pdf.n), name, wants);
	CHECK_STR(f.reader, "pdf");
}

static void look(void)
{
	read_as(0, "x.pdf");
	CHECK_RC(f.rc, VF_OK);
}

static const char catalog[] = "<</Type/Catalog/Pages 2 0 R/Lang(de-DE)>>";
static const char pages[] = "<< /Type /Pages /Kids [3 0 R] /Count 7 >>";

/* ---- tests ---- */

static void test_table(void)
{
	begin("1.4");
	object(1, catalog);
	object(2, pages);
	object(4, "<</Title(A \\(small\\) title\\040here)/CreationDate(D:20110810123456+02'00')/ModDate(D:20120102)/Producer(Soft)>>");
	table("<</Size 5/Root 1 0 R/Info 4 0 R>>");
	look();
	WANT("0 file.version=1.4 (declared) head\n");
	WANT("0 file.title=A (small) title here (declared) /Info/Title\n");
	WANT("0 file.created=2011-08-10T12:34:56+02:00 (declared) /Info/CreationDate\n");
	WANT("0 file.saved=2012-01-02 ");
	WANT("0 file.system=Soft ");
	WANT("0 file.language=de-DE ");
	WANT("0 file.pages=7 ");
	NEVER("!");
	/* a later version in the catalog counts, an earlier one does not */
	for (int i = 0; i < 2; i++) {
		begin("1.4");
		object(1, i ? "<</Type/Catalog/Version/1.7>>" : "<</Type/Catalog/Version/1.3>>");
		table("<</Size 5/Root 1 0 R>>");
		look();
		WANT(i ? "0 file.version=1.7 (declared) /Root/Version" : "0 file.version=1.4 (declared) head");
	}
	/* a malformed date is kept and named */
	begin("1.4");
	object(1, catalog);
	object(4, "<</CreationDate(yesterday)/Title()/ModDate(   )>>");
	table("<</Size 5/Root 1 0 R/Info 4 0 R>>");
	look();
	WANT("0 file.created=? ");
	WANT("! bad-time file.created");
	NEVER("file.title");
	NEVER("file.saved");
}

static void test_strings(void)
{
	static const struct {
		const char *written, *read;
	} strings[] = {
		{"(a\\nb\\\\c\\)\\q)", "a~b\\c)q"},
		{"(nested (par(en)theses) here)", "nested (par(en)theses) here"},
		{"(one\\\ntwo\\\r\nthree)", "onetwothree"},
		{"(\\101\\1012\\53)", "AA2+"},
		{"<48 65 6C6c 6F>", "Hello"},
		{"<484>", "H@"},
		{"(\\376\\377\\000M\\000\\374)", "M\xc3\xbc"},
		{"<FEFF00E4D83DDE00>", "\xc3\xa4\xf0\x9f\x98\x80"},
		{"<FEFF001B0065006E001B0041>", "A"},
		{"<FEFFD83D0041>", "\xef\xbf\xbd" "A"},
		{"<EFBBBFC3A4>", "\xc3\xa4"},
		{"<EFBBBFC3>", "\xef\xbf\xbd"},
		{"(\\223quoted\\224 \\200 \\240 \\344)", "\xef\xac\x81quoted\xef\xac\x82 \xe2\x80\xa2 \xe2\x82\xac \xc3\xa4"},
	};
	char info[256];

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		begin("1.4");
		object(1, catalog);
		snprintf(info, sizeof(info), "<</Keywords[(x)<41>/N<</A(b)>>]/T#69tle %s/Author(A. Name)>>", strings[i].written);
		object(4, info);
		table("<</Size 5/Root 1 0 R/Info 4 0 R>>");
		look();
		snprintf(info, sizeof(info), "0 file.title=%s (declared)", strings[i].read);
		WANT(info);
		NEVER("A. Name");
	}
}

/* What a value is, behind a reference: the string, and the length of a stream. */
static void test_references(void)
{
	static const char xmp[] = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
				  "<rdf:Description xmlns:xmp='http://ns.adobe.com/xap/1.0/'><xmp:CreateDate>2001-02-03T04:05:06Z"
				  "</xmp:CreateDate></rdf:Description></rdf:RDF></x:xmpmeta>";
	char text[1024];

	begin("1.4");
	object(1, "<</Pages 2 0 R/Metadata 6 0 R>>");
	object(2, "<</Count 8 0 R>>");
	object(4, "<</Title 5 0 R>>");
	object(5, "(There)");
	pdf.at[6] = pdf.n;
	snprintf(text, sizeof(text), "6 0 obj<</Length 7 0 R>>stream\n%s\nendstream\nendobj\n", xmp);
	put(text);
	snprintf(text, sizeof(text), "%zu", sizeof(xmp) - 1);
	object(7, text);
	object(8, "12");
	table("<</Size 9/Root 1 0 R/Info 4 0 R>>");
	look();
	WANT("0 file.title=There ");
	WANT("0 file.pages=12 ");
	WANT("0 file.created=2001-02-03T04:05:06Z (declared) XMP xmp:CreateDate\n");
	/* a reference to itself, and to nothing */
	begin("1.4");
	object(1, "<</Pages 1 0 R/Lang 9 0 R/Metadata 6 0 R>>");
	object(4, "4 0 R");
	object(6, "<</Length 6 0 R>>stream\n<a/>\nendstream");
	table("<</Size 9/Root 1 0 R/Info 4 0 R>>");
	look();
	NEVER("file.language");
	NEVER("file.pages");
}

/* The newest revision counts; what it does not change is found in those before. */
static void test_revisions(void)
{
	char trailer[128];

	begin("1.4");
	object(1, catalog);
	object(2, pages);
	object(4, "<</Title(Old)/ModDate(D:2010)>>");
	table("<</Size 5/Root 1 0 R/Info 4 0 R>>");
	object(4, "<</Title(New)/ModDate(D:2011)>>");
	snprintf(trailer, sizeof(trailer), "<</Size 5/Root 1 0 R/Info 4 0 R/Prev %zu>>", pdf.startxref);
	table(trailer);
	look();
	WANT("0 file.title=New ");
	WANT("0 file.saved=2011 ");
	WANT("0 file.pages=7 ");
	NEVER("Old");
	/* a revision that points to itself, and one that points out of the file */
	for (int i = 0; i < 2; i++) {
		begin("1.4");
		object(1, catalog);
		snprintf(trailer, sizeof(trailer), "<</Size 5/Root 1 0 R/Prev %zu>>", i ? pdf.n : (size_t)999999999);
		table(trailer);
		look();
		WANT("0 file.language=de-DE ");
	}
	/* an object that was freed is none */
	begin("1.4");
	object(1, catalog);
	object(4, "<</Title(Old)>>");
	table("<</Size 5/Root 1 0 R/Info 4 0 R>>");
	snprintf(trailer, sizeof(trailer), "<</Size 5/Root 1 0 R/Info 4 0 R/Prev %zu>>", pdf.startxref);
	pdf.startxref = pdf.n;
	put("xref\n4 1\n0000000000 00001 f \ntrailer\n");
	end(trailer);
	look();
	NEVER("Old");
	WANT("0 file.language=de-DE ");
}

/* ---- cross-reference streams ---- */

/* Rows of type, three octets of place, one of index, behind PNG's filters in turn. */
static size_t rows(uint8_t *out, const size_t entries[][3], size_t n, bool predict)
{
	uint8_t before[5] = {0}, row[5];
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t filter = (uint8_t)(i % 5);

		row[0] = (uint8_t)entries[i][0];
		for (int k = 0; k < 3; k++)
			row[1 + k] = (uint8_t)(entries[i][1] >> (8 * (2 - k)));
		row[4] = (uint8_t)entries[i][2];
		if (predict)
			out[at++] = filter;
		for (int k = 0; k < 5; k++) {
			int left = k ? row[k - 1] : 0, up = before[k], corner = k ? before[k - 1] : 0;
			int p = left + up - corner, a = abs(p - left), b = abs(p - up), c = abs(p - corner);
			int minus[5] = {0, left, up, (left + up) / 2, a <= b && a <= c ? left : b <= c ? up : corner};

			out[at++] = (uint8_t)(row[k] - (predict ? minus[filter] : 0));
		}
		memcpy(before, row, sizeof(row));
	}
	return at;
}

static void streams(bool deflate, bool predict)
{
	static const char values[] = "<</Pages 2 0 R/Lang(fr)/Metadata 99 0 R>>   <</Title(Packed)/CreationDate(D:20200102030405Z)>>    "
				     "<</Count 3>>";
	char octets[256];
	uint8_t data[256];
	char dictionary[128];
	size_t n;

	begin("1.5");
	n = (size_t)snprintf(octets, sizeof(octets), "1 0 4 %d 2 %d ", (int)(strstr(values, "<</Title") - values),
		(int)(strstr(values, "<</Count") - values));
	snprintf(dictionary, sizeof(dictionary), "/Type/ObjStm/N 3/First %zu", n);
	snprintf(octets + n, sizeof(octets) - n, "%s", values);
	stream(5, dictionary, octets, strlen(octets), deflate);
	{
		const size_t entries[][3] = {{0, 0, 255}, {2, 5, 0}, {2, 5, 2}, {0, 0, 0}, {2, 5, 1}, {1, pdf.at[5], 0}, {1, pdf.n, 0}};

		n = rows(data, entries, 7, predict);
	}
	pdf.startxref = pdf.n;
	stream(6, predict ? "/Type/XRef/Size 7/W[1 3 1]/Root 1 0 R/Info 4 0 R/DecodeParms<</Predictor 12/Columns 5>>"
			  : "/Type/XRef/Size 7/W [ 1 3 1 ]/Index[0 5 5 2]/Root 1 0 R/Info 4 0 R",
		data, n, deflate);
	end("");
}

static void test_streams(void)
{
	for (int i = 0; i < 4; i++) {
		streams(i & 1, i & 2);
		look();
		WANT("0 file.version=1.5 ");
		WANT("0 file.title=Packed ");
		WANT("0 file.created=2020-01-02T03:04:05Z ");
		WANT("0 file.language=fr ");
		WANT("0 file.pages=3 ");
		NEVER("!");
	}
}

/* A table for old readers, and a stream beside it for what they do not see (7.5.8.4). */
static void test_hybrid(void)
{
	static const char octets[] = "4 0 <</Title(Hidden)>>";
	uint8_t data[64];
	char trailer[128];
	size_t n, at;

	begin("1.5");
	object(1, catalog);
	stream(5, "/Type/ObjStm/N 1/First 4", octets, sizeof(octets) - 1, true);
	{
		const size_t entries[][3] = {{2, 5, 0}};

		n = rows(data, entries, 1, false);
	}
	at = pdf.n;
	stream(6, "/Type/XRef/Size 7/W[1 3 1]/Index[4 1]", data, n, true);
	pdf.at[6] = 0;
	snprintf(trailer, sizeof(trailer), "<</Size 7/Root 1 0 R/Info 4 0 R/XRefStm %zu>>", at);
	table(trailer);
	look();
	WANT("0 file.title=Hidden ");
	WANT("0 file.language=de-DE ");
}

/* ---- XMP ---- */

#define RDF                                                                                                \
	"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"          \
	"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
#define RDF_END "</rdf:RDF></x:xmpmeta>                    <?xpacket end='w'?>"

static void test_xmp(void)
{
	static const char *const packets[] = {
		RDF "<rdf:Description xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
		    "<xmp:CreateDate> 2001-02-03T04:05+01:00 </xmp:CreateDate><xmp:ModifyDate>2002</xmp:ModifyDate>"
		    "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>In XMP</rdf:li></rdf:Alt></dc:title></rdf:Description>" RDF_END,
		RDF "<rdf:Description xmp:CreateDate='2001-02-03T04:05+01:00' xmp:ModifyDate='2002' xmlns:xmp='http://ns.adobe.com/xap/1.0/'/>"
		    "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title><rdf:Alt><rdf:li>In XMP</rdf:li></rdf:Alt></dc:title>"
		    "</rdf:Description>" RDF_END};

	static const char nested[] = RDF "<rdf:Description xmlns:x='urn:x' xmlns:xmp='http://ns.adobe.com/xap/1.0/'><x:Ingredients>"
					 "<rdf:Bag><rdf:li><rdf:Description><xmp:CreateDate>1990</xmp:CreateDate></rdf:Description></rdf:li>"
					 "</rdf:Bag></x:Ingredients></rdf:Description>" RDF_END;

	for (int i = 0; i < 4; i++) {
		begin("1.4");
		object(1, "<</Pages 2 0 R/Metadata 3 0 R>>");
		stream(3, "/Type/Metadata/Subtype/XML", packets[i / 2], strlen(packets[i / 2]), i & 1);
		table("<</Size 5/Root 1 0 R>>");
		look();
		WANT("0 file.title=In XMP (declared) XMP dc:title\n");
		WANT("0 file.created=2001-02-03T04:05+01:00 (declared) XMP");
		WANT("0 file.saved=2002 ");
	}
	/* the dictionary comes first, and XMP says the rest */
	begin("1.4");
	object(1, "<</Metadata 3 0 R>>");
	stream(3, "", packets[0], strlen(packets[0]), false);
	object(4, "<</Title(In Info)/CreationDate(D:1999)>>");
	table("<</Size 5/Root 1 0 R/Info 4 0 R>>");
	look();
	WANT("0 file.title=In Info ");
	WANT("0 file.created=1999 ");
	WANT("0 file.saved=2002 (declared) XMP");
	NEVER("In XMP");
	/* properties of other things in it are not the file's */
	begin("1.4");
	object(1, "<</Metadata 3 0 R>>");
	stream(3, "", nested, sizeof(nested) - 1, false);
	table("<</Size 5/Root 1 0 R>>");
	look();
	NEVER("1990");
	/* malformed XMP takes nothing away */
	begin("1.4");
	object(1, "<</Metadata 3 0 R/Lang(en)>>");
	stream(3, "", "<a><b></a>", 10, false);
	table("<</Size 5/Root 1 0 R>>");
	look();
	WANT("! unread its XMP metadata is malformed");
	WANT("0 file.language=en ");
}

static void test_encrypted(void)
{
	begin("1.6");
	object(1, catalog);
	object(2, pages);
	object(4, "<</Title(\x93\x12 not to be read)/CreationDate(\x01\x02)>>");
	object(6, "<</Filter/Standard/V 4>>");
	table("<</Size 7/Root 1 0 R/Info 4 0 R/Encrypt 6 0 R>>");
	look();
	WANT("0 file.encrypted=yes ");
	WANT("0 file.version=1.6 ");
	WANT("0 file.pages=7 ");
	NEVER("file.title");
	NEVER("file.created");
	NEVER("file.language");
	NEVER("bad-time");
}

static void test_damaged(void)
{
	static const char packet[] = RDF "<rdf:Description xmp:CreateDate='2001' xmlns:xmp='http://ns.adobe.com/xap/1.0/'/>" RDF_END;

	begin("1.4");
	object(1, catalog);
	table("<</Size 5/Root 1 0 R>>");
	pdf.n -= 40;
	look();
	WANT("! cut no table of its objects");
	WANT("0 file.version=1.4 ");
	/* what XMP is left says what it says: the last packet */
	begin("1.4");
	put(RDF "<rdf:Description xmp:CreateDate='1999' xmlns:xmp='http://ns.adobe.com/xap/1.0/'/>" RDF_END);
	stream(3, "", packet, sizeof(packet) - 1, false);
	put("startxref\n12\n%%EOF");
	look();
	WANT("! cut ");
	WANT("0 file.created=2001 (declared) XMP");
	NEVER("1999");
	/* junk before the head is common; places are then those of the file */
	begin("1.4");
	memmove(pdf.p + 9, pdf.p, pdf.n);
	memcpy(pdf.p, "some junk", 9);
	pdf.n += 9;
	object(1, catalog);
	table("<</Size 5/Root 1 0 R>>");
	look();
	WANT("0 file.version=1.4 ");
	WANT("0 file.language=de-DE ");
	/* entries that are wrong */
	begin("1.4");
	object(1, catalog);
	object(4, "<</Title(T)>>");
	pdf.at[4] += 3;
	table("<</Size 5/Root 1 0 R/Info 4 0 R>>");
	look();
	NEVER("file.title");
	WANT("0 file.language=de-DE ");
	/* no head, and less than one */
	facts_read(&f, NULL, vf_bytes_str("%PDF"), "x.pdf", 0);
	CHECK_STR(f.reader, "");
	facts_read(&f, &tr_read_pdf, vf_bytes_str("%PDF"), "x.pdf", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	facts_read(&f, NULL, vf_bytes_str("%PDF-"), "x.pdf", 0);
	CHECK_RC(f.rc, VF_OK);
}

/* Every prefix, and every octet turned, is read to an end. */
static void test_every_octet(void)
{
	static uint8_t kept[sizeof(pdf.p)];
	size_t n;

	streams(true, true);
	n = pdf.n;
	memcpy(kept, pdf.p, n);
	for (size_t i = 0; i < n; i++) {
		pdf.n = i;
		facts_read(&f, &tr_read_pdf, vf_bytes(pdf.p, pdf.n), "x.pdf", 0);
		CHECK(f.rc == VF_OK || f.rc == VF_FILE_SHAPE);
		pdf.n = n;
		pdf.p[i] ^= 0x11;
		facts_read(&f, &tr_read_pdf, vf_bytes(pdf.p, pdf.n), "x.pdf", 0);
		CHECK(f.rc == VF_OK || f.rc == VF_FILE_SHAPE);
		memcpy(pdf.p, kept, n);
	}
}

static void test_limits(void)
{
	static char deep[4096];
	size_t n = 0;

	/* brackets in each other beyond the limit: no value */
	n += (size_t)snprintf(deep, sizeof(deep), "<</Lang(en)/X");
	memset(deep + n, '[', 100);
	n += 100;
	memset(deep + n, ']', 100);
	n += 100;
	snprintf(deep + n, sizeof(deep) - n, ">>");
	begin("1.4");
	object(1, deep);
	table("<</Size 5/Root 1 0 R>>");
	look();
	WANT("! cut ");
	/* a stream of cross-references that claims rows without end, and has few octets */
	begin("1.5");
	pdf.startxref = pdf.n;
	stream(1, "/Type/XRef/Size 99999999999999/W[0 1 0]/Root 99999999999 0 R", "\1\1", 2, true);
	end("");
	look();
	WANT("! cut ");
	/* ... and one that inflates to very many */
	{
		static uint8_t zeros[32 * 1024 * 1024];
		static uint8_t packed[65536];
		uLongf n_packed = sizeof(packed);
		char head[256];

		CHECK_INT(compress2(packed, &n_packed, zeros, sizeof(zeros), 9), Z_OK);
		begin("1.5");
		pdf.startxref = pdf.n;
		snprintf(head, sizeof(head), "1 0 obj\n<</Type/XRef/Size 99999999999/W[1 0 0]/Root 30000000 0 R/Filter/FlateDecode/Length %lu>>stream\n",
			n_packed);
		put(head);
		put_n(packed, n_packed);
		put("\nendstream\nendobj\n");
		end("");
		read_as(0, "x.pdf");
		CHECK_RC(f.rc, VF_LIMIT);
	}
}

static void test_files(void)
{
	static const struct {
		const char *path, *title, *created, *pages;
	} files[] = {
		{"cdisc-pilot/cover.pdf", "file.title=Micromet AG, Staffelseestra\xc3\x9f" "e 2, 81477 M\xc3\xbcnchen ",
			"file.created=2012-07-13T23:20:00-04:00 ", "file.pages=2 "},
		{"irreproducible-timestamps/irving-v3.pdf", "file.version=1.4 ", "file.created=2017-05-22T09:35:16+01:00 ", "file.pages=10 "},
		{"usdm/Alexion_NCT04573309_Wilsons.pdf", "file.language=EN-US ", "file.saved=2023-07-18T04:45:08+08:00 ", "file.pages=74 "},
		{"consent-forms/osteo/consent_v3.pdf", "file.title=consent ", "file.saved=2023-02-06T22:04:12-06:00 ", "file.pages=17 "},
		{"consent-forms/mbc/tissueconsent_v1.pdf", "file.version=1.7 ", "file.saved=2019-09-30T17:35:39-03:00 ", "file.pages=12 "},
	};
	const char *data = getenv("TRIALNOTARY_DATA");
	char name[4096];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct vf_bytes octets;
		FILE *file;

		snprintf(name, sizeof(name), "%s/%s", data ? data : "../shared/data", files[i].path);
		file = fopen(name, "rb");
		if (!file) {
			printf("skipped: no %s\n", files[i].path);
			continue;
		}
		fclose(file);
		octets = check_read(name);
		facts_read(&f, NULL, octets, "x.pdf", 0);
		free((void *)(uintptr_t)octets.p);
		CHECK_RC(f.rc, VF_OK);
		WANT(files[i].title);
		WANT(files[i].created);
		WANT(files[i].pages);
		NEVER("!");
	}
}

int main(void)
{
	test_table();
	test_strings();
	test_references();
	test_revisions();
	test_streams();
	test_hybrid();
	test_xmp();
	test_encrypted();
	test_damaged();
	test_every_octet();
	test_limits();
	test_files();
	return check_done();
}
