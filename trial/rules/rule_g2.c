#include "trial/rules/rule.h"
#include "trial/rules/study.h"

/* The neighbours of an erased record in its stream are still there, so the stream proves itself complete. */
static bool is_stream_whole(const struct tr_case *c, const struct tr_case_record *r)
{
	bool before = r->seq == 0, any_later = false, after = false;

	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *o = &c->records[i];

		if (!o->in_stream || !vf_hash_eq(&o->stream, &r->stream))
			continue;
		before |= o->seq + 1 == r->seq;
		after |= o->seq == r->seq + 1;
		any_later |= o->seq > r->seq;
	}
	return before && (after || !any_later);
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct tr_case_record *r, struct tr_findings *f, struct vf_err *reterr)
{
	char about[TR_NAMED_LEN + 1];
	struct tr_finding_draft d;
	bool left = r->details_json.n > 0 || r->title.n > 0 || r->version.n > 0, certified;

	for (size_t i = 0; i < r->n_files; i++)
		left |= r->files[i].at_hand;
	certified = tr_case_linked(c, TR_ERASES, &r->id, 0) < c->n_records;
	tr_study_name(about, r);
	d = tr_study_draft(left ? TR_WORD_CONFLICT : TR_WORD_NONE, about, r, NULL);
	if (left)
		return tr_find(f, rule, &d, reterr, "it was erased, and something of it is still at hand");
	if (r->in_stream && !is_stream_whole(c, r)) {
		d.word = tr_case_absent(c, TR_WORD_MISSING);
		return tr_find(f, rule, &d, reterr, "it was erased, and a neighbour in its stream is not there");
	}
	d.word = certified ? TR_WORD_NONE : tr_case_absent(c, TR_WORD_MISSING);
	return tr_find(f, rule, &d, reterr, "erased%s%s", certified ? ", with a record of the erasure" : "; no record of the erasure is at hand",
		certified && r->in_stream ? "; its place in the stream is proven" : "");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		if (c->records[i].is_erased)
			rc = judge(rule, c, &c->records[i], f, reterr);
	return rc;
}

const struct tr_rule tr_rule_g2 = {
	.id = "G2",
	.title = "erased, and nothing else broken",
	.text = "Of an erased record nothing is at hand but its place; its stream is whole with it, and a record of kind erasure says why (GDPR Art. 17, Art. 5(2)). "
		"That the store holds nothing in free pages is what 'trialnotary fsck' and the project's own tests look at.",
	.inputs = "erased records, their streams, records of kind erasure",
	.run = run,
};
