/* Findings, rule by rule, those that matter first. */
#include "trial/rules/report.h"

/* Findings of one verdict of a rule that are shown one by one. */
#define SHOWN 25
#define SHOWN_PASS 6

static const char *const classes[TR_VERDICT_COUNT] = {"NA", "PASS", "NOTE", "INCONCLUSIVE", "FAIL"};

static void put_verdict(struct vf_sink *s, const struct tr_finding *x)
{
	vf_sink_putf(s, "<span class=\"verdict %s\">%s</span> ", classes[x->verdict], tr_verdict_name(x->verdict));
}

static void put_finding(struct vf_sink *s, const struct tr_finding *x)
{
	vf_sink_str(s, "<li>");
	put_verdict(s, x);
	if (x->about[0]) {
		vf_sink_str(s, "<b>");
		tr_report_text(s, vf_bytes_str(x->about));
		vf_sink_str(s, "</b>: ");
	}
	tr_report_text(s, vf_bytes_str(x->detail));
	if (x->word != TR_WORD_NONE) {
		vf_sink_str(s, ". <span class=\"soft\">");
		vf_sink_putf(s, "%s: %s", tr_word_name(x->word), tr_word_about(x->word));
		vf_sink_str(s, "</span>");
	}
	for (size_t i = 0; i < x->n_records; i++) {
		vf_sink_str(s, i ? " " : " &mdash; ");
		tr_report_link(s, &x->records[i]);
	}
	vf_sink_str(s, "</li>\n");
}

/* Persons are counted for each word, unless they are asked for. */
static void put_persons(struct vf_sink *s, const struct tr_findings *f, const struct tr_rule *rule, enum tr_verdict verdict)
{
	for (int word = 0; word < TR_WORD_COUNT; word++) {
		const struct tr_finding *first = NULL;
		size_t n = 0;

		for (size_t i = 0; i < f->n; i++) {
			const struct tr_finding *x = &f->p[i];

			if (x->rule != rule || x->verdict != verdict || !x->about_person || x->word != (enum tr_word)word)
				continue;
			first = first ? first : x;
			n++;
		}
		if (n == 0)
			continue;
		vf_sink_str(s, "<li>");
		put_verdict(s, first);
		vf_sink_putf(s, "<b>%zu %s</b>", n, n == 1 ? "person" : "persons");
		if (word != TR_WORD_NONE)
			vf_sink_putf(s, " <span class=\"soft\">%s: %s</span>", tr_word_name((enum tr_word)word), tr_word_about((enum tr_word)word));
		vf_sink_str(s, "</li>\n");
	}
}

static void put_some(struct vf_sink *s, const struct tr_report *r, const struct tr_rule *rule, enum tr_verdict verdict)
{
	size_t n = 0;
	/* what is in order needs no long list */
	const size_t shown = verdict == TR_PASS ? SHOWN_PASS : SHOWN;

	for (size_t i = 0; i < r->findings->n; i++) {
		const struct tr_finding *x = &r->findings->p[i];

		if (x->rule != rule || x->verdict != verdict || (x->about_person && !r->subjects))
			continue;
		if (n++ < shown)
			put_finding(s, x);
	}
	if (n > shown)
		vf_sink_putf(s, "<li class=\"soft\">and %zu more with this verdict: 'trialnotary check --rule %s' shows them</li>\n", n - shown, rule->id);
	if (!r->subjects)
		put_persons(s, r->findings, rule, verdict);
}

static void put_rule(struct vf_sink *s, const struct tr_report *r, const struct tr_rule *rule)
{
	vf_sink_putf(s, "<div class=\"rule\" id=\"%s\"><h3>%s: %s</h3><p class=\"soft\">", rule->id, rule->id, rule->title);
	vf_sink_str(s, rule->text);
	vf_sink_str(s, "</p><ul class=\"findings\">\n");
	for (int v = TR_FAIL; v > TR_NOT_APPLICABLE; v--)
		put_some(s, r, rule, (enum tr_verdict)v);
	vf_sink_str(s, "</ul></div>\n");
}

/* Rules whose worst verdict is this one, in their order. */
static void put_rules(struct vf_sink *s, const struct tr_report *r, enum tr_verdict worst)
{
	const struct tr_rule *rule;

	for (size_t i = 0; (rule = tr_rule_at(i)) != NULL; i++)
		if (tr_findings_sum(r->findings, rule).worst == worst)
			put_rule(s, r, rule);
}

void tr_report_findings(struct vf_sink *s, const struct tr_report *r)
{
	const struct tr_rule *rule;
	size_t n = 0;

	vf_sink_str(s, "<h2 id=\"findings\">Findings</h2>\n");
	for (int v = TR_FAIL; v > TR_NOT_APPLICABLE; v--)
		put_rules(s, r, (enum tr_verdict)v);
	vf_sink_str(s, "<p class=\"soft\">Nothing to look at: ");
	for (size_t i = 0; (rule = tr_rule_at(i)) != NULL; i++)
		if (tr_findings_sum(r->findings, rule).worst == TR_NOT_APPLICABLE)
			vf_sink_putf(s, "%s%s (%s)", n++ ? ", " : "", rule->id, rule->title);
	vf_sink_str(s, n ? ".</p>\n" : "no rule.</p>\n");
}
