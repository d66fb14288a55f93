/* Which records a link may lead to, and of which a refusal tells: over all kinds, studies and rights. */
#include "notary/sight.h"
#include "tests/check.h"

/* A credential for study SB and, when kind is not empty, for one kind. */
struct scope {
	unsigned rights;
	const char *kind;
};

static bool may(void *ctx, enum nt_right right, struct vf_bytes study, struct vf_bytes kind)
{
	const struct scope *s = ctx;

	return (s->rights & NT_RIGHT_BIT(right)) && vf_bytes_is(study, "SB") && (!s->kind[0] || vf_bytes_is(kind, s->kind));
}

static struct nt_record record(const char *study, const char *kind, const char *submitter)
{
	return (struct nt_record){.state = NT_SEALED,
		.study = vf_bytes_str(study),
		.kind = vf_bytes_str(kind),
		.submitter = vf_bytes_str(submitter)};
}

static bool reaches(const struct scope *s, const char *from, enum tr_link_type type, const struct nt_record *to)
{
	struct scope copy = *s;
	const struct nt_sight x = {.ctx = &copy, .may = may};
	const struct nt_sight_from f = {vf_bytes_str("beta"), vf_bytes_str("SB"), vf_bytes_str(from)};

	return nt_sight_reaches(&x, &f, type, to);
}

static bool tells(const struct scope *s, const struct nt_record *to)
{
	struct scope copy = *s;
	const struct nt_sight x = {.ctx = &copy, .may = may};
	const struct nt_sight_from f = {vf_bytes_str("beta"), vf_bytes_str("SB"), vf_bytes_str("other")};

	return nt_sight_tells(&x, &f, to);
}

/* No link of any kind leads into another study, and inside its own a token for all kinds reaches all. */
static void test_studies(void)
{
	const struct scope all = {NT_RIGHT_BIT(NT_RIGHT_SUBMIT) | NT_RIGHT_BIT(NT_RIGHT_READ), ""};

	for (unsigned from = TR_KIND_NONE + 1; from < TR_KIND_COUNT; from++)
		for (unsigned type = TR_LINK_NONE + 1; type < TR_LINK_COUNT; type++)
			for (unsigned to = TR_KIND_NONE + 1; to < TR_KIND_COUNT; to++) {
				const char *name = tr_kind_name((enum tr_kind)from);
				struct nt_record there = record("SA", tr_kind_name((enum tr_kind)to), "beta");
				struct nt_record here = record("SB", tr_kind_name((enum tr_kind)to), "acme");

				CHECK(!reaches(&all, name, (enum tr_link_type)type, &there));
				CHECK(reaches(&all, name, (enum tr_link_type)type, &here));
				CHECK(!tells(&all, &there));
				CHECK(tells(&all, &here));
			}
}

/* With one kind: records of that kind, and what a record of it is about, as far as that makes sense. */
static void test_kinds(void)
{
	static const struct {
		const char *from;
		enum tr_link_type type;
		const char *to;
		bool reaches;
	} cases[] = {
		{"consent", TR_USES, "consent-form", true},
		{"re-consent", TR_USES, "consent-form", true},
		{"consent", TR_USES, "protocol", false},
		{"consent", TR_USES, "ethics-approval", false},
		{"consent", TR_SUPERSEDES, "consent", true},
		{"re-consent", TR_SUPERSEDES, "consent", false},
		{"withdrawal", TR_WITHDRAWS, "consent", true},
		{"withdrawal", TR_WITHDRAWS, "access-grant", true},
		{"withdrawal", TR_WITHDRAWS, "protocol", false},
		{"withdrawal", TR_USES, "consent-form", false},
		{"ethics-approval", TR_APPROVES, "protocol", true},
		{"ethics-approval", TR_APPROVES, "dataset", false},
		{"ethics-approval", TR_COUNTERSIGNS, "protocol", false},
		{"access-grant", TR_GRANTS, "consent", true},
		{"access-event", TR_ACCESSES, "access-grant", true},
		{"database-lock", TR_LOCKS, "dataset", true},
		{"results", TR_REPORTS, "protocol", false},
		{"results", TR_DERIVES_FROM, "dataset", false},
		{"other", TR_COUNTERSIGNS, "consent", false},
		{"product-custody", TR_TRANSFERS, "dataset", false},
		{"dose-log", TR_USES, "schema", true},
		{"dose-log", TR_USES, "protocol", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct scope one = {NT_RIGHT_BIT(NT_RIGHT_SUBMIT) | NT_RIGHT_BIT(NT_RIGHT_READ), cases[i].from};
		struct nt_record here = record("SB", cases[i].to, "acme"), there = record("SA", cases[i].to, "acme");

		if (reaches(&one, cases[i].from, cases[i].type, &here) != cases[i].reaches)
			printf("%s %s %s\n", cases[i].from, tr_link_name(cases[i].type), cases[i].to);
		CHECK(reaches(&one, cases[i].from, cases[i].type, &here) == cases[i].reaches);
		CHECK(!reaches(&one, cases[i].from, cases[i].type, &there));
		here.state = NT_ERASED;
		here.kind = vf_bytes(NULL, 0); /* as an erasure leaves it */
		CHECK(!reaches(&one, cases[i].from, cases[i].type, &here));
	}
}

static void test_tells(void)
{
	const struct scope feed = {NT_RIGHT_BIT(NT_RIGHT_SUBMIT), ""};
	const struct scope reader = {NT_RIGHT_BIT(NT_RIGHT_READ), "dataset"};
	struct nt_record own = record("SB", "protocol", "beta"), other = record("SB", "protocol", "acme");
	struct nt_record data = record("SB", "dataset", "acme"), away = record("SA", "protocol", "beta");

	CHECK(tells(&feed, &own));
	CHECK(!tells(&feed, &other));
	CHECK(!tells(&feed, &away)); /* the party's own, in a study that is not this token's */
	CHECK(tells(&reader, &data));
	CHECK(!tells(&reader, &other));
}

int main(void)
{
	test_studies();
	test_kinds();
	test_tells();
	return check_done();
}
