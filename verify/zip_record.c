#include "verify/zip_record.h"

#include <stdarg.h>
#include <stdio.h>

#include "verify/limits.h"
#include "verify/text.h"

#define COMMON_SIZE 26
#define ZIP64_SIZE 0xffffffffu
/* Nothing, deflated: the last block, fixed codes, its end (RFC 1951 3.2.3). */
#define EMPTY "\3\0"
#define EMPTY_SIZE 2

VF_RC vf_zip_depart(struct vf_zip_rules *r, struct vf_err *reterr, enum vf_rc rc, const char *fmt, ...)
{
	struct vf_err *out = r->tolerant ? &r->departure : reterr;
	va_list list;

	if (out && (!r->tolerant || r->departure.rc == VF_NOT_CHECKED)) {
		out->rc = rc;
		va_start(list, fmt);
		vsnprintf(out->text, sizeof(out->text), fmt, list);
		va_end(list);
	}
	return r->tolerant ? VF_OK : rc;
}

static bool take_common(struct vf_bytes *in, struct vf_zip_common *ret)
{
	return vf_take_u16le(in, &ret->need) && vf_take_u16le(in, &ret->flags) &&
		vf_take_u16le(in, &ret->method) && vf_take_u32le(in, &ret->stamp) &&
		vf_take_u32le(in, &ret->crc) && vf_take_u32le(in, &ret->packed) &&
		vf_take_u32le(in, &ret->size) && vf_take_u16le(in, &ret->name_n) &&
		vf_take_u16le(in, &ret->extra_n);
}

bool vf_zip_record_take(struct vf_bytes *in, struct vf_zip_record *ret)
{
	struct vf_bytes start = *in, head, comment;
	uint32_t sig;

	if (!vf_take(in, VF_ZIP_CENTRAL_SIZE, &head) || !vf_take_u32le(&head, &sig) ||
		sig != VF_ZIP_CENTRAL_SIG || !vf_take_u16le(&head, &ret->made_by))
		return false;
	if (!vf_bytes_slice(head, 0, COMMON_SIZE, &ret->common) || !take_common(&head, &ret->f) ||
		!vf_take_u16le(&head, &ret->comment_n) || !vf_take_u16le(&head, &ret->disk) ||
		!vf_take_u16le(&head, &ret->internal) || !vf_take_u32le(&head, &ret->external) ||
		!vf_take_u32le(&head, &ret->at))
		return false;
	if (!vf_take(in, ret->f.name_n, &ret->name))
		return false;
	ret->is_folder = ret->name.n > 0 && ret->name.p[ret->name.n - 1] == '/';
	return vf_bytes_slice(start, 0, start.n - in->n, &ret->all) &&
		vf_take(in, ret->f.extra_n, &ret->extra) && vf_take(in, ret->comment_n, &comment);
}

/* ---- what a record says by itself ---- */

/* No Unix type but this or none, no set-ID bits, no DOS attributes but these, whatever the system. */
static bool is_of_type(const struct vf_zip_record *c, uint32_t type, uint32_t dos)
{
	uint32_t mode = c->external >> 16;

	return (mode & ~0777u & ~type) == 0 && (c->external & 0xffff & ~dos) == 0;
}

/* Only plain files, and what is a folder by its name as well: no volume label, link, device, FIFO, socket. */
static VF_RC check_attributes(struct vf_zip_rules *r, const struct vf_zip_record *c, struct vf_err *reterr)
{
	static const char text[] = "an entry has the attributes 0x%08x";

	if (is_of_type(c, 0100000u, 0x27))
		return VF_OK;
	if (!c->is_folder || !is_of_type(c, 0040000u, 0x37))
		return vf_fail(reterr, VF_ZIP_TYPE, text, c->external);
	return vf_zip_depart(r, reterr, VF_ZIP_TYPE, text, c->external);
}

/* A folder of other software says that it is there, and nothing else. */
static VF_RC check_folder(struct vf_zip_rules *r, const struct vf_zip_record *c, struct vf_err *reterr)
{
	const struct vf_zip_common *f = &c->f;

	if (!c->is_folder)
		return VF_OK;
	if (f->size != 0 || f->crc != 0 || f->packed != (f->method == VF_ZIP_STORED ? 0 : EMPTY_SIZE))
		return vf_fail(reterr, VF_ZIP_TYPE, "the folder '%.*s' has data", VF_STR(c->name));
	if (!is_of_type(c, 0040000u, 0x37))
		return vf_fail(reterr, VF_ZIP_TYPE, "the folder '%.*s' has the attributes 0x%08x",
			VF_STR(c->name), c->external);
	return vf_zip_depart(r, reterr, VF_ZIP_TYPE, "'%.*s' is a folder", VF_STR(c->name));
}

static bool is_ascii(struct vf_bytes b)
{
	uint8_t all = 0;

	for (size_t i = 0; i < b.n; i++)
		all |= b.p[i];
	return all < 0x80;
}

static VF_RC check_name(struct vf_zip_rules *r, const struct vf_zip_record *c, struct vf_err *reterr)
{
	static const char text[] = "the UTF-8 flag contradicts the name '%.*s'";
	bool has_flag = c->f.flags & VF_ZIP_FLAG_UTF8;
	struct vf_bytes name = c->name;
	struct vf_err why;

	if (c->name.n > VF_MAX_NAME)
		return vf_fail(reterr, VF_LIMIT, "a name of %zu bytes", c->name.n);
	if (c->is_folder)
		name.n--;
	if (vf_name_check(name, &why) != VF_OK)
		return vf_fail(reterr, VF_ZIP_PATH, "%s", why.text);
	if (is_ascii(c->name) != has_flag)
		return VF_OK;
	/*
	 * Without it the name depends on the reader. Where names are octets, one that
	 * is UTF-8 in normal form was hardly meant as anything else.
	 */
	if (!has_flag && c->made_by >> 8 != VF_ZIP_HOST_UNIX)
		return vf_fail(reterr, VF_ZIP_SHAPE, text, VF_STR(c->name));
	return vf_zip_depart(r, reterr, VF_ZIP_SHAPE, text, VF_STR(c->name));
}

/*
 * A well-formed list of fields that say when and by whom alone. Not among them,
 * and refused with all others: 0x0001 (ZIP64), 0x7075 and 0x6375 (another name
 * or comment for some readers).
 */
static bool is_harmless_extra(struct vf_bytes in)
{
	static const uint16_t known[] = {
		0x000a, /* NTFS times */
		0x5455, /* "UT", times */
		0x5855, /* "UX", times and owner, old */
		0x7855, /* "Ux", owner, old */
		0x7875, /* "ux", owner */
		0xcafe, /* Java: this is a JAR */
	};
	struct vf_bytes data;
	uint16_t id, n;
	bool is_known = in.n <= VF_ZIP_MAX_EXTRA;

	while (is_known && in.n > 0) {
		if (!vf_take_u16le(&in, &id) || !vf_take_u16le(&in, &n) || !vf_take(&in, n, &data))
			return false;
		is_known = false;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			is_known |= known[i] == id;
	}
	return is_known;
}

static VF_RC check_flags(struct vf_zip_rules *r, const struct vf_zip_record *c, struct vf_err *reterr)
{
	static const char text[] = "'%.*s' has the flags 0x%04x";
	uint16_t more = c->f.flags & (uint16_t)~VF_ZIP_FLAG_UTF8;
	/* stored data of unknown size end where the reader believes they do */
	bool is_open = c->f.flags & VF_ZIP_FLAG_DESCRIPTOR && c->f.method == VF_ZIP_STORED;

	if (more == 0)
		return VF_OK;
	if (more & ~(VF_ZIP_FLAG_DESCRIPTOR | VF_ZIP_FLAGS_DEFLATE) || is_open)
		return vf_fail(reterr, VF_ZIP_SHAPE, text, VF_STR(c->name), c->f.flags);
	return vf_zip_depart(r, reterr, VF_ZIP_SHAPE, text, VF_STR(c->name), c->f.flags);
}

static VF_RC check_extra(struct vf_zip_rules *r, const struct vf_zip_record *c, struct vf_err *reterr)
{
	static const char text[] = "'%.*s' has an extra field or a comment";

	if (c->f.extra_n == 0 && c->comment_n == 0)
		return VF_OK;
	if (c->comment_n > VF_ZIP_MAX_COMMENT)
		return vf_fail(reterr, VF_ZIP_SHAPE, text, VF_STR(c->name));
	if (r->tolerant && c->f.extra_n != 0 && !is_harmless_extra(c->extra))
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' has an extra field that is not known to be harmless",
			VF_STR(c->name));
	return vf_zip_depart(r, reterr, VF_ZIP_SHAPE, text, VF_STR(c->name));
}

VF_RC vf_zip_record_check(struct vf_zip_rules *r, const struct vf_zip_record *c, struct vf_err *reterr)
{
	const struct vf_zip_common *f = &c->f;
	enum vf_rc rc;

	if (f->flags & 0x2041)
		return vf_fail(reterr, VF_ZIP_ENCRYPTED, "an entry is encrypted");
	if (f->method != VF_ZIP_STORED && f->method != VF_ZIP_DEFLATED)
		return vf_fail(reterr, VF_ZIP_METHOD, "compression method %u", f->method);
	rc = check_attributes(r, c, reterr);
	if (rc == VF_OK)
		rc = check_name(r, c, reterr);
	if (rc == VF_OK)
		rc = check_folder(r, c, reterr);
	if (rc != VF_OK)
		return rc;
	if (f->packed == ZIP64_SIZE || f->size == ZIP64_SIZE || c->at == ZIP64_SIZE)
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' refers to ZIP64 fields", VF_STR(c->name));
	rc = check_flags(r, c, reterr);
	if (rc == VF_OK)
		rc = check_extra(r, c, reterr);
	if (rc != VF_OK)
		return rc;
	if (f->need != VF_ZIP_NEED_DEFLATED && (f->need != VF_ZIP_NEED_STORED || f->method != VF_ZIP_STORED))
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' needs version %u", VF_STR(c->name), f->need);
	if (c->disk != 0 || c->internal > 1 || (c->made_by & 0xff) > 63)
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' has unusual attributes", VF_STR(c->name));
	if (c->made_by >> 8 > 30)
		rc = vf_zip_depart(r, reterr, VF_ZIP_SHAPE, "'%.*s' has unusual attributes", VF_STR(c->name));
	if (rc == VF_OK && f->method == VF_ZIP_STORED && f->packed != f->size)
		return vf_fail(reterr, VF_ZIP_DATA, "'%.*s' is stored with two sizes", VF_STR(c->name));
	return rc;
}

/* ---- what stands before and after the data ---- */

/*
 * Equal but for the extra field, which has its own rules, and for what the
 * descriptor tells later. Info-ZIP knows one of the two sizes beforehand.
 */
static bool is_same(const struct vf_zip_common *local, const struct vf_zip_common *central)
{
	bool is_later = central->flags & VF_ZIP_FLAG_DESCRIPTOR;

	return local->need == central->need && local->flags == central->flags &&
		local->method == central->method && local->stamp == central->stamp &&
		local->name_n == central->name_n &&
		(local->crc == central->crc || (is_later && local->crc == 0)) &&
		(local->packed == central->packed || (is_later && local->packed == 0)) &&
		(local->size == central->size || (is_later && local->size == 0));
}

/* The extra field of the local header, which begins at at; there is none in the strict profile. */
static VF_RC check_local_extra(const struct vf_source *s, const struct vf_zip_record *c, uint64_t at,
	uint16_t n, struct vf_err *reterr)
{
	uint8_t room[VF_ZIP_MAX_EXTRA];
	struct vf_bytes extra = {NULL, 0};
	enum vf_rc rc = VF_OK;

	if (n != 0 && vf_bytes_is(c->name, VF_ZIP_MIMETYPE_NAME))
		return vf_fail(reterr, VF_ZIP_MIMETYPE, "'mimetype' has an extra field");
	if (n <= sizeof(room))
		rc = vf_source_view(s, at, n, room, &extra, reterr);
	if (rc == VF_OK && (n > sizeof(room) || !is_harmless_extra(extra)))
		return vf_fail(reterr, VF_ZIP_SHAPE, "'%.*s' has an extra field that is not known to be harmless",
			VF_STR(c->name));
	return rc;
}

VF_RC vf_zip_record_local(struct vf_zip_rules *r, const struct vf_source *s, const struct vf_zip_record *c,
	uint64_t limit, uint64_t *ret_data_at, struct vf_err *reterr)
{
	static const char text[] = "the two headers of '%.*s' differ";
	uint8_t room[VF_ZIP_LOCAL_SIZE + VF_MAX_NAME];
	struct vf_bytes b, common;
	struct vf_zip_common local;
	uint64_t extra_at = (uint64_t)c->at + VF_ZIP_LOCAL_SIZE + c->name.n;
	uint32_t sig;
	enum vf_rc rc = vf_source_view(s, c->at, VF_ZIP_LOCAL_SIZE + c->name.n, room, &b, reterr);

	if (rc != VF_OK)
		return rc;
	if (!vf_take_u32le(&b, &sig) || sig != VF_ZIP_LOCAL_SIG || !vf_take(&b, COMMON_SIZE, &common) ||
		!vf_bytes_eq(b, c->name))
		return vf_fail(reterr, VF_ZIP_HEADER_MISMATCH, text, VF_STR(c->name));
	if (vf_bytes_eq(common, c->common) && c->f.extra_n == 0) {
		*ret_data_at = extra_at;
		return VF_OK;
	}
	rc = vf_zip_depart(r, reterr, VF_ZIP_HEADER_MISMATCH, text, VF_STR(c->name));
	if (rc != VF_OK)
		return rc;
	if (!take_common(&common, &local) || !is_same(&local, &c->f))
		return vf_fail(reterr, VF_ZIP_HEADER_MISMATCH, text, VF_STR(c->name));
	if (local.extra_n > limit - extra_at)
		return vf_fail(reterr, VF_ZIP_OVERLAP, "'%.*s' reaches into the directory", VF_STR(c->name));
	rc = check_local_extra(s, c, extra_at, local.extra_n, reterr);
	if (rc == VF_OK)
		*ret_data_at = extra_at + local.extra_n;
	return rc;
}

VF_RC vf_zip_record_empty(const struct vf_source *s, const struct vf_zip_record *c, uint64_t at,
	struct vf_err *reterr)
{
	uint8_t room[EMPTY_SIZE];
	struct vf_bytes b = {NULL, 0};
	enum vf_rc rc = VF_OK;

	if (c->f.method == VF_ZIP_STORED) /* of size 0 */
		return VF_OK;
	rc = vf_source_view(s, at, EMPTY_SIZE, room, &b, reterr);
	if (rc == VF_OK && !vf_bytes_eq(b, vf_bytes(EMPTY, EMPTY_SIZE)))
		return vf_fail(reterr, VF_ZIP_TYPE, "the folder '%.*s' has data", VF_STR(c->name));
	return rc;
}

VF_RC vf_zip_record_descriptor(const struct vf_source *s, const struct vf_zip_record *c, uint64_t at,
	uint64_t next, struct vf_err *reterr)
{
	uint8_t room[16];
	struct vf_bytes b, want;
	uint64_t n = next >= at ? next - at : 0;
	uint32_t sig = VF_ZIP_DESCRIPTOR_SIG;
	enum vf_rc rc;

	if (n != 12 && n != 16)
		return vf_fail(reterr, VF_ZIP_OVERLAP, "no descriptor fits between '%.*s' and what follows",
			VF_STR(c->name));
	rc = vf_source_view(s, at, (size_t)n, room, &b, reterr);
	if (rc != VF_OK)
		return rc;
	if ((n == 16 && !vf_take_u32le(&b, &sig)) || sig != VF_ZIP_DESCRIPTOR_SIG ||
		!vf_bytes_slice(c->common, 10, 12, &want) || !vf_bytes_eq(b, want))
		return vf_fail(reterr, VF_ZIP_HEADER_MISMATCH, "the descriptor of '%.*s' differs from its header",
			VF_STR(c->name));
	return VF_OK;
}
