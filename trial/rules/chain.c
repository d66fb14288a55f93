#include "trial/rules/chain.h"

#include <stdlib.h>

#include "trial/rules/study.h"

VF_RC tr_chain_init(struct tr_chain *ch, const struct tr_case *c, struct vf_err *reterr)
{
	*ch = (struct tr_chain){.c = c,
		.seen = calloc(c->n_records + 1, sizeof(*ch->seen)),
		.ways = calloc(c->n_records + 1, sizeof(*ch->ways)),
		.found = malloc((c->n_records + 1) * sizeof(const struct tr_case_record *))};
	if (ch->seen && ch->ways && ch->found)
		return VF_OK;
	tr_chain_done(ch);
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for versions of records");
}

void tr_chain_done(struct tr_chain *ch)
{
	free(ch->seen);
	free(ch->ways);
	free(ch->found);
	*ch = (struct tr_chain){0};
}

static int in_order(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;

	return (x > y) - (x < y);
}

static void put(struct tr_chain *ch, const struct tr_case_record *r)
{
	uint32_t *seen = &ch->seen[r - ch->c->records];

	if (*seen == ch->walk)
		return;
	*seen = ch->walk;
	ch->found[ch->n++] = r;
}

static void step_after(struct tr_chain *ch, const struct tr_case_record *r)
{
	const struct tr_case *c = ch->c;

	if (tr_case_record(c, &r->id) != r) /* links to this ID lead to another record */
		return;
	for (size_t i = tr_case_linked(c, TR_SUPERSEDES, &r->id, 0); i < c->n_records; i = tr_case_linked(c, TR_SUPERSEDES, &r->id, i + 1))
		put(ch, &c->records[i]);
}

static void step_before(struct tr_chain *ch, const struct tr_case_record *r)
{
	for (size_t i = 0; i < r->n_links; i++) {
		const struct tr_case_record *to = r->links[i].type == TR_SUPERSEDES ? tr_case_record(ch->c, &r->links[i].record) : NULL;

		if (to)
			put(ch, to);
	}
}

/* Each step goes on from what the one before it has found. The record itself is found where a way leads back to it. */
static void walk(struct tr_chain *ch, const struct tr_case_record *r, void (*step)(struct tr_chain *, const struct tr_case_record *))
{
	size_t from = 0, end;

	ch->n = 0;
	if (++ch->walk == 0) { /* all numbers were used */
		memset(ch->seen, 0, ch->c->n_records * sizeof(*ch->seen));
		ch->walk = 1;
	}
	step(ch, r);
	for (int steps = 1; steps < TR_STUDY_STEPS && from < ch->n; steps++)
		for (end = ch->n; from < end; from++)
			step(ch, ch->found[from]);
	if (ch->n)
		qsort(ch->found, ch->n, sizeof(const struct tr_case_record *), in_order);
}

/* Where all ways from the later one are followed, steps alone decide; else it is asked for, as its order of ways decides. */
static bool is_after(struct tr_chain *ch, const struct tr_case_record *later, const struct tr_case_record *earlier)
{
	uint8_t *ways = &ch->ways[later - ch->c->records];

	if (*ways == 0)
		*ways = tr_study_follows_all(ch->c, later) ? 1 : 2;
	return *ways == 1 || tr_study_comes_after(ch->c, later, earlier);
}

void tr_chain_after(struct tr_chain *ch, const struct tr_case_record *r)
{
	size_t kept = 0;

	walk(ch, r, step_after);
	for (size_t i = 0; i < ch->n; i++)
		if (is_after(ch, ch->found[i], r))
			ch->found[kept++] = ch->found[i];
	ch->n = kept;
}

void tr_chain_before(struct tr_chain *ch, const struct tr_case_record *r)
{
	size_t kept = 0;

	walk(ch, r, step_before);
	for (size_t i = 0; i < ch->n; i++)
		if (is_after(ch, r, ch->found[i]))
			ch->found[kept++] = ch->found[i];
	ch->n = kept;
}
