#include "notary/tiles.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "verify/text.h"

#define HASH sizeof(struct vf_hash)

/* ---- paths ---- */

/* Groups of three digits, all but the last with "x" before it: shortest form. */
static size_t put_index(char *out, size_t room, uint64_t index)
{
	size_t n = 0;

	if (index >= 1000) {
		uint64_t high[7];
		size_t groups = 0;

		for (uint64_t v = index / 1000; v > 0; v /= 1000)
			high[groups++] = v % 1000;
		while (groups > 0)
			n += (size_t)snprintf(out + n, room - n, "x%03" PRIu64 "/", high[--groups]);
	}
	return n + (size_t)snprintf(out + n, room - n, "%03" PRIu64, index % 1000);
}

void nt_tile_path(const struct nt_tile *t, char *out)
{
	size_t n;

	assert(t->width > 0 && t->width <= NT_TILE_WIDTH && t->level < 64);
	if (t->entries)
		n = (size_t)snprintf(out, NT_TILE_PATH_MAX, "tile/entries/");
	else
		n = (size_t)snprintf(out, NT_TILE_PATH_MAX, "tile/%u/", t->level);
	n += put_index(out + n, NT_TILE_PATH_MAX - n, t->index);
	if (t->width < NT_TILE_WIDTH)
		snprintf(out + n, NT_TILE_PATH_MAX - n, ".p/%u", t->width);
}

/* Reads the groups of an index; the exact form is checked by writing it again. */
static bool take_index(struct vf_bytes *in, uint64_t *ret)
{
	struct vf_bytes digits;
	uint64_t v = 0;
	bool more;

	do {
		more = vf_take_str(in, "x");
		if (!vf_take(in, 3, &digits))
			return false;
		for (size_t i = 0; i < digits.n; i++) {
			if (digits.p[i] < '0' || digits.p[i] > '9')
				return false;
			if (!vf_mul(v, 10, &v) || !vf_add(v, (uint64_t)(digits.p[i] - '0'), &v))
				return false;
		}
	} while (more && vf_take_str(in, "/"));
	*ret = v;
	return !more;
}

bool nt_tile_path_read(struct vf_bytes path, struct nt_tile *ret)
{
	struct nt_tile t = {.width = NT_TILE_WIDTH};
	struct vf_bytes in = path, level;
	char again[NT_TILE_PATH_MAX];
	uint64_t v;

	if (!vf_take_str(&in, "tile/") || !vf_take_until(&in, '/', &level))
		return false;
	t.entries = vf_bytes_is(level, "entries");
	if (!t.entries) {
		if (!vf_decimal_read(level, 63, &v))
			return false;
		t.level = (unsigned)v;
	}
	if (!take_index(&in, &t.index))
		return false;
	if (in.n != 0) {
		if (!vf_take_str(&in, ".p/") || !vf_decimal_read(in, NT_TILE_WIDTH - 1, &v) || v == 0)
			return false;
		t.width = (unsigned)v;
	}
	nt_tile_path(&t, again);
	if (!vf_bytes_is(path, again))
		return false;
	*ret = t;
	return true;
}

/* ---- which tiles ---- */

/* Hashes at a level of a log; 0 where a shift would leave the number. */
static uint64_t level_count(unsigned level, uint64_t size)
{
	return level < NT_TILE_LEVELS ? size >> 8 * level : 0;
}

unsigned nt_tile_width(unsigned level, uint64_t index, uint64_t size)
{
	uint64_t count = level_count(level, size);

	if (index > count / NT_TILE_WIDTH)
		return 0;
	return index < count / NT_TILE_WIDTH ? NT_TILE_WIDTH : (unsigned)(count % NT_TILE_WIDTH);
}

void nt_tile_of_node(unsigned height, uint64_t index, struct nt_tile *ret, unsigned *ret_first,
	unsigned *ret_count)
{
	unsigned inside = height % 8;

	/* the first hash is index << inside; in that form the shift could overflow */
	*ret = (struct nt_tile){.level = height / 8, .index = index >> (8 - inside), .width = NT_TILE_WIDTH};
	*ret_first = (unsigned)(index << inside) % NT_TILE_WIDTH;
	*ret_count = 1u << inside;
}

VF_RC nt_tiles_new(uint64_t from, uint64_t to, nt_each_tile *each, void *ctx, struct vf_err *reterr)
{
	if (from > to || to > VF_MAX_TREE_SIZE)
		return vf_fail(reterr, VF_PROOF_INDEX, "a log cannot grow from %" PRIu64 " to %" PRIu64, from, to);
	for (unsigned level = 0; level < NT_TILE_LEVELS; level++) {
		uint64_t a = level_count(level, from), b = level_count(level, to);
		struct nt_tile t = {.level = level, .width = NT_TILE_WIDTH};
		enum vf_rc rc;

		if (a == b)
			continue;
		for (t.index = a / NT_TILE_WIDTH; t.index < b / NT_TILE_WIDTH; t.index++) {
			rc = each(ctx, &t, reterr);
			if (rc != VF_OK)
				return rc;
		}
		t.width = (unsigned)(b % NT_TILE_WIDTH);
		if (t.width == 0)
			continue;
		rc = each(ctx, &t, reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}

/* ---- entry bundles ---- */

VF_RC nt_bundle_put(struct nt_buf *out, struct vf_bytes entry, struct vf_err *reterr)
{
	if (entry.n > VF_MAX_ENTRY)
		return vf_fail(reterr, VF_LIMIT, "an entry of %zu octets", entry.n);
	nt_buf_put_u16be(out, (uint16_t)entry.n);
	nt_buf_put(out, entry);
	return nt_buf_check(out, reterr);
}

bool nt_bundle_take(struct vf_bytes *in, struct vf_bytes *ret)
{
	struct vf_bytes rest = *in;
	uint16_t n;

	if (!vf_take_u16be(&rest, &n) || !vf_take(&rest, n, ret))
		return false;
	*in = rest;
	return true;
}

/* ---- reading nodes ---- */

void nt_tile_reader_init(struct nt_tile_reader *r, nt_read_tile *read, void *ctx)
{
	r->read = read;
	r->ctx = ctx;
	r->uses = 0;
	for (size_t i = 0; i < NT_TILE_LEVELS; i++)
		r->kept[i][0].used = r->kept[i][1].used = false;
}

/* Where the nodes at a height of a tile begin: 256 at height 0, then 128, 64, ... */
static size_t nodes_at(unsigned height)
{
	return 2 * NT_TILE_WIDTH - ((size_t)2 * NT_TILE_WIDTH >> height);
}

/* Reads a tile and folds every complete pair, up to one height below the next level. */
static VF_RC load_tile(struct nt_tile_reader *r, unsigned level, uint64_t index, unsigned width,
	struct nt_tile_nodes *t, struct vf_err *reterr)
{
	uint8_t bytes[NT_TILE_BYTES];
	enum vf_rc rc;

	t->used = false;
	rc = r->read(r->ctx, level, index, width, bytes, reterr);
	if (rc != VF_OK)
		return rc;
	memcpy(t->nodes, bytes, width * HASH);
	for (unsigned h = 1; h < 8; h++)
		for (size_t j = 0; j < width >> h; j++) {
			const struct vf_hash *below = &t->nodes[nodes_at(h - 1) + 2 * j];

			t->nodes[nodes_at(h) + j] = vf_merkle_node(&below[0], &below[1]);
		}
	t->used = true;
	t->index = index;
	t->width = width;
	return VF_OK;
}

/* A tile of a log of size entries with at least the hashes that it has there. */
static VF_RC get_tile(struct nt_tile_reader *r, unsigned level, uint64_t index, uint64_t size,
	struct nt_tile_nodes **ret, struct vf_err *reterr)
{
	unsigned width = nt_tile_width(level, index, size);
	struct nt_tile_nodes *kept = r->kept[level], *t;
	enum vf_rc rc;

	r->uses++;
	for (size_t i = 0; i < 2; i++) {
		if (!kept[i].used || kept[i].index != index)
			continue;
		/* a log only grows: a wider tile begins with the narrower one */
		rc = kept[i].width >= width ? VF_OK : load_tile(r, level, index, width, &kept[i], reterr);
		if (rc != VF_OK)
			return rc;
		kept[i].last_use = r->uses;
		*ret = &kept[i];
		return VF_OK;
	}
	t = !kept[0].used || (kept[1].used && kept[0].last_use < kept[1].last_use) ? &kept[0] : &kept[1];
	rc = load_tile(r, level, index, width, t, reterr);
	if (rc != VF_OK)
		return rc;
	t->last_use = r->uses;
	*ret = t;
	return VF_OK;
}

/* The root of the perfect subtree index at height. */
static VF_RC get_node(struct nt_tile_reader *r, unsigned height, uint64_t index, uint64_t size,
	struct vf_hash *ret, struct vf_err *reterr)
{
	struct nt_tile_nodes *nodes;
	struct nt_tile t;
	unsigned first, count;
	enum vf_rc rc;

	nt_tile_of_node(height, index, &t, &first, &count);
	rc = get_tile(r, t.level, t.index, size, &nodes, reterr);
	if (rc != VF_OK)
		return rc;
	assert(first + count <= nodes->width);
	*ret = nodes->nodes[nodes_at(height % 8) + first / count];
	return VF_OK;
}

/*
 * [start, end) must be a subtree that occurs in the log's tree, so it is a row of
 * perfect subtrees that become smaller: read them, fold from the right.
 */
VF_RC nt_tiles_range(struct nt_tile_reader *r, uint64_t start, uint64_t end, uint64_t size,
	struct vf_hash *ret, struct vf_err *reterr)
{
	struct vf_hash parts[64], h;
	size_t n = 0;

	if (start >= end || end > size || size > VF_MAX_TREE_SIZE || !vf_merkle_subtree_is(start, end))
		return vf_fail(reterr, VF_PROOF_INDEX, "no subtree [%" PRIu64 ", %" PRIu64 ") in a log of %" PRIu64,
			start, end, size);
	for (uint64_t at = start; at < end;) {
		unsigned height = 63 - (unsigned)__builtin_clzll(end - at);
		enum vf_rc rc = get_node(r, height, at >> height, size, &parts[n++], reterr);

		if (rc != VF_OK)
			return rc;
		at += (uint64_t)1 << height;
	}
	h = parts[--n];
	while (n > 0)
		h = vf_merkle_node(&parts[--n], &h);
	*ret = h;
	return VF_OK;
}

VF_RC nt_tiles_root(struct nt_tile_reader *r, uint64_t size, struct vf_hash *ret, struct vf_err *reterr)
{
	if (size > 0)
		return nt_tiles_range(r, 0, size, size, ret, reterr);
	*ret = vf_merkle_empty();
	return VF_OK;
}

/* ---- proofs ---- */

/* Largest power of two below n (RFC 9162 2.1.1); n > 1. */
static uint64_t split_at(uint64_t n)
{
	return (uint64_t)1 << (63 - (unsigned)__builtin_clzll(n - 1));
}

/* The proof is found from the root down and wanted from the leaf up. */
static void turn_round(struct vf_hash *h, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct vf_hash t = h[i];

		h[i] = h[n - 1 - i];
		h[n - 1 - i] = t;
	}
}

/* PATH(m, D[n]) of RFC 9162 2.1.3.1. */
VF_RC nt_tiles_inclusion(struct nt_tile_reader *r, uint64_t index, uint64_t size, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	uint64_t a = 0, b = size;
	size_t n = 0;

	if (size > VF_MAX_TREE_SIZE || index >= size)
		return vf_fail(reterr, VF_PROOF_INDEX, "no entry %" PRIu64 " in a log of %" PRIu64, index, size);
	while (b - a > 1) {
		uint64_t m = a + split_at(b - a);
		bool left = index < m;
		enum vf_rc rc = nt_tiles_range(r, left ? m : a, left ? b : m, size, &ret[n], reterr);

		if (rc != VF_OK)
			return rc;
		n++;
		a = left ? a : m;
		b = left ? m : b;
	}
	turn_round(ret, n);
	*ret_n = n;
	return VF_OK;
}

/* PROOF(m, D[n]) of RFC 9162 2.1.4.1. */
VF_RC nt_tiles_consistency(struct nt_tile_reader *r, uint64_t from, uint64_t to, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr)
{
	uint64_t a = 0, b = to;
	size_t n = 0;
	enum vf_rc rc;

	if (to > VF_MAX_TREE_SIZE || from > to)
		return vf_fail(reterr, VF_PROOF_INDEX, "no log of %" PRIu64 " in one of %" PRIu64, from, to);
	if (from == 0 || from == to) {
		*ret_n = 0;
		return VF_OK;
	}
	while (b != from) {
		uint64_t m = a + split_at(b - a);
		bool left = from <= m;

		rc = nt_tiles_range(r, left ? m : a, left ? b : m, to, &ret[n], reterr);
		if (rc != VF_OK)
			return rc;
		n++;
		a = left ? a : m;
		b = left ? m : b;
	}
	/* the reader of the proof has the old root, unless the last part is only a part of it */
	if (a > 0) {
		rc = nt_tiles_range(r, a, b, to, &ret[n], reterr);
		if (rc != VF_OK)
			return rc;
		n++;
	}
	turn_round(ret, n);
	*ret_n = n;
	return VF_OK;
}

/* ---- growing ---- */

/* The edge tiles from the reader, and from them the frontier's perfect subtrees. */
VF_RC nt_grower_load(struct nt_grower *g, uint64_t size, struct nt_tile_reader *r, struct vf_err *reterr)
{
	uint64_t at = 0;
	size_t top = 0;

	if (size > VF_MAX_TREE_SIZE)
		return vf_fail(reterr, VF_PROOF_INDEX, "a log of %" PRIu64 " entries", size);
	memset(g, 0, sizeof(*g));
	for (unsigned level = 0; level < NT_TILE_LEVELS; level++) {
		uint64_t count = level_count(level, size);
		struct nt_tile_nodes *t;
		enum vf_rc rc;

		if (count % NT_TILE_WIDTH == 0)
			continue;
		rc = get_tile(r, level, count / NT_TILE_WIDTH, size, &t, reterr);
		if (rc != VF_OK)
			return rc;
		memcpy(g->edge[level], t->nodes, count % NT_TILE_WIDTH * HASH);
	}
	while (at < size) {
		unsigned height = 63 - (unsigned)__builtin_clzll(size - at);
		enum vf_rc rc = get_node(r, height, at >> height, size, &g->frontier.stack[top++], reterr);

		if (rc != VF_OK)
			return rc;
		at += (uint64_t)1 << height;
	}
	g->frontier.size = size;
	return VF_OK;
}

/* The next hash of a level; a tile that it fills is written at once. */
static VF_RC put_hash(struct nt_grower *g, unsigned level, uint64_t at, const struct vf_hash *h,
	nt_write_tile *write, void *ctx, struct vf_err *reterr)
{
	struct nt_tile t = {.level = level, .index = at / NT_TILE_WIDTH, .width = NT_TILE_WIDTH};

	memcpy(g->edge[level] + at % NT_TILE_WIDTH * HASH, h->b, HASH);
	if (at % NT_TILE_WIDTH != NT_TILE_WIDTH - 1)
		return VF_OK;
	return write(ctx, &t, vf_bytes(g->edge[level], NT_TILE_BYTES), reterr);
}

/*
 * As vf_frontier_append(), with one addition: a node that is completed at a height of
 * 8(l+1) is the next hash of tile level l+1.
 */
static VF_RC append_one(struct nt_grower *g, const struct vf_hash *leaf, nt_write_tile *write, void *ctx,
	struct vf_err *reterr)
{
	struct vf_frontier *f = &g->frontier;
	unsigned top = (unsigned)__builtin_popcountll(f->size), height = 0;
	struct vf_hash h = *leaf;
	uint64_t at = f->size;
	enum vf_rc rc = put_hash(g, 0, at, &h, write, ctx, reterr);

	if (rc != VF_OK)
		return rc;
	for (; (at & 1) != 0; at >>= 1) {
		h = vf_merkle_node(&f->stack[--top], &h);
		if (++height % 8 != 0)
			continue;
		rc = put_hash(g, height / 8, at >> 1, &h, write, ctx, reterr);
		if (rc != VF_OK)
			return rc;
	}
	f->stack[top] = h;
	f->size++;
	return VF_OK;
}

VF_RC nt_grower_append(struct nt_grower *g, const struct vf_hash *leaves, size_t n, nt_write_tile *write,
	void *ctx, struct vf_err *reterr)
{
	uint64_t from = g->frontier.size;
	enum vf_rc rc;

	if (n > VF_MAX_TREE_SIZE - from)
		return vf_fail(reterr, VF_LIMIT, "the log is full");
	for (size_t i = 0; i < n; i++) {
		rc = append_one(g, &leaves[i], write, ctx, reterr);
		if (rc != VF_OK)
			return rc;
	}
	for (unsigned level = 0; level < NT_TILE_LEVELS; level++) {
		uint64_t count = level_count(level, g->frontier.size);
		struct nt_tile t = {.level = level, .index = count / NT_TILE_WIDTH};

		t.width = (unsigned)(count % NT_TILE_WIDTH);
		if (t.width == 0 || count == level_count(level, from))
			continue;
		rc = write(ctx, &t, vf_bytes(g->edge[level], t.width * HASH), reterr);
		if (rc != VF_OK)
			return rc;
	}
	return VF_OK;
}
