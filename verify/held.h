/*
 * Certificates, CRLs and OCSP responses that the user holds (--cert, --crl, --ocsp).
 *
 * Reads files and knows PEM and the outer form of each kind. None of it is
 * trusted: who signed what is asked by the judge, when it uses it.
 */
#ifndef VERIFY_HELD_H
#define VERIFY_HELD_H

#include "verify/options.h"
#include "verify/pki.h"

struct vf_held {
	struct vf_pki_extra extra;
	struct vf_bytes certs[VF_MAX_HELD], crls[VF_MAX_HELD], ocsp[VF_MAX_HELD];
	void *blocks[3 * VF_MAX_HELD]; /* of the files */
	size_t n_blocks;
};

/*
 * Reads the files that the options name, DER or PEM (OCSP: DER); a PEM file may
 * hold several. USAGE, with the file's name and what was expected, for anything
 * else, more than VF_MAX_HELD of a kind, or a file above VF_MAX_TRUST_FILE. End
 * with vf_held_done(), also after a failure.
 */
VF_RC vf_held_read(const struct vf_options *o, struct vf_held *ret, struct vf_err *reterr);
void vf_held_done(struct vf_held *h);

#endif
