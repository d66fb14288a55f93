/*
 * Records that supersede one another, for rules that ask of many.
 *
 * Knows which records tr_study_comes_after() puts after one and before it, each found once whichever ways lead there.
 */
#ifndef TRIAL_RULES_CHAIN_H
#define TRIAL_RULES_CHAIN_H

#include "trial/rules/case.h"

/* Which record has links to which, by their places in the case: those of record i from at[i] to at[i + 1]. */
struct tr_chain_links {
	size_t *at, *to;
};

/* Room for walks over one case. */
struct tr_chain {
	const struct tr_case *c;
	struct tr_chain_links before, after;
	bool *follows_all;                   /* of each record: all ways from it are followed */
	uint32_t *seen, walk;                /* of each record: the last walk that came there */
	const struct tr_case_record **found; /* of the last walk: in the order of the log */
	size_t n;
};

/* NO_MEMORY. Ends with tr_chain_done(), which takes a cleared one, too. */
VF_RC tr_chain_init(struct tr_chain *ch, const struct tr_case *c, struct vf_err *reterr);
void tr_chain_done(struct tr_chain *ch);

/* Those that come after the record, or that it comes after: in found. */
void tr_chain_after(struct tr_chain *ch, const struct tr_case_record *r);
void tr_chain_before(struct tr_chain *ch, const struct tr_case_record *r);

#endif
