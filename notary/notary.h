/*
 * One notary in one folder: durable acceptance, the log, seals, and reading them back.
 *
 * Knows the order of steps that makes every crash recoverable (docs/decisions/
 * 0003-commit-order.md). How a submission is built is submit.h's question, how
 * a bundle is written export.h's.
 *
 * One process at a time has a notary open (STORE_BUSY otherwise). After IO,
 * STORE_CORRUPT, TIME_STOPPED or SIGNER_FAILED from accept or seal the notary
 * must be closed: it refuses to go on until it was opened, and so recovered, again.
 * One thread at a time may use it.
 */
#ifndef NOTARY_NOTARY_H
#define NOTARY_NOTARY_H

#include "notary/buf.h"
#include "notary/config.h"
#include "verify/hash.h"

struct nt_notary;

/* What init writes; NULL or 0 take the default. */
struct nt_init {
	const char *origin;  /* log origin and key name, at most 255 octets */
	const char *tsa_key; /* "p256" (default) or "rsa3072" */
	int64_t now_ms;      /* the time to begin at */
};

/*
 * Creates keys, the embedded TSA with its CA and first CRL, an empty store, and a
 * configuration with commented defaults. NOTARY_EXISTS when dir exists and is
 * not an empty folder; nothing is left behind on failure.
 */
VF_RC nt_notary_init(const char *dir, const struct nt_init *init, struct vf_err *reterr);

/*
 * Opens, recovers what a crash left half done, and compares store and last
 * signed head. clock returns milliseconds UTC; NULL means the system's clock.
 */
typedef int64_t nt_clock(void *ctx);
VF_RC nt_notary_open(
	const char *dir, nt_clock *clock, void *clock_ctx, struct nt_notary **ret, struct vf_err *reterr);
/*
 * Like open, but a notary whose recovery fails is opened all the same, so that fsck and
 * audit can say what is wrong; whatever would write then refuses with what recovery found.
 */
VF_RC nt_notary_open_damaged(const char *dir, struct nt_notary **ret, struct vf_err *reterr);
struct nt_notary *nt_notary_free(struct nt_notary *n);
void nt_notary_freep(struct nt_notary **n);

const struct nt_config *nt_notary_config(const struct nt_notary *n);
const char *nt_notary_dir(const struct nt_notary *n);
int64_t nt_notary_now(const struct nt_notary *n);

/*
 * Parties, tokens and the audit trail (access.h), opened once and closed with the
 * notary. *ret is NULL when there are none yet and create is false.
 */
struct nt_access;
VF_RC nt_notary_access(struct nt_notary *n, bool create, struct nt_access **ret, struct vf_err *reterr);

/*
 * What is asked before the embedded authority stamps: CLOCK_DOUBT (clock_watch.h) lets the seal wait. NULL: nothing.
 */
typedef VF_RC nt_clock_check(void *ctx, struct vf_err *reterr);
void nt_notary_check_clock(struct nt_notary *n, nt_clock_check *check, void *ctx);

/* Who is told STORE_BUSY is also told where the server is; an empty url takes it back. */
void nt_notary_serves(struct nt_notary *n, const char *url);

/* ---- streams and duplicates ---- */

struct nt_stream {
	bool exists;            /* false: the next record begins the stream */
	struct vf_hash id, key; /* valid when it exists */
	struct vf_hash head;    /* ID of the last record */
	uint64_t next;          /* its sequence number + 1 */
};

VF_RC nt_notary_stream(struct nt_notary *n, struct vf_bytes submitter, struct vf_bytes study,
	struct nt_stream *ret, struct vf_err *reterr);

/* A stream, whose it is, and of which study; the texts live as long as the notary is open. */
struct nt_stream_named {
	uint64_t number; /* streams are numbered as they began */
	struct vf_bytes submitter, study;
	struct nt_stream now;
};
/*
 * The first stream of the study, or of any when study is empty, whose number is above after: so all can be gone through, from 0.
 * found says whether there is one.
 */
VF_RC nt_notary_stream_next(struct nt_notary *n, struct vf_bytes study, uint64_t after, struct nt_stream_named *ret,
	bool *ret_found, struct vf_err *reterr);

/*
 * The journal maps a key over (submitter, study, kind, version, member digests)
 * to the record that has them: found says whether there is one.
 */
VF_RC nt_notary_journal(struct nt_notary *n, const struct vf_hash *key, bool *ret_found,
	struct vf_hash *ret_id, struct vf_err *reterr);
/* HMAC-SHA-256 under a secret of this notary, for journal keys. */
struct vf_hash nt_notary_blind(const struct nt_notary *n, struct vf_bytes b);

/* ---- accept ---- */

/* One member of the group, in any order. bytes is kept for all but documents. */
struct nt_member {
	struct vf_bytes name;
	struct vf_pair digests;
	struct vf_bytes bytes; /* statement, stream, commitments, signature files */
};

/* One document, plain (then also a member) or confidential (then behind a commitment). */
struct nt_document {
	struct vf_bytes name;
	struct vf_pair digests;
	uint64_t size;
	struct vf_bytes path; /* where it was read, absolute; empty when unknown */
	bool confidential;
	bool keep;                  /* its content was put into the notary with nt_notary_keep() */
	struct vf_bytes commitment; /* name of its commitment file; empty when plain */
};

struct nt_link {
	struct vf_bytes type;
	struct vf_hash record;
};

struct nt_submission {
	struct vf_hash id; /* group hash; must agree with members */
	struct vf_hash512 id512;
	struct vf_hash slot;
	struct vf_hash journal; /* journal key */
	struct vf_bytes submitter, study, kind;
	struct vf_bytes version, date, title; /* shown by list; empty when absent or personal */
	bool in_stream;
	struct vf_hash stream, stream_key, prev; /* stream = id for record 0; prev all zero then */
	uint64_t seq;
	const struct nt_member *members;
	size_t n_members;
	const struct nt_document *documents;
	size_t n_documents;
	const struct nt_link *links;
	size_t n_links;
	const struct nt_signed_by *signed_by; /* for nt_intake_settle(); NULL: unsigned, or it was asked before */
};

enum nt_accepted {
	NT_ACCEPTED_NEW,
	NT_ACCEPTED_BEFORE, /* the same entry is there already */
};

/*
 * Stores all of them durably, or none. When it returns VF_OK they survive any
 * crash and will be in the log. Refuses: group hash that its members do not give
 * (INTERNAL), STREAM_CONFLICT, ENTRY_CONFLICT, ERASED. ret has count places.
 * Kept content that no record keeps then (refused, or accepted before without it) is destroyed.
 */
VF_RC nt_notary_accept(struct nt_notary *n, const struct nt_submission *submissions, size_t count,
	enum nt_accepted *ret, struct vf_err *reterr);

/* Copies a document's content from fd into the notary, durably, before accept names it. */
VF_RC nt_notary_keep(struct nt_notary *n, int fd, const struct vf_pair *digests, struct vf_err *reterr);
/* Destroys what nt_notary_keep() put there for a submission that is not handed to accept: what no record keeps. */
VF_RC nt_notary_unkeep(struct nt_notary *n, const struct nt_submission *s, struct vf_err *reterr);
/* Opens kept content; *ret_fd is -1 when it is not kept. */
VF_RC nt_notary_open_kept(
	struct nt_notary *n, const struct vf_hash *sha256, int *ret_fd, struct vf_err *reterr);

/*
 * The secret of a rows member (docs/formats/excerpt.md), durably, beside the kept copy of the member. It is destroyed
 * with that copy: by erasure, and when no record keeps it. NO_INPUT when there is none.
 */
VF_RC nt_notary_keep_secret(
	struct nt_notary *n, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr);
VF_RC nt_notary_secret(struct nt_notary *n, const struct vf_hash *sha256, struct vf_hash *ret, struct vf_err *reterr);

/*
 * Signs the promise for entries that accept has stored (receipt_out.h), with the notary's clock at
 * the call: the promise is never earlier than the storing. CONFIG_SHAPE for an origin of more than 246 octets.
 */
struct nt_receipts;
VF_RC nt_notary_sign_receipts(struct nt_notary *n, struct nt_receipts *g, struct vf_err *reterr);

/* ---- sequence and seal ---- */

/* What seal did. sealed is false when nothing was waiting. */
struct nt_sealed {
	bool sealed;
	uint64_t seal, first, size;
	int64_t gen_time;
};

/* Appends what waits to the log, signs and publishes the checkpoint; the seal takes it from there. */
VF_RC nt_notary_sequence(struct nt_notary *n, struct vf_err *reterr);

/*
 * Does a slice of what the indexes of many new records still need, some milliseconds; *ret_more: there is more to do.
 * Who accepts for long calls it in between, so that no call of accept has to do all of it.
 */
VF_RC nt_notary_index(struct nt_notary *n, bool *ret_more, struct vf_err *reterr);

/*
 * Which authorities stamp the seals (docs/formats/authorities.md). Read at the opening, and again here: CONFIG_SHAPE or
 * POLICY_SHAPE leaves those that were there.
 */
struct nt_authorities;
const struct nt_authorities *nt_notary_authorities(const struct nt_notary *n);
VF_RC nt_notary_read_authorities(struct nt_notary *n, struct vf_err *reterr);

/* A seal without a token yet, in memory alone. Dropping it loses nothing: the next one covers the same. */
struct nt_plan;
/* Sequences what waits, and plans the seal over it; *ret is NULL when there is nothing to seal. */
VF_RC nt_notary_plan(struct nt_notary *n, struct nt_plan **ret, struct vf_err *reterr);
struct nt_plan *nt_plan_free(struct nt_plan *p);
void nt_plan_freep(struct nt_plan **p);
uint64_t nt_plan_seal(const struct nt_plan *p);
/* What an authority with this tree algorithm stamps. SEAL_BINDING when the plan has no such tree. */
VF_RC nt_plan_imprint(const struct nt_plan *p, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr);
/* The same of a seal that was made. UNKNOWN_RECORD. */
VF_RC nt_notary_imprint(struct nt_notary *n, uint64_t seal, enum vf_alg alg, struct vf_digest *ret, struct vf_err *reterr);

/* A token from outside, as it came (stamper.h). */
struct nt_outside_token {
	struct vf_bytes authority, request, response;
	int64_t sent_ms, received_ms;
};
/* Makes the planned seal with it: verified once more, stored, published. p is used up, also when it fails. */
struct nt_sealed;
VF_RC nt_notary_seal_plan(struct nt_notary *n, struct nt_plan *p, const struct nt_outside_token *t,
	struct nt_sealed *ret, struct vf_err *reterr);
/* One more token of a seal. EXISTS, and what the verifier refuses; nothing of it is a fault of the notary but the store's. */
VF_RC nt_notary_add_token(struct nt_notary *n, uint64_t seal, const struct nt_outside_token *t, struct vf_err *reterr);
/* Seals in (after, last] with fewer than so many tokens from outside, ascending; ret has last - after places. */
VF_RC nt_notary_lacking(struct nt_notary *n, uint64_t after, uint64_t last, uint64_t wanted, uint64_t *ret, size_t *ret_n,
	struct vf_err *reterr);
/*
 * Asks the authorities outside, here and now, for the tokens that the last seals lack (at most so many seals), each in its order until
 * the seal has as many as wanted. *ret_tokens counts those that came. What failed is told to each, if given.
 */
typedef void nt_each_failure(void *ctx, uint64_t seal, const char *authority, enum vf_rc rc, const char *why);
VF_RC nt_notary_ask_outside(struct nt_notary *n, size_t seals, nt_each_failure *each, void *ctx, size_t *ret_tokens,
	struct vf_err *reterr);

/*
 * Appends what waits to the log as above, builds the
 * batch tree and the seal head, gets the token, verifies it with the verifier's
 * own code, stores and publishes the seal. Batches whose seal failed before are
 * sealed together with the new entries. Without the embedded authority those outside are asked, in their order:
 * this may take as long as their time-outs together. TSA_FAILED: none answered.
 */
VF_RC nt_notary_seal(struct nt_notary *n, struct nt_sealed *ret, struct vf_err *reterr);

/* ---- reading back ---- */

enum nt_state {
	NT_PENDING,   /* accepted, not yet in the log */
	NT_SEQUENCED, /* in the log, not yet sealed */
	NT_SEALED,
	NT_ERASED,
};

/* A record with everything but document contents. Free with nt_record_free(). */
struct nt_record {
	enum nt_state state;
	struct vf_hash id;
	struct vf_hash512 id512;
	struct vf_hash slot;
	int64_t accepted_ms;
	struct vf_bytes submitter, study, kind, version, date, title;
	bool in_stream;
	struct vf_hash stream, prev;
	uint64_t seq;
	uint64_t index, seal; /* valid from NT_SEQUENCED, NT_SEALED */
	struct nt_member *members;
	size_t n_members;
	struct nt_document *documents;
	size_t n_documents;
	struct nt_link *links;
	size_t n_links;
	void *memory;
};

/* UNKNOWN_RECORD when there is none. An erased record has only what may stay. */
VF_RC nt_notary_get(
	struct nt_notary *n, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr);
/* An empty one with tables of so many places and so many octets for its texts; who fills it counts. NO_MEMORY. */
VF_RC nt_record_new(size_t members, size_t documents, size_t links, size_t octets, struct nt_record **ret,
	uint8_t **ret_octets, struct vf_err *reterr);
struct nt_record *nt_record_free(struct nt_record *r);
void nt_record_freep(struct nt_record **r);

/* Finds records by a unique prefix of the ID in hex (at least 8 digits), or by a document's SHA-256. */
VF_RC nt_notary_find(struct nt_notary *n, const char *prefix, struct vf_hash *ret, struct vf_err *reterr);
typedef VF_RC nt_each_id(void *ctx, const struct vf_hash *id, struct vf_err *reterr);
VF_RC nt_notary_find_digest(struct nt_notary *n, const struct vf_hash *sha256, nt_each_id *each, void *ctx,
	struct vf_err *reterr);
/* All records in order of acceptance, of one study when study.n > 0. */
VF_RC nt_notary_each(
	struct nt_notary *n, struct vf_bytes study, nt_each_id *each, void *ctx, struct vf_err *reterr);

/* A page of the same list: at most max records from number first on. What is not of the study is left out. */
struct nt_listed {
	uint64_t number;
	struct vf_hash id;
};
VF_RC nt_notary_page(struct nt_notary *n, struct vf_bytes study, uint64_t first, size_t max, struct nt_listed *ret,
	size_t *ret_n, struct vf_err *reterr);
/* The same of what nt_notary_find_digest() finds. */
VF_RC nt_notary_page_digest(struct nt_notary *n, const struct vf_hash *sha256, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr);
/* The same of the records with a link of this type to this record, of all studies: an index answers. */
VF_RC nt_notary_page_linked(struct nt_notary *n, const struct nt_link *link, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr);

/* One seal with all that an export needs. Free with nt_seal_free(). */
struct nt_token {
	struct vf_bytes authority; /* "embedded", … */
	struct vf_bytes der;       /* ContentInfo octets as stored */
	struct vf_hash id;         /* SHA-256 over signedAttrs and signature (docs/formats/seal.md) */
	int64_t gen_time;
	uint64_t number;           /* in the store: the chain that it begins (store_renewal.h); 0 while it is not stored */
};

struct nt_seal {
	uint64_t number, first, size;
	struct vf_bytes head, previous_head; /* texts; previous is empty for seal 1 */
	struct vf_bytes checkpoint;          /* the signed note */
	struct nt_token *tokens;
	size_t n_tokens;
	void *memory;
};

VF_RC nt_notary_seal_get(struct nt_notary *n, uint64_t number, struct nt_seal **ret, struct vf_err *reterr);
struct nt_seal *nt_seal_free(struct nt_seal *s);
void nt_seal_freep(struct nt_seal **s);
/* Number of the last seal, 0 when there is none; entries in the log; records that wait. */
VF_RC nt_notary_counts(struct nt_notary *n, uint64_t *ret_seals, uint64_t *ret_size, uint64_t *ret_pending,
	struct vf_err *reterr);

/* Appends the record hashes (SHA256 or SHA512) of the entries [first, size), one after another, in log order. */
VF_RC nt_notary_batch(struct nt_notary *n, enum vf_alg alg, uint64_t first, uint64_t size, struct nt_buf *ret,
	struct vf_err *reterr);
/* The record hashes of entries [first, first + count) in log order. */
VF_RC nt_notary_ids(
	struct nt_notary *n, uint64_t first, uint64_t count, struct vf_hash *ret, struct vf_err *reterr);
/* RFC 9162 proofs from the tiles; leaf to root. ret has room for VF_MAX_INCLUSION / _CONSISTENCY. */
VF_RC nt_notary_inclusion(struct nt_notary *n, uint64_t index, uint64_t size, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr);
VF_RC nt_notary_consistency(struct nt_notary *n, uint64_t from, uint64_t to, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr);
/* Appends the C2SP tlog-proof of an entry under the checkpoint of size, whose note is given. */
VF_RC nt_notary_log_proof(struct nt_notary *n, uint64_t index, uint64_t size, struct vf_bytes note, struct nt_buf *ret,
	struct vf_err *reterr);
/* The last published checkpoint (signed note); empty log: size 0 checkpoint. */
VF_RC nt_notary_checkpoint(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr);

/* ---- trust material ---- */

/*
 * Reads the published checkpoint back and compares it with the signed head, its signature, and the clock. STORE_CORRUPT,
 * NOTE_SIGNATURE, TIME_STOPPED; what stopped the notary before.
 */
VF_RC nt_notary_check_head(struct nt_notary *n, struct vf_err *reterr);

/* The time of the last signed head, in milliseconds UTC. */
int64_t nt_notary_head_time(const struct nt_notary *n);
/* vkey of the log, PEM of the embedded TSA's root. */
VF_RC nt_notary_log_vkey(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr);
VF_RC nt_notary_tsa_root(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr);
/*
 * What the embedded authority signs with now, after what is due of its certificate and CRL was made; NULL when it is what the caller has
 * (DER). For threads that issue tokens (tsa_snapshot.h).
 */
struct nt_tsa_snapshot;
VF_RC nt_notary_tsa_snapshot(struct nt_notary *n, struct vf_bytes certificate, struct vf_bytes crl, struct nt_tsa_snapshot **ret,
	struct vf_err *reterr);
/* The file 'receipts' of a trust directory: empty when the origin is too long for a receipt key's name. */
VF_RC nt_notary_receipt_pins(struct nt_notary *n, struct nt_buf *ret, struct vf_err *reterr);

/* ---- care ---- */

/*
 * Destroys statement, commitments, signature files, kept documents, index and
 * journal rows of the record, in the database, its journal files and on disk.
 * The entry, stream.json and its digests stay. Idempotent.
 */
VF_RC nt_notary_erase(struct nt_notary *n, const struct vf_hash *id, struct vf_err *reterr);

/* What fsck found; each finding has a code and a line of text. */
typedef void nt_finding(void *ctx, enum vf_rc rc, const char *text);
/*
 * Re-reads and re-hashes everything: rows, tiles, entries, checkpoints, seals,
 * tokens, streams, kept documents. *ret_faults counts findings.
 */
VF_RC nt_notary_fsck(
	struct nt_notary *n, nt_finding *finding, void *ctx, uint64_t *ret_faults, struct vf_err *reterr);
/*
 * log audit: every checkpoint consistent with the next, every seal head chained
 * and its tokens named, every stream gap-free and every slot unique and right.
 */
VF_RC nt_notary_audit(
	struct nt_notary *n, nt_finding *finding, void *ctx, uint64_t *ret_faults, struct vf_err *reterr);

/* A consistent copy of the whole notary in a new folder (keys included, mode 0700). */
VF_RC nt_notary_backup(struct nt_notary *n, const char *to, struct vf_err *reterr);
/*
 * Puts a backup into dir. When dir holds a notary, its last signed head must not
 * be newer than the backup's (STORE_ROLLED_BACK), nor of another history (EQUIVOCATION); known_head,
 * a signed checkpoint from elsewhere (may be empty), is compared as well. What was in dir
 * is then beside it, as dir.before-restore (EXISTS when that name is taken).
 */
VF_RC nt_notary_restore(const char *from, const char *dir, struct vf_bytes known_head, struct vf_err *reterr);

#endif
