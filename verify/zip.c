#include "verify/zip.h"

#include "verify/limits.h"
#include "verify/text.h"
#include "verify/zip_names.h"
#include "verify/zip_record.h"

#define ZIP64_SIZE 0xffffffffu
#define ZIP64_LOCATOR_SIG 0x07064b50u
/* An end record and the longest comment. */
#define END_REACH (VF_ZIP_END_SIZE + 65535)
/* The longest media type that is taken for one. */
#define MEDIA_MAX 256
/* EN 319 162-1 A.1: so a comment may say the type. */
#define MEDIA_COMMENT "mimetype="

/* The end record (APPNOTE 4.3.16). */
struct end {
	uint16_t disk, central_disk, here, count, comment_n;
	uint32_t central_n, central_at;
	uint64_t at; /* where it stands */
};

/* A scan in progress. */
struct scan {
	const struct vf_source *source;
	struct vf_arena *arena;
	struct vf_zip_rules rules;
	bool has_mimetype;
	struct end end;
	struct vf_zip zip;
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

VF_RC vf_source_digest(const struct vf_source *s, struct vf_pair *ret, struct vf_err *reterr)
{
	uint8_t room[65536];
	struct vf_pair_hasher h;
	struct vf_bytes piece;

	vf_pair_init(&h);
	for (uint64_t at = 0; at < s->size && !s->digests; at += piece.n) {
		size_t n = s->size - at < sizeof(room) ? (size_t)(s->size - at) : sizeof(room);
		enum vf_rc rc = vf_source_view(s, at, n, room, &piece, reterr);

		if (rc != VF_OK)
			return rc;
		vf_pair_put(&h, piece);
	}
	*ret = s->digests ? *s->digests : vf_pair_done(&h);
	return VF_OK;
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

/* The last signature of an end record within its reach; false when there is none. */
static VF_RC find_end(const struct vf_source *s, bool *ret_found, uint64_t *ret_at, struct vf_err *reterr)
{
	uint8_t room[4096];
	struct vf_bytes b, tail;
	uint64_t low = s->size > END_REACH ? s->size - END_REACH : 0;
	uint64_t at = s->size;

	*ret_found = false;
	while (at > low) {
		size_t n = at - low > sizeof(room) - 3 ? sizeof(room) - 3 : (size_t)(at - low);
		size_t extra = s->size - at < 3 ? (size_t)(s->size - at) : 3;
		enum vf_rc rc = vf_source_view(s, at - n, n + extra, room, &b, reterr);

		if (rc != VF_OK)
			return rc;
		for (size_t i = n; i > 0; i--)
			if (vf_bytes_slice(b, i - 1, 4, &tail) && vf_bytes_is(tail, "PK\5\6")) {
				*ret_found = true;
				*ret_at = at - n + i - 1;
				return VF_OK;
			}
		at -= n;
	}
	return VF_OK;
}

/*
 * Where the last 22 octets are no end record: one with a comment up to the end
 * of the file. The last signature counts, so no comment can hold another.
 */
static VF_RC take_commented(struct scan *x, struct vf_err *reterr)
{
	static const char text[] = "the end record is followed by a comment or by other bytes";
	uint8_t room[VF_ZIP_END_SIZE];
	struct vf_bytes b = {NULL, 0};
	struct end *end = &x->end;
	bool found;
	enum vf_rc rc = find_end(x->source, &found, &end->at, reterr);

	if (rc != VF_OK)
		return rc;
	if (!found)
		return vf_fail(reterr, VF_ZIP_SHAPE, "there is no end record: not a ZIP file, or it is cut");
	rc = vf_zip_depart(&x->rules, reterr, VF_ZIP_TRAILING_DATA, text);
	if (rc != VF_OK)
		return rc;
	if (x->source->size - end->at >= VF_ZIP_END_SIZE)
		rc = vf_source_view(x->source, end->at, VF_ZIP_END_SIZE, room, &b, reterr);
	if (rc != VF_OK)
		return rc;
	if (!take_end(b, end) || end->comment_n != x->source->size - end->at - VF_ZIP_END_SIZE)
		return vf_fail(reterr, VF_ZIP_TRAILING_DATA, text);
	return VF_OK;
}

/* Where the directory is not directly before the end record. */
static VF_RC fail_directory_place(const struct vf_source *s, const struct end *e, struct vf_err *reterr)
{
	uint64_t end_at = e->at;
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

static VF_RC read_end(struct scan *x, struct vf_err *reterr)
{
	const struct vf_source *s = x->source;
	struct end *ret = &x->end;
	uint8_t room[VF_ZIP_END_SIZE];
	struct vf_bytes b;
	enum vf_rc rc;

	if (s->size > UINT32_MAX)
		return vf_fail(reterr, VF_LIMIT, "the container is larger than 4 GiB");
	if (s->size < VF_ZIP_END_SIZE)
		return vf_fail(reterr, VF_ZIP_SHAPE, "%llu bytes are too few for a ZIP file",
			(unsigned long long)s->size);
	ret->at = s->size - VF_ZIP_END_SIZE;
	rc = vf_source_view(s, ret->at, VF_ZIP_END_SIZE, room, &b, reterr);
	if (rc == VF_OK && (!take_end(b, ret) || ret->comment_n != 0))
		rc = take_commented(x, reterr);
	if (rc != VF_OK)
		return rc;
	if (ret->central_n == ZIP64_SIZE || ret->central_at == ZIP64_SIZE || ret->count == 0xffff)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the end record refers to ZIP64 structures");
	if (ret->disk != 0 || ret->central_disk != 0 || ret->here != ret->count)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the archive is split over several disks");
	if (ret->count > VF_MAX_ZIP_ENTRIES)
		return vf_fail(reterr, VF_LIMIT, "%u entries, more than %d", ret->count, VF_MAX_ZIP_ENTRIES);
	if (ret->central_n > VF_MAX_ZIP_DIRECTORY)
		return vf_fail(reterr, VF_LIMIT, "the directory has %u bytes", ret->central_n);
	if ((uint64_t)ret->central_at + ret->central_n != ret->at)
		return fail_directory_place(s, ret, reterr);
	if (ret->count == 0)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "the container is empty");
	return VF_OK;
}

/* ---- entries ---- */

/*
 * EN 319 162-1 A.1: mimetype is first, stored, without extra field; then its
 * length is known. Other software may leave it out, but not put it elsewhere:
 * what finds the type at its fixed offset would read another one.
 */
static VF_RC check_mimetype(struct scan *x, const struct vf_zip_record *c, bool is_first, struct vf_err *reterr)
{
	bool is_named = vf_bytes_is(c->name, VF_ZIP_MIMETYPE_NAME);
	enum vf_rc rc = VF_OK;

	if (!is_first) {
		if (is_named && !x->has_mimetype)
			return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' is not the first entry");
		return VF_OK;
	}
	x->has_mimetype = is_named;
	if (!is_named)
		return vf_zip_depart(&x->rules, reterr, VF_ZIP_MIMETYPE, "the first entry is not 'mimetype'");
	if (c->f.method != VF_ZIP_STORED || c->f.extra_n != 0)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' is compressed or has an extra field");
	if (c->f.size != sizeof(VF_ZIP_ASICE) - 1 || c->f.crc != VF_ZIP_ASICE_CRC)
		rc = vf_zip_depart(
			&x->rules, reterr, VF_ZIP_MIMETYPE, "'mimetype' is not '%s'", VF_ZIP_ASICE);
	if (rc == VF_OK && x->rules.tolerant && c->f.flags & VF_ZIP_FLAG_DESCRIPTOR)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' has a data descriptor");
	if (rc == VF_OK && c->f.size > MEDIA_MAX)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' has %u bytes", c->f.size);
	return rc;
}

/* Why entry c does not begin where the one before it ends. */
static VF_RC fail_gap(const struct vf_zip_record *c, uint64_t want, struct vf_err *reterr)
{
	if (want == 0)
		return vf_fail(reterr, VF_ZIP_LEADING_DATA, "the first entry begins at %u", c->at);
	return vf_fail(reterr, VF_ZIP_OVERLAP, "'%.*s' begins at %u, not at %llu", VF_STR(c->name), c->at,
		(unsigned long long)want);
}

static bool fits(uint64_t data_at, const struct vf_zip_record *c, uint64_t limit)
{
	return data_at <= limit && c->f.packed <= limit - data_at;
}

/* Where the next record says that its entry begins, or the directory after the last one. */
static uint64_t next_at(struct vf_bytes directory, uint64_t limit)
{
	struct vf_bytes field;
	uint32_t at;

	if (!vf_bytes_slice(directory, 42, 4, &field) || !vf_take_u32le(&field, &at) || at > limit)
		return limit;
	return at;
}

/* Takes the record of the entry that begins at *at, checks it, moves *at to its end. */
static VF_RC scan_entry(struct scan *x, const struct vf_zip_record *c, uint64_t next, uint64_t *at,
	struct vf_zip_entry *ret, struct vf_err *reterr)
{
	uint64_t limit = x->end.central_at, data_at = (uint64_t)c->at + VF_ZIP_LOCAL_SIZE + c->name.n;
	enum vf_rc rc = VF_OK;

	if (c->at != *at)
		return fail_gap(c, *at, reterr);
	if (fits(data_at, c, limit))
		rc = vf_zip_record_local(&x->rules, x->source, c, limit, &data_at, reterr);
	if (rc == VF_OK && !fits(data_at, c, limit))
		return vf_fail(reterr, VF_ZIP_OVERLAP, "'%.*s' reaches into the directory", VF_STR(c->name));
	if (rc == VF_OK && c->is_folder)
		rc = vf_zip_record_empty(x->source, c, data_at, reterr);
	if (rc == VF_OK && c->f.flags & VF_ZIP_FLAG_DESCRIPTOR)
		rc = vf_zip_record_descriptor(x->source, c, data_at + c->f.packed, next, reterr);
	if (rc != VF_OK)
		return rc;
	*at = c->f.flags & VF_ZIP_FLAG_DESCRIPTOR ? next : data_at + c->f.packed;
	*ret = (struct vf_zip_entry){.name = c->name,
		.central = c->all,
		.header_at = c->at,
		.data_at = data_at,
		.packed = c->f.packed,
		.size = c->f.size,
		.end_at = *at,
		.crc = c->f.crc,
		.method = c->f.method};
	return VF_OK;
}

/* Files fill the table from its front, folders from its back. */
static struct vf_zip_entry *place_of(struct scan *x, const struct vf_zip_record *c)
{
	struct vf_zip *z = &x->zip;

	return c->is_folder ? &z->entries[x->end.count - ++z->n_folders] : &z->entries[z->n++];
}

/*
 * Invariant: the i entries so far tile [0, at) and every one of them passed.
 * total is the sum of the inflated sizes, which bounds what reading all may cost.
 */
static VF_RC scan_entries(struct scan *x, struct vf_bytes directory, struct vf_err *reterr)
{
	uint64_t at = 0, total = 0;
	const struct end *end = &x->end;
	struct vf_zip_record c = {0};
	enum vf_rc rc;

	for (size_t i = 0; i < end->count; i++) {
		if (!vf_zip_record_take(&directory, &c))
			return vf_fail(
				reterr, VF_ZIP_SHAPE, "the directory has fewer than %u records", end->count);
		rc = check_mimetype(x, &c, i == 0, reterr);
		if (rc == VF_OK)
			rc = vf_zip_record_check(&x->rules, &c, reterr);
		if (rc == VF_OK)
			rc = scan_entry(x, &c, next_at(directory, end->central_at), &at, place_of(x, &c),
				reterr);
		if (rc != VF_OK)
			return rc;
		total += c.f.size; /* at most 20,000 times 4 GiB */
	}
	if (directory.n != 0)
		return vf_fail(reterr, VF_ZIP_SHAPE, "the directory has more than %u records", end->count);
	if (at != end->central_at)
		return vf_fail(
			reterr, VF_ZIP_OVERLAP, "there are bytes between the last entry and the directory");
	x->zip.folders = x->zip.entries + x->zip.n;
	if (x->zip.n == 0)
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "the container holds no file");
	if (total > VF_MAX_ZIP_RATIO_FREE && total / VF_MAX_ZIP_RATIO > x->source->size)
		return vf_fail(reterr, VF_LIMIT, "the entries inflate to more than %d times the container",
			VF_MAX_ZIP_RATIO);
	return VF_OK;
}

/* ---- what the container says it is ---- */

/* CRC-32 (APPNOTE 4.4.7) of a few octets; that of the data is container.h's question. */
static uint32_t crc_of(struct vf_bytes b)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < b.n; i++) {
		crc ^= b.p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Whether text holds part, whatever the case of its letters; part is in lower case. */
static bool has_part(struct vf_bytes text, const char *part)
{
	size_t n = strlen(part), same = 0;

	for (size_t at = 0; at + n <= text.n && same < n; at++)
		for (same = 0; same < n; same++) {
			uint8_t c = text.p[at + same];

			if ((c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c) != part[same])
				break;
		}
	return same == n;
}

/* Printable ASCII, and no ASiC type but the two: a line feed, a mark or another case makes readers differ. */
static bool is_media(struct vf_bytes text, enum vf_zip_media *ret)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < 0x20 || text.p[i] > 0x7e)
			return false;
	*ret = vf_bytes_is(text, VF_ZIP_ASICE) ? VF_ZIP_MEDIA_ASICE
		: vf_bytes_is(text, VF_ZIP_ASICS) ? VF_ZIP_MEDIA_ASICS
						  : VF_ZIP_MEDIA_OTHER;
	return text.n > 0 && text.n <= MEDIA_MAX &&
		(*ret != VF_ZIP_MEDIA_OTHER || !has_part(text, "vnd.etsi.asic"));
}

static VF_RC view_kept(struct scan *x, uint64_t at, size_t n, struct vf_bytes *ret, struct vf_err *reterr)
{
	uint8_t *room = vf_arena_take(x->arena, n, 1);

	if (!room)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the directory");
	return vf_source_view(x->source, at, n, room, ret, reterr);
}

/* A comment may stand for the entry, but not against it (EN 319 162-1 A.1). */
static VF_RC check_comment(struct scan *x, struct vf_err *reterr)
{
	size_t mark = sizeof(MEDIA_COMMENT) - 1, n = x->end.comment_n;
	struct vf_zip *z = &x->zip;
	struct vf_bytes text, value;
	enum vf_rc rc;

	if (n > mark + MEDIA_MAX + 1)
		n = mark + MEDIA_MAX + 1; /* one octet too long, and the rest does not matter */
	rc = view_kept(x, x->end.at + VF_ZIP_END_SIZE, n, &text, reterr);
	if (rc != VF_OK || !vf_bytes_starts(text, MEDIA_COMMENT))
		return rc;
	if (!vf_bytes_slice(text, mark, n - mark, &value))
		return vf_fail(reterr, VF_INTERNAL, "a comment that was not read");
	if (z->media_type != VF_ZIP_MEDIA_NONE && !vf_bytes_eq(value, z->media))
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "the comment contradicts 'mimetype'");
	if (!is_media(value, &z->media_type))
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "the comment is no exact media type");
	z->media = value;
	return VF_OK;
}

static VF_RC check_media(struct scan *x, struct vf_err *reterr)
{
	struct vf_zip *z = &x->zip;
	const struct vf_zip_entry *e = &z->entries[0];
	enum vf_rc rc = VF_OK;

	if (x->has_mimetype) {
		rc = view_kept(x, e->data_at, (size_t)e->size, &z->media, reterr);
		if (rc == VF_OK && !vf_bytes_is(z->media, VF_ZIP_ASICE))
			rc = vf_zip_depart(
				&x->rules, reterr, VF_ZIP_MIMETYPE, "'mimetype' is not '%s'", VF_ZIP_ASICE);
		if (rc != VF_OK)
			return rc;
		if (crc_of(z->media) != e->crc)
			return vf_fail(reterr, VF_ZIP_DATA, "the CRC-32 of 'mimetype' is another");
		if (!is_media(z->media, &z->media_type))
			return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' is no exact media type");
	}
	return x->end.comment_n ? check_comment(x, reterr) : rc;
}

/* ---- the whole ---- */

VF_RC vf_zip_scan(const struct vf_source *s, bool tolerant, struct vf_arena *a, struct vf_zip *ret,
	struct vf_err *reterr)
{
	struct scan x = {.source = s, .arena = a, .rules = {.tolerant = tolerant}};
	struct vf_bytes directory;
	uint8_t *room = NULL;
	enum vf_rc rc = read_end(&x, reterr);

	if (rc != VF_OK)
		return rc;
	x.zip = (struct vf_zip){.entries = VF_NEW(a, x.end.count, struct vf_zip_entry),
		.names = VF_NEW(a, x.end.count, struct vf_zip_name)};
	if (!s->memory.p)
		room = vf_arena_take(a, x.end.central_n, 1);
	if (!x.zip.entries || !x.zip.names || (!s->memory.p && !room))
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for a directory of %zu entries", (size_t)x.end.count);
	rc = vf_source_view(s, x.end.central_at, x.end.central_n, room, &directory, reterr);
	if (rc == VF_OK)
		rc = scan_entries(&x, directory, reterr);
	if (rc == VF_OK)
		rc = check_media(&x, reterr);
	if (rc == VF_OK)
		rc = vf_zip_names_index(&x.zip, a, reterr);
	if (rc != VF_OK)
		return rc;
	x.zip.departure = x.rules.departure;
	*ret = x.zip;
	return VF_OK;
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
