/* The JSON adapter: vf_json_parse() and its accessors. */
#include "verify/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"?a", "?schema", NULL};
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_bytes s;

	if (vf_json_parse(vf_bytes(data, size), &doc, NULL) != VF_OK)
		return 0;
	vf_ignore(vf_json_check_names(vf_json_root(doc), names, NULL)); /* only a crash counts */
	if (vf_json_str(vf_json_get(vf_json_root(doc), "a"), &s) && memchr(s.p, 0, s.n))
		__builtin_trap();
	return 0;
}
