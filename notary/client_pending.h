/*
 * A submission of our own, read back (docs/formats/submission.md), as far as it takes to make it again.
 *
 * Knows which fields the maker needs. It is no judge: whether a submission is right is intake.h's question.
 */
#ifndef NOTARY_CLIENT_PENDING_H
#define NOTARY_CLIENT_PENDING_H

#include "notary/submit.h"

struct nt_pending {
	struct vf_hash id;
	struct nt_submit submit; /* signer is set when it was signed, sign is not */
	struct nt_submit_record record;
	struct vf_stream_member place;
};

/* Octets of arena for a document of n octets. */
size_t nt_pending_room(size_t n);
/* Everything in ret lives in the arena; the files have no paths. CLIENT_STATE, NO_MEMORY. */
VF_RC nt_pending_read(struct vf_bytes json, struct vf_arena *a, struct nt_pending *ret, struct vf_err *reterr);

#endif
