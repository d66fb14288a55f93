/*
 * A record as the octets of one database row, and back.
 *
 * Knows the form of the row. Names of submitters, studies and kinds, and streams, stand in
 * it as numbers that the store resolves. Digests of members whose bytes are kept are
 * not stored: reading computes them again, and refuses a record whose group hash
 * is not its ID (STORE_CORRUPT), so no damaged row is ever exported.
 */
#ifndef NOTARY_STORE_BODY_H
#define NOTARY_STORE_BODY_H

#include "notary/notary.h"
#include "notary/store_pack.h"

/* The front of a row: what the log and duplicates need, at fixed places. */
struct nt_body_front {
	bool erased, in_stream;
	struct vf_hash id;
	struct vf_hash512 id512;
	struct vf_hash slot;
	int64_t accepted_ms;
	struct vf_hash journal; /* zero: none, or erased */
};

/* What the row holds as numbers. */
struct nt_body_refs {
	uint64_t submitter, study, kind, stream;
};

/* Octets of the front. */
#define NT_BODY_FRONT (2 + 32 + 64 + 32 + 8 + 32)

/* The part of a row that only the submission decides; it can be made on another core. */
void nt_body_put_content(const struct nt_packer *p, struct nt_buf *out, const struct nt_submission *s);
/* The whole row around this content. */
void nt_body_put(struct nt_buf *out, const struct nt_submission *s, struct vf_bytes content,
	const struct nt_body_refs *refs, int64_t accepted_ms);
VF_RC nt_body_front(struct vf_bytes body, struct nt_body_front *ret, struct vf_err *reterr);
/* What the indexes need of a row, without hashing anything. Begin with a cleared one, use it again. */
struct nt_body_document {
	struct vf_hash sha256;
	bool keep;
};

struct nt_body_link {
	struct vf_bytes type; /* borrowed from the row */
	struct vf_hash record;
};

struct nt_body_index {
	struct nt_body_front front;
	uint64_t stream, seq; /* when it is in a stream */
	struct vf_hash prev;
	uint64_t study; /* 0 for erased records */
	struct nt_body_document *documents;
	size_t n_documents;
	struct nt_body_link *links;
	size_t n_links;
	struct vf_hash *digests; /* scratch */
	size_t documents_room, links_room, digests_room;
};

VF_RC nt_body_index(struct vf_bytes body, struct nt_body_index *ix, struct vf_err *reterr);
void nt_body_index_done(struct nt_body_index *ix);
/*
 * Reads all but what refs name; refs of an erased record are 0 except stream. Everything is
 * copied, the caller frees with nt_record_free().
 */
VF_RC nt_body_read(
	struct vf_bytes body, struct nt_body_refs *ret_refs, struct nt_record **ret, struct vf_err *reterr);
/*
 * The row of the same record after its erasure, padded with zeros to the same length, so that
 * SQLite overwrites it in place. Member digests stay only when no member is a plain document.
 * An erased row stays as it is.
 */
VF_RC nt_body_erase(struct vf_bytes body, struct nt_buf *out, struct vf_err *reterr);

/* The group hash in both generations (docs/formats/entry.md); members in any order. */
VF_RC nt_body_group(const struct nt_member *members, size_t n, struct vf_hash *ret, struct vf_hash512 *ret512,
	struct vf_err *reterr);

#endif
