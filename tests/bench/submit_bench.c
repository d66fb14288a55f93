/* Exercises building submissions in process: one document a record, one stream, no store. */
#include <inttypes.h>
#include <time.h>

#include "notary/submit.h"
#include "tests/fake_notary.h"

#define N 300000

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

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
	uint64_t began, ns;

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
		records[i] = (struct nt_submit_record){&files[i], 1};
	}
	began = now_ns();
	if (nt_submit_records(&notary, &s, records, N, NULL, NULL, &err) != VF_OK || fake.accepted != N) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	ns = now_ns() - began;
	printf("name\tn\tns/op\tMB/s\n");
	printf("submit_build\t%d\t%" PRIu64 "\t-\n", N, ns / N);
	free(records);
	free(files);
	free(names);
	return 0;
}
