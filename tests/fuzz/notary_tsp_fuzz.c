/* Time-stamp requests and responses: what is read writes back the same, and the verifier agrees about the token. */
#include "notary/tsp.h"
#include "tests/fuzz/must.h"
#include "verify/text.h"
#include "verify/tst.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct nt_tsp_request *a, const struct nt_tsp_request *b)
{
	return vf_digest_eq(&a->imprint, &b->imprint) && vf_bytes_eq(a->policy, b->policy) &&
		vf_bytes_eq(a->nonce, b->nonce) && a->cert_req == b->cert_req;
}

static void request(struct vf_bytes in)
{
	struct nt_buf out = nt_buf(2 * NT_TSP_MAX_REQUEST);
	struct nt_tsp_request q, again;
	enum nt_tsp_fail fail;
	struct vf_err err = {0};

	if (nt_tsp_request_read(in, &q, &fail, &err) != VF_OK) {
		MUST(err.text[0] != '\0' && vf_text_is_plain(vf_bytes_str(err.text)));
		MUST(nt_tsp_refused_put(&out, fail, err.text, NULL) == VF_OK);
	} else {
		MUST(nt_tsp_request_put(&out, &q, NULL) == VF_OK);
		MUST(out.n == in.n || out.n == in.n + 2); /* the NULL of the algorithm */
		MUST(nt_tsp_request_read(nt_buf_bytes(&out), &again, &fail, NULL) == VF_OK && same(&q, &again));
	}
	nt_buf_done(&out);
}

static void response(struct vf_bytes in)
{
	struct vf_err err = {0};
	struct vf_bytes token;
	struct vf_tst t;
	char text[200];

	nt_tsp_status_text(in, text, sizeof(text));
	MUST(text[0] != '\0' && vf_text_is_plain(vf_bytes_str(text)));
	if (nt_tsp_response_token(in, &token, &err) != VF_OK) {
		MUST(vf_text_is_plain(vf_bytes_str(err.text)));
		return;
	}
	if (vf_tst_parse(token, &t, NULL) == VF_OK)
		MUST(vf_tsr_parse(in, false, &t, NULL) == VF_OK && vf_bytes_eq(t.der, token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request(vf_bytes(data, size));
	response(vf_bytes(data, size));
	return 0;
}
