/*
 * One notary's server, as its client sees it (docs/api.md, docs/http.md).
 *
 * Knows the connection: which server may get the token, over what, how often a
 * request is tried again, how large an answer may be. What the answers say is
 * client_answer.h's question, what is sent client_send.h's.
 *
 * For one thread at a time.
 */
#ifndef NOTARY_CLIENT_H
#define NOTARY_CLIENT_H

#include <signal.h>

#include "notary/buf.h"

struct nt_client;

struct nt_client_options {
	const char *server;     /* https://HOST[:PORT][/PATH]; plain http to loopback addresses only */
	const char *token_file; /* holds one token; nobody else may read it */
	const char *cacert;     /* PEM; NULL: the system's authorities */
	const char
		*pin; /* SHA-256 of the server's certificate (DER) in hex; then no authority is asked. NULL: none */
	const char *proxy; /* URL; NULL: none, whatever the environment says */
	bool plain;        /* http:// to any address */
	/* Not 0: what runs ends as INTERRUPTED; may be NULL. */
	const volatile sig_atomic_t *stop;
	unsigned timeout; /* seconds for one call with all its tries; 0: NT_CLIENT_TIMEOUT */
	/* A line about a try that failed while another follows; may be NULL. */
	void (*note)(void *ctx, const char *line);
	void *note_ctx;
};

#define NT_CLIENT_TIMEOUT 60
#define NT_CLIENT_MAX_TIMEOUT 86400

/*
 * Checks the options and reads the token; nothing is sent, and the options' strings are copied. USAGE: the
 * URL, the pin or the time; PERMISSION: others may read the token file, or http:// to an address that is none
 * of this machine; UNAUTHENTICATED: the file holds no token.
 */
VF_RC nt_client_new(const struct nt_client_options *options, struct nt_client **ret, struct vf_err *reterr);
struct nt_client *nt_client_free(struct nt_client *c);
void nt_client_freep(struct nt_client **c);
/* The server's URL in normal form, without a final slash. */
const char *nt_client_server(const struct nt_client *c);
/* Reads the token again, which may have been replaced. */
VF_RC nt_client_reload(struct nt_client *c, struct vf_err *reterr);

struct nt_client_request {
	bool post;        /* body is sent; otherwise GET */
	const char *path; /* with parameters, as "/v1/records?limit=10" */
	const char *type; /* media type of body */
	struct vf_bytes body;
	const char *accept; /* media type that the answer must have */
	size_t max;         /* octets of the answer, in memory */
	int fd;             /* 0, or an empty file that the answer is written into instead */
	uint64_t max_file;
	unsigned extra; /* seconds that the server may hold the answer, beyond the time for the call */
};

/* What is known of the last answer. */
struct nt_client_answer {
	unsigned status;      /* 0: there was none */
	bool is_refusal;      /* it was a problem of a notary with a code that we know */
	unsigned retry_after; /* seconds; 0: it does not say */
};

/*
 * Sends one request, again when that may help: after connection errors, 408, 429, 502, 503, 504, with
 * growing pauses, or Retry-After, until the time is over. VF_OK only for 200 and 201 with the media type that
 * is wanted; out is emptied first and holds the body. Nothing is followed elsewhere.
 *
 * The notary's own refusals have their code and text. SERVER_UNREACHABLE, SERVER_IDENTITY (its certificate is
 * not the right one: nothing was sent), SERVER_ANSWER (no answer of a notary, or too large), SERVER_REFUSED (a code
 * that this version does not know), IO (the file), PERMISSION as above.
 */
VF_RC nt_client_call(struct nt_client *c, const struct nt_client_request *q, struct nt_buf *out,
	struct nt_client_answer *ret, struct vf_err *reterr);

/* Appends text with everything but unreserved characters as %XX, for a parameter. */
void nt_client_put_parameter(struct nt_buf *out, struct vf_bytes text);

#endif
