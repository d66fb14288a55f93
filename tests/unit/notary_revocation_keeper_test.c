#include "notary/revocation_keeper.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "notary/revocation_due.h"
#include "tests/folder.h"

#include "tests/unit/tsa_world.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define T(text) make_time(text)

/* ---- when ---- */

static struct vf_hash hash_of(const char *text)
{
	return vf_sha256(vf_bytes_str(text));
}

static struct nt_revocation statement(const char *subject, enum nt_revocation_kind kind, int64_t this_update, int64_t next_update)
{
	return (struct nt_revocation){.kind = kind, .subject = hash_of(subject), .this_update = this_update, .next_update = next_update};
}

static void test_due(void)
{
	struct nt_revocation_line l = {.newest = 1000 * DAY, .leaf_end = VF_TIME_NONE, .asked = VF_TIME_NONE};
	struct nt_revocation r;
	struct vf_hash leaf = hash_of("leaf");

	CHECK_INT(nt_revocation_due(&l), INT64_MIN);
	/* it failed: after a minute, two, four … an hour */
	l.asked = 1000 * DAY;
	for (unsigned i = 1; i < 12; i++) {
		l.failures = i;
		CHECK_INT(nt_revocation_due(&l) - l.asked, i < 7 ? MINUTE << (i - 1) : HOUR);
	}
	l.failures = UINT32_MAX;
	CHECK_INT(nt_revocation_due(&l) - l.asked, HOUR);
	/* the list is from before the token: when the next one is to be expected, and a moment more */
	l.failures = 0;
	r = statement("leaf", NT_REVOCATION_CRL, 999 * DAY, 1003 * DAY);
	nt_revocation_hold(&l, &r);
	CHECK_INT(nt_revocation_due(&l), 1003 * DAY + MINUTE);
	CHECK(!nt_revocation_is_settled(&l, &leaf));
	/* an answer that names no successor: after a day */
	r = statement("leaf", NT_REVOCATION_OCSP, 1000 * DAY - HOUR, VF_TIME_NONE);
	nt_revocation_hold(&l, &r);
	CHECK_INT(nt_revocation_due(&l), 1001 * DAY - HOUR + MINUTE);
	/* one at the very time of the token is not after it */
	r = statement("leaf", NT_REVOCATION_OCSP, 1000 * DAY, 1000 * DAY + HOUR);
	nt_revocation_hold(&l, &r);
	CHECK_INT(nt_revocation_due(&l), 1000 * DAY + HOUR + MINUTE);
	CHECK(!nt_revocation_is_settled(&l, &leaf));
	r.this_update++;
	nt_revocation_hold(&l, &r);
	CHECK_INT(nt_revocation_due(&l), 1003 * DAY + MINUTE);
	CHECK(nt_revocation_is_settled(&l, &leaf));
	CHECK(!nt_revocation_is_settled(&l, &r.subject) == !vf_hash_eq(&leaf, &r.subject));
	/* older ones change nothing */
	r = statement("leaf", NT_REVOCATION_OCSP, 5, 6);
	nt_revocation_hold(&l, &r);
	CHECK_INT(l.n_held, 2);
	CHECK(nt_revocation_is_settled(&l, &leaf));
	/* all is after the token: nothing more */
	r = statement("leaf", NT_REVOCATION_CRL, 1003 * DAY, 1010 * DAY);
	nt_revocation_hold(&l, &r);
	CHECK_INT(nt_revocation_due(&l), NT_REVOCATION_NEVER);
	/* an overdue list: not more often than once a minute */
	l.newest = 1011 * DAY;
	l.asked = 1012 * DAY;
	CHECK_INT(nt_revocation_due(&l), 1012 * DAY + MINUTE);
}

static void test_end(void)
{
	struct nt_revocation_line l = {.newest = 1000 * DAY, .leaf_end = 1100 * DAY, .asked = 1001 * DAY};
	struct nt_revocation r = statement("leaf", NT_REVOCATION_CRL, 1001 * DAY, 1008 * DAY);

	nt_revocation_hold(&l, &r);
	/* all is settled: once more, a day before the end */
	CHECK_INT(nt_revocation_due(&l), 1099 * DAY);
	CHECK(!nt_revocation_is_last(&l, 1099 * DAY - 1));
	CHECK(nt_revocation_is_last(&l, 1099 * DAY));
	l.asked = 1099 * DAY;
	CHECK(!nt_revocation_is_last(&l, 1099 * DAY));
	CHECK_INT(nt_revocation_due(&l), NT_REVOCATION_NEVER);
	/* a failure then is tried again, until the end */
	l.failures = 7;
	CHECK_INT(nt_revocation_due(&l), 1099 * DAY + HOUR);
	l.asked = 1100 * DAY - HOUR;
	CHECK_INT(nt_revocation_due(&l), 1100 * DAY);
	l.asked = 1100 * DAY - HOUR + 1;
	CHECK_INT(nt_revocation_due(&l), NT_REVOCATION_NEVER);
	/* what is owed is not waited for beyond the end */
	l = (struct nt_revocation_line){.newest = 1099 * DAY + HOUR, .leaf_end = 1100 * DAY, .asked = 1099 * DAY + HOUR};
	r = statement("leaf", NT_REVOCATION_CRL, 1099 * DAY, 1106 * DAY);
	nt_revocation_hold(&l, &r);
	CHECK_INT(nt_revocation_due(&l), NT_REVOCATION_NEVER);
}

static void test_many(void)
{
	struct nt_revocation_line l = {.newest = 10};
	struct nt_revocation r;
	char name[20];

	for (size_t i = 0; i < NT_MAX_REVOCATIONS + 3; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		r = statement(name, NT_REVOCATION_CRL, 20, 30);
		nt_revocation_hold(&l, &r);
	}
	CHECK_INT(l.n_held, NT_MAX_REVOCATIONS);
}

/* ---- asking ---- */

static char folder[256];
static int fd;
static struct nt_authorities authorities;
static int64_t now;
static struct nt_revocation_keeper *keeper;

struct kept {
	size_t calls, n;
	bool refuse;
	struct nt_revocation list[256]; /* der is empty */
	pthread_mutex_t lock;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t clock_now(void *ctx)
{
	(void)ctx;
	return now;
}

static bool keep(void *ctx, const struct nt_revocation_answer *list, size_t n)
{
	struct kept *k = ctx;
	bool refuse;

	pthread_mutex_lock(&k->lock);
	k->calls++;
	for (size_t i = 0; i < n && !k->refuse; i++) {
		CHECK(list[i].revocation.der.n > 0 && vf_bytes_is(list[i].revocation.authority, "alpha"));
		MUST(k->n < 256);
		k->list[k->n++] = list[i].revocation;
	}
	refuse = k->refuse;
	pthread_mutex_unlock(&k->lock);
	return !refuse;
}

static void open_keeper(void)
{
	struct nt_revocation_keeper_options o = {.authorities = &authorities, .folder = fd, .clock = clock_now, .fetch = fetch_served,
		.found = keep, .ctx = &kept};
	struct vf_err err = {0};

	kept.calls = kept.n = 0;
	kept.refuse = false;
	keeper = nt_revocation_keeper_free(keeper);
	CHECK_RC(nt_revocation_keeper_new(&o, &keeper, &err), VF_OK);
	if (!keeper)
		exit(1);
}

static void serve_all(void)
{
	n_served = 0;
	serve(ROOT_CRL, root_crl("20250301000000Z", "20260401000000Z"));
	serve(CA_CRL, ca_crl("20250309000000Z", "20250316000000Z"));
	serve(CA_OCSP, make_ocsp(&(struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = -1,
		.from = "20250309180000Z", .to = "20250310180000Z"}));
}

/* Steps until nothing is due; how many there were. */
static size_t run_due(int64_t *ret_next)
{
	size_t n = 0;

	while (n < 20 && nt_revocation_keeper_step(keeper, ret_next))
		n++;
	return n;
}

static struct nt_revocation_state state(void)
{
	struct nt_revocation_state s;

	CHECK(nt_revocation_keeper_get_state(keeper, vf_bytes_str("alpha"), &s));
	return s;
}

static void stamp(const char *gen_time)
{
	nt_revocation_keeper_token(keeper, vf_bytes_str("alpha"), make_unit_token(tsu_cert, gen_time));
}

/* A token, then its successor lists, then nothing until the end of the certificate. */
static void test_life(void)
{
	int64_t next = 0;

	open_keeper();
	serve_all();
	now = T("2025-03-10T00:00:00Z");
	CHECK(!nt_revocation_keeper_step(keeper, &next));
	CHECK_INT(next, NT_REVOCATION_NEVER);
	stamp("20250309235959Z");
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 3);
	CHECK_INT(state().unsettled, 1);
	CHECK_INT(state().certificates, 1);
	CHECK_INT(state().failing, 0);
	CHECK_INT(next, T("2025-03-10T18:01:00Z")); /* the OCSP response's successor */
	/* more tokens of the same certificate are no reason to ask */
	for (int i = 0; i < 5; i++)
		stamp("20250310000001Z");
	now += HOUR;
	CHECK_INT(run_due(&next), 0);
	/* the responder has a younger answer, of after the tokens */
	serve(CA_OCSP, make_ocsp(&(struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = -1,
		.from = "20250310180000Z", .to = "20250311180000Z"}));
	now = T("2025-03-10T18:00:59Z");
	CHECK_INT(run_due(&next), 0);
	now = T("2025-03-10T18:01:00Z");
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 4); /* the list is fresh still */
	CHECK_INT(asked(CA_CRL), 1);
	CHECK_INT(state().unsettled, 0);
	CHECK_INT(next, T("2025-03-16T00:01:00Z"));
	/* the next list */
	now = next;
	serve(CA_CRL, ca_crl("20250316000000Z", "20250323000000Z"));
	serve(CA_OCSP, make_ocsp(&(struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = -1,
		.from = "20250315180000Z", .to = "20250316180000Z"}));
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 6);
	/* settled, but for the root's list, which is from before: its successor is asked for when it is to be expected */
	CHECK_INT(next, T("2026-04-01T00:01:00Z"));
	CHECK_INT(state().failing, 0);
	CHECK_INT(state().good_at, now);
	/* a day before the end, everything once more, though it is fresh */
	now = T("2028-12-31T00:00:00Z");
	serve(ROOT_CRL, root_crl("20281201000000Z", "20290401000000Z"));
	serve(CA_CRL, ca_crl("20281230000000Z", "20290106000000Z"));
	serve(CA_OCSP, make_ocsp(&(struct ocsp_spec){.cert = tsu_cert, .issuer = ca_cert, .key = ca_key, .reason = -1,
		.from = "20281230180000Z", .to = "20281231180000Z"}));
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 9);
	CHECK_INT(next, NT_REVOCATION_NEVER);
	now = T("2030-01-01T00:00:00Z");
	CHECK_INT(run_due(&next), 0);
}

/* Failures are told, tried again with pauses, and over when answers come. */
static void test_failures(void)
{
	int64_t next = 0, first;

	open_keeper();
	serve_all();
	now = first = T("2025-03-10T00:00:00Z");
	serve(CA_CRL, NOTHING);
	stamp("20250309235959Z");
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 2);
	CHECK_INT(state().failing, 1);
	CHECK_INT(state().failed, 1);
	CHECK(strstr(state().why, "nobody is at 'http://mirror.example"));
	CHECK_INT(next, first + MINUTE);
	now = next;
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(next, now + 2 * MINUTE);
	/* what is there and fresh is not asked for each time */
	CHECK_INT(asked(ROOT_CRL), 1);
	CHECK_INT(asked(CA_OCSP), 1);
	CHECK_INT(asked(CA_CRL), 2);
	serve(CA_CRL, ca_crl("20250309000000Z", "20250316000000Z"));
	now = next;
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 3);
	CHECK_INT(state().failing, 0);
	CHECK_STR(state().why, "");
	/* the clock is set back: what is owed is asked for after the usual pause, not after a year */
	open_keeper();
	serve_all();
	serve(CA_CRL, NOTHING);
	now = T("2026-03-10T00:00:00Z");
	stamp("20250309235959Z");
	CHECK_INT(run_due(&next), 1);
	now = T("2025-03-10T00:00:00Z");
	CHECK_INT(run_due(&next), 0);
	CHECK_INT(next, now + MINUTE);
	/* what came could not be stored: asked for again */
	open_keeper();
	serve_all();
	kept.refuse = true;
	stamp("20250309235959Z");
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(state().failing, 1);
	CHECK(strstr(state().why, "could not be kept"));
	kept.refuse = false;
	now = next;
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 3);
}

/* After a start nothing is asked that the store holds. */
static void test_held(void)
{
	struct nt_revocation rows[] = {
		{vf_bytes_str("alpha"), NT_REVOCATION_CRL, subject_of(ca_cert), T("2025-03-01T00:00:00Z"), T("2026-04-01T00:00:00Z"), NOTHING, 0},
		{vf_bytes_str("alpha"), NT_REVOCATION_CRL, subject_of(tsu_cert), T("2025-03-09T00:00:00Z"), T("2025-03-16T00:00:00Z"), NOTHING, 0},
		{vf_bytes_str("alpha"), NT_REVOCATION_CRL, subject_of(tsu_cert), T("2025-03-02T00:00:00Z"), T("2025-03-09T00:00:00Z"), NOTHING, 0},
		{vf_bytes_str("alpha"), NT_REVOCATION_OCSP, subject_of(tsu_cert), T("2025-03-10T00:00:01Z"), T("2025-03-11T00:00:00Z"), NOTHING, 0},
		{vf_bytes_str("beta"), NT_REVOCATION_OCSP, subject_of(tsu_cert), T("2025-03-11T00:00:01Z"), T("2025-03-12T00:00:00Z"), NOTHING, 0},
	};
	int64_t next = 0;

	open_keeper();
	serve_all();
	now = T("2025-03-10T12:00:00Z");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		nt_revocation_keeper_held(keeper, &rows[i]);
	stamp("20250310000000Z");
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(kept.n, 0);
	CHECK_INT(asked(ROOT_CRL) + asked(CA_CRL) + asked(CA_OCSP), 0);
	CHECK_INT(state().unsettled, 0);
	CHECK_INT(next, T("2025-03-16T00:01:00Z"));
}

static void test_passed_over(void)
{
	struct nt_revocation_state s;
	int64_t next = 0;

	open_keeper();
	serve_all();
	now = T("2025-03-10T00:00:00Z");
	nt_revocation_keeper_token(keeper, vf_bytes_str("embedded"), make_unit_token(tsu_cert, "20250309235959Z"));
	nt_revocation_keeper_token(keeper, vf_bytes_str("alpha"), vf_bytes_str("no token"));
	CHECK_INT(run_due(&next), 0);
	CHECK(!nt_revocation_keeper_get_state(keeper, vf_bytes_str("beta"), &s));
	/* a token of the authority that leads to another root: a failure, and nobody was asked */
	nt_revocation_keeper_token(keeper, vf_bytes_str("alpha"), make_file("p256-certs.tst"));
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(state().failing, 1);
	CHECK_INT(asked(ROOT_CRL) + asked(CA_CRL) + asked(CA_OCSP), 0);
}

static void test_revoked(void)
{
	int64_t next = 0;

	open_keeper();
	serve_all();
	now = T("2025-03-10T00:00:00Z");
	serve(CA_CRL, make_crl(&(struct crl_spec){.issuer = "TSA CA", .key = ca_key, .from = "20250309000000Z", .to = "20250316000000Z",
		.entries = {{.serial = 5, .at = "20250301000000Z", .reason = 1}}}));
	stamp("20250309235959Z");
	CHECK_INT(run_due(&next), 1);
	CHECK_INT(state().revoked, 1);
	CHECK_INT(kept.n, 3);
}

/* More certificates than are cared for: those that stamped least lately give way. */
static void test_many_lines(void)
{
	struct cert_spec s = {.issuer = "TSA CA", .key = tsu_key, .issuer_key = ca_key,
		.ext = {{"extendedKeyUsage", "critical,timeStamping"}, {"crlDistributionPoints", "URI:" CA_CRL}}};
	char name[20], time[20];
	int64_t next;

	open_keeper();
	serve_all();
	now = T("2025-03-10T00:00:00Z");
	for (long i = 0; i < 80; i++) {
		snprintf(name, sizeof(name), "TSU %ld", i);
		snprintf(time, sizeof(time), "202503090000%02ldZ", i % 60);
		s.name = name;
		s.serial = 100 + i;
		nt_revocation_keeper_token(keeper, vf_bytes_str("alpha"), make_unit_token(make_cert(&s), time));
	}
	CHECK_INT(state().certificates, 64);
	while (nt_revocation_keeper_step(keeper, &next))
		;
	CHECK_INT(state().asked, 64);
	CHECK_INT(state().failing, 0);
}

/* The thread itself: it wakes for a token, and ends at once. */
static void test_thread(void)
{
	struct vf_err err = {0};
	size_t n = 0;

	open_keeper();
	serve_all();
	now = T("2025-03-10T00:00:00Z");
	CHECK_RC(nt_revocation_keeper_start(keeper, &err), VF_OK);
	stamp("20250309235959Z");
	for (int i = 0; i < 6000 && n < 3; i++) {
		usleep(10000);
		pthread_mutex_lock(&kept.lock);
		n = kept.n;
		pthread_mutex_unlock(&kept.lock);
	}
	CHECK_INT(n, 3);
	keeper = nt_revocation_keeper_free(keeper);
}

static void test_configuration(void)
{
	struct nt_revocation_keeper_options o = {.authorities = &authorities, .folder = fd};
	struct nt_revocation_keeper *k = NULL;
	struct vf_err err = {0};

	strcpy(authorities.list[0].roots, "none.pem");
	CHECK(nt_revocation_keeper_new(&o, &k, &err) != VF_OK && k == NULL);
	folder_run("echo nothing >'%s/none.pem'", folder);
	CHECK_RC(nt_revocation_keeper_new(&o, &k, &err), VF_CONFIG_SHAPE);
	CHECK(strstr(err.text, "none.pem"));
	strcpy(authorities.list[0].roots, "alpha.pem");
}

int main(void)
{
	struct vf_bytes pem;
	FILE *f;

	test_due();
	test_end();
	test_many();
	make_tsa_world();
	folder_make(folder);
	pem = make_pem(root_cert);
	f = fopen(folder_path(folder, "alpha.pem"), "wb");
	MUST(f && fwrite(pem.p, 1, pem.n, f) == pem.n && fclose(f) == 0);
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	MUST(fd >= 0);
	authorities.n = 1;
	nt_authority_default(&authorities.list[0]);
	strcpy(authorities.list[0].name, "alpha");
	strcpy(authorities.list[0].roots, "alpha.pem");
	test_life();
	test_failures();
	test_held();
	test_passed_over();
	test_revoked();
	test_many_lines();
	test_thread();
	test_configuration();
	keeper = nt_revocation_keeper_free(keeper);
	close(fd);
	folder_remove(folder);
	return check_done();
}
