/*
 * One judgement under way: what bundle.c, members.c and evidence.c share.
 *
 * Internal to these files and session.c.
 */
#ifndef VERIFY_JUDGE_H
#define VERIFY_JUDGE_H

#include "verify/bundle.h"
#include "verify/checkpoint.h"
#include "verify/cms.h"
#include "verify/container.h"
#include "verify/ers.h"
#include "verify/known.h"
#include "verify/manifest.h"
#include "verify/pki.h"
#include "verify/policy.h"
#include "verify/quorum.h"
#include "verify/receipt.h"
#include "verify/record.h"
#include "verify/seal.h"

struct vf_session {
	struct vf_arena arena;
	int64_t at;
	bool integrity_only, has_trust;
	bool has_log; /* the trust directory pins a log */
	struct vf_policy policy;
	struct vf_tlog_policy tlog;
	struct vf_receipt_keys receipts;
	struct vf_note_cache notes;
	struct vf_known_token *known; /* by the number of the evidence record, for its first token */
	struct vf_stream_pin *pins;
	size_t n_pins;
	struct vf_pki *pki;
	const struct vf_pki_extra *extra; /* what the user holds; may be NULL */
	struct vf_manifest_parser *xml;
	struct vf_fact *facts;
	size_t n_facts, n_fact_slots;
};

/* A data object of the group: a listed member, the statement, or a signature file. */
struct vf_object {
	struct vf_bytes name;
	struct vf_pair digests;
	enum vf_role role;
	const struct vf_zip_entry *entry; /* NULL when it is not in the container */
	bool is_listed;                   /* in the evidence manifests */
	bool is_given;                    /* beside the container, with the right digests */
	bool is_altered;
	size_t file; /* its place in the report's files */
};

/* A confidential document that a disclosed commitment names. */
struct vf_hidden {
	struct vf_commitment commitment;
	const struct vf_zip_entry *entry;
	bool is_given, is_altered;
};

/*
 * A sequence of time-stamps and what it is worth: an evidence record, or a lone
 * token, which is a record of one time-stamp without a hash tree.
 */
struct vf_evidence {
	char part[200];	   /* where it stands, escaped: for messages */
	size_t number;	   /* of the evidence record in a bundle, from 1; 0 elsewhere */
	struct vf_er er;
	struct vf_tst *tokens;		  /* one a stamp */
	struct vf_stamp *stamps;	  /* in the report */
	const struct vf_pki_extra *extra; /* NULL: the session's alone */
	bool is_covered;		  /* by other evidence, made at covered_at */
	int64_t covered_at;
	bool holds;	 /* everything but trust */
	bool is_trusted; /* every token leads to a pinned root and nothing is open */
	struct vf_vote vote;
	bool stands;	    /* a token needs no renewal; those after it are no longer rested on */
	struct vf_err open; /* why it does not count, when holds and not trusted; what rejects is a fault already */
	enum vf_check open_check;
};

/* Evidence records and time-stamps in one input. */
#define VF_MAX_CLAIMS 64

struct vf_judge {
	struct vf_session *s;
	struct vf_arena *a;
	struct vf_report *r;
	struct vf_container box;

	struct vf_statement statement;
	struct vf_object *objects; /* the whole group */
	size_t n_objects;
	struct vf_hidden *hidden;
	size_t n_hidden;
	struct vf_pair *group; /* n_objects, ascending by SHA-256 */
	struct vf_file *files;
	size_t n_files;
	struct vf_stamp *stamps; /* those of the report */
	bool has_stream;
	struct vf_stream_member stream;
	struct vf_entry entry;
	bool has_entry;
	struct vf_seal_head head;
	bool has_head;
	size_t n_records; /* evidence records */
	struct vf_pki_extra extra; /* the session's, and the OCSP parts of a bundle, which come first */
	size_t n_ocsp;             /* these */
	struct vf_vote votes[VF_MAX_CLAIMS];
	size_t n_votes;
	int64_t first_time; /* genTime of the earliest first token; VF_TIME_NONE */
	bool has_untrusted_signer; /* one at least: then the report calls none trusted */
};

/* judge.c */
/*
 * The entry's data in memory, or a fault of check c: MISSING_PART when there is no
 * such entry. Not VF_OK only when no verdict is possible, as for vf_judge_note().
 */
VF_RC vf_judge_part(struct vf_judge *j, enum vf_check c, const char *name, struct vf_bytes *ret, bool *ret_there,
	struct vf_err *reterr);
/*
 * Records the outcome of a check: OK passes, a verdict class is a fault and VF_OK
 * is returned, anything else (no verdict possible) is handed up.
 */
VF_RC vf_judge_note(struct vf_judge *j, enum vf_check c, enum vf_rc rc, struct vf_err *err, const char *object,
	struct vf_err *reterr);

/* Nobody vouches: NO_TRUST_ANCHOR, or what --integrity-only leaves out. */
void vf_judge_no_trust(struct vf_judge *j);
/* Says so, and returns true, when every vote is by the operator of the log itself. */
bool vf_judge_note_operator(struct vf_judge *j);
/* There is no signature of a submitter: a fault when the policy asks for one. */
void vf_judge_unsigned(struct vf_judge *j);
/* Puts a good signature's certificate into the report. */
void vf_judge_show_signer(struct vf_judge *j, const struct vf_cert_facts *facts);
/* Who stands behind a good signature at a proven time: SUBMITTER. cert is its certificate's octets. */
VF_RC vf_judge_signer(struct vf_judge *j, struct vf_bytes cert, const struct vf_signed *sig,
	const struct vf_pki_extra *extra, int64_t at, const char *object, struct vf_err *reterr);

/* bundle.c */
/*
 * Who has signed a checkpoint, by the pinned log and witnesses: LOG_KEY, WITNESSES. ret_time (may be NULL) is
 * set, when the quorum is met, to the time at which it was; VF_TIME_NONE when nobody says.
 */
VF_RC vf_judge_log_trust(struct vf_judge *j, const struct vf_checkpoint *c, const char *object, int64_t *ret_time,
	struct vf_err *reterr);

/* members.c */
/* The object of the group with this name, or NULL. */
struct vf_object *vf_judge_find(struct vf_judge *j, struct vf_bytes name);
/* Statement, group, disclosed files: checks STATEMENT to STREAM, and PARTS. go is false when nothing more can be asked. */
VF_RC vf_judge_members(struct vf_judge *j, bool *ret_go, struct vf_err *reterr);
/* Documents beside the container. */
VF_RC vf_judge_detached(struct vf_judge *j, const struct vf_detached *detached, size_t n, struct vf_err *reterr);
/* After the manifests were read: the status of each file, and COMPLETE. */
VF_RC vf_judge_complete(struct vf_judge *j, struct vf_err *reterr);

/* evidence.c */
/* Manifests, evidence records, tokens: MANIFEST to SEAL, AUTHORITY, REVOCATION. The seal head was read before. */
VF_RC vf_judge_evidence(struct vf_judge *j, struct vf_err *reterr);

/* asic.c */
/* A container of other software: every check, those of bundles alone being not applicable. */
VF_RC vf_judge_asic(struct vf_judge *j, const struct vf_detached *detached, size_t n, struct vf_err *reterr);

/* stamps.c */
/* Makes room for the tokens of all evidence, in the report and beside it. */
VF_RC vf_judge_make_stamps(struct vf_judge *j, struct vf_evidence *list, size_t n, struct vf_err *reterr);
/* At the end: tokens that could not be read are no part of the report. */
void vf_judge_drop_unread(struct vf_judge *j);
/* Every token holds without trust and leads to its tree; times run forwards: TOKENS, TIME_ORDER. Sets holds. */
VF_RC vf_judge_tokens(struct vf_judge *j, struct vf_evidence *e, struct vf_err *reterr);
/* Whom the tokens lead to: AUTHORITY, REVOCATION when that rejects; what is open only keeps it from counting. */
VF_RC vf_judge_trust(struct vf_judge *j, struct vf_evidence *e, struct vf_err *reterr);
/* Evidence that does not count is a fault only when the policy is not met without it. */
void vf_judge_settle_trust(struct vf_judge *j, const struct vf_evidence *list, size_t n, bool met);

/* session.c */
/* Compares with what earlier inputs showed; OK, EQUIVOCATION or STREAM_FORK. */
VF_RC vf_session_compare(struct vf_session *s, const struct vf_report *r, struct vf_err *reterr);
/* Whether a good input of this run was this record. */
bool vf_session_has_record(const struct vf_session *s, const struct vf_hash *id);
/* Keeps what a good input showed; false when the table is full. */
bool vf_session_learn(struct vf_session *s, const struct vf_report *r);

#endif
