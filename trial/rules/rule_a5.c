#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

struct running {
	const struct tr_rule *rule;
	struct tr_findings *f;
};

static bool is_change(const struct tr_audit_entry *e)
{
	return vf_bytes_is(e->action, "Update") || vf_bytes_is(e->action, "Remove");
}

/* True when a prefix of the key, up to a '/', was inserted: what stands within it came with it. */
static bool is_inserted(const struct tr_audit_entry *const *p, size_t n, struct vf_bytes key)
{
	for (;;) {
		size_t lo = 0, hi = n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (vf_bytes_cmp(p[mid]->key, key) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < n && vf_bytes_eq(p[lo]->key, key); lo++)
			if (!is_change(p[lo]))
				return true;
		while (key.n && key.p[key.n - 1] != '/')
			key.n--;
		if (key.n == 0)
			return false;
		key.n--;
	}
}

static VF_RC judge(void *ctx, const struct tr_audit *a, struct vf_err *reterr)
{
	const struct running *r = ctx;
	const struct tr_audit_entry **p;
	size_t changes = 0, lost = 0;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;

	if (!a->is_transactional)
		return VF_OK;
	p = tr_audit_by_key(a);
	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an audit trail");
	for (size_t i = 0; i < a->n; i++) {
		if (!is_change(&a->p[i]) || a->p[i].key.n == 0)
			continue;
		changes++;
		lost += is_inserted(p, a->n, a->p[i].key) ? 0 : 1;
	}
	free(p);
	if (changes == 0)
		return VF_OK;
	tr_study_file(about, a->file);
	d = tr_study_draft(lost ? TR_WORD_UNRESOLVED : TR_WORD_NONE, about, a->file->record, NULL);
	return tr_find(r->f, r->rule, &d, reterr, "%zu changes, %zu of them of something that no entry of the file inserts", changes, lost);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct running r = {rule, f};

	return tr_audit_each(c, judge, &r, reterr);
}

const struct tr_rule tr_rule_a5 = {
	.id = "A5",
	.title = "changes are of what is there",
	.text = "What a transactional file changes or removes was inserted under the same keys, octet by octet; a repeat key that is not there is an empty one. "
		"A file of another type has no such order.",
	.inputs = "audit records of transactional ODM files",
	.run = run,
};
