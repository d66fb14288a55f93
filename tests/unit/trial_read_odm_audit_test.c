/* Audit records and signatures of ODM: each level, keys, inherited transactions, references, and dialects. */
#include "tests/fact_lines.h"
#include "tests/odm_text.h"

static struct fact_lines f;

#define ALL (TR_WANT_SUBJECTS | TR_WANT_AUDIT)
#define TRANSACTIONAL "<ODM " NS13 " FileType='Transactional'>"
#define SNAPSHOT "<ODM " NS13 " FileType='Snapshot'>"
#define AT(second) AUDIT("U.1", "L.1", "2024-01-02T10:00:0" second "Z")

static void read_text(const char *xml, unsigned wants)
{
	fact_lines_read(&f, vf_bytes_str(xml), wants, NULL);
	CHECK_STR(f.reader, "odm");
	CHECK_RC(f.rc, VF_OK);
}

/* A record at each level, with the transaction of the nearest that has one. */
static void test_levels(void)
{
	read_text(TRANSACTIONAL DATA("<SubjectData SubjectKey='1' TransactionType='Insert'>" AT("1")
		"<StudyEventData StudyEventOID='E' StudyEventRepeatKey='2'>" AT("2") "<FormData FormOID='F' TransactionType='Context'>" AT("3")
		"<ItemGroupData ItemGroupOID='G' ItemGroupRepeatKey='1' TransactionType='Update'>" AT("4") "<ItemData ItemOID='I' Value='7'>"
		AT("5") "</ItemData><ItemData ItemOID='J' TransactionType='Remove'>" AT("6") "</ItemData></ItemGroupData></FormData>"
		"</StudyEventData><StudyEventData StudyEventOID='E' TransactionType='Upsert'>" AT("7") "</StudyEventData></SubjectData>")
		"</ODM>", ALL);
	CHECK_LINES(&f, "3 audit.version @1 = M\n3 audit.key @1 = 1\n3 audit.action @1 = Insert\n"
		"3 audit.time @1 = 2024-01-02T10:00:01Z\n3 audit.user @1 = U.1\n3 audit.site @1 = L.1\n");
	CHECK_LINES(&f, "5 audit.version @1 = M\n5 audit.key @1 = 1/E[2]\n5 audit.action @1 = Insert\n");
	CHECK_LINES(&f, "7 audit.version @1 = M\n7 audit.key @1 = 1/E[2]/F\n7 audit.action @1 = Context\n");
	CHECK_LINES(&f, "9 audit.version @1 = M\n9 audit.key @1 = 1/E[2]/F/G[1]\n9 audit.action @1 = Update\n");
	CHECK_LINES(&f, "11 audit.version @1 = M\n11 audit.key @1 = 1/E[2]/F/G[1]/I\n11 audit.action @1 = Update\n11 audit.item @1 = I\n"
		"11 audit.time @1 = 2024-01-02T10:00:05Z\n");
	CHECK_LINES(&f, "13 audit.key @1 = 1/E[2]/F/G[1]/J\n13 audit.action @1 = Remove\n13 audit.item @1 = J\n");
	CHECK_LINES(&f, "15 audit.key @1 = 1/E\n15 audit.action @1 = Upsert\n");
	CHECK_LINES(&f, "0 file.records = 7\n");
}

/* The official example of 1.1: a record of a form is about all in it, dates are malformed, an update names "Page 1" where
 * "PAGE_1" was inserted, and an empty repeat key is written where another entry has "1". */
static void test_example(void)
{
	read_text("<!DOCTYPE ODM SYSTEM 'odm1-1-0.dtd'><ODM FileType='Transactional'><ClinicalData StudyOID='S' MetaDataVersionOID='M'>"
		"<SubjectData SubjectKey='P001' TransactionType='Insert'><StudyEventData StudyEventOID='V'><FormData FormOID='PAGE_1'>"
		AUDIT("U", "L", "2001-05-31-T10:08:40-05:00")
		"<ItemGroupData ItemGroupOID='VITALS' ItemGroupRepeatKey=''><ItemData ItemOID='SBP' Value='120'/></ItemGroupData></FormData>"
		"</StudyEventData></SubjectData><SubjectData SubjectKey='P001' TransactionType='Update'><StudyEventData StudyEventOID='V'>"
		"<FormData FormOID='Page 1'><AuditRecord EditPoint='Monitoring'><UserRef UserOID='U'/><LocationRef LocationOID='L'/>"
		"<DateTimeStamp>2001-05-31T9:06:45-05:00</DateTimeStamp><ReasonForChange>Error in initial data entry</ReasonForChange>"
		"<SourceID>x</SourceID></AuditRecord><ItemGroupData ItemGroupOID='VITALS' ItemGroupRepeatKey='1'><ItemData ItemOID='SBP' "
		"Value='130'/></ItemGroupData></FormData></StudyEventData></SubjectData></ClinicalData></ODM>", ALL);
	CHECK_LINES(&f, "5 audit.version @P001 = M\n5 audit.key @P001 = P001/V/PAGE_1\n5 audit.action @P001 = Insert\n"
		"5 audit.time @P001 = ?\n5 audit.user @P001 = U\n5 audit.site @P001 = L\n"
		"6 entry.key @P001 = P001/V/PAGE_1/VITALS\n6 entry.action @P001 = Insert\n"
		"7 entry.key @P001 = P001/V/PAGE_1/VITALS/SBP\n7 entry.action @P001 = Insert\n7 entry.item @P001 = SBP\n");
	CHECK_LINES(&f, "12 audit.key @P001 = P001/V/Page 1\n12 audit.action @P001 = Update\n12 audit.time @P001 = ?\n"
		"12 audit.user @P001 = U\n12 audit.site @P001 = L\n12 audit.edit-point @P001 = Monitoring\n"
		"12 audit.reason @P001 = Error in initial data entry\n"
		"13 entry.key @P001 = P001/V/Page 1/VITALS[1]\n13 entry.action @P001 = Update\n"
		"14 entry.key @P001 = P001/V/Page 1/VITALS[1]/SBP\n14 entry.action @P001 = Update\n");
	CHECK_INT(fact_lines_count(&f, "! bad-time"), 2);
}

/* Keys that differ are written differently, whatever characters they are made of. */
static void test_keys(void)
{
	read_text(TRANSACTIONAL DATA("<SubjectData SubjectKey='a/b[c]%'><StudyEventData StudyEventOID='10&#xB3;/x' "
		"StudyEventRepeatKey='&gt;'/></SubjectData>") "</ODM>", ALL);
	CHECK_LINES(&f, "3 entry.key @a/b[c]% = a%2Fb%5Bc%5D%25/10\xc2\xb3%2Fx[%3E]\n");
}

/* Snapshots have no transactions: records alone. */
static void test_snapshot(void)
{
	read_text(SNAPSHOT DATA("<SubjectData SubjectKey='1'>" AT("1") "</SubjectData>") "</ODM>", ALL);
	CHECK_NOT_SAID(&f, "entry.");
	CHECK_NOT_SAID(&f, "audit.action");
	CHECK_LINES(&f, "2 audit.key @1 = 1\n2 audit.time @1 = 2024-01-02T10:00:01Z\n");
	read_text(TRANSACTIONAL DATA("<SubjectData SubjectKey='1' TransactionType='insert'/>") "</ODM>", ALL);
	CHECK_INT(fact_lines_count(&f, "! unread"), 1);
	CHECK_NOT_SAID(&f, "entry.action");
}

/* OpenEDC: one record a person, behind the data, with "-" for a place. */
static void test_openedc(void)
{
	read_text("<ODM " NS13 " SourceSystem='OpenEDC'>" DATA("<SubjectData SubjectKey='01'><SiteRef LocationOID='L.7'/><StudyEventData "
		"StudyEventOID='E'><FormData FormOID='F'><ItemGroupData ItemGroupOID='G'><ItemData Value='72' ItemOID='Age'/>"
		"</ItemGroupData></FormData></StudyEventData>" AUDIT("U.1", "-", "2020-01-13T12:18:48.865Z") "</SubjectData>"
		"<SubjectData SubjectKey='02'>" AUDIT("U.2", "-", "2020-01-14T12:18:48.865Z") "</SubjectData>") "</ODM>", ALL);
	CHECK_LINES(&f, "2 audit.version @01 = M\n2 audit.key @01 = 01\n2 audit.time @01 = 2020-01-13T12:18:48.865Z\n"
		"2 audit.user @01 = U.1\n2 audit.site @01 = L.7\n");
	CHECK_LINES(&f, "4 audit.time @02 = 2020-01-14T12:18:48.865Z\n4 audit.user @02 = U.2\n0 file.records = 2\n");
	/* elsewhere it is what it is; a record without a place is of the person's site */
	read_text(SNAPSHOT DATA("<SubjectData SubjectKey='1'><SiteRef LocationOID='L.7'/>" AUDIT("U", "-", "2024") "<AuditRecord>"
		"<UserRef UserOID='U'/></AuditRecord></SubjectData>") "</ODM>", ALL);
	CHECK_LINES(&f, "2 audit.user @1 = U\n2 audit.site @1 = -\n");
	CHECK_LINES(&f, "3 audit.user @1 = U\n3 audit.site @1 = L.7\n");
}

/* OpenClinica and LibreClinica: logs in a namespace of their own, times without an offset. */
static void test_openclinica(void)
{
	read_text("<ODM " NS13 " xmlns:OpenClinica='http://www.openclinica.org/ns/odm_ext_v130/v3.1'>"
		DATA("<SubjectData SubjectKey='SS_1' OpenClinica:StudySubjectID='001' OpenClinica:Status='available'><StudyEventData "
		"StudyEventOID='E'><FormData FormOID='F'><ItemGroupData ItemGroupOID='G' ItemGroupRepeatKey='1'><ItemData ItemOID='I_AGE' "
		"Value='7'><OpenClinica:AuditLogs EntityID='I_AGE'><OpenClinica:AuditLog ID='AL_1' UserID='USR_2' UserName='secret' "
		"Name='secret' DateTimeStamp='2024-01-02T10:00:00' AuditType='Item data value updated' ReasonForChange='typo' "
		"OldValue='secret' NewValue='7' ValueType=''/><OpenClinica:AuditLog ID='AL_2' DateTimeStamp='2024-01-03' "
		"AuditType='Event signed'/></OpenClinica:AuditLogs></ItemData></ItemGroupData></FormData></StudyEventData></SubjectData>")
		"</ODM>", ALL);
	CHECK_LINES(&f, "0 file.dialect = OpenClinica\n");
	CHECK_LINES(&f, "1 subject.key @SS_1 = SS_1\n1 subject.status @SS_1 = available\n");
	CHECK_LINES(&f, "2 audit.version @SS_1 = M\n2 audit.key @SS_1 = SS_1/E/F/G[1]/I_AGE\n2 audit.item @SS_1 = I_AGE\n"
		"2 audit.action @SS_1 = Update\n2 audit.time @SS_1 = 2024-01-02T10:00:00\n2 audit.user @SS_1 = USR_2\n"
		"2 audit.reason @SS_1 = typo\n");
	CHECK_LINES(&f, "3 audit.action @SS_1 = Event signed\n3 audit.time @SS_1 = 2024-01-03\n0 file.records = 2\n");
	CHECK_NOT_SAID(&f, "ecret");
}

/* Forms of 2.0 are groups in groups; records stand behind the data; those of queries are not about the data. */
static void test_two(void)
{
	read_text("<ODM " NS20 " FileType='Transactional'>" DATA("<SubjectData SubjectKey='1' TransactionType='Insert'><StudyEventData "
		"StudyEventOID='E'><ItemGroupData ItemGroupOID='F'><ItemGroupData ItemGroupOID='G' ItemGroupRepeatKey='2'><ItemData ItemOID='I'>"
		"<Value>7</Value>" AT("1") "<Query OID='Q'>" AT("2") "</Query></ItemData></ItemGroupData>" AT("3")
		"</ItemGroupData></StudyEventData></SubjectData>") "</ODM>", ALL);
	CHECK_LINES(&f, "7 audit.version @1 = M\n7 audit.key @1 = 1/E//F>G[2]/I\n7 audit.action @1 = Insert\n7 audit.item @1 = I\n"
		"7 audit.time @1 = 2024-01-02T10:00:01Z\n");
	CHECK_LINES(&f, "8 audit.version @1 = M\n8 audit.key @1 = 1/E//F>G[2]/I\n8 audit.time @1 = 2024-01-02T10:00:02Z\n");
	CHECK_LINES(&f, "9 audit.version @1 = M\n9 audit.key @1 = 1/E//F\n9 audit.action @1 = Insert\n"
		"9 audit.time @1 = 2024-01-02T10:00:03Z\n");
}

/* Records that stand apart are those of the entries that name them, under the numbers of the entries. */
static void test_references(void)
{
	read_text(TRANSACTIONAL "<AdminData><SignatureDef OID='SD'><Meaning>Approval</Meaning></SignatureDef></AdminData>"
		DATA("<SubjectData SubjectKey='1' TransactionType='Insert' AuditRecordID='A.1' SignatureID='G.1'/>"
		"<SubjectData SubjectKey='2' TransactionType='Insert' AuditRecordID='A.2'/>"
		"<SubjectData SubjectKey='3' TransactionType='Remove' AuditRecordID='A.1'/>"
		"<SubjectData SubjectKey='4' TransactionType='Remove' AuditRecordID='A.9'/>"
		"<AuditRecords><AuditRecord ID='A.1'><UserRef UserOID='U.1'/><DateTimeStamp>2024-01-01T00:00:00Z</DateTimeStamp>"
		"</AuditRecord><AuditRecord ID='A.2' EditPoint='DBAudit'><UserRef UserOID='U.2'/><ReasonForChange>why</ReasonForChange>"
		"</AuditRecord><AuditRecord ID='A.3'><UserRef UserOID='U.3'/></AuditRecord></AuditRecords><Signatures><Signature ID='G.1'>"
		"<UserRef UserOID='U.4'/><SignatureRef SignatureOID='SD'/><DateTimeStamp>2024-01-05T00:00:00Z</DateTimeStamp></Signature>"
		"</Signatures>") "</ODM>", ALL);
	CHECK_LINES(&f, "2 audit.version @1 = M\n2 audit.key @1 = 1\n2 audit.action @1 = Insert\n3 signature.key @1 = 1\n");
	CHECK_LINES(&f, "9 audit.key @3 = 3\n9 audit.action @3 = Remove\n");
	CHECK_LINES(&f, "9 audit.time = 2024-01-01T00:00:00Z\n9 audit.user = U.1\n2 audit.time = 2024-01-01T00:00:00Z\n2 audit.user = U.1\n");
	CHECK_LINES(&f, "6 audit.user = U.2\n6 audit.edit-point = DBAudit\n6 audit.reason = why\n");
	CHECK_LINES(&f, "3 signature.time = 2024-01-05T00:00:00Z\n3 signature.user = U.4\n3 signature.meaning = Approval\n");
	CHECK_LINES(&f, "! reference 1 entries name audit records or signatures that do not stand behind them\n");
	CHECK_INT(fact_lines_count(&f, "audit.user = U.3"), 1);
	CHECK_LINES(&f, "0 file.records = 3\n0 file.signatures = 1\n");
	/* nobody asked: neither is anything missing */
	read_text(TRANSACTIONAL DATA("<SubjectData SubjectKey='4' AuditRecordID='A.9'/>") "</ODM>", TR_WANT_SUBJECTS);
	CHECK_NOT_SAID(&f, "! reference");
}

#define SIGNED(oid) "<Signature><UserRef UserOID='U.1'/><LocationRef LocationOID='L'/><SignatureRef SignatureOID='" oid "'/>" \
	"<DateTimeStamp>2024-01-02T10:00:00Z</DateTimeStamp></Signature>"

/* A signature of a person means what its definition says (21 CFR 11.50); one over the octets is another thing. */
static void test_signatures(void)
{
	read_text("<ODM " NS13 " xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><AdminData><SignatureDef OID='SD.1' Methodology='Electronic'>"
		"<Meaning>Entry</Meaning><LegalReason>accepts responsibility</LegalReason></SignatureDef></AdminData>"
		DATA("<SubjectData SubjectKey='1'><StudyEventData StudyEventOID='E'>" SIGNED("SD.1") SIGNED("SD.2")
		"</StudyEventData></SubjectData>") "<ds:Signature><ds:SignedInfo/></ds:Signature><ds:Signature/></ODM>", ALL);
	CHECK_LINES(&f, "2 signature.key @1 = 1/E\n2 signature.time @1 = 2024-01-02T10:00:00Z\n2 signature.user @1 = U.1\n"
		"2 signature.meaning @1 = Entry\n2 signature.legal-reason @1 = accepts responsibility\n3 signature.key @1 = 1/E\n");
	CHECK_INT(fact_lines_count(&f, "signature.meaning"), 1);
	CHECK_INT(fact_lines_count(&f, "! reference"), 1);
	CHECK_LINES(&f, "0 file.signatures = 2\n0 file.xml-signatures = 2\n");
}

/* Changes of the item that holds the consent date are known as such. */
static void test_consent(void)
{
	read_text(TRANSACTIONAL "<Study OID='S'><MetaDataVersion OID='M'><ItemDef OID='IC' SDSVarName='RFICDTC'/><ItemDef OID='X'/>"
		"</MetaDataVersion></Study>" DATA("<SubjectData SubjectKey='1' TransactionType='Update'><StudyEventData StudyEventOID='E'><FormData "
		"FormOID='F'><ItemGroupData ItemGroupOID='G'><ItemData ItemOID='IC' Value='2024'>" AT("1") "</ItemData><ItemData ItemOID='X' "
		"Value='2024'>" AT("2") "</ItemData></ItemGroupData></FormData></StudyEventData></SubjectData>") "</ODM>", TR_WANT_AUDIT);
	CHECK_INT(fact_lines_count(&f, "entry.consent = yes"), 1);
	CHECK_INT(fact_lines_count(&f, "audit.consent = yes"), 1);
	CHECK_LINES(&f, "7 entry.action = Update\n7 entry.item = IC\n7 entry.consent = yes\n");
	CHECK_LINES(&f, "8 audit.action = Update\n8 audit.item = IC\n8 audit.consent = yes\n8 audit.time = 2024-01-02T10:00:01Z\n");
}

int main(void)
{
	test_levels();
	test_example();
	test_keys();
	test_snapshot();
	test_openedc();
	test_openclinica();
	test_two();
	test_references();
	test_signatures();
	test_consent();
	return check_done();
}
