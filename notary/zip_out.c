#include "notary/zip_out.h"

#include <zlib.h>

#include "verify/limits.h"
#include "verify/text.h"
#include "verify/zip.h"

/* 1980-01-01 00:00, the first time that the format knows. */
#define FIXED_STAMP 0x00210000u
/* ISO/IEC 21320-1 has no ZIP64: every size and offset is below 2^32 - 1. */
#define MAX_CONTAINER 0xfffffffeu
_Static_assert(VF_MAX_ZIP_ENTRIES < 0xffff, "no ZIP64");

uint32_t nt_zip_crc(uint32_t crc, struct vf_bytes b)
{
	return b.n ? (uint32_t)crc32_z(crc, b.p, b.n) : crc;
}

/* Appends to a record of at most 46 octets. */
struct record {
	uint8_t b[VF_ZIP_CENTRAL_SIZE];
	size_t n;
};

static void put16(struct record *r, uint16_t v)
{
	r->b[r->n++] = (uint8_t)v;
	r->b[r->n++] = (uint8_t)(v >> 8);
}

static void put32(struct record *r, uint32_t v)
{
	put16(r, (uint16_t)v);
	put16(r, (uint16_t)(v >> 16));
}

static bool is_ascii(struct vf_bytes b)
{
	uint8_t all = 0;

	for (size_t i = 0; i < b.n; i++)
		all |= b.p[i];
	return all < 0x80;
}

/* Octets in the container and of the file. */
struct sizes {
	uint32_t packed, whole;
	uint16_t method;
};

static struct sizes stored(uint64_t n)
{
	return (struct sizes){(uint32_t)n, (uint32_t)n, VF_ZIP_STORED};
}

/* What both headers hold, version needed to extra length (APPNOTE 4.3.7). */
static void put_common(struct record *r, struct vf_bytes name, struct sizes size, uint32_t crc)
{
	put16(r, size.method == VF_ZIP_STORED ? VF_ZIP_NEED_STORED : VF_ZIP_NEED_DEFLATED);
	put16(r, is_ascii(name) ? 0 : VF_ZIP_FLAG_UTF8);
	put16(r, size.method);
	put32(r, FIXED_STAMP);
	put32(r, crc);
	put32(r, size.packed);
	put32(r, size.whole);
	put16(r, (uint16_t)name.n);
	put16(r, 0);
}

static struct record local_header(struct vf_bytes name, struct sizes size, uint32_t crc)
{
	struct record r = {.n = 0};

	put32(&r, VF_ZIP_LOCAL_SIG);
	put_common(&r, name, size, crc);
	return r;
}

static struct record central_header(struct vf_bytes name, struct sizes size, uint32_t crc, uint32_t at)
{
	struct record r = {.n = 0};

	put32(&r, VF_ZIP_CENTRAL_SIG);
	put16(&r, VF_ZIP_NEED_STORED); /* made by: MS-DOS, so that no Unix mode is expected */
	put_common(&r, name, size, crc);
	put16(&r, 0); /* comment */
	put16(&r, 0); /* disk */
	put16(&r, 0); /* internal attributes */
	put32(&r, 0); /* external attributes */
	put32(&r, at);
	return r;
}

static struct record end_record(uint64_t count, uint64_t directory, uint64_t at)
{
	struct record r = {.n = 0};

	put32(&r, VF_ZIP_END_SIG);
	put32(&r, 0); /* disks */
	put16(&r, (uint16_t)count);
	put16(&r, (uint16_t)count);
	put32(&r, (uint32_t)directory);
	put32(&r, (uint32_t)at);
	put16(&r, 0); /* comment */
	return r;
}

static struct vf_bytes record_bytes(const struct record *r)
{
	return vf_bytes(r->b, r->n);
}

/* Whether an entry of this size still fits behind at octets and directory octets. */
static bool fits(uint64_t at, uint64_t directory, uint64_t count, size_t name_n, uint64_t size)
{
	const uint64_t fixed = VF_ZIP_LOCAL_SIZE + VF_ZIP_CENTRAL_SIZE + VF_ZIP_END_SIZE;
	uint64_t total;

	return count < VF_MAX_ZIP_ENTRIES && vf_add(at + directory + fixed + 2 * name_n, size, &total) &&
		total <= MAX_CONTAINER;
}

static VF_RC check_entry(uint64_t at, uint64_t directory, uint64_t count, struct vf_bytes name, uint64_t size,
	struct vf_err *reterr)
{
	enum vf_rc rc = vf_name_check(name, reterr);

	if (rc != VF_OK)
		return rc;
	if (!fits(at, directory, count, name.n, size))
		return vf_fail(reterr, VF_BUNDLE_TOO_LARGE, "'%.*s' with %llu bytes no longer fits",
			VF_STR(name), (unsigned long long)size);
	return VF_OK;
}

/* ---- streaming ---- */

static VF_RC put(struct nt_zip *z, struct vf_bytes b, struct vf_err *reterr)
{
	enum vf_rc rc = z->sink.write(z->sink.ctx, b, reterr);

	if (rc != VF_OK)
		z->is_failed = true;
	z->at += b.n;
	return rc;
}

static VF_RC check_closed(struct nt_zip *z, struct vf_err *reterr)
{
	if (z->is_failed)
		return vf_fail(reterr, VF_IO, "the container could not be written before");
	if (z->due != 0)
		return vf_fail(
			reterr, VF_DOCUMENT_CHANGED, "an entry lacks %llu bytes", (unsigned long long)z->due);
	return VF_OK;
}

VF_RC nt_zip_begin(struct nt_zip *z, struct nt_zip_sink sink, struct vf_err *reterr)
{
	return nt_zip_begin_as(z, VF_ZIP_ASICE, sink, reterr);
}

VF_RC nt_zip_begin_as(struct nt_zip *z, const char *media, struct nt_zip_sink sink, struct vf_err *reterr)
{
	struct vf_bytes type = vf_bytes_str(media);
	enum vf_rc rc;

	*z = (struct nt_zip){.sink = sink, .directory = nt_buf(64 * 1024 * 1024)};
	rc = nt_zip_entry(z, vf_bytes_str(VF_ZIP_MIMETYPE_NAME), type.n, nt_zip_crc(0, type), reterr);
	return rc == VF_OK ? nt_zip_data(z, type, reterr) : rc;
}

static VF_RC begin_entry(struct nt_zip *z, struct vf_bytes name, struct sizes size, uint32_t crc, struct vf_err *reterr)
{
	struct record local, central;
	enum vf_rc rc = check_closed(z, reterr);

	if (rc == VF_OK)
		rc = check_entry(z->at, z->directory.n, z->count, name, size.packed, reterr);
	if (rc != VF_OK)
		return rc;
	local = local_header(name, size, crc);
	central = central_header(name, size, crc, (uint32_t)z->at);
	nt_buf_put(&z->directory, record_bytes(&central));
	nt_buf_put(&z->directory, name);
	rc = nt_buf_check(&z->directory, reterr);
	if (rc != VF_OK) {
		z->is_failed = true;
		return rc;
	}
	z->count++;
	rc = put(z, record_bytes(&local), reterr);
	if (rc == VF_OK)
		rc = put(z, name, reterr);
	return rc;
}

VF_RC nt_zip_entry(struct nt_zip *z, struct vf_bytes name, uint64_t size, uint32_t crc, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (size > MAX_CONTAINER)
		return vf_fail(reterr, VF_BUNDLE_TOO_LARGE, "an entry of %llu bytes is too large", (unsigned long long)size);
	if (size == 0 && crc != 0)
		return vf_fail(
			reterr, VF_DOCUMENT_CHANGED, "'%.*s' is empty, but its CRC-32 is not", VF_STR(name));
	rc = begin_entry(z, name, stored(size), crc, reterr);
	if (rc != VF_OK)
		return rc;
	z->due = size;
	z->want = crc;
	z->crc = 0;
	return VF_OK;
}

/* Raw deflate (RFC 1951) at its best level: the same zlib gives the same octets. */
static VF_RC deflate_all(struct vf_bytes data, struct nt_buf *out, struct vf_err *reterr)
{
	z_stream s = {.next_in = (Bytef *)(uintptr_t)data.p, .avail_in = (uInt)data.n};
	uLong room;
	int status;

	if (data.n > MAX_CONTAINER || deflateInit2(&s, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory to deflate");
	room = deflateBound(&s, (uLong)data.n);
	if (!nt_buf_reserve(out, room)) {
		deflateEnd(&s);
		return nt_buf_check(out, reterr);
	}
	s.next_out = out->p + out->n;
	s.avail_out = (uInt)room;
	status = deflate(&s, Z_FINISH);
	out->n += s.total_out;
	deflateEnd(&s);
	return status == Z_STREAM_END ? VF_OK : vf_fail(reterr, VF_INTERNAL, "zlib does not deflate");
}

VF_RC nt_zip_deflated(struct nt_zip *z, struct vf_bytes name, struct vf_bytes data, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf packed = nt_buf(MAX_CONTAINER);
	enum vf_rc rc = deflate_all(data, &packed, reterr);

	if (rc == VF_OK)
		rc = begin_entry(z, name, (struct sizes){(uint32_t)packed.n, (uint32_t)data.n, VF_ZIP_DEFLATED}, nt_zip_crc(0, data), reterr);
	return rc == VF_OK ? put(z, nt_buf_bytes(&packed), reterr) : rc;
}

VF_RC nt_zip_data(struct nt_zip *z, struct vf_bytes piece, struct vf_err *reterr)
{
	if (z->is_failed)
		return vf_fail(reterr, VF_IO, "the container could not be written before");
	if (piece.n == 0)
		return VF_OK;
	if (piece.n > z->due) {
		z->is_failed = true;
		return vf_fail(reterr, VF_DOCUMENT_CHANGED, "an entry has more bytes than were announced");
	}
	z->crc = nt_zip_crc(z->crc, piece);
	z->due -= piece.n;
	if (z->due == 0 && z->crc != z->want) {
		z->is_failed = true;
		return vf_fail(reterr, VF_DOCUMENT_CHANGED, "an entry has other bytes than were announced");
	}
	return put(z, piece, reterr);
}

VF_RC nt_zip_end(struct nt_zip *z, struct vf_err *reterr)
{
	struct record end = end_record(z->count, z->directory.n, z->at);
	enum vf_rc rc = check_closed(z, reterr);

	if (rc == VF_OK)
		rc = put(z, nt_buf_bytes(&z->directory), reterr);
	if (rc == VF_OK)
		rc = put(z, record_bytes(&end), reterr);
	z->is_failed = true; /* nothing may follow */
	return rc;
}

void nt_zip_done(struct nt_zip *z)
{
	nt_buf_done(&z->directory);
}

static VF_RC write_buf(void *ctx, struct vf_bytes b, struct vf_err *reterr)
{
	nt_buf_put(ctx, b);
	return nt_buf_check(ctx, reterr);
}

struct nt_zip_sink nt_zip_to_buf(struct nt_buf *to)
{
	return (struct nt_zip_sink){to, write_buf};
}

/* ---- one shot ---- */

/* Checks all items first, so that put_all() only appends; ret_n is the container's size. */
static VF_RC plan(const struct nt_zip_item *items, size_t n, uint64_t *ret_n, struct vf_err *reterr)
{
	const size_t mime = sizeof(VF_ZIP_MIMETYPE_NAME) - 1;
	uint64_t at = VF_ZIP_LOCAL_SIZE + mime + sizeof(VF_ZIP_ASICE) - 1,
		 directory = VF_ZIP_CENTRAL_SIZE + mime;

	for (size_t i = 0; i < n; i++) {
		enum vf_rc rc = check_entry(at, directory, i + 1, items[i].name, items[i].data.n, reterr);

		if (rc != VF_OK)
			return rc;
		at += VF_ZIP_LOCAL_SIZE + items[i].name.n + items[i].data.n;
		directory += VF_ZIP_CENTRAL_SIZE + items[i].name.n;
	}
	*ret_n = at + directory + VF_ZIP_END_SIZE;
	return VF_OK;
}

/*
 * Appends the central record of the local header that begins at octet at of the
 * container, which begins at octet base of out. Room is reserved.
 */
static void put_central(
	struct nt_buf *b, size_t base, uint64_t at, struct vf_bytes name, size_t size, uint32_t crc)
{
	struct record r = central_header(name, stored(size), crc, (uint32_t)(at - base));

	nt_buf_put(b, record_bytes(&r));
	nt_buf_put(b, name);
}

static void put_item(struct nt_buf *b, struct vf_bytes name, struct vf_bytes data)
{
	struct record r = local_header(name, stored(data.n), nt_zip_crc(0, data));

	nt_buf_put(b, record_bytes(&r));
	nt_buf_put(b, name);
	nt_buf_put(b, data);
}

/* The CRC-32 of the local header at octet at, so that none is computed twice. */
static uint32_t crc_at(const struct nt_buf *b, size_t at)
{
	struct vf_bytes in;
	uint32_t crc = 0;

	if (!vf_bytes_slice(nt_buf_bytes(b), at + 14, 4, &in) || !vf_take_u32le(&in, &crc))
		return 0;
	return crc;
}

VF_RC nt_zip_put(struct nt_buf *to, const struct nt_zip_item *items, size_t n, struct vf_err *reterr)
{
	struct vf_bytes name = vf_bytes_str(VF_ZIP_MIMETYPE_NAME), media = vf_bytes_str(VF_ZIP_ASICE);
	size_t base = to->n, at = to->n, directory;
	struct record end;
	uint64_t size = 0;
	enum vf_rc rc = plan(items, n, &size, reterr);

	if (rc != VF_OK)
		return rc;
	if (!nt_buf_reserve(to, (size_t)size))
		return nt_buf_check(to, reterr);
	put_item(to, name, media);
	for (size_t i = 0; i < n; i++)
		put_item(to, items[i].name, items[i].data);
	directory = to->n;
	put_central(to, base, at, name, media.n, VF_ZIP_ASICE_CRC);
	at += VF_ZIP_LOCAL_SIZE + name.n + media.n;
	for (size_t i = 0; i < n; i++) {
		put_central(to, base, at, items[i].name, items[i].data.n, crc_at(to, at));
		at += VF_ZIP_LOCAL_SIZE + items[i].name.n + items[i].data.n;
	}
	end = end_record(n + 1, to->n - directory, directory - base);
	nt_buf_put(to, record_bytes(&end));
	return nt_buf_check(to, reterr);
}
