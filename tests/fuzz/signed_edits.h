/*
 * Tokens, certificates, CRLs and OCSP responses of tests/vectors/tst after edits, signed again.
 *
 * Knows where a signature stands and which key made it; the keys are public and protect nothing. A new ECDSA signature
 * takes the place of the old one, so one of the same length is made; its octets differ from run to run, nothing else.
 */
#ifndef TESTS_FUZZ_SIGNED_EDITS_H
#define TESTS_FUZZ_SIGNED_EDITS_H

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tests/check.h"
#include "tests/fuzz/bundle_edits.h"
#include "tests/fuzz/must.h"
#include "verify/cms.h"

#define SE_FOLDER "tests/vectors/tst/"

enum se_file {
	SE_TOKEN,
	SE_TOKEN_BARE,
	SE_TOKEN_RSA,
	SE_TOKEN_PSS,
	SE_TSA_P256,
	SE_TSA_RSA,
	SE_ROOT,
	SE_RESPONDER,
	SE_CRL_BEFORE,
	SE_CRL_AFTER,
	SE_CRL_COMPROMISE,
	SE_CRL_SUPERSEDED,
	SE_OCSP_GOOD,
	SE_OCSP_REVOKED,
	SE_FILES,
};

static const char *const se_names[SE_FILES] = {"p256-certs.tst", "p256-bare.tst", "rsa3072.tst", "rsa3072-pss.tst",
	"tsa-p256.der", "tsa-rsa3072.der", "root.der", "ocsp.der", "crl-before.der", "crl-after.der", "crl-keycompromise.der",
	"crl-superseded.der", "ocsp-good.der", "ocsp-revoked.der"};

struct se_set {
	struct bt_bundle files, work;
	EVP_PKEY *p256, *p384, *root, *rsa, *ed25519;
};

static inline EVP_PKEY *se_key(const char *name)
{
	char path[100];
	struct vf_bytes pem;
	EVP_PKEY *key;
	BIO *bio;

	snprintf(path, sizeof(path), SE_FOLDER "%s", name);
	pem = check_read(path);
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	free((void *)(uintptr_t)pem.p);
	MUST(key != NULL);
	return key;
}

static inline void se_begin(struct se_set *s)
{
	char path[100];

	s->files.parts = calloc(BT_PARTS, sizeof(*s->files.parts));
	s->work.parts = calloc(BT_PARTS, sizeof(*s->work.parts));
	MUST(s->files.parts && s->work.parts);
	for (size_t i = 0; i < SE_FILES; i++) {
		struct vf_bytes b;

		snprintf(path, sizeof(path), SE_FOLDER "%s", se_names[i]);
		b = check_read(path);
		MUST(bt_add(&s->files, se_names[i], b));
		free((void *)(uintptr_t)b.p);
	}
	s->p256 = se_key("p256.key");
	s->p384 = se_key("p384.key");
	s->root = se_key("root.key");
	s->rsa = se_key("rsa3072.key");
	s->ed25519 = se_key("ed25519.key");
}

static inline struct vf_bytes se_file(const struct se_set *s, enum se_file which)
{
	return bt_bytes(&s->files.parts[which]);
}

/* The file after the edits of the input; what is left of the input is not read. */
static inline struct bt_part *se_edit(struct se_set *s, enum se_file which, struct vf_bytes in)
{
	struct be_run run = {.work = &s->work, .bases = &s->files, .n_bases = 1};
	struct bt_part *p;
	struct vf_bytes b;

	s->work.n = 0;
	p = bt_add(&s->work, se_names[which], se_file(s, which));
	for (size_t n = 0; n < BE_MAX && vf_take(&in, BE_SIZE, &b); n++) {
		struct be_edit e = be_read(b.p);

		if (e.op & 7)
			be_der(&run, &e, p);
		else
			be_bytes(&run, &e, p);
	}
	return p;
}

/* Deletes the element of p with these contents. */
static inline bool se_delete(struct bt_part *p, uint8_t tag, const uint8_t *body)
{
	size_t n = bt_der_count(p);
	struct vf_der d;

	for (size_t i = 0; i < n; i++) {
		size_t want = i;

		if (bt_der_find(bt_bytes(p), &want, &d) && d.tag == tag && d.body.p == body)
			return bt_der_edit(p, i, BT_DER_DELETE, 0, vf_bytes(NULL, 0)) > 0;
	}
	return false;
}

/* Takes away what nobody signed: certificates, revocation data, unsigned attributes. */
static inline void se_strip(struct bt_part *p)
{
	struct vf_signed t;
	struct vf_der d;
	bool goes_on = true;

	while (goes_on && vf_cms_parse(bt_bytes(p), VF_CMS_TOKEN, &t, NULL) == VF_OK)
		goes_on = (t.certificates.n && se_delete(p, VF_DER_CONTEXT(0), t.certificates.p)) ||
			(t.crls.n && se_delete(p, VF_DER_CONTEXT(1), t.crls.p)) ||
			(vf_der_only(t.unsigned_attrs, VF_DER_CONTEXT(1), &d) && se_delete(p, VF_DER_CONTEXT(1), d.body.p));
}

/* The BasicOCSPResponse in an OCSPResponse. */
static inline bool se_basic(struct vf_bytes whole, struct vf_bytes *ret)
{
	struct vf_der outer, status, bytes, response, type, basic;

	if (!vf_der_take_tag(&whole, VF_DER_SEQUENCE, &outer) || !vf_der_take_tag(&outer.body, VF_DER_ENUMERATED, &status) ||
		!vf_der_take_tag(&outer.body, VF_DER_CONTEXT(0), &bytes) ||
		!vf_der_take_tag(&bytes.body, VF_DER_SEQUENCE, &response) ||
		!vf_der_take_tag(&response.body, VF_DER_OID, &type) ||
		!vf_der_take_tag(&response.body, VF_DER_OCTET_STRING, &basic))
		return false;
	*ret = basic.body;
	return true;
}

/* Takes away the certificates, which nobody signed. */
static inline void se_strip_ocsp(struct bt_part *p)
{
	struct vf_der outer, part, certs;
	struct vf_bytes basic;

	if (se_basic(bt_bytes(p), &basic) && vf_der_take_tag(&basic, VF_DER_SEQUENCE, &outer) &&
		vf_der_take(&outer.body, &part) && vf_der_take(&outer.body, &part) && vf_der_take(&outer.body, &part) &&
		vf_der_take_tag(&outer.body, VF_DER_CONTEXT(0), &certs))
		se_delete(p, VF_DER_CONTEXT(0), certs.body.p);
}

/* ---- signing again ---- */

/* Writes a signature of exactly n octets over data, when there is one after a few tries. */
static inline bool se_sign(
	EVP_PKEY *key, const char *md, struct vf_bytes head, struct vf_bytes data, uint8_t *out, size_t n)
{
	uint8_t sig[1024];
	bool done = false;

	for (int tries = 0; tries < 40 && !done; tries++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		size_t len = sizeof(sig);

		MUST(ctx && EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL) == 1);
		MUST(head.n == 0 || EVP_DigestSignUpdate(ctx, head.p, head.n) == 1);
		MUST(EVP_DigestSignUpdate(ctx, data.p, data.n) == 1 && EVP_DigestSignFinal(ctx, sig, &len) == 1);
		done = len == n;
		EVP_MD_CTX_free(ctx);
	}
	if (done)
		memcpy(out, sig, n);
	return done;
}

static inline uint8_t *se_place(struct vf_bytes b)
{
	return (uint8_t *)(uintptr_t)b.p;
}

/* A certificate, CRL or BasicOCSPResponse: SEQUENCE { what is signed, AlgorithmIdentifier, BIT STRING … }. */
static inline bool se_sign_tbs(EVP_PKEY *key, struct vf_bytes whole)
{
	struct vf_der outer, tbs, alg, sig;
	struct vf_bytes octets;

	if (!vf_der_take_tag(&whole, VF_DER_SEQUENCE, &outer) || !vf_der_take_tag(&outer.body, VF_DER_SEQUENCE, &tbs) ||
		!vf_der_take_tag(&outer.body, VF_DER_SEQUENCE, &alg) ||
		!vf_der_take_tag(&outer.body, VF_DER_BIT_STRING, &sig) || !vf_der_bits(sig.body, &octets))
		return false;
	return se_sign(key, "SHA256", vf_bytes(NULL, 0), tbs.whole, se_place(octets), octets.n);
}

static inline bool se_sign_ocsp(EVP_PKEY *key, struct vf_bytes whole)
{
	struct vf_bytes basic;

	return se_basic(whole, &basic) && se_sign_tbs(key, basic);
}

/* The message digest is made to fit, then the signed attributes are signed. */
static inline bool se_sign_token(struct se_set *s, struct vf_bytes whole)
{
	static const uint8_t set = VF_DER_SET;
	struct vf_digest d;
	struct vf_signed t;
	struct vf_bytes rest;

	if (vf_cms_parse(whole, VF_CMS_TOKEN, &t, NULL) != VF_OK || t.message_digest.n != vf_alg_size(t.digest) ||
		vf_digest(t.digest, t.content, &d, NULL) != VF_OK)
		return false;
	memcpy(se_place(t.message_digest), d.b, t.message_digest.n);
	rest = t.signed_attrs;
	rest.p++;
	rest.n--;
	if (t.sigalg.scheme == VF_SCHEME_ECDSA)
		return se_sign(s->p256, vf_alg_name(t.sigalg.digest), vf_bytes(&set, 1), rest, se_place(t.signature),
			t.signature.n);
	return t.sigalg.scheme == VF_SCHEME_RSA_PKCS1 &&
		se_sign(s->rsa, "SHA256", vf_bytes(&set, 1), rest, se_place(t.signature), t.signature.n);
}

#endif
