#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include "verify/text.h"

/* Withdrawn from treatment alone: the study may go on, so a person has to look. */
static bool is_partial(const struct tr_case_file *file, const struct tr_kept_fact *w)
{
	static const char word[] = "treatment";
	const struct tr_kept_fact *scope = tr_case_item(file, w->item, TR_F_WITHDRAWAL_SCOPE);
	struct vf_bytes text = scope ? tr_kept_text(scope) : vf_bytes("", 0), part;

	for (size_t at = 0; vf_bytes_slice(text, at, sizeof(word) - 1, &part); at++) {
		size_t i = 0;

		while (i < part.n && (part.p[i] | 0x20) == word[i])
			i++;
		if (i == part.n)
			return true;
	}
	return vf_bytes_is(text, "partial");
}

/* The first withdrawal from the study, and when it was; from a part of it, as from treatment, only where there is no other. */
static const struct tr_kept_fact *withdrawal_of(const struct tr_case *c, const struct tr_case_subject *s, const struct tr_case_file **ret_file, struct tr_dated *ret)
{
	const struct tr_kept_fact *first = NULL;
	struct tr_dated best = tr_dated_none();
	bool partial = false;

	for (size_t i = 0; i < s->facts.n; i++) {
		struct tr_dated d;
		bool part;

		if (s->facts.p[i].fact->name != TR_F_WITHDRAWAL_DATE || !tr_study_holds(c, &s->facts.p[i]))
			continue;
		d = tr_dated_of_fact(s->facts.p[i].fact);
		part = is_partial(s->facts.p[i].file, s->facts.p[i].fact);
		if (first && part > partial)
			continue;
		*ret = first && part == partial ? tr_dated_first(ret, &d) : d;
		if (first && part == partial && (!tr_dated_is(&d) || (tr_dated_is(&best) && d.when.hi >= best.when.hi)))
			continue;
		partial = part;
		first = s->facts.p[i].fact;
		*ret_file = s->facts.p[i].file;
		best = d;
	}
	return first;
}

struct worst {
	enum tr_word word;
	struct tr_dated when;
	const struct tr_case_file *file;
	char domain[24];
	size_t rows, after;
};

static void look_at(const struct tr_case *c, const struct tr_case_fact *row, const struct tr_dated *w, struct worst *x)
{
	const struct tr_kept_fact *domain = tr_case_item(row->file, row->fact->item, TR_F_ROW_DOMAIN);
	const struct tr_kept_fact *term = tr_case_item(row->file, row->fact->item, TR_F_ROW_TERM);
	struct vf_bytes name = domain ? tr_kept_text(domain) : vf_bytes("", 0);
	struct tr_dated when = tr_dated_of_fact(row->fact);
	enum tr_word word = tr_no_later(&when, w, false);

	/* the disposition itself, and what the study allows afterwards */
	if (vf_bytes_is(name, "DS") || vf_bytes_is(name, "DM") ||
		tr_row_list_has(&c->parameters->permitted_visits, name, term ? tr_kept_text(term) : vf_bytes("", 0)))
		return;
	x->rows++;
	x->after += word == TR_WORD_ORDER ? 1 : 0;
	if (word == TR_WORD_MISSING_DATE || (x->file && tr_word_verdict(word) <= tr_word_verdict(x->word)))
		return;
	x->word = word;
	x->when = when;
	x->file = row->file;
	vf_text_escape(x->domain, sizeof(x->domain), name);
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_subject *s, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_case_file *file = NULL;
	struct tr_dated w = tr_dated_none();
	const struct tr_kept_fact *fact = withdrawal_of(c, s, &file, &w);
	struct worst x = {.word = TR_WORD_NONE, .when = tr_dated_none()};
	char a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	if (!fact)
		return VF_OK;
	for (size_t i = 0; i < s->facts.n; i++)
		if (s->facts.p[i].fact->name == TR_F_ROW_DATE)
			look_at(c, &s->facts.p[i], &w, &x);
	if (x.word == TR_WORD_ORDER && is_partial(file, fact))
		x.word = TR_WORD_NEEDS_READER;
	tr_dated_put(a, &w);
	tr_dated_put(b, &x.when);
	d = tr_study_draft(x.word, "", file->record, x.file ? x.file->record : NULL);
	d.about = s->key;
	d.about_person = true;
	if (x.word == TR_WORD_NONE)
		return tr_find(f, rule, &d, reterr, "withdrawn: %s; dated rows: %zu, none after it", a, x.rows);
	return tr_find(f, rule, &d, reterr, "withdrawn: %s; a row of %s: %s; rows after it: %zu of %zu", a, x.domain, b, x.after, x.rows);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_subjects; i++)
		rc = judge(rule, c, &c->subjects[i], f, reterr);
	return rc;
}

const struct tr_rule tr_rule_d1 = {
	.id = "D1",
	.title = "no data after withdrawal",
	.text = "Nothing was collected from a person after the person withdrew, but for the visits that the study permits (21 CFR 50.25(a)(8), ICH E6(R3) "
		"2.8.6). What was entered later and collected before is no fault. Who withdrew from treatment alone may still be visited: a person has to "
		"look at it.",
	.inputs = "withdrawal dates and dated rows of data sets, the study's parameters",
	.laid_down = TR_LAID_PARAMETERS | TR_LAID_MAPPING,
	.reads = TR_READS(TR_F_WITHDRAWAL_DATE, TR_F_ROW_DATE),
	.broken = "data collected after the withdrawal",
	.run = run,
};
