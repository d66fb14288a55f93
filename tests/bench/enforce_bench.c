/*
 * What a submission costs more in a study without enforced rules: finding that there are none, before and after it.
 *
 *   enforce_bench DIR STUDY     DIR must be a notary that nobody uses
 */
#include "notary/enforce.h"
#include "notary/rules_index.h"
#include "tests/bench/bench.h"

#define ROUNDS 200

int main(int argc, char **argv)
{
	struct nt_submit s = {.submitter = vf_bytes_str("local"), .kind = TR_DATASET};
	struct nt_notary *n = NULL;
	struct nt_enforced *e;
	struct vf_err err = {0};
	uint64_t records = 0;
	struct bench_clock begin;
	struct nt_enforce_at at;

	if (argc != 3)
		return 64;
	s.study = vf_bytes_str(argv[2]);
	bench_need(nt_notary_open(argv[1], NULL, NULL, &n, &err), &err, "open");
	bench_need(nt_rules_count(n, &records, &err), &err, "count");
	at = nt_enforce_at_notary(n);
	bench_head();
	begin = bench_begin();
	bench_need(nt_enforce_begin(&at, &s, &e, &err), &err, "begin");
	nt_enforced_free(e);
	bench_row("enforce-first-look", (size_t)records, begin, 0);
	begin = bench_begin();
	for (int i = 0; i < ROUNDS; i++) {
		bench_need(nt_enforce_begin(&at, &s, &e, &err), &err, "begin");
		nt_enforced_free(e);
		bench_need(nt_rules_pass(n, records, &err), &err, "pass");
	}
	bench_row("enforce-submission", ROUNDS, begin, 0);
	nt_notary_free(n);
	return 0;
}
