#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

/* Records of streams, stream by stream in their order. */
struct places {
	const struct tr_case_record **p;
	size_t n;
};

static int by_place(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;
	int order = memcmp(x->stream.b, y->stream.b, sizeof(x->stream.b));

	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static bool collect(const struct tr_case *c, struct places *ret)
{
	*ret = (struct places){.p = malloc((c->n_records + 1) * sizeof(const struct tr_case_record *))};
	for (size_t i = 0; ret->p && i < c->n_records; i++)
		if (c->records[i].in_stream)
			ret->p[ret->n++] = &c->records[i];
	if (ret->p)
		qsort(ret->p, ret->n, sizeof(const struct tr_case_record *), by_place);
	return ret->p != NULL;
}

/* The first record of the stream whose number is no lower; NULL: none. */
static const struct tr_case_record *from(const struct places *places, const struct vf_hash *stream, uint64_t seq)
{
	const struct tr_case_record wanted = {.stream = *stream, .seq = seq}, *key = &wanted;
	size_t lo = 0, hi = places->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_place(&places->p[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < places->n && vf_hash_eq(&places->p[lo]->stream, stream) ? places->p[lo] : NULL;
}

/* The neighbours of an erased record in its stream are still there, so the stream proves itself complete. */
static bool is_stream_whole(const struct places *places, const struct tr_case_record *r)
{
	const struct tr_case_record *before = r->seq ? from(places, &r->stream, r->seq - 1) : NULL;
	const struct tr_case_record *after = r->seq < UINT64_MAX ? from(places, &r->stream, r->seq + 1) : NULL;

	return (r->seq == 0 || (before && before->seq == r->seq - 1)) && (!after || after->seq == r->seq + 1);
}

static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, const struct places *places, const struct tr_case_record *r,
	struct tr_findings *f, struct vf_err *reterr)
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
	if (r->in_stream && !is_stream_whole(places, r)) {
		d.word = tr_case_absent(c, TR_WORD_MISSING);
		return tr_find(f, rule, &d, reterr, "it was erased, and a neighbour in its stream is not there");
	}
	d.word = certified ? TR_WORD_NONE : tr_case_absent(c, TR_WORD_MISSING);
	return tr_find(f, rule, &d, reterr, "erased%s%s", certified ? ", with a record of the erasure" : "; no record of the erasure is at hand",
		certified && r->in_stream ? "; its place in the stream is proven" : "");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct places places;
	enum vf_rc rc = collect(c, &places) ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for streams");

	for (size_t i = 0; rc == VF_OK && i < c->n_records; i++)
		if (c->records[i].is_erased)
			rc = judge(rule, c, &places, &c->records[i], f, reterr);
	free(places.p);
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
