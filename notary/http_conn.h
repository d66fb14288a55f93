/*
 * One connection: its states, and moving octets to and from its client.
 *
 * Shared by http_conn.c, which decides, and http_io.c, which moves; in the loop only.
 */
#ifndef NOTARY_HTTP_CONN_H
#define NOTARY_HTTP_CONN_H

#include "notary/http_inside.h"

enum nt_conn_state {
	NT_CONN_HANDSHAKE,
	NT_CONN_HEAD,    /* idle while no octet of the next head is there */
	NT_CONN_BODY,
	NT_CONN_WAITING, /* the request is handed out; nothing is read */
	NT_CONN_WRITING,
	NT_CONN_LINGER,
};

struct nt_http_conn {
	struct nt_http *s;
	struct nt_http_conn *next, **prev;
	int fd;
	struct nt_tls_conn *tls;
	/*
	 * writes is pending alone. reads stays pending from one request to the next, which saves the kernel two calls
	 * each; when it fires while nothing is to be read, it is taken away until something is.
	 */
	struct event *reads, *writes;
	enum nt_conn_state state;
	int64_t since, deadline;      /* milliseconds */
	uint64_t moved;               /* octets since the window began */
	unsigned served;
	bool idle, close;
	int64_t began_us;
	struct nt_http_request *q;
	struct nt_http_chunks chunks;
	uint64_t left;                /* of a body with a length */
	struct nt_buf out;
	size_t out_at;
	char peer[64];
	uint8_t client_key[32];
	bool has_client_key;
	size_t in_n, scanned;
	uint8_t in[NT_HTTP_MAX_HEAD];
};

/* What a step of the machine ends with. */
enum nt_conn_next {
	NT_GO_ON,
	NT_STOP, /* an event is pending, or the connection is gone */
};

/* Begins a state, its time and its count of octets. */
void nt_conn_enter(struct nt_http_conn *c, enum nt_conn_state state, unsigned ms);
int64_t nt_conn_now(void);
/* Ends the connection. */
enum nt_conn_next nt_conn_finish(struct nt_http_conn *c);
/* Waits for what io says, until the state's time is over; ends the connection when there is nothing to wait for. */
enum nt_conn_next nt_conn_wait(struct nt_http_conn *c, enum nt_io io);
/* What recv() or send() said. */
enum nt_io nt_conn_outcome(ssize_t n, enum nt_io want);
/* Reads into what is free of c->in, without counting it there. */
enum nt_io nt_conn_read(struct nt_http_conn *c, size_t *ret);
/* The first n octets of the input were used. */
void nt_conn_used(struct nt_http_conn *c, size_t n);
/* Writes what is in c->out; NT_GO_ON when all of it went. */
enum nt_conn_next nt_conn_flush(struct nt_http_conn *c);
/* Puts the next piece of the answer's file into c->out; false when it cannot be read as promised. */
bool nt_conn_piece(struct nt_http_conn *c);

#endif
