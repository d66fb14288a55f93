/* FHIR resources in JSON: the same facts as in XML, in whatever order members stand. */
#include "tests/unit/facts_text.h"

static struct facts_text f, g;

#define ALL (TR_WANT_SUBJECTS | TR_WANT_AUDIT)
#define XNS " xmlns=\"http://hl7.org/fhir\""
#define WANT(part)                                                                                         \
	do {                                                                                               \
		check_count++;                                                                             \
		if (!facts_has(&f, part))                                                                  \
			CHECK_FAIL("no '%s' in:\n%s", part, f.text);                                       \
	} while (0)

static void read(const char *json)
{
	facts_read(&f, NULL, vf_bytes_str(json), "resource.json", ALL);
	CHECK_STR(f.reader, "fhir-json");
	CHECK_RC(f.rc, VF_OK);
}

/* Up to the grade: places differ, and the name of the format. */
static void strip(struct facts_text *t)
{
	char *out = t->text, *line = t->text;

	while (*line) {
		char *end = strchr(line, '\n');
		char *stop = end;

		for (char *p = line; p + 2 < end; p++)
			if (p[0] == ')' && p[1] == ' ' && p[2] == '/')
				stop = p + 1;
		if (!strstr(line, "file.format=") || strstr(line, "file.format=") > end) {
			memmove(out, line, (size_t)(stop - line));
			out += stop - line;
			*out++ = '\n';
		}
		line = end + 1;
	}
	*out = '\0';
}

static void same(const char *xml, const char *json)
{
	read(json);
	facts_read(&g, NULL, vf_bytes_str(xml), "resource.xml", ALL);
	CHECK_RC(g.rc, VF_OK);
	strip(&f);
	strip(&g);
	CHECK_STR(f.text, g.text);
	CHECK(strlen(f.text) > 40);
}

static void test_same(void)
{
	same("<Consent" XNS "><id value=\"c\"/><meta><lastUpdated value=\"2020\"/></meta><language value=\"de\"/><status value=\"active\"/>"
	     "<category><coding><system value=\"http://loinc.org\"/><code value=\"57016-8\"/></coding></category><category><coding>"
	     "<code value=\"2.16.840.1.113883.3.1937.777.24.2.2719\"/></coding></category><patient><reference value=\"Patient/1\"/></patient>"
	     "<dateTime value=\"2020-09-01\"/><sourceAttachment><contentType value=\"application/pdf\"/><title value=\"F\"/></sourceAttachment>"
	     "<policy><uri value=\"urn:a\"/></policy><policy><uri value=\"urn:b\"/></policy><provision><type value=\"deny\"/><period>"
	     "<start value=\"2020\"/></period><provision><type value=\"permit\"/></provision><provision><type value=\"deny\"/></provision>"
	     "</provision></Consent>",
		"{\"resourceType\":\"Consent\",\"id\":\"c\",\"meta\":{\"lastUpdated\":\"2020\"},\"language\":\"de\",\"status\":\"active\","
		"\"category\":[{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"57016-8\"}]},{\"coding\":[{\"code\":"
		"\"2.16.840.1.113883.3.1937.777.24.2.2719\"}]}],\"patient\":{\"reference\":\"Patient/1\"},\"dateTime\":\"2020-09-01\","
		"\"sourceAttachment\":{\"contentType\":\"application/pdf\",\"title\":\"F\"},\"policy\":[{\"uri\":\"urn:a\"},{\"uri\":\"urn:b\"}],"
		"\"provision\":{\"type\":\"deny\",\"period\":{\"start\":\"2020\"},\"provision\":[{\"type\":\"permit\"},{\"type\":\"deny\"}]}}");
	same("<ResearchSubject" XNS "><progress><reason><coding><code value=\"informedConsentSigned\"/></coding></reason><startDate value=\"2022\"/>"
	     "</progress><period><start value=\"2021\"/></period><subject><reference value=\"P\"/></subject></ResearchSubject>",
		"{\"resourceType\":\"ResearchSubject\",\"progress\":[{\"reason\":{\"coding\":[{\"code\":\"informedConsentSigned\"}]},"
		"\"startDate\":\"2022\"}],\"period\":{\"start\":\"2021\"},\"subject\":{\"reference\":\"P\"}}");
	same("<Provenance" XNS "><target><reference value=\"Consent/1\"/></target><recorded value=\"2020-01-01\"/><signature><type><code "
	     "value=\"1.2.840.10065.1.12.1.1\"/></type><when value=\"2020-01-02\"/><who><reference value=\"Practitioner/1\"/></who><data "
	     "value=\"MIIFpQYJKoZIhvcNAQcC\"/></signature></Provenance>",
		"{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"Consent/1\"}],\"recorded\":\"2020-01-01\",\"signature\":[{\"type\":"
		"[{\"code\":\"1.2.840.10065.1.12.1.1\"}],\"when\":\"2020-01-02\",\"who\":{\"reference\":\"Practitioner/1\"},\"data\":"
		"\"MIIFpQYJKoZIhvcNAQcC\"}]}");
	same("<AuditEvent" XNS "><action value=\"C\"/><recorded value=\"2020\"/><agent><who><reference value=\"Device/1\"/></who><requestor "
	     "value=\"true\"/></agent><entity><what><reference value=\"Consent/1\"/></what></entity></AuditEvent>",
		"{\"resourceType\":\"AuditEvent\",\"action\":\"C\",\"recorded\":\"2020\",\"agent\":[{\"who\":{\"reference\":\"Device/1\"},"
		"\"requestor\":true}],\"entity\":[{\"what\":{\"reference\":\"Consent/1\"}}]}");
	same("<ResearchStudy" XNS "><extension url=\"x/m11-protocol-amendment\"><extension url=\"scope\"><valueCodeableConcept><coding><code "
	     "value=\"C68846\"/><display value=\"Global\"/></coding></valueCodeableConcept></extension></extension><identifier><value "
	     "value=\"NCT00000001\"/></identifier><version value=\"2\"/><status value=\"draft\"/><recruitment><targetNumber value=\"75\"/></recruitment>"
	     "<outcomeMeasure><name value=\"M\"/><type><coding><code value=\"primary\"/></coding></type></outcomeMeasure></ResearchStudy>",
		"{\"resourceType\":\"ResearchStudy\",\"extension\":[{\"extension\":[{\"url\":\"scope\",\"valueCodeableConcept\":{\"coding\":[{\"code\":"
		"\"C68846\",\"display\":\"Global\"}]}}],\"url\":\"x/m11-protocol-amendment\"}],\"identifier\":[{\"value\":\"NCT00000001\"}],"
		"\"version\":\"2\",\"status\":\"draft\",\"recruitment\":{\"targetNumber\":75},\"outcomeMeasure\":[{\"name\":\"M\",\"type\":[{\"coding\":"
		"[{\"code\":\"primary\"}]}]}]}");
	same("<Bundle" XNS "><entry><resource><Consent><patient><reference value=\"P\"/></patient><dateTime value=\"2020\"/></Consent></resource>"
	     "</entry><entry><resource><ResearchStudy><version value=\"1\"/></ResearchStudy></resource></entry><entry><resource><Patient/></resource>"
	     "</entry></Bundle>",
		"{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Consent\",\"patient\":{\"reference\":\"P\"},\"dateTime\":"
		"\"2020\"}},{\"resource\":{\"resourceType\":\"ResearchStudy\",\"version\":\"1\"}},{\"resource\":{\"resourceType\":\"Patient\"}}]}");
}

static void test_order(void)
{
	/* the type stands last, in the resource and in the Bundle */
	read("{\"entry\":[{\"resource\":{\"dateTime\":\"2020-01-01\",\"patient\":{\"reference\":\"P\"},\"id\":\"c\",\"resourceType\":\"Consent\"},"
	     "\"fullUrl\":\"urn:x\"},{\"resource\":{\"id\":\"x\",\"name\":[{\"family\":\"Name\"}],\"resourceType\":\"Patient\"}}],\"type\":\"document\","
	     "\"resourceType\":\"Bundle\",\"id\":\"b\"}");
	WANT("1 consent.date=2020-01-01 (declared) /entry/0/resource/dateTime\n");
	WANT("1 consent.record=Consent/c ");
	WANT("0 file.id=b ");
	WANT("0 file.members=2 ");
	WANT("! unread a resource of type 'Patient'");
	CHECK(!facts_has(&f, "Name"));
	/* the extensions of values, and values that are null */
	read("{\"resourceType\":\"Consent\",\"_status\":{\"extension\":[{\"url\":\"x\"}]},\"status\":null,\"patient\":{\"reference\":\"P\",\"_reference\":"
	     "{\"id\":\"1\"}},\"dateTime\":\"2020\",\"policy\":[null,{\"uri\":\"urn:b\"}]}");
	WANT("1 consent.form=urn:b (declared) /policy/1/uri\n");
	CHECK(!facts_has(&f, "consent.status"));
	/* lists in lists, and other values than texts */
	read("{\"resourceType\":\"Consent\",\"policy\":[[{\"uri\":\"urn:a\"}],{\"uri\":7},{\"uri\":true}],\"dateTime\":{\"x\":[1]},\"patient\":[]}");
	WANT("1 consent.form=7 ");
	WANT("1 consent.form=true ");
	CHECK(!facts_has(&f, "urn:a"));
}

static void test_refused(void)
{
	static const char *const files[] = {"{\"resourceType\":\"Consent\"", "{\"resourceType\":\"Consent\",\"id\":\"a\",\"id\":\"b\"}",
		"{\"resourceType\":\"Consent\"} x", "{\"resourceType\":\"A b\"}", "{\"resourceType\":\"\"}", "{\"id\":\"x\"}", "[]", "\"Consent\""};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		facts_read(&f, &tr_read_fhir_json, vf_bytes_str(files[i]), "x.json", ALL);
		CHECK_RC(f.rc, VF_FILE_SHAPE);
		CHECK(f.err.text[0] != '\0');
	}
	facts_read(&f, NULL, vf_bytes_str("// a comment\n{\"resourceType\":\"Bundle\"}"), "x.json", 0);
	CHECK_STR(f.reader, "");
	facts_read(&f, NULL, vf_bytes_str("{\"resourceType\":{}}"), "x.json", 0);
	CHECK_STR(f.reader, "");
}

static bool read_file(const char *path)
{
	const char *data = getenv("TRIALNOTARY_DATA");
	char name[4096];
	struct vf_bytes octets;
	FILE *file;

	snprintf(name, sizeof(name), "%s/fhir/%s", data ? data : "../shared/data", path);
	file = fopen(name, "rb");
	if (!file) {
		printf("skipped: no %s\n", path);
		return false;
	}
	fclose(file);
	octets = check_read(name);
	facts_read(&f, NULL, octets, path, ALL);
	free((void *)(uintptr_t)octets.p);
	return true;
}

static void test_files(void)
{
	if (read_file("fhir-test-cases/r4-consent-example.json")) {
		WANT("0 file.version=R4 ");
		WANT("1 consent.date=2016-05-11 (declared) /dateTime\n");
		WANT("1 consent.decision=permit (declared) /policyRule\n");
		CHECK(!facts_has(&f, "Heuvel"));
	}
	if (read_file("fhir-test-cases/r4-auditevent-example.json"))
		WANT("1 audit.user=Grahame (declared) /agent/0/who/identifier/value\n");
	if (read_file("mii-consent/CodeSystem-MiiConsentVersionModuleCodeSystem.json"))
		WANT("! unread a resource of type 'CodeSystem'");
	/* comments: no JSON, and so no format that is known */
	if (read_file("vulcan-m11/Exemplar001-Bundle.json"))
		CHECK_STR(f.reader, "");
}

int main(void)
{
	test_same();
	test_order();
	test_refused();
	test_files();
	return check_done();
}
