/*
 * Renewals of evidence in the store: which chains of time-stamps there are, when each ends, and what renewed them
 * (docs/decisions/0021-renewal.md).
 *
 * Keeps rows and their transactions. What a leaf is and whether a token may be used is renewal.h's question.
 *
 * A chain is named by a number: above 0 that of the token of a seal that begins it, below 0 minus the number of the
 * hash-tree renewal that does.
 */
#ifndef NOTARY_STORE_RENEWAL_H
#define NOTARY_STORE_RENEWAL_H

#include "notary/store.h"

/* Time-stamps of one chain, and of all chains one after another of a record. */
#define NT_MAX_RENEWALS 200
/* Octets of the leaves in one row. */
#define NT_LEAVES_PART ((size_t)1 << 20)

/* Values are in the database. */
enum nt_renewal_kind { NT_RENEWAL_STAMP = 1, NT_RENEWAL_TREE = 2 };

/* One time-stamp of a chain: the token of a seal, or a renewal. Free with nt_chain_stamps_done(). */
struct nt_chain_stamp {
	uint64_t renewal; /* 0: the token of a seal */
	enum nt_renewal_kind kind;
	enum vf_alg alg; /* of its tree; of a seal's token VF_ALG_NONE: the token says it */
	int64_t gen_time;
	struct vf_bytes authority, der; /* as it came */
	bool frozen;                    /* something hashes it: it leaves with exactly these CRLs */
	struct vf_bytes crls;           /* their numbers in the store, 8 octets each */
};

struct nt_chain_stamps {
	struct nt_chain_stamp of[NT_MAX_RENEWALS + 1];
	size_t n;
	struct nt_buf memory;
	size_t places[NT_MAX_RENEWALS + 1][3][2];
};
void nt_chain_stamps_init(struct nt_chain_stamps *c);
void nt_chain_stamps_done(struct nt_chain_stamps *c);

/*
 * The stamps of one chain, oldest first, without those that were set aside. With all: go on from a hash-tree renewal with its chain. UNKNOWN_RECORD,
 * STORE_CORRUPT.
 */
VF_RC nt_store_chain_stamps(struct nt_store *s, int64_t chain, bool all, struct nt_chain_stamps *ret,
	struct vf_err *reterr);

/* ---- when chains end ---- */

/*
 * A chain as it is known. until: what renew_before of a report says of its last token; VF_TIME_NONE: it could not be
 * judged.
 */
struct nt_chain {
	int64_t number;
	uint64_t seal; /* of the token; 0 for a chain below 0 */
	enum vf_alg alg;
	struct vf_bytes authority; /* of what begins it */
	int64_t until;
};
/* A chain that was closed by a hash-tree renewal ends no more. */
#define NT_CHAIN_CLOSED INT64_MAX

typedef VF_RC nt_each_stamp(void *ctx, uint64_t token, uint64_t seal, const struct nt_token *t, struct vf_err *reterr);
/* At most max tokens of seals of which no chain is known yet, ascending from the lowest. *ret_n is how many. */
VF_RC nt_store_chains_new(struct nt_store *s, size_t max, nt_each_stamp *each, void *ctx, size_t *ret_n,
	struct vf_err *reterr);
/* Puts chains, or gives those that are there another end: one transaction. */
VF_RC nt_store_chains_put(struct nt_store *s, const struct nt_chain *list, size_t n, struct vf_err *reterr);

/* Chains of one algorithm and first authority that end by a time. */
struct nt_chain_group {
	enum vf_alg alg;
	char authority[65];
	uint64_t chains;
	int64_t first, last; /* the first and the last of the ends */
};
/* Groups of chains that end in (after, by], the one that ends first being first; at most room. */
VF_RC nt_store_chain_groups(struct nt_store *s, int64_t after, int64_t by, struct nt_chain_group *ret, size_t room,
	size_t *ret_n, struct vf_err *reterr);
/* How many chains end in (after, by]; those that could not be judged. */
VF_RC nt_store_chain_count(struct nt_store *s, int64_t after, int64_t by, uint64_t *ret, struct vf_err *reterr);
VF_RC nt_store_chain_unjudged(struct nt_store *s, uint64_t *ret, struct vf_err *reterr);
/*
 * Chains of a group that end in (after, by] and that no renewal after number since covers, those that end first being
 * first, at most room; from: only those behind this one in this order (NULL: all). authority of ret is empty.
 */
VF_RC nt_store_chain_list(struct nt_store *s, const struct nt_chain_group *g, int64_t after, int64_t by, uint64_t since,
	const struct nt_chain *from, struct nt_chain *ret, size_t room, size_t *ret_n, struct vf_err *reterr);
/* The seal of the token that begins the chain; 0 for one below 0. UNKNOWN_RECORD. */
VF_RC nt_store_chain_seal(struct nt_store *s, int64_t chain, uint64_t *ret, struct vf_err *reterr);
/* Chains that could not be judged, ascending by number from one on. */
VF_RC nt_store_chain_list_unjudged(struct nt_store *s, int64_t from, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr);

/* ---- renewals ---- */

struct nt_renewal {
	uint64_t number; /* 0 for nt_store_renewal_put(): the next */
	enum nt_renewal_kind kind;
	enum vf_alg alg;
	struct nt_token token;
	int64_t until;         /* of its token */
	struct vf_bytes text;  /* the renewal head of a hash-tree renewal */
	uint64_t chains;       /* that it covers */
	struct vf_bytes leaves; /* digests of alg; for put only */
};

/* What becomes frozen by a renewal: a seal's token, or an earlier renewal's; crls as in nt_chain_stamp. */
struct nt_frozen {
	int64_t chain;    /* the token that begins it, or 0 */
	uint64_t renewal; /* the renewal, or 0 */
	struct vf_bytes crls;
};

/*
 * One transaction: the renewal with its leaves; it covers these chains, which end with it from now on (or are closed,
 * when it is a hash-tree renewal, which begins a chain of its own); what it hashes is frozen, unless it was before.
 * *ret is its number.
 */
VF_RC nt_store_renewal_put(struct nt_store *s, const struct nt_renewal *r, const struct nt_exchange *exchange,
	const int64_t *chains, size_t n_chains, const struct nt_frozen *frozen, size_t n_frozen, uint64_t *ret,
	struct vf_err *reterr);
/* Ranges of ret point into memory, which is emptied first. UNKNOWN_RECORD. */
VF_RC nt_store_renewal_get(struct nt_store *s, uint64_t number, struct nt_buf *memory, struct nt_renewal *ret,
	struct vf_err *reterr);
/* Appends the leaves. */
VF_RC nt_store_renewal_leaves(struct nt_store *s, uint64_t number, struct nt_buf *ret, struct vf_err *reterr);
/* The chains that a renewal covers, also those in which it was set aside, ascending; the caller frees. */
VF_RC nt_store_renewal_chains(struct nt_store *s, uint64_t number, int64_t **ret, size_t *ret_n, struct vf_err *reterr);

/* ---- renewals that count no more ---- */

/*
 * Where a renewal is revoked, it counts no more in a chain, nor do those after it, which hash it: they are set aside,
 * and the chain ends with what was before. Set aside is for good, as the next renewal does not hash it.
 */

/* Renewals after number from that count in a chain still, ascending, at most room. */
VF_RC nt_store_renewals_in_force(struct nt_store *s, uint64_t from, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr);
/* Chains in which this renewal counts: how many, and the first of them, ascending, at most room. */
VF_RC nt_store_renewal_rests_count(struct nt_store *s, uint64_t number, uint64_t *ret, struct vf_err *reterr);
VF_RC nt_store_renewal_rests(struct nt_store *s, uint64_t number, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr);
/*
 * One transaction: sets it aside in these chains, which end as they say (VF_TIME_NONE: that cannot be judged). The chain
 * that a hash-tree renewal began is closed.
 */
VF_RC nt_store_renewal_set_aside(struct nt_store *s, uint64_t number, const struct nt_chain *chains, size_t n,
	struct vf_err *reterr);
/* Renewals above from for whose sake something was set aside, ascending, at most room. */
VF_RC nt_store_renewals_aside(struct nt_store *s, uint64_t from, int64_t *ret, size_t room, size_t *ret_n,
	struct vf_err *reterr);

#endif
