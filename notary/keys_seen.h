/*
 * Which Idempotency-Key a party has used for which body (docs/api.md), in memory.
 *
 * Finds mistakes of clients; that the same submission is stored once is the store's work. Any thread may call.
 */
#ifndef NOTARY_KEYS_SEEN_H
#define NOTARY_KEYS_SEEN_H

#include "verify/hash.h"

struct nt_keys_seen;

enum nt_key_use {
	NT_KEY_FREE,    /* now in work by the caller, who calls nt_keys_seen_end() */
	NT_KEY_WORKING, /* in work by another request */
	NT_KEY_OTHER,   /* belongs to another body */
};

/* Remembers at most max keys, each for keep_ms; the oldest go first. */
VF_RC nt_keys_seen_new(size_t max, int64_t keep_ms, struct nt_keys_seen **ret, struct vf_err *reterr);
struct nt_keys_seen *nt_keys_seen_free(struct nt_keys_seen *k);

/* The name of a key: of its party and its text. */
struct vf_hash nt_keys_seen_name(struct vf_bytes party, struct vf_bytes key);
/* now_ms is monotonic. NO_MEMORY. */
VF_RC nt_keys_seen_begin(struct nt_keys_seen *k, const struct vf_hash *name, const struct vf_hash *body, int64_t now_ms,
	enum nt_key_use *ret, struct vf_err *reterr);
/* The work ended; keep says whether the key stays bound to its body (nothing was stored otherwise). */
void nt_keys_seen_end(struct nt_keys_seen *k, const struct vf_hash *name, bool keep);

#endif
