#include "notary/tiles.h"

#include "tests/check.h"

/* ---- paths ---- */

static void test_paths(void)
{
	static const struct {
		struct nt_tile tile;
		const char *path;
	} good[] = {
		{{false, 0, 0, 256}, "tile/0/000"},
		{{false, 0, 5, 256}, "tile/0/005"},
		{{false, 1, 999, 1}, "tile/1/999.p/1"},
		{{false, 0, 1000, 256}, "tile/0/x001/000"},
		{{false, 3, 1234067, 255}, "tile/3/x001/x234/067.p/255"},
		{{true, 0, 1234067, 256}, "tile/entries/x001/x234/067"},
		{{true, 0, 273, 112}, "tile/entries/273.p/112"},
		{{false, 63, 1000000, 256}, "tile/63/x001/x000/000"},
		{{false, 7, UINT64_MAX, 255}, "tile/7/x018/x446/x744/x073/x709/x551/615.p/255"},
		{{true, 0, UINT64_MAX, 255}, "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255"},
	};
	static const char *bad[] = {
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/5", "tile/0/05", "tile/0/0005", "/tile/0/005", "tile/0/005/",
		"tile/00/005", "tile/+1/005", "tile/-1/005", "tile/64/005", "tile/0/x005", "tile/0/x000/005",
		"tile/0/x001", "tile/0/x001/", "tile/0/001/005", "tile/0/x01/005", "tile/0/x1000/005", "tile/0/x001/x000",
		"tile/0/005.p", "tile/0/005.p/", "tile/0/005.p/0", "tile/0/005.p/256", "tile/0/005.p/01", "tile/0/005.p/1 ",
		"tile/0/005.P/1", "tile/0/005.p/1/", "tile/0/005p/1", "tile/0/ 05", "tile/0/0x5", "tile/0/..", "tile/0/../0/005",
		"tile/0/005.p/1.p/1", "tile/entry/005", "tile/Entries/005", "checkpoint",
		"tile/0/x018/x446/x744/x073/x709/x551/616",
		/* the checksum database's form carries a height and says data (divergence 9) */
		"tile/8/0/005", "tile/8/data/005", "tile/data/005",
	};
	struct nt_tile t;
	char path[NT_TILE_PATH_MAX];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		nt_tile_path(&good[i].tile, path);
		CHECK_STR(path, good[i].path);
		CHECK(nt_tile_path_read(vf_bytes_str(path), &t));
		CHECK(t.entries == good[i].tile.entries && t.level == good[i].tile.level &&
			t.index == good[i].tile.index && t.width == good[i].tile.width);
	}
	t.index = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_count++;
		if (nt_tile_path_read(vf_bytes_str(bad[i]), &t))
			CHECK_FAIL("'%s' is read", bad[i]);
	}
	CHECK_INT(t.index, 77);
}

static void test_widths(void)
{
	CHECK_INT(nt_tile_width(0, 0, 0), 0);
	CHECK_INT(nt_tile_width(0, 0, 1), 1);
	CHECK_INT(nt_tile_width(0, 0, 256), 256);
	CHECK_INT(nt_tile_width(0, 1, 256), 0);
	CHECK_INT(nt_tile_width(1, 0, 256), 1);
	CHECK_INT(nt_tile_width(0, 272, 70000), 256);
	CHECK_INT(nt_tile_width(0, 273, 70000), 112);
	CHECK_INT(nt_tile_width(0, 274, 70000), 0);
	CHECK_INT(nt_tile_width(1, 0, 70000), 256);
	CHECK_INT(nt_tile_width(1, 1, 70000), 17);
	CHECK_INT(nt_tile_width(2, 0, 70000), 1);
	CHECK_INT(nt_tile_width(3, 0, 70000), 0);
	CHECK_INT(nt_tile_width(7, 0, INT64_MAX), 127);
	CHECK_INT(nt_tile_width(8, 0, INT64_MAX), 0);
	CHECK_INT(nt_tile_width(63, 0, INT64_MAX), 0);
}

static void test_nodes(void)
{
	struct nt_tile t;
	unsigned first, count;

	nt_tile_of_node(0, 5, &t, &first, &count);
	CHECK(t.level == 0 && t.index == 0 && first == 5 && count == 1);
	nt_tile_of_node(3, 33, &t, &first, &count);
	CHECK(t.level == 0 && t.index == 1 && first == 8 && count == 8);
	nt_tile_of_node(8, 256, &t, &first, &count);
	CHECK(t.level == 1 && t.index == 1 && first == 0 && count == 1);
	nt_tile_of_node(15, 1, &t, &first, &count);
	CHECK(t.level == 1 && t.index == 0 && first == 128 && count == 128);
	nt_tile_of_node(62, 0, &t, &first, &count);
	CHECK(t.level == 7 && t.index == 0 && first == 0 && count == 64);
}

/* ---- a log in memory ---- */

#define MOST 70400
#define LEVELS 4

/* What a reader of files would find: the hashes of each level as they were written. */
struct store {
	uint8_t *hashes[LEVELS];
	uint64_t n[LEVELS];
	uint64_t writes, reads;
	uint64_t fail_at; /* the write or read that fails; 0 for none */
};

static struct store store;
static struct vf_hash *leaves;

static enum vf_rc write_tile(void *ctx, const struct nt_tile *t, struct vf_bytes hashes, struct vf_err *reterr)
{
	struct store *s = ctx;
	uint64_t at = t->index * NT_TILE_WIDTH, before = s->n[t->level];

	if (s->fail_at != 0 && s->writes + 1 == s->fail_at)
		return vf_fail(reterr, VF_IO, "the disk is full");
	s->writes++;
	CHECK(!t->entries);
	CHECK(t->level < LEVELS);
	CHECK_INT(hashes.n, t->width * 32);
	/* no gap, never narrower, and what was there stays */
	CHECK(at <= before);
	CHECK(at + t->width > before);
	CHECK(before <= at || memcmp(s->hashes[t->level] + at * 32, hashes.p, (size_t)(before - at) * 32) == 0);
	memcpy(s->hashes[t->level] + at * 32, hashes.p, hashes.n);
	s->n[t->level] = at + t->width;
	return VF_OK;
}

static enum vf_rc read_tile(void *ctx, unsigned level, uint64_t index, unsigned width, uint8_t *hashes,
	struct vf_err *reterr)
{
	struct store *s = ctx;
	uint64_t at = index * NT_TILE_WIDTH;

	if (s->fail_at != 0 && ++s->reads == s->fail_at)
		return vf_fail(reterr, VF_IO, "the disk is gone");
	CHECK(level < LEVELS && width > 0 && width <= NT_TILE_WIDTH && at + width <= s->n[level]);
	memcpy(hashes, s->hashes[level] + at * 32, (size_t)width * 32);
	return VF_OK;
}

static void plant(void)
{
	leaves = calloc(MOST, sizeof(*leaves));
	for (size_t l = 0; l < LEVELS; l++)
		store.hashes[l] = calloc(((size_t)MOST >> 8 * l) + 512, 32);
	for (size_t i = 0; leaves && i < MOST; i++) {
		uint8_t entry[4] = {(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16), 0};

		leaves[i] = vf_merkle_leaf(vf_bytes(entry, 4));
	}
}

static void clear(void)
{
	memset(store.n, 0, sizeof(store.n));
	store.writes = store.reads = store.fail_at = 0;
}

/* MTH by recursion. */
static struct vf_hash mth(size_t a, size_t b)
{
	size_t k = 1;
	struct vf_hash l, r;

	if (a == b)
		return vf_merkle_empty();
	if (b - a == 1)
		return leaves[a];
	while (2 * k < b - a)
		k *= 2;
	l = mth(a, a + k);
	r = mth(a + k, b);
	return vf_merkle_node(&l, &r);
}

struct counter {
	uint64_t n, full, seen[LEVELS];
};

static enum vf_rc count_tile(void *ctx, const struct nt_tile *t, struct vf_err *reterr)
{
	struct counter *k = ctx;

	(void)reterr;
	k->n++;
	k->full += t->width == NT_TILE_WIDTH;
	if (t->level < LEVELS)
		k->seen[t->level] = t->index * NT_TILE_WIDTH + t->width;
	return VF_OK;
}

static enum vf_rc stop_tile(void *ctx, const struct nt_tile *t, struct vf_err *reterr)
{
	struct counter *k = ctx;

	(void)t;
	return k->n++ == 1 ? vf_fail(reterr, VF_IO, "enough") : VF_OK;
}

static void test_new_tiles(void)
{
	struct counter k = {.n = 0};

	CHECK_RC(nt_tiles_new(0, 256, count_tile, &k, NULL), VF_OK);
	CHECK_INT(k.n, 2);
	CHECK_INT(k.full, 1);
	k = (struct counter){.n = 0};
	CHECK_RC(nt_tiles_new(0, 70000, count_tile, &k, NULL), VF_OK);
	CHECK_INT(k.full, 273 + 1);
	CHECK_INT(k.n, 273 + 1 + 1 + 1 + 1);
	CHECK_INT(k.seen[0], 70000);
	CHECK_INT(k.seen[1], 273);
	CHECK_INT(k.seen[2], 1);
	k = (struct counter){.n = 0};
	CHECK_RC(nt_tiles_new(300, 300, count_tile, &k, NULL), VF_OK);
	CHECK_RC(nt_tiles_new(0, 0, count_tile, &k, NULL), VF_OK);
	CHECK_INT(k.n, 0);
	CHECK_RC(nt_tiles_new(300, 301, count_tile, &k, NULL), VF_OK);
	CHECK_INT(k.n, 1);
	CHECK_RC(nt_tiles_new(2, 1, count_tile, &k, NULL), VF_PROOF_INDEX);
	CHECK_RC(nt_tiles_new(0, (uint64_t)INT64_MAX + 1, count_tile, &k, NULL), VF_PROOF_INDEX);
	k = (struct counter){.n = 0};
	CHECK_RC(nt_tiles_new(0, 70000, stop_tile, &k, NULL), VF_IO);
	CHECK_INT(k.n, 2);
	/* at the far end, one entry more */
	k = (struct counter){.n = 0};
	CHECK_RC(nt_tiles_new(INT64_MAX - 1, INT64_MAX, count_tile, &k, NULL), VF_OK);
	CHECK_INT(k.n, 1);
}

/* Growing in steps writes what nt_tiles_new() names, and its root is the frontier's. */
static void grow(const uint64_t *sizes, size_t n, struct nt_grower *g)
{
	struct vf_frontier f = {.size = 0};

	clear();
	memset(g, 0, sizeof(*g));
	for (size_t i = 0; i < n; i++) {
		uint64_t from = g->frontier.size, before = store.writes;
		struct counter k = {.n = 0};
		struct vf_hash a, b;

		CHECK_RC(nt_tiles_new(from, sizes[i], count_tile, &k, NULL), VF_OK);
		CHECK_RC(nt_grower_append(g, leaves + from, (size_t)(sizes[i] - from), write_tile, &store, NULL), VF_OK);
		while (f.size < sizes[i])
			vf_frontier_append(&f, &leaves[f.size]);
		a = vf_frontier_root(&g->frontier);
		b = vf_frontier_root(&f);
		CHECK(vf_hash_eq(&a, &b));
		CHECK_INT(g->frontier.size, sizes[i]);
		CHECK_INT(store.writes - before, k.n);
		for (unsigned l = 0; l < LEVELS; l++)
			CHECK_INT(store.n[l], sizes[i] >> 8 * l);
	}
}

static void check_loaded(struct nt_tile_reader *r, const struct nt_grower *g)
{
	struct nt_grower *again = calloc(1, sizeof(*again));
	struct vf_hash a, b;

	if (!again)
		return;
	CHECK_RC(nt_grower_load(again, g->frontier.size, r, NULL), VF_OK);
	a = vf_frontier_root(&g->frontier);
	b = vf_frontier_root(&again->frontier);
	CHECK(vf_hash_eq(&a, &b));
	CHECK_RC(nt_tiles_root(r, g->frontier.size, &b, NULL), VF_OK);
	CHECK(vf_hash_eq(&a, &b));
	for (unsigned l = 0; l < LEVELS; l++)
		CHECK(memcmp(again->edge[l], g->edge[l], (g->frontier.size >> 8 * l) % NT_TILE_WIDTH * 32) == 0);
	free(again);
}

static void test_grow(struct nt_tile_reader *r, struct nt_grower *g)
{
	static const uint64_t steps[] = {0, 1, 2, 3, 255, 256, 257, 511, 512, 700, 65535, 65536, 65537, 70000, 70400};
	static const uint64_t one[] = {70000};
	uint64_t each[600];

	for (size_t i = 0; i < 600; i++)
		each[i] = i + 1;
	grow(each, 600, g);
	nt_tile_reader_init(r, read_tile, &store);
	check_loaded(r, g);
	grow(one, 1, g);
	nt_tile_reader_init(r, read_tile, &store);
	check_loaded(r, g);
	grow(steps, sizeof(steps) / sizeof(steps[0]), g);
	nt_tile_reader_init(r, read_tile, &store);
	check_loaded(r, g);
	/* a state that was loaded goes on like one that was kept */
	for (uint64_t from = 500; from < 530; from += 3) {
		struct vf_hash a, b = mth(0, 1030);

		CHECK_RC(nt_grower_load(g, from, r, NULL), VF_OK);
		clear();
		store.n[0] = from;
		store.n[1] = from >> 8;
		CHECK_RC(nt_grower_append(g, leaves + from, (size_t)(1030 - from), write_tile, &store, NULL), VF_OK);
		a = vf_frontier_root(&g->frontier);
		CHECK(vf_hash_eq(&a, &b));
		store.n[0] = MOST;
	}
	CHECK_RC(nt_grower_load(g, (uint64_t)INT64_MAX + 1, r, NULL), VF_PROOF_INDEX);
}

/* ---- proofs out of tiles, judged by the verifier ---- */

static void prove(struct nt_tile_reader *r, uint64_t i, uint64_t n, const struct vf_hash *root)
{
	struct vf_hash p[VF_MAX_INCLUSION];
	size_t count = 0;

	CHECK_RC(nt_tiles_inclusion(r, i, n, p, &count, NULL), VF_OK);
	CHECK_RC(vf_merkle_check_inclusion(i, n, &leaves[i], p, count, root, NULL), VF_OK);
}

static void prove_consistent(struct nt_tile_reader *r, uint64_t m, uint64_t n, const struct vf_hash *a,
	const struct vf_hash *b)
{
	struct vf_hash p[VF_MAX_CONSISTENCY];
	size_t count = 99;

	CHECK_RC(nt_tiles_consistency(r, m, n, p, &count, NULL), VF_OK);
	CHECK_RC(vf_merkle_check_consistency(m, n, a, b, p, count, NULL), VF_OK);
}

static void test_small_proofs(struct nt_tile_reader *r)
{
	struct vf_hash roots[70];

	for (uint64_t n = 0; n < 70; n++)
		roots[n] = mth(0, (size_t)n);
	for (uint64_t n = 1; n < 70; n++) {
		for (uint64_t i = 0; i < n; i++)
			prove(r, i, n, &roots[n]);
		for (uint64_t m = 0; m <= n; m++)
			prove_consistent(r, m, n, &roots[m], &roots[n]);
	}
}

static void test_large_proofs(struct nt_tile_reader *r)
{
	static const uint64_t sizes[] = {255, 256, 257, 511, 512, 513, 1000, 65535, 65536, 65537, 65793, 70000, 70399};
	struct vf_hash roots[13];

	for (size_t k = 0; k < 13; k++)
		roots[k] = mth(0, (size_t)sizes[k]);
	for (size_t k = 0; k < 13; k++) {
		prove(r, 0, sizes[k], &roots[k]);
		prove(r, sizes[k] - 1, sizes[k], &roots[k]);
		for (uint64_t i = 7; i < sizes[k]; i += 1 + sizes[k] / 50)
			prove(r, i, sizes[k], &roots[k]);
		for (size_t j = 0; j <= k; j++)
			prove_consistent(r, sizes[j], sizes[k], &roots[j], &roots[k]);
	}
}

static void test_ranges(struct nt_tile_reader *r)
{
	struct vf_hash a, b;

	for (size_t e = 1; e < 40; e++)
		for (size_t s = 0; s < e; s++) {
			if (!vf_merkle_subtree_is(s, e)) {
				CHECK_RC(nt_tiles_range(r, s, e, 100, &a, NULL), VF_PROOF_INDEX);
				continue;
			}
			b = mth(s, e);
			CHECK_RC(nt_tiles_range(r, s, e, 100, &a, NULL), VF_OK);
			CHECK(vf_hash_eq(&a, &b));
		}
	CHECK_RC(nt_tiles_range(r, 5, 5, 100, &a, NULL), VF_PROOF_INDEX);
	CHECK_RC(nt_tiles_range(r, 0, 101, 100, &a, NULL), VF_PROOF_INDEX);
	CHECK_RC(nt_tiles_root(r, 0, &a, NULL), VF_OK);
	b = vf_merkle_empty();
	CHECK(vf_hash_eq(&a, &b));
}

static void test_proof_refusals(struct nt_tile_reader *r)
{
	struct vf_hash p[VF_MAX_CONSISTENCY], a;
	size_t n = 99;

	CHECK_RC(nt_tiles_inclusion(r, 5, 5, p, &n, NULL), VF_PROOF_INDEX);
	CHECK_RC(nt_tiles_inclusion(r, 0, 0, p, &n, NULL), VF_PROOF_INDEX);
	CHECK_RC(nt_tiles_inclusion(r, 0, (uint64_t)INT64_MAX + 1, p, &n, NULL), VF_PROOF_INDEX);
	CHECK_RC(nt_tiles_consistency(r, 6, 5, p, &n, NULL), VF_PROOF_INDEX);
	CHECK_RC(nt_tiles_consistency(r, 1, (uint64_t)INT64_MAX + 1, p, &n, NULL), VF_PROOF_INDEX);
	CHECK_INT(n, 99);
	/* each read fails once: the outcome is passed up, and the next try succeeds */
	for (uint64_t at = 1; at < 20; at++) {
		enum vf_rc rc;

		nt_tile_reader_init(r, read_tile, &store);
		store.reads = 0;
		store.fail_at = at;
		rc = nt_tiles_inclusion(r, 66000, 70000, p, &n, NULL);
		if (rc == VF_OK)
			break;
		CHECK_RC(rc, VF_IO);
		store.fail_at = 0;
		CHECK_RC(nt_tiles_inclusion(r, 66000, 70000, p, &n, NULL), VF_OK);
		a = mth(0, 70000);
		CHECK_RC(vf_merkle_check_inclusion(66000, 70000, &leaves[66000], p, n, &a, NULL), VF_OK);
	}
	store.fail_at = 0;
}

/* One checkpoint, many entries in order: a tile is read once. */
static void test_reads(struct nt_tile_reader *r)
{
	struct vf_hash p[VF_MAX_INCLUSION];
	size_t n;

	nt_tile_reader_init(r, read_tile, &store);
	store.reads = 0;
	store.fail_at = UINT64_MAX;
	for (uint64_t i = 66000; i < 67000; i++)
		CHECK_RC(nt_tiles_inclusion(r, i, 70000, p, &n, NULL), VF_OK);
	/* 5 tiles of entries, the right edge of levels 0 to 2, the two tiles of level 1 */
	CHECK(store.reads <= 5 + 3 + 2);
	store.fail_at = 0;
}

static void test_write_failure(struct nt_grower *g)
{
	for (uint64_t at = 1; at <= 5; at++) {
		enum vf_rc rc;

		clear();
		store.fail_at = at;
		memset(g, 0, sizeof(*g));
		rc = nt_grower_append(g, leaves, 600, write_tile, &store, NULL);
		CHECK_RC(rc, at <= 4 ? VF_IO : VF_OK);
	}
	clear();
}

static void test_full_log(struct nt_grower *g)
{
	memset(g, 0, sizeof(*g));
	g->frontier.size = INT64_MAX;
	CHECK_RC(nt_grower_append(g, leaves, 1, write_tile, &store, NULL), VF_LIMIT);
	CHECK_RC(nt_grower_append(g, leaves, 0, write_tile, &store, NULL), VF_OK);
}

/* ---- bundles ---- */

static void test_bundles(void)
{
	static uint8_t big[VF_MAX_ENTRY + 1];
	struct nt_buf out = nt_buf(2 * NT_TILE_BYTES + 2 * VF_MAX_ENTRY);
	struct vf_bytes in, entry = vf_bytes(NULL, 0);

	CHECK_RC(nt_bundle_put(&out, vf_bytes_str("abc"), NULL), VF_OK);
	CHECK_RC(nt_bundle_put(&out, vf_bytes_str(""), NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&out), vf_bytes("\0\3abc\0\0", 7));
	CHECK_RC(nt_bundle_put(&out, vf_bytes(big, VF_MAX_ENTRY + 1), NULL), VF_LIMIT);
	CHECK_INT(out.n, 7);
	CHECK_RC(nt_bundle_put(&out, vf_bytes(big, VF_MAX_ENTRY), NULL), VF_OK);
	in = nt_buf_bytes(&out);
	CHECK(nt_bundle_take(&in, &entry));
	CHECK_BYTES(entry, vf_bytes_str("abc"));
	CHECK(nt_bundle_take(&in, &entry));
	CHECK_INT(entry.n, 0);
	CHECK(nt_bundle_take(&in, &entry));
	CHECK_INT(entry.n, VF_MAX_ENTRY);
	CHECK(!nt_bundle_take(&in, &entry));
	CHECK_INT(in.n, 0);
	for (size_t cut = 1; cut < 5; cut++) {
		in = vf_bytes(out.p, cut);
		CHECK(!nt_bundle_take(&in, &entry));
		CHECK_INT(in.n, cut);
	}
	CHECK_INT(NT_BUNDLE_MAX, 16777472);
	nt_buf_done(&out);
}

int main(void)
{
	static const uint64_t all = MOST;
	struct nt_tile_reader *r = calloc(1, sizeof(*r));
	struct nt_grower *g = calloc(1, sizeof(*g));

	plant();
	if (!r || !g || !leaves)
		return 1;
	test_paths();
	test_widths();
	test_nodes();
	test_bundles();
	test_new_tiles();
	test_grow(r, g);
	grow(&all, 1, g);
	nt_tile_reader_init(r, read_tile, &store);
	test_small_proofs(r);
	test_large_proofs(r);
	test_ranges(r);
	test_proof_refusals(r);
	test_reads(r);
	test_write_failure(g);
	test_full_log(g);
	for (size_t l = 0; l < LEVELS; l++)
		free(store.hashes[l]);
	free(leaves);
	free(r);
	free(g);
	return check_done();
}
