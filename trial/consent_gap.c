#include <stdio.h>
#include <string.h>

#include "trial/consent_inside.h"

#define DAY_MS INT64_C(86400000)
/* A time limit beyond this ends after the last year that a date can name. */
#define MAX_DAYS 3652059

static const char *const state_names[TR_GAP_STATE_COUNT] = {
	[TR_GAP_NONE] = "",
	[TR_GAP_NOT_DUE] = "NOT_DUE",
	[TR_GAP_DUE] = "DUE",
	[TR_GAP_OVERDUE] = "OVERDUE",
	[TR_GAP_INCONCLUSIVE] = "INCONCLUSIVE",
};

const char *tr_gap_state_name(enum tr_gap_state state)
{
	return state_names[state];
}

/* What asks for more comes later. */
static unsigned weight(enum tr_gap_state state)
{
	switch (state) {
	case TR_GAP_NONE:
		return 0;
	case TR_GAP_NOT_DUE:
		return 1;
	case TR_GAP_DUE:
		return 2;
	case TR_GAP_INCONCLUSIVE:
		return 3;
	case TR_GAP_OVERDUE:
		return 4;
	}
	return 0;
}

/* When the form was first approved: between the earliest and the latest of its committees' first approvals.
 */
static bool first_approved(
	struct tr_consent_facts study, const struct tr_consent_fact *form, struct tr_when *ret)
{
	bool any = false;

	for (size_t i = 0; i < study.n; i++) {
		const struct tr_consent_fact *f = &study.p[i];
		struct tr_when when = tr_fact_when(f);
		bool first = true;

		if (f->kind != TR_FACT_APPROVAL || !tr_fact_links(f, TR_APPROVES, &form->id) ||
			(f->opinion != TR_APPROVED && f->opinion != TR_CONDITIONAL))
			continue;
		for (size_t k = 0; k < i && first; k++)
			first = study.p[k].kind != TR_FACT_APPROVAL ||
				!vf_bytes_eq(study.p[k].party, f->party) ||
				(study.p[k].opinion != TR_APPROVED && study.p[k].opinion != TR_CONDITIONAL) ||
				!tr_fact_links(&study.p[k], TR_APPROVES, &form->id);
		if (!first)
			continue;
		*ret = any ? tr_when_hull(ret, &when) : when;
		any = true;
	}
	return any;
}

/* Until when the newer form must be signed; none when nobody says. */
static struct tr_when due_by(const struct tr_consent_fact *form, const struct tr_when *approved)
{
	const struct tr_renewal *r = &form->reconsent;
	struct tr_when due = *approved;

	if (r->days > MAX_DAYS)
		return r->by;
	due.lo += (int64_t)r->days * DAY_MS;
	due.hi += (int64_t)r->days * DAY_MS;
	return tr_when_is(&r->by) ? tr_when_first(&due, &r->by) : due;
}

/* What the form asks of who signed an earlier one. Texts are made for what is told alone: most are not. */
static enum tr_gap_state ask(const struct tr_consent_view *view, const struct tr_consent_fact *form,
	struct tr_when *ret_due, bool *ret_approved)
{
	struct tr_when approved;
	enum tr_sure is;

	*ret_due = tr_when_none();
	*ret_approved = false;
	if (!first_approved(view->study, form, &approved))
		return TR_GAP_NOT_DUE;
	is = tr_when_reached(&approved, &view->at);
	if (is == TR_NO)
		return TR_GAP_NOT_DUE;
	*ret_due = due_by(form, &approved);
	if (is == TR_MAYBE)
		return TR_GAP_INCONCLUSIVE;
	*ret_approved = true;
	if (!tr_when_is(ret_due))
		return TR_GAP_DUE;
	is = tr_when_passed(ret_due, &view->at);
	return is == TR_YES ? TR_GAP_OVERDUE : is == TR_NO ? TR_GAP_DUE : TR_GAP_INCONCLUSIVE;
}

static void explain(const struct tr_consent_view *view, bool approved, struct tr_gap *g)
{
	char at[TR_WHEN_LEN + 1], due[TR_WHEN_LEN + 1] = "";
	struct tr_short id = tr_consent_short(g->form);
	bool near = g->state == TR_GAP_INCONCLUSIVE;

	tr_when_put(at, &view->at);
	if (g->state == TR_GAP_NOT_DUE) {
		snprintf(g->reason, sizeof(g->reason), "form %s is not approved yet", id.text);
	} else if (!approved) {
		snprintf(g->reason, sizeof(g->reason), "whether form %s was approved at %s is not known",
			id.text, at);
	} else if (!tr_when_is(&g->due)) {
		snprintf(g->reason, sizeof(g->reason), "form %s is to be signed; it sets no time", id.text);
	} else {
		tr_when_put(due, &g->due);
		snprintf(g->reason, sizeof(g->reason), "form %s is to be signed by %s%s%s", id.text, due,
			near ? ", which is too near to " : "", near ? at : "");
	}
}

/* Of the forms that came after the consent's and ask everybody again, the one that asks most. */
static VF_RC judge_later(const struct tr_consent_view *view, const struct tr_consent_fact *consent,
	struct vf_arena *a, struct tr_gap *ret, struct vf_err *reterr)
{
	size_t n = view->study.n, used = a->used;
	bool *after = VF_NEW(a, n + 1, bool);
	struct tr_gap best = {.state = TR_GAP_NONE, .consent = consent, .due = tr_when_none()};
	bool best_approved = false;

	if (after == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the forms of the study");
	/* links lead to earlier records, so that one pass finds all that follow */
	for (size_t i = 0; i < n; i++) {
		const struct tr_consent_fact *f = &view->study.p[i];
		enum tr_gap_state state;
		struct tr_when due;
		bool approved;

		if (f->kind != TR_FACT_FORM)
			continue;
		after[i] = tr_fact_links(f, TR_SUPERSEDES, &consent->about);
		for (size_t k = 0; k < i && !after[i]; k++)
			after[i] = after[k] && tr_fact_links(f, TR_SUPERSEDES, &view->study.p[k].id);
		if (!after[i] || !f->reconsent.all)
			continue;
		state = ask(view, f, &due, &approved);
		if (weight(state) <= weight(best.state))
			continue;
		best.state = state;
		best.form = f;
		best.due = due;
		best_approved = approved;
	}
	a->used = used;
	if (best.state != TR_GAP_NONE)
		explain(view, best_approved, &best);
	*ret = best;
	return VF_OK;
}

/* The last consent on the track that counts, or may count, at the time; each that may. */
static VF_RC judge_track(const struct tr_consent_view *view, enum tr_track track, struct vf_arena *a,
	struct tr_gap *ret, bool *ret_parent, struct vf_err *reterr)
{
	struct tr_gap g;
	bool any = false;
	enum tr_track own;
	enum vf_rc rc;

	*ret_parent = false;
	ret->state = TR_GAP_NONE;
	for (size_t i = view->own.n; i-- > 0;) {
		const struct tr_consent_fact *f = &view->own.p[i];
		struct tr_when when = tr_fact_when(f);
		enum tr_sure counts;

		if (f->kind != TR_FACT_CONSENT || !vf_hash_eq(&f->participant, &view->participant) ||
			!tr_fact_track(view->own, f, &own) || own != track)
			continue;
		counts = tr_when_reached(&when, &view->at);
		if (counts == TR_NO)
			continue;
		rc = judge_later(view, f, a, &g, reterr);
		if (rc != VF_OK)
			return rc;
		*ret_parent = *ret_parent || f->voice == TR_PARENT;
		if (any && g.state != ret->state) {
			/* the older consent has the gap, if any has one */
			if (g.state != TR_GAP_NONE)
				*ret = g;
			ret->state = TR_GAP_INCONCLUSIVE;
			snprintf(ret->reason, sizeof(ret->reason),
				"which consent is the last one at this time is not known");
		} else if (!any) {
			*ret = g;
		}
		any = true;
		if (counts == TR_YES)
			break;
	}
	return VF_OK;
}

/* Takes part, as far as is known: whoever refused or withdrew signs no later form. */
static bool takes_part(const struct tr_consent_view *view, enum tr_track track, enum tr_consent_state *ret)
{
	const struct tr_asked asked = {.name = vf_bytes_str(TR_PARTICIPATION)};

	*ret = tr_consent_spoken(view, track, &asked, NULL).state;
	return *ret != TR_REFUSED && *ret != TR_WITHDRAWN;
}

VF_RC tr_consent_gaps(const struct tr_consent_view *view, struct vf_arena *a, struct tr_gap ret[TR_MAX_GAPS],
	size_t *ret_n, struct vf_err *reterr)
{
	struct tr_gap gaps[TR_MAX_GAPS];
	size_t n = 0;
	bool parent = false, ignored;
	enum tr_consent_state states[TR_TRACK_COUNT];

	for (unsigned t = TR_SPEAKS; t < TR_TRACK_COUNT; t++) {
		enum vf_rc rc;

		/* who speaks decides about both; a child's later word about the assent alone */
		if (!takes_part(view, (enum tr_track)t, &states[t]) || (t == TR_CHILD && !parent))
			break;
		rc = judge_track(
			view, (enum tr_track)t, a, &gaps[n], t == TR_SPEAKS ? &parent : &ignored, reterr);
		if (rc != VF_OK)
			return rc;
		if (gaps[n].state == TR_GAP_NONE)
			continue;
		if ((states[TR_SPEAKS] == TR_INCONCLUSIVE || states[t] == TR_INCONCLUSIVE) &&
			weight(gaps[n].state) > weight(TR_GAP_NOT_DUE)) {
			gaps[n].state = TR_GAP_INCONCLUSIVE;
			snprintf(gaps[n].reason, sizeof(gaps[n].reason),
				"whether the participant takes part at this time is not known");
		}
		n++;
	}
	/* a child that has withdrawn takes part no more, whatever a parent signs */
	if (n > 0 && parent && !takes_part(view, TR_CHILD, &states[TR_CHILD]))
		n = 0;
	memcpy(ret, gaps, n * sizeof(*ret));
	*ret_n = n;
	return VF_OK;
}
