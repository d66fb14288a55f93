/*
 * What the parts of sending share.
 *
 * Internal to client_send.c, client_enforce.c, client_lines.c and client_again.c.
 */
#ifndef NOTARY_CLIENT_SEND_INSIDE_H
#define NOTARY_CLIENT_SEND_INSIDE_H

#include "notary/case_client.h"
#include "notary/client_send.h"
#include "notary/enforce.h"

#define NT_SEND_MAX_TRIES 16

/* A submission on its way, and what became of it: accepted means that its receipt is stored. */
struct nt_line {
	struct vf_hash id;
	struct vf_bytes json;
	bool is_later; /* links to one before it, so a request with that one must have been answered */
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
	struct nt_send_rules {
		struct nt_enforce_at at;
		struct nt_submit s; /* with someone who is told */
		struct nt_enforced *enforced; /* NULL: nothing is */
		struct nt_shown *shown; /* NULL: not asked for since the last records were sent */
		struct vf_hash *kept; /* in the state folder since the last judgement: goes with a refusal */
		size_t n_kept, room_kept;
		/* The record of findings: where it goes (NULL: ask), and its submission. */
		const struct nt_submission *after;
		struct nt_line *line;
		struct nt_buf json;
		bool has_followed; /* it has the place of the next record of the call */
	} rules;
};

/* Where the maker of records gets streams and leaves records, in this call. */
struct nt_submit_to nt_send_target(struct nt_sending *u);
/* Writes submissions into all, sets lines, and stores them unless they are only prepared. */
VF_RC nt_send_put(struct nt_sending *u, const struct nt_submission *submissions, struct nt_line *lines, size_t n, struct nt_buf *all,
	struct vf_err *reterr);

/* ---- rules that the study enforces (client_enforce.c) ---- */

/* Parameters that these records lay down themselves are checked; *ret: they do, and are not judged. As nt_enforce_check(). */
VF_RC nt_send_rules_check(struct nt_sending *u, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	bool *ret, struct vf_err *reterr);
/* Finds out what is enforced. Not being able to is told, and nothing is enforced. */
VF_RC nt_send_rules_begin(struct nt_sending *u, const struct nt_submit *s, struct vf_err *reterr);
void nt_send_rules_done(struct nt_sending *u);
/* A document that was put into the state folder for a record that is not judged yet. */
VF_RC nt_send_rules_kept(struct nt_sending *u, const struct vf_hash *sha256, struct vf_err *reterr);
/* RULE_BROKEN; whenever it fails, what was kept goes. */
VF_RC nt_send_rules_judge(struct nt_sending *u, const struct nt_submission *submissions, size_t count, struct vf_err *reterr);
/* Makes the record of findings behind the last of the records, which are pending. *ret_n is 1 when there is one. */
VF_RC nt_send_rules_attach(
	struct nt_sending *u, const struct nt_submission *last, struct nt_line *line, size_t *ret_n, struct vf_err *reterr);
/*
 * After the records of lines, and that of the findings (NULL: none), were sent: tells. When only the first of them were
 * accepted, or the findings have lost their place, those are judged alone, and what is found is sent.
 */
VF_RC nt_send_rules_end(struct nt_sending *u, const struct nt_submission *submissions, const struct nt_line *lines, size_t count,
	const struct nt_line *findings, struct vf_err *reterr);

/* Remembers that a record is new in this call. */
VF_RC nt_send_note_fresh(struct nt_sending *u, const struct vf_hash *id, struct vf_err *reterr);
/* As nt_send_pending(), under the lock. of is the call in which they are new; NULL: they are of before. */
VF_RC nt_send_waiting(const struct nt_send *x, struct nt_sending *of, struct vf_err *reterr);
/* The pause after a lost race: somebody else is faster, so leave him the way for a moment. */
void nt_send_give_way(unsigned tries);

#endif
