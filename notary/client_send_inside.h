/*
 * What the parts of sending share.
 *
 * Internal to client_send.c, client_lines.c and client_again.c.
 */
#ifndef NOTARY_CLIENT_SEND_INSIDE_H
#define NOTARY_CLIENT_SEND_INSIDE_H

#include "notary/client_send.h"

#define NT_SEND_MAX_TRIES 16

/* A submission on its way, and what became of it: accepted means that its receipt is stored. */
struct nt_line {
	struct vf_hash id;
	struct vf_bytes json;
	enum { LINE_OPEN, LINE_ACCEPTED, LINE_REFUSED, LINE_CONFLICT } state;
	struct vf_err refusal;
};

/*
 * Whether a refusal is about the record, so that the same octets will never be taken. Not so when it is about the
 * connection, the credential or the server's own state.
 */
bool nt_refusal_is_final(enum vf_rc rc);
/* Sends all of them in portions; stops at a failure of a request, which leaves the rest open. */
VF_RC nt_lines_send(const struct nt_send *x, struct nt_line *lines, size_t n, struct vf_err *reterr);

/* One call while it runs. */
struct nt_sending {
	const struct nt_send *x;
	struct nt_buf *prepared;        /* not NULL: nothing is stored or sent */
	const struct vf_hash *replaced; /* made again: the journal may know it */
	struct vf_hash *fresh;          /* accepted as new in this call */
	size_t n_fresh, room_fresh;
	bool has_value; /* the records of this call are about one participant: */
	struct vf_hash value;
	struct vf_bytes study;
};

/* Where the maker of records gets streams and leaves records, in this call. */
struct nt_submit_to nt_send_target(struct nt_sending *u);
/* Remembers that a record is new in this call. */
VF_RC nt_send_note_fresh(struct nt_sending *u, const struct vf_hash *id, struct vf_err *reterr);
/* As nt_send_pending(), under the lock. of is the call in which they are new; NULL: they are of before. */
VF_RC nt_send_waiting(const struct nt_send *x, struct nt_sending *of, struct vf_err *reterr);
/* The pause after a lost race: somebody else is faster, so leave him the way for a moment. */
void nt_send_give_way(unsigned tries);

#endif
