/*
 * JSON in its one spelling (RFC 8785), value by value, and where canonical text goes.
 *
 * Knows strings and numbers; what they stand for is the caller's question. Octets that are no UTF-8 are written as
 * \udcXX, so that two different ranges of octets never give one text.
 */
#ifndef TRIAL_READ_JCS_H
#define TRIAL_READ_JCS_H

#include "verify/bytes.h"

/* Where a canonical form goes, piece by piece; another outcome than OK ends its writer with it. */
struct tr_out {
	VF_RC (*put)(void *ctx, struct vf_bytes piece, struct vf_err *reterr);
	void *ctx;
};

/* A string with its quotes. */
VF_RC tr_jcs_text(const struct tr_out *out, struct vf_bytes text, struct vf_err *reterr);

/* The shortest digits that read back to the same double, as ECMAScript writes them: at most 25 characters and a NUL. The
 * number must be finite. */
#define TR_JCS_NUMBER_LEN 25
void tr_jcs_number(char out[TR_JCS_NUMBER_LEN + 1], double number);

#endif
