/*
 * Our side of the interop run over logs: reads with verify/ and notary/tiles.h what golang.org/x/mod made.
 *
 *   note KEY NOTE                  the checkpoint NOTE is in its form and signed by the verifier key in KEY
 *   proof KEY PROOF ENTRY          the log proof of an entry
 *   proofs FILE                    lines "inclusion|consistency valid|invalid A B HASH HASH HASH..." as notecheck
 *                                  makes them: each must get the same word from us
 *   tiles FOLDER KEY               checkpoint, tiles and entry bundles of a whole log
 *
 * Prints "valid" or "invalid: CODE: why"; exit 0 or 1.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "notary/tiles.h"
#include "tests/check.h"
#include "verify/checkpoint.h"
#include "verify/text.h"

static uint8_t block[1 << 16];

static int said(enum vf_rc rc, const struct vf_err *err)
{
	if (rc == VF_OK)
		puts("valid");
	else
		printf("invalid: %s: %s\n", vf_rc_name(rc), err->text);
	return rc == VF_OK ? 0 : 1;
}

/* The note is a checkpoint, and its first line is signed by the key. */
static VF_RC check_signed(const char *key_path, const struct vf_checkpoint *c, struct vf_err *reterr)
{
	struct vf_arena arena;
	struct vf_vkey key;
	uint64_t seconds;
	enum vf_rc rc;

	vf_arena_init(&arena, block, sizeof(block));
	rc = vf_vkey_parse(check_read(key_path), &arena, &key, reterr);
	if (rc == VF_OK && !vf_bytes_eq(c->origin, key.name))
		return vf_fail(reterr, VF_CHECKPOINT_ORIGIN, "a checkpoint of another log");
	if (rc == VF_OK)
		rc = vf_checkpoint_check_line(c, &c->note.lines[0], &key, &seconds, reterr);
	return rc;
}

static int note(char **a)
{
	struct vf_err err = {0};
	struct vf_checkpoint c;
	enum vf_rc rc = vf_checkpoint_parse(check_read(a[1]), &c, &err);

	if (rc == VF_OK)
		rc = check_signed(a[0], &c, &err);
	return said(rc, &err);
}

static int proof(char **a)
{
	const struct vf_hash leaf = vf_merkle_leaf(check_read(a[2]));
	struct vf_tlog_proof p;
	struct vf_err err = {0};
	enum vf_rc rc = vf_tlog_proof_parse(check_read(a[1]), &p, &err);

	if (rc == VF_OK)
		rc = check_signed(a[0], &p.checkpoint, &err);
	if (rc == VF_OK)
		rc = vf_merkle_check_inclusion(
			p.index, p.checkpoint.size, &leaf, p.hashes, p.n, &p.checkpoint.root, &err);
	return said(rc, &err);
}

/* ---- proofs, line by line ---- */

static bool take_word(struct vf_bytes *line, struct vf_bytes *ret)
{
	size_t n = 0;

	while (n < line->n && line->p[n] != ' ')
		n++;
	*ret = vf_bytes(line->p, n);
	*line = n < line->n ? vf_bytes(line->p + n + 1, line->n - n - 1) : vf_bytes(line->p + n, 0);
	return n > 0;
}

static bool take_hash(struct vf_bytes *line, struct vf_hash *ret)
{
	struct vf_bytes word;

	return take_word(line, &word) && vf_hex_read(word, ret->b, sizeof(ret->b));
}

/* Judges one line; false when it cannot be read. */
static bool judge(struct vf_bytes line, bool *ret_want, enum vf_rc *ret, struct vf_err *reterr)
{
	struct vf_hash x, y, hashes[VF_MAX_CONSISTENCY + 2];
	struct vf_bytes kind, want, a_text, b_text;
	uint64_t a, b;
	size_t n = 0;

	if (!take_word(&line, &kind) || !take_word(&line, &want) || !take_word(&line, &a_text) ||
		!take_word(&line, &b_text) || !vf_decimal_read(a_text, VF_MAX_TREE_SIZE, &a) ||
		!vf_decimal_read(b_text, VF_MAX_TREE_SIZE, &b) || !take_hash(&line, &x) || !take_hash(&line, &y))
		return false;
	for (; line.n > 0; n++)
		if (n == VF_MAX_CONSISTENCY + 2 || !take_hash(&line, &hashes[n]))
			return false;
	*ret_want = vf_bytes_is(want, "valid");
	if (!*ret_want && !vf_bytes_is(want, "invalid"))
		return false;
	if (vf_bytes_is(kind, "inclusion"))
		*ret = vf_merkle_check_inclusion(a, b, &x, hashes, n, &y, reterr);
	else
		*ret = vf_merkle_check_consistency(a, b, &x, &y, hashes, n, reterr);
	return vf_bytes_is(kind, "inclusion") || vf_bytes_is(kind, "consistency");
}

static int proofs(const char *path)
{
	struct vf_bytes all = check_read(path);
	unsigned good = 0, bad = 0;

	while (all.n > 0) {
		const uint8_t *end = memchr(all.p, '\n', all.n);
		size_t n = end ? (size_t)(end - all.p) : all.n;
		struct vf_err err = {0};
		bool want = false;
		enum vf_rc rc = VF_NOT_CHECKED;

		if (!end || !judge(vf_bytes(all.p, n), &want, &rc, &err)) {
			printf("invalid: line %u cannot be read\n", good + bad + 1);
			return 1;
		}
		if ((rc == VF_OK) != want) {
			printf("invalid: line %u: theirs %s, ours %s\n", good + bad + 1, want ? "valid" : "invalid",
				vf_rc_name(rc));
			return 1;
		}
		*(want ? &good : &bad) += 1;
		all = vf_bytes(all.p + n + 1, all.n - n - 1);
	}
	if (good < 100 || bad < 100) {
		printf("invalid: only %u good and %u bad proofs\n", good, bad);
		return 1;
	}
	printf("valid: the same word for %u good and %u bad proofs\n", good, bad);
	return 0;
}

/* ---- a whole log ---- */

static VF_RC read_tile(
	void *ctx, unsigned level, uint64_t index, unsigned width, uint8_t *hashes, struct vf_err *reterr)
{
	struct nt_tile t = {.level = level, .index = index, .width = width};
	char tile[NT_TILE_PATH_MAX], path[4096];
	FILE *f;
	size_t got;

	nt_tile_path(&t, tile);
	snprintf(path, sizeof(path), "%s/%s", (const char *)ctx, tile);
	f = fopen(path, "rb");
	if (!f)
		return vf_fail(reterr, VF_IO, "no '%s'", tile);
	got = fread(hashes, 32, width, f);
	fclose(f);
	return got == width ? VF_OK : vf_fail(reterr, VF_IO, "'%s' is too short", tile);
}

/* The entries of bundle index have the leaf hashes of the tile beside it. */
static VF_RC check_bundle(char *folder, uint64_t index, uint64_t size, struct vf_err *reterr)
{
	struct nt_tile t = {.entries = true, .index = index, .width = nt_tile_width(0, index, size)};
	char tile[NT_TILE_PATH_MAX], path[4096];
	uint8_t hashes[NT_TILE_BYTES];
	struct vf_bytes in, entry, kept;
	enum vf_rc rc = read_tile(folder, 0, index, t.width, hashes, reterr);
	unsigned n = 0;

	if (rc != VF_OK)
		return rc;
	nt_tile_path(&t, tile);
	snprintf(path, sizeof(path), "%s/%s", folder, tile);
	kept = in = check_read(path);
	for (; nt_bundle_take(&in, &entry); n++) {
		const struct vf_hash leaf = vf_merkle_leaf(entry);

		if (n == t.width || memcmp(leaf.b, hashes + 32 * n, 32) != 0)
			return vf_fail(reterr, VF_PROOF_ROOT, "entry %u of '%s' is another one", n, tile);
	}
	free((void *)(uintptr_t)kept.p);
	return in.n == 0 && n == t.width ? VF_OK : vf_fail(reterr, VF_IO, "'%s' is cut short", tile);
}

/* Proofs from the tiles lead to the signed root. */
static VF_RC check_proofs(struct nt_tile_reader *r, const struct vf_checkpoint *c, struct vf_err *reterr)
{
	struct vf_hash p[VF_MAX_CONSISTENCY], leaf, older;
	enum vf_rc rc = VF_OK;
	size_t n;

	for (uint64_t i = 0; i < c->size && rc == VF_OK; i += 1 + c->size / 97) {
		rc = nt_tiles_range(r, i, i + 1, c->size, &leaf, reterr);
		if (rc == VF_OK)
			rc = nt_tiles_inclusion(r, i, c->size, p, &n, reterr);
		if (rc == VF_OK)
			rc = vf_merkle_check_inclusion(i, c->size, &leaf, p, n, &c->root, reterr);
		if (rc == VF_OK)
			rc = nt_tiles_root(r, i + 1, &older, reterr);
		if (rc == VF_OK)
			rc = nt_tiles_consistency(r, i + 1, c->size, p, &n, reterr);
		if (rc == VF_OK)
			rc = vf_merkle_check_consistency(i + 1, c->size, &older, &c->root, p, n, reterr);
	}
	return rc;
}

static int tiles(char **a)
{
	static struct nt_tile_reader reader;
	char path[4096];
	struct vf_checkpoint c;
	struct vf_err err = {0};
	struct vf_hash root;
	enum vf_rc rc;

	snprintf(path, sizeof(path), "%s/checkpoint", a[0]);
	nt_tile_reader_init(&reader, read_tile, a[0]);
	rc = vf_checkpoint_parse(check_read(path), &c, &err);
	if (rc == VF_OK)
		rc = check_signed(a[1], &c, &err);
	if (rc == VF_OK)
		rc = nt_tiles_root(&reader, c.size, &root, &err);
	if (rc == VF_OK && !vf_hash_eq(&root, &c.root))
		rc = vf_fail(&err, VF_PROOF_ROOT, "the tiles have another root");
	for (uint64_t i = 0; rc == VF_OK && i * NT_TILE_WIDTH < c.size; i++)
		rc = check_bundle(a[0], i, c.size, &err);
	if (rc == VF_OK)
		rc = check_proofs(&reader, &c, &err);
	return said(rc, &err);
}

int main(int argc, char **argv)
{
	char **a = argv + 2;
	const int n = argc - 2;
	const char *verb = argc > 2 ? argv[1] : "";

	if (strcmp(verb, "note") == 0 && n == 2)
		return note(a);
	if (strcmp(verb, "proof") == 0 && n == 3)
		return proof(a);
	if (strcmp(verb, "proofs") == 0 && n == 1)
		return proofs(a[0]);
	if (strcmp(verb, "tiles") == 0 && n == 2)
		return tiles(a);
	fprintf(stderr, "see the comment of %s\n", __FILE__);
	return 64;
}
