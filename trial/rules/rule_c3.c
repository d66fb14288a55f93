#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>

#include "verify/text.h"

/* Domains of history and of what happened outside: their dates may be before any consent. */
static bool is_history(struct vf_bytes domain)
{
	static const char *const names[] = {"MH", "CM", "DM", "DS", "SU", "FA", "TS", "SE", "RELREC"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (vf_bytes_is(domain, names[i]))
			return true;
	return domain.n > 4 && vf_bytes_starts(domain, "SUPP");
}

struct counts {
	size_t rows, persons, not_counted, disputed, by[TR_VERDICT_COUNT];
};

/* The date of a row that counts; false for one that does not. */
static bool row_counts(const struct tr_case *c, const struct tr_case_fact *row, struct vf_bytes *ret_domain)
{
	const struct tr_kept_fact *domain = tr_case_item(row->file, row->fact->item, TR_F_ROW_DOMAIN);
	const struct tr_kept_fact *term = tr_case_item(row->file, row->fact->item, TR_F_ROW_TERM);

	*ret_domain = domain ? tr_kept_text(domain) : vf_bytes("", 0);
	return !is_history(*ret_domain) &&
		!tr_row_list_has(&c->parameters->screening_permitted, *ret_domain, term ? tr_kept_text(term) : vf_bytes("", 0));
}

/* When a person consented first, by all files. */
struct consent {
	struct tr_dated when;
	const struct tr_case_file *file; /* NULL: none says it */
	bool is_disputed;                /* the first consent in one file is certainly not that in another */
};

static struct consent consent_of(const struct tr_case *whole, const struct tr_case_subject *s)
{
	struct tr_dated here = tr_dated_none();
	struct consent c = {.when = tr_dated_none()};
	const struct tr_case_file *file = NULL;

	/* facts of a file stand together; behind the last one each file's own first date is known */
	for (size_t i = 0; i <= s->facts.n; i++) {
		const struct tr_case_fact *x = i < s->facts.n ? &s->facts.p[i] : NULL;
		struct tr_dated d;

		if (x && (x->fact->name != TR_F_CONSENT_DATE || !tr_study_holds(whole, x)))
			continue;
		if (file && (!x || x->file != file)) {
			c.is_disputed |= tr_dated_is(&c.when) && tr_dated_is(&here) && tr_dated_cmp(&c.when, &here) != 0;
			if (!c.file || !tr_dated_is(&c.when) || (tr_dated_is(&here) && here.when.hi < c.when.when.hi))
				c.file = file;
			c.when = tr_dated_first(&c.when, &here);
			file = NULL;
		}
		if (!x)
			break;
		d = tr_dated_of_fact(x->fact);
		here = file ? tr_dated_first(&here, &d) : d;
		file = x->file;
	}
	return c;
}

/* What weighs most of a person's rows is the person's finding. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_subject *s, struct counts *n,
	struct tr_findings *f, struct vf_err *reterr)
{
	const struct consent consent = consent_of(c, s);
	const struct tr_case_file *row_file = NULL;
	struct tr_dated first = tr_dated_none();
	char a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1], domain[24] = "";
	enum tr_word worst = TR_WORD_NONE;
	size_t rows = 0, bad = 0;
	struct tr_finding_draft d;

	for (size_t i = 0; i < s->facts.n; i++) {
		const struct tr_case_fact *row = &s->facts.p[i];
		struct tr_dated when;
		struct vf_bytes name;
		enum tr_word word;

		if (row->fact->name != TR_F_ROW_DATE)
			continue;
		if (!row_counts(c, row, &name)) {
			n->not_counted++;
			continue;
		}
		rows++;
		when = tr_dated_of_fact(row->fact);
		word = tr_no_later(&consent.when, &when, false);
		bad += tr_word_verdict(word) == TR_FAIL ? 1 : 0;
		if (row_file && tr_word_verdict(word) <= tr_word_verdict(worst))
			continue;
		worst = word;
		first = when;
		row_file = row->file;
		vf_text_escape(domain, sizeof(domain), name);
	}
	if (rows == 0)
		return VF_OK;
	n->rows += rows;
	n->persons++;
	n->disputed += consent.is_disputed ? 1 : 0;
	n->by[tr_word_verdict(worst)]++;
	if (worst == TR_WORD_NONE)
		return VF_OK;
	tr_dated_put(a, &consent.when);
	tr_dated_put(b, &first);
	d = tr_study_draft(worst, "", consent.file ? consent.file->record : NULL, row_file->record);
	d.about = s->key;
	d.about_person = true;
	return tr_find(f, rule, &d, reterr, "consent: %s; a row of %s: %s; rows before the consent: %zu of %zu%s", a, domain, b, bad, rows,
		consent.is_disputed ? "; another file has another date of consent" : "");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct counts n = {0};
	struct tr_finding_draft d;
	char more[80] = "";
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_subjects; i++)
		rc = judge(rule, c, &c->subjects[i], &n, f, reterr);
	if (rc != VF_OK || n.persons == 0 || n.by[TR_PASS] == 0)
		return rc;
	if (n.disputed)
		snprintf(more, sizeof(more), "; persons whose files have different dates of consent: %zu", n.disputed);
	d = tr_study_draft(TR_WORD_NONE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "persons all of whose dated rows are after the consent: %zu of %zu; dated rows: %zu; of history or permitted "
		"before it, not counted: %zu%s", n.by[TR_PASS], n.persons, n.rows, n.not_counted, more);
}

const struct tr_rule tr_rule_c3 = {
	.id = "C3",
	.title = "consent precedes procedures",
	.text = "Nobody was examined, treated or visited before consenting (ICH E6(R3) 2.8.1). Medical history, earlier medication, and what the study "
		"permits before consent do not count.",
	.inputs = "consent dates and dated rows of data sets (LB, VS, EG, QS, SV, EX, AE and other findings)",
	.laid_down = TR_LAID_PARAMETERS | TR_LAID_MAPPING,
	.reads = TR_READS(TR_F_CONSENT_DATE, TR_F_ROW_DATE, TR_F_SUBJECT_KEY),
	.broken = "examined, treated or visited before the consent",
	.run = run,
};
