/*
 * Faults by seed: a workload, a fault, a place, and then the invariants (docs/faults.md).
 *
 * A child does the work on a copy of a small notary, with the disk of disk.h below it; what it told stands in shared
 * memory. Another child opens what is left and looks. Without arguments 300 seeds, with TRIALNOTARY_LONG=1 12,000;
 * "campaign_test SEED COUNT" runs some alone.
 */
#include <limits.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/fault/campaign_check.h"
#include "tests/fault/campaign_flip.h"
#include "tests/fault/power.h"

#define BEGIN INT64_C(1772000000000)
#define JOURNAL ((size_t)96 << 20)
#define TEMPLATES 4
#define DAY INT64_C(86400000)

enum fault {
	KILL,
	KILL_TWICE,
	POWER,
	KILL_POWER,
	EIO_ONCE,
	EIO_ON,
	FULL_ONCE,
	FULL_ON,
	FULL_WHILE,
	NO_FILES,
	READ_ONLY,
	SHORT_WRITE,
	INTERRUPTED,
	READ_FAULT,
	MEMORY_ONCE,
	MEMORY_ON,
	CLOCK,
	FLIP,
	DATABASE,
	FAULTS
};
static const struct {
	const char *name;
	unsigned share;
	enum disk_fault disk;
	long calls; /* that fail; 0: for ever */
} faults[FAULTS] = {
	[KILL] = {"kill", 10, DISK_KILL_BEFORE, 1},
	[KILL_TWICE] = {"kill, and kill the recovery", 8, DISK_KILL_AFTER, 1},
	[POWER] = {"power loss", 22, DISK_KILL_AFTER, 1},
	[KILL_POWER] = {"kill, then power loss", 12, DISK_KILL_AFTER, 1},
	[EIO_ONCE] = {"EIO once", 6, DISK_EIO, 1},
	[EIO_ON] = {"EIO from then on", 5, DISK_EIO, 0},
	[FULL_ONCE] = {"ENOSPC once", 4, DISK_ENOSPC, 1},
	[FULL_ON] = {"ENOSPC from then on", 4, DISK_ENOSPC, 0},
	[FULL_WHILE] = {"ENOSPC for a while", 4, DISK_ENOSPC, 12},
	[NO_FILES] = {"EMFILE", 3, DISK_EMFILE, 2},
	[READ_ONLY] = {"read-only", 3, DISK_EROFS, 0},
	[SHORT_WRITE] = {"short writes", 3, DISK_SHORT, 5},
	[INTERRUPTED] = {"EINTR", 2, DISK_EINTR, 1},
	[READ_FAULT] = {"EIO on reading", 5, DISK_EIO_READ, 1},
	[MEMORY_ONCE] = {"memory refused once", 6, DISK_NO_MEMORY, 1},
	[MEMORY_ON] = {"memory refused from then on", 3, DISK_NO_MEMORY, 0},
	[CLOCK] = {"clock jump", 7, DISK_NONE, 0},
	[FLIP] = {"bit flip", 12, DISK_NONE, 0},
	[DATABASE] = {"database or its log damaged", 7, DISK_KILL_AFTER, 1},
};

static char base[256], docs[300], run_folder[300], cut_folder[300];
static struct told *told, *start[TEMPLATES];
static struct nt_trust trust[TEMPLATES];
static struct disk_journal *journal;
static unsigned long runs_of[FAULTS], hit_of[FAULTS], failed_seeds, lost_pieces;

/* ---- templates ---- */

static void make_documents(void)
{
	char path[400], text[64];

	snprintf(docs, sizeof(docs), "%s/docs", base);
	mkdir(docs, 0700);
	for (unsigned i = 0; i < DOCS; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/d%u.txt", docs, i);
		work_text(i, text);
		f = fopen(path, "wb");
		if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
			exit(1);
	}
}

static void need(enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_OK)
		return;
	fprintf(stderr, "template: %s: %s\n", vf_rc_name(rc), err->text);
	exit(1);
}

/* 0: nothing in it. 1: some of everything. 2: before a full tile. 3: as 1, with records that wait. */
static void fill_template(struct work *w, int which)
{
	static const enum step some[] = {ONE, RECEIPT, PARTY, EVENT, GROUP, SEAL, KEPT, EXPORT, AUDIT, SEAL, EXPORT, PARTY, EVENT};
	struct vf_err err = {0};

	if (which == 2) {
		need(work_accept(w, 245, false, &err), &err);
		need(work_step(w, SEAL, &err), &err);
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]) && which % 2 == 1; i++)
		need(work_step(w, some[i], &err), &err);
	if (which == 3)
		need(work_accept(w, 3, false, &err), &err);
}

static void make_template(int which)
{
	struct nt_init init = {.origin = "fault.example/1", .now_ms = BEGIN};
	struct work w = {.docs = docs, .random = 7};
	struct vf_err err = {0};
	char path[300], dir[400];

	snprintf(path, sizeof(path), "%s/t%d", base, which);
	snprintf(dir, sizeof(dir), "%s/out", path);
	folder_run("mkdir -p '%s'", dir);
	snprintf(dir, sizeof(dir), "%s/n", path);
	w.told = start[which] = calloc(1, sizeof(*told));
	w.base = path;
	w.told->now = BEGIN + 1000;
	need(nt_notary_init(dir, &init, &err), &err);
	need(nt_notary_open(dir, work_clock, w.told, &w.n, &err), &err);
	need(nt_trust_make(w.n, &trust[which], &err), &err);
	w.told->now += 1000;
	fill_template(&w, which);
	w.n = nt_notary_free(w.n);
}

/* ---- one run ---- */

struct run {
	uint64_t seed, random;
	enum fault fault;
	int which;
	unsigned steps;
	struct work work;
	bool hit;
};

static void *shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

/* What fork left: 0 or a small number; anything else is a fault of the program. */
static int wait_child(pid_t pid)
{
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(1);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "  a child ended by signal %d\n", WTERMSIG(status));
	return -1;
}

static int work_child(struct run *r, enum disk_fault fault, long calls)
{
	struct disk_plan plan = {.fault = fault, .calls = calls ? calls : LONG_MAX / 2};
	pid_t pid;

	if (r->fault == POWER || r->fault == KILL_POWER)
		plan.journal = journal;
	r->work.random = r->random;
	work_draw(&r->random, 2);
	/* The opening is the place of each sixth fault; one of the steps of the others. */
	r->work.arm_at = work_draw(&r->random, 6) == 0 ? 0 : 1 + (unsigned)work_draw(&r->random, r->steps);
	r->work.arm_calls = 1 + (long)work_draw(&r->random, work_draw(&r->random, 3) == 0 ? 120 : 25);
	if (fault == DISK_NO_MEMORY) {
		r->work.memory = plan.calls;
		/* Mostly early in the step, sometimes late: a seal takes thousands. */
		r->work.arm_calls = 1 + (long)work_draw(&r->random, 1u << work_draw(&r->random, 14));
	}
	r->work.told = told;
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		int status;

		alarm(120);
		disk_begin(run_folder, &plan);
		status = work_run(&r->work, r->steps);
		disk_begin(NULL, NULL);
		_exit(status);
	}
	return wait_child(pid);
}

/* Looks at base in a child of its own; true when all holds. */
static bool look(struct run *r, const char *where, const char *seen)
{
	pid_t pid;

	r->work.base = where;
	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		alarm(120);
		if (r->fault == FLIP || r->fault == DATABASE)
			check_damaged(&r->work, &trust[r->which], r->fault == FLIP);
		else
			check_all(&r->work, &trust[r->which], seen);
		_exit(check_failures > 0);
	}
	return wait_child(pid) == 0;
}

static bool power_run(struct run *r)
{
	struct power *p;
	char seen[400];
	bool good;
	int status;

	p = power_new(run_folder);
	if (r->fault == KILL_POWER)
		work_child(r, work_draw(&r->random, 2) == 0 ? DISK_KILL_AFTER : DISK_KILL_NAMED, 1);
	told->now += 2000;
	status = work_child(r, DISK_KILL_AFTER, 1);
	r->hit = status == DISK_KILLED;
	if (journal->full) {
		fprintf(stderr, "  the journal is full\n");
		return false;
	}
	power_play(p, journal);
	good = power_agrees(p, run_folder);
	lost_pieces += (unsigned long)power_cut(p, cut_folder, (enum power_loss)work_draw(&r->random, POWER_LOSSES), &r->random);
	power_free(p);
	snprintf(seen, sizeof(seen), "%s/n/log/checkpoint", run_folder);
	return look(r, cut_folder, seen) && good && status >= 0;
}

/* The clock was ahead and is right again: nothing is signed until the time of the last head has come. */
static bool check_waits(struct run *r, int64_t jump)
{
	int64_t now = told->now;
	pid_t pid;

	told->now -= jump;
	fflush(stderr);
	pid = fork();
	if (pid == 0)
		_exit(!check_waits_here(&r->work));
	if (wait_child(pid) != 0)
		return false;
	told->now = now + 100000;
	return true;
}

static bool clock_run(struct run *r)
{
	static const int64_t jumps[] = {-3650 * DAY, -3600000, -1000, 3600000, 3650 * DAY};
	int64_t jump = jumps[work_draw(&r->random, sizeof(jumps) / sizeof(jumps[0]))];
	bool good;
	int status;

	r->work.jump = jump;
	r->work.jump_at = 1 + (unsigned)work_draw(&r->random, r->steps);
	status = work_child(r, DISK_NONE, 0);
	r->work.jump_at = UINT_MAX;
	r->hit = told->jumped;
	r->work.far = r->work.far || (told->jumped && (jump > DAY || jump < -DAY));
	/* Bundles of ten years ago need new evidence first; none is exported before its time-stamp. */
	good = status == 0 || (status == 3 && (told->failed == VF_TIME_STOPPED || (r->work.far && jump > 0 && told->failed == VF_TS_EXPIRED) ||
		(jump < 0 && strncmp(told->why, "export:", 7) == 0 && told->failed == VF_NOT_VERIFIED)));
	if (!good)
		fprintf(stderr, "  clock %+" PRId64 " ms: %s (%s)\n", jump, told->why, vf_rc_name(told->failed));
	/* The clock is right again; when it was ahead, the time of the last head must come first. */
	if (told->jumped && jump < 0)
		told->now -= jump;
	else if (told->jumped)
		good = check_waits(r, jump) && good;
	return look(r, run_folder, NULL) && good;
}

static bool disk_run(struct run *r)
{
	char seen[400];
	int status = work_child(r, faults[r->fault].disk, faults[r->fault].calls);

	r->work.memory = 0;
	r->hit = status != 0 || r->fault == SHORT_WRITE || r->fault == INTERRUPTED;
	if (r->fault == KILL_TWICE && status == DISK_KILLED)
		status = work_child(r, DISK_KILL_BEFORE, 1);
	if (status < 0 || ((r->fault == SHORT_WRITE || r->fault == INTERRUPTED) && status != 0)) {
		fprintf(stderr, "  %s (%s)\n", told->why, vf_rc_name(told->failed));
		return false;
	}
	snprintf(seen, sizeof(seen), "%s/n/log/checkpoint", run_folder);
	return look(r, run_folder, seen);
}

static bool damage_run(struct run *r)
{
	int status = work_child(r, r->fault == FLIP ? DISK_NONE : DISK_KILL_AFTER, 1);

	if (status < 0 || (status == 3 && !(r->work.far && told->failed == VF_TS_EXPIRED))) {
		fprintf(stderr, "  %s (%s)\n", told->why, vf_rc_name(told->failed));
		return false;
	}
	r->hit = true;
	if (r->fault == FLIP)
		flip_somewhere(run_folder, &r->random);
	else
		damage_database(run_folder, &r->random);
	return look(r, run_folder, NULL);
}

static bool one_run(uint64_t seed)
{
	struct run r = {.seed = seed, .random = seed * 0x9e3779b97f4a7c15u + 12345};
	unsigned total = 0;
	uint64_t at, late;
	bool good = false;

	for (int i = 0; i < FAULTS; i++)
		total += faults[i].share;
	at = work_draw(&r.random, total);
	while (at >= faults[r.fault].share)
		at -= faults[r.fault++].share;
	r.which = (int)work_draw(&r.random, TEMPLATES);
	r.steps = 3 + (unsigned)work_draw(&r.random, 6);
	r.work = (struct work){.base = run_folder, .docs = docs, .jump_at = UINT_MAX};
	folder_remove(run_folder);
	folder_remove(cut_folder);
	copy_tree(folder_path(base, r.which == 0 ? "t0" : r.which == 1 ? "t1" : r.which == 2 ? "t2" : "t3"), run_folder);
	*told = *start[r.which];
	told->now += 60000;
	/* The authority makes a new list, and years later a new key and certificate, while the fault comes. */
	late = work_draw(&r.random, 12);
	if (late < 2)
		told->now += late == 0 ? 20 * DAY : 1700 * DAY;
	r.work.far = late == 1;
	journal->used = 0;
	journal->full = 0;
	if (r.fault == POWER || r.fault == KILL_POWER)
		good = power_run(&r);
	else if (r.fault == CLOCK)
		good = clock_run(&r);
	else if (r.fault == FLIP || r.fault == DATABASE)
		good = damage_run(&r);
	else
		good = disk_run(&r);
	runs_of[r.fault]++;
	hit_of[r.fault] += r.hit;
	if (!good)
		fprintf(stderr, "FAILED: seed %" PRIu64 ": %s, notary %d, after %u steps, '%s'; alone: campaign_test %" PRIu64 " 1\n",
			seed, faults[r.fault].name, r.which, told->steps, told->why, seed);
	return good;
}

int main(int argc, char **argv)
{
	const char *is_long = getenv("TRIALNOTARY_LONG");
	uint64_t first = 1, count = is_long != NULL && strcmp(is_long, "1") == 0 ? 12000 : 300;

	if (argc == 3) {
		first = strtoull(argv[1], NULL, 10);
		count = strtoull(argv[2], NULL, 10);
	}
	if (access("/dev/shm", W_OK) == 0 && getenv("TMPDIR") == NULL)
		setenv("TMPDIR", "/dev/shm", 1);
	folder_make(base);
	snprintf(run_folder, sizeof(run_folder), "%s/run", base);
	snprintf(cut_folder, sizeof(cut_folder), "%s/cut", base);
	told = shared(sizeof(*told));
	journal = shared(JOURNAL);
	journal->room = JOURNAL - sizeof(*journal);
	make_documents();
	for (int i = 0; i < TEMPLATES; i++)
		make_template(i);
	for (uint64_t seed = first; seed < first + count; seed++)
		failed_seeds += !one_run(seed);
	for (int i = 0; i < FAULTS; i++)
		printf("%6lu runs, %6lu hit: %s\n", runs_of[i], hit_of[i], faults[i].name);
	printf("%" PRIu64 " runs, %lu pieces lost, %lu failed\n", count, lost_pieces, failed_seeds);
	for (int i = 0; i < TEMPLATES; i++) {
		nt_trust_done(&trust[i]);
		free(start[i]);
	}
	folder_remove(base);
	return failed_seeds > 0;
}
