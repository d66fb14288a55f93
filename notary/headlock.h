/*
 * The last signed head of the log, in a small database of its own (head.db).
 *
 * It is changed only by compare-and-swap on its version, in a rollback journal with
 * synchronous=EXTRA, so that a store that was restored from yesterday, or a second
 * notary on the same folder, can't sign a second history. Whoever can
 * write this file can fork the log; the tiles and notary.db need no such trust.
 */
#ifndef NOTARY_HEADLOCK_H
#define NOTARY_HEADLOCK_H

#include "verify/hash.h"

struct nt_headlock;

struct nt_head {
	uint64_t version; /* 1, 2, … */
	uint64_t size;    /* entries in the log */
	struct vf_hash root;
	struct vf_bytes note;     /* signed checkpoint; lives until the next swap or free */
	uint64_t seal;            /* number of the last seal, 0 for none */
	struct vf_hash seal_head; /* SHA-256 of its head; zero for none */
	int64_t time_ms;          /* the last time that was signed */
};

/* Creates the file with the first head (version 1). EXISTS when it is there. */
VF_RC nt_headlock_create(const char *path, const struct nt_head *first, struct vf_err *reterr);
/* STORE_CORRUPT, STORE_VERSION, STORE_BUSY, NO_INPUT when there is none. */
VF_RC nt_headlock_open(const char *path, struct nt_headlock **ret, struct vf_err *reterr);
struct nt_headlock *nt_headlock_free(struct nt_headlock *l);
void nt_headlock_freep(struct nt_headlock **l);
/* The head as last read or swapped. */
const struct nt_head *nt_headlock_get(const struct nt_headlock *l);
/*
 * Puts next (its version is ignored) in the place of version. STORE_ROLLED_BACK when another
 * version is there. After any failure the state is unknown: the notary must be opened again.
 */
VF_RC nt_headlock_swap(
	struct nt_headlock *l, uint64_t version, const struct nt_head *next, struct vf_err *reterr);
/* A consistent copy into a new file. */
VF_RC nt_headlock_backup(struct nt_headlock *l, const char *path, struct vf_err *reterr);

#endif
