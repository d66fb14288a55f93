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

/* A consent, with the first form that is newer than its own, and the first beside it that says nothing of it. */
struct given {
	const struct tr_case_record *consent, *form;
	struct vf_bytes site;
	struct tr_dated when;
	struct newer newer, beside;
	size_t group;
};

/* What is looked at for all consents, and for those on one form at one site. */
struct looking {
	const struct tr_case *c;
	struct tr_uses uses;
	struct tr_chain chain;
	const struct tr_case_record **forms; /* that say whom they are for: those for the same people and places together */
	size_t n_forms, *group;              /* of each record that is a form: where its people begin there; n_forms: nowhere */
	struct newer *after, *same;          /* that count at the site, those from the earliest first: after the form, for its people */
	size_t n_after, n_same;
	uint32_t *tied, turn; /* of each record: the last turn whose form it comes after or before */
};

/* The date from which the site uses a version, by the files. Not sure where the consent names no site and sites differ. */
static struct newer in_use_from(const struct looking *l, const struct tr_case_record *form, struct vf_bytes site)
{
	struct newer n = {.form = form, .from = tr_dated_none(), .is_sure = true};

	if (form->version.n)
		n.from = tr_uses_first(&l->uses, form->version, site, &n.is_sure);
	n.by_use = tr_dated_is(&n.from);
	n.is_sure &= n.by_use;
	return n;
}

static int compare_lists(const struct tr_texts *a, const struct tr_texts *b)
{
	int order = (a->n > b->n) - (a->n < b->n);

	for (size_t i = 0; order == 0 && i < a->n; i++)
		order = vf_bytes_cmp(a->of[i], b->of[i]);
	return order;
}

/* A form for the same people and places that says nothing of the other: a version of it, or another form beside it. */
static int compare_people(const struct tr_case_record *g, const struct tr_case_record *form)
{
	const struct tr_facts *x = g->details, *y = form->details;
	int order = (x->population > y->population) - (x->population < y->population);

	order = order ? order : vf_bytes_cmp(x->language, y->language);
	order = order ? order : compare_lists(&x->scope.countries, &y->scope.countries);
	order = order ? order : compare_lists(&x->scope.regions, &y->scope.regions);
	return order ? order : compare_lists(&x->scope.sites, &y->scope.sites);
}

static int by_people(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;
	int order = compare_people(x, y);

	return order ? order : (x > y) - (x < y);
}

/* The earliest first, by their last moments; of equal ones the first in the log. */
static int by_from(const void *a, const void *b)
{
	const struct newer *x = a, *y = b;
	int order = (x->from.when.hi > y->from.when.hi) - (x->from.when.hi < y->from.when.hi);

	return order ? order : (x->form > y->form) - (x->form < y->form);
}

/* From when forms count at the site: approved, and in use where a file says from when. Those that do not are left out. */
static size_t count_from(const struct looking *l, const struct tr_case_record *const *forms, size_t n_forms, struct vf_bytes site, struct newer *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < n_forms; i++) {
		struct tr_approval a = tr_approval_at(l->c, forms[i], site);

		if (!a.record)
			continue;
		ret[n] = in_use_from(l, forms[i], site);
		ret[n].from = ret[n].by_use ? tr_dated_last(&a.from, &ret[n].from) : a.from;
		n += tr_dated_is(&ret[n].from) ? 1 : 0;
	}
	if (n)
		qsort(ret, n, sizeof(*ret), by_from);
	return n;
}

/* The first that was, or may have been, approved and in use when the consent was given: since then the form is no longer current. */
static struct newer first_newer(const struct looking *l, const struct tr_dated *when)
{
	for (size_t i = 0; i < l->n_after; i++)
		if (tr_dated_cmp(&l->after[i].from, when) <= 0)
			return l->after[i];
	return (struct newer){0};
}

/* The same of later forms for the same people that do not say that they supersede the form. */
static struct newer first_beside(const struct looking *l, const struct tr_case_record *form, const struct tr_dated *when)
{
	for (size_t i = 0; i < l->n_same; i++)
		if (l->same[i].form > form && l->tied[l->same[i].form - l->c->records] != l->turn && tr_dated_cmp(&l->same[i].from, when) <= 0)
			return l->same[i];
	return (struct newer){0};
}

/* The forms that come after this one, where the same people may be asked, and all that are not beside it. */
static void turn_to(struct looking *l, const struct tr_case_record *form, struct vf_bytes site)
{
	size_t kept = 0;

	l->turn++;
	tr_chain_before(&l->chain, form);
	for (size_t i = 0; i < l->chain.n; i++)
		l->tied[l->chain.found[i] - l->c->records] = l->turn;
	tr_chain_after(&l->chain, form);
	for (size_t i = 0; i < l->chain.n; i++) {
		const struct tr_case_record *g = l->chain.found[i];

		l->tied[g - l->c->records] = l->turn;
		if (g->kind == TR_CONSENT_FORM && !(g->details && form->details && tr_scope_is_apart(&g->details->scope, &form->details->scope)))
			l->chain.found[kept++] = g;
	}
	l->n_after = count_from(l, l->chain.found, kept, site, l->after);
}

static int by_group(const void *a, const void *b)
{
	const struct given *x = *(const struct given *const *)a, *y = *(const struct given *const *)b;
	int order = (x->group > y->group) - (x->group < y->group);

	order = order ? order : vf_bytes_cmp(x->site, y->site);
	order = order ? order : (x->form > y->form) - (x->form < y->form);
	return order ? order : (x > y) - (x < y);
}

/* Fills in what is newer than the forms of consents: people by people, site by site, form by form. */
static void find_newer(struct looking *l, struct given **p, size_t n)
{
	qsort(p, n, sizeof(*p), by_group);
	for (size_t i = 0; i < n; i++) {
		const bool other_place = i == 0 || p[i]->group != p[i - 1]->group || !vf_bytes_eq(p[i]->site, p[i - 1]->site);
		size_t end = p[i]->group;

		if (other_place) {
			while (end < l->n_forms && compare_people(l->forms[p[i]->group], l->forms[end]) == 0)
				end++;
			l->n_same = count_from(l, l->forms + p[i]->group, end - p[i]->group, p[i]->site, l->same);
		}
		if (other_place || p[i]->form != p[i - 1]->form)
			turn_to(l, p[i]->form, p[i]->site);
		p[i]->newer = first_newer(l, &p[i]->when);
		p[i]->beside = first_beside(l, p[i]->form, &p[i]->when);
	}
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
static VF_RC judge_form(const struct tr_rule *rule, const struct looking *l, const struct tr_case_record *form, struct vf_bytes site,
	const struct tr_dated *when, struct tr_finding_draft *d, struct tr_findings *f, bool *ret_good, struct vf_err *reterr)
{
	char name[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], x[TR_APPROVAL_LEN + 1];
	struct newer use = in_use_from(l, form, site);
	struct tr_approval a;

	*ret_good = false;
	tr_study_name(name, form);
	tr_dated_put(w, when);
	d->word = tr_approval_for(l->c, form, site, when, &a);
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

static VF_RC judge(const struct tr_rule *rule, const struct looking *l, const struct given *g, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *consent = g->consent, *form = g->form;
	const struct newer newer = g->newer, beside = g->beside;
	const struct tr_dated when = g->when;
	char about[TR_NAMED_LEN + 1], name[TR_NAMED_LEN + 1], other[TR_NAMED_LEN + 1], w[TR_DATED_LEN + 1], x[TR_DATED_LEN + 1];
	struct tr_finding_draft d;
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
	rc = judge_form(rule, l, form, g->site, &when, &d, f, &good, reterr);
	if (rc != VF_OK || !good)
		return rc;
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
	d.word = superseded(l->c, &newer, &when);
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

/* Forms by whom they are for. */
static void gather_forms(struct looking *l)
{
	const struct tr_case *c = l->c;

	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		if (c->records[i].details)
			l->forms[l->n_forms++] = &c->records[i];
	if (l->n_forms)
		qsort(l->forms, l->n_forms, sizeof(const struct tr_case_record *), by_people);
	for (size_t i = 0; i < c->n_records; i++)
		l->group[i] = l->n_forms;
	for (size_t i = 0, begin = 0; i < l->n_forms; i++) {
		begin = i && compare_people(l->forms[begin], l->forms[i]) == 0 ? begin : i;
		l->group[l->forms[i] - c->records] = begin;
	}
}

/* All consents in the order of the log, and those of them whose form may have been superseded. */
static size_t gather(const struct looking *l, struct given *all, struct given **dated, size_t *ret_dated)
{
	const struct tr_case *c = l->c;
	size_t n = 0;

	*ret_dated = 0;
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i];
		struct given *g = &all[n];

		if (!tr_is_consent(r) || r->is_erased)
			continue;
		n++;
		*g = (struct given){.consent = r, .form = tr_consent_form_of(c, r), .when = tr_consent_given(r),
			.site = r->details ? r->details->site : vf_bytes("", 0)};
		if (!g->form || !tr_dated_is(&g->when))
			continue;
		g->group = l->group[g->form - c->records];
		dated[(*ret_dated)++] = g;
	}
	return n;
}

static size_t count_consents(const struct tr_case *c)
{
	return c->by_kind[TR_CONSENT + 1] - c->by_kind[TR_CONSENT] + c->by_kind[TR_RE_CONSENT + 1] - c->by_kind[TR_RE_CONSENT];
}

static VF_RC judge_all(const struct tr_rule *rule, struct looking *l, struct tr_findings *f, struct vf_err *reterr)
{
	const size_t room = count_consents(l->c) + 1;
	struct given *all = malloc(room * sizeof(*all)), **dated = malloc(room * sizeof(*dated));
	size_t n = 0, n_dated;
	enum vf_rc rc = all && dated ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for consents");

	if (rc == VF_OK) {
		gather_forms(l);
		n = gather(l, all, dated, &n_dated);
		find_newer(l, dated, n_dated);
	}
	for (size_t i = 0; rc == VF_OK && i < n; i++)
		rc = judge(rule, l, &all[i], f, reterr);
	free(all);
	free(dated);
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const size_t forms = c->by_kind[TR_CONSENT_FORM + 1] - c->by_kind[TR_CONSENT_FORM] + 1;
	struct looking l = {.c = c,
		.forms = malloc(forms * sizeof(const struct tr_case_record *)),
		.group = malloc((c->n_records + 1) * sizeof(*l.group)),
		.after = malloc(forms * sizeof(*l.after)),
		.same = malloc(forms * sizeof(*l.same)),
		.tied = calloc(c->n_records + 1, sizeof(*l.tied))};
	enum vf_rc rc = l.forms && l.group && l.after && l.same && l.tied ? tr_uses_of(c, &l.uses, reterr)
									 : vf_fail(reterr, VF_NO_MEMORY, "no memory for consent forms");

	if (rc == VF_OK)
		rc = tr_chain_init(&l.chain, c, reterr);
	if (rc == VF_OK)
		rc = judge_all(rule, &l, f, reterr);
	free(l.forms);
	free(l.group);
	free(l.after);
	free(l.same);
	free(l.tied);
	tr_uses_done(&l.uses);
	tr_chain_done(&l.chain);
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
