#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include "verify/text.h"

/* Rings of more files are not looked for. */
#define LONGEST_RING 100

static struct vf_bytes text_of(const struct tr_case_file *file, enum tr_fact_name name)
{
	size_t at = tr_fact_list_find(&file->facts, name, 0);

	return at < file->facts.n ? tr_kept_text(&file->facts.facts[at]) : vf_bytes("", 0);
}

static bool has_upsert(const struct tr_case_file *file)
{
	static const enum tr_fact_name names[] = {TR_F_AUDIT_ACTION, TR_F_ENTRY_ACTION};
	const struct tr_kept_fact *action;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t at = 0; (action = tr_case_in_file(file, names[i], &at)) != NULL;)
			if (vf_bytes_is(tr_kept_text(action), "Upsert"))
				return true;
	return false;
}

/* Another file with this FileOID; NULL when there is none. */
static const struct tr_case_file *file_of(const struct tr_case *c, const struct tr_case_file *file, struct vf_bytes id)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_FILE_ID];

	for (size_t i = 0; id.n && i < all->n; i++)
		if (all->p[i].file != file && vf_bytes_eq(tr_kept_text(all->p[i].fact), id))
			return all->p[i].file;
	return NULL;
}

/* Files that name each other in a ring have no first one. */
static bool leads_back(const struct tr_case *c, const struct tr_case_file *file)
{
	const struct tr_case_file *at = file;

	for (int steps = 0; at && steps < LONGEST_RING; steps++) {
		at = file_of(c, at, text_of(at, TR_F_FILE_PRIOR));
		if (at == file)
			return true;
	}
	return false;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *file, struct tr_findings *f,
	struct vf_err *reterr)
{
	struct vf_bytes prior = text_of(file, TR_F_FILE_PRIOR), archival = text_of(file, TR_F_FILE_ARCHIVAL);
	bool is_archive = vf_bytes_is(archival, "yes") || vf_bytes_is(archival, "Yes");
	char about[TR_NAMED_LEN + 1], id[80];
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;

	if (prior.n == 0 && !is_archive)
		return VF_OK;
	tr_study_file(about, file);
	vf_text_escape(id, sizeof(id), prior);
	d = tr_study_draft(TR_WORD_UNRESOLVED, about, file->record, NULL);
	if (prior.n && tr_audit_has_unseen_prior(c, file)) {
		d.word = c->is_whole && is_archive ? TR_WORD_UNRESOLVED : TR_WORD_MISSING_RECORD;
		return tr_find(f, rule, &d, reterr, "the file before it, '%s', is not there", id);
	}
	d.word = TR_WORD_CONFLICT;
	if (leads_back(c, file))
		return tr_find(f, rule, &d, reterr, "the files before it lead back to itself");
	if (is_archive && text_of(file, TR_F_FILE_TYPE).n == 0) {
		d.word = TR_WORD_MISSING;
		return tr_find(f, rule, &d, reterr, "an archive without a file type");
	}
	if (is_archive && !vf_bytes_is(text_of(file, TR_F_FILE_TYPE), "Transactional"))
		return tr_find(f, rule, &d, reterr, "an archive whose file type is not Transactional");
	if (is_archive && has_upsert(file))
		return tr_find(f, rule, &d, reterr, "an archive with entries of type Upsert, which do not say what they did");
	d.word = TR_WORD_NONE;
	rc = prior.n ? tr_find(f, rule, &d, reterr, "the file before it, '%s', is there", id)
		     : tr_find(f, rule, &d, reterr, "the first of its series, transactional");
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = judge(rule, c, &c->records[i].files[j], f, reterr);
	return rc;
}

const struct tr_rule tr_rule_a4 = {
	.id = "A4",
	.title = "archive series complete",
	.text = "A file that names the one before it in a series has it beside it; one that calls itself an archive is transactional and says of each entry whether "
		"it was inserted, changed or removed (ODM 1.3.2, Archival).",
	.inputs = "FileOID, PriorFileOID, Archival and FileType of ODM files",
	.run = run,
};
