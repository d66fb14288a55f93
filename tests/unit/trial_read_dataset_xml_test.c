/* Dataset-XML: rows, persons, what it refers to; what its columns mean is trial_read_sdtm's. */
#include "tests/fact_lines.h"

static struct fact_lines f;

#define HEAD "<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3' xmlns:data='http://www.cdisc.org/ns/Dataset-XML/v1.0' "
#define OPEN HEAD "data:DatasetXMLVersion='1.0.0' ODMVersion='1.3.2' FileType='Snapshot' "
#define DATA(rows) "<ClinicalData StudyOID='S.1' MetaDataVersionOID='MDV.1'>" rows "</ClinicalData></ODM>"
#define ROW(set, seq, items) "<ItemGroupData ItemGroupOID='" set "' data:ItemGroupDataSeq='" seq "'>" items "</ItemGroupData>"
#define ITEM(oid, value) "<ItemData ItemOID='" oid "' Value='" value "'/>"

static void read_text(const char *xml, unsigned wants)
{
	fact_lines_read(&f, vf_bytes_str(xml), wants, NULL);
	CHECK_STR(f.reader, "dataset-xml");
}

static void test_rows(void)
{
	read_text(OPEN "FileOID='D(IG.DM)' PriorFileOID='D' CreationDateTime='2014-04-01T09:31:03' Originator='Team'>"
		DATA(ROW("IG.DM", "1", ITEM("IT.STUDYID", "ST1") ITEM("IT.USUBJID", "u1") ITEM("IT.DM.RFICDTC", "2024-01-02"))
		ROW("IG.DM", "2", ITEM("IT.STUDYID", "ST1") ITEM("IT.USUBJID", "u2"))
		ROW("IG.DM", "3", ITEM("IT.USUBJID", "u2"))), 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK_LINES(&f, "0 file.version = 1.0.0\n");
	CHECK_LINES(&f, "0 file.id = D(IG.DM)\n0 file.created = 2014-04-01T09:31:03\n0 file.type = Snapshot\n0 file.originator = Team\n"
		"0 study.id.oid = S.1\n1 version.id = MDV.1\n1 version.of = metadata\n");
	CHECK_LINES(&f, "2 dataset.oid = IG.DM\n2 dataset.name = DM\n2 dataset.rows = 3\n");
	CHECK_LINES(&f, "0 file.subjects = 2\n");
	/* the file before is none of a series: it is the define */
	CHECK_LINES(&f, "0 file.refers = D\n");
	CHECK_NOT_SAID(&f, "file.prior");
	CHECK_NOT_SAID(&f, "u1");
	CHECK_NOT_SAID(&f, "!");
}

static void test_persons(void)
{
	read_text(OPEN ">" DATA(ROW("IG.DM", "1", ITEM("IT.USUBJID", "u1") ITEM("IT.DM.RFICDTC", "2024-01-02") ITEM("IT.DM.SITEID", "101"))
		ROW("IG.DM", "2", ITEM("IT.DM.SITEID", "102") ITEM("IT.USUBJID", "u2") ITEM("IT.DM.RFICDTC", "2024-13"))), TR_WANT_SUBJECTS);
	CHECK_INT(fact_lines_count(&f, "subject.site @u1 = 101\n"), 1);
	CHECK_INT(fact_lines_count(&f, "subject.site @u2 = 102\n"), 1);
	CHECK_INT(fact_lines_count(&f, "consent.date @u1 = 2024-01-02\n"), 1);
	CHECK_INT(fact_lines_count(&f, "consent.date @u2 = ?\n"), 1);
	CHECK_INT(fact_lines_count(&f, "consent.source @u1 = RFICDTC\n"), 1);
	CHECK_INT(fact_lines_count(&f, "! bad-time"), 1);
	/* a row has no more than what stands in it: nothing is left of the one before */
	read_text(OPEN ">" DATA(ROW("IG.DM", "1", ITEM("IT.USUBJID", "u1") ITEM("IT.DM.RFICDTC", "2024-01-02"))
		ROW("IG.DM", "2", ITEM("IT.USUBJID", "u2"))), TR_WANT_SUBJECTS);
	CHECK_INT(fact_lines_count(&f, "consent.date"), 1);
}

/* Items out of their order, in typed elements, in reference data; a place is of its row. */
static void test_shapes(void)
{
	read_text(OPEN "><ReferenceData StudyOID='S' MetaDataVersionOID='M'>"
		ROW("IG.LB", "1", ITEM("IT.A", "1") ITEM("IT.B", "1") ITEM("IT.C", "1") ITEM("IT.LB.LBTESTCD", "ALT")
		"<ItemDataString ItemOID='IT.USUBJID'>u1</ItemDataString><ItemDataPartialDate ItemOID='IT.LB.LBDTC'>2024-02</ItemDataPartialDate>")
		ROW("IG.LB", "2", "<ItemDataPartialDate ItemOID='IT.LB.LBDTC'>2024-03</ItemDataPartialDate>" ITEM("IT.USUBJID", "u1")
		ITEM("IT.C", "1") ITEM("IT.LB.LBTESTCD", "AST")) "</ReferenceData></ODM>",
		TR_WANT_SUBJECTS | TR_WANT_ROWS | TR_WANT_PLACES);
	CHECK_INT(fact_lines_count(&f, "row.date @u1 = 2024-02 at /ODM/ReferenceData[1]/ItemGroupData[1]\n"), 1);
	CHECK_INT(fact_lines_count(&f, "row.date @u1 = 2024-03 at /ODM/ReferenceData[1]/ItemGroupData[2]\n"), 1);
	CHECK_INT(fact_lines_count(&f, "row.term @u1 = ALT"), 1);
	CHECK_INT(fact_lines_count(&f, "row.term @u1 = AST"), 1);
	CHECK_INT(fact_lines_count(&f, "dataset.rows = 2\n"), 1);
}

/* Data sets one after the other, and mixed. */
static void test_sets(void)
{
	read_text(OPEN ">" DATA(ROW("IG.DM", "1", ITEM("IT.USUBJID", "u1")) ROW("IG.LB", "1", ITEM("IT.USUBJID", "u1"))
		ROW("IG.DM", "2", ITEM("IT.USUBJID", "u2")) ROW("SUPPDM", "1", "") ROW("IG.LB", "2", ITEM("IT.USUBJID", "u3"))), 0);
	CHECK_LINES(&f, "2 dataset.oid = IG.DM\n2 dataset.name = DM\n2 dataset.rows = 2\n3 dataset.oid = IG.LB\n3 dataset.name = LB\n"
		"3 dataset.rows = 2\n4 dataset.oid = SUPPDM\n4 dataset.name = SUPPDM\n4 dataset.rows = 1\n0 file.subjects = 3\n");
	CHECK_NOT_SAID(&f, "!");
}

static void test_sequence(void)
{
	read_text(OPEN ">" DATA(ROW("IG.DM", "1", "") ROW("IG.DM", "3", "")), 0);
	CHECK_INT(fact_lines_count(&f, "! count"), 1);
	read_text(OPEN ">" DATA("<ItemGroupData ItemGroupOID='IG.DM'/><ItemGroupData ItemGroupOID='IG.DM'/>"), 0);
	CHECK_NOT_SAID(&f, "! count");
	CHECK_INT(fact_lines_count(&f, "dataset.rows = 2\n"), 1);
}

/* A declaration of the namespace that nothing uses makes no data set of an ODM file, and items alone are no row. */
static void test_others(void)
{
	fact_lines_read(&f, vf_bytes_str(HEAD "><ClinicalData/></ODM>"), 0, NULL);
	CHECK_STR(f.reader, "odm");
	read_text(OPEN "><ClinicalData>" ITEM("IT.USUBJID", "u1") "</ClinicalData></ODM>", TR_WANT_SUBJECTS);
	CHECK_RC(f.rc, VF_OK);
	CHECK_NOT_SAID(&f, "u1");
	CHECK_NOT_SAID(&f, "dataset.");
	read_text(OPEN ">" "<ClinicalData>" ROW("IG.DM", "1", ITEM("IT.USUBJID", "u1")), TR_WANT_SUBJECTS);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	CHECK_INT(fact_lines_count(&f, "subject.key @u1 = u1\n"), 1);
}

int main(void)
{
	test_rows();
	test_persons();
	test_shapes();
	test_sets();
	test_sequence();
	test_others();
	return check_done();
}
