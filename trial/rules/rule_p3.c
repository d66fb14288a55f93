#include "trial/rules/own.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* The last visit: the last one of all, or when the last person ended; else the last treatment or the end of the study. */
static struct tr_dated last_visit(const struct tr_case *c)
{
	static const enum tr_fact_name names[] = {TR_F_SUBJECT_TREATED_LAST, TR_F_STUDY_END};
	const struct tr_case_file *file;
	struct tr_dated best = tr_study_latest(c, TR_F_SUBJECT_END, &file);

	for (size_t i = 0; i < c->by_name[TR_F_ROW_DATE].n; i++) {
		const struct tr_case_fact *row = &c->by_name[TR_F_ROW_DATE].p[i];
		const struct tr_kept_fact *domain = tr_case_item(row->file, row->fact->item, TR_F_ROW_DOMAIN);
		struct tr_dated d = tr_dated_of_fact(row->fact);

		if (domain && vf_bytes_is(tr_kept_text(domain), "SV"))
			best = tr_dated_last(&best, &d);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !tr_dated_is(&best); i++)
		best = tr_study_latest(c, names[i], &file);
	return best;
}

static bool says_yes(const struct tr_kept_fact *f)
{
	struct vf_bytes v = f ? tr_kept_text(f) : vf_bytes("", 0);

	return vf_bytes_is(v, "yes") || vf_bytes_is(v, "Yes") || vf_bytes_is(v, "true");
}

/* A document with a consent form that the registry shows. */
struct posting {
	const struct tr_case_file *file;
	struct tr_dated uploaded, own, posted;
	enum tr_word word;
};

/* When it came there, or at least when a copy of the record was notarised. */
static struct posting posting_of(const struct tr_case_fact *icf, const struct tr_dated *limit)
{
	struct tr_dated anchor = tr_case_anchor(icf->file->record);
	struct posting p = {.file = icf->file,
		.uploaded = tr_dated_of_fact(tr_case_item(icf->file, icf->fact->item, TR_F_DOC_UPLOADED)),
		.own = tr_dated_of_fact(tr_case_item(icf->file, icf->fact->item, TR_F_DOC_DATE))};

	p.posted = tr_dated_is(&p.uploaded) && tr_dated_is(&anchor) && anchor.when.hi < p.uploaded.when.hi ? anchor : p.uploaded;
	if (!tr_dated_is(&p.uploaded) && !p.uploaded.is_bad)
		p.posted = anchor;
	p.word = tr_no_later(&p.posted, limit, false);
	if (!tr_dated_is(&p.uploaded) && !p.uploaded.is_bad && p.word != TR_WORD_NONE) /* a late copy does not show a late posting */
		p.word = tr_dated_is(&p.own) ? TR_WORD_PROXY_ONLY : TR_WORD_MISSING_DATE;
	return p;
}

static VF_RC say(const struct tr_rule *rule, const struct posting *p, const struct tr_dated *limit, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1], x[TR_DATED_LEN + 1], o[TR_DATED_LEN + 1], l[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	tr_study_file(about, p->file);
	tr_dated_put(x, tr_dated_is(&p->posted) ? &p->posted : &p->uploaded);
	tr_dated_put(o, &p->own);
	tr_dated_put(l, limit);
	d = tr_study_draft(p->word, about, p->file->record, NULL);
	return tr_find(f, rule, &d, reterr, "consent form posted: %s; its own date: %s; limit: %s", x, o, l);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *icf = &c->by_name[TR_F_DOC_ICF];
	struct tr_dated last = last_visit(c), limit = tr_dated_plus_days(&last, c->parameters->posting_days), now = tr_dated_anchor(c->as_of);
	char l[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
	struct posting best = {0}, p;

	if (!c->parameters->federally_funded)
		return VF_OK;
	/* one form is enough: that of the best verdict */
	for (size_t i = 0; i < icf->n; i++) {
		if (!says_yes(icf->p[i].fact) || !tr_own_is(icf->p[i].file, icf->p[i].fact->item))
			continue;
		p = posting_of(&icf->p[i], &limit);
		if (!best.file || tr_word_verdict(p.word) < tr_word_verdict(best.word))
			best = p;
	}
	if (best.file)
		return say(rule, &best, &limit, f, reterr);
	tr_dated_put(l, &limit);
	if (!tr_dated_is(&limit)) {
		d = tr_study_draft(TR_WORD_MISSING_DATE, "study", NULL, NULL);
		return tr_find(f, rule, &d, reterr, "no consent form is posted; the last visit is not known");
	}
	if (tr_no_later(&now, &limit, false) == TR_WORD_NONE)
		return VF_OK; /* not due yet */
	d = tr_study_draft(tr_dated_cmp(&now, &limit) > 0 ? tr_case_absent(c, TR_WORD_MISSING) : TR_WORD_PARTIAL_DATE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "no consent form is posted; limit: %s", l);
}

const struct tr_rule tr_rule_p3 = {
	.id = "P3",
	.title = "consent form posted",
	.text = "A trial with federal funding (45 CFR 46.116(h)) posts one consent form that was used to enrol, within 60 days of the "
		"last visit. The study says in its parameters whether it is one.",
	.inputs = "documents that a registry record lists, visits, the study's parameters",
	.laid_down = TR_LAID_PARAMETERS,
	.run = run,
};
