/* FHIR resources in XML: what each says, and the traps of the German consent, of R5 and of the M11 guide. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

#define NS " xmlns=\"http://hl7.org/fhir\""
#define MII "urn:oid:2.16.840.1.113883.3.1937.777.24.2."
#define ALL (TR_WANT_SUBJECTS | TR_WANT_AUDIT)

static void read(const char *text, unsigned wants)
{
	facts_read(&f, NULL, vf_bytes_str(text), "resource.xml", wants);
	CHECK_STR(f.reader, "fhir-xml");
	CHECK_RC(f.rc, VF_OK);
}

#define WANT(part)                                                                                         \
	do {                                                                                               \
		check_count++;                                                                             \
		if (!facts_has(&f, part))                                                                  \
			CHECK_FAIL("no '%s' in:\n%s", part, f.text);                                       \
	} while (0)
#define NEVER(part)                                                                                        \
	do {                                                                                               \
		check_count++;                                                                             \
		if (facts_has(&f, part))                                                                   \
			CHECK_FAIL("'%s' in:\n%s", part, f.text);                                          \
	} while (0)

#define CONSENT(middle)                                                                                    \
	"<Consent" NS "><id value=\"c1\"/><status value=\"active\"/><scope><coding><code value=\"research\"/></coding></scope>" \
	"<patient><reference value=\"Patient/p1\"/><display value=\"A. Name\"/></patient><dateTime value=\"2020-09-01\"/>" middle "</Consent>"

static void test_consent(void)
{
	static const char text[] = CONSENT("<sourceReference><reference value=\"DocumentReference/d\"/></sourceReference>"
					   "<policy><uri value=\"" MII "1791\"/></policy>"
					   "<verification><verified value=\"true\"/><verificationDate value=\"2020-10\"/></verification>"
					   "<provision><type value=\"deny\"/><period><start value=\"2020-09-01\"/><end value=\"2050\"/></period>"
					   "<provision><type value=\"permit\"/><code><coding><code value=\"x\"/></coding></code></provision></provision>");

	read(text, ALL);
	WANT("0 file.version=R4 (declared)\n0 file.type=Consent (declared)\n");
	WANT("1 consent.record=Consent/c1 (declared) /Consent/id/@value\n");
	WANT("1 consent.status=active (declared) /Consent/status/@value\n");
	WANT("1 consent.decision=permit (declared) /Consent/provision/provision/type/@value\n");
	WANT("1 consent.date=2020-09-01 (declared) /Consent/dateTime/@value\n");
	WANT("1 consent.from=2020-09-01 (declared) ");
	WANT("1 consent.until=2050 (declared) ");
	WANT("1 consent.verified=2020-10 (declared) ");
	WANT("1 consent.form=" MII "1791 (declared) /Consent/policy/uri/@value\n");
	WANT("version.id=" MII "1791 (declared)");
	WANT("version.of=consent-form (declared)");
	WANT("version.number=1.6f (declared)");
	WANT("document.url=DocumentReference/d (declared) ");
	NEVER("withdrawal");
	NEVER("A. Name");
	CHECK_INT(f.subjects, 1);

	/* of a person nothing is said to who does not ask; the form's version is about nobody */
	read(text, 0);
	NEVER("consent.date");
	NEVER("c1");
	NEVER("DocumentReference");
	WANT("version.number=1.6f");
	WANT("0 file.subjects=1 ");
	/* nor when the file names nobody */
	read("<Consent" NS "><id value=\"c1\"/><status value=\"active\"/><dateTime value=\"2020-09-01\"/></Consent>", 0);
	NEVER("consent");
	NEVER("c1");
	read("<Consent" NS "><dateTime value=\"2020-09-01\"/></Consent>", ALL);
	WANT("1 consent.date=2020-09-01");
	CHECK_INT(f.subjects, 0);
}

/* Which template it is decides what the date is of: with and without "urn:oid:", in policy/uri or as a category. */
static void test_mii(void)
{
	static const struct {
		const char *oid, *scope;
	} withdrawals[] = {{"2718", "complete"}, {"2719", "partial"}, {"2720", "complete"}, {"2721", "partial"},
		{"2722", "complete"}, {"2723", "partial"}};
	char text[4096], want[64];

	for (size_t i = 0; i < sizeof(withdrawals) / sizeof(withdrawals[0]); i++)
		for (int k = 0; k < 3; k++) {
			static const char *const forms[][2] = {{"<policy><uri value=\"" MII, "\"/></policy>"},
				{"<policy><uri value=\"2.16.840.1.113883.3.1937.777.24.2.", "\"/></policy>"},
				{"<category><coding><code value=\"2.16.840.1.113883.3.1937.777.24.2.",
					"\"/></coding></category>"}};
			char middle[256];

			snprintf(middle, sizeof(middle), "%s%s%s", forms[k][0], withdrawals[i].oid, forms[k][1]);
			snprintf(text, sizeof(text), CONSENT("%s"), middle);
			read(text, ALL);
			NEVER("consent.date");
			WANT("1 withdrawal.date=2020-09-01 ");
			snprintf(want, sizeof(want), "1 withdrawal.scope=%s ", withdrawals[i].scope);
			WANT(want);
		}
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), CONSENT("<policy><uri value=\"" MII "%s\"/></policy>"), i ? "4054" : "4053");
		read(text, ALL);
		NEVER("consent.date");
		NEVER("withdrawal");
		WANT("1 consent.decision=deny ");
	}
	/* the whole of the templates is no version */
	read(CONSENT("<policy><uri value=\"2.16.840.1.113883.3.1937.777.24.2.184\"/></policy>"), ALL);
	WANT("1 consent.form=2.16.840.1.113883.3.1937.777.24.2.184 ");
	WANT("1 consent.date=2020-09-01 ");
	NEVER("version.");
	/* a template that is not known is a form all the same */
	read(CONSENT("<policy><uri value=\"" MII "99999\"/></policy>"), ALL);
	WANT("1 consent.form=" MII "99999 ");
	WANT("1 consent.date");
	NEVER("version.");
}

static void test_states(void)
{
	/* what holds now, as somebody computed it */
	read(CONSENT("<category><coding><system value=\"http://fhir.de/ConsentManagement/CodeSystem/ResultType\"/>"
		     "<code value=\"consent-status\"/></coding></category><provision><type value=\"deny\"/></provision>"),
		ALL);
	NEVER("consent.date");
	NEVER("withdrawal");
	WANT("1 consent.decision=deny ");
	WANT("! ambiguous the state of a consent");
	/* the same word in another system is none of it */
	read(CONSENT("<category><coding><system value=\"http://loinc.org\"/><code value=\"consent-status\"/></coding></category>"), ALL);
	WANT("1 consent.date=2020-09-01");
	read(CONSENT("<category><coding><system value=\"http://fhir.de/ConsentManagement/CodeSystem/TemplateType\"/>"
		     "<code value=\"WITHDRAWAL\"/></coding></category>"),
		ALL);
	WANT("1 withdrawal.date=2020-09-01");
	read(CONSENT("<category><coding><system value=\"http://fhir.de/ConsentManagement/CodeSystem/TemplateType\"/>"
		     "<code value=\"CONSENT-OPT-IN\"/></coding></category>"),
		ALL);
	WANT("1 consent.date=2020-09-01");
	/* all is denied */
	read(CONSENT("<provision><type value=\"deny\"/><provision><type value=\"deny\"/></provision></provision>"), ALL);
	NEVER("consent.date");
	WANT("1 withdrawal.date=2020-09-01");
	WANT("1 withdrawal.source=FHIR Consent, all denied");
	WANT("! ambiguous all is denied");
	read(CONSENT("<policyRule><coding><code value=\"OPTIN\"/></coding></policyRule>"), ALL);
	WANT("1 consent.decision=permit ");
	read(CONSENT("<policyRule><coding><code value=\"OPTOUT\"/></coding></policyRule>"), ALL);
	WANT("1 consent.decision=deny ");
	/* no consent was given in these states */
	for (int i = 0; i < 6; i++) {
		static const char *const states[] = {"draft", "proposed", "rejected", "entered-in-error", "not-done", "unknown"};
		char text[512];

		snprintf(text, sizeof(text), "<Consent" NS "><status value=\"%s\"/><patient><reference value=\"Patient/p\"/></patient>"
					      "<dateTime value=\"2020-09-01\"/></Consent>", states[i]);
		read(text, ALL);
		NEVER("consent.date");
		WANT("consent.status=");
	}
	read("<Consent" NS "><status value=\"inactive\"/><patient><reference value=\"Patient/p\"/></patient>"
	     "<dateTime value=\"2020-09-01\"/></Consent>",
		ALL);
	WANT("1 consent.status=inactive");
	WANT("1 consent.date=2020-09-01");
	NEVER("withdrawal");
}

static void test_r5(void)
{
	read("<Consent" NS "><id value=\"c\"/><status value=\"active\"/><subject><identifier><value value=\"S-1\"/></identifier></subject>"
	     "<date value=\"2024-03\"/><period><start value=\"2024-03-01\"/></period><decision value=\"permit\"/>"
	     "<policyBasis><url value=\"https://example.invalid/form/2\"/></policyBasis>"
	     "<provision><period><start value=\"1999\"/></period><provision/></provision></Consent>",
		ALL);
	WANT("0 file.version=R5 or later ");
	WANT("1 consent.date=2024-03 ");
	WANT("1 consent.decision=permit ");
	WANT("1 consent.from=2024-03-01 ");
	WANT("1 consent.form=https://example.invalid/form/2 (declared) /Consent/policyBasis/url/@value\n");
	NEVER("1999");
	/* the decision is for all; provisions are exceptions */
	read("<Consent" NS "><status value=\"active\"/><subject><reference value=\"Patient/1\"/></subject><date value=\"2024-03-02\"/>"
	     "<decision value=\"deny\"/><provision/></Consent>",
		ALL);
	WANT("1 consent.decision=deny ");
	WANT("1 withdrawal.date=2024-03-02 ");
	NEVER("consent.date");
}

static void test_bad_dates(void)
{
	read("<Consent" NS "><patient><reference value=\"Patient/1\"/></patient><dateTime value=\"1.9.2020\"/></Consent>", ALL);
	WANT("1 consent.date=? ");
	WANT("! bad-time consent.date");
	read("<Consent" NS "><patient><reference value=\"Patient/1\"/></patient><dateTime value=\"\"/></Consent>", ALL);
	NEVER("consent.date");
}

static void test_research_subject(void)
{
	/* R5: 'status' is that of the record */
	read("<ResearchSubject" NS "><id value=\"r\"/><status value=\"active\"/><progress><type><coding><code value=\"Enrollment\"/></coding></type>"
	     "</progress><progress><subjectState><coding><code value=\"on-study\"/></coding></subjectState><reason><coding>"
	     "<code value=\"informedConsentSigned\"/></coding></reason><startDate value=\"2022-06-10\"/></progress><progress>"
	     "<subjectState><coding><code value=\"withdrawn\"/></coding></subjectState><startDate value=\"2023-01\"/></progress>"
	     "<period><start value=\"2022-06-11\"/></period><subject><reference value=\"Patient/9\"/></subject></ResearchSubject>",
		ALL);
	WANT("1 subject.key=Patient/9 ");
	WANT("1 subject.start=2022-06-11 ");
	WANT("2 consent.date=2022-06-10 (declared) /ResearchSubject/progress[2]/startDate/@value\n");
	WANT("2 consent.source=FHIR ResearchSubject.progress ");
	WANT("1 subject.status=on-study ");
	WANT("3 withdrawal.date=2023-01 ");
	NEVER("subject.status=active");
	NEVER("file.id");
	/* R4: it is the person's, and a withdrawal has the period's end */
	read("<ResearchSubject" NS "><status value=\"withdrawn\"/><period><start value=\"2020-01-01\"/><end value=\"2020-02-03\"/></period>"
	     "<study><reference value=\"ResearchStudy/s\"/></study><individual><reference value=\"Patient/9\"/></individual>"
	     "<assignedArm value=\"B\"/><consent><reference value=\"Consent/c1\"/></consent></ResearchSubject>",
		ALL);
	WANT("0 file.version=R4 ");
	WANT("1 subject.status=withdrawn ");
	WANT("1 withdrawal.date=2020-02-03 ");
	WANT("1 subject.arm=B ");
	WANT("1 consent.record=Consent/c1 ");
	NEVER("consent.date");
	read("<ResearchSubject" NS "><status value=\"off-study\"/><period><end value=\"2020-02-03\"/></period>"
	     "<individual><reference value=\"Patient/9\"/></individual></ResearchSubject>",
		ALL);
	WANT("1 subject.end=2020-02-03 ");
	NEVER("withdrawal");
}

#define PROVENANCE(data)                                                                                   \
	"<Provenance" NS "><id value=\"x\"/><target><reference value=\"Consent/c1\"/></target><recorded value=\"2020-12-11T09:39:07Z\"/>" \
	"<agent><who><display value=\"Some Software\"/></who></agent><entity><what><reference value=\"DocumentReference/d\"/></what></entity>" \
	"<signature><type><system value=\"urn:iso-astm:E1762-95:2013\"/><code value=\"1.2.840.10065.1.12.1.7\"/></type>"            \
	"<when value=\"2020-12-11T09:39:08Z\"/><who><reference value=\"Patient/p1\"/></who>" data "</signature>"                    \
	"<signature><type><code value=\"1.2.840.10065.1.12.1.11\"/><display value=\"Consent Witness Signature\"/></type>"           \
	"<when value=\"2020-12-11T09:39:09Z\"/><who><display value=\"Dr. Name\"/></who></signature></Provenance>"

static void test_provenance(void)
{
	static const struct {
		const char *data;
		bool is_real;
	} data[] = {
		{"", false},
		{"<data value=\"RGllcyBpc3QgZWluIFBsYXR6aGFsdGVy\"/>", false},         /* "Dies ist ein Platzhalter" */
		{"<data value=\"dGhpcyBibG9iIGlzIHNuaXBwZWQ=\"/>", false},             /* "this blob is snipped" */
		{"<sigFormat value=\"image/png\"/><data value=\"iVBORw0KGgoAAAANSUhEUg==\"/>", false},
		{"<sigFormat value=\"application/signature+xml\"/><data value=\"dGhpcyBibG9i\"/>", false},
		{"<data value=\"PFNpZ25hdHVyZSB4bWxucz0i\"/>", true},                  /* <Signature xmlns=" */
		{"<data value=\"  PD94 bWwgdmVyc2lvbj0i\n\"/>", true},                 /* <?xml version=", in lines */
		{"<data value=\"ZXlKaGJHY2lPaUpGVXpJMU5pSjk=\"/>", true},              /* eyJhbGciOiJFUzI1NiJ9 */
		{"<data value=\"MIIFpQYJKoZIhvcNAQcC\"/>", true},                      /* a CMS SignedData */
	};
	char text[2048];

	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
		snprintf(text, sizeof(text), PROVENANCE("%s"), data[i].data);
		read(text, ALL);
		WANT("0 file.signatures=2 ");
		WANT("0 file.records=1 ");
		WANT(data[i].is_real ? "2 signature.scan=no (signed)" : "2 signature.scan=yes (declared)");
		WANT(data[i].is_real ? "2 signature.time=2020-12-11T09:39:08Z (signed)"
				     : "2 signature.time=2020-12-11T09:39:08Z (declared)");
		WANT(data[i].is_real ? "1 audit.time=2020-12-11T09:39:07Z (signed)" : "1 audit.time=2020-12-11T09:39:07Z (declared)");
		WANT("2 signature.role=1.2.840.10065.1.12.1.7 ");
		WANT("2 signature.meaning=Consent Signature ");
		WANT("2 signature.key=Consent/c1 ");
		WANT("2 signature.user=Patient/p1 ");
		WANT("3 signature.role=1.2.840.10065.1.12.1.11 ");
		WANT("3 signature.scan=yes (declared)");
		WANT("1 audit.source=DocumentReference/d ");
		NEVER("Dr. Name");
		NEVER("Some Software");
	}
	/* a patient's signature is about the patient */
	read(text, TR_WANT_AUDIT);
	NEVER("2 signature");
	NEVER("Patient/p1");
	NEVER("Consent/c1");
	WANT("3 signature.time=2020-12-11T09:39:09Z");
	read(text, TR_WANT_SUBJECTS);
	NEVER("signature.time");
	NEVER("audit.");
	WANT("0 file.signatures=2 ");
	read("<Provenance" NS "><signature><who><reference value=\"https://fhir.example.invalid/base/Patient/77\"/></who>"
	     "<when value=\"2020\"/></signature></Provenance>",
		TR_WANT_AUDIT);
	NEVER("77");
}

static void test_audit_event(void)
{
	read("<AuditEvent" NS "><action value=\"U\"/><recorded value=\"2012-10-25T22:04:27+11:00\"/><agent><who><identifier>"
	     "<value value=\"first\"/></identifier></who><requestor value=\"false\"/></agent><agent><who><identifier><value value=\"second\"/>"
	     "</identifier></who><requestor value=\"true\"/></agent><source><site value=\"Ward\"/></source><entity><what><reference "
	     "value=\"Consent/1\"/></what></entity></AuditEvent>",
		ALL);
	WANT("1 audit.time=2012-10-25T22:04:27+11:00 ");
	WANT("1 audit.user=second (declared) /AuditEvent/agent[2]/who/identifier/value/@value\n");
	WANT("1 audit.action=U ");
	WANT("1 audit.site=Ward ");
	WANT("1 audit.key=Consent/1 ");
	read("<AuditEvent" NS "><recorded value=\"2012-10-25\"/></AuditEvent>", 0);
	NEVER("audit.time");
	WANT("0 file.records=1 ");
}

#define M11 "http://m11/"
#define EXT(url, value) "<extension url=\"" url "\">" value "</extension>"
#define CONCEPT(code, display) "<valueCodeableConcept><coding><code value=\"" code "\"/><display value=\"" display "\"/></coding></valueCodeableConcept>"

static const char m11[] =
	"<ResearchStudy" NS "><id value=\"v2\"/>"
	EXT(M11 "m11-research-study", EXT("versionDate", "<valueDate value=\"2017-10-01\"/>")
		EXT("originalProtocol", CONCEPT("C218488", "Amended")))
	EXT(M11 "m11-approval", EXT("approvalDate", "<valueDate value=\"2017-10-05\"/>")
		EXT("signature", "<valueSignature><when value=\"2017-10-05T00:00:00Z\"/><data value=\"PFNpZ25hdHVyZT4=\"/></valueSignature>"))
	EXT(M11 "m11-protocol-amendment", EXT("identifier", "<valueIdentifier><value value=\"ABC(a)\"/></valueIdentifier>")
		EXT("previous", CONCEPT("C218488", "Amended"))
		EXT("scope", CONCEPT("C217026", "Not Global")) EXT("country", CONCEPT("DE", "Germany")) EXT("country", CONCEPT("GB", "United Kingdom"))
		EXT("region", CONCEPT("AU-NSW", "New South Wales")) EXT("site", "<valueIdentifier><value value=\"site-14\"/></valueIdentifier>")
		EXT("approvalDate", "<valueDate value=\"2017-12-05\"/>")
		EXT("primaryReason", CONCEPT("C218490", "Regulatory Agency Request"))
		EXT("secondaryReason", "<valueCodeableConcept><coding><code value=\"C17649\"/><display value=\"Other\"/></coding><text value=\"Packaging\"/></valueCodeableConcept>")
		EXT("summary", "<valueString value=\"A change.\"/>")
		EXT("substantialImpactSafety", CONCEPT("C49488", "Yes")) EXT("substantialImpactReliability", CONCEPT("C49487", "No")))
	"<identifier><type><coding><code value=\"C132351\"/></coding></type><value value=\"ABC-1\"/></identifier>"
	"<identifier><type><text value=\"EU CT Number\"/></type><value value=\"EU-1234\"/></identifier>"
	"<identifier><type><text value=\"Amendment Identifier\"/></type><value value=\"ABC(a)\"/></identifier>"
	"<identifier><value value=\"NCT03421379\"/></identifier>"
	"<version value=\"(a)\"/><title value=\"A study\"/><label><type><coding><code value=\"acronym\"/></coding></type><value value=\"STUDY\"/></label>"
	"<relatesTo><type value=\"predecessor\"/><targetReference><reference value=\"ResearchStudy/v1\"/></targetReference></relatesTo>"
	"<date value=\"2018-01-01\"/><status value=\"active\"/><phase><coding><code value=\"C15602\"/><display value=\"Phase 3\"/></coding></phase>"
	"<associatedParty><role><coding><code value=\"C70793\"/></coding></role><party><display value=\"Sponsor AG\"/></party></associatedParty>"
	"<progressStatus><state><coding><code value=\"overall-study\"/></coding></state><actual value=\"false\"/><period><start value=\"2018-02\"/><end value=\"2019\"/></period></progressStatus>"
	"<progressStatus><state><coding><code value=\"recruiting\"/></coding></state></progressStatus>"
	"<recruitment><targetNumber value=\"75\"/></recruitment>"
	"<objective><name value=\"To learn\"/><type><coding><code value=\"primary\"/></coding></type></objective>"
	"<outcomeMeasure><name value=\"Glucose\"/><type><coding><code value=\"efficacy\"/></coding></type><type><coding><code value=\"primary\"/></coding></type><description value=\"in blood\"/></outcomeMeasure>"
	"<outcomeMeasure><name value=\"Pain\"/><type><coding><code value=\"secondary\"/></coding></type></outcomeMeasure></ResearchStudy>";

static void test_m11(void)
{
	read(m11, TR_WANT_AUDIT);
	WANT("0 file.version=R5 or later ");
	WANT("0 study.id.sponsor=ABC-1 ");
	WANT("0 study.id.euct=EU-1234 ");
	WANT("0 study.id.nct=NCT03421379 ");
	NEVER("study.id.other");
	WANT("0 study.title=A study ");
	WANT("0 study.name=STUDY ");
	WANT("0 study.sponsor=Sponsor AG ");
	WANT("0 study.phase=Phase 3 ");
	/* R5: 'status' is that of the version, and its date is not that of the resource */
	WANT("0 study.status=recruiting ");
	NEVER("study.status=active");
	WANT("1 version.status=active ");
	WANT("1 version.number=(a) ");
	WANT("1 version.date=2017-10-01 (declared) /ResearchStudy/extension/extension/valueDate/@value\n");
	WANT("0 file.saved=2018-01-01 ");
	WANT("1 version.approved=2017-10-05 ");
	WANT("1 version.original=no ");
	WANT("1 version.id=ResearchStudy/v2 ");
	WANT("1 version.replaces=ResearchStudy/v1 ");
	WANT("signature.time=2017-10-05T00:00:00Z (signed)");
	WANT("0 study.start=2018-02 ");
	WANT("0 study.start-kind=Anticipated ");
	WANT("0 study.completion=2019 ");
	WANT("0 study.enrolment=75 ");
	WANT("amendment.id=ABC(a) ");
	NEVER("amendment.replaces");
	WANT("amendment.date=2017-12-05 ");
	WANT("amendment.scope=Not Global ");
	WANT("amendment.where=DE ");
	WANT("amendment.where=GB ");
	WANT("amendment.where=AU-NSW ");
	WANT("amendment.where=site-14 ");
	WANT("amendment.reason=Regulatory Agency Request ");
	WANT("amendment.reason=Packaging ");
	WANT("amendment.summary=A change. ");
	WANT("amendment.substantial=yes ");
	WANT("outcome.level=primary (declared) /ResearchStudy/outcomeMeasure/type[2]\n");
	WANT("outcome.measure=Glucose ");
	WANT("outcome.description=in blood ");
	WANT("outcome.objective=To learn ");
	CHECK_INT(facts_count(&f, "outcome.from=protocol"), 3);
	CHECK_INT(facts_count(&f, "outcome.level=secondary"), 1);
	NEVER("ethics");
	NEVER("record.item");
}

static void test_study(void)
{
	/* R4: 'status' is the study's */
	read("<ResearchStudy" NS "><extension url=\"https://www.medizininformatik-initiative.de/fhir/modul-studie/StructureDefinition/"
	     "mii-ex-studie-ethikvotum\"><extension url=\"status\"><valueString value=\"genehmigt\"/></extension><extension url=\"kommission\">"
	     "<valueString value=\"Ethikkommission\"/></extension><extension url=\"ethiknummer\"><valueString value=\"C4003\"/></extension></extension>"
	     "<extension url=\"http://hl7.org/fhir/StructureDefinition/researchStudy-studyRegistration\"><extension url=\"activity\">"
	     "<valueCodeableConcept><coding><code value=\"registration-submission-quality-control\"/></coding></valueCodeableConcept></extension>"
	     "<extension url=\"period\"><valuePeriod><start value=\"2020-03-04\"/></valuePeriod></extension></extension>"
	     "<extension url=\"http://hl7.org/fhir/StructureDefinition/researchStudy-studyRegistration\"><extension url=\"activity\">"
	     "<valueCodeableConcept><coding><code value=\"registration-submission\"/></coding></valueCodeableConcept></extension>"
	     "<extension url=\"period\"><valuePeriod><start value=\"2020-03-02\"/></valuePeriod></extension></extension>"
	     "<status value=\"completed\"/><title value=\"T\"/><period><start value=\"2020-01\"/></period><sponsor><display value=\"S\"/></sponsor>"
	     "<objective><name value=\"O\"/></objective><site><reference value=\"Location/1\"/></site></ResearchStudy>",
		0);
	WANT("0 file.version=R4 ");
	WANT("0 study.status=completed ");
	WANT("0 study.start=2020-01 ");
	WANT("0 study.sponsor=S ");
	WANT("ethics.status=genehmigt ");
	WANT("ethics.committee=Ethikkommission ");
	WANT("ethics.reference=C4003 ");
	NEVER("ethics.date");
	WANT("registry.first-submitted=2020-03-02 (declared)");
	WANT("registry.first-submitted-qc=2020-03-04 ");
	WANT("site.id=Location/1 ");
	NEVER("version.");
	/* both must be a No for one */
	read("<ResearchStudy" NS ">" EXT(M11 "m11-protocol-amendment", EXT("substantialImpactSafety", CONCEPT("C49487", "No"))) "</ResearchStudy>", 0);
	NEVER("amendment.substantial");
	/* an older guide names the amendment before it */
	read("<ResearchStudy" NS ">" EXT("m11-protocol-amendment", EXT("previous", "<valueString value=\"ABC(0)\"/>") EXT("scope", "<valueCode value=\"Global\"/>"))
	     "</ResearchStudy>",
		0);
	WANT("amendment.replaces=ABC(0) ");
	WANT("amendment.scope=Global ");
	/* the last part of a URL is a whole part */
	read("<ResearchStudy" NS ">" EXT("https://example.invalid/not-m11-protocol-amendment", EXT("scope", "<valueCode value=\"Global\"/>")) "</ResearchStudy>", 0);
	NEVER("amendment");
}

static void test_bundle(void)
{
	read("<Bundle" NS "><id value=\"b\"/><type value=\"collection\"/><timestamp value=\"2024-01-01T00:00:00Z\"/>"
	     "<entry><resource><Patient><id value=\"p1\"/><name><family value=\"Name\"/></name></Patient></resource></entry>"
	     "<entry><fullUrl value=\"urn:x\"/><resource>" CONSENT("<policy><uri value=\"" MII "1791\"/></policy>") "</resource></entry>"
	     "<entry><request><method value=\"DELETE\"/></request></entry>"
	     "<entry><resource><Consent><id value=\"c2\"/><patient><reference value=\"Patient/p2\"/></patient><dateTime value=\"2021\"/>"
	     "<policy><uri value=\"" MII "1791\"/></policy></Consent></resource></entry>"
	     "<entry><resource><Patient><id value=\"p3\"/></Patient></resource></entry>"
	     "<entry><resource><ResearchStudy><version value=\"1\"/><objective><name value=\"O\"/></objective></ResearchStudy></resource></entry>"
	     "</Bundle>",
		ALL);
	WANT("0 file.type=Bundle ");
	WANT("0 file.id=b ");
	WANT("0 file.created=2024-01-01T00:00:00Z ");
	WANT("0 file.members=6 ");
	WANT("1 consent.date=2020-09-01 (declared) /Bundle/entry[2]/resource/Consent/dateTime/@value\n");
	WANT("3 consent.date=2021 (declared) /Bundle/entry[4]/resource/Consent/dateTime/@value\n");
	CHECK_INT(facts_count(&f, "version.number=1.6f"), 1);
	WANT("4 version.number=1 ");
	WANT("5 record.item=4 ");
	WANT("5 outcome.objective=O ");
	CHECK_INT(facts_count(&f, "! unread a resource of type 'Patient'"), 1);
	CHECK_INT(f.subjects, 2);
	NEVER("Name");
	/* a Bundle in a Bundle */
	read("<Bundle" NS "><entry><resource><Bundle><entry><resource><Consent><patient><reference value=\"P\"/></patient><dateTime value=\"2021\"/>"
	     "</Consent></resource></entry><entry><resource><Consent><patient><reference value=\"Q\"/></patient><dateTime value=\"2022\"/></Consent>"
	     "</resource></entry></Bundle></resource></entry><entry><resource><Consent><patient><reference value=\"R\"/></patient><dateTime value=\"2023\"/>"
	     "</Consent></resource></entry></Bundle>",
		ALL);
	WANT("2 consent.date=2022 (declared) /Bundle/entry/resource/Bundle/entry[2]/resource/Consent/dateTime/@value\n");
	WANT("3 consent.date=2023 (declared) /Bundle/entry[2]/resource/Consent/dateTime/@value\n");
	/* what is contained is read, and what is not read in it is no news */
	read("<Consent" NS "><contained><Organization><id value=\"o\"/></Organization></contained><contained><Provenance><recorded value=\"2020\"/>"
	     "</Provenance></contained><patient><reference value=\"P\"/></patient><dateTime value=\"2021\"/></Consent>",
		ALL);
	WANT("audit.time=2020 (declared) /Consent/contained[2]/Provenance/recorded/@value\n");
	WANT("consent.date=2021");
	NEVER("unread");
}

static void test_others(void)
{
	read("<DocumentReference" NS "><id value=\"d\"/><meta><lastUpdated value=\"2020-12-11T09:09:07.5320994+00:00\"/></meta>"
	     "<subject><reference value=\"Patient/1\"/></subject></DocumentReference>",
		ALL);
	WANT("0 file.type=DocumentReference ");
	WANT("0 file.saved=2020-12-11T09:09:07.5320994Z ");
	WANT("! unread a resource of type 'DocumentReference'");
	NEVER("Patient/1");
	/* narrative, comments and other namespaces are no data */
	read("<Consent" NS "><text><div xmlns=\"http://www.w3.org/1999/xhtml\"><dateTime value=\"1999\"/></div></text><!--<dateTime value=\"1998\"/>-->"
	     "<x:dateTime xmlns:x=\"urn:x\" value=\"1997\"/><patient><reference value=\"P\"/></patient><dateTime value=\"2021\"/></Consent>",
		ALL);
	CHECK_INT(facts_count(&f, "consent.date="), 1);
	WANT("consent.date=2021");
	/* another format, or none */
	facts_read(&f, NULL, vf_bytes_str("<Consent><dateTime value=\"2021\"/></Consent>"), "x.xml", ALL);
	CHECK_STR(f.reader, "");
	facts_read(&f, &tr_read_fhir_xml, vf_bytes_str("<Consent" NS "><dateTime value=\"2021\"/>"), "x.xml", ALL);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	facts_read(&f, &tr_read_fhir_xml, vf_bytes_str("<x xmlns=\"urn:x\"/>"), "x.xml", ALL);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
}

/* Entries are forgotten one by one: a Bundle that would fill the room of a resource a hundred times. */
static void test_size(void)
{
	static const char entry[] = "<entry><resource><Consent><patient><reference value=\"P\"/></patient><dateTime value=\"2021\"/>"
				    "<policy><uri value=\"%0*d\"/></policy></Consent></resource></entry>";
	size_t n = 200, each = 40000, cap = n * (each + 300) + 100, at;
	char *text = malloc(cap);

	if (!text)
		exit(1);
	at = (size_t)snprintf(text, cap, "<Bundle" NS ">");
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, cap - at, entry, (int)each, 1);
	at += (size_t)snprintf(text + at, cap - at, "</Bundle>");
	facts_read(&f, &tr_read_fhir_xml, vf_bytes(text, at), "b.xml", 0);
	CHECK_RC(f.rc, VF_OK);
	WANT("0 file.members=200 ");
	free(text);
	/* one resource with too much */
	n = 1000;
	cap = n * 20100 + 200;
	text = malloc(cap);
	if (!text)
		exit(1);
	at = (size_t)snprintf(text, cap, "<Consent" NS ">");
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, cap - at, "<policy><uri value=\"%0*d\"/></policy>", 20000, 1);
	at += (size_t)snprintf(text + at, cap - at, "</Consent>");
	facts_read(&f, &tr_read_fhir_xml, vf_bytes(text, at), "c.xml", 0);
	CHECK_RC(f.rc, VF_LIMIT);
	free(text);
}

static bool read_file(const char *path, unsigned wants)
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
	facts_read(&f, NULL, octets, path, wants);
	free((void *)(uintptr_t)octets.p);
	CHECK_RC(f.rc, VF_OK);
	return true;
}

static void test_files(void)
{
	if (read_file("mii-consent/Example_MII_Consent_Einwilligung.xml", ALL)) {
		WANT("1 consent.date=2020-09-01 ");
		WANT("version.number=1.6f ");
		WANT("1 consent.decision=permit ");
	}
	if (read_file("mii-consent/Example_MII_Consent_ResultType_ConsentStatus.xml", ALL)) {
		NEVER("consent.date");
		WANT("1 consent.decision=deny ");
		WANT("1 consent.until=3000-01-01T00:00:00+01:00 ");
	}
	if (read_file("mii-consent/Example_MII_Consent_Provenance.xml", ALL)) {
		CHECK_INT(facts_count(&f, "signature.scan=yes (declared)"), 2);
		NEVER("ller");
	}
	if (read_file("hl7-fhir/provenance-consent-signature.xml", ALL))
		WANT("signature.scan=yes (declared)");
	if (read_file("hl7-fhir/researchsubject-example-crossover-placebo-to-drug.xml", ALL))
		WANT("2 consent.date=2022-06-10 ");
}

int main(void)
{
	test_consent();
	test_mii();
	test_states();
	test_r5();
	test_bad_dates();
	test_research_subject();
	test_provenance();
	test_audit_event();
	test_m11();
	test_study();
	test_bundle();
	test_others();
	test_size();
	test_files();
	return check_done();
}
