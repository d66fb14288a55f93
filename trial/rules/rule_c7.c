#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

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

/* The form of this version and population in a language; NULL when there is none. */
static const struct tr_case_record *variant(const struct tr_case *c, const struct tr_case_record *form, struct vf_bytes language)
{
	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1)) {
		const struct tr_case_record *r = &c->records[i];

		if (r->details && r->details->population == form->details->population && vf_bytes_eq(r->version, form->version) &&
			vf_bytes_eq(r->details->language, language))
			return r;
	}
	return NULL;
}

static bool has_same_document(const struct tr_case_record *a, const struct tr_case_record *b)
{
	for (size_t i = 0; i < a->n_files; i++)
		for (size_t j = 0; j < b->n_files; j++)
			if (vf_hash_eq(&a->files[i].sha256, &b->files[j].sha256))
				return true;
	return false;
}

/* ---- what they say ---- */

/* Paragraphs of a form, as digests in ascending order: of all its files whose text was read to its end. */
struct said {
	struct vf_bytes language, *p;
	size_t n;
};

static int by_octets(const void *a, const void *b)
{
	const struct vf_bytes *x = a, *y = b;

	return vf_bytes_cmp(*x, *y);
}

static bool collect(const struct tr_case_record *form, struct said *ret)
{
	const struct tr_kept_fact *f;
	size_t room = 0, at;

	for (size_t i = 0; i < form->n_files; i++)
		room += form->files[i].facts.n;
	ret->p = malloc((room + 1) * sizeof(*ret->p));
	if (!ret->p)
		return false;
	for (size_t i = 0; i < form->n_files; i++) {
		at = 0;
		if (!tr_case_in_file(&form->files[i], TR_F_TEXT_PARAGRAPHS, &at))
			continue;
		at = 0;
		while ((f = tr_case_in_file(&form->files[i], TR_F_TEXT_PARAGRAPH, &at)) != NULL)
			ret->p[ret->n++] = tr_kept_text(f);
	}
	qsort(ret->p, ret->n, sizeof(*ret->p), by_octets);
	return true;
}

/* Paragraphs that have a twin in the other form; each is the twin of one. */
static size_t twins(const struct said *a, const struct said *b)
{
	size_t n = 0, i = 0, j = 0;

	while (i < a->n && j < b->n) {
		int order = vf_bytes_cmp(a->p[i], b->p[j]);

		n += order == 0 ? 1 : 0;
		i += order <= 0 ? 1 : 0;
		j += order >= 0 ? 1 : 0;
	}
	return n;
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

static struct pair most_alike(const struct said *of, size_t n)
{
	struct pair most = {0}, p;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			if (of[i].n == 0 || of[j].n == 0)
				continue;
			p = (struct pair){&of[i], &of[j], twins(&of[i], &of[j])};
			if (is_more_alike(&p, &most))
				most = p;
		}
	return most;
}

static VF_RC say(const struct tr_rule *rule, const struct tr_case *c, const struct said *of, size_t n, struct tr_finding_draft *d,
	struct tr_findings *f, struct vf_err *reterr)
{
	const struct pair most = most_alike(of, n);
	const struct said *unread = NULL;
	char a[40], b[40];

	for (size_t i = 0; i < n && !unread; i++)
		unread = of[i].n == 0 ? &of[i] : NULL;
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

static VF_RC compare(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *form, const struct vf_bytes *languages,
	size_t n, struct tr_finding_draft *d, struct tr_findings *f, struct vf_err *reterr)
{
	struct said of[MAX_LANGUAGES] = {0};
	bool good = true;
	enum vf_rc rc;

	for (size_t i = 0; i < n && good; i++) {
		of[i].language = languages[i];
		good = collect(variant(c, form, languages[i]), &of[i]);
	}
	rc = good ? say(rule, c, of, n, d, f, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for paragraphs");
	for (size_t i = 0; i < n; i++)
		free(of[i].p);
	return rc;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *form, const struct vf_bytes *languages,
	size_t n, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1], language[40];
	struct tr_finding_draft d;

	tr_study_name(about, form);
	d = tr_study_draft(TR_WORD_NEEDS_READER, about, form, NULL);
	d.warning = true;
	for (size_t i = 0; i < n; i++) {
		const struct tr_case_record *other = variant(c, form, languages[i]);
		const char *what = NULL;

		vf_text_escape(language, sizeof(language), languages[i]);
		if (!other)
			what = "there is none in";
		else if (other != form && has_same_document(form, other))
			what = "the same document stands for";
		else if (!tr_approval_of(c, other).record)
			what = "no approval names the one in";
		if (!what)
			continue;
		d.records[1] = other ? &other->id : NULL;
		return tr_find(f, rule, &d, reterr, "%s '%s'", what, language);
	}
	if (n > 1)
		return compare(rule, c, form, languages, n, &d, f, reterr);
	d.word = TR_WORD_NONE;
	return tr_find(f, rule, &d, reterr, "in one language, approved");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct vf_bytes languages[MAX_LANGUAGES];
	size_t n = languages_of(c, languages);
	enum vf_rc rc = VF_OK;

	for (size_t i = tr_case_next(c, TR_CONSENT_FORM, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_CONSENT_FORM, i + 1)) {
		const struct tr_case_record *r = &c->records[i];

		/* one line a version and population: its first form; what was superseded is not in use */
		if (!r->details || tr_case_is_superseded(c, r))
			continue;
		for (size_t j = 0; j < n; j++) {
			const struct tr_case_record *v = variant(c, r, languages[j]);

			if (v && v < r)
				r = NULL;
			if (!r)
				break;
		}
		if (r)
			rc = judge(rule, c, r, languages, n, f, reterr);
	}
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
