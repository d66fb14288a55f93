/*
 * One notary on disk: durable bulk submission in process (one document a
 * record, one stream), sequencing with one seal, what the log occupies, and
 * exports with the verifier's check and one sync a batch.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "notary/log.h"
#include "tests/bench/bench.h"
#include "tests/notary_fixture.h"

#define EXPORTS 8000
/* What no log can do without: entry, its length, its hash, and its share of the tiles above. */
#define IDEAL (32 + 2 + NT_ENTRY_LEN + 0.13)

static struct vf_hash exported[EXPORTS];
static uint64_t log_octets;

static void learn(void *ctx, size_t at, const struct vf_hash *id, enum nt_accepted how)
{
	(void)ctx, (void)how;
	if (at < EXPORTS)
		exported[at] = *id;
}

static void submit(struct fixture *f, size_t n)
{
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .study = vf_bytes_str("BENCH-1"),
		.kind = TR_DATASET, .version = vf_bytes_str("1.0"), .date = vf_bytes_str("2026-03-01")};
	struct nt_submit_record *records = calloc(n, sizeof(*records));
	struct nt_submit_file *files = calloc(n, sizeof(*files));
	char (*names)[48] = calloc(n, sizeof(*names));
	struct vf_err err = {0};
	struct bench_clock began;

	if (!records || !files || !names)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "site/part-%07zu.csv", i);
		files[i].name = vf_bytes_str(names[i]);
		files[i].size = 1000;
		bench_fill(i, &files[i].digests, sizeof(files[i].digests));
		records[i] = (struct nt_submit_record){.files = &files[i], .n_files = 1};
	}
	began = bench_begin();
	fixture_need(nt_submit_records(f->n, &s, records, n, learn, NULL, &err), &err, "submit");
	bench_row("submit_durable", n, began, 0);
	free(records);
	free(files);
	free(names);
}

static int add_size(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)path, (void)ftw;
	log_octets += flag == FTW_F ? (uint64_t)st->st_size : 0;
	return 0;
}

/* Tiles and entry bundles as any reader fetches them. */
static void measure_log(struct fixture *f, size_t n)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/tile", f->notary);
	if (nftw(path, add_size, 16, FTW_PHYS) != 0)
		snprintf(path, sizeof(path), "%s/log/tile", f->notary);
	if (!log_octets && nftw(path, add_size, 16, FTW_PHYS) != 0)
		exit(1);
	bench_size("log_storage", n, (double)log_octets / (double)n);
	printf("log_storage_to_ideal\t%zu\t-\t-\t-\t%.4f\n", n, (double)log_octets / (double)n / IDEAL);
}

/* What the file system asks for as many files of that size, and one sync. */
static void measure_floor(const struct fixture *f, size_t n)
{
	static uint8_t room[6000];
	struct bench_clock began = bench_begin();
	char path[200];
	int fd = -1;

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%06zu.floor", f->dir, i);
		fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, room, sizeof(room)) != (ssize_t)sizeof(room))
			exit(1);
		if (i + 1 < n)
			close(fd);
	}
	if (syncfs(fd) != 0)
		exit(1);
	close(fd);
	bench_row("export_floor", n, began, n * sizeof(room));
}

static void export_all(struct fixture *f, size_t n)
{
	const struct nt_export_options options = {.detached = true};
	struct nt_exporter *e;
	struct vf_err err = {0};
	struct bench_clock began;
	char path[200];

	began = bench_begin();
	fixture_need(nt_exporter_new(f->n, &e, &err), &err, "exporter");
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%06zu.asice", f->dir, i);
		fixture_need(nt_exporter_put(e, &exported[i], &options, path, &err), &err, "put");
	}
	fixture_need(nt_exporter_flush(e, &err), &err, "flush");
	bench_row("export_files", n, began, 0);
	nt_exporter_free(e);
}

int main(int argc, char **argv)
{
	size_t n = bench_count(argc, argv, 1, 300000);
	struct fixture f;
	struct bench_clock began;
	struct vf_err err = {0};
	struct nt_sealed sealed = {.sealed = true};

	fixture_begin(&f);
	bench_head();
	submit(&f, n);
	began = bench_begin();
	while (sealed.sealed) {
		f.now += 1000;
		fixture_need(nt_notary_seal(f.n, &sealed, &err), &err, "seal");
	}
	bench_row("sequence_and_seal", n, began, 0);
	measure_log(&f, n);
	measure_floor(&f, n < EXPORTS ? n : EXPORTS);
	export_all(&f, n < EXPORTS ? n : EXPORTS);
	fixture_end(&f);
	return 0;
}
