#include "trial/rules/audit.h"
#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* What a file says of times, in one line each: none after it was made, and it was made before it was notarised. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case_file *file, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_dated created, modified, saved, made, anchor = tr_case_anchor(file->record);
	const struct tr_kept_fact *fact, *latest = NULL;
	char about[TR_NAMED_LEN + 1], a[TR_DATED_LEN + 1], b[TR_DATED_LEN + 1], l[TR_DATED_LEN + 1] = "no date", s[TR_DATED_LEN + 1] = "";
	size_t at = 0, n = 0, after = 0, bad = 0, zoneless = 0;
	const struct tr_dated *limit;
	struct tr_finding_draft d;

	fact = tr_case_in_file(file, TR_F_FILE_CREATED, &at);
	created = tr_dated_of_fact(fact);
	bad += created.is_bad ? 1 : 0;
	zoneless += tr_dated_is(&created) && created.precision > TR_DAY && created.when.local ? 1 : 0;
	at = 0;
	fact = tr_case_in_file(file, TR_F_FILE_MODIFIED, &at);
	modified = tr_dated_of_fact(fact);
	bad += modified.is_bad ? 1 : 0;
	limit = tr_dated_is(&created) ? &created : &anchor; /* what was notarised was made by then */
	if (tr_dated_is(&modified) && tr_dated_is(limit) && tr_dated_cmp(&modified, limit) > 0) {
		after++;
		latest = fact;
	}
	at = 0;
	saved = tr_dated_of_fact(tr_case_in_file(file, TR_F_FILE_SAVED, &at));
	made = tr_dated_last(&created, &saved);
	at = 0;
	while ((fact = tr_case_in_file(file, TR_F_AUDIT_TIME, &at)) != NULL) {
		struct tr_dated t = tr_dated_of_fact(fact);

		n++;
		bad += t.is_bad ? 1 : 0;
		zoneless += tr_dated_is(&t) && t.when.local ? 1 : 0;
		if (!tr_dated_is(&t) || !tr_dated_is(limit) || tr_dated_cmp(&t, limit) <= 0)
			continue;
		after++;
		latest = fact;
	}
	if (!tr_dated_is(&made) && !created.is_bad && n == 0)
		return VF_OK;
	tr_study_file(about, file);
	tr_dated_put(a, &created);
	tr_dated_put(b, &anchor);
	if (tr_dated_is(&saved))
		tr_dated_put(s, &saved);
	if (latest) {
		struct tr_dated t = tr_dated_of_fact(latest);

		tr_dated_put(l, &t);
	}
	d = tr_study_draft(TR_WORD_NONE, about, file->record, NULL);
	if (after || (tr_dated_is(&made) && tr_dated_is(&anchor) && tr_dated_cmp(&made, &anchor) > 0))
		d.word = TR_WORD_POST_DATED;
	else if (bad)
		d.word = TR_WORD_BAD_TIME;
	else if (!tr_dated_is(&created) && (n || !tr_dated_is(&saved)))
		d.word = TR_WORD_MISSING_DATE;
	else if (!tr_dated_is(&anchor))
		d.word = TR_WORD_NOT_ANCHORED;
	else if (zoneless)
		d.word = TR_WORD_NO_OFFSET;
	return tr_find(f, rule, &d, reterr, "made: %s%s%s; notarised: %s; times later than it was made: %zu of %zu%s%s; without an offset: %zu; not in their form: "
		"%zu", a, s[0] ? "; saved last: " : "", s, b, after, n + (tr_dated_is(&modified) ? 1 : 0), latest ? ", one " : "", latest ? l : "", zoneless, bad);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		for (size_t j = 0; rc == VF_OK && j < c->records[i].n_files; j++)
			rc = judge(rule, &c->records[i].files[j], f, reterr);
	return rc;
}

const struct tr_rule tr_rule_a3 = {
	.id = "A3",
	.title = "no time in the future",
	.text = "No audit record and no change of its data is later than the file that holds it was made, and the file was made, and saved last, before it was "
		"notarised. Times without an offset from UTC are a note.",
	.inputs = "times of files, audit records, time-stamps",
	.reads = TR_READS(TR_F_AUDIT_TIME),
	.run = run,
};
