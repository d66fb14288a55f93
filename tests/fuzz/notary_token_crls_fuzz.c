/* Exercises nt_token_put_crls(): a length-prefixed token, then the elements to put in. */
#include "notary/token_crls.h"
#include "tests/fuzz/must.h"
#include "verify/der.h"
#include "verify/limits.h"
#include "verify/tst.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same token, and the same octets whatever the order and however often. */
static void check(struct vf_bytes token, const struct nt_buf *made, struct vf_bytes *crls, size_t n)
{
	struct nt_buf again = nt_buf(VF_MAX_TOKEN);
	struct vf_hash was, is;
	struct vf_tst a, b;

	MUST(vf_tst_parse(token, &a, NULL) == VF_OK && vf_tst_parse(nt_buf_bytes(made), &b, NULL) == VF_OK);
	was = vf_tst_id(&a);
	is = vf_tst_id(&b);
	MUST(vf_hash_eq(&was, &is));
	MUST(vf_bytes_eq(a.cms.content, b.cms.content) && vf_bytes_eq(a.cms.certificates, b.cms.certificates));
	MUST(vf_bytes_eq(a.cms.unsigned_attrs, b.cms.unsigned_attrs));
	for (size_t i = 0; i < n / 2; i++) {
		struct vf_bytes kept = crls[i];

		crls[i] = crls[n - 1 - i];
		crls[n - 1 - i] = kept;
	}
	MUST(nt_token_put_crls(&again, token, crls, n, NULL) == VF_OK);
	MUST(vf_bytes_eq(nt_buf_bytes(&again), nt_buf_bytes(made)));
	nt_buf_reset(&again);
	MUST(nt_token_put_crls(&again, nt_buf_bytes(made), crls, n, NULL) == VF_OK);
	MUST(vf_bytes_eq(nt_buf_bytes(&again), nt_buf_bytes(made)));
	nt_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size), token, crls[VF_MAX_CRLS + 1];
	struct nt_buf out = nt_buf(VF_MAX_TOKEN);
	struct vf_der d;
	uint16_t n;
	size_t count = 0;

	if (!vf_take_u16be(&in, &n) || !vf_take(&in, n, &token))
		return 0;
	while (count < VF_MAX_CRLS && vf_der_take(&in, &d))
		crls[count++] = d.whole;
	if (in.n)
		crls[count++] = in;
	if (nt_token_put_crls(&out, token, crls, count, NULL) == VF_OK)
		check(token, &out, crls, count);
	else
		MUST(out.n == 0);
	nt_buf_done(&out);
	return 0;
}
