#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdio.h>
#include <stdlib.h>

struct running {
	const struct tr_rule *rule;
	struct tr_findings *f;
	struct tr_entries entries;
};

struct totals {
	size_t pairs, back, bad, unborn, same_day, unclear;
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
	enum tr_word order;

	if (before->time.is_bad || entry->time.is_bad) {
		t->bad++;
		return;
	}
	t->pairs++;
	order = tr_no_later(&before->time, &entry->time, false);
	t->same_day += order == TR_WORD_SAME_DAY ? 1 : 0;
	t->unclear += order == TR_WORD_PARTIAL_DATE || order == TR_WORD_MISSING_DATE ? 1 : 0;
	if (order != TR_WORD_ORDER)
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

/* What is changed or removed before it is inserted in the same file; what is never inserted is A5's. */
static size_t changes_before(const struct running *r, const struct tr_case_file *file)
{
	size_t n = 0, early = 0;

	for (size_t i = 0; i < r->entries.n; i++) {
		const struct tr_entry *e = &r->entries.p[i];

		if (i == 0 || !vf_bytes_eq(e->key, e[-1].key) || e->file != e[-1].file)
			early = 0;
		if (e->file != file)
			continue;
		early += tr_audit_is_change(e->action) ? 1 : 0;
		if (!vf_bytes_is(e->action, "Insert"))
			continue;
		n += early;
		early = 0;
		while (i + 1 < r->entries.n && vf_bytes_eq(e->key, r->entries.p[i + 1].key) && r->entries.p[i + 1].file == file)
			i++;
	}
	return n;
}

static VF_RC judge(const struct running *r, const struct tr_audit *a, struct vf_err *reterr)
{
	struct totals t = {0};
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;

	if (!a->is_snapshot && !look_at_order(a, &t))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an audit trail");
	t.unborn = changes_before(r, a->file);
	tr_study_file(about, a->file);
	d = tr_study_draft(TR_WORD_NONE, about, a->file->record, NULL);
	if (t.bad) {
		d.word = TR_WORD_BAD_TIME;
		rc = tr_find(r->f, r->rule, &d, reterr, "pairs of entries with a time that is not in its form: %zu", t.bad);
	}
	if (rc != VF_OK || (t.back == 0 && t.unborn == 0 && t.pairs == 0))
		return rc;
	d.word = t.back || t.unborn ? TR_WORD_ORDER : t.unclear ? TR_WORD_PARTIAL_DATE : t.same_day ? TR_WORD_SAME_DAY : TR_WORD_NONE;
	return tr_find(r->f, r->rule, &d, reterr, "entries: %zu; times that go back: %zu of %zu%s%s; changes before an insertion: %zu", a->n, t.back, t.pairs,
		t.back ? ", first " : "", t.first, t.unborn);
}

/* ---- signatures ---- */

static int by_key(const void *a, const void *b)
{
	const struct tr_audit_entry *x = *(const struct tr_audit_entry *const *)a, *y = *(const struct tr_audit_entry *const *)b;
	int order = vf_bytes_cmp(x->key, y->key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/*
 * The item from which on a signature covers nothing: where a transactional file has left what was signed, as what comes
 * later was entered later. Other files hold everything once.
 */
static uint64_t end_of_signed(const struct tr_case_file *file, const struct tr_kept_fact *key)
{
	size_t at = (size_t)(key - file->facts.facts);
	const struct tr_kept_fact *entry;

	while ((entry = tr_case_in_file(file, TR_F_ENTRY_KEY, &at)) != NULL)
		if (entry->item > key->item && (!tr_audit_is_within(tr_kept_text(entry), tr_kept_text(key)) ||
						       vf_bytes_eq(tr_kept_text(entry), tr_kept_text(key))))
			return entry->item;
	return UINT64_MAX;
}

/* An entry that the signature covers and that was made certainly later; NULL: none. p is sorted by key. */
static const struct tr_audit_entry *later_entry(const struct tr_audit_entry *const *p, size_t n, const struct tr_case_file *file,
	const struct tr_kept_fact *key, const struct tr_dated *signed_at)
{
	uint64_t end = end_of_signed(file, key);
	struct vf_bytes head;
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (vf_bytes_cmp(p[mid]->key, tr_kept_text(key)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && vf_bytes_slice(p[lo]->key, 0, tr_kept_text(key).n, &head) && vf_bytes_eq(head, tr_kept_text(key)); lo++)
		if (p[lo]->item < end && tr_audit_is_within(p[lo]->key, tr_kept_text(key)) && tr_dated_is(&p[lo]->time) &&
			tr_dated_cmp(signed_at, &p[lo]->time) < 0)
			return p[lo];
	return NULL;
}

/* A signature is not earlier than the entries in the same file that it covers. */
static VF_RC judge_signatures(const struct running *r, const struct tr_audit *a, struct vf_err *reterr)
{
	const struct tr_audit_entry **p = malloc((a->n + 1) * sizeof(*p)), *later;
	char about[TR_NAMED_LEN + 1], x[TR_DATED_LEN + 1] = "", y[TR_DATED_LEN + 1] = "";
	const struct tr_kept_fact *time;
	struct tr_finding_draft d;
	size_t at = 0, n = 0, early = 0;

	if (!p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an audit trail");
	for (size_t i = 0; i < a->n; i++)
		p[i] = &a->p[i];
	qsort(p, a->n, sizeof(*p), by_key);
	while ((time = tr_case_in_file(a->file, TR_F_SIGNATURE_TIME, &at)) != NULL) {
		const struct tr_kept_fact *key = tr_case_item(a->file, time->item, TR_F_SIGNATURE_KEY);
		struct tr_dated signed_at = tr_dated_of_fact(time);

		n++;
		later = key && tr_dated_is(&signed_at) ? later_entry(p, a->n, a->file, key, &signed_at) : NULL;
		if (later && early++ == 0) {
			tr_dated_put(x, &signed_at);
			tr_dated_put(y, &later->time);
		}
	}
	free(p);
	if (early == 0)
		return VF_OK;
	tr_study_file(about, a->file);
	d = tr_study_draft(TR_WORD_ORDER, about, a->file->record, NULL);
	return tr_find(r->f, r->rule, &d, reterr, "signatures earlier than an entry that they cover: %zu of %zu; signed: %s, entered: %s", early, n, x, y);
}

static VF_RC each(void *ctx, const struct tr_audit *a, struct vf_err *reterr)
{
	enum vf_rc rc = judge(ctx, a, reterr);

	return rc == VF_OK ? judge_signatures(ctx, a, reterr) : rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct running r = {.rule = rule, .f = f};
	enum vf_rc rc = tr_entries_of(c, &r.entries, reterr);

	if (rc == VF_OK)
		rc = tr_audit_each(c, each, &r, reterr);
	free(r.entries.p);
	return rc;
}

const struct tr_rule tr_rule_a1 = {
	.id = "A1",
	.title = "audit trail in order",
	.text = "The times of a person's audit records do not go back in the order of the file, nothing is changed or removed before it was inserted, "
		"and no signature is earlier than what it covers (21 CFR 11.10(e)). A snapshot has no order of what was done: its signatures alone are "
		"looked at.",
	.inputs = "audit records and signatures of ODM files",
	.reads = TR_READS(TR_F_AUDIT_TIME),
	.run = run,
};
