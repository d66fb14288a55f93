/* Dates of consents and withdrawals in ODM, which has no element for them: by mapping, variable, name, rows of DS. */
#include "tests/fact_lines.h"
#include "tests/odm_text.h"
#include "trial/read/mapping.h"

static struct fact_lines f;

#define STUDY(defs) "<Study OID='S'><MetaDataVersion OID='M' Name='1'>" defs "</MetaDataVersion></Study>"
#define GROUP(items) "<SubjectData SubjectKey='1'><StudyEventData StudyEventOID='E'><FormData FormOID='F'><ItemGroupData ItemGroupOID='G'>" \
	items "</ItemGroupData></FormData></StudyEventData></SubjectData>"
#define ITEM(oid, value) "<ItemData ItemOID='" oid "' Value='" value "'/>"
/* A form F named for consent, with a group G of the items A and B. */
#define FORM(name, items) "<FormDef OID='F' Name='" name "'><ItemGroupRef ItemGroupOID='G'/></FormDef><ItemGroupDef OID='G' Name='g'>" \
	"<ItemRef ItemOID='A'/><ItemRef ItemOID='B'/></ItemGroupDef>" items

static void read_all(const char *xml, unsigned wants, const char *mapping)
{
	VF_CLEANUP(tr_mapping_freep) struct tr_mapping *m = NULL;
	char json[2048];

	snprintf(json, sizeof(json), "{\"schema\":\"trialnotary/mapping/1\",%s}", mapping ? mapping : "\"study\":\"S\"");
	CHECK_RC(tr_mapping_parse(vf_bytes_str(json), &m, NULL), VF_OK);
	fact_lines_read(&f, vf_bytes_str(xml), wants, mapping ? m : NULL);
	CHECK_STR(f.reader, "odm");
	CHECK_RC(f.rc, VF_OK);
}

static void read_text(const char *xml)
{
	read_all(xml, TR_WANT_SUBJECTS, NULL);
}

static void test_variable(void)
{
	read_text("<ODM " NS13 ">" STUDY("<ItemDef OID='A' SDSVarName='RFICDTC'/><ItemDef OID='B' Name='CONSENT DATE'/>")
		DATA(GROUP(ITEM("A", "2024-01-02") ITEM("B", "2020-01-01"))) "</ODM>");
	CHECK_LINES(&f, "3 consent.date @1 = 2024-01-02\n3 consent.source @1 = RFICDTC\n3 consent.key @1 = 1/E/F/G/A\n");
	CHECK_INT(fact_lines_count(&f, "consent.date"), 1);
	CHECK_NOT_SAID(&f, "!");
	/* an alias, with and without its data set; of something else it is nothing */
	read_text("<ODM " NS13 ">" STUDY("<ItemDef OID='A'><Alias Context='SDTM' Name='DM.RFICDTC'/></ItemDef><ItemDef OID='B'>"
		"<Question/><Alias Context='CDASH' Name='RFICDTC'/></ItemDef><CodeList OID='C'><Alias Name='RFICDTC'/></CodeList>")
		DATA(GROUP(ITEM("A", "2024-01-02") ITEM("B", "2024-01") ITEM("C", "2020-01-01"))) "</ODM>");
	CHECK_LINES(&f, "3 consent.date @1 = 2024-01-02\n");
	CHECK_LINES(&f, "4 consent.date @1 = 2024-01\n");
	CHECK_INT(fact_lines_count(&f, "consent.date"), 2);
}

static void test_name(void)
{
	static const char *const named[] = {"RFICDT", "Date of ICDT", "icfdt", "Consent: Date", "DSSTDAT"};
	static const char *const others[] = {"Date of consent", "DAT of CONSENT", "CONSENT", "ICD"};
	char xml[4096];

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		snprintf(xml, sizeof(xml), "<ODM " NS13 ">" STUDY(FORM("Informed Consent", "<ItemDef OID='A' Name='%s'/><ItemDef OID='B'/>"))
			DATA(GROUP(ITEM("A", "2024-01-02") ITEM("B", "2020-01-01"))) "</ODM>", named[i]);
		read_text(xml);
		CHECK_LINES(&f, "3 consent.date @1 = 2024-01-02\n3 consent.source @1 = name\n");
		CHECK_INT(fact_lines_count(&f, "consent.date"), 1);
		CHECK_NOT_SAID(&f, "!");
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(xml, sizeof(xml), "<ODM " NS13 ">" STUDY(FORM("Informed Consent", "<ItemDef OID='A' Name='%s'/>"))
			DATA(GROUP(ITEM("A", "2024-01-02"))) "</ODM>", others[i]);
		read_text(xml);
		CHECK_NOT_SAID(&f, "consent.date");
		CHECK_INT(fact_lines_count(&f, "! mapping"), 1);
	}
	/* by its OID; the name of the group; the same item outside is none */
	read_text("<ODM " NS13 ">" STUDY("<ItemGroupDef OID='G' Name='CONSENT'><ItemRef ItemOID='IT.ICDAT'/></ItemGroupDef>"
		"<ItemDef OID='IT.ICDAT'/><ItemDef OID='RFICDTC'/>") DATA(GROUP(ITEM("IT.ICDAT", "2020"))) "</ODM>");
	CHECK_NOT_SAID(&f, "consent.date"); /* ICDAT is not ICDT */
	CHECK_INT(fact_lines_count(&f, "! mapping"), 1);
	read_text("<ODM " NS13 ">" STUDY("<ItemGroupDef OID='G' Name='CONSENT'><ItemRef ItemOID='ICDTC'/></ItemGroupDef><ItemGroupDef OID='H' "
		"Name='h'><ItemRef ItemOID='ICDTC'/></ItemGroupDef><ItemDef OID='ICDTC'/>") DATA(GROUP(ITEM("ICDTC", "2024"))
		"<SubjectData SubjectKey='2'><ItemGroupData ItemGroupOID='H'>" ITEM("ICDTC", "2020") "</ItemGroupData></SubjectData>") "</ODM>");
	CHECK_LINES(&f, "3 consent.date @1 = 2024\n3 consent.source @1 = name\n");
	CHECK_INT(fact_lines_count(&f, "consent.date"), 1);
}

/* "Informed Consent and Demographics" without such a date: a warning, and no guess. */
static void test_no_date(void)
{
	read_text("<ODM " NS13 ">" STUDY(FORM("Informed Consent and Demographics", "<ItemDef OID='A' Name='Age'/>")) "</ODM>");
	CHECK_INT(fact_lines_count(&f, "! mapping"), 1);
	read_text("<ODM " NS13 ">" STUDY(FORM("Demographics", "<ItemDef OID='A' Name='ICDT'/>")) DATA(GROUP(ITEM("A", "2024"))) "</ODM>");
	CHECK_NOT_SAID(&f, "!");
	CHECK_NOT_SAID(&f, "consent.date");
	/* definitions in another order, and groups in groups (2.0) */
	read_text("<ODM " NS20 ">" STUDY("<ItemDef OID='A' Name='ICDT'/><ItemGroupDef OID='G'><ItemRef ItemOID='A'/></ItemGroupDef>"
		"<ItemGroupDef OID='F' Type='Form' Name='Consent'><ItemGroupRef ItemGroupOID='G'/></ItemGroupDef>")
		DATA("<SubjectData SubjectKey='1'><StudyEventData StudyEventOID='E'><ItemGroupData ItemGroupOID='F'><ItemGroupData ItemGroupOID='G'>"
		"<ItemData ItemOID='A'><Value>2024-01-02</Value><Value>2020</Value></ItemData></ItemGroupData></ItemGroupData>"
		"</StudyEventData></SubjectData>") "</ODM>");
	CHECK_NOT_SAID(&f, "!");
	CHECK_LINES(&f, "3 consent.date @1 = 2024-01-02\n3 consent.source @1 = name\n3 consent.key @1 = 1/E//F>G/A\n");
	CHECK_INT(fact_lines_count(&f, "consent.date"), 1);
}

static void test_values(void)
{
#define WITH(items) "<ODM " NS13 ">" STUDY("<ItemDef OID='A' SDSVarName='RFICDTC'/>") DATA(GROUP(items)) "</ODM>"
	/* typed elements of 1.3 hold it as text */
	read_text(WITH("<ItemDataDate ItemOID='A'>2024-01-02</ItemDataDate><ItemDataPartialDate ItemOID='A'>2024-02</ItemDataPartialDate>"
		"<ItemDataAny ItemOID='B'>2020</ItemDataAny>"));
	CHECK_LINES(&f, "3 consent.date @1 = 2024-01-02\n");
	CHECK_LINES(&f, "4 consent.date @1 = 2024-02\n");
	CHECK_INT(fact_lines_count(&f, "consent.date"), 2);
	/* the key of what follows a typed element is right */
	CHECK_LINES(&f, "4 consent.source @1 = RFICDTC\n4 consent.key @1 = 1/E/F/G/A\n");
	read_text(WITH("<ItemData ItemOID='A' IsNull='Yes'/>" ITEM("A", "") ITEM("A", " ")));
	CHECK_NOT_SAID(&f, "consent.");
	CHECK_NOT_SAID(&f, "!");
	/* malformed ones are kept, and no warning shows them */
	read_text(WITH(ITEM("A", "2001-05-31-T10:08:40-05:00") ITEM("A", "2001-05-31T9:06:45-05:00") ITEM("A", "31/05/2001")));
	CHECK_INT(fact_lines_count(&f, "consent.date @1 = ?"), 3);
	CHECK_INT(fact_lines_count(&f, "! bad-time"), 3);
	CHECK_INT(fact_lines_count(&f, "2001"), 0);
	read_text(WITH(ITEM("A", "2003---15") ITEM("A", "2003-12-15T-:15:-") ITEM("A", "2003-12-15T10:15:00Z/P3D")));
	CHECK_INT(fact_lines_count(&f, "consent.date @1 = 2003"), 3);
	CHECK_NOT_SAID(&f, "! bad-time");
	/* without persons there is no consent of one */
	read_all(WITH(ITEM("A", "2024-01-02")), TR_WANT_AUDIT, NULL);
	CHECK_NOT_SAID(&f, "2024");
}

/* A date that was corrected: the transaction and the key say which one counts. */
static void test_transactions(void)
{
	read_text("<ODM " NS13 " FileType='Transactional'>" STUDY("<ItemDef OID='A' SDSVarName='RFICDTC'/>")
		DATA("<SubjectData SubjectKey='1' TransactionType='Insert'><ItemGroupData ItemGroupOID='G'>" ITEM("A", "2024-01-02")
		"</ItemGroupData></SubjectData><SubjectData SubjectKey='1' TransactionType='Update'><ItemGroupData ItemGroupOID='G'>"
		ITEM("A", "2024-01-03") "</ItemGroupData></SubjectData>") "</ODM>");
	CHECK_LINES(&f, "3 consent.date @1 = 2024-01-02\n3 consent.source @1 = RFICDTC\n3 consent.action @1 = Insert\n"
		"3 consent.key @1 = 1///G/A\n");
	CHECK_LINES(&f, "5 consent.date @1 = 2024-01-03\n5 consent.source @1 = RFICDTC\n5 consent.action @1 = Update\n"
		"5 consent.key @1 = 1///G/A\n");
}

static void test_mapping(void)
{
	static const char xml[] = "<ODM " NS13 ">" STUDY(FORM("Consent", "<ItemDef OID='A' SDSVarName='RFICDTC'/><ItemDef OID='B'/>"))
		DATA("<SubjectData SubjectKey='1'><StudyEventData StudyEventOID='E'><FormData FormOID='F'><ItemGroupData ItemGroupOID='G'>"
		ITEM("V", "3.1") ITEM("A", "2020") ITEM("B", "2024-01-02") ITEM("S", "sampling") ITEM("W", "2024-05")
		"</ItemGroupData></FormData><FormData FormOID='F2'><ItemGroupData ItemGroupOID='G'>" ITEM("B", "2024-02-03") ITEM("W", "2024-06")
		"</ItemGroupData></FormData></StudyEventData></SubjectData>") "</ODM>";

	/* nothing else is taken for a consent; the version of the form is of the same item */
	read_all(xml, TR_WANT_SUBJECTS, "\"consents\":[{\"form\":\"F\",\"group\":\"G\",\"item\":\"B\",\"version\":\"V\"}]");
	CHECK_LINES(&f, "3 consent.form @1 = 3.1\n3 consent.date @1 = 2024-01-02\n3 consent.source @1 = mapping\n");
	CHECK_INT(fact_lines_count(&f, "consent.date"), 1);
	CHECK_NOT_SAID(&f, "withdrawal.");
	read_all(xml, TR_WANT_SUBJECTS, "\"consents\":[{\"item\":\"B\"}]");
	CHECK_INT(fact_lines_count(&f, "consent.date"), 2);
	read_all(xml, TR_WANT_SUBJECTS, "\"consents\":[{\"group\":\"H\",\"item\":\"B\"}]");
	CHECK_NOT_SAID(&f, "consent.");
	/* withdrawals alone: consents are looked for as without a mapping */
	read_all(xml, TR_WANT_SUBJECTS, "\"withdrawals\":[{\"form\":\"F\",\"item\":\"W\",\"scope\":\"S\"}]");
	CHECK_LINES(&f, "4 withdrawal.scope @1 = sampling\n4 withdrawal.date @1 = 2024-05\n4 withdrawal.source @1 = mapping\n"
		"4 withdrawal.key @1 = 1/E/F/G/W\n");
	CHECK_INT(fact_lines_count(&f, "withdrawal.date"), 1);
	CHECK_LINES(&f, "3 consent.date @1 = 2020\n3 consent.source @1 = RFICDTC\n");
	/* data without definitions, as OpenEDC exports it */
	read_all("<ODM " NS13 ">" DATA(GROUP(ITEM("I.16", "2111-02-04"))) "</ODM>", TR_WANT_SUBJECTS, "\"consents\":[{\"item\":\"I.16\"}]");
	CHECK_LINES(&f, "2 consent.date @1 = 2111-02-04\n");
	/* a form of 2.0 is a group */
	read_all("<ODM " NS20 ">" DATA("<SubjectData SubjectKey='1'><ItemGroupData ItemGroupOID='F'><ItemGroupData ItemGroupOID='G'><ItemData "
		"ItemOID='A'><Value>2024</Value></ItemData></ItemGroupData></ItemGroupData></SubjectData>") "</ODM>", TR_WANT_SUBJECTS,
		"\"consents\":[{\"form\":\"F\",\"group\":\"G\",\"item\":\"A\"}]");
	CHECK_LINES(&f, "2 consent.date @1 = 2024\n");
	CHECK_NOT_SAID(&f, "! mapping");
}

/* Rows of DS: what happened in one item, when in another, in either order. */
static void test_ds(void)
{
#define DS(rows) "<ODM " NS13 ">" STUDY("<ItemDef OID='D' SDSVarName='DSDECOD'/><ItemDef OID='T' SDSVarName='DSSTDTC'/>") \
	DATA("<SubjectData SubjectKey='1'><FormData FormOID='F'>" rows "</FormData></SubjectData>") "</ODM>"
#define ROW(items) "<ItemGroupData ItemGroupOID='G'>" items "</ItemGroupData>"
	read_text(DS(ROW(ITEM("T", "2024-01-02") ITEM("D", "INFORMED CONSENT OBTAINED")) ROW(ITEM("D", "WITHDRAWAL BY SUBJECT") ITEM("T", "2024-05"))
		ROW(ITEM("D", "COMPLETED") ITEM("T", "2024-06")) ROW(ITEM("D", "INFORMED CONSENT OBTAINED"))));
	CHECK_LINES(&f, "3 consent.date @1 = 2024-01-02\n3 consent.source @1 = DS\n");
	CHECK_LINES(&f, "4 withdrawal.date @1 = 2024-05\n4 withdrawal.source @1 = DS\n");
	CHECK_INT(fact_lines_count(&f, ".date @1"), 2);
	read_text(DS(ROW(ITEM("D", "WITHDREW CONSENT") ITEM("T", "2024-05")) ROW(ITEM("D", "CONSENT WITHDRAWN") ITEM("T", "2024-06"))));
	CHECK_INT(fact_lines_count(&f, "withdrawal.date"), 2);
	/* the mapping's withdrawals are all */
	read_all(DS(ROW(ITEM("D", "WITHDREW CONSENT") ITEM("T", "2024-05") ITEM("W", "2024-07"))), TR_WANT_SUBJECTS,
		"\"withdrawals\":[{\"item\":\"W\"}]");
	CHECK_LINES(&f, "3 withdrawal.date @1 = 2024-07\n");
	CHECK_INT(fact_lines_count(&f, "withdrawal.date"), 1);
}

/* Items of SDTM variables that say when something was collected. */
static void test_rows(void)
{
	static const char xml[] = "<ODM " NS13 ">" STUDY("<ItemDef OID='A' SDSVarName='LBDTC'/><ItemDef OID='B' SDSVarName='AESTDTC'/>"
		"<ItemDef OID='C' SDSVarName='BRTHDTC'/><ItemDef OID='D' SDSVarName='RFSTDTC'/><ItemDef OID='H' SDSVarName='lbdtc'/>")
		DATA(GROUP(ITEM("A", "2024-01-02T10:00") ITEM("B", "2024-02") ITEM("C", "1947-07-16") ITEM("D", "2024-03") ITEM("H", "2024-04")))
		"</ODM>";

	read_all(xml, TR_WANT_SUBJECTS | TR_WANT_ROWS, NULL);
	CHECK_LINES(&f, "3 row.domain @1 = LB\n3 row.date @1 = 2024-01-02T10:00\n3 row.what @1 = LBDTC\n3 row.term @1 = E\n"
		"4 row.domain @1 = AE\n4 row.date @1 = 2024-02\n4 row.what @1 = AESTDTC\n4 row.term @1 = E\n");
	CHECK_INT(fact_lines_count(&f, "row.date"), 2);
	CHECK_NOT_SAID(&f, "1947");
	read_all(xml, TR_WANT_SUBJECTS, NULL);
	CHECK_NOT_SAID(&f, "row.");
}

int main(void)
{
	test_variable();
	test_name();
	test_no_date();
	test_values();
	test_transactions();
	test_mapping();
	test_ds();
	test_rows();
	return check_done();
}
