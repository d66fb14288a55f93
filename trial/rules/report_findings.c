/* Findings, rule by rule, those that matter first. */
#include "trial/rules/report.h"

/* Findings of one verdict of a rule that are shown one by one. */
#define SHOWN 25
#define SHOWN_PASS 3
/* Lines of the list of what to look at first. */
#define SHOWN_FIRST 12

static const char *const classes[TR_VERDICT_COUNT] = {"NA", "PASS", "NOTE", "INCONCLUSIVE", "FAIL"};

static void put_verdict(struct vf_sink *s, const struct tr_finding *x)
{
	vf_sink_putf(s, "<span class=\"verdict %s\">%s</span> ", classes[x->verdict], tr_verdict_name(x->verdict));
}

static void put_finding(struct vf_sink *s, const struct tr_report *r, const struct tr_finding *x)
{
	vf_sink_str(s, "<li>");
	put_verdict(s, x);
	if (x->about[0]) {
		vf_sink_str(s, "<b>");
		tr_report_quote(s, r, x, x->about);
		vf_sink_str(s, "</b>: ");
	}
	tr_report_quote(s, r, x, x->detail);
	if (x->word != TR_WORD_NONE) {
		vf_sink_putf(s, " <span class=\"soft\">(%s: %s)</span>", tr_word_name(x->word), tr_word_about(x->word));
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
			vf_sink_putf(s, ": %s <span class=\"soft\">(%s)</span>", tr_rule_of_persons(first->rule, (enum tr_word)word), tr_word_name((enum tr_word)word));
		for (size_t i = 0; n == 1 && i < first->n_records; i++) {
			vf_sink_str(s, i ? " " : " &mdash; ");
			tr_report_link(s, &first->records[i]);
		}
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
			put_finding(s, r, x);
	}
	if (n > shown)
		vf_sink_putf(s, "<li class=\"soft\">and %zu more with this verdict: 'trialnotary check --rule %s' shows them</li>\n", n - shown, rule->id);
	if (!r->subjects)
		put_persons(s, r->findings, rule, verdict);
}

/* Once for each word that the rule has found: who has to do what. */
static void put_advice(struct vf_sink *s, const struct tr_report *r, const struct tr_rule *rule)
{
	bool said[TR_WORD_COUNT] = {false}, broken = false;

	for (size_t i = 0; i < r->findings->n; i++) {
		const struct tr_finding *x = &r->findings->p[i];
		bool again = said[x->word] || (x->verdict == TR_FAIL && broken);

		if (x->rule != rule || x->verdict < TR_UNDECIDED || again)
			continue;
		said[x->word] = true;
		broken |= x->verdict == TR_FAIL; /* one sentence for all words */
		vf_sink_str(s, "<div class=\"todo\">");
		vf_sink_putf(s, "<b>%s</b>", tr_report_who(rule));
		if (x->verdict == TR_UNDECIDED)
			vf_sink_putf(s, " (%s)", tr_word_name(x->word));
		vf_sink_putf(s, ": %s.</div>\n", tr_report_advice(rule, x->word));
	}
}

static void put_rule(struct vf_sink *s, const struct tr_report *r, const struct tr_rule *rule)
{
	vf_sink_putf(s, "<div class=\"rule\" id=\"%s\"><h3>%s: %s</h3><p class=\"soft\">", rule->id, rule->id, rule->title);
	vf_sink_str(s, rule->text);
	vf_sink_str(s, "</p><ul class=\"findings\">\n");
	for (int v = TR_FAIL; v > TR_NOT_APPLICABLE; v--)
		put_some(s, r, rule, (enum tr_verdict)v);
	vf_sink_str(s, "</ul>");
	put_advice(s, r, rule);
	vf_sink_str(s, "</div>\n");
}

/* ---- what to look at first ---- */

/* Of the same rule and verdict; about persons are one line, whoever they are. */
static size_t count_of(const struct tr_findings *f, const struct tr_rule *rule, enum tr_verdict verdict, const struct tr_finding **ret_first)
{
	size_t n = 0;

	*ret_first = NULL;
	for (size_t i = 0; i < f->n; i++)
		if (f->p[i].rule == rule && f->p[i].verdict == verdict && n++ == 0)
			*ret_first = &f->p[i];
	return n;
}

/* One line a rule: what it is, how often, and the first of it. */
static void put_first(struct vf_sink *s, const struct tr_report *r, const struct tr_finding *x, size_t n)
{
	vf_sink_str(s, "<li>");
	put_verdict(s, x);
	vf_sink_putf(s, "<a href=\"#%s\"><b>%s %s</b></a> &mdash; ", x->rule->id, x->rule->id, x->rule->title);
	if (x->about_person && !r->subjects) {
		vf_sink_putf(s, "%zu %s: %s", n, n == 1 ? "person" : "persons", tr_rule_of_persons(x->rule, x->word));
	} else {
		tr_report_quote(s, r, x, x->about);
		vf_sink_str(s, ": ");
		/* the words of these say nothing of what is wrong, or what there is to decide */
		if (x->verdict == TR_FAIL || x->word == TR_WORD_NEEDS_READER)
			tr_report_quote(s, r, x, x->detail);
		else
			vf_sink_str(s, tr_word_about(x->word));
		if (n > 1)
			vf_sink_putf(s, ", and %zu more", n - 1);
	}
	vf_sink_putf(s, "<div class=\"todo\"><b>%s</b>: %s.</div></li>\n", tr_report_who(x->rule), tr_report_advice(x->rule, x->word));
}

void tr_report_first(struct vf_sink *s, const struct tr_report *r)
{
	const struct tr_finding *x;
	const struct tr_rule *rule;
	size_t n, lines = 0, more = 0;

	vf_sink_str(s, "<h2 id=\"first\">What to look at first</h2>\n<ul class=\"findings first\">\n");
	for (int v = TR_FAIL; v >= TR_UNDECIDED; v--)
		for (size_t i = 0; (rule = tr_rule_at(i)) != NULL; i++) {
			n = count_of(r->findings, rule, (enum tr_verdict)v, &x);
			if (n == 0)
				continue;
			if (lines++ < SHOWN_FIRST)
				put_first(s, r, x, n);
			else
				more++;
		}
	if (lines == 0)
		vf_sink_str(s, "<li>Nothing: no rule is broken, and each could be decided.</li>\n");
	if (more)
		vf_sink_putf(s, "<li class=\"soft\">and %zu more %s: see the findings below</li>\n", more, more == 1 ? "rule" : "rules");
	vf_sink_str(s, "</ul>\n<p class=\"soft\">A rule that is broken is a question to the study, not a judgement: the record may be wrong, or what it "
		       "tells. What could not be decided is neither good nor bad: the finding says what is missing.</p>\n");
}

/* ---- all findings ---- */

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

	vf_sink_str(s, "<h2 id=\"findings\">Findings, rule by rule</h2>\n<p class=\"soft\">Rules that are broken come first. Behind each date stands who says it: "
		       "(declared) the document itself, (signed) its signer, (registry) a public registry, (anchored) a time-stamp, which proves that it existed by then. "
		       "Eight letters and digits are the beginning of a record's ID and lead to its row.</p>\n");
	for (int v = TR_FAIL; v > TR_NOT_APPLICABLE; v--)
		put_rules(s, r, (enum tr_verdict)v);
	vf_sink_str(s, "<h3 id=\"none\">Rules with nothing to look at</h3><p class=\"soft\"><span class=\"verdict NA\">N/A</span> ");
	for (size_t i = 0; (rule = tr_rule_at(i)) != NULL; i++)
		if (tr_findings_sum(r->findings, rule).worst == TR_NOT_APPLICABLE)
			vf_sink_putf(s, "%s%s (%s)", n++ ? ", " : "", rule->id, rule->title);
	vf_sink_str(s, n ? ".</p>\n" : "None.</p>\n");
}
