/*
 * What the service does with one submission, step by step and on one thread: reading and judging its JSON,
 * storing it in groups of the size that a busy service has, sealing, and making its receipt.
 *
 *   intake_bench [RECORDS [GROUP]]
 */
#include "notary/intake.h"
#include "notary/receipt_out.h"
#include "tests/bench/bench.h"
#include "tests/load_maker.h"
#include "tests/notary_fixture.h"

#define STREAMS 256

struct work {
	struct load_chain chains[STREAMS];
	struct nt_stream streams[STREAMS];
	struct nt_submission *submissions;
	enum nt_accepted *results;
	uint8_t *blocks; /* of the arenas of one group */
	size_t room;
	struct nt_intake *intake;
	struct fixture f;
};

static void begin(struct work *w, size_t each, size_t group)
{
	struct vf_err err = {0};
	char study[65];

	fixture_begin(&w->f);
	for (size_t i = 0; i < STREAMS; i++) {
		snprintf(study, sizeof(study), "BENCH-%zu", i);
		load_chain_begin(&w->chains[i], "site-1", study);
		for (size_t n = 0; n < each; n++)
			load_chain_add(&w->chains[i]);
	}
	w->submissions = calloc(group, sizeof(*w->submissions));
	w->results = calloc(group, sizeof(*w->results));
	w->room = (size_t)64 * 1024;
	w->blocks = malloc(group * w->room);
	if (!w->submissions || !w->results || !w->blocks)
		exit(1);
	bench_need(nt_intake_new(&NT_INTAKE_DEFAULT, &w->intake, &err), &err, "intake");
}

/* Record i of the whole goes to stream i % STREAMS. */
static void read_one(struct work *w, size_t i, struct nt_submission *ret, struct vf_arena *a)
{
	struct nt_intake_from from = {.submitter = vf_bytes_str("site-1"), .notary = w->f.n, .now_ms = w->f.now};
	struct vf_bytes json = load_chain_lines(&w->chains[i % STREAMS], i / STREAMS, 1);
	char field[NT_FIELD_MAX];
	struct vf_err err = {0};

	bench_need(nt_intake_read(w->intake, &from, json, a, ret, field, &err), &err, field);
}

static void measure_read(struct work *w, size_t n)
{
	static uint8_t block[1 << 20];
	struct bench_clock began = bench_begin();
	uint64_t octets = 0;

	for (size_t i = 0; i < n; i++) {
		struct nt_submission s;
		struct vf_arena a;

		vf_arena_init(&a, block, sizeof(block));
		read_one(w, i, &s, &a);
		octets += load_chain_lines(&w->chains[i % STREAMS], i / STREAMS, 1).n;
	}
	bench_row("intake_read", n, began, octets);
	bench_size("intake_json", n, (double)octets / (double)n);
}

/* Settles and accepts all, group by group; the time for reading is taken out. */
static void measure_accept(struct work *w, size_t n, size_t group, struct nt_receipts *receipts)
{
	struct bench_clock settle = {0}, accept = {0}, sign = {0}, t;
	struct vf_err err = {0};
	char field[NT_FIELD_MAX];
	bool before;

	for (size_t at = 0; at + group <= n; at += group) {
		for (size_t i = 0; i < group; i++) {
			struct vf_arena a;

			vf_arena_init(&a, w->blocks + i * w->room, w->room);
			read_one(w, at + i, &w->submissions[i], &a);
		}
		t = bench_begin();
		for (size_t i = 0; i < group; i++) {
			struct nt_submission *s = &w->submissions[i];
			struct nt_stream *stream = &w->streams[(at + i) % STREAMS];

			if (group <= STREAMS) /* as the service asks, once a group and stream */
				bench_need(nt_notary_stream(w->f.n, s->submitter, s->study, stream, &err), &err, "stream");
			bench_need(nt_intake_settle(w->f.n, stream, s, &before, field, &err), &err, field);
		}
		settle.wall += bench_begin().wall - t.wall, settle.cpu += bench_begin().cpu - t.cpu;
		t = bench_begin();
		bench_need(nt_notary_accept(w->f.n, w->submissions, group, w->results, &err), &err, "accept");
		accept.wall += bench_begin().wall - t.wall, accept.cpu += bench_begin().cpu - t.cpu;
		t = bench_begin();
		nt_receipts_reset(receipts);
		for (size_t i = 0; i < group; i++) {
			struct vf_entry e = {.id = w->submissions[i].id, .id512 = w->submissions[i].id512, .slot = w->submissions[i].slot};

			bench_need(nt_receipts_add(receipts, &e, &err), &err, "receipt");
		}
		bench_need(nt_notary_sign_receipts(w->f.n, receipts, &err), &err, "sign");
		for (size_t i = 0; i < group; i++) {
			struct nt_buf out = nt_buf(1 << 16);

			bench_need(nt_receipts_put(receipts, i, &out, &err), &err, "receipt");
			nt_buf_done(&out);
		}
		sign.wall += bench_begin().wall - t.wall, sign.cpu += bench_begin().cpu - t.cpu;
	}
	n = n / group * group;
	t = bench_begin();
	bench_row("settle", n, (struct bench_clock){t.wall - settle.wall, t.cpu - settle.cpu}, 0);
	t = bench_begin();
	bench_row("accept", n, (struct bench_clock){t.wall - accept.wall, t.cpu - accept.cpu}, 0);
	t = bench_begin();
	bench_row("receipts", n, (struct bench_clock){t.wall - sign.wall, t.cpu - sign.cpu}, 0);
}

int main(int argc, char **argv)
{
	static struct work w;
	size_t n = bench_count(argc, argv, 1, 25600), group = bench_count(argc, argv, 2, 256);
	struct nt_receipts *receipts = NULL;
	struct nt_sealed sealed;
	struct bench_clock began;
	struct vf_err err = {0};

	begin(&w, (n + STREAMS - 1) / STREAMS, group);
	bench_need(nt_receipts_new(&receipts, &err), &err, "receipts");
	bench_head();
	measure_read(&w, n);
	measure_accept(&w, n, group, receipts);
	began = bench_begin();
	bench_need(nt_notary_seal(w.f.n, &sealed, &err), &err, "seal");
	bench_row("seal", n, began, 0);
	for (size_t i = 0; i < STREAMS; i++)
		load_chain_done(&w.chains[i]);
	nt_receipts_free(receipts);
	nt_intake_free(w.intake);
	free(w.submissions);
	free(w.results);
	free(w.blocks);
	fixture_end(&w.f);
	return 0;
}
