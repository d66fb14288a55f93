#include "trial/consent_inside.h"

#include <string.h>

bool tr_fact_links(const struct tr_consent_fact *f, enum tr_link_type type, const struct vf_hash *target)
{
	for (size_t i = 0; i < f->n_links; i++)
		if (f->links[i].type == type && vf_hash_eq(&f->links[i].record, target))
			return true;
	return false;
}

const struct tr_consent_fact *tr_fact_find(
	struct tr_consent_facts facts, enum tr_fact_kind kind, const struct vf_hash *id)
{
	for (size_t i = 0; i < facts.n; i++)
		if (facts.p[i].kind == kind && vf_hash_eq(&facts.p[i].id, id))
			return &facts.p[i];
	return NULL;
}

struct tr_when tr_fact_when(const struct tr_consent_fact *f)
{
	return tr_when_is(&f->when) ? f->when : tr_when_by(f->sealed);
}

/* ---- approval ---- */

/* Whether the approval, as it stands alone, says yes at the time. */
static enum tr_sure says_yes(const struct tr_consent_fact *approval, const struct tr_when *at)
{
	enum tr_sure over;

	if (approval->opinion == TR_OPINION_NONE)
		return TR_MAYBE; /* a record from before decisions were written down */
	if (approval->opinion != TR_APPROVED && approval->opinion != TR_CONDITIONAL)
		return TR_NO;
	if (!tr_when_is(&approval->until))
		return TR_YES;
	over = tr_when_passed(&approval->until, at);
	return over == TR_YES ? TR_NO : over == TR_NO ? TR_YES : TR_MAYBE;
}

/* What the committee of facts[from] says: the last word that counts at the time. */
static enum tr_sure committee_says(struct tr_consent_facts study, size_t from,
	const struct tr_consent_fact *form, const struct tr_when *at)
{
	bool yes = false, no = false;

	for (size_t i = study.n; i-- > 0;) {
		const struct tr_consent_fact *f = &study.p[i];
		struct tr_when when = tr_fact_when(f);
		enum tr_sure counts, says;

		if (f->kind != TR_FACT_APPROVAL || !vf_bytes_eq(f->party, study.p[from].party) ||
			!tr_fact_links(f, TR_APPROVES, &form->id))
			continue;
		counts = tr_when_reached(&when, at);
		if (counts == TR_NO)
			continue;
		says = says_yes(f, at);
		yes = yes || says != TR_NO;
		no = no || says != TR_YES;
		if (counts == TR_YES)
			return yes && no ? TR_MAYBE : yes ? TR_YES : TR_NO;
	}
	return yes ? TR_MAYBE : TR_NO;
}

/* Whether a committee's approval of the form was in force at the time. */
static enum tr_sure form_approved(
	struct tr_consent_facts study, const struct tr_consent_fact *form, const struct tr_when *at)
{
	enum tr_sure best = TR_NO;

	for (size_t i = 0; i < study.n && best != TR_YES; i++) {
		const struct tr_consent_fact *f = &study.p[i];
		enum tr_sure says;

		if (f->kind != TR_FACT_APPROVAL || !tr_fact_links(f, TR_APPROVES, &form->id))
			continue;
		says = committee_says(study, i, form, at);
		if (says != TR_NO)
			best = says;
	}
	return best;
}

/* Whether an approved form had taken its place at the time; *ret_by is that form. */
static enum tr_sure form_superseded(struct tr_consent_facts study, const struct tr_consent_fact *form,
	const struct tr_when *at, const struct tr_consent_fact **ret_by)
{
	enum tr_sure best = TR_NO;

	for (size_t i = 0; i < study.n && best != TR_YES; i++) {
		const struct tr_consent_fact *f = &study.p[i];
		enum tr_sure says;

		if (f->kind != TR_FACT_FORM || !tr_fact_links(f, TR_SUPERSEDES, &form->id))
			continue;
		says = form_approved(study, f, at);
		if (says == TR_NO)
			continue;
		best = says;
		*ret_by = f;
	}
	return best;
}

/* ---- who has to say it ---- */

static bool one_of(const struct tr_link *l)
{
	return l->type == TR_SUPERSEDES || l->type == TR_AMENDS;
}

/* The first version of a protocol, as far as its links lead: always to earlier records, so one pass suffices.
 */
static const struct vf_hash *first_version(struct tr_consent_facts study, const struct vf_hash *id)
{
	for (size_t i = study.n; i-- > 0;) {
		const struct tr_consent_fact *f = &study.p[i];

		if (f->kind != TR_FACT_PROTOCOL || !vf_hash_eq(&f->id, id))
			continue;
		for (size_t k = 0; k < f->n_links; k++) {
			if (one_of(&f->links[k])) {
				id = &f->links[k].record;
				break;
			}
		}
	}
	return id;
}

/* False only when both forms name protocols and none is a version of the other's. */
static bool same_protocol(
	struct tr_consent_facts study, const struct tr_consent_fact *a, const struct tr_consent_fact *b)
{
	bool known = false;

	for (size_t i = 0; i < a->n_links; i++) {
		for (size_t k = 0; k < b->n_links; k++) {
			if (a->links[i].type != TR_USES || b->links[k].type != TR_USES)
				continue;
			known = true;
			if (vf_hash_eq(first_version(study, &a->links[i].record),
				    first_version(study, &b->links[k].record)))
				return true;
		}
	}
	return !known;
}

static bool was_asked(struct tr_consent_facts study, const struct tr_consent_fact *form)
{
	for (size_t i = 0; i < study.n; i++)
		if (study.p[i].kind == TR_FACT_APPROVAL && tr_fact_links(&study.p[i], TR_APPROVES, &form->id))
			return true;
	return false;
}

enum tr_sure tr_form_needs_assent(
	struct tr_consent_facts study, const struct tr_consent_fact *form, const struct tr_when *at)
{
	enum tr_sure best = TR_NO;

	for (size_t i = 0; i < study.n && best != TR_YES; i++) {
		const struct tr_consent_fact *f = &study.p[i];
		enum tr_sure says;

		if (f->kind != TR_FACT_FORM || f->voice != TR_ASSENT ||
			(form != NULL && !same_protocol(study, form, f)))
			continue;
		/* a form of which no approval is recorded is in use, for all that is known */
		says = was_asked(study, f) ? form_approved(study, f, at) : TR_YES;
		if (says != TR_NO)
			best = says;
	}
	return best;
}

bool tr_form_fits(const struct tr_consent_fact *form, const struct tr_consent_fact *consent)
{
	if (form == NULL || form->voice == TR_VOICE_NONE || consent->voice == TR_VOICE_NONE)
		return true;
	return form->voice == consent->voice ||
		(form->voice == TR_ADULT && consent->voice == TR_REPRESENTATIVE);
}

bool tr_fact_track(struct tr_consent_facts own, const struct tr_consent_fact *f, enum tr_track *ret)
{
	if (f->kind == TR_FACT_WITHDRAWAL) {
		f = tr_fact_find(own, TR_FACT_CONSENT, &f->about);
		if (f == NULL)
			return false;
	}
	*ret = f->voice == TR_ASSENT ? TR_CHILD : TR_SPEAKS;
	return true;
}

/* ---- remarks ---- */

struct remarks {
	struct tr_consent_finding *p;
	size_t n;
};

static void remark(struct remarks *r, enum tr_remark which, enum tr_sure sure,
	const struct tr_consent_fact *f, const struct tr_consent_fact *other)
{
	if (sure != TR_NO)
		r->p[r->n++] = (struct tr_consent_finding){which, sure == TR_YES, f, other};
}

static void remark_form(
	const struct tr_consent_view *view, const struct tr_consent_fact *f, struct remarks *r)
{
	const struct tr_consent_fact *form = tr_fact_find(view->study, TR_FACT_FORM, &f->about), *by = NULL;
	struct tr_when when = tr_fact_when(f);
	enum tr_sure sure;

	if (form == NULL) {
		remark(r, TR_FORM_MISSING, TR_YES, f, NULL);
		return;
	}
	sure = form_approved(view->study, form, &when);
	remark(r, TR_FORM_UNAPPROVED, sure == TR_YES ? TR_NO : sure == TR_NO ? TR_YES : TR_MAYBE, f, NULL);
	sure = form_superseded(view->study, form, &when, &by);
	remark(r, TR_FORM_SUPERSEDED, sure, f, by);
	remark(r, TR_ROLE_UNFIT, tr_form_fits(form, f) ? TR_NO : TR_YES, f, NULL);
}

/* A date that only may be out of order says nothing: many records of one day are. */
static void remark_dates(const struct tr_consent_view *view, size_t at, struct remarks *r)
{
	const struct tr_consent_fact *f = &view->own.p[at];
	struct tr_when seal = tr_when_at(f->sealed);

	if (!tr_when_is(&f->when) || f->kind == TR_FACT_GRANT)
		return;
	for (size_t i = 0; i < at; i++) {
		const struct tr_consent_fact *e = &view->own.p[i];

		if ((e->kind == TR_FACT_CONSENT || e->kind == TR_FACT_WITHDRAWAL) && tr_when_is(&e->when) &&
			vf_hash_eq(&e->participant, &view->participant) &&
			tr_when_passed(&f->when, &e->when) == TR_YES) {
			remark(r, TR_DATE_ORDER, TR_YES, f, e);
			break;
		}
	}
	if (f->sealed != VF_TIME_NONE && tr_when_passed(&seal, &f->when) == TR_YES)
		remark(r, TR_POST_DATED, TR_YES, f, NULL);
}

size_t tr_consent_find(const struct tr_consent_view *view, size_t at, struct tr_consent_finding *ret)
{
	struct remarks r = {ret, 0};

	if (view->own.p[at].kind == TR_FACT_CONSENT)
		remark_form(view, &view->own.p[at], &r);
	remark_dates(view, at, &r);
	return r.n;
}
