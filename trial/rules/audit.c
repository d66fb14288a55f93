#include "trial/rules/audit.h"

#include <stdlib.h>

static struct vf_bytes text_of(const struct tr_case_file *file, uint64_t item, enum tr_fact_name name)
{
	const struct tr_kept_fact *f = tr_case_item(file, item, name);

	return f ? tr_kept_text(f) : vf_bytes("", 0);
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
	at = 0;
	fact = tr_case_in_file(file, TR_F_FILE_TYPE, &at);
	a->is_transactional = fact && vf_bytes_is(tr_kept_text(fact), "Transactional");
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
		if (!collect(last, &a))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for an audit trail");
		rc = each(ctx, &a, reterr);
		free(a.p);
	}
	return rc;
}

static int by_key(const void *a, const void *b)
{
	const struct tr_audit_entry *x = *(const struct tr_audit_entry *const *)a, *y = *(const struct tr_audit_entry *const *)b;
	int order = vf_bytes_cmp(x->key, y->key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

const struct tr_audit_entry **tr_audit_by_key(const struct tr_audit *a)
{
	const struct tr_audit_entry **p = malloc((a->n + 1) * sizeof(*p));

	for (size_t i = 0; p && i < a->n; i++)
		p[i] = &a->p[i];
	if (p)
		qsort(p, a->n, sizeof(*p), by_key);
	return p;
}
