#include "verify/zip.h"

#include <stdlib.h>

#include "verify/limits.h"
#include "verify/text.h"

/* The fields that both headers of an entry hold, 26 octets in the same form. */
#define COMMON_SIZE 26
#define ZIP64_SIZE 0xffffffffu
#define ZIP64_LOCATOR_SIG 0x07064b50u
/* An end record and the longest comment. */
#define END_REACH (VF_ZIP_END_SIZE + 65535)

/* A central directory record (APPNOTE 4.3.12). */
struct central {
	struct vf_bytes all, common, name;
	uint16_t made_by, need, flags, method;
	uint32_t crc, packed, size;
	uint16_t name_n, extra_n, comment_n, disk, internal;
	uint32_t external, at;
};

/* The end record (APPNOTE 4.3.16). */
struct end {
	uint16_t disk, central_disk, here, count, comment_n;
	uint32_t central_n, central_at;
};

struct vf_source vf_source_of(struct vf_bytes b)
{
	return (struct vf_source){.size = b.n, .memory = b};
}

VF_RC vf_source_read(const struct vf_source *s, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct vf_bytes b;

	if (at > s->size || n > s->size - at)
		return vf_fail(
			reterr, VF_IO, "the source ends before %zu bytes at %llu", n, (unsigned long long)at);
	if (!s->memory.p)
		return n ? s->read(s->ctx, at, out, n, reterr) : VF_OK;
	if (!vf_bytes_slice(s->memory, at, n, &b))
		return vf_fail(reterr, VF_IO, "the source is shorter than it says");
	memcpy(out, b.p, n);
	return VF_OK;
}

VF_RC vf_source_view(const struct vf_source *s, uint64_t at, size_t n, uint8_t *room, struct vf_bytes *ret,
	struct vf_err *reterr)
{
	enum vf_rc rc;

	if (s->memory.p && vf_bytes_slice(s->memory, at, n, ret))
		return VF_OK;
	rc = vf_source_read(s, at, room, n, reterr);
	if (rc == VF_OK)
		*ret = vf_bytes(room, n);
	return rc;
}

/* ---- end record ---- */

static bool take_end(struct vf_bytes in, struct end *ret)
{
	uint32_t sig;

	return vf_take_u32le(&in, &sig) && sig == VF_ZIP_END_SIG && vf_take_u16le(&in, &ret->disk) &&
		vf_take_u16le(&in, &ret->central_disk) && vf_take_u16le(&in, &ret->here) &&
		vf_take_u16le(&in, &ret->count) && vf_take_u32le(&in, &ret->central_n) &&
		vf_take_u32le(&in, &ret->central_at) && vf_take_u16le(&in, &ret->comment_n) && in.n == 0;
}

/* Says why the last 22 octets are no end record: looks for one further ahead. */
static VF_RC fail_end(const struct vf_source *s, struct vf_err *reterr)
{
	uint8_t room[4096];
	struct vf_bytes b, tail;
	uint64_t low = s->size > END_REACH ? s->size - END_REACH : 0;
	uint64_t at = s->size;

	while (at > low) {
		size_t n = at - low > sizeof(room) - 3 ? sizeof(room) - 3 : (size_t)(at - low);
		size_t extra = s->size - at < 3 ? (size_t)(s->size - at) : 3;
		enum vf_rc rc = vf_source_view(s, at - n, n + extra, room, &b, reterr);

		if (rc != VF_OK)
			return rc;
		for (size_t i = 0; i < n; i++)
			if (vf_bytes_slice(b, i, 4, &tail) && vf_bytes_is(tail, "PK\5\6"))
				return vf_fail(reterr, VF_ZIP_TRAILING_DATA,
					"the end record is followed by a comment or by other bytes");
		at -= n;
	}
	return vf_fail(reterr, VF_ZIP_SHAPE, "there is no end record: not a ZIP file, or it is cut");
}

/* Where the directory is not directly before the end record. */
static VF_RC fail_directory_place(const struct vf_source *s, const struct end *e, struct vf_err *reterr)
{
	uint64_t end_at = s->size - VF_ZIP_END_SIZE;
	uint8_t room[4];
	struct vf_bytes b;
	uint32_t sig = 0;
	enum vf_rc rc;

	if (end_at >= 20) {
		rc = vf_source_view(s, end_at - 20, 4, room, &b, reterr);
		if (rc != VF_OK)
			return rc;
		if (vf_take_u32le(&b, &sig) && sig == ZIP64_LOCATOR_SIG)
			return vf_fail(reterr, VF_ZIP_SHAPE, "ZIP64 structures");
	}
	if (e->central_n <= end_at && (uint64_t)e->central_at + e->central_n < end_at) {
		rc = vf_source_view(s, end_at - e->central_n, 4, room, &b, reterr);
		if (rc != VF_OK)
			return rc;
		if (vf_take_u32le(&b, &sig) && sig == VF_ZIP_CENTRAL_SIG)
			return vf_fail(reterr, VF_ZIP_LEADING_DATA, "there are bytes before the archive");
	}
	return vf_fail(reterr, VF_ZIP_SHAPE, "the directory does not end where the end record begins");
}

static VF_RC read_end(const struct vf_source *s, struct end *ret, struct vf_err *reterr)
{
	uint8_t room[VF_ZIP_END_SIZE];
	struct vf_bytes b;
	enum vf_rc rc;

	if (s->size > UINT32_MAX)
		return vf_fail(reterr, VF_LIMIT, "the container is larger than 4 GiB");
	if (s->size < VF_ZIP_END_SIZE)
		return vf_fail(reterr, VF_ZIP_SHAPE, "%llu bytes are too few for a ZIP file",
			(unsigned long long)s->size);
	rc = vf_source_view(s, s->size - VF_ZIP_END_SIZE, VF_ZIP_END_SIZE, room, &b, reterr);
	if (rc != VF_OK)
		return rc;
	if (!take_end(b, ret) || ret->comment_n != 0)
		return fail_end(s, reterr);
	if (ret->central_n == ZIP64_SIZE || ret->central_at == ZIP64_SIZE || ret->count == 0xffff)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the end record refers to ZIP64 structures");
	if (ret->disk != 0 || ret->central_disk != 0 || ret->here != ret->count)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the archive is split over several disks");
	if (ret->count > VF_MAX_ZIP_ENTRIES)
		return vf_fail(reterr, VF_LIMIT, "%u entries, more than %d", ret->count, VF_MAX_ZIP_ENTRIES);
	if (ret->central_n > VF_MAX_ZIP_DIRECTORY)
		return vf_fail(reterr, VF_LIMIT, "the directory has %u bytes", ret->central_n);
	if ((uint64_t)ret->central_at + ret->central_n != s->size - VF_ZIP_END_SIZE)
		return fail_directory_place(s, ret, reterr);
	if (ret->count == 0)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "the container is empty");
	return VF_OK;
}

/* ---- central directory ---- */

static bool take_central(struct vf_bytes *in, struct central *ret)
{
	struct vf_bytes start = *in, head, c;
	uint32_t sig, stamp;

	if (!vf_take(in, VF_ZIP_CENTRAL_SIZE, &head) || !vf_take_u32le(&head, &sig) ||
		sig != VF_ZIP_CENTRAL_SIG || !vf_take_u16le(&head, &ret->made_by))
		return false;
	if (!vf_bytes_slice(head, 0, COMMON_SIZE, &ret->common))
		return false;
	if (!vf_take_u16le(&head, &ret->need) || !vf_take_u16le(&head, &ret->flags) ||
		!vf_take_u16le(&head, &ret->method) || !vf_take_u32le(&head, &stamp) ||
		!vf_take_u32le(&head, &ret->crc) || !vf_take_u32le(&head, &ret->packed) ||
		!vf_take_u32le(&head, &ret->size) || !vf_take_u16le(&head, &ret->name_n) ||
		!vf_take_u16le(&head, &ret->extra_n) || !vf_take_u16le(&head, &ret->comment_n) ||
		!vf_take_u16le(&head, &ret->disk) || !vf_take_u16le(&head, &ret->internal) ||
		!vf_take_u32le(&head, &ret->external) || !vf_take_u32le(&head, &ret->at))
		return false;
	return vf_take(in, ret->name_n, &ret->name) && vf_take(in, ret->extra_n, &c) &&
		vf_take(in, ret->comment_n, &c) && vf_bytes_slice(start, 0, start.n - in->n, &ret->all);
}

/*
 * Only plain files: no DOS folder or volume label, no Unix type but "regular" or
 * none, no set-ID bits, whatever system the header claims to come from.
 */
static bool is_plain_file(const struct central *c)
{
	uint32_t mode = c->external >> 16, dos = c->external & 0xffff;

	return (mode & ~0777u & ~0100000u) == 0 && (dos & ~0x27u) == 0;
}

static bool is_ascii(struct vf_bytes b)
{
	uint8_t all = 0;

	for (size_t i = 0; i < b.n; i++)
		all |= b.p[i];
	return all < 0x80;
}

static VF_RC check_name(const struct central *c, struct vf_err *reterr)
{
	struct vf_err why;

	if (c->name.n > VF_MAX_NAME)
		return vf_fail(reterr, VF_LIMIT, "a name of %zu bytes", c->name.n);
	if (vf_name_check(c->name, &why) != VF_OK)
		return vf_fail(reterr, VF_ZIP_PATH, "%s", why.text);
	if (is_ascii(c->name) != !(c->flags & VF_ZIP_FLAG_UTF8))
		return vf_fail(
			reterr, VF_ZIP_SHAPE, "the UTF-8 flag contradicts the name '%.*s'", VF_STR(c->name));
	return VF_OK;
}

/* What a record may say by itself (docs/formats/bundle.md, Container). */
static VF_RC check_record(const struct central *c, struct vf_err *reterr)
{
	enum vf_rc rc;

	if (c->flags & 0x2041)
		return vf_fail(reterr, VF_ZIP_ENCRYPTED, "an entry is encrypted");
	if (c->method != VF_ZIP_STORED && c->method != VF_ZIP_DEFLATED)
		return vf_fail(reterr, VF_ZIP_METHOD, "compression method %u", c->method);
	if (!is_plain_file(c))
		return vf_fail(reterr, VF_ZIP_TYPE, "an entry has the attributes 0x%08x", c->external);
	rc = check_name(c, reterr);
	if (rc != VF_OK)
		return rc;
	if (c->packed == ZIP64_SIZE || c->size == ZIP64_SIZE || c->at == ZIP64_SIZE)
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' refers to ZIP64 fields", VF_STR(c->name));
	if ((c->flags & ~VF_ZIP_FLAG_UTF8) != 0)
		return vf_fail(
			reterr, VF_ZIP_SHAPE, "'%.*s' has the flags 0x%04x", VF_STR(c->name), c->flags);
	if (c->extra_n != 0 || c->comment_n != 0)
		return vf_fail(
			reterr, VF_ZIP_SHAPE, "'%.*s' has an extra field or a comment", VF_STR(c->name));
	if (c->need != VF_ZIP_NEED_DEFLATED && (c->need != VF_ZIP_NEED_STORED || c->method != VF_ZIP_STORED))
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' needs version %u", VF_STR(c->name), c->need);
	if (c->disk != 0 || c->internal > 1 || (c->made_by & 0xff) > 63 || c->made_by >> 8 > 30)
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' has unusual attributes", VF_STR(c->name));
	if (c->method == VF_ZIP_STORED && c->packed != c->size)
		return vf_fail(reterr, VF_ZIP_DATA, "'%.*s' is stored with two sizes", VF_STR(c->name));
	return VF_OK;
}

/* EN 319 162-1 A.1: first, stored, no extra field; then its length is known. */
static VF_RC check_first(const struct central *c, struct vf_err *reterr)
{
	if (!vf_bytes_is(c->name, VF_ZIP_MIMETYPE_NAME))
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "the first entry is not 'mimetype'");
	if (c->method != VF_ZIP_STORED || c->extra_n != 0)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' is compressed or has an extra field");
	if (c->size != sizeof(VF_ZIP_ASICE) - 1 || c->crc != VF_ZIP_ASICE_CRC)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' is not '%s'", VF_ZIP_ASICE);
	return VF_OK;
}

/* ---- local headers ---- */

/* Why entry c does not begin where the one before it ends. */
static VF_RC fail_gap(const struct central *c, uint64_t want, struct vf_err *reterr)
{
	if (want == 0)
		return vf_fail(reterr, VF_ZIP_LEADING_DATA, "the first entry begins at %u", c->at);
	return vf_fail(reterr, VF_ZIP_OVERLAP, "'%.*s' begins at %u, not at %llu", VF_STR(c->name), c->at,
		(unsigned long long)want);
}

/* The local header must repeat the record octet by octet (APPNOTE 4.3.7). */
static VF_RC check_local(const struct vf_source *s, const struct central *c, struct vf_err *reterr)
{
	uint8_t room[VF_ZIP_LOCAL_SIZE + VF_MAX_NAME];
	struct vf_bytes b, common;
	uint32_t sig;
	enum vf_rc rc = vf_source_view(s, c->at, VF_ZIP_LOCAL_SIZE + c->name.n, room, &b, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_take_u32le(&b, &sig) || sig != VF_ZIP_LOCAL_SIG || !vf_take(&b, COMMON_SIZE, &common) ||
		!vf_bytes_eq(common, c->common) || !vf_bytes_eq(b, c->name))
		return vf_fail(
			reterr, VF_ZIP_HEADER_MISMATCH, "the two headers of '%.*s' differ", VF_STR(c->name));
	return VF_OK;
}

/* Takes the record of the entry that begins at *at, checks it, moves *at to its end. */
static VF_RC scan_entry(const struct vf_source *s, const struct central *c, uint64_t limit, uint64_t *at,
	struct vf_zip_entry *ret, struct vf_err *reterr)
{
	uint64_t data_at = (uint64_t)c->at + VF_ZIP_LOCAL_SIZE + c->name.n;
	enum vf_rc rc;

	if (c->at != *at)
		return fail_gap(c, *at, reterr);
	if (data_at > limit || c->packed > limit - data_at)
		return vf_fail(reterr, VF_ZIP_OVERLAP, "'%.*s' reaches into the directory", VF_STR(c->name));
	rc = check_local(s, c, reterr);
	if (rc != VF_OK)
		return rc;
	*ret = (struct vf_zip_entry){.name = c->name,
		.central = c->all,
		.header_at = c->at,
		.data_at = data_at,
		.packed = c->packed,
		.size = c->size,
		.crc = c->crc,
		.method = c->method};
	*at = ret->end_at = data_at + c->packed;
	return VF_OK;
}

/*
 * Invariant: entries[0..i) tile [0, at) and every one of them passed. total is
 * the sum of the inflated sizes, which bounds what reading all may cost.
 */
static VF_RC scan_entries(const struct vf_source *s, struct vf_bytes directory, const struct end *end,
	struct vf_zip_entry *entries, struct vf_err *reterr)
{
	uint64_t at = 0, total = 0;
	struct central c = {0};
	enum vf_rc rc;

	for (size_t i = 0; i < end->count; i++) {
		if (!take_central(&directory, &c))
			return vf_fail(
				reterr, VF_ZIP_SHAPE, "the directory has fewer than %u records", end->count);
		rc = i == 0 ? check_first(&c, reterr) : VF_OK;
		if (rc == VF_OK)
			rc = check_record(&c, reterr);
		if (rc == VF_OK)
			rc = scan_entry(s, &c, end->central_at, &at, &entries[i], reterr);
		if (rc != VF_OK)
			return rc;
		total += c.size; /* at most 20,000 times 4 GiB */
	}
	if (directory.n != 0)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the directory has more than %u records", end->count);
	if (at != end->central_at)
		return vf_fail(
			reterr, VF_ZIP_OVERLAP, "there are bytes between the last entry and the directory");
	if (total > VF_MAX_ZIP_RATIO_FREE && total / VF_MAX_ZIP_RATIO > s->size)
		return vf_fail(reterr, VF_LIMIT, "the entries inflate to more than %d times the container",
			VF_MAX_ZIP_RATIO);
	return VF_OK;
}

static VF_RC check_media(
	const struct vf_source *s, struct vf_arena *a, struct vf_zip *z, struct vf_err *reterr)
{
	size_t n = sizeof(VF_ZIP_ASICE) - 1;
	uint8_t *room = vf_arena_take(a, n, 1);
	enum vf_rc rc;

	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the directory");
	rc = vf_source_view(s, z->entries[0].data_at, n, room, &z->media, reterr);
	if (rc != VF_OK)
		return rc;
	if (!vf_bytes_is(z->media, VF_ZIP_ASICE))
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' is not '%s'", VF_ZIP_ASICE);
	return VF_OK;
}

/* ---- names ---- */

static int name_order(const void *a, const void *b)
{
	const struct vf_zip_name *x = a, *y = b;

	return vf_bytes_cmp(x->folded, y->folded);
}

/* Small containers are sorted in place; qsort() would allocate and cost more than it saves. */
static void sort_names(struct vf_zip_name *names, size_t n)
{
	if (n > 32) {
		qsort(names, n, sizeof(*names), name_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct vf_zip_name x = names[i];
		size_t at = i;

		for (; at > 0 && vf_bytes_cmp(names[at - 1].folded, x.folded) > 0; at--)
			names[at] = names[at - 1];
		names[at] = x;
	}
}

/* Puts the folded form into the arena; the same range when folding changes nothing. */
static bool fold_name(struct vf_bytes name, struct vf_arena *a, struct vf_bytes *ret)
{
	uint8_t room[2 * VF_MAX_NAME];
	struct vf_bytes folded = vf_bytes(room, vf_name_fold(name, room));

	if (vf_bytes_eq(folded, name)) {
		*ret = name;
		return true;
	}
	return vf_arena_copy(a, folded, ret);
}

/* An entry may not have the name of a folder in which another one lies. */
static bool is_in_file(const struct vf_zip *z, struct vf_bytes folded)
{
	struct vf_bytes rest = folded, part, folder;
	uint64_t len = 0;

	for (; vf_take_until(&rest, '/', &part); len++) {
		size_t low = 0, high = z->n;

		len += part.n;
		if (!vf_bytes_slice(folded, 0, len, &folder))
			return false;
		while (low < high) {
			size_t mid = low + (high - low) / 2;
			int c = vf_bytes_cmp(z->names[mid].folded, folder);

			if (c == 0)
				return true;
			if (c < 0)
				low = mid + 1;
			else
				high = mid;
		}
	}
	return false;
}

static VF_RC index_names(struct vf_zip *z, struct vf_arena *a, struct vf_err *reterr)
{
	for (size_t i = 0; i < z->n; i++) {
		z->names[i].entry = i;
		if (!fold_name(z->entries[i].name, a, &z->names[i].folded))
			return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu names", z->n);
	}
	sort_names(z->names, z->n);
	for (size_t i = 1; i < z->n; i++) {
		struct vf_bytes x = z->entries[z->names[i - 1].entry].name,
				y = z->entries[z->names[i].entry].name;

		if (!vf_bytes_eq(z->names[i - 1].folded, z->names[i].folded))
			continue;
		if (vf_bytes_eq(x, y))
			return vf_fail(reterr, VF_ZIP_DUPLICATE, "two entries are named '%.*s'", VF_STR(x));
		return vf_fail(reterr, VF_ZIP_NAME_COLLISION, "'%.*s' and '%.*s'",
			(int)(x.n > 140 ? 140 : x.n), (const char *)x.p, (int)(y.n > 140 ? 140 : y.n),
			(const char *)y.p);
	}
	for (size_t i = 0; i < z->n; i++)
		if (is_in_file(z, z->names[i].folded))
			return vf_fail(reterr, VF_ZIP_NAME_COLLISION, "'%.*s' lies in a file", VF_STR(z->entries[z->names[i].entry].name));
	return VF_OK;
}

VF_RC vf_zip_scan(const struct vf_source *s, bool tolerant, struct vf_arena *a, struct vf_zip *ret,
	struct vf_err *reterr)
{
	struct end end = {0};
	struct vf_bytes directory;
	struct vf_zip z;
	uint8_t *room = NULL;
	(void)tolerant;
	enum vf_rc rc = read_end(s, &end, reterr);

	if (rc != VF_OK)
		return rc;
	z = (struct vf_zip){.entries = VF_NEW(a, end.count, struct vf_zip_entry),
		.n = end.count,
		.names = VF_NEW(a, end.count, struct vf_zip_name)};
	if (!s->memory.p)
		room = vf_arena_take(a, end.central_n, 1);
	if (!z.entries || !z.names || (!s->memory.p && !room))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a directory of %zu entries", z.n);
	rc = vf_source_view(s, end.central_at, end.central_n, room, &directory, reterr);
	if (rc == VF_OK)
		rc = scan_entries(s, directory, &end, z.entries, reterr);
	if (rc == VF_OK)
		rc = check_media(s, a, &z, reterr);
	if (rc == VF_OK)
		rc = index_names(&z, a, reterr);
	if (rc == VF_OK)
		*ret = z;
	return rc;
}

const struct vf_zip_entry *vf_zip_find(const struct vf_zip *z, struct vf_bytes name)
{
	uint8_t room[2 * VF_MAX_NAME];
	struct vf_bytes folded;
	size_t low = 0, high = z->n;

	if (name.n > VF_MAX_NAME)
		return NULL;
	folded = vf_bytes(room, vf_name_fold(name, room));
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = vf_bytes_cmp(z->names[mid].folded, folded);
		const struct vf_zip_entry *e = &z->entries[z->names[mid].entry];

		if (c == 0)
			return vf_bytes_eq(e->name, name) ? e : NULL;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool vf_zip_is_plain(const struct vf_zip_entry *e)
{
	/* version made by; then disk, internal and external attributes; time and date */
	static const uint8_t made_by[] = {VF_ZIP_NEED_STORED, 0}, none[8], when[] = {0, 0, 0x21, 0};
	struct vf_bytes made, attributes, time;

	return vf_bytes_slice(e->central, 4, sizeof(made_by), &made) &&
		vf_bytes_eq(made, vf_bytes(made_by, sizeof(made_by))) &&
		vf_bytes_slice(e->central, 12, sizeof(when), &time) && vf_bytes_eq(time, vf_bytes(when, sizeof(when))) &&
		vf_bytes_slice(e->central, 34, sizeof(none), &attributes) &&
		vf_bytes_eq(attributes, vf_bytes(none, sizeof(none)));
}
