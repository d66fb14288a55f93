/*
 * From the JSON of a submission (docs/formats/submission.md) to what a notary
 * accepts: every check that a service makes before it stores.
 *
 * Knows what outsiders may submit. Nothing is stored here: storing is notary.h's
 * question, who may submit the caller's. Reading needs no notary and runs in any
 * thread; nt_intake_place() and nt_intake_settle() run where the notary is used.
 */
#ifndef NOTARY_INTAKE_H
#define NOTARY_INTAKE_H

#include "notary/notary.h"

struct nt_details_served;
struct nt_sight;

/* What a service takes. Zero is the strictest: use NT_INTAKE_DEFAULT and change it. */
struct nt_intake_policy {
	size_t max_json;      /* octets of one document */
	size_t max_members;   /* without statement and signature files */
	bool outside_streams; /* records that are in no stream */
	bool keep;            /* documents whose content the notary keeps */
	bool general_only;    /* for tests: not even our own spelling is read without a JSON parser */
};

#define NT_INTAKE_MAX_JSON ((size_t)32 * 1024 * 1024)
#define NT_INTAKE_MAX_SIGNATURE ((size_t)64 * 1024)
#define NT_INTAKE_DEFAULT ((struct nt_intake_policy){.max_json = NT_INTAKE_MAX_JSON, .max_members = 10000, .keep = true})

/* Where in a document the fault is: a JSON pointer (RFC 6901) and a NUL. */
#define NT_FIELD_MAX 48

/* A reader with what it uses again: the XML parser and the signatures' caches. For one thread at a time. */
struct nt_intake;
VF_RC nt_intake_new(const struct nt_intake_policy *policy, struct nt_intake **ret, struct vf_err *reterr);
struct nt_intake *nt_intake_free(struct nt_intake *x);
void nt_intake_freep(struct nt_intake **x);

/* Who brings a document, and when. */
struct nt_intake_from {
	struct vf_bytes submitter;      /* the authenticated party; copied */
	const struct nt_notary *notary; /* only for the journal key, in any thread; NULL: no key */
	int64_t now_ms;                 /* at which a signer's certificate must be valid */
};

/* Octets of arena with which no document of n octets is refused for want of memory. */
size_t nt_intake_room(size_t n);

/*
 * Reads and checks all that the document alone can show. ret lives in the arena and
 * borrows nothing from json; a record of a stream still needs nt_intake_place().
 * Documents with keep must be given to nt_notary_keep() before the record is accepted.
 *
 * Refuses with field and: LIMIT, PERMISSION (policy), JSON_SHAPE, NAME_SHAPE,
 * DIGEST_MISMATCH, STATEMENT_SHAPE, STREAM_SHAPE, COMMITMENT_SHAPE, GROUP_MISMATCH,
 * UNKNOWN_KIND, PERSONAL_FIELD, LINK_SHAPE, DETAILS_SHAPE, ENTRY_MISMATCH, SLOT_MISMATCH,
 * SIGNATURE_MISSING, SIGNER_CERT_TIME and the codes of verify/manifest.h and
 * vf_cms_check_detached(). NO_MEMORY is no refusal. field is written on refusals only.
 */
VF_RC nt_intake_read(struct nt_intake *x, const struct nt_intake_from *from, struct vf_bytes json, struct vf_arena *a,
	struct nt_submission *ret, char field[NT_FIELD_MAX], struct vf_err *reterr);

/*
 * Gives a record that was read its place: it must be the next of the stream of its
 * submitter and study (nt_notary_stream()), in its slot. Sets the stream key, and
 * moves stream on, so that the next of one commit group can follow. Does nothing
 * outside streams. STREAM_CONFLICT, SLOT_MISMATCH.
 */
VF_RC nt_intake_place(
	struct nt_submission *s, struct nt_stream *stream, char field[NT_FIELD_MAX], struct vf_err *reterr);

/*
 * The same for a record that is there already: it keeps its place, and gets the stream's key, which only its own
 * submitter's stream has. SLOT_MISMATCH for anybody else.
 */
VF_RC nt_intake_again(
	struct nt_submission *s, const struct nt_stream *stream, char field[NT_FIELD_MAX], struct vf_err *reterr);

/*
 * All that is left before nt_notary_accept(): whether the same entry is there already
 * (ret_before; then stream is not moved), that linked records are there and fit
 * (UNKNOWN_RECORD, LINK_SHAPE, nt_link_check(); sight is of who submits, NULL when all may be seen), that details and links agree with other records as far as they
 * are seen here (details_served.h; served is of the commit group, NULL when there is none), that the
 * signer's key has no other name (SIGNER_NAME), and the place. ENTRY_CONFLICT, ERASED. After VF_OK
 * accept refuses nothing but what others bring in between.
 */
VF_RC nt_intake_settle(struct nt_notary *n, struct nt_details_served *served, const struct nt_sight *sight,
	struct nt_stream *stream, struct nt_submission *s, bool *ret_before, char field[NT_FIELD_MAX], struct vf_err *reterr);

#endif
