#include "verify/cms.h"

#include <openssl/cms.h>

#include "tests/unit/pki_maker.h"
#include "verify/ess.h"
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
	/* a MAC beside the signature */
	s.attrs = make_attr("1.2.840.113549.1.9.52", DER(VF_DER_SEQUENCE, sha256, make_der(VF_DER_CONTEXT(1), ecdsa256),
		make_der(VF_DER_CONTEXT(2), make_oid("1.2.840.113549.2.9"))));
	CHECK_RC(check_spec(&s), VF_CMS_SHAPE);
	/* without signed attributes, whatever the algorithms are */
	s = good();
	s.no_attrs = true;
	s.sigalg = DER(VF_DER_SEQUENCE, ecdsa384);
	CHECK_RC(check_spec(&s), VF_CMS_SHAPE);
}

/* ESSCertIDv2 that cannot be read is malformed, not a reference to another certificate. */
static void test_ess_shape(void)
{
	struct vf_bytes hash = make_digest(VF_SHA256, cert), right = make_der(VF_DER_OCTET_STRING, hash);
	struct vf_bytes name = DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(4), make_name_der("Example Root")));
	struct vf_bytes rows[] = {make_der(VF_DER_OCTET_STRING, vf_bytes(hash.p, 31)), make_int(1), JOIN(right, make_int(1)),
		JOIN(right, DER(VF_DER_SEQUENCE, name)), JOIN(right, DER(VF_DER_SEQUENCE, make_int(77), name)),
		JOIN(right, DER(VF_DER_SEQUENCE, make_der(VF_DER_SEQUENCE, make_name_der("Example Root")), make_int(77))), right};
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	struct cms_spec s = good();

	s.ess = ESS_NONE;
	for (size_t i = 0; i < n; i++) {
		s.attrs = make_attr("1.2.840.113549.1.9.16.2.47",
			DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_der(VF_DER_SEQUENCE, rows[i]))));
		CHECK_RC(check_spec(&s), i + 1 < n ? VF_CMS_SHAPE : VF_OK);
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
			/* the NULL beside a hash */
			CHECK(!(s.signed_attrs.p <= at && at < s.signed_attrs.p + s.signed_attrs.n));
			CHECK(!(s.signature.p <= at && at < s.signature.p + s.signature.n));
			CHECK(!(s.certificates.p <= at && at < s.certificates.p + s.certificates.n));
		}
		*at ^= (uint8_t)(1u << i % 8);
	}
	vf_pki_free(p);
}

/* RFC 5652 5.1, row by row; every other version is refused. */
static void test_version(void)
{
	static const char data_type[] = "1.2.840.113549.1.7.1";
	struct vf_bytes seq = DER(VF_DER_SEQUENCE, make_int(1));
	struct vf_bytes v1_attr = make_der(VF_DER_CONTEXT(1), seq), v2_attr = make_der(VF_DER_CONTEXT(2), seq);
	struct vf_bytes other_cert = make_der(VF_DER_CONTEXT(3), seq), old = make_der(VF_DER_CONTEXT(0), seq);
	struct vf_bytes crl = make_file("crl-before.der"), other = make_der(VF_DER_CONTEXT(1), make_oid("1.2.3"));
	const struct {
		const char *type; /* NULL: id-ct-TSTInfo */
		struct vf_bytes certs, crls;
		bool by_key_id;
		unsigned accepted; /* bit v: version v */
	} rows[] = {
		{data_type, cert, NOTHING, false, 1u << 1},
		{data_type, NOTHING, NOTHING, false, 1u << 1},
		{data_type, cert, crl, false, 1u << 1},
		{data_type, JOIN(cert, old), NOTHING, false, 1u << 1},
		{data_type, cert, crl, true, 1u << 3},
		{data_type, JOIN(cert, v1_attr), NOTHING, false, 1u << 3},
		{data_type, JOIN(v2_attr, cert, v1_attr), NOTHING, false, 1u << 4},
		{data_type, JOIN(cert, other_cert, v2_attr), NOTHING, false, 1u << 5},
		{NULL, cert, NOTHING, false, 1u << 3},
		{NULL, cert, crl, false, 1u << 3},
		{NULL, JOIN(cert, v2_attr), NOTHING, true, 1u << 4},
		{NULL, JOIN(cert, other_cert), other, false, 1u << 5},
		/* revocation data of an 'other' form: as demanded, or as before it was added */
		{data_type, cert, JOIN(crl, other), false, 1u << 1 | 1u << 5},
		{data_type, cert, other, true, 1u << 3 | 1u << 5},
		{NULL, cert, other, false, 1u << 3 | 1u << 5},
		{NULL, JOIN(cert, v2_attr), other, false, 1u << 4 | 1u << 5},
		/* forms that are none */
		{NULL, JOIN(cert, make_int(1)), NOTHING, false, 0},
		{NULL, JOIN(cert, make_der(VF_DER_CONTEXT(4), seq)), NOTHING, false, 0},
		{NULL, cert, make_int(1), false, 0},
		{NULL, cert, make_der(VF_DER_CONTEXT(0), seq), false, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint8_t v = 1; v < 8; v++) {
			struct cms_spec s = good();
			struct vf_signed r;
			struct vf_err err;
			enum vf_rc rc;

			s.content_type = rows[i].type;
			s.certs = rows[i].certs;
			s.crls = rows[i].crls;
			s.by_key_id = rows[i].by_key_id;
			s.version = v;
			rc = vf_cms_parse(make_cms(&s), VF_CMS_TOKEN, &r, &err);
			if (rc != (rows[i].accepted >> v & 1 ? VF_OK : VF_TS_SHAPE))
				CHECK_FAIL("row %zu, version %u: %s", i, v, vf_rc_name(rc));
		}
	}
}

/* OpenSSL adds a CRL to a token: the version stays and is still right. */
static void test_version_openssl(void)
{
	struct vf_bytes der = make_file("p256-certs.tst"), crl_der = make_file("crl-before.der"), got;
	const unsigned char *p = der.p, *q = crl_der.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	X509_CRL *crl = d2i_X509_CRL(NULL, &q, (long)crl_der.n);
	unsigned char *out = NULL;
	bool is_ocsp = true;
	struct vf_signed s;
	struct vf_err err;
	int n;

	MUST(cms && crl && CMS_add1_crl(cms, crl) == 1);
	n = i2d_CMS_ContentInfo(cms, &out);
	MUST(n > 0);
	CHECK_RC(vf_cms_parse(vf_bytes(out, (size_t)n), VF_CMS_TOKEN, &s, &err), VF_OK);
	CHECK(vf_cms_take_revocation(&s.crls, &is_ocsp, &got) && !is_ocsp);
	CHECK_BYTES(got, crl_der);
	OPENSSL_free(out);
	X509_CRL_free(crl);
	CMS_ContentInfo_free(cms);
}

/* A signature with these SignerInfos, by its parts. */
static struct vf_bytes with_signers(uint8_t version, struct vf_bytes signers)
{
	return DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.2"),
		make_der(VF_DER_CONTEXT(0),
			DER(VF_DER_SEQUENCE, make_int(version), make_der(VF_DER_SET, make_alg(VF_SHA256)),
				DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.1")),
				make_der(VF_DER_CONTEXT(0), cert), make_der(VF_DER_SET, signers))));
}

/* One of several signers; tokens and signatures of ours have one. */
static void test_signers(void)
{
	struct cms_spec spec = good(), other = good();
	struct vf_bytes alg = make_alg(VF_SHA256), first = make_signer(&spec, VF_SHA256, alg), second, many, odd;
	size_t n = 0;
	struct vf_signed s;
	struct vf_err err;

	other.by_key_id = true;
	other.unsigned_attrs = make_attr("1.2.3", make_int(1));
	second = make_signer(&other, VF_SHA256, alg);
	many = with_signers(3, JOIN(first, second, first));
	CHECK_RC(vf_cms_parse(many, VF_CMS_SUBMITTER, &s, &err), VF_CMS_SHAPE);
	CHECK_RC(vf_cms_parse(many, VF_CMS_TOKEN, &s, &err), VF_TS_SHAPE);
	for (size_t i = 0; i < 3; i++) {
		n = 0;
		CHECK_RC(vf_cms_parse_signer(many, VF_CMS_SUBMITTER, i, &n, &s, &err), VF_OK);
		CHECK_INT(n, 3);
		CHECK_INT(s.by_key_id, i == 1);
		CHECK_INT(s.unsigned_attrs.n != 0, i == 1);
	}
	CHECK_RC(vf_cms_parse_signer(many, VF_CMS_SUBMITTER, 3, &n, &s, &err), VF_CMS_SHAPE);
	/* any signer of version 3 makes it version 3 */
	CHECK_RC(vf_cms_parse_signer(with_signers(1, JOIN(first, second)), VF_CMS_SUBMITTER, 0, &n, &s, &err), VF_CMS_SHAPE);
	CHECK_RC(vf_cms_parse_signer(with_signers(1, JOIN(first, first)), VF_CMS_SUBMITTER, 1, &n, &s, &err), VF_OK);
	CHECK_INT(n, 2);
	/* none at all */
	n = 7;
	CHECK_RC(vf_cms_parse_signer(with_signers(1, NOTHING), VF_CMS_SUBMITTER, 0, &n, &s, &err), VF_CMS_SHAPE);
	CHECK_INT(n, 0);
	CHECK_RC(vf_cms_parse(with_signers(1, NOTHING), VF_CMS_SUBMITTER, &s, &err), VF_CMS_SHAPE);
	/* a signer whose algorithm nobody knows spoils itself alone */
	other = good();
	other.sigalg = DER(VF_DER_SEQUENCE, make_oid("1.2.3.4"));
	other.signature = vf_bytes_str("unknown");
	odd = with_signers(1, JOIN(make_signer(&other, VF_SHA256, alg), first));
	n = 0;
	CHECK_RC(vf_cms_parse_signer(odd, VF_CMS_SUBMITTER, 0, &n, &s, &err), VF_UNKNOWN_ALGORITHM);
	CHECK_INT(n, 2);
	CHECK_RC(vf_cms_parse_signer(odd, VF_CMS_SUBMITTER, 1, &n, &s, &err), VF_OK);
	/* but each must be one, of a version that exists */
	CHECK_RC(vf_cms_parse_signer(with_signers(1, JOIN(first, make_int(1))), VF_CMS_SUBMITTER, 0, &n, &s, &err),
		VF_CMS_SHAPE);
	CHECK_RC(vf_cms_parse_signer(with_signers(1, JOIN(first, DER(VF_DER_SEQUENCE, make_int(2)))), VF_CMS_SUBMITTER, 0,
			 &n, &s, &err),
		VF_CMS_SHAPE);
	for (many = first, n = 1; n < VF_MAX_SIGNERS; n *= 2)
		many = JOIN(many, many);
	CHECK_RC(vf_cms_parse_signer(with_signers(1, many), VF_CMS_SUBMITTER, VF_MAX_SIGNERS - 1, &n, &s, &err), VF_OK);
	CHECK_INT(n, VF_MAX_SIGNERS);
	CHECK_RC(vf_cms_parse_signer(with_signers(1, JOIN(many, first)), VF_CMS_SUBMITTER, 0, &n, &s, &err), VF_LIMIT);
}

/* docs/decisions/0009-esscertid-v1.md; with both attributes each must name the certificate. */
static void test_ess(void)
{
	static const struct {
		const char *at;
		enum vf_rc v1, v2;
	} rows[] = {
		{"2024-06-01T00:00:00Z", VF_OK, VF_OK},
		{"2030-12-31T23:59:59.999Z", VF_OK, VF_OK},
		{"2031-01-01T00:00:00Z", VF_WEAK_ALGORITHM, VF_OK},
		{"2040-01-01T00:00:00Z", VF_WEAK_ALGORITHM, VF_OK},
	};
	struct vf_bytes id1 = make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, vf_bytes_str("another")));
	struct vf_bytes id2 = DER(VF_DER_SEQUENCE, make_alg(VF_SHA1), make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, cert)));
	struct cms_spec spec = good();
	struct vf_signed v1, both, v2;
	struct vf_err err;

	spec.ess = ESS_V1;
	CHECK_RC(vf_cms_parse(make_cms(&spec), VF_CMS_SUBMITTER, &v1, &err), VF_OK);
	spec.ess = ESS_BOTH;
	CHECK_RC(check_spec(&spec), VF_OK);
	CHECK_RC(vf_cms_parse(make_cms(&spec), VF_CMS_SUBMITTER, &both, &err), VF_OK);
	CHECK(vf_ess_is_sha1_only(&v1) && !vf_ess_is_sha1_only(&both));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_RC(vf_ess_check_algorithm(&v1, make_time(rows[i].at), &err), rows[i].v1);
		CHECK_RC(vf_ess_check_algorithm(&both, make_time(rows[i].at), &err), rows[i].v2);
	}
	CHECK_INT(vf_ess_until(&v1), make_time("2031-01-01T00:00:00Z"));
	/* the right v2 beside a v1 of another certificate, and the other way round */
	spec.ess = ESS_V2;
	spec.attrs = make_attr("1.2.840.113549.1.9.16.2.12", DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, id1))));
	CHECK_RC(check_spec(&spec), VF_SIGNER_MISMATCH);
	spec.ess = ESS_V1;
	spec.attrs = make_attr("1.2.840.113549.1.9.16.2.47",
		DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE,
			DER(VF_DER_SEQUENCE, make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA256, vf_bytes_str("another")))))));
	CHECK_RC(check_spec(&spec), VF_SIGNER_MISMATCH);
	/* an ESSCertIDv2 by SHA-1 is judged as SHA-1 */
	spec.ess = ESS_NONE;
	spec.attrs = make_attr("1.2.840.113549.1.9.16.2.47", DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, id2)));
	CHECK_RC(vf_cms_parse(make_cms(&spec), VF_CMS_SUBMITTER, &v2, &err), VF_OK);
	CHECK(!vf_ess_is_sha1_only(&v2));
	CHECK_RC(check_spec(&spec), VF_WEAK_ALGORITHM);
	CHECK_INT(vf_ess_until(&v2), make_time("2011-01-01T00:00:00Z"));
	/* no attribute, and one that cannot be read, are not strong at any time */
	v2.ess_v2 = NOTHING;
	CHECK_INT(vf_ess_until(&v2), INT64_MIN);
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
	test_ess_shape();
	test_lists();
	test_parse();
	test_version();
	test_version_openssl();
	test_signers();
	test_ess();
	test_every_bit();
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(ed25519);
	EVP_PKEY_free(root_key);
	return check_done();
}
