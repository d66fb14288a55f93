#include "trial/rules/approval.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>

#include "verify/text.h"

#define MAX_LANGUAGES 64

/* The languages in use: what the study lays down, else those of its forms. */
static size_t languages_of(const struct tr_case *c, struct vf_bytes ret[MAX_LANGUAGES])
{
	size_t n = 0;

	for (size_t i = 0; i < c->parameters->languages.n && n < MAX_LANGUAGES; i++)
		ret[n++] = c->parameters->languages.p[i];
	for (size_t i = 0; c->parameters->languages.n == 0 && i < c->n_records && n < MAX_LANGUAGES; i++) {
		const struct tr_case_record *r = &c->records[i];
		bool known = r->kind != TR_CONSENT_FORM || !r->details || r->details->language.n == 0;

		for (size_t j = 0; j < n && !known; j++)
			known = vf_bytes_eq(ret[j], r->details->language);
		if (!known)
			ret[n++] = r->details->language;
	}
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
	d.word = TR_WORD_NONE;
	return tr_find(f, rule, &d, reterr, "in %zu %s, each approved; what they say in each was not compared", n, n == 1 ? "language" : "languages");
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
	.text = "Each version of a consent form that is in use is there in each language in use, as a document of its own, and approved. A warning: whether a "
		"translation says the same is for a reader.",
	.inputs = "records of kind consent-form and ethics-approval, the study's parameters",
	.warning = true,
	.run = run,
};
