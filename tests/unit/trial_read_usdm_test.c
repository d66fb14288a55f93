/* USDM: versions that disagree, dates that may be missing or many, amendments, objectives and end points by code. */
#include "tests/unit/facts_text.h"

static struct facts_text f;

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

static void look(const char *json)
{
	facts_read(&f, NULL, vf_bytes_str(json), "study.json", 0);
	CHECK_STR(f.reader, "usdm");
	CHECK_RC(f.rc, VF_OK);
}

#define CODE(code, decode) "{\"code\":\"" code "\",\"decode\":\"" decode "\"}"
#define DATE(code, decode, label, date) "{\"type\":" CODE(code, decode) ",\"label\":\"" label "\",\"dateValue\":\"" date "\"}"
#define APPROVED(label, date) DATE("C132352", "Sponsor Approval Date", label, date)
#define EFFECTIVE(label, date) DATE("C99903x1", "Protocol Effective Date", label, date)
#define STUDY(version, document)                                                                           \
	"{\"study\":{\"name\":\"S\",\"versions\":[{\"id\":\"SV\",\"versionIdentifier\":\"2\",\"documentVersionIds\":[\"DV\"]" version "}]," \
	"\"documentedBy\":[" document "]},\"usdmVersion\":\"4.0.0\",\"systemName\":\"Tool\",\"systemVersion\":\"0.62.0\"}"
#define DOCUMENT(version, dates)                                                                           \
	"{\"language\":" CODE("en", "English") ",\"versions\":[{\"id\":\"DV\",\"version\":\"" version "\",\"status\":" CODE("C25508", "Final") \
	",\"dateValues\":[" dates "]}]}"

static void test_versions(void)
{
	/* "2" beside "3.1": no one field is the version */
	look(STUDY("", DOCUMENT("3.1", EFFECTIVE("Protocol", "2006-07-01"))));
	WANT("0 file.version=4.0.0 ");
	WANT("0 file.system=Tool ");
	WANT("0 file.system-version=0.62.0 ");
	WANT("0 study.name=S ");
	WANT("1 version.id=SV (declared) /study/versions/0/id\n1 version.of=study-definition ");
	WANT("1 version.number=2 ");
	WANT("2 version.id=DV ");
	WANT("2 version.of=protocol ");
	WANT("2 version.number=3.1 (declared) /study/documentedBy/0/versions/0/version\n");
	WANT("2 version.date=2006-07-01 ");
	WANT("2 version.status=Final ");
	WANT("2 version.language=en ");
	WANT("! ambiguous the study's version is not that of the document");
	/* they agree */
	look(STUDY("", DOCUMENT("2", "")));
	NEVER("!");
	NEVER("version.date");
	NEVER("milestone");
	/* the document has none */
	look(STUDY("", DOCUMENT("", "")));
	WANT("2 version.of=protocol ");
	CHECK_INT(facts_count(&f, "version.number="), 1);
	/* without a document the study's version is the protocol's */
	look(STUDY("", ""));
	WANT("1 version.of=protocol ");
	look("{\"usdmVersion\":\"4.0.0\",\"study\":{\"versions\":[{\"versionIdentifier\":\"1\"}]}}");
	WANT("1 version.of=protocol ");
	WANT("1 version.number=1 ");
}

static void test_dates(void)
{
	/* the dates of all amendments stand at the document's one version */
	look(STUDY("", DOCUMENT("2", APPROVED("Original Protocol", "2020-05-12") "," APPROVED("Amendment 1", "2020-08-18"))));
	NEVER("version.approved");
	WANT("! ambiguous several dates of one kind");
	WANT("3 milestone.of=DV ");
	WANT("3 milestone.kind=Sponsor Approval Date ");
	WANT("3 milestone.label=Original Protocol ");
	WANT("3 milestone.date=2020-05-12 ");
	WANT("4 milestone.label=Amendment 1 ");
	/* one of a kind is the version's */
	look(STUDY(",\"dateValues\":[" APPROVED("Design", "2006-06-01") "]", DOCUMENT("2", EFFECTIVE("P", "2006-07-01") "," APPROVED("P", "2006-06-15"))));
	WANT("1 version.approved=2006-06-01 ");
	WANT("version.date=2006-07-01 ");
	WANT("version.approved=2006-06-15 ");
	NEVER("!");
	look(STUDY("", DOCUMENT("2", EFFECTIVE("P", "July 2006"))));
	WANT("version.date=? ");
	WANT("! bad-time version.date");
}

static void test_amendments(void)
{
	look(STUDY(",\"amendments\":[{\"id\":\"A1\",\"number\":\"A\",\"summary\":\"First\",\"previousId\":null,\"dateValues\":[],\"impacts\":[],"
		   "\"primaryReason\":{\"code\":" CODE("C99904x4", "New Safety Information") ",\"otherReason\":null},\"geographicScopes\":[{\"type\":"
		   CODE("C68846", "Global") ",\"code\":null}]},{\"id\":\"A2\",\"number\":\"4\",\"previousId\":\"A1\",\"dateValues\":["
		   APPROVED("Amendment 3.1", "2022-03-18") "],\"impacts\":[{\"isSubstantial\":false},{\"isSubstantial\":true}],\"secondaryReasons\":[{"
		   "\"code\":" CODE("C17649", "Other") ",\"otherReason\":\"Typing\"}],\"geographicScopes\":[{\"type\":" CODE("C25464", "Country")
		   ",\"code\":{\"standardCode\":" CODE("USA", "United States") "}}]},{\"number\":\"5\",\"impacts\":[{\"isSubstantial\":false}]}]",
		DOCUMENT("2", "")));
	WANT("2 amendment.number=A ");
	WANT("2 amendment.summary=First ");
	WANT("2 amendment.reason=New Safety Information ");
	WANT("2 amendment.scope=Global ");
	NEVER("2 amendment.date");
	NEVER("2 amendment.replaces");
	NEVER("2 amendment.substantial");
	WANT("3 amendment.number=4 ");
	WANT("3 amendment.replaces=A1 ");
	WANT("3 amendment.date=2022-03-18 ");
	WANT("3 amendment.reason=Typing ");
	WANT("3 amendment.substantial=yes (declared) /study/versions/0/amendments/1/impacts/1/isSubstantial\n");
	WANT("3 amendment.scope=Country ");
	WANT("3 amendment.where=USA ");
	WANT("4 milestone.label=Amendment 3.1 ");
	WANT("5 amendment.substantial=no ");
}

static void test_aims(void)
{
	look(STUDY(",\"studyDesigns\":[{\"studyPhase\":{\"standardCode\":" CODE("C15602", "Phase III Trial") "},\"population\":{"
		   "\"plannedEnrollmentNumber\":{\"value\":75.0}},\"objectives\":[{\"text\":\"Learn\",\"level\":" CODE("C85826", "x")
		   ",\"endpoints\":[{\"text\":\"E1\",\"purpose\":\"why\",\"level\":" CODE("C94496", "x") "},{\"text\":\"E2\",\"level\":" CODE("C139173", "x")
		   "}]},{\"text\":\"Alone\",\"level\":" CODE("C85827", "x") "},{\"text\":\"More\",\"level\":" CODE("C163559", "Exploratory Objective")
		   ",\"endpoints\":[{\"text\":\"E3\",\"level\":" CODE("C170559", "Exploratory Endpoint") "}]}]}]",
		DOCUMENT("2", "")));
	WANT("0 study.phase=Phase III Trial ");
	WANT("0 study.enrolment=75 ");
	WANT("0 study.enrolment-kind=Anticipated ");
	WANT("2 outcome.from=protocol ");
	WANT("2 outcome.level=primary ");
	WANT("2 outcome.measure=E1 ");
	WANT("2 outcome.description=why ");
	WANT("2 outcome.objective=Learn ");
	/* the level is that of the end point, not of its objective */
	WANT("3 outcome.level=secondary ");
	WANT("3 outcome.measure=E2 ");
	WANT("4 outcome.level=secondary ");
	WANT("4 outcome.objective=Alone ");
	NEVER("4 outcome.measure");
	WANT("5 outcome.level=other ");
}

static void test_enrolment(void)
{
	static const char *const written[] = {"75.5", "-3", "1e3", "\"many\"", "12345678901", "\"\"", "\".0\""};
	char text[1024];

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		snprintf(text, sizeof(text), "{\"usdmVersion\":\"4\",\"study\":{\"versions\":[{\"studyDesigns\":[{\"population\":{"
					     "\"plannedEnrollmentNumber\":{\"value\":%s}}}]}]}}",
			written[i]);
		look(text);
		NEVER("study.enrolment");
	}
	look("{\"usdmVersion\":\"4\",\"study\":{\"versions\":[{\"studyDesigns\":[{\"population\":{\"plannedEnrollmentNumber\":{\"value\":10}}}]}]}}");
	WANT("study.enrolment=10 ");
}

static void test_identifiers(void)
{
	look(STUDY(",\"studyIdentifiers\":[{\"text\":\"ABC-1\",\"scopeId\":\"O1\"},{\"text\":\"NCT04573309\",\"scopeId\":\"O2\"},{\"text\":"
		   "\"2020-001104-41\",\"scopeId\":\"O3\"},{\"text\":\"119006\",\"scopeId\":\"O4\"}],\"organizations\":[{\"id\":\"O1\",\"name\":\"ACME\","
		   "\"label\":\"Acme AG\",\"type\":" CODE("C70793", "Clinical Study Sponsor") "},{\"id\":\"O2\",\"type\":" CODE("C93453", "Study Registry")
		   "},{\"id\":\"O4\",\"type\":" CODE("C188863", "Regulatory Agency") "},{\"id\":\"O5\",\"name\":\"A site\",\"type\":"
		   CODE("C70793", "Clinical Study Sponsor") "}],\"titles\":[{\"text\":\"Official\",\"type\":" CODE("C207616", "Official Study Title")
		   "},{\"text\":\"TBD\",\"type\":" CODE("C207618", "Scientific Study Title") "},{\"text\":\"ACRO\",\"type\":"
		   CODE("C207646", "Study Acronym") "}]",
		DOCUMENT("2", "")));
	WANT("0 study.id.sponsor=ABC-1 ");
	WANT("0 study.sponsor=Acme AG ");
	WANT("0 study.id.nct=NCT04573309 ");
	WANT("0 study.id.eudract=2020-001104-41 ");
	WANT("0 study.id.other=119006 ");
	WANT("0 study.title=Official ");
	WANT("0 study.name=ACRO ");
	NEVER("TBD");
	NEVER("A site");
}

static void test_claims(void)
{
	facts_read(&f, NULL, vf_bytes_str("{\"study\":{\"title\":\"of another format\"}}"), "x.json", 0);
	CHECK_STR(f.reader, "");
	facts_read(&f, &tr_read_usdm, vf_bytes_str("{\"study\":["), "x.json", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
	facts_read(&f, &tr_read_usdm, vf_bytes_str("[]"), "x.json", 0);
	CHECK_RC(f.rc, VF_FILE_SHAPE);
}

static void test_files(void)
{
	static const struct {
		const char *path;
		size_t amendments, primary;
		const char *part;
	} files[] = {
		{"Alexion_NCT04573309_Wilsons.json", 4, 1, "version.number=3.1 "},
		{"CDISC_Pilot_Study.json", 1, 5, "version.date=2006-07-01 "},
		{"EliLilly_NCT03421379_Diabetes.json", 1, 1, "amendment.number=A "},
	};
	const char *data = getenv("TRIALNOTARY_DATA");
	char name[4096];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct vf_bytes octets;
		FILE *file;

		snprintf(name, sizeof(name), "%s/usdm/%s", data ? data : "../shared/data", files[i].path);
		file = fopen(name, "rb");
		if (!file) {
			printf("skipped: no %s\n", files[i].path);
			continue;
		}
		fclose(file);
		octets = check_read(name);
		facts_read(&f, NULL, octets, "x.json", 0);
		free((void *)(uintptr_t)octets.p);
		CHECK_RC(f.rc, VF_OK);
		CHECK_STR(f.reader, "usdm");
		CHECK_INT(facts_count(&f, "amendment.number="), files[i].amendments);
		CHECK_INT(facts_count(&f, "outcome.level=primary"), files[i].primary);
		WANT(files[i].part);
	}
}

int main(void)
{
	test_versions();
	test_dates();
	test_amendments();
	test_aims();
	test_enrolment();
	test_identifiers();
	test_claims();
	test_files();
	return check_done();
}
