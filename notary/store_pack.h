/*
 * A compact, lossless form of the small JSON files of a record.
 *
 * Quoted digests become binary and the words of our own formats one octet, so that a
 * statement takes half its bytes in the database. Any bytes can be packed; what is
 * not such JSON becomes at most twice as long.
 */
#ifndef NOTARY_STORE_PACK_H
#define NOTARY_STORE_PACK_H

#include "notary/buf.h"

/* Finds a word by its first four octets. */
struct nt_packer {
	uint8_t first[256], next[32];
};

void nt_packer_init(struct nt_packer *p);
void nt_pack(const struct nt_packer *p, struct nt_buf *out, struct vf_bytes text);
/* STORE_CORRUPT when packed is not what nt_pack() writes. */
VF_RC nt_unpack(struct nt_buf *out, struct vf_bytes packed, struct vf_err *reterr);

#endif
