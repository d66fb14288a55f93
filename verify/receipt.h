/*
 * Receipts: the signed promise that an entry will be in the log (docs/formats/receipt.md).
 *
 * Knows the bytes, the path to the signed root, and pinned receipt keys. Whether the
 * promise was kept is receipt_judge.h's question. All ranges borrow from the input.
 */
#ifndef VERIFY_RECEIPT_H
#define VERIFY_RECEIPT_H

#include "verify/checkpoint.h"
#include "verify/record.h"

#define VF_RECEIPT_MAGIC "trialnotary/receipt/1"
/* After the origin: the name of its receipt key. */
#define VF_RECEIPT_NAME "/receipts"
#define VF_MAX_RECEIPT_ORIGIN (VF_MAX_ORIGIN - (sizeof(VF_RECEIPT_NAME) - 1))

struct vf_receipt {
	struct vf_bytes origin;
	uint64_t size; /* of the group */
	struct vf_hash root;
	int64_t accepted_ms;
	uint64_t delay;	      /* seconds */
	struct vf_bytes text; /* that is signed */
	struct vf_note_line line;
	uint64_t index;
	struct vf_hash path[VF_MAX_RECEIPT_PATH];
	size_t n;
	struct vf_bytes octets; /* of the entry */
	struct vf_entry entry;
};

/*
 * The exact form, the number of hashes that it demands included. RECEIPT_SHAPE, PROOF_INDEX,
 * PROOF_LENGTH, LIMIT. Decides about neither path nor signature.
 */
VF_RC vf_receipt_parse(struct vf_bytes text, struct vf_receipt *ret, struct vf_err *reterr);
/* Accepts when the path leads from the entry to the root of the group: PROOF_ROOT otherwise. */
VF_RC vf_receipt_check_path(const struct vf_receipt *r, struct vf_err *reterr);
/* When the promise ends. */
int64_t vf_receipt_deadline(const struct vf_receipt *r);

/* A pinned key and the longest promise by it that is accepted, in seconds. */
struct vf_receipt_key {
	struct vf_vkey key;
	uint64_t delay;
};

struct vf_receipt_keys {
	struct vf_receipt_key *at;
	size_t n;
};

/* The file 'receipts' of a trust directory (docs/formats/trust.md), copied into the arena. POLICY_SHAPE, NO_MEMORY. */
VF_RC vf_receipt_keys_parse(struct vf_bytes text, struct vf_arena *a, struct vf_receipt_keys *ret,
	struct vf_err *reterr);
/*
 * Whose promise it is. RECEIPT_KEY when no key of this name and id is pinned, NOTE_SIGNATURE when the
 * signature is not by it. ret_key (may be NULL) is the key.
 */
VF_RC vf_receipt_check_signature(const struct vf_receipt *r, const struct vf_receipt_keys *keys,
	const struct vf_receipt_key **ret_key, struct vf_err *reterr);

#endif
