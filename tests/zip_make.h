/*
 * Builds ZIP containers header by header, so that tests can make every field
 * wrong on its own. Nothing here is checked; the strict writer is notary/zip_out.h.
 */
#ifndef TESTS_ZIP_MAKE_H
#define TESTS_ZIP_MAKE_H

#include <zlib.h>

#include "notary/buf.h"
#include "verify/zip.h"

#define ZM_MAX (256 * 1024 * 1024)

/* One header's fields; an entry has two, equal by default. */
struct zm_header {
	struct vf_bytes name, extra;
	uint16_t need, flags, method;
	uint32_t stamp, crc, packed, size;
};

struct zm_entry {
	struct zm_header local, central;
	struct vf_bytes data;    /* as it stands in the file */
	struct vf_bytes after;   /* the data: a descriptor */
	struct vf_bytes comment;
	uint16_t made_by, disk, internal;
	uint32_t external;
	bool is_hidden;          /* no central record */
	bool is_repeat;          /* no local header: the record of the entry before again */
	int32_t shift;           /* added to the offset */
};

struct zm_end {
	struct vf_bytes before, after, comment, gap; /* gap stands between entries and directory */
	uint16_t disk, central_disk;
	int here, count;         /* added */
	int32_t size, at;        /* added */
};

static inline struct zm_entry zm_entry_raw(struct vf_bytes name, struct vf_bytes data)
{
	struct zm_entry e = {.data = data};

	e.local = (struct zm_header){.name = name, .need = 10, .stamp = 0x00210000,
		.crc = (uint32_t)crc32_z(0, data.p, data.n), .packed = (uint32_t)data.n, .size = (uint32_t)data.n};
	e.central = e.local;
	return e;
}

static inline struct zm_entry zm_entry(const char *name, const char *data)
{
	return zm_entry_raw(vf_bytes_str(name), vf_bytes_str(data));
}

/* Deflates data into room (freed by the caller with nt_buf_done). */
static inline struct zm_entry zm_deflated(const char *name, struct vf_bytes data, struct nt_buf *room)
{
	struct zm_entry e = zm_entry_raw(vf_bytes_str(name), data);
	z_stream z = {.next_in = (Bytef *)(uintptr_t)data.p, .avail_in = (uInt)data.n};

	*room = nt_buf(ZM_MAX);
	if (deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
		!nt_buf_reserve(room, deflateBound(&z, data.n) + 64))
		abort();
	z.next_out = room->p;
	z.avail_out = (uInt)room->room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	room->n = z.total_out;
	deflateEnd(&z);
	e.data = nt_buf_bytes(room);
	e.local.method = e.central.method = 8;
	e.local.need = e.central.need = 20;
	e.local.packed = e.central.packed = (uint32_t)room->n;
	return e;
}

/* Moves CRC-32 and sizes behind the data, as streaming writers do; room has 16 octets and is used by e. */
static inline void zm_describe(struct zm_entry *e, bool has_signature, uint8_t *room)
{
	const uint32_t words[] = {0x08074b50u, e->central.crc, e->central.packed, e->central.size};

	for (size_t i = 0; i < 16; i++)
		room[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
	e->after = has_signature ? vf_bytes(room, 16) : vf_bytes(room + 4, 12);
	e->local.flags = e->central.flags = e->central.flags | 8;
	e->local.crc = e->local.packed = e->local.size = 0;
}

static inline void zm_put_common(struct nt_buf *b, const struct zm_header *h)
{
	nt_buf_put_u16le(b, h->need);
	nt_buf_put_u16le(b, h->flags);
	nt_buf_put_u16le(b, h->method);
	nt_buf_put_u32le(b, h->stamp);
	nt_buf_put_u32le(b, h->crc);
	nt_buf_put_u32le(b, h->packed);
	nt_buf_put_u32le(b, h->size);
	nt_buf_put_u16le(b, (uint16_t)h->name.n);
	nt_buf_put_u16le(b, (uint16_t)h->extra.n);
}

static inline void zm_put_central(struct nt_buf *b, const struct zm_entry *e, uint32_t at)
{
	nt_buf_put_u32le(b, VF_ZIP_CENTRAL_SIG);
	nt_buf_put_u16le(b, e->made_by);
	zm_put_common(b, &e->central);
	nt_buf_put_u16le(b, (uint16_t)e->comment.n);
	nt_buf_put_u16le(b, e->disk);
	nt_buf_put_u16le(b, e->internal);
	nt_buf_put_u32le(b, e->external);
	nt_buf_put_u32le(b, at + (uint32_t)e->shift);
	nt_buf_put(b, e->central.name);
	nt_buf_put(b, e->central.extra);
	nt_buf_put(b, e->comment);
}

/* Appends a container; end may be NULL. The caller frees b. */
static inline void zm_build(struct nt_buf *b, const struct zm_entry *entries, size_t n, const struct zm_end *end)
{
	static const struct zm_end plain;
	struct nt_buf directory = nt_buf(ZM_MAX);
	size_t base, count = 0;
	uint32_t at = 0;

	end = end ? end : &plain;
	nt_buf_put(b, end->before);
	base = b->n;
	for (size_t i = 0; i < n; i++) {
		const struct zm_entry *e = &entries[i];

		if (!e->is_repeat) {
			at = (uint32_t)(b->n - base);
			nt_buf_put_u32le(b, VF_ZIP_LOCAL_SIG);
			zm_put_common(b, &e->local);
			nt_buf_put(b, e->local.name);
			nt_buf_put(b, e->local.extra);
			nt_buf_put(b, e->data);
			nt_buf_put(b, e->after);
		}
		if (e->is_hidden)
			continue;
		zm_put_central(&directory, e, at);
		count++;
	}
	nt_buf_put(b, end->gap);
	at = (uint32_t)(b->n - base);
	nt_buf_put(b, nt_buf_bytes(&directory));
	nt_buf_put_u32le(b, VF_ZIP_END_SIG);
	nt_buf_put_u16le(b, end->disk);
	nt_buf_put_u16le(b, end->central_disk);
	nt_buf_put_u16le(b, (uint16_t)((int)count + end->here));
	nt_buf_put_u16le(b, (uint16_t)((int)count + end->count));
	nt_buf_put_u32le(b, (uint32_t)directory.n + (uint32_t)end->size);
	nt_buf_put_u32le(b, at + (uint32_t)end->at);
	nt_buf_put_u16le(b, (uint16_t)end->comment.n);
	nt_buf_put(b, end->comment);
	nt_buf_put(b, end->after);
	nt_buf_done(&directory);
}

#endif
