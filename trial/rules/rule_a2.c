#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

struct running {
	const struct tr_rule *rule;
	const struct tr_case *c;
	struct tr_findings *f;
};

static bool is_user(const struct tr_case_file *file, struct vf_bytes user)
{
	const struct tr_kept_fact *u;
	size_t at = 0;

	while ((u = tr_case_in_file(file, TR_F_USER_ID, &at)) != NULL)
		if (vf_bytes_eq(tr_kept_text(u), user))
			return true;
	return false;
}

static bool is_change(const struct tr_audit_entry *e)
{
	return vf_bytes_is(e->action, "Update") || vf_bytes_is(e->action, "Remove");
}

/* Changes of consent dates after the first entry are always told. */
static VF_RC tell_consents(const struct running *r, const struct tr_audit *a, struct vf_err *reterr)
{
	size_t n = 0;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;

	for (size_t i = 0; i < a->n; i++) {
		const struct tr_kept_fact *item = tr_case_item(a->file, a->p[i].item, TR_F_AUDIT_ITEM);

		if (item && is_change(&a->p[i]) && tr_kept_text(item).n &&
			(memmem(tr_kept_text(item).p, tr_kept_text(item).n, "RFICDT", 6) ||
				memmem(tr_kept_text(item).p, tr_kept_text(item).n, "CONSENT", 7)))
			n++;
	}
	if (n == 0)
		return VF_OK;
	tr_study_file(about, a->file);
	d = tr_study_draft(TR_WORD_NEEDS_READER, about, a->file->record, NULL);
	d.warning = true;
	return tr_find(r->f, r->rule, &d, reterr, "%zu changes of consent dates after their first entry", n);
}

static VF_RC judge(void *ctx, const struct tr_audit *a, struct vf_err *reterr)
{
	const struct running *r = ctx;
	size_t changes = 0, no_reason = 0, no_user = 0, unknown = 0;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; i < a->n; i++) {
		const struct tr_audit_entry *e = &a->p[i];

		no_user += e->user.n == 0 ? 1 : 0;
		unknown += e->user.n && !is_user(a->file, e->user) ? 1 : 0;
		if (!is_change(e))
			continue;
		changes++;
		no_reason += e->reason.n == 0 ? 1 : 0;
	}
	tr_study_file(about, a->file);
	d = tr_study_draft(TR_WORD_MISSING, about, a->file->record, NULL);
	if (no_reason || no_user)
		rc = tr_find(r->f, r->rule, &d, reterr, "%zu of %zu changes without a reason, %zu of %zu entries without a user", no_reason, changes, no_user,
			a->n);
	d.word = TR_WORD_UNRESOLVED;
	if (rc == VF_OK && unknown)
		rc = tr_find(r->f, r->rule, &d, reterr, "%zu entries by users whom the file does not define", unknown);
	d.word = TR_WORD_NONE;
	if (rc == VF_OK && !no_reason && !no_user && !unknown)
		rc = tr_find(r->f, r->rule, &d, reterr, "%zu entries, %zu of them changes: each by a user of the file, each change with a reason", a->n, changes);
	return rc == VF_OK ? tell_consents(r, a, reterr) : rc;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct running r = {rule, c, f};

	return tr_audit_each(c, judge, &r, reterr);
}

const struct tr_rule tr_rule_a2 = {
	.id = "A2",
	.title = "changes say why and by whom",
	.text = "Every change or removal in an audit trail has a reason, and every entry a user whom the file defines (21 CFR 11.10(e), ICH E6(R3) 4.2.2). "
		"Changes of a consent date are always told.",
	.inputs = "audit records and users of ODM files",
	.run = run,
};
