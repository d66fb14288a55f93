/*
 * Screens, JSON and the page over made-up results. With an argument (text, ascii,
 * color, json, html) it prints them instead, for people who want to look.
 */
#include "verify/report.h"

#include <locale.h>

#include "tests/check.h"
#include "verify/report_html.h"

#define T0 INT64_C(1772460451000) /* 2026-03-02T14:07:31Z */
#define AT INT64_C(1795246920048) /* 2026-11-21T07:42:00.048Z */

struct text {
	char *p;
	size_t n, cap, limit;
};

static bool put_text(void *ctx, struct vf_bytes piece)
{
	struct text *t = ctx;

	if (t->limit && t->n + piece.n > t->limit)
		return false;
	if (t->n + piece.n + 1 > t->cap) {
		t->cap = 2 * (t->n + piece.n + 1);
		t->p = realloc(t->p, t->cap);
		if (!t->p)
			exit(1);
	}
	memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	t->p[t->n] = '\0';
	return true;
}

static struct vf_hash hash_of(uint8_t fill)
{
	struct vf_hash h;

	memset(h.b, fill, sizeof(h.b));
	return h;
}

static void pass_all(struct vf_report *r)
{
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		vf_report_pass(r, (enum vf_check)c);
}

static struct vf_file files[4];
static struct vf_stamp stamps[2];
static struct vf_link link_;

static void fill_files(void)
{
	static const char *const names[] = {"consent_form_v3.pdf", "manifest.xml", "protocol_v2.1.pdf", "annex B.pdf"};

	for (size_t i = 0; i < 4; i++) {
		files[i] = (struct vf_file){.name = vf_bytes_str(names[i]), .has_sha256 = true, .has_size = i < 3,
			.size = 1234567 * (i + 1), .status = i < 3 ? VF_FILE_COVERED : VF_FILE_WITHHELD};
		files[i].sha256 = hash_of((uint8_t)(0x10 + i));
	}
}

static void fill_stamps(void)
{
	stamps[0] = (struct vf_stamp){.authority = "alpha", .subject = "Alpha TSA 2026", .gen_time = T0,
		.has_accuracy = true, .accuracy_ms = 1000, .certificate = hash_of(0xa1), .valid_to = INT64_C(2030659200000),
		.revocation = VF_REVOCATION_GOOD, .revocation_as_of = T0 + 86400000, .counts = true};
	stamps[1] = stamps[0];
	stamps[1].authority = "beta";
	stamps[1].gen_time = T0 + 1250;
	stamps[1].has_accuracy = false;
	stamps[1].record = 1;
	stamps[1].revocation = VF_REVOCATION_NONE;
	stamps[1].revocation_as_of = VF_TIME_NONE;
}

static void fill_facts(struct vf_report *r)
{
	static const char *const witnesses[] = {"w1.example", "w2.example", "w3.example"};

	fill_files();
	fill_stamps();
	r->has_record = true;
	r->id = hash_of(0x42);
	r->kind = vf_bytes_str("consent");
	r->study = vf_bytes_str("TRIAL-0042");
	r->has_stream = true;
	r->stream = hash_of(0x77);
	r->seq = 7;
	link_ = (struct vf_link){vf_bytes_str("supersedes"), hash_of(0x33)};
	r->links = &link_;
	r->n_links = 1;
	r->files = files;
	r->n_files = 4;
	r->stamps = stamps;
	r->n_stamps = 2;
	r->existed_by = T0;
	r->has_log = true;
	r->origin = vf_bytes_str("notary.example/2026");
	r->index = 48211;
	r->size = 48300;
	r->root = hash_of(0x55);
	memcpy(r->witnesses, witnesses, sizeof(witnesses));
	r->n_witnesses = 3;
	r->n_witnesses_known = 5;
	r->quorum = true;
	r->has_seal = true;
	r->seal = 12;
	r->seal_first = 48200;
	r->seal_size = 48300;
	r->has_previous = true;
	r->previous = hash_of(0x66);
	r->has_submitter = r->submitter_trusted = true;
	snprintf(r->submitter, sizeof(r->submitter), "Example Sponsor Ltd");
	r->submitter_certificate = hash_of(0x88);
	r->signer_state = VF_SIGNER_GOOD;
	r->has_said = true;
	r->meaning = "approval";
	snprintf(r->meaning_oid, sizeof(r->meaning_oid), "1.2.840.113549.1.9.16.6.5");
	r->printed_name = vf_bytes_str("Dr. A. \"Example\" <x>");
	r->signing_time = T0 - 60000;
	r->renewals = 2;
	r->renew_before = INT64_C(2030659200000);
}

static void make_verified(struct vf_outcome *o)
{
	vf_report_init(&o->report, "TRIAL-0042-consent.asice", false);
	fill_facts(&o->report);
	pass_all(&o->report);
	vf_report_unchecked(&o->report, "REVOCATION_LATER",
		"certificate revocation after 2026-10-01 (no newer data in the bundle)");
	vf_report_settle(&o->report);
	o->decided = true;
}

static struct vf_file altered[3];

static void make_rejected(struct vf_outcome *o)
{
	struct vf_err err = {VF_DIGEST_MISMATCH, "expected sha256:1f0c9a3b, found sha256:77b104de"};

	vf_report_init(&o->report, "TRIAL-0042-results.asice", false);
	fill_files();
	for (size_t i = 0; i < 3; i++)
		altered[i] = files[i];
	altered[0].name = vf_bytes_str("results.csv");
	altered[0].status = VF_FILE_ALTERED;
	o->report.files = altered;
	o->report.n_files = 3;
	o->report.has_record = true;
	o->report.id = hash_of(0x42);
	o->report.kind = vf_bytes_str("results");
	o->report.study = vf_bytes_str("TRIAL-0042");
	o->report.title = vf_bytes_str("Primary outcome");
	o->report.version = vf_bytes_str("1.0");
	o->report.date = vf_bytes_str("2026-03-01");
	vf_report_fault(&o->report, VF_CHECK_MEMBERS, &err, "results.csv");
	pass_all(&o->report);
	vf_report_settle(&o->report);
	o->decided = true;
}

static void make_indeterminate(struct vf_outcome *o)
{
	struct vf_err err = {VF_UNKNOWN_ROOT, "the certificate of 'Gamma TSA' leads to no root in 'tsa/'"};

	vf_report_init(&o->report, "TRIAL-0042-protocol.asice", false);
	fill_facts(&o->report);
	o->report.kind = vf_bytes_str("protocol");
	o->report.n_links = 0;
	o->report.n_stamps = 0;
	o->report.existed_by = VF_TIME_NONE;
	vf_report_fault(&o->report, VF_CHECK_AUTHORITY, &err, "Gamma TSA");
	pass_all(&o->report);
	vf_report_settle(&o->report);
	o->decided = true;
}

static struct vf_stamp claimed;

static void make_intact(struct vf_outcome *o)
{
	vf_report_init(&o->report, "p.asice", true);
	fill_facts(&o->report);
	o->report.n_links = 0;
	o->report.has_stream = o->report.has_submitter = o->report.submitter_trusted = false;
	o->report.existed_by = o->report.renew_before = VF_TIME_NONE;
	o->report.renewals = 0;
	o->report.n_witnesses = o->report.n_witnesses_known = 0;
	o->report.quorum = false;
	o->report.n_files = 3;
	claimed = stamps[0];
	claimed.authority = NULL;
	claimed.counts = false;
	claimed.revocation = VF_REVOCATION_UNKNOWN;
	claimed.revocation_as_of = VF_TIME_NONE;
	o->report.stamps = &claimed;
	o->report.n_stamps = 1;
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (!vf_check_needs_trust((enum vf_check)c))
			vf_report_pass(&o->report, (enum vf_check)c);
	vf_report_unchecked(&o->report, "TRUST", "whether anybody you trust vouches for the time");
	vf_report_settle(&o->report);
	o->decided = true;
}

static void make_none(struct vf_outcome *o)
{
	vf_report_init(&o->report, "gone.asice", false);
	o->err = (struct vf_err){VF_NO_INPUT, "'gone.asice': No such file or directory"};
}

static struct vf_run run_of(const struct vf_outcome *o, size_t n)
{
	struct vf_run run = {.at_ms = AT, .version = "9.9.9", .outcomes = o, .n_outcomes = n};

	run.integrity_only = n == 1 && o->report.integrity_only;
	run.has_policy = !run.integrity_only;
	run.policy = vf_bytes_str("default-2026");
	run.policy_sha256 = hash_of(0x9f);
	return run;
}

enum form {
	TEXT,
	ASCII,
	COLOR,
	BRIEF,
	JSON,
	HTML,
};

static char *render(const struct vf_run *run, enum form form)
{
	struct text t = {0};
	struct vf_sink sink = {.put = put_text, .ctx = &t};
	struct vf_look look = {.color = form == COLOR, .unicode = form != ASCII, .brief = form == BRIEF};

	if (form == JSON)
		vf_report_json(&sink, run);
	else if (form == HTML)
		vf_report_html(&sink, run);
	else
		vf_report_text(&sink, run, &look);
	CHECK(!sink.failed);
	return t.p;
}

static char *render_one(void (*make)(struct vf_outcome *), enum form form)
{
	struct vf_outcome *o = calloc(1, sizeof(*o));
	struct vf_run run;
	char *text;

	make(o);
	run = run_of(o, 1);
	text = render(&run, form);
	free(o);
	return text;
}

#include "verify_report_foreign.h"
#include "verify_report_golden.h"

static void check_golden(void (*make)(struct vf_outcome *), enum form form, const char *want)
{
	char *text = render_one(make, form);

	CHECK_STR(text, want);
	free(text);
}

/* How a signature is worded when something is not stated, not known, or not good. */
static void test_signed(void)
{
	static const struct {
		const char *meaning, *oid, *name;
		bool has_time;
		enum vf_signer_state state;
		const char *words, *json;
	} rows[] = {
		{NULL, "", "", false, VF_SIGNER_UNKNOWN_ROOT,
			"as \"Example Sponsor Ltd\", without a stated meaning, no time stated; certificate of nobody that you pinned",
			"\"certificate\":\"unknown-root\",\"printed_name\":\"Example Sponsor Ltd\",\"printed_name_from\":\"certificate\","
			"\"meaning\":null,\"meaning_oid\":null,\"signing_time\":null}"},
		{NULL, "1.2.3", "A", true, VF_SIGNER_NO_REVOCATION,
			"as \"A\", meaning: not known (1.2.3), at 2026-03-02 14:06:31 UTC by the signer's clock; certificate valid at the "
			"proven time, no revocation data",
			"\"certificate\":\"no-revocation-data\",\"printed_name\":\"A\",\"printed_name_from\":\"signature\",\"meaning\":null,"
			"\"meaning_oid\":\"1.2.3\",\"signing_time\":\"2026-03-02T14:06:31Z\"}"},
		{"review", "2.25", "A", true, VF_SIGNER_NOT_JUDGED, "meaning: review, at 2026-03-02 14:06:31 UTC by the signer's clock; certificate not judged",
			"\"certificate\":\"not-judged\""},
		{"review", "2.25", "A", true, VF_SIGNER_BAD, "certificate not good at the proven time", "\"certificate\":\"not-good\""},
	};
	struct vf_outcome *o = calloc(1, sizeof(*o));

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vf_run run;
		char *text;

		memset(o, 0, sizeof(*o));
		make_verified(o);
		o->report.meaning = rows[i].meaning;
		snprintf(o->report.meaning_oid, sizeof(o->report.meaning_oid), "%s", rows[i].oid);
		o->report.printed_name = vf_bytes_str(rows[i].name);
		o->report.signing_time = rows[i].has_time ? T0 - 60000 : VF_TIME_NONE;
		o->report.signer_state = rows[i].state;
		run = run_of(o, 1);
		text = render(&run, TEXT);
		/* lines are broken: compare without the breaks */
		for (char *p; (p = strstr(text, "\n              ")) != NULL;) {
			*p = ' ';
			memmove(p + 1, p + 15, strlen(p + 15) + 1);
		}
		CHECK(strstr(text, rows[i].words) != NULL);
		free(text);
		text = render(&run, JSON);
		CHECK(strstr(text, rows[i].json) != NULL);
		free(text);
		text = render(&run, HTML);
		CHECK(strstr(text, "<tr><th scope=\"row\">Signed</th><td>as “") != NULL && !strstr(text, "<x>"));
		free(text);
	}
	free(o);
}

static void test_golden(void)
{
	check_golden(make_verified, TEXT, verified_text);
	check_golden(make_rejected, TEXT, rejected_text);
	check_golden(make_indeterminate, TEXT, indeterminate_text);
	check_golden(make_intact, TEXT, intact_text);
	check_golden(make_none, TEXT, none_text);
	check_golden(make_verified, JSON, verified_json);
	check_golden(make_rejected, JSON, rejected_json);
	check_golden(make_indeterminate, JSON, indeterminate_json);
	check_golden(make_intact, JSON, intact_json);
	check_golden(make_none, JSON, none_json);
	check_golden(make_record, TEXT, record_text);
	check_golden(make_record_rejected, TEXT, record_rejected_text);
	check_golden(make_token, TEXT, token_text);
	check_golden(make_unprotected, TEXT, unprotected_text);
	check_golden(make_no_time, TEXT, no_time_text);
	check_golden(make_record, JSON, record_json);
	check_golden(make_record_rejected, BRIEF, "REJECTED   study.ers\n");
	check_golden(make_verified, BRIEF, "VERIFIED   TRIAL-0042-consent.asice\n");
	check_golden(make_indeterminate, BRIEF, "INDETERMINATE  TRIAL-0042-protocol.asice  (undecided)\n");
}

/* Screen, JSON and page of evidence by others name none of what only our bundles have. */
static void test_foreign(void)
{
	void (*const makes[])(struct vf_outcome *) = {make_record, make_record_rejected, make_token, make_unprotected,
		make_no_time, make_unsupported};
	static const char *const never[] = {"bundle", "notary", "log", "seal", "ubmitte", "study \""};
	static const char *const forms[] = {"evidence-record", "evidence-record", "token", "container", "signature",
		"container"};

	for (size_t i = 0; i < 6; i++) {
		char *text = render_one(makes[i], TEXT), *page = render_one(makes[i], HTML), *json = render_one(makes[i], JSON);
		const char *body = strstr(page, "</style>"), *foot = strstr(page, "<footer>");
		char form[40];

		CHECK(body && foot);
		page[foot - page] = '\0';
		for (size_t k = 0; k < sizeof(never) / sizeof(never[0]); k++) {
			if (strstr(text, never[k]))
				CHECK_FAIL("screen %zu speaks of '%s'", i, never[k]);
			if (k != 1 && strstr(body, never[k])) /* the title names the program's project */
				CHECK_FAIL("page %zu speaks of '%s'", i, never[k]);
		}
		snprintf(form, sizeof(form), ",\"form\":\"%s\",", forms[i]);
		CHECK(strstr(json, form) != NULL);
		CHECK(i == 0 || strstr(text, "no later than") == NULL);
		CHECK(i == 0 || strstr(body, "no later than") == NULL);
		free(text);
		free(page);
		free(json);
	}
}

static void has_all(const char *text, const char *const *must, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strstr(text, must[i]))
			CHECK_FAIL("'%s' is not in\n%s", must[i], text);
}

/* What is weak or was not looked at stands on every form of the result, and never in green. */
static void test_foreign_limits(void)
{
	static const char *const sorted_text[] = {"\n  Allowed on request: a renewal in sorted order", "[SORTED_RENEWAL]"};
	static const char *const sorted_page[] = {"<strong>Allowed on request:</strong> <span class=\"open\">a renewal in sorted"};
	static const char *const unsupported[] = {"META-INF/signatures0.xml was NOT CHECKED: this version cannot judge its form",
		"Everything that was checked agrees."};
	struct vf_outcome *o = calloc(1, sizeof(*o));
	struct vf_run run;
	char *text;

	make_record(o);
	o->report.sorted_renewal = true;
	run = run_of(o, 1);
	text = render(&run, TEXT);
	has_all(text, sorted_text, 2);
	free(text);
	text = render(&run, HTML);
	has_all(text, sorted_page, 1);
	free(text);
	text = render(&run, JSON);
	CHECK(strstr(text, "\"others\":3,\"sorted_renewal\":true,\"renewals\":1") != NULL);
	free(text);

	memset(o, 0, sizeof(*o));
	make_unsupported(o);
	text = render(&run, TEXT);
	has_all(text, unsupported, 2);
	free(text);

	/* an untrusted signer is a claim; when trust was left out, nobody asked */
	make_no_time(o);
	o->report.submitter_trusted = false;
	text = render(&run, TEXT);
	CHECK(strstr(text, "\n  Signed by   \"Dr. Ada Example\" (a claim: the certificate leads to no root") != NULL);
	free(text);
	o->report.integrity_only = true;
	text = render(&run, TEXT);
	CHECK(strstr(text, "(a claim: who vouches for the certificate was not checked)") != NULL);
	free(text);

	/* one file, many time-stamps */
	make_record(o);
	o->report.n_files = 1;
	o->report.n_others = 1;
	text = render(&run, TEXT);
	CHECK(strstr(text, "\n  This file existed, exactly as given here, no later than 2026-03-02 14:07:31 UTC.\n") != NULL);
	CHECK(strstr(text, "also covers 1 other object that was not given\n") != NULL);
	free(text);
	free(o);
}

/* The same octets in every locale that the machine has. */
static void test_locale(void)
{
	static const char *const names[] = {"tr_TR.UTF-8", "de_DE.UTF-8", "C.UTF-8", "C"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (setlocale(LC_ALL, names[i]))
			check_golden(make_verified, JSON, verified_json);
	setlocale(LC_ALL, "C");
}

static void test_ascii(void)
{
	struct vf_outcome *o = calloc(1, sizeof(*o));
	struct vf_run run;
	char *text;

	make_verified(o);
	o->report.title = vf_bytes_str("\xc3\x84nderung");
	run = run_of(o, 1);
	text = render(&run, ASCII);
	for (const char *p = text; *p; p++)
		CHECK((*p >= ' ' && *p < 0x7f) || *p == '\n');
	CHECK(strstr(text, "+/- 1 s") != NULL);
	CHECK(strstr(text, "\"\\xc3\\x84nderung\"") != NULL);
	free(text);
	free(o);
}

/* Colour repeats the word and adds nothing else. */
static void test_color(void)
{
	char *text = render_one(make_rejected, COLOR), *plain = render_one(make_rejected, TEXT), *at = text, *to = text;

	CHECK(strncmp(text, "\033[1;31mREJECTED\033[0m   ", 21) == 0);
	while (*at) {
		if (*at == '\033')
			at += strcspn(at, "m") + 1;
		else
			*to++ = *at++;
	}
	*to = '\0';
	CHECK_STR(text, plain);
	free(text);
	free(plain);
}

/* U06: whatever a bundle calls its things, it stays text after a label. */
static void test_hostile(void)
{
	static const char bad[] = "x\"\n\nVERIFIED   <script>alert(1)</script>\033[2J%n%s\xe2\x80\xae&'\xff";
	static const enum form forms[] = {TEXT, ASCII, JSON, HTML};
	static struct vf_file file;
	static struct vf_stamp stamp;
	struct vf_outcome *o = calloc(1, sizeof(*o));
	struct vf_err err = {.rc = VF_TS_SHAPE};
	struct vf_run run;

	snprintf(err.text, sizeof(err.text), "%s", bad);
	vf_report_init(&o->report, bad, false);
	o->decided = true;
	o->report.has_record = o->report.has_log = o->report.has_submitter = true;
	o->report.kind = o->report.study = o->report.title = o->report.version = o->report.date = vf_bytes_str(bad);
	o->report.origin = vf_bytes_str(bad);
	o->report.n_witnesses = 1;
	o->report.witnesses[0] = bad;
	snprintf(o->report.submitter, sizeof(o->report.submitter), "%s", bad);
	file = (struct vf_file){.name = vf_bytes_str(bad)};
	o->report.files = &file;
	o->report.n_files = 1;
	stamp = (struct vf_stamp){.authority = bad, .valid_to = VF_TIME_NONE, .revocation_as_of = VF_TIME_NONE};
	snprintf(stamp.subject, sizeof(stamp.subject), "%s", bad);
	o->report.stamps = &stamp;
	o->report.n_stamps = 1;
	vf_report_fault(&o->report, VF_CHECK_TOKENS, &err, bad);
	vf_report_unchecked(&o->report, "X", "%s", bad);
	vf_report_settle(&o->report);
	for (int verdict = 0; verdict < 4; verdict++) {
		o->report.verdict = (enum vf_verdict)verdict;
		run = run_of(o, 1);
		run.policy = vf_bytes_str(bad);
		for (size_t i = 0; i < 4; i++) {
			char *text = render(&run, forms[i]);
			bool first = true;

			CHECK(strchr(text, '\033') == NULL);
			CHECK(strstr(text, "\xe2\x80\xae") == NULL);
			CHECK(vf_utf8_is(vf_bytes_str(text)));
			if (forms[i] == HTML)
				CHECK(strstr(text, "<script") == NULL);
			if (forms[i] == JSON)
				CHECK(strchr(text, '\n') == text + strlen(text) - 1);
			for (const char *line = text; forms[i] <= ASCII && line && *line; first = false) {
				CHECK(first || *line == ' ' || *line == '\n');
				line = strchr(line, '\n');
				line = line ? line + 1 : NULL;
			}
			free(text);
		}
	}
	free(o);
}

/* A page is one file that asks nobody for anything. */
static void test_html(void)
{
	char *page = render_one(make_verified, HTML), *again = render_one(make_verified, HTML);
	static const char *const must[] = {
		"<html lang=\"en\">", "content=\"default-src 'none'; style-src 'unsafe-inline'\"", "no later than",
		"Not shown by this result", "Not checked", "default-2026", "2026-11-21 07:42:00 UTC", "9.9.9", "@media print",
		"scope=\"col\"", "48&#8239;211", "REVOCATION_LATER", "3 of 4 files",
	};
	static const char *const never[] = {"<script", "<img", "<link", "http:", "https:", "url(", "@import", "onclick"};

	CHECK_STR(page, again);
	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		if (!strstr(page, must[i]))
			CHECK_FAIL("the page lacks '%s'", must[i]);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strstr(page, never[i]))
			CHECK_FAIL("the page holds '%s'", never[i]);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		CHECK(strstr(page, vf_check_name((enum vf_check)c)) != NULL);
	free(page);
	free(again);
}

/* What stopped early says so, and claims nothing about the rest. */
static void test_stopped(void)
{
	struct vf_err err = {VF_ZIP_SHAPE, "7 bytes are too few"};
	struct vf_outcome *o = calloc(1, sizeof(*o));
	struct vf_run run;
	char *text;

	vf_report_init(&o->report, "x", false);
	vf_report_fault(&o->report, VF_CHECK_CONTAINER, &err, NULL);
	vf_report_settle(&o->report);
	o->decided = true;
	run = run_of(o, 1);
	run.has_policy = false;
	text = render(&run, TEXT);
	CHECK(strstr(text, "\n      7 bytes are too few\n  Next: ask") != NULL);
	CHECK(strstr(text, "\n  Covered     0 of 0 files\n") != NULL);
	CHECK(strstr(text, "\n  Not checked: the checks FORMS, STATEMENT, PARTS,") != NULL);
	CHECK(strstr(text, "agrees") == NULL);
	CHECK(strstr(text, "unchanged") == NULL);
	free(text);

	/* the rest agrees only as far as it was looked at */
	vf_report_init(&o->report, "x", false);
	err.rc = VF_NO_TRUST_ANCHOR;
	vf_report_fault(&o->report, VF_CHECK_AUTHORITY, &err, NULL);
	for (size_t c = 0; c < VF_CHECK_COUNT; c++)
		if (!vf_check_needs_trust((enum vf_check)c))
			vf_report_pass(&o->report, (enum vf_check)c);
	vf_report_settle(&o->report);
	CHECK_STR(vf_report_rest(&o->report), "Everything that can be checked without trust agrees.");
	pass_all(&o->report);
	CHECK_STR(vf_report_rest(&o->report), "Everything else agrees.");
	o->report.checks[VF_CHECK_SEAL] = VF_RESULT_NOT_CHECKED;
	CHECK_STR(vf_report_rest(&o->report), "");
	free(o);
}

/* With two authorities needed, the time is that of the later one. */
static void test_time(void)
{
	struct vf_outcome *o = calloc(1, sizeof(*o));
	struct vf_run run;
	char *text;

	make_verified(o);
	o->report.existed_by = stamps[1].gen_time;
	run = run_of(o, 1);
	text = render(&run, TEXT);
	CHECK(strstr(text, "no later than 2026-03-02 14:07:32.250 UTC (TSA \"beta\"; \"alpha\" agrees within 2 s)") != NULL);
	free(text);
	stamps[0].counts = stamps[1].counts = false;
	CHECK(vf_report_time_stamp(&o->report) == NULL);
	free(o);
}

/* Nothing but VERIFIED may look like it. */
static void test_words(void)
{
	void (*const makes[])(struct vf_outcome *) = {make_rejected, make_indeterminate, make_intact, make_none};

	for (size_t i = 0; i < 4; i++) {
		char *text = render_one(makes[i], TEXT), *json = render_one(makes[i], JSON);

		CHECK(strstr(text, "VERIFIED") == NULL);
		CHECK(strstr(json, "VERIFIED") == NULL);
		CHECK(strstr(text, "no later than") == NULL);
		CHECK(strstr(text, "checked 2026-11-21 07:42:00 UTC") != NULL);
		CHECK(strstr(text, "offline") != NULL);
		free(text);
		free(json);
	}
}

/* verdict.md: the worst of several. */
static void test_exit(void)
{
	struct vf_outcome *o = calloc(5, sizeof(*o));
	struct vf_run run = run_of(o, 1);
	char *text;

	make_verified(&o[0]);
	CHECK_INT(vf_run_exit(&run), 0);
	make_intact(&o[1]);
	run.n_outcomes = 2;
	CHECK_INT(vf_run_exit(&run), 3);
	make_indeterminate(&o[2]);
	run.n_outcomes = 3;
	CHECK_INT(vf_run_exit(&run), 2);
	make_rejected(&o[3]);
	run.n_outcomes = 4;
	CHECK_INT(vf_run_exit(&run), 1);
	make_none(&o[4]);
	run.n_outcomes = 5;
	CHECK_INT(vf_run_exit(&run), 66);
	o[4].err.rc = VF_NO_MEMORY;
	CHECK_INT(vf_run_exit(&run), 70);
	o[4].err.rc = VF_OK;
	CHECK_INT(vf_run_exit(&run), 70);
	text = render(&run, TEXT);
	CHECK(strstr(text, "\n5 files: 1 VERIFIED, 1 INTACT, 1 INDETERMINATE, 1 REJECTED, 1 NO VERDICT\n") != NULL);
	free(text);
	run.n_outcomes = 0;
	CHECK_INT(vf_run_exit(&run), 70);
	free(o);
}

/* A sink that refuses at any place is noticed. */
static void test_full(void)
{
	struct vf_outcome *o = calloc(1, sizeof(*o));
	struct vf_look look = {.unicode = true};
	struct vf_run run;
	char *whole;
	size_t n;

	make_verified(o);
	run = run_of(o, 1);
	whole = render(&run, TEXT);
	n = strlen(whole);
	free(whole);
	for (size_t limit = 1; limit < n; limit += 7) {
		struct text t = {.limit = limit};
		struct vf_sink sink = {.put = put_text, .ctx = &t};

		vf_report_text(&sink, &run, &look);
		CHECK(sink.failed);
		CHECK(t.n <= limit);
		free(t.p);
	}
	free(o);
}

static void test_shown(void)
{
	char count[VF_SHOWN_COUNT], when[VF_SHOWN_TIME];

	vf_shown_count(count, 0);
	CHECK_STR(count, "0");
	vf_shown_count(count, 999);
	CHECK_STR(count, "999");
	vf_shown_count(count, UINT64_MAX);
	CHECK_STR(count, "18 446 744 073 709 551 615");
	vf_shown_span(count, 1);
	CHECK_STR(count, "1 ms");
	vf_shown_span(count, 1001);
	CHECK_STR(count, "2 s");
	vf_shown_span(count, 120001);
	CHECK_STR(count, "3 min");
	vf_shown_time(when, INT64_C(-62135596800000));
	CHECK_STR(when, "0001-01-01 00:00:00 UTC");
	vf_shown_time(when, T0 + 5);
	CHECK_STR(when, "2026-03-02 14:07:31.005 UTC");
}

/* Prints the golden texts anew, for review after a change: verify_report_test golden > verify_report_golden.h */
static int show_golden(void)
{
	static const struct {
		void (*make)(struct vf_outcome *);
		const char *name;
		bool text, json;
	} all[] = {{make_verified, "verified", true, true}, {make_rejected, "rejected", true, true},
		{make_indeterminate, "indeterminate", true, true}, {make_intact, "intact", true, true},
		{make_none, "none", true, true}, {make_record, "record", true, true},
		{make_record_rejected, "record_rejected", true, false}, {make_token, "token", true, false},
		{make_unprotected, "unprotected", true, false}, {make_no_time, "no_time", true, false}};
	const size_t n = sizeof(all) / sizeof(all[0]);

	printf("/* Made by 'verify_report_test golden' and read by people; included by verify_report_test.c alone. */\n");
	for (size_t i = 0; i < 2 * n; i++) {
		bool json = i >= n;
		char *text = render_one(all[i % n].make, json ? JSON : TEXT);
		size_t column = 0;

		if (json ? all[i % n].json : all[i % n].text)
			printf("\nstatic const char %s_%s[] =\n\t\"", all[i % n].name, json ? "json" : "text");
		for (const char *p = (json ? all[i % n].json : all[i % n].text) ? text : ""; *p; p++) {
			if (*p == '"' || *p == '\\')
				putchar('\\');
			if (*p != '\n')
				putchar(*p);
			else
				printf("\\n");
			if (p[1] && (*p == '\n' || (json && ++column > 80 && *p == ','))) {
				printf("\"\n\t\"");
				column = 0;
			}
			if (!p[1])
				printf("\";\n");
		}
		free(text);
	}
	return 0;
}

/* Prints one result of each kind in the wanted form. */
static int show(const char *form)
{
	static const char *const names[] = {"text", "ascii", "color", "brief", "json", "html"};
	void (*const makes[])(struct vf_outcome *) = {make_verified, make_rejected, make_indeterminate, make_intact, make_none,
		make_record, make_record_rejected, make_token, make_unprotected, make_no_time, make_unsupported};
	const size_t n = sizeof(makes) / sizeof(makes[0]);
	struct vf_outcome *o = calloc(n, sizeof(*o));
	struct vf_run run = run_of(o, n);
	int found = 1;

	for (int i = 0; i < 6; i++)
		if (strcmp(names[i], form) == 0) {
			/* made-up facts are shared, so each result is shown by itself but for the page */
			for (size_t k = 0; k < n && i != HTML; k++) {
				char *text = render_one(makes[k], (enum form)i);

				fputs(text, stdout);
				free(text);
			}
			found = 0;
		}
	if (strcmp(form, "html") == 0) {
		char *text;

		for (size_t k = 0; k < n; k++)
			makes[k](&o[k]);
		text = render(&run, HTML);
		fputs(text, stdout);
		free(text);
	}
	free(o);
	return found;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return strcmp(argv[1], "golden") == 0 ? show_golden() : show(argv[1]);
	test_golden();
	test_signed();
	test_foreign();
	test_foreign_limits();
	test_locale();
	test_ascii();
	test_color();
	test_hostile();
	test_html();
	test_stopped();
	test_time();
	test_words();
	test_exit();
	test_full();
	test_shown();
	return check_done();
}
