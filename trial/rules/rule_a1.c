#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>
#include <stdlib.h>

struct running {
	const struct tr_rule *rule;
	const struct tr_case *c;
	struct tr_findings *f;
};

struct totals {
	size_t pairs, back, bad, unborn;
	char first[2 * TR_DATED_LEN + 32];
};

/* A person's entries in the order of the file: each no earlier than the one before it. */
static int by_subject(const void *a, const void *b)
{
	const struct tr_audit_entry *x = *(const struct tr_audit_entry *const *)a, *y = *(const struct tr_audit_entry *const *)b;
	int order = vf_bytes_cmp(x->subject, y->subject);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void compare(const struct tr_audit_entry *before, const struct tr_audit_entry *entry, struct totals *t)
{
	char a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1];

	if (before->time.is_bad || entry->time.is_bad) {
		t->bad++;
		return;
	}
	if (!tr_dated_is(&before->time) || !tr_dated_is(&entry->time))
		return;
	t->pairs++;
	if (tr_dated_cmp(&entry->time, &before->time) >= 0)
		return;
	if (t->back++ == 0) {
		tr_dated_put(a, &before->time);
		tr_dated_put(b, &entry->time);
		snprintf(t->first, sizeof(t->first), "%s, then %s", a, b);
	}
}

static bool look_at_order(const struct tr_audit *a, struct totals *t)
{
	const struct tr_audit_entry **p = malloc((a->n + 1) * sizeof(*p));

	for (size_t i = 0; p && i < a->n; i++)
		p[i] = &a->p[i];
	if (!p)
		return false;
	qsort(p, a->n, sizeof(*p), by_subject);
	for (size_t i = 1; i < a->n; i++)
		if (vf_bytes_eq(p[i]->subject, p[i - 1]->subject))
			compare(p[i - 1], p[i], t);
	free(p);
	return true;
}

/* What is changed or removed was inserted before. */
static bool look_at_inserts(const struct tr_audit *a, struct totals *t)
{
	const struct tr_audit_entry **p = a->is_transactional ? tr_audit_by_key(a) : NULL;

	for (size_t i = 0; p && i < a->n; i++) {
		bool first = i == 0 || !vf_bytes_eq(p[i]->key, p[i - 1]->key);

		t->unborn += first && p[i]->key.n && (vf_bytes_is(p[i]->action, "Update") || vf_bytes_is(p[i]->action, "Remove")) ? 1 : 0;
	}
	free(p);
	return p != NULL || !a->is_transactional;
}

static VF_RC judge(void *ctx, const struct tr_audit *a, struct vf_err *reterr)
{
	const struct running *r = ctx;
	struct totals t = {0};
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;

	if (!look_at_order(a, &t) || !look_at_inserts(a, &t))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an audit trail");
	tr_study_file(about, a->file);
	d = tr_study_draft(TR_WORD_NONE, about, a->file->record, NULL);
	if (t.bad) {
		d.word = TR_WORD_BAD_TIME;
		rc = tr_find(r->f, r->rule, &d, reterr, "%zu pairs of entries with a time that is not in its form", t.bad);
	}
	if (rc != VF_OK || (t.back == 0 && t.unborn == 0 && t.pairs == 0))
		return rc;
	d.word = t.back || t.unborn ? TR_WORD_ORDER : TR_WORD_NONE;
	return tr_find(r->f, r->rule, &d, reterr, "%zu entries: %zu of %zu times go back%s%s; %zu changes before an insertion", a->n, t.back, t.pairs,
		t.back ? ", first " : "", t.first, t.unborn);
}

/* A signature is not earlier than the entries of its person in the same file that it covers. */
static VF_RC judge_signatures(const struct running *r, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &r->c->by_name[TR_F_SIGNATURE_TIME];
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < all->n; i++) {
		const struct tr_kept_fact *key = tr_case_item(all->p[i].file, all->p[i].fact->item, TR_F_SIGNATURE_KEY), *entry;
		struct tr_dated signed_at = tr_dated_of_fact(all->p[i].fact);
		size_t at = 0;

		while (key && tr_dated_is(&signed_at) && (entry = tr_case_in_file(all->p[i].file, TR_F_AUDIT_KEY, &at)) != NULL) {
			struct tr_dated time = tr_dated_of_fact(tr_case_item(all->p[i].file, entry->item, TR_F_AUDIT_TIME));
			char about[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1];
			struct tr_finding_draft d;
			struct vf_bytes covered = tr_kept_text(entry);

			covered.n = covered.n < tr_kept_text(key).n ? covered.n : tr_kept_text(key).n;
			if (!vf_bytes_eq(covered, tr_kept_text(key)) || !tr_dated_is(&time) || tr_dated_cmp(&signed_at, &time) >= 0)
				continue;
			tr_study_file(about, all->p[i].file);
			tr_dated_put(a, &signed_at);
			tr_dated_put(b, &time);
			d = tr_study_draft(TR_WORD_ORDER, about, all->p[i].file->record, NULL);
			rc = tr_find(r->f, r->rule, &d, reterr, "signed: %s, an entry that it covers was made: %s", a, b);
			break;
		}
	}
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct running r = {rule, c, f};
	enum vf_rc rc = tr_audit_each(c, judge, &r, reterr);

	return rc == VF_OK ? judge_signatures(&r, reterr) : rc;
}

const struct tr_rule tr_rule_a1 = {
	.id = "A1",
	.title = "audit trail in order",
	.text = "The times of a person's audit records do not go back in the order of the file, nothing is changed or removed before it was inserted, "
		"and no signature is earlier than what it covers (21 CFR 11.10(e)).",
	.inputs = "audit records and signatures of ODM files",
	.run = run,
};
