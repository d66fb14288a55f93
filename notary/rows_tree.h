/*
 * Trees over the rows of a document, and excerpts of them (docs/formats/excerpt.md).
 *
 * Knows salts, leaves and roots, which the verifier's excerpt.h checks. Reads a document once, from its start, with a few
 * MiB of memory whatever its size. Where the secret is kept, and which document it is, is the caller's question.
 */
#ifndef NOTARY_ROWS_TREE_H
#define NOTARY_ROWS_TREE_H

#include "notary/buf.h"
#include "trial/rows.h"

/* A range of rows, with its end. */
struct nt_row_range {
	uint64_t first, last;
};

/*
 * Count and both roots; ret_sha256 is the document's digest as it was read. LIMIT for a row above VF_MAX_ROW, USAGE
 * for an empty document, IO.
 */
VF_RC nt_rows_make(int fd, const struct tr_unit *unit, const struct vf_hash *secret, struct vf_rows *ret,
	struct vf_hash *ret_sha256, struct vf_err *reterr);
/* The text of a rows member. rows->document and unit must be set. */
VF_RC nt_rows_put(const struct vf_rows *rows, struct nt_buf *out, struct vf_err *reterr);

/* What makes two rows members the same one, whatever their secrets: for the journal (submit.h). */
struct vf_pair nt_rows_same(struct vf_bytes document, struct vf_bytes unit);

/* What an excerpt is of. */
struct nt_excerpt {
	struct vf_hash record, secret;
	struct vf_bytes member; /* name of the rows member */
	const struct vf_rows *rows;
	enum vf_alg alg;	     /* SHA256 or SHA512 */
	struct nt_row_range *ranges; /* in any order; brought into order, and joined, here */
	size_t n_ranges;
};

/*
 * Appends the excerpt, checked as the verifier does. USAGE for a row that is not there, EXCERPT_MISMATCH when the member is
 * not over these rows with this secret, LIMIT, IO.
 */
VF_RC nt_excerpt_put(int fd, struct nt_excerpt *x, struct nt_buf *out, struct vf_err *reterr);

/* Calls each for every row; its octets live until each returns. */
typedef VF_RC nt_each_row(void *ctx, uint64_t row, struct vf_bytes octets, struct vf_err *reterr);
VF_RC nt_rows_each(int fd, const struct tr_unit *unit, nt_each_row *each, void *ctx, struct vf_err *reterr);

#endif
