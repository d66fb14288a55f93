/* Exercises notary/listing.c: what is read as a listing is written as the same octets. */
#include "notary/listing.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static VF_RC collect(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	nt_buf_put(ctx, piece);
	return nt_buf_check(ctx, reterr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nt_buf text = nt_buf(1 << 24);
	struct nt_listing l = {0};

	if (nt_listing_read(vf_bytes(data, size), &l, NULL) == VF_OK) {
		MUST(nt_listing_write(&l, collect, &text, NULL) == VF_OK);
		MUST(vf_bytes_eq(nt_buf_bytes(&text), vf_bytes(data, size)));
	}
	nt_listing_done(&l);
	nt_buf_done(&text);
	return 0;
}
