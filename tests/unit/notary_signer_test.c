/* Key files: who may read them, what they sign, what is refused. CAdES by OpenSSL's CMS. */
#include "notary/signer.h"

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "notary/cert.h"
#include "tests/check.h"
#include "verify/der.h"

#define T0 INT64_C(1767225600123) /* 2026-01-01T00:00:00.123Z */
#define DAY INT64_C(86400000)

static char folder[256];

static const char *at(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void put_file(const char *name, struct vf_bytes b, mode_t mode)
{
	FILE *f = fopen(at(name), "wb");

	if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0 || chmod(at(name), mode) != 0)
		exit(1);
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	return stat(at(name), &st) == 0 ? st.st_mode & 07777 : 0;
}

static enum vf_rc load(const char *name)
{
	VF_CLEANUP(nt_signer_freep) struct nt_signer *s = NULL;
	struct vf_err err;
	enum vf_rc rc = nt_signer_load(at(name), &s, &err);

	CHECK((rc == VF_OK) == (s != NULL));
	CHECK(rc == VF_OK || err.rc == rc);
	CHECK_INT(ERR_peek_error(), 0);
	return rc;
}

/* What another program thinks of the signature. */
static bool openssl_verifies(const struct nt_signer *s, struct vf_bytes message, struct vf_bytes signature)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf spki = nt_buf(4096);
	const EVP_MD *md = nt_signer_kind(s) == NT_KEY_ED25519 ? NULL : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const unsigned char *p;
	EVP_PKEY *key;
	bool ok;

	CHECK_RC(nt_signer_spki(s, &spki, NULL), VF_OK);
	p = spki.p;
	key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	ok = key && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, signature.p, signature.n, message.p, message.n) == 1;
	CHECK(nt_signer_owns(s, nt_buf_bytes(&spki)));
	EVP_PKEY_free(key);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static void create_and_sign(const char *name, enum nt_key_kind kind, size_t min, size_t max)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf one = nt_buf(2048);
	VF_CLEANUP(nt_buf_done) struct nt_buf two = nt_buf(2048);
	VF_CLEANUP(nt_buf_done) struct nt_buf spki = nt_buf(2048);
	VF_CLEANUP(nt_buf_done) struct nt_buf again = nt_buf(2048);
	struct nt_signer *s = NULL, *t = NULL, *none = NULL;
	struct vf_bytes message = vf_bytes_str("message");
	struct vf_err err;

	CHECK_RC(nt_signer_create(at(name), kind, &s, &err), VF_OK);
	CHECK_INT(mode_of(name), 0600);
	CHECK_RC(nt_signer_create(at(name), kind, &none, &err), VF_EXISTS);
	CHECK(none == NULL);
	CHECK_INT(nt_signer_kind(s), kind);
	CHECK_RC(nt_signer_load(at(name), &t, &err), VF_OK);
	CHECK_INT(nt_signer_kind(t), kind);
	CHECK_RC(nt_signer_spki(s, &spki, &err), VF_OK);
	CHECK_RC(nt_signer_spki(t, &again, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&again), nt_buf_bytes(&spki));

	CHECK_RC(nt_signer_sign(s, message, &one, &err), VF_OK);
	CHECK_RC(nt_signer_sign(t, message, &two, &err), VF_OK);
	CHECK(one.n >= min && one.n <= max);
	/* ECDSA alone is randomised */
	CHECK(vf_bytes_eq(nt_buf_bytes(&one), nt_buf_bytes(&two)) == (kind != NT_KEY_P256));
	CHECK(openssl_verifies(s, message, nt_buf_bytes(&one)));
	CHECK(openssl_verifies(s, message, nt_buf_bytes(&two)));
	CHECK_RC(nt_signer_check(t, message, nt_buf_bytes(&one), &err), VF_OK);
	CHECK_RC(nt_signer_check(t, vf_bytes_str("messagf"), nt_buf_bytes(&one), &err), VF_SIGNER_FAILED);
	CHECK_RC(nt_signer_check(t, message, vf_bytes(one.p, one.n - 1), &err), VF_SIGNER_FAILED);
	CHECK_RC(nt_signer_check(t, message, vf_bytes(one.p, 0), &err), VF_SIGNER_FAILED);
	CHECK_RC(nt_signer_check(t, message, vf_bytes_str("\x30\x80no DER"), &err), VF_SIGNER_FAILED);
	for (size_t i = 0; i < one.n; i += 7) {
		one.p[i] ^= 1;
		CHECK_RC(nt_signer_check(t, message, nt_buf_bytes(&one), &err), VF_SIGNER_FAILED);
		one.p[i] ^= 1;
	}
	CHECK_INT(ERR_peek_error(), 0);
	/* an output that does not fit is an error, not a half signature */
	one = (nt_buf_done(&one), nt_buf(10));
	CHECK_RC(nt_signer_sign(s, message, &one, &err), VF_LIMIT);
	CHECK_INT(one.n, 0);
	CHECK(vf_der_is_strict(nt_signer_algorithm(s)));
	nt_signer_free(s);
	nt_signer_free(t);
}

static void kinds(void)
{
	uint8_t raw[NT_ED25519_PUBLIC] = {0};
	VF_CLEANUP(nt_signer_freep) struct nt_signer *ed = NULL;
	VF_CLEANUP(nt_signer_freep) struct nt_signer *ec = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf spki = nt_buf(2048);
	struct vf_err err;

	CHECK_INT(nt_key_find("ed25519"), NT_KEY_ED25519);
	CHECK_INT(nt_key_find("p256"), NT_KEY_P256);
	CHECK_INT(nt_key_find("rsa3072"), NT_KEY_RSA3072);
	CHECK_INT(nt_key_find("rsa"), NT_KEY_NONE);
	create_and_sign("ed.key", NT_KEY_ED25519, 64, 64);
	create_and_sign("ec.key", NT_KEY_P256, 64, 72);
	create_and_sign("rsa.key", NT_KEY_RSA3072, 384, 384);
	CHECK_RC(nt_signer_create(at("no.key"), NT_KEY_NONE, NULL, &err), VF_SIGNER_FAILED);
	CHECK_RC(nt_signer_create(at("no.key"), NT_KEY_EC, NULL, &err), VF_SIGNER_FAILED);
	CHECK(access(at("no.key"), F_OK) != 0);
	CHECK_RC(nt_signer_create(at("absent/no.key"), NT_KEY_P256, NULL, &err), VF_NO_INPUT);
	CHECK_INT(symlink("nowhere", at("link.key")), 0);
	CHECK_RC(nt_signer_create(at("link.key"), NT_KEY_P256, NULL, &err), VF_EXISTS);
	CHECK(access(at("nowhere"), F_OK) != 0);

	CHECK_RC(nt_signer_load(at("ed.key"), &ed, &err), VF_OK);
	CHECK_RC(nt_signer_load(at("ec.key"), &ec, &err), VF_OK);
	CHECK_RC(nt_signer_ed25519_public(ed, raw, &err), VF_OK);
	CHECK_RC(nt_signer_spki(ed, &spki, &err), VF_OK);
	/* RFC 8410: the key is the end of its SubjectPublicKeyInfo */
	CHECK_INT(spki.n, 44);
	CHECK_BYTES(vf_bytes(raw, 32), vf_bytes(spki.p + 12, 32));
	CHECK_RC(nt_signer_ed25519_public(ec, raw, &err), VF_SIGNER_FAILED);
	CHECK(!nt_signer_owns(ec, nt_buf_bytes(&spki)));
	CHECK(!nt_signer_owns(ed, vf_bytes(spki.p, spki.n - 1)));
	CHECK(!nt_signer_owns(ed, vf_bytes_str("")));
}

static EVP_PKEY *make(const char *type, const char *group, size_t bits)
{
	EVP_PKEY *k;

	if (strcmp(type, "EC") == 0)
		k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", group);
	else if (strncmp(type, "RSA", 3) == 0) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

		k = NULL;
		if (EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) != 1 ||
			EVP_PKEY_generate(ctx, &k) != 1)
			exit(1);
		EVP_PKEY_CTX_free(ctx);
	} else
		k = EVP_PKEY_Q_keygen(NULL, NULL, type);
	if (!k)
		exit(1);
	return k;
}

static void save(const char *name, EVP_PKEY *k, const EVP_CIPHER *cipher)
{
	char phrase[] = "secret";
	BIO *b = BIO_new_file(at(name), "w");

	if (!b || PEM_write_bio_PKCS8PrivateKey(b, k, cipher, cipher ? phrase : NULL, cipher ? 6 : 0, NULL, NULL) != 1)
		exit(1);
	BIO_free(b);
	if (chmod(at(name), 0600) != 0)
		exit(1);
}

static void other_keys(void)
{
	static const struct {
		const char *type, *group;
		size_t bits;
		enum vf_rc want;
	} cases[] = {
		{"EC", "P-384", 0, VF_OK},
		{"EC", "P-521", 0, VF_OK},
		{"RSA", NULL, 2048, VF_OK},
		{"EC", "secp256k1", 0, VF_SIGNER_FAILED},
		{"EC", "P-224", 0, VF_SIGNER_FAILED},
		{"RSA", NULL, 1024, VF_SIGNER_FAILED},
		{"RSA-PSS", NULL, 2048, VF_SIGNER_FAILED},
		{"X25519", NULL, 0, VF_SIGNER_FAILED},
		{"ED448", NULL, 0, VF_SIGNER_FAILED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EVP_PKEY *k = make(cases[i].type, cases[i].group, cases[i].bits);

		save("other.key", k, NULL);
		CHECK_RC(load("other.key"), cases[i].want);
		if (i == 0) {
			/* it must not ask at the terminal */
			save("locked.key", k, EVP_aes_256_cbc());
			CHECK_RC(load("locked.key"), VF_SIGNER_FAILED);
		}
		EVP_PKEY_free(k);
	}
}

static void refused_files(void)
{
	static const mode_t modes[] = {0604, 0602, 0640, 0620, 0644, 0660, 0666, 0601};
	static const char public[] = "-----BEGIN PUBLIC KEY-----\n"
		"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
	struct vf_bytes key = check_read(at("ec.key"));
	char *large = calloc(1, 70000);

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put_file("open.key", key, modes[i]);
		CHECK_RC(load("open.key"), VF_PERMISSION);
	}
	put_file("open.key", key, 0400);
	CHECK_RC(load("open.key"), VF_OK);
	CHECK_RC(load("absent.key"), VF_NO_INPUT);
	CHECK_RC(load("."), VF_NO_INPUT);
	CHECK_INT(mkfifo(at("fifo.key"), 0600), 0);
	CHECK_RC(load("fifo.key"), VF_NO_INPUT);
	put_file("bad.key", vf_bytes_str(""), 0600);
	CHECK_RC(load("bad.key"), VF_SIGNER_FAILED);
	put_file("bad.key", vf_bytes_str("no key\n"), 0600);
	CHECK_RC(load("bad.key"), VF_SIGNER_FAILED);
	put_file("bad.key", vf_bytes_str(public), 0600);
	CHECK_RC(load("bad.key"), VF_SIGNER_FAILED);
	put_file("bad.key", vf_bytes(key.p, key.n / 2), 0600);
	CHECK_RC(load("bad.key"), VF_SIGNER_FAILED);
	put_file("bad.key", vf_bytes(large, 70000), 0600);
	CHECK_RC(load("bad.key"), VF_LIMIT);
	free(large);
	free((void *)(uintptr_t)key.p);
}

/*
 * One changed bit anywhere in a key file: it does not load, does not sign, or it is
 * another whole key whose signatures verify with its own public key. (OpenSSL signs
 * with the rest of an RSA key when its CRT parts are damaged.)
 */
static void damaged(const char *type, size_t step, unsigned at_least)
{
	EVP_PKEY *k = make(type, "P-256", 2048);
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k);
	unsigned char *der = NULL;
	int n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	unsigned refused = 0;

	for (size_t i = 0; i < (size_t)n; i += step) {
		VF_CLEANUP(nt_signer_freep) struct nt_signer *s = NULL;
		VF_CLEANUP(nt_buf_done) struct nt_buf pem = nt_buf(8192);
		VF_CLEANUP(nt_buf_done) struct nt_buf signature = nt_buf(8192);
		struct vf_err err;

		der[i] ^= 0x10;
		CHECK_RC(nt_pem_put(&pem, "PRIVATE KEY", vf_bytes(der, (size_t)n), NULL), VF_OK);
		der[i] ^= 0x10;
		put_file("damaged.key", nt_buf_bytes(&pem), 0600);
		if (nt_signer_load(at("damaged.key"), &s, &err) != VF_OK ||
			nt_signer_sign(s, vf_bytes_str("m"), &signature, &err) != VF_OK) {
			CHECK_RC(err.rc, VF_SIGNER_FAILED);
			CHECK_INT(signature.n, 0);
			refused++;
			continue;
		}
		CHECK(openssl_verifies(s, vf_bytes_str("m"), nt_buf_bytes(&signature)));
	}
	CHECK(refused >= at_least);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(k);
}

/* ---- submitters ---- */

static X509 *certify(EVP_PKEY *k, const char *usage)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	ASN1_TIME *t = ASN1_TIME_new();
	X509_EXTENSION *e;

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"Sponsor", -1, -1, 0);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 0x80);
	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, name);
	ASN1_TIME_set_string(t, "20260101000000Z");
	X509_set1_notBefore(x, t);
	ASN1_TIME_set_string(t, "20260103000000Z");
	X509_set1_notAfter(x, t);
	X509_set_pubkey(x, k);
	if (usage) {
		e = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:FALSE");
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	/* Ed25519 signs without a digest */
	if (X509_sign(x, k, EVP_PKEY_get_base_id(k) == EVP_PKEY_ED25519 ? NULL : EVP_sha256()) <= 0)
		exit(1);
	ASN1_TIME_free(t);
	X509_NAME_free(name);
	return x;
}

static void save_cert(const char *name, X509 *x, bool pem)
{
	BIO *b = BIO_new_file(at(name), "w");

	if (!b || (pem ? PEM_write_bio_X509(b, x) : i2d_X509_bio(b, x)) != 1)
		exit(1);
	BIO_free(b);
}

static bool cms_verifies(struct vf_bytes p7s, struct vf_bytes content, X509 *root)
{
	X509_STORE *store = X509_STORE_new();
	BIO *in = BIO_new_mem_buf(content.p, (int)content.n);
	const unsigned char *p = p7s.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)p7s.n);
	bool ok;

	X509_STORE_add_cert(store, root);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), T0 / 1000);
	X509_VERIFY_PARAM_set_purpose(X509_STORE_get0_param(store), X509_PURPOSE_ANY);
	ok = cms && p == p7s.p + p7s.n &&
		CMS_verify(cms, NULL, store, in, NULL, CMS_DETACHED | CMS_BINARY | CMS_CADES) == 1;
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok;
}

static void cades_with(const char *type, const char *group, size_t bits, bool pem)
{
	VF_CLEANUP(nt_signer_freep) struct nt_signer *s = NULL;
	VF_CLEANUP(nt_buf_done) struct nt_buf cert = nt_buf(65536);
	VF_CLEANUP(nt_buf_done) struct nt_buf p7s = nt_buf(65536);
	VF_CLEANUP(nt_buf_done) struct nt_buf again = nt_buf(65536);
	struct vf_bytes content = vf_bytes_str("{\"statement\":1}\r\n\n");
	EVP_PKEY *k = make(type, group, bits);
	X509 *x = certify(k, "critical,digitalSignature");
	struct vf_err err;
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	save("user.key", k, NULL);
	save_cert("user.cert", x, pem);
	CHECK_RC(nt_signer_load_pair(at("user.key"), at("user.cert"), &s, &cert, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&cert), vf_bytes(der, (size_t)n));
	CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0, NULL, &p7s, &err), VF_OK);
	CHECK(vf_der_is_strict(nt_buf_bytes(&p7s)));
	CHECK(cms_verifies(nt_buf_bytes(&p7s), content, x));
	CHECK(!cms_verifies(nt_buf_bytes(&p7s), vf_bytes_str("{\"statement\":2}\r\n\n"), x));
	CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0, NULL, &again, &err), VF_OK);
	CHECK(vf_bytes_eq(nt_buf_bytes(&p7s), nt_buf_bytes(&again)) == (strcmp(type, "RSA") == 0));
	/* an empty content is a content */
	nt_buf_reset(&again);
	CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), vf_bytes(NULL, 0), T0, NULL, &again, &err), VF_OK);
	CHECK(cms_verifies(nt_buf_bytes(&again), vf_bytes_str(""), x));

	/* from the first to the last second of the certificate, and no further */
	nt_buf_reset(&again);
	CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0 - 123, NULL, &again, &err), VF_OK);
	CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0 - 124, NULL, &again, &err), VF_SIGNER_CERT_TIME);
	CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0 - 123 + 2 * DAY + 999, NULL, &again, &err), VF_OK);
	CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0 - 123 + 2 * DAY + 1000, NULL, &again, &err),
		VF_SIGNER_CERT_TIME);
	CHECK_RC(nt_signer_cades(s, vf_bytes(cert.p, cert.n - 1), content, T0, NULL, &again, &err), VF_CERT_SHAPE);
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(k);
}

/* The octets of the n-th line of the example in the format document. */
static struct vf_bytes example(unsigned n, uint8_t out[256])
{
	const char *source = getenv("TRIALNOTARY_SOURCE");
	char path[PATH_MAX], line[1024];
	FILE *f;
	size_t k = 0;
	unsigned at = 0;

	snprintf(path, sizeof(path), "%s/docs/formats/signature.md", source ? source : ".");
	f = fopen(path, "r");
	if (!f)
		exit(1);
	while (k == 0 && fgets(line, sizeof(line), f)) {
		char *p = line;
		unsigned octet;
		int used;

		if (strncmp(line, "30 ", 3) != 0 || at++ != n)
			continue;
		while (k < 256 && sscanf(p, "%2x%n", &octet, &used) == 1) {
			out[k++] = (uint8_t)octet;
			p += used;
		}
	}
	fclose(f);
	return vf_bytes(out, k);
}

static bool holds(const struct nt_buf *all, struct vf_bytes part)
{
	for (size_t i = 0; part.n && i + part.n <= all->n; i++)
		if (memcmp(all->p + i, part.p, part.n) == 0)
			return true;
	return false;
}

/* Meaning and printed name are written as the format document shows, read back, and OpenSSL accepts all of it. */
static void says(void)
{
	struct vf_bytes content = vf_bytes_str("{\"statement\":1}\n");
	EVP_PKEY *k = make("EC", "P-256", 0);
	X509 *x = certify(k, "critical,digitalSignature");
	uint8_t octets[2][256];
	struct vf_err err;

	save("says.key", k, NULL);
	save_cert("says.cert", x, true);
	for (int m = VF_MEANING_NONE; m < VF_MEANING_COUNT; m++) {
		VF_CLEANUP(nt_signer_freep) struct nt_signer *s = NULL;
		VF_CLEANUP(nt_buf_done) struct nt_buf cert = nt_buf(65536);
		VF_CLEANUP(nt_buf_done) struct nt_buf p7s = nt_buf(65536);
		struct nt_says words = {.meaning = (enum vf_meaning)m};
		struct vf_signed sig;
		struct vf_said said;

		if (m == VF_MEANING_OTHER)
			continue;
		if (m % 2 == 0)
			words.printed_name = vf_bytes_str("Dr. A. Example");
		CHECK_RC(nt_signer_load_pair(at("says.key"), at("says.cert"), &s, &cert, &err), VF_OK);
		CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0, &words, &p7s, &err), VF_OK);
		CHECK(vf_der_is_strict(nt_buf_bytes(&p7s)));
		CHECK(cms_verifies(nt_buf_bytes(&p7s), content, x));
		CHECK_RC(vf_cms_parse(nt_buf_bytes(&p7s), VF_CMS_SUBMITTER, &sig, &err), VF_OK);
		CHECK_RC(vf_meaning_read(&sig, &said, &err), VF_OK);
		CHECK_INT(said.meaning, words.meaning);
		CHECK_BYTES(said.name, words.printed_name);
		CHECK(said.time == T0 / 1000 * 1000);
		CHECK(holds(&p7s, example(0, octets[0])) == (m == VF_MEANING_APPROVAL));
		CHECK(holds(&p7s, example(1, octets[1])) == (m % 2 == 0));
		words.printed_name = vf_bytes_str("Dr. A. \xe2\x80\xae" "elpmaxE");
		CHECK_RC(nt_signer_cades(s, nt_buf_bytes(&cert), content, T0, &words, &p7s, &err), VF_INTERNAL);
	}
	X509_free(x);
	EVP_PKEY_free(k);
}

/* What a passphrase is asked for, and what comes back. */
struct answer {
	const char *text;
	enum vf_rc rc;
	unsigned asked;
};

static VF_RC give(void *ctx, struct nt_buf *ret, struct vf_err *reterr)
{
	struct answer *a = ctx;

	a->asked++;
	nt_buf_put_str(ret, a->text);
	return a->rc == VF_OK ? VF_OK : vf_fail(reterr, a->rc, "no answer");
}

static void encrypted(void)
{
	static const struct {
		const char *key, *text;
		enum vf_rc answer, want;
		unsigned asked;
	} rows[] = {
		{"locked.key", "secret", VF_OK, VF_OK, 1},
		{"locked.key", "Secret", VF_OK, VF_SIGNER_FAILED, 1},
		{"locked.key", "secret ", VF_OK, VF_SIGNER_FAILED, 1},
		{"locked.key", "", VF_IO, VF_IO, 1},
		{"locked.key", "", VF_LIMIT, VF_LIMIT, 1},
		/* nobody is asked for what is not encrypted */
		{"other.key", "", VF_IO, VF_OK, 0},
		{"bad.key", "", VF_IO, VF_SIGNER_FAILED, 0},
	};
	EVP_PKEY *k = make("EC", "P-256", 0);

	save("locked.key", k, EVP_aes_256_cbc());
	save("other.key", k, NULL);
	put_file("bad.key", vf_bytes_str("no key\n"), 0600);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		VF_CLEANUP(nt_signer_freep) struct nt_signer *s = NULL;
		struct answer a = {.text = rows[i].text, .rc = rows[i].answer};
		struct vf_err err = {0};
		enum vf_rc rc = nt_signer_load_with(at(rows[i].key), give, &a, &s, &err);

		CHECK_RC(rc, rows[i].want);
		CHECK((rc == VF_OK) == (s != NULL) && (rc == VF_OK || err.rc == rc));
		CHECK_INT(a.asked, rows[i].asked);
		CHECK_INT(ERR_peek_error(), 0);
	}
	EVP_PKEY_free(k);
}

static void pairs_refused(void)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf cert = nt_buf(65536);
	VF_CLEANUP(nt_signer_freep) struct nt_signer *s = NULL;
	EVP_PKEY *one = make("EC", "P-256", 0), *two = make("EC", "P-256", 0), *ed = make("ED25519", NULL, 0);
	X509 *x = certify(one, NULL), *y = certify(two, "critical,keyCertSign"), *z = certify(ed, NULL);
	struct vf_err err;

	save("one.key", one, NULL);
	save("two.key", two, NULL);
	save("three.key", ed, NULL);
	save_cert("one.pem", x, true);
	save_cert("two.pem", y, true);
	save_cert("three.pem", z, true);
	put_file("none.pem", vf_bytes_str("no certificate\n"), 0644);
	put_file("half.pem", vf_bytes_str("-----BEGIN CERTIFICATE-----\nAAAA\n"), 0644);
	put_file("junk.pem", vf_bytes_str("-----BEGIN CERTIFICATE-----\nA*==\n-----END CERTIFICATE-----\n"), 0644);
	put_file("small.pem", vf_bytes_str("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"), 0644);
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("two.pem"), &s, &cert, &err), VF_SIGNER_FAILED);
	CHECK_RC(nt_signer_load_pair(at("two.key"), at("two.pem"), &s, &cert, &err), VF_SIGNER_FAILED);
	CHECK_RC(nt_signer_load_pair(at("three.key"), at("three.pem"), &s, &cert, &err), VF_SIGNER_FAILED);
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("one.key"), &s, &cert, &err), VF_CERT_SHAPE);
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("none.pem"), &s, &cert, &err), VF_CERT_SHAPE);
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("half.pem"), &s, &cert, &err), VF_CERT_SHAPE);
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("junk.pem"), &s, &cert, &err), VF_CERT_SHAPE);
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("small.pem"), &s, &cert, &err), VF_CERT_SHAPE);
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("absent.pem"), &s, &cert, &err), VF_NO_INPUT);
	CHECK_RC(nt_signer_load_pair(at("absent.key"), at("one.pem"), &s, &cert, &err), VF_NO_INPUT);
	CHECK(s == NULL);
	CHECK_INT(cert.n, 0);
	/* no keyUsage allows all (RFC 5280 4.2.1.3) */
	CHECK_RC(nt_signer_load_pair(at("one.key"), at("one.pem"), &s, &cert, &err), VF_OK);
	X509_free(x);
	X509_free(y);
	X509_free(z);
	EVP_PKEY_free(one);
	EVP_PKEY_free(two);
	EVP_PKEY_free(ed);
}

static void files(void)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(100);
	struct vf_err err;

	put_file("file.tmp", vf_bytes_str("left by a crash"), 0644);
	CHECK_RC(nt_signer_write_file(at("file"), vf_bytes_str("one"), 0644, &err), VF_OK);
	CHECK(access(at("file.tmp"), F_OK) != 0);
	CHECK_INT(mode_of("file"), 0644);
	CHECK_RC(nt_signer_write_file(at("file"), vf_bytes_str("three"), 0600, &err), VF_OK);
	CHECK_INT(mode_of("file"), 0600);
	CHECK_RC(nt_signer_read_file(at("file"), 5, &b, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&b), vf_bytes_str("three"));
	CHECK_RC(nt_signer_read_file(at("file"), 4, &b, &err), VF_LIMIT);
	CHECK_RC(nt_signer_read_file(at("absent"), 4, &b, &err), VF_NO_INPUT);
	CHECK_RC(nt_signer_write_file(at("absent/file"), vf_bytes_str("x"), 0644, &err), VF_NO_INPUT);
	/* a folder is not replaced, and nothing stays behind */
	CHECK_INT(mkdir(at("taken"), 0700), 0);
	CHECK_RC(nt_signer_write_file(at("taken"), vf_bytes_str("x"), 0644, &err), VF_IO);
	CHECK(access(at("taken.tmp"), F_OK) != 0);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/signer-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	kinds();
	other_keys();
	refused_files();
	damaged("EC", 1, 130);
	damaged("RSA", 37, 5);
	cades_with("EC", "P-256", 0, true);
	cades_with("EC", "P-384", 0, false);
	cades_with("RSA", NULL, 2048, true);
	says();
	encrypted();
	pairs_refused();
	files();
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return check_done();
}
