/*
 * Tokens from outside while the notary goes on: fail-over, slowness, silence of all, coalescing, and what an earlier process
 * left. The stampers are the test's own: what they answer, and when, is its choice.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "verify/bundle.h"

#define nt_stamper_new fake_new
#define nt_stamper_stop fake_stop
#define nt_stamper_free fake_free
#define nt_stamper_ask fake_ask
#define nt_stamper_get_state fake_state
#include "notary/outside.c"

#include "tests/made.h"
#include "tests/outside_fixture.h"

#define PAUSE_MS 30

enum mode {
	WORKS,
	FAILS,
	HOLDS, /* answers when the mode changes */
};

static struct outside authorities[2];
static _Atomic enum mode modes[2];
static struct fixture f;

/* For the other threads: the counters of CHECK are the main thread's. */
static void must(bool good)
{
	if (!good)
		abort();
}

struct nt_stamper {
	size_t who;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct nt_stamp *first, *last;
	_Atomic bool ending;
	bool works;
	size_t waiting;
	int64_t pause_until;
	struct nt_tsa *tsa;
};

static const struct timespec ms2 = {.tv_nsec = 2000000};

static int64_t ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void answer(struct nt_stamper *s, struct nt_stamp *x)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf token = nt_buf(1 << 16);
	struct vf_err err = {0};
	enum vf_rc rc;

	while (modes[s->who] == HOLDS && !s->ending)
		nanosleep(&ms2, NULL);
	if (modes[s->who] != WORKS || s->ending) {
		pthread_mutex_lock(&s->lock);
		s->works = false;
		s->pause_until = ticks() + PAUSE_MS;
		s->waiting--;
		pthread_mutex_unlock(&s->lock);
		rc = vf_fail(&err, VF_FETCH_FAILED, "as the test wants");
		x->done(x, rc, &err);
		return;
	}
	rc = nt_tsa_stamp(s->tsa, &x->imprint, authorities[s->who].last += 10, &token, &err);
	if (rc == VF_OK)
		rc = nt_tsp_granted_put(&x->response, nt_buf_bytes(&token), &err);
	nt_buf_put_str(&x->request, "request");
	pthread_mutex_lock(&s->lock);
	s->works = true;
	s->waiting--;
	pthread_mutex_unlock(&s->lock);
	x->done(x, rc, &err);
}

static void *stamp(void *ctx)
{
	struct nt_stamper *s = ctx;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct nt_stamp *x = s->first;

		if (!x && s->ending)
			break;
		if (!x) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		s->first = x->next;
		pthread_mutex_unlock(&s->lock);
		answer(s, x);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

VF_RC fake_new(const struct nt_authority *a, int folder, struct nt_clock_watch *watch, struct nt_stamper **ret, struct vf_err *reterr)
{
	struct nt_stamper *s = calloc(1, sizeof(*s));

	(void)folder, (void)watch, (void)reterr;
	s->who = strcmp(a->name, "alpha") == 0 ? 0 : 1;
	s->tsa = authorities[s->who].tsa;
	s->works = true;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	CHECK(pthread_create(&s->thread, NULL, stamp, s) == 0);
	*ret = s;
	return VF_OK;
}

static unsigned stopped, freed_running;

void fake_stop(struct nt_stamper *s)
{
	stopped += s != NULL;
}

struct nt_stamper *fake_free(struct nt_stamper *s)
{
	/* all are told to end before one is waited for */
	freed_running += s && stopped < 2;
	if (!s)
		return NULL;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	free(s);
	return NULL;
}

void fake_ask(struct nt_stamper *s, struct nt_stamp *x)
{
	pthread_mutex_lock(&s->lock);
	x->next = NULL;
	if (s->first)
		s->last->next = x;
	else
		s->first = x;
	s->last = x;
	s->waiting++;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void fake_state(struct nt_stamper *s, struct nt_stamper_state *ret)
{
	int64_t now = ticks();

	pthread_mutex_lock(&s->lock);
	*ret = (struct nt_stamper_state){.works = s->works, .waiting = s->waiting,
		.retry_in_ms = s->pause_until > now ? s->pause_until - now : 0};
	pthread_mutex_unlock(&s->lock);
}

/* ---- a notary that runs ---- */

static struct nt_keeper *keeper;
static struct nt_outside *outside;
static pthread_mutex_t outside_lock = PTHREAD_MUTEX_INITIALIZER;

static void on_sealed(void *ctx, struct nt_notary *n)
{
	uint64_t seals, size, pending;
	struct vf_err err;

	(void)ctx;
	must(nt_notary_counts(n, &seals, &size, &pending, &err) == VF_OK);
	pthread_mutex_lock(&outside_lock);
	if (outside)
		nt_outside_sealed(outside, n, seals);
	pthread_mutex_unlock(&outside_lock);
}

static void on_plan(void *ctx, struct nt_plan *p)
{
	struct vf_err err;
	bool there;

	(void)ctx;
	pthread_mutex_lock(&outside_lock);
	there = outside != NULL;
	if (there)
		nt_outside_plan(outside, p);
	else
		nt_plan_free(p);
	pthread_mutex_unlock(&outside_lock);
	if (!there)
		nt_keeper_plan_end(keeper, vf_fail(&err, VF_TSA_FAILED, "the test is over"), NULL, &err, 1000);
}

static _Atomic unsigned failures;

static void on_failed(void *ctx, const char *authority, enum vf_rc rc, const char *why)
{
	(void)ctx, (void)authority, (void)why;
	must(rc == VF_FETCH_FAILED);
	failures++;
}

static int folder = -1;

static void run_notary(uint64_t seal_ms)
{
	const struct nt_keeper_options ko = {.seal_ms = seal_ms, .sealed = on_sealed, .plan = on_plan};
	struct nt_outside_options oo = {.authorities = nt_notary_authorities(f.n), .max_age_ms = INT64_C(1) << 50, .failed = on_failed};
	struct vf_err err;

	fixture_need(nt_dir_open(AT_FDCWD, f.notary, &folder, &err), &err, "folder");
	oo.folder = folder;
	pthread_mutex_lock(&outside_lock);
	fixture_need(nt_keeper_new(f.n, &ko, &keeper, &err), &err, "keeper");
	oo.keeper = keeper;
	fixture_need(nt_outside_new(&oo, &outside, &err), &err, "outside");
	pthread_mutex_unlock(&outside_lock);
}

static void end_notary(void)
{
	struct nt_outside *o = outside;

	/* as the service: the keeper may want a last seal, and nobody plans it */
	pthread_mutex_lock(&outside_lock);
	outside = NULL;
	pthread_mutex_unlock(&outside_lock);
	stopped = freed_running = 0;
	nt_outside_free(o);
	CHECK_INT(freed_running, 0);
	keeper = nt_keeper_free(keeper);
	close(folder);
}

struct sent {
	struct nt_offer offer;
	struct made made;
	enum nt_accepted result;
	_Atomic bool ended;
	enum vf_rc rc;
};

static void on_done(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	struct sent *x = o->ctx;

	(void)err;
	x->rc = rc;
	x->ended = true;
}

static uint64_t next_record;

static void submit(void)
{
	static struct sent x;
	struct vf_err err;

	memset(&x, 0, sizeof(x));
	made_record(&x.made, NULL, next_record++, false);
	x.offer = (struct nt_offer){.submissions = &x.made.s, .n = 1, .results = &x.result, .done = on_done, .ctx = &x};
	CHECK_RC(nt_keeper_offer(keeper, &x.offer, &err), VF_OK);
	while (!x.ended)
		nanosleep(&ms2, NULL);
	CHECK_RC(x.rc, VF_OK);
}

struct looked {
	struct nt_call call;
	_Atomic bool ended;
	uint64_t seals, size, pending;
	size_t lacking;
	uint64_t alpha, beta; /* seals with a token of */
};

static void run_count(struct nt_call *c, struct nt_notary *n)
{
	struct looked *x = c->ctx;
	uint64_t list[4096];
	struct vf_err err;

	must(nt_notary_counts(n, &x->seals, &x->size, &x->pending, &err) == VF_OK && x->seals <= 4096);
	must(nt_notary_lacking(n, 0, x->seals, nt_notary_authorities(n)->wanted, list, &x->lacking, &err) == VF_OK);
	for (uint64_t i = 1; i <= x->seals; i++) {
		struct nt_seal *s = NULL;

		must(nt_notary_seal_get(n, i, &s, &err) == VF_OK);
		for (size_t k = 0; k < s->n_tokens; k++) {
			x->alpha += vf_bytes_is(s->tokens[k].authority, "alpha");
			x->beta += vf_bytes_is(s->tokens[k].authority, "beta");
		}
		nt_seal_free(s);
	}
	x->ended = true;
}

static struct looked count_now(void)
{
	struct looked x = {.call = {.run = run_count}};
	struct vf_err err;

	x.call.ctx = &x;
	CHECK_RC(nt_keeper_call(keeper, &x.call, &err), VF_OK);
	while (!x.ended)
		nanosleep(&ms2, NULL);
	return x;
}

#define ALL SIZE_MAX

/* Until so many entries are under seals and so many seals, or all, lack a token; ticks as the service does. */
static struct looked until(uint64_t sealed, size_t lacking)
{
	struct looked x = {.seals = 0};

	for (int i = 0; i < 30000; i++) {
		struct nt_keeper_counts c;

		nt_outside_tick(outside);
		nt_keeper_get_counts(keeper, &c);
		CHECK_RC(c.failed, VF_OK);
		x = count_now();
		if (x.size >= sealed && c.unsealed_since == 0 && x.pending == 0 && x.lacking == (lacking == ALL ? x.seals : lacking))
			return x;
		nanosleep(&ms2, NULL);
	}
	CHECK_FAIL("after a minute: %" PRIu64 " seals, %" PRIu64 " entries, %zu seals lack tokens", x.seals, x.size, x.lacking);
	return x;
}

static void begin(bool embedded, size_t wanted)
{
	struct outside *both[2] = {&authorities[0], &authorities[1]};

	fixture_begin(&f);
	outside_begin(&f, &authorities[0], "alpha", VF_SHA256);
	outside_begin(&f, &authorities[1], "beta", VF_SHA512);
	authorities[0].last = authorities[1].last = f.now + 1000;
	configure(&f, embedded, wanted, both, 2);
	modes[0] = modes[1] = WORKS;
	failures = 0;
	next_record = 0;
}

static void end(void)
{
	uint64_t a = 1, b = 1;
	struct vf_err err;

	CHECK_RC(nt_notary_fsck(f.n, NULL, NULL, &a, &err), VF_OK);
	CHECK_RC(nt_notary_audit(f.n, NULL, NULL, &b, &err), VF_OK);
	CHECK_INT(a + b, 0);
	outside_end(&authorities[0]);
	outside_end(&authorities[1]);
	fixture_end(&f);
}

/* ---- tests ---- */

/* One token from outside is wanted: of the first that works. */
static void test_fail_over(void)
{
	struct looked x;

	begin(true, 1);
	run_notary(5);
	submit();
	x = until(1, 0);
	CHECK(x.alpha == x.seals && x.beta == 0);
	modes[0] = FAILS;
	submit();
	x = until(2, 0);
	CHECK(x.beta >= 1 && x.alpha + x.beta == x.seals);
	CHECK(failures >= 1);
	modes[0] = WORKS;
	nanosleep(&(struct timespec){.tv_nsec = 2 * PAUSE_MS * 1000000L}, NULL);
	submit();
	x = until(3, 0);
	CHECK(x.alpha >= 2 && x.alpha + x.beta == x.seals);
	end_notary();
	end();
}

/* A slow one delays neither the seals nor the other; a process that ends in between leaves the rest to the next. */
static void test_slow(void)
{
	struct looked x;

	begin(true, 2);
	modes[0] = HOLDS;
	run_notary(1);
	for (uint64_t i = 0; i < 12; i++) {
		submit();
		x = until(i + 1, ALL);
		CHECK_INT(x.alpha, 0);
	}
	CHECK(x.seals >= 10);
	for (int i = 0; i < 30000 && count_now().beta < x.seals; i++) {
		nt_outside_tick(outside);
		nanosleep(&ms2, NULL);
	}
	x = count_now();
	CHECK_INT(x.beta, x.seals);
	end_notary();
	modes[0] = WORKS;
	run_notary(1);
	x = until(12, 0);
	CHECK(x.alpha == x.seals && x.beta == x.seals);
	end_notary();
	end();
}

/* Nobody answers and there is no own authority: submissions are taken, and one seal covers all of it later. */
static void test_silence(void)
{
	struct nt_outside_state state;
	struct looked x;

	begin(false, 1);
	modes[0] = modes[1] = FAILS;
	run_notary(5);
	for (int i = 0; i < 8; i++) {
		submit();
		nt_outside_tick(outside);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	x = count_now();
	CHECK_INT(x.seals, 0);
	CHECK(failures >= 2);
	modes[1] = WORKS;
	x = until(8, 0);
	CHECK(x.seals >= 1 && x.seals <= 2); /* the first attempt's batch may have been smaller */
	CHECK_INT(x.beta, x.seals);
	nt_outside_get_state(outside, &state);
	CHECK(state.n == 2 && !state.planned && state.lacking == 0);
	modes[1] = HOLDS;
	submit();
	while (nt_outside_get_state(outside, &state), !state.planned)
		nanosleep(&ms2, NULL);
	end_notary(); /* in the middle of a plan: what was accepted waits */
	modes[1] = WORKS;
	run_notary(5);
	x = until(9, 0);
	CHECK_INT(x.size, 9);
	end_notary();
	end();
}

int main(void)
{
	test_fail_over();
	test_slow();
	test_silence();
	return check_done();
}
