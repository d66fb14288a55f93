/*
 * The thread that renews evidence: it looks at the start and whenever its time has come, tells what it did, and ends at once
 * though an authority never answers.
 */
#include "notary/renewer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/renewal_fixture.h"

struct told {
	_Atomic unsigned made, failed, late, looked;
	_Atomic int rc;
	_Atomic uint64_t due, ended;
};

static void on_made(void *ctx, const char *authority, const struct nt_chain_group *g, const struct nt_renewed_now *r)
{
	struct told *t = ctx;

	(void)g, (void)r;
	CHECK_STR(authority, "embedded");
	t->made++;
}

static void on_failed(void *ctx, const char *authority, const struct nt_chain_group *g, bool is_late, enum vf_rc rc,
	const char *why)
{
	struct told *t = ctx;

	(void)authority, (void)g, (void)why;
	t->rc = (int)rc;
	t->late += is_late;
	t->failed++;
}

static void on_looked(void *ctx, const struct nt_renewal_due *due, enum vf_rc rc, const char *why)
{
	struct told *t = ctx;

	(void)why;
	if (rc == VF_OK) {
		t->due = due->chains;
		t->ended = due->ended;
	}
	t->looked++;
}

static int64_t ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* True within half a minute. */
static bool until(const _Atomic unsigned *count, unsigned n)
{
	int64_t end = ticks() + 30000;

	while (*count < n && ticks() < end)
		pause_ms(2);
	return *count >= n;
}

static struct nt_keeper *keep(struct fixture *f)
{
	struct nt_keeper_options options = {.seal_ms = 3600000};
	struct nt_keeper *k = NULL;
	struct vf_err err = {0};

	fixture_need(nt_keeper_new(f->n, &options, &k, &err), &err, "keeper");
	return k;
}

static struct nt_renewer *renew(struct fixture *f, struct nt_keeper *k, struct told *t, int folder)
{
	struct nt_renewer_options o = {.keeper = k, .authorities = nt_notary_authorities(f->n), .folder = folder,
		.renew_days = 180,
		.look_ms = 1000, .made = on_made, .failed = on_failed, .looked = on_looked, .ctx = t};
	struct nt_renewer *r = NULL;
	struct vf_err err = {0};

	fixture_need(nt_renewer_new(&o, &r, &err), &err, "renewer");
	return r;
}

/* At the start, and then when the ticks say so: an hour by the clock of the ticks, not of the wall. */
static void test_looks(void)
{
	struct fixture f;
	struct told t = {0};
	struct nt_renewer_state s;
	struct nt_keeper *k;
	struct nt_renewer *r;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	f.now += 1725 * DAY;
	k = keep(&f);
	r = renew(&f, k, &t, -1);
	CHECK(until(&t.looked, 1));
	CHECK_INT(t.made, 1);
	CHECK_INT(t.failed, 0);
	CHECK_INT(t.due, 0);
	nt_renewer_get_state(r, &s);
	CHECK(s.looked);
	CHECK_INT(s.renewals, 1);
	CHECK_INT(s.ending[0] + s.ending[1] + s.ending[2] + s.ending[3] + s.due, 0);
	CHECK(s.first > f.now + 1000 * DAY);
	/* the pause begins with the first tick, and ends with the one that is a second later */
	pause_ms(20);
	nt_renewer_tick(r, 5000);
	nt_renewer_tick(r, 5999);
	pause_ms(50);
	CHECK_INT(t.looked, 1);
	nt_renewer_tick(r, 6000);
	CHECK(until(&t.looked, 2));
	CHECK_INT(t.made, 1);
	/* while it looks ticks are nothing */
	nt_renewer_tick(r, 6001);
	r = nt_renewer_free(r);
	CHECK(!r);
	/* a keeper that has ended: the next look says so, and nothing hangs */
	k = nt_keeper_free(k);
	fixture_end(&f);
}

/* Nobody's time-stamps outlast what is left: that is told, and asked for again much later. */
static void test_no_gain(void)
{
	struct fixture f;
	struct told t = {0};
	struct nt_renewer_state s;
	struct nt_keeper *k;
	struct nt_renewer *r;

	fixture_begin(&f);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	/* 20 years after its making the CA ends, and with it every certificate */
	f.now += (20 * 365 - 100) * DAY;
	fixture_submit(&f, TR_PROTOCOL, "b.txt", "two");
	fixture_seal(&f);
	k = keep(&f);
	r = renew(&f, k, &t, -1);
	CHECK(until(&t.looked, 1));
	CHECK_INT(t.made, 0);
	CHECK_INT(t.failed, 1);
	CHECK_INT(t.late, 0);
	CHECK_INT(t.rc, VF_RENEW_NO_GAIN);
	CHECK_INT(t.due, 1);
	CHECK_INT(t.ended, 1);
	nt_renewer_get_state(r, &s);
	CHECK_INT(s.ending[0], 1);
	CHECK_INT(s.ending[2], 0);
	CHECK_INT(s.ending[3], 1);
	pause_ms(20);
	nt_renewer_tick(r, 1);
	nt_renewer_tick(r, 20000);
	pause_ms(50);
	CHECK_INT(t.looked, 1);
	nt_renewer_tick(r, 24001);
	CHECK(until(&t.looked, 2));
	nt_renewer_free(r);
	nt_keeper_free(k);
	fixture_end(&f);
}

/* A port on which nobody ever answers. */
static int silent_port(unsigned *ret)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, 4) != 0 || getsockname(fd,
		(struct sockaddr *)&a, &n) != 0)
		exit(1);
	*ret = ntohs(a.sin_port);
	return fd;
}

static void test_ends(void)
{
	struct fixture f;
	struct outside alpha;
	struct outside *one[1] = {&alpha};
	struct told t = {0};
	struct vf_digest imprint;
	struct reply reply;
	struct nt_keeper *k;
	struct nt_renewer *r;
	struct pollfd p = {.events = POLLIN};
	struct vf_err err = {0};
	unsigned port;
	int folder = -1;
	int64_t begin;

	fixture_begin(&f);
	outside_begin(&f, &alpha, "alpha", VF_SHA256);
	p.fd = silent_port(&port);
	snprintf(alpha.as.url, sizeof(alpha.as.url), "http://127.0.0.1:%u/", port);
	configure(&f, true, 1, one, 1);
	fixture_submit(&f, TR_PROTOCOL, "a.txt", "one");
	fixture_seal(&f);
	fixture_need(nt_notary_imprint(f.n, 1, VF_SHA256, &imprint, &err), &err, "imprint");
	reply_make(&f, &alpha, &imprint, f.now, &reply);
	fixture_need(nt_notary_add_token(f.n, 1, &reply.t, &err), &err, "token");
	reply_done(&reply);
	f.now += 1725 * DAY;
	fixture_need(nt_dir_open(AT_FDCWD, f.notary, &folder, &err), &err, "folder");
	k = keep(&f);
	r = renew(&f, k, &t, folder);
	/* the own one is renewed, then the other is asked, and says nothing */
	CHECK_INT(poll(&p, 1, 30000), 1);
	begin = ticks();
	nt_renewer_free(r);
	CHECK(ticks() - begin < 5000);
	CHECK_INT(t.made, 1);
	CHECK_INT(t.failed, 0);
	CHECK_INT(t.looked, 0);
	nt_keeper_free(k);
	close(p.fd);
	close(folder);
	CHECK_INT(renewing_faults(&f), 0);
	outside_end(&alpha);
	fixture_end(&f);
}

int main(void)
{
	test_looks();
	test_no_gain();
	test_ends();
	return check_done();
}
