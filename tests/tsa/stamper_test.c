/* The thread that asks an authority: queue, back-off, end, samples for the clock; with tests/tsa/authority.py. */
#include "notary/stamper.h"

#include <pthread.h>
#include <time.h>

#include "notary/clock_watch.h"
#include "notary/tsp.h"
#include "verify/limits.h"
#include "verify/tst.h"

#include "tests/folder.h"
#include "tests/tsa/authority.h"

#define MAX_STAMPS 16

/* ---- stamps ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct nt_stamp stamps[MAX_STAMPS];
	enum vf_rc rc[MAX_STAMPS];
	int64_t at[MAX_STAMPS]; /* of the end */
	unsigned ends[MAX_STAMPS], n;
	char text[MAX_STAMPS][320];
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static int64_t ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void done(struct nt_stamp *s, enum vf_rc rc, const struct vf_err *err)
{
	size_t i = (size_t)(s - all.stamps);

	pthread_mutex_lock(&all.lock);
	all.rc[i] = rc;
	all.at[i] = ticks();
	all.ends[i]++;
	snprintf(all.text[i], sizeof(all.text[i]), "%s", err->text);
	all.n++;
	pthread_cond_broadcast(&all.more);
	pthread_mutex_unlock(&all.lock);
}

/* The i-th wish, over the SHA-256 of its number. */
static struct nt_stamp *wish(size_t i)
{
	struct nt_stamp *s = &all.stamps[i];
	struct vf_hash h = vf_sha256(vf_bytes(&i, sizeof(i)));

	*s = (struct nt_stamp){.seal = i, .imprint = vf_digest_from_hash(&h), .done = done,
		.request = nt_buf(NT_TSP_MAX_REQUEST), .response = nt_buf(VF_MAX_TOKEN)};
	return s;
}

static void forget(void)
{
	for (size_t i = 0; i < MAX_STAMPS; i++) {
		nt_buf_done(&all.stamps[i].request);
		nt_buf_done(&all.stamps[i].response);
		all.ends[i] = 0;
		all.rc[i] = VF_NOT_CHECKED;
	}
	all.n = 0;
}

/* Waits until n have ended; false after ten seconds. */
static bool await(unsigned n)
{
	struct timespec t;
	bool good;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 10;
	pthread_mutex_lock(&all.lock);
	while (all.n < n && pthread_cond_timedwait(&all.more, &all.lock, &t) == 0)
		continue;
	good = all.n >= n;
	pthread_mutex_unlock(&all.lock);
	CHECK(good);
	return good;
}

static struct nt_stamper *start(const struct nt_authority *a, struct nt_clock_watch *watch)
{
	struct nt_stamper *s = NULL;
	struct vf_err err = {0};

	if (nt_stamper_new(a, authority.folder, watch, &s, &err) != VF_OK) {
		fprintf(stderr, "the stamper does not start: %s\n", err.text);
		exit(1);
	}
	return s;
}

/* ---- tests ---- */

/* What was asked is on record as it was sent, and the token is what the verifier takes. */
static void check_stamp(const struct nt_stamp *s)
{
	struct nt_tsp_request q;
	enum nt_tsp_fail fail;
	struct vf_bytes token;
	struct vf_hash id;
	struct vf_tst t;

	CHECK_RC(nt_tsp_request_read(nt_buf_bytes(&s->request), &q, &fail, NULL), VF_OK);
	CHECK(vf_digest_eq(&q.imprint, &s->imprint) && q.cert_req && q.policy.n == 0);
	CHECK(q.nonce.n >= 7 && q.nonce.n <= 9);
	CHECK_RC(nt_tsp_response_token(nt_buf_bytes(&s->response), &token, NULL), VF_OK);
	CHECK(token.p == s->token.p && token.n == s->token.n);
	CHECK_RC(vf_tst_parse(s->token, &t, NULL), VF_OK);
	CHECK_BYTES(t.nonce, q.nonce);
	id = vf_tst_id(&t);
	CHECK(vf_hash_eq(&id, &s->id));
	CHECK_INT(s->gen_time, t.gen_time);
	CHECK_INT(s->accuracy_ms, 1000);
	CHECK(s->sent_ms > 0 && s->sent_ms <= s->received_ms);
	CHECK(s->gen_time >= s->sent_ms - 1000 && s->gen_time <= s->received_ms + 1000);
}

static void test_queue(void)
{
	struct nt_authority a = configured("/p256/good");
	struct nt_stamper *s = start(&a, NULL);
	struct nt_stamper_state state;
	int before = set_mode("good");

	nt_stamper_get_state(s, &state);
	CHECK(state.works && state.rc == VF_OK && state.retry_in_ms == 0 && state.good_at == VF_TIME_NONE);
	CHECK_INT(state.asked + state.good + state.failed + state.waiting, 0);
	CHECK_STR(nt_stamper_authority(s)->name, "test");
	for (size_t i = 0; i < 5; i++)
		nt_stamper_ask(s, wish(i));
	await(5);
	CHECK_INT(set_mode("good") - before, 1); /* all over one connection */
	for (size_t i = 0; i < 5; i++) {
		CHECK_RC(all.rc[i], VF_OK);
		CHECK_INT(all.ends[i], 1);
		CHECK(i == 0 || all.at[i] >= all.at[i - 1]); /* one after the other, in the order given */
		check_stamp(&all.stamps[i]);
		for (size_t k = 0; k < i; k++)
			CHECK(!vf_hash_eq(&all.stamps[i].id, &all.stamps[k].id));
	}
	nt_stamper_get_state(s, &state);
	CHECK(state.works && state.rc == VF_OK && state.retry_in_ms == 0 && state.good_at > 0 && state.last_ms < 10000);
	CHECK_INT(state.asked, 5);
	CHECK_INT(state.good, 5);
	CHECK_INT(state.failed + state.waiting, 0);
	CHECK(nt_stamper_free(s) == NULL);
	CHECK(nt_stamper_free(NULL) == NULL);
	forget();
}

/* The next of all, asked when the pause is over. */
static enum vf_rc ask_after(struct nt_stamper *s, size_t i)
{
	struct nt_stamper_state state;

	nt_stamper_get_state(s, &state);
	nanosleep(&(struct timespec){state.retry_in_ms / 1000, (state.retry_in_ms % 1000 + 5) * 1000000 % 1000000000}, NULL);
	do {
		nt_stamper_get_state(s, &state);
	} while (state.retry_in_ms > 0);
	nt_stamper_ask(s, wish(i));
	await((unsigned)i + 1);
	CHECK(!all.stamps[i].unasked);
	return all.rc[i];
}

/*
 * A failure ends one stamp with its fault. What waits behind it, for a seal that somebody else could stamp, comes back at
 * once; nobody is asked for a second, two, four. The first good answer ends that.
 */
static void test_back_off(void)
{
	struct nt_authority a = configured("/p256");
	struct nt_stamper *s = start(&a, NULL);
	struct nt_stamper_state state;
	int64_t began = ticks();

	set_mode("http-500");
	for (size_t i = 0; i < 4; i++)
		nt_stamper_ask(s, wish(i));
	await(4);
	CHECK(ticks() - began < 700); /* nothing waits before the first, and none for the pause */
	nt_stamper_get_state(s, &state);
	CHECK(!state.works && state.rc == VF_FETCH_FAILED && strstr(state.why, "HTTP status 500") != NULL);
	CHECK(state.retry_in_ms > 0 && state.retry_in_ms <= 1000);
	CHECK_INT(state.waiting, 0);
	CHECK_INT(state.asked, 1);
	CHECK_INT(state.failed, 1);
	CHECK_RC(all.rc[0], VF_FETCH_FAILED);
	CHECK(strstr(all.text[0], "HTTP status 500") != NULL && !all.stamps[0].unasked);
	for (size_t i = 1; i < 4; i++) {
		CHECK(all.stamps[i].unasked && all.stamps[i].sent_ms == 0);
		CHECK_RC(all.rc[i], VF_FETCH_FAILED);
		CHECK_STR(all.text[i], "'test': left alone for now");
	}
	/* also what comes in the pause */
	nt_stamper_ask(s, wish(4));
	await(5);
	CHECK(all.stamps[4].unasked);
	CHECK_RC(ask_after(s, 5), VF_FETCH_FAILED);
	CHECK(all.at[5] - all.at[0] >= 790);
	nt_stamper_get_state(s, &state);
	CHECK(state.retry_in_ms > 1000 && state.retry_in_ms <= 2000);
	/* an answer that is none counts as well */
	set_mode("html-as-reply");
	CHECK_RC(ask_after(s, 6), VF_TS_SHAPE);
	CHECK(all.at[6] - all.at[5] >= 1590);
	nt_stamper_get_state(s, &state);
	CHECK(state.retry_in_ms > 2000 && state.retry_in_ms <= 4000);
	CHECK_INT(state.rc, VF_TS_SHAPE);
	set_mode("good");
	CHECK_RC(ask_after(s, 7), VF_OK);
	CHECK(all.at[7] - all.at[6] >= 3190);
	nt_stamper_get_state(s, &state);
	CHECK(state.works && state.rc == VF_OK && state.why[0] == '\0' && state.retry_in_ms == 0);
	/* as at the start */
	set_mode("http-500");
	CHECK_RC(ask_after(s, 8), VF_FETCH_FAILED);
	set_mode("good");
	CHECK_RC(ask_after(s, 9), VF_OK);
	CHECK(all.at[9] - all.at[8] >= 790 && all.at[9] - all.at[8] < 5000);
	nt_stamper_free(s);
	for (size_t i = 0; i < 10; i++)
		CHECK_INT(all.ends[i], 1);
	forget();
}

/* Both forms of Retry-After hold when they are longer than our own pause. */
static void test_retry_after(void)
{
	static const struct {
		const char *path;
		int64_t least, most;
	} cases[] = {{"/p256/http-429", 2000, 3000}, {"/p256/retry-date", 60000, 91000}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_authority a = configured(cases[i].path);
		struct nt_stamper *s = start(&a, NULL);
		struct nt_stamper_state state;
		int64_t began;

		nt_stamper_ask(s, wish(0));
		await(1);
		nt_stamper_get_state(s, &state);
		if (state.retry_in_ms < cases[i].least || state.retry_in_ms > cases[i].most)
			CHECK_FAIL("%s: again in %" PRId64 " ms", cases[i].path, state.retry_in_ms);
		/* the end waits for no pause, nor does what is handed in */
		nt_stamper_ask(s, wish(1));
		await(2);
		CHECK(all.stamps[1].unasked);
		began = ticks();
		nt_stamper_free(s);
		CHECK(ticks() - began < 1000);
		CHECK_INT(all.n, 2);
		CHECK_RC(all.rc[1], VF_FETCH_FAILED);
		forget();
	}
}

/* In the middle of an exchange that would last for long. */
static void test_end(void)
{
	struct nt_authority a = configured("/p256/silent");
	struct nt_stamper *s = start(&a, NULL);
	struct timespec t = {.tv_nsec = 300000000};
	int64_t began;

	for (size_t i = 0; i < 3; i++)
		nt_stamper_ask(s, wish(i));
	nanosleep(&t, NULL);
	began = ticks();
	nt_stamper_free(s);
	CHECK(ticks() - began < 4000);
	CHECK_INT(all.n, 3);
	for (size_t i = 0; i < 3; i++) {
		CHECK_RC(all.rc[i], VF_FETCH_FAILED);
		CHECK_INT(all.ends[i], 1);
	}
	CHECK_STR(all.text[2], "'test': stopped");
	forget();
}

/* The watch hears of every token that is verified, whatever its time, and of no other. */
static void test_clock(void)
{
	static const struct {
		const char *path;
		enum vf_rc rc, clock;
		size_t samples;
		int64_t offset_ms; /* of the own clock, about */
	} cases[] = {
		{"/p256/good", VF_OK, VF_OK, 1, 0},
		{"/p256/second-ago", VF_OK, VF_OK, 1, 1000}, /* two seconds, less the accuracy of one */
		{"/p256/hour-ahead", VF_CLOCK_DOUBT, VF_CLOCK_DOUBT, 1, -3600000},
		{"/p256/hour-ago", VF_CLOCK_DOUBT, VF_CLOCK_DOUBT, 1, 3600000},
		{"/p256/other-ca", VF_UNKNOWN_ROOT, VF_OK, 0, 0},
		{"/p256/wrong-nonce", VF_TS_NONCE, VF_OK, 0, 0},
		{"/p256/http-500", VF_FETCH_FAILED, VF_OK, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_clock_watch *watch = nt_clock_watch_new(5000);
		struct nt_authority a = configured(cases[i].path);
		struct nt_stamper *s = start(&a, watch);
		struct nt_clock_offset offsets[4];

		nt_stamper_ask(s, wish(0));
		await(1);
		CHECK_RC(all.rc[0], cases[i].rc);
		CHECK_INT(nt_clock_watch_offsets(watch, offsets, 4), cases[i].samples);
		CHECK_RC(nt_clock_watch_check(watch, NULL), cases[i].clock);
		if (cases[i].samples) {
			CHECK_STR(offsets[0].authority, "test");
			if (llabs(offsets[0].offset_ms - cases[i].offset_ms) > 3000)
				CHECK_FAIL("%s: offset %" PRId64 " ms", cases[i].path, offsets[0].offset_ms);
		}
		nt_stamper_free(s);
		nt_clock_watch_free(watch);
		forget();
	}
}

static void test_offset_bound(void)
{
	struct nt_authority a = configured("/p256/second-ago");
	struct vf_err err = {0};
	int64_t patience = -1;

	a.max_offset_ms = 1000;
	CHECK_RC(nt_stamp_once(&a, authority.folder, wish(0), &patience, &err), VF_CLOCK_DOUBT);
	CHECK(strstr(err.text, "ms before this machine's; at most 1000 are allowed") != NULL);
	CHECK_INT(patience, 0);
	check_stamp(&(struct nt_stamp){.request = all.stamps[0].request, .response = all.stamps[0].response,
		.imprint = all.stamps[0].imprint, .token = all.stamps[0].token, .id = all.stamps[0].id,
		.gen_time = all.stamps[0].gen_time, .accuracy_ms = all.stamps[0].accuracy_ms,
		.sent_ms = all.stamps[0].gen_time, .received_ms = all.stamps[0].gen_time});
	forget();
	a.max_offset_ms = 60000;
	CHECK_RC(nt_stamp_once(&a, authority.folder, wish(0), &patience, &err), VF_OK);
	forget();
	/* what the authority asked for is told by a single question too */
	a = configured("/p256/http-429");
	CHECK_RC(nt_stamp_once(&a, authority.folder, wish(0), &patience, &err), VF_FETCH_FAILED);
	CHECK_INT(patience, 3000);
	CHECK(all.stamps[0].sent_ms > 0 && all.stamps[0].token.n == 0);
	forget();
}

static void test_sha512_and_policy(void)
{
	struct nt_authority a = configured("/sha512/good");
	struct nt_stamp *s = wish(0);
	struct vf_err err = {0};
	int64_t patience;
	struct vf_tst t;

	strcpy(a.policy, "1.3.6.1.4.1.55555.1");
	CHECK_RC(vf_digest(VF_SHA512, vf_bytes_str("x"), &s->imprint, NULL), VF_OK);
	CHECK_RC(nt_stamp_once(&a, authority.folder, s, &patience, &err), VF_OK);
	CHECK_RC(vf_tst_parse(s->token, &t, NULL), VF_OK);
	CHECK_INT(t.imprint.alg, VF_SHA512);
	forget();
	/* one that it does not have */
	strcpy(a.policy, "1.2.3.4");
	CHECK_RC(nt_stamp_once(&a, authority.folder, wish(0), &patience, &err), VF_TS_STATUS);
	CHECK(strstr(err.text, "rejection, unacceptedPolicy") != NULL);
	forget();
}

/* The roots are one pinned certificate or several; the signer's own will do, also when it is not in the token. */
static void test_roots(const char *folder)
{
	static const struct {
		const char *roots, *path;
		enum vf_rc rc;
	} cases[] = {
		{"only-ca.pem", "/only/good", VF_OK}, {"only-ca.pem", "/p256/good", VF_UNKNOWN_ROOT},
		{"both.pem", "/only/good", VF_OK}, {"both.pem", "/p256/good", VF_OK}, {"p256.pem", "/p256/good", VF_OK},
		{"p256.pem", "/p256/no-certificate", VF_OK}, {"rsa3072.pem", "/p256/good", VF_UNKNOWN_ROOT},
		{"ca.pem", "/p256/no-certificate", VF_UNKNOWN_ROOT}, {"nothing.pem", "/p256/good", VF_NO_INPUT},
		{"p256.key", "/p256/good", VF_CONFIG_SHAPE}, {"ca.index", "/p256/good", VF_CONFIG_SHAPE},
	};

	folder_run("cat %s/ca.pem %s/only-ca.pem > %s/both.pem", folder, folder, folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nt_authority a = configured(cases[i].path);
		struct nt_stamper *s = NULL;
		struct vf_err err = {0};
		int64_t patience;
		enum vf_rc rc;

		strcpy(a.roots, cases[i].roots);
		rc = nt_stamp_once(&a, authority.folder, wish(0), &patience, &err);
		if (rc != cases[i].rc)
			CHECK_FAIL("%s with %s: %s %s", cases[i].path, cases[i].roots, vf_rc_name(rc), err.text);
		if (rc == VF_NO_INPUT || rc == VF_CONFIG_SHAPE) {
			CHECK(strstr(err.text, cases[i].roots) != NULL);
			CHECK_RC(nt_stamper_new(&a, authority.folder, NULL, &s, &err), rc);
			CHECK(s == NULL);
		}
		forget();
	}
}

int main(void)
{
	char folder[256];

	folder_make(folder);
	start_authority(folder);
	test_queue();
	test_back_off();
	test_retry_after();
	test_end();
	test_clock();
	test_offset_bound();
	test_sha512_and_policy();
	test_roots(folder);
	end_authority();
	folder_remove(folder);
	return check_done();
}
