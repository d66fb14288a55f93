/*
 * The result of judging one input: verdict, reasons, facts, and what was not checked.
 *
 * Knows how single checks become one verdict, in one place. How it looks on a
 * screen, as JSON or HTML is report.h's question.
 */
#ifndef VERIFY_VERDICT_H
#define VERIFY_VERDICT_H

#include "verify/policy.h"

enum vf_verdict {
	VF_INDETERMINATE,
	VF_REJECTED,
	VF_VERIFIED,
	VF_INTACT,
};

/* What was judged. */
enum vf_form {
	VF_FORM_BUNDLE,	   /* a container that Trial Notary made */
	VF_FORM_CONTAINER, /* an ASiC container of other software */
	VF_FORM_RECORD,	   /* an RFC 4998 evidence record and the files given with it */
	VF_FORM_TOKEN,	   /* an RFC 3161 token or reply and the file given with it */
	VF_FORM_SIGNATURE, /* a CMS signature and its content */
	VF_FORM_RECEIPT,   /* a notary's promise that an entry will be in the log */
};

/* What is known about the promise of a receipt (docs/formats/receipt.md). */
enum vf_promise {
	VF_PROMISE_NOT_SHOWN, /* nothing was given that shows the log */
	VF_PROMISE_IN_LOG,    /* the entry is in the log, nothing shows that it was in time */
	VF_PROMISE_KEPT,
};

struct vf_receipt_facts {
	struct vf_bytes origin;
	struct vf_hash id; /* of the record in the entry */
	int64_t accepted, deadline;
	bool on_page;	       /* it stood in a participant's page, which shows the same record ID */
	uint64_t group, index; /* entries under the signature; its place among them */
	enum vf_promise promise;
	int64_t shown_by; /* the time at which the log is shown to have it; VF_TIME_NONE */
};

enum vf_check {
#define CHECK(name, trust, text) VF_CHECK_##name,
#include "verify/check.def"
#undef CHECK
	VF_CHECK_COUNT
};

enum vf_result {
	VF_RESULT_NOT_CHECKED,
	VF_RESULT_PASS,
	VF_RESULT_FAIL,
	VF_RESULT_UNDECIDED,
	VF_RESULT_NOT_APPLICABLE,
};

enum vf_file_status {
	VF_FILE_COVERED,
	VF_FILE_WITHHELD, /* the statement accounts for it, it was not disclosed */
	VF_FILE_DETACHED, /* given beside the container and covered */
	VF_FILE_MISSING,  /* the evidence lists it, it is not there */
	VF_FILE_ALTERED,
	VF_FILE_UNCOVERED,
};

enum vf_revocation {
	VF_REVOCATION_UNKNOWN, /* not looked at */
	VF_REVOCATION_NONE,    /* no usable data */
	VF_REVOCATION_GOOD,
	VF_REVOCATION_LATER,   /* revoked later, for a reason that leaves earlier tokens valid */
	VF_REVOCATION_REVOKED,
};

/* What a signer's certificate was worth at the proven time; the later, the worse. */
enum vf_signer_state {
	VF_SIGNER_NOT_JUDGED,
	VF_SIGNER_GOOD,		 /* leads to a pinned root, valid, not revoked */
	VF_SIGNER_NO_REVOCATION, /* the same, without usable revocation data */
	VF_SIGNER_UNKNOWN_ROOT,
	VF_SIGNER_BAD, /* expired, revoked, or a broken path: a reason says which */
};

#define VF_MAX_REASONS 32
/*
 * The last VF_UNCHECKED_KINDS places, more than there are codes, are for codes that are not there yet: so no number
 * of evidence records, time-stamps or signatures crowds out a note. Before them, one for each record of a bundle.
 */
#define VF_UNCHECKED_KINDS 48
#define VF_MAX_UNCHECKED 72

struct vf_reason {
	enum vf_rc rc;
	char text[320];   /* already escaped */
	char object[200]; /* escaped name of the file or part; empty when none */
};

struct vf_unchecked {
	const char *code; /* upper-case, stable */
	char text[240];
};

/* One file of the record, in the order of the container. */
struct vf_file {
	struct vf_bytes name; /* checked by vf_name_check() */
	enum vf_file_status status;
	bool has_sha256, has_size;
	struct vf_hash sha256;
	uint64_t size;
};

/* One time-stamp token. */
struct vf_stamp {
	bool is_read; /* its signature holds; what follows is what it says */
	const char *authority; /* name in the trust directory, or NULL */
	char subject[160];     /* escaped common name of the certificate */
	int64_t gen_time;
	bool has_accuracy;
	uint64_t accuracy_ms;
	struct vf_hash certificate;
	int64_t valid_to;
	enum vf_revocation revocation;
	int64_t revocation_as_of; /* VF_TIME_NONE when there is none */
	bool counts;              /* good and by a pinned authority */
	uint32_t record, chain, index;
	/* of the first of a record (chain and index 0) */
	uint32_t renewed_by;      /* as in struct vf_vote */
	const struct vf_err *why; /* it was judged and does not count; else NULL */
};

struct vf_report {
	char input[256]; /* escaped, as given by the user */
	enum vf_verdict verdict;
	bool integrity_only;
	enum vf_form form;
	enum vf_result checks[VF_CHECK_COUNT];
	struct vf_reason reasons[VF_MAX_REASONS];
	size_t n_reasons;
	struct vf_unchecked unchecked[VF_MAX_UNCHECKED];
	size_t n_unchecked;

	/* facts; the strings point into the session's memory and are plain text */
	bool has_record;
	struct vf_hash id;
	struct vf_bytes kind, study, version, date, title; /* n = 0 when absent */
	const struct vf_link *links;
	size_t n_links;
	bool has_stream;
	struct vf_hash stream, prev;
	bool has_prev;
	uint64_t seq;

	const struct vf_file *files;
	size_t n_files;
	const struct vf_stamp *stamps;
	size_t n_stamps;
	int64_t existed_by; /* VF_TIME_NONE while nothing is proven */
	const struct vf_policy *policy; /* whose rules were counted, or NULL */
	struct vf_tally rules[VF_MAX_RULES];

	bool has_log;
	struct vf_bytes origin;
	uint64_t index, size;
	struct vf_hash root;
	const char *witnesses[64];
	size_t n_witnesses, n_witnesses_known;
	bool quorum;

	bool has_seal;
	uint64_t seal, seal_first, seal_size;
	bool has_previous;
	struct vf_hash previous;

	bool has_receipt;
	struct vf_receipt_facts receipt;

	bool has_submitter, submitter_trusted;
	char submitter[160];
	struct vf_hash submitter_certificate;
	enum vf_signer_state signer_state; /* of several signers the worst */
	bool has_said;			   /* what the signer of a bundle says; all of it the signer's word: */
	const char *meaning;		   /* NULL: none is stated, or it is known by its OID alone */
	char meaning_oid[80];		   /* dotted; empty when no meaning is stated */
	struct vf_bytes printed_name;	   /* plain text; empty: that of the certificate */
	int64_t signing_time;		   /* VF_TIME_NONE when it is not stated */

	size_t n_others;     /* digests beside those of the files in the first lists of evidence records */
	bool sorted_renewal; /* a renewal holds only in the sorted form, which was allowed on request */

	uint32_t renewals;
	int64_t renew_before; /* the earliest end of a certificate, a key or a hash that must be renewed; VF_TIME_NONE */
};

/* A typed link of a statement. */
struct vf_link {
	struct vf_bytes type;
	struct vf_hash record;
};

const char *vf_verdict_name(enum vf_verdict v);
int vf_verdict_exit(enum vf_verdict v);
const char *vf_check_name(enum vf_check c);
const char *vf_check_text(enum vf_check c);
bool vf_check_needs_trust(enum vf_check c);
const char *vf_file_status_name(enum vf_file_status s);
const char *vf_revocation_name(enum vf_revocation r);
const char *vf_signer_state_name(enum vf_signer_state s);

void vf_report_init(struct vf_report *r, const char *input, bool integrity_only);
/* Records a pass; a check that failed before stays failed. */
void vf_report_pass(struct vf_report *r, enum vf_check c);
/* The record has nothing that the check could ask about. */
void vf_report_skip(struct vf_report *r, enum vf_check c);
/*
 * Records a fault with its message: FAIL for a rejecting code, UNDECIDED for
 * any other. object (may be NULL) is the part it is about; it is escaped here.
 */
void vf_report_fault(struct vf_report *r, enum vf_check c, const struct vf_err *err, const char *object);
/*
 * Names something that nobody looked at. text is printf-like and must be plain. Of
 * many with one code some are left out.
 */
void vf_report_unchecked(struct vf_report *r, const char *code, const char *fmt, ...) VF_PRINTF(3, 4);
/*
 * The one place where a verdict is raised: REJECTED when any check failed,
 * VERIFIED when every check passed or was not applicable, INTACT when only
 * those that need trust were left out on request, INDETERMINATE otherwise.
 */
void vf_report_settle(struct vf_report *r);

#endif
