/*
 * Asks one time-stamping authority outside for tokens, one after the other, in a thread of its own.
 *
 * Knows queue, back-off and verification of what comes: nothing is handed on that the verifier's code does not accept
 * for the roots of this authority. Which seals want a token is the sealer's question.
 */
#ifndef NOTARY_STAMPER_H
#define NOTARY_STAMPER_H

#include "notary/authorities.h"
#include "notary/fetch.h"

struct nt_stamper;
struct nt_clock_watch;

/* One token that is wanted. The caller keeps it until done was called. */
struct nt_stamp {
	uint64_t seal;
	struct vf_digest imprint;
	/* The end, exactly once, on the stamper's thread. Must not wait for the stamper. */
	void (*done)(struct nt_stamp *s, enum vf_rc rc, const struct vf_err *err);
	void *ctx;
	/* The result; the buffers are the caller's, made with nt_buf(), empty before. */
	struct nt_buf request, response; /* as sent and received */
	struct vf_bytes token;           /* in response */
	struct vf_hash id;               /* vf_tst_id() */
	int64_t gen_time;
	int64_t accuracy_ms;             /* as the token says; at least 1000 when absent or gen_time is whole seconds */
	int64_t sent_ms, received_ms;    /* set on failure too, when there was an exchange */
	bool unasked; /* it failed without an exchange: the authority is left alone for now, or the stamper ends */
	struct nt_stamp *next; /* the stamper's */
};

/* Whether all that the configuration names for it can be read now: CONFIG_SHAPE, NO_INPUT, PERMISSION. Asks nobody. */
VF_RC nt_stamper_check(const struct nt_authority *a, int folder, struct vf_err *reterr);

/*
 * Asks once, in the calling thread: a fresh nonce of 64 bits, certReq, the policy. The reply must be granted, of this
 * nonce, imprint, policy, by a certificate that leads to the authority's roots and was valid, its time within
 * max_offset_ms of the exchange. FETCH_FAILED, TS_STATUS, TS_NONCE, TS_IMPRINT, TS_POLICY, UNKNOWN_ROOT and what else
 * verify/tst.h refuses; CLOCK_DOUBT when the token is good but its time is not that of this machine (everything in s is
 * set then); CONFIG_SHAPE, NO_INPUT and PERMISSION for files that the configuration names. *ret_retry_after_ms is the
 * patience that the authority asked for, on failure too; 0: none.
 */
VF_RC nt_stamp_once(const struct nt_authority *a, int folder, struct nt_stamp *s, int64_t *ret_retry_after_ms,
	struct vf_err *reterr);

/*
 * Starts the thread; reads the roots and other files from the notary's folder. watch gets the time of every token that
 * is verified, also of one that is refused for its time alone: it is the watch that says who is wrong. It may be NULL.
 */
VF_RC nt_stamper_new(const struct nt_authority *a, int folder, struct nt_clock_watch *watch, struct nt_stamper **ret,
	struct vf_err *reterr);
/* Begins the end and returns at once, so that several end together. Accepts NULL. */
void nt_stamper_stop(struct nt_stamper *s);
/* Ends what it does within a second: what is in the queue ends with FETCH_FAILED. Accepts NULL. */
struct nt_stamper *nt_stamper_free(struct nt_stamper *s);

/*
 * Hands a wish in and returns at once. After a failure the stamp in hand ends with its fault, and what waits, or is
 * handed in before the back-off is over, comes back unasked with FETCH_FAILED, so that it can go to somebody else. The
 * back-off is 1 s, doubled with each failure up to 5 minutes, or longer when the authority says so, up to an hour.
 */
void nt_stamper_ask(struct nt_stamper *s, struct nt_stamp *stamp);

struct nt_stamper_state {
	bool works;             /* false between a failure and the next good answer */
	int64_t retry_in_ms;    /* of back-off: nothing is asked before; 0: now */
	uint64_t asked, good, failed, waiting; /* exchanges begun; their ends; stamps in the queue */
	int64_t good_at;        /* system clock of the last good answer; VF_TIME_NONE */
	int64_t last_ms;        /* how long the last exchange took */
	enum vf_rc rc;          /* of the last failure; VF_OK: there was none since the last good answer */
	char why[320];
};
void nt_stamper_get_state(struct nt_stamper *s, struct nt_stamper_state *ret);
const struct nt_authority *nt_stamper_authority(const struct nt_stamper *s);

#endif
