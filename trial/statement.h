/*
 * Writers of statement.json, stream.json, commitment-NNN.json and details.json
 * (docs/formats/statement.md, stream.md, commitment.md).
 *
 * Knows the exact bytes. Random octets are arguments; reading is verify/record.h's
 * question. Every text is one line without spaces that ends in LF, lies in the
 * arena and is the same for the same arguments. NO_MEMORY: the arena is full.
 */
#ifndef TRIAL_STATEMENT_H
#define TRIAL_STATEMENT_H

#include "trial/kind.h"
#include "verify/record.h"

#define TR_DETAILS_NAME "details.json"
#define TR_SCHEMA_DETAILS "trialnotary/details/1"
/* "commitment-NNN.json", a fourth digit only when needed. */
#define TR_MAX_COMMITMENTS 9999
#define TR_COMMITMENT_NAME_LEN 20

struct tr_link {
	enum tr_link_type type;
	struct vf_hash record;
};

/* Absent texts have n == 0; signer is NULL when the submitter does not sign. */
struct tr_statement {
	enum tr_kind kind;
	struct vf_bytes own_kind; /* its name when kind is TR_OWN */
	struct vf_bytes study, version, date, title;
	const struct tr_link *links; /* ascending by (type, record) */
	size_t n_links;
	struct vf_hash nonce;
	const struct vf_hash *signer;
	const struct vf_member *members; /* all but statement and signature files, ascending by name */
	size_t n_members;
};

/* What a personal record may not say in its statement; absent texts have n == 0. */
struct tr_details {
	struct vf_bytes version, date, title;
};

/*
 * Refuses texts that the format does not allow (STATEMENT_SHAPE), plain texts in
 * a personal kind (PERSONAL_FIELD), links or members that are not in ascending
 * order (INTERNAL), and what is too long (LIMIT). Names are the caller's to check.
 */
VF_RC tr_statement_put(
	const struct tr_statement *s, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);
VF_RC tr_stream_put(
	const struct vf_stream_member *s, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);
VF_RC tr_commitment_put(
	const struct vf_commitment *c, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);
VF_RC tr_details_put(
	const struct tr_details *d, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);

/* The kind's name: from the list, or own_kind. */
struct vf_bytes tr_statement_kind(const struct tr_statement *s);

/* Octets of arena that tr_statement_put() needs at most. */
size_t tr_statement_room(const struct tr_statement *s);

/* Study, version, date and title as the format allows them; the same refusals as above. */
VF_RC tr_statement_check_texts(const struct tr_statement *s, struct vf_err *reterr);

/* Writes "commitment-NNN.json" and a NUL; number is 1 to TR_MAX_COMMITMENTS. */
void tr_commitment_name(char out[TR_COMMITMENT_NAME_LEN + 1], size_t number);

#endif
