/*
 * C2SP tlog-tiles: which tile holds what, where it lies, how proofs come out of
 * tiles, and which tiles a growing log writes.
 *
 * Pure computation: reading and writing go through callbacks. Durability and
 * the order of publication are log.h's question.
 */
#ifndef NOTARY_TILES_H
#define NOTARY_TILES_H

#include "notary/buf.h"
#include "verify/merkle.h"

#define NT_TILE_WIDTH 256
#define NT_TILE_BYTES (NT_TILE_WIDTH * 32)
/* Levels that occur with sizes below 2^63. */
#define NT_TILE_LEVELS 8
#define NT_TILE_PATH_MAX 64
/* A full entry bundle of the largest entries. */
#define NT_BUNDLE_MAX (NT_TILE_WIDTH * (2 + VF_MAX_ENTRY))

/* A tile of hashes, or the entry bundle beside a level 0 tile. */
struct nt_tile {
	bool entries; /* then level is 0 */
	unsigned level;
	uint64_t index;
	unsigned width; /* 1 to 256; below 256 it is a partial tile */
};

/* "tile/0/x001/x234/067", "tile/entries/000.p/12"; out has NT_TILE_PATH_MAX places. */
void nt_tile_path(const struct nt_tile *t, char *out);
/* Only the one shortest form of each path is read. */
bool nt_tile_path_read(struct vf_bytes path, struct nt_tile *ret);

/* How many hashes tile index of a level has in a log of size entries; 0 when there is none. */
unsigned nt_tile_width(unsigned level, uint64_t index, uint64_t size);
/* The tile that gives the node index at height, and the first and the number of its hashes to fold. */
void nt_tile_of_node(unsigned height, uint64_t index, struct nt_tile *ret, unsigned *ret_first,
	unsigned *ret_count);

/* Names every tile (not the bundles) to write when the log grows: levels upward, full tiles first. */
typedef VF_RC nt_each_tile(void *ctx, const struct nt_tile *t, struct vf_err *reterr);
VF_RC nt_tiles_new(uint64_t from, uint64_t to, nt_each_tile *each, void *ctx, struct vf_err *reterr);

/* Entry bundles: u16 BE length || entry, for each. LIMIT above VF_MAX_ENTRY. */
VF_RC nt_bundle_put(struct nt_buf *out, struct vf_bytes entry, struct vf_err *reterr);
/* Takes the next entry; false at the end and when it is cut short (in->n tells which). */
bool nt_bundle_take(struct vf_bytes *in, struct vf_bytes *ret);

/*
 * Writes exactly width hashes (32 octets each) of a tile into hashes. Where only
 * a wider tile is there (a partial tile was deleted), it is cut.
 */
typedef VF_RC nt_read_tile(void *ctx, unsigned level, uint64_t index, unsigned width, uint8_t *hashes,
	struct vf_err *reterr);

/* A tile with the nodes above its hashes: node j at height h of it is nodes[at(h) + j]. */
struct nt_tile_nodes {
	bool used;
	uint64_t index, last_use;
	unsigned width;
	struct vf_hash nodes[2 * NT_TILE_WIDTH];
};

/*
 * Reads nodes through a callback and keeps the last two tiles of each level (260
 * KiB: best not on a stack). One reader serves many proofs over one growing
 * log. init it, then use it; it holds nothing to release.
 */
struct nt_tile_reader {
	nt_read_tile *read;
	void *ctx;
	uint64_t uses;
	struct nt_tile_nodes kept[NT_TILE_LEVELS][2];
};

void nt_tile_reader_init(struct nt_tile_reader *r, nt_read_tile *read, void *ctx);

/* The root of leaves [start, end), start < end, in a log of size entries. */
VF_RC nt_tiles_range(struct nt_tile_reader *r, uint64_t start, uint64_t end, uint64_t size,
	struct vf_hash *ret, struct vf_err *reterr);
VF_RC nt_tiles_root(struct nt_tile_reader *r, uint64_t size, struct vf_hash *ret, struct vf_err *reterr);
/*
 * RFC 9162 proofs, leaf to root; ret has VF_MAX_INCLUSION / VF_MAX_CONSISTENCY
 * places. PROOF_INDEX when the numbers are out of range. The tiles are believed:
 * the caller checks the proof against a signed root.
 */
VF_RC nt_tiles_inclusion(struct nt_tile_reader *r, uint64_t index, uint64_t size, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr);
VF_RC nt_tiles_consistency(struct nt_tile_reader *r, uint64_t from, uint64_t to, struct vf_hash *ret,
	size_t *ret_n, struct vf_err *reterr);

/*
 * What a log needs to grow: its frontier and the right-most tile of each level
 * (66 KiB). Cleared memory is the empty log. edge[l] holds (size >> 8l) mod 256
 * hashes.
 */
struct nt_grower {
	struct vf_frontier frontier;
	uint8_t edge[NT_TILE_LEVELS][NT_TILE_BYTES];
};

/* Loads the state of a log of size entries; compare vf_frontier_root() with the signed head. */
VF_RC nt_grower_load(struct nt_grower *g, uint64_t size, struct nt_tile_reader *r, struct vf_err *reterr);
/*
 * Appends leaf hashes and hands every tile to write to the callback, exactly
 * those of nt_tiles_new(); hashes is valid during the call. After a failure the
 * grower is useless: load it again.
 */
typedef VF_RC nt_write_tile(void *ctx, const struct nt_tile *t, struct vf_bytes hashes, struct vf_err *reterr);
VF_RC nt_grower_append(struct nt_grower *g, const struct vf_hash *leaves, size_t n, nt_write_tile *write,
	void *ctx, struct vf_err *reterr);

#endif
