#include "trial/rules/rule.h"
#include "trial/rules/study.h"

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r, struct tr_findings *f,
	struct vf_err *reterr)
{
	struct tr_dated own = tr_case_date(r), anchor = tr_case_anchor(r), limit;
	int64_t days = r->kind < TR_KIND_COUNT ? c->parameters->delay_days[r->kind] : TR_DAYS_UNSET;
	char about[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], o[TR_DATED_LEN + 1];
	struct tr_finding_draft d = {0};

	tr_study_name(about, r);
	tr_dated_put(a, &anchor);
	tr_dated_put(o, &own);
	d = tr_study_draft(TR_WORD_NONE, about, r, NULL);
	if (own.is_bad)
		d.word = TR_WORD_BAD_TIME;
	else if (!tr_dated_is(&own))
		return VF_OK;
	else if (!tr_dated_is(&anchor))
		d.word = TR_WORD_NOT_ANCHORED;
	else if (tr_dated_cmp(&own, &anchor) > 0)
		d.word = TR_WORD_POST_DATED; /* the document was there before its date */
	if (d.word != TR_WORD_NONE)
		return tr_find(f, rule, &d, reterr, "its own date: %s; time-stamp: %s", o, a);
	if (days == TR_DAYS_UNSET)
		return tr_find(f, rule, &d, reterr, "its own date: %s; time-stamp: %s; the study sets no limit", o, a);
	limit = tr_dated_plus_days(&own, days);
	if (tr_dated_cmp(&anchor, &limit) > 0)
		d.word = TR_WORD_LATE;
	else if (own.precision < TR_DAY && tr_dated_cmp(&anchor, &limit) == 0)
		d.word = TR_WORD_PARTIAL_DATE; /* of a month, the first day or the last: both count */
	return tr_find(f, rule, &d, reterr, "its own date: %s; time-stamp: %s; limit: %lld days", o, a, (long long)days);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		rc = judge(rule, c, &c->records[i], f, reterr);
	return rc;
}

const struct tr_rule tr_rule_t1 = {
	.id = "T1",
	.title = "notarised in time",
	.text = "A record is notarised within the days that the study allows for its kind after its own date. A date of its own that is "
		"certainly after its time-stamp fails: it was there before it says.",
	.inputs = "the declared date and the time-stamp of each record",
	.laid_down = TR_LAID_PARAMETERS,
	.run = run,
};
