/* Receipts: vf_receipt_parse(), its path and signature; receipt keys of a trust directory. */
#include <stdlib.h>

#include "verify/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is pinned in docs/formats/examples/receipts. */
#define PINNED "key demo.example/1/receipts+be93c7a4+ATpIcU7LGCV3EQxwvICLdemxzdw6xRGcowgMhYi+NALY 60\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[32768];
	struct vf_receipt_keys keys;
	struct vf_receipt r;
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	if (vf_receipt_keys_parse(vf_bytes(data, size), &a, &keys, NULL) == VF_OK && keys.n > VF_MAX_RECEIPT_KEYS)
		abort();
	if (vf_receipt_parse(vf_bytes(data, size), &r, NULL) != VF_OK)
		return 0;
	if (r.size == 0 || r.index >= r.size || r.n > VF_MAX_RECEIPT_PATH || vf_receipt_deadline(&r) <= r.accepted_ms)
		abort();
	vf_ignore(vf_receipt_check_path(&r, NULL)); /* most inputs lead elsewhere; only a crash counts here */
	vf_arena_init(&a, block, sizeof(block));
	if (vf_receipt_keys_parse(vf_bytes_str(PINNED), &a, &keys, NULL) != VF_OK)
		abort();
	vf_ignore(vf_receipt_check_signature(&r, &keys, NULL, NULL)); /* as above */
	return 0;
}
