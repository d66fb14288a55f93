/*
 * What a client of a server remembers on its own disk (docs/formats/client-state.md).
 *
 * Knows the files and what is durable when. A finished submission is here before it is sent, so
 * that whoever runs next sends the same octets again. What is sent, and what an answer
 * means, is client_send.h's question. The folder may be lost: nothing at the notary hangs on it.
 */
#ifndef NOTARY_CLIENT_STATE_H
#define NOTARY_CLIENT_STATE_H

#include "notary/buf.h"
#include "notary/notary.h"

struct nt_client_state;

/*
 * Opens the part for one server and one token file, making it where it is missing (mode 0700). folder NULL:
 * $XDG_STATE_HOME/trialnotary or ~/.local/state/trialnotary. USAGE when there is no home; PERMISSION when
 * others may read or change it.
 */
VF_RC nt_state_open(const char *folder, const char *server, const char *token_file, struct nt_client_state **ret,
	struct vf_err *reterr);
struct nt_client_state *nt_state_free(struct nt_client_state *s);
void nt_state_freep(struct nt_client_state **s);

/* One process at a time sends: waits so many seconds for the others. STORE_BUSY. */
VF_RC nt_state_lock(struct nt_client_state *s, unsigned seconds, struct vf_err *reterr);
void nt_state_unlock(struct nt_client_state *s);

/* A finished submission. */
struct nt_state_item {
	struct vf_hash id, journal;
	struct vf_bytes json;
	const struct nt_document
		*documents; /* their digests and paths; without a path: kept with nt_state_keep() */
	size_t n_documents;
};

/* Stores all of them durably: they are pending then. */
VF_RC nt_state_put(struct nt_client_state *s, const struct nt_state_item *items, size_t n, struct vf_err *reterr);
struct nt_state_receipt {
	struct vf_hash id;
	struct vf_bytes text;
};

/* Stores the receipts durably, with one sync: their records are not pending any more. An earlier one stays. */
VF_RC nt_state_accepted(
	struct nt_client_state *s, const struct nt_state_receipt *receipts, size_t n, struct vf_err *reterr);
/* Removes a submission that nobody has accepted. Its documents' copies stay. */
VF_RC nt_state_drop(struct nt_client_state *s, const struct vf_hash *id, struct vf_err *reterr);
/* The pending ones, in no order; the caller frees *ret. */
VF_RC nt_state_pending(struct nt_client_state *s, struct vf_hash **ret, size_t *ret_n, struct vf_err *reterr);

/* Appends the octets of a submission. NO_INPUT when it is not there. */
VF_RC nt_state_submission(
	struct nt_client_state *s, const struct vf_hash *id, struct nt_buf *out, struct vf_err *reterr);
/* Appends the path of a record's document and a NUL; nothing when none is remembered. CLIENT_STATE. */
VF_RC nt_state_path(struct nt_client_state *s, const struct vf_hash *id, const struct vf_hash *sha256,
	struct nt_buf *out, struct vf_err *reterr);
/* Keeps a document that exists nowhere else. */
VF_RC nt_state_keep(
	struct nt_client_state *s, const struct vf_hash *sha256, struct vf_bytes text, struct vf_err *reterr);

/* Whether it is kept already; destroys what was kept for a record that was not made after all, and its secret. */
bool nt_state_is_kept(const struct nt_client_state *s, const struct vf_hash *sha256);
VF_RC nt_state_unkeep(struct nt_client_state *s, const struct vf_hash *sha256, struct vf_err *reterr);
/* Appends the path of a kept document and a NUL. */
VF_RC nt_state_kept(struct nt_client_state *s, const struct vf_hash *sha256, struct nt_buf *out, struct vf_err *reterr);

/*
 * How far the list of a study was searched for parameters of rules, and what was found: the text that
 * nt_state_put_rules() was given. Empty: nothing was.
 */
VF_RC nt_state_rules(struct nt_client_state *s, struct vf_bytes study, struct nt_buf *out, struct vf_err *reterr);
VF_RC nt_state_put_rules(struct nt_client_state *s, struct vf_bytes study, struct vf_bytes text, struct vf_err *reterr);

/* The folder that was opened, in which participants.db is (participants.h). */
const char *nt_state_home(const struct nt_client_state *s);
/* Its part for this server. */
const char *nt_state_part(const struct nt_client_state *s);
/*
 * Whether a participant's value was sent in a record of another study; and that it was in one of this study. The first
 * one stays.
 */
VF_RC nt_state_value(struct nt_client_state *s, const struct vf_hash *value, struct vf_bytes study, bool *ret_elsewhere,
	struct vf_err *reterr);
VF_RC nt_state_put_value(
	struct nt_client_state *s, const struct vf_hash *value, struct vf_bytes study, struct vf_err *reterr);
/* The secret of a rows member that was kept so. NO_INPUT when there is none. */
VF_RC nt_state_keep_secret(struct nt_client_state *s, const struct vf_hash *sha256, const struct vf_hash *secret,
	struct vf_err *reterr);
VF_RC nt_state_secret(
	struct nt_client_state *s, const struct vf_hash *sha256, struct vf_hash *ret, struct vf_err *reterr);

/* The record that is known by a journal key, sent or pending. */
VF_RC nt_state_journal(struct nt_client_state *s, const struct vf_hash *key, bool *ret_found,
	struct vf_hash *ret_id, struct vf_err *reterr);
/* Whether a submission of this folder made the record. */
bool nt_state_has(const struct nt_client_state *s, const struct vf_hash *id);
/* A record of this folder by the first hex digits of its ID. UNKNOWN_RECORD; USAGE when there are several. */
VF_RC nt_state_find(struct nt_client_state *s, const char *prefix, struct vf_hash *ret, struct vf_err *reterr);
/*
 * Compares the stream of a study with what was remembered, and remembers it. CLIENT_STATE when it is another
 * one: the token is another party's, or the notary has lost records.
 */
VF_RC nt_state_stream(
	struct nt_client_state *s, struct vf_bytes study, const struct nt_stream *stream, struct vf_err *reterr);

#endif
