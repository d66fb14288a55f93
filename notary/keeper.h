/*
 * The one thread of a running notary that touches its store: what others hand in
 * is accepted in groups, and sealed at regular times.
 *
 * Knows queues, grouping and when to seal. What a submission is worth is checked
 * by the prepare step of who offers it; how it travels is the caller's question.
 *
 * Fail-stop (invariant I9): after a fault of the store, of the disk, the clock or a key nothing is accepted or sealed
 * any more; every offer and call gets that fault, until the notary was closed and opened, and so recovered, again.
 */
#ifndef NOTARY_KEEPER_H
#define NOTARY_KEEPER_H

#include "notary/notary.h"

struct nt_keeper;

/* Submissions that are accepted together or not at all. The caller keeps it until done was called. */
struct nt_offer {
	const struct nt_submission *submissions;
	size_t n;
	enum nt_accepted *results; /* n of them */
	/*
	 * The last checks, those that need the store (where a stream stands), and what follows from them in the
	 * submissions. Called on the keeper's thread, perhaps twice; may be NULL. What it refuses is not accepted.
	 */
	VF_RC (*prepare)(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr);
	/* The end, exactly once, on the keeper's thread: VF_OK when all of it is durable. Must not wait for the keeper. */
	void (*done)(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err);
	void *ctx;
	struct nt_offer *next; /* the keeper's */
};

/* Anything else that needs the notary: reading a record, an export, an erasure. As above. */
struct nt_call {
	void (*run)(struct nt_call *c, struct nt_notary *n);
	/* In place of run when the keeper ends or has failed. */
	void (*refused)(struct nt_call *c, enum vf_rc rc, const struct vf_err *err);
	void *ctx;
	struct nt_call *next;
};

/* What the offers that became durable together were; called before their done, on the keeper's thread. */
typedef VF_RC nt_keeper_group(void *ctx, struct nt_offer *const *offers, size_t n, struct vf_err *reterr);

/* Called before the prepare functions of offers that shall become durable together: what they share begins anew. */
typedef void nt_keeper_begin(void *ctx);
/* Called after each seal, on the keeper's thread, which alone may use n. */
typedef void nt_keeper_sealed(void *ctx, struct nt_notary *n);
/*
 * In place of the embedded authority, when there is none: takes over the plan of a seal, gets its first token, and ends, now or
 * later, with nt_keeper_plan_end(). Until then no other seal is begun.
 */
typedef void nt_keeper_plan(void *ctx, struct nt_plan *p);

struct nt_keeper_options {
	uint64_t seal_ms;     /* seal when something waits and this long has passed since the last seal; 0: 1,000 */
	size_t max_waiting;   /* submissions in the queue: more are refused with STORE_BUSY; 0: 100,000 */
	size_t max_group;     /* submissions in one commit; 0: 10,000 */
	size_t sequence_at;   /* as many accepted records go into the log without waiting for the seal; 0: 1,024 */
	nt_keeper_begin *begin; /* may be NULL */
	nt_keeper_group *group; /* signs receipts; may be NULL. Its fault is one of the notary. */
	nt_keeper_sealed *sealed; /* may be NULL */
	nt_keeper_plan *plan;     /* may be NULL: then the notary asks, and all wait */
	void *ctx;
};

/* A count of what happened since the start. */
struct nt_keeper_counts {
	uint64_t accepted, accepted_before, refused; /* submissions; refused counts offers */
	uint64_t groups, seals, seal_faults, waiting, pending; /* waiting: in the queue; pending: accepted, not in the log */
	int64_t sealed_at;  /* VF_TIME_NONE before the first */
	int64_t unsealed_since; /* monotonic milliseconds: what is accepted since then has no seal; 0: all has one */
	enum vf_rc failed;  /* VF_OK as long as it works */
	char why[320];
};

/*
 * Starts the thread, which first seals what the last process left unsealed; from now on nobody else may use n, which the caller closes
 * after nt_keeper_free(). NO_MEMORY, IO.
 */
VF_RC nt_keeper_new(struct nt_notary *n, const struct nt_keeper_options *options, struct nt_keeper **ret,
	struct vf_err *reterr);
/* Accepts nothing new, ends what is in the queue, seals what waits once more, and joins the thread. Accepts NULL. */
struct nt_keeper *nt_keeper_free(struct nt_keeper *k);

/*
 * Hands something in and returns at once. STORE_BUSY when too much waits (try again: nothing is lost), or the fault
 * that stopped the keeper; then neither done nor refused is called.
 */
VF_RC nt_keeper_offer(struct nt_keeper *k, struct nt_offer *o, struct vf_err *reterr);
VF_RC nt_keeper_call(struct nt_keeper *k, struct nt_call *c, struct vf_err *reterr);
/* What became of the plan, on the keeper's thread. After a failure the next seal is begun again_ms later. */
void nt_keeper_plan_end(struct nt_keeper *k, enum vf_rc rc, const struct nt_sealed *sealed, const struct vf_err *err,
	uint64_t again_ms);
/* Seals as soon as the queue allows. */
void nt_keeper_seal_soon(struct nt_keeper *k);
void nt_keeper_get_counts(struct nt_keeper *k, struct nt_keeper_counts *ret);

#endif
