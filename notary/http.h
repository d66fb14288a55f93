/*
 * An HTTP/1.1 server: connections, TLS, limits, and answers from any thread.
 *
 * Knows nothing of what it serves: a route function says, by the head of a request, which
 * methods and how large a body a path takes; a handler answers. One thread runs all
 * connections; a few workers run the handler; the answer may come later and from elsewhere.
 * Why the reader of requests is our own: docs/decisions/0012-http-reader.md.
 *
 * A connection:   TLS handshake -> head -> body -> handler -> answer -> head ...
 *                                   |       |                   |
 *                                   +-------+-- refused -> answer -> read and drop -> closed
 */
#ifndef NOTARY_HTTP_H
#define NOTARY_HTTP_H

#include "notary/http_parse.h"

struct nt_http;
struct nt_http_request;

/* What a path takes. Cleared: nothing, 404. */
struct nt_http_route {
	unsigned methods;  /* a set of nt_http_method; with GET goes HEAD; OPTIONS is answered for the caller */
	uint64_t max_body; /* octets; 0: a body is refused */
	bool unread;       /* the body is not read: the handler refuses, and the connection ends after its answer */
	bool to_file;      /* a body larger than limits.memory_body goes to a file without a name; the loop writes it */
	void *tag;         /* the caller's own; nt_http_tag() gives it back */
};

/*
 * Called for each head, before its body is read, in the thread of all connections: it must not
 * wait. It may refuse by answering (401, 403, 415); the body is then not read. Otherwise it sets ret.
 */
typedef void nt_http_route_fn(void *ctx, struct nt_http_request *q, struct nt_http_route *ret);
/* Called in a worker with the whole request; it or somebody else calls nt_http_reply() once. */
typedef void nt_http_handler_fn(void *ctx, struct nt_http_request *q);

/* An answer that was given, for logs and metrics; called in the thread of all connections. */
struct nt_http_event {
	uint64_t id;            /* number of the request, from 1 */
	const char *peer;
	struct vf_bytes path;   /* empty when the head was refused */
	enum nt_http_method method;
	unsigned status;
	enum vf_rc rc;          /* of a problem; OK otherwise */
	void *tag;
	uint64_t received, sent; /* octets of the bodies */
	int64_t microseconds;   /* from the first octet of the head */
};
typedef void nt_http_event_fn(void *ctx, const struct nt_http_event *e);

/* Zero takes the value in brackets. */
struct nt_http_limits {
	unsigned connections;     /* at once [1024]; one more ends the one that is idle longest */
	unsigned requests;        /* waiting for their answer at once [512]; one more gets 503 */
	unsigned workers;         /* threads that run the handler [4] */
	unsigned requests_each;   /* on one connection [10000] */
	size_t memory_body;       /* octets of a body to_file that stay in memory [1 MiB] */
	size_t memory;            /* octets of all bodies in memory [256 MiB]; beyond: 503 */
	uint64_t disk_left;       /* octets that bodies in files leave free on their disk [256 MiB]; beyond: 503 */
	unsigned head_ms;         /* from connecting or the first octet to a whole head [10000] */
	unsigned idle_ms;         /* between two requests [60000] */
	unsigned window_ms;       /* bodies and answers must move ... [10000] */
	size_t window_octets;     /* ... this far in each window [10240] */
	unsigned grace_ms;        /* for what runs when the server stops [10000] */
	unsigned retry_after;     /* seconds, with 503 [1] */
};

struct nt_http_config {
	const char *address;      /* a numeric address; NULL is 127.0.0.1 */
	uint16_t port;            /* 0: any free one, nt_http_port() tells */
	bool tls;
	bool plain_anywhere;      /* allow HTTP without TLS on an address that is not loopback */
	bool ask_certificate;     /* ask for a client certificate; its key is shown, nobody vouches for it */
	/* PEM; the certificate first, then its chain. When neither is there they are made, for
	   origin: a P-256 key and a certificate of its own signature for ten years. */
	const char *certificate, *key;
	const char *folder;       /* for bodies in files; NULL: TMPDIR or /tmp */
	struct nt_http_limits limits;
	nt_http_route_fn *route;
	nt_http_handler_fn *handler;
	nt_http_event_fn *event;  /* or NULL */
	void *ctx;
};

/*
 * Listens and serves from now on. CONFIG_SHAPE: plain HTTP on an address that is not loopback, not an
 * address; HTTP_ADDRESS: it cannot be listened on; TLS_FAILED, PERMISSION: certificate or key.
 */
VF_RC nt_http_new(const struct nt_http_config *config, struct nt_http **ret, struct vf_err *reterr);
/* Stops accepting, lets what runs end. May be called by any thread, and twice. */
void nt_http_stop(struct nt_http *s);
/*
 * Stops, waits and releases. Connections end after grace_ms at the latest, but every request
 * that a handler has must still be answered: whoever answers must run until this returns.
 */
struct nt_http *nt_http_free(struct nt_http *s);

uint16_t nt_http_port(const struct nt_http *s);
/* SHA-256 over the server's certificate in DER; false without TLS. */
bool nt_http_fingerprint(struct nt_http *s, uint8_t ret[32]);
/* Reads certificate and key again, for new connections; the old ones stay on failure. */
VF_RC nt_http_reload(struct nt_http *s, struct vf_err *reterr);

struct nt_http_stats {
	uint64_t accepted, requests, refused; /* since the start; refused: 4xx and 503 of this layer */
	unsigned connections, waiting;        /* now */
};
struct nt_http_stats nt_http_stats(struct nt_http *s);

/* What was asked; borrowed, until the answer is given. HEAD is shown as GET. */
uint64_t nt_http_id(const struct nt_http_request *q);
enum nt_http_method nt_http_method(const struct nt_http_request *q);
struct vf_bytes nt_http_path(const struct nt_http_request *q);
/* False when the parameter is absent. A name stands at most once. */
bool nt_http_param(const struct nt_http_request *q, const char *name, struct vf_bytes *ret);
/* The first parameter that is not in the list, which ends with NULL; NULL when all are. */
const struct nt_http_pair *nt_http_param_unknown(const struct nt_http_request *q, const char *const *names);
/* By lower-case name. */
bool nt_http_header(const struct nt_http_request *q, const char *name, struct vf_bytes *ret);
/* The media type without its parameters is this one, in lower case. */
bool nt_http_is_type(const struct nt_http_request *q, const char *type);
/* A body in memory; empty when it is in a file. */
struct vf_bytes nt_http_body(const struct nt_http_request *q);
/* The file, for pread(), or -1. */
int nt_http_body_fd(const struct nt_http_request *q);
uint64_t nt_http_body_size(const struct nt_http_request *q);
/* SHA-256 over the SubjectPublicKeyInfo of the client's certificate, 32 octets; NULL without. */
const uint8_t *nt_http_client_key(const struct nt_http_request *q);
/* The route said so: there is no body, and only a refusal to give. */
bool nt_http_is_unread(const struct nt_http_request *q);
/* "192.0.2.1" or "2001:db8::1". */
const char *nt_http_peer(const struct nt_http_request *q);
void *nt_http_tag(const struct nt_http_request *q);

enum nt_http_cache {
	NT_HTTP_NO_STORE,  /* the default */
	NT_HTTP_NO_CACHE,  /* keep, but ask each time */
	NT_HTTP_IMMUTABLE, /* for a year, by anybody */
};

struct nt_http_field {
	const char *name, *value;
};

/* Cleared: an empty answer that nobody stores. */
struct nt_http_reply {
	unsigned status;
	const char *type;          /* media type of the body */
	const char *etag;          /* with its quotes; a GET that already has it gets 304 */
	enum nt_http_cache cache;
	const struct nt_http_field *fields; /* further ones */
	size_t n_fields;
	struct vf_bytes body;      /* copied */
	/* Or a range of a file, which is read as the client takes it; fd is closed then. Used when file is true. */
	bool file;
	int fd;
	uint64_t fd_at, fd_size;
	bool close;                /* end the connection afterwards */
};

/* Answers, once, from any thread; q is gone afterwards. A field that is not text is our mistake: 500. */
void nt_http_reply(struct nt_http_request *q, const struct nt_http_reply *r);

/* RFC 9457: type "urn:trialnotary:problem:CODE", title, status, code, detail, field, next. */
struct nt_http_problem {
	unsigned status;
	enum vf_rc rc;
	const char *detail;   /* or NULL; never anything secret or personal */
	const char *field;    /* the member, parameter or header at fault, or NULL */
	unsigned retry_after; /* seconds; 0: no such field */
	const struct nt_http_field *fields; /* WWW-Authenticate, ... */
	size_t n_fields;
};
/* Answers with application/problem+json, as nt_http_reply() does. */
void nt_http_problem(struct nt_http_request *q, const struct nt_http_problem *p);

#endif
