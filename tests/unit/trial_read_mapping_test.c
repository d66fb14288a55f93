/* The mapping file of a study: what is taken, and each refusal by its place. */
#include "trial/read/mapping.h"

#include "tests/check.h"

#define HEAD "{\"schema\":\"trialnotary/mapping/1\""

static void refuses(const char *json, enum vf_rc want, const char *text)
{
	struct tr_mapping *m = NULL;
	struct vf_err err = {0};

	CHECK_RC(tr_mapping_parse(vf_bytes_str(json), &m, &err), want);
	CHECK(m == NULL);
	if (!strstr(err.text, text))
		CHECK_FAIL("%s gives '%s', without '%s'", json, err.text, text);
}

/* The example of the format document, as it stands there. */
static void test_example(void)
{
	VF_CLEANUP(tr_mapping_freep) struct tr_mapping *m = NULL;
	static char text[65536];
	char path[4096];
	struct vf_err err = {0};
	FILE *f;
	char *begin, *end;

	snprintf(path, sizeof(path), "%s/docs/formats/mapping.md", getenv("TRIALNOTARY_SOURCE"));
	f = fopen(path, "r");
	CHECK(f != NULL);
	if (!f)
		return;
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	begin = strstr(text, "```json\n");
	end = begin ? strstr(begin + 8, "```") : NULL;
	CHECK(end != NULL);
	if (!end)
		return;
	CHECK_RC(tr_mapping_parse(vf_bytes(begin + 8, (size_t)(end - begin - 8)), &m, &err), VF_OK);
	if (!m)
		return;
	CHECK(vf_bytes_is(m->study, "1001_virus"));
	CHECK_INT(m->n_consents, 2);
	CHECK(vf_bytes_is(m->consents[0].form, "DM"));
	CHECK(vf_bytes_is(m->consents[0].group, "IG.DM"));
	CHECK(vf_bytes_is(m->consents[0].item, "IT.ICDAT"));
	CHECK(vf_bytes_is(m->consents[0].version, "IT.ICVERSION"));
	CHECK_INT(m->consents[1].form.n + m->consents[1].group.n + m->consents[1].version.n, 0);
	CHECK_INT(m->n_withdrawals, 1);
	CHECK(vf_bytes_is(m->withdrawals[0].scope, "IT.WDSCOPE"));
}

static void test_least(void)
{
	VF_CLEANUP(tr_mapping_freep) struct tr_mapping *m = NULL;

	CHECK_RC(tr_mapping_parse(vf_bytes_str(HEAD "}"), &m, NULL), VF_OK);
	if (!m)
		return;
	CHECK_INT(m->study.n + m->n_consents + m->n_withdrawals, 0);
}

static void test_refusals(void)
{
	refuses("", VF_JSON_SHAPE, "empty");
	refuses("[]", VF_JSON_SHAPE, "not an object");
	refuses("{}", VF_JSON_SHAPE, "schema");
	refuses("{\"schema\":\"trialnotary/mapping/2\"}", VF_JSON_SHAPE, "'schema' is not");
	refuses("{\"schema\":1}", VF_JSON_SHAPE, "'schema' is not");
	refuses(HEAD ",\"consent\":[]}", VF_JSON_SHAPE, "unknown field 'consent'");
	refuses(HEAD ",\"study\":\"\"}", VF_JSON_SHAPE, "'study': a string is empty");
	refuses(HEAD ",\"consents\":{}}", VF_JSON_SHAPE, "'consents' is not a list");
	refuses(HEAD ",\"consents\":null}", VF_JSON_SHAPE, "'consents' is not a list");
	refuses(HEAD ",\"consents\":[\"IT.ICDAT\"]}", VF_JSON_SHAPE, "consents[0]: a value is not an object");
	refuses(HEAD ",\"consents\":[{\"form\":\"F\"}]}", VF_JSON_SHAPE, "consents[0]");
	refuses(HEAD ",\"consents\":[{\"item\":7}]}", VF_JSON_SHAPE, "consents[0]: 'item': a value is not a string");
	refuses(HEAD ",\"consents\":[{\"item\":\"A \"}]}", VF_JSON_SHAPE, "begins or ends with white space");
	refuses(HEAD ",\"consents\":[{\"item\":\"A\"},{\"item\":\"B\",\"scope\":\"C\"}]}", VF_JSON_SHAPE, "consents[1]");
	refuses(HEAD ",\"consents\":[{\"item\":\"A\"},{\"item\":\"A\",\"version\":\"V\"}]}", VF_JSON_SHAPE,
		"consents[1]: says what [0] says already");
	refuses(HEAD ",\"withdrawals\":[{\"item\":\"A\",\"version\":\"V\"}]}", VF_JSON_SHAPE, "withdrawals[0]");
	/* what rules leave out is theirs */
	refuses(HEAD ",\"permitted_visits\":[{\"term\":\"V\"}]}", VF_JSON_SHAPE, "unknown field 'permitted_visits'");
}

static void test_limits(void)
{
	char *text = calloc(1, TR_MAX_MAPPING + 2);
	size_t n;

	CHECK(text != NULL);
	if (!text)
		return;
	memset(text, ' ', TR_MAX_MAPPING + 1);
	refuses(text, VF_LIMIT, "octets");
	n = (size_t)sprintf(text, HEAD ",\"consents\":[{\"item\":\"");
	memset(text + n, 'A', TR_MAX_MAPPING_TEXT + 1);
	sprintf(text + n + TR_MAX_MAPPING_TEXT + 1, "\"}]}");
	refuses(text, VF_LIMIT, "consents[0]: 'item': a string is longer");
	n = (size_t)sprintf(text, HEAD ",\"withdrawals\":[");
	for (size_t i = 0; i <= TR_MAX_MAPPING_ENTRIES; i++)
		n += (size_t)sprintf(text + n, "%s{\"item\":\"x%zu\"}", i ? "," : "", i);
	sprintf(text + n, "]}");
	refuses(text, VF_LIMIT, "'withdrawals' has more than");
	free(text);
}

int main(void)
{
	test_example();
	test_least();
	test_refusals();
	test_limits();
	return check_done();
}
