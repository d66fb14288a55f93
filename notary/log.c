#include "notary/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notary/durable.h"
#include "notary/failpoint.h"
#include "verify/text.h"

#define STAGING_HEAD "trialnotary/staging/1\n"
#define PATH_ROOM (NT_TILE_PATH_MAX + 8)
/* The largest staging file: NT_LOG_STEP entries with their length, hashes and paths, twice over. */
#define STAGING_MAX ((size_t)NT_LOG_STEP * 800)

static VF_RC sign_note(
	void *ctx, struct vf_bytes message, uint8_t sig[VF_ED25519_SIGNATURE], struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(1024);
	const struct nt_log *l = ctx;
	enum vf_rc rc = nt_signer_sign(l->signer, message, &b, reterr);

	if (rc != VF_OK)
		return rc;
	if (b.n != VF_ED25519_SIGNATURE)
		return vf_fail(reterr, VF_SIGNER_FAILED, "the log key is not an Ed25519 key");
	memcpy(sig, b.p, VF_ED25519_SIGNATURE);
	return VF_OK;
}

/* Octets of the tile in t; NO_INPUT when it is not there. path gets its name. */
static VF_RC read_tile_file(const struct nt_log *l, const struct nt_tile *t, char path[PATH_ROOM], struct nt_buf *ret,
	struct vf_err *reterr)
{
	memcpy(path, "log/", 4);
	nt_tile_path(t, path + 4);
	return nt_durable_read(l->dir, path, ret, reterr);
}

/* How wide a tile is in the log of the last head. */
static unsigned width_now(const struct nt_log *l, unsigned level, uint64_t index)
{
	uint64_t nodes = level < 8 ? nt_headlock_get(l->head)->size >> 8 * level : 0;
	uint64_t begin = index * NT_TILE_WIDTH;

	if (nodes <= begin)
		return 0;
	return nodes - begin < NT_TILE_WIDTH ? (unsigned)(nodes - begin) : NT_TILE_WIDTH;
}

/*
 * Reads a tile of the published log. Partial ones exist only for the sizes of checkpoints, and are deleted in time:
 * the full one, or the partial one of the last head, begins with them.
 */
static VF_RC read_tile(
	void *ctx, unsigned level, uint64_t index, unsigned width, uint8_t *hashes, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf b = nt_buf(NT_TILE_BYTES);
	const struct nt_log *l = ctx;
	struct nt_tile t = {.level = level, .index = index, .width = width};
	char path[PATH_ROOM];
	enum vf_rc rc = read_tile_file(l, &t, path, &b, reterr);

	if (rc == VF_NO_INPUT && width < NT_TILE_WIDTH) {
		t.width = NT_TILE_WIDTH;
		rc = read_tile_file(l, &t, path, &b, reterr);
	}
	if (rc == VF_NO_INPUT && l->head && width_now(l, level, index) > width) {
		t.width = width_now(l, level, index);
		rc = read_tile_file(l, &t, path, &b, reterr);
	}
	if (rc == VF_NO_INPUT || rc == VF_LIMIT)
		return vf_fail(reterr, VF_STORE_CORRUPT, "tile '%s' is not there or too long", path);
	if (rc != VF_OK)
		return rc;
	if (b.n != (size_t)t.width * 32)
		return vf_fail(reterr, VF_STORE_CORRUPT, "tile '%s' has %zu bytes", path, b.n);
	memcpy(hashes, b.p, (size_t)width * 32);
	return VF_OK;
}

VF_RC nt_log_init(
	struct nt_log *l, int dir, const char *origin, const struct nt_signer *signer, struct vf_err *reterr)
{
	enum vf_rc rc;

	*l = (struct nt_log){.dir = dir, .signer = signer};
	l->key.name = origin;
	l->key.sign = sign_note;
	l->key.ctx = l;
	rc = nt_signer_ed25519_public(signer, l->key.raw, reterr);
	if (rc != VF_OK)
		return rc;
	l->vkey = (struct vf_vkey){.name = vf_bytes_str(origin),
		.type = VF_KEY_ED25519,
		.key = vf_bytes(l->key.raw, sizeof(l->key.raw))};
	memcpy(l->vkey.raw, l->key.raw, sizeof(l->key.raw));
	l->vkey.id = vf_key_id(l->vkey.name, l->vkey.type, l->vkey.key);
	l->reader = malloc(sizeof(*l->reader));
	if (l->reader == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for tiles");
	nt_tile_reader_init(l->reader, read_tile, l);
	return VF_OK;
}

void nt_log_done(struct nt_log *l)
{
	free(l->reader);
	*l = (struct nt_log){0};
}

void nt_entry_put(struct nt_buf *out, const struct nt_store_entry *e)
{
	nt_buf_put_str(out, "trialnotary/entry/1\nsha256 ");
	nt_buf_put_hex(out, vf_bytes(e->id.b, 32));
	nt_buf_put_str(out, "\nsha512 ");
	nt_buf_put_hex(out, vf_bytes(e->id512.b, 64));
	nt_buf_put_str(out, "\nslot ");
	nt_buf_put_hex(out, vf_bytes(e->slot.b, 32));
	nt_buf_put_u8(out, '\n');
}

VF_RC nt_log_empty_note(const struct nt_log *l, struct nt_buf *note, struct vf_err *reterr)
{
	struct vf_hash root = vf_merkle_empty();

	return nt_note_checkpoint(note, &l->key, 0, &root, reterr);
}

VF_RC nt_log_check_note(const struct nt_log *l, uint64_t size, const struct vf_hash *root,
	struct vf_bytes note, struct vf_err *reterr)
{
	struct vf_checkpoint *c = malloc(sizeof(*c));
	uint64_t seconds;
	enum vf_rc rc;

	if (c == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a checkpoint");
	rc = vf_checkpoint_parse(note, c, reterr);
	if (rc == VF_OK &&
		(!vf_bytes_is(c->origin, l->key.name) || c->size != size || !vf_hash_eq(&c->root, root)))
		rc = vf_fail(reterr, VF_STORE_CORRUPT,
			"the checkpoint of size %" PRIu64 " says something else", size);
	if (rc == VF_OK)
		rc = vf_checkpoint_check_line(c, &c->note.lines[0], &l->vkey, &seconds, reterr);
	free(c);
	return rc;
}

/* ---- building ---- */

struct build {
	struct nt_grower *g;
	uint64_t from, size;
	struct nt_buf entry, bundle;
	struct vf_hash *leaves;
	size_t n_leaves;
	nt_each_file *each;
	void *ctx;
};

static void build_done(struct build *b)
{
	nt_buf_done(&b->entry);
	nt_buf_done(&b->bundle);
	free(b->leaves);
}

static VF_RC emit(struct build *b, const struct nt_tile *t, struct vf_bytes bytes, struct vf_err *reterr)
{
	char path[PATH_ROOM] = "log/";

	nt_tile_path(t, path + 4);
	return b->each(b->ctx, path, t->width < NT_TILE_WIDTH, bytes, reterr);
}

static VF_RC put_tile(void *ctx, const struct nt_tile *t, struct vf_bytes hashes, struct vf_err *reterr)
{
	return emit(ctx, t, hashes, reterr);
}

/* Adds an entry to its bundle; those that the log has already must hash to their tile. */
static VF_RC put_entry(void *ctx, uint64_t index, const struct nt_store_entry *e, struct vf_err *reterr)
{
	struct build *b = ctx;
	struct nt_tile t = {.entries = true, .index = index / NT_TILE_WIDTH};
	struct vf_hash leaf;
	enum vf_rc rc;

	nt_buf_reset(&b->entry);
	nt_entry_put(&b->entry, e);
	rc = nt_buf_check(&b->entry, reterr);
	if (rc == VF_OK)
		rc = nt_bundle_put(&b->bundle, nt_buf_bytes(&b->entry), reterr);
	if (rc != VF_OK)
		return rc;
	leaf = vf_merkle_leaf(nt_buf_bytes(&b->entry));
	if (index >= b->from)
		b->leaves[b->n_leaves++] = leaf;
	else if (memcmp(b->g->edge[0] + index % NT_TILE_WIDTH * 32, leaf.b, 32) != 0)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"entry %" PRIu64 " is not the one that the log holds", index);
	if ((index + 1) % NT_TILE_WIDTH != 0 && index + 1 != b->size)
		return VF_OK;
	t.width = (unsigned)(index % NT_TILE_WIDTH) + 1;
	rc = nt_buf_check(&b->bundle, reterr);
	if (rc == VF_OK)
		rc = emit(b, &t, nt_buf_bytes(&b->bundle), reterr);
	nt_buf_reset(&b->bundle);
	return rc;
}

VF_RC nt_log_build(struct nt_log *l, struct nt_grower *g, uint64_t size, nt_each_file *each, void *ctx,
	struct vf_err *reterr)
{
	VF_CLEANUP(build_done)
	struct build b = {.g = g, .from = g->frontier.size, .size = size, .each = each, .ctx = ctx};
	uint64_t first = b.from - b.from % NT_TILE_WIDTH;
	enum vf_rc rc;

	b.entry = nt_buf(1024);
	b.bundle = nt_buf(NT_BUNDLE_MAX);
	b.leaves = malloc((size_t)(size - b.from) * sizeof(*b.leaves));
	if (b.leaves == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %" PRIu64 " entries", size - b.from);
	rc = nt_store_entries(l->store, first, size - first, put_entry, &b, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_grower_append(g, b.leaves, b.n_leaves, put_tile, &b, reterr);
}

/* ---- staging ---- */

/* What a staging file holds; all ranges point into bytes. */
struct staged {
	struct nt_buf bytes;
	char name[128];
	uint64_t from, size;
	struct vf_hash root;
	struct nt_file *files;
	char *paths;
	size_t n;
};

static void staged_done(struct staged *s)
{
	nt_buf_done(&s->bytes);
	free(s->files);
	free(s->paths);
	*s = (struct staged){0};
}

static void staged_name(struct staged *s)
{
	char hex[65];

	vf_hex_put(hex, vf_bytes(s->root.b, 32));
	snprintf(s->name, sizeof(s->name), "staging/%" PRIu64 "-%s", s->size, hex);
}

static VF_RC stage_file(
	void *ctx, const char *path, bool partial, struct vf_bytes bytes, struct vf_err *reterr)
{
	struct staged *s = ctx;

	(void)partial;
	nt_buf_put_u16be(&s->bytes, (uint16_t)strlen(path));
	nt_buf_put_str(&s->bytes, path);
	nt_buf_put_u64be(&s->bytes, bytes.n);
	nt_buf_put(&s->bytes, bytes);
	s->n++;
	return nt_buf_check(&s->bytes, reterr);
}

static bool take_file(struct vf_bytes *in, struct vf_bytes *path, struct vf_bytes *bytes)
{
	uint16_t n;
	uint64_t size;

	return vf_take_u16be(in, &n) && n < PATH_ROOM && vf_take(in, n, path) &&
		vf_bytes_starts(*path, "log/tile/") && vf_take_u64be(in, &size) && size <= in->n &&
		vf_take(in, (size_t)size, bytes);
}

/* Reads the head of a staging file and its table of files. */
static bool staged_parse(struct staged *s)
{
	struct vf_bytes in = nt_buf_bytes(&s->bytes), root, path, rest;
	size_t n = 0;

	if (!vf_take_str(&in, STAGING_HEAD) || !vf_take_u64be(&in, &s->from) ||
		!vf_take_u64be(&in, &s->size) || s->from >= s->size || !vf_take(&in, 32, &root))
		return false;
	memcpy(s->root.b, root.p, 32);
	for (rest = in; rest.n > 0; n++)
		if (!take_file(&rest, &path, &root))
			return false;
	s->files = calloc(n + 1, sizeof(*s->files));
	s->paths = calloc(n + 1, PATH_ROOM);
	if (s->files == NULL || s->paths == NULL)
		return false;
	for (s->n = 0; s->n < n; s->n++) {
		char *to = s->paths + s->n * PATH_ROOM;

		if (!take_file(&in, &path, &s->files[s->n].bytes))
			return false;
		memcpy(to, path.p, path.n);
		s->files[s->n].path = to;
	}
	return true;
}

static VF_RC staged_read(const struct nt_log *l, const char *name, struct staged *ret, struct vf_err *reterr)
{
	enum vf_rc rc;

	*ret = (struct staged){.bytes = nt_buf(STAGING_MAX)};
	rc = nt_durable_read(l->dir, name, &ret->bytes, reterr);
	if (rc != VF_OK)
		return rc;
	if (!staged_parse(ret))
		return vf_fail(reterr, VF_STORE_CORRUPT, "staging file '%s' is damaged", name);
	staged_name(ret);
	if (strcmp(ret->name, name) != 0)
		return vf_fail(reterr, VF_STORE_CORRUPT, "staging file '%s' holds another step", name);
	return VF_OK;
}

/* A staged step, replayed over the log that it grows from. */
struct replay {
	const struct staged *s;
	struct nt_grower *g;
	struct vf_hash *leaves;
	size_t n_leaves, next; /* file that the next tile must be */
};

/* Old entries of a bundle must be those of the log's edge, new ones are the next leaves. */
static bool replay_bundle(struct replay *r, uint64_t index, struct vf_bytes bundle)
{
	uint64_t from = r->g->frontier.size;
	struct vf_bytes entry;

	for (; nt_bundle_take(&bundle, &entry); index++) {
		struct vf_hash leaf = vf_merkle_leaf(entry);

		if (index < from) {
			if (memcmp(r->g->edge[0] + index % NT_TILE_WIDTH * 32, leaf.b, 32) != 0)
				return false;
			continue;
		}
		if (index != from + r->n_leaves || index >= r->s->size)
			return false;
		r->leaves[r->n_leaves++] = leaf;
	}
	return bundle.n == 0;
}

static VF_RC compare_tile(void *ctx, const struct nt_tile *t, struct vf_bytes hashes, struct vf_err *reterr)
{
	struct replay *r = ctx;
	const struct nt_file *f = &r->s->files[r->next];
	char path[PATH_ROOM] = "log/";

	nt_tile_path(t, path + 4);
	if (r->next == r->s->n || strcmp(f->path, path) != 0 || !vf_bytes_eq(f->bytes, hashes))
		return vf_fail(reterr, VF_STORE_CORRUPT, "staging file '%s' holds another tile than '%s'",
			r->s->name, path);
	r->next++;
	return VF_OK;
}

/* The bundles come first; the entries in them must lead to the tiles and to the root. */
static VF_RC replay_staged(struct replay *r, struct vf_err *reterr)
{
	struct nt_tile t;
	struct vf_hash root;
	enum vf_rc rc;

	for (; r->next < r->s->n; r->next++) {
		struct vf_bytes path = vf_bytes_str(r->s->files[r->next].path);

		if (!vf_take_str(&path, "log/") || !nt_tile_path_read(path, &t))
			return vf_fail(
				reterr, VF_STORE_CORRUPT, "staging file '%s' names no tile", r->s->name);
		if (!t.entries)
			break;
		if (!replay_bundle(r, t.index * NT_TILE_WIDTH, r->s->files[r->next].bytes))
			return vf_fail(reterr, VF_STORE_CORRUPT, "staging file '%s' holds a damaged bundle",
				r->s->name);
	}
	rc = nt_grower_append(r->g, r->leaves, r->n_leaves, compare_tile, r, reterr);
	if (rc != VF_OK)
		return rc;
	root = vf_frontier_root(&r->g->frontier);
	if (r->next != r->s->n || r->g->frontier.size != r->s->size || !vf_hash_eq(&root, &r->s->root))
		return vf_fail(
			reterr, VF_STORE_CORRUPT, "staging file '%s' does not lead to its root", r->s->name);
	return VF_OK;
}

/*
 * What was read back from the file must lead from the log's edge to the root, tile by tile:
 * not what was in memory when the root was computed first. g is used up.
 */
static VF_RC staged_check(const struct staged *s, struct nt_grower *g, struct vf_err *reterr)
{
	struct replay r = {.s = s, .g = g};
	enum vf_rc rc;

	if (s->size - s->from > NT_LOG_STEP || g->frontier.size != s->from)
		return vf_fail(reterr, VF_STORE_CORRUPT, "staging file '%s' is too large a step", s->name);
	r.leaves = calloc((size_t)(s->size - s->from), sizeof(*r.leaves));
	if (r.leaves == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %" PRIu64 " entries", s->size - s->from);
	rc = replay_staged(&r, reterr);
	free(r.leaves);
	return rc;
}

/* ---- the steps after the head is signed; recovery does the same ---- */

/* Partial tiles that are full now are no longer needed: the full ones begin with them. */
static VF_RC trim(const struct nt_log *l, uint64_t from, uint64_t size, struct vf_err *reterr)
{
	char path[PATH_ROOM] = "log/";
	enum vf_rc rc;

	for (unsigned level = 0; level < NT_TILE_LEVELS; level++) {
		struct nt_tile t = {.level = level, .index = from >> 8 * level >> 8, .width = NT_TILE_WIDTH};

		if (nt_tile_width(level, t.index, size) < NT_TILE_WIDTH)
			break;
		for (int entries = 0; entries <= (level == 0); entries++) {
			t.entries = entries == 1;
			nt_tile_path(&t, path + 4);
			strcat(path, ".p");
			rc = nt_durable_remove_folder(l->dir, path, reterr);
			if (rc != VF_OK)
				return rc;
		}
	}
	return VF_OK;
}

static VF_RC publish(const struct nt_log *l, struct vf_err *reterr)
{
	enum vf_rc rc =
		nt_durable_write(l->dir, "log/checkpoint", nt_headlock_get(l->head)->note, 0644, reterr);

	if (rc == VF_OK)
		nt_failpoint("published");
	return rc;
}

/* The head is signed: makes everything else agree with it. Each step can be done again. */
static VF_RC finish(struct nt_log *l, const struct staged *s, struct vf_err *reterr)
{
	const struct nt_head *h = nt_headlock_get(l->head);
	enum vf_rc rc = nt_durable_put(l->dir, s->files, s->n, reterr);

	if (rc != VF_OK)
		return rc;
	nt_failpoint("applied");
	if (nt_store_state(l->store)->size < h->size)
		rc = nt_store_sequence(l->store, h->size, &h->root, h->note, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("indexed");
	rc = publish(l, reterr);
	if (rc == VF_OK)
		rc = trim(l, s->from, s->size, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("trimmed");
	rc = nt_durable_remove(l->dir, s->name, reterr);
	if (rc == VF_OK)
		nt_failpoint("unstaged");
	return rc;
}

/* ---- sequence ---- */

static void grower_freep(struct nt_grower **g)
{
	free(*g);
}

/* The state of the log from its tiles; refuses to build on tiles that are not those of the signed head. */
static VF_RC load_grower(struct nt_log *l, struct nt_grower **ret, struct vf_err *reterr)
{
	VF_CLEANUP(grower_freep) struct nt_grower *g = calloc(1, sizeof(*g));
	const struct nt_head *h = nt_headlock_get(l->head);
	struct vf_hash root;
	enum vf_rc rc;

	if (g == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the log's edge");
	/* What was read before may have come from memory that the disk no longer agrees with. */
	nt_tile_reader_init(l->reader, read_tile, l);
	rc = nt_grower_load(g, h->size, l->reader, reterr);
	if (rc != VF_OK)
		return rc;
	root = vf_frontier_root(&g->frontier);
	if (!vf_hash_eq(&root, &h->root))
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"the tiles of size %" PRIu64 " do not lead to the signed root", h->size);
	*ret = g;
	g = NULL;
	return VF_OK;
}

static VF_RC check_time(const struct nt_log *l, int64_t now_ms, struct vf_err *reterr)
{
	int64_t last = nt_headlock_get(l->head)->time_ms, accepted = nt_store_state(l->store)->accepted_ms;
	char a[VF_TIME_LEN + 1], b[VF_TIME_LEN + 1];

	if (now_ms > last && now_ms >= accepted)
		return VF_OK;
	vf_time_put(a, now_ms);
	vf_time_put(b, last > accepted ? last : accepted);
	return vf_fail(reterr, VF_TIME_STOPPED, "the clock shows '%s', but '%s' was used before", a, b);
}

/* Builds the next step and writes it as one file; the file is then read back and checked. */
static VF_RC stage(struct nt_log *l, uint64_t size, struct staged *ret, struct vf_err *reterr)
{
	VF_CLEANUP(grower_freep) struct nt_grower *g = NULL, *before = malloc(sizeof(*before));
	VF_CLEANUP(staged_done) struct staged s = {.bytes = nt_buf(STAGING_MAX), .size = size};
	enum vf_rc rc;

	if (before == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the log's edge");
	rc = load_grower(l, &g, reterr);
	if (rc != VF_OK)
		return rc;
	*before = *g;
	nt_buf_put_str(&s.bytes, STAGING_HEAD);
	nt_buf_put_u64be(&s.bytes, g->frontier.size);
	nt_buf_put_u64be(&s.bytes, size);
	nt_buf_put(&s.bytes, vf_bytes(s.root.b, 32)); /* not known yet */
	rc = nt_log_build(l, g, size, stage_file, &s, reterr);
	if (rc != VF_OK)
		return rc;
	s.root = vf_frontier_root(&g->frontier);
	memcpy(s.bytes.p + strlen(STAGING_HEAD) + 16, s.root.b, 32);
	staged_name(&s);
	rc = nt_durable_write(l->dir, s.name, nt_buf_bytes(&s.bytes), 0600, reterr);
	if (rc != VF_OK)
		return rc;
	nt_failpoint("staged");
	rc = staged_read(l, s.name, ret, reterr);
	if (rc == VF_OK)
		rc = staged_check(ret, before, reterr);
	return rc;
}

/* Signs the staged size and makes it the head: from here on it is history. */
static VF_RC sign_head(struct nt_log *l, const struct staged *s, int64_t now_ms, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	const struct nt_head *last = nt_headlock_get(l->head);
	struct nt_head next = *last;
	enum vf_rc rc = nt_note_checkpoint(&note, &l->key, s->size, &s->root, reterr);

	if (rc != VF_OK)
		return rc;
	nt_failpoint("signed");
	next.size = s->size;
	next.root = s->root;
	next.note = nt_buf_bytes(&note);
	next.time_ms = now_ms;
	rc = nt_headlock_swap(l->head, last->version, &next, reterr);
	if (rc == VF_OK)
		nt_failpoint("swapped");
	return rc;
}

VF_RC nt_log_sequence(struct nt_log *l, int64_t now_ms, struct vf_err *reterr)
{
	VF_CLEANUP(staged_done) struct staged s = {0};
	const struct nt_store_state *st = nt_store_state(l->store);
	uint64_t size = st->records;
	enum vf_rc rc;

	if (size == st->size)
		return VF_OK;
	rc = check_time(l, now_ms, reterr);
	if (rc != VF_OK)
		return rc;
	if (size - st->size > NT_LOG_STEP)
		size = st->size + NT_LOG_STEP;
	rc = nt_store_check_waiting(l->store, size, reterr);
	if (rc == VF_OK)
		rc = stage(l, size, &s, reterr);
	if (rc == VF_OK)
		rc = sign_head(l, &s, now_ms, reterr);
	if (rc == VF_OK)
		rc = finish(l, &s, reterr);
	return rc;
}

/* ---- recovery ---- */

/* Finds the staging file of the signed head and removes every other one. */
struct search {
	struct nt_log *l;
	char want[128];
	bool found;
};

static VF_RC sort_out(void *ctx, const char *name, bool is_dir, struct vf_err *reterr)
{
	struct search *s = ctx;
	char path[320];

	(void)is_dir;
	snprintf(path, sizeof(path), "staging/%s", name);
	if (strcmp(path, s->want) == 0) {
		s->found = true;
		return VF_OK;
	}
	return nt_durable_remove(s->l->dir, path, reterr);
}

/* The published checkpoint may be older, never newer, than the head. */
static VF_RC check_published(struct nt_log *l, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf note = nt_buf(VF_MAX_NOTE);
	const struct nt_head *h = nt_headlock_get(l->head);
	struct vf_checkpoint c;
	enum vf_rc rc = nt_durable_read(l->dir, "log/checkpoint", &note, reterr);

	if (rc == VF_NO_INPUT)
		return publish(l, reterr);
	if (rc != VF_OK)
		return rc;
	if (vf_bytes_eq(nt_buf_bytes(&note), h->note))
		return VF_OK;
	if (vf_checkpoint_parse(nt_buf_bytes(&note), &c, NULL) == VF_OK && c.size > h->size)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"'log/checkpoint' has %" PRIu64 " entries, the signed head in"
			" 'head.db' only %" PRIu64,
			c.size, h->size);
	return publish(l, reterr);
}

static VF_RC check_sizes(const struct nt_log *l, bool staged, struct vf_err *reterr)
{
	const struct nt_head *h = nt_headlock_get(l->head);
	const struct nt_store_state *st = nt_store_state(l->store);

	if (h->size > st->records)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"the last signed head has %" PRIu64 " entries, but 'notary.db'"
			" only %" PRIu64 " records",
			h->size, st->records);
	if (st->size > st->records || st->sealed > st->size)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"'notary.db' holds %" PRIu64 " records, %" PRIu64 " log entries"
			" and %" PRIu64 " sealed ones",
			st->records, st->size, st->sealed);
	if (h->size > st->size && !staged)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"the last signed head has %" PRIu64 " entries, the log in"
			" 'notary.db' %" PRIu64 ", and nothing is staged between",
			h->size, st->size);
	if (h->size < st->size)
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"'head.db' has %" PRIu64 " entries, 'notary.db' already %" PRIu64
			": 'head.db' was replaced by an older one",
			h->size, st->size);
	if (h->size == st->size && !vf_hash_eq(&h->root, &st->root))
		return vf_fail(reterr, VF_STORE_CORRUPT,
			"'head.db' and 'notary.db' have different roots for %" PRIu64 " entries", h->size);
	return VF_OK;
}

static VF_RC redo(struct nt_log *l, const char *name, struct vf_err *reterr)
{
	VF_CLEANUP(staged_done) struct staged s = {0};
	VF_CLEANUP(grower_freep) struct nt_grower *g = calloc(1, sizeof(*g));
	enum vf_rc rc = staged_read(l, name, &s, reterr);

	if (rc == VF_OK && g == NULL)
		rc = vf_fail(reterr, VF_NO_MEMORY, "no memory for the log's edge");

	if (rc != VF_OK)
		return rc;
	if (s.from != nt_store_state(l->store)->size && s.size != nt_store_state(l->store)->size)
		return vf_fail(reterr, VF_STORE_ROLLED_BACK,
			"staging file '%s' begins at %" PRIu64 ", 'notary.db' ends at"
			" %" PRIu64,
			name, s.from, nt_store_state(l->store)->size);
	rc = nt_grower_load(g, s.from, l->reader, reterr);
	if (rc == VF_OK)
		rc = staged_check(&s, g, reterr);
	if (rc != VF_OK)
		return rc;
	/* Folders and files that are there may be so in memory alone: who made them was killed before their sync. */
	if (syncfs(l->dir) != 0)
		return vf_fail(reterr, VF_IO, "cannot sync the notary's file system: %s", strerror(errno));
	return finish(l, &s, reterr);
}

VF_RC nt_log_recover(struct nt_log *l, struct vf_err *reterr)
{
	VF_CLEANUP(grower_freep) struct nt_grower *g = NULL;
	const struct nt_head *h = nt_headlock_get(l->head);
	struct search search = {.l = l};
	struct staged want = {.size = h->size, .root = h->root};
	enum vf_rc rc = nt_log_check_note(l, h->size, &h->root, h->note, reterr);

	if (rc != VF_OK)
		return rc;
	staged_name(&want);
	memcpy(search.want, want.name, sizeof(search.want));
	rc = nt_dir_each(l->dir, "staging", sort_out, &search, reterr);
	if (rc == VF_OK)
		rc = check_sizes(l, search.found, reterr);
	if (rc == VF_OK && search.found)
		rc = redo(l, search.want, reterr);
	if (rc == VF_OK)
		rc = check_published(l, reterr);
	if (rc == VF_OK)
		rc = load_grower(l, &g, reterr);
	return rc;
}

/* ---- proofs ---- */

VF_RC nt_log_inclusion(struct nt_log *l, uint64_t index, uint64_t size, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr)
{
	if (size > nt_headlock_get(l->head)->size)
		return vf_fail(reterr, VF_PROOF_INDEX, "the log has no %" PRIu64 " entries", size);
	return nt_tiles_inclusion(l->reader, index, size, ret, ret_n, reterr);
}

VF_RC nt_log_consistency(struct nt_log *l, uint64_t from, uint64_t to, struct vf_hash *ret, size_t *ret_n,
	struct vf_err *reterr)
{
	if (to > nt_headlock_get(l->head)->size)
		return vf_fail(reterr, VF_PROOF_INDEX, "the log has no %" PRIu64 " entries", to);
	return nt_tiles_consistency(l->reader, from, to, ret, ret_n, reterr);
}
