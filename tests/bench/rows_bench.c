/*
 * The trees over a table of a million rows, and an excerpt of ten of them; beside it `sha256sum` of the same file, in the same
 * run. Prints bench.h's rows, and the ratio of both wall times.
 *   rows_bench [ROWS]
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "notary/rows_tree.h"
#include "tests/bench/bench.h"

static const struct tr_unit unit = {.kind = TR_UNIT_CSV};
static struct vf_hash secret;

/* Adverse events of nobody: about 90 octets a row. */
static uint64_t make_table(const char *path, size_t rows)
{
	static const char *const terms[] = {"Headache", "Nausea", "\"Rash, mild\"", "Fatigue", "Dizziness"};
	FILE *f = fopen(path, "wb");
	uint64_t octets = 0;
	int n;

	if (!f)
		exit(1);
	for (size_t i = 0; i < rows; i++) {
		uint32_t noise;

		bench_fill(i, &noise, sizeof(noise));
		n = fprintf(f, "BENCH-1,AE,BENCH-1-%04u-%06zu,%zu,%s,MILD,2026-%02u-%02u,%u,NOT RECOVERED,N\r\n", noise % 9999, i / 7,
			i % 7, terms[noise % 5], noise / 7 % 12 + 1, noise / 11 % 28 + 1, noise);
		octets += n > 0 ? (uint64_t)n : 0;
	}
	if (fclose(f) != 0)
		exit(1);
	return octets;
}

static double wall_of(struct bench_clock began)
{
	return (double)(bench_begin().wall - began.wall);
}

static double bench_sha256sum(const char *path, uint64_t octets)
{
	struct bench_clock began;
	char command[200];
	double wall;

	snprintf(command, sizeof(command), "sha256sum '%s' >/dev/null", path);
	began = bench_begin();
	if (system(command) != 0)
		exit(1);
	wall = wall_of(began);
	bench_row("sha256sum", 1, began, octets);
	return wall;
}

static double bench_make(int fd, uint64_t octets, struct vf_rows *rows)
{
	struct bench_clock began = bench_begin();
	struct vf_hash sha256;
	struct vf_err err = {0};
	double wall;

	bench_need(nt_rows_make(fd, &unit, &secret, rows, &sha256, &err), &err, "rows");
	wall = wall_of(began);
	bench_row("rows_make", rows->count, began, octets);
	return wall;
}

static void bench_excerpt(int fd, uint64_t octets, struct vf_rows *rows)
{
	struct nt_row_range ranges[10];
	struct nt_excerpt x = {.secret = secret, .member = vf_bytes_str("rows-001.json"), .rows = rows, .alg = VF_SHA256,
		.ranges = ranges, .n_ranges = 10};
	struct nt_buf out = nt_buf(VF_MAX_EXCERPT);
	struct vf_err err = {0};
	struct vf_excerpt e;
	struct vf_shown shown;
	struct bench_clock began;

	for (size_t i = 0; i < 10; i++)
		ranges[i] = (struct nt_row_range){rows->count / 10 * i, rows->count / 10 * i};
	began = bench_begin();
	bench_need(nt_excerpt_put(fd, &x, &out, &err), &err, "excerpt");
	bench_row("excerpt_put", rows->count, began, octets);
	bench_size("excerpt_of_10", 10, (double)out.n / 10);
	began = bench_begin();
	for (size_t i = 0; i < 1000; i++) {
		bench_need(vf_excerpt_parse(nt_buf_bytes(&out), &e, &err), &err, "parse");
		bench_need(vf_excerpt_check(&e, &shown, &err), &err, "check");
	}
	bench_row("excerpt_check", 1000, began, out.n * 1000);
	nt_buf_done(&out);
}

int main(int argc, char **argv)
{
	size_t count = bench_count(argc, argv, 1, 1000000);
	char path[] = "/tmp/trialnotary-rows-XXXXXX";
	struct vf_rows rows = {.document = vf_bytes_str("ae.csv"), .unit = vf_bytes_str("csv")};
	int fd = mkstemp(path);
	uint64_t octets;
	double sum = 0, make = 0;

	if (fd < 0)
		return 1;
	octets = make_table(path, count);
	bench_head();
	/* in turns, the best of each: both see the same machine */
	for (int turn = 0; turn < 3; turn++) {
		double a = bench_sha256sum(path, octets), b = bench_make(fd, octets, &rows);

		sum = turn == 0 || a < sum ? a : sum;
		make = turn == 0 || b < make ? b : make;
	}
	bench_excerpt(fd, octets, &rows);
	printf("rows_make_per_sha256sum\t%zu\t%.2f\t-\t-\t-\n", count, make / sum);
	close(fd);
	unlink(path);
	return 0;
}
