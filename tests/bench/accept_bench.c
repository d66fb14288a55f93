/*
 * Durable acceptance in process, sealing and reading back.
 *
 * accept_bench [BATCHES]: records of one statement of about 700 bytes and one stream.json of
 * about 270, in one stream, 10,000 a transaction. Making them is not measured. Prints
 * name, n, ns/op, MB/s (of member bytes) as TSV.
 */
#include <time.h>

#include "notary/notary.h"
#include "tests/folder.h"
#include "tests/made.h"

#define BATCH 10000
#define ONES 300

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print(const char *name, uint64_t n, double s, uint64_t bytes)
{
	printf("%s\t%" PRIu64 "\t%.0f\t%.1f\n", name, n, s / (double)n * 1e9, (double)bytes / s / 1e6);
}

static void must(enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_OK)
		return;
	fprintf(stderr, "%s: %s\n", vf_rc_name(rc), err->text);
	exit(1);
}

/* Record n with two members, as a submission whose document was confidential and withheld would have. */
static void make(struct made *m, struct made_stream *st, uint64_t n)
{
	struct made_stream before = *st;

	made_record(m, st, n, false);
	*st = before;
	m->s.n_members = 2;
	m->s.n_documents = 0;
	m->s.n_links = 0;
	made_close(m, st);
}

static uint64_t member_bytes(const struct made *m)
{
	return m->members[0].bytes.n + m->members[1].bytes.n;
}

int main(int argc, char **argv)
{
	uint64_t batches = argc > 1 ? strtoull(argv[1], NULL, 10) : 30, n = 0, bytes = 0;
	struct made *m = calloc(BATCH, sizeof(*m));
	struct nt_submission *s = calloc(BATCH, sizeof(*s));
	enum nt_accepted *got = calloc(BATCH, sizeof(*got));
	struct made_stream st = made_stream("site-1", "STUDY-1");
	struct nt_init init = {.origin = "bench.example/1", .now_ms = 1772000000000};
	struct nt_notary *notary = NULL;
	struct nt_sealed sealed;
	struct vf_err err = {0};
	char folder[256];
	double wall = 0, cpu = 0, begin, begin_cpu;

	if (m == NULL || s == NULL || got == NULL)
		return 1;
	folder_make(folder);
	must(nt_notary_init(folder_path(folder, "n"), &init, &err), &err);
	must(nt_notary_open(folder_path(folder, "n"), NULL, NULL, &notary, &err), &err);
	for (uint64_t b = 0; b < batches; b++) {
		for (size_t i = 0; i < BATCH; i++) {
			make(&m[i], &st, n++);
			s[i] = m[i].s;
			bytes += member_bytes(&m[i]);
		}
		begin = seconds(CLOCK_MONOTONIC);
		begin_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
		must(nt_notary_accept(notary, s, BATCH, got, &err), &err);
		wall += seconds(CLOCK_MONOTONIC) - begin;
		cpu += seconds(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu;
	}
	print("accept_10000", n, wall, bytes);
	print("accept_10000_cpu", n, cpu, bytes);
	begin = seconds(CLOCK_MONOTONIC);
	must(nt_notary_seal(notary, &sealed, &err), &err);
	print("seal_all", n, seconds(CLOCK_MONOTONIC) - begin, bytes);
	begin = seconds(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < BATCH; i++) {
		struct nt_record *r = NULL;

		must(nt_notary_get(notary, &m[i * 7919 % BATCH].s.id, &r, &err), &err);
		nt_record_free(r);
	}
	print("get", BATCH, seconds(CLOCK_MONOTONIC) - begin, BATCH * member_bytes(&m[0]));
	begin = seconds(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < ONES; i++) {
		make(&m[0], &st, n++);
		must(nt_notary_accept(notary, &m[0].s, 1, got, &err), &err);
	}
	print("accept_1", ONES, seconds(CLOCK_MONOTONIC) - begin, ONES * member_bytes(&m[0]));
	begin = seconds(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < ONES / 3; i++) {
		make(&m[0], &st, n++);
		must(nt_notary_accept(notary, &m[0].s, 1, got, &err), &err);
		must(nt_notary_seal(notary, &sealed, &err), &err);
	}
	print("accept_and_seal_1", ONES / 3, seconds(CLOCK_MONOTONIC) - begin,
		ONES / 3 * member_bytes(&m[0]));
	nt_notary_free(notary);
	folder_remove(folder);
	free(m);
	free(s);
	free(got);
	return 0;
}
