#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notary/http_inside.h"

/* Pieces in which files go out. */
#define PIECE 65536
/* After the last answer, what a client still sends is dropped, so that the answer is not lost with a reset. */
#define LINGER_MS 2000
#define LINGER_OCTETS (1 << 20)

enum state {
	HANDSHAKE,
	HEAD,    /* idle while no octet of the next head is there */
	BODY,
	WAITING, /* the request is handed out; nothing is read, no event is pending */
	WRITING,
	LINGER,
};

struct nt_http_conn {
	struct nt_http *s;
	struct nt_http_conn *next, **prev;
	int fd;
	struct nt_tls_conn *tls;
	struct event *reads, *writes; /* at most one of them is pending */
	enum state state;
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

/* Steps of one connection before the others get their turn. */
#define TURNS 64

/* What a step of the machine ends with. */
enum next {
	GO_ON,
	STOP, /* an event is pending, or the connection is gone */
};

static int64_t now_ms(void)
{
	return nt_http_now_us() / 1000;
}

struct nt_http_request *nt_http_request_new(struct nt_http *s)
{
	struct nt_http_request *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->server = s;
	q->in_loop = true;
	q->id = ++s->next_id;
	q->fd = q->body.fd = -1;
	return q;
}

void nt_http_request_free(struct nt_http_request *q)
{
	nt_http_store_done(q);
	nt_buf_done(&q->out);
	nt_buf_done(&q->out_body);
	if (q->fd >= 0)
		close(q->fd);
	free(q->text);
	free(q);
}

static void enter(struct nt_http_conn *c, enum state state, unsigned ms)
{
	c->state = state;
	c->since = now_ms();
	c->deadline = c->since + ms;
	c->moved = 0;
}

static void tell(struct nt_http_request *q)
{
	struct nt_http *s = q->server;
	struct nt_http_event e = {.id = q->id, .peer = q->peer, .method = q->refused_head ? NT_HTTP_OTHER : q->head.method,
		.status = q->status, .rc = q->rc, .tag = q->route.tag, .received = q->body.size, .sent = q->sent,
		.microseconds = nt_http_now_us() - q->began_us};

	if (!q->refused_head)
		e.path = q->head.path;
	if (s->config.event)
		s->config.event(s->config.ctx, &e);
}

void nt_http_conn_close(struct nt_http_conn *c)
{
	struct nt_http *s = c->s;

	if (c->q && c->state == WAITING)
		c->q->conn = NULL; /* its handler still has it */
	else if (c->q && c->state == WRITING)
		tell(c->q);
	if (c->q && c->state != WAITING)
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

static enum next finish(struct nt_http_conn *c)
{
	nt_http_conn_close(c);
	return STOP;
}

static enum next wait_for(struct nt_http_conn *c, enum nt_io io)
{
	int64_t left = c->deadline - now_ms();
	struct timeval tv;

	if (io == NT_IO_END || io == NT_IO_FAILED)
		return finish(c);
	if (left < 1)
		left = 1;
	tv = (struct timeval){left / 1000, left % 1000 * 1000};
	if (event_add(io == NT_IO_WANT_WRITE ? c->writes : c->reads, &tv) != 0)
		return finish(c);
	return STOP;
}

static enum nt_io plain_outcome(ssize_t n, enum nt_io want)
{
	return n > 0 ? NT_IO_DONE : n == 0 ? NT_IO_END : errno == EAGAIN || errno == EINTR ? want : NT_IO_FAILED;
}

static enum nt_io read_some(struct nt_http_conn *c, size_t *ret)
{
	ssize_t n;

	if (c->tls)
		return nt_tls_read(c->tls, c->in + c->in_n, sizeof(c->in) - c->in_n, ret);
	n = recv(c->fd, c->in + c->in_n, sizeof(c->in) - c->in_n, 0);
	*ret = n > 0 ? (size_t)n : 0;
	return plain_outcome(n, NT_IO_WANT_READ);
}

static enum nt_io write_some(struct nt_http_conn *c, struct vf_bytes b, size_t *ret)
{
	ssize_t n;

	if (c->tls)
		return nt_tls_write(c->tls, b, ret);
	n = send(c->fd, b.p, b.n, MSG_NOSIGNAL);
	*ret = n > 0 ? (size_t)n : 0;
	return plain_outcome(n, NT_IO_WANT_WRITE);
}

/* The first n octets of the input were used. */
static void used(struct nt_http_conn *c, size_t n)
{
	c->in_n -= n;
	memmove(c->in, c->in + n, c->in_n);
}

/* The answer in c->q is given; the connection ends after it when anybody wants so. */
static enum next begin_answer(struct nt_http_conn *c)
{
	struct nt_http_request *q = c->q;

	c->close = c->close || q->close || c->s->stopped || c->served + 1 >= c->s->config.limits.requests_each;
	if (q->out.n == 0)
		return finish(c);
	nt_buf_reset(&c->out);
	c->out_at = 0;
	nt_buf_put(&c->out, nt_buf_bytes(&q->out));
	nt_buf_put_str(&c->out, c->close ? "Connection: close\r\n\r\n" : "\r\n");
	nt_buf_put(&c->out, nt_buf_bytes(&q->out_body));
	q->sent = q->out_body.n;
	if (nt_buf_check(&c->out, NULL) != VF_OK)
		return finish(c);
	enter(c, WRITING, c->s->config.limits.window_ms);
	return GO_ON;
}

/* Answers in the name of this layer. */
static enum next refuse(struct nt_http_conn *c, unsigned status, const struct vf_err *err)
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

static enum next refuse_head(struct nt_http_conn *c, unsigned status, enum vf_rc rc, const char *why)
{
	struct vf_err err;

	vf_ignore(vf_fail(&err, rc, "%s", why)); /* only for its text */
	c->close = true;
	return begin_request(c) ? refuse(c, status, &err) : finish(c);
}

static enum next hand_out(struct nt_http_conn *c)
{
	struct vf_err err;

	enter(c, WAITING, 0);
	if (nt_http_hand_out(c->s, c->q))
		return STOP;
	vf_ignore(vf_fail(&err, VF_HTTP_BUSY, "too many requests wait for their answer")); /* only for its text */
	return refuse(c, 503, &err);
}

static enum next answer_methods(struct nt_http_conn *c, unsigned methods, unsigned status)
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
	else if (h->length > r->max_body || (h->chunked && r->max_body == 0))
		rc = vf_fail(reterr, VF_HTTP_LIMIT, "the body may have %" PRIu64 " octets here", r->max_body);
	else if (nt_http_is_full(c->s))
		rc = vf_fail(reterr, VF_HTTP_BUSY, "too many requests wait for their answer");
	return rc == VF_OK ? 0 : status_of(rc);
}

static enum next begin_body(struct nt_http_conn *c)
{
	memset(&c->chunks, 0, sizeof(c->chunks));
	c->left = c->q->head.length;
	enter(c, BODY, c->s->config.limits.window_ms);
	nt_buf_reset(&c->out);
	c->out_at = 0;
	if (c->q->head.expect && c->in_n == 0)
		nt_buf_put_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	return c->out.failed ? finish(c) : GO_ON;
}

/* The head is good: may it have its body, and what then? An answer without reading the body ends the connection. */
static enum next take_route(struct nt_http_conn *c)
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
	c->close = close;
	return has_body ? begin_body(c) : hand_out(c);
}

static enum next take_head(struct nt_http_conn *c, size_t n)
{
	struct nt_http_request *q;
	struct vf_err err;
	enum vf_rc rc;

	if (!begin_request(c))
		return finish(c);
	q = c->q;
	q->text = malloc(n);
	if (!q->text)
		return finish(c);
	memcpy(q->text, c->in, n);
	used(c, n);
	rc = nt_http_head_parse(vf_bytes(q->text, n), &q->head, &err);
	if (rc != VF_OK) {
		c->close = true;
		return refuse(c, q->head.status, &err);
	}
	q->refused_head = false;
	return take_route(c);
}

static enum next step_head(struct nt_http_conn *c)
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
	io = read_some(c, &got);
	if (io != NT_IO_DONE)
		return wait_for(c, io);
	c->in_n += got;
	if (c->idle) {
		c->idle = false;
		c->began_us = nt_http_now_us();
		enter(c, HEAD, c->s->config.limits.head_ms);
	}
	return GO_ON;
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
	used(c, c->in_n - in.n);
	return rc;
}

/* Writes what is in c->out; GO_ON when all of it went. */
static enum next flush(struct nt_http_conn *c)
{
	enum nt_io io;
	size_t n;

	while (c->out_at < c->out.n) {
		io = write_some(c, vf_bytes(c->out.p + c->out_at, c->out.n - c->out_at), &n);
		if (io != NT_IO_DONE)
			return wait_for(c, io);
		c->out_at += n;
		c->moved += n;
	}
	return GO_ON;
}

static enum next step_body(struct nt_http_conn *c)
{
	struct vf_err err;
	enum nt_io io;
	enum vf_rc rc;
	bool whole;
	size_t got;

	if (flush(c) == STOP)
		return STOP;
	rc = take_body(c, &whole, &err);
	if (rc != VF_OK) {
		c->close = true;
		return refuse(c, status_of(rc), &err);
	}
	if (whole)
		return hand_out(c);
	io = read_some(c, &got);
	if (io != NT_IO_DONE)
		return wait_for(c, io);
	c->in_n += got;
	c->moved += got;
	return GO_ON;
}

/* The next piece of a file; false when it cannot be read as promised. */
static bool next_piece(struct nt_http_conn *c)
{
	struct nt_http_request *q = c->q;
	size_t n = q->fd_left < PIECE ? (size_t)q->fd_left : PIECE;
	ssize_t got;

	nt_buf_reset(&c->out);
	c->out_at = 0;
	if (!nt_buf_reserve(&c->out, n))
		return false;
	got = pread(q->fd, c->out.p, n, (off_t)q->fd_at);
	if (got <= 0)
		return false;
	c->out.n = (size_t)got;
	q->fd_at += (uint64_t)got;
	q->fd_left -= (uint64_t)got;
	q->sent += (uint64_t)got;
	return true;
}

static enum next step_writing(struct nt_http_conn *c)
{
	struct nt_http_request *q = c->q;

	if (flush(c) == STOP)
		return STOP;
	if (q->fd_left)
		return next_piece(c) ? GO_ON : finish(c);
	tell(q);
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
		enter(c, LINGER, LINGER_MS);
		return GO_ON;
	}
	c->scanned = 0;
	c->idle = c->in_n == 0;
	c->began_us = nt_http_now_us();
	enter(c, HEAD, c->idle ? c->s->config.limits.idle_ms : c->s->config.limits.head_ms);
	return GO_ON;
}

static enum next step_linger(struct nt_http_conn *c)
{
	ssize_t n = recv(c->fd, c->in, sizeof(c->in), 0);
	enum nt_io io = plain_outcome(n, NT_IO_WANT_READ);

	if (io != NT_IO_DONE)
		return wait_for(c, io);
	c->moved += (uint64_t)n;
	return c->moved > LINGER_OCTETS ? finish(c) : GO_ON;
}

static enum next step_handshake(struct nt_http_conn *c)
{
	enum nt_io io = nt_tls_handshake(c->tls);

	if (io != NT_IO_DONE)
		return wait_for(c, io);
	c->has_client_key = nt_tls_client_key(c->tls, c->client_key);
	c->state = HEAD;
	return GO_ON;
}

static enum next step(struct nt_http_conn *c)
{
	switch (c->state) {
	case HANDSHAKE:
		return step_handshake(c);
	case HEAD:
		return step_head(c);
	case BODY:
		return step_body(c);
	case WAITING:
		return STOP;
	case WRITING:
		return step_writing(c);
	case LINGER:
		return step_linger(c);
	}
	return finish(c);
}

static void run(struct nt_http_conn *c)
{
	for (int i = 0; i < TURNS; i++)
		if (step(c) == STOP)
			return;
	event_active(c->reads, EV_READ, 0);
}

/* The time of the state is over; false when the connection is gone. */
static bool on_time(struct nt_http_conn *c)
{
	const struct nt_http_limits *l = &c->s->config.limits;
	struct vf_err err;

	switch (c->state) {
	case HEAD:
		if (!c->idle && c->in_n)
			return refuse_head(c, 408, VF_HTTP_TIMEOUT, "the head of the request did not arrive in time") == GO_ON;
		break;
	case BODY:
	case WRITING:
		if (c->moved >= l->window_octets) {
			enter(c, c->state, l->window_ms);
			return true;
		}
		if (c->state == BODY && vf_fail(&err, VF_HTTP_TIMEOUT, "the body arrives too slowly") != VF_OK) {
			c->close = true;
			return refuse(c, 408, &err) == GO_ON;
		}
		break;
	case HANDSHAKE:
	case WAITING:
	case LINGER:
		break;
	}
	nt_http_conn_close(c);
	return false;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct nt_http_conn *c = arg;

	(void)fd;
	if (((what & EV_TIMEOUT) || now_ms() >= c->deadline) && !on_time(c))
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
	c->reads = event_new(s->base, fd, EV_READ, on_event, c);
	c->writes = event_new(s->base, fd, EV_WRITE, on_event, c);
	if (s->tls)
		c->tls = nt_tls_conn_new(s->tls, fd);
	if (!c->reads || !c->writes || (s->tls && !c->tls)) {
		nt_http_conn_close(c);
		return;
	}
	enter(c, s->tls ? HANDSHAKE : HEAD, s->config.limits.head_ms);
	run(c);
}

void nt_http_conn_answer(struct nt_http_request *q)
{
	struct nt_http_conn *c = q->conn;

	if (!c) {
		tell(q);
		nt_http_request_free(q);
		return;
	}
	q->in_loop = true;
	if (begin_answer(c) == GO_ON)
		run(c);
}

bool nt_http_conn_make_room(struct nt_http *s)
{
	struct nt_http_conn *oldest = NULL;

	for (struct nt_http_conn *c = s->conns; c; c = c->next)
		if ((c->state == HEAD || c->state == HANDSHAKE || c->state == LINGER) && (!oldest || c->since < oldest->since))
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
		if (all || (c->state == HEAD && c->idle))
			nt_http_conn_close(c);
	}
}
