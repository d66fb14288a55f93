/* Histories made by hand, one a line; then random ones against a slow model. */
#include "tests/consent_history.h"

#define BASE "F1=form adult participation,future,samples; A1=approval F1 2026-01-10; "
#define KIDS                                                                                                       \
	"F1=form parent participation,future; F2=form assent participation; A1=approval F1 2026-01-10; "           \
	"A2=approval F2 2026-01-10; "
#define C1 "C1=consent F1 2026-03-04T10:12:00+01:00 participation future samples-; "
#define F2 "F2=form adult participation,future supersedes:F1 all days:30; A2=approval F2 2026-06-01; "

static uint8_t room[1 << 20];

struct line {
	const char *history, *purpose, *who, *at;
	const char *want; /* state, the records that say so, then "!" and a remark for each finding ("?" after one that is not sure) */
};

static const struct line lines[] = {
	/* nothing said */
	{"", "participation", "", "2026-04-01T00:00:00Z", "UNKNOWN"},
	{BASE, "participation", "", "2026-04-01T00:00:00Z", "UNKNOWN"},
	{BASE C1, "genetics", "", "2026-04-01T00:00:00Z", "UNKNOWN"},
	{BASE "C1=consent F1 2026-03-04 participation of:Q", "participation", "", "2026-04-01T00:00:00Z", "UNKNOWN"},
	/* plain answers */
	{BASE C1, "participation", "", "2026-04-01T00:00:00Z", "GRANTED C1"},
	{BASE C1, "future", "", "2026-04-01T00:00:00Z", "GRANTED C1"},
	{BASE C1, "samples", "", "2026-04-01T00:00:00Z", "REFUSED C1"},
	{BASE "C1=consent F1 2026-03-04 participation role:representative", "participation", "", "2026-04-01T00:00:00Z", "GRANTED C1"},
	/* the beginning, to the second and with other offsets */
	{BASE C1, "participation", "", "2026-03-04T09:11:59Z", "UNKNOWN"},
	{BASE C1, "participation", "", "2026-03-04T09:12:00Z", "GRANTED C1"},
	{BASE C1, "participation", "", "2026-03-04T09:11:59.999Z", "UNKNOWN"},
	{BASE C1, "participation", "", "2026-03-04", "INCONCLUSIVE C1"},
	{BASE C1, "participation", "", "2026-03-03", "INCONCLUSIVE C1"},
	{BASE C1, "participation", "", "2026-03-06", "GRANTED C1"},
	/* days and months are what they are, and up to 14 hours longer beside an instant */
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-04T12:00:00Z", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-03T09:59:59Z", "UNKNOWN"},
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-03T10:00:00Z", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-05T13:59:59.999Z", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-05T13:59:59.998Z", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-04", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-05", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation", "participation", "", "2026-03-03", "UNKNOWN"},
	{BASE "C1=consent F1 2026-03 participation", "participation", "", "2026-03-31T00:00:00Z", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03 participation", "participation", "", "2026-04-02T00:00:00Z", "GRANTED C1"},
	{BASE "C1=consent F1 2026 participation", "participation", "", "2027-01-01", "GRANTED C1 !FORM_UNAPPROVED?"},
	{BASE "C1=consent F1 participation sealed:2026-03-05T00:00:00Z", "participation", "", "2026-03-05T00:00:00Z", "GRANTED C1 !FORM_UNAPPROVED?"},
	{BASE "C1=consent F1 participation sealed:2026-03-05T00:00:00Z", "participation", "", "2026-03-04T23:59:59Z", "INCONCLUSIVE C1 !FORM_UNAPPROVED?"},
	{BASE "C1=consent F1 participation", "participation", "", "2026-03-04T23:59:59Z", "INCONCLUSIVE C1 !FORM_UNAPPROVED?"},
	/* from and until */
	{BASE "C1=consent F1 2026-03-04 participation future@2026-07-01T00:00:00Z", "future", "", "2026-06-30T23:59:59Z", "NOT_YET C1"},
	{BASE "C1=consent F1 2026-03-04 participation future@2026-07-01T00:00:00Z", "future", "", "2026-07-01T00:00:00Z", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future@2026-07", "future", "", "2026-07-15", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03-04 participation future~2036-03-04T00:00:00Z", "future", "", "2036-03-04T00:00:00Z", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future~2036-03-04T00:00:00Z", "future", "", "2036-03-04T00:00:01Z", "EXPIRED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future~2036-03-04", "future", "", "2036-03-04", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03-04 participation future~2036-03-04", "future", "", "2036-03-05", "EXPIRED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future~2036-03-04", "participation", "", "2036-03-05", "GRANTED C1"},
	/* withdrawals: of all, of some, later than the time, near to it */
	{BASE C1 "W1=withdrawal C1 2026-05-01", "participation", "", "2026-06-01", "WITHDRAWN C1 W1"},
	{BASE C1 "W1=withdrawal C1 2026-05-01", "samples", "", "2026-06-01", "WITHDRAWN C1 W1"},
	{BASE C1 "W1=withdrawal C1 2026-05-01 future", "future", "", "2026-06-01", "WITHDRAWN C1 W1"},
	{BASE C1 "W1=withdrawal C1 2026-05-01 future", "participation", "", "2026-06-01", "GRANTED C1"},
	{BASE C1 "W1=withdrawal C1 2026-05-01", "participation", "", "2026-04-30", "GRANTED C1"},
	{BASE C1 "W1=withdrawal C1 2026-05-01", "participation", "", "2026-05-01", "INCONCLUSIVE C1 W1"},
	{BASE C1 "W1=withdrawal C1 2026-05", "participation", "", "2026-05-31T23:00:00Z", "INCONCLUSIVE C1 W1"},
	{BASE C1 "W1=withdrawal C1 sealed:2026-05-01T00:00:00Z", "participation", "", "2026-05-01T00:00:00Z", "WITHDRAWN C1 W1"},
	{BASE C1 "W1=withdrawal C1 sealed:2026-05-01T00:00:00Z", "participation", "", "2026-04-01T00:00:00Z", "INCONCLUSIVE C1 W1"},
	{BASE C1 "W1=withdrawal C1 2026-05-01 of:Q", "participation", "", "2026-06-01", "GRANTED C1"},
	{BASE C1 "W1=withdrawal C9 2026-05-01", "participation", "", "2026-06-01", "WITHDRAWN C1 W1"},
	{BASE C1 "W1=withdrawal C1 2026-05-01", "genetics", "", "2026-06-01", "WITHDRAWN W1"},
	/* later consent replaces earlier for each permission; order is the log's */
	{BASE C1 "W1=withdrawal C1 2026-05-01; C2=consent F1 2026-06-01 participation", "participation", "", "2026-07-01", "GRANTED C2"},
	{BASE C1 "W1=withdrawal C1 2026-05-01; C2=consent F1 2026-06-01 participation", "future", "", "2026-07-01", "WITHDRAWN C1 W1"},
	{BASE C1 "C2=consent F1 2026-06-01 participation future-", "future", "", "2026-07-01", "REFUSED C2"},
	{BASE C1 "C2=consent F1 2026-06-01 participation future-", "future", "", "2026-05-01", "GRANTED C1"},
	{BASE C1 "C2=consent F1 2026-06-01 participation", "future", "", "2026-07-01", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future~2026-12-31; C2=consent F1 2026-06-01 participation future~2026-07-31", "future", "", "2026-09-01", "EXPIRED C2"},
	{BASE C1 "W1=withdrawal C1 2026-05-01; C2=consent F1 2026-04-01 participation", "participation", "", "2026-07-01", "GRANTED C2 !DATE_ORDER"},
	{BASE C1 "C2=consent F1 2026-06 participation", "participation", "", "2026-06-15", "GRANTED C1 C2"},
	{BASE C1 "C2=consent F1 2026-06 participation-", "participation", "", "2026-06-15", "INCONCLUSIVE C1 C2"},
	/* the withdrawal of an older consent is the participant's word all the same */
	{BASE C1 "C2=consent F1 2026-06-01 participation; W1=withdrawal C1 2026-07-01", "participation", "", "2026-08-01", "WITHDRAWN C2 W1"},
	/* children */
	{KIDS "C1=consent F1 2026-03-04 participation future role:parent", "participation", "", "2026-04-01", "UNKNOWN C1"},
	{KIDS "C1=consent F1 2026-03-04 participation future role:parent; C2=consent F2 2026-03-05 participation role:assent", "participation", "", "2026-04-01", "GRANTED C1 C2"},
	{KIDS "C1=consent F1 2026-03-04 participation future role:parent; C2=consent F2 2026-03-05 participation role:assent", "future", "", "2026-04-01", "GRANTED C1 C2"},
	{KIDS "C1=consent F1 2026-03-04 participation future role:parent; C2=consent F2 2026-03-05 participation- role:assent", "future", "", "2026-04-01", "REFUSED C1 C2"},
	{KIDS "C1=consent F1 2026-03-04 participation role:parent; C2=consent F2 2026-03-05 participation role:assent; W1=withdrawal C2 2026-04-01", "participation", "", "2026-05-01", "WITHDRAWN C1 C2 W1"},
	{KIDS "C1=consent F1 2026-03-04 participation role:parent; C2=consent F2 2026-03-05 participation role:assent; W1=withdrawal C1 2026-04-01", "participation", "", "2026-05-01", "WITHDRAWN C1 W1"},
	{KIDS "C1=consent F1 2026-03-04 participation role:parent; C2=consent F2 2026-03-05 participation role:assent", "participation", "", "2026-03-05", "INCONCLUSIVE C1 C2"},
	{KIDS "C2=consent F2 2026-03-05 participation role:assent", "participation", "", "2026-04-01", "UNKNOWN"},
	{"F1=form parent participation; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation role:parent", "participation", "", "2026-04-01", "GRANTED C1"},
	{"P1=protocol; P2=protocol; F1=form parent participation uses:P1; F2=form assent participation uses:P2; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation role:parent", "participation", "", "2026-04-01", "GRANTED C1"},
	{"P1=protocol; P2=protocol supersedes:P1; F1=form parent participation uses:P1; F2=form assent participation uses:P2; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation role:parent", "participation", "", "2026-04-01", "UNKNOWN C1"},
	{"F1=form parent participation; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation role:parent; F2=form assent participation; A2=approval F2 2026-06", "participation", "", "2026-05-01", "GRANTED C1"},
	{"F1=form parent participation; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation role:parent; F2=form assent participation; A2=approval F2 2026-06", "participation", "", "2026-06-15", "INCONCLUSIVE C1"},
	/* grown up: the own consent stands alone */
	{KIDS "C1=consent F1 2026-03-04 participation role:parent; F3=form adult participation; A3=approval F3 2026-01-10; C3=consent F3 2027-03-04 participation", "participation", "", "2027-05-01", "GRANTED C3"},
	/* who gave it */
	{BASE "C1=consent F1 2026-03-04 participation role:parent", "participation", "", "2026-04-01", "UNKNOWN C1 !ROLE_UNFIT"},
	{BASE "C1=consent F1 2026-03-04 participation- role:parent", "participation", "", "2026-04-01", "REFUSED C1 !ROLE_UNFIT"},
	{KIDS "C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "UNKNOWN C1 !ROLE_UNFIT"},
	/* forms: beside the state */
	{"C1=consent F9 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1 !FORM_MISSING"},
	{"F1=form adult participation; C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1 !FORM_UNAPPROVED"},
	{"F1=form adult participation; A1=approval F1 2026-03-05; C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1 !FORM_UNAPPROVED"},
	{"F1=form adult participation; A1=approval F1 2026-03; C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1 !FORM_UNAPPROVED?"},
	{"F1=form adult participation; A1=approval F1 2026-01-01 rejected; C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1 !FORM_UNAPPROVED"},
	{BASE "A2=approval F1 2026-02-01 withdrawn; " C1, "participation", "", "2026-04-01", "GRANTED C1 !FORM_UNAPPROVED"},
	{BASE "A2=approval F1 2026-02-01 withdrawn committee:other; " C1, "participation", "", "2026-04-01", "GRANTED C1"},
	{BASE "A2=approval F1 2026-04-01 withdrawn; " C1, "participation", "", "2026-05-01", "GRANTED C1"},
	{"F1=form adult participation; A1=approval F1 2026-01-01 until:2026-02-01; C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1 !FORM_UNAPPROVED"},
	{"F1=form adult participation; A1=approval F1 sealed:2026-02-01T00:00:00Z; C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1"},
	{"F1=form adult participation; A1=approval F1 sealed:2026-03-09T00:00:00Z; C1=consent F1 2026-03-04 participation", "participation", "", "2026-04-01", "GRANTED C1 !FORM_UNAPPROVED?"},
	{BASE F2 "C1=consent F1 2026-07-01 participation", "participation", "", "2026-08-01", "GRANTED C1 !FORM_SUPERSEDED"},
	{BASE F2 "C1=consent F1 2026-05-31 participation", "participation", "", "2026-08-01", "GRANTED C1"},
	{BASE F2 "C1=consent F1 2026-06-01 participation", "participation", "", "2026-08-01", "GRANTED C1 !FORM_SUPERSEDED?"},
	{BASE "F2=form adult participation supersedes:F1; C1=consent F1 2026-07-01 participation", "participation", "", "2026-08-01", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation sealed:2026-03-01T00:00:00Z", "participation", "", "2026-04-01", "GRANTED C1 !POST_DATED"},
	/* by purpose */
	{BASE "C1=consent F1 2026-03-04 participation future/asthma", "asthma", "", "2026-04-01", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future/asthma samples-/asthma", "asthma", "", "2026-04-01", "INCONCLUSIVE C1"},
	{BASE "C1=consent F1 2026-03-04 participation future/asthma samples/asthma", "asthma", "", "2026-04-01", "GRANTED C1"},
	{"F1=form adult participation,future/asthma,renamed/asthma; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation future", "asthma", "", "2026-04-01", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future/samples samples-", "samples", "", "2026-04-01", "REFUSED C1"},
	/* somebody's access */
	{BASE "C1=consent F1 2026-03-04 participation future=bank", "future", "bank", "2026-04-01", "GRANTED C1"},
	{BASE "C1=consent F1 2026-03-04 participation future=bank", "future", "other", "2026-04-01", "UNKNOWN C1"},
	{BASE "C1=consent F1 2026-03-04 participation future=bank", "future", "", "2026-04-01", "GRANTED C1"},
	{BASE C1 "G1=grant lab review 2026-04-01 until:2026-04-30", "review", "lab", "2026-04-15", "GRANTED G1"},
	{BASE C1 "G1=grant lab review 2026-04-01 until:2026-04-30", "review", "other", "2026-04-15", "UNKNOWN"},
	{BASE C1 "G1=grant lab review 2026-04-01 until:2026-04-30", "review", "", "2026-04-15", "UNKNOWN"},
	{BASE C1 "G1=grant lab review 2026-04-01 until:2026-04-30", "review", "lab", "2026-05-01", "EXPIRED G1"},
	{BASE C1 "G1=grant lab review 2026-04-01 until:2026-04-30", "review", "lab", "2026-03-31", "NOT_YET G1"},
	{BASE C1 "G1=grant lab review 2026-04-01 until:2026-04-30", "review", "lab", "2026-04-30", "INCONCLUSIVE G1"},
	{BASE C1 "G1=grant lab review 2026-06-01; G2=grant lab review 2026-04-01 until:2026-04-30", "review", "lab", "2026-06-15", "GRANTED G1"},
	{BASE C1 "G1=grant lab samples 2026-04-01", "samples", "lab", "2026-06-15", "GRANTED G1"},
	{BASE "G1=grant lab samples 2026-04-01; " C1, "samples", "lab", "2026-06-15", "REFUSED C1"},
	{BASE C1 "G1=grant lab samples 2026-04-01 until:2026-05-01", "samples", "lab", "2026-06-15", "REFUSED C1"},
	{BASE C1 "G1=grant lab review 2026-04-01; W1=withdrawal C1 2026-05-01", "review", "lab", "2026-06-15", "WITHDRAWN W1"},
};

static void put(char *out, size_t cap, const struct history *h, const struct tr_consent_answer *a)
{
	size_t n = (size_t)snprintf(out, cap, "%s", tr_consent_state_name(a->state));

	for (size_t i = 0; i < a->n_said; i++)
		n += (size_t)snprintf(out + n, cap - n, " %s", history_name(h, &a->said[i]->id));
	for (size_t i = 0; i < a->n_findings; i++)
		n += (size_t)snprintf(out + n, cap - n, " !%s%s", tr_remark_name(a->findings[i].remark),
			a->findings[i].sure ? "" : "?");
}

static struct tr_consent_answer ask(const struct tr_consent_view *view, const char *purpose, const char *who)
{
	struct tr_consent_answer a = {0};
	struct vf_arena arena;

	vf_arena_init(&arena, room, TR_CONSENT_ROOM(view->own.n));
	CHECK_RC(tr_consent_state(view, vf_bytes_str(purpose), vf_bytes_str(who), &arena, &a, NULL), VF_OK);
	return a;
}

static void test_lines(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		static struct history h;
		struct tr_consent_view view;
		struct tr_consent_answer a;
		char got[512];

		history_make(&h, lines[i].history);
		view = history_view(&h, lines[i].at);
		a = ask(&view, lines[i].purpose, lines[i].who);
		put(got, sizeof(got), &h, &a);
		if (strcmp(got, lines[i].want) != 0)
			fprintf(stderr, "line %zu: %s | %s at %s\n  %s\n", i + 1, lines[i].history, lines[i].purpose,
				lines[i].at, a.reason);
		CHECK_STR(got, lines[i].want);
		CHECK(a.reason[0] != '\0' && vf_text_is_plain(vf_bytes_str(a.reason)));
	}
}

/* ---- consents to be given again ---- */

static const struct line gaps[] = {
	{BASE C1, "", "", "2026-07-01", ""},
	{BASE C1 F2, "", "", "2026-05-31", "NOT_DUE C1 F2"},
	{BASE C1 F2, "", "", "2026-06-01", "INCONCLUSIVE C1 F2"},
	{BASE C1 F2, "", "", "2026-06-02", "DUE C1 F2"},
	{BASE C1 F2, "", "", "2026-06-30", "DUE C1 F2"},
	{BASE C1 F2, "", "", "2026-07-01", "INCONCLUSIVE C1 F2"},
	{BASE C1 F2, "", "", "2026-07-02", "OVERDUE C1 F2"},
	{BASE C1 F2, "", "", "2026-07-02T13:59:59Z", "INCONCLUSIVE C1 F2"},
	{BASE C1 F2, "", "", "2026-07-02T14:00:00Z", "OVERDUE C1 F2"},
	{BASE C1 F2 "C2=consent F2 2026-06-10 participation", "", "", "2026-08-01", ""},
	{BASE C1 F2 "C2=consent F2 2026-06-10 participation", "", "", "2026-06-09", "DUE C1 F2"},
	{BASE C1 F2 "C2=consent F2 2026-06-10 participation", "", "", "2026-06-10", "INCONCLUSIVE C1 F2"},
	{BASE C1 F2 "W1=withdrawal C1 2026-06-15", "", "", "2026-08-01", ""},
	{BASE C1 F2 "W1=withdrawal C1 2026-06-15 future", "", "", "2026-08-01", "OVERDUE C1 F2"},
	{BASE C1 F2 "W1=withdrawal C1 2026-08", "", "", "2026-08-15", "INCONCLUSIVE C1 F2"},
	{BASE "C1=consent F1 2026-03-04 participation-; " F2, "", "", "2026-08-01", ""},
	{BASE C1 "F2=form adult participation supersedes:F1 days:30; A2=approval F2 2026-06-01", "", "", "2026-08-01", ""},
	{BASE C1 "F2=form adult participation supersedes:F1 all; A2=approval F2 2026-06-01", "", "", "2026-08-01", "DUE C1 F2"},
	{BASE C1 "F2=form adult participation supersedes:F1 all by:2026-07-15; A2=approval F2 2026-06-01", "", "", "2026-07-14", "DUE C1 F2"},
	{BASE C1 "F2=form adult participation supersedes:F1 all by:2026-07-15; A2=approval F2 2026-06-01", "", "", "2026-07-16", "OVERDUE C1 F2"},
	{BASE C1 "F2=form adult participation supersedes:F1 all by:2026-07-15 days:7; A2=approval F2 2026-06-01", "", "", "2026-06-09", "OVERDUE C1 F2"},
	{BASE C1 "F2=form adult participation supersedes:F1 all days:30", "", "", "2026-08-01", "NOT_DUE C1 F2"},
	{BASE C1 "F2=form adult participation supersedes:F1 all days:30; A2=approval F2 2026-06-01 rejected", "", "", "2026-08-01", "NOT_DUE C1 F2"},
	{BASE C1 F2 "F3=form adult participation supersedes:F2; A3=approval F3 2026-07-01", "", "", "2026-06-15", "DUE C1 F2"},
	{BASE C1 F2 "F3=form adult participation supersedes:F2; A3=approval F3 2026-07-01; C2=consent F3 2026-07-02 participation", "", "", "2026-08-15", ""},
	{BASE C1 "F2=form adult participation supersedes:F1; A2=approval F2 2026-06-01; F3=form adult participation supersedes:F2 all days:10; A3=approval F3 2026-07-01", "", "", "2026-08-15", "OVERDUE C1 F3"},
	{BASE C1 F2 "A4=approval F2 2026-08-01 committee:south", "", "", "2026-08-15", "INCONCLUSIVE C1 F2"},
	{BASE C1 F2 "A4=approval F2 2026-08-01", "", "", "2026-08-15", "OVERDUE C1 F2"},
	{KIDS "C1=consent F1 2026-03-04 participation role:parent; C2=consent F2 2026-03-04 participation role:assent; F3=form assent participation supersedes:F2 all days:10; A3=approval F3 2026-07-01", "", "", "2026-08-15", "OVERDUE C2 F3"},
	{KIDS "C1=consent F1 2026-03-04 participation role:parent; C2=consent F2 2026-03-04 participation role:assent; W2=withdrawal C2 2026-04-01; F3=form parent participation supersedes:F1 all days:10; A3=approval F3 2026-07-01", "", "", "2026-08-15", ""},
	{KIDS "C1=consent F1 2026-03-04 participation role:parent; C2=consent F2 2026-03-04 participation role:assent; F3=form assent participation supersedes:F2 all; F4=form parent participation supersedes:F1 all days:3; A3=approval F3 2026-07-01; A4=approval F4 2026-07-01", "", "", "2026-08-15", "OVERDUE C1 F4 DUE C2 F3"},
};

static void test_gaps(void)
{
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		static struct history h;
		struct tr_consent_view view;
		struct tr_gap got[TR_MAX_GAPS];
		struct vf_arena arena;
		size_t n = 0, len = 0;
		char text[512] = "";

		history_make(&h, gaps[i].history);
		view = history_view(&h, gaps[i].at);
		vf_arena_init(&arena, room, sizeof(room));
		CHECK_RC(tr_consent_gaps(&view, &arena, got, &n, NULL), VF_OK);
		for (size_t k = 0; k < n; k++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s %s", k ? " " : "",
				tr_gap_state_name(got[k].state), history_name(&h, &got[k].consent->id),
				history_name(&h, &got[k].form->id));
		if (strcmp(text, gaps[i].want) != 0)
			fprintf(stderr, "gap %zu: %s at %s\n", i + 1, gaps[i].history, gaps[i].at);
		CHECK_STR(text, gaps[i].want);
	}
}

/* ---- random histories and a slow model ---- */

static uint64_t seed = 20260304;

static unsigned roll(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

/*
 * The model: every time that the records may mean is tried. Consents and withdrawals of one grown-up participant on two
 * permissions, each at an hour or some hour of a span; in each world every record counts from one exact hour.
 */
#define MODEL_FACTS 5
static const char *const permission_names[] = {"participation", "future"};

static enum tr_consent_state world(const struct tr_consent_fact *f, size_t n, const int64_t *hours, int64_t at, const char *name,
	const int64_t *from, const int64_t *until)
{
	enum tr_consent_state state = TR_UNKNOWN;

	for (size_t i = 0; i < n; i++) {
		if (hours[i] > at)
			continue;
		if (f[i].kind == TR_FACT_WITHDRAWAL && f[i].n_permissions == 0)
			state = TR_WITHDRAWN;
		for (size_t k = 0; k < f[i].n_permissions; k++) {
			const struct tr_consent_permission *p = &f[i].permissions[k];

			if (!vf_bytes_is(p->name, name))
				continue;
			state = f[i].kind == TR_FACT_WITHDRAWAL ? TR_WITHDRAWN
				: !p->granted                  ? TR_REFUSED
				: until[i] < at                ? TR_EXPIRED
				: from[i] > at                 ? TR_NOT_YET
							       : TR_GRANTED;
		}
	}
	return state;
}

/* 0 to 5 hours from now on, as an instant or as a span of three. */
static struct tr_when some_span(void)
{
	int64_t lo = roll(6);

	return (struct tr_when){lo, lo + (roll(3) == 0 ? 2 : 0), false};
}

struct model {
	struct tr_consent_fact f[MODEL_FACTS];
	struct tr_consent_permission p[MODEL_FACTS][2];
	size_t n;
	unsigned seen; /* states, a bit each */
};

static void model_make(struct model *m)
{
	memset(m, 0, sizeof(*m));
	m->n = 1 + roll(MODEL_FACTS);
	for (size_t i = 0; i < m->n; i++) {
		struct tr_consent_fact *f = &m->f[i];
		struct tr_when from = roll(4) ? tr_when_none() : some_span(), until = roll(4) ? tr_when_none() : some_span();

		f->id.b[0] = (uint8_t)(i + 1);
		f->sealed = VF_TIME_NONE;
		f->kind = roll(3) ? TR_FACT_CONSENT : TR_FACT_WITHDRAWAL;
		f->voice = TR_ADULT;
		f->participant = history_id("P");
		f->when = some_span();
		f->permissions = m->p[i];
		for (unsigned k = 0; k < 2; k++)
			if (roll(3))
				m->p[i][f->n_permissions++] = (struct tr_consent_permission){
					.name = vf_bytes_str(permission_names[k]), .granted = roll(4) != 0, .from = from, .until = until};
		if (f->kind == TR_FACT_WITHDRAWAL && m->n > 1)
			f->about.b[0] = (uint8_t)(1 + roll((unsigned)m->n));
	}
}

/* Every choice of hours: which, when, from, until of fact i on. */
static void model_try(struct model *m, size_t i, int64_t *when, int64_t *from, int64_t *until, int64_t at, const char *name)
{
	struct tr_when f = tr_when_none(), u = tr_when_none();

	if (i == m->n) {
		m->seen |= 1U << world(m->f, m->n, when, at, name, from, until);
		return;
	}
	if (m->f[i].n_permissions > 0) {
		f = m->p[i][0].from;
		u = m->p[i][0].until;
	}
	if (!tr_when_is(&f))
		f = (struct tr_when){-1, -1, false};
	if (!tr_when_is(&u))
		u = (struct tr_when){99, 99, false};
	for (when[i] = m->f[i].when.lo; when[i] <= m->f[i].when.hi; when[i]++)
		for (from[i] = f.lo; from[i] <= f.hi; from[i]++)
			for (until[i] = u.lo; until[i] <= u.hi; until[i]++)
				model_try(m, i + 1, when, from, until, at, name);
}

static void test_model(void)
{
	unsigned inconclusive = 0, decided = 0;

	for (unsigned round = 0; round < 20000; round++) {
		struct model m;
		int64_t when[MODEL_FACTS], from[MODEL_FACTS], until[MODEL_FACTS], at = roll(8);
		const char *name = permission_names[roll(2)];
		struct tr_consent_view view = {{NULL, 0}, {m.f, 0}, history_id("P"), tr_when_at(at)};
		struct tr_consent_answer a;

		model_make(&m);
		view.own.n = m.n;
		model_try(&m, 0, when, from, until, at, name);
		a = ask(&view, name, "");
		if (a.state != TR_INCONCLUSIVE) {
			/* what it says holds in every world */
			decided++;
			CHECK_INT(m.seen, 1U << a.state);
			continue;
		}
		/* and it is not undecided where all worlds agree, but for an end that lies before its beginning */
		inconclusive++;
		if ((m.seen & (m.seen - 1)) == 0)
			CHECK_INT(m.seen & ~(1U << TR_EXPIRED | 1U << TR_NOT_YET), 0);
	}
	CHECK(inconclusive > 1000 && decided > 5000);
}

/* More exact times never change an answer that was given. */
static void test_more_exact(void)
{
	for (unsigned round = 0; round < 5000; round++) {
		struct model m;
		int64_t at = roll(8);
		struct tr_consent_view view = {{NULL, 0}, {m.f, 0}, history_id("P"), tr_when_at(at)};
		struct tr_consent_answer before, after;

		model_make(&m);
		view.own.n = m.n;
		before = ask(&view, "future", "");
		for (size_t i = 0; i < m.n; i++)
			m.f[i].when.lo = m.f[i].when.hi = m.f[i].when.lo + roll((unsigned)(m.f[i].when.hi - m.f[i].when.lo) + 1);
		after = ask(&view, "future", "");
		if (before.state != TR_INCONCLUSIVE)
			CHECK_INT(after.state, before.state);
	}
}

static void test_memory(void)
{
	static struct history h;
	struct tr_consent_answer a = {0};
	struct tr_gap g[TR_MAX_GAPS];
	struct tr_consent_view view;
	struct vf_arena arena;
	size_t n = 99, room_needed;

	history_make(&h, BASE C1 F2 "W1=withdrawal C1 2026-05-01");
	view = history_view(&h, "2026-06-01");
	vf_arena_init(&arena, room, sizeof(room));
	CHECK_RC(tr_consent_state(&view, vf_bytes_str("future"), vf_bytes(NULL, 0), &arena, &a, NULL), VF_OK);
	room_needed = arena.used;
	CHECK(room_needed <= TR_CONSENT_ROOM(view.own.n));
	memset(&a, 0xee, sizeof(a));
	for (size_t i = 0; i < room_needed; i++) {
		vf_arena_init(&arena, room, i);
		CHECK_RC(tr_consent_state(&view, vf_bytes_str("future"), vf_bytes(NULL, 0), &arena, &a, NULL), VF_NO_MEMORY);
	}
	CHECK_INT(a.n_said, SIZE_MAX / 255 * 0xee);
	history_make(&h, BASE C1 F2);
	view = history_view(&h, "2026-08-01");
	vf_arena_init(&arena, room, 1);
	CHECK_RC(tr_consent_gaps(&view, &arena, g, &n, NULL), VF_NO_MEMORY);
	CHECK_INT(n, 99);
}

int main(void)
{
	test_lines();
	test_gaps();
	test_model();
	test_more_exact();
	test_memory();
	return check_done();
}
