#include "notary/tsa_token.h"

#include "notary/cms_out.h"
#include "notary/der_out.h"

#define CAP 16384

/* id-ct-TSTInfo */
static const uint8_t OID_TST_INFO[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04};

/* Accuracy { seconds } or { millis [0] }: the configuration allows 1 ms to 1 s. */
static void put_accuracy(struct nt_buf *b, uint32_t ms)
{
	size_t at = nt_der_begin(b);

	if (ms >= 1000)
		nt_der_put_uint(b, VF_DER_INTEGER, ms / 1000);
	if (ms % 1000)
		nt_der_put_uint(b, VF_DER_CONTEXT_PRIMITIVE(0), ms % 1000);
	nt_der_end(b, at, VF_DER_SEQUENCE);
}

/* TSTInfo (RFC 3161 2.4.2) without ordering, tsa and extensions. */
static VF_RC put_info(const struct nt_tsa_token *t, struct nt_buf *b, struct vf_err *reterr)
{
	size_t info = nt_der_begin(b), at;

	nt_der_put_uint(b, VF_DER_INTEGER, 1);
	nt_der_put(b, VF_DER_OID, t->policy);
	at = nt_der_begin(b);
	nt_der_put_algorithm(b, vf_alg_oid(t->imprint->alg));
	nt_der_put(b, VF_DER_OCTET_STRING, vf_digest_bytes(t->imprint));
	nt_der_end(b, at, VF_DER_SEQUENCE);
	nt_der_put(b, VF_DER_INTEGER, t->serial);
	nt_der_put_generalized_time(b, VF_DER_GENERALIZED_TIME, t->gen_ms);
	put_accuracy(b, t->accuracy_ms);
	if (t->nonce.n)
		nt_der_put(b, VF_DER_INTEGER, t->nonce);
	nt_der_end(b, info, VF_DER_SEQUENCE);
	return nt_buf_check(b, reterr);
}

VF_RC nt_tsa_token_put(const struct nt_tsa_token *t, struct nt_buf *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf info = nt_buf(CAP);
	VF_CLEANUP(nt_buf_done) struct nt_buf attributes = nt_buf(CAP);
	VF_CLEANUP(nt_buf_done) struct nt_buf signature = nt_buf(CAP);
	struct nt_cms cms = {.type = vf_bytes(OID_TST_INFO, sizeof(OID_TST_INFO)),
		.cert = t->cert,
		.no_certificate = t->no_certificate,
		.crl = t->crl,
		.time_ms = t->gen_ms};
	enum vf_rc rc;

	if (t->imprint->alg != VF_SHA256 && t->imprint->alg != VF_SHA384 && t->imprint->alg != VF_SHA512)
		return vf_fail(reterr, VF_UNSUPPORTED, "an imprint of '%s' cannot be time-stamped here",
			vf_alg_name(t->imprint->alg));
	rc = put_info(t, &info, reterr);
	if (rc != VF_OK)
		return rc;
	cms.content = nt_buf_bytes(&info);
	rc = nt_cms_attributes(&cms, &attributes, reterr);
	if (rc == VF_OK)
		rc = (t->unchecked ? nt_signer_sign_unchecked : nt_signer_sign)(
			t->key, nt_buf_bytes(&attributes), &signature, reterr);
	if (rc == VF_OK)
		rc = nt_cms_put(&cms, nt_buf_bytes(&attributes), nt_signer_algorithm(t->key), nt_buf_bytes(&signature),
			ret, reterr);
	return rc;
}
