/*
 * The HTTP server and clients that mean no good: malformed, smuggled, slow, too many, gone. After each the server
 * still serves others.
 */
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>

#include "notary/http.h"
#include "tests/folder.h"
#include "tests/http_server.h"

static void check_alive(struct http_server *t, const char *after)
{
	struct http_answer a;

	if (http_ask(t->port, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", &a) != 200)
		CHECK_FAIL("no service after %s", after);
	check_count++;
	http_answer_done(&a);
}

/* What is refused with a status and a code, and then ends the connection: what follows is never a request. */
static const struct {
	const char *name;
	struct vf_bytes text;
	int status;
	const char *code;
} refused[] = {
#define TEXT(s) {(const uint8_t *)(s), sizeof(s) - 1}
	{"both lengths", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"two lengths", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"), 400, "HTTP_SHAPE"},
	{"signed length", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd"), 400, "HTTP_SHAPE"},
	{"huge length", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000000000\r\n\r\nabcd"), 413, "HTTP_LIMIT"},
	{"two hosts", TEXT("GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"no host", TEXT("GET /hello HTTP/1.1\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"folded", TEXT("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"bare LF", TEXT("GET /hello HTTP/1.1\nHost: x\n\n"), 400, "HTTP_SHAPE"},
	{"bare CR", TEXT("GET /hello HTTP/1.1\rHost: x\r\r"), 400, "HTTP_SHAPE"},
	{"NUL", TEXT("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"space before colon", TEXT("GET /hello HTTP/1.1\r\nHost : x\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"no UTF-8", TEXT("GET /hello HTTP/1.1\r\nHost: x\r\nA: \xff\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"traversal", TEXT("GET /hello/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"encoded traversal", TEXT("GET /hello/%2e%2e/x HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"encoded slash", TEXT("GET /hello%2fx HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"encoded NUL", TEXT("GET /hello%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"parameter twice", TEXT("GET /show?a=1&a=2 HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"version", TEXT("GET /hello HTTP/3.0\r\nHost: x\r\n\r\n"), 505, "HTTP_UNSUPPORTED"},
	{"HTTP/2", TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, "HTTP_UNSUPPORTED"},
	{"coding", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n"), 501, "HTTP_UNSUPPORTED"},
	{"expectation", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nContent-Length: 1\r\n\r\na"), 417, "HTTP_UNSUPPORTED"},
	{"bad chunk", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 400, "HTTP_SHAPE"},
	{"long chunk", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"), 400, "HTTP_SHAPE"},
	{"trailer", TEXT("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: y\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"chunk above the limit", TEXT("POST /conflict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n01234567890\r\n0\r\n\r\n"), 413, "HTTP_LIMIT"},
	{"body where none is", TEXT("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"), 413, "HTTP_LIMIT"},
	{"body for a wrong method", TEXT("GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"), 405, "HTTP_METHOD"},
	{"body for nothing", TEXT("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"), 404, "HTTP_NOT_FOUND"},
	{"CONNECT", TEXT("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n"), 400, "HTTP_SHAPE"},
	{"TLS", TEXT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400, "HTTP_SHAPE"},
	{"noise", TEXT("\r\n\r\n\r\n"), 400, "HTTP_SHAPE"},
};

/* Each one at once, and octet by octet; a second request behind it must not be answered. */
static void test_refused(void)
{
	struct http_server t;
	struct http_answer a, next;
	char want[64];

	http_server_start(&t, (struct nt_http_config){0});
	for (size_t i = 0; i < 2 * sizeof(refused) / sizeof(refused[0]); i++) {
		const struct vf_bytes text = refused[i / 2].text;
		struct http_client c = http_connect(t.port);
		int status;

		for (size_t at = 0; i % 2 && at < text.n; at++)
			http_send(&c, vf_bytes(text.p + at, 1));
		if (i % 2 == 0)
			http_send(&c, text);
		http_say(&c, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
		status = http_read(&c, &a, false);
		snprintf(want, sizeof(want), "\"code\":\"%s\"", refused[i / 2].code);
		if (status != refused[i / 2].status || !a.body || !strstr((char *)a.body, want))
			CHECK_FAIL("%s gives %d %s", refused[i / 2].name, status, a.body ? (char *)a.body : "");
		if (http_read(&c, &next, false) > 0)
			CHECK_FAIL("%s: what follows is taken for a request", refused[i / 2].name);
		check_count += 2;
		http_answer_done(&a);
		http_answer_done(&next);
		http_end(&c);
	}
	CHECK_INT(t.handled, 0);
	check_alive(&t, "refused requests");
	http_server_end(&t);
}

/* Heads and bodies without end. */
static void test_endless(void)
{
	struct http_server t;
	struct http_answer a;
	struct http_client c;
	char field[64];

	http_server_start(&t, (struct nt_http_config){0});
	c = http_connect(t.port);
	http_say(&c, "GET /hello HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 2000; i++) {
		snprintf(field, sizeof(field), "X-%d: 0123456789012345678901234567890\r\n", i);
		http_say(&c, field);
	}
	CHECK_INT(http_read(&c, &a, false), 431);
	http_answer_done(&a);
	http_end(&c);
	c = http_connect(t.port);
	http_say(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 200; i++)
		http_say(&c, "400\r\n0123456789\r\n");
	CHECK_INT(http_read(&c, &a, false), 400);
	http_answer_done(&a);
	http_end(&c);
	c = http_connect(t.port);
	http_say(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 20000 && http_send(&c, vf_bytes("1\r\nx\r\n", 6)); i++)
		;
	CHECK_INT(http_read(&c, &a, false), 413);
	http_answer_done(&a);
	http_end(&c);
	check_alive(&t, "endless requests");
	http_server_end(&t);
}

/* Times are short here, and the test waits for what must come, not for a while. */
static void test_slow(void)
{
	struct http_server t;
	struct http_answer a;
	struct http_client head, body, silent, idle;

	http_server_start(&t, (struct nt_http_config){.limits = {.head_ms = 30, .window_ms = 30, .idle_ms = 30}});
	silent = http_connect(t.port);
	head = http_connect(t.port);
	http_say(&head, "GET /hello HTTP/1.1\r\nHo");
	body = http_connect(t.port);
	http_say(&body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\nabc");
	idle = http_connect(t.port);
	http_say(&idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK_INT(http_read(&idle, &a, false), 200);
	http_answer_done(&a);
	CHECK(http_at_end(&silent));
	CHECK_INT(http_read(&head, &a, false), 408);
	CHECK(strstr((char *)a.body, "\"code\":\"HTTP_TIMEOUT\"") != NULL);
	http_answer_done(&a);
	CHECK(http_at_end(&head));
	CHECK_INT(http_read(&body, &a, false), 408);
	http_answer_done(&a);
	CHECK(http_at_end(&body));
	CHECK(http_at_end(&idle));
	http_end(&silent);
	http_end(&head);
	http_end(&body);
	http_end(&idle);
	check_alive(&t, "slow clients");
	http_server_end(&t);
}

/* A head that never ends although each octet comes in time. */
static void test_trickle(void)
{
	struct http_server t;
	struct http_client c;
	struct pollfd p = {.events = POLLIN};

	http_server_start(&t, (struct nt_http_config){.limits = {.head_ms = 60}});
	c = http_connect(t.port);
	http_say(&c, "GET /hello HTTP/1.1\r\nX: ");
	p.fd = c.fd;
	while (poll(&p, 1, 1) == 0)
		http_say(&c, "a");
	http_end(&c);
	check_alive(&t, "a trickled head");
	CHECK_INT(nt_http_stats(t.http).refused, 1);
	http_server_end(&t);
}

/* A client that asks for a large file and does not read it. */
static void test_slow_reader(const char *folder)
{
	char path[512];
	struct http_server t;
	struct http_client c;
	FILE *f;

	snprintf(path, sizeof(path), "%s", folder_path(folder, "big"));
	f = fopen(path, "wb");
	CHECK(f != NULL && ftruncate(fileno(f), 4000000) == 0);
	fclose(f);
	http_server_start(&t, (struct nt_http_config){.limits = {.window_ms = 30, .window_octets = 100000}});
	t.file = path;
	c = http_connect(t.port);
	CHECK_INT(setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int)), 0);
	for (int i = 0; i < 8; i++)
		http_say(&c, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
	while (nt_http_stats(t.http).connections == 0 || t.events == 0)
		usleep(1000);
	/* the server gives up, although the client is still there */
	while (nt_http_stats(t.http).connections)
		usleep(1000);
	http_end(&c);
	check_alive(&t, "a slow reader");
	http_server_end(&t);
}

/* 200 connections that stay in their heads: others are still served, the oldest of the slow ones go. */
static void test_many_slow(void)
{
	struct http_client c[200];
	struct http_server t;
	struct http_answer a;
	unsigned kept = 0;

	http_server_start(&t, (struct nt_http_config){.limits = {.connections = 50}});
	for (unsigned i = 0; i < 200; i++) {
		c[i] = http_connect(t.port);
		http_say(&c[i], "GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: ");
	}
	for (unsigned i = 0; i < 20; i++)
		check_alive(&t, "many slow connections");
	while (nt_http_stats(t.http).accepted < 220)
		usleep(1000);
	CHECK(nt_http_stats(t.http).connections <= 50);
	/* those that are left get their answer when they finish */
	for (unsigned i = 0; i < 200; i++) {
		http_say(&c[i], "1\r\n\r\n");
		if (http_read(&c[i], &a, false) == 200)
			kept++;
		http_answer_done(&a);
		http_end(&c[i]);
	}
	CHECK(kept > 0 && kept <= 50);
	http_server_end(&t);
}

/* Connections at work are not ended for new ones. */
static void test_all_busy(void)
{
	struct http_client c[4];
	struct http_server t;
	struct http_answer a;
	struct http_client more;

	http_server_start(&t, (struct nt_http_config){.limits = {.connections = 4}});
	for (unsigned i = 0; i < 4; i++) {
		c[i] = http_connect(t.port);
		http_say(&c[i], "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	http_server_await(&t, 4);
	more = http_connect(t.port);
	CHECK(http_at_end(&more));
	http_end(&more);
	http_server_release(&t);
	for (unsigned i = 0; i < 4; i++) {
		CHECK_INT(http_read(&c[i], &a, false), 202);
		http_answer_done(&a);
		http_end(&c[i]);
	}
	check_alive(&t, "a full house");
	http_server_end(&t);
}

/* Bodies that together are more than there is memory for; with a file they go on. */
static void test_memory(const char *folder)
{
	struct http_client c[8], last;
	struct http_server t;
	struct http_answer a;
	char *part = calloc(1, 90000);

	memset(part, 'x', 90000);
	http_server_start(&t, (struct nt_http_config){.folder = folder, .limits = {.memory = 400000}});
	for (unsigned i = 0; i < 8; i++) {
		c[i] = http_connect(t.port);
		http_say(&c[i], "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 90001\r\n\r\n");
		http_send(&c[i], vf_bytes(part, 90000));
	}
	/* at least four of them do not fit, and are told so */
	for (unsigned busy = 0; busy < 4;) {
		busy = (unsigned)nt_http_stats(t.http).refused;
		usleep(1000);
	}
	last = http_connect(t.port);
	http_say(&last, "PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n");
	http_send(&last, vf_bytes(part, 90000));
	CHECK_INT(http_read(&last, &a, false), 200);
	http_answer_done(&a);
	http_end(&last);
	for (unsigned i = 0; i < 8; i++)
		http_end(&c[i]);
	/* and all of it is given back */
	for (unsigned i = 0; i < 4; i++) {
		while (nt_http_stats(t.http).connections)
			usleep(1000);
		c[0] = http_connect(t.port);
		http_say(&c[0], "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n");
		http_send(&c[0], vf_bytes(part, 90000));
		CHECK_INT(http_read(&c[0], &a, false), 200);
		CHECK_INT(a.n, 90000);
		http_answer_done(&a);
		http_end(&c[0]);
	}
	http_server_end(&t);
	free(part);
}

/* Clients that leave at every moment; many requests in one write. */
static void test_leave(void)
{
	static const char request[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde";
	struct http_server t;
	struct http_answer a;
	struct http_client c;
	const struct linger reset = {1, 0};

	http_server_start(&t, (struct nt_http_config){0});
	for (size_t n = 0; n < sizeof(request); n++) {
		c = http_connect(t.port);
		http_send(&c, vf_bytes(request, n));
		if (n % 2)
			setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		http_end(&c);
	}
	/* left while the answer is not there yet */
	for (unsigned i = 0; i < 10; i++) {
		c = http_connect(t.port);
		http_say(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
		http_server_await(&t, i + 1);
		setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		http_end(&c);
	}
	http_server_release(&t);
	c = http_connect(t.port);
	for (unsigned i = 0; i < 500; i++)
		http_send(&c, vf_bytes(request, sizeof(request) - 1));
	for (unsigned i = 0; i < 500; i++) {
		if (http_read(&c, &a, false) != 200 || a.n != 5)
			CHECK_FAIL("pipelined request %u gives %d", i, a.status);
		http_answer_done(&a);
	}
	check_count++;
	http_end(&c);
	check_alive(&t, "clients that left");
	http_server_end(&t);
}

/* A connection that has had its share is ended after its answer. */
static void test_share(void)
{
	struct http_server t;
	struct http_answer a;
	struct http_client c;

	http_server_start(&t, (struct nt_http_config){.limits = {.requests_each = 3}});
	c = http_connect(t.port);
	for (int i = 0; i < 3; i++) {
		http_say(&c, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
		CHECK_INT(http_read(&c, &a, false), 200);
		CHECK((http_value(&a, "Connection") != NULL) == (i == 2));
		http_answer_done(&a);
	}
	CHECK(http_at_end(&c));
	http_end(&c);
	http_server_end(&t);
}

/* No descriptors left: the server pauses, and goes on when there are some. */
static void test_descriptors(void)
{
	struct http_server t;
	struct http_client c[8];
	struct http_answer a;
	struct rlimit old, small;
	int fds[64], n = 0;

	http_server_start(&t, (struct nt_http_config){0});
	for (unsigned i = 0; i < 8; i++)
		c[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	getrlimit(RLIMIT_NOFILE, &old);
	small = old;
	small.rlim_cur = (rlim_t)c[7].fd + 3;
	setrlimit(RLIMIT_NOFILE, &small);
	while (n < 64 && (fds[n] = dup(0)) >= 0)
		n++;
	for (unsigned i = 0; i < 8; i++) {
		struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(t.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

		c[i].ssl = NULL;
		CHECK_INT(connect(c[i].fd, (struct sockaddr *)&to, sizeof(to)), 0);
		http_say(&c[i], "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	}
	while (n > 0)
		close(fds[--n]);
	setrlimit(RLIMIT_NOFILE, &old);
	for (unsigned i = 0; i < 8; i++) {
		CHECK_INT(http_read(&c[i], &a, false), 200);
		http_answer_done(&a);
		http_end(&c[i]);
	}
	http_server_end(&t);
}

struct greedy {
	struct http_client c;
	atomic_bool stop;
};

static void *greedy_send(void *arg)
{
	static const char one[] = "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n";
	static char many[200 * (sizeof(one) - 1)];
	struct greedy *g = arg;

	for (size_t i = 0; i < 200; i++)
		memcpy(many + i * (sizeof(one) - 1), one, sizeof(one) - 1);
	while (!g->stop && http_send(&g->c, vf_bytes(many, sizeof(many))))
		;
	shutdown(g->c.fd, SHUT_WR);
	return NULL;
}

static void *greedy_read(void *arg)
{
	struct greedy *g = arg;
	char room[65536];

	while (http_recv(&g->c, room, sizeof(room)) > 0)
		;
	return NULL;
}

/* A client that asks without end and reads as fast: others get their turn. */
static void test_greedy(void)
{
	struct http_server t;
	struct greedy g[2];
	pthread_t threads[4];

	http_server_start(&t, (struct nt_http_config){.limits = {.requests_each = UINT32_MAX}});
	for (unsigned i = 0; i < 2; i++) {
		g[i].c = http_connect(t.port);
		g[i].stop = false;
		pthread_create(&threads[2 * i], NULL, greedy_send, &g[i]);
		pthread_create(&threads[2 * i + 1], NULL, greedy_read, &g[i]);
	}
	for (int i = 0; i < 10; i++)
		check_alive(&t, "greedy clients came");
	g[0].stop = g[1].stop = true;
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	http_end(&g[0].c);
	http_end(&g[1].c);
	http_server_end(&t);
}

int main(void)
{
	char folder[256];

	folder_make(folder);
	test_refused();
	test_endless();
	test_slow();
	test_trickle();
	test_slow_reader(folder);
	test_many_slow();
	test_all_busy();
	test_memory(folder);
	test_leave();
	test_share();
	test_greedy();
	test_descriptors();
	folder_remove(folder);
	return check_done();
}
