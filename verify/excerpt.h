/*
 * Rows of a document that are shown without the rest: the rows member and the excerpt.
 *
 * Knows both forms (docs/formats/excerpt.md) and that the lines of an excerpt lead to a root. Whose root it is,
 * and when it existed, is excerpt_judge.h's question. Everything in the structs borrows from the input.
 */
#ifndef VERIFY_EXCERPT_H
#define VERIFY_EXCERPT_H

#include "verify/hash.h"

#define VF_SCHEMA_ROWS "trialnotary/rows/1"
#define VF_EXCERPT_MAGIC "trialnotary/excerpt/1"

/* A count that other readers of JSON hold exactly. */
#define VF_MAX_ROWS ((UINT64_C(1) << 53) - 1)
/* One row: lines of datasets have kilobytes; the first row of a transport file is all of its metadata. */
#define VF_MAX_ROW (1u << 20)
/* Inputs of that size are in memory as a whole: VF_INPUT_WHOLE. */
#define VF_MAX_EXCERPT (64u << 20)
#define VF_MAX_UNIT 256

/* The member of a record that holds the roots over the rows of another. */
struct vf_rows {
	struct vf_bytes document, unit;
	uint64_t count;
	struct vf_digest sha256, sha512;
};

/* Texts in ret live in the arena. EXCERPT_SHAPE, JSON_SHAPE, NAME_SHAPE, LIMIT. */
VF_RC vf_rows_parse(struct vf_bytes json, struct vf_arena *a, struct vf_rows *ret, struct vf_err *reterr);

/* HMAC-SHA-256(secret, row as eight octets, big-endian): what hides a row. */
struct vf_hash vf_row_salt(const struct vf_hash *secret, uint64_t row);

struct vf_excerpt {
	struct vf_hash record;
	struct vf_bytes member; /* name of the rows member */
	struct vf_digest root;
	uint64_t count;
	struct vf_bytes lines; /* those of the tree */
};

/* What the lines of an excerpt hold together. */
struct vf_shown {
	uint64_t rows;
	struct vf_hash sha256; /* over the rows, one after another */
};

/* The first six lines. EXCERPT_SHAPE, LIMIT. */
VF_RC vf_excerpt_parse(struct vf_bytes text, struct vf_excerpt *ret, struct vf_err *reterr);
/* Accepts when the lines are exactly the tree, with rows, and lead to the root. EXCERPT_SHAPE, LIMIT, PROOF_ROOT. */
VF_RC vf_excerpt_check(const struct vf_excerpt *e, struct vf_shown *ret, struct vf_err *reterr);

/* A row as it stands in an excerpt: its octets as percent-encoded text. */
struct vf_excerpt_row {
	uint64_t row;
	struct vf_hash salt;
	struct vf_bytes text;
};

/* Takes lines of a checked excerpt up to and with the next row; false when there is none. */
bool vf_excerpt_next(struct vf_bytes *lines, struct vf_excerpt_row *ret);
/* Takes the next octet of a row's text; false at the end and on what no writer writes. */
bool vf_take_row_octet(struct vf_bytes *text, uint8_t *ret);

#endif
