#include "notary/revocation_due.h"

#include "verify/text.h"

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When an answer's successor is to be expected; publishers take a moment. */
static int64_t successor(const struct nt_revocation *r)
{
	int64_t at = r->next_update != VF_TIME_NONE ? r->next_update : r->this_update + NT_REVOCATION_AGAIN_MS;

	return at + NT_REVOCATION_PAUSE_MS;
}

static int64_t pause_after(unsigned failures)
{
	int64_t ms = NT_REVOCATION_PAUSE_MS;

	for (unsigned i = 1; i < failures && ms < NT_REVOCATION_MAX_PAUSE_MS; i++)
		ms *= 2;
	return lesser(ms, NT_REVOCATION_MAX_PAUSE_MS);
}

/* The last question is asked when the line was not asked since a day before the end. */
static int64_t last_due(const struct nt_revocation_line *l)
{
	int64_t at = l->leaf_end - NT_REVOCATION_LAST_MS;

	return l->asked < at ? at : NT_REVOCATION_NEVER;
}

bool nt_revocation_is_last(const struct nt_revocation_line *l, int64_t now)
{
	return l->leaf_end != VF_TIME_NONE && l->asked != VF_TIME_NONE && now >= l->leaf_end - NT_REVOCATION_LAST_MS &&
		last_due(l) != NT_REVOCATION_NEVER;
}

int64_t nt_revocation_due(const struct nt_revocation_line *l)
{
	int64_t due = NT_REVOCATION_NEVER;

	if (l->asked == VF_TIME_NONE)
		return INT64_MIN;
	for (size_t i = 0; i < l->n_held; i++)
		if (l->held[i].this_update <= l->newest)
			due = lesser(due, successor(&l->held[i]));
	if (l->leaf_end != VF_TIME_NONE)
		due = lesser(due, last_due(l));
	/* nobody is asked all the time, whatever their answers say */
	if (l->failures)
		due = lesser(due, l->asked + pause_after(l->failures));
	due = greater(due, l->asked + (l->failures ? pause_after(l->failures) : NT_REVOCATION_PAUSE_MS));
	/* lists drop what has ended */
	return l->leaf_end != VF_TIME_NONE && due > l->leaf_end ? NT_REVOCATION_NEVER : due;
}

bool nt_revocation_is_settled(const struct nt_revocation_line *l, const struct vf_hash *leaf)
{
	for (size_t i = 0; i < l->n_held; i++)
		if (vf_hash_eq(&l->held[i].subject, leaf) && l->held[i].this_update > l->newest)
			return true;
	return false;
}

void nt_revocation_hold(struct nt_revocation_line *l, const struct nt_revocation *r)
{
	struct nt_revocation *place = NULL;

	for (size_t i = 0; i < l->n_held; i++)
		if (l->held[i].kind == r->kind && vf_hash_eq(&l->held[i].subject, &r->subject))
			place = &l->held[i];
	if (place && place->this_update > r->this_update)
		return;
	if (!place && l->n_held == NT_MAX_REVOCATIONS)
		return;
	if (!place)
		place = &l->held[l->n_held++];
	*place = *r;
	place->der = place->authority = vf_bytes(NULL, 0);
}
