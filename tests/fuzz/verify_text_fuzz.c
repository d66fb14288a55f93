/* Hex, base64, decimals, times, names and escaping: verify/text.h. */
#include <stdlib.h>

#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[1 << 16], folded[1 << 16];
	struct vf_bytes in = vf_bytes(data, size), decoded;
	char text[4096];
	struct vf_arena a;
	uint64_t u;
	int64_t t;

	if (size > 4000)
		return 0;
	vf_arena_init(&a, block, sizeof(block));
	if (vf_base64_take(in, &a, &decoded)) {
		static char again[8192];

		vf_base64_put(again, decoded);
		if (!vf_bytes_eq(vf_bytes_str(again), in))
			abort();
	}
	if (vf_time_read(in, &t)) {
		vf_time_put(text, t);
		if (size == strlen(text) && !vf_bytes_eq(vf_bytes_str(text), in))
			abort();
	}
	vf_decimal_read(in, UINT64_MAX, &u);
	if (vf_name_check(in, NULL) == VF_OK && vf_name_fold(in, folded) > 2 * size)
		abort();
	vf_text_escape(text, 64, in);
	if (!vf_text_is_plain(vf_bytes_str(text)))
		abort();
	return 0;
}
