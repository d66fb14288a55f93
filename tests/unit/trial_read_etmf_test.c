/* Exchange files of eTMFs: a document for each FILE, and every spelling of its checksum. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BATCH xmlns=\"https://tmfrefmodel.com/ems\" STUDYSYSTEMID=\"S-1\" STUDYID=\"EX-1\" " \
	"EVENTID=\"E\" TRANSFERSOURCEID=\"CRO 1\" TRANSFERID=\"20260413140025\" SPECIFICATIONID=\"AG-1\" TMFRMVERSION=\"3.3.1\">"
#define END "</BATCH>"
#define OBJECT "<OBJECT><OBJECTID>D-1</OBJECTID><OBJECTLEVEL>Site</OBJECTLEVEL><COUNTRYID>DEU</COUNTRYID><UNIQUEID>091</UNIQUEID>" \
	"<ARTIFACTNUMBER>05.02.01</ARTIFACTNUMBER><PERSONNAME>Jane Roe</PERSONNAME><ORGANIZATIONNAME>St. Elsewhere</ORGANIZATIONNAME>" \
	"<OBJECTVERSION>1.0</OBJECTVERSION><OBJECTVERSIONSTATE>Current</OBJECTVERSIONSTATE><OBJECTTITLE> A licence </OBJECTTITLE>" \
	"<OBJECTCOPY>Yes</OBJECTCOPY><ARTIFACTDATE>23-JAN-2018</ARTIFACTDATE><DATEDESCRIPTION>Approval</DATEDESCRIPTION>"
#define MD5 "5d41402abc4b2a76b9719d911017c592"
#define SHA256 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void read(const char *text, unsigned wants)
{
	facts_read(&f, NULL, vf_bytes_str(text), "exchange.xml", wants);
	CHECK_STR(f.reader, "etmf");
}

static void test_objects(void)
{
	read(HEAD OBJECT "<FILE><INTEGRITY>sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=</INTEGRITY><FILENAME>licence.pdf</FILENAME>"
		"<CONTENTURL>05/05.02/Medical%20License/licence.pdf</CONTENTURL><FILEDESCRIPTION>Record</FILEDESCRIPTION>"
		"<SIGNATURE><SIGNATUREMETHODOLOGY>Electronic</SIGNATUREMETHODOLOGY><USEROID>jroe</USEROID><SIGNATURENAME>Jane Roe</SIGNATURENAME>"
		"<SIGNATUREDATETIME>2018-01-23T08:12:25+02:00</SIGNATUREDATETIME><SIGNATUREREASON>Approval</SIGNATUREREASON></SIGNATURE>"
		"<AUDITRECORD><AUDITID>1</AUDITID><USERREF>jroe</USERREF><AUDITEVENT>Roe</AUDITEVENT></AUDITRECORD>"
		"<AUDITRECORD><AUDITID>2</AUDITID></AUDITRECORD></FILE>"
		"<FILE><INTEGRITY>XUFAKrxLKna5cZ2REBfFkg==</INTEGRITY><FILENAME>second.pdf</FILENAME></FILE>"
		"<METADATA NAME=\"OBJECTID\">no</METADATA></OBJECT>"
		"<OBJECT><OBJECTID>D-2</OBJECTID><ARTIFACTDATE>2018-01-23</ARTIFACTDATE></OBJECT>" END, TR_WANT_SUBJECTS | TR_WANT_AUDIT);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 study.id.sponsor=EX-1 (declared) "));
	CHECK(facts_has(&f, "0 file.id=20260413140025 (declared) "));
	CHECK(facts_has(&f, "0 file.originator=CRO 1 (declared) "));
	CHECK(facts_has(&f, "0 file.standard=TMF Reference Model 3.3.1 (declared) "));
	CHECK(facts_has(&f, "1 document.name=05/05.02/Medical License/licence.pdf (declared)\n"
			    "1 document.id=D-1 (declared)\n"
			    "1 document.type=05.02.01 (declared)\n"
			    "1 document.version=1.0 (declared)\n"
			    "1 document.status=Current (declared)\n"
			    "1 document.title=A licence (declared)\n"
			    "1 document.date=2018-01-23 (declared)\n"
			    "1 document.checksum=sha256:" SHA256 " (declared)\n"));
	/* what the object says stands once, with its first file */
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n2 document.name=second.pdf (declared)\n2 document.checksum"));
	CHECK(facts_has(&f, "2 document.checksum=md5:" MD5 " (declared)\n"));
	/* a record without a file, and a date of another form */
	CHECK(facts_has(&f, "3 document.id=D-2 (declared)\n! bad-time"));
	CHECK(facts_has(&f, "3 document.date=? (declared)\n"));
	CHECK(!facts_has(&f, "3 document.name"));
	CHECK(!facts_has(&f, "3 document.version"));
	CHECK(facts_has(&f, "0 file.signatures=1 (declared)\n0 file.records=2 (declared)\n"));
	CHECK(!facts_has(&f, "Roe"));
	CHECK(!facts_has(&f, "jroe"));
	CHECK(!facts_has(&f, "Elsewhere"));
}

/* What comes behind a file is of the files behind it. */
static void test_late(void)
{
	read(HEAD "<OBJECT><OBJECTID>D-1</OBJECTID><FILE><FILENAME>a</FILENAME></FILE><OBJECTTITLE>Late</OBJECTTITLE><FILE><FILENAME>b</FILENAME></FILE>"
		"<FILE><FILENAME>c</FILENAME></FILE></OBJECT><OBJECT><FILE><FILENAME>d</FILENAME></FILE></OBJECT>" END, 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 document.name=a (declared)\n1 document.id=D-1 (declared)\n2 record.item=1 (declared)\n2 document.name=b (declared)\n"
			    "2 document.title=Late (declared)\n3 record.item=1 (declared)\n3 document.name=c (declared)\n4 document.name=d (declared)\n"));
}

/* What INTEGRITY says, and how it is normalised. */
static void check_integrity(const char *text, const char *want)
{
	char xml[2048], fact[512];

	snprintf(xml, sizeof(xml), HEAD "<OBJECT><FILE><INTEGRITY>%s</INTEGRITY></FILE></OBJECT>" END, text);
	read(xml, 0);
	CHECK_RC(f.rc, VF_OK);
	snprintf(fact, sizeof(fact), "1 document.checksum=%s (declared)\n", want);
	if (!facts_has(&f, fact))
		CHECK_FAIL("%s is not %s: %s", text, want, f.text);
}

static void test_integrity(void)
{
	static const char *const as_written[] = {
		"SHA256-81788ba0d7d02d81c063dbca621ba11b", /* of the standard's own example: 16 octets are no SHA-256 */
		"sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ", "sha256-", "-XUFAKrxLKna5cZ2REBfFkg==x", "sha384-AAAA", SHA256, MD5, "x",
		"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="};

	check_integrity("sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "sha256:" SHA256);
	check_integrity("SHA-256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "SHA-256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
	check_integrity("SHA256-2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824", "sha256:" SHA256);
	check_integrity("md5-" MD5, "md5:" MD5);
	check_integrity("MD5-XUFAKrxLKna5cZ2REBfFkg==", "md5:" MD5);
	check_integrity(" XUFAKrxLKna5cZ2REBfFkg==\n", "md5:" MD5);
	for (size_t i = 0; i < sizeof(as_written) / sizeof(as_written[0]); i++)
		check_integrity(as_written[i], as_written[i]);
}

static void check_name(const char *url, const char *want)
{
	char xml[2048], fact[512];

	snprintf(xml, sizeof(xml), HEAD "<OBJECT><FILE><CONTENTURL>%s</CONTENTURL></FILE></OBJECT>" END, url);
	read(xml, 0);
	snprintf(fact, sizeof(fact), "1 document.name=%s (declared)\n", want);
	if (!facts_has(&f, fact))
		CHECK_FAIL("%s is not %s: %s", url, want, f.text);
}

static void test_names(void)
{
	check_name("a/b.pdf", "a/b.pdf");
	check_name("a%2fb%C3%A9.pdf", "a/b\xc3\xa9.pdf");
	check_name("100%.pdf", "100%.pdf");
	check_name("100%4", "100%4");
	check_name("%41%zz", "A%zz");
	check_name("a%ff.pdf", "a%ff.pdf"); /* not UTF-8 */
	check_name("a%00.pdf", "a%00.pdf");
}

static void test_refusals(void)
{
	static char text[20000];

	read(HEAD OBJECT "<FILE><FILENAME>a", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	snprintf(text, sizeof(text), HEAD "<OBJECT><OBJECTID>%017000d</OBJECTID></OBJECT>" END, 1);
	read(text, 0);
	CHECK_RC(f.rc, VF_LIMIT);
	/* another namespace is another format */
	facts_read(&f, NULL, vf_bytes_str("<BATCH STUDYID=\"1\"/>"), "exchange.xml", 0);
	CHECK_STR(f.reader, "");
	/* elements of another depth say nothing */
	read(HEAD "<FILE><FILENAME>a</FILENAME></FILE><OBJECTID>x</OBJECTID><OBJECT><FILENAME>b</FILENAME></OBJECT>" END, 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(!facts_has(&f, "document."));
}

int main(void)
{
	test_objects();
	test_late();
	test_integrity();
	test_names();
	test_refusals();
	return check_done();
}
