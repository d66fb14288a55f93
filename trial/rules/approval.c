#include "trial/rules/approval.h"

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

struct tr_approval tr_approval_at(const struct tr_case *c, const struct tr_case_record *r, struct vf_bytes site)
{
	struct tr_approval best = {.from = tr_dated_none(), .anchor = tr_dated_none()};

	for (size_t i = tr_case_linked(c, TR_APPROVES, &r->id, 0); i < c->n_records;
		i = tr_case_linked(c, TR_APPROVES, &r->id, i + 1)) {
		struct tr_approval a = {.record = &c->records[i], .from = from_of(&c->records[i]), .anchor = tr_case_anchor(&c->records[i])};

		if (a.record->details && !is_for_site(&a.record->details->scope, site))
			continue;
		if (approves(a.record, r) && (!best.record || tr_dated_earlier(&best.from, &a.from) == &a.from))
			best = a;
	}
	return best;
}

struct tr_approval tr_approval_of(const struct tr_case *c, const struct tr_case_record *r)
{
	return tr_approval_at(c, r, vf_bytes("", 0));
}

enum tr_word tr_approval_no_later(const struct tr_approval *a, const struct tr_dated *use)
{
	enum tr_word by_anchor = tr_no_later(&a->anchor, use, false), by_date = tr_no_later(&a->from, use, false);

	/* its own date may be declared; that it was there by its time-stamp is proven */
	if (by_anchor == TR_WORD_NONE && by_date != TR_WORD_ORDER)
		return TR_WORD_NONE;
	return by_date;
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
