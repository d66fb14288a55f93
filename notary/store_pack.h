/*
 * A compact, lossless form of the small JSON files of a record.
 *
 * Quoted digests become binary, the words of our own formats one octet, and digests that
 * the row holds elsewhere a number, so that a statement takes a quarter of its bytes in the
 * database. Any bytes can be packed; what is not such JSON becomes at most twice as long.
 */
#ifndef NOTARY_STORE_PACK_H
#define NOTARY_STORE_PACK_H

#include "notary/buf.h"
#include "verify/hash.h"

/* Finds a word by its first four octets. */
struct nt_packer {
	uint8_t first[256], next[32];
};

void nt_packer_init(struct nt_packer *p);
/* Digests that both sides know: at(ctx, i) for i below n. */
struct nt_known {
	const struct vf_pair *(*at)(const void *ctx, size_t i);
	const void *ctx;
	size_t n;
};

void nt_pack(
	const struct nt_packer *p, const struct nt_known *known, struct nt_buf *out, struct vf_bytes text);
/*
 * STORE_CORRUPT when packed is cut short or names what is not known. Several packed forms may give one text:
 * what the record is, its group hash decides.
 */
VF_RC nt_unpack(
	struct nt_buf *out, const struct nt_known *known, struct vf_bytes packed, struct vf_err *reterr);

#endif
