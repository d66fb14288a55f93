#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

struct totals {
	size_t changes, lost;
};

static struct totals count(const struct tr_entries *e, const struct tr_case_file *file)
{
	struct totals t = {0};
	bool inserted = false;

	for (size_t i = 0; i < e->n; i++) {
		if (i == 0 || !vf_bytes_eq(e->p[i].key, e->p[i - 1].key))
			inserted = tr_entries_has_insert(e, e->p[i].key);
		if (e->p[i].file != file || !tr_audit_is_change(e->p[i].action))
			continue;
		t.changes++;
		t.lost += inserted ? 0 : 1;
	}
	return t;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *file, const struct tr_entries *e,
	struct tr_findings *f, struct vf_err *reterr)
{
	struct totals t = count(e, file);
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	bool unseen;

	if (t.changes == 0)
		return VF_OK;
	unseen = t.lost && tr_audit_has_unseen_prior(c, file);
	tr_study_file(about, file);
	d = tr_study_draft(unseen ? TR_WORD_MISSING_RECORD : t.lost ? tr_case_absent(c, TR_WORD_UNRESOLVED) : TR_WORD_NONE, about, file->record, NULL);
	return tr_find(f, rule, &d, reterr, "changes: %zu; of something that no file of the study inserts: %zu%s", t.changes, t.lost,
		unseen ? "; the file before it is not there" : "");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_ENTRY_KEY];
	struct tr_entries e;
	enum vf_rc rc = tr_entries_of(c, &e, reterr);

	for (size_t i = 0; rc == VF_OK && i < all->n; i++)
		if (i == 0 || all->p[i].file != all->p[i - 1].file)
			rc = judge(rule, c, all->p[i].file, &e, f, reterr);
	free(e.p);
	return rc;
}

const struct tr_rule tr_rule_a5 = {
	.id = "A5",
	.title = "changes are of what is there",
	.text = "What a transactional file changes or removes was inserted under the same keys, octet by octet, in it or in another file of the study; a "
		"repeat key that is not there is an empty one. A file of another type has no such order.",
	.inputs = "entries of transactional ODM files",
	.reads = TR_READS(TR_F_ENTRY_KEY),
	.run = run,
};
