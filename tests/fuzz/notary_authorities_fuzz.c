/* authorities.json: nt_authorities_parse(), and that what was read writes back to the same list. */
#include "notary/authorities.h"
#include "tests/fuzz/must.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nt_buf out = nt_buf(NT_AUTHORITIES_MAX), again = nt_buf(NT_AUTHORITIES_MAX);
	struct nt_authorities a, b;
	struct vf_err err = {0};

	if (nt_authorities_parse(vf_bytes(data, size), &a, &err) != VF_OK) {
		MUST(err.rc != VF_OK && err.text[0] != '\0' && vf_text_is_plain(vf_bytes_str(err.text)));
		return 0;
	}
	MUST(a.n <= NT_MAX_AUTHORITIES && a.wanted <= a.n && (a.embedded || a.n > 0));
	nt_authorities_put(&out, &a);
	MUST(nt_authorities_parse(nt_buf_bytes(&out), &b, NULL) == VF_OK);
	nt_authorities_put(&again, &b);
	MUST(!out.failed && vf_bytes_eq(nt_buf_bytes(&out), nt_buf_bytes(&again)));
	nt_buf_done(&out);
	nt_buf_done(&again);
	return 0;
}
