/* Exercises hashing: one core on one large file, all cores on as many large files, 20,000 small files. */
#include "notary/hashing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "notary/crew.h"

#define LARGE ((size_t)512 * 1024 * 1024)
#define BLOCK ((size_t)1024 * 1024)
#define SMALL 4096
#define N_SMALL 20000

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void report(const char *name, uint64_t n, uint64_t bytes, uint64_t ns)
{
	printf("%s\t%" PRIu64 "\t%" PRIu64 "\t%.1f\n", name, n, ns / n, (double)bytes * 1000 / (double)ns);
}

static void fill(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		p[i] = (uint8_t)(seed >> 56);
	}
}

static void write_file(const char *path, const uint8_t *p, size_t block, size_t size)
{
	FILE *f = fopen(path, "wb");

	for (size_t n = 0; f && n < size; n += block) {
		if (fwrite(p, 1, block, f) != block)
			exit(1);
	}
	if (!f || fclose(f) != 0)
		exit(1);
}

static void run(const char *name, struct nt_hash_job *jobs, size_t n, unsigned threads, uint64_t bytes)
{
	struct nt_hashing how = {.threads = threads};
	struct vf_err err = {0};
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t began = now_ns(), ns;

		if (nt_hash_files(jobs, n, &how, &err) != VF_OK) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
		ns = now_ns() - began;
		best = ns < best ? ns : best;
	}
	report(name, n, bytes, best);
}

/* What one core can do at best: the same blocks without any file. */
static void run_memory(const uint8_t *p)
{
	struct vf_hasher a, b;
	struct vf_digest d;
	uint64_t s256, s512, began = now_ns();

	if (vf_hasher_init(&a, VF_SHA256, NULL) != VF_OK || vf_hasher_init(&b, VF_SHA512, NULL) != VF_OK)
		exit(1);
	for (size_t i = 0; i < LARGE / BLOCK; i++)
		vf_hasher_put(&a, vf_bytes(p, BLOCK));
	s256 = now_ns() - began;
	began = now_ns();
	for (size_t i = 0; i < LARGE / BLOCK; i++)
		vf_hasher_put(&b, vf_bytes(p, BLOCK));
	s512 = now_ns() - began;
	vf_ignore(vf_hasher_done(&a, &d, NULL)); /* only the time counts */
	vf_ignore(vf_hasher_done(&b, &d, NULL));
	report("memory_sha256", 1, LARGE, s256);
	report("memory_sha512", 1, LARGE, s512);
	report("memory_both", 1, LARGE, s256 + s512);
}

int main(void)
{
	char dir[] = "/tmp/hashing_bench.XXXXXX";
	unsigned cores = nt_crew_cores(16);
	struct nt_hash_job *jobs = calloc(N_SMALL, sizeof(*jobs));
	char(*paths)[64] = calloc(N_SMALL, sizeof(*paths));
	uint8_t *block = malloc(BLOCK);
	struct rusage usage;

	if (!jobs || !paths || !block || !mkdtemp(dir))
		return 1;
	fill(block, BLOCK, 1);
	printf("name\tn\tns/op\tMB/s\n");
	run_memory(block);
	for (unsigned i = 0; i < cores; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/large%u", dir, i);
		write_file(paths[i], block, BLOCK, LARGE / cores);
		jobs[i].path = paths[i];
	}
	run("large_one_core", jobs, cores, 1, LARGE);
	run("large_all_cores", jobs, cores, cores, LARGE);
	for (unsigned i = 0; i < cores; i++)
		unlink(paths[i]);
	for (unsigned i = 0; i < N_SMALL; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/s%u", dir, i);
		write_file(paths[i], block + i, SMALL, SMALL);
		jobs[i].path = paths[i];
	}
	run("small_one_core", jobs, N_SMALL, 1, (uint64_t)N_SMALL * SMALL);
	run("small_all_cores", jobs, N_SMALL, cores, (uint64_t)N_SMALL * SMALL);
	for (unsigned i = 0; i < N_SMALL; i++)
		unlink(paths[i]);
	rmdir(dir);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "cores %u, largest resident set %ld kB\n", cores, usage.ru_maxrss);
	nt_hash_jobs_done(jobs, N_SMALL);
	free(jobs);
	free(paths);
	free(block);
	return 0;
}
