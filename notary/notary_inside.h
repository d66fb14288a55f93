/*
 * What the parts of a notary share: notary.c, seal.c, fsck.c, backup.c. Not for others.
 */
#ifndef NOTARY_NOTARY_INSIDE_H
#define NOTARY_NOTARY_INSIDE_H

#include "notary/log.h"
#include "notary/tsa.h"
#include "verify/pki.h"

struct nt_access;

struct nt_notary {
	char *dir;
	int fd, lock;
	struct nt_config config;
	nt_clock *clock;
	void *clock_ctx;
	struct nt_store *store;
	struct nt_headlock *head;
	struct nt_signer *signer, *receipts; /* of the log, of receipts */
	struct nt_tsa *tsa;
	struct vf_pki *pki; /* the embedded authority's root, pinned */
	struct nt_log log;
	struct nt_access *access; /* NULL until nt_notary_access() */
	struct vf_err broken; /* rc is VF_OK while all is well */
};

/* Refuses when an earlier failure left the state unknown. */
VF_RC nt_notary_check_whole(const struct nt_notary *n, struct vf_err *reterr);
/* Remembers a failure that only opening again can cure; returns rc. */
enum vf_rc nt_notary_stop(struct nt_notary *n, enum vf_rc rc, struct vf_err *reterr);
/* Takes the folder's lock: STORE_BUSY. */
VF_RC nt_notary_lock(int fd, const char *dir, int *ret_lock, struct vf_err *reterr);
/* documents/<64 hex>; out has 80 places. */
void nt_notary_kept_path(const struct vf_hash *sha256, char *out);

/* seal.c: seals what is in the log and not sealed yet; sealed is false when there is nothing. */
VF_RC nt_seal_batch(struct nt_notary *n, struct nt_sealed *ret, struct vf_err *reterr);
/* Makes store and signed head agree about the last seal. */
VF_RC nt_seal_recover(struct nt_notary *n, struct vf_err *reterr);
/* The embedded token of a seal is over its root, signed, by the pinned root, and dated gen_time. */
VF_RC nt_seal_check_token(struct nt_notary *n, const struct nt_token *t, const struct vf_digest *imprint,
	struct vf_err *reterr);
/* The batch root over record hashes [first, size). */
VF_RC nt_seal_batch_root(
	struct nt_notary *n, uint64_t first, uint64_t size, struct vf_hash *ret, struct vf_err *reterr);

#endif
