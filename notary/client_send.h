/*
 * Submitting to a server: made here, stored here, sent, and then answered for by a receipt.
 *
 * Knows the order of steps: a submission is durable in the state folder before it is sent; it stays pending until
 * its receipt is stored; whoever sends next to the same server sends what is pending first. So a record is at the
 * notary exactly once, whatever breaks.
 */
#ifndef NOTARY_CLIENT_SEND_H
#define NOTARY_CLIENT_SEND_H

#include "notary/client.h"
#include "notary/client_state.h"
#include "notary/submit.h"

struct nt_send {
	struct nt_client *client;
	struct nt_client_state *state;
	/* A line about something that is put right, or given up, on the way; may be NULL. */
	void (*note)(void *ctx, const char *line);
	void *note_ctx;
	/* For rules that the study enforces: files or folders in which documents of earlier records are; and the time now. */
	const char *const *from;
	size_t n_from;
	int64_t (*now)(void); /* NULL: the year 1970 */
};

/* Waits so long for another process that sends to the same server. */
#define NT_SEND_PATIENCE 60

/*
 * Sends what is pending. What the notary refuses for good is removed, with a note; what lost its place in
 * its stream is made again (STREAM_CONFLICT in a note for one that was signed: only its signer can). Fails only
 * when it is still pending: all codes of nt_client_call(), CLIENT_STATE, STORE_BUSY.
 */
VF_RC nt_send_pending(const struct nt_send *x, struct vf_err *reterr);

/*
 * As nt_submit_records(), for a server: what is pending first. A refusal ends it; the records of the same portion
 * that the notary has taken before are found by the same call later. Submitter is left empty, keep is not possible
 * (USAGE). Rules that the study enforces are asked before anything is sent, over what the server shows and this client has
 * (case_client.h): RULE_BROKEN, and nothing of the portion stays in the state folder. Findings to be attached are pending
 * together with their records, before these are sent. They are told with note where s->enforced is NULL.
 */
VF_RC nt_send_records(const struct nt_send *x, const struct nt_submit *s, const struct nt_submit_record *records,
	size_t count, nt_submitted *done, void *done_ctx, struct vf_err *reterr);

/* Makes the records, writes their submissions into out, one a line, and neither stores nor sends them. */
VF_RC nt_send_prepare(const struct nt_send *x, const struct nt_submit *s, const struct nt_submit_record *records,
	size_t count, struct nt_buf *out, nt_submitted *done, void *done_ctx, struct vf_err *reterr);

#endif
