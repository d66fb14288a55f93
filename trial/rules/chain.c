#include "trial/rules/chain.h"

#include <stdlib.h>

#include "trial/rules/study.h"

/* The links of all records that lead to another one of the case, both ways. */
static bool make_links(struct tr_chain *ch)
{
	const struct tr_case *c = ch->c;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < c->n_records; i++)
		n += c->records[i].n_links;
	ch->before = (struct tr_chain_links){calloc(c->n_records + 2, sizeof(size_t)), malloc((n + 1) * sizeof(size_t))};
	ch->after = (struct tr_chain_links){calloc(c->n_records + 2, sizeof(size_t)), malloc((n + 1) * sizeof(size_t))};
	if (!ch->before.at || !ch->before.to || !ch->after.at || !ch->after.to)
		return false;
	for (size_t i = 0; i < c->n_records; i++) {
		const struct tr_case_record *r = &c->records[i], *to;

		for (size_t j = 0; j < r->n_links; j++) {
			if (r->links[j].type != TR_SUPERSEDES || (to = tr_case_record(c, &r->links[j].record)) == NULL)
				continue;
			ch->before.to[at++] = (size_t)(to - c->records);
			ch->after.at[to - c->records + 2]++;
		}
		ch->before.at[i + 1] = at;
	}
	/* at[i + 1] is where those of i begin, until they are there */
	for (size_t i = 0; i < c->n_records; i++)
		ch->after.at[i + 1] += ch->after.at[i];
	for (size_t i = 0; i < c->n_records; i++)
		for (size_t j = ch->before.at[i]; j < ch->before.at[i + 1]; j++)
			ch->after.to[ch->after.at[ch->before.to[j] + 1]++] = i;
	return true;
}

static unsigned own_links(const struct tr_case_record *r)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->n_links && n <= TR_STUDY_WAYS; i++)
		n += r->links[i].type == TR_SUPERSEDES ? 1 : 0;
	return n;
}

/* How many links tr_study_comes_after() meets from each record, step by step; more than it follows are as good as one more. */
static bool count_ways(struct tr_chain *ch)
{
	const struct tr_case *c = ch->c;
	unsigned *own = calloc(c->n_records + 1, sizeof(*own)), *ways = calloc(c->n_records + 1, sizeof(*ways)), *more = calloc(c->n_records + 1, sizeof(*more));
	bool good = own && ways && more, changed = good;

	for (size_t i = 0; good && i < c->n_records; i++)
		own[i] = own_links(&c->records[i]);
	for (int steps = 0; changed && steps < TR_STUDY_STEPS; steps++) {
		unsigned *last = ways;

		changed = false;
		for (size_t i = 0; i < c->n_records; i++) {
			more[i] = own[i];
			for (size_t j = ch->before.at[i]; j < ch->before.at[i + 1] && more[i] <= TR_STUDY_WAYS; j++)
				more[i] += ways[ch->before.to[j]];
			more[i] = more[i] <= TR_STUDY_WAYS ? more[i] : TR_STUDY_WAYS + 1;
			changed |= more[i] != ways[i];
		}
		ways = more;
		more = last;
	}
	for (size_t i = 0; good && i < c->n_records; i++)
		ch->follows_all[i] = ways[i] <= TR_STUDY_WAYS;
	free(own);
	free(ways);
	free(more);
	return good;
}

VF_RC tr_chain_init(struct tr_chain *ch, const struct tr_case *c, struct vf_err *reterr)
{
	*ch = (struct tr_chain){.c = c,
		.seen = calloc(c->n_records + 1, sizeof(*ch->seen)),
		.follows_all = calloc(c->n_records + 1, sizeof(*ch->follows_all)),
		.found = malloc((c->n_records + 1) * sizeof(const struct tr_case_record *))};
	if (ch->seen && ch->follows_all && ch->found && make_links(ch) && count_ways(ch))
		return VF_OK;
	tr_chain_done(ch);
	return vf_fail(reterr, VF_NO_MEMORY, "no memory for versions of records");
}

void tr_chain_done(struct tr_chain *ch)
{
	free(ch->before.at);
	free(ch->before.to);
	free(ch->after.at);
	free(ch->after.to);
	free(ch->seen);
	free(ch->follows_all);
	free(ch->found);
	*ch = (struct tr_chain){0};
}

static int in_order(const void *a, const void *b)
{
	const struct tr_case_record *x = *(const struct tr_case_record *const *)a, *y = *(const struct tr_case_record *const *)b;

	return (x > y) - (x < y);
}

static void step(struct tr_chain *ch, const struct tr_chain_links *links, const struct tr_case_record *r)
{
	const size_t at = (size_t)(r - ch->c->records);

	for (size_t i = links->at[at]; i < links->at[at + 1]; i++) {
		if (ch->seen[links->to[i]] == ch->walk)
			continue;
		ch->seen[links->to[i]] = ch->walk;
		ch->found[ch->n++] = &ch->c->records[links->to[i]];
	}
}

/* Each step goes on from what the one before it has found. The record itself is found where a way leads back to it. */
static void walk(struct tr_chain *ch, const struct tr_chain_links *links, const struct tr_case_record *r)
{
	size_t from = 0, end;

	ch->n = 0;
	if (++ch->walk == 0) { /* all numbers were used */
		memset(ch->seen, 0, ch->c->n_records * sizeof(*ch->seen));
		ch->walk = 1;
	}
	step(ch, links, r);
	for (int steps = 1; steps < TR_STUDY_STEPS && from < ch->n; steps++)
		for (end = ch->n; from < end; from++)
			step(ch, links, ch->found[from]);
	if (ch->n)
		qsort(ch->found, ch->n, sizeof(const struct tr_case_record *), in_order);
}

/* Where all ways from the later one are followed, steps alone decide; else it is asked for, as the order of the ways decides. */
static bool is_after(const struct tr_chain *ch, const struct tr_case_record *later, const struct tr_case_record *earlier)
{
	return ch->follows_all[later - ch->c->records] || tr_study_comes_after(ch->c, later, earlier);
}

void tr_chain_after(struct tr_chain *ch, const struct tr_case_record *r)
{
	size_t kept = 0;

	walk(ch, &ch->after, r);
	for (size_t i = 0; i < ch->n; i++)
		if (is_after(ch, ch->found[i], r))
			ch->found[kept++] = ch->found[i];
	ch->n = kept;
}

void tr_chain_before(struct tr_chain *ch, const struct tr_case_record *r)
{
	size_t kept = 0;

	walk(ch, &ch->before, r);
	for (size_t i = 0; i < ch->n; i++)
		if (is_after(ch, r, ch->found[i]))
			ch->found[kept++] = ch->found[i];
	ch->n = kept;
}
