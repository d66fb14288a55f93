/*
 * A study as rules look at it (trial/rules/case.h), made of what is at hand: a notary's folder or a study bundle.
 *
 * Knows how records, details and the facts of documents come together; both ways give the same case for the same
 * records and documents, so the same findings.
 */
#ifndef NOTARY_CASE_H
#define NOTARY_CASE_H

#include "notary/notary.h"
#include "notary/record_signature.h"
#include "trial/rules/rule.h"

struct nt_case;

/* What is read of documents: facts of persons, rows and audit records, so keep it like the documents themselves. */
#define NT_CASE_WANTS (TR_WANT_SUBJECTS | TR_WANT_ROWS | TR_WANT_AUDIT)

/* Owned by the caller; freed with nt_case_free(). */
VF_RC nt_case_new(struct vf_bytes study, int64_t as_of, struct nt_case **ret, struct vf_err *reterr);
struct nt_case *nt_case_free(struct nt_case *c);
void nt_case_freep(struct nt_case **c);

/* A record to add; everything is copied. Absent texts have n == 0. */
struct nt_case_record {
	struct vf_hash id;
	struct vf_bytes kind;
	struct vf_bytes version, date, title; /* of the statement */
	const struct tr_link *links;
	size_t n_links;
	uint64_t index;   /* UINT64_MAX while it waits */
	int64_t anchored; /* VF_TIME_NONE: no time-stamp */
	struct vf_hash stream;
	uint64_t seq;
	bool in_stream, is_erased, is_withheld; /* as in struct tr_case_record */
	struct vf_bytes details; /* details.json as it is; empty: none, or not disclosed */
	bool lacks_details;	 /* they are listed, and not disclosed */
	/* As far as it is at hand: the case reads signer and meaning from it, judged at anchored, or at as_of. */
	struct nt_record_signature signature;
};

/* A document of the record that was added last; input is NULL when it is not at hand, and read when the case is done. */
struct nt_case_file {
	struct vf_bytes name;
	struct vf_hash sha256;
	uint64_t size;
	/* Opens it for reading, or says DOCUMENT_MISSING or DOCUMENT_CHANGED; NULL: it is not at hand. Called once or never. */
	VF_RC (*open)(void *ctx, const struct nt_case_file *file, struct tr_input *ret, struct vf_err *reterr);
	void (*close)(void *ctx, struct tr_input *input);
	void *ctx;
	uint64_t key; /* whatever open needs */
};

/* Records are added in the order of the log, what waits last. Details that break the rules of their kind count as none. */
VF_RC nt_case_add(struct nt_case *c, const struct nt_case_record *r, struct vf_err *reterr);
VF_RC nt_case_add_file(struct nt_case *c, const struct nt_case_file *f, struct vf_err *reterr);
/*
 * Reads parameters and mapping of the study from its newest records of them, then the facts of all documents, and makes
 * the tables. missing: places in streams whose records were not added; with none of them and nothing withheld the case is
 * whole. JSON_SHAPE when parameters or mapping are malformed.
 */
VF_RC nt_case_finish(struct nt_case *c, uint64_t missing, struct vf_err *reterr);
/* What makes the case less than whole. */
struct nt_case_absent {
	size_t withheld; /* records of which only the place is known */
	uint64_t missing;
	size_t unverified; /* shown records of a study bundle that are not VERIFIED */
	size_t documents;  /* of records that are shown, that are not at hand */
	/* The newest records of parameters and of a mapping, when their documents or details are not at hand; else NULL. */
	const struct tr_case_record *parameters, *mapping;
};
struct nt_case_absent nt_case_absent(const struct nt_case *c);
void nt_case_set_unverified(struct nt_case *c, size_t n);
/*
 * Forgets all records but the first n, whose documents are not read again: what was found with the others can be held
 * against what is found without them. Findings stay; parameters must be of one of the n.
 */
VF_RC nt_case_cut(struct nt_case *c, size_t n, struct vf_err *reterr);
const struct tr_case *nt_case_get(const struct nt_case *c);
/* The record whose parameters count; NULL: the defaults, or nt_case_absent() names the record. */
const struct tr_case_record *nt_case_parameters(const struct nt_case *c);

/* MD5 of an input in hex, and a NUL. NO_MEMORY also where OpenSSL has no MD5. */
VF_RC nt_case_md5(const struct tr_input *in, char ret[33], struct vf_err *reterr);

/* The study as the notary in a folder has it, documents where they are now: kept, where they were, or in from. */
VF_RC nt_case_of_notary(struct nt_notary *n, struct vf_bytes study, int64_t as_of, const char *const *from, size_t n_from,
	struct nt_case **ret, struct vf_err *reterr);
/* The same, and behind all of them records that are not accepted yet; their documents are kept, or at their paths. */
VF_RC nt_case_with(struct nt_notary *n, struct vf_bytes study, int64_t as_of, const struct nt_submission *more, size_t n_more,
	struct nt_case **ret, struct vf_err *reterr);

/*
 * The study as a study bundle shows it, judged by the trust directory at the time now, with documents that are in the file or
 * in from. Times are those that the verifier accepted. A record that is hidden is erased when a shown record says so (a link
 * 'erases'), else withheld. What is REJECTED is no case: its code. NO_INPUT, STUDY_SHAPE.
 */
struct nt_case_study {
	const char *trust;
	int64_t now;
	const char *const *from;
	size_t n_from;
};
VF_RC nt_case_of_study(const char *path, const struct nt_case_study *how, int64_t as_of, struct nt_case **ret, struct vf_err *reterr);

#endif
