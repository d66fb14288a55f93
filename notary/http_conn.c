#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notary/http_conn.h"

/* After the last answer, what a client still sends is dropped, so that the answer is not lost with a reset. */
#define LINGER_MS 2000
#define LINGER_OCTETS (1 << 20)
/* Steps of one connection before the others get their turn. */
#define TURNS 64

void nt_http_conn_close(struct nt_http_conn *c)
{
	struct nt_http *s = c->s;

	if (c->q && c->state == NT_CONN_WAITING)
		c->q->conn = NULL; /* its handler still has it */
	else if (c->q && c->state == NT_CONN_WRITING)
		nt_http_tell(c->q);
	if (c->q && c->state != NT_CONN_WAITING)
		nt_http_request_free(c->q);
	if (c->reads)
		event_free(c->reads);
	if (c->writes)
		event_free(c->writes);
	nt_tls_conn_free(c->tls);
	close(c->fd);
	nt_buf_done(&c->out);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	free(c);
	nt_http_conn_gone(s);
}

enum nt_conn_next nt_conn_finish(struct nt_http_conn *c)
{
	nt_http_conn_close(c);
	return NT_STOP;
}

/* The answer in c->q is given; the connection ends after it when anybody wants so. */
static enum nt_conn_next begin_answer(struct nt_http_conn *c)
{
	struct nt_http_request *q = c->q;

	c->close = c->close || q->close || c->s->stopped || c->served + 1 >= c->s->config.limits.requests_each;
	/* from here on q is the connection's again, also when that ends at once */
	nt_conn_enter(c, NT_CONN_WRITING, c->s->config.limits.window_ms);
	if (q->out.n == 0)
		return nt_conn_finish(c);
	nt_buf_reset(&c->out);
	c->out_at = 0;
	nt_buf_reserve(&c->out, q->out.n + q->out_body.n + 32); /* once; what fails here fails below */
	nt_buf_put(&c->out, nt_buf_bytes(&q->out));
	nt_buf_put_str(&c->out, c->close ? "Connection: close\r\n\r\n" : "\r\n");
	nt_buf_put(&c->out, nt_buf_bytes(&q->out_body));
	q->sent = q->out_body.n;
	nt_buf_done(&q->out_body); /* who reads slowly shall hold it once, not twice */
	if (nt_buf_check(&c->out, NULL) != VF_OK)
		return nt_conn_finish(c);
	return NT_GO_ON;
}

/* Answers in the name of this layer. */
static enum nt_conn_next refuse(struct nt_http_conn *c, unsigned status, const struct vf_err *err)
{
	struct nt_http_problem p = {.status = status, .rc = err->rc, .detail = err->text};

	if (status == 503)
		p.retry_after = c->s->config.limits.retry_after;
	pthread_mutex_lock(&c->s->lock);
	c->s->stats.refused++;
	pthread_mutex_unlock(&c->s->lock);
	nt_http_problem(c->q, &p);
	return begin_answer(c);
}

static unsigned status_of(enum vf_rc rc)
{
	return rc == VF_HTTP_LIMIT ? 413 : rc == VF_HTTP_BUSY || rc == VF_NO_MEMORY ? 503 : rc == VF_HTTP_NOT_FOUND ? 404 :
		rc == VF_HTTP_SHAPE ? 400 : 500;
}

static bool begin_request(struct nt_http_conn *c)
{
	struct nt_http_request *q = nt_http_request_new(c->s);

	if (!q)
		return false;
	c->q = q;
	q->conn = c;
	q->refused_head = true;
	q->began_us = c->began_us;
	q->has_client_key = c->has_client_key;
	memcpy(q->client_key, c->client_key, sizeof(q->client_key));
	memcpy(q->peer, c->peer, sizeof(q->peer));
	return true;
}

static enum nt_conn_next refuse_head(struct nt_http_conn *c, unsigned status, enum vf_rc rc, const char *why)
{
	struct vf_err err;

	vf_ignore(vf_fail(&err, rc, "%s", why)); /* only for its text */
	c->close = true;
	return begin_request(c) ? refuse(c, status, &err) : nt_conn_finish(c);
}

static enum nt_conn_next hand_out(struct nt_http_conn *c)
{
	struct vf_err err;

	nt_conn_enter(c, NT_CONN_WAITING, 0);
	if (nt_http_hand_out(c->s, c->q))
		return NT_STOP;
	vf_ignore(vf_fail(&err, VF_HTTP_BUSY, "too many requests wait for their answer")); /* only for its text */
	return refuse(c, 503, &err);
}

static enum nt_conn_next answer_methods(struct nt_http_conn *c, unsigned methods, unsigned status)
{
	struct nt_buf allow = nt_buf(256);
	struct nt_http_field field = {"Allow", "OPTIONS"};
	struct nt_http_problem p = {.status = status, .rc = VF_HTTP_METHOD, .fields = &field, .n_fields = 1};
	struct nt_http_reply r = {.status = status, .fields = &field, .n_fields = 1};

	nt_http_put_methods(&allow, methods);
	nt_buf_put_u8(&allow, 0);
	if (nt_buf_check(&allow, NULL) == VF_OK)
		field.value = (const char *)allow.p;
	if (status == 204)
		nt_http_reply(c->q, &r);
	else
		nt_http_problem(c->q, &p);
	nt_buf_done(&allow);
	return begin_answer(c);
}

/* Why a request with this head and this route is not served, as a status; 0: it is. */
static unsigned find_refusal(struct nt_http_conn *c, struct vf_err *reterr)
{
	const struct nt_http_route *r = &c->q->route;
	const struct nt_http_head *h = &c->q->head;
	enum vf_rc rc = VF_OK;

	if (r->methods == 0)
		rc = vf_fail(reterr, VF_HTTP_NOT_FOUND, "no such path");
	else if (!r->unread && (h->length > r->max_body || (h->chunked && r->max_body == 0)))
		rc = vf_fail(reterr, VF_HTTP_LIMIT, "the body may have %" PRIu64 " octets here", r->max_body);
	else if (nt_http_is_full(c->s))
		rc = vf_fail(reterr, VF_HTTP_BUSY, "too many requests wait for their answer");
	return rc == VF_OK ? 0 : status_of(rc);
}

static enum nt_conn_next begin_body(struct nt_http_conn *c)
{
	memset(&c->chunks, 0, sizeof(c->chunks));
	c->left = c->q->head.length;
	nt_conn_enter(c, NT_CONN_BODY, c->s->config.limits.window_ms);
	nt_buf_reset(&c->out);
	c->out_at = 0;
	if (c->q->head.expect && c->in_n == 0)
		nt_buf_put_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	return c->out.failed ? nt_conn_finish(c) : NT_GO_ON;
}

/* The head is good: may it have its body, and what then? An answer without reading the body ends the connection. */
static enum nt_conn_next take_route(struct nt_http_conn *c)
{
	struct nt_http_request *q = c->q;
	struct nt_http_head *h = &q->head;
	unsigned method = h->method == NT_HTTP_HEAD ? NT_HTTP_GET : h->method, status;
	bool has_body = h->chunked || h->length, close = c->close || h->close;
	struct vf_err err;

	c->close = close || has_body;
	if (vf_bytes_is(h->path, "*"))
		return answer_methods(c, NT_HTTP_GET | NT_HTTP_POST | NT_HTTP_PUT | NT_HTTP_DELETE, 204);
	c->s->config.route(c->s->config.ctx, q, &q->route);
	if (q->answered)
		return begin_answer(c);
	if (q->route.methods && method == NT_HTTP_OPTIONS)
		return answer_methods(c, q->route.methods, 204);
	if (q->route.methods && !(q->route.methods & method))
		return answer_methods(c, q->route.methods, 405);
	status = find_refusal(c, &err);
	if (status)
		return refuse(c, status, &err);
	if (q->route.unread)
		return hand_out(c);
	c->close = close;
	return has_body ? begin_body(c) : hand_out(c);
}

static enum nt_conn_next take_head(struct nt_http_conn *c, size_t n)
{
	struct nt_http_request *q;
	struct vf_err err;
	enum vf_rc rc;

	if (!begin_request(c))
		return nt_conn_finish(c);
	q = c->q;
	q->text = malloc(n);
	if (!q->text)
		return nt_conn_finish(c);
	memcpy(q->text, c->in, n);
	nt_conn_used(c, n);
	rc = nt_http_head_parse(vf_bytes(q->text, n), &q->head, &err);
	if (rc != VF_OK) {
		c->close = true;
		return refuse(c, q->head.status, &err);
	}
	q->refused_head = false;
	return take_route(c);
}

static enum nt_conn_next step_head(struct nt_http_conn *c)
{
	enum nt_http_scan scan = nt_http_head_scan(vf_bytes(c->in, c->in_n), &c->scanned);
	enum nt_io io;
	size_t got;

	if (scan == NT_HTTP_WHOLE)
		return take_head(c, c->scanned);
	if (scan == NT_HTTP_BAD)
		return refuse_head(c, 400, VF_HTTP_SHAPE, "this is not the head of an HTTP request");
	if (c->in_n == sizeof(c->in))
		return refuse_head(c, 431, VF_HTTP_LIMIT, "the head of the request is too long");
	io = nt_conn_read(c, &got);
	if (io != NT_IO_DONE)
		return nt_conn_wait(c, io);
	c->in_n += got;
	if (c->idle) {
		c->idle = false;
		c->began_us = nt_http_now_us();
		nt_conn_enter(c, NT_CONN_HEAD, c->s->config.limits.head_ms);
	}
	return NT_GO_ON;
}

/* Moves input into the body; *whole when it has all. */
static enum vf_rc take_body(struct nt_http_conn *c, bool *whole, struct vf_err *reterr)
{
	struct vf_bytes in = vf_bytes(c->in, c->in_n), part;
	enum vf_rc rc = VF_OK;

	*whole = false;
	while (rc == VF_OK && in.n && !*whole) {
		if (c->q->head.chunked) {
			rc = nt_http_chunks_take(&c->chunks, &in, &part, reterr);
			*whole = c->chunks.done;
		} else {
			size_t n = c->left < in.n ? (size_t)c->left : in.n;

			c->left -= n;
			*whole = c->left == 0;
			if (!vf_take(&in, n, &part))
				return vf_fail(reterr, VF_INTERNAL, "the body is not there");
		}
		if (rc == VF_OK && part.n)
			rc = nt_http_store_put(c->q, part, reterr);
	}
	nt_conn_used(c, c->in_n - in.n);
	return rc;
}

static enum nt_conn_next step_body(struct nt_http_conn *c)
{
	struct vf_err err;
	enum nt_io io;
	enum vf_rc rc;
	bool whole;
	size_t got;

	if (nt_conn_flush(c) == NT_STOP)
		return NT_STOP;
	rc = take_body(c, &whole, &err);
	if (rc != VF_OK) {
		c->close = true;
		return refuse(c, status_of(rc), &err);
	}
	if (whole)
		return hand_out(c);
	io = nt_conn_read(c, &got);
	if (io != NT_IO_DONE)
		return nt_conn_wait(c, io);
	c->in_n += got;
	c->moved += got;
	return NT_GO_ON;
}

static enum nt_conn_next step_writing(struct nt_http_conn *c)
{
	struct nt_http_request *q = c->q;

	if (nt_conn_flush(c) == NT_STOP)
		return NT_STOP;
	if (q->fd_left)
		return nt_conn_piece(c) ? NT_GO_ON : nt_conn_finish(c);
	nt_http_tell(q);
	nt_http_request_free(q);
	c->q = NULL;
	c->served++;
	nt_buf_done(&c->out);
	c->out = nt_buf(SIZE_MAX / 2);
	c->out_at = 0;
	if (c->close) {
		if (c->tls)
			nt_tls_end(c->tls);
		shutdown(c->fd, SHUT_WR);
		nt_conn_enter(c, NT_CONN_LINGER, LINGER_MS);
		return NT_GO_ON;
	}
	c->scanned = 0;
	c->idle = c->in_n == 0;
	c->began_us = nt_http_now_us();
	nt_conn_enter(c, NT_CONN_HEAD, c->idle ? c->s->config.limits.idle_ms : c->s->config.limits.head_ms);
	/* the next request is hardly ever there already; TLS may hold octets of it that no event tells of */
	return c->idle && !c->tls ? nt_conn_wait(c, NT_IO_WANT_READ) : NT_GO_ON;
}

static enum nt_conn_next step_linger(struct nt_http_conn *c)
{
	ssize_t n = recv(c->fd, c->in, sizeof(c->in), 0);
	enum nt_io io = nt_conn_outcome(n, NT_IO_WANT_READ);

	if (io != NT_IO_DONE)
		return nt_conn_wait(c, io);
	c->moved += (uint64_t)n;
	return c->moved > LINGER_OCTETS ? nt_conn_finish(c) : NT_GO_ON;
}

static enum nt_conn_next step_handshake(struct nt_http_conn *c)
{
	enum nt_io io = nt_tls_handshake(c->tls);

	if (io != NT_IO_DONE)
		return nt_conn_wait(c, io);
	c->has_client_key = nt_tls_client_key(c->tls, c->client_key);
	c->state = NT_CONN_HEAD;
	return NT_GO_ON;
}

static enum nt_conn_next step(struct nt_http_conn *c)
{
	switch (c->state) {
	case NT_CONN_HANDSHAKE:
		return step_handshake(c);
	case NT_CONN_HEAD:
		return step_head(c);
	case NT_CONN_BODY:
		return step_body(c);
	case NT_CONN_WAITING:
		return NT_STOP;
	case NT_CONN_WRITING:
		return step_writing(c);
	case NT_CONN_LINGER:
		return step_linger(c);
	}
	return nt_conn_finish(c);
}

/* A client that is faster than we are must not keep the loop: event_active() would, as its turn comes before any poll. */
static void run(struct nt_http_conn *c)
{
	const struct timeval at_once = {0, 0};

	for (int i = 0; i < TURNS; i++)
		if (step(c) == NT_STOP)
			return;
	if (event_add(c->reads, &at_once) != 0)
		nt_http_conn_close(c);
}

/* The time of the state is over; false when the connection is gone. */
static bool on_time(struct nt_http_conn *c)
{
	const struct nt_http_limits *l = &c->s->config.limits;
	struct vf_err err;

	switch (c->state) {
	case NT_CONN_HEAD:
		if (!c->idle && c->in_n)
			return refuse_head(c, 408, VF_HTTP_TIMEOUT, "the head of the request did not arrive in time") == NT_GO_ON;
		break;
	case NT_CONN_BODY:
	case NT_CONN_WRITING:
		if (c->moved >= l->window_octets) {
			nt_conn_enter(c, c->state, l->window_ms);
			return true;
		}
		if (c->state == NT_CONN_BODY && vf_fail(&err, VF_HTTP_TIMEOUT, "the body arrives too slowly") != VF_OK) {
			c->close = true;
			return refuse(c, 408, &err) == NT_GO_ON;
		}
		break;
	case NT_CONN_HANDSHAKE:
	case NT_CONN_WAITING:
	case NT_CONN_LINGER:
		break;
	}
	nt_http_conn_close(c);
	return false;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct nt_http_conn *c = arg;

	(void)fd;
	(void)what; /* a timeout may also be the next turn, or early by libevent's coarse clock */
	if (c->state == NT_CONN_WAITING) {
		event_del(c->reads);
		return;
	}
	if (nt_conn_now() >= c->deadline && !on_time(c))
		return;
	run(c);
}

void nt_http_conn_open(struct nt_http *s, int fd, const char *peer)
{
	struct nt_http_conn *c = malloc(sizeof(*c));

	if (!c) {
		close(fd);
		return;
	}
	memset(c, 0, offsetof(struct nt_http_conn, in));
	c->s = s;
	c->fd = fd;
	c->out = nt_buf(SIZE_MAX / 2);
	c->idle = true;
	c->began_us = nt_http_now_us();
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	c->next = s->conns;
	c->prev = &s->conns;
	if (c->next)
		c->next->prev = &c->next;
	s->conns = c;
	c->reads = event_new(s->base, fd, EV_READ | EV_PERSIST, on_event, c);
	c->writes = event_new(s->base, fd, EV_WRITE, on_event, c);
	if (s->tls)
		c->tls = nt_tls_conn_new(s->tls, fd);
	if (!c->reads || !c->writes || (s->tls && !c->tls)) {
		nt_http_conn_close(c);
		return;
	}
	nt_conn_enter(c, s->tls ? NT_CONN_HANDSHAKE : NT_CONN_HEAD, s->config.limits.head_ms);
	run(c);
}

void nt_http_conn_answer(struct nt_http_request *q)
{
	struct nt_http_conn *c = q->conn;

	if (!c) {
		nt_http_tell(q);
		nt_http_request_free(q);
		return;
	}
	q->in_loop = true;
	if (begin_answer(c) == NT_GO_ON)
		run(c);
}

bool nt_http_conn_make_room(struct nt_http *s)
{
	struct nt_http_conn *oldest = NULL;

	for (struct nt_http_conn *c = s->conns; c; c = c->next)
		if ((c->state == NT_CONN_HEAD || c->state == NT_CONN_HANDSHAKE || c->state == NT_CONN_LINGER) && (!oldest || c->since < oldest->since))
			oldest = c;
	if (oldest)
		nt_http_conn_close(oldest);
	return oldest != NULL;
}

void nt_http_conn_stop(struct nt_http *s, bool all)
{
	struct nt_http_conn *next;

	for (struct nt_http_conn *c = s->conns; c; c = next) {
		next = c->next;
		if (all || (c->state == NT_CONN_HEAD && c->idle))
			nt_http_conn_close(c);
	}
}
