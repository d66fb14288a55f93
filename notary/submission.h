/*
 * One record made from hashed documents: commitments, stream member, statement,
 * signature, group.
 *
 * Knows the steps and their order, so that submit.c can spread them over threads:
 * records of one stream hang on each other by the ID of the one before, which
 * only nt_making_chain() computes. Checking what is submitted is submit.c's question.
 */
#ifndef NOTARY_SUBMISSION_H
#define NOTARY_SUBMISSION_H

#include "notary/random.h"
#include "notary/sight.h"
#include "notary/submit.h"

/* What the records of one call share. */
struct nt_maker {
	const struct nt_submit *s;
	const struct tr_link *links;    /* in order */
	const struct nt_link *nt_links; /* the same */
	size_t n_links;
	struct nt_submit_file details;  /* a further document; name.n == 0: none */
	bool keeps_details;             /* the notary has its content */
	struct vf_bytes details_text;   /* travels with the record where that is not hidden; empty: it does not */
	struct nt_stream stream;        /* where the next record goes */
	struct nt_random random;
	struct vf_arena arena;
};

/* A record while it is made; everything lies in the maker's arena. */
struct nt_making {
	const struct nt_submit_record *record;
	const struct nt_submit_file **docs; /* ascending by name, details among them */
	size_t n_docs;
	struct vf_member *listed;
	size_t n_listed;
	struct nt_member *members;
	size_t n_members;
	size_t statement; /* its place in members */
	struct nt_document *documents;
	struct vf_stream_member place;
	struct nt_stream stream; /* after this record */
	struct vf_hash key, id;
	bool has_found;           /* the statement says what was found in documents: */
	struct vf_hash plain_key; /* of the record without that */
};

/*
 * What makes two submissions the same one: everything that the submitter says, and
 * the documents by name and digests. Nonces and places do not count. Version, date and title
 * are empty in a personal kind: there the document details.json says them.
 */
struct nt_same {
	struct vf_bytes submitter, study, kind, version, date, title;
	const struct vf_hash *signer; /* NULL: unsigned */
	struct vf_bytes meaning, printed_name; /* as in the signature; empty: not stated there */
	enum nt_hidden { NT_HIDDEN_NONE, NT_HIDDEN_ALL, NT_HIDDEN_SOME } hidden; /* documents behind commitments */
	const struct nt_link *links;
	size_t n_links;
};

/* Writes the text of which the journal key is made; then all documents, ascending by name. */
void nt_same_begin(struct nt_buf *out, const struct nt_same *s);
void nt_same_document(struct nt_buf *out, const struct nt_same *s, struct vf_bytes name, const struct vf_pair *digests,
	bool is_hidden);

/*
 * Whether the record that a link names is there and may be linked from a record of this submitter, study and kind:
 * UNKNOWN_RECORD, LINK_SHAPE. With a sight (NULL: all is seen) a record that it does not reach, and a link that is refused
 * to one of which it tells nothing, are answered as if there were no such record.
 */
VF_RC nt_link_check(struct nt_notary *n, const struct nt_sight *sight, const struct nt_sight_from *from,
	const struct tr_link *link, struct vf_err *reterr);
/*
 * Whether a record of a study's own kind has, among its links, one 'uses' to a record of kind schema of the same
 * study: UNKNOWN_KIND. Every kind of the list is fine.
 */
VF_RC nt_own_kind_check(struct nt_notary *n, struct vf_bytes kind, struct vf_bytes study, const struct nt_link *links,
	size_t n_links, struct vf_err *reterr);

/* Octets of arena that a record needs at most. */
size_t nt_making_room(const struct nt_maker *maker, const struct nt_submit_record *r);

/* Begins with the documents in order. */
VF_RC nt_making_init(
	struct nt_maker *maker, const struct nt_submit_record *r, struct nt_making *m, struct vf_err *reterr);
/* Writes what makes two submissions the same one, as struct nt_same says. */
VF_RC nt_making_same(const struct nt_maker *maker, const struct nt_making *m, bool with_found, struct nt_buf *out,
	struct vf_err *reterr);
/* Makes the members and the ID, and moves the stream on. One thread at a time. */
VF_RC nt_making_chain(struct nt_maker *maker, struct nt_making *m, struct vf_err *reterr);
/* The rest, which no other record waits for: may run in any thread. */
VF_RC nt_making_finish(
	const struct nt_maker *maker, struct nt_making *m, struct nt_submission *ret, struct vf_err *reterr);

#endif
