#include "notary/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "notary/http_inside.h"

/* Connections that are accepted before those that are open get their turn. */
#define ACCEPT_TURNS 32
/* How long accepting pauses when there are no more descriptors or every connection is at work. */
#define PAUSE_MS 50

int64_t nt_http_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void set_default(unsigned *value, unsigned fallback)
{
	if (*value == 0)
		*value = fallback;
}

static void set_defaults(struct nt_http_limits *l)
{
	set_default(&l->connections, 1024);
	set_default(&l->requests, 512);
	set_default(&l->workers, 4);
	set_default(&l->requests_each, 10000);
	set_default(&l->head_ms, 10000);
	set_default(&l->idle_ms, 60000);
	set_default(&l->window_ms, 10000);
	set_default(&l->grace_ms, 10000);
	set_default(&l->retry_after, 1);
	if (l->memory_body == 0)
		l->memory_body = (size_t)1 << 20;
	if (l->memory == 0)
		l->memory = (size_t)256 << 20;
	if (l->disk_left == 0)
		l->disk_left = (uint64_t)256 << 20;
	if (l->window_octets == 0)
		l->window_octets = 10240;
}

/* A numeric address with our port. */
static enum vf_rc read_address(const struct nt_http *s, struct sockaddr_storage *ret, socklen_t *ret_n, struct vf_err *reterr)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *list;
	char port[8];

	snprintf(port, sizeof(port), "%u", s->config.port);
	if (getaddrinfo(s->address, port, &hints, &list) != 0)
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'%s' is not a numeric address", s->address);
	memcpy(ret, list->ai_addr, list->ai_addrlen);
	*ret_n = list->ai_addrlen;
	freeaddrinfo(list);
	return VF_OK;
}

static bool is_loopback(const struct sockaddr_storage *a)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (a->ss_family == AF_INET) {
		memcpy(&in, a, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	memcpy(&in6, a, sizeof(in6));
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
		(IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) && in6.sin6_addr.s6_addr[12] == 127);
}

static enum vf_rc open_listener(struct nt_http *s, struct vf_err *reterr)
{
	struct sockaddr_storage a;
	struct sockaddr_in in;
	socklen_t n;
	int one = 1;
	enum vf_rc rc = read_address(s, &a, &n, reterr);

	if (rc != VF_OK)
		return rc;
	if (!s->config.tls && !s->config.plain_anywhere && !is_loopback(&a))
		return vf_fail(reterr, VF_CONFIG_SHAPE,
			"'%s' is not a loopback address: without TLS everybody on the way could read and change what is sent", s->address);
	s->listen_fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->listen_fd < 0)
		return vf_fail(reterr, VF_HTTP_ADDRESS, "cannot open a socket: %s", strerror(errno));
	/* options are comfort: TCP_NODELAY is inherited by what is accepted */
	setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(s->listen_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(s->listen_fd, (struct sockaddr *)&a, n) != 0 || listen(s->listen_fd, 512) != 0 ||
		getsockname(s->listen_fd, (struct sockaddr *)&a, &n) != 0)
		return vf_fail(reterr, VF_HTTP_ADDRESS, "cannot listen on '%s' port %u: %s", s->address, s->config.port, strerror(errno));
	memcpy(&in, &a, sizeof(in)); /* the port is at the same place in both families */
	s->port = ntohs(in.sin_port);
	return VF_OK;
}

/* The loop ends when nothing runs any more. */
static void check_end(struct nt_http *s)
{
	unsigned waiting;

	if (!s->stopped || s->conns)
		return;
	pthread_mutex_lock(&s->lock);
	waiting = s->waiting;
	pthread_mutex_unlock(&s->lock);
	if (waiting == 0)
		event_base_loopbreak(s->base);
}

void nt_http_conn_gone(struct nt_http *s)
{
	pthread_mutex_lock(&s->lock);
	s->stats.connections--;
	pthread_mutex_unlock(&s->lock);
	check_end(s);
}

static void pause_accepting(struct nt_http *s)
{
	struct timeval tv = {0, PAUSE_MS * 1000};

	if (event_add(s->later, &tv) == 0)
		event_del(s->listen);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct nt_http *s = arg;

	(void)fd;
	(void)what;
	if (!s->stopped && event_add(s->listen, NULL) != 0)
		pause_accepting(s);
}

static void on_accept(evutil_socket_t listen_fd, short what, void *arg)
{
	struct nt_http *s = arg;
	struct sockaddr_storage a;
	char peer[64];

	(void)what;
	for (int i = 0; i < ACCEPT_TURNS && !s->stopped; i++) {
		socklen_t n = sizeof(a);
		int fd;

		fd = accept4(listen_fd, (struct sockaddr *)&a, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) && !nt_http_conn_make_room(s))
			pause_accepting(s);
		if (fd < 0)
			return;
		if (s->stats.connections >= s->config.limits.connections && !nt_http_conn_make_room(s)) {
			close(fd); /* all are at work; who asks again may be luckier */
			pause_accepting(s);
			return;
		}
		if (getnameinfo((struct sockaddr *)&a, n, peer, sizeof(peer), NULL, 0, NI_NUMERICHOST) != 0)
			snprintf(peer, sizeof(peer), "unknown");
		pthread_mutex_lock(&s->lock);
		s->stats.connections++;
		s->stats.accepted++;
		pthread_mutex_unlock(&s->lock);
		nt_http_conn_open(s, fd, peer);
	}
}

static void on_grace(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	nt_http_conn_stop(arg, true);
}

static void begin_stop(struct nt_http *s)
{
	unsigned ms = s->config.limits.grace_ms;
	struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	s->stopped = true;
	event_del(s->listen);
	event_del(s->later);
	close(s->listen_fd);
	s->listen_fd = -1;
	nt_http_conn_stop(s, event_add(s->grace, &tv) != 0);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct nt_http *s = arg;
	struct nt_http_request *q, *next;
	uint64_t count;
	bool stop;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		count = 0; /* nobody called after all: the lists say what there is */
	pthread_mutex_lock(&s->lock);
	stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	if (stop && !s->stopped)
		begin_stop(s);
	for (q = nt_http_answers(s); q; q = next) {
		next = q->next;
		nt_http_conn_answer(q);
	}
	check_end(s);
}

static void *loop(void *arg)
{
	struct nt_http *s = arg;

	event_base_loop(s->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static enum vf_rc make_events(struct nt_http *s, struct vf_err *reterr)
{
	s->base = event_base_new();
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!s->base || s->wake_fd < 0)
		return vf_fail(reterr, VF_IO, "cannot make an event loop: %s", strerror(errno));
	s->listen = event_new(s->base, s->listen_fd, EV_READ | EV_PERSIST, on_accept, s);
	s->wake = event_new(s->base, s->wake_fd, EV_READ | EV_PERSIST, on_wake, s);
	s->later = event_new(s->base, -1, 0, on_later, s);
	s->grace = event_new(s->base, -1, 0, on_grace, s);
	if (!s->listen || !s->wake || !s->later || !s->grace || event_add(s->listen, NULL) != 0 ||
		event_add(s->wake, NULL) != 0)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the event loop");
	return VF_OK;
}

/* Our threads take no signals: a client that leaves while TLS writes would otherwise end the process. */
static enum vf_rc start_threads(struct nt_http *s, struct vf_err *reterr)
{
	sigset_t all, old;
	enum vf_rc rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = nt_http_work_start(s, reterr);
	s->has_loop = rc == VF_OK && pthread_create(&s->loop, NULL, loop, s) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == VF_OK && !s->has_loop)
		return vf_fail(reterr, VF_NO_MEMORY, "cannot start the thread of the connections");
	return rc;
}

static enum vf_rc start(struct nt_http *s, struct vf_err *reterr)
{
	const struct nt_http_config *c = &s->config;
	const struct nt_tls_config tls = {c->certificate, c->key, c->ask_certificate};
	enum vf_rc rc;

	if (c->tls && (!c->certificate || !c->key))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "TLS needs the names of a certificate and a key");
	rc = open_listener(s, reterr);
	if (rc == VF_OK && c->tls)
		rc = nt_tls_new(&tls, s->address, &s->tls, reterr);
	if (rc == VF_OK)
		rc = make_events(s, reterr);
	return rc == VF_OK ? start_threads(s, reterr) : rc;
}

VF_RC nt_http_new(const struct nt_http_config *config, struct nt_http **ret, struct vf_err *reterr)
{
	const char *folder = config->folder ? config->folder : getenv("TMPDIR");
	struct nt_http *s = calloc(1, sizeof(*s));
	enum vf_rc rc;

	if (!s)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the HTTP server");
	s->config = *config;
	set_defaults(&s->config.limits);
	s->listen_fd = s->wake_fd = -1;
	snprintf(s->address, sizeof(s->address), "%s", config->address ? config->address : "127.0.0.1");
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	s->folder = strdup(folder ? folder : "/tmp");
	rc = s->folder ? start(s, reterr) : vf_fail(reterr, VF_NO_MEMORY, "no memory for the HTTP server");
	if (rc != VF_OK)
		s = nt_http_free(s);
	else
		*ret = s;
	return rc;
}

void nt_http_stop(struct nt_http *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	nt_http_wake(s);
	pthread_mutex_unlock(&s->lock);
}

struct nt_http *nt_http_free(struct nt_http *s)
{
	if (!s)
		return NULL;
	if (s->has_loop) {
		nt_http_stop(s);
		pthread_join(s->loop, NULL);
	}
	nt_http_work_end(s);
	if (s->listen)
		event_free(s->listen);
	if (s->wake)
		event_free(s->wake);
	if (s->later)
		event_free(s->later);
	if (s->grace)
		event_free(s->grace);
	if (s->base)
		event_base_free(s->base);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	nt_tls_free(s->tls);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->lock);
	free(s->folder);
	free(s);
	return NULL;
}

uint16_t nt_http_port(const struct nt_http *s)
{
	return s->port;
}

bool nt_http_fingerprint(struct nt_http *s, uint8_t ret[32])
{
	if (s->tls)
		nt_tls_fingerprint(s->tls, ret);
	return s->tls != NULL;
}

VF_RC nt_http_reload(struct nt_http *s, struct vf_err *reterr)
{
	return s->tls ? nt_tls_reload(s->tls, reterr) : VF_OK;
}

struct nt_http_stats nt_http_stats(struct nt_http *s)
{
	struct nt_http_stats stats;

	pthread_mutex_lock(&s->lock);
	stats = s->stats;
	stats.waiting = s->waiting;
	pthread_mutex_unlock(&s->lock);
	return stats;
}
