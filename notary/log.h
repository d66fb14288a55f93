/*
 * The published log of one notary: entries, tiles, checkpoint, and recovery.
 *
 * Knows the order of durable steps that takes waiting records into the log
 * (docs/decisions/0003-commit-order.md) and does recovery by the same code. Rows are
 * the store's question, the arithmetic of tiles tiles.h's.
 */
#ifndef NOTARY_LOG_H
#define NOTARY_LOG_H

#include "notary/headlock.h"
#include "notary/signer.h"
#include "notary/store.h"

/* Everything that the log works on; owned by the notary. */
struct nt_log {
	int dir;                  /* the notary's folder */
	const char *origin;
	struct nt_store *store;
	struct nt_headlock *head;
	struct nt_signer *signer;
};

/* An entry's text (docs/formats/entry.md). */
#define NT_ENTRY_LEN 298
void nt_entry_put(struct nt_buf *out, const struct nt_store_entry *e);

/* Folders, an empty checkpoint, and the first note. */
VF_RC nt_log_create(int dir, const char *origin, struct nt_signer *signer, struct nt_buf *note,
	struct vf_hash *ret_root, struct vf_err *reterr);
/*
 * Brings store, tiles and checkpoint to the signed head, or discards what was never signed.
 * STORE_ROLLED_BACK, STORE_CORRUPT.
 */
VF_RC nt_log_recover(struct nt_log *l, struct vf_err *reterr);
/* Appends what waits, at now_ms. TIME_STOPPED. Any failure is final until reopened. */
VF_RC nt_log_sequence(struct nt_log *l, int64_t now_ms, struct vf_err *reterr);

VF_RC nt_log_inclusion(const struct nt_log *l, uint64_t index, uint64_t size, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr);
VF_RC nt_log_consistency(const struct nt_log *l, uint64_t from, uint64_t to, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr);
/* Re-reads tiles and entries and compares them with rows and checkpoint. */
VF_RC nt_log_check(const struct nt_log *l, nt_finding *finding, void *ctx, uint64_t *ret_faults,
	struct vf_err *reterr);

#endif
