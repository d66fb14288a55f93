/*
 * One bounded exchange with an HTTP server elsewhere: a time-stamping authority, a CRL, an OCSP responder.
 *
 * Knows libcurl, limits and time-outs; follows no redirects, keeps no cookies, looks at no proxy or password file of
 * the environment. What the octets mean is the caller's question. Any thread; blocks until the end.
 */
#ifndef NOTARY_FETCH_H
#define NOTARY_FETCH_H

#include "notary/buf.h"

/* Connections that stay open for the next exchange: saves the way to and fro of TCP and TLS. One thread at a time. */
struct nt_fetch_keep;
/* NULL: no memory, or libcurl does not start. */
struct nt_fetch_keep *nt_fetch_keep_new(void);
struct nt_fetch_keep *nt_fetch_keep_free(struct nt_fetch_keep *k);

struct nt_fetch {
	const char *url;            /* http: or https:, without a user and password */
	struct vf_bytes body;       /* POST when type is not NULL, else GET */
	const char *type;           /* media type of the body */
	const char *accept;         /* media type wanted, compared without parameters and case; NULL: any */
	uint32_t connect_ms, timeout_ms; /* timeout_ms is for all of it, names and TLS included */
	size_t max;                 /* octets of the answer */
	const char *user, *password; /* basic authentication; may be NULL */
	struct vf_bytes certificate, key; /* PEM, for TLS; may be empty */
	struct vf_bytes ca;         /* PEM: the only roots of the server; empty: the system's */
	const _Atomic bool *stop;  /* ends within a second when it becomes true; may be NULL */
	struct nt_fetch_keep *keep; /* NULL: a connection for this exchange alone */
};

struct nt_fetched {
	int status;                 /* of HTTP; 0: none came */
	int64_t retry_after_ms;     /* of Retry-After, at most a day; 0: absent */
	int64_t sent_ms, received_ms; /* system clock, milliseconds UTC, around the exchange */
};

/*
 * Appends the answer's body to ret on status 200. FETCH_FAILED with what happened otherwise (refused, time-out, status,
 * wrong media type, too long); ret_facts is filled on failure as well, ret is as it was. NO_MEMORY.
 */
VF_RC nt_fetch(const struct nt_fetch *f, struct nt_buf *ret, struct nt_fetched *ret_facts, struct vf_err *reterr);

/* Readies libcurl, once for the program: nt_fetch() and the client do it themselves. NO_MEMORY. */
VF_RC nt_fetch_start(struct vf_err *reterr);

#endif
