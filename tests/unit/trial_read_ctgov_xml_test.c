/* Records of ClinicalTrials.gov in XML: both names of the first date, comments, what changes with a download. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

static void read(const char *text)
{
	facts_read(&f, NULL, vf_bytes_str(text), "NCT00000001.xml", 0);
	CHECK_STR(f.reader, "ctgov-xml");
}

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clinical_study rank=\"4\">"
#define END "</clinical_study>"

static void test_record(void)
{
	read(HEAD "<required_header><download_date>ClinicalTrials.gov processed this data on February 28, 2019"
		  "</download_date></required_header><id_info><org_study_id> AB-1 </org_study_id><secondary_id>2015-001894-41"
		  "</secondary_id><nct_id>NCT00000001</nct_id><nct_alias>NCT00000009</nct_alias></id_info>"
		  "<brief_title>A\n   title</brief_title><sponsors><lead_sponsor><agency>Some</agency><agency_class>NIH"
		  "</agency_class></lead_sponsor><collaborator><agency>Other</agency><agency_class>U.S. Fed</agency_class>"
		  "</collaborator></sponsors><overall_status>Completed</overall_status><phase>Phase 3</phase>"
		  "<start_date>March 2007</start_date><primary_completion_date type=\"Anticipated\">May 3, 2009"
		  "</primary_completion_date><enrollment type=\"Actual\">171</enrollment>"
		  "<study_first_submitted>January 15, 2007</study_first_submitted>"
		  "<study_first_submitted_qc>January 16, 2007</study_first_submitted_qc>"
		  "<study_first_posted type=\"Estimate\">January 18, 2007</study_first_posted>"
		  "<last_update_submitted>June 1, 2010</last_update_submitted>" END);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 registry.downloaded=2019-02-28 (registry)\n"));
	CHECK(facts_has(&f, "0 study.id.sponsor=AB-1 (declared)\n"));
	CHECK(facts_has(&f, "0 study.id.eudract=2015-001894-41 (declared)\n"));
	CHECK(facts_has(&f, "0 study.id.nct=NCT00000001 (registry)\n"));
	CHECK(facts_has(&f, "0 study.id.nct-alias=NCT00000009 (registry)\n"));
	CHECK(facts_has(&f, "0 study.title=A title (declared)\n"));
	CHECK_INT(facts_count(&f, "study.federally-funded=yes"), 1);
	CHECK(facts_has(&f, "0 study.start=2007-03 (declared)\n"));
	CHECK(!facts_has(&f, "study.start-kind"));
	CHECK(facts_has(&f, "0 study.primary-completion=2009-05-03 (declared)\n"));
	CHECK(facts_has(&f, "0 study.primary-completion-kind=Anticipated (declared)\n"));
	CHECK(facts_has(&f, "0 study.enrolment=171 (declared)\n"));
	CHECK(facts_has(&f, "0 registry.first-submitted=2007-01-15 (registry)\n"));
	CHECK(facts_has(&f, "0 registry.first-submitted-qc=2007-01-16 (registry)\n"));
	CHECK(facts_has(&f, "0 registry.first-posted=2007-01-18 (registry)\n"));
	CHECK(facts_has(&f, "0 registry.last-updated=2010-06-01 (registry)\n"));
	CHECK(!facts_has(&f, "Estimate"));
	CHECK(!facts_has(&f, "rank"));
	CHECK(!facts_has(&f, "! "));
}

static void test_first_date(void)
{
	read(HEAD "<firstreceived_date>August 6, 2007</firstreceived_date><lastchanged_date>June 15, 2016</lastchanged_date>"
		  "<firstreceived_results_date>January 15, 2014</firstreceived_results_date>" END);
	CHECK(facts_has(&f, "0 registry.first-submitted=2007-08-06 (registry)\n"));
	CHECK(facts_has(&f, "0 registry.last-updated=2016-06-15 (registry)\n"));
	CHECK(facts_has(&f, "0 registry.results-first-submitted=2014-01-15 (registry)\n"));
	/* both names, one date: said once, in either order */
	read(HEAD "<firstreceived_date>August 6, 2007</firstreceived_date>"
		  "<study_first_submitted> August 6, 2007 </study_first_submitted>" END);
	CHECK_INT(facts_count(&f, "registry.first-submitted="), 1);
	CHECK(!facts_has(&f, "! "));
	/* two dates: both are said, and the reader says so */
	read(HEAD "<study_first_submitted>August 7, 2007</study_first_submitted>"
		  "<firstreceived_date>August 6, 2007</firstreceived_date>" END);
	CHECK(facts_has(&f, "registry.first-submitted=2007-08-06"));
	CHECK(facts_has(&f, "registry.first-submitted=2007-08-07"));
	CHECK(facts_has(&f, "! ambiguous"));
	read(HEAD "<study_first_submitted>32 August</study_first_submitted><start_date></start_date>" END);
	CHECK(facts_has(&f, "registry.first-submitted=?"));
	CHECK(facts_has(&f, "! bad-time"));
	CHECK(!facts_has(&f, "study.start"));
}

/* Older names stand in comments of newer files. */
static void test_comments(void)
{
	read(HEAD "<!-- <firstreceived_date>August 6, 1999</firstreceived_date> becomes study_first_submitted -->"
		  "<study_first_submitted>August <!-- 1 -->6, 2007</study_first_submitted>" END);
	CHECK(facts_has(&f, "registry.first-submitted=2007-08-06"));
	CHECK(!facts_has(&f, "1999"));
}

static void test_outcomes(void)
{
	read(HEAD "<primary_outcome><measure>Survival\n      at five years</measure><time_frame>5 years</time_frame>"
		  "<safety_issue>No</safety_issue><description>by record</description></primary_outcome>"
		  "<secondary_outcome><measure>Pain</measure></secondary_outcome><other_outcome><measure>Cost</measure>"
		  "</other_outcome><clinical_results><outcome_list><outcome><type>Primary</type><title>Survival</title>"
		  "<group_list><group><title>Arm A</title></group></group_list><time_frame>5 years</time_frame></outcome>"
		  "<outcome><type>Post-Hoc</type><title>Falls</title></outcome></outcome_list></clinical_results>" END);
	CHECK(facts_has(&f, "1 outcome.from=registered (declared)\n1 outcome.level=primary (declared)\n"
			    "1 outcome.measure=Survival at five years (declared)\n1 outcome.time-frame=5 years (declared)\n"
			    "1 outcome.description=by record (declared)\n"));
	CHECK(facts_has(&f, "2 outcome.level=secondary"));
	CHECK(facts_has(&f, "3 outcome.level=other"));
	CHECK(facts_has(&f, "4 outcome.from=results (declared)\n4 outcome.level=primary (declared)\n"
			    "4 outcome.measure=Survival (declared)\n4 outcome.time-frame=5 years"));
	CHECK(facts_has(&f, "5 outcome.level=other (declared)\n5 outcome.measure=Falls"));
	CHECK(!facts_has(&f, "Arm A"));
	CHECK(!facts_has(&f, "record.item")); /* the file is the record */
}

static void test_documents(void)
{
	read(HEAD "<provided_document_section><provided_document><document_type>Study Protocol: Amendment 1</document_type>"
		  "<document_has_protocol>Yes</document_has_protocol><document_has_icf>No</document_has_icf>"
		  "<document_has_sap>no</document_has_sap><document_date>November 23, 2010</document_date>"
		  "<document_url>https://example.invalid/Prot_001.pdf</document_url></provided_document>"
		  "<provided_document></provided_document><provided_document><document_type>Informed Consent Form"
		  "</document_type><document_has_icf>Yes</document_has_icf></provided_document></provided_document_section>" END);
	CHECK(facts_has(&f, "1 document.type=Study Protocol: Amendment 1 (declared)\n1 document.version=Amendment 1 (declared)\n"
			    "1 document.has-protocol=yes (registry)\n1 document.has-icf=no (registry)\n"
			    "1 document.has-sap=no (registry)\n1 document.date=2010-11-23 (declared)\n"
			    "1 document.url=https://example.invalid/Prot_001.pdf"));
	CHECK(facts_has(&f, "2 document.type=Informed Consent Form (declared)\n2 document.has-icf=yes"));
	CHECK_INT(facts_count(&f, "document.version"), 1);
}

static void test_numbers(void)
{
	read(HEAD "<id_info><secondary_id>24791884</secondary_id><secondary_id>ISRCTN24791884</secondary_id>"
		  "<secondary_id>RPCE01E4210</secondary_id></id_info>" END);
	CHECK(facts_has(&f, "! ambiguous an identifier of eight digits"));
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 study.id.other=24791884 (declared)\n0 study.id.isrctn=ISRCTN24791884 (declared)\n"
			    "0 study.id.other=RPCE01E4210 (declared)\n"));
}

/* In the file it stands behind what it links to; rules take the first for the record's own. */
static void test_own_first(void)
{
	facts_read(&f, NULL, vf_bytes_str(HEAD "<id_info><secondary_id>ISRCTN24791884</secondary_id><nct_id>NCT00000001</nct_id>"
		"<secondary_id>2015-001894-41</secondary_id></id_info>" END), "a.xml", TR_WANT_PLACES);
	CHECK(facts_has(&f, "0 study.id.nct=NCT00000001 (registry) /clinical_study/id_info[1]/nct_id[1]\n"
			    "0 study.id.isrctn=ISRCTN24791884 (declared) /clinical_study/id_info[1]/secondary_id[1]\n"
			    "0 study.id.eudract=2015-001894-41 (declared) /clinical_study/id_info[1]/secondary_id[2]\n"));
}

static void test_refusals(void)
{
	read(HEAD "<id_info><nct_id>NCT00000001</nct_id></id_info>");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	CHECK(facts_has(&f, "NCT00000001")); /* what was said stays said */
	read(HEAD END "<more/>");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	facts_read(&f, NULL, vf_bytes_str("<clinical_study xmlns=\"urn:other\"><id_info/></clinical_study>"), "a.xml", 0);
	CHECK_STR(f.reader, "");
}

static void test_places(void)
{
	facts_read(&f, NULL, vf_bytes_str(HEAD "<secondary_outcome><measure>a</measure></secondary_outcome><secondary_outcome>"
		"<measure>b</measure></secondary_outcome><start_date type=\"Actual\">May 2001</start_date>" END), "a.xml", TR_WANT_PLACES);
	CHECK(facts_has(&f, "outcome.measure=b (declared) /clinical_study/secondary_outcome[2]/measure[1]\n"));
	CHECK(facts_has(&f, "study.start-kind=Actual (declared) /clinical_study/start_date[1]/@type\n"));
	CHECK(facts_has(&f, "study.start=2001-05 (declared) /clinical_study/start_date[1]\n"));
}

int main(void)
{
	test_record();
	test_first_date();
	test_comments();
	test_outcomes();
	test_documents();
	test_numbers();
	test_own_first();
	test_refusals();
	test_places();
	return check_done();
}
