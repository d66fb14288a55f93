/*
 * What a notary's service answers (docs/api.md), read by its client.
 *
 * Knows the shapes. They are outside bytes, and prove nothing: what is proven stands
 * in receipts and bundles. Fields that this version does not know are passed over, so that a newer
 * service may say more; those that it knows must be of their type.
 */
#ifndef NOTARY_CLIENT_ANSWER_H
#define NOTARY_CLIENT_ANSWER_H

#include "notary/notary.h"

/* A record, as far as lists and states show it. Texts live in the arena. */
struct nt_remote_record {
	struct vf_hash id;
	enum nt_state state;
	struct vf_bytes kind, study, submitter, version, date, title; /* empty when absent */
	bool has_index, has_seal;
	uint64_t index, seal;
	bool in_stream;
	struct vf_hash stream;
	uint64_t seq;
	struct nt_document *documents; /* those that are shown; without paths */
	size_t n_documents;
	struct nt_link *links;
	size_t n_links;
	struct vf_bytes details; /* of a plain record that is asked for alone; empty when absent */
};

struct nt_remote_list {
	struct nt_remote_record *records;
	size_t n;
	struct vf_bytes next; /* cursor; empty at the end */
};

/* The answer to one submission. */
struct nt_remote_accepted {
	bool is_accepted;
	struct vf_hash id; /* when accepted */
	enum nt_state state;
	struct vf_bytes receipt; /* its text */
	struct vf_err refusal;   /* otherwise */
	bool is_known;           /* the refusal's code is one of ours */
};

/* All refuse what is no such answer as JSON_SHAPE, and NO_MEMORY. */
VF_RC nt_answer_record(
	struct vf_bytes json, struct vf_arena *a, struct nt_remote_record *ret, struct vf_err *reterr);
VF_RC nt_answer_list(struct vf_bytes json, struct vf_arena *a, struct nt_remote_list *ret, struct vf_err *reterr);
VF_RC nt_answer_accepted(
	struct vf_bytes json, struct vf_arena *a, struct nt_remote_accepted *ret, struct vf_err *reterr);
/* Exactly n of them, one a line. */
VF_RC nt_answer_bulk(struct vf_bytes ndjson, struct vf_arena *a, struct nt_remote_accepted *ret, size_t n,
	struct vf_err *reterr);
/* The earliest of the times of a seal's tokens. */
VF_RC nt_answer_seal(struct vf_bytes json, int64_t *ret_ms, struct vf_err *reterr);
VF_RC nt_answer_stream(struct vf_bytes json, struct nt_stream *ret, struct vf_err *reterr);
/*
 * A problem (RFC 9457) or a refusal as an error: its code when we know it (SERVER_REFUSED otherwise), and
 * what it says, with the field, escaped.
 */
VF_RC nt_answer_problem(struct vf_bytes json, struct vf_err *ret, bool *ret_known, struct vf_err *reterr);

#endif
