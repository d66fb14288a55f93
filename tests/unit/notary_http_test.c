/* The HTTP server as its clients and its caller see it; hostile clients are in tests/fault/http_hostile_test.c. */
#include "notary/http.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/folder.h"
#include "tests/http_server.h"

static void test_simple(void)
{
	struct http_server t;
	struct http_answer a;

	http_server_start(&t, (struct nt_http_config){0});
	CHECK(t.port != 0);
	CHECK_INT(http_ask(t.port, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", &a), 200);
	CHECK_BYTES(vf_bytes(a.body, a.n), vf_bytes_str("hello\n"));
	CHECK_STR(http_value(&a, "ETag"), "\"h1\"");
	CHECK_STR(http_value(&a, "Cache-Control"), "no-cache");
	CHECK_STR(http_value(&a, "X-Content-Type-Options"), "nosniff");
	CHECK_STR(http_value(&a, "Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
	CHECK(http_value(&a, "Server") == NULL);
	CHECK(http_value(&a, "Connection") == NULL);
	CHECK(http_value(&a, "Date") != NULL && strlen(http_value(&a, "Date")) == 29);
	http_answer_done(&a);
	CHECK_INT(http_ask(t.port, "GET /hello HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"x\", W/\"h1\"\r\n\r\n", &a), 304);
	CHECK(http_value(&a, "Content-Length") == NULL);
	CHECK_STR(http_value(&a, "ETag"), "\"h1\"");
	http_answer_done(&a);
	CHECK_INT(http_ask(t.port, "GET /hello HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"H1\"\r\n\r\n", &a), 200);
	http_answer_done(&a);
	CHECK_INT(http_ask(t.port, "GET /show/%C3%A9/x?a=1%202+3&z=4 HTTP/1.1\r\nHost: x\r\nUser-Agent: me \r\n\r\n", &a), 200);
	CHECK_STR((char *)a.body, "/show/\xc3\xa9/x a=1 2 3 unknown=z agent=me peer=127.0.0.1");
	http_answer_done(&a);
	CHECK_INT(http_ask(t.port, "GET http://x/show HTTP/1.1\r\nHost: x\r\n\r\n", &a), 200);
	http_answer_done(&a);
	/* HTTP/1.0 has no Host, and its connection ends */
	CHECK_INT(http_ask(t.port, "GET /hello HTTP/1.0\r\n\r\n", &a), 200);
	CHECK_STR(http_value(&a, "Connection"), "close");
	http_answer_done(&a);
	/* a field that would end its line */
	CHECK_INT(http_ask(t.port, "GET /broken HTTP/1.1\r\nHost: x\r\n\r\n", &a), 500);
	CHECK(http_value(&a, "X-Evil") == NULL);
	http_answer_done(&a);
	http_server_end(&t);
}

static void test_methods(void)
{
	struct http_server t;
	struct http_answer a;
	struct http_client c;

	http_server_start(&t, (struct nt_http_config){0});
	c = http_connect(t.port);
	http_say(&c, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, true), 200);
	CHECK_STR(http_value(&a, "Content-Length"), "6");
	http_answer_done(&a);
	/* the connection goes on after each of these */
	http_say(&c, "OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 204);
	CHECK_STR(http_value(&a, "Allow"), "POST, OPTIONS");
	http_answer_done(&a);
	http_say(&c, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 204);
	http_answer_done(&a);
	http_say(&c, "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 405);
	CHECK_STR(http_value(&a, "Allow"), "GET, HEAD, OPTIONS");
	CHECK_STR(http_value(&a, "Content-Type"), "application/problem+json");
	CHECK(strstr((char *)a.body, "\"code\":\"HTTP_METHOD\"") != NULL);
	http_answer_done(&a);
	http_say(&c, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 404);
	CHECK(strstr((char *)a.body, "\"code\":\"HTTP_NOT_FOUND\"") != NULL);
	http_answer_done(&a);
	http_say(&c, "POST /conflict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
	CHECK_INT(http_read(&c, &a, false), 409);
	CHECK_STR(http_value(&a, "Retry-After"), "3");
	CHECK_STR((char *)a.body,
		"{\"type\":\"urn:trialnotary:problem:STREAM_CONFLICT\",\"title\":\"the stream has moved on\",\"status\":409,"
		"\"code\":\"STREAM_CONFLICT\",\"detail\":\"head is \\\\xff 7\",\"field\":\"stream\","
		"\"next\":\"submit again: the new head is used\"}\n");
	http_answer_done(&a);
	http_say(&c, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: x, Close\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 200);
	CHECK_STR(http_value(&a, "Connection"), "close");
	CHECK(http_at_end(&c));
	http_answer_done(&a);
	http_end(&c);
	/* refused by the route: the body is not read, nobody handles it */
	t.handled = 0;
	CHECK_INT(http_ask(t.port, "POST /secret HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", &a), 401);
	CHECK_STR(http_value(&a, "WWW-Authenticate"), "Bearer");
	CHECK_STR(http_value(&a, "Connection"), "close");
	CHECK_INT(t.handled, 0);
	http_answer_done(&a);
	http_server_end(&t);
}

static void check_upload(struct http_server *t, size_t n, bool chunked, const char *where)
{
	struct http_client c = http_connect(t->port);
	struct http_answer a;
	uint8_t *p = malloc(n + 1);
	char text[256], hex[65];
	struct vf_hash h;

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + i / 4096);
	h = vf_sha256(vf_bytes(p, n));
	vf_hex_put(hex, vf_bytes(h.b, 32));
	if (chunked)
		snprintf(text, sizeof(text), "PUT /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n");
	else
		snprintf(text, sizeof(text), "PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", n);
	http_say(&c, text);
	for (size_t at = 0; chunked && at < n; at += 1000) {
		size_t part = n - at < 1000 ? n - at : 1000;

		snprintf(text, sizeof(text), "%zx\r\n", part);
		http_say(&c, text);
		http_send(&c, vf_bytes(p + at, part));
		http_say(&c, "\r\n");
	}
	if (chunked)
		http_say(&c, "0\r\n\r\n");
	else
		http_send(&c, vf_bytes(p, n));
	CHECK_INT(http_read(&c, &a, false), 200);
	snprintf(text, sizeof(text), "%s %zu %s", where, n, hex);
	CHECK_STR((char *)a.body, text);
	http_answer_done(&a);
	http_end(&c);
	free(p);
}

static void test_bodies(const char *folder)
{
	struct http_server t;
	struct http_answer a;
	struct http_client c;

	http_server_start(&t, (struct nt_http_config){.folder = folder, .limits = {.memory_body = 65536}});
	check_upload(&t, 0, false, "memory");
	check_upload(&t, 0, true, "memory");
	check_upload(&t, 1, false, "memory");
	check_upload(&t, 65536, false, "memory");
	check_upload(&t, 65537, false, "file");
	check_upload(&t, 65537, true, "file");
	check_upload(&t, 8 << 20, false, "file");
	/* asked before it is sent */
	c = http_connect(t.port);
	http_say(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 100);
	http_answer_done(&a);
	http_say(&c, "abcGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 200);
	CHECK_STR((char *)a.body, "abc");
	http_answer_done(&a);
	CHECK_INT(http_read(&c, &a, false), 200);
	CHECK_STR((char *)a.body, "hello\n");
	http_answer_done(&a);
	/* refused before it is sent */
	http_say(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 413);
	CHECK(strstr((char *)a.body, "\"code\":\"HTTP_LIMIT\"") != NULL);
	CHECK(http_at_end(&c));
	http_answer_done(&a);
	http_end(&c);
	http_server_end(&t);
}

/* A body must leave room on the disk: the notary stops when it cannot write its own. */
static void test_disk_left(const char *folder)
{
	const char *bodies[2] = {"Content-Length: 4\r\n\r\nabcd", "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"};
	struct http_server t;
	struct http_answer a;
	struct http_client c;

	http_server_start(&t,
		(struct nt_http_config){.folder = folder, .limits = {.memory_body = 1, .disk_left = UINT64_MAX - 100}});
	for (size_t i = 0; i < 2; i++) {
		c = http_connect(t.port);
		http_say(&c, "PUT /upload HTTP/1.1\r\nHost: x\r\n");
		http_say(&c, bodies[i]);
		CHECK_INT(http_read(&c, &a, false), 503);
		CHECK(strstr((char *)a.body, "\"code\":\"HTTP_BUSY\"") != NULL);
		http_answer_done(&a);
		http_end(&c);
	}
	check_upload(&t, 1, false, "memory");
	http_server_end(&t);
}

static void test_file(const char *folder)
{
	const char *path = folder_path(folder, "big");
	struct http_server t;
	struct http_answer a;
	struct http_client c;
	FILE *f = fopen(path, "wb");
	bool same = true;

	for (unsigned i = 0; i < 3000003; i++)
		fputc((int)(i * 7 % 251), f);
	fclose(f);
	http_server_start(&t, (struct nt_http_config){0});
	t.file = path;
	c = http_connect(t.port);
	http_say(&c, "HEAD /file HTTP/1.1\r\nHost: x\r\n\r\nGET /file HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, true), 200);
	CHECK_STR(http_value(&a, "Content-Length"), "3000000");
	http_answer_done(&a);
	CHECK_INT(http_read(&c, &a, false), 200);
	CHECK_INT(a.n, 3000000);
	CHECK_STR(http_value(&a, "Cache-Control"), "public, max-age=31536000, immutable");
	for (unsigned i = 0; i < a.n; i++)
		same = same && a.body[i] == (i + 3) * 7 % 251;
	CHECK(same);
	http_answer_done(&a);
	/* a file that is shorter than promised ends the connection, so that nobody takes it for whole */
	CHECK_INT(truncate(path, 1000), 0);
	http_say(&c, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), -2);
	http_answer_done(&a);
	http_end(&c);
	http_server_end(&t);
}

/* Answers that come later, from another thread; a client that has left meanwhile. */
static void test_later(void)
{
	struct http_server t;
	struct http_client c[20], begun;
	struct http_answer a;

	http_server_start(&t, (struct nt_http_config){.limits = {.requests = 20, .retry_after = 7}});
	begun = http_connect(t.port);
	http_say(&begun, "POST /later HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	CHECK_INT(http_read(&begun, &a, false), 100);
	http_answer_done(&a);
	for (unsigned i = 0; i < 20; i++) {
		c[i] = http_connect(t.port);
		http_say(&c[i], i == 3 ? "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1" : "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	http_server_await(&t, 20);
	CHECK_INT(nt_http_stats(t.http).waiting, 20);
	CHECK_INT(nt_http_stats(t.http).connections, 21);
	/* one more than may wait */
	CHECK_INT(http_ask(t.port, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n", &a), 503);
	CHECK_STR(http_value(&a, "Retry-After"), "7");
	CHECK(strstr((char *)a.body, "\"code\":\"HTTP_BUSY\"") != NULL);
	http_answer_done(&a);
	/* nor is its body asked for */
	CHECK_INT(http_ask(t.port, "POST /later HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", &a), 503);
	http_answer_done(&a);
	/* a body that was begun when there was room, and ends when there is none */
	http_say(&begun, "ab");
	CHECK_INT(http_read(&begun, &a, false), 503);
	http_answer_done(&a);
	http_end(&begun);
	http_end(&c[7]);
	http_server_release(&t);
	for (unsigned i = 0; i < 20; i++) {
		if (i == 7)
			continue;
		CHECK_INT(http_read(&c[i], &a, false), 202);
		http_answer_done(&a);
		http_say(&c[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
		CHECK_INT(http_read(&c[i], &a, false), 200);
		http_answer_done(&a);
		http_end(&c[i]);
	}
	CHECK_INT(nt_http_stats(t.http).waiting, 0);
	http_server_end(&t);
	CHECK_INT(t.events, 20 + 3 + 19);
}

static void *release_soon(void *arg)
{
	struct http_server *t = arg;

	while (nt_http_stats(t->http).connections > 1)
		usleep(1000);
	http_server_release(t);
	return NULL;
}

/* What runs is finished, what idles is ended, nothing new comes in. */
static void test_stop(void)
{
	struct http_server t;
	struct http_client idle, busy, late;
	struct http_answer a;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	pthread_t thread;

	http_server_start(&t, (struct nt_http_config){0});
	to.sin_port = htons(t.port);
	idle = http_connect(t.port);
	http_say(&idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&idle, &a, false), 200);
	http_answer_done(&a);
	busy = http_connect(t.port);
	http_say(&busy, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	http_server_await(&t, 1);
	nt_http_stop(t.http);
	CHECK(http_at_end(&idle));
	late.fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(late.fd, (struct sockaddr *)&to, sizeof(to)) != 0);
	close(late.fd);
	pthread_create(&thread, NULL, release_soon, &t);
	CHECK_INT(http_read(&busy, &a, false), 202);
	CHECK_STR(http_value(&a, "Connection"), "close");
	http_answer_done(&a);
	CHECK(http_at_end(&busy));
	http_end(&busy);
	pthread_join(thread, NULL);
	http_server_end(&t);
	http_end(&idle);
}

/* A client that neither reads nor leaves does not keep the server from ending. */
static void test_grace(void)
{
	struct http_server t;
	struct http_client c;

	http_server_start(&t, (struct nt_http_config){.limits = {.grace_ms = 20}});
	c = http_connect(t.port);
	http_say(&c, "GET /hello HTTP/1.1\r\nHo");
	while (nt_http_stats(t.http).connections == 0)
		usleep(1000);
	http_server_end(&t);
	CHECK(http_at_end(&c));
	http_end(&c);
	/* an answer that comes after the grace reaches nobody, and is waited for */
	http_server_start(&t, (struct nt_http_config){.limits = {.grace_ms = 20}});
	c = http_connect(t.port);
	http_say(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	http_server_await(&t, 1);
	nt_http_stop(t.http);
	CHECK(http_at_end(&c));
	http_end(&c);
	http_server_release(&t);
	http_server_end(&t);
	CHECK_INT(t.events, 1);
}

static void test_refused_config(const char *folder)
{
	struct nt_http_config plain = {.address = "0.0.0.0", .route = http_server_route, .handler = http_server_handle};
	struct nt_http_config taken = {.route = http_server_route, .handler = http_server_handle};
	struct nt_http_config tls = {.tls = true, .certificate = folder_path(folder, "one.pem"), .key = folder_path(folder, "one.key"),
		.route = http_server_route, .handler = http_server_handle};
	struct nt_http *s = NULL;
	struct http_server t;
	struct vf_err err = {0};
	FILE *f;

	CHECK_RC(nt_http_new(&plain, &s, &err), VF_CONFIG_SHAPE);
	CHECK(strstr(err.text, "loopback") != NULL);
	plain.plain_anywhere = true;
	CHECK_RC(nt_http_new(&plain, &s, &err), VF_OK);
	s = nt_http_free(s);
	plain.address = "localhost";
	CHECK_RC(nt_http_new(&plain, &s, &err), VF_CONFIG_SHAPE);
	plain.address = "::";
	plain.plain_anywhere = false;
	CHECK_RC(nt_http_new(&plain, &s, &err), VF_CONFIG_SHAPE);
	plain.address = "::ffff:10.1.2.3";
	CHECK_RC(nt_http_new(&plain, &s, &err), VF_CONFIG_SHAPE);
	http_server_start(&t, (struct nt_http_config){0});
	taken.port = t.port;
	CHECK_RC(nt_http_new(&taken, &s, &err), VF_HTTP_ADDRESS);
	http_server_end(&t);
	/* a certificate without its key, and one that is none */
	f = fopen(tls.certificate, "w");
	fputs("no certificate\n", f);
	fclose(f);
	CHECK_RC(nt_http_new(&tls, &s, &err), VF_NO_INPUT);
	folder_run("openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out %s 2>/dev/null", tls.key);
	folder_run("chmod 600 %s", tls.key);
	CHECK_RC(nt_http_new(&tls, &s, &err), VF_TLS_FAILED);
	folder_run("chmod 644 %s", tls.key);
	CHECK_RC(nt_http_new(&tls, &s, &err), VF_PERMISSION);
	tls.key = NULL;
	CHECK_RC(nt_http_new(&tls, &s, &err), VF_CONFIG_SHAPE);
	CHECK(s == NULL);
}

/* A path that stays, as those of folder_path() are used again. */
static const char *kept_path(char out[512], const char *folder, const char *name)
{
	snprintf(out, 512, "%s", folder_path(folder, name));
	return out;
}

static struct vf_hash server_digest(SSL *ssl)
{
	X509 *x = SSL_get1_peer_certificate(ssl);
	struct vf_hash h = {0};
	unsigned n = 32;

	CHECK_INT(X509_digest(x, EVP_sha256(), h.b, &n), 1);
	X509_free(x);
	return h;
}

static struct vf_hash key_digest(X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	struct vf_hash h = vf_sha256(vf_bytes(der, (size_t)n));

	OPENSSL_free(der);
	return h;
}

static X509 *read_certificate(const char *path)
{
	FILE *f = fopen(path, "r");
	X509 *x = PEM_read_X509(f, NULL, NULL, NULL);

	fclose(f);
	return x;
}

static void test_tls(const char *folder)
{
	char certificate[512], key[512];
	struct nt_http_config config = {.tls = true, .ask_certificate = true,
		.certificate = kept_path(certificate, folder, "tls.pem"), .key = kept_path(key, folder, "tls.key")};
	struct http_server t;
	struct http_answer a;
	struct http_client c, old;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct vf_hash first, second;
	struct stat st;
	char hex[65];
	X509 *x;

	http_server_start(&t, config);
	CHECK(nt_http_fingerprint(t.http, first.b));
	CHECK_INT(stat(config.key, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	/* the certificate that was made is good for its own name */
	CHECK_INT(SSL_CTX_load_verify_locations(ctx, config.certificate, NULL), 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	CHECK(http_connect_tls(t.port, ctx, &c));
	CHECK_INT(SSL_get_verify_result(c.ssl), X509_V_OK);
	second = server_digest(c.ssl);
	CHECK_BYTES(vf_bytes(second.b, 32), vf_bytes(first.b, 32));
	http_say(&c, "GET /key HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 200);
	CHECK_STR((char *)a.body, "none");
	http_answer_done(&a);
	old = c;
	/* with a certificate of our own, that nobody vouches for */
	folder_run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=me -keyout %s -out %s 2>/dev/null",
		folder_path(folder, "me.key"), folder_path(folder, "me.pem"));
	CHECK_INT(SSL_CTX_use_certificate_file(ctx, folder_path(folder, "me.pem"), SSL_FILETYPE_PEM), 1);
	CHECK_INT(SSL_CTX_use_PrivateKey_file(ctx, folder_path(folder, "me.key"), SSL_FILETYPE_PEM), 1);
	CHECK(http_connect_tls(t.port, ctx, &c));
	http_say(&c, "GET /key HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 200);
	x = read_certificate(folder_path(folder, "me.pem"));
	second = key_digest(x);
	X509_free(x);
	vf_hex_put(hex, vf_bytes(second.b, 32));
	CHECK_STR((char *)a.body, hex);
	http_answer_done(&a);
	http_end(&c);
	/* another certificate, without a new start; the old connection goes on */
	folder_run("cp %s %s && cp %s %s && chmod 600 %s", folder_path(folder, "me.pem"), config.certificate,
		folder_path(folder, "me.key"), config.key, config.key);
	CHECK_RC(nt_http_reload(t.http, NULL), VF_OK);
	CHECK(nt_http_fingerprint(t.http, second.b));
	CHECK(!vf_hash_eq(&first, &second));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	CHECK(http_connect_tls(t.port, ctx, &c));
	first = server_digest(c.ssl);
	CHECK(vf_hash_eq(&first, &second));
	http_end(&c);
	http_say(&old, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&old, &a, false), 200);
	http_answer_done(&a);
	http_end(&old);
	/* a certificate that is none changes nothing */
	folder_run("echo none > %s", config.certificate);
	CHECK_RC(nt_http_reload(t.http, NULL), VF_TLS_FAILED);
	CHECK(nt_http_fingerprint(t.http, second.b));
	CHECK(vf_hash_eq(&first, &second));
	http_server_end(&t);
	SSL_CTX_free(ctx);
}

/* Bodies, files and pipelining over TLS; protocols that are not ours. */
static void test_tls_limits(const char *folder)
{
	struct nt_http_config config = {.tls = true, .certificate = folder_path(folder, "second.pem"),
		.key = folder_path(folder, "second.key"), .limits = {.memory_body = 1000}};
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	uint8_t *body = calloc(1, 2000000);
	struct http_server t;
	struct http_answer a;
	struct http_client c;

	http_server_start(&t, config);
	CHECK(http_connect_tls(t.port, ctx, &c));
	http_say(&c, "PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
	CHECK(http_send(&c, vf_bytes(body, 2000000)));
	http_say(&c, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	CHECK_INT(http_read(&c, &a, false), 200);
	CHECK(strncmp((char *)a.body, "file 2000000 ", 13) == 0);
	http_answer_done(&a);
	CHECK_INT(http_read(&c, &a, false), 200);
	http_answer_done(&a);
	CHECK(http_at_end(&c));
	http_end(&c);
	/* only HTTP/2 */
	CHECK_INT(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2", 3), 0);
	CHECK(!http_connect_tls(t.port, ctx, &c));
	http_end(&c);
	CHECK_INT(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2\x08http/1.1", 12), 0);
	CHECK(http_connect_tls(t.port, ctx, &c));
	http_end(&c);
	/* TLS 1.1 and plain HTTP on the TLS port */
	SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	CHECK(!http_connect_tls(t.port, ctx, &c));
	http_end(&c);
	c = http_connect(t.port);
	http_say(&c, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(http_read(&c, &a, false) <= 0);
	http_end(&c);
	http_server_end(&t);
	SSL_CTX_free(ctx);
	free(body);
}

int main(void)
{
	char folder[256];

	folder_make(folder);
	test_simple();
	test_methods();
	test_bodies(folder);
	test_disk_left(folder);
	test_file(folder);
	test_later();
	test_stop();
	test_grace();
	test_refused_config(folder);
	test_tls(folder);
	test_tls_limits(folder);
	folder_remove(folder);
	return check_done();
}
