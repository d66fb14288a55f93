#include "notary/page_code.h"

#include <qrencode.h>

VF_RC nt_page_code(struct vf_bytes text, uint8_t modules[NT_MAX_PAGE_SIDE * NT_MAX_PAGE_SIDE], size_t *ret_n,
	struct vf_err *reterr)
{
	QRcode *code;
	size_t n;

	if (text.n == 0 || text.n > NT_MAX_PAGE_CODE)
		return vf_fail(reterr, VF_LIMIT, "a code to scan holds 1 to %d octets, not %zu", NT_MAX_PAGE_CODE, text.n);
	code = QRcode_encodeData((int)text.n, text.p, 0, QR_ECLEVEL_M);
	if (!code)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a code to scan");
	n = (size_t)code->width;
	if (code->width <= 0 || n > NT_MAX_PAGE_SIDE) {
		QRcode_free(code);
		return vf_fail(reterr, VF_LIMIT, "a code to scan of %zu modules a side", n);
	}
	/* the lowest bit of each octet is the module, the others say what it is for */
	for (size_t i = 0; i < n * n; i++)
		modules[i] = code->data[i] & 1;
	QRcode_free(code);
	*ret_n = n;
	return VF_OK;
}
