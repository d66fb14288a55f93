/* Consent records in the shape of TS 27560: every state, every party, and the exact octets of one. */
#include "trial/ts27560.h"

#include "check.h"

#define P17 "1717171717171717171717171717171717171717171717171717171717171717"
#define F2F "2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f"
#define C01 "0101010101010101010101010101010101010101010101010101010101010101"
#define W02 "0202020202020202020202020202020202020202020202020202020202020202"
#define WHO "\"participant\":\"" P17 "\""
#define CONSENT(role, more) "{\"schema\":\"trialnotary/details/consent/1\"," WHO ",\"form\":\"" F2F "\",\"role\":\"" role "\",\"given\":\"2026-03-04\",\"permissions\":[" more "]}"

static uint8_t room[8 * TR_DETAILS_ROOM];
static struct vf_arena memory;
static struct tr_rulebook book;
static char text[16384];
static size_t n_text;

static bool collect(void *ctx, struct vf_bytes piece)
{
	(void)ctx;
	if (piece.n >= sizeof(text) - n_text)
		return false;
	memcpy(text + n_text, piece.p, piece.n);
	n_text += piece.n;
	text[n_text] = '\0';
	return true;
}

static void write_again(const struct tr_ts27560 *t)
{
	struct vf_sink s = {.put = collect};

	n_text = 0;
	tr_ts27560_put(&s, t);
	CHECK(!s.failed);
}

static struct tr_facts facts_of(enum tr_kind kind, const char *json)
{
	const struct tr_schema *rules = NULL;
	char pointer[TR_POINTER_MAX] = "";
	struct tr_facts f = {0};
	struct vf_err err = {0};

	CHECK_RC(tr_rulebook_get(&book, kind, &rules, &err), VF_OK);
	if (tr_details_read(kind, rules, vf_bytes_str(json), &memory, &f, pointer, &err) != VF_OK)
		CHECK_FAIL("%s at '%s': %s", json, pointer, err.text);
	return f;
}

static struct tr_ts27560 start(const struct tr_facts *consent)
{
	struct tr_ts27560 t = {.kind = vf_bytes_str("consent"), .study = vf_bytes_str("S-1"), .consent = consent,
		.origin = vf_bytes_str("test.example/1"), .sealed_ms = VF_TIME_NONE};

	memset(&t.id, 0x01, sizeof(t.id));
	CHECK(vf_time_read(vf_bytes_str("2027-01-01T12:00:00Z"), &t.at_ms));
	return t;
}

static void check_has(const char *part)
{
	check_count++;
	if (!strstr(text, part))
		CHECK_FAIL("no %s in %s", part, text);
}

static void check_never(const char *part)
{
	check_count++;
	if (strstr(text, part))
		CHECK_FAIL("%s in %s", part, text);
}

static void test_least(void)
{
	static const char want[] =
		"{\"header\":{\"schema_version\":\"trialnotary/ts27560/1\",\"record_id\":\"" C01 "\",\"pii_principal_id\":\"" P17 "\"},"
		"\"processing\":{\"privacy_notice\":\"urn:trialnotary:record:" F2F "\",\"purposes\":[{\"purpose\":\"participation\",\"lawful_basis\":\"consent\"}]},"
		"\"party_identification\":[{\"party_id\":\"" P17 "\",\"party_role\":\"pii_principal\"}],"
		"\"events\":[{\"event_time\":\"2026-03-04\",\"validity_duration\":\"2026-03-04/..\",\"entity_id\":\"" P17 "\",\"event_type\":\"explicit\","
		"\"event_state\":\"given\",\"purpose\":\"participation\",\"record_id\":\"" C01 "\"}],"
		"\"trialnotary\":{\"kind\":\"consent\",\"study\":\"S-1\",\"role\":\"participant\",\"at\":\"2027-01-01T12:00:00Z\","
		"\"log\":{\"origin\":\"test.example/1\"},\"receipt\":[],\"superseded_by\":[],\"not_stated\":[\"pii_information\",\"pii_controllers\","
		"\"storage_locations\",\"retention_period\",\"jurisdiction\",\"recipient_third_parties\",\"language\",\"withdrawal_method\"]}}\n";
	struct tr_facts c = facts_of(TR_CONSENT, CONSENT("participant", "{\"name\":\"participation\",\"granted\":true}"));
	struct tr_ts27560 t = start(&c);

	write_again(&t);
	CHECK_STR(text, want);
}

static void test_states(void)
{
	struct tr_facts c = facts_of(TR_CONSENT, CONSENT("parent",
		"{\"name\":\"participation\",\"granted\":true},{\"name\":\"a\",\"granted\":true,\"until\":\"2026-10\",\"delegate\":\"Trust \\\"N\\\"\"},"
		"{\"name\":\"b\",\"granted\":false,\"until\":\"2026-12\"},{\"name\":\"c\",\"granted\":true,\"until\":\"2026-11\"},"
		"{\"name\":\"d\",\"granted\":true,\"from\":\"2026-05-01\",\"until\":\"2027-01-01\"}"));
	struct tr_facts before = facts_of(TR_CONSENT, CONSENT("parent", "{\"name\":\"participation\",\"granted\":true},{\"name\":\"a\",\"granted\":false},{\"name\":\"b\",\"granted\":true}"));
	struct tr_facts part = facts_of(TR_WITHDRAWAL, "{\"schema\":\"trialnotary/details/withdrawal/1\"," WHO ",\"consent\":\"" C01 "\",\"when\":\"2026-06\",\"permissions\":[\"b\",\"c\"]}");
	struct tr_facts whole = facts_of(TR_WITHDRAWAL, "{\"schema\":\"trialnotary/details/withdrawal/1\"," WHO ",\"consent\":\"" C01 "\",\"when\":\"2026-07\"}");
	struct tr_ts27560_withdrawal w = {.facts = &part};
	struct tr_ts27560 t = start(&c);

	memset(&w.id, 0x02, sizeof(w.id));
	t.before = &before;
	t.withdrawals = &w;
	t.n_withdrawals = 1;
	t.superseded_by = &w.id;
	t.n_superseded_by = 1;
	t.receipt = vf_bytes_str("one\ntwo \"x\"\n");
	t.is_sequenced = true;
	t.index = 7;
	t.sealed_ms = t.at_ms;
	write_again(&t);
	check_has("\"entity_id\":\"parent\",\"event_type\":\"explicit\",\"event_state\":\"re-affirmed\",\"purpose\":\"participation\"");
	check_has("\"event_state\":\"given\",\"purpose\":\"a\"");
	check_has("\"event_state\":\"refused\",\"purpose\":\"b\"");
	check_has("\"validity_duration\":\"2026-05-01/2027-01-01\"");
	check_has("{\"event_time\":\"2026-06\",\"validity_duration\":\"2026-03-04/2026-11\",\"entity_id\":\"" P17 "\",\"event_type\":\"explicit\","
		  "\"event_state\":\"withdrawn\",\"purpose\":\"c\",\"record_id\":\"" W02 "\"}");
	check_never("\"withdrawn\",\"purpose\":\"b\""); /* it was refused */
	check_has("{\"event_time\":\"2026-10\",\"validity_duration\":\"2026-03-04/2026-10\",\"entity_id\":\"parent\",\"event_type\":\"explicit\",\"event_state\":\"expired\",\"purpose\":\"a\"");
	check_never("\"expired\",\"purpose\":\"b\""); /* never granted */
	check_never("\"expired\",\"purpose\":\"c\""); /* withdrawn */
	check_never("\"expired\",\"purpose\":\"d\""); /* somewhere the day is not over */
	check_has("{\"party_id\":\"parent\",\"party_role\":\"parent\"}");
	check_has("{\"party_id\":\"delegate:a\",\"party_role\":\"delegate\",\"party_name\":\"Trust \\\"N\\\"\"}");
	check_has("\"log\":{\"origin\":\"test.example/1\",\"index\":7,\"sealed\":\"2027-01-01T12:00:00Z\"},\"receipt\":[\"one\",\"two \\\"x\\\"\"],"
		  "\"superseded_by\":[\"" W02 "\"]");
	w.facts = &whole;
	write_again(&t);
	check_has("\"event_state\":\"withdrawn\",\"purpose\":\"participation\"");
	check_has("\"event_state\":\"withdrawn\",\"purpose\":\"d\"");
	check_never("\"expired\"");
}

static void test_form(void)
{
	struct tr_facts c = facts_of(TR_CONSENT, "{\"schema\":\"trialnotary/details/consent/1\"," WHO ",\"form\":\"" F2F "\",\"role\":\"representative\",\"given\":\"2026-03-04\",\"site\":\"Site 1\",\"permissions\":["
		"{\"name\":\"participation\",\"granted\":true},{\"name\":\"a\",\"granted\":true,\"purpose\":\"narrow\"},{\"name\":\"b\",\"granted\":false}]}");
	struct tr_facts form = facts_of(TR_CONSENT_FORM, "{\"schema\":\"trialnotary/details/consent-form/1\",\"language\":\"de\",\"population\":\"representative\",\"permissions\":["
		"{\"name\":\"participation\",\"required\":true},{\"name\":\"a\",\"purpose\":\"wide\"},{\"name\":\"b\",\"text\":\"May we?\"}]}");
	struct tr_ts27560 t = start(&c);

	t.form = &form;
	t.withdrawal_method = vf_bytes_str("write");
	t.contact_email = vf_bytes_str("a@example.org");
	write_again(&t);
	check_has("\"language\":\"de\",\"purposes\":[{\"purpose\":\"participation\",\"lawful_basis\":\"consent\",\"withdrawal_method\":\"write\"},"
		  "{\"purpose\":\"a\",\"purpose_description\":\"narrow\"");
	check_has("{\"purpose\":\"b\",\"purpose_description\":\"May we?\"");
	check_has("{\"party_id\":\"representative\",\"party_role\":\"representative\"},{\"party_id\":\"site\",\"party_role\":\"site\",\"party_name\":\"Site 1\"},"
		  "{\"party_id\":\"contact\",\"party_role\":\"contact\",\"party_email\":\"a@example.org\"}");
	check_has("\"recipient_third_parties\"]");
}

int main(void)
{
	vf_arena_init(&memory, room, sizeof(room));
	test_least();
	test_states();
	test_form();
	tr_rulebook_done(&book);
	return check_done();
}
