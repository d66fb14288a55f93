/*
 * What the parts of a notary share: notary.c (accept, seal, erase), notary_init.c, notary_open.c, notary_kept.c (documents that it
 * keeps), notary_read.c, secrets.c, seal.c, fsck.c, backup.c. Not for others.
 */
#ifndef NOTARY_NOTARY_INSIDE_H
#define NOTARY_NOTARY_INSIDE_H

#include "notary/log.h"
#include "notary/authorities.h"
#include "notary/roots.h"
#include "notary/tsa.h"
#include "verify/pki.h"

struct nt_access;
struct nt_signers;

struct nt_notary {
	char *dir;
	int fd, lock;
	struct nt_config config;
	nt_clock *clock;
	void *clock_ctx;
	nt_clock_check *clock_check; /* may be NULL */
	void *clock_check_ctx;
	struct nt_store *store;
	struct nt_headlock *head;
	struct nt_signer *signer, *receipts; /* of the log, of receipts */
	struct nt_tsa *tsa;
	struct nt_authorities authorities;
	struct nt_roots *roots; /* of the embedded authority and those outside */
	struct nt_log log;
	struct nt_access *access; /* NULL until nt_notary_access() */
	struct nt_signers *signers; /* NULL until nt_signers_claim() */
	struct vf_err broken; /* rc is VF_OK while all is well */
};

/* The octets of trialnotary.conf at most. */
#define NT_CONFIG_FILE_MAX 65536
#define NT_RECEIPT_KEY_FILE "keys/receipt.key"

/* What nt_notary_open() takes when it is given no clock. */
int64_t nt_notary_system_clock(void *ctx);
/* Refuses when an earlier failure left the state unknown. */
VF_RC nt_notary_check_whole(const struct nt_notary *n, struct vf_err *reterr);
/* Remembers a failure that only opening again can cure; returns rc. */
enum vf_rc nt_notary_stop(struct nt_notary *n, enum vf_rc rc, struct vf_err *reterr);
/* notary_init.c: "DIR/NAME" with its NUL; begins out anew. */
VF_RC nt_notary_path(struct nt_buf *out, const char *dir, const char *name, struct vf_err *reterr);
/* notary_open.c: takes the folder's lock: STORE_BUSY. */
VF_RC nt_notary_lock(int fd, const char *dir, int *ret_lock, struct vf_err *reterr);
/* notary_kept.c: documents/<64 hex>; out has 80 places. */
void nt_notary_kept_path(const struct vf_hash *sha256, char *out);
/* A kept document and the secret beside it, if they are there; ctx is the notary. */
VF_RC nt_notary_destroy_kept(void *ctx, const struct vf_hash *sha256, struct vf_err *reterr);
/* Destroys kept documents that no record names: their submission or their erasure was cut short. */
VF_RC nt_notary_sweep_kept(struct nt_notary *n, struct vf_err *reterr);

/* secrets.c */
/* documents/<64 hex>.secret; out has 96 places. */
void nt_notary_secret_path(const struct vf_hash *sha256, char *out);

/* seal.c */
/* The embedded authority's token; TSA_FAILED, CLOCK_DOUBT: none for now. */
VF_RC nt_seal_embedded(struct nt_notary *n, struct nt_plan *p, struct nt_sealed *ret, struct vf_err *reterr);
/*
 * A token of the embedded authority over an imprint, verified; der has its octets. What nt_tsa_stamp() says; TIME_STOPPED,
 * SIGNER_FAILED and IO are faults of the notary, NOT_VERIFIED too.
 */
VF_RC nt_seal_stamp(struct nt_notary *n, const struct vf_digest *imprint, int64_t now_ms, struct nt_buf *der,
	struct nt_token *ret, struct vf_err *reterr);
/* The parts of a reply from outside; its token is verified for this imprint, and borrows from t. */
struct nt_exchange;
VF_RC nt_seal_open_reply(struct nt_notary *n, const struct nt_outside_token *t, const struct vf_digest *imprint,
	struct nt_token *ret, struct nt_exchange *ret_exchange, struct vf_err *reterr);
/* Makes store and signed head agree about the last seal. */
VF_RC nt_seal_recover(struct nt_notary *n, struct vf_err *reterr);
/* A token of a seal is over its root, signed, by a pinned root of its authority, and dated gen_time. */
VF_RC nt_seal_check_token(struct nt_notary *n, const struct nt_token *t, const struct vf_digest *imprint,
	struct vf_err *reterr);
/* The seal root for an algorithm, from the text of a head. */
VF_RC nt_seal_root(struct vf_bytes head, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr);
/* The batch root over the record hashes [first, size): SHA256 or SHA512. */
VF_RC nt_seal_batch_root(struct nt_notary *n, enum vf_alg alg, uint64_t first, uint64_t size, struct vf_digest *ret,
	struct vf_err *reterr);
/* seal_outside.c: asks one after the other for the first token of the plan, which is used up. */
VF_RC nt_seal_outside(struct nt_notary *n, struct nt_plan *p, struct nt_sealed *ret, struct vf_err *reterr);

#endif
