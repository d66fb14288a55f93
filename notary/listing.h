/*
 * What is in a folder or an archive, file by file, in one spelling (docs/formats/listing.md).
 *
 * Knows lines, their order, and two listings beside each other. Folders are walked by files.h, archives opened by
 * libarchive in listing_archive.c.
 */
#ifndef NOTARY_LISTING_H
#define NOTARY_LISTING_H

#include "notary/buf.h"
#include "verify/hash.h"

#define NT_LISTING_FIRST_LINE "{\"schema\":\"trialnotary/listing/1\"}\n"
#define NT_LISTING_MAX_MEMBERS 1000000
#define NT_LISTING_MAX_NAME 4096
#define NT_LISTING_MAX ((size_t)512 * 1024 * 1024)
/* Octets of all members of an archive; and, beyond the second, how many times those of the archive. */
#define NT_LISTING_MAX_SIZE (UINT64_C(1) << 40)
#define NT_LISTING_FREE_SIZE (UINT64_C(100) << 20)
#define NT_LISTING_MAX_RATIO 1100

/* A member: its line without LF, and the parts of it. */
struct nt_listing_member {
	size_t at, n;   /* in lines */
	size_t n_name;  /* of the JSON string with its quotes, which begins at NT_LISTED_NAME */
	uint64_t size;
};
/* Octets of {"name": */
#define NT_LISTED_NAME 8

/* Zero it; free with nt_listing_done(). */
struct nt_listing {
	struct nt_buf lines;
	struct nt_listing_member *members; /* ascending after nt_listing_sort() */
	size_t n, room;
	uint64_t size; /* of all members */
};
void nt_listing_done(struct nt_listing *l);

/* Adds a file, or a link that leads to target. LIMIT. */
VF_RC nt_listing_add(struct nt_listing *l, struct vf_bytes name, uint64_t size, const struct vf_pair *digests,
	struct vf_err *reterr);
VF_RC nt_listing_add_link(struct nt_listing *l, struct vf_bytes name, struct vf_bytes target, struct vf_err *reterr);
/* Puts the members in order: the last act of who adds. */
void nt_listing_sort(struct nt_listing *l);

/* The lines in their order, from the first to the last; piece by piece. */
typedef VF_RC nt_listing_put(void *ctx, struct vf_bytes piece, struct vf_err *reterr);
VF_RC nt_listing_write(const struct nt_listing *l, nt_listing_put *put, void *ctx, struct vf_err *reterr);
/* Both digests over that. */
VF_RC nt_listing_digest(const struct nt_listing *l, struct vf_pair *ret, struct vf_err *reterr);

/* Reads exactly what nt_listing_write() writes: FILE_SHAPE "line N: ...", LIMIT. */
VF_RC nt_listing_read(struct vf_bytes text, struct nt_listing *ret, struct vf_err *reterr);
/* True when the text begins as a listing does. */
bool nt_listing_is(struct vf_bytes head);

/* The files below a folder, or the one file, hashed on all cores. As nt_files_add() and nt_hash_files() refuse. */
VF_RC nt_listing_of_folder(const char *path, struct nt_listing *ret, struct vf_err *reterr);
/*
 * The members of an archive. UNSUPPORTED: no archive of a known form, an encrypted member, a device; FILE_SHAPE:
 * damaged; LIMIT; NO_INPUT, PERMISSION, IO; DOCUMENT_CHANGED when the file changes meanwhile.
 */
VF_RC nt_listing_of_archive(const char *path, struct nt_listing *ret, struct vf_err *reterr);

/* One difference between two listings; name is the JSON string with its quotes. */
enum nt_listing_change {
	NT_LISTING_ONLY_FIRST,
	NT_LISTING_ONLY_SECOND,
	NT_LISTING_CHANGED,
};
typedef void nt_listing_differs(void *ctx, enum nt_listing_change change, struct vf_bytes name);
/* Calls differs for each, in order of names, and returns how many there are. */
uint64_t nt_listing_compare(
	const struct nt_listing *a, const struct nt_listing *b, nt_listing_differs *differs, void *ctx);

#endif
