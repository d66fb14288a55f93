/*
 * Random octets from the kernel, drawn in blocks, for nonces, salts and stream keys.
 *
 * One generator serves one thread; a cleared one is ready. Used octets are wiped.
 */
#ifndef NOTARY_RANDOM_H
#define NOTARY_RANDOM_H

#include "verify/bytes.h"

struct nt_random {
	uint8_t block[4096];
	size_t left;
};

/* Fills out with n octets. IO when the system gives none. */
VF_RC nt_random(struct nt_random *r, void *out, size_t n, struct vf_err *reterr);

#endif
