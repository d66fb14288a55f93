#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include "verify/text.h"

static bool number_of(const struct tr_kept_fact *f, uint64_t *ret)
{
	return f && vf_decimal_read(tr_kept_text(f), UINT64_MAX, ret);
}

/* What a file says of its rows beside what there are. */
static VF_RC judge_set(const struct tr_rule *rule, const struct tr_case_fact *rows, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	uint64_t counted, said;

	if (!number_of(rows->fact, &counted) || !number_of(tr_case_item(rows->file, rows->fact->item, TR_F_SET_RECORDS), &said))
		return VF_OK;
	tr_study_file(about, rows->file);
	d = tr_study_draft(counted == said ? TR_WORD_NONE : TR_WORD_MISMATCH, about, rows->file->record, NULL);
	return tr_find(f, rule, &d, reterr, "rows by its own word: %llu; counted: %llu", (unsigned long long)said, (unsigned long long)counted);
}

/* What a record says of its data sets. */
static VF_RC judge_record(const struct tr_rule *rule, const struct tr_case_record *r, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	uint64_t said, sum = 0, n;
	bool whole = r->n_files > 0;

	if (r->kind != TR_DATASET || !vf_decimal_read(tr_case_detail(r, "rows"), UINT64_MAX, &said))
		return VF_OK;
	tr_study_name(about, r);
	for (size_t i = 0; i < r->n_files; i++) {
		const struct tr_kept_fact *rows;
		size_t at = 0;
		bool any = false;

		while ((rows = tr_case_in_file(&r->files[i], TR_F_SET_ROWS, &at)) != NULL)
			if (number_of(rows, &n)) {
				any = true;
				sum += n;
			}
		whole &= any || (r->files[i].at_hand && r->files[i].facts.rc == VF_OK);
	}
	d = tr_study_draft(!whole ? TR_WORD_MISSING_RECORD : sum == said ? TR_WORD_NONE : TR_WORD_MISMATCH, about, r, NULL);
	return tr_find(f, rule, &d, reterr, "rows by its details: %llu; in its files: %llu%s", (unsigned long long)said, (unsigned long long)sum,
		whole ? "" : ", as far as they are at hand");
}

static bool is_dm(const struct tr_case_file *file)
{
	size_t at = 0;
	const struct tr_kept_fact *name = tr_case_in_file(file, TR_F_SET_NAME, &at);

	return name && vf_bytes_is(tr_kept_text(name), "DM");
}

/* Other data sets, of an analysis of more studies for one, may hold other persons. */
static bool has_dm(const struct tr_case *c)
{
	for (size_t i = 0; i < c->by_name[TR_F_SET_NAME].n; i++)
		if (is_dm(c->by_name[TR_F_SET_NAME].p[i].file))
			return true;
	return false;
}

/* TS says how many took part; DM has them, those who failed screening perhaps among them. */
static VF_RC judge_subjects(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *codes = &c->by_name[TR_F_SUMMARY_CODE];
	size_t persons = 0, failed = 0;
	bool only_dm = has_dm(c);

	for (size_t i = 0; i < c->n_subjects; i++) {
		bool is_person = false, is_failure = false;

		for (size_t j = 0; j < c->subjects[i].facts.n; j++) {
			is_person |= c->subjects[i].facts.p[j].fact->name == TR_F_SUBJECT_KEY && (!only_dm || is_dm(c->subjects[i].facts.p[j].file));
			is_failure |= c->subjects[i].facts.p[j].fact->name == TR_F_SUBJECT_SCREEN_FAILED;
		}
		persons += is_person ? 1 : 0;
		failed += is_person && is_failure ? 1 : 0;
	}
	for (size_t i = 0; i < codes->n && persons; i++) {
		char about[TR_NAMED_LEN + 1];
		struct tr_finding_draft d;
		uint64_t said;
		enum vf_rc rc;
		bool fits;

		if (!vf_bytes_is(tr_kept_text(codes->p[i].fact), "ACTSUB") ||
			!number_of(tr_case_item(codes->p[i].file, codes->p[i].fact->item, TR_F_SUMMARY_VALUE), &said))
			continue;
		tr_study_file(about, codes->p[i].file);
		fits = said == persons || said == persons - failed;
		d = tr_study_draft(fits ? TR_WORD_NONE : TR_WORD_NEEDS_READER, about, codes->p[i].file->record, NULL);
		d.warning = !fits; /* who counts as a subject is the sponsor's word */
		rc = tr_find(f, rule, &d, reterr, "ACTSUB: %llu; persons: %zu, of whom failed screening: %zu", (unsigned long long)said, persons, failed);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *rows = &c->by_name[TR_F_SET_ROWS];
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < rows->n; i++)
		rc = judge_set(rule, &rows->p[i], f, reterr);
	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		rc = judge_record(rule, &c->records[i], f, reterr);
	return rc == VF_OK ? judge_subjects(rule, c, f, reterr) : rc;
}

const struct tr_rule tr_rule_d3 = {
	.id = "D3",
	.title = "counts agree",
	.text = "The rows that a data set has are as many as it says, and as its record says. The number of subjects in the trial summary (ACTSUB) is that of "
		"the persons in DM, with or without those who failed screening; otherwise a warning.",
	.inputs = "data sets, details of records of kind dataset, TS and DM",
	.reads = TR_READS(TR_F_SET_NAME),
	.run = run,
};
