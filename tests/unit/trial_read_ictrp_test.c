/* Records of WHO ICTRP: padding, breaks, dates in the order of each register, lists, and downloads that end too early. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Trials_downloaded_from_ICTRP>\n"
#define END "</Trials_downloaded_from_ICTRP>\n"

static void read(const char *text)
{
	facts_read(&f, NULL, vf_bytes_str(text), "ICTRP-Results.xml", 0);
	CHECK_STR(f.reader, "ictrp");
}

static void test_padding(void)
{
	read(HEAD "<Trial><Internal_Number>1</Internal_Number><TrialID>NCT00000001          \n    </TrialID>"
		  "<Primary_sponsor>Example&#x0D;\n  </Primary_sponsor><Phase/><Primary_outcome>Overall survival &lt;br&gt;at 5"
		  " years;&lt;BR /&gt;</Primary_outcome><Secondary_outcome> &lt;br/&gt;\n</Secondary_outcome></Trial>" END);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 study.id.nct=NCT00000001 (registry)\n"));
	CHECK(facts_has(&f, "1 study.sponsor=Example (declared)\n"));
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n2 outcome.from=registered (declared)\n2 outcome.level=primary (declared)\n"
			    "2 outcome.measure=Overall survival at 5 years; (declared)\n"));
	CHECK(!facts_has(&f, "study.phase"));
	CHECK(!facts_has(&f, "Internal"));
	CHECK(facts_has(&f, "0 file.registry-records=1 (declared)\n"));
}

/* The name of a register, its date as it writes it, and what that is; "?" for none. */
static void check_order(const char *id, const char *source, const char *date, const char *want)
{
	char text[512], fact[64];

	snprintf(text, sizeof(text), HEAD "<Trial><Date_registration>%s</Date_registration><TrialID>%s</TrialID>"
		"<Source_Register>%s</Source_Register></Trial>" END, date, id, source);
	read(text);
	snprintf(fact, sizeof(fact), "registry.first-submitted=%s (registry)\n", want);
	if (!facts_has(&f, fact))
		CHECK_FAIL("%s of %s is not %s: %s", date, id, want, f.text);
	CHECK_INT(facts_has(&f, "! "), want[0] == '?');
}

static void test_order(void)
{
	static const char *const day_first[] = {"NCT00000001", "ISRCTN00000001", "ACTRN12600000000000", "DRKS00000001",
		"EUCTR2004-000446-20-GB", "JPRN-UMIN000000001", "LBCTR2018121427", "NTR123", "PACTR201001000000000",
		"PER-001-09", "RBR-123456", "RPCEC00000001", "TCTR20200101001", "CTRI/2020/01/000001"};
	static const char *const year_first[] = {"ChiCTR2000000001", "IRCT20200101000001N1", "KCT0000001", "SLCTR/2020/001"};

	for (size_t i = 0; i < sizeof(day_first) / sizeof(day_first[0]); i++) {
		check_order(day_first[i], "", "05/02/2007", "2007-02-05");
		check_order(day_first[i], "", "05-02-2007", "2007-02-05");
		check_order(day_first[i], "", "2007-02-05", "2007-02-05");
	}
	for (size_t i = 0; i < sizeof(year_first) / sizeof(year_first[0]); i++) {
		check_order(year_first[i], "", "2007-02-05", "2007-02-05");
		check_order(year_first[i], "", "05/02/2007", "?");
	}
	check_order("X1", "ClinicalTrials.gov", "05/02/2007", "2007-02-05");
	check_order("X1", "German Clinical Trials Register", "05/02/2007", "2007-02-05");
	check_order("X1", "Somewhere", "2007-02-05", "2007-02-05");
	check_order("X1", "Somewhere", "05/02/2007", "?");
	CHECK(facts_has(&f, "! ambiguous"));
	CHECK(facts_has(&f, "! bad-time"));
	check_order("NCT00000001", "", "31/02/2007", "?");
	CHECK(!facts_has(&f, "! ambiguous"));
	check_order("NCT00000001", "", "February 5, 2007", "2007-02-05");
	check_order("NCT00000001", "", "20070205", "2007-02-05");
}

static void test_registration3(void)
{
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Date_registration>05/02/2007</Date_registration>"
		  "<Date_registration3>20070205</Date_registration3><Date_enrollement>March 2007</Date_enrollement></Trial>" END);
	CHECK_INT(facts_count(&f, "registry.first-submitted=2007-02-05"), 1);
	CHECK(facts_has(&f, "1 study.start=2007-03 (declared)\n"));
	CHECK(!facts_has(&f, "! "));
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Date_registration>02/05/2007</Date_registration>"
		  "<Date_registration3>20070205</Date_registration3></Trial>" END);
	CHECK(facts_has(&f, "registry.first-submitted=2007-02-05"));
	CHECK_INT(facts_count(&f, "registry.first-submitted="), 1);
	CHECK(facts_has(&f, "! ambiguous Date_registration and Date_registration3 differ"));
	/* a bad one is said, and the other too */
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Date_registration>05/02/2007</Date_registration>"
		  "<Date_registration3>20070231</Date_registration3></Trial>" END);
	CHECK(facts_has(&f, "registry.first-submitted=?"));
	CHECK(facts_has(&f, "registry.first-submitted=2007-02-05"));
	CHECK(facts_has(&f, "! bad-time"));
}

static void test_identifiers(void)
{
	read(HEAD "<Trial><TrialID>EUCTR2004-000446-20-GB</TrialID><Secondary_ID>NCT02028676; 2004-000446-20,24791884;;N/A;"
		  "Grant 7</Secondary_ID></Trial><Trial><TrialID>CTIS2022-501234-12-00</TrialID></Trial>"
		  "<Trial><TrialID>ChiCTR2000000001</TrialID></Trial><Trial><TrialID>EUCTR-no</TrialID></Trial>" END);
	CHECK(facts_has(&f, "1 study.id.eudract=2004-000446-20 (registry)\n"));
	CHECK(facts_has(&f, "1 study.id.nct=NCT02028676 (declared)\n1 study.id.eudract=2004-000446-20 (declared)\n"));
	CHECK(facts_has(&f, "1 study.id.other=24791884 (declared)\n1 study.id.other=Grant 7 (declared)\n"));
	CHECK(!facts_has(&f, "N/A"));
	CHECK(facts_has(&f, "2 study.id.euct=2022-501234-12-00 (registry)\n"));
	CHECK(facts_has(&f, "3 study.id.registry=ChiCTR2000000001 (registry)\n"));
	CHECK(facts_has(&f, "4 study.id.registry=EUCTR-no (registry)\n"));
	CHECK(facts_has(&f, "0 file.registry-records=4 (declared)\n"));
}

/* Things of the second record name its item. */
static void test_records(void)
{
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Primary_outcome>a</Primary_outcome><Source_Register>x</Source_Register>"
		  "</Trial><Trial><TrialID>NCT00000002</TrialID><Primary_outcome>b</Primary_outcome>"
		  "<Ethics_review_status>Approved</Ethics_review_status></Trial>" END);
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n"));
	CHECK(facts_has(&f, "4 record.item=3 (declared)\n4 outcome.from=registered"));
	CHECK(facts_has(&f, "4 outcome.measure=b (declared)\n"));
	CHECK(facts_has(&f, "3 study.id.nct=NCT00000002 (registry)\n"));
	CHECK(facts_has(&f, "5 record.item=3 (declared)\n5 ethics.status=Approved (declared)\n"));
	CHECK_INT(facts_count(&f, "study.register="), 1); /* nothing of the first is said again of the second */
}

static void test_ethics(void)
{
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Ethics_review_status>Approved;Not approved</Ethics_review_status>"
		  "<Ethics_review_approval_date>30/01/2007;Nov 30 2018 12:00AM</Ethics_review_approval_date></Trial>" END);
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n2 ethics.status=Approved (declared)\n2 ethics.date=2007-01-30 (declared)\n"
			    "3 record.item=1 (declared)\n3 ethics.status=Not approved (declared)\n3 ethics.date=2018-11-30"));
	CHECK(!facts_has(&f, "! "));
	/* one state for all, sentinels and empty places */
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Ethics_review_status>Approved</Ethics_review_status>"
		  "<Ethics_review_approval_date>30/01/2007;;Jan  1 1900 12:00AM;</Ethics_review_approval_date></Trial>" END);
	CHECK_INT(facts_count(&f, "ethics.status=Approved"), 2);
	CHECK(facts_has(&f, "3 ethics.date=? (declared)\n"));
	CHECK(!facts_has(&f, "! "));
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Ethics_review_status>A;B;C</Ethics_review_status>"
		  "<Ethics_review_approval_date>30/01/2007;31/01/2007</Ethics_review_approval_date></Trial>" END);
	CHECK(facts_has(&f, "! ambiguous 3 states of ethics review and 2 dates"));
	CHECK(facts_has(&f, "4 ethics.status=C (declared)\n0"));
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Ethics_review_approval_date>NULL</Ethics_review_approval_date>"
		  "<Export_date>2020-04-05 10:00:00</Export_date></Trial><Trial><Export_date>10/04/2026 04:51:51</Export_date></Trial>" END);
	CHECK(!facts_has(&f, "ethics.date"));
	CHECK(facts_has(&f, "registry.downloaded=2020-04-05 (registry)\n"));
	CHECK(facts_has(&f, "registry.downloaded=? (registry)\n"));
	CHECK(!facts_has(&f, "! "));
}

static void test_cut(void)
{
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID></Trial>");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "! cut"));
	CHECK(facts_has(&f, "NCT00000001"));
	/* in the middle of a record, of a text, of a tag */
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID></Trial><Trial><TrialID>NCT00000002</TrialID><Date_registration3>20070205"
		  "</Date_registration3><Public_title>Half a ti");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "! cut"));
	CHECK(facts_has(&f, "2 study.id.nct=NCT00000002"));
	CHECK(facts_has(&f, "2 registry.first-submitted=2007-02-05"));
	CHECK(!facts_has(&f, "Half"));
	CHECK(facts_has(&f, "0 file.registry-records=2"));
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Publ");
	CHECK(facts_has(&f, "! cut"));
	CHECK(facts_has(&f, "NCT00000001"));
	/* in the middle of a character */
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Public_title>Caf\xc3");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "! cut"));
	CHECK(facts_has(&f, "NCT00000001"));
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID><Public_title>Caf\xc3!</Public_title></Trial>" END);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	CHECK(!facts_has(&f, "! cut"));
	/* what is malformed before its end is not cut off, nor is a file without one record */
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID></Wrong><Trial>");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	CHECK(!facts_has(&f, "! cut"));
	read(HEAD);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read(HEAD "<Trial><TrialID>NCT00000001</TrialID></Trial>" END "<more/>");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
}

static void test_long(void)
{
	static char text[8192];
	size_t n = (size_t)snprintf(text, sizeof(text), HEAD "<Trial><TrialID>");

	memset(text + n, 'x', 5000);
	snprintf(text + n + 5000, sizeof(text) - n - 5000, "</TrialID><Public_title>t</Public_title></Trial>" END);
	read(text);
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "! unread"));
	CHECK(facts_has(&f, "study.title=t"));
}

int main(void)
{
	test_padding();
	test_order();
	test_registration3();
	test_identifiers();
	test_records();
	test_ethics();
	test_cut();
	test_long();
	return check_done();
}
