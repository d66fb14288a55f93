/*
 * A server for tests of notary/http.h, with one path for each thing it can do.
 */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "notary/http.h"
#include "tests/http_client.h"
#include "verify/hash.h"

struct http_server {
	struct nt_http *http;
	uint16_t port;
	const char *file;
	/* requests to /later wait here until somebody answers */
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct nt_http_request *held[1024];
	unsigned n_held;
	atomic_uint events, handled;
	_Atomic(unsigned) last_status;
};

static inline void http_server_event(void *ctx, const struct nt_http_event *e)
{
	struct http_server *t = ctx;

	t->last_status = e->status;
	t->events++;
}

static inline void http_server_route(void *ctx, struct nt_http_request *q, struct nt_http_route *ret)
{
	static const struct nt_http_field ask = {"WWW-Authenticate", "Bearer"};
	static const struct {
		const char *path;
		struct nt_http_route route;
	} routes[] = {
		{"/hello", {.methods = NT_HTTP_GET}},
		{"/echo", {.methods = NT_HTTP_POST, .max_body = 100000}},
		{"/upload", {.methods = NT_HTTP_PUT, .max_body = 8 << 20, .to_file = true}},
		{"/file", {.methods = NT_HTTP_GET}},
		{"/later", {.methods = NT_HTTP_GET | NT_HTTP_POST, .max_body = 1000}},
		{"/show", {.methods = NT_HTTP_GET}},
		{"/key", {.methods = NT_HTTP_GET}},
		{"/broken", {.methods = NT_HTTP_GET}},
		{"/conflict", {.methods = NT_HTTP_POST, .max_body = 10}},
	};

	(void)ctx;
	if (vf_bytes_is(nt_http_path(q), "/secret")) {
		nt_http_problem(q, &(struct nt_http_problem){.status = 401, .rc = VF_PERMISSION, .fields = &ask, .n_fields = 1});
		return;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (vf_bytes_starts(nt_http_path(q), routes[i].path))
			*ret = routes[i].route;
}

static inline void http_server_upload(struct nt_http_request *q)
{
	struct vf_pair_hasher h;
	char text[256], hex[65];
	uint8_t piece[4096];
	uint64_t at = 0;
	ssize_t n;
	struct vf_pair pair;

	vf_pair_init(&h);
	vf_pair_put(&h, nt_http_body(q));
	while (nt_http_body_fd(q) >= 0 && (n = pread(nt_http_body_fd(q), piece, sizeof(piece), (off_t)at)) > 0) {
		vf_pair_put(&h, vf_bytes(piece, (size_t)n));
		at += (uint64_t)n;
	}
	pair = vf_pair_done(&h);
	vf_hex_put(hex, vf_bytes(pair.sha256.b, 32));
	snprintf(text, sizeof(text), "%s %" PRIu64 " %s", nt_http_body_fd(q) >= 0 ? "file" : "memory", nt_http_body_size(q), hex);
	nt_http_reply(q, &(struct nt_http_reply){.status = 200, .type = "text/plain", .body = vf_bytes_str(text)});
}

static inline void http_server_show(struct nt_http_request *q)
{
	static const char *const names[] = {"a", "b", NULL};
	struct vf_bytes path = nt_http_path(q), a = {0}, agent = {0};
	const struct nt_http_pair *unknown = nt_http_param_unknown(q, names);
	char text[2048];

	nt_http_param(q, "a", &a);
	nt_http_header(q, "user-agent", &agent);
	snprintf(text, sizeof(text), "%.*s a=%.*s unknown=%.*s agent=%.*s peer=%s", VF_STR(path), VF_STR(a),
		unknown ? (int)unknown->name.n : 0, unknown ? (const char *)unknown->name.p : "", VF_STR(agent), nt_http_peer(q));
	nt_http_reply(q, &(struct nt_http_reply){.status = 200, .type = "text/plain", .body = vf_bytes_str(text)});
}

static inline void http_server_hold(struct http_server *t, struct nt_http_request *q)
{
	pthread_mutex_lock(&t->lock);
	t->held[t->n_held++] = q;
	pthread_cond_broadcast(&t->more);
	pthread_mutex_unlock(&t->lock);
}

/* Waits until n requests are held. */
static inline void http_server_await(struct http_server *t, unsigned n)
{
	pthread_mutex_lock(&t->lock);
	while (t->n_held < n)
		pthread_cond_wait(&t->more, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

/* Answers all that are held, from the calling thread. */
static inline void http_server_release(struct http_server *t)
{
	pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < t->n_held; i++)
		nt_http_reply(t->held[i], &(struct nt_http_reply){.status = 202, .type = "text/plain", .body = vf_bytes_str("late")});
	t->n_held = 0;
	pthread_mutex_unlock(&t->lock);
}

static inline void http_server_handle(void *ctx, struct nt_http_request *q)
{
	static const struct nt_http_field bad = {"X-Note", "a\r\nX-Evil: b"};
	struct http_server *t = ctx;
	struct nt_http_reply r = {.status = 200, .type = "text/plain"};
	struct vf_bytes path = nt_http_path(q);
	char hex[65] = "none";

	t->handled++;
	if (vf_bytes_is(path, "/later")) {
		http_server_hold(t, q);
		return;
	}
	if (vf_bytes_is(path, "/upload")) {
		http_server_upload(q);
		return;
	}
	if (vf_bytes_starts(path, "/show")) {
		http_server_show(q);
		return;
	}
	if (vf_bytes_is(path, "/conflict")) {
		nt_http_problem(q, &(struct nt_http_problem){.status = 409, .rc = VF_STREAM_CONFLICT, .detail = "head is \xff 7",
			.field = "stream", .retry_after = 3});
		return;
	}
	if (vf_bytes_is(path, "/file")) {
		r.file = true;
		r.fd = open(t->file, O_RDONLY | O_CLOEXEC);
		r.fd_at = 3;
		r.fd_size = 3000000;
		r.cache = NT_HTTP_IMMUTABLE;
	} else if (vf_bytes_is(path, "/key")) {
		if (nt_http_client_key(q))
			vf_hex_put(hex, vf_bytes(nt_http_client_key(q), 32));
		r.body = vf_bytes_str(hex);
	} else if (vf_bytes_is(path, "/broken")) {
		r.fields = &bad;
		r.n_fields = 1;
	} else if (vf_bytes_is(path, "/echo")) {
		r.body = nt_http_body(q);
	} else {
		r.body = vf_bytes_str("hello\n");
		r.etag = "\"h1\"";
		r.cache = NT_HTTP_NO_CACHE;
	}
	nt_http_reply(q, &r);
}

/* Starts it; the test ends when that fails. */
static inline void http_server_start(struct http_server *t, struct nt_http_config config)
{
	struct vf_err err = {0};

	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->more, NULL);
	config.route = http_server_route;
	config.handler = http_server_handle;
	config.event = http_server_event;
	config.ctx = t;
	if (nt_http_new(&config, &t->http, &err) != VF_OK) {
		fprintf(stderr, "the server does not start: %s\n", err.text);
		exit(1);
	}
	t->port = nt_http_port(t->http);
}

static inline void http_server_end(struct http_server *t)
{
	nt_http_free(t->http);
	pthread_cond_destroy(&t->more);
	pthread_mutex_destroy(&t->lock);
}

#endif
