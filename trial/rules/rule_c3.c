#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include "verify/text.h"

/* Domains of history and of what happened outside: their dates may be before any consent. */
static bool is_history(struct vf_bytes domain)
{
	static const char *const names[] = {"MH", "CM", "DM", "DS", "SU", "FA", "IE", "TS", "SE", "RELREC"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (vf_bytes_is(domain, names[i]))
			return true;
	return domain.n > 4 && vf_bytes_starts(domain, "SUPP");
}

struct counts {
	size_t rows, persons, not_counted, by[TR_VERDICT_COUNT];
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

static struct tr_dated consent_of(const struct tr_case_subject *s, const struct tr_case_file **ret_file)
{
	struct tr_dated best = tr_dated_none();

	*ret_file = NULL;
	for (size_t i = 0; i < s->facts.n; i++) {
		struct tr_dated d;

		if (s->facts.p[i].fact->name != TR_F_CONSENT_DATE)
			continue;
		d = tr_dated_of_fact(s->facts.p[i].fact);
		if (!*ret_file || tr_dated_earlier(&best, &d) == &d) {
			best = d;
			*ret_file = s->facts.p[i].file;
		}
	}
	return best;
}

/* What weighs most of a person's rows is the person's finding. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_subject *s, struct counts *n,
	struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_file *where, *row_file = NULL;
	struct tr_dated consent = consent_of(s, &where), first = tr_dated_none();
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
		word = tr_no_later(&consent, &when, false);
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
	n->by[tr_word_verdict(worst)]++;
	if (worst == TR_WORD_NONE)
		return VF_OK;
	tr_dated_put(a, &consent);
	tr_dated_put(b, &first);
	d = tr_study_draft(worst, "", where ? where->record : NULL, row_file->record);
	d.about = s->key;
	d.about_person = true;
	return tr_find(f, rule, &d, reterr, "consent: %s; a row of %s: %s; rows before the consent: %zu of %zu", a, domain, b, bad, rows);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct counts n = {0};
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_subjects; i++)
		rc = judge(rule, c, &c->subjects[i], &n, f, reterr);
	if (rc != VF_OK || n.persons == 0 || n.by[TR_PASS] == 0)
		return rc;
	d = tr_study_draft(TR_WORD_NONE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "persons all of whose dated rows are after the consent: %zu of %zu; dated rows: %zu; of history or permitted "
		"before it, not counted: %zu", n.by[TR_PASS], n.persons, n.rows, n.not_counted);
}

const struct tr_rule tr_rule_c3 = {
	.id = "C3",
	.title = "consent precedes procedures",
	.text = "Nobody was examined, treated or visited before consenting (ICH E6(R3) 2.8.1). Medical history, earlier medication, and what the study "
		"permits before consent do not count.",
	.inputs = "consent dates and dated rows of data sets (LB, VS, EG, QS, SV, EX, AE and other findings)",
	.run = run,
};
