/* Records of ISRCTN: bare numbers, committees, attached files with checksums, several records. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?><allTrials xmlns=\"http://www.67bricks.com/isrctn\" totalCount=\"2\">"

static void read(const char *text)
{
	facts_read(&f, NULL, vf_bytes_str(text), "record.xml", 0);
	CHECK_STR(f.reader, "isrctn");
}

static void test_record(void)
{
	read(HEAD "<fullTrial><trial lastUpdated=\"2024-05-01T10:00:00.000Z\" version=\"7\"><isrctn dateAssigned=\""
		  "2007-02-05T00:00:00.000Z\">24791884</isrctn><trialDescription><title>T</title><primaryOutcomes><outcomeMeasure>"
		  "<variable>Survival</variable><method>register</method><timepoints>5 years</timepoints></outcomeMeasure>"
		  "<outcomeMeasure><variable>Pain</variable></outcomeMeasure></primaryOutcomes><primaryOutcome>Old text"
		  "</primaryOutcome><secondaryOutcome/><ethicsApprovalRequired>Ethics approval required</ethicsApprovalRequired>"
		  "<ethicsCommittees><ethicsCommittee approvalStatus=\"Approved\" statusDate=\"2007-01-30\"><committeeReference>07/X/1"
		  "</committeeReference></ethicsCommittee></ethicsCommittees></trialDescription><externalRefs><eudraCTNumber>"
		  "2006-000000-00</eudraCTNumber><irasNumber>Nil known</irasNumber><clinicalTrialsGovNumber>NCT02028676"
		  "</clinicalTrialsGovNumber><protocolSerialNumber>P-1 v1.0</protocolSerialNumber></externalRefs><participants>"
		  "<recruitmentStart>2007-03-01T00:00:00.000Z</recruitmentStart></participants><attachedFiles><attachedFile downloadUrl="
		  "\"https://example.invalid/p.pdf\"><name>p.pdf</name><length>5</length><md5sum>5D41402ABC4B2A76B9719D911017C592</md5sum>"
		  "</attachedFile></attachedFiles></trial><sponsor><organisation>Org</organisation></sponsor></fullTrial>"
		  "<fullTrial><trial><isrctn>ISRCTN00000002</isrctn></trial></fullTrial></allTrials>");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 study.id.isrctn=ISRCTN24791884 (registry)\n"));
	CHECK(facts_has(&f, "1 registry.first-submitted=2007-02-05T00:00:00"));
	CHECK(facts_has(&f, "1 registry.last-updated=2024-05-01T10:00:00"));
	CHECK(facts_has(&f, "1 registry.record-version=7 (registry)\n"));
	CHECK(facts_has(&f, "2 record.item=1 (declared)\n2 outcome.from=registered (declared)\n2 outcome.level=primary (declared)\n"
			    "2 outcome.measure=Survival (declared)\n2 outcome.description=register (declared)\n"
			    "2 outcome.time-frame=5 years (declared)\n"));
	CHECK(facts_has(&f, "3 outcome.measure=Pain"));
	CHECK(facts_has(&f, "4 outcome.level=primary (declared)\n4 outcome.measure=Old text"));
	CHECK(!facts_has(&f, "secondary"));
	CHECK(facts_has(&f, "5 ethics.status=Approved (declared)\n5 ethics.date=2007-01-30 (declared)\n5 ethics.reference=07/X/1"));
	CHECK(facts_has(&f, "1 ethics.required=Ethics approval required"));
	CHECK(facts_has(&f, "1 study.id.eudract=2006-000000-00 (declared)\n1 study.id.nct=NCT02028676 (declared)\n"
			    "1 study.id.other=P-1 v1.0 (declared)\n"));
	CHECK(!facts_has(&f, "Nil"));
	CHECK(facts_has(&f, "1 study.start=2007-03-01T00:00:00"));
	CHECK(facts_has(&f, "6 document.url=https://example.invalid/p.pdf (registry)\n6 document.name=p.pdf (declared)\n"
			    "6 document.size=5 (registry)\n6 document.checksum=md5:5d41402abc4b2a76b9719d911017c592 (registry)\n"));
	CHECK(facts_has(&f, "1 study.sponsor=Org"));
	CHECK(facts_has(&f, "7 study.id.isrctn=ISRCTN00000002 (registry)\n"));
	CHECK(facts_has(&f, "0 file.registry-records=2"));
}

/* By namespace, whatever the prefix; another namespace's elements are no data. */
static void test_namespaces(void)
{
	read("<i:fullTrial xmlns:i=\"http://www.67bricks.com/isrctn\" xmlns:o=\"urn:o\"><i:trial><o:isrctn>00000009</o:isrctn>"
	     "<i:isrctn>00000001</i:isrctn></i:trial></i:fullTrial>");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "1 study.id.isrctn=ISRCTN00000001"));
	CHECK(!facts_has(&f, "00000009"));
	facts_read(&f, NULL, vf_bytes_str("<allTrials><fullTrial/></allTrials>"), "a.xml", 0);
	CHECK_STR(f.reader, "");
}

static void test_refusals(void)
{
	read(HEAD "<fullTrial><trial><isrctn>00000001</isrctn>");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read(HEAD "<fullTrial><trial version='1' version='2'/></fullTrial></allTrials>");
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	read(HEAD "<fullTrial><trial><isrctn dateAssigned=\"5 Feb 2007\">1</isrctn></trial></fullTrial></allTrials>");
	CHECK_RC(f.rc, VF_OK);
	CHECK(facts_has(&f, "! bad-time"));
	CHECK(facts_has(&f, "study.id.isrctn=1 "));
}

int main(void)
{
	test_record();
	test_namespaces();
	test_refusals();
	return check_done();
}
