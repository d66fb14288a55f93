#include "trial/rules/own.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* The lock before the final analysis, else the last one. */
static const struct tr_case_record *final_lock(const struct tr_case *c)
{
	const struct tr_case_record *last = NULL;

	for (size_t i = tr_case_next(c, TR_DATABASE_LOCK, 0); i < c->n_records; i = tr_case_next(c, TR_DATABASE_LOCK, i + 1)) {
		last = &c->records[i];
		if (vf_bytes_is(tr_case_detail(last, "final"), "true"))
			return last;
	}
	return last;
}

static struct tr_dated when_of(const struct tr_case_record *r)
{
	return r->details ? tr_dated_text(r->details->when) : tr_dated_none();
}

static bool is_approved(const struct tr_case *c, const struct tr_case_record *plan)
{
	for (size_t i = tr_case_linked(c, TR_APPROVES, &plan->id, 0); i < c->n_records;
		i = tr_case_linked(c, TR_APPROVES, &plan->id, i + 1))
		if (c->records[i].details && c->records[i].details->decision == TR_DECISION_APPROVED)
			return true;
	for (size_t i = tr_case_linked(c, TR_COUNTERSIGNS, &plan->id, 0); i < c->n_records; i = tr_case_linked(c, TR_COUNTERSIGNS, &plan->id, i + 1))
		if (c->records[i].signer.n) /* the link alone is no countersignature */
			return true;
	return tr_case_detail(plan, "approver").n > 0;
}

/* The plan beside an event. Where the event is a record, the log says the order without a clock. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case_record *plan, const struct tr_case_record *event, const char *what,
	struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_dated anchor = tr_case_anchor(plan), when = when_of(event), own = tr_case_date(plan);
	char about[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], w[TR_DATED_LEN + 1], o[TR_DATED_LEN + 1];
	enum tr_word word = tr_no_later(&anchor, &when, false);
	struct tr_finding_draft d;
	bool before = tr_case_is_before(plan, event);

	tr_study_name(about, plan);
	tr_dated_put(a, &anchor);
	tr_dated_put(w, &when);
	tr_dated_put(o, &own);
	d = tr_study_draft(word, about, plan, event);
	if (tr_word_verdict(word) <= TR_PASS_NOTE)
		return tr_find(f, rule, &d, reterr, "time-stamp: %s; %s: %s%s", a, what, w,
			before ? "; the log has it before the record of that, too" : "");
	if (tr_dated_is(&own) && tr_no_later(&own, &when, false) == TR_WORD_ORDER) {
		d.word = TR_WORD_ORDER;
		return tr_find(f, rule, &d, reterr, "its own date, %s, is after the %s: %s", o, what, w);
	}
	if (word == TR_WORD_ORDER || !tr_dated_is(&anchor))
		d.word = TR_WORD_NOT_ANCHORED; /* a late time-stamp does not show a late plan */
	return tr_find(f, rule, &d, reterr, "time-stamp: %s; %s: %s%s", a, what, w,
		before ? "; the log has it before the record of that, but not before it happened" : "");
}

/* An event whose record was notarised before it says that it happened: then no order can rest on its date. */
static VF_RC judge_event(const struct tr_rule *rule, const struct tr_case_record *event, const char *what, struct tr_findings *f, bool *ret_good,
	struct vf_err *reterr)
{
	struct tr_dated when = when_of(event), anchor = tr_case_anchor(event);
	char a[TR_DATED_LEN + 1], w[TR_DATED_LEN + 1];
	struct tr_finding_draft d = tr_study_draft(TR_WORD_POST_DATED, what, event, NULL);

	*ret_good = !tr_dated_is(&when) || !tr_dated_is(&anchor) || tr_dated_cmp(&when, &anchor) <= 0;
	if (*ret_good)
		return VF_OK;
	tr_dated_put(a, &anchor);
	tr_dated_put(w, &when);
	return tr_find(f, rule, &d, reterr, "dated %s, and notarised before: %s", w, a);
}

/* Only a registry says anything: which came first, and no more. */
static VF_RC judge_registry(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_facts *sap = &c->by_name[TR_F_DOC_SAP];
	const struct tr_case_file *file;
	struct tr_dated end = tr_study_earliest(c, TR_F_STUDY_PRIMARY_END, &file);

	for (size_t i = 0; i < sap->n; i++) {
		struct tr_dated own = tr_dated_of_fact(tr_case_item(sap->p[i].file, sap->p[i].fact->item, TR_F_DOC_DATE));
		char about[TR_NAMED_LEN + 1], o[TR_DATED_LEN + 1], e[TR_DATED_LEN + 1];
		struct tr_finding_draft d;
		enum tr_word word = tr_no_later(&own, &end, false);
		enum vf_rc rc;

		if (vf_bytes_is(tr_kept_text(sap->p[i].fact), "no") || vf_bytes_is(tr_kept_text(sap->p[i].fact), "No") ||
			!tr_own_is(sap->p[i].file, sap->p[i].fact->item))
			continue;
		tr_study_file(about, sap->p[i].file);
		tr_dated_put(o, &own);
		tr_dated_put(e, &end);
		d = tr_study_draft(TR_WORD_PROXY_ONLY, about, sap->p[i].file->record, NULL);
		rc = tr_find(f, rule, &d, reterr, "plan in the registry: %s; primary completion: %s: %s", o, e,
			word == TR_WORD_NONE ? "the plan came first" : word == TR_WORD_ORDER ? "the plan came later" : "which came first is not known");
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	const struct tr_case_record *lock = final_lock(c), *open = tr_study_unblinding(c), *plan = NULL;
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	bool lock_good = true, open_good = true;
	enum vf_rc rc;

	for (size_t i = tr_case_next(c, TR_ANALYSIS_PLAN, 0); i < c->n_records; i = tr_case_next(c, TR_ANALYSIS_PLAN, i + 1))
		if (!tr_case_is_superseded(c, &c->records[i]))
			plan = &c->records[i];
	if (!plan && !lock && !open)
		return judge_registry(rule, c, f, reterr);
	if (!plan || (!lock && !open)) {
		d = tr_study_draft(TR_WORD_MISSING_RECORD, "study", plan ? plan : lock, NULL);
		return tr_find(f, rule, &d, reterr, plan ? "no database lock and no unblinding" : "no analysis plan");
	}
	rc = lock ? judge_event(rule, lock, "database lock", f, &lock_good, reterr) : VF_OK;
	if (rc == VF_OK && open)
		rc = judge_event(rule, open, "unblinding", f, &open_good, reterr);
	if (rc == VF_OK && lock && lock_good)
		rc = judge(rule, plan, lock, "database lock", f, reterr);
	if (rc == VF_OK && open && open_good)
		rc = judge(rule, plan, open, "unblinding", f, reterr);
	if (rc == VF_OK && !lock) {
		d = tr_study_draft(TR_WORD_MISSING_RECORD, "database lock", open, NULL);
		rc = tr_find(f, rule, &d, reterr, "there is an unblinding, and no database lock before it");
	}
	if (rc == VF_OK && lock && open && lock_good && open_good) {
		struct tr_dated a = when_of(lock), b = when_of(open);
		char x[TR_DATED_LEN + 1], y[TR_DATED_LEN + 1];

		tr_dated_put(x, &a);
		tr_dated_put(y, &b);
		d = tr_study_draft(tr_no_later(&a, &b, false), "database lock", lock, open);
		rc = tr_find(f, rule, &d, reterr, "locked: %s; unblinding: %s", x, y);
	}
	if (rc == VF_OK && !is_approved(c, plan)) {
		tr_study_name(about, plan);
		d = tr_study_draft(TR_WORD_MISSING_RECORD, about, plan, NULL);
		rc = tr_find(f, rule, &d, reterr, "nobody has approved or countersigned it");
	}
	return rc;
}

const struct tr_rule tr_rule_s1 = {
	.id = "S1",
	.title = "analysis plan before lock and unblinding",
	.text = "The final statistical analysis plan was notarised before the database was locked, the lock was "
		"before the unblinding, and that version of the plan was approved (ICH E9 5.1). An event that was "
		"notarised before its own date is no event to hold anything against. Dates of a registry alone "
		"decide nothing.",
	.inputs = "records of kind analysis-plan, database-lock, unblinding; documents that a registry lists",
	.run = run,
};
