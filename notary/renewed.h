/*
 * What renewed the tokens of a seal, as it leaves with the records of the seal (docs/decisions/0021-renewal.md).
 *
 * Knows which renewals belong to a token, and writes them behind its time-stamp in an evidence record. Which CRLs are
 * put into the tokens is revocation_export.h's question; when something is renewed, renewal.h's.
 */
#ifndef NOTARY_RENEWED_H
#define NOTARY_RENEWED_H

#include "notary/store_renewal.h"
#include "notary/tree.h"
#include "verify/limits.h"

/* Trees of renewals that are kept: a seal of eight authorities, or of one that was renewed eight times. */
#define NT_RENEWED_TREES 8

struct nt_renewed {
	/* For each token of the seal; [0] of it is the seal's token itself. NULL: nothing renewed it. */
	struct nt_chain_stamps *of[VF_MAX_EVIDENCE];
	size_t n;
	int64_t later;     /* a renewal that is ahead of the own clock stays out until then; VF_TIME_NONE: none is */
	uint64_t version;  /* renewals of the store */
	struct {
		uint64_t renewal;
		struct nt_tree *tree;
	} trees[NT_RENEWED_TREES];
	size_t next_tree;
};

void nt_renewed_init(struct nt_renewed *r);
void nt_renewed_done(struct nt_renewed *r);
/* Whether nothing renewed anything since, and nothing waits for its time that has come. */
bool nt_renewed_is_current(struct nt_notary *n, const struct nt_renewed *r);

/* Reads what renewed the tokens of the seal. Trees stay. STORE_CORRUPT, NO_MEMORY, IO. */
VF_RC nt_renewed_load(struct nt_notary *n, const struct nt_seal *seal, struct nt_renewed *ret, struct vf_err *reterr);

/*
 * Puts the renewals of token i behind the evidence record in io, which has its first time-stamp alone. pairs: both
 * digests of each of the n objects that the record is about. The arena is used, and given back. ER_NOT_COVERED when a
 * renewal does not cover what it should.
 */
VF_RC nt_renewed_put(struct nt_notary *n, struct nt_renewed *r, size_t i, const struct vf_pair *pairs, size_t n_pairs,
	struct vf_arena *a, struct nt_buf *io, struct vf_err *reterr);

/*
 * The same for a list of stamps, of which the first stands in io and the others follow; each has its octets as it
 * leaves. One behind the first without a number is being made: its tree is extra.
 */
VF_RC nt_renewed_extend(struct nt_notary *n, struct nt_renewed *r, const struct nt_chain_stamp *stamps, size_t n_stamps,
	const struct nt_tree *extra, const struct vf_pair *pairs, size_t n_pairs, struct vf_arena *a, struct nt_buf *io,
	struct vf_err *reterr);

#endif
