/* Records of ClinicalTrials.gov in JSON: API v2 alone, in lists and with versions, and the older API. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

static void read(const char *text)
{
	facts_read(&f, NULL, vf_bytes_str(text), "study.json", 0);
	CHECK_STR(f.reader, "ctgov-json");
}

#define RECORD(nct)                                                                                                     \
	"{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"" nct "\",\"orgStudyIdInfo\":{\"id\":\"AB-1\"},"   \
	"\"secondaryIdInfos\":[{\"id\":\"2015-001894-41\",\"type\":\"EUDRACT_NUMBER\"},{\"id\":\"24791884\"}],"         \
	"\"nctIdAliases\":[\"NCT00000009\"],\"briefTitle\":\"T\"},\"statusModule\":{\"overallStatus\":\"COMPLETED\","    \
	"\"startDateStruct\":{\"date\":\"2015-09\",\"type\":\"ACTUAL\"},\"studyFirstSubmitDate\":\"2015-09-15\","       \
	"\"studyFirstSubmitQcDate\":\"2015-09-16\",\"studyFirstPostDateStruct\":{\"date\":\"2015-09-17\",\"type\":"     \
	"\"ESTIMATED\"},\"resultsFirstSubmitDate\":\"2019-04-27\",\"lastUpdateSubmitDate\":\"2022-08-16\"},"            \
	"\"sponsorCollaboratorsModule\":{\"leadSponsor\":{\"name\":\"S\",\"class\":\"OTHER\"},\"collaborators\":["      \
	"{\"name\":\"N\",\"class\":\"NIH\"},{\"name\":\"V\",\"class\":\"FED\"}]},\"designModule\":{\"phases\":["         \
	"\"PHASE1\",\"PHASE2\"],\"enrollmentInfo\":{\"count\":317,\"type\":\"ACTUAL\"}},\"outcomesModule\":{"           \
	"\"primaryOutcomes\":[{\"measure\":\"A\",\"description\":\"d\",\"timeFrame\":\"1 year\"}],"                     \
	"\"secondaryOutcomes\":[{\"measure\":\"B\"}],\"otherOutcomes\":[{\"measure\":\"C\"}]},\"referencesModule\":{"   \
	"\"availIpds\":[{\"id\":\"1\",\"type\":\"Informed Consent Form\",\"url\":\"https://example.invalid/\"}]}},"     \
	"\"resultsSection\":{\"outcomeMeasuresModule\":{\"outcomeMeasures\":[{\"type\":\"PRIMARY\",\"title\":\"A2\","   \
	"\"timeFrame\":\"2 years\",\"groups\":[{\"id\":\"OG000\",\"title\":\"arm\"}]}]}},\"documentSection\":{"         \
	"\"largeDocumentModule\":{\"largeDocs\":[{\"typeAbbrev\":\"Prot_SAP\",\"hasProtocol\":true,\"hasSap\":true,"    \
	"\"hasIcf\":false,\"label\":\"Study Protocol: Amendment 2\",\"date\":\"2018-12-17\",\"uploadDate\":"            \
	"\"2019-04-27T15:51\",\"filename\":\"Prot_000.pdf\",\"size\":9785526}]}},\"derivedSection\":{"                  \
	"\"miscInfoModule\":{\"versionHolder\":\"2023-12-12\"}},\"hasResults\":true}"

static void test_record(void)
{
	read(RECORD("NCT00000001"));
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 study.register=ClinicalTrials.gov (declared)\n0 study.id.nct=NCT00000001 (registry)\n"
			    "0 study.id.sponsor=AB-1 (declared)\n0 study.id.eudract=2015-001894-41 (declared)\n! ambiguous"));
	CHECK(facts_has(&f, "0 study.id.other=24791884 (declared)\n0 study.id.nct-alias=NCT00000009 (registry)\n"));
	CHECK(facts_has(&f, "0 study.start=2015-09 (declared)\n0 study.start-kind=ACTUAL (declared)\n"
			    "0 registry.first-submitted=2015-09-15 (registry)\n0 registry.first-submitted-qc=2015-09-16 (registry)\n"
			    "0 registry.first-posted=2015-09-17 (registry)\n0 registry.results-first-submitted=2019-04-27 (registry)\n"
			    "0 registry.last-updated=2022-08-16 (registry)\n"));
	CHECK_INT(facts_count(&f, "study.federally-funded=yes"), 1);
	CHECK(facts_has(&f, "0 study.phase=PHASE1 (declared)\n0 study.phase=PHASE2 (declared)\n0 study.enrolment=317 (declared)\n"));
	CHECK(facts_has(&f, "1 outcome.from=registered (declared)\n1 outcome.level=primary (declared)\n1 outcome.measure=A (declared)\n"
			    "1 outcome.description=d (declared)\n1 outcome.time-frame=1 year (declared)\n"));
	CHECK(facts_has(&f, "2 outcome.level=secondary"));
	CHECK(facts_has(&f, "3 outcome.level=other"));
	CHECK(facts_has(&f, "4 outcome.from=results (declared)\n4 outcome.level=primary (declared)\n4 outcome.measure=A2 (declared)\n"
			    "4 outcome.time-frame=2 years (declared)\n"));
	CHECK(facts_has(&f, "5 document.type=Prot_SAP (declared)\n5 document.has-protocol=yes (registry)\n"
			    "5 document.has-sap=yes (registry)\n5 document.has-icf=no (registry)\n"
			    "5 document.title=Study Protocol: Amendment 2 (declared)\n5 document.version=Amendment 2 (declared)\n"
			    "5 document.date=2018-12-17 (declared)\n5 document.uploaded=2019-04-27T15:51 (registry)\n"
			    "5 document.name=Prot_000.pdf (declared)\n5 document.size=9785526 (registry)\n"));
	CHECK(facts_has(&f, "0 registry.downloaded=2023-12-12 (registry)\n"));
	/* a link elsewhere is not a document that the registry shows; an arm is no outcome */
	CHECK_INT(facts_count(&f, "document.type"), 1);
	CHECK(!facts_has(&f, "Informed Consent"));
	CHECK(!facts_has(&f, "=arm"));
	CHECK(!facts_has(&f, "record.item"));
}

static void check_list(void)
{
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 study.id.nct=NCT00000001 (registry)\n"));
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n2 outcome.from=registered"));
	CHECK(facts_has(&f, "7 study.id.nct=NCT00000002 (registry)\n"));
	CHECK(facts_has(&f, "8 record.item=7 (declared)\n8 outcome.from=registered"));
	CHECK(facts_has(&f, "12 record.item=7 (declared)\n12 document.type="));
	CHECK_INT(facts_count(&f, "study.federally-funded=yes"), 2);
	CHECK(!facts_has(&f, "0 study."));
	CHECK(facts_has(&f, "0 file.registry-records=2 (declared)\n"));
}

static void test_lists(void)
{
	read("[" RECORD("NCT00000001") "," RECORD("NCT00000002") "]");
	check_list();
	read("{\"totalCount\":2,\"studies\":[" RECORD("NCT00000001") "," RECORD("NCT00000002") "],\"nextPageToken\":\"x\"}");
	check_list();
	read("\xef\xbb\xbf [ 1, [], " RECORD("NCT00000001") ", \"a\" ]"); /* what is no record is passed */
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 file.registry-records=1"));
	read("[{\"x\":\"protocolSection\"},{\"protocolSection\":{}}]");
	CHECK(facts_has(&f, "0 file.registry-records=2"));
}

static void test_history(void)
{
	read("{\"study\":" RECORD("NCT00000001") ",\"history\":{\"changes\":[{\"version\":0,\"date\":\"2014-04-08\",\"status\":"
	     "\"RECRUITING\",\"moduleLabels\":[]},{\"version\":1,\"date\":\"2014-09-22\",\"moduleLabels\":[\"Study Status\","
	     "\"Outcome Measures\"]}]}}");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 study.id.nct=NCT00000001 (registry)\n"));
	CHECK(facts_has(&f, "6 version.of=registry-record (declared)\n6 version.number=0 (declared)\n"
			    "6 version.date=2014-04-08 (registry)\n6 version.status=RECRUITING (declared)\n"
			    "7 version.of=registry-record (declared)\n7 version.number=1 (declared)\n7 version.date=2014-09-22 (registry)\n"
			    "7 version.changed=Study Status (declared)\n7 version.changed=Outcome Measures (declared)\n"));
	/* the list alone */
	read("{\"changes\":[{\"version\":0,\"date\":\"2014-04-08\",\"moduleLabels\":[]}]}");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 version.of=registry-record (declared)\n1 version.number=0 (declared)\n1 version.date=2014-04-08"));
	CHECK(!facts_has(&f, "study."));
	/* one version of a record */
	read("{\"studyVersion\":3,\"study\":{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\"},\"statusModule\":"
	     "{\"lastUpdateSubmitDate\":\"2014-09-22\"},\"outcomesModule\":{\"primaryOutcomes\":[{\"measure\":\"A\"}]}}}}");
	CHECK(facts_has(&f, "0 registry.record-version=3 (registry)\n"));
	CHECK(facts_has(&f, "0 registry.last-updated=2014-09-22 (registry)\n"));
	CHECK(facts_has(&f, "1 outcome.measure=A"));
}

static void test_old(void)
{
	read("{\"FullStudiesResponse\":{\"APIVrs\":\"1.01.05\",\"NStudiesReturned\":2,\"FullStudies\":[{\"Rank\":1,\"Study\":{"
	     "\"ProtocolSection\":{\"IdentificationModule\":{\"NCTId\":\"NCT00000001\",\"SecondaryIdInfoList\":{\"SecondaryIdInfo\":["
	     "{\"SecondaryId\":\"ISRCTN24791884\"}]}},\"StatusModule\":{\"StartDateStruct\":{\"StartDate\":\"July 2001\"},"
	     "\"StudyFirstSubmitDate\":\"September 13, 2001\"},\"DesignModule\":{\"EnrollmentInfo\":{\"EnrollmentCount\":\"63\"}},"
	     "\"OutcomesModule\":{\"PrimaryOutcomeList\":{\"PrimaryOutcome\":[{\"PrimaryOutcomeMeasure\":\"A\","
	     "\"PrimaryOutcomeTimeFrame\":\"1 year\"}]}}},\"ResultsSection\":{\"OutcomeMeasuresModule\":{\"OutcomeMeasureList\":{"
	     "\"OutcomeMeasure\":[{\"OutcomeMeasureType\":\"Other Pre-specified\",\"OutcomeMeasureTitle\":\"B\"}]}}},"
	     "\"DocumentSection\":{\"LargeDocumentModule\":{\"LargeDocList\":{\"LargeDoc\":[{\"LargeDocTypeAbbrev\":\"ICF\","
	     "\"LargeDocHasICF\":\"Yes\",\"LargeDocHasSAP\":\"No\",\"LargeDocDate\":\"December 17, 2018\",\"LargeDocUploadDate\":"
	     "\"01/08/2020 03:01\"}]}}},\"DerivedSection\":{\"MiscInfoModule\":{\"VersionHolder\":\"October 18, 2023\"}}}},"
	     "{\"Rank\":2,\"Study\":{\"ProtocolSection\":{\"IdentificationModule\":{\"NCTId\":\"NCT00000002\"}}}}]}}");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 file.version=1.01.05 (declared)\n"));
	CHECK(facts_has(&f, "1 study.id.nct=NCT00000001 (registry)\n1 study.id.isrctn=ISRCTN24791884 (declared)\n"
			    "1 study.start=2001-07 (declared)\n1 registry.first-submitted=2001-09-13 (registry)\n1 study.enrolment=63"));
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n2 outcome.from=registered (declared)\n2 outcome.level=primary (declared)\n"
			    "2 outcome.measure=A (declared)\n2 outcome.time-frame=1 year"));
	CHECK(facts_has(&f, "3 outcome.from=results (declared)\n3 outcome.level=other (declared)\n3 outcome.measure=B"));
	CHECK(facts_has(&f, "4 document.type=ICF (declared)\n4 document.has-icf=yes (registry)\n4 document.has-sap=no (registry)\n"
			    "4 document.date=2018-12-17 (declared)\n! bad-time")); /* no form that is known: not guessed */
	CHECK(facts_has(&f, "1 registry.downloaded=2023-10-18 (registry)\n"));
	CHECK(facts_has(&f, "5 study.id.nct=NCT00000002 (registry)\n"));
	CHECK(facts_has(&f, "0 file.registry-records=2"));
}

static void test_odd(void)
{
	/* other types than the API's say nothing */
	read("{\"protocolSection\":{\"identificationModule\":{\"nctId\":null,\"briefTitle\":[\"x\"],\"orgStudyIdInfo\":\"AB-1\"},"
	     "\"statusModule\":[],\"outcomesModule\":{\"primaryOutcomes\":[{},null,{\"measure\":\"\"},{\"measure\":\"A\"}]}}}");
	CHECK_RC(f.rc, VF_OK);
	CHECK(!facts_has(&f, "study.id"));
	CHECK(!facts_has(&f, "study.title"));
	CHECK(facts_has(&f, "1 outcome.measure=A"));
	/* a name with a slash is not a path */
	read("{\"protocolSection\":{\"identificationModule/nctId\":\"NCT00000001\"}}");
	CHECK(!facts_has(&f, "study.id"));
	read("{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\"}}");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read("{\"protocolSection\":{}} {}");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read("[{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\"}}");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	/* other JSON with a member "study" is none */
	facts_read(&f, NULL, vf_bytes_str("{\"study\":{\"versions\":[]}}"), "usdm.json", 0);
	CHECK(strcmp(f.reader, "ctgov-json") != 0);
	facts_read(&f, NULL, vf_bytes_str("{\"a\":\"protocolSection\"}"), "a.json", 0);
	CHECK(strcmp(f.reader, "ctgov-json") != 0);
}

static void test_places(void)
{
	facts_read(&f, NULL, vf_bytes_str("[" RECORD("NCT00000001") "]"), "a.json", TR_WANT_PLACES);
	CHECK(facts_has(&f, "study.id.nct=NCT00000001 (registry) /0/protocolSection/identificationModule/nctId\n"));
	CHECK(facts_has(&f, "outcome.measure=B (declared) /0/protocolSection/outcomesModule/secondaryOutcomes/0/measure\n"));
}

int main(void)
{
	test_record();
	test_lists();
	test_history();
	test_old();
	test_odd();
	test_places();
	return check_done();
}
