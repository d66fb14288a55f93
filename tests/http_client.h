/*
 * A client for tests of the HTTP server: raw octets out, one answer in, plain or over TLS.
 */
#ifndef TESTS_HTTP_CLIENT_H
#define TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/check.h"

struct http_client {
	int fd;
	SSL *ssl;
};

struct http_answer {
	int status; /* 0: the server ended the connection before an answer */
	char head[16384];
	uint8_t *body;
	size_t n;
};

static inline struct http_client http_connect(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct http_client c = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

	if (c.fd < 0 || connect(c.fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		perror("connect");
		exit(1);
	}
	return c;
}

/* Over TLS, with the context's certificate; false when the handshake fails. */
static inline bool http_connect_tls(uint16_t port, SSL_CTX *ctx, struct http_client *ret)
{
	*ret = http_connect(port);
	ret->ssl = SSL_new(ctx);
	SSL_set_fd(ret->ssl, ret->fd);
	return SSL_connect(ret->ssl) == 1;
}

static inline void http_end(struct http_client *c)
{
	SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct http_client){.fd = -1};
}

/* False when the server has ended the connection. */
static inline bool http_send(struct http_client *c, struct vf_bytes b)
{
	while (b.n) {
		ssize_t n = c->ssl ? SSL_write(c->ssl, b.p, (int)b.n) : send(c->fd, b.p, b.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		b = vf_bytes(b.p + n, b.n - (size_t)n);
	}
	return true;
}

static inline void http_say(struct http_client *c, const char *text)
{
	http_send(c, vf_bytes_str(text));
}

static inline ssize_t http_recv(struct http_client *c, void *p, size_t n)
{
	return c->ssl ? SSL_read(c->ssl, p, (int)n) : recv(c->fd, p, n, 0);
}

/* True when the server has ended the connection and said nothing before. */
static inline bool http_at_end(struct http_client *c)
{
	char one;

	return http_recv(c, &one, 1) <= 0;
}

static inline void http_answer_done(struct http_answer *a)
{
	free(a->body);
	a->body = NULL;
}

/* The value of a field of the answer, or NULL; valid until the next call. */
static inline const char *http_value(const struct http_answer *a, const char *name)
{
	static char out[1024];
	char line[128];
	const char *at, *end;

	snprintf(line, sizeof(line), "\r\n%s: ", name);
	at = strcasestr(a->head, line);
	if (!at)
		return NULL;
	at += strlen(line);
	end = strstr(at, "\r\n");
	snprintf(out, sizeof(out), "%.*s", (int)(end - at), at);
	return out;
}

/* Reads one answer; no_body: to HEAD. What the status line says is the result. */
static inline int http_read(struct http_client *c, struct http_answer *a, bool no_body)
{
	size_t n = 0, want = 0;
	const char *length;

	*a = (struct http_answer){0};
	while (n < 4 || memcmp(a->head + n - 4, "\r\n\r\n", 4) != 0) {
		if (n + 1 == sizeof(a->head) || http_recv(c, a->head + n, 1) != 1)
			return 0;
		n++;
	}
	if (strncmp(a->head, "HTTP/1.1 ", 9) != 0)
		return -1;
	a->status = atoi(a->head + 9);
	length = http_value(a, "Content-Length");
	if (length && !no_body)
		want = (size_t)strtoull(length, NULL, 10);
	a->body = calloc(1, want + 1);
	while (a->n < want) {
		ssize_t got = http_recv(c, a->body + a->n, want - a->n);

		if (got <= 0)
			return -2;
		a->n += (size_t)got;
	}
	return a->status;
}

/* A connection, a request, its answer, the end. */
static inline int http_ask(uint16_t port, const char *request, struct http_answer *a)
{
	struct http_client c = http_connect(port);
	int status;

	http_say(&c, request);
	status = http_read(&c, a, false);
	http_end(&c);
	return status;
}

#endif
