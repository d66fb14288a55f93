/* The whole path of a bundle without trust: vf_bundle_check() on any bytes. */
#include <stdlib.h>

#include "verify/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *memory, *session_memory;
	static struct vf_session *s;
	static struct vf_report report;
	const struct vf_session_options options = {.at = INT64_C(1800000000000)};
	struct vf_source source = vf_source_of(vf_bytes(data, size));
	struct vf_err err = {0};
	struct vf_arena a;
	enum vf_rc rc;

	if (!memory) {
		memory = malloc(VF_BUNDLE_MEMORY);
		session_memory = malloc(VF_SESSION_MEMORY);
		if (!memory || !session_memory || vf_session_new(&options, session_memory, VF_SESSION_MEMORY, &s, NULL) != VF_OK)
			abort();
	}
	vf_arena_init(&a, memory, VF_BUNDLE_MEMORY);
	rc = vf_bundle_check(s, &a, "input", &source, NULL, 0, &report, &err);
	if (rc != VF_OK && rc != VF_NO_MEMORY)
		abort(); /* whatever is wrong with the input is a verdict */
	if (rc == VF_OK && (report.verdict == VF_VERIFIED || report.verdict == VF_INTACT))
		abort(); /* nobody is trusted here */
	return 0;
}
