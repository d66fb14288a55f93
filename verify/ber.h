/*
 * BER (X.690) as other software writes CMS: indefinite lengths, lengths that are
 * longer than needed, OCTET STRINGs in pieces.
 *
 * Everything else here reads DER. This module takes an element of BER apart, or
 * writes it once more with the lengths of DER; it knows tags and lengths only.
 * A signature over parts that are signed as DER (signed attributes, TSTInfo)
 * outlives that; what was hashed as received (an evidence record over the file)
 * does not, so keep the original for that.
 */
#ifndef VERIFY_BER_H
#define VERIFY_BER_H

#include "verify/bytes.h"

/* One element. */
struct vf_ber {
	uint8_t tag;
	bool indefinite;
	struct vf_bytes body;  /* without the two zeros that end an indefinite length */
	struct vf_bytes whole; /* with them */
};

/*
 * Takes one element of any tag, its length in any form; nothing is looked at
 * inside a definite length. Refuses high tag numbers, lengths of 4 GiB and
 * above, and indefinite lengths of primitive elements. Linear in the element.
 */
bool vf_ber_take(struct vf_bytes *in, struct vf_ber *ret);

/*
 * The element that fills ber, with definite and minimal lengths and each OCTET
 * STRING in one piece. Nothing is sorted and no value changes: contents that
 * are not DER (a padded INTEGER, TRUE as 01) are refused, as are strings of
 * other types in pieces. An implicitly tagged string in pieces cannot be told
 * from a structure and stays as it is. ret is ber itself when nothing had to
 * change, else octets in the arena; it passes vf_der_is_strict().
 *
 * CMS_SHAPE; LIMIT beyond VF_MAX_PART octets or VF_MAX_DER_DEPTH levels;
 * NO_MEMORY when the arena is full: three times the input and 64 octets are
 * enough.
 */
VF_RC vf_ber_to_der(struct vf_bytes ber, struct vf_arena *a, struct vf_bytes *ret, struct vf_err *reterr);

#endif
