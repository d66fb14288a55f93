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
	struct nt_intake *intake, *general; /* general: as a document is read that is not spelled as ours are */
	struct fixture f;
};

static void begin(struct work *w, size_t each, size_t group)
{
	struct vf_err err = {0};
	struct nt_intake_policy policy = NT_INTAKE_DEFAULT;
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
	bench_need(nt_intake_new(&policy, &w->intake, &err), &err, "intake");
	policy.general_only = true;
	bench_need(nt_intake_new(&policy, &w->general, &err), &err, "intake");
}

/* Record i of the whole goes to stream i % STREAMS. */
static void read_one(struct work *w, struct nt_intake *x, size_t i, struct nt_submission *ret, struct vf_arena *a)
{
	struct nt_intake_from from = {.submitter = vf_bytes_str("site-1"), .notary = w->f.n, .now_ms = w->f.now};
	struct vf_bytes json = load_chain_lines(&w->chains[i % STREAMS], i / STREAMS, 1);
	char field[NT_FIELD_MAX];
	struct vf_err err = {0};

	bench_need(nt_intake_read(x, &from, json, a, ret, field, &err), &err, field);
}

/* What no reader can do without: both digests of the octets given, and of the list of digests. */
static void hash_one(const struct nt_submission *s)
{
	struct vf_pair pairs[8], found;
	struct vf_hash id;
	struct vf_hash512 id512;

	if (s->n_members > 8)
		exit(1);
	for (size_t i = 0; i < s->n_members; i++) {
		pairs[i] = s->members[i].digests;
		found = vf_pair_of(s->members[i].bytes);
		if (s->members[i].bytes.n && !vf_pair_eq(&found, &pairs[i]))
			exit(1);
	}
	vf_group(pairs, s->n_members, &id, &id512);
	if (!vf_hash_eq(&id, &s->id))
		exit(1);
}

static void add_clock(struct bench_clock *sum, struct bench_clock from)
{
	struct bench_clock now = bench_begin();

	sum->wall += now.wall - from.wall;
	sum->cpu += now.cpu - from.cpu;
}

static void sum_row(const char *name, size_t n, struct bench_clock sum, uint64_t octets)
{
	struct bench_clock now = bench_begin();

	bench_row(name, n, (struct bench_clock){now.wall - sum.wall, now.cpu - sum.cpu}, octets);
}

/* Both readers and the hashing alone, in turns of 64, so that a busy machine is as busy for each. */
static void measure_read(struct work *w, size_t n)
{
	static struct nt_submission s[64];
	static uint8_t block[64 * 65536];
	struct bench_clock quick = {0}, general = {0}, hash = {0}, t;
	uint64_t octets = 0;

	n = n / 64 * 64;
	for (size_t at = 0; at < n; at += 64) {
		for (int way = 0; way < 2; way++) {
			t = bench_begin();
			for (size_t i = 0; i < 64; i++) {
				struct vf_arena a;

				vf_arena_init(&a, block + i * 65536, 65536);
				read_one(w, way ? w->intake : w->general, at + i, &s[i], &a);
			}
			add_clock(way ? &quick : &general, t);
		}
		t = bench_begin();
		for (size_t i = 0; i < 64; i++)
			hash_one(&s[i]);
		add_clock(&hash, t);
		for (size_t i = 0; i < 64; i++)
			octets += load_chain_lines(&w->chains[(at + i) % STREAMS], (at + i) / STREAMS, 1).n;
	}
	sum_row("intake_read", n, quick, octets);
	sum_row("intake_general", n, general, octets);
	sum_row("intake_hash", n, hash, octets);
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
			read_one(w, w->intake, at + i, &w->submissions[i], &a);
		}
		t = bench_begin();
		for (size_t i = 0; i < group; i++) {
			struct nt_submission *s = &w->submissions[i];
			struct nt_stream *stream = &w->streams[(at + i) % STREAMS];

			if (group <= STREAMS) /* as the service asks, once a group and stream */
				bench_need(nt_notary_stream(w->f.n, s->submitter, s->study, stream, &err), &err, "stream");
			bench_need(nt_intake_settle(w->f.n, NULL, NULL, stream, s, &before, field, &err), &err, field);
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
	sum_row("settle", n, settle, 0);
	sum_row("accept", n, accept, 0);
	sum_row("receipts", n, sign, 0);
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
	nt_intake_free(w.general);
	free(w.submissions);
	free(w.results);
	free(w.blocks);
	fixture_end(&w.f);
	return 0;
}
