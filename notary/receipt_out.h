/*
 * Making receipts: one signature for all entries that were stored together
 * (docs/formats/receipt.md, verify/receipt.h).
 *
 * Knows the tree of a group and the bytes. Who was stored, and when, is the caller's
 * business: he adds an entry only when it is durable, as the store has it. Of a record that was
 * accepted before, that is the stored entry: a new submission of it may have had another slot.
 */
#ifndef NOTARY_RECEIPT_OUT_H
#define NOTARY_RECEIPT_OUT_H

#include "notary/buf.h"
#include "notary/signer.h"
#include "verify/record.h"

/* The maximum merge delay in seconds. */
#define NT_RECEIPT_DELAY 60

/*
 * A group: filled and signed by one thread. Once signed it does not change until it is reset, so
 * that several threads may take receipts from it.
 */
struct nt_receipts;

VF_RC nt_receipts_new(struct nt_receipts **ret, struct vf_err *reterr);
struct nt_receipts *nt_receipts_free(struct nt_receipts *g);
static inline void nt_receipts_freep(struct nt_receipts **g)
{
	*g = nt_receipts_free(*g);
}
/* Empties it for the next group and keeps the memory. */
void nt_receipts_reset(struct nt_receipts *g);

/* Adds an entry; the first has index 0. LIMIT above VF_MAX_RECEIPT_GROUP, NO_MEMORY; INTERNAL when signed already. */
VF_RC nt_receipts_add(struct nt_receipts *g, const struct vf_entry *entry, struct vf_err *reterr);
size_t nt_receipts_n(const struct nt_receipts *g);

/*
 * Signs the promise for all of them. CONFIG_SHAPE when the origin is too long for a receipt key's
 * name, SIGNER_FAILED; INTERNAL for an empty group, one that is signed already, or a delay out of range.
 */
VF_RC nt_receipts_sign(struct nt_receipts *g, const struct nt_signer *key, const char *origin, int64_t accepted_ms,
	uint64_t delay, struct vf_err *reterr);
/* Appends receipt i of a signed group, at most VF_MAX_RECEIPT octets. */
VF_RC nt_receipts_put(const struct nt_receipts *g, size_t i, struct nt_buf *out, struct vf_err *reterr);

/* The line of this key for the file 'receipts' of a trust directory. CONFIG_SHAPE as above. */
VF_RC nt_receipt_pin(const struct nt_signer *key, const char *origin, uint64_t delay, struct nt_buf *out,
	struct vf_err *reterr);

#endif
