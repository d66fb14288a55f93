#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* A data set that results rest on: locked as it is, or another one. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *results,
	const struct tr_case_record *data, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1], name[TR_NAMED_LEN + 1];
	const struct tr_case_record *lock = NULL;
	struct tr_finding_draft d;

	for (size_t i = tr_case_linked(c, TR_LOCKS, &data->id, 0); i < c->n_records && !lock; i = tr_case_linked(c, TR_LOCKS, &data->id, i + 1))
		if (c->records[i].kind == TR_DATABASE_LOCK)
			lock = &c->records[i];
	tr_study_name(about, results);
	tr_study_name(name, data);
	d = tr_study_draft(lock ? TR_WORD_NONE : tr_case_absent(c, TR_WORD_MISMATCH), about, results, data);
	d.records[2] = lock ? &lock->id : NULL;
	if (lock) {
		struct tr_dated when = lock->details ? tr_dated_text(lock->details->when) : tr_dated_none(), anchor = tr_case_anchor(results);
		char w[TR_DATED_LEN + 1], a[TR_DATED_LEN + 1];

		/* what was notarised was there by then */
		if (tr_dated_is(&when) && tr_dated_is(&anchor) && tr_dated_cmp(&when, &anchor) > 0) {
			tr_dated_put(w, &when);
			tr_dated_put(a, &anchor);
			d.word = TR_WORD_ORDER;
			return tr_find(f, rule, &d, reterr, "it was notarised %s and rests on %s, which was locked later: %s", a, name, w);
		}
	}
	return tr_find(f, rule, &d, reterr, lock ? "it rests on %s, which was locked" : "it rests on %s, which no lock names", name);
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	bool locked = tr_case_next(c, TR_DATABASE_LOCK, 0) < c->n_records;
	enum vf_rc rc = VF_OK;

	for (size_t i = tr_case_next(c, TR_RESULTS, 0); rc == VF_OK && i < c->n_records; i = tr_case_next(c, TR_RESULTS, i + 1)) {
		const struct tr_case_record *r = &c->records[i];
		char about[TR_NAMED_LEN + 1];
		struct tr_finding_draft d;
		bool any = false;

		tr_study_name(about, r);
		for (size_t j = 0; rc == VF_OK && locked && j < r->n_links; j++) {
			const struct tr_case_record *data = tr_case_record(c, &r->links[j].record);

			if (!data && r->links[j].type == TR_DERIVES_FROM) {
				d = tr_study_draft(TR_WORD_MISSING_RECORD, about, r, NULL);
				rc = tr_find(f, rule, &d, reterr, "a record from which it derives is not there");
				any = true;
			}
			if (!data || data->kind != TR_DATASET)
				continue;
			any = true;
			rc = judge(rule, c, r, data, f, reterr);
		}
		if (rc != VF_OK || any)
			continue;
		d = tr_study_draft(TR_WORD_MISSING_RECORD, about, r, NULL);
		rc = tr_find(f, rule, &d, reterr, locked ? "it does not say on which data set it rests" : "no database lock");
	}
	return rc;
}

const struct tr_rule tr_rule_s3 = {
	.id = "S3",
	.title = "results rest on locked data",
	.text = "The data sets from which results derive are the ones that a database lock names.",
	.inputs = "records of kind results, dataset, database-lock and their links",
	.run = run,
};
