/*
 * C2SP tlog-policy: which logs are trusted, and how many of which witnesses must
 * have cosigned a checkpoint.
 *
 * Knows names, keys and groups. Whether a cosignature's time is plausible, and
 * what the checkpoint proves, is for the caller.
 */
#ifndef VERIFY_QUORUM_H
#define VERIFY_QUORUM_H

#include "verify/checkpoint.h"
#include "verify/text.h"

struct vf_tlog_log {
	struct vf_vkey key; /* its name is the origin */
	struct vf_bytes url;
};

struct vf_tlog_witness {
	struct vf_bytes name; /* in the policy; opaque octets: escape before showing */
	struct vf_vkey key;
	struct vf_bytes url;
};

/* What a name stands for. */
struct vf_tlog_member {
	enum { VF_TLOG_NOTHING, VF_TLOG_WITNESS, VF_TLOG_GROUP } kind;
	size_t at; /* index among the witnesses or the groups */
};

struct vf_tlog_group {
	struct vf_bytes name;
	size_t needed;
	struct vf_tlog_member *members;
	size_t n;
};

/* All memory is the arena's. A group only names groups before it. */
struct vf_tlog_policy {
	struct vf_hash digest; /* of the policy's text */
	struct vf_tlog_log *logs;
	size_t n_logs;
	struct vf_tlog_witness *witnesses;
	size_t n_witnesses;
	struct vf_tlog_group *groups;
	size_t n_groups;
	struct vf_tlog_member quorum; /* VF_TLOG_NOTHING for "quorum none" */
};

/* About 20 KiB of arena for the largest policy with Ed25519 keys. */
#define VF_TLOG_POLICY_ROOM (32 * 1024)

/*
 * POLICY_SHAPE for every fault of the text: also a policy without a log, a
 * public key that occurs twice (as log or witness, under any name), two keys
 * with one name and id, more than VF_MAX_LOGS, _WITNESSES or _GROUPS. NO_MEMORY
 * when the arena is full. Keeps nothing of text.
 */
VF_RC vf_tlog_policy_parse(struct vf_bytes text, struct vf_arena *a, struct vf_tlog_policy *ret,
	struct vf_err *reterr);

/* Who has signed. The names borrow from the policy. */
struct vf_tlog_seen {
	bool log;        /* the log's own line verified */
	bool quorum;     /* the policy's quorum is met; also true for "quorum none" */
	int64_t time_ms; /* the smallest time at which it was met; VF_TIME_NONE when there is none */
	struct vf_bytes names[VF_MAX_WITNESSES]; /* witnesses that cosigned, each key once */
	int64_t times_ms[VF_MAX_WITNESSES];      /* of each, its smallest; VF_TIME_NONE for no claim */
	size_t n;
	size_t n_known;     /* witnesses in the policy */
	size_t n_unchecked; /* lines by known keys of a type that OpenSSL lacks */
	size_t n_unknown;   /* lines by keys that the policy does not name: ignored */
};

/*
 * Accepts when the first signature line is by a listed log key whose name is
 * the origin, every line by any listed key verifies (duplicates too), and the
 * quorum is met. UNKNOWN_LOG: no listed log has this origin. NOTE_UNSIGNED: the
 * first line is by no listed key. NOTE_SIGNATURE: a listed key's line does not
 * verify. UNSUPPORTED: OpenSSL lacks the log key's type. WITNESS_QUORUM: not met.
 * ret is filled on failure as well: for WITNESS_QUORUM and NOTE_UNSIGNED with the
 * witnesses that cosigned, for the others as if nobody had.
 */
VF_RC vf_tlog_policy_check(const struct vf_tlog_policy *p, const struct vf_checkpoint *c,
	struct vf_tlog_seen *ret, struct vf_err *reterr);

/*
 * Remembers notes whose lines were verified, by the SHA-256 of their bytes, so
 * that many proofs with one checkpoint cost one verification. Cleared memory
 * is an empty cache; one thread at a time. It serves one policy and empties
 * itself when it meets another.
 */
#define VF_NOTE_CACHE_SIZE 16
struct vf_note_cache {
	const struct vf_tlog_policy *policy;
	struct vf_hash policy_digest;
	struct {
		struct vf_hash note;
		struct vf_tlog_seen seen;
	} slots[VF_NOTE_CACHE_SIZE];
	size_t n, next;
	uint64_t hits;
};

/* The same decision through a cache, which may be NULL. */
VF_RC vf_tlog_policy_check_cached(const struct vf_tlog_policy *p, const struct vf_checkpoint *c,
	struct vf_note_cache *cache, struct vf_tlog_seen *ret, struct vf_err *reterr);

#endif
