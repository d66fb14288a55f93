/* Define-XML of three versions: data sets, where their leaves stand, documents, standards, columns. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

#define ODM(odm, def) "<?xml version=\"1.0\"?><ODM xmlns=\"http://www.cdisc.org/ns/odm/" odm "\" xmlns:def=\"http://www.cdisc.org/ns/def/" \
	def "\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" FileOID=\"F.1\" FileType=\"Snapshot\" CreationDateTime=\"2019-02-11T15:30:01\""
#define STUDY "><Study OID=\"S.1\"><GlobalVariables><StudyName>N</StudyName><StudyDescription>D</StudyDescription>" \
	"<ProtocolName>P</ProtocolName></GlobalVariables>"
#define END "</MetaDataVersion></Study></ODM>"
#define V21 ODM("v1.3", "v2.1") " def:Context=\"Submission\"" STUDY "<MetaDataVersion OID=\"M.1\" Name=\"MN\" def:DefineVersion=\"2.1.0\">"

static void read(const char *text, unsigned wants)
{
	facts_read(&f, NULL, vf_bytes_str(text), "define.xml", wants);
	CHECK_STR(f.reader, "define");
}

static void test_1_0(void)
{
	read(ODM("v1.2", "v1.0") STUDY
		"<MetaDataVersion OID=\"M.1\" Name=\"MN\" def:DefineVersion=\"1.0.0\" def:StandardName=\"CDISC SDTM\" "
		"def:StandardVersion=\"3.1.1\"><def:leaf ID=\"L.crf\" xlink:href=\"blankcrf.pdf\"><def:title>CRF</def:title></def:leaf>"
		"<def:leaf ID=\"L.t1\" xlink:href=\"../rep.pdf#page=43\"/><ItemGroupDef OID=\"DM\" Name=\"DM\" def:Label=\"Demographics\" "
		"def:ArchiveLocationID=\"L.dm\"><ItemRef ItemOID=\"A\"/><ItemRef ItemOID=\"B\"/><def:leaf ID=\"L.dm\" "
		"xlink:href=\"dm.xpt\"><def:title>dm.xpt</def:title></def:leaf></ItemGroupDef>" END, 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 file.id=F.1 "));
	CHECK(facts_has(&f, "0 file.created=2019-02-11T15:30:01 "));
	CHECK(facts_has(&f, "0 file.type=Snapshot "));
	CHECK(facts_has(&f, "0 study.id.oid=S.1 "));
	CHECK(facts_has(&f, "0 study.name=N "));
	CHECK(facts_has(&f, "0 study.protocol=P "));
	CHECK(facts_has(&f, "0 file.version=1.0.0 "));
	CHECK(facts_has(&f, "1 version.id=M.1 "));
	CHECK(facts_has(&f, "1 version.of=metadata "));
	CHECK(facts_has(&f, "0 file.standard=CDISC SDTM 3.1.1 "));
	CHECK(facts_has(&f, "2 dataset.name=DM "));
	CHECK(facts_has(&f, "2 dataset.label=Demographics "));
	CHECK(facts_has(&f, "2 dataset.standard=CDISC SDTM 3.1.1 "));
	CHECK(facts_has(&f, "2 dataset.file=dm.xpt "));
	CHECK(facts_has(&f, "2 dataset.columns=2 "));
	CHECK(facts_has(&f, "3 document.name=blankcrf.pdf (declared)\n3 document.url=blankcrf.pdf (declared)\n3 document.id=L.crf (declared)\n"
			    "3 document.title=CRF (declared)\n4 document.name=../rep.pdf (declared)\n"
			    "4 document.url=../rep.pdf#page=43 (declared)\n"));
	CHECK_INT(facts_count(&f, "document.name"), 2);
	CHECK(!facts_has(&f, "! "));
}

/* Leaves of data sets in the MetaDataVersion, before and behind; one of two sets; none. */
static void test_leaves(void)
{
	read(V21 "<def:leaf ID=\"L.ae\" xlink:href=\"ae.xpt\"/><ItemGroupDef OID=\"I.DM\" Name=\"DM\" def:ArchiveLocationID=\"L.dm\"/>"
		 "<ItemGroupDef OID=\"I.AE\" Name=\"AE\" def:ArchiveLocationID=\"L.ae\"/><ItemGroupDef OID=\"I.A2\" Name=\"A2\" "
		 "def:ArchiveLocationID=\"L.ae\"/><ItemGroupDef OID=\"I.NO\" Name=\"NO\" def:HasNoData=\"Yes\"/><ItemGroupDef "
		 "OID=\"I.X\" Name=\"XX\"><def:leaf ID=\"L.x\" xlink:href=\"xx.xpt\"/></ItemGroupDef><def:leaf ID=\"L.dm\" "
		 "xlink:href=\"dm.ndjson\"/>" END, 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "2 dataset.file=dm.ndjson "));
	CHECK(facts_has(&f, "3 dataset.file=ae.xpt "));
	CHECK(facts_has(&f, "4 dataset.file=ae.xpt "));
	CHECK(facts_has(&f, "6 dataset.file=xx.xpt "));
	CHECK_INT(facts_count(&f, "dataset.file"), 4);
	CHECK(!facts_has(&f, "document."));
	CHECK(!facts_has(&f, "! "));
	read(V21 "<ItemGroupDef OID=\"I.DM\" Name=\"DM\" def:ArchiveLocationID=\"L.dm\"><def:leaf ID=\"L.other\" xlink:href=\"o.pdf\"/>"
		 "</ItemGroupDef>" END, 0);
	CHECK(facts_has(&f, "! reference a data set names a leaf"));
	CHECK(facts_has(&f, "3 document.name=o.pdf "));
	CHECK(!facts_has(&f, "dataset.file"));
}

/* No leaf stands in another: the inner one is not read. */
static void test_nested(void)
{
	read(V21 "<ItemGroupDef OID=\"I.DM\" Name=\"DM\" def:ArchiveLocationID=\"L.dm\"><ItemGroupDef OID=\"I.X\" Name=\"XX\"/>"
		 "<def:leaf ID=\"L.dm\" xlink:href=\"dm.xpt\"><x><def:leaf ID=\"L.y\" xlink:href=\"y.xpt\"/></x><def:title>T</def:title>"
		 "</def:leaf></ItemGroupDef>" END, 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "2 dataset.file=dm.xpt "));
	CHECK(!facts_has(&f, "y.xpt"));
	CHECK(!facts_has(&f, "=XX"));
}

static void test_standards(void)
{
	read(V21 "<def:Standards><def:Standard OID=\"STD.1\" Name=\"SDTMIG\" Type=\"IG\" Version=\"3.1.2\"/><def:Standard OID=\"STD.2\" "
		 "Name=\"SDTMIG-MD\" Type=\"IG\" Version=\"1.0\"/><def:Standard OID=\"STD.3\" Name=\"CDISC/NCI\" Type=\"CT\" "
		 "Version=\"2011-12-09\"/></def:Standards><ItemGroupDef OID=\"I.DM\" Name=\"DM\" Domain=\"DM\" def:StandardOID=\"STD.1\">"
		 "<Description><TranslatedText xml:lang=\"en\">Demographics</TranslatedText><TranslatedText xml:lang=\"de\">Personen"
		 "</TranslatedText></Description></ItemGroupDef><ItemGroupDef OID=\"I.DI\" Name=\"DI\" def:StandardOID=\"STD.2\"/>"
		 "<ItemGroupDef OID=\"I.ZZ\" Name=\"ZZ\" def:StandardOID=\"STD.9\"/>" END, 0);
	CHECK(facts_has(&f, "0 file.type=Submission "));
	CHECK(facts_has(&f, "0 file.standard=CDISC/NCI 2011-12-09 "));
	CHECK(facts_has(&f, "2 dataset.standard=SDTMIG 3.1.2 "));
	CHECK(facts_has(&f, "2 dataset.label=Demographics "));
	CHECK(facts_has(&f, "2 dataset.domain=DM "));
	CHECK(facts_has(&f, "3 dataset.standard=SDTMIG-MD 1.0 "));
	CHECK(facts_has(&f, "! reference a data set names a standard"));
	CHECK_INT(facts_count(&f, "dataset.label"), 1);
}

#define COLUMNS "<ItemGroupDef OID=\"I.DM\" Name=\"DM\"><ItemRef ItemOID=\"B\"/><ItemRef ItemOID=\"A\"/><ItemRef ItemOID=\"Z\"/>" \
	"</ItemGroupDef><def:ValueListDef OID=\"V\"><ItemRef ItemOID=\"A\"/></def:ValueListDef><ItemDef OID=\"A\" Name=\"AGE\" " \
	"DataType=\"integer\"><Description><TranslatedText>Age</TranslatedText></Description><Question><TranslatedText>How old?" \
	"</TranslatedText></Question></ItemDef><ItemDef OID=\"B\" Name=\"SEX\" DataType=\"text\" def:Label=\"Sex\"/>"

/* In the order of the data set, though they are defined behind it. */
static void test_columns(void)
{
	read(V21 COLUMNS END, TR_WANT_COLUMNS);
	CHECK(facts_has(&f, "3 column.name=SEX "));
	CHECK(facts_has(&f, "3 column.dataset=DM "));
	CHECK(facts_has(&f, "3 column.label=Sex "));
	CHECK(facts_has(&f, "3 column.type=text "));
	CHECK(facts_has(&f, "4 column.name=AGE "));
	CHECK(facts_has(&f, "4 column.label=Age "));
	CHECK(facts_has(&f, "4 column.type=integer "));
	CHECK_INT(facts_count(&f, "column.name"), 2);
	CHECK(!facts_has(&f, "How old"));
	CHECK(facts_has(&f, "! reference a data set names a column"));
	CHECK(facts_has(&f, "2 dataset.columns=3 "));
	read(V21 COLUMNS END, 0);
	CHECK(!facts_has(&f, "column.name"));
	CHECK(!facts_has(&f, "! "));
	CHECK(facts_has(&f, "2 dataset.columns=3 "));
}

/* Other files with the same root are other readers', whatever their prefixes. */
static void test_claims(void)
{
	facts_read(&f, NULL, vf_bytes_str("<ODM xmlns=\"http://www.cdisc.org/ns/odm/v1.3\"><Study/></ODM>"), "a.xml", 0);
	CHECK(strcmp(f.reader, "define") != 0);
	facts_read(&f, NULL, vf_bytes_str("<ODM xmlns=\"http://www.cdisc.org/ns/odm/v1.3\" xmlns:def=\"http://www.cdisc.org/ns/def/v2.0\" "
		"xmlns:data=\"http://www.cdisc.org/ns/Dataset-XML/v1.0\"/>"), "a.xml", 0);
	CHECK(strcmp(f.reader, "define") != 0);
	read("<o:ODM xmlns:o=\"http://www.cdisc.org/ns/odm/v1.3\" xmlns:d=\"http://www.cdisc.org/ns/def/v2.1\" xmlns:ItemGroupDef=\"urn:x\">"
	     "<o:Study OID=\"S\"><o:MetaDataVersion OID=\"M\"><o:ItemGroupDef OID=\"I\" Name=\"DM\"/><ItemGroupDef OID=\"J\" Name=\"NO\"/>"
	     "</o:MetaDataVersion></o:Study></o:ODM>", 0);
	CHECK(facts_has(&f, "dataset.name=DM"));
	CHECK(!facts_has(&f, "dataset.name=NO")); /* no namespace */
}

static void test_places(void)
{
	read(V21 "<ItemGroupDef OID=\"I.DM\" Name=\"DM\"/><ItemGroupDef OID=\"I.AE\" Name=\"AE\"/><def:leaf ID=\"a\" xlink:href=\"a.pdf\"/>"
		 "<def:leaf ID=\"b\" xlink:href=\"b.pdf\"/>" END, TR_WANT_PLACES);
	CHECK(facts_has(&f, "dataset.name=AE (declared) /ODM/Study[1]/MetaDataVersion[1]/ItemGroupDef[2]/@Name\n"));
	CHECK(facts_has(&f, "document.name=b.pdf (declared) /ODM/Study[1]/MetaDataVersion[1]/leaf[2]\n"));
}

static void test_refusals(void)
{
	read(V21 "<ItemGroupDef OID=\"I\" Name=\"DM\"><def:leaf ID=\"l\"", TR_WANT_COLUMNS);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read(V21 "<def:leaf ID=\"l\" xlink:href=\"a.pdf\"><def:title>", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
}

static void test_official(void)
{
	static const struct {
		const char *name;
		size_t sets, files, documents, columns;
	} files[] = {{"dataset-json/sdtm/define.xml", 31, 28, 2, 0}, {"odmlib/define2-0-0-sdtm-test.xml", 34, 34, 3, 0},
		{"odmlib/defineV21-SDTM.xml", 11, 9, 3, 0}};
	const char *root = getenv("TRIALNOTARY_DATA");
	char path[512];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct vf_bytes b;
		FILE *at;

		snprintf(path, sizeof(path), "%s/%s", root ? root : "../shared/data", files[i].name);
		at = fopen(path, "rb");
		if (!at) {
			printf("skipped: no %s\n", files[i].name);
			continue;
		}
		fclose(at);
		b = check_read(path);
		facts_read(&f, NULL, b, "define.xml", 0);
		CHECK_STR(f.reader, "define");
		CHECK_RC(f.rc, VF_OK);
		CHECK_INT(facts_count(&f, " dataset.name="), files[i].sets);
		CHECK_INT(facts_count(&f, " dataset.file="), files[i].files);
		CHECK_INT(facts_count(&f, " document.name="), files[i].documents);
		CHECK(!facts_has(&f, "! "));
		free((void *)(uintptr_t)b.p);
	}
}

int main(void)
{
	test_1_0();
	test_leaves();
	test_nested();
	test_standards();
	test_columns();
	test_claims();
	test_places();
	test_refusals();
	test_official();
	return check_done();
}
