#include "trial/rules/audit.h"

#include <stdlib.h>

static struct vf_bytes text_of(const struct tr_case_file *file, uint64_t item, enum tr_fact_name name)
{
	const struct tr_kept_fact *f = tr_case_item(file, item, name);

	return f ? tr_kept_text(f) : vf_bytes("", 0);
}

bool tr_audit_is_change(struct vf_bytes action)
{
	return vf_bytes_is(action, "Update") || vf_bytes_is(action, "Remove");
}

bool tr_audit_is_within(struct vf_bytes key, struct vf_bytes outer)
{
	if (outer.n == 0 || !vf_take(&key, outer.n, &(struct vf_bytes){0}))
		return false;
	return key.n == 0 || key.p[0] == '/' || key.p[0] == '>';
}

bool tr_audit_has_unseen_prior(const struct tr_case *c, const struct tr_case_file *file)
{
	size_t at = 0, n;
	const struct tr_kept_fact *prior = tr_case_in_file(file, TR_F_FILE_PRIOR, &at);
	const struct tr_case_said *same;

	if (!prior)
		return false;
	same = tr_case_saying(c, TR_F_FILE_ID, tr_kept_text(prior), &n);
	for (size_t i = 0; i < n; i++)
		if (same[i].of.file != file)
			return false;
	return true;
}

/* Of FHIR alone: a Bundle is a heap of resources. */
static bool has_order(const struct tr_case_file *file)
{
	size_t at = 0;
	const struct tr_kept_fact *format = tr_case_in_file(file, TR_F_FILE_FORMAT, &at);

	return !format || !vf_bytes_starts(tr_kept_text(format), "HL7 FHIR");
}

static int by_item(const void *a, const void *b)
{
	const struct tr_audit_entry *x = a, *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static bool collect(const struct tr_case_file *file, struct tr_audit *a)
{
	const struct tr_kept_fact *fact;
	size_t at = 0, n = 0;

	while (tr_case_in_file(file, TR_F_AUDIT_TIME, &at) != NULL)
		n++;
	*a = (struct tr_audit){.file = file, .p = malloc((n + 1) * sizeof(*a->p))};
	if (!a->p)
		return false;
	at = 0;
	while ((fact = tr_case_in_file(file, TR_F_AUDIT_TIME, &at)) != NULL) {
		a->p[a->n] = (struct tr_audit_entry){.item = fact->item,
			.at = a->n,
			.time = tr_dated_of_fact(fact),
			.key = text_of(file, fact->item, TR_F_AUDIT_KEY),
			.action = text_of(file, fact->item, TR_F_AUDIT_ACTION),
			.user = text_of(file, fact->item, TR_F_AUDIT_USER),
			.reason = text_of(file, fact->item, TR_F_AUDIT_REASON),
			.subject = fact->subject};
		a->n++;
	}
	qsort(a->p, a->n, sizeof(*a->p), by_item);
	for (size_t i = 0; i < a->n; i++)
		a->p[i].at = i;
	at = 0;
	fact = tr_case_in_file(file, TR_F_FILE_TYPE, &at);
	a->is_snapshot = fact && vf_bytes_is(tr_kept_text(fact), "Snapshot");
	return true;
}

VF_RC tr_audit_each(const struct tr_case *c, tr_each_audit *each, void *ctx, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_AUDIT_TIME];
	const struct tr_case_file *last = NULL;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < all->n; i++) {
		struct tr_audit a;

		if (all->p[i].file == last)
			continue;
		last = all->p[i].file;
		if (!has_order(last))
			continue;
		if (!collect(last, &a))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for an audit trail");
		rc = each(ctx, &a, reterr);
		free(a.p);
	}
	return rc;
}

static int by_key(const void *a, const void *b)
{
	const struct tr_entry *x = a, *y = b;
	int order = vf_bytes_cmp(x->key, y->key);

	if (order)
		return order;
	if (x->file->record != y->file->record)
		return x->file->record < y->file->record ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

VF_RC tr_entries_of(const struct tr_case *c, struct tr_entries *ret, struct vf_err *reterr)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_ENTRY_KEY];

	*ret = (struct tr_entries){.p = malloc((all->n + 1) * sizeof(*ret->p)), .n = all->n};
	if (!ret->p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the entries of a study");
	for (size_t i = 0; i < all->n; i++)
		ret->p[i] = (struct tr_entry){.file = all->p[i].file,
			.item = all->p[i].fact->item,
			.key = tr_kept_text(all->p[i].fact),
			.action = text_of(all->p[i].file, all->p[i].fact->item, TR_F_ENTRY_ACTION)};
	qsort(ret->p, ret->n, sizeof(*ret->p), by_key);
	return VF_OK;
}

bool tr_entries_has_insert(const struct tr_entries *e, struct vf_bytes key)
{
	size_t lo = 0, hi = e->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (vf_bytes_cmp(e->p[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < e->n && vf_bytes_eq(e->p[lo].key, key); lo++)
		if (vf_bytes_is(e->p[lo].action, "Insert") || vf_bytes_is(e->p[lo].action, "Upsert"))
			return true;
	return false;
}
