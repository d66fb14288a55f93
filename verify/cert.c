#include "verify/cert.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "verify/der.h"
#include "verify/key.h"
#include "verify/limits.h"
#include "verify/text.h"

static bool take_time(struct vf_bytes *in, int64_t *ret)
{
	struct vf_der t;

	if (!vf_der_take(in, &t))
		return false;
	if (t.tag == VF_DER_UTC_TIME)
		return vf_der_utc_time(t.body, ret);
	return t.tag == VF_DER_GENERALIZED_TIME && vf_der_generalized_time(t.body, ret);
}

/* RFC 5280 4.1: the parts that are compared or hashed as octets. */
static bool read_octets(struct vf_cert *c, struct vf_bytes *ret_sigalg)
{
	struct vf_der whole, tbs, version, serial, inner, issuer, validity, subject, spki, sigalg, signature;
	struct vf_bytes in;
	bool found;

	if (!vf_der_only(c->der, VF_DER_SEQUENCE, &whole) || !vf_der_take_tag(&whole.body, VF_DER_SEQUENCE, &tbs) ||
		!vf_der_take_tag(&whole.body, VF_DER_SEQUENCE, &sigalg) ||
		!vf_der_only(whole.body, VF_DER_BIT_STRING, &signature) ||
		!vf_der_bits(signature.body, &c->signature))
		return false;
	in = tbs.body;
	if (!vf_der_take_optional(&in, VF_DER_CONTEXT(0), &version, &found) ||
		!vf_der_take_tag(&in, VF_DER_INTEGER, &serial) || !vf_der_is_integer(serial.body) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &inner) || !vf_bytes_eq(inner.whole, sigalg.whole) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &issuer) || !vf_der_take_tag(&in, VF_DER_SEQUENCE, &validity) ||
		!vf_der_take_tag(&in, VF_DER_SEQUENCE, &subject) || !vf_der_take_tag(&in, VF_DER_SEQUENCE, &spki))
		return false;
	if (!take_time(&validity.body, &c->facts.not_before) || !take_time(&validity.body, &c->facts.not_after) ||
		validity.body.n != 0)
		return false;
	c->tbs = tbs.whole;
	c->serial = serial.body;
	c->issuer = issuer.whole;
	c->subject = subject.whole;
	c->spki = spki.whole;
	*ret_sigalg = sigalg.whole;
	return true;
}

/* By the OID alone for RSA and Ed25519; EC keys must name their curve (RFC 5480 2.1.1). */
static enum vf_pubkey key_kind(struct vf_bytes spki)
{
	static const struct {
		enum vf_pubkey kind;
		uint8_t n, der[24];
	} kinds[] = {
		{VF_PUBKEY_RSA, 11, {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}},
		{VF_PUBKEY_RSA_PSS, 11, {6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10}},
		{VF_PUBKEY_ED25519, 5, {6, 3, 0x2b, 0x65, 0x70}},
		{VF_PUBKEY_P256, 19,
			{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}},
		{VF_PUBKEY_P384, 16, {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22}},
		{VF_PUBKEY_P521, 16, {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x23}},
		{VF_PUBKEY_BP256, 20, {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7}},
		{VF_PUBKEY_BP384, 20, {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 11}},
		{VF_PUBKEY_BP512, 20, {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 13}},
	};
	struct vf_der whole, alg;
	struct vf_bytes head;

	if (!vf_der_only(spki, VF_DER_SEQUENCE, &whole) || !vf_der_take_tag(&whole.body, VF_DER_SEQUENCE, &alg))
		return VF_PUBKEY_UNKNOWN;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (vf_bytes_slice(alg.body, 0, kinds[i].n, &head) &&
			vf_bytes_eq(head, vf_bytes(kinds[i].der, kinds[i].n)))
			return kinds[i].kind;
	return VF_PUBKEY_UNKNOWN;
}

/* With a key of small order one signature fits every content; OpenSSL does not mind. */
static bool is_small_order(const EVP_PKEY *pkey)
{
	uint8_t raw[VF_ED25519_KEY];
	size_t n = sizeof(raw);

	return EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1 || n != sizeof(raw) || !vf_ed25519_key_is(raw);
}

static void read_key(struct vf_cert *c)
{
	EVP_PKEY *pkey = X509_get_pubkey(c->x509);
	int bits = pkey ? EVP_PKEY_get_bits(pkey) : 0;

	c->facts.pubkey = key_kind(c->spki);
	c->facts.bits = bits > 0 ? (unsigned)bits : 0;
	if (c->facts.pubkey == VF_PUBKEY_UNKNOWN || bits <= 0 || bits > VF_MAX_RSA_BITS ||
		(c->facts.pubkey == VF_PUBKEY_ED25519 && is_small_order(pkey))) {
		EVP_PKEY_free(pkey);
		return;
	}
	c->pkey = pkey;
}

static void read_name(const struct vf_cert *c, char *out, size_t cap)
{
	static const int nids[] = {NID_commonName, NID_organizationName};
	X509_NAME *subject = X509_get_subject_name(c->x509);
	unsigned char *utf8 = NULL;
	int at = -1, n;

	for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]) && at < 0; i++)
		at = X509_NAME_get_index_by_NID(subject, nids[i], -1);
	if (at < 0) {
		snprintf(out, cap, "unnamed");
		return;
	}
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	vf_text_escape(out, cap, vf_bytes(utf8, n > 0 ? (size_t)n : 0));
	OPENSSL_free(utf8);
}

/* RFC 3161 2.3: exactly one extended key usage, timeStamping, and critical. False when there is no memory. */
static bool read_only_stamp(struct vf_cert *c)
{
	int critical = -1;
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(c->x509, NID_ext_key_usage, &critical, NULL);

	if (!eku)
		return critical < 0; /* it is there, and not malformed: that was looked at before */
	if (critical == 1 && sk_ASN1_OBJECT_num(eku) == 1 &&
		OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, 0)) == NID_time_stamp)
		c->uses |= VF_USE_ONLY_STAMP;
	EXTENDED_KEY_USAGE_free(eku);
	return true;
}

static bool read_uses(struct vf_cert *c)
{
	const uint32_t sign = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
	uint32_t key = X509_get_key_usage(c->x509), extended = X509_get_extended_key_usage(c->x509);

	c->facts.has_key_usage = key != UINT32_MAX;
	c->has_extended = extended != UINT32_MAX;
	c->uses |= (key & sign) ? VF_USE_SIGN : 0;
	c->uses |= (key & KU_CRL_SIGN) ? VF_USE_SIGN_CRL : 0;
	c->uses |= (c->facts.has_key_usage && (key & ~sign)) ? VF_USE_OTHER : 0;
	c->uses |= (extended & (XKU_TIMESTAMP | XKU_ANYEKU)) ? VF_USE_STAMP : 0;
	c->uses |= (c->has_extended && (extended & XKU_OCSP_SIGN)) ? VF_USE_SIGN_OCSP : 0;
	/* X509_check_ca() says no to CA:TRUE whose key usage lacks keyCertSign */
	c->ca = (X509_get_extension_flags(c->x509) & EXFLAG_CA) != 0 || X509_check_ca(c->x509) != 0;
	return read_only_stamp(c);
}

static struct vf_bytes string_octets(const ASN1_STRING *s)
{
	return s ? vf_bytes(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)) : vf_bytes(NULL, 0);
}

static bool read_extensions(struct vf_cert *c)
{
	int at = X509_get_ext_by_NID(c->x509, NID_crl_distribution_points, -1);

	c->key_id = string_octets(X509_get0_subject_key_id(c->x509));
	if (at >= 0)
		c->crl_points = string_octets(X509_EXTENSION_get_data(X509_get_ext(c->x509, at)));
	return read_uses(c);
}

static bool read_openssl(struct vf_cert *c)
{
	const unsigned char *p = c->der.p;

	c->x509 = d2i_X509(NULL, &p, (long)c->der.n);
	/* EXFLAG_INVALID: an extension that cannot be parsed or stands twice */
	return c->x509 && p == c->der.p + c->der.n && (X509_get_extension_flags(c->x509) & EXFLAG_INVALID) == 0;
}

VF_RC vf_cert_open(struct vf_bytes der, struct vf_cert *ret, struct vf_err *reterr)
{
	struct vf_cert c = {.der = der};
	struct vf_bytes sigalg;
	struct vf_err ignored;
	bool whole;

	if (der.n > VF_MAX_CERT)
		return vf_fail(reterr, VF_LIMIT, "a certificate of %zu octets", der.n);
	if (!read_octets(&c, &sigalg))
		return vf_fail(reterr, VF_CERT_SHAPE, "malformed certificate");
	if (!read_openssl(&c)) {
		ERR_clear_error();
		vf_cert_done(&c);
		return vf_fail(reterr, VF_CERT_SHAPE, "malformed certificate");
	}
	c.facts.sha256 = vf_sha256(der);
	c.facts.spki = vf_sha256(c.spki);
	c.sigalg_rc = vf_sigalg_read(sigalg, VF_CERT_SHAPE, &c.sigalg, &ignored);
	read_key(&c);
	read_name(&c, c.facts.name, sizeof(c.facts.name));
	whole = read_extensions(&c);
	ERR_clear_error();
	if (!whole) {
		vf_cert_done(&c);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to read a certificate");
	}
	*ret = c;
	return VF_OK;
}

void vf_cert_done(struct vf_cert *c)
{
	EVP_PKEY_free(c->pkey);
	X509_free(c->x509);
	*c = (struct vf_cert){0};
}

VF_RC vf_cert_check_key(const struct vf_cert *c, struct vf_err *reterr)
{
	if (c->pkey)
		return VF_OK;
	if (c->facts.bits > VF_MAX_RSA_BITS)
		return vf_fail(reterr, VF_LIMIT, "the key of '%s' has %u bits", c->facts.name, c->facts.bits);
	if (c->facts.pubkey == VF_PUBKEY_ED25519 && c->facts.bits)
		return vf_fail(reterr, VF_KEY_SHAPE, "the key of '%s' is a point that no signer has", c->facts.name);
	return vf_fail(reterr, VF_UNKNOWN_ALGORITHM, "the key of '%s' is of an unknown kind", c->facts.name);
}

bool vf_cert_is_valid_at(const struct vf_cert *c, int64_t at)
{
	return at >= c->facts.not_before && at <= c->facts.not_after;
}

static bool has_alternative_name(X509 *x, GENERAL_NAME *name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !found; i++)
		found = GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), name) == 0;
	GENERAL_NAMES_free(names);
	return found;
}

bool vf_cert_has_name(const struct vf_cert *c, struct vf_bytes name)
{
	struct vf_der directory;
	const unsigned char *p = name.p;
	GENERAL_NAME *g;
	bool found;

	if (vf_der_only(name, VF_DER_CONTEXT(4), &directory) && vf_bytes_eq(directory.body, c->subject))
		return true;
	if (name.n > VF_MAX_CERT)
		return false;
	g = d2i_GENERAL_NAME(NULL, &p, (long)name.n);
	found = g && p == name.p + name.n &&
		((g->type == GEN_DIRNAME &&
			X509_NAME_cmp(g->d.directoryName, X509_get_subject_name(c->x509)) == 0) ||
			has_alternative_name(c->x509, g));
	GENERAL_NAME_free(g);
	ERR_clear_error();
	return found;
}

bool vf_cert_is_issued_by(const struct vf_cert *c, struct vf_bytes name)
{
	const unsigned char *p = name.p;
	X509_NAME *n;
	bool same;

	if (vf_bytes_eq(name, c->issuer))
		return true;
	if (name.n > VF_MAX_CERT)
		return false;
	n = d2i_X509_NAME(NULL, &p, (long)name.n);
	same = n && p == name.p + name.n && X509_NAME_cmp(n, X509_get_issuer_name(c->x509)) == 0;
	X509_NAME_free(n);
	ERR_clear_error();
	return same;
}

static const EVP_MD *evp_md(enum vf_alg alg)
{
	switch (alg) {
	case VF_SHA1:
		return EVP_sha1();
	case VF_SHA256:
		return EVP_sha256();
	case VF_SHA384:
		return EVP_sha384();
	case VF_SHA512:
		return EVP_sha512();
	case VF_SHA3_256:
		return EVP_sha3_256();
	case VF_SHA3_384:
		return EVP_sha3_384();
	case VF_SHA3_512:
		return EVP_sha3_512();
	case VF_ALG_NONE:
		break;
	}
	return NULL;
}

static bool key_fits(enum vf_pubkey key, enum vf_scheme scheme)
{
	switch (key) {
	case VF_PUBKEY_RSA:
		return scheme == VF_SCHEME_RSA_PKCS1 || scheme == VF_SCHEME_RSA_PSS;
	case VF_PUBKEY_RSA_PSS:
		return scheme == VF_SCHEME_RSA_PSS;
	case VF_PUBKEY_P256:
	case VF_PUBKEY_P384:
	case VF_PUBKEY_P521:
	case VF_PUBKEY_BP256:
	case VF_PUBKEY_BP384:
	case VF_PUBKEY_BP512:
		return scheme == VF_SCHEME_ECDSA;
	case VF_PUBKEY_ED25519:
		return scheme == VF_SCHEME_ED25519;
	case VF_PUBKEY_UNKNOWN:
		break;
	}
	return false;
}

static bool set_pss(EVP_PKEY_CTX *ctx, const struct vf_sigalg *alg)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, alg->salt) == 1 &&
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, evp_md(alg->mgf)) == 1;
}

/* EVP_DigestVerify wants its data in one piece for Ed25519. */
static bool verify_whole(EVP_MD_CTX *ctx, struct vf_bytes head, struct vf_bytes data, struct vf_bytes signature)
{
	uint8_t *all = OPENSSL_malloc(head.n + data.n + 1);
	bool good;

	if (!all)
		return false;
	if (head.n)
		memcpy(all, head.p, head.n);
	if (data.n)
		memcpy(all + head.n, data.p, data.n);
	good = EVP_DigestVerify(ctx, signature.p, signature.n, all, head.n + data.n) == 1;
	OPENSSL_free(all);
	return good;
}

static bool verify(EVP_MD_CTX *ctx, EVP_PKEY *pkey, const struct vf_sigalg *alg, enum vf_alg digest,
	struct vf_bytes head, struct vf_bytes data, struct vf_bytes signature)
{
	EVP_PKEY_CTX *pctx = NULL;

	if (alg->scheme == VF_SCHEME_ED25519)
		return EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
			verify_whole(ctx, head, data, signature);
	if (EVP_DigestVerifyInit(ctx, &pctx, evp_md(digest), NULL, pkey) != 1)
		return false;
	if (alg->scheme == VF_SCHEME_RSA_PSS && !set_pss(pctx, alg))
		return false;
	if (head.n && EVP_DigestVerifyUpdate(ctx, head.p, head.n) != 1)
		return false;
	return EVP_DigestVerifyUpdate(ctx, data.p, data.n) == 1 &&
		EVP_DigestVerifyFinal(ctx, signature.p, signature.n) == 1;
}

VF_RC vf_cert_verify(const struct vf_cert *c, const struct vf_sigalg *alg, enum vf_alg digest, struct vf_bytes head,
	struct vf_bytes data, struct vf_bytes signature, enum vf_rc bad, struct vf_err *reterr)
{
	enum vf_rc rc = vf_cert_check_key(c, reterr);
	bool good = false, memory = false;
	unsigned long error;
	EVP_MD_CTX *ctx;

	if (rc != VF_OK)
		return rc;
	if (alg->digest != VF_ALG_NONE)
		digest = alg->digest;
	if (!key_fits(c->facts.pubkey, alg->scheme) ||
		(alg->scheme != VF_SCHEME_ED25519 && !evp_md(digest)) ||
		(alg->scheme == VF_SCHEME_RSA_PSS && !evp_md(alg->mgf)))
		return vf_fail(reterr, bad, "the signature algorithm does not fit the %s key of '%s'",
			vf_pubkey_name(c->facts.pubkey), c->facts.name);
	/* for want of memory OpenSSL may say "wrong" and nothing else: what is wrong is so twice */
	for (int i = 0; i < 2 && !good && !memory; i++) {
		ctx = EVP_MD_CTX_new();
		good = ctx && verify(ctx, c->pkey, alg, digest, head, data, signature);
		memory = !ctx;
		EVP_MD_CTX_free(ctx);
	}
	while (!good && !memory && (error = ERR_get_error()) != 0) /* the last one need not be the cause */
		memory = ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
	ERR_clear_error();
	if (memory)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to verify a signature");
	if (!good)
		return vf_fail(reterr, bad, "signature by '%s' does not verify", c->facts.name);
	return VF_OK;
}
