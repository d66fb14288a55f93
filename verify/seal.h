/*
 * Seal heads: the text that ties a batch, a checkpoint and earlier tokens together.
 *
 * Knows its exact form (docs/formats/seal.md) and how two heads join. Which
 * token dates it is bundle.h's question.
 */
#ifndef VERIFY_SEAL_H
#define VERIFY_SEAL_H

#include "verify/hash.h"

#define VF_SEAL_MAGIC "trialnotary/seal-head/1"

/* A token that the head names. */
struct vf_seal_token {
	uint64_t seal;
	struct vf_hash id;
};

struct vf_seal_head {
	struct vf_bytes text; /* as given */
	uint64_t number, first, size;
	struct vf_bytes origin;
	struct vf_hash batch;
	bool has_batch512;
	struct vf_hash512 batch512;
	struct vf_hash checkpoint;
	bool has_previous;
	struct vf_hash previous;
	struct vf_bytes tokens; /* the token lines, checked; see vf_seal_take_token() */
	size_t n_tokens;
};

/* SEAL_SHAPE, LIMIT. ret borrows from text. */
VF_RC vf_seal_head_parse(struct vf_bytes text, struct vf_seal_head *ret, struct vf_err *reterr);
/* Takes the next token line of head.tokens; false at the end. */
bool vf_seal_take_token(struct vf_bytes *tokens, struct vf_seal_token *ret);
/* Accepts when head is the successor of previous: number, origin, entries, digest (SEAL_CHAIN). */
VF_RC vf_seal_check_chain(const struct vf_seal_head *head, const struct vf_seal_head *previous,
	struct vf_err *reterr);
/* The head's digest and the batch root for a tree algorithm; SEAL_BINDING when the head names none. */
VF_RC vf_seal_values(const struct vf_seal_head *head, enum vf_alg alg, struct vf_digest *ret_head,
	struct vf_digest *ret_batch, struct vf_err *reterr);

#endif
