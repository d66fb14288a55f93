#include "verify/policy.h"

#include "tests/check.h"

#define AUTH(name, op) "{\"name\":\"" name "\",\"roots\":\"tsa/" name ".pem\",\"operator\":" op ",\"qualified\":false}"
#define POLICY(auths, rules)                                                                               \
	"{\"schema\":\"trialnotary/policy/1\",\"name\":\"p\",\"authorities\":[" auths "],\"time\":[" rules                \
	"],\"revocation\":\"required\",\"expired\":\"refuse\",\"submitter\":\"optional\"}"
#define THREE AUTH("a", "true") "," AUTH("b", "false") "," AUTH("c", "false")

static uint8_t block[1 << 18];

static enum vf_rc parse(const char *text, struct vf_policy *p)
{
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	return vf_policy_parse(vf_bytes_str(text), &a, p, NULL);
}

static const struct {
	const char *text;
	enum vf_rc want;
} rows[] = {
	{POLICY(THREE, "{\"count\":2,\"of\":[\"a\",\"c\"]}"), VF_OK},
	{POLICY(THREE, "{\"count\":1}"), VF_OK},
	{POLICY(THREE, ""), VF_POLICY_SHAPE},
	{POLICY("", "{\"count\":1}"), VF_POLICY_SHAPE},
	{POLICY(THREE, "{\"count\":0}"), VF_POLICY_SHAPE},
	{POLICY(THREE, "{\"count\":4}"), VF_POLICY_SHAPE},
	{POLICY(THREE, "{\"count\":1,\"of\":[]}"), VF_POLICY_SHAPE},
	{POLICY(THREE, "{\"count\":1,\"of\":[\"d\"]}"), VF_POLICY_SHAPE},
	{POLICY(THREE, "{\"count\":1,\"of\":[\"a\",\"a\"]}"), VF_POLICY_SHAPE},
	{POLICY(THREE, "{\"count\":1,\"min\":2}"), VF_POLICY_SHAPE},
	{POLICY(THREE, "{\"count\":1,\"operator\":\"no\"}"), VF_POLICY_SHAPE},
	{POLICY(AUTH("a", "true") "," AUTH("a", "true"), "{\"count\":1}"), VF_POLICY_SHAPE},
	{POLICY(AUTH("A", "true"), "{\"count\":1}"), VF_POLICY_SHAPE},
	{POLICY("{\"name\":\"a\",\"roots\":\"../a.pem\",\"operator\":true,\"qualified\":false}", "{\"count\":1}"), VF_POLICY_SHAPE},
	{POLICY("{\"name\":\"a\",\"roots\":\"tsa/a.pem\",\"operator\":true,\"qualified\":false,\"from\":\"2026\"}", "{\"count\":1}"),
		VF_POLICY_SHAPE},
	{POLICY("{\"name\":\"a\",\"roots\":\"tsa/a.pem\",\"operator\":true,\"qualified\":false,\"policies\":[\"1.02\"]}",
		 "{\"count\":1}"),
		VF_POLICY_SHAPE},
	{POLICY("{\"name\":\"a\",\"roots\":\"tsa/a.pem\",\"operator\":true,\"qualified\":false,\"policies\":[\"1.2.3\"]}",
		 "{\"count\":1}"),
		VF_OK},
	{"{\"schema\":\"trialnotary/policy/1\"}", VF_POLICY_SHAPE},
	{"", VF_POLICY_SHAPE},
	{"{\"schema\":\"trialnotary/policy/1\",\"name\":\"p\",\"authorities\":[" THREE "],\"time\":[{\"count\":1}],"
	 "\"revocation\":\"maybe\",\"expired\":\"refuse\",\"submitter\":\"optional\"}",
		VF_POLICY_SHAPE},
	{"{\"schema\":\"trialnotary/policy/1\",\"name\":\"p\",\"authorities\":[" THREE "],\"time\":[{\"count\":1}],"
	 "\"revocation\":\"required\",\"expired\":\"refuse\",\"submitter\":\"optional\",\"insecure\":true}",
		VF_POLICY_SHAPE},
};

static enum vf_rc count(const struct vf_policy *p, const struct vf_vote *votes, size_t n, int64_t until, struct vf_err *err)
{
	return vf_policy_check(p, votes, n, until, err);
}

/* Authorities: a is the operator's, b and c are not. */
static void test_counting(void)
{
	struct vf_policy p;
	struct vf_err e = {0};
	struct vf_vote a[] = {{.authority = 0, .time = 5}}, b[] = {{.authority = 1, .time = 5}},
		       bc[] = {{.authority = 1, .time = 5}, {.authority = 2, .time = 9}},
		       bb[] = {{.authority = 1, .time = 5}, {.authority = 1, .time = 9}};

	CHECK_RC(parse(POLICY(THREE, "{\"count\":2,\"of\":[\"b\",\"c\"]},{\"count\":1,\"operator\":false}"), &p), VF_OK);
	CHECK_RC(count(&p, NULL, 0, INT64_MAX, NULL), VF_POLICY_UNMET);
	CHECK_RC(count(&p, a, 1, INT64_MAX, NULL), VF_POLICY_UNMET);
	CHECK_RC(count(&p, b, 1, INT64_MAX, &e), VF_POLICY_UNMET);
	CHECK(strstr(e.text, "missing: c") != NULL);
	CHECK_RC(count(&p, bc, 2, INT64_MAX, NULL), VF_OK);
	CHECK_RC(count(&p, bb, 2, INT64_MAX, NULL), VF_POLICY_UNMET); /* one authority, one vote */
	/* not before both have stamped */
	CHECK_RC(count(&p, bc, 2, 9, NULL), VF_OK);
	CHECK_RC(count(&p, bc, 2, 8, NULL), VF_POLICY_UNMET);
	CHECK_RC(parse(POLICY(THREE, "{\"count\":1,\"operator\":false}"), &p), VF_OK);
	CHECK_RC(count(&p, a, 1, INT64_MAX, NULL), VF_POLICY_UNMET);
	CHECK_RC(count(&p, b, 1, INT64_MAX, NULL), VF_OK);
	CHECK_RC(parse(POLICY(THREE, "{\"count\":1,\"qualified\":true}"), &p), VF_OK);
	CHECK_RC(count(&p, bc, 2, INT64_MAX, NULL), VF_POLICY_UNMET);
}

/* What rests on a renewal is worth no more than who renewed it. */
static void test_renewals(void)
{
	struct vf_policy p;
	struct vf_vote by_a = {.authority = 1, .renewed_by = 1}, by_c = {.authority = 1, .renewed_by = 4}, by_ac = {.authority = 1, .renewed_by = 5};

	CHECK_RC(parse(POLICY(THREE, "{\"count\":1,\"operator\":false}"), &p), VF_OK);
	CHECK_RC(count(&p, &by_a, 1, INT64_MAX, NULL), VF_POLICY_UNMET);
	CHECK_RC(count(&p, &by_c, 1, INT64_MAX, NULL), VF_OK);
	CHECK_RC(count(&p, &by_ac, 1, INT64_MAX, NULL), VF_POLICY_UNMET);
	CHECK_RC(parse(POLICY(THREE, "{\"count\":1,\"of\":[\"b\"]}"), &p), VF_OK);
	CHECK_RC(count(&p, &by_c, 1, INT64_MAX, NULL), VF_POLICY_UNMET);
	CHECK_RC(parse(POLICY(THREE, "{\"count\":1}"), &p), VF_OK);
	CHECK_RC(count(&p, &by_ac, 1, INT64_MAX, NULL), VF_OK);
}

/* As many authorities as there may be, and one more. */
static void test_many(void)
{
	static char auths[16384], text[20000];
	struct vf_policy p;
	size_t n = 0;

	for (unsigned i = 0; i <= VF_MAX_AUTHORITIES; i++) {
		n += (size_t)snprintf(auths + n, sizeof(auths) - n, "%s{\"name\":\"a%u\",\"roots\":\"tsa/a%u.pem\",\"operator\":true,"
			"\"qualified\":false}", i ? "," : "", i, i);
		snprintf(text, sizeof(text), POLICY("%s", "{\"count\":1}"), auths);
		if (i + 2 > VF_MAX_AUTHORITIES)
			CHECK_RC(parse(text, &p), i < VF_MAX_AUTHORITIES ? VF_OK : VF_POLICY_SHAPE);
	}
}

int main(void)
{
	struct vf_policy p;
	struct vf_stream_pin pin;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (parse(rows[i].text, &p) != rows[i].want)
			CHECK_FAIL("row %zu", i);
	test_many();
	test_counting();
	test_renewals();
	CHECK_RC(vf_stream_pin_parse(vf_bytes_str("{\"schema\":\"trialnotary/stream-pin/1\",\"stream\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}"), &pin, NULL), VF_OK);
	CHECK(!pin.has_key);
	CHECK_RC(vf_stream_pin_parse(vf_bytes_str("{\"schema\":\"trialnotary/stream-pin/1\"}"), &pin, NULL), VF_POLICY_SHAPE);
	return check_done();
}
