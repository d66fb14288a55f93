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
		n.from = *tr_dated_earlier(&n.from, &d);
	}
	n.by_use = tr_dated_is(&n.from);
	n.is_sure &= n.by_use;
	return n;
}

/* The last newer form for the same people that was approved and in use at the site when the consent was given. */
static struct newer newer_form(const struct tr_case *c, const struct tr_case_record *form, struct vf_bytes site, const struct tr_dated *when)
{
	struct newer last = {0};

	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1)) {
		const struct tr_case_record *g = &c->records[i];
		struct tr_approval a;
		struct newer n;

		if (!tr_study_comes_after(c, g, form, false))
			continue;
		if (g->details && form->details && tr_scope_is_apart(&g->details->scope, &form->details->scope))
			continue;
		a = tr_approval_at(c, g, site);
		n = in_use_from(c, g, site);
		if (!n.by_use)
			n.from = a.from;
		if (!a.record || !tr_dated_is(&n.from) || tr_dated_cmp(&n.from, when) >= 0)
			continue;
		last = n;
	}
	return last;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *consent, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_case_record *form = tr_consent_form_of(c, consent);
	const struct vf_bytes site = consent->details ? consent->details->site : vf_bytes("", 0);
	struct tr_dated when = tr_consent_date_of(consent), limit;
	char about[TR_NAMED_LEN + 1], name[TR_NAMED_LEN + 1], other[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], x[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
	struct tr_approval a;
	struct newer newer;

	tr_study_name(about, consent);
	tr_dated_put(w, &when);
	d = tr_study_draft(TR_WORD_VERSION_UNKNOWN, about, consent, form);
	if (!form)
		return tr_find(f, rule, &d, reterr, "given: %s; the form is not named or not at hand", w);
	tr_study_name(name, form);
	a = tr_approval_at(c, form, site);
	tr_dated_put(x, &a.from);
	if (!tr_dated_is(&when)) {
		d.word = when.is_bad ? TR_WORD_BAD_TIME : TR_WORD_MISSING_DATE;
		return tr_find(f, rule, &d, reterr, "on %s; when it was given is not disclosed", name);
	}
	if (a.record && tr_approval_no_later(&a, &when) == TR_WORD_ORDER) {
		d.word = TR_WORD_ORDER;
		return tr_find(f, rule, &d, reterr, "given: %s, on %s, approved from: %s", w, name, x);
	}
	newer = newer_form(c, form, site, &when);
	if (!newer.form) {
		d.word = TR_WORD_NONE;
		return tr_find(f, rule, &d, reterr, "given: %s, on the current %s", w, name);
	}
	d.records[2] = &newer.form->id;
	tr_study_name(other, newer.form);
	tr_dated_put(x, &newer.from);
	limit = tr_dated_plus_days(&newer.from, c->parameters->grace_days);
	if (tr_dated_cmp(&limit, &when) >= 0)
		d.word = TR_WORD_GRACE;
	else
		d.word = newer.is_sure ? TR_WORD_SUPERSEDED : TR_WORD_MAPPING_MISSING;
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
	.text = "Each consent is on the newest form that was approved and in use when it was given, for its place and people. Within the days of grace "
		"that the study allows, the form before it is a note. Where no file says from when the site of the consent used a form, its approval "
		"counts, and what would fail is not decided.",
	.inputs = "records of kind consent, re-consent, consent-form, ethics-approval; dates of use in ODM files",
	.laid_down = TR_LAID_PARAMETERS | TR_LAID_MAPPING,
	.run = run,
};
