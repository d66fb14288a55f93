#include "tests/bench/load_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* How long answers that are still to come are waited for. */
#define PATIENCE_NS (UINT64_C(60) * 1000000000)

struct conn {
	int fd;
	bool busy, writing, over; /* over: next said no */
	struct load_request request;
	size_t sent_n; /* octets of head and body that went */
	uint64_t intended, sent;
	uint8_t *in;
	size_t in_n, room;
	size_t head_n, want; /* of the answer; 0: its head is not whole */
	unsigned status;
	bool close;
};

struct client {
	const struct load_options *o;
	struct conn *conns;
	int epoll, timer;
	unsigned busy, *idle, n_idle;
	uint64_t began, planned; /* planned: requests of the plan that have begun */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

uint64_t load_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void connect_to(struct client *k, unsigned at)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(k->o->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = at};
	struct conn *c = &k->conns[at];
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 || epoll_ctl(k->epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
		die("epoll_ctl");
	c->in_n = 0;
	c->writing = c->close = false;
}

static void want_write(struct client *k, unsigned at, bool on)
{
	struct epoll_event e = {.events = on ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.u32 = at};

	if (k->conns[at].writing == on)
		return;
	k->conns[at].writing = on;
	if (epoll_ctl(k->epoll, EPOLL_CTL_MOD, k->conns[at].fd, &e) != 0)
		die("epoll_ctl");
}

static void finish(struct client *k, unsigned at, unsigned status);

/* Sends what is left; false when the connection is broken. */
static bool push(struct client *k, unsigned at)
{
	struct conn *c = &k->conns[at];
	struct load_request *q = &c->request;

	while (c->sent_n < q->head_n + q->body.n) {
		size_t in_body = c->sent_n > q->head_n ? c->sent_n - q->head_n : 0, in_head = c->sent_n - in_body;
		struct iovec parts[2] = {{q->head + in_head, q->head_n - in_head},
			{(void *)(uintptr_t)(q->body.p + in_body), q->body.n - in_body}};
		struct msghdr m = {.msg_iov = parts, .msg_iovlen = q->body.n ? 2 : 1};
		ssize_t n = sendmsg(c->fd, &m, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			want_write(k, at, true);
			return true;
		}
		if (n < 0)
			return false;
		c->sent_n += (size_t)n;
	}
	want_write(k, at, false);
	c->sent = load_now();
	return true;
}

/* Begins the next request of a connection, if it has one. */
static bool begin(struct client *k, unsigned at, uint64_t intended)
{
	struct conn *c = &k->conns[at];

	if (c->over || !k->o->next(k->o->ctx, at, &c->request)) {
		c->over = true;
		return false;
	}
	if (c->close) {
		close(c->fd);
		connect_to(k, at);
	}
	c->busy = true;
	k->busy++;
	c->intended = intended ? intended : load_now();
	c->sent_n = c->head_n = c->want = 0;
	if (!push(k, at)) {
		c->close = true;
		finish(k, at, 0);
	}
	return true;
}

/* When the next request of the plan should begin. */
static uint64_t plan(const struct client *k)
{
	return k->began + (uint64_t)((double)k->planned * 1e9 / k->o->rate);
}

static bool is_late(const struct client *k, uint64_t t)
{
	return k->o->ns != 0 && t >= k->began + k->o->ns;
}

/* A connection is free: it goes on, or waits for its turn in the plan. */
static void go_on(struct client *k, unsigned at)
{
	uint64_t now = load_now();

	if (k->o->rate > 0)
		k->idle[k->n_idle++] = at;
	else if (!is_late(k, now))
		begin(k, at, now);
}

static void finish(struct client *k, unsigned at, unsigned status)
{
	struct conn *c = &k->conns[at];
	struct load_answer a = {.status = status, .intended = c->intended, .sent = c->sent, .done = load_now()};
	bool more;

	if (status)
		a.body = vf_bytes(c->in + c->head_n, c->want);
	c->busy = false;
	k->busy--;
	more = k->o->done(k->o->ctx, at, &a);
	c->in_n = 0; /* one request in flight: nothing follows its answer */
	if (more)
		begin(k, at, 0);
	else
		go_on(k, at);
}

static bool is_field(const char *line, size_t n, const char *name)
{
	return n >= strlen(name) && strncasecmp(line, name, strlen(name)) == 0;
}

/* Reads the head of an answer when it is whole; false when it is none. */
static bool read_head(struct conn *c)
{
	const char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4), *line, *next;

	if (!end)
		return true;
	if (c->in_n < 12 || memcmp(c->in, "HTTP/1.1 ", 9) != 0)
		return false;
	c->head_n = (size_t)(end - (const char *)c->in) + 4;
	c->status = (unsigned)strtoul((const char *)c->in + 9, NULL, 10);
	for (line = (const char *)c->in; line < end; line = next + 2) {
		next = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
		if (is_field(line, (size_t)(next - line), "Content-Length:"))
			c->want = strtoull(line + 15, NULL, 10);
		if (is_field(line, (size_t)(next - line), "Connection: close"))
			c->close = true;
	}
	return true;
}

/* False when the connection is broken. */
static bool pull(struct client *k, unsigned at)
{
	struct conn *c = &k->conns[at];

	for (;;) {
		size_t need = c->head_n + c->want > c->in_n + 8192 ? c->head_n + c->want : c->in_n + 8192;
		ssize_t n;

		if (need > c->room) {
			c->room = need;
			c->in = realloc(c->in, c->room + 1);
			if (!c->in)
				die("realloc");
		}
		n = recv(c->fd, c->in + c->in_n, c->room - c->in_n, 0);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		c->in_n += (size_t)n;
		c->in[c->in_n] = 0;
		if (c->head_n == 0 && !read_head(c))
			return false;
		if (c->head_n == 0 || c->in_n < c->head_n + c->want)
			continue;
		if (!c->busy)
			return false; /* an answer to nothing */
		finish(k, at, c->status);
		return true;
	}
}

static void on_conn(struct client *k, unsigned at, uint32_t events)
{
	struct conn *c = &k->conns[at];

	if ((events & EPOLLOUT) && c->writing && !push(k, at)) {
		c->close = true;
		finish(k, at, 0);
		return;
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || pull(k, at))
		return;
	c->close = true;
	if (c->busy)
		finish(k, at, 0);
	else
		epoll_ctl(k->epoll, EPOLL_CTL_DEL, c->fd, NULL); /* begin() connects again */
}

/* Begins what is due by the plan on the connections that are free, and sets the alarm for the next. */
static bool follow_plan(struct client *k)
{
	struct itimerspec alarm = {0};
	uint64_t now = load_now();

	while (k->n_idle && plan(k) <= now && !is_late(k, plan(k))) {
		uint64_t intended = plan(k);

		if (begin(k, k->idle[--k->n_idle], intended))
			k->planned++;
	}
	if (k->n_idle == 0 || is_late(k, plan(k)))
		return k->busy > 0;
	alarm.it_value.tv_sec = (time_t)(plan(k) / 1000000000);
	alarm.it_value.tv_nsec = (long)(plan(k) % 1000000000);
	if (timerfd_settime(k->timer, TFD_TIMER_ABSTIME, &alarm, NULL) != 0)
		die("timerfd_settime");
	return true;
}

static void loop(struct client *k)
{
	struct epoll_event events[256];
	uint64_t patience = k->began + (k->o->ns ? k->o->ns : UINT64_C(3600) * 1000000000) + PATIENCE_NS, rings;

	while (k->o->rate > 0 ? follow_plan(k) : k->busy > 0) {
		int n = epoll_wait(k->epoll, events, 256, 1000);

		for (int i = 0; i < n; i++) {
			if (events[i].data.u32 < k->o->connections)
				on_conn(k, events[i].data.u32, events[i].events);
			else if (read(k->timer, &rings, sizeof(rings)) < 0 && errno != EAGAIN)
				die("timerfd");
		}
		if (load_now() > patience) {
			fprintf(stderr, "%u requests were never answered\n", k->busy);
			exit(1);
		}
	}
}

uint64_t load_run(const struct load_options *o)
{
	struct client k = {.o = o, .epoll = epoll_create1(EPOLL_CLOEXEC), .conns = calloc(o->connections, sizeof(struct conn)),
		.idle = calloc(o->connections, sizeof(unsigned)), .timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = o->connections};
	uint64_t took;

	if (k.epoll < 0 || !k.conns || !k.idle || k.timer < 0 || epoll_ctl(k.epoll, EPOLL_CTL_ADD, k.timer, &e) != 0)
		die("load");
	for (unsigned i = 0; i < o->connections; i++)
		connect_to(&k, i);
	k.began = load_now();
	for (unsigned i = 0; i < o->connections; i++)
		go_on(&k, i);
	loop(&k);
	took = load_now() - k.began;
	for (unsigned i = 0; i < o->connections; i++) {
		close(k.conns[i].fd);
		free(k.conns[i].in);
	}
	close(k.timer);
	close(k.epoll);
	free(k.idle);
	free(k.conns);
	return took;
}

static unsigned bucket(uint64_t us)
{
	unsigned shift = 0;

	while (us >= 2 * LOAD_SUB && shift < 34) {
		us >>= 1;
		shift++;
	}
	if (us < LOAD_SUB)
		return (unsigned)us;
	return LOAD_SUB + shift * LOAD_SUB + (unsigned)((us < 2 * LOAD_SUB ? us : 2 * LOAD_SUB - 1) - LOAD_SUB);
}

static uint64_t bucket_end(unsigned at)
{
	unsigned shift = at < 2 * LOAD_SUB ? 0 : at / LOAD_SUB - 1;

	return at < 2 * LOAD_SUB ? at : ((uint64_t)(at % LOAD_SUB + LOAD_SUB + 1) << shift) - 1;
}

void load_times_add(struct load_times *t, uint64_t ns)
{
	t->count[bucket(ns / 1000)]++;
	t->n++;
	if (ns > t->max)
		t->max = ns;
}

double load_times_at(const struct load_times *t, double part)
{
	uint64_t seen = 0, want = (uint64_t)(part * (double)t->n + 0.999999);

	for (unsigned i = 0; i < sizeof(t->count) / sizeof(t->count[0]); i++) {
		seen += t->count[i];
		if (t->n && seen >= want)
			return (double)bucket_end(i) / 1000;
	}
	return (double)t->max / 1e6;
}
