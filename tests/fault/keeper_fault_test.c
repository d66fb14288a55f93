/*
 * Faults around a running notary: its clock (F25, F26), its disk (F16, F17, F19), its keys (F54), memory that
 * changes between two steps (F22), several processes on one folder (F24), and exports of the same record (F56).
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "notary/failpoint.h"
#include "notary/keeper.h"
#include "notary/receipt_out.h"
#include "tests/fault/disk.h"
#include "tests/folder.h"
#include "tests/made.h"
#include "tests/notary_fixture.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

/* An offer of one record, and how it ended. */
struct offered {
	struct nt_offer offer;
	struct made made;
	enum nt_accepted result;
	enum vf_rc rc;
	bool ended;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t next_record = 1;

static void on_done(struct nt_offer *o, enum vf_rc rc, const struct vf_err *err)
{
	struct offered *x = o->ctx;

	(void)err;
	pthread_mutex_lock(&lock);
	x->rc = rc;
	x->ended = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Offers one new record and waits for its end. */
static enum vf_rc offer(struct nt_keeper *k, struct offered *x)
{
	struct vf_err err = {0};
	enum vf_rc rc;

	memset(x, 0, sizeof(*x));
	made_record(&x->made, NULL, next_record++, false);
	x->offer = (struct nt_offer){.submissions = &x->made.s, .n = 1, .results = &x->result, .done = on_done, .ctx = x};
	rc = nt_keeper_offer(k, &x->offer, &err);
	if (rc != VF_OK)
		return rc;
	pthread_mutex_lock(&lock);
	while (!x->ended)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return x->rc;
}

/* Waits until the keeper has sealed more than before, or has failed. */
static struct nt_keeper_counts await_seal(struct nt_keeper *k, uint64_t before)
{
	struct nt_keeper_counts c;

	nt_keeper_seal_soon(k);
	for (int i = 0; i < 20000; i++) {
		nt_keeper_get_counts(k, &c);
		if (c.seals > before || c.failed != VF_OK || c.seal_faults > 0)
			return c;
		usleep(1000);
	}
	CHECK(false); /* it does not seal */
	return c;
}

static struct nt_keeper *start(struct fixture *f)
{
	struct nt_keeper_options o = {.seal_ms = 1000000};
	struct nt_keeper *k = NULL;
	struct vf_err err = {0};

	fixture_need(nt_keeper_new(f->n, &o, &k, &err), &err, "keeper");
	return k;
}

static void see(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx;
	fprintf(stderr, "  finding: %s: %s\n", vf_rc_name(rc), text);
}

/* Opened again it is whole, has all that was told, and seals what waits (I1, I12). */
static void check_again(struct fixture *f, const struct offered *told, size_t n)
{
	uint64_t faults = 0, seals, size, pending;
	struct vf_err err = {0};
	struct nt_keeper *k;

	f->n = nt_notary_free(f->n);
	f->now += 1000;
	fixture_need(nt_notary_open(f->notary, fixture_clock, f, &f->n, &err), &err, "open again");
	k = start(f);
	nt_keeper_free(k);
	CHECK_RC(nt_notary_counts(f->n, &seals, &size, &pending, &err), VF_OK);
	CHECK_INT(pending, 0);
	for (size_t i = 0; i < n; i++) {
		struct nt_record *r = NULL;

		if (told[i].rc != VF_OK || !told[i].ended)
			continue;
		CHECK_RC(nt_notary_get(f->n, &told[i].made.s.id, &r, &err), VF_OK);
		CHECK(r != NULL && r->state == NT_SEALED);
		nt_record_free(r);
	}
	CHECK_RC(nt_notary_fsck(f->n, see, NULL, &faults, &err), VF_OK);
	CHECK_INT(faults, 0);
	CHECK_RC(nt_notary_audit(f->n, see, NULL, &faults, &err), VF_OK);
	CHECK_INT(faults, 0);
}

/* ---- clock ---- */

static void test_clock_back(int64_t jump)
{
	struct offered x[3];
	struct nt_keeper *k;
	struct nt_keeper_counts c;
	struct fixture f;

	fixture_begin(&f);
	k = start(&f);
	CHECK_RC(offer(k, &x[0]), VF_OK);
	c = await_seal(k, 0);
	CHECK_INT(c.failed, VF_OK);
	f.now -= jump;
	CHECK_RC(offer(k, &x[1]), VF_TIME_STOPPED);
	nt_keeper_get_counts(k, &c);
	CHECK_INT(c.failed, VF_TIME_STOPPED);
	/* The clock is right again, but nobody knows what else went wrong: closed and opened first (I9). */
	f.now += jump + 1000;
	CHECK_RC(offer(k, &x[2]), VF_TIME_STOPPED);
	nt_keeper_free(k);
	check_again(&f, x, 3);
	fixture_end(&f);
}

/* Between acceptance and seal: what was accepted is not sealed at an earlier time. */
static void test_clock_back_at_seal(void)
{
	struct offered x;
	struct nt_keeper *k;
	struct nt_keeper_counts c;
	struct fixture f;

	fixture_begin(&f);
	k = start(&f);
	CHECK_RC(offer(k, &x), VF_OK);
	f.now -= 500;
	c = await_seal(k, 0);
	CHECK_INT(c.failed, VF_TIME_STOPPED);
	CHECK_INT(c.seals, 0);
	nt_keeper_free(k);
	f.now += 1000;
	check_again(&f, &x, 1);
	fixture_end(&f);
}

/* A clock that was ahead: what was signed then binds until that time has come, and not a moment longer. */
static void test_clock_ahead(int64_t jump)
{
	struct offered x[4];
	struct nt_keeper *k;
	struct nt_keeper_counts c;
	struct vf_err err = {0};
	struct fixture f;

	fixture_begin(&f);
	k = start(&f);
	CHECK_RC(offer(k, &x[0]), VF_OK);
	f.now += jump;
	CHECK_RC(offer(k, &x[1]), VF_OK);
	c = await_seal(k, 0);
	CHECK_INT(c.failed, VF_OK);
	nt_keeper_free(k);
	f.now -= jump;
	f.n = nt_notary_free(f.n);
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	k = start(&f);
	CHECK_RC(offer(k, &x[2]), VF_TIME_STOPPED);
	nt_keeper_free(k);
	f.now += jump;
	check_again(&f, x, 2);
	k = start(&f);
	CHECK_RC(offer(k, &x[3]), VF_OK);
	nt_keeper_free(k);
	check_again(&f, x, 4);
	fixture_end(&f);
}

/* ---- disk ---- */

/* Full or failing from the m-th change on, then well again: nothing acknowledged is lost, and it works on. */
static void test_disk(enum disk_fault fault, long m)
{
	struct disk_plan plan = {.fault = fault, .at = m, .calls = LONG_MAX / 2};
	struct offered x[4];
	struct nt_keeper *k;
	struct nt_keeper_counts c;
	struct fixture f;

	memset(x, 0, sizeof(x));
	fixture_begin(&f);
	k = start(&f);
	CHECK_RC(offer(k, &x[0]), VF_OK);
	disk_begin(f.notary, &plan);
	if (offer(k, &x[1]) == VF_OK) {
		c = await_seal(k, 0);
		CHECK_INT(c.failed, VF_IO);
	}
	nt_keeper_get_counts(k, &c);
	CHECK_INT(c.failed, VF_IO);
	CHECK(offer(k, &x[2]) == VF_IO);
	/* There is room again; the keeper does not trust it. */
	disk_begin(NULL, NULL);
	CHECK(offer(k, &x[3]) == VF_IO);
	nt_keeper_free(k);
	check_again(&f, x, 4);
	fixture_end(&f);
}

static long signatures, wrong_at;
/* Stands before OpenSSL's: one signature has a wrong bit. */
int EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *n, const unsigned char *p, size_t len)
{
	static int (*next)(EVP_MD_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);
	int got;

	if (next == NULL)
		next = (int (*)(EVP_MD_CTX *, unsigned char *, size_t *, const unsigned char *, size_t))(uintptr_t)dlsym(
			RTLD_NEXT, "EVP_DigestSign");
	got = next(ctx, sig, n, p, len);
	if (got == 1 && sig != NULL && ++signatures == wrong_at)
		sig[*n - 1] ^= 1;
	return got;
}

/* A wrong signature never leaves: each in turn, of acceptance, receipt, log and seal (F54). */
static void test_signatures(void)
{
	bool ended = false;

	for (long k = 1; !ended; k++) {
		struct offered x = {.rc = VF_OK, .ended = true};
		struct nt_receipts *g = NULL;
		struct vf_entry e;
		struct nt_sealed s;
		struct fixture f;
		struct vf_err err = {0};
		enum nt_accepted how;
		enum vf_rc rc;

		wrong_at = 0;
		fixture_begin(&f);
		made_record(&x.made, NULL, next_record++, false);
		e = (struct vf_entry){.id = x.made.s.id, .id512 = x.made.s.id512, .slot = x.made.s.slot};
		fixture_need(nt_receipts_new(&g, &err), &err, "receipts");
		fixture_need(nt_receipts_add(g, &e, &err), &err, "receipt");
		signatures = 0;
		wrong_at = k;
		rc = nt_notary_accept(f.n, &x.made.s, 1, &how, &err);
		if (rc == VF_OK)
			rc = nt_notary_sign_receipts(f.n, g, &err);
		f.now += 25 * HOUR; /* a new list of the authority is due */
		if (rc == VF_OK)
			rc = nt_notary_seal(f.n, &s, &err);
		ended = signatures < k;
		CHECK_RC(rc, ended ? VF_OK : VF_SIGNER_FAILED);
		wrong_at = 0;
		check_again(&f, &x, 1);
		nt_receipts_free(g);
		fixture_end(&f);
		CHECK(k < 20);
		if (ended)
			CHECK(k > 4); /* receipt, checkpoint, list, token */
	}
}

static const char *flip_folder;
static void flip_staged(void *ctx, const char *name)
{
	char path[1400];
	struct dirent *e;
	DIR *d;

	(void)ctx;
	if (strcmp(name, "staged") != 0)
		return;
	snprintf(path, sizeof(path), "%s/staging", flip_folder);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/staging/%s", flip_folder, e->d_name);
			folder_flip(path, 150);
		}
	closedir(d);
}

/* What was hashed and what is stored differ by a bit: the root is computed again from what was stored (F22). */
static void test_memory(void)
{
	struct offered x = {.rc = VF_OK, .ended = true};
	struct nt_sealed s;
	struct fixture f;
	struct vf_err err = {0};
	enum nt_accepted how;

	fixture_begin(&f);
	made_record(&x.made, NULL, next_record++, false);
	CHECK_RC(nt_notary_accept(f.n, &x.made.s, 1, &how, &err), VF_OK);
	flip_folder = f.notary;
	nt_failpoint_set(flip_staged, NULL);
	CHECK_RC(nt_notary_seal(f.n, &s, &err), VF_STORE_CORRUPT);
	nt_failpoint_set(NULL, NULL);
	CHECK_RC(nt_notary_seal(f.n, &s, &err), VF_STORE_CORRUPT);
	check_again(&f, &x, 1);
	fixture_end(&f);
}

/* ---- instances ---- */

#define PROCESSES 5
#define TURNS 6

/* Opens as often as it can get in, accepts and seals; tells what was accepted. */
static int one_instance(const char *dir, int64_t *now, struct vf_hash *told, uint64_t from)
{
	struct fixture clock = {0};
	unsigned done = 0;

	for (int tries = 0; done < TURNS && tries < 200000; tries++) {
		struct nt_notary *n = NULL;
		struct nt_sealed s;
		struct made m;
		enum nt_accepted how;
		struct vf_err err;
		enum vf_rc rc = nt_notary_open(dir, fixture_clock, &clock, &n, &err);

		if (rc == VF_STORE_BUSY) {
			usleep(200);
			continue;
		}
		if (rc != VF_OK) {
			fprintf(stderr, "an instance: %s: %s\n", vf_rc_name(rc), err.text);
			return 1;
		}
		/* The one that has it open is alone: the clock in shared memory needs no lock. */
		clock.now = *now + 100;
		made_record(&m, NULL, from + done, false);
		rc = nt_notary_accept(n, &m.s, 1, &how, &err);
		if (rc == VF_OK)
			told[done++] = m.s.id;
		if (rc == VF_OK && done % 2 == 0)
			rc = nt_notary_seal(n, &s, &err);
		*now = clock.now;
		nt_notary_free(n);
		if (rc != VF_OK) {
			fprintf(stderr, "an instance: %s: %s\n", vf_rc_name(rc), err.text);
			return 1;
		}
		usleep(500);
	}
	return done == TURNS ? 0 : 2;
}

/* Several at once: one at a time gets in, and nothing of any is lost (I3). */
static void test_instances(void)
{
	struct shared {
		int64_t now;
		struct vf_hash told[PROCESSES][TURNS];
	} *all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[PROCESSES];
	struct fixture f;
	struct vf_err err = {0};

	fixture_begin(&f);
	f.n = nt_notary_free(f.n);
	all->now = f.now;
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(one_instance(f.notary, &all->now, all->told[i], 100000 + (uint64_t)i * TURNS));
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;

		CHECK(waitpid(pids[i], &status, 0) == pids[i] && WIFEXITED(status));
		CHECK_INT(WEXITSTATUS(status), 0);
	}
	f.now = all->now + 1000;
	fixture_need(nt_notary_open(f.notary, fixture_clock, &f, &f.n, &err), &err, "open");
	check_again(&f, NULL, 0);
	for (int i = 0; i < PROCESSES * TURNS; i++) {
		struct nt_record *r = NULL;

		CHECK_RC(nt_notary_get(f.n, &all->told[i / TURNS][i % TURNS], &r, &err), VF_OK);
		nt_record_free(r);
	}
	munmap(all, sizeof(*all));
	fixture_end(&f);
}

/* Somebody removes the lock's file, so that a second one passes it: the databases' own locks stop it. */
static void test_lock_removed(void)
{
	struct fixture f;
	struct vf_err err = {0};
	struct offered x = {.rc = VF_OK, .ended = true};
	enum nt_accepted how;
	int status = -1;
	pid_t pid;

	fixture_begin(&f);
	made_record(&x.made, NULL, next_record++, false);
	CHECK_INT(unlink(folder_path(f.notary, "lock")), 0);
	pid = fork();
	if (pid == 0) {
		struct nt_notary *n = NULL;

		_exit(nt_notary_open(f.notary, fixture_clock, &f, &n, &err) == VF_STORE_BUSY ? 0 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	CHECK_RC(nt_notary_accept(f.n, &x.made.s, 1, &how, &err), VF_OK);
	fixture_seal(&f);
	check_again(&f, &x, 1);
	fixture_end(&f);
}

/* Two exports of one record: the same octets, and one of two files of one name. */
static void test_exports(void)
{
	static const struct nt_export_options options;
	VF_CLEANUP(nt_buf_done) struct nt_buf a = nt_buf(1 << 24), b = nt_buf(1 << 24);
	struct nt_exporter *first = NULL, *second = NULL;
	struct fixture f;
	struct vf_err err = {0};
	struct vf_bytes file;
	char path[200];

	fixture_begin(&f);
	fixture_submit(&f, TR_OTHER, "one.txt", "one\n");
	fixture_seal(&f);
	snprintf(path, sizeof(path), "%s/one.asice", f.dir);
	CHECK_RC(nt_exporter_new(f.n, &first, &err), VF_OK);
	CHECK_RC(nt_exporter_new(f.n, &second, &err), VF_OK);
	CHECK_RC(nt_exporter_bundle(first, &f.last, &options, &a, &err), VF_OK);
	f.now += 12345;
	CHECK_RC(nt_exporter_bundle(second, &f.last, &options, &b, &err), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&a), nt_buf_bytes(&b));
	CHECK_RC(nt_exporter_put(first, &f.last, &options, path, &err), VF_OK);
	CHECK_RC(nt_exporter_put(second, &f.last, &options, path, &err), VF_OK);
	CHECK_RC(nt_exporter_flush(second, &err), VF_OK);
	CHECK_RC(nt_exporter_flush(first, &err), VF_EXISTS);
	file = check_read(path);
	CHECK_BYTES(file, nt_buf_bytes(&a));
	free((void *)(uintptr_t)file.p);
	nt_exporter_free(first);
	nt_exporter_free(second);
	fixture_end(&f);
}

int main(void)
{
	static const int64_t back[] = {1000, HOUR, 3650 * DAY}, ahead[] = {HOUR, 3650 * DAY};
	static const enum disk_fault faults[] = {DISK_ENOSPC, DISK_EIO, DISK_EROFS};

	for (size_t i = 0; i < 3; i++)
		test_clock_back(back[i]);
	test_clock_back_at_seal();
	for (size_t i = 0; i < 2; i++)
		test_clock_ahead(ahead[i]);
	for (size_t i = 0; i < 3; i++)
		for (long m = 1; m < 40; m += 6)
			test_disk(faults[i], m);
	test_signatures();
	test_memory();
	test_instances();
	test_lock_removed();
	test_exports();
	return check_done();
}
