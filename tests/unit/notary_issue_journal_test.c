/* The issue journal: its text, order, days, what a crash leaves, and what is not let pass. */
#include "notary/issue_journal.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "notary/failpoint.h"
#include "tests/folder.h"

#define T0 INT64_C(1772359872123) /* 2026-03-01T10:11:12.123Z */
#define DAY INT64_C(86400000)
#define DAY0 (T0 / DAY)
#define FILE0 "journal/2026-03-01"
#define FILE1 "journal/2026-03-02"

static char base[256];
static int folder = -1;
static size_t syncs, synced_lines;

static void on_synced(void *ctx, double seconds, size_t lines)
{
	(void)ctx;
	CHECK(seconds >= 0 && seconds < 60);
	syncs++;
	synced_lines += lines;
}

static void fresh(void)
{
	if (folder >= 0) {
		close(folder);
		folder_remove(base);
	}
	folder_make(base);
	folder = open(base, O_RDONLY | O_DIRECTORY);
	syncs = synced_lines = 0;
}

static enum vf_rc open_journal(struct nt_issue_journal **ret, uint64_t *ret_cut, struct vf_err *err)
{
	*err = (struct vf_err){0};
	*ret = NULL;
	return nt_issue_journal_open(
		&(struct nt_issue_journal_options){.folder = folder, .origin = "demo.example/1", .synced = on_synced},
		ret, ret_cut, err);
}

static struct nt_issue_journal *must_open(uint64_t want_cut)
{
	struct nt_issue_journal *j;
	struct vf_err err;
	uint64_t cut = 99;

	CHECK_RC(open_journal(&j, &cut, &err), VF_OK);
	if (!j) {
		fprintf(stderr, "cannot go on: %s\n", err.text);
		exit(1);
	}
	CHECK_INT(cut, want_cut);
	return j;
}

static void check_refused(const char *words)
{
	struct nt_issue_journal *j;
	struct vf_err err;
	uint64_t cut = 0;

	CHECK_RC(open_journal(&j, &cut, &err), VF_STORE_CORRUPT);
	if (!strstr(err.text, words))
		CHECK_FAIL("\"%s\" is not in \"%s\"", words, err.text);
	nt_issue_journal_free(j);
}

/* ---- tokens ---- */

struct put {
	struct nt_issue_item item;
	sem_t done;
	enum vf_rc rc;
};

static void on_done(struct nt_issue_item *x, enum vf_rc rc, const struct vf_err *err)
{
	struct put *p = x->ctx;

	(void)err;
	p->rc = rc;
	sem_post(&p->done);
}

static enum vf_rc begin(struct nt_issue_journal *j, struct put *p, int64_t now, struct vf_err *err)
{
	uint8_t random[NT_ISSUED_RANDOM];
	uint64_t number = 0;
	int64_t gen = 0;
	enum vf_rc rc;

	memset(p, 0, sizeof(*p));
	sem_init(&p->done, 0, 0);
	p->item.done = on_done;
	p->item.ctx = p;
	rc = nt_issue_journal_begin(j, now, 50, &number, &gen, err);
	if (rc != VF_OK)
		return rc;
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)(number * 16 + i);
	nt_issued_serial(number, random, p->item.token.serial);
	CHECK_INT(nt_issued_number(p->item.token.serial), number);
	p->item.token.gen_ms = gen;
	CHECK_RC(vf_digest(VF_SHA256, vf_bytes(p->item.token.serial, 20), &p->item.token.imprint, NULL), VF_OK);
	p->item.token.token = vf_sha256(vf_bytes(p->item.token.serial, 20));
	return VF_OK;
}

static uint64_t number_of(const struct put *p)
{
	return nt_issued_number(p->item.token.serial);
}

static enum vf_rc wait_for(struct put *p)
{
	while (sem_wait(&p->done) != 0)
		continue;
	sem_destroy(&p->done);
	return p->rc;
}

/* A whole token; its number. */
static uint64_t issue(struct nt_issue_journal *j, int64_t now)
{
	struct put p;

	CHECK_RC(begin(j, &p, now, NULL), VF_OK);
	nt_issue_journal_put(j, &p.item);
	CHECK_RC(wait_for(&p), VF_OK);
	return number_of(&p);
}

static struct vf_bytes file(const char *name)
{
	return check_read(folder_path(base, name));
}

static void write_file(const char *name, struct vf_bytes b)
{
	FILE *f = fopen(folder_path(base, name), "wb");

	if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0)
		exit(1);
}

static void free_bytes(struct vf_bytes b)
{
	free((void *)(uintptr_t)b.p);
}

/* ---- text ---- */

/* The example of docs/formats/issue-journal.md, written and read. */
static void test_example(void)
{
	struct vf_bytes want = check_example("docs/formats/examples/issue-journal"), in = want, line;
	struct nt_buf out = nt_buf(65536);
	struct nt_issue_day d = {.origin = "demo.example/1", .day = DAY0, .first = 17}, got = {0};
	struct nt_issued t = {.gen_ms = T0}, read;
	uint8_t random[NT_ISSUED_RANDOM];
	bool token = false;
	size_t tokens = 0;

	for (uint8_t i = 0; i < sizeof(random); i++)
		random[i] = i;
	nt_issued_serial(17, random, t.serial);
	CHECK_RC(vf_digest(VF_SHA256, vf_bytes_str("a"), &t.imprint, NULL), VF_OK);
	t.token = vf_sha256(vf_bytes_str("a token"));
	nt_issue_head_put(&d, &out);
	nt_issue_line_put(&d, &t, &out);
	for (uint8_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)(0x10 + i);
	nt_issued_serial(19, random, t.serial);
	CHECK_RC(vf_digest(VF_SHA512, vf_bytes_str("b"), &t.imprint, NULL), VF_OK);
	t.token = vf_sha256(vf_bytes_str("another token"));
	strcpy(t.policy, "2.999.3161.1");
	memcpy(t.nonce, "\x00\xc0\xff\xee", 4);
	t.nonce_n = 4;
	nt_issue_line_put(&d, &t, &out);
	nt_issue_end_put(&d, &out);
	CHECK_BYTES(nt_buf_bytes(&out), want);
	while (vf_take_line(&in, &line)) {
		CHECK_RC(nt_issue_line_read(&got, line, &read, &token, NULL), VF_OK);
		tokens += token;
	}
	CHECK_INT(in.n, 0);
	CHECK_INT(tokens, 2);
	CHECK(got.ended && got.day == DAY0 && got.first == 17 && got.next == 20 && got.tokens == 2 &&
		!got.has_previous);
	CHECK(vf_hash_eq(&got.chain, &d.chain));
	CHECK(memcmp(&read, &t, sizeof(read)) == 0);
	nt_buf_done(&out);
}

/* Any other octet in any place is refused: by its line, or by the chain of the next. */
static void test_every_octet(void)
{
	struct vf_bytes text = check_example("docs/formats/examples/issue-journal");
	uint8_t copy[4096];
	size_t accepted = 0;

	CHECK(text.n <= sizeof(copy));
	for (size_t i = 0; i < text.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct vf_bytes in = vf_bytes(copy, text.n), line;
			struct nt_issue_day d = {0};
			enum vf_rc rc = VF_OK;
			bool token;

			memcpy(copy, text.p, text.n);
			copy[i] ^= (uint8_t)(1u << bit);
			while (rc == VF_OK && vf_take_line(&in, &line))
				rc = nt_issue_line_read(&d, line, NULL, &token, NULL);
			accepted += rc == VF_OK && in.n == 0 && d.ended;
		}
	CHECK_INT(accepted, 0);
}

/* ---- order ---- */

static void test_order(void)
{
	struct nt_issue_journal *j;
	struct put p[4];
	struct nt_issue_day d;
	struct vf_pair_hasher hasher;
	struct vf_bytes text;
	uint64_t size, rest;
	int dir;

	fresh();
	j = must_open(0);
	CHECK_INT(access(folder_path(base, FILE0), F_OK), -1); /* not before the first token */
	for (int i = 0; i < 4; i++)
		CHECK_RC(begin(j, &p[i], T0 + i, NULL), VF_OK);
	nt_issue_journal_put(j, &p[3].item);
	nt_issue_journal_put(j, &p[1].item);
	nt_issue_journal_drop(j, number_of(&p[2]));
	usleep(20000);
	CHECK_INT(syncs, 0); /* the first is not there yet */
	nt_issue_journal_put(j, &p[0].item);
	CHECK_RC(wait_for(&p[0]), VF_OK);
	CHECK_RC(wait_for(&p[1]), VF_OK);
	CHECK_RC(wait_for(&p[3]), VF_OK);
	CHECK_INT(synced_lines, 3);
	CHECK_INT(syncs, 1); /* those that wait share one */
	CHECK_RC(nt_issue_journal_check(j, NULL), VF_OK);
	nt_issue_journal_free(j);
	dir = openat(folder, "journal", O_RDONLY | O_DIRECTORY);
	CHECK_RC(nt_issue_file_read(dir, "2026-03-01", NULL, NULL, &d, &hasher, &size, &rest, NULL), VF_OK);
	close(dir);
	CHECK(d.tokens == 3 && d.first == 1 && d.next == 5 && !d.ended && rest == 0);
	CHECK_STR(d.origin, "demo.example/1");
	text = file(FILE0);
	CHECK_INT(size, text.n);
	free_bytes(text);
	/* the numbers go on after a restart, and so do times */
	j = must_open(0);
	CHECK_INT(issue(j, T0 + 3), 5);
	CHECK_INT(issue(j, T0 - 20), 6);
	nt_issue_journal_free(j);
}

static void test_time_goes_on(void)
{
	struct nt_issue_journal *j;
	struct vf_err err = {0};
	struct put p, q;

	fresh();
	j = must_open(0);
	(void)issue(j, T0);
	CHECK_RC(begin(j, &p, T0 - 51, &err), VF_TIME_STOPPED);
	CHECK(strstr(err.text, "2026-03-01T10:11:12.123Z") != NULL);
	CHECK_RC(begin(j, &p, T0 - 50, NULL), VF_OK); /* patience: with the last time */
	CHECK_INT(p.item.token.gen_ms, T0);
	CHECK_RC(begin(j, &q, T0 + 5, NULL), VF_OK);
	CHECK_INT(q.item.token.gen_ms, T0 + 5);
	nt_issue_journal_drop(j, number_of(&q));
	nt_issue_journal_drop(j, number_of(&p));
	nt_issue_journal_free(j);
	j = must_open(0);
	CHECK_RC(begin(j, &p, T0 - 51, NULL), VF_TIME_STOPPED);
	CHECK_INT(issue(j, T0), 2); /* nobody has a token of the numbers that were dropped */
	nt_issue_journal_free(j);
}

static void test_too_many(void)
{
	struct nt_issue_journal *j;
	uint64_t number;
	int64_t gen;

	fresh();
	j = must_open(0);
	for (int i = 0; i < NT_ISSUE_MAX_OPEN; i++)
		CHECK_RC(nt_issue_journal_begin(j, T0, 0, &number, &gen, NULL), VF_OK);
	CHECK_RC(nt_issue_journal_begin(j, T0, 0, &number, &gen, NULL), VF_HTTP_BUSY);
	for (number = 1; number <= NT_ISSUE_MAX_OPEN; number++)
		nt_issue_journal_drop(j, number);
	for (int i = 0; i < 60000 && nt_issue_journal_begin(j, T0, 0, &number, &gen, NULL) != VF_OK; i++)
		usleep(1000);
	CHECK_INT(number, NT_ISSUE_MAX_OPEN + 1);
	nt_issue_journal_drop(j, number);
	nt_issue_journal_free(j);
}

static struct nt_issue_journal *shared;
#define EACH 100

static void *issue_many(void *arg)
{
	uint64_t *numbers = arg;

	for (int i = 0; i < EACH; i++)
		numbers[i] = issue(shared, T0 + i);
	return NULL;
}

static void test_threads(void)
{
	static uint64_t numbers[8][EACH];
	static bool seen[8 * EACH + 1];
	pthread_t threads[8];

	fresh();
	shared = must_open(0);
	for (int i = 0; i < 8; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, issue_many, numbers[i]), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(synced_lines, 8 * EACH);
	CHECK(syncs <= 8 * EACH);
	shared = nt_issue_journal_free(shared);
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < EACH; k++) {
			CHECK(numbers[i][k] >= 1 && numbers[i][k] <= 8 * EACH && !seen[numbers[i][k]]);
			seen[numbers[i][k]] = true;
		}
	nt_issue_journal_free(must_open(0));
}

/* ---- days ---- */

static void check_ended(struct nt_issue_journal *j, const char *name, const char *path, int64_t day)
{
	struct nt_issue_ended e = {0};
	struct vf_bytes text;
	struct vf_pair pair;

	for (int i = 0; i < 60000 && !nt_issue_journal_ended(j, &e); i++)
		usleep(1000);
	CHECK_STR(e.name, name);
	CHECK_INT(e.day, day);
	text = file(path);
	CHECK_INT(e.size, text.n);
	pair = vf_pair_of(text);
	CHECK(vf_pair_eq(&pair, &e.digests));
	free_bytes(text);
}

static void test_days(void)
{
	struct nt_issue_journal *j;
	struct nt_issue_ended e;
	struct vf_hash record = vf_sha256(vf_bytes_str("a record"));
	struct vf_bytes text;
	struct put p;

	fresh();
	j = must_open(0);
	(void)issue(j, T0);
	nt_issue_journal_end_before(j, DAY0);
	CHECK(!nt_issue_journal_ended(j, &e));
	CHECK_INT(issue(j, T0 + DAY), 2); /* the next day begins with its first token */
	check_ended(j, "2026-03-01", FILE0, DAY0);
	/* a day that passes without a token ends by itself, but not while one of it is under way */
	CHECK_RC(begin(j, &p, T0 + DAY + 1, NULL), VF_OK);
	nt_issue_journal_end_before(j, DAY0 + 2);
	CHECK_RC(nt_issue_journal_notarised(j, DAY0, &record, NULL), VF_OK);
	usleep(20000);
	CHECK(!nt_issue_journal_ended(j, &e));
	nt_issue_journal_put(j, &p.item);
	CHECK_RC(wait_for(&p), VF_OK);
	check_ended(j, "2026-03-02", FILE1, DAY0 + 1);
	CHECK_RC(begin(j, &p, T0 + DAY + 2, NULL), VF_TIME_STOPPED); /* nothing more of a day that has ended */
	nt_issue_journal_free(j);
	text = file("journal/2026-03-01.record");
	CHECK_INT(text.n, 65);
	free_bytes(text);
	/* after a restart: one is notarised, one waits, and the last one stays ended */
	j = must_open(0);
	check_ended(j, "2026-03-02", FILE1, DAY0 + 1);
	CHECK_RC(begin(j, &p, T0 + DAY + 2, NULL), VF_TIME_STOPPED);
	CHECK_INT(issue(j, T0 + 3 * DAY), 4);
	CHECK_RC(nt_issue_journal_notarised(j, DAY0 + 1, &record, NULL), VF_OK);
	CHECK(!nt_issue_journal_ended(j, &e));
	nt_issue_journal_free(j);
	/* what is notarised may be moved away */
	CHECK_INT(unlink(folder_path(base, FILE0)), 0);
	CHECK_INT(unlink(folder_path(base, FILE1)), 0);
	j = must_open(0);
	CHECK_INT(issue(j, T0 + 3 * DAY), 5);
	nt_issue_journal_free(j);
}

/* ---- damage ---- */

static void test_half_line(void)
{
	struct nt_issue_journal *j;
	struct vf_bytes whole;
	size_t second = 0;

	fresh();
	j = must_open(0);
	(void)issue(j, T0);
	whole = file(FILE0);
	second = whole.n;
	free_bytes(whole);
	(void)issue(j, T0);
	nt_issue_journal_free(j);
	whole = file(FILE0);
	for (size_t n = second; n < whole.n; n += 7) {
		struct vf_bytes now;

		write_file(FILE0, vf_bytes(whole.p, n));
		j = must_open(n - second);
		CHECK_INT(issue(j, T0), 2);
		nt_issue_journal_free(j);
		now = file(FILE0);
		CHECK_INT(now.n, whole.n);
		free_bytes(now);
	}
	/* zeros, as some file systems leave them, are no line either, however many */
	write_file(FILE0, vf_bytes(whole.p, second));
	CHECK_INT(truncate(folder_path(base, FILE0), (off_t)second + 1000000), 0);
	nt_issue_journal_free(must_open(1000000));
	/* but not with lines after them */
	CHECK_INT(truncate(folder_path(base, FILE0), (off_t)second + 1000000), 0);
	folder_run("echo x >>%s", folder_path(base, FILE0));
	check_refused("line 8 is too long");
	free_bytes(whole);
}

static void test_damage(void)
{
	struct nt_issue_journal *j;
	struct vf_bytes text, other;
	uint8_t *copy;

	fresh();
	j = must_open(0);
	(void)issue(j, T0);
	(void)issue(j, T0);
	(void)issue(j, T0 + DAY);
	nt_issue_journal_free(j);
	text = file(FILE1);
	copy = malloc(text.n);
	if (!copy)
		exit(1);
	for (size_t i = 0; i + 1 < text.n; i += 3) {
		memcpy(copy, text.p, text.n);
		copy[i] ^= 1;
		write_file(FILE1, vf_bytes(copy, text.n));
		check_refused("issue journal '2026-03-02'");
	}
	write_file(FILE1, text);
	free(copy);
	/* the file before, which waits to be notarised: cut, gone, with an octet more */
	other = file(FILE0);
	write_file(FILE0, vf_bytes(other.p, other.n - 70));
	check_refused("'2026-03-01'");
	write_file(FILE0, other);
	folder_run("printf x >>%s", folder_path(base, FILE0));
	check_refused("'2026-03-01' does not end with its end line");
	write_file(FILE0, text);
	check_refused("issue journal '2026-03-01' is of another notary or day");
	/* a pipe: whoever opens it must not wait for its other end */
	folder_run("rm %s && mkfifo %s", folder_path(base, FILE0), folder_path(base, FILE0));
	check_refused("issue journal '2026-03-01' is not a regular file");
	folder_run("rm %s", folder_path(base, FILE0));
	write_file(FILE0, other);
	nt_issue_journal_free(must_open(0));
	/* an honest file that is not the one before */
	CHECK_INT(rename(folder_path(base, "journal"), folder_path(base, "kept")), 0);
	j = must_open(0);
	(void)issue(j, T0 + 1);
	nt_issue_journal_end_before(j, DAY0 + 1);
	check_ended(j, "2026-03-01", FILE0, DAY0);
	nt_issue_journal_free(j);
	write_file(FILE1, text);
	check_refused("'2026-03-02' does not follow the file before");
	write_file(FILE0, vf_bytes(other.p, 0));
	check_refused("'2026-03-01' has no head");
	free_bytes(text);
	free_bytes(other);
}

static void test_other_notary(void)
{
	struct nt_issue_journal *j;
	struct vf_err err = {0};
	uint64_t cut;

	fresh();
	j = must_open(0);
	(void)issue(j, T0);
	nt_issue_journal_free(j);
	CHECK_RC(nt_issue_journal_open(&(struct nt_issue_journal_options){.folder = folder, .origin = "other.example"},
			 &j, &cut, &err),
		VF_STORE_CORRUPT);
}

/*
 * A disk that takes no more: who waits is told, nobody begins any more, and the next start cuts what was half written.
 */
static void test_full_disk(void)
{
	struct rlimit old, little;
	struct nt_issue_journal *j;
	struct vf_bytes text;
	struct vf_err err = {0};
	struct put p;

	fresh();
	j = must_open(0);
	(void)issue(j, T0);
	text = file(FILE0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	little = (struct rlimit){text.n + 100, old.rlim_max};
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &little), 0);
	CHECK_RC(begin(j, &p, T0, NULL), VF_OK);
	nt_issue_journal_put(j, &p.item);
	CHECK_RC(wait_for(&p), VF_IO);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_RC(begin(j, &p, T0, &err), VF_IO);
	CHECK_RC(nt_issue_journal_check(j, NULL), VF_IO);
	nt_issue_journal_free(j);
	free_bytes(text);
	j = must_open(100);
	CHECK_INT(issue(j, T0), 2);
	nt_issue_journal_free(j);
}

/* ---- killed at each step ---- */

static int kill_at;
static atomic_int steps;

static void kill_hook(void *ctx, const char *name)
{
	(void)ctx;
	if (strncmp(name, "issue-", 6) == 0 && ++steps == kill_at)
		raise(SIGKILL);
}

/* Reports each number whose token would have left. */
static void live(int to)
{
	struct vf_hash record = vf_sha256(vf_bytes_str("a record"));
	struct nt_issue_journal *j;
	struct nt_issue_ended e;
	struct vf_err err;
	uint64_t cut, number;

	if (open_journal(&j, &cut, &err) != VF_OK)
		_exit(2);
	for (int i = 0; i < 6; i++) {
		number = issue(j, T0 + i / 3 * DAY);
		if (write(to, &number, sizeof(number)) != sizeof(number))
			_exit(2);
	}
	nt_issue_journal_end_before(j, DAY0 + 2);
	for (int day = 0; day < 2; day++) {
		for (int i = 0; i < 60000 && !nt_issue_journal_ended(j, &e); i++)
			usleep(1000);
		if (nt_issue_journal_notarised(j, DAY0 + day, &record, NULL) != VF_OK)
			_exit(2);
	}
	nt_issue_journal_free(j);
	_exit(check_failures ? 2 : 0);
}

struct seen {
	bool numbers[64];
	uint64_t last;
};

static VF_RC note_number(void *ctx, const struct nt_issued *t, struct vf_err *reterr)
{
	struct seen *s = ctx;
	uint64_t n = nt_issued_number(t->serial);

	(void)reterr;
	CHECK(n < 64 && n > s->last);
	s->numbers[n % 64] = true;
	s->last = n;
	return VF_OK;
}

static void read_all(struct seen *s)
{
	struct vf_pair_hasher hasher;
	struct nt_issue_day d;
	uint64_t size, rest;
	int dir = openat(folder, "journal", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "2026-03-0%d", i + 1);
		if (faccessat(dir, name, F_OK, 0) != 0)
			continue;
		CHECK_RC(nt_issue_file_read(dir, name, note_number, s, &d, &hasher, &size, &rest, NULL), VF_OK);
		CHECK_INT(rest, 0);
	}
	close(dir);
}

static void test_kill(void)
{
	int status = -1;

	for (kill_at = 1; kill_at < 100; kill_at++) {
		struct nt_issue_journal *j;
		struct seen s = {.last = 0};
		uint64_t number, cut;
		struct vf_err err;
		int ends[2];
		pid_t child;

		fresh();
		CHECK_INT(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			nt_failpoint_set(kill_hook, NULL);
			live(ends[1]);
		}
		close(ends[1]);
		waitpid(child, &status, 0);
		CHECK_RC(open_journal(&j, &cut, &err), VF_OK);
		CHECK_INT(cut, 0); /* a kill loses nothing that was written; half lines are in another test */
		read_all(&s);
		while (read(ends[0], &number, sizeof(number)) == sizeof(number))
			CHECK(number < 64 && s.numbers[number]);
		close(ends[0]);
		/* and it goes on with a number that nobody has */
		CHECK(issue(j, T0 + 2 * DAY) > s.last);
		nt_issue_journal_free(j);
		if (WIFEXITED(status))
			break;
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	CHECK_INT(status, 0);
	CHECK(kill_at >= 20); /* 6 tokens, 2 files, 2 ends, 2 records: all steps of them */
}

int main(void)
{
	test_example();
	test_every_octet();
	test_order();
	test_time_goes_on();
	test_too_many();
	test_threads();
	test_days();
	test_half_line();
	test_damage();
	test_other_notary();
	test_full_disk();
	test_kill();
	folder_remove(base);
	return check_done();
}
