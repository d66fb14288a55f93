/*
 * Power loss, systematically: the process is killed after each change of a file or name, the next one recovers, and
 * then the power is lost, with everything that was not synced until then. What a killed process left in memory
 * of the system looks durable to the next one and is not. Also: what the model itself does.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/fault/campaign_check.h"
#include "tests/fault/campaign_flip.h"
#include "tests/fault/power.h"

#define BEGIN INT64_C(1772000000000)
#define JOURNAL ((size_t)32 << 20)

static char base[256], docs[300], run_folder[300], cut_folder[300];
static struct told *told, *start;
static struct nt_trust trust;
static struct disk_journal *journal;

static void *shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static void fresh(const char *from)
{
	folder_remove(run_folder);
	folder_remove(cut_folder);
	copy_tree(folder_path(base, from), run_folder);
	journal->used = 0;
	journal->full = 0;
}

/* ---- the model ---- */

static void put(const char *name, const char *text, bool sync)
{
	char path[400];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", run_folder, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || (sync && fsync(fd) != 0))
		exit(1);
	close(fd);
}

static void sync_folder(void)
{
	int fd = open(run_folder, O_RDONLY | O_DIRECTORY);

	CHECK(fd >= 0 && fsync(fd) == 0);
	close(fd);
}

/* What is in a file after the cut; "-" when it is not there. */
static const char *after_cut(const char *name)
{
	static char text[64];
	const char *path = folder_path(cut_folder, name);
	struct vf_bytes b;

	if (access(path, F_OK) != 0)
		return "-";
	b = check_read(path);
	snprintf(text, sizeof(text), "%.*s", VF_STR(b));
	free((void *)(uintptr_t)b.p);
	return text;
}

static void test_model(void)
{
	struct disk_plan plan = {.journal = journal};
	char from[400], to[400];
	uint64_t random = 1;
	struct power *p;

	folder_run("mkdir '%s/m'", base);
	fresh("m");
	put("old", "old content", true);
	p = power_new(run_folder);
	disk_begin(run_folder, &plan);
	put("a", "synced, not named", true);
	put("b", "named, not synced", false);
	sync_folder();
	put("c", "synced, named too late", true);
	put("old", "new", false);
	snprintf(from, sizeof(from), "%s/a", run_folder);
	snprintf(to, sizeof(to), "%s/d", run_folder);
	CHECK(rename(from, to) == 0);
	disk_begin(NULL, NULL);
	power_play(p, journal);
	CHECK(power_agrees(p, run_folder));
	power_cut(p, cut_folder, POWER_ALL, &random);
	CHECK_STR(after_cut("a"), "synced, not named");
	CHECK_STR(after_cut("b"), "");
	CHECK_STR(after_cut("c"), "-");
	CHECK_STR(after_cut("d"), "-");
	CHECK_STR(after_cut("old"), "old content");
	folder_remove(cut_folder);
	CHECK_INT(power_cut(p, cut_folder, POWER_NOTHING, &random), 0);
	CHECK_STR(after_cut("a"), "-");
	CHECK_STR(after_cut("b"), "named, not synced");
	CHECK_STR(after_cut("c"), "synced, named too late");
	CHECK_STR(after_cut("d"), "synced, not named");
	CHECK_STR(after_cut("old"), "new content");
	/* What the layer did not see. */
	put("old", "odd", false);
	CHECK(!power_agrees(p, run_folder));
	power_free(p);
}

/* ---- kill, recover, power loss ---- */

static void need(enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_OK)
		return;
	fprintf(stderr, "%s: %s\n", vf_rc_name(rc), err->text);
	_exit(9);
}

static void make_start(void)
{
	struct nt_init init = {.origin = "fault.example/1", .now_ms = BEGIN};
	struct work w = {.docs = docs, .random = 7};
	struct vf_err err = {0};
	char path[400], dir[500], text[64];

	for (unsigned i = 0; i < DOCS; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/d%u.txt", docs, i);
		work_text(i, text);
		f = fopen(path, "wb");
		if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
			exit(1);
	}
	snprintf(path, sizeof(path), "%s/t", base);
	folder_run("mkdir -p '%s/out'", path);
	snprintf(dir, sizeof(dir), "%s/n", path);
	w.told = start = calloc(1, sizeof(*start));
	w.base = path;
	start->now = BEGIN + 1000;
	need(nt_notary_init(dir, &init, &err), &err);
	need(nt_notary_open(dir, work_clock, start, &w.n, &err), &err);
	need(nt_trust_make(w.n, &trust, &err), &err);
	need(work_step(&w, PARTY, &err), &err);
	need(work_step(&w, RECEIPT, &err), &err);
	w.n = nt_notary_free(w.n);
}

/* In a child: the steps with the fault at call k (0: none); the process ends without closing anything. */
static int run_child(const enum step *steps, size_t n, long k)
{
	struct disk_plan plan = {.fault = k ? DISK_KILL_AFTER : DISK_NONE, .at = k, .calls = 1, .journal = journal};
	struct work w = {.base = run_folder, .docs = docs, .told = told, .random = 11};
	struct vf_err err = {0};
	char dir[400];
	int status = 0;
	pid_t pid;

	told->now += 2000;
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		snprintf(dir, sizeof(dir), "%s/n", run_folder);
		disk_begin(run_folder, &plan);
		need(nt_notary_open(dir, work_clock, told, &w.n, &err), &err);
		for (size_t i = 0; i < n; i++) {
			told->now += 1000;
			need(work_step(&w, steps[i], &err), &err);
		}
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void cut_and_check(struct power *p, enum power_loss loss, uint64_t *random)
{
	struct work w = {.base = cut_folder, .docs = docs, .told = told};
	char seen[400];
	int status = 0;
	pid_t pid;

	power_play(p, journal);
	CHECK(power_agrees(p, run_folder));
	power_cut(p, cut_folder, loss, random);
	snprintf(seen, sizeof(seen), "%s/n/log/checkpoint", run_folder);
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		check_failures = 0;
		check_all(&w, &trust, seen);
		_exit(check_failures > 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static long stride = 1; /* each stride-th call */

/* first is killed after each call in turn; then comes next, which is not, and the power loss. */
static void test_kills(const char *name, const enum step *first, size_t n_first, const enum step *next, size_t n_next)
{
	uint64_t random = 20260301;
	int status = DISK_KILLED;
	long k = 1;

	for (; status == DISK_KILLED; k += stride) {
		int before = check_failures;
		struct power *p;

		fresh("t");
		*told = *start;
		p = power_new(run_folder);
		status = run_child(first, n_first, k);
		CHECK(status == DISK_KILLED || status == 0);
		CHECK_INT(run_child(next, n_next, 0), 0);
		cut_and_check(p, POWER_ALL, &random);
		power_free(p);
		if (check_failures != before)
			fprintf(stderr, "  in '%s', killed after call %ld\n", name, k);
	}
	CHECK(k > 20);
	fprintf(stderr, "%s: %ld calls, each %ld-th\n", name, k, stride);
}

int main(void)
{
	static const enum step seals[] = {GROUP, SEAL}, one[] = {ONE}, revoke[] = {REVOKE}, bulk[] = {BULK}, again[] = {AGAIN},
		erase[] = {SEAL, ERASE}, keep[] = {KEPT, SEAL};
	const char *is_long = getenv("TRIALNOTARY_LONG");

	if (access("/dev/shm", W_OK) == 0 && getenv("TMPDIR") == NULL)
		setenv("TMPDIR", "/dev/shm", 1);
	folder_make(base);
	snprintf(docs, sizeof(docs), "%s/docs", base);
	snprintf(run_folder, sizeof(run_folder), "%s/run", base);
	snprintf(cut_folder, sizeof(cut_folder), "%s/cut", base);
	mkdir(docs, 0700);
	told = shared(sizeof(*told));
	journal = shared(JOURNAL);
	journal->room = JOURNAL - sizeof(*journal);
	test_model();
	make_start();
	stride = 1;
	test_kills("seal, then recovery", seals, 2, NULL, 0);
	stride = is_long != NULL && strcmp(is_long, "1") == 0 ? 1 : 5;
	test_kills("seal, then accept", seals, 2, one, 1);
	test_kills("seal, then seal", seals, 2, seals, 2);
	test_kills("revoke, then revoke", revoke, 1, revoke, 1);
	test_kills("bulk, then again", bulk, 1, again, 1);
	test_kills("erase, then erase", erase, 2, erase, 2);
	test_kills("keep, then recovery", keep, 2, NULL, 0);
	nt_trust_done(&trust);
	free(start);
	folder_remove(base);
	return check_done();
}
