/*
 * A notary that is killed, or whose disk fails, at every step.
 *
 * A child runs a script of accept, seal, erase and backup and tells each step that succeeded.
 * Then the notary is opened without faults: it must be whole, have all that was told,
 * and finish the script. "kill" stops the child at each failpoint of the commit order, and
 * recovery at its first ones as well (F01-F13, F29); "shim LIBRARY" lets the k-th system call
 * fail in each way (F16-F18, F20). A further argument "full", or TRIALNOTARY_LONG=1, tries every k.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "notary/failpoint.h"
#include "notary/notary.h"
#include "tests/folder.h"
#include "tests/made.h"

#define BEGIN 1772000000000
#define RECORDS 8

#define BULK 1000 /* enough for the rollback journal */

static struct made records[RECORDS], bulk[BULK];
static int64_t clock_now;
static const char *self;

static int64_t tick(void *ctx)
{
	(void)ctx;
	return clock_now += 10;
}

static void make_records(void)
{
	struct made_stream st = made_stream("site-1", "STUDY-1");

	for (uint64_t i = 0; i < RECORDS; i++)
		made_record(&records[i], i < 6 ? &st : NULL, i, i % 2 == 1);
	records[3].documents[0].keep = true;
	for (uint64_t i = 0; i < BULK; i++)
		made_record(&bulk[i], NULL, 1000 + i, false);
}

/* ---- the script ---- */

enum step {
	ACCEPT_3,
	SEAL_1,
	KEEP,
	ACCEPT_2,
	ERASE_1,
	SEAL_2,
	ACCEPT_BULK,
	ERASE_3,
	ACCEPT_LAST,
	BACKUP,
	SEAL_3,
	STEPS
};

static enum vf_rc accept_range(struct nt_notary *n, size_t first, size_t count, struct vf_err *err)
{
	enum vf_rc rc = VF_OK;

	for (size_t i = first; i < first + count && rc == VF_OK; i++) {
		enum nt_accepted a;

		rc = nt_notary_accept(n, &records[i].s, 1, &a, err);
		if (rc == VF_ERASED)
			rc = VF_OK;
	}
	return rc;
}

static enum vf_rc accept_together(struct nt_notary *n, struct vf_err *err)
{
	struct nt_submission s[3] = {records[0].s, records[1].s, records[2].s};
	enum nt_accepted a[3];
	enum vf_rc rc = nt_notary_accept(n, s, 3, a, err);

	return rc == VF_ERASED ? VF_OK : rc;
}

static enum vf_rc accept_bulk(struct nt_notary *n, struct vf_err *err)
{
	static struct nt_submission s[BULK];
	static enum nt_accepted a[BULK];

	for (size_t i = 0; i < BULK; i++)
		s[i] = bulk[i].s;
	return nt_notary_accept(n, s, BULK, a, err);
}

static enum vf_rc keep(struct nt_notary *n, struct vf_err *err)
{
	struct vf_hash content = made_hash("document", 3);
	int fd = memfd_create("content", 0);
	enum vf_rc rc;

	if (fd < 0 || write(fd, content.b, 32) != 32 || lseek(fd, 0, SEEK_SET) != 0)
		exit(9);
	rc = nt_notary_keep(n, fd, &records[3].documents[0].digests, err);
	close(fd);
	return rc;
}

static enum vf_rc backup(struct nt_notary *n, const char *dir, struct vf_err *err)
{
	char path[1100];
	enum vf_rc rc;

	snprintf(path, sizeof(path), "%s.backup", dir);
	rc = nt_notary_backup(n, path, err);
	return rc == VF_EXISTS ? VF_OK : rc;
}

static enum vf_rc run_step(struct nt_notary *n, const char *dir, enum step step, struct vf_err *err)
{
	struct nt_sealed s;

	switch (step) {
	case ACCEPT_3:
		return accept_together(n, err);
	case KEEP:
		return keep(n, err);
	case ACCEPT_2:
		return accept_range(n, 3, 2, err);
	case ACCEPT_BULK:
		return accept_bulk(n, err);
	case ERASE_1:
		return nt_notary_erase(n, &records[1].s.id, err);
	case ERASE_3:
		return nt_notary_erase(n, &records[3].s.id, err);
	case ACCEPT_LAST:
		return accept_range(n, 5, RECORDS - 5, err);
	case BACKUP:
		return backup(n, dir, err);
	case SEAL_1:
	case SEAL_2:
	case SEAL_3:
		return nt_notary_seal(n, &s, err);
	case STEPS:
		break;
	}
	return VF_INTERNAL;
}

/* ---- the child ---- */

static long failpoints, stop_at;

static void stop(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	if (++failpoints == stop_at)
		_exit(42);
}

/* Tells "o" when it has opened, then a letter for each step. */
static int child(const char *dir, const char *what, long at, int64_t now)
{
	struct nt_notary *n = NULL;
	struct vf_err err = {0};

	make_records();
	clock_now = now;
	stop_at = at;
	nt_failpoint_set(stop, NULL);
	if (nt_notary_open(dir, tick, NULL, &n, &err) != VF_OK) {
		fprintf(stderr, "%s", err.text);
		return 3;
	}
	if (write(STDOUT_FILENO, "o", 1) != 1)
		return 9;
	for (int step = 0; step < STEPS && strcmp(what, "script") == 0; step++) {
		char letter = (char)('a' + step);

		if (run_step(n, dir, (enum step)step, &err) != VF_OK) {
			fprintf(stderr, "%c: %s", letter, err.text);
			nt_notary_free(n);
			return 3;
		}
		if (write(STDOUT_FILENO, &letter, 1) != 1)
			return 9;
	}
	nt_notary_free(n);
	return 0;
}

/* ---- the parent ---- */

struct run {
	char told[STEPS + 8], text[512];
	int status;
};

static void slurp(int fd, char *out, size_t room)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < room && (got = read(fd, out + n, room - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	close(fd);
}

static struct run start(const char *dir, const char *what, long at, char *const *environment)
{
	struct run r = {0};
	char at_text[32], now_text[32];
	int out[2], err[2];
	pid_t pid;

	if (pipe(out) != 0 || pipe(err) != 0)
		exit(1);
	clock_now += 100000;
	snprintf(at_text, sizeof(at_text), "%ld", at);
	snprintf(now_text, sizeof(now_text), "%" PRId64, clock_now);
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		for (int fd = 3; fd < 16; fd++)
			close(fd);
		for (; *environment != NULL; environment++)
			putenv(*environment);
		execl(self, self, "child", dir, what, at_text, now_text, (char *)NULL);
		_exit(99);
	}
	close(out[1]);
	close(err[1]);
	slurp(out[0], r.told, sizeof(r.told));
	slurp(err[0], r.text, sizeof(r.text));
	waitpid(pid, &r.status, 0);
	clock_now += 100000;
	return r;
}

static void finding(void *ctx, enum vf_rc rc, const char *text)
{
	(void)ctx;
	fprintf(stderr, "  finding: %s: %s\n", vf_rc_name(rc), text);
}

static bool was_told(const struct run *r, enum step step)
{
	return strchr(r->told, 'a' + (int)step) != NULL;
}

static void check_told(struct nt_notary *n, const char *dir, const struct run *r)
{
	struct vf_err err;
	uint64_t seals, size, pending, want = 0;
	int fd = -1;

	for (size_t i = 0; i < RECORDS; i++) {
		enum step step = i < 3 ? ACCEPT_3 : i < 5 ? ACCEPT_2 : ACCEPT_LAST;
		struct nt_record *rec = NULL;

		if (!was_told(r, step))
			continue;
		CHECK_RC(nt_notary_get(n, &records[i].s.id, &rec, &err), VF_OK);
		if (rec != NULL && ((i == 1 && was_told(r, ERASE_1)) || (i == 3 && was_told(r, ERASE_3))))
			CHECK_INT(rec->state, NT_ERASED);
		nt_record_free(rec);
	}
	for (size_t i = 0; i < BULK && was_told(r, ACCEPT_BULK); i += 111) {
		struct nt_record *rec = NULL;

		CHECK_RC(nt_notary_get(n, &bulk[i].s.id, &rec, &err), VF_OK);
		nt_record_free(rec);
	}
	for (int step = SEAL_1; step < STEPS; step++)
		if ((step == SEAL_1 || step == SEAL_2 || step == SEAL_3) && was_told(r, (enum step)step))
			want++;
	CHECK_RC(nt_notary_counts(n, &seals, &size, &pending, &err), VF_OK);
	CHECK(seals >= want);
	if (was_told(r, ERASE_1))
		CHECK_INT(folder_search(dir, vf_bytes_str(records[1].title)), 0);
	if (was_told(r, ERASE_3)) {
		CHECK_INT(folder_search(dir, vf_bytes_str(records[3].title)), 0);
		CHECK_RC(nt_notary_open_kept(n, &records[3].documents[0].digests.sha256, &fd, &err), VF_OK);
		CHECK_INT(fd, -1);
	} else if (was_told(r, ACCEPT_2)) {
		CHECK_RC(nt_notary_open_kept(n, &records[3].documents[0].digests.sha256, &fd, &err), VF_OK);
		if (fd >= 0)
			close(fd);
	}
}

static void check_whole(struct nt_notary *n)
{
	struct vf_err err;
	uint64_t faults = 0;

	CHECK_RC(nt_notary_fsck(n, finding, NULL, &faults, &err), VF_OK);
	CHECK_INT(faults, 0);
	CHECK_RC(nt_notary_audit(n, finding, NULL, &faults, &err), VF_OK);
	CHECK_INT(faults, 0);
}

/* A backup that has its name is whole. */
static void check_backup(const char *dir)
{
	char path[1100];
	struct nt_notary *n = NULL;
	struct vf_err err;

	snprintf(path, sizeof(path), "%s.backup", dir);
	if (access(path, F_OK) != 0)
		return;
	CHECK_RC(nt_notary_open(path, tick, NULL, &n, &err), VF_OK);
	if (n != NULL)
		check_whole(n);
	nt_notary_free(n);
}

/* Opens without faults: whole, all there, and the script can be finished. */
static void check_after(const char *dir, const struct run *r)
{
	struct nt_notary *n = NULL;
	struct vf_err err = {0};
	enum vf_rc rc = nt_notary_open(dir, tick, NULL, &n, &err);
	uint64_t seals, size, pending;

	CHECK_RC(rc, VF_OK);
	if (rc != VF_OK) {
		fprintf(stderr, "  %s\n", err.text);
		return;
	}
	check_whole(n);
	check_told(n, dir, r);
	for (int step = 0; step < STEPS; step++) {
		rc = run_step(n, dir, (enum step)step, &err);
		CHECK_RC(rc, VF_OK);
		if (rc != VF_OK)
			fprintf(stderr, "  step %d: %s\n", step, err.text);
	}
	check_whole(n);
	CHECK_RC(nt_notary_counts(n, &seals, &size, &pending, &err), VF_OK);
	CHECK_INT(size, RECORDS + BULK);
	CHECK_INT(pending, 0);
	nt_notary_free(n);
	check_backup(dir);
}

static void fresh(const char *base, char dir[1024])
{
	snprintf(dir, 1024, "%s/n", base);
	folder_run("rm -rf '%s' '%s'.*; cp -a '%s/good' '%s'", dir, dir, base, dir);
}

static void make_good(char base[256])
{
	struct nt_init init = {.origin = "demo.example/1", .now_ms = BEGIN};
	struct vf_err err;
	enum vf_rc rc;

	if (access("/dev/shm", W_OK) == 0 && getenv("TMPDIR") == NULL)
		setenv("TMPDIR", "/dev/shm", 1);
	folder_make(base);
	clock_now = BEGIN;
	rc = nt_notary_init(folder_path(base, "good"), &init, &err);
	CHECK_RC(rc, VF_OK);
	if (rc != VF_OK)
		exit(1);
}

static void note_case(int failures, const char *what, long k, const struct run *r)
{
	if (check_failures != failures)
		fprintf(stderr, "  in case %s %ld (told '%s', status %d, '%s')\n", what, k, r->told,
			r->status, r->text);
}

static void test_kill(void)
{
	char *none[] = {NULL};
	char base[256], dir[1024];
	struct run r, again;
	long k = 1;

	make_good(base);
	for (;; k++) {
		int before = check_failures;

		fresh(base, dir);
		r = start(dir, "script", k, none);
		if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 0)
			break;
		CHECK(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 42);
		/* Recovery itself is killed at its first, its second, … step. */
		for (long j = 1; j <= 4; j++) {
			again = start(dir, "open", j, none);
			CHECK(WIFEXITED(again.status) &&
				(WEXITSTATUS(again.status) == 42 || WEXITSTATUS(again.status) == 0));
		}
		check_after(dir, &r);
		note_case(before, "kill", k, &r);
	}
	fprintf(stderr, "%ld places\n", k - 1);
	CHECK(k > 40);
	CHECK_INT(strlen(r.told), STEPS + 1);
	check_after(dir, &r);
	folder_remove(base);
}

static long read_count(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = 0;

	if (f != NULL && fscanf(f, "%ld", &n) != 1)
		n = 0;
	if (f != NULL)
		fclose(f);
	return n;
}

static void test_shim(const char *library, bool full)
{
	static const char *const modes[] = {"eio", "eio+", "enospc", "enospc+", "emfile", "short", "short+",
		"eintr", "exit-before", "exit-after"};
	char base[256], dir[1024], preload[1100], folder[1100], at[64], mode[64], count[1100];
	char *environment[] = {preload, folder, at, mode, count, NULL};
	uint64_t random = 20260301;
	long total, runs = 0;

	make_good(base);
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", library);
	snprintf(folder, sizeof(folder), "FAULT_DIR=%s/n", base);
	snprintf(count, sizeof(count), "FAULT_COUNT=%s/count", base);
	strcpy(at, "FAULT_AT=0");
	strcpy(mode, "FAULT_MODE=");
	fresh(base, dir);
	CHECK_INT(WEXITSTATUS(start(dir, "script", 0, environment).status), 0);
	total = read_count(folder_path(base, "count"));
	fprintf(stderr, "%ld calls\n", total);
	CHECK(total > 100);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		long k = 1;

		while (k <= total) {
			int before = check_failures;
			struct run r;

			fresh(base, dir);
			snprintf(at, sizeof(at), "FAULT_AT=%ld", k);
			snprintf(mode, sizeof(mode), "FAULT_MODE=%s", modes[i]);
			r = start(dir, "script", 0, environment);
			CHECK(WIFEXITED(r.status) &&
				(WEXITSTATUS(r.status) == 0 || WEXITSTATUS(r.status) == 3 ||
					WEXITSTATUS(r.status) == 43));
			/* Interrupted and short writes are continued. */
			if (strcmp(modes[i], "eintr") == 0 || strncmp(modes[i], "short", 5) == 0)
				CHECK_INT(WEXITSTATUS(r.status), 0);
			check_after(dir, &r);
			note_case(before, modes[i], k, &r);
			runs++;
			random = random * 6364136223846793005u + 1442695040888963407u;
			k += full ? 1 : 1 + (long)((random >> 33) % (uint64_t)(2 * total / 20));
		}
	}
	fprintf(stderr, "%ld runs\n", runs);
	folder_remove(base);
}

static bool is_long(void)
{
	const char *value = getenv("TRIALNOTARY_LONG");

	return value != NULL && strcmp(value, "1") == 0;
}

int main(int argc, char **argv)
{
	self = "/proc/self/exe";
	if (argc == 6 && strcmp(argv[1], "child") == 0)
		return child(argv[2], argv[3], atol(argv[4]), atoll(argv[5]));
	make_records();
	if (argc == 2 && strcmp(argv[1], "kill") == 0)
		test_kill();
	else if (argc >= 3 && strcmp(argv[1], "shim") == 0)
		test_shim(argv[2], (argc > 3 && strcmp(argv[3], "full") == 0) || is_long());
	else
		return 64;
	return check_done();
}
