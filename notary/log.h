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
#include "notary/note.h"
#include "notary/signer.h"
#include "notary/store.h"
#include "notary/tiles.h"

/* Entries that one checkpoint may add: its staging file stays below 100 MB. */
#define NT_LOG_STEP 262144

/* Everything that the log works on; dir, store, head and signer are the caller's. */
struct nt_log {
	int dir; /* the notary's folder */
	struct nt_store *store;
	struct nt_headlock *head;
	const struct nt_signer *signer;
	struct nt_note_key key;
	struct vf_vkey vkey;
	struct nt_tile_reader *reader;
};

/* origin must live as long as l. */
VF_RC nt_log_init(
	struct nt_log *l, int dir, const char *origin, const struct nt_signer *signer, struct vf_err *reterr);
void nt_log_done(struct nt_log *l);

/* An entry's text (docs/formats/entry.md). */
#define NT_ENTRY_LEN 298
void nt_entry_put(struct nt_buf *out, const struct nt_store_entry *e);

/* The signed note of the empty log, appended to note. */
VF_RC nt_log_empty_note(const struct nt_log *l, struct nt_buf *note, struct vf_err *reterr);
/*
 * Brings store, tiles and checkpoint to the signed head, or discards what was never signed.
 * STORE_ROLLED_BACK, STORE_CORRUPT.
 */
VF_RC nt_log_recover(struct nt_log *l, struct vf_err *reterr);
/*
 * Appends what waits, at most NT_LOG_STEP records, at now_ms. TIME_STOPPED unless now_ms is
 * after the last signed time. Any failure is final until reopened.
 */
VF_RC nt_log_sequence(struct nt_log *l, int64_t now_ms, struct vf_err *reterr);

VF_RC nt_log_inclusion(struct nt_log *l, uint64_t index, uint64_t size, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr);
VF_RC nt_log_consistency(struct nt_log *l, uint64_t from, uint64_t to, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr);

/*
 * log_check.c: builds the log again from the rows, checkpoint by checkpoint, and compares each
 * root, signature, tile and entry bundle with what is stored; names files that do not belong there.
 */
VF_RC nt_log_check(struct nt_log *l, struct nt_findings *f, struct vf_err *reterr);
/* Every checkpoint is signed and consistent with the one before, by proofs from the tiles. */
VF_RC nt_log_audit(struct nt_log *l, struct nt_findings *f, struct vf_err *reterr);

/* One file of the log, its path below the notary's folder. */
typedef VF_RC nt_each_file(
	void *ctx, const char *path, bool partial, struct vf_bytes bytes, struct vf_err *reterr);
/* The files that growth from g's size to size writes; g is the grower of the old size. */
VF_RC nt_log_build(struct nt_log *l, struct nt_grower *g, uint64_t size, nt_each_file *each, void *ctx,
	struct vf_err *reterr);
/* The checkpoint's note is in its form, of this log, and signed by its key. */
VF_RC nt_log_check_note(const struct nt_log *l, uint64_t size, const struct vf_hash *root,
	struct vf_bytes note, struct vf_err *reterr);

#endif
