/*
 * The strict writer of ZIP containers (docs/formats/bundle.md, Container).
 *
 * Knows headers: entries are stored, in the order given, with fixed times, so
 * that the same entries give the same bytes (docs/decisions/0005-stored-entries.md).
 * Which entries stand in a bundle, in which order and with unique names, is
 * export.h's question; the exporter runs the verifier over the result.
 */
#ifndef NOTARY_ZIP_OUT_H
#define NOTARY_ZIP_OUT_H

#include "notary/buf.h"

/* Where the bytes go. write takes all of b or fails. */
struct nt_zip_sink {
	void *ctx;
	VF_RC (*write)(void *ctx, struct vf_bytes b, struct vf_err *reterr);
};

/* A container that is being written. Its fields are the writer's own. */
struct nt_zip {
	struct nt_zip_sink sink;
	struct nt_buf directory;
	uint64_t at;    /* octets written */
	uint64_t count; /* entries */
	uint64_t due;   /* octets that the open entry still lacks */
	uint32_t crc, want;
	bool is_failed;
};

/* CRC-32 over what crc covers, followed by b; begin with 0. */
uint32_t nt_zip_crc(uint32_t crc, struct vf_bytes b);

/* Begins a container and writes its mimetype entry. Free with nt_zip_done(). */
VF_RC nt_zip_begin(struct nt_zip *z, struct nt_zip_sink sink, struct vf_err *reterr);
/* The same for a container of another type. */
VF_RC nt_zip_begin_as(struct nt_zip *z, const char *media, struct nt_zip_sink sink, struct vf_err *reterr);
/* A whole deflated entry; bundles have none (docs/decisions/0005-stored-entries.md). */
VF_RC nt_zip_deflated(struct nt_zip *z, struct vf_bytes name, struct vf_bytes data, struct vf_err *reterr);
/*
 * Begins an entry of known size and CRC-32 (the pass that hashes a document
 * computes both). NAME_SHAPE for a name that no reader accepts, BUNDLE_TOO_LARGE
 * before VF_MAX_ZIP_ENTRIES or 4 GiB are passed: nothing of the entry is written then.
 */
VF_RC nt_zip_entry(
	struct nt_zip *z, struct vf_bytes name, uint64_t size, uint32_t crc, struct vf_err *reterr);
/* The next piece of the entry's data. DOCUMENT_CHANGED when it is too long or its CRC-32 is another. */
VF_RC nt_zip_data(struct nt_zip *z, struct vf_bytes piece, struct vf_err *reterr);
/* Writes the directory and the end record. Refuses an entry that is not complete. */
VF_RC nt_zip_end(struct nt_zip *z, struct vf_err *reterr);
void nt_zip_done(struct nt_zip *z);

/* A small entry, whole in memory. */
struct nt_zip_item {
	struct vf_bytes name, data;
};

/* Appends a whole container, mimetype included; on failure the buffer is as it was. */
VF_RC nt_zip_put(struct nt_buf *to, const struct nt_zip_item *items, size_t n, struct vf_err *reterr);

/* A sink that appends to a buffer. */
struct nt_zip_sink nt_zip_to_buf(struct nt_buf *to);

#endif
