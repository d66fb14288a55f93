/* The command line of trialverify: arguments that end in NUL, as vf_options_parse() gets them. */
#include <stdlib.h>

#include "verify/options.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "trialverify", text[4096];
	char *argv[130] = {name};
	struct vf_bytes in = vf_bytes(text, size), arg;
	struct vf_options o;
	struct vf_err err = {0};
	int argc = 1;

	if (size >= sizeof(text))
		return 0;
	if (size)
		memcpy(text, data, size);
	while (argc < 128 && vf_take_until(&in, 0, &arg))
		argv[argc++] = (char *)(uintptr_t)arg.p;
	if (vf_options_parse(argc, argv, &o, &err) != VF_OK && (err.rc == VF_OK || !vf_text_is_plain(vf_bytes_str(err.text))))
		abort();
	vf_options_done(&o);
	return 0;
}
