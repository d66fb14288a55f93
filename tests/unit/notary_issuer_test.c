/* Tokens for strangers: what they say, whom they are refused, and when. */
#include "notary/issuer.h"
#include "verify/tst.h"

#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "notary/clock_watch.h"
#include "notary/der_out.h"
#include "tests/unit/tsa_fixture.h"

#define POLICY "2.999.3161.1"

static atomic_llong now_ms;
static struct nt_tsa *tsa;
static struct nt_issue_journal *journal;
static struct nt_clock_watch *watch;
static struct nt_issuer *issuer;

static int64_t the_clock(void *ctx)
{
	(void)ctx;
	return now_ms;
}

static void start(unsigned threads, size_t max_waiting)
{
	struct nt_tsa_snapshot *s = NULL;
	uint64_t cut = 0;
	int dir;

	now_ms = T0 + 5;
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	CHECK_RC(nt_tsa_snapshot(tsa, &s, NULL), VF_OK);
	CHECK_RC(nt_issue_journal_open(&(struct nt_issue_journal_options){.folder = dir, .origin = config.origin},
			 &journal, &cut, NULL),
		VF_OK);
	close(dir);
	watch = nt_clock_watch_new(1000);
	CHECK_RC(nt_issuer_new(&(struct nt_issuer_options){.snapshot = s,
				       .journal = journal,
				       .watch = watch,
				       .clock = the_clock,
				       .threads = threads,
				       .max_waiting = max_waiting},
			 &issuer, NULL),
		VF_OK);
	if (!issuer)
		exit(1);
	nt_tsa_snapshot_free(s);
}

static void stop(void)
{
	issuer = nt_issuer_free(issuer);
	journal = nt_issue_journal_free(journal);
	watch = nt_clock_watch_free(watch);
}

static void fresh_tsa(const char *key)
{
	fresh();
	strcpy(config.tsa_key, key);
	CHECK_RC(nt_tsa_create(folder, &config, T0, NULL), VF_OK);
	tsa = open_tsa();
}

/* ---- asking ---- */

struct asked {
	struct nt_issue x;
	sem_t done;
};

static void on_done(struct nt_issue *x)
{
	sem_post(&((struct asked *)x->ctx)->done);
}

static void ask(struct asked *a, const struct nt_tsp_request *q)
{
	memset(a, 0, sizeof(*a));
	sem_init(&a->done, 0, 0);
	a->x.request = *q;
	a->x.response = nt_buf(65536);
	a->x.done = on_done;
	a->x.ctx = a;
	CHECK_RC(nt_issuer_ask(issuer, &a->x, NULL), VF_OK);
}

static void wait_for(struct asked *a)
{
	while (sem_wait(&a->done) != 0)
		continue;
	sem_destroy(&a->done);
}

/* A token, as its receiver reads it; ret points into a. */
static void get(struct asked *a, const struct nt_tsp_request *q, struct vf_tst *ret)
{
	struct vf_bytes token = {0};
	struct vf_err err = {0};

	ask(a, q);
	wait_for(a);
	CHECK(a->x.granted && a->x.err.rc == VF_OK);
	CHECK_RC(nt_tsp_response_token(nt_buf_bytes(&a->x.response), &token, &err), VF_OK);
	CHECK_RC(vf_tst_parse(token, ret, &err), VF_OK);
	CHECK_RC(vf_digest_eq(&ret->imprint, &q->imprint) ? VF_OK : VF_TS_IMPRINT, VF_OK);
}

static void check_refused(const struct nt_tsp_request *q, enum nt_tsp_fail fail, enum vf_rc rc, const char *words)
{
	char text[400];
	struct asked a;

	ask(&a, q);
	wait_for(&a);
	CHECK(!a.x.granted);
	CHECK_INT(a.x.fail, fail);
	CHECK_RC(a.x.err.rc, rc);
	nt_tsp_status_text(nt_buf_bytes(&a.x.response), text, sizeof(text));
	if (!strstr(text, words))
		CHECK_FAIL("\"%s\" is not in \"%s\"", words, text);
	nt_buf_done(&a.x.response);
}

static struct nt_buf oid(const char *dotted)
{
	struct nt_buf b = nt_buf(100);

	CHECK_RC(nt_der_oid(dotted, &b, NULL), VF_OK);
	return b;
}

/* ---- what tokens say ---- */

static void test_tokens(const char *key)
{
	static const enum vf_alg algs[] = {VF_SHA256, VF_SHA384, VF_SHA512};
	struct nt_buf policy = oid(POLICY);
	struct vf_bytes serials[24];
	struct asked a[24];
	size_t n = 0;
	struct nt_tsa_snapshot *s;

	fresh_tsa(key);
	start(1, 0);
	s = nt_issuer_snapshot(issuer);
	for (unsigned i = 0; i < 24; i++) {
		struct nt_tsp_request q = {.imprint = imprint_of(algs[i % 3], "data"), .cert_req = i & 1};
		struct vf_bytes cert = nt_tsa_certificate(tsa);
		struct vf_pki_extra extra = {.certs = &cert, .n_certs = 1};
		struct vf_tst_trust trust;
		struct vf_pki *pki = NULL;
		struct vf_tst t = {0};

		if (i & 2)
			q.nonce = vf_bytes((const uint8_t *)"\x00\x81\x02\x03\x04\x05\x06\x07\x08", 9);
		if (i & 4)
			q.policy = nt_buf_bytes(&policy);
		now_ms = T0 + 5 + i;
		get(&a[i], &q, &t);
		CHECK_INT(t.gen_time, T0 + 5 + i);
		CHECK(t.has_accuracy && t.accuracy_ms == 1000 && !t.ordering && t.tsa.n == 0);
		CHECK_BYTES(t.nonce, q.nonce);
		CHECK_BYTES(t.policy, nt_buf_bytes(&policy));
		CHECK_INT(t.serial.n, 20);
		CHECK_INT(nt_issued_number(t.serial.p), i + 1);
		CHECK_INT(t.cms.crls.n, 0);
		CHECK((t.cms.certificates.n > 0) == q.cert_req);
		serials[n++] = t.serial;
		/* a stranger who pins the root; the certificate is in the token, or it is known */
		CHECK_RC(nt_tsa_snapshot_pki(s, &pki, NULL), VF_OK);
		CHECK_RC(vf_tst_check(pki, &t, &q.imprint, q.cert_req ? NULL : &extra, NULL, NULL), VF_OK);
		if (!q.cert_req)
			CHECK_RC(vf_tst_check(pki, &t, &q.imprint, NULL, NULL, NULL), VF_UNKNOWN_ROOT);
		CHECK_RC(vf_tst_judge(pki, &t, &extra, T0 + 60000, false, &trust, NULL), VF_OK);
		vf_pki_free(pki);
	}
	for (unsigned i = 0; i < 24; i++)
		for (unsigned k = 0; k < i; k++)
			CHECK(!vf_bytes_eq(serials[i], serials[k]));
	for (unsigned i = 0; i < 24; i++)
		nt_buf_done(&a[i].x.response);
	nt_tsa_snapshot_free(s);
	nt_buf_done(&policy);
	stop();
	nt_tsa_free(tsa);
}

/* What left is in the journal, octet for octet. */
static struct {
	size_t n;
	struct nt_issued last;
} noted;

static VF_RC note(void *ctx, const struct nt_issued *t, struct vf_err *reterr)
{
	(void)ctx;
	(void)reterr;
	noted.n++;
	noted.last = *t;
	return VF_OK;
}

static void read_journal(void)
{
	struct vf_pair_hasher hasher;
	struct nt_issue_day d;
	uint64_t size, rest;
	int dir = open(at("journal"), O_RDONLY | O_DIRECTORY);

	noted.n = 0;
	CHECK_RC(nt_issue_file_read(dir, "2026-01-01", note, NULL, &d, &hasher, &size, &rest, NULL), VF_OK);
	close(dir);
}

static void test_journal(void)
{
	struct nt_buf policy = oid(POLICY);
	struct nt_tsp_request q = {.imprint = imprint_of(VF_SHA384, "data"),
		.policy = nt_buf_bytes(&policy),
		.cert_req = true,
		.nonce = vf_bytes((const uint8_t *)"\x7f\x01", 2)};
	struct vf_bytes token = {0};
	struct vf_hash sha256;
	struct vf_tst t = {0};
	struct asked a;

	fresh_tsa("p256");
	start(2, 0);
	get(&a, &q, &t);
	CHECK_RC(nt_tsp_response_token(nt_buf_bytes(&a.x.response), &token, NULL), VF_OK);
	sha256 = vf_sha256(token);
	read_journal();
	CHECK_INT(noted.n, 1);
	CHECK(vf_hash_eq(&noted.last.token, &sha256));
	CHECK_BYTES(vf_bytes(noted.last.serial, 20), t.serial);
	CHECK(vf_digest_eq(&noted.last.imprint, &q.imprint));
	CHECK_STR(noted.last.policy, POLICY);
	CHECK_BYTES(vf_bytes(noted.last.nonce, noted.last.nonce_n), q.nonce);
	CHECK_INT(noted.last.gen_ms, t.gen_time);
	nt_buf_done(&a.x.response);
	/* a new process goes on behind it */
	stop();
	start(2, 0);
	q.policy = q.nonce = vf_bytes(NULL, 0);
	get(&a, &q, &t);
	CHECK_INT(nt_issued_number(t.serial.p), 2);
	read_journal();
	CHECK_INT(noted.n, 2);
	CHECK(noted.last.policy[0] == '\0' && noted.last.nonce_n == 0);
	nt_buf_done(&a.x.response);
	nt_buf_done(&policy);
	stop();
	nt_tsa_free(tsa);
}

/* ---- whom and when they are refused ---- */

static void test_refusals(void)
{
	struct nt_tsp_request q = {.imprint = imprint_of(VF_SHA256, "data")}, other = q;
	struct nt_buf policy = oid("2.999.3161.2");
	struct nt_tsa_refreshed refreshed;
	struct nt_tsa_snapshot *s = NULL;
	struct nt_clock_offset unused[1];
	struct asked a;
	struct vf_tst t;

	fresh_tsa("p256");
	start(1, 0);
	other.policy = nt_buf_bytes(&policy);
	check_refused(&other, NT_TSP_UNACCEPTED_POLICY, VF_UNSUPPORTED,
		"unacceptedPolicy: the policy of this authority is " POLICY);
	CHECK_RC(nt_issuer_check(issuer, NULL), VF_OK);
	/* the clock jumps */
	nt_clock_watch_tick(watch, now_ms, 1000);
	nt_clock_watch_tick(watch, now_ms + 4000, 2000);
	check_refused(&q, NT_TSP_TIME_NOT_AVAILABLE, VF_CLOCK_DOUBT, "timeNotAvailable: the clock is in doubt");
	CHECK_RC(nt_issuer_check(issuer, NULL), VF_CLOCK_DOUBT);
	/* an authority says that it is right */
	nt_clock_watch_sample(watch, "a", now_ms + 5000, 0, now_ms + 5000, now_ms + 5000, 3000);
	get(&a, &q, &t);
	nt_buf_done(&a.x.response);
	/* and then two that it is not */
	nt_clock_watch_sample(watch, "a", now_ms + 9000, 0, now_ms + 6000, now_ms + 6000, 4000);
	nt_clock_watch_sample(watch, "b", now_ms + 9000, 0, now_ms + 6000, now_ms + 6000, 4000);
	CHECK_INT(nt_clock_watch_offsets(watch, unused, 1), 1);
	check_refused(&q, NT_TSP_TIME_NOT_AVAILABLE, VF_CLOCK_DOUBT, "timeNotAvailable");
	nt_clock_watch_trust(watch);
	/* the clock is set back; a little of it is waited for, with the time of the last token */
	now_ms = T0 + 100000;
	get(&a, &q, &t);
	nt_buf_done(&a.x.response);
	now_ms = T0 + 99949;
	check_refused(&q, NT_TSP_TIME_NOT_AVAILABLE, VF_TIME_STOPPED, "timeNotAvailable");
	now_ms = T0 + 99950;
	get(&a, &q, &t);
	CHECK_INT(t.gen_time, T0 + 100000);
	nt_buf_done(&a.x.response);
	/* the CRL runs out: refused until there is a new one */
	now_ms = T0 - T0 % 1000 + 30 * DAY - 1;
	get(&a, &q, &t);
	nt_buf_done(&a.x.response);
	now_ms = T0 - T0 % 1000 + 30 * DAY;
	check_refused(&q, NT_TSP_SYSTEM_FAILURE, VF_TSA_FAILED, "systemFailure");
	CHECK_RC(nt_issuer_check(issuer, NULL), VF_TSA_FAILED);
	CHECK_RC(nt_tsa_refresh(tsa, now_ms, &refreshed, NULL), VF_OK);
	CHECK(refreshed.crl && !refreshed.certificate);
	CHECK_RC(nt_tsa_snapshot(tsa, &s, NULL), VF_OK);
	nt_issuer_set_snapshot(issuer, s);
	s = nt_tsa_snapshot_free(s);
	get(&a, &q, &t);
	nt_buf_done(&a.x.response);
	/* the key's period runs out; the next certificate is another, and the old key signs no more */
	now_ms = T0 - T0 % 1000 + (1825 - 365) * DAY;
	check_refused(&q, NT_TSP_SYSTEM_FAILURE, VF_TSA_FAILED, "systemFailure");
	CHECK_RC(nt_tsa_refresh(tsa, now_ms, &refreshed, NULL), VF_OK);
	CHECK(refreshed.certificate);
	CHECK_RC(nt_tsa_snapshot(tsa, &s, NULL), VF_OK);
	nt_issuer_set_snapshot(issuer, s);
	s = nt_tsa_snapshot_free(s);
	get(&a, &q, &t);
	nt_buf_done(&a.x.response);
	nt_buf_done(&policy);
	stop();
	nt_tsa_free(tsa);
}

static void test_before_the_certificate(void)
{
	struct nt_tsp_request q = {.imprint = imprint_of(VF_SHA256, "data")};

	fresh_tsa("p256");
	start(1, 0);
	now_ms = T0 - 1000;
	check_refused(&q, NT_TSP_TIME_NOT_AVAILABLE, VF_TIME_STOPPED, "timeNotAvailable");
	stop();
	nt_tsa_free(tsa);
}

/* A journal that stopped is said, and nothing leaves. */
static void test_damaged_journal(void)
{
	struct nt_tsp_request q = {.imprint = imprint_of(VF_SHA256, "data")};
	struct nt_issue_journal *j = NULL;
	struct vf_err err = {0};
	struct asked a;
	struct vf_tst t;
	uint64_t cut;
	int dir;

	fresh_tsa("p256");
	start(1, 0);
	get(&a, &q, &t);
	nt_buf_done(&a.x.response);
	stop();
	put_file("journal/2026-01-01", vf_bytes_str("nothing of ours\n"));
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	CHECK_RC(nt_issue_journal_open(
			 &(struct nt_issue_journal_options){.folder = dir, .origin = config.origin}, &j, &cut, &err),
		VF_STORE_CORRUPT);
	CHECK(strstr(err.text, "line 1") != NULL);
	close(dir);
	nt_tsa_free(tsa);
}

/* ---- load ---- */

#define MANY 600

static void test_many(void)
{
	static struct asked a[MANY];
	struct nt_tsp_request q = {.imprint = imprint_of(VF_SHA256, "data"), .cert_req = true};
	size_t refused = 0;

	fresh_tsa("p256");
	start(4, MANY);
	for (int i = 0; i < MANY; i++) {
		ask(&a[i], &q);
		now_ms++;
	}
	for (int i = 0; i < MANY; i++) {
		wait_for(&a[i]);
		CHECK(a[i].x.granted);
		nt_buf_done(&a[i].x.response);
	}
	read_journal(); /* which checks numbers and times */
	CHECK_INT(noted.n, MANY);
	stop();
	/* a queue that is full: who asks is told at once, and what was taken is answered at the end */
	start(1, 4);
	now_ms = T0 + 100000;
	for (int i = 0; i < 40; i++) {
		struct vf_err err = {0};

		memset(&a[i], 0, sizeof(a[i]));
		sem_init(&a[i].done, 0, 0);
		a[i].x = (struct nt_issue){.request = q, .response = nt_buf(65536), .done = on_done, .ctx = &a[i]};
		if (nt_issuer_ask(issuer, &a[i].x, &err) != VF_OK) {
			CHECK_RC(err.rc, VF_HTTP_BUSY);
			a[i].x.ctx = NULL;
			refused++;
		}
	}
	CHECK(refused > 0 && refused <= 36);
	issuer = nt_issuer_free(issuer);
	stop();
	for (int i = 0; i < 40; i++)
		if (a[i].x.ctx) {
			wait_for(&a[i]);
			CHECK(a[i].x.granted);
			nt_buf_done(&a[i].x.response);
		}
	nt_tsa_free(tsa);
}

int main(void)
{
	fixture_begin();
	test_tokens("p256");
	test_tokens("rsa3072");
	test_journal();
	test_refusals();
	test_before_the_certificate();
	test_damaged_journal();
	test_many();
	return fixture_end();
}
