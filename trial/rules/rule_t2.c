#include "trial/rules/rule.h"
#include "trial/rules/study.h"

#include <stdlib.h>

/* Room for a walk along links. */
struct walk {
	const struct tr_case *c;
	uint32_t *seen, number;
	const struct tr_case_record **todo;
};

/* True when one is joined with an earlier one by steps of "supersedes" or "amends", through what is later than that. */
static bool is_joined(struct walk *w, const struct tr_case_record *later, const struct tr_case_record *earlier)
{
	size_t n = 1;

	w->number++;
	w->todo[0] = later;
	while (n > 0) {
		const struct tr_case_record *r = w->todo[--n];

		for (size_t i = 0; i < r->n_links; i++) {
			const struct tr_case_record *to;

			if (r->links[i].type != TR_SUPERSEDES && r->links[i].type != TR_AMENDS)
				continue;
			to = tr_case_record(w->c, &r->links[i].record);
			if (to == earlier)
				return true;
			if (!to || to < earlier || w->seen[to - w->c->records] == w->number)
				continue;
			w->seen[to - w->c->records] = w->number;
			w->todo[n++] = to;
		}
	}
	return false;
}

/* Each joined with the one before it: so all are joined with all that came before. */
static VF_RC judge(const struct tr_rule *rule, const struct tr_case *c, struct walk *w, struct tr_findings *f, struct vf_err *reterr)
{
	struct tr_enrolment e = tr_study_enrolment(c);
	const struct tr_case_record *before = NULL;
	struct tr_finding_draft d;
	size_t n = 0;

	for (size_t i = tr_case_next(c, TR_PROTOCOL, 0); i < c->n_records; i = tr_case_next(c, TR_PROTOCOL, i + 1)) {
		struct tr_dated a = tr_case_anchor(&c->records[i]);
		char one[TR_NAMED_LEN + 1], two[TR_NAMED_LEN + 1];

		if (tr_dated_is(&e.when) && tr_dated_is(&a) && tr_dated_cmp(&a, &e.when) > 0)
			continue;
		n++;
		if (before && !is_joined(w, &c->records[i], before)) {
			tr_study_name(one, before);
			tr_study_name(two, &c->records[i]);
			d = tr_study_draft(TR_WORD_NEEDS_READER, one, before, &c->records[i]);
			d.warning = true;
			return tr_find(f, rule, &d, reterr, "%s does not supersede it: more than one protocol before the first enrolment", two);
		}
		before = &c->records[i];
	}
	if (n == 0)
		return VF_OK;
	d = tr_study_draft(TR_WORD_NONE, "study", NULL, NULL);
	return tr_find(f, rule, &d, reterr, "%zu protocol %s before the first enrolment, one after the other", n,
		n == 1 ? "version" : "versions");
}

static VF_RC run(const struct tr_rule *rule, const struct tr_case *c, struct tr_findings *f, struct vf_err *reterr)
{
	struct walk w = {.c = c,
		.seen = calloc(c->n_records + 1, sizeof(*w.seen)),
		.todo = malloc((c->n_records + 1) * sizeof(const struct tr_case_record *))};
	enum vf_rc rc = w.seen && w.todo ? judge(rule, c, &w, f, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for versions of records");

	free(w.seen);
	free(w.todo);
	return rc;
}

const struct tr_rule tr_rule_t2 = {
	.id = "T2",
	.title = "one protocol",
	.text = "Who notarises several protocols could choose afterwards which one it was. Before the first enrolment each version has to "
		"supersede the one before. A warning: a person has to look at it.",
	.inputs = "all records of kind protocol",
	.warning = true,
	.whole = true,
	.run = run,
};
