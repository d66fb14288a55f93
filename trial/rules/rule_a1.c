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

/* The order of files, then of keys and of items: what is done to one thing in one file stands together. */
static int by_file(const void *a, const void *b)
{
	const struct tr_entry *x = a, *y = b;
	int order = tr_case_file_order(x->file, y->file);

	if (order == 0)
		order = vf_bytes_cmp(x->key, y->key);
	return order ? order : (x->item > y->item) - (x->item < y->item);
}

/* The first entry of the file; n: none. */
static size_t entries_from(const struct tr_entries *e, const struct tr_case_file *file)
{
	size_t lo = 0, hi = e->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (tr_case_file_order(e->p[mid].file, file) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What is changed or removed before it is inserted in the same file; what is never inserted is A5's. */
static size_t changes_before(const struct running *r, const struct tr_case_file *file)
{
	const size_t first = entries_from(&r->entries, file);
	size_t n = 0, early = 0;
	bool inserted = false;

	for (size_t i = first; i < r->entries.n && r->entries.p[i].file == file; i++) {
		const struct tr_entry *e = &r->entries.p[i];

		if (i == first || !vf_bytes_eq(e->key, e[-1].key)) {
			early = 0;
			inserted = false;
		}
		if (inserted)
			continue;
		early += tr_audit_is_change(e->action) ? 1 : 0;
		if (!vf_bytes_is(e->action, "Insert"))
			continue;
		n += early;
		inserted = true;
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

/* A signature, and the item from which on it covers nothing. */
struct signature {
	struct vf_bytes key;
	const struct tr_kept_fact *time;
	size_t at; /* of its key, among the facts of the file */
	uint64_t from, end;
};

struct signatures {
	struct signature *p;
	size_t n;
	const struct tr_audit_entry **entries; /* by key */
	size_t n_entries, width;
	int64_t *latest; /* a tree over entries: the latest beginning of a time below each node; dates without an offset in the second */
};

static int by_key(const void *a, const void *b)
{
	const struct tr_audit_entry *x = *(const struct tr_audit_entry *const *)a, *y = *(const struct tr_audit_entry *const *)b;
	int order = vf_bytes_cmp(x->key, y->key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* Of one key, the last in the file first. */
static int by_place(const void *a, const void *b)
{
	const struct signature *x = a, *y = b;
	int order = vf_bytes_cmp(x->key, y->key);

	return order ? order : (x->at < y->at) - (x->at > y->at);
}

static int by_end(const void *a, const void *b)
{
	const struct signature *x = a, *y = b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/*
 * Where a transactional file has left what was signed, a signature ends: what comes later was entered later. Other files hold
 * everything once. What is behind the next signature of the same key was looked at for that one.
 */
static void find_ends(const struct tr_case_file *file, struct signatures *s)
{
	qsort(s->p, s->n, sizeof(*s->p), by_place);
	for (size_t i = 0; i < s->n; i++) {
		struct signature *x = &s->p[i];
		const struct signature *next = i && vf_bytes_eq(s->p[i - 1].key, x->key) ? &s->p[i - 1] : NULL;
		size_t at = x->at;
		const struct tr_kept_fact *entry;

		x->end = next ? next->end : UINT64_MAX;
		while ((entry = tr_case_in_file(file, TR_F_ENTRY_KEY, &at)) != NULL && (!next || at <= next->at))
			if (entry->item > x->from && (!tr_audit_is_within(tr_kept_text(entry), x->key) || vf_bytes_eq(tr_kept_text(entry), x->key))) {
				x->end = entry->item;
				break;
			}
	}
}

static bool collect(const struct tr_audit *a, struct signatures *s)
{
	const struct tr_kept_fact *time, *key;
	size_t at = 0, n = 0;

	while (tr_case_in_file(a->file, TR_F_SIGNATURE_TIME, &at))
		n++;
	*s = (struct signatures){.p = malloc((n + 1) * sizeof(*s->p)), .n_entries = a->n, .width = 1};
	while (s->width < a->n + 1)
		s->width *= 2;
	s->entries = malloc((a->n + 1) * sizeof(const struct tr_audit_entry *));
	s->latest = malloc(4 * s->width * sizeof(*s->latest));
	if (!s->p || !s->entries || !s->latest)
		return false;
	at = 0;
	while ((time = tr_case_in_file(a->file, TR_F_SIGNATURE_TIME, &at)) != NULL)
		if ((key = tr_case_item(a->file, time->item, TR_F_SIGNATURE_KEY)) != NULL)
			s->p[s->n++] = (struct signature){.key = tr_kept_text(key), .time = time, .at = (size_t)(key - a->file->facts.facts), .from = key->item};
	for (size_t i = 0; i < a->n; i++)
		s->entries[i] = &a->p[i];
	qsort(s->entries, a->n, sizeof(const struct tr_audit_entry *), by_key);
	for (size_t i = 0; i < 4 * s->width; i++)
		s->latest[i] = INT64_MIN;
	find_ends(a->file, s);
	qsort(s->p, s->n, sizeof(*s->p), by_end);
	return true;
}

static void put_time(struct signatures *s, size_t at, const struct tr_dated *time)
{
	int64_t *tree = s->latest + (time->when.local ? 2 * s->width : 0);

	for (at += s->width; at > 0 && tree[at] < time->when.lo; at /= 2)
		tree[at] = time->when.lo;
}

/* The first entry of those from lo to hi that is in the tree and made certainly later; hi: none. */
static size_t first_later(const struct signatures *s, bool local, size_t lo, size_t hi, const struct tr_dated *signed_at)
{
	const int64_t *tree = s->latest + (local ? 2 * s->width : 0);

	while (lo < hi) {
		size_t node = lo + s->width, size = 1;
		struct tr_dated d = {.when = {.local = local}};

		/* the largest part of the tree that begins here */
		while (node % 2 == 0 && lo + 2 * size <= hi) {
			node /= 2;
			size *= 2;
		}
		d.when.lo = d.when.hi = tree[node];
		if (tree[node] != INT64_MIN && tr_dated_cmp(signed_at, &d) < 0) {
			if (size == 1)
				return lo;
			hi = lo + size / 2; /* here, or in the other half */
			d.when.lo = d.when.hi = tree[2 * node];
			if (tree[2 * node] == INT64_MIN || tr_dated_cmp(signed_at, &d) >= 0) {
				lo += size / 2;
				hi = lo + size / 2;
			}
			continue;
		}
		lo += size;
	}
	return SIZE_MAX;
}

/* The first place whose key is not below the text and an octet. */
static size_t key_from(const struct signatures *s, struct vf_bytes text, int octet)
{
	size_t lo = 0, hi = s->n_entries;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct vf_bytes key = s->entries[mid]->key, head = key;
		int order;

		if (octet >= 0 && vf_bytes_slice(key, 0, text.n, &head) && vf_bytes_eq(head, text))
			order = key.n == text.n ? -1 : (int)key.p[text.n] - octet;
		else
			order = vf_bytes_cmp(key, text);
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* An entry that the signature covers and that was made certainly later; NULL: none. */
static const struct tr_audit_entry *later_entry(const struct signatures *s, const struct signature *x, const struct tr_dated *signed_at)
{
	/* keys within one are itself, then those that go on with '/', then with '>' (tr_audit_is_within()) */
	const size_t from[3] = {key_from(s, x->key, -1), key_from(s, x->key, '/'), key_from(s, x->key, '>')};
	const size_t to[3] = {key_from(s, x->key, 0), key_from(s, x->key, '/' + 1), key_from(s, x->key, '>' + 1)};
	size_t best = SIZE_MAX;

	for (int i = 0; i < 3 && x->key.n && best == SIZE_MAX; i++)
		for (int local = 0; local < 2; local++) {
			size_t found = first_later(s, local != 0, from[i], to[i], signed_at);

			best = found < best ? found : best;
		}
	return best == SIZE_MAX ? NULL : s->entries[best];
}

/* How many are earlier than an entry that they cover; the first of them in the file. Entries come into the tree as items go on. */
static size_t count_early(const struct tr_audit *a, struct signatures *s, const struct signature **ret, const struct tr_audit_entry **ret_later)
{
	const struct tr_audit_entry *later;
	size_t *place = malloc((a->n + 1) * sizeof(*place)), n = 0, next = 0;

	for (size_t i = 0; place && i < a->n; i++)
		place[s->entries[i] - a->p] = i;
	for (size_t i = 0; place && i < s->n; i++) {
		struct tr_dated signed_at = tr_dated_of_fact(s->p[i].time);

		for (; next < a->n && a->p[next].item < s->p[i].end; next++)
			if (tr_dated_is(&a->p[next].time))
				put_time(s, place[next], &a->p[next].time);
		later = tr_dated_is(&signed_at) ? later_entry(s, &s->p[i], &signed_at) : NULL;
		if (!later)
			continue;
		if (n++ && (*ret)->time < s->p[i].time)
			continue;
		*ret = &s->p[i];
		*ret_later = later;
	}
	n = place ? n : SIZE_MAX;
	free(place);
	return n;
}

static void signatures_done(struct signatures *s)
{
	free(s->p);
	free(s->entries);
	free(s->latest);
}

/* A signature is not earlier than the entries in the same file that it covers. */
static VF_RC judge_signatures(const struct running *r, const struct tr_audit *a, struct vf_err *reterr)
{
	VF_CLEANUP(signatures_done) struct signatures s = {0};
	char about[TR_NAMED_LEN + 1], x[TR_DATED_LEN + 1] = "", y[TR_DATED_LEN + 1] = "";
	const struct signature *first = NULL;
	const struct tr_audit_entry *later = NULL;
	struct tr_finding_draft d;
	struct tr_dated signed_at;
	size_t n = 0, early, at = 0;

	while (tr_case_in_file(a->file, TR_F_SIGNATURE_TIME, &at))
		n++;
	if (n == 0)
		return VF_OK;
	early = collect(a, &s) ? count_early(a, &s, &first, &later) : SIZE_MAX;
	if (early == SIZE_MAX)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for an audit trail");
	if (early == 0)
		return VF_OK;
	signed_at = tr_dated_of_fact(first->time);
	tr_dated_put(x, &signed_at);
	tr_dated_put(y, &later->time);
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

	if (rc == VF_OK && r.entries.n)
		qsort(r.entries.p, r.entries.n, sizeof(*r.entries.p), by_file);
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
