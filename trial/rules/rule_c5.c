#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* The form is the one, or one that came after it. */
static bool is_at_least(const struct tr_case *c, const struct tr_case_record *form, const struct tr_case_record *needed)
{
	return form == needed || (form && tr_study_comes_after(c, form, needed));
}

/* From the whole, or at least so that nothing more is collected; who ends a part alone, as samples, is still asked again. */
static bool is_whole_withdrawal(const struct tr_case_record *r)
{
	const struct tr_facts *d = r->details;

	if (!d)
		return false;
	for (size_t i = 0; i < d->ends.n; i++)
		if (vf_bytes_is(d->ends.of[i], "further-data"))
			return true;
	for (size_t i = 0; i < d->n_permissions; i++)
		if (vf_bytes_is(d->permissions[i].name, TR_PARTICIPATION))
			return true;
	return d->ends.n == 0 && !d->has_permissions;
}

/* Whether the participant left the study before anything was due; TR_MAYBE where the dates do not say. */
static enum tr_sure has_left(const struct tr_case *c, const struct vf_hash *participant, const struct tr_dated *by)
{
	size_t n;
	const struct tr_case_record *const *own = tr_case_participant(c, participant, &n);
	enum tr_sure left = TR_NO;

	for (size_t i = 0; i < n; i++) {
		struct tr_dated d;
		enum tr_word word;

		if (own[i]->kind != TR_WITHDRAWAL)
			continue;
		d = tr_consent_date_of(own[i]);
		word = tr_dated_is(by) ? tr_no_later(&d, by, false) : TR_WORD_NONE;
		if (is_whole_withdrawal(own[i]) && (word == TR_WORD_NONE || word == TR_WORD_SAME_DAY))
			return TR_YES;
		if (word != TR_WORD_ORDER)
			left = TR_MAYBE;
	}
	return left;
}

/* The consent on the form or a later one that was given first; of those without a date the first in the log. */
static const struct tr_case_record *renewed(const struct tr_case *c, const struct vf_hash *participant,
	const struct tr_case_record *form, struct tr_dated *ret)
{
	size_t n;
	const struct tr_case_record *const *own = tr_case_participant(c, participant, &n), *first = NULL;

	for (size_t i = 0; i < n; i++) {
		struct tr_dated d;

		if (!tr_is_consent(own[i]) || !is_at_least(c, tr_consent_form_of(c, own[i]), form))
			continue;
		d = tr_consent_date_of(own[i]);
		if (first && (!tr_dated_is(&d) || (tr_dated_is(ret) && d.when.hi >= ret->when.hi)))
			continue;
		first = own[i];
		*ret = d;
	}
	return first;
}

/* Due at the next visit: files name persons by keys, records by values that only the site can tell, so nobody here can join them. */
static bool is_by_visit(const struct tr_case *c, const struct tr_case_record *form)
{
	const struct tr_reconsent_rule *rule = &form->details->reconsent;

	return !rule->has_days && rule->by.n == 0 && c->parameters->reconsent_clock == TR_CLOCK_NEXT_VISIT;
}

/* Until when: what the form says, else the study's days from when the form held. */
static struct tr_dated due(const struct tr_case *c, const struct tr_case_record *form, const struct tr_approval *a)
{
	const struct tr_reconsent_rule *rule = &form->details->reconsent;
	int64_t days = rule->has_days ? (int64_t)rule->days : c->parameters->reconsent_days;

	if (rule->by.n)
		return tr_dated_text(rule->by);
	if (days == TR_DAYS_UNSET || is_by_visit(c, form))
		return tr_dated_none();
	return tr_dated_plus_days(&a->from, days);
}

/* A participant who consented on an earlier form of the chain. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *form,
	const struct tr_case_record *consent, struct tr_findings *f, struct vf_err *reterr)
{
	const struct vf_hash *who = &consent->details->participant;
	struct tr_approval a = tr_approval_at(c, form, consent->details->site);
	struct tr_dated limit = due(c, form, &a), given = tr_dated_none(), now = tr_dated_anchor(c->as_of);
	const struct tr_case_record *again = renewed(c, who, form, &given);
	char about[TR_CASE_SHORT + 1], name[TR_NAMED_LEN + 1], g[TR_DATED_LEN + 1], l[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	if (!a.record)
		return VF_OK; /* approved, but not at this site */
	tr_case_short(about, who);
	tr_study_name(name, form);
	tr_dated_put(g, &given);
	tr_dated_put(l, &limit);
	d = tr_study_draft(TR_WORD_NONE, about, consent, form);
	d.about_person = true;
	d.records[2] = again ? &again->id : NULL;
	if (!tr_dated_is(&limit)) {
		if (has_left(c, who, &limit) == TR_YES)
			return VF_OK;
		d.word = is_by_visit(c, form) ? TR_WORD_NEEDS_READER : TR_WORD_MAPPING_MISSING;
		return tr_find(f, rule, &d, reterr, is_by_visit(c, form) ? "on %s again: %s; due at the next visit, and visits in files name persons by other keys"
									 : "on %s again: %s; the study has not said until when", name, g);
	}
	if (again) {
		d.word = tr_no_later(&given, &limit, false);
		return tr_find(f, rule, &d, reterr, "on %s again: %s; due: %s", name, g, l);
	}
	if (has_left(c, who, &limit) == TR_YES)
		return VF_OK;
	if (has_left(c, who, &limit) == TR_MAYBE) {
		d.word = TR_WORD_NEEDS_READER;
		return tr_find(f, rule, &d, reterr, "no consent on %s; due: %s; withdrawn from a part, or on a date that does not say whether before", name, l);
	}
	d.word = tr_dated_cmp(&now, &limit) > 0 ? tr_case_absent(c, TR_WORD_MISSING) : tr_dated_cmp(&now, &limit) < 0 ? TR_WORD_NONE : TR_WORD_PARTIAL_DATE;
	return tr_find(f, rule, &d, reterr, d.word == TR_WORD_NONE ? "not yet on %s; due: %s" : "no consent on %s; due: %s", name, l);
}

/* One line a participant: the last consent on an earlier form, wherever the log has it beside the record of the new one. */
static bool is_last_on_earlier(const struct tr_case *c, const struct tr_case_record *r, const struct tr_case_record *form)
{
	size_t n;
	const struct tr_case_record *const *own = tr_case_participant(c, &r->details->participant, &n);

	for (size_t i = 0; i < n; i++) {
		const struct tr_case_record *on = own[i] > r && tr_is_consent(own[i]) ? tr_consent_form_of(c, own[i]) : NULL;

		if (on && on != form && is_at_least(c, form, on))
			return false;
	}
	return true;
}

static VF_RC judge_form(const struct tr_rule *rule, const struct tr_case *c, size_t at, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *form = &c->records[at];
	enum vf_rc rc = VF_OK;

	if (form->kind != TR_CONSENT_FORM || !form->details || form->details->reconsent.required != TR_RECONSENT_ALL ||
		!tr_approval_of(c, form).record)
		return VF_OK;
	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];
		const struct tr_case_record *old = tr_is_consent(r) ? tr_consent_form_of(c, r) : NULL;

		if (r->details && r->details->has_participant && old && old != form && is_at_least(c, form, old) &&
			is_last_on_earlier(c, r, form))
			rc = judge(rule, c, form, r, f, reterr);
	}
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		rc = judge_form(rule, c, i, f, reterr);
	return rc;
}

const struct tr_rule tr_rule_c5 = {
	.id = "C5",
	.title = "consent given again in time",
	.text = "When a new form asks everybody again, each participant who has not left consents on it, or on a later one, within the days that the form or "
		"the study sets, from when it is approved.",
	.inputs = "records of kind consent-form with a re-consent, consents, withdrawals, the study's parameters",
	.broken = "no consent on the new form in time",
	.laid_down = TR_LAID_PARAMETERS,
	.run = run,
};
