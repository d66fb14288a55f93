/* Exercises building submissions in process: one document a record, one stream, no store. */
#include "notary/submit.h"
#include "tests/bench/bench.h"
#include "tests/fake_notary.h"

#define N 300000

int main(void)
{
	struct nt_submit s = {.submitter = vf_bytes_str("local"),
		.study = vf_bytes_str("BENCH-1"),
		.kind = TR_DATASET,
		.version = vf_bytes_str("1.0"),
		.date = vf_bytes_str("2026-03-01")};
	struct nt_submit_record *records = calloc(N, sizeof(*records));
	struct nt_submit_file *files = calloc(N, sizeof(*files));
	char(*names)[24] = calloc(N, sizeof(*names));
	struct nt_notary notary = {0};
	struct vf_err err = {0};
	struct bench_clock began;

	if (!records || !files || !names)
		return 1;
	fake.forget_journal = true;
	for (unsigned i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "site/part-%06u.csv", i);
		files[i].name = vf_bytes_str(names[i]);
		files[i].size = 1000;
		files[i].digests.sha256.b[0] = (uint8_t)i;
		files[i].digests.sha256.b[1] = (uint8_t)(i >> 8);
		files[i].digests.sha256.b[2] = (uint8_t)(i >> 16);
		records[i] = (struct nt_submit_record){.files = &files[i], .n_files = 1};
	}
	began = bench_begin();
	if (nt_submit_records(&notary, &s, records, N, NULL, NULL, &err) != VF_OK || fake.accepted != N) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	bench_head();
	bench_row("submit_build", N, began, 0);
	free(records);
	free(files);
	free(names);
	return 0;
}
