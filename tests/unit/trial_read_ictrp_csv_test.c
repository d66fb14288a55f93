/* Records of WHO ICTRP in tables: names of columns, what cells say, what is no such table. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

/* The columns that the search portal writes since 2020, in its order. */
#define COLUMNS "TrialID,Last Refreshed on,Public title,Scientific title,Acronym,Primary sponsor,Date registration,Date registration3,Export date," \
	"Source Register,web address,Recruitment Status,other records,Inclusion agemin,Inclusion agemax,Inclusion gender,Date enrollement,Target size," \
	"Study type,Study design,Phase,Countries,Contact Firstname,Contact Lastname,Contact Address,Contact Email,Contact Tel,Contact Affiliation," \
	"Inclusion Criteria,Exclusion Criteria,Condition,Intervention,Primary outcome,Secondary outcome,Secondary ID,Source Name,Secondary Sponsor," \
	"Ethics Status,Ethics Approval Date,Ethics Contact Name,Ethics Contact Address,Ethics Contact Phone,Ethics Contact Email,results yes no," \
	"results date posted,results url link,results url protocol,results date completed,results date first publication,results summary," \
	"results baseline char,results adverse events,results outcome measures,results ipd plan,results ipd description,Prospective registration," \
	"Bridging flag truefalse,Bridged type"

static void read(const char *text, unsigned wants)
{
	facts_read(&f, NULL, vf_bytes_str(text), "ICTRP-Results.csv", wants);
	CHECK_STR(f.reader, "ictrp-csv");
}

static void test_export(void)
{
	read("\xef\xbb\xbf" COLUMNS "\r\n"
		"NCT00000001,1 June 2026,A title,\"The <br>whole, \"\"long\"\" title\",NULL,Example          ,05/02/2026,20260205,6/9/2026 12:57:03 PM,"
		"ClinicalTrials.gov,https://example.org,Recruiting,No,18,NULL,Both,01/03/2026,120,Interventional,d,Phase 3,DE,Jane,Roe,street,"
		"roe@example.org,123,,in,ex,c,i,\"Survival;\r\nat 5 years\",Pain;,\"EX-1;EUCTR2026-000446-20-GB, 12345678\",NULL,NULL,"
		"Approved;Approved,\"Nov 30 2025 12:00AM;Dec 1 2025 12:00AM\",Roe,,,,,,,,,,,,,,,,Yes,false,\r\n"
		"ISRCTN00000002,,B,,,,2026-02-07,,,ISRCTN,,,,,,,NULL\n", 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 study.id.nct=NCT00000001 (registry)\n"));
	CHECK(facts_has(&f, "1 study.title=A title (declared)\n1 study.title=The whole, \"long\" title (declared)\n"));
	CHECK(facts_has(&f, "1 study.sponsor=Example (declared)\n"));
	CHECK(facts_has(&f, "1 registry.downloaded=? (registry)\n")); /* day or month first: nobody knows */
	CHECK(facts_has(&f, "1 study.status=Recruiting (declared)\n1 study.enrolment=120 (declared)\n1 study.phase=Phase 3 (declared)\n"));
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n2 outcome.from=registered (declared)\n2 outcome.level=primary (declared)\n"
			    "2 outcome.measure=Survival; at 5 years (declared)\n"));
	CHECK(facts_has(&f, "3 outcome.level=secondary (declared)\n3 outcome.measure=Pain; (declared)\n"));
	CHECK(facts_has(&f, "1 study.id.other=EX-1 (declared)\n1 study.id.eudract=2026-000446-20 (declared)\n! ambiguous"));
	CHECK(facts_has(&f, "1 registry.prospective=Yes (registry)\n1 study.register=ClinicalTrials.gov (declared)\n"
			    "1 registry.first-submitted=2026-02-05 (registry)\n1 study.start=2026-03-01 (declared)\n"));
	CHECK(facts_has(&f, "4 ethics.status=Approved (declared)\n4 ethics.date=2025-11-30T00:00 (declared)\n"));
	CHECK(facts_has(&f, "5 ethics.date=2025-12-01T00:00 (declared)\n"));
	CHECK(facts_has(&f, "6 study.id.isrctn=ISRCTN00000002 (registry)\n6 study.title=B (declared)\n"));
	CHECK(facts_has(&f, "6 registry.first-submitted=2026-02-07 (registry)\n"));
	CHECK(facts_has(&f, "0 file.registry-records=2 (declared)\n"));
	CHECK(!facts_has(&f, "study.name"));
	CHECK(!facts_has(&f, "NULL"));
	CHECK(!facts_has(&f, "Roe"));
	CHECK(!facts_has(&f, "roe@"));
}

/* Names of other sets, another order of columns, another delimiter; the identifier stands first all the same. */
static void test_names(void)
{
	read("\"TrialID\";\"Date_registration\";\"Source_Register\";SECONDARY_IDS;Ethics_review_status;Other\nChiCTR2000000001;2026-01-02;ChiCTR;NCT00000009;ok;x\n",
		TR_WANT_PLACES);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 study.id.registry=ChiCTR2000000001 (registry) row 1, column TrialID\n"));
	CHECK(facts_has(&f, "1 study.id.nct=NCT00000009 (declared) row 1, column Secondary_IDs\n"));
	CHECK(facts_has(&f, "1 registry.first-submitted=2026-01-02 (registry) row 1, column Date_registration\n"));
	CHECK(facts_has(&f, "2 ethics.status=ok (declared)"));
	CHECK(!facts_has(&f, "=x "));
	/* the first of two columns */
	read("TrialID,Date registration,Phase,phase\nNCT00000001,01/02/2026,1,2\n", 0);
	CHECK(facts_has(&f, "! duplicate two columns are 'Phase'"));
	CHECK(facts_has(&f, "1 study.phase=1 (declared)\n"));
	CHECK(!facts_has(&f, "study.phase=2"));
	/* text that is not UTF-8 */
	read("TrialID,Date registration,Public title\nNCT00000001,01/02/2026,caf\xe9\nNCT00000002,,caf\xe9\n", 0);
	CHECK_INT(facts_count(&f, "! encoding"), 1);
	CHECK_INT(facts_count(&f, "study.title=caf\xef\xbf\xbd (declared)\n"), 2);
	/* no record at all */
	read("TrialID,Date registration\n", 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "0 file.registry-records=0 (declared)\n"));
}

static void check_other(const char *text)
{
	facts_read(&f, NULL, vf_bytes_str(text), "x.csv", 0);
	if (strcmp(f.reader, "ictrp-csv") == 0)
		CHECK_FAIL("taken for records of ICTRP: %s", text);
}

static void test_refusals(void)
{
	check_other("Trial ID,Date registration\nNCT00000001,x\n");
	check_other("TrialID,Title\nNCT00000001,x\n");
	check_other("Title,TrialID,Date registration\na,NCT00000001,x\n");
	check_other("TrialIDs,Date registration\nNCT00000001,x\n");
	check_other("NCT00000001,x,01/02/2026\n");
	/* what was read before stays said */
	read("TrialID,Date registration,Public title\nNCT00000001,01/02/2026,\"cut", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read("TrialID,Date registration,Public title\nNCT00000001,01/02/2026,A\nNCT00000002,,\"A\"B\n", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	CHECK(facts_has(&f, "1 study.id.nct=NCT00000001"));
	read("TrialID,Date registration\nNCT00000001,01/02/2026,more\n", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read("TrialID,Date registration\nNCT00000001,01/02/2026\nNCT00000002,a\rb\n", 0);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "! unread line"));
	CHECK(facts_has(&f, "0 file.registry-records=1 (declared)\n"));
}

int main(void)
{
	test_export();
	test_names();
	test_refusals();
	return check_done();
}
