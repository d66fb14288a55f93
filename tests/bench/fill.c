/*
 * Fills a notary with sealed records, in process and so faster than by HTTP, to see what a service costs
 * when its log is long.
 *
 *   fill DIR RECORDS       prints nothing; DIR must be a notary that nobody uses
 */
#include "notary/submit.h"
#include "tests/bench/bench.h"

#define CHUNK 20000
#define STUDIES 100
#define SEAL_EVERY 10 /* chunks */

static struct nt_submit_file files[CHUNK];
static struct nt_submit_record records[CHUNK];

static void submit_chunk(struct nt_notary *n, size_t from, size_t count)
{
	struct nt_submit s = {.submitter = vf_bytes_str("fill"), .kind = TR_DATASET, .version = vf_bytes_str("1.0")};
	struct vf_err err = {0};
	char study[32];

	snprintf(study, sizeof(study), "FILL-%zu", from / CHUNK % STUDIES);
	s.study = vf_bytes_str(study);
	for (size_t i = 0; i < count; i++) {
		files[i] = (struct nt_submit_file){.name = vf_bytes_str("data.csv"), .size = 1000};
		bench_fill(from + i, &files[i].digests, sizeof(files[i].digests));
		records[i] = (struct nt_submit_record){.files = &files[i], .n_files = 1};
	}
	bench_need(nt_submit_records(n, &s, records, count, NULL, NULL, &err), &err, "submit");
}

int main(int argc, char **argv)
{
	size_t n = bench_count(argc, argv, 2, 0);
	struct nt_notary *notary = NULL;
	struct nt_sealed sealed;
	struct vf_err err = {0};

	if (argc != 3 || n == 0)
		return 64;
	bench_need(nt_notary_open(argv[1], NULL, NULL, &notary, &err), &err, "open");
	for (size_t at = 0, chunk = 1; at < n; at += CHUNK, chunk++) {
		submit_chunk(notary, at, n - at < CHUNK ? n - at : CHUNK);
		if (chunk % SEAL_EVERY == 0 || at + CHUNK >= n)
			bench_need(nt_notary_seal(notary, &sealed, &err), &err, "seal");
	}
	nt_notary_free(notary);
	return 0;
}
