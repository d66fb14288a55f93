/*
 * What the tests of the embedded TSA share: a folder, a configuration, and what
 * OpenSSL thinks of tokens and certificates.
 */
#ifndef TESTS_UNIT_TSA_FIXTURE_H
#define TESTS_UNIT_TSA_FIXTURE_H

#include "notary/tsa.h"

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "tests/check.h"

#define T0 INT64_C(1767225600123) /* 2026-01-01T00:00:00.123Z */
#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

static char base[256], folder[300];
static struct nt_config config;

static inline const char *at(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void fresh(void)
{
	if (access(folder, F_OK) == 0)
		nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nt_config_default(&config);
	strcpy(config.origin, "demo.example/1");
}

static inline void put_file(const char *name, struct vf_bytes b)
{
	FILE *f = fopen(at(name), "wb");

	if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0)
		exit(1);
}

/* Makes the folder that all cases of a program share. */
static inline void fixture_begin(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(base, sizeof(base), "%s/tsa-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(base))
		exit(1);
	snprintf(folder, sizeof(folder), "%s/tsa", base);
}

static inline int fixture_end(void)
{
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return check_done();
}

static inline struct nt_tsa *open_tsa(void)
{
	struct nt_tsa *t = NULL;
	struct vf_err err = {0};

	CHECK_RC(nt_tsa_open(folder, &config, &t, &err), VF_OK);
	if (!t) {
		fprintf(stderr, "cannot go on: %s\n", err.text);
		exit(1);
	}
	return t;
}

static inline struct vf_digest imprint_of(enum vf_alg alg, const char *text)
{
	struct vf_digest d;

	CHECK_RC(vf_digest(alg, vf_bytes_str(text), &d, NULL), VF_OK);
	return d;
}

static inline struct nt_buf stamp(struct nt_tsa *t, const struct vf_digest *imprint, int64_t now)
{
	struct nt_buf b = nt_buf(65536);
	struct vf_err err = {0};

	CHECK_RC(nt_tsa_stamp(t, imprint, now, &b, &err), VF_OK);
	if (err.rc != VF_NOT_CHECKED)
		fprintf(stderr, "%s\n", err.text);
	return b;
}

/* ---- what OpenSSL thinks ---- */

static inline X509_STORE *store_of(const struct nt_tsa *t, int64_t now, bool crl_check)
{
	X509_STORE *store = X509_STORE_new();
	struct vf_bytes root = nt_tsa_root(t), der = nt_tsa_current_crl(t);
	const unsigned char *p = root.p;
	X509 *ca = d2i_X509(NULL, &p, (long)root.n);
	X509_CRL *crl;

	CHECK(ca && X509_STORE_add_cert(store, ca) == 1);
	X509_free(ca);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), now / 1000);
	X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT);
	if (!crl_check)
		return store;
	p = der.p;
	crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	CHECK(crl && X509_STORE_add_crl(store, crl) == 1);
	X509_CRL_free(crl);
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_X509_STRICT);
	return store;
}

static inline bool ts_accepts(const struct nt_tsa *t, struct vf_bytes der, const struct vf_digest *imprint, int64_t now)
{
	TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
	struct vf_bytes d = vf_digest_bytes(imprint);
	unsigned char *copy = OPENSSL_memdup(d.p, d.n);
	const unsigned char *p = der.p;
	PKCS7 *token = d2i_PKCS7(NULL, &p, (long)der.n);
	bool ok;

	TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
	TS_VERIFY_CTX_set_imprint(ctx, copy, (long)d.n);
	TS_VERIFY_CTX_set_store(ctx, store_of(t, now, true));
	ok = token && p == der.p + der.n && TS_RESP_verify_token(ctx, token) == 1;
	PKCS7_free(token);
	TS_VERIFY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static inline bool cms_accepts(const struct nt_tsa *t, struct vf_bytes der, int64_t now)
{
	const unsigned char *p = der.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	X509_STORE *store = store_of(t, now, false);
	unsigned char *again = NULL;
	bool ok;
	int n;

	/* the CRL is in the token */
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	X509_VERIFY_PARAM_set_purpose(X509_STORE_get0_param(store), X509_PURPOSE_TIMESTAMP_SIGN);
	ok = cms && CMS_verify(cms, NULL, store, NULL, NULL, CMS_CADES) == 1;
	/* what OpenSSL writes from what it read is the same */
	n = cms ? i2d_CMS_ContentInfo(cms, &again) : 0;
	CHECK(n > 0 && vf_bytes_eq(vf_bytes(again, (size_t)n), der));
	OPENSSL_free(again);
	CMS_ContentInfo_free(cms);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok;
}

static inline void check_profile(const struct nt_tsa *t)
{
	struct vf_bytes der = nt_tsa_certificate(t), root = nt_tsa_root(t);
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n), *ca;
	X509_EXTENSION *e;

	p = root.p;
	ca = d2i_X509(NULL, &p, (long)root.n);
	CHECK(x && ca);
	CHECK_INT(X509_check_purpose(x, X509_PURPOSE_TIMESTAMP_SIGN, 0), 1);
	CHECK_INT(X509_get_extension_flags(x) & (EXFLAG_CA | EXFLAG_INVALID), 0);
	CHECK_INT(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	CHECK_INT(X509_get_extended_key_usage(x), XKU_TIMESTAMP);
	e = X509_get_ext(x, X509_get_ext_by_NID(x, NID_ext_key_usage, -1));
	CHECK_INT(X509_EXTENSION_get_critical(e), 1);
	e = X509_get_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1));
	CHECK_INT(X509_EXTENSION_get_critical(e), 1);
	CHECK(X509_get_ext_by_NID(x, NID_private_key_usage_period, -1) >= 0);
	CHECK_INT(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x), X509_get0_subject_key_id(ca)), 0);

	CHECK_INT(X509_check_ca(ca), 1);
	CHECK_INT(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	CHECK_INT(X509_get_pathlen(ca), 0);
	e = X509_get_ext(ca, X509_get_ext_by_NID(ca, NID_basic_constraints, -1));
	CHECK_INT(X509_EXTENSION_get_critical(e), 1);
	CHECK_INT(X509_verify(x, X509_get0_pubkey(ca)), 1);
	CHECK_INT(X509_check_issued(ca, x), X509_V_OK);
	X509_free(x);
	X509_free(ca);
}

#endif
