#include "trial/rules/approval.h"

#include <stdio.h>

#include "trial/rules/own.h"
#include "trial/rules/study.h"

static struct tr_dated from_of(const struct tr_case_record *a)
{
	struct tr_dated d = a->details ? tr_dated_text(a->details->from) : tr_dated_none();

	if (tr_dated_is(&d) || d.is_bad) {
		d.grade = a->signer.n ? TR_SIGNED : TR_DECLARED;
		return d;
	}
	return tr_case_date(a);
}

static bool is_for_site(const struct tr_scope *scope, struct vf_bytes site)
{
	for (size_t i = 0; i < scope->sites.n; i++)
		if (vf_bytes_eq(scope->sites.of[i], site))
			return true;
	return scope->is_global || scope->sites.n == 0 || site.n == 0;
}

static bool approves(const struct tr_case_record *a, const struct tr_case_record *r)
{
	if (!a->details)
		return a->kind == TR_ETHICS_APPROVAL && !a->is_erased;
	if (a->details->decision != TR_DECISION_APPROVED && a->details->decision != TR_DECISION_CONDITIONAL)
		return false;
	return !r->details || !tr_scope_is_apart(&a->details->scope, &r->details->scope);
}

static struct tr_approval approval_of(const struct tr_case_record *a)
{
	return (struct tr_approval){.record = a, .from = from_of(a), .anchor = tr_case_anchor(a), .until = tr_dated_none()};
}

struct tr_approval tr_approval_at(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site)
{
	struct tr_approval best = {.from = tr_dated_none(), .anchor = tr_dated_none(), .until = tr_dated_none()};

	for (size_t i = tr_case_linked(c, TR_APPROVES, &r->id, 0); i < c->n_records;
		i = tr_case_linked(c, TR_APPROVES, &r->id, i + 1)) {
		struct tr_approval a = approval_of(&c->records[i]);

		if (a.record->details && !is_for_site(&a.record->details->scope, site))
			continue;
		if (approves(a.record, r) && (!best.record || (tr_dated_is(&a.from) && (!tr_dated_is(&best.from) || a.from.when.hi < best.from.when.hi))))
			best = a;
	}
	return best;
}

struct tr_approval tr_approval_of(const struct tr_case *c, const struct tr_case_record *r)
{
	return tr_approval_at(c, r, vf_bytes("", 0));
}

/* A board that said yes and then no, after the approval and in its place: from then on it is none. */
static struct tr_dated taken_back(const struct tr_case *c, const struct tr_case_record *r, const struct tr_case_record *approval, struct vf_bytes site)
{
	struct tr_dated first = tr_dated_none(), d;

	for (size_t i = tr_case_linked(c, TR_APPROVES, &r->id, 0); i < c->n_records;
		i = tr_case_linked(c, TR_APPROVES, &r->id, i + 1)) {
		const struct tr_case_record *a = &c->records[i];

		if (a <= approval || !a->details || a->details->decision == TR_DECISION_APPROVED || a->details->decision == TR_DECISION_CONDITIONAL ||
			!is_for_site(&a->details->scope, site) || (approval->details && tr_scope_is_apart(&a->details->scope, &approval->details->scope)))
			continue;
		d = from_of(a);
		first = tr_dated_first(&first, &d);
	}
	return first;
}

/* Until when it holds: its last day, or the day before it was taken back. */
static enum tr_word ended(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site, const struct tr_dated *use, struct tr_approval *a)
{
	struct tr_dated last = a->record->details ? tr_dated_text(a->record->details->until) : tr_dated_none(), back = taken_back(c, r, a->record, site);
	enum tr_word word = tr_dated_is(&last) ? tr_no_later(use, &last, false) : TR_WORD_NONE;

	if (word != TR_WORD_NONE && word != TR_WORD_SAME_DAY) {
		a->until = last;
		return word;
	}
	word = tr_dated_is(&back) ? tr_no_later(use, &back, false) : TR_WORD_NONE;
	if (word != TR_WORD_NONE)
		a->until = back;
	return word;
}

static enum tr_word word_for(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site, const struct tr_dated *use, struct tr_approval *a)
{
	enum tr_word by_anchor = tr_no_later(&a->anchor, use, false), word = tr_no_later(&a->from, use, false), end;

	/* its own date may be declared; that it was there by its time-stamp is proven */
	if (by_anchor == TR_WORD_NONE && word != TR_WORD_ORDER)
		word = TR_WORD_NONE;
	if (tr_word_verdict(word) > TR_PASS_NOTE)
		return word;
	end = ended(c, r, site, use, a);
	if (tr_word_verdict(end) > tr_word_verdict(word))
		word = end;
	if (tr_word_verdict(word) > TR_PASS_NOTE)
		return word;
	if (!a->record->details)
		return TR_WORD_APPROVAL_UNSPECIFIC;
	return a->record->details->decision == TR_DECISION_CONDITIONAL ? TR_WORD_NEEDS_READER : word;
}

enum tr_word tr_approval_for(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site, const struct tr_dated *use,
	struct tr_approval *ret)
{
	enum tr_word best = TR_WORD_MISSING_RECORD, word;

	*ret = (struct tr_approval){.from = tr_dated_none(), .anchor = tr_dated_none(), .until = tr_dated_none()};
	for (size_t i = tr_case_linked(c, TR_APPROVES, &r->id, 0); i < c->n_records;
		i = tr_case_linked(c, TR_APPROVES, &r->id, i + 1)) {
		struct tr_approval a = approval_of(&c->records[i]);

		if ((a.record->details && !is_for_site(&a.record->details->scope, site)) || !approves(a.record, r))
			continue;
		word = word_for(c, r, site, use, &a);
		if (ret->record && tr_word_verdict(word) > tr_word_verdict(best))
			continue;
		if (ret->record && tr_word_verdict(word) == tr_word_verdict(best) && tr_dated_is(&ret->from) &&
			(!tr_dated_is(&a.from) || a.from.when.hi >= ret->from.when.hi))
			continue;
		best = word;
		*ret = a;
	}
	return best;
}

void tr_approval_put(char out[TR_APPROVAL_LEN + 1], const struct tr_approval *a)
{
	char from[TR_DATED_LEN + 1], until[TR_DATED_LEN + 1];

	tr_dated_put(from, &a->from);
	tr_dated_put(until, &a->until);
	snprintf(out, TR_APPROVAL_LEN + 1, tr_dated_is(&a->until) ? "%s, until %s" : "%s", from, until);
}

static const struct tr_case_record *form_record(const struct tr_case *c, const struct vf_hash *id)
{
	const struct tr_case_record *r = tr_case_record(c, id);

	return r && r->kind == TR_CONSENT_FORM ? r : NULL;
}

const struct tr_case_record *tr_consent_form_of(const struct tr_case *c, const struct tr_case_record *consent)
{
	const struct tr_case_record *form = NULL;

	if (consent->details && consent->details->has_form)
		form = form_record(c, &consent->details->form);
	for (size_t i = 0; i < consent->n_links && !form; i++)
		if (consent->links[i].type == TR_USES)
			form = form_record(c, &consent->links[i].record);
	return form;
}

struct tr_dated tr_consent_date_of(const struct tr_case_record *r)
{
	struct tr_dated d = r->details ? tr_dated_text(r->details->when) : tr_dated_none();

	if (r->signer.n)
		d.grade = TR_SIGNED;
	return d;
}

struct tr_dated tr_consent_given(const struct tr_case_record *r)
{
	struct tr_dated d = tr_consent_date_of(r), anchor = tr_case_anchor(r);

	return tr_dated_is(&anchor) && tr_dated_is(&d) && tr_dated_cmp(&d, &anchor) > 0 ? anchor : d;
}

bool tr_is_consent(const struct tr_case_record *r)
{
	return r->kind == TR_CONSENT || r->kind == TR_RE_CONSENT;
}

VF_RC tr_approval_told(const struct tr_rule *rule, const struct tr_case *c, const char *what, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_ETHICS_STATUS];
	struct tr_enrolment e = tr_study_enrolment(c);
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < all->n; i++) {
		const struct tr_kept_fact *date = tr_case_item(all->p[i].file, all->p[i].fact->item, TR_F_ETHICS_DATE);
		struct tr_dated when = tr_dated_of_fact(date);
		char about[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], s[TR_DATED_LEN + 1];
		struct tr_finding_draft d;

		if (!tr_own_is(all->p[i].file, all->p[i].fact->item))
			continue;
		tr_study_file(about, all->p[i].file);
		tr_dated_put(w, &when);
		tr_dated_put(s, &e.when);
		d = tr_study_draft(tr_dated_is(&when) ? TR_WORD_APPROVAL_UNSPECIFIC : TR_WORD_MISSING_DATE, about, all->p[i].file->record, NULL);
		rc = tr_find(f, rule, &d, reterr, "a board decided: %s, not said on which %s; first enrolment: %s", w, what, s);
	}
	return rc;
}
