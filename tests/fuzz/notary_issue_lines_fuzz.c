/* A day's file of the issue journal: what is accepted is exactly what the writer would write. */
#include <stdlib.h>
#include <string.h>

#include "notary/issue_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size), line, used;
	struct nt_issue_day d = {0}, again = {0};
	struct nt_buf out = nt_buf((size_t)1 << 24);
	bool token, began = false;
	struct nt_issued t;

	for (;;) {
		struct vf_bytes before = in;

		if (!vf_take_line(&in, &line) || nt_issue_line_read(&d, line, &t, &token, NULL) != VF_OK) {
			in = before;
			break;
		}
		if (nt_issue_has_head(&d) && !began) {
			again = d;
			nt_issue_head_put(&again, &out);
			began = true;
		}
		if (token)
			nt_issue_line_put(&again, &t, &out);
		if (d.ended)
			nt_issue_end_put(&again, &out);
		if (token && line.n > NT_ISSUE_MAX_LINE)
			abort();
	}
	if (!vf_bytes_slice(vf_bytes(data, size), 0, size - in.n, &used))
		abort();
	if (began && (!vf_bytes_eq(nt_buf_bytes(&out), used) || memcmp(&d.chain, &again.chain, sizeof(d.chain)) != 0 ||
		d.next != again.next || d.tokens != again.tokens || d.ended != again.ended))
		abort();
	nt_buf_done(&out);
	return 0;
}
