#include "verify/sigalg.h"

#include "verify/algorithm.h"
#include "verify/der.h"

#define PKCS1(last) 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last}
#define X962(last) 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last}
#define NIST_SIG(last) 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last}

enum parameters {
	ABSENT,
	NULL_OR_ABSENT, /* RFC 4055 wants NULL; some signers leave it out */
	PSS,
};

static const struct scheme {
	uint8_t n, oid[9];
	enum vf_scheme scheme;
	enum vf_alg digest;
	enum parameters parameters;
} schemes[] = {
	{PKCS1(1), VF_SCHEME_RSA_PKCS1, VF_ALG_NONE, NULL_OR_ABSENT},
	{PKCS1(5), VF_SCHEME_RSA_PKCS1, VF_SHA1, NULL_OR_ABSENT},
	{PKCS1(10), VF_SCHEME_RSA_PSS, VF_ALG_NONE, PSS},
	{PKCS1(11), VF_SCHEME_RSA_PKCS1, VF_SHA256, NULL_OR_ABSENT},
	{PKCS1(12), VF_SCHEME_RSA_PKCS1, VF_SHA384, NULL_OR_ABSENT},
	{PKCS1(13), VF_SCHEME_RSA_PKCS1, VF_SHA512, NULL_OR_ABSENT},
	{NIST_SIG(14), VF_SCHEME_RSA_PKCS1, VF_SHA3_256, NULL_OR_ABSENT},
	{NIST_SIG(15), VF_SCHEME_RSA_PKCS1, VF_SHA3_384, NULL_OR_ABSENT},
	{NIST_SIG(16), VF_SCHEME_RSA_PKCS1, VF_SHA3_512, NULL_OR_ABSENT},
	{7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01}, VF_SCHEME_ECDSA, VF_SHA1, ABSENT},
	{X962(2), VF_SCHEME_ECDSA, VF_SHA256, ABSENT},
	{X962(3), VF_SCHEME_ECDSA, VF_SHA384, ABSENT},
	{X962(4), VF_SCHEME_ECDSA, VF_SHA512, ABSENT},
	{NIST_SIG(10), VF_SCHEME_ECDSA, VF_SHA3_256, ABSENT},
	{NIST_SIG(11), VF_SCHEME_ECDSA, VF_SHA3_384, ABSENT},
	{NIST_SIG(12), VF_SCHEME_ECDSA, VF_SHA3_512, ABSENT},
	{3, {0x2b, 0x65, 0x70}, VF_SCHEME_ED25519, VF_ALG_NONE, ABSENT},
};

/* Signatures over MD2, MD4 and MD5. */
static const uint8_t md_with_rsa[] = {2, 3, 4};

static bool split(struct vf_bytes der, struct vf_bytes *ret_oid, struct vf_bytes *ret_parameters)
{
	struct vf_der whole, oid;

	if (!vf_der_only(der, VF_DER_SEQUENCE, &whole) || !vf_der_take_tag(&whole.body, VF_DER_OID, &oid) ||
		!vf_der_is_oid(oid.body))
		return false;
	*ret_oid = oid.body;
	*ret_parameters = whole.body;
	return true;
}

static bool is_null_or_absent(struct vf_bytes parameters)
{
	struct vf_der null;

	return parameters.n == 0 || (vf_der_only(parameters, VF_DER_NULL, &null) && null.body.n == 0);
}

VF_RC vf_hashalg_read(struct vf_bytes der, enum vf_rc shape, enum vf_alg *ret, struct vf_err *reterr)
{
	struct vf_bytes oid, parameters;

	if (!split(der, &oid, &parameters) || !is_null_or_absent(parameters))
		return vf_fail(reterr, shape, "malformed identifier of a hash algorithm");
	return vf_alg_of_oid(oid, "hash", ret, reterr);
}

/* MGF1 is the only mask generation function there is (RFC 4055 2.2). */
static enum vf_rc read_mgf(struct vf_bytes der, enum vf_rc shape, enum vf_alg *ret, struct vf_err *reterr)
{
	static const uint8_t mgf1[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08};
	struct vf_bytes oid, parameters;

	if (!split(der, &oid, &parameters))
		return vf_fail(reterr, shape, "malformed RSA-PSS parameters");
	if (!vf_bytes_eq(oid, vf_bytes(mgf1, sizeof(mgf1))))
		return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "unknown mask generation function");
	return vf_hashalg_read(parameters, shape, ret, reterr);
}

/* RFC 4055 3.1: every field has a default, which comes from the days of SHA-1. */
static enum vf_rc read_pss(struct vf_bytes der, enum vf_rc shape, struct vf_sigalg *ret, struct vf_err *reterr)
{
	struct vf_der all, hash, mgf, salt, trailer, value;
	bool has_hash, has_mgf, has_salt, has_trailer;
	uint64_t n = 20, t = 1;
	enum vf_rc rc;

	ret->digest = ret->mgf = VF_SHA1;
	if (!vf_der_only(der, VF_DER_SEQUENCE, &all) ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT(0), &hash, &has_hash) ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT(1), &mgf, &has_mgf) ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT(2), &salt, &has_salt) ||
		!vf_der_take_optional(&all.body, VF_DER_CONTEXT(3), &trailer, &has_trailer) || all.body.n != 0)
		return vf_fail(reterr, shape, "malformed RSA-PSS parameters");
	if (has_salt && (!vf_der_only(salt.body, VF_DER_INTEGER, &value) || !vf_der_uint(value.body, &n) ||
		n > VF_DIGEST_MAX))
		return vf_fail(reterr, shape, "malformed RSA-PSS salt length");
	if (has_trailer && (!vf_der_only(trailer.body, VF_DER_INTEGER, &value) || !vf_der_uint(value.body, &t) ||
		t != 1))
		return vf_fail(reterr, shape, "malformed RSA-PSS trailer");
	ret->salt = (uint8_t)n;
	if (has_hash && (rc = vf_hashalg_read(hash.body, shape, &ret->digest, reterr)) != VF_OK)
		return rc;
	if (has_mgf && (rc = read_mgf(mgf.body, shape, &ret->mgf, reterr)) != VF_OK)
		return rc;
	return VF_OK;
}

static enum vf_rc unknown(struct vf_bytes oid, struct vf_err *reterr)
{
	struct vf_bytes pkcs1 = vf_bytes(schemes[0].oid, 8), head;
	char text[80];

	if (oid.n == 9 && vf_bytes_slice(oid, 0, 8, &head) && vf_bytes_eq(head, pkcs1))
		for (size_t i = 0; i < sizeof(md_with_rsa); i++)
			if (oid.p[8] == md_with_rsa[i])
				return vf_fail(reterr, VF_WEAK_ALGORITHM, "signature: MD5 and its like never count");
	vf_der_oid_text(oid, text, sizeof(text));
	return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "unknown signature algorithm '%s'", text);
}

VF_RC vf_sigalg_read(struct vf_bytes der, enum vf_rc shape, struct vf_sigalg *ret, struct vf_err *reterr)
{
	const struct scheme *s = NULL;
	struct vf_bytes oid, parameters;
	struct vf_sigalg alg = {0};
	enum vf_rc rc;

	if (!split(der, &oid, &parameters))
		return vf_fail(reterr, shape, "malformed identifier of a signature algorithm");
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]) && !s; i++)
		if (vf_bytes_eq(oid, vf_bytes(schemes[i].oid, schemes[i].n)))
			s = &schemes[i];
	if (!s)
		return unknown(oid, reterr);
	alg.scheme = s->scheme;
	alg.digest = s->digest;
	if (s->parameters == PSS) {
		rc = read_pss(parameters, shape, &alg, reterr);
		if (rc != VF_OK)
			return rc;
	} else if (s->parameters == ABSENT ? parameters.n != 0 : !is_null_or_absent(parameters)) {
		return vf_fail(reterr, shape, "surplus parameters of a signature algorithm");
	}
	*ret = alg;
	return VF_OK;
}

bool vf_sigalg_eq(const struct vf_sigalg *a, const struct vf_sigalg *b)
{
	return a->scheme == b->scheme && a->digest == b->digest && a->mgf == b->mgf && a->salt == b->salt;
}
