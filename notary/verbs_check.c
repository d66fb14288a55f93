/* check: the rules of a study over its records. */
#include <stdio.h>

#include "notary/rules_out.h"
#include "notary/verbs.h"
#include "verify/text.h"

const struct nt_option nt_check_options[] = {
	{"study", 0, "ID", "the study", true, false},
	{"rule", 0, "ID", "only this rule: P1 to G2", false, false},
	{"at", 0, "TIME", "what is due is measured by this time, RFC 3339 (default: now)", false, false},
	{"from", 0, "PATH", "where documents are now that are no longer where they were", false, true},
	{"subjects", 0, NULL, "persons by their keys: personal data", false, false},
	{0},
};

const char nt_check_details[] =
	"FAIL, INCONCLUSIVE, PASS-NOTE, PASS or N/A with a word of a closed list, and the records behind it. Exit\n"
	"status 1 when something fails, 2 when something cannot be decided. Rules never change what a proof\n"
	"proves. docs/rules.md explains each; a study lays its parameters down in a record of its own.";

static VF_RC read_options(const struct nt_cli *cli, const struct tr_rule **ret_rule, int64_t *ret_at, struct vf_err *reterr)
{
	const char *rule = nt_cli_get(cli, "rule"), *at = nt_cli_get(cli, "at");

	*ret_rule = rule ? tr_rule_find(vf_bytes_str(rule)) : NULL;
	if (rule && !*ret_rule)
		return vf_fail(reterr, VF_USAGE, "no rule '%s': docs/rules.md lists them", rule);
	*ret_at = nt_cli_now();
	if (at && !vf_time_read(vf_bytes_str(at), ret_at))
		return vf_fail(reterr, VF_USAGE, "'%s' is not a time like 2026-03-02T14:07:31Z", at);
	return VF_OK;
}

static size_t list_from(const struct nt_cli *cli, const char **from, size_t max)
{
	size_t n = 0;
	const char *path;

	while (n < max && (path = nt_cli_get_at(cli, "from", n)) != NULL)
		from[n++] = path;
	return n;
}

VF_RC nt_verb_check(struct nt_cli *cli, struct vf_err *reterr)
{
	VF_CLEANUP(nt_notary_freep) struct nt_notary *n = NULL;
	VF_CLEANUP(nt_case_freep) struct nt_case *c = NULL;
	struct nt_rules_shown how = {.json = cli->json, .subjects = nt_cli_has(cli, "subjects")};
	struct tr_findings f = {0};
	const struct tr_rule *rule;
	const char *from[256];
	int64_t at;
	enum vf_rc rc = read_options(cli, &rule, &at, reterr);

	if (rc == VF_OK)
		rc = nt_verb_open(cli, &n, reterr);
	if (rc == VF_OK)
		rc = nt_case_of_notary(n, vf_bytes_str(nt_cli_get(cli, "study")), at, from, list_from(cli, from, 256), &c, reterr);
	if (rc == VF_OK)
		rc = tr_rules_run(nt_case_get(c), rule, &f, reterr);
	if (rc == VF_OK) {
		cli->keep_text = true;
		nt_rules_put(&cli->text, c, &f, &how);
		rc = nt_rules_end(&f, reterr);
	}
	tr_findings_done(&f);
	return rc;
}
