#include "trial/rules/approval.h"
#include "trial/rules/chain.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stddef.h>
#include <stdlib.h>

/* A consent of a participant on a form; who: where the records of the participant begin in the case's table. */
struct given {
	const struct tr_case_record *form, *consent;
	size_t who;
};

/* What is looked at for all forms, and for one. */
struct looking {
	const struct tr_case *c;
	struct tr_chain chain;
	struct given *given; /* by form, then in the order of the log */
	size_t n;
	const struct tr_case_record **forms; /* of consents, at their places in the case's table of participants */
	const struct given **asked; /* the last consent of each participant on a form that this one came after: in the order of the log */
	size_t n_asked;
	uint32_t *later, turn; /* of each record: the last turn whose form it is, or came after */
};

/* The form is that of this turn, or one that came after it. */
static bool is_at_least(const struct looking *l, const struct tr_case_record *form)
{
	return form && l->later[form - l->c->records] == l->turn;
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
static const struct tr_case_record *renewed(const struct looking *l, const struct vf_hash *participant, struct tr_dated *ret)
{
	size_t n;
	const struct tr_case_record *const *own = tr_case_participant(l->c, participant, &n), *first = NULL;

	for (size_t i = 0; i < n; i++) {
		struct tr_dated d;

		if (!tr_is_consent(own[i]) || !is_at_least(l, l->forms[own - l->c->by_participant + (ptrdiff_t)i]))
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
static VF_RC judge(const struct tr_rule *rule, const struct looking *looking, const struct tr_case_record *form,
	const struct tr_case_record *consent, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case *c = looking->c;
	const struct vf_hash *who = &consent->details->participant;
	struct tr_approval a = tr_approval_at(c, form, consent->details->site);
	struct tr_dated limit = due(c, form, &a), given = tr_dated_none(), now = tr_dated_anchor(c->as_of);
	const struct tr_case_record *again = renewed(looking, who, &given);
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

static int by_form(const void *a, const void *b)
{
	const struct given *x = a, *y = b;
	int order = (x->form > y->form) - (x->form < y->form);

	return order ? order : (x->consent > y->consent) - (x->consent < y->consent);
}

static int by_consent(const void *a, const void *b)
{
	const struct given *x = *(const struct given *const *)a, *y = *(const struct given *const *)b;

	return (x->consent > y->consent) - (x->consent < y->consent);
}

static int by_person(const void *a, const void *b)
{
	const struct given *x = *(const struct given *const *)a, *y = *(const struct given *const *)b;
	int order = (x->who > y->who) - (x->who < y->who);

	return order ? order : by_consent(a, b);
}

/* Consents of all participants on forms; those of one stand together in the case's own table. */
static void gather(struct looking *l)
{
	const struct tr_case *c = l->c;
	size_t who = 0;

	for (size_t i = 0; i < c->n_by_participant; i++) {
		const struct tr_case_record *r = c->by_participant[i], *form = tr_is_consent(r) ? tr_consent_form_of(c, r) : NULL;

		if (i && !vf_hash_eq(&r->details->participant, &c->by_participant[i - 1]->details->participant))
			who = i;
		l->forms[i] = form;
		if (form)
			l->given[l->n++] = (struct given){.form = form, .consent = r, .who = who};
	}
	qsort(l->given, l->n, sizeof(*l->given), by_form);
}

static void ask_form(struct looking *l, const struct tr_case_record *form)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->given[mid].form < form)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->n && l->given[lo].form == form; lo++)
		l->asked[l->n_asked++] = &l->given[lo];
}

/* One line a participant: the last consent on an earlier form, wherever the log has it beside the record of the new one. */
static void turn_to(struct looking *l, const struct tr_case_record *form)
{
	size_t kept = 0;

	l->turn++;
	tr_chain_after(&l->chain, form);
	for (size_t i = 0; i < l->chain.n; i++)
		l->later[l->chain.found[i] - l->c->records] = l->turn;
	l->later[form - l->c->records] = l->turn;
	l->n_asked = 0;
	tr_chain_before(&l->chain, form);
	for (size_t i = 0; i < l->chain.n; i++)
		if (l->chain.found[i] != form)
			ask_form(l, l->chain.found[i]);
	qsort(l->asked, l->n_asked, sizeof(const struct given *), by_person);
	for (size_t i = 0; i < l->n_asked; i++)
		if (i + 1 == l->n_asked || l->asked[i + 1]->who != l->asked[i]->who)
			l->asked[kept++] = l->asked[i];
	l->n_asked = kept;
	qsort(l->asked, l->n_asked, sizeof(const struct given *), by_consent);
}

static VF_RC judge_form(const struct tr_rule *rule, struct looking *l, const struct tr_case_record *form, struct tr_findings *f,
	struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (!form->details || form->details->reconsent.required != TR_RECONSENT_ALL || !tr_approval_of(l->c, form).record)
		return VF_OK;
	turn_to(l, form);
	for (size_t i = 0; rc == VF_OK && i < l->n_asked; i++)
		rc = judge(rule, l, form, l->asked[i]->consent, f, reterr);
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct looking l = {.c = c,
		.given = malloc((c->n_by_participant + 1) * sizeof(*l.given)),
		.forms = malloc((c->n_by_participant + 1) * sizeof(const struct tr_case_record *)),
		.asked = malloc((c->n_by_participant + 1) * sizeof(const struct given *)),
		.later = calloc(c->n_records + 1, sizeof(*l.later))};
	enum vf_rc rc = l.given && l.forms && l.asked && l.later ? tr_chain_init(&l.chain, c, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for consents");

	if (rc == VF_OK)
		gather(&l);
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		rc = judge_form(rule, &l, &c->records[i], f, reterr);
	free(l.given);
	free(l.forms);
	free(l.asked);
	free(l.later);
	tr_chain_done(&l.chain);
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
