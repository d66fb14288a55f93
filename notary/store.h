/*
 * The database of one notary: records, streams, indexes, checkpoints, seals.
 *
 * Knows rows and their transactions, and what may stand beside what (duplicates,
 * streams, erased records). The order of commits between this store, the signed
 * head and the tiles is notary.c's question. Records are numbered in order of
 * acceptance from 0 without gaps, and the log takes them in this order: a
 * record's number is its index in the log.
 *
 * One connection, exclusive locking: a second opener gets STORE_BUSY.
 */
#ifndef NOTARY_STORE_H
#define NOTARY_STORE_H

#include "notary/findings.h"

struct nt_store;

/* What the store says as it was found; whether it can be true is log.h's and the head lock's question. */
struct nt_store_state {
	uint64_t records; /* accepted */
	uint64_t size;    /* of them in the log */
	struct vf_hash root;
	uint64_t seals;      /* number of the last seal */
	uint64_t sealed;     /* entries under seals */
	uint64_t renewals;   /* number of the last one (store_renewal.h) */
	int64_t accepted_ms; /* newest time of acceptance */
};

VF_RC nt_store_create(const char *path, const char *origin, const struct vf_hash *secret,
	const struct vf_hash *empty_root, struct vf_bytes note, struct vf_err *reterr);
/* STORE_BUSY, STORE_CORRUPT, STORE_VERSION, NO_INPUT when there is none. */
VF_RC nt_store_open(const char *path, struct nt_store **ret, struct vf_err *reterr);
struct nt_store *nt_store_free(struct nt_store *s);
void nt_store_freep(struct nt_store **s);

const struct nt_store_state *nt_store_state(const struct nt_store *s);
const struct vf_hash *nt_store_secret(const struct nt_store *s);
const char *nt_store_origin(const struct nt_store *s);

/* ---- accept (store_sqlite_accept.c) ---- */

VF_RC nt_store_stream(struct nt_store *s, struct vf_bytes submitter, struct vf_bytes study,
	struct nt_stream *ret, struct vf_err *reterr);
/* See nt_notary_stream_next(). */
VF_RC nt_store_stream_next(struct nt_store *s, struct vf_bytes study, uint64_t after, struct nt_stream_named *ret,
	bool *ret_found, struct vf_err *reterr);
VF_RC nt_store_journal(struct nt_store *s, const struct vf_hash *key, bool *ret_found, struct vf_hash *ret_id,
	struct vf_err *reterr);
/* All or nothing, durable on VF_OK. See nt_notary_accept(). */
VF_RC nt_store_accept(struct nt_store *s, const struct nt_submission *submissions, size_t count,
	int64_t now_ms, enum nt_accepted *ret, struct vf_err *reterr);

/* ---- reading (store_sqlite_read.c) ---- */

VF_RC nt_store_get(
	struct nt_store *s, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr);
/* By number; the caller frees. */
VF_RC nt_store_at(struct nt_store *s, uint64_t index, struct nt_record **ret, struct vf_err *reterr);
VF_RC nt_store_find(struct nt_store *s, const char *prefix, struct vf_hash *ret, struct vf_err *reterr);
VF_RC nt_store_find_digest(
	struct nt_store *s, const struct vf_hash *sha256, nt_each_id *each, void *ctx, struct vf_err *reterr);
VF_RC nt_store_page(struct nt_store *s, struct vf_bytes study, uint64_t first, size_t max, struct nt_listed *ret,
	size_t *ret_n, struct vf_err *reterr);
VF_RC nt_store_page_digest(struct nt_store *s, const struct vf_hash *sha256, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr);
/* Those with a link of this type to this record. */
VF_RC nt_store_page_linked(struct nt_store *s, const struct nt_link *link, uint64_t first, size_t max,
	struct nt_listed *ret, size_t *ret_n, struct vf_err *reterr);
VF_RC nt_store_each(
	struct nt_store *s, struct vf_bytes study, nt_each_id *each, void *ctx, struct vf_err *reterr);

/* ---- log and seals (store_sqlite_seal.c) ---- */

/* What the log needs of a record. */
struct nt_store_entry {
	struct vf_hash id;
	struct vf_hash512 id512;
	struct vf_hash slot;
};
typedef VF_RC nt_each_entry(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr);
VF_RC nt_store_entries(struct nt_store *s, uint64_t first, uint64_t count, nt_each_entry *each, void *ctx,
	struct vf_err *reterr);

/* One small transaction: the log now has size entries under this root and note. */
VF_RC nt_store_sequence(struct nt_store *s, uint64_t size, const struct vf_hash *root, struct vf_bytes note,
	struct vf_err *reterr);
/* The checkpoint of exactly size entries; UNKNOWN_RECORD when none was made at that size. */
VF_RC nt_store_checkpoint(struct nt_store *s, uint64_t size, struct nt_buf *note, struct vf_hash *ret_root,
	struct vf_err *reterr);
typedef VF_RC nt_each_checkpoint(
	void *ctx, uint64_t size, const struct vf_hash *root, struct vf_bytes note, struct vf_err *reterr);
VF_RC nt_store_checkpoints(struct nt_store *s, nt_each_checkpoint *each, void *ctx, struct vf_err *reterr);

/* Tokens that no seal head has named yet, ascending by (seal, id): what the next head names. */
struct nt_token_name {
	uint64_t seal;
	struct vf_hash id;
};
VF_RC nt_store_unnamed(
	struct nt_store *s, struct nt_token_name *ret, size_t room, size_t *ret_n, struct vf_err *reterr);
/* How a token came; both ranges are empty for the embedded authority's. */
struct nt_exchange {
	struct vf_bytes request, head; /* the response's octets before the token */
	int64_t sent_ms, received_ms;
};

/* One transaction: the seal with its first token; the tokens in names are now named by it. */
VF_RC nt_store_seal(struct nt_store *s, const struct nt_seal *seal, const struct nt_exchange *exchange,
	const struct nt_token_name *names, size_t n_names, struct vf_err *reterr);
/*
 * One more token of a seal. EXISTS when the authority has one there already; LIMIT when the seal has as many as
 * a bundle holds.
 */
VF_RC nt_store_token(struct nt_store *s, uint64_t seal, const struct nt_token *token, const struct nt_exchange *exchange,
	struct vf_err *reterr);
/* Appends the authority's latest token, if one of the last 100,000 is its. */
VF_RC nt_store_last_token(struct nt_store *s, struct vf_bytes authority, struct nt_buf *der, bool *ret_found,
	struct vf_err *reterr);
/* Seals in (after, last] with fewer than so many tokens from outside, ascending; ret has last - after places. */
VF_RC nt_store_lacking(struct nt_store *s, uint64_t after, uint64_t last, uint64_t wanted, uint64_t *ret, size_t *ret_n,
	struct vf_err *reterr);
VF_RC nt_store_seal_get(struct nt_store *s, uint64_t number, struct nt_seal **ret, struct vf_err *reterr);

/* ---- indexes (store_sqlite_index.c) ---- */

/*
 * The indexes of new records are in memory at first, and go into the database in merges when they are many. Does one
 * slice of a merge, a small transaction, when one runs or is due; *ret_more says whether there is more to do at
 * once. Who accepts much calls it now and then, or a call of nt_store_accept() does a whole merge.
 */
VF_RC nt_store_index(struct nt_store *s, bool *ret_more, struct vf_err *reterr);
/* Before a clean end: merges what would make the next opening slow. Nothing when no record came since the opening. */
VF_RC nt_store_settle(struct nt_store *s, struct vf_err *reterr);

/* ---- care (store_sqlite_care.c) ---- */

/*
 * Overwrites the record's row with what may stay and rebuilds the indexes that held parts of
 * it. What was overwritten is then in no file of the database. Calls destroy for each of its
 * kept documents that no other record keeps. Fine when it was erased before.
 */
typedef VF_RC nt_each_kept(void *ctx, const struct vf_hash *sha256, struct vf_err *reterr);
VF_RC nt_store_erase(struct nt_store *s, const struct vf_hash *id, nt_each_kept *destroy, void *ctx,
	struct vf_err *reterr);
/* Does a record keep this content? */
VF_RC nt_store_is_kept(struct nt_store *s, const struct vf_hash *sha256, bool *ret, struct vf_err *reterr);
/* Every kept document that a record names, once for each record. */
VF_RC nt_store_each_kept(struct nt_store *s, nt_each_kept *each, void *ctx, struct vf_err *reterr);
/*
 * Before they are signed: each record below size that waits and was there at the opening gives its
 * ID and stands in its slot. STORE_CORRUPT. Rows that this process wrote are not read again.
 */
VF_RC nt_store_check_waiting(struct nt_store *s, uint64_t size, struct vf_err *reterr);
/* SQLite's integrity check, every record against its hashes, every index against the records. */
VF_RC nt_store_check(struct nt_store *s, struct nt_findings *f, struct vf_err *reterr);
/* Every stream: no gap, each record after the one before, each slot that of its number. */
VF_RC nt_store_check_streams(struct nt_store *s, struct nt_findings *f, struct vf_err *reterr);
/* A consistent copy into a new file, synced. */
VF_RC nt_store_backup(struct nt_store *s, const char *path, struct vf_err *reterr);

#endif
