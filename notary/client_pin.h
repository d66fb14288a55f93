/*
 * The certificate that a server must show, known by its SHA-256.
 *
 * Knows OpenSSL's handshake: a server with another certificate gets nothing but the
 * handshake. Everything else of a connection is client.c's question.
 */
#ifndef NOTARY_CLIENT_PIN_H
#define NOTARY_CLIENT_PIN_H

#include <stdbool.h>
#include <stdint.h>

struct nt_pin {
	bool is_set;
	uint8_t sha256[32]; /* over the certificate in DER, as the service shows it at its start */
	bool is_other;      /* the last server showed another one */
};

/* For libcurl (CURLOPT_SSL_CTX_FUNCTION): the certificate is accepted exactly when it is the pinned one. 0: done.
 */
int nt_pin_context(void *curl, void *ssl_ctx, void *pin);

#endif
