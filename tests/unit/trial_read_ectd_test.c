/* eCTD: leaves with checksums and operations, study tagging files, the checksum of an index. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE ectd:ectd SYSTEM \"util/dtd/ich-ectd-3-2.dtd\">" \
	"<ectd:ectd xmlns:ectd=\"http://www.ich.org/ectd\" xmlns:xlink=\"http://www.w3c.org/1999/xlink\" dtd-version=\"3.2\">"
#define END "</ectd:ectd>"

static void read(const char *text, const char *reader)
{
	facts_read(&f, NULL, vf_bytes_str(text), "index.xml", 0);
	CHECK_STR(f.reader, reader);
}

static void test_index(void)
{
	read(HEAD "<m5-clinical-study-reports><m5-3-5><leaf ID=\"id1\" operation=\"new\" checksum=\"9C8DDFC5F7A1FA233667EA889F420775\" "
		  "checksum-type=\"MD5\" xlink:href=\"m5/datasets/dm.xpt\" xlink:type=\"simple\"><title>DM</title></leaf>"
		  "<leaf ID=\"id2\" operation=\"replace\" modified-file=\"../0000/index.xml#id1\" checksum=\"x\" checksum-type=\"md5\" "
		  "xlink:href=\"m5/a.pdf\"><title>A</title><node-extension><title>no</title></node-extension></leaf></m5-3-5>"
		  "<leaf ID=\"id3\" operation=\"delete\" modified-file=\"../0000/index.xml#id2\" checksum=\"\" checksum-type=\"md5\"/>"
		  "</m5-clinical-study-reports>" END, "ectd");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "! doctype"));
	CHECK(facts_has(&f, "0 file.version=3.2 "));
	CHECK(facts_has(&f, "1 document.name=m5/datasets/dm.xpt "));
	CHECK(facts_has(&f, "1 document.id=id1 "));
	CHECK(facts_has(&f, "1 document.operation=new "));
	CHECK(facts_has(&f, "1 document.type=m5-3-5 "));
	CHECK(facts_has(&f, "1 document.checksum=md5:9c8ddfc5f7a1fa233667ea889f420775 "));
	CHECK(facts_has(&f, "1 document.title=DM "));
	CHECK(facts_has(&f, "2 document.operation=replace "));
	CHECK(facts_has(&f, "2 document.replaces=../0000/index.xml#id1 "));
	CHECK(facts_has(&f, "2 document.checksum=x ")); /* no digits: as written */
	CHECK(!facts_has(&f, "document.title=no"));
	CHECK(facts_has(&f, "3 document.operation=delete "));
	CHECK(facts_has(&f, "3 document.type=m5-clinical-study-reports "));
	CHECK(!facts_has(&f, "3 document.name"));
	CHECK(!facts_has(&f, "3 document.checksum"));
	/* a region's file, and xlink's other namespace */
	read("<fda:fda-regional xmlns:fda=\"http://www.ich.org/fda\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" dtd-version=\"2.01\">"
	     "<m1-regional><leaf ID=\"u1\" operation=\"new\" checksum=\"5d41402abc4b2a76b9719d911017c592\" checksum-type=\"md5\" "
	     "xlink:href=\"cover.pdf\"/></m1-regional></fda:fda-regional>", "ectd");
	CHECK(facts_has(&f, "1 document.name=cover.pdf "));
	CHECK(facts_has(&f, "1 document.checksum=md5:5d41402abc4b2a76b9719d911017c592 "));
}

static void test_tagging(void)
{
	read("<?xml version=\"1.0\"?><!DOCTYPE ectd:study SYSTEM \"../../util/dtd/ich-stf-v2-2.dtd\"><ectd:study xmlns:ectd=\"http://www.ich.org/ectd\""
	     " xmlns:xlink=\"http://www.w3.org/1999/xlink\" dtd-version=\"2.2\"><study-identifier><title>A study</title><study-id>AB-1</study-id>"
	     "</study-identifier><study-document><doc-content xlink:href=\"../../index.xml#id1\"><file-tag name=\"protocol-or-amendment\" "
	     "info-type=\"ich\"/></doc-content><doc-content xlink:href=\"../../index.xml#id2\"><file-tag name=\"synopsis\"/></doc-content>"
	     "</study-document></ectd:study>", "ectd-stf");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 study.title=A study "));
	CHECK(facts_has(&f, "0 study.id.sponsor=AB-1 "));
	CHECK(facts_has(&f, "1 document.url=../../index.xml#id1 "));
	CHECK(facts_has(&f, "1 document.type=protocol-or-amendment "));
	CHECK(facts_has(&f, "2 document.type=synopsis "));
}

static void check_md5(const char *text, const char *name, const char *reader)
{
	facts_read(&f, NULL, vf_bytes_str(text), name, 0);
	CHECK_STR(f.reader, reader);
}

static void check_none(const char *text)
{
	facts_read(&f, NULL, vf_bytes_str(text), "index-md5.txt", 0);
	CHECK(strcmp(f.reader, "ectd-md5") != 0);
}

static void test_md5(void)
{
	static const char fact[] = "1 document.name=index.xml (declared)\n1 document.checksum=md5:5d41402abc4b2a76b9719d911017c592 (declared)\n";

	check_md5("5d41402abc4b2a76b9719d911017c592", "index-md5.txt", "ectd-md5");
	CHECK(facts_has(&f, fact));
	check_md5("5D41402ABC4B2A76B9719D911017C592  index.xml\r\n", "index-md5.txt", "ectd-md5");
	CHECK(facts_has(&f, fact));
	check_none("5d41402abc4b2a76b9719d911017c59");
	check_none("5d41402abc4b2a76b9719d911017c5920");
	check_none("5d41402abc4b2a76b9719d911017c59z");
	facts_read(&f, &tr_read_ectd_md5, vf_bytes_str("no digits"), "index-md5.txt", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
}

static void test_refusals(void)
{
	read(HEAD "<leaf ID=\"a\"><title>", "ectd");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read(HEAD "<leaf ID=\"a\"><leaf ID=\"b\"/></leaf>" END, "ectd");
	CHECK_RC(f.rc, VF_OK);
	CHECK(!facts_has(&f, "document.id=b"));
}

int main(void)
{
	test_index();
	test_tagging();
	test_md5();
	test_refusals();
	return check_done();
}
