#include "trial/consent.h"

#include <stdio.h>
#include <string.h>

#include "trial/consent_inside.h"

/* Different permissions with one purpose, as many as forms could reasonably have. */
#define MAX_NAMES 32

static const char *const state_names[TR_CONSENT_STATE_COUNT] = {
	[TR_UNKNOWN] = "UNKNOWN",
	[TR_GRANTED] = "GRANTED",
	[TR_REFUSED] = "REFUSED",
	[TR_WITHDRAWN] = "WITHDRAWN",
	[TR_EXPIRED] = "EXPIRED",
	[TR_NOT_YET] = "NOT_YET",
	[TR_INCONCLUSIVE] = "INCONCLUSIVE",
};

static const struct {
	const char *name, *text;
} remarks[TR_REMARK_COUNT] = {
	[TR_FORM_MISSING] = {"FORM_MISSING", "its form is not among the records"},
	[TR_FORM_UNAPPROVED] = {"FORM_UNAPPROVED", "its form was not approved at the time"},
	[TR_FORM_SUPERSEDED] = {"FORM_SUPERSEDED", "its form was superseded at the time"},
	[TR_ROLE_UNFIT] = {"ROLE_UNFIT", "who gave it is not whom the form is for"},
	[TR_DATE_ORDER] = {"DATE_ORDER", "its declared time is before that of an earlier record"},
	[TR_POST_DATED] = {"POST_DATED", "its declared time is after its seal"},
};

const char *tr_consent_state_name(enum tr_consent_state state)
{
	return state_names[state];
}

const char *tr_remark_name(enum tr_remark remark)
{
	return remarks[remark].name;
}

const char *tr_remark_text(enum tr_remark remark)
{
	return remarks[remark].text;
}

struct tr_short tr_consent_short(const struct tr_consent_fact *f)
{
	struct tr_short s;

	vf_hex_put(s.text, vf_bytes(f->id.b, TR_SHORT_LEN / 2));
	return s;
}

/* ---- what one record says ---- */

struct says {
	bool about; /* it says something about the permission */
	enum tr_consent_state state;
	enum tr_sure counts; /* whether it does at the time */
	const struct tr_consent_permission *permission;
	struct tr_when span; /* that leaves the state open, when it is INCONCLUSIVE */
	const char *why;
	enum tr_consent_state other; /* what is left of a grant that does not count */
};

static const struct tr_consent_permission *find_permission(
	const struct tr_consent_fact *f, struct vf_bytes name)
{
	/* the last one wins, should a record have two */
	for (size_t i = f->n_permissions; i-- > 0;)
		if (vf_bytes_eq(f->permissions[i].name, name))
			return &f->permissions[i];
	return NULL;
}

static void within(const struct tr_consent_permission *p, const struct tr_when *at, struct says *ret)
{
	enum tr_sure begun = TR_YES, over = TR_NO;

	if (tr_when_is(&p->from))
		begun = tr_when_reached(&p->from, at);
	if (tr_when_is(&p->until))
		over = tr_when_passed(&p->until, at);
	ret->state = TR_GRANTED;
	if (over == TR_YES) {
		ret->state = TR_EXPIRED;
	} else if (over == TR_MAYBE || begun == TR_MAYBE) {
		ret->state = TR_INCONCLUSIVE;
		ret->span = over == TR_MAYBE ? p->until : p->from;
	} else if (begun == TR_NO) {
		ret->state = TR_NOT_YET;
	}
}

static void consent_says(const struct tr_consent_view *view, const struct tr_consent_fact *f,
	const struct tr_asked *asked, struct says *ret)
{
	const struct tr_consent_permission *p = find_permission(f, asked->name);

	if (p == NULL)
		return;
	ret->about = true;
	ret->permission = p;
	if (!p->granted) {
		ret->state = TR_REFUSED;
		return;
	}
	if (!tr_form_fits(tr_fact_find(view->study, TR_FACT_FORM, &f->about), f)) {
		ret->why = "was given by somebody whom its form is not for";
		return;
	}
	if (asked->who.n > 0 && p->delegate.n > 0 && !vf_bytes_eq(asked->who, p->delegate)) {
		ret->why = "permits it to somebody else alone";
		return;
	}
	within(p, &view->at, ret);
}

static void withdrawal_says(const struct tr_consent_fact *f, const struct tr_asked *asked, struct says *ret)
{
	ret->state = TR_WITHDRAWN;
	ret->about = f->n_permissions == 0 || find_permission(f, asked->name) != NULL;
}

/* Grants stand beside each other: one that is over or not yet begun takes nothing from another. */
static void grant_says(const struct tr_consent_view *view, const struct tr_consent_fact *f,
	const struct tr_asked *asked, struct says *ret)
{
	enum tr_sure begun = TR_YES, over = TR_NO;

	if (asked->who.n == 0 ||
		!(vf_bytes_eq(asked->who, f->party) || vf_bytes_eq(asked->who, f->delegate)) ||
		!(vf_bytes_eq(f->purpose, asked->name) || vf_bytes_eq(f->purpose, asked->purpose)))
		return;
	if (tr_when_is(&f->when))
		begun = tr_when_reached(&f->when, &view->at);
	if (tr_when_is(&f->until))
		over = tr_when_passed(&f->until, &view->at);
	ret->about = true;
	ret->state = TR_GRANTED;
	ret->counts = begun == TR_NO || over == TR_YES ? TR_NO
		: begun == TR_YES && over == TR_NO     ? TR_YES
						       : TR_MAYBE;
	ret->other = over != TR_NO ? TR_EXPIRED : TR_NOT_YET;
	ret->span = begun == TR_MAYBE ? f->when : f->until;
}

static struct says fact_says(const struct tr_consent_view *view, enum tr_track track,
	const struct tr_consent_fact *f, const struct tr_asked *asked)
{
	struct tr_when when = tr_fact_when(f);
	struct says s = {.counts = TR_NO, .other = TR_UNKNOWN};
	enum tr_track own;

	if (!vf_hash_eq(&f->participant, &view->participant))
		return s;
	if (f->kind == TR_FACT_GRANT) {
		if (track == TR_SPEAKS)
			grant_says(view, f, asked, &s);
		return s;
	}
	if ((f->kind != TR_FACT_CONSENT && f->kind != TR_FACT_WITHDRAWAL) ||
		(tr_fact_track(view->own, f, &own) && own != track))
		return s;
	s.counts = tr_when_reached(&when, &view->at);
	if (s.counts == TR_NO)
		return s;
	if (f->kind == TR_FACT_CONSENT)
		consent_says(view, f, asked, &s);
	else
		withdrawal_says(f, asked, &s);
	if (s.state != TR_INCONCLUSIVE)
		s.span = when;
	return s;
}

/* ---- what all of them say together ---- */

/* The consent that own fact at is, or stands upon. */
static const struct tr_consent_fact *basis(const struct tr_consent_view *view, size_t at)
{
	for (size_t i = at + 1; i-- > 0;) {
		const struct tr_consent_fact *f = &view->own.p[i];

		if (f->kind == TR_FACT_CONSENT && f->voice != TR_ASSENT &&
			vf_hash_eq(&f->participant, &view->participant))
			return f;
	}
	return NULL;
}

static enum tr_sure needs_assent(const struct tr_consent_view *view, size_t at)
{
	const struct tr_consent_fact *f = basis(view, at);

	if (f == NULL || f->voice != TR_PARENT)
		return TR_NO;
	return tr_form_needs_assent(
		view->study, tr_fact_find(view->study, TR_FACT_FORM, &f->about), &view->at);
}

/* One more word that may be the one that counts. */
static void gather(const struct tr_consent_view *view, struct tr_spoken *r, size_t at, const struct says *s)
{
	const struct tr_consent_fact *f = &view->own.p[at];
	enum tr_sure assent = s->state == TR_GRANTED ? needs_assent(view, at) : TR_NO;

	if (!r->any) {
		*r = (struct tr_spoken){s->state, true, assent, f, s->permission, NULL, s->span, s->why};
	} else {
		if (s->state != r->state)
			r->state = TR_INCONCLUSIVE;
		if (assent != r->assent)
			r->assent = TR_MAYBE;
	}
	/* the earliest that leaves it open is the one without which it would be decided */
	if (s->counts == TR_MAYBE || s->state == TR_INCONCLUSIVE) {
		r->open = f;
		r->open_span = s->span;
	}
}

/* Nobody has said what surely counts: the word is what is left of a grant, or nothing. */
static void gather_rest(struct tr_spoken *r, enum tr_consent_state rest, const struct tr_consent_fact *grant)
{
	if (!r->any) {
		r->state = rest;
		r->decides = grant;
		r->any = grant != NULL;
	} else if (r->state != rest) {
		r->state = TR_INCONCLUSIVE;
	}
}

/* The consent that was withdrawn belongs to the withdrawal. */
static void mark_withdrawn(const struct tr_consent_view *view, enum tr_track track,
	const struct tr_asked *asked, size_t before, bool *marks)
{
	for (size_t i = before; i-- > 0;) {
		struct says s = fact_says(view, track, &view->own.p[i], asked);

		if (!s.about || view->own.p[i].kind != TR_FACT_CONSENT)
			continue;
		marks[i] = true;
		if (s.counts == TR_YES)
			return;
	}
}

struct tr_spoken tr_consent_spoken(
	const struct tr_consent_view *view, enum tr_track track, const struct tr_asked *asked, bool *marks)
{
	struct tr_spoken r = {.state = TR_UNKNOWN};
	enum tr_consent_state rest = TR_UNKNOWN;
	size_t grant = view->own.n;

	for (size_t i = view->own.n; i-- > 0;) {
		const struct tr_consent_fact *f = &view->own.p[i];
		struct says s = fact_says(view, track, f, asked);

		if (!s.about)
			continue;
		if (f->kind == TR_FACT_GRANT && s.counts != TR_YES && grant == view->own.n) {
			grant = i;
			rest = s.other;
		}
		if (s.counts == TR_NO)
			continue;
		gather(view, &r, i, &s);
		if (marks) {
			marks[i] = true;
			if (f->kind == TR_FACT_WITHDRAWAL)
				mark_withdrawn(view, track, asked, i, marks);
		}
		if (s.counts == TR_YES)
			return r;
	}
	if (marks && grant < view->own.n)
		marks[grant] = true;
	gather_rest(&r, rest, grant < view->own.n ? &view->own.p[grant] : NULL);
	return r;
}

/* ---- the answer ---- */

struct asking {
	const struct tr_consent_view *view;
	struct tr_consent_answer *ret;
	bool *marks;
};

static void say_open(struct asking *q, const struct tr_consent_fact *f, const struct tr_when *open)
{
	char at[TR_WHEN_LEN + 1], span[TR_WHEN_LEN + 1];

	tr_when_put(at, &q->view->at);
	if (open->lo <= -TR_WHEN_FAR) {
		snprintf(q->ret->reason, sizeof(q->ret->reason),
			"record %s does not say since when: whether it counts at %s is not known",
			tr_consent_short(f).text, at);
		return;
	}
	tr_when_put(span, open);
	snprintf(q->ret->reason, sizeof(q->ret->reason),
		"%s is too near to %s, which is all that record %s says of its time", at, span,
		tr_consent_short(f).text);
}

static void say_state(struct asking *q, const char *name, const struct tr_spoken *s)
{
	char span[TR_WHEN_LEN + 1] = "";
	const struct tr_consent_permission *p = s->permission;
	const struct tr_consent_fact *f = s->decides;
	char *out = q->ret->reason;
	size_t cap = sizeof(q->ret->reason);

	switch (s->state) {
	case TR_UNKNOWN:
		if (s->why)
			snprintf(out, cap, "record %s says '%s', but %s", tr_consent_short(f).text, name,
				s->why);
		else
			snprintf(out, cap, "no record says anything about '%s' at this time", name);
		return;
	case TR_GRANTED:
		if (p && tr_when_is(&p->until))
			tr_when_put(span, &p->until);
		snprintf(out, cap, "record %s permits '%s'%s%s", tr_consent_short(f).text, name,
			*span ? " until " : "", span);
		return;
	case TR_REFUSED:
		snprintf(out, cap, "record %s refuses '%s'", tr_consent_short(f).text, name);
		return;
	case TR_WITHDRAWN:
		snprintf(out, cap, "record %s withdraws '%s'", tr_consent_short(f).text, name);
		return;
	case TR_EXPIRED:
		tr_when_put(span, p ? &p->until : &f->until);
		snprintf(out, cap, "record %s permitted '%s' until %s", tr_consent_short(f).text, name, span);
		return;
	case TR_NOT_YET:
		tr_when_put(span, p ? &p->from : &f->when);
		snprintf(out, cap, "record %s permits '%s' from %s on", tr_consent_short(f).text, name, span);
		return;
	case TR_INCONCLUSIVE:
		say_open(q, s->open, &s->open_span);
		return;
	}
}

/* The child's word: about the permission when it was asked, else about taking part. */
static struct tr_spoken child_spoken(struct asking *q, const struct tr_asked *asked)
{
	struct tr_asked child = *asked;
	bool asked_it = false;

	for (size_t i = 0; i < q->view->own.n && !asked_it; i++) {
		const struct tr_consent_fact *f = &q->view->own.p[i];

		asked_it = f->kind == TR_FACT_CONSENT && f->voice == TR_ASSENT &&
			vf_hash_eq(&f->participant, &q->view->participant) &&
			find_permission(f, asked->name) != NULL;
	}
	if (!asked_it)
		child.name = vf_bytes_str(TR_PARTICIPATION);
	/* a grant or a delegate of the grown-up's consent is not the child's question */
	child.who = vf_bytes(NULL, 0);
	return tr_consent_spoken(q->view, TR_CHILD, &child, q->marks);
}

static void prefix(struct tr_consent_answer *ret, const char *text)
{
	char old[TR_REASON_LEN + 1];

	memcpy(old, ret->reason, sizeof(old));
	snprintf(ret->reason, sizeof(ret->reason), "%s%.*s", text, (int)(TR_REASON_LEN - strlen(text)), old);
}

static bool answer_name(struct asking *q, const struct tr_asked *asked)
{
	struct tr_spoken s = tr_consent_spoken(q->view, TR_SPEAKS, asked, q->marks), child;
	char name[80];

	vf_text_escape(name, sizeof(name), asked->name);
	q->ret->state = s.state;
	say_state(q, name, &s);
	if (s.state != TR_GRANTED || s.assent == TR_NO)
		return s.any;
	child = child_spoken(q, asked);
	if (child.state == TR_GRANTED)
		return true;
	if (s.assent == TR_MAYBE) {
		q->ret->state = TR_INCONCLUSIVE;
		snprintf(q->ret->reason, sizeof(q->ret->reason),
			"whether a child's assent must stand beside record %s at this time is not known, and "
			"it does not",
			tr_consent_short(s.decides).text);
		return true;
	}
	q->ret->state = child.state;
	say_state(q, name, &child);
	prefix(q->ret, "a parent permits it; the child's assent: ");
	return true;
}

/* Calls for each permission that an own consent has or a form offers. */
struct names {
	struct vf_bytes asked, found[MAX_NAMES];
	size_t n;
	bool is_name, many;
};

static void look(struct names *x, const struct tr_consent_permission *p)
{
	if (vf_bytes_eq(p->name, x->asked))
		x->is_name = true;
	if (!vf_bytes_eq(p->purpose, x->asked))
		return;
	for (size_t i = 0; i < x->n; i++)
		if (vf_bytes_eq(x->found[i], p->name))
			return;
	if (x->n == MAX_NAMES)
		x->many = true;
	else
		x->found[x->n++] = p->name;
}

static void look_all(struct names *x, struct tr_consent_facts facts, const struct vf_hash *participant)
{
	for (size_t i = 0; i < facts.n; i++) {
		const struct tr_consent_fact *f = &facts.p[i];

		if (f->kind != TR_FACT_FORM &&
			!(f->kind == TR_FACT_CONSENT && participant &&
				vf_hash_eq(&f->participant, participant)))
			continue;
		for (size_t k = 0; k < f->n_permissions; k++)
			look(x, &f->permissions[k]);
	}
}

/* A purpose may be that of several permissions: they must not say different things. */
static void answer(struct asking *q, struct vf_bytes purpose, struct vf_bytes who)
{
	struct names x = {.asked = purpose};
	struct tr_asked asked = {purpose, purpose, who};
	struct tr_consent_answer first = *q->ret;
	bool any = false;

	look_all(&x, q->view->own, &q->view->participant);
	look_all(&x, q->view->study, NULL);
	if (x.is_name || x.n == 0) {
		answer_name(q, &asked);
		return;
	}
	for (size_t i = 0; i < x.n; i++) {
		asked.name = x.found[i];
		if (!answer_name(q, &asked))
			continue;
		x.many = x.many || (any && q->ret->state != first.state);
		if (!any)
			first = *q->ret;
		any = true;
	}
	if (any)
		*q->ret = first;
	if (!x.many)
		return;
	q->ret->state = TR_INCONCLUSIVE;
	snprintf(q->ret->reason, sizeof(q->ret->reason),
		"several permissions have this purpose and do not agree: ask for one of them by its name");
}

VF_RC tr_consent_state(const struct tr_consent_view *view, struct vf_bytes purpose, struct vf_bytes who,
	struct vf_arena *a, struct tr_consent_answer *ret, struct vf_err *reterr)
{
	size_t n = view->own.n, places = 0;
	struct tr_consent_answer r = {.state = TR_UNKNOWN};
	struct asking q = {view, &r, VF_NEW(a, n + 1, bool)};

	if (q.marks == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the answer about %zu records", n);
	answer(&q, purpose, who);
	for (size_t i = 0; i < n; i++)
		places += q.marks[i];
	r.said = vf_arena_take(a, places + 1, sizeof(*r.said));
	r.findings = VF_NEW(a, places * TR_REMARK_COUNT + 1, struct tr_consent_finding);
	if (r.said == NULL || r.findings == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the answer about %zu records", n);
	for (size_t i = 0; i < n; i++) {
		if (!q.marks[i])
			continue;
		r.said[r.n_said++] = &view->own.p[i];
		r.n_findings += tr_consent_find(view, i, r.findings + r.n_findings);
	}
	*ret = r;
	return VF_OK;
}
