/* Rules and authorities as they are typed, and policy.json as it is written. */
#include "verify/trust_policy.h"

#include "tests/check.h"
#include "verify/text.h"

#define AUTH(name, op, qualified)                                                                                      \
	"{\"name\":\"" name "\",\"roots\":\"tsa/" name ".pem\",\"operator\":" op ",\"qualified\":" qualified "}"
static const char four[] = "{\"schema\":\"trialnotary/policy/1\",\"name\":\"p\",\"authorities\":[" AUTH(
	"own", "true", "false") "," AUTH("alpha", "false", "true") "," AUTH("beta", "false", "false") "," AUTH("gamma",
	"false", "false") "],\"time\":[{\"count\":1}],\"revocation\":\"required\",\"expired\":\"refuse\",\"submitter\":"
			  "\"optional\"}";

static uint8_t block[1 << 18], other[1 << 18];

struct text {
	char p[8192];
	size_t n;
};

static bool put(void *ctx, struct vf_bytes piece)
{
	struct text *t = ctx;

	if (piece.n >= sizeof(t->p) - t->n)
		return false;
	memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	t->p[t->n] = '\0';
	return true;
}

static void parse(const char *text, uint8_t *memory, struct vf_policy *p)
{
	struct vf_err err = {0};
	struct vf_arena a;

	vf_arena_init(&a, memory, sizeof(block));
	if (vf_policy_parse(vf_bytes_str(text), &a, p, &err) != VF_OK)
		CHECK_FAIL("%s: %s", err.text, text);
}

/* What is read, as policy.json would have it; and what is wrong, word for word. */
static const struct {
	const char *text, *want;
} rules[] = {
	{"2 of alpha,beta,gamma", "{\"count\":2,\"of\":[\"alpha\",\"beta\",\"gamma\"]}"},
	{"2 of gamma alpha", "{\"count\":2,\"of\":[\"alpha\",\"gamma\"]}"},
	{" 2  of alpha ,  beta ", "{\"count\":2,\"of\":[\"alpha\",\"beta\"]}"},
	{"1 qualified", "{\"count\":1,\"qualified\":true}"},
	{"1 not qualified", "{\"count\":1,\"qualified\":false}"},
	{"1 not operator", "{\"count\":1,\"operator\":false}"},
	{"1 operator", "{\"count\":1,\"operator\":true}"},
	{"4", "{\"count\":4}"},
	{"1 qualified not operator", "{\"count\":1,\"operator\":false,\"qualified\":true}"},
	{"1 of alpha,beta qualified", "{\"count\":1,\"of\":[\"alpha\",\"beta\"],\"qualified\":true}"},
	{"1 not operator of beta", "{\"count\":1,\"of\":[\"beta\"],\"operator\":false}"},
	{"", "'' is no rule like '2 of alpha,beta' or '1 not operator': it begins with a number"},
	{"of alpha", "'of alpha' is no rule like '2 of alpha,beta' or '1 not operator': it begins with a number"},
	{"0 of alpha", "'0 of alpha' is no rule like '2 of alpha,beta' or '1 not operator': it begins with a number"},
	{"02 of alpha", "'02 of alpha' is no rule like '2 of alpha,beta' or '1 not operator': it begins with a number"},
	{"33", "'33' is no rule like '2 of alpha,beta' or '1 not operator': it begins with a number"},
	{"1 alpha",
		"the rule '1 alpha' can't be read at 'alpha': 'not', 'qualified', 'operator', 'of' and pinned "
		"authorities, each once"},
	{"1 of delta",
		"the rule '1 of delta' can't be read at 'delta': 'not', 'qualified', 'operator', 'of' and pinned "
		"authorities, each once"},
	{"1 of alpha,alpha",
		"the rule '1 of alpha,alpha' can't be read at 'alpha': 'not', 'qualified', 'operator', 'of' and pinned "
		"authorities, each once"},
	{"1 of alpha qualified beta",
		"the rule '1 of alpha qualified beta' can't be read at 'beta': 'not', 'qualified', 'operator', 'of' "
		"and pinned authorities, each once"},
	{"1 not not operator",
		"the rule '1 not not operator' can't be read at 'not': 'not', 'qualified', 'operator', 'of' and pinned "
		"authorities, each once"},
	{"1 operator not operator",
		"the rule '1 operator not operator' can't be read at 'operator': 'not', 'qualified', 'operator', 'of' "
		"and pinned authorities, each once"},
	{"1 not of alpha",
		"the rule '1 not of alpha' can't be read at 'of': 'not', 'qualified', 'operator', 'of' and pinned "
		"authorities, each once"},
	{"1 of alpha not beta",
		"the rule '1 of alpha not beta' can't be read at 'beta': 'not', 'qualified', 'operator', 'of' and "
		"pinned authorities, each once"},
	{"1 not", "the rule '1 not' is not complete"},
	{"1 of", "the rule '1 of' is not complete"},
	{"1 of qualified", "the rule '1 of qualified' is not complete"},
	{"5", "the rule '5' could never be met: 4 pinned authorities fit it"},
	{"2 qualified", "the rule '2 qualified' could never be met: 1 pinned authorities fit it"},
	{"1 of own not operator", "the rule '1 of own not operator' could never be met: 0 pinned authorities fit it"},
	{"1 \x1b[31m",
		"the rule '1 \\x1b[31m' can't be read at '\\x1b[31m': 'not', 'qualified', 'operator', 'of' and pinned "
		"authorities, each once"},
};

static void test_rules(void)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct vf_policy p;
		struct vf_err err = {0};
		struct text t = {.n = 0};
		struct vf_sink s = {.put = put, .ctx = &t};
		char want[400];

		parse(four, block, &p);
		check_count++;
		if (vf_rule_read(rules[i].text, &p, &p.rules[0], &err) != VF_OK) {
			if (err.rc != VF_USAGE || strcmp(err.text, rules[i].want) != 0)
				CHECK_FAIL("'%s': %s", rules[i].text, err.text);
			continue;
		}
		vf_policy_put(&s, &p);
		snprintf(want, sizeof(want), "\"time\":[%s],", rules[i].want);
		if (!strstr(t.p, want))
			CHECK_FAIL("'%s': %s", rules[i].text, t.p);
	}
}

/* All fields, and a name with every character that JSON gives a meaning. */
static void test_round_trip(void)
{
	static const char text[] =
		"{\"schema\":\"trialnotary/policy/1\",\"name\":\"a \\\"b\\\\c\\\" \xc3\xa9\",\n"
		" \"authorities\":[{\"name\":\"own\",\"roots\":\"tsa/"
		"own.pem\",\"operator\":true,\"qualified\":false,\"max_accuracy_ms\":0},\n"
		"  {\"name\":\"alpha\",\"roots\":\"tsa/some "
		"other.pem\",\"operator\":false,\"qualified\":true,\"max_accuracy_ms\":9223372036854775807,"
		"\"policies\":[\"1.2.3\",\"0.4.0.2023.1.1\"],\"from\":\"2026-01-01T00:00:00Z\",\"to\":\"2027-12-31T23:"
		"59:59.999Z\"}],\n"
		" \"time\":[{\"count\":1},\n  {\"count\":2,\"of\":[\"own\",\"alpha\"]},\n  "
		"{\"count\":1,\"operator\":true,\"qualified\":false}],\n"
		" \"revocation\":\"if-present\",\"expired\":\"accept\",\"submitter\":\"required\"}\n";
	struct vf_policy p, q;
	struct text t = {.n = 0};
	struct vf_sink s = {.put = put, .ctx = &t};

	parse(text, block, &p);
	vf_policy_put(&s, &p);
	CHECK_STR(t.p, text);
	parse(t.p, other, &q);
	CHECK(vf_bytes_eq(p.name, q.name));
	CHECK(!p.rules[0].has_of && p.rules[1].has_of && p.rules[0].of[1]);
}

static enum vf_rc read_authority(const char *name, const char *accuracy, const char *from, const char *to,
	struct vf_authority *ret, struct vf_err *err)
{
	struct vf_options o = {.operator_ = true};

	o.add[VF_ADD_AUTHORITY] = name;
	o.add[VF_ADD_ACCURACY] = accuracy;
	o.add[VF_ADD_FROM] = from;
	o.add[VF_ADD_TO] = to;
	return vf_authority_read(&o, ret, err);
}

static void test_authorities(void)
{
	static const struct {
		const char *name, *accuracy, *from, *to, *want;
	} wrong[] = {
		{"Alpha", NULL, NULL, NULL,
			"'Alpha' is no name of an authority: lower-case letters, digits and '-', at most 32"},
		{"../alpha", NULL, NULL, NULL,
			"'../alpha' is no name of an authority: lower-case letters, digits and '-', at most 32"},
		{"a23456789012345678901234567890123", NULL, NULL, NULL,
			"'a23456789012345678901234567890123' is no name of an authority: lower-case letters, digits "
			"and '-', at most 32"},
		{"alpha", "1 s", NULL, NULL, "--max-accuracy-ms is a number of milliseconds"},
		{"alpha", "-1", NULL, NULL, "--max-accuracy-ms is a number of milliseconds"},
		{"alpha", NULL, "2026-02-30", NULL,
			"'2026-02-30' is no day like 2026-03-02 and no time like 2026-03-02T14:07:31Z"},
		{"alpha", NULL, NULL, "2026-03-02T14:07:31",
			"'2026-03-02T14:07:31' is no day like 2026-03-02 and no time like 2026-03-02T14:07:31Z"},
		{"alpha", NULL, "2026-03-02T", NULL,
			"'2026-03-02T' is no day like 2026-03-02 and no time like 2026-03-02T14:07:31Z"},
		{"alpha", NULL, "2026-03-03", "2026-03-02", "--from is later than --to"},
	};
	struct vf_authority a;
	struct vf_err err = {0};
	int64_t t;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_RC(read_authority(wrong[i].name, wrong[i].accuracy, wrong[i].from, wrong[i].to, &a, &err),
			VF_USAGE);
		CHECK_STR(err.text, wrong[i].want);
	}
	CHECK_RC(read_authority("alpha-2", "1000", "2026-03-02", "2026-03-02", &a, &err), VF_OK);
	CHECK(a.operator_ && !a.qualified && a.has_max_accuracy && a.max_accuracy_ms == 1000);
	CHECK(vf_time_read(vf_bytes_str("2026-03-02T00:00:00Z"), &t) && a.from == t);
	CHECK(vf_time_read(vf_bytes_str("2026-03-02T23:59:59.999Z"), &t) && a.to == t);
	CHECK_RC(read_authority("alpha", NULL, "2026-03-02T14:07:31Z", "2026-03-02T14:07:31Z", &a, &err), VF_OK);
	CHECK(!a.has_max_accuracy && a.from == a.to);
	CHECK_RC(read_authority("alpha", NULL, NULL, NULL, &a, &err), VF_OK);
	CHECK(a.from == VF_TIME_NONE && a.to == VF_TIME_NONE);
}

int main(void)
{
	test_rules();
	test_round_trip();
	test_authorities();
	return check_done();
}
