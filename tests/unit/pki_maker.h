/*
 * Makes certificates, CRLs and CMS signatures for tests, each field at will.
 *
 * Everything lives in one static block, so that tests need not free. Keys come
 * from tests/vectors/tst. Faults of the maker end the test at once.
 */
#ifndef TESTS_PKI_MAKER_H
#define TESTS_PKI_MAKER_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/check.h"
#include "verify/cms.h"
#include "verify/der.h"
#include "verify/hash.h"

#define MAKER __attribute__((unused)) static
#define MUST(x)                                                                                            \
	do {                                                                                               \
		if (!(x)) {                                                                                \
			fprintf(stderr, "%s:%d: the maker failed: %s\n", __FILE__, __LINE__, #x);          \
			exit(1);                                                                           \
		}                                                                                          \
	} while (0)

/* bytes */

static uint8_t maker_block[16 << 20];
static size_t maker_used;

MAKER uint8_t *make_room(size_t n)
{
	uint8_t *p = maker_block + maker_used;

	MUST(n <= sizeof(maker_block) - maker_used);
	maker_used += n;
	return p;
}

MAKER struct vf_bytes make_copy(struct vf_bytes b)
{
	uint8_t *p = make_room(b.n);

	if (b.n)
		memcpy(p, b.p, b.n);
	return vf_bytes(p, b.n);
}

MAKER struct vf_bytes make_join(const struct vf_bytes *parts, size_t n)
{
	size_t all = 0;
	uint8_t *p;

	for (size_t i = 0; i < n; i++)
		all += parts[i].n;
	p = make_room(all);
	all = 0;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n)
			memcpy(p + all, parts[i].p, parts[i].n);
		all += parts[i].n;
	}
	return vf_bytes(p, all);
}

MAKER struct vf_bytes make_der(uint8_t tag, struct vf_bytes body)
{
	uint8_t head[VF_DER_HEAD];
	struct vf_bytes parts[] = {vf_bytes(head, vf_der_head(tag, body.n, head)), body};

	return make_join(parts, 2);
}

#define PARTS(...) (const struct vf_bytes[]){__VA_ARGS__}, sizeof((const struct vf_bytes[]){__VA_ARGS__}) / sizeof(struct vf_bytes)
#define JOIN(...) make_join(PARTS(__VA_ARGS__))
#define DER(tag, ...) make_der((tag), JOIN(__VA_ARGS__))
#define NOTHING vf_bytes(NULL, 0)

MAKER struct vf_bytes make_oid(const char *text)
{
	ASN1_OBJECT *o = OBJ_txt2obj(text, 1);
	struct vf_bytes r;

	MUST(o);
	r = make_der(VF_DER_OID, vf_bytes(OBJ_get0_data(o), OBJ_length(o)));
	ASN1_OBJECT_free(o);
	return r;
}

MAKER struct vf_bytes make_int(uint8_t v)
{
	uint8_t *p = make_room(1);

	MUST(v < 128);
	p[0] = v;
	return make_der(VF_DER_INTEGER, vf_bytes(p, 1));
}

MAKER struct vf_bytes make_digest(enum vf_alg alg, struct vf_bytes b)
{
	struct vf_digest d;
	struct vf_err err;

	MUST(vf_digest(alg, b, &d, &err) == VF_OK);
	return make_copy(vf_digest_bytes(&d));
}

MAKER struct vf_bytes make_alg(enum vf_alg alg)
{
	return DER(VF_DER_SEQUENCE, make_der(VF_DER_OID, vf_alg_oid(alg)));
}

/* A file of tests/vectors/tst; lives in the block. */
MAKER struct vf_bytes make_file(const char *name)
{
	char path[512];
	struct vf_bytes b, r;

	snprintf(path, sizeof(path), "tests/vectors/tst/%s", name);
	b = check_read(path);
	r = make_copy(b);
	free((void *)(uintptr_t)b.p);
	return r;
}

MAKER int64_t make_time(const char *rfc3339)
{
	int64_t ms;

	MUST(vf_time_read(vf_bytes_str(rfc3339), &ms));
	return ms;
}

/* keys */

MAKER EVP_PKEY *make_key(const char *name)
{
	struct vf_bytes pem = make_file(name);
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	MUST(k);
	BIO_free(bio);
	return k;
}

/* An RSA public key of this many octets that nobody has; so has its exponent, of equal octets. */
MAKER EVP_PKEY *make_rsa_public(size_t n_octets, size_t e_octets)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	uint8_t *n = make_room(n_octets), *e = make_room(e_octets);
	EVP_PKEY *key = NULL;

	memset(n, 0xa5, n_octets);
	memset(e, 0x11, e_octets);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_BN("n", n, n_octets), OSSL_PARAM_construct_BN("e", e, e_octets),
		OSSL_PARAM_construct_end()};
	MUST(ctx && EVP_PKEY_fromdata_init(ctx) == 1);
	MUST(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* certificates */

struct cert_spec {
	const char *name, *issuer; /* common names; issuer is "Example Root" when NULL */
	EVP_PKEY *key, *issuer_key;
	const char *from, *to; /* 2024-01-01 to 2029-01-01 when NULL */
	long serial;
	const EVP_MD *md; /* SHA-256 when NULL */
	bool no_md;       /* for Ed25519 issuers */
	const char *ext[8][2];
};

#define TSA_EXT                                                                                            \
	{                                                                                                  \
		{"basicConstraints", "critical,CA:FALSE"}, {"keyUsage", "critical,digitalSignature"},      \
			{"extendedKeyUsage", "critical,timeStamping"}, {"subjectKeyIdentifier", "hash"}    \
	}
#define CA_EXT                                                                                             \
	{                                                                                                  \
		{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"},    \
			{"subjectKeyIdentifier", "hash"}                                                   \
	}

MAKER X509_NAME *make_name(const char *cn)
{
	X509_NAME *n = X509_NAME_new();

	MUST(n && X509_NAME_add_entry_by_txt(n, "C", MBSTRING_ASC, (const unsigned char *)"XX", -1, -1, 0) == 1);
	MUST(X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC, (const unsigned char *)"Example", -1, -1, 0) == 1);
	MUST(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) == 1);
	return n;
}

MAKER struct vf_bytes make_name_der(const char *cn)
{
	X509_NAME *n = make_name(cn);
	unsigned char *p = NULL;
	int len = i2d_X509_NAME(n, &p);
	struct vf_bytes r;

	MUST(len > 0);
	r = make_copy(vf_bytes(p, (size_t)len));
	OPENSSL_free(p);
	X509_NAME_free(n);
	return r;
}

MAKER struct vf_bytes make_cert(const struct cert_spec *s)
{
	X509 *x = X509_new();
	X509_NAME *subject = make_name(s->name), *issuer = make_name(s->issuer ? s->issuer : "Example Root");
	unsigned char *p = NULL;
	struct vf_bytes r;
	X509V3_CTX ctx;
	int n;

	MUST(x && X509_set_version(x, X509_VERSION_3) == 1 && X509_set_subject_name(x, subject) == 1);
	MUST(X509_set_issuer_name(x, issuer) == 1 && X509_set_pubkey(x, s->key) == 1);
	MUST(ASN1_INTEGER_set(X509_get_serialNumber(x), s->serial ? s->serial : 77) == 1);
	MUST(ASN1_TIME_set_string_X509(X509_getm_notBefore(x), s->from ? s->from : "20240101000000Z") == 1);
	MUST(ASN1_TIME_set_string_X509(X509_getm_notAfter(x), s->to ? s->to : "20290101000000Z") == 1);
	for (size_t i = 0; i < 8 && s->ext[i][0]; i++) {
		X509_EXTENSION *e;

		X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
		e = X509V3_EXT_nconf(NULL, &ctx, s->ext[i][0], s->ext[i][1]);
		MUST(e && X509_add_ext(x, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	MUST(X509_sign(x, s->issuer_key, s->no_md ? NULL : s->md ? s->md : EVP_sha256()) > 0);
	n = i2d_X509(x, &p);
	MUST(n > 0);
	r = make_copy(vf_bytes(p, (size_t)n));
	OPENSSL_free(p);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	X509_free(x);
	return r;
}

MAKER struct vf_bytes make_pem(struct vf_bytes der)
{
	size_t n = VF_BASE64_LEN(der.n);
	char *text = (char *)make_room(n + 1);
	struct vf_bytes r = NOTHING;

	vf_base64_put(text, der);
	r = vf_bytes_str("-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < n; i += 64)
		r = JOIN(r, vf_bytes(text + i, n - i < 64 ? n - i : 64), vf_bytes_str("\n"));
	return JOIN(r, vf_bytes_str("-----END CERTIFICATE-----\n"));
}

/* CRLs */

struct crl_entry {
	long serial;
	const char *at; /* GeneralizedTime or UTCTime text */
	int reason;     /* -1: none */
	const char *invalid;
	bool critical; /* with an unknown critical extension */
};

struct crl_spec {
	const char *issuer;
	EVP_PKEY *key;
	const char *from, *to; /* to may be NULL: no nextUpdate */
	struct crl_entry entries[4];
	const char *ext[4][2];
	const EVP_MD *md;
};

MAKER void make_entry(X509_CRL *crl, const struct crl_entry *e)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *at = ASN1_TIME_new();

	MUST(r && serial && at && ASN1_INTEGER_set(serial, e->serial) == 1 &&
		ASN1_TIME_set_string_X509(at, e->at) == 1);
	MUST(X509_REVOKED_set_serialNumber(r, serial) == 1 && X509_REVOKED_set_revocationDate(r, at) == 1);
	if (e->reason >= 0) {
		ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

		MUST(reason && ASN1_ENUMERATED_set(reason, e->reason) == 1);
		MUST(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0) == 1);
		ASN1_ENUMERATED_free(reason);
	}
	if (e->invalid) {
		ASN1_GENERALIZEDTIME *t = ASN1_GENERALIZEDTIME_new();

		MUST(t && ASN1_GENERALIZEDTIME_set_string(t, e->invalid) == 1);
		MUST(X509_REVOKED_add1_ext_i2d(r, NID_invalidity_date, t, 0, 0) == 1);
		ASN1_GENERALIZEDTIME_free(t);
	}
	if (e->critical) {
		X509_EXTENSION *x = X509V3_EXT_nconf(NULL, NULL, "1.2.3.4.5", "critical,DER:0500");

		MUST(x && X509_REVOKED_add_ext(r, x, -1) == 1);
		X509_EXTENSION_free(x);
	}
	MUST(X509_CRL_add0_revoked(crl, r) == 1);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(at);
}

MAKER struct vf_bytes make_crl(const struct crl_spec *s)
{
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *issuer = make_name(s->issuer ? s->issuer : "Example Root");
	ASN1_TIME *t = ASN1_TIME_new();
	unsigned char *p = NULL;
	struct vf_bytes r;
	X509V3_CTX ctx;
	int n;

	MUST(crl && t && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
	MUST(X509_CRL_set_issuer_name(crl, issuer) == 1 && ASN1_TIME_set_string_X509(t, s->from) == 1);
	MUST(X509_CRL_set1_lastUpdate(crl, t) == 1);
	MUST(!s->to || (ASN1_TIME_set_string_X509(t, s->to) == 1 && X509_CRL_set1_nextUpdate(crl, t) == 1));
	for (size_t i = 0; i < 4 && s->entries[i].serial; i++)
		make_entry(crl, &s->entries[i]);
	for (size_t i = 0; i < 4 && s->ext[i][0]; i++) {
		X509_EXTENSION *e;

		X509V3_set_ctx(&ctx, NULL, NULL, NULL, crl, 0);
		e = X509V3_EXT_nconf(NULL, &ctx, s->ext[i][0], s->ext[i][1]);
		MUST(e && X509_CRL_add_ext(crl, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	MUST(X509_CRL_sign(crl, s->key, s->md ? s->md : EVP_sha256()) > 0);
	n = i2d_X509_CRL(crl, &p);
	MUST(n > 0);
	r = make_copy(vf_bytes(p, (size_t)n));
	OPENSSL_free(p);
	ASN1_TIME_free(t);
	X509_NAME_free(issuer);
	X509_CRL_free(crl);
	return r;
}

/* CMS */

enum make_ess {
	ESS_V2,
	ESS_V1,
	ESS_BOTH,
	ESS_NONE,
	ESS_OTHER_HASH,
	ESS_V2_SHA512,
	ESS_ISSUER,       /* with the right issuer and serial */
	ESS_OTHER_ISSUER, /* with a wrong serial */
	ESS_TWICE,
	ESS_OCTETS, /* an OCTET STRING where a SEQUENCE belongs (CVE-2025-69420) */
};

struct cms_spec {
	struct vf_bytes cert; /* of the signer */
	uint8_t version;      /* of SignedData; 1 for id-data and else 3 when 0 */
	EVP_PKEY *key;
	enum vf_alg digest;           /* SHA-256 when 0, SHA-512 for Ed25519 */
	struct vf_bytes digest_alg;   /* its identifier, when it should be another */
	struct vf_bytes sigalg;       /* the signature's identifier, when it should be another */
	bool pss;                     /* RSASSA-PSS with salt of 32 octets */
	const char *content_type;     /* id-ct-TSTInfo when NULL */
	const char *attr_type;        /* contentType attribute; as content_type when NULL, none when "" */
	struct vf_bytes content;
	bool detached;
	enum make_ess ess;
	struct vf_bytes attrs;        /* further attributes */
	struct vf_bytes digest_value; /* messageDigest, when it should be another */
	struct vf_bytes signature;    /* when it should be another */
	bool no_digest, no_attrs, by_key_id, broken_signature, second_signer, no_signer;
	struct vf_bytes certs, crls;  /* contents of [0], [1]; absent when empty */
	struct vf_bytes unsigned_attrs;
};

MAKER struct vf_bytes make_attr(const char *oid, struct vf_bytes value)
{
	return DER(VF_DER_SEQUENCE, make_oid(oid), make_der(VF_DER_SET, value));
}

MAKER void make_cert_parts(struct vf_bytes cert, struct vf_cert *ret)
{
	struct vf_err err;

	MUST(vf_cert_open(cert, ret, &err) == VF_OK);
}

MAKER struct vf_bytes make_ess_attrs(const struct cms_spec *s)
{
	struct vf_bytes h1 = make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA1, s->cert));
	struct vf_bytes h2 = make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA256, s->cert));
	struct vf_bytes v1 = make_attr("1.2.840.113549.1.9.16.2.12",
		DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, h1))));
	struct vf_bytes id = h2, issuer = NOTHING;
	struct vf_cert c;

	make_cert_parts(s->cert, &c);
	if (s->ess == ESS_ISSUER || s->ess == ESS_OTHER_ISSUER)
		issuer = DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(4), c.issuer)),
			s->ess == ESS_ISSUER ? make_der(VF_DER_INTEGER, c.serial) : make_int(3));
	if (s->ess == ESS_OTHER_HASH)
		id = make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA256, vf_bytes_str("another")));
	if (s->ess == ESS_V2_SHA512)
		id = JOIN(make_alg(VF_SHA512), make_der(VF_DER_OCTET_STRING, make_digest(VF_SHA512, s->cert)));
	id = JOIN(id, issuer);
	vf_cert_done(&c);
	if (s->ess == ESS_OCTETS)
		return make_attr("1.2.840.113549.1.9.16.2.47", h2);
	struct vf_bytes v2 = make_attr("1.2.840.113549.1.9.16.2.47",
		DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_der(VF_DER_SEQUENCE, id))));
	switch (s->ess) {
	case ESS_NONE:
		return NOTHING;
	case ESS_V1:
		return v1;
	case ESS_BOTH:
		return JOIN(v1, v2);
	case ESS_TWICE:
		return JOIN(v2, v2);
	case ESS_V2:
	case ESS_OTHER_HASH:
	case ESS_V2_SHA512:
	case ESS_ISSUER:
	case ESS_OTHER_ISSUER:
	case ESS_OCTETS:
		break;
	}
	return v2;
}

MAKER struct vf_bytes make_sigalg(const struct cms_spec *s, enum vf_alg digest)
{
	static const char *const ecdsa[] = {"1.2.840.10045.4.1", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3",
		"1.2.840.10045.4.3.4"};
	struct vf_bytes null = make_der(VF_DER_NULL, NOTHING);
	int id = EVP_PKEY_get_base_id(s->key);

	if (s->sigalg.n)
		return s->sigalg;
	if (id == EVP_PKEY_EC)
		return DER(VF_DER_SEQUENCE, make_oid(ecdsa[digest - VF_SHA1]));
	if (id == EVP_PKEY_ED25519)
		return DER(VF_DER_SEQUENCE, make_oid("1.3.101.112"));
	if (!s->pss && id == EVP_PKEY_RSA)
		return DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.1"), null);
	return DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.10"),
		DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), make_alg(digest)),
			make_der(VF_DER_CONTEXT(1),
				DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.8"), make_alg(digest))),
			make_der(VF_DER_CONTEXT(2), make_int(32))));
}

MAKER const EVP_MD *make_md(enum vf_alg alg)
{
	return alg == VF_SHA1 ? EVP_sha1() : alg == VF_SHA384 ? EVP_sha384() : alg == VF_SHA512 ? EVP_sha512() :
												  EVP_sha256();
}

MAKER struct vf_bytes make_signature(const struct cms_spec *s, enum vf_alg digest, struct vf_bytes data)
{
	int id = EVP_PKEY_get_base_id(s->key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	size_t n = 1024;
	uint8_t *p = make_room(n);

	if (s->signature.p) {
		EVP_MD_CTX_free(ctx);
		return s->signature;
	}
	MUST(EVP_DigestSignInit(ctx, &pctx, id == EVP_PKEY_ED25519 ? NULL : make_md(digest), NULL, s->key) == 1);
	if (s->pss || id == EVP_PKEY_RSA_PSS) {
		MUST(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
		MUST(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32) == 1);
	}
	MUST(EVP_DigestSign(ctx, p, &n, data.p, data.n) == 1);
	EVP_MD_CTX_free(ctx);
	if (s->broken_signature)
		p[n / 2] ^= 1;
	return vf_bytes(p, n);
}

MAKER struct vf_bytes make_signer(const struct cms_spec *s, enum vf_alg digest, struct vf_bytes alg)
{
	const char *type = s->content_type ? s->content_type : "1.2.840.113549.1.9.16.1.4";
	struct vf_bytes attrs = NOTHING, value = s->digest_value, id;
	struct vf_cert c;

	if (s->attr_type)
		type = s->attr_type;
	if (value.n == 0)
		value = make_digest(digest, s->content);
	if (type[0])
		attrs = make_attr("1.2.840.113549.1.9.3", make_oid(type));
	if (!s->no_digest)
		attrs = JOIN(attrs, make_attr("1.2.840.113549.1.9.4", make_der(VF_DER_OCTET_STRING, value)));
	attrs = JOIN(attrs, make_ess_attrs(s), s->attrs);
	make_cert_parts(s->cert, &c);
	id = s->by_key_id ? make_der(VF_DER_CONTEXT_PRIMITIVE(0), c.key_id) :
			    DER(VF_DER_SEQUENCE, c.issuer, make_der(VF_DER_INTEGER, c.serial));
	id = make_copy(id);
	vf_cert_done(&c);
	return DER(VF_DER_SEQUENCE, make_int(s->by_key_id ? 3 : 1), id, alg,
		s->no_attrs ? NOTHING : make_der(VF_DER_CONTEXT(0), attrs), make_sigalg(s, digest),
		make_der(VF_DER_OCTET_STRING,
			make_signature(s, digest, s->no_attrs ? s->content : make_der(VF_DER_SET, attrs))),
		s->unsigned_attrs.n ? make_der(VF_DER_CONTEXT(1), s->unsigned_attrs) : NOTHING);
}

MAKER struct vf_bytes make_cms(const struct cms_spec *s)
{
	enum vf_alg digest = s->digest;
	bool is_data = s->content_type && strcmp(s->content_type, "1.2.840.113549.1.7.1") == 0;
	struct vf_bytes alg, signer;

	if (digest == VF_ALG_NONE)
		digest = EVP_PKEY_get_base_id(s->key) == EVP_PKEY_ED25519 ? VF_SHA512 : VF_SHA256;
	alg = s->digest_alg.n ? s->digest_alg : make_alg(digest);
	signer = s->no_signer ? NOTHING : make_signer(s, digest, alg);
	return DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.7.2"),
		make_der(VF_DER_CONTEXT(0),
			DER(VF_DER_SEQUENCE,
				make_int(s->version ? s->version : is_data && !s->by_key_id ? 1 : 3),
				make_der(VF_DER_SET, alg),
				DER(VF_DER_SEQUENCE,
					make_oid(s->content_type ? s->content_type : "1.2.840.113549.1.9.16.1.4"),
					s->detached ? NOTHING :
						      make_der(VF_DER_CONTEXT(0),
							      make_der(VF_DER_OCTET_STRING, s->content))),
				s->certs.n ? make_der(VF_DER_CONTEXT(0), s->certs) : NOTHING,
				s->crls.n ? make_der(VF_DER_CONTEXT(1), s->crls) : NOTHING,
				make_der(VF_DER_SET, s->second_signer ? JOIN(signer, signer) : signer))));
}

/* TSTInfo */

struct info_spec {
	uint8_t version;      /* 1 when 0 */
	enum vf_alg alg;      /* SHA-256 when 0 */
	struct vf_bytes alg_der, value;
	const char *gen_time; /* 20240601120000Z when NULL */
	struct vf_bytes rest; /* what follows genTime */
};

#define DATA "trial notary"

MAKER struct vf_bytes make_info(const struct info_spec *s)
{
	enum vf_alg alg = s->alg ? s->alg : VF_SHA256;

	return DER(VF_DER_SEQUENCE, make_int(s->version ? s->version : 1), make_oid("1.2.3.4.1"),
		DER(VF_DER_SEQUENCE, s->alg_der.n ? s->alg_der : make_alg(alg),
			make_der(VF_DER_OCTET_STRING, s->value.n ? s->value : make_digest(alg, vf_bytes_str(DATA)))),
		make_int(42),
		make_der(VF_DER_GENERALIZED_TIME,
			vf_bytes_str(s->gen_time ? s->gen_time : "20240601120000Z")),
		s->rest);
}

#endif
