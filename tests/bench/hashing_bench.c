/*
 * Hashing files with SHA-256 and SHA-512 in one pass on all cores: many files
 * of 64 KiB and one of 256 MiB (sparse), all in the page cache, and the highest
 * memory use of the process.
 */
#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <unistd.h>

#include "notary/hashing.h"
#include "tests/bench/bench.h"

#define FILE_SIZE 65536
#define BIG ((uint64_t)256 << 20)

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void write_file(const char *path, uint64_t seed)
{
	static uint8_t room[FILE_SIZE];
	FILE *out = fopen(path, "wb");

	bench_fill(seed, room, sizeof(room));
	if (!out || fwrite(room, 1, sizeof(room), out) != sizeof(room) || fclose(out) != 0)
		exit(1);
}

static void hash(struct nt_hash_job *jobs, size_t n)
{
	static const struct nt_hashing how;
	struct vf_err err = {0};

	bench_need(nt_hash_files(jobs, n, &how, &err), &err, "hash");
}

static void measure_many(const char *dir, size_t n)
{
	struct nt_hash_job *jobs = calloc(n, sizeof(*jobs));
	char (*paths)[128] = calloc(n, sizeof(*paths));
	struct bench_clock began;

	if (!jobs || !paths)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%.80s/%06zu", dir, i);
		write_file(paths[i], i);
		jobs[i].path = paths[i];
	}
	hash(jobs, n); /* warm */
	began = bench_begin();
	hash(jobs, n);
	bench_row("hash_files_64k", n, began, n * FILE_SIZE);
	nt_hash_jobs_done(jobs, n);
	free(jobs);
	free(paths);
}

static void measure_big(const char *dir)
{
	char path[128];
	struct nt_hash_job job = {.path = path};
	struct bench_clock began;
	struct rusage use;
	int fd;

	snprintf(path, sizeof(path), "%.80s/big", dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)BIG) != 0)
		exit(1);
	close(fd);
	hash(&job, 1); /* warm */
	began = bench_begin();
	hash(&job, 1);
	bench_row("hash_file_256m", 1, began, BIG);
	getrusage(RUSAGE_SELF, &use);
	bench_size("hash_rss", 1, (double)use.ru_maxrss * 1024);
	nt_hash_jobs_done(&job, 1);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/trialnotary-bench-XXXXXX";

	if (!mkdtemp(dir))
		return 1;
	bench_head();
	measure_many(dir, bench_count(argc, argv, 1, 4096));
	measure_big(dir);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
