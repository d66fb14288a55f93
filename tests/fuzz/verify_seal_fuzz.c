/* Seal heads: vf_seal_head_parse() and what reads its token lines. */
#include <stdlib.h>

#include "verify/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_seal_head h;
	struct vf_seal_token t;
	size_t n = 0;

	if (vf_seal_head_parse(vf_bytes(data, size), &h, NULL) != VF_OK)
		return 0;
	while (vf_seal_take_token(&h.tokens, &t))
		n++;
	if (n != h.n_tokens || h.tokens.n != 0)
		abort();
	vf_ignore(vf_seal_check_chain(&h, &h, NULL)); /* no head follows itself; only a crash counts here */
	return 0;
}
