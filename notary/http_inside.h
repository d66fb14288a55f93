/*
 * What the files of the HTTP server share; nobody else includes it.
 *
 * "In the loop" means in the thread of all connections. Everything belongs to that thread
 * unless it says otherwise; a request that was handed out belongs to its handler until it is answered.
 */
#ifndef NOTARY_HTTP_INSIDE_H
#define NOTARY_HTTP_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "notary/buf.h"
#include "notary/http.h"
#include "notary/http_tls.h"

struct event;
struct event_base;
struct nt_http_conn;

/* A body as it arrives: in memory, or in a file without a name. */
struct nt_http_store {
	struct nt_buf memory;
	int fd;
	uint64_t size;
};

struct nt_http_request {
	struct nt_http *server;
	struct nt_http_conn *conn;    /* NULL when the client has left */
	struct nt_http_request *next; /* in the queue or among the answered */
	bool in_loop;                 /* not handed out: an answer comes from the loop itself */
	bool refused_head;            /* nothing in head counts */
	atomic_bool answered;
	uint64_t id;
	int64_t began_us;
	uint8_t *text;
	struct nt_http_head head;
	struct nt_http_route route;
	struct nt_http_store body;
	char peer[64];
	uint8_t client_key[32];
	bool has_client_key;

	/* the answer: a head without its last fields and its empty line, a body or a range of a file */
	unsigned status;
	enum vf_rc rc;
	struct nt_buf out, out_body;
	int fd;
	uint64_t fd_at, fd_left, sent;
	bool close;
};

struct nt_http_queue {
	struct nt_http_request *first, **end;
};

struct nt_http {
	struct nt_http_config config;
	char address[64];
	char *folder;
	uint16_t port;
	struct nt_tls *tls;

	struct event_base *base;
	struct event *listen, *wake, *later, *grace;
	int listen_fd;
	pthread_t loop;
	bool has_loop;
	struct nt_http_conn *conns;
	size_t memory; /* octets of bodies in memory */
	uint64_t next_id;
	bool stopped;  /* the loop has seen stop */

	int wake_fd;
	pthread_t *threads;
	unsigned n_threads;
	pthread_mutex_t lock; /* of the rest */
	pthread_cond_t work;
	struct nt_http_queue queue, answers;
	unsigned waiting;     /* handed out, and not yet taken back by the loop */
	unsigned sleeping;    /* workers that wait for work */
	bool woken;           /* one of them was called, and is not there yet */
	bool stop, quit;
	struct nt_http_stats stats;
};

int64_t nt_http_now_us(void);

/* http_work.c: workers, and the way back into the loop; any thread. */
VF_RC nt_http_work_start(struct nt_http *s, struct vf_err *reterr);
void nt_http_work_end(struct nt_http *s);
/* Queues q for the workers; false when as many wait as may. */
bool nt_http_hand_out(struct nt_http *s, struct nt_http_request *q);
/* Gives an answered request back to the loop. */
void nt_http_hand_back(struct nt_http_request *q);
/* All that were answered, linked by next. */
struct nt_http_request *nt_http_answers(struct nt_http *s);
void nt_http_wake(struct nt_http *s);
bool nt_http_is_full(struct nt_http *s);

/* http_body.c. put: HTTP_LIMIT above the route's maximum, HTTP_BUSY when memory for bodies is used up, IO. */
VF_RC nt_http_store_put(struct nt_http_request *q, struct vf_bytes b, struct vf_err *reterr);
void nt_http_store_done(struct nt_http_request *q);

/* http_request.c; in the loop. NULL without memory. */
struct nt_http_request *nt_http_request_new(struct nt_http *s);
void nt_http_request_free(struct nt_http_request *q);
/* Calls the caller's event function: the answer was given, or could not be. */
void nt_http_tell(const struct nt_http_request *q);

/* http_conn.c; in the loop. */
/* Takes over fd. */
void nt_http_conn_open(struct nt_http *s, int fd, const char *peer);
void nt_http_conn_close(struct nt_http_conn *c);
/* An answer came back: writes it, or drops it when the client has left. */
void nt_http_conn_answer(struct nt_http_request *q);
/* Ends the connection that waits longest without a request in work; false when there is none. */
bool nt_http_conn_make_room(struct nt_http *s);
/* Ends the connections that wait for a request; all: every one. */
void nt_http_conn_stop(struct nt_http *s, bool all);

/* http.c: a connection has ended. */
void nt_http_conn_gone(struct nt_http *s);

/* "GET, HEAD, OPTIONS" */
void nt_http_put_methods(struct nt_buf *b, unsigned methods);

#endif
