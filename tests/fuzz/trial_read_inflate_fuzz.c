/* Exercises trial/read/inflate.c: what comes out does not depend on the pieces that go in; a limit is kept. */
#include "tests/fuzz/must.h"
#include "tests/read_pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_OUT 1000000

static uint64_t sum_of(struct vf_bytes in, size_t piece, enum vf_rc *ret_rc)
{
	static struct pieces pieces;
	struct tr_source source = pieces_source(&pieces, in, piece);
	struct tr_inflate *s = NULL;
	struct vf_bytes b;
	uint64_t sum = 0, n = 0;

	*ret_rc = tr_inflate_new(&source, MAX_OUT, &s, NULL);
	while (*ret_rc == VF_OK) {
		*ret_rc = tr_inflate_source(s)->next(tr_inflate_source(s)->ctx, &b, NULL);
		if (*ret_rc != VF_OK || b.n == 0)
			break;
		for (size_t i = 0; i < b.n; i++)
			sum = (sum ^ b.p[i]) * UINT64_C(1099511628211);
		n += b.n;
		MUST(n <= MAX_OUT);
	}
	tr_inflate_free(s);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum vf_rc a, b;
	uint64_t whole = sum_of(vf_bytes(data, size), 4096, &a), parts = sum_of(vf_bytes(data, size), 7, &b);

	MUST(a == b);
	MUST(a == VF_LIMIT || whole == parts);
	return 0;
}
