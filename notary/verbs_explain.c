/* explain: what a code, a kind, the links between kinds or a rule mean. */
#include <string.h>

#include "notary/verbs.h"
#include "trial/details.h"
#include "trial/rules/rule.h"
#include "verify/text.h"

static void put_quoted(struct nt_buf *out, const char *name, const char *text)
{
	nt_buf_putf(out, ",\"%s\":", name);
	nt_cli_put_json(out, vf_bytes_str(text));
}

static VF_RC explain_code(struct nt_cli *cli, enum vf_rc rc)
{
	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "code", vf_bytes_str(vf_rc_name(rc)));
		nt_cli_field(&cli->text, "text", vf_bytes_str(vf_rc_text(rc)));
		nt_cli_field(&cli->text, "next", vf_bytes_str(vf_rc_next(rc)));
		nt_buf_putf(&cli->text, ",\"exit\":%d}\n", vf_rc_exit(rc));
		return VF_OK;
	}
	nt_buf_putf(&cli->text, "%s (exit status %d)\n  %s\n  Next: %s\n", vf_rc_name(rc), vf_rc_exit(rc),
		vf_rc_text(rc), vf_rc_next(rc));
	return VF_OK;
}

/* The schema without the white space between its values: no string of it holds a control. */
static void put_rules(struct nt_buf *out, struct vf_bytes rules)
{
	nt_buf_put_str(out, ",\"rules\":");
	for (size_t i = 0; i < rules.n; i++)
		if (rules.p[i] >= 0x20)
			nt_buf_put_u8(out, rules.p[i]);
}

static void put_fields(struct nt_buf *out, const struct tr_schema *rules)
{
	struct tr_field f;

	for (size_t i = 0; tr_schema_field(rules, i, &f); i++)
		if (strcmp(f.name, "schema") != 0)
			nt_buf_putf(out, "  %-16s %-8s  %-9s %s%s%s%s\n", f.name, f.is_required ? "required" : "",
				f.format[0] ? f.format : f.type, f.description, f.choices[0] ? " One of: " : "", f.choices,
				f.choices[0] ? "." : "");
}

static void put_kind_links(struct nt_buf *out, enum tr_kind kind)
{
	for (unsigned t = TR_LINK_NONE + 1; t < TR_LINK_COUNT; t++) {
		bool first = true;

		for (unsigned to = TR_KIND_NONE + 1; to < TR_KIND_COUNT; to++) {
			if (!tr_link_is_sensible((enum tr_link_type)t, kind, (enum tr_kind)to))
				continue;
			nt_buf_putf(out, first ? "  %s: " : ", ", tr_link_name((enum tr_link_type)t));
			nt_buf_put_str(out, tr_kind_name((enum tr_kind)to));
			first = false;
		}
		if (!first)
			nt_buf_put_str(out, "\n");
	}
}

static void put_rule_fields(struct nt_buf *out, const struct tr_rule *rule)
{
	put_quoted(out, "title", rule->title);
	put_quoted(out, "text", rule->text);
	put_quoted(out, "inputs", rule->inputs);
	nt_buf_putf(out, ",\"warning\":%s}", rule->warning ? "true" : "false");
}

static void explain_rules(struct nt_cli *cli)
{
	const struct tr_rule *rule;

	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"rules\":[");
	}
	for (size_t i = 0; (rule = tr_rule_at(i)) != NULL; i++) {
		if (!cli->json) {
			nt_buf_putf(&cli->text, "%-3s %s\n", rule->id, rule->title);
			continue;
		}
		nt_buf_putf(&cli->text, "%s{\"rule\":\"%s\"", i > 0 ? "," : "", rule->id);
		put_rule_fields(&cli->text, rule);
	}
	if (cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
}

static void explain_rule(struct nt_cli *cli, const struct tr_rule *rule)
{
	if (cli->json) {
		nt_cli_begin(cli);
		put_quoted(&cli->text, "rule", rule->id);
		put_rule_fields(&cli->text, rule);
		nt_buf_put_str(&cli->text, "\n");
		return;
	}
	nt_buf_putf(&cli->text, "%s: %s\n  %s\n  Looks at: %s\n", rule->id, rule->title, rule->text, rule->inputs);
	if (rule->warning)
		nt_buf_put_str(&cli->text, "  A warning: it never says FAIL.\n");
}

static VF_RC explain_kind(struct nt_cli *cli, enum tr_kind kind, struct vf_err *reterr)
{
	struct tr_rulebook book = {0};
	const struct tr_schema *rules;
	enum vf_rc rc;

	if (cli->json) {
		nt_cli_begin(cli);
		nt_cli_field(&cli->text, "kind", vf_bytes_str(tr_kind_name(kind)));
		put_quoted(&cli->text, "text", tr_kind_text(kind));
		nt_buf_putf(&cli->text, ",\"personal\":%s", tr_kind_is_personal(kind) ? "true" : "false");
		put_rules(&cli->text, tr_details_rules(kind));
		nt_buf_put_str(&cli->text, "}\n");
		return VF_OK;
	}
	rc = tr_rulebook_get(&book, kind, &rules, reterr);
	if (rc == VF_OK) {
		nt_buf_putf(&cli->text, "%s: %s\n\nDetails:\n", tr_kind_name(kind), tr_kind_text(kind));
		put_fields(&cli->text, rules);
		nt_buf_put_str(&cli->text, "\nLinks:\n");
		put_kind_links(&cli->text, kind);
	}
	tr_rulebook_done(&book);
	return rc;
}

static void put_link_json(struct nt_buf *out, enum tr_link_type t)
{
	bool first = true;

	put_quoted(out, "text", tr_link_text(t));
	nt_buf_put_str(out, ",\"between\":[");
	for (unsigned from = TR_KIND_NONE + 1; from < TR_KIND_COUNT; from++) {
		for (unsigned to = TR_KIND_NONE + 1; to < TR_KIND_COUNT; to++) {
			if (!tr_link_is_sensible(t, (enum tr_kind)from, (enum tr_kind)to))
				continue;
			nt_buf_putf(out, "%s{\"from\":\"%s\",\"to\":\"%s\"}", first ? "" : ",",
				tr_kind_name((enum tr_kind)from), tr_kind_name((enum tr_kind)to));
			first = false;
		}
	}
	nt_buf_put_str(out, "]}");
}

static VF_RC explain_links(struct nt_cli *cli)
{
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"links\":[");
		for (unsigned t = TR_LINK_NONE + 1; t < TR_LINK_COUNT; t++) {
			nt_buf_putf(&cli->text, "%s{\"type\":\"%s\"", t > 1 ? "," : "",
				tr_link_name((enum tr_link_type)t));
			put_link_json(&cli->text, (enum tr_link_type)t);
		}
		nt_buf_put_str(&cli->text, "]}\n");
		return VF_OK;
	}
	for (unsigned t = TR_LINK_NONE + 1; t < TR_LINK_COUNT; t++)
		nt_buf_putf(&cli->text, "%-12s %s\n", tr_link_name((enum tr_link_type)t),
			tr_link_text((enum tr_link_type)t));
	for (unsigned k = TR_KIND_NONE + 1; k < TR_KIND_COUNT; k++) {
		nt_buf_putf(&cli->text, "\n%s\n", tr_kind_name((enum tr_kind)k));
		put_kind_links(&cli->text, (enum tr_kind)k);
	}
	return VF_OK;
}

VF_RC nt_verb_explain(struct nt_cli *cli, struct vf_err *reterr)
{
	enum vf_rc code = vf_rc_find(cli->args[0]);
	enum tr_kind kind = tr_kind_find(vf_bytes_str(cli->args[0]));
	const struct tr_rule *rule;
	char shown[80];

	if (code != VF_RC_COUNT)
		return explain_code(cli, code);
	if (kind != TR_KIND_NONE)
		return explain_kind(cli, kind, reterr);
	if (strcmp(cli->args[0], "links") == 0)
		return explain_links(cli);
	if (strcmp(cli->args[0], "rules") == 0) {
		explain_rules(cli);
		return VF_OK;
	}
	rule = tr_rule_find(vf_bytes_str(cli->args[0]));
	if (rule) {
		explain_rule(cli, rule);
		return VF_OK;
	}
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(cli->args[0]));
	return vf_fail(reterr, VF_USAGE,
		"no code, kind or rule '%s': codes are the upper-case words of messages, kinds stand in 'trialnotary "
		"submit --help'",
		shown);
}
