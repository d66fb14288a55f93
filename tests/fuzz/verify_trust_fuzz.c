/* A trust directory: files with a name and a 16-bit length before each, as vf_session_new() gets them. */
#include <stdlib.h>

#include "verify/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"policy.json", "streams/a.json", "submitters/a.pem", "tlog-policy", "tsa/embedded.pem"};
	static uint8_t *block;
	struct vf_trust_file files[5];
	struct vf_session_options options = {.files = files, .at = INT64_C(1800000000000), .n_inputs = 1};
	struct vf_bytes in = vf_bytes(data, size), b, name;
	struct vf_err err = {0};
	struct vf_session *s = NULL;
	struct vf_hash digest;
	uint8_t which;
	uint16_t n;

	if (!block)
		block = malloc(VF_SESSION_MEMORY);
	if (!block)
		abort();
	if (!vf_take_u8(&in, &which))
		return 0;
	for (size_t i = 0; i < 5; i++)
		if ((which >> i & 1) && vf_take_u16be(&in, &n) && vf_take(&in, n, &b))
			files[options.n_files++] = (struct vf_trust_file){names[i], b};
	if (vf_session_new(&options, block, VF_SESSION_MEMORY, &s, &err) != VF_OK) {
		if (err.rc == VF_OK || err.text[0] == '\0')
			abort();
		return 0;
	}
	/* without a policy there is no trust */
	if (vf_session_policy(s, &name, &digest) != (options.n_files > 0))
		abort();
	vf_session_free(s);
	return 0;
}
