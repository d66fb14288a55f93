/*
 * Checksums that others give for files, as the fact document.checksum: "md5:" or "sha256:" and lower-case digits.
 *
 * Knows how index files write them; whether a file has one is a rule's question (D5). A checksum of another kind, or not
 * of its length, is said as it is written.
 */
#ifndef TRIAL_READ_CHECKSUM_H
#define TRIAL_READ_CHECKSUM_H

#include "trial/read/fact.h"

/* Hex digits beside the name of their function: "md5", "SHA-256", "sha256". Nothing for an empty text. */
VF_RC tr_say_checksum(struct tr_reading *r, const struct tr_about *about, struct vf_bytes type, struct vf_bytes hex,
	struct vf_err *reterr);
/*
 * Subresource integrity (W3C SRI) as exchange files of eTMFs use it: the function, '-', and the digest in base64; the
 * digest may be in hex. Base64 of 16 octets without a function is MD5: so one producer writes it.
 */
VF_RC tr_say_integrity(struct tr_reading *r, const struct tr_about *about, struct vf_bytes value, struct vf_err *reterr);

#endif
