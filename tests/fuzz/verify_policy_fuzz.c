/* policy.json and stream pins of a trust directory. */
#include "verify/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[1 << 20];
	struct vf_stream_pin pin;
	struct vf_policy p;
	struct vf_arena a;

	vf_arena_init(&a, block, sizeof(block));
	/* a policy that no authority meets is never met */
	if (vf_policy_parse(vf_bytes(data, size), &a, &p, NULL) == VF_OK && vf_policy_check(&p, NULL, 0, INT64_MAX, NULL) == VF_OK)
		__builtin_trap();
	vf_ignore(vf_stream_pin_parse(vf_bytes(data, size), &pin, NULL)); /* only a crash counts */
	return 0;
}
