/*
 * A client's own fields.
 *
 * Internal to client.c and client_options.c.
 */
#ifndef NOTARY_CLIENT_INSIDE_H
#define NOTARY_CLIENT_INSIDE_H

#include "notary/client.h"
#include "notary/client_pin.h"
#include "notary/random.h"

struct nt_client {
	void *curl; /* libcurl's handle, with its open connections */
	char *server, *token_file, *cacert, *proxy;
	struct nt_pin pin;
	char token[64];
	bool plain, is_tls;
	bool is_elsewhere; /* a plain connection to another machine was refused */
	const volatile sig_atomic_t *stop;
	int64_t timeout_ms;
	void (*note)(void *ctx, const char *line);
	void *note_ctx;
	struct nt_random random;
};

#endif
