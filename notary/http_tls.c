#include "notary/http_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notary/signer.h"

#define MAX_PEM (1 << 20)
#define CERTIFICATE_DAYS 3650

struct nt_tls {
	pthread_mutex_t lock; /* of ctx and fingerprint, which reload replaces */
	SSL_CTX *ctx;
	uint8_t fingerprint[32];
	char *certificate, *key;
	bool ask_certificate;
};

struct nt_tls_conn {
	SSL *ssl;
};

/* The first reason in OpenSSL's queue, which is left empty. */
static enum vf_rc failed(struct vf_err *reterr, const char *what, const char *path)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return vf_fail(reterr, VF_TLS_FAILED, "%s '%s'%s%s", what, path, why ? ": " : "", why ? why : "");
}

static void ssl_ctx_freep(SSL_CTX **ctx)
{
	SSL_CTX_free(*ctx);
}

static void pkey_freep(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void x509_freep(X509 **x)
{
	X509_free(*x);
}

static void bio_freep(BIO **b)
{
	BIO_free(*b);
}

static void secret_done(struct nt_buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->room);
	nt_buf_done(b);
}

/* No prompt: an encrypted key fails. */
static int no_password(char *buf, int size, int write, void *ctx)
{
	(void)buf;
	(void)size;
	(void)write;
	(void)ctx;
	return -1;
}

static enum vf_rc load_key(const char *path, EVP_PKEY **ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_signer_freep) struct nt_signer *checked = NULL;
	VF_CLEANUP(secret_done) struct nt_buf text = nt_buf(MAX_PEM);
	VF_CLEANUP(bio_freep) BIO *bio = NULL;
	/* kind, owner and mode of the file are the signer's rules */
	enum vf_rc rc = nt_signer_load(path, &checked, reterr);

	if (rc == VF_OK)
		rc = nt_signer_read_file(path, MAX_PEM, &text, reterr);
	if (rc != VF_OK)
		return rc;
	bio = BIO_new_mem_buf(text.p, (int)text.n);
	if (!bio)
		return failed(reterr, "no memory for the key", path);
	*ret = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	return *ret ? VF_OK : failed(reterr, "not an unencrypted private key", path);
}

/* Any certificate: whose key it is decides the caller. The handshake checks that the client holds it. */
static int take_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

/* RFC 7301: who offers protocols must offer ours. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in, unsigned in_n,
	void *ctx)
{
	static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
	unsigned char *chosen;

	(void)ssl;
	(void)ctx;
	if (SSL_select_next_proto(&chosen, n, ours, sizeof(ours) - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static enum vf_rc make_context(const struct nt_tls *t, SSL_CTX **ret, uint8_t ret_digest[32], struct vf_err *reterr)
{
	VF_CLEANUP(ssl_ctx_freep) SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	VF_CLEANUP(pkey_freep) EVP_PKEY *key = NULL;
	unsigned n = 32;
	enum vf_rc rc;

	if (!ctx)
		return failed(reterr, "no memory for", t->certificate);
	rc = load_key(t->key, &key, reterr);
	if (rc != VF_OK)
		return rc;
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 || SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return failed(reterr, "no TLS 1.2 for", t->certificate);
	if (SSL_CTX_use_certificate_chain_file(ctx, t->certificate) != 1)
		return failed(reterr, "no certificate in PEM in", t->certificate);
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return failed(reterr, "the certificate is not of the key", t->key);
	if (t->ask_certificate)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	if (X509_digest(SSL_CTX_get0_certificate(ctx), EVP_sha256(), ret_digest, &n) != 1)
		return failed(reterr, "cannot read the certificate", t->certificate);
	*ret = ctx;
	ctx = NULL;
	return VF_OK;
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = e != NULL && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

static bool fill_certificate(X509 *x, EVP_PKEY *key, const char *address)
{
	X509_NAME *name = X509_get_subject_name(x);
	BIGNUM *serial = BN_new();
	char names[256];
	bool ok = serial != NULL && BN_rand(serial, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x)) != NULL;

	BN_free(serial);
	snprintf(names, sizeof(names), "DNS:localhost,IP:127.0.0.1,IP:::1,IP:%s", address);
	return ok && X509_set_version(x, X509_VERSION_3) == 1 &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"Trial Notary service", -1, -1, 0) == 1 &&
		X509_set_issuer_name(x, name) == 1 && X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
		X509_time_adj_ex(X509_getm_notAfter(x), CERTIFICATE_DAYS, 0, NULL) != NULL && X509_set_pubkey(x, key) == 1 &&
		add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
		add_extension(x, NID_key_usage, "critical,digitalSignature") &&
		add_extension(x, NID_ext_key_usage, "serverAuth") && add_extension(x, NID_subject_alt_name, names) &&
		X509_sign(x, key, EVP_sha256()) > 0;
}

/* The key first: a crash between the two leaves a key that the next start says is alone. */
static enum vf_rc make_files(const struct nt_tls *t, const char *address, struct vf_err *reterr)
{
	VF_CLEANUP(pkey_freep) EVP_PKEY *key = NULL;
	VF_CLEANUP(x509_freep) X509 *x = X509_new();
	VF_CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
	enum vf_rc rc = nt_signer_create(t->key, NT_KEY_P256, NULL, reterr);
	char *text;
	long n;

	if (rc == VF_OK)
		rc = load_key(t->key, &key, reterr);
	if (rc != VF_OK)
		return rc;
	if (!x || !bio || !fill_certificate(x, key, address) || PEM_write_bio_X509(bio, x) != 1)
		return failed(reterr, "cannot make the certificate", t->certificate);
	n = BIO_get_mem_data(bio, &text);
	if (n <= 0)
		return failed(reterr, "cannot make the certificate", t->certificate);
	return nt_signer_write_file(t->certificate, vf_bytes(text, (size_t)n), 0644, reterr);
}

VF_RC nt_tls_new(const struct nt_tls_config *config, const char *address, struct nt_tls **ret, struct vf_err *reterr)
{
	struct nt_tls *t = calloc(1, sizeof(*t));
	enum vf_rc rc = VF_OK;

	if (!t)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for TLS");
	pthread_mutex_init(&t->lock, NULL);
	t->certificate = strdup(config->certificate);
	t->key = strdup(config->key);
	t->ask_certificate = config->ask_certificate;
	if (!t->certificate || !t->key)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for TLS");
	if (rc == VF_OK && access(t->key, F_OK) != 0 && access(t->certificate, F_OK) != 0)
		rc = make_files(t, address, reterr);
	if (rc == VF_OK)
		rc = make_context(t, &t->ctx, t->fingerprint, reterr);
	if (rc != VF_OK)
		t = nt_tls_free(t);
	else
		*ret = t;
	return rc;
}

struct nt_tls *nt_tls_free(struct nt_tls *t)
{
	if (!t)
		return NULL;
	SSL_CTX_free(t->ctx);
	free(t->certificate);
	free(t->key);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}

VF_RC nt_tls_reload(struct nt_tls *t, struct vf_err *reterr)
{
	uint8_t digest[32];
	SSL_CTX *ctx, *old;
	enum vf_rc rc = make_context(t, &ctx, digest, reterr);

	if (rc != VF_OK)
		return rc;
	pthread_mutex_lock(&t->lock);
	old = t->ctx;
	t->ctx = ctx;
	memcpy(t->fingerprint, digest, sizeof(digest));
	pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(old); /* connections hold their own reference */
	return VF_OK;
}

void nt_tls_fingerprint(struct nt_tls *t, uint8_t ret[32])
{
	pthread_mutex_lock(&t->lock);
	memcpy(ret, t->fingerprint, 32);
	pthread_mutex_unlock(&t->lock);
}

struct nt_tls_conn *nt_tls_conn_new(struct nt_tls *t, int fd)
{
	struct nt_tls_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_lock(&t->lock);
	c->ssl = SSL_new(t->ctx);
	pthread_mutex_unlock(&t->lock);
	if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1) {
		ERR_clear_error();
		return nt_tls_conn_free(c);
	}
	SSL_set_accept_state(c->ssl);
	return c;
}

struct nt_tls_conn *nt_tls_conn_free(struct nt_tls_conn *c)
{
	if (!c)
		return NULL;
	SSL_free(c->ssl);
	free(c);
	return NULL;
}

static enum nt_io outcome(struct nt_tls_conn *c, int status)
{
	switch (SSL_get_error(c->ssl, status)) {
	case SSL_ERROR_WANT_READ:
		return NT_IO_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return NT_IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return NT_IO_END;
	default:
		ERR_clear_error();
		return NT_IO_FAILED;
	}
}

enum nt_io nt_tls_handshake(struct nt_tls_conn *c)
{
	int status;

	ERR_clear_error();
	status = SSL_do_handshake(c->ssl);
	return status == 1 ? NT_IO_DONE : outcome(c, status);
}

enum nt_io nt_tls_read(struct nt_tls_conn *c, void *out, size_t n, size_t *ret)
{
	int status;

	ERR_clear_error();
	status = SSL_read_ex(c->ssl, out, n, ret);
	return status == 1 ? NT_IO_DONE : outcome(c, status);
}

enum nt_io nt_tls_write(struct nt_tls_conn *c, struct vf_bytes b, size_t *ret)
{
	int status;

	ERR_clear_error();
	status = SSL_write_ex(c->ssl, b.p, b.n, ret);
	return status == 1 ? NT_IO_DONE : outcome(c, status);
}

void nt_tls_end(struct nt_tls_conn *c)
{
	ERR_clear_error();
	if (SSL_is_init_finished(c->ssl) == 1)
		SSL_shutdown(c->ssl);
	ERR_clear_error();
}

bool nt_tls_client_key(struct nt_tls_conn *c, uint8_t ret[32])
{
	X509 *x = SSL_get0_peer_certificate(c->ssl);
	unsigned char *der = NULL;
	unsigned n = 32;
	int size = x ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : 0;
	bool ok = size > 0 && EVP_Digest(der, (size_t)size, ret, &n, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	ERR_clear_error();
	return ok;
}
