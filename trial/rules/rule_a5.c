#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

struct totals {
	size_t changes, lost;
};

/* A change in a file, of something that is inserted or not. */
struct change {
	const struct tr_case_file *file;
	bool lost;
};

static int by_file(const void *a, const void *b)
{
	return tr_case_file_order(((const struct change *)a)->file, ((const struct change *)b)->file);
}

/* All changes, file by file. NULL: no memory. */
static struct change *changes_of(const struct tr_entries *e, size_t *ret_n)
{
	struct change *x = malloc((e->n + 1) * sizeof(*x));
	bool inserted = false;

	*ret_n = 0;
	for (size_t i = 0; x && i < e->n; i++) {
		if (i == 0 || !vf_bytes_eq(e->p[i].key, e->p[i - 1].key))
			inserted = tr_entries_has_insert(e, e->p[i].key);
		if (tr_audit_is_change(e->p[i].action))
			x[(*ret_n)++] = (struct change){e->p[i].file, !inserted};
	}
	if (x)
		qsort(x, *ret_n, sizeof(*x), by_file);
	return x;
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_file *file, struct totals t,
	struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	bool unseen;

	unseen = t.lost && tr_audit_has_unseen_prior(c, file);
	tr_study_file(about, file);
	d = tr_study_draft(unseen ? TR_WORD_MISSING_RECORD : t.lost ? tr_case_absent(c, TR_WORD_UNRESOLVED) : TR_WORD_NONE, about, file->record, NULL);
	return tr_find(f, rule, &d, reterr, "changes: %zu; of something that no file of the study inserts: %zu%s", t.changes, t.lost,
		unseen ? "; the file before it is not there" : "");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_entries e;
	struct change *x = NULL;
	size_t n = 0, end;
	enum vf_rc rc = tr_entries_of(c, &e, reterr);

	if (rc == VF_OK && (x = changes_of(&e, &n)) == NULL)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for the changes of a study");
	for (size_t i = 0; rc == VF_OK && i < n; i = end) {
		struct totals t = {0};

		for (end = i; end < n && x[end].file == x[i].file; end++) {
			t.changes++;
			t.lost += x[end].lost ? 1 : 0;
		}
		rc = judge(rule, c, x[i].file, t, f, reterr);
	}
	free(x);
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
