/*
 * From hashed documents to accepted records: members, commitments, statement,
 * stream place, signature, journal key.
 *
 * Knows what a record consists of and what makes two submissions the same one.
 * Finding and hashing files is files.h's and hashing.h's question; storing is
 * notary.h's, or that of whoever else takes records (struct nt_submit_to).
 */
#ifndef NOTARY_SUBMIT_H
#define NOTARY_SUBMIT_H

#include "notary/notary.h"
#include "notary/signers.h"
#include "trial/details.h"
#include "trial/statement.h"

/* Who submits on the command line. */
#define NT_SUBMITTER_LOCAL "local"
/* Records that are accepted in one transaction: what a kill can cost. */
#define NT_SUBMIT_CHUNK 1000

/*
 * A document that the program has made for this record: a rows member. It holds random values, so for the journal
 * counts what it was made of instead of its digests.
 */
struct nt_submit_made {
	struct vf_pair same;
	struct vf_bytes text; /* empty: whoever takes the record has it, and the secret */
	struct vf_hash secret;
};

/* A document that was hashed. */
struct nt_submit_file {
	struct vf_bytes name; /* in the record; checked here */
	struct vf_bytes path; /* absolute; empty when only the digests are known, or nt_notary_keep() has the content */
	struct vf_pair digests;
	uint64_t size;
	const struct nt_submit_made *made; /* NULL: the submitter's own */
};

/* Version, date and title, each empty when it is not said. */
struct nt_submit_texts {
	struct vf_bytes version, date, title;
};

/* One record: its documents in any order. */
struct nt_submit_record {
	const struct nt_submit_file *files;
	size_t n_files;
	/*
	 * What the statement says where struct nt_submit says nothing: what the submitter said of this record alone, then
	 * what was found in its documents. What was found is no reason to make again what was submitted without it.
	 */
	struct nt_submit_texts said, found;
};

/*
 * Signs the statement of a record: writes the two members of the signature
 * (docs/formats/bundle.md). manifest and signature are empty buffers.
 */
typedef VF_RC nt_submit_sign(void *ctx, const struct vf_hash *statement_sha256, struct nt_buf *manifest,
	struct nt_buf *signature, struct vf_err *reterr);

/* What all records of one call have in common. */
struct nt_submit {
	struct vf_bytes submitter, study;
	enum tr_kind kind;
	struct vf_bytes own_kind;             /* its name when kind is TR_OWN */
	bool own_is_personal;                 /* as the record of kind schema says, to which a link 'uses' leads */
	struct vf_bytes version, date, title; /* empty when absent, and where details say them */
	/*
	 * What all these records say of their kind, as tr_details_make() wrote it; empty: nothing. It stands in each as
	 * details.json. Its fields form, consent and grant become links, where links do not hold them already.
	 */
	struct vf_bytes details;
	/* Octets of the file details.json among files, of a record that is made again as it was; empty otherwise. */
	struct vf_bytes details_file;
	const struct tr_schema *own_rules; /* of TR_OWN, when there are details, */
	struct vf_hash own_rules_sha256;   /* and of the text in which they stand */
	bool confidential;                    /* hide the documents; a personal kind demands it */
	bool keep;                            /* copy the documents into the notary */
	const struct tr_link *links;
	size_t n_links;
	const struct vf_hash *signer; /* SHA-256 of the certificate; NULL: unsigned */
	nt_submit_sign *sign;
	void *sign_ctx;
	struct vf_bytes meaning, printed_name; /* that sign() states: OID's contents octets; empty when it does not */
	const struct nt_signed_by *signed_by;  /* NULL: unsigned */
	/*
	 * Told when the study's enforced rules found something that was notarised in the record findings, or, with NULL,
	 * why they were not asked. May be NULL.
	 */
	void (*enforced)(void *ctx, const struct vf_hash *findings, const char *text);
	void *enforced_ctx;
};

/* The kind's name; and whether its records are about one participant. */
struct vf_bytes nt_submit_kind(const struct nt_submit *s);
bool nt_submit_is_personal(const struct nt_submit *s);

/* What the statement of the record says, with what was found or without it; nothing in a personal kind. */
struct nt_submit_texts nt_submit_texts_of(const struct nt_submit *s, const struct nt_submit_record *r, bool with_found);

/* What became of records[at]; called when it is stored durably, in order. */
typedef void nt_submitted(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how);

/*
 * Makes the records and has them accepted, NT_SUBMIT_CHUNK at a time. What was
 * submitted before is found in the journal and not made again; after a crash the
 * same call does the rest. Refuses before anything is stored: names
 * (NAME_SHAPE), unknown or senseless links (UNKNOWN_RECORD, LINK_SHAPE), plain
 * documents in a personal kind (PERSONAL_FIELD), texts (STATEMENT_SHAPE),
 * records without documents whose links do not say enough (USAGE), LIMIT; what is wrong in details
 * (trial/details.h) or between them and other records (details_check.h), and a key that signs under another name
 * (SIGNER_NAME), but only when a record is new. Rules that the study enforces are asked (enforce.h): RULE_BROKEN.
 */
VF_RC nt_submit_records(struct nt_notary *n, const struct nt_submit *s,
	const struct nt_submit_record *records, size_t count, nt_submitted *done, void *done_ctx,
	struct vf_err *reterr);
/* The same without the study's rules. */
VF_RC nt_submit_unjudged(struct nt_notary *n, const struct nt_submit *s, const struct nt_submit_record *records, size_t count,
	nt_submitted *done, void *done_ctx, struct vf_err *reterr);
/* Keeps a text as nt_notary_keep() does a file. */
VF_RC nt_submit_keep_text(struct nt_notary *n, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr);

/*
 * Submits one record that only links to another: of kind erasure when it erases, else other. The same one again is found in the
 * journal. ground says on what ground it was erased; empty: nothing.
 */
VF_RC nt_submit_link(struct nt_notary *n, struct vf_bytes submitter, struct vf_bytes study, enum tr_link_type type,
	const struct vf_hash *target, struct vf_bytes ground, struct vf_hash *ret, struct vf_err *reterr);

/*
 * Who takes the records: a notary in a folder, or a server (client_send.h). All of
 * them are called in the thread of nt_submit_records_to() but blind, which any may call.
 */
struct nt_submit_to {
	void *ctx;
	/* Where the next record of the stream of submitter and study goes. */
	VF_RC (*stream)(void *ctx, struct vf_bytes submitter, struct vf_bytes study, struct nt_stream *ret,
		struct vf_err *reterr);
	/* As nt_link_check(); NULL when whoever takes the records checks them. */
	VF_RC (*link)(void *ctx, const struct nt_submit *s, const struct tr_link *link, struct vf_err *reterr);
	/*
	 * What details and links say beside other records, before the first new record is made (details_check.h); facts
	 * are NULL without details. NULL: it is not checked.
	 */
	VF_RC (*details)(void *ctx, const struct nt_submit *s, const struct tr_facts *facts, const struct tr_link *links,
		size_t n_links, struct vf_err *reterr);
	/* The journal key of a text, and the record that is known by it. */
	struct vf_hash (*blind)(void *ctx, struct vf_bytes text);
	VF_RC (*journal)(void *ctx, const struct vf_hash *key, bool *ret_found, struct vf_hash *ret_id,
		struct vf_err *reterr);
	/* Keeps the document details.json, which exists nowhere else, before accept names it. */
	VF_RC (*keep_details)(void *ctx, struct vf_bytes text, const struct vf_pair *digests, struct vf_err *reterr);
	/* The same for the secret of a rows member, whose text was kept with keep_details before. */
	VF_RC (*keep_secret)(void *ctx, const struct vf_hash *sha256, const struct vf_hash *secret, struct vf_err *reterr);
	/* The same for a file, when keep is asked for; NULL: nothing is kept. */
	VF_RC (*keep_file)(void *ctx, const struct nt_submit_file *f, struct vf_err *reterr);
	bool keeps_details;  /* the record says that details.json is kept */
	bool sends_details; /* where they are not hidden they go with the record, as a server demands */
	VF_RC (*accept)(void *ctx, const struct nt_submission *submissions, size_t count, enum nt_accepted *ret,
		struct vf_err *reterr);
};

/* As nt_submit_records(), which does it with a notary in a folder. */
VF_RC nt_submit_records_to(const struct nt_submit_to *to, const struct nt_submit *s,
	const struct nt_submit_record *records, size_t count, nt_submitted *done, void *done_ctx,
	struct vf_err *reterr);

/*
 * Names that no record may hold, or that collide with another, each with its
 * reason; called for all of them before NAME_SHAPE is returned.
 */
typedef void nt_bad_name(void *ctx, struct vf_bytes name, const char *why);
VF_RC nt_submit_check_names(
	const struct nt_submit_file *files, size_t n, nt_bad_name *bad, void *bad_ctx, struct vf_err *reterr);

#endif
