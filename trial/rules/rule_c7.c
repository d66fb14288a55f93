#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

#include "trial/grow.h"
#include "verify/text.h"

#define MAX_LANGUAGES 64

static void add_language(struct vf_bytes ret[MAX_LANGUAGES], size_t *n, struct vf_bytes language)
{
	for (size_t i = 0; i < *n; i++)
		if (vf_bytes_eq(ret[i], language))
			return;
	if (language.n && *n < MAX_LANGUAGES)
		ret[(*n)++] = language;
}

/* The languages in use: what the study lays down, else those of its forms. */
static size_t languages_of(const struct tr_case *c, struct vf_bytes ret[MAX_LANGUAGES])
{
	size_t n = 0;

	for (size_t i = 0; i < c->parameters->languages.n; i++)
		add_language(ret, &n, c->parameters->languages.p[i]);
	if (c->parameters->languages.n)
		return n;
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		if (c->records[i].details)
			add_language(ret, &n, c->records[i].details->language);
	return n;
}

/* Forms by version, population and language, then in the order of the log. */
struct forms {
	const struct tr_case_record **p;
	size_t n;
};

static int by_language(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;
	int order = vf_bytes_cmp(x->version, y->version);

	if (order == 0)
		order = (x->details->population > y->details->population) - (x->details->population < y->details->population);
	if (order == 0)
		order = vf_bytes_cmp(x->details->language, y->details->language);
	return order;
}

static int by_language_and_place(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;
	int order = by_language(a, b);

	return order ? order : (x > y) - (x < y);
}

static bool find_forms(const struct tr_case *c, struct forms *ret)
{
	*ret = (struct forms){.p = malloc((c->by_kind[TR_CONSENT_FORM + 1] - c->by_kind[TR_CONSENT_FORM] + 1) * sizeof(const struct tr_case_record *))};
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); ret->p && i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		if (c->records[i].details)
			ret->p[ret->n++] = &c->records[i];
	if (ret->p)
		qsort(ret->p, ret->n, sizeof(const struct tr_case_record *), by_language_and_place);
	return ret->p != NULL;
}

/* The first form of this version and population in a language; NULL when there is none. */
static const struct tr_case_record *variant(const struct forms *forms, const struct tr_case_record *form, struct vf_bytes language)
{
	const struct tr_facts details = {.population = form->details->population, .language = language};
	const struct tr_case_record wanted = {.version = form->version, .details = &details}, *key = &wanted;
	size_t lo = 0, hi = forms->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_language(&forms->p[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < forms->n && by_language(&forms->p[lo], &key) == 0 ? forms->p[lo] : NULL;
}

static int by_hash(const void *a, const void *b)
{
	const struct tr_case_file *x = *(const struct tr_case_file *const *)a, *y = *(const struct tr_case_file *const *)b;

	return memcmp(x->sha256.b, y->sha256.b, sizeof(x->sha256.b));
}

/* Documents of a form, sorted by digest. NULL: no memory. */
static const struct tr_case_file **documents_of(const struct tr_case_record *form)
{
	const struct tr_case_file **p = malloc((form->n_files + 1) * sizeof(const struct tr_case_file *));

	for (size_t i = 0; p && i < form->n_files; i++)
		p[i] = &form->files[i];
	if (p)
		qsort(p, form->n_files, sizeof(const struct tr_case_file *), by_hash);
	return p;
}

static bool has_same_document(const struct tr_case_file **documents, size_t n, const struct tr_case_record *other)
{
	for (size_t i = 0; i < other->n_files; i++) {
		const struct tr_case_file *key = &other->files[i];

		if (bsearch(&key, documents, n, sizeof(const struct tr_case_file *), by_hash))
			return true;
	}
	return false;
}

/* ---- what they say ---- */

/* Paragraphs of a form, as digests: of all its files whose text was read to its end. */
struct said {
	struct vf_bytes language;
	size_t n;
};

struct paragraph {
	struct vf_bytes digest;
	size_t form; /* in said */
};

/* All forms of one version; twins are paragraphs of two forms that are equal, each the twin of one. */
struct texts {
	struct said of[MAX_LANGUAGES];
	size_t n;
	struct paragraph *p;
	size_t n_p, room;
	size_t twins[MAX_LANGUAGES][MAX_LANGUAGES];
};

static int by_octets(const void *a, const void *b)
{
	const struct paragraph *x = a, *y = b;
	int order = vf_bytes_cmp(x->digest, y->digest);

	return order ? order : (x->form > y->form) - (x->form < y->form);
}

static bool collect(const struct tr_case_record *form, struct texts *t, size_t number)
{
	const struct tr_kept_fact *f;
	size_t at;

	for (size_t i = 0; i < form->n_files; i++) {
		at = 0;
		if (!tr_case_in_file(&form->files[i], TR_F_TEXT_PARAGRAPHS, &at))
			continue;
		at = 0;
		while ((f = tr_case_in_file(&form->files[i], TR_F_TEXT_PARAGRAPH, &at)) != NULL) {
			if (!TR_GROW(t->p, t->room, t->n_p + 1))
				return false;
			t->p[t->n_p++] = (struct paragraph){tr_kept_text(f), number};
			t->of[number].n++;
		}
	}
	return true;
}

/* One paragraph, as often as each form has it. */
static void count_group(struct texts *t, const size_t counts[MAX_LANGUAGES], const size_t *forms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			t->twins[forms[i]][forms[j]] += counts[forms[i]] < counts[forms[j]] ? counts[forms[i]] : counts[forms[j]];
}

static void count_twins(struct texts *t)
{
	size_t counts[MAX_LANGUAGES], forms[MAX_LANGUAGES], n = 0;

	if (t->n_p)
		qsort(t->p, t->n_p, sizeof(*t->p), by_octets);
	for (size_t i = 0; i < t->n_p; i++) {
		if (n == 0 || forms[n - 1] != t->p[i].form) {
			forms[n++] = t->p[i].form;
			counts[t->p[i].form] = 0;
		}
		counts[t->p[i].form]++;
		if (i + 1 < t->n_p && vf_bytes_eq(t->p[i].digest, t->p[i + 1].digest))
			continue;
		count_group(t, counts, forms, n);
		n = 0;
	}
}

struct pair {
	const struct said *a, *b; /* NULL: no two could be compared */
	size_t equal;
};

/* Twins among all paragraphs of both: more of x than of y. Numbers of paragraphs are far below 2^31. */
static bool is_more_alike(const struct pair *x, const struct pair *y)
{
	return !y->a || (uint64_t)x->equal * (y->a->n + y->b->n) > (uint64_t)y->equal * (x->a->n + x->b->n);
}

static struct pair most_alike(const struct texts *t)
{
	struct pair most = {0}, p;

	for (size_t i = 0; i < t->n; i++)
		for (size_t j = i + 1; j < t->n; j++) {
			if (t->of[i].n == 0 || t->of[j].n == 0)
				continue;
			p = (struct pair){&t->of[i], &t->of[j], t->twins[i][j]};
			if (is_more_alike(&p, &most))
				most = p;
		}
	return most;
}

static VF_RC say(const struct tr_rule *rule, const struct tr_case *c, const struct texts *t, struct tr_finding_draft *d,
	struct tr_findings *f, struct vf_err *reterr)
{
	const struct pair most = most_alike(t);
	const size_t n = t->n;
	const struct said *unread = NULL;
	char a[40], b[40];

	for (size_t i = 0; i < n && !unread; i++)
		unread = t->of[i].n == 0 ? &t->of[i] : NULL;
	if (most.a) {
		vf_text_escape(a, sizeof(a), most.a->language);
		vf_text_escape(b, sizeof(b), most.b->language);
	}
	if (most.a && 200 * (uint64_t)most.equal > (uint64_t)c->parameters->translation_share * (most.a->n + most.b->n))
		return tr_find(f, rule, d, reterr, "'%s' and '%s' say the same in more than %u %% of their paragraphs: %zu and %zu, equal: %zu", a, b,
			c->parameters->translation_share, most.a->n, most.b->n, most.equal);
	if (unread) {
		vf_text_escape(a, sizeof(a), unread->language);
		return tr_find(f, rule, d, reterr, "in %zu languages, each approved; the text in '%s' cannot be read here, so whether it is another language is "
			"for a reader", n, a);
	}
	d->word = TR_WORD_NONE;
	if (most.equal == 0)
		return tr_find(f, rule, d, reterr, "in %zu languages, each approved; no paragraph of one stands in another", n);
	return tr_find(f, rule, d, reterr, "in %zu languages, each approved; the most alike are '%s' and '%s': %zu and %zu paragraphs, equal: %zu", n, a, b,
		most.a->n, most.b->n, most.equal);
}

/* What the study has: its languages, and its forms. */
struct looking {
	const struct tr_case *c;
	struct vf_bytes languages[MAX_LANGUAGES];
	size_t n;
	struct forms forms;
};

static VF_RC compare(const struct tr_rule *rule, const struct looking *l, const struct tr_case_record *form, struct tr_finding_draft *d,
	struct tr_findings *f, struct vf_err *reterr)
{
	struct texts *t = calloc(1, sizeof(*t));
	bool good = t != NULL;
	enum vf_rc rc;

	for (size_t i = 0; good && i < l->n; i++) {
		t->of[i].language = l->languages[i];
		good = collect(variant(&l->forms, form, l->languages[i]), t, i);
	}
	if (good) {
		t->n = l->n;
		count_twins(t);
	}
	rc = good ? say(rule, l->c, t, d, f, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for paragraphs");
	if (t)
		free(t->p);
	free(t);
	return rc;
}

/* What is wrong with one of the languages, in words, and where; NULL: nothing. */
static const char *wrong(const struct looking *l, const struct tr_case_record *form, const struct tr_case_file **documents, size_t language,
	const struct tr_case_record **ret)
{
	*ret = variant(&l->forms, form, l->languages[language]);
	if (!*ret)
		return "there is none in";
	if (*ret != form && has_same_document(documents, form->n_files, *ret))
		return "the same document stands for";
	return tr_approval_of(l->c, *ret).record ? NULL : "no approval names the one in";
}

static VF_RC judge(const struct tr_rule *rule, const struct looking *l, const struct tr_case_record *form, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_case_file **documents = documents_of(form);
	const struct tr_case_record *other = NULL;
	const char *what = NULL;
	char about[TR_NAMED_LEN + 1], language[40] = "";
	struct tr_finding_draft d;

	if (!documents)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the documents of a form");
	tr_study_name(about, form);
	d = tr_study_draft(TR_WORD_NEEDS_READER, about, form, NULL);
	d.warning = true;
	for (size_t i = 0; i < l->n && !what; i++) {
		what = wrong(l, form, documents, i, &other);
		vf_text_escape(language, sizeof(language), l->languages[i]);
	}
	free(documents);
	if (what) {
		d.records[1] = other ? &other->id : NULL;
		return tr_find(f, rule, &d, reterr, "%s '%s'", what, language);
	}
	if (l->n > 1)
		return compare(rule, l, form, &d, f, reterr);
	d.word = TR_WORD_NONE;
	return tr_find(f, rule, &d, reterr, "in one language, approved");
}

/* One line a version and population: its first form; what was superseded is not in use. */
static bool is_judged(const struct looking *l, const struct tr_case_record *r)
{
	if (!r->details || tr_case_is_superseded(l->c, r))
		return false;
	for (size_t i = 0; i < l->n; i++) {
		const struct tr_case_record *v = variant(&l->forms, r, l->languages[i]);

		if (v && v < r)
			return false;
	}
	return true;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct looking l = {.c = c};
	enum vf_rc rc = find_forms(c, &l.forms) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for forms");

	l.n = languages_of(c, l.languages);
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1))
		if (is_judged(&l, &c->records[i]))
			rc = judge(rule, &l, &c->records[i], f, reterr);
	free(l.forms.p);
	return rc;
}

const struct tr_rule tr_rule_c7 = {
	.id = "C7",
	.title = "forms in every language",
	.text = "Each version of a consent form that is in use is there in each language in use, as a document of its own, approved, and not mostly the same "
		"text as in another language: of all paragraphs of the two no more are equal than the study allows (50 %). A warning: whether a "
		"translation says the same is for a reader, and so is what cannot be compared, as PDF.",
	.inputs = "records of kind consent-form and ethics-approval, paragraphs of plain text and DOCX, the study's parameters",
	.warning = true,
	.laid_down = TR_LAID_PARAMETERS,
	.run = run,
};
