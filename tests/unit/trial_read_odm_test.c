/* ODM: the head of each version, studies, sites, persons, dialects; consents and audit records have tests of their own. */
#include "tests/fact_lines.h"
#include "tests/odm_text.h"

static struct fact_lines f;

static void read_text(const char *xml, unsigned wants)
{
	fact_lines_read(&f, vf_bytes_str(xml), wants, NULL);
	CHECK_STR(f.reader, "odm");
}

#define ALL (TR_WANT_SUBJECTS | TR_WANT_AUDIT)

/* ---- heads ---- */

static void test_head(void)
{
	read_text("<ODM " NS13 " FileOID='F.2' PriorFileOID='F.1' CreationDateTime='2024-03-01T10:00:00+01:00' "
		"AsOfDateTime='2024-02-29' FileType='Transactional' Granularity='SingleSite' Archival='Yes' ODMVersion='1.3.2' "
		"SourceSystem='EDC' SourceSystemVersion='7' Originator='CRO' Description='two sites'/>", 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK_LINES(&f, "0 file.version = 1.3.2\n");
	CHECK_LINES(&f, "0 file.id = F.2\n0 file.created = 2024-03-01T10:00:00+01:00\n0 file.as-of = 2024-02-29\n"
		"0 file.type = Transactional\n0 file.granularity = SingleSite\n0 file.system = EDC\n0 file.system-version = 7\n"
		"0 file.originator = CRO\n0 file.title = two sites\n0 file.prior = F.1\n0 file.archival = yes\n");
	CHECK_NOT_SAID(&f, "!");
	CHECK_NOT_SAID(&f, "file.dialect");
}

/* Without ODMVersion the namespace says the version, and 1.1 has none. */
static void test_versions(void)
{
	read_text("<?xml version='1.0' encoding='ISO-8859-1'?><!DOCTYPE ODM SYSTEM 'odm1-1-0.dtd'>"
		"<ODM FileOID='a' CreationDateTime='2003-03-04'/>", 0);
	CHECK_LINES(&f, "0 file.version = 1.1\n0 file.encoding = ISO-8859-1\n0 file.id = a\n0 file.created = 2003-03-04\n");
	CHECK_INT(fact_lines_count(&f, "! doctype"), 1);
	CHECK_NOT_SAID(&f, "! namespace");
	read_text("<ODM xmlns='http://www.cdisc.org/ns/odm/v1.2'/>", 0);
	CHECK_LINES(&f, "0 file.version = 1.2\n");
	read_text("<o:ODM xmlns:o='http://www.cdisc.org/ns/odm/v1.3' FileOID='p'/>", 0);
	CHECK_LINES(&f, "0 file.version = 1.3\n0 file.id = p\n");
	read_text("<ODM xmlns='http://www.cdisc.org/ns/odm/v2.0' ODMVersion='2.0' Context='Archive'/>", 0);
	CHECK_LINES(&f, "0 file.version = 2.0\n0 file.context = Archive\n");
	CHECK_NOT_SAID(&f, "!");
}

static void test_namespaces(void)
{
	/* a version of the namespaced format without its namespace, and one of somebody else */
	read_text("<ODM ODMVersion='1.3.2' FileOID='a'/>", 0);
	CHECK_LINES(&f, "0 file.version = 1.3.2\n0 file.id = a\n");
	CHECK_INT(fact_lines_count(&f, "! namespace"), 1);
	read_text("<ODM xmlns='urn:other'><Study OID='S'/></ODM>", 0);
	CHECK_INT(fact_lines_count(&f, "! namespace"), 1);
	CHECK_LINES(&f, "0 study.id.oid = S\n");
	/* elements of others between those of ODM are no data */
	read_text("<ODM " NS13 " xmlns:x='urn:x'><x:Study OID='no'/><Study OID='yes'><x:MetaDataVersion OID='no'/></Study></ODM>", 0);
	CHECK_LINES(&f, "0 study.id.oid = yes\n");
	CHECK_NOT_SAID(&f, "no");
}

/* Examples and libraries hold parts of a document. */
static void test_parts(void)
{
	read_text("<MetaDataVersion xmlns='http://www.cdisc.org/ns/odm/v2.0' OID='MV.1' Name='One'/>", 0);
	CHECK_LINES(&f, "1 version.of = metadata\n1 version.id = MV.1\n1 version.number = One\n");
	CHECK_INT(fact_lines_count(&f, "! unread"), 1);
	fact_lines_read(&f, vf_bytes_str("<MetaDataVersion OID='MV.1'/>"), 0, NULL);
	CHECK_STR(f.reader, "");
	fact_lines_read(&f, vf_bytes_str("<Study xmlns='urn:other'/>"), 0, NULL);
	CHECK_STR(f.reader, "");
}

static void test_dialects(void)
{
	/* every file of REDCap has this identifier */
	read_text("<ODM " NS13 " xmlns:redcap='https://projectredcap.org' SourceSystem='REDCap' FileOID='000-00-0000'/>", 0);
	CHECK_LINES(&f, "0 file.dialect = REDCap\n");
	CHECK_LINES(&f, "0 file.id = 000-00-0000\n");
	read_text("<ODM " NS13 " xmlns:r='https://projectredcap.org'>" DATA("<SubjectData SubjectKey='1' r:RecordIdField='record_id'/>")
		"</ODM>", 0);
	CHECK_LINES(&f, "0 file.dialect = REDCap\n");
	read_text("<ODM " NS13 " xmlns:r='https://projectredcap.org'/>", 0);
	CHECK_NOT_SAID(&f, "file.dialect"); /* a declaration that nothing uses */
	read_text("<ODM " NS13 " SourceSystem='LibreClinica'/>", 0);
	CHECK_LINES(&f, "0 file.dialect = LibreClinica\n");
	read_text("<ODM " NS13 " SourceSystem='OpenEDC'/>", 0);
	CHECK_LINES(&f, "0 file.dialect = OpenEDC\n");
}

/* ---- study and administration ---- */

static void test_study(void)
{
	read_text("<ODM " NS13 "><Study OID='S.1'><GlobalVariables><StudyName>Virus</StudyName><StudyDescription>\n  A study\n"
		"</StudyDescription><ProtocolName>P-1</ProtocolName></GlobalVariables><BasicDefinitions><MeasurementUnit OID='no'/>"
		"</BasicDefinitions><MetaDataVersion OID='M.1' Name='One'/><MetaDataVersion OID='M.2' Name='Two'>"
		"<Include StudyOID='S.1' MetaDataVersionOID='M.1'/></MetaDataVersion></Study></ODM>", 0);
	CHECK_LINES(&f, "0 study.id.oid = S.1\n0 study.name = Virus\n0 study.title = A study\n0 study.protocol = P-1\n"
		"1 version.of = metadata\n1 version.id = M.1\n1 version.number = One\n"
		"2 version.of = metadata\n2 version.id = M.2\n2 version.number = Two\n2 version.includes = M.1\n");
	/* data without a study: what they are data of */
	read_text("<ODM " NS13 ">" DATA("") "</ODM>", 0);
	CHECK_LINES(&f, "0 study.id.oid = S\n");
	read_text("<ODM " NS13 "><Study OID='S'/>" DATA("") DATA("") "</ODM>", 0);
	CHECK_INT(fact_lines_count(&f, "study.id.oid"), 1);
}

/* A date in the schema, a time in the official example of 1.1. Names of persons are no facts. */
static void test_admin(void)
{
	read_text("<ODM " NS13 "><AdminData><User OID='U.1' UserType='Investigator'><LoginName>secret</LoginName><FullName>Secret Person"
		"</FullName><LocationRef LocationOID='secret'/></User><Location OID='L.1' Name='secret' LocationType='Site'>"
		"<MetaDataVersionRef StudyOID='S' MetaDataVersionOID='M.1' EffectiveDate='2024-01-10'/>"
		"<MetaDataVersionRef StudyOID='S' MetaDataVersionOID='M.2' EffectiveDate='2001-10-19T10:45:57-05:00'/></Location>"
		"<Location OID='L.2' LocationType='Sponsor'/></AdminData></ODM>", ALL);
	CHECK_LINES(&f, "1 user.id = U.1\n1 user.type = Investigator\n2 site.id = L.1\n"
		"3 use.site = L.1\n3 use.version = M.1\n3 use.date = 2024-01-10\n"
		"4 use.site = L.1\n4 use.version = M.2\n4 use.date = 2001-10-19T10:45:57-05:00\n");
	CHECK_NOT_SAID(&f, "ecret");
	CHECK_NOT_SAID(&f, "L.2");
}

static void test_two(void)
{
	read_text("<ODM " NS20 "><Description><TranslatedText xml:lang='en'>head</TranslatedText></Description>"
		"<Study OID='S' StudyName='N' ProtocolName='P' VersionID='7' VersionName='Seven' Status='Final'>"
		"<Description><TranslatedText xml:lang='en'>in English</TranslatedText></Description>"
		"<MetaDataVersion OID='M' Name='One'><Protocol><StudySummary><StudyParameter OID='1' Term='Planned Number of Subjects' "
		"ShortName='PLANSUB'><ParameterValue Value='300'/></StudyParameter><StudyParameter OID='2' Term='Long'><ParameterValue "
		"Value='x'/></StudyParameter></StudySummary><StudyObjectives><StudyObjective OID='O' Name='Efficacy' Level='Primary'>"
		"<Description><TranslatedText>To show</TranslatedText><TranslatedText xml:lang='fr'>Montrer</TranslatedText>"
		"</Description><StudyEndPointRef StudyEndPointOID='E'/></StudyObjective></StudyObjectives><StudyEndPoints><StudyEndPoint "
		"OID='E' Name='HbA1c' Type='Simple' Level='Secondary'><Description><TranslatedText>change from baseline</TranslatedText>"
		"</Description></StudyEndPoint><StudyEndPoint OID='E2' Name='Other' Level='Exploratory'/></StudyEndPoints></Protocol>"
		"</MetaDataVersion></Study><AdminData><Location OID='L' LocationType='Site'><MetaDataVersionRef MetaDataVersionOID='M' "
		"EffectiveDate='2024-01-10'/><Address><Country>DE</Country></Address></Location></AdminData></ODM>", 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK_LINES(&f, "0 file.title = head\n0 study.id.oid = S\n0 study.name = N\n0 study.protocol = P\n1 version.of = study\n1 version.id = 7\n"
		"1 version.number = Seven\n1 version.status = Final\n0 study.title = in English\n");
	CHECK_LINES(&f, "3 summary.code = PLANSUB\n3 summary.value = 300\n4 summary.code = Long\n4 summary.value = x\n"
		"5 outcome.from = protocol\n5 outcome.level = primary\n5 outcome.objective = Efficacy\n5 outcome.description = To show\n"
		"6 outcome.from = protocol\n6 outcome.level = secondary\n6 outcome.measure = HbA1c\n"
		"6 outcome.description = change from baseline\n7 outcome.from = protocol\n7 outcome.level = other\n"
		"7 outcome.measure = Other\n");
	CHECK_LINES(&f, "8 site.id = L\n9 use.site = L\n9 use.version = M\n9 use.date = 2024-01-10\n8 site.country = DE\n");
}

/* ---- persons ---- */

static void test_persons(void)
{
	static const char *const xml = "<ODM " NS13 ">" DATA("<SubjectData SubjectKey='s1'><SiteRef LocationOID='L.1'/></SubjectData>"
		"<SubjectData SubjectKey='s2'/><SubjectData SubjectKey='s1' TransactionType='Update'/>") "</ODM>";

	read_text(xml, 0);
	CHECK_LINES(&f, "0 file.subjects = 2\n");
	CHECK_NOT_SAID(&f, "s1");
	CHECK_NOT_SAID(&f, "L.1");
	read_text(xml, TR_WANT_SUBJECTS | TR_WANT_PLACES);
	CHECK_LINES(&f, "1 subject.key @s1 = s1 at /ODM/ClinicalData[1]/SubjectData[1]\n"
		"1 subject.site @s1 = L.1 at /ODM/ClinicalData[1]/SubjectData[1]/SiteRef[1]\n"
		"2 subject.key @s2 = s2 at /ODM/ClinicalData[1]/SubjectData[2]\n");
	CHECK_INT(fact_lines_count(&f, "subject.key"), 2);
}

/* What is not asked for is counted; no key stands in a warning. */
static void test_privacy(void)
{
	read_text("<ODM " NS13 ">" DATA("<SubjectData SubjectKey='K-17'><StudyEventData StudyEventOID='E'><FormData FormOID='F'>"
		AUDIT("U.1", "L.1", "31 May") "<Signature><UserRef UserOID='U'/><DateTimeStamp>no time</DateTimeStamp></Signature>"
		"</FormData></StudyEventData></SubjectData>") "</ODM>", 0);
	CHECK_LINES(&f, "0 file.records = 1\n0 file.signatures = 1\n0 file.subjects = 1\n");
	CHECK_NOT_SAID(&f, "K-17");
	CHECK_NOT_SAID(&f, "audit.");
	read_text("<ODM " NS13 ">" DATA("<SubjectData SubjectKey='K-17'>" AUDIT("U.1", "L.1", "31 May") "</SubjectData>") "</ODM>",
		TR_WANT_AUDIT);
	CHECK_LINES(&f, "2 audit.version = M\n2 audit.time = ?\n2 audit.user = U.1\n2 audit.site = L.1\n");
	CHECK_NOT_SAID(&f, "K-17");
	CHECK_INT(fact_lines_count(&f, "! bad-time"), 1);
}

/* ---- a limit for what nobody writes ---- */

static void test_limits(void)
{
	static char xml[300000];
	size_t n = (size_t)sprintf(xml, "<ODM " NS13 "><ClinicalData StudyOID='S'><SubjectData SubjectKey='");

	memset(xml + n, 'k', 70000);
	sprintf(xml + n + 70000, "'/></ClinicalData></ODM>");
	read_text(xml, ALL);
	CHECK_RC(f.rc, VF_LIMIT);
	read_text("<ODM " NS13 "><ClinicalData><SubjectData SubjectKey='1'>", ALL);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	CHECK_LINES(&f, "1 subject.key @1 = 1\n");
	read_text("<ODM " NS13 "><<<<<<< HEAD</ODM>", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
}

int main(void)
{
	test_head();
	test_versions();
	test_namespaces();
	test_parts();
	test_dialects();
	test_study();
	test_admin();
	test_two();
	test_persons();
	test_privacy();
	test_limits();
	return check_done();
}
