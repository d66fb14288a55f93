#include "trial/rules/own.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include "verify/text.h"

struct type {
	enum tr_fact_name fact;
	const char *shown;
};
static const struct type types[] = {
	{TR_F_ID_NCT, "ClinicalTrials.gov number"},
	{TR_F_ID_ISRCTN, "ISRCTN number"},
	{TR_F_ID_EUDRACT, "EudraCT number"},
	{TR_F_ID_EUCT, "EU CT number"},
	{TR_F_ID_SPONSOR, "sponsor's number"},
};

/* An obsolete number of the same record is no other study. */
static bool is_alias(const struct tr_case *c, struct vf_bytes id)
{
	size_t n;

	tr_case_saying(c, TR_F_ID_NCT_ALIAS, id, &n);
	return n > 0;
}

/* The first value of a file, or of a record of this study in it, counts: later ones may be references to other studies. */
static bool is_first(const struct tr_case_fact *of)
{
	return tr_own_fact(of->file, of->fact->item, of->fact->name) == of->fact && tr_own_is(of->file, of->fact->item);
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct type *type, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[type->fact];
	const struct tr_case_fact *first = NULL;
	char a[64], b[64], one[TR_NAMED_LEN + 1], two[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct vf_bytes id = tr_kept_text(all->p[i].fact);

		if (!is_first(&all->p[i]) || is_alias(c, id))
			continue;
		n++;
		if (!first)
			first = &all->p[i];
		if (vf_bytes_eq(id, tr_kept_text(first->fact)))
			continue;
		vf_text_escape(a, sizeof(a), tr_kept_text(first->fact));
		vf_text_escape(b, sizeof(b), id);
		tr_study_file(one, first->file);
		tr_study_file(two, all->p[i].file);
		d = tr_study_draft(TR_WORD_MISMATCH, type->shown, first->file->record, all->p[i].file->record);
		return tr_find(f, rule, &d, reterr, "%s says %s, %s says %s", one, a, two, b);
	}
	if (n < 2)
		return VF_OK;
	vf_text_escape(a, sizeof(a), tr_kept_text(first->fact));
	d = tr_study_draft(TR_WORD_NONE, type->shown, first->file->record, NULL);
	return tr_find(f, rule, &d, reterr, "%zu files say %s", n, a);
}

/* "NCT01234567.xml" that is about another one. */
static VF_RC judge_name(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_fact *of, struct tr_findings *f, struct vf_err *reterr)
{
	struct vf_bytes name = of->file->name, id, own = tr_kept_text(of->fact);
	char about[TR_NAMED_LEN + 1], says[64];
	struct tr_finding_draft d;

	for (size_t at = 0; vf_bytes_slice(name, at, 11, &id); at++) {
		bool nct = vf_bytes_starts(id, "NCT");

		for (size_t i = 3; nct && i < 11; i++)
			nct = id.p[i] >= '0' && id.p[i] <= '9';
		if (!nct || vf_bytes_eq(id, own) || is_alias(c, id))
			continue;
		tr_study_file(about, of->file);
		vf_text_escape(says, sizeof(says), own);
		d = tr_study_draft(TR_WORD_FILE_NAME, about, of->file->record, NULL);
		return tr_find(f, rule, &d, reterr, "the file itself says %s", says);
	}
	return VF_OK;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < sizeof(types) / sizeof(types[0]); i++)
		rc = judge(rule, c, &types[i], f, reterr);
	for (size_t i = 0; rc == VF_OK && i < c->by_name[TR_F_ID_NCT].n; i++)
		if (is_first(&c->by_name[TR_F_ID_NCT].p[i]))
			rc = judge_name(rule, c, &c->by_name[TR_F_ID_NCT].p[i], f, reterr);
	return rc;
}

const struct tr_rule tr_rule_p5 = {
	.id = "P5",
	.title = "identifiers agree",
	.text = "All files of the study that carry an identifier of one type carry the same: ClinicalTrials.gov, ISRCTN, EudraCT, EU CT, the "
		"sponsor's. Obsolete numbers of one record count as equal. What the name of a file says is a note.",
	.inputs = "identifiers in all files",
	.reads = TR_READS_ANY,
	.run = run,
};
