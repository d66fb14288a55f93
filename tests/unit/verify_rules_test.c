/*
 * What a verdict says about each rule of the policy: bundles with tokens of several
 * authorities, judged under policies that they meet and do not meet.
 */
#include "tests/attack/attack.h"
#include "verify/report_html.h"

static struct authority gamma_;
static EVP_PKEY *gamma_keys[2];

/* What the current case asks for. */
static const struct rules_case {
	const char *name;
	const char *rules;
	const char *by;   /* one letter a token: alpha, beta, gamma, operator, stranger */
	const char *more; /* of alpha */
	const char *want; /* of each rule, see tell() */
	enum vf_verdict verdict;
	enum vf_rc code; /* the first reason */
	bundle_hook *hook;
	const char *unmet;   /* the sentence of POLICY_UNMET */
	const char *existed; /* NULL: not asked */
	const char *at;
	const char *gamma;    /* more of gamma */
	const char *shows[3]; /* what its forms must hold; NULL: not asked */
} * now;

static const struct authority *authority_by(char letter)
{
	switch (letter) {
	case 'a':
		return &alpha;
	case 'b':
		return &beta;
	case 'g':
		return &gamma_;
	case 'o':
		return &operator_;
	default:
		return &stranger;
	}
}

/* The i-th token is i minutes later than noon. */
static void make_case(struct bundle *x, enum stage stage)
{
	if (stage == BEGIN) {
		x->n_ev = strlen(now->by);
		for (size_t i = 0; i < x->n_ev; i++) {
			x->ev[i].by = authority_by(now->by[i]);
			x->ev[i].gen_time = make_string("2025030112%02zu00Z", i);
		}
	}
	if (now->hook)
		now->hook(x, stage);
}

#define AUTHORITY(name, file, op, qualified, more)                                                                     \
	"{\"name\":\"" name "\",\"roots\":\"tsa/" file ".pem\",\"operator\":" op ",\"qualified\":" qualified more "}"

static struct vf_session *open_session(void)
{
	struct vf_trust_file files[] = {
		{"policy.json",
			make_text("{\"schema\":\"trialnotary/policy/1\",\"name\":\"test\",\"authorities\":[" AUTHORITY(
					  "alpha", "alpha", "false", "true", "%s") "," AUTHORITY("beta", "beta",
					  "false", "false", "") "," AUTHORITY("gamma", "gamma", "false", "false",
					  "%s") "," AUTHORITY("own", "own", "true", "false",
					  "") "," AUTHORITY("alpha-two", "alpha", "false", "true",
					  ",\"policies\":[\"1.2.3.4.1\"]") "],\"time\":[%s],\"revocation\":"
									   "\"required\",\"expired\":\"refuse\","
									   "\"submitter\":\"optional\"}",
				now->more ? now->more : "", now->gamma ? now->gamma : "", now->rules)},
		{"tlog-policy", make_text("log %s\nquorum none\n", vkey(&log_key, VF_KEY_ED25519))},
		{"tsa/alpha.pem", make_pem(alpha.root_der)},
		{"tsa/beta.pem", make_pem(beta.root_der)},
		{"tsa/gamma.pem", make_pem(gamma_.root_der)},
		{"tsa/own.pem", make_pem(operator_.root_der)},
	};
	struct vf_session_options o = {
		.files = files, .n_files = sizeof(files) / sizeof(files[0]), .at = make_time(now->at ? now->at : AT)};
	struct vf_session *s = NULL;
	struct vf_err err = {0};

	if (vf_session_new(&o, session_memory, VF_SESSION_MEMORY, &s, &err) != VF_OK) {
		fprintf(stderr, "%s: %s\n", now->name, err.text);
		exit(1);
	}
	return s;
}

static void add(char *out, size_t n, const char *fmt, ...) VF_PRINTF(3, 4);
static void add(char *out, size_t n, const char *fmt, ...)
{
	size_t at = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + at, n - at, fmt, ap);
	va_end(ap);
}

/* "met alpha beta -gamma own:NOT_LISTED; ...": what counts, what is missing, what is there and does not count. */
static void tell(char *out, size_t n)
{
	const struct vf_report *r = &report;

	out[0] = '\0';
	for (size_t i = 0; r->policy && i < r->policy->n_rules; i++) {
		struct vf_uncounted u;
		size_t at = 0;

		add(out, n, "%s%s", i ? "; " : "", r->rules[i].met ? "met" : "unmet");
		for (size_t k = 0; k < r->policy->n_authorities; k++)
			if (r->rules[i].times[k] != VF_TIME_NONE)
				add(out, n, " %s", r->policy->authorities[k].name);
		for (size_t k = 0; k < r->policy->n_authorities; k++)
			if (vf_report_is_missing(r, i, k))
				add(out, n, " -%s", r->policy->authorities[k].name);
		while (vf_report_uncounted(r, i, &at, &u))
			add(out, n, " %s:%s", u.stamp->authority ? u.stamp->authority : "?", u.code);
	}
}

static struct vf_outcome outcome;

static bool put_into(void *ctx, struct vf_bytes piece)
{
	struct nt_buf *out = ctx;

	nt_buf_put(out, piece);
	return true;
}

enum look { SCREEN, JSON, PAGE };

/* The result in one of its forms, as a string. */
static void show(struct nt_buf *out, enum look look)
{
	struct vf_run all = {.at_ms = make_time(AT), .version = "9.9.9", .outcomes = &outcome, .n_outcomes = 1};
	struct vf_sink sink = {.put = put_into, .ctx = out};
	struct vf_look plain = {.unicode = false};

	outcome.decided = true;
	outcome.report = report;
	if (look == SCREEN)
		vf_report_text(&sink, &all, &plain);
	else if (look == JSON)
		vf_report_json(&sink, &all);
	else
		vf_report_html(&sink, &all);
	nt_buf_put_u8(out, 0);
}

/* The screen says of all rules together what the tally says; all forms hold what the case asks for. */
static void check_forms(const struct rules_case *c, bool unmet)
{
	for (enum look look = SCREEN; look <= PAGE; look++) {
		struct nt_buf out = nt_buf(1 << 20);
		const char *text;

		show(&out, look);
		text = (const char *)out.p;
		if (look == SCREEN && (strstr(text, "NOT MET") != NULL) != unmet)
			CHECK_FAIL("%s: the screen says otherwise:\n%s", c->name, text);
		if (c->shows[look] && !strstr(text, c->shows[look]))
			CHECK_FAIL("%s: form %d lacks:\n%s\n%s", c->name, (int)look, c->shows[look], text);
		nt_buf_done(&out);
	}
}

static void run_case(const struct rules_case *c)
{
	struct nt_buf bytes = nt_buf(64 << 20);
	struct vf_session *s;
	char told[2000];
	enum vf_rc code;

	now = c;
	begin_case();
	make_bundle(&b, &log_key, &alpha, make_case, &bytes);
	s = open_session();
	judge(s, nt_buf_bytes(&bytes));
	code = report.n_reasons ? report.reasons[0].rc : VF_OK;
	tell(told, sizeof(told));
	check_count++;
	if (report.verdict != c->verdict || code != c->code || strcmp(told, c->want) != 0)
		CHECK_FAIL("%s: %s %s: %s\n  and not %s %s: %s", c->name, vf_verdict_name(report.verdict),
			vf_rc_name(code), told, vf_verdict_name(c->verdict), vf_rc_name(c->code), c->want);
	for (size_t i = 0; i < report.n_reasons; i++)
		if (report.reasons[i].rc == VF_POLICY_UNMET &&
			(!c->unmet || strcmp(report.reasons[i].text, c->unmet) != 0))
			CHECK_FAIL("%s: '%s'", c->name, report.reasons[i].text);
	CHECK(!c->unmet || has_reason(VF_POLICY_UNMET));
	if (c->existed)
		CHECK_INT(report.existed_by, make_time(c->existed));
	check_forms(c, strstr(told, "unmet") != NULL);
	vf_session_free(s);
	nt_buf_done(&bytes);
}

/* ---- cases ---- */

HOOK(no_crl)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = vf_bytes("", 0);
}

HOOK(revoked)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = make_crl(&(struct crl_spec){.issuer = "Alpha Root",
			.key = alpha.root_key,
			.from = "20250401000000Z",
			.to = "20250701000000Z",
			.entries = {{.serial = 5, .at = "20250315000000Z", .reason = 1}}});
}

/* The second token is of a time to come. */
HOOK(future)
{
	if (stage == BEGIN)
		x->ev[1].gen_time = "20260101000000Z";
}

/* Renewed by an authority for a later time; by then alpha's own certificate is over. */
static void renew(struct bundle *x, enum stage stage, const struct authority *by)
{
	struct authority late = *by;

	if (stage != TOKEN || x->at != 0)
		return;
	late.cert = make_cert(&(struct cert_spec){.name = "Late TSU",
		.issuer = by->root,
		.key = by->key,
		.issuer_key = by->root_key,
		.serial = 9,
		.to = "20350101000000Z",
		.ext = TSA_EXT});
	late.crl = make_crl(&(struct crl_spec){
		.issuer = by->root, .key = by->root_key, .from = "20280101000000Z", .to = "20300101000000Z"});
	bundle_renew(&x->ev[0], &late, "20271201000000Z");
}

HOOK(renewed_by_operator)
{
	renew(x, stage, &operator_);
}

HOOK(renewed_by_beta)
{
	renew(x, stage, &beta);
}

#define TWO_OF_THREE "{\"count\":2,\"of\":[\"alpha\",\"beta\",\"gamma\"]}"
#define QUALIFIED "{\"count\":1,\"qualified\":true}"
#define OUTSIDE "{\"count\":1,\"operator\":false}"
#define LATE "2029-06-01T00:00:00Z"

static const struct rules_case cases[] = {
	{"two of three", TWO_OF_THREE, "ab", NULL, "met alpha beta -gamma", VF_VERIFIED, VF_OK,
		.existed = "2025-03-01T12:01:00Z"},
	{"three of three", TWO_OF_THREE, "abg", NULL, "met alpha beta gamma", VF_VERIFIED, VF_OK,
		.existed = "2025-03-01T12:01:00Z"},
	{"one of three", TWO_OF_THREE, "ao", NULL, "unmet alpha -beta -gamma own:NOT_LISTED", VF_INDETERMINATE,
		VF_POLICY_UNMET, .unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"none of three", TWO_OF_THREE, "o", NULL, "unmet -alpha -beta -gamma own:NOT_LISTED", VF_INDETERMINATE,
		VF_POLICY_UNMET,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 0; missing: alpha, beta, gamma"},
	{"one authority twice", TWO_OF_THREE, "aa", NULL, "unmet alpha -beta -gamma alpha:COUNTED_ONCE",
		VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"one authority twice and another", TWO_OF_THREE, "aag", NULL, "met alpha gamma -beta alpha:COUNTED_ONCE",
		VF_VERIFIED, VF_OK, .existed = "2025-03-01T12:02:00Z"},
	{"one qualified", QUALIFIED, "ba", NULL, "met alpha -alpha-two beta:NOT_QUALIFIED", VF_VERIFIED, VF_OK,
		.existed = "2025-03-01T12:01:00Z"},
	{"none qualified", QUALIFIED, "bo", NULL, "unmet -alpha -alpha-two beta:NOT_QUALIFIED own:NOT_QUALIFIED",
		VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: alpha, alpha-two"},
	{"one that is not qualified", "{\"count\":1,\"qualified\":false}", "a", NULL,
		"unmet -beta -gamma -own alpha:QUALIFIED", VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: beta, gamma, own"},
	{"the operator's alone", OUTSIDE, "o", NULL, "unmet -alpha -beta -gamma -alpha-two own:OPERATOR",
		VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: alpha, beta, gamma, alpha-two"},
	{"the operator's and another", OUTSIDE, "og", NULL, "met gamma -alpha -beta -alpha-two own:OPERATOR",
		VF_VERIFIED, VF_OK, .existed = "2025-03-01T12:01:00Z"},
	{"the operator's is wanted", "{\"count\":1,\"operator\":true}", "b", NULL, "unmet -own beta:NOT_OPERATOR",
		VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: own"},
	{"nobody can meet it", "{\"count\":1,\"of\":[\"beta\"],\"qualified\":true}", "b", NULL,
		"unmet beta:NOT_QUALIFIED", VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: none that fits is pinned"},
	{"every rule at once", TWO_OF_THREE "," QUALIFIED "," OUTSIDE, "oab", NULL,
		"met alpha beta -gamma own:NOT_LISTED; met alpha -alpha-two own:NOT_QUALIFIED beta:NOT_QUALIFIED; "
		"met alpha beta -gamma -alpha-two own:OPERATOR",
		VF_VERIFIED, VF_OK, .existed = "2025-03-01T12:02:00Z"},
	{"the second rule is not met", OUTSIDE "," QUALIFIED, "b", NULL,
		"met beta -alpha -gamma -alpha-two; unmet -alpha -alpha-two beta:NOT_QUALIFIED", VF_INDETERMINATE,
		VF_POLICY_UNMET,
		.unmet = "rule 2 needs 1 time-stamping authorities and has 0; missing: alpha, alpha-two"},
	{"a root that nobody pinned", TWO_OF_THREE, "as", NULL, "unmet alpha -beta -gamma ?:UNKNOWN_ROOT",
		VF_INDETERMINATE, VF_UNKNOWN_ROOT,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"such a root beside enough", TWO_OF_THREE, "sab", NULL, "met alpha beta -gamma ?:UNKNOWN_ROOT", VF_VERIFIED,
		VF_OK, .existed = "2025-03-01T12:02:00Z"},
	{"expired", "{\"count\":1,\"of\":[\"alpha\"]}", "a", NULL, "unmet -alpha ?:TS_EXPIRED", VF_INDETERMINATE,
		VF_TS_EXPIRED, .at = LATE,
		.unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: alpha"},
	{"no revocation data", TWO_OF_THREE, "ab", NULL, "unmet beta -alpha -gamma alpha:NO_REVOCATION_DATA",
		VF_INDETERMINATE, VF_NO_REVOCATION_DATA, .hook = no_crl,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: alpha, gamma"},
	{"revoked", TWO_OF_THREE, "ab", NULL, "unmet beta -alpha -gamma ?:REVOKED", VF_REJECTED, VF_REVOKED,
		.hook = revoked, .unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: alpha, gamma"},
	{"its other half is too coarse", "{\"count\":1,\"of\":[\"alpha\"]}", "a",
		",\"max_accuracy_ms\":10,\"policies\":[\"1.2.3.4.1\"]", "unmet -alpha alpha-two:NOT_LISTED",
		VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: alpha"},
	/* what only the owner's conditions refuse */
	{"too coarse", TWO_OF_THREE, "ag", NULL, "unmet alpha -beta -gamma ?:TS_ACCURACY", VF_INDETERMINATE,
		VF_TS_ACCURACY, .gamma = ",\"max_accuracy_ms\":10",
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"another TSA policy", TWO_OF_THREE, "ag", NULL, "unmet alpha -beta -gamma ?:TS_POLICY", VF_INDETERMINATE,
		VF_TS_POLICY, .gamma = ",\"policies\":[\"1.2.3.4.9\"]",
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"before its period", TWO_OF_THREE, "ag", NULL, "unmet alpha -beta -gamma ?:KEY_PERIOD", VF_REJECTED,
		VF_KEY_PERIOD, .gamma = ",\"from\":\"2025-03-01T12:01:01Z\"",
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"after its period", TWO_OF_THREE, "ag", NULL, "unmet alpha -beta -gamma ?:KEY_PERIOD", VF_REJECTED,
		VF_KEY_PERIOD, .gamma = ",\"to\":\"2025-03-01T12:00:59Z\"",
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"the last second of its period", TWO_OF_THREE, "ag", NULL, "met alpha gamma -beta", VF_VERIFIED, VF_OK,
		.gamma = ",\"to\":\"2025-03-01T12:01:00Z\""},
	{"a third one alone", TWO_OF_THREE, "b", NULL, "unmet beta -alpha -gamma", VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: alpha, gamma"},
	/* who shares a root: a token counts for the first whose conditions it meets, and for no other */
	{"two authorities of one root", "{\"count\":2,\"of\":[\"alpha\",\"alpha-two\"]}", "aa", NULL,
		"unmet alpha -alpha-two alpha:COUNTED_ONCE", VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: alpha-two"},
	{"told apart by time", "{\"count\":2,\"of\":[\"alpha\",\"alpha-two\"]}", "aa",
		",\"to\":\"2025-03-01T12:00:30Z\"", "met alpha alpha-two", VF_VERIFIED, VF_OK,
		.existed = "2025-03-01T12:01:00Z"},
	{"a token that does not hold", TWO_OF_THREE, "ab", NULL, "unmet alpha -beta -gamma ?:DOES_NOT_HOLD",
		VF_REJECTED, VF_TS_FUTURE, .hook = future,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
	{"renewed by the operator", "{\"count\":1,\"of\":[\"alpha\"]}", "a", NULL,
		"unmet -alpha alpha:RENEWED_BY_OTHER", VF_INDETERMINATE, VF_POLICY_UNMET, .hook = renewed_by_operator,
		.at = LATE, .unmet = "rule 1 needs 1 time-stamping authorities and has 0; missing: alpha"},
	{"renewed by one that fits", "{\"count\":1,\"operator\":false}", "a", NULL, "met alpha -beta -gamma -alpha-two",
		VF_VERIFIED, VF_OK, .hook = renewed_by_beta, .at = LATE, .existed = "2025-03-01T12:00:00Z"},
	{"a renewal is no second vote", TWO_OF_THREE, "a", NULL, "unmet alpha -beta -gamma", VF_INDETERMINATE,
		VF_POLICY_UNMET, .hook = renewed_by_beta, .at = LATE,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma"},
};

/* The exact words, in all three forms. */
static void test_screen(void)
{
	static const char screen[] =
		"  Rule 1      NOT MET: at least 2 of alpha, beta, gamma; counted: alpha (2025-03-01 12:00:00 UTC);\n"
		"              missing: beta, gamma\n"
		"              not counted: \"own\" (2025-03-01 12:01:00 UTC): the rule does not name it [NOT_LISTED]\n"
		"              not counted: \"alpha\" (2025-03-01 12:02:00 UTC): each authority counts once\n"
		"              [COUNTED_ONCE]\n"
		"  Rule 2      met: at least 1 authority, not run by the operator of the log; counted: alpha\n"
		"              (2025-03-01 12:00:00 UTC)\n";
	static const char json[] =
		",\"rules\":[{\"text\":\"at least 2 of alpha, beta, gamma\",\"count\":2,\"met\":false,"
		"\"counted\":[{\"authority\":\"alpha\",\"time\":\"2025-03-01T12:00:00Z\"}],\"missing\":[\"beta\","
		"\"gamma\"],\"not_counted\":["
		"{\"code\":\"NOT_LISTED\",\"text\":\"the rule does not name "
		"it\",\"authority\":\"own\",\"subject\":\"Operator TSU\","
		"\"gen_time\":\"2025-03-01T12:01:00Z\"},"
		"{\"code\":\"COUNTED_ONCE\",\"text\":\"each authority counts once\",\"authority\":\"alpha\","
		"\"subject\":\"Alpha TSU\",\"gen_time\":\"2025-03-01T12:02:00Z\"}]},";
	static const char page[] = "<tr><th scope=\"row\">1</th><td>at least 2 of alpha, beta, gamma</td><td><span "
				   "class=\"open\">? not met</span></td>"
				   "<td>alpha, <time datetime=\"2025-03-01T12:00:00Z\">2025-03-01 12:00:00 "
				   "UTC</time></td><td>missing: beta, gamma<p>“<bdi>own</bdi>”";
	static const struct rules_case c = {"screen", TWO_OF_THREE "," OUTSIDE, "aoa", NULL,
		"unmet alpha -beta -gamma own:NOT_LISTED alpha:COUNTED_ONCE; "
		"met alpha -beta -gamma -alpha-two own:OPERATOR alpha:COUNTED_ONCE",
		VF_INDETERMINATE, VF_POLICY_UNMET,
		.unmet = "rule 1 needs 2 time-stamping authorities and has 1; missing: beta, gamma",
		.shows = {screen, json, page}};

	run_case(&c);
}

int main(void)
{
	make_world();
	gamma_keys[0] = EVP_EC_gen("P-256");
	gamma_keys[1] = EVP_EC_gen("P-256");
	gamma_ = make_authority("Gamma Root", gamma_keys[0], "Gamma TSU", gamma_keys[1]);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t mark = maker_used;

		run_case(&cases[i]);
		maker_used = mark;
	}
	test_screen();
	EVP_PKEY_free(gamma_keys[0]);
	EVP_PKEY_free(gamma_keys[1]);
	free_world();
	return check_done();
}
