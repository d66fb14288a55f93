/*
 * The octets of a row, part by part.
 *
 * Internal to store_body_parts.c, which has the parts, store_body.c, which writes rows, store_body_read.c, which makes records of
 * them again, and store_body_index.c, which takes what the indexes need.
 *
 * Row: front | rest | zeros. The front is
 *   form (1), flags, id 32, id512 64, slot 32, accepted_ms 8, journal 32.
 * Numbers in the rest are LEB128, strings a length and octets. What takes changes nothing when it returns false.
 */
#ifndef NOTARY_STORE_BODY_INSIDE_H
#define NOTARY_STORE_BODY_INSIDE_H

#include "notary/store_body.h"

/* Flags of a member: its bytes are kept, and packed. Those of a document. */
#define NT_BODY_MEMBER_BYTES 1
#define NT_BODY_MEMBER_PACKED 2
#define NT_BODY_DOC_CONFIDENTIAL 1
#define NT_BODY_DOC_KEEP 2
#define NT_BODY_DOC_IS_MEMBER 4
#define NT_BODY_FAIL(reterr) vf_fail((reterr), VF_STORE_CORRUPT, "a record's row is not in its exact form")

void nt_body_put_number(struct nt_buf *out, uint64_t v);
bool nt_body_take_number(struct vf_bytes *in, uint64_t *ret);
void nt_body_put_string(struct nt_buf *out, struct vf_bytes b);
bool nt_body_take_string(struct vf_bytes *in, struct vf_bytes *ret);
void nt_body_put_hash(struct nt_buf *out, const struct vf_hash *h);
bool nt_body_take_hash(struct vf_bytes *in, struct vf_hash *ret);
void nt_body_put_pair(struct nt_buf *out, const struct vf_pair *p);
bool nt_body_take_pair(struct vf_bytes *in, struct vf_pair *ret);
void nt_body_put_front(struct nt_buf *out, const struct nt_body_front *f);
bool nt_body_take_front(struct vf_bytes *in, struct nt_body_front *ret);
bool nt_body_is_zero(struct vf_bytes b);
/* The place in a stream; prev stands there when seq is not 0. */
void nt_body_put_place(struct nt_buf *out, uint64_t stream, uint64_t seq, const struct vf_hash *prev);
bool nt_body_take_place(struct vf_bytes *in, struct nt_body_refs *refs, struct nt_record *r);

/*
 * What the digests in a member's JSON may be known by: number 0 is the record before in the stream;
 * for the statement, which names the others, i + 1 is member i.
 */
struct nt_body_known {
	struct vf_pair prev;
	const struct nt_member *members;
};

/* For the member of this name; borrows k. */
struct nt_known nt_body_known_of(const struct nt_body_known *k, struct vf_bytes name, size_t n_members);
bool nt_body_is_statement(struct vf_bytes name);

/* store_body.c: octets of a row at least: what stays after an erasure must fit in its place. */
size_t nt_body_least_size(const struct nt_member *members, size_t n);

#endif
