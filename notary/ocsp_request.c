#include "notary/ocsp_request.h"

#include "notary/der_out.h"
#include "verify/hash.h"

/* The octets of subjectPublicKey, without the BIT STRING's head and its count of unused bits (RFC 6960 4.1.1). */
static bool key_octets(const struct vf_cert *issuer, struct vf_bytes *ret)
{
	struct vf_der all, id, key;

	return vf_der_only(issuer->spki, VF_DER_SEQUENCE, &all) && vf_der_take_tag(&all.body, VF_DER_SEQUENCE, &id) &&
		vf_der_only(all.body, VF_DER_BIT_STRING, &key) && vf_der_bits(key.body, ret);
}

static enum vf_rc put_hash(struct nt_buf *out, struct vf_bytes of, struct vf_err *reterr)
{
	struct vf_digest d;
	enum vf_rc rc = vf_digest(VF_SHA1, of, &d, reterr);

	if (rc == VF_OK)
		nt_der_put(out, VF_DER_OCTET_STRING, vf_digest_bytes(&d));
	return rc;
}

/*
 * CertID by SHA-1: responders look answers up by it, and RFC 5019 2.1.1 lets them know no other. Nothing rests on the
 * hash: what an answer is about is compared with the certificate at hand, and the answer's own signature is judged by
 * its algorithm.
 */
static enum vf_rc put_cert_id(
	struct nt_buf *out, const struct vf_cert *cert, struct vf_bytes key, struct vf_err *reterr)
{
	size_t id = nt_der_begin(out), alg = id;
	enum vf_rc rc;

	/* parameters NULL, as in the example of RFC 5019 and in what others send: some responders compare octets */
	nt_der_put(out, VF_DER_OID, vf_alg_oid(VF_SHA1));
	nt_der_put(out, VF_DER_NULL, vf_bytes(NULL, 0));
	nt_der_end(out, alg, VF_DER_SEQUENCE);
	rc = put_hash(out, cert->issuer, reterr);
	if (rc == VF_OK)
		rc = put_hash(out, key, reterr);
	nt_der_put(out, VF_DER_INTEGER, cert->serial);
	nt_der_end(out, id, VF_DER_SEQUENCE);
	return rc;
}

VF_RC nt_ocsp_request_put(struct nt_buf *out, const struct vf_cert *cert, const struct vf_cert *issuer,
	struct vf_err *reterr)
{
	size_t start = out->n, at = nt_der_begin(out);
	struct vf_bytes key;
	enum vf_rc rc;

	if (!key_octets(issuer, &key))
		return vf_fail(reterr, VF_CERT_SHAPE, "the key of '%s' cannot be read", issuer->facts.name);
	rc = put_cert_id(out, cert, key, reterr);
	/* OCSPRequest { TBSRequest { requestList { Request { CertID } } } } */
	for (int i = 0; i < 4; i++)
		nt_der_end(out, at, VF_DER_SEQUENCE);
	if (rc == VF_OK)
		rc = nt_buf_check(out, reterr);
	if (rc != VF_OK)
		out->n = start;
	return rc;
}
