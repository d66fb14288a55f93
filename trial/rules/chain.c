#include "trial/rules/chain.h"

#include <stdlib.h>

VF_RC tr_chain_init(struct tr_chain *ch, const struct tr_case *c, struct vf_err *reterr)
{
	*ch = (struct tr_chain){.c = c,
		.seen = calloc(c->n_records + 1, sizeof(*ch->seen)),
		.found = malloc((c->n_records + 1) * sizeof(const struct tr_case_record *))};
	return ch->seen && ch->found ? VF_OK : vf_fail(reterr, VF_NO_MEMORY, "no memory for versions of records");
}

void tr_chain_done(struct tr_chain *ch)
{
	free(ch->seen);
	free(ch->found);
	*ch = (struct tr_chain){0};
}

static int in_order(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;

	return (x > y) - (x < y);
}

static bool is_new(struct tr_chain *ch, const struct tr_case_record *r)
{
	uint32_t *seen = &ch->seen[r - ch->c->records];

	if (*seen == ch->walk)
		return false;
	*seen = ch->walk;
	return true;
}

static void step_after(struct tr_chain *ch, const struct tr_case_record *r)
{
	const struct tr_case *c = ch->c;

	for (size_t i = tr_case_linked(c, TR_SUPERSEDES, &r->id, 0); i < c->n_records; i = tr_case_linked(c, TR_SUPERSEDES, &r->id, i + 1))
		if (is_new(ch, &c->records[i]))
			ch->found[ch->n++] = &c->records[i];
}

static void step_before(struct tr_chain *ch, const struct tr_case_record *r)
{
	for (size_t i = 0; i < r->n_links; i++) {
		const struct tr_case_record *to = r->links[i].type == TR_SUPERSEDES ? tr_case_record(ch->c, &r->links[i].record) : NULL;

		if (to && is_new(ch, to))
			ch->found[ch->n++] = to;
	}
}

/* Each step goes on from what the one before it has found. */
static void walk(struct tr_chain *ch, const struct tr_case_record *r, void (*step)(struct tr_chain *, const struct tr_case_record *))
{
	size_t from = 0, end;

	ch->n = 0;
	if (++ch->walk == 0) { /* all numbers were used */
		memset(ch->seen, 0, ch->c->n_records * sizeof(*ch->seen));
		ch->walk = 1;
	}
	ch->seen[r - ch->c->records] = ch->walk;
	step(ch, r);
	for (int steps = 1; steps < TR_CHAIN_STEPS && from < ch->n; steps++)
		for (end = ch->n; from < end; from++)
			step(ch, ch->found[from]);
	qsort(ch->found, ch->n, sizeof(const struct tr_case_record *), in_order);
}

void tr_chain_after(struct tr_chain *ch, const struct tr_case_record *r)
{
	walk(ch, r, step_after);
}

void tr_chain_before(struct tr_chain *ch, const struct tr_case_record *r)
{
	walk(ch, r, step_before);
}
