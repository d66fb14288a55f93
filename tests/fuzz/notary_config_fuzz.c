/* trialnotary.conf: nt_config_parse(), and that what was read writes back to the same settings. */
#include <stdlib.h>

#include "notary/config.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nt_buf out = nt_buf(1 << 16), again = nt_buf(1 << 16);
	struct nt_config c, d;
	struct vf_err err = {0};

	if (nt_config_parse(vf_bytes(data, size), &c, &err) != VF_OK) {
		if (err.rc == VF_OK || err.text[0] == '\0' || !vf_text_is_plain(vf_bytes_str(err.text)))
			abort();
		return 0;
	}
	nt_config_put(&out, &c);
	if (nt_config_parse(nt_buf_bytes(&out), &d, NULL) != VF_OK)
		abort();
	nt_config_put(&again, &d);
	if (!vf_bytes_eq(nt_buf_bytes(&out), nt_buf_bytes(&again)))
		abort();
	nt_buf_done(&out);
	nt_buf_done(&again);
	return 0;
}
