#include "notary/fetch.h"

#include <poll.h>
#include <time.h>

#include "tests/folder.h"
#include "tests/http_server.h"

/*
 * A server that answers one connection after the other with raw octets, chosen by the path of the request. What was
 * asked is kept for the test to look at.
 */
static struct raw_server {
	int fd;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint connections;
	char asked[65536];
} raw;

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/test\r\n"
#define BODY(n) HEAD "Content-Length: " #n "\r\n\r\n"

static const struct {
	const char *path, *answer;
} answers[] = {
	{"/ok", BODY(5) "hello"},
	{"/parameters", "HTTP/1.1 200 OK\r\nContent-Type: Application/TEST; charset=x\r\nContent-Length: 2\r\n\r\nok"},
	{"/chunked", HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"},
	{"/until-close", HEAD "Connection: close\r\n\r\nhello"},
	{"/empty", BODY(0)},
	{"/type", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok"},
	{"/longer-type", "HTTP/1.1 200 OK\r\nContent-Type: application/tests\r\nContent-Length: 2\r\n\r\nok"},
	{"/no-type", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
	{"/500", "HTTP/1.1 500 No\r\nContent-Type: application/test\r\nContent-Length: 2\r\n\r\nok"},
	{"/201", "HTTP/1.1 201 Made\r\nContent-Type: application/test\r\nContent-Length: 2\r\n\r\nok"},
	{"/204", "HTTP/1.1 204 Nothing\r\n\r\n"},
	{"/429", "HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"},
	{"/503", "HTTP/1.1 503 Down\r\nRetry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"},
	{"/503-past", "HTTP/1.1 503 Down\r\nRetry-After: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"},
	{"/503-odd", "HTTP/1.1 503 Down\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n"},
	{"/302", "HTTP/1.1 302 There\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
	{"/307", "HTTP/1.1 307 There\r\nLocation: /ok\r\nContent-Length: 2\r\n\r\nok"},
	{"/cut", BODY(50) "hello"},
	{"/no-http", "SSH-2.0-x\r\n"},
	{"/nothing", ""},
	{"/100", "HTTP/1.1 100 Continue\r\n\r\n" BODY(5) "hello"},
	{"/announced", BODY(100000)},
};

static void send_text(int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL); /* the client may be gone */
}

static bool is_gone(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, ms) == 1 && recv(fd, &c, 1, MSG_DONTWAIT) <= 0;
}

/* An answer without end: piece after piece until the client leaves. */
static void send_without_end(int fd, const char *head, const char *piece, int pause_ms)
{
	send_text(fd, head);
	while (!raw.stop && !is_gone(fd, pause_ms))
		send_text(fd, piece);
}

static void answer(int fd, const char *path)
{
	static char large[16384], line[2048];
	const struct {
		const char *path, *head, *piece;
		int pause_ms;
	} endless[] = {
		{"/slow", BODY(1000), "x", 100}, {"/slow-head", "HTTP/1.1 200 OK\r\nX: ", "x", 100},
		{"/silent", "", "", 100}, {"/endless", HEAD "\r\n", large, 0}, {"/endless-head", HEAD, line, 0},
		{"/endless-500", "HTTP/1.1 500 No\r\n\r\n", large, 0},
		{"/endless-100", "", "HTTP/1.1 100 Continue\r\n\r\n", 0},
	};

	memset(large, 'x', sizeof(large) - 1);
	snprintf(line, sizeof(line), "X-Line: %.1500s\r\n", large);
	for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++)
		if (strcmp(path, endless[i].path) == 0)
			send_without_end(fd, endless[i].head, endless[i].piece, endless[i].pause_ms);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(path, answers[i].path) == 0)
			send_text(fd, answers[i].answer);
}

static void serve_one(int fd)
{
	char path[100] = "", *end;
	size_t n = 0, want = sizeof(raw.asked) - 1;
	ssize_t got;

	raw.connections++;
	while (n < want && (got = recv(fd, raw.asked + n, sizeof(raw.asked) - 1 - n, 0)) > 0) {
		const char *length;

		n += (size_t)got;
		raw.asked[n] = '\0';
		end = strstr(raw.asked, "\r\n\r\n");
		if (!end)
			continue;
		length = strstr(raw.asked, "Content-Length: ");
		want = (size_t)(end + 4 - raw.asked) + (length ? strtoul(length + 16, NULL, 10) : 0);
	}
	if (sscanf(raw.asked, "%*s %99[^ ?]", path) == 1)
		answer(fd, path);
	shutdown(fd, SHUT_WR);
	is_gone(fd, 1000); /* nothing is lost by closing early */
	close(fd);
}

static void *serve(void *ctx)
{
	(void)ctx;
	while (!raw.stop) {
		struct pollfd p = {.fd = raw.fd, .events = POLLIN};
		int fd = poll(&p, 1, 100) == 1 ? accept4(raw.fd, NULL, NULL, SOCK_CLOEXEC) : -1;

		if (fd >= 0)
			serve_one(fd);
	}
	return NULL;
}

static int listen_loopback(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 16) != 0 ||
		getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
		perror("listen");
		exit(1);
	}
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static int64_t ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *url_of(const char *path)
{
	static char url[300];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", (int)raw.port, path);
	return url;
}

static struct nt_fetch get_of(const char *path)
{
	return (struct nt_fetch){.url = url_of(path), .accept = "application/test", .connect_ms = 2000,
		.timeout_ms = 10000, .max = 4096};
}

static void test_answers(void)
{
	static const struct {
		const char *path;
		int status;
		const char *said; /* the body, or part of the message */
	} cases[] = {
		{"/ok", 200, "hello"}, {"/parameters", 200, "ok"}, {"/chunked", 200, "hello"},
		{"/until-close", 200, "hello"}, {"/empty", 200, ""}, {"/100", 200, "hello"},
		{"/type", -200, "'text/html', not 'application/test'"},
		{"/longer-type", -200, "'application/tests', not 'application/test'"},
		{"/no-type", -200, "'nothing', not"}, {"/500", -500, "HTTP status 500"},
		{"/201", -201, "HTTP status 201"}, {"/204", -204, "HTTP status 204"},
		{"/429", -429, "HTTP status 429"}, {"/503", -503, "HTTP status 503"},
		{"/503-past", -503, "HTTP status 503"}, {"/503-odd", -503, "HTTP status 503"},
		{"/302", -302, "elsewhere"}, {"/307", -307, "elsewhere"}, {"/cut", -200, ""}, {"/no-http", 0, ""},
		{"/nothing", 0, ""}, {"/announced", -200, ""}, {"/endless", -200, "too long"},
		{"/endless-head", -200, "too long"}, {"/endless-500", -500, "HTTP status 500"},
		{"/endless-100", -100, "too long"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_buf out = nt_buf(100000);
		struct nt_fetch f = get_of(cases[i].path);
		struct nt_fetched facts;
		struct vf_err err = {0};
		int64_t began = ticks();
		unsigned before = raw.connections;
		enum vf_rc rc;

		nt_buf_put_str(&out, "before ");
		rc = nt_fetch(&f, &out, &facts, &err);
		if (rc != (cases[i].status > 0 ? VF_OK : VF_FETCH_FAILED) || facts.status != abs(cases[i].status))
			CHECK_FAIL("%s: %s %s, status %d", cases[i].path, vf_rc_name(rc), err.text, facts.status);
		CHECK(strncmp((char *)out.p, "before ", 7) == 0);
		if (rc == VF_OK)
			CHECK(out.n == 7 + strlen(cases[i].said) && memcmp(out.p + 7, cases[i].said, out.n - 7) == 0);
		if (rc != VF_OK && (out.n != 7 || out.failed || !strstr(err.text, cases[i].said)))
			CHECK_FAIL("%s: '%s', %zu octets", cases[i].path, err.text, out.n);
		CHECK(facts.sent_ms > 0 && facts.received_ms >= facts.sent_ms);
		CHECK(ticks() - began < 8000);
		CHECK_INT(raw.connections - before, 1); /* nothing is followed and nothing tried again */
		nt_buf_done(&out);
	}
}

static void test_retry_after(void)
{
	static const struct {
		const char *path;
		int64_t ms;
	} cases[] = {{"/429", 120000}, {"/503", 86400000}, {"/503-past", 0}, {"/503-odd", 0}, {"/500", 0}, {"/ok", 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_buf out = nt_buf(1000);
		struct nt_fetch f = get_of(cases[i].path);
		struct nt_fetched facts = {.retry_after_ms = -1};

		vf_ignore(nt_fetch(&f, &out, &facts, NULL)); /* its outcome is test_answers' question */
		CHECK_INT(facts.retry_after_ms, cases[i].ms);
		nt_buf_done(&out);
	}
}

/* Servers that are slow in every way end at the time-out. */
static void test_slow(void)
{
	static const char *const paths[] = {"/slow", "/slow-head", "/silent"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct nt_buf out = nt_buf(100000);
		struct nt_fetch f = get_of(paths[i]);
		struct nt_fetched facts;
		int64_t began = ticks(), took;

		f.timeout_ms = 700;
		CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
		took = ticks() - began;
		if (took < 600 || took > 5000)
			CHECK_FAIL("%s took %" PRId64 " ms", paths[i], took);
		CHECK_INT(out.n, 0);
		nt_buf_done(&out);
	}
}

static _Atomic bool stopped;

static void *stop_soon(void *ctx)
{
	struct timespec t = {.tv_nsec = 300000000};

	(void)ctx;
	nanosleep(&t, NULL);
	stopped = true;
	return NULL;
}

static void test_stop(void)
{
	struct nt_buf out = nt_buf(1000);
	struct nt_fetch f = get_of("/silent");
	struct nt_fetched facts;
	struct vf_err err;
	int64_t began = ticks();
	pthread_t thread;

	f.stop = &stopped;
	f.timeout_ms = 30000;
	pthread_create(&thread, NULL, stop_soon, NULL);
	CHECK_RC(nt_fetch(&f, &out, &facts, &err), VF_FETCH_FAILED);
	CHECK(strstr(err.text, "stopped") != NULL);
	CHECK(ticks() - began < 5000);
	pthread_join(thread, NULL);
	nt_buf_done(&out);
}

static void test_request(void)
{
	struct nt_buf out = nt_buf(1000);
	struct nt_fetch f = get_of("/ok?a=b");
	struct nt_fetched facts;

	/* what the environment says about proxies is not for us */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	CHECK(strncmp(raw.asked, "GET /ok?a=b HTTP/1.1\r\n", 22) == 0);
	CHECK(strstr(raw.asked, "\r\nAccept: application/test\r\n") != NULL);
	CHECK(strstr(raw.asked, "Authorization") == NULL);
	f.type = "application/question";
	f.body = vf_bytes("a\0b", 3);
	f.user = "me";
	f.password = "secret";
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK(strncmp(raw.asked, "POST /ok?a=b HTTP/1.1\r\n", 23) == 0);
	CHECK(strstr(raw.asked, "\r\nContent-Type: application/question\r\n") != NULL);
	CHECK(strstr(raw.asked, "\r\nContent-Length: 3\r\n") != NULL);
	CHECK(strstr(raw.asked, "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n") != NULL);
	CHECK(memcmp(strstr(raw.asked, "\r\n\r\n") + 4, "a\0b", 3) == 0);
	/* an empty body is one too */
	f.body = vf_bytes(NULL, 0);
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK(strstr(raw.asked, "\r\nContent-Length: 0\r\n") != NULL);
	nt_buf_done(&out);
}

static void test_limits(void)
{
	struct nt_buf out = nt_buf(1000);
	struct nt_fetch f = get_of("/ok");
	struct nt_fetched facts;

	f.max = 5;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	f.max = 4;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	/* the buffer's own cap counts too */
	out.cap = 9;
	f.max = 4096;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str("hello"));
	nt_buf_done(&out);
}

static void test_addresses(void)
{
	static const char *const bad[] = {"ftp://127.0.0.1/", "file:///etc/passwd", "", "127.0.0.1:1", "http://",
		"gopher://127.0.0.1/", "http://me:secret@127.0.0.1/ok", "http://127.0.0.1:99999/"};
	struct nt_buf out = nt_buf(1000);
	struct nt_fetch f = get_of("/ok");
	struct nt_fetched facts;
	struct vf_err err;
	uint16_t port;
	char url[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f.url = bad[i];
		if (nt_fetch(&f, &out, &facts, &err) != VF_FETCH_FAILED)
			CHECK_FAIL("'%s' was not refused", bad[i]);
		CHECK(facts.status == 0 && out.n == 0);
	}
	/* nobody listens; parameters, which may be secret, are not in the message */
	close(listen_loopback(&port));
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/a?key=secret", (int)port);
	f.url = url;
	CHECK_RC(nt_fetch(&f, &out, &facts, &err), VF_FETCH_FAILED);
	CHECK(strstr(err.text, "/a'") != NULL && strstr(err.text, "secret") == NULL);
	nt_buf_done(&out);
}

/* A server that ends the connection after each answer, and does not say so. */
static void test_keep_lost(void)
{
	struct nt_fetch_keep *keep = nt_fetch_keep_new();
	struct nt_buf out = nt_buf(1000);
	struct nt_fetch f = get_of("/ok");
	struct nt_fetched facts;

	f.keep = keep;
	for (unsigned i = 0; i < 3; i++)
		CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str("hellohellohello"));
	/* nothing of one exchange goes into the next */
	f.user = "me";
	f.password = "secret";
	f.type = "application/question";
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK(strstr(raw.asked, "Authorization") != NULL);
	f = get_of("/ok");
	f.keep = keep;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK(strncmp(raw.asked, "GET ", 4) == 0 && strstr(raw.asked, "Authorization") == NULL);
	/* nor does a failure */
	f.url = url_of("/cut");
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	f.url = url_of("/ok");
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK(nt_fetch_keep_free(keep) == NULL && nt_fetch_keep_free(NULL) == NULL);
	nt_buf_done(&out);
}

/* One connection for all, over TLS; another certificate of ours is another connection. */
static void test_keep(struct http_server *t, struct nt_fetch f, struct vf_bytes cert, struct vf_bytes key)
{
	struct nt_buf out = nt_buf(1000);
	struct nt_http_stats before, after;
	struct nt_fetched facts;

	f.keep = nt_fetch_keep_new();
	before = nt_http_stats(t->http);
	for (unsigned i = 0; i < 4; i++)
		CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	after = nt_http_stats(t->http);
	CHECK_INT(after.accepted - before.accepted, 1);
	CHECK_INT(after.requests - before.requests, 4);
	nt_buf_reset(&out);
	f.certificate = cert;
	f.key = key;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK_INT(out.n, 64);
	after = nt_http_stats(t->http);
	CHECK_INT(after.accepted - before.accepted, 2);
	/* a server that is not vouched for is refused, also when a connection to it is open */
	f.ca = cert;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	nt_fetch_keep_free(f.keep);
	nt_buf_done(&out);
}

static void test_tls(const char *folder)
{
	char certificate[512], key[512], url[64], me[512], me_key[512];
	struct nt_buf out = nt_buf(1000);
	struct nt_fetch f = get_of("/key");
	struct nt_fetched facts;
	struct http_server t;
	struct vf_bytes own, none = vf_bytes_str("none"), cert, secret;

	snprintf(certificate, sizeof(certificate), "%s/tls.pem", folder);
	snprintf(key, sizeof(key), "%s/tls.key", folder);
	snprintf(me, sizeof(me), "%s/me.pem", folder);
	snprintf(me_key, sizeof(me_key), "%s/me.key", folder);
	folder_run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=me -keyout %s -out "
		   "%s 2>/dev/null", me_key, me);
	http_server_start(&t, (struct nt_http_config){
		.tls = true, .ask_certificate = true, .certificate = certificate, .key = key});
	own = check_read(certificate);
	cert = check_read(me);
	secret = check_read(me_key);
	snprintf(url, sizeof(url), "https://localhost:%d/key", (int)t.port);
	f.url = url;
	f.accept = "text/plain";
	/* nobody vouches for it; another does; that is no certificate */
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	f.ca = cert;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	f.ca = none;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	CHECK_INT(t.handled, 0);
	f.ca = own;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes_str("none"));
	test_keep(&t, f, cert, secret);
	/* another name than the certificate's */
	snprintf(url, sizeof(url), "https://127.0.0.2:%d/key", (int)t.port);
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	snprintf(url, sizeof(url), "https://localhost:%d/key", (int)t.port);
	/* a certificate of our own; one without its key */
	f.certificate = cert;
	f.key = secret;
	nt_buf_reset(&out);
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_OK);
	CHECK_INT(out.n, 64);
	f.key = none;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	/* TLS to a server that speaks none */
	snprintf(url, sizeof(url), "https://localhost:%d/ok", (int)raw.port);
	f.timeout_ms = 3000;
	CHECK_RC(nt_fetch(&f, &out, &facts, NULL), VF_FETCH_FAILED);
	http_server_end(&t);
	nt_buf_done(&out);
	free((void *)(uintptr_t)own.p);
	free((void *)(uintptr_t)cert.p);
	free((void *)(uintptr_t)secret.p);
}

int main(void)
{
	char folder[256];

	folder_make(folder);
	raw.fd = listen_loopback(&raw.port);
	pthread_create(&raw.thread, NULL, serve, NULL);
	test_answers();
	test_retry_after();
	test_slow();
	test_stop();
	test_request();
	test_limits();
	test_keep_lost();
	test_addresses();
	test_tls(folder);
	raw.stop = true;
	pthread_join(raw.thread, NULL);
	close(raw.fd);
	folder_remove(folder);
	return check_done();
}
