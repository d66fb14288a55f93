#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* From when a newer form counts. */
struct newer {
	const struct tr_case_record *form; /* NULL: none does */
	struct tr_dated from;
	bool by_use, is_sure; /* a file says so, and it is so at the site of the consent */
};

/* The date from which the site uses a version, by the files. Not sure where the consent names no site and sites differ. */
static struct newer in_use_from(const struct tr_case *c, const struct tr_case_record *form, struct vf_bytes site)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_USE_VERSION];
	struct newer n = {.form = form, .from = tr_dated_none(), .is_sure = true};

	for (size_t i = 0; form->version.n && i < all->n; i++) {
		const struct tr_kept_fact *where = tr_case_item(all->p[i].file, all->p[i].fact->item, TR_F_USE_SITE);
		struct tr_dated d;

		if (!vf_bytes_eq(tr_kept_text(all->p[i].fact), form->version) || (site.n && where && !vf_bytes_eq(tr_kept_text(where), site)))
			continue;
		d = tr_dated_of_fact(tr_case_item(all->p[i].file, all->p[i].fact->item, TR_F_USE_DATE));
		n.is_sure &= !tr_dated_is(&n.from) || !tr_dated_is(&d) || tr_dated_cmp(&n.from, &d) == 0;
		n.from = tr_dated_first(&n.from, &d);
	}
	n.by_use = tr_dated_is(&n.from);
	n.is_sure &= n.by_use;
	return n;
}

static bool is_same_list(const struct tr_texts *a, const struct tr_texts *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!vf_bytes_eq(a->of[i], b->of[i]))
			return false;
	return true;
}

/* A form for the same people and places that says nothing of the other: a version of it, or another form beside it. */
static bool is_beside(const struct tr_case_record *g, const struct tr_case_record *form)
{
	const struct tr_facts *x = g->details, *y = form->details;

	return x && y && g != form && x->population == y->population && vf_bytes_eq(x->language, y->language) &&
		is_same_list(&x->scope.countries, &y->scope.countries) && is_same_list(&x->scope.regions, &y->scope.regions) &&
		is_same_list(&x->scope.sites, &y->scope.sites);
}

/* From when a form counts at the site: approved, and in use where a file says from when. None: it does not. */
static struct newer counts_from(const struct tr_case *c, const struct tr_case_record *g, struct vf_bytes site)
{
	struct tr_approval a = tr_approval_at(c, g, site);
	struct newer n = in_use_from(c, g, site);

	if (!a.record)
		return (struct newer){.from = tr_dated_none()};
	n.from = n.by_use ? tr_dated_last(&a.from, &n.from) : a.from;
	return n;
}

/* The first newer form for the same people that was, or may have been, approved and in use at the site when the consent was given: since
 * then the form is no longer current. Forms that do not say that they supersede it are asked for apart. */
static struct newer newer_form(const struct tr_case *c, const struct tr_case_record *form, struct vf_bytes site, const struct tr_dated *when, bool linked)
{
	struct newer first = {0};

	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1)) {
		const struct tr_case_record *g = &c->records[i];
		struct newer n;

		if (tr_study_comes_after(c, g, form) != linked)
			continue;
		if (!linked && (g < form || !is_beside(g, form) || tr_study_comes_after(c, form, g)))
			continue;
		if (g->details && form->details && tr_scope_is_apart(&g->details->scope, &form->details->scope))
			continue;
		n = counts_from(c, g, site);
		if (!tr_dated_is(&n.from) || tr_dated_cmp(&n.from, when) > 0)
			continue;
		if (!first.form || n.from.when.hi < first.from.when.hi)
			first = n;
	}
	return first;
}

/* On a form that was superseded, or may have been. */
static enum tr_word superseded(const struct tr_case *c, const struct newer *newer, const struct tr_dated *when)
{
	struct tr_dated limit = tr_dated_plus_days(&newer->from, c->parameters->grace_days);
	enum tr_word order = tr_no_later(when, &newer->from, false), graced = tr_no_later(when, &limit, false);

	if (order != TR_WORD_ORDER)
		return order; /* it may have been given before */
	if (graced == TR_WORD_NONE || graced == TR_WORD_SAME_DAY)
		return TR_WORD_GRACE;
	if (graced != TR_WORD_ORDER && c->parameters->grace_days > 0)
		return graced;
	return newer->is_sure ? TR_WORD_SUPERSEDED : TR_WORD_MAPPING_MISSING;
}

/* The form that a consent is on: approved when it was given, and in use at the site where a file says from when. */
static VF_RC judge_form(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *form, struct vf_bytes site,
	const struct tr_dated *when, struct tr_finding_draft *d, struct tr_findings *f, bool *ret_good, struct vf_err *reterr)
{
	char name[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], x[TR_APPROVAL_LEN + 1];
	struct newer use = in_use_from(c, form, site);
	struct tr_approval a;

	*ret_good = false;
	tr_study_name(name, form);
	tr_dated_put(w, when);
	d->word = tr_approval_for(c, form, site, when, &a);
	tr_approval_put(x, &a);
	if (!a.record)
		return tr_find(f, rule, d, reterr, "given: %s, on %s, which no approval at hand names", w, name);
	if (tr_word_verdict(d->word) > TR_PASS_NOTE)
		return tr_find(f, rule, d, reterr, "given: %s, on %s, approved from: %s%s", w, name, x,
			d->word == TR_WORD_NEEDS_READER ? ", on conditions" : "");
	if (use.by_use && use.is_sure && tr_no_later(&use.from, when, false) == TR_WORD_ORDER) {
		d->word = TR_WORD_ORDER;
		tr_dated_put(x, &use.from);
		return tr_find(f, rule, d, reterr, "given: %s, on %s, in use from: %s", w, name, x);
	}
	*ret_good = true;
	return VF_OK;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *consent, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_case_record *form = tr_consent_form_of(c, consent);
	const struct vf_bytes site = consent->details ? consent->details->site : vf_bytes("", 0);
	struct tr_dated when = tr_consent_given(consent);
	char about[TR_NAMED_LEN + 1], name[TR_NAMED_LEN + 1], other[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], x[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
	struct newer newer, beside;
	enum vf_rc rc;
	bool good;

	tr_study_name(about, consent);
	tr_dated_put(w, &when);
	d = tr_study_draft(TR_WORD_VERSION_UNKNOWN, about, consent, form);
	if (!form)
		return tr_find(f, rule, &d, reterr, "given: %s; the form is not named or not at hand", w);
	tr_study_name(name, form);
	if (!tr_dated_is(&when)) {
		d.word = when.is_bad ? TR_WORD_BAD_TIME : TR_WORD_MISSING_DATE;
		return tr_find(f, rule, &d, reterr, "on %s; when it was given is not disclosed", name);
	}
	rc = judge_form(rule, c, form, site, &when, &d, f, &good, reterr);
	if (rc != VF_OK || !good)
		return rc;
	newer = newer_form(c, form, site, &when, true);
	beside = newer_form(c, form, site, &when, false);
	if (!newer.form && !beside.form) {
		return tr_find(f, rule, &d, reterr, d.word == TR_WORD_NONE ? "given: %s, on the current %s" : "given: %s, on %s, approved on that day", w, name);
	}
	d.records[2] = newer.form ? &newer.form->id : &beside.form->id;
	tr_study_name(other, newer.form ? newer.form : beside.form);
	tr_dated_put(x, newer.form ? &newer.from : &beside.from);
	if (!newer.form) {
		d.word = TR_WORD_NEEDS_READER;
		return tr_find(f, rule, &d, reterr, "given: %s, on %s; %s is for the same people, from: %s, and does not say whether it supersedes it", w, name,
			other, x);
	}
	d.word = superseded(c, &newer, &when);
	return tr_find(f, rule, &d, reterr, "given: %s, on %s; %s %s: %s", w, name, other,
		!newer.by_use ? "approved from" : newer.is_sure ? "in use from" : "in use at one of the sites from", x);
}

/* Consents in files that do not say on which form. */
static VF_RC judge_facts(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_CONSENT_DATE];
	const struct tr_case_file *file = NULL;
	struct tr_finding_draft d;
	size_t n = 0;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i <= all->n; i++) {
		if (file && (i == all->n || all->p[i].file != file)) {
			char about[TR_NAMED_LEN + 1];

			tr_study_file(about, file);
			d = tr_study_draft(TR_WORD_VERSION_UNKNOWN, about, file->record, NULL);
			if (n)
				rc = tr_find(f, rule, &d, reterr, "consents that do not say on which form of a record: %zu", n);
			n = 0;
		}
		if (i == all->n)
			break;
		file = all->p[i].file;
		n++;
	}
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		if (tr_is_consent(&c->records[i]) && !c->records[i].is_erased)
			rc = judge(rule, c, &c->records[i], f, reterr);
	return rc == VF_OK ? judge_facts(rule, c, f, reterr) : rc;
}

const struct tr_rule tr_rule_c4 = {
	.id = "C4",
	.title = "consent on the then-current, approved form",
	.text = "Each consent is on the newest form that was approved and in use when it was given, for its place "
		"and people; on a form without an approval nothing is decided. Within the days of grace that the "
		"study allows, the form before it is a note. Where no file says from when the site of the consent "
		"used a form, its approval counts, and what would fail is not decided.",
	.inputs = "records of kind consent, re-consent, consent-form, ethics-approval; dates of use in ODM files",
	.laid_down = TR_LAID_PARAMETERS | TR_LAID_MAPPING,
	.run = run,
};
