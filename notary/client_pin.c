#include "notary/client_pin.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/*
 * Instead of a path to an authority. The handshake itself proves that the server holds the key. Its period does
 * not count: who pins a certificate means this one, until another is pinned.
 */
static int check_certificate(X509_STORE_CTX *store, void *arg)
{
	struct nt_pin *pin = arg;
	X509 *x = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	bool same;

	same = x != NULL && X509_digest(x, EVP_sha256(), digest, &n) == 1 && n == sizeof(pin->sha256) &&
		CRYPTO_memcmp(digest, pin->sha256, n) == 0;
	pin->is_other = !same;
	X509_STORE_CTX_set_error(store, same ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
	return same ? 1 : 0;
}

int nt_pin_context(void *curl, void *ssl_ctx, void *pin)
{
	(void)curl;
	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, check_certificate, pin);
	SSL_CTX_set_session_cache_mode(ssl_ctx, SSL_SESS_CACHE_OFF);
	return 0;
}
