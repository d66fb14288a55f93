/*
 * The code to scan on a participant's page: a QR code of error level M (ISO/IEC 18004).
 *
 * Knows the library libqrencode. What the code says is page_out.h's question.
 */
#ifndef NOTARY_PAGE_CODE_H
#define NOTARY_PAGE_CODE_H

#include "verify/bytes.h"

/* Octets of text, and modules on each side of the largest symbol that is made for so many. */
#define NT_MAX_PAGE_CODE 300
#define NT_MAX_PAGE_SIDE 81

/* Writes *ret_n rows of *ret_n modules, 1 for a dark one, without the quiet zone. LIMIT, NO_MEMORY. */
VF_RC nt_page_code(struct vf_bytes text, uint8_t modules[NT_MAX_PAGE_SIDE * NT_MAX_PAGE_SIDE], size_t *ret_n,
	struct vf_err *reterr);

#endif
