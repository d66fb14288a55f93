#include "verify/cms.h"

#include "tests/unit/pki_maker.h"
#include "verify/limits.h"
#include "verify/path.h"

#define AT "2024-06-01T12:00:00Z"

static EVP_PKEY *p256, *p384, *ed25519, *root_key;
static struct vf_bytes cert;

static struct cms_spec good(void)
{
	return (struct cms_spec){.cert = cert, .key = p256, .content_type = "1.2.840.113549.1.7.1",
		.content = vf_bytes_str(DATA), .detached = true, .certs = cert};
}

static enum vf_rc check_over(struct vf_bytes der, const char *content, struct vf_bytes expected)
{
	struct vf_hash h = vf_sha256(expected);
	struct vf_pki *p = vf_pki_new();
	struct vf_cert_facts facts;
	struct vf_bytes octets;
	struct vf_signed s;
	struct vf_err err;
	enum vf_rc rc;

	MUST(p);
	rc = vf_cms_check_detached(p, der, vf_bytes_str(content), &h, make_time(AT), NULL, &facts, &s, &octets, &err);
	if (rc == VF_OK) {
		CHECK_BYTES(octets, expected);
		CHECK(vf_hash_eq(&facts.sha256, &h));
		CHECK(s.detached);
	}
	vf_pki_free(p);
	return rc;
}

static enum vf_rc check_spec(const struct cms_spec *s)
{
	return check_over(make_cms(s), DATA, s->cert);
}

static void test_submitter(void)
{
	struct cms_spec s = good();
	struct vf_bytes other = make_cert(&(struct cert_spec){
		.name = "Other", .key = p256, .issuer_key = root_key, .ext = TSA_EXT});

	CHECK_RC(check_over(make_file("detached.p7s"), DATA, make_file("tsa-p256.der")), VF_OK);
	CHECK_RC(check_spec(&s), VF_OK);
	CHECK_RC(check_over(make_cms(&s), "other data", cert), VF_SIGNATURE);
	CHECK_RC(check_over(make_cms(&s), DATA, other), VF_SIGNER_MISMATCH);
	s.broken_signature = true;
	CHECK_RC(check_spec(&s), VF_SIGNATURE);
	s = good();
	s.detached = false;
	CHECK_RC(check_spec(&s), VF_CMS_SHAPE);
	s = good();
	s.certs = NOTHING;
	CHECK_RC(check_spec(&s), VF_UNKNOWN_SIGNER);
	s = good();
	s.ess = ESS_NONE;
	CHECK_RC(check_spec(&s), VF_CMS_SHAPE);
	s.ess = ESS_OTHER_HASH;
	CHECK_RC(check_spec(&s), VF_SIGNER_MISMATCH);
	s.ess = ESS_V1;
	CHECK_RC(check_spec(&s), VF_OK);
	s = good();
	s.digest = VF_SHA1;
	CHECK_RC(check_spec(&s), VF_WEAK_ALGORITHM);
	s = good();
	s.no_attrs = true;
	CHECK_RC(check_spec(&s), VF_CMS_SHAPE);
	s = good();
	s.second_signer = true;
	CHECK_RC(check_spec(&s), VF_CMS_SHAPE);
	s = good();
	s.key = ed25519;
	s.cert = s.certs = make_cert(&(struct cert_spec){
		.name = "Ed", .key = ed25519, .issuer_key = ed25519, .no_md = true, .ext = TSA_EXT});
	CHECK_RC(check_spec(&s), VF_OK);
	s.broken_signature = true;
	CHECK_RC(check_spec(&s), VF_SIGNATURE);
}

/* RFC 6211: the algorithms are named once more under the signature. */
static void test_protection(void)
{
	struct vf_bytes sha256 = make_alg(VF_SHA256), sha512 = make_alg(VF_SHA512);
	struct vf_bytes ecdsa256 = make_oid("1.2.840.10045.4.3.2"), ecdsa384 = make_oid("1.2.840.10045.4.3.3");
	const struct {
		struct vf_bytes digest, sigalg;
		enum vf_rc rc;
	} rows[] = {
		{sha256, ecdsa256, VF_OK},
		{sha512, ecdsa256, VF_SIGNATURE},
		{sha256, ecdsa384, VF_SIGNATURE},
		{sha256, NOTHING, VF_CMS_SHAPE},
		{NOTHING, ecdsa256, VF_CMS_SHAPE},
	};
	struct cms_spec s = good();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.attrs = make_attr("1.2.840.113549.1.9.52",
			DER(VF_DER_SEQUENCE, rows[i].digest, make_der(VF_DER_CONTEXT(1), rows[i].sigalg)));
		CHECK_RC(check_spec(&s), rows[i].rc);
	}
}

/* The elements of [0] and [1] in any order and of any kind. */
static void test_lists(void)
{
	struct vf_bytes seq = DER(VF_DER_SEQUENCE, make_int(1)), other = make_der(VF_DER_CONTEXT(2), seq), got;
	struct vf_bytes ocsp = DER(VF_DER_CONTEXT(1), make_oid("1.3.6.1.5.5.7.16.2"), seq);
	struct vf_bytes scvp = DER(VF_DER_CONTEXT(1), make_oid("1.3.6.1.5.5.7.16.4"), seq);
	struct vf_bytes in = JOIN(other, seq, other, cert);
	bool is_ocsp = true;

	CHECK(vf_cms_take_cert(&in, &got));
	CHECK_BYTES(got, seq);
	CHECK(vf_cms_take_cert(&in, &got));
	CHECK_BYTES(got, cert);
	CHECK(!vf_cms_take_cert(&in, &got));
	in = JOIN(other, seq, scvp, ocsp);
	CHECK(vf_cms_take_revocation(&in, &is_ocsp, &got));
	CHECK(!is_ocsp);
	CHECK(vf_cms_take_revocation(&in, &is_ocsp, &got));
	CHECK(is_ocsp);
	CHECK_BYTES(got, seq);
	CHECK(!vf_cms_take_revocation(&in, &is_ocsp, &got));
}

/* Not SignedData, or not in one piece. */
static void test_parse(void)
{
	static const char *const types[] = {"1.2.840.113549.1.7.1", "1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.23",
		"1.2.840.113549.1.9.16.1.9", "1.2.840.113549.1.7.5", "1.2.840.113549.1.7.6"};
	struct cms_spec s = good();
	struct vf_bytes der = make_cms(&s), inner;
	struct vf_signed r;
	struct vf_der all, type;
	struct vf_err err;

	CHECK(vf_der_only(der, VF_DER_SEQUENCE, &all) && vf_der_take_tag(&all.body, VF_DER_OID, &type));
	inner = all.body;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		CHECK_RC(vf_cms_parse(DER(VF_DER_SEQUENCE, make_oid(types[i]), inner), VF_CMS_SUBMITTER, &r, &err),
			VF_CMS_SHAPE);
	CHECK_RC(vf_cms_parse(DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.2")), VF_CMS_SUBMITTER, &r, &err),
		VF_CMS_SHAPE);
	CHECK_RC(vf_cms_parse(JOIN(der, der), VF_CMS_SUBMITTER, &r, &err), VF_CMS_SHAPE);
	CHECK_RC(vf_cms_parse(der, VF_CMS_TOKEN, &r, &err), VF_OK);
	CHECK_BYTES(r.type, make_oid(s.content_type));
	CHECK(r.signed_attrs.p[0] == 0xa0 && r.unsigned_attrs.n == 0 && r.crls.n == 0);
	CHECK_BYTES(r.certificates, cert);
	CHECK_RC(vf_cms_parse(vf_bytes(make_room(VF_MAX_TOKEN + 1), VF_MAX_TOKEN + 1), VF_CMS_TOKEN, &r, &err), VF_LIMIT);
	for (size_t i = 0; i < der.n; i++)
		CHECK_RC(vf_cms_parse(vf_bytes(der.p, i), VF_CMS_SUBMITTER, &r, &err), VF_CMS_SHAPE);
}

/* No changed bit is accepted, except where nothing is claimed: the file's certificate is pinned by its hash. */
static void test_every_bit(void)
{
	struct vf_bytes der = make_file("detached.p7s"), signer = make_file("tsa-p256.der");
	struct vf_hash h = vf_sha256(signer);
	struct vf_pki *p = vf_pki_new();
	struct vf_signed s, first;
	struct vf_err err;

	CHECK_RC(vf_cms_check_detached(p, der, vf_bytes_str(DATA), &h, make_time(AT), NULL, NULL, &first, NULL, &err),
		VF_OK);
	for (size_t i = 0; i < der.n * 8; i++) {
		uint8_t *at = (uint8_t *)(uintptr_t)&der.p[i / 8];

		*at ^= (uint8_t)(1u << i % 8);
		if (vf_cms_check_detached(p, der, vf_bytes_str(DATA), &h, make_time(AT), NULL, NULL, &s, NULL, &err) ==
			VF_OK) {
			/* the version of SignedData, the NULL beside a hash */
			CHECK(!(s.signed_attrs.p <= at && at < s.signed_attrs.p + s.signed_attrs.n));
			CHECK(!(s.signature.p <= at && at < s.signature.p + s.signature.n));
			CHECK(!(s.certificates.p <= at && at < s.certificates.p + s.certificates.n));
		}
		*at ^= (uint8_t)(1u << i % 8);
	}
	vf_pki_free(p);
}

int main(void)
{
	p256 = make_key("p256.key");
	p384 = make_key("p384.key");
	ed25519 = make_key("ed25519.key");
	root_key = make_key("root.key");
	cert = make_cert(&(struct cert_spec){.name = "Signer", .key = p256, .issuer_key = root_key, .ext = TSA_EXT});
	test_submitter();
	test_protection();
	test_lists();
	test_parse();
	test_every_bit();
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(ed25519);
	EVP_PKEY_free(root_key);
	return check_done();
}
