#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include "verify/text.h"

/* The same data under another digest: a later record of the set that nothing declares. */
static const struct tr_case_file *twin(const struct tr_case *c, const struct tr_case_file *file)
{
	struct tr_case_files files = tr_case_named(c, file->name);

	if (file->record->index == UINT64_MAX) /* nothing is known to be later */
		return NULL;
	for (size_t i = tr_case_files_from(&files, file->record + 1); i < files.n; i++) {
		const struct tr_case_record *r = files.p[i]->record;

		if ((r->kind == TR_DATASET || r->kind == TR_RESULTS) && tr_case_is_before(file->record, r))
			return files.p[i];
	}
	return NULL;
}

static bool declares(const struct tr_case_record *later, const struct tr_case_record *earlier)
{
	for (size_t i = 0; i < later->n_links; i++)
		if (vf_hash_eq(&later->links[i].record, &earlier->id))
			return true;
	return false;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *file, struct tr_findings *f,
	struct vf_err *reterr)
{
	const struct tr_case_file *other = twin(c, file);
	char about[TR_NAMED_LEN + 1], name[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;

	tr_study_file(about, file);
	d = tr_study_draft(TR_WORD_MISSING_RECORD, about, file->record, other ? other->record : NULL);
	if (other && !vf_hash_eq(&other->sha256, &file->sha256) && !declares(other->record, file->record)) {
		tr_study_file(name, other);
		d.word = TR_WORD_MISMATCH;
		return tr_find(f, rule, &d, reterr, "%s has the same name and other octets, and does not say that it replaces it", name);
	}
	if (!file->at_hand)
		return tr_find(f, rule, &d, reterr, "it is not at hand: nothing is compared");
	d.word = file->record->anchored == VF_TIME_NONE ? TR_WORD_NOT_ANCHORED : TR_WORD_NONE;
	return tr_find(f, rule, &d, reterr, d.word == TR_WORD_NONE ? "the octets at hand are those that were notarised"
								       : "the octets at hand are those of the record, which has no time-stamp yet");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = tr_case_next(c, TR_DATASET, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_DATASET, i + 1))
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = judge(rule, c, &c->records[i].files[j], f, reterr);
	return rc;
}

const struct tr_rule tr_rule_d6 = {
	.id = "D6",
	.title = "delivered as notarised",
	.text = "The data at hand are octet by octet those that were notarised. A later file of the same name with other octets has to say that it replaces "
		"the earlier one. Whether a file that is not the same holds the same by a canonical form is shown by 'trialnotary compare'.",
	.inputs = "records of kind dataset and their files",
	.run = run,
};
