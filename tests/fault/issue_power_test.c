/*
 * The issue journal and power loss: killed after each change of a file or name, or not at all, then everything that was
 * not synced is lost, in each way that power.h knows. A token whose done was called is there for ever.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "notary/issue_journal.h"
#include "tests/fault/power.h"
#include "tests/folder.h"

#define T0 INT64_C(1772359872123) /* 2026-03-01T10:11:12.123Z */
#define DAY INT64_C(86400000)
#define TOKENS 8
#define JOURNAL ((size_t)8 << 20)

/* What left the process; child and parent share it. */
struct told {
	bool numbers[64];
};

static char base[256], run_folder[300], cut_folder[300];
static struct told *told;
static struct disk_journal *journal;

static void *shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static enum vf_rc open_journal(const char *folder, struct nt_issue_journal **ret, struct vf_err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t cut;
	enum vf_rc rc;

	*ret = NULL;
	*err = (struct vf_err){0};
	rc = nt_issue_journal_open(
		&(struct nt_issue_journal_options){.folder = fd, .origin = "demo.example/1"}, ret, &cut, err);
	close(fd);
	return rc;
}

struct put {
	struct nt_issue_item item;
	sem_t *left;
};

static void on_done(struct nt_issue_item *x, enum vf_rc rc, const struct vf_err *err)
{
	struct put *p = x->ctx;

	(void)err;
	if (rc == VF_OK)
		told->numbers[nt_issued_number(x->token.serial) % 64] = true;
	sem_post(p->left);
}

/* So many tokens that share a sync. */
static bool issue(struct nt_issue_journal *j, int64_t now, unsigned n)
{
	struct put p[TOKENS];
	uint8_t random[NT_ISSUED_RANDOM] = {7};
	uint64_t number;
	sem_t left;

	sem_init(&left, 0, 0);
	for (unsigned i = 0; i < n; i++) {
		struct nt_issued *t = &p[i].item.token;

		p[i] = (struct put){.left = &left, .item = {.done = on_done, .ctx = &p[i]}};
		if (nt_issue_journal_begin(j, now, 0, &number, &t->gen_ms, NULL) != VF_OK)
			return false;
		nt_issued_serial(number, random, t->serial);
		if (vf_digest(VF_SHA512, vf_bytes_str("data"), &t->imprint, NULL) != VF_OK)
			return false;
	}
	for (unsigned i = n; i-- > 0;) /* the first, which starts the writing, last */
		nt_issue_journal_put(j, &p[i].item);
	for (unsigned i = 0; i < n; i++)
		while (sem_wait(&left) != 0)
			continue;
	sem_destroy(&left);
	return true;
}

/* Two days, their ends and records. */
static void live(void)
{
	struct vf_hash record = vf_sha256(vf_bytes_str("a record"));
	struct nt_issue_journal *j;
	struct nt_issue_ended e;
	struct vf_err err;

	if (open_journal(run_folder, &j, &err) != VF_OK)
		_exit(9);
	for (int day = 0; day < 2; day++)
		if (!issue(j, T0 + day * DAY, TOKENS) || !issue(j, T0 + day * DAY + 1, 1) ||
			!issue(j, T0 + day * DAY + 2, 3))
			_exit(9);
	nt_issue_journal_end_before(j, T0 / DAY + 2);
	for (int day = 0; day < 2; day++) {
		for (int i = 0; i < 60000 && !nt_issue_journal_ended(j, &e); i++)
			usleep(1000);
		if (nt_issue_journal_notarised(j, T0 / DAY + day, &record, NULL) != VF_OK)
			_exit(9);
	}
	_exit(0);
}

static int run_child(long k)
{
	struct disk_plan plan = {.fault = k ? DISK_KILL_AFTER : DISK_NONE, .at = k, .calls = 1, .journal = journal};
	int status = 0;
	pid_t pid;

	fflush(stderr);
	pid = fork();
	if (pid == 0) {
		disk_begin(run_folder, &plan);
		live();
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static VF_RC note(void *ctx, const struct nt_issued *t, struct vf_err *reterr)
{
	struct told *seen = ctx;

	(void)reterr;
	seen->numbers[nt_issued_number(t->serial) % 64] = true;
	return VF_OK;
}

/* All lines that can be read, up to the first that is damaged. */
static void read_files(struct told *seen)
{
	int dir = open(folder_path(cut_folder, "journal"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*seen = (struct told){.numbers = {false}};
	for (int day = 1; day <= 3 && dir >= 0; day++) {
		struct vf_pair_hasher hasher;
		struct nt_issue_day d;
		uint64_t size, rest;
		char name[16];

		snprintf(name, sizeof(name), "2026-03-%02d", day);
		vf_ignore(nt_issue_file_read(dir, name, note, seen, &d, &hasher, &size, &rest,
			NULL)); /* what is lost shows by its numbers */
	}
	if (dir >= 0)
		close(dir);
}

/*
 * Opens what is left. A disk that does not write in order may leave a hole in lines that nobody waited for: said, never
 * passed over.
 */
static bool check_left(enum power_loss loss, const char *what)
{
	bool in_order = loss == POWER_ALL || loss == POWER_LATER || loss == POWER_NOTHING;
	struct nt_issue_journal *j;
	struct told seen;
	struct vf_err err;
	enum vf_rc rc = open_journal(cut_folder, &j, &err);

	CHECK(rc == VF_OK || (rc == VF_STORE_CORRUPT && !in_order));
	if (rc != VF_OK && in_order)
		fprintf(stderr, "  %s: %s\n", what, err.text);
	if (rc == VF_OK)
		CHECK(issue(j, T0 + 2 * DAY, 1));
	nt_issue_journal_free(j);
	read_files(&seen);
	for (unsigned i = 0; i < 64; i++)
		if (told->numbers[i] && !seen.numbers[i])
			CHECK_FAIL("%s: token %u left, and is not in the journal", what, i);
	return rc == VF_OK;
}

int main(void)
{
	uint64_t random = 20260301;
	int status = DISK_KILLED;
	unsigned opened = 0, damaged = 0;
	long k = 0;

	folder_make(base);
	snprintf(run_folder, sizeof(run_folder), "%s/run", base);
	snprintf(cut_folder, sizeof(cut_folder), "%s/cut", base);
	told = shared(sizeof(*told));
	journal = shared(sizeof(*journal) + JOURNAL);
	journal->room = JOURNAL;
	for (k = 1; status == DISK_KILLED && k < 500; k++) {
		struct power *p;
		struct told before;

		folder_remove(run_folder);
		CHECK_INT(mkdir(run_folder, 0700), 0);
		*told = (struct told){.numbers = {false}};
		journal->used = 0;
		journal->full = 0;
		p = power_new(run_folder);
		status = run_child(k);
		CHECK(status == DISK_KILLED || status == 0);
		power_play(p, journal);
		CHECK(!journal->full && power_agrees(p, run_folder));
		before = *told;
		for (int loss = 0; loss < POWER_LOSSES; loss++) {
			char what[80];

			snprintf(what, sizeof(what), "killed after call %ld, loss %d", k, loss);
			*told = before;
			folder_remove(cut_folder);
			power_cut(p, cut_folder, (enum power_loss)loss, &random);
			if (check_left((enum power_loss)loss, what))
				opened++;
			else
				damaged++;
		}
		power_free(p);
	}
	CHECK_INT(status, 0);
	CHECK(k > 30);
	for (unsigned i = 1; i <= 24; i++)
		CHECK(told->numbers[i]);
	fprintf(stderr, "%ld calls; %u times opened, %u times said that lines are damaged\n", k - 1, opened, damaged);
	folder_remove(base);
	return check_done();
}
