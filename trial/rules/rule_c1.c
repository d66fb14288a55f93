#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

/* The first consent on a form at one site. */
struct use {
	const struct tr_case_record *form, *first;
	struct vf_bytes site; /* empty: not said */
	struct tr_dated when;
};

static int by_form_and_site(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = (x->form > y->form) - (x->form < y->form);

	if (order == 0)
		order = vf_bytes_cmp(x->site, y->site);
	return order ? order : (x->first > y->first) - (x->first < y->first);
}

/* Another consent: where one of two has no date that is disclosed, the first may have been earlier than the other. */
static void add(struct use *to, const struct use *u)
{
	struct tr_dated when = tr_dated_first(&to->when, &u->when);

	if (tr_dated_is(&when) && (!tr_dated_is(&to->when) || !tr_dated_is(&u->when)))
		when = tr_dated_or_before(&when, TR_WORD_MISSING_DATE);
	if (tr_dated_is(&u->when) && (!tr_dated_is(&to->when) || u->when.when.hi < to->when.when.hi))
		to->first = u->first;
	to->when = when;
}

/* One use for each form and site, in the order of forms in the log. NULL: no memory. */
static struct use *uses_of(const struct tr_case *c, size_t *ret_n)
{
	struct use *u = malloc((c->n_records + 1) * sizeof(*u));
	size_t n = 0;

	*ret_n = 0;
	for (size_t i = 0; u && i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];

		if (!tr_is_consent(r) || (u[n].form = tr_consent_form_of(c, r)) == NULL)
			continue;
		u[n].first = r;
		u[n].site = r->details ? r->details->site : vf_bytes("", 0);
		u[n++].when = tr_consent_given(r);
	}
	if (u)
		qsort(u, n, sizeof(*u), by_form_and_site);
	for (size_t i = 0; i < n; i++) {
		struct use *last = *ret_n ? &u[*ret_n - 1] : NULL;

		if (!last || last->form != u[i].form || !vf_bytes_eq(last->site, u[i].site))
			u[(*ret_n)++] = u[i];
		else
			add(last, &u[i]);
	}
	return u;
}

/* n uses of one form, site by site: what weighs most is the form's finding. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct use *u, size_t n, struct tr_findings *f,
	struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1], from[TR_APPROVAL_LEN + 1], anchor[TR_DATED_LEN + 1], when[TR_DATED_LEN + 1], site[64] = "", at[80] = "";
	struct tr_approval a, other;
	enum tr_word word = tr_approval_for(c, u->form, u->site, &u->when, &a), next;
	const struct use *worst = u;
	struct tr_finding_draft d;
	bool before;

	for (size_t i = 1; i < n; i++) {
		next = tr_approval_for(c, u[i].form, u[i].site, &u[i].when, &other);
		if (tr_word_verdict(next) <= tr_word_verdict(word))
			continue;
		word = next;
		a = other;
		worst = &u[i];
	}
	if (n > 1 && worst->site.n) {
		vf_text_escape(site, sizeof(site), worst->site);
		snprintf(at, sizeof(at), " at site '%s'", site);
	}
	tr_study_name(about, u->form);
	tr_approval_put(from, &a);
	tr_dated_put(anchor, &a.anchor);
	tr_dated_put(when, &worst->when);
	d = tr_study_draft(word, about, u->form, worst->first);
	if (!a.record)
		return tr_find(f, rule, &d, reterr, "no approval names it%s; first consent on it: %s", at, when);
	d.records[2] = &a.record->id;
	/* the record of a consent may be younger than the consent: the log alone does not show that the approval came first */
	before = tr_case_is_before(a.record, worst->first);
	return tr_find(f, rule, &d, reterr, "approved from: %s; approval notarised: %s; first consent on it%s: %s%s%s", from, anchor, at, when,
		before ? "; the log has the approval first" : "", word == TR_WORD_NEEDS_READER ? "; on conditions: whether they were met is for a reader" :
		word == TR_WORD_APPROVAL_UNSPECIFIC ? "; what was decided is not disclosed" : "");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	size_t n, end, before = f->n;
	struct use *u = uses_of(c, &n);
	enum vf_rc rc = u ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for consents");

	for (size_t i = 0; rc == VF_OK && i < n; i = end) {
		for (end = i + 1; end < n && u[end].form == u[i].form;)
			end++;
		rc = judge(rule, c, &u[i], end - i, f, reterr);
	}
	free(u);
	return rc == VF_OK && f->n == before ? tr_approval_told(rule, c, "form", f, reterr) : rc;
}

const struct tr_rule tr_rule_c1 = {
	.id = "C1",
	.title = "consent form approved before its first use",
	.text = "An ethics board has approved each consent form, by its record, before the first consent on it at "
		"each site, where the site is said (ICH E6(R3) 1.2), and the approval still held then. What a "
		"registry says of a board's decision does not name the form.",
	.inputs = "records of kind consent-form, ethics-approval, consent and re-consent; decisions in registry records",
	.run = run,
};
