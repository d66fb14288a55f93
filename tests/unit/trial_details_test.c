/* Details of each kind: the rules in the program are those of the documents, and what is wrong inside one record is seen. */
#include "trial/details.h"

#include "check.h"
#include "trial/details_rules.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static uint8_t room[TR_DETAILS_ROOM];
static struct tr_rulebook book;

static const struct tr_schema *rules_of(enum tr_kind kind)
{
	const struct tr_schema *s = NULL;
	struct vf_err err = {0};

	if (tr_rulebook_get(&book, kind, &s, &err) != VF_OK)
		CHECK_FAIL("%s: %s", tr_kind_name(kind), err.text);
	return s;
}

/* Every kind has its file, the program holds it octet by octet, and it forbids what it does not name. */
static void test_rules(void)
{
	CHECK_INT(tr_n_rules, TR_KIND_COUNT - 1);
	for (unsigned k = 1; k < TR_KIND_COUNT; k++) {
		enum tr_kind kind = (enum tr_kind)k;
		struct vf_bytes text = tr_details_rules(kind);
		char path[512], file[65536], pointer[TR_POINTER_MAX], json[200];
		struct tr_field f;
		size_t n;
		FILE *in;

		snprintf(path, sizeof(path), "%s/docs/formats/statements/%s.schema.json", getenv("TRIALNOTARY_SOURCE"),
			tr_kind_name(kind));
		in = fopen(path, "rb");
		CHECK(in != NULL);
		if (!in)
			continue;
		n = fread(file, 1, sizeof(file), in);
		fclose(in);
		CHECK_BYTES(text, vf_bytes(file, n));
		if (!rules_of(kind))
			continue;
		snprintf(json, sizeof(json), "{\"schema\":\"" TR_DETAILS_PREFIX "%s/1\",\"surprise\":1}", tr_kind_name(kind));
		CHECK_RC(tr_schema_check(rules_of(kind), vf_bytes_str(json), pointer, NULL), VF_DETAILS_SHAPE);
		for (size_t i = 0; tr_schema_field(rules_of(kind), i, &f); i++)
			if (f.title[0] == '\0' || f.description[0] == '\0')
				CHECK_FAIL("%s has a field '%s' without title or description", tr_kind_name(kind), f.name);
		check_count++;
	}
	CHECK_INT(tr_details_rules(TR_KIND_NONE).n, 0);
	CHECK_INT(tr_details_rules(TR_OWN).n, 0);
	CHECK(tr_schema_has_required(rules_of(TR_CONSENT)));
	CHECK(!tr_schema_has_required(rules_of(TR_PROTOCOL)));
}

static VF_RC read_text(enum tr_kind kind, const char *json, struct tr_facts *f, char pointer[TR_POINTER_MAX])
{
	struct vf_arena a;
	struct vf_err err = {0};

	vf_arena_init(&a, room, sizeof(room));
	return tr_details_read(kind, rules_of(kind), vf_bytes_str(json), &a, f, pointer, &err);
}

static void expect(enum tr_kind kind, const char *fields, enum vf_rc want, const char *where)
{
	char json[4096], pointer[TR_POINTER_MAX];
	struct tr_facts f;
	enum vf_rc rc;

	snprintf(json, sizeof(json), "{\"schema\":\"" TR_DETAILS_PREFIX "%s/1\"%s%s}", tr_kind_name(kind), *fields ? "," : "",
		fields);
	rc = read_text(kind, json, &f, pointer);
	if (rc != want || strcmp(pointer, where) != 0)
		CHECK_FAIL("%s %s: %s at '%s', not %s at '%s'", tr_kind_name(kind), fields, vf_rc_name(rc), pointer, vf_rc_name(want),
			where);
	check_count++;
}

#define CONSENT "\"participant\":\"" HEX64 "\",\"form\":\"" HEX64 "\",\"role\":\"participant\",\"given\":\"2026-03-04\","
#define FORM "\"language\":\"de\",\"population\":\"adult\","
#define YES "{\"name\":\"participation\",\"granted\":true}"
#define OFFER "{\"name\":\"participation\",\"required\":true}"

/* The smallest details of each kind that are taken; without any one of the fields they are refused. */
static void test_smallest(void)
{
	static const struct {
		enum tr_kind kind;
		const char *fields;
	} smallest[] = {
		{TR_REGISTRATION, ""},
		{TR_PROTOCOL, ""},
		{TR_AMENDMENT, ""},
		{TR_ETHICS_APPROVAL, "\"committee\":\"Board\",\"decision\":\"approved\""},
		{TR_CONSENT_FORM, FORM "\"permissions\":[" OFFER "]"},
		{TR_CONSENT, CONSENT "\"permissions\":[" YES "]"},
		{TR_RE_CONSENT, CONSENT "\"permissions\":[" YES "]"},
		{TR_WITHDRAWAL, "\"participant\":\"" HEX64 "\",\"consent\":\"" HEX64 "\",\"when\":\"2026-03-04T10:12:00Z\""},
		{TR_ACCESS_GRANT, "\"participant\":\"" HEX64 "\",\"to\":\"Dr A\",\"purpose\":\"care\",\"from\":\"2026-03-04\""},
		{TR_ACCESS_EVENT, "\"participant\":\"" HEX64 "\",\"who\":\"Dr A\",\"purpose\":\"care\",\"when\":\"2026-03-04\""},
		{TR_DELEGATION, "\"role\":\"nurse\",\"tasks\":[\"consent\"],\"from\":\"2026-03-04\""},
		{TR_ANALYSIS_PLAN, ""},
		{TR_DATABASE_LOCK, "\"lock\":\"final\",\"when\":\"2026-03-04\""},
		{TR_UNBLINDING, "\"when\":\"2026-03-04\",\"scope\":\"study\""},
		{TR_DATASET, ""},
		{TR_RESULTS, ""},
		{TR_PUBLICATION, ""},
		{TR_PRODUCT_CUSTODY, "\"from_party\":\"A\",\"to_party\":\"B\",\"when\":\"2026-03-04\""},
		{TR_ARCHIVE_CUSTODY, "\"from_party\":\"A\",\"to_party\":\"B\",\"when\":\"2026-03-04\""},
		{TR_ERASURE, ""},
		{TR_AUDIT, ""},
		{TR_STUDY_HEAD, "\"streams\":[{\"stream\":\"" HEX64 "\",\"head\":\"" HEX64 "\",\"records\":1}]"},
		{TR_SCHEMA, "\"kind\":\"visit\",\"rules\":\"visit.json\""},
		{TR_OTHER, ""},
	};

	CHECK_INT(sizeof(smallest) / sizeof(smallest[0]), TR_KIND_COUNT - 1);
	for (size_t i = 0; i < sizeof(smallest) / sizeof(smallest[0]); i++) {
		expect(smallest[i].kind, smallest[i].fields, VF_OK, "");
		if (smallest[i].fields[0])
			expect(smallest[i].kind, "", VF_DETAILS_SHAPE, "");
		expect(smallest[i].kind, "\"x\":1", VF_DETAILS_SHAPE, "");
	}
}

static void test_permissions(void)
{
	expect(TR_CONSENT, CONSENT "\"permissions\":[{\"name\":\"participation\",\"granted\":false}]", VF_OK, "");
	expect(TR_CONSENT, CONSENT "\"permissions\":[{\"name\":\"participation\",\"granted\":false},{\"name\":\"x\",\"granted\":false}]",
		VF_OK, "");
	expect(TR_CONSENT, CONSENT "\"permissions\":[{\"name\":\"x\",\"granted\":true},{\"name\":\"participation\",\"granted\":false}]",
		VF_PERMISSION_CONTRADICTION, "/permissions/0/granted");
	expect(TR_RE_CONSENT, CONSENT "\"permissions\":[" YES ",{\"name\":\"x\",\"granted\":true},{\"name\":\"x\",\"granted\":false}]",
		VF_PERMISSION_CONTRADICTION, "/permissions/2/granted");
	expect(TR_CONSENT, CONSENT "\"permissions\":[" YES ",{\"name\":\"x\",\"granted\":true,\"from\":\"2026-03\",\"until\":\"2026-02\"}]",
		VF_OK, ""); /* a day's difference of time zones is no contradiction */
	expect(TR_CONSENT, CONSENT "\"permissions\":[" YES ",{\"name\":\"x\",\"granted\":true,\"from\":\"2026-03\",\"until\":\"2026-01\"}]",
		VF_PERMISSION_CONTRADICTION, "/permissions/1/until");
	expect(TR_CONSENT, CONSENT "\"permissions\":[]", VF_DETAILS_SHAPE, "/permissions");
	expect(TR_CONSENT, CONSENT "\"permissions\":[{\"name\":\"participation\"}]", VF_DETAILS_SHAPE, "/permissions/0");
	expect(TR_CONSENT, CONSENT "\"permissions\":[{\"name\":\"participation\",\"granted\":\"yes\"}]", VF_DETAILS_SHAPE,
		"/permissions/0/granted");
	expect(TR_CONSENT_FORM, FORM "\"permissions\":[{\"name\":\"x\"}]", VF_DETAILS_SHAPE, "/permissions");
	expect(TR_CONSENT_FORM, FORM "\"permissions\":[{\"name\":\"participation\",\"required\":false}]", VF_DETAILS_SHAPE,
		"/permissions");
	expect(TR_CONSENT_FORM, FORM "\"permissions\":[" OFFER ",{\"name\":\"x\"},{\"name\":\"x\",\"purpose\":\"p\"}]",
		VF_DETAILS_SHAPE, "/permissions/2/name");
}

static void test_inside(void)
{
	expect(TR_ETHICS_APPROVAL, "\"committee\":\"B\",\"decision\":\"maybe\"", VF_DETAILS_SHAPE, "/decision");
	expect(TR_ETHICS_APPROVAL, "\"committee\":\"B\",\"decision\":\"approved\",\"from\":\"2026-02-30\"", VF_DETAILS_SHAPE, "/from");
	expect(TR_ETHICS_APPROVAL, "\"committee\":\"B\",\"decision\":\"approved\",\"from\":\"2026-03-04\",\"until\":\"2026-02-04\"",
		VF_DETAILS_SHAPE, "/until");
	expect(TR_PROTOCOL, "\"scope\":{\"countries\":[\"DE\",\"XX\"]}", VF_DETAILS_SHAPE, "/scope/countries/1");
	expect(TR_PROTOCOL, "\"scope\":{\"countries\":[\"DE\",\"DE\"]}", VF_DETAILS_SHAPE, "/scope/countries/1");
	expect(TR_PROTOCOL, "\"scope\":{}", VF_DETAILS_SHAPE, "/scope");
	expect(TR_PROTOCOL, "\"scope\":{\"global\":false}", VF_DETAILS_SHAPE, "/scope/global");
	expect(TR_PROTOCOL, "\"scope\":{\"global\":true}", VF_OK, "");
	expect(TR_PROTOCOL, "\"scope\":{\"global\":true,\"sites\":[\"1\"]}", VF_DETAILS_SHAPE, "/scope");
	expect(TR_REGISTRATION, "\"retrieved\":\"2026-03-04\",\"first_submitted\":\"2026-04-04\"", VF_DETAILS_SHAPE, "/first_submitted");
	expect(TR_SCHEMA, "\"kind\":\"consent\",\"rules\":\"x.json\"", VF_DETAILS_SHAPE, "/kind");
	expect(TR_SCHEMA, "\"kind\":\"a23456789-123456789-123456789-123\",\"rules\":\"x.json\"", VF_DETAILS_SHAPE, "/kind");
	expect(TR_STUDY_HEAD, "\"streams\":[{\"stream\":\"" HEX64 "\",\"head\":\"" HEX64 "\",\"records\":1},{\"stream\":\"" HEX64
		"\",\"head\":\"" HEX64 "\",\"records\":2}]", VF_DETAILS_SHAPE, "/streams/1/stream");
	expect(TR_WITHDRAWAL, "\"participant\":\"17\",\"consent\":\"" HEX64 "\",\"when\":\"2026-03-04\"", VF_DETAILS_SHAPE,
		"/participant");
	expect(TR_UNBLINDING, "\"when\":\"2026-03-04\",\"scope\":[\"study\"]", VF_DETAILS_SHAPE, "/scope");
}

static void test_facts(void)
{
	char pointer[TR_POINTER_MAX];
	struct tr_facts f, g;

	CHECK_RC(read_text(TR_CONSENT, "{\"schema\":\"trialnotary/details/consent/1\"," CONSENT "\"permissions\":[" YES
		",{\"name\":\"x\",\"granted\":false,\"purpose\":\"p\",\"until\":\"2036\"}],\"title\":\"T\",\"site\":\"3\"}", &f, pointer), VF_OK);
	CHECK(f.has_participant && f.has_form && !f.has_consent && !f.is_old);
	CHECK_INT(f.participant.b[31], 0xef);
	CHECK_INT(f.role, TR_ROLE_PARTICIPANT);
	CHECK_BYTES(f.when, vf_bytes_str("2026-03-04"));
	CHECK_BYTES(f.title, vf_bytes_str("T"));
	CHECK_INT(f.n_permissions, 2);
	CHECK(tr_permission_find(&f, vf_bytes_str("participation"))->is_granted);
	CHECK(!tr_permission_find(&f, vf_bytes_str("x"))->is_granted);
	CHECK_BYTES(tr_permission_find(&f, vf_bytes_str("x"))->until, vf_bytes_str("2036"));
	CHECK(tr_permission_find(&f, vf_bytes_str("y")) == NULL);
	CHECK_RC(read_text(TR_WITHDRAWAL, "{\"schema\":\"trialnotary/details/withdrawal/1\",\"participant\":\"" HEX64 "\",\"consent\":\""
		HEX64 "\",\"when\":\"2026-03-04\",\"permissions\":[\"x\"],\"scope\":[\"samples\"],\"data\":\"destroyed\"}", &f, pointer), VF_OK);
	CHECK(f.has_permissions && f.n_permissions == 1 && f.ends.n == 1 && f.has_consent);
	CHECK_BYTES(f.data, vf_bytes_str("destroyed"));
	CHECK_RC(read_text(TR_CONSENT_FORM, "{\"schema\":\"trialnotary/details/consent-form/1\"," FORM "\"permissions\":[" OFFER
		"],\"reconsent\":{\"required\":\"all\",\"days\":30,\"by\":\"2026-12\"},\"scope\":{\"countries\":[\"DE\",\"AT\"]}}", &f, pointer),
		VF_OK);
	CHECK_INT(f.reconsent.required, TR_RECONSENT_ALL);
	CHECK(f.reconsent.has_days && f.reconsent.days == 30);
	CHECK_INT(f.population, TR_POPULATION_ADULT);
	CHECK_INT(f.scope.countries.n, 2);
	CHECK_RC(read_text(TR_PROTOCOL, "{\"schema\":\"trialnotary/details/protocol/1\",\"scope\":{\"countries\":[\"FR\"],"
		"\"sites\":[\"1\"]}}", &g, pointer), VF_OK);
	f.scope.countries.of[0] = vf_bytes_str("DE"), f.scope.countries.of[1] = vf_bytes_str("AT"); /* the arena was used again */
	CHECK(tr_scope_is_apart(&f.scope, &g.scope));
	f.scope.countries.of[1] = vf_bytes_str("FR");
	CHECK(!tr_scope_is_apart(&f.scope, &g.scope));
	CHECK(!tr_scope_is_apart(&g.scope, &(struct tr_scope){.is_global = true}));
	CHECK(!tr_scope_is_apart(&g.scope, &(struct tr_scope){0}));
}

/* What earlier versions wrote in personal kinds. */
static void test_old(void)
{
	char pointer[TR_POINTER_MAX];
	struct tr_facts f;

	CHECK_RC(read_text(TR_CONSENT, "{\"schema\":\"trialnotary/details/1\",\"version\":\"1\",\"title\":\"T\"}", &f, pointer), VF_OK);
	CHECK(f.is_old && f.n_permissions == 0);
	CHECK_BYTES(f.version, vf_bytes_str("1"));
	CHECK_RC(read_text(TR_CONSENT, "{\"schema\":\"trialnotary/details/1\",\"form\":\"1\"}", &f, pointer), VF_DETAILS_SHAPE);
	CHECK_RC(read_text(TR_CONSENT, "{\"schema\":\"trialnotary/details/1\",\"title\":7}", &f, pointer), VF_DETAILS_SHAPE);
	CHECK_RC(read_text(TR_PROTOCOL, "{\"schema\":\"trialnotary/details/1\",\"title\":\"T\"}", &f, pointer), VF_DETAILS_SHAPE);
	CHECK_RC(read_text(TR_CONSENT, "{\"schema\":\"trialnotary/details/protocol/1\"}", &f, pointer), VF_DETAILS_SHAPE);
	CHECK_RC(read_text(TR_CONSENT, "{\"schema\":", &f, pointer), VF_JSON_SHAPE);
	CHECK_RC(read_text(TR_CONSENT, "", &f, pointer), VF_JSON_SHAPE);
}

static void make(enum tr_kind kind, const char *json, const struct tr_setting *settings, size_t n, enum vf_rc want,
	const char *text)
{
	struct tr_details_draft d = {.kind = kind, .rules = rules_of(kind), .json = vf_bytes_str(json), .settings = settings,
		.n_settings = n};
	char pointer[TR_POINTER_MAX];
	struct vf_arena a;
	struct vf_bytes made;
	enum vf_rc rc;

	vf_arena_init(&a, room, sizeof(room));
	rc = tr_details_make(&d, &a, &made, pointer, NULL);
	CHECK_RC(rc, want);
	if (rc == VF_OK && want == VF_OK)
		CHECK_BYTES(made, vf_bytes_str(text));
}

static void test_make(void)
{
	const struct tr_setting board = {"committee", vf_bytes_str("B \"1\"\\")}, yes = {"decision", vf_bytes_str("approved")};
	const struct tr_setting settings[] = {yes, board};
	const struct tr_setting twice[] = {board, board, yes};
	const struct tr_setting tasks[] = {{"tasks", vf_bytes_str("a")}, {"role", vf_bytes_str("r")}, {"tasks", vf_bytes_str("b")},
		{"from", vf_bytes_str("2026")}};
	const struct tr_setting rows[] = {{"rows", vf_bytes_str("12")}}, wrong[] = {{"rows", vf_bytes_str("012")}};
	const struct tr_setting final[] = {{"final", vf_bytes_str("true")}, {"lock", vf_bytes_str("L")}, {"when", vf_bytes_str("2026")}};
	const struct tr_setting odd[] = {{"a\"b", vf_bytes_str("\x01")}};
	const char *approved = "{\"schema\":\"trialnotary/details/ethics-approval/1\",\"committee\":\"B \\\"1\\\"\\\\\","
			       "\"decision\":\"approved\"}\n";

	make(TR_ETHICS_APPROVAL, "", settings, 2, VF_OK, approved);
	make(TR_ETHICS_APPROVAL, " { } ", settings, 2, VF_OK, approved);
	make(TR_ETHICS_APPROVAL, "{\"decision\":\"approved\"}", &board, 1, VF_OK, approved);
	make(TR_ETHICS_APPROVAL, "\n{\"schema\":\"trialnotary/details/ethics-approval/1\" ,\n\"decision\":\"approved\" }\n", &board, 1,
		VF_OK, approved);
	make(TR_ETHICS_APPROVAL, approved, NULL, 0, VF_OK, approved);
	make(TR_ETHICS_APPROVAL, "{\"decision\":\"approved\"}", settings, 2, VF_DETAILS_SHAPE, "");
	make(TR_ETHICS_APPROVAL, "", twice, 3, VF_JSON_SHAPE, "");
	make(TR_ETHICS_APPROVAL, "[]", settings, 2, VF_JSON_SHAPE, "");
	make(TR_ETHICS_APPROVAL, "{", settings, 2, VF_JSON_SHAPE, "");
	make(TR_ETHICS_APPROVAL, "{\"schema\":\"trialnotary/details/consent/1\"}", settings, 2, VF_DETAILS_SHAPE, "");
	make(TR_ETHICS_APPROVAL, "", NULL, 0, VF_DETAILS_SHAPE, "");
	make(TR_DELEGATION, "", tasks, 4, VF_OK,
		"{\"schema\":\"trialnotary/details/delegation/1\",\"role\":\"r\",\"tasks\":[\"a\",\"b\"],\"from\":\"2026\"}\n");
	make(TR_DATASET, "", rows, 1, VF_OK, "{\"schema\":\"trialnotary/details/dataset/1\",\"rows\":12}\n");
	make(TR_DATASET, "", wrong, 1, VF_DETAILS_SHAPE, "");
	make(TR_DATABASE_LOCK, "", final, 3, VF_OK,
		"{\"schema\":\"trialnotary/details/database-lock/1\",\"lock\":\"L\",\"when\":\"2026\",\"final\":true}\n");
	make(TR_OTHER, "", odd, 1, VF_DETAILS_SHAPE, "");
	make(TR_PROTOCOL, "", NULL, 0, VF_OK, "{\"schema\":\"trialnotary/details/protocol/1\"}\n");
	make(TR_STUDY_HEAD, "{\"streams\":[]}", NULL, 0, VF_DETAILS_SHAPE, "");
	make(TR_CONSENT, "{\"permissions\":[{\"name\":\"x\",\"granted\":true},{\"granted\":false,\"name\":\"x\"}]," CONSENT
		"\"method\":\"paper\"}", NULL, 0, VF_PERMISSION_CONTRADICTION, "");
}

static void own(const char *json, enum vf_rc want)
{
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = NULL;

	CHECK_RC(tr_own_rules(vf_bytes_str("visit"), vf_bytes_str(json), &s, NULL), want);
}

static void test_own(void)
{
	own("{\"type\":\"object\",\"properties\":{\"schema\":{\"const\":\"trialnotary/details/visit/1\"}},\"required\":[\"schema\"]}", VF_OK);
	own("{\"type\":\"object\",\"properties\":{\"schema\":{\"const\":\"trialnotary/details/visits/1\"}},\"required\":[\"schema\"]}",
		VF_SCHEMA_SHAPE);
	own("{\"type\":\"object\",\"properties\":{\"schema\":{\"const\":\"trialnotary/details/visit/1\"}}}", VF_SCHEMA_SHAPE);
	own("{\"type\":\"object\",\"properties\":{\"schema\":{}},\"required\":[\"schema\"]}", VF_SCHEMA_SHAPE);
	own("{\"type\":\"object\"}", VF_SCHEMA_SHAPE);
	own("{\"type\":\"object\",\"pattern\":1}", VF_SCHEMA_SHAPE);
	own("[]", VF_JSON_SHAPE);
}

int main(void)
{
	test_rules();
	test_smallest();
	test_permissions();
	test_inside();
	test_facts();
	test_old();
	test_make();
	test_own();
	tr_rulebook_done(&book);
	return check_done();
}
