#include "trial/rules/approval.h"
#include "trial/rules/chain.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"
#include "trial/rules/use.h"

#include <stdlib.h>

/* From when a newer form counts. */
struct newer {
	const struct tr_case_record *form; /* NULL: none does */
	struct tr_dated from;
	bool by_use, is_sure; /* a file says so, and it is so at the site of the consent */
};

/* A consent on a form, with the newest that was in use when it was given. */
struct given {
	const struct tr_case_record *consent, *form;
	struct vf_bytes site;
	struct tr_dated when;
	struct newer newer;
};

struct looking {
	const struct tr_case *c;
	struct tr_uses uses;
	struct tr_chain chain;
	struct newer *newer; /* for one form and site: see choose() */
	size_t n[2];
};

/* The date from which the site uses a version, by the files. Not sure where the consent names no site and sites differ. */
static struct newer in_use_from(const struct looking *l, const struct tr_case_record *form, struct vf_bytes site)
{
	struct tr_use sum = {.from = tr_dated_none(), .is_sure = true};
	const struct tr_use *at[2] = {0}, *all;
	size_t n = 0;

	if (form->version.n && site.n) {
		at[0] = tr_uses_find(&l->uses, form->version, vf_bytes("", 0), NULL);
		at[1] = tr_uses_find(&l->uses, form->version, site, NULL);
	} else if (form->version.n) {
		all = tr_uses_version(&l->uses, form->version, &n);
		for (size_t i = 0; i < n; i++)
			tr_use_join(&sum, &all[i]);
	}
	for (int i = 0; i < 2; i++)
		if (at[i])
			tr_use_join(&sum, at[i]);
	return (struct newer){.form = form, .from = sum.from, .by_use = tr_dated_is(&sum.from), .is_sure = sum.is_sure && tr_dated_is(&sum.from)};
}

static bool is_for_same_people(const struct tr_case_record *g, const struct tr_case_record *form)
{
	return g->kind == TR_CONSENT_FORM && !(g->details && form->details && tr_scope_is_apart(&g->details->scope, &form->details->scope));
}

/*
 * The forms that come after one, for a site, from the last in the log on: only those in use from earlier than every later one,
 * as others are never the last. Dates without an offset are compared in another way, so they are apart: in the second half.
 */
static void choose(struct looking *l, struct vf_bytes site)
{
	l->n[0] = l->n[1] = 0;
	for (size_t i = l->chain.n; i-- > 0;) {
		const struct tr_case_record *g = l->chain.found[i];
		struct tr_approval a = tr_approval_at(l->c, g, site);
		struct newer n = a.record ? in_use_from(l, g, site) : (struct newer){.from = tr_dated_none()}, *list;
		size_t *count;

		if (!n.by_use)
			n.from = a.from;
		if (!a.record || !tr_dated_is(&n.from))
			continue;
		list = l->newer + (n.from.when.local ? l->c->n_records : 0);
		count = &l->n[n.from.when.local ? 1 : 0];
		if (*count == 0 || n.from.when.hi < list[*count - 1].from.when.hi)
			list[(*count)++] = n;
	}
}

/* The last newer form that was approved and in use when the consent was given. */
static struct newer last_before(const struct looking *l, const struct tr_dated *when)
{
	struct newer last = {0};

	for (int half = 0; half < 2; half++) {
		const struct newer *list = l->newer + (half ? l->c->n_records : 0);
		size_t lo = 0, hi = l->n[half];

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (tr_dated_cmp(&list[mid].from, when) >= 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo < l->n[half] && (!last.form || list[lo].form > last.form))
			last = list[lo];
	}
	return last;
}

static int by_form_and_site(const void *a, const void *b)
{
	const struct given *x = *(const struct given *const *)a, *y = *(const struct given *const *)b;
	int order = (x->form > y->form) - (x->form < y->form);

	if (order == 0)
		order = vf_bytes_cmp(x->site, y->site);
	return order ? order : (x > y) - (x < y);
}

/* Fills in what is newer than each, form by form and site by site. */
static void find_newer(struct looking *l, struct given **p, size_t n)
{
	qsort(p, n, sizeof(*p), by_form_and_site);
	for (size_t i = 0; i < n; i++) {
		const bool other_form = i == 0 || p[i]->form != p[i - 1]->form;

		if (other_form) {
			size_t kept = 0;

			tr_chain_after(&l->chain, p[i]->form);
			for (size_t j = 0; j < l->chain.n; j++)
				if (is_for_same_people(l->chain.found[j], p[i]->form))
					l->chain.found[kept++] = l->chain.found[j];
			l->chain.n = kept;
		}
		if (other_form || !vf_bytes_eq(p[i]->site, p[i - 1]->site))
			choose(l, p[i]->site);
		p[i]->newer = last_before(l, &p[i]->when);
	}
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct given *g, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *consent = g->consent, *form = g->form;
	const struct newer newer = g->newer;
	const struct tr_dated when = g->when;
	struct tr_dated limit;
	char about[TR_NAMED_LEN + 1], name[TR_NAMED_LEN + 1], other[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], x[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
	struct tr_approval a;

	tr_study_name(about, consent);
	tr_dated_put(w, &when);
	d = tr_study_draft(TR_WORD_VERSION_UNKNOWN, about, consent, form);
	if (!form)
		return tr_find(f, rule, &d, reterr, "given: %s; the form is not named or not at hand", w);
	tr_study_name(name, form);
	a = tr_approval_at(c, form, g->site);
	tr_dated_put(x, &a.from);
	if (!tr_dated_is(&when)) {
		d.word = when.is_bad ? TR_WORD_BAD_TIME : TR_WORD_MISSING_DATE;
		return tr_find(f, rule, &d, reterr, "on %s; when it was given is not disclosed", name);
	}
	if (a.record && tr_approval_no_later(&a, &when) == TR_WORD_ORDER) {
		d.word = TR_WORD_ORDER;
		return tr_find(f, rule, &d, reterr, "given: %s, on %s, approved from: %s", w, name, x);
	}
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

static size_t collect(const struct tr_case *c, struct given *all, struct given **dated, size_t *ret_dated)
{
	size_t n = 0;

	*ret_dated = 0;
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];

		if (!tr_is_consent(r) || r->is_erased)
			continue;
		all[n] = (struct given){.consent = r, .form = tr_consent_form_of(c, r), .when = tr_consent_date_of(r),
			.site = r->details ? r->details->site : vf_bytes("", 0)};
		if (all[n].form && tr_dated_is(&all[n].when))
			dated[(*ret_dated)++] = &all[n];
		n++;
	}
	return n;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct looking l = {.c = c, .newer = malloc((2 * c->n_records + 1) * sizeof(*l.newer))};
	struct given *all = malloc((c->n_records + 1) * sizeof(*all)), **dated = malloc((c->n_records + 1) * sizeof(*dated));
	size_t n = 0, n_dated;
	enum vf_rc rc = l.newer && all && dated ? tr_uses_of(c, &l.uses, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for consents");

	if (rc == VF_OK)
		rc = tr_chain_init(&l.chain, c, reterr);
	if (rc == VF_OK) {
		n = collect(c, all, dated, &n_dated);
		find_newer(&l, dated, n_dated);
	}
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = judge(rule, c, &all[i], f, reterr);
	free(all);
	free(dated);
	free(l.newer);
	tr_uses_done(&l.uses);
	tr_chain_done(&l.chain);
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
