#include "trial/rules/approval.h"
#include "trial/rules/own.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* The first consent on a form: by its date, or, where dates are not disclosed, by its place in the log. */
static const struct tr_case_record *first_use(const struct tr_case *c, const struct tr_case_record *form, struct tr_dated *ret)
{
	const struct tr_case_record *first = NULL;

	*ret = tr_dated_none();
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];
		struct tr_dated d;

		if (!tr_is_consent(r) || tr_consent_form_of(c, r) != form)
			continue;
		d = tr_consent_date_of(r);
		if (!first || (tr_dated_is(&d) && tr_dated_earlier(ret, &d) == &d)) {
			first = r;
			*ret = d;
		}
	}
	return first;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *form, struct tr_findings *f,
	struct vf_err *reterr)
{
	struct tr_approval a = tr_approval_of(c, form);
	struct tr_dated use;
	const struct tr_case_record *first = first_use(c, form, &use);
	char about[TR_NAMED_LEN + 1], from[TR_DATED_LEN + 1], anchor[TR_DATED_LEN + 1], when[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	if (!first)
		return VF_OK;
	tr_study_name(about, form);
	tr_dated_put(from, &a.from);
	tr_dated_put(anchor, &a.anchor);
	tr_dated_put(when, &use);
	d = tr_study_draft(TR_WORD_MISSING_RECORD, about, form, first);
	if (!a.record)
		return tr_find(f, rule, &d, reterr, "no approval names it; first consent on it: %s", when);
	d.records[2] = &a.record->id;
	d.word = tr_approval_no_later(&a, &use);
	if (!tr_dated_is(&use) && tr_case_is_before(a.record, first))
		d.word = TR_WORD_NONE; /* the log alone says that the approval was there before the record of the consent */
	return tr_find(f, rule, &d, reterr, "approved from: %s; approval notarised: %s; first consent on it: %s%s", from, anchor, when,
		tr_case_is_before(a.record, first) ? "; the log has the approval first" : "");
}

/* Without records of forms a registry may still say when a board decided, but not on what. */
static VF_RC judge_registry(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_ETHICS_STATUS];
	struct tr_enrolment e = tr_study_enrolment(c);

	for (size_t i = 0; i < all->n; i++) {
		const struct tr_kept_fact *date = tr_case_item(all->p[i].file, all->p[i].fact->item, TR_F_ETHICS_DATE);
		struct tr_dated when = tr_dated_of_fact(date);
		char about[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], s[TR_DATED_LEN + 1];
		struct tr_finding_draft d;
		enum vf_rc rc;

		if (!tr_own_is(all->p[i].file, all->p[i].fact->item))
			continue;
		tr_study_file(about, all->p[i].file);
		tr_dated_put(w, &when);
		tr_dated_put(s, &e.when);
		d = tr_study_draft(tr_dated_is(&when) ? TR_WORD_APPROVAL_UNSPECIFIC : TR_WORD_MISSING_DATE, about, all->p[i].file->record, NULL);
		rc = tr_find(f, rule, &d, reterr, "a board decided: %s, not said on which form; first enrolment: %s", w, s);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	size_t before = f->n;
	enum vf_rc rc = VF_OK;

	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		rc = judge(rule, c, &c->records[i], f, reterr);
	return rc == VF_OK && f->n == before ? judge_registry(rule, c, f, reterr) : rc;
}

const struct tr_rule tr_rule_c1 = {
	.id = "C1",
	.title = "consent form approved before its first use",
	.text = "An ethics board has approved each consent form, by its record, before the first consent on it, for the places where it is used (ICH "
		"E6(R3) 1.2). What a registry says of a board's decision does not name the form.",
	.inputs = "records of kind consent-form, ethics-approval, consent and re-consent; decisions in registry records",
	.run = run,
};
