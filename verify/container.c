#include "verify/container.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <zlib.h>

#include "verify/limits.h"
#include "verify/text.h"

#define PIECE 65536

VF_RC vf_container_open(const struct vf_source *s, bool tolerant, struct vf_arena *a, struct vf_container *ret,
	struct vf_err *reterr)
{
	struct vf_container c = {.source = *s};
	enum vf_rc rc = vf_zip_scan(s, tolerant, a, &c.zip, reterr);

	if (rc == VF_OK)
		*ret = c;
	return rc;
}

/* Counts and checks what each entry gives before it is handed on. */
struct meter {
	const struct vf_zip_entry *entry;
	vf_container_each *each;
	void *ctx;
	uint64_t seen;
	uint32_t crc;
};

/* More than the declared size is refused before anybody consumes it. */
static VF_RC meter_put(struct meter *m, struct vf_bytes piece, struct vf_err *reterr)
{
	if (piece.n > m->entry->size - m->seen)
		return vf_fail(
			reterr, VF_ZIP_DATA, "'%.*s' is longer than its header says", VF_STR(m->entry->name));
	m->seen += piece.n;
	m->crc = piece.n ? (uint32_t)crc32_z(m->crc, piece.p, piece.n) : m->crc;
	return m->each(m->ctx, piece, reterr);
}

static VF_RC meter_done(const struct meter *m, struct vf_err *reterr)
{
	if (m->seen != m->entry->size)
		return vf_fail(reterr, VF_ZIP_DATA, "'%.*s' is shorter than its header says",
			VF_STR(m->entry->name));
	if (m->crc != m->entry->crc)
		return vf_fail(
			reterr, VF_ZIP_DATA, "the CRC-32 of '%.*s' is another", VF_STR(m->entry->name));
	return VF_OK;
}

/* ---- stored entries ---- */

/* In memory: the pieces are in place, and no room on the stack has to be cleared. */
static VF_RC stream_memory(const struct vf_source *s, struct meter *m, struct vf_err *reterr)
{
	struct vf_bytes all, piece;
	enum vf_rc rc = VF_OK;

	if (!vf_bytes_slice(s->memory, m->entry->data_at, m->entry->packed, &all))
		return vf_fail(reterr, VF_IO, "the source is shorter than it says");
	while (rc == VF_OK && vf_take(&all, all.n < PIECE ? all.n : PIECE, &piece) && piece.n > 0)
		rc = meter_put(m, piece, reterr);
	return rc;
}

static VF_RC stream_stored(const struct vf_source *s, struct meter *m, struct vf_err *reterr)
{
	uint8_t room[PIECE];
	struct vf_bytes piece;
	uint64_t at = m->entry->data_at, left = m->entry->packed;

	while (left > 0) {
		size_t n = left < PIECE ? (size_t)left : PIECE;
		enum vf_rc rc = vf_source_view(s, at, n, room, &piece, reterr);

		if (rc == VF_OK)
			rc = meter_put(m, piece, reterr);
		if (rc != VF_OK)
			return rc;
		at += n;
		left -= n;
	}
	return VF_OK;
}

/* ---- deflated entries ---- */

/*
 * What libarchive sees: a container of this entry alone, made of its two headers
 * (offset 0, no flags, no extra fields, no descriptor, however it was written),
 * its data as they stand in the source, and an end record. The scan has shown
 * that both headers agree, so this has one meaning, and reading an entry costs
 * the same wherever it stands. Without the UTF-8 flag libarchive hands the name
 * back as it is, whatever the locale.
 */
struct view {
	const struct vf_source *source;
	const struct vf_zip_entry *entry;
	struct vf_bytes head, tail; /* local header; central record and end record */
	uint64_t at;
	struct vf_err err; /* why the source failed */
	uint8_t head_room[VF_ZIP_LOCAL_SIZE + VF_MAX_NAME];
	uint8_t tail_room[VF_ZIP_CENTRAL_SIZE + VF_MAX_NAME + VF_ZIP_END_SIZE];
	uint8_t room[PIECE];
};

static void put_le(uint8_t *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> 8 * i);
}

/*
 * Offsets in the central record: flags 8, lengths of extra field and comment 30,
 * offset 42; its 26 octets from 6 are those from 4 of the local header.
 */
static VF_RC view_init(
	struct view *v, const struct vf_source *s, const struct vf_zip_entry *e, struct vf_err *reterr)
{
	size_t n = e->central.n;
	uint8_t *end = v->tail_room + n;

	if (n != VF_ZIP_CENTRAL_SIZE + e->name.n || e->name.n > VF_MAX_NAME)
		return vf_fail(reterr, VF_INTERNAL, "an entry that was not scanned");
	v->source = s;
	v->entry = e;
	v->at = 0;
	v->err = (struct vf_err){.rc = VF_OK};
	memcpy(v->tail_room, e->central.p, n);
	put_le(v->tail_room + 8, 0, 2);
	put_le(v->tail_room + 30, 0, 4);
	put_le(v->tail_room + 42, 0, 4);
	put_le(v->head_room, VF_ZIP_LOCAL_SIG, 4);
	memcpy(v->head_room + 4, v->tail_room + 6, VF_ZIP_LOCAL_SIZE - 4);
	memcpy(v->head_room + VF_ZIP_LOCAL_SIZE, e->name.p, e->name.n);
	v->head = vf_bytes(v->head_room, VF_ZIP_LOCAL_SIZE + e->name.n);
	memset(end, 0, VF_ZIP_END_SIZE);
	put_le(end, VF_ZIP_END_SIG, 4);
	put_le(end + 8, 1, 2);
	put_le(end + 10, 1, 2);
	put_le(end + 12, n, 4);
	put_le(end + 16, v->head.n + e->packed, 4);
	v->tail = vf_bytes(v->tail_room, n + VF_ZIP_END_SIZE);
	return VF_OK;
}

static uint64_t view_size(const struct view *v)
{
	return v->head.n + v->entry->packed + v->tail.n;
}

/* The next piece of one of the three parts; none at the end. */
static VF_RC view_next(struct view *v, struct vf_bytes *ret)
{
	uint64_t data = v->at - v->head.n, left = v->entry->packed - data;

	if (v->at < v->head.n)
		return vf_bytes_slice(v->head, v->at, v->head.n - v->at, ret) ? VF_OK : VF_INTERNAL;
	if (data < v->entry->packed)
		return vf_source_view(v->source, v->entry->data_at + data,
			left < PIECE ? (size_t)left : PIECE, v->room, ret, &v->err);
	data -= v->entry->packed;
	return vf_bytes_slice(v->tail, data, v->tail.n - data, ret) ? VF_OK : VF_INTERNAL;
}

static la_ssize_t view_read(struct archive *a, void *ctx, const void **ret)
{
	struct view *v = ctx;
	struct vf_bytes b = {NULL, 0};

	(void)a;
	if (view_next(v, &b) != VF_OK)
		return -1;
	*ret = b.p;
	v->at += b.n;
	return (la_ssize_t)b.n;
}

static la_int64_t view_seek(struct archive *a, void *ctx, la_int64_t offset, int whence)
{
	struct view *v = ctx;
	la_int64_t size = (la_int64_t)view_size(v);
	la_int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (la_int64_t)v->at : size;

	(void)a;
	if (offset < -base || offset > size - base)
		return ARCHIVE_FATAL;
	v->at = (uint64_t)(base + offset);
	return base + offset;
}

/* The code for a failure inside libarchive: ours when the source failed. */
static VF_RC fail_archive(struct archive *a, const struct view *v, struct vf_err *reterr)
{
	const char *text = archive_error_string(a);
	char shown[120];

	if (v->err.rc != VF_OK)
		return vf_fail(reterr, v->err.rc, "%s", v->err.text);
	if (archive_errno(a) == ENOMEM)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to inflate '%.*s'", VF_STR(v->entry->name));
	vf_text_escape(shown, sizeof(shown), vf_bytes_str(text ? text : "no reason given"));
	return vf_fail(reterr, VF_ZIP_DATA, "'%.*s' cannot be inflated: %s", VF_STR(v->entry->name), shown);
}

static VF_RC open_archive(struct archive *a, struct view *v, struct vf_err *reterr)
{
	if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK ||
		archive_read_set_read_callback(a, view_read) != ARCHIVE_OK ||
		archive_read_set_seek_callback(a, view_seek) != ARCHIVE_OK ||
		archive_read_set_callback_data(a, v) != ARCHIVE_OK || archive_read_open1(a) != ARCHIVE_OK)
		return fail_archive(a, v, reterr);
	return VF_OK;
}

/* libarchive must find this entry as the strict scan found it. */
static VF_RC check_agrees(struct archive_entry *seen, const struct vf_zip_entry *e, struct vf_err *reterr)
{
	const char *name = archive_entry_pathname(seen);

	if (!name || !vf_bytes_is(e->name, name) || archive_entry_filetype(seen) != AE_IFREG ||
		!archive_entry_size_is_set(seen) || archive_entry_size(seen) != (la_int64_t)e->size ||
		archive_entry_symlink(seen) || archive_entry_hardlink(seen))
		return vf_fail(reterr, VF_ZIP_HEADER_MISMATCH,
			"libarchive reads the header of '%.*s' differently", VF_STR(e->name));
	return VF_OK;
}

/* Warnings of libarchive (a wrong CRC-32 or size) are refusals: only OK and EOF are good. */
static VF_RC stream_data(struct archive *a, struct view *v, struct meter *m, struct vf_err *reterr)
{
	struct archive_entry *seen;
	const void *p;
	size_t n;
	la_int64_t at;
	enum vf_rc rc;
	int status;

	if (archive_read_next_header(a, &seen) != ARCHIVE_OK)
		return fail_archive(a, v, reterr);
	rc = check_agrees(seen, v->entry, reterr);
	while (rc == VF_OK) {
		p = NULL;
		n = 0;
		at = (la_int64_t)m->seen;
		status = archive_read_data_block(a, &p, &n, &at);
		if (status == ARCHIVE_EOF)
			break;
		if (status != ARCHIVE_OK)
			return fail_archive(a, v, reterr);
		if (at != (la_int64_t)m->seen)
			return vf_fail(reterr, VF_ZIP_DATA, "'%.*s' has a hole", VF_STR(v->entry->name));
		rc = meter_put(m, vf_bytes(p, n), reterr);
	}
	if (rc == VF_OK && archive_read_next_header(a, &seen) != ARCHIVE_EOF)
		return vf_fail(reterr, VF_ZIP_OVERLAP, "libarchive finds a second entry");
	return rc;
}

static VF_RC stream_deflated(const struct vf_source *s, struct meter *m, struct vf_err *reterr)
{
	struct view v;
	struct archive *a = archive_read_new();
	enum vf_rc rc;

	if (!a)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for libarchive");
	rc = view_init(&v, s, m->entry, reterr);
	if (rc == VF_OK)
		rc = open_archive(a, &v, reterr);
	if (rc == VF_OK)
		rc = stream_data(a, &v, m, reterr);
	if (archive_read_free(a) != ARCHIVE_OK && rc == VF_OK)
		rc = vf_fail(reterr, VF_INTERNAL, "libarchive does not close");
	return rc;
}

VF_RC vf_container_stream(const struct vf_container *c, const struct vf_zip_entry *e, vf_container_each *each,
	void *ctx, struct vf_err *reterr)
{
	struct meter m = {.entry = e, .each = each, .ctx = ctx};
	enum vf_rc rc = VF_INTERNAL;

	if (e->method == VF_ZIP_STORED && c->source.memory.p)
		rc = stream_memory(&c->source, &m, reterr);
	else if (e->method == VF_ZIP_STORED)
		rc = stream_stored(&c->source, &m, reterr);
	else if (e->method == VF_ZIP_DEFLATED)
		rc = stream_deflated(&c->source, &m, reterr);
	else
		return vf_fail(reterr, VF_ZIP_METHOD, "compression method %u", e->method);
	if (rc == VF_OK)
		rc = meter_done(&m, reterr);
	return rc;
}

/* ---- what is done with the data ---- */

static VF_RC each_keep(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct vf_bytes *left = ctx, room;

	if (!vf_take(left, piece.n, &room))
		return vf_fail(reterr, VF_INTERNAL, "a piece is longer than its entry");
	if (piece.n)
		memcpy((void *)(uintptr_t)room.p, piece.p, piece.n);
	return VF_OK;
}

static VF_RC each_ignore(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)ctx;
	(void)piece;
	(void)reterr;
	return VF_OK;
}

VF_RC vf_container_read(const struct vf_container *c, const struct vf_zip_entry *e, struct vf_arena *a,
	struct vf_bytes *ret, struct vf_err *reterr)
{
	struct vf_bytes all, left;
	enum vf_rc rc;

	if (e->size > VF_MAX_PART)
		return vf_fail(reterr, VF_LIMIT, "'%.*s' has %llu bytes", VF_STR(e->name),
			(unsigned long long)e->size);
	if (e->method == VF_ZIP_STORED && c->source.memory.p &&
		vf_bytes_slice(c->source.memory, e->data_at, e->size, &all)) {
		rc = vf_container_stream(c, e, each_ignore, NULL, reterr);
		if (rc == VF_OK)
			*ret = all;
		return rc;
	}
	all = vf_bytes(vf_arena_take(a, (size_t)e->size, 1), (size_t)e->size);
	if (!all.p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for '%.*s'", VF_STR(e->name));
	left = all;
	rc = vf_container_stream(c, e, each_keep, &left, reterr);
	if (rc == VF_OK)
		*ret = all;
	return rc;
}

static VF_RC each_pair(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)reterr;
	vf_pair_put(ctx, piece);
	return VF_OK;
}

VF_RC vf_container_hash(const struct vf_container *c, const struct vf_zip_entry *e, struct vf_pair *ret,
	struct vf_err *reterr)
{
	struct vf_pair_hasher h;
	enum vf_rc rc;

	vf_pair_init(&h);
	rc = vf_container_stream(c, e, each_pair, &h, reterr);
	if (rc == VF_OK)
		*ret = vf_pair_done(&h);
	return rc;
}

static VF_RC each_digest(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	(void)reterr;
	vf_hasher_put(ctx, piece);
	return VF_OK;
}

VF_RC vf_container_digest(const struct vf_container *c, const struct vf_zip_entry *e, enum vf_alg alg,
	struct vf_digest *ret, struct vf_err *reterr)
{
	struct vf_hasher h;
	struct vf_digest d;
	enum vf_rc rc = vf_hasher_init(&h, alg, reterr), done;

	if (rc != VF_OK)
		return rc;
	rc = vf_container_stream(c, e, each_digest, &h, reterr);
	done = vf_hasher_done(&h, &d, rc == VF_OK ? reterr : NULL); /* always: it releases */
	if (rc != VF_OK || done != VF_OK)
		return rc != VF_OK ? rc : done;
	*ret = d;
	return VF_OK;
}
