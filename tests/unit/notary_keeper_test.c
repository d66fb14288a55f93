/* The keeper: groups, seals, backpressure, refusals that harm nobody else, fail-stop. */
#include "notary/keeper.h"

#include <pthread.h>
#include <sys/wait.h>

#include "verify/bundle.h"

#include "notary/failpoint.h"
#include "notary/notary_inside.h"
#include "notary/store_sqlite.h"

#include "tests/check.h"
#include "tests/made.h"
#include "tests/notary_fixture.h"

#define THREADS 8
#define EACH 60

/* An offer of one record, and how it ended. */
struct offered {
	struct nt_offer offer;
	struct made made;
	enum nt_accepted result;
	enum vf_rc rc;
	bool ended;
	unsigned times;
	struct vf_err err;
};

static const struct timespec ms20 = {.tv_nsec = 20000000};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool gate_open = true, in_gate;

static void on_done(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	struct offered *x = o->ctx;

	pthread_mutex_lock(&lock);
	x->rc = rc;
	x->err = *err;
	x->ended = true;
	x->times++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Holds the keeper's thread until the gate is open. */
static enum vf_rc wait_at_gate(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	(void)o, (void)n, (void)reterr;
	pthread_mutex_lock(&lock);
	in_gate = true;
	pthread_cond_broadcast(&changed);
	while (!gate_open)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return VF_OK;
}

static enum vf_rc refuse(struct nt_offer *o, struct nt_notary *n, struct vf_err *reterr)
{
	(void)o, (void)n;
	return vf_fail(reterr, VF_STREAM_CONFLICT, "as the test wants");
}

static void make_offer(struct offered *x, uint64_t number)
{
	memset(x, 0, sizeof(*x));
	made_record(&x->made, NULL, number, false);
	x->offer = (struct nt_offer){.submissions = &x->made.s, .n = 1, .results = &x->result, .done = on_done, .ctx = x};
	x->rc = VF_NOT_CHECKED;
}

static void wait_for(struct offered *x)
{
	pthread_mutex_lock(&lock);
	while (!x->ended)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void open_gate(bool open)
{
	pthread_mutex_lock(&lock);
	gate_open = open;
	in_gate = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void wait_until_in_gate(void)
{
	pthread_mutex_lock(&lock);
	while (!in_gate)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static struct nt_keeper *start(struct fixture *f, const struct nt_keeper_options *o)
{
	struct nt_keeper *k = NULL;
	struct vf_err err = {0};

	fixture_need(nt_keeper_new(f->n, o, &k, &err), &err, "keeper");
	return k;
}

static struct offered many[THREADS * EACH];
static struct nt_keeper *shared;

static void *offer_many(void *ctx)
{
	struct offered *mine = ctx;

	for (size_t i = 0; i < EACH; i++) {
		struct vf_err err;

		if (nt_keeper_offer(shared, &mine[i].offer, &err) != VF_OK)
			abort();
		if (i % 7 == 0)
			wait_for(&mine[i]);
	}
	return NULL;
}

/* Each gets its answer once, all of it is in the log and sealed when the keeper has ended. */
static void test_many(void)
{
	struct nt_keeper_options o = {.seal_ms = 20};
	struct nt_keeper_counts counts;
	struct fixture f;
	pthread_t threads[THREADS];
	uint64_t seals, size, pending;
	struct vf_err err;

	fixture_begin(&f);
	for (size_t i = 0; i < THREADS * EACH; i++)
		make_offer(&many[i], i);
	shared = start(&f, &o);
	for (size_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, offer_many, &many[i * EACH]) == 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < THREADS * EACH; i++)
		wait_for(&many[i]);
	nt_keeper_get_counts(shared, &counts);
	CHECK_INT(counts.accepted, THREADS * EACH);
	CHECK(counts.groups <= THREADS * EACH && counts.groups > 0);
	nt_keeper_free(shared);
	for (size_t i = 0; i < THREADS * EACH; i++) {
		struct nt_record *r = NULL;

		CHECK_RC(many[i].rc, VF_OK);
		CHECK_INT(many[i].times, 1);
		CHECK_INT(many[i].result, NT_ACCEPTED_NEW);
		CHECK_RC(nt_notary_get(f.n, &many[i].made.s.id, &r, &err), VF_OK);
		CHECK_INT(r->state, NT_SEALED);
		nt_record_free(r);
	}
	CHECK_RC(nt_notary_counts(f.n, &seals, &size, &pending, &err), VF_OK);
	CHECK_INT(size, THREADS * EACH);
	CHECK_INT(pending, 0);
	CHECK(seals >= 1);
	fixture_end(&f);
}

/* What waits together is one commit; what is refused among it is refused alone. */
static void test_group(void)
{
	struct nt_keeper_options o = {.seal_ms = 1000000};
	struct nt_keeper_counts counts;
	struct offered first, good[3], again, stale, unwanted;
	struct made_stream st = made_stream("site-1", "DEMO-1");
	struct fixture f;
	struct nt_keeper *k;
	struct vf_err err;

	fixture_begin(&f);
	k = start(&f, &o);
	make_offer(&first, 1);
	first.offer.prepare = wait_at_gate;
	open_gate(false);
	CHECK_RC(nt_keeper_offer(k, &first.offer, &err), VF_OK);
	wait_until_in_gate();
	for (size_t i = 0; i < 3; i++) {
		make_offer(&good[i], 10 + i);
		CHECK_RC(nt_keeper_offer(k, &good[i].offer, &err), VF_OK);
	}
	make_offer(&again, 10);
	CHECK_RC(nt_keeper_offer(k, &again.offer, &err), VF_OK);
	/* the second record of a stream whose first is not there */
	memset(&stale, 0, sizeof(stale));
	made_record(&stale.made, &st, 20, false);
	made_record(&stale.made, &st, 21, false);
	stale.offer = (struct nt_offer){.submissions = &stale.made.s, .n = 1, .results = &stale.result, .done = on_done,
		.ctx = &stale};
	CHECK_RC(nt_keeper_offer(k, &stale.offer, &err), VF_OK);
	make_offer(&unwanted, 30);
	unwanted.offer.prepare = refuse;
	CHECK_RC(nt_keeper_offer(k, &unwanted.offer, &err), VF_OK);
	open_gate(true);
	wait_for(&unwanted);
	wait_for(&stale);
	wait_for(&again);
	for (size_t i = 0; i < 3; i++) {
		wait_for(&good[i]);
		CHECK_RC(good[i].rc, VF_OK);
	}
	CHECK_RC(again.rc, VF_OK);
	CHECK_INT(again.result, NT_ACCEPTED_BEFORE);
	CHECK_RC(stale.rc, VF_STREAM_CONFLICT);
	CHECK_RC(unwanted.rc, VF_STREAM_CONFLICT);
	CHECK_STR(unwanted.err.text, "as the test wants");
	nt_keeper_get_counts(k, &counts);
	CHECK_INT(counts.accepted, 4);
	CHECK_INT(counts.accepted_before, 1);
	CHECK_INT(counts.refused, 2);
	CHECK_INT(counts.failed, VF_OK);
	nt_keeper_free(k);
	fixture_end(&f);
}

/* Too much is refused at once, and nothing of it is lost or answered twice. */
static void test_full(void)
{
	struct nt_keeper_options o = {.max_waiting = 2};
	struct offered first, next[2], surplus;
	struct fixture f;
	struct nt_keeper *k;
	struct vf_err err;

	fixture_begin(&f);
	k = start(&f, &o);
	make_offer(&first, 1);
	first.offer.prepare = wait_at_gate;
	open_gate(false);
	CHECK_RC(nt_keeper_offer(k, &first.offer, &err), VF_OK);
	wait_until_in_gate();
	for (size_t i = 0; i < 2; i++) {
		make_offer(&next[i], 2 + i);
		CHECK_RC(nt_keeper_offer(k, &next[i].offer, &err), VF_OK);
	}
	make_offer(&surplus, 9);
	CHECK_RC(nt_keeper_offer(k, &surplus.offer, &err), VF_STORE_BUSY);
	open_gate(true);
	wait_for(&next[1]);
	CHECK_RC(nt_keeper_offer(k, &surplus.offer, &err), VF_OK);
	nt_keeper_free(k);
	CHECK_INT(surplus.times, 1);
	CHECK_RC(surplus.rc, VF_OK);
	fixture_end(&f);
}

struct called {
	struct nt_call call;
	uint64_t size;
	enum vf_rc rc;
	bool ended;
};

static void on_run(struct nt_call *c, struct nt_notary *n)
{
	struct called *x = c->ctx;
	uint64_t seals, pending;

	pthread_mutex_lock(&lock);
	x->rc = nt_notary_counts(n, &seals, &x->size, &pending, NULL);
	x->ended = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void on_refused(struct nt_call *c, enum vf_rc rc, const struct vf_err *err)
{
	struct called *x = c->ctx;

	(void)err;
	pthread_mutex_lock(&lock);
	x->rc = rc;
	x->ended = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static enum vf_rc fail_group(void *ctx, struct nt_offer *const *offers, size_t n, struct vf_err *reterr)
{
	(void)offers, (void)n;
	if (*(bool *)ctx)
		return VF_OK;
	return vf_fail(reterr, VF_SIGNER_FAILED, "no key");
}

/* After a fault of the notary nothing more is taken; what was durable is there after the next opening. */
static void test_stop(void)
{
	bool works = true;
	struct nt_keeper_options o = {.group = fail_group, .ctx = &works, .seal_ms = 1000000};
	struct nt_keeper_counts counts;
	struct called call = {.call = {.run = on_run, .refused = on_refused, .ctx = &call}};
	struct offered good, bad, later;
	struct nt_record *r = NULL;
	struct fixture f;
	struct nt_keeper *k;
	struct vf_err err;

	fixture_begin(&f);
	k = start(&f, &o);
	make_offer(&good, 1);
	CHECK_RC(nt_keeper_offer(k, &good.offer, &err), VF_OK);
	wait_for(&good);
	CHECK_RC(good.rc, VF_OK);
	nt_keeper_seal_soon(k);
	CHECK_RC(nt_keeper_call(k, &call.call, &err), VF_OK);
	pthread_mutex_lock(&lock);
	while (!call.ended)
		pthread_cond_wait(&changed, &lock);
	works = false;
	pthread_mutex_unlock(&lock);
	CHECK_RC(call.rc, VF_OK);
	make_offer(&bad, 2);
	CHECK_RC(nt_keeper_offer(k, &bad.offer, &err), VF_OK);
	wait_for(&bad);
	CHECK_RC(bad.rc, VF_SIGNER_FAILED);
	make_offer(&later, 3);
	CHECK_RC(nt_keeper_offer(k, &later.offer, &err), VF_SIGNER_FAILED);
	CHECK_STR(err.text, "no key");
	CHECK_RC(nt_keeper_call(k, &call.call, &err), VF_SIGNER_FAILED);
	nt_keeper_get_counts(k, &counts);
	CHECK_INT(counts.failed, VF_SIGNER_FAILED);
	nt_keeper_free(k);
	CHECK_INT(later.times, 0);
	CHECK_RC(nt_notary_get(f.n, &bad.made.s.id, &r, &err), VF_OK);
	nt_record_free(r);
	fixture_end(&f);
}

#define SLOW_CALLS 50

static unsigned slow_done;

static void on_slow(struct nt_call *c, struct nt_notary *n)
{

	(void)c, (void)n;
	nanosleep(&ms20, NULL);
	pthread_mutex_lock(&lock);
	slow_done++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Many calls that take long do not keep a submission waiting for the last of them; each is still run. */
static void test_slow_calls(void)
{
	struct nt_keeper_options o = {.seal_ms = 1000000};
	struct nt_call calls[SLOW_CALLS];
	struct offered gate, x;
	struct fixture f;
	struct nt_keeper *k;
	struct vf_err err;
	unsigned before;

	fixture_begin(&f);
	k = start(&f, &o);
	open_gate(false);
	make_offer(&gate, 1);
	gate.offer.prepare = wait_at_gate;
	CHECK_RC(nt_keeper_offer(k, &gate.offer, &err), VF_OK);
	wait_until_in_gate();
	for (size_t i = 0; i < SLOW_CALLS; i++) {
		calls[i] = (struct nt_call){.run = on_slow};
		CHECK_RC(nt_keeper_call(k, &calls[i], &err), VF_OK);
	}
	open_gate(true);
	pthread_mutex_lock(&lock);
	while (slow_done == 0)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	make_offer(&x, 2);
	CHECK_RC(nt_keeper_offer(k, &x.offer, &err), VF_OK);
	wait_for(&x);
	CHECK_RC(x.rc, VF_OK);
	pthread_mutex_lock(&lock);
	before = slow_done;
	pthread_mutex_unlock(&lock);
	CHECK(before < SLOW_CALLS);
	nt_keeper_free(k);
	CHECK_INT(slow_done, SLOW_CALLS);
	fixture_end(&f);
}

static void end_here(void *ctx, const char *name)
{
	if (strcmp(name, ctx) == 0)
		_exit(0);
}

/* A process that ended between log and seal leaves entries that nobody waits for: they are sealed all the same. */
static void test_left(void)
{
	struct nt_keeper_options o = {.seal_ms = 1000000};
	struct offered x;
	struct fixture f;
	uint64_t seals, size, pending;
	struct vf_err err;
	pid_t pid;
	int status;

	fixture_begin(&f);
	make_offer(&x, 1);
	CHECK_RC(nt_notary_accept(f.n, &x.made.s, 1, &x.result, &err), VF_OK);
	f.n = nt_notary_free(f.n);
	pid = fork();
	if (pid == 0) {
		struct nt_sealed sealed;

		if (nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err) != VF_OK)
			_exit(1);
		nt_failpoint_set(end_here, "token-got");
		_exit(nt_notary_seal(f.n, &sealed, &err) == VF_OK ? 2 : 3);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	f.now += 5000;
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open again");
	CHECK_RC(nt_notary_counts(f.n, &seals, &size, &pending, &err), VF_OK);
	CHECK(seals == 0 && size == 1 && pending == 0);
	nt_keeper_free(start(&f, &o));
	CHECK_RC(nt_notary_counts(f.n, &seals, &size, &pending, &err), VF_OK);
	CHECK_INT(seals, 1);
	fixture_end(&f);
}

static uint64_t seen_seals, seen_size;
static bool seen;

static void on_look(struct nt_call *c, struct nt_notary *n)
{
	uint64_t pending;
	struct vf_err err;

	(void)c;
	pthread_mutex_lock(&lock);
	CHECK_RC(nt_notary_counts(n, &seen_seals, &seen_size, &pending, &err), VF_OK);
	seen = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void look(struct nt_keeper *k)
{
	struct nt_call c = {.run = on_look};
	struct vf_err err;

	seen = false;
	CHECK_RC(nt_keeper_call(k, &c, &err), VF_OK);
	pthread_mutex_lock(&lock);
	while (!seen)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* What is much goes into the log before the seal is due, and the seal covers all of it. */
static void test_sequence(void)
{
	struct nt_keeper_options o = {.seal_ms = 1000000, .sequence_at = 2};
	struct offered x[3];
	struct fixture f;
	struct nt_keeper *k;
	struct nt_seal *seal = NULL;
	struct vf_err err;

	fixture_begin(&f);
	k = start(&f, &o);
	for (size_t i = 0; i < 3; i++) {
		make_offer(&x[i], i);
		CHECK_RC(nt_keeper_offer(k, &x[i].offer, &err), VF_OK);
		wait_for(&x[i]);
		CHECK_RC(x[i].rc, VF_OK);
		look(k);
		/* a call may come before the log has grown */
		for (int tries = 0; i > 0 && seen_size < 2 && tries < 1000; tries++) {
			nanosleep(&ms20, NULL);
			look(k);
		}
		CHECK_INT(seen_size, i == 0 ? 0 : 2);
		CHECK_INT(seen_seals, 0);
	}
	f.now += 1000;
	nt_keeper_free(k);
	fixture_need(nt_notary_seal_get(f.n, 1, &seal, &err), &err, "seal");
	CHECK(seal->first == 0 && seal->size == 3);
	nt_seal_free(seal);
	fixture_end(&f);
}

static unsigned marks;

static void count_marks(void *ctx, const char *name)
{
	(void)ctx;
	if (strcmp(name, "index-marked") != 0)
		return;
	pthread_mutex_lock(&lock);
	marks++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* A merge of the indexes goes on while others submit in small groups; and after a large one, when nobody does. */
static void test_index(size_t max_group)
{
	struct nt_keeper_options o = {.seal_ms = 1000000, .max_group = max_group};
	struct fixture f;
	struct vf_err err;

	fixture_begin(&f);
	nt_store_index_small(f.n->store, 300, 5);
	marks = 0;
	nt_failpoint_set(count_marks, NULL);
	shared = start(&f, &o);
	for (size_t i = 0; i < THREADS * EACH; i++)
		make_offer(&many[i], i);
	many[0].offer.prepare = wait_at_gate;
	open_gate(false);
	for (size_t i = 0; i < THREADS * EACH; i++)
		CHECK_RC(nt_keeper_offer(shared, &many[i].offer, &err), VF_OK);
	open_gate(true);
	for (size_t i = 0; i < THREADS * EACH; i++)
		wait_for(&many[i]);
	/* 1,920 keys: several merges of some 300, or one of all */
	pthread_mutex_lock(&lock);
	while (marks < (max_group > THREADS * EACH ? 1 : 2))
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	nt_keeper_free(shared);
	nt_failpoint_set(NULL, NULL);
	CHECK(f.n->store->recent.from > THREADS * EACH / 4);
	for (size_t i = 0; i < THREADS * EACH; i++) {
		struct nt_record *r = NULL;

		CHECK_RC(nt_notary_get(f.n, &many[i].made.s.id, &r, &err), VF_OK);
		CHECK_INT(r->index, i);
		nt_record_free(r);
	}
	fixture_end(&f);
}

int main(void)
{
	test_many();
	test_group();
	test_full();
	test_stop();
	test_slow_calls();
	test_left();
	test_sequence();
	test_index(7);
	test_index(1000);
	return check_done();
}
