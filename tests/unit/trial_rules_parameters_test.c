/* Parameters of rules: what is taken, and what is refused. */
#include "trial/rules/parameters.h"

#include "tests/check.h"

#define HEAD "{\"schema\":\"trialnotary/rules/1\""

static uint8_t room[1 << 20];

static enum vf_rc read(const char *json, struct tr_parameters *p, struct vf_err *err)
{
	struct vf_arena a;

	vf_arena_init(&a, room, sizeof(room));
	return tr_parameters_read(vf_bytes_str(json), &a, p, err);
}

static void refuses(const char *json, const char *text)
{
	struct tr_parameters p = tr_parameters_default;
	struct vf_err err = {0};

	CHECK_RC(read(json, &p, &err), VF_JSON_SHAPE);
	if (!strstr(err.text, text))
		CHECK_FAIL("%s gives '%s', without '%s'", json, err.text, text);
}

static void test_least(void)
{
	struct tr_parameters p;
	struct vf_err err = {0};

	CHECK_RC(read(HEAD "}", &p, &err), VF_OK);
	CHECK_INT(p.reconsent_days, TR_DAYS_UNSET);
	CHECK_INT(p.grace_days, 0);
	CHECK_INT(p.posting_days, 60);
	CHECK_INT(p.translation_share, 50);
	CHECK_INT(p.delay_days[TR_PROTOCOL], TR_DAYS_UNSET);
	CHECK_INT(p.screening_permitted.n + p.permitted_visits.n + p.languages.n + p.n_enforce, 0);
	CHECK(!p.federally_funded && !p.federally_funded_set);
}

static void test_all(void)
{
	struct tr_parameters p;
	struct vf_err err = {0};

	CHECK_RC(read(HEAD ",\"reconsent_days\":30,\"reconsent_clock\":\"next-visit\",\"grace_days\":14,\"staff_before_hours\":1,\"posting_days\":61,"
		"\"federally_funded\":false,\"translation_share\":100,\"notarised_within\":[{\"kind\":\"protocol\",\"days\":0}],"
		"\"languages\":[\"en\",\"de\"],\"enforce\":[{\"rule\":\"D1\",\"how\":\"refuse\"},{\"rule\":\"G1\",\"how\":\"attach\"}]}", &p, &err), VF_OK);
	CHECK_INT(p.reconsent_days, 30);
	CHECK_INT(p.reconsent_clock, TR_CLOCK_NEXT_VISIT);
	CHECK_INT(p.grace_days, 14);
	CHECK_INT(p.staff_before_hours, 1);
	CHECK_INT(p.posting_days, 61);
	CHECK(!p.federally_funded && p.federally_funded_set);
	CHECK_INT(p.translation_share, 100);
	CHECK_INT(p.delay_days[TR_PROTOCOL], 0);
	CHECK_INT(p.delay_days[TR_RESULTS], TR_DAYS_UNSET);
	CHECK_INT(p.languages.n, 2);
	CHECK(vf_bytes_is(p.languages.p[1], "de"));
	CHECK_INT(p.n_enforce, 2);
	CHECK(strcmp(p.enforce[0].rule, "D1") == 0 && p.enforce[0].how == TR_ENFORCE_REFUSE);
	CHECK(strcmp(p.enforce[1].rule, "G1") == 0 && p.enforce[1].how == TR_ENFORCE_ATTACH);
}

static void test_rows(void)
{
	struct vf_bytes lb = vf_bytes_str("LB"), vs = vf_bytes_str("VS"), one = vf_bytes_str("SCREENING 1");
	struct vf_bytes two = vf_bytes_str("SCREENING 2"), none = vf_bytes("", 0);
	struct tr_parameters p;
	struct vf_err err = {0};

	CHECK_RC(read(HEAD ",\"screening_permitted\":[{\"domain\":\"LB\",\"term\":\"SCREENING 1\"},{\"domain\":\"QS\"}],"
		"\"permitted_visits\":[{\"term\":\"SCREENING 2\"}]}", &p, &err), VF_OK);
	CHECK(tr_row_list_has(&p.screening_permitted, lb, one));
	CHECK(!tr_row_list_has(&p.screening_permitted, lb, two));
	CHECK(!tr_row_list_has(&p.screening_permitted, vs, one));
	CHECK(tr_row_list_has(&p.screening_permitted, vf_bytes_str("QS"), none));
	CHECK(!tr_row_list_has(&p.screening_permitted, none, none));
	CHECK(tr_row_list_has(&p.permitted_visits, vs, two));
	CHECK(tr_row_list_has(&p.permitted_visits, none, two));
	CHECK(!tr_row_list_has(&p.permitted_visits, vs, none));
	/* a word is not a domain and a term at once */
	CHECK(!tr_row_list_has(&p.permitted_visits, two, none));
}

static void test_refusals(void)
{
	refuses("[]", "not an object");
	refuses("{}", "schema");
	refuses("{\"schema\":\"trialnotary/rules/2\"}", "'schema' is not");
	refuses(HEAD ",\"grace\":1}", "unknown field 'grace'");
	refuses(HEAD ",\"grace_days\":36526}", "'grace_days' is not a number");
	refuses(HEAD ",\"grace_days\":-1}", "'grace_days' is not a number");
	refuses(HEAD ",\"grace_days\":\"1\"}", "'grace_days' is not a number");
	refuses(HEAD ",\"translation_share\":101}", "not a percentage");
	refuses(HEAD ",\"reconsent_clock\":\"visit\"}", "'reconsent_clock' is neither");
	refuses(HEAD ",\"federally_funded\":1}", "neither true nor false");
	refuses(HEAD ",\"notarised_within\":[{\"kind\":\"letter\",\"days\":1}]}", "a kind that there is not");
	refuses(HEAD ",\"notarised_within\":[{\"kind\":\"protocol\"}]}", "days");
	refuses(HEAD ",\"languages\":[\"\"]}", "'languages' is not a list of texts");
	refuses(HEAD ",\"screening_permitted\":[\"LB\"]}", "'screening_permitted' is not a list of objects");
	refuses(HEAD ",\"screening_permitted\":{}}", "'screening_permitted' is not a list");
	refuses(HEAD ",\"screening_permitted\":[{}]}", "neither a domain nor a term");
	refuses(HEAD ",\"permitted_visits\":[{\"term\":\"\"}]}", "neither a domain nor a term");
	refuses(HEAD ",\"permitted_visits\":[{\"term\":7}]}", "neither a domain nor a term");
	refuses(HEAD ",\"permitted_visits\":[{\"visit\":\"V\"}]}", "unknown field 'visit'");
	refuses(HEAD ",\"enforce\":[{\"rule\":\"Z9\",\"how\":\"refuse\"}]}", "a rule 'Z9' that there is not");
	refuses(HEAD ",\"enforce\":[{\"rule\":\"D1\",\"how\":\"warn\"}]}", "'how' is neither");
}

static void test_no_room(void)
{
	struct tr_parameters p = tr_parameters_default;
	struct vf_arena a;
	struct vf_err err = {0};

	vf_arena_init(&a, room, 8);
	CHECK_RC(tr_parameters_read(vf_bytes_str(HEAD ",\"permitted_visits\":[{\"term\":\"V\"}]}"), &a, &p, &err), VF_NO_MEMORY);
	CHECK_INT(p.permitted_visits.n, 0);
}

int main(void)
{
	test_least();
	test_all();
	test_rows();
	test_refusals();
	test_no_room();
	return check_done();
}
