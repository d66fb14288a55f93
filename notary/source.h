/*
 * Where records and what belongs to them come from: a notary in a folder, or a server and the client's own state folder.
 *
 * Knows whom to ask for a record, its details, its receipt and its seal's time. What is made of them (a page, an
 * export, an answer about a consent) is the question of who asks.
 */
#ifndef NOTARY_SOURCE_H
#define NOTARY_SOURCE_H

#include "notary/client_send.h"
#include "notary/notary.h"

struct nt_consent_index;

struct nt_source {
	void *ctx;
	/* A record with its texts and links; the caller frees it. UNKNOWN_RECORD; an erased one says so in its state. */
	VF_RC (*record)(void *ctx, const struct vf_hash *id, struct nt_record **ret, struct vf_err *reterr);
	/*
	 * The text of its details.json in the arena, empty when it has none. DOCUMENT_MISSING, DOCUMENT_CHANGED when
	 * nobody here has it.
	 */
	VF_RC (*details)(void *ctx, const struct nt_record *r, struct vf_arena *a, struct vf_bytes *ret,
		struct vf_err *reterr);
	/* When a seal was stamped first. */
	VF_RC (*sealed)(void *ctx, uint64_t seal, int64_t *ret_ms, struct vf_err *reterr);
	/* Appends a receipt for the record. */
	VF_RC (*receipt)(void *ctx, const struct nt_record *r, struct nt_buf *out, struct vf_err *reterr);
	/* What the records of a study say about consents, brought up to date; free with nt_consent_index_free(). */
	VF_RC (*consents)(
		void *ctx, struct vf_bytes study, struct nt_consent_index **ret, struct vf_err *reterr);
};

/* ---- a notary in a folder ---- */

struct nt_source_local {
	struct nt_notary *n;
	const char *const *from; /* files or folders in which details.json may be as well */
	size_t n_from;
};
/* l must live as long. */
struct nt_source nt_source_local(struct nt_source_local *l);

/* ---- a server (source_remote.c) ---- */

/*
 * x must live as long. Details of plain records are the server's, those of personal ones lie in the state folder of
 * whoever sent them; what the credential may not read is not there.
 */
struct nt_source nt_source_remote(const struct nt_send *x);
/* The index of consents() lies in the state folder, and holds what participants said: destroys it when it was freed. */
VF_RC nt_source_remote_forget(const struct nt_send *x, struct vf_err *reterr);

#endif
