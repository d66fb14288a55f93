#include "trial/rules/approval.h"
#include "trial/rules/chain.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

#include "trial/grow.h"

/* A consent with a person and a form at hand. */
struct given {
	const struct tr_case_record *form, *consent;
	size_t who; /* a number of the participant */
	const struct tr_case_record *next; /* the person's next consent, whichever form it is on */
};

/* Who is judged beside one form: the last consents before it, and the first ones on it or on a later form. */
struct due_list {
	const struct given **p;
	size_t n, room;
};

struct looking {
	const struct tr_case *c;
	struct tr_chain chain;
	struct given *given; /* by form, then in the order of the log */
	size_t n;
	struct tr_when *left; /* of each participant: the withdrawal that can be the earliest; lo is INT64_MIN for one without a date */
	struct due_list asked, again;
};

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

/* Whether the participant left the study no later than the date: then nothing is due. */
static bool has_left(const struct looking *l, size_t who, const struct tr_dated *by)
{
	for (int half = 0; half < 2; half++) {
		struct tr_dated d = {.when = l->left[2 * who + (size_t)half]};

		if (d.when.lo == INT64_MAX) /* nobody has */
			continue;
		if (!tr_dated_is(by) || d.when.lo == INT64_MIN || tr_dated_cmp(&d, by) <= 0)
			return true;
	}
	return false;
}

/* One that cannot be earlier than the others says nothing more; times without an offset are compared in another way. */
static void note_left(struct looking *l, size_t who, const struct tr_case_record *withdrawal)
{
	struct tr_dated d = tr_consent_date_of(withdrawal);
	struct tr_when *kept = &l->left[2 * who + (tr_dated_is(&d) && d.when.local ? 1 : 0)];

	if (!tr_dated_is(&d))
		kept->lo = INT64_MIN;
	else if (d.when.lo < kept->lo)
		*kept = d.when;
}

/* Consents of all participants; those of one stand together in the case's own table. */
static void gather(struct looking *l)
{
	const struct tr_case *c = l->c;
	size_t who = 0;

	for (size_t i = 0; i < c->n_by_participant; i++) {
		const struct tr_case_record *r = c->by_participant[i], *form;

		if (i == 0 || !vf_hash_eq(&r->details->participant, &c->by_participant[i - 1]->details->participant)) {
			who = i;
			l->left[2 * who] = (struct tr_when){.lo = INT64_MAX, .hi = INT64_MAX};
			l->left[2 * who + 1] = (struct tr_when){.lo = INT64_MAX, .hi = INT64_MAX, .local = true};
		}
		if (r->kind == TR_WITHDRAWAL)
			note_left(l, who, r);
		if (!tr_is_consent(r))
			continue;
		if (l->n && l->given[l->n - 1].who == who)
			l->given[l->n - 1].next = r;
		form = tr_consent_form_of(c, r);
		l->given[l->n++] = (struct given){.form = form, .consent = r, .who = who};
	}
	qsort(l->given, l->n, sizeof(*l->given), by_form);
}

/* Consents on one form, in the order of the log; with a place: those before it that have no other one between. */
static bool put_form(const struct looking *l, const struct tr_case_record *form, const struct tr_case_record *before, struct due_list *to)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->given[mid].form < form)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->n && l->given[lo].form == form && (!before || l->given[lo].consent < before); lo++) {
		if (before && l->given[lo].next && l->given[lo].next < before)
			continue; /* one line a participant: the last consent before the form came */
		if (!TR_GROW(to->p, to->room, to->n + 1))
			return false;
		to->p[to->n++] = &l->given[lo];
	}
	return true;
}

static bool list(struct looking *l, const struct tr_case_record *form)
{
	bool good = true;

	l->asked.n = l->again.n = 0;
	tr_chain_before(&l->chain, form);
	for (size_t i = 0; good && i < l->chain.n; i++)
		good = put_form(l, l->chain.found[i], form, &l->asked);
	if (!good || l->asked.n == 0)
		return good;
	tr_chain_after(&l->chain, form);
	good = put_form(l, form, NULL, &l->again);
	for (size_t i = 0; good && i < l->chain.n; i++)
		good = put_form(l, l->chain.found[i], NULL, &l->again);
	qsort(l->asked.p, l->asked.n, sizeof(*l->asked.p), by_consent);
	if (l->again.n)
		qsort(l->again.p, l->again.n, sizeof(*l->again.p), by_person);
	return good;
}

/* The first consent of the person on the form or on a later one. */
static const struct tr_case_record *renewed(const struct looking *l, size_t who, struct tr_dated *ret)
{
	size_t lo = 0, hi = l->again.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->again.p[mid]->who < who)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == l->again.n || l->again.p[lo]->who != who)
		return NULL;
	*ret = tr_consent_date_of(l->again.p[lo]->consent);
	return l->again.p[lo]->consent;
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
static VF_RC judge(const struct tr_rule *rule, const struct looking *x, const struct tr_case_record *form, const struct given *of,
	struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case *c = x->c;
	const struct tr_case_record *consent = of->consent;
	struct tr_approval a = tr_approval_at(c, form, consent->details->site);
	struct tr_dated limit = due(c, form, &a), given = tr_dated_none(), now = tr_dated_anchor(c->as_of);
	const struct tr_case_record *again = renewed(x, of->who, &given);
	char about[TR_CASE_SHORT + 1], name[TR_NAMED_LEN + 1], g[TR_DATED_LEN + 1], l[TR_DATED_LEN + 1];
	struct tr_finding_draft d;

	if (!a.record)
		return VF_OK; /* approved, but not at this site */
	tr_case_short(about, &consent->details->participant);
	tr_study_name(name, form);
	tr_dated_put(g, &given);
	tr_dated_put(l, &limit);
	d = tr_study_draft(TR_WORD_NONE, about, consent, form);
	d.about_person = true;
	d.records[2] = again ? &again->id : NULL;
	if (!tr_dated_is(&limit)) {
		if (has_left(x, of->who, &limit))
			return VF_OK;
		d.word = is_by_visit(c, form) ? TR_WORD_NEEDS_READER : TR_WORD_MAPPING_MISSING;
		return tr_find(f, rule, &d, reterr, is_by_visit(c, form) ? "on %s again: %s; due at the next visit, and visits in files name persons by other keys"
									 : "on %s again: %s; the study has not said until when", name, g);
	}
	if (again) {
		d.word = tr_no_later(&given, &limit, false);
		return tr_find(f, rule, &d, reterr, "on %s again: %s; due: %s", name, g, l);
	}
	if (has_left(x, of->who, &limit))
		return VF_OK;
	d.word = tr_dated_cmp(&now, &limit) > 0 ? tr_case_absent(c, TR_WORD_MISSING) : tr_dated_cmp(&now, &limit) < 0 ? TR_WORD_NONE : TR_WORD_PARTIAL_DATE;
	return tr_find(f, rule, &d, reterr, d.word == TR_WORD_NONE ? "not yet on %s; due: %s" : "no consent on %s; due: %s", name, l);
}

static VF_RC judge_form(const struct tr_rule *rule, struct looking *l, const struct tr_case_record *form, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (!form->details || form->details->reconsent.required != TR_RECONSENT_ALL || !tr_approval_of(l->c, form).record)
		return VF_OK;
	if (!list(l, form))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for consents");
	for (size_t i = 0; rc == VF_OK && i < l->asked.n; i++)
		rc = judge(rule, l, form, l->asked.p[i], f, reterr);
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct looking l = {.c = c,
		.given = malloc((c->n_by_participant + 1) * sizeof(*l.given)),
		.left = malloc(2 * (c->n_by_participant + 1) * sizeof(*l.left))};
	enum vf_rc rc = l.given && l.left ? tr_chain_init(&l.chain, c, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for consents");

	if (rc == VF_OK)
		gather(&l);
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		rc = judge_form(rule, &l, &c->records[i], f, reterr);
	free(l.given);
	free(l.left);
	free(l.asked.p);
	free(l.again.p);
	tr_chain_done(&l.chain);
	return rc;
}

const struct tr_rule tr_rule_c5 = {
	.id = "C5",
	.title = "consent given again in time",
	.text = "When a new form asks everybody again, each participant who has not left consents on it, or on a later one, within the days that the form or "
		"the study sets, from when it is approved.",
	.inputs = "records of kind consent-form with a re-consent, consents, withdrawals, the study's parameters",
	.laid_down = TR_LAID_PARAMETERS,
	.run = run,
};
