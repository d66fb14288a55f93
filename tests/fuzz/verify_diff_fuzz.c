/*
 * What this verifier accepts, against what OpenSSL says of the same octets.
 *
 * The first octet chooses: a token, a certificate, a CRL, an OCSP response, a signature, a hash. The rest are edits of
 * the files in tests/vectors/tst (signed_edits.h), which the second octet has signed again. Where we refuse and OpenSSL
 * accepts, nothing is wrong; the reverse, and two readings of one value, end the run.
 */
#include "verify/bundle.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "tests/fuzz/signed_edits.h"
#include "verify/key.h"
#include "verify/standing.h"
#include "verify/tst.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct se_set set;
static X509 *root_x509;

/* Seconds of an ASN1_TIME; OpenSSL drops a fraction. */
static int64_t seconds(const ASN1_TIME *t)
{
	struct tm tm;

	MUST(t && ASN1_TIME_to_tm(t, &tm) == 1);
	return timegm(&tm);
}

/* Floor: our milliseconds before 1970 count downward. */
static int64_t to_seconds(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

static bool same_octets(uint8_t *der, int n, struct vf_bytes want)
{
	bool same = n > 0 && vf_bytes_eq(vf_bytes(der, (size_t)n), want);

	OPENSSL_free(der);
	return same;
}

static X509 *to_x509(struct vf_bytes der)
{
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	MUST(!x || p <= der.p + der.n);
	return x;
}

static bool same_integer(const ASN1_INTEGER *i, struct vf_bytes body)
{
	uint8_t *der = NULL;
	int n = i2d_ASN1_INTEGER(i, &der);
	struct vf_der d;
	bool same = n > 0 && vf_der_only(vf_bytes(der, (size_t)n), VF_DER_INTEGER, &d) && vf_bytes_eq(d.body, body);

	OPENSSL_free(der);
	return same;
}

/* ---- tokens ---- */

/* The accepted token's certificate: the one in the token, or the one beside it. */
static X509 *signer_of(const struct vf_tst *t, const struct vf_hash *sha256)
{
	struct vf_bytes in = t->cms.certificates, der;

	while (vf_cms_take_cert(&in, &der)) {
		struct vf_hash h = vf_sha256(der);

		if (vf_hash_eq(&h, sha256))
			return to_x509(der);
	}
	for (enum se_file i = SE_TSA_P256; i <= SE_TSA_RSA; i++) {
		struct vf_hash h = vf_sha256(se_file(&set, i));

		if (vf_hash_eq(&h, sha256))
			return to_x509(se_file(&set, i));
	}
	return NULL;
}

static void compare_accuracy(const TS_ACCURACY *a, const struct vf_tst *t)
{
	const ASN1_INTEGER *s, *ms, *us;
	int64_t sum;

	MUST((a != NULL) == t->has_accuracy);
	if (!a)
		return;
	s = TS_ACCURACY_get_seconds(a);
	ms = TS_ACCURACY_get_millis(a);
	us = TS_ACCURACY_get_micros(a);
	sum = (s ? ASN1_INTEGER_get(s) * INT64_C(1000) : 0) + (ms ? ASN1_INTEGER_get(ms) : 0);
	sum += us && ASN1_INTEGER_get(us) > 0;
	MUST(sum == (int64_t)t->accuracy_ms);
}

static void compare_info(const struct vf_tst *t)
{
	const uint8_t *p = t->cms.content.p;
	TS_TST_INFO *info = d2i_TS_TST_INFO(NULL, &p, (long)t->cms.content.n);
	const ASN1_OBJECT *policy;
	TS_MSG_IMPRINT *imprint;
	ASN1_OCTET_STRING *value;
	uint8_t *der = NULL;
	int n;

	MUST(info && p == t->cms.content.p + t->cms.content.n);
	n = i2d_TS_TST_INFO(info, &der);
	MUST(same_octets(der, n, t->cms.content));
	MUST(seconds(TS_TST_INFO_get_time(info)) == to_seconds(t->gen_time));
	MUST(same_integer(TS_TST_INFO_get_serial(info), t->serial));
	MUST((TS_TST_INFO_get_nonce(info) != NULL) == (t->nonce.n > 0));
	MUST(t->nonce.n == 0 || same_integer(TS_TST_INFO_get_nonce(info), t->nonce));
	MUST((TS_TST_INFO_get_ordering(info) != 0) == t->ordering);
	policy = TS_TST_INFO_get_policy_id(info);
	MUST(vf_bytes_eq(vf_bytes(OBJ_get0_data(policy), OBJ_length(policy)), t->policy));
	compare_accuracy(TS_TST_INFO_get_accuracy(info), t);
	imprint = TS_TST_INFO_get_msg_imprint(info);
	value = TS_MSG_IMPRINT_get_msg(imprint);
	MUST(vf_bytes_eq(
		vf_bytes(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)), vf_digest_bytes(&t->imprint)));
	TS_TST_INFO_free(info);
}

/* Without what nobody signed (other certificates, revocation data), of which we only read what we need. */
static void compare_cms(struct vf_bytes der, X509 *signer)
{
	const uint8_t *p = der.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	STACK_OF(X509) *certs = sk_X509_new_null();

	MUST(certs && sk_X509_push(certs, signer) > 0 && cms && p == der.p + der.n);
	if (CMS_verify(cms, certs, NULL, NULL, NULL, CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1) {
		ERR_print_errors_fp(stderr);
		must_fail(__FILE__, __LINE__, "OpenSSL verifies the token that we accept");
	}
	sk_X509_free(certs);
	CMS_ContentInfo_free(cms);
}

/* For other reasons TS_RESP_verify_token() may refuse what we accept: it cannot read it, or wants other things. */
static bool is_contradiction(unsigned long e)
{
	int reason = ERR_GET_REASON(e);

	if (ERR_GET_LIB(e) == ERR_LIB_TS)
		return reason == TS_R_MESSAGE_IMPRINT_MISMATCH || reason == TS_R_TSA_NAME_MISMATCH ||
			reason == TS_R_UNSUPPORTED_VERSION || reason == TS_R_WRONG_CONTENT_TYPE || reason == TS_R_NO_CONTENT;
	return ERR_GET_LIB(e) == ERR_LIB_PKCS7 && (reason == PKCS7_R_DIGEST_FAILURE || reason == PKCS7_R_SIGNATURE_FAILURE);
}

static void compare_ts(const struct vf_tst *t, X509 *signer)
{
	const uint8_t *p = t->der.p;
	PKCS7 *token = d2i_PKCS7(NULL, &p, (long)t->der.n);
	TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	struct vf_bytes imprint = vf_digest_bytes(&t->imprint);
	uint8_t *copy = OPENSSL_memdup(imprint.p, imprint.n);
	unsigned long e;

	MUST(ctx && store && certs && copy && X509_STORE_add_cert(store, signer) == 1);
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
	X509_up_ref(signer);
	sk_X509_push(certs, signer);
	TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_SIGNER | TS_VFY_IMPRINT);
	TS_VERIFY_CTX_set_imprint(ctx, copy, (long)imprint.n);
	TS_VERIFY_CTX_set_store(ctx, store);
	TS_VERIFY_CTX_set_certs(ctx, certs);
	ERR_clear_error();
	if (token && t->cms.sigalg.scheme != VF_SCHEME_RSA_PSS && TS_RESP_verify_token(ctx, token) != 1) {
		while ((e = ERR_get_error()) != 0)
			if (is_contradiction(e)) {
				fprintf(stderr, "%s\n", ERR_reason_error_string(e));
				must_fail(__FILE__, __LINE__, "TS_RESP_verify_token() agrees");
			}
	}
	TS_VERIFY_CTX_free(ctx);
	PKCS7_free(token);
}

/* For whoever looks into a finding: TRIALNOTARY_FUZZ_DUMP=FILE gets the octets after the edits. */
static void dump(const struct bt_part *p)
{
	const char *path = getenv("TRIALNOTARY_FUZZ_DUMP");
	FILE *f = path ? fopen(path, "wb") : NULL;

	if (f) {
		fwrite(p->data, 1, p->n, f);
		fclose(f);
	}
}

static void check_token(struct vf_bytes in, uint8_t how)
{
	const struct vf_bytes certs[] = {se_file(&set, SE_TSA_P256), se_file(&set, SE_TSA_RSA)};
	const struct vf_pki_extra extra = {.certs = certs, .n_certs = 2};
	struct bt_part *p = se_edit(&set, (enum se_file)(how >> 1) % 4, in);
	struct vf_pki *pki = vf_pki_new();
	struct vf_cert_facts facts;
	struct vf_tst t;
	struct vf_err err;

	if (how & 1)
		se_sign_token(&set, bt_bytes(p));
	dump(p);
	if (vf_tst_parse(bt_bytes(p), &t, &err) == VF_OK && vf_tst_check(pki, &t, &t.imprint, &extra, &facts, &err) == VF_OK) {
		X509 *signer = signer_of(&t, &facts.sha256);

		MUST(signer != NULL && vf_der_is_strict(t.der));
		compare_info(&t);
		compare_ts(&t, signer);
		se_strip(p);
		compare_cms(bt_bytes(p), signer);
		X509_free(signer);
	}
	vf_pki_free(pki);
}

/* ---- certificates ---- */

static void compare_uses(X509 *x, const struct vf_cert *c)
{
	uint32_t flags = X509_get_extension_flags(x), usage = X509_get_key_usage(x);

	/* what OpenSSL cannot make sense of, path.h refuses (X509_check_purpose) */
	if (flags & EXFLAG_INVALID)
		return;
	/* without basicConstraints a key usage may say so, which OpenSSL does not note in its flags (X509_check_ca) */
	MUST(c->ca ? (flags & EXFLAG_CA) || !(flags & EXFLAG_BCONS) : !(flags & EXFLAG_CA));
	MUST(c->facts.has_key_usage == ((flags & EXFLAG_KUSAGE) != 0));
	MUST(c->has_extended == ((flags & EXFLAG_XKUSAGE) != 0));
	if (!c->facts.has_key_usage)
		return;
	MUST(((c->uses & VF_USE_SIGN) != 0) == ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0));
	MUST(((c->uses & VF_USE_SIGN_CRL) != 0) == ((usage & KU_CRL_SIGN) != 0));
}

static void compare_cert(struct vf_bytes der, const struct vf_cert *c, const struct vf_cert *issuer)
{
	X509 *x = to_x509(der);
	uint8_t *out = NULL;
	EVP_PKEY *key;
	enum vf_rc rc;
	struct vf_err err;
	int n;

	MUST(x != NULL);
	if (vf_der_is_strict(der)) {
		n = i2d_re_X509_tbs(x, &out);
		MUST(same_octets(out, n, c->tbs));
	}
	MUST(seconds(X509_get0_notBefore(x)) == to_seconds(c->facts.not_before));
	MUST(seconds(X509_get0_notAfter(x)) == to_seconds(c->facts.not_after));
	MUST(same_integer(X509_get0_serialNumber(x), c->serial));
	compare_uses(x, c);
	key = X509_get0_pubkey(x);
	MUST(c->facts.bits == 0 || (key && (unsigned)EVP_PKEY_get_bits(key) == c->facts.bits));
	if (c->sigalg_rc == VF_OK) {
		rc = vf_cert_verify(issuer, &c->sigalg, VF_SHA256, vf_bytes(NULL, 0), c->tbs, c->signature, VF_CERT_PATH, &err);
		MUST(rc != VF_OK || X509_verify(x, X509_get0_pubkey(root_x509)) == 1);
	}
	X509_free(x);
}

static void check_cert(struct vf_bytes in, uint8_t how)
{
	struct bt_part *p = se_edit(&set, (enum se_file)(SE_TSA_P256 + (how >> 1) % 4), in);
	struct vf_cert c, issuer;

	if (how & 1)
		se_sign_tbs(set.root, bt_bytes(p));
	dump(p);
	MUST(vf_cert_open(se_file(&set, SE_ROOT), &issuer, NULL) == VF_OK);
	if (vf_cert_open(bt_bytes(p), &c, NULL) == VF_OK) {
		compare_cert(bt_bytes(p), &c, &issuer);
		vf_cert_done(&c);
	}
	vf_cert_done(&issuer);
}

/* ---- revocation ---- */

static void compare_crl(struct vf_bytes der, const struct vf_standing *s)
{
	const uint8_t *p = der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	X509 *leaf = to_x509(se_file(&set, SE_TSA_P256));
	X509_REVOKED *entry = NULL;
	int found;

	MUST(crl && leaf && p == der.p + der.n && X509_CRL_verify(crl, X509_get0_pubkey(root_x509)) == 1);
	MUST(seconds(X509_CRL_get0_lastUpdate(crl)) == to_seconds(s->this_update));
	MUST((X509_CRL_get0_nextUpdate(crl) != NULL) == (s->next_update != VF_TIME_NONE));
	MUST(s->next_update == VF_TIME_NONE || seconds(X509_CRL_get0_nextUpdate(crl)) == to_seconds(s->next_update));
	found = X509_CRL_get0_by_cert(crl, &entry, leaf);
	MUST(found != 1 || s->listed);
	MUST(!s->listed || found != 0);
	if (found == 1)
		MUST(to_seconds(s->revoked_at) <= seconds(X509_REVOKED_get0_revocationDate(entry)));
	X509_free(leaf);
	X509_CRL_free(crl);
}

/* Whether any response about this certificate has the status. */
static bool ocsp_says(OCSP_BASICRESP *basic, X509 *leaf, int wanted, int64_t *ret_at)
{
	bool says = false;

	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *one = OCSP_resp_get0(basic, i);
		OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(one), *want;
		ASN1_GENERALIZEDTIME *at = NULL;
		ASN1_OBJECT *md = NULL;
		int reason, status;

		OCSP_id_get0_info(NULL, &md, NULL, NULL, id);
		want = OCSP_cert_to_id(EVP_get_digestbyobj(md), leaf, root_x509);
		status = OCSP_single_get0_status(one, &reason, &at, NULL, NULL);
		if (want && OCSP_id_cmp(want, id) == 0 && status == wanted) {
			says = true;
			if (at)
				*ret_at = seconds(at);
		}
		OCSP_CERTID_free(want);
	}
	return says;
}

static void compare_ocsp(struct vf_bytes der, const struct vf_standing *s)
{
	const uint8_t *p = der.p;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, (long)der.n);
	OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
	X509 *leaf = to_x509(se_file(&set, SE_TSA_P256)), *responder = to_x509(se_file(&set, SE_RESPONDER));
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	int64_t at = INT64_MAX;

	MUST(basic && leaf && responder && store && certs && p == der.p + der.n);
	MUST(OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL);
	MUST(X509_STORE_add_cert(store, root_x509) == 1 && sk_X509_push(certs, responder) > 0);
	X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
	if (OCSP_basic_verify(basic, certs, store, 0) != 1) {
		ERR_print_errors_fp(stderr);
		must_fail(__FILE__, __LINE__, "OpenSSL verifies the OCSP response that counts");
	}
	if (s->listed)
		MUST(ocsp_says(basic, leaf, V_OCSP_CERTSTATUS_REVOKED, &at) && to_seconds(s->revoked_at) <= at);
	else if (!s->silent)
		MUST(ocsp_says(basic, leaf, V_OCSP_CERTSTATUS_GOOD, &at));
	sk_X509_free(certs);
	X509_STORE_free(store);
	X509_free(leaf);
	X509_free(responder);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
}

static void check_standing(struct vf_bytes in, uint8_t how, bool is_ocsp)
{
	enum se_file which = (enum se_file)(is_ocsp ? SE_OCSP_GOOD + (how >> 1) % 2 : SE_CRL_BEFORE + (how >> 1) % 4);
	struct bt_part *p = se_edit(&set, which, in);
	struct vf_pki *pki = vf_pki_new();
	const struct vf_cert *cert, *issuer;
	struct vf_standing s = {0};
	struct vf_err err;
	enum vf_rc rc;

	if ((how & 1) && is_ocsp)
		se_sign_ocsp(set.p384, bt_bytes(p));
	else if (how & 1)
		se_sign_tbs(set.root, bt_bytes(p));
	dump(p);
	MUST(pki && vf_pki_cert(pki, se_file(&set, SE_TSA_P256), &cert, &err) == VF_OK);
	MUST(vf_pki_cert(pki, se_file(&set, SE_ROOT), &issuer, &err) == VF_OK);
	rc = is_ocsp ? vf_ocsp_read(pki, bt_bytes(p), cert, issuer, vf_bytes(NULL, 0), &s, &err)
		     : vf_crl_read(pki, bt_bytes(p), cert, issuer, &s, &err);
	if (rc == VF_OK && s.counts && is_ocsp) {
		se_strip_ocsp(p);
		compare_ocsp(bt_bytes(p), &s);
	} else if (rc == VF_OK && s.counts) {
		compare_crl(bt_bytes(p), &s);
	}
	vf_pki_free(pki);
}

/* ---- signatures and hashes ---- */

static bool openssl_verifies(EVP_PKEY *key, const char *md, struct vf_bytes message, struct vf_bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	MUST(ctx && EVP_DigestVerifyInit_ex(ctx, NULL, md, NULL, NULL, key, NULL) == 1);
	good = EVP_DigestVerify(ctx, sig.p, sig.n, message.p, message.n) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

/* A signature over "m", or with edits; RSA and ECDSA by certificates, Ed25519 as notes have it. */
static void check_signature(struct vf_bytes in, uint8_t how)
{
	static uint8_t sigs[3][512];
	static size_t sizes[3];
	const struct vf_bytes m = vf_bytes_str("m");
	EVP_PKEY *const keys[] = {set.p256, set.rsa, set.ed25519};
	const enum se_file certs[] = {SE_TSA_P256, SE_TSA_RSA};
	const struct vf_sigalg algs[] = {{.scheme = VF_SCHEME_ECDSA, .digest = VF_SHA256},
		{.scheme = VF_SCHEME_RSA_PKCS1, .digest = VF_SHA256}};
	struct be_run run = {.work = &set.work, .bases = &set.files, .n_bases = 1};
	size_t kind = how % 3, n = 32;
	struct bt_part *p;
	struct vf_bytes b;
	struct vf_cert c;
	uint8_t raw[32];
	bool ours, theirs;

	for (size_t i = 0; i < 3 && !sizes[i]; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		sizes[i] = sizeof(sigs[i]);
		MUST(ctx && EVP_DigestSignInit_ex(ctx, NULL, i < 2 ? "SHA256" : NULL, NULL, NULL, keys[i], NULL) == 1);
		MUST(EVP_DigestSign(ctx, sigs[i], &sizes[i], m.p, m.n) == 1);
		EVP_MD_CTX_free(ctx);
	}
	set.work.n = 0;
	p = bt_add(&set.work, "signature", vf_bytes(sigs[kind], sizes[kind]));
	while (vf_take(&in, BE_SIZE, &b)) {
		struct be_edit e = be_read(b.p);

		e.op & 1 ? be_der(&run, &e, p) : be_bytes(&run, &e, p);
	}
	theirs = openssl_verifies(keys[kind], kind < 2 ? "SHA256" : NULL, m, bt_bytes(p));
	if (kind < 2) {
		MUST(vf_cert_open(se_file(&set, certs[kind]), &c, NULL) == VF_OK);
		ours = vf_cert_verify(&c, &algs[kind], VF_SHA256, vf_bytes(NULL, 0), m, bt_bytes(p), VF_CERT_PATH, NULL) == VF_OK;
		vf_cert_done(&c);
	} else {
		MUST(EVP_PKEY_get_raw_public_key(keys[2], raw, &n) == 1 && n == 32);
		ours = p->n == VF_ED25519_SIGNATURE && vf_ed25519_check(raw, m, p->data, NULL) == VF_OK;
	}
	MUST(ours == theirs);
}

/* Every way of computing a digest, in pieces that the input chooses. */
static void check_hash(struct vf_bytes in, uint8_t how)
{
	struct vf_bytes rest = in, piece;
	struct vf_pair_hasher both;
	struct vf_hasher one;
	struct vf_digest d, e;
	struct vf_pair pair;
	enum vf_alg alg = (enum vf_alg)(1 + how % (VF_ALG_COUNT - 1));
	uint8_t want[EVP_MAX_MD_SIZE], second[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	MUST(EVP_Digest(in.p, in.n, want, &n, EVP_get_digestbyname(vf_alg_name(alg)), NULL) == 1 && n == vf_alg_size(alg));
	MUST(vf_digest(alg, in, &d, NULL) == VF_OK && vf_hasher_init(&one, alg, NULL) == VF_OK);
	vf_pair_init(&both);
	while (rest.n) {
		MUST(vf_take(&rest, 1 + (rest.p[0] + how) % rest.n, &piece));
		vf_hasher_put(&one, piece);
		vf_pair_put(&both, piece);
	}
	MUST(vf_hasher_done(&one, &e, NULL) == VF_OK && vf_digest_eq(&d, &e) && memcmp(d.b, want, n) == 0);
	pair = vf_pair_done(&both);
	MUST(EVP_Digest(in.p, in.n, want, NULL, EVP_sha256(), NULL) == 1 && memcmp(want, pair.sha256.b, 32) == 0);
	MUST(EVP_Digest(in.p, in.n, second, NULL, EVP_sha512(), NULL) == 1 && memcmp(second, pair.sha512.b, 64) == 0);
	pair.sha256 = vf_hmac_sha256(vf_bytes(second, how % 65), in);
	MUST(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, second, how % 65, in.p, in.n, want, sizeof(want), NULL) != NULL);
	MUST(memcmp(want, pair.sha256.b, 32) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vf_bytes in = vf_bytes(data, size);
	uint8_t kind, how;

	if (!root_x509) {
		se_begin(&set);
		root_x509 = to_x509(se_file(&set, SE_ROOT));
	}
	if (!vf_take_u8(&in, &kind) || !vf_take_u8(&in, &how))
		return 0;
	switch (kind % 8) {
	case 0:
	case 1:
	case 2:
		check_token(in, how);
		break;
	case 3:
		check_cert(in, how);
		break;
	case 4:
	case 5:
		check_standing(in, how, kind % 8 == 5);
		break;
	case 6:
		check_signature(in, how);
		break;
	default:
		check_hash(in, how);
		break;
	}
	ERR_clear_error();
	return 0;
}
