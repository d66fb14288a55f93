/*
 * A running 'trialnotary serve' for tests: its folder, its parties and tokens, starting and ending the
 * process, and a client that notices a broken connection in place of ending the test.
 *
 * Programs come by environment: TRIALNOTARY.
 */
#ifndef TESTS_SERVICE_SERVICE_H
#define TESTS_SERVICE_SERVICE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/load_maker.h"
/* after all headers of verify/: one of them uses the name CHECK for a moment */
#include "tests/check.h"
#include "tests/folder.h"

#define SERVICE_PARTIES 4
#define SERVICE_SECONDS 60 /* after which a start, an answer or an end is a fault of the service */

struct service {
	char dir[256], notary[300], log[300], address[32];
	uint16_t port;
	pid_t pid;
	char tokens[SERVICE_PARTIES][64]; /* of sponsors "party-0", ...; the last is an operator's */
	int out;                          /* where the service's own output goes; -1: to the file log */
	SSL_CTX *tls;                     /* NULL: plain */
};

static inline const char *service_program(void)
{
	const char *p = getenv("TRIALNOTARY");

	if (!p) {
		fprintf(stderr, "TRIALNOTARY is not set\n");
		exit(1);
	}
	return p;
}

static inline void service_sleep(double seconds)
{
	struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&t, NULL);
}

static inline double service_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * A free port of the loopback address that the kernel gives to nobody who asks for any: it must still be free when the service has
 * been killed and comes back. free_port.py says more.
 */
static inline uint16_t service_free_port(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
	unsigned low = 0, at = (unsigned)getpid();
	uint16_t port = 0;

	if (!f || fscanf(f, "%u", &low) != 1 || low < 12000 || low > 65000)
		low = 32768;
	if (f)
		fclose(f);
	for (unsigned tries = 0; tries < 1000 && !port; tries++) {
		uint16_t one = (uint16_t)(10000 + (at + tries * 37) * 101 % (low - 10000));
		struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(one), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
			bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 1) == 0)
			port = one;
		if (fd >= 0)
			close(fd);
	}
	if (!port) {
		perror("port");
		exit(1);
	}
	return port;
}

/* Makes a folder, a notary in it with these settings beside the usual ones, parties and tokens. */
static inline void service_make(struct service *s, const char *settings)
{
	char line[320];
	FILE *f;

	memset(s, 0, sizeof(*s));
	s->out = -1;
	folder_make(s->dir);
	s->port = service_free_port();
	snprintf(s->notary, sizeof(s->notary), "%s/n", s->dir);
	snprintf(s->log, sizeof(s->log), "%s/log", s->dir);
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	folder_run("%s init %s --origin service.example/1 >/dev/null", service_program(), s->notary);
	/* the file holds every setting once: ours take their place */
	folder_run("printf 'listen = %s\\n%s' >%s/new && cut -d= -f1 %s/new | sed 's/ *$//; s/.*/^& =/' >%s/names && "
		"grep -v -f %s/names %s/trialnotary.conf >>%s/new && cat %s/new >%s/trialnotary.conf",
		s->address, settings, s->dir, s->dir, s->dir, s->dir, s->notary, s->dir, s->dir, s->notary);
	for (int i = 0; i < SERVICE_PARTIES; i++) {
		folder_run("%s party add %s party-%d --role %s >/dev/null", service_program(), s->notary, i,
			i == SERVICE_PARTIES - 1 ? "operator" : "sponsor");
		folder_run("%s token new %s party-%d --json | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/' >%s/token-%d",
			service_program(), s->notary, i, s->dir, i);
		snprintf(line, sizeof(line), "%s/token-%d", s->dir, i);
		f = fopen(line, "r");
		if (!f || !fgets(s->tokens[i], sizeof(s->tokens[i]), f))
			exit(1);
		fclose(f);
		s->tokens[i][strcspn(s->tokens[i], "\n")] = 0;
	}
}

static inline void service_remove(struct service *s)
{
	SSL_CTX_free(s->tls);
	if (check_failures == 0)
		folder_remove(s->dir);
	else
		fprintf(stderr, "kept for a look: %s\n", s->dir);
}

/* Starts the process and does not wait until it serves. */
static inline pid_t service_spawn(const struct service *s, int out)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (out < 0)
		out = open(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execl(service_program(), "trialnotary", "serve", s->notary, (char *)NULL);
	_exit(127);
}

/* ---- one connection ---- */

struct service_conn {
	const struct service *s;
	int fd;
	SSL *ssl;
	char *in;
	size_t in_n, room;
};

struct service_answer {
	int status; /* 0: the connection broke before the whole answer was here */
	const char *head, *body;
	size_t body_n;
};

static inline void service_close(struct service_conn *c)
{
	SSL_free(c->ssl);
	c->ssl = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static inline void service_conn_init(struct service_conn *c, const struct service *s)
{
	*c = (struct service_conn){.s = s, .fd = -1};
}

static inline void service_conn_done(struct service_conn *c)
{
	service_close(c);
	free(c->in);
}

static inline bool service_open(struct service_conn *c)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(c->s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {SERVICE_SECONDS, 0};
	int one = 1;

	if (c->fd >= 0)
		return true;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		service_close(c);
		return false;
	}
	if (!c->s->tls)
		return true;
	c->ssl = SSL_new(c->s->tls);
	SSL_set_fd(c->ssl, c->fd);
	if (SSL_connect(c->ssl) == 1)
		return true;
	service_close(c);
	return false;
}

static inline bool service_send(struct service_conn *c, const void *p, size_t n)
{
	while (n) {
		ssize_t did = c->ssl ? SSL_write(c->ssl, p, (int)n) : send(c->fd, p, n, MSG_NOSIGNAL);

		if (did <= 0)
			return false;
		p = (const char *)p + did;
		n -= (size_t)did;
	}
	return true;
}

/* Sends a whole request; opens the connection when there is none. False: it broke. */
static inline bool service_request(struct service_conn *c, const char *token, const char *method, const char *path,
	const char *type, struct vf_bytes body)
{
	char head[1024];
	int n = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s%s", method, path, c->s->address,
		token ? "Authorization: Bearer " : "", token ? token : "", token ? "\r\n" : "");

	if (type)
		n += snprintf(head + n, sizeof(head) - (size_t)n, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body.n);
	n += snprintf(head + n, sizeof(head) - (size_t)n, "\r\n");
	if (service_open(c) && service_send(c, head, (size_t)n) && service_send(c, body.p, body.n))
		return true;
	service_close(c);
	return false;
}

/* The value of a field of the head, up to the line's end; NULL without. */
static inline const char *service_field(const struct service_answer *a, const char *name)
{
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "\r\n%s: ", name);
	at = a->head ? strcasestr(a->head, line) : NULL;
	return at && (!a->body || at < a->body) ? at + strlen(line) : NULL;
}

/* Reads the whole answer; what it shows is good until the next request. Its status. */
static inline int service_read(struct service_conn *c, struct service_answer *a)
{
	size_t want = SIZE_MAX;

	*a = (struct service_answer){0};
	c->in_n = 0;
	while (c->in_n < want) {
		ssize_t n;
		char *end;

		if (c->room < c->in_n + 65536) {
			c->room = 2 * c->room + 65537;
			c->in = realloc(c->in, c->room);
			if (!c->in)
				exit(1);
		}
		n = c->ssl ? SSL_read(c->ssl, c->in + c->in_n, 65536) : recv(c->fd, c->in + c->in_n, 65536, 0);
		if (n <= 0) {
			service_close(c);
			return 0;
		}
		c->in_n += (size_t)n;
		c->in[c->in_n] = 0;
		end = want == SIZE_MAX ? strstr(c->in, "\r\n\r\n") : NULL;
		if (!end)
			continue;
		a->head = c->in;
		want = (size_t)(end + 4 - c->in);
		if (service_field(a, "Content-Length"))
			want += strtoull(service_field(a, "Content-Length"), NULL, 10);
	}
	a->head = c->in;
	a->body = strstr(c->in, "\r\n\r\n") + 4;
	a->body_n = (size_t)(c->in + c->in_n - a->body);
	a->status = atoi(c->in + 9);
	if (service_field(a, "Connection") && strncmp(service_field(a, "Connection"), "close", 5) == 0)
		service_close(c);
	return a->status;
}

/* A request and its answer; 0 when the connection broke. */
static inline int service_ask(struct service_conn *c, const char *token, const char *method, const char *path, const char *type,
	struct vf_bytes body, struct service_answer *a)
{
	*a = (struct service_answer){0};
	return service_request(c, token, method, path, type, body) ? service_read(c, a) : 0;
}

static inline int service_get(struct service_conn *c, const char *token, const char *path, struct service_answer *a)
{
	return service_ask(c, token, "GET", path, NULL, vf_bytes(NULL, 0), a);
}

static inline int service_post(struct service_conn *c, const char *token, struct vf_bytes json, struct service_answer *a)
{
	return service_ask(c, token, "POST", "/v1/records", "application/json", json, a);
}

/* ---- the process ---- */

/* The exit status, or 1000 and the signal; -1 when it does not end in time. */
static inline int service_wait(struct service *s)
{
	double until = service_clock() + SERVICE_SECONDS;
	int status;

	while (waitpid(s->pid, &status, WNOHANG) == 0) {
		if (service_clock() > until)
			return -1;
		service_sleep(0.005);
	}
	s->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Starts it and waits until it is ready; the test ends when it does not get so far. */
static inline void service_start(struct service *s)
{
	double until = service_clock() + SERVICE_SECONDS;
	struct service_conn c;
	struct service_answer a;

	s->pid = service_spawn(s, s->out);
	service_conn_init(&c, s);
	while (service_get(&c, NULL, "/readyz", &a) != 200) {
		if (waitpid(s->pid, NULL, WNOHANG) != 0 || service_clock() > until) {
			fprintf(stderr, "the service does not start; its folder is %s\n", s->dir);
			folder_run("tail -5 %s >&2", s->log);
			exit(1);
		}
		service_sleep(0.01);
	}
	service_conn_done(&c);
}

static inline int service_end(struct service *s, int signal)
{
	kill(s->pid, signal);
	return service_wait(s);
}

/* ---- answers ---- */

/* The text of a member of one flat JSON object, up to its quote; empty without. */
static inline struct vf_bytes service_member(struct vf_bytes json, const char *name)
{
	char want[64];
	const uint8_t *at, *end;

	snprintf(want, sizeof(want), "\"%s\":\"", name);
	at = json.n ? memmem(json.p, json.n, want, strlen(want)) : NULL;
	if (!at)
		return vf_bytes(NULL, 0);
	at += strlen(want);
	end = memchr(at, '"', json.n - (size_t)(at - json.p));
	return end ? vf_bytes(at, (size_t)(end - at)) : vf_bytes(NULL, 0);
}

static inline bool service_names(struct vf_bytes json, const struct vf_hash *id)
{
	char hex[65];

	vf_hex_put(hex, vf_bytes(id->b, sizeof(id->b)));
	return vf_bytes_is(service_member(json, "id"), hex);
}

#endif
