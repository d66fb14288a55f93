/* /tsa of a service whose clock the test moves: doubt, midnight, a CRL that runs out, a queue that is full. */
#include "verify/tst.h"

#include <stdatomic.h>
#include <time.h>

#include "notary/api.h"
#include "notary/clock_watch.h"
#include "notary/issue_check.h"
#include "notary/tsp.h"
#include "tests/folder.h"
#include "tests/http_client.h"

#define T0 INT64_C(1772359872123) /* 2026-03-01T10:11:12.123Z */
#define SECOND INT64_C(1000)
#define DAY (86400 * SECOND)

static char base[256], dir[300];
static int64_t started;
static atomic_llong moved; /* how far the clock was moved by hand */
static struct nt_notary *notary;
static struct nt_access *parties;
static struct nt_clock_watch *watch;
static struct nt_api *api;
static struct nt_http *server;
static struct nt_config config;

static int64_t boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Goes as time does, from T0 on. */
static int64_t the_clock(void *ctx)
{
	(void)ctx;
	return T0 + boot_ms() - started + moved;
}

static void start(uint32_t endpoint)
{
	struct nt_http_config h = {.route = nt_api_route, .handler = nt_api_handle, .event = nt_api_event};

	CHECK_RC(nt_notary_open(dir, the_clock, NULL, &notary, NULL), VF_OK);
	CHECK_RC(nt_notary_access(notary, true, &parties, NULL), VF_OK);
	config = *nt_notary_config(notary);
	config.tsa_endpoint = endpoint;
	config.seal_ms = 20;
	watch = nt_clock_watch_new(config.clock_bound_ms);
	CHECK_RC(nt_api_new(&(struct nt_api_options){.notary = notary, .access = parties, .config = &config, .watch = watch},
			 &api, NULL),
		VF_OK);
	h.ctx = api;
	CHECK_RC(nt_http_new(&h, &server, NULL), VF_OK);
	if (!server)
		exit(1);
	nt_api_set_server(api, server);
	CHECK_RC(nt_api_tick(api, NULL), VF_OK);
}

static void stop(void)
{
	nt_api_stop(api);
	server = nt_http_free(server);
	api = nt_api_free(api);
	watch = nt_clock_watch_free(watch);
	notary = nt_notary_free(notary);
}

static void fresh(void)
{
	struct nt_init init = {.origin = "test.example/1", .now_ms = T0};

	folder_make(base);
	snprintf(dir, sizeof(dir), "%s/n", base);
	started = boot_ms();
	moved = 1000;
	CHECK_RC(nt_notary_init(dir, &init, NULL), VF_OK);
}

/* ---- asking ---- */

static int get(const char *path, const char *words)
{
	struct http_answer a = {0};
	char request[200];
	int status;

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	status = http_ask(nt_http_port(server), request, &a);
	if (words && !memmem(a.body, a.n, words, strlen(words)))
		CHECK_FAIL("GET %s: \"%s\" is not in \"%.*s\"", path, words, (int)a.n, (const char *)a.body);
	http_answer_done(&a);
	return status;
}

/* A request for a token; its time, or 0 with the answer's text in why. */
static int64_t ask(char why[400])
{
	struct nt_tsp_request q = {.nonce = vf_bytes((const uint8_t *)"\x01\x02", 2)};
	struct http_client c = http_connect(nt_http_port(server));
	struct nt_buf body = nt_buf(NT_TSP_MAX_REQUEST);
	struct http_answer a = {0};
	struct vf_bytes token;
	struct vf_tst t = {0};
	char head[200];

	why[0] = '\0';
	CHECK_RC(vf_digest(VF_SHA256, vf_bytes_str("data"), &q.imprint, NULL), VF_OK);
	CHECK_RC(nt_tsp_request_put(&body, &q, NULL), VF_OK);
	snprintf(head, sizeof(head),
		"POST /tsa HTTP/1.1\r\nHost: x\r\nContent-Type: application/timestamp-query\r\nContent-Length: "
		"%zu\r\n\r\n",
		body.n);
	http_say(&c, head);
	CHECK(http_send(&c, nt_buf_bytes(&body)));
	CHECK_INT(http_read(&c, &a, false), 200);
	if (nt_tsp_response_token(vf_bytes(a.body, a.n), &token, NULL) == VF_OK)
		CHECK_RC(vf_tst_parse(token, &t, NULL), VF_OK);
	else
		nt_tsp_status_text(vf_bytes(a.body, a.n), why, 400);
	http_answer_done(&a);
	http_end(&c);
	nt_buf_done(&body);
	return t.gen_time;
}

static void check_granted(void)
{
	char why[400];
	int64_t before = the_clock(NULL), got = ask(why);

	CHECK_STR(why, "");
	CHECK(got >= before && got <= the_clock(NULL));
}

static void check_refused(const char *words)
{
	char why[400];

	CHECK_INT(ask(why), 0);
	if (!strstr(why, words))
		CHECK_FAIL("\"%s\" is not in \"%s\"", words, why);
}

/* An authority that is right about the time. */
static void confirm(void)
{
	int64_t now = the_clock(NULL);

	nt_clock_watch_sample(watch, "alpha", now, 10, now, now, boot_ms() + 1);
}

/* ---- cases ---- */

static void test_doubt(void)
{
	int64_t now;

	start(1);
	check_granted();
	CHECK_INT(get("/readyz", "ready"), 200);
	CHECK_INT(get("/metrics", "\nnotary_clock_doubt 0\n"), 200);
	CHECK_INT(get("/metrics", "\nnotary_tsa_cert_expiry_timestamp_seconds 1898503872\n"),
		200); /* T0 and 1825 - 365 days */
	/* no tick is needed: the next request sees it */
	moved += 5 * SECOND;
	check_refused("timeNotAvailable: the clock is in doubt");
	CHECK_INT(get("/readyz", "CLOCK_DOUBT"), 503);
	CHECK_INT(get("/metrics", "\nnotary_clock_doubt 1\n"), 200);
	CHECK_INT(get("/metrics", "\nnotary_tsa_refused_total{fail=\"timeNotAvailable\"} 1\n"), 200);
	CHECK_INT(get("/tsa/certificates", "BEGIN CERTIFICATE"), 200);
	moved -= 5 * SECOND; /* back again, and still in doubt */
	check_refused("timeNotAvailable");
	confirm();
	check_granted();
	CHECK_INT(get("/readyz", "ready"), 200);
	CHECK_INT(get("/metrics", "\nnotary_tsa_issued_total 2\n"), 200);
	now = the_clock(NULL);
	nt_clock_watch_sample(watch, "alpha", now - 4 * SECOND, 0, now, now, boot_ms());
	check_refused("timeNotAvailable");
	CHECK_INT(get("/metrics", "\nnotary_clock_offset_seconds{tsa=\"other\"} 4\n"), 200);
	stop();
	/* a restart is the operator's word */
	start(1);
	check_granted();
	stop();
}

/* Ticks until the journal's days are notarised, or for a minute. */
static void tick_until_done(const char *mark)
{
	for (int i = 0; i < 6000 && access(mark, F_OK) != 0; i++) {
		CHECK_RC(nt_api_tick(api, NULL), VF_OK);
		usleep(10000);
	}
	CHECK_INT(access(mark, F_OK), 0);
}

static void test_midnight(void)
{
	struct nt_issue_counts counts = {0};
	uint64_t faults = 9;
	char mark[400];

	snprintf(mark, sizeof(mark), "%s/tsa/journal/2026-03-01.record", dir);
	start(1);
	check_granted();
	/* a clock that ran a day ahead ends no day */
	moved += DAY;
	for (int i = 0; i < 20; i++)
		CHECK_RC(nt_api_tick(api, NULL), VF_OK);
	moved -= DAY;
	CHECK_RC(nt_api_tick(api, NULL), VF_OK);
	confirm();
	CHECK_RC(nt_api_tick(api, NULL), VF_OK);
	check_granted();
	CHECK(access(mark, F_OK) != 0);
	/* the real midnight */
	moved += DAY;
	CHECK_RC(nt_api_tick(api, NULL), VF_OK);
	confirm();
	tick_until_done(mark);
	check_granted();
	stop();
	CHECK_RC(nt_notary_open(dir, the_clock, NULL, &notary, NULL), VF_OK);
	CHECK_RC(nt_issue_check(notary, NULL, NULL, &counts, &faults, NULL), VF_OK);
	CHECK_INT(faults, 0);
	CHECK_INT(counts.days, 2);
	CHECK_INT(counts.notarised, 1);
	notary = nt_notary_free(notary);
	/* turned off, the last day is notarised all the same, and nothing is served */
	snprintf(mark, sizeof(mark), "%s/tsa/journal/2026-03-02.record", dir);
	moved += DAY;
	start(0);
	CHECK_INT(get("/tsa/certificates", "HTTP_NOT_FOUND"), 404);
	tick_until_done(mark);
	CHECK_INT(get("/readyz", "ready"), 200);
	stop();
}

/* Nothing was sealed for a month: the CRL is made again for the tokens alone. */
static void test_crl(void)
{
	char why[400] = "x";

	start(1);
	check_granted();
	moved += 31 * DAY;
	CHECK_RC(nt_api_tick(api, NULL), VF_OK);
	confirm();
	for (int i = 0; i < 6000 && why[0]; i++) {
		CHECK_RC(nt_api_tick(api, NULL), VF_OK);
		(void)ask(why);
		usleep(10000);
	}
	CHECK_STR(why, "");
	CHECK_INT(get("/readyz", "ready"), 200);
	stop();
}

int main(void)
{
	fresh();
	test_doubt();
	test_midnight();
	test_crl();
	folder_remove(base);
	return check_done();
}
