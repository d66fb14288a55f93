#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

struct running {
	const struct tr_rule *rule;
	const struct tr_case *c;
	struct tr_findings *f;
	struct vf_bytes *users; /* of all files, ascending: an update names users whom an earlier file of its series defines */
	size_t n_users;
};

static int by_octets(const void *a, const void *b)
{
	const struct vf_bytes *x = a, *y = b;

	return vf_bytes_cmp(*x, *y);
}

static bool is_user(const struct running *r, struct vf_bytes user)
{
	return bsearch(&user, r->users, r->n_users, sizeof(user), by_octets) != NULL;
}

static bool collect_users(const struct tr_case *c, struct running *r)
{
	const struct tr_case_facts *all = &c->by_name[TR_F_USER_ID];

	r->users = malloc((all->n + 1) * sizeof(*r->users));
	if (!r->users)
		return false;
	for (; r->n_users < all->n; r->n_users++)
		r->users[r->n_users] = tr_kept_text(all->p[r->n_users].fact);
	qsort(r->users, r->n_users, sizeof(*r->users), by_octets);
	return true;
}

/* What a transactional file does to a consent date stands in its entries, whatever records it has of them. */
static size_t changed_consents(const struct tr_case_file *file)
{
	enum tr_fact_name flag = TR_F_ENTRY_CONSENT, action = TR_F_ENTRY_ACTION;
	size_t at = 0, n = 0;
	const struct tr_kept_fact *f, *done;

	if (!tr_case_in_file(file, TR_F_ENTRY_KEY, &at)) {
		flag = TR_F_AUDIT_CONSENT;
		action = TR_F_AUDIT_ACTION;
	}
	at = 0;
	while ((f = tr_case_in_file(file, flag, &at)) != NULL) {
		done = tr_case_item(file, f->item, action);
		n += done && tr_audit_is_change(tr_kept_text(done)) ? 1 : 0;
	}
	return n;
}

/* Changes of consent dates after the first entry are always told. */
static VF_RC tell_consents(const struct tr_rule *rule, const struct tr_case_file *file, struct tr_findings *f, struct vf_err *reterr)
{
	size_t n = changed_consents(file);
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;

	if (n == 0)
		return VF_OK;
	tr_study_file(about, file);
	d = tr_study_draft(TR_WORD_NEEDS_READER, about, file->record, NULL);
	d.warning = true;
	return tr_find(f, rule, &d, reterr, "changes of consent dates after their first entry: %zu", n);
}

static VF_RC judge(void *ctx, const struct tr_audit *a, struct vf_err *reterr)
{
	const struct running *r = ctx;
	size_t changes = 0, no_reason = 0, no_user = 0, unknown = 0;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;
	bool unseen;

	for (size_t i = 0; i < a->n; i++) {
		const struct tr_audit_entry *e = &a->p[i];

		no_user += e->user.n == 0 ? 1 : 0;
		unknown += e->user.n && !is_user(r, e->user) ? 1 : 0;
		if (!tr_audit_is_change(e->action))
			continue;
		changes++;
		no_reason += e->reason.n == 0 ? 1 : 0;
	}
	tr_study_file(about, a->file);
	d = tr_study_draft(TR_WORD_MISSING, about, a->file->record, NULL);
	if (no_reason || no_user)
		rc = tr_find(r->f, r->rule, &d, reterr, "changes without a reason: %zu of %zu; entries without a user: %zu of %zu", no_reason, changes,
			no_user, a->n);
	unseen = unknown && tr_audit_has_unseen_prior(r->c, a->file);
	d.word = unseen ? TR_WORD_MISSING_RECORD : tr_case_absent(r->c, TR_WORD_UNRESOLVED);
	if (rc == VF_OK && unknown)
		rc = tr_find(r->f, r->rule, &d, reterr, "entries by users whom no file of the study defines: %zu of %zu%s", unknown, a->n,
			unseen ? "; the file before it is not there" : "");
	d.word = TR_WORD_NONE;
	if (rc == VF_OK && !no_reason && !no_user && !unknown)
		rc = tr_find(r->f, r->rule, &d, reterr, "entries: %zu, changes: %zu; each by a user whom a file defines, each change with a reason", a->n, changes);
	return rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct running r = {.rule = rule, .c = c, .f = f};
	enum vf_rc rc = collect_users(c, &r) ? tr_audit_each(c, judge, &r, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for users");

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = tell_consents(rule, &c->records[i].files[j], f, reterr);
	free(r.users);
	return rc;
}

const struct tr_rule tr_rule_a2 = {
	.id = "A2",
	.title = "changes say why and by whom",
	.text = "Every change or removal in an audit trail has a reason, and every entry a user whom a file of the study defines (21 CFR 11.10(e), ICH E6(R3) "
		"4.2.2). Changes of a consent date are always told.",
	.inputs = "audit records and users of ODM files",
	.reads = TR_READS(TR_F_AUDIT_TIME),
	.run = run,
};
