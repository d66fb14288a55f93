/*
 * Offline verification on one core: distinct bundles in memory, one session,
 * all of one seal, then with a seal each. Each bundle is whole: one document
 * of 40 octets, statement, evidence record with its token, log proof, heads.
 */
#include "tests/bench/bench.h"
#include "tests/notary_fixture.h"

struct bundles {
	struct nt_buf *all;
	size_t n;
	uint64_t octets;
};

static void export_bundle(struct fixture *f, struct bundles *b, const struct vf_hash *id)
{
	b->all[b->n] = nt_buf(1u << 20);
	fixture_export(f, id, NULL, &b->all[b->n]);
	b->octets += b->all[b->n++].n;
}

static void submit(struct fixture *f, size_t i)
{
	char name[32], text[64];

	snprintf(name, sizeof(name), "part-%07zu.csv", i);
	snprintf(text, sizeof(text), "subject,value\n%025zu\n", i);
	fixture_submit(f, TR_DATASET, name, text);
}

/* n records under one seal, or under n of them. */
static struct bundles make(struct fixture *f, size_t n, bool seal_each)
{
	struct bundles b = {.all = calloc(n, sizeof(*b.all))};
	struct vf_hash *ids = calloc(n, sizeof(*ids));

	if (!b.all || !ids)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		submit(f, i);
		ids[i] = f->last;
		if (seal_each)
			fixture_seal(f);
	}
	if (!seal_each)
		fixture_seal(f);
	for (size_t i = 0; i < n; i++)
		export_bundle(f, &b, &ids[i]);
	free(ids);
	return b;
}

static void verify_all(struct vf_session *s, const struct bundles *b, void *block)
{
	static struct vf_report report;
	struct vf_err err = {0};

	for (size_t i = 0; i < b->n; i++) {
		struct vf_source source = {.size = b->all[i].n, .memory = nt_buf_bytes(&b->all[i])};
		struct vf_arena arena;

		vf_arena_init(&arena, block, VF_BUNDLE_MEMORY);
		fixture_need(vf_bundle_check(s, &arena, "bundle", &source, NULL, 0, &report, &err), &err, "check");
		if (report.verdict != VF_VERIFIED) {
			fprintf(stderr, "bundle %zu: %s\n", i, report.n_reasons ? report.reasons[0].text : "not verified");
			exit(1);
		}
	}
}

/* The longest evidence record of them, as its octets stand in the container. */
static void measure_evidence(struct fixture *f, size_t n)
{
	struct nt_buf out = nt_buf(1u << 20);
	struct vf_err err = {0};

	fixture_need(nt_exporter_record(f->e, &f->last, &out, &err), &err, "record");
	bench_size("evidence_record", n, (double)out.n);
	nt_buf_done(&out);
}

static void measure(const char *name, size_t n, bool seal_each, size_t rounds)
{
	void *block = malloc(VF_BUNDLE_MEMORY), *session = malloc(VF_SESSION_MEMORY);
	struct bench_clock began;
	struct fixture f;
	struct bundles b;

	if (!block || !session)
		exit(1);
	fixture_begin(&f);
	b = make(&f, n, seal_each);
	if (!seal_each)
		measure_evidence(&f, n);
	bench_size(seal_each ? "bundle_seal_each" : "bundle_one_seal", n, (double)b.octets / (double)n);
	began = bench_begin();
	for (size_t i = 0; i < rounds; i++) {
		/* a new session: nothing is known of the bundles */
		VF_CLEANUP(vf_session_freep) struct vf_session *s = fixture_session(&f, true, false, f.now + 1000, session);

		verify_all(s, &b, block);
	}
	bench_row(name, n * rounds, began, b.octets * rounds);
	for (size_t i = 0; i < b.n; i++)
		nt_buf_done(&b.all[i]);
	free(b.all);
	free(block);
	free(session);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	bench_head();
	measure("verify_one_seal", bench_count(argc, argv, 1, 4000), false, bench_count(argc, argv, 3, 5));
	measure("verify_seal_each", bench_count(argc, argv, 2, 2000), true, bench_count(argc, argv, 3, 5));
	return 0;
}
