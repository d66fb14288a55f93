/* check, report: the rules of a study over its records. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "notary/named_file.h"
#include "notary/rules_out.h"
#include "notary/verbs.h"
#include "trial/rules/report.h"
#include "verify/text.h"

const struct nt_option nt_check_options[] = {
	{"study", 0, "ID", "the study (with DIR)", false, false},
	{"bundle", 0, "FILE", "instead of DIR: a study bundle (.tnstudy)", false, false},
	{"trust", 0, "TRUST", "with --bundle: the trust directory by which it is judged first", false, false},
	{"rule", 0, "ID", "only this rule: P1 to G2", false, false},
	{"at", 0, "TIME", "what is due is measured by this time, RFC 3339 (default: now)", false, false},
	{"from", 0, "PATH", "where documents are that are neither in the bundle nor where they were", false, true},
	{"subjects", 0, NULL, "persons by their keys: personal data", false, false},
	{"all", 0, NULL, "each finding that is in order, too", false, false},
	{0},
};

const char nt_check_details[] =
	"FAIL, INCONCLUSIVE, PASS-NOTE, PASS or N/A with a word of a closed list, and the records behind it. Exit\n"
	"status 1 when something fails, 2 when something cannot be decided. Rules never change what a proof\n"
	"proves. docs/rules.md explains each; a study lays its parameters down in a record of its own.";

const struct nt_option nt_report_options[] = {
	{"study", 0, "ID", "the study (with DIR)", false, false},
	{"bundle", 0, "FILE", "instead of DIR: a study bundle (.tnstudy)", false, false},
	{"trust", 0, "TRUST", "with --bundle: the trust directory by which it is judged first", false, false},
	{"output", 'o', "FILE", "the report to make (HTML)", true, false},
	{"at", 0, "TIME", "what is due is measured by this time, RFC 3339 (default: now)", false, false},
	{"from", 0, "PATH", "where documents are that are neither in the bundle nor where they were", false, true},
	{"subjects", 0, NULL, "persons by their keys: personal data", false, false},
	{"force", 0, NULL, "replace a report that is there", false, false},
	{0},
};

const char nt_report_details[] =
	"One HTML file for people: the study over time, findings with the records behind them, versions, consents,\n"
	"completeness of streams, outcomes side by side, what was not checked. Nothing in it is fetched from\n"
	"anywhere. With the same records and --at it is the same, octet by octet. Exit status 0 whatever it finds.";

/* Their names are in upper case. */
static VF_RC unknown_rule(const char *rule, const char *shown, struct vf_err *reterr)
{
	char upper[8];
	size_t n = strlen(rule);

	for (size_t i = 0; i <= n && n < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)rule[i]);
	if (n < sizeof(upper) && tr_rule_find(vf_bytes_str(upper)))
		return vf_fail(reterr, VF_USAGE, "no rule '%s'; did you mean '%s'?", shown, upper);
	return vf_fail(reterr, VF_USAGE, "no rule '%s': docs/rules.md lists them", shown);
}

static VF_RC read_options(const struct nt_cli *cli, const struct tr_rule **ret_rule, int64_t *ret_at, struct vf_err *reterr)
{
	const char *rule = nt_cli_get(cli, "rule"), *at = nt_cli_get(cli, "at");

	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(rule ? rule : ""));
	*ret_rule = rule ? tr_rule_find(vf_bytes_str(rule)) : NULL;
	if (rule && !*ret_rule)
		return unknown_rule(rule, shown, reterr);
	*ret_at = nt_cli_now();
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(at ? at : ""));
	if (at && !vf_time_read(vf_bytes_str(at), ret_at))
		return vf_fail(reterr, VF_USAGE, "'%s' is not a time like 2026-03-02T14:07:31Z", shown);
	return VF_OK;
}

/* The case of the command line: of a notary's folder, or of a study bundle. *from is the caller's, and must stay as long as it. */
static VF_RC get_case(struct nt_cli *cli, int64_t at, const char ***from, struct nt_notary **n, struct nt_case **ret, struct vf_err *reterr)
{
	const char *bundle = nt_cli_get(cli, "bundle"), *study = nt_cli_get(cli, "study");
	struct nt_case_study how = {.trust = nt_cli_get(cli, "trust"), .now = nt_cli_now()};
	enum vf_rc rc = nt_cli_list(cli, "from", from, &how.n_from, reterr);

	how.from = *from;
	if (rc != VF_OK)
		return rc;
	if (bundle && (cli->n_args || study))
		return vf_fail(reterr, VF_USAGE, "--bundle stands for DIR and --study");
	if (bundle && !how.trust)
		return vf_fail(reterr, VF_USAGE, "--bundle needs --trust TRUST: only what is verified counts");
	if (bundle)
		return nt_case_of_study(bundle, &how, at, ret, reterr);
	if (how.trust || !study || cli->n_args != 1)
		return vf_fail(reterr, VF_USAGE, "give DIR and --study ID, or --bundle FILE and --trust TRUST");
	rc = nt_verb_open(cli, n, reterr);
	return rc == VF_OK ? nt_case_of_notary(*n, vf_bytes_str(study), at, how.from, how.n_from, ret, reterr) : rc;
}

/* The case, its findings, and what both were made of. */
struct checked {
	const char **from;
	struct nt_notary *n;
	struct nt_case *c;
	struct tr_findings f;
};

static void checked_done(struct checked *k)
{
	tr_findings_done(&k->f);
	k->c = nt_case_free(k->c);
	nt_notary_free(k->n);
	free(k->from);
}

static VF_RC check(struct nt_cli *cli, const struct tr_rule *rule, int64_t at, struct checked *k, struct vf_err *reterr)
{
	enum vf_rc rc = get_case(cli, at, &k->from, &k->n, &k->c, reterr);
	char shown[160];

	/* a mistyped name must not look like a study in order */
	if (rc == VF_OK && nt_case_get(k->c)->n_records == 0) {
		vf_text_escape(shown, sizeof(shown), nt_case_get(k->c)->study);
		rc = vf_fail(reterr, VF_UNKNOWN_RECORD, "there is no record of the study '%s': is its name right?", shown);
	}
	return rc == VF_OK ? tr_rules_run(nt_case_get(k->c), rule, &k->f, reterr) : rc;
}

VF_RC nt_verb_check(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(checked_done) struct checked k = {0};
	struct nt_rules_shown how = {.json = cli->json, .subjects = nt_cli_has(cli, "subjects"), .all = nt_cli_has(cli, "all")};
	const struct tr_rule *rule;
	int64_t at;
	enum vf_rc rc = read_options(cli, &rule, &at, reterr);

	if (rc == VF_OK)
		rc = check(cli, rule, at, &k, reterr);
	if (rc != VF_OK)
		return rc;
	cli->keep_text = true;
	nt_rules_put(&cli->text, k.c, &k.f, &how);
	return nt_rules_end(&k.f, reterr);
}

/* ---- report ---- */

/* All octets of it, whatever a study holds: 100,000 records make 5 MB. */
#define MAX_REPORT ((size_t)256 * 1024 * 1024)

static bool put_piece(void *ctx, struct vf_bytes piece)
{
	struct nt_buf *out = ctx;

	nt_buf_put(out, piece);
	return !out->failed;
}

static const char *proofs_of(const struct nt_cli *cli, const struct nt_case *c)
{
	if (!nt_cli_has(cli, "bundle"))
		return "Time-stamps and places in the log are as the notary has stored them; it verified each seal when it was made. A reader who does "
		       "not trust the notary checks the bundle of each record that matters, as shown at the end.";
	if (nt_case_absent(c).unverified)
		return "The study bundle was judged when this report was made, and it is not VERIFIED: not all of its records are, by the trust directory "
		       "that was given. trialverify says why.";
	return "Each record of the study bundle was judged when this report was made; what was rejected would have no "
	       "report. trialverify judges it again.";
}

static VF_RC put_report(const struct nt_cli *cli, const struct nt_case *c, const struct tr_findings *f, struct nt_buf *out,
	struct vf_err *reterr)
{
	struct tr_report r = {.c = nt_case_get(c),
		.findings = f,
		.parameters = nt_case_parameters(c),
		.parameters_absent = nt_case_absent(c).parameters,
		.subjects = nt_cli_has(cli, "subjects"),
		.source = nt_cli_has(cli, "bundle") ? "a study bundle" : "a notary's folder",
		.proofs = proofs_of(cli, c)};
	struct vf_sink s = {.put = put_piece, .ctx = out};
	enum vf_rc rc = tr_report_put(&s, &r, reterr);

	return rc == VF_OK ? nt_buf_check(out, reterr) : rc;
}

static void put_summary(struct nt_cli *cli, const struct tr_findings *f)
{
	struct tr_summary sum = tr_findings_sum(f, NULL);
	char shown[512];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(nt_cli_get(cli, "output")));
	nt_buf_putf(&cli->text, "%s: %zu FAIL, %zu INCONCLUSIVE, %zu PASS-NOTE, %zu PASS, %zu N/A\n", shown, sum.count[TR_FAIL],
		sum.count[TR_UNDECIDED], sum.count[TR_PASS_NOTE], sum.count[TR_PASS], sum.count[TR_NOT_APPLICABLE]);
}

static const struct nt_named_kind report_kind = {"report", 0, NT_PAGE_BEGIN};

VF_RC nt_verb_report(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf out = nt_buf(MAX_REPORT);
	VF_CLEANUP(checked_done) struct checked k = {0};
	const char *path = nt_cli_get(cli, "output");
	bool force = nt_cli_has(cli, "force");
	const struct tr_rule *rule;
	struct vf_hash digest;
	int64_t at;
	enum vf_rc rc = read_options(cli, &rule, &at, reterr);

	if (rc == VF_OK && !nt_cli_has(cli, "bundle"))
		rc = nt_verb_check_output(cli, reterr);
	if (rc == VF_OK)
		rc = nt_named_check(path, &report_kind, force, reterr);
	if (rc == VF_OK)
		rc = check(cli, NULL, at, &k, reterr);
	if (rc == VF_OK)
		rc = put_report(cli, k.c, &k.f, &out, reterr);
	if (rc == VF_OK)
		rc = nt_named_write(path, &report_kind, force, 0600, nt_buf_bytes(&out), reterr); /* for the eyes of who made it, until it is handed out */
	if (rc == VF_OK && cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "study", nt_case_get(k.c)->study);
		nt_cli_field(&cli->text, "path", vf_bytes_str(path));
		digest = vf_sha256(nt_buf_bytes(&out));
		nt_cli_hex_field(&cli->text, "sha256", vf_bytes(digest.b, sizeof(digest.b)));
		nt_buf_put_str(&cli->text, "}\n");
	} else if (rc == VF_OK) {
		put_summary(cli, &k.f);
	}
	return rc;
}
