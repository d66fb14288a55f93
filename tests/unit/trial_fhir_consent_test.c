/* FHIR Consents: both syntaxes say the same, what cannot be said is refused with its place, and what is written is read again. */
#include "trial/fhir_consent.h"

#include "check.h"

#define FHIR "\"resourceType\":\"Consent\",\"status\":\"active\""
#define SCOPE "\"scope\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":\"research\"}]}"
#define WHEN "\"dateTime\":\"2026-03-04\""
#define CODE(c) "\"code\":[{\"coding\":[{\"system\":\"urn:x\",\"code\":\"" c "\"}]}]"
#define PERMIT(c) "{\"type\":\"permit\"," CODE(c) "}"
#define DENY(c) "{\"type\":\"deny\"," CODE(c) "}"
#define NESTED(list) "\"provision\":{\"provision\":[" list "]}"
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct vf_arena memory;
static void *block;
static struct tr_rulebook book;
static const struct tr_fhir_ask nothing;

static VF_RC read_again(struct vf_bytes file, const struct tr_fhir_ask *ask, struct tr_fhir_consent *c, struct vf_err *err)
{
	vf_arena_init(&memory, block, TR_FHIR_ROOM);
	return tr_fhir_read(file, ask, &memory, c, err);
}

/* The details that a file becomes; empty when it is refused. */
static struct vf_bytes details_of(struct vf_bytes file, const struct tr_fhir_ask *ask, enum vf_rc *ret_rc, struct vf_err *err)
{
	static uint8_t room[2 * TR_DETAILS_ROOM];
	struct tr_details_draft d = {.kind = TR_CONSENT};
	struct vf_hash participant, form;
	struct vf_bytes made = {NULL, 0};
	char pointer[TR_POINTER_MAX];
	struct tr_fhir_consent c;
	struct vf_arena a;

	memset(&participant, 0x17, sizeof(participant));
	memset(&form, 0x2f, sizeof(form));
	vf_arena_init(&a, room, sizeof(room));
	*ret_rc = read_again(file, ask, &c, err);
	if (*ret_rc == VF_OK)
		*ret_rc = tr_fhir_details(&c, &participant, &form, &memory, &d.json, err);
	if (*ret_rc == VF_OK)
		*ret_rc = tr_rulebook_get(&book, TR_CONSENT, &d.rules, err);
	if (*ret_rc == VF_OK)
		*ret_rc = tr_details_make(&d, &a, &made, pointer, err);
	return made;
}

static const char whole_json[] =
	"{\"resourceType\":\"Consent\",\"id\":\"one\",\"meta\":{\"lastUpdated\":\"2026-03-05T08:00:00.1234567+00:00\"},"
	"\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns='http://www.w3.org/1999/xhtml'><p>Jane Doe</p></div>\"},"
	"\"extension\":[{\"url\":\"http://example.org/x\",\"valueDecimal\":1.50}],"
	"\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\",\"name\":[{\"family\":\"Doe\"}]},"
	"{\"resourceType\":\"RelatedPerson\",\"id\":\"mum\",\"active\":true,\"name\":[{\"family\":\"Doe\"}],\"relationship\":[{\"coding\":"
	"[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"MTH\"}]}]}],"
	"\"status\":\"active\",\"_status\":{\"id\":\"s\"}," SCOPE ",\"category\":[{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"59284-0\"}]}],"
	"\"patient\":{\"reference\":\"Patient/one\",\"display\":\"Jane Doe\"},\"dateTime\":\"2026-03-04T10:12:00.1239+01:00\","
	"\"performer\":[{\"reference\":\"#mum\"}],\"organization\":[{\"display\":\"St. Mary's & Co\"}],\"sourceAttachment\":{\"title\":\"scan\"},"
	"\"policy\":[{\"uri\":\"urn:oid:1.2.3\"}],\"verification\":[{\"verified\":true}],"
	"\"provision\":{\"type\":\"deny\",\"period\":{\"start\":\"2026-03-04\",\"end\":\"2056-03\"},\"provision\":["
	"{\"type\":\"permit\",\"code\":[{\"coding\":[{\"system\":\"urn:trialnotary:permission\",\"code\":\"participation\"}]}]},"
	"{\"type\":\"deny\",\"period\":{\"end\":\"2031\"},\"actor\":[{\"role\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentperformer\","
	"\"code\":\"delegatee\"}]},\"reference\":{\"display\":\"Data Trust <North>\"}}],\"purpose\":[{\"system\":\"urn:y\",\"code\":\"HRESCH\"},"
	"{\"display\":\"research on \\\"asthma\\\"\"}]," CODE("2.16.840") "},"
	"{\"type\":\"permit\",\"code\":[{\"coding\":[{\"system\":\"urn:x\",\"code\":\"Bio_Mat\"}]},{\"coding\":[{\"code\":\"z\"}]}]}]}}";

static const char whole_xml[] =
	"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<!-- <!DOCTYPE x> -->\n<f:Consent xmlns:f=\"http://hl7.org/fhir\" "
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://hl7.org/fhir consent.xsd\">\n"
	"<f:id value=\"one\"/><f:meta><f:lastUpdated value=\"2026-03-05T08:00:00.1234567+00:00\"/></f:meta>"
	"<f:text><f:status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Jane Doe &amp; more</p></div></f:text>"
	"<f:extension url=\"http://example.org/x\"><f:valueDecimal value=\"1.50\"/></f:extension>"
	"<f:contained><f:Patient><f:id value=\"p\"/><f:name><f:family value=\"Doe\"/></f:name></f:Patient></f:contained>"
	"<f:contained><f:RelatedPerson><f:id value=\"mum\"/><f:active value=\"true\"/><f:relationship><f:coding>"
	"<f:system value=\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\"/><f:code value=\"MTH\"/></f:coding></f:relationship>"
	"<f:name><f:family value=\"Doe\"/></f:name></f:RelatedPerson></f:contained>"
	"<f:status id=\"s\" value=\"active\"><f:extension url=\"u\"><f:valueString value=\"x\"/></f:extension></f:status>"
	"<f:scope><f:coding><f:system value=\"http://terminology.hl7.org/CodeSystem/consentscope\"/><f:code value='research'/></f:coding></f:scope>"
	"<f:category><f:coding><f:system value=\"http://loinc.org\"/><f:code value=\"59284-0\"/></f:coding></f:category>"
	"<f:patient><f:reference value=\"Patient/one\"/><f:display value=\"Jane Doe\"/></f:patient>"
	"<f:dateTime value=\"2026-03-04T10:12:00.1239+01:00\"/><f:performer><f:reference value=\"#mum\"/></f:performer>"
	"<f:organization><f:display value=\"St. Mary&#39;s &amp; Co\"/></f:organization>"
	"<f:sourceAttachment><f:title value=\"scan\"/></f:sourceAttachment><f:policy><f:uri value=\"urn:oid:1.2.3\"/></f:policy>"
	"<f:verification><f:verified value=\"true\"/></f:verification>"
	"<f:provision><f:type value=\"deny\"/><f:period><f:start value=\"2026-03-04\"/><f:end value=\"2056-03\"/></f:period>"
	"<f:provision><f:type value=\"permit\"/><f:code><f:coding><f:system value=\"urn:trialnotary:permission\"/>"
	"<f:code value=\"participation\"/></f:coding></f:code></f:provision>"
	"<f:provision><f:type value=\"deny\"/><f:period><f:end value=\"2031\"/></f:period><f:actor><f:role><f:coding>"
	"<f:system value=\"http://terminology.hl7.org/CodeSystem/consentperformer\"/><f:code value=\"delegatee\"/></f:coding></f:role>"
	"<f:reference><f:display value=\"Data Trust &lt;North&gt;\"/></f:reference></f:actor>"
	"<f:purpose><f:system value=\"urn:y\"/><f:code value=\"HRESCH\"/></f:purpose>"
	"<f:purpose><f:display value=\"research on &quot;asthma&quot;\"/></f:purpose>"
	"<f:code><f:coding><f:system value=\"urn:x\"/><f:code value=\"2.16.840\"/></f:coding></f:code></f:provision>"
	"<f:provision><f:type value=\"permit\"/><f:code><f:coding><f:system value=\"urn:x\"/><f:code value=\"Bio_Mat\"/></f:coding></f:code>"
	"<f:code><f:coding><f:code value=\"z\"/></f:coding></f:code></f:provision></f:provision></f:Consent>\n";

#define P17 "1717171717171717171717171717171717171717171717171717171717171717"
#define F2F "2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f"
static const char whole_details[] =
	"{\"schema\":\"trialnotary/details/consent/1\",\"participant\":\"" P17 "\",\"form\":\"" F2F "\",\"role\":\"parent\","
	"\"given\":\"2026-03-04T10:12:00.123+01:00\",\"permissions\":["
	"{\"name\":\"participation\",\"granted\":true,\"from\":\"2026-03-04\",\"until\":\"2056-03\"},"
	"{\"name\":\"c-2-16-840\",\"granted\":false,\"purpose\":\"HRESCH, research on \\\"asthma\\\"\",\"until\":\"2031\",\"delegate\":\"Data Trust <North>\"},"
	"{\"name\":\"bio-mat\",\"granted\":true,\"from\":\"2026-03-04\",\"until\":\"2056-03\"},"
	"{\"name\":\"z\",\"granted\":true,\"from\":\"2026-03-04\",\"until\":\"2056-03\"}],\"site\":\"St. Mary's & Co\"}\n";

static bool has_note(const struct tr_fhir_consent *c, const char *part)
{
	for (size_t i = 0; i < c->n_notes; i++)
		if (strstr(c->notes[i], part))
			return true;
	return false;
}

static void test_whole(void)
{
	const char *const files[] = {whole_json, whole_xml};
	struct tr_fhir_consent c;
	struct vf_err err;
	enum vf_rc rc;

	for (size_t i = 0; i < 2; i++) {
		struct vf_bytes made = details_of(vf_bytes_str(files[i]), &nothing, &rc, &err);

		if (rc != VF_OK)
			CHECK_FAIL("syntax %zu: %s", i, err.text);
		if (!vf_bytes_is(made, whole_details))
			CHECK_FAIL("syntax %zu: %.*s", i, VF_STR(made));
		check_count++;
		CHECK_RC(read_again(vf_bytes_str(files[i]), &nothing, &c, &err), VF_OK);
		CHECK_INT(c.is_xml, i == 1);
		CHECK_INT(c.policies.n, 1);
		CHECK(c.policies.n == 1 && vf_bytes_is(c.policies.of[0], "urn:oid:1.2.3"));
		CHECK(vf_bytes_is(c.codes[2].code, "Bio_Mat") && vf_bytes_is(c.codes[2].system, "urn:x"));
		CHECK(has_note(&c, "after milliseconds") && has_note(&c, "signed document") && has_note(&c, "verified"));
		CHECK_INT(c.n_notes, 3);
	}
	CHECK(strstr(whole_details, "Doe") == NULL);
}

/* Outcome, a part of the message, and the file. */
static const struct {
	enum vf_rc rc;
	const char *says, *file;
} refused[] = {
	{VF_JSON_SHAPE, "line 1 column", "{\"a\":1,\"a\":2}"},
	{VF_JSON_SHAPE, "twice", "{\"a\":1,\"a\":2}"},
	{VF_JSON_SHAPE, "line 2", "{\n// a comment\n" FHIR "}"},
	{VF_JSON_SHAPE, "line 1", "{" FHIR "} x"},
	{VF_JSON_SHAPE, "", ""},
	{VF_JSON_SHAPE, "", "[]"},
	{VF_FHIR_SHAPE, "resourceType", "{}"},
	{VF_FHIR_SHAPE, "another resource", "{\"resourceType\":\"Patient\"}"},
	{VF_FHIR_SHAPE, "unknown field 'given'", "{" FHIR ",\"given\":1}"},
	{VF_FHIR_SHAPE, "'/status': a value of another type", "{\"resourceType\":\"Consent\",\"status\":1}"},
	{VF_FHIR_SHAPE, "'/status': an empty value", "{\"resourceType\":\"Consent\",\"status\":\"\"}"},
	{VF_FHIR_SHAPE, "no status", "{\"resourceType\":\"Consent\"}"},
	{VF_FHIR_SHAPE, "'/category/0': not a list", "{" FHIR ",\"category\":{}}"},
	{VF_FHIR_SHAPE, "not a list", "{" FHIR ",\"category\":[]}"},
	{VF_FHIR_SHAPE, "'/patient': not an object", "{" FHIR ",\"patient\":\"Jane\"}"},
	{VF_FHIR_SHAPE, "not a status", "{\"resourceType\":\"Consent\",\"status\":\"on\"}"},
	{VF_FHIR_UNFIT, "nobody has consented", "{\"resourceType\":\"Consent\",\"status\":\"draft\"}"},
	{VF_FHIR_UNFIT, "nobody has consented", "{\"resourceType\":\"Consent\",\"status\":\"proposed\"}"},
	{VF_FHIR_UNFIT, "withdrawal", "{\"resourceType\":\"Consent\",\"status\":\"inactive\"}"},
	{VF_FHIR_UNFIT, "an error", "{\"resourceType\":\"Consent\",\"status\":\"entered-in-error\"}"},
	{VF_FHIR_UNFIT, "R5", "{" FHIR ",\"subject\":{}}"},
	{VF_FHIR_UNFIT, "R5", "{" FHIR ",\"decision\":\"permit\"}"},
	{VF_FHIR_UNFIT, "R5", "{" FHIR ",\"provision\":[{}]}"},
	{VF_FHIR_UNFIT, "'/implicitRules'", "{" FHIR ",\"implicitRules\":\"urn:x\"}"},
	{VF_FHIR_UNFIT, "'/modifierExtension/0'", "{" FHIR ",\"modifierExtension\":[{}]}"},
	{VF_FHIR_UNFIT, "/provision/provision/0/modifierExtension", "{" FHIR "," NESTED("{\"modifierExtension\":[{}]}") "}"},
	{VF_FHIR_SHAPE, "no scope", "{" FHIR "," WHEN "}"},
	{VF_FHIR_UNFIT, "not a consent to research", "{" FHIR ",\"scope\":{\"coding\":[{\"system\":\"urn:x\",\"code\":\"research\"}]}}"},
	{VF_FHIR_UNFIT, "dateTime", "{" FHIR "," SCOPE "}"},
	{VF_FHIR_UNFIT, "dateTime", "{" FHIR "," SCOPE ",\"_dateTime\":{}}"},
	{VF_FHIR_SHAPE, "'/dateTime'", "{" FHIR "," SCOPE ",\"dateTime\":\"2026-02-30\"}"},
	{VF_FHIR_SHAPE, "'/dateTime'", "{" FHIR "," SCOPE ",\"dateTime\":\"2026-03-04T10:12+01:00\"}"},
	{VF_FHIR_SHAPE, "'/dateTime'", "{" FHIR "," SCOPE ",\"dateTime\":\"2026-03-04T10:12:00\"}"},
	{VF_FHIR_UNFIT, "nothing is permitted", "{" FHIR "," SCOPE "," WHEN "}"},
	{VF_FHIR_UNFIT, "nothing is permitted", "{" FHIR "," SCOPE "," WHEN ",\"provision\":{}}"},
	{VF_FHIR_UNFIT, "names no permission", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\"}") "}"},
	{VF_FHIR_UNFIT, "'permit' or 'deny'", "{" FHIR "," SCOPE "," WHEN "," NESTED("{" CODE("a") "}") "}"},
	{VF_FHIR_SHAPE, "'permit' or 'deny'", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"allow\"," CODE("a") "}") "}"},
	{VF_FHIR_UNFIT, "/provision/provision/1/code/0", "{" FHIR "," SCOPE "," WHEN "," NESTED(PERMIT("a") "," DENY("a")) "}"},
	{VF_FHIR_UNFIT, "twice", "{" FHIR "," SCOPE "," WHEN "," NESTED(PERMIT("a-b") "," DENY("A.B")) "}"},
	{VF_FHIR_UNFIT, "/provision/provision/0/action/0': it narrows",
		"{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\",\"action\":[{}]," CODE("a") "}") "}"},
	{VF_FHIR_UNFIT, "narrows", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"deny\",\"data\":[{}]," CODE("a") "}") "}"},
	{VF_FHIR_UNFIT, "narrows", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\",\"class\":[{}]," CODE("a") "}") "}"},
	{VF_FHIR_UNFIT, "narrows", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\",\"dataPeriod\":{}," CODE("a") "}") "}"},
	{VF_FHIR_UNFIT, "narrows", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\",\"securityLabel\":[{}]," CODE("a") "}") "}"},
	{VF_FHIR_UNFIT, "/actor/0': it narrows", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\",\"actor\":[{\"role\":{\"coding\":"
		"[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ParticipationType\",\"code\":\"PRCP\"}]}}]," CODE("a") "}") "}"},
	{VF_FHIR_UNFIT, "without a code", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\",\"code\":[{\"text\":\"all\"}]}") "}"},
	{VF_FHIR_UNFIT, "--role", "{" FHIR "," SCOPE "," WHEN ",\"performer\":[{\"reference\":\"RelatedPerson/1\"}]," NESTED(PERMIT("a")) "}"},
	{VF_FHIR_UNFIT, "more than one person", "{" FHIR "," SCOPE "," WHEN ",\"performer\":[{\"type\":\"Patient\"},{\"reference\":\"RelatedPerson/1\"}]," NESTED(PERMIT("a")) "}"},
	{VF_FHIR_UNFIT, "another participant", "{" FHIR "," SCOPE "," WHEN ",\"patient\":{\"identifier\":{\"system\":\"urn:trialnotary:participant\",\"value\":\"" HEX64 "\"}}," NESTED(PERMIT("a")) "}"},
	{VF_FHIR_SHAPE, "participant's value", "{" FHIR "," SCOPE "," WHEN ",\"patient\":{\"identifier\":{\"system\":\"urn:trialnotary:participant\",\"value\":\"17\"}}," NESTED(PERMIT("a")) "}"},
	{VF_FHIR_UNFIT, "another form", "{" FHIR "," SCOPE "," WHEN ",\"policy\":[{\"uri\":\"urn:trialnotary:record:" HEX64 "\"}]," NESTED(PERMIT("a")) "}"},
	{VF_FHIR_UNFIT, "rejected", "{\"resourceType\":\"Consent\",\"status\":\"rejected\"," SCOPE "," WHEN "," NESTED(PERMIT("a")) "}"},
	/* the rules of details */
	{VF_PERMISSION_CONTRADICTION, "", "{" FHIR "," SCOPE "," WHEN "," NESTED("{\"type\":\"permit\",\"period\":{\"start\":\"2030\",\"end\":\"2028\"}," CODE("a") "}") "}"},
	{VF_PERMISSION_CONTRADICTION, "", "{" FHIR "," SCOPE "," WHEN "," NESTED(PERMIT("a") "," DENY("participation")) "}"},
	/* XML */
	{VF_FHIR_SHAPE, "not well-formed", "<Consent xmlns=\"http://hl7.org/fhir\">"},
	{VF_FHIR_SHAPE, "not well-formed", "<Consent xmlns=\"http://hl7.org/fhir\"/><a/>"},
	{VF_FHIR_SHAPE, "not well-formed", "<Consent xmlns=\"http://hl7.org/fhir\"><status value=\"&x;\"/></Consent>"},
	{VF_FHIR_SHAPE, "DOCTYPE", "<!DOCTYPE Consent [<!ENTITY x \"y\">]><Consent xmlns=\"http://hl7.org/fhir\"/>"},
	{VF_FHIR_SHAPE, "DOCTYPE", "<!-- a --><!DOCTYPE Consent SYSTEM \"file:///etc/passwd\"><Consent xmlns=\"http://hl7.org/fhir\"/>"},
	{VF_FHIR_SHAPE, "CDATA", "<Consent xmlns=\"http://hl7.org/fhir\"><text><![CDATA[x]]></text></Consent>"},
	{VF_FHIR_SHAPE, "processing", "<Consent xmlns=\"http://hl7.org/fhir\"><?x y?></Consent>"},
	{VF_FHIR_SHAPE, "comment", "<Consent xmlns=\"http://hl7.org/fhir\"><!-- x -></Consent>"},
	{VF_FHIR_SHAPE, "UTF-8", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Consent xmlns=\"http://hl7.org/fhir\"/>"},
	{VF_FHIR_SHAPE, "XML 1.0", "<?xml version=\"1.1\"?><Consent xmlns=\"http://hl7.org/fhir\"/>"},
	{VF_FHIR_SHAPE, "UTF-8", "<Consent xmlns=\"http://hl7.org/fhir\"><status value=\"\xff\"/></Consent>"},
	{VF_FHIR_SHAPE, "namespace", "<Consent/>"},
	{VF_FHIR_SHAPE, "namespace", "<Consent xmlns=\"http://hl7.org/fhir/\"/>"},
	{VF_FHIR_SHAPE, "line 2: an element of another namespace", "<Consent xmlns=\"http://hl7.org/fhir\">\n<status xmlns=\"urn:x\" value=\"active\"/></Consent>"},
	{VF_FHIR_SHAPE, "namespace", "<Consent xmlns=\"http://hl7.org/fhir\"><div xmlns=\"http://www.w3.org/1999/xhtml\"/></Consent>"},
	{VF_FHIR_SHAPE, "another resource", "<Patient xmlns=\"http://hl7.org/fhir\"/>"},
	{VF_FHIR_SHAPE, "line 3: an element that", "<Consent xmlns=\"http://hl7.org/fhir\">\n\n<given value=\"1\"/></Consent>"},
	{VF_FHIR_SHAPE, "line 2: '/status': it stands there twice", "<Consent xmlns=\"http://hl7.org/fhir\"><status value=\"active\"/>\n<status value=\"active\"/></Consent>"},
	{VF_FHIR_SHAPE, "an attribute", "<Consent xmlns=\"http://hl7.org/fhir\"><status code=\"active\"/></Consent>"},
	{VF_FHIR_SHAPE, "an attribute", "<Consent xmlns=\"http://hl7.org/fhir\"><scope value=\"active\"/></Consent>"},
	{VF_FHIR_SHAPE, "empty value", "<Consent xmlns=\"http://hl7.org/fhir\"><status value=\"\"/></Consent>"},
	{VF_FHIR_SHAPE, "inside a value", "<Consent xmlns=\"http://hl7.org/fhir\"><status value=\"active\"><code value=\"x\"/></status></Consent>"},
	{VF_FHIR_SHAPE, "text between", "<Consent xmlns=\"http://hl7.org/fhir\"><status>active</status></Consent>"},
	{VF_FHIR_SHAPE, "another type", "<Consent xmlns=\"http://hl7.org/fhir\"><verification><verified value=\"1\"/></verification></Consent>"},
	{VF_FHIR_UNFIT, "R5", "<Consent xmlns=\"http://hl7.org/fhir\"><provision/><provision/></Consent>"},
	{VF_FHIR_UNFIT, "line 1: '/grantor/0'", "<Consent xmlns=\"http://hl7.org/fhir\"><grantor/></Consent>"},
	{VF_FHIR_SHAPE, "status", "<Consent xmlns=\"http://hl7.org/fhir\"/>"},
};

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct vf_err err = {0};
		enum vf_rc rc;

		details_of(vf_bytes_str(refused[i].file), &nothing, &rc, &err);
		check_count++;
		if (rc != refused[i].rc || !strstr(err.text, refused[i].says))
			CHECK_FAIL("row %zu: %s '%s', not %s '%s': %.300s", i, vf_rc_name(rc), err.text,
				vf_rc_name(refused[i].rc), refused[i].says, refused[i].file);
		if (strstr(err.text, "Jane") || strstr(err.text, "2026-0"))
			CHECK_FAIL("row %zu quotes a value: %s", i, err.text);
	}
}

/* Details, or a part of them, that a file must become. */
static void check_says(const char *file, const struct tr_fhir_ask *ask, const char *part)
{
	struct vf_err err = {0};
	enum vf_rc rc;
	struct vf_bytes made = details_of(vf_bytes_str(file), ask, &rc, &err);
	char text[8192] = "";

	if (made.n < sizeof(text) && made.n > 0)
		memcpy(text, made.p, made.n);
	check_count++;
	if (rc != VF_OK || !strstr(text, part))
		CHECK_FAIL("%s %s: %s has no %s", vf_rc_name(rc), err.text, text, part);
}

static void test_meaning(void)
{
	const struct tr_fhir_name names[] = {{{NULL, 0}, vf_bytes_str("a"), vf_bytes_str(TR_PARTICIPATION)},
		{vf_bytes_str("urn:y"), vf_bytes_str("b"), vf_bytes_str("never")}};
	struct tr_fhir_ask ask = {.names = names, .n_names = 2}, parent = {.role = TR_ROLE_PARENT}, assent = {.role = TR_ROLE_ASSENT};
	struct vf_err err;
	enum vf_rc rc;

	check_says("{" FHIR "," SCOPE "," WHEN "," NESTED(PERMIT("a") "," DENY("b")) "}", &ask,
		"[{\"name\":\"participation\",\"granted\":true},{\"name\":\"b\",\"granted\":false}]");
	/* the same answer twice counts once */
	check_says("{" FHIR "," SCOPE "," WHEN "," NESTED(PERMIT("q") "," PERMIT("q")) "}", &nothing, "[{\"name\":\"q\",\"granted\":true}]}");
	/* the whole */
	check_says("{" FHIR "," SCOPE "," WHEN ",\"provision\":{\"type\":\"permit\"}}", &nothing, "[{\"name\":\"participation\",\"granted\":true}]");
	check_says("{" FHIR "," SCOPE "," WHEN ",\"provision\":{\"type\":\"deny\"}}", &nothing, "[{\"name\":\"participation\",\"granted\":false}]");
#define RULE(c) "\"policyRule\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"" c "\"}]}"
	check_says("{" FHIR "," SCOPE "," WHEN "," RULE("OPTIN") "}", &nothing, "\"participation\",\"granted\":true");
	check_says("{" FHIR "," SCOPE "," WHEN "," RULE("OPTOUTE") ",\"provision\":{\"period\":{\"end\":\"2030\"}}}", &nothing, "\"granted\":false,\"until\":\"2030\"");
	check_says("{" FHIR "," SCOPE "," WHEN "," RULE("OPTIN") ",\"provision\":{" CODE("k") "}}", &nothing, "[{\"name\":\"k\",\"granted\":true}]");
	/* a refusal */
	check_says("{\"resourceType\":\"Consent\",\"status\":\"rejected\"," SCOPE "," WHEN "," NESTED(DENY("k")) "}", &nothing,
		"[{\"name\":\"k\",\"granted\":false},{\"name\":\"participation\",\"granted\":false}]");
	/* who agreed */
	check_says("{" FHIR "," SCOPE "," WHEN "," NESTED(PERMIT("a")) "}", &nothing, "\"role\":\"participant\"");
	check_says("{" FHIR "," SCOPE "," WHEN ",\"performer\":[{\"reference\":\"RelatedPerson/1\"}]," NESTED(PERMIT("a")) "}", &parent, "\"role\":\"parent\"");
	check_says("{" FHIR "," SCOPE "," WHEN ",\"performer\":[{\"reference\":\"http://h/Patient/1\"},{\"reference\":\"Organization/1\"}]," NESTED(PERMIT("a")) "}", &assent, "\"role\":\"assent\"");
	check_says("{" FHIR "," SCOPE "," WHEN ",\"category\":[{\"coding\":[{\"system\":\"urn:trialnotary:role\",\"code\":\"representative\"}]}]," NESTED(PERMIT("a")) "}", &nothing, "\"role\":\"representative\"");
	details_of(vf_bytes_str("{" FHIR "," SCOPE "," WHEN ",\"performer\":[{\"type\":\"Patient\"}]," NESTED(PERMIT("a")) "}"), &parent, &rc, &err);
	CHECK_RC(rc, VF_FHIR_UNFIT);
	/* times as exact as they were */
	check_says("{" FHIR "," SCOPE ",\"dateTime\":\"2026\"," NESTED(PERMIT("a")) "}", &nothing, "\"given\":\"2026\",");
	check_says("{" FHIR "," SCOPE ",\"dateTime\":\"2026-03-04T10:12:00-00:00\"," NESTED(PERMIT("a")) "}", &nothing, "\"given\":\"2026-03-04T10:12:00Z\",");
	check_says("{" FHIR "," SCOPE ",\"dateTime\":\"2026-03-04T10:12:00.5+14:00\"," NESTED(PERMIT("a")) "}", &nothing, "\"given\":\"2026-03-04T10:12:00.5+14:00\",");
}

/* ---- limits ---- */

struct text {
	char *p;
	size_t n;
};

static void add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	memcpy(t->p + t->n, s, n + 1);
	t->n += n;
}

static void check_limit(struct text *t, enum vf_rc want, const char *what)
{
	struct vf_err err = {0};
	enum vf_rc rc;

	details_of(vf_bytes(t->p, t->n), &nothing, &rc, &err);
	check_count++;
	if (rc != want)
		CHECK_FAIL("%s: %s %s, not %s", what, vf_rc_name(rc), err.text, vf_rc_name(want));
	t->n = 0;
}

static void put_nested(struct text *t, size_t n)
{
	add(t, "{" FHIR "," SCOPE "," WHEN ",\"provision\":{");
	for (size_t i = 1; i < n; i++)
		add(t, "\"type\":\"permit\",\"provision\":[{");
	add(t, "\"type\":\"permit\"," CODE("k"));
	for (size_t i = 1; i < n; i++)
		add(t, "}]");
	add(t, "}}");
}

static void put_many(struct text *t, size_t n)
{
	char one[200];

	add(t, "{" FHIR "," SCOPE "," WHEN ",\"provision\":{\"type\":\"permit\",\"code\":[");
	for (size_t i = 0; i < n; i++) {
		snprintf(one, sizeof(one), "%s{\"coding\":[{\"code\":\"p%zu\"}]}", i ? "," : "", i);
		add(t, one);
	}
	add(t, "]}}");
}

static void test_limits(void)
{
	struct text t = {.p = malloc(TR_FHIR_MAX + 4096)};

	put_nested(&t, TR_FHIR_MAX_PROVISIONS);
	check_limit(&t, VF_OK, "provisions in each other");
	put_nested(&t, TR_FHIR_MAX_PROVISIONS + 1);
	check_limit(&t, VF_LIMIT, "provisions in each other");
	put_nested(&t, 40);
	check_limit(&t, VF_LIMIT, "forty provisions in each other");
	put_many(&t, TR_FHIR_MAX_PERMISSIONS);
	check_limit(&t, VF_OK, "permissions");
	put_many(&t, TR_FHIR_MAX_PERMISSIONS + 1);
	check_limit(&t, VF_LIMIT, "permissions");
	put_many(&t, 5000);
	check_limit(&t, VF_LIMIT, "elements");
	add(&t, "<Consent xmlns=\"http://hl7.org/fhir\">");
	for (size_t i = 0; i < 200; i++)
		add(&t, "<extension url=\"x\">");
	check_limit(&t, VF_LIMIT, "extensions in each other");
	add(&t, "<Consent xmlns=\"http://hl7.org/fhir\"><status value=\"");
	for (size_t i = 0; i < 4097; i++)
		add(&t, "x");
	add(&t, "\"/></Consent>");
	check_limit(&t, VF_LIMIT, "a value");
	/* a scan inside is not looked at */
	add(&t, "{" FHIR "," SCOPE "," WHEN "," NESTED(PERMIT("a")) ",\"sourceAttachment\":{\"data\":\"");
	memset(t.p + t.n, 'A', TR_FHIR_MAX - t.n - 3);
	t.n = TR_FHIR_MAX - 3;
	add(&t, "\"}}");
	check_limit(&t, VF_OK, "a scan");
	memset(t.p, ' ', TR_FHIR_MAX + 1);
	t.n = TR_FHIR_MAX + 1;
	check_limit(&t, VF_LIMIT, "octets");
	free(t.p);
}

/* ---- writing ---- */

struct collected {
	uint8_t bytes[65536];
	size_t n;
};

static bool collect(void *ctx, struct vf_bytes piece)
{
	struct collected *c = ctx;

	if (piece.n > sizeof(c->bytes) - c->n)
		return false;
	memcpy(c->bytes + c->n, piece.p, piece.n);
	c->n += piece.n;
	return true;
}

static const char *const trips[] = {
	whole_details,
	"{\"schema\":\"trialnotary/details/consent/1\",\"participant\":\"" P17 "\",\"form\":\"" F2F "\",\"role\":\"participant\",\"given\":\"2026\",\"permissions\":[{\"name\":\"participation\",\"granted\":false}]}\n",
	"{\"schema\":\"trialnotary/details/consent/1\",\"participant\":\"" P17 "\",\"form\":\"" F2F "\",\"role\":\"assent\",\"given\":\"2026-03-04T10:12:00Z\",\"permissions\":[{\"name\":\"participation\",\"granted\":true,\"from\":\"2026-03-04\"}]}\n",
	"{\"schema\":\"trialnotary/details/consent/1\",\"participant\":\"" P17 "\",\"form\":\"" F2F "\",\"role\":\"representative\",\"given\":\"2026-03\",\"permissions\":[{\"name\":\"x\",\"granted\":true,\"purpose\":\"\u00e4\\\\ & '<'\"}]}\n",
};

static void test_round_trip(void)
{
	static uint8_t room[TR_DETAILS_ROOM];
	static struct collected out, again;

	for (size_t i = 0; i < 2 * sizeof(trips) / sizeof(trips[0]); i++) {
		void (*put)(struct vf_sink *, const struct tr_fhir_out *) = i % 2 ? tr_fhir_put_xml : tr_fhir_put_json;
		struct vf_sink s = {.put = collect, .ctx = &out}, t = {.put = collect, .ctx = &again};
		const struct tr_schema *rules;
		char pointer[TR_POINTER_MAX];
		struct tr_facts facts;
		struct tr_fhir_out o = {.facts = &facts};
		struct tr_fhir_consent c;
		struct vf_bytes made;
		struct vf_err err = {0};
		struct vf_arena a;
		enum vf_rc rc;

		vf_arena_init(&a, room, sizeof(room));
		CHECK_RC(tr_rulebook_get(&book, TR_CONSENT, &rules, &err), VF_OK);
		CHECK_RC(tr_details_read(TR_CONSENT, rules, vf_bytes_str(trips[i / 2]), &a, &facts, pointer, &err), VF_OK);
		out.n = again.n = 0;
		put(&s, &o);
		put(&t, &o);
		CHECK(!s.failed);
		CHECK_BYTES(vf_bytes(out.bytes, out.n), vf_bytes(again.bytes, again.n));
		made = details_of(vf_bytes(out.bytes, out.n), &nothing, &rc, &err);
		if (rc != VF_OK)
			CHECK_FAIL("round trip %zu: %s: %.*s", i, err.text, (int)out.n, (const char *)out.bytes);
		if (!vf_bytes_is(made, trips[i / 2]))
			CHECK_FAIL("round trip %zu: %.*s", i, VF_STR(made));
		CHECK_RC(read_again(vf_bytes(out.bytes, out.n), &nothing, &c, &err), VF_OK);
		for (size_t k = 0; k < c.n_notes; k++)
			if (!strstr(c.notes[k], "takes part"))
				CHECK_FAIL("round trip %zu: %s", i, c.notes[k]);
		/* what has ended is no consent to take */
		o.is_withdrawn = true;
		out.n = 0;
		put(&s, &o);
		CHECK_RC(read_again(vf_bytes(out.bytes, out.n), &nothing, &c, &err), VF_FHIR_UNFIT);
		CHECK(strstr(err.text, "withdrawal") != NULL);
	}
}

/* ---- files of others ---- */

static const struct {
	const char *name;
	enum vf_rc rc;
	const char *says; /* of the message, or of the details */
} real[] = {
	{"fhir-test-cases/r4-consent-example.json", VF_FHIR_UNFIT, "'/scope': not a consent to research"},
	{"fhir-test-cases/r5-consent-example.json", VF_FHIR_UNFIT, "'/scope': not a consent to research"},
	{"fhir-test-cases/r4-auditevent-example.json", VF_FHIR_SHAPE, "another resource"},
	{"mii-consent/Example_MII_Consent_Einwilligung.xml", VF_OK,
		"\"given\":\"2020-09-01\",\"permissions\":[{\"name\":\"c-2-16-840-1-113883-3-1937-777-24-5-3-6\",\"granted\":true,\"from\":\"2020-09-01\",\"until\":\"2025-08-31\"},"},
	{"mii-consent/Example_MII_Consent_Einwilligung_2.xml", VF_OK,
		"{\"name\":\"c-2-16-840-1-113883-3-1937-777-24-5-3-22\",\"granted\":true,\"from\":\"2020-09-01\",\"until\":\"2050-08-31\"}],\"site\":\"Klinikum Musterstadt\"}"},
	{"mii-consent/Example_MII_Consent_ResultType_ConsentStatus.xml", VF_OK,
		"{\"name\":\"c-2-16-840-1-113883-3-1937-777-24-5-3-2\",\"granted\":false,\"from\":\"2022-01-31T23:00:00+01:00\",\"until\":\"3000-01-01T00:00:00+01:00\"}"},
	{"mii-consent/Example_MII_Consent_DocumentReference.xml", VF_FHIR_SHAPE, "line 1: another resource"},
	{"mii-consent/Example_MII_Consent_Provenance.xml", VF_FHIR_SHAPE, "another resource"},
	{"hl7-fhir/provenance-consent-signature.xml", VF_FHIR_SHAPE, "another resource"},
	{"vulcan-m11/Exemplar001-Bundle.json", VF_JSON_SHAPE, "line 1 column 1: not JSON"},
};

static void test_real(void)
{
	const char *set = getenv("TRIALNOTARY_DATA"), *source = getenv("TRIALNOTARY_SOURCE");
	char data[512];
	static uint8_t bytes[1024 * 1024];

	if (set)
		snprintf(data, sizeof(data), "%s", set);
	else
		snprintf(data, sizeof(data), "%.400s/../shared/data", source ? source : ".");
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		char path[1024], text[16384] = "";
		struct vf_err err = {0};
		struct vf_bytes made;
		enum vf_rc rc;
		FILE *in;
		size_t n;

		snprintf(path, sizeof(path), "%s/fhir/%s", data, real[i].name);
		in = fopen(path, "rb");
		if (!in)
			continue; /* not everybody has them */
		n = fread(bytes, 1, sizeof(bytes), in);
		fclose(in);
		made = details_of(vf_bytes(bytes, n), &nothing, &rc, &err);
		if (rc == VF_OK && made.n < sizeof(text))
			memcpy(text, made.p, made.n);
		check_count++;
		if (rc != real[i].rc || !strstr(rc == VF_OK ? text : err.text, real[i].says))
			CHECK_FAIL("%s: %s %s%s", real[i].name, vf_rc_name(rc), err.text, text);
	}
}

int main(void)
{
	block = malloc(TR_FHIR_ROOM);
	CHECK(block != NULL);
	if (!block)
		return check_done();
	test_whole();
	test_refused();
	test_meaning();
	test_limits();
	test_round_trip();
	test_real();
	tr_rulebook_done(&book);
	free(block);
	return check_done();
}
