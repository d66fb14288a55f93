/* Heads of requests and bodies in chunks: notary/http_parse.h. The first octet tells which. */
#include <stdlib.h>

#include "notary/http_parse.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_head(struct vf_bytes in)
{
	static struct nt_http_head h;
	size_t whole = 0, at = 0;
	enum nt_http_scan scan = nt_http_head_scan(in, &whole), step = NT_HTTP_MORE;

	/* the end of a head does not depend on how it arrives */
	for (size_t n = 1; n <= in.n && step == NT_HTTP_MORE; n++)
		step = nt_http_head_scan(vf_bytes(in.p, n), &at);
	if (step != scan || (scan == NT_HTTP_WHOLE && at != whole))
		abort();
	if (scan != NT_HTTP_WHOLE)
		return;
	if (nt_http_head_parse(vf_bytes(in.p, whole), &h, NULL) != VF_OK) {
		if (h.status < 400 || h.status > 505)
			abort();
		return;
	}
	if ((h.has_length && h.chunked) || h.path.n == 0 || !vf_text_is_plain(h.path) || h.n_fields > NT_HTTP_MAX_FIELDS ||
		h.n_params > NT_HTTP_MAX_PARAMS || memmem(h.path.p, h.path.n, "/../", 4) != NULL || h.used > sizeof(h.room))
		abort();
	for (size_t i = 0; i < h.n_params; i++)
		if (!vf_text_is_plain(h.params[i].name) || !vf_text_is_plain(h.params[i].value))
			abort();
	nt_http_head_none_match(&h, "\"a\"");
}

/* The body, its data read in pieces of at most step octets; the sum over them is the result. */
static uint64_t read_chunks(struct vf_bytes in, size_t step, bool *ret_done, size_t *ret_rest)
{
	struct nt_http_chunks c = {0};
	uint64_t sum = 1;
	struct vf_bytes part, data;

	while (in.n && !c.done) {
		size_t n = in.n < step ? in.n : step, left;

		part = vf_bytes(in.p, n);
		do {
			left = part.n;
			if (nt_http_chunks_take(&c, &part, &data, NULL) != VF_OK) {
				*ret_done = false;
				return 0;
			}
			for (size_t i = 0; i < data.n; i++)
				sum = sum * 31 + data.p[i];
			if (part.n == left && !c.done && part.n)
				abort(); /* no progress */
		} while (part.n && !c.done);
		in = vf_bytes(in.p + (n - part.n), in.n - (n - part.n));
	}
	*ret_done = c.done;
	*ret_rest = in.n;
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in;
	bool one, two;
	size_t rest_one = 0, rest_two = 0;

	if (size == 0 || size > NT_HTTP_MAX_HEAD)
		return 0;
	in = vf_bytes(data + 1, size - 1);
	if (data[0] != 'c') {
		fuzz_head(in);
		return 0;
	}
	if (read_chunks(in, 1, &one, &rest_one) != read_chunks(in, SIZE_MAX, &two, &rest_two) || one != two ||
		(one && rest_one != rest_two))
		abort();
	return 0;
}
